"""The sense of a scenario in its first worlds: impossible numbers, clamped dates, branching, tails, lateness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sim.chance import quantiles as q
from sim.chance.copula import Group
from sim.chance.distributions import KernelDistribution, short_number
from sim.chance.uncertain import Constant, Evaluator, Value, references
from sim.records.outcomes import Floats
from sim.rules import program as p
from sim.rules.branching import branching_ratios, worst_loop
from sim.rules.program import Program
from sim.scenario.checks import SUM_TOLERANCE
from sim.scenario.diagnostics import Problem
from sim.scenario.first_worlds import QuickEvaluator, first_vectors, first_worlds
from sim.scenario.places import Places
from sim.world.fields import World
from sim.world.scalars import LIMITS

WORLDS = 4096
SEED = 1
MOST_CLAMPED = 0.05
NEARLY_CRITICAL = 0.9
LONG_TAIL = 10.0
_SAMPLED = 256
_NOT_FINITE = "look for a division by 0, a logarithm of 0 or less, or a huge exponent"
_CUT = "choose a lighter tail, or cut it with `within: [LOW, HIGH]`"


def worlds(
    program: Program, values: Mapping[str, Value], groups: Sequence[Group], world: World, places: Places
) -> list[Problem]:
    """Everything that the first 4 096 worlds show."""
    # impossible numbers are looked for, so they are no surprise
    with np.errstate(all="ignore"):
        return _worlds(program, values, groups, world, places)


def _worlds(
    program: Program, values: Mapping[str, Value], groups: Sequence[Group], world: World, places: Places
) -> list[Problem]:
    evaluate = QuickEvaluator(WORLDS, first_worlds(values, groups, SEED, WORLDS))
    numbers = first_vectors(program.expressions, evaluate)
    found = [*_outside(values, evaluate, places)]
    found = found or [*_not_finite(program, numbers, values, evaluate, places)]
    if not found:
        found = [*_draws(program, numbers, places)]
        found += [] if found else [*_branching(program, numbers, values, evaluate, places)]
        found += [*_mixes(world, evaluate, places), *_clamped(world, evaluate, places)]
    found += [*_means(program, numbers, values, places), *_tails(values, places)]
    return [*found, *_too_late(program, numbers, world, values, evaluate, places)]


def clamped_shares(world: World, drawn: Mapping[str, Any], count: int) -> dict[str, float]:
    """For each uncertain date, the share of worlds in which it is moved up to the start or to its predecessor."""
    return _shares(world, Evaluator(count, drawn))


def _shares(world: World, evaluate: Evaluator) -> dict[str, float]:
    return {
        clamp.path: float(np.count_nonzero(evaluate(clamp.raw) < evaluate(clamp.lower))) / evaluate.worlds
        for clamp in world.clamps
    }


def percent(share: float) -> str:
    """A share of worlds for people: `3 %`, `0.05 %`."""
    return f"{100.0 * share:.0f} %" if share >= 0.1 else f"{100.0 * share:.2g} %"


def _outside(values: Mapping[str, Value], evaluate: Evaluator, places: Places) -> Iterator[Problem]:
    """Formulas whose result is not what their field can be."""
    for path, value in values.items():
        if value.formula is None or value.kind not in LIMITS:
            continue
        low, high, rule = LIMITS[value.kind]
        low = low if value.kind != "whole" else -np.inf
        numbers = evaluate(value.formula)
        bad = (numbers < low) | (numbers > high) | ((numbers == 0.0) & (value.kind == "multiplier"))
        if bad.any():
            worst = numbers[bad][np.argmax(np.abs(numbers[bad]))]
            share = percent(float(np.mean(bad)))
            text = f"is outside what it can be in {share} of the worlds, like {short_number(worst)}; {rule}"
            least = "0.1" if value.kind == "multiplier" else f"{max(low, 0.0):g}"
            hint = f"write `= min(…, {high:g})`" if worst > high else f"write `= max(…, {least})`"
            yield places.about("SC316", path, text, hint)


def _not_finite(
    program: Program, numbers: Floats, values: Mapping[str, Value], evaluate: Evaluator, places: Places
) -> Iterator[Problem]:
    """Numbers that are none: formulas first, each only where what it reads is fine; else what follows from values."""
    bad: dict[str, float] = {}
    for path, value in values.items():
        if value.formula is not None:
            share = 1.0 - float(np.mean(np.isfinite(evaluate(value.formula))))
            if share > 0.0:
                bad[path] = share
    for path, share in bad.items():
        formula = values[path].formula
        if formula is not None and not any(name in bad for name in references(formula)):
            yield places.about("SC311", path, f"is no finite number in {percent(share)} of the worlds", _NOT_FINITE)
    if bad:
        return
    told: set[str] = set()
    counts = np.count_nonzero(~np.isfinite(numbers), axis=0)
    for column in np.flatnonzero(counts).tolist():
        expression = program.expressions[column]
        paths = sorted(set(references(expression)))
        if isinstance(expression, Constant) or not paths or paths[0] in told:
            continue
        told.add(paths[0])
        often = percent(float(counts[column]) / len(numbers))
        others = f" (with {' and '.join(f'`{path}`' for path in paths[1:3])})" if paths[1:] else ""
        text = f"leads to a number{others} that is not finite in {often} of the worlds"
        yield places.about("SC311", paths[0], text, _NOT_FINITE)


def _mixes(world: World, evaluate: Evaluator, places: Places) -> Iterator[Problem]:
    """Shares that differ by world and do not add up to 1 in some."""
    for mix in world.mixes:
        total = np.zeros(evaluate.worlds)
        for share in mix.shares:
            total = total + evaluate(share)
        low, high = float(total.min()), float(total.max())
        certain = all(share.fixed is not None for share in mix.shares)
        if not certain and (low < 1.0 - SUM_TOLERANCE or high > 1.0 + SUM_TOLERANCE):
            names = [share.path.rpartition(".")[2] for share in mix.shares]
            rest = " - ".join(f"{mix.path}.{name}" for name in names[:-1])
            text = f"adds up to between {low:.4g} and {high:.4g}, and not to 1"
            hint = f"make the last one the rest: `{names[-1]}: = 1 - {rest}`" if rest else "write 1"
            yield places.about("SC315", mix.path, text, hint, on_key=True)


def _draws(program: Program, numbers: Floats, places: Places) -> Iterator[Problem]:
    """Luck whose parameters differ by world, and are no parameters in some."""
    table = program.table.tolist()
    for place, path in enumerate(program.draws):
        columns = program.draw_parameters[place].tolist()
        if all(isinstance(program.expressions[column], Constant) for column in columns):
            continue
        rows = numbers[:_SAMPLED, columns].tolist()
        family = int(program.draw_family[place])
        spread = np.array([[q.family_quantile(family, u, row, table) for u in (0.001, 0.5, 0.999)] for row in rows])
        bad = ~np.isfinite(spread).all(axis=1) | (np.diff(spread, axis=1) < 0.0).any(axis=1)
        if bad.any():
            share = percent(float(np.mean(bad)))
            text = f"has parameters in {share} of the worlds that are those of no distribution"
            yield places.about("SC311", path, text, "look for a spread that is not above 0, or ends that are exchanged")


def _clamped(world: World, evaluate: Evaluator, places: Places) -> Iterator[Problem]:
    shares = _shares(world, evaluate)
    for clamp in world.clamps:
        if shares[clamp.path] > MOST_CLAMPED:
            text = f": in {percent(shares[clamp.path])} of the worlds {clamp.text}"
            yield places.about("SC309", clamp.path, text, clamp.hint)


def _branching(
    program: Program, numbers: Floats, values: Mapping[str, Value], evaluate: Evaluator, places: Places
) -> Iterator[Problem]:
    try:
        ratios = branching_ratios(program, numbers)
    except (ArithmeticError, np.linalg.LinAlgError):
        home = next(
            (block for block in ("incidents", "events", "crises", "tension") if (block,) in places.marks), "crises"
        )
        text = "holds gains so extreme that nobody can say whether they feed on themselves"
        hint = "look for huge or tiny rates, gains, severities and half-lives"
        yield places.about("SC310", home, text, hint, on_key=True)
        return
    if not len(ratios) or ratios.max() <= NEARLY_CRITICAL:
        return
    worst = int(np.argmax(ratios))
    block = worst_loop(program, numbers[worst]).rsplit(".", 1)[0]
    extremes = []
    for path, value in values.items():
        if value.distribution is not None and path.startswith((f"{block}.", "tension.")):
            number = float(evaluate(value)[worst])
            extremes.append((value.distribution.cdf(number), f"`{path}` is {short_number(number)}"))
    blamed = [words for _, words in sorted(extremes, reverse=True)[:3]]
    where = f"in the worst world {', '.join(blamed)}: cut them with `within`" if blamed else "lower the gains"
    critical, most = float(np.mean(ratios >= 1.0)), f"{ratios.max():.3g}"
    if critical > 0.0:
        text = f"feeds on itself without end: its branching ratio reaches 1 in {percent(critical)} of the worlds"
        yield places.about("SC310", block, f"{text} (up to {most})", where, on_key=True)
    else:
        text = f"comes close to feeding on itself without end: its branching ratio goes up to {most}"
        yield places.about("SC310", block, text, where, on_key=True, warning=True)


def _means(program: Program, numbers: Floats, values: Mapping[str, Value], places: Places) -> Iterator[Problem]:
    text = "has no finite mean: a few of its values would outweigh all others"
    for place, path in enumerate(program.draws):
        parameters = _typical(numbers)[program.draw_parameters[place]].tolist()
        if _infinite_mean(int(program.draw_family[place]), parameters):
            yield places.about("SC312", path, text, _CUT)
    for path, value in values.items():
        spread = value.distribution
        if isinstance(spread, KernelDistribution) and _infinite_mean(spread.family_code, spread.parameters):
            yield places.about("SC312", path, text, _CUT)


def _infinite_mean(family: int, parameters: Sequence[float]) -> bool:
    """Whether the upper tail is not cut and too heavy to have a mean."""
    if parameters[7] < 1.0:
        return False
    if family in (q.PARETO, q.LOG_LOGISTIC):
        return parameters[1] <= 1.0
    # a metalog of a logarithm grows like the odds to the power of a2 + a3 / 2 (means.py)
    return family == q.LOG_METALOG and parameters[1] + parameters[2] / 2.0 >= 1.0


def _tails(values: Mapping[str, Value], places: Places) -> Iterator[Problem]:
    """Bounds are asked for where a world in ten thousand would have a rate or half-life beyond all reason."""
    for path, value in values.items():
        spread = value.distribution
        if spread is None or path.rpartition(".")[2] not in ("half_life", "count", "per_day", "per_month", "per_year"):
            continue
        usual, rare = spread.quantile(0.95), spread.quantile(0.9999)
        if rare > LONG_TAIL * usual > 0.0:
            text = f"has a long tail: 1 world in 10 000 has more than {short_number(rare)}"
            low, high = (f"{float(f'{x:.2g}'):g}" for x in (spread.quantile(0.01), 2.0 * usual))
            yield places.about("SC314", path, text, f"say how far it goes: `within: [{low}, {high}]`", warning=True)


def _too_late(
    program: Program, numbers: Floats, world: World, values: Mapping[str, Value], evaluate: Evaluator, places: Places
) -> Iterator[Problem]:
    """Dates, holds and delays that lie behind the end of the run in every world."""
    days = f"{program.horizon:g} days"
    for path, value in values.items():
        first = world.start.toordinal() + program.horizon
        if value.kind == "date" and not path.startswith("assumptions.") and evaluate(value).min() >= first:
            text = f"comes after the run ends in every world (the run lasts {days})"
            yield places.about("SC313", path, text, "set `clock.ends` later, or leave it out", warning=True)
    for rank, name in enumerate(program.rules):
        block = name.rsplit(".", 1)[0]
        hold = int(program.hold[rank])
        if hold >= 0 and numbers[:, hold].min() >= program.horizon:
            text = f"is longer than the run lasts ({days}), so it can never be met"
            yield places.about("SC313", _path_of(program, hold, block), text, "shorten it, or set `clock.ends` later")
    yield from _delays(program, numbers, places)


def _typical(numbers: Floats) -> Floats:
    """The median of each parameter over the first 255 worlds: enough to tell what is usual."""
    few = np.sort(numbers[:255], axis=0)
    middle: Floats = few[len(few) // 2]
    return middle


def _path_of(program: Program, column: int, otherwise: str) -> str:
    return next(iter(references(program.expressions[column])), otherwise)


def _delays(program: Program, numbers: Floats, places: Places) -> Iterator[Problem]:
    """A horizon shorter than a delay, and one that is shorter than every delay."""
    shortest: dict[str, float] = {}
    columns = _typical(numbers)
    for effects in (program.effects, program.otherwise):
        for place in np.flatnonzero(effects.operation == p.ARM).tolist():
            if effects.after[place] < 0:
                continue
            kind, index = program.amounts[effects.after[place]].tolist()[:2]
            if kind == p.DRAW:
                row = columns[program.draw_parameters[index]].tolist()
                least = q.family_quantile(int(program.draw_family[index]), 0.001, row, program.table.tolist())
                shortest[program.draws[index]] = least
            elif not isinstance(program.expressions[index], Constant) or columns[index] > 0.0:
                path = _path_of(program, index, program.rules[int(effects.target[place])].rsplit(".", 1)[0])
                shortest[path] = float(numbers[:, index].min())
    late = [path for path, least in shortest.items() if least >= program.horizon]
    for path in late:
        text = f"is longer than the run lasts ({program.horizon:g} days) in every world, so what it delays never comes"
        every = len(late) == len(shortest)
        yield places.about("SC313", path, text, "shorten it, or set `clock.ends` later", warning=not every)
