"""`sim sweep`: what it prints and keeps, and what it says to wrong uses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from sim.cli import console
from sim.cli.commands import sweep as command
from sim.records.sweeping import Sweep
from sim.report import sweeping
from tests.cli.conftest import FAILING, HAZARD, Sim, written

LITTLE = ("--worlds", 40, "--replays", 2)
OVER = ("--over", "assumptions.risk=0.1:0.5:3")


def shaped(item: Any, shape: Any) -> bool:
    """Whether a JSON object has exactly the keys and types of a record."""
    if is_typeddict(shape):
        hints = get_type_hints(shape)
        return item.keys() == hints.keys() and all(shaped(item[key], hint) for key, hint in hints.items())
    origin, inner = get_origin(shape), get_args(shape)
    if origin is list:
        return isinstance(item, list) and all(shaped(part, inner[0]) for part in item)
    if origin in (Union, UnionType):
        return any(shaped(item, part) for part in inner)
    return item is None if shape is NoneType else isinstance(item, shape)


def test_json_prints_the_record_and_nothing_else(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    answer = sim("sweep", hazard, *OVER, *LITTLE, "--json", "--out", "o")
    (folder,) = (tmp_path / "o" / "hazard").iterdir()
    assert answer.code == 0
    assert answer.out == (folder / "sweep.json").read_text(encoding="utf-8")
    assert answer.err.startswith(f"kept in {folder.relative_to(tmp_path)} (")
    assert answer.err.count("\n") == 1
    assert shaped(json.loads(answer.out), Sweep)
    assert folder.name.startswith("sweep-")
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        "figures/sweep.csv",
        "figures/sweep.png",
        "manifest.json",
        "scenario.yaml",
        "sweep.json",
    ]


def test_a_wrong_record_is_seen(sim: Sim, hazard: Path) -> None:
    found = json.loads(sim("sweep", hazard, *OVER, *LITTLE, "--json").out)
    found["points"][0]["p"] = None
    assert not shaped(found, Sweep)


def test_odds_of_the_file_are_those_of_run(sim: Sim, hazard: Path) -> None:
    found = json.loads(sim("sweep", hazard, *OVER, *LITTLE, "--json").out)
    run = json.loads(sim("run", hazard, "--quick", *LITTLE, "--json").out)
    assert found["own"] == {key: run["odds"][key] for key in ("p", "se", "interval")}
    assert found["question"] == run["question"]
    assert found["scenario"] == run["scenario"]


def test_a_point_is_run_with_that_setting(sim: Sim, hazard: Path) -> None:
    found = json.loads(sim("sweep", hazard, *OVER, *LITTLE, "--json").out)
    run = json.loads(sim("run", hazard, "--quick", *LITTLE, "--json", "--set", "assumptions.risk=0.5").out)
    point = found["points"][-1]
    assert {key: point[key] for key in ("p", "se", "interval", "words")} == {
        key: run["odds"][key] for key in ("p", "se", "interval", "words")
    }


def test_settings_and_variants_hold_at_every_point(sim: Sim, hazard: Path) -> None:
    over = ("--over", "crises.outbreak.rate.within=50,100")
    safe = json.loads(sim("sweep", hazard, *over, *LITTLE, "--variant", "safe", "--json").out)
    again = json.loads(
        sim("sweep", hazard, *over, *LITTLE, "--set", "assumptions.risk={value: 0.01, unit: share}", "--json").out
    )
    plain = json.loads(sim("sweep", hazard, *over, *LITTLE, "--json").out)
    assert safe["points"] == again["points"] != plain["points"]


def test_same_question_is_answered_from_the_folder(
    sim: Sim, hazard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sim("sweep", hazard, *OVER, *LITTLE, "--out", "o")
    (folder,) = (tmp_path / "o" / "hazard").iterdir()

    def refuse(*_: object) -> None:
        raise AssertionError("it was played again")

    monkeypatch.setattr(command, "_play", refuse)
    again = sim("sweep", hazard, *OVER, *LITTLE, "--out", "o")
    assert (again.code, again.out) == (0, first.out)
    assert again.err == f"asked before: answered from {folder.relative_to(tmp_path)}\n"


@pytest.mark.parametrize("other", [("--seed", 2), ("--over", "assumptions.risk=0.1:0.5:4"), ("--worlds", 41)])
def test_another_question_is_kept_elsewhere(sim: Sim, hazard: Path, tmp_path: Path, other: tuple[object, ...]) -> None:
    sim("sweep", hazard, *OVER, *LITTLE, "--out", "o")
    arguments = [*LITTLE, *other] if "--over" in other else [*OVER, *LITTLE, *other]
    assert sim("sweep", hazard, *arguments, "--out", "o").code == 0
    assert len(list((tmp_path / "o" / "hazard").iterdir())) == 2


def test_svg_is_drawn_when_asked_for(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    sim("sweep", hazard, *OVER, *LITTLE, "--out", "o")
    sim("sweep", hazard, *OVER, *LITTLE, "--out", "o", "--svg")
    assert len(list(tmp_path.glob("o/hazard/*/figures/sweep.svg"))) == 1


def test_people_get_sentences_and_programs_a_table(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = sim("sweep", hazard, *OVER, *LITTLE)
    rows = list(csv.reader(table.out.splitlines(), delimiter="\t"))
    assert rows[0][:3] == ["assumptions.risk", "p", "se"]
    assert [row[0] for row in rows[1:]] == ["", "0.1", "0.3", "0.5"]
    assert {len(row) for row in rows} == {9}
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    found = json.loads(sim("sweep", hazard, *OVER, *LITTLE, "--json").out)
    told = sim("sweep", hazard, *OVER, *LITTLE)
    assert told.out == sweeping.text(found, 80)
    assert max(map(len, told.out.splitlines())) <= 80


def test_grid_of_two_inputs(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    second = ("--over", "crises.outbreak.rate.within=50:100:2")
    answer = sim("sweep", hazard, *OVER, *second, *LITTLE)
    assert answer.code == 0
    assert "Rows: risk. Columns: rate within (crisis outbreak), days.\n\n" in answer.out


def test_quiet_says_nothing_but_the_answer(sim: Sim, hazard: Path) -> None:
    answer = sim("sweep", hazard, *OVER, *LITTLE, "--quiet")
    assert (answer.code, answer.err) == (0, "")


def test_warnings_of_the_file_are_told_once(sim: Sim, tmp_path: Path) -> None:
    text = HAZARD.replace("assumptions: {", "assumptions: {unused: 1 to 2, ")
    answer = sim("sweep", written(tmp_path, "idle", text), *OVER, *LITTLE, "--json")
    assert answer.err.count("SC308 warning: `assumptions.unused` is an assumption that nothing uses") == 1
    assert [warning["code"] for warning in json.loads(answer.out)["warnings"]] == ["SC308"]


def test_failed_runs_are_no_success(sim: Sim, tmp_path: Path) -> None:
    file = written(tmp_path, "failing", FAILING)
    answer = sim("sweep", file, "--over", "crises.outbreak.rate.odds=0.2,0.5", *LITTLE, "--json")
    assert answer.code == 3
    found = json.loads(answer.out)
    failed = 3 * found["points"][0]["failed"]
    assert answer.err.endswith(f"\n{failed} of 240 runs failed and are in no estimate\n")
    again = sim("sweep", file, "--over", "crises.outbreak.rate.odds=0.2,0.5", *LITTLE, "--json")
    assert (again.code, again.out) == (3, answer.out)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (
            (),
            2,
            "--over is missing, which says what to sweep: write PATH=FROM:TO:POINTS, like tension.start=0.5:1.5:5, or "
            "PATH=VALUE,VALUE,…",
        ),
        (
            ("--over", "assumptions.risk=0.5:0.5:3"),
            2,
            "--over assumptions.risk=0.5:0.5:3: it ends where it begins; write two different values",
        ),
        (
            ("--over", "assumptions.risk=0.1:0.5:21", "--over", "crises.outbreak.rate.within=10:90:20"),
            2,
            "--over asks for 21 × 20 = 420 points: at most 400 are played",
        ),
        ((*OVER, "--workers", 0), 2, "--workers 0: at least 1 plays"),
        ((*OVER, "--worlds", "many"), 2, "--worlds many: write a whole number"),
        (
            ("--over", "assumptions.rsk.x=0.1:0.5:3"),
            1,
            "--over cannot be at `assumptions.rsk.x=0.1`:\n"
            "--over:1:1  SC126 error: `assumptions.rsk.x` cannot be set: there is no `assumptions.rsk`\n"
            "    1 | assumptions.rsk.x=0.1\n"
            "      | ^ did you mean `assumptions.risk`?\n"
            "1 error; nothing was run.",
        ),
        (
            ("--over", "crises.outbreak.lasts=10,20,soon"),
            1,
            "--over cannot be at `crises.outbreak.lasts=soon`:\n"
            "--over:1:23  SC203 error: `crises.outbreak.lasts`: `soon` is not a number\n"
            "    1 | crises.outbreak.lasts=soon\n"
            "      |                       ^ write `until fallen`, or days like `each 5 to 40`\n"
            "1 error; nothing was run.",
        ),
    ],
)
def test_wrong_uses_name_the_remedy(
    sim: Sim, hazard: Path, tmp_path: Path, arguments: tuple[object, ...], code: int, told: str
) -> None:
    answer = sim("sweep", hazard, *arguments, "--out", "o")
    assert (answer.code, answer.out, answer.err) == (code, "", told + "\n")
    assert not (tmp_path / "o").exists()


def test_folder_that_cannot_be_written_is_told(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    (tmp_path / "o").write_text("a file", encoding="utf-8")
    answer = sim("sweep", hazard, *OVER, *LITTLE, "--out", "o")
    assert answer.code == 1
    assert answer.err == "cannot write to o/hazard: Not a directory; choose another folder with --out\n"


def test_what_no_run_reads_is_refused(sim: Sim, hazard: Path) -> None:
    for path in ("title", "question.about", "variants.safe.assumptions.risk"):
        answer = sim("sweep", hazard, "--over", f"{path}=1,2", *LITTLE)
        assert (answer.code, answer.out) == (1, "")
        assert answer.err == f"--over {path}: no run reads it, so the odds cannot depend on it" + chr(10)


def test_too_few_worlds_are_told(sim: Sim, hazard: Path) -> None:
    for worlds, codes in ((1, ["SWP2"]), (19, ["SWP2"]), (20, [])):
        answer = sim("sweep", hazard, *OVER, "--worlds", worlds, "--replays", 2, "--json")
        assert [warning["code"] for warning in json.loads(answer.out)["warnings"]] == codes


def test_sweeping_the_question_itself_is_told(sim: Sim, hazard: Path) -> None:
    answer = sim("sweep", hazard, "--over", "question.closes=2021-03-01,2021-04-10", *LITTLE, "--json")
    assert answer.code == 0
    warnings = {warning["code"]: warning["text"] for warning in json.loads(answer.out)["warnings"]}
    assert warnings["SWP1"].startswith("`question.closes` is a part of the question: at each value the odds answer")
    plain = sim("sweep", hazard, *OVER, *LITTLE, "--json")
    assert "SWP1" not in {warning["code"] for warning in json.loads(plain.out)["warnings"]}
