"""A Program as the compiled engine reads it: a few flat tables of whole numbers, made once.

Rows stand one behind another in one array each. A row of width W begins at `W * row`; the constants below name its
columns. -1 means "none". Sets of clocks, watches and derived quantities are bits, 63 to a word, so that going through
a set is going through it in ascending order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from sim.engines.plan import DerivedPlan, Plan, RulePlan, make_plan
from sim.records.outcomes import Floats, Ints
from sim.rules import program as p
from sim.rules.program import Program

WORD = 63

RULE = 16
(
    TRIGGER,
    BLOCK,
    CHANCE,
    CHANCE_STREAM,
    WAIT_STREAM,
    GUARD,
    GUARD_END,
    DOES,
    DOES_END,
    ELSE,
    ELSE_END,
    OWN,
) = range(12)
CONDITION = 4
OF, LOWER, UPPER = range(3)
EFFECT = 16
OPERATION, TARGET, AMOUNT, IF, LEVEL, AFTER, STEPS, OVER, OWN_TICKET = range(9)
AMOUNTS = 8
A_KIND, A, B_KIND, B, Z_KIND, Z, V_KIND, V = range(8)
DERIVED = 8
KIND, CONSTANT, TERMS, TERMS_END, D_FIRST, D_SECOND = range(6)
TERM = 2
CLOCK = 16
RANK, BASE, FACTOR, EXPONENT, EXPONENT_END, GAIN, GAIN_END, ONLY, ONLY_END = range(9)
GAINS = 4
TENSION, INSIDE, OUTSIDE = range(3)
WATCH = 4
W_RANK, HELD, HELD_END, HOLD = range(4)
START = 2
S_RANK, DATE = range(2)
DRAW = 16
STREAM, FAMILY, PARAMETERS = 0, 1, 2
CRISIS = 2
RUNNING, COUNTED = range(2)


class Tables(NamedTuple):
    """All of a Program; every field is a flat array of int64 but `table`, which holds the choices' values.

    A row of `after` says for a quantity what depends on it: derived quantities, then clocks, then watches.
    """

    rules: Ints
    conditions: Ints
    effects: Ints
    amounts: Ints
    derived: Ints
    terms: Ints
    clocks: Ints
    exponents: Ints
    gains: Ints
    watches: Ints
    starts: Ints
    quantities: Ints
    tensions: Ints
    kinds: Ints
    draws: Ints
    table: Floats
    flag_of: Ints
    after: Ints


QUANTITY = 4
Q_START, Q_FLOOR, Q_CEILING = range(3)
TENSIONS = 4
T_START, T_BASELINE, T_DECAY, T_CAP = range(4)


def words(count: int) -> int:
    """How many words a set of so many things takes; never none."""
    return max(1, -(-count // WORD))


def make_tables(program: Program) -> Tables:
    """Unpack a Program."""
    plan = make_plan(program)
    rows = _Rows()
    own = {rank: place for ranks in (plan.clocks, plan.watches, plan.starts) for place, rank in enumerate(ranks)}
    rules = [_rule(rule, own.get(rule.rank, -1), rows) for rule in plan.rules]
    clocks = [_clock(plan.rules[rank], rows) for rank in plan.clocks]
    watches = []
    for rank in plan.watches:
        rule = plan.rules[rank]
        watches.append([rank, *rows.conditions(rule.watched), rule.hold])
    quantities = zip(program.quantity_start, program.quantity_floor, program.quantity_ceiling, strict=True)
    tensions = zip(
        program.tension_start, program.tension_baseline, program.tension_decay, program.tension_cap, strict=True
    )
    derived = [_derived(item, rows) for item in plan.derived]
    return Tables(
        rules=_flat(rules, RULE),
        conditions=_flat(rows.of_conditions, CONDITION),
        effects=_flat(rows.of_effects, EFFECT),
        amounts=_flat(plan.amounts, AMOUNTS),
        derived=_flat(derived, DERIVED),
        terms=_flat(rows.of_terms, TERM),
        clocks=_flat(clocks, CLOCK),
        exponents=_flat(rows.of_exponents, TERM),
        gains=_flat(rows.of_gains, GAINS),
        watches=_flat(watches, WATCH),
        starts=_flat([[rank, plan.rules[rank].start_at] for rank in plan.starts], START),
        quantities=_flat(quantities, QUANTITY),
        tensions=_flat(tensions, TENSIONS),
        kinds=_flat(zip(program.kind_running, program.kind_counted, strict=True), CRISIS),
        draws=_flat(_draws(plan), DRAW),
        table=np.array([*plan.table, 0.0], dtype=np.float64),
        flag_of=_flag_bits(program),
        after=np.concatenate(
            [
                _sets(plan.derived_after, len(plan.derived)),
                _sets(_reached(plan, plan.clocks_of_quantity, plan.clocks), len(plan.clocks)),
                _sets(_reached(plan, plan.watches_of, plan.watches), len(plan.watches)),
            ],
            axis=1,
        ).ravel(),
    )


class _Rows:
    """Rows that several tables point into, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.of_conditions: list[Sequence[int]] = []
        self.of_effects: list[Sequence[int]] = []
        self.of_exponents: list[Sequence[int]] = []
        self.of_gains: list[Sequence[int]] = []
        self.of_terms: list[Sequence[int]] = []

    @staticmethod
    def _add(rows: list[Sequence[int]], more: Iterable[Sequence[int]]) -> tuple[int, int]:
        first = len(rows)
        rows.extend(more)
        return first, len(rows)

    def conditions(self, conditions: Iterable[Sequence[int]]) -> tuple[int, int]:
        return self._add(self.of_conditions, conditions)

    def exponents(self, terms: Iterable[Sequence[int]]) -> tuple[int, int]:
        return self._add(self.of_exponents, terms)

    def gains(self, gains: Iterable[Sequence[int]]) -> tuple[int, int]:
        return self._add(self.of_gains, gains)

    def terms(self, terms: Iterable[Sequence[int]]) -> tuple[int, int]:
        return self._add(self.of_terms, terms)

    def effects(self, rule: RulePlan, *, otherwise: bool) -> tuple[int, int]:
        rows = []
        for effect in rule.otherwise if otherwise else rule.effects:
            amount = effect.load if effect.operation == p.ARM else effect.amount
            rows.append(
                [
                    effect.operation,
                    effect.target,
                    amount,
                    effect.condition,
                    effect.level,
                    effect.after,
                    effect.steps,
                    effect.over,
                    effect.own_ticket,
                ]
            )
        return self._add(self.of_effects, rows)


