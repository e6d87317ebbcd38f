"""What a sweep prints: word for word once, and laws for any axis."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.records.sweeping import Sweep
from sim.report.sweeping import labels, text, tsv
from tests.report import studies

GOLDEN = Path(__file__).with_name("sweep_80.txt")
ALL = {
    "one axis": studies.one_axis,
    "dates": studies.by_date,
    "states": studies.by_state,
    "never": studies.never,
    "two axes": studies.two_axes,
}


def flat(result: Sweep, width: int = 100) -> str:
    """The text with its lines joined."""
    return " ".join(text(result, width).split())


def test_the_text_of_one_sweep_is_exact() -> None:
    assert text(studies.one_axis(), 80) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    lines = text(ALL[name](), width).split("\n")
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


def test_a_curve_that_goes_one_way_says_so() -> None:
    said = flat(studies.one_axis())
    assert "Honoured share (pullback april): from 0 % to 100 % the odds fall from 48 % to 18 %;" in said
    assert "in the file it is 5 % to 80 %, with odds of 34 %." in said


def test_a_curve_that_turns_says_where_it_is_lowest_and_highest() -> None:
    assert "the odds go from 30 %, at 1 May 2021, to 41 %, at 24 Jul 2021;" in flat(studies.by_date())


def test_of_odds_that_are_alike_the_nearest_value_is_told() -> None:
    axis = studies.share_axis((0.0, 0.25, 0.5, 0.75, 1.0))
    assert "the odds go from 20 %, at 0 %, to 80 %, at 50 %;" in flat(studies.sweep(axis, [0.2, 0.25, 0.8, 0.8, 0.8]))
    assert "the odds go from 20 %, at 75 %, to 80 %, at 50 %;" in flat(studies.sweep(axis, [0.8, 0.8, 0.8, 0.2, 0.2]))


def test_values_in_any_order_go_the_same_way() -> None:
    mixed = studies.sweep(studies.share_axis((0.5, 0.1, 0.9)), [0.3, 0.44, 0.19])
    assert "from 10 % to 90 % the odds fall from 44 % to 19 %;" in flat(mixed)


def test_two_inputs_are_named_at_both_ends() -> None:
    assert "with honoured share (pullback april) 100 % and" in flat(studies.two_axes(), 200)


def test_what_cannot_be_told_from_luck_is_not_told_as_a_change() -> None:
    result = studies.one_axis()
    for place, point in enumerate(result["points"]):
        point["p"], point["difference_se"] = 0.344 + 0.001 * (place % 2), 0.002
    assert "the odds stay at about 34 %, as far as so many runs can tell" in flat(result)


def test_what_touches_nothing_is_said_to_touch_nothing() -> None:
    assert "not one run comes out differently at any value" in flat(studies.never())
    assert "not one run" not in flat(studies.one_axis())


def test_a_grid_that_is_too_wide_is_broken_into_blocks() -> None:
    values = [place / 20.0 for place in range(21)]
    wide = studies.two_axes(None, {**studies.share_axis(values), "path": "build_ups.main.orders.odds"})
    lines = text(wide, 80).split("\n")
    heads = [line for line in lines if line.startswith("      ") and line.rstrip().endswith("%")]
    assert len(heads) > 1
    assert [label for head in heads for label in head.replace(" %", "%").split()] == [
        label.replace(" ", "") for label in labels(wide["axes"][1], values)
    ]


def test_bars_are_as_long_as_the_odds_are_high() -> None:
    lines = [line for line in text(studies.one_axis(), 120).split("\n") if "█" in line]
    longest = max(line.count("█") for line in lines)
    for line, p in zip(lines[1:], (point["p"] for point in studies.one_axis()["points"]), strict=True):
        assert line.count("█") == pytest.approx(longest * p / 0.48, abs=0.6)
    assert "█" not in text(studies.one_axis(), 80)


def test_values_have_the_digits_that_tell_them_apart() -> None:
    axis = studies.share_axis()
    assert labels(axis, [0.1, 0.25]) == ["10 %", "25 %"]
    assert labels(axis, [0.12341, 0.12342]) == ["12.341 %", "12.342 %"]
    axis["unit"] = "troops"
    assert labels(axis, [45_000.0, 45_010.0]) == ["45,000", "45,010"]
    assert labels(studies.date_axis(), ["2021-09-05"]) == ["5 Sep 2021"]


@pytest.mark.parametrize("name", ALL)
def test_tab_separated_values_keep_every_digit(name: str) -> None:
    result = ALL[name]()
    head, own, *rows = (line.split("\t") for line in tsv(result).rstrip("\n").split("\n"))
    many = len(result["axes"])
    assert head[:many] == [axis["path"] for axis in result["axes"]]
    assert [float(row[many]) for row in rows] == [point["p"] for point in result["points"]]
    assert own[:many] == [""] * many
    assert float(own[many]) == result["own"]["p"]
    assert {len(row) for row in (own, *rows)} == {len(head)}
