"""Clocks: what they have used up, when they are due at the earliest, and when exactly (S7, section 3).

Kernels; see `sim.engines.kernels`.
"""

from __future__ import annotations

from math import inf, isfinite

from sim.engines.kernels import memory as m
from sim.engines.kernels import tables as t
from sim.engines.kernels.memory import CLOCKS_CHANGED, RATE, Scratch, Sizes, State, World
from sim.engines.kernels.primitives import lowest
from sim.engines.kernels.reading import look, meets
from sim.kernel import kernel
from sim.rules.flows import multiplier, waiting_time

# how far below its residual a clock's consumption must lie to be called below: thousands of times what rounding can do
CLEARLY = 1e-12
LIKELY = 0.8


@kernel
def anchor(tables: t.Tables, state: State, clock: int, now: float) -> None:
    """Levels and integrals of a clock's tensions, as they are now."""
    own = m.ROW * clock
    state.clock[own + m.TIME] = now
    row = t.CLOCK * clock
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        at = m.ROW * gain
        tension = tables.gains[t.GAINS * gain + t.TENSION]
        look(state.tension, tension, now)
        state.gain[at + m.LEVEL] = state.tension[m.ROW * tension + m.LEVEL]
        state.gain[at + m.INTEGRAL] = state.tension[m.ROW * tension + m.INTEGRAL]


@kernel
def coefficient_of(tables: t.Tables, world: World, state: State, clock: int) -> float:
    """Base * exp(sum of effects): negative, infinite or NaN where the rate is none."""
    row = t.CLOCK * clock
    exponent = 0.0
    first, end = tables.clocks[row + t.EXPONENT], tables.clocks[row + t.EXPONENT_END]
    for i in range(first, end):
        exponent += world.powers[i] * state.quantity[tables.exponents[t.TERM * i]]
    base = world.numbers[tables.clocks[row + t.BASE]]
    # the exponential of 0 is 1 exactly
    return base if first == end else base * multiplier(exponent)


@kernel
def consume(tables: t.Tables, state: State, clock: int, now: float) -> float:
    """What a clock's rate has used up of its residual since its anchor (S8), which moves to `now`."""
    own = m.ROW * clock
    row = t.CLOCK * clock
    inner = state.clock[own + m.FACTOR] * (now - state.clock[own + m.TIME])
    outer = 0.0
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        at = m.ROW * gain
        tension = tables.gains[t.GAINS * gain + t.TENSION]
        look(state.tension, tension, now)
        grown = state.tension[m.ROW * tension + m.INTEGRAL] - state.gain[at + m.INTEGRAL]
        inner += state.gain[at + m.INSIDE] * grown
        outer += state.gain[at + m.OUTSIDE] * grown
        state.gain[at + m.LEVEL] = state.tension[m.ROW * tension + m.LEVEL]
        state.gain[at + m.INTEGRAL] = state.tension[m.ROW * tension + m.INTEGRAL]
    state.clock[own + m.TIME] = now
    return state.clock[own + m.COEFFICIENT] * inner + outer


@kernel
def rate_from_here(tables: t.Tables, state: State, clock: int) -> int:
    """An active clock's rate at its anchor as a constant and a slope a tension, and the most that it can become.

    A status, because the rate may be infinite.
    """
    own = m.ROW * clock
    row = t.CLOCK * clock
    coefficient = state.clock[own + m.COEFFICIENT]
    constant = coefficient * state.clock[own + m.FACTOR]
    most, highest = constant, constant
    simple = 1
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        at = m.ROW * gain
        slope = coefficient * state.gain[at + m.INSIDE] + state.gain[at + m.OUTSIDE]
        state.gain[at + m.SLOPE] = slope
        if slope != 0.0:
            simple = 0
            level, baseline = state.gain[at + m.LEVEL], state.gain[at + m.BASELINE]
            most += slope * (level + baseline)
            # the same sum, in the same order, as the lower end of the solver's bracket
            highest += slope * (level if level > baseline else baseline)
    if not isfinite(most):
        return RATE
    state.clock[own + m.CONSTANT] = constant
    state.mark[own + m.SIMPLE] = simple
    state.clock[own + m.HIGHEST] = highest
    return 0


@kernel
def bound(state: State, clock: int) -> None:
    """When a clock is due at the earliest: exactly, where its rate is constant; else no later than that."""
    own = m.ROW * clock
    highest = state.clock[own + m.HIGHEST]
    state.mark[own + m.SOLVED] = 1
    if state.mark[own + m.ACTIVE] == 0 or highest == 0.0:
        state.c_bound[clock] = inf
    elif state.clock[own + m.RESIDUAL] == 0.0:
        state.c_bound[clock] = state.clock[own + m.TIME] + 0.0
    else:
        state.c_bound[clock] = state.clock[own + m.TIME] + state.clock[own + m.RESIDUAL] / highest
        state.mark[own + m.SOLVED] = state.mark[own + m.SIMPLE]


