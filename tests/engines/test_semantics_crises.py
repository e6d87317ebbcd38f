"""Paragraphs S9 (watches) to S13 (pathways) of `docs/semantics.md` by example, worked out by hand, on every engine."""

from __future__ import annotations

import math

import pytest

from sim.rules.language import (
    Amount,
    Arm,
    Armed,
    Begin,
    Clock,
    Condition,
    End,
    Kind,
    Low,
    Member,
    Quantity,
    Reset,
    Rise,
    Rule,
    Start,
    Sum,
    Tension,
    Watch,
)
from tests.engines.conftest import Play
from tests.engines.writing import ask, at_least, change, event, point, wait

BUDGET, NOT_FINITE, DELAY, RATE = 1, 3, 4, 5
ALWAYS = Start(0.0)
INFINITE = math.inf

# --- S9 Watches ---

HELD = Watch((at_least("x", 1.0),), 2.0)


def up(name: str, day: float, quantity: str = "x") -> Rule:
    return event(name, Start(day), change("set", quantity, 1.0))


def down(name: str, day: float, quantity: str = "x") -> Rule:
    return event(name, Start(day), change("set", quantity, 0.0))


def test_s9_a_watch_fires_after_its_hold_and_then_is_spent(play: Play) -> None:
    run = play(ask(up("a", 1.0), event("b", Start(4.0), change("set", "x", 5.0)), event("w", HELD)))
    assert [(due.time, due.since) for due in run.dues("e.w")] == [(3.0, 1.0)]


def test_s9_two_firings_need_a_false_between_them(play: Play) -> None:
    run = play(ask(up("a", 1.0), down("b", 4.0), up("c", 6.0), event("w", HELD)))
    assert run.times("e.w") == [3.0, 8.0]
    assert run.story.holds == []


def test_s9_a_break_while_holding_begins_again(play: Play) -> None:
    run = play(ask(up("a", 1.0), down("b", 2.5), up("c", 4.0), event("w", HELD)))
    assert run.times("e.w") == [6.0]
    assert [(hold.begins, hold.ends) for hold in run.story.holds] == [(1.0, 2.5)]


def test_s9_a_break_at_the_instant_of_the_due_goes_by_rank(play: Play) -> None:
    before, after = down("b", 3.0), down("z", 3.0)
    assert play(ask(up("a", 1.0), before, event("w", HELD))).times("e.w") == []
    assert play(ask(up("a", 1.0), after, event("w", HELD))).times("e.w") == [3.0]


def test_s9_what_is_true_when_the_clock_starts_is_spent(play: Play) -> None:
    held = Watch((at_least("z", 1.0),), 2.0)
    z = {"quantities": [Quantity("z", 1.0)]}
    assert play(ask(event("w", held), **z)).times("e.w") == []
    again = play(ask(down("a", 3.0, "z"), up("b", 4.0, "z"), event("w", held), **z))
    assert again.times("e.w") == [6.0]


def test_s9_a_refused_watch_is_spent_all_the_same(play: Play) -> None:
    run = play(ask(up("a", 1.0), up("b", 4.0, "y"), event("w", HELD, guard=(at_least("y", 1.0),))))
    assert [(due.time, due.outcome) for due in run.dues("e.w")] == [(3.0, "guard")]


def test_s9_no_hold_is_due_at_this_instant(play: Play) -> None:
    instant = event("w", Watch((at_least("x", 1.0), Condition("y", at_most=0.0))))
    run = play(ask(up("a", 1.0), event("z", Start(1.0)), instant))
    assert run.order() == ["e.a", "e.w", "e.z"]


def test_s9_an_incomplete_hold_at_the_end_is_no_onset(play: Play) -> None:
    run = play(ask(up("a", 28.5), event("w", HELD, Begin("k"))))
    assert run.times("e.w") == []
    assert run.result.first == INFINITE


