"""Scenarios side by side: what the record says beyond the gaps, and its warnings."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sim.analysis.compare import Compared, compare
from sim.analysis.forecast import forecast
from sim.experiment.plan import Design
from sim.experiment.run import Played
from sim.experiment.together import play_together
from sim.records.comparison import Comparison
from sim.scenario.load import Case, load

ROOT = Path(__file__).parents[2] / "scenarios"
FLAGSHIP = ROOT / "spring-2021.yaml"
HAZARD = ROOT / "teaching" / "one_hazard.yaml"


def compared(base: Case, other: Case, design: Design) -> Comparison:
    together = play_together([base.scenario, other.scenario], design, 1)
    entries = []
    for name, case, tally in zip("ab", (base, other), together.tallies, strict=True):
        result = forecast(case, Played(tally, together.worlds, "design", None), design)
        entries.append(Compared(name, "", name, case.scenario, result))
    return compare(entries, together, design)


def flagship(*settings: str) -> Case:
    return load(FLAGSHIP, settings)


def test_small_change_is_known_ten_times_better_than_with_luck_of_its_own() -> None:
    """The gain of common random numbers, measured twice: as the record says, and by playing with other seeds."""
    changed = "sanctions.bond_ban.pressure=0.4"
    made = compared(flagship(), flagship(changed), Design(2048, 4, 1))
    (difference,) = made["differences"]
    assert difference["variance_ratio"] is not None
    assert difference["variance_ratio"] > 10.0
    gaps, apart = [], []
    for seed in range(1, 13):
        design = Design(128, 4, seed)
        one = compared(flagship(), flagship(changed), design)
        gaps.append(one["differences"][0]["difference"])
        other = compared(flagship(), flagship(changed), Design(128, 4, 1000 + seed))
        apart.append(other["scenarios"][1]["odds"]["p"] - one["scenarios"][0]["odds"]["p"])
    ratio = sum(x * x for x in apart) / sum((x - difference["difference"]) ** 2 for x in gaps)
    # the ratio of two variances over 12 seeds each is right within a factor of four, nearly always
    assert ratio > difference["variance_ratio"] / 4


def test_where_nothing_flips_no_ratio_is_told() -> None:
    made = compared(flagship(), flagship(), Design(64, 2, 1))
    assert made["differences"][0]["variance_ratio"] is None
    assert made["differences"][0]["se"] is None
    assert made["warnings"] == []


@pytest.mark.parametrize(
    ("settings", "codes", "text"),
    [
        (
            ["question.closes=2021-10-31"],
            ["CMP1"],
            "b asks about other dates than a: months and dates are not compared",
        ),
        (
            ["question.kinds=[build_up]"],
            ["CMP2"],
            "b counts other kinds than a: the difference is also one of definition",
        ),
        (
            ["clock.starts=2021-04-21"],
            ["CMP3"],
            "b starts its clock on another day than a: luck is shared by day of the",
        ),
    ],
)
def test_what_makes_a_difference_hard_to_read_is_told(settings: list[str], codes: list[str], text: str) -> None:
    made = compared(flagship(), flagship(*settings), Design(32, 2, 1))
    assert [warning["code"] for warning in made["warnings"]] == codes
    assert made["warnings"][0]["text"].startswith(text)
    assert (made["differences"][0]["months"] == []) == (codes == ["CMP1"])


def test_scenarios_that_share_nothing_can_be_compared() -> None:
    made = compared(flagship(), load(HAZARD), Design(64, 2, 1))
    assert made["differences"][0]["kinds"] == {}
    assert made["differences"][0]["months"] == []
    assert [warning["code"] for warning in made["warnings"]] == ["CMP1", "CMP2", "CMP3"]


def test_constant_hazards_differ_as_their_formulas_do() -> None:
    """P = 1 − exp(−λT): with the same Exp(1) a higher rate can only bring the onset forward."""
    rates = 0.003, 0.004
    cases = [load(HAZARD, [f"crises.{kind}.rate={{per_day: {rate}}}"]) for rate in rates for kind in _kinds()]
    made = compared(*cases, Design(8192, 1, 1))
    days = cases[0].scenario.world.closes - cases[0].scenario.world.opens
    expected = math.exp(-rates[0] * days) - math.exp(-rates[1] * days)
    (difference,) = made["differences"]
    assert difference["se"] is not None
    assert abs(difference["difference"] - expected) < 4 * difference["se"]
    assert abs(difference["difference"] - 1.25 * expected) > 4 * difference["se"], "the control: a wrong formula"
    assert difference["flips"]["to_calm"] == 0


def _kinds() -> list[str]:
    return list(load(HAZARD).scenario.program.kinds)


def test_too_few_worlds_are_told() -> None:
    assert [w["code"] for w in compared(flagship(), flagship(), Design(20, 1, 1))["warnings"]] == []
    (warning,) = compared(flagship(), flagship(), Design(1, 4, 1))["warnings"]
    assert warning["code"] == "CMP4"
    assert warning["text"] == "1 world can hardly tell what the assumptions do: play at least 20"
