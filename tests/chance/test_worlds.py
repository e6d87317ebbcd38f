"""Worlds: what is drawn hangs on paths and addresses alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.chance.copula import Copula
from sim.chance.elicitation import from_range, world_family
from sim.chance.streams import WORLD_REPLAY, stream_hash, uniform
from sim.chance.uncertain import (
    Constant,
    Expr,
    Reference,
    Value,
    as_expr,
    equals,
    exp,
    log,
    maximum,
    minimum,
    references,
)
from sim.chance.worlds import draw_worlds, parameter_vectors
from sim.records.outcomes import Floats


def values(*paths: str) -> dict[str, Value]:
    return {path: Value("days", "5 to 20", distribution=from_range(5.0, 20.0, "days"), path=path) for path in paths}


def numbers(drawn: dict[str, Floats | Expr], path: str) -> list[float]:
    column = drawn[path]
    assert isinstance(column, np.ndarray)
    return column.tolist()


def test_value_is_the_quantile_at_its_address() -> None:
    drawn = draw_worlds(values("a.x"), [], 11, np.arange(50))
    spread = from_range(5.0, 20.0, "days")
    expected = [spread.quantile(uniform(11, w, WORLD_REPLAY, stream_hash("param/a.x"))) for w in range(50)]
    assert numbers(drawn, "a.x") == expected


def test_unrelated_values_and_further_worlds_change_no_bit() -> None:
    pairs = [("a.x", "b.x", 0.5)]
    before = draw_worlds(values("a.x", "b.x"), Copula.build(pairs), 1, np.arange(40))
    everyone = values("z.y", "b.x", "a.a", "a.x")
    after = draw_worlds(everyone, Copula.build([("a.a", "z.y", -0.3), *pairs]), 1, np.arange(90))
    for path in ("a.x", "b.x"):
        assert numbers(after, path)[:40] == numbers(before, path)
    assert numbers(after, "b.x") != numbers(draw_worlds(everyone, [], 1, np.arange(90)), "b.x")


def test_parameters_follow_from_values() -> None:
    known = values("assumptions.surge")
    known["assumptions.fixed"] = Value("real", "2", fixed=2.0, path="assumptions.fixed")
    half = Value("real", "= surge / 2", formula=Reference("assumptions.surge") / 2.0, path="assumptions.half")
    known["assumptions.half"] = half
    drawn = draw_worlds(known, [], 1, np.arange(20))
    expressions = [half - 1.0, known["assumptions.fixed"] * 3.0, maximum(half, 6.0), 1.0 - half, equals(half, 0.0)]
    table = parameter_vectors([as_expr(e) for e in expressions], drawn, 20)
    surge = np.array(numbers(drawn, "assumptions.surge"))
    assert table[:, 0].tolist() == (surge / 2.0 - 1.0).tolist()
    assert table[:, 1].tolist() == [6.0] * 20
    assert table[:, 2].tolist() == np.maximum(surge / 2.0, 6.0).tolist()
    assert table[:, 3].tolist() == (1.0 - surge / 2.0).tolist()
    assert table[:, 4].tolist() == [0.0] * 20


def test_impossible_arithmetic_is_not_finite_and_never_raises() -> None:
    zero, huge = Constant(0.0), Constant(1e4)
    table = parameter_vectors([log(zero), log(zero - 1.0), exp(huge), 1.0 / zero, minimum(huge, log(-huge))], {}, 1)
    assert table[0, [0, 2, 3]].tolist() == [-math.inf, math.inf, math.inf]
    assert np.isnan(table[0, [1, 4]]).all()


def test_references_are_found_through_operations() -> None:
    named = Value("real", "1", fixed=1.0, path="a.b")
    assert list(references(exp(named + Reference("c.d")) * 2.0)) == ["a.b", "c.d"]


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="not a number of a scenario: 'x'"):
        as_expr("x")


def test_states_are_drawn_with_their_probabilities() -> None:
    chosen = Value("state", "choice", distribution=world_family("choice", {"0": 0.3, "1": 0.7}), path="intent.start")
    drawn = np.array(numbers(draw_worlds({"intent.start": chosen}, [], 1, np.arange(10_000)), "intent.start"))
    error = math.sqrt(0.3 * 0.7 / 10_000)
    assert abs(float(np.mean(drawn == 1.0)) - 0.7) < 4.5 * error
    assert abs(float(np.mean(drawn == 1.0)) - 0.63) > 4.5 * error
