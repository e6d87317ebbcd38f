"""Who plays the batches: this process, its threads, or other processes. The bytes that come out are the same."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sim.engines.reference import Reference
from sim.errors import SimError
from sim.experiment.engines import SIMPY, Engine, engine_name, get_ready, make_engine
from sim.records.outcomes import Floats, Outcomes
from sim.rules.program import Program

if TYPE_CHECKING:
    from concurrent.futures import Future
    from multiprocessing.synchronize import Event

WORTH_WORKERS = 2_000
"""Fewer runs than this are played alone: starting processes would cost more."""

THREAD_RUNS, PROCESS_RUNS = 4_096, 256
"""Runs of a batch: enough to outweigh handing it over, few enough to be done in a fraction of a second."""

AHEAD = 2
"""Batches a worker that are handed out before the oldest is taken: what lies in memory is bounded by them."""


class Batch(NamedTuple):
    """Worlds, replays of each, and the parameter vectors of these worlds (worlds x parameters)."""

    worlds: range
    replays: range
    numbers: Floats


PlayedBatch = tuple[Batch, Outcomes]
Task = Callable[[Batch], Outcomes]
Submit = Callable[[Task, Batch], "Future[Outcomes]"]


class Executor(Protocol):
    """Plays batches in any order, and gives them with their outcomes in the order they came.

    Batches are taken from the iterable as they are needed, a bounded number ahead; `runs` is how many runs suit one.
    """

    runs: int

    def play(self, batches: Iterable[Batch]) -> Iterator[PlayedBatch]:
        """Batches with their outcomes."""


class Alone:
    """Plays in this process, one batch at a time."""

    def __init__(self, engine: Engine) -> None:
        """One engine for all batches."""
        self._engine = engine
        self.runs = PROCESS_RUNS if engine.name == SIMPY else THREAD_RUNS

    def play(self, batches: Iterable[Batch]) -> Iterator[PlayedBatch]:
        """Batches with their outcomes."""
        for batch in batches:
            yield batch, self._engine.play_batch(*batch)

    def __enter__(self) -> Alone:
        """Nothing to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""


def _in_order(submit: Submit, task: Task, batches: Iterable[Batch], ahead: int) -> Iterator[PlayedBatch]:
    """Hand out batches, never more than `ahead` that were not taken back; what is left over is cancelled."""
    waiting: deque[tuple[Batch, Future[Outcomes]]] = deque()
    try:
        for batch in batches:
            waiting.append((batch, submit(task, batch)))
            if len(waiting) >= ahead:
                oldest, future = waiting.popleft()
                yield oldest, future.result()
        while waiting:
            oldest, future = waiting.popleft()
            yield oldest, future.result()
    finally:
        for _, future in waiting:
            future.cancel()


class Threads:
    """Plays on threads of this process, for an engine that lets go of the interpreter while it plays."""

    def __init__(self, engine: Engine, workers: int) -> None:
        """One engine for all threads."""
        # not needed by commands that do not play
        from concurrent.futures import ThreadPoolExecutor

        self.runs = THREAD_RUNS
        self._engine = engine
        self._ahead = AHEAD * workers + 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="player")

    def play(self, batches: Iterable[Batch]) -> Iterator[PlayedBatch]:
        """Batches with their outcomes."""
        return _in_order(self._pool.submit, lambda batch: self._engine.play_batch(*batch), batches, self._ahead)

    def __enter__(self) -> Threads:
        """The threads start with the first batches."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the threads go. After an error nobody waits for the batches in hand: they end by themselves."""
        self._pool.shutdown(wait=error is None, cancel_futures=True)


# What a worker process has: its engine, and how it learns that its work is not wanted any more.
_ENGINES: list[Reference] = []
_WANTED: list[Callable[[], bool]] = []


def _hire(program: Program, seed: int, unwanted: Event) -> None:
    _ENGINES[:] = [Reference(program, seed)]
    _WANTED[:] = [lambda: not unwanted.is_set()]
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A worker whose parent was killed would wait for its next batch for ever."""
    # needed only with several workers
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(batch: Batch) -> Outcomes:
    return _ENGINES[0].play_batch(*batch, wanted=_WANTED[0])


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started inside never hear Ctrl-C: this one does, a moment later, and tells them to stop."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # unlike an ignored signal, a blocked one is not lost for this process
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


class Processes:
    """Plays on SimPy in worker processes, which start afresh: nothing is shared with this one."""

    def __init__(self, program: Program, seed: int, workers: int) -> None:
        """Hire the workers; each unpacks the Program once."""
        import multiprocessing  # slow to load, and needed only with several workers
        from concurrent.futures import ProcessPoolExecutor

        context = multiprocessing.get_context("spawn")
        self.runs = PROCESS_RUNS
        self._ahead = AHEAD * workers + 1
        self._unwanted = context.Event()
        self._pool = ProcessPoolExecutor(workers, context, initializer=_hire, initargs=(program, seed, self._unwanted))

    def play(self, batches: Iterable[Batch]) -> Iterator[PlayedBatch]:
        """Batches with their outcomes. Raises `SimError` when a worker was killed."""
        from concurrent.futures.process import BrokenProcessPool  # slow to load, and needed only with several workers

        try:
            yield from _in_order(self._submit, _work, batches, self._ahead)
        except BrokenProcessPool:
            raise SimError("a worker process was killed, perhaps for want of memory; try --workers 1") from None

    def _submit(self, task: Task, batch: Batch) -> Future[Outcomes]:
        # the pool starts a process when it is given work and none is idle
        with _deaf():
            return self._pool.submit(task, batch)

    def __enter__(self) -> Processes:
        """The pool is open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the workers go without waiting for what they still had to do: whoever leaves has what was wanted."""
        self._unwanted.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        # a traceback may hold this object for long; what is shared between processes is given back now
        del self._pool, self._unwanted


def available_workers() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def hire(engine: str, program: Program, seed: int, workers: int, runs: int) -> AbstractContextManager[Executor]:
    """An executor for an engine; so few runs that starting processes would cost more are played alone."""
    if workers <= 1 or (engine_name(engine) == SIMPY and runs < WORTH_WORKERS):
        return Alone(make_engine(engine, program, seed))
    if engine_name(engine) == SIMPY:
        return Processes(program, seed, workers)
    # compiled here, if at all, where Ctrl-C is heard: nobody can stop a thread
    get_ready(engine, program, seed)
    return Threads(make_engine(engine, program, seed), workers)
