"""What the plain model takes from the scenario: its numbers in the median world, and nothing of its rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.analysis.expectations import median_world
from sim.chance.quantiles import FAMILY_NAMES
from sim.chance.uncertain import Evaluator
from sim.scenario.load import Scenario


@dataclass(frozen=True)
class Numbers:
    """The median world: values by path (dates in days from the clock's start), and the parameters of drawn numbers."""

    values: Mapping[str, float]
    draws: Mapping[str, tuple[str, float, float]]
    intent: str
    opens: float
    closes: float

    def __getitem__(self, path: str) -> float:
        return self.values[path]


def median_numbers(scenario: Scenario) -> Numbers:
    """The numbers of a loaded scenario in its median world."""
    evaluate = Evaluator(1, median_world(scenario))
    values = {path: float(evaluate(value)[0]) for path, value in scenario.values.items()}
    start = scenario.file.clock.starts.toordinal()
    for path, value in scenario.values.items():
        if value.kind == "date":
            values[path] -= start
    draws = {}
    for path, draw in scenario.draws.items():
        first, second = (float(evaluate(part)[0]) for part in draw.parameters[:2])
        draws[path] = (FAMILY_NAMES[draw.family], first, second)
    intent = scenario.values["intent.start"].states[int(values["intent.start"])]
    question = scenario.file.question
    return Numbers(values, draws, intent, question.opens.toordinal() - start, question.closes.toordinal() + 1.0 - start)
