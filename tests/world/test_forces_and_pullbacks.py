"""Forces stand where the file puts them, and a pullback takes home what is honoured of what is claimed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world.playing import play, relaxed

FORCES = """\
forces:
  south: {side: east, garrison: 3000, surge: 10000, heavy_share: 0.7}
  north: {side: east, garrison: 1000, surge: 30000, heavy_share: 0.5}
  coast: {side: west, garrison: 500}
"""
PULLBACK = """\
pullbacks:
  april:
    announced: 2021-01-11
    takes: 8
    convoys: 4
    forces: [south]
    claimed_share: 0.8
    honoured_share: 0.5
    equipment_stays: {south: 0.4}
    relief: 0.5
    seen: {after: 5, disappointment: 2}
tension: {start: 3, baseline: 3, half_life: 30}
"""


def test_forces_make_sums_by_side(tmp_path: Path) -> None:
    run = play(tmp_path, FORCES, 0.0)
    assert run.at("forces.south.troops", 0.0) == 13000.0
    assert run.at("forces.south.heavy", 0.0) == 0.7
    assert run.at("forces.coast.heavy", 0.0) == 1.0  # nothing said: all equipment is forward
    assert run.at("sides.east.troops", 0.0) == 44000.0
    assert run.at("sides.west.troops", 0.0) == 500.0
    assert run.at("sides.east.surge_left", 0.0) == pytest.approx(1.0, abs=1e-12)
    assert run.at("sides.east.heavy_left", 0.0) == pytest.approx(0.25 * 0.7 + 0.75 * 0.5, abs=1e-12)


def test_a_side_without_a_surge_has_nothing_left_to_count(tmp_path: Path) -> None:
    quantities = play(tmp_path, FORCES).scenario.program.quantities
    assert "sides.west.troops" in quantities
    assert "sides.west.surge_left" not in quantities


def test_a_pullback_takes_home_the_honoured_part_of_the_claim(tmp_path: Path) -> None:
    run = play(tmp_path, FORCES + PULLBACK, 9.9, 11.9, 12.0, 14.0, 16.0, 18.0, 100.0)
    # 10 000 x 0.8 x 0.5 = 4 000 in four convoys, every two days from two days after the announcement on day 10
    assert [run.at("forces.south.troops", day) for day in (9.9, 11.9, 12.0, 14.0, 16.0, 18.0, 100.0)] == pytest.approx(
        [13000, 13000, 12000, 11000, 10000, 9000, 9000]
    )
    assert run.at("forces.north.troops", 100.0) == 31000.0
    # equipment: 0.7 x (1 - 0.4) = 0.42 goes, a quarter with each convoy
    assert run.at("forces.south.heavy", 12.0) == pytest.approx(0.7 - 0.105)
    assert run.at("forces.south.heavy", 18.0) == pytest.approx(0.28)
    assert run.at("sides.east.surge_left", 100.0) == pytest.approx((40000 - 4000) / 40000)


def test_relief_comes_with_the_word_and_disappointment_with_the_deed(tmp_path: Path) -> None:
    run = play(tmp_path, FORCES + PULLBACK, 10.0, 22.9, 23.0)
    assert run.at("tension", 10.0) == 2.5
    before = relaxed(2.5, 3.0, 30.0, 12.9)
    assert run.at("tension", 22.9) == pytest.approx(before)
    # complete on day 18, seen five days later: the gap is 0.8 x (1 - 0.5), the disappointment 2 for each unit of it
    assert run.at("tension", 23.0) == pytest.approx(relaxed(2.5, 3.0, 30.0, 13.0) + 2 * 0.8 * 0.5)
    assert run.fired("pullbacks.april.complete") == [18.0]
    assert run.fired("pullbacks.april.seen") == [23.0]


def test_an_honest_pullback_disappoints_nobody(tmp_path: Path) -> None:
    honest = PULLBACK.replace("honoured_share: 0.5", "honoured_share: 1")
    run = play(tmp_path, FORCES + honest, 23.0)
    assert run.at("forces.south.troops", 23.0) == pytest.approx(5000.0)
    assert run.at("tension", 23.0) == pytest.approx(relaxed(2.5, 3.0, 30.0, 13.0))


def test_the_honoured_share_of_a_world_decides(tmp_path: Path) -> None:
    unsure = PULLBACK.replace("honoured_share: 0.5", "honoured_share: 0.1 to 0.9")
    shares = set()
    for world in (0, 3):
        run = play(tmp_path, FORCES + unsure, 20.0, world=world)
        honoured = run.drawn["pullbacks.april.honoured_share"]
        assert run.at("forces.south.troops", 20.0) == pytest.approx(13000 - 10000 * 0.8 * honoured)
        shares.add(honoured)
    assert len(shares) == 2


def test_a_pullback_that_began_before_the_clock_goes_on(tmp_path: Path) -> None:
    under_way = PULLBACK.replace("2021-01-11", "2020-12-28")
    run = play(tmp_path, FORCES + under_way, 0.0, 0.9, 1.0, 2.0, 3.0, 4.0, 8.9, 9.0)
    # four of eight days are over: half of 4 000 is still to go, in four convoys over the four days left
    assert [run.at("forces.south.troops", day) for day in (0.9, 1.0, 2.0, 3.0, 4.0)] == pytest.approx(
        [13000, 12500, 12000, 11500, 11000]
    )
    assert run.at("forces.south.heavy", 4.0) == pytest.approx(0.7 - 0.21)
    # the relief is in the tension at the start already; the disappointment still comes
    assert run.at("tension", 0.0) == 3.0
    assert run.at("tension", 8.9) == pytest.approx(3.0)
    assert run.at("tension", 9.0) == pytest.approx(3.8)


def test_a_pullback_that_was_over_before_the_clock_moves_nobody(tmp_path: Path) -> None:
    over = PULLBACK.replace("2021-01-11", "2020-12-01")
    run = play(tmp_path, FORCES + over, 0.0, 30.0)
    assert run.at("forces.south.troops", 0.0) == run.at("forces.south.troops", 30.0) == 13000.0


def test_a_pullback_can_be_waited_for(tmp_path: Path) -> None:
    react = """\
events:
  cheer: {when: pullbacks.april.announced, delay: 1, do: [{note: cheers}]}
  doubt: {when: pullbacks.april.seen, do: [{note: doubts}]}
  count: {when: pullbacks.april.complete, do: [{note: the count is made}]}
"""
    run = play(tmp_path, FORCES + PULLBACK + react)
    assert [run.fired(f"events.{name}") for name in ("cheer", "doubt", "count")] == [[11.0], [23.0], [18.0]]
