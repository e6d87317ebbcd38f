"""Paragraphs S6 to S12 at their edges: steps that run backwards, worlds that cannot begin, rates without end."""

from __future__ import annotations

import math
from dataclasses import astuple
from itertools import combinations
from typing import Any

import pytest

from sim.rules.language import Amount, Arm, Armed, Clock, If, Member, Quantity, Start, Sum, Tension, Watch
from tests.engines.conftest import ENGINES, Play
from tests.engines.test_parity import bits
from tests.engines.writing import SEED, ask, at_least, change, event, point

BUDGET, NOT_FINITE, DELAY, RATE = 1, 3, 4, 5
ALWAYS = Start(0.0)


# --- steps ---


def test_s6_steps_may_run_backwards(play: Play) -> None:
    """A negative span: the last step comes first, and each keeps its number."""
    arm = Arm("e.b", Amount(base=5.0), steps=3.0, over=Amount(base=-3.0), load=Amount(base=2.0))
    run = play(
        ask(
            event("a", Start(1.0), arm),
            event("b", Armed(), change("add", "x", Amount(0.0, 1.0, "load"))),
            event("c", Start(4.5)),
        )
    )
    assert run.order() == ["e.a", "e.b", "e.b", "e.c", "e.b"]
    assert run.times("e.b") == [1.0 + (5.0 + (-3.0 * i) / 3.0) for i in (3, 2, 1)]
    assert {(due.instance, due.load) for due in run.dues("e.b")} == {(0, 2.0)}
    armed = run.dues("e.a")[0].effects[0]
    assert (armed.before, armed.after) == (5.0, 3.0)
    assert run.after("e.b") == [2.0, 4.0, 6.0]


def test_s6_backward_steps_meet_those_of_another_arming(play: Play) -> None:
    """At one instant the earlier arming is first, whichever way either runs."""
    back = Arm("e.b", Amount(base=5.0), steps=4.0, over=Amount(base=-4.0))
    forth = Arm("e.b", Amount(base=0.0), steps=4.0, over=Amount(base=4.0))
    run = play(ask(event("a", ALWAYS, back, forth), event("b", Armed())))
    found = [(due.time, due.instance) for due in run.dues("e.b")]
    assert found == [(1.0, 0), (1.0, 1), (2.0, 0), (2.0, 1), (3.0, 0), (3.0, 1), (4.0, 0), (4.0, 1)]


@pytest.mark.parametrize(("after", "over"), [(1.0, -4.0), (1.0, math.inf), (1.0, math.nan)])
def test_s6_steps_that_lead_nowhere_fail_the_run(play: Play, after: float, over: float) -> None:
    arm = Arm("e.b", Amount(base=after), steps=2.0, over=Amount(base=over))
    run = play(ask(event("a", Start(2.0), change("add", "x", 1.0), arm), event("b", Armed())))
    assert (run.result.status, run.result.failed_at, run.result.dues) == (DELAY, 2.0, 1)


# --- values ---


@pytest.mark.parametrize("operation", ["add", "scale"])
def test_s8_a_tension_that_overflows_fails_the_run(play: Play, operation: str) -> None:
    effects = (change("set", "t", 1e308), change(operation, "t", 1e308))
    run = play(ask(event("a", Start(1.0), *effects), tensions=[Tension("t", 1.0, 0.5, 3.0)]))
    assert (run.result.status, run.result.failed_at) == (NOT_FINITE, 1.0)
    assert run.after("e.a") == [1e308]


def test_s8_a_tension_that_would_overflow_stops_at_its_cap(play: Play) -> None:
    """Negative control: the value counts after clamping."""
    effects = (change("set", "t", 1e308), change("scale", "t", 1e308))
    run = play(ask(event("a", Start(1.0), *effects), tensions=[Tension("t", 1.0, 0.5, 3.0, 7.0)]))
    assert (run.result.status, run.after("e.a"), run.after("e.a", 1)) == (0, [7.0], [7.0])


def test_s7_a_rate_beyond_all_time_exhausts_the_budget(play: Play) -> None:
    """Waits below the rounding of the time are no waits: the clock is due again and again at one instant."""
    ringing = event("c", Clock(0.0, outside=(("t", 1e25),)))
    start = event("a", Start(5.0), change("set", "t", 1.0), Arm("e.b"))
    run = play(ask(start, event("b", Armed()), ringing, tensions=[Tension("t", 0.0, 0.0, 3.0)], budget=40))
    assert (run.result.status, run.result.failed_at, run.result.dues) == (BUDGET, 5.0, 40)
    assert run.order() == ["e.a", "e.b", *["e.c"] * 38]


