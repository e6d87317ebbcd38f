"""The schema as a map: what is expected at a path, and which block has which keys."""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.scenario.document import Trail
from sim.scenario.schema import ScenarioFile
from sim.world.reading import Reading


def _parts(annotation: Any) -> Iterator[Any]:
    """The annotation without Optional and Annotated: models, dictionaries, lists."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _parts(part)
    elif annotation is not type(None):
        yield annotation


@cache
def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _steps(trail: Trail) -> tuple[Any, tuple[Any, ...]]:
    """The annotation at a path (None where the schema has none), and its metadata."""
    here: Any = ScenarioFile
    metadata: tuple[Any, ...] = ()
    for part in trail:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = _fields(here).get(str(part))
            if field is None:
                return None, ()
            here, metadata = field.annotation, tuple(field.metadata)
        elif get_origin(here) in (dict, list):
            here, metadata = get_args(here)[-1], ()
        else:
            return None, ()
        # metadata of the type itself, as in `Share | None`
        inner = get_args(here) if get_origin(here) in (Union, types.UnionType) else ()
        for layer in (here, *inner):
            metadata += tuple(getattr(layer, "__metadata__", ()))
        here = next(_parts(here), None)
    return here, metadata


def annotation_at(trail: Trail) -> Any:
    """What the schema expects at a path: a block's class, `dict[...]`, `list[...]` or a plain type; None if unknown."""
    return _steps(trail)[0]


def model_at(trail: Trail) -> type[BaseModel] | None:
    """The block that belongs at a path."""
    here = annotation_at(trail)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def reading_at(trail: Trail) -> Reading | None:
    """How the number at a path is read, where a number belongs."""
    for part in _steps(trail)[1]:
        reading = getattr(part, "reading", None)
        if isinstance(reading, Reading):
            return reading
    return None


def keys_at(trail: Trail) -> Iterator[str]:
    """The keys of the block at a path, none where no block belongs."""
    model = model_at(trail)
    if model is not None:
        yield from _fields(model)


@cache
def all_keys() -> tuple[tuple[str, frozenset[str]], ...]:
    """Every block of the schema with its keys; NAME stands for what users call it."""
    return tuple(_walk(ScenarioFile, "", 0))


def _walk(model: type[BaseModel], home: str, depth: int) -> Iterator[tuple[str, frozenset[str]]]:
    yield home, frozenset(_fields(model))
    if depth > 4:
        return
    for key, field in _fields(model).items():
        for part in _parts(field.annotation):
            inner, label = part, key
            if get_origin(part) in (dict, list):
                inner, label = get_args(part)[-1], f"{key}.NAME" if get_origin(part) is dict else key
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _walk(inner, f"{home}.{label}" if home else label, depth + 1)
