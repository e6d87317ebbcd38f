"""From what people write about a number to its distribution.

Every refusal is a `ValueError` with one sentence for the user; callers put the place in the file before it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from sim.chance import quantiles as q
from sim.chance.beta import beta_from
from sim.chance.distributions import Distribution, KernelDistribution, truncated
from sim.chance.families import KERNEL_FAMILIES
from sim.chance.metalog import MOST_TERMS, fit_weights
from sim.chance.parameters import (
    POSITIVE_KINDS,
    check_metalog,
    check_percentiles,
    from_scale,
    native_parameters,
    nearest,
    percentile_name,
    plain,
    shown,
    to_scale,
)
from sim.chance.uncertain import Expr, Number, as_expr

EACH_FAMILIES: tuple[str, ...] = (*sorted(KERNEL_FAMILIES), "choice")
WORLD_FAMILIES: tuple[str, ...] = (*sorted([*KERNEL_FAMILIES, "beta"]), "choice")
# How far a metalog through more than four percentiles may miss one of them, as a part of the distance between the
# outermost two, on the scale on which it is fitted.
FIT_TOLERANCE = 0.03
_SUM_TOLERANCE = 1e-9
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def from_range(low: float, high: float, kind: str) -> Distribution:
    """The distribution of which `low` is the 5th and `high` the 95th percentile.

    Logit-normal for a share, lognormal for a positive, days, count, rate or multiplier, normal for a real.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"the range {shown(low)} to {shown(high)} has an end that is not finite")
    if low == high:
        raise ValueError(f"both ends of the range are {shown(low)}; write the number alone if it is certain")
    if low > high:
        raise ValueError(f"the range runs down from {shown(low)} to {shown(high)}; write {shown(high)} to {shown(low)}")
    if kind == "share":
        _check_share_range(low, high)
        family = "logit_normal"
    elif kind in POSITIVE_KINDS:
        if low <= 0.0:
            raise ValueError(
                f"the range starts at {shown(low)}, but this number is positive and its 5th percentile lies above 0; "
                f"write {'0.001' if high > 0.01 else 'a smaller number above 0'}, or use uniform, triangular or normal"
            )
        family = "lognormal"
    elif kind == "real":
        family = "normal"
    else:
        raise ValueError(f"a range cannot be read for a {kind}")
    code, parameters = native_parameters(family, {"p5": low, "p95": high})
    return _fixed(code, parameters)


def _check_share_range(low: float, high: float) -> None:
    if low < 0.0 or high > 1.0:
        end = low if low < 0.0 else high
        raise ValueError(f"the range has an end at {shown(end)}; a share lies between 0 and 1")
    if low == 0.0:
        raise ValueError(
            "the range starts at 0, but a range starts at its 5th percentile, above 0; write 0.001 or use beta, "
            "like {beta: {mean: 0.2, p95: 0.5}}"
        )
    if high == 1.0:
        raise ValueError(
            "the range ends at 1, but a range ends at its 95th percentile, below 1; write 0.999 or use beta, "
            "like {beta: {mean: 0.8, p5: 0.5}}"
        )


def from_percentiles(
    percentiles: Mapping[float, float], kind: str, bounds: tuple[float, float] | None = None
) -> Distribution:
    """The metalog through percentiles, a mapping from percent (5, 50, 95) to value, on the field's support.

    The support is `bounds` where given, else (0, 1) for a share, above 0 for what is positive, all numbers for a real.
    Two to four percentiles are met exactly; more are fitted by least squares with four terms and refused where one is
    missed by more than `FIT_TOLERANCE`.
    """
    given = {f"p{shown(percent)}": float(value) for percent, value in percentiles.items()}
    for name, value in given.items():
        if not math.isfinite(value):
            raise ValueError(f"`{name}` is {shown(value)}; it must be a finite number")
    points = sorted((percent / 100.0, float(value)) for percent, value in percentiles.items())
    if any(not 0.0 < p < 1.0 for p, _ in points):
        raise ValueError("percentiles lie between p0 and p100, ends left out; give bounds with `within`")
    if len(points) < 2:
        raise ValueError("one percentile fixes no spread; give at least two, like {p5: 3, p95: 40}")
    lower, upper = bounds or (
        (0.0, 1.0) if kind == "share" else (0.0 if kind in POSITIVE_KINDS else -math.inf, math.inf)
    )
    if math.isinf(lower) and not math.isinf(upper):
        raise ValueError("a metalog with an upper bound needs a lower one too")
    check_percentiles("this value" if kind != "share" else "a share", points, lower, upper)
    scaled = [to_scale(x, lower, upper) for _, x in points]
    coefficients = [_weighted(row, scaled) for row in fit_weights([p for p, _ in points])]
    coefficients += [0.0] * (MOST_TERMS - len(coefficients))
    if len(points) > MOST_TERMS:
        _check_fit(coefficients, points, scaled, (lower, upper))
    check_metalog(coefficients, points, lower, upper)
    return _metalog(coefficients, lower, upper)


def _weighted(weights: Sequence[float], values: Sequence[float]) -> float:
    total = weights[0] * values[0]
    for weight, value in zip(weights[1:], values[1:], strict=True):
        total += weight * value
    return total


def _metalog(coefficients: Sequence[float], lower: float, upper: float) -> KernelDistribution:
    if math.isinf(lower):
        return KernelDistribution(q.METALOG, (*coefficients, 0.0, 0.0, 0.0, 1.0))
    if math.isinf(upper):
        return KernelDistribution(q.LOG_METALOG, (*coefficients, lower, 0.0, 0.0, 1.0))
    return KernelDistribution(q.LOGIT_METALOG, (*coefficients, lower, upper, 0.0, 1.0))


