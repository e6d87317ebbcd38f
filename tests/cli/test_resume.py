"""Going on with an interrupted run: what is said, what is refused, and that the answer is that of a run in one go."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sim.cli import console
from sim.experiment import archive, durable, plan, unfinished
from tests.cli.conftest import FAILING, Answer, Sim, written

ASKED = ("--worlds", 20, "--replays", 2, "--engine", "simpy", "--workers", 1, "--quick", "--json", "--out", "o")
HOW = "they are kept, and --resume goes on from there"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 8 worlds: 20 worlds are three of them."""
    monkeypatch.setattr(plan, "SMALL_PART_RUNS", 16)


def stop_after(monkeypatch: pytest.MonkeyPatch, worlds: int) -> None:
    def stop(self: object, done: int, total: int | None) -> None:
        if done >= worlds:
            raise KeyboardInterrupt

    monkeypatch.setattr(console.Bar, "__call__", stop)


def interrupted(sim: Sim, *arguments: Any, worlds: int = 20) -> Answer:
    with pytest.MonkeyPatch.context() as patched:
        stop_after(patched, worlds)
        return sim("run", *arguments)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("manifest.json", "report.html")
    }


def whole(sim: Sim, *arguments: Any) -> dict[str, bytes]:
    """The files of the same run in one go."""
    assert sim("run", *arguments).code == 0
    found = files(Path("o"))
    shutil.rmtree("o")
    return found


def partial() -> Path:
    (folder,) = Path("o").glob("*/.*.partial")
    return folder


def test_interruption_prints_the_odds_so_far(sim: Sim, hazard: Path) -> None:
    answer = interrupted(sim, hazard, *ASKED)
    result = json.loads(answer.out)
    assert (answer.code, answer.err) == (130, f"interrupted: stopped after 16 of 20 worlds; {HOW}\n")
    assert result["design"] == {"worlds": 16, "replays": 2, "runs": 32, "seed": 1, "stopped_by": "interrupt"}
    first = json.loads(sim("run", hazard, *ASKED, "--worlds", 16, "--out", "p").out)
    assert result["odds"] == first["odds"]
    assert not list(Path("o").rglob("result.json"))


