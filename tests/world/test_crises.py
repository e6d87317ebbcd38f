"""Crises begin when their definition is met, last as long as they say, and count once."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest

from tests.world.playing import play, relaxed

FORCES = "forces: {south: {side: east, garrison: 10000}}\n"


def _moves(*moves: tuple[str, int]) -> str:
    """Troops added on dates."""
    lines = [
        f"  move_{place}: {{at: {date}, do: [{{add: forces.south.troops, by: {troops}}}]}}\n"
        for place, (date, troops) in enumerate(moves)
    ]
    return "events:\n" + "".join(lines)


RISE = "crises: {never: {rise: 4000, of: east, hold: 7, lasts: until fallen}}\n"


def test_a_rise_must_hold(tmp_path: Path) -> None:
    run = play(tmp_path, FORCES + RISE + _moves(("2021-02-10", 4000)), 46.9, 47.0)
    assert run.onset("never") == 47.0
    assert [run.at("crises.never.on", day) for day in (46.9, 47.0)] == [0.0, 1.0]


def test_a_rise_that_is_a_man_short_is_none(tmp_path: Path) -> None:
    assert play(tmp_path, FORCES + RISE + _moves(("2021-02-10", 3999))).onset("never") == math.inf


def test_a_rise_that_breaks_off_is_none(tmp_path: Path) -> None:
    moves = _moves(("2021-02-10", 4000), ("2021-02-16", -1000), ("2021-02-18", 1000))
    run = play(tmp_path, FORCES + RISE + moves)
    # six days, a break of two, and then seven days on end
    assert run.onset("never") == 48.0 + 7.0


def test_a_rise_is_counted_from_the_low(tmp_path: Path) -> None:
    moves = _moves(("2021-02-10", -3000), ("2021-03-10", 2000), ("2021-04-10", 2000))
    run = play(tmp_path, FORCES + RISE + moves, 50.0, 100.0)
    assert run.at("crises.never.low", 50.0) == 7000.0
    assert run.at("crises.never.rise", 100.0) == 4000.0
    assert run.onset("never") == 99.0 + 7.0


def test_until_fallen_is_half_the_rise_unless_said(tmp_path: Path) -> None:
    moves = _moves(("2021-02-10", 4000), ("2021-03-10", -1999), ("2021-03-20", -1))
    run = play(tmp_path, FORCES + RISE + moves, 77.9, 78.0)
    assert [run.at("crises.never.on", day) for day in (77.9, 78.0)] == [1.0, 0.0]
    early = RISE.replace("until fallen", "until fallen, fallen_to: 0.9")
    assert play(tmp_path, FORCES + early + moves).fired("crises.never.over") == [68.0]


def test_a_second_crisis_is_counted_from_where_the_first_one_ended(tmp_path: Path) -> None:
    moves = _moves(("2021-02-10", 6000), ("2021-03-10", -4000), ("2021-04-10", 3999), ("2021-05-10", 1))
    run = play(tmp_path, FORCES + RISE + moves, 68.0, 130.0)
    assert run.fired("crises.never.over") == [68.0]
    # the low is 12 000 now, not 10 000
    assert run.at("crises.never.low", 68.0) == 12000.0
    assert run.fired("crises.never.begun") == [47.0, 129.0 + 7.0]


def test_a_level_is_counted_from_nothing(tmp_path: Path) -> None:
    level = "crises: {never: {level: 13000, of: east, hold: 2, lasts: until fallen}}\n"
    moves = _moves(("2021-02-10", 3000), ("2021-03-10", -6499), ("2021-03-20", -1))
    run = play(tmp_path, FORCES + level + moves)
    assert run.onset("never") == 42.0
    assert run.fired("crises.never.over") == [78.0]


def test_what_is_already_so_when_the_clock_starts_is_no_onset(tmp_path: Path) -> None:
    level = "crises: {never: {level: 9000, of: east, hold: 2, lasts: until fallen}}\n"
    moves = _moves(("2021-03-10", -6000), ("2021-04-10", 6000))
    run = play(tmp_path, FORCES + level + moves)
    assert run.fired("crises.never.begun") == [99.0 + 2.0]


def test_a_watched_crisis_ends_when_its_first_condition_breaks(tmp_path: Path) -> None:
    text = """\
quantities: {alert: {start: 1}, blockade: {start: 0, flag: true}}
crises: {never: {watch: [quantities.alert >= 3, quantities.blockade is on], hold: 5, lasts: until fallen}}
events:
  close: {at: 2021-02-10, do: [{set: quantities.blockade, by: 1}]}
  raise: {at: 2021-02-20, do: [{set: quantities.alert, by: 3}]}
  open: {at: 2021-03-10, do: [{set: quantities.blockade, by: 0}]}
  lower: {at: 2021-04-10, do: [{set: quantities.alert, by: 2.9}]}
"""
    run = play(tmp_path, text)
    # it begins at exactly 3 and goes on at exactly 3, although the second condition breaks
    assert run.onset("never") == 50.0 + 5.0
    assert run.fired("crises.never.over") == [99.0]


def test_a_watched_crisis_may_end_later_than_it_began(tmp_path: Path) -> None:
    text = """\
quantities: {alert: {start: 1}}
crises: {never: {watch: [quantities.alert >= 4], lasts: until fallen, fallen_to: 0.5}}
events:
  raise: {at: 2021-02-20, do: [{set: quantities.alert, by: 4}]}
  lower: {at: 2021-03-10, do: [{set: quantities.alert, by: 2.1}]}
  more: {at: 2021-04-10, do: [{set: quantities.alert, by: 1.9}]}
