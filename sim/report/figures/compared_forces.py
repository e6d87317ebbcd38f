"""A quantity over time in several scenarios: the median of each, and the middle half of the runs of the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.comparison import Comparison
from sim.records.outcomes import Floats
from sim.records.paths import Fan, Mark
from sim.report import style, wording
from sim.report.figures import calendar, compared, curves, fans, lanes
from sim.report.figures.curves import Curve, Look
from sim.report.figures.sheet import sheet
from sim.report.tables import Table

_LEFT = 0.95
_WIDTH = style.WIDTH - _LEFT - curves.RIGHT
_UPPER = 3.6
_UNIT = 0.24
_AXIS = 0.5
_MIDDLE = (0.25, 0.75)
# Medians that never part by this share of the largest value lie on each other in print.
_VISIBLE = 0.005


def draw(fans_of: Sequence[tuple[str, Fan]], comparison: Comparison, marks: Sequence[Mark]) -> Figure:
    """Medians by scenario above the schedule of the first one; `fans_of` begins with its fan.

    Lines are coloured and named where they part from the first's by more than the eye can see. Raises `ValueError`
    where the first fan is missing or a name unknown, and where a fan lacks a median or its shapes do not belong
    together.
    """
    _check(fans_of, comparison)
    window = compared.window(compared.base(comparison))
    view = fans.fan_view([fan for _, fan in fans_of], *window)
    sizes = _sizes(fans_of)
    looks = _looks(fans_of, comparison, sizes)
    first = fans_of[0][1]
    with style.house():
        rows = lanes.lay_out(marks, view, _WIDTH)
        body = _UNIT + _UPPER + _AXIS + rows.height
        page = sheet(_title(fans_of, sizes), _subtitle(first), _footer(comparison, fans_of, rows), body)
        page.text(_LEFT, 0.1, wording.plain(first.unit), size=style.SMALL_SIZE + 0.5, color=style.MUTED)
        axes = page.axes(_LEFT, _UNIT, _WIDTH, _UPPER, label="medians")
        lines = [
            Curve(compared.shown(name), wording.amount(float(median(fan)[-1])), _places(fan), median(fan), look)
            for (name, fan), look in zip(fans_of, looks, strict=True)
        ]
        _draw_lines(axes, first, lines)
        calendar.dress(axes, view)
        calendar.shade_outside(axes, view, *window)
        curves.label_ends(axes, lines, view, _WIDTH, _UPPER, curves.in_grey(lines, _reason(sizes)))
        if rows.placed:
            beneath = page.axes(_LEFT, _UNIT + _UPPER + _AXIS, _WIDTH, rows.height, label="schedule")
            lanes.draw(beneath, rows, view)
            calendar.dress(beneath, view, labelled=False)
            calendar.shade_outside(beneath, view, *window)
    return page.figure


def table(fans_of: Sequence[tuple[str, Fan]]) -> Table:
    """The quantiles and the mean of every scenario's fan, a row a date."""
    every = fans.table([fan for _, fan in fans_of])
    names = [name for name, fan in fans_of for _ in fan.days]
    rows = tuple((name, *row) for name, row in zip(names, every.rows, strict=True))
    return Table(("scenario", *every.columns), rows)


def median(fan: Fan) -> Floats:
    """The row of the fan's median."""
    found: Floats = fan.values[fan.levels.index(0.5)]
    return found


def _check(fans_of: Sequence[tuple[str, Fan]], comparison: Comparison) -> None:
    base = compared.base(comparison)["name"]
    if not fans_of or fans_of[0][0] != base:
        raise ValueError(f"the first fan must be that of `{base}`, with which the others are compared")
    names = {part["name"] for part in comparison["scenarios"]}
    for name, fan in fans_of:
        if name not in names:
            raise ValueError(f"`{name}` is not one of the scenarios that are compared")
        fans.check(fan)
        if 0.5 not in fan.levels:
            raise ValueError(f"fan `{fan.name}` has no median: levels {fan.levels}")


def _places(fan: Fan) -> Floats:
    places: Floats = fan.start.toordinal() + fan.days
    return places


