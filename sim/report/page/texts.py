"""All words of a section, wherever they stand: for what has to look through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from sim.report.page.blocks import Section


def texts(section: Section) -> Iterator[str]:
    """Every text of a section: headings, paragraphs, cells, lines, and the markup of its charts."""
    return _inside(section)


def _inside(item: Any) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    elif is_dataclass(item):
        for field in fields(item):
            yield from _inside(getattr(item, field.name))
    elif isinstance(item, Sequence) and not isinstance(item, bytes):
        for part in item:
            yield from _inside(part)
    elif isinstance(item, Mapping):
        yield from _inside(list(item.values()))
