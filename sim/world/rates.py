"""How often: odds within days, a count, a rate, or a base rate of a waning hazard; and conditions on quantities."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from sim.chance.uncertain import Expr, Number, as_expr, log, maximum
from sim.rules.language import Condition
from sim.world.fields import Block, Days, Positive, Share, World, as_pydantic, refusal
from sim.world.scalars import FieldError, read_formula

# Fitted shape of the a/t law between days 30 and 365 (docs/model.md, "Re-ignition wanes"): constants of the product.
WANING_CONSTANT = 0.002479
WANING_EMBERS = (("short", 0.07444, 13.27), ("long", 0.02052, 65.62))
YEAR = 365.25


RATE_WAYS = ("odds", "count", "per_day", "per_month", "per_year")
_ONE_WAY = "write `{odds: 0.2 to 0.5, within: 184}`, `{count: 3, within: 30}` or `{per_year: 2}`"


class Rate(Block):
    """A rate per day at neutral: every multiplier at its reference."""

    odds: Share | None = None
    count: Positive | None = None
    per_day: Positive | None = None
    per_month: Positive | None = None
    per_year: Positive | None = None
    within: Days | None = None
    between: list[Days] | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_block(cls, raw: Any) -> Any:
        if isinstance(raw, str | list):
            raise refusal("a rate says how often, and over how many days", hint=_ONE_WAY)
        return raw

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [name for name in RATE_WAYS if getattr(self, name) is not None]
        if not given:
            raise refusal("the rate itself is missing", hint=_ONE_WAY)
        if len(given) > 1:
            raise refusal(
                f"`{given[0]}` and `{given[1]}` stand together", given[1], hint="write a rate in one way", at_key=True
            )
        self._check_span(given[0])
        if self.odds is not None and self.odds.fixed == 1.0:
            raise refusal("odds of 1 need a rate without end", "odds", hint="write less than 1, or use a date")
        return self

    def _check_span(self, way: str) -> None:
        spans = [name for name in ("within", "between") if getattr(self, name) is not None]
        if way not in ("odds", "count"):
            if spans:
                raise refusal(f"`{way}` has its span in its name", spans[0], hint=f"delete `{spans[0]}`", at_key=True)
        elif not spans:
            or_between = ", or `between: [FROM, TO]` in a build-up" if way == "odds" else ""
            raise refusal(f"`{way}` needs a span of days", hint=f"add `within: DAYS`{or_between}")
        elif len(spans) > 1:
            raise refusal("`within` and `between` stand together", "between", hint="keep one of them", at_key=True)
        if self.within is not None and self.within.fixed == 0.0:
            raise refusal("a rate cannot have a span of 0 days", "within", hint="write the days that were counted")
        if self.between is None:
            return
        if way != "odds":
            raise refusal("`between` goes with `odds`", "between", hint="write `within: DAYS`", at_key=True)
        if len(self.between) != 2:
            raise refusal("a span between two ages has two numbers", "between", hint="write `between: [FROM, TO]`")
        first, last = (days.fixed for days in self.between)
        if first is not None and last is not None and first >= last:
            text = f"the span from day {first:g} to day {last:g} holds nothing"
            raise refusal(text, "between", hint="write the smaller number first")

    @property
    def waning(self) -> bool:
        """True for a base rate between two ages, which belongs to a waning hazard."""
        return self.between is not None

    def per_day_rate(self) -> Expr:
        """The constant rate per day that it means."""
        if self.between is not None:
            # refused wherever a constant rate is wanted; the mean over the span keeps the rest of the checks going
            first, last = self.between
            return -log(1.0 - as_expr(self.odds)) / maximum(last - first, 1.0)
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
            world.refuse(
                f"{path}.between", "belongs to a waning rate, which only build-ups have", "write `within: DAYS`"
            )


def _given(number: Number | None) -> Number:
    if number is None:
        raise TypeError("checked before: this rate has its number")
    return number


_CONDITION = re.compile(r"([a-z][a-z0-9_.]*)\s*(>=|<=)\s*(.+)")
_SWITCH = re.compile(r"([a-z][a-z0-9_.]*)\s+is\s+(on|off)")


def read_condition(text: str) -> Condition:
    """`NAME >= NUMBER`, `NAME <= NUMBER`, `NAME is on` or `NAME is off`; the number may be a formula.

    Raises `FieldError`.
    """
    text = text.strip()
    switch = _SWITCH.fullmatch(text)
    if switch:
        return Condition(switch[1], 0.5, None) if switch[2] == "on" else Condition(switch[1], None, 0.5)
    found = _CONDITION.fullmatch(text)
    if not found:
        hint = "write `NAME >= 3`, `NAME <= 3`, `NAME is on` or `NAME is off`"
        if re.search(r"[^<>]=[^=]|==|(?<![<>])[<>](?!=)", text):
            hint = "compare with `>=` or `<=`"
        raise FieldError(f"`{text}` is not a condition", hint=hint)
    bound = read_formula(found[3], before=found.start(3))
    return Condition(found[1], bound, None) if found[2] == ">=" else Condition(found[1], None, bound)


def read_conditions(raw: Any) -> tuple[Condition, ...]:
    """A list of condition texts, one text, or a mapping like `{intent: prepare}`."""
    if isinstance(raw, str):
        raw = [raw]
    if isinstance(raw, dict) and all(isinstance(state, str) for state in raw.values()):
        raw = [f"{name}.{state} is on" for name, state in raw.items()]
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        raise refusal("conditions belong here", hint="write a list like `[intent.prepare is on, pressure >= 0.5]`")
    conditions = []
    for place, item in enumerate(raw):
        try:
            conditions.append(read_condition(item))
        except FieldError as problem:
            raise as_pydantic(problem.below(place)) from None
    return tuple(conditions)


Conditions = Annotated[
    tuple[Condition, ...],
    BeforeValidator(read_conditions),
    WithJsonSchema({"description": "conditions like `[intent.prepare is on, pressure >= 0.5]`"}),
]


def check_reference(per_tension: object, reference: object) -> None:
    """Refuse a `tension_reference` without a `per_tension`, where it would mean nothing."""
    if reference is not None and per_tension is None:
        text = "`tension_reference` is where the factor of `per_tension` is 1, and there is no `per_tension`"
        raise refusal(text, "tension_reference", hint="add `per_tension: …`, or delete it", at_key=True)


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
