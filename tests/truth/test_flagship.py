"""The flagship says what its sources say where it must, and moves the right way where they differ.

Bounds are loose on purpose: numbers of the file may be argued about and changed without touching this test; a sign that
turns, or an outside view that no longer comes back, may not.
"""

from __future__ import annotations

from functools import cache
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from sim.estimates.odds import proportion
from sim.estimates.paired import PairedDifference, paired_difference
from sim.experiment.plan import Design
from sim.experiment.run import Rows, play_rows, world_values
from sim.records.outcomes import FINISHED, Bools
from sim.scenario.load import Scenario, load
from sim.scenario.write import to_yaml

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"
NEUTRAL = Design(600, 2, 1)
MODERATE = Design(400, 2, 1)
# The base rate is one of onsets between two ages of the quiet. The model spreads it over orders, which become onsets a
# lead time and a hold later or not at all (`reaching`), so it comes back within a point and a half, not exactly.
NEUTRAL_TOLERANCE = 0.015


@cache
def scenario(variant: str | None = None, *settings: str) -> Scenario:
    return load(FLAGSHIP, settings, variant).scenario


@cache
def played(variant: str | None = None, *settings: str, design: Design = MODERATE) -> Rows:
    runs = play_rows(scenario(variant, *settings), design)
    assert np.all(runs.outcomes.status == FINISHED)
    return runs


def hit(variant: str | None = None) -> Bools:
    return np.isfinite(played(variant).outcomes.first)


# ------------------------------------------------------------------------------------------------ the outside view


def gap_to_base_rate(*settings: str) -> tuple[float, float]:
    """Odds of a build-up in the window at neutral, less the base rate of each world; with the error by worlds."""
    runs = played("neutral", *settings, design=NEUTRAL)
    kind = scenario("neutral", *settings).program.kinds.index("build_up")
    began = np.isfinite(runs.outcomes.onset[:, kind]).reshape(NEUTRAL.worlds, NEUTRAL.replays)
    gaps = began.mean(axis=1) - runs.values["build_ups.main.orders.odds"]
    return float(gaps.mean()), float(gaps.std(ddof=1)) / sqrt(len(gaps))


def test_neutral_returns_the_outside_view() -> None:
    gap, se = gap_to_base_rate()
    assert se < 0.02
    assert abs(gap) < NEUTRAL_TOLERANCE + 3.0 * se


def test_orders_taken_for_onsets_miss_the_outside_view() -> None:
    """With `reaching` at 1 every order would count as an onset, and about half of the base rate would be lost."""
    gap, se = gap_to_base_rate("build_ups.main.reaching=1")
    assert gap < -(NEUTRAL_TOLERANCE + 3.0 * se)


def test_neutral_asks_the_question_of_the_base_rate() -> None:
    """The ages of the base rate, counted from the announcement, are the window."""
    program, values = scenario("neutral").program, scenario("neutral").values
    first, last = (values[f"build_ups.main.orders.between.{place}"].fixed for place in (0, 1))
    assert first == program.opens
    assert last == pytest.approx(program.closes, abs=1.0)


# ------------------------------------------------------------------------------------------------ counterfactuals


def effect(variant: str) -> PairedDifference:
    """What a variant adds to the odds, run by run against the same luck."""
    return paired_difference(hit(variant), hit(), played().outcomes.world)


def test_an_honest_full_pullback_lowers_the_odds_most() -> None:
    honest = effect("honest_full_pullback")
    assert honest.interval[1] < 0.0
    others = ("equipment_taken_home", "no_zapad", "no_sanctions", "summit_fails")
    assert all(honest.difference < effect(other).difference for other in others)


def test_equipment_taken_home_lowers_the_odds() -> None:
    assert effect("equipment_taken_home").interval[1] < 0.0


def test_sanctions_act_weakly() -> None:
    assert abs(effect("no_sanctions").difference) < abs(effect("honest_full_pullback").difference) / 2.0


def test_without_zapad_the_odds_are_no_higher() -> None:
    assert effect("no_zapad").difference <= 0.0
    assert effect("no_zapad").flips_up < effect("no_zapad").flips_down


def test_a_failed_summit_makes_the_odds_no_lower() -> None:
    assert effect("summit_fails").difference >= 0.0


def test_the_same_luck_sharpens_differences() -> None:
    """Two independent sets of runs would have an error at least a quarter larger."""
    world = played().outcomes.world
    for variant in ("honest_full_pullback", "no_zapad"):
        apart = [proportion(hits, world).se or 0.0 for hits in (hit(variant), hit())]
        assert (effect(variant).se or 1.0) < sqrt(apart[0] ** 2 + apart[1] ** 2) / 1.25


# ------------------------------------------------------------------------------------------------ ignorance


def test_intent_orders_the_odds() -> None:
    states = scenario().values["intent.start"].states
    start, world = played().values["intent.start"], played().outcomes.world
    odds = {}
    for place, state in enumerate(states):
        here = start[world] == place
        odds[state] = proportion(hit()[here], world[here]).p
    assert odds["restrain"] < odds["coerce"] < odds["prepare"]


# ------------------------------------------------------------------------------------------------ what it cannot see


def test_evidence_and_resolution_are_not_in_the_program(tmp_path: Path) -> None:
    resolved = scenario().resolved
    assert {"evidence", "resolution"} <= set(resolved)
    copy = tmp_path / FLAGSHIP.name
    copy.write_text(
        to_yaml({key: block for key, block in resolved.items() if key not in ("evidence", "resolution")}),
        encoding="utf-8",
    )
    blind = load(copy).scenario
    assert blind.program.digest() == scenario().program.digest()
    _, numbers = world_values(blind, 1, np.arange(5))
    np.testing.assert_array_equal(numbers, world_values(scenario(), 1, np.arange(5))[1])


def test_the_digest_sees_a_change_of_the_world() -> None:
    assert scenario("no_zapad").program.digest() != scenario().program.digest()
