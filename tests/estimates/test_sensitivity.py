from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from SALib.analyze import sobol as analyze_sobol
from SALib.sample import sobol as sample_sobol

from sim.estimates.columns import Column, bins, mid_ranks
from sim.estimates.sensitivity import (
    FEWEST_WORLDS,
    bin_count,
    dummy_floor,
    ends,
    first_order,
    first_share,
    total_effect,
)

# P = θ1·θ2, both uniform: V = 7/144, of which each alone has 3/7 and a hand in 4/7
ALONE, TOGETHER = 1 / 48, 1 / 36
# Ishigami and Homma 1990 with a = 7, b = 0.1, moved into [0, 1]
TOP = 8 + 0.1 * math.pi**4
BOTTOM = -1 - 0.1 * math.pi**4
ISHIGAMI_V = (49 / 8 + 0.1 * math.pi**4 / 5 + 0.01 * math.pi**8 / 18 + 0.5) / (TOP - BOTTOM) ** 2
ISHIGAMI_FIRST = (0.3139052, 0.4424111, 0.0)
ISHIGAMI_TOTAL = (0.5575889, 0.4424111, 0.2436837)


def ishigami(x):
    y = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    return (y - BOTTOM) / (TOP - BOTTOM)


def played(rng, p, replays):
    return rng.binomial(replays, p), np.full(len(p), replays)


def mean_and_error(numbers):
    numbers = np.asarray(numbers)
    return numbers.mean(axis=0), numbers.std(axis=0, ddof=1) / math.sqrt(len(numbers))


def flips(rng, p_a, p_ab, replays):
    """Runs with one value swapped and the same luck: a uniform a run decides in both."""
    luck = rng.random((len(p_a), replays))
    return (luck < p_a[:, None]).astype(np.int64) - (luck < p_ab[:, None])


# --- V: what knowing one assumption would gain -----------------------------------------------------------------------


def test_v_of_a_product_of_two():
    rng = np.random.default_rng(1)
    answers = []
    for _ in range(60):
        theta = rng.random((2, 4096))
        answers.append([first_order(x, *played(rng, theta[0] * theta[1], 8)).V for x in theta])
    mean, error = mean_and_error(answers)
    assert np.all(np.abs(mean - ALONE) < 4 * error + ALONE / 32**2)  # the last term: what 32 bins lose inside
    assert np.all(4 * error < 0.05 * ALONE)  # sharp enough to notice a tenth
    assert np.all(np.abs(mean / 1.1 - ALONE) > 6 * error)


def test_v_is_the_brier_score_that_knowing_it_gains():
    # one forecaster says 1/4 to everything, the other knows θ1 and says θ1/2
    rng = np.random.default_rng(2)
    theta = rng.random((2, 40_000))
    hits, plays = played(rng, theta[0] * theta[1], 4)
    estimate = first_order(theta[0], hits, plays)
    fresh = rng.random(40_000) < theta[0] * theta[1]
    gains = (0.25 - fresh) ** 2 - (theta[0] / 2 - fresh) ** 2
    gain, error = mean_and_error(gains)
    assert abs(gain - ALONE) < 4 * error
    assert abs(estimate.V - gain) < 4 * math.hypot(estimate.se, error)
    assert abs(estimate.V - ALONE) < 4 * estimate.se


def test_v_of_additive_odds_is_the_square_of_each_weight():
    rng = np.random.default_rng(3)
    weights = np.array([0.4, 0.2, 0.1, 0.0])
    answers = []
    for _ in range(60):
        u = rng.random((4, 4096))
        hits, plays = played(rng, 0.1 + weights @ u, 4)
        answers.append([first_order(x, hits, plays).V for x in u])
    mean, error = mean_and_error(answers)
    truth = weights**2 / 12
    assert np.all(np.abs(mean - truth) < 4 * error + truth / 32**2)
    assert abs(mean[0] / 1.1 - truth[0]) > 6 * error[0]
    assert mean / mean.sum() == pytest.approx(weights**2 / (weights**2).sum(), abs=0.01)


