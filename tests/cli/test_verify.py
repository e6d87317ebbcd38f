"""`sim verify`: what it prints when engines agree, when they differ, and when runs fail; each text word for word.

The longer texts stand in files of the folder `differences`. To write them anew: SIM_REGENERATE=1; then read every
change.
"""

from __future__ import annotations

import json
import math
import os
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sim.cli import console
from sim.cli.commands import verify
from sim.engines.reference import Reference
from sim.experiment import engines
from sim.records.outcomes import Outcomes, RunResult
from sim.records.story import Story
from sim.rules.program import Program
from tests.analysis.engines_with_faults import TWO, Altered, BatchFault, Fault, nothing
from tests.cli.conftest import FAILING, STARTER, TEACHING, Sim, written

TEXTS = Path(__file__).parent / "differences"
Plant = Callable[..., None]


@pytest.fixture
def two(tmp_path: Path) -> str:
    return written(tmp_path, "two", TWO).name


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Puts an engine with a fault in the place of the compiled one; by default a right one."""

    def put(fault: Fault = nothing, in_batch: BatchFault = lambda rows: rows, first: int = 11) -> None:
        def both(program: Program, seed: int, *, quiet: bool) -> tuple[Reference, Altered]:
            wrong = Altered(program, seed, fault, only=lambda w, r: 8 * w + r >= first, in_batch=in_batch)
            return Reference(program, seed), wrong

        monkeypatch.setattr(verify, "both_engines", both)

    return put


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """People look at standard output."""
    monkeypatch.setattr(console, "on_terminal", lambda: True)


# --- all is equal ---

EQUAL_80 = """\
20 runs of two.yaml on both engines, simpy and compiled: 285 events, 345
effects, 20 broken holds, 0 differences; every time, rule and effect is equal to
the last bit.
So are 20 rows of a batch on compiled, and all quantities and tensions in 1
probed run.

events           fired  guard refused  chance failed  else ran
by a date           50             20              0        10
by a clock         165              0              0         0
by a condition      20              0              0         0
by another rule     20              0              0         0
"""
EQUAL_120 = """\
20 runs of two.yaml on both engines, simpy and compiled: 285 events, 345 effects, 20 broken holds, 0 differences; every
time, rule and effect is equal to the last bit.
So are 20 rows of a batch on compiled, and all quantities and tensions in 1 probed run.

