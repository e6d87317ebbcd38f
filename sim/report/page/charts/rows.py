"""Rows with a point and intervals on one axis: odds beside base rates, compared odds, differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.report.page import svg
from sim.report.page.charts import layout, text
from sim.report.page.charts.layout import Scale, Sizes
from sim.report.wording import plain

_AXIS = 24.0
_BAND = 22.0
_GAP = 16.0
# Half a point may stand at the end of the axis.
_OVERHANG = 8.0
# More rows than this have the axis under them as well.
_MANY = 9


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `low` to `high` is the interval of the point, `outer_low` to `outer_high` the wider one of beliefs.

    `text` is the value in words, `note` small print under the label, `tip` what hovering shows (label and value
    unless given), `series` what a toggle hides, `slot` the colour and the shape of the point. A `heading` has only a
    label.
    """

    label: str
    value: float = 0.0
    text: str = ""
    low: float | None = None
    high: float | None = None
    outer_low: float | None = None
    outer_high: float | None = None
    tip: str = ""
    note: str = ""
    series: str = ""
    strong: bool = False
    heading: bool = False
    slot: int = 0


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things stand: the columns, the axis with its ticks, and the values to hold rows against."""

    size: Sizes
    width: float
    names: float
    values: float
    scale: Scale
    ticks: Sequence[float]
    zero: bool
    guide: float | None


@dataclass(frozen=True, slots=True)
class _Words:
    """A row's words, broken into lines."""

    names: list[str]
    notes: list[str]
    values: list[str]


def rows(
    items: Sequence[Row],
    *,
    width: int,
    title: str,
    desc: str,
    percent: bool = True,
    guide: float | None = None,
    zero: bool = False,
) -> str:
    """Rows under one axis. With `percent`, values are fractions of 1; with `zero` too, differences in points.

    `guide` is a value to hold all rows against (a dashed line); `zero` draws the line of no difference. On a narrow
    chart the words of a row stand above its point instead of beside it.
    """
    frame = _frame(items, width, percent, guide, zero)
    parts = [_axis(frame, percent, 0.0)]
    down = _AXIS
    for item in items:
        drawn, height = _heading(frame, item, down) if item.heading else _row(frame, item, down)
        parts.append(drawn)
        down += height
    if len(items) > _MANY:
        parts.append(_axis(frame, percent, down))
        down += _AXIS
    return svg.document("".join(parts), width=width, height=down + 4.0, title=title, desc=desc)


def _frame(items: Sequence[Row], width: float, percent: bool, guide: float | None, zero: bool) -> _Frame:
    size = layout.sizes(width)
    shown = [item for item in items if not item.heading]
    most = 6 if size.wide else 5
    ends = [value for item in shown for value in _values(item)]
    low, high = layout.domain([*ends, *([] if guide is None else [guide])], most, ceiling=_ceiling(percent, zero))
    names, values, left, right = 0.0, 0.0, _OVERHANG, width - _OVERHANG
    if size.wide:
        names = min(max((_widest(item.label, size, item.strong) for item in shown), default=0.0), 0.36 * width)
        names = max(names, min(0.32 * width, text.widest([plain(item.note) for item in shown], size.small)))
        values = min(max((_widest(item.text, size, item.strong) for item in shown), default=0.0), 0.26 * width)
        left, right = names + _GAP + _OVERHANG, width - values - _GAP - _OVERHANG
    scale = Scale(low, high, left, right)
    return _Frame(size, width, names, values, scale, scale.ticks(most + 1), zero, guide)


def _ceiling(percent: bool, zero: bool) -> float:
    return 1.0 if percent and not zero else float("inf")


def _values(item: Row) -> Iterator[float]:
    known = (item.value, item.low, item.high, item.outer_low, item.outer_high)
    return (value for value in known if value is not None)


def _widest(words: str, size: Sizes, strong: bool) -> float:
    return text.width(plain(words), size.large if strong else size.base, strong) + 1.0


def _axis(frame: _Frame, percent: bool, down: float) -> str:
    """The words of the ticks; those at the ends are kept inside the picture."""
    signed = frame.zero
    words = [layout.tick_words(value, percent=percent, signed=signed) for value in frame.ticks]
    if signed and percent and words:
        words[-1] += " points"
    parts, last = [], 0.0
    for value, word in zip(frame.ticks, words, strict=True):
        wide = text.width(word, frame.size.small)
        place = min(max(frame.scale.at(value) - wide / 2, last), frame.width - wide)
        parts.append(svg.text(place, down + 13.0, word, frame.size.small, colour="muted"))
        last = place + wide + 6.0
    return "".join(parts)


def _heading(frame: _Frame, item: Row, down: float) -> tuple[str, float]:
    words = text.wrap(plain(item.label), frame.width, frame.size.base, 2, bold=True)
    step = text.line_height(frame.size.base)
    parts = [svg.line(0.0, down + 12.0, frame.width, down + 12.0, "ink")]
    for number, line in enumerate(words):
        parts.append(svg.text(0.0, down + 31.0 + number * step, line, frame.size.base, bold=True))
    return svg.element("g", *parts, series=item.series or None), 22.0 + step * len(words)


