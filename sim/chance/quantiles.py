"""Inverse distribution functions that every engine runs from the same source, and the distribution functions.

A family is a code and eight parameters: `p[0]` to `p[5]` are its own, `p[6]` and `p[7]` are the probabilities between
which its tails are cut (0 and 1 when they are not). The kernels use `math` on scalars only and never raise: what has
no answer is NaN (`docs/semantics.md`, section 4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.kernel import Row, kernel

# Families stand in groups, by what their quantile is a function of: the probability itself, an Exp(1), a normal
# or a logistic variate. The kernels below dispatch on these ranges.
UNIFORM = 0  # a, b
TRIANGULAR = 1  # low, mode, high
POINT = 2  # value
CHOICE = 3  # offset, count: `count` values, then their cumulative probabilities, from table[offset] on
DATES = 4  # first, last: whole days, ends included
EXPONENTIAL = 5  # mean
WEIBULL = 6  # shape, scale
PARETO = 7  # minimum, alpha
NORMAL = 8  # mu, sigma
LOGNORMAL = 9  # mu, sigma
LOGIT_NORMAL = 10  # mu, sigma, low, high
LOG_LOGISTIC = 11  # median, shape
METALOG = 12  # a1, a2, a3, a4
LOG_METALOG = 13  # a1, a2, a3, a4, lower
LOGIT_METALOG = 14  # a1, a2, a3, a4, lower, upper

FAMILY_NAMES = (
    "uniform",
    "triangular",
    "point",
    "choice",
    "dates",
    "exponential",
    "weibull",
    "pareto",
    "normal",
    "lognormal",
    "logit_normal",
    "log_logistic",
    "metalog",
    "log_metalog",
    "logit_metalog",
)

_LARGEST_EXPONENT = 709.0
_LARGEST_WHOLE = 9007199254740992.0


@kernel
def safe_exp(x: float) -> float:
    """The exponential; infinite where it would overflow, NaN stays NaN."""
    if x > _LARGEST_EXPONENT:
        return math.inf
    return math.exp(x)


@kernel
def safe_log(x: float) -> float:
    """The natural logarithm; -inf at 0, NaN below."""
    if x > 0.0:
        return math.log(x)
    if x == 0.0:
        return -math.inf
    return math.nan


@kernel
def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), exact in both tails."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


@kernel
def _normal_tail(r: float) -> float:
    # the two outer pieces of AS 241, for r = sqrt(-log(smaller tail))
    if r <= 5.0:
        r -= 1.6
        top = 7.74545014278341407640e-4 * r + 2.27238449892691845833e-2
        top = ((top * r + 2.41780725177450611770e-1) * r + 1.27045825245236838258) * r + 3.64784832476320460504
        top = ((top * r + 5.76949722146069140550) * r + 4.63033784615654529590) * r + 1.42343711074968357734
        below = 1.05075007164441684324e-9 * r + 5.47593808499534494600e-4
        below = ((below * r + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r
        below = ((below + 6.89767334985100004550e-1) * r + 1.67638483018380384940) * r + 2.05319162663775882187
        return top / (below * r + 1.0)
    r -= 5.0
    top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
    top = ((top * r + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1
    top = ((top * r + 1.78482653991729133580) * r + 5.46378491116411436990) * r + 6.65790464350110377720
    below = 2.04426310338993978564e-15 * r + 1.42151175831644588870e-7
    below = ((below * r + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r
    below = ((below + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r + 5.99832206555887937690e-1
    return top / (below * r + 1.0)


@kernel
def normal_quantile(u: float) -> float:
    """Inverse of the standard normal distribution function; infinite at 0 and 1, NaN outside.

    Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988),
    477-484: PPND16, relative error about 1e-16.
    """
    q = u - 0.5
    if -0.425 <= q <= 0.425:
        r = 0.180625 - q * q
        top = 2.50908092873012267270e3 * r + 3.34305755835881281050e4
        top = ((top * r + 6.72657709270087008530e4) * r + 4.59219539315498714570e4) * r + 1.37316937655094611250e4
        top = ((top * r + 1.97159095030655144270e3) * r + 1.33141667891784377450e2) * r + 3.38713287279636660800
        below = 5.22649527885285456100e3 * r + 2.87290857357219426740e4
        below = ((below * r + 3.93078958000927106100e4) * r + 2.12137943015865958670e4) * r
        below = ((below + 5.39419602142475110770e3) * r + 6.87187007492057908300e2) * r + 4.23133307016009112520e1
        return q * top / (below * r + 1.0)
    if q < 0.0:
        if u > 0.0:
            return -_normal_tail(math.sqrt(-math.log(u)))
        return -math.inf if u == 0.0 else math.nan
    if u < 1.0:
        return _normal_tail(math.sqrt(-math.log(1.0 - u)))
    return math.inf if u == 1.0 else math.nan


@kernel
def _choice_quantile(u: float, p: Row, table: Row) -> float:
    if not (0.0 <= p[0] <= _LARGEST_WHOLE and 1.0 <= p[1] <= _LARGEST_WHOLE):
        return math.nan
    offset = int(p[0])
    count = int(p[1])
    if offset + 2 * count > len(table):
        return math.nan
    for i in range(count - 1):
        if u < table[offset + count + i]:
            return table[offset + i]
    return table[offset + count - 1]


@kernel
def _dates_quantile(u: float, first: float, last: float) -> float:
    span = last - first
    if not 0.0 <= span <= _LARGEST_WHOLE:
        return math.nan
    days = float(int(u * (span + 1.0)))
    if days > span:
        days = span
    return first + days


@kernel
def _triangular_quantile(u: float, low: float, mode: float, high: float) -> float:
    if not low <= mode <= high:
        return math.nan
    span = high - low
    if u * span < mode - low:
        return low + math.sqrt(u * span * (mode - low))
    return high - math.sqrt((1.0 - u) * span * (high - mode))


@kernel
def plain_quantile(family: int, u: float, p: Row, table: Row) -> float:
    """Quantile at u in [0, 1] of the families up to `DATES`."""
    if family == UNIFORM:
        return p[0] + (p[1] - p[0]) * u
    if family == TRIANGULAR:
        return _triangular_quantile(u, p[0], p[1], p[2])
    if family == POINT:
        return p[0]
    if family == CHOICE:
        return _choice_quantile(u, p, table)
    if family == DATES:
        return _dates_quantile(u, p[0], p[1])
    return math.nan


@kernel
def from_exponential(family: int, e: float, p: Row) -> float:
    """The exponential, Weibull or Pareto value that an Exp(1) variate e >= 0 stands for."""
    if family == EXPONENTIAL:
        return p[0] * e
    if family == WEIBULL and p[0] > 0.0:
        return p[1] * safe_exp(safe_log(e) / p[0])
    if family == PARETO and p[1] > 0.0:
        return p[0] * safe_exp(e / p[1])
    return math.nan


@kernel
def from_normal(family: int, z: float, p: Row) -> float:
    """The normal, lognormal or logit-normal value that a standard normal variate z stands for."""
    x = p[0] + p[1] * z
    if family == NORMAL:
        return x
    if family == LOGNORMAL:
        return safe_exp(x)
    if family == LOGIT_NORMAL:
        return p[2] + (p[3] - p[2]) * logistic(x)
    return math.nan


@kernel
def from_logistic(family: int, t: float, p: Row) -> float:
    """The log-logistic or metalog value that a standard logistic variate t, a log-odds, stands for.

    Keelin, "The metalog distributions", Decision Analysis 13 (2016), 243-277, up to four terms.
    """
    if family == LOG_LOGISTIC:
        if p[1] > 0.0:
            return p[0] * safe_exp(t / p[1])
        return math.nan
    x = t
    # at the ends the logarithm outgrows the other terms, and a term of 0 would make 0 * inf
    if -math.inf < t < math.inf:
        x = p[0] + p[1] * t + (p[2] * t + p[3]) * (logistic(t) - 0.5)
    if family == METALOG:
        return x
    if family == LOG_METALOG:
        return p[4] + safe_exp(x)
    if family == LOGIT_METALOG:
        return p[4] + (p[5] - p[4]) * logistic(x)
    return math.nan


@kernel
def family_quantile(family: int, u: float, p: Row, table: Row) -> float:
    """Value below which the probability is u, of a family cut to the probabilities p[6] to p[7].

    NaN for u outside [0, 1], an unknown family or parameters that are none; infinite where the support is.
    """
    v = p[6] + u * (p[7] - p[6])
    if not 0.0 <= v <= 1.0:
        return math.nan
    if family <= DATES:
        return plain_quantile(family, v, p, table)
    if family <= PARETO:
        return from_exponential(family, -math.log1p(-v) if v < 1.0 else math.inf, p)
    if family <= LOGIT_NORMAL:
        return from_normal(family, normal_quantile(v), p)
    return from_logistic(family, math.log(v / (1.0 - v)) if 0.0 < v < 1.0 else (v - 0.5) * math.inf, p)


def normal_cdf(z: float) -> float:
    """Standard normal distribution function, exact in the lower tail."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def metalog_logit(x: float, p: Sequence[float]) -> float:
    """Log-odds at which a feasible metalog p[0] to p[3] reaches x: the inverse of its quantile, by bisection."""
    low, high = -1.0, 1.0
    while from_logistic(METALOG, low, p) > x and low > -1e300:
        low *= 2.0
    while from_logistic(METALOG, high, p) < x and high < 1e300:
        high *= 2.0
    middle = low + (high - low) / 2.0
    while low < middle < high:
        if from_logistic(METALOG, middle, p) < x:
            low = middle
        else:
            high = middle
        middle = low + (high - low) / 2.0
    return middle


