"""Single texts of a scenario file: numbers, dates, formulas, units, each with a remedy where it cannot be read."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sim.chance import distributions
from sim.chance.formula import FormulaError, parse_formula
from sim.chance.uncertain import Expr, Value
from sim.timeline import parse_date

DAY_UNITS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12.0, "year": 365.25}
COUNT_UNITS = {"thousand": 1e3, "million": 1e6}
MOST_STEPS = 4096
LIMITS: dict[str, tuple[float, float, str]] = {
    "share": (0.0, 1.0, "a share lies between 0 and 1"),
    "positive": (0.0, math.inf, "this number cannot be negative"),
    "days": (0.0, math.inf, "a number of days cannot be negative"),
    "multiplier": (0.0, math.inf, "a multiplier is greater than 0 (1 changes nothing)"),
    "whole": (1.0, float(MOST_STEPS), f"it is a whole number from 1 to {MOST_STEPS}"),
}
"""What a kind of number may be: least, most, and the rule in words."""

_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_WANTS = {
    "share": "a share like `0.4`, `30 %` or `0.2 to 0.6`",
    "date": "a date like `2021-09-10` or `2021-09-05 to 2021-09-15`",
    "days": "days like `30` or `20 to 60`",
    "multiplier": "a multiplier like `1.3` or `0.6 to 1.8`",
    "whole": "a whole number like `4`",
    "real": "a number like `-0.5` or `-1 to 2`",
    "state": "the name of a state, or `{choice: {NAME: SHARE, …}}`",
}
_GROUPED = re.compile(r"\d{1,3}(?:[,_ '\u00a0\u202f]\d{3})+", re.ASCII)
# What people write and what they mean: a pattern, and the remedy over its groups.
_SLIPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d?-\d\d?"), "count the days instead: a number belongs here, not a date"),
    (re.compile(r"(-?[\d.]+) ?(?:-|–|\.\.+|…) ?([\d.]+)"), "write `{0} to {1}`"),
    (re.compile(r"(\d+),(\d+)"), "write `{0}.{1}`"),
    (re.compile(r"([\d.]+) ?(?:k|thousand)"), "write `{{value: {0}, unit: thousand}}`"),
    (re.compile(r"([\d.]+) ?(?:m|mn|million)"), "write `{{value: {0}, unit: million}}`"),
    (re.compile(r"([\d.]+) ?(day|week|month|year)s?"), "write `{{value: {0}, unit: {1}s}}`"),
    (re.compile(r"(-?[\d.]+) to"), "write `{0} to HIGH`"),
    (re.compile(r"(?:about|around|ca\.|~|≈) ?([\d.]+)"), "write a range around {0}, like `LOW to HIGH`"),
    (re.compile(r"[<>]=? ?([\d.]+)"), "write a range, like `LOW to HIGH`"),
)
_FORMULA = re.compile(r"(?=.*[a-z])(?=.*[*/+.(])[-+*/(), \w.]+", re.ASCII)
_MAKING = TypeVar("_MAKING")


class FieldError(ValueError):
    """A value that its field cannot read; the message is for the user.

    `where` are keys below the field; `part` is the piece of the text at fault, which begins at `offset` where that is
    known; with `at_key` the place is the last key of `where` itself. `word` should have been one of `known`; `hint` is
    the remedy.
    """

    def __init__(
        self,
        text: str,
        *where: str | int,
        hint: str | None = None,
        part: str | None = None,
        offset: int = 0,
        word: str | None = None,
        known: Iterable[str] = (),
        at_key: bool = False,
    ) -> None:
        """Keep what is wrong, where inside the field, and the remedy."""
        super().__init__(text)
        self.where, self.hint, self.part, self.offset = where, hint, part, offset
        self.word, self.known, self.at_key = word, tuple(known), at_key

    def below(self, *keys: str | int) -> FieldError:
        """The same trouble, told from further up."""
        self.where = (*keys, *self.where)
        return self


def expected(kind: str, *, each: bool = False) -> str:
    """What a field wants, for messages."""
    return _WANTS.get(kind, "a number like `40` or `20 to 60`") + (", or `each 5 to 20`" if each else "")


def is_number(text: str) -> bool:
    """Whether a text is a number as files write them."""
    return _NUMBER.fullmatch(text) is not None


def read_number(text: str, kind: str) -> float:
    """One number; `30 %` for shares. Raises `FieldError`."""
    text = text.strip()
    if not text:
        raise FieldError("an empty text stands where a number belongs", hint=f"expected {expected(kind)}")
    percent = text.endswith("%")
    digits = text.removesuffix("%").strip()
    if not is_number(digits):
        raise FieldError(f"`{text}` is not a number", hint=_remedy(text, kind), part=text)
    if percent and kind != "share":
        hint = f"expected {expected(kind)}"
        raise FieldError(f"`{text}` is a percentage, but this is no share", hint=hint, part=text)
    number = float(digits) / 100.0 if percent else float(digits)
    if not math.isfinite(number):
        raise FieldError(f"`{text}` is too large for a number", hint=f"expected {expected(kind)}", part=text)
    return number


def _remedy(text: str, kind: str) -> str:
    if _GROUPED.fullmatch(text):
        return f"write `{re.sub('[^0-9]', '', text)}`"
    for pattern, remedy in _SLIPS:
        match = pattern.fullmatch(text)
        if match:
            return remedy.format(*match.groups())
    if _FORMULA.fullmatch(text):
        return f"a formula begins with `=`: write `= {text}`"
    return f"expected {expected(kind)}"


def check_limits(number: float, text: str, kind: str) -> None:
    """Refuse a certain number that its kind cannot be."""
    if kind not in LIMITS:
        return
    low, high, rule = LIMITS[kind]
    outside = not low <= number <= high or (kind == "multiplier" and number == 0.0)
    if outside or (kind == "whole" and number != int(number)):
        likely = kind == "share" and 2.0 <= number <= 100.0
        hint = f"write `{text} %` if it is a percentage" if likely else f"expected {expected(kind)}"
        raise FieldError(f"{text} is outside what it can be; {rule}", hint=hint, part=text)


def check_support(low: float, high: float, family: str, kind: str) -> None:
    """Refuse a distribution that can leave what its kind can be."""
    if kind in LIMITS and kind != "whole" and (low < LIMITS[kind][0] or high > LIMITS[kind][1]):
        most = "1" if kind == "share" else "…"
        hint = f"cut it with `within: [0, {most}]`, or choose another family"
        raise FieldError(f"this {family.replace('_', '-')} can leave its field; {LIMITS[kind][2]}", hint=hint)


def read_formula(text: str, *where: str, before: int = 1) -> Expr:
    """A formula without its `=`; `before` characters of the field's text stand before it.

    Raises `FieldError` that knows the place in the text.
    """
    try:
        return parse_formula(text)
    except FormulaError as problem:
        # the formula's own messages end with the remedy
        said, _, remedy = str(problem).rpartition("; ")
        text = said or remedy
        raise FieldError(
            text if text.startswith("the formula") else f"in the formula, {text}",
            *where,
            hint=remedy if said else "a formula looks like `= 0.4 * max(surge, 1000)`",
            part=text[problem.offset :],
            offset=before + problem.offset,
        ) from None


def read_dates(text: str) -> Value:
    """A date, or a range of dates, uniform over whole days, ends included. Raises `FieldError`."""
    first, to, last = text.partition(" to ")
    dates = []
    for part in (first.strip(), last.strip()) if to else (first.strip(),):
        try:
            dates.append(parse_date(part))
        except ValueError as problem:
            said, _, remedy = str(problem).partition("; ")
            raise FieldError(said, hint=remedy or "check the day and the month", part=part) from None
    if dates[0] > dates[-1]:
        raise FieldError(f"`{text}` ends before it begins", hint="exchange the dates")
    span: tuple[dt.date, dt.date] = (dates[0], dates[-1])
    ends = float(span[0].toordinal()), float(span[1].toordinal())
    if ends[0] == ends[1]:
        return Value("date", text, fixed=ends[0], dates=span)
    return Value("date", text, distribution=distributions.whole_days(*ends), dates=span)


def unit_factor(unit: str | None, kind: str) -> float:
    """By how much a unit scales a number: days for time, ones for counts. Raises `FieldError` for an unknown time."""
    if unit is None:
        return 1.0
    word = unit.strip().split(" ")[0].removesuffix("s")
    if kind == "days":
        if word not in DAY_UNITS:
            units = [f"{key}s" for key in DAY_UNITS]
            hint = f"write one of {', '.join(units)}"
            raise FieldError(f"`{unit}` is not a unit of time", "unit", hint=hint, word=unit, known=units)
        return DAY_UNITS[word]
    return COUNT_UNITS.get(word, 1.0) if kind in ("positive", "real") else 1.0


def read_prose(item: object, key: str) -> str:
    """The text of `unit`, `about` or `source`."""
    if not isinstance(item, str):
        raise FieldError(f"`{key}` is one text", key, hint="put the text in quotes")
    return item


def made(make: Callable[..., _MAKING], *arguments: Any) -> _MAKING:
    """Call an elicitation; its refusals, which name the remedy themselves, become errors of the field."""
    try:
        return make(*arguments)
    except ValueError as problem:
        said, _, remedy = str(problem).rpartition("; ")
        raise FieldError(said or remedy, hint=remedy if said else None) from None
