"""A second engine, written from `docs/semantics.md` alone and as simple-minded as it can be.

There is no queue: at every step all that is pending is laid side by side and the least (time, rank, instance, step)
fires. Nothing is cached that can be computed again. It shares with the other engines only what section 4 says they
share: flows, draws and the numbers of a `Program`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.chance.quantiles import family_quantile
from sim.chance.streams import uniform
from sim.records.outcomes import FINISHED, RunResult
from sim.records.story import Applied, Due, Hold, Story
from sim.rules import flows
from sim.rules import program as p
from sim.rules.program import Conditions, Effects, Program

BUDGET, PENDING, NOT_FINITE, DELAY, RATE, STEPS = range(1, 7)


class FailedError(Exception):
    """The run cannot go on; the only argument is the code of the reason."""


@dataclass(frozen=True, slots=True)
class Root:
    """Where a pathway began: a block, and the flags that were on just before (a bit each)."""

    block: int
    flags: int


@dataclass(slots=True)
class Pending:
    """One step of an arming, or a start that has not fired (instance -1)."""

    time: float
    rank: int
    instance: int
    step: int
    occurrence: int = 0
    load: float = 0.0
    root: Root | None = None


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


@dataclass(slots=True)
class WatchState:
    """idle, holding or spent; `since` and `root` are those of the hold. `came` counts its dues."""

    state: str
    since: float = 0.0
    root: Root | None = None
    came: int = 0


@dataclass(slots=True)
class Firing:
    """One due on its way through S4."""

    time: float
    rank: int
    instance: int
    step: int
    occurrence: int
    load: float
    since: float
    root: Root | None


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of `Effects`."""

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


def effects_of(effects: Effects, rank: int) -> list[Effect]:
    """The effects of one rule, in the written order."""
    rows = range(int(effects.pointer[rank]), int(effects.pointer[rank + 1]))
    return [Effect(*(int(getattr(effects, name)[row]) for name in Effect.__slots__)) for row in rows]


def bounds_of(conditions: Conditions, rank: int) -> list[tuple[int, int, int]]:
    """The conditions of one rule as (quantity, lower, upper)."""
    rows = range(int(conditions.pointer[rank]), int(conditions.pointer[rank + 1]))
    return [(int(conditions.quantity[i]), int(conditions.lower[i]), int(conditions.upper[i])) for i in rows]


def finite(x: float, otherwise: int) -> float:
    """`x`, which must be finite, else the run fails with the code."""
    if not math.isfinite(x):
        raise FailedError(otherwise)
    return x


class Oracle:
    """Plays a Program one run at a time."""

    def __init__(self, program: Program, seed: int, budget: int = p.DUE_BUDGET, room: int = p.PENDING_CAPACITY) -> None:
        """`budget` dues and `room` pending steps are allowed a run."""
        self.program, self.seed, self.budget, self.room = program, seed, budget, room
        rules = range(len(program.rules))
        self.effects = [effects_of(program.effects, rank) for rank in rules]
        self.otherwise = [effects_of(program.otherwise, rank) for rank in rules]
        self.guard = [bounds_of(program.guard, rank) for rank in rules]
        self.watched = [bounds_of(program.watched, rank) for rank in rules]
        self.only = [bounds_of(program.only, rank) for rank in rules]
        self.trigger = [int(trigger) for trigger in program.trigger]

    def play(
        self,
        numbers: Sequence[float],
        world: int,
        replay: int,
        story: Story | None = None,
        probes: Sequence[float] = (),
    ) -> RunResult:
        """One run; a story, if given, is filled."""
        return _Run(self, numbers, world, replay, Story() if story is None else story, probes).play()


