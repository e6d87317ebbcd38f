"""Which inputs differ between two resolved scenarios, value by value: what was changed, beside what it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.scenario.document import LEAF_KEYS, VALUE_KEYS

ASIDE = frozenset({"schema", "title", "about", "variants", "evidence", "outside_view", "resolution"})
"""Parts of a file that no run reads."""
PROSE = frozenset({"about", "source"})


@dataclass(frozen=True, slots=True)
class Change:
    """One input: its path, and how it is written before and after (None where it is not there)."""

    path: str
    before: str | None
    after: str | None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The inputs that differ between two resolved scenarios, in the order of the first, then of the second.

    Blocks are looked into; values, lists and blocks that only one side has are whole. Prose is passed over.
    """
    found: list[Change] = []
    for key in dict.fromkeys([*before, *after]):
        if key not in ASIDE:
            found += _differences(str(key), before.get(key), after.get(key))
    return found


def _differences(path: str, before: Any, after: Any) -> Iterator[Change]:
    if _is_block(before) and _is_block(after):
        for key in dict.fromkeys([*before, *after]):
            if key not in PROSE:
                yield from _differences(f"{path}.{key}", before.get(key), after.get(key))
        return
    one, two = (None if item is None else _bare(item) for item in (before, after))
    if one != two:
        yield Change(path, *(None if item is None else flow(item) for item in (one, two)))


def _is_block(item: Any) -> bool:
    """Whether something is looked into: a mapping that does not spell out a value."""
    if not isinstance(item, Mapping):
        return False
    says = any(key in VALUE_KEYS or _percentile(key) for key in item)
    return not (says and all(key in LEAF_KEYS or _percentile(key) for key in item))


def _percentile(key: Any) -> bool:
    return isinstance(key, str) and key[:1] == "p" and key[1:].isdigit()


def _bare(item: Any) -> Any:
    """The item without prose; a value that has nothing beside it is that value."""
    if isinstance(item, Mapping):
        kept = {key: _bare(part) for key, part in item.items() if key not in PROSE}
        return kept["value"] if set(kept) in ({"value"}, {"value", "unit"}) else kept
    return [_bare(part) for part in item] if isinstance(item, list) else item


def flow(item: Any) -> str:
    """An item on one line, as YAML may be written: `{p5: 0.1, p95: 0.8}`, `[1, 2]`, `0.4`."""
    if isinstance(item, Mapping):
        return "{" + ", ".join(f"{key}: {flow(part)}" for key, part in item.items()) + "}"
    if isinstance(item, list):
        return "[" + ", ".join(flow(part) for part in item) + "]"
    return "null" if item is None else str(item)
