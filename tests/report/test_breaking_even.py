"""What a break-even prints: word for word once, digits that are earned, and honest words where an end is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.records.sweeping import Breakeven
from sim.report import inputs
from sim.report.breaking_even import text, tsv
from tests.report import studies

GOLDEN = Path(__file__).with_name("breakeven_80.txt")
ALL = {
    "one": studies.breakeven,
    "none": studies.no_crossing,
    "several": studies.several_crossings,
    "date": studies.date_crossing,
    "jump": studies.jump,
    "jump of a date": studies.date_jump,
}


def flat(result: Breakeven) -> str:
    """The text with its lines joined."""
    return " ".join(text(result, 100).split())


def test_the_text_of_one_break_even_is_exact() -> None:
    assert text(studies.breakeven(), 80) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    lines = text(ALL[name](), width).split("\n")
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize(
    ("unit", "value", "half", "told"),
    [
        # two standard errors are the half of the interval's width: 4 points, 0.4 points, 0.04 points
        ("share", 0.6155, 0.04, "62 % (Monte-Carlo 95 %: 58 % to 66 %)"),
        ("share", 0.6155, 0.004, "61.6 % (Monte-Carlo 95 %: 61.2 % to 62.0 %)"),
        ("troops", 45_231.0, 2_000.0, "45,000 troops (Monte-Carlo 95 %: 43,000 troops to 47,000 troops)"),
        ("×", 1.2345, 0.02, "×1.23 (Monte-Carlo 95 %: ×1.21 to ×1.25)"),
        (None, 12.0, 1.0, "12 (Monte-Carlo 95 %: 11 to 13)"),
    ],
)
def test_digits_of_a_value_are_earned_by_its_interval(unit: str | None, value: float, half: float, told: str) -> None:
    result = studies.breakeven()
    result["axis"]["unit"] = unit
    result["crossings"] = [{"value": value, "interval": [value - half, value + half], "rising": True, "jump": False}]
    assert f"the odds rise to 25 % at {told}." in flat(result)


def test_open_ends_are_said_to_lie_outside() -> None:
    result = studies.breakeven()
    (crossing,) = result["crossings"]
    crossing["value"], crossing["interval"] = 0.6, [None, 0.64]
    assert "at 60 % (Monte-Carlo 95 %: up to 64 %; it begins outside 0 % to 100 %)." in flat(result)
    crossing["interval"] = [0.56, None]
    assert "at 60 % (Monte-Carlo 95 %: from 56 %; it ends outside 0 % to 100 %)." in flat(result)
    crossing["interval"] = [None, None]
    assert "at about 60 % (not to be told from any value from 0 % to 100 %)." in flat(result)


def test_the_interval_is_not_sold_as_a_belief() -> None:
    assert "It says nothing of which value is the likely one." in flat(studies.breakeven())
    assert "likely one" not in flat(studies.no_crossing())


def test_no_crossing_is_told_with_what_the_odds_do() -> None:
    said = flat(studies.no_crossing())
    assert "60 % is not within 0 % to 100 %: the odds go from 48 % to 18 %." in said


def test_odds_that_turn_below_the_target_tell_where_they_are_highest() -> None:
    result = studies.no_crossing()
    result["tried"][3]["p"] = 0.55
    result["highest"] = result["tried"][3]
    assert "the odds go from 48 % to 18 %, highest at 58 % with 55 %." in flat(result)


def test_odds_that_come_near_are_said_to_do_so() -> None:
    result = studies.no_crossing()
    result["tried"][0]["interval"] = [0.47, 0.61]
    assert "the odds go from 48 % to 18 %; at 0 % so many runs cannot tell them from it." in flat(result)


def test_odds_that_are_near_everywhere_are_not_said_to_be_elsewhere() -> None:
    result = studies.no_crossing()
    for part in result["tried"]:
        part["p"], part["se"], part["interval"] = 0.598, 0.005, [0.588, 0.608]
    result["lowest"] = result["highest"] = result["tried"][0]
    said = "so many runs cannot tell the odds from 60 % anywhere from 0 % to 100 %: they stay at about 60 %."
    assert said in flat(result)
    assert "is not within" not in flat(result)


def test_stretches_that_come_near_are_named_from_end_to_end() -> None:
    result = studies.no_crossing()
    for place in (0, 1, 4):
        result["tried"][place]["interval"] = [0.47, 0.61]
    places = [result["tried"][place]["at"] for place in (1, 4)]
    ends = [inputs.value(at, "share") for at in places]
    assert f"; from 0 % to {ends[0]} and at {ends[1]} so many runs cannot tell them from it." in flat(result)


def test_a_jump_is_told_with_both_sides_and_no_interval() -> None:
    said = flat(studies.jump())
    assert (
        "Brings troops (exercise autumn shield): the odds jump over 50 %, from 23 % to 85 %, at 10,000 (between "
        "9,999.8 and 10,000.3). No value brings them near it." in said
    )
    assert "Monte-Carlo" not in said
    rows = [line.split("\t") for line in tsv(studies.jump()).rstrip("\n").split("\n")]
    (row,) = [row for row in rows if row[0] == "jumps up over target"]
    assert row[1:4] == ["10000.0", "9999.8", "10000.3"]


def test_a_jump_between_two_days_names_both() -> None:
    said = flat(studies.date_jump())
    assert "the odds jump over 30 %, from 36 % to 20 %, between 24 Jun 2021 and 25 Jun 2021." in said
    assert "jumps down over target" in tsv(studies.date_jump())


def test_values_tried_have_the_digits_that_tell_them_apart() -> None:
    lines = text(studies.jump(), 100).split("\n")
    start = next(place for place, line in enumerate(lines) if line.lstrip().startswith("tried"))
    names = [line.split("  ")[0] if line[0] != " " else line.split()[0] for line in lines[start + 1 : start + 8]]
    assert len(set(names)) == 7
    assert {"9,999.8", "10,000.3"} <= set(names)


def test_several_crossings_are_all_told() -> None:
    said = flat(studies.several_crossings())
    assert "the odds cross 30 % 3 times. They fall to 30 % at 27 % (Monte-Carlo 95 %: 25 % to 29 %)." in said
    assert "They rise to 30 % at 60 % (Monte-Carlo 95 %: 58 % to 62 %)." in said
    assert "They fall to 30 % at 94 % (Monte-Carlo 95 %: from 92 %; it ends outside 0 % to 100 %)." in said


def test_dates_are_dates() -> None:
    result = studies.date_crossing()
    assert "the odds rise to 36 % at 30 Jun 2021 (Monte-Carlo 95 %: 20 Jun 2021 to 11 Jul 2021)." in flat(result)
    rows = [line.split("\t") for line in tsv(result).rstrip("\n").split("\n")]
    assert [row[1:4] for row in rows if row[0] == "rises to target"] == [["2021-06-30", "2021-06-20", "2021-07-11"]]


@pytest.mark.parametrize("name", ALL)
def test_tab_separated_values_keep_every_digit(name: str) -> None:
    result = ALL[name]()
    head, *rows = (line.split("\t") for line in tsv(result).rstrip("\n").split("\n"))
    assert head == ["section", "value", "from", "to", "p", "se", "low", "high"]
    assert {len(row) for row in rows} == {8}
    tried = [float(row[4]) for row in rows if row[0] == "tried"]
    assert tried == [part["p"] for part in result["tried"]]
    assert sum(row[0].endswith(" target") for row in rows) == len(result["crossings"])
