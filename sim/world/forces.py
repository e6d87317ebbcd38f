"""Forces: what stands where. A group has a permanent garrison and a surge; its heavy equipment may be forward."""

from __future__ import annotations

from pydantic import Field

from sim.chance.uncertain import Expr, Value, as_expr
from sim.rules.language import Brings, Member, Quantity, Sum
from sim.world.fields import Block, Name, Positive, Share


def _nothing() -> Value:
    return Value("positive", "0", fixed=0.0)


def _all() -> Value:
    return Value("share", "1", fixed=1.0)


class Force(Block):
    """A group of troops on one side."""

    side: Name
    garrison: Positive = Field(default_factory=_nothing)
    surge: Positive = Field(default_factory=_nothing)
    heavy_share: Share = Field(default_factory=_all)


def bring(forces: dict[str, Force]) -> Brings:
    """Troops and equipment forward by group, and by side: troops, the share of the surge left, equipment left."""
    brings = Brings()
    for name, force in forces.items():
        troops, heavy = f"forces.{name}.troops", f"forces.{name}.heavy"
        brings.quantities.append(Quantity(troops, force.garrison + force.surge, unit="troops"))
        brings.quantities.append(Quantity(heavy, force.heavy_share, ceiling=1.0, unit="share"))
    for side in sorted({force.side for force in forces.values()}):
        members = {name: force for name, force in sorted(forces.items()) if force.side == side}
        brings.sums.append(Sum(f"sides.{side}.troops", unit="troops"))
        for name in members:
            brings.members.append(Member(f"sides.{side}.troops", f"forces.{name}.troops"))
        if all(force.surge.fixed == 0.0 for force in members.values()):
            continue
        surge, garrison = _total([f.surge for f in members.values()]), _total([f.garrison for f in members.values()])
        brings.sums.append(Sum(f"sides.{side}.surge_left", -garrison / surge, unit="share"))
        brings.sums.append(Sum(f"sides.{side}.heavy_left", unit="share"))
        for name, force in members.items():
            brings.members.append(Member(f"sides.{side}.surge_left", f"forces.{name}.troops", 1.0 / surge))
            brings.members.append(Member(f"sides.{side}.heavy_left", f"forces.{name}.heavy", force.surge / surge))
    return brings


def _total(values: list[Value]) -> Expr:
    total = as_expr(values[0])
    for value in values[1:]:
        total = total + value
    return total
