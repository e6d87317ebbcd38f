"""Where a curve that is known only with error crosses a level, and between which places that cannot be told.

The curve is a function from a place x to an estimate with an interval. It must be deterministic: on common random
numbers the same x gives the same estimate, so that a crossing of the estimate is a place and not a matter of luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

NEAR = 0.1
"""A bracket is narrow enough when the curve rises over it by this share of its interval's width.

It is so, too, when one of its ends is within a quarter of that of the target: a straight line finds the rest.
"""

FINEST = 2.0**-14
"""No bracket is made narrower than this share of the range: a curve that jumps never gets near on both sides."""

_HALVED_EVERY = 3
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Point:
    """The estimate at one place, between the ends of its interval."""

    at: float
    p: float
    low: float
    high: float

    def holds(self, target: float) -> bool:
        """Whether the curve cannot be told from the target here."""
        return self.low <= target <= self.high


Curve = Callable[[float], Point]
Height = Callable[[Point], float]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A place where the estimate crosses the target, and the stretch around it where its interval holds the target.

    An end of the stretch is None where it lies outside the range that was looked at. Where the curve jumps, nothing
    holds the target: the ends are then the two places between which it jumps, as near to each other as was asked.
    """

    at: float
    interval: tuple[float | None, float | None]
    rising: bool
    jump: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The crossings in order, and every point that was tried, in order, each as well as it is known."""

    crossings: tuple[Crossing, ...]
    tried: tuple[Point, ...]


def find_crossings(rough: Curve, fine: Curve, places: Sequence[float], target: float, *, whole: bool = False) -> Found:
    """Every place between the least and the greatest of `places` where the curve crosses the target, as far as seen.

    `rough` is asked at the places, and neighbours on different sides of the target hold a crossing; a point that
    decides this, or cannot be told from the target, is asked again from `fine`. What happens twice between two
    neighbours is not seen. Each crossing is refined on `fine` by the Illinois method (Dowell & Jarratt 1971, BIT 11:
    168–174) with bisection now and then, and its interval is {x: target ∈ interval of the curve at x}, as far as it
    hangs together. With `whole` only whole numbers are asked: a crossing is then the nearest of them, and the ends are
    the outermost ones at which the target is held.

    `ValueError` with fewer than two places, or a target that is no probability strictly between 0 and 1.
    """
    if len(set(places)) < 2:
        raise ValueError("a crossing lies between at least two places")
    if not 0.0 < target < 1.0:
        raise ValueError(f"a target lies between 0 and 1: {target}")
    search = _Search(rough, fine, sorted(set(places)), target, whole=whole)
    crossings = [search.crossing(left, right) for left, right in search.brackets()]
    return Found(tuple(crossings), tuple(search.points()))


class _Search:
    """What is known of the curve so far. Places are asked from `fine` once at most."""

    def __init__(self, rough: Curve, fine: Curve, places: Sequence[float], target: float, *, whole: bool) -> None:
        self._curve, self._target, self._whole = fine, target, whole
        self._step = 1.0 if whole else (places[-1] - places[0]) * FINEST
        self._fine: dict[float, Point] = {}
        self._rough = {at: rough(at) for at in places}

    def points(self) -> list[Point]:
        """Everything that was tried, in order of place."""
        best = {**self._rough, **self._fine}
        return [best[at] for at in sorted(best)]

    def brackets(self) -> list[tuple[Point, Point]]:
        """Neighbours on different sides of the target, both known finely."""
        while True:
            points = self.points()
            pairs = [(one, two) for one, two in pairwise(points) if self._above(one) != self._above(two)]
            deciding = [point for pair in pairs for point in pair]
            deciding += [point for point in points if point.holds(self._target)]
            asked = {point.at for point in deciding} - self._fine.keys()
            if not asked:
                return pairs
            for at in sorted(asked):
                self._at(at)

    def crossing(self, left: Point, right: Point) -> Crossing:
        """The crossing between two neighbours."""
        rising = self._above(right)
        left, right = self._narrow(left, right, lambda point: point.p)
        if not left.holds(self._target) and not right.holds(self._target):
            return Crossing(self._roundest(left.at, right.at), (left.at, right.at), rising, jump=True)
        at = self._between(left, right, lambda point: point.p)
        at = float(round(at)) if self._whole else at
        places = [point.at for point in self.points()]
        below = self._end(right, [place for place in reversed(places) if place <= left.at])
        above = self._end(left, [place for place in places if place >= right.at])
        return Crossing(at, (below, above), rising)

    def _roundest(self, low: float, high: float) -> float:
        """The number with the fewest digits from one place to another; of whole numbers the upper."""
        if self._whole:
            return high
        for digits in range(1, _DIGITS):
            found = float(f"{0.5 * (low + high):.{digits}g}")
            if low <= found <= high:
                return found
        return high

    def _at(self, place: float) -> Point:
        if place not in self._fine:
            self._fine[place] = self._curve(place)
        return self._fine[place]

    def _above(self, point: Point) -> bool:
        return point.p >= self._target

    def _end(self, start: Point, outwards: Sequence[float]) -> float | None:
        """The end of the stretch that holds the target, for places that lead away from the crossing.

        `start` is on the other side of the crossing.
        """
        inside = start if start.holds(self._target) else None
        for place in outwards:
            point = self._at(place)
            if point.holds(self._target):
                inside = point
                continue
            if inside is None:
                # a jump: the very next place is beyond doubt
                return place
            return self._edge(inside, point)
        return None

    def _edge(self, inside: Point, outside: Point) -> float:
        """Where, between a point that holds the target and one that does not, an end of the interval crosses it."""
        height: Height = (lambda point: point.low) if outside.low > self._target else (lambda point: point.high)
        first, second = sorted((inside, outside), key=lambda point: point.at)
        first, second = self._narrow(first, second, height)
        at = self._between(first, second, height)
        if self._whole:
            at = float(math.ceil(at) if inside.at > outside.at else math.floor(at))
        return at

    def _between(self, left: Point, right: Point, height: Height) -> float:
        """Where the straight line between two points meets the target."""
        one, two = height(left) - self._target, height(right) - self._target
        if one == two:
            return 0.5 * (left.at + right.at)
        return left.at + (right.at - left.at) * min(max(one / (one - two), 0.0), 1.0)

    def _narrow(self, left: Point, right: Point, height: Height) -> tuple[Point, Point]:
        """Neighbours on different sides of the target, so near that the rest is a straight line."""
        one, two = height(left) - self._target, height(right) - self._target
        kept = 0
        turn = 0
        while not self._narrow_enough(left, right, height):
            turn += 1
            share = 0.5 if turn % _HALVED_EVERY == 0 or one == two else one / (one - two)
            place = self._inside(left.at, right.at, share)
            if not left.at < place < right.at:
                break
            middle = self._at(place)
            value = height(middle) - self._target
            # Illinois: an end that is kept twice running counts half, so that the other one comes nearer as well
            if (value >= 0.0) == (height(left) - self._target >= 0.0):
                left, one = middle, value
                two, kept = (two / 2 if kept > 0 else two), 1
            else:
                right, two = middle, value
                one, kept = (one / 2 if kept < 0 else one), -1
        return left, right

    def _narrow_enough(self, left: Point, right: Point, height: Height) -> bool:
        if right.at - left.at <= self._step:
            return True
        width = min(left.high - left.low, right.high - right.low)
        away = min(abs(height(left) - self._target), abs(height(right) - self._target))
        return abs(height(right) - height(left)) <= NEAR * width or away <= NEAR / 4 * width

    def _inside(self, low: float, high: float, share: float) -> float:
        """A place strictly inside, at about this share of the way, with no more digits than a file would have."""
        place = low + (high - low) * min(max(share, 0.01), 0.99)
        if self._whole:
            return min(max(float(round(place)), low + 1.0), high - 1.0)
        return float(f"{place:.{_DIGITS}g}")
