"""Build-ups: ordered by a clock, prepared, arriving in convoys where equipment stayed early and elsewhere late."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from sim.chance.uncertain import Expr, Number, Value, as_expr, exp, log, whole
from sim.rules.language import (
    LOAD,
    Amount,
    Arm,
    Armed,
    Brings,
    Change,
    Clock,
    Condition,
    Disarm,
    Effect,
    Hook,
    Influence,
    Member,
    Quantity,
    Rule,
    Sum,
    Tension,
    Watch,
)
from sim.world.fields import (
    Block,
    Days,
    EachDays,
    EachPositive,
    Mix,
    Multiplier,
    Multiplies,
    Name,
    Positive,
    Share,
    Whole,
    World,
    refusal,
)
from sim.world.rates import WANING_CONSTANT, WANING_EMBERS, Rate, check_reference, inside_tension

WANING_REFERENCE_AGE = 120.0
QUIET_AGE = 30.0


def _value(kind: str, number: float) -> Value:
    return Value(kind, f"{number:g}", fixed=number)


class Left(Block):
    """What is left near the border and what it does: `orders` is the multiplier of everything left against nothing."""

    orders: Multiplier
    reference: Share
    troops_weight: Share = Field(default_factory=lambda: _value("share", 1.0))


class LeadTime(Block):
    """From order to first arrival: short where heavy equipment is forward, long where it is not."""

    equipped: EachDays
    unequipped: EachDays


class BuildUp(Block):
    """How a side builds up again. `reaching` is the share of orders, at the reference, that become an onset."""

    side: Name
    orders: Rate
    already_quiet: Days = Field(default_factory=lambda: _value("days", QUIET_AGE))
    embers_after: Positive = Field(default_factory=lambda: _value("positive", 1.0))
    reaching: Share = Field(default_factory=lambda: _value("share", 1.0))
    per_tension: Positive | None = None
    tension_reference: Positive | None = None
    left: Left | None = None
    to: dict[str, Share]
    size: EachPositive
    lead_time: LeadTime
    convoys: Whole = Field(default_factory=lambda: _value("whole", 4.0))
    arrives_over: EachDays
    stays: EachDays
    leaves_over: Days = Field(default_factory=lambda: _value("days", 14.0))
    cancel: Rate | None = None
    meanwhile: Multiplies | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_reference(self.per_tension, self.tension_reference)
        if not self.to:
            raise refusal("names no force to which troops go", "to", hint="write shares, like `to: {south: 1}`")
        if not self.orders.waning:
            for key in ("already_quiet", "embers_after"):
                if key in self.model_fields_set:
                    text = f"`{key}` belongs to a waning rate, and these orders have a steady one"
                    hint = "write `orders: {odds: …, between: [FROM, TO]}`, or delete it"
                    raise refusal(text, key, hint=hint, at_key=True)
        elif self.orders.between is not None and self.orders.between[0].fixed == 0.0 == self.already_quiet.fixed:
            text = "the waning law says nothing of an age of 0 days"
            raise refusal(text, "orders.between", hint="begin `between` later, or say how long it is `already_quiet`")
        return self


def bring(build_ups: dict[str, BuildUp], world: World) -> Brings:
    """Orders, arrivals, the stay and the return of each build-up."""
    brings = Brings()
    for name, build_up in build_ups.items():
        block = f"build_ups.{name}"
        world.mixes.append(Mix(f"{block}.to", tuple(build_up.to.values())))
        brings.extend(_state(block, build_up))
        brings.rules.append(_order(block, build_up, brings))
        brings.extend(_movements(block, build_up, world))
        hooks = {"ordered": "ordered", "complete": "assembles", "leaves": "withdraws", "over": "over"}
        if build_up.cancel is not None:
            hooks["cancelled"] = "cancelled"
        brings.hooks += [Hook(f"{block}.{hook}", f"{block}.{rule}") for hook, rule in hooks.items()]
    return brings


def _state(block: str, build_up: BuildUp) -> Brings:
    """Flags, what was ordered and what has come, and how much is missing until half of it is there."""
    preparing, active, missing = f"{block}.preparing", f"{block}.active", f"{block}.missing"
    brings = Brings(
        quantities=[
            Quantity(preparing, 0.0, 0.0, 1.0, flag=True),
            Quantity(active, 0.0, 0.0, 1.0, flag=True),
            Quantity(f"{block}.size", 0.0, unit="troops"),
        ],
        sums=[Sum(missing, unit="troops")],
        members=[Member(missing, f"{block}.size", 0.5)],
    )
    for name in sorted(build_up.to):
        brings.quantities.append(Quantity(f"{block}.arrived_{name}", 0.0, unit="troops"))
        brings.members.append(Member(missing, f"{block}.arrived_{name}", -1.0))
    if build_up.meanwhile is not None:
        brings.influences += build_up.meanwhile.influences(active)
    if build_up.left is not None:
        left, weight = f"{block}.left", build_up.left.troops_weight
        brings.sums.append(Sum(left, unit="share"))
        brings.members.append(Member(left, f"sides.{build_up.side}.surge_left", weight))
        brings.members.append(Member(left, f"sides.{build_up.side}.heavy_left", 1.0 - as_expr(weight)))
        log_multiplier = log(build_up.left.orders)
        brings.influences.append(
            Influence(block, left, log_multiplier, build_up.left.reference, build_up.left.orders.path)
        )
    return brings


def _hazard(block: str, build_up: BuildUp, brings: Brings) -> tuple[Expr, Number, tuple[tuple[str, Number], ...]]:
    """Base rate, constant and gains: a plain rate, or the waning law with its two embers (docs/model.md)."""
    reaching = as_expr(build_up.reaching)
    if not build_up.orders.waning:
        constant, inside = inside_tension(build_up.per_tension, build_up.tension_reference)
        return build_up.orders.per_day_rate() / reaching, constant, inside
    base = build_up.orders.waning_strength(build_up.already_quiet) / reaching
    gains: list[tuple[str, Number]] = []
    shape = as_expr(WANING_CONSTANT)
    for ember, weight, half_life in WANING_EMBERS:
        name = f"{block}.ember_{ember}"
        brings.tensions.append(Tension(name, _faded(build_up.already_quiet, half_life), 0.0, half_life))
        gains.append((name, weight))
        shape = shape + weight * _faded(WANING_REFERENCE_AGE, half_life)
    if build_up.per_tension is not None:
        # tension counts as a share of the base hazard at day 120, so that it does not wane with the embers
        gains.append(("tension", build_up.per_tension * shape))
        centre = 1.0 + build_up.per_tension * (build_up.tension_reference or as_expr(0.0))
        base = base / centre
    return base, WANING_CONSTANT, tuple(gains)


def _faded(age: Number, half_life: float) -> Expr:
    return exp(-(as_expr(age) * log(2.0)) / half_life)


def _order(block: str, build_up: BuildUp, brings: Brings) -> Rule:
    base, constant, inside = _hazard(block, build_up, brings)
    effects: list[Effect] = [
        Change("set", f"{block}.preparing", Amount(base=1.0)),
        Change("set", f"{block}.active", Amount(base=1.0)),
        Change("set", f"{block}.size", Amount(base=build_up.size)),
    ]
    convoys, over = whole(build_up.convoys), Amount(base=build_up.arrives_over)
    lead = build_up.lead_time
    for name in sorted(build_up.to):
        # the share of a force whose equipment is forward arrives early, the rest late
        equipped = Amount(slope=build_up.to[name], of=f"forces.{name}.heavy", times=build_up.size)
        rest = Amount(base=build_up.to[name], slope=-build_up.to[name], of=f"forces.{name}.heavy", times=build_up.size)
        for load, delay in ((equipped, lead.equipped), (rest, lead.unequipped)):
            effects.append(Arm(f"{block}.arrives_{name}", Amount(base=delay), convoys, over, load))
    effects.append(Arm(f"{block}.assembles", Amount(base=lead.unequipped), 1.0, over))
    clock = Clock(
        base,
        constant,
        inside=inside,
        only=(Condition(f"{block}.active", None, 0.0),),
        hears=("orders", block),
    )
    return Rule("build_ups", block, "ordered", clock, tuple(effects), story="a build-up is ordered")


def _movements(block: str, build_up: BuildUp, world: World) -> Brings:
    convoys, going = whole(build_up.convoys), Amount(base=build_up.leaves_over)
    brings = Brings()
    step = 1.0 / convoys
    for name in sorted(build_up.to):
        troops, arrived = f"forces.{name}.troops", f"{block}.arrived_{name}"
        come = tuple(Change("add", what, Amount(slope=step, of=LOAD)) for what in (troops, arrived))
        gone = tuple(Change("add", what, Amount(slope=-step, of=LOAD)) for what in (troops, arrived))
        brings.rules += [
            Rule("build_ups", block, f"arrives_{name}", Armed(), come, story=f"troops arrive: {name}"),
            Rule("build_ups", block, f"leaves_{name}", Armed(), gone, story=f"a convoy goes home: {name}"),
        ]
    home = _home(block, build_up)
    withdraws = Arm(f"{block}.withdraws", Amount(base=build_up.stays))
    half = Watch((Condition(f"{block}.preparing", 1.0, None), Condition(f"{block}.missing", None, 0.0)))
    ready = Change("set", f"{block}.preparing", Amount(base=0.0))
    brings.rules += [
        Rule("build_ups", block, "half_way", half, (ready,), story="half of the build-up is there"),
        Rule("build_ups", block, "assembles", Armed(), (withdraws,), story="the build-up is complete"),
        Rule(
            "build_ups",
            block,
            "withdraws",
            Armed(),
            # whoever has not come by now does not come any more
            (
                *(Disarm(f"{block}.arrives_{name}") for name in sorted(build_up.to)),
                *home,
                Arm(f"{block}.over", after=going),
            ),
            story="the build-up goes home",
        ),
        Rule(
            "build_ups",
            block,
            "over",
            Armed(),
            (*_empty(block, build_up), *_quiet_again(block, build_up)),
            story="the build-up is over",
        ),
    ]
    if build_up.cancel is not None:
        brings.rules += _cancel(block, build_up, build_up.cancel, world)
    return brings


def _home(block: str, build_up: BuildUp) -> list[Effect]:
    """What has come leaves again, in convoys."""
    convoys, going = whole(build_up.convoys), Amount(base=build_up.leaves_over)
    return [
        Arm(f"{block}.leaves_{name}", steps=convoys, over=going, load=Amount(slope=1.0, of=f"{block}.arrived_{name}"))
        for name in sorted(build_up.to)
    ]


def _empty(block: str, build_up: BuildUp) -> list[Effect]:
    """Nothing is ordered and nothing is there any more; n equal steps do not sum exactly."""
    off = ["active", "size", *(f"arrived_{name}" for name in sorted(build_up.to))]
    return [Change("set", f"{block}.{what}", Amount(base=0.0)) for what in off]


def _quiet_again(block: str, build_up: BuildUp) -> list[Effect]:
    """Embers are set, never added, to their value at age 30: younger ages would promise an onset at once."""
    if not build_up.orders.waning:
        return []
    effects: list[Effect] = []
    for ember, _, half_life in WANING_EMBERS:
        young = _faded(QUIET_AGE, half_life) * build_up.embers_after
        effects.append(Change("set", f"{block}.ember_{ember}", Amount(base=young)))
    return effects


def _cancel(block: str, build_up: BuildUp, rate: Rate, world: World) -> list[Rule]:
    """Until half of a build-up is there it may be called off: the rest stays at home, and what has come goes back."""
    rate.refuse_waning(world, f"{block}.cancel")
    arrivals = [f"{block}.arrives_{name}" for name in sorted(build_up.to)]
    off: list[Effect] = [Disarm(rule) for rule in (*arrivals, f"{block}.assembles")]
    off += [Change("set", f"{block}.preparing", Amount(base=0.0)), *_home(block, build_up)]
    off.append(Arm(f"{block}.stood_down", after=Amount(base=build_up.leaves_over)))
    clock = Clock(
        rate.per_day_rate(), only=(Condition(f"{block}.preparing", 1.0, None),), hears=("cancels", f"{block}.cancel")
    )
    down = tuple(_empty(block, build_up))
    return [
        Rule("build_ups", block, "cancelled", clock, tuple(off), story="the build-up is called off"),
        Rule("build_ups", block, "stood_down", Armed(), down, story="all of it is home again"),
    ]
