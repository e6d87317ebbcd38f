"""Outside views: base rates of reference classes, and the definition of a crisis that each one matches."""

from __future__ import annotations

from pydantic import model_validator

from sim.world.fields import Block, Share, refusal

MOST_DIGITS = 9


class OutsideView(Block):
    """`hits` of `of` cases; `matches` names the kind of crisis that the cases count, or `all`.

    `interval` is the source's own 90 % interval of the rate; without it cases count as independent.
    """

    hits: int
    of: int
    matches: str
    interval: list[Share] | None = None

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
        if self.interval is not None:
            ends = [end.fixed for end in self.interval]
            low, high = (*ends, None, None)[:2]
            if len(ends) != 2 or low is None or high is None or not low <= self.hits / self.of <= high:
                hint = "write `interval: [LOW, HIGH]` with two plain shares around the rate, like `[0.23, 0.44]`"
                raise refusal(f"this is no interval around {self.hits} of {self.of}", "interval", hint=hint)
        return self
