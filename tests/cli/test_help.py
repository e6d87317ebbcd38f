"""Every help text, word for word: a change of it is seen in review, not by users."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import __version__
from sim.cli.app import app
from tests.cli.conftest import Sim

TEXTS = Path(__file__).parent / "help"
COMMANDS = ["breakeven", "check", "compare", "drivers", "new", "report", "run", "schema", "sweep", "trace", "verify"]


def test_every_command_is_here() -> None:
    assert sorted(command.name or "" for command in app.registered_commands) == COMMANDS
    assert sorted(path.stem for path in TEXTS.glob("*.txt")) == sorted(["sim", *COMMANDS])


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(sim: Sim, command: str) -> None:
    arguments = [command, "--help"] if command else ["--help"]
    answer = sim(*arguments)
    assert answer.out == (TEXTS / f"{command or 'sim'}.txt").read_text(encoding="utf-8")
    assert (answer.code, answer.err) == (0, "")


def test_short_option_asks_for_the_same_help(sim: Sim) -> None:
    assert sim("run", "-h") == sim("run", "--help")


def test_no_command_shows_the_help(sim: Sim) -> None:
    answer = sim()
    assert answer.code == 2
    assert answer.err == (TEXTS / "sim.txt").read_text(encoding="utf-8")


def test_version(sim: Sim) -> None:
    answer = sim("--version")
    assert (answer.code, answer.out, answer.err) == (0, f"sim {__version__}\n", "")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_eighty_columns(command: str) -> None:
    text = (TEXTS / f"{command or 'sim'}.txt").read_text(encoding="utf-8")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "..." not in text.partition("\n")[2], "nothing is cut off below the line of usage"
