"""Numbers as a scenario knows them: certain, uncertain in a world, computed from others, or drawn at each firing.

An `Expr` is arithmetic over values; it is evaluated once per world, outside the engines. A `Value` is a number with a
name (its dotted path in the file). A `Draw` is luck: it is drawn inside a run, each time its rule fires.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sim.records.outcomes import Floats

if TYPE_CHECKING:
    from sim.chance.distributions import Distribution

Operand: TypeAlias = "Expr | float | int"


class Expr:
    """Arithmetic over named values; build it with the usual operators."""

    __slots__ = ()

    def __add__(self, other: Operand) -> Expr:
        """Sum."""
        return Apply("add", (self, as_expr(other)))

    def __radd__(self, other: Operand) -> Expr:
        """Sum, with a plain number on the left."""
        return Apply("add", (as_expr(other), self))

    def __sub__(self, other: Operand) -> Expr:
        """Difference."""
        return Apply("sub", (self, as_expr(other)))

    def __rsub__(self, other: Operand) -> Expr:
        """Difference, with a plain number on the left."""
        return Apply("sub", (as_expr(other), self))

    def __mul__(self, other: Operand) -> Expr:
        """Product."""
        return Apply("mul", (self, as_expr(other)))

    def __rmul__(self, other: Operand) -> Expr:
        """Product, with a plain number on the left."""
        return Apply("mul", (as_expr(other), self))

    def __truediv__(self, other: Operand) -> Expr:
        """Quotient."""
        return Apply("div", (self, as_expr(other)))

    def __rtruediv__(self, other: Operand) -> Expr:
        """Quotient, with a plain number on the left."""
        return Apply("div", (as_expr(other), self))

    def __neg__(self) -> Expr:
        """Opposite."""
        return Apply("neg", (self,))


@dataclass(frozen=True, slots=True)
class Constant(Expr):
    """A plain number."""

    number: float


@dataclass(frozen=True, slots=True)
class Reference(Expr):
    """The value that has this dotted path."""

    path: str


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    """An operation: add sub mul div neg min max exp log whole, and `is` (1 where its arguments are equal, else 0)."""

    operation: str
    arguments: tuple[Expr, ...]


@dataclass(eq=False, slots=True)
class Value(Expr):
    """A named number of a scenario: exactly one of `fixed`, `distribution`, `formula` is set.

    `kind` says what it measures (share, positive, count, days, date, real, multiplier, state), `text` is what the file
    says. The loader sets `path` once, when it knows where the value stands. A date counts days from the clock's start;
    until the loader has set `start`, `distribution` and `fixed` of a date count days from 0001-01-01.
    """

    kind: str
    text: str
    fixed: float | None = None
    distribution: Distribution | None = None
    formula: Expr | None = None
    unit: str | None = None
    about: str | None = None
    source: str | None = None
    path: str = ""
    states: tuple[str, ...] = ()
    dates: tuple[dt.date, dt.date] | None = None

    @property
    def uncertain(self) -> bool:
        """True where worlds can differ in this value by a draw of its own."""
        return self.distribution is not None


@dataclass(eq=False, slots=True)
class Draw:
    """Luck drawn each time the rule that owns `path` fires: a family of `sim.chance.quantiles` and its parameters."""

    family: int
    parameters: tuple[Expr, ...]
    text: str
    kind: str = "real"
    table: tuple[float, ...] = ()
    unit: str | None = None
    about: str | None = None
    source: str | None = None
    path: str = ""


Number = Expr | float
Chancy = Expr | Draw | float


def as_expr(number: object) -> Expr:
    """An expression as it is, a plain number as a `Constant`."""
    if isinstance(number, Expr):
        return number
    if isinstance(number, int | float):
        return Constant(float(number))
    raise TypeError(f"not a number of a scenario: {number!r}")


def minimum(*numbers: Number) -> Expr:
    """The smallest of some numbers."""
    return Apply("min", tuple(as_expr(number) for number in numbers))


def maximum(*numbers: Number) -> Expr:
    """The largest of some numbers."""
    return Apply("max", tuple(as_expr(number) for number in numbers))


def exp(number: Number) -> Expr:
    """The exponential."""
    return Apply("exp", (as_expr(number),))


def log(number: Number) -> Expr:
    """The natural logarithm."""
    return Apply("log", (as_expr(number),))


def equals(number: Number, target: float) -> Expr:
    """1 in the worlds where a number equals `target`, else 0."""
    return Apply("is", (as_expr(number), Constant(float(target))))


def whole(number: Number) -> Expr:
    """The nearest whole number of at least 1."""
    return Apply("whole", (as_expr(number),))


def normal_form(expr: Expr) -> Expr:
    """The same expression with every `Value` replaced by a `Reference`, so that equal ones compare equal."""
    if isinstance(expr, Value):
        return Reference(expr.path)
    if isinstance(expr, Apply):
        return Apply(expr.operation, tuple(normal_form(argument) for argument in expr.arguments))
    return expr


def references(expr: Expr) -> Iterator[str]:
    """Every path that an expression reads, with repeats."""
    if isinstance(expr, Value | Reference):
        yield expr.path
    elif isinstance(expr, Apply):
        for argument in expr.arguments:
            yield from references(argument)


def _safe_exp(x: float) -> float:
    if x != x:
        return math.nan
    return math.inf if x > 709.0 else math.exp(x)


def _safe_log(x: float) -> float:
    if x > 0.0:
        return math.log(x)
    return -math.inf if x == 0.0 else math.nan


def _each(function: Callable[[float], float], numbers: Floats) -> Floats:
    # one scalar at a time: NumPy's own exp and log differ from `math` in the last bit, and between processors
    return np.array([function(x) for x in numbers.tolist()], dtype=np.float64)


@dataclass(slots=True)
class Evaluator:
    """Evaluates expressions for a group of worlds, each distinct expression once.

    `values` maps the path of every value to one number a world (shape: worlds) or to its defining expression.
    """

    worlds: int
    values: Mapping[str, Floats | Expr]
    _done: dict[Expr, Floats] = field(default_factory=dict)

    def __call__(self, expr: Expr) -> Floats:
        """One number a world; not finite where the arithmetic is impossible (a logarithm of 0, a division by 0)."""
        expr = normal_form(expr)
        known = self._done.get(expr)
        if known is None:
            with np.errstate(all="ignore"):
                known = self._evaluate(expr)
            self._done[expr] = known
        return known

    def _evaluate(self, expr: Expr) -> Floats:
        if isinstance(expr, Constant):
            return np.full(self.worlds, expr.number)
        if isinstance(expr, Reference):
            value = self.values[expr.path]
            return self(value) if isinstance(value, Expr) else value
        if not isinstance(expr, Apply):
            raise TypeError(f"not an expression: {expr!r}")
        arguments = [self(argument) for argument in expr.arguments]
        return _OPERATIONS[expr.operation](*arguments)


def _fold(pair: Callable[[Floats, Floats], Floats]) -> Callable[..., Floats]:
    def folded(*arguments: Floats) -> Floats:
        result = arguments[0]
        for argument in arguments[1:]:
            result = pair(result, argument)
        return result

    return folded


_OPERATIONS: dict[str, Callable[..., Floats]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "min": _fold(np.minimum),
    "max": _fold(np.maximum),
    "exp": lambda x: _each(_safe_exp, x),
    "log": lambda x: _each(_safe_log, x),
    "whole": lambda x: np.maximum(1.0, np.floor(x + 0.5)),
    "is": lambda x, y: (x == y).astype(np.float64),
}
