"""Tensions and free quantities: numbers that relax, and numbers and flags that a file brings by itself."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sim.chance.uncertain import Value
from sim.rules.language import Brings, Quantity, Tension
from sim.world.fields import Block, HalfLife, Multiplies, Positive, Real, YesNo, refusal

INFINITY = float("inf")


class TensionBlock(Block):
    """A number that relaxes to its baseline with a half-life, and jumps at events."""

    start: Positive
    baseline: Positive
    half_life: HalfLife
    cap: Positive | None = None

    @model_validator(mode="after")
    def _below_its_cap(self) -> Self:
        check_order("baseline", self.baseline, "cap", self.cap)
        return self


class QuantityBlock(Multiplies):
    """A number that jumps and stays; a flag lies in [0, 1]. Its multipliers act per unit above `reference`."""

    start: Real
    floor: Real | None = None
    ceiling: Real | None = None
    flag: YesNo = False
    reference: Real | None = None

    @model_validator(mode="after")
    def _between_its_ends(self) -> Self:
        if self.flag and (self.floor is not None or self.ceiling is not None):
            text = "a flag lies between 0 and 1, so it has no ends of its own"
            raise refusal(text, "flag", hint="delete `floor` and `ceiling`, or `flag`", at_key=True)
        if self.flag and self.start.fixed is not None and not 0.0 <= self.start.fixed <= 1.0:
            raise refusal("a flag lies between 0 (off) and 1 (on)", "start", hint="write 0 or 1")
        check_order("floor", self.floor, "ceiling", self.ceiling)
        check_order("floor", self.floor, "start", self.start)
        check_order("start", self.start, "ceiling", self.ceiling)
        return self


def check_order(low_key: str, low: Value | None, high_key: str, high: Value | None) -> None:
    """Refuse two certain numbers of which the one that must not be larger is."""
    if low is None or high is None or low.fixed is None or high.fixed is None or low.fixed <= high.fixed:
        return
    text = f"`{low_key}` is {low.text} and `{high_key}` is {high.text}"
    raise refusal(text, high_key, hint=f"`{low_key}` cannot be larger: change one of them", at_key=True)


def bring_tension(name: str, block: TensionBlock) -> Brings:
    """The tension itself."""
    cap: Value | float = INFINITY if block.cap is None else block.cap
    return Brings(tensions=[Tension(name, block.start, block.baseline, block.half_life, cap)])


def bring_quantities(quantities: dict[str, QuantityBlock]) -> Brings:
    """Free quantities and what they multiply."""
    brings = Brings()
    for name, block in quantities.items():
        full = f"quantities.{name}"
        floor: Value | float = 0.0 if block.floor is None else block.floor
        ceiling: Value | float = (1.0 if block.flag else INFINITY) if block.ceiling is None else block.ceiling
        brings.quantities.append(Quantity(full, block.start, floor, ceiling, flag=block.flag))
        brings.influences.extend(block.influences(full, 0.0 if block.reference is None else block.reference))
    return brings
