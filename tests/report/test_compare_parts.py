"""What the figures of a comparison are made of: looks of lines, cells of differences, names, ticks."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from sim.records.comparison import GapPart
from sim.report import style
from sim.report.figures import compared, curves, gap_table, measure
from sim.report.figures.gap_table import GapTable
from sim.report.figures.sheet import sheet
from tests.report import comparisons


def luminance(colour: str) -> float:
    """Relative luminance (Rec. 709), of gamma-encoded channels: what a grey print shows."""
    red, green, blue = to_rgb(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_lines_are_told_apart_without_colour() -> None:
    looks = curves.looks([0.0] + [1.0] * 7)
    assert looks[0] == curves.FIRST
    assert len({look.colour for look in looks}) == 8
    # Solid are the first, black, and one much lighter; every other line has a dash of its own.
    solid = [look for look in looks if look.dash == "-"]
    assert len({look.dash for look in looks}) == 7
    assert len(solid) == 2
    assert abs(luminance(solid[0].colour) - luminance(solid[1].colour)) > 0.4
    # On paper, all of them stand out.
    assert all(luminance(look.colour) < 0.75 for look in looks)


def test_looks_stay_with_a_scenario_whatever_becomes_grey() -> None:
    every = curves.looks([0.0, 0.3, 0.1, 0.2])
    assert curves.looks([0.0, 0.3, 0.0, 0.2]) == [every[0], every[1], curves.GREY, every[3]]
    first_eight = curves.looks([0.0] + [1.0] * 7)
    # Nine, of which the third is nearest: the last one takes its look, and no other changes.
    nine = curves.looks([0.0, 1.0, 0.1, *[1.0] * 6])
    assert nine == [*first_eight[:2], curves.GREY, *first_eight[3:], first_eight[2]]
    many = curves.looks([0.0, *(0.01 * number for number in range(12))])
    assert many.count(curves.GREY) == 5
    assert len(set(many[-7:])) == 7
    assert curves.GREY not in many[-7:]


def cells_of(table: GapTable) -> tuple[list[str], list[str], list[str | None]]:
    """Texts, fills and hatches of the cells of a table."""
    with style.house():
        page = sheet("A title", "", "", table.height)
        axes = gap_table.draw(page, table, 0.0, "cells")
    patches = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_fill()]
    fills = ["#" + "".join(f"{round(255 * part):02x}" for part in to_rgb(patch.get_facecolor())) for patch in patches]
    return [text.get_text() for text in axes.texts], fills, [patch.get_hatch() for patch in patches]


def test_cells_that_cannot_be_told_from_none_stay_white() -> None:
    row: dict[str, GapPart] = {
        "a": {"difference": -0.04, "se": 0.003},
        "b": {"difference": 0.02, "se": 0.003},
        # 1.9 and 2.0 errors from none; then none, and a difference that all worlds share.
        "c": {"difference": 0.0057, "se": 0.003},
        "d": {"difference": 0.0060, "se": 0.003},
        "e": {"difference": 0.0, "se": None},
        "f": {"difference": 0.5, "se": None},
    }
    texts, fills, hatches = cells_of(GapTable("When", {key: key for key in row}, [("one", row)]))
    assert texts == ["−4.0", "+2.0", "+0.6", "+0.6", "0", "+50"]
    white = [fill == style.PAPER for fill in fills]
    assert white == [False, False, True, False, True, False]
    # Lower is bluer than it is red, higher redder than blue.
    assert int(fills[0][5:], 16) > int(fills[0][1:3], 16)
    assert int(fills[5][1:3], 16) > int(fills[5][5:], 16)
    assert set(hatches) == {None}


def test_narrow_cells_carry_no_numbers_but_a_hatch_where_odds_are_higher() -> None:
    row: dict[str, GapPart] = {str(number): {"difference": (-1) ** number * 0.02, "se": 0.001} for number in range(60)}
    texts, _, hatches = cells_of(GapTable("When", dict.fromkeys(row, "Jan"), [("one", row)]))
    assert texts == []
    assert hatches == ["////", None] * 30


def test_names_are_cut_in_their_middle_and_figures_keep_their_sign() -> None:
    assert compared.brief("a_short_name") == "a short name"
    one, other = (compared.brief(f"{comparisons.LONG}_{number}") for number in (3, 4))
    assert one != other
    assert one == "pullback in full w…ptember or later 3"
    assert measure.squeeze("a short name", 3.0, 8.0) == "a short name"
    cut = measure.squeeze(f"{comparisons.LONG} 3", 1.5, 8.0)
    assert cut.startswith("pullback")
    assert cut.endswith("3")
    assert measure.width(cut, 8.0) <= 1.5
    lines = measure.wrap_name("one two three four five six seven", 0.8, 8.0, lines=2)
    assert len(lines) == 2
    assert lines[1].endswith("n")
    assert all(measure.width(line, 8.0) <= 0.8 for line in lines)
    narrow = measure.width("odds 30.2", 8.0) + 0.02
    assert measure.wrap("odds 30.2 % in all", narrow, 8.0, lines=3) == ["odds", "30.2 % in", "all"]


def test_ticks_are_round_and_hold_none() -> None:
    assert compared.ticks(-0.104, 0.021, 8) == [
        (pytest.approx(-0.1), "−10"),
        (pytest.approx(-0.08), "−8"),
        (pytest.approx(-0.06), "−6"),
        (pytest.approx(-0.04), "−4"),
        (pytest.approx(-0.02), "−2"),
        (0.0, "0"),
        (pytest.approx(0.02), "+2"),
    ]
    assert [words for _, words in compared.ticks(-0.0004, 0.0011, 4)] == ["0", "+0.05", "+0.1"]
