"""The search for a box of worlds where crises concentrate, on columns that are cut into levels.

Friedman and Fisher's patient rule induction (1999, Statistics and Computing 9: 123–143): slices are peeled off one by
one, always the one with the lowest odds; the best box on the way is then refined, limit by limit. Beside it a box is
grown, the best single limit first, for a narrow cliff is no reason to peel anything. What makes a box the best is one
number throughout, its `gain`: the variance of the odds between inside and outside, which is the Brier score that
learning "inside or outside" would gain. A box of all worlds gains nothing, nor does one so small that it hardly ever
applies, and a limit that cuts off a slice no calmer than the rest makes it smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.estimates.columns import bins, levels
from sim.records.outcomes import Bools, Floats, Ints

# a hundred levels: numbers are peeled by whole per cents of their worlds, and limits are sharpened afterwards
LEVELS = 100
# as fine as the smallest box is wide
EDGES = 50
# a limit that adds less than this share to the gain is not worth a reader's attention
WORTH = 0.05
MOST_SWEEPS = 20


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns in levels: `level` has a row a world, `count` the levels of each column, `ordered` is False for states.

    A box is told by the levels it admits: a row of Bools a column, `width` of them (those beyond `count` are False).
    """

    level: Ints
    count: Ints
    ordered: Bools

    @property
    def width(self) -> int:
        """The most levels of any column."""
        return int(self.count.max())

    @property
    def everything(self) -> Bools:
        """The box of all worlds."""
        return np.arange(self.width) < self.count[:, None]

    def outside(self, box: Bools) -> Bools:
        """A row a world, a column a column: where a world's level is not admitted."""
        return ~box[np.arange(len(self.count)), self.level]

    def inside(self, box: Bools) -> Bools:
        """The worlds inside a box."""
        limited = self.limited(box)
        return np.asarray((box[limited, self.level[:, limited]]).all(axis=1))

    def limited(self, box: Bools) -> Ints:
        """The columns that a box limits."""
        return np.flatnonzero((self.everything & ~box).any(axis=1))


@dataclass(frozen=True, slots=True)
class Sample:
    """Hits and plays of each world in one search, and the rule of the search; a world with 0 plays is not in it.

    At least a share of `peel` of what is left goes at each step, and `least_mass` of all plays stay.
    """

    hits: Floats
    plays: Floats
    peel: float
    least_mass: float

    def only(self, worlds: Bools) -> Sample:
        """The same search in some of the worlds."""
        return self.weighted(worlds.astype(np.float64))

    def weighted(self, weights: Floats) -> Sample:
        """The same search with each world as many times as its weight says."""
        return Sample(self.hits * weights, self.plays * weights, self.peel, self.least_mass)

    def gain(self, hits: Floats | np.float64 | float, plays: Floats | np.float64 | float) -> Floats:
        """m/(1 − m)·(density − base)² of boxes with these sums; 0 where no denser than all, −1 where too small."""
        all_hits, all_plays = float(self.hits.sum()), float(self.plays.sum())
        rest = all_plays - plays
        large = (plays >= self.least_mass * all_plays) & (plays > 0)
        excess = np.maximum(0.0, hits / np.where(large, plays, 1.0) - all_hits / all_plays)
        gains = np.where(rest > 0, plays, 0.0) / np.where(rest > 0, rest, 1.0) * excess * excess
        return np.where(large, gains, -1.0)


@dataclass(frozen=True, slots=True)
class Step:
    """A box on the way: its share of plays and of hits, its odds, and how many columns it limits."""

    mass: float
    coverage: float
    density: float
    limits: int


@dataclass(frozen=True, slots=True)
class Way:
    """A search: the best box, its gain, and the steps of the peeling, from all worlds on."""

    box: Bools
    gain: float
    steps: tuple[Step, ...]


def grid(columns: Sequence[Floats], categories: Sequence[bool], most: int | None = LEVELS) -> Grid:
    """Columns in levels: at most so many of equal size for numbers, or a level for each value with `most` None."""
    placed = [
        levels(values)[1] if most is None else bins(values, most, categories=states)
        for values, states in zip(columns, categories, strict=True)
    ]
    count = np.array([int(column.max()) + 1 for column in placed], dtype=np.int64)
    return Grid(np.stack(placed, axis=1), count, ~np.array(categories, dtype=np.bool_))


