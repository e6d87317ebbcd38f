"""What a world may not know about a number: distributions that are asked for quantiles, never for random numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from sim.chance import quantiles as q
from sim.chance.means import family_mean
from sim.chance.vectors import family_quantiles
from sim.records.outcomes import Floats

LEAST_MASS = 1e-6
_EVERYWHERE = (-math.inf, math.inf)


class Distribution(Protocol):
    """A distribution over numbers. Probabilities are fractions of 1; values are in the unit of the field."""

    @property
    def family(self) -> str:
        """Its family, as files call it."""

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest possible value; infinite where there is none."""

    def quantile(self, u: float) -> float:
        """The value below which the probability is u."""

    def quantiles(self, u: Floats) -> Floats:
        """`quantile` for many probabilities, each with the bits that it has alone; same shape."""

    def cdf(self, x: float) -> float:
        """The probability of at most x."""

    def mean(self) -> float:
        """The expected value; infinite where the upper tail is too heavy to have one."""

    def describe(self) -> str:
        """A short text for people, `lognormal, median 58 100`."""


def short_number(x: float) -> str:
    """Three significant digits, thousands set apart: `58 100`, `0.184`, `1e-06`."""
    if x == 0.0 or not math.isfinite(x) or not 1e-4 <= abs(x) < 1e9:
        return f"{x:.3g}"
    rounded = float(f"{x:.3g}")
    if abs(rounded) >= 100.0:
        return f"{rounded:,.0f}".replace(",", " ")
    return f"{rounded:.10g}"


def _clamp(x: float, bounds: tuple[float, float]) -> float:
    if x < bounds[0]:
        return bounds[0]
    return bounds[1] if x > bounds[1] else x


def _cut_text(bounds: tuple[float, float]) -> str:
    if bounds == _EVERYWHERE:
        return ""
    return f", cut to {short_number(bounds[0])} to {short_number(bounds[1])}"


@dataclass(frozen=True, slots=True)
class KernelDistribution:
    """A family of `sim.chance.quantiles` with its eight parameters and, for a choice, its table.

    `options` names the values 0, 1, ... of a choice between names. `bounds` are the ends of a cut: the kernel finds
    them through probabilities, so without them rounding could step outside by a last digit.
    """

    family_code: int
    parameters: tuple[float, ...]
    table: tuple[float, ...] = ()
    options: tuple[str, ...] = ()
    bounds: tuple[float, float] = _EVERYWHERE

    @property
    def family(self) -> str:
        """Its family, as files call it."""
        return q.FAMILY_NAMES[self.family_code]

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest possible value; infinite where there is none."""
        uncut = (*self.parameters[:6], 0.0, 1.0)
        low, high = (q.family_quantile(self.family_code, u, uncut, self.table) for u in (0.0, 1.0))
        return max(low, self.bounds[0]), min(high, self.bounds[1])

    def quantile(self, u: float) -> float:
        """The value below which the probability is u, in [0, 1]; NaN outside."""
        return _clamp(q.family_quantile(self.family_code, u, self.parameters, self.table), self.bounds)

    def quantiles(self, u: Floats) -> Floats:
        """`quantile` for many probabilities, each with the bits that it has alone; same shape."""
        found = family_quantiles(self.family_code, u.ravel(), self.parameters, self.table).reshape(u.shape)
        if self.bounds == _EVERYWHERE:
            return found
        return np.where(found < self.bounds[0], self.bounds[0], np.where(found > self.bounds[1], self.bounds[1], found))

    def cdf(self, x: float) -> float:
        """The probability of at most x."""
        return q.family_cdf(self.family_code, x, self.parameters, self.table)

    def mean(self) -> float:
        """The expected value; infinite where the upper tail is too heavy to have one."""
        return family_mean(self.family_code, self.parameters, self.table)

    def describe(self) -> str:
        """A short text for people, `lognormal, median 58 100`."""
        if self.family_code == q.CHOICE:
            return "choice: " + ", ".join(f"{name} {short_number(100.0 * p)} %" for name, p in self.shares())
        if self.family_code == q.POINT:
            return f"exactly {short_number(self.parameters[0])}"
        if self.family_code in (q.UNIFORM, q.DATES):
            kind = "uniform" if self.family_code == q.UNIFORM else "a whole day"
            low, high = self.support
            return f"{kind}, {short_number(low)} to {short_number(high)}"
        name = self.family.replace("log_metalog", "metalog").replace("logit_metalog", "metalog").replace("_", "-")
        return f"{name}, median {short_number(self.quantile(0.5))}{_cut_text(self.bounds)}"

    def shares(self) -> list[tuple[str, float]]:
        """The options of a choice with their probabilities, in order; empty for other families."""
        count = len(self.table) // 2
        cumulative = (0.0, *self.table[count:])
        names = self.options or [short_number(x) for x in self.table[:count]]
        return [(names[i], cumulative[i + 1] - cumulative[i]) for i in range(count)]


@dataclass(frozen=True, slots=True)
class BetaDistribution:
    """A beta distribution stretched from (0, 1) to (lower, upper), cut to the probabilities u_low to u_high.

    Its inverse has no closed form, so it serves a world's values only, never a draw inside a run.
    """

    a: float
    b: float
    lower: float = 0.0
    upper: float = 1.0
    u_low: float = 0.0
    u_high: float = 1.0
    bounds: tuple[float, float] = _EVERYWHERE

    @property
    def family(self) -> str:
        """Its family, as files call it."""
        return "beta"

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest possible value."""
        return max(self.lower, self.bounds[0]), min(self.upper, self.bounds[1])

    def quantile(self, u: float) -> float:
        """The value below which the probability is u, in [0, 1]; NaN outside."""
        return float(self.quantiles(np.array([u]))[0])

    def quantiles(self, u: Floats) -> Floats:
        """`quantile` for many probabilities, each with the bits that it has alone; same shape."""
        # slow to import, and needed only where a file has a beta
        from scipy.special import betaincinv

        inverse: Floats = betaincinv(self.a, self.b, self.u_low + u * (self.u_high - self.u_low))
        values: Floats = np.clip(self.lower + (self.upper - self.lower) * inverse, *self.bounds)
        return values

    def cdf(self, x: float) -> float:
        """The probability of at most x."""
        # slow to import, and needed only where a file has a beta
        from scipy.special import betainc

        share = _clamp((x - self.lower) / (self.upper - self.lower), (0.0, 1.0))
        whole = float(betainc(self.a, self.b, share))
        return _clamp((whole - self.u_low) / (self.u_high - self.u_low), (0.0, 1.0))

    def mean(self) -> float:
        """The expected value; of what a cut leaves, from the incomplete beta function of a + 1 and b."""
        share = self.a / (self.a + self.b)
        if (self.u_low, self.u_high) != (0.0, 1.0):
            # slow to import, and needed only where a file has a beta
            from scipy.special import betainc

            low, high = (_clamp((x - self.lower) / (self.upper - self.lower), (0.0, 1.0)) for x in self.bounds)
            inside = betainc(self.a + 1.0, self.b, high) - betainc(self.a + 1.0, self.b, low)
            share *= float(inside) / (self.u_high - self.u_low)
        return self.lower + (self.upper - self.lower) * share

    def describe(self) -> str:
        """A short text for people, `beta(2, 5), median 0.264`."""
        shape = f"beta({short_number(self.a)}, {short_number(self.b)})"
        return f"{shape}, median {short_number(self.quantile(0.5))}{_cut_text(self.bounds)}"


