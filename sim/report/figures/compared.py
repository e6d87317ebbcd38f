"""What the figures of a comparison share: names, differences in words, the axis of differences, the line beneath."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from sim.records.comparison import ComparedPart, Comparison, Difference
from sim.report import style, wording

# More rows make no readable page; the table has them all.
MOST = 20
# Characters that a title leaves to a name.
_BRIEF = 36
_ASKED = 130
_STEPS = tuple(digit * 10.0**power for power in range(-7, 0) for digit in (1.0, 2.0, 5.0))


def shown(name: str) -> str:
    """The name of a scenario as words on one line."""
    return wording.plain(name.replace("_", " "))


def brief(name: str) -> str:
    """The name of a scenario, short enough for a title."""
    text = shown(name)
    # Names often differ at their ends: it is the middle that is left out.
    half = _BRIEF // 2
    return text if len(text) <= _BRIEF else f"{text[:half].rstrip()}…{text[-half:].lstrip()}"


def told(difference: Difference) -> bool:
    """Whether the interval of a difference leaves out 0."""
    low, high = difference["interval"]
    return low > 0.0 or high < 0.0


def clear(difference: float, se: float | None) -> bool:
    """Whether a difference without an interval of its own is more than 1.96 errors from 0.

    Without an error, worlds that all differ alike tell a difference, and worlds that do not differ at all tell none.
    """
    return abs(difference) > style.Z95 * (se or 0.0)


def points(difference: Difference) -> str:
    """A difference with its noun: `+3.2 points`; `no run differs` where none flipped."""
    if not (difference["flips"]["to_crisis"] or difference["flips"]["to_calm"]):
        return "no run differs"
    text = wording.gap(difference["difference"], difference["se"])
    return f"{text} {_noun(text)}"


def beside(difference: Difference) -> str:
    """A difference as it reads in a sentence: `9.0 points lower`, `3.2 points higher`."""
    text = wording.gap(difference["difference"], difference["se"]).lstrip("+−")
    return f"{text} {_noun(text)} {'lower' if difference['difference'] < 0.0 else 'higher'}"


def largest(differences: Sequence[Difference]) -> Difference | None:
    """The difference furthest from 0 of those that can be told from it."""
    return max(filter(told, differences), key=lambda part: abs(part["difference"]), default=None)


def base(comparison: Comparison) -> ComparedPart:
    """The scenario that the others are compared with."""
    return comparison["scenarios"][0]


def asked(comparison: Comparison) -> str:
    """The question of the first scenario on one line."""
    first = base(comparison)
    return wording.shortened(wording.plain(first["question"]["text"] or first["title"]), _ASKED)


def footer(comparison: Comparison, *meanings: str) -> str:
    """The line under a figure: what was compared, how much of each was played, and what its intervals mean."""
    scenarios, design = comparison["scenarios"], comparison["design"]
    others = len(scenarios) - 1
    name = wording.shortened(shown(scenarios[0]["name"]), 30) + (
        f" and {wording.count(others, 'other')}" if others else ""
    )
    source = wording.Origin(
        scenario=name,
        runs=min(part["counts"]["finished"] for part in scenarios),
        worlds=design["worlds"],
        replays=design["replays"],
        seed=design["seed"],
    )
    return wording.footer(source, *(["the same luck in each"] if others else []), *meanings)


def window(part: ComparedPart) -> tuple[dt.date, dt.date]:
    """Opening and closing dates of a scenario's question."""
    question = part["question"]
    return dt.date.fromisoformat(question["opens"]), dt.date.fromisoformat(question["closes"])


def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round places for at most `most` steps between two differences, 0 among them, and their words in points."""
    step = next((step for step in _STEPS if (high - low) / step <= most), 0.5)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(number * step, _tick(number * step)) for number in range(first, last + 1)]


def _tick(place: float) -> str:
    if place == 0.0:
        return "0"
    return f"{'+' if place > 0.0 else '−'}{round(100 * abs(place), 6):g}"


def _noun(text: str) -> str:
    return "point" if text.lstrip("+−") == "1" else "points"
