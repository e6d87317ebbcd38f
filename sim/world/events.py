"""Events: the rule language itself, for everything that no other block says."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from sim.chance.formula import FormulaError, parse_formula
from sim.chance.uncertain import Chancy, Draw
from sim.rules.language import (
    Amount,
    Arm,
    Armed,
    Begin,
    Brings,
    Change,
    Clock,
    Disarm,
    Effect,
    End,
    Hook,
    If,
    Note,
    Reaction,
    Reset,
    Rule,
    Start,
    Trigger,
    Watch,
)
from sim.world.fields import Block, Date, Days, EachDays, EachReal, Positive, Real, Share, Whole, World
from sim.world.rates import Conditions, Rate, inside_tension

_VERBS = ("add", "scale", "set", "arm", "disarm", "begin", "end", "reset", "note")


def _local_or_number(raw: Any) -> Any:
    return raw


class EffectBlock(Block):
    """One effect: exactly one of add, scale, set, arm, disarm, begin, end, reset, note names its target."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    add: str | None = None
    scale: str | None = None
    set: str | None = None
    arm: str | None = None
    disarm: str | None = None
    begin: str | None = None
    end: str | None = None
    reset: str | None = None
    note: str | None = None
    by: EachReal | None = None
    local: str | None = None
    per: EachReal | None = None
    of: str | None = None
    after: EachDays | None = None
    times: Whole | None = None
    over: EachDays | None = None
    when: str | None = Field(default=None, alias="if")

    @model_validator(mode="after")
    def _one_verb(self) -> EffectBlock:
        given = [verb for verb in _VERBS if getattr(self, verb) is not None]
        text = ""
        if len(given) != 1:
            text = f"an effect does one thing; write one of {', '.join(_VERBS)}"
        elif given[0] in ("add", "scale", "set") and self.by is None and self.local is None and self.per is None:
            text = f"`{given[0]}` needs `by: NUMBER` (or `local: NAME`, or `per: NUMBER` with `of: QUANTITY`)"
        elif given[0] != "arm" and (self.after is not None or self.times is not None or self.over is not None):
            text = "`after`, `times` and `over` go with `arm`"
        elif (self.per is None) != (self.of is None):
            text = "`per` and `of` go together"
        if text:
            raise PydanticCustomError("value", "{text}", {"text": text, "where": ""})
        return self


class Event(Block):
    """A rule of one's own: one trigger (`at`, `rate`, `watch`, `when` or `armed`), guard, chance, effects."""

    at: Date | None = None
    rate: Rate | None = None
    per_tension: Positive | None = None
    per: dict[str, Positive] = {}
    only: Conditions = ()
    watch: Conditions = ()
    hold: Days | None = None
    when: str | None = None
    delay: EachDays | None = None
    armed: bool = False
    guard: Conditions = ()
    chance: Share | None = None
    let: dict[str, EachReal] = {}
    do: list[EffectBlock] = []
    otherwise: list[EffectBlock] = Field(default=[], alias="else")

    @model_validator(mode="before")
    @classmethod
    def _armed_alone(cls, raw: Any) -> Any:
        # `armed: true` only says that no trigger of its own is meant
        if isinstance(raw, dict) and "armed" in raw:
            return {**raw, "armed": raw["armed"] == "true"}
        return raw

    @model_validator(mode="after")
    def _one_trigger(self) -> Event:
        given = [self.at is not None, self.rate is not None, bool(self.watch), self.when is not None, self.armed]
        text = ""
        if sum(given) != 1:
            text = "an event has one trigger: `at: DATE`, `rate:`, `watch: [CONDITION]`, `when: EVENT` or `armed: true`"
        elif self.rate is None and (self.only or self.per_tension is not None or self.per):
            text = "`only`, `per` and `per_tension` go with `rate`; for others write `guard`"
        elif self.hold is not None and not self.watch:
            text = "`hold` goes with `watch`"
        elif self.delay is not None and self.when is None:
            text = "`delay` goes with `when`"
        elif self.otherwise and self.chance is None:
            text = "`else` runs when the chance fails; say `chance`"
        for name, local in self.let.items():
            if not isinstance(local, Draw):
                text = f"`let.{name}` is not drawn; write `each …`, or put a fixed number under `assumptions`"
        if text:
            raise PydanticCustomError("value", "{text}", {"text": text, "where": ""})
        return self


