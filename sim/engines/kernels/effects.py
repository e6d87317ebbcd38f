"""Effects, applied to current values one after another (S4, S6, S8, S10).

Kernels; see `sim.engines.kernels`.
"""

from __future__ import annotations

from math import isfinite

from sim.engines.kernels import memory as m
from sim.engines.kernels import tables as t
from sim.engines.kernels.amounts import amount
from sim.engines.kernels.memory import (
    ARMINGS,
    DELAY,
    FIRST,
    FIRST_FLAGS,
    FIRST_KIND,
    FIRST_RANK,
    FIRST_ROOT,
    LOG_EFFECT,
    NOT_FINITE,
    PENDING,
    RESETS,
    SERIAL,
    STEPS,
    STIRRED,
    WAITING,
    Log,
    Queue,
    Scratch,
    Sizes,
    State,
    World,
)
from sim.engines.kernels.queue import SERIAL_BITS, push, remove_all, take_slot
from sim.engines.kernels.reading import look
from sim.engines.kernels.settling import put, spoil
from sim.engines.kernels.telling import tell
from sim.kernel import kernel
from sim.rules.flows import clamp
from sim.rules.program import (
    ADD_QUANTITY,
    ADD_TENSION,
    ARM,
    BEGIN,
    DISARM,
    END,
    RESET,
    SCALE_QUANTITY,
    SET_QUANTITY,
    SET_TENSION,
)


@kernel
def write_quantity(
    tables: t.Tables, sizes: Sizes, world: World, state: State, operation: int, target: int, number: float
) -> int:
    """Add, scale or set, clamped; no write at all where that changes nothing."""
    before = state.quantity[target]
    if operation == ADD_QUANTITY:
        number = before + number
    elif operation == SCALE_QUANTITY:
        number = before * number
    number = clamp(number, world.floor[target], world.ceiling[target])
    if not isfinite(number):
        return NOT_FINITE
    if number != before:
        put(tables, state, target, number)
        spoil(tables, sizes, state, target)
    return 0


@kernel
def write_tension(
    tables: t.Tables, sizes: Sizes, world: World, state: State, operation: int, target: int, number: float, now: float
) -> int:
    """Add, scale or set, clamped; a write that changes nothing moves no anchor. The tension has been looked at."""
    before = state.tension[m.ROW * target + m.LEVEL]
    if operation == ADD_QUANTITY:
        number = before + number
    elif operation == SCALE_QUANTITY:
        number = before * number
    number = clamp(number, 0.0, world.numbers[tables.tensions[t.TENSIONS * target + t.T_CAP]])
    if not isfinite(number):
        return NOT_FINITE
    if number != before:
        state.tension[m.ROW * target + m.ANCHORED] = state.tension[m.ROW * target + m.INTEGRAL]
        state.tension[m.ROW * target + m.ANCHOR] = now
        state.tension[m.ROW * target + m.VALUE] = number
        state.tension[m.ROW * target + m.LEVEL] = number
        for word in range(sizes.clock_words):
            state.moved[word] |= world.moved[target * sizes.clock_words + word]
    return 0


@kernel
def enqueue(
    state: State,
    queue: Queue,
    rank: int,
    now: float,
    load: float,
    after: float,
    over: float,
    first: int,
    last: int,
    steps: int,
    ticket: int,
    block: int,
    flags: int,
) -> None:
    """One entry that stands for the steps `first` to `last` of an arming in `steps` (0: a plain arming)."""
    slot = take_slot(state, queue)
    queue.instance[slot] = state.counts[ARMINGS]
    queue.ticket[slot] = ticket
    queue.step[slot] = first
    queue.steps[slot] = last
    queue.block[slot] = block
    queue.flags[slot] = flags
    queue.load[slot] = load
    queue.since[slot] = now
    queue.after[slot] = after
    queue.over[slot] = over
    wait = after if steps == 0 else after + (over * first) / steps
    push(state, queue, now + wait, (rank << SERIAL_BITS) + state.counts[SERIAL], slot)


