"""The shape of `result.json`, schema 1. Probabilities are fractions of 1; dates are ISO texts."""

from __future__ import annotations

from typing import TypedDict

SCHEMA = 1


class Estimate(TypedDict):
    """A probability and its standard error by worlds (None where it cannot be told)."""

    p: float
    se: float | None


class ScenarioPart(TypedDict):
    """Which file was asked."""

    name: str
    title: str
    sha256: str


class QuestionPart(TypedDict):
    """What was asked of it."""

    text: str
    opens: str
    closes: str
    kinds: list[str]


class Odds(TypedDict):
    """The headline: mean over worlds, its error, the belief interval, and what is ignorance and what is luck."""

    p: float
    se: float | None
    interval: list[float]
    level: float
    method: str
    belief_interval: list[float] | None
    belief_reason: str | None
    V: float | None
    V_se: float | None
    W: float | None
    words: str


class KindPart(TypedDict):
    """Odds of one kind: `first` sums to p over counted kinds, `any` is whatever came before."""

    first: Estimate
    any: Estimate
    counted: bool


class MonthPart(TypedDict):
    """P(first counted onset in this month)."""

    month: str
    p: float
    se: float | None


class CumulativePart(TypedDict):
    """P(counted onset from the opening up to the end of this date)."""

    date: str
    p: float
    se: float | None


class QuietPart(TypedDict):
    """P(counted onset in the rest of the window | none before 00:00 of `until`), from n runs."""

    until: str
    p_rest: float | None
    n: int


class BeforePart(TypedDict):
    """Counted kinds already on, or begun, before the window."""

    in_progress_at_opening: Estimate
    onset_before_opening: Estimate
    in_window_or_in_progress: Estimate


class PathwayPart(TypedDict):
    """A road to the first counted onset: kind, the block of its root, and the flags on at the root."""

    kind: str
    root: str
    flags: list[str]
    p: float
    se: float | None


class AssumptionPart(TypedDict):
    """One uncertain value as it was used."""

    path: str
    form: str
    unit: str | None
    p5: float
    p50: float
    p95: float
    source: str | None
    clamped: float


class StatePart(TypedDict):
    """Odds in the worlds that start in one state; `share` is the share of those worlds."""

    p: float | None
    se: float | None
    share: float


class LadderPart(TypedDict):
    """One definition and how likely it is to be met in the window."""

    kind: str
    definition: str
    p: float
    se: float | None


class OutsidePart(TypedDict):
    """A base rate, k of n with its interval, and the kind it matches."""

    name: str
    p: float
    interval: list[float]
    k: float
    n: float
    source: str
    matches: str


class DesignPart(TypedDict):
    """How much was played."""

    worlds: int
    replays: int
    runs: int
    seed: int
    stopped_by: str


class CountsPart(TypedDict):
    """What became of the runs."""

    finished: int
    failed: int
    reasons: dict[str, int]


class WarningPart(TypedDict):
    """Something the reader must know."""

    code: str
    path: str
    text: str


class Result(TypedDict):
    """Everything that `result.json` holds."""

    schema: int
    scenario: ScenarioPart
    question: QuestionPart
    odds: Odds
    kinds: dict[str, KindPart]
    months: list[MonthPart]
    cumulative: list[CumulativePart]
    given_quiet: list[QuietPart]
    before: BeforePart
    pathways: list[PathwayPart]
    assumptions: list[AssumptionPart]
    states: dict[str, dict[str, StatePart]]
    ladder: list[LadderPart]
    outside_view: list[OutsidePart]
    design: DesignPart
    counts: CountsPart
    warnings: list[WarningPart]
