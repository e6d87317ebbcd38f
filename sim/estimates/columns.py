"""Assumptions as columns, one value a world, and what ranking makes of them: shares, bins and levels.

Only the order of values counts here, so a logarithm or a change of unit changes nothing. Equal values stay together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.records.outcomes import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Column:
    """One assumption: its value in each world. With `categories` the values are codes of states, without order."""

    values: Floats
    categories: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """Hits and plays of the worlds that were played at all, as floats (whole numbers, so their sums are exact).

    `kept` tells which of the worlds handed in these are.
    """

    hits: Floats
    plays: Floats
    kept: Bools

    def __len__(self) -> int:
        """The number of worlds that were played."""
        return len(self.hits)

    @property
    def means(self) -> Floats:
        """Each world's share of plays that hit."""
        return self.hits / self.plays

    def values(self, column: Column) -> Floats:
        """The column's values in these worlds; `ValueError` where it is about other worlds or has a NaN."""
        values = np.asarray(column.values, dtype=np.float64)
        if values.shape != self.kept.shape:
            raise ValueError(f"values of {values.shape} worlds, plays of {self.kept.shape}")
        values = values[self.kept]
        if np.any(np.isnan(values)):
            raise ValueError("a value is not a number")
        return values


def counted(hits: Ints, plays: Ints, fewest: int) -> Counted:
    """The worlds that were played; `ValueError` for fewer than `fewest` of them and for what no world can have."""
    x, n = np.asarray(hits, dtype=np.float64), np.asarray(plays, dtype=np.float64)
    if x.ndim != 1 or x.shape != n.shape:
        raise ValueError(f"hits of {x.shape} worlds, plays of {n.shape}")
    if np.any(x < 0) or np.any(x > n):
        raise ValueError("a world hits between 0 times and as often as it was played")
    kept = n > 0
    if int(np.count_nonzero(kept)) < fewest:
        raise ValueError(f"needs at least {fewest} worlds that were played, not {int(np.count_nonzero(kept))}")
    return Counted(x[kept], n[kept], kept)


def mid_ranks(values: Floats) -> Floats:
    """The share of values below each, plus half of those equal to it: between 0 and 1, one number for equal values."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles = (np.cumsum(counts) - 0.5 * counts) / len(values)
    return np.asarray(middles[place], dtype=np.float64)


def levels(values: Floats) -> tuple[Floats, Ints]:
    """The distinct values, ascending, and the number (0, 1, …) of each world's."""
    distinct, place = np.unique(values, return_inverse=True)
    return distinct, place.astype(np.int64, copy=False)


def bins(values: Floats, most: int, *, categories: bool) -> Ints:
    """The bin (0, 1, …) of each world: at most `most` of equal size by rank, a bin for each state; none is empty."""
    if categories:
        return levels(values)[1]
    rough = np.minimum((mid_ranks(values) * most).astype(np.int64), most - 1)
    return levels(rough.astype(np.float64))[1]
