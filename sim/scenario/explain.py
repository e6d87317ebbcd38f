"""From pydantic's errors to problems that a user can mend, each at its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_origin

from pydantic import ValidationError

from sim.scenario.anatomy import all_keys, annotation_at, keys_at, model_at, reading_at
from sim.scenario.diagnostics import Problem, did_you_mean, dotted, excerpt, nearest
from sim.scenario.document import Trail
from sim.scenario.places import Places
from sim.world.fields import NAME, as_name
from sim.world.scalars import FieldError

Item = Mapping[str, Any]
_MOST_KEYS = 14
_SHAPES = {
    "model_type": "a block of keys belongs here",
    "model_attributes_type": "a block of keys belongs here",
    "dict_type": "a block of names belongs here",
    "list_type": "a list belongs here",
    "string_type": "one text belongs here",
    "int_type": "a whole number belongs here",
}
_SHAPE_HINTS = {
    "dict_type": "write `NAME:` and below it what belongs to it",
    "list_type": "write a list, like `[a, b]`",
    "string_type": "write one text, in quotes if it holds special characters",
    "int_type": "write a whole number",
}


def trail_of(item: Item) -> Trail:
    """The path that an error of pydantic is about."""
    return tuple(part for part in item["loc"] if part != "[key]")


def schema_problems(error: ValidationError | Iterable[Item], places: Places) -> list[Problem]:
    """Every error of a validation as a problem."""
    items = error.errors(include_url=False, include_input=True) if isinstance(error, ValidationError) else error
    problems: list[Problem] = []
    listed = list(items)
    meant = set(meant_keys(listed))
    nameless: set[Trail] = set()
    for item in listed:
        trail = trail_of(item)
        if _is_nameless(item, trail) and trail[:-1] not in nameless:
            nameless.add(trail[:-1])
            problems.append(_without_a_name(trail, places))
    for item in listed:
        trail = trail_of(item)
        told = any(trail[: len(block)] == block for block in nameless) or (item["type"] == "missing" and trail in meant)
        if not told:
            problems.append(_problem(item, trail, places))
    return problems


def meant_keys(items: Iterable[Item]) -> Iterator[Trail]:
    """The paths that unknown keys were meant to be, and blocks whose contents stand where names belong."""
    for item in items:
        trail = trail_of(item)
        if item["type"] == "extra_forbidden":
            found = nearest(str(trail[-1]), keys_at(trail[:-1]))
            if found:
                yield (*trail[:-1], found[0])
        elif _is_nameless(item, trail):
            yield trail[:-1]


def meant_names(places: Places) -> Iterator[Trail]:
    """The paths that names which are none were meant to be."""
    for trail in places.marks:
        key = trail[-1] if trail else None
        if isinstance(key, str) and not re.fullmatch(NAME, key) and _is_given(trail):
            mended = as_name(key)
            if mended is not None:
                yield (*trail[:-1], mended)


def _problem(item: Item, trail: Trail, places: Places) -> Problem:
    kind = item["type"]
    if kind == "extra_forbidden":
        return places.about("SC201", trail, "is an unknown key", _where(trail), on_key=True)
    if kind == "missing":
        return places.about("SC202", trail, "is missing", _wanted(trail))
    if kind == "value":
        return _value_problem(item["ctx"]["problem"], trail, places)
    if kind == "literal_error":
        text = f": `{excerpt(str(item['input']))}` cannot stand here"
        return places.about("SC204", trail, text, "write " + str(item["ctx"]["expected"]).replace("'", "`"))
    if trail[0] == "variants":
        return places.about("SC204", trail, ": a variant is a list of overrides", "write `PATH: VALUE` below it")
    hint = _listed(list(keys_at(trail))) if kind.startswith("model") else _SHAPE_HINTS.get(kind)
    return places.about("SC204", trail, f": {_SHAPES.get(kind, item['msg'])}", hint)


def _value_problem(problem: FieldError, trail: Trail, places: Places) -> Problem:
    whole = (*trail, *problem.where)
    hint = problem.hint
    if problem.word is not None:
        hint = did_you_mean(problem.word, problem.known) or hint
    mark = places.find(whole, on_key=problem.at_key, part=problem.part, offset=problem.offset)
    return Problem("SC203", "error", f"`{dotted(trail)}`: {problem}", mark, hint)


def value_problems(trails: Iterable[Trail], plain: Any, places: Places) -> Iterator[Problem]:
    """What is wrong with single numbers of a plain tree, each read by its field."""
    for trail in trails:
        reading, here = reading_at(trail), plain
        for part in trail:
            here = here.get(part) if isinstance(here, dict) else None
        if reading is not None and here is not None:
            try:
                reading(here)
            except FieldError as problem:
                yield _value_problem(problem, trail, places)


def _is_nameless(item: Item, trail: Trail) -> bool:
    """Whether a key of a block stands where the block's name belongs, as in `pullbacks: {takes: 9}`."""
    if item["type"] not in ("model_type", "model_attributes_type", "value") or len(trail) < 2:
        return False
    return get_origin(annotation_at(trail[:-1])) is dict and trail[-1] in set(keys_at(trail))