def _logit_within(x: float, low: float, high: float) -> float:
    # log-odds of where x stands between two bounds
    return safe_log(x - low) - safe_log(high - x) if low < x < high else math.copysign(math.inf, x - (low + high) / 2.0)


def _plain_cdf(family: int, x: float, p: Sequence[float], table: Sequence[float]) -> float:
    if family == UNIFORM:
        return (x - p[0]) / (p[1] - p[0])
    if family == TRIANGULAR:
        low, mode, high = p[0], p[1], p[2]
        if not low < x < high:
            return 0.0 if x <= low else 1.0
        if x < mode:
            return (x - low) * (x - low) / ((high - low) * (mode - low))
        return 1.0 - (high - x) * (high - x) / ((high - low) * (high - mode))
    if family == CHOICE:
        offset, count = int(p[0]), int(p[1])
        below = [i for i in range(count) if table[offset + i] <= x]
        return table[offset + count + below[-1]] if below else 0.0
    if family == DATES:
        return (math.floor(x) - p[0] + 1.0) / (p[1] - p[0] + 1.0)
    return 1.0 if x >= p[0] else 0.0


def _exponential_cdf(family: int, x: float, p: Sequence[float]) -> float:
    if family == PARETO:
        return -math.expm1(-p[1] * safe_log(x / p[0])) if x > p[0] else 0.0
    if x <= 0.0:
        return 0.0
    if family == EXPONENTIAL:
        return -math.expm1(-x / p[0])
    return -math.expm1(-safe_exp(p[0] * safe_log(x / p[1])))


