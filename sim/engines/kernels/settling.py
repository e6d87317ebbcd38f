"""After a firing: derived quantities, clocks, watches, each only if something that it depends on has changed (S4, S9).

Kernels; see `sim.engines.kernels`.
"""

from __future__ import annotations

from math import inf, isfinite

from sim.engines.kernels import memory as m
from sim.engines.kernels import tables as t
from sim.engines.kernels.hazards import settle_clocks
from sim.engines.kernels.memory import (
    DELAY,
    FLAGS,
    HOLDING,
    IDLE,
    LOG_HOLD,
    NOT_FINITE,
    RESETS,
    STIRRED,
    WATCHES_CHANGED,
    Log,
    Sizes,
    State,
    World,
)
from sim.engines.kernels.primitives import lowest
from sim.engines.kernels.reading import meets
from sim.engines.kernels.telling import tell
from sim.kernel import kernel
from sim.rules.program import LOW, SUM


@kernel
def spoil(tables: t.Tables, sizes: Sizes, state: State, quantity: int) -> None:
    """A quantity has changed: note what is derived from it, and who depends on it or on that."""
    row = quantity * sizes.words
    for word in range(sizes.words):
        state.changed[word] |= tables.after[row + word]
    state.counts[STIRRED] = 1


@kernel
def put(tables: t.Tables, state: State, quantity: int, number: float) -> None:
    """A stored quantity has a new value: keep it, and its flag."""
    state.quantity[quantity] = number
    flag = tables.flag_of[quantity]
    if flag != 0:
        state.counts[FLAGS] = state.counts[FLAGS] | flag if number >= 0.5 else state.counts[FLAGS] & ~flag


@kernel
def derive(tables: t.Tables, sizes: Sizes, world: World, state: State, place: int, anew: bool) -> float:
    """The value of a derived quantity on the state as it is. `anew`: a low begins here."""
    row = t.DERIVED * place
    kind = tables.derived[row + t.KIND]
    if kind == SUM:
        total = world.numbers[tables.derived[row + t.CONSTANT]]
        for term in range(tables.derived[row + t.TERMS], tables.derived[row + t.TERMS_END]):
            total += world.coefficients[term] * state.quantity[tables.terms[t.TERM * term]]
        return total
    here = state.quantity[tables.derived[row + t.D_FIRST]]
    if kind != LOW:
        return here - state.quantity[tables.derived[row + t.D_SECOND]]
    before = state.quantity[sizes.stored + place]
    return here if anew or here < before else before


@kernel
def settle_derived(tables: t.Tables, sizes: Sizes, world: World, state: State) -> int:
    """Recompute what is stale, in dependency order."""
    for word in range(sizes.derived_words):
        stale = state.stale[word]
        state.stale[word] = 0
        while stale != 0:
            bit = lowest(stale)
            stale &= stale - 1
            place = word * t.WORD + bit
            number = derive(tables, sizes, world, state, place, state.reset[word] >> bit & 1 != 0)
            if not isfinite(number):
                return NOT_FINITE
            state.quantity[sizes.stored + place] = number
    if state.counts[RESETS] != 0:
        state.counts[RESETS] = 0
        for word in range(sizes.derived_words):
            state.reset[word] = 0
    return 0


@kernel
def settle_watch(
    tables: t.Tables, world: World, state: State, log: Log, watch: int, now: float, block: int, flags: int
) -> int:
    """S9: idle, holding or spent; a break while holding ends the hold."""
    row = t.WATCH * watch
    before = state.watch[m.ROW * watch + m.W_STATE]
    if meets(tables, world, state, tables.watches[row + t.HELD], tables.watches[row + t.HELD_END]):
        if before == IDLE:
            hold = world.numbers[tables.watches[row + t.HOLD]]
            if not (isfinite(hold) and hold >= 0.0):
                return DELAY
            state.watch[m.ROW * watch + m.W_STATE] = HOLDING
            state.w_since[watch] = now
            state.w_due[watch] = now + hold
            state.watch[m.ROW * watch + m.W_BLOCK] = block
            state.watch[m.ROW * watch + m.W_FLAGS] = flags
            state.counts[WATCHES_CHANGED] = 1
        return 0
    if before == HOLDING:
        tell(log, state, LOG_HOLD, tables.watches[row + t.W_RANK], 0, 0, state.w_since[watch], now, 0.0)
        state.w_due[watch] = inf
        state.counts[WATCHES_CHANGED] = 1
    state.watch[m.ROW * watch + m.W_STATE] = IDLE
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
