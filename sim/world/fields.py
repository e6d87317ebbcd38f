"""The pydantic face of uncertain values: the types that blocks use for their fields."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from sim.chance.uncertain import Constant, Draw, Expr, Value, as_expr, log, maximum
from sim.rules.language import Amount, Change, If, Influence
from sim.world.reading import PROSE, Reading, day_of
from sim.world.scalars import FieldError, read_dates

NAME = r"^[a-z][a-z0-9_]*$"
# pydantic follows every `$ref` itself; this mark becomes one when the schema of the whole file is written
UNCERTAIN: dict[str, str] = {"x-same-as": "UncertainValue"}
_NAME = re.compile(NAME[1:-1], re.ASCII)


@dataclass(frozen=True, slots=True)
class NumberField:
    """Reads one uncertain number; see `sim.world.reading`."""

    reading: Reading

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Validate with the reading alone."""
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """What an editor may complete: a number, a text, or one of the mappings."""
        number: JsonSchemaValue = {"type": "string" if self.reading.kind in ("date", "state") else "number"}
        return {
            "description": f"{self.reading.kind}: {self.reading.expected()}",
            "anyOf": [number, {"type": "string"}, UNCERTAIN],
        }

    def _validate(self, raw: Any) -> Value | Draw:
        try:
            return self.reading(raw)
        except FieldError as problem:
            raise as_pydantic(problem) from None


def as_pydantic(problem: FieldError) -> PydanticCustomError:
    """The same problem in pydantic's words, so that all are collected; the loader finds it again under `problem`."""
    return PydanticCustomError("value", "{text}", {"text": str(problem), "problem": problem})


def refusal(text: str, *where: str | int, hint: str, at_key: bool = False) -> PydanticCustomError:
    """A block that cannot be; `where` are the keys below it, `hint` is the remedy. For model validators."""
    return as_pydantic(FieldError(text, *where, hint=hint, at_key=at_key))


def _not_at_once(half_life: Value) -> Value:
    if half_life.fixed == 0.0:
        raise refusal("a half-life of 0 days forgets at once", hint="write more than 0")
    return half_life


Share = Annotated[Value, NumberField(Reading("share"))]
Positive = Annotated[Value, NumberField(Reading("positive"))]
Whole = Annotated[Value, NumberField(Reading("whole"))]
Days = Annotated[Value, NumberField(Reading("days"))]
HalfLife = Annotated[Value, NumberField(Reading("days")), AfterValidator(_not_at_once)]
Date = Annotated[Value, NumberField(Reading("date"))]
Real = Annotated[Value, NumberField(Reading("real"))]
Multiplier = Annotated[Value, NumberField(Reading("multiplier"))]
State = Annotated[Value, NumberField(Reading("state"))]
EachPositive = Annotated[Value | Draw, NumberField(Reading("positive", each=True))]
EachDays = Annotated[Value | Draw, NumberField(Reading("days", each=True))]
EachReal = Annotated[Value | Draw, NumberField(Reading("real", each=True))]
EachShare = Annotated[Value | Draw, NumberField(Reading("share", each=True))]


@dataclass(slots=True)
class Shift:
    """`plus X`, `minus X` or `times X`: a change of a quantity or tension by an uncertain or drawn amount."""

    operation: str
    sign: float
    number: Value | Draw

    def change(self, target: str, when: If | None = None) -> Change:
        """The effect on a target."""
        if self.operation == "scale":
            return Change("scale", target, Amount(base=self.number), when)
        return Change("add", target, Amount(base=self.number, times=self.sign), when)


@dataclass(frozen=True, slots=True)
class ShiftField:
    """Reads a change."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Validate with the reading alone."""
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A text like `plus 1`."""
        return {
            "description": "a change: `plus 1`, `minus 0.2 to 0.5`, `times 0.7`",
            "anyOf": [{"type": "string", "pattern": "^(plus|minus|times) "}, UNCERTAIN],
        }

    def _validate(self, raw: Any) -> Shift:
        try:
            return _shift(raw)
        except FieldError as problem:
            raise as_pydantic(problem) from None


def _shift(raw: object) -> Shift:
    inner = raw.get("value") if isinstance(raw, dict) else raw
    if not isinstance(inner, str):
        raise FieldError("a change is missing here", hint="write `plus 1`, `minus 0.5` or `times 0.7`")
    word, _, rest = inner.strip().partition(" ")
    if word not in ("plus", "minus", "times"):
        slip = re.fullmatch(r"([-+]|[x*×])\s*(\S.*)", inner.strip())
        said = {"+": "plus", "-": "minus"}.get(slip[1], "times") if slip else ""
        hint = f"write `{said} {slip[2]}`" if slip else "write `plus 1`, `minus 0.5` or `times 0.7`"
        raise FieldError(f"`{inner.strip()}` is not a change", hint=hint)
    reading = Reading("positive" if word == "times" else "real", each=True)
    number = reading({**raw, "value": rest}) if isinstance(raw, dict) else reading(rest)
    return Shift("scale" if word == "times" else "add", -1.0 if word == "minus" else 1.0, number)


Shifted = Annotated[Shift, ShiftField()]


def _read_date(raw: Any) -> dt.date:
    inner = raw
    if isinstance(raw, dict) and "value" in raw and all(key in (*PROSE, "value") for key in raw):
        inner = raw["value"]
    try:
        if not isinstance(inner, str):
            raise FieldError("one certain date belongs here", hint="write a date like `2021-07-01`")
        first, last = read_dates(inner.strip()).dates or (dt.date.min, dt.date.max)
        if first != last:
            raise FieldError("this date is certain, so it cannot be a range", hint="write one date like `2021-07-01`")
    except FieldError as problem:
        raise as_pydantic(problem) from None
    return first


class PlainDate:
    """One certain date."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Read an ISO date."""
        return core_schema.no_info_plain_validator_function(_read_date)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """An ISO date."""
        return {"type": "string", "format": "date"}


