from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.estimates import prim
from sim.estimates.columns import Column
from sim.estimates.peeling import Sample, grid, refine, search
from sim.estimates.prim import find_box
from sim.estimates.sensitivity import first_order


def uniform(rng, worlds, columns):
    x = rng.random((columns, worlds))
    return {f"x{i + 1}": Column(row) for i, row in enumerate(x)}


def planted(columns, low=0.4, high=0.4):
    """Inside: x1 above `low` and x2 below `high`; 0.24 of all worlds for 0.4 and 0.4."""
    return (columns["x1"].values > low) & (columns["x2"].values < high)


def found(columns, hits, plays, seed=1, **rules):
    return find_box(columns, hits, plays, np.random.default_rng(seed), **{"shuffles": 20, "resamples": 10, **rules})


def box_of(columns, hits, plays, seed=1, **rules):
    answer = found(columns, hits, plays, seed, **rules)
    assert answer.reason is None
    return answer.box


def what_the_data_say(box):
    """All of a box that does not hang on random numbers."""
    limits = [(limit.path, limit.low, limit.high, limit.states, limit.p_value) for limit in box.limits]
    return limits, box.base, box.density, box.density_se, box.coverage, box.mass, box.steps


def inside(box, columns):
    kept = np.ones(len(next(iter(columns.values())).values), dtype=bool)
    for limit in box.limits:
        values = columns[limit.path].values
        if limit.states:
            kept &= np.isin(values, limit.states)
        kept &= (values >= (-math.inf if limit.low is None else limit.low)) & (
            values <= (math.inf if limit.high is None else limit.high)
        )
    return kept


# --- boxes that were put there ---------------------------------------------------------------------------------------


def test_a_planted_box_is_found_with_its_limits_and_nothing_else():
    columns = uniform(np.random.default_rng(1), 4000, 5)
    hits = planted(columns).astype(np.int64)
    box = box_of(columns, hits, np.ones(4000, dtype=np.int64))
    limits = {limit.path: limit for limit in box.limits}
    assert set(limits) == {"x1", "x2"}
    assert limits["x1"].low == pytest.approx(0.4, abs=0.005)
    assert limits["x2"].high == pytest.approx(0.4, abs=0.005)
    assert (limits["x1"].high, limits["x2"].low) == (None, None)
    assert (box.density, box.coverage, box.density_se) == (1.0, 1.0, None)
    assert box.mass == box.base == hits.mean()
    assert box.held_out > 0.98
    assert box.p_value == 1 / 21
    assert all(limit.found_again == 1.0 and limit.p_value < 1e-50 for limit in box.limits)


def test_a_narrow_cliff_beside_a_gentle_slope_is_found():
    """Odds 0.2 + 0.1·x2, but 0.9 where x1 > 0.94: peeling alone slides along x2 and never sees the cliff."""
    rng = np.random.default_rng(4)
    columns = uniform(rng, 6000, 6)
    odds = np.where(columns["x1"].values > 0.94, 0.9, 0.2 + 0.1 * columns["x2"].values)
    box = box_of(columns, rng.binomial(8, odds), np.full(6000, 8, dtype=np.int64))
    (limit,) = box.limits
    assert limit.path == "x1"
    assert limit.low == pytest.approx(0.94, abs=0.01)
    assert box.density == pytest.approx(0.9, abs=0.03)
    assert box.mass == pytest.approx(0.06, abs=0.012)


@pytest.mark.parametrize(("low", "high"), [(0.95, 1.0), (0.97, 1.0), (0.0, 0.05), (0.46, 0.51)])
def test_a_cliff_in_a_twentieth_of_the_worlds_is_found_with_its_edges(low, high):
    """Odds 0.15, in a corner of x2 and x3 0.35, and 0.9 in the cliff.

    The gain m/(1 − m)·(density − base)² is 0.022 for a cliff of 5 %, 0.013 for one of 3 %, and 0.008 for the corner.
    """
    rng = np.random.default_rng(4)
    columns = uniform(rng, 8192, 8)
    x1, x2, x3 = (columns[path].values for path in ("x1", "x2", "x3"))
    odds = np.where((x1 >= low) & (x1 <= high), 0.9, 0.15 + 0.2 * ((x2 > 0.5) & (x3 > 0.3)))
    hits, plays = rng.binomial(8, odds), np.full(8192, 8)
    box = box_of(columns, hits, plays)
    (limit,) = box.limits
    assert limit.path == "x1"
    assert (limit.low is None, limit.high is None) == (low == 0.0, high == 1.0)
    assert (limit.low or 0.0, limit.high or 1.0) == pytest.approx((low, high), abs=0.004)
    assert box.density == pytest.approx(0.9, abs=0.02)
    assert box.mass == pytest.approx(high - low, abs=0.01)
    assert box.held_out == pytest.approx(0.9, abs=0.1)
    assert limit.found_again == 1.0
    # control: no box on the way of the peeling gains three quarters of it
    gains = [step.mass / (1 - step.mass) * (step.density - box.base) ** 2 for step in box.steps[1:]]
    assert max(gains) < 0.75 * box.mass / (1 - box.mass) * (box.density - box.base) ** 2


