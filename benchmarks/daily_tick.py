"""The flagship at its median world, day by day: the SimPy model that most analysts would write.

One process ticks once a day. Each morning it lets the levels relax, does what the calendar holds for that day, counts
the days for which troops have stood high enough, reads every hazard once and lets it strike with the chance
1 - exp(-rate). It shares the numbers and the formulas of the hazards with the event-driven model (`plain_rates`), and
no machinery: no thinning, no interrupts, no processes that wait for each other.

What a daily tick cannot know is what happens within a day. Three things follow, and all shrink with the tick:

* a hazard strikes at most once a day, so of a rate r a share of about r / 2 is lost (Donbas: 3 to 5 % of incidents);
* levels are read in the morning: a tension that halves in a week has lost up to 10 % by the evening;
* whatever falls between two mornings happens on the second, up to a day late.

A smaller `tick` than a day tells this from a mistake: the differences go away.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from math import ceil, exp, log

import simpy

from benchmarks.plain_rates import EMBERS, FORCES, YEAR, Rates
from benchmarks.plain_simpy import COUNTED, DRILLS, FAMILIES, QUIET_AGE, RISES

Hazard = Callable[["DailyTheatre", Callable[[float], float]], float]
EXITS = {"restrain": ("coerce",), "coerce": ("restrain", "prepare"), "prepare": ("coerce",)}


@dataclass
class Campaign:
    """One build-up: troops on their way, troops that have arrived, and whether it was called off."""

    missing: float
    arrived: dict[str, float] = field(default_factory=lambda: dict.fromkeys(FORCES, 0.0))
    cancelled: bool = False


@dataclass
class Rise:
    """A crisis that is a rise of troops: how high, for how many ticks, and for how many it has been so high."""

    kind: str
    counted: bool
    needed: float
    hold: int
    low: float
    ticks: int = -1


class DailyTheatre:
    """One run. `events` counts what happens by the names of the rules; `onset`, `early` hold first onsets by kind."""

    def __init__(self, rates: Rates, seed: int, tick: float = 1.0) -> None:
        self.rates, self.numbers, self.luck, self.tick = rates, rates.numbers, random.Random(seed), tick
        self.env = simpy.Environment()
        self.ticks = 0
        self.agenda: defaultdict[int, list[Callable[[], None]]] = defaultdict(list)
        self.events: Counter[str] = Counter()
        self.onset: dict[str, float] = {}
        self.early: dict[str, float] = {}
        self.on: set[str] = set()
        self._set_up_state()
        self._set_up_levels()
        self.hazards: tuple[tuple[Hazard, Callable[[], None]], ...] = (
            (rates.orders, self._order),
            (rates.cancel, self._cancel),
            (rates.donbas, self._donbas_incident),
            (rates.black_sea, self._black_sea_incident),
            (rates.ultimatum, partial(self._lasting_crisis, "ultimatum")),
            (rates.other, partial(self._lasting_crisis, "other")),
            (rates.more, self._more_sanctions),
        )
        self._fill_calendar()

    def run(self) -> bool:
        """Play to the end of the window: whether a counted crisis began in it."""
        self.env.process(self._days())
        self.env.run(until=self.numbers.closes)
        return any(kind in self.onset for kind in COUNTED)

    def _days(self) -> Generator[simpy.Event, object, None]:
        while True:
            self._day()
            yield self.env.timeout(self.tick)

    def _day(self) -> None:
        if self.ticks:
            self._relax()
        # what happens may add to this very list: a drill without cover begins on the day it is planned
        for happens in self.agenda[self.ticks]:
            happens()
        self._look_at_troops()
        # all rates are this morning's: what strikes today moves them tomorrow
        rates = [rate(self, float) for rate, _ in self.hazards]
        for rate, (_, strikes) in zip(rates, self.hazards, strict=True):
            if self._strikes(rate):
                strikes()
        self._change_mind()
        self.ticks += 1

    def _strikes(self, rate: float) -> bool:
        return self.luck.random() < 1.0 - exp(-rate * self.tick)

    # ------------------------------------------------------------------------------------------------ the start

    def _set_up_state(self) -> None:
        n = self.numbers
        self.surge = {force: n[f"forces.{force}.surge"] for force in FORCES}
        self.garrison = {force: n[f"forces.{force}.garrison"] for force in FORCES}
        self.troops = {force: self.garrison[force] + self.surge[force] for force in FORCES}
        self.heavy = {force: n[f"forces.{force}.heavy_share"] for force in FORCES}
        low = sum(self.troops.values())
        self.rises = [
            Rise(kind, counted, n[f"crises.{kind}.rise"], ceil(n[f"crises.{kind}.hold"] / self.tick), low)
            for kind, counted in RISES.items()
        ]
        self.preparing = self.active = False
        self.campaign = Campaign(0.0)
        self.covering: set[str] = set()
        self.sea_closed = self.summit_succeeded = False
        self.pressure = n["sanctions.eo_14024.pressure"]
        self.intent = n.intent

    def _set_up_levels(self) -> None:
        n = self.numbers
        quiet = n["build_ups.main.already_quiet"]
        self.tension, self.memory = min(n["tension.start"], n["tension.cap"]), 0.0
        self.embers = {name: exp(-log(2.0) * quiet / half_life) for name, (_, half_life) in EMBERS.items()}
        self.tension_keeps = self._keeps(n["tension.half_life"])
        self.memory_keeps = self._keeps(n["incidents.donbas.clustering.half_life"])
        self.embers_keep = {name: self._keeps(half_life) for name, (_, half_life) in EMBERS.items()}

    def _keeps(self, half_life: float) -> float:
        """What is left of a level after one tick."""
        return float(0.5 ** (self.tick / half_life))

    def _relax(self) -> None:
        baseline = self.numbers["tension.baseline"]
        self.tension = baseline + (self.tension - baseline) * self.tension_keeps
        self.memory *= self.memory_keeps
        for name, keeps in self.embers_keep.items():
            self.embers[name] *= keeps

    def _fill_calendar(self) -> None:
        n, add = self.numbers, self._on_day
        self._plan_pullback()
        for drill in DRILLS:
            starts = n[f"exercises.{drill}.starts"]
            add(max(0.0, starts - n[f"exercises.{drill}.cover_before"]), partial(self._plan_drill, drill, starts))
        add(n["sanctions.bond_ban.imposed"], partial(self._dated_pressure, "bond_ban.imposed", 1.0))
        for name in ("nord_stream", "eu_renewal"):
            decided = partial(self._dated_pressure, f"{name}.review_1", n[f"sanctions.{name}.chance"])
            add(n[f"sanctions.{name}.reviews.0"], decided)
        add(n["diplomacy.summit.date"], self._summit)
        add(n["events.sea_closes.at"], partial(self._sea, "events.sea_closes", closed=True))
        add(n["events.sea_opens.at"], partial(self._sea, "events.sea_opens", closed=False))

    # ------------------------------------------------------------------------------------------------ the calendar

    def _on_day(self, day: float, happens: Callable[[], None]) -> None:
        """On the first morning that is not before this time."""
        self.agenda[ceil(day / self.tick)].append(happens)

    def _after(self, days: float, happens: Callable[[], None]) -> None:
        """So many days from today, and tomorrow at the earliest: this morning is over."""
        self.agenda[self.ticks + max(1, ceil(days / self.tick))].append(happens)

    def _plan_pullback(self) -> None:
        n, p = self.numbers, "pullbacks.april"
        convoys, takes = int(n[f"{p}.convoys"]), n[f"{p}.takes"]
        self._on_day(0.0, self._announced)
        for convoy in range(1, convoys + 1):
            self._on_day(takes * convoy / convoys, partial(self._convoy_home, convoys))
        self._on_day(takes, partial(self._note, f"{p}.complete"))
        self._on_day(takes + n[f"{p}.seen.after"], self._pullback_seen)

    def _plan_drill(self, name: str, starts: float) -> None:
        n, block = self.numbers, f"exercises.{name}"
        self._note(f"{block}.planned")
        if self.luck.random() >= n.values.get(f"{block}.held", 1.0):
            return
        self.covering.add(name)
        ends = starts + n[f"{block}.lasts"]
        self._on_day(starts, partial(self._drill_begins, name))
        self._on_day(ends, partial(self._drill_ends, name))
        self._on_day(ends + n[f"{block}.cover_after"], partial(self._cover_ends, name))

    def _note(self, event: str) -> None:
        self.events[event] += 1

    # ------------------------------------------------------------------------------------------------ what happens

    def _draw(self, path: str) -> float:
        family, first, second = self.numbers.draws[path]
        draw: Callable[[float, float], float] = getattr(self.luck, FAMILIES[family])
        return draw(first, second)

    def _add_tension(self, more: float) -> None:
        self.tension = min(max(self.tension + more, 0.0), self.numbers["tension.cap"])

    def _move(self, force: str, troops: float) -> None:
        self.troops[force] = max(0.0, self.troops[force] + troops)

    def _add_pressure(self, more: float) -> None:
        self.pressure = max(0.0, self.pressure + more)

    def _announced(self) -> None:
        self._note("pullbacks.april.announced")
        self._add_tension(-self.numbers["pullbacks.april.relief"])

    def _convoy_home(self, convoys: int) -> None:
        n, p = self.numbers, "pullbacks.april"
        self._note(f"{p}.convoy")
        kept = n[f"{p}.claimed_share"] * n[f"{p}.honoured_share"] / convoys
        for force in FORCES:
            self.heavy[force] -= (1.0 - n[f"{p}.equipment_stays.{force}"]) / convoys
            self._move(force, -kept * self.surge[force])

    def _pullback_seen(self) -> None:
        n, p = self.numbers, "pullbacks.april"
        self._note(f"{p}.seen")
        self._add_tension(n[f"{p}.seen.disappointment"] * n[f"{p}.claimed_share"] * (1.0 - n[f"{p}.honoured_share"]))

    def _drill_begins(self, name: str) -> None:
        self._note(f"exercises.{name}.begins")
        self._move("voronezh", self.numbers.values.get(f"exercises.{name}.brings.troops", 0.0))

    def _drill_ends(self, name: str) -> None:
        n, block = self.numbers, f"exercises.{name}"
        self._note(f"{block}.ends")
        brought = n.values.get(f"{block}.brings.troops", 0.0)
        if brought:
            self._move("voronezh", -brought * (1.0 - n[f"{block}.brings.stays_share"]))
        if f"{block}.takes_home.chance" in n.values:
            self._note(f"{block}.takes_home")
            if self.luck.random() < n[f"{block}.takes_home.chance"]:
                self.heavy["voronezh"] *= n[f"{block}.takes_home.heavy"]

    def _cover_ends(self, name: str) -> None:
        self._note(f"exercises.{name}.cover_ends")
        self.covering.discard(name)

    def _dated_pressure(self, event: str, chance: float) -> None:
        self._note(f"sanctions.{event}")
        if self.luck.random() < chance:
            self._add_pressure(self.numbers[f"sanctions.{event.partition('.')[0]}.pressure"])

    def _more_sanctions(self) -> None:
        self._note("sanctions.more.imposed")
        self._add_pressure(self._draw("sanctions.more.pressure"))
        self._add_tension(self.numbers["sanctions.more.tension"])

    def _reaction(self) -> None:
        self._note("sanctions.reaction.imposed")
        if self.luck.random() < self.numbers["sanctions.reaction.chance"]:
            self._add_pressure(self._draw("sanctions.reaction.pressure"))

    def _summit(self) -> None:
        n, block, luck = self.numbers, "diplomacy.summit", self.luck
        self._note(f"{block}.held")
        if luck.random() >= n[f"{block}.held"]:
            return
        self._note(f"{block}.ends")
        if luck.random() >= n[f"{block}.success"]:
            self._add_tension(n[f"{block}.failure"])
            return
        self.summit_succeeded = True
        self.tension *= n[f"{block}.tension"]
        self._note(f"{block}.softens")
        if self.intent == "coerce" and luck.random() < n[f"{block}.softens.chance"]:
            self._turn("restrain")

    def _change_mind(self) -> None:
        exits = EXITS[self.intent]
        rates = [self.numbers[f"intent.switches.{self.intent}.{to}.per_year"] / YEAR for to in exits]
        if self._strikes(sum(rates)):
            following = self.luck.choices(exits, rates)[0]
            self._note(f"intent.{self.intent}_to_{following}")
            self._turn(following)

    def _turn(self, intent: str) -> None:
        self._note(f"intent.to_{intent}")
        self.intent = intent

    def _donbas_incident(self) -> None:
        n = self.numbers
        self._note("incidents.donbas.happens")
        self.memory += 1.0
        self._add_tension(n["incidents.donbas.tension_gain"])
        _, least, alpha = n.draws["incidents.donbas.severity"]
        if least * self.luck.paretovariate(alpha) >= n["incidents.donbas.clash_at"]:
            self._note("incidents.donbas.clash")
            self._lasting_crisis("clash")

    def _black_sea_incident(self) -> None:
        self._note("incidents.black_sea.happens")
        self._add_tension(self.numbers["incidents.black_sea.tension_gain"])

    def _sea(self, event: str, *, closed: bool) -> None:
        self._note(event)
        self.sea_closed = closed

    # ------------------------------------------------------------------------------------------------ build-ups

    def _order(self) -> None:
        n, block = self.numbers, "build_ups.main"
        self._note(f"{block}.ordered")
        self.active = self.preparing = True
        size = self._draw(f"{block}.size")
        early, late = self._draw(f"{block}.lead_time.equipped"), self._draw(f"{block}.lead_time.unequipped")
        over, convoys = self._draw(f"{block}.arrives_over"), int(n[f"{block}.convoys"])
        campaign = self.campaign = Campaign(size / 2.0)
        for force in FORCES:
            going, ready = n[f"{block}.to.{force}"] * size, self.heavy[force]
            for troops, lead in ((going * ready, early), (going * (1.0 - ready), late)):
                arrives = partial(self._arrive, campaign, force, troops / convoys)
                for convoy in range(1, convoys + 1):
                    self._after(lead + over * convoy / convoys, arrives)
        self._after(late + over, partial(self._assembled, campaign))

    def _arrive(self, campaign: Campaign, force: str, troops: float) -> None:
        if campaign.cancelled:
            return
        self._note(f"build_ups.main.arrives_{force}")
        campaign.arrived[force] += troops
        campaign.missing -= troops
        self._move(force, troops)
        if self.preparing and campaign.missing <= 0.0:
            self.preparing = False
            self._note("build_ups.main.half_way")

    def _assembled(self, campaign: Campaign) -> None:
        if campaign.cancelled:
            return
        self._note("build_ups.main.assembles")
        self._after(self._draw("build_ups.main.stays"), partial(self._leave, campaign, "withdraws", "over"))

    def _cancel(self) -> None:
        self.campaign.cancelled, self.preparing = True, False
        self._leave(self.campaign, "cancelled", "stood_down")

    def _leave(self, campaign: Campaign, begins: str, ends: str) -> None:
        n, block = self.numbers, "build_ups.main"
        self._note(f"{block}.{begins}")
        convoys, over = int(n[f"{block}.convoys"]), n[f"{block}.leaves_over"]
        for convoy in range(1, convoys + 1):
            self._after(over * convoy / convoys, partial(self._convoy_leaves, campaign, convoys))
        self._after(over, partial(self._build_up_ends, ends))

    def _convoy_leaves(self, campaign: Campaign, convoys: int) -> None:
        for force, troops in campaign.arrived.items():
            self._note(f"build_ups.main.leaves_{force}")
            self._move(force, -troops / convoys)

    def _build_up_ends(self, event: str) -> None:
        self._note(f"build_ups.main.{event}")
        self.active = self.preparing = False
        if event == "over":
            for name, (_, half_life) in EMBERS.items():
                again = self.numbers["build_ups.main.embers_after"]
                self.embers[name] = again * exp(-log(2.0) * QUIET_AGE / half_life)

    # ------------------------------------------------------------------------------------------------ crises

    def _begin(self, kind: str, *, counted: bool = True) -> bool:
        self._note(f"crises.{kind}.begun")
        if kind in self.on:
            return False
        self.on.add(kind)
        today = self.ticks * self.tick
        (self.early if today < self.numbers.opens else self.onset).setdefault(kind, today)
        if counted and kind != "other":
            self._add_tension(self.numbers[f"crises.{kind}.tension"])
        if kind == "build_up":
            self._after(self._draw("sanctions.reaction.delay"), self._reaction)
        return True

    def _lasting_crisis(self, kind: str) -> None:
        if self._begin(kind):
            self._after(self._draw(f"crises.{kind}.lasts"), partial(self._end, kind))

    def _end(self, kind: str) -> None:
        self._note(f"crises.{kind}.over")
        self.on.discard(kind)

    def _look_at_troops(self) -> None:
        """Count the mornings on which troops stand high enough above their low; over when half of the rise is gone."""
        troops = sum(self.troops.values())
        for rise in self.rises:
            rise.low = min(rise.low, troops)
            above = troops - rise.low
            if rise.kind in self.on:
                if above <= rise.needed / 2.0:
                    self._end(rise.kind)
                    rise.low, rise.ticks = troops, -1
                continue
            rise.ticks = rise.ticks + 1 if above >= rise.needed * (1.0 - 1e-9) else -1
            if rise.ticks >= rise.hold:
                self._begin(rise.kind, counted=rise.counted)


def play(rates: Rates, seed: int) -> tuple[bool, int]:
    """One run: whether a counted crisis began in the window, and how many things happened."""
    theatre = DailyTheatre(rates, seed)
    hit = theatre.run()
    return hit, sum(theatre.events.values())