def test_s9_equal_steps_reach_a_level_that_they_do_not_sum_to(play: Play) -> None:
    tenth = event("b", Armed(), change("add", "x", 0.1))
    arm = Arm("e.b", steps=10.0, over=Amount(base=10.0))
    run = play(ask(event("a", ALWAYS, arm), tenth, event("w", Watch((at_least("x", 1.0),)))))
    assert run.after("e.b")[-1] < 1.0
    assert run.times("e.w") == [10.0]


def test_s9_a_rise_above_a_low_counts_from_the_last_reset(play: Play) -> None:
    brought = {
        "sums": [Sum("all")],
        "members": [Member("all", "x", 1.0), Member("all", "y", 1.0)],
        "lows": [Low("low", "all")],
        "rises": [Rise("rise", "all", "low")],
    }
    rules = (
        event("a", Start(1.0), change("set", "x", 5.0)),
        event("b", Start(2.0), change("set", "x", 3.0)),
        # the low is marked before the write of the same firing and becomes what the firing leaves: 4
        event("c", Start(3.0), Reset("low"), change("set", "x", 4.0)),
        event("d", Start(4.0), change("set", "y", 2.0)),
        event("e", Start(5.0), change("set", "x", 0.0)),
    )
    run = play(ask(*rules, **brought), probes=(0.5, 1.0, 2.0, 3.0, 4.0, 5.0))
    assert run.result.probed is not None
    names = run.program.quantities
    low, rise = (run.result.probed[:, names.index(name)].tolist() for name in ("low", "rise"))
    assert (low, rise) == ([0.0, 0.0, 0.0, 4.0, 4.0, 2.0], [0.0, 5.0, 3.0, 0.0, 2.0, 0.0])


# --- S10 Crises ---


def test_s10_begin_while_on_and_end_while_off_do_nothing(play: Play) -> None:
    rules = (
        event("a", Start(1.0), End("k")),
        event("b", Start(2.0), Begin("k")),
        event("c", Start(3.0), Begin("k")),
        event("d", Start(4.0), End("k"), End("k")),
        event("e", Start(5.0), Begin("k")),
    )
    run = play(ask(*rules, window=(2.5, 30.0)))
    assert [(e.before, e.after) for due in run.story.dues for e in due.effects] == [
        (0, 0),
        (0, 1),
        (1, 1),
        (1, 0),
        (0, 0),
        (0, 1),
    ]
    assert (run.result.early[0], run.result.onset[0], run.result.running[0]) == (2.0, 5.0, True)


def test_s10_the_onset_is_at_the_end_of_the_hold(play: Play) -> None:
    run = play(ask(up("a", 1.0), event("w", HELD, Begin("k"))))
    assert (run.result.first, run.dues("e.w")[0].since) == (3.0, 1.0)


@pytest.mark.parametrize(
    ("ends", "running"), [(math.nextafter(5.0, 0.0), False), (5.0, False), (5.1, True), (40.0, True)]
)
def test_s10_in_progress_at_the_opening_is_begun_before_and_not_ended(play: Play, ends: float, running: bool) -> None:
    run = play(ask(event("a", Start(1.0), Begin("k")), event("b", Start(ends), End("k")), window=(5.0, 30.0)))
    assert run.result.running == [running, False]
    assert run.result.first == INFINITE


@pytest.mark.parametrize("opens", [0.0, 5.0])
def test_s10_a_kind_may_run_from_the_start(play: Play, opens: float) -> None:
    rules = (event("a", Start(6.0), End("m"), Begin("m")), event("b", Start(1.0), Begin("m")))
    run = play(ask(*rules, kinds=[Kind("m", "as defined", running=1.0)], window=(opens, 30.0)))
    m = run.program.kinds.index("m")
    assert (run.result.running[m], run.result.early[m], run.result.onset[m]) == (True, INFINITE, 6.0)
    # `m` is not counted
    assert run.result.first == INFINITE


