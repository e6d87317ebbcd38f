from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.estimates import timing
from sim.estimates.odds import by_world, grouping, in_room, proportion, totals
from sim.estimates.timing import Table, periods

INF = math.inf
EVER = [-INF]
DAYS = [0.0, 1.0, 2.0, 2.25, 3.0, 7.0, 8.0]
runs = st.lists(
    st.tuples(st.sampled_from([1.0, 2.0, 2.5, 7.0, INF]), st.integers(0, 2), st.integers(0, 6)), min_size=1, max_size=60
)
days = st.sets(st.sampled_from([*DAYS, INF])).map(sorted)


def counted(first, world, edges, of=True):
    """The table of the runs whose kind is asked about, and the plays of all worlds."""
    groups = grouping(world)
    chosen = np.isfinite(first) & of
    cells = np.stack([groups.place[chosen], periods(first[chosen], np.array(edges))])
    (place, period), count = np.unique(cells, axis=1, return_counts=True)
    return Table(place, period, count), groups.plays


def cumulative(first, world, ends):
    table, plays = counted(first, world, [*EVER, *ends])
    sums = timing.cumulative(table, plays, len(ends))
    return [part.proportion for part in sums.totals(totals(0 * plays, plays))]


def cumulative_by_kind(first, kind, world, ends, kinds):
    p, se = np.empty((kinds, len(ends))), np.empty((kinds, len(ends)))
    for row in range(kinds):
        table, plays = counted(first, world, [*EVER, *ends], kind == row)
        for column, part in enumerate(timing.cumulative(table, plays, len(ends)).totals(totals(0 * plays, plays))):
            p[row, column] = part.share
            se[row, column] = np.nan if part.error is None else part.error
    return p, se


def within(first, world, edges):
    table, plays = counted(first, world, edges)
    sums = timing.within(table, plays, len(edges) - 1)
    return [part.proportion for part in sums.totals(totals(0 * plays, plays))]


def given_quiet(first, world, untils):
    table, plays = counted(first, world, [*EVER, *untils])
    hits, _ = by_world(np.isfinite(first), world)
    answers = timing.given_quiet(table, hits, plays, len(untils))
    return [(part.proportion if part.plays else None, part.plays) for part in answers]


def columns(rows):
    first, kind, world = zip(*rows, strict=True)
    return np.array(first), np.array(kind), np.array(world)


def test_onset_at_the_end_of_a_period_belongs_to_the_next():
    first, world = np.array([1.0, 2.0, 3.0, INF]), np.arange(4)
    assert [share.p for share in cumulative(first, world, np.array([1.0, 2.0, 2.5, 9.0]))] == [0, 0.25, 0.5, 0.75]
    assert [share.p for share in within(first, world, np.array([1.0, 2.0, 3.0]))] == [0.25, 0.25]


def test_quiet_worked_by_hand():
    # quiet before day 2: world 0 has runs at 2 and never, world 1 one run at 3; p = 2/3
    first, world = np.array([1.0, 2.0, INF, 3.0]), np.array([0, 0, 0, 1])
    (share, n), (last, left), (none, nobody) = given_quiet(first, world, np.array([2.0, 4.0, 1e9]))
    assert (share.p, n) == (2 / 3, 3)
    assert share.se == pytest.approx(math.sqrt(2 * 2 * (1 / 3) ** 2 / 9))
    assert (last.p, last.se, left) == (0.0, None, 1)
    assert (none.p, nobody) == (0.0, 1)
    assert given_quiet(np.array([1.0]), np.array([0]), np.array([2.0])) == [(None, 0)]


@given(runs, days)
def test_each_date_is_the_share_of_runs_before_it(rows, ends):
    first, _, world = columns(rows)
    expected = [proportion(first < end, world) for end in ends]
    assert cumulative(first, world, np.array(ends)) == expected


@given(runs, days)
def test_kinds_sum_to_the_total_at_every_date(rows, ends):
    first, kind, world = columns(rows)
    p, se = cumulative_by_kind(first, kind, world, np.array(ends), 3)
    total = [share.p for share in cumulative(first, world, np.array(ends))]
    assert p.sum(axis=0) == pytest.approx(total, abs=1e-15)
    for row in range(3):
        for column, end in enumerate(ends):
            share = proportion((first < end) & (kind == row), world)
            assert p[row, column] == share.p
            assert np.isnan(se[row, column]) if share.se is None else se[row, column] == share.se


@given(runs, st.sets(st.sampled_from([0.0, 1.0, 2.0, 2.25, 3.0, 7.0, 8.0]), min_size=2))
def test_months_sum_to_what_lies_between_their_outer_edges(rows, edges):
    first, _, world = columns(rows)
    edges = np.array(sorted(edges))
    low, high = cumulative(first, world, edges[[0, -1]])
    shares = within(first, world, edges)
    assert sum(share.p for share in shares) == pytest.approx(high.p - low.p, abs=1e-12)
    for share, start, end in zip(shares, edges, edges[1:], strict=False):
        assert share == proportion((start <= first) & (first < end), world)


@given(runs, st.sets(st.sampled_from(DAYS)).map(sorted))
def test_quiet_and_before_make_up_the_whole(rows, untils):
    # P(onset) = P(onset before) + P(quiet) · P(onset later | quiet)
    first, _, world = columns(rows)
    whole = np.isfinite(first).mean()
    for until, (share, n) in zip(untils, given_quiet(first, world, np.array(untils)), strict=True):
        quiet = first >= until
        assert n == np.count_nonzero(quiet)
        assert share == (proportion(np.isfinite(first[quiet]), world[quiet]) if n else None)
        before = np.mean((first < until) & np.isfinite(first))
        rest = 0.0 if share is None else n / len(first) * share.p
        assert before + rest == pytest.approx(whole, abs=1e-12)


