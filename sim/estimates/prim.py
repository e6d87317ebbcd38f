"""Where crises concentrate: a box of a few limits, and tests of whether it is more than luck.

The box is searched by `sim.estimates.peeling`. Because it is the best of very many, its own density flatters it; so
there stand beside it the density in worlds that had no part in the search, the share of resamples in which each limit
is found again, and the share of shuffled data in which a box as good is found (Bryant and Lempert 2010, Technological
Forecasting and Social Change 77: 34–49, ask for the first two).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from sim.estimates.columns import Column, Counted, counted, levels
from sim.estimates.odds import totals
from sim.estimates.peeling import Grid, Sample, Step, Way, gain, grid, refine, search
from sim.records.outcomes import Bools, Floats, Ints

PEEL = 0.05
# a smaller box would hide behind its own error; a larger least box blurs a cliff, for what is beside it is in it, too
LEAST_MASS = 0.02
FEWEST_INSIDE = 20
MOST_LIMITS = 4
RESAMPLES = 20
SHUFFLES = 40
FEWEST_WORLDS = 100
LARGEST_P_VALUE = 0.05
FIRM = 0.5
"""A limit that a smaller share of resamples finds again is weak."""

# a weak limit goes where this share of the gain stays without it
ENOUGH = 0.75

NO_HITS = "no run had it"
ALL_HITS = "every run had it"
NOTHING_VARIES = "no assumption varies"
FEW_WORLDS = f"too few worlds to look for where crises concentrate (needs at least {FEWEST_WORLDS})"


@dataclass(frozen=True, slots=True)
class Limit:
    """One assumption of a box: inside, numbers are from `low` to `high`, both included (None: no limit on that side).

    For states `states` holds the codes inside, and both ends are None. `p_value` is that of the one-sided test that the
    slice which this limit alone cuts off has odds as high as inside; it does not know that the limit was searched for.
    `found_again` is the share of resamples that limit the same assumption on the same side (for states: that leave
    out all the states left out here).
    """

    path: str
    low: float | None
    high: float | None
    states: tuple[int, ...]
    p_value: float
    found_again: float


@dataclass(frozen=True, slots=True)
class Box:
    """Worlds inside all the limits, the most telling limit first.

    `density` is their odds (`density_se` by worlds; None where it cannot be told), `base` those of all worlds, `mass`
    their share of all plays, `coverage` their share of all hits; density = base · coverage / mass. `held_out` is the
    mean density of boxes found in one half of the worlds and measured in the other. `p_value` is the share of shuffled
    data in which a box with as great a gain is found, the data themselves counted with them.
    """

    limits: tuple[Limit, ...]
    base: float
    density: float
    density_se: float | None
    coverage: float
    mass: float
    held_out: float
    p_value: float
    resamples: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A box, or the reason why there is none."""

    box: Box | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Data:
    """What is searched: the columns that vary, by name, their values, their levels, and the worlds."""

    paths: list[str]
    values: list[Floats]
    categories: list[bool]
    table: Grid
    worlds: Counted
    sample: Sample
    most_limits: int

    def look(self, sample: Sample) -> Way:
        """One search."""
        return search(self.table, sample, self.most_limits)