def _without_a_name(trail: Trail, places: Places) -> Problem:
    block, key = dotted(trail[:-1]), trail[-1]
    text = f": `{key}` stands where a name belongs"
    hint = f"give it a name: `{trail[-2]}: {{NAME: {{{key}: …}}}}`"
    problem = places.about("SC204", trail[:-1], text, hint)
    return Problem(problem.code, problem.severity, f"`{block}`{text}", places.find(trail, on_key=True), hint)


def _where(trail: Trail) -> str | None:
    """The key that was meant, or the block that the key belongs to."""
    key, known = str(trail[-1]), list(keys_at(trail[:-1]))
    meant = did_you_mean(key, known)
    if meant is not None:
        return meant
    homes = sorted({home for home, keys in all_keys() if key in keys})
    if homes == [""]:
        return f"`{key}` is a key of the whole file: write it without indentation"
    if homes:
        return f"`{key}` is a key of {' and '.join(f'`{home}`' for home in homes[:2] if home)}"
    return _listed(known)


def _listed(known: list[str]) -> str | None:
    if not known:
        return None
    known = sorted(known, key=lambda key: key in ("about", "source"))
    shown = ", ".join(known[:_MOST_KEYS])
    return f"known keys: {shown}" + (", …" if len(known) > _MOST_KEYS else "")


def _wanted(trail: Trail) -> str:
    key, home = trail[-1], dotted(trail[:-1])
    reading = reading_at(trail)
    if reading is not None:
        return f"add `{key}: …`, {reading.expected()}"
    model = model_at(trail)
    if model is not None:
        needed = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
        inner = f"{{{', '.join(f'{name}: …' for name in needed)}}}" if needed else "…"
        return f"add `{key}: {inner}`" + (f" under `{home}`" if home else "")
    inner = {dict: "{NAME: …}", list: "[…]"}.get(get_origin(annotation_at(trail)), "…")
    return f"add `{key}: {inner}`" + (f" under `{home}`" if home else "")


def name_problems(places: Places) -> list[Problem]:
    """Names that users give and that are none: other than lower-case letters, digits and underscores."""
    problems = []
    for trail in places.marks:
        key = trail[-1] if trail else None
        if not isinstance(key, str) or re.fullmatch(NAME, key) or not _is_given(trail):
            continue
        text = ": names are lower-case letters, digits and `_`, a letter first"
        mended = as_name(key)
        hint = f"write `{mended}`" if mended is not None else "choose another name"
        problems.append(places.about("SC205", trail, text, hint, on_key=True))
    return problems


def _is_given(trail: Trail) -> bool:
    """Whether the last key is a name that the user chose, and neither a key of the schema nor inside a value."""
    if trail[0] == "variants":
        return len(trail) == 2
    return get_origin(annotation_at(trail[:-1])) is dict


def empty_places(places: Places, plain: Any) -> Iterator[Trail]:
    """Paths that hold nothing, as after `held:` without a value; in variants a null deletes, so these are left out."""
    for trail in places.marks:
        if trail and trail[0] == "variants" and len(trail) > 2:
            continue
        here: Any = plain
        for part in trail:
            here = here[part]
        if trail and here is None:
            yield trail


def empty_problems(trails: Iterable[Trail], places: Places) -> list[Problem]:
    """A problem for every key without a value, and for every empty item of a list."""
    problems = []
    for trail in trails:
        reading = reading_at(trail)
        wants = f"write {reading.expected()}, or delete the key" if reading else "write a value, or delete the key"
        if isinstance(trail[-1], int):
            wants = "delete it"
        problems.append(places.about("SC206", trail, "has no value", wants, on_key=True))
    return problems
