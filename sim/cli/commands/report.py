"""`sim report`: make the page of a finished run or comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import console
from sim.cli.options import Quiet
from sim.errors import SimError

NAME = "report"
_NO_PAGE = ("drivers", "sweep", "breakeven")
_LONGEST_NAME = 40


def main(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR",
            help="Folders of runs or comparisons, or OUT/<scenario> for its last run.",
            show_default=False,
        ),
    ],
    quiet: Quiet = False,
) -> None:
    """Write report.html: a whole run or comparison on one page.

    It needs no other file and no network: open it in a browser, print it, or send it. Everything comes from what is
    kept in DIR; nothing is played but the two runs that are told as stories.
    """
    from sim.cli.pages import write_report

    found = [_kept(folder) for folder in folders]
    for folder in found:
        path = write_report(folder)
        console.out(f"{path}\n")
        if not quiet:
            console.tell(f"{path.stat().st_size / 1000:,.0f} kB; open it in a browser")


def _kept(folder: Path) -> Path:
    """The folder that holds the result: the one that is named, or the last run of a scenario."""
    from sim.cli.pages import COMPARISON
    from sim.experiment.archive import LATEST, RESULT
    from sim.report.wording import plain, shortened

    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise SimError(f"{folder} {what}: name the folder of a run, like outputs/SCENARIO/RUN_ID")
    if any((folder / name).exists() for name in (RESULT, COMPARISON)):
        return folder
    pointer = folder / LATEST
    if not pointer.is_file():
        _say_what_is_there(folder)
        raise SimError(
            f"{folder} holds no finished run and no comparison: there is no {RESULT}, no {COMPARISON} and no {LATEST}"
        )
    name = pointer.read_text(encoding="utf-8", errors="replace").strip()
    if not _is_there(folder / name / RESULT):
        shown = shortened(plain(name), _LONGEST_NAME) or "nothing"
        raise SimError(f"{pointer} names {shown}, which holds no finished run: name another run in {folder}")
    return folder / name


def _say_what_is_there(folder: Path) -> None:
    """Raise `SimError` where a folder holds a study that has no page, or comparisons that can be named."""
    study = next((name for name in _NO_PAGE if (folder / f"{name}.json").is_file()), None)
    if study is not None:
        raise SimError(f"{folder} holds the answer of `sim {study}`: only runs and comparisons have a page")
    comparisons = sorted(path for path in folder.glob("compare-*") if path.is_dir())
    if comparisons:
        raise SimError(f"{folder} holds comparisons, but no run: name one of them, like {comparisons[-1]}")


def _is_there(path: Path) -> bool:
    """Whether there is such a file; a name that no system takes names none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
