"""What the benchmarks compute from what they measure; nothing here is timed."""

from __future__ import annotations

from math import inf, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.agreement import DAILY_POINTS, HIT, Means, daily_allowance, differences, unequal_columns
from benchmarks.growth import Curve, draw, write_table
from benchmarks.programs import HORIZON, clocks_program, dated_program, only_row
from benchmarks.timing import Contender, Ratio, Timed, paired, side_by_side
from sim.engines.reference import Reference
from sim.records.outcomes import Outcomes, RunResult, tabulate
from sim.rules.program import Program

RUNS = 40


def means(name: str, *counts: int) -> Means:
    found = Means()
    for count in counts:
        found.add({name: count})
    return found


def test_a_difference_in_standard_errors() -> None:
    """Means 1 and 2 of four counts with variances 1 and 1: an error of sqrt(1/4 + 1/4)."""
    (item,) = differences(means("a", 0, 0, 2, 2), means("a", 1, 1, 3, 3))
    assert (item.engine, item.plain) == (1.0, 2.0)
    assert item.z == pytest.approx(-1.0 / sqrt(0.5), rel=1e-12)


def test_only_what_is_beyond_the_allowance_counts() -> None:
    one, other = means("a", 0, 0, 2, 2), means("a", 1, 1, 3, 3)
    (inside,) = differences(one, other, lambda *_: 1.0)
    assert inside.z == 0.0
    (outside,) = differences(one, other, lambda *_: 0.75)
    assert outside.z == pytest.approx(-0.25 / sqrt(0.5), rel=1e-12)


def test_what_is_certain_must_be_equal() -> None:
    (item,) = differences(means("a", 3, 3), means("a", 2, 2))
    assert item.z == inf
    (item,) = differences(means("a", 3, 3), means("a", 3, 3))
    assert item.z == 0.0


def test_a_tick_may_cost_points_of_a_chance_and_a_share_of_a_count() -> None:
    assert daily_allowance(HIT, 0.4) == daily_allowance("early onset of clash", 0.01) == DAILY_POINTS
    assert daily_allowance("incidents.donbas.happens", 20.0) == pytest.approx(2.0, rel=1e-12)


def table(first: float) -> Outcomes:
    run = RunResult(0, inf, first, 0, 0, 0, [1.0], [inf], [False], 3)
    return tabulate(range(1), range(1), [run], 1)


def test_one_bit_makes_a_column_unequal() -> None:
    assert unequal_columns(table(1.0), table(1.0)) == []
    assert unequal_columns(table(1.0), table(float(np.nextafter(1.0, 2.0)))) == ["first"]
    assert unequal_columns(table(0.0), table(-0.0)) == ["first"]


def test_ratios_are_paired() -> None:
    """Both twice as slow in one round: their ratio stays what it is."""
    assert paired([10.0, 20.0, 30.0], [1.0, 2.0, 3.0]) == Ratio(10.0, 10.0, 10.0)
    assert paired([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5) == Ratio(3.0, 2.0, 4.0)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Ratio(1.874, 1.8, 1.9), "1.87 × (1.80 to 1.90)"),
        (Ratio(23.44, 20.0, 25.0), "23.4 × (20.0 to 25.0)"),
        (Ratio(512.3, 499.6, 530.0), "512 × (500 to 530)"),
    ],
)
def test_ratios_have_as_many_digits_as_they_deserve(ratio: Ratio, text: str) -> None:
    assert str(ratio) == text


def test_times_an_event() -> None:
    item = Timed("x", 100, 4.0, (1.0, 3.0, 2.0))
    assert (item.per_run, item.per_event) == (2.0, 0.5)
    assert item.by_event() == [0.25, 0.75, 0.5]


def test_contenders_take_turns_and_play_each_run_once() -> None:
    """With next to no time a block, each block is what the first trials allow; no run is counted twice."""
    played: list[tuple[str, int, int]] = []

    def contender(name: str) -> Contender:
        def play(first: int, runs: int) -> int:
            played.append((name, first, runs))
            return 7 * sum(1 for _ in range(runs))

        return Contender(name, play)

    one, other = side_by_side([contender("one"), contender("other")], 3, 1e-4)
    counted = played[-6:]
    assert [name for name, _, _ in counted] == ["one", "other"] * 3
    for name, timed in (("one", one), ("other", other)):
        blocks = [(first, runs) for who, first, runs in counted if who == name]
        assert [first for first, _ in blocks] == [0, blocks[0][1], 2 * blocks[0][1]]
        assert (timed.runs, timed.events, len(timed.seconds)) == (3 * blocks[0][1], 7.0, 3)


@given(st.floats(0.1, 3.0), st.floats(1e-6, 10.0))
def test_a_power_law_has_its_power_as_slope(power: float, factor: float) -> None:
    sizes = (1, 3, 10, 100)
    curve = Curve("a", "b", sizes, tuple(factor * size**power for size in sizes), linear=True)
    assert curve.slope == pytest.approx(power, abs=1e-9)
    assert curve.reached == (0.9 <= curve.slope <= 1.1)


def test_the_last_step_shows_what_a_fit_hides() -> None:
    curve = Curve("a", "b", (1, 10, 100), (1.0, 2.0, 200.0))
    assert curve.last_step == pytest.approx(2.0, rel=1e-12)
    assert curve.slope < 1.2


def test_only_what_must_be_linear_can_miss() -> None:
    assert Curve("a", "b", (1, 2), (1.0, 4.0)).reached
    assert not Curve("a", "b", (1, 2), (1.0, 4.0), linear=True).reached


def mean_dues(program: Program) -> float:
    engine, row = Reference(program, 1), only_row(program)[0].tolist()
    return float(np.mean([engine.play(row, world, 0).dues for world in range(RUNS)]))


@pytest.mark.parametrize("clocks", [1, 5])
@pytest.mark.parametrize("coupled", [False, True])
def test_clocks_bring_as_many_events_as_asked(clocks: int, coupled: bool) -> None:
    """A Poisson number; asked of 10 % more, the answer would be 6 errors away."""
    events = 100.0
    error = sqrt(events / RUNS)
    mean = mean_dues(clocks_program(clocks, events, coupled=coupled))
    assert abs(mean - events) < 4.0 * error
    assert abs(mean - 1.1 * events) > 2.0 * error


def test_coupled_clocks_hear_each_other_and_others_do_not() -> None:
    assert len(clocks_program(5, 10.0, coupled=True).exponent_quantity) == 5
    assert len(clocks_program(5, 10.0).exponent_quantity) == 0


@pytest.mark.parametrize("rules", [1, 40])
def test_dated_rules_come_due_once_each(rules: int) -> None:
    program = dated_program(rules)
    dates = only_row(program)[0][program.start_at]
    assert mean_dues(program) == rules
    assert len(set(dates.tolist())) == rules
    assert np.all((dates >= 0.0) & (dates < HORIZON))


def test_curves_are_drawn_and_written(tmp_path: Path) -> None:
    curves = [Curve("runs", "flagship", (1, 10, 100), (0.5, 5.0, 50.0), linear=True)] * 5
    curves.append(Curve("threads", "", (1, 2), (4.0, 2.0)))
    write_table(curves, tmp_path / "growth.csv")
    lines = (tmp_path / "growth.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["curve,of,size,seconds,slope", "runs,flagship,1,0.5,1.0000"]
    assert lines[-1] == "threads,,2,2,-1.0000"
    draw(curves, "compiled", tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
