"""Who plays the batches: this process, or several. The bytes that come out are the same."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

import numpy as np

from sim.engines.reference import Reference
from sim.records.outcomes import Floats, Outcomes, tabulate
from sim.rules.program import Program

Batch = tuple[range, int, Floats]
"""Worlds, replays, and the parameter vectors of these worlds (worlds x parameters)."""


class Executor(Protocol):
    """Plays batches in any order, and gives their outcomes in the order of the batches."""

    def play(self, batches: Sequence[Batch]) -> Iterator[Outcomes]:
        """Outcomes batch by batch."""


def play_batch(engine: Reference, batch: Batch) -> Outcomes:
    """All runs of a batch, worlds in order, replays inside worlds."""
    worlds, replays, numbers = batch
    results = [
        engine.play(row, world, replay)
        for world, row in zip(worlds, numbers.tolist(), strict=True)
        for replay in range(replays)
    ]
    world = np.repeat(np.arange(worlds.start, worlds.stop, dtype=np.int64), replays)
    replay = np.tile(np.arange(replays, dtype=np.int64), len(worlds))
    return tabulate(world, replay, results, len(engine.plan.program.kinds))


class Alone:
    """Plays in this process."""

    def __init__(self, program: Program, seed: int) -> None:
        """One engine for all batches."""
        self._engine = Reference(program, seed)

    def play(self, batches: Sequence[Batch]) -> Iterator[Outcomes]:
        """Outcomes batch by batch."""
        for batch in batches:
            yield play_batch(self._engine, batch)

    def __enter__(self) -> Alone:
        """Nothing to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""


_ENGINES: list[Reference] = []


def _hire(program: Program, seed: int) -> None:
    _ENGINES[:] = [Reference(program, seed)]


def _work(batch: Batch) -> Outcomes:
    return play_batch(_ENGINES[0], batch)


class Processes:
    """Plays in worker processes, which start afresh: nothing is shared with this one."""

    def __init__(self, program: Program, seed: int, workers: int) -> None:
        """Hire the workers; each unpacks the Program once."""
        self._pool = ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn"), initializer=_hire, initargs=(program, seed)
        )

    def play(self, batches: Sequence[Batch]) -> Iterator[Outcomes]:
        """Outcomes batch by batch, in order."""
        yield from self._pool.map(_work, batches)

    def __enter__(self) -> Processes:
        """The pool is open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the workers go; after an error, without waiting for what they still had to do."""
        self._pool.shutdown(wait=True, cancel_futures=error is not None)


def available_workers() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def hire(program: Program, seed: int, workers: int, runs: int) -> AbstractContextManager[Executor]:
    """An executor; so few runs that starting workers would cost more are played alone."""
    if workers <= 1 or runs < 2_000:
        return Alone(program, seed)
    return Processes(program, seed, workers)