def test_s10_an_onset_at_the_opening_is_inside_and_was_not_in_progress(play: Play) -> None:
    run = play(ask(event("a", Start(5.0), Begin("k")), window=(5.0, 30.0)))
    assert (run.result.running[0], run.result.onset[0]) == (False, 5.0)
    from_start = play(ask(event("a", ALWAYS, Begin("k"))))
    assert (from_start.result.running[0], from_start.result.onset[0]) == (False, 0.0)


def test_s10_first_is_the_earliest_counted_onset_and_rank_breaks_ties(play: Play) -> None:
    later_but_lower = (event("b", Start(3.0), Begin("k"), Arm("e.a")), event("a", Armed(), Begin("l")))
    run = play(ask(*later_but_lower))
    assert run.order() == ["e.b", "e.a"]
    assert run.program.kinds[run.result.kind] == "l"
    both = play(ask(event("a", Start(3.0), Begin("l"), Begin("k"))))
    assert both.program.kinds[both.result.kind] == "l"


def test_s10_an_onset_before_the_window_does_not_spoil_one_inside(play: Play) -> None:
    rules = (event("a", Start(1.0), Begin("k")), event("b", Start(2.0), End("k")), event("c", Start(7.0), Begin("k")))
    run = play(ask(*rules, window=(5.0, 30.0)))
    assert (run.result.early[0], run.result.first, run.result.onset) == (1.0, 7.0, [7.0, INFINITE])


# --- S11 Before the start ---


@pytest.mark.parametrize("date", [-1.0, math.nan, INFINITE])
def test_s11_an_uncertain_date_that_was_not_clamped_fails_the_run(play: Play, date: float) -> None:
    run = play(ask(event("a", Start(date))))
    assert (run.result.status, run.result.failed_at) == (DELAY, 0.0)


# --- S12 Failure ---


def test_s12_the_budget_ends_a_run_at_the_due_after_the_last_allowed(play: Play) -> None:
    again = event("b", Armed(), Arm("e.b", Amount(base=0.5)), change("add", "x", 1.0))
    run = play(ask(event("a", Start(1.0), Arm("e.b")), again, budget=10))
    assert (run.result.status, run.result.dues, run.result.failed_at) == (BUDGET, 10, 1.0 + 9 * 0.5)
    assert len(run.story.dues) == 10
    exact = play(ask(event("a", ALWAYS), event("b", Start(1.0)), budget=2))
    assert (exact.result.status, exact.result.dues) == (0, 2)


def test_s12_guards_are_not_asked_beyond_the_budget(play: Play) -> None:
    refused = event("b", Start(2.0), guard=(at_least("x", 1.0),))
    assert play(ask(event("a", ALWAYS), refused, budget=1)).result.status == BUDGET


def test_s12_a_value_counts_after_clamping(play: Play) -> None:
    huge = event("a", Start(1.0), change("set", "x", 1e308), change("scale", "f", 1e308), change("add", "f", 1e308))
    assert play(ask(huge)).result.status == 0
    twice = event("b", Start(2.0), change("scale", "x", 10.0))
    run = play(ask(huge, twice))
    assert (run.result.status, run.result.failed_at) == (NOT_FINITE, 2.0)


def test_s12_amounts_come_before_delays(play: Play) -> None:
    late = Arm("e.b", Amount(base=-1.0))
    wrong = change("set", "x", Amount(base=math.nan))
    assert play(ask(event("a", ALWAYS, late, wrong), event("b", Armed()))).result.status == NOT_FINITE
    assert play(ask(event("a", ALWAYS, late, change("set", "x", 1.0)), event("b", Armed()))).result.status == DELAY


def test_s12_a_load_is_an_amount(play: Play) -> None:
    run = play(ask(event("a", ALWAYS, Arm("e.b", load=Amount(base=INFINITE))), event("b", Armed())))
    assert run.result.status == NOT_FINITE


def test_s12_a_derived_quantity_must_be_finite(play: Play) -> None:
    brought = {"sums": [Sum("s")], "members": [Member("s", "x", 1e10)]}
    run = play(ask(event("a", Start(1.0), change("set", "x", 1e300)), **brought))
    assert (run.result.status, run.result.failed_at) == (NOT_FINITE, 1.0)
    start = play(ask(sums=[Sum("s", math.inf)]))
    assert (start.result.status, start.result.failed_at) == (NOT_FINITE, 0.0)


