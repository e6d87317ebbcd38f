"""Evidence: dated reports and facts. Parsed, checked and carried; the model is built without it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import WithJsonSchema, model_validator

from sim.world.fields import Block, FixedDate, Share, as_pydantic, refusal
from sim.world.scalars import FieldError, read_number


class Evidence(Block):
    """A report of a quantity on a date, with error and bias, or the fact that no counted crisis had begun."""

    date: FixedDate
    quantity: str | None = None
    reported: Annotated[str | None, WithJsonSchema({"type": ["number", "string"]})] = None
    error: Share | None = None
    bias: Share | None = None
    reliability: Share | None = None
    fact: str | None = None

    @model_validator(mode="after")
    def _report_or_fact(self) -> Self:
        if (self.quantity is None) == (self.fact is None):
            text = "evidence is a report of a quantity, or a fact"
            raise refusal(text, hint="write `quantity: NAME` with `reported: NUMBER`, or `fact: TEXT`")
        reports = ("reported", "error", "bias")
        if self.fact is not None:
            for key in reports:
                if getattr(self, key) is not None:
                    raise refusal(f"`{key}` belongs to a report, not to a fact", key, hint="delete it", at_key=True)
        elif self.reported is None:
            raise refusal("the report does not say what it found", hint="add `reported: NUMBER`")
        else:
            try:
                read_number(self.reported, "real")
            except FieldError as problem:
                raise as_pydantic(problem.below("reported")) from None
        return self
