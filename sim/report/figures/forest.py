"""Rows of a forest plot: words left, points and intervals on an axis, numbers right.

The axis is from 0 to 100 % unless a caller makes its own and has the rows written and marked on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from sim.estimates.words import ICD_203
from sim.report import style
from sim.report.figures import measure
from sim.report.figures.sheet import Sheet

NAMES = 3.3
AXIS = 4.7
_GAP = 0.18
VALUES = style.WIDTH - 2 * style.MARGIN - NAMES - AXIS - _GAP
WORDS = 0.46
FOOT = 0.4
_LINE = measure.line_height(style.SMALL_SIZE)
_NAME_LINE = measure.line_height(style.LABEL_SIZE)
_FIRST = 0.15
_INDENT = 0.18
_BAND_SIZE = 7.5
# Marker, its size, face, edge, and how far it is moved down, so that two on one row do not hide each other.
_LOOKS = {
    "answer": ("o", 4.0, style.INK, style.INK, 0.0),
    "first": ("o", 5.5, style.BLUE, style.BLUE, -0.045),
    "any": ("o", 5.5, style.PAPER, style.BLUE, 0.045),
    "base": ("D", 5.0, style.PAPER, style.VERMILLION, 0.0),
    "plain": ("o", 5.5, style.BLUE, style.BLUE, 0.0),
    "compared": ("o", 2.8, style.INK, style.INK, 0.0),
    "open": ("o", 5.5, style.PAPER, style.BLUE, 0.0),
}


@dataclass(frozen=True, slots=True)
class Point:
    """A marker with its whiskers; `look` is one of answer, first, any, base, plain, compared, open."""

    p: float
    low: float
    high: float
    look: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plot; a `heading` has only a name. `belief` is the light bar, `note` stands under it."""

    name: str
    details: tuple[str, ...] = ()
    value: str = ""
    value_details: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    belief: tuple[float, float] | None = None
    note: tuple[str, ...] = ()
    heading: bool = False
    strong: bool = False
    indented: bool = False

    @property
    def height(self) -> float:
        """Inches that the row takes."""
        if self.heading:
            return 0.4
        left = _NAME_LINE * (len(self.names) - 1) + _LINE * len(self.details)
        under = _LINE * len(self.note) + (0.04 if self.note else 0.0)
        return 2 * _FIRST + max(left, _LINE * len(self.value_details), under)

    @property
    def names(self) -> list[str]:
        """The name, broken so that it fits its column."""
        room = NAMES - 0.15 - (_INDENT if self.indented else 0.0)
        return measure.wrap_name(self.name, room, self.size, lines=1 if self.heading else 2, bold=self.strong)

    @property
    def size(self) -> float:
        """Font size of name and value in points."""
        return style.LABEL_SIZE + (2.0 if self.strong else 0.0)


def details(text: str, indented: bool = False, lines: int = 2) -> tuple[str, ...]:
    """Small print for the left column, broken so that it fits."""
    room = NAMES - 0.15 - (_INDENT if indented else 0.0)
    return tuple(measure.wrap(text, room, style.SMALL_SIZE, lines)) if text else ()


def note(text: str) -> tuple[str, ...]:
    """Small print under a bar, broken so that it fits the axis."""
    return tuple(measure.wrap(text, AXIS - 0.1, style.SMALL_SIZE, lines=2))


def height(rows: Sequence[Row]) -> float:
    """Inches that a plot of these rows takes, with its axis and the words above it."""
    return WORDS + sum(row.height for row in rows) + FOOT


def draw(page: Sheet, rows: Sequence[Row]) -> Axes:
    """Draw the rows on a sheet whose body is as high as they need; returns the axes."""
    left = style.MARGIN + NAMES
    tall = sum(row.height for row in rows)
    axes = page.axes(left, WORDS, AXIS, tall, label="odds")
    axes.set_ylim(tall, 0.0)
    _dress(axes)
    _band_words(page, left)
    down = 0.0
    for row in rows:
        write(page, row, WORDS + down)
        mark(axes, row, down)
        down += row.height
    return axes


