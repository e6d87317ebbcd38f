"""Lines over dates, named at their right ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.report.page import svg
from sim.report.page.charts import dates, layout, probes, schedule, text
from sim.report.page.charts.layout import Scale, Sizes
from sim.report.page.charts.schedule import Mark
from sim.report.wording import plain

__all__ = ["Mark", "Series", "curves"]

_RIGHT_GAP = 22.0
_TOP = 12.0
# More lines than this have names and values on one line each.
_MANY = 4
# A key before a value that stands for its line alone.
_KEY = 14.0


@dataclass(frozen=True, slots=True)
class Series:
    """Values at the ends of ISO dates; `low` and `high` are a band about them, `text` the last value in words.

    `errors` are standard errors: the digits of the values are theirs, or those of the band where there are none.
    `slot` is the colour, `series` what a toggle hides (`name` unless given); with `step`, a value holds until the next.
    """

    name: str
    dates: Sequence[str]
    values: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    text: str = ""
    slot: int = 0
    series: str = ""
    step: bool = False
    errors: Sequence[float] | None = None

    def __post_init__(self) -> None:
        """Refuse values without dates: a line would silently be cut short."""
        told = (self.dates, self.values, self.low, self.high, self.errors)
        lengths = {len(values) for values in told if values is not None}
        if len(lengths) > 1 or not self.dates or (self.low is None) != (self.high is None):
            raise ValueError(f"`{self.name}` needs as many values, and ends of a band if any, as dates; at least one")

    @property
    def known_as(self) -> str:
        """What a toggle hides it by."""
        return self.series or self.name


@dataclass(frozen=True, slots=True)
class _Frame:
    size: Sizes
    width: float
    x: Scale
    y: Scale
    ticks: Sequence[float]
    view: dates.View


@dataclass(frozen=True, slots=True)
class _Label:
    """What stands at the right end of a line: its name, and under it the last value; or its mark before the value."""

    names: list[str]
    values: list[str]
    size: float
    marked: bool = False

    @property
    def height(self) -> float:
        return text.line_height(self.size) * (len(self.names) + len(self.values)) + 4.0

    @property
    def width(self) -> float:
        return text.widest([*self.names, *self.values], self.size, True) + (_KEY if self.marked else 0.0)


def curves(
    series: Sequence[Series],
    *,
    width: int,
    title: str,
    desc: str,
    window: tuple[str, str] | None,
    marks: Sequence[Mark] = (),
    percent: bool = True,
) -> str:
    """Lines over dates; days outside the window are shaded, and marks are ticks with a few words above the lines.

    Each line is named at its right end, so that no colour needs a key; only where many lines share a narrow chart,
    their marks stand for them there, and the buttons above the chart are the key. Hovering over a date tells all values
    there, with the digits that the band has earned. ValueError where there is no date at all.
    """
    size = layout.sizes(width)
    crowded = len(series) > _MANY
    room = (0.27 if crowded else 0.24) * width if size.wide else 0.31 * width
    labels = [_label(line, room, size, crowded) for line in series]
    view = dates.view([date for line in series for date in line.dates], window)
    values = [value for line in series for value in _all(line)]
    low, high = layout.domain(values, 5, ceiling=1.0 if percent else float("inf"))
    ticks = Scale(low, high, 0.0, 1.0).ticks(6)
    words = [layout.tick_words(value, percent=percent) for value in ticks]
    left = text.widest(words, size.small) + 8.0
    right = width - max((label.width for label in labels), default=0.0)
    x = view.scale(left, right - _RIGHT_GAP)
    above, top = schedule.lanes(marks, x, size, float(width))
    tall = max(0.42 * width if size.wide else 0.72 * width, sum(label.height for label in labels))
    frame = _Frame(size, width, x, Scale(low, high, top + _TOP + tall, top + _TOP), ticks, view)
    bottom = frame.y.start
    parts = [
        dates.shade_outside(x, window, frame.y.end, bottom) if window else "",
        _levels(frame, words),
        above(bottom),
        dates.axis(view, x, bottom, size.small),
        *(_band(frame, line) for line in series),
        *(_line(frame, line) for line in series),
        _ends(frame, series, labels),
        probes.probes([_probed(line) for line in series], x, frame.y, percent=percent, dense=size.wide),
    ]
    return svg.document("".join(parts), width=width, height=bottom + dates.HEIGHT, title=title, desc=desc)


def _all(line: Series) -> Iterator[float]:
    for values in (line.values, line.low, line.high):
        yield from values or ()


def _label(line: Series, room: float, size: Sizes, crowded: bool) -> _Label:
    name, value = plain(line.name), plain(line.text)
    if crowded and value:
        if not size.wide:
            return _Label([], [text.fit(value, room, size.small, True)], size.small, marked=True)
        left = max(room - text.width(f" {value}", size.small), 0.5 * room)
        return _Label([text.fit(f"{text.fit(name, left, size.small)} {value}", room, size.small)], [], size.small)
    names = text.wrap(name, room, size.small, 3, True)
    return _Label(names, text.wrap(plain(line.text), room, size.small, 2, True), size.small)


def _levels(frame: _Frame, words: Sequence[str]) -> str:
    """Level hair lines with their values left of them."""
    parts = []
    for value, word in zip(frame.ticks, words, strict=True):
        y = frame.y.at(value)
        parts.append(svg.line(frame.x.start, y, frame.x.end, y, "rule"))
        place = frame.x.start - 8.0
        parts.append(svg.text(place, y + 4.0, word, frame.size.small, anchor="end", colour="muted"))
    return "".join(parts)


def _places(frame: _Frame, line: Series, values: Sequence[float]) -> list[tuple[float, float]]:
    """Where the values lie; a step holds each value until the next date."""
    ends = [frame.x.at(dates.end(date)) for date in line.dates]
    places: list[tuple[float, float]] = []
    for x, value in zip(ends, values, strict=True):
        if line.step and places:
            places.append((x, places[-1][1]))
        places.append((x, frame.y.at(value)))
    return places


def _band(frame: _Frame, line: Series) -> str:
    if line.low is None or line.high is None:
        return ""
    outline = _places(frame, line, line.high) + _places(frame, line, line.low)[::-1]
    colour = layout.slot_colour(line.slot)
    return svg.path(outline, fill=colour, fill_opacity=0.16, series=line.known_as)


def _line(frame: _Frame, line: Series) -> str:
    colour = layout.slot_colour(line.slot)
    places = _places(frame, line, line.values)
    return svg.path(places, stroke=colour, stroke_width=2.5, stroke_linejoin="round", series=line.known_as)


def _ends(frame: _Frame, series: Sequence[Series], labels: Sequence[_Label]) -> str:
    """Names right of the lines, each tied to the end of its line, moved apart where ends lie close."""
    ends = [_places(frame, line, line.values)[-1] for line in series]
    low, high = frame.y.end - _TOP, frame.y.start + 6.0
    tops = layout.spread([y for _, y in ends], [label.height for label in labels], low, high)
    left = frame.x.end + _RIGHT_GAP
    parts = []
    for line, label, (x, y), top in zip(series, labels, ends, tops, strict=True):
        middle = top + label.height / 2
        tie = [(x, y), (left - 12.0, y), (left - 4.0, middle)]
        colour = layout.slot_colour(line.slot)
        drawn = [svg.path(tie, stroke=colour, stroke_width=1.0), layout.marker(line.slot, x, y, 5.0)]
        step = text.line_height(label.size)
        key = _KEY if label.marked else 0.0
        if key:
            drawn.append(layout.marker(line.slot, left + 4.0, middle, 4.5))
        for number, words in enumerate([*label.names, *label.values]):
            bold = number >= len(label.names)
            drawn.append(svg.text(left + key, top + (number + 0.8) * step + 2.0, words, label.size, bold=bold))
        parts.append(svg.element("g", *drawn, series=line.known_as))
    return "".join(parts)


def _probed(line: Series) -> probes.Line:
    name = plain(line.name)
    return probes.Line(name, line.known_as, line.slot, line.dates, line.values, line.low, line.high, line.errors)
