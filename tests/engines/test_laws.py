"""The laws of `docs/semantics.md` (section 5), over generated scenarios and scenario files, on the reference engine."""

from __future__ import annotations

import math
import re
from dataclasses import astuple, fields, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.chance.worlds import draw_worlds, parameter_vectors
from sim.engines.reference import Reference
from sim.rules import program as p
from sim.rules.language import (
    STAGES,
    Amount,
    Arm,
    Armed,
    Brings,
    Change,
    Clock,
    Condition,
    Influence,
    Kind,
    Quantity,
    Rule,
    Start,
    Tension,
    Watch,
)
from sim.rules.link import Span
from sim.scenario.load import load
from tests.engines.conftest import Played, play_reference
from tests.engines.programs import WORLDS, Question, question
from tests.engines.test_parity import bits, first_difference

SEED = 7
SCENARIOS = Path(__file__).parents[2] / "scenarios"
TEACHING = sorted((SCENARIOS / "teaching").glob("*.yaml"))
FLAGSHIP = SCENARIOS / "spring-2021.yaml"
NUMBERS = st.integers(0, 2**40)
scenarios = NUMBERS.map(lambda number: question(Random(number), wild=False))
laws = settings(max_examples=60)


def play(asked: Question, world: int = 0, replay: int = 0) -> Played:
    return play_reference(asked, world, replay, SEED, ())


def told(run: Played, rules: set[str] | None = None, until: float = math.inf) -> list[Any]:
    """What came due before `until` of some rules, by names: without ranks, instances and targets, which may shift."""
    names = run.program.rules
    return [
        bits((due.time, names[due.rank], due.outcome, due.since, due.load))
        + [bits((effect.operation, effect.before, effect.after)) for effect in due.effects]
        for due in run.story.dues
        if (rules is None or names[due.rank] in rules) and due.time < until
    ]


# --- the same question ---


@laws
@given(scenarios)
def test_the_same_question_has_the_same_bytes(asked: Question) -> None:
    assert first_difference(play(asked), play(asked)) is None


