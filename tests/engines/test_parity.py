"""The oracle and every engine play generated scenarios: everything that happens is equal to the last bit.

`SIM_PARITY_PROGRAMS` says how many scenarios, `SIM_PARITY_FIRST` at which seed they begin.
"""

from __future__ import annotations

import math
import os
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, fields, replace
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from sim.engines.compiled import Compiled
from sim.records.outcomes import FAILURES, Outcomes, RunResult
from tests.engines import oracle
from tests.engines.conftest import ENGINES, Played, play_oracle, play_reference
from tests.engines.oracle import Firing, Pending, Root
from tests.engines.oracle_world import World
from tests.engines.programs import WORLDS, Question, question, questions

PROGRAMS = int(os.environ.get("SIM_PARITY_PROGRAMS", "300"))
FIRST = int(os.environ.get("SIM_PARITY_FIRST", "0"))
# the shortest run lasts two days, and what lies behind the end is not looked at
PROBES = (0.0, 1.0, 1.7)
SEED = 20210422


def bits(thing: Any) -> Any:
    """The same thing with every float as its bytes: 0.0 is not -0.0, and NaN is itself."""
    if isinstance(thing, float):
        return struct.pack("<d", thing)
    if isinstance(thing, np.ndarray):
        return thing.shape, thing.tobytes()
    if isinstance(thing, list | tuple):
        return [bits(item) for item in thing]
    return thing


def first_difference(one: Played, other: Played) -> str | None:
    """The first thing in which two runs differ, in words; None when they are equal to the last bit."""
    for i, (mine, theirs) in enumerate(zip(one.story.dues, other.story.dues, strict=False)):
        if bits(astuple(mine)) != bits(astuple(theirs)):
            return f"due {i}: {mine} is not {theirs}"
    if len(one.story.dues) != len(other.story.dues):
        return f"{len(one.story.dues)} dues are not {len(other.story.dues)}"
    if bits([astuple(hold) for hold in one.story.holds]) != bits([astuple(hold) for hold in other.story.holds]):
        return f"holds: {one.story.holds} are not {other.story.holds}"
    if bits(astuple(one.result)) != bits(astuple(other.result)):
        return f"result: {one.result} is not {other.result}"
    return None


