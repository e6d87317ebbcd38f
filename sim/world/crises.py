"""Crises: kinds with a definition, how long they last, and what they do. The definition decides the answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from sim.chance.uncertain import Draw, Expr, Number, Value, as_expr
from sim.rules.language import (
    Amount,
    Arm,
    Armed,
    Begin,
    Brings,
    Change,
    Clock,
    Condition,
    Effect,
    End,
    Hook,
    Kind,
    Low,
    Quantity,
    Reaction,
    Reset,
    Rise,
    Rule,
    Trigger,
    Watch,
)
from sim.world.fields import Block, Days, EachDays, Positive, Share, Shifted, World, YesNo, as_pydantic
from sim.world.rates import Conditions, Rate, inside_tension
from sim.world.reading import FieldError, Reading

UNTIL_FALLEN = "until fallen"


def _read_lasts(raw: Any) -> Value | Draw | str:
    if isinstance(raw, str) and " ".join(raw.split()) == UNTIL_FALLEN:
        return UNTIL_FALLEN
    try:
        return Reading("days", each=True)(raw)
    except FieldError as problem:
        raise as_pydantic(problem) from None


Lasts = Annotated[
    Any,
    BeforeValidator(_read_lasts),
    WithJsonSchema({"description": "`until fallen`, or days like `each 5 to 40`", "anyOf": [{"type": "string"}, {"$ref": "#/$defs/UncertainValue"}]}),
]


class Crisis(Block):
    """One kind of crisis. Exactly one definition: `rise`, `level`, `watch`, `when` or `rate`.

    `passive` kinds are recorded only; several of them make a ladder of definitions.
    """

    rise: Positive | None = None
    level: Positive | None = None
    of: str | None = None
    above: Literal["low"] = "low"
    hold: Days | None = None
    watch: Conditions = ()
    when: str | None = None
    chance: Share | None = None
    delay: EachDays | None = None
    rate: Rate | None = None
    per_tension: Positive | None = None
    tension_reference: Positive | None = None
    only: Conditions = ()
    lasts: Lasts = None
    fallen_to: Share | None = None
    tension: Shifted | None = None
    passive: YesNo = False
    running: YesNo = False

    @model_validator(mode="after")
    def _one_definition(self) -> Crisis:
        given = [
            name
            for name, there in (
                ("rise", self.rise is not None),
                ("level", self.level is not None),
                ("watch", bool(self.watch)),
                ("when", self.when is not None),
                ("rate", self.rate is not None),
            )
            if there
        ]
        text, where = "", ""
        if len(given) != 1:
            text = "a kind of crisis has one definition: `rise`, `level`, `watch`, `when` or `rate`"
        elif given[0] in ("rise", "level") and (self.of is None or self.hold is None):
            text = f"`{given[0]}` needs `of: SIDE` and `hold: DAYS`"
        elif given[0] not in ("rise", "level") and self.of is not None:
            text, where = "`of` goes with `rise` or `level`", "of"
        elif given[0] not in ("rise", "level", "watch") and (self.hold is not None or self.fallen_to is not None):
            text = "`hold` and `fallen_to` go with `rise`, `level` or `watch`"
        elif given[0] != "rate" and (self.per_tension is not None or self.only):
            text = "`per_tension` and `only` go with `rate`"
        elif given[0] != "when" and self.delay is not None:
            text, where = "`delay` goes with `when`", "delay"
        elif self.passive and self.tension is not None:
            text, where = "a passive kind is recorded only, so it moves no tension", "tension"
        elif self.lasts == UNTIL_FALLEN and given[0] not in ("rise", "level", "watch"):
            text, where = "`until fallen` goes with `rise`, `level` or `watch`; write days", "lasts"
        elif self.lasts is None and given[0] not in ("rise", "level", "watch"):
            text = "`lasts` is missing; write days like `each 5 to 40`"
        if text:
            raise PydanticCustomError("value", "{text}", {"text": text, "where": where})
        return self


def definition(name: str, crisis: Crisis) -> str:
    """The definition in words."""
    if crisis.about:
        return crisis.about
    days = f" for {crisis.hold.text} days" if crisis.hold is not None else ""
    if crisis.rise is not None:
        return f"{crisis.of} troops {_text(crisis.rise)} above their low{days}"
    if crisis.level is not None:
        return f"{crisis.of} troops at {_text(crisis.level)} or more{days}"
    if crisis.when is not None:
        return f"{crisis.when.replace('_', ' ')}"
    return name.replace("_", " ")


def _text(value: Value) -> str:
    return f"{value.fixed:,.0f}".replace(",", " ") if value.fixed is not None else value.text


def bring(crises: dict[str, Crisis], world: World) -> Brings:
    """Every kind, the rules that begin and end it, and its hooks."""
    brings = Brings()
    for name, crisis in crises.items():
        brings.extend(_one(name, crisis, world))
    return brings


def _one(name: str, crisis: Crisis, world: World) -> Brings:
    block = f"crises.{name}"
    on, running = f"{block}.on", 1.0 if crisis.running else 0.0
    brings = Brings(
        kinds=[Kind(name, definition(name, crisis), crisis.passive, running)],
        quantities=[Quantity(on, running, 0.0, 1.0, flag=not crisis.passive)],
    )
    trigger, reacts = _trigger(block, crisis, brings, world)
    begins: list[Effect] = [Begin(name), Change("set", on, Amount(base=1.0))]
    if crisis.tension is not None:
        begins.append(crisis.tension.change("tension"))
    if crisis.lasts is not None and crisis.lasts != UNTIL_FALLEN:
        begins.append(Arm(f"{block}.over", Amount(base=crisis.lasts)))
    begun = Rule(
        "crises",
        block,
        "begun",
        trigger,
        tuple(begins),
        guard=(Condition(on, None, 0.5),),
        chance=crisis.chance,
        reacts=reacts,
        story=f"CRISIS begins: {name}",
    )
    brings.rules += [begun, _over(block, name, crisis)]
    if not crisis.passive:
        brings.hooks += [Hook(f"{block}.begun", begun.full_name), Hook(f"{block}.over", f"{block}.over")]
    return brings


def _trigger(block: str, crisis: Crisis, brings: Brings, world: World) -> tuple[Trigger, Reaction | None]:
    if crisis.when is not None:
        delay = 0.0 if crisis.delay is None else crisis.delay
        return Armed(), Reaction(crisis.when, delay, f"{block}.when")
    if crisis.rate is not None:
        crisis.rate.refuse_waning(world, f"{block}.rate")
        constant, inside = inside_tension(crisis.per_tension, crisis.tension_reference)
        base = crisis.rate.per_day_rate()
        return Clock(base, constant, inside=inside, only=crisis.only, hears=(block,)), None
    hold: Number = 0.0 if crisis.hold is None else crisis.hold
    if crisis.watch:
        return Watch(crisis.watch, hold), None
    troops = f"sides.{crisis.of}.troops"
    if crisis.level is not None:
        return Watch((Condition(troops, crisis.level, None),), hold), None
    brings.lows.append(Low(f"{block}.low", troops))
    brings.rises.append(Rise(f"{block}.rise", troops, f"{block}.low"))
    return Watch((Condition(f"{block}.rise", crisis.rise, None),), hold), None


def _over(block: str, name: str, crisis: Crisis) -> Rule:
    on = f"{block}.on"
    ends: list[Effect] = [End(name), Change("set", on, Amount(base=0.0))]
    if crisis.rise is not None:
        ends.append(Reset(f"{block}.low"))
    if crisis.lasts is not None and crisis.lasts != UNTIL_FALLEN:
        return Rule("crises", block, "over", Armed(), tuple(ends), story=f"the crisis is over: {name}")
    still = Condition(on, 0.5, None)
    fallen_to: Expr = as_expr(0.5) if crisis.fallen_to is None else as_expr(crisis.fallen_to)
    if crisis.rise is not None:
        watch = Watch((still, Condition(f"{block}.rise", None, crisis.rise * fallen_to)))
    elif crisis.level is not None:
        watch = Watch((still, Condition(f"sides.{crisis.of}.troops", None, crisis.level * fallen_to)))
    else:
        # the opposite of a conjunction is no conjunction: a crisis by `watch` ends when its first condition breaks
        first = crisis.watch[0]
        watch = Watch((still, Condition(first.quantity, first.at_most, first.at_least)))
    return Rule("crises", block, "over", watch, tuple(ends), story=f"the crisis is over: {name}")
