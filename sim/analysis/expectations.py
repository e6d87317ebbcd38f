"""What a file means before anything is played: its numbers as quantiles, and its clocks in the median world."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.chance.distributions import Distribution
from sim.chance.means import family_mean
from sim.chance.quantiles import FAMILY_NAMES, family_quantile
from sim.chance.uncertain import Draw, Evaluator, Expr, Value, references
from sim.chance.worlds import draw_worlds, parameter_vectors
from sim.engines.plan import ClockPlan, RulePlan, make_plan
from sim.engines.state import RunFailedError, State
from sim.records.outcomes import Floats
from sim.rules import program as p
from sim.rules.flows import cumulative_hazard, multiplier
from sim.scenario.load import Case, Scenario
from sim.scenario.units import inner_unit

LEVELS = (0.05, 0.5, 0.95)
SLICES = 1000
SEED = 1
_NAMED = (
    "assumptions",
    "forces",
    "tensions",
    "quantities",
    "pullbacks",
    "exercises",
    "sanctions",
    "incidents",
    "diplomacy",
    "build_ups",
    "crises",
    "events",
    "correlations",
    "outside_view",
    "evidence",
    "variants",
    "resolution",
)
_TRIGGERS = ((p.START, "dated"), (p.CLOCK, "clocks"), (p.WATCH, "watches"), (p.ARMED, "armed"))
_PROSE = ("unit", "about", "source")


@dataclass(frozen=True, slots=True)
class NumberLine:
    """One value of a file. Dates are ordinals (day 1 is 0001-01-01); `states` are a choice's names with their shares.

    `form` is the family, `formula` or `fixed`. `written` is False for a default that the file does not mention.
    """

    path: str
    says: str
    kind: str
    form: str
    unit: str | None
    low: float
    middle: float
    high: float
    mean: float
    uncertain: bool
    written: bool
    states: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """A condition on a quantity; None leaves a side open."""

    quantity: str
    at_least: float | None
    at_most: float | None


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One clock in the median world, along the path on which nothing happens.

    `expected` is its integrated rate over the window times the rule's chance, `once` is 1 - exp(-expected). Where it is
    off at the start, `needs` says why, both are 0 and `while_on` is what it would be if it were on throughout.
    `echoes` is True where its firings raise its own rate, which is not in these numbers.
    """

    rule: str
    story: str
    expected: float
    once: float
    while_on: float
    needs: tuple[Need, ...]
    echoes: bool


@dataclass(frozen=True, slots=True)
class Expectations:
    """Everything that `sim check` tells of a scenario. `median_states` are the states of the median world."""

    numbers: tuple[NumberLine, ...]
    luck: tuple[NumberLine, ...]
    clocks: tuple[ClockLine, ...]
    no_clocks: str
    median_states: tuple[tuple[str, str], ...]
    contents: tuple[tuple[str, int], ...]
    rules: tuple[tuple[str, int], ...]
    sizes: tuple[tuple[str, int], ...]


def expectations(case: Case) -> Expectations:
    """Every number of a file as quantiles, every draw and every clock in the median world, and what there is."""
    scenario = case.scenario
    drawn = median_world(scenario)
    clocks, failure = _clocks(scenario, drawn)
    return Expectations(
        numbers=tuple(_numbers(scenario)),
        luck=tuple(_luck(path, draw, scenario, Evaluator(1, drawn)) for path, draw in scenario.draws.items()),
        clocks=tuple(clocks),
        no_clocks=failure,
        median_states=tuple(
            (path, value.states[_likeliest(value)]) for path, value in scenario.values.items() if value.kind == "state"
        ),
        contents=tuple((name, len(scenario.resolved[name])) for name in _NAMED if scenario.resolved.get(name)),
        rules=tuple((name, int(np.count_nonzero(scenario.program.trigger == trigger))) for trigger, name in _TRIGGERS),
        sizes=(
            ("quantities", len(scenario.program.quantities)),
            ("tensions", len(scenario.program.tensions)),
            ("kinds of crisis", len(scenario.program.kinds)),
        ),
    )


def median_world(scenario: Scenario) -> dict[str, Floats | Expr]:
    """Every uncertain value at its median, a choice of states at its likeliest; formulas stay formulas (one world)."""
    drawn: dict[str, Floats | Expr] = {}
    for path, value in scenario.values.items():
        if value.formula is not None:
            drawn[path] = value.formula
        elif value.distribution is None:
            drawn[path] = np.array([value.fixed], dtype=np.float64)
        elif value.kind == "state":
            drawn[path] = np.array([float(_likeliest(value))])
        else:
            drawn[path] = np.array([value.distribution.quantile(0.5)])
    return drawn


