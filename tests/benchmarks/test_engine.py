"""The table of `benchmarks.engine`: it refuses to compare the times of models that differ; nothing here is timed."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.agreement import HIT, Compared, flagship
from benchmarks.engine import (
    COMPILED,
    PLAIN,
    RACE,
    RAIN,
    REFERENCE,
    TICK,
    Z_LIMIT,
    batches,
    compared_rows,
    drawn_rows,
    insist_equal,
    rows_of,
    target_rows,
    time_rows,
)
from benchmarks.timing import Timed
from sim.records.outcomes import Floats, Outcomes, RunResult, tabulate
from sim.records.story import Story


class Metronome:
    """An engine with three dues a run, whose first onset is the world's number plus `late`."""

    def __init__(self, late: float = 0.0) -> None:
        self.late = late
        self.played: list[tuple[int, int]] = []

    def play(self, numbers: Sequence[float], world: int, replay: int, *, story: Story | None = None) -> RunResult:
        self.played.append((world, replay))
        return RunResult(0, inf, world + self.late, 0, 0, 0, [inf], [inf], [False], 3)

    def play_batch(self, worlds: range, replays: range, numbers: Floats) -> Outcomes:
        results = [self.play(numbers[0].tolist(), world, replay) for world in worlds for replay in replays]
        assert len(numbers) == len(worlds)
        return tabulate(worlds, replays, results, 1)


def test_equal_engines_are_told_how_many_runs() -> None:
    assert insist_equal(Metronome(), Metronome(), np.ones((5, 2)), 3) == 15


def test_engines_that_differ_in_one_bit_are_not_compared() -> None:
    with pytest.raises(AssertionError, match="the engines differ in first"):
        insist_equal(Metronome(1.0), Metronome(1.0 + 2.0**-50), np.ones((5, 2)), 3)


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 9))
def test_a_block_plays_as_many_runs_as_asked_up_to_the_last_world(runs: int, replays: int, rows: int) -> None:
    engine = Metronome()
    events = batches(engine, np.ones((rows, 2)), replays)(0, runs)
    assert events == 3 * runs
    assert runs <= len(engine.played) < runs + replays
    assert len(set(engine.played)) == len(engine.played)


def test_models_that_disagree_are_not_timed() -> None:
    answer = Compared(HIT, 0.37, 0.372, 0.3)
    near, far = Compared("a", 1.0, 1.2, -0.9 * Z_LIMIT), Compared("a", 1.0, 1.3, 1.1 * Z_LIMIT)
    rows = list(compared_rows("x", [near, answer]))
    assert rows[0] == ("x: odds", "0.3700", "0.3720", "+0.002, z +0.3")
    assert rows[1][0] == "x: worst of 2 means, a"
    with pytest.raises(AssertionError, match=r"x, a: 1\.0000 and 1\.3000, z 4\.4"):
        list(compared_rows("x", [far, answer]))


def timed(compiled: float, floor: float) -> dict[str, Timed]:
    """An engine that needs `compiled` microseconds a run of 100 events, against round numbers."""
    times = {COMPILED: compiled, REFERENCE: 6000.0, PLAIN: 3000.0, TICK: 3000.0}
    found = {name: Timed(name, 10, 100.0, (1e-6 * time,) * 3) for name, time in times.items()}
    return found | {name: Timed(name, 10, 1.0, (1e-9 * floor,) * 3) for name in (RACE, RAIN)}


def verdicts(found: dict[str, Timed]) -> list[str]:
    return [row[-1].partition(";")[0] for row in target_rows(found)]


def test_targets_are_reached_at_their_limits_and_missed_beyond() -> None:
    """5 µs a run of 100 events: 1200, 600 and 600 times as fast, and 50 ns an event against a floor of 12.5 or less."""
    assert verdicts(timed(5.0, 13.0)) == ["reached"] * 7
    assert verdicts(timed(5.0, 12.0))[3:5] == ["MISSED"] * 2
    assert verdicts(timed(7.0, 20.0))[:3] == ["reached", "MISSED", "reached"]
    assert verdicts(timed(21.0, 60.0))[:3] == ["MISSED"] * 3


def test_targets_that_no_engine_can_reach_are_told() -> None:
    """At 20 ns an event, 100 events take 2 µs: 3000 µs are 1500 times as long."""
    assert [row[-1] for row in target_rows(timed(7.0, 20.0))][1] == "MISSED; 1500 × at the floor itself"


def test_the_floor_has_no_runs() -> None:
    rows = {row[0]: row[1:] for row in time_rows(timed(5.0, 13.0).values())}
    assert rows[COMPILED] == ("200,000", "5.0", "100.0", "50", "")
    assert rows[RACE] == ("", "", "", "13", "")


def test_rows_are_the_median_world_repeated_or_drawn_worlds() -> None:
    repeated = rows_of([1.0, 2.0], 3)
    assert repeated.tolist() == [[1.0, 2.0]] * 3
    drawn = drawn_rows(flagship(), 4)
    assert len({tuple(row) for row in drawn.tolist()}) == 4
