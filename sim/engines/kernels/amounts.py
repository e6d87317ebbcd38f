"""Draws of a firing, and the amounts of its effects on one snapshot (S4, S5).

Kernels; see `sim.engines.kernels`.
"""

from __future__ import annotations

from math import isfinite

from sim.chance.quantiles import family_quantile
from sim.engines.kernels import tables as t
from sim.engines.kernels.memory import NOT_FINITE, Scratch, Sizes, State, World
from sim.engines.kernels.primitives import uniform_at, with_length
from sim.kernel import kernel
from sim.records.outcomes import Floats, Ints
from sim.rules.program import ARM, LOAD_Z, NO_Z, PARAMETER


@kernel
def draw(
    draws: Ints,
    table: Floats,
    length: int,
    numbers: Floats,
    made: Ints,
    values: Floats,
    room: Floats,
    address: tuple[int, int, int],
    index: int,
    j: int,
) -> float:
    """The draw of a firing, made once: the same index and occurrence are the same number throughout a run."""
    if made[index] != j:
        seed, world, replay = address
        row = t.DRAW * index
        for i in range(8):
            room[i] = numbers[draws[row + t.PARAMETERS + i]]
        u = uniform_at(seed, world, replay, draws[row + t.STREAM], j, 0)
        values[index] = family_quantile(draws[row + t.FAMILY], u, room, with_length(table, length))
        made[index] = j
    return float(values[index])


@kernel
def varied_amount(
    amounts: Ints,
    quantity: Floats,
    draws: Ints,
    table: Floats,
    length: int,
    numbers: Floats,
    made: Ints,
    values: Floats,
    room: Floats,
    address: tuple[int, int, int],
    row: int,
    j: int,
    load: float,
) -> float:
    """(A + B z) v on the state as it is, where a part is drawn or z is a quantity or the load."""
    at = t.AMOUNTS * row
    a, b, v = 0.0, 0.0, 0.0
    for place in range(t.A_KIND, t.V_KIND + 1, 2):
        if place == t.Z_KIND or (place == t.B_KIND and amounts[at + t.Z_KIND] == NO_Z):
            continue
        index = amounts[at + place + 1]
        if amounts[at + place] == PARAMETER:
            number = numbers[index]
        else:
            number = draw(draws, table, length, numbers, made, values, room, address, index, j)
        if place == t.A_KIND:
            a = number
        elif place == t.B_KIND:
            b = number
        else:
            v = number
    if amounts[at + t.Z_KIND] != NO_Z:
        a = a + b * (load if amounts[at + t.Z_KIND] == LOAD_Z else quantity[amounts[at + t.Z]])
    return a * v


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
    """An amount: most are one number a world."""
    if world.simple[row] != 0:
        return float(world.fixed[row])
    return varied_amount(
        tables.amounts,
        state.quantity,
        tables.draws,
        tables.table,
        sizes.table,
        world.numbers,
        state.d_count,
        state.d_value,
        scratch.parameters,
        address,
        row,
        j,
        load,
    )


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
        known = world.known[effect]
        if known == known:
            scratch.effect[ready], scratch.amount[ready] = row, known
            ready += 1
            continue
        condition = tables.effects[row + t.IF]
        if condition >= 0:
            drawn = draw(
                tables.draws,
                tables.table,
                sizes.table,
                world.numbers,
                state.d_count,
                state.d_value,
                scratch.parameters,
                address,
                condition,
                j,
            )
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
            scratch.after[ready] = amount(
                tables, sizes, world, state, scratch, address, tables.effects[row + t.AFTER], j, load
            )
        if arms and tables.effects[row + t.OVER] >= 0:
            scratch.over[ready] = amount(
                tables, sizes, world, state, scratch, address, tables.effects[row + t.OVER], j, load
            )
        ready += 1
    return ready
