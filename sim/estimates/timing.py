"""When: odds by date, by month, by kind, and after a quiet spell, from the day of each run's first onset.

`first` is the day of the first counted onset inside the window, infinite where there was none. Runs are never cut
short, so the cumulative incidence of a kind is plainly a share of runs; 1 − Kaplan-Meier per kind would be too high.
"""

from __future__ import annotations

import numpy as np

from sim.estimates.odds import Grouping, Proportion, Totals, grouping, proportion, totals
from sim.records.outcomes import Bools, Floats, Ints


def cumulative(first: Floats, world: Ints, ends: Floats) -> list[Proportion]:
    """P(first onset before each of `ends`), in the order of `ends`; rows are runs, ends are days."""
    _check(first, world)
    running = _running(first, grouping(world), ends, np.isfinite(first))
    return [Proportion(sums.share, sums.error) for sums in running]


def cumulative_by_kind(first: Floats, kind: Ints, world: Ints, ends: Floats, kinds: int) -> tuple[Floats, Floats]:
    """P(first onset before each end, and of this kind): shares and their errors, both of shape kinds × ends.

    At each date the kinds sum to `cumulative` (Aalen-Johansen without censoring). `kind` counts from 0 and is read only
    where `first` is finite. An error that cannot be told (fewer than 2 worlds) is NaN.
    """
    _check(first, world)
    kind = np.asarray(kind, dtype=np.int64)
    onset = np.isfinite(first)
    seen = kind[onset]
    if len(seen) and not (int(seen.min()) >= 0 and int(seen.max()) < kinds):
        raise ValueError(f"an onset of a kind outside 0 … {kinds - 1}")
    groups = grouping(world)
    p = np.empty((kinds, len(ends)))
    se = np.empty((kinds, len(ends)))
    for row in range(kinds):
        for column, sums in enumerate(_running(first, groups, ends, onset & (kind == row))):
            error = sums.error
            p[row, column] = sums.share
            se[row, column] = np.nan if error is None else error
    return p, se


def within(first: Floats, world: Ints, edges: Floats) -> list[Proportion]:
    """P(first onset in [edge, next edge)) for each neighbouring pair of `edges` (days, ascending): months, for one."""
    _check(first, world)
    edges = np.asarray(edges, dtype=np.float64)
    if np.any(np.diff(edges) <= 0):
        raise ValueError("edges must ascend")
    slot = np.searchsorted(edges, first, side="right") - 1
    groups = grouping(world)
    shares = []
    for column in range(len(edges) - 1):
        sums = totals(groups.count(slot == column), groups.plays)
        shares.append(Proportion(sums.share, sums.error))
    return shares


def given_quiet(first: Floats, world: Ints, untils: Floats) -> list[tuple[Proportion | None, int]]:
    """P(an onset in the rest of the window | none before each of `untils`), and the number of runs still quiet.

    Worlds count by their quiet runs, so the error is that of a ratio. None where no run stayed quiet.
    """
    _check(first, world)
    answers: list[tuple[Proportion | None, int]] = []
    for until in np.asarray(untils, dtype=np.float64):
        quiet = first >= until
        n = int(np.count_nonzero(quiet))
        answers.append((proportion(np.isfinite(first[quiet]), world[quiet]) if n else None, n))
    return answers


def _check(first: Floats, world: Ints) -> None:
    if len(first) != len(world):
        raise ValueError(f"{len(first)} onsets for {len(world)} rows")
    if len(first) == 0:
        raise ValueError("no finished run to date an onset of")
    if np.any(np.isnan(first)):
        raise ValueError("the day of an onset is a number, or infinite for never")


def _running(first: Floats, groups: Grouping, ends: Floats, counted: Bools) -> list[Totals]:
    """Totals of the counted rows with first < end, for each end; counts grow from end to end, never start anew."""
    ends = np.asarray(ends, dtype=np.float64)
    order = np.argsort(ends, kind="stable")
    missed = np.searchsorted(ends[order], first[counted], side="right")
    by_end = np.argsort(missed, kind="stable")
    places = groups.place[counted][by_end]
    stops = np.searchsorted(missed[by_end], np.arange(len(ends)), side="right")
    hits = np.zeros(len(groups.plays), dtype=np.int64)
    sums = totals(hits, groups.plays)
    done: dict[int, Totals] = {}
    start = 0
    for column, stop in zip(order.tolist(), stops.tolist(), strict=True):
        if stop > start:
            hits += np.bincount(places[start:stop], minlength=len(hits))
            sums = totals(hits, groups.plays)
        start = stop
        done[column] = sums
    return [done[column] for column in range(len(ends))]
