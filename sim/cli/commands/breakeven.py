"""`sim breakeven`: the value of an input at which the odds reach a target."""

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
    Variant,
    Workers,
    Worlds,
)
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analysis.breakeven import Range
    from sim.cli.studies import Study
    from sim.experiment.axes import End
    from sim.experiment.inputs import Source
    from sim.records.sweeping import Breakeven
    from sim.scenario.load import Case

NAME = "breakeven"
RECORD = "breakeven.json"

Input = Annotated[
    str | None, typer.Option("--path", metavar="PATH", help="The input to be changed.", show_default=False)
]
Target = Annotated[
    str | None, typer.Option("--odds", metavar="P", help="The odds to reach: 0.5 or 50 %.", show_default=False)
]
From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="A", help="Look from here.  [default: the value's 1st percentile]", show_default=False
    ),
]
To = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="B", help="Look up to here.  [default: the value's 99th percentile]", show_default=False
    ),
]


def main(
    file: File,
    path: Input = None,
    odds: Target = None,
    low: From = None,
    high: To = None,
    worlds: Worlds = None,
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
    """Find the value of an input at which the odds reach a target.

    Every crossing in the range, each with the interval that so many runs leave; or that there is none. The same worlds
    and the same luck are played at every value.
    """
    from sim.analysis.breakeven import read_range
    from sim.cli.studies import Study, design_of, players, shelf_of
    from sim.experiment.asked import FEWEST_WORLDS
    from sim.experiment.axes import insist_on_input
    from sim.experiment.inputs import Source
    from sim.experiment.plan import DEFAULT_WORLDS
    from sim.records.sweeping import Breakeven
    from sim.scenario.load import warnings_text

    many, design = players(workers), design_of(worlds, replays, seed, DEFAULT_WORLDS)
    if design.worlds < FEWEST_WORLDS:
        raise UsageError(f"--worlds {design.worlds}: at least {FEWEST_WORLDS} are needed to tell odds from a target")
    if not path:
        raise UsageError("--path is missing, which says what to change: write one like --path tension.start")
    target = _target(odds)
    insist_on_input(path, "--path")
    ends = _end(low, "--from"), _end(high, "--to")
    source = Source(file, tuple(settings or ()), variant)
    own = source.own()
    span = read_range(source, own.scenario, path, *ends)
    if own.warnings and not quiet:
        console.tell(warnings_text(own))
    played = {"scenario.yaml": own.scenario}
    written = (path, span.text(span.low), span.text(span.high), repr(target))
    shelf = shelf_of(out, NAME, own.scenario, design, *written)
    study = Study(RECORD, Breakeven, (NAME,), played, shelf, design, engine.value, many, svg, json, quiet)
    known = study.known()
    if known is not None:
        _answer(study, cast("Breakeven", known), f"asked before: answered from {shelf.path}")
        return
    started = time.perf_counter()
    result = _play(study, source, own, span, target)
    _answer(study, result, f"kept in {shelf.path} ({time.perf_counter() - started:.1f} s)")


def _target(text: str | None) -> float:
    """The odds to reach, `0.5` or `50 %`."""
    from sim.experiment.axes import read_end

    if text is None:
        raise UsageError("--odds is missing, which says what odds to reach: write them like 0.5 or 50 %")
    try:
        end = read_end(text, "--odds")
    except UsageError:
        end = None
    if end is None or end.kind == "date" or not 0.0 < end.number < 1.0:
        raise UsageError(f"--odds {text}: odds lie between 0 and 1, both excluded; write them like 0.5 or 50 %")
    return end.number


def _end(text: str | None, option: str) -> End | None:
    from sim.experiment.axes import read_end

    return None if text is None else read_end(text, option)


def _play(study: Study, source: Source, own: Case, span: Range, target: float) -> Breakeven:
    """Look for the crossings, and keep the answer with its figure."""
    from sim.analysis.breakeven import breakeven
    from sim.report.figures import breakeven as figure
    from sim.report.render import save

    with study.playing() as progress:
        result = breakeven(source, own, span, target, study.design, study.workers, progress, engine=study.engine)
    with study.keeping(result) as folder:
        save(figure.draw(result), figure.table(result), folder / "figures", NAME, study.svg)
    return result


def _answer(study: Study, result: Breakeven, remark: str) -> None:
    from sim.cli.studies import failed_runs
    from sim.experiment.asked import FAILED
    from sim.report import breaking_even

    failed = failed_runs(result["warnings"], FAILED)
    study.answer(
        result, lambda width: breaking_even.text(result, width), lambda: breaking_even.tsv(result), remark, failed
    )
