"""Shares of runs with errors counted by worlds: replays of one world share its assumptions and are not independent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from sim.records.outcomes import Bools, Ints

LEVEL = 0.95

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
    hits = np.asarray(hits, dtype=np.int64)
    plays = np.asarray(plays, dtype=np.int64)
    if hits.shape != plays.shape:
        raise ValueError(f"hits of {hits.shape} worlds, plays of {plays.shape}")
    if len(plays) and int(plays.min()) < 0:
        raise ValueError("a world cannot be played a negative number of times")
    return Totals(
        worlds=int(np.count_nonzero(plays)),
        hits=int(hits.sum()),
        plays=int(plays.sum()),
        hits_squared=int(hits @ hits),
        hits_plays=int(hits @ plays),
        plays_squared=int(plays @ plays),
    )


def proportion(hit: Bools, world: Ints) -> Proportion:
    """Share of rows that hit, with the standard error by worlds; the order of rows does not change a bit of it.

    `hit` is any boolean array with a row a run, `world` the world of each row. `ValueError` without rows.
    """
    sums = totals(*by_world(hit, world))
    return Proportion(sums.share, sums.error)


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


def headline(hits: Ints, plays: Ints, level: float = LEVEL) -> Headline:
    """Odds with an interval by worlds; `hits` and `plays` have one entry a world, unplayed worlds do not count.

    The interval is Wilson's at the effective number of independent runs p(1 − p)/se², never more than the runs played,
    with Student's quantile on worlds − 1 degrees: it stays inside [0, 1] and holds for small p. With one play a world
    it is Wilson's own, and so it is (on runs, for that world alone) with one world. Where every world has the same
    share strictly between 0 and 1 the error reads 0 by accident: Wilson's interval then counts worlds and `se` is
    None. No hit, or nothing but hits, gives a one-sided bound counted in worlds.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1: {level}")
    sums = totals(hits, plays)
    if np.any(np.asarray(hits) < 0) or np.any(np.asarray(hits) > np.asarray(plays)):
        raise ValueError("a world hits between 0 times and as often as it was played")
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
