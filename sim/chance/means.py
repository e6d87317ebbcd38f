"""Expected values of families: closed forms, else quadrature of the quantile function over log-odds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np

from sim.chance import quantiles as q

# Log-odds at which panels meet: narrow where the weight is, wide in the tails, where everything is exponential.
_EDGES = (-300.0, -128.0, -64.0, -32.0, -16.0, *(float(t) for t in range(-10, 11)), 16.0, 32.0, 64.0, 128.0, 300.0)
_LAST = _EDGES[-1]
_NODES = 24


def family_mean(family: int, p: Sequence[float], table: Sequence[float] = ()) -> float:
    """Mean of a family; infinite where its upper tail is too heavy to have one. Cut tails are left out."""
    if p[6] == 0.0 and p[7] == 1.0:
        closed = _CLOSED.get(family)
        if closed is not None:
            return closed(p)
        if family == q.CHOICE:
            return _choice_mean(p, table)
    return _quadrature(family, tuple(p), tuple(table))


def _choice_mean(p: Sequence[float], table: Sequence[float]) -> float:
    offset, count = int(p[0]), int(p[1])
    total = below = 0.0
    for i in range(offset, offset + count):
        total += table[i] * (table[count + i] - below)
        below = table[count + i]
    return total


def _weibull_mean(p: Sequence[float]) -> float:
    return p[1] * q.safe_exp(math.lgamma(1.0 + 1.0 / p[0]))


def _log_logistic_mean(p: Sequence[float]) -> float:
    if p[1] <= 1.0:
        return math.inf
    angle = math.pi / p[1]
    return p[0] * angle / math.sin(angle)


_CLOSED: dict[int, Callable[[Sequence[float]], float]] = {
    q.UNIFORM: lambda p: p[0] + (p[1] - p[0]) / 2.0,
    q.TRIANGULAR: lambda p: (p[0] + p[1] + p[2]) / 3.0,
    q.POINT: lambda p: p[0],
    q.DATES: lambda p: p[0] + (p[1] - p[0]) / 2.0,
    q.EXPONENTIAL: lambda p: p[0],
    q.WEIBULL: _weibull_mean,
    q.PARETO: lambda p: p[0] * p[1] / (p[1] - 1.0) if p[1] > 1.0 else math.inf,
    q.NORMAL: lambda p: p[0],
    q.LOGNORMAL: lambda p: q.safe_exp(p[0] + p[1] * p[1] / 2.0),
    q.LOG_LOGISTIC: _log_logistic_mean,
    q.METALOG: lambda p: p[0] + p[2] / 2.0,
}


def _tail_growth(family: int, p: Sequence[float]) -> float:
    # the quantile grows like exp(growth * log-odds) in the upper tail; 0 for anything slower
    if family == q.PARETO:
        return 1.0 / p[1]
    if family == q.LOG_LOGISTIC:
        return 1.0 / p[1]
    if family == q.LOG_METALOG:
        return p[1] + p[2] / 2.0
    return 0.0


def _value_at(family: int, t: float, p: Sequence[float], table: Sequence[float]) -> float:
    # the quantile as a function of log-odds, which keeps the upper tail that a probability near 1 would round away
    if family <= q.DATES:
        return q.plain_quantile(family, q.logistic(t), p, table)
    if family <= q.PARETO:
        e = math.log1p(math.exp(t)) if t <= 0.0 else t + math.log1p(math.exp(-t))
        return q.from_exponential(family, e, p)
    if family <= q.LOGIT_NORMAL:
        z = q.normal_quantile(q.logistic(t)) if t <= 0.0 else -q.normal_quantile(q.logistic(-t))
        return q.from_normal(family, z, p)
    return q.from_logistic(family, t, p)


def _log_odds(u: float) -> float:
    return math.log(u / (1.0 - u)) if 0.0 < u < 1.0 else (u - 0.5) * math.inf


@cache
def _rule() -> tuple[tuple[float, float], ...]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return tuple(zip(nodes.tolist(), weights.tolist(), strict=True))


# a file is checked and then told about: the same mean is asked for more than once
@lru_cache(maxsize=1024)
def _quadrature(family: int, p: tuple[float, ...], table: tuple[float, ...]) -> float:
    def integrand(t: float) -> float:
        return _value_at(family, t, p, table) * q.logistic(t) * q.logistic(-t)

    low = max(-_LAST, _log_odds(p[6]))
    high = min(_LAST, _log_odds(p[7]))
    total = 0.0
    if high == _LAST:
        decay = 1.0 - _tail_growth(family, p)
        if decay <= 0.0:
            return math.inf
        # beyond the last panel the integrand is exponential to within exp(-300)
        total = integrand(_LAST) / decay
    edges = [t for t in _EDGES if low < t < high]
    if family == q.TRIANGULAR and p[0] < p[1] < p[2]:
        kink = _log_odds((p[1] - p[0]) / (p[2] - p[0]))
        edges = sorted([*edges, kink]) if low < kink < high else edges
    edges = [low, *edges, high]
    for left, right in pairwise(edges):
        middle, half = (left + right) / 2.0, (right - left) / 2.0
        for node, weight in _rule():
            total += half * weight * integrand(middle + half * node)
    return total / (p[7] - p[6])
