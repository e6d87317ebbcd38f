"""The reference engine: one SimPy process per rule, one process function per trigger.

This is the model's public explanation. Every rule waits at its *door*. A *timer* that comes due knocks: the process
behind the door wakes, and the rule fires as `docs/semantics.md` says (S4): guard, chance, amounts on a snapshot,
effects, settle. A rule that is re-timed is not interrupted: its old timer finds that its generation has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from math import inf, isfinite

import numpy as np
import simpy
from simpy.events import Event, EventPriority

from sim.engines.clocks import Clocks
from sim.engines.firing import changed, evaluate, judge, waits_of
from sim.engines.plan import EffectPlan, Plan, RulePlan, make_plan
from sim.engines.state import BUDGET, DELAY, PENDING, RunFailedError, State
from sim.records.outcomes import FINISHED, Floats, Outcomes, RunResult, tabulate
from sim.records.story import Applied, Due, Hold, Story
from sim.rules import program as p
from sim.rules.program import Program

Root = tuple[int, int]
Process = Generator[Event, "Timer", None]
NO_ROOT: Root = (-1, 0)


class Door(Event):
    """Where a rule's process waits. Never scheduled: only timers knock."""

    def __init__(self, environment: simpy.Environment) -> None:
        """A closed door; timers of an older generation are ignored."""
        super().__init__(environment)
        self.generation = 0


class Timer(Event):
    """Knocks at a door after `wait` days, unless the door's generation has changed by then."""

    def __init__(
        self,
        run: Run,
        rule: RulePlan,
        wait: float,
        *,
        instance: int = -1,
        occurrence: int = 0,
        step: int = 0,
        load: float = 0.0,
        root: Root = NO_ROOT,
    ) -> None:
        """Schedule the knock by (time, rank, order of scheduling); the delay is given to SimPy as it is."""
        super().__init__(run.environment)
        self.run = run
        self.rank = rule.rank
        self.door = run.doors[rule.rank]
        self.generation = self.door.generation
        self.instance, self.occurrence, self.step, self.load, self.root = instance, occurrence, step, load, root
        self._ok, self._value = True, self
        self.callbacks = [self._knock]
        run.environment.schedule(self, priority=EventPriority(rule.rank + 1), delay=wait)

    def _knock(self, _: Event) -> None:
        door = self.door
        if self.generation != door.generation:
            return
        # the door's callbacks are called here and now: a second event would let others in between
        waiting, door.callbacks = door.callbacks or [], []
        for wake in waiting:
            wake(self)
        if self.run.failure is not None:
            raise self.run.failure


def start_process(run: Run, rule: RulePlan) -> Process:
    """Pending from the clock's start, due once at a date."""
    timer = yield run.doors[rule.rank]
    run.pending[rule.rank] = 0
    run.due(rule, timer, root=None)


def clock_process(run: Run, rule: RulePlan) -> Process:
    """A hazard. Each time it comes due it loads its next exponential, anchored now, and goes on."""
    occurrence = 0
    while True:
        timer = yield run.doors[rule.rank]
        timer.occurrence = occurrence
        occurrence += 1
        run.clocks.load(rule.rank, occurrence, run.now)
        run.due(rule, timer, root=None)


def watch_process(run: Run, rule: RulePlan) -> Process:
    """A condition that has held long enough. It is spent until the condition has been false."""
    occurrence = 0
    while True:
        timer = yield run.doors[rule.rank]
        timer.occurrence = occurrence
        occurrence += 1
        run.spent[rule.rank] = True
        run.due(rule, timer, root=timer.root)


def armed_process(run: Run, rule: RulePlan) -> Process:
    """Armed by other rules, any number of times at once."""
    while True:
        timer = yield run.doors[rule.rank]
        run.pending[rule.rank] -= 1
        run.due(rule, timer, root=timer.root)


PROCESSES: dict[int, Callable[[Run, RulePlan], Process]] = {
    p.START: start_process,
    p.CLOCK: clock_process,
    p.WATCH: watch_process,
    p.ARMED: armed_process,
}


