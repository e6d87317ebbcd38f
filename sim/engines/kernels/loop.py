"""The run loop: worlds are prepared once, runs begin from a copy, the least due time fires (S3).

Kernels; see `sim.engines.kernels`.
"""

from __future__ import annotations

from math import inf, log

from sim.engines.kernels import memory as m
from sim.engines.kernels import tables as t
from sim.engines.kernels.dues import fire
from sim.engines.kernels.effects import mark_opening
from sim.engines.kernels.hazards import anchor, bound, likely_due, postpone, solve
from sim.engines.kernels.memory import (
    BUDGET,
    CLOCK_FLOOR,
    CLOCKS_CHANGED,
    DUES,
    FIRST,
    FIRST_FLAGS,
    FIRST_KIND,
    FIRST_ROOT,
    FLAGS,
    LOG_DAYS,
    NOW,
    PROBED,
    QUEUED,
    SPENT,
    STARTED,
    WAITING,
    WATCH,
    WATCH_FLOOR,
    WATCHES_CHANGED,
    WORLD_STATUS,
    Log,
    Queue,
    Scratch,
    Sizes,
    State,
    World,
)
from sim.engines.kernels.primitives import bare, uniform_at
from sim.engines.kernels.queue import SERIAL_BITS, advance
from sim.engines.kernels.reading import look
from sim.engines.kernels.worlds import prepare
from sim.kernel import kernel
from sim.records.outcomes import Bools, Floats, Ints
from sim.rules.program import ARMED, CLOCK, START
from sim.rules.program import WATCH as WATCHED


@kernel
def load(tables: t.Tables, state: State, address: tuple[int, int, int], clock: int, occurrence: int) -> None:
    """A new exponential for a clock."""
    seed, number, replay = address
    stream = tables.rules[t.RULE * tables.clocks[t.CLOCK * clock + t.RANK] + t.WAIT_STREAM]
    state.clock[m.ROW * clock + m.RESIDUAL] = -log(uniform_at(seed, number, replay, stream, occurrence, 0))


@kernel
def next_clock(tables: t.Tables, sizes: Sizes, state: State, scratch: Scratch, before: float) -> int:
    """The clock that is due first, if that is no later than `before`; -1 if none is.

    The clock with the least bound is looked at again and again: if its bound is exact it is the first; else it is shown
    not to be due by then, or solved.
    """
    limit = before if before < sizes.horizon else sizes.horizon
    while True:
        least, first = inf, -1
        for clock in range(sizes.clocks):
            if state.c_bound[clock] < least:
                least, first = state.c_bound[clock], clock
        state.times[CLOCK_FLOOR] = least
        if first < 0 or least > limit:
            return -1
        if state.mark[m.ROW * first + m.SOLVED] != 0:
            return first
        if likely_due(state, first, limit) or not postpone(tables, state, first, limit):
            solve(tables, state, scratch, first, sizes.horizon)


@kernel
def next_watch(sizes: Sizes, state: State) -> int:
    """The watch whose hold ends first; -1 if none holds."""
    least, first = inf, -1
    for watch in range(sizes.watches):
        if state.w_due[watch] < least:
            least, first = state.w_due[watch], watch
    state.times[WATCH_FLOOR] = least
    return first


@kernel
def probe(sizes: Sizes, state: State, story: Log, until: float) -> None:
    """Read all quantities and tensions on the probe days before `until`."""
    place = state.counts[PROBED]
    columns = sizes.quantities + sizes.tensions
    while place < story.room[LOG_DAYS] and story.days[place] < until:
        for quantity in range(sizes.quantities):
            story.probed[columns * place + quantity] = state.quantity[quantity]
        for tension in range(sizes.tensions):
            look(state.tension, tension, story.days[place])
            story.probed[columns * place + sizes.quantities + tension] = state.tension[m.ROW * tension + m.LEVEL]
        place += 1
    state.counts[PROBED] = place


