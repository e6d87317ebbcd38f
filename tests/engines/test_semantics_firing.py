"""Each paragraph S1 to S6 of `docs/semantics.md` by example, worked out by hand, on every engine."""

from __future__ import annotations

import math

import pytest

from sim.rules.language import (
    Amount,
    Arm,
    Armed,
    Begin,
    Clock,
    Disarm,
    End,
    Hook,
    If,
    Member,
    Reaction,
    Rule,
    Start,
    Sum,
    Watch,
)
from sim.rules.link import link
from tests.engines.conftest import Play
from tests.engines.writing import ask, at_least, change, drawn, each, event, luck, point, wait

ARM_DELAY_NEGATIVE, STEPS, PENDING = 4, 6, 2
ALWAYS = Start(0.0)


# --- S1 Time ---


def test_s1_what_is_due_at_the_end_does_not_happen(play: Play) -> None:
    last = math.nextafter(5.0, 0.0)
    run = play(ask(event("a", Start(last)), event("b", Start(5.0)), event("c", Start(7.0)), days=5.0))
    assert run.order() == ["e.a"]
    assert run.result.dues == 1


@pytest.mark.parametrize(("day", "inside"), [(2.0, True), (math.nextafter(2.0, 0.0), False), (9.0, False), (8.9, True)])
def test_s1_the_window_holds_its_opening_and_not_its_close(play: Play, day: float, inside: bool) -> None:
    run = play(ask(event("a", Start(day), Begin("k")), days=12.0, window=(2.0, 9.0)))
    assert run.result.onset == [day if inside else math.inf, math.inf]
    assert run.result.early == [day if day < 2.0 else math.inf, math.inf]
    assert run.result.first == (day if inside else math.inf)


# --- S2 Rank ---


def test_s2_rank_is_stage_then_block_then_name_in_code_points(play: Play) -> None:
    written = [
        ("crises", "a", "a"),
        ("forces", "b", "a"),
        ("forces", "Z", "a"),
        ("forces", "b", "B"),
        ("events", "a", "é"),
    ]
    rules = [Rule(stage, block, name, Start(1.0)) for stage, block, name in written]
    run = play(ask(*rules))
    assert run.order() == ["Z.a", "b.B", "b.a", "a.é", "a.a"]


# --- S3 Next ---


def test_s3_ties_go_by_rank_then_by_instance(play: Play) -> None:
    arms = (Arm("e.c", Amount(base=1.0)), Arm("e.b", Amount(base=1.0)), Arm("e.c", Amount(base=1.0)))
    run = play(ask(event("d", ALWAYS, *arms), event("b", Armed()), event("c", Armed()), event("a", Start(1.0))))
    assert [(due.rank, due.instance) for due in run.story.dues[1:]] == [(0, -1), (1, 1), (2, 0), (2, 2)]


def test_s3_what_is_armed_now_comes_before_higher_ranks_that_wait(play: Play) -> None:
    run = play(ask(event("b", ALWAYS, Arm("e.a")), event("a", Armed()), event("c", ALWAYS)))
    assert run.order() == ["e.b", "e.a", "e.c"]


# --- S4 Firing ---


def test_s4_amounts_are_a_snapshot_and_effects_apply_in_order(play: Play) -> None:
    effects = (change("set", "x", 3.0), change("scale", "x", 2.0), change("add", "y", Amount(1.0, 1.0, "x", 10.0)))
    run = play(ask(event("a", ALWAYS, *effects, change("add", "x", Amount(0.0, 1.0, "y")))), probes=(1.0,))
    # y is set from x as it was, 0; x is changed three times, by amounts fixed before: 0 -> 3 -> 6 -> 6
    assert run.result.probed is not None
    assert run.result.probed.tolist() == [[0.0, 6.0, 10.0]]
    assert [(effect.before, effect.after) for effect in run.story.dues[0].effects] == [(0, 3), (3, 6), (0, 10), (6, 6)]


def test_s4_derived_quantities_are_those_of_the_last_settle(play: Play) -> None:
    sums = {"sums": [Sum("s")], "members": [Member("s", "x", 2.0)]}
    copy = change("set", "y", Amount(0.0, 1.0, "s"))
    run = play(ask(event("a", ALWAYS, change("set", "x", 1.0), copy), event("b", ALWAYS, copy), **sums))
    assert (run.after("e.a", 1), run.after("e.b")) == ([0.0], [2.0])