@dataclass(slots=True)
class _Run:
    engine: Oracle
    numbers: Sequence[float]
    world: int
    replay: int
    story: Story
    probes: Sequence[float]
    program: Program = field(init=False)
    now: float = 0.0
    dues: int = 0
    armings: int = 0
    quantity: list[float] = field(default_factory=list)
    tension: list[Tension] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)
    pending: list[Pending] = field(default_factory=list)
    clock: dict[int, ClockState] = field(default_factory=dict)
    watch: dict[int, WatchState] = field(default_factory=dict)
    tickets: dict[int, int] = field(default_factory=dict)
    on: list[bool] = field(default_factory=list)
    begun: list[tuple[float, int, int, Root | None]] = field(default_factory=list)
    turned: list[tuple[float, int, bool]] = field(default_factory=list)
    probed: list[list[float]] = field(default_factory=list)

    def play(self) -> RunResult:
        self.program = self.engine.program
        status = FINISHED
        try:
            self.start()
            while (firing := self.next()) is not None:
                self.probe(firing.time)
                self.now = firing.time
                self.fire(firing)
            self.probe(math.inf)
        except FailedError as failure:
            status = failure.args[0]
        return self.result() if status == FINISHED else self.failed(status)

    # --- before anything happens ---

    def start(self) -> None:
        program, numbers = self.program, self.numbers
        for i in range(program.stored):
            floor, ceiling = numbers[program.quantity_floor[i]], numbers[program.quantity_ceiling[i]]
            start = flows.clamp(numbers[program.quantity_start[i]], floor, ceiling)
            self.quantity.append(finite(start, NOT_FINITE))
        for i in range(len(program.tensions)):
            start = flows.clamp(numbers[program.tension_start[i]], 0.0, numbers[program.tension_cap[i]])
            self.tension.append(Tension(0.0, finite(start, NOT_FINITE), 0.0))
        self.on = [numbers[running] >= 0.5 for running in program.kind_running]
        for i, kind in enumerate(program.derived_kind):
            of = int(program.derived_quantity[program.derived_pointer[i]]) if kind == p.LOW else -1
            self.quantity.append(finite(self.quantity[of] if kind == p.LOW else self.derived(i), NOT_FINITE))
        for rank, trigger in enumerate(self.engine.trigger):
            if trigger == p.START:
                self.pending.append(Pending(self.date(numbers[program.start_at[rank]]), rank, -1, 0))
            elif trigger == p.CLOCK:
                for _, inside, outside in self.gains(rank):
                    self.rate(inside), self.rate(outside)
                self.rate(numbers[program.clock_constant[rank]])
                self.clock[rank] = ClockState(0.0, self.wait(rank, 0), *self.multiple(rank), [], [])
                self.anchor(rank)
            elif trigger == p.WATCH:
                self.watch[rank] = WatchState("spent" if self.holds(self.engine.watched[rank]) else "idle")

    def date(self, days: float) -> float:
        """A date, a delay or a hold, which must be finite and not negative."""
        if finite(days, DELAY) < 0.0:
            raise FailedError(DELAY)
        return days

    # --- S3 ---

    def next(self) -> Firing | None:
        coming: list[tuple[float, int, int, int, Pending | None]] = [
            (item.time, item.rank, item.instance, item.step, item) for item in self.pending
        ]
        coming += [(clock.due, rank, -1, 0, None) for rank, clock in self.clock.items()]
        for rank, watch in self.watch.items():
            if watch.state == "holding":
                coming.append((watch.since + self.numbers[self.program.hold[rank]], rank, -1, 0, None))
        coming = [due for due in coming if due[0] < self.program.horizon]
        if not coming:
            return None
        time, rank, instance, step, item = min(coming, key=lambda due: due[:4])
        if item is not None:
            return Firing(time, rank, instance, step, item.occurrence, item.load, time, item.root)
        if rank in self.clock:
            return Firing(time, rank, instance, step, self.clock[rank].came, 0.0, time, None)
        watch = self.watch[rank]
        return Firing(time, rank, instance, step, watch.came, 0.0, watch.since, watch.root)

    # --- S4 ---

    def fire(self, firing: Firing) -> None:
        if self.dues == self.engine.budget:
            raise FailedError(BUDGET)
        self.dues += 1
        rank = firing.rank
        self.consume(firing)
        outcome, effects = "fired", self.engine.effects[rank]
        if not self.holds(self.engine.guard[rank]):
            outcome, effects = "guard", []
        elif not self.lucky(firing):
            effects = self.engine.otherwise[rank]
            outcome = "otherwise" if effects else "chance"
        told = Due(firing.time, rank, firing.instance, outcome, firing.since, firing.load)
        self.story.dues.append(told)
        if outcome in ("guard", "chance"):
            return
        if firing.root is None:
            firing.root = Root(int(self.program.rule_block[rank]), self.flags())
        for effect, amounts in self.evaluated(effects, firing):
            told.effects.append(self.apply(effect, amounts, firing))
        self.settle(firing.root)

    def consume(self, firing: Firing) -> None:
        rank = firing.rank
        if firing.instance >= 0 or self.engine.trigger[rank] == p.START:
            mine = (firing.time, rank, firing.instance, firing.step)
            self.pending = [i for i in self.pending if (i.time, i.rank, i.instance, i.step) != mine]
        elif self.engine.trigger[rank] == p.WATCH:
            self.watch[rank].state = "spent"
            self.watch[rank].came += 1
        else:
            clock = self.clock[rank]
            clock.came += 1
            clock.residual = self.wait(rank, clock.came)
            self.anchor(rank)

    def lucky(self, firing: Firing) -> bool:
        chance = int(self.program.chance[firing.rank])
        if chance < 0:
            return True
        stream = int(self.program.chance_stream[firing.rank])
        limit = finite(self.numbers[chance], NOT_FINITE)
        return self.luck(stream, firing.occurrence, firing.step) < limit

    def evaluated(self, effects: list[Effect], firing: Firing) -> list[tuple[Effect, dict[str, float]]]:
        """Effects whose `if` is true, and their amounts on the state as it is."""
        ready = []
        for effect in effects:
            if effect.condition >= 0:
                drawn = finite(self.draw(effect.condition, firing.occurrence), NOT_FINITE)
                if not drawn >= self.numbers[effect.level]:
                    continue
            amounts = {}
            for name in ("amount", "load"):
                if getattr(effect, name) >= 0:
                    amounts[name] = finite(self.amount(getattr(effect, name), firing), NOT_FINITE)
            if effect.after >= 0 and not effect.own_ticket:
                amounts["after"] = self.amount(effect.after, firing)
            if effect.over >= 0:
                amounts["over"] = self.amount(effect.over, firing)
            ready.append((effect, amounts))
        return ready

    # --- effects ---

    def apply(self, effect: Effect, amounts: dict[str, float], firing: Firing) -> Applied:
        operation, target = effect.operation, effect.target
        before = after = 0.0
        if operation <= p.SET_QUANTITY:
            before, after = self.write_quantity(operation, target, amounts["amount"])
        elif operation <= p.SET_TENSION:
            before, after = self.write_tension(operation, target, amounts["amount"])
        elif operation == p.RESET:
            self.marked.add(target)
        elif operation == p.ARM:
            before, after = self.arm(effect, amounts, firing)
        elif operation == p.DISARM:
            staying = [item for item in self.pending if item.rank != target]
            before = float(len(self.pending) - len(staying))
            self.pending = staying
        elif operation in (p.BEGIN, p.END):
            before = float(self.on[target])
            after = float(operation == p.BEGIN)
            self.turn(target, operation == p.BEGIN, firing)
        return Applied(operation, target, before, after)

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

    def arm(self, effect: Effect, amounts: dict[str, float], firing: Firing) -> tuple[float, float]:
        rule = effect.target
        ticket = self.tickets.get(rule, 0)
        self.tickets[rule] = ticket + 1
        delay = self.amount(effect.after, firing, ticket) if effect.own_ticket else amounts.get("after", 0.0)
        waits = [(0, delay)]
        if effect.steps >= 0:
            over = amounts.get("over", 0.0)
            n = self.numbers[effect.steps]
            if not (1.0 <= n <= self.engine.room and n == math.floor(n)):
                raise FailedError(STEPS)
            waits = [(i, delay + (over * i) / n) for i in range(1, int(n) + 1)]
        for wait in (delay, *(wait for _, wait in waits)):
            self.date(wait)
        if len(self.pending) + len(waits) > self.engine.room:
            raise FailedError(PENDING)
        load = amounts.get("load", 0.0)
        for step, wait in waits:
            due = self.now + wait
            self.pending.append(Pending(due, rule, self.armings, step, ticket, load, firing.root))
        self.armings += 1
        return self.now + waits[0][1], self.now + waits[-1][1]

    def turn(self, kind: int, on: bool, firing: Firing) -> None:
        if self.on[kind] == on:
            return
        self.on[kind] = on
        self.turned.append((self.now, kind, on))
        if on:
            self.begun.append((self.now, firing.rank, kind, firing.root))

    # --- settle ---

    def settle(self, root: Root | None) -> None:
        for i in range(len(self.program.derived_kind)):
            self.quantity[self.program.stored + i] = finite(self.derived(i), NOT_FINITE)
        for rank, clock in self.clock.items():
            on, multiple = self.multiple(rank)
            touched = any(j in self.changed for j, inside, outside in self.gains(rank) if inside != 0 or outside != 0)
            if on != clock.on or multiple != clock.multiple or touched:
                clock.residual = clock.residual - self.consumed(rank)
                if clock.residual < 0.0:
                    clock.residual = 0.0
                clock.on, clock.multiple = on, multiple
                self.anchor(rank)
        for rank, watch in self.watch.items():
            true = self.holds(self.engine.watched[rank])
            if true and watch.state == "idle":
                self.date(self.numbers[self.program.hold[rank]])
                self.watch[rank] = WatchState("holding", self.now, root, watch.came)
            elif not true:
                if watch.state == "holding":
                    self.story.holds.append(Hold(rank, watch.since, self.now))
                watch.state = "idle"
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
        if not self.holds(self.engine.only[rank]):
            return False, 0.0
        program = self.program
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
        inner = self.numbers[self.program.clock_constant[rank]] * (self.now - clock.anchor)
        outer = 0.0
        for (tension, inside, outside), integral in zip(self.gains(rank), clock.integral, strict=True):
            passed = self.tension_now(tension)[1] - integral
            inner = inner + inside * passed
            outer = outer + outside * passed
        return clock.multiple * inner + (outer if clock.on else 0.0)

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
        return uniform(self.engine.seed, self.world, self.replay, stream, occurrence, j)

    def wait(self, rank: int, occurrence: int) -> float:
        return -math.log(self.luck(int(self.program.wait_stream[rank]), occurrence))

    def draw(self, i: int, occurrence: int) -> float:
        parameters = [self.numbers[index] for index in self.program.draw_parameters[i]]
        u = self.luck(int(self.program.draw_stream[i]), occurrence)
        return family_quantile(int(self.program.draw_family[i]), u, parameters, self.program.table.tolist())

    def amount(self, row: int, firing: Firing, ticket: int | None = None) -> float:
        """(A + B z) v; draws are those of this firing, or of a ticket."""
        occurrence = firing.occurrence if ticket is None else ticket
        items = [int(item) for item in self.program.amounts[row]]
        parts = [
            self.draw(index, occurrence) if kind == p.DRAW else self.numbers[index]
            for kind, index in (items[0:2], items[2:4], items[6:8])
        ]
        z = {p.NO_Z: 0.0, p.LOAD_Z: firing.load, p.QUANTITY_Z: self.quantity[items[5]] if items[5] >= 0 else 0.0}
        return (parts[0] + parts[1] * z[items[4]]) * parts[2]

    def flags(self) -> int:
        return sum(1 << bit for bit, i in enumerate(self.program.flags) if self.quantity[i] >= 0.5)

    # --- what is left of a run ---

    def probe(self, until: float) -> None:
        """Looks at all days before `until` that were not looked at yet."""
        while len(self.probed) < len(self.probes) and self.probes[len(self.probed)] < until:
            day = self.probes[len(self.probed)]
            levels = [self.tension_at(i, day)[0] for i in range(len(self.tension))]
            self.probed.append([*self.quantity, *levels])

    def failed(self, status: int) -> RunResult:
        never, kinds = math.inf, len(self.program.kinds)
        return RunResult(
            status, self.now, never, -1, -1, 0, [never] * kinds, [never] * kinds, [False] * kinds, self.dues
        )

    def result(self) -> RunResult:
        program = self.program
        kinds = range(len(program.kinds))
        inside = [onset for onset in self.begun if program.opens <= onset[0] < program.closes]
        early = [onset for onset in self.begun if onset[0] < program.opens]
        counted = [onset for onset in inside if program.kind_counted[onset[2]]]
        # `min` keeps the first of equals: two onsets of one firing stay in the written order
        first = min(counted, key=lambda onset: onset[:2], default=(math.inf, -1, -1, None))
        root = first[3] or Root(-1, 0)
        return RunResult(
            status=FINISHED,
            failed_at=math.inf,
            first=first[0],
            kind=first[2],
            root=root.block,
            flags=root.flags,
            onset=[min((time for time, _, k, _ in inside if k == kind), default=math.inf) for kind in kinds],
            early=[min((time for time, _, k, _ in early if k == kind), default=math.inf) for kind in kinds],
            running=[self.running_at_opening(kind) for kind in kinds],
            dues=self.dues,
            probed=np.array(self.probed) if self.probes else None,
        )

    def running_at_opening(self, kind: int) -> bool:
        running = self.numbers[self.program.kind_running[kind]] >= 0.5
        for time, turned, on in self.turned:
            # what begins at the opening was not in progress, what ends at it no longer is
            if turned == kind and (time < self.program.opens or (time == self.program.opens and not on)):
                running = on
        return running
