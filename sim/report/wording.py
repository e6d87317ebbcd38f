"""Names, dates, counts and odds as people read them; shared by figures and the terminal summary."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from sim.estimates.digits import percent, percent_range, points, points_range
from sim.records.result import KindPart, Odds, OutsidePart, Result

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where numbers come from, for the line under a figure."""

    scenario: str
    runs: int
    worlds: int
    replays: int
    seed: int


def origin(result: Result) -> Origin:
    """The origin of a result; `runs` are those that finished."""
    design = result["design"]
    return Origin(
        scenario=plain(result["scenario"]["name"]),
        runs=result["counts"]["finished"],
        worlds=design["worlds"],
        replays=design["replays"],
        seed=design["seed"],
    )


def footer(source: Origin | None, *meanings: str) -> str:
    """The line under a figure: scenario, how much was played, seed, and what its intervals mean."""
    parts = list(meanings)
    if source is not None:
        played = f"{count(source.worlds, 'world')} × {count(source.replays, 'replay')}"
        runs = count(source.runs, "run")
        if source.runs != source.worlds * source.replays:
            runs += " finished"
        parts = [shortened(source.scenario, 48), f"{runs} ({played})", f"seed {source.seed}", *parts]
    return "  ·  ".join(parts)


def plain(text: str) -> str:
    """Text on one line: runs of white space become a space, and control characters, which move cursors, are dropped."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def shortened(text: str, limit: int) -> str:
    """Text of at most `limit` characters, with an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def human(name: str) -> str:
    """A key of a scenario file as words: `build_ups.main` is `build ups main`."""
    return plain(name.replace("_", " ").replace(".", " "))


_FLAGS = {"active": "build-up under way", "preparing": "build-up in preparation"}
_ROOTS = {
    "build_ups": "an order",
    "incidents": "incidents",
    "exercises": "the exercise",
    "pullbacks": "the pullback",
    "sanctions": "sanctions",
    "diplomacy": "talks",
    "intent": "a change of intent",
    "events": "an event",
    "crises": "its own clock",
}


def flag(name: str) -> str:
    """A flag of the world as words, without its section: `exercises.zapad.on` is `zapad on`."""
    parts = name.split(".")
    if parts[0] == "build_ups" and parts[-1] in _FLAGS:
        return _FLAGS[parts[-1]] + _which(parts)
    if parts[0] == "crises":
        return f"{human(parts[1])} crisis on"
    return human(".".join(parts[1:] if len(parts) > 2 or parts[0] == "quantities" else parts))


def root(block: str) -> str:
    """The block where a road begins: `exercises.zapad` is `the exercise zapad`, `build_ups.main` is `an order`."""
    parts = block.split(".")
    if parts[0] == "crises" or parts[0] not in _ROOTS:
        return _ROOTS.get(parts[0], human(block))
    if parts[0] in ("exercises", "pullbacks"):
        return f"{_ROOTS[parts[0]]} {human('.'.join(parts[1:]))}"
    return _ROOTS[parts[0]] + _which(parts)


def _which(parts: Sequence[str]) -> str:
    """A block's own name in brackets; `main` needs none."""
    return f" ({human(parts[1])})" if len(parts) > 1 and parts[1] != "main" else ""


def in_hundred(share: float) -> str:
    """A share as a number of a hundred cases, never rounded to none or all: `31`, `<1`, `>99`."""
    # A share is a quotient of sums: its last bits are not to turn "all" into "nearly all".
    exact = round(share, 9)
    if 0.0 < exact < 0.005:
        return "<1"
    if 0.995 <= exact < 1.0:
        return ">99"
    return f"{100 * exact:.0f}"


def capital(text: str) -> str:
    """Text with its first letter large and the rest as it is."""
    return text[:1].upper() + text[1:]


def day(date: dt.date | str, year: bool = False) -> str:
    """A date as `5 Sep`, or `5 Sep 2021`."""
    when = dt.date.fromisoformat(date) if isinstance(date, str) else date
    return f"{when.day} {MONTHS[when.month - 1]}" + (f" {when.year}" if year else "")


