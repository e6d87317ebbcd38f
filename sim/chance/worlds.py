"""Worlds: one draw of every uncertain value, addressed by path, and the parameter vectors that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.chance.copula import Group, correlate
from sim.chance.streams import WORLD_REPLAY, stream_hash, uniforms
from sim.chance.uncertain import Evaluator, Expr, Value
from sim.records.outcomes import Floats, Ints


def draw_worlds(
    values: Mapping[str, Value], groups: Sequence[Group], seed: int, worlds: Ints
) -> dict[str, Floats | Expr]:
    """What each value is in each of the worlds: an array (shape: worlds), or its formula.

    A value's uniform is addressed by its path alone, so adding, removing or reordering other values changes nothing.
    """
    drawn: dict[str, Floats | Expr] = {}
    # a group's luck is drawn whole: who has become certain still moves the others as it did
    lucky = [path for path, value in values.items() if value.distribution is not None]
    lucky += [path for group in groups for path in group.paths]
    luck = {path: uniforms(seed, worlds, WORLD_REPLAY, stream_hash(f"param/{path}")) for path in dict.fromkeys(lucky)}
    for group in groups:
        together = correlate(group, np.array([luck[path] for path in group.paths]))
        luck.update(zip(group.paths, together, strict=True))
    for path, value in values.items():
        if value.distribution is not None:
            drawn[path] = value.distribution.quantiles(luck[path])
        elif value.formula is not None:
            drawn[path] = value.formula
        else:
            drawn[path] = np.full(len(worlds), value.fixed, dtype=np.float64)
    return drawn


def parameter_vectors(expressions: Sequence[Expr], drawn: Mapping[str, Floats | Expr], worlds: int) -> Floats:
    """One parameter vector a world (shape: worlds x parameters), in the order of `Program.expressions`."""
    evaluate = Evaluator(worlds, drawn)
    table = np.empty((worlds, len(expressions)))
    for column, expression in enumerate(expressions):
        table[:, column] = evaluate(expression)
    return table
