"""A design played and counted world by world: what every value was, how often it hit, and in which month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.errors import UsageError
from sim.estimates.timing import periods
from sim.experiment.engines import AUTO
from sim.experiment.executors import Batch, hire
from sim.experiment.fold import Fold, calendar
from sim.experiment.plan import Design, batches
from sim.experiment.run import Played, Progress, Values, world_values
from sim.experiment.tally import Tally
from sim.records.outcomes import FINISHED, Bools, Ints
from sim.scenario.load import Scenario

MOST_COUNTED_WORLDS = 131_072
"""Every value of every world lies in memory at once: 100 MB for a hundred values."""


@dataclass(frozen=True, slots=True)
class Worldwise:
    """What is kept of each world.

    `values` has one number a world for each path that is no formula; `hits` and `plays` count its finished runs;
    `months` counts first onsets by month of the window (shape: months x worlds), whose sums are `hits`. `played` is
    the tally of the same runs.
    """

    values: Values
    hits: Ints
    plays: Ints
    months: Ints
    played: Played


def play_worldwise(
    scenario: Scenario,
    design: Design,
    workers: int,
    progress: Progress | None = None,
    *,
    engine: str = AUTO,
) -> Worldwise:
    """Play a fixed design; `progress` is told the worlds done and how many there are.

    Raises `UsageError` for more worlds than fit into memory.
    """
    if design.worlds > MOST_COUNTED_WORLDS:
        raise UsageError(f"--worlds {design.worlds}: at most {MOST_COUNTED_WORLDS} are looked at one by one")
    worlds = range(design.worlds)
    values, numbers = world_values(scenario, design.seed, np.arange(design.worlds, dtype=np.int64))
    edges = calendar(scenario).month_edges
    fold, tally = Fold(scenario, worlds), Tally(scenario)
    months: Ints = np.zeros((len(edges) - 1, design.worlds), dtype=np.int64)
    with hire(engine, scenario.program, design.seed, workers, design.worlds * design.replays) as executor:
        todo = (
            Batch(some, replays, numbers[some.start : some.stop])
            for some, replays in batches(worlds, design.replays, executor.runs)
        )
        for batch, outcomes in executor.play(todo):
            fold.add(outcomes)
            hit: Bools = (outcomes.status == FINISHED) & np.isfinite(outcomes.first)
            np.add.at(months, (periods(outcomes.first[hit], edges), outcomes.world[hit]), 1)
            if progress is not None and batch.replays.stop == design.replays:
                progress(batch.worlds.stop, design.worlds)
    tally.take(fold, values)
    return Worldwise(values, fold.hits, fold.plays, months, Played(tally, design.worlds, "design", None))
