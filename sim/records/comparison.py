"""The shape of `comparison.json`, schema 1: scenarios played with the same luck, and how each differs from the first.

Probabilities are fractions of 1; dates are ISO texts. A difference is always `to` less `from`.
"""

from __future__ import annotations

from typing import TypedDict

from sim.records.result import (
    CountsPart,
    CumulativePart,
    DesignPart,
    KindPart,
    MonthPart,
    Odds,
    QuestionPart,
    WarningPart,
)

SCHEMA = 1


class ComparedPart(TypedDict):
    """One scenario: `name` is unique here (the file's, the variant's); `about` is what the file says of it.

    `scenario` is the name of the folder that its own runs are kept in, `source` the file, with the variant where it is
    one.
    """

    name: str
    about: str
    scenario: str
    source: str
    title: str
    sha256: str
    question: QuestionPart
    odds: Odds
    kinds: dict[str, KindPart]
    months: list[MonthPart]
    cumulative: list[CumulativePart]
    counts: CountsPart
    warnings: list[WarningPart]


class Flips(TypedDict):
    """Runs with a crisis in `to` only, and runs with one in `from` only."""

    to_crisis: int
    to_calm: int


class ChangePart(TypedDict):
    """One input that is not the same: as written in each file, None where it is not there."""

    path: str
    before: str | None
    after: str | None


class GapPart(TypedDict):
    """A difference of odds with its error by worlds (None where it cannot be told)."""

    difference: float
    se: float | None


class MonthGapPart(TypedDict):
    """The difference in the odds that the first onset falls into this month."""

    month: str
    difference: float
    se: float | None


class DateGapPart(TypedDict):
    """The difference in the odds of an onset by the end of this date."""

    date: str
    difference: float
    se: float | None


# `from` is no name that a class may have
Difference = TypedDict(
    "Difference",
    {
        "from": str,
        "to": str,
        "difference": float,
        "se": float | None,
        "interval": list[float],
        "level": float,
        "flips": Flips,
        "runs": int,
        "sign_p": float,
        "variance_ratio": float | None,
        "kinds": dict[str, GapPart],
        "months": list[MonthGapPart],
        "cumulative": list[DateGapPart],
        "changes": list[ChangePart],
    },
)
"""How `to` differs from `from`, run by run (`runs` finished in both).

`sign_p` is the exact sign test over worlds. `variance_ratio` is how many times larger the variance of the difference
would be, had the two been played with luck of their own (None where it cannot be told). `kinds` is about the kind that
comes first, for kinds that both have; `cumulative` is empty where the windows differ.
"""


class TwinLine(TypedDict):
    """One line of a story that is told of both: `side` is `both`, `from` or `to`."""

    date: str
    who: str
    text: str
    side: str


# see above
FlipStory = TypedDict(
    "FlipStory",
    {
        "from": str,
        "to": str,
        "direction": str,
        "world": int,
        "replay": int,
        "run": int,
        "why": str,
        "states": list[tuple[str, str]],
        "parted": str | None,
        "lines": list[TwinLine],
        "endings": tuple[str, str],
    },
)
"""One run told in both scenarios. `direction` is `to_crisis` or `to_calm`; `parted` is the date of the first line that
differs; `endings` say how the run came out in `from` and in `to`."""


class Comparison(TypedDict):
    """Everything that `comparison.json` holds. The first scenario is the one that the others are compared with."""

    schema: int
    scenarios: list[ComparedPart]
    differences: list[Difference]
    stories: list[FlipStory]
    design: DesignPart
    warnings: list[WarningPart]


__all__ = [
    "SCHEMA",
    "ChangePart",
    "ComparedPart",
    "Comparison",
    "DateGapPart",
    "Difference",
    "FlipStory",
    "Flips",
    "GapPart",
    "MonthGapPart",
    "TwinLine",
]
