"""A table of differences: rows of signed points, shaded by their size, so that a reader finds where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from sim.records.comparison import GapPart
from sim.report import style, wording
from sim.report.figures import compared, measure
from sim.report.figures.sheet import Sheet

_HEAD = 0.3
_ROW = 0.25
_FOOT = 0.16
_LEFT = style.MARGIN + 2.6
_WIDTH = style.WIDTH - style.MARGIN - _LEFT
_SIZE = style.SMALL_SIZE
_LINE = measure.line_height(_SIZE)
# A cell that is narrower than its numbers is told by shade and hatch; none is wider than this.
_WIDEST = 1.25
_LOWER, _HIGHER = style.BLUE, style.VERMILLION
# Shares of full colour for the smallest and the largest difference: dark cells would drown their numbers.
_FAINTEST, _STRONGEST = 0.1, 0.5


@dataclass(frozen=True, slots=True)
class GapTable:
    """Rows of cells by column; a column that a row lacks stays empty. Heads are words, and may be several lines."""

    heading: str
    heads: Mapping[str, str]
    rows: Sequence[tuple[str, Mapping[str, GapPart]]]

    @property
    def column(self) -> float:
        """Width of a column in inches."""
        return min(_WIDTH / max(len(self.heads), 1), _WIDEST)

    @property
    def top(self) -> float:
        """Inches above the first row."""
        lines = max((len(self.broken(words)) for words in self.heads.values()), default=0)
        return _HEAD + lines * _LINE + 0.08

    @property
    def height(self) -> float:
        """Inches that the table takes."""
        return self.top + _ROW * len(self.rows) + _FOOT

    @property
    def written(self) -> bool:
        """Whether there is room for a number in every cell."""
        texts = [_number(cell) for _, cells in self.rows for cell in cells.values()]
        return max((measure.width(text, _SIZE) for text in texts), default=0.0) + 0.04 < self.column

    def broken(self, words: str) -> list[str]:
        """The lines of a head."""
        if "\n" in words:
            return words.split("\n")
        return measure.wrap(words, max(self.column - 0.06, 0.3), _SIZE, lines=3)


def draw(page: Sheet, table: GapTable, down: float, name: str) -> Axes:
    """Draw the table `down` inches below the top of the body; returns the axes of its cells."""
    page.text(style.MARGIN, down + 0.1, table.heading, fontweight="bold", color=style.MUTED)
    _write_heads(page, table, down)
    tall = _ROW * len(table.rows)
    axes = page.axes(_LEFT, down + table.top, table.column * len(table.heads), tall, label=name)
    axes.set_xlim(0.0, float(len(table.heads)))
    axes.set_ylim(float(len(table.rows)), 0.0)
    axes.set_axis_off()
    sizes = [abs(cell["difference"]) for _, cells in table.rows for cell in cells.values()]
    for number, (row, cells) in enumerate(table.rows):
        words = measure.squeeze(row, _LEFT - style.MARGIN - 0.15, _SIZE + 0.5)
        page.text(style.MARGIN, down + table.top + _ROW * (number + 0.5), words, size=_SIZE + 0.5)
        for place, column in enumerate(table.heads):
            if column in cells:
                _draw_cell(axes, cells[column], place, number, max(sizes), table.written)
        frame: dict[str, Any] = {"fill": False, "edgecolor": style.RULE, "linewidth": 0.5, "clip_on": False}
        axes.add_patch(Rectangle((0.0, number), len(table.heads), 1.0, **frame))
    return axes


def _write_heads(page: Sheet, table: GapTable, down: float) -> None:
    """Words above the columns, each where the one before has left room."""
    free = 0.0
    bottom = down + table.top - 0.08
    for place, words in enumerate(table.heads.values()):
        lines = table.broken(words) or [""]
        centre = _LEFT + (place + 0.5) * table.column
        room = max(measure.width(line, _SIZE) for line in lines) / 2 + 0.03
        if not words.strip() or centre - room < free or centre + room > page.width - 0.05:
            continue
        free = centre + room
        for number, line in enumerate(reversed(lines)):
            page.text(centre, bottom - (number + 0.5) * _LINE, line, size=_SIZE, ha="center", color=style.MUTED)


def _draw_cell(axes: Axes, cell: GapPart, place: int, row: int, most: float, written: bool) -> None:
    """A shaded field; one that cannot be told from no difference stays white, its number grey."""
    difference = cell["difference"]
    clear = compared.clear(difference, cell["se"])
    shade = style.PAPER
    if clear:
        strength = _FAINTEST + (_STRONGEST - _FAINTEST) * abs(difference) / most
        shade = _mixed(_HIGHER if difference > 0.0 else _LOWER, strength)
    # Where no sign is written, hatches tell higher from lower in a grey print.
    hatch = "////" if clear and difference > 0.0 and not written else None
    # Many narrow cells would be all border.
    edge, width = (style.RULE, 0.5) if written else (style.PAPER, 0.2)
    look: dict[str, Any] = {"facecolor": shade, "edgecolor": edge, "hatch": hatch, "linewidth": width}
    axes.add_patch(Rectangle((place, row), 1.0, 1.0, clip_on=False, **look))
    if written:
        colour = style.INK if clear else style.MUTED
        axes.text(place + 0.5, row + 0.5, _number(cell), ha="center", va="center", fontsize=_SIZE, color=colour)


def _number(cell: GapPart) -> str:
    return wording.gap(cell["difference"], cell["se"])


def _mixed(colour: str, share: float) -> str:
    """A colour mixed with paper; `share` of 1 is the colour itself."""
    channels = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(share * channel + (1.0 - share) * 255):02x}" for channel in channels)