@kernel
def next_start(sizes: Sizes, world: World, state: State) -> int:
    """The place of the dated rule that is due next, or beyond the last; disarmed ones are passed over."""
    place = state.counts[STARTED]
    while place < sizes.starts and state.r_pending[world.order[place]] == 0:
        place += 1
    state.counts[STARTED] = place
    return int(place)


@kernel
def next_due(
    tables: t.Tables, sizes: Sizes, world: World, state: State, queue: Queue, scratch: Scratch
) -> tuple[float, int, int, int]:
    """S3: the least (time, rank) of all that is pending, its trigger, and which clock or watch it is.

    The time is infinite where nothing is pending.
    """
    time, rank, trigger, own = inf, 0, START, -1
    place = next_start(sizes, world, state)
    if place < sizes.starts:
        time, rank = world.dates[place], world.order[place]
    if state.counts[QUEUED] > 0:
        due, armed = queue.time[0], queue.key[0] >> SERIAL_BITS
        if due < time or (due == time and armed < rank):
            time, rank, trigger = due, armed, ARMED
    if state.counts[WATCHES_CHANGED] != 0:
        state.counts[WATCHES_CHANGED] = 0
        state.counts[WATCH] = next_watch(sizes, state)
    if state.times[WATCH_FLOOR] <= time and state.counts[WATCH] >= 0:
        watch = state.counts[WATCH]
        held = tables.watches[t.WATCH * watch + t.W_RANK]
        if state.times[WATCH_FLOOR] < time or held < rank:
            time, rank, trigger, own = state.times[WATCH_FLOOR], held, WATCHED, watch
    if state.counts[CLOCKS_CHANGED] != 0 or state.times[CLOCK_FLOOR] <= time:
        state.counts[CLOCKS_CHANGED] = 0
        clock = next_clock(tables, sizes, state, scratch, time)
        if clock >= 0:
            ringing = tables.clocks[t.CLOCK * clock + t.RANK]
            if state.c_bound[clock] < time or ringing < rank:
                time, rank, trigger, own = state.c_bound[clock], ringing, CLOCK, clock
    return time, rank, trigger, own


@kernel
def take(
    tables: t.Tables,
    state: State,
    queue: Queue,
    address: tuple[int, int, int],
    now: float,
    rank: int,
    trigger: int,
    own: int,
) -> tuple[int, int, int, float, float, int, int]:
    """S4 (1): the trigger is consumed. Instance, occurrence, step, beginning of the hold, load, and the root."""
    instance, occurrence, step, since, carried = -1, 0, 0, now, 0.0
    block, flags = tables.rules[t.RULE * rank + t.BLOCK], state.counts[FLAGS]
    if trigger == START:
        state.r_pending[rank] = 0
        state.counts[WAITING] -= 1
        state.counts[STARTED] += 1
    elif trigger == ARMED:
        slot = queue.slot[0]
        instance, occurrence, step = queue.instance[slot], queue.ticket[slot], queue.step[slot]
        carried, block, flags = queue.load[slot], queue.block[slot], queue.flags[slot]
        state.r_pending[rank] -= 1
        state.counts[WAITING] -= 1
        advance(state, queue)
    elif trigger == WATCHED:
        occurrence = state.watch[m.ROW * own + m.W_COUNT]
        state.watch[m.ROW * own + m.W_COUNT] += 1
        since, block, flags = (
            state.w_since[own],
            state.watch[m.ROW * own + m.W_BLOCK],
            state.watch[m.ROW * own + m.W_FLAGS],
        )
        state.watch[m.ROW * own + m.W_STATE] = SPENT
        state.w_due[own] = inf
        state.counts[WATCHES_CHANGED] = 1
    else:
        occurrence = state.mark[m.ROW * own + m.COUNT]
        state.mark[m.ROW * own + m.COUNT] += 1
        load(tables, state, address, own, occurrence + 1)
        anchor(tables, state, own, now)
        state.mark[m.ROW * own + m.FRESH] = 1
    return instance, occurrence, step, since, carried, block, flags