def test_s4_a_failed_guard_counts_as_due_and_never_runs_else(play: Play) -> None:
    impossible = (at_least("x", 5.0),)
    refused = event(
        "a", ALWAYS, change("add", "x", 1.0), chance=0.0, guard=impossible, otherwise=(change("add", "y", 1.0),)
    )
    run = play(ask(refused), probes=(1.0,))
    assert [due.outcome for due in run.story.dues] == ["guard"]
    assert run.result.dues == 1
    assert run.result.probed is not None
    assert run.result.probed.tolist() == [[0.0, 0.0, 0.0]]


def test_s4_a_failed_chance_runs_else_if_there_is_one(play: Play) -> None:
    otherwise = (change("add", "y", 1.0),)
    run = play(
        ask(
            event("a", ALWAYS, change("add", "x", 1.0), chance=0.0, otherwise=otherwise),
            event("b", ALWAYS, change("add", "x", 1.0), chance=0.0),
            event("c", ALWAYS, change("add", "x", 1.0), chance=1.0, otherwise=otherwise),
        )
    )
    assert [due.outcome for due in run.story.dues] == ["otherwise", "chance", "fired"]


def test_s4_it_fires_if_and_only_if_the_uniform_is_below_the_chance(play: Play) -> None:
    u = luck("e.a/chance")
    for chance, outcome in ((u, "chance"), (math.nextafter(u, 1.0), "fired")):
        assert [due.outcome for due in play(ask(event("a", ALWAYS, chance=chance))).story.dues] == [outcome]


def test_s4_a_dip_inside_one_firing_is_invisible_between_two_it_is_not(play: Play) -> None:
    watch = event("w", Watch((at_least("x", 1.0),), 5.0), Begin("k"))
    up = event("a", ALWAYS, change("set", "x", 1.0))
    inside = event("b", Start(1.0), change("set", "x", 0.0), change("set", "x", 1.0))
    between = (event("b", Start(1.0), change("set", "x", 0.0)), event("c", Start(1.0), change("set", "x", 1.0)))
    assert play(ask(up, inside, watch)).times("e.w") == [5.0]
    assert play(ask(up, *between, watch)).times("e.w") == [6.0]


def test_s4_amounts_of_an_effect_whose_if_is_false_are_not_evaluated(play: Play) -> None:
    size = point("e.a.size", 2.0)
    wrong = change("set", "x", Amount(base=math.inf), If(size, 2.5))
    right = change("set", "x", size, If(size, 2.0))
    assert play(ask(event("a", ALWAYS, wrong, right))).result.status == 0
    assert play(ask(event("a", ALWAYS, change("set", "x", math.inf)))).result.status == 3


def test_s4_a_local_is_drawn_once_a_firing(play: Play) -> None:
    size = each("e.a.size")
    run = play(ask(event("a", ALWAYS, change("set", "x", size), change("set", "y", Amount(0.0, 0.0, None, size)))))
    assert run.after("e.a", 0) == [drawn("e.a.size", 0)]
    twice = play(ask(event("a", ALWAYS, change("set", "x", size), change("set", "y", Amount(size, 0.0, None, size)))))
    assert twice.after("e.a", 1) == [drawn("e.a.size", 0) * drawn("e.a.size", 0)]


def test_s4_a_refused_clock_has_loaded_its_next_wait(play: Play) -> None:
    run = play(ask(event("a", Clock(1.0), guard=(at_least("x", 1.0),)), days=wait("e.a") + wait("e.a", 1) + 0.01))
    assert run.times("e.a")[:2] == [wait("e.a"), wait("e.a") + wait("e.a", 1)]
    assert {due.outcome for due in run.dues("e.a")} == {"guard"}


# --- S5 Occurrence ---


def test_s5_refused_dues_count_for_the_chance_of_a_clock(play: Play) -> None:
    run = play(ask(event("a", Clock(2.0), chance=0.5), event("b", Start(4.0)), days=20.0))
    outcomes = [due.outcome for due in run.dues("e.a")]
    assert outcomes == ["fired" if luck("e.a/chance", k) < 0.5 else "chance" for k in range(len(outcomes))]
    assert {"fired", "chance"} == set(outcomes)


def test_s5_an_instance_that_overtakes_keeps_its_luck(play: Play) -> None:
    size = each("e.b.size")
    arms = (Arm("e.b", Amount(base=5.0)), Arm("e.b", Amount(base=1.0)))
    run = play(ask(event("a", ALWAYS, *arms), event("b", Armed(), change("set", "x", size))))
    assert [due.instance for due in run.dues("e.b")] == [1, 0]
    assert run.after("e.b") == [drawn("e.b.size", 1), drawn("e.b.size", 0)]


