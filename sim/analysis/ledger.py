"""The story of a run, read again: what each due changed, and how near it came to the crises that are counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sim.engines.plan import Plan, RulePlan
from sim.engines.state import State
from sim.records.story import Due, Hold, Story
from sim.rules import program as p
from sim.rules.program import Program


@dataclass(frozen=True, slots=True)
class Moved:
    """A number that an event changed. `kind` is flag, quantity, tension or derived."""

    name: str
    kind: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Armed:
    """A rule that will come due, for the first and the last time (days)."""

    rule: str
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Bound:
    """A condition and what its quantity was; None leaves a side open."""

    quantity: str
    at_least: float | None
    at_most: float | None
    value: float


@dataclass(frozen=True, slots=True)
class Event:
    """One due, or a hold that broke.

    `outcome` is fired, otherwise (the chance failed and its `else` ran), chance (failed), guard (refused) or broken (a
    definition was met from `since` to `time` but must hold for `needed` days). `empty` effects changed nothing at all,
    `passive` ones are only recorded.
    """

    time: float
    rule: str
    block: str
    story: str
    outcome: str
    instance: int
    since: float
    needed: float
    chance: float | None
    bounds: tuple[Bound, ...]
    moved: tuple[Moved, ...]
    armed: tuple[Armed, ...]
    disarmed: tuple[tuple[str, int], ...]
    begun: tuple[str, ...]
    ended: tuple[str, ...]
    notes: tuple[str, ...]
    empty: bool
    passive: bool


@dataclass(frozen=True, slots=True)
class Approach:
    """How near a counted kind came to its definition inside the window.

    `held` days of `needed` without finishing (until day `until`), and the largest share of the level that it reached.
    """

    kind: str
    held: float
    needed: float
    until: float
    level_share: float

    @property
    def hold_share(self) -> float:
        """Part of the time that the definition must hold."""
        return self.held / self.needed if self.needed > 0.0 else 0.0


class Ledger:
    """The state of a run, followed through its story."""

    def __init__(self, plan: Plan, numbers: Sequence[float]) -> None:
        """The state on day 0."""
        self.plan = plan
        self.state = State(plan, numbers, 0, 0, 0)

    def follow(self, due: Due) -> list[Moved]:
        """Apply the effects of a due; gives what they changed, derived quantities too."""
        state, program = self.state, self.plan.program
        derived = state.quantity[program.stored :]
        moved: dict[str, Moved] = {}
        touched: set[int] = set()
        for effect in due.effects:
            if effect.operation <= p.SET_QUANTITY:
                if effect.before != effect.after:
                    state.quantity[effect.target] = effect.after
                    touched.add(effect.target)
                kind = "flag" if effect.target in state.flags else "quantity"
                _merge(moved, Moved(program.quantities[effect.target], kind, effect.before, effect.after))
            elif effect.operation <= p.SET_TENSION:
                _merge(moved, Moved(program.tensions[effect.target], "tension", effect.before, effect.after))
            elif effect.operation == p.RESET:
                state.reset.add(effect.target)
        if touched or state.reset:
            state.settle_derived(touched)
        for place, before in enumerate(derived, program.stored):
            if state.quantity[place] != before:
                name = program.quantities[place]
                moved[name] = Moved(name, "derived", before, state.quantity[place])
        return [item for item in moved.values() if item.before != item.after]


def _merge(moved: dict[str, Moved], item: Moved) -> None:
    known = moved.get(item.name)
    moved[item.name] = item if known is None else replace(known, after=item.after)


def read_events(plan: Plan, numbers: Sequence[float], story: Story) -> tuple[Event, ...]:
    """Dues and broken holds in the order of time; a hold that a due breaks stands behind it."""
    ledger, events = Ledger(plan, numbers), []
    holds = sorted(story.holds, key=lambda hold: hold.ends)
    for due in story.dues:
        while holds and holds[0].ends < due.time:
            events.append(_broken(plan, numbers, holds.pop(0)))
        events.append(_event(ledger, numbers, due))
    return (*events, *(_broken(plan, numbers, hold) for hold in holds))


def _event(ledger: Ledger, numbers: Sequence[float], due: Due) -> Event:
    plan, program, rule = ledger.plan, ledger.plan.program, ledger.plan.rules[due.rank]
    bounds = _bounds(ledger.state, rule.guard if due.outcome == "guard" else rule.watched)
    moved = ledger.follow(due)
    by_operation: dict[int, list[tuple[int, float, float]]] = {}
    for effect in due.effects:
        by_operation.setdefault(effect.operation, []).append((effect.target, effect.before, effect.after))
    armed = tuple(Armed(program.rules[t], first, last) for t, first, last in by_operation.get(p.ARM, ()))
    disarmed = tuple((program.rules[t], int(n)) for t, n, _ in by_operation.get(p.DISARM, ()) if n > 0.0)
    begun = tuple(program.kinds[t] for t, before, _ in by_operation.get(p.BEGIN, ()) if before == 0.0)
    ended = tuple(program.kinds[t] for t, before, _ in by_operation.get(p.END, ()) if before == 1.0)
    notes = tuple(program.notes[t] for t, _, _ in by_operation.get(p.NOTE, ()))
    changed = any((moved, armed, disarmed, begun, ended, notes))
    return Event(
        time=due.time,
        rule=rule.name,
        block=program.blocks[rule.block],
        story=program.stories[due.rank],
        outcome=due.outcome,
        instance=due.instance,
        since=due.since,
        needed=numbers[rule.hold] if rule.hold >= 0 else 0.0,
        chance=numbers[rule.chance] if rule.chance >= 0 else None,
        bounds=bounds,
        moved=tuple(moved),
        armed=armed,
        disarmed=disarmed,
        begun=begun,
        ended=ended,
        notes=notes,
        empty=bool(due.effects) and not changed,
        passive=_passive(plan, rule),
    )


def _bounds(state: State, conditions: Sequence[tuple[int, int, int]]) -> tuple[Bound, ...]:
    names, numbers = state.plan.program.quantities, state.numbers
    return tuple(
        Bound(
            names[quantity],
            None if lower < 0 else numbers[lower],
            None if upper < 0 else numbers[upper],
            state.quantity[quantity],
        )
        for quantity, lower, upper in conditions
    )


def _passive(plan: Plan, rule: RulePlan) -> bool:
    """Whether a rule only begins or ends kinds that are recorded and felt by nothing."""
    kinds = [effect.target for effect in rule.effects if effect.operation in (p.BEGIN, p.END)]
    return bool(kinds) and all(plan.program.kind_passive[kind] for kind in kinds)


def _broken(plan: Plan, numbers: Sequence[float], hold: Hold) -> Event:
    rule = plan.rules[hold.rank]
    return Event(
        time=hold.ends,
        rule=rule.name,
        block=plan.program.blocks[rule.block],
        story=plan.program.stories[hold.rank],
        outcome="broken",
        instance=-1,
        since=hold.begins,
        needed=numbers[rule.hold],
        chance=None,
        bounds=(),
        moved=(),
        armed=(),
        disarmed=(),
        begun=(),
        ended=(),
        notes=(),
        empty=False,
        passive=_passive(plan, rule),
    )


def flags_on(program: Program, bits: int) -> tuple[str, ...]:
    """The flags behind a run's bits."""
    return tuple(program.quantities[q] for place, q in enumerate(program.flags.tolist()) if bits >> place & 1)


