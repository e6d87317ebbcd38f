"""What reaches a terminal: progress for people only, and never wider than the screen."""

from __future__ import annotations

import io
import sys

import pytest

from sim.cli import console


class Terminal(io.StringIO):
    """A standard error that people look at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("total", [3, None])
def test_progress_is_shown_to_people_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch, total: int | None) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with console.Bar(quiet=False) as bar:
        for done in range(1, 4):
            bar(done, total)
    assert "worlds" in screen.getvalue()
    # the last thing that is sent clears the line
    assert screen.getvalue().rstrip().endswith("\x1b[2K")


@pytest.mark.parametrize(("screen", "quiet"), [(io.StringIO(), False), (Terminal(), True)])
def test_nobody_looks_nothing_is_shown(monkeypatch: pytest.MonkeyPatch, screen: io.StringIO, quiet: bool) -> None:
    monkeypatch.setattr(sys, "stderr", screen)
    with console.Bar(quiet=quiet) as bar:
        bar(1, 2)
    assert screen.getvalue() == ""


@pytest.mark.parametrize(("columns", "width"), [("40", 40), ("100", 100), ("400", 120)])
def test_width_is_that_of_the_screen_up_to_a_line_that_reads_well(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert console.width() == width
