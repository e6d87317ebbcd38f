"""Dates along an axis: a place is the date's ordinal number, its 00:00; ticks are written in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from sim.records.paths import Mark
from sim.report import style
from sim.report.figures import measure
from sim.report.wording import MONTHS, day

# How far before and after the window scheduled things may stretch a picture, in lengths of the window.
_BEFORE = 0.8
_AFTER = 0.1
# Views up to this many days are told by days, longer ones by months.
_SHORT = 62


@dataclass(frozen=True, slots=True)
class View:
    """The dates that a picture shows, from 00:00 of `first` to 00:00 of `end`."""

    first: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """Length of the view in days, at least one."""
        return max((self.end - self.first).days, 1)

    @property
    def limits(self) -> tuple[float, float]:
        """Left and right end of the axis."""
        left = float(self.first.toordinal())
        return left, left + self.days


def window_view(opens: dt.date, closes: dt.date, marks: Sequence[Mark]) -> View:
    """The window and what is scheduled near it: marks may widen the view, but the window keeps most of it."""
    end = closes + dt.timedelta(days=1)
    length = (end - opens).days
    floor = opens - dt.timedelta(days=round(_BEFORE * length))
    ceiling = end + dt.timedelta(days=round(_AFTER * length))
    first, last = opens, end
    for mark in marks:
        latest = max(mark.latest, mark.until or mark.latest)
        # What lies wholly outside the reach is left out, and does not stretch the picture.
        if latest >= floor and mark.earliest < ceiling:
            first = min(first, max(mark.earliest - dt.timedelta(days=3), floor)) if mark.earliest < opens else first
            last = max(last, min(latest, ceiling))
    return View(first, last)


def dress(axes: Axes, view: View, labelled: bool = True) -> None:
    """Set the limits of the axis and its ticks; without `labelled`, ticks carry no words."""
    axes.set_xlim(*view.limits)
    inches = axes.bbox.width / axes.figure.dpi
    ticks = _ticks(view, inches)
    axes.set_xticks([float(date.toordinal()) for date, _ in ticks])
    axes.set_xticklabels([label if labelled else "" for _, label in ticks], ha="left")
    axes.tick_params(axis="x", length=5 if labelled else 0, direction="out")


def shade_outside(axes: Axes, view: View, opens: dt.date, closes: dt.date) -> None:
    """Grey the days on which an onset does not count, before the opening and after the close."""
    left, right = view.limits
    begin, end = float(opens.toordinal()), float(closes.toordinal() + 1)
    for low, high in ((left, begin), (end, right)):
        if high > low:
            axes.axvspan(low, high, color=style.SHADE, linewidth=0, zorder=0)


def _ticks(view: View, inches: float) -> list[tuple[dt.date, str]]:
    """Dates to mark, and their words; the year stands under the first tick and under each January."""
    dates = _starts(view, inches)
    ticks = []
    year = None
    for date in dates:
        words = day(date) if view.days <= _SHORT else MONTHS[date.month - 1]
        # A second line under every label: one of its own would push the first line down.
        words += f"\n{date.year if date.year != year else ' '}"
        year = date.year
        ticks.append((date, words))
    # A label starts at its tick; the last one must not run out of the picture.
    while ticks and (view.end - ticks[-1][0]).days / view.days * inches < measure.width("Sep", 8.5):
        ticks.pop()
    return ticks


def _starts(view: View, inches: float) -> list[dt.date]:
    """Firsts of months with room for their names; every seventh day where the view is short."""
    if view.days <= _SHORT:
        step = next(step for step in (1, 2, 7, 14, 28) if inches * step / view.days > 0.55)
        return [view.first + dt.timedelta(days=offset) for offset in range(0, view.days, step)]
    months = view.days / 30.44
    # From twelve months on, a step divides the year or spans whole ones: Januaries stay marked.
    steps = (1, 2, 3, 6, *range(12, 12 * 400, 12))
    step = next((step for step in steps if inches * step / months > 0.45), steps[-1])
    first = view.first.year * 12 + view.first.month - 1 + (view.first.day > 1)
    last = view.end.year * 12 + view.end.month - 1
    chosen = [month for month in range(first, last + 1) if month % step == 0]
    dates = [dt.date(month // 12, month % 12 + 1, 1) for month in chosen]
    return [date for date in dates if date < view.end]
