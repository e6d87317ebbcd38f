"""The flagship at its median world, written by hand in plain SimPy: a yardstick for speed and a second opinion.

This is how somebody who knows SimPy would write the same model without this project: a process for each thing that goes
on, `random.Random` for luck, hazards by thinning, interrupts where a rate changes. Nothing of the rule language or of
the engines is used; only the numbers come from the file, each uncertain value at its median. Because it shares no code
with the engines, that both give the same odds says that the world is what its file and `docs/semantics.md` say.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from math import exp, log

import simpy

from benchmarks.plain_rates import EMBERS, FORCES, YEAR, Level, Rates, Reading

Process = Generator[simpy.Event, object, None]
QUIET_AGE = 30.0
RISES = {
    "build_up": True,
    "rise_15": False,
    "rise_20": False,
    "rise_30_brief": False,
    "rise_30_month": False,
    "rise_45": False,
    "rise_60": False,
}
FAMILIES = {"lognormal": "lognormvariate", "normal": "normalvariate", "uniform": "uniform"}
COUNTED = ("build_up", "clash", "ultimatum", "other")
DRILLS = ("defender_europe", "rapid_trident", "sea_breeze", "zapad")


class Theatre:
    """One run. `events` counts what happens by the names of the rules; `onset`, `early` hold first onsets by kind."""

    def __init__(self, rates: Rates, seed: int) -> None:
        self.rates, self.numbers, self.luck = rates, rates.numbers, random.Random(seed)
        self.env = simpy.Environment()
        self.events: Counter[str] = Counter()
        self.onset: dict[str, float] = {}
        self.early: dict[str, float] = {}
        self.on: set[str] = set()
        self._set_up_forces()
        self._set_up_levels()
        self.hazards = {
            "orders": self._hazard(rates.orders, self._order),
            "cancel": self._hazard(rates.cancel, self._cancel),
            "donbas": self._hazard(rates.donbas, self._donbas_incident),
            "black_sea": self._hazard(rates.black_sea, self._black_sea_incident),
            "ultimatum": self._hazard(rates.ultimatum, self._ultimatum),
            "other": self._hazard(rates.other, self._other),
            "more": self._hazard(rates.more, self._more_sanctions),
        }
        self.minds = self.env.process(self._intentions())
        self._schedule()

    def run(self) -> bool:
        """Play to the end of the window: whether a counted crisis began in it."""
        self.env.run(until=self.numbers.closes)
        return any(kind in self.onset for kind in COUNTED)

    # ------------------------------------------------------------------------------------------------ the start

    def _set_up_forces(self) -> None:
        n = self.numbers
        self.surge = {force: n[f"forces.{force}.surge"] for force in FORCES}
        self.garrison = {force: n[f"forces.{force}.garrison"] for force in FORCES}
        self.troops = {force: self.garrison[force] + self.surge[force] for force in FORCES}
        self.heavy = {force: n[f"forces.{force}.heavy_share"] for force in FORCES}
        self.moved = self.env.event()
        self.preparing = self.active = False
        self.missing, self.arrived = 0.0, dict.fromkeys(FORCES, 0.0)
        self.covering: set[str] = set()
        self.sea_closed = self.summit_succeeded = False
        self.pressure = n["sanctions.eo_14024.pressure"]
        self.intent = n.intent
        self.campaign: list[simpy.Process] = []

    def _set_up_levels(self) -> None:
        n = self.numbers
        self.tension = Level(
            self.env, n["tension.start"], n["tension.baseline"], n["tension.half_life"], n["tension.cap"]
        )
        self.memory = Level(self.env, 0.0, 0.0, n["incidents.donbas.clustering.half_life"])
        quiet = n["build_ups.main.already_quiet"]
        self.embers = {
            name: Level(self.env, exp(-log(2.0) * quiet / half_life), 0.0, half_life)
            for name, (_, half_life) in EMBERS.items()
        }

    def _schedule(self) -> None:
        """Start every process; the hazards come first, because the others interrupt them."""
        n, start = self.numbers, self.env.process
        self.hazard_of = {name: start(process) for name, process in self.hazards.items()}
        start(self._pullback())
        for drill in DRILLS:
            start(self._drill(drill))
        start(self._dated_pressure("bond_ban.imposed", n["sanctions.bond_ban.imposed"], 1.0))
        for name in ("nord_stream", "eu_renewal"):
            chance = n[f"sanctions.{name}.chance"]
            start(self._dated_pressure(f"{name}.review_1", n[f"sanctions.{name}.reviews.0"], chance))
        start(self._summit())
        start(self._sea("events.sea_closes", closed=True))
        start(self._sea("events.sea_opens", closed=False))
        for kind, counted in RISES.items():
            start(self._rise(kind, counted=counted))

    # ------------------------------------------------------------------------------------------------ hazards

    def _hazard(self, rate: Callable[[Theatre, Reading], float], happens: Callable[[], None]) -> Process:
        """A hazard by thinning (Lewis & Shedler 1979): exact, because the bound holds until somebody interrupts."""
        env, luck = self.env, self.luck
        while True:
            bound = rate(self, Level.most)
            try:
                yield env.timeout(luck.expovariate(bound)) if bound > 0.0 else env.event()
            except simpy.Interrupt:
                continue
            if luck.random() * bound < rate(self, Level.now):
                happens()

    def _changed(self, *names: str) -> None:
        """Something that these hazards depend on has changed: let them look again."""
        for name in names:
            process = self.hazard_of[name]
            if process is not self.env.active_process:
                process.interrupt()

    def _add_tension(self, more: float) -> None:
        self.tension.set(self.tension.now() + more)
        self._changed("orders", "donbas", "ultimatum")

    # ------------------------------------------------------------------------------------------------ what happens

    def _draw(self, path: str) -> float:
        """A number that is drawn each time, of whatever family the file says."""
        family, first, second = self.numbers.draws[path]
        draw: Callable[[float, float], float] = getattr(self.luck, FAMILIES[family])
        return draw(first, second)

    def _move(self, troops: Mapping[str, float]) -> None:
        for force, number in troops.items():
            self.troops[force] = max(0.0, self.troops[force] + number)
        self._changed("orders")
        self.moved.succeed()
        self.moved = self.env.event()

    def _add_pressure(self, more: float) -> None:
        self.pressure = max(0.0, self.pressure + more)
        self._changed("orders")

    def _pullback(self) -> Process:
        n, p, env = self.numbers, "pullbacks.april", self.env
        self.events["pullbacks.april.announced"] += 1
        self._add_tension(-n[f"{p}.relief"])
        convoys = int(n[f"{p}.convoys"])
        for _ in range(convoys):
            yield env.timeout(n[f"{p}.takes"] / convoys)
            self.events["pullbacks.april.convoy"] += 1
            for force in FORCES:
                self.heavy[force] -= (1.0 - n[f"{p}.equipment_stays.{force}"]) / convoys
            kept = n[f"{p}.claimed_share"] * n[f"{p}.honoured_share"] / convoys
            self._move({force: -kept * self.surge[force] for force in FORCES})
        self.events["pullbacks.april.complete"] += 1
        yield env.timeout(n[f"{p}.seen.after"])
        self.events["pullbacks.april.seen"] += 1
        gap = n[f"{p}.claimed_share"] * (1.0 - n[f"{p}.honoured_share"])
        self._add_tension(n[f"{p}.seen.disappointment"] * gap)

    def _drill(self, name: str) -> Process:
        n, block, env = self.numbers, f"exercises.{name}", self.env
        cover = max(0.0, n[f"{block}.starts"] - n[f"{block}.cover_before"])
        yield env.timeout(cover)
        self.events[f"{block}.planned"] += 1
        if self.luck.random() >= n.values.get(f"{block}.held", 1.0):
            return
        self._cover(name, on=True)
        yield env.timeout(n[f"{block}.starts"] - cover)
        self.events[f"{block}.begins"] += 1
        brought = n.values.get(f"{block}.brings.troops", 0.0)
        if brought:
            self._move({"voronezh": brought})
        yield env.timeout(n[f"{block}.lasts"])
        self.events[f"{block}.ends"] += 1
        if brought:
            self._move({"voronezh": -brought * (1.0 - n[f"{block}.brings.stays_share"])})
        if f"{block}.takes_home.chance" in n.values:
            self.events[f"{block}.takes_home"] += 1
            if self.luck.random() < n[f"{block}.takes_home.chance"]:
                self.heavy["voronezh"] *= n[f"{block}.takes_home.heavy"]
                self._changed("orders")
        yield env.timeout(n[f"{block}.cover_after"])
        self.events[f"{block}.cover_ends"] += 1
        self._cover(name, on=False)

    def _cover(self, name: str, *, on: bool) -> None:
        (self.covering.add if on else self.covering.discard)(name)
        self._changed("orders", "black_sea")

    def _dated_pressure(self, event: str, day: float, chance: float) -> Process:
        yield self.env.timeout(day)
        self.events[f"sanctions.{event}"] += 1
        if self.luck.random() < chance:
            self._add_pressure(self.numbers[f"sanctions.{event.partition('.')[0]}.pressure"])

    def _more_sanctions(self) -> None:
        self.events["sanctions.more.imposed"] += 1
        self._add_pressure(self._draw("sanctions.more.pressure"))
        self._add_tension(self.numbers["sanctions.more.tension"])

    def _reaction(self) -> Process:
        yield self.env.timeout(self._draw("sanctions.reaction.delay"))
        self.events["sanctions.reaction.imposed"] += 1
        if self.luck.random() < self.numbers["sanctions.reaction.chance"]:
            self._add_pressure(self._draw("sanctions.reaction.pressure"))

    def _summit(self) -> Process:
        n, block, luck = self.numbers, "diplomacy.summit", self.luck
        yield self.env.timeout(n[f"{block}.date"])
        self.events[f"{block}.held"] += 1
        if luck.random() >= n[f"{block}.held"]:
            return
        self.events[f"{block}.ends"] += 1
        if luck.random() >= n[f"{block}.success"]:
            self._add_tension(n[f"{block}.failure"])
            return
        self.summit_succeeded = True
        self._changed("cancel")
        self._add_tension((n[f"{block}.tension"] - 1.0) * self.tension.now())
        self.events[f"{block}.softens"] += 1
        if self.intent == "coerce" and luck.random() < n[f"{block}.softens.chance"]:
            self._turn("restrain")
            self.minds.interrupt()

    def _intentions(self) -> Process:
        exits = {"restrain": ("coerce",), "coerce": ("restrain", "prepare"), "prepare": ("coerce",)}
        while True:
            rates = [self.numbers[f"intent.switches.{self.intent}.{to}.per_year"] / YEAR for to in exits[self.intent]]
            try:
                yield self.env.timeout(self.luck.expovariate(sum(rates)))
            except simpy.Interrupt:
                continue
            following = self.luck.choices(exits[self.intent], rates)[0]
            self.events[f"intent.{self.intent}_to_{following}"] += 1
            self._turn(following)

    def _turn(self, intent: str) -> None:
        self.events[f"intent.to_{intent}"] += 1
        self.intent = intent
        self._changed("orders", "cancel", "donbas", "ultimatum")

    def _donbas_incident(self) -> None:
        n = self.numbers
        self.events["incidents.donbas.happens"] += 1
        self.memory.set(self.memory.now() + 1.0)
        self._add_tension(n["incidents.donbas.tension_gain"])
        _, least, alpha = n.draws["incidents.donbas.severity"]
        if least * self.luck.paretovariate(alpha) >= n["incidents.donbas.clash_at"]:
            self.events["incidents.donbas.clash"] += 1
            if self._begin("clash"):
                self.env.process(self._lasting("clash"))

    def _black_sea_incident(self) -> None:
        self.events["incidents.black_sea.happens"] += 1
        self._add_tension(self.numbers["incidents.black_sea.tension_gain"])

    def _sea(self, event: str, *, closed: bool) -> Process:
        yield self.env.timeout(self.numbers[f"{event}.at"])
        self.events[event] += 1
        self.sea_closed = closed
        self._changed("black_sea")

    # ------------------------------------------------------------------------------------------------ build-ups

    def _order(self) -> None:
        n, block, start = self.numbers, "build_ups.main", self.env.process
        self.events[f"{block}.ordered"] += 1
        self._set_active(preparing=True, active=True)
        size = self._draw(f"{block}.size")
        early, late = self._draw(f"{block}.lead_time.equipped"), self._draw(f"{block}.lead_time.unequipped")
        over = self._draw(f"{block}.arrives_over")
        self.missing, self.arrived = size / 2.0, dict.fromkeys(FORCES, 0.0)
        self.campaign = [start(self._stay(late + over))]
        for force in FORCES:
            going, ready = n[f"{block}.to.{force}"] * size, self.heavy[force]
            self.campaign.append(start(self._arrive(force, going * ready, early, over)))
            self.campaign.append(start(self._arrive(force, going * (1.0 - ready), late, over)))

    def _set_active(self, *, preparing: bool, active: bool) -> None:
        self.preparing, self.active = preparing, active
        self._changed("orders", "cancel", "donbas", "ultimatum")

    def _arrive(self, force: str, troops: float, lead: float, over: float) -> Process:
        convoys = int(self.numbers["build_ups.main.convoys"])
        try:
            yield self.env.timeout(lead)
            for _ in range(convoys):
                yield self.env.timeout(over / convoys)
                self.events[f"build_ups.main.arrives_{force}"] += 1
                self.arrived[force] += troops / convoys
                self.missing -= troops / convoys
                self._move({force: troops / convoys})
                if self.preparing and self.missing <= 0.0:
                    self.preparing = False
                    self.events["build_ups.main.half_way"] += 1
                    self._changed("cancel")
        except simpy.Interrupt:
            return

    def _stay(self, assembled: float) -> Process:
        n, block = self.numbers, "build_ups.main"
        try:
            yield self.env.timeout(assembled)
        except simpy.Interrupt:
            return
        self.events[f"{block}.assembles"] += 1
        yield self.env.timeout(self._draw(f"{block}.stays"))
        self.events[f"{block}.withdraws"] += 1
        yield from self._go_home()
        self.events[f"{block}.over"] += 1
        for name, (_, half_life) in EMBERS.items():
            self.embers[name].set(n[f"{block}.embers_after"] * exp(-log(2.0) * QUIET_AGE / half_life))
        self._set_active(preparing=False, active=False)

    def _go_home(self) -> Process:
        convoys = int(self.numbers["build_ups.main.convoys"])
        gone = {force: -troops / convoys for force, troops in self.arrived.items()}
        for _ in range(convoys):
            yield self.env.timeout(self.numbers["build_ups.main.leaves_over"] / convoys)
            for force in FORCES:
                self.events[f"build_ups.main.leaves_{force}"] += 1
            self._move(gone)

    def _cancel(self) -> None:
        self.events["build_ups.main.cancelled"] += 1
        for process in self.campaign:
            if process.is_alive:
                process.interrupt()
        self._set_active(preparing=False, active=True)
        self.env.process(self._stand_down())

    def _stand_down(self) -> Process:
        yield from self._go_home()
        self.events["build_ups.main.stood_down"] += 1
        self._set_active(preparing=False, active=False)

    # ------------------------------------------------------------------------------------------------ crises

    def _begin(self, kind: str, *, counted: bool = True) -> bool:
        self.events[f"crises.{kind}.begun"] += 1
        if kind in self.on:
            return False
        self.on.add(kind)
        (self.early if self.env.now < self.numbers.opens else self.onset).setdefault(kind, self.env.now)
        if counted and kind != "other":
            self._add_tension(self.numbers[f"crises.{kind}.tension"])
        if kind == "build_up":
            self.env.process(self._reaction())
        return True

    def _lasting(self, kind: str) -> Process:
        yield self.env.timeout(self._draw(f"crises.{kind}.lasts"))
        self._end(kind)

    def _end(self, kind: str) -> None:
        self.events[f"crises.{kind}.over"] += 1
        self.on.discard(kind)

    def _ultimatum(self) -> None:
        if self._begin("ultimatum"):
            self.env.process(self._lasting("ultimatum"))

    def _other(self) -> None:
        if self._begin("other"):
            self.env.process(self._lasting("other"))

    def _rise(self, kind: str, *, counted: bool) -> Process:
        """Troops above their low for long enough; it is over when half of the rise has gone."""
        needed, hold = self.numbers[f"crises.{kind}.rise"], self.numbers[f"crises.{kind}.hold"]
        low = sum(self.troops.values())
        while True:
            troops = sum(self.troops.values())
            low = min(low, troops)
            if troops - low < needed * (1.0 - 1e-9):
                yield self.moved
                continue
            due = self.env.timeout(hold)
            while troops - low >= needed * (1.0 - 1e-9) and not due.processed:
                yield due | self.moved
                troops = sum(self.troops.values())
            # a drill may last exactly as long as the hold: troops that leave at that very instant did not stay for it
            if not due.processed or troops - low < needed * (1.0 - 1e-9):
                continue
            self._begin(kind, counted=counted)
            while sum(self.troops.values()) - low > needed / 2.0:
                yield self.moved
            self._end(kind)
            low = sum(self.troops.values())


def play(rates: Rates, seed: int) -> tuple[bool, int]:
    """One run: whether a counted crisis began in the window, and how many things happened."""
    theatre = Theatre(rates, seed)
    hit = theatre.run()
    return hit, sum(theatre.events.values())
