"""Worlds: one draw of every uncertain value, addressed by path, and the parameter vectors that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np

from sim.chance.copula import Group, correlate
from sim.chance.streams import WORLD_REPLAY, stream_hash, uniforms
from sim.chance.uncertain import Evaluator, Expr, Value
from sim.records.outcomes import Floats, Ints

Drawn = dict[tuple[object, ...], Floats]
"""Draws of some worlds by what determines them: the path, its distribution, and what it is correlated with."""


def draw_worlds(
    values: Mapping[str, Value], groups: Sequence[Group], seed: int, worlds: Ints, known: Drawn | None = None
) -> dict[str, Floats | Expr]:
    """What each value is in each of the worlds: an array (shape: worlds), or its formula.

    A value's uniform is addressed by its path alone, so adding, removing or reordering other values changes nothing.
    What is `known` of these worlds, from other scenarios with the same seed, is not drawn again, and what is drawn is
    added to it.
    """
    known = {} if known is None else known
    keys = _keys(values, groups)
    missing = {path for path, key in keys.items() if key not in known}
    luck = _luck(missing, groups, seed, worlds)
    for path in missing:
        distribution = values[path].distribution
        if distribution is not None:
            known[keys[path]] = distribution.quantiles(luck[path])
    drawn: dict[str, Floats | Expr] = {}
    for path, value in values.items():
        if path in keys:
            drawn[path] = known[keys[path]]
        elif value.formula is not None:
            drawn[path] = value.formula
        else:
            drawn[path] = np.full(len(worlds), value.fixed, dtype=np.float64)
    return drawn


def _keys(values: Mapping[str, Value], groups: Sequence[Group]) -> dict[str, tuple[object, ...]]:
    """What determines the draws of each uncertain value."""
    together = {path: (group.paths, group.factor.tobytes()) for group in groups for path in group.paths}
    return {
        path: (path, value.distribution, together.get(path))
        for path, value in values.items()
        if value.distribution is not None
    }


def _luck(paths: Set[str], groups: Sequence[Group], seed: int, worlds: Ints) -> dict[str, Floats]:
    """A uniform a world for each path, correlated where it belongs to a group."""
    met = [group for group in groups if not paths.isdisjoint(group.paths)]
    # a group's luck is drawn whole: who has become certain still moves the others as it did
    lucky = dict.fromkeys([*sorted(paths), *(path for group in met for path in group.paths)])
    luck = {path: uniforms(seed, worlds, WORLD_REPLAY, stream_hash(f"param/{path}")) for path in lucky}
    for group in met:
        together = correlate(group, np.array([luck[path] for path in group.paths]))
        luck.update(zip(group.paths, together, strict=True))
    return luck


def parameter_vectors(expressions: Sequence[Expr], drawn: Mapping[str, Floats | Expr], worlds: int) -> Floats:
    """One parameter vector a world (shape: worlds x parameters), in the order of `Program.expressions`."""
    evaluate = Evaluator(worlds, drawn)
    table = np.empty((worlds, len(expressions)))
    for column, expression in enumerate(expressions):
        table[:, column] = evaluate(expression)
    return table
