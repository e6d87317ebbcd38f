"""The compiled engine as a machine for batches: cut anyhow, of any size, on any number of threads, the same rows.

That a single run is right is the matter of `test_parity` and of the tests of the semantics, which play on every engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.chance.worlds import parameter_vectors
from sim.engines.compiled import LOG_ROWS, Compiled
from sim.engines.reference import Reference
from sim.records.outcomes import Floats, Outcomes, concatenate
from sim.records.story import Story
from sim.rules import program as p
from sim.rules.language import (
    Amount,
    Arm,
    Armed,
    Begin,
    Brings,
    Clock,
    Disarm,
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
from sim.rules.link import Span
from sim.rules.program import Program
from tests.engines.programs import VALUES, Question, question
from tests.engines.test_parity import bits
from tests.engines.writing import SEED, ask, at_least, change, each, event

PENDING = 2
ROOT = Path(__file__).parents[2]


def vectors(program: Program, worlds: int, seed: int = 1) -> Floats:
    """A parameter vector a world, with values that differ between worlds."""
    random = np.random.default_rng(seed)
    values = {path: random.choice([0.0, 0.5, 1.0, 2.0], worlds) for path in VALUES}
    return np.asarray(parameter_vectors(program.expressions, values, worlds), dtype=np.float64)


def rows(outcomes: Outcomes) -> Any:
    """All columns, as bytes."""
    return bits(astuple(outcomes))


def assert_equal(asked: Question, worlds: int = 2, replays: int = 3, seed: int = SEED) -> Outcomes:
    """The batch is the reference engine's, and so is the story of its last run."""
    program = asked.program()
    numbers = vectors(program, worlds)
    engine, reference = Compiled(program, seed), Reference(program, seed)
    found = engine.play_batch(range(worlds), range(replays), numbers)
    assert rows(found) == rows(reference.play_batch(range(worlds), range(replays), numbers))
    stories = Story(), Story()
    for story, each_engine in zip(stories, (engine, reference), strict=True):
        each_engine.play(numbers[-1].tolist(), worlds - 1, replays - 1, story=story)
    assert [bits(astuple(due)) for due in stories[0].dues] == [bits(astuple(due)) for due in stories[1].dues]
    assert [bits(astuple(hold)) for hold in stories[0].holds] == [bits(astuple(hold)) for hold in stories[1].holds]
    return found


# --- any cut ---

CUTS = st.lists(st.integers(0, 7), max_size=4)


def parts(whole: range, cuts: list[int]) -> Iterator[range]:
    """Neighbouring pieces of a range, some of them perhaps empty."""
    edges = [whole.start, *sorted(whole.start + min(cut, len(whole)) for cut in cuts), whole.stop]
    return map(range, edges, edges[1:])


@settings(max_examples=40)
@given(st.integers(0, 2**40), CUTS, CUTS, st.integers(0, 2**31 - 7), st.integers(0, 2**32 - 7))
def test_any_cut_gives_the_same_rows(number: int, by_world: list[int], by_replay: list[int], w: int, r: int) -> None:
    asked = question(Random(number))
    program = asked.program()
    worlds, replays, numbers = range(w, w + 7), range(r, r + 6), vectors(program, 7, number)
    engine = Compiled(program, SEED, budget=asked.budget, room=asked.room)
    whole = engine.play_batch(worlds, replays, numbers)
    strips = []
    for some in parts(worlds, by_world):
        of_them = numbers[some.start - w : some.stop - w]
        strips.append([engine.play_batch(some, fewer, of_them) for fewer in parts(replays, by_replay)])
    joined = concatenate([part for strip in strips for part in strip])
    order = np.lexsort((joined.replay, joined.world))
    assert rows(whole) == bits(tuple(column[order] for column in astuple(joined)))


