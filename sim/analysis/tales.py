"""One run, told: the world that it was played in, everything that happened, and how it came out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.ledger import Approach, Event, approaches, flags_on, on_at, read_events
from sim.engines.plan import Plan
from sim.engines.reference import Reference
from sim.experiment.run import world_values
from sim.experiment.together import KEPT_FLIPS
from sim.records.outcomes import FAILURES, FINISHED, Floats, RunResult
from sim.records.story import Story
from sim.scenario.load import Scenario

FAR = 0.1
FLIP_RULE = "the flip whose first onset is the median of all flips in this direction"
FLIP_TIES = "ties: the lowest world, then the lowest replay"


@dataclass(frozen=True, slots=True)
class FarOut:
    """An uncertain value that lies below its 10th or above its 90th percentile in this world."""

    path: str
    says: str
    kind: str
    value: float
    percentile: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run came out. `failed` is empty where it finished; times are days, infinite for never."""

    failed: str
    failed_at: float
    first: float
    kind: str | None
    root: str | None
    flags: tuple[str, ...]
    on_at_onset: tuple[str, ...]
    early: tuple[tuple[str, float], ...]
    running: tuple[str, ...]
    closest: Approach | None
    dues: int


@dataclass(frozen=True, slots=True)
class Tale:
    """Everything that is told of one run."""

    world: int
    replay: int
    states: tuple[tuple[str, str], ...]
    far_out: tuple[FarOut, ...]
    events: tuple[Event, ...]
    outcome: Outcome


def tell(scenario: Scenario, seed: int, world: int, replay: int) -> Tale:
    """Play one addressed run again, exactly as a batch plays it, and tell it."""
    values, numbers = world_values(scenario, seed, np.array([world], dtype=np.int64))
    engine, story, row = Reference(scenario.program, seed), Story(), numbers[0].tolist()
    result = engine.play(row, world, replay, story=story)
    events = read_events(engine.plan, row, story) if story.dues or story.holds else ()
    return Tale(
        world=world,
        replay=replay,
        states=tuple(
            (path, value.states[int(values[path][0])])
            for path, value in scenario.values.items()
            if value.kind == "state" and path in values
        ),
        far_out=tuple(_far_out(scenario, values)),
        events=events,
        outcome=_outcome(engine.plan, row, result, story),
    )


def typical_flip(flips: Sequence[tuple[float, int, int]]) -> tuple[int, int]:
    """World and replay of the flip to tell, by the rule that `FLIP_RULE` and `FLIP_TIES` say in words.

    A flip is a run with a counted onset in only one of two scenarios: (day of that onset, world, replay). All must be
    of one direction; of an even number the earlier of the two in the middle is taken, so that it is a run that was
    played. Raises `ValueError` where there is none.
    """
    if not flips:
        raise ValueError("without a flip none is typical")
    middle = sorted(flips)[(len(flips) - 1) // 2][0]
    return min((world, replay) for first, world, replay in flips if first == middle)


def why_this_flip(flips: int, others: int) -> str:
    """The rule of `typical_flip` in words, with the number of flips in its direction and in the other one."""
    looked = f", the first {KEPT_FLIPS:,} looked at" if flips > KEPT_FLIPS else ""
    return f"typical flip: {FLIP_RULE} ({flips:,} of them{looked}, {others:,} in the other); {FLIP_TIES}"


def _far_out(scenario: Scenario, values: dict[str, Floats]) -> list[FarOut]:
    found = []
    for path, value in scenario.values.items():
        if value.distribution is None or value.kind == "state":
            continue
        here = float(values[path][0])
        percentile = value.distribution.cdf(here)
        if not FAR <= percentile <= 1.0 - FAR:
            found.append(FarOut(path, value.text, value.kind, here, percentile))
    return sorted(found, key=lambda item: (-abs(item.percentile - 0.5), item.path))


def _outcome(plan: Plan, numbers: Sequence[float], result: RunResult, story: Story) -> Outcome:
    program, hit = plan.program, math.isfinite(result.first)
    failed = result.status != FINISHED
    closest = None
    if not hit and not failed:
        closest = max(
            approaches(plan, numbers, story), key=lambda found: (found.hold_share, found.level_share), default=None
        )
    kinds = range(len(program.kinds))
    return Outcome(
        failed=FAILURES.get(result.status, ""),
        failed_at=result.failed_at,
        first=result.first,
        kind=program.kinds[result.kind] if hit else None,
        root=program.blocks[result.root] if hit else None,
        flags=flags_on(program, result.flags) if hit else (),
        on_at_onset=on_at(plan, numbers, story, result.first) if hit else (),
        early=tuple(
            (program.kinds[k], result.early[k])
            for k in kinds
            if program.kind_counted[k] and math.isfinite(result.early[k])
        ),
        running=tuple(program.kinds[k] for k in kinds if program.kind_counted[k] and result.running[k]),
        closest=closest,
        dues=result.dues,
    )
