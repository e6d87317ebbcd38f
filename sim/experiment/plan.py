"""How much is played: worlds, replays, seed, and when to stop; and how that is cut into parts and batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.chance.streams import check_design
from sim.errors import UsageError
from sim.estimates.sequences import looks

DEFAULT_WORLDS, DEFAULT_REPLAYS = 8192, 8
QUICK_WORLDS, QUICK_REPLAYS = 256, 4
MOST_WORLDS = 100_000_000
MOST_WORLDS_FOR_PRECISION = 1_000_000
PART_RUNS, SMALL_PART_RUNS, FIRST_PART_RUNS = 65_536, 16_384, 1_024
STRETCH_WORLDS = 2_048
MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Design:
    """A fixed number of worlds, or as many as a `precision` (half-width of the 95 % sequence) asks for."""

    worlds: int = DEFAULT_WORLDS
    replays: int = DEFAULT_REPLAYS
    seed: int = 1
    precision: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        for option, number in (("worlds", self.worlds), ("replays", self.replays)):
            if number < 1:
                raise UsageError(f"--{option} {number}: at least 1 is played")
        if self.worlds > MOST_WORLDS:
            raise UsageError(f"--worlds {self.worlds}: at most {MOST_WORLDS} are played")
        if self.precision is not None and not 0.0 < self.precision < 0.5:
            raise UsageError(f"--precision {self.precision:g}: write a half-width between 0 and 0.5, like 0.01")
        try:
            check_design(self.seed, self.worlds, self.replays)
        except ValueError as problem:
            raise UsageError(str(problem)) from None


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive worlds that are kept together on disk; a stretch of them is drawn and counted at once.

    `rows` tells whether a row a run is kept. With a precision every stretch ends where the odds are looked at.
    """

    worlds: range
    stretches: tuple[range, ...]
    rows: bool


def parts(design: Design) -> Iterator[Part]:
    """The parts of a design, in order: about `PART_RUNS` runs each, but never less than a world.

    The first are smaller, each twice the one before, and where a row a run is kept none is large: what takes an engine
    a second can be interrupted too, and so can what takes another a minute. They follow from the design alone, so that
    a run that was killed finds its parts again, whoever plays it.
    """
    rows = design.worlds * design.replays <= MOST_ROWS
    size = max(1, (SMALL_PART_RUNS if rows else PART_RUNS) // design.replays)
    if design.precision is None:
        done, following = 0, max(1, min(size, FIRST_PART_RUNS // design.replays))
        while done < design.worlds:
            worlds = range(done, min(done + following, design.worlds))
            yield Part(worlds, tuple(cut(worlds, STRETCH_WORLDS)), rows)
            done, following = worlds.stop, min(size, 2 * following)
        return
    stretches: list[range] = []
    start = done = 0
    for look in looks(design.worlds):
        # between two looks as many worlds may lie as there are (--worlds 900 is looked at once)
        stretches.append(range(done, look))
        done = look
        if done - start >= size or done == design.worlds:
            yield Part(range(start, done), tuple(stretches), start * design.replays < MOST_ROWS)
            stretches, start = [], done


def cut(numbers: range, size: int) -> list[range]:
    """Consecutive numbers in consecutive pieces of at most `size`."""
    return [range(start, min(start + size, numbers.stop)) for start in range(numbers.start, numbers.stop, size)]


def batches(worlds: range, replays: int, runs: int) -> Iterator[tuple[range, range]]:
    """Worlds and replays of batches of at most `runs` runs: whole worlds, or a piece of the replays of one world."""
    if replays <= runs:
        for piece in cut(worlds, runs // replays):
            yield piece, range(replays)
        return
    for world in worlds:
        for piece in cut(range(replays), runs):
            yield range(world, world + 1), piece
