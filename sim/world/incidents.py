"""Incidents: clocks that cluster, feed tension and are fed by it; one of a given severity is a clash."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sim.chance.uncertain import Draw, Number, log
from sim.rules.language import (
    Amount,
    Arm,
    Armed,
    Brings,
    Change,
    Clock,
    Effect,
    Hook,
    If,
    Rule,
    Tension,
)
from sim.world.fields import Block, EachPositive, HalfLife, Positive, Share, World, refusal
from sim.world.rates import Conditions, Rate, check_reference, inside_tension


class Clustering(Block):
    """Each incident brings `branching` others on average, spread over a memory with this half-life."""

    branching: Share
    half_life: HalfLife


class Incident(Block):
    """A kind of incident.

    `per_tension` multiplies the rate by 1 + per_tension x tension, centred on `tension_reference`.
    """

    rate: Rate
    per_tension: Positive | None = None
    tension_reference: Positive | None = None
    clustering: Clustering | None = None
    tension_gain: EachPositive | None = None
    severity: EachPositive | None = None
    clash_at: Positive | None = None
    only: Conditions = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_reference(self.per_tension, self.tension_reference)
        if self.severity is not None and self.clash_at is None:
            text = "a severity is drawn, but nothing asks for it"
            raise refusal(text, "severity", hint="add `clash_at: LEVEL`, or delete it", at_key=True)
        if self.clash_at is not None and not isinstance(self.severity, Draw):
            text = "`clash_at` needs a severity that is drawn at each incident"
            raise refusal(text, "clash_at", hint="write `severity: each 1 to 20`", at_key=True)
        return self


def bring(incidents: dict[str, Incident], world: World) -> Brings:
    """A clock for each kind of incident, its memory, and its clashes."""
    brings = Brings()
    for name, incident in incidents.items():
        brings.extend(_one(f"incidents.{name}", incident, world))
    return brings


def _one(block: str, incident: Incident, world: World) -> Brings:
    incident.rate.refuse_waning(world, f"{block}.rate")
    brings = Brings()
    effects: list[Effect] = []
    outside: tuple[tuple[str, Number], ...] = ()
    if incident.clustering is not None:
        memory = f"{block}.memory"
        brings.tensions.append(Tension(memory, 0.0, 0.0, incident.clustering.half_life))
        # a unit of memory relaxes with an integral of 1/decay, so this gain gives `branching` offspring on average
        outside = ((memory, incident.clustering.branching * (log(2.0) / incident.clustering.half_life)),)
        effects.append(Change("add", memory, Amount(base=1.0)))
    if incident.tension_gain is not None:
        effects.append(Change("add", "tension", Amount(base=incident.tension_gain)))
    if incident.clash_at is not None and isinstance(incident.severity, Draw):
        clash = Rule("incidents", block, "clash", Armed(), (), story="the incident is a clash")
        brings.rules.append(clash)
        brings.hooks.append(Hook(clash.full_name, clash.full_name))
        severe = If(incident.severity, incident.clash_at)
        effects.append(Arm(clash.full_name, load=Amount(base=incident.severity), when=severe))
    constant, inside = inside_tension(incident.per_tension, incident.tension_reference)
    clock = Clock(
        incident.rate.per_day_rate(),
        constant,
        inside=inside,
        outside=outside,
        only=incident.only,
        hears=("incidents", block),
    )
    happens = Rule("incidents", block, "happens", clock, tuple(effects), story="an incident")
    brings.rules.append(happens)
    brings.hooks.append(Hook(block, happens.full_name))
    return brings
