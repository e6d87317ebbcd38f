"""What all replays of a world share: its bounds and amounts, and the state on day 0.

Kernels; see `sim.engines.kernels`.
"""

from __future__ import annotations

from math import inf, isfinite, nan

from sim.engines.kernels import memory as m
from sim.engines.kernels import tables as t
from sim.engines.kernels.hazards import anchor, coefficient_of, rate_from_here
from sim.engines.kernels.memory import (
    CLOCKS_CHANGED,
    DELAY,
    FIRST,
    FIRST_KIND,
    FIRST_ROOT,
    NOT_FINITE,
    RATE,
    SPENT,
    STIRRED,
    WAITING,
    WATCH,
    WATCH_FLOOR,
    WORLD_STATUS,
    Sizes,
    State,
    World,
)
from sim.engines.kernels.reading import meets
from sim.engines.kernels.settling import derive, put
from sim.kernel import kernel
from sim.rules.flows import clamp
from sim.rules.program import ARM, NO_Z, PARAMETER

SLACK = 1e-9
"""Bounds forgive a billionth of themselves, as in `flows.reaches`."""


@kernel
def known_amount(tables: t.Tables, world: World, effect: int) -> float:
    """What an effect always amounts to in this world, 0 where it has no amount; NaN where that is to be found anew."""
    row = t.EFFECT * effect
    amount = tables.effects[row + t.AMOUNT]
    if tables.effects[row + t.OPERATION] == ARM or tables.effects[row + t.IF] >= 0:
        return nan
    if amount < 0:
        return 0.0
    # an infinite amount fails the run, but only when its rule fires
    if world.simple[amount] == 0 or not isfinite(world.fixed[amount]):
        return nan
    return float(world.fixed[amount])


@kernel
def bounds_and_amounts(tables: t.Tables, sizes: Sizes, world: World) -> None:
    """Bounds with their slack (`flows.reaches`, `flows.stays_below`), and the amounts that are one number a world."""
    numbers = world.numbers
    for condition in range(sizes.conditions):
        row = t.CONDITION * condition
        lower, upper = tables.conditions[row + t.LOWER], tables.conditions[row + t.UPPER]
        world.bounds[2 * condition], world.bounds[2 * condition + 1] = -inf, inf
        if lower >= 0:
            world.bounds[2 * condition] = numbers[lower] - abs(SLACK * numbers[lower])
        if upper >= 0:
            world.bounds[2 * condition + 1] = numbers[upper] + abs(SLACK * numbers[upper])
    for row in range(sizes.amounts):
        at = t.AMOUNTS * row
        a = tables.amounts
        simple = a[at + t.Z_KIND] == NO_Z and a[at + t.A_KIND] == PARAMETER and a[at + t.V_KIND] == PARAMETER
        world.simple[row] = 1 if simple else 0
        if simple:
            world.fixed[row] = numbers[a[at + t.A]] * numbers[a[at + t.V]]
    for term in range(sizes.terms):
        world.coefficients[term] = numbers[tables.terms[t.TERM * term + 1]]
    for term in range(sizes.exponents):
        world.powers[term] = numbers[tables.exponents[t.TERM * term + 1]]
    for effect in range(sizes.effects):
        world.known[effect] = known_amount(tables, world, effect)


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
        floor, ceiling = numbers[tables.quantities[row + t.Q_FLOOR]], numbers[tables.quantities[row + t.Q_CEILING]]
        number = clamp(numbers[tables.quantities[row + t.Q_START]], floor, ceiling)
        if not isfinite(number):
            return NOT_FINITE
        world.floor[quantity], world.ceiling[quantity] = floor, ceiling
        put(tables, state, quantity, number)
    for tension in range(sizes.tensions):
        row = t.TENSIONS * tension
        value = clamp(numbers[tables.tensions[row + t.T_START]], 0.0, numbers[tables.tensions[row + t.T_CAP]])
        baseline, decay = numbers[tables.tensions[row + t.T_BASELINE]], numbers[tables.tensions[row + t.T_DECAY]]
        if not (isfinite(value) and isfinite(baseline) and baseline >= 0.0 and isfinite(decay) and decay > 0.0):
            return NOT_FINITE
        state.tension[m.ROW * tension + m.VALUE] = value
        state.tension[m.ROW * tension + m.LEVEL] = value
        state.tension[m.ROW * tension + m.BASELINE] = baseline
        state.tension[m.ROW * tension + m.DECAY] = decay
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
def moving_gains(tables: t.Tables, sizes: Sizes, world: World, state: State) -> int:
    """Which clocks a write of each tension moves, in this world; a negative or infinite gain fails it."""
    numbers = world.numbers
    for i in range(sizes.tensions * sizes.clock_words):
        world.moved[i] = 0
    for clock in range(sizes.clocks):
        row = t.CLOCK * clock
        factor = numbers[tables.clocks[row + t.FACTOR]]
        state.clock[m.ROW * clock + m.FACTOR] = factor
        if not (isfinite(factor) and factor >= 0.0):
            return RATE
        for gain in range(tables.clocks[row + t.GAIN], tables.clocks[row + t.GAIN_END]):
            place = t.GAINS * gain
            inside = numbers[tables.gains[place + t.INSIDE]]
            outside = numbers[tables.gains[place + t.OUTSIDE]]
            if not (isfinite(inside) and inside >= 0.0 and isfinite(outside) and outside >= 0.0):
                return RATE
            state.gain[m.ROW * gain + m.INSIDE], state.gain[m.ROW * gain + m.OUTSIDE] = inside, outside
            tension = tables.gains[place + t.TENSION]
            state.gain[m.ROW * gain + m.BASELINE] = state.tension[m.ROW * tension + m.BASELINE]
            state.gain[m.ROW * gain + m.DECAY] = state.tension[m.ROW * tension + m.DECAY]
            if inside != 0.0 or outside != 0.0:
                word = tension * sizes.clock_words + clock // t.WORD
                world.moved[word] |= 1 << clock % t.WORD
    return 0