@kernel
def arm(
    tables: t.Tables,
    sizes: Sizes,
    world: World,
    state: State,
    queue: Queue,
    scratch: Scratch,
    log: Log,
    address: tuple[int, int, int],
    ready: int,
    now: float,
    load: float,
    block: int,
    flags: int,
) -> int:
    """S6: every step is due at now + (d + L i / n), added once, never accumulated."""
    row = scratch.effect[ready]
    rank = tables.effects[row + t.TARGET]
    ticket = state.r_ticket[rank]
    after, over = scratch.after[ready], scratch.over[ready]
    if tables.effects[row + t.OWN_TICKET] != 0:
        after = amount(tables, sizes, world, state, scratch, address, tables.effects[row + t.AFTER], ticket, load)
    steps, count, last = 0, 1, after
    if tables.effects[row + t.STEPS] >= 0:
        number = world.numbers[tables.effects[row + t.STEPS]]
        if not (number >= 1.0 and number <= sizes.room and number == float(int(number))):
            return STEPS
        steps = int(number)
        count = steps
        first, last = after + (over * 1) / steps, after + (over * steps) / steps
        if not (isfinite(first) and first >= 0.0 and isfinite(last) and last >= 0.0):
            return DELAY
    if not (isfinite(after) and after >= 0.0):
        return DELAY
    if state.counts[WAITING] + count > sizes.room:
        return PENDING
    state.r_ticket[rank] += 1
    state.r_pending[rank] += count
    state.counts[WAITING] += count
    if over >= 0.0 or steps == 0:
        first_step = 0 if steps == 0 else 1
        enqueue(
            state, queue, rank, now, scratch.amount[ready], after, over, first_step, steps, steps, ticket, block, flags
        )
        state.counts[SERIAL] += count
    else:
        # steps that come backwards are all entered at once
        for i in range(1, steps + 1):
            load_i, last_i = scratch.amount[ready], i
            enqueue(state, queue, rank, now, load_i, after, over, i, last_i, steps, ticket, block, flags)
            state.counts[SERIAL] += 1
    state.counts[ARMINGS] += 1
    begins = after if steps == 0 else after + (over * 1) / steps
    tell(log, state, LOG_EFFECT, ARM, rank, 0, now + begins, now + last, 0.0)
    return 0


@kernel
def disarm(state: State, queue: Queue, rank: int) -> int:
    """Remove all that is pending of a rule; how much that was."""
    removed = state.r_pending[rank]
    if removed != 0:
        state.r_pending[rank] = 0
        state.counts[WAITING] -= removed
        remove_all(state, queue, rank)
    return int(removed)


@kernel
def begin(
    tables: t.Tables, sizes: Sizes, state: State, kind: int, now: float, rank: int, block: int, flags: int
) -> bool:
    """S10: an onset, unless the kind is on already; at one instant the least rank is first."""
    if state.k_on[kind] != 0:
        return False
    state.k_on[kind] = 1
    state.k_begun[kind] = now
    if now < sizes.opens:
        if now < state.k_early[kind]:
            state.k_early[kind] = now
    elif now < sizes.closes:
        if now < state.k_onset[kind]:
            state.k_onset[kind] = now
        first = state.counts[FIRST_KIND] < 0 or (now == state.times[FIRST] and rank < state.counts[FIRST_RANK])
        if tables.kinds[t.CRISIS * kind + t.COUNTED] != 0 and first:
            state.times[FIRST] = now
            state.counts[FIRST_KIND] = kind
            state.counts[FIRST_RANK] = rank
            state.counts[FIRST_ROOT] = block
            state.counts[FIRST_FLAGS] = flags
    return True


@kernel
def end_kind(sizes: Sizes, state: State, kind: int, now: float) -> bool:
    """The end of a crisis, if it is on."""
    if state.k_on[kind] == 0:
        return False
    mark_opening(sizes, state, kind, now)
    state.k_on[kind] = 0
    return True


@kernel
def mark_opening(sizes: Sizes, state: State, kind: int, until: float) -> None:
    """A crisis that began before the opening and lasted beyond it was in progress then."""
    if state.k_begun[kind] < sizes.opens and sizes.opens < until:
        state.k_running[kind] = 1


@kernel
def apply(
    tables: t.Tables,
    sizes: Sizes,
    world: World,
    state: State,
    queue: Queue,
    scratch: Scratch,
    log: Log,
    address: tuple[int, int, int],
    ready: int,
    now: float,
    rank: int,
    load: float,
    block: int,
    flags: int,
) -> int:
    """Apply one effect to the current values."""
    row = scratch.effect[ready]
    operation, target = tables.effects[row + t.OPERATION], tables.effects[row + t.TARGET]
    number = scratch.amount[ready]
    before, after = 0.0, 0.0
    if operation <= SET_QUANTITY:
        before = state.quantity[target]
        status = write_quantity(tables, sizes, world, state, operation, target, number)
        if status != 0:
            return status
        after = state.quantity[target]
    elif operation <= SET_TENSION:
        look(state.tension, target, now)
        before = state.tension[m.ROW * target + m.LEVEL]
        status = write_tension(tables, sizes, world, state, operation - ADD_TENSION, target, number, now)
        if status != 0:
            return status
        after = state.tension[m.ROW * target + m.LEVEL]
    elif operation == ARM:
        return arm(tables, sizes, world, state, queue, scratch, log, address, ready, now, load, block, flags)
    elif operation == DISARM:
        before = float(disarm(state, queue, target))
    elif operation == BEGIN:
        before = 0.0 if begin(tables, sizes, state, target, now, rank, block, flags) else 1.0
        after = 1.0
    elif operation == END:
        before = 1.0 if end_kind(sizes, state, target, now) else 0.0
    elif operation == RESET:
        place = target - sizes.stored
        state.reset[place // t.WORD] |= 1 << place % t.WORD
        state.counts[RESETS] = 1
        state.counts[STIRRED] = 1
        spoil(tables, sizes, state, target)
    tell(log, state, LOG_EFFECT, operation, target, 0, before, after, 0.0)
    return 0
