"""Native parameters of a family from what people say about it, with every refusal in words for the user."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from sim.chance import quantiles as q
from sim.chance.families import KERNEL_FAMILIES, Family, Named, Native, Points, bounds_of, metalog_on
from sim.chance.metalog import falling_part, middle_limits
from sim.chance.uncertain import Apply, Constant, Evaluator, Expr, Number, Value

POSITIVE_KINDS = ("positive", "days", "count", "rate", "multiplier")
_PERCENTILE = re.compile(r"p(\d+(?:\.\d+)?)")
_ALWAYS_POSITIVE = ("sd", "sigma", "shape", "scale", "alpha", "minimum", "half_life")
_METALOGS = (q.METALOG, q.LOG_METALOG, q.LOGIT_METALOG)
_N = TypeVar("_N", bound="Expr | float")


def shown(x: float) -> str:
    """A number as a message shows it: plain digits where they are few."""
    return f"{x:.10g}"


def percentile_name(probability: float) -> str:
    """`p95` for 0.95."""
    return f"p{shown(100.0 * probability)}"


def percentile_of(name: str) -> float | None:
    """The probability that a parameter name stands for: `p95` and `median` are 0.95 and 0.5, other names None."""
    if name == "median":
        return 0.5
    match = _PERCENTILE.fullmatch(name)
    return float(match[1]) / 100.0 if match else None


def nearest(word: str, known: Collection[str]) -> str:
    """A hint `; did you mean ...?` where a known word is close, else nothing."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def plain(number: Number) -> float | None:
    """The number behind an expression without uncertain parts; None where worlds may differ."""
    if isinstance(number, Constant):
        return number.number
    if isinstance(number, Value):
        return number.fixed if number.formula is None else plain(number.formula)
    if isinstance(number, Apply):
        parts = [plain(argument) for argument in number.arguments]
        known = tuple(Constant(part) for part in parts if part is not None)
        if len(known) < len(parts):
            return None
        return float(Evaluator(1, {})(Apply(number.operation, known))[0])
    return None if isinstance(number, Expr) else float(number)


def split_given(given: Mapping[str, _N]) -> tuple[dict[str, _N], list[tuple[float, _N]]]:
    """Named parameters, and percentiles as (probability, value) in order of probability.

    Raises `ValueError` for a probability outside (0, 1), one given twice, and a number that is not finite.
    """
    named: dict[str, _N] = {}
    points: dict[float, _N] = {}
    for name, number in given.items():
        value = plain(number)
        if value is not None and not math.isfinite(value):
            raise ValueError(f"`{name}` is {shown(value)}; it must be a finite number")
        probability = percentile_of(name)
        if probability is None:
            named[name] = number
        elif not 0.0 < probability < 1.0:
            raise ValueError(f"`{name}` is no percentile; they lie between p0 and p100, ends left out")
        elif probability in points:
            raise ValueError(f"`{name}` gives {percentile_name(probability)} a second time; keep one of them")
        else:
            points[probability] = number
    return named, sorted(points.items(), key=lambda point: point[0])


def misfit(name: str, given: Collection[str], known: Collection[str], takes: str) -> str:
    """The message for parameters that a family does not take: the first unknown one, or all of them together."""
    for word in given:
        if word not in known and percentile_of(word) is None:
            hint = nearest(word, {*known, "median", "p5", "p50", "p95"})
            return f"{name} has no parameter `{word}`{f'{hint} It' if hint else '; it'} takes {takes}"
    return f"{name} does not take {{{', '.join(given)}}}; it takes {takes}"


def check_percentiles(name: str, points: Points, lower: float, upper: float) -> None:
    """Refuse percentiles that do not rise or lie outside (lower, upper), as far as they are plain numbers."""
    known = [(p, x) for p, number in points if (x := plain(number)) is not None]
    for (p1, x1), (p2, x2) in pairwise(known):
        if not x1 < x2:
            raise ValueError(
                f"{percentile_name(p1)} is {shown(x1)} and {percentile_name(p2)} is {shown(x2)}; "
                "percentiles must rise: check for exchanged numbers"
            )
    for p, x in known:
        if not lower < x < upper:
            place = f"above {shown(lower)}" if upper == math.inf else f"between {shown(lower)} and {shown(upper)}"
            ends = "" if upper == math.inf else ", ends left out"
            raise ValueError(f"{percentile_name(p)} of {name} is {shown(x)}; it must lie {place}{ends}")