def test_the_order_of_worlds_has_no_effect() -> None:
    """Dates are sorted from the order that the world before left behind, which may be any."""
    dates = [event(f"a{i}", Start(100.0 + i), change("add", "x", Amount(1.0, 0.5, "x"))) for i in range(9)]
    asked = ask(*dates, event("b", Clock(0.1), Begin("k"), chance=0.5))
    program = asked.program()
    numbers = vectors(program, 8)
    dated = [index for index in program.start_at.tolist() if index >= 0]
    for row, shift in zip(numbers, (0, 4, 1, 7, 2, 6, 3, 5), strict=True):
        row[dated] = (np.arange(len(dated)) * 5 + shift) % 4
    numbers[3, dated[0]] = math.nan
    engine, reference = Compiled(program, SEED), Reference(program, SEED)
    whole = engine.play_batch(range(8), range(4), numbers)
    assert rows(whole) == rows(reference.play_batch(range(8), range(4), numbers))
    assert set(whole.status[whole.world == 3].tolist()) == {4}
    singly = [engine.play_batch(range(i, i + 1), range(4), numbers[i : i + 1]) for i in range(8)]
    assert rows(whole) == rows(concatenate(singly))


@pytest.mark.parametrize(("worlds", "replays"), [(0, 3), (3, 0), (0, 0)])
def test_a_batch_may_be_empty(worlds: int, replays: int) -> None:
    program = question(Random(3)).program()
    numbers = vectors(program, worlds)
    found = Compiled(program, SEED).play_batch(range(worlds), range(5, 5 + replays), numbers)
    assert len(found) == 0
    assert rows(found) == rows(Reference(program, SEED).play_batch(range(worlds), range(5, 5 + replays), numbers))
    assert [column.dtype for column in astuple(found)] == [
        column.dtype for column in astuple(Reference(program, SEED).play_batch(range(1), range(1), vectors(program, 1)))
    ]


def test_a_batch_does_not_mind_how_its_numbers_lie() -> None:
    program = question(Random(3)).program()
    numbers = vectors(program, 6)
    engine = Compiled(program, SEED)
    expected = rows(engine.play_batch(range(3), range(2), numbers[::2]))
    assert rows(engine.play_batch(range(3), range(2), np.asfortranarray(numbers[::2]))) == expected
    assert rows(engine.play_batch(range(3), range(2), numbers[::2].copy())) == expected
    numbers.setflags(write=False)
    assert rows(engine.play_batch(range(3), range(2), numbers[::2])) == expected


@pytest.mark.parametrize("shape", [(3, 0), (1, 0), (2, -1), (2, 1)])
def test_numbers_that_do_not_fit_are_refused(shape: tuple[int, int]) -> None:
    """A kernel that read beyond its numbers, or wrote beyond its rows, would do so without a word."""
    program = question(Random(3)).program()
    count, more = shape
    with pytest.raises(ValueError, match="a row a world"):
        Compiled(program, SEED).play_batch(range(2), range(2), np.zeros((count, len(program.expressions) + more)))
    with pytest.raises(ValueError, match="a row a world"):
        Compiled(program, SEED).play([0.0] * (len(program.expressions) + 1), 0, 0)


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_the_ends_of_the_addresses(seed: int) -> None:
    asked = ask(
        event("a", Clock(0.3), change("add", "x", each("e.a.size")), chance=0.5), event("b", Clock(0.2), Begin("k"))
    )
    program = asked.program()
    worlds, replays, numbers = range(2**31 - 2, 2**31), range(2**32 - 3, 2**32 - 1), vectors(program, 2)
    found = Compiled(program, seed).play_batch(worlds, replays, numbers)
    assert rows(found) == rows(Reference(program, seed).play_batch(worlds, replays, numbers))
    assert (int(found.world[-1]), int(found.replay[-1])) == (2**31 - 1, 2**32 - 2)
    assert len(set(found.first.tolist())) > 1


# --- nothing of a sort ---


def alone(*rules: Rule, **brought: Any) -> Question:
    """Only what is given: no quantity, no kind."""
    return Question(Brings(rules=list(rules), **brought), Span(20.0, 0.0, 20.0), tuple(brought.get("counted", ())))


