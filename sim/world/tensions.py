"""Tensions and free quantities: numbers that relax, and numbers and flags that a file brings by itself."""

from __future__ import annotations

from sim.chance.uncertain import Value
from sim.rules.language import Brings, Quantity, Tension
from sim.world.fields import Days, Block, Multiplies, Positive, Real, World, YesNo

INFINITY = float("inf")


class TensionBlock(Block):
    """A number that relaxes to its baseline with a half-life, and jumps at events."""

    start: Positive
    baseline: Positive
    half_life: Days
    cap: Positive | None = None


class QuantityBlock(Multiplies):
    """A number that jumps and stays; a flag lies in [0, 1]. Its multipliers act per unit above `reference`."""

    start: Real
    floor: Real | None = None
    ceiling: Real | None = None
    flag: YesNo = False
    reference: Real | None = None


def bring_tension(name: str, block: TensionBlock) -> Brings:
    """The tension itself."""
    cap: Value | float = INFINITY if block.cap is None else block.cap
    return Brings(tensions=[Tension(name, block.start, block.baseline, block.half_life, cap)])


def bring_quantities(quantities: dict[str, QuantityBlock], world: World) -> Brings:
    """Free quantities and what they multiply."""
    brings = Brings()
    for name, block in quantities.items():
        full = f"quantities.{name}"
        floor: Value | float = 0.0 if block.floor is None else block.floor
        ceiling: Value | float = (1.0 if block.flag else INFINITY) if block.ceiling is None else block.ceiling
        brings.quantities.append(Quantity(full, block.start, floor, ceiling, flag=block.flag))
        brings.influences.extend(block.influences(full, 0.0 if block.reference is None else block.reference))
    return brings
