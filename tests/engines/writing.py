"""Short words for scenarios written by hand: one block `e`, whose rules rank by their names."""

from __future__ import annotations

import math

from sim.chance import quantiles as q
from sim.chance.streams import stream_hash, uniform
from sim.chance.uncertain import Chancy, Constant, Draw, Number
from sim.rules.language import (
    Amount,
    Brings,
    Change,
    Condition,
    Effect,
    If,
    Kind,
    Quantity,
    Rule,
    Trigger,
)
from sim.rules.link import Span
from tests.engines.programs import Question

SEED, WORLD, REPLAY = 18, 0, 0


def event(name: str, trigger: Trigger, *effects: Effect, chance: Number | None = None, **more: object) -> Rule:
    """The rule `e.NAME`; `more` are other fields of a `Rule`."""
    return Rule("events", "e", name, trigger, effects, chance=chance, **more)  # type: ignore[arg-type]


def change(operation: str, target: str, amount: Chancy | Amount, when: If | None = None) -> Change:
    """`add`, `scale` or `set` by a number, a draw or an amount."""
    return Change(operation, target, amount if isinstance(amount, Amount) else Amount(base=amount), when)


def at_least(quantity: str, level: float) -> Condition:
    return Condition(quantity, at_least=level)


def ask(
    *rules: Rule, days: float = 30.0, window: tuple[float, float] | None = None, budget: int = 1000, **brought: object
) -> Question:
    """A question about these rules, on the quantities `x` and `y`, the flag `f` and the kinds `k` and `l` (counted)."""
    brings = Brings(
        quantities=[Quantity("x", 0.0), Quantity("y", 0.0), Quantity("f", 0.0, 0.0, 1.0, flag=True)],
        kinds=[Kind("k", "as defined"), Kind("l", "as defined")],
        rules=list(rules),
    )
    for name, things in brought.items():
        getattr(brings, name).extend(things)
    opens, closes = window or (0.0, days)
    return Question(brings, Span(days, opens, closes), ("k", "l"), budget=budget)


def each(path: str, mean: float = 1.0) -> Draw:
    """An exponential `each` value with this path."""
    return Draw(q.EXPONENTIAL, tuple(map(Constant, (mean, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0))), "each", path=path)


def point(path: str, value: float) -> Draw:
    """An `each` value that is always the same."""
    return Draw(q.POINT, tuple(map(Constant, (value, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0))), "each", path=path)


def luck(stream: str, occurrence: int = 0, j: int = 0) -> float:
    """The uniform that the run of `WORLD` and `REPLAY` has at an address."""
    return uniform(SEED, WORLD, REPLAY, stream_hash(stream), occurrence, j)


def drawn(path: str, occurrence: int, mean: float = 1.0) -> float:
    """What `each` draws with this occurrence."""
    return mean * -math.log1p(-luck(path, occurrence))


def wait(rule: str, occurrence: int = 0) -> float:
    """The Exp(1) that a clock loads for its due of this number."""
    return -math.log(luck(f"{rule}/wait", occurrence))