def test_ishigami_against_the_closed_form_and_another_program():
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-math.pi, math.pi]] * 3}
    x = sample_sobol.sample(problem, 2048, calc_second_order=False, seed=4)
    other = analyze_sobol.analyze(problem, ishigami(x.T), calc_second_order=False, seed=4)
    # Sobol' points without luck: good to a per cent
    assert other["S1"] == pytest.approx(ISHIGAMI_FIRST, abs=0.012)
    assert other["ST"] == pytest.approx(ISHIGAMI_TOTAL, abs=0.012)
    rng = np.random.default_rng(4)
    first, total = [], []
    for _ in range(24):
        a, b = rng.uniform(-math.pi, math.pi, (2, 3, 16_384))
        hits, plays = played(rng, ishigami(a), 8)
        first.append([first_order(column, hits, plays).V / ISHIGAMI_V for column in a])
        swapped = [np.where(np.arange(3)[:, None] == i, b, a) for i in range(3)]
        total.append([total_effect(flips(rng, ishigami(a), ishigami(ab), 4)).V / ISHIGAMI_V for ab in swapped])
    mean, error = mean_and_error(first)
    # 64 bins lose up to 13/64² of the two waves of x2
    assert np.all(np.abs(mean - ISHIGAMI_FIRST) < 4 * error + 0.0015)
    assert np.all(4 * error < [0.02, 0.02, 0.005])
    mean, error = mean_and_error(total)
    assert np.all(np.abs(mean - ISHIGAMI_TOTAL) < 4 * error)
    assert np.all(4 * error < 0.1 * np.array(ISHIGAMI_TOTAL))
    assert np.all(np.abs(mean - other["ST"]) < 4 * error + 0.012)


@pytest.mark.parametrize("states", [0, 2, 5])
def test_v_of_a_value_that_touches_nothing_has_mean_0(states):
    rng = np.random.default_rng(5)
    answers, plain = [], []
    for _ in range(200):
        plays = rng.integers(0, 9, 600)  # unequal, and some worlds without any
        hits = rng.binomial(plays, rng.beta(2, 5, 600))
        dummy = rng.integers(0, states, 600).astype(float) if states else rng.random(600)
        found = first_order(dummy, hits, plays, categories=states > 0)
        answers.append(found.V)
        plain.append(found.V + found.noise)
    mean, error = mean_and_error(answers)
    assert abs(mean) < 4 * error
    assert 0.2 < np.mean(np.array(answers) > 0) < 0.6  # negative answers are kept
    mean, error = mean_and_error(plain)
    assert mean > 8 * error  # control: without the correction


def test_v_of_states_by_the_definition_with_every_pair_of_worlds():
    rng = np.random.default_rng(6)
    plays = rng.integers(1, 6, 24)
    hits, state = rng.binomial(plays, 0.4), np.array([0.0, 1.0, 1.0, 2.0] * 6)
    share, mean, squared = [], [], []
    for code in range(3):
        inside = np.flatnonzero(state == code)
        pairs = list(itertools.permutations(inside, 2))
        share.append(plays[inside].sum() / plays.sum())
        mean.append(hits[inside].sum() / plays[inside].sum())
        squared.append(sum(hits[i] * hits[j] for i, j in pairs) / sum(plays[i] * plays[j] for i, j in pairs))
    between = sum(q * a for q, a in zip(share, squared, strict=True))
    for b, c in itertools.product(range(3), repeat=2):
        between -= share[b] * share[c] * (squared[b] if b == c else mean[b] * mean[c])
    measured = first_order(state, hits, plays, categories=True).V
    assert measured == pytest.approx(between, abs=1e-15)


