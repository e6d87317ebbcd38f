"""What text and figure of a sweep or a break-even must say alike: between which points the odds go, and jumps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from sim.records.sweeping import AxisPart, Breakeven, CrossingPart, PointPart, Sweep, TriedPart
from sim.report import inputs, wording
from sim.report.style import Z95

_MOST_DIGITS = 12


def extremes(result: Sweep) -> tuple[PointPart, PointPart]:
    """The points with the lowest and the highest odds; of several that are alike, the two nearest to each other."""
    points, ranks = result["points"], [_ranks(axis) for axis in result["axes"]]
    odds = [point["p"] for point in points]
    lowest, highest = ([point for point in points if point["p"] == p] for p in (min(odds), max(odds)))

    def apart(pair: tuple[PointPart, PointPart]) -> int:
        places = zip(ranks, pair[0]["place"], pair[1]["place"], strict=True)
        return sum(abs(rank[one] - rank[two]) for rank, one, two in places)

    return min(product(lowest, highest), key=apart)


def differ(lowest: PointPart, highest: PointPart) -> bool:
    """Whether two points differ by more than luck: by the errors of their differences to the file, added up.

    Where a point is higher in just the worlds where another is lower, their errors do add up; no pair has a larger one.
    """
    return highest["p"] - lowest["p"] > Z95 * (_error(lowest) + _error(highest))


def one_way(result: Sweep, lowest: PointPart, highest: PointPart) -> str | None:
    """`rise` or `fall` where the odds are lowest at one end of an axis of numbers or dates and highest at the other."""
    axis = result["axes"][0]
    if len(result["axes"]) > 1 or not _in_a_row(axis):
        return None
    ranks = _ranks(axis)
    ends = [ranks[point["place"][0]] for point in (lowest, highest)]
    if sorted(ends) != [0, len(ranks) - 1]:
        return None
    return "rise" if ends[0] < ends[1] else "fall"


def _error(point: PointPart) -> float:
    """The error of a difference to the file; where the worlds do not tell it, that of the odds themselves."""
    if point["difference_se"] is not None:
        return point["difference_se"]
    return (point["se"] or 0.0) if point["difference"] else 0.0


def _in_a_row(axis: AxisPart) -> bool:
    """Whether values have an order: numbers or dates."""
    values = axis["values"]
    return not any(isinstance(value, str) for value in values) or all(map(inputs.is_date, values))


def _ranks(axis: AxisPart) -> list[int]:
    """The place of each value among all in order; names stand as they are listed."""
    values: Sequence[float | str] = axis["values"]
    if not _in_a_row(axis):
        return list(range(len(values)))
    order = sorted(range(len(values)), key=values.__getitem__)
    return [order.index(place) for place in range(len(values))]


def sides(result: Breakeven, crossing: CrossingPart) -> tuple[TriedPart, TriedPart]:
    """What was tried just below and just above a jump."""
    found = [part for part in result["tried"] if part["at"] in crossing["interval"]]
    return found[0], found[-1]


def jump_at(axis: AxisPart, crossing: CrossingPart, *, dated: bool) -> str:
    """Where a jump lies: `10,000`, with all its digits, or `between 24 Aug 2021 and 25 Aug 2021`."""
    low, high = crossing["interval"]
    if dated and low is not None and high is not None:
        return f"between {inputs.value(low, 'date')} and {inputs.value(high, 'date')}"
    return all_digits(crossing["value"], axis["unit"])


def all_digits(at: float, unit: str | None) -> str:
    """A number with its unit and every digit that it has: `9,998.8 troops`, `40.05 %`."""
    share = (unit or "").split(" ")[0] == "share"
    number = f"{100.0 * at if share else at:,.{_MOST_DIGITS}g}"
    if share or unit == "×":
        return f"{number} %" if share else f"×{number}"
    return number if unit is None else f"{number} {wording.plain(unit)}"
