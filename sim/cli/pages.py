"""What a page is made from is gathered here: the kept result, the scenario beside it, two stories, the drivers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import SimError

if TYPE_CHECKING:
    from sim.analysis.tales import Tale
    from sim.analysis.trace import Choice
    from sim.records.drivers import DriverPart, NoisePart
    from sim.records.result import Result
    from sim.report.page.blocks import Line
    from sim.report.page.facts import ByKind, Definition, RunFacts, ToldRun
    from sim.report.story import Told
    from sim.scenario.load import Case, Scenario

REPORT, COMPARISON, WORLDS = "report.html", "comparison.json", "worlds.parquet"
_STORIES = ("crisis", "calm")
# what a crisis says beside its definition
_ASIDE = ("about", "source", "tension", "passive", "running")


@dataclass(slots=True)
class _Gathering:
    """Facts on their way to a page, and sentences on what could not be had."""

    folder: Path
    missing: list[str] = field(default_factory=list)


def write_report(folder: Path, name: str = "") -> Path:
    """Write the page of a finished run or comparison into its folder; gives its path.

    `name` is what the run is called, where its folder is not called so yet. Raises `SimError` where the folder holds
    neither, where what it holds is damaged, or where it cannot be written.
    """
    from sim.experiment.archive import RESULT
    from sim.experiment.durable import DRAFT, write_whole

    if (folder / RESULT).exists():
        text = _run_page(folder, name or folder.name)
    elif (folder / COMPARISON).exists():
        text = _comparison_page(folder, name or folder.name)
    else:
        raise SimError(f"{folder} holds no finished run and no comparison: there is no {RESULT} and no {COMPARISON}")
    path = folder / REPORT
    try:
        write_whole(path, text)
    except OSError as problem:
        path.with_name(path.name + DRAFT).unlink(missing_ok=True)
        raise SimError(f"{path} cannot be written: {problem.strerror or problem}") from None
    return path


def _run_page(folder: Path, name: str) -> str:
    from sim.experiment.archive import RESULT
    from sim.experiment.kept import read_record
    from sim.records.result import SCHEMA, Result
    from sim.report.page import run_page

    return run_page.html(_run_facts(folder, name, read_record(folder / RESULT, Result, SCHEMA)))


def _comparison_page(folder: Path, name: str) -> str:
    from sim.experiment.kept import read_record
    from sim.records.comparison import SCHEMA, Comparison
    from sim.report.page import comparison_page
    from sim.report.page.facts import ComparisonFacts

    comparison = read_record(folder / COMPARISON, Comparison, SCHEMA)
    files = sorted((folder / "scenarios").glob("*.yaml"))
    first = _case(_Gathering(folder), files[0], comparison["scenarios"][0]["sha256"]) if files else None
    facts = ComparisonFacts(
        name,
        comparison,
        _manifest(folder),
        [path.name for path in files],
        [] if first is None else _definitions(first.scenario),
    )
    return comparison_page.html(facts)


def _run_facts(folder: Path, name: str, result: Result) -> RunFacts:
    from sim.report.page.facts import RunFacts
    from sim.scenario.schedule import marks

    gathering = _Gathering(folder)
    case = _case(gathering, folder / "scenario.yaml", result["scenario"]["sha256"])
    drivers, noise = _drivers(gathering, result, case)
    return RunFacts(
        name=name,
        result=result,
        manifest=_manifest(folder),
        about="" if case is None else case.scenario.file.about or "",
        definitions=[] if case is None else _definitions(case.scenario),
        marks=[] if case is None else marks(case.scenario.file),
        by_kind=_by_kind(gathering, result),
        drivers=drivers,
        noise=noise,
        stories=[] if case is None else _stories(gathering, case.scenario, result),
        missing=gathering.missing,
    )


def _manifest(folder: Path) -> Mapping[str, Any] | None:
    from sim.experiment.archive import MANIFEST

    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _case(gathering: _Gathering, path: Path, sha256: str) -> Case | None:
    """The scenario beside a result, if it is the one that was played."""
    from sim.scenario.load import load

    try:
        case = load(path)
    except SimError:
        gathering.missing.append(f"definitions and stories, because {path.name} is not there or cannot be read")
        return None
    if case.scenario.sha256 != sha256:
        gathering.missing.append(f"definitions and stories, because {path.name} was changed after it was played")
        return None
    return case


def _definitions(scenario: Scenario) -> list[Definition]:
    from sim.report.page.facts import Definition

    blocks = scenario.resolved.get("crises", {})
    return [
        Definition(kind, crisis.about or "", _tested(blocks.get(kind, {})), crisis.passive)
        for kind, crisis in scenario.file.crises.items()
    ]


def _tested(block: Any) -> str:
    """The keys of a crisis that say when it begins and ends, as the file writes them."""
    from sim.scenario.changes import flow

    keys = block if isinstance(block, Mapping) else {}
    return ", ".join(f"{key} {flow(_bare(value))}" for key, value in keys.items() if key not in _ASIDE)


def _bare(value: Any) -> Any:
    """A value without its prose."""
    if isinstance(value, Mapping):
        kept = {key: _bare(part) for key, part in value.items() if key not in ("about", "source")}
        return kept["value"] if set(kept) == {"value"} else kept
    return value


def _by_kind(gathering: _Gathering, result: Result) -> ByKind | None:
    """Cumulative odds by kind, from the table behind the figure; a quick run has none."""
    path = gathering.folder / "figures" / "timing.csv"
    found: dict[str, tuple[list[str], list[float]]] = {kind: ([], []) for kind in result["question"]["kinds"]}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["series"] == "cumulative" and row["kind"] in found:
                    dates, odds = found[row["kind"]]
                    dates.append(row["date"])
                    odds.append(float(row["p"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    kept = {kind: series for kind, series in found.items() if series[0]}
    return kept or None


def _stories(gathering: _Gathering, scenario: Scenario, result: Result) -> list[ToldRun]:
    """A typical crisis and a typical calm run, where there are any."""
    from sim.analysis.trace import Typical, pick

    told = []
    for name in _STORIES:
        try:
            choice = pick(scenario, result["design"]["seed"], Typical(name))
        except SimError as problem:
            gathering.missing.append(f"the story of a typical {name}: {problem}")
            continue
        told.append(_told(scenario, result, name, choice))
    return told


def _told(scenario: Scenario, result: Result, name: str, choice: Choice) -> ToldRun:
    from sim.analysis.tales import tell
    from sim.report import story
    from sim.report.page.facts import ToldRun

    design = result["design"]
    tale = tell(scenario, design["seed"], choice.world, choice.replay)
    return ToldRun(
        typical=name,
        number=choice.world * design["replays"] + choice.replay,
        world=choice.world,
        replay=choice.replay,
        why=choice.why,
        particulars=list(_particulars(tale)),
        lines=_lines(story.told(scenario, tale)),
        ending=list(story.sentences(scenario, tale.outcome)),
    )


def _particulars(tale: Tale) -> Iterator[str]:
    """What is particular about the world of a tale: the states that it starts in, and values that lie far out."""
    from sim.report import story
    from sim.report.inputs import label
    from sim.report.wording import human

    for path, state in tale.states:
        yield f"Starts with {human(path.split('.')[0])}: {human(state)}."
    far = [f"{label(item.path)} {story.value_text(item)} ({story.rank(item.percentile)})" for item in tale.far_out]
    if far:
        yield f"In this world below the 10th or above the 90th percentile: {'; '.join(far)}."


def _lines(told: Sequence[Told]) -> list[Line]:
    from sim.report.page.blocks import Line

    return [Line(line.date, line.who, line.text, edge=not line.who) for line in told]


def _drivers(gathering: _Gathering, result: Result, case: Case | None) -> tuple[Sequence[DriverPart], NoisePart | None]:
    """What each assumption does to the odds, as far as the worlds that were played tell it."""
    from sim.analysis.drivers import first_order_drivers

    if case is None or not result["assumptions"]:
        return [], None
    path = gathering.folder / WORLDS
    try:
        columns = _columns(path)
        hits, plays = columns.pop("hits"), columns.pop("replays")
        return first_order_drivers(case.scenario, result, columns, hits, plays)
    except (OSError, ValueError, KeyError):
        gathering.missing.append(f"what the odds rest on most, because {WORLDS} is not there or cannot be read")
    except SimError as problem:
        gathering.missing.append(f"what the odds rest on most: {problem}")
    return [], None


def _columns(path: Path) -> dict[str, Any]:
    """The columns of a table's first rows, as many as fit in memory whatever was played.

    Raises `OSError` or `ValueError` where it is no table.
    """
    import pyarrow.parquet as pq

    from sim.experiment.worldwise import MOST_COUNTED_WORLDS

    # reading a table by its path would load the machinery of data sets
    with pq.ParquetFile(path) as file:
        groups, rows = list[int](), 0
        while rows < MOST_COUNTED_WORLDS and len(groups) < file.num_row_groups:
            rows += file.metadata.row_group(len(groups)).num_rows
            groups.append(len(groups))
        table = file.read_row_groups(groups).slice(0, MOST_COUNTED_WORLDS)
    return {name: table[name].to_numpy() for name in table.column_names}
