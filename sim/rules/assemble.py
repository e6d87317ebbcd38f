"""The last step of linking: checked rules become flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from sim.chance.streams import stream_hash
from sim.chance.uncertain import Chancy, Draw, Expr, Number, as_expr, log, normal_form
from sim.records.outcomes import Ints
from sim.rules import program as p
from sim.rules.language import (
    LOAD,
    Amount,
    Arm,
    Begin,
    Brings,
    Change,
    Clock,
    Condition,
    Disarm,
    Effect,
    End,
    If,
    Kind,
    Low,
    Note,
    Quantity,
    Reset,
    Rise,
    Rule,
    Start,
    Sum,
    Tension,
    Watch,
)

_CHANGES = {
    "add": (p.ADD_QUANTITY, p.ADD_TENSION),
    "scale": (p.SCALE_QUANTITY, p.SCALE_TENSION),
    "set": (p.SET_QUANTITY, p.SET_TENSION),
}
_TRIGGERS: dict[type, int] = {Start: p.START, Clock: p.CLOCK, Watch: p.WATCH}
_EFFECT_COLUMNS = tuple(field.name for field in fields(p.Effects) if field.name != "pointer")


def assemble(
    rules: Sequence[Rule], brings: Brings, horizon: float, opens: float, closes: float, counted: frozenset[str]
) -> p.Program:
    """A Program from rules in rank order and everything else that blocks bring. Names must have been checked."""
    quantities = sorted(brings.quantities, key=lambda quantity: quantity.name)
    derived = _in_dependency_order([*brings.sums, *brings.lows, *brings.rises], brings)
    tensions = sorted(brings.tensions, key=lambda tension: tension.name)
    kinds = sorted(brings.kinds, key=lambda kind: kind.name)
    tables = _Tables(
        {thing.name: index for index, thing in enumerate([*quantities, *derived])},
        {tension.name: index for index, tension in enumerate(tensions)},
        {kind.name: index for index, kind in enumerate(kinds)},
        {rule.full_name: index for index, rule in enumerate(rules)},
    )
    parts: dict[str, Any] = {
        **_quantity_columns(quantities, derived, brings, tables),
        **_tension_columns(tensions, tables),
        **_kind_columns(kinds, counted, tables),
        **_rule_columns(rules, tables),
        **_clock_columns(rules, tables),
    }
    # what the tables have gathered along the way is read last
    return p.Program(horizon=horizon, opens=opens, closes=closes, **parts, **_table_columns(tables))


def _quantity_columns(
    quantities: Sequence[Quantity], derived: Sequence[Sum | Low | Rise], brings: Brings, tables: _Tables
) -> dict[str, Any]:
    number = tables.number
    terms = [_terms(thing, brings) for thing in derived]
    return {
        "quantities": tuple(thing.name for thing in (*quantities, *derived)),
        "stored": len(quantities),
        "quantity_start": _ints(number(quantity.start) for quantity in quantities),
        "quantity_floor": _ints(number(quantity.floor) for quantity in quantities),
        "quantity_ceiling": _ints(number(quantity.ceiling) for quantity in quantities),
        "derived_kind": _ints({Sum: p.SUM, Low: p.LOW, Rise: p.RISE}[type(thing)] for thing in derived),
        "derived_constant": _ints(number(thing.constant) if isinstance(thing, Sum) else -1 for thing in derived),
        "derived_pointer": _pointer(terms),
        "derived_quantity": _ints(tables.quantity[name] for group in terms for name, _ in group),
        "derived_coefficient": _ints(-1 if by is None else number(by) for group in terms for _, by in group),
        "flags": _ints(index for index, quantity in enumerate(quantities) if quantity.flag),
    }


def _tension_columns(tensions: Sequence[Tension], tables: _Tables) -> dict[str, Any]:
    number = tables.number
    return {
        "tensions": tuple(tension.name for tension in tensions),
        "tension_start": _ints(number(tension.start) for tension in tensions),
        "tension_baseline": _ints(number(tension.baseline) for tension in tensions),
        "tension_decay": _ints(number(log(2.0) / as_expr(tension.half_life)) for tension in tensions),
        "tension_cap": _ints(number(tension.cap) for tension in tensions),
    }


def _kind_columns(kinds: Sequence[Kind], counted: frozenset[str], tables: _Tables) -> dict[str, Any]:
    return {
        "kinds": tuple(kind.name for kind in kinds),
        "kind_definition": tuple(kind.definition for kind in kinds),
        "kind_running": _ints(tables.number(kind.running) for kind in kinds),
        "kind_passive": _ints(kind.passive for kind in kinds),
        "kind_counted": _ints(kind.name in counted for kind in kinds),
    }


def _rule_columns(rules: Sequence[Rule], tables: _Tables) -> dict[str, Any]:
    number = tables.number
    blocks = sorted({rule.block for rule in rules})
    watched = [rule.trigger.conditions if isinstance(rule.trigger, Watch) else () for rule in rules]
    return {
        "rules": tuple(rule.full_name for rule in rules),
        "stories": tuple(rule.story for rule in rules),
        "blocks": tuple(blocks),
        "rule_block": _ints(blocks.index(rule.block) for rule in rules),
        "trigger": _ints(_TRIGGERS.get(type(rule.trigger), p.ARMED) for rule in rules),
        "start_at": _ints(number(rule.trigger.at) if isinstance(rule.trigger, Start) else -1 for rule in rules),
        "hold": _ints(number(rule.trigger.hold) if isinstance(rule.trigger, Watch) else -1 for rule in rules),
        "chance": _ints(-1 if rule.chance is None else number(rule.chance) for rule in rules),
        "chance_stream": _streams(f"{rule.full_name}/chance" for rule in rules),
        "wait_stream": _streams(f"{rule.full_name}/wait" for rule in rules),
        "guard": tables.conditions([rule.guard for rule in rules]),
        "watched": tables.conditions(watched),
        "effects": tables.effects([rule.effects for rule in rules]),
        "otherwise": tables.effects([rule.otherwise for rule in rules]),
    }


def _clock_columns(rules: Sequence[Rule], tables: _Tables) -> dict[str, Any]:
    number = tables.number
    clocks = [rule.trigger if isinstance(rule.trigger, Clock) else None for rule in rules]
    exponents = [clock.exponent if clock else () for clock in clocks]
    gains = [_gains(clock) if clock else [] for clock in clocks]
    return {
        "only": tables.conditions([clock.only if clock else () for clock in clocks]),
        "clock_base": _ints(number(clock.base) if clock else -1 for clock in clocks),
        "clock_constant": _ints(number(clock.constant) if clock else -1 for clock in clocks),
        "exponent_pointer": _pointer(exponents),
        "exponent_quantity": _ints(tables.quantity[name] for group in exponents for name, _ in group),
        "exponent_effect": _ints(number(effect) for group in exponents for _, effect in group),
        "gain_pointer": _pointer(gains),
        "gain_tension": _ints(tables.tension[name] for group in gains for name, _, _ in group),
        "gain_inside": _ints(number(inside) for group in gains for _, inside, _ in group),
        "gain_outside": _ints(number(outside) for group in gains for _, _, outside in group),
    }


def _table_columns(tables: _Tables) -> dict[str, Any]:
    return {
        "notes": tuple(tables.notes),
        "draws": tuple(draw.path for draw in tables.draws),
        "draw_stream": _streams(draw.path for draw in tables.draws),
        "draw_family": _ints(draw.family for draw in tables.draws),
        "draw_parameters": _ints(index for row in tables.draw_parameters for index in row).reshape(-1, 8),
        "table": np.array(tables.table, dtype=np.float64),
        "amounts": _ints(item for row in tables.amounts for item in row).reshape(-1, 8),
        "expressions": tuple(tables.expressions),
    }


def _ints(items: Iterable[int]) -> Ints:
    return np.array([int(item) for item in items], dtype=np.int64)


def _streams(names: Iterable[str]) -> p.Streams:
    return np.array([stream_hash(name) for name in names], dtype=np.uint64)


def _pointer(groups: Sequence[Sequence[object]]) -> Ints:
    return np.concatenate([[0], np.cumsum([len(group) for group in groups], dtype=np.int64)]).astype(np.int64)


def _gains(clock: Clock) -> list[tuple[str, Number, Number]]:
    inside, outside = dict(clock.inside), dict(clock.outside)
    return [(name, inside.get(name, 0.0), outside.get(name, 0.0)) for name in sorted({*inside, *outside})]


def _terms(thing: Sum | Low | Rise, brings: Brings) -> list[tuple[str, Number | None]]:
    """What a derived quantity is made of, in name order; only the terms of sums have coefficients."""
    if isinstance(thing, Low):
        return [(thing.of, None)]
    if isinstance(thing, Rise):
        return [(thing.of, None), (thing.low, None)]
    members = [member for member in brings.members if member.sum == thing.name]
    return [(member.quantity, member.coefficient) for member in sorted(members, key=lambda member: member.quantity)]


def _in_dependency_order(things: Sequence[Sum | Low | Rise], brings: Brings) -> list[Sum | Low | Rise]:
    waiting = {thing.name: thing for thing in sorted(things, key=lambda thing: thing.name)}
    ordered: list[Sum | Low | Rise] = []
    while waiting:
        ready = [thing for thing in waiting.values() if not any(name in waiting for name, _ in _terms(thing, brings))]
        if not ready:
            raise ValueError(f"derived quantities depend on each other in a circle: {', '.join(waiting)}")
        ordered.extend(waiting.pop(thing.name) for thing in ready)
    return ordered


@dataclass(slots=True)
class _Tables:
    """Numbers, draws, amounts and notes, each kept once."""

    quantity: dict[str, int]
    tension: dict[str, int]
    kind: dict[str, int]
    rule: dict[str, int]
    expressions: list[Expr] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)
    draw_parameters: list[list[int]] = field(default_factory=list)
    table: list[float] = field(default_factory=list)
    amounts: list[tuple[int, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _numbers: dict[Expr, int] = field(default_factory=dict)
    _drawn: dict[str, int] = field(default_factory=dict)
    _rows: dict[tuple[int, ...], int] = field(default_factory=dict)

    def number(self, number: Number) -> int:
        expr = normal_form(as_expr(number))
        if expr not in self._numbers:
            self._numbers[expr] = len(self.expressions)
            self.expressions.append(expr)
        return self._numbers[expr]

    def draw(self, draw: Draw) -> int:
        if draw.path not in self._drawn:
            self._drawn[draw.path] = len(self.draws)
            self.draws.append(draw)
            parameters = [self.number(parameter) for parameter in draw.parameters]
            if draw.table:
                # a choice keeps its options in the shared table; its first parameter is where they start
                parameters[0] = self.number(float(len(self.table)))
                self.table.extend(draw.table)
            self.draw_parameters.append(parameters)
        return self._drawn[draw.path]

    def _part(self, part: Chancy) -> tuple[int, int]:
        return (p.DRAW, self.draw(part)) if isinstance(part, Draw) else (p.PARAMETER, self.number(part))

    def amount(self, amount: Amount | None) -> int:
        if amount is None:
            return -1
        z = (p.NO_Z, -1)
        if amount.of == LOAD:
            z = (p.LOAD_Z, -1)
        elif amount.of is not None:
            z = (p.QUANTITY_Z, self.quantity[amount.of])
        row = (*self._part(amount.base), *self._part(amount.slope), *z, *self._part(amount.times))
        if row not in self._rows:
            self._rows[row] = len(self.amounts)
            self.amounts.append(row)
        return self._rows[row]

    def conditions(self, groups: Sequence[Sequence[Condition]]) -> p.Conditions:
        flat = [condition for group in groups for condition in group]
        return p.Conditions(
            pointer=_pointer(groups),
            quantity=_ints(self.quantity[condition.quantity] for condition in flat),
            lower=_ints(-1 if condition.at_least is None else self.number(condition.at_least) for condition in flat),
            upper=_ints(-1 if condition.at_most is None else self.number(condition.at_most) for condition in flat),
        )

    def effects(self, groups: Sequence[Sequence[Effect]]) -> p.Effects:
        rows = [self._effect(effect) for group in groups for effect in group]
        columns = {name: _ints(row[name] for row in rows) for name in _EFFECT_COLUMNS}
        return p.Effects(pointer=_pointer(groups), **columns)

    def _effect(self, effect: Effect) -> dict[str, int]:
        row = dict.fromkeys(_EFFECT_COLUMNS, -1)
        row["own_ticket"] = 0
        self._condition(effect.when, row)
        if isinstance(effect, Change):
            quantity, tension = _CHANGES[effect.operation]
            stored = effect.target in self.quantity
            row["operation"] = quantity if stored else tension
            row["target"] = self.quantity[effect.target] if stored else self.tension[effect.target]
            row["amount"] = self.amount(effect.amount)
        elif isinstance(effect, Arm):
            row["operation"], row["target"] = p.ARM, self.rule[effect.rule]
            row["after"], row["load"] = self.amount(effect.after), self.amount(effect.load)
            if effect.steps is not None:
                row["steps"], row["over"] = self.number(effect.steps), self.amount(effect.over)
            row["own_ticket"] = int(effect.own_ticket)
        elif isinstance(effect, Note):
            row["operation"], row["target"] = p.NOTE, len(self.notes)
            self.notes.append(effect.text)
        elif isinstance(effect, Reset):
            row["operation"], row["target"] = p.RESET, self.quantity[effect.low]
        elif isinstance(effect, Disarm):
            row["operation"], row["target"] = p.DISARM, self.rule[effect.rule]
        elif isinstance(effect, Begin | End):
            row["operation"] = p.BEGIN if isinstance(effect, Begin) else p.END
            row["target"] = self.kind[effect.kind]
        return row

    def _condition(self, when: If | None, row: dict[str, int]) -> None:
        if when is not None:
            row["condition"], row["level"] = self.draw(when.draw), self.number(when.at_least)
