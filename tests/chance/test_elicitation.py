"""What people write, and the distribution it means; every refusal by its exact text."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.chance import quantiles as q
from sim.chance.distributions import Distribution, KernelDistribution
from sim.chance.elicitation import from_percentiles, from_range, world_family
from sim.chance.metalog import falling_part

inf = math.inf


def kernel(distribution: Distribution) -> KernelDistribution:
    assert isinstance(distribution, KernelDistribution)
    return distribution


# --- ranges ----------------------------------------------------------------------------------------------------------


def test_range_known_answer() -> None:
    """80k to 110k: sigma .0968030607, median 93 808.315, mean 94 248.878."""
    troops = kernel(from_range(80_000.0, 110_000.0, "count"))
    assert troops.parameters[1] == pytest.approx(0.0968030607, abs=1e-10)
    assert troops.quantile(0.5) == pytest.approx(93_808.315, abs=1e-3)
    assert troops.mean() == pytest.approx(94_248.878, abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "low", "high", "family"),
    [
        ("share", 0.03, 0.60, "logit_normal"),
        ("positive", 3.0, 40.0, "lognormal"),
        ("days", 20.0, 60.0, "lognormal"),
        ("count", 5.0, 20.0, "lognormal"),
        ("rate", 0.001, 0.1, "lognormal"),
        ("multiplier", 0.6, 1.8, "lognormal"),
        ("real", -1.0, 2.0, "normal"),
    ],
)
def test_range_is_5th_to_95th_percentile(kind: str, low: float, high: float, family: str) -> None:
    found = from_range(low, high, kind)
    assert found.family == family
    assert [found.quantile(u) for u in (0.05, 0.95)] == pytest.approx([low, high], rel=1e-14)
    assert [found.cdf(x) for x in (low, high)] == pytest.approx([0.05, 0.95], rel=1e-13)


@given(st.floats(1e-6, 1e6), st.floats(1.001, 1e6), st.sampled_from(["share", "days", "real"]))
@settings(max_examples=200, deadline=None)
def test_any_range_keeps_its_ends(low: float, factor: float, kind: str) -> None:
    high = low * factor
    if kind == "share":
        low, high = low / (1.0 + high), high / (1.0 + high)
    assume(low < high < 1.0 or kind != "share")
    found = from_range(low, high, kind)
    # rounding of the log-odds near 1 costs digits of 1 - x
    assert [found.quantile(0.05), found.quantile(0.95)] == pytest.approx([low, high], rel=1e-9)


def test_share_range_has_the_median_of_the_flagship() -> None:
    """0.03 to 0.60: median 0.18 as a logit-normal, 0.22 as a beta."""
    assert from_range(0.03, 0.60, "share").quantile(0.5) == pytest.approx(0.18, abs=0.005)
    assert world_family("beta", {"p5": 0.03, "p95": 0.60}).quantile(0.5) == pytest.approx(0.22, abs=0.005)


@pytest.mark.parametrize(
    ("low", "high", "kind", "message"),
    [
        (5.0, 5.0, "real", "both ends of the range are 5; write the number alone if it is certain"),
        (5.0, 3.0, "days", "the range runs down from 5 to 3; write 3 to 5"),
        (
            0.0,
            2.0,
            "positive",
            "the range starts at 0, but this number is positive and its 5th percentile lies above 0; write 0.001, or "
            "use uniform, triangular or normal",
        ),
        (
            -1.0,
            0.005,
            "rate",
            "the range starts at -1, but this number is positive and its 5th percentile lies above 0; write a smaller "
            "number above 0, or use uniform, triangular or normal",
        ),
        (
            0.0,
            0.5,
            "share",
            "the range starts at 0, but a range starts at its 5th percentile, above 0; write 0.001 or use beta, like "
            "{beta: {mean: 0.2, p95: 0.5}}",
        ),
        (
            0.9,
            1.0,
            "share",
            "the range ends at 1, but a range ends at its 95th percentile, below 1; write 0.999 or use beta, like "
            "{beta: {mean: 0.8, p5: 0.5}}",
        ),
        (0.5, 1.2, "share", "the range has an end at 1.2; a share lies between 0 and 1"),
        (-0.1, 0.5, "share", "the range has an end at -0.1; a share lies between 0 and 1"),
        (1.0, 2.0, "state", "a range cannot be read for a state"),
        (1.0, inf, "real", "the range 1 to inf has an end that is not finite"),
        (math.nan, 1.0, "real", "the range nan to 1 has an end that is not finite"),
    ],
)
def test_range_refused(low: float, high: float, kind: str, message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole text is compared
        from_range(low, high, kind)
    assert str(refusal.value) == message


def test_proposed_betas_exist() -> None:
    assert world_family("beta", {"mean": 0.2, "p95": 0.5}).quantile(0.95) == pytest.approx(0.5, rel=1e-9)
    assert world_family("beta", {"mean": 0.8, "p5": 0.5}).quantile(0.05) == pytest.approx(0.5, rel=1e-9)


# --- percentiles -----------------------------------------------------------------------------------------------------


def test_metalog_known_answer() -> None:
    """Keelin's formulas for (70, 100, 160) at 10, 50, 90 %: a = (100, 20.4803826, 17.0669855)."""
    found = kernel(from_percentiles({10: 70.0, 50: 100.0, 90: 160.0}, "real"))
    assert found.parameters[:4] == pytest.approx((100.0, 20.4803826, 17.0669855, 0.0), abs=5e-8)
    assert [found.quantile(0.25), found.quantile(0.75)] == pytest.approx([82.1875, 127.1875], abs=1e-7)


