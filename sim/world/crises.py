"""Crises: kinds with a definition, how long they last, and what they do. The definition decides the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from sim.chance.uncertain import Draw, Expr, Number, Value, as_expr, maximum, minimum
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
    Start,
    Trigger,
    Watch,
)
from sim.world.fields import (
    UNCERTAIN,
    Block,
    Days,
    EachDays,
    Positive,
    Share,
    Shifted,
    World,
    YesNo,
    as_pydantic,
    refusal,
)
from sim.world.rates import Conditions, Rate, check_reference, inside_tension
from sim.world.reading import Reading
from sim.world.scalars import FieldError

UNTIL_FALLEN = "until fallen"


def _read_lasts(raw: Any) -> Value | Draw | str:
    text = raw.get("value") if isinstance(raw, dict) else raw
    if isinstance(text, str) and " ".join(text.split()) == UNTIL_FALLEN:
        return UNTIL_FALLEN
    try:
        return Reading("days", each=True)(raw)
    except FieldError as problem:
        if not problem.where and problem.part:
            problem.hint = f"write `{UNTIL_FALLEN}`, or days like `each 5 to 40`"
        raise as_pydantic(problem) from None


Lasts = Annotated[
    Any,
    BeforeValidator(_read_lasts),
    WithJsonSchema(
        {
            "description": "`until fallen`, or days like `each 5 to 40`",
            "anyOf": [{"type": "string"}, UNCERTAIN],
        }
    ),
]


DEFINITIONS = ("rise", "level", "watch", "when", "rate")
# Keys that stand beside some definitions only.
_COMPANIONS: dict[str, tuple[str, ...]] = {
    "of": ("rise", "level"),
    "above": ("rise",),
    "hold": ("rise", "level", "watch"),
    "fallen_to": ("rise", "level", "watch"),
    "delay": ("when",),
    "per_tension": ("rate",),
    "tension_reference": ("rate",),
    "only": ("rate",),
}


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
    lasts: Lasts | None = None
    fallen_to: Share | None = None
    tension: Shifted | None = None
    passive: YesNo = False
    running: YesNo = False

    @model_validator(mode="after")
    def _one_definition(self) -> Self:
        given = [name for name in DEFINITIONS if getattr(self, name) not in (None, ())]
        if not given:
            raise refusal("has no definition", hint=f"write one of {_listed(DEFINITIONS)}")
        if len(given) > 1:
            text = f"has two definitions, `{given[0]}` and `{given[1]}`"
            raise refusal(text, given[1], hint="keep one of them; a second kind may have the other", at_key=True)
        kind = given[0]
        self._check_companions(kind)
        if kind in ("rise", "level") and (self.of is None or self.hold is None):
            missing = "of: SIDE" if self.of is None else "hold: DAYS"
            raise refusal(f"`{kind}` needs `{missing}`", kind, hint=f"add `{missing}`", at_key=True)
        if self.lasts is None and kind in ("when", "rate"):
            raise refusal("`lasts` is missing", hint="write days, like `lasts: each 5 to 40`")
        if self.lasts == UNTIL_FALLEN and kind in ("when", "rate"):
            text = f"`{UNTIL_FALLEN}` goes with `rise`, `level` or `watch`"
            raise refusal(text, "lasts", hint="write days, like `each 5 to 40`")
        if self.fallen_to is not None and self.lasts not in (None, UNTIL_FALLEN):
            raise refusal("`fallen_to` goes with `lasts: until fallen`", "fallen_to", hint="delete it", at_key=True)
        if self.fallen_to is not None and kind == "watch" and self.watch[0].at_least is None:
            text = "`fallen_to` needs a first condition with `>=`"
            raise refusal(text, "fallen_to", hint="delete it: the crisis ends when the condition breaks", at_key=True)
        check_reference(self.per_tension, self.tension_reference)
        if self.passive and self.tension is not None:
            hint = "delete it, or delete `passive`"
            raise refusal("a passive kind is recorded only, so it moves no tension", "tension", hint=hint, at_key=True)
        if self.running and kind == "rise":
            text = "a rise is counted from a low that lies before the clock, so it cannot be running at its start"
            raise refusal(text, "running", hint="write `level`, or start the clock earlier", at_key=True)
        return self

    def _check_companions(self, kind: str) -> None:
        """Refuse keys that mean nothing beside this definition."""
        for key, kinds in _COMPANIONS.items():
            if kind not in kinds and key in self.model_fields_set and getattr(self, key) not in (None, ()):
                raise refusal(f"`{key}` goes with {_listed(kinds)}", key, hint="delete it", at_key=True)


def _listed(words: Sequence[str]) -> str:
    quoted = [f"`{word}`" for word in words]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def definition(name: str, crisis: Crisis) -> str:
    """The definition in words."""
    if crisis.about:
        return crisis.about
    days = "" if crisis.hold is None else f" for {_text(crisis.hold)} days"
    if crisis.rise is not None:
        return f"{crisis.of} troops {_text(crisis.rise)} above their low{days}"
    if crisis.level is not None:
        return f"{crisis.of} troops at {_text(crisis.level)} or more{days}"
    if crisis.when is not None:
        return f"{crisis.when.replace('_', ' ')}"
    return name.replace("_", " ")


def _text(value: Value) -> str:
    if value.fixed is None:
        return value.text
    return f"{value.fixed:,.10g}".replace(",", " ")


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
    if crisis.lasts not in (None, UNTIL_FALLEN):
        # a crisis that runs when the clock starts has a length of its own, so both beginnings ask one rule for it
        ends = Arm(f"{block}.over", Amount(base=crisis.lasts))
        begins.append(Arm(f"{block}.lasts") if crisis.running else ends)
        if crisis.running:
            asks = (Arm(f"{block}.lasts"),)
            brings.rules.append(Rule("crises", block, "lasts", Armed(), (ends,)))
            brings.rules.append(Rule("crises", block, "runs", Start(0.0), asks, story=f"the crisis is on: {name}"))
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
        fallen = Condition(f"{block}.rise", None, _fallen(crisis.rise, fallen_to))
    elif crisis.level is not None:
        fallen = Condition(f"sides.{crisis.of}.troops", None, _fallen(crisis.level, fallen_to))
    else:
        fallen = _broken(crisis.watch[0], crisis.fallen_to)
    return Rule("crises", block, "over", Watch((still, fallen)), tuple(ends), story=f"the crisis is over: {name}")


def _broken(first: Condition, fallen_to: Value | None) -> Condition:
    """When a watched crisis is over: its first condition is broken, or has fallen to a share of its bound.

    The opposite of a conjunction is no conjunction, hence the first condition alone. Bounds are closed and have a slack
    of 1e-9, so the opposite stays clear of the bound: a crisis whose quantity stands exactly at it is not over.
    """
    if first.at_least is not None:
        bound = as_expr(first.at_least)
        share = as_expr(1.0) if fallen_to is None else as_expr(fallen_to)
        return Condition(first.quantity, None, _fallen(bound, share))
    bound = as_expr(first.at_most if first.at_most is not None else 0.0)
    return Condition(first.quantity, bound + _clear_of(bound), None)


def _fallen(bound: Expr, share: Expr) -> Expr:
    """A share of a bound, but never so much that what meets the bound has fallen."""
    return minimum(bound * share, bound - _clear_of(bound))


def _clear_of(bound: Expr) -> Expr:
    return maximum(3e-9 * maximum(bound, -bound), 1e-300)
