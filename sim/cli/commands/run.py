"""`sim run`: play a scenario and answer its question."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sim.cli import console
from sim.cli.options import (
    Engine,
    EngineChoice,
    File,
    Json,
    Out,
    Precision,
    Quick,
    Quiet,
    Replays,
    Resume,
    Seed,
    Set,
    Svg,
    Variant,
    Workers,
    Worlds,
)
from sim.cli.signals import INTERRUPTED, PATIENCE, Stop, stoppable
from sim.errors import FailedRunsError, UsageError

if TYPE_CHECKING:
    from sim.experiment.archive import Folder
    from sim.experiment.plan import Design
    from sim.experiment.unfinished import Unfinished
    from sim.records.result import Result
    from sim.scenario.load import Case

NAME = "run"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, and how it is to be answered."""

    case: Case
    changed: tuple[str, ...]
    design: Design
    folder: Folder
    engine: str
    workers: int
    quick: bool
    svg: bool
    json: bool
    quiet: bool

    def tell(self, remark: str) -> None:
        """A message, unless nobody wants any."""
        if not self.quiet:
            console.tell(remark)


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
    resume: Resume = False,
    quick: Quick = False,
    svg: Svg = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play a scenario, and print the odds with their errors.

    Result, tables and figures are kept in DIR/<scenario>/<run id>. The same question asked again is answered from
    there, and one that was interrupted is continued. Ctrl-C stops a run and prints the odds so far.
    """
    import sim
    from sim.experiment.archive import folder_for, made_with
    from sim.experiment.executors import available_workers
    from sim.experiment.unfinished import Unfinished, insist, question
    from sim.scenario.load import load, warnings_text

    if workers is not None and workers < 1:
        raise UsageError(f"--workers {workers}: at least 1 plays")
    design = _design(worlds, replays, precision, seed, quick=quick)
    case = load(file, settings or [], variant)
    if not quiet and case.warnings:
        console.tell(warnings_text(case))
    folder = folder_for(out, case.scenario, design, sim.__version__)
    changed = (*([] if variant is None else [f"variant {variant}"]), *(settings or []))
    many = workers or available_workers()
    asked = _Asked(case, changed, design, folder, engine.value, many, quick, svg, json, quiet)
    if _known(asked):
        return
    about = question(case.scenario, design, sim.__version__, made_with(asked.engine))
    if resume and folder.known() is None:
        insist(folder, about)
    # the folder first: hours of play must not end at a folder that cannot be written
    with stoppable() as stop, Unfinished(folder, case.scenario, design, about) as unfinished:
        # whoever had the folder until now may have finished the run
        if _known(asked):
            return
        for remark in unfinished.remarks:
            asked.tell(remark)
        try:
            result, elapsed = _play(asked, unfinished, stop)
        except KeyboardInterrupt:
            if not unfinished.parts.done:
                raise
            _answer_so_far(asked, unfinished)
            raise typer.Exit(INTERRUPTED) from None
    _answer(result, f"kept in {folder.path} ({elapsed:.1f} s)", asked)


def _design(worlds: int | None, replays: int | None, precision: float | None, seed: int, *, quick: bool) -> Design:
    from sim.experiment import plan

    if quick and precision is not None:
        raise UsageError("--quick and --precision exclude each other: one plays little, the other as much as it takes")
    if worlds is None:
        fixed = plan.QUICK_WORLDS if quick else plan.DEFAULT_WORLDS
        worlds = fixed if precision is None else plan.MOST_WORLDS_FOR_PRECISION
    if replays is None:
        replays = plan.QUICK_REPLAYS if quick else plan.DEFAULT_REPLAYS
    return plan.Design(worlds, replays, seed, precision)


def _known(asked: _Asked) -> bool:
    """Answer from the archive, where it has the run and its figures."""
    from sim.cli.pictures import drawn
    from sim.experiment.unfinished import clear_leftovers

    known = asked.folder.known()
    if known is None or not drawn(asked.folder.path, quick=asked.quick, svg=asked.svg):
        return False
    clear_leftovers(asked.folder)
    asked.folder.point()
    _answer(known, f"asked before: answered from {asked.folder.path}", asked)
    return True


def _play(asked: _Asked, unfinished: Unfinished, stop: Stop) -> tuple[Result, float]:
    """Play what is not there yet, and put the finished run in its place; gives the result and the seconds it took."""
    import sim
    from sim.analysis.forecast import any_finished, failure_reasons, forecast
    from sim.cli.pages import write_report
    from sim.cli.pictures import draw_run
    from sim.experiment import archive, engines, plan
    from sim.experiment.run import play

    case, design, parts = asked.case, asked.design, unfinished.parts
    started = time.perf_counter()
    note = engines.compiling_note(asked.engine)
    if note is not None:
        asked.tell(note)
        with stop.patiently("" if asked.quiet else PATIENCE):
            engines.get_ready(asked.engine, case.scenario.program, design.seed)
    with console.Bar(quiet=asked.quiet) as bar:

        def progress(done: int, total: int | None) -> None:
            stop.check()
            bar(done, total)

        played = play(case.scenario, design, asked.workers, progress, engine=asked.engine, kept=parts)
    if not any_finished(played):
        reasons = ", ".join(f"{reason} ({runs} runs)" for reason, runs in failure_reasons(played).items())
        raise FailedRunsError(f"every run failed, so there are no odds: {reasons}")
    result = forecast(case, played, design)
    with parts.writing():
        figures = unfinished.draft / "figures"
        draw_run(figures, case, played, design, result, asked.engine, quick=asked.quick, svg=asked.svg)
        parts.join(unfinished.draft, rows=played.worlds * design.replays <= plan.MOST_ROWS)
        elapsed = time.perf_counter() - started
        about = archive.manifest(
            case.scenario,
            design,
            asked.engine,
            sim.__version__,
            elapsed,
            len(parts.done),
            unfinished.found,
            changed=asked.changed,
        )
        archive.write_run(unfinished.draft, case.scenario, result, about)
        if not asked.quick:
            write_report(unfinished.draft, asked.folder.path.name)
        stop.check()
        unfinished.publish()
    return result, elapsed


def _answer(result: Result, remark: str, asked: _Asked) -> None:
    """Print the result, then fail if runs failed: the odds are told, but the command is no success."""
    _print(result, asked)
    asked.tell(remark)
    failed = result["counts"]["failed"]
    if failed:
        raise FailedRunsError(f"{failed} of {result['design']['runs']} runs failed; see the warnings")


def _answer_so_far(asked: _Asked, unfinished: Unfinished) -> None:
    """Print the odds of the parts that are finished, marked as what they are, and how to go on."""
    from sim.analysis.forecast import any_finished, forecast
    from sim.experiment.run import interrupted

    stopped = f"stopped after {unfinished.standing()}"
    played = interrupted(asked.case.scenario, unfinished.parts)
    if any_finished(played):
        people, table = console.on_terminal(), not console.on_terminal()
        if people and not asked.json:
            console.out(f"Unfinished: {stopped}.\n")
        _print(forecast(asked.case, played, asked.design), asked)
        if table and not asked.json:
            console.out(f"design\tunfinished\t{stopped}\t\n")
    asked.tell(f"interrupted: {stopped}; they are kept, and --resume goes on from there")


def _print(result: Result, asked: _Asked) -> None:
    from sim.experiment.archive import to_json
    from sim.report.summary import summary, summary_tsv

    if asked.json:
        console.out(to_json(result))
    else:
        told = summary(result, console.width(), asked.changed) if console.on_terminal() else None
        console.out(summary_tsv(result, asked.changed) if told is None else told)
