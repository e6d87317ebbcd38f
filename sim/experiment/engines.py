"""The door to the engines: which one a name stands for, and what every engine can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

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


def ready_engine(program: Program, seed: int) -> Engine:
    """The compiled engine, unless somebody would have to wait for the compiler: for a few hundred runs."""
    return make_engine(AUTO if compiling_note(AUTO) is None else SIMPY, program, seed)


def get_ready(asked: str, program: Program, seed: int) -> None:
    """Let the engine be compiled, if it has to be."""
    make_engine(asked, program, seed).play_batch(range(0), range(1), np.empty((0, len(program.expressions))))


def compiling_note(asked: str) -> str | None:
    """What to tell somebody who has to wait for the compiler; None where nobody has to."""
    if engine_name(asked) == SIMPY:
        return None
    # loads numba
    from sim.engines import compiled

    if not compiled.needs_compiling():
        return None
    if compiled.keeps_code():
        return "the engine is compiled once for this installation (about half a minute)"
    root = compiled.cache_folder().parent
    return (
        f"the engine is compiled (about half a minute), and again each time, because {root} cannot be written; name "
        f"another folder with {compiled.CACHE_VARIABLE}, or take --engine simpy"
    )
