"""What a batch of runs leaves behind: one row a run, worlds in order, replays inside worlds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FINISHED = 0
FAILURES = {
    1: "budget: more than the allowed number of dues",
    2: "pending: too many pending instances",
    3: "not finite: an amount or a value",
    4: "delay: negative or not finite",
    5: "rate: negative, infinite or its exponent outside [-700, 700]",
    6: "steps: not a whole number of at least 1",
}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Results of runs. Times are days since the clock's start; `inf` means never.

    `first` is the first onset of a counted kind inside the window, `kind` its kind, `root` its root's block, `flags`
    the flags (a bit each) that were on just before the root's effects. `onset`, `early` and `running` have a column a
    kind: the first onset inside the window, the first before it, and whether the kind was in progress at the opening.
    """

    world: Ints
    replay: Ints
    status: Ints
    failed_at: Floats
    first: Floats
    kind: Ints
    root: Ints
    flags: npt.NDArray[np.uint64]
    onset: Floats
    early: Floats
    running: Bools
    dues: Ints

    def __len__(self) -> int:
        """The number of runs, failed ones included."""
        return len(self.world)


def concatenate(parts: Sequence[Outcomes]) -> Outcomes:
    """Join batches in the order given."""
    names = [field.name for field in fields(Outcomes)]
    columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Outcomes(**columns)


@dataclass(slots=True)
class RunResult:
    """One run's row of an `Outcomes` table, and its probed values (dates x quantities, then tensions) if asked for."""

    status: int
    failed_at: float
    first: float
    kind: int
    root: int
    flags: int
    onset: list[float]
    early: list[float]
    running: list[bool]
    dues: int
    probed: Floats | None = None


def addresses(worlds: range, replays: range) -> tuple[Ints, Ints]:
    """World and replay of each run of a batch: worlds in order, replays inside worlds."""
    return (
        np.repeat(np.arange(worlds.start, worlds.stop, dtype=np.int64), len(replays)),
        np.tile(np.arange(replays.start, replays.stop, dtype=np.int64), len(worlds)),
    )


def tabulate(worlds: range, replays: range, results: Sequence[RunResult], kinds: int) -> Outcomes:
    """A table from single runs, in the order of `addresses`."""

    def column(name: str, *columns: int) -> Any:
        """A column as NumPy reads it from Python numbers; its type follows from the numbers."""
        rows = [getattr(result, name) for result in results]
        return np.array(rows, dtype=_TYPES.get(name, np.int64)).reshape(len(results), *columns)

    world, replay = addresses(worlds, replays)
    return Outcomes(
        world=world,
        replay=replay,
        status=column("status"),
        failed_at=column("failed_at"),
        first=column("first"),
        kind=column("kind"),
        root=column("root"),
        flags=column("flags"),
        onset=column("onset", kinds),
        early=column("early", kinds),
        running=column("running", kinds),
        dues=column("dues"),
    )


_TYPES: dict[str, type] = {
    "failed_at": np.float64,
    "first": np.float64,
    "onset": np.float64,
    "early": np.float64,
    "running": np.bool_,
    "flags": np.uint64,
}
