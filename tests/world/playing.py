"""Tiny scenarios for tests: a few blocks, one run on the reference engine, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.chance.worlds import draw_worlds, parameter_vectors
from sim.engines.reference import Reference
from sim.records.outcomes import FINISHED, Floats, RunResult
from sim.records.story import Story
from sim.scenario.load import Scenario, load

HEADER = """\
schema: 1
title: A test
clock: {{starts: 2021-01-01}}
question: {{text: Does it begin?, opens: 2021-01-01, closes: 2021-12-31, kinds: [{kind}]}}
"""
# The kind that a question must count where a test has none of its own.
NEVER = "crises: {never: {rate: {per_day: 0}, lasts: 1}}\n"
DAYS = 365.0


@dataclass(frozen=True)
class Play:
    """One run: its scenario, its numbers, its result and its story; `drawn` are this world's values by path."""

    scenario: Scenario
    numbers: list[float]
    result: RunResult
    story: Story
    days: tuple[float, ...]
    drawn: dict[str, float]

    def at(self, name: str, day: float) -> float:
        """A quantity or tension at the end of an instant that was probed."""
        program = self.scenario.program
        column = [*program.quantities, *program.tensions].index(name)
        assert self.result.probed is not None
        return float(self.result.probed[self.days.index(day), column])

    def fired(self, rule: str) -> list[float]:
        """When a rule fired."""
        rank = self.scenario.program.rules.index(rule)
        return [due.time for due in self.story.dues if due.rank == rank and due.outcome == "fired"]

    def onset(self, kind: str) -> float:
        """The first onset of a kind inside the window; infinity without one."""
        return self.result.onset[self.scenario.program.kinds.index(kind)]


def built(folder: Path, blocks: str, kind: str = "never") -> Scenario:
    """A scenario of a year that is made of some blocks."""
    text = HEADER.format(kind=kind) + (NEVER if "crises:" not in blocks else "") + blocks
    path = folder / "tiny.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path).scenario


def vectors(scenario: Scenario, worlds: int, seed: int = 1) -> Floats:
    """Parameter vectors of the first worlds."""
    drawn = draw_worlds(scenario.values, scenario.groups, seed, np.arange(worlds))
    return parameter_vectors(scenario.program.expressions, drawn, worlds)


def play(
    folder: Path, blocks: str, *days: float, kind: str = "never", world: int = 0, replay: int = 0, seed: int = 1
) -> Play:
    """Play one run and look at some days."""
    scenario = built(folder, blocks, kind)
    worlds = draw_worlds(scenario.values, scenario.groups, seed, np.arange(world + 1))
    numbers: list[float] = parameter_vectors(scenario.program.expressions, worlds, world + 1)[world].tolist()
    drawn = {path: float(item[world]) for path, item in worlds.items() if isinstance(item, np.ndarray)}
    story = Story()
    ordered = tuple(sorted(days))
    result = Reference(scenario.program, seed).play(numbers, world, replay, story=story, probes=list(ordered))
    assert result.status == FINISHED, result.status
    return Play(scenario, numbers, result, story, ordered, drawn)


def relaxed(level: float, baseline: float, half_life: float, days: float) -> float:
    """Where a tension is after some days without an event."""
    return float(baseline + (level - baseline) * 2.0 ** (-days / half_life))