def on_at(plan: Plan, numbers: Sequence[float], story: Story, day: float) -> tuple[str, ...]:
    """Flags that are on when everything due up to an instant has happened."""
    ledger = Ledger(plan, numbers)
    for due in story.dues:
        if due.time > day:
            break
        ledger.follow(due)
    return flags_on(plan.program, ledger.state.flag_bits())


def approaches(plan: Plan, numbers: Sequence[float], story: Story) -> list[Approach]:
    """How near each counted kind that is defined by a watch came to its definition inside the window."""
    program = plan.program
    watches = [
        (program.kinds[effect.target], plan.rules[rank])
        for rank in plan.watches
        for effect in plan.rules[rank].effects
        if effect.operation == p.BEGIN and program.kind_counted[effect.target]
    ]
    if not watches:
        return []
    ledger = Ledger(plan, numbers)
    levels, holding = [0.0] * len(watches), [_Holding(ledger.state.meets(rule.watched)) for _, rule in watches]
    moments = [(0.0, None), *((due.time, due) for due in story.dues), (program.horizon, None)]
    for (begins, due), (ends, _) in pairwise(moments):
        if due is not None:
            ledger.follow(due)
        for place, (_, rule) in enumerate(watches):
            fired = due is not None and due.rank == rule.rank
            holding[place].look(ledger.state.meets(rule.watched), begins, fired=fired)
            # met before and not broken since: the crisis is on, or has been, and nothing comes near
            if ends >= program.opens and begins < program.closes and not holding[place].spent:
                levels[place] = max(levels[place], _level_share(ledger.state, rule))
    found = []
    for (kind, rule), level, last in zip(watches, levels, holding, strict=True):
        spans = [(hold.begins, hold.ends) for hold in story.holds if hold.rank == rule.rank]
        spans += [] if last.began is None else [(last.began, program.horizon)]
        inside = [(end - begin, end) for begin, end in spans if end > program.opens and begin < program.closes]
        held, until = max(inside, default=(0.0, math.inf))
        found.append(Approach(kind, held, numbers[rule.hold], until, level))
    return found


class _Holding:
    """Since when a definition has been met, while it has not fired (`docs/semantics.md`, S9)."""

    def __init__(self, met: bool) -> None:
        self.began: float | None = None
        self.spent = met

    def look(self, met: bool, now: float, *, fired: bool) -> None:
        if not met:
            self.began, self.spent = None, False
        elif fired:
            self.began, self.spent = None, True
        elif self.began is None and not self.spent:
            self.began = now


def _level_share(state: State, rule: RulePlan) -> float:
    """How much of its levels a definition has reached, at most 1; nothing where an upper bound is broken."""
    share = 1.0
    for quantity, lower, upper in rule.watched:
        if upper >= 0 and not state.meets([(quantity, -1, upper)]):
            return 0.0
        if lower >= 0 and state.numbers[lower] > 0.0:
            share = min(share, state.quantity[quantity] / state.numbers[lower])
    return max(0.0, share)
