"""When: odds that add up over the window kind by kind, what is scheduled meanwhile, and odds month by month."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.outcomes import Floats
from sim.records.paths import Mark
from sim.records.result import MonthPart, QuietPart, Result
from sim.report import style, wording
from sim.report.figures import calendar, lanes, measure, percents
from sim.report.figures.sheet import Sheet, sheet
from sim.report.tables import Table
from sim.timeline import month_edges

# Kind -> dates, and the odds that a crisis of this kind has come first by the end of each date.
ByKind = Mapping[str, tuple[Sequence[str], Sequence[float]]]

_LEFT = 0.95
_RIGHT = 2.5
_WIDTH = style.WIDTH - _LEFT - _RIGHT
_UPPER = 3.0
_LOWER = 0.85
_AXIS = 0.5
_HEAD = 0.36
_MOST_KINDS = 8
_LABEL_GAP = 0.185


@dataclass(frozen=True, slots=True)
class _Layer:
    """One kind of the stack: its places on the calendar, its odds there, and how it is drawn and named."""

    name: str
    odds: Floats
    colour: str
    hatch: str


def draw(result: Result, marks: Sequence[Mark], by_kind: ByKind | None) -> Figure:
    """Cumulative odds over the window's dates, stacked by kind, above the schedule and the odds of each month.

    Raises `ValueError` where the dates and the odds of a kind differ in number.
    """
    opens, closes = _window(result)
    view = calendar.window_view(opens, closes, marks)
    with style.house():
        rows = lanes.lay_out(marks, view, _WIDTH)
        schedule = rows.height + 0.16 if rows.placed else 0.0
        body = _UPPER + _AXIS + schedule + 2 * (_HEAD + _LOWER) + _AXIS
        page = sheet(_title(result), _subtitle(result), _footer(result, rows), body)
        _draw_cumulative(page, result, view, by_kind)
        down = _UPPER + _AXIS
        if rows.placed:
            axes = page.axes(_LEFT, down, _WIDTH, rows.height, label="schedule")
            lanes.draw(axes, rows, view)
            calendar.dress(axes, view, labelled=False)
            calendar.shade_outside(axes, view, opens, closes)
            down += schedule
        _draw_months(page, down, result, view)
        _draw_quiet(page, down + _HEAD + _LOWER, result, view)
    return page.figure


def table(result: Result, by_kind: ByKind | None) -> Table:
    """Cumulative odds in all and by kind, odds of each month, and odds for the rest if quiet until a date."""
    rows: list[tuple[object, ...]] = [
        ("cumulative", "all", part["date"], part["p"], part["se"], None) for part in result["cumulative"]
    ]
    for kind, (dates, odds) in (by_kind or {}).items():
        rows += [("cumulative", kind, date, p, None, None) for date, p in zip(dates, odds, strict=True)]
    rows += [("month", "all", part["month"], part["p"], part["se"], None) for part in result["months"]]
    rows += [
        ("if quiet until", "all", part["until"], part["p_rest"], None, part["n"]) for part in result["given_quiet"]
    ]
    return Table(("series", "kind", "date", "p", "se", "runs"), tuple(rows))


def _window(result: Result) -> tuple[dt.date, dt.date]:
    question = result["question"]
    return dt.date.fromisoformat(question["opens"]), dt.date.fromisoformat(question["closes"])


def _title(result: Result) -> str:
    odds, (_, closes) = result["odds"], _window(result)
    if odds["p"] <= 0.0:
        runs = wording.count(result["counts"]["finished"], "run")
        return f"No new crisis by {wording.day(closes, year=True)} in any of {runs}"
    half = next((part["date"] for part in result["cumulative"] if part["p"] >= odds["p"] / 2), None)
    by = wording.day(closes, year=True)
    title = f"By {by} the odds of a new crisis are {wording.spoken(wording.headline(odds))}"
    return title if half is None else f"{title}, half of that by {wording.day(half, year=half[:4] != by[-4:])}"


def _subtitle(result: Result) -> str:
    belief = result["odds"]["belief_interval"]
    if belief is None:
        return "Dashed: simulation error only; what we do not know is not shown here."
    return (
        "Dashed: simulation error only. Given what we do not know, the odds at the close lie within "
        f"{wording.between(*belief)} (5–95 % over worlds)."
    )


def _footer(result: Result, rows: lanes.Lanes) -> str:
    meanings = ["dashed lines and whiskers: 95 % simulation error, by worlds"]
    if note := lanes.notes(rows):
        meanings.append(note)
    return wording.footer(wording.origin(result), *meanings)


def _place(date: str, days: int = 0) -> float:
    return float(dt.date.fromisoformat(date).toordinal() + days)


def _draw_cumulative(page: Sheet, result: Result, view: calendar.View, by_kind: ByKind | None) -> None:
    opens, closes = _window(result)
    axes = page.axes(_LEFT, 0.0, _WIDTH, _UPPER, label="cumulative")
    parts = result["cumulative"]
    # Odds "by the end of a date" belong to the 00:00 after it; at the opening they are 0.
    places = np.array([float(opens.toordinal()), *(_place(part["date"], 1) for part in parts)])
    total = np.array([0.0, *(part["p"] for part in parts)])
    error = style.Z95 * np.array([0.0, *(part["se"] or 0.0 for part in parts)])
    layers = _layers(result, by_kind, places)
    floor = np.zeros_like(total)
    for layer in layers:
        top = floor + layer.odds
        axes.fill_between(
            places,
            floor,
            top,
            facecolor=layer.colour,
            hatch=layer.hatch,
            edgecolor=style.PAPER,
            linewidth=0.9,
            zorder=2,
        )
        floor = top
    if not layers:
        axes.fill_between(places, 0.0, total, color=style.SKY, alpha=0.45, linewidth=0, zorder=2)
    low, high = np.maximum(total - error, 0.0), np.minimum(total + error, 1.0)
    for edge in (low, high):
        axes.plot(places, edge, color=style.INK, linewidth=0.8, linestyle=(0, (4, 2)), clip_on=False, zorder=4)
    axes.plot(places, total, color=style.INK, linewidth=1.8, solid_capstyle="butt", clip_on=False, zorder=4)
    percents.dress(axes, max(float(high.max()), result["odds"]["p"]), ticks=6)
    calendar.dress(axes, view)
    calendar.shade_outside(axes, view, opens, closes)
    _say_outside(axes, view, opens)
    _label_layers(axes, result, layers, float(places[-1]), float(total[-1]))


def _layers(result: Result, by_kind: ByKind | None, places: Floats) -> list[_Layer]:
    """Kinds from the likeliest down, the least likely ones lumped; odds are read off at the same places for all."""
    if not by_kind:
        return []
    order = {kind: number for number, kind in enumerate(result["kinds"])}
    curves: dict[str, Floats] = {}
    for kind, (dates, odds) in by_kind.items():
        if len(dates) != len(odds):
            raise ValueError(f"`{kind}` has {len(dates)} dates and {len(odds)} odds")
        known = [float(places[0]), *(_place(date, 1) for date in dates)]
        curves[kind] = np.interp(places, known, [0.0, *odds])
    ranked = sorted(curves, key=lambda kind: (-curves[kind][-1], order.get(kind, len(order)), kind))
    ranked = [kind for kind in ranked if curves[kind][-1] > 0.0]
    shown = ranked if len(ranked) <= _MOST_KINDS else ranked[: _MOST_KINDS - 1]
    layers = []
    for kind in shown:
        number = order.get(kind, len(order))
        layers.append(_Layer(wording.human(kind), curves[kind], style.tint(number), style.hatch(number)))
    if rest := ranked[len(shown) :]:
        lumped = np.sum([curves[kind] for kind in rest], axis=0)
        layers.append(_Layer(f"{len(rest)} other kinds", lumped, style.FAINT, ""))
    return layers


def _label_layers(axes: Axes, result: Result, layers: Sequence[_Layer], end: float, total: float) -> None:
    """Names with their odds at the close, right of the picture, tied to their layer where they had to move."""
    odds = result["odds"]
    bottom, top = axes.get_ylim()
    wanted, texts = [], []
    floor = 0.0
    for layer in layers:
        height = float(layer.odds[-1])
        wanted.append((floor + height / 2 - bottom) / (top - bottom) * _UPPER)
        texts.append((layer.name, wording.chance(height, odds["se"]), False))
        floor += height
    wanted.append(total / (top - bottom) * _UPPER)
    texts.append(("all counted", wording.headline(odds), True))
    places = measure.spread(wanted, _LABEL_GAP, 0.06, _UPPER)
    right = axes.get_xlim()[1]
    day = (right - axes.get_xlim()[0]) / _WIDTH
    for wish, place, (name, value, strong) in zip(wanted, places, texts, strict=True):
        heights = [bottom + inches / _UPPER * (top - bottom) for inches in (wish, place)]
        axes.plot(
            [end + 0.03 * day, right + 0.2 * day], heights, color=style.FAINT, linewidth=0.6, clip_on=False, zorder=1
        )
        room = _RIGHT - style.MARGIN - 0.25 - measure.width(f"  {value}", style.LABEL_SIZE, strong)
        words = f"{value}  {measure.fit(name, room, style.LABEL_SIZE, strong)}"
        weight = "bold" if strong else "normal"
        axes.text(right + 0.25 * day, heights[1], words, va="center", fontsize=style.LABEL_SIZE, fontweight=weight)


def _say_outside(axes: Axes, view: calendar.View, opens: dt.date) -> None:
    room = (opens - view.first).days / view.days * _WIDTH
    words = "before the window: not counted"
    if room > measure.width(words, style.SMALL_SIZE) + 0.2:
        middle = (view.limits[0] + opens.toordinal()) / 2
        top = axes.get_ylim()[1]
        axes.text(middle, 0.94 * top, words, ha="center", va="center", fontsize=style.SMALL_SIZE, color=style.MUTED)


def _months(result: Result) -> Iterator[tuple[MonthPart, float, float]]:
    """Each month with the places at which it begins and ends inside the window."""
    opens, closes = _window(result)
    edges = {name: (first, end) for name, first, end in month_edges(opens, closes + dt.timedelta(days=1))}
    for part in result["months"]:
        if part["month"] in edges:
            first, end = edges[part["month"]]
            yield part, float(first.toordinal()), float(end.toordinal())


def _lower(page: Sheet, down: float, view: calendar.View, heading: str, result: Result, name: str) -> Axes:
    page.text(_LEFT, down + _HEAD - 0.13, heading, size=style.SMALL_SIZE + 0.5, fontweight="bold", color=style.MUTED)
    axes = page.axes(_LEFT, down + _HEAD, _WIDTH, _LOWER, label=name)
    calendar.shade_outside(axes, view, *_window(result))
    return axes


def _draw_months(page: Sheet, down: float, result: Result, view: calendar.View) -> None:
    axes = _lower(page, down, view, "Odds that it begins in the month", result, "months")
    months = list(_months(result))
    errors = [style.Z95 * (part["se"] or 0.0) for part, _, _ in months]
    largest = max((part["p"] + error for (part, _, _), error in zip(months, errors, strict=True)), default=0.0)
    percents.dress(axes, largest, ticks=3, headroom=1.4)
    top = axes.get_ylim()[1]
    for (part, first, end), error in zip(months, errors, strict=True):
        middle, p = (first + end) / 2, part["p"]
        axes.bar(middle, p, width=0.86 * (end - first), color=style.SKY, edgecolor=style.BLUE, linewidth=0.7, zorder=2)
        low, high = max(p - error, 0.0), min(p + error, 1.0)
        axes.plot([middle, middle], [low, high], color=style.INK, linewidth=1.0, zorder=3)
        words = wording.tally(p, part["se"])
        if measure.width(words, style.SMALL_SIZE) < (end - first) / view.days * _WIDTH:
            axes.text(middle, high + 0.03 * top, words, ha="center", va="bottom", fontsize=style.SMALL_SIZE)
    calendar.dress(axes, view, labelled=False)


def _draw_quiet(page: Sheet, down: float, result: Result, view: calendar.View) -> None:
    heading = "If nothing has begun by this date: odds for the rest of the window"
    axes = _lower(page, down, view, heading, result, "quiet")
    known = [(_place(part["until"]), part["p_rest"], part) for part in result["given_quiet"]]
    shown = [(place, p, part) for place, p, part in known if p is not None]
    percents.dress(axes, max((p for _, p, _ in shown), default=0.0), ticks=3, headroom=1.5)
    top = axes.get_ylim()[1]
    look: dict[str, Any] = {"marker": "D", "markersize": 5, "color": style.INK, "linewidth": 0.8, "linestyle": ":"}
    axes.plot([place for place, _, _ in shown], [p for _, p, _ in shown], clip_on=False, zorder=3, **look)
    free = -np.inf
    for place, p, part in shown:
        words = _quiet_words(p, part)
        room = measure.width(words, style.SMALL_SIZE) * view.days / _WIDTH
        if place - room / 2 > free:
            centre = max(place, view.limits[0] + room / 2)
            axes.text(centre, p + 0.1 * top, words, ha="center", va="bottom", fontsize=style.SMALL_SIZE)
            free = centre + room / 2
    calendar.dress(axes, view)


def _quiet_words(p: float, part: QuietPart) -> str:
    """Odds with the digits that a share of `n` runs earns at best."""
    return wording.tally(p, math.sqrt(p * (1.0 - p) / part["n"]) if part["n"] else None)
