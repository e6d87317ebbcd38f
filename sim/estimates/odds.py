"""Shares of runs with errors counted by worlds: replays of one world share its assumptions and are not independent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sim.records.outcomes import Bools, Ints

LEVEL = 0.95
# Sums of squares over this many runs fit into 64 bits with room to spare; beyond it Python's integers are used.
MOST_RUNS_IN_64_BITS = 2**30

Wholes = npt.NDArray[np.object_]
"""Python integers: they never overflow."""

Method = Literal["worlds", "wilson", "bound"]


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of runs and its standard error by worlds (None with fewer than 2 worlds)."""

    p: float
    se: float | None


@dataclass(frozen=True, slots=True)
class Headline:
    """The odds as they are printed first.

    `method` says where the interval comes from: "worlds" (the spread between worlds), "wilson" (counted runs or
    worlds, where there is no spread to measure), or "bound" (no run hit, or all did: one-sided, counted in worlds).
    `se` is None where it cannot be told.
    """

    p: float
    se: float | None
    interval: tuple[float, float]
    level: float
    method: Method


@dataclass(frozen=True, slots=True)
class Grouping:
    """Rows gathered by world: `place` is the world's rank (0, 1, …) of each row, `plays` the rows of each world."""

    place: Ints
    plays: Ints

    def count(self, hit: Bools) -> Ints:
        """Rows that hit, one number a world."""
        chosen = self.place[np.asarray(hit, dtype=np.bool_)]
        return np.bincount(chosen, minlength=len(self.plays)).astype(np.int64, copy=False)


@dataclass(frozen=True, slots=True)
class Totals:
    """Whole-number sums over worlds, from which a share and its error follow exactly.

    With x a world's hits (or any whole number: paired differences are negative at times) and n its plays: the number
    of worlds, Σx, Σn, Σx², Σxn, Σn². Python integers: no rounding, so the order of rows or batches cannot show.
    """

    worlds: int
    hits: int
    plays: int
    hits_squared: int
    hits_plays: int
    plays_squared: int

    def __add__(self, other: Totals) -> Totals:
        """The sums over the worlds of both; no world may stand in both."""
        return Totals(
            self.worlds + other.worlds,
            self.hits + other.hits,
            self.plays + other.plays,
            self.hits_squared + other.hits_squared,
            self.hits_plays + other.hits_plays,
            self.plays_squared + other.plays_squared,
        )

    @property
    def proportion(self) -> Proportion:
        """The share with its error; `ValueError` where nothing was played."""
        return Proportion(self.share, self.error)

    @property
    def share(self) -> float:
        """Σx / Σn; `ValueError` where nothing was played."""
        if self.plays == 0:
            raise ValueError("no finished run to take a share of")
        return self.hits / self.plays

    @property
    def scatter(self) -> int:
        """(Σn)² · Σ(x − p·n)², with p the share: a whole number, 0 iff all worlds have the same share."""
        n, x = self.plays, self.hits
        return n * n * self.hits_squared - 2 * n * x * self.hits_plays + x * x * self.plays_squared

    @property
    def error(self) -> float | None:
        """Standard error of the share by worlds: a ratio estimator, sound for unequal numbers of plays.

        se² = M/(M−1) · Σ(x − p·n)² / (Σn)² (Cochran 1977, Sampling Techniques, §6.4, without the finite population
        correction). None with fewer than 2 worlds.
        """
        if self.worlds < 2:
            return None
        return math.sqrt(self.worlds * self.scatter / ((self.worlds - 1) * self.plays**4))


