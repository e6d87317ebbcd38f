"""Where runs are kept: `outputs/<scenario>/<run id>/`. A finished folder appears all at once, never half done."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import numpy as np

from sim.errors import SimError
from sim.experiment.plan import Design
from sim.experiment.run import Played
from sim.records.outcomes import Outcomes
from sim.records.result import Result
from sim.scenario.load import Scenario
from sim.scenario.write import to_yaml

MOST_ROWS = 1_000_000
RESULT, MANIFEST, LATEST = "result.json", "manifest.json", "latest"
_LIBRARIES = ("numpy", "scipy", "simpy", "pydantic", "pyarrow", "matplotlib")


def run_id(scenario: Scenario, design: Design, tool_version: str) -> str:
    """A name for the question as asked: everything that determines the numbers, hashed."""
    parts = [
        scenario.sha256,
        scenario.program.digest(),
        repr([(path, value.fixed, value.distribution, value.formula) for path, value in scenario.values.items()]),
        repr([(group.paths, group.factor.tolist()) for group in scenario.groups]),
        repr((design.worlds, design.replays, design.seed, design.precision)),
        tool_version,
    ]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Folder:
    """One run's folder."""

    path: Path

    def known(self) -> Result | None:
        """The result that is kept here, if the run was finished."""
        try:
            return cast(Result, json.loads((self.path / RESULT).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    def point(self) -> None:
        """Make this the run that `latest` names: the last one that was asked for, played or not."""
        pointer = self.path.parent / f".{LATEST}.tmp"
        pointer.write_text(self.path.name + "\n", encoding="utf-8")
        pointer.replace(self.path.parent / LATEST)


def folder_for(out: Path, scenario: Scenario, design: Design, tool_version: str) -> Folder:
    """The folder of a question under `out`."""
    return Folder(out / scenario.name / run_id(scenario, design, tool_version))


def to_json(result: Mapping[str, Any]) -> str:
    """Deterministic JSON text: keys in the order of the schema, numbers in their shortest exact form."""
    return json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


class Draft:
    """A folder in the making, beside its final place; `keep` moves it there in one step, all else leaves nothing."""

    def __init__(self, folder: Folder) -> None:
        """Create the parent and a temporary folder in it. Raises `SimError` where that is not allowed."""
        self.final = folder.path
        self._made = [parent for parent in folder.path.parents if not parent.exists()]
        try:
            folder.path.parent.mkdir(parents=True, exist_ok=True)
            self.path = Path(tempfile.mkdtemp(prefix=f".{folder.path.name}-", dir=folder.path.parent))
        except OSError as problem:
            self._sweep()
            raise SimError(
                f"cannot write to {folder.path.parent}: {problem.strerror}; choose another folder with --out"
            ) from None

    def __enter__(self) -> Draft:
        """The temporary folder is there."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind that was not kept."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._sweep()

    def _sweep(self) -> None:
        """Folders that were made for this draft go, unless something stands in them."""
        for folder in self._made:
            try:
                folder.rmdir()
            except OSError:
                return

    def keep(self) -> None:
        """Put the folder in its place and point `latest` at it."""
        os.chmod(self.path, 0o755)  # noqa: PTH101 - a temporary folder is private, a result is not
        if self.final.exists():
            shutil.rmtree(self.final)
        self.path.rename(self.final)
        Folder(self.final).point()


def manifest(scenario: Scenario, design: Design, engine: str, tool_version: str, elapsed: float) -> dict[str, Any]:
    """What was run, with what, where, and how long it took (the one file that differs between equal runs)."""
    return {
        "scenario_sha256": scenario.sha256,
        "program_sha256": scenario.program.digest(),
        "seed": design.seed,
        "worlds": design.worlds,
        "replays": design.replays,
        "precision": design.precision,
        "engine": engine,
        "version": tool_version,
        "python": sys.version.split()[0],
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "host": {"system": platform.system(), "machine": platform.machine(), "node": platform.node()},
        "elapsed_seconds": round(elapsed, 3),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def write_run(path: Path, scenario: Scenario, played: Played, result: Result, about: Mapping[str, Any]) -> None:
    """Everything of a run but its figures: result, manifest, resolved scenario, tables."""
    for name, text in (
        (RESULT, to_json(result)),
        (MANIFEST, to_json(about)),
        ("scenario.yaml", to_yaml(scenario.resolved)),
    ):
        (path / name).write_text(text, encoding="utf-8", newline="\n")
    write_tables(path, scenario, played)


def write_tables(path: Path, scenario: Scenario, played: Played) -> None:
    """`worlds.parquet`: a row a world, its values, hits and replays; `runs.parquet`: a row a run, up to 10^6 runs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    outcomes, program = played.outcomes, scenario.program
    worlds = np.arange(played.worlds)
    hit = np.isfinite(outcomes.first) & (outcomes.status == 0)
    finished = outcomes.status == 0
    columns: dict[str, Any] = {"world": worlds}
    for name, value in scenario.values.items():
        if value.distribution is None:
            continue
        columns[name] = played.values[name]
        if value.states:
            columns[name] = [value.states[int(place)] for place in played.values[name]]
    columns["hits"] = np.bincount(outcomes.world[hit], minlength=played.worlds)
    columns["replays"] = np.bincount(outcomes.world[finished], minlength=played.worlds)
    pq.write_table(pa.table(columns), path / "worlds.parquet")
    if len(outcomes) <= MOST_ROWS:
        pq.write_table(pa.table(_run_columns(outcomes, program.kinds, program.blocks)), path / "runs.parquet")


def _run_columns(outcomes: Outcomes, kinds: tuple[str, ...], blocks: tuple[str, ...]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "world": outcomes.world,
        "replay": outcomes.replay,
        "status": outcomes.status.astype(np.int8),
        "failed_at": outcomes.failed_at,
        "first_onset": outcomes.first,
        "kind": [kinds[kind] if kind >= 0 else None for kind in outcomes.kind.tolist()],
        "root": [blocks[root] if root >= 0 else None for root in outcomes.root.tolist()],
        "flags": outcomes.flags,
        "dues": outcomes.dues,
    }
    for place, kind in enumerate(kinds):
        columns[f"onset_{kind}"] = outcomes.onset[:, place]
        columns[f"early_{kind}"] = outcomes.early[:, place]
        columns[f"running_{kind}"] = outcomes.running[:, place]
    return columns