@pytest.mark.parametrize(
    ("weight", "replays", "states"), [(0.5, 8, False), (0.15, 4, False), (0.05, 1, False), (0.3, 4, True)]
)
def test_error_of_v_is_the_spread_of_repeated_answers(weight, replays, states):
    rng = np.random.default_rng(7)
    answers, errors = [], []
    for _ in range(400):
        u, other = rng.random((2, 1024))
        u = (u < 0.3).astype(float) if states else u
        found = first_order(u, *played(rng, 0.2 + weight * u + 0.3 * other, replays), categories=states)
        answers.append(found.V)
        errors.append(found.se)
    truth = weight**2 * (0.21 if states else 1 / 12)
    covered = np.mean(np.abs(np.array(answers) - truth) < 1.96 * np.array(errors))
    # the third V lies far below its own error, and there the error is on the safe side
    assert 0.91 < covered < 0.995
    # the standard deviation of 400 answers is known to 3.5 %
    assert np.mean(errors) / np.std(answers) == pytest.approx(1, abs=0.14)


def test_bins_grow_with_the_worlds():
    assert [bin_count(n) for n in (20, 256, 2048, 8192, 16_384, 10**6)] == [2, 8, 23, 45, 64, 64]


@pytest.mark.parametrize("values", [np.full(40, 3.0), np.full(40, -np.inf)])
def test_a_value_that_does_not_vary_has_exactly_nothing(values):
    hits, plays = np.arange(40) % 3, np.full(40, 4)
    found = first_order(values, hits, plays)
    assert (found.V, found.se, found.noise) == (0.0, 0.0, 0.0)
    reach = ends(values, hits, plays)
    assert (reach.swing, reach.swing_se, reach.states) == (0.0, 0.0, ())
    assert reach.low == reach.high
    assert (reach.low.at, reach.low.p) == (values[0], hits.sum() / 160)


worlds = st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 4), st.integers(0, 4)), min_size=30, max_size=80).map(
    lambda rows: [(value, min(x, n), n) for value, x, n in rows] + [(0, 1, 2)] * FEWEST_WORLDS
)


@given(worlds, st.booleans(), st.randoms(use_true_random=False))
def test_only_ranks_matter_and_neither_order_nor_worlds_without_plays_nor_scale(rows, categories, random):
    values, hits, plays = (np.array(column) for column in zip(*rows, strict=True))
    found = first_order(values, hits, plays, categories=categories)
    assert all(math.isfinite(number) for number in (found.V, found.se, found.noise))
    assert first_order(np.exp(values), hits, plays, categories=categories) == found
    random.shuffle(rows)
    shuffled = [np.array(column) for column in zip(*rows, strict=True)]
    assert first_order(*shuffled, categories=categories) == found
    kept = plays > 0
    assert first_order(values[kept], hits[kept], plays[kept], categories=categories) == found
    scaled = first_order(values, 4 * hits, 4 * plays, categories=categories).V
    assert scaled == pytest.approx(found.V, abs=1e-14)


# --- the odds at both ends -------------------------------------------------------------------------------------------

# the truth is E[P | u], u being the rank; others move P by ± 0.1 around it
SHAPES = {
    "uniform": lambda u: 0.15 + 0.6 * u,
    "normal": lambda u: 0.5 + 0.12 * np.asarray([math.sqrt(2) * erfinv(2 * v - 1) for v in np.atleast_1d(u)]),
    "late": lambda u: 0.15 + 0.6 * u**2,
    "nothing": lambda u: 0.3 + 0.0 * u,
}


def erfinv(x):
    from scipy.special import erfinv as inverse

    return float(inverse(x))


