"""The sense of a scenario in its first worlds: clamped dates, branching, impossible numbers, infinite means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.chance.copula import Group
from sim.chance.means import family_mean
from sim.chance.uncertain import Constant, Evaluator, Value, references
from sim.chance.worlds import draw_worlds, parameter_vectors
from sim.records.outcomes import Floats
from sim.rules import program as p
from sim.rules.branching import branching_ratios, worst_loop
from sim.rules.language import Brings
from sim.rules.program import Program
from sim.scenario.checks import problem, trail
from sim.scenario.diagnostics import Problem
from sim.scenario.document import Marks, closest_mark
from sim.world.fields import World

WORLDS = 4096
SEED = 1
MOST_CLAMPED = 0.05
NEARLY_CRITICAL = 0.9


def worlds(
    program: Program, values: Mapping[str, Value], groups: Sequence[Group], world: World, brings: Brings, places: Marks
) -> list[Problem]:
    """Everything that the first 4 096 worlds show."""
    drawn = draw_worlds(values, groups, SEED, np.arange(WORLDS))
    numbers = parameter_vectors(program.expressions, drawn, WORLDS)
    found = _not_finite(program, numbers, places)
    if found:
        return found
    found = [*_clamped(world, Evaluator(WORLDS, drawn), places), *_branching(program, numbers, places)]
    found += _means(program, numbers, places) + _value_means(values, places)
    return found + _too_late(program, numbers, places)


def clamped_shares(world: World, drawn: Mapping[str, Floats | object], count: int) -> dict[str, float]:
    """For each uncertain date, the share of worlds in which it is moved up to the start or to its predecessor."""
    evaluate = Evaluator(count, drawn)  # type: ignore[arg-type]
    return {
        clamp.path: float(np.count_nonzero(evaluate(clamp.raw) < evaluate(clamp.lower))) / count
        for clamp in world.clamps
    }


def _clamped(world: World, evaluate: Evaluator, places: Marks) -> list[Problem]:
    found = []
    for path, share in clamped_shares(world, evaluate.values, evaluate.worlds).items():
        if share > MOST_CLAMPED:
            text = f"would be moved in {share:.0%} of the worlds, to the clock's start or to what must come before it"
            hint = "use a duration (`takes`, `lasts`, `after`) or a later range"
            found.append(problem("SC309", path, text, places, hint))
    return found


def _not_finite(program: Program, numbers: Floats, places: Marks) -> list[Problem]:
    found: dict[str, Problem] = {}
    for column, expression in enumerate(program.expressions):
        if isinstance(expression, Constant):
            continue
        bad = int(np.count_nonzero(~np.isfinite(numbers[:, column])))
        paths = sorted(set(references(expression)))
        if bad and paths and paths[0] not in found:
            text = f"makes a number that is not finite in {bad} of the first {WORLDS} worlds"
            hint = "look for a division by 0 or a logarithm of 0" + (f", with {', '.join(paths[1:3])}" if paths[1:] else "")
            found[paths[0]] = problem("SC311", paths[0], text, places, hint)
    return list(found.values())


def _branching(program: Program, numbers: Floats, places: Marks) -> list[Problem]:
    ratios = branching_ratios(program, numbers)
    if not len(ratios) or ratios.max() <= NEARLY_CRITICAL:
        return []
    rule = worst_loop(program, numbers[int(np.argmax(ratios))])
    block = rule.rsplit(".", 1)[0]
    mark = closest_mark(places, trail(block))
    critical = float(np.mean(ratios >= 1.0))
    if critical > 0.0:
        text = (
            f"`{block}` feeds on itself without end: its branching ratio is 1 or more in {critical:.2%} of the first "
            f"{WORLDS} worlds (largest {ratios.max():.2f})"
        )
        return [Problem("SC310", "error", text, mark, "lower the gains or the multipliers, or cut them with `within`")]
    text = f"`{block}` comes close to feeding on itself without end: its branching ratio reaches {ratios.max():.2f}"
    return [Problem("SC310", "warning", text, mark)]


def _means(program: Program, numbers: Floats, places: Marks) -> list[Problem]:
    found = []
    middle = np.median(numbers, axis=0)
    for place, path in enumerate(program.draws):
        parameters = middle[program.draw_parameters[place]].tolist()
        mean = family_mean(int(program.draw_family[place]), parameters, program.table.tolist())
        if not np.isfinite(mean):
            text = "has no finite mean: a few firings would outweigh all others"
            found.append(problem("SC312", path, text, places, "choose a lighter tail, or cut it with `within`"))
    return found


def _value_means(values: Mapping[str, Value], places: Marks) -> list[Problem]:
    return [
        problem("SC312", path, "has no finite mean", places, "choose a lighter tail, or cut it with `within`")
        for path, value in values.items()
        if value.distribution is not None and not np.isfinite(value.distribution.mean())
    ]


def _too_late(program: Program, numbers: Floats, places: Marks) -> list[Problem]:
    """Starts and holds that lie behind the end of the run in every world."""
    found = []
    for rank, name in enumerate(program.rules):
        block = name.rsplit(".", 1)[0]
        mark = closest_mark(places, trail(block))
        start, hold = int(program.start_at[rank]), int(program.hold[rank])
        if start >= 0 and numbers[:, start].min() >= program.horizon:
            text = f"`{block}` cannot happen: it is due after the run ends in every world"
            found.append(Problem("SC313", "warning", text, mark, "set `clock.ends` later, or leave it out"))
        if hold >= 0 and numbers[:, hold].min() >= program.horizon:
            days = program.horizon
            text = f"`{block}` cannot happen: it must hold longer than the run lasts ({days:g} days)"
            found.append(Problem("SC313", "error", text, mark, "shorten the hold, or set `clock.ends` later"))
    found += _delays(program, numbers, places)
    return found


def _delays(program: Program, numbers: Floats, places: Marks) -> list[Problem]:
    """A horizon shorter than every delay: nothing that is armed could ever come due."""
    effects = program.effects
    arms = np.flatnonzero(effects.operation == p.ARM)
    shortest = []
    for place in arms.tolist():
        kind, index, _, _, z, _, _, _ = program.amounts[effects.after[place]].tolist()
        if effects.after[place] < 0 or kind != p.PARAMETER or z != p.NO_Z:
            return []
        shortest.append(float(numbers[:, index].min()))
    if not shortest or min(shortest) < program.horizon:
        return []
    text = f"the run lasts {program.horizon:g} days, shorter than every delay in the scenario"
    return [Problem("SC313", "error", text, closest_mark(places, ("clock",)), "set `clock.ends` later")]
