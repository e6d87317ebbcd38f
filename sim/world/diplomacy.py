"""Diplomacy: summits and ceasefires, by date, at a rate or in reaction; held or not, successful or not."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sim.rules.language import (
    Amount,
    Arm,
    Armed,
    Brings,
    Change,
    Clock,
    Condition,
    Effect,
    Hook,
    Note,
    Quantity,
    Reaction,
    Rule,
    Start,
    Trigger,
)
from sim.world.fields import Block, Date, EachDays, Multiplies, Real, Share, Shifted, World, refusal
from sim.world.rates import Rate


class Softens(Block):
    """A success may move intent from one state to another."""

    to: str
    chance: Share
    of: str | None = None


class Talks(Multiplies):
    """A meeting. Its multipliers act from a success on; `tension` changes at a success, `failure` at a failure."""

    date: Date | None = None
    when: str | None = None
    delay: EachDays | None = None
    rate: Rate | None = None
    held: Share | None = None
    success: Share
    tension: Shifted | None = None
    failure: Shifted | None = None
    softens: Softens | None = None
    reference: Real | None = None

    @model_validator(mode="after")
    def _one_trigger(self) -> Self:
        if sum(item is not None for item in (self.date, self.when, self.rate)) != 1:
            text = "the talks do not say when, or say it more than once"
            raise refusal(text, hint="write one of `date: DATE`, `when: EVENT` or `rate: …`")
        if self.delay is not None and self.when is None:
            raise refusal("`delay` goes with `when`", "delay", hint="delete it", at_key=True)
        return self


def bring(diplomacy: dict[str, Talks], world: World) -> Brings:
    """Meetings, and what comes of them."""
    brings = Brings()
    for name, talks in diplomacy.items():
        brings.extend(_one(f"diplomacy.{name}", talks, world))
    return brings


def _trigger(block: str, talks: Talks, world: World) -> tuple[Trigger, Reaction | None]:
    if talks.date is not None:
        return Start(world.day(talks.date)), None
    if talks.rate is not None:
        talks.rate.refuse_waning(world, f"{block}.rate")
        return Clock(talks.rate.per_day_rate(), hears=(block,)), None
    return Armed(), Reaction(talks.when or "", 0.0 if talks.delay is None else talks.delay, f"{block}.when")


def _one(block: str, talks: Talks, world: World) -> Brings:
    trigger, reacts = _trigger(block, talks, world)
    succeeded = f"{block}.succeeded"
    success: list[Effect] = [Change("set", succeeded, Amount(base=1.0))]
    if talks.tension is not None:
        success.append(talks.tension.change("tension"))
    failure: list[Effect] = [Note("the talks fail")]
    if talks.failure is not None:
        failure.append(talks.failure.change("tension"))
    cancelled: tuple[Effect, ...] = (Note("the talks are not held"),) if talks.held is not None else ()
    rules = [
        Rule(
            "diplomacy",
            block,
            "held",
            trigger,
            (Arm(f"{block}.ends"),),
            chance=talks.held,
            otherwise=cancelled,
            reacts=reacts,
            story="talks are held",
        )
    ]
    if talks.softens is not None:
        success.append(Arm(f"{block}.softens"))
        guard = () if talks.softens.of is None else (Condition(f"intent.{talks.softens.of}", 0.5, None),)
        rules.append(
            Rule(
                "diplomacy",
                block,
                "softens",
                Armed(),
                (Arm(f"intent.to_{talks.softens.to}"),),
                guard=guard,
                chance=talks.softens.chance,
                story="the talks change minds",
            )
        )
    rules.append(
        Rule(
            "diplomacy",
            block,
            "ends",
            Armed(),
            tuple(success),
            chance=talks.success,
            otherwise=tuple(failure),
            story="the talks succeed",
        )
    )
    reference = 0.0 if talks.reference is None else talks.reference
    return Brings(
        quantities=[Quantity(succeeded, 0.0, 0.0, 1.0, flag=True)],
        rules=rules,
        hooks=[Hook(f"{block}.held", f"{block}.held"), Hook(f"{block}.succeeds", f"{block}.ends")],
        influences=talks.influences(succeeded, reference),
    )