@pytest.mark.parametrize(
    ("percentiles", "kind", "bounds", "family"),
    [
        ({5: 3.0, 50: 10.0, 95: 40.0}, "days", None, "log_metalog"),
        ({5: 3.0, 95: 40.0}, "positive", None, "log_metalog"),
        ({5: -3.0, 25: 1.0, 50: 4.0, 95: 14.0}, "real", None, "metalog"),
        ({5: 0.1, 50: 0.2, 95: 0.6}, "share", None, "logit_metalog"),
        ({5: 12.0, 50: 13.0, 95: 18.0}, "real", (10.0, 20.0), "logit_metalog"),
        ({5: 12.0, 50: 13.0, 95: 18.0}, "real", (10.0, inf), "log_metalog"),
        ({1: 2.0, 20: 5.0, 60: 9.0, 99: 30.0}, "count", None, "log_metalog"),
    ],
)
def test_percentiles_are_met(
    percentiles: dict[float, float], kind: str, bounds: tuple[float, float] | None, family: str
) -> None:
    found = from_percentiles(percentiles, kind, bounds)
    assert found.family == family
    assert [found.quantile(p / 100.0) for p in percentiles] == pytest.approx(list(percentiles.values()), rel=1e-12)
    assert found.cdf(percentiles[95] if 95 in percentiles else percentiles[99]) in (
        pytest.approx(0.95, rel=1e-12),
        pytest.approx(0.99, rel=1e-12),
    )


def test_order_of_percentiles_does_not_matter() -> None:
    assert from_percentiles({95: 40.0, 5: 3.0, 50: 10.0}, "days") == from_percentiles(
        {5: 3.0, 50: 10.0, 95: 40.0}, "days"
    )


def test_more_percentiles_than_terms_are_fitted() -> None:
    """Nine percentiles of a metalog with four terms come back as that metalog."""
    truth = KernelDistribution(q.METALOG, (10.0, 2.0, 1.0, 3.0, 0.0, 0.0, 0.0, 1.0))
    levels = (1, 5, 10, 25, 50, 75, 90, 95, 99)
    found = from_percentiles({p: truth.quantile(p / 100.0) for p in levels}, "real")
    assert kernel(found).parameters == pytest.approx(truth.parameters, rel=1e-11, abs=1e-11)


def test_least_squares_agree_with_numpy() -> None:
    levels = np.array([0.05, 0.2, 0.4, 0.5, 0.8, 0.95])
    values = np.array([1.0, 2.0, 3.1, 3.5, 5.2, 7.9])
    odds = np.log(levels / (1.0 - levels))
    basis = np.stack([np.ones(6), odds, (levels - 0.5) * odds, levels - 0.5], axis=1)
    expected = np.linalg.lstsq(basis, values, rcond=None)[0]
    found = from_percentiles(dict(zip((levels * 100.0).tolist(), values.tolist(), strict=True)), "real")
    assert kernel(found).parameters[:4] == pytest.approx(expected.tolist(), rel=1e-10)


