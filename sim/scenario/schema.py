"""The whole of a scenario file, as pydantic reads it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from sim.chance.uncertain import Draw, Value
from sim.world.build_ups import BuildUp
from sim.world.crises import Crisis
from sim.world.diplomacy import Talks
from sim.world.events import Event
from sim.world.evidence import Evidence
from sim.world.exercises import Exercise
from sim.world.fields import Block, FixedDate, as_pydantic
from sim.world.forces import Force
from sim.world.incidents import Incident
from sim.world.intent import Intent
from sim.world.outside_view import OutsideView
from sim.world.pullbacks import Pullback
from sim.world.reading import DAY_UNITS, FieldError, Reading
from sim.world.resolution import Resolution
from sim.world.sanctions import Sanction, SanctionsEffect
from sim.world.tensions import QuantityBlock, TensionBlock

VERSION = 1


def _read_assumption(raw: Any) -> Value | Draw:
    """A shared number has no field, so its unit, its text and its sign tell what it is."""
    unit = raw.get("unit") if isinstance(raw, dict) else None
    text = raw.get("value", "") if isinstance(raw, dict) else raw
    kinds = ["positive", "real"]
    if unit == "share" or (isinstance(text, str) and text.rstrip().endswith("%")):
        kinds = ["share"]
    elif isinstance(unit, str) and unit.split(" ")[0].removesuffix("s") in DAY_UNITS:
        kinds = ["days"]
    elif isinstance(text, str) and text[:5].rstrip("-").isdigit() and text[4:5] == "-":
        kinds = ["date"]
    for kind in kinds[:-1]:
        try:
            return Reading(kind)(raw)
        except FieldError:
            continue
    try:
        return Reading(kinds[-1])(raw)
    except FieldError as problem:
        raise as_pydantic(problem) from None


Assumption = Annotated[Any, BeforeValidator(_read_assumption), WithJsonSchema({"$ref": "#/$defs/UncertainValue"})]


def _version(raw: Any) -> int:
    if raw != str(VERSION):
        text = f"`{raw}` is not a schema that this version reads; write `schema: {VERSION}`"
        raise PydanticCustomError("value", "{text}", {"text": text, "where": ""})
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
    ok = isinstance(raw, list) and len(raw) == 3 and all(isinstance(item, str) for item in raw)
    if not ok:
        text = "a correlation is written `[PATH, PATH, SPEARMAN]`, like `[forces.south.surge, assumptions.x, -0.4]`"
        raise PydanticCustomError("value", "{text}", {"text": text, "where": ""})
    try:
        return raw[0], raw[1], Reading("real")._number(raw[2])
    except FieldError as problem:
        raise as_pydantic(problem) from None


Correlation = Annotated[
    tuple[str, str, float],
    BeforeValidator(_pair),
    WithJsonSchema({"type": "array", "minItems": 3, "maxItems": 3}),
]


def _not_empty(kinds: dict[str, Crisis]) -> dict[str, Crisis]:
    if not kinds:
        text = "names no kind of crisis; the question needs at least one"
        raise PydanticCustomError("value", "{text}", {"text": text, "where": ""})
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
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
