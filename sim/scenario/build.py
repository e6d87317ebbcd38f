"""From a validated file to a `Program`: every block brings its rules, then the names are linked."""

from __future__ import annotations

from sim.chance.uncertain import Value, references
from sim.rules.language import Brings
from sim.rules.link import LinkProblem, Span, link
from sim.rules.program import Program
from sim.scenario.schema import ScenarioFile
from sim.timeline import days_between
from sim.world import (
    build_ups,
    crises,
    diplomacy,
    events,
    exercises,
    forces,
    incidents,
    intent,
    pullbacks,
    sanctions,
    tensions,
)
from sim.world.fields import World


def world_of(file: ScenarioFile) -> World:
    """The calendar of a scenario in days. The window's last day counts whole."""
    start = file.clock.starts
    closes = days_between(start, file.question.closes) + 1.0
    ends = closes if file.clock.ends is None else days_between(start, file.clock.ends)
    return World(start, days_between(start, file.question.opens), closes, max(closes, ends))


def bring_all(file: ScenarioFile, world: World) -> Brings:
    """Everything that the blocks of a file bring. Evidence and resolution are not looked at."""
    brings = forces.bring(file.forces)
    if file.tension is not None:
        brings.extend(tensions.bring_tension("tension", file.tension))
    for name, block in file.tensions.items():
        brings.extend(tensions.bring_tension(f"tensions.{name}", block))
    brings.extend(tensions.bring_quantities(file.quantities))
    brings.extend(pullbacks.bring(file.pullbacks, world))
    brings.extend(exercises.bring(file.exercises, world))
    if file.sanctions or file.sanctions_effect is not None:
        brings.extend(sanctions.bring(file.sanctions, file.sanctions_effect, world))
    brings.extend(incidents.bring(file.incidents, world))
    brings.extend(diplomacy.bring(file.diplomacy, world))
    if file.intent is not None:
        brings.extend(intent.bring(file.intent, world))
    brings.extend(build_ups.bring(file.build_ups, world))
    brings.extend(events.bring(file.events, world))
    brings.extend(crises.bring(file.crises, world))
    return brings


def build(file: ScenarioFile, world: World) -> tuple[Brings, Program | None, list[LinkProblem]]:
    """What the blocks bring, the Program (None when names lead nowhere), and the problems of linking."""
    brings = bring_all(file, world)
    program, problems = link(brings, Span(world.horizon, world.opens, world.closes), file.question.kinds)
    return brings, program, problems


def used_paths(program: Program, values: dict[str, Value]) -> set[str]:
    """Paths of values that the Program reads, through formulas too."""
    used: set[str] = set()
    waiting = [path for expression in program.expressions for path in references(expression)]
    while waiting:
        path = waiting.pop()
        if path in used:
            continue
        used.add(path)
        formula = values[path].formula if path in values else None
        if formula is not None:
            waiting.extend(references(formula))
    return used
