"""What a page is made from: plain records, gathered before anything is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.records.comparison import Comparison
from sim.records.drivers import DriverPart, NoisePart
from sim.records.paths import Mark
from sim.records.result import Result
from sim.report.page.blocks import Line

# Kind -> dates, and the odds that a crisis of this kind has come first by the end of each date.
ByKind = Mapping[str, tuple[Sequence[str], Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Definition:
    """One kind of crisis: what the file says of it, the keys that the model tests, and whether it is only recorded."""

    kind: str
    about: str
    tested: str
    passive: bool


@dataclass(frozen=True, slots=True)
class ToldRun:
    """One run as a story: `typical` says of what, `why` how it was chosen, `number` which run it is."""

    typical: str
    number: int
    world: int
    replay: int
    why: str
    particulars: Sequence[str]
    lines: Sequence[Line]
    ending: Sequence[str]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Everything that the page of a run shows; `missing` tells in sentences what could not be had, and why.

    `manifest`, `by_kind` and `noise` are None and the sequences empty where there is nothing of that sort.
    """

    name: str
    result: Result
    manifest: Mapping[str, Any] | None = None
    about: str = ""
    definitions: Sequence[Definition] = ()
    marks: Sequence[Mark] = ()
    by_kind: ByKind | None = None
    drivers: Sequence[DriverPart] = ()
    noise: NoisePart | None = None
    stories: Sequence[ToldRun] = ()
    missing: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class ComparisonFacts:
    """Everything that the page of a comparison shows.

    `files` are the scenarios as played, in a folder beside the page; `definitions` those of the first.
    """

    name: str
    comparison: Comparison
    manifest: Mapping[str, Any] | None = None
    files: Sequence[str] = ()
    definitions: Sequence[Definition] = ()
