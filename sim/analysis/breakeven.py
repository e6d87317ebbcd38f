"""The value of an input at which the odds reach a target, with the error that a limited number of runs leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sim.errors import ScenarioError, SimError, UsageError
from sim.estimates.crossing import Crossing, Point, find_crossings
from sim.experiment.asked import (
    design_part,
    failed_part,
    odds_of,
    odds_part,
    question_part,
    question_part_warning,
    scenario_part,
    warning_parts,
)
from sim.experiment.axes import End, steps, text_of
from sim.experiment.engines import AUTO
from sim.experiment.inputs import Source, axis_part
from sim.experiment.plan import Design
from sim.experiment.run import Progress, play
from sim.experiment.tally import Tally
from sim.records.sweeping import SCHEMA, Breakeven, CrossingPart, OddsPart, TriedPart
from sim.scenario.diagnostics import did_you_mean
from sim.scenario.load import Case, Scenario

OPTION = "--path"
ROUGH_WORLDS = 2_048
PLACES = 9
USUAL = (0.01, 0.99)
"""Percentiles of an uncertain value between which a crossing is looked for, where no range is given."""

_WHOLE = ("date", "whole")


@dataclass(frozen=True, slots=True)
class Range:
    """Where to look: two values of an input; `date` says that they are ordinals, `whole` that only whole ones are."""

    path: str
    low: float
    high: float
    date: bool
    whole: bool

    @property
    def places(self) -> list[float]:
        """Equal steps from end to end; whole numbers have no place twice."""
        equal = steps(self.low, self.high, PLACES)
        return sorted({float(round(step)) if self.whole else float(text_of(step)) for step in equal})

    def text(self, at: float) -> str:
        """A value as `--set` takes it."""
        return text_of(at, date=self.date)


def read_range(source: Source, scenario: Scenario, path: str, low: End | None, high: End | None) -> Range:
    """Where to look for a crossing: between two ends, or between percentiles where an end is not given.

    Raises `UsageError` or `SimError` where there is no such range, and what `load` raises where the file cannot be at
    one of its ends.
    """
    value = scenario.values.get(path)
    if value is not None and value.kind == "state":
        raise SimError(f"{OPTION} {path}: it is one of some states, and nothing lies between them; use `sim sweep`")
    kind = None if value is None else value.kind
    for option, end in (("--from", low), ("--to", high)):
        if end is not None:
            _check_sort(path, kind, option, end)
    if low is None or high is None:
        if value is None or value.distribution is None:
            raise SimError(_no_range(scenario, path))
        usual = [_short(value.distribution.quantile(u), kind) for u in USUAL]
        first = usual[0] if low is None else low.number
        last = usual[1] if high is None else high.number
    else:
        first, last = low.number, high.number
    if not first < last:
        raise UsageError(f"--from and --to of {path}: nothing lies between; write the lower one first")
    date = kind == "date" or (low is not None and low.kind == "date")
    whole = date or kind in _WHOLE
    if whole and (first != round(first) or last != round(last)):
        raise UsageError(f"--from and --to of {path}: it is a whole number, so write whole numbers")
    span = Range(path, first, last, date, whole)
    for number, given in ((first, low), (last, high)):
        _insist(source, span, number, usual=given is None)
    return span


def _insist(source: Source, span: Range, number: float, *, usual: bool) -> None:
    """Raise what `load` raises where the file cannot be at a value; of a `usual` end say why it was tried."""
    text = span.text(number)
    try:
        source.at([(span.path, text)], OPTION)
    except ScenarioError as problem:
        if not usual:
            raise
        head = (
            f"{OPTION} {span.path}: by default the range goes from the 1st to the 99th percentile of the value, and "
            f"the file cannot be at one of these, {text}; say where to look with --from and --to"
        )
        raise ScenarioError([head, *problem.problems], problem.summary) from None


def _short(number: float, kind: str | None) -> float:
    """A percentile as the end of a range: three digits are enough to say where to look."""
    return float(round(number)) if kind in _WHOLE else float(f"{number:.3g}")


def _check_sort(path: str, kind: str | None, option: str, end: End) -> None:
    """Refuse an end that the input can never be."""
    if kind == "date" and end.kind != "date":
        raise UsageError(f"{option}: {path} is a date; write one like 2021-09-10")
    if kind not in ("date", None) and end.kind == "date":
        raise UsageError(f"{option}: {path} is a number, not a date")
    if end.kind == "percent" and kind != "share":
        raise UsageError(f"{option}: {path} is no share; write a number without %")


def _no_range(scenario: Scenario, path: str) -> str:
    if path in scenario.values:
        return f"{OPTION} {path}: it has no range of its own; say where to look with --from and --to"
    hint = did_you_mean(path, scenario.values) or "say where to look with --from and --to, or name another path"
    return f"{OPTION} {path}: it is no uncertain value of this file; {hint}"


@dataclass
class _Player:
    """Plays the file at values of the input, each with the same luck, and keeps what came of it."""

    source: Source
    span: Range
    workers: int
    progress: Progress | None
    engine: str
    odds: dict[float, OddsPart] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    runs: int = 0
    failed: int = 0
    _worlds: int = 0

    def curve(self, design: Design) -> Callable[[float], Point]:
        """The odds as a function of the input, each value played once; `odds` keeps those of the last design."""
        known: dict[float, Point] = {}

        def at(place: float) -> Point:
            if place in known:
                return known[place]
            text = self.span.text(place)
            case = self.source.at([(self.span.path, text)], OPTION)
            head = odds_of(self.play(case, design), f"{self.span.path}={text}")
            self.cases.append(case)
            self.odds[place] = odds_part(head)
            known[place] = Point(place, head.p, *head.interval)
            return known[place]

        return at

    def play(self, case: Case, design: Design) -> Tally:
        """Play a design, and count what was played."""
        before = self._worlds

        def told(worlds: int, _: int | None) -> None:
            self._worlds = before + worlds
            if self.progress is not None:
                self.progress(self._worlds, None)

        tally = play(case.scenario, design, self.workers, told, engine=self.engine).tally
        self.runs += tally.runs
        self.failed += tally.failed
        return tally


def breakeven(
    source: Source,
    own: Case,
    span: Range,
    target: float,
    design: Design,
    workers: int,
    progress: Progress | None = None,
    *,
    engine: str = AUTO,
) -> Breakeven:
    """Everything that `breakeven.json` holds.

    Nine places are played with at most `ROUGH_WORLDS` worlds, those that decide and every step of the refinement with
    the whole design, all with the same luck (see `sim.estimates.crossing`). The worlds of a smaller design are the
    first ones of a larger. `progress` is told worlds, and no total: nobody knows it. Raises `FailedRunsError` where no
    run of a value finished.
    """
    player = _Player(source, span, workers, progress, engine)
    rough = Design(min(design.worlds, ROUGH_WORLDS), design.replays, design.seed)
    curve = player.curve(design)
    first = curve if rough == design else player.curve(rough)
    head = odds_of(player.play(own, design), own.scenario.name)
    found = find_crossings(first, curve, span.places, target, whole=span.whole)
    tried: list[TriedPart] = [{"at": point.at, **player.odds[point.at]} for point in found.tried]
    return {
        "schema": SCHEMA,
        "scenario": scenario_part(own.scenario),
        "question": question_part(own.scenario),
        "axis": axis_part(own.scenario, span.path, _values(span, tried)),
        "odds": target,
        "range": [span.low, span.high],
        "crossings": [_crossing(crossing) for crossing in found.crossings],
        "own": odds_part(head),
        "tried": tried,
        "lowest": min(tried, key=lambda part: part["p"]),
        "highest": max(tried, key=lambda part: part["p"]),
        "design": design_part(design.worlds, design.replays, player.runs, design.seed),
        "warnings": [
            *question_part_warning([span.path]),
            *warning_parts([own, *player.cases]),
            *failed_part(player.failed, player.runs),
        ],
    }


def _values(span: Range, tried: list[TriedPart]) -> list[float] | list[str]:
    """What was tried: numbers, or dates as texts."""
    if span.date:
        return [span.text(part["at"]) for part in tried]
    return [part["at"] for part in tried]


def _crossing(crossing: Crossing) -> CrossingPart:
    return {
        "value": crossing.at,
        "interval": list(crossing.interval),
        "rising": crossing.rising,
        "jump": crossing.jump,
    }