def _rule(rule: RulePlan, own: int, rows: _Rows) -> list[int]:
    return [
        rule.trigger,
        rule.block,
        rule.chance,
        _signed(rule.chance_stream),
        _signed(rule.wait_stream),
        *rows.conditions(rule.guard),
        *rows.effects(rule, otherwise=False),
        *rows.effects(rule, otherwise=True),
        own,
    ]


def _clock(rule: RulePlan, rows: _Rows) -> list[int]:
    clock = rule.clock
    if clock is None:
        raise TypeError(f"rule {rule.name} is no clock")
    return [
        rule.rank,
        clock.base,
        clock.constant,
        *rows.exponents(clock.exponent),
        *rows.gains(zip(clock.tensions, clock.inside, clock.outside, strict=True)),
        *rows.conditions(clock.only),
    ]


def _derived(item: DerivedPlan, rows: _Rows) -> list[int]:
    # the first two operands stand in the row itself: lows and rises have no others
    first, second = ([of for of, _ in item.terms] + [0, 0])[:2]
    return [item.kind, item.constant, *rows.terms(item.terms), first, second]


def _draws(plan: Plan) -> list[list[int]]:
    columns = zip(plan.draw_stream, plan.draw_family, plan.draw_parameters, strict=True)
    return [[_signed(stream), family, *parameters] for stream, family, parameters in columns]


def _signed(word: int) -> int:
    """The signed number with the same 64 bits."""
    return word - (1 << 64) if word >> 63 else word


def _flat(rows: Iterable[Sequence[int]], width: int) -> Ints:
    """One row behind another, filled up to its width; never empty, so that every pointer has something to point to."""
    table = [[*row, *[0] * (width - len(row))] for row in rows]
    return np.array(table or [[0] * width], dtype=np.int64).ravel()


def _reached(plan: Plan, readers: Sequence[Sequence[int]], of: Sequence[int]) -> list[list[int]]:
    """For each quantity, who reads it or anything derived from it; looking at one whose quantity stays is harmless."""
    found = []
    for quantity, after in enumerate(plan.derived_after):
        read = {quantity, *(plan.derived[place].index for place in after)}
        found.append(sorted({of.index(rank) for each in read for rank in readers[each]}))
    return found


def _sets(members: Sequence[Sequence[int]], count: int) -> Ints:
    """A set a row, as bits; rows x words."""
    width = words(count)
    table = np.zeros((max(1, len(members)), width), dtype=np.int64)
    for row, places in enumerate(members):
        for place in places:
            table[row, place // WORD] |= 1 << place % WORD
    return table


def _flag_bits(program: Program) -> Ints:
    """For each quantity the bit that its flag has in a pathway, 0 where it is no flag."""
    bits = np.zeros(max(1, len(program.quantities)), dtype=np.int64)
    for place, quantity in enumerate(program.flags.tolist()):
        bits[quantity] = _signed(1 << place)
    return bits
