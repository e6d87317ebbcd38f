"""The first worlds of a scenario, drawn quickly, to look at before anything is played.

The same addressed uniforms go through the same inverse distribution functions as in `sim.chance.worlds`, but for all
worlds at once with NumPy, whose logarithms and exponentials differ from `math` in the last bit. So these numbers serve
to judge a scenario and never to play it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from sim.chance import quantiles as q
from sim.chance.copula import Group
from sim.chance.distributions import Distribution, KernelDistribution
from sim.chance.streams import WORLD_REPLAY, stream_hash, uniforms
from sim.chance.uncertain import Apply, Evaluator, Expr, Value
from sim.records.outcomes import Floats

# Wichura's AS 241 (see `sim.chance.quantiles.normal_quantile`): highest power first.
_MIDDLE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_NEAR = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)  # fmt: skip
_FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
     0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip


def first_worlds(
    values: Mapping[str, Value], groups: Sequence[Group], seed: int, worlds: int
) -> dict[str, Floats | Expr]:
    """What each value is in worlds 0, 1, ... (shape: worlds), or its formula; equal to `draw_worlds` up to rounding."""
    # a group's luck is drawn whole: who has become certain still moves the others as it did
    lucky = [path for path, value in values.items() if value.distribution is not None]
    lucky += [path for group in groups for path in group.paths]
    luck = {path: _luck(path, seed, worlds) for path in dict.fromkeys(lucky)}
    for group in groups:
        luck.update(zip(group.paths, _together(group, luck), strict=True))
    drawn: dict[str, Floats | Expr] = {}
    with np.errstate(all="ignore"):
        for path, value in values.items():
            if value.distribution is not None:
                drawn[path] = quantiles(value.distribution, luck[path])
            elif value.formula is not None:
                drawn[path] = value.formula
            else:
                drawn[path] = np.full(worlds, value.fixed, dtype=np.float64)
    return drawn


@lru_cache(maxsize=512)
def _luck(path: str, seed: int, worlds: int) -> Floats:
    # kept, because the variants of a scenario, and the same scenario once more, ask for the same again
    found = uniforms(seed, np.arange(worlds), WORLD_REPLAY, stream_hash(f"param/{path}"))
    found.flags.writeable = False
    return found


def _together(group: Group, luck: Mapping[str, Floats]) -> list[Floats]:
    normals = [normal_quantiles(luck[path]) for path in group.paths]
    mixed = [luck[group.paths[0]]]
    for row in group.factor[1:]:
        z = sum(weight * normal for weight, normal in zip(row.tolist(), normals, strict=True))
        mixed.append(np.array([q.normal_cdf(x) for x in np.asarray(z).tolist()]).clip(2.0**-53, 1.0 - 2.0**-53))
    return mixed


def quantiles(distribution: Distribution, u: Floats) -> Floats:
    """The values of a distribution at many probabilities inside (0, 1); same shape."""
    if not isinstance(distribution, KernelDistribution):
        return distribution.quantiles(u)
    p, table = distribution.parameters, distribution.table
    values = _family(distribution.family_code, p[6] + u * (p[7] - p[6]), p, table)
    return np.clip(values, *distribution.bounds)


def _family(family: int, v: Floats, p: Sequence[float], table: Sequence[float]) -> Floats:
    if family <= q.DATES:
        return _plain(family, v, p, table)
    if family <= q.PARETO:
        return _from_exponential(family, -np.log1p(-v), p)
    if family <= q.LOGIT_NORMAL:
        x: Floats = p[0] + p[1] * normal_quantiles(v)
        if family == q.LOGNORMAL:
            return np.exp(x)
        return x if family == q.NORMAL else p[2] + (p[3] - p[2]) * _logistic(x)
    t = np.log(v / (1.0 - v))
    if family == q.LOG_LOGISTIC:
        return p[0] * np.exp(t / p[1])
    metalog: Floats = p[0] + p[1] * t + (p[2] * t + p[3]) * (_logistic(t) - 0.5)
    if family == q.LOG_METALOG:
        return p[4] + np.exp(metalog)
    return metalog if family == q.METALOG else p[4] + (p[5] - p[4]) * _logistic(metalog)


def _plain(family: int, v: Floats, p: Sequence[float], table: Sequence[float]) -> Floats:
    if family == q.UNIFORM:
        return p[0] + (p[1] - p[0]) * v
    if family == q.TRIANGULAR:
        low, mode, high = p[0], p[1], p[2]
        span = high - low
        rising = low + np.sqrt(v * span * (mode - low))
        return np.where(v * span < mode - low, rising, high - np.sqrt((1.0 - v) * span * (high - mode)))
    if family == q.CHOICE:
        offset, count = int(p[0]), int(p[1])
        options, reached = (
            np.array(table[offset : offset + count]),
            np.array(table[offset + count : offset + 2 * count]),
        )
        return np.asarray(options[np.minimum(np.searchsorted(reached, v, side="right"), count - 1)], dtype=np.float64)
    if family == q.DATES:
        return np.minimum(p[1], p[0] + np.floor(v * (p[1] - p[0] + 1.0)))
    return np.full(v.shape, p[0])


def _from_exponential(family: int, e: Floats, p: Sequence[float]) -> Floats:
    if family == q.EXPONENTIAL:
        return p[0] * e
    if family == q.WEIBULL:
        return p[1] * np.exp(np.log(e) / p[0])
    return p[0] * np.exp(e / p[1])


def _logistic(x: Floats) -> Floats:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, small) / (1.0 + small)


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], r: Floats) -> Floats:
    ratio: Floats = np.polyval(coefficients[0], r) / np.polyval(coefficients[1], r)
    return ratio


def normal_quantiles(u: Floats) -> Floats:
    """Inverse of the standard normal distribution function at many probabilities inside (0, 1); same shape."""
    around = u - 0.5
    r = np.sqrt(-np.log(np.minimum(u, 1.0 - u)))
    tail = np.where(r <= 5.0, _ratio(_NEAR, r - 1.6), _ratio(_FAR, r - 5.0))
    middle = around * _ratio(_MIDDLE, 0.180625 - around * around)
    return np.where(np.abs(around) <= 0.425, middle, np.copysign(tail, around))


class QuickEvaluator(Evaluator):
    """Evaluates expressions for all worlds at once, with NumPy's logarithms and exponentials."""

    def _evaluate(self, expr: Expr) -> Floats:
        quick = _QUICK.get(expr.operation) if isinstance(expr, Apply) else None
        if quick is None or not isinstance(expr, Apply):
            return super()._evaluate(expr)
        return quick(self(expr.arguments[0]))


_QUICK: dict[str, Callable[[Floats], Floats]] = {"exp": np.exp, "log": np.log}


def first_vectors(expressions: Sequence[Expr], evaluate: Evaluator) -> Floats:
    """One parameter vector a world (shape: worlds x parameters), equal to `parameter_vectors` up to rounding."""
    table = np.empty((evaluate.worlds, len(expressions)))
    for column, expression in enumerate(expressions):
        table[:, column] = evaluate(expression)
    return table