def _row(frame: _Frame, item: Row, down: float) -> tuple[str, float]:
    words = _words(frame, item)
    place = _beside if frame.size.wide else _above
    drawn, height, middle, band = place(frame, item, words, down)
    below = [
        layout.hit(0.0, down, frame.width, height),
        _lines(frame, *band),
        _marks(frame, item, middle),
        drawn,
    ]
    tip = item.tip or f"{item.label}: {item.text}"
    return svg.element("g", *below, class_="item", tip=tip, series=item.series or None), height


def _words(frame: _Frame, item: Row) -> _Words:
    size = frame.size
    large = size.large if item.strong else size.base
    value = plain(item.text)
    if size.wide:
        names = text.wrap(plain(item.label), frame.names, large, 2, item.strong)
        notes = text.wrap(plain(item.note), frame.names, size.small, 3)
        return _Words(names, notes, text.wrap(value, frame.values, large, 2, item.strong))
    # Where name and value do not fit on one line, the value takes what it needs up to half of it, the name the rest.
    room = min(text.width(value, large, True), 0.5 * frame.width) + 0.5
    values = text.wrap(value, room, large, 2, True)
    room = frame.width - text.widest(values, large, True) - _GAP
    names = text.wrap(plain(item.label), room, large, 3, item.strong)
    return _Words(names, text.wrap(plain(item.note), frame.width, size.small, 3), values)


def _beside(frame: _Frame, item: Row, words: _Words, down: float) -> tuple[str, float, float, tuple[float, float]]:
    """Words left and right of the point: markup, height of the row, the point's middle, and the stretch of the grid."""
    size = frame.size
    large = size.large if item.strong else size.base
    step, small = text.line_height(large), text.line_height(size.small)
    baseline = down + 8.0 + large
    parts = [svg.text(0.0, baseline + n * step, line, large, bold=item.strong) for n, line in enumerate(words.names)]
    parts += [
        svg.text(frame.width, baseline + n * step, line, large, anchor="end", bold=item.strong)
        for n, line in enumerate(words.values)
    ]
    under = baseline + step * (len(words.names) - 1) + small
    parts += [svg.text(0.0, under + n * small, line, size.small, colour="muted") for n, line in enumerate(words.notes)]
    tall = max(step * len(words.names) + small * len(words.notes), step * len(words.values), _BAND - 8.0)
    height = tall + 12.0
    return "".join(parts), height, baseline - 0.36 * large, (down, down + height)


def _above(frame: _Frame, item: Row, words: _Words, down: float) -> tuple[str, float, float, tuple[float, float]]:
    """Words above the point, which has the whole width to itself."""
    size = frame.size
    large = size.large if item.strong else size.base
    step, small = text.line_height(large), text.line_height(size.small)
    baseline = down + 8.0 + large
    parts = [svg.text(0.0, baseline + n * step, line, large, bold=item.strong) for n, line in enumerate(words.names)]
    parts += [
        svg.text(frame.width, baseline + n * step, line, large, anchor="end", bold=True)
        for n, line in enumerate(words.values)
    ]
    under = baseline + step * (max(len(words.names), len(words.values)) - 1) + small
    parts += [svg.text(0.0, under + n * small, line, size.small, colour="muted") for n, line in enumerate(words.notes)]
    top = under - small + small * len(words.notes) + 5.0
    return "".join(parts), top + _BAND + 4.0 - down, top + _BAND / 2, (top, top + _BAND)


def _lines(frame: _Frame, top: float, bottom: float) -> str:
    """The grid behind one row, the line of no difference, and the guide."""
    parts = [layout.grid((frame.scale.at(value) for value in frame.ticks), top, bottom)]
    if not frame.size.wide:
        # Between words there is only a stretch of grid: the track ties it together.
        level = (top + bottom) / 2
        parts.append(svg.line(frame.scale.start, level, frame.scale.end, level, "rule"))
    if frame.zero:
        parts.append(layout.grid([frame.scale.at(0.0)], top, bottom, "ink"))
    if frame.guide is not None:
        place = frame.scale.at(frame.guide)
        parts.append(svg.line(place, top, place, bottom, "muted", stroke_dasharray="2 3", stroke_width=1.5))
    return "".join(parts)


def _marks(frame: _Frame, item: Row, middle: float) -> str:
    """The wider interval as a pale bar, the narrower one as a stroke with ends, the point on top."""
    at, colour = frame.scale.at, layout.slot_colour(item.slot)
    parts = []
    if item.outer_low is not None and item.outer_high is not None:
        left, right = at(item.outer_low), at(item.outer_high)
        pale = svg.rect(left, middle - 7.0, right - left, 14.0, colour, fill_opacity=0.22, stroke=colour, rx=2.0)
        parts.append(pale)
    if item.low is not None and item.high is not None:
        left, right = at(item.low), at(item.high)
        parts.append(svg.line(left, middle, right, middle, colour, stroke_width=3.0))
        parts.append(layout.grid([left, right], middle - 4.5, middle + 4.5, colour))
    parts.append(layout.marker(item.slot, at(item.value), middle, 6.5 if item.strong else 5.0))
    return "".join(parts)