def search(table: Grid, sample: Sample, most_limits: int) -> Way:
    """The box with the greatest gain of two: the best on the way of the peeling, and the one grown limit by limit.

    Both are refined, with the limits that are worth their words. Peeling takes off what is calm, a little at a time,
    and so does not see a narrow cliff in one number; growing looks for the best limit first and so does not see what
    only two limits together show.
    """
    peeled, steps = _peel(table, sample)
    boxes = [_settled(table, sample, start, most_limits) for start in (peeled, _grown(table, sample, most_limits))]
    gains = [gain(table, sample, box) for box in boxes]
    best = int(np.argmax(gains))
    return Way(boxes[best], gains[best], steps)


def gain(table: Grid, sample: Sample, box: Bools) -> float:
    """The gain of a box (see `Sample.gain`)."""
    inside = table.inside(box)
    return float(sample.gain(sample.hits[inside].sum(), sample.plays[inside].sum()))


def _settled(table: Grid, sample: Sample, box: Bools, most_limits: int) -> Bools:
    """The box refined, with the limits that are worth their words."""
    limits = -1
    while limits != len(_sides(table, box)):
        box = _dropped(table, sample, box, most_limits)
        limits = len(_sides(table, box))
        box = refine(table, sample, box)
    return box


def _grown(table: Grid, sample: Sample, most_limits: int) -> Bools:
    """A box that begins with all worlds and gains limit by limit, the best one first, while each is worth its words."""
    box, reached = table.everything, 0.0
    while True:
        limited = table.limited(box)
        columns = np.arange(len(table.count)) if len(limited) < most_limits else limited
        more, gained = _one_more(table, sample, box, columns)
        if (1 - WORTH) * gained <= reached:
            return box
        box, reached = more, gained


def _one_more(table: Grid, sample: Sample, box: Bools, columns: Ints) -> tuple[Bools, float]:
    """The best box inside this one that cuts one column more: an interval of a number, or the most dangerous states."""
    hits, plays = _histograms(table, sample, table.inside(box) & (sample.plays > 0))
    best, greatest = box, -1.0
    numbers = columns[table.ordered[columns]]
    if len(numbers):
        # sums of any interval: those up to its end less those up to its beginning
        first, end = _intervals(table.width)
        hits_to, plays_to = (np.pad(np.cumsum(part[numbers], axis=1), ((0, 0), (1, 0))) for part in (hits, plays))
        gains = sample.gain(hits_to[:, end] - hits_to[:, first], plays_to[:, end] - plays_to[:, first])
        row, place = divmod(int(np.argmax(gains)), gains.shape[1])
        best, greatest = box.copy(), float(gains[row, place])
        best[numbers[row]] &= (np.arange(table.width) >= first[place]) & (np.arange(table.width) < end[place])
    for column in columns[~table.ordered[columns]].tolist():
        states = _states(sample, hits[column], plays[column], box[column])
        gained = float(sample.gain(hits[column, states].sum(), plays[column, states].sum()))
        if gained > greatest:
            best, greatest = box.copy(), gained
            best[column] = states
    return best, greatest


