"""`sim compare`: play scenarios with the same luck, and tell how the odds differ and why."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sim.cli import console
from sim.cli.options import (
    ComparedWorlds,
    Engine,
    EngineChoice,
    Json,
    Out,
    Quick,
    Quiet,
    Replays,
    Seed,
    Set,
    Svg,
    Workers,
)
from sim.errors import FailedRunsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.cli.contenders import Contender
    from sim.cli.studies import Study
    from sim.experiment.plan import Design
    from sim.experiment.together import Together
    from sim.records.comparison import Comparison, FlipStory

NAME = "compare"
RECORD = "comparison.json"
DEFAULT_WORLDS = 4096


Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE", help="Scenario files; one alone is compared with its variants.", show_default=False),
]
Variants = Annotated[
    list[str] | None,
    typer.Option(
        "--variant",
        metavar="NAME",
        help='A variant of the first file, or a new one: "name: PATH=VALUE, …"; may be repeated.',
        show_default=False,
    ),
]
Story = Annotated[
    str | None,
    typer.Option(
        "--story",
        metavar="NAME",
        help="Tell a flip of this scenario.  [default: of the one that differs most]",
        show_default=False,
    ),
]


def main(
    files: Files,
    variant: Variants = None,
    worlds: ComparedWorlds = None,
    replays: Replays = None,
    seed: Seed = 1,
    settings: Set = None,
    story: Story = None,
    engine: Engine = EngineChoice.auto,
    workers: Workers = None,
    out: Out = Path("outputs"),
    quick: Quick = False,
    svg: Svg = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play scenarios with the same luck, and tell how they differ.

    FILE alone is compared with all its variants; several files with the first of them. Each run is the same world and
    the same luck in all, so a difference has its own, small error, and the runs that flip can be told.
    """
    import sim
    from sim.cli.contenders import contenders
    from sim.cli.studies import Study, design_of, players
    from sim.experiment.archive import run_id
    from sim.experiment.shelf import shelf_for
    from sim.records.comparison import Comparison

    many, design = players(workers), design_of(worlds, replays, seed, DEFAULT_WORLDS, quick=quick)
    found = contenders(files, settings or [], variant or [])
    names = [item.name for item in found]
    if story is not None and story not in names[1:]:
        raise UsageError(f"--story {story}: compared are {', '.join(names[1:])}")
    if not quiet:
        _tell_warnings(found)
    parts = [
        part
        for item in found
        for part in (item.name, item.about, item.source, run_id(item.case.scenario, design, sim.__version__))
    ]
    shelf = shelf_for(out, found[0].case.scenario.name, NAME, parts)
    figures = ("compared_odds",) if quick else ("compared_odds", "onset_curves", "differences")
    played = {f"scenarios/{number:02d}.yaml": item.case.scenario for number, item in enumerate(found, 1)}
    study = Study(RECORD, Comparison, figures, played, shelf, design, engine.value, many, svg, json, quiet)
    known = study.known()
    if known is not None:
        _answer(study, cast("Comparison", known), f"asked before: answered from {shelf.path}", story)
        return
    started = time.perf_counter()
    comparison = _play(study, found, quick=quick)
    _answer(study, comparison, f"kept in {shelf.path} ({time.perf_counter() - started:.1f} s)", story)


def _tell_warnings(found: Sequence[Contender]) -> None:
    """The warnings of all files, each once."""
    from sim.scenario.load import warnings_text

    for text in dict.fromkeys(warnings_text(item.case) for item in found):
        if text:
            console.tell(text)


def _play(study: Study, found: Sequence[Contender], *, quick: bool) -> Comparison:
    """Play all of them, and keep the answer with its figures and its page."""
    from sim.analysis.compare import Compared, compare
    from sim.analysis.forecast import any_finished, failure_reasons, forecast
    from sim.cli.pages import write_report
    from sim.cli.pictures import draw_comparison
    from sim.experiment.run import Played
    from sim.experiment.together import play_together

    scenarios = [item.case.scenario for item in found]
    with study.playing() as progress:
        together = play_together(scenarios, study.design, study.workers, progress, engine=study.engine)
    compared = []
    for item, tally in zip(found, together.tallies, strict=True):
        played = Played(tally, together.worlds, "design", None)
        if not any_finished(played):
            reasons = ", ".join(f"{why} ({runs} runs)" for why, runs in failure_reasons(played).items())
            raise FailedRunsError(f"{item.name}: every run failed, so there are no odds: {reasons}")
        result = forecast(item.case, played, study.design)
        compared.append(Compared(item.name, item.about, item.source, item.case.scenario, result))
    for item, gaps in zip(found[1:], together.gaps, strict=True):
        if not gaps.total.plays:
            raise FailedRunsError(
                f"no run finished in both {found[0].name} and {item.name}, so they cannot be compared"
            )
    comparison = compare(compared, together, study.design)
    comparison["stories"] = _stories(found, together, study.design)
    with study.keeping(comparison) as folder:
        figures = folder / "figures"
        draw_comparison(figures, scenarios, comparison, study.design, study.engine, quick=quick, svg=study.svg)
        if not quick:
            write_report(folder, study.shelf.path.name)
    return comparison


def _stories(found: Sequence[Contender], together: Together, design: Design) -> list[FlipStory]:
    """A typical flip of every scenario that has one."""
    from sim.analysis.tales import tell, typical_flip, why_this_flip
    from sim.report.twins import twin_story

    base, told = found[0], []
    for item, gaps in zip(found[1:], together.gaps, strict=True):
        to_crisis = gaps.flips_up >= gaps.flips_down
        flips, direction = (gaps.up, "to_crisis") if to_crisis else (gaps.down, "to_calm")
        if not flips:
            continue
        world, replay = typical_flip(flips)
        many = (gaps.flips_up, gaps.flips_down) if to_crisis else (gaps.flips_down, gaps.flips_up)
        tales = [tell(entry.case.scenario, design.seed, world, replay) for entry in (base, item)]
        told.append(
            twin_story(
                base.name,
                item.name,
                base.case.scenario,
                item.case.scenario,
                *tales,
                run=world * design.replays + replay,
                direction=direction,
                why=why_this_flip(*many),
            )
        )
    return told


def _answer(study: Study, comparison: Comparison, remark: str, story: str | None) -> None:
    from sim.report.comparing import comparing, comparing_tsv

    failed = {part["name"]: part["counts"]["failed"] for part in comparison["scenarios"] if part["counts"]["failed"]}
    listed = ", ".join(f"{number} of {name}" for name, number in failed.items())
    study.answer(
        comparison,
        lambda width: comparing(comparison, width, story),
        lambda: comparing_tsv(comparison),
        remark,
        [f"runs failed and are in no estimate: {listed}; `sim run` tells why"] if failed else [],
    )
