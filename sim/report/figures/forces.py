"""Troops forward over time as a fan, with the window, the schedule and the level at which a crisis would count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.outcomes import Floats
from sim.records.paths import Fan, Mark
from sim.report import style, wording
from sim.report.figures import calendar, fans, lanes, measure
from sim.report.figures.sheet import sheet
from sim.report.tables import Table

_LEFT = 0.95
_RIGHT = 1.75
_WIDTH = style.WIDTH - _LEFT - _RIGHT
_UPPER = 3.5
_UNIT = 0.24
_AXIS = 0.5


def draw(
    fan: Fan,
    marks: Sequence[Mark],
    opens: dt.date,
    closes: dt.date,
    threshold: tuple[float, str] | None,
    samples: Floats | None = None,
    source: wording.Origin | None = None,
) -> Figure:
    """The fan of a quantity with announcements and exercises beneath it.

    `threshold` is a level of the quantity and what it means; `samples` are single runs, runs x the fan's days. Raises
    `ValueError` where shapes do not belong together.
    """
    fans.check(fan)
    if samples is not None and samples.shape[1:] != fan.days.shape:
        raise ValueError(f"samples {samples.shape} do not have the {len(fan.days)} days of fan `{fan.name}`")
    view = fans.fan_view([fan], opens, closes)
    with style.house():
        rows = lanes.lay_out(marks, view, _WIDTH)
        page = sheet(
            _title(fan), _subtitle(fan, samples), _footer(fan, rows, source), _UNIT + _UPPER + _AXIS + rows.height
        )
        page.text(_LEFT, 0.1, wording.plain(fan.unit), size=style.SMALL_SIZE + 0.5, color=style.MUTED)
        axes = page.axes(_LEFT, _UNIT, _WIDTH, _UPPER, label="fan")
        fans.draw(axes, fan, samples, threshold[0] if threshold else None)
        calendar.dress(axes, view)
        calendar.shade_outside(axes, view, opens, closes)
        fans.label_levels(axes, fan, _UPPER, _WIDTH, view, fan.levels)
        if threshold is not None:
            _draw_threshold(axes, fan, view, *threshold)
        if rows.placed:
            beneath = page.axes(_LEFT, _UNIT + _UPPER + _AXIS, _WIDTH, rows.height, label="schedule")
            lanes.draw(beneath, rows, view)
            calendar.dress(beneath, view, labelled=False)
            calendar.shade_outside(beneath, view, opens, closes)
    return page.figure


def table(fan: Fan) -> Table:
    """The quantiles and the mean of the fan, a row a date."""
    return fans.table([fan])


def _title(fan: Fan) -> str:
    last = fan.start + dt.timedelta(days=int(np.floor(fan.days[-1])))
    name, when = wording.capital(wording.plain(fan.label)), wording.day(last, year=True)
    low, high = wording.amount(fan.values[0, -1]), wording.amount(fan.values[-1, -1])
    unit = wording.plain(fan.unit)
    unit = f" {unit}" if unit and unit.lower() not in name.lower() else ""
    stop = "," if ":" in name else ":"
    if low == high:
        return f"{name}{stop} {low}{unit} on {when}"
    return f"{name}{stop} between {low} and {high}{unit} on {when}"


def _subtitle(fan: Fan, samples: Floats | None) -> str:
    low, high = fan.levels[0], fan.levels[-1]
    words = f"Bands hold the middle {round(100 * (high - low), 6):g} % of the runs"
    if len(fan.levels) >= 4:
        words += f" and, darker, the middle {round(100 * (fan.levels[-2] - fan.levels[1]), 6):g} %"
    if samples is not None and len(samples):
        words += "; thin lines are single runs"
    return f"{words}. Grey: outside the window of the question."


def _footer(fan: Fan, rows: lanes.Lanes, source: wording.Origin | None) -> str:
    meanings = [f"fan: {wording.count(fan.runs, 'run')}, worlds and luck together"]
    if note := lanes.notes(rows):
        meanings.append(note)
    return wording.footer(source, *meanings)


def _draw_threshold(axes: Axes, fan: Fan, view: calendar.View, level: float, words: str) -> None:
    """A dashed line with its words where the fan is furthest from it."""
    axes.axhline(level, color=style.VERMILLION, linewidth=1.3, linestyle=(0, (6, 3)), zorder=5)
    text = measure.fit(f"{wording.amount(level)}: {wording.plain(words)}", 0.6 * _WIDTH, style.SMALL_SIZE + 0.5)
    day = view.days / _WIDTH
    room = (measure.width(text, style.SMALL_SIZE + 0.5) + 0.1) * day
    left, right = view.limits
    places = fan.start.toordinal() + fan.days
    at_left = fan.values[-1][places <= left + room]
    at_right = fan.values[-1][places >= right - room]
    clear_left = level - at_left.max() if at_left.size else np.inf
    clear_right = level - at_right.max() if at_right.size else np.inf
    side, place = ("left", left + 0.06 * day) if clear_left >= clear_right else ("right", right - 0.06 * day)
    bottom, top = axes.get_ylim()
    lift = 0.11 * (top - bottom) / _UPPER
    place_y = level + lift if level + 2 * lift < top else level - lift
    halo = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.8}
    axes.text(place, place_y, text, ha=side, va="center", fontsize=style.SMALL_SIZE + 0.5, zorder=6, bbox=halo)
