"""Times of several contenders, measured in turn, so that whatever else the machine does slows all of them alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

Play = Callable[[int, int], int]
"""Plays so many runs from this one on, and says how many events they had."""


@dataclass(frozen=True)
class Contender:
    """Somebody who plays runs. What has no runs (the floor) plays events, one a run."""

    name: str
    play: Play


@dataclass(frozen=True)
class Timed:
    """What a contender needed: seconds of processor time a run, block by block."""

    name: str
    runs: int
    events: float
    seconds: tuple[float, ...]

    @property
    def per_run(self) -> float:
        """Seconds a run, the median over blocks."""
        return statistics.median(self.seconds)

    @property
    def per_event(self) -> float:
        """Seconds an event."""
        return self.per_run / self.events

    def by_event(self) -> list[float]:
        """Seconds an event, block by block."""
        return [seconds / self.events for seconds in self.seconds]


@dataclass(frozen=True)
class Ratio:
    """Median and quartiles of ratios of times that were measured side by side."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        digits = 0 if self.median >= 100.0 else 1 if self.median >= 10.0 else 2
        return f"{self.median:.{digits}f} × ({self.low:.{digits}f} to {self.high:.{digits}f})"


def paired(slower: Sequence[float], faster: Sequence[float]) -> Ratio:
    """How many times as long, block by block."""
    ratios = [a / b for a, b in zip(slower, faster, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Ratio(median, low, high)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection in between: it would strike one contender and mean another."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def side_by_side(contenders: Sequence[Contender], rounds: int, seconds: float) -> list[Timed]:
    """Each plays a block of about this many seconds, in turn, round after round. The first block is not counted."""
    sizes = [_size(contender, seconds) for contender in contenders]
    spent: list[list[float]] = [[] for _ in contenders]
    events = [0] * len(contenders)
    for turn in range(rounds):
        for place, (contender, size) in enumerate(zip(contenders, sizes, strict=True)):
            with undisturbed():
                started = time.process_time()
                events[place] += contender.play(turn * size, size)
                spent[place].append((time.process_time() - started) / size)
    return [
        Timed(contender.name, size * rounds, number / (size * rounds), tuple(times))
        for contender, size, number, times in zip(contenders, sizes, events, spent, strict=True)
    ]


def _size(contender: Contender, seconds: float) -> int:
    """Runs that take about this long. The trials also compile and fill caches."""
    contender.play(0, 1)
    size, needed = 1, 0.0
    while True:
        started = time.process_time()
        contender.play(0, size)
        needed = time.process_time() - started
        if needed >= seconds / 4.0:
            return max(1, round(size * seconds / needed))
        size *= 2


def judged(reached: bool) -> str:
    """Whether a target is reached."""
    return "reached" if reached else "MISSED"


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Columns side by side: the first row is the head, numbers to the right, the first and the last column left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if column in (0, len(row) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
