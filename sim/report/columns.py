"""Plain text in columns: as wide as what stands in them, and never wider than the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

GAP = 2
_LEAST = 6


def aligned(rows: Sequence[Sequence[str]], width: int, indent: int = 2, right: Sequence[int] = ()) -> list[str]:
    """Rows of texts as lines of at most `width` characters; cells of the widest column are broken where need be.

    `right` names the columns whose texts end at the same place; they are not broken before the others are narrow.
    Columns without any text are left out. Space at the beginning of a cell indents its later lines, too.
    """
    if not rows:
        return []
    filled = [column for column in range(len(rows[0])) if any(row[column].strip() for row in rows)]
    widths = _widths(rows, filled, width - indent - GAP * (len(filled) - 1), right)
    lines = []
    for row in rows:
        broken = [_broken(row[column], widths[column]) for column in filled]
        for number in range(max(map(len, broken), default=0)):
            cells = [cell[number] if number < len(cell) else "" for cell in broken]
            placed = [
                text.rjust(widths[column]) if column in right else text.ljust(widths[column])
                for column, text in zip(filled, cells, strict=True)
            ]
            lines.append((" " * indent + (" " * GAP).join(placed)).rstrip())
    return lines


def _widths(rows: Sequence[Sequence[str]], filled: Sequence[int], room: int, right: Sequence[int]) -> dict[int, int]:
    """Width of each column: that of its longest text, less what the line cannot hold."""
    widths = {column: max(len(row[column]) for row in rows) for column in filled}
    while sum(widths.values()) > room:
        flexible = [column for column in filled if column not in right and widths[column] > _LEAST]
        flexible = flexible or [column for column in filled if widths[column] > 1]
        if not flexible:
            break
        widths[max(flexible, key=lambda column: widths[column])] -= 1
    return widths


def _broken(text: str, size: int) -> list[str]:
    lead = text[: len(text) - len(text.lstrip())]
    # In a very narrow column the indent would leave no room for words.
    lead = lead if len(lead) < size else ""
    return _wrapped(text.strip(), size, lead) or [""]


def _wrapped(text: str, width: int, margin: str) -> list[str]:
    """Lines broken at spaces, but never between a figure and its per cent sign."""
    lines = textwrap.wrap(text.replace(" %", "\u00a0%"), width, initial_indent=margin, subsequent_indent=margin)
    return [line.replace("\u00a0", " ") for line in lines]


def paragraph(text: str, width: int, indent: int = 0) -> list[str]:
    """A sentence or two, broken at spaces, its later lines under its first."""
    return _wrapped(text, width, " " * indent)
