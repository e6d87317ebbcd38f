"""What `sim drivers` prints: sentences that say what the numbers say, lines that fit, and a table for programs."""

from __future__ import annotations

import pytest

from sim.records.drivers import Drivers
from sim.report.driving import text, tsv
from tests.report import studies

GROUP = ["build_ups.main.orders.odds", "assumptions.order_size"]


def flat(result: Drivers, width: int = 100) -> str:
    """The text with its lines joined."""
    # a hyphen may end a line
    return " ".join(text(result, width).split()).replace("- ", "-")


def lines(result: Drivers, width: int = 120) -> list[str]:
    return text(result, width).split("\n")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "result", [studies.drivers(), studies.played_totals(), studies.crowded(), studies.alone(), studies.alone(0.0, None)]
)
def test_no_line_is_wider_than_the_terminal(result: Drivers, width: int) -> None:
    told = text(result, width).split("\n")
    assert max(map(len, told)) <= width
    assert all(line == line.rstrip() for line in told)
    assert told[-1] == ""
    assert "" not in (told[0], told[-2])


def test_the_headline_and_what_can_be_known() -> None:
    told = flat(studies.drivers())
    # an error of 0.51 points earns no decimal
    assert "Odds 34 % (Monte-Carlo 95 %: 33–35 %)." in told
    # 0.0243 of 0.2257 is 10.8 %, with an error of 0.7 points: 11 %
    assert (
        "Knowing every listed assumption exactly would remove 11 % of the uncertainty about the outcome (V 0.024 of a "
        "Brier score of 0.226); the other 89 % is luck (W 0.201), which no knowledge removes." in told
    )


def test_a_row_an_assumption_with_its_ends() -> None:
    told = lines(studies.drivers())
    row = next(line for line in told if line.startswith("  honoured share (pullback april)"))
    assert " ".join(row.split()).endswith("5 %: 47 % 80 %: 20 % −27 3.4 %")
    # the unit is said once
    assert any(" ".join(line.split()).startswith("order size * 18,000: 28 % 50,000 troops: 40 % +12") for line in told)
    heading = next(line for line in told if line.startswith("What the odds rest on"))
    assert heading.split()[-2:] == ["points", "gain"]


def test_states_stand_in_order_of_danger() -> None:
    told = lines(studies.drivers())
    place = next(number for number, line in enumerate(told) if line.startswith("  intent at the start"))
    assert "restrain: 15 %" in told[place]
    assert "prepare: 65 %" in told[place]
    assert told[place + 1] == "    coerce: 37 %"
    assert "States stand in order of danger" in flat(studies.drivers())


def test_totals_stand_where_they_were_played() -> None:
    assert "total: its share of all that is knowable" in flat(studies.played_totals())
    assert "total" not in next(line for line in lines(studies.drivers()) if line.startswith("What the odds rest on"))
    assert "total effects were not played." in flat(studies.drivers())
    assert "for total effects 12,288 more (512 worlds × 2 replays an assumption)." in flat(studies.played_totals())


def test_a_total_of_none_beside_a_gain_is_explained() -> None:
    result = studies.played_totals()
    assert "most likely noise" not in flat(result)
    result["drivers"][5]["total"] = -0.002
    told = flat(result)
    assert " none" in told
    assert "A gain beside a total of none may be noise" in told


def test_those_below_the_floor_are_gathered() -> None:
    result = studies.drivers()
    few = [driver for driver in result["drivers"] if not driver["above_noise"]]
    assert len(few) == 2
    assert not any(line.startswith("  half life") for line in lines(result))
    assert (
        "2 others cannot be told from an assumption that touches nothing (95 of 100 such gain less than 0.2 % and "
        "swing the odds by less than 2.1 points)." in flat(result)
    )
    for driver in result["drivers"]:
        driver["above_noise"] = False
    assert "Each assumption of this file cannot be told from an assumption that touches nothing" in flat(result)
    assert "What to find out first" not in flat(result)
    assert "What the odds rest on" not in flat(result)


