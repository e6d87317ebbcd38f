"""Events say the rule language itself; quantities stay where they are put, tensions relax."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.world.playing import play, relaxed

STORES = "quantities: {grain: {start: 10, floor: 2, ceiling: 30}, closed: {start: 0, flag: true}}\n"


def test_changes_of_a_quantity_stay_between_its_ends(tmp_path: Path) -> None:
    events = """\
events:
  a: {at: 2021-01-11, do: [{add: quantities.grain, by: 5}]}
  b: {at: 2021-01-21, do: [{scale: quantities.grain, by: 1.5}]}
  c: {at: 2021-01-31, do: [{add: quantities.grain, by: 100}]}
  d: {at: 2021-02-10, do: [{set: quantities.grain, by: 0}]}
"""
    run = play(tmp_path, STORES + events, 0.0, 10.0, 20.0, 30.0, 40.0)
    assert [run.at("quantities.grain", day) for day in (0.0, 10.0, 20.0, 30.0, 40.0)] == [10, 15, 22.5, 30, 2]


def test_a_tension_relaxes_between_jumps_and_stops_at_its_cap(tmp_path: Path) -> None:
    text = """\
tension: {start: 5, baseline: 1, half_life: 20, cap: 6}
tensions: {rumours: {start: 0, baseline: 0, half_life: 4}}
events: {jump: {at: 2021-02-10, do: [{add: tension, by: 9}, {add: tensions.rumours, by: 3}]}}
"""
    run = play(tmp_path, text, 20.0, 39.9, 40.0, 44.0)
    assert run.at("tension", 20.0) == pytest.approx(3.0)
    assert run.at("tension", 39.9) == pytest.approx(relaxed(5.0, 1.0, 20.0, 39.9))
    assert run.at("tension", 40.0) == 6.0
    assert run.at("tensions.rumours", 44.0) == pytest.approx(1.5)


def test_amounts_by_local_and_by_quantity(tmp_path: Path) -> None:
    events = """\
events:
  a:
    at: 2021-01-11
    let: {much: {each: {choice: {4: 1}}}}
    do:
      - {add: quantities.grain, by: -1, local: much}
      - {add: tension, per: 0.1, of: quantities.grain}
      - {set: quantities.closed, by: 1, if: much >= 4}
      - {add: tension, by: 50, if: much >= 4.1}
"""
    tension = "tension: {start: 1, baseline: 1, half_life: 20}\n"
    run = play(tmp_path, STORES + tension + events, 10.0)
    assert run.at("quantities.grain", 10.0) == 6.0
    # amounts are evaluated on the state before the effects: 0.1 x 10, not 0.1 x 6
    assert run.at("tension", 10.0) == pytest.approx(2.0)
    assert run.at("quantities.closed", 10.0) == 1.0


def test_events_set_off_events_once_or_in_steps(tmp_path: Path) -> None:
    events = """\
events:
  a: {at: 2021-01-11, do: [{arm: events.b, after: 5}, {arm: events.c, after: 2, times: 4, over: 8, by: 3}]}
  b: {armed: true, do: [{note: once}]}
  c: {armed: true, do: [{note: a step}]}
"""
    run = play(tmp_path, events)
    assert run.fired("events.b") == [15.0]
    assert run.fired("events.c") == [14.0, 16.0, 18.0, 20.0]
    rank = run.scenario.program.rules.index("events.c")
    assert [due.load for due in run.story.dues if due.rank == rank] == [3.0] * 4


def test_disarming_takes_back_what_is_pending(tmp_path: Path) -> None:
    events = """\
events:
  a: {at: 2021-01-11, do: [{arm: events.c, times: 4, over: 8}]}
  stop: {at: 2021-01-16, do: [{disarm: events.c}]}
  c: {armed: true}
"""
    assert play(tmp_path, events).fired("events.c") == [12.0, 14.0]


def test_guard_chance_and_else(tmp_path: Path) -> None:
    events = """\
events:
  never: {at: 2021-01-11, chance: 0, do: [{add: quantities.grain, by: 1}], else: [{add: quantities.grain, by: 7}]}
  barred: {at: 2021-01-21, guard: [quantities.closed is on], do: [{add: quantities.grain, by: 1}]}
  open:
    at: 2021-01-31
    guard: [quantities.closed is off, quantities.grain >= 17]
    do: [{add: quantities.grain, by: 1}]
"""
    run = play(tmp_path, STORES + events, 10.0, 20.0, 30.0)
    assert [run.at("quantities.grain", day) for day in (10.0, 20.0, 30.0)] == [17, 17, 18]


def test_a_watch_holds_and_fires_once(tmp_path: Path) -> None:
    events = """\
events:
  hunger: {watch: [quantities.grain <= 5], hold: 6, do: [{note: hunger}]}
  eat: {at: 2021-01-11, do: [{set: quantities.grain, by: 5}]}
  more: {at: 2021-01-13, do: [{set: quantities.grain, by: 4}]}
"""
    assert play(tmp_path, STORES + events).fired("events.hunger") == [16.0]


def test_a_rate_reads_tensions_and_conditions(tmp_path: Path) -> None:
    tensions = (
        "tension: {start: 2, baseline: 2, half_life: 9}\ntensions: {rumours: {start: 1, baseline: 1, half_life: 9}}\n"
    )
    alone = play(tmp_path, "events: {a: {rate: {per_day: 0.02}, do: [{note: a}]}}\n").fired("events.a")[0]
    text = "events: {a: {rate: {per_day: 0.02}, per_tension: 0.5, per: {rumours: 2}, do: [{note: a}]}}\n"
    fed = play(tmp_path, tensions + text).fired("events.a")[0]
    # 1 + 0.5 x 2 + 2 x 1
    assert fed == pytest.approx(alone / 4.0, rel=1e-9)


def test_quantities_multiply_per_unit_above_their_reference(tmp_path: Path) -> None:
    crisis = "crises: {never: {rate: {per_day: 0.02}, lasts: 1}}\n"
    text = "quantities: {alert: {start: 3, reference: 1, crises: {never: 0.5}}}\n"
    alone = play(tmp_path, crisis).onset("never")
    slowed = play(tmp_path, crisis.replace("0.02", "0.08") + text).onset("never")
    assert slowed == pytest.approx(alone, rel=1e-12)


def test_events_begin_and_end_kinds(tmp_path: Path) -> None:
    text = """\
crises: {never: {rate: {per_day: 0}, lasts: 1}}
events:
  a: {at: 2021-01-11, do: [{begin: never}]}
  b: {at: 2021-01-21, do: [{end: never}]}
  c: {at: 2021-01-31, do: [{begin: never}]}
"""
    run = play(tmp_path, text)
    assert run.onset("never") == 10.0


def test_an_event_marks_a_low_anew(tmp_path: Path) -> None:
    text = """\
forces: {south: {side: east, garrison: 10000}}
crises: {never: {rise: 4000, of: east, hold: 7, lasts: until fallen}}
events:
  a: {at: 2021-01-11, do: [{add: forces.south.troops, by: 3000}, {reset: crises.never.low}]}
  b: {at: 2021-01-21, do: [{add: forces.south.troops, by: 3000}]}
"""
    run = play(tmp_path, text, 10.0, 20.0)
    assert run.at("crises.never.low", 10.0) == 13000.0
    assert run.at("crises.never.rise", 20.0) == 3000.0
    assert run.onset("never") == math.inf