def span(first: dt.date | str, last: dt.date | str) -> str:
    """A range of dates in words, the year said once if it is the same: `1 Jul to 31 Dec 2021`."""
    begin, end = (dt.date.fromisoformat(x) if isinstance(x, str) else x for x in (first, last))
    return f"{day(begin, year=begin.year != end.year)} to {day(end, year=True)}"


def month_name(month: str, year: bool = True) -> str:
    """A month `2021-07` as `Jul 2021`, or `Jul`."""
    name = MONTHS[int(month[5:7]) - 1]
    return f"{name} {month[:4]}" if year else name


def whole(number: float) -> str:
    """A number with its thousands apart; no decimals where it is whole."""
    return f"{number:,.0f}" if number == round(number) else f"{number:,.1f}"


def count(number: int, noun: str) -> str:
    """A count with its noun: `1 world`, `2,048 worlds`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def chance(p: float | None, se: float | None) -> str:
    """Odds with the digits that their error earns; 0 and 1 are said of runs, never as a certainty."""
    if p is None:
        return "not known"
    if p <= 0.0:
        return "in no run"
    if p >= 1.0:
        return "in every run"
    return percent(p, se)


def headline(odds: Odds) -> str:
    """The headline odds as a figure; the bound instead, where none or all of the runs were hits."""
    low, high = odds["interval"]
    return percent(odds["p"], odds["se"], bound=high if odds["p"] <= 0.0 else low if odds["p"] >= 1.0 else None)


def tally(p: float, se: float | None) -> str:
    """Odds as a short label: `5.0 %`, `no run`, `every run`."""
    return "no run" if p <= 0.0 else "every run" if p >= 1.0 else percent(p, se)


def spoken(figure: str) -> str:
    """A figure as it reads in a sentence: `<0.15 %` is `below 0.15 %`."""
    return figure.replace("<", "below ").replace(">", "above ")


def amount(number: float) -> str:
    """A quantity to three significant digits, thousands apart: `84,300`, `2.35`, `0`, `1.2e-05`."""
    if number == 0.0:
        return "0"
    if not 1e-4 <= abs(number) < 1e15:
        return f"{number:.3g}"
    places = 2 - math.floor(math.log10(abs(number)))
    text = f"{round(number, places):,.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def between(low: float, high: float, se: float | None = None) -> str:
    """An interval of probabilities as a range, its digits earned by the error or else by its width."""
    return percent_range(low, high, se)


def gap(difference: float, se: float | None) -> str:
    """A difference of odds in percentage points, signed, with the digits that its error earns: `−8.9`, `0`."""
    return points(difference, se)


def gap_range(low: float, high: float, se: float | None = None) -> str:
    """An interval of differences in percentage points: `−9.6 to −8.2`."""
    return points_range(low, high, se)


def rate(base: OutsidePart) -> str:
    """A base rate with the digits that its interval earns; none or all of the cases are counted out."""
    low, high = base["interval"]
    if 0.0 < base["p"] < 1.0:
        return percent(base["p"], (high - low) / 4.0)
    return f"{whole(base['k'])} of {whole(base['n'])}"


def rate_interval(base: OutsidePart) -> str:
    """The interval of a base rate, with the digits of the rate."""
    low, high = base["interval"]
    return percent_range(low, high, (high - low) / 4.0)


def kinds_shown(result: Result) -> list[tuple[str, KindPart]]:
    """The kinds to list: all but the uncounted ones that the ladder of definitions lists anyway."""
    ladder = {step["kind"] for step in result["ladder"]}
    return [(kind, part) for kind, part in result["kinds"].items() if part["counted"] or kind not in ladder]


def spread(low: float, high: float) -> str:
    """A belief interval in words: `between 8 % and 58 %`, each end with the digits that the width earns."""
    width = (high - low) / 4.0
    return f"between {percent(low, width)} and {percent(high, width)}"