def test_what_matters_only_with_others_is_named() -> None:
    result = studies.played_totals()
    assert "only together with others" not in flat(result)
    last = result["drivers"][-1]
    assert not last["above_noise"]
    last["total"], last["total_se"] = 0.20, 0.06
    assert "Of these some do have a hand in it, most of it together with others (total): " in flat(result)
    last["total_se"] = 0.07
    assert "only together with others" not in flat(result)


def test_a_correlated_one_is_hidden_only_where_all_its_group_is() -> None:
    """A total is that of the whole group, and may be all that of a member which has a row."""
    result = studies.played_totals()
    last, order = result["drivers"][-1], next(d for d in result["drivers"] if d["path"] == GROUP[1])
    last["total"], last["total_se"], last["together_with"] = 0.20, 0.06, [order["path"]]
    assert order["above_noise"]
    assert "together with others (total)" not in flat(result)
    order |= {"above_noise": False, "total": 0.20, "total_se": 0.06, "together_with": [last["path"]]}
    assert "together with others (total): order size with rate per day (incidents donbas) (20 %)." in flat(result)


def test_what_changes_no_run_is_not_to_be_found_out() -> None:
    result = studies.played_totals()
    first, second = result["drivers"][:2]
    assert f"1. {first['path']}: knowing it removes" in flat(result)
    first["total"] = 0.0
    assert f"1. {second['path']}: knowing it removes" in flat(result)
    assert f"{first['path']}: knowing it removes" not in flat(result)
    # one that comes out below nothing by luck may do something
    first["total"] = -0.002
    assert f"1. {first['path']}: knowing it removes" in flat(result)


def test_a_weak_limit_is_told_as_weak() -> None:
    result = studies.drivers()
    assert "weak" not in flat(result).lower()
    assert result["box"] is not None
    result["box"]["limits"][1]["found_again"] = 0.35
    told = flat(result)
    assert "honoured share (pullback april) is up to 31 % and intent at the start is coerce or prepare (weak): " in told
    assert "in 35 of 100 resamples: weak" in told
    assert "Weak: fewer than half of the resamples limit it on this side" in told
    result["box"]["limits"][1]["found_again"] = 0.5
    assert "weak" not in flat(result).lower()


def test_correlated_ones_are_marked_and_named() -> None:
    result = studies.drivers()
    told = flat(result)
    assert "order size *" in told
    names = "order size, orders odds (build-up)."
    assert f"* Correlated, so that a part of what one does may be the others': {names}" in told
    assert "Their total is that of all." not in told
    assert f"{names} Their total is that of all." in flat(studies.played_totals())
    assert told.count("Correlated") == 1
    for driver in result["drivers"]:
        driver["together_with"] = []
    assert "*" not in text(result, 100)


def test_what_to_find_out_first() -> None:
    result = studies.drivers()
    first, second = result["drivers"][:2]
    first["source"], second["source"] = "F1.1 Burns.", None
    first["first"], second["first"] = 0.98, 0.0
    told = flat(result)
    assert "1. intent.start: knowing it removes" in told
    assert "(the largest gain in 98 % of resamples)" in told
    assert "Now a choice of restrain, coerce, prepare. Source: F1.1 Burns." in told
    assert "Burns.." not in told
    assert f"2. {second['path']}: knowing it removes" in told
    assert "of the uncertainty. Now logit-normal. No source is given." in told
    numbers = [line.split(".")[0].strip() for line in lines(result) if line[:3].strip().isdigit() and line[3] == "."]
    assert numbers == ["1", "2", "3", "4", "5"]


def test_each_month_has_its_own_ranking() -> None:
    result = studies.drivers()
    for driver in result["drivers"]:
        driver["months"][0]["above_noise"] = False
    order = next(driver for driver in result["drivers"] if driver["path"] == "assumptions.order_size")
    order["months"][1]["V"] = 1.0
    told = lines(result)
    months = {line.split("  ")[1]: line for line in told if line.startswith(("  Jul", "  Aug"))}
    assert months["Jul 2021"].endswith(" 4 %  nothing above the noise")
    assert "order size; intent at the start; " in months["Aug 2021"]


