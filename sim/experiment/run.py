"""Plays a design to its end, or until the odds are known well enough. What lies in memory does not grow with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.chance.worlds import Drawn, draw_worlds, parameter_vectors
from sim.errors import TooLittleError
from sim.estimates.sequences import PrecisionRule
from sim.experiment.engines import AUTO
from sim.experiment.executors import Batch, Executor, PlayedBatch, hire
from sim.experiment.fold import Fold
from sim.experiment.parts import Parts, PartWriter
from sim.experiment.plan import Design, Part, batches, parts
from sim.experiment.tally import Tally
from sim.records.outcomes import Floats, Ints, Outcomes, concatenate
from sim.scenario.load import Scenario

Progress = Callable[[int, int | None], None]
Values = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Played:
    """What is kept of the runs of a design.

    `stopped_by` is `design`, `precision` or `interrupt`; `sequence` is the anytime-valid 95 % interval where a
    precision was asked for and reached.
    """

    tally: Tally
    worlds: int
    stopped_by: str
    sequence: tuple[float, float] | None


def world_values(scenario: Scenario, seed: int, worlds: Ints, known: Drawn | None = None) -> tuple[Values, Floats]:
    """Every value in each of some worlds, and the parameter vectors (worlds x parameters).

    `known` are draws of the same worlds in other scenarios.
    """
    drawn = draw_worlds(scenario.values, scenario.groups, seed, worlds, known)
    numbers = parameter_vectors(scenario.program.expressions, drawn, len(worlds))
    plain = {path: item for path, item in drawn.items() if isinstance(item, np.ndarray)}
    return plain, numbers


def play(
    scenario: Scenario,
    design: Design,
    workers: int,
    progress: Progress | None = None,
    *,
    engine: str = AUTO,
    kept: Parts | None = None,
) -> Played:
    """Play a scenario. `progress` is told the worlds done and how many there will be (None: not known).

    Parts that are `kept` are not played again, and those that are played are kept there. Raises `TooLittleError` where
    the precision is not reached within the most worlds that are played.
    """
    with hire(engine, scenario.program, design.seed, workers, design.worlds * design.replays) as executor:
        play = _Play(scenario, design, executor, progress, kept)
        for part in parts(design):
            if kept is not None and part.worlds.start in play.found:
                play.recall(part, kept)
            else:
                play.play(part)
            if play.rule is not None and play.rule.reached():
                return Played(play.tally, play.tally.worlds, "precision", play.rule.interval())
    if play.rule is None:
        return Played(play.tally, design.worlds, "design", None)
    low, high = play.rule.interval()
    raise TooLittleError(
        f"the odds are not known to ± {play.rule.target:g} after {design.worlds} worlds (95 % sequence {low:.4f} to "
        f"{high:.4f}); ask for less precision or more worlds"
    )


def interrupted(scenario: Scenario, kept: Parts) -> Played:
    """What is known of a run that was interrupted: its finished parts."""
    tally = Tally(scenario)
    for start in sorted(kept.done):
        tally.merge(Tally.restore(scenario, kept.state(start)))
    return Played(tally, tally.worlds, "interrupt", None)


class _Play:
    """A design on its way: batches go out ahead, outcomes come back in order and are counted part by part."""

    def __init__(
        self, scenario: Scenario, design: Design, executor: Executor, progress: Progress | None, kept: Parts | None
    ) -> None:
        self.tally = Tally(scenario)
        self.rule = None if design.precision is None else PrecisionRule(design.precision, design.replays)
        self.found = frozenset(() if kept is None else kept.done)
        self._scenario, self._design, self._kept, self._progress = scenario, design, kept, progress
        self._drawn: deque[Values] = deque()
        self._outcomes: Iterator[PlayedBatch] = executor.play(self._batches(executor.runs))
        self._done = 0 if kept is None else kept.worlds

    def _batches(self, runs: int) -> Iterator[Batch]:
        """All batches of all parts that are to be played; worlds are drawn only when their turn comes."""
        for part in parts(self._design):
            if part.worlds.start in self.found:
                continue
            for stretch in part.stretches:
                places = np.arange(stretch.start, stretch.stop, dtype=np.int64)
                values, numbers = world_values(self._scenario, self._design.seed, places)
                self._drawn.append(values)
                for worlds, replays in batches(stretch, self._design.replays, runs):
                    rows = numbers[worlds.start - stretch.start : worlds.stop - stretch.start]
                    yield Batch(worlds, replays, rows)

    def recall(self, part: Part, kept: Parts) -> None:
        """Count a part that is there already."""
        self.tally.merge(Tally.restore(self._scenario, kept.state(part.worlds.start)))
        if self.rule is not None:
            self.rule.update(*kept.counts(part.worlds.start))

    def play(self, part: Part) -> None:
        """Play a part up to its end, or to where the precision is reached."""
        if self._kept is None:
            self._play(part, None)
            return
        with self._kept.begin(part) as writer:
            worlds, tally = self._play(part, writer)
            writer.finish(worlds, tally.state())

    def _play(self, part: Part, writer: PartWriter | None) -> tuple[range, Tally]:
        tally = Tally(self._scenario)
        stop = part.worlds.start
        for stretch in part.stretches:
            fold, values = self._fold(stretch, writer)
            tally.take(fold, values)
            if writer is not None:
                writer.stretch(stretch, values, fold.hits, fold.plays)
            stop = stretch.stop
            if self.rule is not None:
                self.rule.update(fold.hits, fold.plays)
                if self.rule.reached():
                    break
        self.tally.merge(tally)
        return range(part.worlds.start, stop), tally

    def _fold(self, stretch: range, writer: PartWriter | None) -> tuple[Fold, Values]:
        """Count the runs of a stretch as they come."""
        fold = Fold(self._scenario, stretch)
        for batch, outcomes in self._outcomes:
            fold.add(outcomes)
            if writer is not None:
                writer.rows(outcomes)
            if batch.replays.stop == self._design.replays:
                self._told(len(batch.worlds))
                if batch.worlds.stop == stretch.stop:
                    break
        return fold, self._drawn.popleft()

    def _told(self, worlds: int) -> None:
        self._done += worlds
        if self._progress is not None:
            self._progress(self._done, None if self.rule is not None else self._design.worlds)


@dataclass(frozen=True, slots=True)
class Rows:
    """A row a run, and every value in each world."""

    outcomes: Outcomes
    values: Values


def play_rows(scenario: Scenario, design: Design, engine: str = AUTO) -> Rows:
    """Every run of a fixed design, all in memory at once: for those who look at single runs."""
    values, numbers = world_values(scenario, design.seed, np.arange(design.worlds, dtype=np.int64))
    with hire(engine, scenario.program, design.seed, 1, design.worlds * design.replays) as executor:
        pieces = batches(range(design.worlds), design.replays, executor.runs)
        todo = (Batch(worlds, replays, numbers[worlds.start : worlds.stop]) for worlds, replays in pieces)
        return Rows(concatenate([outcomes for _, outcomes in executor.play(todo)]), values)