FixedDate = Annotated[dt.date, PlainDate]


def _read_truth(raw: Any) -> bool:
    if raw in ("true", "yes"):
        return True
    if raw in ("false", "no"):
        return False
    raise refusal(f"`{raw}` is neither `true` nor `false`", hint="write `true` or `false`")


class Truth:
    """true or false."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Read `true` or `false`."""
        return core_schema.no_info_plain_validator_function(_read_truth)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A boolean."""
        return {"type": "boolean"}


YesNo = Annotated[bool, Truth]


def _read_name(raw: Any) -> str:
    if not isinstance(raw, str):
        raise refusal("one name belongs here", hint="write a name in lower-case letters, like `east`")
    if not _NAME.fullmatch(raw):
        text = f"`{raw}` is no name; names are lower-case letters, digits and `_`, a letter first"
        mended = as_name(raw)
        raise refusal(text, hint="write a name like `east`" if mended is None else f"write `{mended}`")
    return raw


def as_name(text: str) -> str | None:
    """The name that a text was meant to be, or None."""
    mended = re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")
    return mended if _NAME.fullmatch(mended) else None


Name = Annotated[str, BeforeValidator(_read_name)]


class Block(BaseModel):
    """What every block of a scenario may say besides its own keys."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, populate_by_name=False)

    about: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Clamp:
    """A date (or a number of days) that is moved up to `lower` in the worlds where it falls before it.

    `text` says what this means, after the share of worlds; `hint` is the remedy where the share is large.
    """

    path: str
    raw: Expr
    lower: Expr
    text: str = "it would be moved, to the clock's start or to what comes before it"
    hint: str = "use a duration (`takes`, `lasts`, `after`), or a later range"


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares that must add up to 1 in every world; `path` is the block that holds them."""

    path: str
    shares: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that a block cannot mean: the path of the value, what is wrong with it, and the remedy."""

    path: str
    text: str
    hint: str


@dataclass(slots=True)
class World:
    """What blocks need to know of the scenario around them: the calendar, in days from the clock's start."""

    start: dt.date
    opens: float
    closes: float
    horizon: float
    clamps: list[Clamp] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    mixes: list[Mix] = field(default_factory=list)

    def day(self, value: Value, after: Expr | float = 0.0) -> Expr:
        """A date as a day of the run, not before `after`; a certain date before the clock is refused."""
        raw = day_of(value, self.start)
        lower = as_expr(after)
        if value.fixed is not None:
            day = value.fixed - self.start.toordinal()
            if day < 0:
                text = f"is {value.text}, before the clock starts ({self.start})"
                self.refuse(value.path, text, "start the clock earlier, or describe the state at its start")
            if isinstance(lower, Constant) and lower.number <= day:
                return Constant(float(day))
        else:
            self.clamps.append(Clamp(value.path, raw, lower))
        return maximum(raw, lower)

    def before_start(self, value: Value) -> bool:
        """True for a certain date before the clock's start."""
        return value.fixed is not None and value.fixed < self.start.toordinal()

    def refuse(self, path: str, text: str, hint: str) -> None:
        """Record a problem of meaning with its remedy; all are told at once. `text` goes on after the path's name."""
        self.refusals.append(Refusal(path, text, hint))


def bind(model: object, path: str = "") -> Iterator[Value | Draw]:
    """Tell every value below a block its dotted path, and give them one after the other."""
    if isinstance(model, Shift):
        model.number.path = path
        yield model.number
    elif isinstance(model, Value | Draw):
        model.path = path
        yield model
    elif isinstance(model, BaseModel):
        for name, info in type(model).model_fields.items():
            yield from bind(getattr(model, name), _join(path, info.alias or name))
    elif isinstance(model, dict):
        for name, item in model.items():
            yield from bind(item, _join(path, str(name)))
    elif isinstance(model, list | tuple):
        for place, item in enumerate(model):
            yield from bind(item, _join(path, str(place)))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


class Multiplies(Block):
    """Multipliers on the rates of others while something is on."""

    orders: Multiplier | None = None
    incidents: dict[str, Multiplier] = {}
    crises: dict[str, Multiplier] = {}
    cancels: Multiplier | None = None

    @model_validator(mode="after")
    def _reference_has_a_use(self) -> Self:
        given = (self.orders, self.cancels, *self.incidents.values(), *self.crises.values())
        if getattr(self, "reference", None) is not None and all(multiplier is None for multiplier in given):
            text = "`reference` is where multipliers are 1, and there is no multiplier here"
            raise refusal(text, "reference", hint="write a multiplier like `orders: 1.3`, or delete it", at_key=True)
        return self

    def influences(self, quantity: str, reference: Expr | float = 0.0) -> list[Influence]:
        """One influence a multiplier: exp(log m * (quantity - reference)) on every clock that hears the topic."""
        topics: list[tuple[str, Value]] = [(f"incidents.{name}", m) for name, m in self.incidents.items()]
        topics += [(f"crises.{name}", m) for name, m in self.crises.items()]
        if self.orders is not None:
            topics.append(("orders", self.orders))
        if self.cancels is not None:
            topics.append(("cancels", self.cancels))
        return [Influence(topic, quantity, log(m), reference, m.path) for topic, m in topics]
