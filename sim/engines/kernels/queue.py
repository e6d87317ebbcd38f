"""Armed instances in order of (time, rank, instance): a binary heap whose entries come and go without allocation.

Of an arming in n steps only the next step stands in the heap: the steps' times ascend, so none can be overtaken by a
later one, and their numbers are set aside at arming.
"""

from __future__ import annotations

from sim.engines.kernels.memory import FREED, QUEUED, USED, Queue, State
from sim.kernel import kernel

SERIAL_BITS = 44
"""A heap key is the rank, and below it a serial number; serial numbers count steps in the order of arming."""


@kernel
def take_slot(state: State, queue: Queue) -> int:
    """A slot that nobody uses."""
    freed = state.counts[FREED]
    if freed > 0:
        state.counts[FREED] = freed - 1
        return int(queue.free[freed - 1])
    used = state.counts[USED]
    state.counts[USED] = used + 1
    return int(used)


@kernel
def give_slot(state: State, queue: Queue, slot: int) -> None:
    """A slot is free again."""
    queue.free[state.counts[FREED]] = slot
    state.counts[FREED] += 1


@kernel
def sift_up(queue: Queue, place: int, time: float, key: int, slot: int) -> None:
    """Put an entry where it belongs, at this place or above."""
    while place > 0:
        above = (place - 1) >> 1
        if queue.time[above] < time or (queue.time[above] == time and queue.key[above] < key):
            break
        queue.time[place] = queue.time[above]
        queue.key[place] = queue.key[above]
        queue.slot[place] = queue.slot[above]
        place = above
    queue.time[place] = time
    queue.key[place] = key
    queue.slot[place] = slot


@kernel
def sift_down(queue: Queue, place: int, count: int, time: float, key: int, slot: int) -> None:
    """Put an entry where it belongs, at this place or below."""
    while True:
        below = 2 * place + 1
        if below >= count:
            break
        right = below + 1
        if right < count and (
            queue.time[right] < queue.time[below]
            or (queue.time[right] == queue.time[below] and queue.key[right] < queue.key[below])
        ):
            below = right
        if time < queue.time[below] or (time == queue.time[below] and key < queue.key[below]):
            break
        queue.time[place] = queue.time[below]
        queue.key[place] = queue.key[below]
        queue.slot[place] = queue.slot[below]
        place = below
    queue.time[place] = time
    queue.key[place] = key
    queue.slot[place] = slot


@kernel
def push(state: State, queue: Queue, time: float, key: int, slot: int) -> None:
    """Add an entry."""
    count = state.counts[QUEUED]
    state.counts[QUEUED] = count + 1
    sift_up(queue, count, time, key, slot)


@kernel
def pop(state: State, queue: Queue) -> None:
    """Remove the first entry."""
    count = state.counts[QUEUED] - 1
    state.counts[QUEUED] = count
    if count > 0:
        sift_down(queue, 0, count, queue.time[count], queue.key[count], queue.slot[count])


@kernel
def advance(state: State, queue: Queue) -> None:
    """The first entry has come due: its next step takes its place, or it leaves and its slot is free."""
    slot = queue.slot[0]
    step = queue.step[slot]
    if step >= queue.steps[slot]:
        pop(state, queue)
        give_slot(state, queue, slot)
        return
    following = step + 1
    queue.step[slot] = following
    wait = queue.after[slot] + (queue.over[slot] * following) / queue.steps[slot]
    key = queue.key[0] + 1
    sift_down(queue, 0, state.counts[QUEUED], queue.since[slot] + wait, key, slot)


@kernel
def remove_all(state: State, queue: Queue, rank: int) -> None:
    """Remove every instance of a rule, and order the rest anew."""
    count = state.counts[QUEUED]
    kept = 0
    for place in range(count):
        if queue.key[place] >> SERIAL_BITS == rank:
            give_slot(state, queue, queue.slot[place])
        else:
            queue.time[kept] = queue.time[place]
            queue.key[kept] = queue.key[place]
            queue.slot[kept] = queue.slot[place]
            kept += 1
    state.counts[QUEUED] = kept
    for place in range((kept >> 1) - 1, -1, -1):
        sift_down(queue, place, kept, queue.time[place], queue.key[place], queue.slot[place])
