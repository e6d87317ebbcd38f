"""`sim drivers`: what the odds rest on, and what to find out first."""

from __future__ import annotations

import time
from collections.abc import Callable
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
    Quick,
    Quiet,
    Replays,
    Seed,
    Set,
    Svg,
    Variant,
    Workers,
    Worlds,
)
from sim.errors import FailedRunsError, UsageError

if TYPE_CHECKING:
    from sim.cli.studies import Study
    from sim.experiment.run import Progress
    from sim.experiment.swapping import Swaps
    from sim.experiment.worldwise import Worldwise
    from sim.records.drivers import Drivers
    from sim.scenario.load import Case, Scenario

NAME = "drivers"
RECORD = "drivers.json"


def main(
    file: File,
    worlds: Worlds = None,
    replays: Replays = None,
    seed: Seed = 1,
    settings: Set = None,
    variant: Variant = None,
    no_swaps: Annotated[
        bool, typer.Option("--no-swaps", help="Leave out total effects: they take most of the time.")
    ] = False,
    engine: Engine = EngineChoice.auto,
    workers: Workers = None,
    out: Out = Path("outputs"),
    quick: Quick = False,
    svg: Svg = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell what the odds rest on, and what to find out first.

    For each uncertain value: the odds at both its ends, what knowing it would gain, and what it does together with
    others, by playing worlds again with it alone exchanged. And the box of values where crises concentrate. Kept in
    DIR/<scenario>/drivers-<id>.
    """
    from sim.analysis.drivers import FEWEST_WORLDS, insist_on_assumptions
    from sim.cli.studies import Study, design_of, players, shelf_of
    from sim.experiment.plan import DEFAULT_WORLDS
    from sim.records.drivers import Drivers
    from sim.scenario.load import load, warnings_text

    many, design = players(workers), design_of(worlds, replays, seed, DEFAULT_WORLDS, quick=quick)
    if design.worlds < FEWEST_WORLDS:
        raise UsageError(f"--worlds {design.worlds}: at least {FEWEST_WORLDS} are needed to tell assumptions apart")
    case = load(file, settings or [], variant)
    if not quiet and case.warnings:
        console.tell(warnings_text(case))
    insist_on_assumptions(case.scenario)
    swaps = not no_swaps and design.replays > 1
    if not swaps and not no_swaps and not quiet:
        console.tell("one replay of a world cannot tell total effects from luck: they are left out (take --replays 2)")
    shelf = shelf_of(out, NAME, case.scenario, design, "swaps" if swaps else "no swaps")
    played = {"scenario.yaml": case.scenario}
    figures = ("drivers",) if quick else ("drivers", "driver_months", "box")
    study = Study(RECORD, Drivers, figures, played, shelf, design, engine.value, many, svg, json, quiet)
    kept = cast("Drivers | None", study.kept())
    if kept is not None:
        if study.known() is None:
            _keep(study, kept)
        _answer(study, kept, f"asked before: answered from {shelf.path}")
        return
    started = time.perf_counter()
    found = _find(study, case, swaps=swaps)
    _answer(study, found, f"kept in {shelf.path} ({time.perf_counter() - started:.1f} s)")


def _find(study: Study, case: Case, *, swaps: bool) -> Drivers:
    """Play, look, and keep what was found."""
    from sim.analysis.drivers import drivers, insist_on_contrast
    from sim.analysis.forecast import any_finished, failure_reasons, forecast

    def insist(worldwise: Worldwise) -> None:
        if not any_finished(worldwise.played):
            reasons = ", ".join(f"{why} ({runs} runs)" for why, runs in failure_reasons(worldwise.played).items())
            raise FailedRunsError(f"every run failed, so there are no odds: {reasons}")
        insist_on_contrast(worldwise.hits, worldwise.plays)

    with study.playing() as progress:
        worldwise, exchanged = _play(study, case.scenario, progress, insist, swaps=swaps)
    found = drivers(case.scenario, forecast(case, worldwise.played, study.design), worldwise, exchanged)
    _keep(study, found)
    return found


def _play(
    study: Study, scenario: Scenario, progress: Progress, insist: Callable[[Worldwise], None], *, swaps: bool
) -> tuple[Worldwise, Swaps | None]:
    """The worlds of the design, and if they pass what is insisted on, those with a value exchanged, under one bar."""
    from sim.experiment.swapping import play_swaps, swap_units, swapped_design
    from sim.experiment.worldwise import play_worldwise

    design, again = study.design, swapped_design(study.design)
    every = design.worlds + (again.worlds * (1 + len(swap_units(scenario))) if swaps else 0)

    def told_from(start: int) -> Progress:
        """Progress of a phase that begins when so many worlds are done."""
        return lambda done, _: progress(start + done, every)

    worldwise = play_worldwise(scenario, design, study.workers, told_from(0), engine=study.engine)
    # the swaps are most of the work: not for worlds that tell nothing
    insist(worldwise)
    if not swaps:
        return worldwise, None
    return worldwise, play_swaps(scenario, again, study.workers, told_from(design.worlds), engine=study.engine)


def _keep(study: Study, found: Drivers) -> None:
    """Write the record, what was played, and the figures with their tables."""
    from sim.report.figures import box, driver_months, drivers
    from sim.report.render import save

    with study.keeping(found) as folder:
        for name, figure in zip(study.figures, (drivers, driver_months, box), strict=False):
            save(figure.draw(found), figure.table(found), folder / "figures", name, study.svg)


def _answer(study: Study, found: Drivers, remark: str) -> None:
    from sim.analysis.drivers import FAILED_SWAPS
    from sim.cli.studies import failed_runs
    from sim.experiment.asked import FAILED
    from sim.report import driving

    failed = failed_runs(found["warnings"], FAILED, FAILED_SWAPS)
    study.answer(found, lambda width: driving.text(found, width), lambda: driving.tsv(found), remark, failed)
