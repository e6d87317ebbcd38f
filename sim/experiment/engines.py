"""The door to the engines: which one a name stands for, and what every engine can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sim.engines.reference import Reference
from sim.records.outcomes import Floats, Outcomes, RunResult
from sim.records.story import Story
from sim.rules.program import Program

AUTO, COMPILED, SIMPY = "auto", "compiled", "simpy"


class Engine(Protocol):
    """Plays runs of one Program. The outcomes of two engines are equal in every bit."""

    name: str

    def play(
        self,
        numbers: Sequence[float],
        world: int,
        replay: int,
        *,
        story: Story | None = None,
        probes: Sequence[float] = (),
    ) -> RunResult:
        """One run of a world whose parameter vector is `numbers`."""

    def play_batch(self, worlds: range, replays: range, numbers: Floats) -> Outcomes:
        """Runs of some worlds in order, replays inside worlds; `numbers` has a row a world."""


def engine_name(asked: str) -> str:
    """The engine that a choice stands for: `auto` is the compiled one."""
    return COMPILED if asked == AUTO else asked


def make_engine(asked: str, program: Program, seed: int) -> Engine:
    """The engine of a name; `seed` addresses every draw."""
    if engine_name(asked) == SIMPY:
        return Reference(program, seed)
    # numba takes half a second to load
    from sim.engines.compiled import Compiled

    return Compiled(program, seed)


def needs_compiling(asked: str) -> bool:
    """Whether the first play takes longer because the engine was not yet compiled for this installation."""
    if engine_name(asked) == SIMPY:
        return False
    # loads numba
    from sim.engines import compiled

    return compiled.needs_compiling()
