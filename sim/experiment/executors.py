"""Who plays the batches: this process, or several. The bytes that come out are the same."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Protocol

import numpy as np

from sim.engines.reference import Reference
from sim.errors import SimError
from sim.records.outcomes import Floats, Outcomes, tabulate
from sim.rules.program import Program

WORTH_WORKERS = 2_000
"""Fewer runs than this are played alone: starting workers would cost more."""

Batch = tuple[range, int, Floats]
"""Worlds, replays, and the parameter vectors of these worlds (worlds x parameters)."""


class Executor(Protocol):
    """Plays batches in any order, and gives their outcomes in the order of the batches."""

    def play(self, batches: Sequence[Batch]) -> Iterator[Outcomes]:
        """Outcomes batch by batch."""


class StoppedError(Exception):
    """A batch was given up because nobody waits for it any more."""


def play_batch(engine: Reference, batch: Batch, unwanted: Callable[[], bool] | None = None) -> Outcomes:
    """All runs of a batch, worlds in order, replays inside worlds.

    `unwanted` is asked before each world; when it says yes, `StoppedError` is raised.
    """
    worlds, replays, numbers = batch
    results = []
    for world, row in zip(worlds, numbers.tolist(), strict=True):
        if unwanted is not None and unwanted():
            raise StoppedError
        results += [engine.play(row, world, replay) for replay in range(replays)]
    rows = np.repeat(np.arange(worlds.start, worlds.stop, dtype=np.int64), replays)
    columns = np.tile(np.arange(replays, dtype=np.int64), len(worlds))
    return tabulate(rows, columns, results, len(engine.plan.program.kinds))


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


# What a worker process has: its engine, and how it learns that its work is not wanted any more.
_ENGINES: list[Reference] = []
_UNWANTED: list[Callable[[], bool]] = []


def _hire(program: Program, seed: int, unwanted: Callable[[], bool]) -> None:
    _ENGINES[:] = [Reference(program, seed)]
    _UNWANTED[:] = [unwanted]


def _work(batch: Batch) -> Outcomes:
    return play_batch(_ENGINES[0], batch, _UNWANTED[0])


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started inside never hear Ctrl-C: this one does, and tells them to stop."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may change what a signal does
        return
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


class Processes:
    """Plays in worker processes, which start afresh: nothing is shared with this one."""

    def __init__(self, program: Program, seed: int, workers: int) -> None:
        """Hire the workers; each unpacks the Program once."""
        import multiprocessing  # slow to load, and needed only with several workers
        from concurrent.futures import ProcessPoolExecutor

        context = multiprocessing.get_context("spawn")
        self._unwanted = context.Event()
        self._pool = ProcessPoolExecutor(
            workers, context, initializer=_hire, initargs=(program, seed, self._unwanted.is_set)
        )

    def play(self, batches: Sequence[Batch]) -> Iterator[Outcomes]:
        """Outcomes batch by batch, in order. Raises `SimError` when a worker was killed."""
        from concurrent.futures.process import BrokenProcessPool  # slow to load, and needed only with several workers

        try:
            with _deaf():
                outcomes = self._pool.map(_work, batches)
            yield from outcomes
        except BrokenProcessPool:
            raise SimError("a worker process was killed, perhaps for want of memory; try --workers 1") from None

    def __enter__(self) -> Processes:
        """The pool is open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the workers go; after an error, without waiting for what they still had to do."""
        if error is not None:
            self._unwanted.set()
        self._pool.shutdown(wait=True, cancel_futures=error is not None)


def available_workers() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def hire(program: Program, seed: int, workers: int, runs: int) -> AbstractContextManager[Executor]:
    """An executor; so few runs that starting workers would cost more are played alone."""
    if workers <= 1 or runs < WORTH_WORKERS:
        return Alone(program, seed)
    return Processes(program, seed, workers)
