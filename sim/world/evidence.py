"""Evidence: dated reports and facts. Parsed, checked and carried; the model is built without it."""

from __future__ import annotations

from sim.world.fields import Block, FixedDate, Share


class Evidence(Block):
    """A report of a quantity on a date, with error and bias, or the fact that no counted crisis had begun."""

    date: FixedDate
    quantity: str | None = None
    reported: str | None = None
    error: Share | None = None
    bias: Share | None = None
    reliability: Share | None = None
    fact: str | None = None
