"""Inputs of a scenario as people read them: what a path names, a value in its unit, the limits of a value."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from sim.estimates.digits import percent
from sim.estimates.prim import FIRM
from sim.records.drivers import DriverPart, Drivers, LimitPart
from sim.report.wording import amount, day, human, plain

# What a section of a file is called beside one of its blocks; a section that says nothing is left out.
_SECTIONS = {
    "assumptions": "",
    "build_ups": "build-up",
    "pullbacks": "pullback",
    "exercises": "exercise",
    "crises": "crisis",
    "events": "event",
    "quantities": "",
    "sanctions_effect": "sanctions",
}
# These sections are blocks themselves; those of all others have names.
_ALONE = ("assumptions", "tension", "intent", "sanctions_effect")


def label(path: str) -> str:
    """A path as words: `pullbacks.april.honoured_share` is `honoured share (pullback april)`.

    `intent.start` is `intent at the start`.
    """
    parts = path.split(".")
    depth = 1 if parts[0] in _ALONE else 2
    if len(parts) <= depth:
        return human(path)
    names = [_SECTIONS.get(parts[0], human(parts[0])), *(human(part) for part in parts[1:depth] if part != "main")]
    block = " ".join(name for name in names if name)
    inside = human(".".join(parts[depth:]))
    if inside == "start":
        return f"{block} at the start"
    return f"{inside} ({block})" if block else inside


def is_date(value: object) -> bool:
    """Whether a value is a date as ISO text."""
    if not isinstance(value, str):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def value(at: float | str, unit: str | None) -> str:
    """A value with its unit: `31 %`, `×2.2`, `18,000 troops`, `5 Sep 2021`, or the name of a state."""
    text = bare(at, unit)
    if isinstance(at, str) or unit is None or unit in ("date", "×") or _is_share(unit):
        return text
    name = plain(unit)
    return f"{text} {name.removesuffix('s') if at == 1.0 else name}"


def bare(at: float | str, unit: str | None) -> str:
    """A value without the words of its unit, for axes and columns that say them: `18,000`; shares keep their sign.

    A date given as a number is its ordinal.
    """
    if isinstance(at, str):
        return day(at, year=True) if is_date(at) else human(at)
    if unit == "date":
        return day(dt.date.fromordinal(max(1, math.floor(at))), year=True)
    if unit is not None and _is_share(unit):
        return f"{amount(100.0 * at)} %"
    return f"×{amount(at)}" if unit == "×" else amount(at)


def earned(at: float, unit: str | None, error: float) -> float:
    """A number rounded so that its last digit stands at the leading digit of two standard errors; 0 rounds nothing."""
    if not 0.0 < error < math.inf:
        return at
    # Shares are written in per cent: their digits are counted there.
    scale = 100.0 if unit is not None and _is_share(unit) else 1.0
    # the hair keeps exact powers of ten on their own side of the boundary
    places = -math.floor(math.log10(2.0 * scale * error) + 1e-9)
    return round(scale * at, places) / scale


def together(low: float | str, high: float | str, unit: str | None) -> str:
    """A range: `10 to 60 days`, `5 % to 80 %`."""
    return f"{bare(low, unit)} to {value(high, unit)}"


def choice(names: Sequence[str]) -> str:
    """Names in a row: `restrain`, `restrain or coerce`, `a, b or c`."""
    words = [human(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "none"


def telling(result: Drivers) -> list[DriverPart]:
    """Assumptions above the noise floor, the largest gain first, without those that touch nothing.

    One in twenty that touch nothing is above the floor, too; but a total of exactly 0 says that to exchange it changed
    no run. Assumptions whose total was not played stay.
    """
    return [driver for driver in result["drivers"] if driver["above_noise"] and driver["total"] != 0.0]


def weak(limit: LimitPart) -> bool:
    """Whether fewer than half of the resamples find a limit of a box again."""
    return limit["found_again"] < FIRM


def within(limit: LimitPart) -> str:
    """The limits of a value in words: `up to 31 %`, `at least 20 days`, `10 to 20 days`, `restrain or coerce`."""
    low, high, unit = limit["low"], limit["high"], limit["unit"]
    if limit["states"]:
        return choice(limit["states"])
    if low is not None and high is not None:
        return together(low, high, unit)
    if high is not None:
        dated = unit == "date" or is_date(high)
        return f"{'by' if dated else 'up to'} {value(high, unit)}"
    if low is not None:
        dated = unit == "date" or is_date(low)
        return f"{'from' if dated else 'at least'} {value(low, unit)}"
    return "any value"


def gain(v: float, se: float | None, p: float) -> str:
    """What knowing something is worth: `v` as a share of p(1 − p), the Brier score of the headline odds."""
    brier = p * (1.0 - p)
    if brier <= 0.0:
        return "nothing"
    share = min(v / brier, 1.0)
    return percent(share, se / brier if se else None) if share > 0.0 else "none"


def score(v: float) -> str:
    """A Brier score, or what is gained of one, to four decimals: `0.0131`, `−0.0004`; what is nearly 0 has no sign."""
    return f"{v:.4f}".replace("-0.0000", "0.0000").replace("-", "−")


def _is_share(unit: str) -> bool:
    return unit.split(" ")[0] == "share"
