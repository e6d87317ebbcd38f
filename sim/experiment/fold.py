"""What a part of the runs leaves behind: counts a world of everything that the forecast asks about.

A *part* is some consecutive worlds with all their replays. Its rows may come in any order and any number of batches;
only whole numbers are kept of them, so nobody can tell from the counts how they came.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.estimates.odds import Sums, Totals, sums_of
from sim.estimates.timing import Table, cumulative, given_quiet, periods, within
from sim.records.outcomes import FINISHED, Bools, Floats, Ints, Outcomes
from sim.scenario.load import Scenario
from sim.timeline import month_edges

CUMULATIVE_STEP = 7
# How many keys wait before they are merged with those that were counted before; a batch of them costs some more.
MERGED_AT, BATCH_COSTS = 2**16, 64

Road = tuple[int, int, int]
"""How a run came to its first onset: kind, block of the root, and the flags (a bit each) that were on at the root."""

IN_PROGRESS, EARLY, IN_WINDOW_OR_IN_PROGRESS = range(3)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The dates that a question asks about, as dates and as days since the clock's start.

    `months` has the label and the first date of each calendar month that meets the window, `month_edges` the day on
    which each begins, and the end of the window; `dates` is every seventh date of the window and its last one, and
    `date_ends` the day on which each is over.
    """

    months: list[tuple[str, dt.date]]
    month_edges: Floats
    dates: list[dt.date]
    date_ends: Floats


def calendar(scenario: Scenario) -> Calendar:
    """The dates that a scenario's question asks about."""
    question, start = scenario.file.question, scenario.file.clock.starts
    edges = month_edges(question.opens, question.closes + dt.timedelta(days=1))
    length = (question.closes - question.opens).days
    dates = [question.opens + dt.timedelta(days=day) for day in range(0, length, CUMULATIVE_STEP)]
    dates.append(question.closes)
    return Calendar(
        months=[(label, first) for label, first, _ in edges],
        month_edges=_days(start, [edges[0][1], *(end for _, _, end in edges)]),
        dates=dates,
        date_ends=_days(start, dates) + 1.0,
    )


def _days(start: dt.date, dates: list[dt.date]) -> Floats:
    return np.array([float((date - start).days) for date in dates])


class Census:
    """How often each key (a whole number of at least 0) was seen."""

    def __init__(self) -> None:
        """Nothing was seen."""
        nothing = np.zeros(0, dtype=np.int64)
        self._keys, self._times = nothing, nothing
        self._waiting: list[tuple[Ints, Ints]] = []
        self._many = 0

    def add(self, keys: Ints) -> None:
        """See some keys."""
        distinct, times = np.unique(keys, return_counts=True)
        self._waiting.append((distinct, times))
        self._many += BATCH_COSTS + len(distinct)
        # as many as are known already: merging costs in proportion to both
        if self._many > max(MERGED_AT, len(self._keys)):
            self._merge()

    def seen(self) -> tuple[Ints, Ints]:
        """The distinct keys, ascending, and how often each was seen."""
        self._merge()
        return self._keys, self._times

    def _merge(self) -> None:
        if not self._waiting:
            return
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._waiting)])
        times = np.concatenate([self._times, *(times for _, times in self._waiting)])
        self._keys, place = np.unique(keys, return_inverse=True)
        self._times = np.zeros(len(self._keys), dtype=np.int64)
        np.add.at(self._times, place, times)
        self._waiting, self._many = [], 0