@kernel
def solve(tables: t.Tables, state: State, scratch: Scratch, clock: int, horizon: float) -> None:
    """The due time of a clock, from its anchor (section 3)."""
    own = m.ROW * clock
    row = t.CLOCK * clock
    count = 0
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        at = m.ROW * gain
        if state.gain[at + m.SLOPE] != 0.0:
            scratch.gain[count] = state.gain[at + m.SLOPE]
            scratch.level[count] = state.gain[at + m.LEVEL]
            scratch.baseline[count] = state.gain[at + m.BASELINE]
            scratch.decay[count] = state.gain[at + m.DECAY]
            count += 1
    since = state.clock[own + m.TIME]
    wait = waiting_time(
        state.clock[own + m.RESIDUAL],
        horizon - since,
        state.clock[own + m.CONSTANT],
        count,
        scratch.gain,
        scratch.level,
        scratch.baseline,
        scratch.decay,
    )
    state.c_bound[clock] = since + wait
    state.mark[own + m.SOLVED] = 1


@kernel
def likely_due(state: State, clock: int, time: float) -> bool:
    """Whether a clock's bound lies so far before `time` that looking whether it is due by then would be wasted."""
    own = m.ROW * clock
    since = state.clock[own + m.TIME]
    return bool(state.c_bound[clock] - since < LIKELY * (time - since))


@kernel
def postpone(tables: t.Tables, state: State, clock: int, time: float) -> bool:
    """Raise a clock's bound beyond `time` if it is clearly not due by then, with no exponential but the tensions'.

    "Clearly" leaves room for what rounding can do to the solver and to the integrals, so that no order can change.
    """
    own = m.ROW * clock
    since = state.clock[own + m.TIME]
    if not time > since:
        return False
    row = t.CLOCK * clock
    rate = state.clock[own + m.CONSTANT]
    used, size = rate * (time - since), rate * time
    for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
        at = m.ROW * gain
        slope = state.gain[at + m.SLOPE]
        if slope != 0.0:
            tension = tables.gains[t.GAINS * gain + t.TENSION]
            look(state.tension, tension, time)
            grown, level, baseline = (
                state.tension[m.ROW * tension + m.INTEGRAL],
                state.tension[m.ROW * tension + m.LEVEL],
                state.gain[at + m.BASELINE],
            )
            used += slope * (grown - state.gain[at + m.INTEGRAL])
            size += slope * grown
            rate += slope * (level if level > baseline else baseline)
    residual = state.clock[own + m.RESIDUAL]
    left = residual - used - CLEARLY * (residual + size + rate * time)
    if not left > 0.0:
        return False
    until, beyond = time + left / rate, time * (1.0 + 0.1 * CLEARLY)
    state.c_bound[clock] = until if until > beyond else beyond
    return True


@kernel
def settle_clock(
    tables: t.Tables, world: World, state: State, clock: int, now: float, stirred: bool, moved: bool
) -> int:
    """S7: a clock is anchored anew only if its rate changed. `stirred`: a quantity that it reads may have changed."""
    own = m.ROW * clock
    row = t.CLOCK * clock
    coefficient, active = state.clock[own + m.COEFFICIENT], state.mark[own + m.ACTIVE]
    if stirred:
        active = 1 if meets(tables, world, state, tables.clocks[row + t.ONLY], tables.clocks[row + t.ONLY_END]) else 0
        coefficient = coefficient_of(tables, world, state, clock) if active != 0 else 0.0
        if not (isfinite(coefficient) and coefficient >= 0.0):
            return RATE
    if moved or active != state.mark[own + m.ACTIVE] or coefficient != state.clock[own + m.COEFFICIENT]:
        if state.mark[own + m.ACTIVE] != 0:
            used = consume(tables, state, clock, now)
            if not isfinite(used):
                return RATE
            rest = state.clock[own + m.RESIDUAL] - used
            state.clock[own + m.RESIDUAL] = rest if rest > 0.0 else 0.0
        elif active != 0:
            anchor(tables, state, clock, now)
        else:
            # a clock that is off and stays off uses nothing up, and needs no levels
            state.clock[own + m.TIME] = now
        state.clock[own + m.COEFFICIENT], state.mark[own + m.ACTIVE] = coefficient, active
    elif state.mark[own + m.FRESH] == 0:
        return 0
    state.mark[own + m.FRESH] = 0
    if active != 0 and rate_from_here(tables, state, clock) != 0:
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
