"""From pydantic's errors to problems that a user can mend, each at its place in the file."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sim.scenario.diagnostics import Problem, did_you_mean, dotted
from sim.scenario.document import Marks, Trail, closest_mark
from sim.scenario.schema import ScenarioFile
from sim.world.fields import NAME

_SHAPES = {
    "model_type": "expected a block of keys here",
    "model_attributes_type": "expected a block of keys here",
    "dict_type": "expected a block of names here",
    "list_type": "expected a list here, like `[a, b]`",
    "string_type": "expected one text here",
}
_NOT_NAMES = ("choice", "variants")


def schema_problems(error: ValidationError, places: Marks) -> list[Problem]:
    """Every error of a validation as a problem."""
    problems = []
    for item in error.errors(include_url=False, include_input=True):
        trail = tuple(part for part in item["loc"] if part != "[key]")
        problems.append(_problem(item, trail, places))
    return problems


def _problem(item: Any, trail: Trail, places: Marks) -> Problem:
    kind, path = item["type"], dotted(trail)
    if kind == "extra_forbidden":
        return Problem("SC201", "error", f"`{path}` is an unknown key", closest_mark(places, trail, True), _where(trail))
    if kind == "missing":
        return Problem("SC202", "error", f"`{path}` is missing", closest_mark(places, trail), _wanted(trail))
    if kind == "value":
        context = item["ctx"]
        where = tuple(part for part in str(context.get("where", "")).split(".") if part)
        hint = did_you_mean(str(context["word"]), _words(context["text"])) if "word" in context else None
        return Problem("SC203", "error", _about(path, context["text"]), closest_mark(places, (*trail, *where)), hint)
    if kind == "literal_error":
        text = f"`{path}` is `{item['input']}`; expected {item['ctx']['expected']}"
        return Problem("SC204", "error", text, closest_mark(places, trail))
    text = _SHAPES.get(kind, str(item["msg"]))
    return Problem("SC204", "error", _about(path, text), closest_mark(places, trail))


def _about(path: str, text: str) -> str:
    return f"`{path}`: {text}" if path else text


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z][a-z0-9_]*", text.partition(" states ")[2])


def _where(trail: Trail) -> str | None:
    """The key that was meant, or the block that the key belongs to."""
    key = str(trail[-1])
    known = list(_keys_at(trail[:-1]))
    meant = did_you_mean(key, known)
    if meant is not None:
        return meant
    homes = sorted({home for home, keys in _all_keys(ScenarioFile, "") if key in keys})
    if homes and homes != [""]:
        return f"`{key}` is a key of {' and '.join(f'`{home}`' for home in homes[:2] if home)}"
    return f"known keys: {', '.join(known)}" if known else None


def _wanted(trail: Trail) -> str | None:
    model = _model_at(trail[:-1])
    if model is None:
        return None
    for name, field in model.model_fields.items():
        if (field.alias or name) == trail[-1]:
            for part in field.metadata:
                reading = getattr(part, "reading", None)
                if reading is not None:
                    return f"write {reading.expected()}"
    return f"write `{trail[-1]}:` under `{dotted(trail[:-1])}`" if len(trail) > 1 else f"write `{trail[-1]}:`"


def _models(annotation: Any) -> Iterator[Any]:
    """The annotation without Optional and Annotated: models, dictionaries, lists."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _models(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _models(part)
    else:
        yield annotation


def _model_at(trail: Trail) -> type[BaseModel] | None:
    here: list[Any] = [ScenarioFile]
    for part in trail:
        below: list[Any] = []
        for place in here:
            if isinstance(place, type) and issubclass(place, BaseModel):
                for name, field in place.model_fields.items():
                    if (field.alias or name) == part:
                        below.extend(_models(field.annotation))
            elif get_origin(place) in (dict, list):
                below.extend(_models(get_args(place)[-1]))
        here = below
    models = [place for place in here if isinstance(place, type) and issubclass(place, BaseModel)]
    return models[0] if models else None


def _keys_at(trail: Trail) -> Iterator[str]:
    model = _model_at(trail)
    if model is not None:
        for name, field in model.model_fields.items():
            yield field.alias or name


def _all_keys(model: type[BaseModel], home: str, depth: int = 0) -> Iterator[tuple[str, set[str]]]:
    """Every block of the schema with its keys; `*` stands for a name that the user gives."""
    yield home, {field.alias or name for name, field in model.model_fields.items()}
    if depth > 4:
        return
    for name, field in model.model_fields.items():
        for part in _models(field.annotation):
            inner, label = part, field.alias or name
            if get_origin(part) in (dict, list):
                inner, label = get_args(part)[-1], f"{label}.NAME" if get_origin(part) is dict else label
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _all_keys(inner, f"{home}.{label}" if home else label, depth + 1)


def name_problems(places: Marks) -> list[Problem]:
    """Keys that are no names: other than lower-case letters, digits and underscores."""
    problems = []
    for trail, (key_mark, _) in places.items():
        key = trail[-1] if trail else None
        if not isinstance(key, str) or any(part in _NOT_NAMES for part in trail[:-1]):
            continue
        if not re.fullmatch(NAME, key):
            text = f"`{dotted(trail)}`: `{key}` is no name; names are lower-case letters, digits and `_`, a letter first"
            mended = re.sub(r"[^a-z0-9_]+", "_", key.lower()).strip("_")
            hint = f"write `{mended}`" if re.fullmatch(NAME, mended) else None
            problems.append(Problem("SC205", "error", text, key_mark, hint))
    return problems
