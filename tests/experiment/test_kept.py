"""Records that were kept are read back whole, or refused with the place that is wrong."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.errors import SimError
from sim.experiment.kept import misfits, read_record
from sim.records.comparison import Comparison
from sim.records.drivers import Drivers
from sim.records.result import Result
from tests.report import comparisons, sample, studies

Way = tuple[str | int, ...]


def ways(item: Any, way: Way = ()) -> Iterator[Way]:
    """The way to every part of a JSON value, its leaves and what holds them."""
    if way:
        yield way
    parts = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    for key, part in list(parts)[:2] if isinstance(item, list) else parts:
        yield from ways(part, (*way, key))


def changed(item: Any, way: Way, value: Any) -> Any:
    made = copy.deepcopy(item)
    inner = made
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return made


@pytest.mark.parametrize(
    ("record", "shape"),
    [
        (sample.result(), Result),
        (sample.crowded(), Result),
        (sample.certain(True), Result),
        (comparisons.comparison(), Comparison),
        (studies.drivers(), Drivers),
    ],
)
def test_whole_records_fit(tmp_path: Path, record: Any, shape: Any) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    assert read_record(path, shape, 1) == json.loads(json.dumps(record))


def test_every_part_of_another_type_is_seen() -> None:
    """A list where there is none, and none where there is one, wherever it stands."""
    record = json.loads(json.dumps(sample.result()))
    unseen = []
    for way in ways(record):
        here = record
        for key in way:
            here = here[key]
        wrong: Any = {"x": object} if isinstance(here, list) else []
        if not list(misfits(changed(record, way, wrong), Result, "")):
            unseen.append(way)
    assert unseen == []


def test_every_missing_key_is_named() -> None:
    record = json.loads(json.dumps(sample.result()))
    fixed = [way for way in ways(record) if isinstance(way[-1], str) and way[:1] not in (("kinds",), ("states",))]
    for way in fixed:
        if way[0] == "counts" and len(way) == 3:
            continue
        made = copy.deepcopy(record)
        inner = made
        for key in way[:-1]:
            inner = inner[key]
        del inner[way[-1]]
        place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in way)[1:]
        assert list(misfits(made, Result, "")) == [f"{place} is missing"]


@pytest.mark.parametrize(
    ("way", "value", "says"),
    [
        (("odds", "p"), "0.3", "odds.p is not a number"),
        (("odds", "p"), True, "odds.p is not a number"),
        (("odds", "se"), "x", "odds.se is not a number or null"),
        (("design", "runs"), 1.5, "design.runs is not a whole number"),
        (("months",), {}, "months is no list"),
        (("months", 0), 3, "months[0] is no object"),
        (("kinds",), [], "kinds is no object"),
        (("kinds", "clash", "counted"), 1, "kinds.clash.counted is not true or false"),
        (("question", "kinds", 1), None, "question.kinds[1] is not a text"),
        (("odds", "belief_interval"), 3, "odds.belief_interval is not a list or null"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, way: Way, value: Any, says: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(changed(sample.result(), way, value)), encoding="utf-8")
    with pytest.raises(SimError) as problem:
        read_record(path, Result, 1)
    assert str(problem.value) == f"{path} is damaged: {says}; play the question again into another folder"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"schema": 1, "sce', "is damaged: it is no JSON; play the question again into another folder"),
        ("[" * 100_000, "is damaged: it is no JSON; play the question again into another folder"),
        ("3", "is damaged: it is no object; play the question again into another folder"),
        ('{"schema": 2}', "has schema 2, and this version reads 1: play it again"),
        ("{}", "has schema None, and this version reads 1: play it again"),
        ('{"schema": 1}', "is damaged: scenario is missing; play the question again into another folder"),
    ],
)
def test_texts_that_are_no_record_are_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SimError, match=re.escape(f"{path} {says}")):
        read_record(path, Result, 1)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(changed(sample.result(), ("odds", "p"), float("nan"))), encoding="utf-8")
    with pytest.raises(SimError, match=re.escape("odds.p is not a number")):
        read_record(path, Result, 1)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=re.escape(f"{tmp_path / 'x.json'} cannot be read: No such file or directory")):
        read_record(tmp_path / "x.json", Result, 1)


def test_pairs_have_two_entries() -> None:
    assert list(misfits([1, 2], tuple[str, str], "x")) == ["x[0] is not a text", "x[1] is not a text"]
    assert list(misfits(["a"], tuple[str, str], "x")) == ["x has 1 entries instead of 2"]
