"""Everything that is wrong with a resolved scenario, in one go, and what it is made of where nothing is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from sim.chance.copula import Group
from sim.chance.uncertain import Draw, Value, references
from sim.rules.language import Brings
from sim.rules.link import LinkProblem
from sim.rules.program import Program
from sim.scenario import checks, document, numeric_checks, source
from sim.scenario.build import bring_all, build, world_of
from sim.scenario.diagnostics import Problem, did_you_mean
from sim.scenario.document import Trail
from sim.scenario.explain import (
    Item,
    empty_places,
    empty_problems,
    meant_keys,
    meant_names,
    name_problems,
    schema_problems,
    trail_of,
    value_problems,
)
from sim.scenario.names import names
from sim.scenario.places import Places, trail
from sim.scenario.salvage import Salvage, salvage
from sim.scenario.schema import ScenarioFile
from sim.scenario.source import Mapping as Tree
from sim.world.fields import World, bind

_CALENDAR: tuple[Trail, ...] = (("clock",), ("question", "opens"), ("question", "closes"))
_SUBJECT = re.compile(r"`([^`]*)`")


@dataclass(slots=True)
class Judged:
    """A file, its problems, and as much of the scenario as could be built; `program` is None after any error."""

    plain: Any
    problems: list[Problem]
    file: ScenarioFile | None = None
    world: World | None = None
    values: dict[str, Value] = field(default_factory=dict)
    draws: dict[str, Draw] = field(default_factory=dict)
    groups: Sequence[Group] = ()
    brings: Brings = field(default_factory=Brings)
    program: Program | None = None
    saved: Salvage = field(default_factory=Salvage)

    def in_doubt(self, path: Trail) -> bool:
        """Whether nothing can be said of a path, because something about it could not be read."""
        return self.saved.in_doubt(path)

    @property
    def broken(self) -> bool:
        """Whether there is an error among the problems."""
        return any(problem.severity == "error" for problem in self.problems)


def judge(plain: Any, places: Places, overridden: Sequence[str] = (), *, look: bool = True) -> Judged:
    """Read and check a plain tree, of which some paths were set from outside.

    With `look`, the Program is built, and the first worlds are drawn and looked at.
    """
    empty = list(empty_places(places, plain))
    judged = Judged(plain, [*empty_problems(empty, places), *name_problems(places)])
    saved = _read(_without(plain, empty), empty, judged, places)
    judged.saved = saved
    if saved.file is not None:
        judged.file, judged.world = saved.file, world_of(saved.file)
        _sense(judged, saved, places, overridden, look=look)
        calendar = any(problem.code == "SC301" for problem in judged.problems)
        if look and judged.program is not None and not calendar and _all_known(judged, saved):
            found = numeric_checks.worlds(judged.program, judged.values, judged.groups, judged.world, places)
            tainted = set() if saved.whole else _tainted(judged.values, saved)
            judged.problems += [problem for problem in found if saved.whole or not _doubtful(problem, saved, tainted)]
        if judged.broken:
            judged.program = None
    return judged


def _read(healthy: Any, empty: Sequence[Trail], judged: Judged, places: Places) -> Salvage:
    """The file, with stand-ins for what cannot be read; notes what is wrong."""
    try:
        return Salvage(ScenarioFile.model_validate(healthy), {*empty, *meant_names(places)})
    except ValidationError as error:
        items = _not_about(empty, error.errors(include_url=False))
        judged.problems += schema_problems(items, places)
        saved = salvage(healthy, error)
    judged.problems += schema_problems(_not_about(empty, saved.later), places)
    saved.gone.update(empty, meant_keys(items), meant_names(places))
    return saved


def _not_about(empty: Sequence[Trail], items: Iterable[Any]) -> list[Item]:
    """Without what is said of keys that are there but hold nothing, and of blocks that lack only these."""
    return [item for item in items if not any(_follows_from(path, trail_of(item), item["type"]) for path in empty)]


def _follows_from(empty: Trail, path: Trail, kind: str) -> bool:
    if kind == "missing":
        return empty[: len(path)] == path
    return path == empty or (kind == "value" and path == empty[:-1])


def _without(plain: Any, trails: Iterable[Trail]) -> Any:
    """The tree without some of its places; an item of a list takes its whole list along."""
    if isinstance(plain, dict):
        plain = dict(plain)
        below: dict[str | int, list[Trail]] = {}
        for path in trails:
            below.setdefault(path[0], []).append(path[1:])
        for key, rests in below.items():
            if any(not rest or isinstance(rest[0], int) for rest in rests):
                del plain[key]
            else:
                plain[key] = _without(plain[key], rests)
    return plain


def _sense(judged: Judged, saved: Salvage, places: Places, overridden: Sequence[str], *, look: bool) -> None:
    """What a file means as a whole; builds the Program where its names and formulas lead somewhere."""
    file, world = judged.file, judged.world
    if file is None or world is None:
        return
    for item in bind(file):
        if isinstance(item, Value):
            judged.values[item.path] = item
        else:
            judged.draws[item.path] = item
    if not any(saved.in_doubt(path) for path in _CALENDAR):
        judged.problems += checks.window(file, places)
    judged.problems += checks.kinds(file, places)
    misread = checks.formulas(file, judged.values, judged.draws, places)
    judged.problems += misread
    judged.groups, refused = checks.correlations(file, judged.values, judged.draws, places, overridden, saved.in_doubt)
    judged.problems += refused
    program: Program | None = None
    linking: list[LinkProblem] = []
    if look:
        judged.brings, program, linking = build(file, world)
    else:
        judged.brings = bring_all(file, world)
    nameless = names(file, judged.brings, places, saved.in_doubt)
    judged.problems += nameless
    refusals = [*checks.refusals(world, places), *checks.mixes(world, places)]
    judged.problems += [problem for problem in refusals if saved.whole or not _doubtful(problem, saved)]
    judged.problems += _rest(linking, nameless, saved, places)
    if program is not None and not misread:
        judged.program = program
        if saved.whole:
            judged.problems += checks.unused(program, judged.values, places, overridden)


def _subject(problem: Problem) -> Trail:
    """The path that a problem is about: what stands first in backquotes."""
    found = _SUBJECT.search(problem.text)
    return trail(re.sub(r"\[(\d+)\]", r".\1", found[1])) if found else ()


def _doubtful(problem: Problem, saved: Salvage, tainted: Container[str] = ()) -> bool:
    subject = _subject(problem)
    return problem.code == "SC310" or saved.in_doubt(subject) or ".".join(map(str, subject)) in tainted


def _all_known(judged: Judged, saved: Salvage) -> bool:
    """Whether every number of the Program can be had: nothing that it reads was left out."""
    if saved.whole or judged.program is None:
        return True
    read = (name for expression in judged.program.expressions for name in references(expression))
    formulas = (value.formula for value in judged.values.values() if value.formula is not None)
    inner = (name for formula in formulas for name in references(formula))
    calendar = any(saved.in_doubt(path) for path in _CALENDAR)
    return not calendar and all(name in judged.values for name in itertools.chain(read, inner))


def _tainted(values: Mapping[str, Value], saved: Salvage) -> set[str]:
    """Formulas that read a stand-in, directly or through others."""
    reads = {path: set(references(value.formula)) for path, value in values.items() if value.formula is not None}
    tainted = {path for path in values if saved.in_doubt(trail(path))}
    while True:
        more = {path for path, names in reads.items() if names & tainted} - tainted
        if not more:
            return tainted
        tainted |= more


def _rest(linking: Sequence[LinkProblem], told: Sequence[Problem], saved: Salvage, places: Places) -> list[Problem]:
    """Problems of linking that nothing else has told yet; who multiplies what is told by names."""
    blocks = [_subject(problem) for problem in told]
    found: dict[tuple[str, str], Problem] = {}
    for item in linking:
        here = trail(item.block)
        # hooks, multipliers and the lack of a tension are told by names
        if (
            item.warning
            or here[-1:] == ("when",)
            or item.missing == "tension"
            or any(block[: min(2, len(here))] == here[:2] for block in blocks)
        ):
            continue
        if saved.in_doubt(here) or saved.in_doubt(trail(item.missing)):
            continue
        hint = did_you_mean(item.missing, item.candidates) or "check the names"
        mark = places.find(here, on_key=places.is_block(here))
        found.setdefault((item.block, item.missing), Problem("SC307", "error", item.text, mark, hint))
    return list(found.values())


def variant_problems(tree: Tree, base: Judged, lines: Mapping[str, Sequence[str]]) -> list[Problem]:
    """What is wrong with a file once the overrides of one of its variants are in it.

    Where the file itself cannot be read, only the overrides are looked at, each on its own.
    """
    entry = tree.items.get("variants")
    if entry is None or not isinstance(entry.node, Tree):
        return []
    problems: list[Problem] = []
    known = {(problem.code, problem.text) for problem in base.problems}
    for name, variant in entry.node.items.items():
        if not isinstance(variant.node, Tree):
            continue
        changed, refused = _overridden(tree, variant.node)
        problems += [problem for problem in refused if not base.in_doubt(_subject(problem))]
        places = Places(document.marks(changed), lines)
        paths = list(variant.node.items)
        if base.saved.whole:
            found = judge(source.plain(changed), places, paths, look=False).problems
        else:
            found = list(value_problems((trail(path) for path in paths), source.plain(changed), places))
        for problem in found:
            if problem.severity == "error" and (problem.code, problem.text) not in known:
                problems.append(replace(problem, text=f"in the variant `{name}`, {problem.text}"))
    return problems


def _overridden(tree: Tree, overrides: Tree) -> tuple[Tree, list[Problem]]:
    problems: list[Problem] = []
    for path, override in overrides.items.items():
        if path in ("about", "source"):
            continue
        changed = document.override(tree, path, override.node, override.key_mark)
        if isinstance(changed, Problem):
            problems.append(changed)
        else:
            tree = changed
    return tree, problems
