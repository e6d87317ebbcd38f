"""What a page of a comparison says: differences and flips, whose warnings are whose, two stories side by side."""

from __future__ import annotations

import pytest

from sim.records.comparison import TwinLine
from sim.records.result import WarningPart
from sim.report.page import comparison_page
from sim.report.page.blocks import Twins
from sim.report.page.sections import courses, flips
from tests.report import comparisons
from tests.report.page import pages
from tests.report.page.reading import section, table


def test_a_comparison_is_made_again_from_the_files_beside_it() -> None:
    html = pages.html("two")
    expected = "sim compare scenarios/01.yaml scenarios/02.yaml --worlds 2048 --replays 8 --seed 1"
    assert section(html, "design").all("pre")[0].text == expected


def test_differences_have_a_sign_an_interval_and_flips() -> None:
    found = comparisons.comparison(("spring-2021", "no_zapad"))
    found["differences"][0] |= {  # type: ignore[typeddict-item]
        "difference": -0.0891,
        "se": 0.0036,
        "interval": [-0.0961, -0.0820],
        "flips": {"to_crisis": 744, "to_calm": 2203},
        "sign_p": 4e-113,
        "variance_ratio": 3.22,
    }

    part = section(comparison_page.html(pages.compared(found)), "differences")
    rows = table(part, "Difference to spring-2021, in points")
    assert rows[1] == ["no_zapad", "−8.9", "−9.6 to −8.2", "744", "2,203", "16,384", "below 0.001", "3.2 times"]
    assert "a difference of −8.9 points (95 %: −9.6 to −8.2)" in part.words


def test_what_cannot_be_told_apart_is_said() -> None:
    assert "Not one run comes out differently: copy_1, copy_2." in section(pages.html("alike"), "differences").words
    found = comparisons.comparison(("spring-2021", "no_zapad"))
    found["differences"][0] |= {"interval": [-0.01, 0.01]}  # type: ignore[typeddict-item]

    words = section(comparison_page.html(pages.compared(found)), "differences").words
    assert "Cannot be told from no difference with so many runs: no_zapad (95 %: −1.0 to +1.0)." in words


def test_scenarios_are_told_by_side_the_strongest_first() -> None:
    """In points: −8.9, −1.8 and +1.2; the fourth, +0.1 ± 0.3, is on no side."""
    found = comparisons.comparison(("spring-2021", "no_zapad", "honest_full_pullback", "summit_fails", "no_sanctions"))
    shifts = {"no_zapad": -0.018, "honest_full_pullback": -0.089, "summit_fails": 0.012, "no_sanctions": 0.001}
    for part in found["differences"]:
        gap = shifts[part["to"]]
        part |= {"difference": gap, "se": 0.0015, "interval": [gap - 0.003, gap + 0.003]}  # type: ignore[typeddict-item]

    words = section(comparison_page.html(pages.compared(found)), "differences").words
    assert "Farthest from spring-2021 is honest_full_pullback" in words
    assert "The odds are lower in honest_full_pullback (−8.9), no_zapad (−1.8)." in words
    assert "The odds are higher in summit_fails (+1.2)." in words
    assert "with so many runs: no_sanctions" in words


def test_a_warning_tells_whose_it_is_unless_it_is_everyones() -> None:
    facts = pages.compared(comparisons.comparison(("spring-2021", "no_zapad")))
    first, second = facts.comparison["scenarios"]
    shared: WarningPart = {"code": "W1", "path": "", "text": "said of both"}
    first["warnings"] = [shared]
    second["warnings"] = [shared, {"code": "W2", "path": "x", "text": "said of one"}]
    words = section(comparison_page.html(facts), "warnings").words
    assert "W1: said of both" in words
    assert words.count("said of both") == 1
    assert "W2 x: no_zapad: said of one" in words


def test_two_stories_stand_side_by_side_and_none_of_their_lines_is_lost() -> None:
    told = section(pages.html("two"), "flips").classed("told")[0]
    rows = told.all("li")
    assert [row.attributes["class"] for row in rows] == ["both", "parted", "parted", "edge", "parted"]
    assert [part.attributes["class"] for part in rows[1].all("div")] == ["from", "to"]
    assert [part.attributes["class"] for part in rows[2].all("div")] == ["from"]
    tags = [tag.words for tag in told.classed("tag")]
    assert tags == ["spring-2021", "no_zapad", "spring-2021", "no_zapad"]
    for line in pages.flip()["lines"]:
        assert told.words.count(line["text"]) == 1
    assert "spring-2021: Crisis: build up begins." in told.words


