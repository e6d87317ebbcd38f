"""Paragraphs S7 (clocks) and S8 (tensions) of `docs/semantics.md` by example, worked out by hand, on every engine."""

from __future__ import annotations

import math

import pytest

from sim.rules.language import (
    Clock,
    Condition,
    Quantity,
    Start,
    Tension,
)
from tests.engines.conftest import Play
from tests.engines.writing import ask, at_least, change, event, wait

NOT_FINITE, RATE = 3, 5
ALWAYS = Start(0.0)
FIRST = wait("e.c")
# its first wait is more than a day at rate 1: what happens on day 0.25 comes before it
EARLY = 0.25


def test_the_wait_of_the_examples_is_long_enough() -> None:
    assert EARLY < FIRST < 4.0


# --- S7 Clocks ---


def test_s7_a_clock_goes_on_with_what_is_left_when_its_rate_changes(play: Play) -> None:
    clock = event("c", Clock(1.0, exponent=(("x", math.log(2.0)),)))
    run = play(ask(clock, event("a", Start(EARLY), change("set", "x", 1.0))))
    assert run.times("e.c")[0] == EARLY + (FIRST - EARLY) / math.exp(math.log(2.0))


def test_s7_a_while_stops_a_clock_and_consumes_nothing(play: Play) -> None:
    clock = event("c", Clock(1.0, only=(Condition("x", at_most=0.5),)))
    pause = (event("a", Start(EARLY), change("set", "x", 1.0)), event("b", Start(10.0), change("set", "x", 0.0)))
    assert play(ask(clock, *pause)).times("e.c")[0] == 10.0 + (FIRST - EARLY)


def test_s7_a_while_that_fails_silences_self_excitation_too(play: Play) -> None:
    clock = event("c", Clock(0.0, outside=(("t", 1.0),), only=(at_least("x", 1.0),)))
    tension = Tension("t", 3.0, 3.0, 1.0)
    assert play(ask(clock, tensions=[tension])).times("e.c") == []
    on = play(ask(clock, event("a", Start(2.0), change("set", "x", 1.0)), tensions=[tension]))
    # base 0: the coefficient is 0 before and after, and the clock is anchored because its `while` flipped
    assert on.times("e.c")[0] == pytest.approx(2.0 + FIRST / 3.0, rel=1e-14)


def test_s7_the_exponent_is_not_evaluated_while_a_while_fails(play: Play) -> None:
    clock = event("c", Clock(1.0, exponent=(("x", 1000.0),), only=(at_least("y", 1.0),)))
    switch = event("b", Start(5.0), change("set", "y", 1.0))
    x_is_one = {"quantities": [Quantity("z", 1.0)]}
    fails = event("c", Clock(1.0, exponent=(("z", 1000.0),), only=(at_least("y", 1.0),)))
    assert play(ask(clock, switch)).result.status == 0
    run = play(ask(fails, switch, **x_is_one))
    assert (run.result.status, run.result.failed_at, run.result.dues) == (RATE, 5.0, 1)


def test_s7_unrelated_events_do_not_change_the_last_bit(play: Play) -> None:
    clock = event("c", Clock(1.0, 1.0, (("x", 1.0),), (("t", 0.5),), (("t", 0.25),), (Condition("y", at_most=5.0),)))
    silent = [event(f"s{i}", Start(0.01 * i + 0.001), change("set", "y", float(i))) for i in range(4)]
    others = [event(f"u{i}", Start(0.03 * i), change("add", "u", 1.0)) for i in range(5)]
    tensions = [Tension("t", 2.0, 0.5, 3.0), Tension("u", 0.0, 0.0, 1.0)]
    alone = play(ask(clock, tensions=tensions)).times("e.c")
    assert play(ask(clock, *silent, *others, tensions=tensions)).times("e.c") == alone


def test_s7_a_rate_of_zero_is_due_never_also_with_nothing_left(play: Play) -> None:
    # the rule `a` ranks before the clock and fires at the very instant at which the clock would
    clock = event("c", Clock(1.0, only=(Condition("x", at_most=0.5),)))
    stopped = play(ask(event("a", Start(FIRST), change("set", "x", 1.0)), clock))
    assert stopped.times("e.c") == []
    assert play(ask(event("c", Clock(0.0)))).times("e.c") == []


def test_s7_nothing_left_is_due_now(play: Play) -> None:
    clock = event("c", Clock(1.0, exponent=(("x", -5.0),)))
    run = play(ask(event("a", Start(FIRST), change("set", "x", 1.0)), clock, days=FIRST + 0.001))
    assert run.order() == ["e.a", "e.c"]
    assert run.times("e.c") == [FIRST]


def test_s7_a_clock_that_went_quiet_with_nothing_left_is_due_when_it_wakes(play: Play) -> None:
    clock = event("c", Clock(1.0, only=(Condition("x", at_most=0.5),)))
    stop, wake = event("a", Start(FIRST), change("set", "x", 1.0)), event("b", Start(9.0), change("set", "x", 0.0))
    assert play(ask(stop, wake, clock)).times("e.c")[0] == 9.0


def test_s7_a_pure_memory_clock_may_never_be_due(play: Play) -> None:
    half_life = 2.0
    memory = event("c", Clock(1.0, constant=0.0, inside=(("t", 1.0),)))
    reach = FIRST * math.log(2.0) / half_life
    below = play(ask(memory, tensions=[Tension("t", reach * 0.999, 0.0, half_life)], days=500.0))
    above = play(ask(memory, tensions=[Tension("t", reach * 1.001, 0.0, half_life)], days=500.0))
    assert below.times("e.c") == []
    # 0.1 % of the whole integral is left behind when it is due, and that takes log2(1001) half-lives
    assert above.times("e.c") == [pytest.approx(half_life * math.log2(1001.0), rel=1e-9)]


