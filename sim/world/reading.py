"""From what a file says in one place to a `Value` or a `Draw`. Scalars are read by their field, never by YAML."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sim.chance import distributions, elicitation
from sim.chance.formula import FormulaError, parse_formula
from sim.chance.uncertain import Draw, Expr, Value, as_expr
from sim.timeline import parse_date

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_PERCENTILE = re.compile(r"p(\d{1,2})")
PROSE = ("unit", "about", "source")
DAY_UNITS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12.0, "year": 365.25}
COUNT_UNITS = {"thousand": 1e3, "million": 1e6}
_LIMITS: dict[str, tuple[float, float, str]] = {
    "share": (0.0, 1.0, "a share lies between 0 and 1"),
    "positive": (0.0, math.inf, "it cannot be negative"),
    "count": (0.0, math.inf, "it cannot be negative"),
    "days": (0.0, math.inf, "a number of days cannot be negative"),
    "multiplier": (0.0, math.inf, "a multiplier is greater than 0 (1 changes nothing)"),
    "whole": (1.0, 4096.0, "write a whole number from 1 to 4096"),
}


class FieldError(ValueError):
    """A value that its field cannot read; the message is for the user. `where` are keys below the field."""

    def __init__(self, text: str, *where: str) -> None:
        """Keep where, inside the field, the trouble is."""
        super().__init__(text)
        self.where = where


@dataclass(frozen=True, slots=True)
class Reading:
    """What one field accepts."""

    kind: str
    each: bool = False
    states: bool = False

    def __call__(self, raw: object) -> Value | Draw:
        """Read a text or a mapping; raises `FieldError`."""
        if isinstance(raw, str):
            return self._text(raw.strip(), {}, None, 1.0)
        if isinstance(raw, Mapping):
            return self._mapping(raw)
        if raw is None:
            raise FieldError(f"a value is missing; expected {self.expected()}")
        raise FieldError(f"a list stands where one value belongs; expected {self.expected()}")

    def expected(self) -> str:
        """What this field wants, for messages."""
        wants = {
            "share": "a share like `0.4`, `30 %` or `0.2 to 0.6`",
            "date": "a date like `2021-09-10` or `2021-09-05 to 2021-09-15`",
            "days": "days like `30` or `20 to 60`",
            "multiplier": "a multiplier like `1.3` or `0.6 to 1.8`",
            "whole": "a whole number like `4`",
            "real": "a number like `-0.5` or `-1 to 2`",
            "state": "the name of a state, or `{choice: {NAME: SHARE, …}}`",
        }.get(self.kind, "a number like `40` or `20 to 60`")
        return wants + (", or the same after `each`" if self.each else "")

    def _mapping(self, raw: Mapping[str, object]) -> Value | Draw:
        prose = {key: _prose(raw[key], key) for key in PROSE if key in raw}
        within = _pair(raw["within"]) if "within" in raw else None
        rest = {key: item for key, item in raw.items() if key not in (*PROSE, "within")}
        scale = self._scale(prose.get("unit"))
        if not rest:
            raise FieldError(f"a value is missing; write `value:` with {self.expected()}")
        percentiles = {key: item for key, item in rest.items() if _PERCENTILE.fullmatch(key)}
        if percentiles and len(percentiles) == len(rest):
            return self._finish(self._percentiles(percentiles, within, scale), prose, None)
        if len(rest) > 1:
            keys = ", ".join(f"`{key}`" for key in rest)
            raise FieldError(f"{keys} stand together; a value is written one way at a time", list(rest)[1])
        (key, inner), *_ = rest.items()
        if key == "value":
            if isinstance(inner, Mapping):
                again = Reading(self.kind, self.each, self.states)
                return again({**inner, **{name: raw[name] for name in raw if name != "value"}})
            if not isinstance(inner, str):
                raise FieldError(f"expected {self.expected()}", "value")
            return self._text(inner.strip(), prose, within, scale)
        if key == "each":
            return self._each(inner, prose, within)
        return self._family(key, inner, prose, within)

    def _text(self, text: str, prose: dict[str, str], within: tuple[float, float] | None, scale: float) -> Value | Draw:
        if text.startswith("each "):
            return self._each(text[5:].strip(), prose, within)
        if text.startswith("="):
            try:
                formula = parse_formula(text[1:])
            except FormulaError as problem:
                raise FieldError(f"in the formula `{text}`: {problem}") from None
            return self._finish(Value(self.kind, text, formula=formula), prose, within)
        if self.kind == "date":
            return self._finish(_date(text), prose, within)
        if self.kind == "state":
            return self._finish(Value(self.kind, text, states=(text,), fixed=0.0), prose, within)
        low, to, high = text.partition(" to ")
        if to:
            ends = (self._number(low) * scale, self._number(high) * scale)
            return self._finish(Value(self.kind, text, distribution=self._range(ends, within)), prose, None)
        number = self._number(text) * scale
        self._limits(number, text)
        return self._finish(Value(self.kind, text, fixed=number), prose, within)

    def _range(self, ends: tuple[float, float], within: tuple[float, float] | None) -> distributions.Distribution:
        kind = {"whole": "count"}.get(self.kind, self.kind)
        return _truncated(_refused(elicitation.from_range, *ends, kind), within)

    def _percentiles(
        self, given: Mapping[str, object], within: tuple[float, float] | None, scale: float
    ) -> Value:
        numbers = {int(key[1:]): self._number(_scalar(item, key)) * scale for key, item in given.items()}
        text = ", ".join(f"p{level} {number:g}" for level, number in sorted(numbers.items()))
        kind = {"whole": "count"}.get(self.kind, self.kind)
        fitted = _refused(elicitation.from_percentiles, numbers, kind, None)
        return Value(self.kind, text, distribution=_truncated(fitted, within))

    def _each(self, inner: object, prose: dict[str, str], within: tuple[float, float] | None) -> Draw:
        if not self.each:
            raise FieldError("`each` is luck drawn at every firing; here the value must be fixed for a world: leave it out")
        if isinstance(inner, str) and " to " in inner:
            low, _, high = inner.partition(" to ")
            family, given = self._range_family(self._number(low), self._number(high))
            text = f"each {inner}"
        elif isinstance(inner, Mapping):
            inner_prose = {key: _prose(inner[key], key) for key in PROSE if key in inner}
            prose = {**inner_prose, **prose}
            within = _pair(inner["within"]) if "within" in inner else within
            rest = {key: item for key, item in inner.items() if key not in (*PROSE, "within")}
            if len(rest) != 1:
                raise FieldError("write `each:` with one family, like `{each: {lognormal: {median: 1, p95: 6}}}`")
            (family, raw), *_ = rest.items()
            given = _parameters(raw, family)
            text = f"each {family}"
        else:
            raise FieldError("write `each 5 to 20`, or `{each: {lognormal: {median: 1, p95: 6}}}`")
        code, parameters, table = _refused(elicitation.from_family, family, given)
        if within is not None:
            bounds = _refused(elicitation.draw_truncation, code, parameters, table, *within)
            parameters = (*parameters[:6], as_expr(bounds[0]), as_expr(bounds[1]))
        return Draw(code, tuple(parameters), text, self.kind, tuple(table), **_prose_fields(prose))

    def _range_family(self, low: float, high: float) -> tuple[str, dict[str, Expr | float]]:
        family = {"share": "logit_normal", "real": "normal"}.get(self.kind, "lognormal")
        return family, {"p5": low, "p95": high}

    def _family(self, name: str, inner: object, prose: dict[str, str], within: tuple[float, float] | None) -> Value:
        if name == "choice" and self.kind == "state":
            if not isinstance(inner, Mapping):
                raise FieldError("write `{choice: {NAME: SHARE, …}}`", name)
            shares = {key: Reading("share")._number(_scalar(item, name)) for key, item in inner.items()}
            states = tuple(sorted(shares))
            indexed: dict[str, float] = {str(place): shares[state] for place, state in enumerate(states)}
            chosen = _refused(elicitation.world_family, "choice", indexed)
            return self._finish(Value(self.kind, "choice", distribution=chosen, states=states), prose, within)
        if name not in elicitation.WORLD_FAMILIES:
            raise FieldError(
                f"`{name}` is neither a key of a value nor a family; families are "
                f"{', '.join(elicitation.WORLD_FAMILIES)}",
                name,
            )
        given = {key: item for key, item in _parameters(inner, name).items()}
        numbers: dict[str, float] = {}
        for key, number in given.items():
            if not isinstance(number, float):
                raise FieldError(f"the parameters of a world's `{name}` are plain numbers", name)
            numbers[key] = number
        fitted = _truncated(_refused(elicitation.world_family, name, numbers), within)
        low, high = fitted.support
        limits = _LIMITS.get(self.kind)
        if limits is not None and (low < limits[0] or high > limits[1]):
            raise FieldError(f"this {name} reaches outside what the field takes: {limits[2]}; cut it with `within`", name)
        text = f"{name} ({', '.join(f'{key} {number:g}' for key, number in numbers.items())})"
        return self._finish(Value(self.kind, text, distribution=fitted), prose, None)

    def _finish(self, value: Value, prose: dict[str, str], within: tuple[float, float] | None) -> Value:
        if within is not None and value.fixed is not None and not within[0] <= value.fixed <= within[1]:
            raise FieldError(f"{value.fixed:g} lies outside its own `within: [{within[0]:g}, {within[1]:g}]`")
        for key, item in prose.items():
            setattr(value, key, item)
        return value

    def _number(self, text: str) -> float:
        text = text.strip()
        percent = text.endswith("%")
        plain = text.removesuffix("%").strip()
        if percent and self.kind != "share":
            raise FieldError(f"`{text}` is a percentage, but this is not a share; expected {self.expected()}")
        if not _NUMBER.fullmatch(plain):
            raise FieldError(f"`{text}` is not a number; expected {self.expected()}")
        number = float(plain) / 100.0 if percent else float(plain)
        if not math.isfinite(number):
            raise FieldError(f"`{text}` is too large for a number")
        return number

    def _limits(self, number: float, text: str) -> None:
        limits = _LIMITS.get(self.kind)
        if limits is None:
            return
        low, high, rule = limits
        bad = not low <= number <= high or (self.kind == "multiplier" and number == 0.0)
        if bad or (self.kind == "whole" and number != int(number)):
            raise FieldError(f"it is {text}; {rule}")

    def _scale(self, unit: str | None) -> float:
        if unit is None:
            return 1.0
        word = unit.strip().split(" ")[0].removesuffix("s")
        if self.kind == "days":
            if word not in DAY_UNITS:
                raise FieldError(f"`{unit}` is not a unit of time; use {', '.join(f'{key}s' for key in DAY_UNITS)}", "unit")
            return DAY_UNITS[word]
        return COUNT_UNITS.get(word, 1.0) if self.kind in ("positive", "count") else 1.0


def _truncated(
    fitted: distributions.Distribution, within: tuple[float, float] | None
) -> distributions.Distribution:
    return fitted if within is None else _refused(distributions.truncated, fitted, *within)


def _refused(make, *arguments):  # type: ignore[no-untyped-def]
    """Call an elicitation; its refusals become errors of the field."""
    try:
        return make(*arguments)
    except ValueError as problem:
        raise FieldError(str(problem)) from None


def _date(text: str) -> Value:
    first, to, last = text.partition(" to ")
    try:
        dates = (parse_date(first.strip()), parse_date(last.strip() if to else first.strip()))
    except ValueError as problem:
        raise FieldError(str(problem)) from None
    if dates[0] > dates[1]:
        raise FieldError(f"`{text}` ends before it begins")
    if not to or dates[0] == dates[1]:
        return Value("date", text, fixed=float(dates[0].toordinal()), dates=dates)
    spread = distributions.whole_days(float(dates[0].toordinal()), float(dates[1].toordinal()))
    return Value("date", text, distribution=spread, dates=dates)


def _scalar(item: object, key: str) -> str:
    if not isinstance(item, str):
        raise FieldError("expected a plain number", key)
    return item


def _prose(item: object, key: str) -> str:
    if not isinstance(item, str):
        raise FieldError(f"`{key}` is a text", key)
    return item


def _prose_fields(prose: dict[str, str]) -> dict[str, str]:
    return {key: prose[key] for key in PROSE if key in prose}


def _pair(raw: object) -> tuple[float, float]:
    reader = Reading("real")
    if not (isinstance(raw, list) and len(raw) == 2 and all(isinstance(item, str) for item in raw)):
        raise FieldError("write `within: [LOWEST, HIGHEST]`", "within")
    low, high = (reader._number(item) for item in raw)
    if low >= high:
        raise FieldError(f"`within: [{low:g}, {high:g}]` holds nothing", "within")
    return low, high


def _parameters(raw: object, family: str) -> dict[str, Expr | float]:
    """Parameters of a family: numbers, or formulas over a world's values (for `each` only)."""
    if not isinstance(raw, Mapping):
        raise FieldError(f"write the parameters of `{family}` by name, like `{{{family}: {{median: 1, p95: 6}}}}`", family)
    given: dict[str, Expr | float] = {}
    for key, item in raw.items():
        text = _scalar(item, family).strip()
        if text.startswith("="):
            try:
                given[key] = parse_formula(text[1:])
            except FormulaError as problem:
                raise FieldError(f"in the formula `{text}`: {problem}", family) from None
        else:
            given[key] = Reading("share" if text.endswith("%") else "real")._number(text)
    return given


def day_of(value: Value, start: dt.date) -> Expr:
    """A date as days from the clock's start."""
    return value - float(start.toordinal())
