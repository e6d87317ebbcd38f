"""Events: the rule language itself, for everything that no other block says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from sim.chance.uncertain import Chancy, Draw, Expr, whole
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
from sim.world.fields import (
    Block,
    Date,
    Days,
    EachDays,
    EachReal,
    Positive,
    Share,
    Whole,
    World,
    YesNo,
    as_pydantic,
    refusal,
)
from sim.world.rates import Conditions, Rate, inside_tension
from sim.world.scalars import FieldError, read_formula

TRIGGERS = ("at", "rate", "watch", "when", "armed")
_IF = re.compile(r"([a-z][a-z0-9_]*)\s*>=\s*(.+)", re.ASCII)
_CHANGES = ("add", "scale", "set")
_VERBS = ("add", "scale", "set", "arm", "disarm", "begin", "end", "reset", "note")


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
    def _one_verb(self) -> Self:
        given = [verb for verb in _VERBS if getattr(self, verb) is not None]
        if not given:
            raise refusal("an effect does one thing", hint=f"write one of {', '.join(_VERBS)}")
        if len(given) > 1:
            text = f"an effect does one thing, not `{given[0]}` and `{given[1]}`"
            raise refusal(text, given[1], hint="write two effects", at_key=True)
        verb = given[0]
        amounts = [key for key in ("by", "local", "per") if getattr(self, key) is not None]
        if verb in _CHANGES and not amounts:
            hint = "add `by: NUMBER`, `local: NAME`, or `per: NUMBER` with `of: QUANTITY`"
            raise refusal(f"`{verb}` does not say how much", verb, hint=hint, at_key=True)
        if amounts and verb not in (*_CHANGES, "arm"):
            raise refusal(f"`{verb}` takes no amount", amounts[0], hint="delete it", at_key=True)
        if (self.per is None) != (self.of is None):
            lone = "of" if self.per is None else "per"
            raise refusal("`per` and `of` go together", lone, hint="write `per: NUMBER, of: QUANTITY`", at_key=True)
        timing = [key for key in ("after", "times", "over") if getattr(self, key) is not None]
        if timing and verb != "arm":
            raise refusal(f"`{timing[0]}` goes with `arm`", timing[0], hint="delete it", at_key=True)
        if self.over is not None and self.times is None:
            raise refusal("`over` spreads several times", "over", hint="add `times: NUMBER`", at_key=True)
        return self

    @property
    def verb(self) -> str:
        """Which of the effects it is."""
        return next(verb for verb in _VERBS if getattr(self, verb) is not None)

    @property
    def target(self) -> str:
        """What it acts on: a quantity, tension, rule, kind, low or the text of a note."""
        return str(getattr(self, self.verb))


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
    armed: YesNo = False
    guard: Conditions = ()
    chance: Share | None = None
    let: dict[str, EachReal] = {}
    do: list[EffectBlock] = []
    otherwise: list[EffectBlock] = Field(default=[], alias="else")

    @model_validator(mode="after")
    def _one_trigger(self) -> Self:
        given = [name for name in TRIGGERS if getattr(self, name) not in (None, (), False)]
        if not given:
            hint = "write one of `at: DATE`, `rate: …`, `watch: [CONDITION]`, `when: EVENT` or `armed: true`"
            raise refusal("nothing sets this event off", hint=hint)
        if len(given) > 1:
            text = f"has two triggers, `{given[0]}` and `{given[1]}`"
            raise refusal(text, given[1], hint="keep one, or write two events", at_key=True)
        self._check_companions(given[0])
        for name, local in self.let.items():
            if not isinstance(local, Draw):
                hint = "write `each …`, or put a fixed number under `assumptions`"
                raise refusal(f"`{name}` is not drawn", "let", name, hint=hint)
        for key, effects in (("do", self.do), ("else", self.otherwise)):
            for place, effect in enumerate(effects):
                self._check_locals(effect, key, place)
        return self

    def _check_companions(self, trigger: str) -> None:
        """Refuse keys that mean nothing beside this trigger."""
        for key in ("only", "per_tension", "per"):
            if trigger != "rate" and getattr(self, key) not in (None, (), {}):
                raise refusal(f"`{key}` goes with `rate`", key, hint="delete it, or write `guard`", at_key=True)
        for key, kind in (("hold", "watch"), ("delay", "when")):
            if trigger != kind and getattr(self, key) is not None:
                raise refusal(f"`{key}` goes with `{kind}`", key, hint="delete it", at_key=True)
        if self.otherwise and self.chance is None:
            raise refusal("`else` runs when the chance fails", "else", hint="add `chance: SHARE`", at_key=True)

    def _check_locals(self, effect: EffectBlock, key: str, place: int) -> None:
        if effect.local is not None and effect.local not in self.let:
            raise _no_local(effect.local, self.let, key, place, "local")
        if effect.when is None:
            return
        try:
            name, _ = read_if(effect.when)
        except FieldError as problem:
            raise as_pydantic(problem.below(key, place, "if")) from None
        if name not in self.let:
            raise _no_local(name, self.let, key, place, "if")


def _no_local(name: str, let: Mapping[str, object], *where: str | int) -> PydanticCustomError:
    hint = f"drawn are {', '.join(let)}" if let else f"add `let: {{{name}: each 1 to 20}}` to the event"
    return as_pydantic(FieldError(f"there is no local `{name}` under `let`", *where, hint=hint, word=name, known=let))


def read_if(text: str) -> tuple[str, Expr]:
    """`LOCAL >= NUMBER`, the number perhaps a formula. Raises `FieldError`."""
    found = _IF.fullmatch(text.strip())
    if not found:
        raise FieldError(f"`{text}` is not a condition on a local", hint="write `if: LOCAL >= NUMBER`")
    return found[1], read_formula(found[2], before=found.start(2))


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
            _effects(event, event.do),
            guard=event.guard,
            chance=event.chance,
            otherwise=_effects(event, event.otherwise),
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


def _effects(event: Event, effects: Sequence[EffectBlock]) -> tuple[Effect, ...]:
    return tuple(_effect(event, effect) for effect in effects)


def _effect(event: Event, effect: EffectBlock) -> Effect:
    when = None
    if effect.when is not None:
        name, level = read_if(effect.when)
        drawn = event.let[name]
        when = If(drawn, level) if isinstance(drawn, Draw) else None
    if effect.verb in _CHANGES:
        return Change(effect.verb, effect.target, _amount(event, effect), when)
    if effect.arm is not None:
        after = Amount() if effect.after is None else Amount(base=effect.after)
        over = Amount() if effect.over is None else Amount(base=effect.over)
        steps = None if effect.times is None else whole(effect.times)
        carries = effect.by is not None or effect.local is not None or effect.per is not None
        return Arm(effect.arm, after, steps, over, _amount(event, effect) if carries else None, when)
    make: dict[str, type[Disarm | Begin | End | Reset | Note]] = {
        "disarm": Disarm,
        "begin": Begin,
        "end": End,
        "reset": Reset,
        "note": Note,
    }
    return make[effect.verb](effect.target, when)


def _amount(event: Event, effect: EffectBlock) -> Amount:
    times: Chancy = 1.0 if effect.local is None else event.let[effect.local]
    base: Chancy = effect.by if effect.by is not None else (0.0 if effect.per is not None else 1.0)
    slope: Chancy = 0.0 if effect.per is None else effect.per
    return Amount(base, slope, effect.of, times)
