"""The shapes of `sweep.json` and `breakeven.json`, schema 1. Probabilities are fractions of 1; dates are ISO texts."""

from __future__ import annotations

from typing import TypedDict

from sim.records.result import DesignPart, QuestionPart, ScenarioPart, WarningPart

SCHEMA = 1


class AxisPart(TypedDict):
    """One swept input: its values in order, and what the file itself says of it (`form`, and its percentiles if any).

    `p5`, `p50` and `p95` are equal where it is certain there, None where it is no number or date.
    """

    path: str
    unit: str | None
    values: list[float] | list[str]
    form: str
    p5: float | str | None
    p50: float | str | None
    p95: float | str | None


class OddsPart(TypedDict):
    """Odds with their error by worlds and 95 % interval."""

    p: float
    se: float | None
    interval: list[float]


class PointPart(TypedDict):
    """One point: the place on each axis (indices into `values`), its odds, and the paired difference to the file's."""

    place: list[int]
    p: float
    se: float | None
    interval: list[float]
    words: str
    difference: float
    difference_se: float | None
    failed: int


class Sweep(TypedDict):
    """Everything that `sweep.json` holds: one axis or two, points in order (the last axis runs fastest)."""

    schema: int
    scenario: ScenarioPart
    question: QuestionPart
    axes: list[AxisPart]
    own: OddsPart
    points: list[PointPart]
    design: DesignPart
    warnings: list[WarningPart]


class TriedPart(TypedDict):
    """A value that was played, and its odds. A date is its ordinal (day 1 is 0001-01-01), here and in what follows."""

    at: float
    p: float
    se: float | None
    interval: list[float]


class CrossingPart(TypedDict):
    """Where the odds cross: the value, and the interval in which they cannot be told from the target.

    An end of the interval is None where it lies outside the range that was looked at. `rising` is whether the odds
    rise with the value there. With `jump` they never come near the target: they jump over it between the two ends of
    the interval, both of which were tried.
    """

    value: float
    interval: list[float | None]
    rising: bool
    jump: bool


class Breakeven(TypedDict):
    """Everything that `breakeven.json` holds: no crossing in the range, one, or several. `tried` is in order of value.

    `lowest` and `highest` are the odds' extremes over what was tried.
    """

    schema: int
    scenario: ScenarioPart
    question: QuestionPart
    axis: AxisPart
    odds: float
    range: list[float]
    crossings: list[CrossingPart]
    own: OddsPart
    tried: list[TriedPart]
    lowest: TriedPart
    highest: TriedPart
    design: DesignPart
    warnings: list[WarningPart]
