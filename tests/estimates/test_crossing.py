"""Crossings of curves with known answers, noise that is simulated, and curves that cross twice, never, or by a jump."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pytest

from sim.estimates.crossing import FINEST, Curve, Found, Point, find_crossings

DAYS = 100.0
Z = NormalDist().inv_cdf(0.975)


def onset(rate: float) -> float:
    """P(at least one onset) at a constant daily rate."""
    return -math.expm1(-rate * DAYS)


def rate_of(odds: float, days: float = DAYS) -> float:
    """The rate at which the odds are reached: the inverse of `onset`."""
    return -math.log1p(-odds) / days


def hump(x: float) -> float:
    """0.6 at its top, x = 1/2; 0.5 where (x − 1/2)² = 1/40."""
    return 0.6 - 4.0 * (x - 0.5) ** 2


def curve(law: Callable[[float], float], se: float, shift: float = 0.0) -> Curve:
    """A curve known up to ± 1.96 se, shifted by so many se: on common random numbers the error is alike everywhere."""

    def at(x: float) -> Point:
        p = law(x) + shift * se
        return Point(x, p, p - Z * se, p + Z * se)

    return at


def grid(low: float, high: float, n: int = 9) -> list[float]:
    return [low + (high - low) * place / (n - 1) for place in range(n)]


def on(law: Callable[[float], float], low: float, high: float, target: float, se: float = 0.005) -> Found:
    return find_crossings(curve(law, se), curve(law, se), grid(low, high), target)


# ------------------------------------------------------------------------------------------------------ known answers


@pytest.mark.parametrize("odds", [0.1, 0.3, 0.5, 0.8])
def test_constant_rate_crosses_where_the_logarithm_says(odds: float) -> None:
    """x* = −ln(1 − p*)/T; the interval ends where the odds are p* ∓ 1.96 se."""
    (crossing,) = on(onset, 0.0005, 0.03, odds).crossings
    slope, half = DAYS * (1.0 - odds), Z * 0.005
    # a bracket is left when the curve rises over it by a tenth of its interval, and is a straight line inside
    assert crossing.at == pytest.approx(rate_of(odds), abs=0.02 * half / slope)
    assert crossing.interval[0] == pytest.approx(rate_of(odds - half), abs=0.02 * half / slope)
    assert crossing.interval[1] == pytest.approx(rate_of(odds + half), abs=0.02 * half / slope)
    assert crossing.rising


def test_falling_curve_has_its_ends_the_right_way_round() -> None:
    (crossing,) = on(lambda x: 1.0 - x, 0.0, 1.0, 0.4).crossings
    assert not crossing.rising
    assert crossing.at == pytest.approx(0.6, abs=1e-9)
    assert crossing.interval == (pytest.approx(0.6 - Z * 0.005), pytest.approx(0.6 + Z * 0.005))


def test_hump_is_crossed_twice() -> None:
    rise, fall = on(hump, 0.0, 1.0, 0.5).crossings
    away = math.sqrt(1.0 / 40.0)
    assert (rise.rising, fall.rising) == (True, False)
    assert rise.at == pytest.approx(0.5 - away, abs=1e-4)
    assert fall.at == pytest.approx(0.5 + away, abs=1e-4)
    for crossing in (rise, fall):
        low, high = crossing.interval
        assert low is not None
        assert high is not None
        assert low < crossing.at < high
        assert hump(low) == pytest.approx(0.5 - (Z * 0.005 if crossing.rising else -Z * 0.005), abs=2e-4)


def test_crossings_that_cannot_be_told_apart_share_one_interval() -> None:
    """Just below the top the target is held all the way from one crossing to the other."""
    rise, fall = on(hump, 0.0, 1.0, 0.595).crossings
    assert rise.at < 0.5 < fall.at
    assert rise.interval == pytest.approx(fall.interval, abs=1e-3)


def test_nothing_crosses() -> None:
    found = on(onset, 0.001, 0.005, 0.6)
    assert found.crossings == ()
    assert [point.at for point in found.tried] == grid(0.001, 0.005)


def test_end_outside_the_range_is_not_known() -> None:
    (crossing,) = on(lambda x: x, 0.0, 0.5, 0.495).crossings
    assert crossing.interval == (pytest.approx(0.495 - Z * 0.005), None)
    (crossing,) = on(lambda x: x, 0.495, 1.0, 0.5).crossings
    assert crossing.interval == (None, pytest.approx(0.5 + Z * 0.005))


def test_jump_is_bracketed_as_finely_as_anything_is() -> None:
    (crossing,) = on(lambda x: 0.9 if x > math.pi else 0.1, 0.0, 8.0, 0.5, se=0.001).crossings
    low, high = crossing.interval
    assert low is not None
    assert high is not None
    assert low <= math.pi <= high
    assert high - low <= 8.0 * FINEST
    assert low <= crossing.at <= high


def test_whole_numbers_only() -> None:
    asked: list[float] = []

    def days(x: float) -> Point:
        asked.append(x)
        return curve(lambda day: day / 40.0, 0.02)(x)

    (crossing,) = find_crossings(days, days, [3.0, 9.0, 15.0, 21.0, 27.0, 30.0], 0.51, whole=True).crossings
    assert all(x == round(x) for x in asked)
    # 0.51 is 20.4 days; held where |x/40 − 0.51| ≤ 0.0392: 19 to 21 days
    assert (crossing.at, crossing.interval) == (20.0, (19.0, 21.0))


# ------------------------------------------------------------------------------------------------------ what is asked


def test_only_what_decides_is_asked_finely() -> None:
    """A point far from the target keeps its rough estimate; the two around the crossing do not."""
    fine: list[float] = []

    def better(x: float) -> Point:
        fine.append(x)
        return curve(lambda y: y, 0.002)(x)

    find_crossings(curve(lambda y: y, 0.01), better, grid(0.0, 1.0), 0.45)
    assert {0.375, 0.5} <= set(fine)
    assert not {0.0, 0.125, 0.25, 0.625, 0.75, 0.875, 1.0} & set(fine)
    assert len(fine) == len(set(fine)) <= 16


def test_rough_estimate_that_was_wrong_does_not_leave_a_crossing_behind() -> None:
    """Roughly the curve crosses between 0.25 and 0.5; finely it does so between 0.5 and 0.75."""
    rough, fine = curve(lambda x: x + 0.02, 0.02), curve(lambda x: x, 0.002)
    (crossing,) = find_crossings(rough, fine, grid(0.0, 1.0, 5), 0.505).crossings
    assert crossing.at == pytest.approx(0.505, abs=1e-4)


def test_crossing_of_noise_alone_is_gone_when_seen_finely() -> None:
    rough = curve(lambda x: 0.5 + 0.01 * math.sin(20.0 * x), 0.02)
    fine = curve(lambda x: 0.53 + 0.001 * x, 0.002)
    assert find_crossings(rough, fine, grid(0.0, 1.0), 0.5).crossings == ()


def test_order_of_places_and_repeats_change_nothing() -> None:
    places = grid(0.0005, 0.03)
    mixed = [*places[::-1], *places[:3]]
    known = curve(onset, 0.005)
    assert find_crossings(known, known, mixed, 0.5) == find_crossings(known, known, places, 0.5)


def test_what_is_no_question_is_refused() -> None:
    known = curve(onset, 0.005)
    with pytest.raises(ValueError, match="at least two places"):
        find_crossings(known, known, [1.0, 1.0], 0.5)
    with pytest.raises(ValueError, match="a target lies between 0 and 1: 1"):
        find_crossings(known, known, [0.0, 1.0], 1.0)


# ------------------------------------------------------------------------------------------------------------ coverage

SEEDS, RUNS = 600, 2_000


def seen(law: Callable[[float], float], luck: np.ndarray, factor: float) -> Curve:
    """The share of runs whose uniform lies below the law, with ± factor × its standard error."""

    def at(x: float) -> Point:
        p = float(np.count_nonzero(luck < law(x))) / len(luck)
        half = factor * math.sqrt(p * (1.0 - p) / len(luck))
        return Point(x, p, p - half, p + half)

    return at


def coverage(law: Callable[[float], float], truth: float, span: tuple[float, float], factor: float = Z) -> int:
    """In how many of the seeds the interval of the crossing holds the truth."""
    hits = 0
    for seed in range(SEEDS):
        luck = np.random.default_rng(seed).random(RUNS)
        known = seen(law, luck, factor)
        (crossing,) = find_crossings(known, known, grid(*span), 0.5).crossings
        low, high = crossing.interval
        hits += (-math.inf if low is None else low) <= truth <= (math.inf if high is None else high)
    return hits


def within_four_errors(hits: int) -> bool:
    """Whether so many of the seeds agree with 95 %: SE = sqrt(600 × 0.95 × 0.05) = 5.3; z = 4 fails 6 times in 10⁵."""
    return abs(hits - 0.95 * SEEDS) <= 4.0 * math.sqrt(SEEDS * 0.95 * 0.05)


def test_interval_holds_the_truth_as_often_as_it_says() -> None:
    assert within_four_errors(coverage(onset, rate_of(0.5), (0.001, 0.02)))


def test_interval_of_a_falling_curve_does_so_too() -> None:
    assert within_four_errors(coverage(lambda x: 0.9 - 0.8 * x, 0.5, (0.0, 1.0)))


def test_wrong_intervals_are_seen() -> None:
    """Half the width holds the truth in 67 % of the seeds; a window that is 10 % longer moves the truth by 3 SE."""
    assert not within_four_errors(coverage(onset, rate_of(0.5), (0.001, 0.02), factor=Z / 2))
    assert not within_four_errors(coverage(onset, rate_of(0.5, 1.1 * DAYS), (0.001, 0.02)))


# -------------------------------------------------------------------------------------------------------------- jumps


def test_over_a_jump_both_sides_are_told_and_no_value_is_said_to_bring_the_odds_there() -> None:
    made = on(lambda x: 0.2 if x < 10.0 else 0.85, 2.0, 12.0, 0.5)
    (crossing,) = made.crossings
    low, high = crossing.interval
    assert crossing.jump
    assert crossing.at == 10.0
    assert low is not None
    assert high is not None
    assert low < 10.0 <= high
    assert high - low <= 10.0 * FINEST
    assert {low, high} <= {point.at for point in made.tried}


def test_between_two_days_the_later_one_is_told() -> None:
    law = curve(lambda x: 0.2 if x < 41.0 else 0.3, 0.002)
    (crossing,) = find_crossings(law, law, [0.0, 50.0, 100.0], 0.25, whole=True).crossings
    assert (crossing.jump, crossing.at, crossing.interval) == (True, 41.0, (40.0, 41.0))


def test_a_steep_but_steady_curve_is_no_jump() -> None:
    (crossing,) = on(lambda x: 1.0 / (1.0 + math.exp(-40.0 * (x - 0.5))), 0.0, 1.0, 0.5).crossings
    assert not crossing.jump
    assert crossing.at == pytest.approx(0.5, abs=1e-3)
