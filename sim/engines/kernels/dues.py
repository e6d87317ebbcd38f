"""One due: guard, chance, amounts on a snapshot, effects, settle (S4).

Kernels; see `sim.engines.kernels`.
"""

from __future__ import annotations

from math import isfinite

from sim.engines.kernels import tables as t
from sim.engines.kernels.amounts import evaluate
from sim.engines.kernels.effects import apply
from sim.engines.kernels.hazards import settle_clock
from sim.engines.kernels.memory import DUES, LOG_DUE, NOT_FINITE, Log, Queue, Scratch, Sizes, State, World
from sim.engines.kernels.primitives import uniform_at
from sim.engines.kernels.reading import meets
from sim.engines.kernels.settling import settle
from sim.engines.kernels.telling import CHANCE, FIRED, GUARD, OTHERWISE, tell
from sim.kernel import kernel
from sim.rules.program import CLOCK


@kernel
def judge(
    tables: t.Tables, world: World, state: State, address: tuple[int, int, int], rank: int, occurrence: int, step: int
) -> int:
    """Guard, then chance: what becomes of the due; a status below 0."""
    row = t.RULE * rank
    if not meets(tables, world, state, tables.rules[row + t.GUARD], tables.rules[row + t.GUARD_END]):
        return GUARD
    if tables.rules[row + t.CHANCE] >= 0:
        chance = world.numbers[tables.rules[row + t.CHANCE]]
        if not isfinite(chance):
            return -NOT_FINITE
        # a uniform lies strictly between 0 and 1, so some chances need none
        if chance >= 1.0:
            return FIRED
        seed, number, replay = address
        stream = tables.rules[row + t.CHANCE_STREAM]
        if chance <= 0.0 or not uniform_at(seed, number, replay, stream, occurrence, step) < chance:
            return OTHERWISE if tables.rules[row + t.ELSE] < tables.rules[row + t.ELSE_END] else CHANCE
    return FIRED


@kernel
def fire(
    tables: t.Tables,
    sizes: Sizes,
    world: World,
    state: State,
    queue: Queue,
    scratch: Scratch,
    log: Log,
    address: tuple[int, int, int],
    rank: int,
    now: float,
    instance: int,
    occurrence: int,
    step: int,
    since: float,
    load: float,
    block: int,
    flags: int,
) -> int:
    """One due, whose trigger has been consumed; a status."""
    row = t.RULE * rank
    state.counts[DUES] += 1
    outcome = judge(tables, world, state, address, rank, occurrence, step)
    if outcome < 0:
        return -outcome
    tell(log, state, LOG_DUE, rank, instance, outcome, now, since, load)
    is_clock = tables.rules[row + t.TRIGGER] == CLOCK
    own = tables.rules[row + t.OWN]
    if outcome > OTHERWISE:
        # nothing happens; only a clock goes on
        return settle_clock(tables, world, state, own, now, False, False) if is_clock else 0
    first, last = tables.rules[row + t.DOES], tables.rules[row + t.DOES_END]
    if outcome == OTHERWISE:
        first, last = tables.rules[row + t.ELSE], tables.rules[row + t.ELSE_END]
    count = evaluate(tables, sizes, world, state, scratch, address, first, last, occurrence, load)
    if count < 0:
        return -count
    for ready in range(count):
        status = apply(tables, sizes, world, state, queue, scratch, log, address, ready, now, rank, load, block, flags)
        if status != 0:
            return status
    return settle(tables, sizes, world, state, log, now, own if is_clock else -1, block, flags)