@pytest.mark.parametrize("drawn", [math.inf, -math.inf, math.nan])
def test_s12_what_an_if_asks_must_be_finite(play: Play, drawn: float) -> None:
    effects = (change("add", "x", 1.0), change("add", "x", 1.0, If(point("e.a.size", drawn), 0.5)))
    run = play(ask(event("a", Start(1.0), *effects)))
    assert (run.result.status, run.result.failed_at) == (NOT_FINITE, 1.0)
    # amounts are one snapshot: the effect before it was not applied either
    assert run.after("e.a") == []


@pytest.mark.parametrize(("gain", "status"), [(1e10, RATE), (1e-303, 0)])
def test_s7_a_rate_that_becomes_infinite_fails_the_run(play: Play, gain: float, status: int) -> None:
    burst = event("a", Start(1.0), change("set", "t", 1e300))
    ringing = event("c", Clock(0.0, outside=(("t", gain),)))
    run = play(ask(burst, ringing, tensions=[Tension("t", 0.0, 0.0, 3.0)]))
    assert (run.result.status, run.result.failed_at) == (status, 1.0 if status else math.inf)


# --- worlds that cannot begin ---

TENSION = Tension("t", 1.0, 0.5, 3.0)
IMPOSSIBLE: dict[str, tuple[int, dict[str, Any]]] = {
    "a quantity without end": (NOT_FINITE, {"quantities": [Quantity("q", math.inf)]}),
    "a quantity that is no number": (NOT_FINITE, {"quantities": [Quantity("q", math.nan)]}),
    "a tension that is no number": (NOT_FINITE, {"tensions": [Tension("u", math.nan, 0.5, 3.0)]}),
    "a negative baseline": (NOT_FINITE, {"tensions": [Tension("u", 1.0, -0.5, 3.0)]}),
    "a sum without end": (
        NOT_FINITE,
        {"quantities": [Quantity("r", 1e308)], "sums": [Sum("s")], "members": [Member("s", "r", 10.0)]},
    ),
    "a date that is no number": (DELAY, {"rules": [event("d", Start(math.nan))]}),
    "a date before the clock starts": (DELAY, {"rules": [event("d", Start(-1.0))]}),
    "a negative constant": (RATE, {"rules": [event("g", Clock(0.1, constant=-1.0))]}),
    "a constant without end": (RATE, {"rules": [event("g", Clock(0.1, constant=math.inf))]}),
    "a negative base": (RATE, {"rules": [event("h", Clock(-0.1))]}),
    "a negative gain inside": (RATE, {"rules": [event("i", Clock(0.1, inside=(("t", -1.0),)))]}),
    "a gain without end outside": (RATE, {"rules": [event("i", Clock(0.1, outside=(("t", math.inf),)))]}),
}


def broken(*names: str) -> Any:
    """A scenario in which all of this is wrong, besides things that are right."""
    brought: dict[str, list[Any]] = {"tensions": [TENSION]}
    for name in names:
        for what, things in IMPOSSIBLE[name][1].items():
            brought[what] = brought.get(what, []) + things
    rules = brought.pop("rules", [])
    return ask(event("a", ALWAYS, change("add", "x", 1.0)), event("w", Watch((at_least("x", 1.0),))), *rules, **brought)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_world_that_cannot_begin_fails_at_once(play: Play, name: str) -> None:
    run = play(broken(name))
    assert (run.result.status, run.result.failed_at, run.result.dues) == (IMPOSSIBLE[name][0], 0.0, 0)
    assert (run.result.first, run.result.kind, run.result.root) == (math.inf, -1, -1)
    assert run.story.dues == []


def brought_names(name: str) -> set[str]:
    return {thing.name for things in IMPOSSIBLE[name][1].values() for thing in things if not isinstance(thing, Member)}


PAIRS = [pair for pair in combinations(IMPOSSIBLE, 2) if not brought_names(pair[0]) & brought_names(pair[1])]


@pytest.mark.parametrize("pair", PAIRS)
def test_of_two_reasons_every_engine_gives_the_same(pair: tuple[str, str]) -> None:
    """Which comes first is no law, but what a table of failures says must not depend on the engine."""
    said = {name: bits(astuple(on(broken(*pair), 0, 0, SEED, ()).result)) for name, on in ENGINES.items()}
    assert said == dict.fromkeys(ENGINES, said["oracle"])
    assert said["oracle"][0] in {IMPOSSIBLE[name][0] for name in pair}
