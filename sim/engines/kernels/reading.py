"""What the state says at an instant: levels and integrals of tensions, and whether conditions hold (S8, section 1).

Kernels; see `sim.engines.kernels`.
"""

from __future__ import annotations

from sim.engines.kernels import tables as t
from sim.engines.kernels.memory import State, World
from sim.kernel import kernel
from sim.rules.flows import integral_after, level_after, relaxation


@kernel
def look(tables: t.Tables, world: World, state: State, tension: int, time: float) -> None:
    """Level and integral of a tension, from its anchor in one step; kept until another time is asked for."""
    if state.t_seen[tension] == time:
        return
    row = t.TENSIONS * tension
    value = state.t_value[tension]
    baseline = world.numbers[tables.tensions[row + t.T_BASELINE]]
    decay = world.numbers[tables.tensions[row + t.T_DECAY]]
    elapsed = time - state.t_anchor[tension]
    # at rest any factor gives the same bits, so the exponential is saved
    relaxed = -1.0 if value == baseline else relaxation(decay, elapsed)
    state.t_level[tension] = level_after(value, baseline, relaxed)
    since = integral_after(value, baseline, decay, elapsed, relaxed)
    state.t_grown[tension] = state.t_integral[tension] + since
    state.t_seen[tension] = time


@kernel
def meets(tables: t.Tables, world: World, state: State, first: int, end: int) -> bool:
    """All closed bounds hold."""
    for condition in range(first, end):
        x = state.quantity[tables.conditions[t.CONDITION * condition + t.OF]]
        if not (x >= world.lower[condition] and x <= world.upper[condition]):
            return False
    return True
