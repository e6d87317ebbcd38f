from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.estimates import odds
from sim.estimates.odds import (
    LEVEL,
    NOTHING,
    Headline,
    Pairs,
    by_world,
    proportion,
    sums_of,
    totals,
    unseen,
    wilson,
)

rows = st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=1, max_size=60)
counted = st.lists(
    st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=30
)


def headline(hits, plays, level=LEVEL):
    """The estimate from one entry a world."""
    return odds.headline(odds.pairs(hits, plays), level)


def arrays(pairs):
    hits, plays = zip(*pairs, strict=True)
    return np.array(hits), np.array(plays)


def replayed(rng, a, b, worlds, replays):
    return rng.binomial(replays, rng.beta(a, b, worlds)), np.full(worlds, replays)


def test_share_and_error_worked_by_hand():
    # worlds: 1 of 2, 0 of 1, 3 of 3; p = 4/6; deviations -1/3, -2/3, 1; se² = 3/2 · (1/9 + 4/9 + 1)/36 = 7/108
    hit = np.array([True, False, False, True, True, True])
    world = np.array([40, 40, -7, 9, 9, 9])
    result = proportion(hit, world)
    assert result.p == 4 / 6
    assert result.se == pytest.approx(math.sqrt(7 / 108), rel=1e-15)


def test_one_play_a_world_gives_the_usual_error():
    hit = np.arange(50) < 12
    assert proportion(hit, np.arange(50)).se == pytest.approx(math.sqrt(0.24 * 0.76 / 49), rel=1e-15)


@pytest.mark.parametrize("hit", [[True], [True, False, False]])
def test_one_world_has_no_error(hit):
    assert proportion(np.array(hit), np.full(len(hit), 3)).se is None


def test_nothing_played_is_refused():
    with pytest.raises(ValueError, match="no finished run"):
        proportion(np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64))
    with pytest.raises(ValueError, match="no finished run"):
        headline(np.array([0]), np.array([0]))


