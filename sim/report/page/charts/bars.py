"""A tornado: what the odds are at the two ends of each assumption, and what knowing it would gain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.report.page import svg
from sim.report.page.charts import layout, text
from sim.report.page.charts.layout import Z95, Scale, Sizes
from sim.report.wording import chance, plain

_BAR = 16.0
_GAP = 16.0
_KEY = 20.0
_MOST_GAIN = 56.0
_FLANK = 0.15
_GAIN_WORDS = 0.14
_OFF = 8.0
_GAIN_TITLE = 96.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One assumption, and the odds `low` and `high` at its low and at its high end.

    `low_text` and `high_text` are these odds in words, `low_at` and `high_at` the values of the assumption there, in
    words too; `low_se` and `high_se` are standard errors. `gain` is a second measure, 0 or more, with its words; `note`
    is small print under the label.
    """

    label: str
    low: float
    high: float
    low_text: str = ""
    high_text: str = ""
    low_at: str = ""
    high_at: str = ""
    low_se: float | None = None
    high_se: float | None = None
    gain: float | None = None
    gain_text: str = ""
    tip: str = ""
    note: str = ""

    @property
    def ends(self) -> list[_End]:
        """Both ends, the lower odds first."""
        low = _End(self.low, plain(self.low_text), plain(self.low_at), self.low_se, solid=False)
        high = _End(self.high, plain(self.high_text), plain(self.high_at), self.high_se, solid=True)
        return [low, high] if self.low <= self.high else [high, low]


@dataclass(frozen=True, slots=True)
class _End:
    odds: float
    words: str
    at: str
    se: float | None
    solid: bool

    @property
    def reach(self) -> tuple[float, float]:
        """The ends of its whisker."""
        error = Z95 * (self.se or 0.0)
        return max(self.odds - error, 0.0), min(self.odds + error, 1.0)


@dataclass(frozen=True, slots=True)
class _Frame:
    size: Sizes
    width: float
    names: float
    x: Scale
    base: float
    gains: Scale


def bars(
    items: Sequence[Bar],
    *,
    base: float,
    width: int,
    title: str,
    desc: str,
    base_text: str = "",
    gain_title: str = "Brier gain",
) -> str:
    """Bars from `base`, the odds with everything at its full distribution, to the odds at both ends.

    Odds above the base and below it differ in side and in colour; the assumption's high end is solid, its low end pale.
    Gains, where there are any, stand in a column of their own; on a narrow chart, above the bar.
    """
    frame = _frame(items, base, float(width))
    head, top = _head(frame, plain(base_text) or chance(base, None), plain(gain_title))
    parts, down = [head], top
    draw = _beside if frame.size.wide else _above
    for item in items:
        drawn, height = draw(frame, item, down, gain_title)
        ground = layout.hit(0.0, down, frame.width, height)
        tip = item.tip or "\n".join(_told(item, gain_title))
        parts.append(svg.element("g", ground, drawn, class_="item", tip=tip))
        down += height
    return svg.document("".join(parts), width=width, height=down + 4.0, title=title, desc=desc)


def _told(item: Bar, gain_title: str) -> Iterator[str]:
    yield item.label
    for end in item.ends:
        yield f"{end.words} at {end.at}" if end.at else end.words
    if item.gain_text:
        yield f"{gain_title}: {item.gain_text}"


def _frame(items: Sequence[Bar], base: float, width: float) -> _Frame:
    size = layout.sizes(width)
    reaches = [base, *(place for item in items for end in item.ends for place in end.reach)]
    low, high = min(reaches), max(reaches)
    if high - low < 1e-9:
        low, high = low - 0.01, high + 0.01
    gains = [item.gain for item in items if item.gain is not None]
    most = max(gains, default=0.0) or 1.0
    if not size.wide:
        return _Frame(size, width, width, Scale(low, high, 4.0, width - 4.0), base, Scale(0.0, most, 0.0, 0.0))
    names = min(max((_name_width(item, size) for item in items), default=0.0), 0.28 * width)
    longest = text.widest([plain(item.gain_text) for item in items], size.small)
    column = min(longest, _GAIN_WORDS * width) + _MOST_GAIN + 8.0 if gains else 0.0
    column = max(column, _GAIN_TITLE if gains else 0.0)
    start = width - column
    room = Scale(low, high, names + _GAP, start - (_GAP if gains else 0.0))
    x = _narrowed(items, base, room, size, _FLANK * width)
    return _Frame(size, width, names, x, base, Scale(0.0, most, start, start + _MOST_GAIN))


