from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.estimates.sequences import EmpiricalBernstein, PrecisionRule, beta_binomial_sequence, looks


@pytest.mark.parametrize(
    ("hits", "n", "expected"),
    [
        (0, 10, (0.0, 0.41688027565650)),
        (0, 100, (0.0, 0.0732843734)),
        (3, 10, (0.0366402904, 0.7332594738)),
        (30, 100, (0.1694464780, 0.4572459876)),
        (300, 1000, (0.2503379526, 0.3530151992)),
        (3000, 10000, (0.2825013061, 0.3178965030)),
    ],
)
def test_mixture_known_answers(hits, n, expected):
    low, high = beta_binomial_sequence(hits, n)
    # printed to ten places
    assert (low, high) == pytest.approx(expected, abs=6e-11)
    mirror = beta_binomial_sequence(n - hits, n)
    assert mirror == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(st.integers(1, 10**6), st.floats(0.001, 0.5))
def test_mixture_without_a_hit_has_a_closed_form(n, alpha):
    low, high = beta_binomial_sequence(0, n, alpha)
    assert low == 0.0
    assert high == pytest.approx(-math.expm1(math.log(alpha / (n + 1)) / n), rel=1e-6)


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.2, 5), st.floats(0.2, 5))
def test_mixture_holds_the_share_and_a_stricter_alpha_is_wider(hits, misses, a, b):
    n = hits + misses
    low, high = beta_binomial_sequence(hits, n, 0.05, a, b)
    assert 0 <= low <= high <= 1
    wide_low, wide_high = beta_binomial_sequence(hits, n, 0.01, a, b)
    assert wide_low <= low
    assert high <= wide_high
    if n:
        assert low <= hits / n <= high


@pytest.mark.parametrize(("hits", "n"), [(3, 2), (-1, 5)])
def test_mixture_refuses_impossible_counts(hits, n):
    with pytest.raises(ValueError, match="hits of"):
        beta_binomial_sequence(hits, n)


def test_mixture_before_any_run_says_nothing():
    assert beta_binomial_sequence(0, 0) == (0.0, 1.0)


def test_mixture_looked_at_all_along_misses_in_5_per_cent_of_paths_at_most():
    p = 0.3
    rng = np.random.default_rng(1)
    counts = np.cumsum(rng.random((2000, 2000)) < p, axis=1)
    missed = np.zeros(2000, dtype=bool)
    for n in range(5, 2001, 5):
        # bounds grow with the hits: the counts whose interval holds p are one stretch, found by bisection
        fewest = bisect_left(range(n + 1), p, key=lambda s, n=n: beta_binomial_sequence(s, n)[1])
        beyond = bisect_left(range(n + 1), p, key=lambda s, n=n: beta_binomial_sequence(s, n)[0])
        missed |= (counts[:, n - 1] < fewest) | (counts[:, n - 1] >= beyond)
    assert 0.005 < missed.mean() <= 0.05


def test_wilson_looked_at_all_along_misses_in_half_of_all_paths():
    # control for the test above: the ordinary interval, honest at the end and hopeless on the way
    p, z = 0.3, 1.96
    rng = np.random.default_rng(1)
    n = np.arange(1, 2001)
    share = np.cumsum(rng.random((2000, 2000)) < p, axis=1) / n
    outside = np.abs(share - p) > z * math.sqrt(p * (1 - p)) / np.sqrt(n)  # p is in Wilson's interval iff this fails
    assert outside.any(axis=1).mean() > 0.4
    assert outside[:, -1].mean() == pytest.approx(0.05, abs=0.02)


def bernstein_by_hand(x, alpha=0.05):
    """Theorem 2 of the paper, one number after the other."""
    total = squares = bets = won = losses = 0.0
    mean, variance = 0.5, 0.25
    for t, value in enumerate(x, start=1):
        bet = min(0.5, math.sqrt(2 * math.log(2 / alpha) / (variance * t * math.log(t + 1))))
        bets += bet
        won += bet * value
        losses += 4 * (value - mean) ** 2 * (-math.log(1 - bet) - bet) / 4
        total += value
        mean = (0.5 + total) / (t + 1)
        squares += (value - mean) ** 2
        variance = (0.25 + squares) / (t + 1)
    centre, radius = won / bets, (math.log(2 / alpha) + losses) / bets
    return max(0.0, centre - radius), min(1.0, centre + radius)


def fed(x, *cuts, alpha=0.05):
    sequence = EmpiricalBernstein(alpha)
    for part in np.split(np.asarray(x, dtype=np.float64), cuts):
        sequence.update(part)
    return sequence


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.floats(0.001, 0.5))
def test_bernstein_is_the_published_recursion(x, alpha):
    assert fed(x, alpha=alpha).interval() == pytest.approx(bernstein_by_hand(x, alpha), abs=1e-12)


