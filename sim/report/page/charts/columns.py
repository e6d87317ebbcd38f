"""Columns side by side, one a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.report.page import svg
from sim.report.page.charts import layout, text
from sim.report.page.charts.layout import Scale, Sizes
from sim.report.wording import plain

_TOP = 26.0
_BROAD = 88.0
_ROW = 26.0
_GAP = 10.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a fraction of 1 of 0 or more, its interval, and the value in words."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    text: str = ""
    tip: str = ""

    @property
    def top(self) -> float:
        """The end of the whisker, or of the column where it has none."""
        return max(self.value, self.high if self.high is not None else self.value)


def columns(items: Sequence[Column], *, width: int, title: str, desc: str) -> str:
    """Columns with whiskers and their values above them; lying bars where columns would be too narrow for their words.

    All values stand in words, so there is no axis to read off.
    """
    size = layout.sizes(width)
    _, high = layout.domain((item.top for item in items), 5, ceiling=1.0)
    slot = width / max(len(items), 1)
    words = [word for item in items for word in plain(item.label).split()]
    need = text.widest([*words, *(plain(item.text) for item in items)], size.small, True) + 6.0
    draw = _standing if need <= slot else _lying
    body, height = draw(items, size, float(width), high)
    return svg.document(body, width=width, height=height, title=title, desc=desc)


def _standing(items: Sequence[Column], size: Sizes, width: float, high: float) -> tuple[str, float]:
    slot = width / max(len(items), 1)
    foot = _TOP + (0.3 if size.wide else 0.5) * width
    y = Scale(0.0, high, foot, _TOP)
    parts = [svg.line(0.0, foot, width, foot, "muted")]
    broad = min(0.62 * slot, _BROAD)
    lines = 1
    for number, item in enumerate(items):
        centre = (number + 0.5) * slot
        drawn = [
            layout.hit(number * slot, 0.0, slot, foot),
            svg.rect(centre - broad / 2, y.at(item.value), broad, foot - y.at(item.value), "c0", fill_opacity=0.8),
        ]
        if item.low is not None and item.high is not None:
            drawn.append(_whisker([(centre, y.at(item.low)), (centre, y.at(item.high))], (5.0, 0.0)))
        above = y.at(item.top) - 8.0
        drawn.append(svg.text(centre, above, plain(item.text), size.small, anchor="middle", bold=True))
        names = text.wrap(plain(item.label), slot - 4.0, size.small, 2)
        for place, name in enumerate(names, start=1):
            below = foot + 3.0 + place * text.line_height(size.small)
            drawn.append(svg.text(centre, below, name, size.small, anchor="middle", colour="muted"))
        lines = max(lines, len(names))
        parts.append(_item(item, drawn))
    return "".join(parts), foot + 8.0 + lines * text.line_height(size.small)


def _lying(items: Sequence[Column], size: Sizes, width: float, high: float) -> tuple[str, float]:
    names = min(text.widest([plain(item.label) for item in items], size.small), 0.35 * width)
    values = text.widest([plain(item.text) for item in items], size.small, True)
    left = names + _GAP
    x = Scale(0.0, high, left, max(width - values - _GAP, left + 20.0))
    parts, down = [], 0.0
    for item in items:
        middle = down + _ROW / 2
        name = text.fit(plain(item.label), names, size.small)
        drawn = [
            layout.hit(0.0, down, width, _ROW),
            svg.text(0.0, middle + 4.5, name, size.small, colour="muted"),
            svg.rect(left, down + 5.0, x.at(item.value) - left, _ROW - 10.0, "c0", fill_opacity=0.8),
        ]
        if item.low is not None and item.high is not None:
            drawn.append(_whisker([(x.at(item.low), middle), (x.at(item.high), middle)], (0.0, 4.0)))
        drawn.append(svg.text(x.at(item.top) + _GAP, middle + 4.5, plain(item.text), size.small, bold=True))
        parts.append(_item(item, drawn))
        down += _ROW
    parts.append(svg.line(left, 0.0, left, down, "muted"))
    return "".join(parts), down + 2.0


def _whisker(ends: list[tuple[float, float]], cap: tuple[float, float]) -> str:
    """A stroke with a cap across each end, which reaches so far to both sides."""
    across, up = cap
    strokes = [ends, *([(x - across, y - up), (x + across, y + up)] for x, y in ends)]
    return "".join(svg.path(stroke, stroke="ink", stroke_width=1.25) for stroke in strokes)


def _item(item: Column, drawn: list[str]) -> str:
    return svg.element("g", *drawn, class_="item", tip=item.tip or f"{item.label}: {item.text}")
