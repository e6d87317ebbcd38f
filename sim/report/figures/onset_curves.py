"""When, scenario by scenario: the odds that a crisis has begun by each date, and how far they are from the first's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.comparison import ComparedPart, Comparison, DateGapPart, Difference
from sim.records.outcomes import Floats
from sim.records.result import CumulativePart
from sim.report import style, wording
from sim.report.figures import calendar, compared, curves, measure, percents
from sim.report.figures.curves import Curve, Look
from sim.report.figures.sheet import Sheet, sheet
from sim.report.tables import Table

_LEFT = 0.95
_WIDTH = style.WIDTH - _LEFT - curves.RIGHT
_UPPER = 3.6
_LOWER = 1.5
_HEAD = 0.4
_AXIS = 0.5
# Anything but none: a line that lies on the first one is still named where few are drawn.
_NAMED = 1e-12


def draw(comparison: Comparison) -> Figure:
    """A line a scenario, at most eight of them coloured and named; beneath, their distance from the first.

    The distance is paired and far surer than the lines themselves; it is drawn for scenarios that ask about the same
    dates as the first.
    """
    parts = comparison["scenarios"]
    view = _view(parts)
    looks = curves.looks(_sizes(comparison))
    with style.house():
        apart = _apart(comparison)
        body = _UPPER + _AXIS + (_HEAD + _LOWER + _AXIS if apart else 0.0)
        page = sheet(_title(comparison), _subtitle(comparison), _footer(comparison), body)
        axes = page.axes(_LEFT, 0.0, _WIDTH, _UPPER, label="onsets")
        _draw_odds(axes, parts, looks, view)
        if apart:
            _draw_gaps(page, parts, apart, looks, view)
    return page.figure


def table(comparison: Comparison) -> Table:
    """The odds of an onset by the end of each date, scenario by scenario, and their difference to the first."""
    apart = {
        (difference["to"], part["date"]): part
        for difference in comparison["differences"]
        for part in difference["cumulative"]
    }
    rows: list[tuple[object, ...]] = []
    for scenario in comparison["scenarios"]:
        for part in scenario["cumulative"]:
            gap = apart.get((scenario["name"], part["date"]))
            told = (gap["difference"], gap["se"]) if gap else (None, None)
            rows.append((scenario["name"], part["date"], part["p"], part["se"], *told))
    return Table(("scenario", "date", "p", "se", "difference", "difference_se"), tuple(rows))


def _view(parts: Sequence[ComparedPart]) -> calendar.View:
    windows = [compared.window(part) for part in parts]
    last = max(closes for _, closes in windows)
    return calendar.View(min(opens for opens, _ in windows), last + dt.timedelta(days=1))


def _sizes(comparison: Comparison) -> list[float]:
    """How far each scenario is from the first; among few, one that does not differ at all still has its own look."""
    first = compared.base(comparison)["odds"]["p"]
    few = len(comparison["scenarios"]) <= curves.MOST
    return [abs(part["odds"]["p"] - first) + (_NAMED if few else 0.0) for part in comparison["scenarios"]]


def _apart(comparison: Comparison) -> list[Difference]:
    """The differences by date that can be drawn; none where all of them are 0 throughout."""
    apart = [part for part in comparison["differences"] if part["cumulative"]]
    return apart if any(point["difference"] for part in apart for point in part["cumulative"]) else []


def _title(comparison: Comparison) -> str:
    parts, differences = comparison["scenarios"], comparison["differences"]
    first = parts[0]
    name, figure = compared.brief(first["name"]), wording.spoken(wording.headline(first["odds"]))
    by = wording.day(first["question"]["closes"], year=True)
    if all(part["odds"]["p"] <= 0.0 for part in parts):
        return f"No new crisis by {by} in any run of any scenario"
    furthest = compared.largest(differences)
    if furthest is None:
        others = "no other scenario can be" if len(parts) > 2 else "the other scenario cannot be"
        told = f", and {others} told from it" if differences else ""
        return f"By {by} the odds of a new crisis are {figure} in {name}{told}"
    other, apart = compared.brief(furthest["to"]), compared.beside(furthest)
    title = f"{wording.capital(other)} ends {apart} than {name}"
    if len(differences) > 1:
        title = f"Of {len(differences)} scenarios {other} ends furthest from {name}: {apart}"
    if not furthest["cumulative"]:
        return f"{title}, over other dates"
    half = _half(furthest)
    return f"{title}, half of it by {wording.day(half, year=True)}" if half else title


def _half(difference: Difference) -> str | None:
    """The first date at whose end half of the final difference is there."""
    final = difference["difference"]
    sign = 1.0 if final > 0.0 else -1.0
    return next(
        (part["date"] for part in difference["cumulative"] if sign * part["difference"] >= abs(final) / 2), None
    )


def _subtitle(comparison: Comparison) -> str:
    words = "Odds that a crisis has begun by the end of each date"
    if _apart(comparison):
        words += ". Band: simulation error of the first scenario; the differences below are surer, since luck is shared"
    elif comparison["differences"]:
        words += ". Band: simulation error of the first scenario"
    return f"{words}. {compared.asked(comparison)}"


def _footer(comparison: Comparison) -> str:
    meanings = ["bands: 95 % simulation error at each date, by worlds"]
    without = [part for part in comparison["differences"] if not part["cumulative"]]
    if without:
        meanings.append(f"{wording.count(len(without), 'scenario')} with another window than the first (white)")
    return compared.footer(comparison, *meanings)


def _places(opens: dt.date, points: Sequence[CumulativePart] | Sequence[DateGapPart]) -> Floats:
    """Where what holds by the end of each date belongs: the 00:00 after it; at the opening there is nothing yet."""
    ends = [float(dt.date.fromisoformat(point["date"]).toordinal() + 1) for point in points]
    return np.array([float(opens.toordinal()), *ends])


def _draw_odds(axes: Axes, parts: Sequence[ComparedPart], looks: Sequence[Look], view: calendar.View) -> None:
    lines = []
    for part, look in zip(parts, looks, strict=True):
        heights = np.array([0.0, *(point["p"] for point in part["cumulative"])])
        name = compared.shown(part["name"])
        places = _places(compared.window(part)[0], part["cumulative"])
        lines.append(Curve(name, wording.headline(part["odds"]), places, heights, look))
    first = lines[0]
    reach = style.Z95 * np.array([0.0, *(point["se"] or 0.0 for point in parts[0]["cumulative"])])
    low, high = np.maximum(first.heights - reach, 0.0), np.minimum(first.heights + reach, 1.0)
    axes.fill_between(first.places, low, high, color=style.INK, alpha=0.15, linewidth=0, zorder=2)
    percents.dress(axes, max(float(high.max()), *(float(line.heights.max()) for line in lines)), ticks=6)
    curves.draw(axes, lines)
    calendar.dress(axes, view)
    calendar.shade_outside(axes, view, *compared.window(parts[0]))
    curves.label_ends(axes, lines, view, _WIDTH, _UPPER, curves.in_grey(lines))


def _draw_gaps(
    page: Sheet, parts: Sequence[ComparedPart], apart: Sequence[Difference], looks: Sequence[Look], view: calendar.View
) -> None:
    """Paired differences by date; the band is that of the largest."""
    name = compared.shown(parts[0]["name"])
    down = _UPPER + _AXIS
    heading = measure.fit(f"Difference to {name}, in percentage points", _WIDTH, style.SMALL_SIZE + 0.5, bold=True)
    page.text(_LEFT, down + _HEAD - 0.15, heading, size=style.SMALL_SIZE + 0.5, fontweight="bold", color=style.MUTED)
    axes = page.axes(_LEFT, down + _HEAD, _WIDTH, _LOWER, label="differences")
    by_name = dict(zip((part["name"] for part in parts), looks, strict=True))
    lines = [_gap_line(part, parts[0], by_name[part["to"]]) for part in apart]
    widest = max(range(len(apart)), key=lambda place: abs(apart[place]["difference"]))
    error = style.Z95 * np.array([0.0, *(point["se"] or 0.0 for point in apart[widest]["cumulative"])])
    low, high = lines[widest].heights - error, lines[widest].heights + error
    if lines[widest].look != curves.GREY:
        axes.fill_between(
            lines[widest].places, low, high, color=lines[widest].look.colour, alpha=0.2, linewidth=0, zorder=2
        )
    _gap_axis(axes, [low, high, *(line.heights for line in lines)])
    curves.draw(axes, [_flat(view), *lines])
    calendar.dress(axes, view)
    named = [line for line in lines if line.look != curves.GREY]
    if named:
        curves.label_ends(axes, named, view, _WIDTH, _LOWER)


def _gap_line(difference: Difference, first: ComparedPart, look: Look) -> Curve:
    heights = np.array([0.0, *(point["difference"] for point in difference["cumulative"])])
    value = wording.gap(difference["difference"], difference["se"])
    return Curve("", value, _places(compared.window(first)[0], difference["cumulative"]), heights, look)


def _flat(view: calendar.View) -> Curve:
    """The first scenario, which does not differ from itself."""
    return Curve("", "0", np.array(view.limits), np.zeros(2), curves.FIRST)


def _gap_axis(axes: Axes, heights: Sequence[Floats]) -> None:
    low, high = min(0.0, *(float(line.min()) for line in heights)), max(0.0, *(float(line.max()) for line in heights))
    margin = 0.08 * (high - low) if high > low else 0.001
    axes.set_ylim(low - margin, high + margin)
    ticks = compared.ticks(low - margin, high + margin, 4)
    axes.set_yticks([place for place, _ in ticks])
    axes.set_yticklabels([words for _, words in ticks])
    axes.tick_params(axis="y", length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=style.RULE, linewidth=0.6)
