"""Total effects by play: every world again, with one assumption taken from another world and everything else as it was.

World w keeps its address, so each replay has the same luck in both; what differs between the two comes from the
assumption alone. The other values are those of world `FAR` + w, of which only the values are drawn, never the luck.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.chance.worlds import draw_worlds, parameter_vectors
from sim.experiment.engines import AUTO
from sim.experiment.executors import Batch, Executor, hire
from sim.experiment.plan import MOST_WORLDS, Design, batches
from sim.experiment.run import Progress
from sim.records.outcomes import FINISHED, Bools, Floats, Outcomes
from sim.scenario.load import Scenario

FAR = 2 * MOST_WORLDS
"""World w takes values from world `FAR` + w: no design reaches so far."""

MOST_SWAPPED_WORLDS, MOST_SWAPPED_REPLAYS, FEWEST_SWAPPED_REPLAYS = 2_048, 8, 2
"""What is played for each assumption, of a larger design: 16 384 runs, a million for 64 assumptions.

The standard error of a total effect, root mean square over the 38 swaps of `scenarios/spring-2021.yaml`, was
0.00018 for 2048 x 8 and for 1024 x 16, and 0.00025 for 512 x 32, which cost the same; of half of that, 1024 x 8 gave
0.00025, 2048 x 4 0.00032 and 4096 x 2 0.00049. Two replays are the fewest that tell an effect from luck.
"""

Flips = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Swap:
    """What became of the runs when these values, and only they, came from another world (shapes: worlds x replays).

    `flips` is hit less hit: 1 where the run had a crisis only with its own values, −1 where only with the others';
    `done` tells which runs finished in both. Where the swap changes no parameter of any world nothing is `played`, and
    every flip is 0: the two runs are one.
    """

    paths: tuple[str, ...]
    flips: Flips
    done: Bools
    played: bool


@dataclass(frozen=True, slots=True)
class Swaps:
    """All swaps of a scenario, in the order of their first path.

    `runs` were played in all, the worlds as they are among them; `failed` of them did not finish.
    """

    worlds: int
    replays: int
    runs: int
    failed: int
    swaps: tuple[Swap, ...]

    def of(self, path: str) -> Swap:
        """The swap that an assumption has a part in; `KeyError` where the value is certain."""
        for swap in self.swaps:
            if path in swap.paths:
                return swap
        raise KeyError(path)


def swapped_design(design: Design) -> Design:
    """How much of a design is played again for each assumption: its first worlds and replays, two replays at least."""
    replays = max(FEWEST_SWAPPED_REPLAYS, min(design.replays, MOST_SWAPPED_REPLAYS))
    return Design(min(design.worlds, MOST_SWAPPED_WORLDS), replays, design.seed)


def swap_units(scenario: Scenario) -> list[tuple[str, ...]]:
    """The uncertain values that change places together: each alone, but those that correlations connect as one.

    A part of a connected group cannot come from another world: with the rest it would make a world that the
    correlations forbid.
    """
    uncertain = [path for path, value in scenario.values.items() if value.distribution is not None]
    group_of = {path: group.paths for group in scenario.groups for path in group.paths}
    units = (tuple(p for p in group_of.get(path, (path,)) if p in uncertain) for path in uncertain)
    return list(dict.fromkeys(units))


def play_swaps(
    scenario: Scenario,
    design: Design,
    workers: int,
    progress: Progress | None = None,
    *,
    engine: str = AUTO,
) -> Swaps:
    """Play the worlds of a design as they are, and again for each uncertain value or connected group of them.

    `progress` is told worlds played, those of all swaps together, and how many there are. Same design, same flips,
    whoever plays.
    """
    units = swap_units(scenario)
    # the worlds as they are, then a row a unit
    hits, done = (np.zeros((1 + len(units), design.worlds, design.replays), dtype=np.bool_) for _ in range(2))
    total = hits.shape[0] * design.worlds
    with hire(engine, scenario.program, design.seed, workers, total * design.replays) as executor:
        played = _Played(scenario, design, units, executor.runs)
        for place, outcomes in played.by(executor):
            finished = outcomes.status == FINISHED
            done[place, outcomes.world, outcomes.replay] = finished
            hits[place, outcomes.world, outcomes.replay] = finished & np.isfinite(outcomes.first)
            if progress is not None:
                whole = int(outcomes.replay[-1]) + 1 == design.replays
                progress(place * design.worlds + int(outcomes.world[-1]) + whole, total)
    if progress is not None and not played.changed[-1]:
        progress(total, total)
    swaps = tuple(_swap(paths, place, played.changed[place], hits, done) for place, paths in enumerate(units, 1))
    rows = [place for place, changed in enumerate(played.changed) if changed]
    runs = len(rows) * design.worlds * design.replays
    return Swaps(design.worlds, design.replays, runs, int(np.count_nonzero(~done[rows])), swaps)


def _swap(paths: tuple[str, ...], place: int, played: bool, hits: Bools, done: Bools) -> Swap:
    """A swap from its runs and those of the worlds as they are (row 0)."""
    if not played:
        return Swap(paths, np.zeros(done[0].shape, dtype=np.int8), done[0], played=False)
    both = done[0] & done[place]
    flips = np.where(both, hits[0].astype(np.int8) - hits[place].astype(np.int8), np.int8(0))
    return Swap(paths, flips, both, played=True)


class _Played:
    """The worlds as they are (place 0) and every swap on their way through an executor.

    `changed` tells, when all has been played, which places have a parameter that differs from the worlds as they are
    in some world; place 0 is always played.
    """

    def __init__(self, scenario: Scenario, design: Design, units: Sequence[tuple[str, ...]], runs: int) -> None:
        self.changed: list[bool] = []
        self._scenario, self._design, self._units, self._runs = scenario, design, units, runs
        self._places: deque[int] = deque()

    def by(self, executor: Executor) -> Iterator[tuple[int, Outcomes]]:
        """The outcomes of all batches in order, each with its place."""
        for _, outcomes in executor.play(self._batches()):
            yield self._places.popleft(), outcomes

    def _batches(self) -> Iterator[Batch]:
        """Batches of every place that is to be played; parameters are computed only when their turn comes."""
        pieces = list(batches(range(self._design.worlds), self._design.replays, self._runs))
        for place, numbers in enumerate(self._numbers()):
            self.changed.append(numbers is not None)
            if numbers is not None:
                for worlds, replays in pieces:
                    self._places.append(place)
                    yield Batch(worlds, replays, numbers[worlds.start : worlds.stop])

    def _numbers(self) -> Iterator[Floats | None]:
        """The parameter vectors of each place; None where the swap changes none of them."""
        scenario, many = self._scenario, self._design.worlds
        worlds = np.arange(many, dtype=np.int64)
        own, other = (
            draw_worlds(scenario.values, scenario.groups, self._design.seed, places)
            for places in (worlds, worlds + FAR)
        )
        base = parameter_vectors(scenario.program.expressions, own, many)
        yield base
        for paths in self._units:
            # the values change places before anything follows from them: formulas see what was swapped
            mixed = {**own, **{path: other[path] for path in paths}}
            numbers = parameter_vectors(scenario.program.expressions, mixed, many)
            yield None if np.array_equal(numbers, base, equal_nan=True) else numbers
