"""After a firing: derived quantities, clocks, watches, each only if something that it depends on has changed (S4, S7-S9).

Kernels of the compiled engine. They say in flat tables what `docs/semantics.md` says in words, and what the reference
engine says in objects; statuses are the failure codes of `sim.records.outcomes`, 0 is none.
"""

from __future__ import annotations

from math import inf, isfinite

from sim.engines import tables as t
from sim.engines.memory import (
    CLOCKS_CHANGED,
    FLAGS,
    HOLDING,
    IDLE,
    LOG_HOLD,
    RESETS,
    STIRRED,
    WATCHES_CHANGED,
    Log,
    Scratch,
    Sizes,
    State,
    World,
)
from sim.engines.primitives import lowest
from sim.engines.telling import tell
from sim.kernel import kernel
from sim.rules.flows import integral_after, level_after, multiplier, relaxation, waiting_time
from sim.rules.program import LOW, SUM

NOT_FINITE, DELAY, RATE = 3, 4, 5
# how far below its residual a clock's consumption must lie to be called below: thousands of times what rounding can do
CLEARLY = 1e-12


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


@kernel
def spoil(tables: t.Tables, sizes: Sizes, state: State, quantity: int) -> None:
    """A quantity has changed: note what is derived from it, and who depends on it or on that."""
    for word in range(sizes.derived_words):
        state.stale[word] |= tables.derived_after[quantity * sizes.derived_words + word]
    for word in range(sizes.clock_words):
        state.clocks[word] |= tables.clocks_after[quantity * sizes.clock_words + word]
    for word in range(sizes.watch_words):
        state.watches[word] |= tables.watches_after[quantity * sizes.watch_words + word]
    state.counts[STIRRED] = 1


@kernel
def put(tables: t.Tables, sizes: Sizes, state: State, quantity: int, number: float) -> None:
    """A stored quantity has a new value: keep it, and its flag."""
    state.quantity[quantity] = number
    flag = tables.flag_of[quantity]
    if flag != 0:
        state.counts[FLAGS] = state.counts[FLAGS] | flag if number >= 0.5 else state.counts[FLAGS] & ~flag


