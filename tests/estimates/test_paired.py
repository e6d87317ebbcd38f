from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.estimates.odds import proportion, unseen
from sim.estimates.paired import paired_difference, sign_test

pairs = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 8)), min_size=1, max_size=60)


def columns(rows):
    a, b, world = zip(*rows, strict=True)
    return np.array(a), np.array(b), np.array(world)


def test_common_luck_makes_the_difference_sharp():
    # one uniform decides both: Var D = .05 − .05² = .0475; with luck of their own .21 + .1875 = .3975
    rng = np.random.default_rng(1)
    n = 200_000
    u, other = rng.random(n), rng.random(n)
    coupled = paired_difference(u < 0.3, u < 0.25, np.arange(n))
    independent = paired_difference(u < 0.3, other < 0.25, np.arange(n))
    # the relative error of a variance from 10 000 flips is about 1 %
    assert coupled.se**2 * n == pytest.approx(0.0475, rel=0.04)
    assert independent.se**2 * n == pytest.approx(0.3975, rel=0.02)
    assert (independent.se / coupled.se) ** 2 == pytest.approx(8.37, rel=0.04)
    assert abs(coupled.difference - 0.05) < 4 * coupled.se
    assert coupled.flips_down == 0
    assert independent.flips_down > 0


def test_worked_by_hand():
    # worlds: +1 of 2, −1 of 1, +1 of 2; difference 1/5; deviations .6, −1.2, .6; se² = 3/2 · 2.16/25
    a = np.array([1, 0, 0, 1, 0], dtype=bool)
    b = np.array([0, 0, 1, 0, 0], dtype=bool)
    result = paired_difference(a, b, np.array([5, 5, 2, 9, 9]))
    assert (result.difference, result.flips_up, result.flips_down, result.runs) == (0.2, 2, 1, 5)
    assert result.se == pytest.approx(math.sqrt(1.5 * 2.16 / 25))
    assert result.interval == (-1.0, 1.0)
    assert result.sign_p == 1.0


def test_interval_covers_and_one_that_forgets_worlds_does_not():
    rng = np.random.default_rng(2)
    worlds, replays = 150, 8
    world = np.repeat(np.arange(worlds), replays)
    covered = forgetful = 0
    for _ in range(1000):
        p = rng.beta(1, 2, worlds)
        drop = rng.beta(0.5, 1.5, worlds)  # the effect differs between worlds: P(b) = p · (1 − drop)
        u = rng.random(worlds * replays)
        result = paired_difference(u < p[world], u < (p * (1 - drop))[world], world)
        truth = 1 / 3 * 1 / 4
        covered += result.interval[0] <= truth <= result.interval[1]
        flips, d = result.flips_up + result.flips_down, result.difference
        forgetful += abs(d - truth) <= 1.96 * math.sqrt((flips / len(u) - d * d) / len(u))
    assert 930 <= covered <= 970
    assert forgetful < 920


def test_no_flip_is_a_bound_counted_in_worlds():
    hit = np.arange(80) % 3 == 0
    result = paired_difference(hit, hit, np.repeat(np.arange(20), 4))
    bound = unseen(20, 0.95)
    assert (result.difference, result.se, result.sign_p) == (0.0, None, 1.0)
    assert result.interval == pytest.approx((-bound, bound))
    everything = paired_difference(np.ones(80, bool), np.zeros(80, bool), np.repeat(np.arange(20), 4))
    assert everything.interval == pytest.approx((1 - 2 * bound, 1.0))


@given(pairs, st.randoms(use_true_random=False))
def test_laws(rows, random):
    a, b, world = columns(rows)
    result = paired_difference(a, b, world)
    assert result.difference == pytest.approx(proportion(a, world).p - proportion(b, world).p, abs=1e-12)
    assert result.difference == (result.flips_up - result.flips_down) / result.runs
    low, high = result.interval
    assert -1 <= low <= result.difference <= high <= 1
    assert low < high
    swapped = paired_difference(b, a, world)
    assert swapped.difference == -result.difference
    assert swapped.interval == pytest.approx((-high, -low), abs=1e-12)
    assert (swapped.se, swapped.sign_p) == (result.se, result.sign_p)
    random.shuffle(rows)
    assert paired_difference(*columns(rows)) == result


@given(st.integers(0, 60), st.integers(0, 60))
def test_sign_test_is_the_exact_binomial_one(up, down):
    expected = stats.binomtest(up, up + down).pvalue if up + down else 1.0
    assert sign_test(up, down) == pytest.approx(expected, rel=1e-9)


def test_replays_of_one_world_are_one_vote():
    a = np.repeat([True, False], [40, 40])
    world = np.repeat(np.arange(8), 10)
    assert paired_difference(a, np.zeros(80, bool), world).sign_p == 2 * 0.5**4


def test_unpaired_columns_are_refused():
    with pytest.raises(ValueError, match="unpaired"):
        paired_difference(np.array([True]), np.array([True, False]), np.array([0, 1]))
