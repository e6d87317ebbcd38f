"""Scheduled things under a calendar: a lane a family, bars for what lasts, whiskers for dates that are not certain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from sim.records.paths import Mark
from sim.report import style
from sim.report.figures import calendar, measure
from sim.report.wording import capital, count, day, human, plain

FAMILIES = ("pullback", "exercise", "sanction", "diplomacy", "event")
ROW = 0.225
_PAD = 0.07
_BAR = 0.1
_GLYPH = 0.055
_CLEAR = 0.12
_GAP = 0.05
# Room for the name of a family, left of its lane.
_FAMILY = 0.7
# From this many days on, a day and a month do not tell the year.
_YEAR_TOLD = 360
# The least room that is worth a label beside its mark.
_LEAST = 1.4
_LOOKS = {
    "pullback": (style.GREEN, ""),
    "exercise": (style.ORANGE, "////"),
    "sanction": (style.PURPLE, "...."),
    "diplomacy": (style.BLUE, ""),
    "event": (style.INK, ""),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark with its place: row from the top, ends and label in inches from the left of the calendar."""

    mark: Mark
    row: int
    start: float
    end: float
    early: float
    late: float
    label: str
    label_left: float


@dataclass(frozen=True, slots=True)
class Lanes:
    """Marks laid out for a calendar of `width` inches; `families` gives each lane its first row and its rows."""

    placed: tuple[Placed, ...]
    families: tuple[tuple[str, int, int], ...]
    left_out: int
    width: float

    @property
    def height(self) -> float:
        """Inches that the lanes need; 0 without marks."""
        rows = sum(rows for _, _, rows in self.families)
        return rows * ROW + len(self.families) * _PAD if rows else 0.0


def lay_out(marks: Sequence[Mark], view: calendar.View, width: float) -> Lanes:
    """Give every mark in view a row in which neither it nor its label meets another."""
    known = [mark for family in FAMILIES for mark in _sorted(marks, family)]
    others = sorted({mark.family for mark in marks} - set(FAMILIES))
    known += [mark for family in others for mark in _sorted(marks, family)]
    seen = [mark for mark in known if _last(mark) >= view.first and mark.earliest < view.end]
    placed: list[Placed] = []
    families: list[tuple[str, int, int]] = []
    row = 0
    for family in (*FAMILIES, *others):
        own = [mark for mark in seen if mark.family == family]
        if not own:
            continue
        rows: list[list[tuple[float, float]]] = []
        for mark in own:
            piece, taken = _place(mark, view, width)
            free = next((index for index, used in enumerate(rows) if not _meets(taken, used)), len(rows))
            if free == len(rows):
                rows.append([])
            rows[free].append(taken)
            placed.append(Placed(mark, row + free, *piece))
        families.append((family, row, len(rows)))
        row += len(rows)
    return Lanes(tuple(placed), tuple(families), len(marks) - len(seen), width)


def draw(axes: Axes, lanes: Lanes, view: calendar.View) -> None:
    """Draw the lanes on axes whose height is `lanes.height` inches; families are named left of them."""
    scale = view.days / lanes.width
    left = view.limits[0]
    axes.set_ylim(lanes.height, 0.0)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    for number, (family, first, rows) in enumerate(lanes.families):
        top = first * ROW + number * _PAD
        middle = top + (rows * ROW + _PAD) / 2
        name = measure.fit(human(family), _FAMILY, style.SMALL_SIZE)
        axes.text(left - 0.12 * scale, middle, name, ha="right", va="center", fontsize=style.SMALL_SIZE)
        if number:
            axes.axhline(top, color=style.RULE, linewidth=0.6)
    order = {family: number for number, (family, _, _) in enumerate(lanes.families)}
    for piece in lanes.placed:
        middle = (piece.row + 0.5) * ROW + (order[piece.mark.family] + 0.5) * _PAD
        _draw_mark(axes, piece, middle, left, scale)


def notes(lanes: Lanes) -> str:
    """What to say about the lanes in a footer; empty without marks."""
    if not lanes.placed and not lanes.left_out:
        return ""
    parts = []
    if any(piece.late > piece.early for piece in lanes.placed):
        parts.append("thin lines: 5–95 % of uncertain dates")
    if lanes.left_out:
        parts.append(f"{count(lanes.left_out, 'mark')} outside these dates")
    return ", ".join(parts)


