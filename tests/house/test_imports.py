"""The import contracts of pyproject.toml hold, and each one fails when somebody breaks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
NAMES = {contract["id"]: contract["name"] for contract in CONTRACTS}

# One deliberate breach of each contract: the contract, the file, what is written at its end.
BREACHES = [
    ("floors", "sim/errors.py", "import sim.timeline"),
    ("floors", "sim/estimates/breach.py", "import sim.engines"),
    ("floors", "sim/chance/breach.py", "def sneak():\n    import sim.estimates"),
    ("floors", "sim/cellar/__init__.py", ""),
    ("pure", "sim/rules/flows.py", "import numpy"),
    ("numeric-rooms", "sim/analysis/breach.py", "import matplotlib.figure"),
    ("numeric-rooms", "sim/experiment/breach.py", "import rich"),
    ("drawing", "sim/cli/breach.py", "import matplotlib"),
    ("talking", "sim/report/breach.py", "import typer"),
    ("pydantic", "sim/records/breach.py", "import pydantic"),
    ("doors", "sim/rules/breach.py", "import simpy"),
    ("doors", "sim/engines/breach.py", "import numba"),
    ("blocks", "sim/world/forces.py", "import sim.world.pullbacks"),
    ("blocks", "sim/world/fields.py", "import sim.world.forces"),
    ("blocks", "sim/world/weather.py", ""),
    ("corridor", "sim/analysis/compare.py", "import sim.analysis.sweep"),
]
# A module that a breach needs on its other side; a copy that already has it keeps its own.
OTHER_SIDE = "sim/analysis/sweep.py"


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Judge the package `sim` inside a folder, in a process that can find no other `sim`."""
    call = "import sys; from importlinter.cli import lint_imports_command as run; run(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", call, "--no-cache", "--no-logo", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / OTHER_SIDE).touch()
    return tmp_path


def test_contracts_hold() -> None:
    verdict = lint(ROOT)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in verdict.stdout


def test_every_contract_has_a_breach() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(NAMES)


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_breach_is_caught(copy: Path, contract: str, file: str, line: str) -> None:
    before = lint(copy, "--contract", contract)
    assert f"{NAMES[contract]} KEPT" in before.stdout, before.stdout + before.stderr

    target = copy / file
    target.parent.mkdir(exist_ok=True)
    with target.open("a", encoding="utf-8") as text:
        text.write(f"\n{line}\n")
    after = lint(copy, "--contract", contract)
    assert after.returncode != 0
    assert f"{NAMES[contract]} BROKEN" in after.stdout, after.stdout + after.stderr
