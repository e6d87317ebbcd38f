"""What happens between events, in closed form: relaxing tensions, integrated hazards and their inverse.

Pure kernels on scalars and flat sequences, `math` only (`docs/semantics.md`, S7, S8 and section 3). Every argument of
an exponential is tested where it could overflow, because CPython raises where a compiled engine returns infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, expm1, inf, isfinite

from sim.kernel import kernel

NEWTON_STEPS = 64
RELATIVE_STOP = 1e-14
LARGEST_EXPONENT = 700.0


@kernel
def clamp(x: float, floor: float, ceiling: float) -> float:
    """`x` kept inside [floor, ceiling]; NaN stays NaN."""
    if x < floor:
        return floor
    if x > ceiling:
        return ceiling
    return x


@kernel
def relaxation(decay: float, elapsed: float) -> float:
    """exp(-decay * elapsed) - 1: 0 at once, -1 in the long run."""
    return expm1(-decay * elapsed)


@kernel
def level_after(value: float, baseline: float, relaxed: float) -> float:
    """A tension's level once `relaxed` (from `relaxation`) of its way to the baseline is behind it."""
    return value + (value - baseline) * relaxed


@kernel
def integral_after(value: float, baseline: float, decay: float, elapsed: float, relaxed: float) -> float:
    """Integral of a tension over `elapsed` days since it had `value`."""
    return baseline * elapsed - (value - baseline) * relaxed / decay


@kernel
def cumulative_hazard(
    elapsed: float,
    constant: float,
    count: int,
    gain: Sequence[float],
    level: Sequence[float],
    baseline: Sequence[float],
    decay: Sequence[float],
) -> float:
    """Integral of constant + sum of gain[i] * tension[i](t) over the next `elapsed` days."""
    total = constant * elapsed
    for i in range(count):
        relaxed = expm1(-decay[i] * elapsed)
        total += gain[i] * (baseline[i] * elapsed - (level[i] - baseline[i]) * relaxed / decay[i])
    return total


@kernel
def _bracket(
    target: float,
    constant: float,
    count: int,
    gain: Sequence[float],
    level: Sequence[float],
    baseline: Sequence[float],
    decay: Sequence[float],
) -> tuple[float, float]:
    highest = constant
    lowest = constant
    for i in range(count):
        if level[i] > baseline[i]:
            highest += gain[i] * level[i]
            lowest += gain[i] * baseline[i]
        else:
            highest += gain[i] * baseline[i]
            lowest += gain[i] * level[i]
    lower = target / highest
    if lowest > 0.0:
        return lower, target / lowest
    # a pure memory clock: doubling keeps the answer independent of where the run ends
    upper = lower
    while isfinite(upper) and cumulative_hazard(upper, constant, count, gain, level, baseline, decay) < target:
        upper = upper * 2.0
    return lower, upper


@kernel
def waiting_time(
    target: float,
    horizon: float,
    constant: float,
    count: int,
    gain: Sequence[float],
    level: Sequence[float],
    baseline: Sequence[float],
    decay: Sequence[float],
) -> float:
    """Days until the cumulative hazard reaches `target`; infinity when that is not before `horizon`.

    A Newton iteration inside a shrinking bracket: the integrated hazard increases strictly, but it is neither concave
    nor convex when some tensions lie above their baselines and others below.
    """
    if count == 0:
        return target / constant if constant > 0.0 else inf
    if cumulative_hazard(horizon, constant, count, gain, level, baseline, decay) < target:
        return inf
    lower, upper = _bracket(target, constant, count, gain, level, baseline, decay)
    here = lower
    for _ in range(NEWTON_STEPS):
        total = constant * here - target
        rate = constant
        for i in range(count):
            relaxed = expm1(-decay[i] * here)
            above = level[i] - baseline[i]
            total += gain[i] * (baseline[i] * here - above * relaxed / decay[i])
            rate += gain[i] * (level[i] + above * relaxed)
        if total <= 0.0:
            lower = here
        else:
            upper = here
        following = here - total / rate if rate > 0.0 else lower
        if not (lower <= following <= upper) or rate <= 0.0:
            following = lower + (upper - lower) / 2.0
        if abs(following - here) <= RELATIVE_STOP * following:
            return following
        here = following
    return here


@kernel
def multiplier(exponent: float) -> float:
    """exp(exponent), or NaN where the exponent lies outside [-700, 700]."""
    if not (-LARGEST_EXPONENT <= exponent <= LARGEST_EXPONENT):
        return float("nan")
    return exp(exponent)


@kernel
def reaches(x: float, bound: float) -> bool:
    """`x` is at least `bound`, up to 1e-9 of the bound: n equal steps do not sum exactly."""
    slack = 1e-9 * bound
    if slack < 0.0:
        slack = -slack
    return x >= bound - slack


@kernel
def stays_below(x: float, bound: float) -> bool:
    """`x` is at most `bound`, up to 1e-9 of the bound."""
    slack = 1e-9 * bound
    if slack < 0.0:
        slack = -slack
    return x <= bound + slack