def rows_of(*lines: tuple[str, str, str, str]) -> list[list[tuple[str, str]]]:
    """Sides and dates of the rows that lines of (date, who, text, side) make."""
    found = comparisons.comparison(("spring-2021", "no_zapad"))
    told = pages.flip()
    told["lines"] = [TwinLine(date=date, who=who, text=text, side=side) for date, who, text, side in lines]
    found["stories"] = [told]
    (part,) = flips.section(pages.compared(found, told=False)).blocks[1:]  # type: ignore[union-attr]
    assert isinstance(part, Twins)
    return [[(line.side, line.date[-5:]) for line in row] for row in part.rows]


def test_the_same_deed_at_another_time_stands_beside_it() -> None:
    assert rows_of(
        ("2021-06-17 05:11", "main", "troops arrive; 55", "from"),
        ("2021-06-17 05:12", "main", "the build-up is complete", "from"),
        ("2021-06-17 17:37", "main", "troops arrive (2 times); 426", "to"),
        ("2021-06-17 17:38", "main", "the build-up is complete", "to"),
    ) == [[("from", "05:11"), ("to", "17:37")], [("from", "05:12"), ("to", "17:38")]]
    first_here = [
        ("2021-07-08 05:20", "donbas", "an incident", "to"),
        ("2021-07-09 05:21", "donbas", "an incident; 1", "from"),
    ]
    assert rows_of(*first_here) == [[("from", "05:21"), ("to", "05:20")]]


@pytest.mark.parametrize(
    "lines",
    [
        # days apart
        [("2021-06-01 00:01", "a", "x", "from"), ("2021-06-05 00:02", "a", "x", "to")],
        # another deed, another one who does it, no date
        [("2021-06-01 00:01", "a", "x", "from"), ("2021-06-01 00:02", "a", "y", "to")],
        [("2021-06-01 00:01", "a", "x", "from"), ("2021-06-01 00:01", "b", "x", "to")],
        [("some day 00:01", "a", "x", "from"), ("2021-06-01 00:02", "a", "x", "to")],
        # what both do lies between
        [
            ("2021-06-01 00:01", "a", "x", "from"),
            ("2021-06-01 00:02", "c", "z", "both"),
            ("2021-06-01 00:03", "a", "x", "to"),
        ],
    ],
)
def test_what_is_not_the_same_stands_alone(lines: list[tuple[str, str, str, str]]) -> None:
    assert [len(row) for row in rows_of(*lines)] == [1] * len(lines)


def test_on_either_side_time_never_runs_backwards() -> None:
    """`x` comes after `y` on the right: only one of them may stand beside its like."""
    rows = rows_of(
        ("2021-06-01 00:01", "a", "x", "from"),
        ("2021-06-01 00:02", "a", "y", "from"),
        ("2021-06-01 00:03", "a", "y", "to"),
        ("2021-06-01 00:04", "a", "x", "to"),
    )
    for side in ("from", "to"):
        dates = [date for row in rows for told, date in row if told == side]
        assert dates == sorted(dates)
    assert sum(map(len, rows)) == 4


def test_without_shade_stands_what_cannot_be_told_from_no_difference() -> None:
    """1.96 errors are 0.0098."""
    assert courses.shade({"difference": 0.0099, "se": 0.005}, 0.0198).shade == 0.5
    assert courses.shade({"difference": 0.0097, "se": 0.005}, 0.0198).shade == 0.0
    assert courses.shade({"difference": 0.0099, "se": None}, 0.0198).shade == 0.0


def test_changed_inputs_are_told_as_written() -> None:
    found = comparisons.comparison(("spring-2021", "no_zapad"))
    found["differences"][0]["changes"] = [
        {"path": "exercises.zapad", "before": "{lasts: 7}", "after": None},
        {"path": "tension.cap", "before": None, "after": "3"},
    ]

    part = section(comparison_page.html(pages.compared(found)), "changes")
    assert table(part, "Changes in no_zapad")[1:] == [
        ["exercises.zapad", "{lasts: 7}", "not there"],
        ["tension.cap", "not there", "3"],
    ]
