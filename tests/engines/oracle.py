"""A second engine, written from `docs/semantics.md` alone and as simple-minded as it can be.

There is no queue: at every step all that is pending is laid side by side and the least (time, rank, instance, step)
fires. It shares with the other engines only what section 4 says they share: flows, draws and the numbers of a
`Program`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.records.outcomes import FINISHED, RunResult
from sim.records.story import Applied, Due, Hold, Story
from sim.rules import program as p
from sim.rules.program import Effects, Program
from tests.engines.oracle_world import (
    BUDGET,
    DELAY,
    NOT_FINITE,
    PENDING,
    STEPS,
    FailedError,
    World,
    bounds_of,
    finite,
)


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


class Oracle:
    """Plays a Program one run at a time."""

    def __init__(self, program: Program, seed: int, budget: int = p.DUE_BUDGET, room: int = p.PENDING_CAPACITY) -> None:
        """`budget` dues and `room` pending steps are allowed a run."""
        self.program, self.seed, self.budget, self.room = program, seed, budget, room

    def play(
        self,
        numbers: Sequence[float],
        world: int,
        replay: int,
        story: Story | None = None,
        probes: Sequence[float] = (),
    ) -> RunResult:
        """One run; a story, if given, is filled."""
        told = Story() if story is None else story
        return _Run(self.program, numbers, self.seed, world, replay, engine=self, story=told, probes=probes).play()


@dataclass(slots=True, kw_only=True)
class _Run(World):
    engine: Oracle
    story: Story
    probes: Sequence[float]
    dues: int = 0
    armings: int = 0
    pending: list[Pending] = field(default_factory=list)
    watch: dict[int, WatchState] = field(default_factory=dict)
    tickets: dict[int, int] = field(default_factory=dict)
    on: list[bool] = field(default_factory=list)
    begun: list[tuple[float, int, int, Root | None]] = field(default_factory=list)
    turned: list[tuple[float, int, bool]] = field(default_factory=list)
    probed: list[list[float]] = field(default_factory=list)

    def play(self) -> RunResult:
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
        self.begin()
        program = self.program
        self.on = [self.numbers[running] >= 0.5 for running in program.kind_running]
        for rank, trigger in enumerate(program.trigger):
            if trigger == p.START:
                self.pending.append(Pending(self.date(self.numbers[program.start_at[rank]]), rank, -1, 0))
            elif trigger == p.WATCH:
                self.watch[rank] = WatchState("spent" if self.holds(bounds_of(program.watched, rank)) else "idle")
        self.wind()

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
        outcome, effects = "fired", effects_of(self.program.effects, rank)
        if not self.holds(bounds_of(self.program.guard, rank)):
            outcome, effects = "guard", []
        elif not self.lucky(firing):
            effects = effects_of(self.program.otherwise, rank)
            outcome = "otherwise" if effects else "chance"
        told = Due(firing.time, rank, firing.instance, outcome, firing.since, firing.load)
        self.story.dues.append(told)
        if outcome in ("guard", "chance"):
            return
        if firing.root is None:
            firing.root = Root(int(self.program.rule_block[rank]), self.flags())
        for effect, amounts in self.evaluated(effects, firing):
            told.effects.append(self.apply(effect, amounts, firing))
        self.settle()
        self.look(firing.root)

    def consume(self, firing: Firing) -> None:
        rank = firing.rank
        if firing.instance >= 0 or self.program.trigger[rank] == p.START:
            mine = (firing.time, rank, firing.instance, firing.step)
            self.pending = [i for i in self.pending if (i.time, i.rank, i.instance, i.step) != mine]
        elif self.program.trigger[rank] == p.WATCH:
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
        mine = firing.occurrence, firing.load
        for effect in effects:
            if effect.condition >= 0:
                drawn = finite(self.draw(effect.condition, firing.occurrence), NOT_FINITE)
                if not drawn >= self.numbers[effect.level]:
                    continue
            amounts = {}
            for name in ("amount", "load"):
                if getattr(effect, name) >= 0:
                    amounts[name] = finite(self.amount(getattr(effect, name), *mine), NOT_FINITE)
            if effect.after >= 0 and not effect.own_ticket:
                amounts["after"] = self.amount(effect.after, *mine)
            if effect.over >= 0:
                amounts["over"] = self.amount(effect.over, *mine)
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

    def arm(self, effect: Effect, amounts: dict[str, float], firing: Firing) -> tuple[float, float]:
        rule = effect.target
        ticket = self.tickets.get(rule, 0)
        self.tickets[rule] = ticket + 1
        delay = self.amount(effect.after, ticket, firing.load) if effect.own_ticket else amounts.get("after", 0.0)
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

    # --- S9 ---

    def look(self, root: Root | None) -> None:
        for rank, watch in self.watch.items():
            true = self.holds(bounds_of(self.program.watched, rank))
            if true and watch.state == "idle":
                self.date(self.numbers[self.program.hold[rank]])
                self.watch[rank] = WatchState("holding", self.now, root, watch.came)
            elif not true:
                if watch.state == "holding":
                    self.story.holds.append(Hold(rank, watch.since, self.now))
                watch.state = "idle"

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
