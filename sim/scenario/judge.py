"""Everything that is wrong with a resolved scenario, in one go, and what it is made of where nothing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from sim.chance.copula import Group
from sim.chance.uncertain import Draw, Value
from sim.rules.language import Brings
from sim.rules.link import LinkProblem
from sim.rules.program import Program
from sim.scenario import checks, document, numeric_checks, source
from sim.scenario.build import build, world_of
from sim.scenario.diagnostics import Problem
from sim.scenario.document import Trail
from sim.scenario.explain import empty_places, empty_problems, name_problems, schema_problems
from sim.scenario.names import names
from sim.scenario.places import Places, trail
from sim.scenario.salvage import Salvage, salvage
from sim.scenario.schema import ScenarioFile
from sim.scenario.source import Mapping as Tree
from sim.world.fields import World, bind

_CALENDAR = (("clock",), ("question", "opens"), ("question", "closes"))


@dataclass(slots=True)
class Judged:
    """A file, its problems, and as much of the scenario as could be built; `program` is None after any error."""

    plain: Any
    file: ScenarioFile
    world: World
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    draws: dict[str, Draw] = field(default_factory=dict)
    groups: Sequence[Group] = ()
    brings: Brings = field(default_factory=Brings)
    program: Program | None = None

    @property
    def broken(self) -> bool:
        """Whether there is an error among the problems."""
        return any(problem.severity == "error" for problem in self.problems)


def judge(plain: Any, places: Places, *, look: bool = True) -> Judged:
    """Read and check a plain tree. With `look`, the first worlds are drawn and looked at."""
    empty = list(empty_places(places, plain))
    problems = [*empty_problems(empty, places), *name_problems(places)]
    healthy = _without(plain, empty)
    saved = Salvage(gone=set(empty))
    try:
        saved.file = ScenarioFile.model_validate(healthy)
    except ValidationError as error:
        items = [item for item in error.errors(include_url=False) if not _about_empty(item, empty)]
        problems += schema_problems(items, places)
        rest = salvage(healthy, error)
        saved.file, saved.later = rest.file, rest.later
        saved.gone |= rest.gone
        problems += schema_problems(saved.later, places)
    if saved.file is None:
        nothing = ScenarioFile.model_construct()
        return Judged(plain, nothing, World(_NO_DATE, 0.0, 0.0, 0.0), problems)
    judged = Judged(plain, saved.file, world_of(saved.file), problems)
    _sense(judged, saved, places, look=look)
    return judged