@kernel
def begin_run(tables: t.Tables, sizes: Sizes, world: World, state: State, address: tuple[int, int, int]) -> int:
    """The state on day 0, and each clock's first exponential; a status, of the world."""
    for i in range(sizes.floats):
        state.floats[i] = world.floats[i]
    for i in range(sizes.ints):
        state.ints[i] = world.ints[i]
    if state.counts[WORLD_STATUS] != 0:
        return int(state.counts[WORLD_STATUS])
    for clock in range(sizes.clocks):
        load(tables, state, address, clock, 0)
        bound(state, clock)
    return 0


@kernel
def finish_run(sizes: Sizes, state: State, story: Log) -> None:
    """What can only be said at the end: the last probes, and crises that lasted beyond the opening."""
    if story.room[LOG_DAYS] > 0:
        probe(sizes, state, story, sizes.horizon)
    for kind in range(sizes.kinds):
        if state.k_on[kind] != 0:
            mark_opening(sizes, state, kind, inf)


@kernel
def play_run(
    tables: t.Tables,
    sizes: Sizes,
    world: World,
    state: State,
    queue: Queue,
    scratch: Scratch,
    story: Log,
    address: tuple[int, int, int],
) -> int:
    """One run of the prepared world; a status. `state` holds what became of it."""
    status = begin_run(tables, sizes, world, state, address)
    if status != 0:
        return status
    while True:
        now, rank, trigger, own = next_due(tables, sizes, world, state, queue, scratch)
        if not now < sizes.horizon:
            break
        if story.room[LOG_DAYS] > 0:
            probe(sizes, state, story, now)
        state.times[NOW] = now
        instance, occurrence, step, since, carried, block, flags = take(
            tables, state, queue, address, now, rank, trigger, own
        )
        if state.counts[DUES] >= sizes.budget:
            return BUDGET
        status = fire(
            tables, sizes, world, state, queue, scratch, story, address,
            rank, now, instance, occurrence, step, since, carried, block, flags,
        )  # fmt: skip
        if status != 0:
            return status
    finish_run(sizes, state, story)
    return 0


@kernel
def play_batch(
    all_tables: t.Tables,
    sizes: Sizes,
    a_world: World,
    a_state: State,
    a_queue: Queue,
    a_scratch: Scratch,
    a_log: Log,
    seed: int,
    first_world: int,
    first_replay: int,
    replays: int,
    numbers: Floats,
    status: Ints,
    failed_at: Floats,
    first: Floats,
    kind: Ints,
    root: Ints,
    flags: Ints,
    onset: Floats,
    early: Floats,
    running: Bools,
    dues: Ints,
) -> None:
    """Runs of consecutive worlds, replays inside worlds; fills a row a run."""
    tables, world, state, queue = bare(all_tables), bare(a_world), bare(a_state), bare(a_queue)
    scratch, story = bare(a_scratch), bare(a_log)
    row = 0
    for place in range(len(numbers)):
        for i in range(sizes.parameters):
            world.numbers[i] = numbers[place, i]
        prepare(tables, sizes, world, state)
        for replay in range(first_replay, first_replay + replays):
            address = (seed, first_world + place, replay)
            result = play_run(tables, sizes, world, state, queue, scratch, story, address)
            status[row] = result
            dues[row] = state.counts[DUES]
            failed_at[row] = state.times[NOW] if result != 0 else inf
            first[row] = state.times[FIRST] if result == 0 else inf
            kind[row] = state.counts[FIRST_KIND] if result == 0 else -1
            root[row] = state.counts[FIRST_ROOT] if result == 0 else -1
            flags[row] = state.counts[FIRST_FLAGS] if result == 0 else 0
            for k in range(sizes.kinds):
                onset[row, k] = state.k_onset[k] if result == 0 else inf
                early[row, k] = state.k_early[k] if result == 0 else inf
                running[row, k] = state.k_running[k] != 0 and result == 0
            row += 1
