"""Scenario trees put together: what a file inherits, and what is set from outside, by dotted paths.

No tree is ever changed: every function returns a new one that shares what stayed the same, with the places kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sim.scenario import source
from sim.scenario.diagnostics import Problem, did_you_mean, dotted, excerpt, incomplete
from sim.scenario.source import MAX_DEPTH, Document, Entry, Mapping, Mark, Node, Scalar, Sequence, UnreadableFileError

_SHAPES = {"normal", "lognormal", "logit_normal", "beta", "uniform", "triangular", "exponential", "weibull", "pareto"}
_RATES = {"odds", "count", "per_day", "per_month", "per_year"}
VALUE_KEYS = frozenset({"value", "each", "choice", "log_logistic", "metalog"} | _SHAPES | _RATES)
"""Keys of which any one, like a percentile `p5`, makes a mapping a value."""
LEAF_KEYS = VALUE_KEYS | {"unit", "about", "source", "within", "between"}
"""All keys that a value written as a mapping may have, percentiles aside."""
MAX_PARENTS = 10

_PERCENTILE = re.compile(r"p\d+")
_MOST_GUESSES = 20

Trail: TypeAlias = tuple[str | int, ...]
Marks: TypeAlias = dict[Trail, tuple[Mark | None, Mark]]


class Setting(NamedTuple):
    """A `--set` as read: the path, the new value, the place of the path, and the lines that marks point into."""

    path: str
    value: Node
    mark: Mark
    lines: tuple[str, ...]


def is_value(node: Node) -> bool:
    """Whether a node is a value, which is replaced whole: a scalar, a list, or a mapping that spells out a value.

    Such a mapping has only value keys, and at least one that says how much (`{about: …}` alone is a block).
    """
    if not isinstance(node, Mapping):
        return True
    keys = node.items.keys()
    says = any(key in VALUE_KEYS or _PERCENTILE.fullmatch(key) for key in keys)
    return says and all(key in LEAF_KEYS or _PERCENTILE.fullmatch(key) for key in keys)


def _is_block(node: Node, path: tuple[str, ...]) -> bool:
    """Whether a node is merged key by key.

    At the top everything is a block, also one whose names happen to be value keys (`assumptions: {beta: …}`). A
    variant is a list of overrides: its nulls are meant for the scenario, and a redefined variant replaces the old one.
    """
    if not isinstance(node, Mapping) or (len(path) == 2 and path[0] == "variants"):
        return False
    return len(path) < 2 or not is_value(node)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text is None


def merge(parent: Mapping, child: Mapping) -> Mapping:
    """The parent's tree with the child's laid over it, for the roots of two files.

    Blocks merge key by key and the child wins; scalars, lists and values are replaced whole; a null in the child
    deletes the key. The parent's keys come first, in their order.
    """
    return _merge(parent, child, ())


def _merge(parent: Mapping, child: Mapping, path: tuple[str, ...]) -> Mapping:
    items = dict(parent.items)
    for key, entry in child.items.items():
        here = (*path, key)
        if _is_null(entry.node):
            items.pop(key, None)
        elif isinstance(entry.node, Mapping) and _is_block(entry.node, here):
            below = _block_at(items, key, here) or Mapping({}, entry.node.mark)
            items[key] = Entry(entry.key_mark, _merge(below, entry.node, here))
        else:
            items[key] = entry
    return Mapping(items, child.mark if child.items else parent.mark)


def _block_at(items: dict[str, Entry], key: str, path: tuple[str, ...]) -> Mapping | None:
    entry = items.get(key)
    return entry.node if entry is not None and isinstance(entry.node, Mapping) and _is_block(entry.node, path) else None


def vain_deletions(parent: Mapping, child: Mapping) -> list[Problem]:
    """A problem for every null in the child whose key the parent lacks."""
    lacking = list(_vain(parent, child, ()))
    known = block_paths(parent) if lacking else []
    problems: list[Problem] = []
    for path, mark in lacking:
        name = dotted(path)
        text = f"`{excerpt(name)}` is deleted here, but the file named by `extends` has no such key"
        # Each guess compares with every path, so only the first problems get one.
        hint = did_you_mean(name, known) if len(problems) < _MOST_GUESSES else None
        problems.append(Problem("SC124", "error", text, mark, hint))
    return problems


def _vain(parent: Mapping | None, child: Mapping, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mark]]:
    items = {} if parent is None else parent.items
    for key, entry in child.items.items():
        here = (*path, key)
        if _is_null(entry.node):
            if key not in items:
                yield here, entry.key_mark
        elif isinstance(entry.node, Mapping) and _is_block(entry.node, here):
            yield from _vain(_block_at(items, key, here), entry.node, here)


def block_paths(root: Mapping) -> list[str]:
    """The dotted paths of all keys in nested mappings, in the order of the text."""
    return [dotted(path) for path in marks(root) if path and all(isinstance(part, str) for part in path)]


def resolve_extends(
    document: Document, path: Path, read: Callable[[Path], Document] = source.read
) -> tuple[Mapping, dict[str, tuple[str, ...]], list[Problem]]:
    """The tree with all it inherits through `extends:`, the lines of every file read, and every problem.

    `path` is where the document lies: a parent's path is relative to the file that names it. The tree has no key
    `extends` any more. The problems of the document and of its parents are among those returned.
    """
    sources = {document.root.mark.source: document.lines}
    problems = list(document.problems)
    layers = [document.root]
    chain = [path]
    while "extends" in layers[-1].items:
        parent = _parent(layers[-1].items["extends"].node, chain, read)
        if isinstance(parent, Problem):
            problems.append(parent)
            break
        sources.setdefault(parent.root.mark.source, parent.lines)
        problems += parent.problems
        layers.append(parent.root)
    root = Mapping({}, layers[-1].mark)
    knows_all = not incomplete(problems)
    for layer in reversed(layers):
        own = Mapping({key: entry for key, entry in layer.items.items() if key != "extends"}, layer.mark)
        if layer is not layers[-1]:
            # Without all of the parents nothing can be said about what they lack.
            problems += vain_deletions(root, own) if knows_all else []
            root = merge(root, own)
        else:
            root = own
    return root, sources, problems


def _parent(node: Node, chain: list[Path], read: Callable[[Path], Document]) -> Document | Problem:
    """The next parent, its path added to the chain, or why there is none."""
    if not isinstance(node, Scalar) or not (node.text or "").strip():
        text = "`extends` names one other scenario file"
        return Problem("SC121", "error", text, node.mark, "write `extends: base.yaml`")
    target = chain[-1].parent / str(node.text)
    shown = " → ".join(str(path) for path in [*chain, target])
    if any(_same_file(target, path) for path in chain):
        hint = "delete this `extends`"
        return Problem("SC123", "error", f"`extends` runs in a circle: {shown}", node.mark, hint)
    if len(chain) > MAX_PARENTS:
        text = f"`extends` reaches over more than {MAX_PARENTS} files: {shown}"
        return Problem("SC123", "error", text, node.mark, "join some of them")
    chain.append(target)
    try:
        return read(target)
    except UnreadableFileError as error:
        return Problem("SC122", "error", f"`extends`: {error.fact}", node.mark, error.remedy)


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve()
    except (OSError, RuntimeError, ValueError):
        return one == other


def parse_set(argument: str, number: int) -> Setting | Problem:
    """One `--set PATH=VALUE`, the value in YAML; `number` counts the options from 1 and labels the place."""
    label = f"--set {number}"
    name, equals, text = argument.partition("=")
    path = name.strip(" ")
    start = Mark(label, 1, len(name) - len(name.lstrip(" ")) + 1)
    if not equals:
        return Problem(
            "SC128", "error", f"`{excerpt(argument)}` has no `=`", start, "write PATH=VALUE, like `tension.start=3`"
        )
    if not path or re.search(r"\s", path):
        return Problem(
            "SC125", "error", f"`{excerpt(path)}` is no dotted path", start, "write PATH=VALUE, like `tension.start=3`"
        )
    # Blanks in place of the path put every mark where it is in the whole argument.
    fragment = source.compose_value(" " * (len(name) + 1) + text, label)
    errors = [problem for problem in fragment.problems if problem.severity == "error"]
    if errors:
        return errors[0]
    if fragment.node is None or (_is_null(fragment.node) and not text.strip()):
        hint = f"write `{excerpt(path)}=null` to delete it"
        return Problem("SC128", "error", f"`{excerpt(path)}` gets no value", Mark(label, 1, len(name) + 2), hint)
    return Setting(path, fragment.node, start, source.split_lines(argument))


def override(root: Mapping, path: str, value: Node, mark: Mark) -> Mapping | Problem:
    """The tree with the value at a dotted path replaced whole, added under an existing parent, or deleted by null.

    `mark` is where the path was written: the place of the key from now on, and of the problem if there is one.
    """
    keys = path.split(".")
    if not all(keys) or re.search(r"\s|[\[\]]", path):
        text = f"`{excerpt(path)}` is no dotted path"
        return Problem("SC125", "error", text, mark, "write keys joined by single dots, like `tension.half_life`")
    trail = [root]
    for depth, key in enumerate(keys[:-1], start=1):
        entry = trail[-1].items.get(key)
        parent = excerpt(".".join(keys[:depth]))
        if entry is None:
            text = f"`{excerpt(path)}` cannot be set: there is no `{parent}`"
            return Problem("SC126", "error", text, mark, _guess(root, path, parent))
        if not isinstance(entry.node, Mapping):
            kind = "a list" if isinstance(entry.node, Sequence) else "a single value"
            text = f"`{excerpt(path)}` cannot be set: `{parent}` is {kind}"
            return Problem("SC127", "error", text, mark, f"set `{parent}` as a whole")
        trail.append(entry.node)
    last = keys[-1]
    if _is_null(value) and last not in trail[-1].items:
        text = f"`{excerpt(path)}` cannot be deleted: it does not exist"
        return Problem("SC124", "error", text, mark, _guess(root, path, path))
    if len(keys) + _height(value) > MAX_DEPTH:
        text = f"`{excerpt(path)}` would nest more than {MAX_DEPTH} levels"
        return Problem("SC109", "error", text, mark, "use fewer levels")
    items = dict(trail[-1].items)
    if _is_null(value):
        del items[last]
    else:
        items[last] = Entry(mark, value)
    changed = Mapping(items, trail[-1].mark)
    for above, key in zip(reversed(trail[:-1]), reversed(keys[:-1]), strict=True):
        changed = Mapping({**above.items, key: Entry(above.items[key].key_mark, changed)}, above.mark)
    return changed


def _guess(root: Mapping, path: str, missing: str) -> str | None:
    known = block_paths(root)
    return did_you_mean(path, known) or did_you_mean(missing, known)


def _height(node: Node) -> int:
    if isinstance(node, Mapping):
        return 1 + max((_height(entry.node) for entry in node.items.values()), default=0)
    if isinstance(node, Sequence):
        return 1 + max((_height(item) for item in node.items), default=0)
    return 0


def marks(root: Node) -> Marks:
    """The places of the key (None at the top and in lists) and of the value for every path, parents before children."""
    found: Marks = {}
    _collect(root, (), None, found)
    return found


def _collect(node: Node, path: Trail, key_mark: Mark | None, found: Marks) -> None:
    found[path] = (key_mark, node.mark)
    if isinstance(node, Mapping):
        for key, entry in node.items.items():
            _collect(entry.node, (*path, key), entry.key_mark, found)
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            _collect(item, (*path, index), None, found)


def closest_mark(places: Marks, path: Trail, on_key: bool = False) -> Mark:
    """The place to show for a path: its value's (its key's with `on_key`), else the key of the nearest ancestor.

    `places` must hold at least the top, as those of `marks` do.
    """
    if path in places:
        key_mark, value_mark = places[path]
        return key_mark if on_key and key_mark is not None else value_mark
    for length in range(len(path) - 1, 0, -1):
        if path[:length] in places:
            key_mark, value_mark = places[path[:length]]
            return value_mark if key_mark is None else key_mark
    return places[()][1]
