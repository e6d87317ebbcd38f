"""The compiled engine beside others: on several threads, with the interpreter free, in the room that it was given."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from sim.engines import compiled
from sim.engines.compiled import Compiled, numba
from sim.records.outcomes import Outcomes, concatenate
from sim.rules.language import Amount, Arm, Armed, Begin, Clock, Tension, Watch
from tests.engines.programs import Question
from tests.engines.test_compiled import rows, vectors
from tests.engines.writing import SEED, ask, at_least, change, each, event

# plain Python keeps no lock, and allocates with every number
pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")

ROOT = Path(__file__).parents[2]


def busy() -> Question:
    """Something of everything, a few hundred dues a run."""
    return ask(
        event(
            "a",
            Clock(0.5, inside=(("t", 0.3),), exponent=(("x", 0.01),)),
            change("add", "t", each("e.a.size")),
            change("add", "x", 1.0),
            Arm("e.b", Amount(base=each("e.a.delay"))),
        ),
        event("b", Armed(), change("add", "y", 1.0), chance=0.7),
        event("c", Watch((at_least("y", 50.0),), 1.0), Begin("k")),
        event("d", Clock(0.002), Begin("l")),
        days=200.0,
        tensions=[Tension("t", 0.5, 0.2, 4.0)],
    )


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_share_an_engine(threads: int) -> None:
    program = busy().program()
    numbers = vectors(program, 16)
    engine = Compiled(program, SEED)
    whole = rows(engine.play_batch(range(16), range(2), numbers))

    def strip(first: int) -> Outcomes:
        return engine.play_batch(range(first, first + 2), range(2), numbers[first : first + 2])

    def everything(_: int) -> Outcomes:
        return engine.play_batch(range(16), range(2), numbers)

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(2):
            assert rows(concatenate(list(pool.map(strip, range(0, 16, 2))))) == whole
            assert [rows(one) for one in pool.map(everything, range(threads))] == [whole] * threads


def caught_in_the_act(work: Callable[[], object], first: Callable[[], bool], last: Callable[[], bool]) -> bool:
    """Whether this thread ever saw the first part of some work done on another thread, and the last part not."""
    begun, seen = Event(), False

    def on_the_other() -> None:
        begun.set()
        work()

    worker = Thread(target=on_the_other)
    worker.start()
    begun.wait()
    while worker.is_alive() and not seen:
        seen = not last() and first() and not last()
    worker.join()
    return seen


def test_python_goes_on_while_a_batch_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread sees the first rows filled and the last ones not: the interpreter's lock has been released."""
    program = busy().program()
    numbers = vectors(program, 40)
    engine = Compiled(program, SEED)
    engine.play_batch(range(1), range(1), numbers[:1])
    made: list[Outcomes] = []
    empty = compiled._empty

    def remember(*sizes: Any) -> Outcomes:
        made.append(empty(*sizes))
        return made[-1]

    monkeypatch.setattr(compiled, "_empty", remember)

    def attempt() -> bool:
        made.clear()
        return caught_in_the_act(
            lambda: engine.play_batch(range(40), range(10), numbers),
            lambda: bool(made) and int(made[0].dues[0]) > 0,
            lambda: bool(made) and int(made[0].dues[-1]) > 0,
        )

    # on a busy machine this thread may sleep through a batch, hardly through twenty
    assert any(attempt() for _ in range(20))


def test_a_lock_that_is_kept_shows() -> None:
    """Negative control: work that keeps the interpreter's lock is never seen half done."""

    @numba.njit(nogil=False)
    def fill(done: Any) -> None:
        for i in range(len(done)):
            x = 1.0
            for _ in range(20_000):
                x = math.sqrt(x + i)
            done[i] = x

    fill(np.zeros(1))
    for _ in range(5):
        done = np.zeros(1000)
        assert not caught_in_the_act(lambda: fill(done), lambda: done[0] > 0, lambda: done[-1] > 0)  # noqa: B023
        assert done[-1] > 0


FIRST_CALLS = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from sim.engines.compiled import Compiled
from sim.engines.reference import Reference
from tests.engines.test_compiled import rows, vectors
from tests.engines.test_compiled_threads import busy
from tests.engines.writing import SEED
program = busy().program()
numbers, together = vectors(program, 2), Barrier(4)
def play(_):
    engine = Compiled(program, SEED)
    together.wait()
    return rows(engine.play_batch(range(2), range(2), numbers))
with ThreadPoolExecutor(4) as pool:
    found = list(pool.map(play, range(4)))
print(found == [rows(Reference(program, SEED).play_batch(range(2), range(2), numbers))] * 4)
"""


def test_the_first_call_may_come_from_several_threads() -> None:
    """In a new process, where each of them finds nothing loaded."""
    program = busy().program()
    # so that the code is there to be read, wherever code is kept at all
    assert len(Compiled(program, SEED).play_batch(range(1), range(1), vectors(program, 1))) == 1
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FIRST_CALLS],
        env=surroundings, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("True\n", "")


# --- nothing is allocated a run ---


@pytest.fixture
def numba_counts() -> Iterator[Callable[[], int]]:
    """How often code of numba's has asked for memory."""
    counter = numba.core.runtime._nrt_python
    counter.memsys_enable_stats()
    yield lambda: int(numba.core.runtime.rtsys.get_allocation_stats().alloc)
    counter.memsys_disable_stats()


def test_runs_allocate_nothing(numba_counts: Callable[[], int]) -> None:
    """Ten times the runs need ten times the rows of the outcomes, and nothing else: in Python, NumPy and numba."""
    program = busy().program()
    numbers = vectors(program, 1)
    engine = Compiled(program, SEED)

    def beyond_the_rows(replays: int) -> tuple[int, int]:
        before = numba_counts()
        tracemalloc.start()
        found = engine.play_batch(range(1), range(replays), numbers)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak - sum(column.nbytes for column in astuple(found)), numba_counts() - before

    beyond_the_rows(50)
    few, many = beyond_the_rows(50), beyond_the_rows(500)
    # what there is, is the same for any batch: each array that is handed over is counted once
    assert few[1] == many[1]
    # a few objects more or less; a single number a run would be 450 times eight bytes
    assert abs(many[0] - few[0]) < 2000


def test_an_array_a_run_would_be_counted(numba_counts: Callable[[], int]) -> None:
    """Negative control."""

    @numba.njit
    def wasteful(runs: int) -> float:
        total = 0.0
        for run in range(runs):
            total += np.full(3 + run % 2, 1.0).sum()
        return total

    wasteful(1)
    before = numba_counts()
    wasteful(450)
    assert numba_counts() - before >= 450
