"""What the oracle's loop asks and changes: quantities, tensions, clocks, and the luck of one run.

Written from `docs/semantics.md` alone (S7, S8, sections 1, 3 and 4); nothing is cached that can be computed again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sim.chance.quantiles import family_quantile
from sim.chance.streams import uniform
from sim.rules import flows
from sim.rules import program as p
from sim.rules.program import Conditions, Program

BUDGET, PENDING, NOT_FINITE, DELAY, RATE, STEPS = range(1, 7)


class FailedError(Exception):
    """The run cannot go on; the only argument is the code of the reason."""


@dataclass(slots=True)
class Tension:
    """Its value and its integral at an anchor."""

    anchor: float
    value: float
    integral: float


@dataclass(slots=True)
class ClockState:
    """What S7 says that a clock stores. `came` counts its dues."""

    anchor: float
    residual: float
    on: bool
    multiple: float
    level: list[float]
    integral: list[float]
    due: float = math.inf
    came: int = 0


def bounds_of(conditions: Conditions, rank: int) -> list[tuple[int, int, int]]:
    """The conditions of one rule as (quantity, lower, upper)."""
    rows = range(int(conditions.pointer[rank]), int(conditions.pointer[rank + 1]))
    return [(int(conditions.quantity[i]), int(conditions.lower[i]), int(conditions.upper[i])) for i in rows]


def finite(x: float, otherwise: int) -> float:
    """`x`, which must be finite, else the run fails with the code."""
    if not math.isfinite(x):
        raise FailedError(otherwise)
    return x


@dataclass(slots=True)
class World:
    """The state of one run, as it is now."""

    program: Program
    numbers: Sequence[float]
    seed: int
    world: int
    replay: int
    now: float = 0.0
    quantity: list[float] = field(default_factory=list)
    tension: list[Tension] = field(default_factory=list)
    clock: dict[int, ClockState] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)

    def begin(self) -> None:
        """Everything on day 0: what is stored, then what is derived; and the numbers of clocks are looked at."""
        program, numbers = self.program, self.numbers
        for i in range(program.stored):
            floor, ceiling = numbers[program.quantity_floor[i]], numbers[program.quantity_ceiling[i]]
            start = flows.clamp(numbers[program.quantity_start[i]], floor, ceiling)
            self.quantity.append(finite(start, NOT_FINITE))
        for i in range(len(program.tensions)):
            start = flows.clamp(numbers[program.tension_start[i]], 0.0, numbers[program.tension_cap[i]])
            baseline, decay = numbers[program.tension_baseline[i]], numbers[program.tension_decay[i]]
            if not (math.isfinite(baseline) and baseline >= 0.0 and math.isfinite(decay) and decay > 0.0):
                raise FailedError(NOT_FINITE)
            self.tension.append(Tension(0.0, finite(start, NOT_FINITE), 0.0))
        for i, kind in enumerate(program.derived_kind):
            of = int(program.derived_quantity[program.derived_pointer[i]]) if kind == p.LOW else -1
            self.quantity.append(finite(self.quantity[of] if kind == p.LOW else self.derived(i), NOT_FINITE))
        for rank in self.clocks():
            for _, inside, outside in self.gains(rank):
                self.rate(inside), self.rate(outside)
            self.rate(numbers[program.clock_constant[rank]])

    def wind(self) -> None:
        """Load every clock for the first time."""
        for rank in self.clocks():
            self.clock[rank] = ClockState(0.0, self.wait(rank, 0), *self.multiple(rank), [], [])
            self.anchor(rank)

    def clocks(self) -> list[int]:
        return [rank for rank, trigger in enumerate(self.program.trigger) if trigger == p.CLOCK]

    # --- writes ---

    def write_quantity(self, operation: int, target: int, amount: float) -> tuple[float, float]:
        before = self.quantity[target]
        after = {
            p.ADD_QUANTITY: before + amount,
            p.SCALE_QUANTITY: before * amount,
            p.SET_QUANTITY: amount,
        }[operation]
        floor = self.numbers[self.program.quantity_floor[target]]
        ceiling = self.numbers[self.program.quantity_ceiling[target]]
        after = finite(flows.clamp(after, floor, ceiling), NOT_FINITE)
        if after == before:
            # as for tensions, what equals the value is no write: 0.0 is not replaced by -0.0
            return before, before
        self.quantity[target] = after
        return before, after

    def write_tension(self, operation: int, target: int, amount: float) -> tuple[float, float]:
        before, integral = self.tension_now(target)
        after = {p.ADD_TENSION: before + amount, p.SCALE_TENSION: before * amount, p.SET_TENSION: amount}[operation]
        after = finite(flows.clamp(after, 0.0, self.numbers[self.program.tension_cap[target]]), NOT_FINITE)
        if after == before:
            return before, before
        self.tension[target] = Tension(self.now, after, integral)
        self.changed.add(target)
        return before, after

    def settle(self) -> None:
        """Derived quantities, then clocks."""
        for i in range(len(self.program.derived_kind)):
            value = finite(self.derived(i), NOT_FINITE)
            if value != self.quantity[self.program.stored + i]:
                # an equal zero of the other sign is no change, here as in a write
                self.quantity[self.program.stored + i] = value
        for rank, clock in self.clock.items():
            on, multiple = self.multiple(rank)
            touched = any(j in self.changed for j, inside, outside in self.gains(rank) if inside != 0 or outside != 0)
            if on != clock.on or multiple != clock.multiple or touched:
                # what is consumed is not finite where a tension's integral overflowed
                clock.residual = clock.residual - finite(self.consumed(rank), RATE)
                if clock.residual < 0.0:
                    clock.residual = 0.0
                clock.on, clock.multiple = on, multiple
                self.anchor(rank)
        self.changed.clear()
        self.marked.clear()

    def derived(self, i: int) -> float:
        program = self.program
        terms = range(int(program.derived_pointer[i]), int(program.derived_pointer[i + 1]))
        values = [self.quantity[program.derived_quantity[term]] for term in terms]
        if program.derived_kind[i] == p.SUM:
            total = self.numbers[program.derived_constant[i]]
            for term, value in zip(terms, values, strict=True):
                total = total + self.numbers[program.derived_coefficient[term]] * value
            return total
        if program.derived_kind[i] == p.RISE:
            return values[0] - values[1]
        here = program.stored + i
        return values[0] if here in self.marked or values[0] < self.quantity[here] else self.quantity[here]

    # --- clocks and tensions: S7, S8, section 3 ---

    def gains(self, rank: int) -> Iterator[tuple[int, float, float]]:
        program = self.program
        for i in range(int(program.gain_pointer[rank]), int(program.gain_pointer[rank + 1])):
            inside, outside = self.numbers[program.gain_inside[i]], self.numbers[program.gain_outside[i]]
            yield int(program.gain_tension[i]), inside, outside

    def multiple(self, rank: int) -> tuple[bool, float]:
        """Whether the clock's `while` holds, and its c."""
        program = self.program
        if not self.holds(bounds_of(program.only, rank)):
            return False, 0.0
        exponent = 0.0
        for i in range(int(program.exponent_pointer[rank]), int(program.exponent_pointer[rank + 1])):
            value = self.quantity[program.exponent_quantity[i]]
            exponent = exponent + self.numbers[program.exponent_effect[i]] * value
        return True, self.rate(self.numbers[program.clock_base[rank]] * flows.multiplier(exponent))

    def rate(self, x: float) -> float:
        """A rate, a factor or a gain of one, which must be finite and not negative."""
        if finite(x, RATE) < 0.0:
            raise FailedError(RATE)
        return x

    def anchor(self, rank: int) -> None:
        """Anchors a clock now, with the residual and the multiple that it has, and solves it."""
        clock, program = self.clock[rank], self.program
        states = [self.tension_now(tension) for tension, _, _ in self.gains(rank)]
        clock.anchor = self.now
        clock.level = [level for level, _ in states]
        clock.integral = [integral for _, integral in states]
        constant = clock.multiple * self.numbers[program.clock_constant[rank]]
        gain, level, baseline, decay = [], [], [], []
        highest = constant
        for (tension, inside, outside), x in zip(self.gains(rank), clock.level, strict=True):
            total = clock.multiple * inside + outside if clock.on else 0.0
            if total != 0.0:
                gain.append(total)
                level.append(x)
                baseline.append(self.numbers[program.tension_baseline[tension]])
                decay.append(self.numbers[program.tension_decay[tension]])
                highest = highest + total * (x + baseline[-1])
        if self.rate(highest) == 0.0:
            clock.due = math.inf
        elif clock.residual == 0.0:
            clock.due = self.now
        else:
            left = program.horizon - self.now
            wait = flows.waiting_time(clock.residual, left, constant, len(gain), gain, level, baseline, decay)
            clock.due = self.now + wait

    def consumed(self, rank: int) -> float:
        """The part of its Exp(1) that a clock used up since its anchor, at the rate it had there."""
        clock = self.clock[rank]
        if not clock.on:
            return 0.0
        inner = self.numbers[self.program.clock_constant[rank]] * (self.now - clock.anchor)
        outer = 0.0
        for (tension, inside, outside), integral in zip(self.gains(rank), clock.integral, strict=True):
            passed = self.tension_now(tension)[1] - integral
            inner = inner + inside * passed
            outer = outer + outside * passed
        return clock.multiple * inner + outer

    def tension_now(self, i: int) -> tuple[float, float]:
        """Level and integral of a tension, in one step from its anchor."""
        return self.tension_at(i, self.now)

    def tension_at(self, i: int, time: float) -> tuple[float, float]:
        tension = self.tension[i]
        elapsed = time - tension.anchor
        if elapsed == 0.0:
            return tension.value, tension.integral
        baseline, decay = self.numbers[self.program.tension_baseline[i]], self.numbers[self.program.tension_decay[i]]
        relaxed = flows.relaxation(decay, elapsed)
        level = flows.level_after(tension.value, baseline, relaxed)
        return level, tension.integral + flows.integral_after(tension.value, baseline, decay, elapsed, relaxed)

    # --- small questions ---

    def holds(self, bounds: list[tuple[int, int, int]]) -> bool:
        return all(
            (lower < 0 or flows.reaches(self.quantity[i], self.numbers[lower]))
            and (upper < 0 or flows.stays_below(self.quantity[i], self.numbers[upper]))
            for i, lower, upper in bounds
        )

    def luck(self, stream: int, occurrence: int, j: int = 0) -> float:
        return uniform(self.seed, self.world, self.replay, stream, occurrence, j)

    def wait(self, rank: int, occurrence: int) -> float:
        return -math.log(self.luck(int(self.program.wait_stream[rank]), occurrence))

    def draw(self, i: int, occurrence: int) -> float:
        parameters = [self.numbers[index] for index in self.program.draw_parameters[i]]
        u = self.luck(int(self.program.draw_stream[i]), occurrence)
        return family_quantile(int(self.program.draw_family[i]), u, parameters, self.program.table.tolist())

    def amount(self, row: int, occurrence: int, load: float) -> float:
        """(A + B z) v, with the draws of an occurrence."""
        items = [int(item) for item in self.program.amounts[row]]
        parts = [
            self.draw(index, occurrence) if kind == p.DRAW else self.numbers[index]
            for kind, index in (items[0:2], items[2:4], items[6:8])
        ]
        z = {p.NO_Z: 0.0, p.LOAD_Z: load, p.QUANTITY_Z: self.quantity[items[5]] if items[5] >= 0 else 0.0}
        return (parts[0] + parts[1] * z[items[4]]) * parts[2]

    def flags(self) -> int:
        return sum(1 << bit for bit, i in enumerate(self.program.flags) if self.quantity[i] >= 0.5)