@pytest.mark.parametrize("name", SHAPES)
def test_ends_cover_the_truth(name):
    rng = np.random.default_rng(8)
    low_at, high_at = (float(SHAPES[name](np.array([share]))[0]) for share in (0.05, 0.95))
    covered, flat, swings, errors = [], [], [], []
    for _ in range(300):
        u = rng.random(1024)
        p = np.clip(SHAPES[name](u) + rng.uniform(-0.1, 0.1, 1024), 0, 1)
        hits, plays = played(rng, p, 4)
        found = ends(u, hits, plays, at=(0.05, 0.95))
        covered.append(
            (
                abs(found.low.p - low_at) < 1.96 * found.low.se,
                abs(found.high.p - high_at) < 1.96 * found.high.se,
                abs(found.swing - (high_at - low_at)) < 1.96 * found.swing_se,
            )
        )
        swings.append(found.swing)
        errors.append(found.swing_se)
        nearest = [hits[(u < 0.2)].sum() / plays[u < 0.2].sum(), hits[(u > 0.8)].sum() / plays[u > 0.8].sum()]
        flat.append(nearest[1] - nearest[0])
    assert np.all(np.mean(covered, axis=0) > 0.90)
    assert np.all(np.mean(covered, axis=0) < 0.99)
    assert np.mean(errors) / np.std(swings) == pytest.approx(1, abs=0.15)
    if name != "nothing":  # control: the plain means of the same fifths fall short of the swing
        mean, error = mean_and_error(flat)
        assert abs(mean - (high_at - low_at)) > 8 * error


def test_ends_of_a_product():
    rng = np.random.default_rng(9)
    theta = rng.random((2, 20_000))
    found = ends(theta[0], *played(rng, theta[0] * theta[1], 8))
    assert found.low.at == pytest.approx(0.05, abs=0.01)
    assert found.high.at == pytest.approx(0.95, abs=0.01)
    assert abs(found.low.p - found.low.at / 2) < 4 * found.low.se
    assert abs(found.high.p - found.high.at / 2) < 4 * found.high.se
    assert found.swing == found.high.p - found.low.p
    assert abs(found.swing - 0.45) < 4 * found.swing_se
    assert found.swing_se < 0.01
    assert found.states == ()


def test_given_values_are_looked_up_by_their_ranks():
    rng = np.random.default_rng(10)
    theta = rng.random(4000)
    hits, plays = played(rng, theta, 8)
    cubed = ends(theta**3, hits, plays, at=(0.2**3, 0.7**3))
    plain = ends(theta, hits, plays, at=(0.2, 0.7))
    assert (cubed.low.p, cubed.high.p, cubed.swing_se) == (plain.low.p, plain.high.p, plain.swing_se)
    assert (plain.low.at, plain.high.at) == (0.2, 0.7)
    assert abs(plain.low.p - 0.2) < 4 * plain.low.se
    beyond = ends(theta, hits, plays, at=(-5.0, 5.0))
    assert 0 <= beyond.low.p < 0.1 < 0.9 < beyond.high.p <= 1


def test_ends_of_states_are_the_least_and_the_most_dangerous():
    # state 7: 2 of 4; state 8: 1 of 4 and so on; worked by hand for state 8: shares 0 and 1/2, mean 1/4, se 1/4
    state = np.array([7.0, 7.0, 8.0, 8.0, 9.0, 9.0] + [9.0] * 14)
    hits = np.array([1, 1, 0, 1, 2, 1] + [2, 1] * 7)
    found = ends(state, hits, np.full(20, 2), categories=True)
    assert [(end.at, end.p) for end in found.states] == [(7.0, 0.5), (8.0, 0.25), (9.0, 0.75)]
    assert (found.low.at, found.high.at, found.swing) == (8.0, 9.0, 0.5)
    assert found.states[0].se is None  # both its worlds agree
    assert found.states[1].se == pytest.approx(0.25)
    assert found.swing_se == pytest.approx(math.hypot(0.25, found.high.se))


def test_odds_stay_in_range_and_an_error_that_cannot_be_told_is_none():
    u = (np.arange(200) + 0.5) / 200
    found = ends(u, np.where(u < 0.6, 0, 4), np.full(200, 4))
    assert (found.low.p, found.high.p) == (0.0, 1.0)
    assert (found.low.se, found.high.se, found.swing_se) == (None, None, None)
    steep = ends(u, np.minimum(4, (u * 20).astype(int)), np.full(200, 4), at=(0.0, 0.9))
    assert 0.0 <= steep.low.p <= steep.high.p <= 1.0