def test_s5_a_disarmed_instance_uses_its_number_up(play: Play) -> None:
    size = each("e.b.size")
    effects = (Arm("e.b", Amount(base=5.0)), Disarm("e.b"), Arm("e.b", Amount(base=1.0)))
    run = play(ask(event("a", ALWAYS, *effects), event("b", Armed(), change("set", "x", size))))
    assert run.after("e.b") == [drawn("e.b.size", 1)]
    assert run.dues("e.b")[0].instance == 1


def test_s5_steps_share_ticket_and_load_and_ask_the_chance_each(play: Play) -> None:
    size = each("e.b.size")
    steps = Arm("e.b", steps=8.0, over=Amount(base=8.0), load=Amount(base=0.25))
    armed = event("b", Armed(), change("set", "x", size), change("set", "y", Amount(0.0, 1.0, "load")), chance=0.5)
    run = play(ask(event("a", ALWAYS, Arm("e.b", Amount(base=20.0)), steps), armed))
    dues = run.dues("e.b")[:8]
    assert [due.outcome for due in dues] == [
        "fired" if luck("e.b/chance", 1, i) < 0.5 else "chance" for i in range(1, 9)
    ]
    assert {due.instance for due in dues} == {1}
    assert {tuple(effect.after for effect in due.effects) for due in dues if due.effects} == {
        (drawn("e.b.size", 1), 0.25)
    }
    assert run.dues("e.b")[8].outcome == ("fired" if luck("e.b/chance", 0, 0) < 0.5 else "chance")


def test_s5_the_delay_of_a_hook_takes_the_ticket_of_the_rule_that_reacts(play: Play) -> None:
    late = each("e.b.delay", 4.0)
    rules = (
        event("a", ALWAYS, Arm("e.b", Amount(base=25.0))),
        event("c", Start(1.0)),
        event("d", Start(2.0), Arm("e.b", Amount(base=25.0))),
        event("b", Armed(), reacts=Reaction("hook.c", late)),
    )
    run = play(ask(*rules, hooks=[Hook("hook.c", "e.c")], days=40.0))
    assert sorted(run.times("e.b")) == sorted([25.0, 1.0 + drawn("e.b.delay", 1, 4.0), 27.0])


def test_s5_a_hook_is_not_heard_where_the_chance_failed(play: Play) -> None:
    rules = (
        event("a", ALWAYS, chance=0.0, otherwise=(change("add", "x", 1.0),)),
        event("b", Armed(), reacts=Reaction("hook.a", 1.0)),
    )
    assert play(ask(*rules, hooks=[Hook("hook.a", "e.a")])).order() == ["e.a"]


def test_s5_waits_are_numbered_by_dues(play: Play) -> None:
    run = play(ask(event("a", Clock(1.0)), days=20.0))
    times = run.times("e.a")
    expected, now = [], 0.0
    for k in range(len(times)):
        now = now + wait("e.a", k)
        expected.append(now)
    assert times == expected
    assert len(times) > 3


# --- S6 Arming ---


def test_s6_a_delay_of_nothing_is_due_now_by_rank(play: Play) -> None:
    run = play(ask(event("a", Start(2.0), Arm("e.c"), Arm("e.b")), event("b", Armed()), event("c", Armed())))
    assert [(due.time, due.rank) for due in run.story.dues] == [(2.0, 0), (2.0, 1), (2.0, 2)]


def test_s6_steps_are_never_accumulated(play: Play) -> None:
    arm = Arm("e.b", Amount(base=0.1), steps=7.0, over=Amount(base=0.3))
    run = play(ask(event("a", Start(2.3), arm), event("b", Armed())))
    assert run.times("e.b") == [2.3 + (0.1 + (0.3 * i) / 7.0) for i in range(1, 8)]
    assert run.story.dues[0].effects[0].before == run.times("e.b")[0]
    assert run.story.dues[0].effects[0].after == run.times("e.b")[-1]


def test_s6_a_load_goes_with_the_instance_and_is_nothing_by_default(play: Play) -> None:
    carried = change("set", "x", Amount(1.0, 2.0, "load"))
    arms = (Arm("e.b", load=Amount(base=3.0)), Arm("e.b", Amount(base=1.0)))
    run = play(ask(event("a", ALWAYS, *arms, carried), event("b", Armed(), carried)))
    assert [due.load for due in run.story.dues] == [0.0, 3.0, 0.0]
    assert run.after("e.b") == [7.0, 1.0]
    assert run.after("e.a", 2) == [1.0]


