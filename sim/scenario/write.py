"""Writes a resolved scenario back as YAML: what was really asked, after `extends`, variants and `--set`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from sim.scenario.source import compose_value


class _Dumper(yaml.SafeDumper):
    """Takes every scalar for a text, as the reader does, so that numbers and dates need no quotes."""


_Dumper.yaml_implicit_resolvers = {}


# Words of letters, digits and a few signs that mean nothing in YAML, single blanks between them.
_HARMLESS = re.compile(r"[A-Za-z0-9_.+]+(?: [A-Za-z0-9_.+]+)*")
_NO_TEXTS = frozenset({"null", "Null", "NULL"})


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if _HARMLESS.fullmatch(text) and text not in _NO_TEXTS:
        # most texts are of this kind, and reading each again to be sure takes half of the time of writing
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None)
    fragment = compose_value(f"[{text}]", "")
    items = getattr(fragment.node, "items", None)
    same = isinstance(items, list) and len(items) == 1 and getattr(items[0], "text", None) == text
    style = None if same and not fragment.problems else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _null(dumper: yaml.SafeDumper, _: None) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", "null", style=None)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(type(None), _null)


def to_yaml(resolved: Mapping[str, Any]) -> str:
    """YAML text of a resolved scenario; reading it again gives the same scenario."""
    return yaml.dump(dict(resolved), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