X = Quantity("x", 0.0)
BARE = {
    "nothing": alone(),
    "a date": alone(event("a", Start(1.0))),
    "a clock": alone(event("a", Clock(0.2))),
    "a tension": alone(tensions=[Tension("t", 1.0, 0.5, 3.0)]),
    "a quantity": alone(quantities=[X]),
    "a kind": alone(kinds=[Kind("k", "as defined")]),
    "an arming": alone(event("a", Start(1.0), Arm("e.b", Amount(base=2.0))), event("b", Armed())),
    "a watch": alone(event("a", Watch((at_least("x", 1.0),), 1.0)), quantities=[X]),
    "a watch without conditions": alone(event("a", Watch((), 1.0)), event("b", Start(1.0))),
    "a sum": alone(quantities=[X], sums=[Sum("s")], members=[Member("s", "x")]),
    "a draw": alone(event("a", Clock(0.3), change("add", "x", each("e.a.size"))), quantities=[X]),
    "a clock with a tension": alone(
        event("a", Clock(0.1, inside=(("t", 1.0),)), change("add", "t", 1.0)), tensions=[Tension("t", 1.0, 0.5, 3.0)]
    ),
}


@pytest.mark.parametrize("name", BARE)
def test_a_program_may_lack_anything(name: str) -> None:
    found = assert_equal(BARE[name])
    assert not found.status.any()
    has = {"nothing", "a tension", "a quantity", "a kind", "a watch", "a sum"}
    assert (found.dues.sum() == 0) == (name in has)


# --- more than a word holds ---

MANY = 130


def many_clocks() -> Question:
    """Clocks that read one quantity or one tension each, so that the sets have members in every word."""
    tensions = [Tension(f"t{i:03}", 0.0, 0.0, 2.0) for i in range(MANY)]
    quantities = [Quantity(f"q{i:03}", 0.0) for i in range(MANY)]
    rules = [
        event(
            f"c{i:03}",
            Clock(0.02, exponent=((f"q{i:03}", -0.2),), outside=((f"t{i:03}", 0.1),)),
            change("add", f"q{i * 7 % MANY:03}", 1.0),
            change("add", f"t{i * 11 % MANY:03}", 1.0),
        )
        for i in range(MANY)
    ]
    return ask(*rules, event("z", Clock(0.01), Begin("k")), tensions=tensions, quantities=quantities)


def many_watches() -> Question:
    """Watches on one quantity each, which set the next one off and end their own hold."""
    quantities = [Quantity(f"q{i:03}", 0.0) for i in range(MANY)]
    rules = [
        event(
            f"w{i:03}",
            Watch((at_least(f"q{i:03}", 1.0),), (i % 3) / 10),
            change("add", f"q{(i + 64) % MANY:03}", 0.5),
            change("set", f"q{i:03}", 0.0),
            change("add", "y", 1.0),
        )
        for i in range(MANY)
    ]
    push = [event(f"d{i}", Clock(0.5), change("add", f"q{i * 13 % MANY:03}", 0.5)) for i in range(30)]
    return ask(*rules, *push, event("z", Watch((at_least("y", 20.0),), 0.5), Begin("k")), quantities=quantities)


