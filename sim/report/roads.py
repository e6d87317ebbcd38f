"""Roads to a crisis: pathways gathered by kind and root, and what was usually on at the root.

Every flag splits a road into two pathways, so that single pathways soon are splinters; a road is what they sum to.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.records.result import PathwayPart, Result

# Below this, what is left of the odds is rounding of a sum and not a road.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Road:
    """All pathways of one kind from one root; `ways` are the pathways, the likeliest first.

    `se` is None where the parts of a result do not tell it (errors of pathways do not add up).
    """

    kind: str
    root: str
    p: float
    se: float | None
    ways: tuple[PathwayPart, ...]

    @property
    def usual(self) -> list[tuple[str, float]]:
        """Flags with the share of this road's crises in which they were on, the most usual first."""
        shares: dict[str, float] = {}
        for way in self.ways:
            for flag in way["flags"]:
                shares[flag] = shares.get(flag, 0.0) + way["p"] / self.p
        return sorted(shares.items(), key=lambda item: (-item[1], item[0]))


def ranked_ways(result: Result) -> list[PathwayPart]:
    """The pathways that were taken, the likeliest first."""
    taken = [part for part in result["pathways"] if part["p"] > 0.0]
    return sorted(taken, key=lambda part: (-part["p"], part["kind"], part["root"], part["flags"]))


def roads(result: Result) -> list[Road]:
    """The roads of a result, the likeliest first."""
    gathered: dict[tuple[str, str], list[PathwayPart]] = {}
    for way in ranked_ways(result):
        gathered.setdefault((way["kind"], way["root"]), []).append(way)
    found = []
    for (kind, root), ways in gathered.items():
        p = sum(way["p"] for way in ways)
        found.append(Road(kind, root, p, _error(result, kind, p, ways), tuple(ways)))
    return sorted(found, key=lambda road: (-road.p, road.kind, road.root))


def rest(result: Result, shown: float) -> float:
    """What is left of the odds beside roads that sum to `shown`; 0 where it is nothing but rounding."""
    left = result["odds"]["p"] - shown
    return left if left > _NOTHING else 0.0


def _error(result: Result, kind: str, p: float, ways: list[PathwayPart]) -> float | None:
    """The error of a road that is one pathway, or the only road of its kind."""
    if len(ways) == 1:
        return ways[0]["se"]
    part = result["kinds"].get(kind)
    if part is not None and abs(part["first"]["p"] - p) <= _NOTHING:
        return part["first"]["se"]
    return None