@kernel
def order_starts(tables: t.Tables, sizes: Sizes, world: World, state: State) -> int:
    """Dated rules as they come due: by date, then by rank.

    The order of the world before is where sorting begins: worlds differ little, so the insertions are few.
    """
    for place in range(sizes.starts):
        row = t.START * place
        date = world.numbers[tables.starts[row + t.DATE]]
        if not (isfinite(date) and date >= 0.0):
            return DELAY
        state.r_pending[tables.starts[row + t.S_RANK]] = 1
    for place in range(sizes.starts):
        own = world.turns[place]
        rank, date = tables.starts[t.START * own + t.S_RANK], world.numbers[tables.starts[t.START * own + t.DATE]]
        at = place
        while at > 0 and (world.dates[at - 1] > date or (world.dates[at - 1] == date and world.order[at - 1] > rank)):
            world.dates[at], world.order[at] = world.dates[at - 1], world.order[at - 1]
            world.turns[at] = world.turns[at - 1]
            at -= 1
        world.dates[at], world.order[at], world.turns[at] = date, rank, own
    state.counts[WAITING] = sizes.starts
    return 0


@kernel
def first_clocks(tables: t.Tables, sizes: Sizes, world: World, state: State) -> int:
    """Watches and clocks on day 0, as far as they do not depend on luck."""
    for watch in range(sizes.watches):
        row = t.WATCH * watch
        # what is already true when the clock starts is spent: a crisis in progress is not an onset
        if meets(tables, world, state, tables.watches[row + t.HELD], tables.watches[row + t.HELD_END]):
            state.watch[m.ROW * watch + m.W_STATE] = SPENT
        state.w_due[watch] = inf
    for clock in range(sizes.clocks):
        row = t.CLOCK * clock
        anchor(tables, state, clock, 0.0)
        active = meets(tables, world, state, tables.clocks[row + t.ONLY], tables.clocks[row + t.ONLY_END])
        coefficient = coefficient_of(tables, world, state, clock) if active else 0.0
        if not (isfinite(coefficient) and coefficient >= 0.0):
            return RATE
        state.mark[m.ROW * clock + m.ACTIVE] = 1 if active else 0
        state.clock[m.ROW * clock + m.COEFFICIENT] = coefficient
        if active and rate_from_here(tables, state, clock) != 0:
            return RATE
    return 0


@kernel
def forget_changes(sizes: Sizes, state: State) -> None:
    """Nothing has changed on day 0 that clocks and watches do not know."""
    state.counts[STIRRED] = 0
    for word in range(sizes.words):
        state.changed[word] = 0
    for word in range(sizes.clock_words):
        state.moved[word] = 0


@kernel
def prepare(tables: t.Tables, sizes: Sizes, world: World, state: State) -> None:
    """Everything about a world that all its replays share; the state on day 0 is kept in `world`."""
    bounds_and_amounts(tables, sizes, world)
    status = first_state(tables, sizes, world, state)
    if status == 0:
        status = moving_gains(tables, sizes, world, state)
    if status == 0:
        status = order_starts(tables, sizes, world, state)
    if status == 0:
        status = first_clocks(tables, sizes, world, state)
    forget_changes(sizes, state)
    for place in range(sizes.draws):
        state.d_count[place] = -1
    state.counts[WORLD_STATUS] = status
    state.counts[WATCH] = -1
    state.counts[FIRST_KIND] = -1
    state.counts[FIRST_ROOT] = -1
    state.counts[CLOCKS_CHANGED] = 1
    state.times[FIRST] = inf
    state.times[WATCH_FLOOR] = inf
    for i in range(sizes.floats):
        world.floats[i] = state.floats[i]
    for i in range(sizes.ints):
        world.ints[i] = state.ints[i]
