"""One due: guard, chance, amounts on a snapshot, effects, settle (S4 to S6, S10).

Kernels of the compiled engine; see `sim.engines.settling`.
"""

from __future__ import annotations

from math import isfinite

from sim.chance.quantiles import family_quantile
from sim.engines import tables as t
from sim.engines.memory import (
    ARMINGS,
    DUES,
    FIRST,
    FIRST_FLAGS,
    FIRST_KIND,
    FIRST_RANK,
    FIRST_ROOT,
    LOG_DUE,
    LOG_EFFECT,
    RESETS,
    SERIAL,
    STIRRED,
    WAITING,
    Log,
    Queue,
    Scratch,
    Sizes,
    State,
    World,
)
from sim.engines.primitives import uniform_at, with_length
from sim.engines.queue import SERIAL_BITS, push, remove_all, take_slot
from sim.engines.settling import look, meets, put, settle, settle_clock, spoil
from sim.engines.telling import CHANCE, FIRED, GUARD, OTHERWISE, tell
from sim.kernel import kernel
from sim.rules.flows import clamp
from sim.rules.program import (
    ADD_QUANTITY,
    ADD_TENSION,
    ARM,
    BEGIN,
    CLOCK,
    DISARM,
    END,
    LOAD_Z,
    NO_Z,
    PARAMETER,
    RESET,
    SCALE_QUANTITY,
    SET_QUANTITY,
    SET_TENSION,
)

PENDING, NOT_FINITE, DELAY, STEPS = 2, 3, 4, 6


@kernel
def fresh_draw(
    draws: t.Ints,
    table: t.Floats,
    length: int,
    numbers: t.Floats,
    room: t.Floats,
    address: tuple[int, int, int],
    row: int,
    j: int,
) -> float:
    """An `each` draw of a world, from its address."""
    seed, world, replay = address
    for i in range(8):
        room[i] = numbers[draws[row + t.PARAMETERS + i]]
    u = uniform_at(seed, world, replay, draws[row + t.STREAM], j, 0)
    return family_quantile(draws[row + t.FAMILY], u, room, with_length(table, length))


@kernel
def draw(
    tables: t.Tables, sizes: Sizes, world: World, state: State, scratch: Scratch, address: tuple[int, int, int], index: int, j: int
) -> float:
    """The draw of a firing, made once: the same index and occurrence are the same number throughout a run."""
    if state.d_count[index] != j:
        state.d_value[index] = fresh_draw(
            tables.draws, tables.table, sizes.table, world.numbers, scratch.parameters, address, t.DRAW * index, j
        )
        state.d_count[index] = j
    return float(state.d_value[index])


@kernel
def part(
    tables: t.Tables,
    sizes: Sizes,
    world: World,
    state: State,
    scratch: Scratch,
    address: tuple[int, int, int],
    kind: int,
    index: int,
    j: int,
) -> float:
    """A parameter or a draw."""
    if kind == PARAMETER:
        return float(world.numbers[index])
    return draw(tables, sizes, world, state, scratch, address, index, j)


@kernel
def amount(
    tables: t.Tables,
    sizes: Sizes,
    world: World,
    state: State,
    scratch: Scratch,
    address: tuple[int, int, int],
    row: int,
    j: int,
    load: float,
) -> float:
    """(A + B z) v on the state as it is."""
    if world.simple[row] != 0:
        return float(world.fixed[row])
    at = t.AMOUNTS * row
    a = tables.amounts
    result = part(tables, sizes, world, state, scratch, address, a[at + t.A_KIND], a[at + t.A], j)
    if a[at + t.Z_KIND] != NO_Z:
        factor = load if a[at + t.Z_KIND] == LOAD_Z else state.quantity[a[at + t.Z]]
        result = result + part(tables, sizes, world, state, scratch, address, a[at + t.B_KIND], a[at + t.B], j) * factor
    return result * part(tables, sizes, world, state, scratch, address, a[at + t.V_KIND], a[at + t.V], j)