def test_s12_an_integral_that_overflows_fails_the_clock_that_uses_it(play: Play) -> None:
    burst = event("a", ALWAYS, change("set", "t", 1e308))
    later = event("b", Start(20.0), change("set", "t", 0.0))
    gains, tension = (("t", 1e-300),), Tension("t", 0.0, 0.0, 100.0)
    run = play(ask(burst, later, event("c", Clock(1e-300, inside=gains)), tensions=[tension]))
    assert (run.result.status, run.result.failed_at) == (RATE, 20.0)
    # a clock that its `while` stops consumes nothing, whatever the integral
    stopped = event("c", Clock(1e-300, inside=gains, only=(at_least("x", 1.0),)))
    assert play(ask(burst, later, stopped, tensions=[tension])).result.status == 0


def test_s12_a_chance_and_an_if_must_be_finite(play: Play) -> None:
    assert play(ask(event("a", ALWAYS, chance=math.nan))).result.status == NOT_FINITE
    local = point("e.a.size", INFINITE)
    assert play(ask(event("a", ALWAYS, change("set", "x", local)))).result.status == NOT_FINITE


def test_s12_a_hold_must_be_finite_when_it_begins(play: Play) -> None:
    for hold in (-1.0, INFINITE):
        run = play(ask(up("a", 1.0), event("w", Watch((at_least("x", 1.0),), hold))))
        assert (run.result.status, run.result.failed_at) == (DELAY, 1.0)


def test_s12_a_failed_run_has_no_onset(play: Play) -> None:
    run = play(ask(event("a", Start(1.0), Begin("k")), event("b", Start(2.0)), budget=1))
    assert (run.result.first, run.result.kind, run.result.onset) == (INFINITE, -1, [INFINITE, INFINITE])


# --- S13 Pathway ---


def test_s13_the_root_goes_with_armings_and_holds(play: Play) -> None:
    rules = (
        Rule("incidents", "root", "a", Start(1.0), (change("set", "f", 1.0), Arm("e.b", Amount(base=1.0)))),
        event("b", Armed(), change("set", "x", 1.0)),
        event("w", HELD, Begin("k")),
        # what happens while the watch holds is not its root
        Rule("diplomacy", "other", "z", Start(3.0), (change("set", "x", 4.0),)),
    )
    run = play(ask(*rules))
    assert run.result.first == 4.0
    assert run.program.blocks[run.result.root] == "root"
    # the flag was raised by the root itself, so it was off just before
    assert run.result.flags == 0


def test_s13_flags_are_those_just_before_the_roots_effects(play: Play) -> None:
    half = event("a", Start(1.0), change("set", "f", 0.5))
    root = event("b", Start(2.0), change("set", "f", 0.0), Arm("e.c", Amount(base=3.0)))
    run = play(ask(half, root, event("c", Armed(), Begin("k")), event("d", Start(4.0), change("set", "f", 0.49))))
    assert (run.result.first, run.result.flags) == (5.0, 1)
    assert run.program.quantities[run.program.flags[0]] == "f"


def test_s13_a_clock_is_a_root(play: Play) -> None:
    rules = (event("c", Clock(1.0), change("set", "x", 1.0)), event("a", ALWAYS, change("set", "f", 1.0)))
    watch = Rule("crises", "watcher", "w", Watch((at_least("x", 1.0),), 0.5), (Begin("k"),))
    run = play(ask(*rules, watch))
    assert (run.result.first, run.program.blocks[run.result.root], run.result.flags) == (wait("e.c") + 0.5, "e", 1)


def test_s13_no_onset_has_no_root(play: Play) -> None:
    run = play(ask(event("a", ALWAYS)))
    assert (run.result.kind, run.result.root, run.result.flags) == (-1, -1, 0)