def test_interruption_is_marked_in_tables_and_for_people(
    sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [option for option in ASKED if option != "--json"]
    told = interrupted(sim, hazard, *plain).out.splitlines()
    assert (told[0], told[-1]) == ("section\titem\tvalue\tse", "design\tunfinished\tstopped after 16 of 20 worlds\t")
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    assert interrupted(sim, hazard, *plain).out.startswith("Unfinished: stopped after 16 of 20 worlds.\nOne hazard\n")
    assert interrupted(sim, hazard, *plain, "--quiet").err == ""


def test_interruption_where_all_failed_has_no_odds(sim: Sim, tmp_path: Path) -> None:
    failing = written(tmp_path, "failing", FAILING)
    answer = interrupted(sim, failing, *ASKED, "--set", "assumptions.columns=4000")
    assert (answer.code, answer.out) == (130, "")
    assert answer.err == f"interrupted: stopped after 16 of 20 worlds; {HOW}\n"


@pytest.mark.parametrize("more", [(), ("--resume",)])
def test_same_question_goes_on_to_the_same_bytes(sim: Sim, hazard: Path, more: tuple[str, ...]) -> None:
    expected = whole(sim, hazard, *ASKED)
    interrupted(sim, hazard, *ASKED)
    again = sim("run", hazard, *ASKED, *more)
    assert again.code == 0
    assert again.err.startswith("continuing an unfinished run: 16 of 20 worlds are here\nkept in o/hazard/")
    assert files(Path("o")) == expected
    about = json.loads(next(Path("o").rglob("manifest.json")).read_text())
    assert (about["resumed"], about["parts"], about["parts_found"]) == (True, 3, 2)
    assert sim("run", hazard, *ASKED, "--resume").err.startswith("asked before: answered from o/hazard/")


def test_interrupted_again_and_again(sim: Sim, hazard: Path) -> None:
    expected = whole(sim, hazard, *ASKED)
    for worlds, kept in ((8, "nothing"), (10, "8"), (20, "16")):
        answer = interrupted(sim, hazard, *ASKED, worlds=worlds)
        if kept == "nothing":
            assert answer.err == "interrupted; nothing was kept\n"
            assert not Path("o").exists()
        else:
            assert answer.err.endswith(f"interrupted: stopped after {kept} of 20 worlds; {HOW}\n")
    assert sim("run", hazard, *ASKED, "--quiet").err == ""
    assert files(Path("o")) == expected


def test_precision_goes_on_to_the_same_bytes(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops after 1 536 worlds: the third look."""
    monkeypatch.setattr(plan, "SMALL_PART_RUNS", 1024)
    asked = ("--precision", 0.045, "--replays", 1, "--engine", "simpy", "--json", "--out", "o")
    answer = sim("run", hazard, *asked)
    stopped = json.loads(answer.out)["design"]
    assert (stopped["stopped_by"], stopped["worlds"] > 1024, stopped["worlds"] % 1024 > 0) == ("precision", True, True)
    expected = files(Path("o"))
    shutil.rmtree("o")
    so_far = interrupted(sim, hazard, *asked, worlds=1025)
    assert so_far.err == f"interrupted: stopped after 1,024 worlds; {HOW}\n"
    assert json.loads(so_far.out)["odds"]["method"] == "wilson"
    again = sim("run", hazard, *asked, "--resume")
    assert again.err.startswith("continuing an unfinished run: 1,024 worlds are here\n")
    assert files(Path("o")) == expected


def test_precision_stopped_in_a_part_that_was_kept_plays_it_again(
    sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("--precision", 0.1, "--replays", 1, "--engine", "simpy", "--json", "--out", "o")
    monkeypatch.setattr(plan, "SMALL_PART_RUNS", 65_536)
    expected = whole(sim, hazard, *asked)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(archive, "write_run", interrupt)
        assert sim("run", hazard, *asked).err == f"interrupted: stopped after 1,024 worlds; {HOW}\n"
    assert sim("run", hazard, *asked).code == 0
    assert files(Path("o")) == expected


def test_precision_out_of_reach_keeps_nothing(sim: Sim, hazard: Path) -> None:
    asked = ("--precision", 0.001, "--worlds", 1100, "--replays", 1, "--engine", "simpy", "--out", "o")
    assert sim("run", hazard, *asked).code == 4
    assert not Path("o").exists()


def test_resume_with_other_questions_there(sim: Sim, hazard: Path) -> None:
    interrupted(sim, hazard, *ASKED)
    name = partial().name
    head = "--resume: o/hazard has no unfinished run of this question; leave --resume out to play it\n"
    there = f"  {name} has 16 of 20 worlds of another: "
    cases = [
        (("--seed", 2), "--seed 1, not 2"),
        (("--worlds", 24, "--replays", 4), "--worlds 20, not 24, --replays 2, not 4"),
        (("--set", "assumptions.risk.value=0.3"), "assumptions.risk.value 0.1 to 0.5, not 0.3"),
        (("--set", "crises.outbreak.lasts=31", "--seed", 3), "--seed 1, not 3, crises.outbreak.lasts 30, not 31"),
    ]
    for more, apart in cases:
        before = files(Path("o"))
        answer = sim("run", hazard, *ASKED, *more, "--resume")
        assert (answer.code, answer.out, answer.err) == (2, "", f"{head}{there}{apart}\n")
        assert files(Path("o")) == before


def test_resume_names_an_unfinished_run_with_a_precision(
    sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "SMALL_PART_RUNS", 1024)
    precise = ("--precision", 0.02, "--replays", 1, "--engine", "simpy", "--out", "o")
    interrupted(sim, hazard, *precise, worlds=1025)
    answer = sim("run", hazard, *ASKED, "--resume")
    assert answer.err.splitlines()[1] == (
        f"  {partial().name} has 1,024 worlds of another: "
        "--worlds 1000000, not 20, --replays 1, not 2, --precision 0.02, not none"
    )


def test_changed_question_is_never_mixed_with_old_parts(sim: Sim, hazard: Path) -> None:
    expected = whole(sim, hazard, *ASKED, "--seed", 2)
    interrupted(sim, hazard, *ASKED)
    left = files(partial())
    other = sim("run", hazard, *ASKED, "--seed", 2)
    assert other.err.startswith("kept in ")
    found = files(Path("o"))
    assert {name: found[name] for name in expected} == expected
    assert files(partial()) == left


def test_parts_made_with_something_else_are_played_again(
    sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(sim, hazard, *ASKED)
    real = archive.made_with
    with monkeypatch.context() as patched:
        patched.setattr(archive, "made_with", lambda engine: real(engine) | {"numpy": "1.0"})
        interrupted(sim, hazard, *ASKED)
    now = real("simpy")["numpy"]
    refused = sim("run", hazard, *ASKED, "--resume")
    assert (refused.code, refused.err) == (
        2,
        f"--resume: the unfinished run of this question in o/hazard was made with numpy 1.0, not {now}; leave --resume "
        "out to play it again from the start\n",
    )
    again = sim("run", hazard, *ASKED)
    assert again.err.splitlines()[0] == (
        f"an unfinished run of this question is there, but made with numpy 1.0, not {now}: it is played again from "
        "the start"
    )
    assert again.err.splitlines()[1].startswith("kept in ")
    assert files(Path("o")) == expected


@pytest.mark.parametrize("damaged", ["parts/0000000008.worlds.parquet", "parts/0000000000.json"])
def test_damaged_part_is_told_and_played_again(sim: Sim, hazard: Path, damaged: str) -> None:
    expected = whole(sim, hazard, *ASKED)
    interrupted(sim, hazard, *ASKED)
    (partial() / damaged).write_bytes(b"nothing of use")
    again = sim("run", hazard, *ASKED)
    assert again.err.splitlines()[0] == (
        "continuing an unfinished run: 8 of 20 worlds are here (1 damaged part is played again)"
    )
    assert files(Path("o")) == expected


def test_damaged_question_is_as_none(sim: Sim, hazard: Path) -> None:
    expected = whole(sim, hazard, *ASKED)
    interrupted(sim, hazard, *ASKED)
    (partial() / "design.json").write_text("{", encoding="utf-8")
    assert sim("run", hazard, *ASKED, "--resume").code == 2
    assert sim("run", hazard, *ASKED).err.startswith("kept in ")
    assert files(Path("o")) == expected


def test_question_that_somebody_else_plays_is_refused(sim: Sim, hazard: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    interrupted(sim, hazard, *ASKED)
    before = files(Path("o"))
    with (partial() / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        answer = sim("run", hazard, *ASKED)
    assert (answer.code, answer.out, answer.err) == (
        1,
        "",
        "another process is playing this question in o/hazard; wait until it is done, or choose another folder with "
        "--out\n",
    )
    assert files(Path("o")) == before
    assert sim("run", hazard, *ASKED).code == 0


def test_full_disk_keeps_what_was_done(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = whole(sim, hazard, *ASKED)
    real, calls = durable.os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 9:
            raise OSError(28, "No space left on device")
        real(handle)

    with monkeypatch.context() as patched:
        patched.setattr(durable.os, "fsync", full)
        answer = sim("run", hazard, *ASKED)
    assert (answer.code, answer.out, answer.err) == (
        1,
        "",
        f"cannot write to {partial() / 'parts'}: No space left on device; make room there or let it be written, then "
        "go on with --resume: 8 worlds are kept\n",
    )
    assert sim("run", hazard, *ASKED, "--resume").code == 0
    assert files(Path("o")) == expected


def test_folder_that_a_kill_left_behind_a_finished_run_goes(sim: Sim, hazard: Path) -> None:
    interrupted(sim, hazard, *ASKED)
    left = partial()
    copy = Path("copy")
    shutil.copytree(left, copy)
    expected = sim("run", hazard, *ASKED).out
    shutil.move(copy, left)
    assert sim("run", hazard, *ASKED).out == expected
    assert not left.exists()


def test_leftovers_in_other_hands_stay(sim: Sim, hazard: Path) -> None:
    sim("run", hazard, *ASKED)
    (run,) = (path for path in Path("o/hazard").iterdir() if path.is_dir())
    with unfinished.Unfinished(archive.Folder(run), *_case(hazard)) as held:
        assert sim("run", hazard, *ASKED).err.startswith("asked before")
        assert held.path.exists()
    assert not held.path.exists()


def _case(hazard: Path) -> tuple[Any, ...]:
    from sim.scenario.load import load

    scenario, design = load(hazard).scenario, plan.Design(20, 2)
    return scenario, design, unfinished.question(scenario, design, "0", archive.made_with("simpy"))
