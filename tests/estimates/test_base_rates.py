from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.estimates.base_rates import jeffreys


def test_announced_withdrawals_with_some_movement():
    p, interval = jeffreys(4, 8)
    assert p == 0.5
    assert interval == pytest.approx((0.24, 0.76), abs=0.005)


def test_nothing_seen_in_8_cases():
    p, interval = jeffreys(0, 8)
    assert p == pytest.approx(0.0556, abs=5e-5)
    assert interval[0] == 0.0
    assert interval[1] == pytest.approx(0.21, abs=0.005)


@given(st.floats(0.1, 1e4), st.floats(0, 1), st.floats(0.5, 0.99))
def test_laws(n, share, level):
    k = n * share
    p, (low, high) = jeffreys(k, n, level)
    assert 0 <= low < p < high <= 1
    law = stats.beta(k + 0.5, n - k + 0.5)
    assert law.cdf(high) >= 0.5 + level / 2 - 1e-6
    assert law.cdf(low) <= 0.5 - level / 2 + 1e-6
    mirror, (mirror_low, mirror_high) = jeffreys(n - k, n, level)
    assert mirror == pytest.approx(1 - p)
    if 0 < k < n and n - (n - k) == k:
        assert (mirror_low, mirror_high) == pytest.approx((1 - high, 1 - low), abs=1e-7)


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 4), (0, 0)])
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(ValueError, match="cases"):
        jeffreys(k, n)


def test_impossible_level_is_refused():
    with pytest.raises(ValueError, match="level"):
        jeffreys(1, 2, 1.0)
