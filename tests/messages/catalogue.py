"""Damaged scenarios and what is said about them, as tables: cases in YAML, messages in plain text.

A case edits the healthy `small.yaml` (`change` and `to`, or `edits`), or is a whole file (`text`); it may bring further
files (`beside`), `--set` arguments (`set`) and a `variant`. What is expected stands in a text file of the same name,
which shows each edit and the message, so that it can be read as a catalogue. To write it anew: SIM_REGENERATE=1; then
read every difference.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sim.errors import SimError
from sim.scenario.load import load, warnings_text

HERE = Path(__file__).parent
CASES = HERE / "cases"
SMALL = (HERE / "small.yaml").read_text(encoding="utf-8")
FILE = "crisis.yaml"
_TITLE = "=== "


@dataclass(frozen=True)
class Case:
    """One damaged scenario."""

    group: str
    name: str
    text: str
    shown: str
    beside: dict[str, str] = field(default_factory=dict)
    settings: Sequence[str] = ()
    variant: str | None = None


def _edited(edits: Sequence[Sequence[str]]) -> str:
    text = SMALL
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in small.yaml")
        text = text.replace(old, new)
    return text


def _shown(edits: Sequence[Sequence[str]], raw: dict[str, Any]) -> str:
    lines = []
    for old, new in edits:
        lines += [f"- {line}" for line in old.rstrip("\n").split("\n")]
        lines += [f"+ {line}" for line in new.rstrip("\n").split("\n")] if new.strip() else []
    lines += [f"$ --set {setting}" for setting in raw.get("set", [])]
    lines += [f"$ --variant {raw['variant']}"] if "variant" in raw else []
    return "\n".join(lines)


def read_group(group: str) -> list[Case]:
    """All cases of one table."""
    cases = []
    for raw in yaml.safe_load((CASES / f"{group}.yaml").read_text(encoding="utf-8")):
        edits = raw.get("edits", [[raw["change"], raw["to"]]] if "change" in raw else [])
        text = raw["text"] if "text" in raw else _edited(edits)
        shown = _shown(edits, raw)
        cases.append(
            Case(group, raw["name"], text, shown, raw.get("beside", {}), raw.get("set", []), raw.get("variant"))
        )
    return cases


def groups() -> list[str]:
    """The names of all tables."""
    return sorted(path.stem for path in CASES.glob("*.yaml"))


def said(case: Case, folder: Path) -> str:
    """What loading a damaged scenario says: errors, warnings, or nothing."""
    (folder / FILE).write_bytes(case.text.encode("utf-8", "surrogateescape"))
    for name, text in case.beside.items():
        (folder / name).write_text(text, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        return warnings_text(load(Path(FILE), case.settings, case.variant)) or "(nothing)"
    except SimError as error:
        return str(error)
    finally:
        os.chdir(before)


def write_expected(group: str, folder: Path) -> None:
    """Write the text file of a table anew."""
    parts = []
    for case in read_group(group):
        shown = f"{case.shown}\n" if case.shown else ""
        parts.append(f"{_TITLE}{case.name}\n{shown}\n{said(case, folder)}\n")
    (CASES / f"{group}.txt").write_text("\n".join(parts), encoding="utf-8")


@cache
def expected(group: str) -> dict[str, str]:
    """What is expected of each case of a table, by name."""
    text = (CASES / f"{group}.txt").read_text(encoding="utf-8")
    found = {}
    for part in text.split(f"\n{_TITLE}"):
        name, _, rest = part.removeprefix(_TITLE).partition("\n")
        found[name] = rest
    return found