def test_a_cliff_behind_a_condition_is_found_with_the_condition():
    """Odds 0.9 where x1 > 0.9 and x2 < 0.5, a twentieth of the worlds, beside a gentle slope that is peeled first."""
    rng = np.random.default_rng(6)
    columns = uniform(rng, 8192, 6)
    cliff = (columns["x1"].values > 0.9) & (columns["x2"].values < 0.5)
    odds = np.where(cliff, 0.9, 0.15 + 0.2 * columns["x3"].values)
    limits = {limit.path: limit for limit in box_of(columns, rng.binomial(8, odds), np.full(8192, 8)).limits}
    assert set(limits) == {"x1", "x2"}
    assert limits["x1"].low == pytest.approx(0.9, abs=0.01)
    assert limits["x2"].high == pytest.approx(0.5, abs=0.02)


def test_weak_limits_go_where_that_costs_little():
    """One real assumption among thirty, weak: what is told beside it is told by half of the resamples at least."""
    rng = np.random.default_rng(8)
    columns = uniform(rng, 1500, 30)
    odds = 0.3 + 0.25 * (columns["x1"].values > 0.5)
    answer = found(columns, rng.binomial(4, odds), np.full(1500, 4, dtype=np.int64))
    assert answer.box is not None
    assert "x1" in {limit.path for limit in answer.box.limits}
    assert all(limit.found_again >= 0.5 for limit in answer.box.limits)


def test_a_planted_box_under_noise():
    # odds .8 inside and .1 elsewhere: coverage .24·.8/(.24·.8 + .76·.1) = .716
    densities, coverages, masses, limits = [], [], [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        columns = uniform(rng, 4000, 5)
        plays = np.full(4000, 2)
        box = box_of(columns, rng.binomial(plays, np.where(planted(columns), 0.8, 0.1)), plays, resamples=0)
        ends = {limit.path: (limit.low, limit.high) for limit in box.limits}
        assert set(ends) == {"x1", "x2"}
        limits.append((ends["x1"][0], ends["x2"][1]))
        densities.append(box.density)
        coverages.append(box.coverage)
        masses.append(box.mass)
        assert abs(box.held_out - 0.8) < 0.03
        assert box.density_se == pytest.approx(math.sqrt(0.16 / (2 * 960)), rel=0.1)
    assert np.all(np.abs(np.array(limits) - 0.4) < 0.03)
    # standard errors with 6 · 1 920 runs inside, 6 · 4 000 worlds
    assert np.mean(densities) == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / 11_520))
    assert np.mean(coverages) == pytest.approx(0.716, abs=0.016)
    assert np.mean(masses) == pytest.approx(0.24, abs=4 * math.sqrt(0.24 * 0.76 / 24_000))


def test_a_box_planted_a_tenth_off_is_not_taken_for_this_one():
    rng = np.random.default_rng(2)
    columns, plays = uniform(rng, 4000, 5), np.full(4000, 2)
    hits = rng.binomial(plays, np.where(planted(columns, 0.44, 0.36), 0.8, 0.1))
    limits = {limit.path: limit for limit in box_of(columns, hits, plays, resamples=0).limits}
    assert abs(limits["x1"].low - 0.4) > 0.03
    assert abs(limits["x2"].high - 0.4) > 0.03


def test_both_sides_of_one_number():
    rng = np.random.default_rng(3)
    columns, plays = uniform(rng, 4000, 4), np.full(4000, 4)
    x = columns["x3"].values
    (limit,) = box_of(columns, rng.binomial(plays, np.where((x > 0.3) & (x < 0.6), 0.7, 0.2)), plays).limits
    assert limit.path == "x3"
    assert (limit.low, limit.high) == (pytest.approx(0.3, abs=0.03), pytest.approx(0.6, abs=0.03))
    assert limit.found_again == 1.0


