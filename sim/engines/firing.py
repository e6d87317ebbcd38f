"""What happens at one due, as far as no clockwork is needed: guard, chance, amounts on a snapshot, waits (S4, S6)."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from sim.engines.plan import EffectPlan, RulePlan
from sim.engines.state import DELAY, NOT_FINITE, STEPS, RunFailedError, State
from sim.rules import program as p

Ready = tuple[EffectPlan, float, tuple[float, float]]
"""An effect that applies, its amount (of an arming: its load), and its delay and span in days."""


def judge(state: State, rule: RulePlan, occurrence: int, step: int) -> tuple[str, Sequence[EffectPlan] | None]:
    """Guard, then chance: what becomes of the due, and which effects run (None: none)."""
    if rule.guard and not state.meets(rule.guard):
        return "guard", None
    if rule.chance >= 0:
        chance = state.numbers[rule.chance]
        if not isfinite(chance):
            raise RunFailedError(NOT_FINITE)
        if not state.uniform(rule.chance_stream, occurrence, step) < chance:
            return ("otherwise", rule.otherwise) if rule.otherwise else ("chance", None)
    return "fired", rule.effects


def evaluate(state: State, effects: Sequence[EffectPlan], occurrence: int, load: float) -> list[Ready]:
    """Amounts, delays and spans of the effects that apply, all on one snapshot of the state."""
    ready: list[Ready] = []
    for effect in effects:
        if effect.condition >= 0:
            drawn = state.draw(effect.condition, occurrence)
            if not isfinite(drawn):
                raise RunFailedError(NOT_FINITE)
            if not drawn >= state.numbers[effect.level]:
                continue
        amount, after, over = 0.0, 0.0, 0.0
        row = effect.load if effect.operation == p.ARM else effect.amount
        if row >= 0:
            amount = state.amount(row, occurrence, load)
            if not isfinite(amount):
                raise RunFailedError(NOT_FINITE)
        if effect.operation == p.ARM:
            # a delay that belongs to the armed rule waits for its ticket
            after = 0.0 if effect.own_ticket else state.amount(effect.after, occurrence, load)
            over = state.amount(effect.over, occurrence, load) if effect.over >= 0 else 0.0
        ready.append((effect, amount, (after, over)))
    return ready


def changed(operation: int, before: float, amount: float) -> float:
    """The value after a change of a quantity (of a tension: give the operation less `ADD_TENSION`)."""
    if operation == p.ADD_QUANTITY:
        return before + amount
    if operation == p.SCALE_QUANTITY:
        return before * amount
    return amount


def waits_of(state: State, effect: EffectPlan, after: float, over: float) -> list[float]:
    """Days from now to each step of an arming, d + (L i) / n in this order of operations, never accumulated."""
    if effect.steps < 0:
        waits = [after]
    else:
        number = state.numbers[effect.steps]
        if not (1.0 <= number <= p.PENDING_CAPACITY and number == int(number)):
            raise RunFailedError(STEPS)
        steps = int(number)
        waits = [after + (over * i) / steps for i in range(1, steps + 1)]
    if not all(isfinite(wait) and wait >= 0.0 for wait in (after, *waits)):
        raise RunFailedError(DELAY)
    return waits