def _intervals(width: int) -> tuple[Ints, Ints]:
    """First levels and ends (exclusive) of intervals whose edges lie on a grid of fifty or so, to be refined later."""
    edges = np.append(np.arange(0, width, max(1, width // EDGES)), width)
    first, end = np.triu_indices(len(edges), 1)
    return edges[first], edges[end]


def refine(table: Grid, sample: Sample, box: Bools) -> Bools:
    """Each limit moved to where the gain is greatest while the others stay, again and again until none moves.

    This takes the place of pasting: a limit can move out as well as in, by any number of levels, or vanish. None is
    added.
    """
    box = box.copy()
    for _ in range(MOST_SWEEPS):
        before = box.copy()
        for column in table.limited(box).tolist():
            free = box.copy()
            free[column] = table.everything[column]
            others = table.inside(free)
            place, count = table.level[others, column], int(table.count[column])
            hits = _sums(place, sample.hits[others], count)
            plays = _sums(place, sample.plays[others], count)
            best = _interval if table.ordered[column] else _states
            box[column, :count] = best(sample, hits, plays, box[column, :count])
        if np.array_equal(box, before):
            break
    return box


def _interval(sample: Sample, hits: Floats, plays: Floats, admitted: Bools) -> Bools:
    """The best first level while the last stays, then the best last one; of equally good ones the widest."""
    place, last = np.arange(len(hits)), int(np.flatnonzero(admitted)[-1])
    first = 0
    if not admitted[0]:
        up_to = place <= last
        first = int(np.argmax(sample.gain(_from_the_end(hits * up_to), _from_the_end(plays * up_to))))
    if not admitted[-1]:
        from_on = place >= first
        gains = sample.gain(np.cumsum(hits * from_on), np.cumsum(plays * from_on))
        last = len(gains) - 1 - int(np.argmax(gains[::-1]))
    return np.asarray((place >= first) & (place <= last))


def _states(sample: Sample, hits: Floats, plays: Floats, admitted: Bools) -> Bools:
    """The most dangerous states, as many of them as are best; one that no world has here stays as it is.

    So it all stays where nothing is better: the states inside need not be the most dangerous where mass is short.
    """
    present = np.flatnonzero(plays > 0)
    order = present[np.argsort(-hits[present] / plays[present], kind="stable")]
    gains = sample.gain(np.cumsum(hits[order]), np.cumsum(plays[order]))
    if float(gains.max()) <= float(sample.gain(hits[admitted].sum(), plays[admitted].sum())):
        return admitted
    chosen = admitted & (plays == 0)
    chosen[order[: len(gains) - int(np.argmax(gains[::-1]))]] = True
    return np.asarray(chosen)


@dataclass(frozen=True, slots=True)
class _Side:
    """What one limit shuts out: the lower or the upper levels of a number, or some states."""

    column: int
    shut: Bools


def _sides(table: Grid, box: Bools) -> list[_Side]:
    sides = []
    for column in table.limited(box).tolist():
        shut = table.everything[column] & ~box[column]
        if table.ordered[column]:
            lower = np.arange(len(shut)) < int(np.argmax(box[column]))
            sides += [_Side(column, part) for part in (shut & lower, shut & ~lower) if np.any(part)]
        else:
            sides.append(_Side(column, shut))
    return sides


def _dropped(table: Grid, sample: Sample, box: Bools, most_limits: int) -> Bools:
    """The box without the limits that are not worth their words: the one that adds least goes first.

    Both limits of a number count as one towards `most_limits`, but each has to be worth it.
    """
    box, sides = box.copy(), _sides(table, box)
    outside = np.array([side.shut[table.level[:, side.column]] for side in sides], dtype=np.bool_)
    inside = np.array(~outside.any(axis=0))
    while sides:
        # what a limit alone shuts out comes back when it goes
        alone = np.flatnonzero(outside.sum(axis=0) == 1)
        owner = outside[:, alone].argmax(axis=0)
        hits, plays = float(sample.hits[inside].sum()), float(sample.plays[inside].sum())
        more_hits = _sums(owner, sample.hits[alone], len(sides))
        more_plays = _sums(owner, sample.plays[alone], len(sides))
        gains = sample.gain(hits + more_hits, plays + more_plays)
        best = int(np.argmax(gains))
        columns = len({side.column for side in sides})
        if columns <= most_limits and gains[best] < (1 - WORTH) * float(sample.gain(hits, plays)):
            break
        side = sides.pop(best)
        box[side.column] |= side.shut
        inside[alone[owner == best]] = True
        outside = np.delete(outside, best, axis=0)
    return box


def _sums(place: Ints, numbers: Floats, count: int) -> Floats:
    return np.bincount(place, numbers, minlength=count).astype(np.float64, copy=False)


def _from_the_end(numbers: Floats) -> Floats:
    return np.asarray(np.cumsum(numbers[::-1])[::-1])


def _peel(table: Grid, sample: Sample) -> tuple[Bools, tuple[Step, ...]]:
    """The best box on the way down, and the way."""
    box = best = table.everything
    greatest = 0.0
    inside = sample.plays > 0
    hits, plays = _histograms(table, sample, inside)
    all_hits, all_plays = float(hits[0].sum()), float(plays[0].sum())
    # which column goes first where slices are equally calm: a reason that does not hang on the columns' order
    telling = (hits * hits / np.where(plays > 0, plays, 1.0)).sum(axis=1)
    steps = [Step(1.0, 1.0, all_hits / all_plays, 0)]
    while (cut := _calmest_slice(table, hits, plays, telling, sample)) is not None:
        column, shut = cut
        gone = inside & shut[table.level[:, column]]
        inside = inside & ~gone
        gone_hits, gone_plays = _histograms(table, sample, gone)
        hits, plays = hits - gone_hits, plays - gone_plays
        box = box.copy()
        box[column] &= ~shut
        left_hits, left_plays = float(hits[0].sum()), float(plays[0].sum())
        coverage = left_hits / all_hits if all_hits > 0 else 1.0
        steps.append(Step(left_plays / all_plays, coverage, left_hits / left_plays, len(table.limited(box))))
        gain = float(sample.gain(left_hits, left_plays))
        if gain > greatest:
            best, greatest = box, gain
    return best, tuple(steps)


def _histograms(table: Grid, sample: Sample, worlds: Bools) -> tuple[Floats, Floats]:
    """Hits and plays of some worlds by column and level. Whole numbers in floats: taking away again leaves no trace."""
    columns, width = len(table.count), table.width
    cell = (table.level[worlds] + np.arange(columns) * width).ravel()
    hits = _sums(cell, np.repeat(sample.hits[worlds], columns), columns * width)
    plays = _sums(cell, np.repeat(sample.plays[worlds], columns), columns * width)
    return hits.reshape(columns, width), plays.reshape(columns, width)


def _calmest_slice(
    table: Grid, hits: Floats, plays: Floats, telling: Floats, sample: Sample
) -> tuple[int, Bools] | None:
    """The slice to peel: its column and its levels; None where none is calmer than the box, or all are too large.

    A slice is the lowest or the highest levels of a number, just enough to hold a share of `peel` of the box, or one
    state. The odds inside less those in the slice are compared; a state rarer than that share is discounted by the
    square root of its rarity, for its odds are known so much worse.
    """
    whole, base = float(plays[0].sum()), float(hits[0].sum() / plays[0].sum())
    enough = sample.peel * whole
    numbers, states = np.flatnonzero(table.ordered), np.flatnonzero(~table.ordered)
    upward, rows = np.cumsum(plays[numbers], axis=1), np.arange(len(numbers))
    downward = whole - upward + plays[numbers]
    last_low = (upward < enough).sum(axis=1)
    first_high = (downward >= enough).sum(axis=1) - 1
    hits_upward = np.cumsum(hits[numbers], axis=1)
    hits_downward = float(hits[0].sum()) - hits_upward + hits[numbers]
    column = np.concatenate([numbers, numbers, np.repeat(states, table.width)])
    size = np.concatenate([upward[rows, last_low], downward[rows, first_high], plays[states].ravel()])
    struck = np.concatenate([hits_upward[rows, last_low], hits_downward[rows, first_high], hits[states].ravel()])
    allowed = (size > 0) & (size < whole) & (whole - size >= sample.least_mass * float(sample.plays.sum()))
    calm = base - struck / np.where(allowed, size, 1.0)
    score = np.where(allowed, calm * np.sqrt(np.minimum(size, enough) / enough), -1.0)
    if float(score.max()) <= 0:
        return None
    equals = np.flatnonzero(score == score.max())
    chosen = int(equals[np.argmax(telling[column[equals]])])
    place, count = np.arange(table.width), len(numbers)
    if chosen < count:
        return int(column[chosen]), place <= last_low[chosen]
    if chosen < 2 * count:
        return int(column[chosen]), place >= first_high[chosen - count]
    return int(column[chosen]), place == (chosen - 2 * count) % table.width
