"""`sim trace`: tell the story of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import console
from sim.cli.options import File, Json, Quiet, ReplaysOfRun, Run, Seed, Set, Typical, TypicalChoice, Variant
from sim.errors import FailedRunsError, UsageError

if TYPE_CHECKING:
    from sim.analysis.trace import Choice
    from sim.scenario.load import Scenario

NAME = "trace"


def main(
    file: File,
    run: Run = None,
    typical: Typical = None,
    seed: Seed = 1,
    replays: ReplaysOfRun = 8,
    settings: Set = None,
    variant: Variant = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Tell every due, also what changed nothing, and every number that moved.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell the story of one run.

    Day by day: what happened, what it changed, what was refused or did not come off, and how the run came out.
    """
    from sim.analysis.tales import tell
    from sim.report import story
    from sim.scenario.load import load, warnings_text

    _check(run, typical, seed, replays)
    case = load(file, settings or [], variant)
    if case.warnings and not quiet:
        console.tell(warnings_text(case))
    scenario = case.scenario
    choice = None if run is not None else _choose(scenario, seed, typical, quiet=quiet)
    world, replay = (choice.world, choice.replay) if choice is not None else divmod(run or 0, replays)
    number = world * replays + replay
    tale = tell(scenario, seed, world, replay)
    if json:
        address = {"number": number, "world": world, "replay": replay, "replays": replays, "seed": seed}
        console.out_json(story.document(scenario, tale, address, choice, everything=everything))
    else:
        told = f"Run {number} of seed {seed}: world {world}, replay {replay} (of {replays} a world)."
        console.out(story.text(scenario, tale, told, choice, console.width(), everything=everything))
    if tale.outcome.failed:
        raise FailedRunsError(f"run {number} failed: {tale.outcome.failed}")


def _check(run: int | None, typical: TypicalChoice | None, seed: int, replays: int) -> None:
    """Refuse options that exclude each other, and runs that have no address."""
    from sim.experiment.plan import MOST_WORLDS, Design

    Design(MOST_WORLDS, replays, seed)
    if run is None:
        return
    if typical is not None:
        raise UsageError("--run and --typical exclude each other: one names a run, the other looks for one")
    last = MOST_WORLDS * replays - 1
    if not 0 <= run <= last:
        raise UsageError(f"--run {run}: with {replays} replays a world, runs have the numbers 0 to {last}")


def _choose(scenario: Scenario, seed: int, typical: TypicalChoice | None, *, quiet: bool) -> Choice:
    from sim.analysis import trace

    with console.Bar(quiet=quiet) as bar:
        if typical is None:
            return trace.pick_any(scenario, seed, bar)
        return trace.pick(scenario, seed, trace.Typical(typical.value), bar)
