"""A scenario file, read, checked and built: the door through which everything else gets a scenario."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sim.chance.copula import Group
from sim.chance.uncertain import Draw, Value
from sim.errors import SimError
from sim.rules.language import Brings
from sim.rules.program import Program
from sim.scenario import document, source
from sim.scenario.diagnostics import Problem, closing_line, did_you_mean, incomplete, ordered, raise_if_errors, render
from sim.scenario.judge import Judged, judge, variant_problems
from sim.scenario.places import Places
from sim.scenario.schema import ScenarioFile
from sim.scenario.source import Mapping as Tree
from sim.world.evidence import Evidence
from sim.world.fields import World
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
    lines: dict[str, Sequence[str]]
    problems: list[Problem] = field(default_factory=list)
    overridden: list[str] = field(default_factory=list)

    def override(self, path: str, value: source.Node, mark: source.Mark) -> None:
        """Set one value from outside, or note why it cannot be."""
        changed = document.override(self.tree, path, value, mark)
        if isinstance(changed, Problem):
            self.problems.append(changed)
        else:
            self.tree = changed
            self.overridden.append(path)


def load(path: Path, settings: Sequence[str] = (), variant: str | None = None) -> Case:
    """Read, check and build a scenario; a variant's overrides are applied first, then `--set` arguments in order.

    Raises `ScenarioError` with every problem of the file, or `SimError` when it cannot be had at all.
    """
    reading = _read(path, settings, variant)
    if incomplete(reading.problems):
        raise_if_errors(reading.problems, reading.lines)
    judged = judge(source.plain(reading.tree), Places(document.marks(reading.tree), reading.lines), reading.overridden)
    problems = [*reading.problems, *judged.problems]
    if not reading.overridden:
        # with a variant or a `--set` in it the file is no longer what its variants were written against
        problems += variant_problems(reading.tree, judged, reading.lines)
    raise_if_errors(problems, reading.lines)
    warnings = tuple(ordered(problems, reading.lines))
    scenario, file = _scenario(path, judged)
    return Case(
        scenario,
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
    tree, lines, problems = document.resolve_extends(source.read(path), path)
    reading = _Reading(path, tree, dict(lines), list(problems))
    if incomplete(reading.problems):
        return reading
    if variant is not None:
        _apply_variant(reading, variant)
    for number, argument in enumerate(settings, 1):
        setting = document.parse_set(argument, number)
        if isinstance(setting, Problem):
            reading.lines[f"--set {number}"] = source.split_lines(argument)
            reading.problems.append(setting)
        else:
            reading.lines[f"--set {number}"] = setting.lines
            reading.override(setting.path, setting.value, setting.mark)
    return reading


def _apply_variant(reading: _Reading, name: str) -> None:
    entry = reading.tree.items.get("variants")
    known = entry.node.items if entry is not None and isinstance(entry.node, Tree) else {}
    if name not in known:
        listed = f"variants of this file are {', '.join(known)}" if known else "the file has no variants"
        raise SimError(f"{reading.path}: there is no variant `{name}`; {did_you_mean(name, known) or listed}")
    overrides = known[name].node
    if isinstance(overrides, Tree):
        for path, override in overrides.items.items():
            if path not in ("about", "source"):
                reading.override(path, override.node, override.key_mark)


def _scenario(path: Path, judged: Judged) -> tuple[Scenario, ScenarioFile]:
    program, file, world = judged.program, judged.file, judged.world
    if program is None or file is None or world is None:
        raise SimError(f"{path}: the scenario cannot be built, and no reason was found; please report this file")
    text = json.dumps(judged.plain, sort_keys=True, ensure_ascii=False)
    scenario = Scenario(
        name=path.stem,
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        file=file.model_copy(update={"evidence": {}, "outside_view": {}, "resolution": {}}),
        world=world,
        brings=judged.brings,
        program=program,
        values={path: _sourced(path, value, judged.plain) for path, value in sorted(judged.values.items())},
        draws=dict(sorted(judged.draws.items())),
        groups=judged.groups,
        resolved=judged.plain,
    )
    return scenario, file


def _sourced(path: str, value: Value, plain: Mapping[str, Any]) -> Value:
    """The value with its source: its own, or that of the nearest block around it that names one."""
    if value.source is not None:
        return value
    node: Any = plain
    found: str | None = None
    for key in path.split("."):
        node = node.get(key) if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping):
            break
        named = node.get("source")
        found = named if isinstance(named, str) else found
    return value if found is None else replace(value, source=found)
