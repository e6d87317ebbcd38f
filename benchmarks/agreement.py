"""Do the models say the same of the flagship's median world?

An engine, the plain SimPy model and the daily-tick model share the numbers of the file and neither rules nor draws. So
whatever happens in a run (each rule's dues, each kind's onsets, the answer itself) must have the same mean in all, up
to Monte-Carlo error, and for the daily tick up to what a tick of a day costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import copysign, inf, sqrt
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.plain_numbers import median_numbers
from benchmarks.plain_rates import Rates
from benchmarks.plain_simpy import Theatre
from sim.analysis.expectations import median_world
from sim.chance.worlds import parameter_vectors
from sim.engines.reference import Reference
from sim.errors import SimError
from sim.records.outcomes import FINISHED, Floats, Outcomes, RunResult
from sim.records.story import Story
from sim.rules.program import Program
from sim.scenario.load import Scenario, load

FLAGSHIP = Path(__file__).resolve().parents[1] / "scenarios" / "spring-2021.yaml"
HIT = "the answer"
ONSET, EARLY = "onset of ", "early onset of "

DAILY_POINTS, DAILY_SHARE = 0.01, 0.10
"""What a tick of a day may cost: one point of a chance, a tenth of a count (reasons: `daily_allowance`)."""


class Player(Protocol):
    """Plays single runs of a Program."""

    def play(self, numbers: Sequence[float], world: int, replay: int, *, story: Story | None = None) -> RunResult: ...


class Engine(Player, Protocol):
    """Plays whole batches too: worlds in order, replays inside worlds."""

    def play_batch(self, worlds: range, replays: range, numbers: Floats) -> Outcomes: ...


class Model(Protocol):
    """One run of a model written by hand."""

    events: Counter[str]
    onset: dict[str, float]
    early: dict[str, float]

    def run(self) -> bool: ...


@dataclass(frozen=True)
class Compared:
    """One mean a run, by the engine and by the plain model, and how many standard errors lie between them.

    Where a difference is `allowed`, only what goes beyond it counts.
    """

    name: str
    engine: float
    plain: float
    z: float
    allowed: float = 0.0


class Means:
    """Sums and sums of squares of counts by name."""

    def __init__(self) -> None:
        self.runs = 0
        self.total: Counter[str] = Counter()
        self.squares: Counter[str] = Counter()

    def add(self, counts: Mapping[str, int]) -> None:
        """One run more."""
        self.runs += 1
        for name, number in counts.items():
            self.total[name] += number
            self.squares[name] += number * number

    def of(self, name: str) -> tuple[float, float]:
        """Mean, and its squared standard error."""
        mean = self.total[name] / self.runs
        return mean, max(0.0, self.squares[name] / self.runs - mean * mean) / self.runs


# ------------------------------------------------------------------------------------------------ what is played


def flagship() -> Scenario:
    """The scenario that all models play."""
    return scenario_with()


def scenario_with(*settings: str) -> Scenario:
    """The flagship with some values set."""
    return load(FLAGSHIP, settings).scenario


def median_row(scenario: Scenario) -> list[float]:
    """The parameter vector of the median world."""
    vector: list[float] = parameter_vectors(scenario.program.expressions, median_world(scenario), 1)[0].tolist()
    return vector


def engine_means(engine: Player, program: Program, row: Sequence[float], runs: int) -> Means:
    """What an engine counts in one world. Raises `SimError` if a run fails."""
    means = Means()
    for replay in range(runs):
        story = Story()
        result = engine.play(row, 0, replay, story=story)
        if result.status != FINISHED:
            raise SimError(f"run {replay} of the median world failed: reason {result.status}")
        counts: Counter[str] = Counter(program.rules[due.rank] for due in story.dues)
        for word, times in ((ONSET, result.onset), (EARLY, result.early)):
            counts.update(f"{word}{kind}" for kind, at in zip(program.kinds, times, strict=True) if at != inf)
        counts[HIT] = int(result.first != inf)
        means.add(counts)
    return means


def model_means(make: Callable[[int], Model], seeds: range) -> Means:
    """What a model written by hand counts, by the same names; `make` makes one run from its seed."""
    means = Means()
    for seed in seeds:
        model = make(seed)
        hit = model.run()
        onsets = {f"{ONSET}{kind}": 1 for kind in model.onset}
        early = {f"{EARLY}{kind}": 1 for kind in model.early}
        means.add({**model.events, **onsets, **early, HIT: int(hit)})
    return means


# ------------------------------------------------------------------------------------------------ what is compared


def compare(scenario: Scenario, runs: int, seed: int = 1, plain: Scenario | None = None) -> list[Compared]:
    """Everything that the reference engine and the plain SimPy model count, largest disagreement first.

    The plain model may be given other numbers. Raises `SimError` if a run fails.
    """
    rates = Rates(median_numbers(plain or scenario))
    ours = engine_means(Reference(scenario.program, seed), scenario.program, median_row(scenario), runs)
    theirs = model_means(lambda number: Theatre(rates, number), range(seed * runs, (seed + 1) * runs))
    return differences(ours, theirs)


def differences(
    ours: Means, theirs: Means, allowance: Callable[[str, float], float] = lambda *_: 0.0
) -> list[Compared]:
    """Every mean that either has, largest disagreement first; `allowance` says what a name and its mean may differ."""
    found = []
    for name in sorted(set(ours.total) | set(theirs.total)):
        (a, a_se2), (b, b_se2) = ours.of(name), theirs.of(name)
        error, allowed = sqrt(a_se2 + b_se2), allowance(name, a)
        beyond = max(0.0, abs(a - b) - allowed)
        # what is the same in every run has no error, and must be equal
        z = copysign(beyond / error, a - b) if error > 0.0 else (0.0 if beyond == 0.0 else inf)
        found.append(Compared(name, a, b, z, allowed))
    return sorted(found, key=lambda item: -abs(item.z))


def daily_allowance(name: str, mean: float) -> float:
    """How far a daily tick may be from exact time.

    A hazard that strikes at most once a day loses half its daily rate: of the Donbas incidents, 0.09 a day, 5 %. Their
    excitement halves in a week and has lost half a day of it when it is first read, which is another 5 % of what it
    breeds, a third of the rest. Measured: 7.5 % fewer incidents with a tick of a day, 2.3 % with one of 6 hours, and as
    many fewer clashes. What hangs on them (tension, and all that it moves) follows more weakly; everything else is up
    to a day late, in a window of 184 days half a percent of a chance. So a tenth of a count, and one point of a chance;
    measured on the odds: 0.1 points, with an error of 0.4.
    """
    chance = name == HIT or name.startswith((ONSET, EARLY))
    return DAILY_POINTS if chance else DAILY_SHARE * mean


def unequal_columns(one: Outcomes, other: Outcomes) -> list[str]:
    """Names of the columns in which two tables differ in any bit."""
    names = [column.name for column in fields(Outcomes)]
    pairs = [(name, np.asarray(getattr(one, name)), np.asarray(getattr(other, name))) for name in names]
    return [name for name, a, b in pairs if (a.dtype, a.shape, a.tobytes()) != (b.dtype, b.shape, b.tobytes())]
