"""Every engine under test, behind one door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from sim.engines.compiled import Compiled
from sim.engines.reference import Reference
from sim.records.outcomes import RunResult
from sim.records.story import Due, Story
from sim.rules import program as p
from sim.rules.program import Program
from tests.engines.oracle import Oracle
from tests.engines.programs import Question
from tests.engines.writing import SEED


@dataclass(frozen=True, slots=True)
class Played:
    """One run: its row, its story, and the Program that it was played from."""

    result: RunResult
    story: Story
    program: Program

    def dues(self, rule: str) -> list[Due]:
        """All dues of a rule."""
        rank = self.program.rules.index(rule)
        return [due for due in self.story.dues if due.rank == rank]

    def times(self, rule: str) -> list[float]:
        """When a rule came due."""
        return [due.time for due in self.dues(rule)]

    def order(self) -> list[str]:
        """The rules in the order in which they came due."""
        return [self.program.rules[due.rank] for due in self.story.dues]

    def after(self, rule: str, effect: int = 0) -> list[float]:
        """What an effect of a rule left behind, each time the rule had effects."""
        return [due.effects[effect].after for due in self.dues(rule) if len(due.effects) > effect]


Play = Callable[..., Played]


def play_oracle(question: Question, world: int, replay: int, seed: int, probes: Sequence[float]) -> Played:
    program, story = question.program(), Story()
    oracle = Oracle(program, seed, question.budget, question.room)
    return Played(oracle.play(question.numbers(program)[world], world, replay, story, probes), story, program)


def play_reference(question: Question, world: int, replay: int, seed: int, probes: Sequence[float]) -> Played:
    program, story = question.program(), Story()
    numbers = question.numbers(program)[world]
    with pytest.MonkeyPatch.context() as patch:
        # an engine has the limits of `sim.rules.program`; small ones show what happens at them
        patch.setattr(p, "DUE_BUDGET", question.budget)
        patch.setattr(p, "PENDING_CAPACITY", question.room)
        result = Reference(program, seed).play(numbers, world, replay, story=story, probes=probes)
    return Played(result, story, program)


def play_compiled(question: Question, world: int, replay: int, seed: int, probes: Sequence[float]) -> Played:
    program, story = question.program(), Story()
    engine = Compiled(program, seed, budget=question.budget, room=question.room)
    numbers = question.numbers(program)[world]
    return Played(engine.play(numbers, world, replay, story=story, probes=probes), story, program)


ENGINES = {"oracle": play_oracle, "simpy": play_reference, "compiled": play_compiled}


@pytest.fixture(params=ENGINES)
def play(request: pytest.FixtureRequest) -> Play:
    """Plays a question on one of the engines."""

    def on_this_engine(
        question: Question, world: int = 0, replay: int = 0, seed: int = SEED, probes: Sequence[float] = ()
    ) -> Played:
        return ENGINES[request.param](question, world, replay, seed, probes)

    return on_this_engine