def bring(events: dict[str, Event], world: World) -> Brings:
    """A rule for each event, and its hook."""
    brings = Brings()
    for name, event in events.items():
        block = f"events.{name}"
        trigger, reacts = _trigger(block, event, world)
        rule = Rule(
            "events",
            "events",
            name,
            trigger,
            _effects(block, event, event.do, world),
            guard=event.guard,
            chance=event.chance,
            otherwise=_effects(block, event, event.otherwise, world),
            reacts=reacts,
            story=event.about or name.replace("_", " "),
        )
        brings.rules.append(rule)
        brings.hooks.append(Hook(rule.full_name, rule.full_name))
    return brings


def _trigger(block: str, event: Event, world: World) -> tuple[Trigger, Reaction | None]:
    if event.at is not None:
        return Start(world.day(event.at)), None
    if event.rate is not None:
        event.rate.refuse_waning(world, f"{block}.rate")
        constant, inside = inside_tension(event.per_tension, None)
        inside += tuple((f"tensions.{name}", gain) for name, gain in sorted(event.per.items()))
        clock = Clock(event.rate.per_day_rate(), constant, inside=inside, only=event.only, hears=(block,))
        return clock, None
    if event.watch:
        return Watch(event.watch, 0.0 if event.hold is None else event.hold), None
    if event.when is not None:
        return Armed(), Reaction(event.when, 0.0 if event.delay is None else event.delay, f"{block}.when")
    return Armed(), None


def _effects(block: str, event: Event, effects: list[EffectBlock], world: World) -> tuple[Effect, ...]:
    return tuple(made for effect in effects for made in _effect(block, event, effect, world))


def _effect(block: str, event: Event, effect: EffectBlock, world: World) -> list[Effect]:
    when = _condition(block, event, effect.when, world)
    for operation, target in (("add", effect.add), ("scale", effect.scale), ("set", effect.set)):
        if target is not None:
            return [Change(operation, target, _amount(block, event, effect, world), when)]
    if effect.arm is not None:
        after = Amount() if effect.after is None else Amount(base=effect.after)
        over = Amount() if effect.over is None else Amount(base=effect.over)
        load = None
        if effect.by is not None or effect.local is not None or effect.per is not None:
            load = _amount(block, event, effect, world)
        return [Arm(effect.arm, after, effect.times, over, load, when)]
    made: list[tuple[str | None, Any]] = [
        (effect.disarm, Disarm),
        (effect.begin, Begin),
        (effect.end, End),
        (effect.reset, Reset),
        (effect.note, Note),
    ]
    return [make(target, when) for target, make in made if target is not None]


def _amount(block: str, event: Event, effect: EffectBlock, world: World) -> Amount:
    times: Chancy = 1.0
    if effect.local is not None:
        times = _local(block, event, effect.local, world)
    base: Chancy = effect.by if effect.by is not None else (0.0 if effect.per is not None else 1.0)
    slope: Chancy = 0.0 if effect.per is None else effect.per
    return Amount(base, slope, effect.of, times)


def _local(block: str, event: Event, name: str, world: World) -> Chancy:
    drawn = event.let.get(name)
    if drawn is None:
        known = ", ".join(sorted(event.let)) or "none"
        world.refuse(block, f"uses the local `{name}`, which its `let` does not draw (drawn: {known})")
        return 0.0
    return drawn


def _condition(block: str, event: Event, text: str | None, world: World) -> If | None:
    if text is None:
        return None
    name, sign, bound = text.partition(">=")
    if not sign:
        world.refuse(block, f"has `if: {text}`; write `if: LOCAL >= NUMBER`")
        return None
    drawn = _local(block, event, name.strip(), world)
    try:
        level = parse_formula(bound)
    except FormulaError as problem:
        world.refuse(block, f"has `if: {text}`: {problem}")
        return None
    return If(drawn, level) if isinstance(drawn, Draw) else None



