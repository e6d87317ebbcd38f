"""Metalog curves through percentiles: coefficients, and whether the curve rises everywhere.

Keelin, "The metalog distributions", Decision Analysis 13 (2016), 243-277:
M(y) = a1 + a2 L + a3 (y - 1/2) L + a4 (y - 1/2) with L = ln(y / (1 - y)).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sim.chance.quantiles import logistic

MOST_TERMS = 4
# With three terms the curve rises everywhere iff |a3| / a2 is below this: the reciprocal of the largest value of
# (1/2 - y) - y (1 - y) L over y.
LARGEST_RATIO = 1.66711
_STEP = 0.05
_REACH = 40.0
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


def metalog_terms(y: float, terms: int) -> list[float]:
    """The first `terms` (at most 4) basis functions at probability y, in the order of the coefficients."""
    log_odds = math.log(y / (1.0 - y))
    return [1.0, log_odds, (y - 0.5) * log_odds, y - 0.5][:terms]


def fit_weights(probabilities: Sequence[float]) -> list[list[float]]:
    """Weights W, terms x points, with coefficients a = W x for any values x at these probabilities.

    Exact through two to four points, least squares with four terms through more. Modified Gram-Schmidt written out, so
    that the bits do not depend on a linear algebra library. Raises `ValueError` where the points fix no curve.
    """
    points = len(probabilities)
    terms = min(points, MOST_TERMS)
    rows = [metalog_terms(y, terms) for y in probabilities]
    columns = [[row[k] for row in rows] for k in range(terms)]
    triangle = [[0.0] * terms for _ in range(terms)]
    for k, column in enumerate(columns):
        full = math.sqrt(_dot(column, column))
        # a second pass restores the orthogonality that cancellation cost the first
        for _ in range(2):
            for i in range(k):
                share = _dot(columns[i], column)
                triangle[i][k] += share
                for j in range(points):
                    column[j] -= share * columns[i][j]
        length = math.sqrt(_dot(column, column))
        if not length > 1e-9 * full:
            raise ValueError("these percentiles lie too close together to fix a curve; spread them out or give fewer")
        triangle[k][k] = length
        columns[k][:] = [x / length for x in column]
    weights = [[0.0] * points for _ in range(terms)]
    for j in range(points):
        for k in reversed(range(terms)):
            rest = columns[k][j]
            for i in range(k + 1, terms):
                rest -= triangle[k][i] * weights[i][j]
            weights[k][j] = rest / triangle[k][k]
    return weights


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    total = 0.0
    for x, y in zip(left, right, strict=True):
        total += x * y
    return total


def metalog_slope(a: Sequence[float], t: float) -> float:
    """M'(y) y (1 - y) at log-odds t: positive where the curve rises, with finite limits in both tails."""
    y = logistic(t)
    spread = y * logistic(-t)
    return a[1] + a[2] * (y - 0.5 + t * spread) + a[3] * spread


def falling_part(a: Sequence[float]) -> tuple[float, float] | None:
    """Log-odds between which a metalog with coefficients a1 to a4 does not rise; None where it rises everywhere.

    The slope is looked at on a grid of log-odds from -40 to 40, at its exact limits beyond, and at each local minimum
    between grid points.
    """
    if a[3] == 0.0 and abs(a[2]) < LARGEST_RATIO * a[1]:
        return None
    count = round(2.0 * _REACH / _STEP)
    grid = [-_REACH + _STEP * i for i in range(count + 1)]
    slopes = [metalog_slope(a, t) for t in grid]
    flat = [t for t, slope in zip(grid, slopes, strict=True) if not slope > 0.0]
    if not a[1] - a[2] / 2.0 > 0.0:
        flat.insert(0, -math.inf)
    if not a[1] + a[2] / 2.0 > 0.0:
        flat.append(math.inf)
    if not flat:
        # second derivatives over log-odds are below |a3| + |a4|, so a minimum lies at most 1e-3 of that below the grid
        near = 1e-3 * (abs(a[2]) + abs(a[3]))
        for i in range(1, count):
            if slopes[i] < near and slopes[i - 1] >= slopes[i] <= slopes[i + 1]:
                lowest = _least(lambda t: metalog_slope(a, t), grid[i - 1], grid[i + 1])
                if not metalog_slope(a, lowest) > 0.0:
                    flat.append(lowest)
    return (flat[0], flat[-1]) if flat else None


def _least(function: Callable[[float], float], low: float, high: float) -> float:
    # golden-section search; 40 steps take a bracket of 0.1 to the resolution of a minimum
    for _ in range(40):
        left = high - _GOLDEN * (high - low)
        right = low + _GOLDEN * (high - low)
        if function(left) < function(right):
            high = right
        else:
            low = left
    return (low + high) / 2.0


def middle_limits(probabilities: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Between which the middle of three values must lie for a rising curve.

    All on the scale on which the curve is fitted. The curve without skew through the outer two always rises, and the
    set of middles whose curve rises is an interval around it.
    """
    weights = fit_weights(probabilities)

    def rises(middle: float) -> bool:
        x = [values[0], middle, values[2]]
        spread, skew = _dot(weights[1], x), _dot(weights[2], x)
        return abs(skew) < LARGEST_RATIO * spread

    straight = fit_weights([probabilities[0], probabilities[2]])
    spread = _dot(straight[1], [values[0], values[2]])
    start = _dot(straight[0], [values[0], values[2]]) + spread * metalog_terms(probabilities[1], 2)[1]
    limits = []
    for end in (values[0], values[2]):
        inside, outside = start, end
        for _ in range(60):
            middle = (inside + outside) / 2.0
            if rises(middle):
                inside = middle
            else:
                outside = middle
        limits.append(inside)
    return limits[0], limits[1]
