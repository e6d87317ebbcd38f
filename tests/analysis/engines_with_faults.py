"""Engines for comparisons: one that plays rightly under another name, and one with a fault planted in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.engines.reference import Reference
from sim.records.outcomes import Floats, Outcomes, RunResult, tabulate
from sim.records.story import Story
from sim.rules.program import Program
from tests.engines.oracle import Oracle

Fault = Callable[[RunResult, Story], None]
BatchFault = Callable[[Outcomes], Outcomes]


def nothing(result: RunResult, story: Story) -> None:
    """No fault."""


class Altered:
    """Plays on SimPy and calls itself compiled; what it tells of one run is altered by a fault."""

    name = "compiled"

    def __init__(
        self,
        program: Program,
        seed: int,
        fault: Fault = nothing,
        *,
        only: Callable[[int, int], bool] = lambda world, replay: True,
        in_batch: BatchFault = lambda outcomes: outcomes,
    ) -> None:
        self.engine = Reference(program, seed)
        self.kinds = len(program.kinds)
        self.fault, self.only, self.in_batch = fault, only, in_batch
        self.batches: list[tuple[range, range]] = []

    def play(
        self,
        numbers: Sequence[float],
        world: int,
        replay: int,
        *,
        story: Story | None = None,
        probes: Sequence[float] = (),
    ) -> RunResult:
        told = Story() if story is None else story
        result = self.engine.play(numbers, world, replay, story=told, probes=probes)
        if self.only(world, replay):
            self.fault(result, told)
        return result

    def play_batch(self, worlds: range, replays: range, numbers: Floats) -> Outcomes:
        self.batches.append((worlds, replays))
        rows = zip(worlds, numbers.tolist(), strict=True)
        results = [self.play(row, world, replay) for world, row in rows for replay in replays]
        return self.in_batch(tabulate(worlds, replays, results, self.kinds))


class Slow:
    """The oracle of the engine tests, with the face of an engine."""

    name = "oracle"

    def __init__(self, program: Program, seed: int) -> None:
        self.oracle = Oracle(program, seed)

    def play(
        self,
        numbers: Sequence[float],
        world: int,
        replay: int,
        *,
        story: Story | None = None,
        probes: Sequence[float] = (),
    ) -> RunResult:
        return self.oracle.play(numbers, world, replay, story, probes)

    def play_batch(self, worlds: range, replays: range, numbers: Floats) -> Outcomes:
        raise NotImplementedError


# Every run of seed 1: a date, a watch that holds too short and one that is long enough, a clock, a refusal, a chance.
TWO = """\
schema: 1
title: Two engines
clock: {starts: 2021-01-01}
question: {text: Is it alarm?, opens: 2021-01-05, closes: 2021-01-31, kinds: [alarm]}
quantities: {heat: {start: 0}}
tension: {start: 1, baseline: 0.5, half_life: 30}
events:
  warm: {at: 2021-01-03, do: [{add: quantities.heat, by: 12}, {add: tension, by: 0.25}, {arm: events.cool, after: 3}]}
  cool: {armed: true, do: [{add: quantities.heat, by: -7}, {note: it cools}]}
  again: {at: 2021-01-10, do: [{add: quantities.heat, by: 9}]}
  plea: {at: 2021-01-10, guard: [quantities.heat >= 99], do: [{note: unheard}]}
  talks: {at: 2021-01-20, chance: 0.5, do: [{scale: tension, by: 0.5}], else: [{add: tension, by: 0.125}]}
  spark: {rate: {per_year: 40}, per_tension: 1, do: [{add: tension, by: 0.1}]}
crises: {alarm: {watch: [quantities.heat >= 10], hold: 5, lasts: until fallen}}
"""