@given(
    st.lists(st.integers(1, 99), min_size=2, max_size=4, unique=True),
    st.lists(st.floats(0.01, 10.0), min_size=4, max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_percentiles_are_met_or_refused(levels: list[int], steps: list[float]) -> None:
    values = np.cumsum(steps).tolist()
    percentiles = {float(p): x for p, x in zip(sorted(levels), values, strict=False)}
    try:
        found = from_percentiles(percentiles, "days")
    except ValueError as refusal:
        reason = str(refusal)
    else:
        reason = ""
    if reason:
        assert "the curve would not rise" in reason or "too close together" in reason
        return
    assert [found.quantile(p / 100.0) for p in percentiles] == pytest.approx(list(percentiles.values()), rel=1e-6)
    curve = found.quantiles(np.linspace(0.0005, 0.9995, 500))
    assert np.all(np.diff(curve) > 0.0)


def test_feasible_exactly_where_theory_says() -> None:
    """Three terms: |a3 / a2| < 1.6671131, so r in (.12490, .87510) at 5 and 95 %, (.16658, .83342) at 10 and 90 %."""
    assert falling_part((0.0, 1.0, 1.667113, 0.0)) is None
    assert falling_part((0.0, 1.0, -1.667113, 0.0)) is None
    assert falling_part((0.0, 1.0, 1.667114, 0.0)) is not None
    assert falling_part((0.0, 1.0, -1.667114, 0.0)) is not None
    # so close to the limit the dip lies between two points of the grid
    assert falling_part((0.0, 1.0, 1.6671131, 0.0)) is None
    assert falling_part((0.0, 1.0, 1.66711314, 0.0)) is not None
    for outer, limit in [(5, 0.12490), (10, 0.16658)]:
        ends = {outer: 0.0, 100 - outer: 1.0}
        for inside in (limit + 1e-4, 1.0 - limit - 1e-4):
            assert from_percentiles({**ends, 50: inside}, "real").quantile(0.5) == pytest.approx(inside)
        for outside in (limit - 1e-4, 1.0 - limit + 1e-4):
            with pytest.raises(ValueError, match="no metalog"):
                from_percentiles({**ends, 50: outside}, "real")


def test_falling_tail_is_seen() -> None:
    assert falling_part((0.0, 1.0, 2.5, 0.0)) is not None
    low, high = falling_part((0.0, -1.0, 0.0, 8.0)) or (0.0, 0.0)
    assert (low, high) == (-inf, inf)
    assert falling_part((0.0, 1.0, 0.0, -3.9)) is None
    # a2 + a4 y (1 - y) reaches 0 in the middle at a4 = -4 a2
    assert falling_part((0.0, 1.0, 0.0, -4.0)) is not None


@pytest.mark.parametrize(
    ("percentiles", "kind", "bounds", "message"),
    [
        (
            {5: 3.0, 50: 3.01, 95: 40.0},
            "real",
            None,
            "no metalog goes through these percentiles: the curve would not rise between p0 and p25; p50 must lie "
            "between 7.621 and 35.38 for these ends",
        ),
        (
            {5: 1.0, 50: 1.01, 95: 40.0},
            "days",
            None,
            "no metalog goes through these percentiles: the curve would not rise between p0 and p25; p50 must lie "
            "between 1.585 and 25.23 for these ends",
        ),
        (
            {5: 1.0, 25: 2.0, 50: 2.1, 75: 4.0},
            "real",
            None,
            "no metalog goes through these percentiles: the curve would not rise between p22.3 and p36.6; move the "
            "inner percentiles towards the middle of the outer ones, or give fewer",
        ),
        (
            {5: 1.0, 25: 2.0, 50: 2.1, 75: 4.0, 95: 5.0},
            "real",
            None,
            "no metalog with four terms goes close to all 5 percentiles: p50 would be 2.592 and not 2.1; give at most "
            "four, or smooth them",
        ),
        (
            {5: 3.0, 50: 2.0, 95: 40.0},
            "days",
            None,
            "p5 is 3 and p50 is 2; percentiles must rise: check for exchanged numbers",
        ),
        ({5: -1.0, 95: 3.0}, "days", None, "p5 of this value is -1; it must lie above 0"),
        ({5: 0.0, 95: 0.5}, "share", None, "p5 of a share is 0; it must lie between 0 and 1, ends left out"),
        ({50: 3.0}, "days", None, "one percentile fixes no spread; give at least two, like {p5: 3, p95: 40}"),
        (
            {0: 1.0, 50: 3.0},
            "days",
            None,
            "percentiles lie between p0 and p100, ends left out; give bounds with `within`",
        ),
        ({5: 1.0, 95: 3.0}, "real", (-inf, 9.0), "a metalog with an upper bound needs a lower one too"),
        ({5: 1.0, 95: inf}, "real", None, "`p95` is inf; it must be a finite number"),
        (
            {5: 1.0, 5.00000001: 2.0, 95: 3.0},
            "real",
            None,
            "these percentiles lie too close together to fix a curve; spread them out or give fewer",
        ),
    ],
)
def test_percentiles_refused(
    percentiles: dict[float, float], kind: str, bounds: tuple[float, float] | None, message: str
) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole text is compared
        from_percentiles(percentiles, kind, bounds)
    assert str(refusal.value) == message


def test_proposed_middle_is_accepted() -> None:
    for middle in (7.622, 35.37):
        assert from_percentiles({5: 3.0, 50: middle, 95: 40.0}, "real").quantile(0.5) == pytest.approx(middle)
    for middle in (7.620, 35.39):
        with pytest.raises(ValueError, match="no metalog"):
            from_percentiles({5: 3.0, 50: middle, 95: 40.0}, "real")
