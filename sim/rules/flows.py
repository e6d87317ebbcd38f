"""What happens between events, in closed form: relaxing tensions, integrated hazards and their inverse.

Pure kernels on scalars and flat sequences, `math` only (`docs/semantics.md`, S7, S8 and section 3). Every argument of
an exponential is tested where it could overflow, because CPython raises where a compiled engine returns infinity.
"""

from __future__ import annotations

from math import exp, expm1, inf, sqrt

from sim.kernel import Row, kernel

SOLVER_STEPS = 64
RELATIVE_STOP = 1e-15
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
    gain: Row,
    level: Row,
    baseline: Row,
    decay: Row,
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
    gain: Row,
    level: Row,
    baseline: Row,
    decay: Row,
) -> tuple[float, float, float, float]:
    """The waiting time's bounds, the root of the second-order expansion if it lies between them, the largest decay."""
    highest, lowest, rate, slope, fastest = constant, constant, constant, 0.0, 0.0
    for i in range(count):
        if decay[i] > fastest:
            fastest = decay[i]
        rate += gain[i] * level[i]
        slope -= gain[i] * decay[i] * (level[i] - baseline[i])
        if level[i] > baseline[i]:
            highest += gain[i] * level[i]
            lowest += gain[i] * baseline[i]
        else:
            highest += gain[i] * baseline[i]
            lowest += gain[i] * level[i]
    if not highest > 0.0:
        return inf, inf, inf, fastest
    lower = target / highest
    upper = target / lowest if lowest > 0.0 else inf
    spread = rate * rate + 2.0 * slope * target
    if rate > 0.0 and spread > 0.0:
        guess = 2.0 * target / (rate + sqrt(spread))
        if lower <= guess <= upper:
            return lower, upper, guess, fastest
    return lower, upper, lower, fastest


@kernel
def _expansion(
    here: float,
    constant: float,
    count: int,
    gain: Row,
    level: Row,
    baseline: Row,
    decay: Row,
) -> tuple[float, float, float, float, float]:
    """The integrated hazard, its three derivatives, and the sizes of the second one's parts, all at `here`."""
    total, rate, slope, bend, bent = constant * here, constant, 0.0, 0.0, 0.0
    for i in range(count):
        relaxed = expm1(-decay[i] * here)
        above = level[i] - baseline[i]
        total += gain[i] * (baseline[i] * here - above * relaxed / decay[i])
        rate += gain[i] * (level[i] + above * relaxed)
        turn = gain[i] * decay[i] * above * (1.0 + relaxed)
        slope -= turn
        bend += decay[i] * turn
        bent += abs(turn)
    return total, rate, slope, bend, bent


@kernel
def _improved(here: float, over: float, rate: float, slope: float, bend: float) -> float:
    """A third-order Householder step from `here` towards the root.

    `over` is the integrated hazard less its target at `here`; `rate`, `slope` and `bend` are its derivatives.
    Householder, "The numerical treatment of a single nonlinear equation" (1970), section 4.4.
    """
    newton = -over / rate
    second = slope / (2.0 * rate) * newton
    below = 1.0 + 2.0 * second + bend / (6.0 * rate) * newton * newton
    if not below > 0.0:
        return here + newton
    return here + newton * (1.0 + second) / below


@kernel
def _settled(step: float, rate: float, bent: float, fastest: float, following: float) -> bool:
    """Whether what a third-order step leaves undone is below rounding.

    `bent` is the sum of the sizes of the second derivative's parts, `fastest` the largest decay. Over a step shorter
    than the fastest decay takes, the parts change by less than e; what is left out is a product of four such changes.
    """
    step = abs(step)
    quick = fastest * step
    if not quick < 1.0:
        return False
    change = bent / rate * step
    return change * (quick + change) * (quick + change) * step <= RELATIVE_STOP * following


@kernel
def waiting_time(
    target: float,
    horizon: float,
    constant: float,
    count: int,
    gain: Row,
    level: Row,
    baseline: Row,
    decay: Row,
) -> float:
    """Days until the cumulative hazard reaches `target`; infinity when that is not before `horizon`.

    Steps of third order inside a shrinking bracket, from the root of the second-order expansion: the integrated hazard
    increases strictly, but it is neither concave nor convex when some tensions lie above their baselines and others
    below. No step depends on `horizon`, so a later end of the run changes no earlier time.
    """
    if count == 0:
        return target / constant if constant > 0.0 else inf
    lower, upper, here, fastest = _bracket(target, constant, count, gain, level, baseline, decay)
    if lower == inf:
        return inf
    for _ in range(SOLVER_STEPS):
        total, rate, slope, bend, bent = _expansion(here, constant, count, gain, level, baseline, decay)
        over = total - target
        if over <= 0.0:
            if here >= horizon:
                return inf
            lower = here
        else:
            upper = here
        following, done = here, False
        if rate > 0.0:
            following = _improved(here, over, rate, slope, bend)
            done = _settled(following - here, rate, bent, fastest, following)
        if rate <= 0.0 or not lower <= following <= upper:
            # a pure memory clock has no upper end: doubling keeps the answer independent of where the run ends
            following = lower + (upper - lower) / 2.0 if upper < inf else lower * 2.0
            done = False
        done = done or abs(following - here) <= RELATIVE_STOP * following
        here = following
        if done:
            break
    return here if here < horizon else inf


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