@kernel
def derive(tables: t.Tables, sizes: Sizes, world: World, state: State, place: int, first: bool) -> float:
    """The value of a derived quantity on the state as it is."""
    row = t.DERIVED * place
    kind = tables.derived[row + t.KIND]
    term = tables.derived[row + t.TERMS]
    if kind == SUM:
        total = world.numbers[tables.derived[row + t.CONSTANT]]
        for i in range(term, tables.derived[row + t.TERMS_END]):
            total += world.numbers[tables.terms[t.TERM * i + 1]] * state.quantity[tables.terms[t.TERM * i]]
        return total
    here = state.quantity[tables.terms[t.TERM * term]]
    if kind != LOW:
        return here - state.quantity[tables.terms[t.TERM * (term + 1)]]
    before = state.quantity[sizes.stored + place]
    if first or state.reset[place // t.WORD] >> place % t.WORD & 1 or here < before:
        return here
    return before


@kernel
def settle_derived(tables: t.Tables, sizes: Sizes, world: World, state: State) -> int:
    """Recompute what is stale, in dependency order."""
    for word in range(sizes.derived_words):
        stale = state.stale[word]
        state.stale[word] = 0
        while stale != 0:
            place = word * t.WORD + lowest(stale)
            stale &= stale - 1
            number = derive(tables, sizes, world, state, place, False)
            if not isfinite(number):
                return NOT_FINITE
            state.quantity[sizes.stored + place] = number
    if state.counts[RESETS] != 0:
        state.counts[RESETS] = 0
        for word in range(sizes.derived_words):
            state.reset[word] = 0
    return 0


@kernel
def anchor(tables: t.Tables, world: World, state: State, clock: int, now: float) -> None:
    """Levels and integrals of a clock's tensions, as they are now."""
    state.c_time[clock] = now
    row = t.CLOCK * clock
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        tension = tables.gains[t.GAINS * gain + t.TENSION]
        look(tables, world, state, tension, now)
        state.g_level[gain] = state.t_level[tension]
        state.g_integral[gain] = state.t_grown[tension]


@kernel
def coefficient_of(tables: t.Tables, world: World, state: State, clock: int) -> float:
    """base * exp(sum of effects): negative, infinite or NaN where the rate is none."""
    row = t.CLOCK * clock
    exponent = 0.0
    first, end = tables.clocks[row + t.EXPONENT], tables.clocks[row + t.EXPONENT_END]
    for i in range(first, end):
        exponent += world.numbers[tables.exponents[t.TERM * i + 1]] * state.quantity[tables.exponents[t.TERM * i]]
    base = world.numbers[tables.clocks[row + t.BASE]]
    # the exponential of 0 is 1 exactly
    return base if first == end else base * multiplier(exponent)


@kernel
def consume(tables: t.Tables, world: World, state: State, clock: int, now: float) -> float:
    """What a clock's rate has used up of its residual since its anchor (S8), which moves to `now`."""
    row = t.CLOCK * clock
    inner = world.factor[clock] * (now - state.c_time[clock])
    outer = 0.0
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        tension = tables.gains[t.GAINS * gain + t.TENSION]
        look(tables, world, state, tension, now)
        grown = state.t_grown[tension] - state.g_integral[gain]
        inner += world.inside[gain] * grown
        outer += world.outside[gain] * grown
        state.g_level[gain] = state.t_level[tension]
        state.g_integral[gain] = state.t_grown[tension]
    state.c_time[clock] = now
    return state.c_coefficient[clock] * inner + outer


@kernel
def rate_from_here(tables: t.Tables, world: World, state: State, clock: int) -> int:
    """An active clock's rate at its anchor as a constant and a slope a tension, and the most that it can become.

    A status, because the rate may be infinite.
    """
    row = t.CLOCK * clock
    coefficient = state.c_coefficient[clock]
    constant = coefficient * world.factor[clock]
    most, highest = constant, constant
    simple = 1
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        slope = coefficient * world.inside[gain] + world.outside[gain]
        state.g_slope[gain] = slope
        if slope != 0.0:
            simple = 0
            level, baseline = state.g_level[gain], world.baseline[gain]
            most += slope * (level + baseline)
            # the same sum, in the same order, as the lower end of the solver's bracket
            highest += slope * (level if level > baseline else baseline)
    if not isfinite(most):
        return RATE
    state.c_constant[clock] = constant
    state.c_simple[clock] = simple
    state.c_highest[clock] = highest
    return 0


@kernel
def bound(state: State, clock: int) -> None:
    """When a clock is due at the earliest: exactly, where its rate is constant; else no later than that."""
    highest = state.c_highest[clock]
    state.c_solved[clock] = 1
    if state.c_active[clock] == 0 or highest == 0.0:
        state.c_bound[clock] = inf
    elif state.c_residual[clock] == 0.0:
        state.c_bound[clock] = state.c_time[clock] + 0.0
    else:
        state.c_bound[clock] = state.c_time[clock] + state.c_residual[clock] / highest
        state.c_solved[clock] = state.c_simple[clock]


@kernel
def solve(tables: t.Tables, world: World, state: State, scratch: Scratch, clock: int, horizon: float) -> None:
    """The due time of a clock, from its anchor (section 3)."""
    row = t.CLOCK * clock
    count = 0
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        if state.g_slope[gain] != 0.0:
            tension = t.TENSIONS * tables.gains[t.GAINS * gain + t.TENSION]
            scratch.gain[count] = state.g_slope[gain]
            scratch.level[count] = state.g_level[gain]
            scratch.baseline[count] = world.baseline[gain]
            scratch.decay[count] = world.numbers[tables.tensions[tension + t.T_DECAY]]
            count += 1
    since = state.c_time[clock]
    wait = waiting_time(
        state.c_residual[clock],
        horizon - since,
        state.c_constant[clock],
        count,
        scratch.gain,
        scratch.level,
        scratch.baseline,
        scratch.decay,
    )
    state.c_bound[clock] = since + wait
    state.c_solved[clock] = 1


@kernel
def postpone(tables: t.Tables, world: World, state: State, clock: int, time: float) -> bool:
    """Raise a clock's bound beyond `time`, if it is clearly not due by then; no exponential but the tensions' at `time`.

    "Clearly" leaves room for what rounding can do to the solver and to the integrals, so that no order can change.
    """
    since = state.c_time[clock]
    if not time > since:
        return False
    row = t.CLOCK * clock
    rate = state.c_constant[clock]
    used, size = rate * (time - since), rate * time
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        slope = state.g_slope[gain]
        if slope != 0.0:
            tension = tables.gains[t.GAINS * gain + t.TENSION]
            look(tables, world, state, tension, time)
            grown, level, baseline = state.t_grown[tension], state.t_level[tension], world.baseline[gain]
            used += slope * (grown - state.g_integral[gain])
            size += slope * grown
            rate += slope * (level if level > baseline else baseline)
    residual = state.c_residual[clock]
    left = residual - used - CLEARLY * (residual + size + rate * time)
    if not left > 0.0:
        return False
    until, beyond = time + left / rate, time * (1.0 + 0.1 * CLEARLY)
    state.c_bound[clock] = until if until > beyond else beyond
    return True


@kernel
def settle_clock(tables: t.Tables, world: World, state: State, clock: int, now: float, stirred: bool, moved: bool) -> int:
    """S7: a clock is anchored anew only if its rate changed. `stirred`: a quantity that it reads may have changed."""
    row = t.CLOCK * clock
    coefficient, active = state.c_coefficient[clock], state.c_active[clock]
    if stirred:
        active = 1 if meets(tables, world, state, tables.clocks[row + t.ONLY], tables.clocks[row + t.ONLY_END]) else 0
        coefficient = coefficient_of(tables, world, state, clock) if active != 0 else 0.0
        if not (isfinite(coefficient) and coefficient >= 0.0):
            return RATE
    if moved or active != state.c_active[clock] or coefficient != state.c_coefficient[clock]:
        used = consume(tables, world, state, clock, now)
        if state.c_active[clock] != 0:
            if not isfinite(used):
                return RATE
            rest = state.c_residual[clock] - used
            state.c_residual[clock] = rest if rest > 0.0 else 0.0
        state.c_coefficient[clock], state.c_active[clock] = coefficient, active
    elif state.c_fresh[clock] == 0:
        return 0
    state.c_fresh[clock] = 0
    if active != 0 and rate_from_here(tables, world, state, clock) != 0:
        return RATE
    bound(state, clock)
    state.counts[CLOCKS_CHANGED] = 1
    return 0


@kernel
def settle_clocks(tables: t.Tables, sizes: Sizes, world: World, state: State, now: float, fired: int) -> int:
    """All clocks that depend on what changed, and the one that fired (-1: none)."""
    for word in range(sizes.clock_words):
        waiting = state.clocks[word] | state.moved[word]
        if fired >= 0 and fired // t.WORD == word:
            waiting |= 1 << fired % t.WORD
        while waiting != 0:
            place = lowest(waiting)
            waiting &= waiting - 1
            stirred, moved = state.clocks[word] >> place & 1 != 0, state.moved[word] >> place & 1 != 0
            status = settle_clock(tables, world, state, word * t.WORD + place, now, stirred, moved)
            if status != 0:
                return status
        state.clocks[word] = 0
        state.moved[word] = 0
    return 0


@kernel
def settle_watch(
    tables: t.Tables, world: World, state: State, log: Log, watch: int, now: float, block: int, flags: int
) -> int:
    """S9: idle, holding or spent; a break while holding ends the hold."""
    row = t.WATCH * watch
    before = state.w_state[watch]
    if meets(tables, world, state, tables.watches[row + t.HELD], tables.watches[row + t.HELD_END]):
        if before == IDLE:
            hold = world.numbers[tables.watches[row + t.HOLD]]
            if not (isfinite(hold) and hold >= 0.0):
                return DELAY
            state.w_state[watch] = HOLDING
            state.w_since[watch] = now
            state.w_due[watch] = now + hold
            state.w_block[watch] = block
            state.w_flags[watch] = flags
            state.counts[WATCHES_CHANGED] = 1
        return 0
    if before == HOLDING:
        tell(log, state, LOG_HOLD, tables.watches[row + t.W_RANK], 0, 0, state.w_since[watch], now, 0.0)
        state.w_due[watch] = inf
        state.counts[WATCHES_CHANGED] = 1
    state.w_state[watch] = IDLE
    return 0


@kernel
def settle(
    tables: t.Tables, sizes: Sizes, world: World, state: State, log: Log, now: float, fired: int, block: int, flags: int
) -> int:
    """S4 (6). `fired` is the clock that fired, -1 where it was none."""
    if state.counts[STIRRED] != 0:
        state.counts[STIRRED] = 0
        status = settle_derived(tables, sizes, world, state)
        if status != 0:
            return status
    status = settle_clocks(tables, sizes, world, state, now, fired)
    if status != 0:
        return status
    for word in range(sizes.watch_words):
        waiting = state.watches[word]
        state.watches[word] = 0
        while waiting != 0:
            place = lowest(waiting)
            waiting &= waiting - 1
            status = settle_watch(tables, world, state, log, word * t.WORD + place, now, block, flags)
            if status != 0:
                return status
    return 0