def _sorted(marks: Sequence[Mark], family: str) -> list[Mark]:
    return sorted((mark for mark in marks if mark.family == family), key=lambda mark: (mark.date, mark.label))


def _last(mark: Mark) -> dt.date:
    return max(mark.date, mark.latest, mark.until or mark.date)


def _meets(taken: tuple[float, float], used: Sequence[tuple[float, float]]) -> bool:
    return any(taken[0] < high and low < taken[1] for low, high in used)


def _place(
    mark: Mark, view: calendar.View, width: float
) -> tuple[tuple[float, float, float, float, str, float], tuple[float, float]]:
    """Ends and label of a mark in inches, cut to the view, and the stretch of its row that it takes."""

    def inches(date: dt.date) -> float:
        return min(max((date - view.first).days / view.days * width, 0.0), width)

    start = inches(mark.date)
    end = inches(mark.until) if mark.until else start
    early, late = inches(mark.earliest), inches(mark.latest)
    left, right = min(start, early) - _GLYPH, max(start, end, late) + _GLYPH
    label, label_left = _label(mark, view, left, right, width)
    taken = (min(left, label_left), max(right, label_left + measure.width(label, style.SMALL_SIZE)) + _CLEAR)
    return (start, end, early, late, label, label_left), taken


def _label(mark: Mark, view: calendar.View, left: float, right: float, width: float) -> tuple[str, float]:
    """The words of a mark and where they begin: to its right, or left of it where that side has more room."""
    dates = _dates(mark, view)
    own = measure.width(dates, style.SMALL_SIZE)
    beside = {"right": width - right - _GAP, "left": left - _GAP}
    wanted = measure.width(capital(plain(mark.label)), style.SMALL_SIZE) + own
    side = "right" if beside["right"] >= min(wanted, beside["left"]) else "left"
    # A mark that fills the picture leaves no side: its words then lie on it.
    on_top = beside[side] < min(wanted, _LEAST)
    room = width if on_top else min(beside[side], 0.6 * width)
    label = measure.fit(capital(plain(mark.label)), max(room - own, 0.0), style.SMALL_SIZE) + dates
    long = measure.width(label, style.SMALL_SIZE)
    if on_top:
        return label, max((width - long) / 2, 0.0)
    return label, right + _GAP if side == "right" else left - _GAP - long


def _dates(mark: Mark, view: calendar.View) -> str:
    """The dates of a mark, with their year where the axis alone would leave it open."""
    ends = [mark.date] if mark.until is None or mark.until <= mark.date else [mark.date, mark.until]
    years = view.days > _YEAR_TOLD or any(not view.first <= end <= view.end for end in ends)
    return ", " + " – ".join(day(end, year=years) for end in ends)


def _draw_mark(axes: Axes, piece: Placed, middle: float, left: float, scale: float) -> None:
    colour, hatch = _LOOKS.get(piece.mark.family, (style.INK, ""))

    def place(inches: float) -> float:
        return left + inches * scale

    if piece.end > piece.start:
        corner = (place(piece.start), middle - _BAR / 2)
        edge = style.PAPER if hatch else colour
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": edge, "linewidth": 0.6, "zorder": 3}
        axes.add_patch(Rectangle(corner, (piece.end - piece.start) * scale, _BAR, **look))
    else:
        axes.plot([place(piece.start)], [middle], "D", markersize=4.5, color=colour, clip_on=False, zorder=3)
    if piece.late > piece.early:
        ends = [place(piece.early), place(piece.late)]
        axes.plot(ends, [middle, middle], color=style.INK, linewidth=0.9, solid_capstyle="butt", zorder=4)
        axes.plot(ends, [middle, middle], "|", markersize=6, color=style.INK, clip_on=False, zorder=4)
    halo = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.6}
    covers = piece.label_left < max(piece.end, piece.late) and piece.label_left + 0.2 > min(piece.start, piece.early)
    words: dict[str, Any] = {"fontsize": style.SMALL_SIZE, "zorder": 5, "bbox": halo if covers else None}
    axes.text(place(piece.label_left), middle, piece.label, ha="left", va="center", **words)
