"""What is put on a shelf is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sim.errors import SimError
from sim.experiment.shelf import shelf_for


def test_kept_and_found_again(tmp_path: Path) -> None:
    shelf = shelf_for(tmp_path, "crisis", "compare", ["a", "b"])
    assert shelf.known("x.json") is None
    with shelf.draft() as folder:
        (folder / "x.json").write_text('{"a": 1}', encoding="utf-8")
        assert not shelf.path.exists()
    assert shelf.known("x.json") == {"a": 1}
    assert [path.name for path in (tmp_path / "crisis").iterdir()] == [shelf.path.name]


def test_name_depends_on_every_part_and_on_where_they_end(tmp_path: Path) -> None:
    asked = [["a", "b"], ["ab"], ["a", "b", ""], ["b", "a"], []]
    assert len({shelf_for(tmp_path, "crisis", "compare", parts).path for parts in asked}) == len(asked)
    assert shelf_for(tmp_path, "crisis", "compare", ["a"]) == shelf_for(tmp_path, "crisis", "compare", ["a"])


def test_nothing_stays_of_what_failed_and_the_old_is_kept(tmp_path: Path) -> None:
    shelf = shelf_for(tmp_path, "crisis", "compare", ["a"])
    with shelf.draft() as folder:
        (folder / "x.json").write_text('{"a": 1}', encoding="utf-8")

    def interrupted() -> None:
        with shelf.draft() as folder:
            (folder / "x.json").write_text('{"a": 2}', encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert shelf.known("x.json") == {"a": 1}
    assert [path.name for path in (tmp_path / "crisis").iterdir()] == [shelf.path.name]


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_damaged_record_is_not_known(tmp_path: Path, text: str) -> None:
    shelf = shelf_for(tmp_path, "crisis", "compare", ["a"])
    shelf.path.mkdir(parents=True)
    (shelf.path / "x.json").write_text(text, encoding="utf-8")
    assert shelf.known("x.json") is None


def test_folder_that_cannot_be_written_is_named_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    shelf = shelf_for(tmp_path / "file", "crisis", "compare", ["a"])
    refusal = r"cannot write to .*crisis: Not a directory; choose another folder with --out"
    with pytest.raises(SimError, match=refusal), shelf.draft():
        raise AssertionError("nobody writes here")
    with pytest.raises(SimError, match=refusal):
        shelf.insist()


def test_folder_that_can_be_written_is_not_touched_beforehand(tmp_path: Path) -> None:
    shelf_for(tmp_path / "new", "crisis", "compare", ["a"]).insist()
    assert list(tmp_path.iterdir()) == []


def test_folder_of_somebody_else_is_refused_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.experiment.shelf.os.access", lambda *_: False)
    with pytest.raises(SimError, match=r"crisis: Permission denied; choose another folder with --out"):
        shelf_for(tmp_path, "crisis", "compare", ["a"]).insist()


def test_drafts_of_killed_processes_go_after_a_day(tmp_path: Path) -> None:
    shelf = shelf_for(tmp_path, "crisis", "compare", ["a"])
    other = shelf_for(tmp_path, "crisis", "compare", ["b"])
    left = [one.path.with_name(f".{one.path.name}.{pid}.draft") for one, pid in ((shelf, 1), (shelf, 2), (other, 1))]
    for draft in left:
        (draft / "figures").mkdir(parents=True)
    for draft in (left[0], left[2]):
        os.utime(draft, (0, 0))
    with shelf.draft() as folder:
        (folder / "x.json").write_text("{}", encoding="utf-8")
    assert [draft.exists() for draft in left] == [False, True, True]
