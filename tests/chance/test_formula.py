"""Formulas: the same value as the arithmetic of Python, and every refusal by its exact text and place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.chance.formula import DEEPEST, LONGEST, FormulaError, parse_formula
from sim.chance.uncertain import Apply, Constant, Evaluator, Expr, Reference

VALUES = {
    "assumptions.surge": 60_000.0,
    "assumptions.x": -0.75,
    "forces.south.heavy_share": 0.8,
    "assumptions.for": 3.0,
}
# our name -> what Python can call it
NAMES = {"surge": "surge", "x": "x", "forces.south.heavy_share": "heavy", "for": "loop", "assumptions.x": "x"}


def value_of(expression: Expr) -> float:
    return float(Evaluator(1, {path: np.array([number]) for path, number in VALUES.items()})(expression)[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", Constant(1.0)),
        (" 0.4 * surge", Apply("mul", (Constant(0.4), Reference("assumptions.surge")))),
        ("30 %", Constant(0.3)),
        ("30%", Constant(0.3)),
        ("1e-3", Constant(0.001)),
        ("1.5E+3", Constant(1500.0)),
        (".5", Constant(0.5)),
        ("-x", Apply("neg", (Reference("assumptions.x"),))),
        ("forces.for.in", Reference("forces.for.in")),
        ("min", Reference("assumptions.min")),
        ("exp(log(x))", Apply("exp", (Apply("log", (Reference("assumptions.x"),)),))),
        ("max(1, 2, 3)", Apply("max", (Constant(1.0), Constant(2.0), Constant(3.0)))),
        ("\t(1)\n", Constant(1.0)),
    ],
)
def test_text_means(text: str, expected: Expr) -> None:
    assert parse_formula(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 - 2 - 3", -4.0),
        ("8 / 4 / 2", 1.0),
        ("2 + 3 * 4", 14.0),
        ("(2 + 3) * 4", 20.0),
        ("-2 * -3", 6.0),
        ("2--3", 5.0),
        ("--2", 2.0),
        ("10 % * 50", 5.0),
        ("min(surge, 3) + max(-1, x, -2)", 2.25),
        ("log(exp(2))", 2.0),
        ("for * 2", 6.0),
        ("forces.south.heavy_share / 2", 0.4),
    ],
)
def test_value(text: str, value: float) -> None:
    assert value_of(parse_formula(text)) == value


Twins = tuple[str, str]  # a formula, and the same in Python

numbers = (st.floats(0.0, 1e6).map(repr) | st.integers(0, 10**9).map(str)).map(lambda text: (text, text))
percents = st.integers(0, 200).map(lambda n: (f"{n} %", f"({n} / 100.0)"))
leaves = numbers | percents | st.sampled_from(sorted(NAMES.items()))


def combined(parts: st.SearchStrategy[Twins]) -> st.SearchStrategy[Twins]:
    shapes = st.sampled_from(["{0}+{1}", "{0} - {1}", "{0} * {1}", "{0}/ {1}", "min({0}, {1})", "max( {0},{1})"])
    single = st.sampled_from(["({0})", "-{0}", "- ({0})", "exp({0})", "log( {0} )"])
    return st.tuples(shapes | single, parts, parts).map(
        lambda t: (t[0].format(t[1][0], t[2][0]), t[0].format(t[1][1], t[2][1]))
    )


def in_python(text: str) -> float:
    known = {
        "surge": VALUES["assumptions.surge"],
        "x": VALUES["assumptions.x"],
        "heavy": VALUES["forces.south.heavy_share"],
        "loop": VALUES["assumptions.for"],
        # where Python raises, a world has a number that is not finite
        "exp": lambda v: math.inf if v > 709.0 else math.exp(v),
        "log": lambda v: math.log(v) if v > 0.0 else (-math.inf if v == 0.0 else math.nan),
        "min": lambda v, w: float(np.minimum(v, w)),
        "max": lambda v, w: float(np.maximum(v, w)),
        "__builtins__": {},
    }
    return float(eval(text, known))


@given(st.recursive(leaves, combined, max_leaves=12))
@settings(max_examples=400, deadline=None)
def test_value_is_that_of_python(twins: Twins) -> None:
    formula, python = twins
    try:
        expected = in_python(python)
    except ZeroDivisionError:
        assume(False)
    found = value_of(parse_formula(formula))
    assert found == expected or (math.isnan(found) and math.isnan(expected))


@given(st.text(alphabet="0123456789.eE+-*/(),% xlogminap_^Z\n", max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    outcome: Expr | FormulaError
    try:
        outcome = parse_formula(text)
    except FormulaError as refusal:
        outcome = refusal
    if isinstance(outcome, FormulaError):
        assert 0 <= outcome.offset <= len(text)
    else:
        assert isinstance(outcome, Expr)


MISSING = "the formula ends where a number, a name or `(` belongs"


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "the formula is empty; write something like `= 0.4 * surge`"),
        ("   ", 0, "the formula is empty; write something like `= 0.4 * surge`"),
        ("1 +", 3, MISSING),
        ("1 + * 2", 4, "`*` stands where a number, a name or `(` belongs"),
        ("+1", 0, "`+` stands where a number, a name or `(` belongs"),
        ("()", 1, "`)` stands where a number, a name or `(` belongs"),
        ("2 * (1 + 3", 4, "this `(` is never closed; add `)`"),
        ("min(1, 3", 3, "this `(` is never closed; add `)`"),
        ("(1 + 3))", 7, "this `)` closes nothing; take it out, or open it with `(`"),
        ("2 3", 2, "an operator is missing before `3`; write + - * or /"),
        ("(2 surge)", 3, "an operator is missing before `surge`; write + - * or /"),
        ("1, 2", 1, "a comma stands only between the arguments of max and min"),
        ("(1, 2)", 2, "a comma stands only between the arguments of max and min"),
        ("surge %", 6, "`%` stands only after a number, like 30 %"),
        ("(surge %)", 7, "`%` stands only after a number, like 30 %"),
        ("x ^ 2", 2, "`^` is not supported; multiply, like `x * x`, or write `exp(0.5 * log(x))`"),
        ("x ** 2", 2, "`**` is not supported; multiply, like `x * x`, or write `exp(0.5 * log(x))`"),
        ("45_000", 0, "`45_000` is not a number here; write 45000"),
        ("1 + 3x", 4, "`3x` is not a number; write 3 * x for a product"),
        ("1.2.3", 0, "`1.2.3` is not a number; write it like 0.4, 45000 or 1e-3"),
        ("1. + 2", 0, "`1.` is not a number; write it like 0.4, 45000 or 1e-3"),
        ("1e999", 0, "`1e999` is too large for a number"),
        (
            "sqrt(2)",
            0,
            "there is no function `sqrt`; there are exp, log, max and min",
        ),
        (
            "1 + mix(2, 3)",
            4,
            "there is no function `mix`; did you mean `min`? There are exp, log, max and min",
        ),
        ("forces.exp(2)", 0, "there is no function `forces.exp`; there are exp, log, max and min"),
        ("exp(1, 2)", 0, "`exp` takes one argument, and here are 2"),
        ("max(1)", 0, "`max` takes two or more arguments, and here are 1"),
        ("0.4 * Surge", 6, "`Surge` is not a name; names are lower case, like `surge`"),
        ("x & 1", 2, "`&` has no meaning in a formula; use numbers, names, + - * / ( ) and exp, log, max and min"),
        ("x.", 1, "`.` has no meaning in a formula; use numbers, names, + - * / ( ) and exp, log, max and min"),
        ("٣", 0, "`٣` has no meaning in a formula; use numbers, names, + - * / ( ) and exp, log, max and min"),
        (
            "__import__",
            0,
            "`_` has no meaning in a formula; use numbers, names, + - * / ( ) and exp, log, max and min",
        ),
        (
            "1 + " * 300 + "1",
            LONGEST,
            "the formula has 1201 characters, more than 1000; split it into several assumptions",
        ),
    ],
)
def test_refused(text: str, offset: int, message: str) -> None:
    with pytest.raises(FormulaError) as refusal:
        parse_formula(text)
    assert str(refusal.value) == message
    assert refusal.value.offset == offset
    assert isinstance(refusal.value, ValueError)


@pytest.mark.parametrize(
    "nest",
    [
        lambda n: "(" * n + "1" + ")" * n,
        lambda n: "-" * n + "1",
        lambda n: "exp(" * n + "1" + ")" * n,
        lambda n: "1" + "+1" * (n - 1),
    ],
    ids=["brackets", "signs", "functions", "chain"],
)
def test_depth_is_limited(nest) -> None:  # type: ignore[no-untyped-def]
    shallow = DEEPEST - 1
    assert not math.isnan(value_of(parse_formula(nest(shallow))))
    with pytest.raises(FormulaError, match=r"^the formula is more than 50 operations deep; split it into several"):
        parse_formula(nest(DEEPEST + 1))
