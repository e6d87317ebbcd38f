"""Which scenarios a comparison is about: files, variants of a file, and variants written on the command line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import ScenarioError, SimError, UsageError

if TYPE_CHECKING:
    from sim.scenario.load import Case

_NAME = re.compile(r"[A-Za-z0-9][\w .-]*")
_OPENING, _CLOSING, _QUOTES = "([{", ")]}", "\"'"


@dataclass(frozen=True, slots=True)
class Contender:
    """A scenario of a comparison; `source` is its file, with what was changed."""

    name: str
    about: str
    source: str
    case: Case


@dataclass(frozen=True, slots=True)
class Written:
    """A `--variant` as written: a name, and the settings that it stands for (none: it is a variant of the file)."""

    name: str
    settings: tuple[str, ...]


def contenders(files: Sequence[Path], settings: Sequence[str], written: Sequence[str]) -> list[Contender]:
    """All scenarios to be compared, the first of them the one that the others are compared with.

    One file alone is compared with all its variants. Settings hold for all; what a variant sets comes after them.
    Raises `UsageError` or `SimError` where there is nothing to compare, and whatever `load` raises.
    """
    from sim.scenario.load import load

    asked = [read_variant(text) for text in written]
    _no_file_twice(files)
    base = load(files[0], settings)
    found = [Contender(_stem(files, files[0]), "", str(files[0]), base)]
    found += [Contender(_stem(files, file), "", str(file), load(file, settings)) for file in files[1:]]
    variants = base.scenario.file.variants
    if not asked and len(files) == 1:
        if not variants:
            raise SimError(
                f"{files[0]} has no variants to be compared with: name a second file, or write "
                '--variant "name: PATH=VALUE"'
            )
        asked = [Written(name, ()) for name in variants]
    for item in asked:
        if item.settings:
            if item.name in variants:
                raise UsageError(f"--variant {item.name}: the file has a variant of this name; take another one")
            case, about = _with(files[0], settings, item), ", ".join(item.settings)
        else:
            case, about = load(files[0], settings, item.name), _about(variants, item.name)
        found.append(Contender(item.name, about, f"{files[0]} --variant {item.name}", case))
    _distinct([item.name for item in found])
    return found


def read_variant(text: str) -> Written:
    """`name: PATH=VALUE, PATH=VALUE`, or the name of a variant of the file."""
    name, colon, rest = text.partition(":")
    name = name.strip()
    if not _NAME.fullmatch(name) or (not colon and "=" in name):
        raise UsageError(f'--variant {text}: write "name: PATH=VALUE, …", or the name of a variant of the file')
    if not colon:
        return Written(name, ())
    parts = [part.strip() for part in split_settings(rest)]
    for part in parts:
        if "=" not in part:
            raise UsageError(
                f"--variant {name}: `{part}` is no PATH=VALUE (a value with a comma stands in brackets or quotes)"
            )
    return Written(name, tuple(parts))


def split_settings(text: str) -> list[str]:
    """Settings at their commas; commas inside brackets or quotes belong to a value."""
    parts, depth, quote = [""], 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in _QUOTES:
            quote = sign
        elif sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += sign
    return parts


def _with(file: Path, settings: Sequence[str], item: Written) -> Case:
    """The file with the settings of a variant; what is wrong with these is told of the option where they stand."""
    from sim.scenario.load import load

    try:
        return load(file, [*settings, *item.settings])
    except ScenarioError as error:
        first = len(settings) + 1

        def renamed(text: str) -> str:
            return re.sub(r"--set (\d+):", lambda found: _option(int(found[1]) - first, item, found[0]), text)

        raise ScenarioError([renamed(problem) for problem in error.problems], error.summary) from None


def _option(place: int, item: Written, otherwise: str) -> str:
    return otherwise if place < 0 else f"--variant {item.name}, {place + 1}:"


def _no_file_twice(files: Sequence[Path]) -> None:
    """Refuse a file beside itself: whoever writes it twice meant another one."""
    seen: dict[Path, Path] = {}
    for file in files:
        known = seen.setdefault(file.resolve(), file)
        if known is not file:
            raise UsageError(f"{file} is named twice: a file is compared with another one, or with its variants")


def _stem(files: Sequence[Path], file: Path) -> str:
    """A file's name without its ending, or its whole path where another file has the same name."""
    return file.stem if [other.stem for other in files].count(file.stem) == 1 else str(file)


def _about(variants: Mapping[str, Mapping[str, Any]], name: str) -> str:
    about = variants.get(name, {}).get("about")
    return about if isinstance(about, str) else ""


def _distinct(names: Sequence[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise UsageError(f"{name} stands {times} times in this comparison: give each scenario a name of its own")