def _apart(fan: Fan, first: Fan) -> Floats:
    """How far the median is from the first's, at the fan's dates that both have (elsewhere 0)."""
    places, known = _places(fan), _places(first)
    inside = (places >= known[0]) & (places <= known[-1])
    return np.where(inside, median(fan) - np.interp(places, known, median(first)), 0.0)


def _sizes(fans_of: Sequence[tuple[str, Fan]]) -> list[float]:
    """The largest distance of each median from the first's; 0 where no eye would see it."""
    first = fans_of[0][1]
    seen = _VISIBLE * max(float(np.abs(median(fan)).max()) for _, fan in fans_of)
    sizes = [float(np.abs(_apart(fan, first)).max()) for _, fan in fans_of]
    return [size if size > seen else 0.0 for size in sizes]


def _looks(fans_of: Sequence[tuple[str, Fan]], comparison: Comparison, sizes: Sequence[float]) -> list[Look]:
    """Looks by the place in the comparison: not every scenario has a fan, and looks are not to move up."""
    by_name = {name: size for (name, _), size in zip(fans_of, sizes, strict=True)}
    names = [part["name"] for part in comparison["scenarios"]]
    looks = dict(zip(names, curves.looks([by_name.get(name, 0.0) for name in names]), strict=True))
    return [looks[name] for name, _ in fans_of]


def _title(fans_of: Sequence[tuple[str, Fan]], sizes: Sequence[float]) -> str:
    name, first = fans_of[0]
    unit = wording.plain(first.unit)
    unit = f" {unit}" if unit else ""
    furthest = max(range(len(sizes)), key=lambda place: sizes[place])
    if not sizes[furthest]:
        last = first.start + dt.timedelta(days=int(np.floor(first.days[-1])))
        figure = f"{wording.amount(float(median(first)[-1]))}{unit} on {wording.day(last, year=True)}"
        if len(fans_of) == 1:
            return f"Median in {compared.brief(name)}: {figure}"
        many = "both scenarios" if len(fans_of) == 2 else f"all {len(fans_of)} scenarios"
        return f"The same median in {many}: {figure}"
    other, fan = fans_of[furthest]
    gaps = _apart(fan, first)
    column = int(np.abs(gaps).argmax())
    date = fan.start + dt.timedelta(days=int(np.floor(fan.days[column])))
    here = float(median(fan)[column])
    pair = f"{wording.amount(here)}{unit} in {compared.brief(other)}, {wording.amount(here - float(gaps[column]))} in"
    lead = "Medians furthest apart" if len(fans_of) > 2 else "Medians"
    return f"{lead} on {wording.day(date, year=True)}: {pair} {compared.brief(name)}"


def _subtitle(first: Fan) -> str:
    words = f"{wording.capital(wording.plain(first.label))}. Lines: medians over the runs of each scenario"
    if set(_MIDDLE) <= set(first.levels):
        words += "; band: the middle half of the runs of the first"
    return f"{words}."


def _reason(sizes: Sequence[float]) -> str:
    """Why lines are grey: some or all lie on the first one; the others are too many to be named."""
    same = sum(not size for size in sizes[1:])
    if not same:
        return ""
    return "same median" if len(sizes) - same <= curves.MOST else f"{same} with the same median"


def _footer(comparison: Comparison, fans_of: Sequence[tuple[str, Fan]], rows: lanes.Lanes) -> str:
    runs = sorted({fan.runs for _, fan in fans_of})
    many = f"{runs[0]:,} to {runs[-1]:,} runs" if len(runs) > 1 else wording.count(runs[0], "run")
    meanings = [f"medians: {many} of each"]
    if rows.placed:
        meanings.append("schedule: that of the first scenario")
    if note := lanes.notes(rows):
        meanings.append(note)
    return compared.footer(comparison, *meanings)


def _draw_lines(axes: Axes, first: Fan, lines: Sequence[Curve]) -> None:
    extent = [np.concatenate([line.heights for line in lines])]
    if set(_MIDDLE) <= set(first.levels):
        low, high = (first.values[first.levels.index(level)] for level in _MIDDLE)
        axes.fill_between(_places(first), low, high, color=style.INK, alpha=0.12, linewidth=0, zorder=2)
        extent += [low, high]
    values = np.concatenate(extent)
    fans.value_axis(axes, min(0.0, float(values.min())), float(values.max()), 5)
    curves.draw(axes, lines)