@kernel
def evaluate(
    tables: t.Tables,
    sizes: Sizes,
    world: World,
    state: State,
    scratch: Scratch,
    address: tuple[int, int, int],
    first: int,
    end: int,
    j: int,
    load: float,
) -> int:
    """Amounts, delays and spans of the effects that apply go to `scratch`; their number, or a status below 0."""
    ready = 0
    for effect in range(first, end):
        row = t.EFFECT * effect
        condition = tables.effects[row + t.IF]
        if condition >= 0:
            drawn = draw(tables, sizes, world, state, scratch, address, condition, j)
            if not isfinite(drawn):
                return -NOT_FINITE
            if not drawn >= world.numbers[tables.effects[row + t.LEVEL]]:
                continue
        scratch.effect[ready] = row
        scratch.amount[ready], scratch.after[ready], scratch.over[ready] = 0.0, 0.0, 0.0
        arms = tables.effects[row + t.OPERATION] == ARM
        if tables.effects[row + t.AMOUNT] >= 0:
            number = amount(tables, sizes, world, state, scratch, address, tables.effects[row + t.AMOUNT], j, load)
            if not isfinite(number):
                return -NOT_FINITE
            scratch.amount[ready] = number
        if arms and tables.effects[row + t.OWN_TICKET] == 0:
            scratch.after[ready] = amount(tables, sizes, world, state, scratch, address, tables.effects[row + t.AFTER], j, load
            )
        if arms and tables.effects[row + t.OVER] >= 0:
            scratch.over[ready] = amount(tables, sizes, world, state, scratch, address, tables.effects[row + t.OVER], j, load)
        ready += 1
    return ready


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
    row = t.QUANTITY * target
    floor, ceiling = world.numbers[tables.quantities[row + t.Q_FLOOR]], world.numbers[tables.quantities[row + t.Q_CEILING]]
    number = clamp(number, floor, ceiling)
    if not isfinite(number):
        return NOT_FINITE
    if number != before:
        put(tables, sizes, state, target, number)
        spoil(tables, sizes, state, target)
    return 0


@kernel
def write_tension(
    tables: t.Tables, sizes: Sizes, world: World, state: State, operation: int, target: int, number: float, now: float
) -> int:
    """Add, scale or set, clamped; a write that changes nothing moves no anchor."""
    look(tables, world, state, target, now)
    before = state.t_level[target]
    if operation == ADD_QUANTITY:
        number = before + number
    elif operation == SCALE_QUANTITY:
        number = before * number
    number = clamp(number, 0.0, world.numbers[tables.tensions[t.TENSIONS * target + t.T_CAP]])
    if not isfinite(number):
        return NOT_FINITE
    if number != before:
        state.t_integral[target] = state.t_grown[target]
        state.t_anchor[target] = now
        state.t_value[target] = number
        state.t_level[target] = number
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
        look(tables, world, state, target, now)
        before = state.t_level[target]
        status = write_tension(tables, sizes, world, state, operation - ADD_TENSION, target, number, now)
        if status != 0:
            return status
        after = state.t_level[target]
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
    if outcome == GUARD or outcome == CHANCE:  # noqa: PLR1714 - two comparisons compile, a membership does not
        return settle_clock(tables, world, state, own, now, False, False) if is_clock else 0
    first, last = tables.rules[row + t.DOES], tables.rules[row + t.DOES_END]
    if outcome == OTHERWISE:
        first, last = tables.rules[row + t.ELSE], tables.rules[row + t.ELSE_END]
    count = evaluate(tables, sizes, world, state, scratch, address, first, last, occurrence, load)
    if count < 0:
        return -count
    for ready in range(count):
        status = apply(
            tables, sizes, world, state, queue, scratch, log, address, ready, now, rank, load, block, flags
        )
        if status != 0:
            return status
    return settle(tables, sizes, world, state, log, now, own if is_clock else -1, block, flags)