def test_s6_disarm_removes_what_is_left_and_not_what_is_firing(play: Play) -> None:
    steps = Arm("e.b", steps=4.0, over=Amount(base=4.0))
    once = event("b", Armed(), Disarm("e.b"), change("add", "x", 1.0))
    run = play(ask(event("a", ALWAYS, steps), once))
    assert run.times("e.b") == [1.0]
    assert [effect.after for effect in run.dues("e.b")[0].effects] == [0.0, 1.0]
    assert run.dues("e.b")[0].effects[0].before == 3.0


def test_s6_disarm_removes_a_start_that_has_not_fired(play: Play) -> None:
    run = play(
        ask(event("a", Start(1.0), Disarm("e.b")), event("b", Start(2.0)), event("c", Start(3.0), Disarm("e.a")))
    )
    assert run.order() == ["e.a", "e.c"]


def test_s6_clocks_and_watches_cannot_be_disarmed(play: Play) -> None:
    rules = (
        event("c", Clock(0.5)),
        event("w", Watch((at_least("x", 1.0),), 3.0)),
        event("a", ALWAYS, change("set", "x", 1.0)),
    )
    attempt = event("b", Start(min(0.5, wait("e.c"))), Disarm("e.c"), Disarm("e.w"))
    run, free = play(ask(*rules, attempt)), play(ask(*rules))
    assert run.times("e.c") == free.times("e.c") != []
    assert run.times("e.w") == [3.0]


@pytest.mark.parametrize("delay", [-1e-9, math.inf, math.nan])
def test_s6_a_delay_that_is_negative_or_not_finite_fails_the_run(play: Play, delay: float) -> None:
    run = play(
        ask(event("a", Start(2.0), change("add", "x", 1.0), Arm("e.b", Amount(base=delay))), event("b", Armed()))
    )
    assert (run.result.status, run.result.failed_at) == (ARM_DELAY_NEGATIVE, 2.0)
    # the effects before it were applied
    assert run.after("e.a") == [1.0]


def test_s6_a_negative_delay_is_not_made_good_by_steps(play: Play) -> None:
    arm = Arm("e.b", Amount(base=-1.0), steps=2.0, over=Amount(base=4.0))
    assert play(ask(event("a", ALWAYS, arm), event("b", Armed()))).result.status == ARM_DELAY_NEGATIVE


@pytest.mark.parametrize("steps", [0.0, -1.0, 2.5, 4097.0, math.inf, math.nan])
def test_s6_a_number_of_steps_that_is_none_fails_the_run(play: Play, steps: float) -> None:
    run = play(ask(event("a", ALWAYS, Arm("e.b", steps=steps, over=Amount(base=1.0))), event("b", Armed())))
    assert run.result.status == STEPS


def test_s6_room_is_counted_in_steps_before_an_arming_is_added(play: Play) -> None:
    full = Arm("e.b", steps=4095.0, over=Amount(base=10.0))
    fits = ask(event("a", ALWAYS, full, Arm("e.b", Amount(base=20.0))), event("b", Armed()), budget=1)
    # the start of `c` is pending too
    over = ask(event("a", ALWAYS, full, Arm("e.b")), event("b", Armed()), event("c", Start(1.0)))
    assert play(fits).result.status == 1
    assert (play(over).result.status, play(over).result.dues) == (PENDING, 1)


@pytest.mark.parametrize("trigger", [Start(1.0), Clock(1.0), Watch((at_least("x", 1.0),))])
def test_s6_only_an_armed_rule_can_be_armed(trigger: Start | Clock | Watch) -> None:
    asked = ask(event("a", ALWAYS, Arm("e.b")), event("b", trigger))
    program, problems = link(asked.brings, asked.span, asked.counted)
    assert program is None
    assert [problem.text for problem in problems] == ["`e` arms `e.b`, which has a trigger of its own"]


def test_s6_the_end_of_a_crisis_can_be_armed_many_times(play: Play) -> None:
    arms = (Arm("e.b", Amount(base=1.0)), Arm("e.b", Amount(base=1.0)), Arm("e.b", Amount(base=2.0)))
    run = play(ask(event("a", ALWAYS, Begin("k"), *arms), event("b", Armed(), End("k"))))
    assert [due.effects[0].before for due in run.dues("e.b")] == [1.0, 0.0, 0.0]