def _check_fit(
    coefficients: Sequence[float],
    points: Sequence[tuple[float, float]],
    scaled: Sequence[float],
    bounds: tuple[float, float],
) -> None:
    fitted = [q.from_logistic(q.METALOG, math.log(p / (1.0 - p)), coefficients) for p, _ in points]
    misses = [abs(found - wanted) for found, wanted in zip(fitted, scaled, strict=True)]
    worst = max(range(len(points)), key=lambda i: misses[i])
    if misses[worst] > FIT_TOLERANCE * (scaled[-1] - scaled[0]):
        p, x = points[worst]
        raise ValueError(
            f"no metalog with four terms goes close to all {len(points)} percentiles: {percentile_name(p)} would be "
            f"{from_scale(fitted[worst], *bounds):.4g} and not {shown(x)}; give at most four, or smooth them"
        )


def from_family(
    name: str, given: Mapping[str, Number], kind: str = "real"
) -> tuple[int, tuple[Expr, ...], tuple[float, ...]]:
    """Code, eight parameters and table of a family that is drawn at each firing.

    Parameters may be expressions; those that are plain numbers are checked. `kind` is what the field measures: it
    bounds a metalog (a share between 0 and 1, days above 0).
    """
    if name == "beta":
        raise ValueError(
            "an `each` draw cannot be beta, because its inverse has no closed form; "
            f"use {_listed(EACH_FAMILIES)} (logit_normal is closest)"
        )
    _check_family(name, EACH_FAMILIES, "an `each` draw")
    if name == "choice":
        shares = {option: plain(number) for option, number in given.items()}
        for option, share in shares.items():
            if share is None:
                raise ValueError(
                    f"the probability of `{option}` differs by world; in an `each` choice write plain numbers"
                )
        choice = _choice({option: share for option, share in shares.items() if share is not None})
        return q.CHOICE, tuple(as_expr(number) for number in choice.parameters), choice.table
    code, parameters = native_parameters(name, given, kind)
    return code, tuple(as_expr(number) for number in parameters), ()


def world_family(name: str, given: Mapping[str, float], kind: str = "real") -> Distribution:
    """The distribution of a world's value from a family and its parameters; `kind` as in `from_family`."""
    _check_family(name, WORLD_FAMILIES, "a value of a world")
    if name == "beta":
        return beta_from(given)
    if name == "choice":
        return _choice(given)
    code, parameters = native_parameters(name, given, kind)
    return _fixed(code, parameters)


def _fixed(code: int, parameters: Sequence[Number], table: Sequence[float] = ()) -> KernelDistribution:
    numbers = [plain(number) for number in parameters]
    return KernelDistribution(code, tuple(math.nan if x is None else x for x in numbers), tuple(table))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1]


def _check_family(name: str, families: Sequence[str], what: str) -> None:
    if name not in families:
        hint = nearest(name, families)
        known = f"{hint} Known" if hint else "; known"
        raise ValueError(f"there is no family `{name}`{known} for {what}: {', '.join(families)}")


def _choice(given: Mapping[str, float]) -> KernelDistribution:
    if not given:
        raise ValueError("a choice needs options with probabilities, like {choice: {low: 0.4, high: 0.6}}")
    for option, share in given.items():
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"the probability of `{option}` is {shown(share)}; it must lie between 0 and 1")
    total = math.fsum(given.values())
    if abs(total - 1.0) > _SUM_TOLERANCE:
        raise ValueError(f"the probabilities of this choice sum to {shown(total)}; they must sum to 1")
    options, values, names = _sorted_options(list(given))
    cumulative = []
    reached = 0.0
    for option in options:
        reached += given[option]
        cumulative.append(reached)
    cumulative[-1] = 1.0
    parameters = (0.0, float(len(values)), 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    return KernelDistribution(q.CHOICE, parameters, (*values, *cumulative), names)


def _sorted_options(given: Sequence[str]) -> tuple[list[str], list[float], tuple[str, ...]]:
    # sorted, so that the order in a file does not decide which luck means which option
    numeric = [option for option in given if _NUMBER.fullmatch(option)]
    if not numeric:
        options = sorted(given)
        return options, [float(i) for i in range(len(options))], tuple(options)
    if len(numeric) < len(given):
        name = next(option for option in given if option not in numeric)
        raise ValueError(f"this choice mixes the number `{numeric[0]}` with the name `{name}`; use one kind of option")
    options = sorted(given, key=float)
    values = [float(option) for option in options]
    for first, second in pairwise(values):
        if first == second:
            raise ValueError(f"the option {shown(first)} stands twice in this choice; add its probabilities up")
    return options, values, ()


def draw_truncation(
    family: int, parameters: Sequence[Number], table: Sequence[float], low: float, high: float
) -> tuple[float, float]:
    """The probabilities p[6] and p[7] that cut a draw of a family at `low` and `high`.

    Raises `ValueError` where a parameter differs by world, and where `sim.chance.distributions.truncated` does.
    """
    numbers = [plain(number) for number in parameters]
    if any(number is None for number in numbers):
        raise ValueError("`within` beside an `each` draw needs plain numbers as parameters; leave one of the two out")
    cut = truncated(_fixed(family, parameters, table), low, high)
    if not isinstance(cut, KernelDistribution):
        raise TypeError("cutting a kernel family gave another kind of distribution")
    return cut.parameters[6], cut.parameters[7]