def find_box(
    columns: Mapping[str, Column],
    hits: Ints,
    plays: Ints,
    rng: np.random.Generator,
    *,
    peel: float = PEEL,
    least_mass: float = LEAST_MASS,
    most_limits: int = MOST_LIMITS,
    resamples: int = RESAMPLES,
    shuffles: int = SHUFFLES,
) -> Found:
    """The box of worlds where crises concentrate most, with its tests, or why there is none.

    A box holds at least a share of `least_mass` of all plays, and as much as 20 worlds. At each step of the peeling at
    least a share of `peel` of the worlds left goes; of the boxes on the way, and of one grown from its best limit, the
    one with the greatest gain is taken (see `sim.estimates.peeling`), and limits are dropped, the cheapest first, until
    there are at most `most_limits` and each adds at least 5 % to the gain. Limits that fewer than half of the resamples
    find again are dropped, too, the weakest first, as long as three quarters of the gain stay. A box is refused where
    more than 5 % of shuffled data, in which hits and plays are dealt out to the worlds anew, hold one as good.
    `ValueError` for what no world can have, and for fewer shuffles than such a test takes (19).
    """
    if 1 / (1 + shuffles) > LARGEST_P_VALUE:
        raise ValueError(f"{shuffles} shuffles cannot tell a box from luck at {LARGEST_P_VALUE:g}")
    worlds = counted(hits, plays, 1)
    if reason := _hopeless(worlds):
        return Found(None, reason)
    least = max(least_mass, FEWEST_INSIDE / len(worlds))
    data = _data(columns, worlds, Sample(worlds.hits, worlds.plays, peel, least), most_limits)
    if not data.paths:
        return Found(None, NOTHING_VARIES)
    way = data.look(data.sample)
    as_good = sum(data.look(_shuffled(data.sample, rng)).gain >= way.gain for _ in range(shuffles))
    p_value = (1 + as_good) / (1 + shuffles)
    if p_value > LARGEST_P_VALUE:
        return Found(None, f"a box as telling is found in {as_good} of {shuffles} shuffled copies of the data")
    return Found(_box(data, way, p_value, resamples, rng), None)


def _hopeless(worlds: Counted) -> str | None:
    if len(worlds) < FEWEST_WORLDS:
        return FEW_WORLDS
    if not np.any(worlds.hits):
        return NO_HITS
    return ALL_HITS if np.array_equal(worlds.hits, worlds.plays) else None


def _data(columns: Mapping[str, Column], worlds: Counted, sample: Sample, most_limits: int) -> _Data:
    values = {path: worlds.values(column) for path, column in columns.items()}
    paths = [path for path, numbers in values.items() if np.any(numbers != numbers[0])]
    kept = [values[path] for path in paths]
    states = [columns[path].categories for path in paths]
    # without a column that varies there is nothing to cut, and nothing is looked for
    table = grid(kept, states) if paths else Grid(np.zeros((0, 0), np.int64), np.zeros(0, np.int64), np.zeros(0, bool))
    return _Data(paths, kept, states, table, worlds, sample, most_limits)


def _shuffled(sample: Sample, rng: np.random.Generator) -> Sample:
    order = rng.permutation(len(sample.hits))
    return Sample(sample.hits[order], sample.plays[order], sample.peel, sample.least_mass)


def _box(data: _Data, way: Way, p_value: float, resamples: int, rng: np.random.Generator) -> Box:
    held_out = _held_out(data, rng)
    again = _found_again(data, way.box, resamples, rng)
    firm = _without_weak(data, way, again) if resamples else way.box
    chosen = data.table.limited(firm)
    fine, sharp = _sharpened(data, firm, chosen)
    inside = fine.inside(sharp)
    names = [_Name(data.paths[i], data.values[i], float(again[i])) for i in chosen.tolist()]
    limits = [_limit(data.worlds, fine, sharp, row, names[row]) for row in fine.limited(sharp).tolist()]
    x, n = data.worlds.hits, data.worlds.plays
    odds = totals(x[inside].astype(np.int64), n[inside].astype(np.int64)).proportion
    return Box(
        limits=tuple(sorted(limits, key=lambda limit: (limit.p_value, limit.path))),
        base=float(x.sum() / n.sum()),
        density=odds.p,
        density_se=odds.se if odds.se else None,
        coverage=float(x[inside].sum() / x.sum()),
        mass=float(n[inside].sum() / n.sum()),
        held_out=held_out,
        p_value=p_value,
        resamples=resamples,
        steps=way.steps,
    )


def _sharpened(data: _Data, box: Bools, chosen: Ints) -> tuple[Grid, Bools]:
    """The chosen columns alone, a level for each of their values, and the box refined on these."""
    fine = grid([data.values[i] for i in chosen], [data.categories[i] for i in chosen], None)
    start = fine.everything
    for row, column in enumerate(chosen.tolist()):
        coarse = data.table.level[:, column]
        start[row, fine.level[:, row]] = box[column, coarse]
    return fine, refine(fine, data.sample, start)