def _dress(axes: Axes) -> None:
    axes.set_xlim(0.0, 1.0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    ticks = [number / 10 for number in range(11)]
    axes.set_xticks(ticks)
    axes.set_xticklabels([f"{10 * number} %" for number in range(11)])
    axes.set_xlabel("probability", fontsize=style.SMALL_SIZE, color=style.MUTED, labelpad=1)
    for band in ICD_203[::2]:
        axes.axvspan(band.low, band.high, color=style.SHADE, linewidth=0, zorder=0)


def _band_words(page: Sheet, left: float) -> None:
    """The words of the bands above the axis; those of narrow bands a line higher, tied to their band by a stroke."""
    for band in ICD_203:
        low, high, words = band.low, band.high, band.likelihood
        middle = left + AXIS * (low + high) / 2
        options: dict[str, Any] = {"size": _BAND_SIZE, "color": style.MUTED}
        if high - low > 0.12:
            page.text(middle, WORDS - 0.1, words, ha="center", **options)
            continue
        ends = {"left": left, "center": middle, "right": left + AXIS}
        side = "left" if high < 0.2 else "right" if low > 0.8 else "center"
        page.text(ends[side], WORDS - 0.29, words, ha=side, **options)
        heights = [1.0 - (page.top + WORDS - down) / page.height for down in (0.22, 0.02)]
        stroke = Line2D([middle / page.width] * 2, heights, color=style.FAINT, linewidth=0.6)
        page.figure.add_artist(stroke)


def write(page: Sheet, row: Row, down: float) -> None:
    """Name and small print on the left, numbers on the right, from `down` inches below the top of the body."""
    left = style.MARGIN + (_INDENT if row.indented else 0.0)
    if row.heading:
        page.rule(style.MARGIN, page.width - style.MARGIN, down + 0.1)
        small = style.SMALL_SIZE + 0.5
        page.text(left, down + 0.27, row.name, color=style.MUTED, fontweight="bold", size=small)
        return
    weight = "bold" if row.strong else "normal"
    for number, line in enumerate(row.names):
        page.text(left, down + _FIRST + number * _NAME_LINE, line, size=row.size, fontweight=weight)
    right = style.MARGIN + NAMES + AXIS + _GAP
    value = measure.fit(row.value, VALUES, row.size, row.strong)
    page.text(right, down + _FIRST, value, size=row.size, fontweight=weight)
    below = _NAME_LINE * (len(row.names) - 1)
    for place, start, lines in ((left, below, row.details), (right, 0.0, row.value_details)):
        for number, line in enumerate(lines, start=1):
            height = down + _FIRST + 0.02 + start + number * _LINE
            text = measure.fit(line, NAMES - 0.15 if place == left else VALUES, style.SMALL_SIZE)
            page.text(place, height, text, size=style.SMALL_SIZE, color=style.MUTED)


def mark(axes: Axes, row: Row, top: float) -> None:
    """The bar, the points and the note of a row that begins at `top` on axes of AXIS inches; a note needs 0 to 1."""
    middle = top + _FIRST
    if row.belief is not None:
        low, high = row.belief
        bar = Rectangle((low, middle - 0.1), high - low, 0.2, facecolor="#b5d5ea", edgecolor=style.BLUE, linewidth=0.8)
        axes.add_patch(bar)
    for point in row.points:
        _draw_point(axes, point, middle)
    if row.note:
        long = max(measure.width(line, style.SMALL_SIZE) for line in row.note) / AXIS
        centre = sum(row.belief) / 2 if row.belief else row.points[0].p
        place = min(max(centre - long / 2, 0.006), 0.994 - long)
        for number, line in enumerate(row.note):
            down = middle + 0.2 + number * _LINE
            axes.text(place, down, line, va="center", fontsize=style.SMALL_SIZE, color=style.MUTED)


def _draw_point(axes: Axes, point: Point, middle: float) -> None:
    marker, size, face, edge, lift = _LOOKS[point.look]
    middle += lift
    ends, level = [point.low, point.high], [middle, middle]
    axes.plot(ends, level, color=edge, linewidth=1.3, solid_capstyle="butt", clip_on=False)
    # Caps that a marker would half hide look like a square: they are drawn only where they stand clear of it.
    left, right = axes.get_xlim()
    clear = (size / 2 + 1.0) / measure.POINTS_PER_INCH / AXIS * (right - left)
    # Caps that stand out above the marker are seen beside it, too: rows that are compared all have them.
    caps = ends if point.look == "compared" else [end for end in ends if abs(end - point.p) > clear]
    tall = 11 if point.look in ("answer", "compared") else 5
    axes.plot(caps, [middle] * len(caps), "|", markersize=tall, markeredgewidth=1.3, color=edge, clip_on=False)
    look: dict[str, Any] = {
        "markersize": size,
        "markerfacecolor": face,
        "markeredgecolor": edge,
        "markeredgewidth": 1.3,
    }
    axes.plot([point.p], [middle], marker, clip_on=False, zorder=4, **look)
