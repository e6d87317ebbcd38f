"""`sim sweep`: the odds at several values of an input, or of two, with the same luck at each."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sim.cli import console
from sim.cli.options import (
    Engine,
    EngineChoice,
    File,
    Json,
    Out,
    Quiet,
    Replays,
    Seed,
    Set,
    Svg,
    SweptWorlds,
    Variant,
    Workers,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.cli.studies import Study
    from sim.experiment.axes import Axis
    from sim.experiment.inputs import Source
    from sim.records.sweeping import Sweep
    from sim.scenario.load import Case

NAME = "sweep"
RECORD = "sweep.json"

Over = Annotated[
    list[str] | None,
    typer.Option(
        "--over",
        metavar="PATH=A:B:N",
        help="N values from A to B, or PATH=V1,V2,…; twice for a grid.",
        show_default=False,
    ),
]


def main(
    file: File,
    over: Over = None,
    worlds: SweptWorlds = None,
    replays: Replays = None,
    seed: Seed = 1,
    settings: Set = None,
    variant: Variant = None,
    engine: Engine = EngineChoice.auto,
    workers: Workers = None,
    out: Out = Path("outputs"),
    svg: Svg = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play a scenario at several values of one input, or of two.

    Each point is the file with `--set PATH=VALUE`, played in the same worlds and with the same luck as the file itself:
    the odds there, and how they differ from the file's.
    """
    from sim.analysis.sweep import DEFAULT_WORLDS, OPTION, named
    from sim.cli.studies import Study, design_of, players, shelf_of
    from sim.experiment.axes import read_axes
    from sim.experiment.inputs import Source
    from sim.records.sweeping import Sweep
    from sim.scenario.load import warnings_text

    many, design = players(workers), design_of(worlds, replays, seed, DEFAULT_WORLDS)
    axes = read_axes(over or [])
    source = Source(file, tuple(settings or ()), variant)
    own = source.own()
    # a path that leads nowhere is told at once, not after all points have been read
    source.at(named(axes, (0,) * len(axes)), OPTION)
    if own.warnings and not quiet:
        console.tell(warnings_text(own))
    played = {"scenario.yaml": own.scenario}
    shelf = shelf_of(out, NAME, own.scenario, design, *(text for axis in axes for text in (axis.path, *axis.texts)))
    study = Study(RECORD, Sweep, (NAME,), played, shelf, design, engine.value, many, svg, json, quiet)
    known = study.known()
    if known is not None:
        _answer(study, cast("Sweep", known), f"asked before: answered from {shelf.path}")
        return
    started = time.perf_counter()
    result = _play(study, source, own, axes)
    _answer(study, result, f"kept in {shelf.path} ({time.perf_counter() - started:.1f} s)")


def _play(study: Study, source: Source, own: Case, axes: Sequence[Axis]) -> Sweep:
    """Read every point before anything is played, play, and keep the answer with its figure."""
    from sim.analysis.sweep import read_points, sweep
    from sim.report.figures import sweep as figure
    from sim.report.render import save

    cases = read_points(source, axes)
    with study.playing() as progress:
        result = sweep(own, axes, cases, study.design, study.workers, progress, engine=study.engine)
    with study.keeping(result) as folder:
        save(figure.draw(result), figure.table(result), folder / "figures", NAME, study.svg)
    return result


def _answer(study: Study, result: Sweep, remark: str) -> None:
    from sim.cli.studies import failed_runs
    from sim.experiment.asked import FAILED
    from sim.report import sweeping

    failed = failed_runs(result["warnings"], FAILED)
    study.answer(result, lambda width: sweeping.text(result, width), lambda: sweeping.tsv(result), remark, failed)
