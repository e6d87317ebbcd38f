"""The world as the file describes it, quantity by quantity, to be looked at before anyone sees odds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from matplotlib.figure import Figure

from sim.records.paths import Fan, Mark
from sim.report import style, wording
from sim.report.figures import calendar, fans, lanes, measure
from sim.report.figures.sheet import sheet
from sim.report.tables import Table

_LEFT = 0.95
_RIGHT = 1.75
_WIDTH = style.WIDTH - _LEFT - _RIGHT
_PANEL = 1.1
_HEAD = 0.36
_AXIS = 0.5


def draw(
    quantities: Sequence[Fan],
    marks: Sequence[Mark],
    window: tuple[dt.date, dt.date] | None = None,
    source: wording.Origin | None = None,
) -> Figure:
    """One small panel a quantity over the same dates, and the schedule beneath.

    `window` is the opening and the close of the question. Raises `ValueError` without any quantity, or where the shapes
    of one do not belong together.
    """
    if not quantities:
        raise ValueError("there is no quantity to preview")
    for fan in quantities:
        fans.check(fan)
    view = fans.fan_view(quantities, *(window or (None, None)))
    with style.house():
        rows = lanes.lay_out(marks, view, _WIDTH)
        body = len(quantities) * (_HEAD + _PANEL) + _AXIS + rows.height
        page = sheet(_title(quantities), _SUBTITLE, _footer(quantities, rows, source), body)
        for number, fan in enumerate(quantities):
            down = number * (_HEAD + _PANEL)
            heading = measure.fit(_heading(fan), _WIDTH, style.LABEL_SIZE, bold=True)
            page.text(_LEFT, down + _HEAD - 0.14, heading, fontweight="bold", color=style.MUTED)
            axes = page.axes(_LEFT, down + _HEAD, _WIDTH, _PANEL, label=fan.name)
            fans.draw(axes, fan, ticks=4)
            calendar.dress(axes, view, labelled=number == len(quantities) - 1)
            if window:
                calendar.shade_outside(axes, view, *window)
            outer = (fan.levels[0], 0.5, fan.levels[-1])
            fans.label_levels(axes, fan, _PANEL, _WIDTH, view, outer)
        if rows.placed:
            beneath = page.axes(_LEFT, body - rows.height, _WIDTH, rows.height, label="schedule")
            lanes.draw(beneath, rows, view)
            calendar.dress(beneath, view, labelled=False)
            if window:
                calendar.shade_outside(beneath, view, *window)
    return page.figure


def table(quantities: Sequence[Fan]) -> Table:
    """The quantiles and the mean of every quantity, a row a date."""
    return fans.table(quantities)


_SUBTITLE = (
    "What the file describes, before any odds. Line: median; bands: the middle of the runs. If a panel surprises you, "
    "mend the file first."
)


def _title(quantities: Sequence[Fan]) -> str:
    many = wording.count(len(quantities), "quantity").replace("quantitys", "quantities")
    return f"Is this the world you meant? {many} over time"


def _heading(fan: Fan) -> str:
    unit = f" ({wording.plain(fan.unit)})" if fan.unit and fan.unit.lower() not in fan.label.lower() else ""
    return wording.capital(wording.plain(fan.label)) + unit


def _footer(quantities: Sequence[Fan], rows: lanes.Lanes, source: wording.Origin | None) -> str:
    runs = max(fan.runs for fan in quantities)
    widest = max(quantities, key=lambda fan: fan.levels[-1] - fan.levels[0]).levels
    levels = f"{round(100 * widest[0], 6):g}–{round(100 * widest[-1], 6):g} %"
    meanings = [f"fans: {wording.count(runs, 'run')}, worlds and luck together, widest band {levels}"]
    if note := lanes.notes(rows):
        meanings.append(note)
    return wording.footer(source, *meanings)
