"""Build-ups: orders, arrivals early where equipment stayed and late elsewhere, the stay, the way home, calling off."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sim.world.build_ups import QUIET_AGE
from sim.world.rates import WANING_CONSTANT, WANING_EMBERS
from tests.world.playing import Play, built, play, vectors

FORCES = """\
forces:
  north: {side: east, garrison: 1000, surge: 3000, heavy_share: 0.75}
  south: {side: east, garrison: 2000, surge: 1000, heavy_share: 0.2}
"""
MAIN = """\
build_ups:
  main:
    side: east
    orders: {per_day: 0.01}
    to: {north: 0.6, south: 0.4}
    size: 10000
    lead_time: {equipped: 5, unequipped: 20}
    convoys: 2
    arrives_over: 4
    stays: 30
    leaves_over: 6
"""


def _ordered(run: Play) -> float:
    return run.fired("build_ups.main.ordered")[0]


def _around(folder: Path, blocks: str, *after: float) -> tuple[Play, list[float]]:
    """A run, and days that lie so much after its first order, a millionth of a day later because of rounding."""
    start = _ordered(play(folder, blocks))
    days = [start + days + 1e-6 for days in after]
    return play(folder, blocks, *days), days


def test_troops_arrive_early_where_equipment_stayed(tmp_path: Path) -> None:
    after = (0.0, 6.9, 7.0, 9.0, 21.9, 22.0, 24.0)
    run, days = _around(tmp_path, FORCES + MAIN, *after)
    # north: 6 000, of which 0.75 early: 4 500 in two convoys, then 1 500 in two; south: 4 000, of which 0.2 early
    north = [run.at("forces.north.troops", day) for day in days]
    assert north == pytest.approx([4000, 4000, 6250, 8500, 8500, 9250, 10000])
    south = [run.at("forces.south.troops", day) for day in days]
    assert south == pytest.approx([3000, 3000, 3400, 3800, 3800, 5400, 7000])


def test_flags_tell_how_far_it_is(tmp_path: Path) -> None:
    after = (-0.001, 0.0, 8.9, 9.0, 24.0, 59.9, 60.0)
    run, days = _around(tmp_path, FORCES + MAIN, *after)
    assert [run.at("build_ups.main.active", day) for day in days] == [0, 1, 1, 1, 1, 1, 0]
    # on day 9 there are 4 500 + 800 of 10 000, the first time more than half
    assert [run.at("build_ups.main.preparing", day) for day in days] == [0, 1, 1, 0, 0, 0, 0]


def test_it_stays_and_goes_home_in_convoys(tmp_path: Path) -> None:
    # complete on day 24, home from day 54 on, in two convoys over six days
    after = (56.9, 57.0, 59.9, 60.0)
    run, days = _around(tmp_path, FORCES + MAIN, *after)
    assert [run.at("forces.north.troops", day) for day in days] == pytest.approx([10000, 7000, 7000, 4000])
    assert [run.at("forces.south.troops", day) for day in days] == pytest.approx([7000, 5000, 5000, 3000])
    start = _ordered(run)
    first = run.fired("build_ups.main.over")[0]
    assert first == pytest.approx(start + 60.0)
    assert all(not start < other < first for other in run.fired("build_ups.main.ordered"))


def test_others_can_wait_for_each_stage(tmp_path: Path) -> None:
    events = "events:\n" + "".join(
        f"  {stage}: {{when: build_ups.main.{stage}, do: [{{note: {stage}}}]}}\n"
        for stage in ("ordered", "complete", "leaves", "over")
    )
    run = play(tmp_path, FORCES + MAIN + events)
    start = _ordered(run)
    heard = [run.fired(f"events.{stage}")[0] for stage in ("ordered", "complete", "leaves", "over")]
    assert heard == pytest.approx([start, start + 24.0, start + 54.0, start + 60.0])


def _cancelled_at(rate: float) -> str:
    return MAIN.replace("    convoys: 2\n", f"    convoys: 2\n    cancel: {{per_day: {rate}}}\n")


def test_what_was_called_off_never_arrives_and_may_be_ordered_again(tmp_path: Path) -> None:
    run = play(tmp_path, FORCES + _cancelled_at(100), 364.0)
    ordered, called_off = run.fired("build_ups.main.ordered"), run.fired("build_ups.main.cancelled")
    assert len(ordered) >= 2
    assert len(called_off) == len(ordered)
    assert run.fired("build_ups.main.arrives_north") == []
    assert run.at("forces.north.troops", 364.0) == 4000.0
    assert run.at("build_ups.main.active", 364.0) == 0.0


def test_what_had_come_when_it_was_called_off_goes_home(tmp_path: Path) -> None:
    late = 0
    for replay in range(40):
        first = play(tmp_path, FORCES + _cancelled_at(0.1), replay=replay)
        ordered, called_off = first.fired("build_ups.main.ordered"), first.fired("build_ups.main.cancelled")
        if not called_off or not ordered[0] + 7.0 < called_off[0] < ordered[0] + 9.0:
            continue
        late += 1
        day = called_off[0]
        # one convoy had come to each force; the two halves of it leave three and six days later
        days = (day, day + 2.9, day + 3.1, day + 6.1)
        run = play(tmp_path, FORCES + _cancelled_at(0.1), *days, replay=replay)
        assert [run.at("forces.north.troops", day) for day in days] == pytest.approx([6250, 6250, 5125, 4000])
        assert [run.at("build_ups.main.active", day) for day in days] == [1, 1, 1, 0]
        assert [run.at("build_ups.main.preparing", day) for day in days] == [0, 0, 0, 0]
    assert late > 0


def test_it_is_called_off_only_while_it_is_prepared(tmp_path: Path) -> None:
    for replay in range(20):
        run = play(tmp_path, FORCES + _cancelled_at(0.2), replay=replay)
        ordered = run.fired("build_ups.main.ordered")
        for day in run.fired("build_ups.main.cancelled"):
            assert day < max(start for start in ordered if start < day) + 9.0


def test_after_half_of_it_is_there_it_cannot_be_called_off(tmp_path: Path) -> None:
    at_once = MAIN.replace("equipped: 5", "equipped: 0").replace("arrives_over: 4", "arrives_over: 0")
    run = play(tmp_path, FORCES + at_once.replace("    convoys: 2\n", "    convoys: 2\n    cancel: {per_day: 100}\n"))
    assert run.fired("build_ups.main.ordered")
    assert run.fired("build_ups.main.cancelled") == []


@pytest.mark.parametrize(("reference", "factor"), [(0, 4.0), (1, 1.0), (0.5, 2.0)])
def test_what_is_left_multiplies_orders(tmp_path: Path, reference: float, factor: float) -> None:
    left = MAIN.replace("    size:", f"    left: {{orders: 4, reference: {reference}}}\n    size:")
    # nothing has gone home: all of the surge is left, so the factor is 4 to the power of (1 - reference)
    assert _ordered(play(tmp_path, FORCES + left)) == pytest.approx(_ordered(play(tmp_path, FORCES + MAIN)) / factor)


def test_what_is_left_weighs_troops_and_equipment(tmp_path: Path) -> None:
    left = MAIN.replace("    size:", "    left: {orders: 4, reference: 0, troops_weight: 0.5}\n    size:")
    run = play(tmp_path, FORCES + left, 0.0)
    heavy = 0.75 * 0.75 + 0.25 * 0.2
    assert run.at("build_ups.main.left", 0.0) == pytest.approx(0.5 * 1.0 + 0.5 * heavy)


def test_meanwhile_others_are_stirred(tmp_path: Path) -> None:
    meanwhile = MAIN.replace("    size:", "    meanwhile: {incidents: {border: 1000000}}\n    size:")
    incidents = "incidents: {border: {rate: {per_day: 0.000001}}}\n"
    run = play(tmp_path, FORCES + meanwhile + incidents)
    start, over = _ordered(run), run.fired("build_ups.main.over")[0]
    times = run.fired("incidents.border.happens")
    assert times
    # one a day while it lasts, four standard errors of a Poisson count
    assert all(time > start for time in times)
    expected = over - start
    assert abs(sum(start < time < over for time in times) - expected) < 4.0 * math.sqrt(expected)


WANING = MAIN.replace("orders: {per_day: 0.01}", "orders: {odds: 0.3, between: [70, 253]}\n    already_quiet: 50")


def test_a_waning_rate_follows_the_law_at_every_age(tmp_path: Path) -> None:
    scenario = built(tmp_path, FORCES + WANING)
    program, numbers = scenario.program, vectors(scenario, 1)[0]
    rank = program.rules.index("build_ups.main.ordered")
    base, constant = numbers[program.clock_base[rank]], numbers[program.clock_constant[rank]]
    strength = -math.log(0.7) / math.log((253 + 50) / (70 + 50))
    for age in (50.0, 80.0, 200.0, 360.0):
        rate = constant
        for place in range(program.gain_pointer[rank], program.gain_pointer[rank + 1]):
            tension = program.gain_tension[place]
            start, decay = numbers[program.tension_start[tension]], numbers[program.tension_decay[tension]]
            rate += numbers[program.gain_inside[place]] * start * math.exp(-decay * (age - 50.0))
        law = WANING_CONSTANT + sum(weight * 2.0 ** (-age / half) for _, weight, half in WANING_EMBERS)
        assert base * rate == pytest.approx(strength * law, rel=1e-12)
        # the law itself is a / t, to within a few per cent
        assert base * rate == pytest.approx(strength / age, rel=0.06)


def test_embers_are_set_after_a_build_up_as_at_thirty_quiet_days(tmp_path: Path) -> None:
    frequent = WANING.replace("odds: 0.3", "odds: 0.9999")
    over = play(tmp_path, FORCES + frequent).fired("build_ups.main.over")[0]
    run = play(tmp_path, FORCES + frequent, over + 1e-9)
    for ember, _, half_life in WANING_EMBERS:
        level = run.at(f"build_ups.main.ember_{ember}", over + 1e-9)
        assert level == pytest.approx(2.0 ** (-QUIET_AGE / half_life), rel=1e-6)


def test_reaching_is_divided_out(tmp_path: Path) -> None:
    half = MAIN.replace("    size:", "    reaching: 0.5\n    size:")
    assert _ordered(play(tmp_path, FORCES + half)) == pytest.approx(_ordered(play(tmp_path, FORCES + MAIN)) / 2.0)


def test_a_drawn_size_is_one_size_for_all_convoys(tmp_path: Path) -> None:
    drawn = MAIN.replace("size: 10000", "size: each 5000 to 20000")
    run, days = _around(tmp_path, FORCES + drawn, 0.0, 24.0, 60.0)
    came = run.at("sides.east.troops", days[1]) - run.at("sides.east.troops", days[0])
    assert 1000.0 < came < 100000.0
    # what came goes home again, to the last man
    assert run.at("sides.east.troops", days[2]) == pytest.approx(run.at("sides.east.troops", days[0]))
    assert run.at("forces.north.troops", days[1]) - 4000.0 == pytest.approx(0.6 * came)