class Run:
    """One play of one world."""

    def __init__(self, plan: Plan, numbers: Sequence[float], seed: int, world: int, replay: int) -> None:
        """Everything as it stands on day 0; nothing has come due."""
        self.plan = plan
        self.environment = simpy.Environment(0.0)
        self.doors = [Door(self.environment) for _ in plan.rules]
        self.failure: RunFailedError | None = None
        self.story: Story | None = None
        self.dues = 0
        self.armings = 0
        self.tickets = [0] * len(plan.rules)
        self.pending = [0] * len(plan.rules)
        self.spent = dict.fromkeys(plan.watches, False)
        self.holding: dict[int, float | None] = dict.fromkeys(plan.watches)
        self.state = State(plan, numbers, seed, world, replay)
        self.clocks = Clocks(self.state)

    @property
    def now(self) -> float:
        """Days since the clock's start."""
        return float(self.environment.now)

    def begin(self) -> None:
        """Open every door, and time what is pending from the start."""
        for rule in self.plan.rules:
            self.environment.process(PROCESSES[rule.trigger](self, rule))
        self.environment.run(until=self.environment.process(_opening()))
        for rank in self.plan.starts:
            rule = self.plan.rules[rank]
            date = self.state.numbers[rule.start_at]
            if not (isfinite(date) and date >= 0.0):
                raise RunFailedError(DELAY)
            self.pending[rank] = 1
            Timer(self, rule, date)
        for rank in self.plan.watches:
            # what is already true when the clock starts is spent: a crisis in progress is not an onset
            self.spent[rank] = self.state.meets(self.plan.rules[rank].watched)
        for rank in self.plan.clocks:
            self.clocks.load(rank, 0, 0.0)
            self._time_clock(rank, None)

    def due(self, rule: RulePlan, timer: Timer, root: Root | None) -> None:
        """One due (S4). A failure is kept for the timer to raise: SimPy must not see it inside a process."""
        try:
            self._due(rule, timer, root)
        except RunFailedError as failure:
            self.failure = failure

    def _due(self, rule: RulePlan, timer: Timer, root: Root | None) -> None:
        if self.dues >= p.DUE_BUDGET:
            raise RunFailedError(BUDGET)
        self.dues += 1
        state = self.state
        if root is None:
            root = (rule.block, state.flag_bits())
        outcome, effects = judge(state, rule, timer.occurrence, timer.step)
        log_entry = self._log(rule, timer, outcome)
        if effects is None:
            if rule.trigger == p.CLOCK:
                self._time_clock(rule.rank, None)
            return
        touched: set[int] = set()
        written: set[int] = set()
        for effect, amount, delay in evaluate(state, effects, timer.occurrence, timer.load):
            applied = self._apply(effect, amount, delay, timer, root, touched, written)
            if log_entry is not None:
                log_entry.effects.append(Applied(effect.operation, effect.target, *applied))
        self._settle(rule, root, touched, written)

    def _apply(
        self,
        effect: EffectPlan,
        amount: float,
        delay: tuple[float, float],
        timer: Timer,
        root: Root,
        touched: set[int],
        written: set[int],
    ) -> tuple[float, float]:
        """Apply one effect to the current values; gives the value before and after, for the story."""
        state, operation, target, now = self.state, effect.operation, effect.target, self.now
        if operation <= p.SET_QUANTITY:
            before = state.quantity[target]
            if state.write(target, changed(operation, before, amount)):
                touched.add(target)
            return before, state.quantity[target]
        if operation <= p.SET_TENSION:
            before = state.tensions.level(target, now)
            if state.tensions.write(target, changed(operation - p.ADD_TENSION, before, amount), now):
                written.add(target)
            return before, state.tensions.level(target, now)
        if operation == p.ARM:
            return self._arm(effect, amount, delay, timer, root)
        if operation == p.DISARM:
            return self._disarm(target), 0.0
        if operation == p.BEGIN:
            return 1.0 - float(state.crises.begin(target, now, timer.rank, root)), 1.0
        if operation == p.END:
            return float(state.crises.end(target, now)), 0.0
        if operation == p.RESET:
            state.reset.add(target)
        return 0.0, 0.0

    def _arm(
        self, effect: EffectPlan, load: float, delay: tuple[float, float], timer: Timer, root: Root
    ) -> tuple[float, float]:
        """S6: every step is due at now + (d + L i / n), added once, never accumulated."""
        state, rule = self.state, self.plan.rules[effect.target]
        after, over = delay
        ticket = self.tickets[rule.rank]
        if effect.own_ticket:
            after = state.amount(effect.after, ticket, timer.load)
        waits = waits_of(state, effect, after, over)
        if sum(self.pending) + len(waits) > p.PENDING_CAPACITY:
            raise RunFailedError(PENDING)
        self.tickets[rule.rank] += 1
        self.pending[rule.rank] += len(waits)
        for place, wait in enumerate(waits):
            step = 0 if effect.steps < 0 else place + 1
            Timer(self, rule, wait, instance=self.armings, occurrence=ticket, step=step, load=load, root=root)
        self.armings += 1
        return self.now + waits[0], self.now + waits[-1]

    def _disarm(self, rank: int) -> float:
        """Remove all that is pending of a rule; clocks and watches have nothing pending, so their timers stay valid."""
        removed = self.pending[rank]
        if removed:
            self.pending[rank] = 0
            self.doors[rank].generation += 1
        return float(removed)

    def _settle(self, rule: RulePlan, root: Root, touched: set[int], written: set[int]) -> None:
        """S4 (6): derived quantities, then clocks, then watches; only those that depend on what changed."""
        plan, state = self.plan, self.state
        if touched or state.reset:
            state.settle_derived(touched)
        stirred = {rank for quantity in touched for rank in plan.clocks_of_quantity[quantity]}
        stirred.update(rank for tension in written for rank in plan.clocks_of_tension[tension])
        if rule.trigger == p.CLOCK:
            stirred.add(rule.rank)
        for rank in sorted(stirred):
            self._time_clock(rank, written)
        for rank in sorted({rank for quantity in touched for rank in plan.watches_of[quantity]}):
            self._look(rank, root)

    def _time_clock(self, rank: int, written: set[int] | None) -> None:
        wait = self.clocks.settle(rank, self.now, written or set())
        if wait is None:
            return
        self.doors[rank].generation += 1
        if wait != inf:
            Timer(self, self.plan.rules[rank], wait)

    def _look(self, rank: int, root: Root) -> None:
        """S9: idle, holding or spent; a break while holding ends the hold."""
        rule = self.plan.rules[rank]
        began = self.holding[rank]
        if self.state.meets(rule.watched):
            if began is None and not self.spent[rank]:
                hold = self.state.numbers[rule.hold]
                if not (isfinite(hold) and hold >= 0.0):
                    raise RunFailedError(DELAY)
                self.holding[rank] = self.now
                Timer(self, rule, hold, root=root)
            return
        if began is not None and not self.spent[rank] and self.story is not None:
            self.story.holds.append(Hold(rank, began, self.now))
        self.holding[rank] = None
        self.spent[rank] = False
        self.doors[rank].generation += 1

    def _log(self, rule: RulePlan, timer: Timer, outcome: str) -> Due | None:
        if self.story is None:
            return None
        since = self.holding.get(rule.rank)
        entry = Due(self.now, rule.rank, timer.instance, outcome, self.now if since is None else since, timer.load)
        self.story.dues.append(entry)
        return entry


