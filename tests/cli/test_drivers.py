"""`sim drivers`: what it prints and keeps, that the same question is answered once, and what it says to wrong uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.cli import console
from sim.experiment import executors
from sim.experiment.kept import read_record
from sim.records.drivers import SCHEMA, Drivers
from tests.cli.conftest import FAILING, HAZARD, TEACHING, Sim, written

LITTLE = ("--worlds", 120, "--replays", 2)
# Two values that count, and one that nothing reads.
THREE = HAZARD.replace(
    "assumptions: {risk: {value: 0.1 to 0.5, unit: share}}",
    "assumptions: {risk: {value: 0.1 to 0.5, unit: share}, times: {value: 0.8 to 1.2}, idle: {value: 1 to 2}}",
).replace("odds: = risk,", 'odds: "= min(risk * times, 0.9)",')


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return written(tmp_path, "three", THREE)


def kept(out: Path, name: str = "three") -> Path:
    """The only folder of drivers."""
    (folder,) = (out / name).glob("drivers-*")
    return folder


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("it was played again")


def test_json_prints_the_record_and_nothing_else(sim: Sim, three: Path, tmp_path: Path) -> None:
    answer = sim("drivers", three, *LITTLE, "--json", "--out", "o")
    assert answer.code == 0, answer.err
    folder = kept(tmp_path / "o")
    assert answer.out == (folder / "drivers.json").read_text(encoding="utf-8")
    record = read_record(folder / "drivers.json", Drivers, SCHEMA)
    assert {part["path"] for part in record["drivers"]} == {f"assumptions.{name}" for name in ("risk", "times", "idle")}
    assert record["drivers"][0]["path"] == "assumptions.risk"
    assert record["design"] == {"worlds": 120, "replays": 2, "runs": 240, "seed": 1, "stopped_by": "design"}
    # the worlds as they are, and again for the two values that something reads
    assert record["swaps"] == {"worlds": 120, "replays": 2, "runs": 720}
    assert answer.err.splitlines()[-1].startswith(f"kept in {folder.relative_to(tmp_path)} (")


def test_folder_has_the_record_the_scenario_and_the_figures(sim: Sim, three: Path, tmp_path: Path) -> None:
    answer = sim("drivers", three, *LITTLE, "--out", "o", "--svg", "--json")
    folder = kept(tmp_path / "o")
    forms = ("png", "svg", "csv")
    figures = [f"figures/{name}.{form}" for name in ("drivers", "driver_months", "box") for form in forms]
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {"drivers.json", "manifest.json", "scenario.yaml", *figures}
    again = sim("drivers", folder / "scenario.yaml", *LITTLE, "--json", "--out", "p")
    assert json.loads(again.out)["drivers"] == json.loads(answer.out)["drivers"]


def test_same_question_is_answered_from_the_folder(
    sim: Sim, three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sim("drivers", three, *LITTLE, "--json")
    folder = kept(tmp_path / "outputs")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    monkeypatch.setattr("sim.experiment.worldwise.play_worldwise", refuse)
    again = sim("drivers", three, *LITTLE, "--json")
    assert (again.code, again.out) == (0, first.out)
    assert again.err.splitlines()[-1] == f"asked before: answered from {folder.relative_to(tmp_path)}"
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert sim("drivers", three, *LITTLE, "--quiet").err == ""


def test_missing_figures_are_drawn_from_the_record(
    sim: Sim, three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sim("drivers", three, *LITTLE, "--quick", "--json")
    folder = kept(tmp_path / "outputs")
    assert {path.name for path in (folder / "figures").iterdir()} == {"drivers.png", "drivers.csv"}
    monkeypatch.setattr("sim.experiment.worldwise.play_worldwise", refuse)
    again = sim("drivers", three, *LITTLE, "--json")
    assert again.out == first.out
    assert (folder / "figures" / "box.png").exists()


def test_damaged_record_is_made_again(sim: Sim, three: Path, tmp_path: Path) -> None:
    first = sim("drivers", three, *LITTLE, "--json")
    record = kept(tmp_path / "outputs") / "drivers.json"
    record.write_text('{"schema": 1, "sce', encoding="utf-8")
    again = sim("drivers", three, *LITTLE, "--json")
    assert again.out == first.out
    assert "kept in " in again.err


def test_without_swaps_is_another_question_that_takes_less(
    sim: Sim, three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = json.loads(sim("drivers", three, *LITTLE, "--json").out)
    monkeypatch.setattr("sim.experiment.swapping.play_swaps", refuse)
    less = json.loads(sim("drivers", three, *LITTLE, "--json", "--no-swaps").out)
    assert less["swaps"] is None
    assert {part["total"] for part in less["drivers"]} == {None}
    assert [part["V"] for part in less["drivers"]] == [part["V"] for part in whole["drivers"]]
    assert len(list((tmp_path / "outputs" / "three").glob("drivers-*"))) == 2


def test_workers_and_engines_change_no_byte(sim: Sim, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "WORTH_WORKERS", 1)
    answers = {
        sim("drivers", three, *LITTLE, "--json", "--out", number, *options).out
        for number, options in enumerate(
            [("--engine", engine, "--workers", workers) for engine in ("simpy", "compiled") for workers in (1, 2)]
        )
    }
    assert len(answers) == 1
    assert answers != {""}


def test_variant_and_set_are_looked_at(sim: Sim, three: Path) -> None:
    own, other, fixed = (
        json.loads(sim("drivers", three, *LITTLE, "--json", *options).out)
        for options in ((), ("--seed", 2), ("--set", "assumptions.times=1"))
    )
    assert own["odds"] != other["odds"]
    assert {part["path"] for part in fixed["drivers"]} == {"assumptions.risk", "assumptions.idle"}
    # the variant makes the risk certain and so small that hardly a run hits
    answer = sim("drivers", three, "--worlds", 400, "--variant", "safe", "--json")
    assert {part["path"] for part in json.loads(answer.out)["drivers"]} == {"assumptions.times", "assumptions.idle"}


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_terminal_gets_sentences_that_fit(sim: Sim, three: Path, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    answer = sim("drivers", three, "--worlds", 400, "--replays", 4)
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert max(map(len, lines)) <= columns
    told = " ".join(answer.out.split())
    assert told.startswith("One hazard 1 Jan to 10 Apr 2021. Counted: outbreak. Odds ")
    assert "1. assumptions.risk: knowing it removes" in told
    assert "cannot be told from an assumption that touches nothing" in told
    assert "Played: 1,600 runs (400 worlds × 4 replays), seed 1; for total effects 4,800 more" in told


def test_programs_get_a_table(sim: Sim, three: Path) -> None:
    answer = sim("drivers", three, *LITTLE)
    rows = [line.split("\t") for line in answer.out.splitlines()]
    assert rows[0] == ["section", "path", "at", "value", "se"]
    assert {len(row) for row in rows} == {5}
    assert ["total", "assumptions.idle", "", "0.0", "0.0"] in rows


def test_failed_runs_are_told_and_no_success(sim: Sim, tmp_path: Path) -> None:
    """Also when asked again: the answer from the folder is no better."""
    file = written(tmp_path, "failing", FAILING)
    for _ in range(2):
        answer = sim("drivers", file, "--worlds", 400, "--replays", 2, "--json")
        assert answer.code == 3
        assert {part["code"] for part in json.loads(answer.out)["warnings"]} >= {"RUN1", "DRV1"}
        last = answer.err.splitlines()[-1]
        assert "of 800 runs failed" in last
        assert "runs for total effects failed; they and their partners are in no total" in last


def test_ctrl_c_leaves_nothing_behind(sim: Sim, three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.experiment.swapping.play_swaps", interrupt)
    answer = sim("drivers", three, *LITTLE)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.splitlines()[-1] == "interrupted; nothing was kept"
    assert not (tmp_path / "outputs").exists()


def test_progress_of_both_phases_is_one(sim: Sim, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int | None]] = []
    monkeypatch.setattr(console.Bar, "__call__", lambda _, done, total: told.append((done, total)))
    sim("drivers", three, *LITTLE)
    # 120 worlds of the design, 120 as they are, 120 for each of three values
    assert {total for _, total in told} == {600}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (600, 600)


# ------------------------------------------------------------------------------------------------ wrong uses


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--worlds", 99), "--worlds 99: at least 100 are needed to tell assumptions apart"),
        (("--worlds", 200_000), "--worlds 200000: at most 131072 are looked at one by one"),
        (("--replays", 0), "--replays 0: at least 1 is played"),
        (("--workers", 0), "--workers 0: at least 1 plays"),
        (("--worlds", "many"), "--worlds many: write a whole number"),
        (("--engine", "fast"), "--engine fast: write one of auto, compiled, simpy"),
        (("--seed", -1), "the seed is -1; it must be a whole number from 0 to 2^64 - 1"),
    ],
)
def test_wrong_options_are_named(
    sim: Sim, hazard: Path, tmp_path: Path, options: tuple[object, ...], told: str
) -> None:
    answer = sim("drivers", hazard, *options)
    assert (answer.code, answer.out, answer.err) == (2, "", f"{told}\n")
    assert not (tmp_path / "outputs").exists()


def test_file_without_anything_uncertain(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    answer = sim("drivers", hazard, *LITTLE, "--variant", "safe")
    assert answer.code == 1
    assert answer.err == (
        "hazard: nothing in this file is uncertain, so the odds rest on no assumption; write a range, like "
        "`0.2 to 0.5`, where a number is not known\n"
    )
    assert not (tmp_path / "outputs").exists()


def test_nothing_ever_happens(sim: Sim, three: Path) -> None:
    never = ("--set", "crises.outbreak.rate={odds: = risk * 0, within: 100}")
    answer = sim("drivers", three, *LITTLE, *never, "--quiet")
    assert answer.code == 4
    assert answer.err == (
        "no run of 240 was a hit, so nothing tells what the odds rest on; play more worlds, or ask about something "
        "that happens in some runs and not in others\n"
    )


def test_unknown_variant_and_missing_file(sim: Sim, hazard: Path) -> None:
    answer = sim("drivers", hazard, "--variant", "safest")
    assert answer.code == 1
    assert "there is no variant `safest`; did you mean `safe`?" in answer.err
    answer = sim("drivers", "nowhere.yaml")
    assert answer.code == 1
    assert "nowhere.yaml" in answer.err


def test_folder_that_cannot_be_written(sim: Sim, three: Path, tmp_path: Path) -> None:
    (tmp_path / "o").write_text("a file", encoding="utf-8")
    answer = sim("drivers", three, *LITTLE, "--quiet", "--out", "o")
    assert answer.code == 1
    assert answer.err == "cannot write to o/three: Not a directory; choose another folder with --out\n"


def test_no_swap_is_played_where_nothing_ever_happens(sim: Sim, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.experiment.swapping.play_swaps", refuse)
    for rate in ("{odds: = risk * 0, within: 100}", "{odds: = 0.999999999999 + risk * 0, within: 1}"):
        answer = sim("drivers", three, *LITTLE, "--set", f"crises.outbreak.rate={rate}", "--quiet")
        assert answer.code == 4
        assert "of 240 was a hit, so nothing tells what the odds rest on" in answer.err


def test_one_replay_plays_no_swaps_and_says_so(sim: Sim, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.experiment.swapping.play_swaps", refuse)
    once = ("--worlds", 120, "--replays", 1)
    answer = sim("drivers", three, *once, "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["swaps"] is None
    told = "one replay of a world cannot tell total effects from luck: they are left out (take --replays 2)"
    assert told in answer.err.splitlines()
    # nothing else would have been played without them: it is the same question
    again = sim("drivers", three, *once, "--json", "--no-swaps")
    assert again.out == answer.out
    assert "asked before" in again.err
    assert told not in again.err


def test_one_replay_says_what_it_cannot_tell(sim: Sim, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    answer = sim("drivers", three, "--worlds", 120, "--replays", 1)
    assert answer.code == 0
    told = " ".join(answer.out.split())
    assert "cannot be told: each world was played once, so ignorance cannot be told from luck" in told


@pytest.mark.parametrize("file", sorted(TEACHING.glob("unknown_chance.yaml")))
def test_teaching_scenario_is_answered(sim: Sim, file: Path) -> None:
    record = json.loads(sim("drivers", file, "--worlds", 1000, "--replays", 4, "--json").out)
    (part,) = record["drivers"]
    # one unknown, so it is all that can be known: V of Beta(2, 5) is 0.0255
    assert part["V"] == pytest.approx(0.0255, abs=5 * part["V_se"])
    assert part["first"] == 1.0
    assert part["total"] == pytest.approx(1.0, abs=5 * part["total_se"])