OTHERS = [name for name in ENGINES if name != "oracle"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run on the oracle and on every engine."""

    seed: int
    world: int
    oracle: Played
    engines: dict[str, Played]

    def difference(self, name: str) -> str | None:
        """The first thing in which an engine differs from the oracle."""
        return first_difference(self.oracle, self.engines[name])


def runs(scenario: Question, seed: int = 0) -> Iterator[Run]:
    for world in range(WORLDS):
        plays = {name: play(scenario, world, world, SEED, PROBES) for name, play in ENGINES.items()}
        yield Run(seed, world, plays.pop("oracle"), plays)


@pytest.fixture(scope="module")
def generated() -> list[Run]:
    """All generated runs, each on all engines."""
    return [run for seed in range(FIRST, FIRST + PROGRAMS) for run in runs(question(Random(seed)), seed)]


@pytest.mark.parametrize("name", OTHERS)
def test_generated_runs_are_equal(generated: list[Run], name: str) -> None:
    differences = {(run.seed, run.world): run.difference(name) for run in generated}
    assert {place: text for place, text in differences.items() if text is not None} == {}


def test_batches_are_the_single_runs(generated: list[Run]) -> None:
    """The road of many runs, several replays of several worlds at once, ends in the same rows."""
    for place in range(0, len(generated), WORLDS):
        seed = generated[place].seed
        scenario = question(Random(seed))
        program = scenario.program()
        engine = Compiled(program, SEED, budget=scenario.budget, room=scenario.room)
        batch = engine.play_batch(range(WORLDS), range(WORLDS), np.array(scenario.numbers(program)))
        for world, single in enumerate(generated[place : place + WORLDS]):
            alone = replace(single.oracle.result, probed=None)
            row = world * WORLDS + world
            assert (batch.world[row], batch.replay[row]) == (world, world)
            columns = {field.name: getattr(batch, field.name)[row].tolist() for field in fields(Outcomes)[2:]}
            assert bits(astuple(RunResult(**columns))) == bits(astuple(alone)), f"seed {seed}, world {world}"


def test_generated_runs_reach_everything(generated: list[Run]) -> None:
    """Equality would say little if nothing had happened."""
    seen: Counter[str] = Counter()
    for run in generated:
        result, story, program = run.oracle.result, run.oracle.story, run.oracle.program
        seen[f"status {result.status}"] += 1
        seen["onset inside"] += result.first < math.inf
        seen["onset before"] += any(time < math.inf for time in result.early)
        seen["in progress"] += any(result.running)
        seen["pathway with flags"] += result.flags > 0
        seen["broken hold"] += len(story.holds)
        for due in story.dues:
            seen[due.outcome] += 1
            seen[f"trigger {program.trigger[due.rank]}"] += 1
            seen["overtaken"] += due.since < due.time
            for effect in due.effects:
                seen[f"effect {effect.operation}"] += 1
        for earlier, later in pairwise(story.dues):
            seen["tie"] += earlier.time == later.time
            seen["tie against rank"] += earlier.time == later.time and earlier.rank > later.rank
    wanted = [f"status {code}" for code in (0, *FAILURES)]
    wanted += [f"trigger {trigger}" for trigger in range(4)] + [f"effect {operation}" for operation in range(12)]
    wanted += ["fired", "guard", "chance", "otherwise", "tie", "tie against rank", "overtaken", "broken hold"]
    wanted += ["onset inside", "onset before", "in progress", "pathway with flags"]
    assert [name for name in wanted if seen[name] < PROGRAMS / 100] == []


@settings(max_examples=max(40, PROGRAMS // 10))
@given(questions())
def test_shrinking_runs_are_equal(scenario: Question) -> None:
    """The same once more with scenarios that hypothesis can make small when they disagree."""
    for run in runs(scenario):
        assert {name: run.difference(name) for name in OTHERS} == dict.fromkeys(OTHERS)


# --- faults that the comparison must see ---


def later_instances_first(self: Any) -> Firing | None:
    firing: Firing | None = RIGHT["next"](self)
    if firing is None or firing.instance < 0:
        return firing
    ties = [item for item in self.pending if (item.time, item.rank) == (firing.time, firing.rank)]
    last: Pending = max(ties, key=lambda item: item.instance)
    return Firing(last.time, last.rank, last.instance, last.step, last.occurrence, last.load, last.time, last.root)


def anchored_at_every_settle(self: Any) -> None:
    RIGHT["settle"](self)
    for rank, clock in self.clock.items():
        if clock.anchor != self.now:
            clock.residual -= self.consumed(rank)
            self.anchor(rank)


def eager_watches(self: Any) -> None:
    RIGHT["start"](self)
    for watch in self.watch.values():
        watch.state = "idle"


def amounts_on_the_fly(self: Any, effects: Any, firing: Firing) -> Iterator[Any]:
    for effect in effects:
        yield from RIGHT["evaluated"](self, [effect], firing)


def steps_with_one_luck(self: Any, firing: Firing) -> bool:
    step, firing.step = firing.step, 0
    lucky: bool = RIGHT["lucky"](self, firing)
    firing.step = step
    return lucky


def loads_forgotten(self: Any, firing: Firing) -> None:
    firing.load = 0.0
    RIGHT["fire"](self, firing)


def accumulated_steps(self: Any, effect: Any, amounts: Any, firing: Firing) -> Any:
    before = len(self.pending)
    armed = RIGHT["arm"](self, effect, amounts, firing)
    new: list[Pending] = self.pending[before:]
    stride = new[0].time - self.now - amounts.get("after", 0.0)
    for earlier, later in pairwise(new):
        later.time = earlier.time + stride
    return armed


def roots_of_the_last_firing(self: Any, root: Root) -> None:
    for rank, watch in self.watch.items():
        if watch.state == "holding":
            self.watch[rank].root = root
    RIGHT["look"](self, root)


def tensions_in_two_steps(self: Any, i: int, time: float) -> tuple[float, float]:
    level, integral = RIGHT["tension_at"](self, i, time)
    self.tension[i].anchor, self.tension[i].value, self.tension[i].integral = time, level, integral
    return level, integral


RIGHT: dict[str, Callable[..., Any]] = {
    **{name: getattr(oracle._Run, name) for name in ("next", "start", "evaluated", "lucky", "fire", "arm", "look")},
    **{name: getattr(World, name) for name in ("settle", "tension_at")},
}
FAULTS: dict[str, Callable[..., Any]] = {
    "next": later_instances_first,
    "settle": anchored_at_every_settle,
    "start": eager_watches,
    "evaluated": amounts_on_the_fly,
    "lucky": steps_with_one_luck,
    "fire": loads_forgotten,
    "arm": accumulated_steps,
    "look": roots_of_the_last_firing,
    "tension_at": tensions_in_two_steps,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: an oracle that breaks one rule of the semantics differs somewhere in 300 scenarios."""
    monkeypatch.setattr(World if name in ("settle", "tension_at") else oracle._Run, name, FAULTS[name])
    scenarios = (question(Random(seed), wild=False) for seed in range(300))
    found = (
        first_difference(*(play(scenario, world, world, SEED, PROBES) for play in (play_oracle, play_reference)))
        for scenario in scenarios
        for world in range(WORLDS)
    )
    assert any(difference is not None for difference in found)