@given(rows, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_names_of_worlds_change_a_bit(pairs, random):
    hit, world = arrays(pairs)
    before = proportion(hit, world)
    random.shuffle(pairs)
    hit, world = arrays(pairs)
    assert proportion(hit, world) == before
    assert proportion(hit, world * 10**12 + 3) == before


@given(rows)
def test_hits_and_plays_of_worlds_are_plain_counts(pairs):
    hit, world = arrays(pairs)
    hits, plays = by_world(hit, world)
    names = sorted({name for _, name in pairs})
    assert plays.tolist() == [sum(w == name for _, w in pairs) for name in names]
    assert hits.tolist() == [sum(h for h, w in pairs if w == name) for name in names]


def test_hits_without_their_worlds_are_refused():
    with pytest.raises(ValueError, match="2 hits for 1 rows"):
        by_world(np.array([True, False]), np.array([0]))


@given(counted)
def test_error_is_the_formula_in_plain_floats(pairs):
    hits, plays = arrays(pairs)
    sums = totals(hits, plays)
    m, p = len(hits), hits.sum() / plays.sum()
    if m < 2:
        assert sums.error is None
    else:
        expected = m / (m - 1) * float(((hits - p * plays) ** 2).sum()) / plays.sum() ** 2
        assert sums.error == pytest.approx(math.sqrt(expected), abs=1e-12)


def test_sums_are_exact_where_floats_would_cancel():
    # a million worlds that differ by one hit: the scatter is 10^6 − 1 times a square, to the last unit
    hits, plays = np.full(1_000_000, 3), np.full(1_000_000, 10)
    hits[17] = 4
    assert totals(hits, plays).scatter == (10**7) ** 2 * (10**6 - 1) // 10**6


@pytest.mark.parametrize("unequal", [False, True])
def test_error_by_worlds_is_the_spread_of_repeated_answers(unequal):
    rng = np.random.default_rng(11)
    shares, errors, naive = [], [], []
    for _ in range(1500):
        plays = rng.integers(1, 13, 120) if unequal else np.full(120, 8)
        hits = rng.binomial(plays, rng.beta(0.6, 1.4, 120))
        sums = totals(hits, plays)
        shares.append(sums.share)
        errors.append(sums.error)
        naive.append(math.sqrt(sums.share * (1 - sums.share) / sums.plays))
    truth = np.std(shares, ddof=1)
    # the standard deviation of 1 500 answers is itself known to 1.8 %; the limit is 3.5 of that
    assert np.mean(errors) / truth == pytest.approx(1, abs=0.065)
    assert np.mean(naive) / truth < 0.65  # control: replays taken for independent runs


@given(counted, st.randoms(use_true_random=False))
def test_pairs_are_the_worlds_counted(pairs, random):
    hits, plays = arrays(pairs)
    found = odds.pairs(hits, plays)
    rows = list(zip(found.hits.tolist(), found.plays.tolist(), strict=True))
    assert rows == sorted(set(pairs))
    assert found.worlds.tolist() == [pairs.count(row) for row in rows]
    assert found.totals == totals(hits, plays)
    random.shuffle(pairs)
    again = odds.pairs(*arrays(pairs))
    assert (again.hits.tolist(), again.plays.tolist()) == (found.hits.tolist(), found.plays.tolist())


@pytest.mark.parametrize(("hits", "plays"), [([0], [0]), ([-1], [2]), ([3], [2])])
def test_pairs_that_no_world_can_have_are_refused(hits, plays):
    with pytest.raises(ValueError, match=r"were played|as often as"):
        Pairs(np.array(hits), np.array(plays), np.array([1]))


@given(counted, st.integers(0, 30))
def test_sums_of_portions_add_up_to_the_sums_of_the_whole(pairs, cut):
    hits, plays = arrays(pairs)
    assert totals(hits[:cut], plays[:cut]) + totals(hits[cut:], plays[cut:]) == totals(hits, plays)
    assert totals(hits, plays) + NOTHING == totals(hits, plays)
    counts = np.stack([hits, plays - hits, 3 * hits])
    whole = sums_of(counts, plays)
    portions = sums_of(counts[:, :cut], plays[:cut]) + sums_of(counts[:, cut:], plays[cut:])
    base = totals(hits, plays)
    assert portions.totals(base) == whole.totals(base) == [totals(row, plays) for row in counts]


def test_sums_of_different_numbers_do_not_add_up():
    one = sums_of(np.zeros((1, 2), dtype=np.int64), np.ones(2, dtype=np.int64))
    two = sums_of(np.zeros((2, 2), dtype=np.int64), np.ones(2, dtype=np.int64))
    with pytest.raises(ValueError, match="sums of 1 numbers and of 2"):
        _ = one + two


def test_squares_beyond_64_bits_are_exact():
    # control: the same sum in 64-bit integers has overflowed
    hits, plays = np.array([3 * 10**9 + 1, 2]), np.array([5 * 10**9, 3])
    exact = (3 * 10**9 + 1) ** 2 + 4
    assert totals(hits, plays).hits_squared == odds.pairs(hits, plays).totals.hits_squared == exact
    assert sums_of(hits[None, :], plays).hits_squared.tolist() == [exact]
    assert totals(hits, plays) == odds.pairs(hits, plays).totals
    bigger = np.array([4 * 10**9])
    assert int(bigger @ bigger) != 16 * 10**18
    assert totals(bigger, bigger).plays_squared == 16 * 10**18


def test_wilson_published_interval():
    low, high = wilson(0.3, 1000, 1.959963984540054)
    assert (low, high) == pytest.approx((0.27241, 0.32912), abs=1e-5)


def test_headline_with_one_play_a_world_is_ordinary_wilson():
    result = headline(np.arange(1000) % 10 < 3, np.ones(1000, dtype=np.int64))
    assert result.method == "wilson"
    assert result.interval == pytest.approx((0.27241, 0.32912), abs=1e-5)
    assert result.se == pytest.approx(math.sqrt(0.21 / 999))


def test_headline_with_one_world_counts_runs_and_says_so():
    result = headline(np.array([300]), np.array([1000]))
    assert (result.method, result.se) == ("wilson", None)
    assert result.interval == pytest.approx((0.27241, 0.32912), abs=1e-5)


@pytest.mark.parametrize(
    ("a", "b", "worlds", "replays"),
    [(2, 5, 200, 1), (2, 5, 200, 8), (0.5, 49.5, 1000, 8), (0.5, 49.5, 1000, 1), (2, 5, 12, 8)],
    ids=["one replay", "eight replays", "rare", "rare, one replay", "few worlds"],
)
def test_interval_covers_the_truth_as_often_as_it_says(a, b, worlds, replays):
    rng = np.random.default_rng(20)
    truth = a / (a + b)
    covered = 0
    for _ in range(1000):
        low, high = headline(*replayed(rng, a, b, worlds, replays)).interval
        covered += low <= truth <= high
    # 1 000 repetitions of 95 % have a standard deviation of 0.7 points
    assert 930 <= covered <= 970


def test_interval_on_runs_as_if_independent_covers_too_seldom():
    rng = np.random.default_rng(21)
    covered = 0
    for _ in range(1000):
        hits, plays = replayed(rng, 2, 5, 200, 8)
        low, high = wilson(hits.sum() / plays.sum(), plays.sum(), 1.96)
        covered += low <= 2 / 7 <= high
    assert covered < 900


def test_no_hit_is_a_bound_counted_in_worlds():
    # 59 agreeing worlds exclude 5 % at 95 %: the sample size of Wilks (1941)
    result = headline(np.zeros(59, dtype=np.int64), np.full(59, 1000))
    assert result == Headline(0.0, None, (0.0, result.interval[1]), 0.95, "bound")
    assert result.interval[1] == pytest.approx(1 - 0.05 ** (1 / 59), rel=1e-12)
    assert result.interval[1] == pytest.approx(0.0495, abs=5e-5)
    everything = headline(np.full(59, 1000), np.full(59, 1000))
    assert everything.interval == (1 - result.interval[1], 1.0)
    assert (everything.p, everything.se, everything.method) == (1.0, None, "bound")


def test_bound_is_exact_when_replays_agree_and_too_short_when_runs_are_counted():
    # with a share u of worlds that always hit, the chance of seeing none of them is (1 − u)^M = 5 %
    worlds, replays = 40, 8
    assert (1 - unseen(worlds, 0.95)) ** worlds == pytest.approx(0.05, rel=1e-12)
    assert (1 - unseen(worlds * replays, 0.95)) ** worlds > 0.6


def test_equal_worlds_do_not_give_an_interval_without_width():
    result = headline(np.array([4, 4]), np.array([8, 8]))
    assert (result.method, result.se) == ("wilson", None)
    assert result.interval == pytest.approx(wilson(0.5, 2, stats.norm.ppf(0.975)))
    assert result.interval[1] - result.interval[0] > 0.7


def test_worlds_that_agree_by_luck_do_not_count_for_more_than_their_runs():
    hits, plays = np.array([4, 4, 4, 5]), np.full(4, 8)
    share = 17 / 32
    assert share * (1 - share) / totals(hits, plays).error ** 2 > 200
    assert headline(hits, plays).interval == pytest.approx(wilson(share, 32, stats.t.ppf(0.975, 3)))


def test_student_widens_the_interval_of_few_worlds():
    hits, plays = np.array([2, 4, 6]), np.full(3, 8)
    effective = min(24, 0.25 / totals(hits, plays).error ** 2)
    assert headline(hits, plays).interval == pytest.approx(wilson(0.5, effective, stats.t.ppf(0.975, 2)))


@given(counted, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_interval_holds_the_share_stays_inside_and_mirrors(pairs, level):
    hits, plays = arrays(pairs)
    result = headline(hits, plays, level)
    low, high = result.interval
    assert 0 <= low <= result.p + 1e-12
    assert result.p - 1e-12 <= high <= 1
    assert high - low > 1e-3
    mirror = headline(plays - hits, plays, level)
    assert mirror.method == result.method
    assert mirror.interval == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(counted, st.integers(1, 5))
def test_worlds_without_a_finished_run_do_not_count(pairs, empty):
    hits, plays = arrays(pairs)
    pad = np.zeros(empty, dtype=np.int64)
    assert headline(np.concatenate([hits, pad]), np.concatenate([plays, pad])) == headline(hits, plays)


@pytest.mark.parametrize(
    ("hits", "plays", "level", "message"),
    [
        ([3], [2], 0.95, "as often as it was played"),
        ([-1, 2], [2, 2], 0.95, "as often as it was played"),
        ([1], [2], 1.0, "level"),
        ([1, 2], [2], 0.95, "plays of"),
        ([0, 2], [-1, 2], 0.95, "negative"),
    ],
)
def test_impossible_input_is_refused(hits, plays, level, message):
    with pytest.raises(ValueError, match=message):
        headline(np.array(hits), np.array(plays), level)
