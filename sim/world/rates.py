"""How often: odds within days, a count, a rate, or a base rate of a waning hazard; and conditions on quantities."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from sim.chance.formula import FormulaError, parse_formula
from sim.chance.uncertain import Expr, Number, as_expr, log
from sim.rules.language import Condition
from sim.world.fields import Block, Days, Positive, Share, World

# Fitted shape of the a/t law between days 30 and 365 (docs/model.md, "Re-ignition wanes"): constants of the product.
WANING_CONSTANT = 0.002479
WANING_EMBERS = (("short", 0.07444, 13.27), ("long", 0.02052, 65.62))
YEAR = 365.25


class Rate(Block):
    """A rate per day at neutral: every multiplier at its reference."""

    odds: Share | None = None
    count: Positive | None = None
    per_day: Positive | None = None
    per_month: Positive | None = None
    per_year: Positive | None = None
    within: Days | None = None
    between: list[Days] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Rate:
        given = [name for name in ("odds", "count", "per_day", "per_month", "per_year") if getattr(self, name) is not None]
        if len(given) != 1:
            raise _refusal(
                "a rate is written one way: `{odds: 0.2 to 0.5, within: 184}`, `{count: 3, within: 30}` or `{per_year: 2}`"
            )
        spans = (self.within is not None) + (self.between is not None)
        if given[0] in ("odds", "count") and spans != 1:
            raise _refusal(f"`{given[0]}` needs `within: DAYS`" + (" or `between: [FROM, TO]`" if given[0] == "odds" else ""))
        if given[0] not in ("odds", "count") and spans:
            raise _refusal(f"`{given[0]}` stands alone; leave `within` and `between` out")
        if self.between is not None and (given[0] != "odds" or len(self.between) != 2):
            raise _refusal("`between: [FROM, TO]` takes two numbers of days and goes with `odds`")
        return self

    @property
    def waning(self) -> bool:
        """True for a base rate between two ages, which belongs to a waning hazard."""
        return self.between is not None

    def per_day_rate(self) -> Expr:
        """The constant rate per day that it means."""
        if self.odds is not None:
            return -log(1.0 - as_expr(self.odds)) / as_expr(_given(self.within))
        if self.count is not None:
            return as_expr(self.count) / as_expr(_given(self.within))
        if self.per_month is not None:
            return self.per_month / (YEAR / 12.0)
        if self.per_year is not None:
            return self.per_year / YEAR
        return as_expr(_given(self.per_day))

    def waning_strength(self, already_quiet: Number) -> Expr:
        """The `a` of the a/t law: odds of an onset between two days, after `already_quiet` days of quiet."""
        first, last = self.between or (0.0, 0.0)
        age = as_expr(already_quiet)
        return -log(1.0 - as_expr(self.odds)) / log((as_expr(last) + age) / (as_expr(first) + age))

    def refuse_waning(self, world: World, path: str) -> None:
        """Only build-ups wane; elsewhere `between` is refused."""
        if self.waning:
            world.refuse(f"{path}.between", "belongs to a waning rate, which only `build_ups` have; write `within: DAYS`")


def _given(number: Number | None) -> Number:
    if number is None:
        raise TypeError("checked before: this rate has its number")
    return number


def _refusal(text: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{text}", {"text": text, "where": ""})


_CONDITION = re.compile(r"([a-z][a-z0-9_.]*)\s*(>=|<=)\s*(.+)")
_SWITCH = re.compile(r"([a-z][a-z0-9_.]*)\s+is\s+(on|off)")


def read_condition(text: str) -> Condition:
    """`NAME >= NUMBER`, `NAME <= NUMBER`, `NAME is on` or `NAME is off`; the number may be a formula.

    Raises `ValueError` with a message for the user.
    """
    switch = _SWITCH.fullmatch(text.strip())
    if switch:
        return Condition(switch[1], 0.5, None) if switch[2] == "on" else Condition(switch[1], None, 0.5)
    found = _CONDITION.fullmatch(text.strip())
    if not found:
        raise ValueError(f"`{text}` is not a condition; write `NAME >= 3`, `NAME <= 3`, `NAME is on` or `NAME is off`")
    try:
        bound = parse_formula(found[3])
    except FormulaError as problem:
        raise ValueError(f"in the condition `{text}`: {problem}") from None
    return Condition(found[1], bound, None) if found[2] == ">=" else Condition(found[1], None, bound)


def read_conditions(raw: Any) -> tuple[Condition, ...]:
    """A list of condition texts, one text, or a mapping like `{intent: prepare}`."""
    if isinstance(raw, str):
        raw = [raw]
    if isinstance(raw, dict):
        raw = [f"{name}.{state} is on" for name, state in raw.items()]
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        raise _refusal("expected conditions like `[intent.prepare is on, pressure >= 0.5]`")
    try:
        return tuple(read_condition(item) for item in raw)
    except ValueError as problem:
        raise _refusal(str(problem)) from None


Conditions = Annotated[
    tuple[Condition, ...],
    BeforeValidator(read_conditions),
    WithJsonSchema({"description": "conditions like `[intent.prepare is on, pressure >= 0.5]`"}),
]


def inside_tension(
    per_tension: Number | None, reference: Number | None
) -> tuple[Number, tuple[tuple[str, Number], ...]]:
    """Constant and gain of 1 + g x, divided by 1 + g reference so that the factor is 1 at the reference."""
    if per_tension is None:
        return 1.0, ()
    if reference is None:
        return 1.0, (("tension", per_tension),)
    centre = 1.0 + per_tension * reference
    return 1.0 / centre, (("tension", per_tension / centre),)
