"""How much of the odds is ignorance and how much is luck, from the pairs (hits, plays) of worlds.

V is the variance of P over worlds (what knowing the assumptions could remove), W the mean of P(1 − P) (luck that no
knowledge removes); V + W = p(1 − p). The plain variance of world means is V + W/replays, so it always looks too wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.estimates.beta_binomial import fit
from sim.estimates.odds import Pairs, Totals
from sim.records.outcomes import Floats, Ints

Numbers = Floats | np.float64

BELIEF_LEVEL = 0.90
FEWEST_WORLDS = 50

ONE_REPLAY = "each world was played once, so ignorance cannot be told from luck (needs at least 2 replays)"
FEW_WORLDS = f"too few worlds to describe their spread (needs at least {FEWEST_WORLDS})"
NO_HITS = "no run had it"
ALL_HITS = "every run had it"
ONLY_LUCK = "the spread between worlds cannot be told from luck"


@dataclass(frozen=True, slots=True)
class Spread:
    """Ignorance and luck. None stands where something cannot be told.

    `V` is unbiased and may come out negative; `V_se` is its standard error. `belief_interval` holds the middle `level`
    of P over worlds, corrected for the luck of replays; where it is None, `belief_reason` says why.
    """

    V: float | None
    V_se: float | None
    W: float | None
    belief_interval: tuple[float, float] | None
    belief_reason: str | None


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over worlds (numbers, or arrays of them with one world left out): worlds, Σn, Σx, Σx²/n, Σn²."""

    worlds: Numbers
    plays: Numbers
    hits: Numbers
    squares: Numbers
    plays_squared: Numbers

    @property
    def within(self) -> Numbers:
        """Mean square within worlds: unbiased for W."""
        return (self.hits - self.squares) / (self.plays - self.worlds)

    @property
    def between(self) -> Numbers:
        """Unbiased estimate of V: mean square between worlds, less what luck adds to it."""
        mean_square = (self.squares - self.hits * self.hits / self.plays) / (self.worlds - 1)
        typical_plays = (self.plays - self.plays_squared / self.plays) / (self.worlds - 1)
        return (mean_square - self.within) / typical_plays


def spread(pairs: Pairs, level: float = BELIEF_LEVEL) -> Spread:
    """V, W and the belief interval; `ValueError` where nothing was played.

    V and W come from one-way analysis of variance with unequal group sizes (Searle, Casella, McCulloch 1992, Variance
    Components, §3.6), V_se from leaving out one world at a time, the interval from a beta-binomial fit. The interval
    is given only where V exceeds 2·V_se: the two numbers stand side by side in every report, so a reader can check it.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1: {level}")
    totals = pairs.totals
    worlds, runs, hit = totals.worlds, totals.plays, totals.hits
    if worlds == 0:
        raise ValueError("no finished run to take a spread of")
    sums = _sums(pairs, totals)
    if runs == worlds:
        return Spread(None, None, None, None, ONE_REPLAY)
    luck = float(sums.within)
    if worlds < 2:
        return Spread(None, None, luck, None, FEW_WORLDS)
    ignorance = float(sums.between)
    error = _jackknife(pairs, sums)
    reason = _reason(worlds, runs, hit, ignorance, error)
    interval = None if reason else _belief(pairs, hit / runs, ignorance, luck, level)
    return Spread(ignorance, error, luck, interval, reason)


def best_replays(V: float, W: float) -> float:  # noqa: N803 - the names that results carry
    """Replays a world that measure V best for a given number of runs: 1 + W/V; infinite where V is not positive.

    The mean is always measured best by one replay; this is the price of knowing the spread (Sun, Apley, Staum 2011,
    Operations Research 59: 998–1007).
    """
    return 1.0 + W / V if V > 0 else math.inf


def _sums(pairs: Pairs, totals: Totals) -> _Sums:
    return _Sums(
        worlds=np.float64(totals.worlds),
        plays=np.float64(totals.plays),
        hits=np.float64(totals.hits),
        # not `@` on floats: it hands long arrays to a library that adds in an order that depends on its threads
        squares=np.float64((_squared(pairs.hits) / pairs.plays * pairs.worlds).sum()),
        plays_squared=np.float64(totals.plays_squared),
    )


def _squared(counts: Ints) -> Floats:
    # in floats: the square of a count beyond 2^31 does not fit into 64 bits
    return np.square(counts.astype(np.float64))


def _jackknife(pairs: Pairs, sums: _Sums) -> float | None:
    """Standard error of V: worlds with equal hits and plays give equal answers, so each pair is left out once."""
    left = _Sums(
        worlds=sums.worlds - 1.0,
        plays=sums.plays - pairs.plays,
        hits=sums.hits - pairs.hits,
        squares=sums.squares - _squared(pairs.hits) / pairs.plays,
        plays_squared=sums.plays_squared - _squared(pairs.plays),
    )
    if sums.worlds < 3 or np.any(left.plays <= left.worlds):
        return None
    without = np.asarray(left.between)
    mean = float((without * pairs.worlds).sum()) / float(sums.worlds)
    squares = float(((without - mean) ** 2 * pairs.worlds).sum())
    return math.sqrt((float(sums.worlds) - 1) / float(sums.worlds) * squares)


def _reason(worlds: int, runs: int, hit: int, ignorance: float, error: float | None) -> str | None:
    if hit == 0:
        return NO_HITS
    if hit == runs:
        return ALL_HITS
    if worlds < FEWEST_WORLDS:
        return FEW_WORLDS
    if error is None or ignorance - 2 * error <= 0:
        return ONLY_LUCK
    return None


def _belief(pairs: Pairs, p: float, ignorance: float, luck: float, level: float) -> tuple[float, float]:
    law = fit(pairs.hits, pairs.plays, pairs.worlds, mean=p, share=ignorance / (ignorance + luck))
    return law.quantile(0.5 - level / 2), law.quantile(0.5 + level / 2)