def test_ends_of_few_different_values():
    rng = np.random.default_rng(11)
    day = rng.integers(0, 3, 6000).astype(float)
    found = ends(day, *played(rng, 0.2 + 0.2 * day, 4))
    assert (found.low.at, found.high.at) == (0.0, 2.0)
    # a third of the worlds has each value: their mean is the answer
    assert abs(found.low.p - 0.2) < 4 * found.low.se
    assert abs(found.high.p - 0.6) < 4 * found.high.se


# --- total effects ---------------------------------------------------------------------------------------------------


def test_total_effect_of_a_product_and_two_wrong_ways_to_it():
    rng = np.random.default_rng(12)
    answers, own_luck, common_luck = [], [], []
    for _ in range(40):
        a, b = rng.random((2, 2, 8192))
        p_a, p_ab = a[0] * a[1], b[0] * a[1]
        d = flips(rng, p_a, p_ab, 4)
        answers.append(total_effect(d).V)
        # Jansen's ½·mean of squares, with the same luck in both and with luck of their own
        common_luck.append(0.5 * np.mean(d[:, 0] ** 2))
        own_luck.append(0.5 * np.mean(((rng.random(8192) < p_a) ^ (rng.random(8192) < p_ab)) ** 2))
    mean, error = mean_and_error(answers)
    assert abs(mean - TOGETHER) < 4 * error
    assert 6 * error < 0.1 * TOGETHER  # sharp enough to notice a tenth
    for wrong, what in ((own_luck, 1 / 6), (common_luck, 1 / 12)):
        mean, error = mean_and_error(wrong)
        assert abs(mean - what) < 4 * error
        assert mean > 2.5 * TOGETHER


def test_error_of_a_total_effect_covers():
    rng = np.random.default_rng(13)
    covered = []
    for _ in range(400):
        a, b = rng.random((2, 2, 1024))
        found = total_effect(flips(rng, a[0] * a[1], b[0] * a[1], 4))
        covered.append(abs(found.V - TOGETHER) < 1.96 * found.se)
    assert 0.91 < np.mean(covered) < 0.98


def test_failed_runs_are_left_out_and_so_are_worlds_with_one_left():
    d = np.array([[1, 1, -1], [1, 1, 0], [1, 0, 0], [0, 1, 1]])
    done = np.array([[1, 1, 0], [1, 1, 1], [1, 0, 0], [0, 1, 1]], dtype=bool)
    # products of different replays: 1, then (1 + 0 + 0)/3, then none, then 1
    found = total_effect(d, done)
    measured = found.V
    assert measured == pytest.approx((1 + 1 / 3 + 1) / 6)
    assert found.se == pytest.approx(0.5 * np.std([1, 1 / 3, 1], ddof=1) / math.sqrt(3))
    assert total_effect(d[[0, 1, 3]], done[[0, 1, 3]]) == found
    assert total_effect(np.where(done, d, 1), done) == found


def test_nothing_that_flips_has_no_effect_and_no_known_error():
    found = total_effect(np.zeros((50, 4), dtype=np.int8))
    assert (found.V, found.se) == (0.0, None)
    assert total_effect(np.array([[1, 1]])).se is None


# --- what luck alone does --------------------------------------------------------------------------------------------


def test_one_new_dummy_in_twenty_exceeds_the_floor():
    rng = np.random.default_rng(14)
    hits, plays = played(rng, rng.beta(2, 5, 2000), 4)
    floor = dummy_floor(hits, plays, 400, rng)
    over = [
        (first_order(x, hits, plays).V > floor.V, abs(ends(x, hits, plays).swing) > floor.swing)
        for x in rng.random((600, 2000))
    ]
    # 4 standard errors of a share of 600, and of the floor itself, around 5 %
    assert np.all(np.abs(np.mean(over, axis=0) - 0.05) < 4 * math.sqrt(0.0475 * (1 / 600 + 1 / 400)))


def test_an_assumption_that_matters_lies_above_the_floor():
    rng = np.random.default_rng(15)
    u = rng.random(2000)
    hits, plays = played(rng, 0.3 + 0.2 * u, 4)
    floor = dummy_floor(hits, plays, 200, np.random.default_rng(1))
    assert first_order(u, hits, plays).V > floor.V > 0
    assert abs(ends(u, hits, plays).swing) > floor.swing > 0
    assert dummy_floor(hits, plays, 200, np.random.default_rng(1)) == floor