NOTHING = Totals(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Sums:
    """Σx, Σx² and Σxn over worlds for several numbers x that are counted in the same plays n, an entry a number."""

    hits: Wholes
    hits_squared: Wholes
    hits_plays: Wholes

    def __add__(self, other: Sums) -> Sums:
        """The sums over the worlds of both; `ValueError` where they are about different numbers."""
        if len(self.hits) != len(other.hits):
            raise ValueError(f"sums of {len(self.hits)} numbers and of {len(other.hits)}")
        return Sums(self.hits + other.hits, self.hits_squared + other.hits_squared, self.hits_plays + other.hits_plays)

    def totals(self, plays: Totals) -> list[Totals]:
        """Each number beside the plays of the worlds, of which `plays` holds the sums."""
        columns = zip(self.hits.tolist(), self.hits_squared.tolist(), self.hits_plays.tolist(), strict=True)
        return [
            Totals(plays.worlds, hits, plays.plays, squared, product, plays.plays_squared)
            for hits, squared, product in columns
        ]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The distinct (hits, plays) pairs of worlds and how many `worlds` have each, ascending by hits, then by plays.

    Worlds that were never played have no pair. `ValueError` for what no world can have.
    """

    hits: Ints
    plays: Ints
    worlds: Ints

    def __post_init__(self) -> None:
        """Refuse what no world can have."""
        if np.any(self.plays < 1):
            raise ValueError("a pair is about worlds that were played")
        if np.any(self.hits < 0) or np.any(self.hits > self.plays):
            raise ValueError("a world hits between 0 times and as often as it was played")

    @property
    def totals(self) -> Totals:
        """The sums over the worlds."""
        rows = list(zip(self.hits.tolist(), self.plays.tolist(), self.worlds.tolist(), strict=True))
        return Totals(
            worlds=sum(m for _, _, m in rows),
            hits=sum(x * m for x, _, m in rows),
            plays=sum(n * m for _, n, m in rows),
            hits_squared=sum(x * x * m for x, _, m in rows),
            hits_plays=sum(x * n * m for x, n, m in rows),
            plays_squared=sum(n * n * m for _, n, m in rows),
        )


def pairs(hits: Ints, plays: Ints) -> Pairs:
    """The pairs of worlds from one entry a world; `ValueError` for what no world can have."""
    hits, plays = _beside(hits, plays)
    hits, plays = hits[plays != 0], plays[plays != 0]
    order = np.lexsort((plays, hits))
    hits, plays = hits[order], plays[order]
    new = np.ones(len(hits), dtype=np.bool_)
    new[1:] = (hits[1:] != hits[:-1]) | (plays[1:] != plays[:-1])
    first = np.flatnonzero(new)
    return Pairs(hits[first], plays[first], np.diff(first, append=len(hits)))


def sums_of(counts: Ints, plays: Ints) -> Sums:
    """Sums of several counts at once: `counts` has a row a number and a column a world, `plays` an entry a world."""
    x = in_room(counts, plays)
    return Sums(x.sum(axis=1).astype(object), (x * x).sum(axis=1).astype(object), (x @ plays).astype(object))


def in_room(counts: Ints, plays: Ints) -> Any:
    """The counts in whole numbers whose squares do not overflow when they are summed over worlds with these plays.

    64-bit integers nearly always, an array of Python's where the plays are very many.
    """
    return counts if int(plays.sum()) <= MOST_RUNS_IN_64_BITS else counts.astype(object)


def _beside(hits: Ints, plays: Ints) -> tuple[Ints, Ints]:
    hits, plays = np.asarray(hits, dtype=np.int64), np.asarray(plays, dtype=np.int64)
    if hits.shape != plays.shape:
        raise ValueError(f"hits of {hits.shape} worlds, plays of {plays.shape}")
    if np.any(plays < 0):
        raise ValueError("a world cannot be played a negative number of times")
    return hits, plays


def grouping(world: Ints) -> Grouping:
    """Group rows by world; worlds come out in ascending order, whatever their numbers (they need not be contiguous)."""
    world = np.asarray(world, dtype=np.int64)
    if len(world) == 0:
        return Grouping(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    lowest = int(world.min())
    span = int(world.max()) - lowest + 1
    if span > 4 * len(world) + 1024:
        _, place, plays = np.unique(world, return_inverse=True, return_counts=True)
        return Grouping(place.astype(np.int64, copy=False), plays.astype(np.int64, copy=False))
    # counting beats sorting while the numbers are dense, and they nearly always are
    offset = world - lowest
    counts = np.bincount(offset, minlength=span).astype(np.int64, copy=False)
    present = counts > 0
    rank = np.cumsum(present) - 1
    return Grouping(rank[offset].astype(np.int64, copy=False), counts[present])


def by_world(hit: Bools, world: Ints) -> tuple[Ints, Ints]:
    """Hits and plays of each world that has a row, worlds in ascending order."""
    if len(hit) != len(world):
        raise ValueError(f"{len(hit)} hits for {len(world)} rows")
    groups = grouping(world)
    return groups.count(hit), groups.plays


def totals(hits: Ints, plays: Ints) -> Totals:
    """Sums over the worlds that were played at all; `hits` and `plays` have one entry a world."""
    hits, plays = _beside(hits, plays)
    x, n = in_room(hits, plays), in_room(plays, plays)
    return Totals(
        worlds=int(np.count_nonzero(plays)),
        hits=int(hits.sum()),
        plays=int(plays.sum()),
        hits_squared=int(x @ x),
        hits_plays=int(x @ n),
        plays_squared=int(n @ n),
    )


def proportion(hit: Bools, world: Ints) -> Proportion:
    """Share of rows that hit, with the standard error by worlds; the order of rows does not change a bit of it.

    `hit` is any boolean array with a row a run, `world` the world of each row. `ValueError` without rows.
    """
    return totals(*by_world(hit, world)).proportion


def student(level: float, freedom: float) -> float:
    """Two-sided quantile of Student's t: |t| exceeds it with probability 1 − level."""
    # scipy.special takes a third of a second to load
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2))


