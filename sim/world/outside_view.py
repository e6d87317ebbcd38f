"""Outside views: base rates of reference classes, and the definition of a crisis that each one matches."""

from __future__ import annotations

from pydantic import model_validator

from sim.world.fields import Block, refusal

MOST_DIGITS = 9


class OutsideView(Block):
    """`hits` of `of` cases; `matches` names the kind of crisis that the cases count, or `all`."""

    hits: int
    of: int
    matches: str

    @model_validator(mode="before")
    @classmethod
    def _whole_numbers(cls, raw: object) -> object:
        if not isinstance(raw, dict):
            return raw
        read = dict(raw)
        for key in ("hits", "of"):
            text = read.get(key)
            if isinstance(text, str):
                if not (text.strip().isascii() and text.strip().isdigit() and len(text.strip()) <= MOST_DIGITS):
                    raise refusal(f"`{text}` is not a whole number of cases", key, hint="count cases, like `42`")
                read[key] = int(text)
        return read

    @model_validator(mode="after")
    def _within(self) -> OutsideView:
        if self.of < 1 or not 0 <= self.hits <= self.of:
            text = f"{self.hits} of {self.of} is no share of cases"
            raise refusal(text, "hits", hint="`hits` is how many of all cases, `of`, had a crisis")
        return self