# --- how sure the first place is -------------------------------------------------------------------------------------


def test_clear_first_place_and_what_never_has_it():
    rng = np.random.default_rng(16)
    u = rng.random((3, 2000))
    columns = {"little": Column(u[0]), "much": Column(u[1]), "none": Column(np.ones(2000))}
    shares = first_share(columns, *played(rng, 0.2 + 0.1 * u[0] + 0.4 * u[1], 4), 100, rng)
    assert shares == {"little": 0.0, "much": 1.0, "none": 0.0}
    assert first_share({"none": columns["none"]}, np.arange(2000) % 2, np.ones(2000), 9, rng) == {"none": 0.0}


def test_equals_share_the_first_place_whatever_their_form():
    # a number with 23 bins and a state with 2, both of V = 0.0075: the corrections must not favour one
    rng = np.random.default_rng(17)
    shares = []
    for _ in range(60):
        u = rng.random((2, 2000))
        state = (u[1] < 0.5).astype(float)
        hits, plays = played(rng, 0.2 + 0.3 * u[0] + 0.3 / math.sqrt(3) * state, 2)
        found = first_share({"number": Column(u[0]), "state": Column(state, True)}, hits, plays, 60, rng)
        assert sum(found.values()) == pytest.approx(1)
        shares.append(found["number"])
    mean, error = mean_and_error(shares)
    assert abs(mean - 0.5) < 4 * error
    assert 4 * error < 0.25


# --- ranks, bins and bad input ---------------------------------------------------------------------------------------


def test_equal_values_share_a_rank_and_a_bin():
    assert mid_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [0.75, 0.125, 0.75, 0.375]
    assert bins(np.array([5.0] * 6 + [1.0, 9.0]), 4, categories=False).tolist() == [1] * 6 + [0, 2]
    assert bins(np.array([4.0, 4.0, 2.0]), 2, categories=True).tolist() == [1, 1, 0]
    assert np.bincount(bins(np.random.default_rng(1).random(1000), 10, categories=False)).tolist() == [100] * 10


GOOD = np.ones(30, dtype=np.int64)


@pytest.mark.parametrize(
    ("values", "hits", "plays", "message"),
    [
        (np.ones(29), GOOD, GOOD, r"values of \(29,\) worlds, plays of \(30,\)"),
        (np.full(30, np.nan), GOOD, GOOD, "a value is not a number"),
        (np.ones(30), GOOD, GOOD[:29], r"hits of \(30,\) worlds, plays of \(29,\)"),
        (np.ones(30), 2 * GOOD, GOOD, "as often as it was played"),
        (np.ones(30), 0 * GOOD, np.arange(30) // 20, "needs at least 20 worlds that were played, not 10"),
    ],
)
@pytest.mark.parametrize("estimate", [first_order, ends])
def test_impossible_worlds_are_refused(estimate, values, hits, plays, message):
    with pytest.raises(ValueError, match=message):
        estimate(values, hits, plays)


@pytest.mark.parametrize(
    ("d", "done", "message"),
    [
        (np.zeros((5, 1)), None, "at least 2 replays"),
        (np.zeros((5, 3)), np.eye(5, 3, dtype=bool), "at least 2 replays"),
        (np.zeros(5), None, "a row a world and a column a replay, not 1 dimensions"),
        (np.zeros((5, 3)), np.ones((5, 2), dtype=bool), r"flips of \(5, 3\), marks of \(5, 2\)"),
    ],
)
def test_impossible_flips_are_refused(d, done, message):
    with pytest.raises(ValueError, match=message):
        total_effect(d, done)


def test_no_dummies_and_no_resamples_are_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="needs a dummy, not 0"):
        dummy_floor(GOOD, GOOD, 0, rng)
    with pytest.raises(ValueError, match="needs a resample, not 0"):
        first_share({}, GOOD, GOOD, 0, rng)
