"""Distributions of a world's values: means, cuts, supports, and the same bits in any batch."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.chance import quantiles as q
from sim.chance.distributions import (
    BetaDistribution,
    Distribution,
    KernelDistribution,
    short_number,
    truncated,
    whole_days,
)
from sim.chance.means import family_mean
from sim.chance.streams import UNIT, uniforms

WORLDS = 20_000
Z = 4.5
# every value that `uniform` can take
drawable = st.integers(0, 2**52 - 1).map(lambda k: (k + 0.5) * UNIT)


def family(code: int, *own: float) -> KernelDistribution:
    return KernelDistribution(code, (*own, *[0.0] * (6 - len(own)), 0.0, 1.0))


def coin() -> KernelDistribution:
    return KernelDistribution(q.CHOICE, (0.0, 3.0, *[0.0] * 5, 1.0), (1.0, 2.0, 10.0, 0.2, 0.7, 1.0))


MEMBERS: dict[str, Distribution] = {
    "uniform": family(q.UNIFORM, -2.0, 5.0),
    "triangular": family(q.TRIANGULAR, 1.0, 2.0, 9.0),
    "exponential": family(q.EXPONENTIAL, 3.0),
    "weibull": family(q.WEIBULL, 1.7, 20.0),
    "pareto": family(q.PARETO, 5.0, 3.5),
    "normal": family(q.NORMAL, -1.0, 4.0),
    "lognormal": family(q.LOGNORMAL, 2.0, 0.8),
    "logit_normal": family(q.LOGIT_NORMAL, -1.0, 1.5, 2.0, 6.0),
    "log_logistic": family(q.LOG_LOGISTIC, 12.0, 3.5),
    "metalog": family(q.METALOG, 100.0, 20.0, 17.0, -4.0),
    "log_metalog": family(q.LOG_METALOG, 1.0, 0.2, 0.1, 0.2, -3.0),
    "logit_metalog": family(q.LOGIT_METALOG, 0.3, 0.9, -0.2, 0.1, 10.0, 30.0),
    "choice": coin(),
    "dates": whole_days(100.0, 109.0),
    "point": family(q.POINT, 3.5),
    "beta": BetaDistribution(2.0, 5.0),
    "beta, stretched": BetaDistribution(0.7, 1.9, -10.0, 30.0),
    "beta, cut": truncated(BetaDistribution(2.0, 5.0), 0.1, 0.4),
    "lognormal, cut": truncated(family(q.LOGNORMAL, 2.0, 0.8), 3.0, 30.0),
    "weibull, cut below": truncated(family(q.WEIBULL, 1.7, 20.0), 15.0, math.inf),
    "triangular, cut": truncated(family(q.TRIANGULAR, 1.0, 2.0, 9.0), 1.5, 5.0),
    "metalog, cut": truncated(family(q.METALOG, 100.0, 20.0, 17.0, -4.0), 60.0, 200.0),
}
CUTTABLE = [name for name in MEMBERS if name not in ("choice", "dates", "point")]


def z_of_mean(distribution: Distribution, claimed: float) -> float:
    draws = distribution.quantiles(uniforms(5, np.arange(WORLDS), 0, 0))
    spread = float(draws.std(ddof=1))
    return (
        0.0 if spread == 0.0 and draws[0] == claimed else (float(draws.mean()) - claimed) * math.sqrt(WORLDS) / spread
    )


@pytest.mark.parametrize("name", MEMBERS)
def test_mean_is_the_mean_of_draws(name: str) -> None:
    assert abs(z_of_mean(MEMBERS[name], MEMBERS[name].mean())) < Z


@pytest.mark.parametrize("name", [name for name in MEMBERS if name not in ("point", "dates")])
def test_wrong_mean_is_seen(name: str) -> None:
    mean = MEMBERS[name].mean()
    spread = float(MEMBERS[name].quantiles(uniforms(5, np.arange(WORLDS), 0, 0)).std())
    assert abs(z_of_mean(MEMBERS[name], mean + 0.1 * spread)) > Z


@pytest.mark.parametrize(
    ("distribution", "mean"),
    [
        (family(q.TRIANGULAR, 1.0, 2.0, 9.0), 4.0),
        (family(q.WEIBULL, 0.4, 20.0), stats.weibull_min(0.4, scale=20.0).mean()),
        (family(q.PARETO, 5.0, 1.25), 25.0),
        (family(q.PARETO, 5.0, 1.0), math.inf),
        (family(q.LOGNORMAL, 2.0, 0.8), math.exp(2.32)),
        (family(q.LOG_LOGISTIC, 12.0, 2.0), 12.0 * math.pi / 2.0),
        (family(q.LOG_LOGISTIC, 12.0, 0.9), math.inf),
        (family(q.METALOG, 100.0, 20.4803826, 17.0669855), 108.53349275),
        (family(q.LOG_METALOG, 1.0, 0.9, 0.3, 0.0, 0.0), math.inf),
        # a log-metalog without skew is a log-logistic, a logit-metalog with a1 = a2 = ... of a uniform is one
        (family(q.LOG_METALOG, math.log(12.0), 0.5, 0.0, 0.0, 3.0), 3.0 + 12.0 * math.pi / 2.0),
        (family(q.LOG_METALOG, 0.0, 0.99, 0.0, 0.0, 0.0), math.pi * 0.99 / math.sin(math.pi * 0.99)),
        (family(q.LOGIT_METALOG, 0.0, 1.0, 0.0, 0.0, 10.0, 30.0), 20.0),
        (family(q.LOGIT_NORMAL, 0.0, 7.0, 0.0, 1.0), 0.5),
        (coin(), 0.2 * 1.0 + 0.5 * 2.0 + 0.3 * 10.0),
        (whole_days(100.0, 109.0), 104.5),
        (BetaDistribution(2.0, 5.0), 2.0 / 7.0),
        (BetaDistribution(2.0, 5.0, 10.0, 20.0), 10.0 + 20.0 / 7.0),
    ],
)
def test_mean_in_closed_form(distribution: Distribution, mean: float) -> None:
    assert distribution.mean() == pytest.approx(mean, rel=1e-12)


def test_mean_of_a_logit_normal_agrees_with_another_quadrature() -> None:
    """Gauss-Hermite with 150 nodes; the integrand is analytic near the line, so it is exact to the last digits."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(150)
    for mu, sigma in [(-1.0, 1.0), (0.4, 0.3), (-3.0, 1.4)]:
        expected = float((weights / (1.0 + np.exp(-mu - sigma * nodes))).sum() / math.sqrt(2.0 * math.pi))
        assert family(q.LOGIT_NORMAL, mu, sigma, 0.0, 1.0).mean() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("whole", "low", "high", "mean"),
    [
        (family(q.NORMAL, 1.0, 2.0), 0.0, 4.0, stats.truncnorm(-0.5, 1.5, 1.0, 2.0).mean()),
        (family(q.NORMAL, 0.0, 1.0), 4.0, math.inf, stats.truncnorm(4.0, math.inf).mean()),
        (family(q.EXPONENTIAL, 3.0), 6.0, math.inf, 9.0),
        (family(q.EXPONENTIAL, 3.0), 0.0, 3.0, 3.0 - 3.0 / (math.e - 1.0)),
        # what is left of a Pareto above x is a Pareto from x on
        (family(q.PARETO, 1.0, 1.05), 10.0, math.inf, 210.0),
        (family(q.PARETO, 1.0, 0.5), 2.0, math.inf, math.inf),
        (family(q.UNIFORM, 0.0, 10.0), 2.0, 5.0, 3.5),
        # beyond the mode a triangle is a smaller triangle
        (family(q.TRIANGULAR, 1.0, 2.0, 9.0), 3.0, 20.0, 5.0),
        (BetaDistribution(1.0, 1.0, 0.0, 10.0), 2.0, 5.0, 3.5),
    ],
)
def test_mean_of_what_a_cut_leaves(whole: Distribution, low: float, high: float, mean: float) -> None:
    assert truncated(whole, low, high).mean() == pytest.approx(mean, rel=1e-9)


