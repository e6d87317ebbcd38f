"""`sim verify`: play the same runs on both engines, and compare everything that happens in them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import console
from sim.cli.options import File, Json, Quiet, ReplaysOfRun, Seed, Set, Variant, whole
from sim.cli.signals import PATIENCE, stoppable
from sim.errors import FailedRunsError, SimError

if TYPE_CHECKING:
    from sim.analysis.verify import Verdict
    from sim.experiment.engines import Engine
    from sim.rules.program import Program

NAME = "verify"
RUNS = 1_000
REPLAYS = 8


def main(
    file: File,
    runs: Annotated[
        int,
        typer.Option(
            "--runs",
            metavar="N",
            parser=whole("--runs"),
            help="Compare runs 0 to N - 1 of `sim run`: run K is world K // replays, replay K % replays.",
        ),
    ] = RUNS,
    seed: Seed = 1,
    replays: ReplaysOfRun = REPLAYS,
    settings: Set = None,
    variant: Variant = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play the same runs on both engines, and compare every event.

    Its time, its rule and its effects, the result of every run, and the state on some days, to the last bit. Prints how
    much was equal, or the first difference and what led to it; then the exit code is 1.
    """
    from sim.analysis.verify import check_runs, verify
    from sim.report import verifying
    from sim.scenario.load import load, warnings_text

    check_runs(runs, replays, seed)
    case = load(file, settings or [], variant)
    if case.warnings and not quiet:
        console.tell(warnings_text(case))
    scenario = case.scenario
    engines = both_engines(scenario.program, seed, quiet=quiet)
    with console.Bar(quiet=quiet) as bar:
        verdict = verify(scenario, engines, seed, runs, replays, bar)
    if json:
        console.out_json(verifying.document(scenario, verdict))
    elif console.on_terminal():
        further = _further(verdict, file, settings or [], variant)
        console.out(verifying.text(scenario, verdict, str(file), further, console.width()))
    else:
        console.out(verifying.tsv(scenario, verdict))
    _conclude(verdict)


def both_engines(program: Program, seed: int, *, quiet: bool) -> tuple[Engine, Engine]:
    """The engine that explains, and the one that is fast; a first play that takes longer is announced."""
    from sim.experiment import engines

    note = engines.compiling_note(engines.COMPILED)
    if note is not None:
        if not quiet:
            console.tell(note)
        with stoppable() as stop, stop.patiently("" if quiet else PATIENCE):
            engines.get_ready(engines.COMPILED, program, seed)
    return engines.make_engine(engines.SIMPY, program, seed), engines.make_engine(engines.COMPILED, program, seed)


def _further(verdict: Verdict, file: Path, settings: Sequence[str], variant: str | None) -> str:
    """The command that tells the run of the first difference, as it was asked for here."""
    if verdict.first is None:
        return ""
    words = ["sim", "trace", str(file), "--run", str(verdict.first.run), "--all"]
    words += ["--seed", str(verdict.seed)] if verdict.seed != 1 else []
    words += ["--replays", str(verdict.replays)] if verdict.replays != REPLAYS else []
    for setting in settings:
        words += ["--set", setting]
    words += ["--variant", variant] if variant is not None else []
    return f"Look further: {shlex.join(words)}"


def _conclude(verdict: Verdict) -> None:
    """Exit code 1 where the engines differ, 3 where runs failed on both alike."""
    if verdict.first is not None:
        first, second = verdict.engines
        raise SimError(
            f"{first} and {second} differ in {verdict.differing} of {verdict.runs} runs: that is a defect of sim and "
            "not of the scenario; please report it with the text above"
        )
    failed = verdict.tallies[0].failed
    if failed:
        reasons = ", ".join(f"{reason} ({number})" for reason, number in sorted(failed.items()))
        raise FailedRunsError(f"{failed.total()} of {verdict.runs} runs failed, on both engines alike: {reasons}")
