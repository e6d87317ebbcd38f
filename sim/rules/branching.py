"""Whether incidents feed on themselves: the spectral radius over all clocks and tensions of a world.

A unit of tension j has the integral 1/decay_j, in which clock i fires gain_ij times more; each firing adds to tension k
what its effects, and the rules they arm, add on average. The ratio is the spectral radius of that matrix, at the
largest multipliers that flags can reach (Hawkes processes: stationary below 1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sim.chance.quantiles import family_cdf, family_quantile
from sim.records.outcomes import Floats
from sim.rules import program as p
from sim.rules.program import Program

_GRID = [(place + 0.5) / 64.0 for place in range(64)]
_DEEPEST = 6


def _largest_coefficients(program: Program, numbers: Floats) -> Floats:
    """Base rate times the largest multiplier that switches can reach, by world and clock.

    A switch is a quantity that lives in [0, 1], flag or not; all of them are taken at their worst together, which
    overstates states that exclude each other. Other quantities stand at their start.
    """
    rules = len(program.rules)
    largest = np.zeros((len(numbers), rules))
    for rank in range(rules):
        if program.trigger[rank] != p.CLOCK:
            continue
        exponent = np.zeros(len(numbers))
        for place in range(program.exponent_pointer[rank], program.exponent_pointer[rank + 1]):
            effect = numbers[:, program.exponent_effect[place]]
            quantity = int(program.exponent_quantity[place])
            if quantity < program.stored and np.all(numbers[:, program.quantity_ceiling[quantity]] == 1.0):
                exponent = exponent + np.maximum(effect, 0.0)
            elif quantity < program.stored:
                exponent = exponent + effect * numbers[:, program.quantity_start[quantity]]
        largest[:, rank] = numbers[:, program.clock_base[rank]] * np.exp(np.clip(exponent, -700.0, 700.0))
    return largest


def _by_world(numbers: Floats, columns: list[int], measure: Callable[[list[float]], float]) -> Floats:
    """A measure of some parameters for each world; worlds that agree in all of them share the work."""
    distinct, inverse = np.unique(numbers[:, columns], axis=0, return_inverse=True)
    measured = np.array([measure(row) for row in distinct.tolist()])
    return np.asarray(measured[inverse.ravel()], dtype=np.float64)


def _part(program: Program, kind: int, index: int, numbers: Floats) -> Floats:
    """A part of an amount, by world: the parameter, or the mean of the draw."""
    if kind == p.PARAMETER:
        return numbers[:, index]
    family, table = int(program.draw_family[index]), program.table.tolist()

    def mean(parameters: list[float]) -> float:
        return sum(family_quantile(family, u, parameters, table) for u in _GRID) / len(_GRID)

    return _by_world(numbers, program.draw_parameters[index].tolist(), mean)


def _chance_of(program: Program, draw: int, level: int, numbers: Floats) -> Floats:
    """The chance that a draw is at least a level, by world."""
    family, table = int(program.draw_family[draw]), program.table.tolist()

    def chance(row: list[float]) -> float:
        return 1.0 - family_cdf(family, row[-1], row[:-1], table)

    return _by_world(numbers, [*program.draw_parameters[draw].tolist(), level], chance)


def _gains(program: Program, rank: int, numbers: Floats, weight: Floats, depth: int, gains: Floats) -> None:
    """Adds to `gains` (worlds x tensions) what one firing of a rule adds on average, through the rules it arms too."""
    effects = program.effects
    for place in range(effects.pointer[rank], effects.pointer[rank + 1]):
        share = weight
        if effects.condition[place] >= 0:
            share = share * _chance_of(program, int(effects.condition[place]), int(effects.level[place]), numbers)
        target = int(effects.target[place])
        if effects.operation[place] == p.ADD_TENSION:
            kind, index, _, _, _, _, kind_v, v = program.amounts[effects.amount[place]].tolist()
            mean = _part(program, kind, index, numbers) * _part(program, kind_v, v, numbers)
            gains[:, target] += share * np.maximum(0.0, mean)
        elif effects.operation[place] == p.ARM and depth < _DEEPEST:
            if program.chance[target] >= 0:
                share = share * numbers[:, program.chance[target]]
            if effects.steps[place] >= 0:
                share = share * numbers[:, effects.steps[place]]
            _gains(program, target, numbers, share, depth + 1, gains)


def _contributions(program: Program, numbers: Floats) -> Iterator[tuple[int, Floats]]:
    """Clock by clock, the expected total of tension k that a unit of tension j brings (worlds x j x k)."""
    tensions = len(program.tensions)
    largest = _largest_coefficients(program, numbers)
    for rank in np.flatnonzero(np.diff(program.gain_pointer)).tolist():
        added = np.zeros((len(numbers), tensions))
        _gains(program, rank, numbers, np.ones(len(numbers)), 0, added)
        if not added.any():
            continue
        matrix = np.zeros((len(numbers), tensions, tensions))
        for place in range(program.gain_pointer[rank], program.gain_pointer[rank + 1]):
            tension = int(program.gain_tension[place])
            rate = largest[:, rank] * numbers[:, program.gain_inside[place]] + numbers[:, program.gain_outside[place]]
            worth = rate / numbers[:, program.tension_decay[tension]]
            matrix[:, tension, :] += worth[:, None] * added
        yield rank, matrix


def branching_ratios(program: Program, numbers: Floats) -> Floats:
    """The branching ratio of each world (shape: worlds); empty without tensions."""
    tensions = len(program.tensions)
    if not tensions:
        return np.zeros(0)
    total = np.zeros((len(numbers), tensions, tensions))
    for _, matrix in _contributions(program, numbers):
        total += matrix
    if not total.any():
        return np.zeros(len(numbers))
    # only tensions that a loop can run through matter, and they are few
    live = np.flatnonzero(total.any(axis=(0, 1)) & total.any(axis=(0, 2)))
    if not len(live):
        return np.zeros(len(numbers))
    radii: Floats = np.abs(np.linalg.eigvals(total[:, live][:, :, live])).max(axis=1)
    return radii


def worst_loop(program: Program, numbers: Floats) -> str:
    """The clock that adds most to the ratio in one world."""
    weights = {rank: np.trace(m[0]) + 1e-9 * m[0].sum() for rank, m in _contributions(program, numbers[None, :])}
    return program.rules[max(weights, key=lambda rank: float(weights[rank]))]
