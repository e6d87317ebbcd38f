"""`sim check`: read a scenario, and say what its numbers mean before anything is played."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import console
from sim.cli.options import File, Json, Out, Quiet, Set, Variant
from sim.errors import SimError

if TYPE_CHECKING:
    from sim.scenario.load import Case

NAME = "check"
SEED = 1


def main(
    file: File,
    settings: Set = None,
    variant: Variant = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Draw troops, tension and pressure over time, in 64 worlds.")
    ] = False,
    out: Out = Path("outputs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a scenario, and say what its numbers mean.

    Every value as percentiles with its mean, every draw, and what to expect of every clock in the median world. Nothing
    is played. Every problem of a file is told at once, each with its place.
    """
    from sim.analysis.expectations import expectations
    from sim.report import checking
    from sim.scenario.load import load, warnings_text

    case = load(file, settings or [], variant)
    told = expectations(case)
    if json:
        console.out_json(checking.document(case, told))
    elif console.on_terminal():
        console.out(checking.text(case, told, console.width()))
    else:
        console.out(checking.tsv(case, told))
    if case.warnings and not quiet:
        console.tell(warnings_text(case))
    if preview:
        drawn = _preview(out / case.scenario.name / "preview", case)
        if not quiet:
            console.tell(f"drawn: {drawn}")
    if not quiet and not case.warnings:
        console.tell(f"{file}: fine")


def _preview(folder: Path, case: Case) -> str:
    """Draw the preview; gives the files in words."""
    from sim.cli.pictures import draw_preview

    try:
        files = draw_preview(folder, case.scenario, SEED)
    except OSError as problem:
        raise SimError(f"cannot write to {folder}: {problem.strerror}; choose another folder with --out") from None
    return ", ".join(str(path) for path in files)
