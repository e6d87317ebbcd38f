"""What hovering over lines tells: an upright stretch for each of a number of dates, with all values there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sim.report import wording
from sim.report.page import svg
from sim.report.page.charts import dates, layout
from sim.report.page.charts.layout import Z95, Scale

# Enough for a finger, few enough for a small page: a date more is some hundred signs more.
_MOST_WIDE = 36
_MOST_NARROW = 18


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is told: its name, what hides it, its colour, and its values at the ends of dates."""

    name: str
    known_as: str
    slot: int
    dates: Sequence[str]
    values: Sequence[float]
    low: Sequence[float] | None
    high: Sequence[float] | None
    errors: Sequence[float] | None = None

    def latest(self, date: str) -> int | None:
        """Which value holds at the end of a date: the last one known by then, until the line ends."""
        index = bisect_right(self.dates, date) - 1
        return None if index < 0 or date > self.dates[-1] else index

    def words(self, index: int, percent: bool) -> str:
        """A value in words, with the digits that its error has earned, told or by its band."""
        value = self.values[index]
        if not percent:
            return wording.amount(value)
        if self.errors is not None:
            return wording.chance(value, self.errors[index])
        error = None if self.low is None or self.high is None else (self.high[index] - self.low[index]) / (2 * Z95)
        return wording.chance(value, error)


def probes(lines: Sequence[Line], x: Scale, y: Scale, *, percent: bool, dense: bool) -> str:
    """The stretches, for dates chosen evenly; points show themselves while a stretch is pointed at."""
    chosen = _chosen(sorted({date for line in lines for date in line.dates}), _MOST_WIDE if dense else _MOST_NARROW)
    places = [x.at(dates.end(date)) for date in chosen]
    middles = [(one + other) / 2 for one, other in pairwise(places)]
    edges = zip([x.start, *middles], [*middles, x.end], strict=True) if places else ()
    parts = []
    for date, place, (left, right) in zip(chosen, places, edges, strict=True):
        told, points = [wording.day(date, year=True)], [svg.line(place, y.start, place, y.end, "muted")]
        for line in lines:
            index = line.latest(date)
            if index is None:
                continue
            told.append(f"{line.name}: {line.words(index, percent)}")
            points.append(layout.marker(line.slot, place, y.at(line.values[index]), 4.0, series=line.known_as))
        area = layout.hit(left, y.end, right - left, y.start - y.end)
        shown = svg.element("g", *points, class_="shown", pointer_events="none", opacity=0.0)
        parts.append(svg.element("g", area, shown, class_="probe", tip="\n".join(told)))
    return "".join(parts)


def _chosen(known: Sequence[str], most: int) -> list[str]:
    """At most so many dates, evenly spaced in their order, the first and the last among them."""
    if len(known) <= most:
        return list(known)
    return [known[round(number * (len(known) - 1) / (most - 1))] for number in range(most)]