def _opening() -> Generator[Event, None, None]:
    """Ends at once; by then every process created before it waits at its door."""
    yield from ()


class StoppedError(Exception):
    """A batch was given up because nobody waits for it any more."""


class Reference:
    """Plays runs of one Program, one at a time, on SimPy."""

    name = "simpy"

    def __init__(self, program: Program, seed: int) -> None:
        """Unpack the Program once; `seed` addresses every draw."""
        self.plan = make_plan(program)
        self.seed = seed

    def play(
        self,
        numbers: Sequence[float],
        world: int,
        replay: int,
        *,
        story: Story | None = None,
        probes: Sequence[float] = (),
    ) -> RunResult:
        """One run of world `world`, whose parameter vector is `numbers`.

        A `story` is filled with everything that happens. `probes` are days, ascending, on which all quantities and then
        all tensions are read, after everything due at that instant.
        """
        run = None
        probed: list[list[float]] = []
        try:
            run = Run(self.plan, numbers, self.seed, world, replay)
            run.story = story
            run.begin()
            for day in probes:
                run.environment.process(_probe(run, day, probed))
            run.environment.run(until=self.plan.program.horizon)
        except RunFailedError as failure:
            return self._failed(failure, run)
        result = run.state.crises.result(FINISHED, inf, run.dues)
        if probes:
            result.probed = np.array(probed, dtype=np.float64)
        return result

    def play_batch(
        self, worlds: range, replays: range, numbers: Floats, wanted: Callable[[], bool] = lambda: True
    ) -> Outcomes:
        """Runs of consecutive worlds, worlds in order, replays inside worlds; `numbers` has a row a world.

        `wanted` is asked before each world; at a no the batch is given up and `StoppedError` raised.
        """
        results = []
        for world, row in zip(worlds, numbers.tolist(), strict=True):
            if not wanted():
                raise StoppedError
            results += [self.play(row, world, replay) for replay in replays]
        return tabulate(worlds, replays, results, len(self.plan.program.kinds))

    def _failed(self, failure: RunFailedError, run: Run | None) -> RunResult:
        kinds = len(self.plan.program.kinds)
        return RunResult(
            status=failure.reason,
            failed_at=run.now if run is not None else 0.0,
            first=inf,
            kind=-1,
            root=-1,
            flags=0,
            onset=[inf] * kinds,
            early=[inf] * kinds,
            running=[False] * kinds,
            dues=run.dues if run is not None else 0,
        )


def _probe(run: Run, day: float, probed: list[list[float]]) -> Generator[Event, None, None]:
    """Reads the state at the end of an instant: its priority lies behind every rule's."""
    event = Event(run.environment)
    event._ok, event._value = True, None
    run.environment.schedule(event, priority=EventPriority(len(run.plan.rules) + 1), delay=day - run.now)
    yield event
    levels = [run.state.tensions.level(tension, run.now) for tension in range(len(run.plan.program.tensions))]
    probed.append([*run.state.quantity, *levels])