def _narrowed(items: Sequence[Bar], base: float, room: Scale, size: Sizes, flank: float) -> Scale:
    """The widest scale in the room that leaves space for the words beside every bar (by bisection)."""
    least, most = 0.1 * (room.end - room.start), room.end - room.start
    for _ in range(20):
        length = (least + most) / 2
        left, right = _margins(items, base, Scale(room.low, room.high, 0.0, length), size, flank)
        least, most = (length, most) if left + length + right <= room.end - room.start else (least, length)
    left, _right = _margins(items, base, Scale(room.low, room.high, 0.0, least), size, flank)
    return Scale(room.low, room.high, room.start + left, room.start + left + least)


def _margins(items: Sequence[Bar], base: float, x: Scale, size: Sizes, flank: float) -> tuple[float, float]:
    """What words need left and right of a scale."""
    left = right = 0.0
    for item in items:
        low, high = item.ends
        left = max(left, _flank(low, size, flank)[1] + _OFF - x.at(min(low.reach[0], base)))
        right = max(right, x.at(max(high.reach[1], base)) + _flank(high, size, flank)[1] + _OFF - x.end)
    return left, right


def _name_width(item: Bar, size: Sizes) -> float:
    return max(text.width(plain(item.label), size.base), min(text.width(plain(item.note), size.small), 180.0)) + 1.0


def _flank(end: _End, size: Sizes, room: float) -> tuple[list[str], float]:
    """The words beside an end, the odds and where the assumption is then, and their width."""
    words = text.fit(end.words, room, size.small, True)
    at = text.fit(f"at {end.at}" if end.at else "", room, size.small)
    return [words, at], max(text.width(words, size.small, True), text.width(at, size.small))


def _head(frame: _Frame, base_text: str, gain_title: str) -> tuple[str, float]:
    """The key, the odds that bars begin at, and the name of the second column; and where the rows begin."""
    small = frame.size.small
    parts, left = [], 0.0
    for solid, words in ((True, "at its high end"), (False, "at its low end")):
        parts.append(_block(left, 2.0, 14.0, 11.0, "muted", solid))
        parts.append(svg.text(left + 20.0, 12.5, words, small, colour="muted"))
        left += 20.0 + text.width(words, small) + 18.0
    words = text.fit(f"all as believed: {base_text}", 0.5 * frame.width, small, True)
    half = text.width(words, small, True) / 2
    end = frame.gains.start - _GAP if frame.size.wide else frame.width
    place = min(max(frame.x.at(frame.base), half), end - half)
    down = _KEY + text.line_height(small)
    parts.append(svg.text(place, down, words, small, anchor="middle", bold=True))
    if frame.size.wide and frame.gains.start < frame.width:
        parts.append(
            svg.text(
                frame.gains.start,
                down,
                text.fit(gain_title, frame.width - frame.gains.start, small),
                small,
                colour="muted",
            )
        )
    return "".join(parts), down + 8.0