"""
    run = play(tmp_path, text)
    assert run.onset("never") == 50.0
    assert run.fired("crises.never.over") == [99.0]


SHOT = "events: {shot: {at: 2021-02-10, do: [{note: a shot}]}}\n"


def test_a_crisis_that_waits_for_something(tmp_path: Path) -> None:
    crisis = "crises: {never: {when: events.shot, delay: 2, lasts: 10, tension: plus 1}}\n"
    tension = "tension: {start: 2, baseline: 2, half_life: 30}\n"
    run = play(tmp_path, tension + crisis + SHOT, 41.9, 42.0, 51.9, 52.0)
    assert run.onset("never") == 42.0
    assert [run.at("crises.never.on", day) for day in (41.9, 42.0, 51.9, 52.0)] == [0, 1, 1, 0]
    assert run.at("tension", 42.0) == 3.0
    assert run.at("tension", 52.0) == pytest.approx(relaxed(3.0, 2.0, 30.0, 10.0))


def test_a_crisis_that_never_comes_about(tmp_path: Path) -> None:
    crisis = "crises: {never: {when: events.shot, chance: 0, lasts: 10}}\n"
    assert play(tmp_path, crisis + SHOT).onset("never") == math.inf


def test_a_crisis_does_not_begin_while_it_is_on(tmp_path: Path) -> None:
    crisis = "crises: {never: {rate: {per_day: 2}, lasts: 100}}\n"
    run = play(tmp_path, crisis)
    begun = run.fired("crises.never.begun")
    assert len(begun) == 4
    assert all(later - earlier >= 100.0 for earlier, later in pairwise(begun))


def test_a_rate_that_depends_on_intent_and_tension(tmp_path: Path) -> None:
    intent = "intent: {states: [coerce, prepare], start: prepare}\n"
    tension = "tension: {start: 3, baseline: 3, half_life: 30}\n"
    plain = "crises: {never: {rate: {per_day: 0.02}, lasts: 1}}\n"
    fed_by = "per_tension: 0.5, tension_reference: 1"
    only = f"crises: {{never: {{rate: {{per_day: 0.02}}, only: {{intent: STATE}}, {fed_by}, lasts: 1}}}}\n"
    alone = play(tmp_path, plain).onset("never")
    fed = play(tmp_path, intent + tension + only.replace("STATE", "prepare")).onset("never")
    assert fed == pytest.approx(alone * (1 + 0.5 * 1) / (1 + 0.5 * 3), rel=1e-9)
    assert play(tmp_path, intent + tension + only.replace("STATE", "coerce")).onset("never") == math.inf


def test_a_passive_kind_is_recorded_and_nothing_more(tmp_path: Path) -> None:
    both = "crises: {never: {rate: {per_day: 0}, lasts: 1}, crowd: {level: 12000, of: east, hold: 1, passive: true}}\n"
    run = play(tmp_path, FORCES + both + _moves(("2021-02-10", 3000)))
    assert run.onset("crowd") == 41.0
    assert run.result.first == math.inf
    hooks = [hook.name for hook in run.scenario.brings.hooks]
    assert "crises.never.begun" in hooks
    assert "crises.crowd.begun" not in hooks


def test_a_crisis_that_runs_at_the_start_is_no_onset_until_it_has_ended(tmp_path: Path) -> None:
    level = "crises: {never: {level: 9000, of: east, hold: 2, lasts: until fallen, running: true}}\n"
    moves = _moves(("2021-03-10", -6000), ("2021-04-10", 6000))
    run = play(tmp_path, FORCES + level + moves, 0.0, 67.9, 68.0)
    assert [run.at("crises.never.on", day) for day in (0.0, 67.9, 68.0)] == [1.0, 1.0, 0.0]
    assert run.fired("crises.never.begun") == [101.0]
    assert run.onset("never") == 101.0


def test_a_crisis_that_runs_at_the_start_ends_after_its_days(tmp_path: Path) -> None:
    crisis = "crises: {never: {when: events.shot, lasts: 20, running: true}}\n"
    run = play(tmp_path, crisis + SHOT, 0.0, 19.9, 20.0, 40.0, 59.9, 60.0)
    assert [run.at("crises.never.on", day) for day in (0.0, 19.9, 20.0, 40.0, 59.9, 60.0)] == [1, 1, 0, 1, 1, 0]
    assert run.onset("never") == 40.0


def test_running_and_new_crises_have_lengths_of_their_own(tmp_path: Path) -> None:
    crisis = "crises: {never: {when: events.shot, lasts: each 5 to 40, running: true}}\n"
    first, second = play(tmp_path, crisis + SHOT).fired("crises.never.over")
    assert first < 40.0
    assert second - 40.0 != pytest.approx(first)


def test_others_can_wait_for_its_beginning_and_its_end(tmp_path: Path) -> None:
    text = """\
crises: {never: {when: events.shot, lasts: 10}}
events:
  shot: {at: 2021-02-10, do: [{note: a shot}]}
  alarm: {when: never, do: [{note: alarm}]}
  alarm_too: {when: crises.never.begun, delay: 1, do: [{note: alarm}]}
  relief: {when: crises.never.over, do: [{note: relief}]}
"""
    run = play(tmp_path, text)
    assert [run.fired(f"events.{name}") for name in ("alarm", "alarm_too", "relief")] == [[40.0], [41.0], [50.0]]
