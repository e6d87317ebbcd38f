"""Three small questions, answered as they were answered before: what is printed, and every number behind it.

The text is compared letter by letter, numbers to nine significant digits: the last bits of some estimates depend on the
versions of libraries, and nobody reads them. After a change that is meant to change answers, write the files anew with
SIM_REGENERATE=1 and read every difference before it is kept.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.analysis.forecast import forecast
from sim.experiment.archive import to_json
from sim.experiment.plan import Design
from sim.experiment.run import play
from sim.records.result import Result
from sim.report.summary import summary
from sim.scenario.load import load

HERE = Path(__file__).parent
TEACHING = HERE.parents[1] / "scenarios" / "teaching"
# One kind; two kinds of which one comes first; and worlds that differ, enough of them for a belief interval.
DESIGNS = {
    "one_hazard": Design(64, 4, 1),
    "two_competing": Design(64, 4, 1),
    "unknown_chance": Design(256, 8, 1),
}
WIDTH = 80
DIGITS = 9


def answer(name: str) -> Result:
    """`sim run scenarios/teaching/NAME.yaml --worlds W --replays R`, as far as its numbers go."""
    case, design = load(TEACHING / f"{name}.yaml"), DESIGNS[name]
    return forecast(case, play(case.scenario, design, 1), design)


@cache
def answered(name: str) -> Result:
    return answer(name)


def rounded(part: Any) -> Any:
    """The same tree with every fraction at nine significant digits."""
    if isinstance(part, dict):
        return {key: rounded(item) for key, item in part.items()}
    if isinstance(part, list):
        return [rounded(item) for item in part]
    return float(f"{part:.{DIGITS}g}") if isinstance(part, float) else part


def numbers(result: Result) -> str:
    """`result.json` without the hash of the file, which changes with every word of its prose."""
    kept = rounded(json.loads(to_json(result)))
    del kept["scenario"]["sha256"]
    return to_json(kept)


if os.environ.get("SIM_REGENERATE") == "1":
    for golden in DESIGNS:
        (HERE / f"{golden}.txt").write_text(summary(answered(golden), WIDTH), encoding="utf-8")
        (HERE / f"{golden}.json").write_text(numbers(answered(golden)), encoding="utf-8")


@pytest.mark.parametrize("name", DESIGNS)
def test_what_is_printed(name: str) -> None:
    assert summary(answered(name), WIDTH) == (HERE / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DESIGNS)
def test_numbers(name: str) -> None:
    assert numbers(answered(name)) == (HERE / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DESIGNS)
def test_the_same_question_gives_the_same_bytes_twice(name: str) -> None:
    assert to_json(answer(name)) == to_json(answered(name))


def test_a_difference_in_the_ninth_digit_is_seen_and_in_the_twelfth_is_not() -> None:
    kept = rounded({"odds": [0.287109375]})
    assert rounded({"odds": [0.287109375 * (1.0 + 1e-12)]}) == kept
    assert rounded({"odds": [0.287109375 * (1.0 + 5e-9)]}) != kept


def test_no_golden_file_is_left_over() -> None:
    files = {path.name for path in HERE.iterdir() if path.suffix in (".txt", ".json")}
    assert files == {f"{name}{ending}" for name in DESIGNS for ending in (".txt", ".json")}