def _beside(frame: _Frame, item: Bar, down: float, _: str) -> tuple[str, float]:
    """Name left, words beside the ends, gain right; and the height of the row."""
    size = frame.size
    names = text.wrap(plain(item.label), frame.names, size.base, 2)
    notes = text.wrap(plain(item.note), frame.names, size.small, 2)
    step, small = text.line_height(size.base), text.line_height(size.small)
    height = max(step * len(names) + small * len(notes), 2 * small) + 12.0
    middle = down + height / 2
    first = middle - (step * len(names) + small * len(notes)) / 2 + 0.8 * size.base
    parts = [svg.text(0.0, first + n * step, line, size.base) for n, line in enumerate(names)]
    under = first + step * len(names) - 2.0
    parts += [svg.text(0.0, under + n * small, line, size.small, colour="muted") for n, line in enumerate(notes)]
    parts.append(layout.grid([frame.x.at(frame.base)], down, down + height, "ink"))
    parts.append(_marks(frame, item, middle))
    for end, side in zip(item.ends, ("end", "start"), strict=True):
        words, _wide = _flank(end, size, _FLANK * frame.width)
        outer = min(frame.x.at(end.reach[0]), frame.x.at(frame.base)) - _OFF
        if side == "start":
            outer = max(frame.x.at(end.reach[1]), frame.x.at(frame.base)) + _OFF
        lift = middle - 2.0 if words[1] else middle + 4.5
        parts.append(svg.text(outer, lift, words[0], size.small, anchor=side, bold=True))
        if words[1]:
            parts.append(svg.text(outer, middle + small - 3.0, words[1], size.small, anchor=side, colour="muted"))
    if item.gain is not None:
        start, stop = frame.gains.start, frame.gains.at(item.gain)
        parts.append(svg.rect(start, middle - 5.0, stop - start, 10.0, "muted", fill_opacity=0.7))
        told = text.fit(plain(item.gain_text), _GAIN_WORDS * frame.width, size.small)
        parts.append(svg.text(stop + 6.0, middle + 4.5, told, size.small))
    return "".join(parts), height


def _above(frame: _Frame, item: Bar, down: float, gain_title: str) -> tuple[str, float]:
    """Name and gain above the bar, words of the ends under it; and the height of the row."""
    size = frame.size
    small = text.line_height(size.small)
    lines = [(words, size.base, "ink") for words in text.wrap(plain(item.label), frame.width, size.base, 2)]
    lines += [(words, size.small, "muted") for words in text.wrap(plain(item.note), frame.width, size.small, 2)]
    if item.gain is not None:
        told = text.fit(f"{plain(gain_title)}: {plain(item.gain_text)}", frame.width, size.small)
        lines.append((told, size.small, "muted"))
    parts, level = [], down + 4.0
    for words, points, colour in lines:
        level += text.line_height(points)
        parts.append(svg.text(0.0, level - 3.0, words, points, colour=colour))
    middle = level + 6.0 + _BAR / 2
    parts.append(layout.grid([frame.x.at(frame.base)], middle - 13.0, middle + 13.0, "ink"))
    parts.append(_marks(frame, item, middle))
    below = middle + 13.0 + small - 3.0
    room = frame.width / 2 - 8.0
    for end, place, side in zip(item.ends, (0.0, frame.width), ("start", "end"), strict=True):
        told = text.fit(f"{end.words} at {end.at}" if end.at else end.words, room, size.small)
        parts.append(svg.text(place, below, told, size.small, anchor=side))
    return "".join(parts), below + 8.0 - down


def _marks(frame: _Frame, item: Bar, middle: float) -> str:
    """Both parts of the bar with their whiskers; where both lie on one side of the base, one above the other."""
    x, base = frame.x, frame.base
    low, high = item.ends
    shared = low.odds > base or high.odds < base
    parts = []
    for number, end in enumerate((low, high)):
        tall = _BAR / 2 if shared else _BAR
        top = middle - _BAR / 2 + (tall if shared and number else 0.0)
        colour = "up" if end.odds > base else "down"
        parts.append(_block(x.at(base), top, x.at(end.odds) - x.at(base), tall, colour, end.solid))
        if end.se:
            level = top + tall / 2
            reach = [x.at(place) for place in end.reach]
            parts.append(svg.line(reach[0], level, reach[1], level, "ink", stroke_width=1.25))
            parts.append(layout.grid(reach, level - 3.0, level + 3.0, "ink"))
    return "".join(parts)


def _block(x: float, y: float, wide: float, tall: float, colour: str, solid: bool) -> str:
    """A part of a bar: filled, or pale with an outline."""
    return svg.rect(x, y, wide, tall, colour, fill_opacity=None if solid else 0.25, stroke=colour)