def test_planted_states():
    rng = np.random.default_rng(4)
    columns, plays = uniform(rng, 3000, 4), np.full(3000, 4)
    state = rng.choice(4, 3000, p=[0.4, 0.3, 0.25, 0.05]).astype(float)
    columns["intent"] = Column(state, categories=True)
    chance = np.array([0.1, 0.6, 0.1, 0.6])[state.astype(int)]
    box = box_of(columns, rng.binomial(plays, chance), plays)
    (limit,) = box.limits
    assert (limit.path, limit.low, limit.high, limit.states) == ("intent", None, None, (1, 3))
    assert limit.found_again == 1.0
    assert box.mass == np.isin(state, [1, 3]).mean()


def test_a_state_and_a_number_together():
    rng = np.random.default_rng(5)
    columns, plays = uniform(rng, 4000, 4), np.full(4000, 4)
    columns["intent"] = Column(rng.integers(0, 3, 4000).astype(float), categories=True)
    dangerous = (columns["intent"].values == 2) & (columns["x1"].values > 0.5)
    box = box_of(columns, rng.binomial(plays, np.where(dangerous, 0.7, 0.2)), plays)
    limits = {limit.path: limit for limit in box.limits}
    assert set(limits) == {"intent", "x1"}
    assert limits["intent"].states == (2,)
    assert limits["x1"].low == pytest.approx(0.5, abs=0.03)


def test_numbers_with_few_values_and_a_column_that_does_not_vary():
    rng = np.random.default_rng(6)
    columns, plays = uniform(rng, 3000, 3), np.full(3000, 4)
    columns |= {"day": Column(rng.integers(10, 15, 3000).astype(float)), "constant": Column(np.full(3000, 7.0))}
    (limit,) = box_of(columns, rng.binomial(plays, np.where(columns["day"].values >= 13, 0.5, 0.2)), plays).limits
    assert (limit.path, limit.low, limit.high) == ("day", 13.0, None)


def test_no_more_limits_than_asked_for_and_the_best_of_them():
    rng = np.random.default_rng(7)
    columns, plays = uniform(rng, 4000, 6), np.full(4000, 4)
    x = np.array([column.values for column in columns.values()])
    hits = rng.binomial(plays, 0.1 + 0.8 * (x > np.array([0.5, 0.4, 0.3, 0.25, 0.2, 0.2])[:, None]).all(axis=0))
    assert {limit.path for limit in box_of(columns, hits, plays).limits} <= {"x1", "x2", "x3", "x4", "x5", "x6"}
    assert len(box_of(columns, hits, plays, resamples=0).limits) == prim.MOST_LIMITS
    assert {limit.path for limit in box_of(columns, hits, plays, resamples=0, most_limits=2).limits} == {"x1", "x2"}


# --- luck is not taken for a box -------------------------------------------------------------------------------------


def test_noise_has_a_box_about_one_time_in_twenty():
    boxes, reasons = 0, []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        columns, plays = uniform(rng, 300, 6), np.full(300, 4)
        answer = found(columns, rng.binomial(plays, rng.beta(2, 4, 300)), plays, seed, shuffles=19, resamples=0)
        boxes += answer.box is not None
        reasons += [answer.reason] * (answer.reason is not None)
    # two are expected; seven or more come about once in 300 times
    assert boxes <= 6
    assert all(reason.endswith("of 19 shuffled copies of the data") for reason in reasons)
    counts = [int(reason.split(" in ")[1].split(" of ")[0]) for reason in reasons]
    assert 5 < np.mean(counts) < 14  # neither always beaten nor never: evenly spread


