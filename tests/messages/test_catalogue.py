"""Every damaged scenario is told in exactly the words of the catalogue."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.messages.catalogue import Case, expected, groups, read_group, said, write_expected

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
