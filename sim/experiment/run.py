"""Plays a design to its end, or until the odds are known well enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.chance.worlds import draw_worlds, parameter_vectors
from sim.errors import TooLittleError
from sim.estimates.odds import by_world
from sim.estimates.sequences import PrecisionRule, looks
from sim.experiment.executors import Batch, Executor, hire
from sim.experiment.plan import Design, batches
from sim.records.outcomes import FINISHED, Floats, Ints, Outcomes, concatenate
from sim.scenario.load import Scenario

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Played:
    """The runs of a design and the worlds they were played in.

    `values` maps the path of every value to one number a world, in the order of worlds 0, 1, ...; `stopped_by` is
    `design` or `precision`; `sequence` is the anytime-valid 95 % interval where a precision was asked for.
    """

    outcomes: Outcomes
    values: dict[str, Floats]
    worlds: int
    stopped_by: str
    sequence: tuple[float, float] | None


def world_values(scenario: Scenario, seed: int, worlds: Ints) -> tuple[dict[str, Floats], Floats]:
    """Every value in each of some worlds, and the parameter vectors (worlds x parameters)."""
    drawn = draw_worlds(scenario.values, scenario.groups, seed, worlds)
    numbers = parameter_vectors(scenario.program.expressions, drawn, len(worlds))
    plain = {path: item for path, item in drawn.items() if isinstance(item, np.ndarray)}
    return plain, numbers


def play(scenario: Scenario, design: Design, workers: int, progress: Progress | None = None) -> Played:
    """Play a scenario. `progress` is told the worlds done and how many there will be (None: not known).

    Raises `TooLittleError` where the precision is not reached within the most worlds that are played.
    """
    expected = design.worlds * design.replays
    with hire(scenario.program, design.seed, workers, expected) as executor:
        if design.precision is None:
            return _fixed(scenario, design, executor, progress)
        return _sequential(scenario, design, executor, progress)


def _batches(scenario: Scenario, design: Design, first: int, last: int) -> tuple[list[Batch], dict[str, Floats]]:
    values, numbers = world_values(scenario, design.seed, np.arange(first, last, dtype=np.int64))
    parts = [
        (worlds, design.replays, numbers[worlds.start - first : worlds.stop - first]) for worlds in batches(first, last)
    ]
    return parts, values


def _fixed(scenario: Scenario, design: Design, executor: Executor, progress: Progress | None) -> Played:
    parts, values = _batches(scenario, design, 0, design.worlds)
    outcomes = concatenate(list(_watched(executor.play(parts), progress, 0, design.worlds)))
    return Played(outcomes, values, design.worlds, "design", None)


def _watched(played: Iterator[Outcomes], progress: Progress | None, done: int, total: int | None) -> Iterator[Outcomes]:
    for part in played:
        if len(part):
            done = int(part.world[-1]) + 1
        if progress is not None:
            progress(done, total)
        yield part


def _sequential(scenario: Scenario, design: Design, executor: Executor, progress: Progress | None) -> Played:
    """Look at 1 024 worlds, then every 256, with a sequence that may be looked at any number of times."""
    precision = design.precision or 0.0
    rule = PrecisionRule(precision, design.replays)
    parts: list[Outcomes] = []
    drawn: list[dict[str, Floats]] = []
    done = 0

    for look in looks(design.worlds):
        batch, values = _batches(scenario, design, done, look)
        part = concatenate(list(_watched(executor.play(batch), progress, done, None)))
        parts.append(part)
        drawn.append(values)
        done = look
        finished = part.status == FINISHED
        rule.update(*by_world(np.isfinite(part.first)[finished], part.world[finished]))
        if rule.reached():
            joined = {path: np.concatenate([values[path] for values in drawn]) for path in drawn[0]}
            return Played(concatenate(parts), joined, done, "precision", rule.interval())
    low, high = rule.interval()
    raise TooLittleError(
        f"the odds are not known to ± {precision:g} after {done} worlds (95 % sequence {low:.4f} to {high:.4f}); "
        "ask for less precision or more worlds"
    )
