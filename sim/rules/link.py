"""From what blocks bring, by symbolic name, to a `Program`.

Linking resolves names, sorts rules into ranks, joins influences to the clocks that hear them and reactions to the rules
behind their hooks. Every problem is collected; nothing is linked by halves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from sim.chance.uncertain import Constant, Draw, Expr, as_expr, exp
from sim.rules.assemble import assemble
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
    Influence,
    Reset,
    Rule,
    Watch,
)
from sim.rules.program import Program

MOST_FLAGS = 64


@dataclass(frozen=True, slots=True)
class LinkProblem:
    """A name that leads nowhere, or stands twice.

    `block` is the dotted place that says it, `missing` the name, `candidates` the names that would do.
    """

    block: str
    missing: str
    text: str
    candidates: tuple[str, ...] = ()
    warning: bool = False


class _Named(Protocol):
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Span:
    """The clock and the window in days: a run covers [0, horizon), the window is [opens, closes)."""

    horizon: float
    opens: float
    closes: float


def link(brings: Brings, span: Span, counted: Iterable[str]) -> tuple[Program | None, list[LinkProblem]]:
    """The Program, and every problem; no Program when one of them is an error.

    `counted` are the kinds that count for the question.
    """
    problems: list[LinkProblem] = []
    rules = sorted(brings.rules, key=lambda rule: (STAGES.index(rule.stage), rule.block, rule.name))
    rules = _join_influences(rules, brings.influences, problems)
    rules = _join_reactions(rules, brings.hooks, problems)
    _check_names(rules, brings, problems)
    if any(not problem.warning for problem in problems):
        return None, problems
    return assemble(rules, brings, span.horizon, span.opens, span.closes, frozenset(counted)), problems


def _join_influences(rules: list[Rule], influences: list[Influence], problems: list[LinkProblem]) -> list[Rule]:
    heard: set[str] = set()
    joined = []
    for rule in rules:
        trigger = rule.trigger
        if isinstance(trigger, Clock):
            heard.update(trigger.hears)
            mine = sorted(
                (influence for influence in influences if influence.topic in trigger.hears),
                key=lambda influence: (influence.quantity, influence.path),
            )
            rule = replace(rule, trigger=_influenced(trigger, mine))
        joined.append(rule)
    problems.extend(
        LinkProblem(
            influence.path,
            influence.topic.split(".")[-1],
            f"`{influence.path}` multiplies `{influence.topic}`, but no clock of the scenario has this name",
            tuple(sorted(heard)),
            warning=influence.topic == "orders",
        )
        for influence in influences
        if influence.topic not in heard
    )
    return joined


def _influenced(clock: Clock, influences: list[Influence]) -> Clock:
    """The clock with its influences in the exponent; references are folded into the base rate."""
    base = as_expr(clock.base)
    terms = [*clock.exponent]
    offset: Expr | None = None
    for influence in influences:
        terms.append((influence.quantity, influence.log_multiplier))
        reference = as_expr(influence.reference)
        if reference != Constant(0.0):
            shift = as_expr(influence.log_multiplier) * reference
            offset = shift if offset is None else offset + shift
    if offset is not None:
        base = base * exp(-offset)
    terms.sort(key=lambda term: term[0])
    return replace(clock, base=base, exponent=tuple(terms))


def _join_reactions(rules: list[Rule], hooks: list[Hook], problems: list[LinkProblem]) -> list[Rule]:
    behind = {hook.name: hook.rule for hook in hooks}
    added: dict[str, list[Effect]] = {}
    for rule in rules:
        if rule.reacts is None:
            continue
        hook = resolve_hook(rule.reacts.hook, behind)
        if hook is None:
            place = rule.reacts.path or rule.block
            text = f"`{place}` waits for `{rule.reacts.hook}`, which nothing in the scenario announces"
            problems.append(LinkProblem(place, rule.reacts.hook, text, tuple(sorted(behind))))
            continue
        arm = Arm(rule.full_name, after=Amount(base=rule.reacts.delay), own_ticket=True)
        added.setdefault(behind[hook], []).append(arm)
    return [replace(rule, effects=(*rule.effects, *added.get(rule.full_name, ()))) for rule in rules]


def resolve_hook(name: str, behind: dict[str, str]) -> str | None:
    """The hook that a file means: its full name, or `KIND` for the beginning of a crisis of that kind."""
    for candidate in (name, f"crises.{name}.begun", f"{name}.begun"):
        if candidate in behind:
            return candidate
    return None


def _check_names(rules: list[Rule], brings: Brings, problems: list[LinkProblem]) -> None:
    quantities = _unique("quantity", [*brings.quantities, *brings.sums, *brings.lows, *brings.rises], problems)
    stored = {quantity.name for quantity in brings.quantities}
    tensions = _unique("tension", brings.tensions, problems)
    kinds = _unique("kind", brings.kinds, problems)
    names: set[str] = set()
    for rule in rules:
        if rule.full_name in names:
            problems.append(LinkProblem(rule.block, rule.name, f"the rule `{rule.full_name}` stands twice"))
        names.add(rule.full_name)
    armed = {rule.full_name for rule in rules if isinstance(rule.trigger, Armed)}
    check = _Checker(quantities, stored, tensions, kinds, names, armed, {low.name for low in brings.lows}, problems)
    for rule in rules:
        check.rule(rule)
    for member in brings.members:
        check.need(member.sum, member.quantity, quantities)
        check.need(member.quantity, member.sum, quantities)
    for low in brings.lows:
        check.need(low.name, low.of, quantities)
    for rise in brings.rises:
        check.need(rise.name, rise.of, quantities)
        check.need(rise.name, rise.low, quantities)
    flags = sum(quantity.flag for quantity in brings.quantities)
    if flags > MOST_FLAGS:
        problems.append(LinkProblem("", "", f"the scenario has {flags} flags; a pathway can tell {MOST_FLAGS} apart"))


def _unique(what: str, things: Iterable[_Named], problems: list[LinkProblem]) -> set[str]:
    seen: set[str] = set()
    for thing in things:
        if thing.name in seen:
            problems.append(LinkProblem(thing.name, thing.name, f"two blocks bring a {what} called `{thing.name}`"))
        seen.add(thing.name)
    return seen


@dataclass(slots=True)
class _Checker:
    quantities: set[str]
    stored: set[str]
    tensions: set[str]
    kinds: set[str]
    rules: set[str]
    armed: set[str]
    lows: set[str]
    problems: list[LinkProblem]

    def need(self, block: str, name: str, known: set[str]) -> None:
        if name not in known:
            text = f"`{block}` needs `{name}`, which nothing in the scenario brings"
            self.problems.append(LinkProblem(block, name, text, tuple(sorted(known))))

    def rule(self, rule: Rule) -> None:
        trigger = rule.trigger
        conditions: tuple[Condition, ...] = rule.guard
        if isinstance(trigger, Clock):
            conditions += trigger.only
            for quantity, _ in trigger.exponent:
                self.need(rule.block, quantity, self.quantities)
            for tension, _ in (*trigger.inside, *trigger.outside):
                self.need(rule.block, tension, self.tensions)
        if isinstance(trigger, Watch):
            conditions += trigger.conditions
        for condition in conditions:
            self.need(rule.block, condition.quantity, self.quantities)
        for effect in (*rule.effects, *rule.otherwise):
            self.effect(rule.block, effect)

    def effect(self, block: str, effect: Effect) -> None:
        if isinstance(effect, Change):
            self.need(block, effect.target, self.stored | self.tensions)
            self.amount(block, effect.amount)
        elif isinstance(effect, Reset):
            self.need(block, effect.low, self.lows)
        elif isinstance(effect, Arm):
            self.arm(block, effect)
        elif isinstance(effect, Disarm):
            self.need(block, effect.rule, self.rules)
        elif isinstance(effect, Begin | End):
            self.need(block, effect.kind, self.kinds)

    def arm(self, block: str, effect: Arm) -> None:
        self.need(block, effect.rule, self.rules)
        if effect.rule in self.rules - self.armed:
            # a rule is pending by its own trigger or by arming, never by both: a clock has no ticket
            text = f"`{block}` arms `{effect.rule}`, which has a trigger of its own"
            self.problems.append(LinkProblem(block, effect.rule, text, tuple(sorted(self.armed))))
        for amount in (effect.after, effect.over, effect.load):
            if amount is not None:
                self.amount(block, amount)

    def amount(self, block: str, amount: Amount) -> None:
        if amount.of is not None and amount.of != LOAD:
            self.need(block, amount.of, self.quantities)
        for part in (amount.base, amount.slope, amount.times):
            if not isinstance(part, Draw | Expr | float | int):
                raise TypeError(f"{block}: not an amount: {part!r}")