def _state_shares(value: Value) -> list[float]:
    if value.distribution is None:
        return [1.0]
    reached = [0.0, *(value.distribution.cdf(float(place)) for place in range(len(value.states)))]
    return [reached[place + 1] - reached[place] for place in range(len(value.states))]


def _likeliest(value: Value) -> int:
    shares = _state_shares(value)
    return shares.index(max(shares))


def _numbers(scenario: Scenario) -> list[NumberLine]:
    formulas = {path: value.formula for path, value in scenario.values.items() if value.formula is not None}
    computed = _formulas(scenario, formulas)
    found = []
    for path, value in scenario.values.items():
        low, middle, high, mean = computed.get(path) or _quantiles(value)
        leaf = _leaf(scenario.resolved, path)
        found.append(
            NumberLine(
                path=path,
                says=_says(leaf, value.text),
                kind=value.kind,
                form=_form(value),
                unit=inner_unit(value),
                low=low,
                middle=middle,
                high=high,
                mean=mean,
                uncertain=value.distribution is not None or low < high,
                written=leaf is not None,
                states=tuple(zip(value.states, _state_shares(value), strict=True)) if value.kind == "state" else (),
            )
        )
    return found


def _quantiles(value: Value) -> tuple[float, float, float, float]:
    if value.distribution is None:
        number = math.nan if value.fixed is None else value.fixed
        return number, number, number, number
    if value.kind == "state":
        return math.nan, math.nan, math.nan, math.nan
    low, middle, high = (value.distribution.quantile(u) for u in LEVELS)
    return low, middle, high, value.distribution.mean()


def _formulas(scenario: Scenario, formulas: Mapping[str, Expr]) -> dict[str, tuple[float, float, float, float]]:
    """Quantiles and mean of every formula over stratified worlds: exact for one value, close for several."""
    if not formulas:
        return {}
    evaluate = Evaluator(SLICES, _stratified(scenario, formulas))
    found = {}
    for path, formula in formulas.items():
        numbers = evaluate(formula)
        if not np.isfinite(numbers).all():
            found[path] = (math.nan, math.nan, math.nan, math.nan)
            continue
        low, middle, high = np.quantile(numbers, LEVELS, method="hazen").tolist()
        found[path] = (low, middle, high, float(numbers.mean()))
    return found


def _stratified(scenario: Scenario, formulas: Mapping[str, Expr]) -> dict[str, Floats | Expr]:
    """Worlds that have each value once in each of its 1 000 equal slices, in the order that draws have.

    McKay, Beckman & Conover, "A comparison of three methods for selecting values of input variables" (Technometrics
    1979). Ranks keep correlations.
    """
    needed, waiting = set(formulas), [path for formula in formulas.values() for path in references(formula)]
    while waiting:
        path = waiting.pop()
        if path in needed:
            continue
        needed.add(path)
        formula = scenario.values[path].formula
        waiting += [] if formula is None else list(references(formula))
        waiting += [other for group in scenario.groups if path in group.paths for other in group.paths]
    values = {path: value for path, value in scenario.values.items() if path in needed}
    groups = [group for group in scenario.groups if set(group.paths) <= needed]
    drawn = draw_worlds(values, groups, SEED, np.arange(SLICES))
    for path, numbers in drawn.items():
        spread = values[path].distribution
        if spread is not None and isinstance(numbers, np.ndarray):
            drawn[path] = _sliced(spread, numbers)
    return drawn


def _sliced(spread: Distribution, numbers: Floats) -> Floats:
    ranks = np.empty(SLICES)
    ranks[np.argsort(numbers, kind="stable")] = np.arange(SLICES)
    return spread.quantiles((ranks + 0.5) / SLICES)


def _form(value: Value) -> str:
    if value.distribution is None:
        return "fixed" if value.formula is None else "formula"
    family = value.distribution.family
    return "metalog" if family.endswith("metalog") else family.replace("_", "-")


def _leaf(tree: Any, path: str) -> Any:
    """What the file says at a path, None where it says nothing and a default holds."""
    for part in path.split("."):
        if isinstance(tree, Mapping) and part in tree:
            tree = tree[part]
        elif isinstance(tree, list) and part.isdigit() and int(part) < len(tree):
            tree = tree[int(part)]
        else:
            return None
    return tree


