"""What the state says at an instant: levels and integrals of tensions, and whether conditions hold (S8, section 1).

Kernels; see `sim.engines.kernels`.
"""

from __future__ import annotations

from sim.engines.kernels import memory as m
from sim.engines.kernels import tables as t
from sim.engines.kernels.memory import State, World
from sim.kernel import kernel
from sim.records.outcomes import Floats
from sim.rules.flows import integral_after, level_after, relaxation


@kernel
def look(tensions: Floats, tension: int, time: float) -> None:
    """Level and integral of a tension, from its anchor in one step; kept until another time is asked for.

    `tensions` is `State.tension`: this kernel is called, not inlined, so it is handed one address and not a hundred.
    """
    row = m.ROW * tension
    if tensions[row + m.SEEN] == time:
        return
    value, baseline, decay = tensions[row + m.VALUE], tensions[row + m.BASELINE], tensions[row + m.DECAY]
    elapsed = time - tensions[row + m.ANCHOR]
    # at rest any factor gives the same bits, so the exponential is saved
    relaxed = -1.0 if value == baseline else relaxation(decay, elapsed)
    tensions[row + m.LEVEL] = level_after(value, baseline, relaxed)
    since = integral_after(value, baseline, decay, elapsed, relaxed)
    tensions[row + m.INTEGRAL] = tensions[row + m.ANCHORED] + since
    tensions[row + m.SEEN] = time


@kernel
def meets(tables: t.Tables, world: World, state: State, first: int, end: int) -> bool:
    """All closed bounds hold."""
    for condition in range(first, end):
        x = state.quantity[tables.conditions[t.CONDITION * condition + t.OF]]
        if not (x >= world.bounds[2 * condition] and x <= world.bounds[2 * condition + 1]):
            return False
    return True
