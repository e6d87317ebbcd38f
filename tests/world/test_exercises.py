"""Exercises: cover before, during and after; troops brought, left behind and taken home; held, cancelled, under way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world.playing import Play, play, relaxed

FORCES = "forces: {north: {side: east, garrison: 1000, heavy_share: 0.8}}\n"
TENSION = "tension: {start: 2, baseline: 2, half_life: 40}\n"
ZENITH = """\
exercises:
  zenith:
    side: east
    starts: 2021-01-21
    lasts: 10
    orders: 2
    cover_before: 5
    cover_after: 3
    tension: plus 0.5
    brings: {to: north, troops: 6000, stays_share: 0.25}
    takes_home: {of: north, chance: 1, heavy: times 0.5}
"""
WATCHERS = """\
events:
  seen_coming: {when: exercises.zenith.begins, do: [{note: it begins}]}
  seen_going: {when: exercises.zenith.ends, do: [{note: it ends}]}
"""


def _on(run: Play, flag: str, *days: float) -> list[float]:
    return [run.at(f"exercises.zenith.{flag}", day) for day in days]


def test_cover_is_wider_than_the_exercise(tmp_path: Path) -> None:
    days = (14.9, 15.0, 19.9, 20.0, 29.9, 30.0, 32.9, 33.0)
    run = play(tmp_path, FORCES + TENSION + ZENITH, *days)
    assert _on(run, "on", *days) == [0, 0, 0, 1, 1, 0, 0, 0]
    assert _on(run, "cover", *days) == [0, 1, 1, 1, 1, 1, 1, 0]


def test_troops_come_and_a_share_of_them_stays(tmp_path: Path) -> None:
    run = play(tmp_path, FORCES + TENSION + ZENITH, 19.9, 20.0, 29.9, 30.0, 200.0)
    troops = [run.at("forces.north.troops", day) for day in (19.9, 20.0, 29.9, 30.0, 200.0)]
    assert troops == pytest.approx([1000, 7000, 7000, 2500, 2500])
    # the exercise is over on day 30; then the equipment goes home too: half of it
    assert run.at("forces.north.heavy", 29.9) == 0.8
    assert run.at("forces.north.heavy", 30.0) == pytest.approx(0.4)
    assert run.at("tension", 20.0) == pytest.approx(2.5)
    assert run.at("tension", 30.0) == pytest.approx(relaxed(2.5, 2.0, 40.0, 10.0))


def test_equipment_stays_where_the_chance_fails(tmp_path: Path) -> None:
    run = play(tmp_path, FORCES + TENSION + ZENITH.replace("chance: 1", "chance: 0"), 60.0)
    assert run.at("forces.north.heavy", 60.0) == 0.8


def test_a_cancelled_exercise_does_nothing_at_all(tmp_path: Path) -> None:
    cancelled = ZENITH.replace("    lasts: 10", "    lasts: 10\n    held: 0")
    days = (15.0, 20.0, 25.0, 33.0)
    run = play(tmp_path, FORCES + TENSION + cancelled + WATCHERS, *days)
    assert _on(run, "cover", *days) == [0, 0, 0, 0]
    assert [run.at("forces.north.troops", day) for day in days] == [1000.0] * 4
    assert run.at("tension", 25.0) == 2.0
    assert run.fired("events.seen_coming") == []


def test_others_can_wait_for_its_beginning_and_its_end(tmp_path: Path) -> None:
    run = play(tmp_path, FORCES + TENSION + ZENITH + WATCHERS)
    assert run.fired("events.seen_coming") == [20.0]
    assert run.fired("events.seen_going") == [30.0]


def test_cover_does_not_begin_before_the_clock(tmp_path: Path) -> None:
    early = ZENITH.replace("2021-01-21", "2021-01-04")
    run = play(tmp_path, FORCES + TENSION + early, 0.0, 2.9, 3.0)
    assert _on(run, "cover", 0.0, 2.9, 3.0) == [1, 1, 1]
    assert _on(run, "on", 0.0, 2.9, 3.0) == [0, 0, 1]


def test_an_exercise_under_way_ends_when_it_must(tmp_path: Path) -> None:
    under_way = ZENITH.replace("2021-01-21", "2020-12-28")
    days = (0.0, 5.9, 6.0, 8.9, 9.0)
    run = play(tmp_path, FORCES + TENSION + under_way, *days)
    # four of ten days are over, and the troops that it brought are among those that the file describes
    assert _on(run, "on", *days) == [1, 1, 0, 0, 0]
    assert _on(run, "cover", *days) == [1, 1, 1, 1, 0]
    assert [run.at("forces.north.troops", day) for day in days] == [1000, 1000, 0, 0, 0]
    assert run.at("tension", 5.9) == 2.0


def test_cover_multiplies_the_rates_of_others_exactly(tmp_path: Path) -> None:
    crisis = "crises: {never: {rate: {per_day: 0.02}, lasts: 1}}\n"
    cover = "exercises: {all_year: {side: east, starts: 2021-01-01, lasts: 365, crises: {never: 2}}}\n"
    alone, covered = play(tmp_path, crisis), play(tmp_path, crisis + cover)
    assert alone.onset("never") < 365.0
    # from the first instant the rate is twice as high, so the same luck is used up in half the time
    assert covered.onset("never") == pytest.approx(alone.onset("never") / 2.0, rel=1e-12)


def test_a_reference_is_where_the_multiplier_changes_nothing(tmp_path: Path) -> None:
    crisis = "crises: {never: {rate: {per_day: 0.02}, lasts: 1}}\n"
    cover = "exercises: {all_year: {side: east, starts: 2021-01-01, lasts: 365, crises: {never: 4}, reference: 0.5}}\n"
    alone, covered = play(tmp_path, crisis), play(tmp_path, crisis + cover)
    # the factor is 4 to the power of (1 - 0.5)
    assert covered.onset("never") == pytest.approx(alone.onset("never") / 2.0, rel=1e-12)