events           fired  guard refused  chance failed  else ran
by a date           50             20              0        10
by a clock         165              0              0         0
by a condition      20              0              0         0
by another rule     20              0              0         0
"""
PIPED = """\
section	name	simpy	compiled
count	runs	20	20
count	dues	285	285
count	effects	345	345
count	holds	20	20
count	start fired	50	50
count	start guard	20	20
count	start chance	0	0
count	start otherwise	10	10
count	clock fired	165	165
count	clock guard	0	0
count	clock chance	0	0
count	clock otherwise	0	0
count	watch fired	20	20
count	watch guard	0	0
count	watch chance	0	0
count	watch otherwise	0	0
count	armed fired	20	20
count	armed guard	0	0
count	armed chance	0	0
count	armed otherwise	0	0
count	differences	0	0
"""


@pytest.mark.parametrize(("width", "told"), [(80, EQUAL_80), (120, EQUAL_120)])
@pytest.mark.usefixtures("screen")
def test_equal_engines(
    sim: Sim, plant: Plant, two: str, monkeypatch: pytest.MonkeyPatch, width: int, told: str
) -> None:
    plant()
    monkeypatch.setenv("COLUMNS", str(width))
    answer = sim("verify", two, "--runs", 20)
    assert (answer.code, answer.err, answer.out) == (0, "", told)


def test_piped_it_is_a_table(sim: Sim, plant: Plant, two: str) -> None:
    plant()
    answer = sim("verify", two, "--runs", 20)
    assert (answer.code, answer.err, answer.out) == (0, "", PIPED)


def test_json_of_equal_engines(sim: Sim, plant: Plant, two: str) -> None:
    plant()
    answer = sim("verify", two, "--runs", 20, "--json")
    told = json.loads(answer.out)
    counts = told.pop("counts")
    assert (answer.code, answer.err) == (0, "")
    assert len(told.pop("scenario")["sha256"]) == 64
    assert told == {
        "schema": 1,
        "engines": ["simpy", "compiled"],
        "seed": 1,
        "runs": 20,
        "replays": 8,
        "dues": 285,
        "effects": 345,
        "holds": 20,
        "failed": 0,
        "probed": 1,
        "differences": 0,
        "first": None,
    }
    assert counts["simpy"] == counts["compiled"]
    assert counts["simpy"]["outcomes"]["start"] == {"fired": 50, "guard": 20, "chance": 0, "otherwise": 10}


def test_seed_replays_and_settings_reach_the_runs(sim: Sim, plant: Plant, two: str) -> None:
    plant()
    first = sim("verify", two, "--runs", 20).out
    assert sim("verify", two, "--runs", 20, "--seed", 2).out != first
    assert sim("verify", two, "--runs", 20, "--replays", 1).out != first
    quiet = json.loads(sim("verify", two, "--runs", 20, "--set", "events.spark=null", "--json").out)
    assert quiet["counts"]["simpy"]["outcomes"]["clock"]["fired"] == 0
    assert quiet["dues"] == 120


def test_default_is_a_thousand_runs(sim: Sim, plant: Plant, hazard: Path) -> None:
    plant()
    assert json.loads(sim("verify", hazard, "--json").out)["runs"] == 1000


def test_real_engines_agree(sim: Sim) -> None:
    """The one test here that plays the compiled engine itself."""
    told = json.loads(sim("verify", TEACHING / "self_exciting.yaml", "--runs", 60, "--quiet", "--json").out)
    assert (told["engines"], told["differences"], told["failed"]) == (["simpy", "compiled"], 0, 0)
    assert told["dues"] > 60


@pytest.mark.parametrize(("quiet", "told"), [((), "wait for the compiler\n"), (("--quiet",), "")])
def test_first_play_is_announced(
    sim: Sim, two: str, monkeypatch: pytest.MonkeyPatch, quiet: tuple[str, ...], told: str
) -> None:
    made: list[str] = []

    def make(name: str, program: Program, seed: int) -> Altered:
        made.append(name)
        return Altered(program, seed)

    monkeypatch.setattr(engines, "compiling_note", {"compiled": "wait for the compiler"}.get)
    monkeypatch.setattr(engines, "make_engine", make)
    monkeypatch.setattr(engines, "get_ready", lambda name, program, seed: made.append(f"{name} is ready"))
    answer = sim("verify", two, "--runs", 2, *quiet)
    assert (answer.code, answer.err, made) == (0, told, ["compiled is ready", "simpy", "compiled"])


# --- something is not ---


def late(_: RunResult, story: Story) -> None:
    due = next(due for due in story.dues if due.outcome == "guard")
    due.time = math.nextafter(due.time, math.inf)


def wrong_effect(result: RunResult, story: Story) -> None:
    due = next(due for due in story.dues if len(due.effects) == 3)
    due.effects[1].after = -0.0
    if result.probed is not None:
        result.probed[0, 2] = math.nextafter(float(result.probed[0, 2]), 9.0)


def cut_short(_: RunResult, story: Story) -> None:
    del story.dues[3:]


def wrong_hold(_: RunResult, story: Story) -> None:
    story.holds[0].begins = 2.5


def wrong_row(result: RunResult, _: Story) -> None:
    result.first, result.kind, result.flags = math.inf, -1, 5


def wrong_state(result: RunResult, _: Story) -> None:
    if result.probed is not None and len(result.probed) > 1:
        result.probed[2, 1] = 7.0


def other_batch(rows: Outcomes) -> Outcomes:
    return replace(rows, dues=rows.dues + (rows.world == 1))


# the fault, or that of the batch; the first run that has it; in how many of 20 runs anything differs
DIFFERENCES: dict[str, tuple[Fault, BatchFault, int, int]] = {
    "event": (late, lambda rows: rows, 11, 9),
    "effect": (wrong_effect, lambda rows: rows, 11, 9),
    "missing": (cut_short, lambda rows: rows, 11, 9),
    "hold": (wrong_hold, lambda rows: rows, 11, 9),
    "row": (wrong_row, lambda rows: rows, 11, 9),
    "state": (wrong_state, lambda rows: rows, 0, 1),
    "batch": (nothing, other_batch, 11, 8),
}


def expected(name: str, told: str) -> str:
    """The text that a file holds; it is written anew where that is asked for."""
    file = TEXTS / f"{name}.txt"
    if os.environ.get("SIM_REGENERATE"):
        file.write_text(told, encoding="utf-8")
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.usefixtures("screen")
def test_difference_word_for_word(sim: Sim, plant: Plant, two: str, name: str) -> None:
    fault, in_batch, first, differing = DIFFERENCES[name]
    plant(fault, in_batch, first)
    answer = sim("verify", two, "--runs", 20)
    assert answer.code == 1
    assert answer.err == (
        f"simpy and compiled differ in {differing} of 20 runs: that is a defect of sim and not of the scenario; please "
        "report it with the text above\n"
    )
    assert answer.out == expected(name, answer.out)
    assert max(map(len, answer.out.splitlines())) <= 80


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.usefixtures("screen")
def test_difference_fits(sim: Sim, plant: Plant, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """A scenario with long names and many numbers; only those that differ are listed."""
    plant(wrong_effect_anywhere, first=0)
    monkeypatch.setenv("COLUMNS", str(width))
    answer = sim("verify", STARTER, "--runs", 2, "--quiet")
    assert answer.code == 1
    lines = answer.out.splitlines()
    assert max(map(len, lines[:-1])) <= width
    assert re.search(
        r"A moment before that instant all \d\d quantities and tensions are equal\. The last",
        " ".join(answer.out.split()),
    )


def wrong_effect_anywhere(_: RunResult, story: Story) -> None:
    due = next(due for due in story.dues if due.time > 60.0 and due.effects)
    due.effects[0].after += 1e-9


def test_piped_difference(sim: Sim, plant: Plant, two: str) -> None:
    plant(late)
    answer = sim("verify", two, "--runs", 20)
    assert answer.code == 1
    assert answer.out == expected("piped", answer.out)
    assert {line.count("\t") for line in answer.out.splitlines()} == {3}


def test_json_of_a_difference(sim: Sim, plant: Plant, two: str) -> None:
    plant(late)
    answer = sim("verify", two, "--runs", 20, "--json")
    told = json.loads(answer.out)
    first = told["first"]
    assert (answer.code, told["differences"]) == (1, 9)
    assert (first["run"], first["world"], first["replay"]) == (11, 1, 3)
    assert (first["what"], first["number"], first["events"]) == ("event", 5, [13, 13])
    assert (first["time"], first["date"], first["sides"]) == (9.0, "2021-01-10 00:00", ["simpy", "compiled"])
    assert [row for row in first["rows"] if row["differs"]] == [
        {
            "name": "time",
            "differs": True,
            "values": [9.0, 9.000000000000002],
            "bits": ["0x1.2000000000000p+3", "0x1.2000000000001p+3"],
        }
    ]
    assert first["before_is"] == "read"
    assert [row["name"] for row in first["before"]] == ["crises.alarm.on", "quantities.heat", "tension"]
    assert first["agreed"][-1] == {
        "time": 9.0,
        "date": "2021-01-10 00:00",
        "rule": "events.again",
        "outcome": "fired",
    }


def test_json_of_what_is_not_finite(sim: Sim, plant: Plant, two: str) -> None:
    """JSON has no infinity: it is null there, and told by its bits."""
    plant(wrong_row)
    rows = json.loads(sim("verify", two, "--runs", 20, "--json").out)["first"]["rows"]
    assert next(row for row in rows if row["name"] == "first counted onset") == {
        "name": "first counted onset",
        "differs": True,
        "values": [14.0, None],
        "bits": ["0x1.c000000000000p+3", "inf"],
    }


@pytest.mark.usefixtures("screen")
def test_command_to_look_further_is_the_question_asked(sim: Sim, plant: Plant, two: str) -> None:
    plant(late, first=0)
    options = ("--seed", 5, "--replays", 3, "--set", "tension.start=1 to 2")
    last = sim("verify", two, "--runs", 4, *options).out.splitlines()[-1]
    assert last == "Look further: sim trace two.yaml --run 0 --all --seed 5 --replays 3 --set 'tension.start=1 to 2'"
    command = shlex.split(last.removeprefix("Look further: sim "))
    answer = sim(*command)
    assert (answer.code, answer.out.splitlines()[1]) == (0, "Run 0 of seed 5: world 0, replay 0 (of 3 a world).")


# --- runs fail ---

FAILED = """20 runs of failing.yaml on both engines, simpy and compiled: 1,241 events, 1,241
"""


@pytest.mark.usefixtures("screen")
def test_runs_that_fail_alike_are_exit_three(sim: Sim, plant: Plant, tmp_path: Path) -> None:
    plant()
    written(tmp_path, "failing", FAILING)
    answer = sim("verify", "failing.yaml", "--runs", 20, "--quiet")
    failed = json.loads(sim("verify", "failing.yaml", "--runs", 20, "--quiet", "--json").out)["failed"]
    assert 0 < failed < 20
    assert answer.code == 3
    assert answer.err == (
        f"{failed} of 20 runs failed, on both engines alike: pending: too many pending instances ({failed})\n"
    )
    assert answer.out == expected("failed", answer.out)


@pytest.mark.usefixtures("screen")
def test_other_failure_is_a_difference(sim: Sim, plant: Plant, tmp_path: Path) -> None:
    plant(lambda result, _: setattr(result, "status", 1), first=0)
    written(tmp_path, "failing", FAILING)
    answer = sim("verify", "failing.yaml", "--runs", 2, "--set", "assumptions.columns=4000", "--quiet")
    assert answer.code == 1
    assert "≠  ended" in answer.out
    assert answer.out.endswith("2 runs failed on simpy:\n  pending: too many pending instances  2\n")


# --- what is refused ---


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ("--runs 0", 2, "--runs 0: at least 1 is compared\n"),
        ("--runs -3", 2, "--runs -3: at least 1 is compared\n"),
        ("--runs 1000001", 2, "--runs 1000001: at most 1000000 are compared\n"),
        ("--runs many", 2, "--runs many: write a whole number\n"),
        ("--replays 0", 2, "--replays 0: at least 1 is played\n"),
        ("--seed -1", 2, "the seed is -1; it must be a whole number from 0 to 2^64 - 1\n"),
        ("--variant calm", 1, "two.yaml: there is no variant `calm`; the file has no variants\n"),
        ("more", 2, "Got unexpected extra argument(s) (more)\n"),
        ("--engine simpy", 2, "No such option: --engine\n"),
    ],
)
def test_refusal(sim: Sim, plant: Plant, two: str, arguments: str, code: int, told: str) -> None:
    plant()
    answer = sim("verify", two, *arguments.split())
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.rpartition("Error: ")[2] == told


def test_file_that_is_missing(sim: Sim, two: str) -> None:
    answer = sim("verify", "tow.yaml")
    assert (answer.code, answer.out, answer.err) == (1, "", f"there is no file `tow.yaml`; did you mean `{two}`?\n")
    assert sim("verify").err.endswith("Error: Missing argument 'FILE'.\n")
