"""Sweeps and break-evens, drawn: for every axis, with the right places, lines and words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from sim.records.sweeping import Breakeven, Sweep
from sim.report import inputs
from sim.report.figures import breakeven, heat, scales, sweep
from tests.report import boxes, strategies, studies

few = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def crowded_sweep() -> Sweep:
    """Thirty values with a long path and a long unit."""
    axis = studies.share_axis([1000.0 * 1.3**number for number in range(30)])
    axis["path"] = "incidents.a_very_long_name_that_an_analyst_wrote_by_hand_before_the_meeting.rate_of_incidents"
    axis["unit"] = "incidents a day along the whole line of contact and on the sea"
    axis["p5"], axis["p50"], axis["p95"] = 2000.0, 5000.0, 1e7
    return studies.sweep(axis, [0.1 + 0.02 * number for number in range(30)])


SWEEPS: dict[str, Callable[[], Sweep]] = {
    "shares": studies.one_axis,
    "dates": studies.by_date,
    "states": studies.by_state,
    "in no run": studies.never,
    "long names": crowded_sweep,
    "one value": lambda: studies.sweep(studies.share_axis([0.3]), [0.2]),
    "map": studies.two_axes,
    "map of dates": lambda: studies.two_axes(studies.date_axis()),
    "map of states": lambda: studies.two_axes(studies.date_axis(), studies.state_axis()),
    "large map": lambda: studies.two_axes(studies.share_axis([n / 20 for n in range(21)]), studies.date_axis(19)),
    "map of one": lambda: studies.two_axes(studies.share_axis([0.3]), studies.date_axis(1)),
    "map, long names": lambda: studies.two_axes(crowded_sweep()["axes"][0], crowded_sweep()["axes"][0]),
}
BREAKEVENS: dict[str, Callable[[], Breakeven]] = {
    "one": studies.breakeven,
    "none": studies.no_crossing,
    "three": studies.several_crossings,
    "nine": lambda: studies.several_crossings(9),
    "date": studies.date_crossing,
    "jump": studies.jump,
    "jump of a date": studies.date_jump,
}


def texts_of(figure: Figure) -> list[str]:
    return [text for text, _ in boxes.boxes(figure)]


def title_of(figure: Figure) -> str:
    return str(figure.get_label())


def axes_of(figure: Figure, label: str) -> Any:
    return next(axes for axes in figure.axes if axes.get_label() == label)


def contours_of(figure: Figure) -> list[float]:
    """Levels at which lines are drawn; each has a halo beneath it."""
    return sorted({float(c.levels[0]) for c in axes_of(figure, "heat").collections if isinstance(c, ContourSet)})


@pytest.mark.parametrize("name", SWEEPS)
def test_no_text_of_a_sweep_overlaps_another_or_leaves_the_picture(name: str) -> None:
    figure = sweep.draw(SWEEPS[name]())
    assert boxes.outside(figure) == []
    assert boxes.overlaps(figure) == []
    result = SWEEPS[name]()
    assert len(sweep.table(result).rows) == 1 + len(result["points"])


@pytest.mark.parametrize("name", BREAKEVENS)
def test_no_text_of_a_breakeven_overlaps_another_or_leaves_the_picture(name: str) -> None:
    figure = breakeven.draw(BREAKEVENS[name]())
    assert boxes.outside(figure) == []
    assert boxes.overlaps(figure) == []


@few
@given(st.data())
def test_sweeps_are_drawn_for_any_values_and_odds(data: st.DataObject) -> None:
    values = data.draw(
        st.one_of(
            st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=12, unique=True),
            st.lists(strategies.keys, min_size=1, max_size=12, unique=True),
            st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), min_size=1, max_size=12, unique=True).map(
                lambda dates: [date.isoformat() for date in dates]
            ),
        )
    )
    axis = studies.share_axis()
    axis |= {"values": values, "unit": data.draw(st.sampled_from([None, "days"])), "path": data.draw(strategies.keys)}
    axis["p5"] = axis["p50"] = axis["p95"] = data.draw(st.sampled_from([None, values[0]]))
    result = studies.sweep(axis, [data.draw(strategies.shares) for _ in values], data.draw(strategies.errors))
    figure = sweep.draw(result)
    assert boxes.outside(figure) == []
    assert boxes.overlaps(figure) == []


def test_the_curve_goes_through_its_points_and_the_file_is_marked() -> None:
    result = studies.one_axis()
    axes = axes_of(sweep.draw(result), "sweep")
    curve = next(line for line in axes.lines if len(line.get_xdata()) == 11 and line.get_linestyle() == "-")
    assert list(curve.get_xdata()) == result["axes"][0]["values"]
    assert list(curve.get_ydata()) == [point["p"] for point in result["points"]]
    level = next(line for line in axes.lines if line.get_linestyle() == "--")
    assert list(level.get_ydata()) == [studies.P, studies.P]
    span = min(axes.patches, key=lambda patch: patch.get_zorder())
    assert (span.get_x(), span.get_x() + span.get_width()) == pytest.approx((0.05, 0.8))


def test_values_in_any_order_make_the_same_curve() -> None:
    values = [0.5, 0.1, 0.9]
    mixed = studies.sweep(studies.share_axis(values), [studies.falling(value) for value in values])
    curve = next(line for line in axes_of(sweep.draw(mixed), "sweep").lines if len(line.get_xdata()) == 3)
    assert list(curve.get_xdata()) == [0.1, 0.5, 0.9]
    assert list(curve.get_ydata()) == [studies.falling(value) for value in (0.1, 0.5, 0.9)]
    words = "Honoured share (pullback april): the odds fall from 44 % at 10 % to 19 % at 90 %"
    assert title_of(sweep.draw(mixed)) == words


def test_dates_lie_at_their_distance_and_names_side_by_side() -> None:
    dates = scales.scale(studies.date_axis(3))
    first = dt.date(2021, 5, 1).toordinal()
    assert (dates.kind, dates.places) == ("date", (first, first + 21.0, first + 42.0))
    assert dates.place("2021-05-11") == first + 10
    names = scales.scale(studies.state_axis())
    assert (names.kind, names.places) == ("name", (0.0, 1.0, 2.0))
    assert names.place("prepare") == 2.0
    assert names.place("attack") is None


def titles() -> dict[str, Sweep]:
    flat = studies.sweep(studies.share_axis((0.1, 0.9)), [0.344, 0.347])
    return {
        "Honoured share (pullback april): the odds fall from 48 % at 0 % to 18 % at 100 %": studies.one_axis(),
        "Date (diplomacy summit): the odds go from 30 % at 1 May 2021 to 41 % at 24 Jul 2021": studies.by_date(),
        "Intent at the start: the odds go from 15 % at restrain to 65 % at prepare": studies.by_state(),
        "Honoured share (pullback april): the odds go from 20 % at 0 % to 80 % at 50 %": studies.sweep(
            studies.share_axis((0.0, 0.25, 0.5, 0.75, 1.0)), [0.2, 0.25, 0.8, 0.8, 0.8]
        ),
        "No run comes to a crisis, whatever the honoured share (pullback april)": studies.never(),
        "The odds hardly answer to honoured share (pullback april): 34 % to 35 % throughout": flat,
        "Honoured share (pullback april) and orders odds (build-up) together move the odds between 9 % and 86 %": (
            studies.two_axes()
        ),
    }


@pytest.mark.parametrize("words", titles())
def test_the_title_tells_the_course_of_the_odds(words: str) -> None:
    assert title_of(sweep.draw(titles()[words])) == words


def test_a_difference_counts_from_two_errors_on() -> None:
    # Errors of 0.004 each, which add up where worlds pull against each other: 1.96 × 0.008 = 0.01568.
    axis = studies.share_axis((0.1, 0.9))
    apart, near = (title_of(sweep.draw(studies.sweep(axis, [0.34, 0.34 + gap]))) for gap in (0.0158, 0.0156))
    assert "the odds rise" in apart
    assert "hardly answer" in near


def test_the_map_has_the_first_axis_across_and_the_second_upwards() -> None:
    result = studies.two_axes()
    odds = heat.grid(result)
    assert odds.shape == (6, 5)
    # Nothing honoured, orders at their likeliest: 0.48 × 1.8; everything honoured, at their least: 0.18 × 0.5.
    assert odds[0, 4] == pytest.approx(0.48 * 1.8)
    assert odds[5, 0] == pytest.approx(0.18 * 0.5)
    found = dict(boxes.boxes(sweep.draw(result)))
    assert found["86 %"].x0 < found["9 %"].x0
    assert found["86 %"].y0 > found["9 %"].y0


def test_cells_are_named_all_or_none() -> None:
    few_cells = {text.get_text() for text in axes_of(sweep.draw(studies.two_axes()), "heat").texts}
    assert {"86 %", "9 %", "33 %"} <= few_cells
    large = sweep.draw(studies.two_axes(studies.share_axis([n / 30 for n in range(31)]), studies.date_axis(25)))
    assert list(axes_of(large, "heat").texts) == []


def test_lines_are_drawn_where_the_odds_are_even_and_as_in_the_file() -> None:
    assert contours_of(sweep.draw(studies.two_axes())) == [studies.P, 0.5]
    low = studies.two_axes()
    for point in low["points"]:
        point["p"] *= 0.5
    figure = sweep.draw(low)
    assert contours_of(figure) == [studies.P]
    assert "odds of 50 %" not in texts_of(figure)
    # Between names there is nothing that a line could run through.
    assert contours_of(sweep.draw(studies.two_axes(studies.date_axis(), studies.state_axis()))) == []


def test_the_line_of_even_odds_lies_where_they_are_even() -> None:
    result = studies.two_axes(studies.share_axis((0.0, 1.0)), studies.share_axis((0.0, 1.0)))
    for point in result["points"]:
        point["p"] = 0.4 + 0.3 * point["place"][0]
    collections = axes_of(sweep.draw(result), "heat").collections
    line = next(c for c in collections if isinstance(c, ContourSet) and float(c.levels[0]) == 0.5)
    # 0.4 + 0.3 x = 0.5 at x = 1/3, for every y.
    across = line.get_paths()[0].vertices[:, 0]
    assert across == pytest.approx(np.full(len(across), 1 / 3))


def test_the_file_is_marked_where_its_medians_lie() -> None:
    figure = sweep.draw(studies.two_axes())
    star = next(line for line in axes_of(figure, "heat").lines if line.get_marker() == "*")
    # 0.29 lies 1.45 steps of 0.2 above 0; 0.24 lies 1.4 steps of 0.1 above 0.1.
    assert (star.get_xdata()[0], star.get_ydata()[0]) == pytest.approx((1.45, 1.4))
    assert "the file's medians" in texts_of(figure)
    away = studies.two_axes()
    away["axes"][0]["p50"] = 1.5
    assert "the file's medians" not in texts_of(sweep.draw(away))


def test_a_sweep_of_three_axes_is_refused() -> None:
    result = studies.two_axes()
    result["axes"].append(studies.state_axis())
    with pytest.raises(ValueError, match="a sweep has one axis or two, not 3"):
        sweep.draw(result)


def test_the_table_of_a_sweep_names_its_inputs() -> None:
    table = sweep.table(studies.two_axes())
    assert table.columns[:3] == ("section", "pullbacks.april.honoured_share", "build_ups.main.orders.odds")
    assert table.rows[1][:4] == ("point", 0.0, 0.1, pytest.approx(0.48 * 0.5))


def opened(low: float | None, high: float | None) -> Breakeven:
    result = studies.breakeven()
    result["crossings"][0]["interval"] = [low, high]
    return result


def untold() -> Breakeven:
    """Odds that cannot be told from the target at any value, and never cross it."""
    result = studies.no_crossing()
    result["odds"] = 0.34
    for part in result["tried"]:
        part["p"], part["interval"] = 0.335, [0.325, 0.345]
    return result


BREAKEVEN_TITLES: dict[str, Callable[[], Breakeven]] = {
    "The odds fall to 25 % where honoured share (pullback april) is 62 % (58 % to 67 %)": studies.breakeven,
    "The odds fall to 25 % where honoured share (pullback april) is 62 % (58 % or more)": lambda: opened(0.58, None),
    "The odds fall to 25 % where honoured share (pullback april) is 62 % (up to 67 %)": lambda: opened(None, 0.666),
    "The odds fall to 25 % where honoured share (pullback april) is 62.1 % (the whole range, within the error)": (
        lambda: opened(None, None)
    ),
    "The odds rise to 36 % where date (diplomacy summit) is 30 Jun 2021 (20 Jun 2021 to 11 Jul 2021)": (
        studies.date_crossing
    ),
    "No honoured share (pullback april) within 0 % to 100 % brings the odds to 60 %: they stay between 18 % and 48 %": (
        studies.no_crossing
    ),
    "The odds jump over 50 %, from 23 % to 85 %, where brings troops (exercise autumn shield) is 10,000": (
        studies.jump
    ),
    (
        "The odds jump over 30 %, from 36 % to 20 %, where date (diplomacy summit) is between 24 Jun 2021 and "
        "25 Jun 2021"
    ): studies.date_jump,
    "The odds cannot be told from 34 % at any honoured share (pullback april) within 0 % to 100 %": untold,
    "The odds cross 30 % twice as honoured share (pullback april) changes: at 40 % and 90 %": (
        lambda: studies.several_crossings(2)
    ),
    "The odds cross 30 % 9 times as honoured share (pullback april) changes: at 9 %, 20 %, 31 % and 6 more": (
        lambda: studies.several_crossings(9)
    ),
}


@pytest.mark.parametrize("words", BREAKEVEN_TITLES)
def test_the_title_tells_where_the_odds_cross(words: str) -> None:
    assert title_of(breakeven.draw(BREAKEVEN_TITLES[words]())) == words


def test_a_crossing_is_drawn_at_its_place_with_its_interval() -> None:
    result = studies.breakeven()
    figure = breakeven.draw(result)
    axes = axes_of(figure, "breakeven")
    where = 1.0 - ((0.25 - 0.18) / 0.30) ** (2.0 / 3.0)
    upright = [line for line in axes.lines if list(line.get_ydata()) == [0, 1]]
    assert [line.get_xdata()[0] for line in upright] == pytest.approx([where])
    own, span = axes.patches
    assert (own.get_x(), own.get_x() + own.get_width()) == pytest.approx((0.05, 0.8))
    assert not own.get_hatch()
    assert span.get_hatch()
    assert (span.get_x(), span.get_x() + span.get_width()) == pytest.approx((where - 0.04, where + 0.045))
    assert {"target: 25 %", "the file: 34 %", "58 % to 67 %"} <= set(texts_of(figure))


def test_an_open_interval_reaches_the_edge_of_the_picture() -> None:
    axes = axes_of(breakeven.draw(opened(0.58, None)), "breakeven")
    _, span = axes.patches
    assert span.get_x() + span.get_width() == pytest.approx(axes.get_xlim()[1])


def test_a_jump_has_no_hatched_stretch_and_is_told_above_the_picture() -> None:
    figure = breakeven.draw(studies.jump())
    assert [patch.get_hatch() for patch in axes_of(figure, "breakeven").patches] == [None]
    assert "10,000" in texts_of(figure)
    assert not any("hatched" in text for text in texts_of(figure))
    (row,) = [row for row in breakeven.table(studies.jump()).rows if row[0] == "crossing"]
    assert row[1:4] == (10_000.0, 9_999.8, 10_000.3)
    assert "rising jump" in row


def test_the_file_s_own_range_is_left_out_where_it_is_not_in_the_picture() -> None:
    result = studies.jump()
    result["axis"]["p5"], result["axis"]["p95"] = 20_000.0, 30_000.0
    figure = breakeven.draw(result)
    assert list(axes_of(figure, "breakeven").patches) == []
    assert not any("grey" in text for text in texts_of(figure))


def test_the_line_under_a_break_even_says_that_not_every_value_was_played_in_full() -> None:
    line = " ".join(text for text in texts_of(breakeven.draw(studies.breakeven())) if "tried" in text or "seed" in text)
    assert "8 values tried, up to 2,048 worlds × 8 replays each" in line


def test_many_crossings_keep_their_values_and_leave_intervals_to_the_table() -> None:
    found = texts_of(breakeven.draw(studies.several_crossings(9)))
    assert {"9 %", "20 %", "31 %", "42 %", "53 %", "65 %", "76 %", "87 %"} <= set(found)
    table = breakeven.table(studies.several_crossings(9))
    rows = [row for row in table.rows if row[0] == "crossing"]
    assert len(rows) == 9
    assert all(row[2] is not None for row in rows)


@pytest.mark.parametrize(
    ("at", "unit", "error", "expected"),
    [
        # Two errors are 4 points: no decimal of a per cent; 0.4 points: one; 20,000 troops: ten thousands.
        (0.62063, "share", 0.02, 0.62),
        (0.62063, "share", 0.002, 0.621),
        (51_234.0, "troops", 10_000.0, 50_000.0),
        (51_234.0, "troops", 9.0, 51_230.0),
        (2.345, None, 0.0, 2.345),
    ],
)
def test_values_have_the_digits_that_their_error_earns(
    at: float, unit: str | None, error: float, expected: float
) -> None:
    assert inputs.earned(at, unit, error) == pytest.approx(expected, abs=1e-12)
