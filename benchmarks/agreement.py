"""Do the reference engine and the plain SimPy model say the same of the flagship's median world?

They share the numbers of the file and nothing else: neither rules nor draws. So whatever happens in a run (each rule's
dues, each kind's onsets, the answer itself) must have the same mean in both, up to Monte-Carlo error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, sqrt
from pathlib import Path

from benchmarks.plain_numbers import median_numbers
from benchmarks.plain_rates import Rates
from benchmarks.plain_simpy import Theatre
from sim.analysis.expectations import median_world
from sim.chance.worlds import parameter_vectors
from sim.engines.reference import Reference
from sim.errors import SimError
from sim.records.outcomes import FINISHED
from sim.records.story import Story
from sim.scenario.load import Scenario, load

FLAGSHIP = Path(__file__).resolve().parents[1] / "scenarios" / "spring-2021.yaml"
HIT = "the answer"


@dataclass(frozen=True)
class Compared:
    """One mean a run, by the engine and by the plain model, and how many standard errors lie between them."""

    name: str
    engine: float
    plain: float
    z: float


class _Means:
    """Sums and sums of squares of counts by name."""

    def __init__(self) -> None:
        self.runs = 0
        self.total: Counter[str] = Counter()
        self.squares: Counter[str] = Counter()

    def add(self, counts: Mapping[str, int]) -> None:
        self.runs += 1
        for name, number in counts.items():
            self.total[name] += number
            self.squares[name] += number * number

    def of(self, name: str) -> tuple[float, float]:
        """Mean, and its squared standard error."""
        mean = self.total[name] / self.runs
        return mean, max(0.0, self.squares[name] / self.runs - mean * mean) / self.runs


def flagship() -> Scenario:
    """The scenario that both models play."""
    return scenario_with()


def scenario_with(*settings: str) -> Scenario:
    """The flagship with some values set."""
    return load(FLAGSHIP, settings).scenario


def median_row(scenario: Scenario) -> list[float]:
    """The parameter vector of the median world."""
    vector: list[float] = parameter_vectors(scenario.program.expressions, median_world(scenario), 1)[0].tolist()
    return vector


def compare(scenario: Scenario, runs: int, seed: int = 1, plain: Scenario | None = None) -> list[Compared]:
    """Everything that the models count, largest disagreement first; the plain model may be given other numbers.

    Raises `SimError` if a run fails.
    """
    ours, theirs = _Means(), _Means()
    for counts in _engine_counts(scenario, runs, seed):
        ours.add(counts)
    rates = Rates(median_numbers(plain or scenario))
    for run in range(runs):
        theatre = Theatre(rates, seed * runs + run)
        hit = theatre.run()
        onsets = {f"onset of {kind}": 1 for kind in theatre.onset}
        early = {f"early onset of {kind}": 1 for kind in theatre.early}
        theirs.add({**theatre.events, **onsets, **early, HIT: int(hit)})
    found = []
    for name in sorted(set(ours.total) | set(theirs.total)):
        (a, a_se2), (b, b_se2) = ours.of(name), theirs.of(name)
        error = sqrt(a_se2 + b_se2)
        # what is the same in every run has no error, and must be equal
        z = (a - b) / error if error > 0.0 else (0.0 if a == b else inf)
        found.append(Compared(name, a, b, z))
    return sorted(found, key=lambda item: -abs(item.z))


def _engine_counts(scenario: Scenario, runs: int, seed: int) -> Iterator[dict[str, int]]:
    program, row = scenario.program, median_row(scenario)
    engine = Reference(program, seed)
    for replay in range(runs):
        story = Story()
        result = engine.play(row, 0, replay, story=story)
        if result.status != FINISHED:
            raise SimError(f"run {replay} of the median world failed: reason {result.status}")
        counts: Counter[str] = Counter(program.rules[due.rank] for due in story.dues)
        counts.update(f"onset of {kind}" for kind, at in zip(program.kinds, result.onset, strict=True) if at != inf)
        counts.update(
            f"early onset of {kind}" for kind, at in zip(program.kinds, result.early, strict=True) if at != inf
        )
        counts[HIT] = int(result.first != inf)
        yield counts
