"""The arithmetic floor: what an event costs when only the arithmetic is done that no exact engine can do without.

Per event one Philox4x64-10 draw, one logarithm, one exponential (`expm1`), and one pass over the clocks with a multiply
and an add each, compiled; no rules, no conditions, no queue, no crises. In two forms:

* `race`: constant clocks race and one tension fades and jumps. Each event waits for the one before it, as in every
  event-driven simulation.
* `rain`: the same arithmetic on events that know nothing of each other, so that a processor works on several at once.
  No simulation of a world can be like that: a bound that is not meant to be reached.

Both have answers that are known, and both are checked against plain Python before they are timed (`verify`).
"""

from __future__ import annotations

import os
from itertools import product
from math import expm1, inf, log
from typing import Any

import numpy as np

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")  # as the engine does: one libm for all that is compared

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from sim.chance.streams import exponential, stream_hash, word
from sim.records.outcomes import Floats
from sim.rules import program as p
from sim.rules.program import Program

HALF_LIFE = 30.0
DECAY = log(2.0) / HALF_LIFE
STREAM = "floor"
UNIT = 2.0**-52

_M0, _M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_W0, _W1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_ZERO, _ONE, _SHIFT = np.uint64(0), np.uint64(1), np.uint64(12)


# Draws of its own, not the engine's: what an engine is measured by must not be made of it. numba prescribes the
# arguments of both functions, and a typing context as the first of one.
@intrinsic
def _high_half(_: Any, a: Any, b: Any) -> Any:  # noqa: ARG001 - numba reads how many there are
    """The high half of a 64 x 64 bit product: one instruction, which neither Python nor NumPy has a word for."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        result = builder.mul(*(builder.zext(argument, wide) for argument in arguments))
        return builder.trunc(builder.lshr(result, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


# a call of it has one argument less than its definition
_high: Any = _high_half


# The compiled functions take machine words, for which Python has no types: they stay untyped, their callers do not.
@njit(nogil=True)
def philox_word(seed, c0, c1, c2, c3):  # type: ignore[no-untyped-def]
    """Output word 0 of Philox4x64-10 with key (seed, 0); every argument is a `uint64`."""
    k0, k1 = seed, _ZERO
    for _ in range(10):
        high0, high1 = _high(_M0, c0), _high(_M1, c2)
        low0, low1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + _W0, k1 + _W1
    return c0


@njit(nogil=True)
def _wait(seed, stream, clock, occurrence):  # type: ignore[no-untyped-def]
    return -log((np.float64(philox_word(seed, clock, stream, occurrence, _ZERO) >> _SHIFT) + 0.5) * UNIT)


@njit(nogil=True)
def _race(seed, stream, events, days):  # type: ignore[no-untyped-def]
    clocks = len(days)
    anchor, load = np.zeros(clocks), np.empty(clocks)
    drawn = np.zeros(clocks, dtype=np.uint64)
    for clock in range(clocks):
        load[clock] = _wait(seed, stream, np.uint64(clock), _ZERO)
    now = level = total = 0.0
    for _ in range(events):
        best, first = inf, 0
        for clock in range(clocks):
            due = anchor[clock] + load[clock] * days[clock]
            if due < best:
                best, first = due, clock
        level += level * expm1(-DECAY * (best - now))
        total += level
        level += 1.0
        now = best
        drawn[first] += _ONE
        load[first] = _wait(seed, stream, np.uint64(first), drawn[first])
        anchor[first] = now
    return now, total


@njit(nogil=True)
def _rain(seed, stream, events, days):  # type: ignore[no-untyped-def]
    clocks = len(days)
    anchor = np.zeros(clocks)
    total, faded = 0.0, 0.0
    for event in range(events):
        load = _wait(seed, stream, _ZERO, np.uint64(event))
        faded += expm1(-load)
        best = inf
        for clock in range(clocks):
            due = anchor[clock] + load * days[clock]
            if due < best:
                best = due
        total += best
    return total, faded


def race(seed: int, events: int, days: Floats) -> tuple[float, float]:
    """Let clocks with these mean waits race for so many events.

    Gives the time of the last, and the sum over events of the tension that each of them finds: each adds 1, and half is
    gone after 30 days. In expectation n / rate and n rate / decay, where rate is the sum of 1 / days.
    """
    now, total = _race(np.uint64(seed), np.uint64(stream_hash(STREAM)), events, days)
    return float(now), float(total)


def rain(seed: int, events: int, days: Floats) -> tuple[float, float]:
    """Unconnected events: the sum of each one's first due time, and of expm1(-load).

    In expectation n min(days) and -n / 2, since exp(-load) is uniform.
    """
    total, faded = _rain(np.uint64(seed), np.uint64(stream_hash(STREAM)), events, days)
    return float(total), float(faded)


def plain_race(seed: int, events: int, days: Floats) -> tuple[float, float]:
    """What `race` gives, in plain Python with the project's own draws."""
    waits, stream = days.tolist(), stream_hash(STREAM)
    drawn = [0] * len(waits)
    due = [exponential(seed, 0, clock, stream, 0) * wait for clock, wait in enumerate(waits)]
    now = level = total = 0.0
    for _ in range(events):
        first = due.index(min(due))
        level += level * expm1(-DECAY * (due[first] - now))
        total += level
        level, now = level + 1.0, due[first]
        drawn[first] += 1
        due[first] = now + exponential(seed, 0, first, stream, drawn[first]) * waits[first]
    return now, total


def plain_rain(seed: int, events: int, days: Floats) -> tuple[float, float]:
    """What `rain` gives, in plain Python with the project's own draws."""
    total = faded = 0.0
    shortest = float(days.min())
    for event in range(events):
        load = exponential(seed, 0, 0, stream_hash(STREAM), event)
        total += load * shortest
        faded += expm1(-load)
    return total, faded


def mean_waits(clocks: int) -> Floats:
    """Mean waits of so many clocks, 10 days and more, none a multiple of another's."""
    return 10.0 * np.sqrt(np.arange(1, clocks + 1, dtype=np.float64))


def clocks_of(program: Program) -> int:
    """How many clocks a Program has."""
    return int(np.count_nonzero(program.trigger == p.CLOCK))


def verify(days: Floats, events: int = 2000) -> None:
    """Raises `AssertionError` where the floor's draws or sums are not those of plain Python.

    Draws must be equal to the bit; sums to 1e-12, in case a logarithm differs in a last bit.
    """
    edges = (0, 1, 2**32 - 1, 2**63, 2**64 - 1)
    for seed, stream, occurrence, j in product(edges, edges, edges, (0, 9)):
        numbers = (seed, (3 << 32) + 7, stream, occurrence, j)
        drawn = int(philox_word(*(np.uint64(number) for number in numbers)))
        if drawn != word(seed, 3, 7, stream, occurrence, j):
            raise AssertionError(f"the floor's draw at {numbers} is {drawn:#x}")
    for compiled, plain in ((race, plain_race), (rain, plain_rain)):
        sums = zip(compiled(1, events, days), plain(1, events, days), strict=True)
        for found, expected in sums:
            if not abs(found - expected) <= 1e-12 * abs(expected):
                raise AssertionError(f"{compiled.__name__}: {found!r}, in plain Python {expected!r}")
