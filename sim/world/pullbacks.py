"""Pullbacks: announced, perhaps honoured, seen through on a date. "Some" is the honoured share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from sim.chance.uncertain import Expr, Reference, Value, maximum, whole
from sim.rules.language import Amount, Arm, Armed, Brings, Change, Effect, Hook, Note, Rule, Start
from sim.world.fields import Block, Date, Days, Real, Share, Whole, World, refusal


class Seen(Block):
    """When the gap between claim and deed shows, and what that does to tension per unit of gap."""

    after: Days
    disappointment: Real


def _different(forces: list[str]) -> list[str]:
    if not forces:
        raise refusal("names no force that goes home", hint="write a list like `[south]`")
    for place, name in enumerate(forces):
        if name in forces[:place]:
            raise refusal(f"`{name}` is named twice", place, hint="delete one of the two")
    return forces


class Pullback(Block):
    """An order to go home: `claimed_share` of the surge, of which `honoured_share` really goes, in convoys."""

    announced: Date
    takes: Days
    convoys: Whole = Field(default_factory=lambda: Value("whole", "4", fixed=4.0))
    forces: Annotated[list[str], AfterValidator(_different)]
    claimed_share: Share
    honoured_share: Share
    equipment_stays: dict[str, Share] = {}
    relief: Real | None = None
    seen: Seen | None = None


def bring(pullbacks: dict[str, Pullback], world: World) -> Brings:
    """An announcement, convoys, completion, and the day on which the gap is seen."""
    brings = Brings()
    for name, pullback in pullbacks.items():
        brings.extend(_one(f"pullbacks.{name}", pullback, world))
    return brings


def _one(block: str, pullback: Pullback, world: World) -> Brings:
    takes: Expr = pullback.takes
    rest: Expr | float = 1.0
    if world.before_start(pullback.announced):
        # under way: forces are described as they stand at the clock's start, the rest of the schedule is pending
        gone = world.start.toordinal() - (pullback.announced.fixed or 0.0)
        takes = maximum(0.0, pullback.takes - gone)
        rest = takes / maximum(pullback.takes, 1e-9)
        trigger = Start(0.0)
        relief: list[Effect] = []
    else:
        trigger = Start(world.day(pullback.announced))
        relief = [] if pullback.relief is None else [Change("add", "tension", Amount(base=-pullback.relief))]
    announced = Rule(
        "pullbacks",
        block,
        "announced",
        trigger,
        (
            *relief,
            Arm(f"{block}.convoy", steps=whole(pullback.convoys), over=Amount(base=takes)),
            Arm(f"{block}.complete", after=Amount(base=takes)),
        ),
        story="a pullback is announced",
    )
    convoy = Rule("pullbacks", block, "convoy", Armed(), tuple(_convoy(pullback, rest)), story="a convoy goes home")
    brings = Brings(rules=[announced, convoy], hooks=[Hook(f"{block}.announced", announced.full_name)])
    after: list[Effect] = [Note("the pullback is over, as far as it goes")]
    if pullback.seen is not None:
        gap = pullback.claimed_share * (1.0 - pullback.honoured_share)
        after.append(Arm(f"{block}.seen", after=Amount(base=pullback.seen.after)))
        disappointment = Change("add", "tension", Amount(base=pullback.seen.disappointment * gap))
        seen = Rule("pullbacks", block, "seen", Armed(), (disappointment,), story="what really left is seen")
        brings.rules.append(seen)
        brings.hooks.append(Hook(seen.full_name, seen.full_name))
    complete = Rule("pullbacks", block, "complete", Armed(), tuple(after), story="the pullback ends")
    brings.rules.append(complete)
    brings.hooks.append(Hook(complete.full_name, complete.full_name))
    return brings


def _convoy(pullback: Pullback, rest: Expr | float) -> list[Effect]:
    """One of n equal steps: troops home, and the equipment that goes with them."""
    effects: list[Effect] = []
    for name in sorted(pullback.forces):
        home = Reference(f"forces.{name}.surge") * pullback.claimed_share * pullback.honoured_share * rest
        effects.append(Change("add", f"forces.{name}.troops", Amount(base=-home / whole(pullback.convoys))))
        stays = pullback.equipment_stays.get(name)
        if stays is not None:
            gone = Reference(f"forces.{name}.heavy_share") * (1.0 - stays) * rest
            effects.append(Change("add", f"forces.{name}.heavy", Amount(base=-gone / whole(pullback.convoys))))
    return effects
