"""Tables: the numbers behind a figure, as they are written to CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and rows of plain values; every row is as long as `columns`.

    Raises `ValueError` when a row is longer or shorter.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def __post_init__(self) -> None:
        """Refuse ragged rows: a CSV would silently shift them."""
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} values for {len(self.columns)} columns")

    def to_csv(self) -> str:
        """The table as CSV: a header line, floats with all their digits, nothing for None, Unix newlines."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([cell(value) for value in row] for row in self.rows)
        return text.getvalue()

    def to_tsv(self) -> str:
        """The table with tabs between columns and nothing quoted; white space inside texts becomes a space."""
        lines = [self.columns, *([" ".join(cell(value).split()) for value in row] for row in self.rows)]
        return "".join("\t".join(line) + "\n" for line in lines)


def cell(value: object) -> str:
    """A value as it is written: floats with all their digits, `true` and `false`, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        # NumPy's own repr would write np.float64(0.1).
        return repr(float(value))
    return str(value)
