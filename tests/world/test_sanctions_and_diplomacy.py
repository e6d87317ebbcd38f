"""Sanctions add up to a pressure that is eased at reviews; talks are held or not and succeed or not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.world.playing import play, relaxed

TENSION = "tension: {start: 4, baseline: 4, half_life: 30}\n"
CRISIS = "crises: {never: {when: events.shot, lasts: 5}}\nevents: {shot: {at: 2021-02-10, do: [{note: a shot}]}}\n"
ORDERS = """\
forces: {north: {side: east}}
build_ups:
  main:
    side: east
    orders: {per_day: 0.02}
    to: {north: 1}
    size: 1000
    lead_time: {equipped: 5, unequipped: 5}
    arrives_over: 1
    stays: 400
"""


def test_pressure_adds_up(tmp_path: Path) -> None:
    sanctions = """\
sanctions:
  old: {imposed: 2020-11-01, pressure: 1}
  older: {imposed: 2020-10-01, pressure: 0.5}
  new: {imposed: 2021-01-31, pressure: 0.25, tension: plus 0.5}
"""
    run = play(tmp_path, TENSION + sanctions, 0.0, 29.9, 30.0, 40.0)
    assert [run.at("pressure", day) for day in (0.0, 29.9, 30.0)] == [1.5, 1.5, 1.75]
    assert run.at("tension", 29.9) == 4.0
    assert run.at("tension", 40.0) == pytest.approx(relaxed(4.5, 4.0, 30.0, 10.0))


def test_sanctions_react_after_their_delay(tmp_path: Path) -> None:
    react = "sanctions: {more: {when: never, delay: 12, pressure: 2}, none: {when: never, chance: 0, pressure: 9}}\n"
    run = play(tmp_path, CRISIS + react, 51.9, 52.0)
    assert run.onset("never") == 40.0
    assert [run.at("pressure", day) for day in (51.9, 52.0)] == [0.0, 2.0]


def test_sanctions_come_at_a_rate(tmp_path: Path) -> None:
    run = play(tmp_path, "sanctions: {drift: {rate: {per_day: 0.05}, pressure: 0.5}}\n", 300.0)
    times = [time for time in run.fired("sanctions.drift.imposed") if time <= 300.0]
    assert len(times) > 3
    assert run.at("pressure", 300.0) == 0.5 * len(times)


def test_easing_comes_at_reviews_and_not_below_nothing(tmp_path: Path) -> None:
    ease = """\
sanctions:
  old: {imposed: 2020-12-01, pressure: 0.8}
  easing: {reviews: [2021-01-31, 2021-03-02, 2021-04-01], chance: 1, pressure: -0.5}
"""
    run = play(tmp_path, ease, 29.0, 30.0, 60.0, 90.0)
    assert [run.at("pressure", day) for day in (29.0, 30.0, 60.0, 90.0)] == pytest.approx([0.8, 0.3, 0.0, 0.0])
    assert run.fired("sanctions.easing.review_1") == [30.0]


def test_easing_that_never_comes(tmp_path: Path) -> None:
    ease = """\
sanctions:
  old: {imposed: 2020-12-01, pressure: 0.8}
  easing: {reviews: [2021-01-31], chance: 0, pressure: -0.5}
"""
    assert play(tmp_path, ease, 200.0).at("pressure", 200.0) == 0.8


@pytest.mark.parametrize(
    ("effect", "factor"), [("orders_per_pressure: 0.5", 0.25), ("orders_per_pressure: 0.5, reference: 1", 0.5)]
)
def test_pressure_slows_orders_by_a_power(tmp_path: Path, effect: str, factor: float) -> None:
    sanctions = f"sanctions: {{old: {{imposed: 2020-12-01, pressure: 2}}}}\nsanctions_effect: {{{effect}}}\n"
    alone = play(tmp_path, ORDERS).fired("build_ups.main.ordered")[0]
    slowed = play(tmp_path, ORDERS.replace("0.02", "0.4") + sanctions).fired("build_ups.main.ordered")[0]
    # 0.4 instead of 0.02, times 0.5 for each unit of pressure above the reference
    assert slowed == pytest.approx(alone * 0.02 / (0.4 * factor), rel=1e-12)


SUMMIT = "diplomacy: {{summit: {{date: 2021-02-10, {says}, tension: times 0.5, failure: plus 1}}}}\n"


def test_a_summit_that_succeeds(tmp_path: Path) -> None:
    run = play(tmp_path, TENSION + SUMMIT.format(says="held: 1, success: 1"), 39.9, 40.0)
    assert [run.at("tension", day) for day in (39.9, 40.0)] == [4.0, 2.0]
    assert run.at("diplomacy.summit.succeeded", 40.0) == 1.0


def test_a_summit_that_fails(tmp_path: Path) -> None:
    run = play(tmp_path, TENSION + SUMMIT.format(says="success: 0"), 39.9, 40.0)
    assert [run.at("tension", day) for day in (39.9, 40.0)] == [4.0, 5.0]
    assert run.at("diplomacy.summit.succeeded", 40.0) == 0.0


def test_a_summit_that_is_not_held(tmp_path: Path) -> None:
    run = play(tmp_path, TENSION + SUMMIT.format(says="held: 0, success: 1"), 60.0)
    assert run.at("tension", 60.0) == 4.0
    assert run.fired("diplomacy.summit.ends") == []


INTENT = "intent: {states: [restrain, coerce, prepare], start: coerce}\n"
SOFTENS = "diplomacy: {{summit: {{date: 2021-02-10, success: {chance}, softens: {{to: restrain, chance: 1{of}}}}}}}\n"


@pytest.mark.parametrize(
    ("chance", "of", "after"),
    [("1", "", "restrain"), ("1", ", of: coerce", "restrain"), ("1", ", of: prepare", "coerce"), ("0", "", "coerce")],
)
def test_a_success_may_soften_intent(tmp_path: Path, chance: str, of: str, after: str) -> None:
    run = play(tmp_path, INTENT + SOFTENS.format(chance=chance, of=of), 39.9, 40.0)
    assert run.at("intent.coerce", 39.9) == 1.0
    states = {state: run.at(f"intent.{state}", 40.0) for state in ("restrain", "coerce", "prepare")}
    assert states == {state: float(state == after) for state in states}


def test_a_success_multiplies_rates_from_then_on(tmp_path: Path) -> None:
    crisis = "crises: {never: {rate: {per_day: 0.02}, lasts: 1}}\n"
    talks = "diplomacy: {summit: {date: 2021-01-01, success: 1, crises: {never: 0.25}}}\n"
    alone, eased = play(tmp_path, crisis), play(tmp_path, crisis.replace("0.02", "0.08") + talks)
    assert eased.onset("never") == pytest.approx(alone.onset("never"), rel=1e-12)


def test_talks_react_and_come_at_a_rate(tmp_path: Path) -> None:
    talks = """\
diplomacy:
  call: {when: never, delay: 3, success: 1}
  group: {rate: {count: 3, within: 30}, success: 1}
"""
    run = play(tmp_path, CRISIS + talks)
    assert run.fired("diplomacy.call.held") == [43.0]
    # 0.1 a day: the expected number in a year is 36.5
    assert abs(len(run.fired("diplomacy.group.held")) - 36.5) < 4.0 * math.sqrt(36.5)