def test_quadrature_agrees_with_closed_forms() -> None:
    """The same means the long way: cutting away nothing but 1e-300 of the lower tail switches the closed form off."""
    for name, member in MEMBERS.items():
        if isinstance(member, KernelDistribution) and member.parameters[6:] == (0.0, 1.0) and name in CUTTABLE:
            p = (*member.parameters[:6], 1e-300, 1.0)
            assert family_mean(member.family_code, p) == pytest.approx(member.mean(), rel=1e-12)


@pytest.mark.parametrize("name", MEMBERS)
@given(st.lists(drawable, min_size=1, max_size=9))
@settings(max_examples=20, deadline=None)
def test_bits_do_not_depend_on_the_batch(name: str, levels: list[float]) -> None:
    alone = [MEMBERS[name].quantile(u) for u in levels]
    together = MEMBERS[name].quantiles(np.array(levels * 7))
    assert together.tolist() == alone * 7


@pytest.mark.parametrize("name", CUTTABLE)
def test_cdf_undoes_quantile(name: str) -> None:
    for u in (0.001, 0.05, 0.3, 0.5, 0.77, 0.999):
        assert MEMBERS[name].cdf(MEMBERS[name].quantile(u)) == pytest.approx(u, abs=1e-12)


def test_beta_agrees_with_scipy() -> None:
    levels = np.linspace(0.01, 0.99, 50)
    assert BetaDistribution(2.0, 5.0).quantiles(levels) == pytest.approx(stats.beta(2.0, 5.0).ppf(levels), rel=1e-12)
    assert BetaDistribution(2.0, 5.0, 10.0, 20.0).cdf(13.0) == pytest.approx(stats.beta(2.0, 5.0).cdf(0.3), rel=1e-12)


