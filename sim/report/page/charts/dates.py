"""Dates along an axis: a place is a date's ordinal number, its 00:00; ticks are written in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sim.report.page import svg
from sim.report.page.charts import layout, text
from sim.report.page.charts.layout import Scale
from sim.report.wording import MONTHS, day

# Views up to this many days are told by days, longer ones by months.
_SHORT = 62
_TICK = 6.0
# Room under the line of the axis: ticks, a line of months, a line of years.
HEIGHT = 42.0


@dataclass(frozen=True, slots=True)
class View:
    """The dates that a chart shows, from 00:00 of `first` to 00:00 of `end`."""

    first: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """Length of the view in days, at least one."""
        return max((self.end - self.first).days, 1)

    def scale(self, start: float, end: float) -> Scale:
        """Ordinal numbers of dates onto pixels."""
        first = float(self.first.toordinal())
        return Scale(first, first + self.days, start, end)


def view(dates: Sequence[str], window: tuple[str, str] | None) -> View:
    """The dates and the window, whole days. ValueError where there is neither, or a date is no ISO date."""
    known = [dt.date.fromisoformat(date) for date in (*dates, *(window or ()))]
    if not known:
        raise ValueError("a chart over time needs a date")
    return View(min(known), max(known) + dt.timedelta(days=1))


def begin(date: str) -> float:
    """The place of the 00:00 at which a date begins."""
    return float(dt.date.fromisoformat(date).toordinal())


def end(date: str) -> float:
    """The place of the 00:00 at which a date ends, where what is true at its close belongs."""
    return begin(date) + 1.0


def axis(shown: View, scale: Scale, y: float, size: float) -> str:
    """The axis with its ticks; the year stands under the first tick and under the first one of each year."""
    parts = [svg.line(scale.start, y, scale.end, y, "muted")]
    ticks = _starts(shown, scale.end - scale.start, size)
    places = [scale.at(float(date.toordinal())) for date in ticks]
    parts.append(layout.grid(places, y, y + _TICK, "muted"))
    year, last = None, -1.0
    for date, x in zip(ticks, places, strict=True):
        words = day(date) if shown.days <= _SHORT else MONTHS[date.month - 1]
        # The last word may lack room up to the end of the axis: its tick stays.
        if x + text.width(words, size) > scale.end + 4.0:
            continue
        parts.append(svg.text(x + 2.0, y + 18.0, words, size, colour="muted"))
        if date.year != year and x >= last:
            parts.append(svg.text(x + 2.0, y + 34.0, str(date.year), size, colour="muted"))
            year, last = date.year, x + text.width("2000 ", size)
    return "".join(parts)


def shade_outside(scale: Scale, window: tuple[str, str], top: float, bottom: float) -> str:
    """The days before and after the window, on which nothing counts, on a grey ground."""
    opens, closes = scale.at(begin(window[0])), scale.at(end(window[1]))
    stretches = [(scale.start, opens), (closes, scale.end)]
    return "".join(
        svg.rect(left, top, right - left, bottom - top, "shade") for left, right in stretches if right - left > 0.5
    )


def _starts(shown: View, pixels: float, size: float) -> list[dt.date]:
    """Firsts of months with room for their names; evenly spaced days where the view is short."""
    if shown.days <= _SHORT:
        room = text.width("30 Sep", size) + 10.0
        step = next((step for step in (1, 2, 7, 14, 28) if pixels * step / shown.days > room), 56)
        return [shown.first + dt.timedelta(days=offset) for offset in range(0, shown.days, step)]
    months = shown.days / 30.44
    room = text.width("Sep", size) + 8.0
    # From twelve months on, a step spans whole years: years need room for four digits.
    wide = text.width("2000", size) + 8.0
    steps = [(step, room) for step in (1, 2, 3, 6)] + [(step, wide) for step in range(12, 12 * 400, 12)]
    step = next((step for step, least in steps if pixels * step / months > least), 12 * 400)
    first = shown.first.year * 12 + shown.first.month - 1 + (shown.first.day > 1)
    last = shown.end.year * 12 + shown.end.month - 1
    chosen = [month for month in range(first, last + 1) if month % step == 0]
    dates = [dt.date(month // 12, month % 12 + 1, 1) for month in chosen]
    return [date for date in dates if date < shown.end]
