"""`sim run`: play a scenario and answer its question."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import console
from sim.cli.options import (
    Engine,
    EngineChoice,
    File,
    Json,
    Out,
    Precision,
    Quiet,
    Replays,
    Seed,
    Set,
    Variant,
    Workers,
    Worlds,
    require_engine,
)
from sim.errors import FailedRunsError, UsageError

if TYPE_CHECKING:
    from sim.experiment.plan import Design
    from sim.records.result import Result

NAME = "run"


def main(
    file: File,
    worlds: Worlds = None,
    replays: Replays = None,
    precision: Precision = None,
    seed: Seed = 1,
    settings: Set = None,
    variant: Variant = None,
    engine: Engine = EngineChoice.auto,
    workers: Workers = None,
    out: Out = Path("outputs"),
    quick: Annotated[bool, typer.Option("--quick", help="256 worlds x 4 replays and one figure.")] = False,
    svg: Annotated[bool, typer.Option("--svg", help="Draw the figures as SVG too.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play a scenario, and print the odds with their errors.

    Result, tables and figures are kept in DIR/<scenario>/<run id>. The same question asked again is answered from
    there.
    """
    import sim
    from sim.analysis.forecast import any_finished, forecast
    from sim.cli.pictures import draw_run, drawn
    from sim.experiment.archive import Draft, folder_for, manifest, write_run
    from sim.experiment.executors import available_workers
    from sim.experiment.run import play
    from sim.scenario.load import load, warnings_text

    require_engine(engine)
    if workers is not None and workers < 1:
        raise UsageError(f"--workers {workers}: at least 1 plays")
    design = _design(worlds, replays, precision, seed, quick=quick)
    case = load(file, settings or [], variant)
    if not quiet and case.warnings:
        console.tell(warnings_text(case))
    folder = folder_for(out, case.scenario, design, sim.__version__)
    known = folder.known()
    if known is not None and drawn(folder.path, quick=quick, svg=svg):
        folder.point()
        _answer(known, f"asked before: answered from {folder.path}", json=json, quiet=quiet)
        return
    started = time.perf_counter()
    # the folder first: hours of play must not end at a folder that cannot be written
    with Draft(folder) as draft, console.Bar(quiet=quiet) as bar:
        played = play(case.scenario, design, workers or available_workers(), bar)
        if not any_finished(played):
            raise FailedRunsError(_all_failed(played.outcomes.status.tolist()))
        result = forecast(case, played, design)
        draw_run(draft.path / "figures", case, played, design, result, quick=quick, svg=svg)
        elapsed = time.perf_counter() - started
        about = manifest(case.scenario, design, "simpy", sim.__version__, elapsed)
        write_run(draft.path, case.scenario, played, result, about)
        draft.keep()
    _answer(result, f"kept in {folder.path} ({elapsed:.1f} s)", json=json, quiet=quiet)


def _design(worlds: int | None, replays: int | None, precision: float | None, seed: int, *, quick: bool) -> Design:
    from sim.experiment.plan import DEFAULT_REPLAYS, DEFAULT_WORLDS, MOST_WORLDS, QUICK_REPLAYS, QUICK_WORLDS, Design

    if quick and precision is not None:
        raise UsageError("--quick and --precision exclude each other: one plays little, the other as much as it takes")
    if worlds is None:
        worlds = MOST_WORLDS if precision is not None else (QUICK_WORLDS if quick else DEFAULT_WORLDS)
    if replays is None:
        replays = QUICK_REPLAYS if quick else DEFAULT_REPLAYS
    return Design(worlds, replays, seed, precision)


def _answer(result: Result, remark: str, *, json: bool, quiet: bool) -> None:
    """Print the result, then fail if runs failed: the odds are told, but the command is no success."""
    from sim.experiment.archive import to_json
    from sim.report.summary import summary, summary_tsv

    if json:
        console.out(to_json(result))
    else:
        console.out(summary(result, console.width()) if console.on_terminal() else summary_tsv(result))
    if not quiet:
        console.tell(remark)
    failed = result["counts"]["failed"]
    if failed:
        raise FailedRunsError(f"{failed} of {result['design']['runs']} runs failed; see the warnings")


def _all_failed(statuses: list[int]) -> str:
    from sim.records.outcomes import FAILURES

    reasons = ", ".join(f"{FAILURES[code]} ({statuses.count(code)} runs)" for code in sorted(set(statuses)))
    return f"every run failed, so there are no odds: {reasons}"
