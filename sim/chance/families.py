"""What people may say about a family, and the native parameters that follow from it.

The same arithmetic serves plain numbers and expressions: an `each` draw may have parameters that differ by world.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sim.chance import quantiles as q
from sim.chance import uncertain
from sim.chance.metalog import MOST_TERMS, fit_weights
from sim.chance.uncertain import Expr, Number

Named = Mapping[str, Number]
Points = Sequence[tuple[float, Number]]
Native = tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """A family: its code, what it takes in words, and how its native parameters follow.

    `recipes` maps the names that are given, with how many percentiles beside them (a median is p50), to the arithmetic.
    `positive` says that all its values lie above 0.
    """

    code: int
    takes: str
    recipes: Mapping[tuple[frozenset[str], int], Callable[[Named, Points], Native]]
    positive: bool = False
    optional: tuple[str, ...] = ()


def log(x: Number) -> Number:
    """The natural logarithm of a number or an expression."""
    return uncertain.log(x) if isinstance(x, Expr) else q.safe_log(x)


def exp(x: Number) -> Number:
    """The exponential of a number or an expression."""
    return uncertain.exp(x) if isinstance(x, Expr) else q.safe_exp(x)


def _root(x: Number) -> Number:
    if isinstance(x, Expr):
        return uncertain.exp(0.5 * uncertain.log(x))
    return math.sqrt(x) if x >= 0.0 else math.nan


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def _exposure(p: float) -> float:
    # the Exp(1) variate at probability p
    return -math.log1p(-p)


def line(points: Points, standard: Callable[[float], float]) -> tuple[Number, Number]:
    """Location and scale of the line through two points, (probability, value), over the standard variate."""
    (p1, x1), (p2, x2) = points
    z1, z2 = standard(p1), standard(p2)
    return (z2 * x1 - z1 * x2) / (z2 - z1), (x2 - x1) / (z2 - z1)


def _logs(points: Points) -> Points:
    return [(p, log(x)) for p, x in points]


def bounds_of(named: Named) -> tuple[Number, Number]:
    """`lower` and `upper` of values between bounds; 0 and 1 unless said."""
    return named.get("lower", 0.0), named.get("upper", 1.0)


def _log_odds(points: Points, named: Named) -> Points:
    lower, upper = bounds_of(named)
    return [(p, log((x - lower) / (upper - x))) for p, x in points]


def _normal_mean_point(named: Named, points: Points) -> Native:
    ((p, x),) = points
    if p == 0.5:
        raise ValueError("the mean of a normal is its median; give `sd` or another percentile beside it")
    return named["mean"], (x - named["mean"]) / q.normal_quantile(p)


def _lognormal_mean_sd(named: Named, _: Points) -> Native:
    relative = named["sd"] / named["mean"]
    variance = log(1.0 + relative * relative)
    return log(named["mean"]) - variance / 2.0, _root(variance)


def _logit_normal(named: Named, points: Points) -> Native:
    return (*line(_log_odds(points, named), q.normal_quantile), *bounds_of(named))


def _weibull_points(_: Named, points: Points) -> Native:
    location, scale = line(_logs(points), lambda p: math.log(_exposure(p)))
    return 1.0 / scale, exp(location)


def _weibull_shape_point(named: Named, points: Points) -> Native:
    ((p, x),) = points
    return named["shape"], exp(log(x) - math.log(_exposure(p)) / named["shape"])


def _log_logistic_points(_: Named, points: Points) -> Native:
    location, scale = line(_logs(points), _logit)
    return exp(location), 1.0 / scale


def _log_logistic_shape_point(named: Named, points: Points) -> Native:
    ((p, x),) = points
    return exp(log(x) - _logit(p) / named["shape"]), named["shape"]


def _metalog(_: Named, points: Points) -> Native:
    coefficients: list[Number] = []
    for row in fit_weights([p for p, _ in points]):
        total: Number = row[0] * points[0][1]
        for weight, point in zip(row[1:], points[1:], strict=True):
            total = total + weight * point[1]
        coefficients.append(total)
    return (*coefficients, *[0.0] * (MOST_TERMS - len(coefficients)))


def _log_metalog(named: Named, points: Points) -> Native:
    return (*_metalog(named, [(p, log(x - named["lower"])) for p, x in points]), named["lower"])


def _logit_metalog(named: Named, points: Points) -> Native:
    return (*_metalog(named, _log_odds(points, named)), *bounds_of(named))


def _given(*names: str) -> Callable[[Named, Points], Native]:
    return lambda named, _: tuple(named[name] for name in names)


def _key(*names: str, points: int = 0) -> tuple[frozenset[str], int]:
    return frozenset(names), points


KERNEL_FAMILIES: dict[str, Family] = {
    "normal": Family(
        q.NORMAL,
        "{mean, sd}, {mean, p95} or {p5, p95}",
        {
            _key("mean", "sd"): _given("mean", "sd"),
            _key("mean", points=1): _normal_mean_point,
            _key("sd", points=1): lambda n, x: (x[0][1] - n["sd"] * q.normal_quantile(x[0][0]), n["sd"]),
            _key(points=2): lambda _, x: line(x, q.normal_quantile),
        },
    ),
    "lognormal": Family(
        q.LOGNORMAL,
        "{median, p95}, {p5, p95}, {median, sigma}, {mean, sigma} or {mean, sd}",
        {
            _key(points=2): lambda _, x: line(_logs(x), q.normal_quantile),
            _key("sigma", points=1): lambda n, x: (
                log(x[0][1]) - n["sigma"] * q.normal_quantile(x[0][0]),
                n["sigma"],
            ),
            _key("mean", "sigma"): lambda n, _: (log(n["mean"]) - n["sigma"] * n["sigma"] / 2.0, n["sigma"]),
            _key("mean", "sd"): _lognormal_mean_sd,
        },
        positive=True,
    ),
    "logit_normal": Family(
        q.LOGIT_NORMAL,
        "{median, p95} or {p5, p95}, and `lower` and `upper` where its values do not lie between 0 and 1",
        {_key(points=2): _logit_normal},
        optional=("lower", "upper"),
    ),
    "uniform": Family(q.UNIFORM, "{low, high}", {_key("low", "high"): _given("low", "high")}),
    "triangular": Family(
        q.TRIANGULAR, "{low, mode, high}", {_key("low", "mode", "high"): _given("low", "mode", "high")}
    ),
    "exponential": Family(
        q.EXPONENTIAL,
        "{mean}, {median} or {half_life}",
        {
            _key("mean"): _given("mean"),
            _key("half_life"): lambda n, _: (n["half_life"] / math.log(2.0),),
            _key(points=1): lambda _, x: (x[0][1] / _exposure(x[0][0]),),
        },
        positive=True,
    ),
    "weibull": Family(
        q.WEIBULL,
        "{shape, scale}, {shape, median} or {median, p95}",
        {
            _key("shape", "scale"): _given("shape", "scale"),
            _key("shape", points=1): _weibull_shape_point,
            _key(points=2): _weibull_points,
        },
        positive=True,
    ),
    "pareto": Family(
        q.PARETO,
        "{minimum, alpha} or {minimum, p95}",
        {
            _key("minimum", "alpha"): _given("minimum", "alpha"),
            _key("minimum", points=1): lambda n, x: (
                n["minimum"],
                _exposure(x[0][0]) / log(x[0][1] / n["minimum"]),
            ),
        },
        positive=True,
    ),
    "log_logistic": Family(
        q.LOG_LOGISTIC,
        "{median, shape} or {median, p95}",
        {_key("shape", points=1): _log_logistic_shape_point, _key(points=2): _log_logistic_points},
        positive=True,
    ),
    "metalog": Family(
        q.METALOG,
        "two to four percentiles like {p5, p50, p95}, and `lower`, or `lower` and `upper`, where they are bounded",
        {_key(points=count): _metalog for count in (2, 3, 4)},
        optional=("lower", "upper"),
    ),
}


def metalog_on(named: Named) -> Family:
    """The metalog that the given bounds choose: unbounded, above `lower`, or between `lower` and `upper`."""
    family = KERNEL_FAMILIES["metalog"]
    if "upper" in named and "lower" not in named:
        raise ValueError("a metalog takes `upper` only beside `lower`; give both, or neither")
    if "upper" in named:
        code, build = q.LOGIT_METALOG, _logit_metalog
    elif "lower" in named:
        code, build = q.LOG_METALOG, _log_metalog
    else:
        return family
    return Family(code, family.takes, dict.fromkeys(family.recipes, build), optional=family.optional)
