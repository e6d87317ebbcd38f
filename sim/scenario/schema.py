"""The whole of a scenario file, as pydantic reads it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from sim.chance.uncertain import Draw, Value
from sim.world.build_ups import BuildUp
from sim.world.crises import Crisis
from sim.world.diplomacy import Talks
from sim.world.events import Event
from sim.world.evidence import Evidence
from sim.world.exercises import Exercise
from sim.world.fields import UNCERTAIN, Block, FixedDate, as_pydantic, refusal
from sim.world.forces import Force
from sim.world.incidents import Incident
from sim.world.intent import Intent
from sim.world.outside_view import OutsideView
from sim.world.pullbacks import Pullback
from sim.world.reading import Reading
from sim.world.resolution import Resolution
from sim.world.sanctions import Sanction, SanctionsEffect
from sim.world.scalars import DAY_UNITS, FieldError, read_number
from sim.world.tensions import QuantityBlock, TensionBlock

VERSION = 1


def _read_assumption(raw: Any) -> Value | Draw:
    """A shared number has no field, so its unit, its text and its sign tell what it is."""
    unit = raw.get("unit") if isinstance(raw, dict) else None
    text = raw.get("value", "") if isinstance(raw, dict) else raw
    texts = [item for item in (raw.values() if isinstance(raw, dict) else [raw]) if isinstance(item, str)]
    kinds = ["positive", "real"]
    if unit == "share" or any(item.rstrip().endswith("%") for item in texts):
        kinds = ["share"]
    elif isinstance(unit, str) and unit.strip().split(" ")[0].removesuffix("s") in DAY_UNITS:
        kinds = ["days"]
    elif isinstance(text, str) and re.match(r"\d{4}-\d", text.strip(), re.ASCII):
        kinds = ["date"]
    elif isinstance(text, str) and text.strip().startswith("="):
        kinds = ["real"]
    try:
        for kind in kinds[:-1]:
            try:
                return Reading(kind)(raw)
            except FieldError:
                continue
        return Reading(kinds[-1])(raw)
    except FieldError as problem:
        if "`each` is luck" in str(problem):
            problem.hint = "write `each` where the number is drawn; its parameters may be assumptions"
        raise as_pydantic(problem) from None


Assumption = Annotated[Any, BeforeValidator(_read_assumption), WithJsonSchema(UNCERTAIN)]


def _version(raw: Any) -> int:
    if raw != str(VERSION):
        shown = f"`{raw}`" if isinstance(raw, str) else "this"
        raise refusal(f"{shown} is no format that this version reads", hint=f"write `schema: {VERSION}`")
    return VERSION


class Clock(Block):
    """When the world starts, and until when it is played (by default to the end of the window)."""

    starts: FixedDate
    ends: FixedDate | None = None


class Question(Block):
    """What is asked: does a crisis of one of these kinds begin inside the window? Both days count whole."""

    text: str
    opens: FixedDate
    closes: FixedDate
    kinds: list[str]


def _pair(raw: Any) -> tuple[str, str, float]:
    if not (isinstance(raw, list) and len(raw) == 3 and all(isinstance(item, str) for item in raw)):
        hint = "write `[PATH, PATH, SPEARMAN]`, like `[forces.south.surge, assumptions.x, -0.4]`"
        raise refusal("a correlation has two paths and a number", hint=hint)
    try:
        return raw[0], raw[1], read_number(raw[2], "real")
    except FieldError as problem:
        raise as_pydantic(problem.below(2)) from None


Correlation = Annotated[
    tuple[str, str, float],
    BeforeValidator(_pair),
    WithJsonSchema({"type": "array", "minItems": 3, "maxItems": 3}),
]


def _not_empty(kinds: dict[str, Crisis]) -> dict[str, Crisis]:
    if not kinds:
        raise refusal("names no kind of crisis", hint="add one, like `clash: {rate: {per_year: 1}, lasts: 30}`")
    return kinds


class ScenarioFile(BaseModel):
    """A scenario: the world as it stands, what is scheduled, how unsure each number is, and the question."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, title="Scenario")

    schema_: Annotated[int, BeforeValidator(_version), Field(alias="schema")]
    title: str
    about: str | None = None
    source: str | None = None
    extends: str | None = None
    clock: Clock
    question: Question
    assumptions: dict[str, Assumption] = {}
    forces: dict[str, Force] = {}
    tension: TensionBlock | None = None
    tensions: dict[str, TensionBlock] = {}
    quantities: dict[str, QuantityBlock] = {}
    pullbacks: dict[str, Pullback] = {}
    exercises: dict[str, Exercise] = {}
    sanctions: dict[str, Sanction] = {}
    sanctions_effect: SanctionsEffect | None = None
    incidents: dict[str, Incident] = {}
    diplomacy: dict[str, Talks] = {}
    intent: Intent | None = None
    build_ups: dict[str, BuildUp] = {}
    crises: Annotated[dict[str, Crisis], AfterValidator(_not_empty)]
    events: dict[str, Event] = {}
    outside_view: dict[str, OutsideView] = {}
    evidence: dict[str, Evidence] = {}
    correlations: list[Correlation] = []
    variants: dict[str, dict[str, Any]] = {}
    resolution: dict[str, Resolution] = {}


UNCERTAIN_VALUE: dict[str, Any] = {
    "description": "a number, `a to b` (5th to 95th percentile), percentiles, a family, a formula, or any of these "
    "under `value` with prose",
    "anyOf": [
        {"type": ["number", "string"]},
        {
            "type": "object",
            "properties": {
                "value": {"type": ["number", "string", "object"]},
                "each": {"type": ["string", "object"]},
                "unit": {"type": "string"},
                "about": {"type": "string"},
                "source": {"type": "string"},
                "within": {"type": "array", "minItems": 2, "maxItems": 2},
                "choice": {"type": "object"},
            },
        },
    ],
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, for editors."""
    schema = ScenarioFile.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    schema.setdefault("$defs", {})["UncertainValue"] = UNCERTAIN_VALUE
    written = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    linked: dict[str, Any] = _linked(written)
    return linked


def _linked(item: Any) -> Any:
    """The schema with every mark `UNCERTAIN` turned into a reference to the definition."""
    if item == UNCERTAIN:
        return {"$ref": "#/$defs/UncertainValue"}
    if isinstance(item, dict):
        return {key: _linked(part) for key, part in item.items()}
    return [_linked(part) for part in item] if isinstance(item, list) else item