def whole_days(first: float, last: float) -> KernelDistribution:
    """Uniform over whole days, `first` and `last` included, counted from any 00:00.

    Raises `ValueError` with a message for the user where the range runs backwards or has part days.
    """
    if not (first <= last and first == math.floor(first) and last == math.floor(last)):
        raise ValueError("a range of dates runs from one date to the same or a later one; exchange them")
    return KernelDistribution(q.DATES, (float(first), float(last), 0.0, 0.0, 0.0, 0.0, 0.0, 1.0))


def truncated(distribution: Distribution, low: float, high: float) -> Distribution:
    """What is left of a distribution between two bounds, its tails cut and the rest brought back to 1.

    A range of dates keeps the whole days inside. Raises `ValueError` with a message for the user where the bounds are
    exchanged, leave less than a millionth of the probability, or make no sense (a choice).
    """
    text = f"`within: [{low:.10g}, {high:.10g}]`"
    if not low < high:
        raise ValueError(f"{text} holds no number; write the lower bound first")
    if isinstance(distribution, KernelDistribution) and distribution.family_code in (q.CHOICE, q.POINT, q.DATES):
        return _cut_discrete(distribution, low, high, text)
    below, above = distribution.cdf(low), distribution.cdf(high)
    inside = above - below
    if not inside >= LEAST_MASS:
        raise ValueError(
            f"{text} keeps {inside:.2g} of the probability of this value ({distribution.describe()}); "
            "it must keep at least a millionth: widen the bounds or move the value"
        )
    if isinstance(distribution, BetaDistribution):
        cut = _cut(distribution.u_low, distribution.u_high, below, above)
        return replace(distribution, u_low=cut[0], u_high=cut[1], bounds=_inner(distribution.bounds, low, high))
    if isinstance(distribution, KernelDistribution):
        p = distribution.parameters
        cut = _cut(p[6], p[7], below, above)
        return replace(distribution, parameters=(*p[:6], *cut), bounds=_inner(distribution.bounds, low, high))
    raise TypeError(f"cannot cut a {type(distribution).__name__}")


def _cut(u_low: float, u_high: float, below: float, above: float) -> tuple[float, float]:
    # an end that cuts nothing keeps its bits
    span = u_high - u_low
    return (u_low + below * span if below > 0.0 else u_low), (u_low + above * span if above < 1.0 else u_high)


def _inner(bounds: tuple[float, float], low: float, high: float) -> tuple[float, float]:
    return max(bounds[0], low), min(bounds[1], high)


def _cut_discrete(distribution: KernelDistribution, low: float, high: float, text: str) -> KernelDistribution:
    if distribution.family_code == q.CHOICE:
        raise ValueError(f"{text} stands beside a choice; leave out the options that are not wanted instead")
    p = distribution.parameters
    if distribution.family_code == q.POINT:
        if not low <= p[0] <= high:
            raise ValueError(f"{text} does not hold {p[0]:.10g}; widen the bounds or change the value")
        return distribution
    first, last = max(p[0], low), min(p[1], high)
    if not math.ceil(first) <= math.floor(last):
        raise ValueError(f"{text} holds none of these dates; widen the bounds or move the dates")
    return replace(distribution, parameters=(float(math.ceil(first)), float(math.floor(last)), *p[2:]))
