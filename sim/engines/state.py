"""The state of one run between firings: quantities, tensions, crises, and what is evaluated on them."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

from sim.chance.quantiles import family_quantile
from sim.chance.streams import uniform
from sim.engines.plan import Condition, Plan
from sim.records.outcomes import RunResult
from sim.rules import program as p
from sim.rules.flows import clamp, integral_after, level_after, reaches, relaxation, stays_below

NOT_FINITE, DELAY, RATE, STEPS, BUDGET, PENDING = 3, 4, 5, 6, 1, 2


class RunFailedError(Exception):
    """A run cannot go on (`docs/semantics.md`, S12). It is counted, never dropped."""

    def __init__(self, reason: int) -> None:
        """Keep the reason, a key of `sim.records.outcomes.FAILURES`."""
        super().__init__(reason)
        self.reason = reason


class Tensions:
    """All tensions of a run. Level and integral are always computed from the anchor in one step (S8)."""

    def __init__(self, plan: Plan, numbers: Sequence[float]) -> None:
        """Every tension at its start value on day 0."""
        program = plan.program
        self.baseline = [numbers[i] for i in program.tension_baseline.tolist()]
        self.decay = [numbers[i] for i in program.tension_decay.tolist()]
        self.cap = [numbers[i] for i in program.tension_cap.tolist()]
        self.value = [
            clamp(numbers[start], 0.0, cap) for start, cap in zip(program.tension_start.tolist(), self.cap, strict=True)
        ]
        for value, baseline, decay in zip(self.value, self.baseline, self.decay, strict=True):
            if not (isfinite(value) and isfinite(baseline) and baseline >= 0.0 and isfinite(decay) and decay > 0.0):
                raise RunFailedError(NOT_FINITE)
        self.anchor = [0.0] * len(self.value)
        self.integral_at_anchor = [0.0] * len(self.value)
        self._seen = [0.0] * len(self.value)
        self._level = list(self.value)
        self._integral = [0.0] * len(self.value)

    def level(self, tension: int, now: float) -> float:
        """x(now)."""
        if self._seen[tension] != now:
            self._look(tension, now)
        return self._level[tension]

    def integral(self, tension: int, now: float) -> float:
        """J(now), the integral of the level since the clock's start."""
        if self._seen[tension] != now:
            self._look(tension, now)
        return self._integral[tension]

    def _look(self, tension: int, now: float) -> None:
        value, baseline, decay = self.value[tension], self.baseline[tension], self.decay[tension]
        elapsed = now - self.anchor[tension]
        relaxed = relaxation(decay, elapsed)
        self._level[tension] = level_after(value, baseline, relaxed)
        since = integral_after(value, baseline, decay, elapsed, relaxed)
        self._integral[tension] = self.integral_at_anchor[tension] + since
        self._seen[tension] = now

    def write(self, tension: int, number: float, now: float) -> bool:
        """Set the level; False when the clamped number is the level already, which is no write at all."""
        level = self.level(tension, now)
        number = clamp(number, 0.0, self.cap[tension])
        if not isfinite(number):
            raise RunFailedError(NOT_FINITE)
        if number == level:
            return False
        self.integral_at_anchor[tension] = self.integral(tension, now)
        self.anchor[tension] = now
        self.value[tension] = self._level[tension] = number
        return True


