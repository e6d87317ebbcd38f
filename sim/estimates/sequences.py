"""Confidence sequences: intervals that hold at every look at once, so that a run may stop when it likes what it sees.

An ordinary 95 % interval looked at after each run misses the truth at some look in about half of all long runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from sim.estimates.portable import log, log1p
from sim.records.outcomes import Floats, Ints

ALPHA = 0.05
FIRST_LOOK = 1024
BETWEEN_LOOKS = 256
MOST_WORLDS = 1_000_000
# the largest bet; 1/2 and 3/4 are the usual choices, and 1/2 suffers less from a bad start
LARGEST_BET = 0.5


def beta_binomial_sequence(
    hits: int, n: int, alpha: float = ALPHA, a: float = 1.0, b: float = 1.0
) -> tuple[float, float]:
    """Interval for a probability after n independent runs, valid at all n together with probability 1 − alpha.

    Robbins' mixture with a Beta(a, b) prior (Robbins 1970, Ann. Math. Stat. 41: 1397–1409; Howard, Ramdas, McAuliffe,
    Sekhon 2021, Ann. Stat. 49: 1055–1080): all p with B(a + hits, b + misses)/B(a, b) < p^hits (1 − p)^misses / alpha.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} hits of {n} runs")
    if n == 0:
        return 0.0, 1.0
    misses = n - hits
    bar = _log_beta(a + hits, b + misses) - _log_beta(a, b) + math.log(alpha)

    def excess(p: float) -> float:
        return bar - hits * math.log(p) - misses * math.log1p(-p)

    best = hits / n
    low = 0.0 if hits == 0 else _boundary(excess, outside=0.0, inside=best)
    high = 1.0 if misses == 0 else _boundary(excess, outside=1.0, inside=best)
    return low, high


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _boundary(excess: Callable[[float], float], outside: float, inside: float) -> float:
    """Bisect until no float lies between; returns the end that is still outside, so rounding never narrows."""
    while True:
        middle = 0.5 * (outside + inside)
        if middle in (outside, inside):
            return outside
        if excess(middle) >= 0.0:
            outside = middle
        else:
            inside = middle


class EmpiricalBernstein:
    """Confidence sequence for the mean of independent numbers in [0, 1], such as world means.

    The predictable plug-in empirical-Bernstein sequence of Waudby-Smith and Ramdas (2024, J. R. Stat. Soc. B 86: 1–27,
    theorem 2). Each number is weighted by a bet that looks only at those before it: feed them in the order of their
    worlds. How they are cut into updates does not change a bit of the answer.
    """

    __slots__ = ("_bets", "_log", "_losses", "_n", "_squares", "_sum", "_won")

    def __init__(self, alpha: float = ALPHA) -> None:
        """Start without observations; the sequence ever misses the mean with probability at most alpha."""
        if not 0 < alpha < 1:
            raise ValueError(f"alpha lies between 0 and 1: {alpha}")
        self._log = math.log(2.0 / alpha)
        self._n = 0
        self._sum = self._squares = self._bets = self._won = self._losses = 0.0

    @property
    def n(self) -> int:
        """How many numbers have been seen."""
        return self._n

    def update(self, means: Floats) -> None:
        """Take in more numbers, in order. `ValueError` outside [0, 1]."""
        x = np.asarray(means, dtype=np.float64)
        if len(x) == 0:
            return
        if not (np.all(x >= 0.0) and np.all(x <= 1.0)):
            raise ValueError("a confidence sequence for means takes numbers between 0 and 1")
        t = np.arange(self._n + 1, self._n + len(x) + 1, dtype=np.float64)
        sums = _run(self._sum, x)
        centre = (0.5 + sums) / (t + 1.0)
        before = np.concatenate(([(0.5 + self._sum) / (self._n + 1.0)], centre[:-1]))
        squares = _run(self._squares, (x - centre) ** 2)
        spread = np.concatenate(([self._squares], squares[:-1]))
        variance = (0.25 + spread) / t
        bet = np.minimum(LARGEST_BET, np.sqrt(2.0 * self._log / (variance * t * log(t + 1.0))))
        # 4·(x − mean before)² times ψ(bet) = (−ln(1 − bet) − bet)/4
        loss = (x - before) ** 2 * (-log1p(-bet) - bet)
        self._n += len(x)
        self._sum, self._squares = float(sums[-1]), float(squares[-1])
        self._bets = float(_run(self._bets, bet)[-1])
        self._won = float(_run(self._won, bet * x)[-1])
        self._losses = float(_run(self._losses, loss)[-1])

    def interval(self) -> tuple[float, float]:
        """The interval after all numbers so far, cut to [0, 1]."""
        if self._n == 0:
            return 0.0, 1.0
        centre = self._won / self._bets
        radius = (self._log + self._losses) / self._bets
        return max(0.0, centre - radius), min(1.0, centre + radius)


def _run(start: float, steps: Floats) -> Floats:
    # `accumulate` adds one by one, where `sum` adds in pairs and would depend on how updates are cut
    return np.add.accumulate(np.concatenate(([start], steps)))[1:]


class PrecisionRule:
    """Tells whether the odds are known to ± `target`, at any look, with probability 1 − alpha over all looks together.

    With one replay a world the runs are independent 0s and 1s and the beta-binomial mixture is used; with more, the
    empirical-Bernstein sequence on world means. Worlds are fed in order; those without a finished run are passed over.
    """

    __slots__ = ("_alpha", "_hits", "_means", "_runs", "target")

    def __init__(self, target: float, replays: int, alpha: float = ALPHA) -> None:
        """Ask for a half-width below `target` (a fraction of 1) with so many `replays` planned for each world."""
        if not target > 0:
            raise ValueError(f"a precision is positive: {target}")
        self.target = target
        self._alpha = alpha
        self._hits = self._runs = 0
        self._means = EmpiricalBernstein(alpha) if replays > 1 else None

    def update(self, hits: Ints, plays: Ints) -> None:
        """Take in the next worlds: hits and plays, one entry a world."""
        played = np.asarray(plays) > 0
        hits, plays = np.asarray(hits)[played], np.asarray(plays)[played]
        if self._means is not None:
            self._means.update(hits / plays)
            return
        if np.any(plays > 1):
            raise ValueError("a world was played more than once where one replay was planned")
        self._hits += int(hits.sum())
        self._runs += int(plays.sum())

    def interval(self) -> tuple[float, float]:
        """The interval at this look."""
        if self._means is not None:
            return self._means.interval()
        return beta_binomial_sequence(self._hits, self._runs, self._alpha)

    def reached(self) -> bool:
        """True once half the interval is shorter than the target."""
        low, high = self.interval()
        return (high - low) / 2 < self.target


def looks(most: int = MOST_WORLDS) -> Iterator[int]:
    """Numbers of worlds after which to look: 1 024, then every 256, and `most` itself as the last."""
    yield from range(FIRST_LOOK, most, BETWEEN_LOOKS)
    yield most