@given(runs, st.sets(st.sampled_from(DAYS), min_size=2).map(sorted), st.integers(0, 7))
def test_worlds_may_come_in_portions(rows, edges, cut):
    first, _, world = columns(rows)
    ends, early = np.array([*EVER, *edges]), world < cut
    tables = [counted(first[part], world[part], ends) for part in (early, ~early, early | ~early)]
    for estimate in (timing.within, timing.cumulative):
        one, other, whole = (estimate(table, plays, len(edges)) for table, plays in tables)
        total = one + other
        for name in ("hits", "hits_squared", "hits_plays"):
            assert getattr(total, name).tolist() == getattr(whole, name).tolist()


@given(runs, st.sets(st.sampled_from(DAYS), min_size=2).map(sorted))
def test_a_period_in_several_rows_is_one_in_one(rows, edges):
    first, _, world = columns(rows)
    table, plays = counted(first, world, [*EVER, *edges])
    single = np.repeat(np.arange(len(table.count)), table.count)
    apart = Table(table.world[single], table.period[single], np.ones(len(single), dtype=np.int64))
    hits, _ = by_world(np.isfinite(first), world)
    base, n = totals(hits, plays), len(edges)
    assert timing.within(apart, plays, n).totals(base) == timing.within(table, plays, n).totals(base)
    assert timing.cumulative(apart, plays, n).totals(base) == timing.cumulative(table, plays, n).totals(base)
    assert timing.given_quiet(apart, hits, plays, n) == timing.given_quiet(table, hits, plays, n)


def test_squares_beyond_64_bits_are_exact():
    many = 4 * 10**9
    table = Table(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([many, many, 1]))
    hits, plays = np.array([2 * many, 1]), np.array([3 * many, 2])
    sums = timing.cumulative(table, plays, 2)
    assert sums.hits_squared.tolist() == [many**2, 4 * many**2 + 1]
    assert sums.hits_plays.tolist() == [3 * many**2, 6 * many**2 + 2]
    assert timing.given_quiet(table, hits, plays, 1)[0] == totals(np.array([many, 1]), np.array([2 * many, 2]))
    # control: nothing that small needs more than 64 bits
    assert in_room(hits, plays).dtype == object
    assert in_room(hits, np.array([3, 2])).dtype == np.int64


def test_competing_risks_closed_form_and_the_naive_answer():
    rng = np.random.default_rng(1)
    n, rate, horizon = 200_000, (0.004, 0.006), 240.0
    times = rng.exponential(1 / np.array(rate), (n, 2))
    kind = times.argmin(axis=1)
    first = np.where(times.min(axis=1) < horizon, times.min(axis=1), INF)
    ends = np.array([30.0, 120.0, 240.0])
    p, se = cumulative_by_kind(first, kind, np.arange(n) // 8, ends, 2)
    for row in range(2):
        exact = rate[row] / sum(rate) * -np.expm1(-sum(rate) * ends)
        assert np.all(np.abs(p[row] - exact) < 4 * se[row])
        # control: 1 − Kaplan-Meier of one kind alone, the other taken for censoring
        naive = -np.expm1(-rate[row] * ends)
        assert np.all(naive - exact > 4 * se[row])
        assert np.all(se[row] < 0.05 * exact)
    assert se[0] == pytest.approx(np.sqrt(p[0] * (1 - p[0]) / n), rel=0.03)


def test_constant_hazard_forgets_the_quiet_and_mixed_worlds_do_not():
    rng = np.random.default_rng(2)
    worlds, replays, horizon = 20_000, 4, 200.0
    world = np.repeat(np.arange(worlds), replays)
    untils = np.array([0.0, 60.0, 150.0])
    same = rng.exponential(200.0, worlds * replays)
    for until, (share, _) in zip(untils, given_quiet(np.where(same < horizon, same, INF), world, untils), strict=True):
        assert abs(share.p + math.expm1(-(horizon - until) / 200)) < 4 * share.se
    # rates Gamma(2, scale 1/200): survival (1 + t/200)^−2, so quiet worlds are the safer ones
    mixed = rng.exponential(1 / rng.gamma(2.0, 1 / 200, worlds)[world])
    answers = given_quiet(np.where(mixed < horizon, mixed, INF), world, untils)
    for until, (share, n) in zip(untils, answers, strict=True):
        exact = 1 - ((200 + until) / (200 + horizon)) ** 2
        assert abs(share.p - exact) < 4 * share.se
        assert share.se > math.sqrt(share.p * (1 - share.p) / n) * (1.03 if until < 100 else 0.98)
    assert answers[1][0].p < 1 - math.exp(-2 * 140 / 200) - 0.05  # control: the average rate, remembered for ever


def test_days_that_are_none_and_edges_that_do_not_ascend_are_refused():
    with pytest.raises(ValueError, match="infinite for never"):
        periods(np.array([math.nan]), np.array([1.0]))
    with pytest.raises(ValueError, match="ascend"):
        periods(np.array([1.0]), np.array([1.0, 1.0]))


def test_periods_by_hand():
    days = np.array([0.5, 1.0, 2.0, 2.5, INF])
    assert periods(days, np.array([1.0, 2.0, 2.5])).tolist() == [-1, 0, 1, 2, 2]
    assert periods(days, np.array([*EVER, 1.0])).tolist() == [0, 1, 1, 1, 1]


def test_kind_of_a_run_without_onset_is_not_read():
    p, _ = cumulative_by_kind(np.array([1.0, INF]), np.array([0, -1]), np.arange(2), np.array([5.0]), 1)
    assert p.tolist() == [[0.5]]
