"""Units as numbers have them inside, whatever unit a file counts in."""

from __future__ import annotations

from sim.chance.uncertain import Draw, Value
from sim.world.scalars import COUNT_UNITS

_LARGE = frozenset(word for unit in COUNT_UNITS for word in (unit, f"{unit}s"))


def inner_unit(item: Value | Draw) -> str | None:
    """Days for time, single things for counts: the unit of a value once `weeks` or `thousand` have been taken out."""
    by_kind = {"days": "days", "date": "date", "state": None, "share": item.unit or "share", "multiplier": "×"}
    if item.kind in by_kind:
        return by_kind[item.kind]
    words = (item.unit or "").split()
    return " ".join(words[1:] if words and words[0] in _LARGE else words) or None
