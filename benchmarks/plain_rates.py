"""How fast things happen in the plain model: hazards per day as functions of the theatre's state, by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log
from typing import Protocol, TypeVar

import simpy

from benchmarks.plain_numbers import Numbers

YEAR = 365.25
FORCES = ("south", "voronezh")
# The a/t law of re-ignition: a constant and two embers, each a weight and a half-life (docs/model.md).
WANING, EMBERS = 0.002479, {"short": (0.07444, 13.27), "long": (0.02052, 65.62)}
REFERENCE_AGE = 120.0


class Level:
    """A number that relaxes exponentially to its baseline and never leaves [0, cap]."""

    def __init__(
        self, env: simpy.Environment, start: float, baseline: float, half_life: float, cap: float = inf
    ) -> None:
        self.env, self.value, self.baseline, self.cap = env, min(start, cap), baseline, cap
        self.decay, self.since = log(2.0) / half_life, 0.0

    def now(self) -> float:
        return self.baseline + (self.value - self.baseline) * exp(-self.decay * (self.env.now - self.since))

    def most(self) -> float:
        """The most it can be until somebody changes it."""
        return max(self.now(), self.baseline)

    def set(self, value: float) -> None:
        self.value, self.since = min(max(value, 0.0), self.cap), self.env.now


Reading = Callable[[Level], float]
"""How a hazard reads levels: `Level.now` for its rate, `Level.most` for a bound that holds until something changes."""

_L = TypeVar("_L")


class Situation(Protocol[_L]):
    """What the hazards of a theatre depend on. Its levels may be of any sort that the reading understands."""

    active: bool
    preparing: bool
    summit_succeeded: bool
    sea_closed: bool
    intent: str
    pressure: float
    covering: set[str]
    troops: dict[str, float]
    garrison: dict[str, float]
    surge: dict[str, float]
    heavy: dict[str, float]
    tension: _L
    memory: _L
    embers: dict[str, _L]


class Rates:
    """Every hazard of the model; what depends on the numbers alone is computed once for all runs."""

    def __init__(self, numbers: Numbers) -> None:
        """What hazards need over and over."""
        self.numbers = n = numbers
        b = "build_ups.main"
        states = ("restrain", "coerce", "prepare")
        tables = {
            "orders": {state: n[f"intent.orders.{state}"] for state in states},
            "cancels": {"restrain": n["intent.cancels.restrain"], "coerce": 1.0, "prepare": 1.0},
            "donbas": {
                "restrain": 1.0,
                "coerce": n["intent.incidents.donbas.coerce"],
                "prepare": n["intent.incidents.donbas.prepare"],
            },
            "ultimatum": {
                "restrain": n["intent.crises.ultimatum.restrain"],
                "coerce": 1.0,
                "prepare": n["intent.crises.ultimatum.prepare"],
            },
        }
        self.by_intent = {
            name: {
                state: factor / sum(n[f"intent.reference.{each}"] * table[each] for each in states)
                for state, factor in table.items()
            }
            for name, table in tables.items()
        }
        quiet, first, last = n[f"{b}.already_quiet"], n[f"{b}.orders.between.0"], n[f"{b}.orders.between.1"]
        strength = -log(1.0 - n[f"{b}.orders.odds"]) / log((last + quiet) / (first + quiet))
        shape = WANING + sum(weight * exp(-log(2.0) * REFERENCE_AGE / half) for weight, half in EMBERS.values())
        per_tension = n[f"{b}.per_tension"]
        self.order_base = strength / n[f"{b}.reaching"] / (1.0 + per_tension * n[f"{b}.tension_reference"])
        self.order_tension = per_tension * shape
        self.donbas_tension = n["incidents.donbas.per_tension"]
        self.donbas_base = n["incidents.donbas.rate.per_day"] / (
            1.0 + self.donbas_tension * n["incidents.donbas.tension_reference"]
        )
        self.contagion = (
            n["incidents.donbas.clustering.branching"] * log(2.0) / n["incidents.donbas.clustering.half_life"]
        )
        self.ultimatum_tension = n["crises.ultimatum.per_tension"]
        self.ultimatum_base = (
            n["crises.ultimatum.rate.per_year"]
            / YEAR
            / (1.0 + self.ultimatum_tension * n["crises.ultimatum.tension_reference"])
        )

    def orders(self, t: Situation[_L], level: Callable[[_L], float]) -> float:
        if t.active:
            return 0.0
        n = self.numbers
        pressure = t.pressure - n["sanctions_effect.reference"]
        factor = self.by_intent["orders"][t.intent]
        factor *= float(n["sanctions_effect.orders_per_pressure"] ** pressure)
        factor *= float(n["build_ups.main.left.orders"] ** (self._left(t) - n["build_ups.main.left.reference"]))
        for drill in t.covering:
            factor *= n[f"exercises.{drill}.orders"]
        if t.summit_succeeded:
            factor *= n["diplomacy.summit.orders"]
        waning = WANING + sum(weight * level(t.embers[name]) for name, (weight, _) in EMBERS.items())
        return self.order_base * factor * (waning + self.order_tension * level(t.tension))

    def _left(self, t: Situation[_L]) -> float:
        """What is left near the border, men and machines weighted."""
        surge = sum(t.surge.values())
        men = sum(t.troops[force] - t.garrison[force] for force in FORCES) / surge
        machines = sum(t.heavy[force] * t.surge[force] for force in FORCES) / surge
        weight = self.numbers["build_ups.main.left.troops_weight"]
        return weight * men + (1.0 - weight) * machines

    def cancel(self, t: Situation[_L], _: Callable[[_L], float]) -> float:
        if not t.preparing:
            return 0.0
        n = self.numbers
        factor = n["diplomacy.summit.cancels"] if t.summit_succeeded else 1.0
        return n["build_ups.main.cancel.per_year"] / YEAR * factor * self.by_intent["cancels"][t.intent]

    def donbas(self, t: Situation[_L], level: Callable[[_L], float]) -> float:
        factor = self.by_intent["donbas"][t.intent]
        if t.active:
            factor *= self.numbers["build_ups.main.meanwhile.incidents.donbas"]
        own = self.donbas_base * factor * (1.0 + self.donbas_tension * level(t.tension))
        return own + self.contagion * level(t.memory)

    def black_sea(self, t: Situation[_L], _: Callable[[_L], float]) -> float:
        n = self.numbers
        factor = n["exercises.sea_breeze.incidents.black_sea"] if "sea_breeze" in t.covering else 1.0
        if t.sea_closed:
            factor *= n["quantities.black_sea_closed.incidents.black_sea"]
        return n["incidents.black_sea.rate.per_year"] / YEAR * factor

    def ultimatum(self, t: Situation[_L], level: Callable[[_L], float]) -> float:
        factor = self.by_intent["ultimatum"][t.intent]
        if t.active:
            factor *= self.numbers["build_ups.main.meanwhile.crises.ultimatum"]
        return self.ultimatum_base * factor * (1.0 + self.ultimatum_tension * level(t.tension))

    def other(self, _: Situation[_L], __: Callable[[_L], float]) -> float:
        return -log(1.0 - self.numbers["crises.other.rate.odds"]) / self.numbers["crises.other.rate.within"]

    def more(self, _: Situation[_L], __: Callable[[_L], float]) -> float:
        return self.numbers["sanctions.more.rate.per_year"] / YEAR