def test_a_box_flatters_itself_and_what_is_held_out_does_not():
    # one weak assumption among twenty; the odds inside any box are at most .5
    flattered, honest, true = [], [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        columns, plays = uniform(rng, 500, 20), np.ones(500, dtype=np.int64)
        p = np.where(columns["x1"].values > 0.5, 0.5, 0.1)
        box = box_of(columns, rng.binomial(plays, p), plays, seed, resamples=0, shuffles=19)
        flattered.append(box.density)
        honest.append(box.held_out)
        true.append(p[inside(box, columns)].mean())
    assert np.mean(flattered) > np.mean(true) + 0.01
    assert np.mean(honest) < np.mean(true) + 0.03
    assert np.mean(honest) > 0.4


def test_the_best_box_in_noise_is_no_better_in_new_worlds():
    rng = np.random.default_rng(8)
    values = [rng.random(2000) for _ in range(10)]
    table = grid(values, [False] * 10)
    hits, again = rng.binomial(2, 0.3, (2, 2000)).astype(float)
    way = search(table, Sample(hits, np.full(2000, 2.0), 0.05, 0.05), 4)
    box = table.inside(way.box)
    error = math.sqrt(0.21 / (2 * box.sum()))
    assert hits[box].mean() / 2 > 0.3 + 3 * error
    assert abs(again[box].mean() / 2 - 0.3) < 3 * error


def test_a_limit_that_could_as_well_be_on_a_copy_is_not_always_found_again():
    rng = np.random.default_rng(9)
    columns, plays = uniform(rng, 1000, 3), np.ones(1000, dtype=np.int64)
    columns["copy"] = Column(columns["x1"].values + rng.normal(0, 0.01, 1000))
    box = box_of(columns, rng.binomial(plays, np.where(columns["x1"].values > 0.6, 0.7, 0.2)), plays, resamples=40)
    assert {limit.path for limit in box.limits} <= {"x1", "copy"}
    assert 0.1 < box.limits[0].found_again < 1.0


def test_a_weak_limit_stays_where_the_box_is_little_without_it():
    """Six copies take turns in the resamples: not one is firm, and without the one that was found there is no box."""
    rng = np.random.default_rng(16)
    x, plays = rng.random(1000), np.ones(1000, dtype=np.int64)
    columns = {f"copy{i}": Column(x + rng.normal(0, 0.03, 1000)) for i in range(6)}
    box = box_of(columns, rng.binomial(plays, np.where(x > 0.6, 0.7, 0.2)), plays, resamples=40)
    assert 0.0 < box.limits[0].found_again < prim.FIRM
    assert box.density > 0.6


def test_the_test_of_a_limit_counts_worlds_and_not_runs():
    rng = np.random.default_rng(10)
    columns, plays = uniform(rng, 400, 3), np.full(400, 50)
    hits = rng.binomial(plays, np.where(columns["x2"].values > 0.5, rng.beta(0.6, 0.6, 400), rng.beta(0.5, 1, 400)))
    box = box_of(columns, hits, plays, resamples=0)
    kept = inside(box, columns)
    for limit in box.limits:
        rest = [other for other in box.limits if other != limit]
        cut = inside(type("Box", (), {"limits": rest})(), columns) & ~kept
        both = kept | cut
        residual = (hits - hits[both].sum() / plays[both].sum() * plays) / 50
        error = math.sqrt(sum((residual[part] ** 2).sum() / part.sum() ** 2 for part in (kept, cut)))
        z = (hits[kept].mean() - hits[cut].mean()) / 50 / error
        assert limit.p_value == pytest.approx(stats.norm.sf(z), rel=1e-9)
        p = hits[both].sum() / plays[both].sum()
        by_runs = math.sqrt(p * (1 - p) * (1 / kept.sum() + 1 / cut.sum()) / 50)
        assert z * error / by_runs > 3 * z  # control: runs taken for independent


# --- laws ------------------------------------------------------------------------------------------------------------


def noisy_case(seed=11):
    rng = np.random.default_rng(seed)
    columns, plays = uniform(rng, 1200, 4), rng.integers(1, 5, 1200)
    columns["intent"] = Column(rng.integers(0, 3, 1200).astype(float), categories=True)
    p = 0.15 + 0.4 * planted(columns, 0.4, 0.6) + 0.2 * (columns["intent"].values == 1)
    return columns, rng.binomial(plays, p), plays


def test_neither_the_order_of_worlds_nor_that_of_columns_matters():
    columns, hits, plays = noisy_case()
    box = what_the_data_say(box_of(columns, hits, plays))
    order = np.random.default_rng(1).permutation(1200)
    moved = {path: Column(column.values[order], column.categories) for path, column in columns.items()}
    assert what_the_data_say(box_of(moved, hits[order], plays[order])) == box
    assert what_the_data_say(box_of(dict(reversed(columns.items())), hits, plays)) == box


def test_scale_units_and_worlds_without_plays_do_not_matter():
    columns, hits, plays = noisy_case()
    box = what_the_data_say(box_of(columns, hits, plays))
    limits, *numbers, steps = what_the_data_say(box_of(columns, 8 * hits, 8 * plays))
    assert limits == [(*limit[:-1], pytest.approx(limit[-1])) for limit in box[0]]
    assert numbers == pytest.approx(box[1:-1])
    assert steps == box[-1]
    idle = {path: Column(np.append(column.values, 99.0), column.categories) for path, column in columns.items()}
    assert what_the_data_say(box_of(idle, np.append(hits, 0), np.append(plays, 0))) == box
    grown = columns | {"x1": Column(np.exp(9 * columns["x1"].values))}
    other = box_of(grown, hits, plays)
    lows = [
        {limit.path: limit.low for limit in answer.limits}["x1"] for answer in (other, box_of(columns, hits, plays))
    ]
    assert lows[0] == math.exp(9 * lows[1])
    assert other.density == box[2]


def test_same_random_numbers_give_the_same_answer():
    columns, hits, plays = noisy_case()
    assert found(columns, hits, plays, 5) == found(columns, hits, plays, 5)


def test_numbers_of_a_box_fit_together():
    columns, hits, plays = noisy_case()
    box = box_of(columns, hits, plays)
    kept = inside(box, columns)
    assert box.density == hits[kept].sum() / plays[kept].sum()
    assert box.density == pytest.approx(box.base * box.coverage / box.mass)
    first, *rest = box.steps
    assert (first.mass, first.coverage, first.density, first.limits) == (1.0, 1.0, box.base, 0)
    for before, after in zip(box.steps, rest, strict=False):
        assert 0.05 <= after.mass < before.mass
        assert after.coverage <= before.coverage
        assert after.density >= before.density
        assert after.density == pytest.approx(box.base * after.coverage / after.mass)


@given(st.integers(0, 10**6), st.integers(1, 4), st.booleans())
def test_gain_is_the_variance_between_inside_and_outside_and_refining_never_lowers_it(seed, most, states):
    rng = np.random.default_rng(seed)
    values = [rng.integers(0, 6, 200).astype(float) for _ in range(3)]
    plays = rng.integers(1, 4, 200).astype(float)
    hits = rng.binomial(plays.astype(int), np.clip(0.1 * values[0] + 0.2 * (values[1] > 3), 0, 1)).astype(float)
    table, sample = grid(values, [False, states, False]), Sample(hits, plays, 0.1, 0.1)
    way = search(table, sample, most)
    kept = table.inside(way.box)
    assert len(table.limited(way.box)) <= most
    assert plays[kept].sum() >= 0.1 * plays.sum()
    if not kept.all():
        split = first_order(kept.astype(float), hits.astype(np.int64), plays.astype(np.int64), categories=True)
        assert way.gain == pytest.approx(split.V + split.noise)
    start = table.everything
    start[0, 0] = start[1, 0] = False
    better = table.inside(refine(table, sample, start))
    before = table.inside(start)
    gains = [float(sample.gain(hits[part].sum(), plays[part].sum())) for part in (before, better)]
    assert gains[1] >= gains[0] - 1e-15


# --- no box ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "plays", "reason"),
    [
        (np.zeros(200, dtype=np.int64), np.full(200, 4), "no run had it"),
        (np.full(200, 4), np.full(200, 4), "every run had it"),
        (np.arange(200) // 150, np.arange(200) // 101, prim.FEW_WORLDS),
        (np.arange(200) % 2, np.ones(200, dtype=np.int64), "no assumption varies"),
    ],
)
def test_reason_why_there_is_no_box(hits, plays, reason):
    answer = found({"x": Column(np.ones(200))}, hits, plays)
    assert (answer.box, answer.reason) == (None, reason)
    assert prim.FEW_WORLDS == "too few worlds to look for where crises concentrate (needs at least 100)"


def test_no_columns_at_all():
    assert found({}, np.arange(200) % 2, np.ones(200, dtype=np.int64)).reason == "no assumption varies"


@pytest.mark.parametrize(
    ("values", "hits", "message"),
    [
        (np.ones(199), np.arange(200) % 2, r"values of \(199,\) worlds, plays of \(200,\)"),
        (np.append(np.ones(199), np.nan), np.arange(200) % 2, "a value is not a number"),
        (np.ones(200), np.full(200, 2), "as often as it was played"),
    ],
)
def test_impossible_worlds_are_refused(values, hits, message):
    with pytest.raises(ValueError, match=message):
        found({"x": Column(values)}, hits, np.ones(200, dtype=np.int64))


def test_too_few_shuffles_to_tell_anything_are_refused():
    with pytest.raises(ValueError, match=r"18 shuffles cannot tell a box from luck at 0\.05"):
        found({}, np.arange(200) % 2, np.ones(200, dtype=np.int64), shuffles=18)
