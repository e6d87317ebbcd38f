"""Names that one part of a scenario uses for another: forces, sides, incidents, kinds, states, events, quantities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sim.rules.language import Armed, Brings, Clock, Start
from sim.rules.link import resolve_hook
from sim.scenario.checks import conditions
from sim.scenario.diagnostics import Problem, did_you_mean, excerpt
from sim.scenario.document import Trail
from sim.scenario.places import Places
from sim.scenario.schema import ScenarioFile
from sim.world.build_ups import BuildUp
from sim.world.events import EffectBlock
from sim.world.fields import Multiplies

_MOST_LISTED = 8
_ADD_TENSION = "add a block, like `tension: {start: 1, baseline: 1, half_life: 30}`"


@dataclass(slots=True)
class _Finder:
    """Everything that has a name in a scenario, and the problems so far."""

    file: ScenarioFile
    brings: Brings
    places: Places
    in_doubt: Callable[[Trail], bool]
    found: list[Problem] = field(default_factory=list)

    def doubts(self, name: str) -> bool:
        """Whether a name may lead to something that could not be read."""
        first = name.split(".")[0]
        home = {"sides": ("forces",), "crises": ("crises",)}.get(first)
        return self.in_doubt(tuple(name.split(".")) if home is None else home) or self.in_doubt(("crises", name))

    def note(self, path: Trail, text: str, hint: str | None, *, on_key: bool = False, part: str | None = None) -> None:
        """One more problem."""
        self.found.append(self.places.about("SC307", path, text, hint, on_key=on_key, part=part))

    def need(
        self, path: Trail, name: str, known: Iterable[str], what: str, *, block: str = "", on_key: bool = False
    ) -> bool:
        """Whether a name is known, or stands in a block, readable or not; if it is not, say so and which was meant."""
        listed = list(known)
        if name in listed or (block and name in self.places.below((block,))):
            return True
        hint = did_you_mean(name, listed) or _list_of(what, listed, block)
        self.note(path, f": there is no {what} `{excerpt(name)}`", hint, on_key=on_key)
        return False


def _list_of(what: str, names: Sequence[str], block: str) -> str:
    if not names:
        return f"add it under `{block}`" if block else f"the scenario has no {what} at all"
    more = ", …" if len(names) > _MOST_LISTED else ""
    plural = {"quantity": "quantities", "kind of crisis": "kinds of crisis"}.get(what, f"{what}s")
    return f"{plural} are {', '.join(names[:_MOST_LISTED])}{more}"


def names(file: ScenarioFile, brings: Brings, places: Places, in_doubt: Callable[[Trail], bool]) -> list[Problem]:
    """Every name that leads nowhere, each where it is written.

    `in_doubt` tells paths about which nothing can be said, because a part of their block could not be read.
    """
    finder = _Finder(file, brings, places, in_doubt)
    _forces_and_sides(finder)
    _states(finder)
    for path, block in _multipliers(file):
        _multiplied(finder, path, block.incidents, block.crises)
    if file.intent is not None:
        _multiplied(finder, ("intent",), file.intent.incidents, file.intent.crises)
        _needs_cancel(finder, ("intent", "cancels"), bool(file.intent.cancels))
    _needs_orders(finder)
    _hooks(finder)
    _tension(finder)
    _watched(finder)
    for name, event in file.events.items():
        for tension in event.per:
            finder.need(("events", name, "per", tension), tension, file.tensions, "further tension", on_key=True)
        for key, effects in (("do", event.do), ("else", event.otherwise)):
            for place, effect in enumerate(effects):
                _effect(finder, ("events", name, key, place), effect)
    for name, evidence in file.evidence.items():
        if evidence.quantity is not None:
            finder.need(("evidence", name, "quantity"), evidence.quantity, _quantities(brings), "quantity")
    return finder.found


def _quantities(brings: Brings) -> list[str]:
    return [thing.name for group in (brings.quantities, brings.sums, brings.lows, brings.rises) for thing in group]


def _forces_and_sides(finder: _Finder) -> None:
    file = finder.file
    # a force that could not be read may be of any side
    sides = None if finder.in_doubt(("forces",)) else list(dict.fromkeys(force.side for force in file.forces.values()))
    _pullbacks(finder)
    for name, exercise in file.exercises.items():
        if exercise.brings is not None:
            finder.need(("exercises", name, "brings", "to"), exercise.brings.to, file.forces, "force", block="forces")
        if exercise.takes_home is not None:
            finder.need(
                ("exercises", name, "takes_home", "of"), exercise.takes_home.of, file.forces, "force", block="forces"
            )
    for name, build_up in file.build_ups.items():
        _build_up(finder, name, build_up, sides)
    for name, crisis in file.crises.items():
        if crisis.of is not None and sides is not None:
            finder.need(("crises", name, "of"), crisis.of, sides, "side")


def _pullbacks(finder: _Finder) -> None:
    file = finder.file
    for name, pullback in file.pullbacks.items():
        for place, force in enumerate(pullback.forces):
            finder.need(("pullbacks", name, "forces", place), force, file.forces, "force", block="forces")
        for force in pullback.equipment_stays:
            where = ("pullbacks", name, "equipment_stays", force)
            known = finder.need(where, force, file.forces, "force", block="forces", on_key=True)
            if known and force not in pullback.forces:
                text = f"is a force that does not go home in `pullbacks.{name}.forces`"
                finder.note(where, text, "add it there, or delete it here", on_key=True)


def _build_up(finder: _Finder, name: str, build_up: BuildUp, sides: Sequence[str] | None) -> None:
    forces, side = finder.file.forces, build_up.side
    known = sides is not None and finder.need(("build_ups", name, "side"), side, sides, "side")
    for force in build_up.to:
        where = ("build_ups", name, "to", force)
        there = finder.need(where, force, forces, "force", block="forces", on_key=True)
        if there and known and forces[force].side != side:
            text = f"is a force of {forces[force].side}, but {side} builds up here"
            own = [other for other, block in forces.items() if block.side == side]
            finder.note(where, text, f"forces of {side} are {', '.join(own)}", on_key=True)
    surges = [force for force in forces.values() if force.side == side and force.surge.fixed != 0.0]
    if known and build_up.left is not None and not surges:
        text = f"is about what is left of a surge, but no force of {side} has one"
        finder.note(("build_ups", name, "left"), text, "give a force a `surge`, or delete `left`", on_key=True)


def _states(finder: _Finder) -> None:
    states = finder.file.intent.states if finder.file.intent is not None else []
    for name, talks in finder.file.diplomacy.items():
        if talks.softens is None:
            continue
        for key, state in (("to", talks.softens.to), ("of", talks.softens.of)):
            if state is not None:
                finder.need(("diplomacy", name, "softens", key), state, states, "state")


def _multipliers(file: ScenarioFile) -> Iterator[tuple[Trail, Multiplies]]:
    """Every block that multiplies rates of others."""
    for block in ("exercises", "diplomacy", "quantities"):
        for name, item in getattr(file, block).items():
            yield (block, name), item
    for name, build_up in file.build_ups.items():
        if build_up.meanwhile is not None:
            yield ("build_ups", name, "meanwhile"), build_up.meanwhile


def _multiplied(finder: _Finder, path: Trail, incidents: Mapping[str, object], crises: Mapping[str, object]) -> None:
    file = finder.file
    rated = [name for name, crisis in file.crises.items() if crisis.rate is not None]
    for name in incidents:
        finder.need((*path, "incidents", name), name, file.incidents, "incident", block="incidents", on_key=True)
    for name in crises:
        where = (*path, "crises", name)
        if finder.need(where, name, file.crises, "kind of crisis", block="crises", on_key=True) and name not in rated:
            text = f"multiplies the rate of `{name}`, which has none"
            hint = f"kinds with a `rate` are {', '.join(rated)}" if rated else "no kind has a `rate`: delete it"
            finder.note(where, text, hint, on_key=True)
    block = next((block for where, block in _multipliers(file) if where == path), None)
    if block is not None:
        _needs_cancel(finder, (*path, "cancels"), block.cancels is not None)


def _needs_cancel(finder: _Finder, path: Trail, given: bool) -> None:
    if given and all(build_up.cancel is None for build_up in finder.file.build_ups.values()):
        hint = "give a build-up a rate `cancel`, or delete it"
        finder.note(path, "multiplies the rate at which build-ups are called off, and none has one", hint, on_key=True)


def _needs_orders(finder: _Finder) -> None:
    """One warning, however many places multiply the orders of build-ups that are not there."""
    file = finder.file
    if file.build_ups or ("build_ups",) in finder.places.marks or finder.in_doubt(("build_ups",)):
        return
    multiplying: list[Trail] = [(*path, "orders") for path, block in _multipliers(file) if block.orders is not None]
    if file.sanctions_effect is not None:
        multiplying.append(("sanctions_effect", "orders_per_pressure"))
    if file.intent is not None and file.intent.orders:
        multiplying.append(("intent", "orders"))
    if multiplying:
        others = f" (as {len(multiplying) - 1} more places do)" if len(multiplying) > 1 else ""
        text = f"multiplies the rate of orders{others}, but the scenario has no `build_ups`"
        hint = "add a build-up, or delete it"
        finder.found.append(finder.places.about("SC307", multiplying[0], text, hint, on_key=True, warning=True))


def _hooks(finder: _Finder) -> None:
    behind = {hook.name: hook.rule for hook in finder.brings.hooks}
    passive = [name for name, crisis in finder.file.crises.items() if crisis.passive]
    short = [name for name in finder.file.crises if name not in passive]
    for block in ("sanctions", "diplomacy", "crises", "events"):
        for name, item in getattr(finder.file, block).items():
            hook = item.when
            if hook is None or resolve_hook(hook, behind) is not None or finder.doubts(hook):
                continue
            where = (block, name, "when")
            if hook.removeprefix("crises.") in passive:
                hint = "delete `passive` there, or wait for something else"
                finder.note(where, f"waits for `{hook}`, which is passive: only recorded", hint)
                continue
            others = [kind for kind in short if (block, name) != ("crises", kind)]
            known = [*behind, *others] if "." in hook else [*others, *behind]
            finder.note(where, f": nothing announces `{excerpt(hook)}`", _meant(hook, known))


def _meant(name: str, known: Sequence[str]) -> str | None:
    """The name that was meant: one that goes on where this one ends, else the most like it, else what there is."""
    longer = [other for other in known if other.startswith(f"{name}.") or other.endswith(f".{name}")]
    if longer:
        return f"did you mean {' or '.join(f'`{other}`' for other in longer[:4])}?"
    return did_you_mean(name, known) or (f"known are {', '.join(known[:_MOST_LISTED])}, …" if known else None)


def _tension(finder: _Finder) -> None:
    """One problem, however many places want the tension that is not there."""
    if finder.file.tension is not None or ("tension",) in finder.places.marks or finder.in_doubt(("tension",)):
        return
    wanting = list(_wants_tension(finder.file))
    if wanting:
        others = f" (as {len(wanting) - 1} more places do)" if len(wanting) > 1 else ""
        text = f"needs the tension{others}, but the scenario has no `tension`"
        finder.note(wanting[0], text, _ADD_TENSION, on_key=True)


def _wants_tension(file: ScenarioFile) -> Iterator[Trail]:
    """Every place that reads or changes the tension."""
    keys = {
        "pullbacks": ("relief", "seen"),
        "exercises": ("tension",),
        "sanctions": ("tension",),
        "incidents": ("per_tension", "tension_gain"),
        "diplomacy": ("tension", "failure"),
        "build_ups": ("per_tension",),
        "events": ("per_tension",),
        "crises": ("tension", "per_tension"),
    }
    for block, wanted in keys.items():
        for name, item in getattr(file, block).items():
            for key in wanted:
                if getattr(item, key) is not None:
                    yield block, name, key
    for name, event in file.events.items():
        for key, effects in (("do", event.do), ("else", event.otherwise)):
            for place, effect in enumerate(effects):
                if effect.verb in ("add", "scale", "set") and effect.target == "tension":
                    yield "events", name, key, place, effect.verb


def _watched(finder: _Finder) -> None:
    known = _quantities(finder.brings)
    tensions = [tension.name for tension in finder.brings.tensions]
    for path, condition in conditions(finder.file):
        name = condition.quantity
        if name in known or finder.doubts(name):
            continue
        if name in tensions:
            hint = "watch a quantity, or let a rate depend on it with `per_tension`"
            finder.note(path, f": `{name}` relaxes at all times, so no condition can watch it", hint, part=name)
        else:
            finder.note(path, f": there is no quantity `{excerpt(name)}`", _meant(name, known), part=name)


def _effect(finder: _Finder, path: Trail, effect: EffectBlock) -> None:
    brings, target, verb = finder.brings, effect.target, effect.verb
    known = _quantities(brings)
    if effect.of is not None and effect.of not in known and not finder.doubts(effect.of):
        finder.note((*path, "of"), f": there is no quantity `{excerpt(effect.of)}`", _meant(effect.of, known))
    where = (*path, verb)
    if finder.doubts(target) or target == "tension":
        return
    if verb in ("add", "scale", "set"):
        stored = [quantity.name for quantity in brings.quantities]
        known = [*stored, *(tension.name for tension in brings.tensions)]
        if target not in known and target in _quantities(brings):
            finder.note(where, f": `{target}` is computed from others, so it cannot be changed", _meant("", known))
        elif target not in known:
            finder.note(where, f": there is no quantity or tension `{excerpt(target)}`", _meant(target, known))
    elif verb in ("arm", "disarm"):
        _armed(finder, where, target, verb)
    elif verb in ("begin", "end"):
        finder.need(where, target, finder.file.crises, "kind of crisis", block="crises")
    elif verb == "reset" and target not in [low.name for low in brings.lows]:
        lows = [low.name for low in brings.lows]
        hint = _meant(target, lows) or "only a crisis with `rise` has a low, like `crises.NAME.low`"
        finder.note(where, f": there is no low `{excerpt(target)}`", hint)


def _armed(finder: _Finder, where: Trail, target: str, verb: str) -> None:
    triggers = {rule.full_name: rule.trigger for rule in finder.brings.rules}
    fits = (Armed,) if verb == "arm" else (Armed, Start)
    known = [name for name, trigger in triggers.items() if isinstance(trigger, fits)]
    if target in known:
        return
    if target in triggers:
        what = "comes at its own rate" if isinstance(triggers[target], Clock) else "is set off by itself"
        what = "comes on its own date" if isinstance(triggers[target], Start) else what
        hint = "give that event `armed: true`, or name another"
        finder.note(where, f": `{target}` {what}, so no other event can {verb} it", hint)
    else:
        finder.note(where, f": there is no event `{excerpt(target)}`", _meant(target, known))