@pytest.mark.parametrize("draw", [lambda rng: rng.beta(2, 5, 3000), lambda rng: rng.integers(0, 2, 3000) * 1.0])
def test_bernstein_is_the_published_recursion_in_the_long_run(draw):
    # long enough for bets to leave their ceiling
    x = draw(np.random.default_rng(3))
    assert fed(x, 1024, 1280).interval() == pytest.approx(bernstein_by_hand(x), abs=1e-12)


def test_bernstein_of_numbers_that_never_vary():
    # every term of the loss is 0 and the variance is 1/4 / t: the half-width is ln(2/alpha) / sum of bets
    n = 5000
    bets = [0.5 if t == 0 else min(0.5, math.sqrt(8 * math.log(40) / math.log(t + 2))) for t in range(n)]
    low, high = fed(np.full(n, 0.5)).interval()
    assert (low, high) == pytest.approx((0.5 - math.log(40) / sum(bets), 0.5 + math.log(40) / sum(bets)))


@given(st.lists(st.integers(0, 8), min_size=1, max_size=120), st.lists(st.integers(0, 120), max_size=5))
def test_how_updates_are_cut_does_not_change_a_bit(eighths, cuts):
    x = np.array(eighths) / 8
    assert fed(x, *sorted(min(cut, len(x)) for cut in cuts)).interval() == fed(x).interval()


def test_bernstein_rarely_misses_while_peeking_at_the_usual_error_often_does():
    rng = np.random.default_rng(2)
    mean, paths, n, step = 2 / 7, 300, 3000, 100
    x = rng.beta(2, 5, (paths, n))
    missed = 0
    widths = []
    for path in x:
        sequence = EmpiricalBernstein()
        intervals = []
        for part in path.reshape(-1, step):
            sequence.update(part)
            intervals.append(sequence.interval())
        missed += any(not low <= mean <= high for low, high in intervals)
        widths.append((intervals[-1][1] - intervals[-1][0]) / 2)
    assert missed <= 0.05 * paths
    assert np.mean(widths) == pytest.approx(0.0105, abs=0.0003)
    t = np.arange(1, n + 1)
    peeked = np.abs(np.cumsum(x, axis=1) / t - mean) > 1.96 * math.sqrt(10 / 392) / np.sqrt(t)
    assert peeked[:, step - 1 :: step].any(axis=1).mean() > 0.12  # control


@pytest.mark.parametrize("bad", [[0.2, 1.1], [-0.01], [math.nan]])
def test_bernstein_refuses_numbers_outside_its_range(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        EmpiricalBernstein().update(np.array(bad))


def test_bernstein_before_any_number_says_nothing():
    sequence = EmpiricalBernstein()
    sequence.update(np.zeros(0))
    assert sequence.interval() == (0.0, 1.0)
    assert sequence.n == 0


def test_alpha_outside_0_1_is_refused():
    with pytest.raises(ValueError, match="alpha"):
        EmpiricalBernstein(1.0)


def test_precision_with_one_replay_is_the_mixture_on_counts():
    rule = PrecisionRule(0.06, replays=1)
    rule.update(np.repeat([1, 0], [300, 700]), np.ones(1000, dtype=np.int64))
    assert rule.interval() == beta_binomial_sequence(300, 1000)
    assert rule.reached()
    assert not PrecisionRule(0.06, replays=1).reached()


def test_precision_with_replays_is_bernstein_on_world_means_of_played_worlds():
    rule = PrecisionRule(0.2, replays=4)
    hits, plays = np.array([1, 0, 2, 3]), np.array([4, 0, 4, 3])
    rule.update(hits[:2], plays[:2])
    rule.update(hits[2:], plays[2:])
    assert rule.interval() == fed([0.25, 0.5, 1.0]).interval()
    assert not rule.reached()


def test_precision_is_kept_at_the_moment_of_stopping():
    rng = np.random.default_rng(7)
    kept = 0
    for _ in range(200):
        rule = PrecisionRule(0.03, replays=4)
        for _ in looks(20_000):
            rule.update(rng.binomial(4, rng.beta(2, 5, 256)), np.full(256, 4))
            if rule.reached():
                break
        low, high = rule.interval()
        assert (high - low) / 2 < 0.03
        kept += low <= 2 / 7 <= high
    assert kept >= 190


def test_precision_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="positive"):
        PrecisionRule(0.0, replays=1)
    with pytest.raises(ValueError, match="more than once"):
        PrecisionRule(0.1, replays=1).update(np.array([1]), np.array([2]))


def test_looks_come_every_256_worlds_from_1024_and_at_the_end():
    assert list(looks(2000)) == [1024, 1280, 1536, 1792, 2000]
    assert list(looks(1536)) == [1024, 1280, 1536]
    assert list(looks(500)) == [500]
    assert list(looks())[-2:] == [999_936, 1_000_000]
