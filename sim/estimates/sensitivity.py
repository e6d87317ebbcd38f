"""What each assumption does to the odds, from worlds that were played anyway and from worlds with one value swapped.

Everywhere P is the odds in one world, V(it) = Var(E[P | it]) what knowing one assumption would take off the Brier score
of a forecaster, and VT(it) = E[Var(P | all others)] what it has a hand in, alone and with others. A world was played a
few times only, so its share of hits is P plus luck; every estimate here takes out what luck adds, and may for that
reason come out below 0. Worlds count by their finished plays, as in the headline; those without any are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.estimates.columns import Column, Counted, bins, counted, levels, mid_ranks
from sim.records.outcomes import Bools, Floats, Ints

FEWEST_WORLDS = 20
MOST_BINS = 64
ENDS = (0.05, 0.95)
# share of worlds, and fewest worlds, that the odds at one value are read from
NEAREST = 0.20
FEWEST_NEAREST = 10
FLOOR_LEVEL = 0.975


@dataclass(frozen=True, slots=True)
class FirstOrder:
    """V of one assumption with its standard error; `noise` is what luck added to the plain variance and was taken off.

    All three are 0 for a value that is the same in every world.
    """

    V: float
    se: float
    noise: float


@dataclass(frozen=True, slots=True)
class End:
    """The odds `p` where an assumption is `at` this value (a state's code), and their error (None: cannot be told)."""

    at: float
    p: float
    se: float | None


@dataclass(frozen=True, slots=True)
class Ends:
    """The odds at both ends of an assumption, all others at their full distribution.

    `low` is at the lower value (in the least dangerous state), `high` at the higher (in the most dangerous); `swing` is
    high.p − low.p. `states` holds every state, in the order of its code. A value that does not vary has one end twice
    and a swing of exactly 0.
    """

    low: End
    high: End
    swing: float
    swing_se: float | None
    states: tuple[End, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """VT of one assumption and its standard error (None where all worlds agree, or there is but one)."""

    V: float
    se: float | None


@dataclass(frozen=True, slots=True)
class Floor:
    """What a column that touches nothing reaches in V and in |swing| with a probability of 5 %."""

    V: float
    swing: float


@dataclass(frozen=True, slots=True)
class _Groups:
    """Bins of worlds: their share of all plays, their share of hits, and its unbiased variance."""

    share: Floats
    mean: Floats
    variance: Floats


def first_order(values: Floats, hits: Ints, plays: Ints, *, categories: bool = False) -> FirstOrder:
    """V = Var(E[P | value]) from given worlds: the variance between bins of their means, less what luck adds to it.

    Numbers are cut by rank into `bin_count` bins of equal size, states have a bin each (one with a single world is left
    out). Within a bin μ² is estimated by the product of different worlds, so that V is unbiased for a value that
    touches nothing, whatever the plays. The error is that of the quadratic form Σ q(m − m̄)² in the bins' means, plus
    that of the worlds having been drawn. `ValueError` below `FEWEST_WORLDS` worlds.
    """
    worlds = counted(hits, plays, FEWEST_WORLDS)
    column = bins(worlds.values(Column(values)), bin_count(len(worlds)), categories=categories)
    return _between(worlds, column)


def bin_count(worlds: int) -> int:
    """How many bins of equal size: √worlds / 2, from 2 to 64.

    Fewer bins see less luck: the floor of V grows with √bins. More bins lose less inside: V/bins² where the odds are
    straight in the rank. At 2 048 worlds these are 23 bins and 0.2 % of V, at 8 192 worlds 45 bins and 0.05 %.
    """
    return max(2, min(MOST_BINS, round(math.sqrt(worlds) / 2)))


def _between(worlds: Counted, column: Ints) -> FirstOrder:
    groups = _groups(worlds, column)
    if len(groups.share) < 2:
        return FirstOrder(0.0, 0.0, 0.0)
    q, away = groups.share, groups.mean - (groups.share * groups.mean).sum()
    plain = float((q * away * away).sum())
    noise = float((q * (1 - q) * groups.variance).sum())
    ignorance = plain - noise
    luck = np.maximum(groups.variance, 0.0)
    # Var(m'Am) = 2 tr(AΣAΣ) + 4 μ'AΣAμ with A = diag(q) − qq'; μ'AΣAμ is m'AΣAm less its expected excess
    trace = float((q * q * luck * luck * (1 - 2 * q)).sum() + (q * q * luck).sum() ** 2)
    slope = max(0.0, float((q * q * away * away * luck).sum()) - trace)
    drawn = float((q * (away * away - ignorance) ** 2).sum()) / len(worlds)
    return FirstOrder(ignorance, math.sqrt(max(0.0, 2 * trace + 4 * slope + drawn)), noise)


def _groups(worlds: Counted, column: Ints) -> _Groups:
    """The bins with at least two worlds; a bin's μ² is Σ over i ≠ j of x_i·x_j, by Σ over i ≠ j of n_i·n_j."""
    x, n = worlds.hits, worlds.plays
    hits, plays = np.bincount(column, x), np.bincount(column, n)
    several = np.bincount(column) > 1
    squares, plays_squared = np.bincount(column, x * x)[several], np.bincount(column, n * n)[several]
    hits, plays = hits[several], plays[several]
    mean = hits / plays
    return _Groups(plays / plays.sum(), mean, mean * mean - (hits * hits - squares) / (plays * plays - plays_squared))


def ends(
    values: Floats,
    hits: Ints,
    plays: Ints,
    *,
    categories: bool = False,
    at: tuple[float, float] | None = None,
) -> Ends:
    """E[P | value] at the 5th and 95th percentile of the values, or `at` these two, whose ranks are looked up.

    A straight line is fitted to the means of the 20 % of worlds that are nearest, in normal scores z = Φ⁻¹(mid-rank),
    the nearer the heavier (Epanechnikov); the error is the sandwich one. Normal scores, because the odds bend least in
    them: measured on nine shapes, the swing is off by at most 2.4 % of itself for normal, lognormal, logit and uniform
    values alike, where a line in plain ranks is off by up to 17 % for lognormal ones. Odds are cut to [0, 1].

    For states: the mean of each. A swing of states is that of the best and the worst, so luck alone makes it positive.
    `ValueError` below `FEWEST_WORLDS` worlds.
    """
    worlds = counted(hits, plays, FEWEST_WORLDS)
    column = worlds.values(Column(values))
    distinct, place = levels(column)
    if categories or len(distinct) == 1:
        return _ends_of_states(worlds, distinct, place, every=categories)
    low_at, high_at = np.quantile(column, ENDS, method="inverted_cdf").tolist() if at is None else at
    scores = _normal_scores(mid_ranks(column))
    spots = _normal_scores(np.array([_rank(column, low_at), _rank(column, high_at)]))
    low, high = (_fit(worlds, scores, spot) for spot in spots.tolist())
    swing_se = None if low.se is None or high.se is None else _scatter(low.pulls - high.pulls)
    low_end, high_end = End(low_at, low.p, low.se), End(high_at, high.p, high.se)
    return Ends(low_end, high_end, high.p - low.p, swing_se, ())


def _ends_of_states(worlds: Counted, distinct: Floats, place: Ints, *, every: bool) -> Ends:
    x, n = worlds.hits, worlds.plays
    plays, counts = np.bincount(place, n), np.bincount(place)
    means = np.bincount(place, x) / plays
    scatter = np.bincount(place, (x - means[place] * n) ** 2)
    errors = np.sqrt(counts / np.maximum(counts - 1, 1) * scatter) / plays
    states = [
        End(at, p, se if se > 0 else None)
        for at, p, se in zip(distinct.tolist(), means.tolist(), errors.tolist(), strict=True)
    ]
    low, high = min(states, key=lambda end: end.p), max(states, key=lambda end: end.p)
    listed = tuple(states) if every else ()
    if len(states) == 1:
        return Ends(low, high, 0.0, 0.0, listed)
    swing_se = None if low.se is None or high.se is None else math.hypot(low.se, high.se)
    return Ends(low, high, high.p - low.p, swing_se, listed)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Odds read off a straight line, their error, and how far each world's residual pulls at them."""

    p: float
    se: float | None
    pulls: Floats


def _fit(worlds: Counted, scores: Floats, spot: float) -> _Fit:
    """The local line's height at `spot`; a flat line where all near worlds have one value."""
    away = scores - spot
    nearest = min(len(worlds), max(FEWEST_NEAREST, math.ceil(NEAREST * len(worlds))))
    distance = np.abs(away)
    # the next farther distance, so that the last of the nearest still weighs something
    reach = float(np.partition(distance, nearest - 1)[nearest - 1]) * (1 + 1 / nearest)
    weight = worlds.plays * np.maximum(0.0, 1.0 - (distance / reach) ** 2) if reach > 0 else worlds.plays * (away == 0)
    total = float(weight.sum())
    centre = float((weight * away).sum()) / total
    means = worlds.means
    height = float((weight * means).sum()) / total
    bend = float((weight * (away - centre) ** 2).sum())
    slope = 0.0
    pull = weight / total
    # relative to the reach: rounding alone must not make a slope
    if bend > 1e-12 * total * reach * reach:
        slope = float((weight * (away - centre) * means).sum()) / bend
        pull = pull - centre * weight * (away - centre) / bend
    residual = means - (height + slope * (away - centre))
    used = int(np.count_nonzero(weight))
    pulls = np.asarray(pull * residual * math.sqrt(used / max(1, used - 2)), dtype=np.float64)
    return _Fit(min(1.0, max(0.0, height - slope * centre)), _scatter(pulls), pulls)


def _scatter(pulls: Floats) -> float | None:
    """The sandwich error; None where no world lies off the line."""
    squares = float((pulls * pulls).sum())
    return math.sqrt(squares) if squares > 1e-24 else None


def _rank(column: Floats, value: float) -> float:
    """The share of worlds below the value, plus half of those that have it; at least half a world from either end."""
    below, upto = np.count_nonzero(column < value), np.count_nonzero(column <= value)
    return min(max((below + upto) / 2, 0.5), len(column) - 0.5) / len(column)


def _normal_scores(ranks: Floats) -> Floats:
    # scipy.special takes a third of a second to load
    from scipy.special import ndtri

    return np.asarray(ndtri(ranks), dtype=np.float64)


def total_effect(flips: Ints, done: Bools | None = None) -> Total:
    """VT = ½·E[(P_A − P_AB)²] from runs with one value swapped: D = hit in A less hit in AB, a row a world.

    Each column is a replay, with the same luck in both; the product of two *different* replays of a world has the
    expectation (P_A − P_AB)², where a square would also count the luck that a swap lets loose. `done` marks the runs
    that finished in both; a world with fewer than two of them is left out. `ValueError` where no world has two.
    """
    d = np.asarray(flips, dtype=np.float64)
    if d.ndim != 2:
        raise ValueError(f"flips have a row a world and a column a replay, not {d.ndim} dimensions")
    finished = np.ones(d.shape, dtype=np.bool_) if done is None else np.asarray(done, dtype=np.bool_)
    if finished.shape != d.shape:
        raise ValueError(f"flips of {d.shape}, marks of {finished.shape}")
    d = np.where(finished, d, 0.0)
    plays = finished.sum(axis=1).astype(np.float64)
    paired = plays >= 2
    if not np.any(paired):
        raise ValueError("a total effect needs at least 2 replays of a world")
    sums, squares, plays = d.sum(axis=1)[paired], (d * d).sum(axis=1)[paired], plays[paired]
    products = (sums * sums - squares) / (plays * (plays - 1))
    worlds = len(products)
    off = products - products.sum() / worlds
    scatter = float((off * off).sum())
    error = 0.5 * math.sqrt(scatter / (worlds * (worlds - 1))) if worlds > 1 and scatter > 0 else None
    return Total(0.5 * float(products.sum()) / worlds, error)


def dummy_floor(hits: Ints, plays: Ints, dummies: int, rng: np.random.Generator) -> Floor:
    """The 97.5th percentile, over so many columns of pure noise, of V and of |swing|.

    A column that touches nothing exceeds one or the other about one time in twenty, so of 60 some 3 do. It is measured
    for numbers: a column of few states sees less luck in V, and for it the floor is on the safe side.
    """
    if dummies < 1:
        raise ValueError(f"a floor needs a dummy, not {dummies}")
    worlds = counted(hits, plays, FEWEST_WORLDS)
    ranks = (np.arange(len(worlds)) + 0.5) / len(worlds)
    column, scores = bins(ranks, bin_count(len(worlds)), categories=False), _normal_scores(ranks)
    spots = _normal_scores(np.array(ENDS)).tolist()
    reached = np.empty((2, dummies))
    for dummy in range(dummies):
        order = rng.permutation(len(worlds))
        low, high = (_fit(worlds, scores[order], spot).p for spot in spots)
        reached[:, dummy] = _between(worlds, column[order]).V, abs(high - low)
    floor = np.quantile(reached, FLOOR_LEVEL, axis=1)
    return Floor(float(floor[0]), float(floor[1]))


def first_share(
    columns: Mapping[str, Column], hits: Ints, plays: Ints, resamples: int, rng: np.random.Generator
) -> dict[str, float]:
    """The share of resamples in which each assumption has the largest V: how sure the first place is.

    Worlds are drawn again with their replays (bootstrap). What resampling adds to the variance between bins is as
    much as luck had added before, so twice the noise is taken off. The shares add up to 1; where nothing varies all
    are 0, and of exact equals the first one named wins.
    """
    if resamples < 1:
        raise ValueError(f"a share needs a resample, not {resamples}")
    worlds = counted(hits, plays, FEWEST_WORLDS)
    most = bin_count(len(worlds))
    placed = {path: bins(worlds.values(column), most, categories=column.categories) for path, column in columns.items()}
    placed = {path: column for path, column in placed.items() if len(column) and int(column.max()) > 0}
    shares = dict.fromkeys(columns, 0.0)
    if not placed:
        return shares
    twice_noise = np.array([2 * _between(worlds, column).noise for column in placed.values()])
    paths, wins = list(placed), np.zeros(len(placed))
    for _ in range(resamples):
        drawn = np.bincount(rng.integers(0, len(worlds), len(worlds)), minlength=len(worlds))
        x, n = drawn * worlds.hits, drawn * worlds.plays
        plain = np.array([_plain(column, x, n) for column in placed.values()])
        wins[int(np.argmax(plain - twice_noise))] += 1
    return shares | dict(zip(paths, (wins / resamples).tolist(), strict=True))


def _plain(column: Ints, hits: Floats, plays: Floats) -> float:
    """The variance between bins of their means, luck included; Σx²/n less (Σx)²/Σn, by Σn."""
    x, n = np.bincount(column, hits), np.bincount(column, plays)
    x, n = x[n > 0], n[n > 0]
    return float((x * x / n).sum() - x.sum() ** 2 / n.sum()) / float(n.sum())
