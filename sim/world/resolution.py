"""Resolution: what really happened, for scoring only. The model cannot see it."""

from __future__ import annotations

from sim.world.fields import Block, FixedDate, YesNo


class Resolution(Block):
    """Whether a kind of crisis began in the window, and when."""

    onset: FixedDate | None = None
    happened: YesNo | None = None
