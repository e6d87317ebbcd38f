"""Formulas of a scenario file, read by a parser of their own: nothing in a file is ever run as code.

sum     = product { ("+" | "-") product }
product = factor { ("*" | "/") factor }
factor  = "-" factor | NUMBER [ "%" ] | NAME | FUNCTION "(" sum { "," sum } ")" | "(" sum ")"
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from sim.chance.uncertain import Apply, Constant, Expr, Reference

LONGEST = 1000
DEEPEST = 50
# Function -> how many arguments it takes, least and most.
FUNCTIONS: dict[str, tuple[int, int]] = {"exp": (1, 1), "log": (1, 1), "max": (2, LONGEST), "min": (2, LONGEST)}
_KNOWN = "exp, log, max and min"

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)"
    r"|(?P<power>\*\*|\^)"
    r"|(?P<sign>[-+*/(),%])",
    re.ASCII,
)


class FormulaError(ValueError):
    """A formula that cannot be read. `offset` is where, in characters from the start of the text."""

    def __init__(self, message: str, offset: int) -> None:
        """Keep the message for the user and the place."""
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int


def parse_formula(text: str) -> Expr:
    """The expression that a formula means; `text` is what follows the leading `=`.

    A bare name stands for `assumptions.NAME`, a dotted one for any value by its path. Raises `FormulaError`.
    """
    if len(text) > LONGEST:
        raise FormulaError(
            f"the formula has {len(text)} characters, more than {LONGEST}; split it into several assumptions", LONGEST
        )
    tokens = _tokens(text)
    if len(tokens) == 1:
        raise FormulaError("the formula is empty; write something like `= 0.4 * surge`", 0)
    return _Parser(tokens).whole()


def _tokens(text: str) -> list[_Token]:
    tokens = []
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            raise FormulaError(_strange(text, offset), offset)
        kind = str(match.lastgroup)
        if kind == "power":
            raise FormulaError(
                f"`{match[0]}` is not supported; multiply, like `x * x`, or write `exp(0.5 * log(x))`", offset
            )
        if kind == "number":
            _check_number_end(text, match)
        if kind != "space":
            tokens.append(_Token(kind, match[0], offset))
        offset = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


def _strange(text: str, offset: int) -> str:
    if text[offset].isascii() and text[offset].isalpha():
        word = re.match(r"[A-Za-z0-9_.]+", text[offset:])
        name = word[0] if word else text[offset]
        return f"`{name}` is not a name; names are lower case, like `{name.lower()}`"
    return f"`{text[offset]}` has no meaning in a formula; use numbers, names, + - * / ( ) and {_KNOWN}"


def _check_number_end(text: str, match: re.Match[str]) -> None:
    rest = re.match(r"[\w.]+", text[match.end() :], re.ASCII)
    if rest is None:
        return
    written = match[0] + rest[0]
    if re.fullmatch(r"[\d_]+", written):
        raise FormulaError(f"`{written}` is not a number here; write {written.replace('_', '')}", match.start())
    if re.fullmatch(r"[a-z][a-z0-9_.]*", rest[0]):
        raise FormulaError(f"`{written}` is not a number; write {match[0]} * {rest[0]} for a product", match.start())
    raise FormulaError(f"`{written}` is not a number; write it like 0.4, 45000 or 1e-3", match.start())


class _Parser:
    """Recursive descent over tokens; the method of each rule of the grammar returns an expression and its depth."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.place = 0
        self.nesting = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def take(self) -> _Token:
        token = self.tokens[self.place]
        self.place += 1
        return token

    def whole(self) -> Expr:
        expression, _ = self.sum()
        token = self.next
        if token.text == ")":
            raise FormulaError("this `)` closes nothing; take it out, or open it with `(`", token.offset)
        if token.text == ",":
            raise FormulaError("a comma stands only between the arguments of max and min", token.offset)
        if token.text == "%":
            raise FormulaError("`%` stands only after a number, like 30 %", token.offset)
        if token.kind != "end":
            raise FormulaError(f"an operator is missing before `{token.text}`; write + - * or /", token.offset)
        return expression

    def sum(self) -> tuple[Expr, int]:
        return self.chain(self.product, {"+": "add", "-": "sub"})

    def product(self) -> tuple[Expr, int]:
        return self.chain(self.factor, {"*": "mul", "/": "div"})

    def chain(self, part: Callable[[], tuple[Expr, int]], operations: dict[str, str]) -> tuple[Expr, int]:
        left, depth = part()
        while self.next.text in operations:
            sign = self.take()
            right, other = part()
            left, depth = Apply(operations[sign.text], (left, right)), self.deeper(max(depth, other), sign)
        return left, depth

    def deeper(self, depth: int, token: _Token) -> int:
        # whoever walks the expression later recurses as deep as it is, so depth is limited, not only brackets
        if depth + 1 > DEEPEST:
            raise FormulaError(
                f"the formula is more than {DEEPEST} operations deep; split it into several assumptions", token.offset
            )
        return depth + 1

    def factor(self) -> tuple[Expr, int]:
        token = self.take()
        if token.kind == "number":
            return self.number(token), 1
        if token.kind == "name":
            if self.next.text == "(":
                return self.function(token)
            return Reference(token.text if "." in token.text else f"assumptions.{token.text}"), 1
        if token.text not in ("-", "("):
            raise self.missing(token)
        self.nesting = self.deeper(self.nesting, token)
        if token.text == "-":
            inner, depth = self.factor()
            inner, depth = Apply("neg", (inner,)), self.deeper(depth, token)
        else:
            inner, depth = self.sum()
            self.close(token)
        self.nesting -= 1
        return inner, depth

    def number(self, token: _Token) -> Expr:
        number = float(token.text)
        if math.isinf(number):
            raise FormulaError(f"`{token.text}` is too large for a number", token.offset)
        if self.next.text == "%":
            self.take()
            number /= 100.0
        return Constant(number)

    def function(self, name: _Token) -> tuple[Expr, int]:
        if name.text not in FUNCTIONS:
            close = difflib.get_close_matches(name.text, FUNCTIONS, n=1)
            hint = f"did you mean `{close[0]}`? There" if close else "there"
            raise FormulaError(f"there is no function `{name.text}`; {hint} are {_KNOWN}", name.offset)
        opening = self.take()
        self.nesting = self.deeper(self.nesting, name)
        parts = [self.sum()]
        while self.next.text == ",":
            self.take()
            parts.append(self.sum())
        self.close(opening)
        self.nesting -= 1
        least, most = FUNCTIONS[name.text]
        if not least <= len(parts) <= most:
            wants = "one argument" if most == 1 else "two or more arguments"
            raise FormulaError(f"`{name.text}` takes {wants}, and here are {len(parts)}", name.offset)
        depth = self.deeper(max(depth for _, depth in parts), name)
        return Apply(name.text, tuple(part for part, _ in parts)), depth

    def close(self, opening: _Token) -> None:
        token = self.next
        if token.text == ")":
            self.take()
        elif token.kind == "end":
            raise FormulaError("this `(` is never closed; add `)`", opening.offset)
        elif token.text == ",":
            raise FormulaError("a comma stands only between the arguments of max and min", token.offset)
        elif token.text == "%":
            raise FormulaError("`%` stands only after a number, like 30 %", token.offset)
        else:
            raise FormulaError(f"an operator is missing before `{token.text}`; write + - * or /", token.offset)

    def missing(self, token: _Token) -> FormulaError:
        if token.kind == "end":
            return FormulaError("the formula ends where a number, a name or `(` belongs", token.offset)
        return FormulaError(f"`{token.text}` stands where a number, a name or `(` belongs", token.offset)
