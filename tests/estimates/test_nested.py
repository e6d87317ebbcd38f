from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from sim.estimates import nested, odds
from sim.estimates.beta_binomial import Likelihood, fit
from sim.estimates.nested import BELIEF_LEVEL, best_replays
from sim.estimates.odds import totals

# P ~ Beta(2, 5) over worlds
SPREAD = 10 / (49 * 8)
LUCK = 2 / 7 * 5 / 7 - SPREAD
Q05, Q95 = 0.06285, 0.58180

counted = st.lists(
    st.integers(0, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=80
)


def spread(hits, plays, level=BELIEF_LEVEL):
    """The estimate from one entry a world."""
    return nested.spread(odds.pairs(hits, plays), level)


def census(replays, worlds=1_000_000):
    """Hits of worlds in exactly the proportions of the beta-binomial law."""
    shares = stats.betabinom(replays, 2, 5).pmf(np.arange(replays + 1))
    hits = np.repeat(np.arange(replays + 1), np.rint(shares * worlds).astype(np.int64))
    return hits, np.full(len(hits), replays)


def test_census_of_beta_2_5_gives_back_its_numbers():
    # rounding the census to whole worlds moves shares by 5e-7 each
    result = spread(*census(20))
    assert abs(SPREAD - 0.0255102) < 5e-8
    measured = (result.V, result.W)
    assert measured == pytest.approx((SPREAD, LUCK), abs=1e-5)
    assert result.belief_interval == pytest.approx((Q05, Q95), abs=2e-4)
    assert result.belief_reason is None


def test_plain_quantiles_and_variance_of_world_means_are_too_wide():
    # control: what an uncorrected tool would print for the same census
    hits, plays = census(20)
    means = hits / plays
    assert np.quantile(means, [0.05, 0.95]).tolist() == [0.05, 0.65]
    assert means.var() == pytest.approx(0.0344388, abs=1e-5)
    assert means.var() > 1.3 * spread(hits, plays).V


def test_sample_of_beta_2_5():
    rng = np.random.default_rng(3)
    intervals, variances = [], []
    for _ in range(40):
        result = spread(rng.binomial(20, rng.beta(2, 5, 4000)), np.full(4000, 20))
        variances.append(result.V)
        intervals.append(result.belief_interval)
    assert abs(np.mean(variances) - SPREAD) < 4 * np.std(variances) / math.sqrt(40)
    scatter = np.std(intervals, axis=0) / math.sqrt(40)
    assert np.all(np.abs(np.mean(intervals, axis=0) - [Q05, Q95]) < 4 * scatter + 1e-4)
    assert np.all(np.std(intervals, axis=0) < [0.004, 0.009])


def test_v_has_mean_0_where_worlds_do_not_differ_and_no_interval_is_claimed():
    rng = np.random.default_rng(4)
    results = [spread(rng.binomial(4, 0.3, 400), np.full(400, 4)) for _ in range(400)]
    variances = np.array([result.V for result in results])
    assert abs(variances.mean()) < 4 * variances.std() / math.sqrt(400)
    assert (variances < 0).mean() > 0.4  # negative answers are kept
    claimed = sum(result.belief_interval is not None for result in results)
    assert claimed < 24  # 2.3 % are expected beyond two standard errors
    naive = variances + 0.21 / 4
    assert abs(naive.mean()) > 40 * variances.std() / math.sqrt(400)  # control: without the correction


def test_v_is_unbiased_with_unequal_plays():
    rng = np.random.default_rng(5)
    variances, lucks = [], []
    for _ in range(400):
        plays = rng.integers(1, 9, 300)
        result = spread(rng.binomial(plays, rng.beta(2, 5, 300)), plays)
        variances.append(result.V)
        lucks.append(result.W)
    assert abs(np.mean(variances) - SPREAD) < 4 * np.std(variances) / 20
    assert abs(np.mean(lucks) - LUCK) < 4 * np.std(lucks) / 20
    assert np.std(variances) / 20 < 0.05 * SPREAD  # sharp enough to notice a tenth


def test_v_and_w_are_unbiased_to_the_last_digit_for_any_plays():
    # every outcome of three worlds, whose P is .1 or .6 with even odds, weighted by its probability
    plays = np.array([1, 2, 5])
    each = [(stats.binom(n, 0.1).pmf(range(n + 1)) + stats.binom(n, 0.6).pmf(range(n + 1))) / 2 for n in plays]
    mean_v = mean_w = 0.0
    for hits in itertools.product(*(range(n + 1) for n in plays)):
        chance = math.prod(law[x] for law, x in zip(each, hits, strict=True))
        result = spread(np.array(hits), plays)
        mean_v += chance * result.V
        mean_w += chance * result.W
    assert mean_v == pytest.approx(0.0625, abs=1e-12)
    assert mean_w == pytest.approx((0.09 + 0.24) / 2, abs=1e-12)


@pytest.mark.parametrize(("a", "b", "replays"), [(2, 5, 4), (2, 5, 8), (0.3, 2.7, 8), (200, 500, 8)])
def test_error_of_v_is_the_spread_of_repeated_answers(a, b, replays):
    rng = np.random.default_rng(6)
    worlds = 8000 // replays
    results = [spread(rng.binomial(replays, rng.beta(a, b, worlds)), np.full(worlds, replays)) for _ in range(400)]
    truth = np.std([result.V for result in results])
    # the standard deviation of 400 answers is known to 3.5 %
    assert np.mean([result.V_se for result in results]) / truth == pytest.approx(1, abs=0.12)
    if (a, b) == (2, 5):
        theory = math.sqrt(2 / 8000 * (replays * SPREAD * SPREAD + 2 * SPREAD * LUCK + LUCK * LUCK / (replays - 1)))
        assert truth / theory == pytest.approx(1, abs=0.15)


@given(st.integers(2, 9), st.data())
def test_ignorance_and_luck_add_up_to_the_whole(replays, data):
    # with equal plays V + W = p(1 − p) + se², exactly: the last term is what estimating p takes away
    hits = np.array(data.draw(st.lists(st.integers(0, replays), min_size=2, max_size=60)))
    plays = np.full(len(hits), replays)
    result, sums = spread(hits, plays), totals(hits, plays)
    whole = sums.share * (1 - sums.share) + sums.error**2
    assert whole == pytest.approx(result.V + result.W, abs=1e-12)


def test_best_number_of_replays():
    assert best_replays(SPREAD, LUCK) == pytest.approx(8.0)
    assert best_replays(0.0, 0.2) == math.inf
    assert best_replays(-0.001, 0.2) == math.inf
    assert best_replays(0.1, 0.0) == 1.0


@pytest.mark.parametrize(
    ("hits", "plays", "reason"),
    [
        (np.arange(200) % 2, np.ones(200, dtype=np.int64), nested.ONE_REPLAY),
        (np.arange(49) % 9, np.full(49, 8), nested.FEW_WORLDS),
        (np.array([3]), np.array([8]), nested.FEW_WORLDS),
        (np.zeros(200, dtype=np.int64), np.full(200, 8), nested.NO_HITS),
        (np.full(200, 8), np.full(200, 8), nested.ALL_HITS),
        (np.tile([2, 2, 2, 3], 50), np.full(200, 8), nested.ONLY_LUCK),
        (np.arange(100) == 7, np.arange(100) % 100 // 99 + 1, nested.ONLY_LUCK),
    ],
    ids=["one replay", "few worlds", "one world", "no hit", "all hit", "alike", "one world has two plays"],
)
def test_reason_why_there_is_no_belief_interval(hits, plays, reason):
    result = spread(hits.astype(np.int64), plays)
    assert result.belief_interval is None
    assert result.belief_reason == reason


def test_what_one_replay_or_one_world_leaves_unknown():
    once = spread(np.arange(200) % 2, np.ones(200, dtype=np.int64))
    assert (once.V, once.V_se, once.W) == (None, None, None)
    alone = spread(np.array([3]), np.array([8]))
    assert (alone.V, alone.V_se, alone.W) == (None, None, pytest.approx(3 * 5 / 8 / 7))
    two = spread(np.array([3, 5]), np.array([8, 8]))
    assert two.V is not None
    assert two.V_se is None


def test_worlds_that_decide_everything_give_the_whole_range():
    result = spread(np.repeat([0, 8], [60, 40]), np.full(100, 8))
    assert result.W == 0.0
    assert result.belief_interval == pytest.approx((0.0, 1.0), abs=1e-6)


@given(counted, st.randoms(use_true_random=False))
def test_legal_input_never_raises_and_order_does_not_matter(pairs, random):
    if not any(n for _, n in pairs):
        pairs = [*pairs, (1, 2)]
    result = spread(*np.array(pairs).T)
    for number in (result.V, result.V_se, result.W):
        assert number is None or math.isfinite(number)
    assert (result.belief_interval is None) == (result.belief_reason is not None)
    if result.belief_interval is not None:
        assert 0 <= result.belief_interval[0] <= result.belief_interval[1] <= 1
    random.shuffle(pairs)
    assert spread(*np.array(pairs).T) == result


@given(st.floats(0.001, 0.999), st.floats(-9, 9), st.integers(2, 30), st.integers(0, 10**6))
def test_fit_never_raises_and_never_ends_below_its_start(mean, logit_share, replays, seed):
    rng = np.random.default_rng(seed)
    hits = rng.binomial(replays, rng.choice([0.0, 0.02, 0.5, 1.0], 60))
    hits[:2] = 0, 1
    pairs, worlds = np.unique(hits, return_counts=True)
    plays = np.full(len(pairs), replays)
    law = fit(pairs, plays, worlds, mean, 1 / (1 + math.exp(-logit_share)))
    likelihood = Likelihood(pairs, plays, worlds)
    reached = likelihood.value(math.log(law.mean / (1 - law.mean)), math.log(law.dispersion))
    assert reached >= likelihood.value(math.log(mean / (1 - mean)), logit_share) - 1e-6
    assert 0 <= law.quantile(0.05) <= law.quantile(0.95) <= 1


@pytest.mark.parametrize("mean", [0.01, 0.2857, 0.9])
@pytest.mark.parametrize("share", [1e-6, 0.001, 0.125, 0.9, 0.999, 1 - 1e-6])
def test_fit_ends_at_the_same_maximum_wherever_it_starts(mean, share):
    hits, worlds = np.unique(census(20)[0], return_counts=True)
    law = fit(hits, np.full(len(hits), 20), worlds, mean, share)
    assert law.shapes == pytest.approx((2, 5), rel=1e-4)


def test_likelihood_and_its_slopes_against_independent_ones():
    rng = np.random.default_rng(8)
    plays = rng.integers(1, 12, 50)
    hits = rng.binomial(plays, rng.beta(1, 3, 50))
    likelihood = Likelihood(hits, plays, np.ones(50, dtype=np.int64))

    def published(u, v):
        m, d = 1 / (1 + math.exp(-u)), math.exp(v)
        return stats.betabinom.logpmf(hits, plays, m / d, (1 - m) / d).sum()

    constant = published(0.0, 0.0) - likelihood.value(0.0, 0.0)
    h = 1e-4
    for u, v in [(-1.0, -1.2), (0.7, 0.4), (-2.5, -5.0)]:
        slope = likelihood.slope(u, v)
        assert slope.value + constant == pytest.approx(published(u, v), abs=1e-8)
        up_u, down_u = published(u + h, v), published(u - h, v)
        up_v, down_v = published(u, v + h), published(u, v - h)
        middle = published(u, v)
        corners = [published(u + i * h, v + j * h) * i * j for i in (1, -1) for j in (1, -1)]
        numeric = [
            (up_u - down_u) / (2 * h),
            (up_v - down_v) / (2 * h),
            (up_u - 2 * middle + down_u) / h**2,
            sum(corners) / (4 * h**2),
            (up_v - 2 * middle + down_v) / h**2,
        ]
        # second differences of numbers near 100 at h = 1e-4 are good to about 1e-5
        assert list(slope[1:]) == pytest.approx(numeric, rel=1e-4, abs=2e-4)


def test_fit_finds_the_same_maximum_as_a_general_optimiser():
    rng = np.random.default_rng(9)
    plays = rng.integers(2, 12, 400)
    hits = rng.binomial(plays, rng.beta(2, 5, 400))
    one = np.ones(400, dtype=np.int64)
    law = fit(hits, plays, one, 0.5, 0.5)
    general = optimize.minimize(
        lambda x: -stats.betabinom.logpmf(hits, plays, math.exp(x[0]), math.exp(x[1])).sum(),
        [0.0, 0.0],
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-9},
    )
    assert law.shapes == pytest.approx(np.exp(general.x), rel=1e-4)
    assert law.quantile(0.05) == pytest.approx(stats.beta(*law.shapes).ppf(0.05))


@pytest.mark.parametrize(
    ("hits", "plays", "level", "message"),
    [
        ([3], [2], 0.9, "as often"),
        ([1], [2], 0.0, "level"),
        ([0], [0], 0.9, "no finished run"),
        ([1, 1], [2], 0.9, "worlds"),
    ],
)
def test_impossible_input_is_refused(hits, plays, level, message):
    with pytest.raises(ValueError, match=message):
        spread(np.array(hits), np.array(plays), level)


def test_replays_beyond_all_squares_of_64_bits():
    # 4·10^9 replays square to more than 2^63; shares of 1/4, 1/2 and 3/4 differ by 2/3 of 1/16 in variance
    plays = np.full(30, 4 * 10**9)
    result = spread(plays // 4 * np.tile([1, 2, 3], 10), plays)
    measured = (result.V, result.W)
    assert measured == pytest.approx((30 / 29 * 2 / 3 / 16, (3 / 16 + 1 / 4 + 3 / 16) / 3), rel=1e-7)
    assert result.belief_reason == nested.FEW_WORLDS