# --- cuts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CUTTABLE)
@given(st.just(0.0) | drawable.map(lambda u: 0.9 * u), st.floats(0.05, 1.0), st.sampled_from([0.0, 1.0]) | drawable)
@settings(max_examples=25, deadline=None)
def test_cut_stays_inside_and_keeps_proportions(name: str, start: float, width: float, u: float) -> None:
    whole = MEMBERS[name]
    low, high = whole.quantile(start), whole.quantile(min(1.0, start + width))
    cut = truncated(whole, low, high)
    assert low <= cut.quantile(u) <= high
    assert cut.support == (low, high)
    inside = whole.cdf(high) - whole.cdf(low)
    middle = whole.quantile(start + min(width, 1.0 - start) / 2.0)
    assert cut.cdf(middle) == pytest.approx((whole.cdf(middle) - whole.cdf(low)) / inside, abs=1e-9)


def test_cut_twice_is_cut_once() -> None:
    whole = family(q.LOGNORMAL, 2.0, 0.8)
    twice = truncated(truncated(whole, 1.0, 50.0), 3.0, 30.0)
    once = truncated(whole, 3.0, 30.0)
    levels = np.linspace(0.0, 1.0, 101)
    assert twice.quantiles(levels) == pytest.approx(once.quantiles(levels), rel=1e-13)


def test_cut_that_cuts_nothing_changes_no_bit() -> None:
    whole = family(q.LOGIT_NORMAL, -1.0, 1.5, 0.0, 1.0)
    levels = uniforms(1, np.arange(100), 0, 0)
    assert truncated(whole, 0.0, 1.0).quantiles(levels).tolist() == whole.quantiles(levels).tolist()
    stretched = BetaDistribution(2.0, 3.0)
    assert truncated(stretched, -1.0, 2.0).quantiles(levels).tolist() == stretched.quantiles(levels).tolist()


def test_cut_dates_keep_the_whole_days_inside() -> None:
    assert truncated(whole_days(10.0, 20.0), 12.5, 30.0) == whole_days(13.0, 20.0)


def test_cut_point_is_itself() -> None:
    assert truncated(family(q.POINT, 3.5), 3.0, 4.0) == family(q.POINT, 3.5)


