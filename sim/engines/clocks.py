"""The hazards of one run: each owns a stored exponential that its integrated rate consumes (S7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isfinite, log

from sim.engines.plan import ClockPlan
from sim.engines.state import RATE, RunFailedError, State
from sim.rules.flows import multiplier, waiting_time


@dataclass(slots=True)
class Anchor:
    """What a clock keeps from the instant it was anchored: residual, rate, and its tensions' levels and integrals.

    `moved_by` are the tensions with a gain other than 0: writes of others do not concern it.
    """

    plan: ClockPlan
    constant: float
    inside: list[float]
    outside: list[float]
    moved_by: frozenset[int]
    time: float = 0.0
    residual: float = 0.0
    coefficient: float = -1.0
    active: bool = False
    fresh: bool = True
    levels: list[float] = field(default_factory=list)
    integrals: list[float] = field(default_factory=list)


class Clocks:
    """All clocks of a run. A clock is never drawn again because a rate changed."""

    def __init__(self, state: State) -> None:
        """Read the numbers of every hazard; a negative or infinite one fails the run."""
        self.state = state
        self.horizon = state.plan.program.horizon
        self.anchors: dict[int, Anchor] = {}
        for rank in state.plan.clocks:
            clock = state.plan.rules[rank].clock
            if clock is None:
                raise TypeError(f"rule {rank} is no clock")
            inside = [state.numbers[i] for i in clock.inside]
            outside = [state.numbers[i] for i in clock.outside]
            gains = zip(clock.tensions, inside, outside, strict=True)
            moved_by = frozenset(tension for tension, g, h in gains if g != 0.0 or h != 0.0)
            anchor = Anchor(clock, state.numbers[clock.constant], inside, outside, moved_by)
            if not all(isfinite(gain) and gain >= 0.0 for gain in (anchor.constant, *anchor.inside, *anchor.outside)):
                raise RunFailedError(RATE)
            self.anchors[rank] = anchor

    def load(self, rank: int, occurrence: int, now: float) -> None:
        """A new exponential, anchored now. The rate is the old one until the firing settles."""
        anchor = self.anchors[rank]
        stream = self.state.plan.rules[rank].wait_stream
        anchor.residual = -log(self.state.uniform(stream, occurrence))
        anchor.fresh = True
        self._anchor(anchor, now)

    def settle(self, rank: int, now: float, written: set[int]) -> float | None:
        """Days until the clock is due (infinity: not before the end), or None when nothing changed for it."""
        anchor = self.anchors[rank]
        active = self.state.meets(anchor.plan.only)
        coefficient = self._coefficient(anchor.plan) if active else 0.0
        moved = not anchor.moved_by.isdisjoint(written)
        if moved or active != anchor.active or coefficient != anchor.coefficient:
            consumed = self._consumed(anchor, now)
            if not isfinite(consumed):
                # a tension's integral overflowed
                raise RunFailedError(RATE)
            anchor.residual = max(0.0, anchor.residual - consumed)
            anchor.coefficient, anchor.active = coefficient, active
            self._anchor(anchor, now)
        elif not anchor.fresh:
            return None
        anchor.fresh = False
        return self._wait(anchor) if active else inf

    def _coefficient(self, clock: ClockPlan) -> float:
        numbers, quantity = self.state.numbers, self.state.quantity
        exponent = 0.0
        for of, effect in clock.exponent:
            exponent += numbers[effect] * quantity[of]
        coefficient = numbers[clock.base] * multiplier(exponent)
        if not (isfinite(coefficient) and coefficient >= 0.0):
            raise RunFailedError(RATE)
        return coefficient

    def _anchor(self, anchor: Anchor, now: float) -> None:
        tensions = self.state.tensions
        anchor.time = now
        anchor.levels = [tensions.level(tension, now) for tension in anchor.plan.tensions]
        anchor.integrals = [tensions.integral(tension, now) for tension in anchor.plan.tensions]

    def _consumed(self, anchor: Anchor, now: float) -> float:
        """What the old rate has used up of the residual since it was anchored (S8)."""
        if not anchor.active:
            return 0.0
        inner = anchor.constant * (now - anchor.time)
        outer = 0.0
        for i, tension in enumerate(anchor.plan.tensions):
            grown = self.state.tensions.integral(tension, now) - anchor.integrals[i]
            inner += anchor.inside[i] * grown
            outer += anchor.outside[i] * grown
        return anchor.coefficient * inner + outer

    def _wait(self, anchor: Anchor) -> float:
        """S7: zero and staying zero is never; nothing left to consume is now; else the inverse of section 3."""
        constant = anchor.coefficient * anchor.constant
        tensions = self.state.tensions
        gains, levels, baselines, decays = [], [], [], []
        most = constant
        for i, tension in enumerate(anchor.plan.tensions):
            gain = anchor.coefficient * anchor.inside[i] + anchor.outside[i]
            level, baseline = anchor.levels[i], tensions.baseline[tension]
            if gain != 0.0:
                gains.append(gain)
                levels.append(level)
                baselines.append(baseline)
                decays.append(tensions.decay[tension])
                most += gain * (level + baseline)
        if not isfinite(most):
            raise RunFailedError(RATE)
        if most == 0.0:
            return inf
        if anchor.residual == 0.0:
            return 0.0
        left = self.horizon - anchor.time
        return waiting_time(anchor.residual, left, constant, len(gains), gains, levels, baselines, decays)
