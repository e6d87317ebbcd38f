"""The command line as a user has it: arguments in, exit code and texts out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.cli.app import main
from sim.experiment.engines import AUTO, get_ready
from sim.scenario.load import load

ROOT = Path(__file__).resolve().parents[2]
TEACHING = ROOT / "scenarios" / "teaching"
STARTER = ROOT / "sim" / "cli" / "starter.yaml"


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


Sim = Callable[..., Answer]


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """The engine is compiled before anything is asked: on a new machine the first command would say that it waits."""
    get_ready(AUTO, load(TEACHING / "one_hazard.yaml").scenario.program, 1)


@pytest.fixture(autouse=True)
def _same_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Eighty columns, no colours, and a folder of its own for whatever a command writes."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def sim(capsys: pytest.CaptureFixture[str]) -> Sim:
    """Call a command in this process."""

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return Answer(code, told.out, told.err)

    return call


@pytest.fixture
def hazard(tmp_path: Path) -> Path:
    """The quickest scenario there is."""
    return written(tmp_path, "hazard", HAZARD)


def written(folder: Path, name: str, text: str) -> Path:
    """A scenario file."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


HAZARD = """\
schema: 1
title: One hazard
clock: {starts: 2021-01-01}
question: {text: Does it break out?, opens: 2021-01-01, closes: 2021-04-10, kinds: [outbreak]}
assumptions: {risk: {value: 0.1 to 0.5, unit: share}}
crises: {outbreak: {rate: {odds: = risk, within: 100}, lasts: 30}}
variants: {safe: {assumptions.risk: {value: 0.01, unit: share}}}
"""

# More than 4 096 pending steps fail a run: so do the worlds with columns of 4 000, the others do not.
FAILING = """\
schema: 1
title: Some runs fail
clock: {starts: 2021-01-01}
question: {text: Does it come?, opens: 2021-01-01, closes: 2021-03-31, kinds: [outbreak]}
assumptions: {columns: {choice: {2: 0.6, 4000: 0.4}}}
events:
  order:
    at: 2021-01-05
    do: [{arm: events.moves, times: 100, over: 10}, {arm: events.moves, times: = columns, over: 10}]
  moves: {armed: true, do: [{note: they move}]}
crises: {outbreak: {rate: {odds: 0.5, within: 90}, lasts: 30}}
"""
