"""Resolution: what really happened, for scoring only. The model cannot see it."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sim.world.fields import Block, FixedDate, YesNo, refusal


class Resolution(Block):
    """Whether a kind of crisis began in the window, and when."""

    onset: FixedDate | None = None
    happened: YesNo | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.onset is None and self.happened is None:
            raise refusal("does not say what happened", hint="write `onset: DATE` or `happened: false`")
        if self.onset is not None and self.happened is False:
            text = "gives an onset of what did not happen"
            raise refusal(text, "happened", hint="delete `onset` or `happened`", at_key=True)
        return self
