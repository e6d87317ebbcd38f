"""With `NUMBA_DISABLE_JIT=1` nothing is compiled: the same kernels, as they stand in the files, give the same bytes.

That is also how their coverage is taken, since machine code leaves no trace (a few minutes):

    NUMBA_DISABLE_JIT=1 pytest --cov=sim.engines tests/engines -k "semantics or parity or test_compiled.py"
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from random import Random

import numpy as np
import pytest

from sim.chance.worlds import draw_worlds, parameter_vectors
from sim.engines import compiled
from sim.engines.compiled import Compiled
from sim.records.story import Story
from sim.scenario.load import load
from tests.engines.conftest import play_compiled
from tests.engines.programs import WORLDS, question
from tests.engines.test_parity import PROBES, bits
from tests.engines.writing import SEED

ROOT = Path(__file__).parents[2]
TEACHING = sorted((ROOT / "scenarios" / "teaching").glob("*.yaml"))
PROGRAMS = 100


def mark(*things: object) -> str:
    return sha256(repr(bits(things)).encode()).hexdigest()


def generated(number: int) -> str:
    """All that a generated scenario says: its batch, and the stories and probes of some of its runs."""
    asked = question(Random(number))
    program = asked.program()
    engine = Compiled(program, SEED, budget=asked.budget, room=asked.room)
    batch = engine.play_batch(range(WORLDS), range(WORLDS), np.array(asked.numbers(program)))
    said: list[object] = [astuple(batch)]
    for world in range(WORLDS):
        run = play_compiled(asked, world, world, SEED, PROBES)
        said += [
            astuple(run.result),
            *(astuple(due) for due in run.story.dues),
            *(astuple(hold) for hold in run.story.holds),
        ]
    return mark(*said)


def taught(path: Path) -> str:
    """Some runs of a teaching scenario, and the story of one."""
    scenario = load(path).scenario
    drawn = draw_worlds(scenario.values, scenario.groups, SEED, np.arange(4))
    numbers = parameter_vectors(scenario.program.expressions, drawn, 4)
    engine, story = Compiled(scenario.program, SEED), Story()
    batch = engine.play_batch(range(4), range(5), numbers)
    engine.play(numbers[3].tolist(), 3, 4, story=story)
    return mark(astuple(batch), *(astuple(due) for due in story.dues), *(astuple(hold) for hold in story.holds))


def everything() -> dict[str, str]:
    """What is compared, and whether anything was compiled for it."""
    return {
        "compiled": str(not compiled.numba.config.DISABLE_JIT),
        "typed": type(compiled._machine_code(kept=True)).__name__,
        **{f"program {number}": generated(number) for number in range(PROGRAMS)},
        **{path.stem: taught(path) for path in TEACHING},
    }


SCRIPT = """
import json
from tests.engines.test_compiled_plain import everything
print(json.dumps(everything()))
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a process says in which nothing is compiled."""
    folder = tmp_path_factory.mktemp("plain")
    surroundings = {
        **os.environ,
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": str(ROOT),
        compiled.CACHE_VARIABLE: str(folder / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env=surroundings, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(folder.rglob("*.nb*")) == []
    said: dict[str, str] = json.loads(done.stdout)
    return said


def test_nothing_was_compiled(plain: dict[str, str]) -> None:
    assert (plain["compiled"], plain["typed"]) == ("False", "function")


def test_plain_kernels_give_the_same_bytes(plain: dict[str, str]) -> None:
    here = everything()
    assert plain.keys() == here.keys()
    assert [name for name in here if here[name] != plain[name] and name not in ("compiled", "typed")] == []
    assert len(set(here.values())) > PROGRAMS


def test_a_last_bit_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: one number of one world, wrong in its last bit, is another mark."""
    right = [generated(number) for number in range(20)]
    numbers = parameter_vectors

    def moved(*given: object) -> object:
        return np.nextafter(numbers(*given), 9.0)  # type: ignore[arg-type]

    monkeypatch.setattr("tests.engines.programs.parameter_vectors", moved)
    assert sum(generated(number) != mine for number, mine in enumerate(right)) > 15
