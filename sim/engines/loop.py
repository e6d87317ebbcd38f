"""The run loop of the compiled engine: worlds are prepared once, runs begin from a copy, the least due time fires.

Kernels; see `sim.engines.settling`. Nothing is allocated here.
"""

from __future__ import annotations

from math import inf, isfinite, log

from sim.engines import tables as t
from sim.engines.dues import fire, mark_opening
from sim.engines.memory import (
    CLOCK_FLOOR,
    CLOCKS_CHANGED,
    COUNTS,
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
from sim.engines.primitives import bare, uniform_at
from sim.engines.queue import SERIAL_BITS, advance
from sim.engines.settling import (
    anchor,
    bound,
    coefficient_of,
    derive,
    rate_from_here,
    look,
    meets,
    postpone,
    put,
    settle_clock,
    solve,
)
from sim.kernel import kernel
from sim.records.outcomes import Bools, Floats, Ints
from sim.rules.flows import clamp
from sim.rules.program import NO_Z, PARAMETER

BUDGET, NOT_FINITE, DELAY, RATE = 1, 3, 4, 5
SLACK = 1e-9


@kernel
def bounds_and_amounts(tables: t.Tables, sizes: Sizes, world: World) -> None:
    """Bounds with their slack (`flows.reaches`, `flows.stays_below`), and the amounts that are one number a world."""
    numbers = world.numbers
    for condition in range(sizes.conditions):
        row = t.CONDITION * condition
        lower, upper = tables.conditions[row + t.LOWER], tables.conditions[row + t.UPPER]
        world.lower[condition], world.upper[condition] = -inf, inf
        if lower >= 0:
            world.lower[condition] = numbers[lower] - abs(SLACK * numbers[lower])
        if upper >= 0:
            world.upper[condition] = numbers[upper] + abs(SLACK * numbers[upper])
    for row in range(sizes.amounts):
        at = t.AMOUNTS * row
        a = tables.amounts
        simple = a[at + t.Z_KIND] == NO_Z and a[at + t.A_KIND] == PARAMETER and a[at + t.V_KIND] == PARAMETER
        world.simple[row] = 1 if simple else 0
        if simple:
            world.fixed[row] = numbers[a[at + t.A]] * numbers[a[at + t.V]]


@kernel
def first_state(tables: t.Tables, sizes: Sizes, world: World, state: State) -> int:
    """Quantities, tensions, derived quantities and kinds on day 0; a status."""
    numbers = world.numbers
    for i in range(sizes.floats):
        state.floats[i] = 0.0
    for i in range(sizes.ints):
        state.ints[i] = 0
    for quantity in range(sizes.stored):
        row = t.QUANTITY * quantity
        start, floor = numbers[tables.quantities[row + t.Q_START]], numbers[tables.quantities[row + t.Q_FLOOR]]
        number = clamp(start, floor, numbers[tables.quantities[row + t.Q_CEILING]])
        if not isfinite(number):
            return NOT_FINITE
        put(tables, sizes, state, quantity, number)
    for tension in range(sizes.tensions):
        row = t.TENSIONS * tension
        value = clamp(numbers[tables.tensions[row + t.T_START]], 0.0, numbers[tables.tensions[row + t.T_CAP]])
        baseline, decay = numbers[tables.tensions[row + t.T_BASELINE]], numbers[tables.tensions[row + t.T_DECAY]]
        if not (isfinite(value) and isfinite(baseline) and baseline >= 0.0 and isfinite(decay) and decay > 0.0):
            return NOT_FINITE
        state.t_value[tension] = value
        state.t_level[tension] = value
    for place in range(sizes.derived):
        number = derive(tables, sizes, world, state, place, True)
        if not isfinite(number):
            return NOT_FINITE
        state.quantity[sizes.stored + place] = number
    for kind in range(sizes.kinds):
        on = numbers[tables.kinds[t.CRISIS * kind + t.RUNNING]] >= 0.5
        state.k_on[kind] = 1 if on else 0
        # a kind that runs when the clock starts began before any opening, also before one on day 0
        state.k_begun[kind] = -inf if on else inf
        state.k_onset[kind] = inf
        state.k_early[kind] = inf
    return 0


@kernel
def moving_gains(tables: t.Tables, sizes: Sizes, world: World) -> int:
    """Which clocks a write of each tension moves, in this world; a negative or infinite gain fails it."""
    numbers = world.numbers
    for i in range(sizes.tensions * sizes.clock_words):
        world.moved[i] = 0
    for clock in range(sizes.clocks):
        row = t.CLOCK * clock
        factor = numbers[tables.clocks[row + t.FACTOR]]
        world.factor[clock] = factor
        if not (isfinite(factor) and factor >= 0.0):
            return RATE
        for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
            place = t.GAINS * gain
            inside = numbers[tables.gains[place + t.INSIDE]]
            outside = numbers[tables.gains[place + t.OUTSIDE]]
            if not (isfinite(inside) and inside >= 0.0 and isfinite(outside) and outside >= 0.0):
                return RATE
            world.inside[gain], world.outside[gain] = inside, outside
            tension = tables.gains[place + t.TENSION]
            world.baseline[gain] = numbers[tables.tensions[t.TENSIONS * tension + t.T_BASELINE]]
            if inside != 0.0 or outside != 0.0:
                word = tension * sizes.clock_words + clock // t.WORD
                world.moved[word] |= 1 << clock % t.WORD
    return 0


@kernel
def order_starts(tables: t.Tables, sizes: Sizes, world: World, state: State) -> int:
    """Dated rules as they come due: by date, then by rank."""
    for place in range(sizes.starts):
        row = t.START * place
        rank, date = tables.starts[row + t.S_RANK], world.numbers[tables.starts[row + t.DATE]]
        if not (isfinite(date) and date >= 0.0):
            return DELAY
        state.r_pending[rank] = 1
        at = place
        # an insertion keeps ranks, which come in order, in order
        while at > 0 and world.dates[at - 1] > date:
            world.dates[at] = world.dates[at - 1]
            world.order[at] = world.order[at - 1]
            at -= 1
        world.dates[at] = date
        world.order[at] = rank
    state.counts[WAITING] = sizes.starts
    return 0


@kernel
def first_clocks(tables: t.Tables, sizes: Sizes, world: World, state: State) -> int:
    """Watches and clocks on day 0, as far as they do not depend on luck."""
    for watch in range(sizes.watches):
        row = t.WATCH * watch
        # what is already true when the clock starts is spent: a crisis in progress is not an onset
        if meets(tables, world, state, tables.watches[row + t.HELD], tables.watches[row + t.HELD_END]):
            state.w_state[watch] = SPENT
        state.w_due[watch] = inf
    for clock in range(sizes.clocks):
        row = t.CLOCK * clock
        anchor(tables, world, state, clock, 0.0)
        active = meets(tables, world, state, tables.clocks[row + t.ONLY], tables.clocks[row + t.ONLY_END])
        coefficient = coefficient_of(tables, world, state, clock) if active else 0.0
        if not (isfinite(coefficient) and coefficient >= 0.0):
            return RATE
        state.c_active[clock] = 1 if active else 0
        state.c_coefficient[clock] = coefficient
        if active and rate_from_here(tables, world, state, clock) != 0:
            return RATE
    return 0


@kernel
def prepare(tables: t.Tables, sizes: Sizes, world: World, state: State) -> None:
    """Everything about a world that all its replays share; the state on day 0 is kept in `world`."""
    bounds_and_amounts(tables, sizes, world)
    status = first_state(tables, sizes, world, state)
    if status == 0:
        status = moving_gains(tables, sizes, world)
    if status == 0:
        status = order_starts(tables, sizes, world, state)
    if status == 0:
        status = first_clocks(tables, sizes, world, state)
    for word in range(sizes.clock_words):
        state.clocks[word] = 0
        state.moved[word] = 0
    for word in range(sizes.watch_words):
        state.watches[word] = 0
    for word in range(sizes.derived_words):
        state.stale[word] = 0
    for place in range(sizes.draws):
        state.d_count[place] = -1
    flags = state.counts[FLAGS]
    waiting = state.counts[WAITING]
    for i in range(COUNTS):
        state.counts[i] = 0
    state.counts[FLAGS] = flags
    state.counts[WAITING] = waiting
    state.counts[WORLD_STATUS] = status
    state.counts[FIRST_KIND] = -1
    state.counts[FIRST_ROOT] = -1
    state.counts[CLOCKS_CHANGED] = 1
    state.times[FIRST] = inf
    state.times[WATCH_FLOOR] = inf
    for i in range(sizes.floats):
        world.floats[i] = state.floats[i]
    for i in range(sizes.ints):
        world.ints[i] = state.ints[i]


@kernel
def load(
    tables: t.Tables, world: World, state: State, address: tuple[int, int, int], clock: int, occurrence: int
) -> None:
    """A new exponential for a clock."""
    seed, number, replay = address
    stream = tables.rules[t.RULE * tables.clocks[t.CLOCK * clock + t.RANK] + t.WAIT_STREAM]
    state.c_residual[clock] = -log(uniform_at(seed, number, replay, stream, occurrence, 0))


@kernel
def next_clock(
    tables: t.Tables, sizes: Sizes, world: World, state: State, scratch: Scratch, before: float
) -> int:
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
        if state.c_solved[first] != 0:
            return first
        if not postpone(tables, world, state, first, limit):
            solve(tables, world, state, scratch, first, sizes.horizon)


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
def probe(tables: t.Tables, sizes: Sizes, world: World, state: State, story: Log, until: float) -> None:
    """Read all quantities and tensions on the probe days before `until`."""
    place = state.counts[PROBED]
    columns = sizes.quantities + sizes.tensions
    while place < story.room[LOG_DAYS] and story.days[place] < until:
        for quantity in range(sizes.quantities):
            story.probed[columns * place + quantity] = state.quantity[quantity]
        for tension in range(sizes.tensions):
            look(tables, world, state, tension, story.days[place])
            story.probed[columns * place + sizes.quantities + tension] = state.t_level[tension]
        place += 1
    state.counts[PROBED] = place


@kernel
def play_run(  # noqa: C901 - four sources of dues, each with its own way to be consumed
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
    for i in range(sizes.floats):
        state.floats[i] = world.floats[i]
    for i in range(sizes.ints):
        state.ints[i] = world.ints[i]
    if state.counts[WORLD_STATUS] != 0:
        return int(state.counts[WORLD_STATUS])
    for clock in range(sizes.clocks):
        load(tables, world, state, address, clock, 0)
        bound(state, clock)
    watch = -1
    while True:
        # the first of the dated rules, the armed and the watches
        started = state.counts[STARTED]
        while started < sizes.starts and state.r_pending[world.order[started]] == 0:
            started += 1
        state.counts[STARTED] = started
        time, rank, source = inf, 0, 0
        if started < sizes.starts:
            time, rank, source = world.dates[started], world.order[started], 1
        if state.counts[QUEUED] > 0:
            due, armed = queue.time[0], queue.key[0] >> SERIAL_BITS
            if due < time or (due == time and armed < rank):
                time, rank, source = due, armed, 2
        if state.counts[WATCHES_CHANGED] != 0:
            state.counts[WATCHES_CHANGED] = 0
            watch = next_watch(sizes, state)
        if watch >= 0 and state.times[WATCH_FLOOR] <= time:
            held = tables.watches[t.WATCH * watch + t.W_RANK]
            if state.times[WATCH_FLOOR] < time or held < rank:
                time, rank, source = state.times[WATCH_FLOOR], held, 3
        # and a clock, if one comes before it
        clock = -1
        if state.counts[CLOCKS_CHANGED] != 0 or state.times[CLOCK_FLOOR] <= time:
            state.counts[CLOCKS_CHANGED] = 0
            clock = next_clock(tables, sizes, world, state, scratch, time)
            if clock >= 0:
                ringing = tables.clocks[t.CLOCK * clock + t.RANK]
                if state.c_bound[clock] < time or ringing < rank:
                    time, rank, source = state.c_bound[clock], ringing, 4
        if not time < sizes.horizon:
            break
        if story.room[LOG_DAYS] > 0:
            probe(tables, sizes, world, state, story, time)
        state.times[NOW] = time
        # the trigger is consumed
        instance, occurrence, step, since, carried = -1, 0, 0, time, 0.0
        block, flags = tables.rules[t.RULE * rank + t.BLOCK], state.counts[FLAGS]
        if source == 1:
            state.r_pending[rank] = 0
            state.counts[WAITING] -= 1
            state.counts[STARTED] += 1
        elif source == 2:
            slot = queue.slot[0]
            instance, occurrence, step = queue.instance[slot], queue.ticket[slot], queue.step[slot]
            carried, block, flags = queue.load[slot], queue.block[slot], queue.flags[slot]
            state.r_pending[rank] -= 1
            state.counts[WAITING] -= 1
            advance(state, queue)
        elif source == 3:
            occurrence = state.w_count[watch]
            state.w_count[watch] += 1
            since, block, flags = state.w_since[watch], state.w_block[watch], state.w_flags[watch]
            state.w_state[watch] = SPENT
            state.w_due[watch] = inf
            state.counts[WATCHES_CHANGED] = 1
        else:
            occurrence = state.c_count[clock]
            state.c_count[clock] += 1
            load(tables, world, state, address, clock, occurrence + 1)
            anchor(tables, world, state, clock, time)
            state.c_fresh[clock] = 1
        if state.counts[DUES] >= sizes.budget:
            return BUDGET
        status = fire(
            tables, sizes, world, state, queue, scratch, story, address,
            rank, time, instance, occurrence, step, since, carried, block, flags,
        )  # fmt: skip
        if status != 0:
            return status
    if story.room[LOG_DAYS] > 0:
        probe(tables, sizes, world, state, story, sizes.horizon)
    for kind in range(sizes.kinds):
        if state.k_on[kind] != 0:
            mark_opening(sizes, state, kind, inf)
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


