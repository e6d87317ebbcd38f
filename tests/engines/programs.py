"""Random scenarios in the rule language: small worlds in which much happens at once, on the same days.

Everything is chosen by one `random.Random`. Seeded with a number it gives independent scenarios by the thousand;
hypothesis' own gives scenarios that shrink when a test fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from sim.chance import quantiles as q
from sim.chance.uncertain import Chancy, Constant, Draw, Number, Reference
from sim.chance.worlds import parameter_vectors
from sim.rules.language import (
    LOAD,
    STAGES,
    Amount,
    Arm,
    Armed,
    Begin,
    Brings,
    Change,
    Clock,
    Condition,
    Disarm,
    Effect,
    End,
    Hook,
    If,
    Influence,
    Kind,
    Low,
    Member,
    Note,
    Quantity,
    Reaction,
    Reset,
    Rise,
    Rule,
    Start,
    Sum,
    Tension,
    Trigger,
    Watch,
)
from sim.rules.link import Span, link
from sim.rules.program import Program

WORLDS = 2
VALUES = ("assumptions.a", "assumptions.b", "assumptions.c")
ENDLESS = float("inf")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Question:
    """A scenario and what is asked of it. `values` has a row of `WORLDS` numbers a path of `VALUES`."""

    brings: Brings
    span: Span
    counted: tuple[str, ...] = ()
    values: tuple[tuple[float, ...], ...] = ((1.0,) * WORLDS,) * len(VALUES)
    budget: int = 200
    room: int = 4096

    def program(self) -> Program:
        """The linked Program; it is an error if anything stands in the way of it."""
        program, problems = link(self.brings, self.span, self.counted)
        if program is None:
            raise ValueError(f"a generated scenario does not link: {problems}")
        return program

    def numbers(self, program: Program) -> list[list[float]]:
        """One parameter vector a world."""
        drawn = {path: np.array(row) for path, row in zip(VALUES, self.values, strict=True)}
        return parameter_vectors(program.expressions, drawn, WORLDS).tolist()


def questions(wild: bool | None = None) -> st.SearchStrategy[Question]:
    """Scenarios that shrink. In a `wild` one something may go wrong at any moment; None leaves it to chance."""
    return st.randoms(use_true_random=False).map(lambda random: question(random, wild))


def question(random: Random, wild: bool | None = None) -> Question:
    """A scenario and a question, of numbers that `random` gives."""
    return Author(random, random.random() < 0.2 if wild is None else wild).question()


DAYS = (0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 5.0, 0.5)
CHANGES = (-2.0, -1.0, 0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0)
LEVELS = (0.0, 0.5, 1.0, 1.0, 2.0, 3.0, -1.0)
# what a world at rest does not reach and one firing may: a watch that is true from the start cannot fire
THRESHOLDS = (0.5, 0.5, 1.0, 1.0, 1.0, 2.0)
SORTS = ("start", "start", "clock", "clock", "clock", "watch", "watch", "watch", "armed", "armed", "armed", "armed")
HOLDS = (0.0, 0.0, 0.5, 1.0, 1.0, 2.0, 3.5)
GAINS = (0.0, 0.1, 0.3, 0.5, 1.0)
POSITIVE = (
    (q.UNIFORM, (0.0, 3.0)),
    (q.TRIANGULAR, (0.0, 1.0, 4.0)),
    (q.POINT, (1.0,)),
    (q.EXPONENTIAL, (2.0,)),
    (q.WEIBULL, (1.5, 2.0)),
    (q.PARETO, (1.0, 2.0)),
    (q.LOGNORMAL, (0.0, 0.7)),
    (q.LOGIT_NORMAL, (0.0, 1.0, 0.0, 2.0)),
    (q.LOG_LOGISTIC, (1.0, 3.0)),
    (q.LOG_METALOG, (0.0, 0.5, 0.0, 0.0, 0.0)),
)
OF_ANY_SIGN = (*POSITIVE, (q.NORMAL, (0.5, 1.0)), (q.UNIFORM, (-1.0, 2.0)), (q.METALOG, (0.5, 0.3, 0.1, 0.0)))


@dataclass(slots=True)
class Author:
    """Writes one scenario. The lists hold the names that it has, by what can be done with them."""

    random: Random
    wild: bool
    brings: Brings = field(default_factory=Brings)
    stored: list[str] = field(default_factory=list)
    tensions: list[str] = field(default_factory=list)
    readable: list[str] = field(default_factory=list)
    armed: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)

    def odds(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, things: Sequence[_T]) -> _T:
        return self.random.choice(things)

    def number(self, common: Sequence[float], low: float, high: float) -> float:
        """Mostly one of a few numbers, so that ties and equal levels are the norm."""
        return self.pick(common) if self.odds(0.85) else self.random.uniform(low, high)

    def certain(self, number: float) -> Number:
        """Mostly the number, now and then one that differs between worlds."""
        return Reference(self.pick(VALUES)) if self.odds(0.07) else number

    def question(self) -> Question:
        self.state()
        places = []
        for i in range(self.random.randint(3, 12)):
            sort = self.pick(SORTS) if i else "start"
            stage = self.pick(STAGES)
            # blocks of several rules, and names that do not sort as they are written
            places.append((stage, f"{stage}.{self.pick('AbZ')}", f"r{i * 7 % 13}", sort))
        self.rules = [f"{block}.{name}" for _, block, name, _ in places]
        self.armed = [f"{block}.{name}" for _, block, name, sort in places if sort == "armed"]
        hooked = self.random.sample(self.rules, self.random.randint(0, 2))
        self.brings.hooks = [Hook(f"hook.{name}", name) for name in hooked]
        self.brings.rules = [self.rule(*place) for place in places]
        if self.odds(0.5):
            quantity, multiplier = self.pick(self.readable), self.certain(self.pick((0.0, 0.4, -0.7)))
            reference = self.certain(self.pick(LEVELS))
            self.brings.influences.append(Influence("orders", quantity, multiplier, reference, "influence"))
        opens = self.pick((0.0, 2.0, 5.0))
        closes = opens + self.pick((2.0, 8.0, 15.0))
        span = Span(closes + self.pick((0.0, 0.0, 4.0)), opens, closes)
        values = tuple(tuple(self.pick((0.0, 0.5, 1.0, 2.0)) for _ in range(WORLDS)) for _ in VALUES)
        counted = tuple(kind.name for kind in self.brings.kinds[:2])
        budget, room = (self.pick((3, 20, 200)), self.pick((4, 4096))) if self.wild else (200, 4096)
        return Question(self.brings, span, counted, values, budget, room)

    def state(self) -> None:
        """Quantities, tensions, derived quantities and kinds."""
        brings = self.brings
        for i in range(self.random.randint(1, 4)):
            floor, ceiling, flag = self.pick(
                ((0.0, 1.0, True), (0.0, 1.0, True), (0.0, ENDLESS, False), (-3.0, 4.0, False))
            )
            start = min(max(self.pick((0.0, 0.0, 0.0, 0.0, 1.0, 2.0, -1.0)), floor), ceiling)
            brings.quantities.append(Quantity(f"q{i}", start, floor, ceiling, flag))
        self.stored = [quantity.name for quantity in brings.quantities]
        for i in range(self.random.randint(0, 3)):
            start, baseline = self.pick((0.0, 0.5, 1.0, 2.0, 3.0)), self.certain(self.pick((0.0, 0.0, 0.5, 1.0)))
            cap = self.pick((ENDLESS, ENDLESS, 3.0))
            brings.tensions.append(Tension(f"t{i}", start, baseline, self.pick((0.5, 2.0, 6.0, 30.0)), cap))
        self.tensions = [tension.name for tension in brings.tensions]
        self.readable = [*self.stored]
        for i in range(self.random.randint(0, 2)):
            members = self.random.sample(self.readable, self.random.randint(1, min(3, len(self.readable))))
            brings.members += [Member(f"s{i}", name, self.pick((1.0, 1.0, 0.5, -1.0, 0.3))) for name in members]
            brings.sums.append(Sum(f"s{i}", self.pick((0.0, 0.0, 0.1, -1.0))))
            self.readable.append(f"s{i}")
        for i in range(self.random.randint(0, 2)):
            of = self.pick(self.readable)
            brings.lows.append(Low(f"low{i}", of))
            brings.rises.append(Rise(f"rise{i}", of, f"low{i}"))
            self.readable += [f"low{i}", f"rise{i}"]
        for i in range(self.random.randint(0, 3)):
            brings.kinds.append(Kind(f"k{i}", "as defined", self.odds(0.3), self.pick((0.0, 0.0, 1.0))))

    def rule(self, stage: str, block: str, name: str, sort: str) -> Rule:
        each = [self.draw(f"{block}.{name}.each{i}", i > 0) for i in range(self.random.randint(0, 2))]
        trigger: Trigger = Armed()
        reacts = None
        if sort == "start":
            trigger = Start(self.certain(self.number(DAYS, 0.0, 9.0)))
        elif sort == "clock":
            trigger = self.clock()
        elif sort == "watch":
            conditions = self.conditions(self.pick((1, 1, 2)), THRESHOLDS)
            trigger = Watch(conditions, self.certain(self.pick(HOLDS)))
        elif self.brings.hooks and self.odds(0.5):
            late: Chancy = self.draw(f"{block}.{name}.delay", self.wild) if self.odds(0.5) else self.pick(DAYS)
            reacts = Reaction(self.pick(self.brings.hooks).name, late, f"{block}.{name}")
        chance = None
        if self.odds(0.3):
            chance = self.certain(self.number((0.0, 0.3, 0.5, 0.8, 1.0, 1.5), 0.0, 1.0))
            if self.wild and self.odds(0.1):
                chance = float("nan")
        guard = self.conditions(1, LEVELS) if self.odds(0.2) else ()
        done = self.effects(each, self.random.randint(1, 4))
        otherwise = self.effects(each, self.random.randint(0, 2)) if chance is not None else ()
        return Rule(stage, block, name, trigger, done, guard, chance, otherwise, reacts)

    def draw(self, path: str, any_sign: bool) -> Draw:
        """An `each` value, its tails cut or not."""
        if self.odds(0.15):
            table = (0.0, 1.0, 2.0, 0.2, 0.7, 1.0)
            parameters: tuple[float, ...] = (0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
            return Draw(q.CHOICE, tuple(map(Constant, parameters)), "choice", table=table, path=path)
        family, own = self.pick(OF_ANY_SIGN if any_sign else POSITIVE)
        parameters = (*own, *[0.0] * (6 - len(own)), *self.pick(((0.0, 1.0), (0.1, 0.9))))
        return Draw(family, tuple(map(Constant, parameters)), "each", path=path)

    def conditions(self, count: int, levels: Sequence[float]) -> tuple[Condition, ...]:
        found = []
        for _ in range(count):
            side = self.pick("lllllllub")
            lower = self.certain(self.number(levels, 0.1, 2.0)) if side != "u" else None
            upper = self.certain(self.number(LEVELS, 0.0, 4.0)) if side != "l" else None
            found.append(Condition(self.pick(self.readable), lower, upper))
        return tuple(found)

    def clock(self) -> Clock:
        """A hazard of any sort: constant, log-linear, excited, a pure memory, switched, silent; if wild, impossible."""
        base = self.certain(self.pick((0.0, 0.05, 0.1, 0.2, 0.5, 1.0)))
        exponent = [
            (self.pick(self.readable), self.certain(self.pick((-1.0, -0.3, 0.0, 0.2, 0.5))))
            for _ in range(self.random.randint(0, 2))
        ]
        if self.wild and self.odds(0.5):
            base = self.pick((0.3, 0.3, -0.1, 1e308))
            exponent.append((self.pick(self.readable), self.pick((300.0, -600.0, 1e300))))
        inside = tuple((name, self.certain(self.pick(GAINS))) for name in self.tensions if self.odds(0.4))
        outside = tuple((name, self.certain(self.pick(GAINS))) for name in self.tensions if self.odds(0.4))
        only = self.conditions(1, LEVELS) if self.odds(0.35) else ()
        hears = ("orders",) if self.odds(0.4) or not self._heard() else ()
        return Clock(base, self.pick((1.0, 1.0, 0.0, 2.0)), tuple(exponent), inside, outside, only, hears)

    def _heard(self) -> bool:
        return any(isinstance(rule.trigger, Clock) and rule.trigger.hears for rule in self.brings.rules)

    def amount(self, each: Sequence[Draw], common: Sequence[float] = CHANGES) -> Amount:
        """(A + B z) v with parts of every sort."""

        def part(numbers: Sequence[float]) -> Chancy:
            if each and self.odds(0.3):
                return self.pick(each)
            return self.certain(self.number(numbers, -4.0, 4.0))

        if self.odds(0.6):
            return Amount(base=part(common))
        of = LOAD if self.odds(0.35) else self.pick(self.readable)
        times = part((0.5, 1.0, 2.0)) if self.odds(0.3) else 1.0
        return Amount(part(common), part((-1.0, 0.5, 1.0)), of, times)

    def effects(self, each: Sequence[Draw], count: int) -> tuple[Effect, ...]:
        return tuple(self.effect(each) for _ in range(count))

    def effect(self, each: Sequence[Draw]) -> Effect:
        when = If(self.pick(each), self.number(LEVELS, 0.0, 4.0)) if each and self.odds(0.25) else None
        sort = self.pick(("change",) * 7 + ("arm",) * 3 + ("turn",) * 3 + ("disarm", "reset", "note"))
        if sort == "arm" and self.armed:
            return self.arm(each, when)
        if sort == "turn" and self.brings.kinds:
            return self.pick((Begin, Begin, End))(self.pick(self.brings.kinds).name, when)
        if sort == "disarm":
            return Disarm(self.pick(self.rules), when)
        if sort == "reset" and self.brings.lows:
            return Reset(self.pick(self.brings.lows).name, when)
        if sort == "note":
            return Note("something", when)
        common = (1e308, -1e308, 1.0) if self.wild and self.odds(0.2) else CHANGES
        target, operation = self.pick([*self.stored, *self.tensions]), self.pick(("add", "add", "add", "set", "scale"))
        return Change(operation, target, self.amount(each, common), when)

    def arm(self, each: Sequence[Draw], when: If | None) -> Arm:
        """An arming: plain or in steps, at once or later, with and without a load; if wild, perhaps impossible."""
        broken = self.wild and self.odds(0.3)
        late = [draw for draw in each if broken or draw.path.endswith("each0")]
        after = Amount(base=self.number((-1.0, 0.0, 1.0), -0.5, 5.0) if broken else self.number(DAYS, 0.0, 9.0))
        if late and self.odds(0.4):
            after = Amount(base=self.pick(late))
        load = self.amount(each) if self.odds(0.5) else None
        if self.odds(0.65):
            return Arm(self.pick(self.armed), after, load=load, when=when)
        steps = self.pick((0.0, 2.5, 5000.0, 3.0) if broken else (1.0, 2.0, 3.0, 3.0, 4.0))
        over = Amount(base=self.pick((-1.0, 0.0, 2.0) if broken else DAYS))
        return Arm(self.pick(self.armed), after, steps, over, load, when)
