"""Exercises: whose, when, held or cancelled; cover for orders, provocation, troops brought and left behind."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from sim.chance.uncertain import Expr, Value, as_expr, maximum
from sim.rules.language import Amount, Arm, Armed, Brings, Change, Effect, Hook, Note, Quantity, Rule, Start
from sim.world.fields import (
    Block,
    Clamp,
    Date,
    Days,
    Multiplies,
    Name,
    Positive,
    Real,
    Share,
    Shifted,
    World,
    refusal,
)

_OFF, _ON = Amount(base=0.0), Amount(base=1.0)


def _no_days() -> Value:
    return Value("days", "0", fixed=0.0)


class Brought(Block):
    """Troops that an exercise brings to a force, and the share of them that stays behind."""

    to: str
    troops: Positive
    stays_share: Share


class TakesHome(Block):
    """After the exercise the equipment of a force may go home too; `heavy` is what becomes of its share forward."""

    of: str
    chance: Share
    heavy: Shifted


class Exercise(Multiplies):
    """A scheduled exercise.

    Its multipliers act while its cover lasts: from `cover_before` its start to `cover_after` its end.
    """

    side: Name
    starts: Date
    lasts: Days
    held: Share | None = None
    reference: Real | None = None
    cover_before: Days = Field(default_factory=_no_days)
    cover_after: Days = Field(default_factory=_no_days)
    tension: Shifted | None = None
    brings: Brought | None = None
    takes_home: TakesHome | None = None

    @model_validator(mode="after")
    def _cover_has_a_use(self) -> Self:
        given = (self.orders, self.cancels, *self.incidents.values(), *self.crises.values())
        if all(multiplier is None for multiplier in given):
            for key in ("cover_before", "cover_after"):
                if key in self.model_fields_set:
                    text = f"`{key}` is how long multipliers act beyond the exercise, and there is no multiplier here"
                    raise refusal(text, key, hint="write a multiplier like `orders: 1.3`, or delete it", at_key=True)
        return self


def bring(exercises: dict[str, Exercise], world: World) -> Brings:
    """Plan, start and end of each exercise, with flags `on` and `cover`."""
    brings = Brings()
    for name, exercise in exercises.items():
        brings.extend(_one(f"exercises.{name}", exercise, world))
    return brings


def _one(block: str, exercise: Exercise, world: World) -> Brings:
    on, cover = f"{block}.on", f"{block}.cover"
    under_way = world.before_start(exercise.starts)
    running = 1.0 if under_way else 0.0
    brings = Brings(quantities=[Quantity(on, running, 0.0, 1.0, flag=True), Quantity(cover, running, 0.0, 1.0)])
    brings.influences.extend(exercise.influences(cover, 0.0 if exercise.reference is None else exercise.reference))
    end = Amount(base=exercise.lasts)
    begins: tuple[Effect, ...] = (Change("set", on, _ON), *_arrivals(exercise), Arm(f"{block}.ends", after=end))
    begun = Rule("exercises", block, "begins", Armed(), begins, story="the exercise begins")
    planned = _under_way(block, exercise, world) if under_way else _planned(block, exercise, world)
    brings.rules += [planned, begun, *_endings(block, exercise)]
    brings.hooks += [Hook(begun.full_name, begun.full_name), Hook(f"{block}.ends", f"{block}.ends")]
    return brings


def _under_way(block: str, exercise: Exercise, world: World) -> Rule:
    """It began before the clock: flags, troops and tension are as the file describes them, only its end is pending."""
    gone = world.start.toordinal() - (exercise.starts.fixed or 0.0)
    if exercise.held is not None:
        text = "belongs to an exercise that began before the clock starts, which is no chance any more"
        world.refuse(f"{block}.held", text, "delete it")
    if exercise.lasts.fixed is not None and exercise.lasts.fixed <= gone:
        text = f"begins {gone:g} days before the clock starts and lasts {exercise.lasts.fixed:g}, so it is over"
        world.refuse(block, text, "delete it, and describe what it left behind under `forces`")
    elif exercise.lasts.fixed is None:
        over = "the exercise would be over before the clock starts"
        hint = f"make it longer than {gone:g} days, or delete the exercise"
        world.clamps.append(Clamp(f"{block}.lasts", exercise.lasts, as_expr(gone), over, hint))
    left = Amount(base=maximum(0.0, exercise.lasts - gone))
    return Rule("exercises", block, "planned", Start(0.0), (Arm(f"{block}.ends", after=left),))


def _planned(block: str, exercise: Exercise, world: World) -> Rule:
    """Held or cancelled is decided when the cover would begin, so that a cancelled exercise covers nothing."""
    starts = world.day(exercise.starts)
    cover_starts: Expr = starts
    if exercise.cover_before.fixed != 0.0:
        cover_starts = maximum(0.0, starts - exercise.cover_before)
    return Rule(
        "exercises",
        block,
        "planned",
        Start(cover_starts),
        (Change("set", f"{block}.cover", _ON), Arm(f"{block}.begins", after=Amount(base=starts - cover_starts))),
        chance=exercise.held,
        otherwise=(Note("the exercise is cancelled"),) if exercise.held is not None else (),
        story="the exercise is prepared",
    )


def _arrivals(exercise: Exercise) -> list[Effect]:
    effects: list[Effect] = []
    if exercise.brings is not None:
        effects.append(Change("add", f"forces.{exercise.brings.to}.troops", Amount(base=exercise.brings.troops)))
    if exercise.tension is not None:
        effects.append(exercise.tension.change("tension"))
    return effects


def _endings(block: str, exercise: Exercise) -> list[Rule]:
    effects: list[Effect] = [Change("set", f"{block}.on", _OFF)]
    rules = []
    if exercise.brings is not None:
        leaving = exercise.brings.troops * (1.0 - as_expr(exercise.brings.stays_share))
        effects.append(Change("add", f"forces.{exercise.brings.to}.troops", Amount(base=-leaving)))
    if exercise.takes_home is not None:
        effects.append(Arm(f"{block}.takes_home"))
        home = exercise.takes_home.heavy.change(f"forces.{exercise.takes_home.of}.heavy")
        rules.append(
            Rule(
                "exercises",
                block,
                "takes_home",
                Armed(),
                (home,),
                chance=exercise.takes_home.chance,
                story="equipment is taken home",
            )
        )
    effects.append(Arm(f"{block}.cover_ends", after=Amount(base=exercise.cover_after)))
    rules.append(Rule("exercises", block, "ends", Armed(), tuple(effects), story="the exercise ends"))
    off = Change("set", f"{block}.cover", _OFF)
    rules.append(Rule("exercises", block, "cover_ends", Armed(), (off,), story="its cover is over"))
    return rules