def _held_out(data: _Data, rng: np.random.Generator) -> float:
    """The density of boxes where they were not looked for: the worlds are halved, and each half judges the other's."""
    first = np.zeros(len(data.worlds), dtype=np.bool_)
    first[rng.permutation(len(first))[: len(first) // 2]] = True
    densities = []
    for half in (first, ~first):
        inside = data.table.inside(data.look(data.sample.only(half)).box) & ~half
        # a box found in one half may hold no world of the other: then it says nothing, and all of these are meant
        judged = inside if np.any(inside) else ~half
        densities.append(float(data.worlds.hits[judged].sum() / data.worlds.plays[judged].sum()))
    return sum(densities) / 2


def _found_again(data: _Data, box: Bools, resamples: int, rng: np.random.Generator) -> Floats:
    """For each column, the share of resamples whose box limits it on every side that this box does."""
    worlds, found = len(data.worlds), np.zeros(len(data.paths))
    for _ in range(resamples):
        drawn = np.bincount(rng.integers(0, worlds, worlds), minlength=worlds).astype(np.float64)
        found += _same_sides(data.table, box, data.look(data.sample.weighted(drawn)).box)
    return found / max(1, resamples)


def _without_weak(data: _Data, way: Way, again: Floats) -> Bools:
    """The box without its weak limits, the weakest first, where enough of the gain stays without them.

    Where it does not, as with two assumptions that say nearly the same and take turns in the resamples, they stay.
    """
    box = way.box
    limited = data.table.limited(box)
    for column in sorted(limited[again[limited] < FIRM].tolist(), key=again.item):
        less = box.copy()
        less[column] = data.table.everything[column]
        less = refine(data.table, data.sample, less)
        if gain(data.table, data.sample, less) >= ENOUGH * way.gain:
            box = less
    return box


def _same_sides(table: Grid, box: Bools, other: Bools) -> Bools:
    columns, last = np.arange(len(table.count)), table.count - 1
    ends = (box[:, 0] | ~other[:, 0]) & (box[columns, last] | ~other[columns, last])
    states = (box | ~other).all(axis=1)
    return np.asarray(np.where(table.ordered, ends, states))


@dataclass(frozen=True, slots=True)
class _Name:
    """What a limit is about: the assumption, its values, and how often the limit was found again."""

    path: str
    values: Floats
    found_again: float


def _limit(worlds: Counted, fine: Grid, box: Bools, row: int, name: _Name) -> Limit:
    distinct, admitted = levels(name.values)[0], box[row, : int(fine.count[row])]
    outside = fine.outside(box)
    inside = np.asarray(~outside.any(axis=1))
    cut_off = np.asarray(outside[:, row] & (outside.sum(axis=1) == 1))
    p_value = _no_calmer(worlds, inside, cut_off)
    if not fine.ordered[row]:
        states = tuple(int(code) for code in distinct[admitted].tolist())
        return Limit(name.path, None, None, states, p_value, name.found_again)
    low = None if admitted[0] else float(distinct[admitted][0])
    high = None if admitted[-1] else float(distinct[admitted][-1])
    return Limit(name.path, low, high, (), p_value, name.found_again)


def _no_calmer(worlds: Counted, inside: Bools, cut_off: Bools) -> float:
    """How often luck makes a slice at least so much calmer than the inside, were their odds the same.

    A normal test that counts worlds, for replays of one world are not independent: the difference of both shares, by
    the scatter of x − p·n over worlds about the share p of both together.
    """
    x, n = worlds.hits, worlds.plays
    plays_in, plays_cut = float(n[inside].sum()), float(n[cut_off].sum())
    if plays_cut == 0:
        return 1.0
    p = float(x[inside].sum() + x[cut_off].sum()) / (plays_in + plays_cut)
    scatter = (x - p * n) ** 2
    error = math.sqrt(float(scatter[inside].sum()) / plays_in**2 + float(scatter[cut_off].sum()) / plays_cut**2)
    difference = float(x[inside].sum()) / plays_in - float(x[cut_off].sum()) / plays_cut
    return NormalDist().cdf(-difference / error) if error > 0 else 1.0