def wilson(p: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's score interval for a share p of n, with normal quantile z (Wilson 1927, JASA 22: 209–212)."""
    pull = z * z / n
    centre = (p + pull / 2) / (1 + pull)
    half = z / (1 + pull) * math.sqrt(p * (1 - p) / n + pull / (4 * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def unseen(worlds: int, level: float) -> float:
    """Largest share of worlds that may differ when all of `worlds` agreed: 1 − (1 − level)^(1/worlds).

    At larger shares the chance of seeing no exception falls below 1 − level. Exact for one play a world or for
    replays that always agree, else on the safe side.
    """
    return -math.expm1(math.log1p(-level) / worlds)


def headline(worlds: Pairs, level: float = LEVEL) -> Headline:
    """Odds with an interval by worlds.

    The interval is Wilson's at the effective number of independent runs p(1 − p)/se², never more than the runs played,
    with Student's quantile on worlds − 1 degrees: it stays inside [0, 1] and holds for small p. With one play a world
    it is Wilson's own, and so it is (on runs, for that world alone) with one world. Where every world has the same
    share strictly between 0 and 1 the error reads 0 by accident: Wilson's interval then counts worlds and `se` is
    None. No hit, or nothing but hits, gives a one-sided bound counted in worlds.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1: {level}")
    sums = worlds.totals
    p = sums.share
    if sums.hits in (0, sums.plays):
        bound = unseen(sums.worlds, level)
        return Headline(p, None, (0.0, bound) if sums.hits == 0 else (1.0 - bound, 1.0), level, "bound")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    if sums.worlds == 1 or sums.worlds == sums.plays:
        return Headline(p, sums.error, wilson(p, sums.plays, z), level, "wilson")
    if sums.scatter == 0:
        return Headline(p, None, wilson(p, sums.worlds, z), level, "wilson")
    effective = sums.hits * (sums.plays - sums.hits) * sums.plays**2 * (sums.worlds - 1) / (sums.worlds * sums.scatter)
    interval = wilson(p, min(effective, sums.plays), student(level, sums.worlds - 1))
    return Headline(p, sums.error, interval, level, "worlds")