def native_parameters(name: str, given: Named, kind: str = "real") -> tuple[int, Native]:
    """Code and eight parameters (the last two 0 and 1: uncut) of a family from what is given.

    `kind` is what the field measures; it only bounds a metalog that has no `lower` of its own. Raises `ValueError`
    for names that do not go together and for plain numbers that cannot be.
    """
    named, points = split_given(given)
    if name == "metalog" and not {"lower", "upper"} & set(named):
        if kind == "share":
            named.update(lower=0.0, upper=1.0)
        elif kind in POSITIVE_KINDS:
            named["lower"] = 0.0
    family = metalog_on(named) if name == "metalog" else KERNEL_FAMILIES[name]
    recipe = family.recipes.get((frozenset(named) - set(family.optional), len(points)))
    if recipe is None:
        known = {word for names, _ in family.recipes for word in names} | set(family.optional)
        raise ValueError(misfit(name, given, known, family.takes))
    _check_named(name, family, named)
    check_percentiles(name, points, *_limits(family, named))
    try:
        native = recipe(named, points)
    except ZeroDivisionError:
        raise ValueError(f"no {name} has these parameters: its percentiles are too close together") from None
    _check_native(name, family, native, points, named)
    return family.code, (*native, *[0.0] * (6 - len(native)), 0.0, 1.0)


def _check_named(name: str, family: Family, named: Named) -> None:
    for word, number in named.items():
        value = plain(number)
        must = word in _ALWAYS_POSITIVE or (word == "mean" and family.positive)
        if must and value is not None and not value > 0.0:
            raise ValueError(f"the `{word}` of {name} is {shown(value)}; it must be above 0")
    for first, second in (("low", "high"), ("lower", "upper")):
        low, high = _plain_or(named, first, -math.inf), _plain_or(named, second, math.inf)
        if not low < high:
            raise ValueError(
                f"the `{first}` of {name} is {shown(low)} and its `{second}` {shown(high)}; `{first}` must be smaller"
            )
    low, high = _plain_or(named, "low", -math.inf), _plain_or(named, "high", math.inf)
    mode = _plain_or(named, "mode", low)
    if math.isfinite(mode) and not low <= mode <= high:
        raise ValueError(f"the `mode` of {name} is {shown(mode)}; it must lie between `low` and `high`")


def _plain_or(named: Named, word: str, otherwise: float) -> float:
    value = plain(named[word]) if word in named else None
    return otherwise if value is None else value


def _limits(family: Family, named: Named) -> tuple[float, float]:
    # the open interval in which percentiles must lie, as far as it is known before worlds are drawn
    if family.code == q.LOGIT_NORMAL:
        bounds = [plain(bound) for bound in bounds_of(named)]
        return (-math.inf if bounds[0] is None else bounds[0]), (math.inf if bounds[1] is None else bounds[1])
    floor = _plain_or(named, "minimum", 0.0) if family.positive else -math.inf
    return _plain_or(named, "lower", floor), _plain_or(named, "upper", math.inf)


def _check_native(name: str, family: Family, native: Native, points: Points, named: Named) -> None:
    values = [plain(number) for number in native]
    if family.code in _METALOGS:
        coefficients = [value for value in values[:4] if value is not None]
        if len(coefficients) == 4:
            check_metalog(
                coefficients, points, _plain_or(named, "lower", -math.inf), _plain_or(named, "upper", math.inf)
            )
        return
    scale = values[1] if family.code in (q.NORMAL, q.LOGNORMAL, q.LOGIT_NORMAL) else None
    if scale is not None and not scale > 0.0:
        raise ValueError(f"no {name} has these parameters: its spread would be {shown(scale)}; it must be above 0")
    for value in values:
        if value is not None and not math.isfinite(value):
            raise ValueError(f"no {name} has these parameters: one of its own would be {shown(value)}")


def check_metalog(coefficients: Sequence[float], points: Points, lower: float, upper: float) -> None:
    """Refuse a metalog that does not rise everywhere, with the range for the middle of three percentiles."""
    part = falling_part(coefficients)
    if part is None:
        return
    first, last = (f"p{100.0 * q.logistic(t):.3g}" for t in part)
    where = f"near {first}" if first == last else f"between {first} and {last}"
    remedy = "move the inner percentiles towards the middle of the outer ones, or give fewer"
    if len(points) == 3:
        remedy = _middle_remedy(points, lower, upper)
    raise ValueError(f"no metalog goes through these percentiles: the curve would not rise {where}; {remedy}")


def _middle_remedy(points: Points, lower: float, upper: float) -> str:
    given = [x for _, number in points if (x := plain(number)) is not None]
    limits = middle_limits([p for p, _ in points], [to_scale(x, lower, upper) for x in given])
    low, high = (from_scale(x, lower, upper) for x in limits)
    return f"{percentile_name(points[1][0])} must lie between {low:.4g} and {high:.4g} for these ends"


def to_scale(x: float, lower: float, upper: float) -> float:
    """A value on the scale on which a metalog with this support is fitted: as it is, a log or a log-odds."""
    if math.isinf(lower):
        return x
    return math.log(x - lower) if math.isinf(upper) else math.log((x - lower) / (upper - x))


def from_scale(x: float, lower: float, upper: float) -> float:
    """The value behind a number on the fitting scale, the inverse of `to_scale`."""
    if math.isinf(lower):
        return x
    return lower + (q.safe_exp(x) if math.isinf(upper) else (upper - lower) * q.logistic(x))