def test_the_box_in_one_sentence_and_its_tests() -> None:
    told = flat(studies.drivers())
    assert (
        "Crises concentrate where honoured share (pullback april) is up to 31 % and intent at the start is coerce or "
        "prepare: odds 61 % there against 34 % everywhere; 39 % of all crises in 22 % of worlds." in told
    )
    assert "looked for in one half of the worlds and measured in the other, has odds of 58 %." in told
    assert "Shuffled worlds hold one as telling with p = 0.01." in told
    assert "up to 31 % in 93 of 100 resamples" in told


def test_without_a_box_there_is_the_reason() -> None:
    told = flat(studies.alone())
    assert "No box: no box holds crises more densely than the same search finds in shuffled data." in told
    assert "Crises concentrate" not in told


def test_one_replay_is_said_to_tell_nothing_of_the_whole() -> None:
    result = studies.drivers()
    result["knowable"] = {"V": None, "V_se": None, "W": None}
    result["odds"]["belief_reason"] = "each world was played once"
    told = flat(result)
    assert "What knowing all assumptions would be worth cannot be told: each world was played once." in told
    assert "would remove" not in told
    result["design"]["replays"] = 1
    assert "total effects were not played (they need two replays of a world)." in flat(result)


def test_negative_v_is_no_gain() -> None:
    result = studies.drivers()
    result["knowable"]["V"] = -0.001
    assert "The spread between worlds cannot be told from luck" in flat(result)
    assert "would remove" not in flat(result)


def test_warnings_come_last_and_control_signs_are_dropped() -> None:
    result = studies.drivers()
    result["warnings"] = [{"code": "RUN1", "path": "a.b", "text": "3 of 9 runs\x1b[2J failed"}]
    result["scenario"]["title"] = "A\nforged\x1b[31m title"
    told = text(result, 100)
    assert told.endswith("\n\nWarning RUN1 a.b: 3 of 9 runs[2J failed\n")
    assert told.startswith("A forged[31m title\n")


# ------------------------------------------------------------------------------------------------ for programs


def test_every_number_is_in_the_table_with_all_its_digits() -> None:
    result = studies.played_totals()
    rows = [line.split("\t") for line in tsv(result).split("\n")]
    assert rows[0] == ["section", "path", "at", "value", "se"]
    assert rows[-1] == [""]
    assert all(len(row) == 5 for row in rows[:-1])
    found = {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows[1:-1]}
    assert len(found) == len(rows) - 2
    assert found["odds", "", ""] == (repr(result["odds"]["p"]), repr(result["odds"]["se"]))
    assert found["noise V", "", ""] == (repr(result["noise"]["V"]), "")
    for driver in result["drivers"]:
        path = driver["path"]
        assert found["gain V", path, ""] == (repr(driver["V"]), repr(driver["V_se"]))
        assert found["low", path, str(driver["low"]["at"])] == (repr(driver["low"]["p"]), repr(driver["low"]["se"]))
        assert found["total", path, ""][0] == repr(driver["total"])
        assert found["above noise", path, ""] == ("true" if driver["above_noise"] else "false", "")
    assert found["state", "intent.start", "coerce"][0] == "0.372"
    assert found["together with", GROUP[0], GROUP[1]] == ("", "")
    assert found["box high", "pullbacks.april.honoured_share", "0.31"] == ("0.0021", "")
    assert found["box state", "intent.start", "prepare"] == ("0.0021", "")
    assert found["month 2021-07 odds", "", ""][0] == repr(result["months"][0]["p"])


def test_table_without_a_box_and_without_totals() -> None:
    told = tsv(studies.alone())
    assert "box" not in told
    assert "\ntotal\t" not in told
