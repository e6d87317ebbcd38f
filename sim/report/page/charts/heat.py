"""A table whose cells are shaded by size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.report.page import svg
from sim.report.page.charts import layout, text
from sim.report.page.charts.layout import Sizes
from sim.report.wording import plain

_CELL = 34.0
_PADDING = 6.0
_GAP = 8.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its shade from 0 (none) to 1 (darkest), its words, and what hovering shows (row, column and words)."""

    shade: float
    text: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class _Grid:
    """A grid with its words, one way round or the other."""

    rows: list[str]
    columns: list[str]
    cells: list[list[Cell]]
    row_title: str
    column_title: str

    def turned(self) -> _Grid:
        """The same grid with rows for columns."""
        cells = [list(column) for column in zip(*self.cells, strict=True)]
        return _Grid(self.columns, self.rows, cells, self.column_title, self.row_title)

    def need(self, size: Sizes) -> float:
        """The width that a cell needs for its words and for the longest word above it."""
        words = [word for label in self.columns for word in label.split()]
        words += [cell.text for row in self.cells for cell in row]
        return text.widest(words, size.small) + _PADDING


def heat(
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    cells: Sequence[Sequence[Cell]],
    *,
    width: int,
    title: str,
    desc: str,
    row_title: str = "",
    column_title: str = "",
) -> str:
    """A grid of cells, a row for each of `row_labels`; ValueError where cells and labels do not match.

    Where columns would be too narrow for their words, names of rows move above their cells; if that is not enough, rows
    and columns change places; words that still do not fit are left to hovering and to the table behind the chart.
    """
    if len(cells) != len(row_labels) or any(len(row) != len(column_labels) for row in cells):
        raise ValueError("a grid needs a row of cells for each row label, and a cell for each column label")
    size = layout.sizes(width)
    shown = [[Cell(cell.shade, plain(cell.text), cell.tip) for cell in row] for row in cells]
    labels = [plain(name) for name in row_labels], [plain(name) for name in column_labels]
    grid = _Grid(*labels, shown, plain(row_title), plain(column_title))
    names = min(text.widest(grid.rows, size.base) + _GAP, 0.34 * width)
    if _cell_width(grid, width - names) < grid.need(size):
        names = 0.0
        turned = grid.turned() if grid.rows and grid.columns else grid
        if (
            _cell_width(grid, width)
            < grid.need(size)
            <= _cell_width(turned, width) - turned.need(size) + grid.need(size)
        ):
            grid = turned
    body, height = _draw(grid, size, names, float(width))
    return svg.document(body, width=width, height=height, title=title, desc=desc)


def _cell_width(grid: _Grid, room: float) -> float:
    return min(room / max(len(grid.columns), 1), 150.0)


def _draw(grid: _Grid, size: Sizes, names: float, width: float) -> tuple[str, float]:
    wide = _cell_width(grid, width - names)
    head, down = _head(grid, size, names, wide, width)
    parts = [head]
    step = text.line_height(size.base)
    for label, row in zip(grid.rows, grid.cells, strict=True):
        lines = text.wrap(label, names - _GAP if names else width, size.base, 2)
        if names:
            top = down + _CELL / 2 + 5.0 - step * (len(lines) - 1) / 2
        else:
            top, down = down + size.base + 4.0, down + step * len(lines) + 8.0
        parts += [svg.text(0.0, top + n * step, line, size.base) for n, line in enumerate(lines)]
        tall = max(_CELL, step * len(lines) + 4.0) if names else _CELL
        for number, (column, cell) in enumerate(zip(grid.columns, row, strict=True)):
            parts.append(_cell(cell, f"{label}, {column}: {cell.text}", names + number * wide, down, wide, tall, size))
        down += tall
    return "".join(parts), down + 2.0


def _head(grid: _Grid, size: Sizes, names: float, wide: float, width: float) -> tuple[str, float]:
    """Titles and names of columns, and where the cells begin."""
    parts, down = [], 0.0
    step = text.line_height(size.small)
    titles = [f"across: {grid.column_title}"] if grid.column_title else []
    titles += [f"down: {grid.row_title}"] if grid.row_title else []
    for words in titles:
        for line in text.wrap(words, width, size.small, 2):
            down += step
            parts.append(svg.text(0.0, down - 4.0, line, size.small, colour="muted"))
    broken = [text.wrap(label, wide - 2.0, size.small, 2) for label in grid.columns]
    most = max(map(len, broken), default=0)
    for number, lines in enumerate(broken):
        centre = names + (number + 0.5) * wide
        for place, line in enumerate(lines, start=most - len(lines) + 1):
            # Not even an ellipsis fits into a column of a few pixels.
            if text.width(line, size.small) > wide:
                continue
            parts.append(svg.text(centre, down + place * step, line, size.small, anchor="middle", colour="muted"))
    return "".join(parts), down + most * step + 8.0


def _cell(cell: Cell, tip: str, x: float, y: float, wide: float, tall: float, size: Sizes) -> str:
    shade = min(max(cell.shade, 0.0), 1.0)
    fill = svg.rect(x + 1.0, y + 1.0, wide - 2.0, tall - 2.0, "heat", fill_opacity=0.06 + 0.94 * shade, rx=2.0)
    fits = text.width(cell.text, size.small) <= wide - 2.0
    words = svg.text(x + wide / 2, y + tall / 2 + 4.5, cell.text, size.small, anchor="middle") if fits else ""
    return svg.element("g", fill, words, class_="item", tip=cell.tip or tip)