class State:
    """Quantities, tensions and crises of one run, and the draws that its firings make."""

    def __init__(self, plan: Plan, numbers: Sequence[float], seed: int, world: int, replay: int) -> None:
        """The state on day 0, before anything is due."""
        program = plan.program
        self.plan, self.numbers = plan, numbers
        self.address = (seed, world, replay)
        self.floor = [numbers[i] for i in program.quantity_floor.tolist()]
        self.ceiling = [numbers[i] for i in program.quantity_ceiling.tolist()]
        starts = [numbers[i] for i in program.quantity_start.tolist()]
        self.quantity = [clamp(*bounds) for bounds in zip(starts, self.floor, self.ceiling, strict=True)]
        if not all(isfinite(quantity) for quantity in self.quantity):
            raise RunFailedError(NOT_FINITE)
        self.flags = program.flags.tolist()
        self.tensions = Tensions(plan, numbers)
        self.reset: set[int] = set()
        for item in plan.derived:
            number = self._derive(item.kind, item.index, item.constant, item.terms, first=True)
            if not isfinite(number):
                raise RunFailedError(NOT_FINITE)
            self.quantity.append(number)
        self.crises = Crises(plan, numbers)

    def uniform(self, stream: int, occurrence: int, step: int = 0) -> float:
        """The addressed uniform of this run."""
        seed, world, replay = self.address
        return uniform(seed, world, replay, stream, occurrence, step)

    def draw(self, index: int, occurrence: int) -> float:
        """An `each` draw of the firing with this occurrence."""
        plan = self.plan
        u = self.uniform(plan.draw_stream[index], occurrence)
        parameters = [self.numbers[i] for i in plan.draw_parameters[index]]
        return family_quantile(plan.draw_family[index], u, parameters, plan.table)

    def meets(self, conditions: Sequence[Condition]) -> bool:
        """All closed bounds hold."""
        for quantity, lower, upper in conditions:
            x = self.quantity[quantity]
            if lower >= 0 and not reaches(x, self.numbers[lower]):
                return False
            if upper >= 0 and not stays_below(x, self.numbers[upper]):
                return False
        return True

    def amount(self, row: int, occurrence: int, load: float) -> float:
        """(A + B z) v on the state as it is."""
        kind_a, a, kind_b, b, kind_z, z, kind_v, v = self.plan.amounts[row]
        result = self._part(kind_a, a, occurrence)
        if kind_z != p.NO_Z:
            factor = load if kind_z == p.LOAD_Z else self.quantity[z]
            result = result + self._part(kind_b, b, occurrence) * factor
        return result * self._part(kind_v, v, occurrence)

    def _part(self, kind: int, index: int, occurrence: int) -> float:
        return self.numbers[index] if kind == p.PARAMETER else self.draw(index, occurrence)

    def write(self, quantity: int, number: float) -> bool:
        """Set a stored quantity; False when the clamped number is its value already."""
        number = clamp(number, self.floor[quantity], self.ceiling[quantity])
        if not isfinite(number):
            raise RunFailedError(NOT_FINITE)
        if number == self.quantity[quantity]:
            return False
        self.quantity[quantity] = number
        return True

    def settle_derived(self, changed: set[int]) -> None:
        """Recompute what depends on a change or a reset, in dependency order; adds what changed to `changed`."""
        plan = self.plan
        stale = {place for quantity in (*changed, *self.reset) for place in plan.derived_after[quantity]}
        for place in sorted(stale):
            item = plan.derived[place]
            number = self._derive(item.kind, item.index, item.constant, item.terms, first=False)
            if not isfinite(number):
                raise RunFailedError(NOT_FINITE)
            if number != self.quantity[item.index]:
                self.quantity[item.index] = number
                changed.add(item.index)
        self.reset.clear()

    def _derive(self, kind: int, index: int, constant: int, terms: Sequence[tuple[int, int]], *, first: bool) -> float:
        quantity = self.quantity
        if kind == p.SUM:
            total = self.numbers[constant]
            for of, coefficient in terms:
                total += self.numbers[coefficient] * quantity[of]
            return total
        if kind == p.RISE:
            return quantity[terms[0][0]] - quantity[terms[1][0]]
        here = quantity[terms[0][0]]
        if first or index in self.reset or here < quantity[index]:
            return here
        return quantity[index]

    def flag_bits(self) -> int:
        """The flags that are on, a bit each."""
        bits = 0
        for place, quantity in enumerate(self.flags):
            if self.quantity[quantity] >= 0.5:
                bits |= 1 << place
        return bits


class Crises:
    """Which kinds are on, and the onsets that the question asks about (S10)."""

    def __init__(self, plan: Plan, numbers: Sequence[float]) -> None:
        """Kinds that run at the clock's start are on, but have had no onset."""
        program = plan.program
        self.opens, self.closes = program.opens, program.closes
        self.counted = program.kind_counted.tolist()
        self.on = [numbers[i] >= 0.5 for i in program.kind_running.tolist()]
        # a kind that runs when the clock starts began before any opening, also before one on day 0
        self.begun = [-inf if on else inf for on in self.on]
        self.onset = [inf] * len(self.on)
        self.early = [inf] * len(self.on)
        self.running = [False] * len(self.on)
        self.first, self.kind, self.root, self.flags = inf, -1, -1, 0
        self.first_rank = -1

    def begin(self, kind: int, now: float, rank: int, root: tuple[int, int]) -> bool:
        """An onset by the rule of this rank, unless the kind is on already; at one instant the least rank is first."""
        if self.on[kind]:
            return False
        self.on[kind] = True
        self.begun[kind] = now
        if now < self.opens:
            self.early[kind] = min(self.early[kind], now)
        elif now < self.closes:
            self.onset[kind] = min(self.onset[kind], now)
            earlier = self.kind < 0 or (now == self.first and rank < self.first_rank)
            if self.counted[kind] and earlier:
                self.first, self.kind, self.first_rank = now, kind, rank
                self.root, self.flags = root
        return True

    def end(self, kind: int, now: float) -> bool:
        """The end of a crisis, if it is on."""
        if not self.on[kind]:
            return False
        self._mark_opening(kind, now)
        self.on[kind] = False
        return True

    def _mark_opening(self, kind: int, until: float) -> None:
        if self.begun[kind] < self.opens < until:
            self.running[kind] = True

    def result(self, status: int, failed_at: float, dues: int) -> RunResult:
        """The run's row, once it is over."""
        for kind, on in enumerate(self.on):
            if on:
                self._mark_opening(kind, inf)
        return RunResult(
            status=status,
            failed_at=failed_at,
            first=self.first,
            kind=self.kind,
            root=self.root,
            flags=self.flags,
            onset=self.onset,
            early=self.early,
            running=self.running,
            dues=dues,
        )
