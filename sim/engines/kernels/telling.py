"""The story of a run as rows of numbers, written by kernels and read back into a `Story`."""

from __future__ import annotations

from sim.engines.kernels.memory import LOG_DUE, LOG_EFFECT, LOG_ROWS, LOG_WIDTH, LOGGED, Log, State
from sim.kernel import kernel
from sim.records.story import Applied, Due, Hold, Story

OUTCOMES = ("fired", "otherwise", "guard", "chance")
FIRED, OTHERWISE, GUARD, CHANCE = range(4)


@kernel
def tell(log: Log, state: State, kind: int, a: int, b: int, c: int, x: float, y: float, z: float) -> None:
    """Add a row. Where there is no room for it, it is only counted; a log without rows is switched off."""
    room = log.room[LOG_ROWS]
    if room == 0:
        return
    row = state.counts[LOGGED]
    state.counts[LOGGED] = row + 1
    if row >= room:
        return
    at = LOG_WIDTH * row
    log.ints[at] = kind
    log.ints[at + 1] = a
    log.ints[at + 2] = b
    log.ints[at + 3] = c
    log.floats[at] = x
    log.floats[at + 1] = y
    log.floats[at + 2] = z


def read_story(log: Log, rows: int, story: Story) -> None:
    """Fill a story from the first rows of a log."""
    ints, floats = (column.reshape(-1, LOG_WIDTH)[:rows].tolist() for column in (log.ints, log.floats))
    for (kind, a, b, c), (x, y, z, _) in zip(ints, floats, strict=True):
        if kind == LOG_DUE:
            story.dues.append(Due(x, a, b, OUTCOMES[c], y, z))
        elif kind == LOG_EFFECT:
            story.dues[-1].effects.append(Applied(a, b, x, y))
        else:
            story.holds.append(Hold(a, x, y))
