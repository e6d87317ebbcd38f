"""How much is played: worlds, replays, seed, and when to stop."""

from __future__ import annotations

from dataclasses import dataclass

from sim.chance.streams import check_design
from sim.errors import UsageError

DEFAULT_WORLDS, DEFAULT_REPLAYS = 2048, 8
QUICK_WORLDS, QUICK_REPLAYS = 256, 4
MOST_WORLDS = 1_000_000
BATCH_WORLDS = 32


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


def batches(first: int, last: int, size: int = BATCH_WORLDS) -> list[range]:
    """Worlds [first, last) in consecutive batches."""
    return [range(start, min(start + size, last)) for start in range(first, last, size)]
