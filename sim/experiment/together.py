"""Several scenarios played with the same luck, run by run: what is kept of each, and of each one's gap to the first.

A run is the same (world, replay) in all of them, so whatever they share happens alike. As in `run`, only whole-number
sums are kept, and what lies in memory does not grow with the design.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from sim.chance.worlds import Drawn
from sim.estimates.odds import LEVEL, NOTHING, Totals, sums_of, totals
from sim.estimates.paired import PairedDifference, from_sums
from sim.estimates.timing import periods
from sim.experiment.engines import AUTO
from sim.experiment.executors import Batch, Executor, hire
from sim.experiment.fold import Calendar, Fold, calendar
from sim.experiment.plan import Design, batches, cut
from sim.experiment.run import Progress, Values, world_values
from sim.experiment.tally import Tally
from sim.records.outcomes import FINISHED, Bools, Ints, Outcomes, concatenate
from sim.scenario.load import Scenario

STRETCH_WORLDS, PIECE_RUNS = 8_192, 65_536
"""Worlds that are drawn at once, and runs of one scenario that are in memory at once."""

KEPT_FLIPS = 4_096
"""Flips of each direction that are remembered by their address, the first ones."""

Flip = tuple[float, int, int]
"""The first onset (days) of the run that has one, the world, and the replay."""


@dataclass(slots=True)
class Gaps:
    """How one scenario differs from the first: sums over worlds of (hits here − hits there), in runs finished in both.

    `kinds` is by the kind that comes first, for kinds that both have; `months` and `dates` are empty where the windows
    differ. `up` and `down` are the first flips to a crisis and to calm. `leaning_up` worlds have more hits here than
    there, `leaning_down` fewer.
    """

    total: Totals = NOTHING
    flips_up: int = 0
    flips_down: int = 0
    leaning_up: int = 0
    leaning_down: int = 0
    kinds: dict[str, Totals] = field(default_factory=dict)
    months: list[Totals] = field(default_factory=list)
    dates: list[Totals] = field(default_factory=list)
    up: list[Flip] = field(default_factory=list)
    down: list[Flip] = field(default_factory=list)

    def paired(self, level: float = LEVEL) -> PairedDifference:
        """The difference in odds; `ValueError` where no run finished in both."""
        return from_sums(self.total, (self.flips_up, self.flips_down), (self.leaning_up, self.leaning_down), level)


@dataclass(frozen=True, slots=True)
class Together:
    """A tally a scenario, and the gaps of each scenario after the first to the first."""

    tallies: list[Tally]
    gaps: list[Gaps]
    worlds: int


def play_together(
    scenarios: Sequence[Scenario],
    design: Design,
    workers: int,
    progress: Progress | None = None,
    *,
    engine: str = AUTO,
) -> Together:
    """Play scenarios on common random numbers; `progress` is told worlds played in all of them together.

    The design's precision is not looked at. Equal scenarios give gaps of exactly 0.
    """
    made = Together([Tally(scenario) for scenario in scenarios], [], design.worlds)
    made.gaps.extend(_nothing(scenarios[0], scenario) for scenario in scenarios[1:])
    runs = design.worlds * design.replays
    with ExitStack() as stack:
        hired = [
            stack.enter_context(hire(engine, scenario.program, design.seed, workers, runs)) for scenario in scenarios
        ]
        table = _Table(scenarios, hired, design, progress, made)
        for stretch in cut(range(design.worlds), STRETCH_WORLDS):
            table.play(stretch)
    return made


class _Table:
    """The scenarios side by side, a stretch of worlds at a time."""

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        hired: Sequence[Executor],
        design: Design,
        progress: Progress | None,
        made: Together,
    ) -> None:
        self._scenarios, self._hired, self._design = scenarios, hired, design
        self._progress, self._made = progress, made
        self._done = 0

    def play(self, stretch: range) -> None:
        """Play a stretch of worlds in all scenarios, piece by piece, and count it."""
        places = np.arange(stretch.start, stretch.stop, dtype=np.int64)
        known: Drawn = {}
        drawn = [world_values(scenario, self._design.seed, places, known) for scenario in self._scenarios]
        folds = [Fold(scenario, stretch) for scenario in self._scenarios]
        leans = [_Lean(self._scenarios[0], scenario, stretch) for scenario in self._scenarios[1:]]
        for worlds, replays in batches(stretch, self._design.replays, PIECE_RUNS):
            rows = slice(worlds.start - stretch.start, worlds.stop - stretch.start)
            first: Outcomes | None = None
            for place, executor in enumerate(self._hired):
                todo = [
                    Batch(some, these, drawn[place][1][rows][some.start - worlds.start : some.stop - worlds.start])
                    for some, these in _pieces(worlds, replays, executor.runs)
                ]
                outcomes = self._played(executor, todo)
                folds[place].add(outcomes)
                if first is None:
                    first = outcomes
                else:
                    leans[place - 1].add(first, outcomes)
        self._count(folds, [values for values, _ in drawn], leans)

    def _played(self, executor: Executor, todo: Sequence[Batch]) -> Outcomes:
        found = []
        for batch, outcomes in executor.play(iter(todo)):
            found.append(outcomes)
            if batch.replays.stop == self._design.replays:
                self._done += len(batch.worlds)
                if self._progress is not None:
                    self._progress(self._done, self._design.worlds * len(self._scenarios))
        return concatenate(found)

    def _count(self, folds: Sequence[Fold], values: Sequence[Values], leans: Sequence[_Lean]) -> None:
        for tally, fold, drawn in zip(self._made.tallies, folds, values, strict=True):
            tally.take(fold, drawn)
        for gaps, lean in zip(self._made.gaps, leans, strict=True):
            lean.into(gaps)


def _pieces(worlds: range, replays: range, runs: int) -> list[tuple[range, range]]:
    """A piece cut into batches: whole worlds, or stretches of the replays of one world."""
    if len(worlds) == 1 and len(replays) > runs:
        return [(worlds, some) for some in cut(replays, runs)]
    return [(some, replays) for some in cut(worlds, max(1, runs // len(replays)))]


def _nothing(base: Scenario, other: Scenario) -> Gaps:
    """Gaps of scenarios that were not played yet."""
    months, dates = _columns(base, other)
    return Gaps(
        kinds=dict.fromkeys(_shared_kinds(base, other), NOTHING), months=[NOTHING] * months, dates=[NOTHING] * dates
    )


def _columns(base: Scenario, other: Scenario) -> tuple[int, int]:
    """Months and dates that two scenarios can be compared by: none where their windows differ."""
    asked = calendar(base)
    return (len(asked.months), len(asked.dates)) if same_window(base, other) else (0, 0)


def same_window(base: Scenario, other: Scenario) -> bool:
    """Whether two questions are about the same dates."""
    one, two = base.file.question, other.file.question
    return (one.opens, one.closes) == (two.opens, two.closes)


def _shared_kinds(base: Scenario, other: Scenario) -> list[str]:
    """Kinds that are counted in one scenario at least, and known in both."""
    counted = {
        name
        for scenario in (base, other)
        for place, name in enumerate(scenario.program.kinds)
        if scenario.program.kind_counted[place]
    }
    return [name for name in base.program.kinds if name in counted and name in other.program.kinds]


class _Lean:
    """For a stretch of worlds: hits of one scenario less hits of the first, a number a world."""

    def __init__(self, base: Scenario, other: Scenario, worlds: range) -> None:
        self._base, self._other, self._worlds = base, other, worlds
        self._kinds = _shared_kinds(base, other)
        self._calendars = (calendar(base), calendar(other))
        months, dates = _columns(base, other)
        self._plays = np.zeros(len(worlds), dtype=np.int64)
        self._total = np.zeros(len(worlds), dtype=np.int64)
        self._by_kind = np.zeros((len(self._kinds), len(worlds)), dtype=np.int64)
        self._by_month = np.zeros((months, len(worlds)), dtype=np.int64)
        self._by_date = np.zeros((dates, len(worlds)), dtype=np.int64)
        self._flips: tuple[list[Flip], list[Flip]] = ([], [])
        self._many = [0, 0]

    def add(self, base: Outcomes, other: Outcomes) -> None:
        """Count runs that were played in both; row i of both is one (world, replay)."""
        both: Bools = (base.status == FINISHED) & (other.status == FINISHED)
        place = base.world - self._worlds.start
        self._plays += np.bincount(place[both], minlength=len(self._worlds))
        hits: list[Bools] = [both & np.isfinite(outcomes.first) for outcomes in (base, other)]
        for sign, outcomes, hit, scenario, asked in zip(
            (-1, 1), (base, other), hits, (self._base, self._other), self._calendars, strict=True
        ):
            self._total += sign * np.bincount(place[hit], minlength=len(self._worlds))
            self._count(sign, outcomes, hit, place, scenario, asked)
        for which, (here, there) in enumerate(((1, 0), (0, 1))):
            flipped: Bools = hits[here] & ~hits[there]
            self._many[which] += int(np.count_nonzero(flipped))
            self._remember(which, (base, other)[here], flipped)

    def _count(
        self, sign: int, outcomes: Outcomes, hit: Bools, place: Ints, scenario: Scenario, asked: Calendar
    ) -> None:
        numbers = {name: row for row, name in enumerate(self._kinds)}
        row_of = np.array([numbers.get(name, -1) for name in scenario.program.kinds], dtype=np.int64)
        row = row_of[outcomes.kind[hit]]
        np.add.at(self._by_kind, (row[row >= 0], place[hit][row >= 0]), sign)
        if len(self._by_month):
            first = outcomes.first[hit]
            # a first onset lies inside the window, so it has a month and a date by whose end it has come
            np.add.at(self._by_month, (periods(first, asked.month_edges), place[hit]), sign)
            np.add.at(self._by_date, (np.searchsorted(asked.date_ends, first, side="right"), place[hit]), sign)

    def _remember(self, which: int, outcomes: Outcomes, flipped: Bools) -> None:
        rows = np.flatnonzero(flipped)[: max(0, KEPT_FLIPS - len(self._flips[which]))]
        columns = (outcomes.first[rows].tolist(), outcomes.world[rows].tolist(), outcomes.replay[rows].tolist())
        self._flips[which].extend(zip(*columns, strict=True))

    def into(self, gaps: Gaps) -> None:
        """Add the worlds of this stretch to the gaps."""
        whole = totals(self._total, self._plays)
        gaps.total += whole
        gaps.flips_up += self._many[0]
        gaps.flips_down += self._many[1]
        gaps.leaning_up += int(np.count_nonzero(self._total > 0))
        gaps.leaning_down += int(np.count_nonzero(self._total < 0))
        by_kind = sums_of(self._by_kind, self._plays).totals(whole)
        gaps.kinds = {name: gaps.kinds[name] + new for name, new in zip(self._kinds, by_kind, strict=True)}
        by_month = sums_of(self._by_month, self._plays).totals(whole)
        gaps.months = [known + new for known, new in zip(gaps.months, by_month, strict=True)]
        by_date = sums_of(np.cumsum(self._by_date, axis=0), self._plays).totals(whole)
        gaps.dates = [known + new for known, new in zip(gaps.dates, by_date, strict=True)]
        for known, new in ((gaps.up, self._flips[0]), (gaps.down, self._flips[1])):
            known.extend(new[: max(0, KEPT_FLIPS - len(known))])
