"""Where runs are kept: `outputs/<scenario>/<run id>/`. A finished folder appears all at once, never half done."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from sim.experiment.engines import COMPILED, engine_name
from sim.experiment.plan import Design
from sim.records.result import Result
from sim.scenario.load import Scenario
from sim.scenario.write import to_yaml

RESULT, MANIFEST, LATEST = "result.json", "manifest.json", "latest"
_LIBRARIES = ("numpy", "scipy", "numba", "simpy", "pydantic", "pyarrow", "matplotlib")


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


def made_with(engine: str) -> dict[str, str]:
    """What may show in the bytes of a part besides the question: engine, libraries, and the kind of machine."""
    libraries = ("numpy", "scipy", "pyarrow", "numba" if engine_name(engine) == COMPILED else "simpy")
    return {
        "engine": engine_name(engine),
        "python": ".".join(sys.version.split()[0].split(".")[:2]),
        **{name: _version(name) or "none" for name in libraries},
        "machine": f"{platform.system()} {platform.machine()}",
    }


def manifest(
    scenario: Scenario,
    design: Design,
    engine: str,
    tool_version: str,
    elapsed: float,
    parts: int,
    found: int,
    *,
    changed: Sequence[str] = (),
) -> dict[str, Any]:
    """What was run, with what, where, and how long it took (the one file that differs between equal runs).

    `changed` is what the command line made of the file: a variant, and settings. Of the `parts`, `found` were there
    already: played before this run was interrupted. `elapsed` (seconds) is without what they took.
    """
    return {
        "scenario_sha256": scenario.sha256,
        "program_sha256": scenario.program.digest(),
        "changed": list(changed),
        **made_how(design, engine, tool_version),
        "elapsed_seconds": round(elapsed, 3),
        "resumed": found > 0,
        "parts": parts,
        "parts_found": found,
    }


def made_how(design: Design, engine: str, tool_version: str) -> dict[str, Any]:
    """How much was played, with what, and where: what the manifest of anything that was played says."""
    return {
        "seed": design.seed,
        "worlds": design.worlds,
        "replays": design.replays,
        "precision": design.precision,
        "engine": engine_name(engine),
        "version": tool_version,
        "python": sys.version.split()[0],
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "host": {"system": platform.system(), "machine": platform.machine(), "node": platform.node()},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def write_run(path: Path, scenario: Scenario, result: Result, about: Mapping[str, Any]) -> None:
    """Everything of a run but its figures and tables: result, manifest, resolved scenario."""
    for name, text in (
        (RESULT, to_json(result)),
        (MANIFEST, to_json(about)),
        ("scenario.yaml", to_yaml(scenario.resolved)),
    ):
        (path / name).write_text(text, encoding="utf-8", newline="\n")
