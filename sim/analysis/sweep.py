"""The odds at each of several values of an input, or of two, all played with the same luck as the file itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from sim.errors import FailedRunsError, UsageError
from sim.estimates.odds import Totals
from sim.estimates.words import words
from sim.experiment.asked import (
    design_part,
    failed_part,
    few_worlds_part,
    odds_of,
    odds_part,
    question_part,
    question_part_warning,
    scenario_part,
    warning_parts,
)
from sim.experiment.axes import Axis
from sim.experiment.engines import AUTO
from sim.experiment.inputs import Source, axis_part, number_at
from sim.experiment.plan import Design
from sim.experiment.run import Progress
from sim.experiment.together import Together, play_together
from sim.records.sweeping import SCHEMA, AxisPart, PointPart, Sweep
from sim.scenario.load import Case

DEFAULT_WORLDS = 2_048
OPTION = "--over"
TOO_FEW = "SWP2"
"""Code of the warning that too few worlds were played."""

TOGETHER = 12
"""Points that are played at once, beside the file itself: the worlds of all of them lie in memory together."""

Place = tuple[int, ...]


def places(axes: Sequence[Axis]) -> list[Place]:
    """The points as indices into the values of each axis, the last axis running fastest."""
    return list(product(*(range(len(axis.texts)) for axis in axes)))


def named(axes: Sequence[Axis], place: Place) -> list[tuple[str, str]]:
    """Each path with its value at a point."""
    return [(axis.path, axis.texts[index]) for axis, index in zip(axes, place, strict=True)]


def read_points(source: Source, axes: Sequence[Axis]) -> list[Case]:
    """The file at every point, in order; the first that cannot be is told, before anything is played."""
    return [source.at(named(axes, place), OPTION) for place in places(axes)]


def sweep(
    own: Case,
    axes: Sequence[Axis],
    cases: Sequence[Case],
    design: Design,
    workers: int,
    progress: Progress | None = None,
    *,
    engine: str = AUTO,
) -> Sweep:
    """Everything that `sweep.json` holds; `cases` are the file at each of `places`.

    Every run is the same (world, replay) at every point and in the file itself, so that a difference has its own, small
    error by worlds. Raises `FailedRunsError` where a point has no finished run, and `UsageError` where two values of an
    axis are one.
    """
    parts = [_axis(own, axis, number, axes, cases) for number, axis in enumerate(axes)]
    played = list(_played(own, cases, design, workers, progress, engine))
    headline = odds_of(played[0].tallies[0], own.scenario.name)
    points = list(_points(axes, played))
    runs = design.worlds * design.replays * (len(cases) + 1)
    failed = played[0].tallies[0].failed + sum(point["failed"] for point in points)
    return {
        "schema": SCHEMA,
        "scenario": scenario_part(own.scenario),
        "question": question_part(own.scenario),
        "axes": parts,
        "own": odds_part(headline),
        "points": points,
        "design": design_part(design.worlds, design.replays, runs, design.seed),
        "warnings": [
            *question_part_warning([axis.path for axis in axes]),
            *few_worlds_part(design.worlds, TOO_FEW),
            *warning_parts([own, *cases]),
            *failed_part(failed, runs),
        ],
    }


def _played(
    own: Case, cases: Sequence[Case], design: Design, workers: int, progress: Progress | None, engine: str
) -> Iterator[Together]:
    """The points in groups, each beside the file itself."""
    groups = [cases[start : start + TOGETHER] for start in range(0, len(cases), TOGETHER)]
    total, done = design.worlds * (len(cases) + len(groups)), 0
    for group in groups:

        def told(worlds: int, _: int | None, before: int = done) -> None:
            if progress is not None:
                progress(before + worlds, total)

        scenarios = [own.scenario, *(case.scenario for case in group)]
        yield play_together(scenarios, design, workers, told, engine=engine)
        done += design.worlds * len(scenarios)


def _points(axes: Sequence[Axis], played: Sequence[Together]) -> Iterator[PointPart]:
    tallies = [tally for together in played for tally in together.tallies[1:]]
    gaps = [gap for together in played for gap in together.gaps]
    for place, tally, gap in zip(places(axes), tallies, gaps, strict=True):
        what = " and ".join(f"{path}={text}" for path, text in named(axes, place))
        odds = odds_of(tally, what)
        if not gap.total.plays:
            raise FailedRunsError(
                f"{what}: no run finished both here and in the file itself, so there is no difference"
            )
        yield {
            "place": list(place),
            "p": odds.p,
            "se": odds.se,
            "interval": list(odds.interval),
            "words": words(odds.p, odds.interval),
            "difference": gap.total.share,
            "difference_se": _error(gap.total),
            "failed": tally.failed,
        }


def _error(sums: Totals) -> float | None:
    """The standard error by worlds; None where all worlds differ alike, which does not make it 0."""
    return None if sums.scatter == 0 else sums.error


def _axis(own: Case, axis: Axis, number: int, axes: Sequence[Axis], cases: Sequence[Case]) -> AxisPart:
    """The values of an axis as the scenario has them: numbers in the input's own unit where all are certain numbers."""
    first = {place[number]: case for place, case in reversed(list(zip(places(axes), cases, strict=True)))}
    numbers = [number_at(first[index], axis.path) for index in range(len(axis.texts))]
    certain = [found for found in numbers if found is not None]
    if len(certain) < len(numbers):
        return axis_part(own.scenario, axis.path, list(axis.texts))
    if len(set(certain)) < len(certain):
        listed = ", ".join(axis.texts)
        raise UsageError(f"{OPTION} {axis.path}={listed}: two of these are the same number; write each once")
    return axis_part(own.scenario, axis.path, certain)
