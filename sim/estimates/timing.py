"""When: odds by date, by month, by kind, and after a quiet spell, from the numbers of first onsets by period.

Runs are never cut short, so the cumulative incidence of a kind is plainly a share of runs; 1 − Kaplan-Meier per kind
would be too high. Everything is a whole-number sum over worlds, so worlds may come in any order and any portions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.estimates.odds import Sums, Totals, in_room
from sim.records.outcomes import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Table:
    """How many runs of a world had their first onset in a period: a row a (world, period) that some run fell into.

    `world` is the world's place (0, 1, …) among those whose hits and plays stand beside the table. Rows ascend by
    world, and inside a world by period; a period may have several rows. Periods count from 0, and a `count` is
    positive.
    """

    world: Ints
    period: Ints
    count: Ints

    def only(self, rows: Bools) -> Table:
        """Some of the rows."""
        return Table(self.world[rows], self.period[rows], self.count[rows])


def periods(days: Floats, edges: Floats) -> Ints:
    """The period [edge, next edge) of each day, counted from 0; −1 before the first edge. Edges ascend.

    What happens at the end of a period belongs to the next; from the last edge on it is number len(edges) − 1.
    """
    if np.any(np.isnan(days)):
        raise ValueError("the day of an onset is a number, or infinite for never")
    if np.any(np.diff(edges) <= 0):
        raise ValueError("edges must ascend")
    return np.searchsorted(edges, days, side="right") - 1


def within(table: Table, plays: Ints, count: int) -> Sums:
    """Onsets in each of the first `count` periods (months or kinds, for instance): an entry a period.

    `plays` has an entry a world. Rows of other periods are passed over. Rows need not ascend, as long as those of one
    world and period stand together.
    """
    table = table.only((table.period >= 0) & (table.period < count))
    return _by_period(table, table.world * count + table.period, plays, count)


def cumulative(table: Table, plays: Ints, count: int) -> Sums:
    """Onsets up to the end of each of the first `count` periods: an entry a period, each with all before it.

    From the rows of one kind alone it is that kind's cumulative incidence: at each date the kinds sum to the whole
    (Aalen-Johansen without censoring).
    """
    table = table.only(table.period < count)
    sums = _by_period(table, table.world, plays, count)
    return Sums(np.cumsum(sums.hits), np.cumsum(sums.hits_squared), np.cumsum(sums.hits_plays))


def given_quiet(table: Table, hits: Ints, plays: Ints, count: int) -> list[Totals]:
    """Runs without an onset up to the end of each of the first `count` periods, and those of them that hit later.

    `hits` and `plays` have an entry a world. Worlds count by their quiet runs (n) and what these hit later (x), so
    the error is that of a ratio; a world without a quiet run does not count.
    """
    before = table.only(table.period < count)
    early = cumulative(before, plays, count)
    late_hits = np.cumsum(_spread(before.period, in_room(before.count, plays) * hits[before.world], count))
    spent = np.cumsum(_spread(before.period, _so_far(before.world, before.count) == plays[before.world], count))
    x, n = in_room(hits, plays), in_room(plays, plays)
    worlds, hit, run = int(np.count_nonzero(plays)), int(x.sum()), int(n.sum())
    hit_squared, hit_run, run_squared = int(x @ x), int(x @ n), int(n @ n)
    return [
        # with b the onsets so far: x = hits − b and n = plays − b, multiplied out
        Totals(
            worlds=worlds - gone,
            hits=hit - b,
            plays=run - b,
            hits_squared=hit_squared - 2 * b_hit + b_squared,
            hits_plays=hit_run - b_hit - b_run + b_squared,
            plays_squared=run_squared - 2 * b_run + b_squared,
        )
        for gone, b, b_squared, b_run, b_hit in zip(
            spent.tolist(),
            early.hits.tolist(),
            early.hits_squared.tolist(),
            early.hits_plays.tolist(),
            late_hits.tolist(),
            strict=True,
        )
    ]


def _by_period(table: Table, group: Ints, plays: Ints, count: int) -> Sums:
    """What the rows of each period add to Σx, Σx² and Σxn, x being the runs of a group; its rows stand together."""
    runs = in_room(table.count, plays)
    so_far = _so_far(group, runs)
    return Sums(
        _spread(table.period, runs, count),
        # so_far² − (so_far − runs)², which adds up to the square of the group's last
        _spread(table.period, runs * (2 * so_far - runs), count),
        _spread(table.period, runs * plays[table.world], count),
    )


def _so_far(group: Ints, count: Any) -> Any:
    """The counts of a group's rows up to and with each of them."""
    if len(group) == 0:
        return count
    running = np.cumsum(count)
    first = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    before = running[first] - count[first]
    return running - np.repeat(before, np.diff(first, append=len(group)))


def _spread(period: Ints, numbers: Any, count: int) -> Any:
    """The numbers of each period added up, in Python's integers."""
    sums = np.zeros(count, dtype=np.int64 if numbers.dtype != object else object)
    np.add.at(sums, period, numbers)
    return sums.astype(object)