def _says(leaf: Any, text: str) -> str:
    """A value as the file spells it, on one line and without its prose."""
    if isinstance(leaf, str):
        return " ".join(leaf.split())
    if not isinstance(leaf, Mapping):
        return text
    parts = {key: item for key, item in leaf.items() if key not in _PROSE}
    within = parts.pop("within", None)
    cut = f", within {' to '.join(map(str, within))}" if isinstance(within, list) else ""
    if set(parts) == {"value"} or set(parts) == {"each"}:
        ((key, inner),) = parts.items()
        return ("each " if key == "each" else "") + _says(inner, text) + cut
    if len(parts) == 1 and isinstance(next(iter(parts.values())), Mapping):
        ((family, given),) = parts.items()
        listed = _listed(given)
        return (listed if family == "choice" else f"{family.replace('_', '-')} ({listed})") + cut
    return _listed(parts) + cut if parts else text


def _listed(parts: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {item}" for key, item in parts.items())


def _luck(path: str, draw: Draw, scenario: Scenario, evaluate: Evaluator) -> NumberLine:
    """What one firing draws in the median world."""
    parameters = [float(evaluate(parameter)[0]) for parameter in draw.parameters]
    if draw.table:
        parameters[0] = 0.0
    low, middle, high = (family_quantile(draw.family, u, parameters, draw.table) for u in LEVELS)
    leaf = _leaf(scenario.resolved, path)
    return NumberLine(
        path=path,
        says=_says(leaf, draw.text),
        kind=draw.kind,
        form=FAMILY_NAMES[draw.family].replace("_", "-"),
        unit=inner_unit(draw),
        low=low,
        middle=middle,
        high=high,
        mean=family_mean(draw.family, parameters, draw.table),
        uncertain=True,
        written=leaf is not None,
    )


def _clocks(scenario: Scenario, drawn: Mapping[str, Floats | Expr]) -> tuple[list[ClockLine], str]:
    """A line a clock, or the reason why the median world cannot be begun."""
    program = scenario.program
    numbers = parameter_vectors(program.expressions, drawn, 1)[0].tolist()
    plan = make_plan(program)
    try:
        state = State(plan, numbers, SEED, 0, 0)
    except RunFailedError:
        return [], "a number at the start of the median world is not finite"
    lines = []
    for rank in plan.clocks:
        rule = plan.rules[rank]
        if rule.clock is not None:
            lines.append(_clock(rule, rule.clock, state, program.stories[rank]))
    return lines, ""


def _clock(rule: RulePlan, clock: ClockPlan, state: State, story: str) -> ClockLine:
    program, numbers = state.plan.program, state.numbers
    needs = tuple(
        Need(
            program.quantities[quantity],
            None if lower < 0 else numbers[lower],
            None if upper < 0 else numbers[upper],
        )
        for quantity, lower, upper in clock.only
        if not state.meets([(quantity, lower, upper)])
    )
    chance = 1.0 if rule.chance < 0 else numbers[rule.chance]
    while_on = chance * _integrated(clock, state, program.opens, program.closes)
    expected = 0.0 if needs else while_on
    raised = {effect.target for effect in rule.effects if effect.operation == p.ADD_TENSION}
    return ClockLine(
        rule=rule.name,
        story=story,
        expected=expected,
        once=-math.expm1(-expected),
        while_on=while_on,
        needs=needs,
        echoes=bool(raised & set(clock.tensions)),
    )


def _integrated(clock: ClockPlan, state: State, opens: float, closes: float) -> float:
    """Integral of a clock's rate over the window, with quantities and tensions left to themselves from day 0."""
    numbers, tensions = state.numbers, state.tensions
    exponent = sum(numbers[effect] * state.quantity[quantity] for quantity, effect in clock.exponent)
    coefficient = numbers[clock.base] * multiplier(exponent)
    gains = [
        coefficient * numbers[inside] + numbers[outside]
        for inside, outside in zip(clock.inside, clock.outside, strict=True)
    ]
    columns = (tensions.value, tensions.baseline, tensions.decay)
    flows = [[column[tension] for tension in clock.tensions] for column in columns]
    until = [
        cumulative_hazard(day, coefficient * numbers[clock.constant], len(gains), gains, *flows)
        for day in (opens, closes)
    ]
    return until[1] - until[0]