class Fold:
    """Counts of a part. `hits` and `plays` have an entry a world; failed runs are counted beside and are no plays."""

    def __init__(self, scenario: Scenario, worlds: range) -> None:
        """Nothing of these worlds is played yet."""
        self.worlds = worlds
        self.hits: Ints = np.zeros(len(worlds), dtype=np.int64)
        self.plays: Ints = np.zeros(len(worlds), dtype=np.int64)
        self.failures: Counter[int] = Counter()
        self.failed_at = math.inf
        program = scenario.program
        self.kinds = program.kinds
        self._counted: Bools = program.kind_counted.astype(np.bool_)
        self._blocks = len(program.blocks)
        self._calendar = calendar(scenario)
        edges = np.union1d(self._calendar.month_edges, self._calendar.date_ends)
        # whatever lies between two neighbours falls into one month, before one date and after one
        self._edges: Floats = np.concatenate(([-math.inf], edges))
        self._first: Ints = np.zeros((len(program.kinds), len(worlds)), dtype=np.int64)
        self._began: Ints = np.zeros((len(program.kinds), len(worlds)), dtype=np.int64)
        self._before: Ints = np.zeros((3, len(worlds)), dtype=np.int64)
        self._onsets = Census()
        self._roads: dict[Road, int] = {}
        self._by_road = Census()

    def add(self, outcomes: Outcomes) -> None:
        """Count some runs of these worlds; each run is to be given once. `ValueError` for those of other worlds."""
        if len(outcomes) == 0:
            return
        place = outcomes.world - self.worlds.start
        if int(place.min()) < 0 or int(place.max()) >= len(self.worlds):
            raise ValueError(f"runs of worlds outside [{self.worlds.start}, {self.worlds.stop})")
        done = outcomes.status == FINISHED
        self._add_failures(outcomes, ~done)
        place, first = place[done], outcomes.first[done]
        hit: Bools = np.isfinite(first)
        _count(place, self.plays)
        _count(place[hit], self.hits)
        kind, root, flags = (column[done][hit] for column in (outcomes.kind, outcomes.root, outcomes.flags))
        began: Bools = np.isfinite(outcomes.onset[done])
        for row in range(len(self.kinds)):
            _count(place[hit][kind == row], self._first[row])
            _count(place[began[:, row]], self._began[row])
        running: Bools = outcomes.running[done][:, self._counted].any(axis=1)
        early: Bools = np.isfinite(outcomes.early[done][:, self._counted]).any(axis=1)
        for row, which in ((IN_PROGRESS, running), (EARLY, early), (IN_WINDOW_OR_IN_PROGRESS, running | hit)):
            _count(place[which], self._before[row])
        slot = periods(first[hit], self._edges)
        self._onsets.add((place[hit] * len(self._edges) + slot) * len(self.kinds) + kind)
        self._by_road.add(self._road(kind, root, flags) * len(self.worlds) + place[hit])

    def _add_failures(self, outcomes: Outcomes, failed: Bools) -> None:
        if not failed.any():
            return
        codes, times = np.unique(outcomes.status[failed], return_counts=True)
        self.failures.update(dict(zip(codes.tolist(), times.tolist(), strict=True)))
        self.failed_at = min(self.failed_at, float(np.min(outcomes.failed_at[failed])))

    def _road(self, kind: Ints, root: Ints, flags: npt.NDArray[np.uint64]) -> Ints:
        """A number for each run's road. It depends on what came first, so it never leaves this object."""
        known, flag = np.unique(flags, return_inverse=True)
        code = (kind * self._blocks + root) * len(known) + flag
        _, rows, which = np.unique(code, return_index=True, return_inverse=True)
        roads = zip(kind[rows].tolist(), root[rows].tolist(), flags[rows].tolist(), strict=True)
        numbers = [self._roads.setdefault(road, len(self._roads)) for road in roads]
        return np.array(numbers, dtype=np.int64)[which]

    def shares(self) -> dict[str, Sums]:
        """Sums over the worlds for shares of all finished runs.

        `first` and `began` have an entry a kind (the first onset, any onset), `before` three (see the constants),
        `months` one a month, `dates` one a date, and so has `dates NAME` for each counted kind.
        """
        world, kind, slot, count = self._first_onsets()
        asked = self._calendar
        month = periods(self._edges, asked.month_edges)[slot]
        date = periods(self._edges, _open(asked.date_ends))[slot]
        dates = Table(world, date, count)
        found = {
            "first": sums_of(self._first, self.plays),
            "began": sums_of(self._began, self.plays),
            "before": sums_of(self._before, self.plays),
            "months": within(Table(world, month, count), self.plays, len(asked.months)),
            "dates": cumulative(dates, self.plays, len(asked.dates)),
        }
        for place in np.flatnonzero(self._counted).tolist():
            found[by_kind(self.kinds[place])] = cumulative(dates.only(kind == place), self.plays, len(asked.dates))
        return found

    def quiet(self) -> list[Totals]:
        """For the first date of each month: runs without an onset before it, and how many of them have one later."""
        world, _, slot, count = self._first_onsets()
        starts = self._calendar.month_edges[:-1]
        table = Table(world, periods(self._edges, _open(starts))[slot], count)
        return given_quiet(table, self.hits, self.plays, len(starts))

    def roads(self) -> dict[Road, tuple[int, int, int]]:
        """Σx, Σx² and Σxn for the share of each road that was gone, in no order."""
        keys, count = self._by_road.seen()
        number, world = np.divmod(keys, max(1, len(self.worlds)))
        sums = within(Table(world, number, count), self.plays, len(self._roads))
        columns = zip(sums.hits.tolist(), sums.hits_squared.tolist(), sums.hits_plays.tolist(), strict=True)
        return dict(zip(self._roads, columns, strict=True))

    def _first_onsets(self) -> tuple[Ints, Ints, Ints, Ints]:
        """World, kind, slot between the edges, and number of runs; ascending by world, then by slot."""
        keys, count = self._onsets.seen()
        rest, kind = np.divmod(keys, len(self.kinds))
        world, slot = np.divmod(rest, len(self._edges))
        return world, kind, slot, count


def by_kind(kind: str) -> str:
    """The name of the shares of one kind by date."""
    return f"dates {kind}"


def _open(ends: Floats) -> Floats:
    """Edges of periods that reach to each of these ends, the first from ever."""
    return np.concatenate(([-math.inf], ends))


def _count(places: Ints, into: Ints) -> None:
    """Count places; a batch knows only a stretch of them."""
    if len(places):
        low = int(places.min())
        counts = np.bincount(places - low)
        into[low : low + len(counts)] += counts