@laws
@given(scenarios)
def test_a_run_alone_is_the_run_in_a_batch(asked: Question) -> None:
    """No run leaves anything behind in the engine, whatever was played before it."""
    program = asked.program()
    numbers = asked.numbers(program)
    places = [(world, replay) for world in range(WORLDS) for replay in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(p, "DUE_BUDGET", asked.budget)
        engine = Reference(program, SEED)
        batch = {place: engine.play(numbers[place[0]], *place) for place in places}
        for place in reversed(places):
            alone = Reference(program, SEED).play(numbers[place[0]], *place)
            assert bits(astuple(alone)) == bits(astuple(batch[place]))


@laws
@given(scenarios, NUMBERS)
def test_the_order_of_blocks_has_no_effect(asked: Question, number: int) -> None:
    random, shuffled = Random(number), Brings()
    for field in fields(Brings):
        things = list(getattr(asked.brings, field.name))
        random.shuffle(things)
        setattr(shuffled, field.name, things)
    again = replace(asked, brings=shuffled)
    assert again.program().digest() == asked.program().digest()
    assert first_difference(play(again), play(asked)) is None


# --- what touches nothing ---


def bystander(random: Random) -> Brings:
    """A block with a life of its own, in stages before, between and after those of others."""
    z, zz = Quantity("aa.z", 0.0), Quantity("zz.z", 1.0, 0.0, 5.0)

    def rule(name: str, trigger: Any, *effects: Any, **more: Any) -> Rule:
        return Rule(random.choice(STAGES), f"{random.choice('aZz')}.bystander", name, trigger, effects, **more)

    armed = rule("late", Armed(), Change("add", "zz.z", Amount(1.0, 0.5, "load")))
    return Brings(
        quantities=[z, zz],
        tensions=[Tension("aa.t", 1.0, 0.5, 3.0)],
        rules=[
            armed,
            rule("start", Start(1.0), Change("add", "aa.z", Amount(base=1.0)), Arm(armed.full_name, Amount(base=1.0))),
            rule("clock", Clock(0.8, outside=(("aa.t", 0.3),)), Change("add", "aa.t", Amount(base=0.5)), chance=0.6),
            rule("watch", Watch((Condition("aa.z", at_least=1.0),), 1.0), Change("set", "aa.z", Amount(base=0.0))),
        ],
        influences=[Influence("orders", "aa.z", 0.0, 0.25, "bystander")],
        kinds=[Kind("zz.kind", "of no interest")],
    )


def heard(asked: Question) -> bool:
    return any(isinstance(rule.trigger, Clock) and rule.trigger.hears for rule in asked.brings.rules)


@laws
@given(scenarios, NUMBERS)
def test_a_block_that_touches_nothing_changes_no_bit(asked: Question, number: int) -> None:
    assume(heard(asked))
    more = Brings()
    more.extend(asked.brings)
    more.extend(bystander(Random(number)))
    alone, together = play(asked), play(replace(asked, brings=more, budget=2 * asked.budget))
    assume(alone.result.status == 0)
    assert together.result.status == 0
    assert told(together, set(alone.program.rules)) == told(alone)
    assert len(together.story.dues) > len(alone.story.dues)
    assert together.result.first == alone.result.first
    assert together.result.onset[: len(alone.result.onset)] == alone.result.onset


@laws
@given(scenarios, NUMBERS)
def test_a_block_that_touches_something_shows(asked: Question, number: int) -> None:
    """Negative control: with a multiplier that is not 1, the clocks that hear it come due at other times."""
    clock = Rule("events", "events.heard", "c", Clock(1.0, hears=("orders",)))
    brings = Brings()
    brings.extend(asked.brings)
    brings.rules.append(clock)
    more, loud = Brings(), bystander(Random(number))
    loud.influences = [Influence("orders", "zz.z", 1e-9, 0.0, "bystander")]
    more.extend(brings)
    more.extend(loud)
    one, other = (play(replace(asked, brings=each, budget=1000)) for each in (brings, more))
    assume(one.times(clock.full_name) != [])
    assert told(other, {clock.full_name}) != told(one, {clock.full_name})


# --- time ---


def hazards(random: Random, factor: float, days: float) -> Question:
    """Clocks with constant hazards that switch each other on and off, all `factor` times as fast."""
    names = [f"q{i}" for i in range(3)]
    rules = []
    for i in range(4):
        exponent = ((random.choice(names), random.choice((-0.7, 0.3))),) if random.random() < 0.5 else ()
        only = (Condition(random.choice(names), at_most=1.5),) if random.random() < 0.5 else ()
        change = Change(
            random.choice(("add", "set")), random.choice(names), Amount(base=random.choice((1.0, 2.0, 0.0)))
        )
        chance = random.choice((None, 0.5))
        clock = Clock(factor * random.uniform(0.05, 1.0), exponent=exponent, only=only)
        rules.append(Rule("events", f"events.b{i}", "r", clock, (change,), chance=chance))
    brings = Brings(quantities=[Quantity(name, 0.0, 0.0, 3.0) for name in names], rules=rules)
    return Question(brings, Span(days, 0.0, days))


@laws
@given(NUMBERS, st.sampled_from((2.0, 0.25, 3.0)))
def test_a_hazard_times_f_divides_the_times_by_f(number: int, factor: float) -> None:
    plain, fast = play(hazards(Random(number), 1.0, 30.0)), play(hazards(Random(number), factor, 30.0 / factor))
    assert [(due.rank, due.outcome) for due in fast.story.dues] == [(due.rank, due.outcome) for due in plain.story.dues]
    times = [due.time for due in fast.story.dues]
    expected = [due.time / factor for due in plain.story.dues]
    if factor == 3.0:
        assert times == pytest.approx(expected, rel=1e-12)
    else:
        assert times == expected


@laws
@given(scenarios, st.sampled_from((0.5, 3.0, 100.0)))
def test_ending_later_changes_nothing_before(asked: Question, more: float) -> None:
    span = replace(asked.span, horizon=asked.span.horizon + more)
    short = play(asked)
    assume(short.result.status == 0)
    later = play(replace(asked, span=span, budget=asked.budget + 500))
    assert told(later, until=asked.span.horizon) == told(short)
    holds = [hold for hold in later.story.holds if hold.ends < asked.span.horizon]
    assert holds == short.story.holds
    if later.result.status == 0:
        assert bits(later.result.onset) == bits(short.result.onset)
        assert (later.result.first, later.result.kind) == (short.result.first, short.result.kind)


# --- luck ---


@laws
@given(scenarios)
def test_other_replays_and_seeds_are_other_luck(asked: Question) -> None:
    """Negative control of everything above: runs differ where they should."""
    clock = Rule("events", "events.luck", "c", Clock(2.0))
    brings = Brings()
    brings.extend(asked.brings)
    brings.rules.append(clock)
    with_clock = replace(asked, brings=brings)
    runs = [play_reference(with_clock, 0, replay, seed, ()) for replay, seed in ((0, SEED), (1, SEED), (0, SEED + 1))]
    first = [run.times(clock.full_name)[:1] for run in runs]
    assume(all(first))
    assert len({tuple(times) for times in first}) == 3


# --- scenario files ---


def rows(path: Path, worlds: int) -> list[list[float]]:
    scenario = load(path).scenario
    drawn = draw_worlds(scenario.values, scenario.groups, SEED, np.arange(worlds))
    return parameter_vectors(scenario.program.expressions, drawn, worlds).tolist()


@pytest.mark.parametrize("path", [*TEACHING, FLAGSHIP], ids=lambda path: path.stem)
def test_more_worlds_leave_the_first_ones_as_they_are(path: Path) -> None:
    few, many = rows(path, 3), rows(path, 11)
    assert bits(many[:3]) == bits(few)
    engine = Reference(load(path).scenario.program, SEED)
    played = [engine.play(row, world, 0) for world, row in enumerate(many)]
    again = [engine.play(row, world, 0) for world, row in enumerate(few)]
    assert bits([astuple(row) for row in played[:3]]) == bits([astuple(row) for row in again])
    assert {row.status for row in played} == {0}


def without(text: str, *blocks: str) -> str:
    """A scenario file without some of its top-level blocks."""
    for block in blocks:
        text, found = re.subn(rf"^{block}:.*\n(?:(?:[ #].*)?\n)*", "", text, flags=re.MULTILINE)
        assert found == 1
    return text


def test_the_model_sees_neither_evidence_nor_resolution(tmp_path: Path) -> None:
    text = FLAGSHIP.read_text(encoding="utf-8")
    bare = tmp_path / FLAGSHIP.name
    bare.write_text(without(text, "resolution", "evidence"), encoding="utf-8")
    whole, stripped = load(FLAGSHIP), load(bare)
    assert whole.resolution
    assert whole.evidence
    assert not stripped.resolution
    assert not stripped.evidence
    assert stripped.scenario.program.digest() == whole.scenario.program.digest()


def test_the_model_sees_everything_else(tmp_path: Path) -> None:
    """Negative control: a clock that starts a day later is another Program."""
    text = FLAGSHIP.read_text(encoding="utf-8").replace("starts: 2021-04-22", "starts: 2021-04-23")
    changed = tmp_path / FLAGSHIP.name
    changed.write_text(text, encoding="utf-8")
    assert load(changed).scenario.program.digest() != load(FLAGSHIP).scenario.program.digest()
