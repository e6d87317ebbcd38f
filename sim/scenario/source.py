"""Scenario files: read, composed into a tree with places, and turned into plain Python."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from sim.errors import SimError
from sim.scenario.composer import (
    LINE_BREAK,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    Entry,
    Fragment,
    Mapping,
    Node,
    Scalar,
    Sequence,
    compose_value,
    place_of,
    split_lines,
)
from sim.scenario.diagnostics import Mark, Problem, did_you_mean, excerpt, incomplete, visible

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "Document",
    "Entry",
    "Fragment",
    "Mapping",
    "Mark",
    "Node",
    "Plain",
    "Scalar",
    "Sequence",
    "UnreadableFileError",
    "compose",
    "compose_value",
    "decode",
    "plain",
    "read",
    "split_lines",
]

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | None"


@dataclass(frozen=True)
class Document:
    """A file as read: its tree (as far as it could be read), its lines and what is wrong with it."""

    root: Mapping
    lines: tuple[str, ...]
    problems: list[Problem]


class UnreadableFileError(SimError):
    """A file that cannot be had as text: the fact, and what to do about it."""

    def __init__(self, fact: str, remedy: str | None = None) -> None:
        """Join fact and remedy to the message; keep both apart for messages that have a place for each."""
        super().__init__(fact if remedy is None else f"{fact}; {remedy}")
        self.fact = fact
        self.remedy = remedy


def compose(text: str, label: str) -> Document:
    """A file's text as a tree whose top is a mapping, with every problem that can be found in one reading.

    `label` names the text in messages. Nothing is raised: what is wrong stands in `problems`, ordered by place.
    """
    fragment = compose_value(text, label)
    start = Mark(label, 1, 1)
    root, problems = fragment.node, list(fragment.problems)
    if isinstance(root, Mapping):
        return Document(root, fragment.lines, problems)
    if incomplete(problems):
        return Document(Mapping({}, start), fragment.lines, problems)
    if isinstance(root, Sequence):
        text = "the file is a list; a scenario is made of keys with values"
        problems.append(Problem("SC111", "error", text, root.mark, "write `key: value`"))
    elif isinstance(root, Scalar) and root.text is not None:
        text = "the file is one piece of text; a scenario is made of keys with values"
        problems.append(Problem("SC111", "error", text, root.mark, "write `key: value`, with a space after the colon"))
    else:
        problems.append(Problem("SC112", "error", "the file is empty", start, "begin with `schema: 1`"))
    return Document(Mapping({}, start), fragment.lines, sorted(problems, key=place_of))


def decode(data: bytes, label: str) -> str:
    """UTF-8 bytes as text, a byte order mark kept; `UnreadableFileError` names the first byte that is no UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFileError(f"`{visible(label)}` is UTF-16 text", "save it as UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = LINE_BREAK.split(data[: error.start].decode("utf-8"))
        place = f"line {len(before)}, column {len(before[-1].removeprefix(chr(0xFEFF))) + 1}"
        fact = f"`{visible(label)}` is not UTF-8 text: byte 0x{data[error.start]:02X} at {place}"
        raise UnreadableFileError(fact, "save it as UTF-8") from None


def read(path: Path, label: str | None = None) -> Document:
    """A scenario file as a tree; `label` (by default the path) names it in messages.

    Raises `UnreadableFileError`, with a remedy, when there is no such file or it cannot be had as UTF-8 text.
    """
    label = str(path) if label is None else label
    name = visible(label)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableFileError(f"`{name}` is a folder", _scenarios_in(path))
        if not stat.S_ISREG(mode):
            raise UnreadableFileError(f"`{name}` is not a regular file", "name a file with a scenario in it")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise UnreadableFileError(f"there is no folder `{visible(str(path.parent))}`", "check the path") from None
        raise UnreadableFileError(f"there is no file `{name}`", _near(path)) from None
    except PermissionError:
        raise UnreadableFileError(f"`{name}` may not be read: permission denied", "check its rights") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFileError(
            f"`{excerpt(name, 200)}` cannot be read: {reason.lower()}", "check the path"
        ) from None
    if len(data) > MAX_BYTES:
        fact = f"`{name}` is larger than {MAX_BYTES // 1_000_000} MB"
        raise UnreadableFileError(fact, "check that this is a scenario file")
    return compose(decode(data, label), label)


def _yaml_names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if path.suffix in {".yaml", ".yml"})
    except OSError:
        return []


def _scenarios_in(folder: Path) -> str:
    names = _yaml_names(folder)
    return f"name a file in it, like `{folder / names[0]}`" if names else "name a scenario file"


def _near(path: Path) -> str:
    """What to do about a file that is not there: the nearest names beside it, or all of a few."""
    names = _yaml_names(path.parent)
    guess = did_you_mean(path.name, names)
    if guess is not None:
        return guess
    if not names:
        return "the folder holds no scenario files"
    more = ", …" if len(names) > 5 else ""
    return "the folder holds " + ", ".join(f"`{name}`" for name in names[:5]) + more


def plain(node: Node) -> Plain:
    """The tree as plain Python: dict, list, str and None. `SimError` for trees deeper than composed text can be."""
    return _plain(node, 0)


def _plain(node: Node, depth: int) -> Plain:
    if depth > MAX_DEPTH:
        raise SimError(f"more than {MAX_DEPTH} levels of mappings and lists inside each other; use fewer levels")
    if isinstance(node, Mapping):
        return {key: _plain(entry.node, depth + 1) for key, entry in node.items.items()}
    if isinstance(node, Sequence):
        return [_plain(item, depth + 1) for item in node.items]
    return node.text