def _normal_family_cdf(family: int, x: float, p: Sequence[float]) -> float:
    if family == LOGNORMAL:
        x = safe_log(x) if x > 0.0 else -math.inf
    elif family == LOGIT_NORMAL:
        x = _logit_within(x, p[2], p[3])
    return normal_cdf((x - p[0]) / p[1])


def _logistic_family_cdf(family: int, x: float, p: Sequence[float]) -> float:
    if family == LOG_LOGISTIC:
        return logistic(p[1] * safe_log(x / p[0])) if x > 0.0 else 0.0
    if family == LOG_METALOG:
        x = safe_log(x - p[4]) if x > p[4] else -math.inf
    elif family == LOGIT_METALOG:
        x = _logit_within(x, p[4], p[5])
    if math.isinf(x):
        return 0.0 if x < 0.0 else 1.0
    return logistic(metalog_logit(x, p))


def family_cdf(family: int, x: float, p: Sequence[float], table: Sequence[float] = ()) -> float:
    """Probability of at most x, of a family cut to the probabilities p[6] to p[7]; in [0, 1].

    Closed forms, except for metalogs, whose quantile is inverted numerically. The parameters must be those of a
    distribution: only the kernels are guarded against others.
    """
    if math.isinf(x):
        return 0.0 if x < 0.0 else 1.0
    if family <= DATES:
        whole = _plain_cdf(family, x, p, table)
    elif family <= PARETO:
        whole = _exponential_cdf(family, x, p)
    elif family <= LOGIT_NORMAL:
        whole = _normal_family_cdf(family, x, p)
    else:
        whole = _logistic_family_cdf(family, x, p)
    return min(1.0, max(0.0, (whole - p[6]) / (p[7] - p[6])))
