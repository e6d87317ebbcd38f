"""Words, widths and places: known answers, then laws."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.report import style, wording
from sim.report.columns import aligned, paragraph
from sim.report.figures import calendar, lanes, measure
from tests.report import sample

quick = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (84_321.0, "84,300"),
        (999_999.0, "1,000,000"),
        (2.3456, "2.35"),
        (150.0, "150"),
        (-1234.0, "-1,230"),
        (0.0123, "0.0123"),
        (1.2e-9, "1.2e-09"),
        (5e20, "5e+20"),
    ],
)
def test_amounts_have_three_digits(number: float, text: str) -> None:
    assert wording.amount(number) == text


def test_names_and_dates_read_as_people_write_them() -> None:
    assert wording.human("build_ups.main") == "build ups main"
    assert wording.flag("exercises.zapad.on") == "zapad on"
    assert wording.flag("intent.prepare") == "intent prepare"
    assert wording.span("2021-07-01", "2021-12-31") == "1 Jul to 31 Dec 2021"
    assert wording.span("2021-07-01", "2022-01-31") == "1 Jul 2021 to 31 Jan 2022"
    assert wording.day(dt.date(2021, 9, 5)) == "5 Sep"
    assert wording.count(1, "run") == "1 run"
    assert wording.whole(3.5) == "3.5"


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0"), (0.001, "<1"), (0.314, "31"), (0.999, ">99"), (1.0 - 1e-16, "100"), (1.0, "100")]
)
def test_cases_in_a_hundred_are_never_rounded_to_none_or_all(share: float, text: str) -> None:
    assert wording.in_hundred(share) == text


def test_texts_cannot_move_the_cursor() -> None:
    assert wording.plain("red \x1b[31m alert\r\n\tnow") == "red [31m alert now"


def test_odds_without_or_with_every_hit_are_bounds_and_never_certain() -> None:
    assert wording.headline(sample.certain(False)["odds"]) == "<0.15 %"
    assert wording.headline(sample.certain(True)["odds"]) == ">99.85 %"
    assert wording.spoken("<0.15 %") == "below 0.15 %"
    assert wording.chance(0.0, None) == "in no run"
    assert wording.chance(1.0, 0.0) == "in every run"
    assert wording.chance(None, None) == "not known"


def test_a_base_rate_has_the_digits_of_its_interval() -> None:
    base = sample.result()["outside_view"][0]
    assert (wording.rate(base), wording.rate_interval(base)) == ("35 %", "28–42 %")
    assert wording.rate({**base, "p": 0.0, "k": 0.0, "n": 26.0}) == "0 of 26"


def test_kinds_of_the_ladder_are_listed_once() -> None:
    result = sample.result()
    part = result["kinds"]["other"]
    result["kinds"]["rise_15k"] = {**part, "counted": False}
    result["kinds"]["annexation"] = {**part, "counted": False}
    assert [kind for kind, _ in wording.kinds_shown(result)] == [*sample.FIRST, "annexation"]


@pytest.mark.parametrize("text", ["Odds of a new crisis", "WWWWWW", "iiiiiiiiii", "5 Sep – 9 Oct, 30.2 %", "Äéжя"])
@pytest.mark.parametrize("bold", [False, True])
def test_measured_widths_are_those_of_the_renderer(text: str, bold: bool) -> None:
    figure = Figure(figsize=(10, 1), dpi=style.DPI)
    with style.house():
        canvas = FigureCanvasAgg(figure)
        drawn = figure.text(0.1, 0.5, text, fontsize=10, fontweight="bold" if bold else "normal")
        pixels = drawn.get_window_extent(canvas.get_renderer()).width
    # A box ends on whole pixels; beyond that the two must agree to the hundredth part that is added on purpose.
    measured = measure.width(text, 10.0, bold) * style.DPI
    assert abs(measured / 1.01 - pixels) <= 1.0


words = st.text(alphabet="abcW il.Ж$", max_size=80)


@quick
@given(words, st.floats(0.3, 4.0), st.integers(1, 3))
def test_wrapped_lines_fit_and_lose_nothing_but_what_the_ellipsis_says(text: str, room: float, lines: int) -> None:
    broken = measure.wrap(text, room, 9.0, lines)
    assert len(broken) <= lines
    assert all(measure.width(line, 9.0) <= room for line in broken)
    if not any("…" in line for line in broken):
        assert " ".join(broken).split() == text.split()


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        ([0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]),
        ([5.0, 1.0], [5.0, 1.0]),
        ([9.9, 9.8], [10.0, 9.0]),
        ([], []),
    ],
)
def test_spread_places_of_known_cases(wanted: list[float], placed: list[float]) -> None:
    assert measure.spread(wanted, 1.0, -10.0, 10.0) == pytest.approx(placed)


@quick
@given(st.lists(st.floats(-2.0, 12.0), min_size=1, max_size=14))
def test_spread_places_keep_order_and_distance_and_stay_inside(wanted: list[float]) -> None:
    placed = measure.spread(wanted, 0.7, 0.0, 10.0)
    assert all(-1e-9 <= place <= 10.0 + 1e-9 for place in placed)
    ranked = sorted(range(len(wanted)), key=lambda index: wanted[index])
    gaps = [placed[later] - placed[earlier] for earlier, later in pairwise(ranked)]
    assert all(gap >= 0.7 - 1e-9 for gap in gaps)


@quick
@given(st.lists(st.tuples(words, words, words), min_size=1, max_size=5), st.integers(30, 120))
def test_columns_never_exceed_the_width_and_keep_every_word(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = aligned(rows, width, right=(1,))
    assert all(len(line) <= width for line in lines)
    assert sorted("".join(lines).replace(" ", "")) == sorted("".join("".join(row) for row in rows).replace(" ", ""))


def test_columns_of_one_table_are_exact() -> None:
    rows = [("kind", "odds", "", "note"), ("  clash and more", "5.2 %", "", "a b c"), ("  other", "12 %", "", "")]
    assert aligned(rows, 25, indent=0, right=(1,)) == [
        "kind          odds  note",
        "  clash and  5.2 %  a b c",
        "  more",
        "  other       12 %",
    ]


def test_a_figure_is_not_parted_from_its_sign() -> None:
    assert paragraph("odds of 30.2 % here", 12) == ["odds of", "30.2 % here"]


def test_ticks_name_the_year_once_and_every_month_that_has_room() -> None:
    axes = Figure(figsize=(10, 2)).add_axes((0.1, 0.3, 0.8, 0.6))
    calendar.dress(axes, calendar.View(dt.date(2021, 10, 15), dt.date(2022, 4, 1)))
    labels = [label.get_text().split("\n") for label in axes.get_xticklabels()]
    assert [label[0] for label in labels] == ["Nov", "Dec", "Jan", "Feb", "Mar"]
    assert [label[1].strip() for label in labels] == ["2021", "", "2022", "", ""]
    assert axes.get_xticks()[0] == dt.date(2021, 11, 1).toordinal()


def test_marks_that_would_meet_get_rows_of_their_own() -> None:
    view = calendar.View(dt.date(2021, 4, 20), dt.date(2022, 1, 1))
    placed = lanes.lay_out(sample.many_marks(), view, 8.0)
    assert placed.left_out == 2
    spots = [(piece.mark.family, piece.row) for piece in placed.placed]
    # The three inspections overlap in time: no two of them share a row.
    inspections = [spot for spot, piece in zip(spots, placed.placed, strict=True) if "inspection" in piece.mark.label]
    assert len(set(inspections)) == 3
    assert sum(rows for _, _, rows in placed.families) == len(set(spots))


def test_lanes_without_marks_take_no_room() -> None:
    placed = lanes.lay_out([], calendar.View(dt.date(2021, 1, 1), dt.date(2021, 2, 1)), 8.0)
    assert placed.height == 0.0
    assert lanes.notes(placed) == ""
