"""Random scenarios in the rule language: small worlds in which much happens at once, on the same days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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

WORLDS = 3
VALUES = ("assumptions.a", "assumptions.b", "assumptions.c")
ENDLESS = float("inf")


@dataclass(frozen=True, slots=True)
class Question:
    """A scenario and what is asked of it. `values` has a row of `WORLDS` numbers a path of `VALUES`."""

    brings: Brings
    span: Span
    counted: tuple[str, ...]
    values: tuple[tuple[float, ...], ...] = ((1.0,) * WORLDS,) * len(VALUES)
    budget: int = 150
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


def often(common: Sequence[float], low: float, high: float) -> st.SearchStrategy[float]:
    """A number that is mostly one of a few, so that ties and equal levels are the norm."""
    return st.one_of(st.sampled_from(common), st.sampled_from(common), st.floats(low, high, allow_subnormal=False))


DAYS = often((0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 5.0, 0.5), 0.0, 9.0)
STEPS_TAKEN = st.sampled_from((1.0, 2.0, 3.0, 3.0, 4.0))
AMOUNTS = often((-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0), -4.0, 4.0)
LEVELS = often((0.0, 0.5, 1.0, 1.0, 2.0, 3.0, -1.0), -2.0, 4.0)
# levels that a world at rest does not reach, and one firing may: a watch that is true from the start never fires
THRESHOLDS = st.sampled_from((0.5, 1.0, 1.0, 1.5, 2.0, 3.0))
HOLDS = st.sampled_from((0.0, 0.0, 0.5, 1.0, 1.0, 2.0, 3.5))
CHANCES = often((0.0, 0.3, 0.5, 0.8, 1.0, 1.5), 0.0, 1.0)
GAINS = st.sampled_from((0.0, 0.1, 0.3, 0.5, 1.0))
UNCUT = (0.0, 1.0)
FAMILIES = (
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
ANY_SIGN = (*FAMILIES, (q.NORMAL, (0.5, 1.0)), (q.UNIFORM, (-1.0, 2.0)), (q.METALOG, (0.5, 0.3, 0.1, 0.0)))


@st.composite
def draws(draw: st.DrawFn, path: str, families: Sequence[tuple[int, tuple[float, ...]]] = FAMILIES) -> Draw:
    """An `each` value."""
    if draw(st.integers(0, 5)) == 0:
        table = (0.0, 1.0, 2.0, 0.2, 0.7, 1.0)
        parameters = (0.0, 3.0, 0.0, 0.0, 0.0, 0.0, *UNCUT)
        return Draw(q.CHOICE, tuple(Constant(x) for x in parameters), "choice", table=table, path=path)
    family, own = draw(st.sampled_from(families))
    padded = (*own, *[0.0] * (6 - len(own)), *draw(st.sampled_from((UNCUT, (0.1, 0.9)))))
    return Draw(family, tuple(Constant(x) for x in padded), "each", path=path)


@dataclass(slots=True)
class Cast:
    """The names that a scenario has, by what can be done with them."""

    stored: list[str]
    tensions: list[str]
    lows: list[str]
    kinds: list[str]
    readable: list[str] = field(default_factory=list)
    armed: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)


def certain(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Number]:
    """Mostly a plain number, now and then one that differs between worlds."""
    uncertain = st.sampled_from(VALUES).map(Reference)
    return st.integers(0, 11).flatmap(lambda i: uncertain if i == 0 else numbers)


@st.composite
def amounts(draw: st.DrawFn, cast: Cast, each: Sequence[Draw], plain: st.SearchStrategy[float] = AMOUNTS) -> Amount:
    """(A + B z) v with parts of every sort."""

    def part(numbers: st.SearchStrategy[float]) -> Chancy:
        if each and draw(st.integers(0, 3)) == 0:
            return draw(st.sampled_from(each))
        return draw(certain(numbers))

    shape = draw(st.integers(0, 9))
    if shape < 6:
        return Amount(base=part(plain))
    of = LOAD if shape == 6 else draw(st.sampled_from(cast.readable))
    times = part(st.sampled_from((0.5, 1.0, 2.0))) if shape == 9 else 1.0
    return Amount(part(plain), part(st.sampled_from((-1.0, 0.5, 1.0))), of, times)


@st.composite
def conditions(
    draw: st.DrawFn, cast: Cast, fewest: int, most: int, levels: st.SearchStrategy[float] = LEVELS
) -> tuple[Condition, ...]:
    """A conjunction of bounds."""
    found = []
    for _ in range(draw(st.integers(fewest, most))):
        sides = draw(st.integers(0, 6))
        lower = draw(certain(levels)) if sides != 1 else None
        upper = draw(certain(levels)) if sides in (1, 4) else None
        found.append(Condition(draw(st.sampled_from(cast.readable)), lower, upper))
    return tuple(found)


@st.composite
def clocks(draw: st.DrawFn, cast: Cast, wild: bool) -> Clock:
    """A hazard of every sort: constant, log-linear, excited, a pure memory, switched, silent; in wild worlds impossible."""
    base = draw(certain(st.sampled_from((0.0, 0.05, 0.2, 0.5, 1.0, 2.5))))
    terms = st.tuples(st.sampled_from(cast.readable), certain(st.sampled_from((-1.0, -0.3, 0.0, 0.2, 0.5))))
    exponent = draw(st.lists(terms, max_size=2))
    if wild and draw(st.booleans()):
        base = draw(st.sampled_from((0.3, -0.1, 1e308)))
        exponent.append((draw(st.sampled_from(cast.readable)), draw(st.sampled_from((300.0, -600.0, 1e300)))))
    inside: list[tuple[str, Number]] = []
    outside: list[tuple[str, Number]] = []
    for tension in cast.tensions:
        where = draw(st.integers(0, 5))
        if where in (1, 3):
            inside.append((tension, draw(certain(GAINS))))
        if where in (2, 3):
            outside.append((tension, draw(certain(GAINS))))
    constant = draw(st.sampled_from((1.0, 1.0, 0.0, 2.0)))
    only = draw(conditions(cast, 0, 1)) if draw(st.booleans()) else ()
    hears = ("orders",) if draw(st.integers(0, 3)) == 0 else ()
    return Clock(base, constant, tuple(exponent), tuple(inside), tuple(outside), only, hears)


@st.composite
def arms(draw: st.DrawFn, cast: Cast, each: Sequence[Draw], when: If | None, wild: bool) -> Arm:
    """An arming: plain or in steps, at once or later, with and without a load."""
    plain = often((-1.0, 0.0, 1.0), -0.5, 5.0) if wild else DAYS
    late = [one for one in each if one.family != q.NORMAL] if not wild else each
    after = Amount(base=draw(st.sampled_from(late)) if late and draw(st.booleans()) else draw(plain))
    load = draw(amounts(cast, each)) if draw(st.booleans()) else None
    steps = None
    over = Amount()
    if draw(st.integers(0, 2)) == 0:
        steps = draw(st.sampled_from((0.0, 2.5, 5000.0, ENDLESS))) if wild else draw(STEPS_TAKEN)
        over = Amount(base=draw(plain))
    return Arm(draw(st.sampled_from(cast.armed)), after, steps, over, load, when)


@st.composite
def effects(draw: st.DrawFn, cast: Cast, each: Sequence[Draw], fewest: int, most: int, wild: bool) -> list[Effect]:
    """Effects in the order in which they are applied."""
    found: list[Effect] = []
    for _ in range(draw(st.integers(fewest, most))):
        when = If(draw(st.sampled_from(each)), draw(LEVELS)) if each and draw(st.integers(0, 3)) == 0 else None
        choice = draw(st.integers(0, 15))
        if choice < 7 or (choice < 10 and not cast.armed):
            target = draw(st.sampled_from([*cast.stored, *cast.tensions]))
            operation = draw(st.sampled_from(("add", "add", "set", "scale")))
            plain = st.sampled_from((1e308, -1e308, 1.0)) if wild and choice == 0 else AMOUNTS
            found.append(Change(operation, target, draw(amounts(cast, each, plain)), when))
        elif choice < 10:
            found.append(draw(arms(cast, each, when, wild and choice == 9)))
        elif choice == 10:
            found.append(Disarm(draw(st.sampled_from(cast.rules)), when))
        elif choice < 14 and cast.kinds:
            found.append(draw(st.sampled_from((Begin, Begin, End)))(draw(st.sampled_from(cast.kinds)), when))
        elif choice == 14 and cast.lows:
            found.append(Reset(draw(st.sampled_from(cast.lows)), when))
        else:
            found.append(Note("something", when))
    return found


@st.composite
def rules(
    draw: st.DrawFn, cast: Cast, place: tuple[str, str, str, str], hooks: Sequence[str], wild: bool
) -> Rule:
    """A rule in its place: (stage, block, name, sort of trigger)."""
    stage, block, name, sort = place
    each = [
        draw(draws(f"{block}.{name}.each{i}", ANY_SIGN if i else FAMILIES)) for i in range(draw(st.integers(0, 2)))
    ]
    trigger: Trigger = Armed()
    reacts = None
    if sort == "start":
        trigger = Start(draw(certain(DAYS)))
    elif sort == "clock":
        trigger = draw(clocks(cast, wild))
    elif sort == "watch":
        trigger = Watch(draw(conditions(cast, 1, draw(st.sampled_from((1, 1, 2))), THRESHOLDS)), draw(certain(HOLDS)))
    elif hooks and draw(st.booleans()):
        delay: Chancy = draw(draws(f"{block}.{name}.delay")) if draw(st.booleans()) else draw(DAYS)
        reacts = Reaction(draw(st.sampled_from(hooks)), delay, f"{block}.{name}")
    chance = draw(certain(CHANCES)) if draw(st.integers(0, 2)) == 0 else None
    if wild and draw(st.integers(0, 15)) == 0:
        chance = float("nan")
    otherwise = draw(effects(cast, each, 0, 2, False)) if chance is not None else []
    guard = draw(conditions(cast, 1, 1)) if draw(st.integers(0, 4)) == 0 else ()
    done = tuple(draw(effects(cast, each, 1, 4, wild)))
    return Rule(stage, block, name, trigger, done, guard, chance, tuple(otherwise), reacts)


@st.composite
def state(draw: st.DrawFn, brings: Brings) -> Cast:
    """Puts quantities, tensions, derived quantities and kinds into `brings`."""
    cast = Cast([], [], [], [])
    for i in range(draw(st.integers(1, 4))):
        floor, ceiling, flag = draw(
            st.sampled_from(((0.0, 1.0, True), (0.0, 1.0, True), (0.0, ENDLESS, False), (-3.0, 4.0, False)))
        )
        start = min(max(draw(st.sampled_from((0.0, 0.0, 0.0, 0.0, 1.0, 2.0, -1.0))), floor), ceiling)
        brings.quantities.append(Quantity(f"q{i}", start, floor, ceiling, flag))
        cast.stored.append(f"q{i}")
    for i in range(draw(st.integers(0, 3))):
        cap = draw(st.sampled_from((ENDLESS, ENDLESS, 3.0)))
        start = draw(st.sampled_from((0.0, 0.5, 1.0, 2.0, 3.0)))
        baseline = draw(certain(st.sampled_from((0.0, 0.0, 0.5, 1.0))))
        half_life = draw(st.sampled_from((0.5, 2.0, 6.0, 30.0)))
        brings.tensions.append(Tension(f"t{i}", start, baseline, half_life, cap))
        cast.tensions.append(f"t{i}")
    cast.readable = [*cast.stored]
    for i in range(draw(st.integers(0, 2))):
        members = draw(st.lists(st.sampled_from(cast.readable), min_size=1, max_size=3, unique=True))
        brings.members += [Member(f"s{i}", name, draw(st.sampled_from((1.0, 1.0, 0.5, -1.0, 0.3)))) for name in members]
        brings.sums.append(Sum(f"s{i}", draw(st.sampled_from((0.0, 0.0, 0.1, -1.0)))))
        cast.readable.append(f"s{i}")
    for i in range(draw(st.integers(0, 2))):
        of = draw(st.sampled_from(cast.readable))
        brings.lows.append(Low(f"low{i}", of))
        brings.rises.append(Rise(f"rise{i}", of, f"low{i}"))
        cast.lows.append(f"low{i}")
        cast.readable += [f"low{i}", f"rise{i}"]
    for i in range(draw(st.integers(0, 3))):
        brings.kinds.append(Kind(f"k{i}", "as defined", draw(st.booleans()), draw(st.sampled_from((0.0, 0.0, 1.0)))))
        cast.kinds.append(f"k{i}")
    return cast


@st.composite
def questions(draw: st.DrawFn, wild: bool | None = None) -> Question:
    """A scenario and a question. In a `wild` one something may go wrong at any moment."""
    brings = Brings()
    cast = draw(state(brings))
    if wild is None:
        wild = draw(st.integers(0, 4)) == 0
    places = []
    for i in range(draw(st.integers(2, 8))):
        sort = draw(st.sampled_from(("start", "clock", "clock", "watch", "watch", "armed", "armed"))) if i else "start"
        stage = draw(st.sampled_from(STAGES))
        # blocks of several rules, names that do not sort as they are written
        places.append((stage, f"{stage}.{draw(st.sampled_from('AbZ'))}", f"r{(i * 7) % 10}", sort))
    names = [f"{block}.{name}" for _, block, name, _ in places]
    cast.rules = names
    cast.armed = [name for name, place in zip(names, places, strict=True) if place[3] == "armed"]
    hooked = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    brings.hooks = [Hook(f"hook.{name}", name) for name in hooked]
    for place in places:
        brings.rules.append(draw(rules(cast, place, [hook.name for hook in brings.hooks], wild)))
    if draw(st.booleans()):
        reference = draw(certain(LEVELS))
        log_multiplier = draw(certain(st.sampled_from((0.0, 0.4, -0.7))))
        where = draw(st.sampled_from(cast.readable))
        brings.influences.append(Influence("orders", where, log_multiplier, reference, "influence"))
    opens = draw(st.sampled_from((0.0, 2.0, 5.0)))
    closes = opens + draw(st.sampled_from((1.0, 5.0, 12.0)))
    span = Span(closes + draw(st.sampled_from((0.0, 0.0, 4.0))), opens, closes)
    values = draw(st.tuples(*[st.tuples(*[st.sampled_from((0.0, 0.5, 1.0, 2.0))] * WORLDS)] * len(VALUES)))
    budget = draw(st.sampled_from((3, 20, 150, 150, 150)))
    room = draw(st.sampled_from((4, 4096, 4096)))
    return Question(brings, span, tuple(cast.kinds[:2]), values, budget, room)
