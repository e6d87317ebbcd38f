"""Every damaged scenario is told in exactly the words of the catalogue."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario.diagnostics import CODES
from sim.scenario.load import load
from tests.messages.catalogue import HERE, SMALL, Case, expected, groups, read_group, said, write_expected

if os.environ.get("SIM_REGENERATE") == "1":
    import tempfile

    for name in groups():
        with tempfile.TemporaryDirectory() as folder:
            write_expected(name, Path(folder))

EVERY = [case for group in groups() for case in read_group(group)]


@pytest.mark.parametrize("case", EVERY, ids=[f"{case.group}-{case.name.replace(' ', '_')}" for case in EVERY])
def test_message(case: Case, tmp_path: Path) -> None:
    shown = f"{case.shown}\n" if case.shown else ""
    assert f"{shown}\n{said(case, tmp_path)}\n" == expected(case.group)[case.name].rstrip("\n") + "\n"


def test_catalogue_is_large_and_names_each_case_once() -> None:
    assert len(EVERY) >= 70
    assert len({(case.group, case.name) for case in EVERY}) == len(EVERY)
    for group in groups():
        assert list(expected(group)) == [case.name for case in read_group(group)]


def test_every_code_is_listed_and_nearly_every_one_is_met() -> None:
    """Codes of the text itself have their own tests (`tests/scenario/test_source.py`)."""
    met = set(re.findall(r"SC\d{3}", " ".join(text for group in groups() for text in expected(group).values())))
    assert met <= set(CODES)
    assert {code for code in CODES if code > "SC200"} <= met


def test_every_problem_names_its_remedy() -> None:
    """Beside the caret, or after a semicolon in the text itself."""
    silent = []
    for group in groups():
        for name, text in expected(group).items():
            for problem in re.split(r"(?m)^(?=[^\n]*:\d+:\d+  SC\d{3} )", text)[1:]:
                lines = problem.split("\n")
                carets = [line for line in lines if re.match(r"\s+\| +\^", line)]
                if not carets or carets[0].rstrip().endswith("^"):
                    silent.append((group, name, lines[0]))
    assert silent == []


def test_problems_come_in_the_order_of_their_sources_lines_and_columns() -> None:
    for group in groups():
        for name, text in expected(group).items():
            found = re.findall(r"(?m)^(\S+?|--set \d+):(\d+):(\d+)  SC\d{3} ", text)
            sources = list(dict.fromkeys(source for source, _, _ in found))
            placed = [(sources.index(source), int(line), int(column)) for source, line, column in found]
            assert placed == sorted(placed), (group, name)


def test_the_small_file_is_healthy(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    for path in (tmp_path / "small.yaml", HERE / "base.yaml"):
        assert load(path).warnings == ()


def test_an_error_carries_its_problems_apart(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("claimed_share: 0.7", "claimed_share: 1.4"), encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        load(path, ["tension.start=-1"])
    assert len(refused.value.problems) == 2
    assert refused.value.summary == "2 errors; nothing was run."
    assert str(refused.value) == "\n".join([*refused.value.problems, refused.value.summary])
