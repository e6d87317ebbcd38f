"""Plain text in columns: as wide as what stands in them, and never wider than the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

GAP = 2
_LEAST = 6


def aligned(rows: Sequence[Sequence[str]], width: int, indent: int = 2, right: Sequence[int] = ()) -> list[str]:
    """Rows of texts as lines of at most `width` characters; cells of the widest column are broken where need be.

    `right` names the columns whose texts end at the same place; they are not broken before the others are narrow.
    """
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    room = width - indent - GAP * (len(widths) - 1)
    while sum(widths) > room:
        flexible = [column for column in range(len(widths)) if column not in right and widths[column] > _LEAST]
        flexible = flexible or [column for column in range(len(widths)) if widths[column] > 1]
        if not flexible:
            break
        widths[max(flexible, key=lambda column: widths[column])] -= 1
    lines = []
    for row in rows:
        broken = [textwrap.wrap(text, size) or [""] for text, size in zip(row, widths, strict=True)]
        for number in range(max(map(len, broken))):
            cells = [cell[number] if number < len(cell) else "" for cell in broken]
            placed = [
                text.rjust(size) if column in right else text.ljust(size)
                for column, (text, size) in enumerate(zip(cells, widths, strict=True))
            ]
            lines.append((" " * indent + (" " * GAP).join(placed)).rstrip())
    return lines


def paragraph(text: str, width: int, indent: int = 0) -> list[str]:
    """A sentence or two, broken at spaces, its later lines under its first."""
    margin = " " * indent
    return textwrap.wrap(text, width, initial_indent=margin, subsequent_indent=margin)