def test_s7_inside_gains_are_multiplied_and_outside_gains_are_not(play: Play) -> None:
    steady = [Tension("t", 2.0, 2.0, 5.0)]
    inside = event("c", Clock(0.5, 1.0, (("z", 1.0),), inside=(("t", 0.75),)))
    outside = event("c", Clock(0.5, 1.0, (("z", 1.0),), outside=(("t", 0.75),)))
    brought = {"tensions": steady, "quantities": [Quantity("z", 0.3)]}
    c = 0.5 * math.exp(0.3)
    assert play(ask(inside, **brought)).times("e.c")[0] == pytest.approx(FIRST / (c * 2.5), rel=1e-14)
    assert play(ask(outside, **brought)).times("e.c")[0] == pytest.approx(FIRST / (c + 1.5), rel=1e-14)


@pytest.mark.parametrize(
    "clock",
    [
        Clock(-0.1),
        Clock(math.inf),
        Clock(math.nan),
        Clock(1.0, exponent=(("z", 701.0),)),
        Clock(1.0, exponent=(("z", -701.0),)),
        Clock(0.0, exponent=(("z", 701.0),)),
        Clock(1e308, 10.0),
    ],
)
def test_s7_an_impossible_rate_fails_the_run_at_once(play: Play, clock: Clock) -> None:
    run = play(ask(event("c", clock), quantities=[Quantity("z", 1.0)]))
    assert (run.result.status, run.result.failed_at, run.result.dues) == (RATE, 0.0, 0)


def test_s7_an_exponent_at_the_edge_is_allowed(play: Play) -> None:
    clocks = [event(f"c{i}", Clock(1.0, exponent=(("z", edge),))) for i, edge in enumerate((-700.0,))]
    assert play(ask(*clocks, quantities=[Quantity("z", 1.0)])).result.status == 0


# --- S8 Tensions ---


def test_s8_a_write_of_the_same_value_is_no_write(play: Play) -> None:
    tension = Tension("t", 3.0, 1.0, 4.0, cap=3.0)
    clock = event("c", Clock(0.05, inside=(("t", 1.0),)))
    nothing = [event(f"a{i}", Start(0.1 * i), change("scale", "t", 1.0)) for i in range(9)]
    capped = event("b", ALWAYS, change("add", "t", 5.0))
    alone = play(ask(clock, tensions=[tension]), probes=(7.3,))
    run = play(ask(clock, capped, *nothing, tensions=[tension]), probes=(7.3,))
    assert run.times("e.c") == alone.times("e.c") != []
    assert run.result.probed is not None
    assert alone.result.probed is not None
    assert run.result.probed[0, -1] == alone.result.probed[0, -1] == 3.0 + 2.0 * math.expm1(-math.log(2.0) / 4.0 * 7.3)


@pytest.mark.parametrize(
    ("baseline", "half_life"), [(-0.1, 1.0), (math.inf, 1.0), (0.0, 0.0), (0.0, -1.0), (0.0, math.inf)]
)
def test_s8_a_tension_that_cannot_be_fails_the_run(play: Play, baseline: float, half_life: float) -> None:
    run = play(ask(event("a", ALWAYS), tensions=[Tension("t", 1.0, baseline, half_life)]))
    assert (run.result.status, run.result.failed_at, run.result.dues) == (NOT_FINITE, 0.0, 0)


def test_s8_a_tension_relaxes_from_its_last_write(play: Play) -> None:
    up = event("a", Start(2.0), change("add", "t", 1.5))
    run = play(ask(up, tensions=[Tension("t", 4.0, 0.0, 2.0)]), probes=(1.0, 2.0, 6.0))
    assert run.result.probed is not None
    assert run.result.probed[:, -1].tolist() == pytest.approx([4.0 / math.sqrt(2.0), 3.5, 3.5 / 4.0], rel=1e-15)
    assert (run.dues("e.a")[0].effects[0].before, run.after("e.a")) == (2.0, [3.5])


@pytest.mark.parametrize(("operation", "number", "after"), [("add", -9.0, 0.0), ("add", 9.0, 3.0), ("set", 7.0, 3.0)])
def test_s8_floor_and_cap_hold_at_each_write(play: Play, operation: str, number: float, after: float) -> None:
    run = play(ask(event("a", ALWAYS, change(operation, "t", number)), tensions=[Tension("t", 1.0, 0.0, 2.0, cap=3.0)]))
    assert run.after("e.a") == [after]


def test_s8_a_clock_consumes_the_integral_of_its_tension(play: Play) -> None:
    # rate t/2 while t falls from 4 with half-life 2; on day EARLY the tension is set to 1, and stays there
    tension = Tension("t", 4.0, 1.0, 2.0)
    clock = event("c", Clock(0.5, constant=0.0, inside=(("t", 1.0),)))
    kappa = math.log(2.0) / 2.0
    consumed = 0.5 * (EARLY + 3.0 * -math.expm1(-kappa * EARLY) / kappa)
    run = play(ask(clock, event("a", Start(EARLY), change("set", "t", 1.0)), tensions=[tension]))
    assert run.times("e.c")[0] == pytest.approx(EARLY + (FIRST - consumed) / 0.5, rel=1e-14)
    assert consumed < FIRST
