"""The JSON Schema is valid, kept beside the docs as the code gives it, and accepts every shipped scenario."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from sim.scenario.load import load
from sim.scenario.schema import json_schema
from sim.scenario.write import to_yaml

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs" / "scenario.schema.json"
SHIPPED = sorted([*(ROOT / "scenarios").rglob("*.yaml"), ROOT / "sim" / "cli" / "starter.yaml"])


class EditorLoader(yaml.SafeLoader):
    """Reads YAML 1.2 scalars as editors do: dates stay texts, only true and false are booleans."""


EditorLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if "timestamp" not in tag and "bool" not in tag]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
EditorLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), EditorLoader)


def whole(path: Path) -> Any:
    """What a file amounts to: one that extends another holds only what it changes, and nulls that delete."""
    written = read(path)
    return yaml.load(to_yaml(load(path).scenario.resolved), EditorLoader) if "extends" in written else written


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_kept_schema_is_the_one_of_the_code() -> None:
    if os.environ.get("SIM_REGENERATE"):
        KEPT.write_text(text(), encoding="utf-8", newline="\n")
    assert KEPT.read_text(encoding="utf-8") == text(), "run `sim schema > docs/scenario.schema.json`"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_are_accepted(path: Path) -> None:
    errors = jsonschema.Draft202012Validator(json_schema()).iter_errors(whole(path))
    assert [(list(error.absolute_path), error.message) for error in errors] == []


def test_a_misspelt_key_is_refused() -> None:
    scenario = read(ROOT / "scenarios" / "teaching" / "one_hazard.yaml")
    scenario["crises"]["outbreak"]["laster"] = 3
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(scenario)
