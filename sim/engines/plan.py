"""A Program as the reference engine walks it: one small frozen table per rule, clock and watch, made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sim.records.outcomes import Ints
from sim.rules import program as p

Condition = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class EffectPlan:
    """One effect; see `sim.rules.program.Effects`."""

    operation: int
    target: int
    amount: int
    condition: int
    level: int
    after: int
    steps: int
    over: int
    load: int
    own_ticket: int


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """Where the numbers of a hazard stand, and what it depends on."""

    base: int
    constant: int
    exponent: tuple[tuple[int, int], ...]
    tensions: tuple[int, ...]
    inside: tuple[int, ...]
    outside: tuple[int, ...]
    only: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One rule: its rank is its place in the list."""

    rank: int
    name: str
    block: int
    trigger: int
    start_at: int
    hold: int
    chance: int
    chance_stream: int
    wait_stream: int
    guard: tuple[Condition, ...]
    watched: tuple[Condition, ...]
    clock: ClockPlan | None
    effects: tuple[EffectPlan, ...]
    otherwise: tuple[EffectPlan, ...]


@dataclass(frozen=True, slots=True)
class DerivedPlan:
    """One derived quantity: what it is and what it is made of, (quantity, coefficient) in name order."""

    kind: int
    index: int
    constant: int
    terms: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a Program in Python tuples, with the lists of who depends on what (of `derived`, all the way down)."""

    program: p.Program
    rules: tuple[RulePlan, ...]
    clocks: tuple[int, ...]
    watches: tuple[int, ...]
    starts: tuple[int, ...]
    derived: tuple[DerivedPlan, ...]
    derived_after: tuple[tuple[int, ...], ...]
    clocks_of_quantity: tuple[tuple[int, ...], ...]
    clocks_of_tension: tuple[tuple[int, ...], ...]
    watches_of: tuple[tuple[int, ...], ...]
    amounts: tuple[tuple[int, ...], ...]
    draw_stream: tuple[int, ...]
    draw_family: tuple[int, ...]
    draw_parameters: tuple[tuple[int, ...], ...]
    table: tuple[float, ...]


def make_plan(program: p.Program) -> Plan:
    """Unpack a Program."""
    rules = tuple(_rule(program, rank) for rank in range(len(program.rules)))
    clocks = tuple(rule.rank for rule in rules if rule.trigger == p.CLOCK)
    watches = tuple(rule.rank for rule in rules if rule.trigger == p.WATCH)
    derived = tuple(_derived(program, place) for place in range(len(program.derived_kind)))
    quantities = range(len(program.quantities))
    return Plan(
        program=program,
        rules=rules,
        clocks=clocks,
        watches=watches,
        starts=tuple(rule.rank for rule in rules if rule.trigger == p.START),
        derived=derived,
        derived_after=tuple(_derived_after(derived, q) for q in quantities),
        clocks_of_quantity=tuple(
            tuple(rank for rank in clocks if q in _read_by_clock(rules[rank].clock)) for q in quantities
        ),
        clocks_of_tension=tuple(
            tuple(rank for rank in clocks if t in _tensions_of(rules[rank].clock)) for t in range(len(program.tensions))
        ),
        watches_of=tuple(
            tuple(rank for rank in watches if any(of == q for of, _, _ in rules[rank].watched)) for q in quantities
        ),
        amounts=tuple(tuple(row) for row in program.amounts.tolist()),
        draw_stream=tuple(program.draw_stream.tolist()),
        draw_family=tuple(program.draw_family.tolist()),
        draw_parameters=tuple(tuple(row) for row in program.draw_parameters.tolist()),
        table=tuple(program.table.tolist()),
    )


def _derived_after(derived: Sequence[DerivedPlan], quantity: int) -> tuple[int, ...]:
    """Places of the derived quantities that can change when this one does, itself included where it is derived."""
    reached, places = {quantity}, []
    for place, item in enumerate(derived):
        if item.index == quantity or any(of in reached for of, _ in item.terms):
            reached.add(item.index)
            places.append(place)
    return tuple(places)


def _read_by_clock(clock: ClockPlan | None) -> set[int]:
    if clock is None:
        return set()
    return {quantity for quantity, _ in clock.exponent} | {quantity for quantity, _, _ in clock.only}


def _tensions_of(clock: ClockPlan | None) -> tuple[int, ...]:
    return () if clock is None else clock.tensions


def _slice(items: Ints, pointer: Ints, row: int) -> list[int]:
    listed: list[int] = items[pointer[row] : pointer[row + 1]].tolist()
    return listed


def _conditions(conditions: p.Conditions, row: int) -> tuple[Condition, ...]:
    columns = (conditions.quantity, conditions.lower, conditions.upper)
    return tuple(zip(*(_slice(column, conditions.pointer, row) for column in columns), strict=True))


def _effects(effects: p.Effects, row: int) -> tuple[EffectPlan, ...]:
    names = [field.name for field in fields(EffectPlan)]
    columns: Sequence[list[int]] = [_slice(getattr(effects, name), effects.pointer, row) for name in names]
    return tuple(EffectPlan(*values) for values in zip(*columns, strict=True))


def _clock(program: p.Program, rank: int) -> ClockPlan:
    exponent = zip(
        _slice(program.exponent_quantity, program.exponent_pointer, rank),
        _slice(program.exponent_effect, program.exponent_pointer, rank),
        strict=True,
    )
    gains = [
        tuple(_slice(column, program.gain_pointer, rank))
        for column in (program.gain_tension, program.gain_inside, program.gain_outside)
    ]
    return ClockPlan(
        base=int(program.clock_base[rank]),
        constant=int(program.clock_constant[rank]),
        exponent=tuple(exponent),
        tensions=gains[0],
        inside=gains[1],
        outside=gains[2],
        only=_conditions(program.only, rank),
    )


def _rule(program: p.Program, rank: int) -> RulePlan:
    trigger = int(program.trigger[rank])
    return RulePlan(
        rank=rank,
        name=program.rules[rank],
        block=int(program.rule_block[rank]),
        trigger=trigger,
        start_at=int(program.start_at[rank]),
        hold=int(program.hold[rank]),
        chance=int(program.chance[rank]),
        chance_stream=int(program.chance_stream[rank]),
        wait_stream=int(program.wait_stream[rank]),
        guard=_conditions(program.guard, rank),
        watched=_conditions(program.watched, rank),
        clock=_clock(program, rank) if trigger == p.CLOCK else None,
        effects=_effects(program.effects, rank),
        otherwise=_effects(program.otherwise, rank),
    )


def _derived(program: p.Program, place: int) -> DerivedPlan:
    terms = zip(
        _slice(program.derived_quantity, program.derived_pointer, place),
        _slice(program.derived_coefficient, program.derived_pointer, place),
        strict=True,
    )
    return DerivedPlan(
        kind=int(program.derived_kind[place]),
        index=program.stored + place,
        constant=int(program.derived_constant[place]),
        terms=tuple(terms),
    )
