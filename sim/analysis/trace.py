"""Which run to tell: the one that is typical of a crisis, of calm or of a near miss."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sim.analysis.ledger import approaches
from sim.engines.plan import Plan, make_plan
from sim.errors import FailedRunsError, TooLittleError
from sim.experiment.engines import ready_engine
from sim.experiment.run import world_values
from sim.records.outcomes import FAILURES, FINISHED, Floats, RunResult
from sim.records.story import Story
from sim.rules.program import Program
from sim.scenario.load import Scenario

SAMPLE = 512
Progress = Callable[[int, int | None], None]


class Typical(StrEnum):
    """Which run of a scenario to tell."""

    crisis = "crisis"
    calm = "calm"
    near_miss = "near-miss"


RULES = {
    Typical.crisis: "a hit of the most common pathway, the one whose first onset is the median of these hits",
    Typical.calm: "a run without a counted onset, the one whose number of dues is closest to the median of these runs",
    Typical.near_miss: (
        "a run without a counted onset, the one whose definition was met for the largest part of the time that it "
        "must hold, or else the one that came closest to its level"
    ),
}
TIES = "ties: the lowest run number"


@dataclass(frozen=True, slots=True)
class Choice:
    """A run, and why it was chosen; `of` is how many runs the rule chose from, `found` how many it applied to."""

    world: int
    replay: int
    why: str
    found: int
    of: int


def pick(scenario: Scenario, seed: int, kind: Typical, progress: Progress | None = None) -> Choice:
    """The run that a rule picks among the first 512 worlds, replay 0 of each.

    Raises `TooLittleError` where no run fits, and `FailedRunsError` where every run failed.
    """
    return _pick(scenario, _sample(scenario, seed, progress, stories=kind is Typical.near_miss), kind)


def pick_any(scenario: Scenario, seed: int, progress: Progress | None = None) -> Choice:
    """A typical crisis, or a typical calm run where no run is a hit."""
    sample = _sample(scenario, seed, progress, stories=False)
    kind = Typical.crisis if any(math.isfinite(run.first) for run in sample.results) else Typical.calm
    return _pick(scenario, sample, kind)


@dataclass(frozen=True, slots=True)
class _Sample:
    """Runs to pick from: world w, replay 0."""

    plan: Plan
    numbers: Floats
    results: list[RunResult]
    stories: list[Story]


def _sample(scenario: Scenario, seed: int, progress: Progress | None, *, stories: bool) -> _Sample:
    _, numbers = world_values(scenario, seed, np.arange(SAMPLE, dtype=np.int64))
    # all engines play the same runs, so the quickest one looks for the run that the reference engine then tells
    engine = ready_engine(scenario.program, seed)
    results, told = [], []
    for world, row in enumerate(numbers.tolist()):
        story = Story() if stories else None
        results.append(engine.play(row, world, 0, story=story))
        told += [] if story is None else [story]
        if progress is not None:
            progress(world + 1, SAMPLE)
    if not any(run.status == FINISHED for run in results):
        reasons = Counter(FAILURES[run.status] for run in results)
        listed = ", ".join(f"{reason} ({number} runs)" for reason, number in sorted(reasons.items()))
        raise FailedRunsError(f"all of the first {SAMPLE} runs failed, so none is typical: {listed}; --run 0 tells one")
    return _Sample(make_plan(scenario.program), numbers, results, told)


def _pick(scenario: Scenario, sample: _Sample, kind: Typical) -> Choice:
    finished = [world for world, run in enumerate(sample.results) if run.status == FINISHED]
    hits = [world for world in finished if math.isfinite(sample.results[world].first)]
    calm = [world for world in finished if not math.isfinite(sample.results[world].first)]
    if kind is Typical.crisis:
        if not hits:
            raise TooLittleError(
                f"none of the first {SAMPLE} runs has a counted onset in the window, so there is no typical crisis; "
                "try --typical calm or --typical near-miss"
            )
        return _crisis(scenario.program, sample.results, hits, len(finished))
    if not calm:
        raise TooLittleError(
            f"each of the first {SAMPLE} runs has a counted onset in the window, so there is no {kind} run; "
            "try --typical crisis"
        )
    if kind is Typical.calm:
        middle = float(np.median([sample.results[world].dues for world in calm]))
        best = min(calm, key=lambda world: (abs(sample.results[world].dues - middle), world))
        return Choice(best, 0, _why(kind), len(calm), len(finished))
    return Choice(_near_miss(sample, calm), 0, _why(kind), len(calm), len(finished))


def _why(kind: Typical) -> str:
    return f"typical {kind}: {RULES[kind]}; {TIES}"


def _crisis(program: Program, results: Sequence[RunResult], hits: Sequence[int], finished: int) -> Choice:
    def pathway(world: int) -> tuple[str, str, int]:
        run = results[world]
        return program.kinds[run.kind], program.blocks[run.root], run.flags

    often = Counter(pathway(world) for world in hits)
    most = min(often, key=lambda road: (-often[road], road))
    those = sorted((results[world].first, world) for world in hits if pathway(world) == most)
    return Choice(those[(len(those) - 1) // 2][1], 0, _why(Typical.crisis), len(those), finished)


def _near_miss(sample: _Sample, calm: Sequence[int]) -> int:
    best: list[tuple[float, float, int]] = []
    for world in calm:
        found = approaches(sample.plan, sample.numbers[world].tolist(), sample.stories[world])
        if not found:
            raise TooLittleError(
                "no counted kind is defined by a level, a rise or a condition that must hold, so nothing can nearly "
                "happen; try --typical calm"
            )
        best.append((max(a.hold_share for a in found), max(a.level_share for a in found), world))
    hold, level, _ = (max(column) for column in zip(*best, strict=True))
    if hold <= 0.0 and level <= 0.0:
        raise TooLittleError(
            f"in none of the {len(calm)} calm runs among the first {SAMPLE} did anything come near a counted "
            "definition; try --typical calm"
        )
    place = 0 if hold > 0.0 else 1
    return min(best, key=lambda row: (-row[place], row[2]))[2]
