"""Beta distributions from what people say about them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from sim.chance.distributions import BetaDistribution
from sim.chance.parameters import check_percentiles, misfit, percentile_name, shown, split_given

BETA_TAKES = (
    "{a, b}, {mean, sd}, {mean, p95} or {p5, p95}, and `lower` and `upper` where its values do not lie between 0 and 1"
)
_NAMES = ("a", "b", "mean", "sd", "lower", "upper")
# Concentrations a + b that are searched, as logarithms: from two heaps at the ends to a spike.
_LEAST, _MOST = math.log(1e-3), math.log(1e9)
_HALVINGS = 64
_STEPS = 200


def beta_from(given: Mapping[str, float]) -> BetaDistribution:
    """The beta distribution with these parameters; percentiles are fitted numerically.

    Raises `ValueError` with a message for the user for unknown names and impossible numbers.
    """
    named, points = split_given({name: float(number) for name, number in given.items()})
    lower, upper = named.pop("lower", 0.0), named.pop("upper", 1.0)
    if not lower < upper:
        raise ValueError(f"the `lower` of beta is {shown(lower)} and its `upper` {shown(upper)}; exchange them")
    check_percentiles("beta", points, lower, upper)
    span = upper - lower
    shares = [(p, (x - lower) / span) for p, x in points]
    if "mean" in named and not lower < named["mean"] < upper:
        raise ValueError(
            f"the `mean` of beta is {shown(named['mean'])}; it must lie between {shown(lower)} and {shown(upper)}"
        )
    mean = (named["mean"] - lower) / span if "mean" in named else math.nan
    match (frozenset(named), len(points)):
        case (names, 0) if names == {"a", "b"}:
            a, b = _given_shape(named)
        case (names, 0) if names == {"mean", "sd"}:
            a, b = _moments(mean, named["sd"] / span, named)
        case (names, 1) if names == {"mean"}:
            a, b = _mean_and_percentile(mean, *shares[0], named["mean"], points[0][1])
        case (names, 2) if not names:
            a, b = _two_percentiles(shares)
        case _:
            raise ValueError(misfit("beta", given, _NAMES, BETA_TAKES))
    return BetaDistribution(a, b, lower, upper)


def _given_shape(named: Mapping[str, float]) -> tuple[float, float]:
    for word in ("a", "b"):
        if not named[word] > 0.0:
            raise ValueError(f"the `{word}` of beta is {shown(named[word])}; it must be above 0")
    return named["a"], named["b"]


def _moments(mean: float, sd: float, named: Mapping[str, float]) -> tuple[float, float]:
    if not named["sd"] > 0.0:
        raise ValueError(f"the `sd` of beta is {shown(named['sd'])}; it must be above 0")
    concentration = mean * (1.0 - mean) / (sd * sd) - 1.0
    if not concentration > 0.0:
        most = named["sd"] / sd * math.sqrt(mean * (1.0 - mean))
        raise ValueError(
            f"no beta with mean {shown(named['mean'])} spreads as wide as sd {shown(named['sd'])}; "
            f"it must be below {most:.4g}"
        )
    return mean * concentration, (1.0 - mean) * concentration


def _bisect(rises: Callable[[float], bool], low: float, high: float) -> float:
    # the place from which on `rises` is true
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if rises(middle):
            high = middle
        else:
            low = middle
    return (low + high) / 2.0


def _cdf(x: float, mean: float, log_concentration: float) -> float:
    # slow to import, and needed only where a file has a beta
    from scipy.special import betainc

    concentration = math.exp(log_concentration)
    return float(betainc(mean * concentration, (1.0 - mean) * concentration, x))


def _mean_and_percentile(mean: float, p: float, x: float, mean_given: float, given: float) -> tuple[float, float]:
    # Along a + b with a fixed mean the probability below x need not be monotone: a small mean can have one p95 twice,
    # once with nearly everything at 0. The most concentrated solution is the one that people mean.
    grid = [_MOST + (_LEAST - _MOST) * i / _STEPS for i in range(_STEPS + 1)]
    side = _cdf(x, mean, grid[0]) > p
    for nearer, farther in pairwise(grid):
        if (_cdf(x, mean, farther) > p) is not side:
            found = math.exp(_bisect(lambda n: (_cdf(x, mean, n) > p) is side, farther, nearer))
            return mean * found, (1.0 - mean) * found
    raise ValueError(
        f"no beta has mean {shown(mean_given)} and {percentile_name(p)} {shown(given)}; "
        "give {p5, p95} or {mean, sd}"
    )


def _two_percentiles(shares: Sequence[tuple[float, float]]) -> tuple[float, float]:
    # For each a + b one mean puts the first percentile in its place; the second then rises with a + b. The mean is
    # searched in log-odds, because it may be close to an end.
    (p1, x1), (p2, x2) = shares

    def mean_for(n: float) -> float:
        log_odds = _bisect(lambda t: _cdf(x1, 1.0 / (1.0 + math.exp(-t)), n) < p1, -40.0, 30.0)
        return 1.0 / (1.0 + math.exp(-log_odds))

    n = _bisect(lambda n: _cdf(x2, mean_for(n), n) > p2, _LEAST, _MOST)
    mean = mean_for(n)
    if not (abs(_cdf(x1, mean, n) - p1) < 1e-9 and abs(_cdf(x2, mean, n) - p2) < 1e-9):
        raise ValueError(
            f"no beta has {percentile_name(p1)} and {percentile_name(p2)} at these places; "
            "spread them out or move them away from the ends"
        )
    return mean * math.exp(n), (1.0 - mean) * math.exp(n)
