"""From what a file says in one place to a `Value` or a `Draw`. Scalars are read by their field, never by YAML."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim.chance import distributions, elicitation
from sim.chance.parameters import plain
from sim.chance.uncertain import Draw, Expr, Value, as_expr
from sim.world.scalars import (
    FieldError,
    check_limits,
    check_support,
    expected,
    is_number,
    made,
    read_dates,
    read_formula,
    read_number,
    read_prose,
    unit_factor,
)

PROSE = ("unit", "about", "source")
_BESIDE = (*PROSE, "within")
_QUOTED = re.compile(r"`([^`]+)`")
_PERCENTILE = re.compile(r"p(\d+)", re.ASCII)
# Parameters that say a shape and no size, so that a unit does not scale them.
_UNSCALED = ("a", "b", "sigma", "shape", "alpha")


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside a value: prose, the unit's factor, and the bounds of `within`."""

    prose: Mapping[str, str]
    scale: float = 1.0
    within: tuple[float, float] | None = None


_ALONE = _Beside({})


@dataclass(frozen=True, slots=True)
class Reading:
    """What one field accepts: `kind` is what it measures, `each` whether it may be drawn at every firing."""

    kind: str
    each: bool = False

    def __call__(self, raw: object) -> Value | Draw:
        """Read a text or a mapping; raises `FieldError`."""
        if isinstance(raw, str):
            # each place has a value of its own, because it will know its path
            return copy.copy(_read_text(self, raw))
        if isinstance(raw, Mapping):
            return self._mapping(raw)
        if raw is None:
            raise FieldError("a value is missing", hint=f"write {self.expected()}")
        raise FieldError("a list stands where one value belongs", hint=f"write {self.expected()}")

    def expected(self) -> str:
        """What this field wants, for messages."""
        return expected(self.kind, each=self.each)

    # --- mappings: a value with prose, percentiles, families -------------------------------------------------------

    def _mapping(self, raw: Mapping[str, object]) -> Value | Draw:
        self._check_keys(raw)
        beside = self._beside(raw, _ALONE)
        rest = [key for key in raw if key not in _BESIDE]
        if not rest:
            raise FieldError("a value is missing here", hint=f"write `value:` with {self.expected()}")
        if all(_PERCENTILE.fullmatch(key) for key in rest):
            return self._finish(self._percentiles({key: raw[key] for key in rest}, beside), beside)
        if len(rest) > 1:
            keys = " and ".join(f"`{key}`" for key in rest)
            raise FieldError(f"{keys} stand together", rest[1], hint="write a value in one way", at_key=True)
        (key,) = rest
        inner = raw[key]
        if key == "value" and isinstance(inner, Mapping):
            return self._mapping({**inner, **{name: raw[name] for name in raw if name != "value"}})
        try:
            if key == "value":
                return self._text(self._one_text(inner), beside)
            return self._each(inner, beside) if key == "each" else self._family(key, inner, beside)
        except FieldError as problem:
            _point(problem, inner)
            # `within` and the prose stand beside the key, all else below it
            raise (problem if problem.where and problem.where[0] in _BESIDE else problem.below(key)) from None

    def _check_keys(self, raw: Mapping[str, object]) -> None:
        known = ("value", *_BESIDE, *(("each",) if self.each else ()), *elicitation.WORLD_FAMILIES)
        for key in raw:
            if key not in (*known, "each") and not _PERCENTILE.fullmatch(key):
                hint = f"write {self.expected()}"
                text = f"`{key}` is no key of a value and no family"
                raise FieldError(text, key, hint=hint, word=key, known=known, at_key=True)

    def _beside(self, raw: Mapping[str, object], around: _Beside) -> _Beside:
        prose = {key: read_prose(raw[key], key) for key in PROSE if key in raw}
        scale = unit_factor(prose["unit"], self.kind) if "unit" in prose else around.scale
        within = self._bounds(raw["within"], scale) if "within" in raw else around.within
        return _Beside({**prose, **around.prose}, scale, within)

    def _one_text(self, inner: object) -> str:
        if not isinstance(inner, str):
            raise FieldError("one value belongs here", hint=f"write {self.expected()}")
        return inner

    def _percentiles(self, given: Mapping[str, object], beside: _Beside) -> Value:
        if self.kind in ("date", "state"):
            raise FieldError("percentiles cannot be read here", hint=f"write {self.expected()}")
        numbers: dict[float, float] = {}
        for key, item in given.items():
            if int(key[1:]) in numbers:
                raise FieldError(f"`{key}` is given twice", key, hint="keep one of the two", at_key=True)
            numbers[int(key[1:])] = self._inner_number(item, key) * beside.scale
        text = ", ".join(f"p{level:g} {number:g}" for level, number in sorted(numbers.items()))
        return Value(self.kind, text, distribution=made(elicitation.from_percentiles, numbers, self._measures(), None))

    def _family(self, name: str, inner: object, beside: _Beside) -> Value:
        if self.kind == "date" or (self.kind == "state" and name != "choice"):
            raise FieldError(f"`{name}` cannot be read here", hint=f"write {self.expected()}")
        if name == "choice":
            return self._finish(self._choice(inner, beside), beside)
        numbers: dict[str, float] = {}
        for key, number in self._parameters(inner, name, beside.scale).items():
            known = plain(number)
            if known is None:
                hint = "make the whole value a formula, like `= 0.4 * x`"
                raise FieldError(f"a parameter of a world's `{name}` is a plain number", key, hint=hint)
            numbers[key] = known
        fitted = made(elicitation.world_family, name, numbers, self._measures())
        text = f"{name} ({', '.join(f'{key} {number:g}' for key, number in numbers.items())})"
        return self._finish(Value(self.kind, text, distribution=fitted), beside)

    def _choice(self, inner: object, beside: _Beside) -> Value:
        if not isinstance(inner, Mapping):
            raise FieldError("a choice has options with probabilities", hint="write `{choice: {OPTION: SHARE, …}}`")
        shares = {key: Reading("share")._inner_number(item, key) for key, item in inner.items()}
        if self.kind == "state":
            states = tuple(sorted(shares))
            indexed = {str(place): shares[state] for place, state in enumerate(states)}
            chosen = made(elicitation.world_family, "choice", indexed)
            return Value(self.kind, "choice", distribution=chosen, states=states)
        scaled = {}
        for key, share in shares.items():
            if not is_number(key):
                text = f"the option `{key}` of this choice is no number"
                raise FieldError(text, key, hint="write options that are numbers, like `{1: 0.3, 2: 0.7}`", at_key=True)
            scaled[f"{float(key) * beside.scale!r}"] = share
        text = "choice (" + ", ".join(f"{key}: {share:g}" for key, share in shares.items()) + ")"
        return Value(self.kind, text, distribution=made(elicitation.world_family, "choice", scaled))

    def _parameters(self, raw: object, family: str, scale: float) -> dict[str, Expr | float]:
        """Parameters by name: numbers in the field's unit, or formulas over a world's values (for `each` only)."""
        if not isinstance(raw, Mapping):
            hint = f"write them by name, like `{{{family}: {{median: 1, p95: 6}}}}`"
            raise FieldError(f"`{family}` needs its parameters", hint=hint)
        reader = Reading("share") if family == "choice" else self
        given: dict[str, Expr | float] = {}
        for key, item in raw.items():
            factor = 1.0 if key in _UNSCALED or family == "choice" else scale
            if isinstance(item, str) and item.strip().startswith("="):
                formula = read_formula(item.strip()[1:], key)
                given[key] = formula if factor == 1.0 else formula * factor
            else:
                given[key] = reader._inner_number(item, key) * factor
        return given

    # --- luck: `each` ----------------------------------------------------------------------------------------------

    def _each(self, inner: object, beside: _Beside) -> Draw:
        if not self.each:
            hint = "leave `each` out, or write a range"
            raise FieldError("`each` is luck drawn at every firing, but this number is fixed for a world", hint=hint)
        if isinstance(inner, str):
            low, to, high = inner.strip().partition(" to ")
            if not to:
                raise FieldError(f"`each {inner}` says no spread", hint="write `each 5 to 20`, or leave `each` out")
            ends = self._ends(low, high, beside.scale)
            made(elicitation.from_range, *ends, self._measures())
            family = {"share": "logit_normal", "real": "normal"}.get(self.kind, "lognormal")
            return self._draw(family, {"p5": ends[0], "p95": ends[1]}, f"each {inner.strip()}", beside)
        if not isinstance(inner, Mapping):
            raise FieldError("expected a range or a family after `each`", hint="write `each 5 to 20`")
        beside = self._beside(inner, beside)
        rest = {key: item for key, item in inner.items() if key not in _BESIDE}
        if rest and all(_PERCENTILE.fullmatch(key) for key in rest):
            return self._draw(
                "metalog", self._parameters(rest, "metalog", beside.scale), _shown("metalog", rest), beside
            )
        if len(rest) != 1:
            raise FieldError("`each` takes one family", hint="write `{each: {lognormal: {median: 1, p95: 6}}}`")
        ((family, raw),) = rest.items()
        if family == "value":
            return self._each(raw, beside)
        if family not in (*elicitation.EACH_FAMILIES, "beta"):
            known = elicitation.EACH_FAMILIES
            hint = f"families are {', '.join(known)}"
            text = f"there is no family `{family}` for `each`"
            raise FieldError(text, family, hint=hint, word=family, known=known, at_key=True)
        try:
            return self._draw(family, self._parameters(raw, family, beside.scale), _shown(family, raw), beside)
        except FieldError as problem:
            _point(problem, raw)
            raise problem.below(family) from None

    def _draw(self, family: str, given: Mapping[str, Expr | float], text: str, beside: _Beside) -> Draw:
        code, parameters, table = made(elicitation.from_family, family, given, self._measures())
        cut = (parameters[6], parameters[7])
        if beside.within is not None:
            bounds = made(elicitation.draw_truncation, code, parameters, table, *beside.within)
            cut = (as_expr(bounds[0]), as_expr(bounds[1]))
        numbers = [plain(parameter) for parameter in parameters]
        known = tuple(number for number in numbers if number is not None)
        if len(known) == len(numbers):
            low, high = distributions.KernelDistribution(code, known, tuple(table)).support
            if beside.within is not None:
                low, high = max(low, beside.within[0]), min(high, beside.within[1])
            check_support(low, high, family, self.kind)
        prose = {key: beside.prose[key] for key in PROSE if key in beside.prose}
        return Draw(code, (*parameters[:6], *cut), text, self.kind, tuple(table), **prose)

    # --- texts: formulas, dates, names, ranges, numbers ------------------------------------------------------------

    def _text(self, text: str, beside: _Beside) -> Value | Draw:
        text = text.strip()
        if text.startswith("each "):
            return self._each(text[5:].strip(), beside)
        if text.startswith("="):
            if self.kind == "state" or beside.scale != 1.0 or beside.within is not None:
                raise self._misplaced_formula(beside)
            return self._finish(Value(self.kind, text, formula=read_formula(text[1:])), beside)
        if self.kind == "date":
            return self._finish(read_dates(text), beside)
        if self.kind == "state":
            return self._finish(Value(self.kind, text, states=(text,), fixed=0.0), beside)
        low, to, high = text.partition(" to ")
        if to:
            ends = self._ends(low, high, beside.scale)
            fitted = made(elicitation.from_range, *ends, self._measures())
            if self.kind == "whole":
                check_limits(float(int(ends[1])), high.strip(), "whole")
            return self._finish(Value(self.kind, text, distribution=fitted), beside)
        number = read_number(text, self.kind) * beside.scale
        check_limits(number, text, self.kind)
        return self._finish(Value(self.kind, text, fixed=number), beside)

    def _misplaced_formula(self, beside: _Beside) -> FieldError:
        if self.kind == "state":
            return FieldError("a state is no number, so it has no formula", hint=f"write {self.expected()}")
        if beside.within is not None:
            low, high = beside.within
            hint = f"write `= min(max(…, {low:g}), {high:g})`"
            return FieldError("`within` cuts the tails of a range, and a formula has none", "within", hint=hint)
        base = "days" if self.kind == "days" else "plain numbers"
        hint = f"leave `unit` out and write `{beside.scale:g} * (…)` in the formula"
        return FieldError(f"a formula computes in {base}, so a unit cannot scale its result", "unit", hint=hint)

    def _ends(self, low: str, high: str, scale: float) -> tuple[float, float]:
        low, high = low.strip(), high.strip()
        if self.kind == "share" and high.endswith("%") and is_number(low):
            raise FieldError(f"`{low}` has no `%`, but `{high}` has", hint=f"write `{low} % to {high}`", part=low)
        return read_number(low, self.kind) * scale, read_number(high, self.kind) * scale

    def _inner_number(self, item: object, key: str) -> float:
        if not isinstance(item, str):
            raise FieldError("a plain number belongs here", key, hint="write a number like `0.4`")
        try:
            return read_number(item, self.kind)
        except FieldError as problem:
            raise problem.below(key) from None

    # --- bounds and limits -----------------------------------------------------------------------------------------

    def _measures(self) -> str:
        return "count" if self.kind == "whole" else self.kind

    def _finish(self, value: Value, beside: _Beside) -> Value:
        if beside.within is not None:
            low, high = beside.within
            if value.fixed is not None and not low <= value.fixed <= high:
                raise FieldError(
                    "the value lies outside its own `within`", "within", hint="widen the bounds, or change it"
                )
            if value.distribution is not None:
                value.distribution = self._cut(value.distribution, low, high)
        if value.distribution is not None:
            check_support(*value.distribution.support, value.distribution.family, self.kind)
        for key, item in beside.prose.items():
            setattr(value, key, item)
        return value

    def _cut(self, spread: distributions.Distribution, low: float, high: float) -> distributions.Distribution:
        try:
            return made(distributions.truncated, spread, low, high)
        except FieldError as problem:
            if self.kind == "date":
                hint = "widen the bounds, or move the dates"
                raise FieldError("none of these dates lies within the bounds", "within", hint=hint) from None
            raise problem.below("within") from None

    def _bounds(self, raw: object, scale: float) -> tuple[float, float]:
        like = "[2021-09-01, 2021-09-30]" if self.kind == "date" else "[1, 180]"
        if not (isinstance(raw, list) and len(raw) == 2 and all(isinstance(item, str) for item in raw)):
            raise FieldError("bounds are a list of two", "within", hint=f"write `within: {like}`")
        try:
            if self.kind == "date":
                low, high = (read_dates(item.strip()).fixed or 0.0 for item in raw)
            else:
                low, high = (read_number(item, self.kind) * scale for item in raw)
        except FieldError as problem:
            raise problem.below("within") from None
        if low >= high:
            raise FieldError(f"nothing lies within {raw[0]} and {raw[1]}", "within", hint="write the lower bound first")
        return low, high


@lru_cache(maxsize=4096)
def _read_text(reading: Reading, text: str) -> Value | Draw:
    # variants of a scenario, and files that are mended and read again, say the same a hundred times
    return reading._text(text, _ALONE)


def _point(problem: FieldError, inner: object) -> None:
    """Move a refusal of a whole family to the parameter that it names."""
    if not problem.where and problem.part is None and isinstance(inner, Mapping):
        named = [word for word in _QUOTED.findall(str(problem)) if word in inner]
        if named:
            problem.where, problem.at_key = (named[0],), True


def _shown(family: str, parameters: Any) -> str:
    if not isinstance(parameters, Mapping):
        return f"each {family}"
    return f"each {family} ({', '.join(f'{key} {str(item).strip()}' for key, item in parameters.items())})"


def day_of(value: Value, start: dt.date) -> Expr:
    """A date as days from the clock's start."""
    return value - float(start.toordinal())
