"""Tables of which each row fills only some columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.report.tables import Table


def sparse(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> Table:
    """A table from rows that name what they hold; the rest is None.

    Raises `ValueError` where a row holds what is no column: it would be lost.
    """
    for number, row in enumerate(rows, start=1):
        if unknown := [name for name in row if name not in columns]:
            raise ValueError(f"row {number} has {', '.join(unknown)}, which is no column")
    return Table(tuple(columns), tuple(tuple(row.get(column) for column in columns) for row in rows))
