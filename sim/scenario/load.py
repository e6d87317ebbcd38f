"""A scenario file, read, checked and built: the door through which everything else gets a scenario."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.chance.copula import Group
from sim.chance.uncertain import Draw, Value
from sim.errors import SimError
from sim.rules.language import Brings
from sim.rules.program import Program
from sim.scenario import checks, document, numeric_checks, source
from sim.scenario.build import build, world_of
from sim.scenario.diagnostics import Problem, closing_line, incomplete, ordered, raise_if_errors, render
from sim.scenario.explain import name_problems, schema_problems
from sim.scenario.schema import ScenarioFile
from sim.scenario.source import Mapping as Tree
from sim.world.evidence import Evidence
from sim.world.fields import World, bind
from sim.world.outside_view import OutsideView
from sim.world.resolution import Resolution


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario ready to be played. `values` and `draws` are by path; `program` sees no evidence and no resolution."""

    name: str
    sha256: str
    file: ScenarioFile
    world: World
    brings: Brings
    program: Program
    values: Mapping[str, Value]
    draws: Mapping[str, Draw]
    groups: Sequence[Group]
    resolved: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario, and what stands beside it in the file and never touches the model."""

    scenario: Scenario
    evidence: Mapping[str, Evidence]
    outside_view: Mapping[str, OutsideView]
    resolution: Mapping[str, Resolution]
    warnings: tuple[Problem, ...]
    rendered_warnings: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    """A file on its way to a case: its tree, its lines, and the problems so far."""

    path: Path
    tree: Tree
    as_written: Tree
    lines: dict[str, Sequence[str]]
    problems: list[Problem] = field(default_factory=list)

    def add(self, problems: Sequence[Problem]) -> None:
        self.problems.extend(problems)

    @property
    def broken(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


def load(path: Path, settings: Sequence[str] = (), variant: str | None = None) -> Case:
    """Read, check and build a scenario, with `--set` arguments and a variant's overrides applied in this order.

    Raises `ScenarioError` with every problem of the file, or `SimError` when it cannot be had at all.
    """
    reading = _read(path, settings, variant)
    scenario = _build(reading)
    raise_if_errors(reading.problems, reading.lines)
    if scenario is None:
        raise SimError(f"{path}: the scenario cannot be built, and no reason was found; please report this file")
    warnings = tuple(ordered(reading.problems, reading.lines))
    file = scenario.file
    return Case(
        replace(scenario, file=file.model_copy(update={"evidence": {}, "outside_view": {}, "resolution": {}})),
        file.evidence,
        file.outside_view,
        file.resolution,
        warnings,
        tuple(render(problem, reading.lines) for problem in warnings),
    )


def warnings_text(case: Case) -> str:
    """All warnings of a file and a line that counts them, empty without any."""
    if not case.warnings:
        return ""
    return "\n".join([*case.rendered_warnings, closing_line(case.warnings)])


def _read(path: Path, settings: Sequence[str], variant: str | None) -> _Reading:
    first = source.read(path)
    tree, lines, problems = document.resolve_extends(first, path)
    reading = _Reading(path, tree, tree, dict(lines), list(problems))
    if incomplete(reading.problems):
        return reading
    if variant is not None:
        _apply_variant(reading, variant)
    for number, argument in enumerate(settings, 1):
        setting = document.parse_set(argument, number)
        if isinstance(setting, Problem):
            reading.lines[f"--set {number}"] = source.split_lines(argument)
            reading.add([setting])
            continue
        reading.lines[f"--set {number}"] = setting.lines
        changed = document.override(reading.tree, setting.path, setting.value, setting.mark)
        if isinstance(changed, Problem):
            reading.add([changed])
        else:
            reading.tree = changed
    return reading


def _apply_variant(reading: _Reading, name: str) -> None:
    entry = reading.tree.items.get("variants")
    known = entry.node.items if entry is not None and isinstance(entry.node, Tree) else {}
    if name not in known:
        listed = ", ".join(known) or "none"
        raise SimError(f"{reading.path}: there is no variant `{name}`; variants of this file: {listed}")
    overrides = known[name].node
    if not isinstance(overrides, Tree):
        raise SimError(f"{reading.path}: the variant `{name}` is no list of overrides; write `PATH: VALUE` under it")
    for path, override in overrides.items.items():
        if path in ("about", "source"):
            continue
        changed = document.override(reading.tree, path, override.node, override.key_mark)
        if isinstance(changed, Problem):
            reading.add([changed])
        else:
            reading.tree = changed


def _validate(tree: Any) -> ScenarioFile | ValidationError:
    try:
        return ScenarioFile.model_validate(tree)
    except ValidationError as error:
        return error


def _build(reading: _Reading) -> Scenario | None:
    if incomplete(reading.problems):
        return None
    places = document.marks(reading.tree)
    plain: Any = source.plain(reading.tree)
    reading.add(name_problems(places))
    file = _validate(plain)
    if isinstance(file, ValidationError):
        reading.add(schema_problems(file, places))
        file = _pruned(plain, file)
        if file is not None:
            # what can be said of the rest is said now, so that one look mends as much as it can
            reading.add(checks.meaning(file, world_of(file), places))
        return None
    world = world_of(file)
    bound = list(bind(file))
    values = {item.path: item for item in bound if isinstance(item, Value)}
    draws = {item.path: item for item in bound if isinstance(item, Draw)}
    reading.add(checks.meaning(file, world, places))
    reading.add(checks.formulas(values, draws, places))
    groups, refused = checks.correlations(file, values, draws, places)
    reading.add(refused)
    if reading.broken:
        return None
    brings, program, linking = build(file, world)
    reading.add(checks.refusals(world, places))
    reading.add(checks.linking(linking, reading.tree, places))
    if program is None or reading.broken:
        return None
    reading.add(checks.unused(program, values, places))
    reading.add(_variants(reading, places))
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False)
    scenario = Scenario(
        name=reading.path.stem,
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        file=file,
        world=world,
        brings=brings,
        program=program,
        values=dict(sorted(values.items())),
        draws=dict(sorted(draws.items())),
        groups=groups,
        resolved=plain,
    )
    reading.add(numeric_checks.worlds(scenario.program, scenario.values, groups, world, brings, places))
    return scenario


def _pruned(plain: Any, error: ValidationError) -> ScenarioFile | None:
    """The file without the parts that could not be read, if what is left is a scenario."""
    for _ in range(8):
        for item in error.errors(include_url=False, include_input=False):
            _prune(plain, [part for part in item["loc"] if part != "[key]"], missing=item["type"] == "missing")
        again = _validate(plain)
        if isinstance(again, ScenarioFile):
            list(bind(again))
            return again
        error = again
    return None


def _prune(plain: Any, trail: list[Any], *, missing: bool) -> None:
    if missing:
        trail = trail[:-1]
    here = plain
    for part in trail[:-1]:
        if not isinstance(here, dict | list) or (isinstance(here, dict) and part not in here):
            return
        here = here[part]
    if trail and isinstance(here, dict):
        here.pop(trail[-1], None)
    elif trail and isinstance(here, list):
        here.clear()


def _variants(reading: _Reading, places: document.Marks) -> list[Problem]:
    """Overrides of variants that lead nowhere or give what no field can read."""
    entry = reading.as_written.items.get("variants")
    if entry is None or not isinstance(entry.node, Tree):
        return []
    problems: list[Problem] = []
    for name, variant in entry.node.items.items():
        tree: Tree = reading.as_written
        if not isinstance(variant.node, Tree):
            continue
        for path, override in variant.node.items.items():
            if path in ("about", "source"):
                continue
            changed = document.override(tree, path, override.node, override.key_mark)
            if isinstance(changed, Problem):
                problems.append(changed)
            else:
                tree = changed
        file = _validate(source.plain(tree))
        if isinstance(file, ValidationError):
            found = schema_problems(file, document.marks(tree))
            problems += [
                Problem(problem.code, problem.severity, f"in the variant `{name}`: {problem.text}", problem.mark, problem.hint)
                for problem in found
            ]
    return problems
