"""The beta-binomial law fitted to hits of worlds: how P is spread over worlds once the luck of replays is taken out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.estimates.portable import log, log1p
from sim.records.outcomes import Floats, Ints

MOST_STEPS = 200
SMALLEST_STEP = 1e-10
# a longer leap can land on the plain where the dispersion is so small that nothing changes any more
LONGEST_STEP = 1.0
# logit of the mean, logarithm of the dispersion: beyond these nothing changes in float64
LOGIT_LIMIT = 34.0
DISPERSION_LIMITS = (-28.0, 14.0)


@dataclass(frozen=True, slots=True)
class BetaFit:
    """Beta law of P over worlds with this `mean`; `dispersion` is 1/(a + b), so a = mean/dispersion."""

    mean: float
    dispersion: float

    @property
    def shapes(self) -> tuple[float, float]:
        """The parameters (a, b) of the beta law."""
        return self.mean / self.dispersion, (1.0 - self.mean) / self.dispersion

    def quantile(self, level: float) -> float:
        """The value that P stays below with probability `level`."""
        # scipy.special takes a third of a second to load
        from scipy.special import betaincinv

        a, b = self.shapes
        return float(betaincinv(a, b, level))


class _Slope(NamedTuple):
    """Value, gradient and curvature of the log-likelihood in (logit mean, log dispersion)."""

    value: float
    u: float
    v: float
    uu: float
    uv: float
    vv: float


class Likelihood:
    """Log-likelihood of beta-binomial counts as sums of logarithms of rising factors.

    Σₖ A[k]·ln(m + kd) + B[k]·ln(1 − m + kd) − C[k]·ln(1 + kd), with m the mean, d the dispersion, and A, B, C the
    numbers of worlds with more than k hits, misses, plays (Griffiths 1973, Biometrics 29: 637–648). Unlike the form
    with beta functions it loses no digits as d → 0, where it becomes the binomial one.
    """

    __slots__ = ("_hits", "_misses", "_plays", "_rungs")

    def __init__(self, hits: Ints, plays: Ints, worlds: Ints) -> None:
        """Keep how many worlds exceed each count; (hits, plays) pairs are given once each, with their `worlds`."""
        longest = int(plays.max())
        self._rungs: Floats = np.arange(longest, dtype=np.float64)
        self._hits = _exceeding(hits, worlds, longest)
        self._misses = _exceeding(plays - hits, worlds, longest)
        self._plays = _exceeding(plays, worlds, longest)

    def value(self, u: float, v: float) -> float:
        """Log-likelihood at logit mean u and log dispersion v, up to the binomial coefficients."""
        steps = self._rungs * math.exp(v)
        hit, missed = log(_logistic(u) + steps), log(_logistic(-u) + steps)
        return _dot(self._hits, hit) + _dot(self._misses, missed) - _dot(self._plays, log1p(steps))

    def slope(self, u: float, v: float) -> _Slope:
        """Value, first and second derivatives at (u, v)."""
        m, q, d, k = _logistic(u), _logistic(-u), math.exp(v), self._rungs
        up, down, both = 1.0 / (m + k * d), 1.0 / (q + k * d), 1.0 / (1.0 + k * d)
        a, b, c = self._hits * up, self._misses * down, self._plays * both
        to_mean = float(a.sum() - b.sum())
        to_dispersion = _dot(k, a + b - c)
        mean_twice = -_dot(a, up) - _dot(b, down)
        mixed = _dot(k * down, b) - _dot(k * up, a)
        dispersion_twice = _dot(k * k * both, c) - _dot(k * k * up, a) - _dot(k * k * down, b)
        rise = m * q
        return _Slope(
            value=self.value(u, v),
            u=to_mean * rise,
            v=to_dispersion * d,
            uu=mean_twice * rise * rise + to_mean * rise * (q - m),
            uv=mixed * rise * d,
            vv=dispersion_twice * d * d + to_dispersion * d,
        )


def _dot(x: Floats, y: Floats) -> float:
    # not `@`: it hands long arrays to a library that adds in an order that depends on its threads
    return float((x * y).sum())


def _exceeding(values: Ints, worlds: Ints, longest: int) -> Floats:
    # float64 holds these whole numbers exactly up to 2^53 worlds
    at_most = np.cumsum(np.bincount(values, weights=worlds, minlength=longest + 1))
    return np.asarray(float(worlds.sum()) - at_most[:longest], dtype=np.float64)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def _clip(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def fit(hits: Ints, plays: Ints, worlds: Ints, mean: float, share: float) -> BetaFit:
    """Maximum likelihood from distinct (hits, plays) pairs and the number of `worlds` of each.

    Starts from moments: `mean` of P, and `share` of V in V + W (the correlation between replays of a world). Damped
    Newton steps of bounded length in (logit mean, log dispersion) that only ever climb; where the likelihood rises
    towards no spread, or towards P of 0 or 1 only, the answer stays at the end of the range. `mean` lies strictly
    between 0 and 1.
    """
    likelihood = Likelihood(hits, plays, worlds)
    start = _clip(share, 1e-6, 1 - 1e-6)
    u = _clip(math.log(mean) - math.log1p(-mean), -LOGIT_LIMIT, LOGIT_LIMIT)
    v = math.log(start) - math.log1p(-start)
    u, v = _climb(likelihood, u, v)
    return BetaFit(_logistic(u), math.exp(v))


def _climb(likelihood: Likelihood, u: float, v: float) -> tuple[float, float]:
    here = likelihood.slope(u, v)
    damping = 1e-6
    for _ in range(MOST_STEPS):
        weight = damping * (abs(here.uu) + abs(here.vv) + 1e-12)
        first, last = weight - here.uu, weight - here.vv
        determinant = first * last - here.uv * here.uv
        if first <= 0 or determinant <= 0:
            damping *= 10
            continue
        step_u = _clip((last * here.u + here.uv * here.v) / determinant, -LONGEST_STEP, LONGEST_STEP)
        step_v = _clip((first * here.v + here.uv * here.u) / determinant, -LONGEST_STEP, LONGEST_STEP)
        next_u = _clip(u + step_u, -LOGIT_LIMIT, LOGIT_LIMIT)
        next_v = _clip(v + step_v, *DISPERSION_LIMITS)
        moved = max(abs(next_u - u), abs(next_v - v))
        if likelihood.value(next_u, next_v) > here.value:
            u, v = next_u, next_v
            here = likelihood.slope(u, v)
            damping = max(damping / 10, 1e-9)
        else:
            damping *= 10
        if moved < SMALLEST_STEP:
            break
    return u, v
