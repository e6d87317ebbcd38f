"""Reads back what was kept, and makes sure that it is what it should be before anybody relies on it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints, is_typeddict

from sim.errors import SimError

_R = TypeVar("_R")
_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", NoneType: "null"}


def read_record(path: Path, shape: type[_R], schema: int) -> _R:
    """The JSON record in a file, as the `TypedDict` `shape` describes it; keys that it does not know are let pass.

    Raises `SimError` where the file cannot be read, is no JSON, has another `schema`, or lacks something.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SimError(f"{path} cannot be read: {problem.strerror or problem}") from None
    except (ValueError, RecursionError):
        raise SimError(f"{path} is damaged: it is no JSON; play the question again into another folder") from None
    if isinstance(found, dict) and found.get("schema") != schema:
        raise SimError(f"{path} has schema {found.get('schema')!r}, and this version reads {schema}: play it again")
    wrong = next(misfits(found, shape, ""), None)
    if wrong is not None:
        raise SimError(f"{path} is damaged: {wrong}; play the question again into another folder")
    return found  # type: ignore[no-any-return]


def misfits(item: Any, shape: Any, place: str) -> Iterator[str]:
    """Where a JSON value differs from what a type says it is, in words: `odds.p is no number`."""
    if is_typeddict(shape):
        yield from _in_record(item, shape, place)
    elif get_origin(shape) is UnionType:
        if all(any(True for _ in misfits(item, part, place)) for part in get_args(shape)):
            yield f"{place or 'it'} is not {' or '.join(_named(part) for part in get_args(shape))}"
    elif get_origin(shape) in (list, dict, tuple):
        yield from _in_collection(item, shape, place)
    elif not _plain(item, shape):
        yield f"{place or 'it'} is not {_named(shape)}"


def _in_record(item: Any, shape: Any, place: str) -> Iterator[str]:
    if not isinstance(item, dict):
        yield f"{place or 'it'} is no object"
        return
    for key, part in get_type_hints(shape).items():
        here = f"{place}.{key}" if place else key
        if key not in item:
            yield f"{here} is missing"
        else:
            yield from misfits(item[key], part, here)


def _in_collection(item: Any, shape: Any, place: str) -> Iterator[str]:
    kind, parts = get_origin(shape), get_args(shape)
    if kind is dict:
        if not isinstance(item, dict):
            yield f"{place} is no object"
            return
        for key, value in item.items():
            yield from misfits(value, parts[1], f"{place}.{key}")
    elif not isinstance(item, list):
        yield f"{place} is no list"
    elif kind is tuple and len(item) != len(parts):
        yield f"{place} has {len(item)} entries instead of {len(parts)}"
    else:
        inner = parts if kind is tuple else parts * len(item)
        for number, (value, part) in enumerate(zip(item, inner, strict=True)):
            yield from misfits(value, part, f"{place}[{number}]")


def _plain(item: Any, shape: Any) -> bool:
    """Whether a value is of a plain type; JSON's whole numbers are numbers too, its NaN is none."""
    if shape is float:
        return isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)
    if shape is int:
        return isinstance(item, int) and not isinstance(item, bool)
    return isinstance(item, shape)


def _named(shape: Any) -> str:
    if is_typeddict(shape):
        return "an object"
    return _NAMES.get(shape) or {list: "a list", tuple: "a list", dict: "an object"}.get(get_origin(shape), str(shape))
