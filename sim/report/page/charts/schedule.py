"""Scheduled events above lines over dates: a tick, a few words, as many lanes as the words need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sim.report.page import svg
from sim.report.page.charts import dates, text
from sim.report.page.charts.layout import Scale, Sizes
from sim.report.wording import day, plain


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is scheduled: an ISO date and a few words."""

    date: str
    label: str


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mark with the stretch that its words and its tick take, and its lane, counted from the lowest."""

    mark: Mark
    x: float
    words: str
    left: float
    right: float
    begins: bool
    lane: int = 0


def lanes(marks: Sequence[Mark], x: Scale, size: Sizes, width: float) -> tuple[Callable[[float], str], float]:
    """How to draw the marks down to a level, and the height of the lanes above the lines.

    Marks outside the scale are left out. Words begin at their tick, or end at it where they would leave the picture.
    Where words would meet, they stand in different lanes: of those that begin at their tick the earlier ones higher, of
    those that end at it the later ones, and these above all others. So strokes cross few words.
    """
    inside = [mark for mark in marks if x.low <= dates.begin(mark.date) <= x.high]
    wished = [_wished(mark, x, size, width) for mark in sorted(inside, key=lambda mark: (mark.date, mark.label))]
    placed: list[_Placed] = []
    for one in sorted(wished, key=lambda one: (0, -one.x) if one.begins else (1, one.x)):
        met = [other.lane for other in placed if other.left < one.right + 4.0 and one.left < other.right + 4.0]
        placed.append(replace(one, lane=max(met, default=-1) + 1))
    step = text.line_height(size.small) + 1.0
    height = step * (max((one.lane for one in placed), default=-1) + 1)

    def draw(bottom: float) -> str:
        # All strokes before all words, whose outlines then cover a stroke that they cannot avoid.
        strokes = [_stroke(one, height - one.lane * step, bottom) for one in placed]
        return "".join(strokes + [_words(one, height - one.lane * step, size) for one in placed])

    return draw, height


def _wished(mark: Mark, x: Scale, size: Sizes, width: float) -> _Placed:
    """Where a mark would stand if it were alone."""
    place = x.at(dates.begin(mark.date))
    words = text.fit(plain(mark.label), 0.45 * width, size.small)
    long = text.width(words, size.small) + 8.0
    if place + long <= width:
        return _Placed(mark, place, words, place, place + long, begins=True)
    return _Placed(mark, place, words, max(place - long, 0.0), max(place, long), begins=False)


def _stroke(placed: _Placed, level: float, bottom: float) -> str:
    return svg.line(placed.x, level - 10.0, placed.x, bottom, "muted", stroke_dasharray="1 3")


def _words(placed: _Placed, level: float, size: Sizes) -> str:
    anchor, place = ("start", placed.x + 5.0) if placed.begins else ("end", placed.right - 5.0)
    words = svg.text(place, level, placed.words, size.small, anchor=anchor, colour="muted")
    tip = f"{day(placed.mark.date, year=True)}: {placed.mark.label}"
    return svg.element("g", words, class_="item mark", tip=tip)
