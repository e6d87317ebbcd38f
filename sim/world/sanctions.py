"""Sanctions: imposed on a date, in reaction, or at a rate; eased at reviews. What they add up to is the pressure."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sim.chance.uncertain import Draw, Expr, as_expr, log
from sim.rules.language import (
    Amount,
    Armed,
    Brings,
    Change,
    Clock,
    Effect,
    Hook,
    Influence,
    Quantity,
    Reaction,
    Rule,
    Start,
    Trigger,
)
from sim.world.fields import Block, Date, EachDays, EachReal, Multiplier, Real, Share, Shifted, World, refusal
from sim.world.rates import Rate


class Sanction(Block):
    """One package or one series of reviews; `pressure` may be negative (easing)."""

    imposed: Date | None = None
    when: str | None = None
    rate: Rate | None = None
    reviews: list[Date] = []
    delay: EachDays | None = None
    chance: Share | None = None
    pressure: EachReal
    tension: Shifted | None = None

    @model_validator(mode="after")
    def _one_trigger(self) -> Self:
        given = [self.imposed is not None, self.when is not None, self.rate is not None, bool(self.reviews)]
        if sum(given) != 1:
            how = "does not say when it comes" if not any(given) else "says more than once when it comes"
            raise refusal(how, hint="write one of `imposed: DATE`, `when: EVENT`, `rate: …` or `reviews: [DATE, …]`")
        if self.delay is not None and self.when is None:
            raise refusal(
                "`delay` goes with `when`", "delay", hint="delete it: a date or a rate needs none", at_key=True
            )
        return self


class SanctionsEffect(Block):
    """What each unit of pressure does to the rate of build-up orders; 1 at the `reference` pressure."""

    orders_per_pressure: Multiplier
    reference: Real | None = None


def bring(sanctions: dict[str, Sanction], effect: SanctionsEffect | None, world: World) -> Brings:
    """The quantity `pressure`, what moves it, and what it does."""
    start: Expr = as_expr(0.0)
    brings = Brings()
    for name, sanction in sorted(sanctions.items()):
        if sanction.imposed is not None and world.before_start(sanction.imposed):
            if sanction.chance is not None:
                text = "belongs to a sanction that is in force before the clock starts, which is no chance any more"
                world.refuse(f"sanctions.{name}.chance", text, "delete it")
            if isinstance(sanction.pressure, Draw):
                text = "belongs to a sanction that is in force before the clock starts, which is no luck any more"
                world.refuse(f"sanctions.{name}.pressure", text, "leave `each` out")
            else:
                start = start + sanction.pressure
        else:
            brings.extend(_one(f"sanctions.{name}", sanction, world))
    brings.quantities.append(Quantity("pressure", start, unit="packages"))
    if effect is not None:
        reference = 0.0 if effect.reference is None else effect.reference
        beta = log(effect.orders_per_pressure)
        brings.influences.append(Influence("orders", "pressure", beta, reference, effect.orders_per_pressure.path))
    return brings


def _one(block: str, sanction: Sanction, world: World) -> Brings:
    effects: list[Effect] = [Change("add", "pressure", Amount(base=sanction.pressure))]
    if sanction.tension is not None:
        effects.append(sanction.tension.change("tension"))
    triggers: list[tuple[str, Trigger]] = []
    reacts = None
    if sanction.imposed is not None:
        triggers.append(("imposed", Start(world.day(sanction.imposed))))
    elif sanction.when is not None:
        triggers.append(("imposed", Armed()))
        reacts = Reaction(sanction.when, 0.0 if sanction.delay is None else sanction.delay, f"{block}.when")
    elif sanction.rate is not None:
        sanction.rate.refuse_waning(world, f"{block}.rate")
        triggers.append(("imposed", Clock(sanction.rate.per_day_rate(), hears=(block,))))
    else:
        triggers += [(f"review_{place}", Start(world.day(date))) for place, date in enumerate(sanction.reviews, 1)]
        changes = (("pressure", sanction.pressure), ("tension", sanction.tension and sanction.tension.number))
        for key, change in changes:
            if isinstance(change, Draw) and len(triggers) > 1:
                text = "is drawn anew, but its reviews would share one draw"
                world.refuse(f"{block}.{key}", text, "write one sanction for each review")
    story = "sanctions change" if sanction.reviews else "sanctions are imposed"
    rules = [
        Rule("sanctions", block, name, trigger, tuple(effects), chance=sanction.chance, reacts=reacts, story=story)
        for name, trigger in triggers
    ]
    return Brings(rules=rules, hooks=[Hook(rule.full_name, rule.full_name) for rule in rules])
