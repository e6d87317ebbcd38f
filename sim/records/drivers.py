"""The shape of `drivers.json`, schema 1: what the odds rest on. Probabilities are fractions of 1."""

from __future__ import annotations

from typing import TypedDict

from sim.records.result import DesignPart, Odds, QuestionPart, ScenarioPart, WarningPart

SCHEMA = 1


class EndPart(TypedDict):
    """The odds where an assumption is `at` this value: a number, a date as ISO text, or the name of a state."""

    at: float | str
    p: float
    se: float | None


class MonthDriverPart(TypedDict):
    """V of one assumption for the event that the first onset falls into this month."""

    month: str
    V: float
    above_noise: bool


class DriverPart(TypedDict):
    """One assumption.

    `low` and `high` are the odds at its 5th and 95th percentile, all others at their full distribution (for states: in
    the least and in the most dangerous one); `swing` is high less low. `V` is Var(E[P | it]): the Brier score that
    learning it would gain. `total` is the share of the variance of P that it has a hand in, alone and with others
    (None where it was not played); it is that of all values in `together_with`, which are correlated with it.
    """

    path: str
    form: str
    unit: str | None
    source: str | None
    low: EndPart
    high: EndPart
    states: list[EndPart]
    swing: float
    swing_se: float | None
    V: float
    V_se: float | None
    above_noise: bool
    first: float
    total: float | None
    total_se: float | None
    together_with: list[str]
    months: list[MonthDriverPart]


class NoisePart(TypedDict):
    """What an assumption that touches nothing seems to do: the 97.5th percentile over so many dummies."""

    dummies: int
    V: float
    swing: float
    total: float | None


class KnowablePart(TypedDict):
    """V: what knowing every listed assumption would remove of the Brier score; W: luck, which stays."""

    V: float | None
    V_se: float | None
    W: float | None


class MonthPart(TypedDict):
    """One month: odds that the first onset falls into it, its V and W, and the noise floor of V."""

    month: str
    p: float
    V: float | None
    W: float | None
    noise: float


class LimitPart(TypedDict):
    """One side of a box: the values inside are from `low` to `high` (None: no limit), or these `states`.

    `p_value` is that of a normal test, by worlds, that what this limit alone shuts out is as dangerous as the inside;
    it does not know that the limit was searched for. `found_again` is the share of resamples in which the same
    assumption is limited on the same side: below one half the limit is weak.
    """

    path: str
    unit: str | None
    low: float | str | None
    high: float | str | None
    states: list[str]
    p_value: float
    found_again: float


class StepPart(TypedDict):
    """A box on the way of the peeling: its share of worlds, of crises, and the odds inside."""

    mass: float
    coverage: float
    density: float
    limits: int


class BoxPart(TypedDict):
    """Where crises concentrate (PRIM).

    `density` is the odds inside, `base` those everywhere, `coverage` the share of all crises inside, `mass` the share
    of worlds. `held_out` is the density of boxes found in one half of the worlds and measured in the other: what is
    left of it is no accident. `p_value` is the share of shuffled data in which a box with as great a gain, m/(1 − m)·
    (density − base)² at a mass m, is found. `steps` are those of the peeling; the box may come from another search.
    """

    limits: list[LimitPart]
    base: float
    density: float
    density_se: float | None
    coverage: float
    mass: float
    held_out: float
    p_value: float
    resamples: int
    steps: list[StepPart]


class SwapsPart(TypedDict):
    """How the total effects were played: worlds, replays of each, and runs in all."""

    worlds: int
    replays: int
    runs: int


class Drivers(TypedDict):
    """Everything that `drivers.json` holds; `drivers` are ordered by V, the largest first."""

    schema: int
    scenario: ScenarioPart
    question: QuestionPart
    odds: Odds
    knowable: KnowablePart
    noise: NoisePart
    drivers: list[DriverPart]
    months: list[MonthPart]
    box: BoxPart | None
    box_reason: str | None
    design: DesignPart
    swaps: SwapsPart | None
    warnings: list[WarningPart]