@pytest.mark.parametrize(
    ("whole", "low", "high", "message"),
    [
        (
            family(q.LOGNORMAL, 2.0, 0.8),
            1000.0,
            2000.0,
            "`within: [1000, 2000]` keeps 4.3e-10 of the probability of this value (lognormal, median 7.39); it must "
            "keep at least a millionth: widen the bounds or move the value",
        ),
        (family(q.NORMAL, 0.0, 1.0), 2.0, 1.0, "`within: [2, 1]` holds no number; write the lower bound first"),
        (family(q.NORMAL, 0.0, 1.0), 1.0, 1.0, "`within: [1, 1]` holds no number; write the lower bound first"),
        (
            coin(),
            1.0,
            2.0,
            "`within: [1, 2]` stands beside a choice; leave out the options that are not wanted instead",
        ),
        (
            family(q.POINT, 3.5),
            4.0,
            5.0,
            "`within: [4, 5]` does not hold 3.5; widen the bounds or change the value",
        ),
        (
            whole_days(10.0, 20.0),
            12.2,
            12.8,
            "`within: [12.2, 12.8]` holds none of these dates; widen the bounds or move the dates",
        ),
        (
            BetaDistribution(2.0, 5.0),
            0.999,
            1.0,
            "`within: [0.999, 1]` keeps 6e-15 of the probability of this value (beta(2, 5), median 0.264); it must "
            "keep at least a millionth: widen the bounds or move the value",
        ),
    ],
)
def test_senseless_cut_is_refused(whole: Distribution, low: float, high: float, message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole text is compared
        truncated(whole, low, high)
    assert str(refusal.value) == message


def test_unknown_distribution_cannot_be_cut() -> None:
    class Odd:
        family = "odd"
        support = (0.0, 1.0)
        quantile = quantiles = cdf = staticmethod(lambda x: x)
        mean = describe = staticmethod(lambda: 0.5)

    with pytest.raises(TypeError, match="cannot cut a Odd"):
        truncated(Odd(), 0.1, 0.9)  # type: ignore[arg-type]


@pytest.mark.parametrize(("first", "last"), [(3.0, 2.0), (1.5, 3.0), (1.0, math.nan)])
def test_dates_that_are_none_are_refused(first: float, last: float) -> None:
    with pytest.raises(ValueError, match=r"^a range of dates runs from one date to the same or a later one; exchange"):
        whole_days(first, last)


# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distribution", "text"),
    [
        (family(q.LOGNORMAL, math.log(58_100.0), 0.2), "lognormal, median 58 100"),
        (truncated(family(q.NORMAL, 5.0, 1.0), 0.0, 10.0), "normal, median 5, cut to 0 to 10"),
        (family(q.LOGIT_NORMAL, -1.5, 1.0, 0.0, 1.0), "logit-normal, median 0.182"),
        (family(q.LOG_METALOG, 1.0, 0.2, 0.0, 0.0, 0.0), "metalog, median 2.72"),
        (family(q.LOGIT_METALOG, 0.0, 0.2, 0.0, 0.0, 0.0, 1.0), "metalog, median 0.5"),
        (family(q.UNIFORM, 0.2, 0.5), "uniform, 0.2 to 0.5"),
        (whole_days(3.0, 9.0), "a whole day, 3 to 9"),
        (family(q.POINT, 1250.0), "exactly 1 250"),
        (coin(), "choice: 1 20 %, 2 50 %, 10 30 %"),
        (replace(coin(), options=("a", "b", "c")), "choice: a 20 %, b 50 %, c 30 %"),
        (BetaDistribution(2.0, 5.0), "beta(2, 5), median 0.264"),
    ],
)
def test_description(distribution: Distribution, text: str) -> None:
    assert distribution.describe() == text


@pytest.mark.parametrize(
    ("x", "text"),
    [(58_123.0, "58 100"), (999.6, "1 000"), (0.18434, "0.184"), (-12.345, "-12.3"), (0.0, "0"), (1e-6, "1e-06"),
     (math.inf, "inf"), (1234567.0, "1 230 000"), (2e12, "2e+12")],
)  # fmt: skip
def test_short_number(x: float, text: str) -> None:
    assert short_number(x) == text


def test_families_are_named_as_in_files() -> None:
    assert MEMBERS["logit_normal"].family == "logit_normal"
    assert MEMBERS["beta"].family == "beta"
    assert MEMBERS["uniform"].support == (-2.0, 5.0)
    names, shares = zip(*coin().shares(), strict=True)
    assert names == ("1", "2", "10")
    assert shares == pytest.approx([0.2, 0.5, 0.3])
    assert family(q.POINT, 1.0).shares() == []