def many_derived() -> Question:
    """A sum, its low and its rise a quantity, and clocks that read the rises; resets in every word."""
    names = [f"{i:03}" for i in range(MANY // 2)]
    rules = [
        event(
            f"c{name}",
            Clock(0.05, exponent=((f"r{name}", -0.1),)),
            change("add", f"q{name}", 1.0),
            change("scale", f"q{names[i * 5 % len(names)]}", 0.5),
            *([Reset(f"l{name}")] if i % 4 == 0 else []),
        )
        for i, name in enumerate(names)
    ]
    return ask(
        *rules,
        event("w", Watch((at_least("r000", 1.0), at_least("s064", 0.5)), 0.5), Begin("k")),
        event("z", Clock(0.02), Begin("l")),
        quantities=[Quantity(f"q{name}", 1.0) for name in names],
        sums=[Sum(f"s{name}") for name in names],
        members=[Member(f"s{name}", f"q{name}", 2.0) for name in names],
        lows=[Low(f"l{name}", f"s{name}") for name in names],
        rises=[Rise(f"r{name}", f"s{name}", f"l{name}") for name in names],
    )


def many_flags() -> Question:
    """With the one of `ask`, as many flags as a pathway has bits; the last is the sign of a word."""
    flags = [Quantity(f"f{i:02}", 0.0, 0.0, 1.0, flag=True) for i in range(63)]
    turns = [event(f"a{i:02}", Clock(0.05), change("set", f"f{i:02}", 1.0)) for i in range(63)]
    off = event("b", Clock(0.2), *(change("set", f"f{i:02}", 0.0) for i in range(0, 63, 5)))
    return ask(*turns, off, event("z", Clock(0.05), Begin("k"), change("set", "f", 1.0)), quantities=flags)


def many_starts() -> Question:
    """Dated rules that tie, are disarmed, and arm others."""
    random = Random(5)
    starts = [
        event(f"a{i:03}", Start(float(random.randrange(12))), change("add", "x", 0.1), Arm("e.b", Amount(base=1.0)))
        for i in range(300)
    ]
    stops = [event(f"d{i}", Clock(0.05), Disarm(f"e.a{i * 17 % 300:03}")) for i in range(40)]
    return ask(
        *starts,
        *stops,
        event("b", Armed(), change("add", "y", 1.0)),
        event("z", Watch((at_least("x", 9.0),)), Begin("k")),
    )


LARGE: dict[str, tuple[Callable[[], Question], Callable[[Program], int]]] = {
    "clocks": (many_clocks, lambda program: int((program.trigger == p.CLOCK).sum())),
    "watches": (many_watches, lambda program: int((program.trigger == p.WATCH).sum())),
    "derived": (many_derived, lambda program: len(program.derived_kind)),
    "flags": (many_flags, lambda program: len(program.flags)),
    "starts": (many_starts, lambda program: int((program.trigger == p.START).sum())),
}
LEAST = {"clocks": 127, "watches": 127, "derived": 127, "flags": 64, "starts": 300}


@pytest.mark.parametrize("name", LARGE)
def test_a_program_may_have_many(name: str) -> None:
    written, count = LARGE[name]
    asked = written()
    assert count(asked.program()) >= LEAST[name]
    found = assert_equal(asked)
    assert not found.status.any()
    assert (found.first < math.inf).any()
    if name == "flags":
        assert (np.bitwise_or.reduce(found.flags) & np.uint64(2**64 - 2**62)) > 0


def test_a_set_of_several_words_matters() -> None:
    """Negative control: where changes no longer reach the clocks beyond the first word, the rows are others."""
    program = many_clocks().program()
    engine = Compiled(program, SEED)
    numbers = vectors(program, 2)
    right = rows(engine.play_batch(range(2), range(3), numbers))
    sizes = engine.sizes
    beyond = sizes.derived_words + 1
    engine.tables.after.reshape(-1, sizes.words)[:, beyond : beyond + sizes.clock_words - 1] = 0
    assert rows(engine.play_batch(range(2), range(3), numbers)) != right


def test_a_long_story_is_told_whole() -> None:
    """The log begins with room for some rows, and grows to what the run needs."""
    again = event("b", Armed(), change("add", "x", 1.0), Arm("e.b", Amount(base=0.01)))
    asked = ask(event("a", Start(0.0), Arm("e.b")), again, days=9.0)
    assert_equal(asked)
    program, story = asked.program(), Story()
    Compiled(program, SEED).play(vectors(program, 1)[0].tolist(), 0, 0, story=story)
    assert len(story.dues) + sum(len(due.effects) for due in story.dues) > 2 * LOG_ROWS


@pytest.mark.parametrize("steps", [4095, 4096, 4097, 5000])
def test_what_may_be_pending_at_once(steps: int) -> None:
    """4 096 instances, and a dated rule that waits is one of them."""
    arm = Arm("e.b", steps=float(steps), over=Amount(base=20.0))
    asked = ask(event("a", Start(0.0), arm), event("b", Armed(), change("add", "x", 1.0)), event("c", Start(25.0)))
    found = assert_equal(asked, worlds=1, replays=1)
    # 5000 steps are more than there could ever be room for: no number of steps at all
    assert found.status.tolist() == [0 if steps == 4095 else PENDING if steps == 4096 else 6]


def test_more_than_may_be_pending_in_all_is_refused() -> None:
    """Five thousand plain armings, on both engines and at the same moment."""
    arms = [Arm("e.b", Amount(base=10.0))] * 50
    starts = [event(f"a{i:03}", Start(i / 50), *arms) for i in range(100)]
    found = assert_equal(ask(*starts, event("b", Armed())), worlds=1, replays=2)
    assert found.status.tolist() == [PENDING] * 2
    # 50 more than 50 (n + 1) + 99 - n after the n-th are too many for n = 81
    assert found.failed_at.tolist() == [81 / 50] * 2
