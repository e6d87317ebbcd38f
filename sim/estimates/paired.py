"""The difference between two scenarios played with the same luck: run by run, with errors by worlds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.estimates.odds import LEVEL, Totals, grouping, student, totals, unseen
from sim.records.outcomes import Bools, Ints


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """How much likelier `a` is than `b`: difference = (flips_up − flips_down) / runs.

    `flips_up` runs hit in a and not in b, `flips_down` the other way. `se` is by worlds (None with fewer than 2, or
    where all worlds differ alike). `sign_p` is the exact two-sided sign test over worlds that lean one way or the
    other: how often pure luck would be at least as lopsided (1 where no world leans).
    """

    difference: float
    se: float | None
    interval: tuple[float, float]
    flips_up: int
    flips_down: int
    runs: int
    sign_p: float


def paired_difference(hit_a: Bools, hit_b: Bools, world: Ints, level: float = LEVEL) -> PairedDifference:
    """P(a) − P(b) from the same runs of both: row i of `hit_a` and of `hit_b` are one (world, replay).

    The interval is Student's on worlds − 1 degrees, cut to [−1, 1]. Where every world shows the same difference (no
    flip at all, for one) it is a bound counted in worlds instead, never ± 0: no more than `unseen` of the worlds may
    differ, each by as much as a world can.
    """
    hit_a, hit_b = np.asarray(hit_a, dtype=np.bool_), np.asarray(hit_b, dtype=np.bool_)
    if not len(hit_a) == len(hit_b) == len(world):
        raise ValueError(f"unpaired: {len(hit_a)} runs, {len(hit_b)} runs and {len(world)} rows of worlds")
    groups = grouping(world)
    up, down = groups.count(hit_a & ~hit_b), groups.count(hit_b & ~hit_a)
    lean = up - down
    leaning = (int(np.count_nonzero(lean > 0)), int(np.count_nonzero(lean < 0)))
    return from_sums(totals(lean, groups.plays), (int(up.sum()), int(down.sum())), leaning, level)


def from_sums(sums: Totals, flips: tuple[int, int], leaning: tuple[int, int], level: float = LEVEL) -> PairedDifference:
    """The same from sums over worlds of (hits of a − hits of b).

    `flips` are the runs that hit in a only and in b only, `leaning` the worlds with more hits in a and in b.
    `ValueError` where nothing was played.
    """
    se, interval = _error(sums, level)
    return PairedDifference(
        difference=sums.share,
        se=se,
        interval=interval,
        flips_up=flips[0],
        flips_down=flips[1],
        runs=sums.plays,
        sign_p=sign_test(*leaning),
    )


def sign_test(up: int, down: int) -> float:
    """Exact two-sided p-value of `up` against `down` when each of them was even odds (binomial, 1/2)."""
    n, fewer = up + down, min(up, down)
    if n == 0:
        return 1.0
    # scipy.special takes a third of a second to load
    from scipy.special import bdtr

    return min(1.0, 2.0 * float(bdtr(fewer, n, 0.5)))


def _error(sums: Totals, level: float) -> tuple[float | None, tuple[float, float]]:
    difference, error = sums.share, sums.error
    if error is None or sums.scatter == 0:
        bound = unseen(sums.worlds, level)
        return None, (difference - (1.0 + difference) * bound, difference + (1.0 - difference) * bound)
    half = student(level, sums.worlds - 1) * error
    return error, (max(-1.0, difference - half), min(1.0, difference + half))
