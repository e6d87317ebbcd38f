"""`sim breakeven`: what it prints and keeps, and what it says to wrong uses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from sim.cli import console
from sim.cli.commands import breakeven as command
from sim.records.sweeping import Breakeven
from sim.report import breaking_even
from tests.cli.conftest import FAILING, Sim, written
from tests.cli.test_sweep import shaped

LITTLE = ("--worlds", 40, "--replays", 2)
RISK = ("--path", "assumptions.risk", "--odds", "0.3")


def test_json_prints_the_record_and_nothing_else(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    answer = sim("breakeven", hazard, *RISK, *LITTLE, "--json", "--out", "o")
    (folder,) = (tmp_path / "o" / "hazard").iterdir()
    assert answer.code == 0
    assert answer.out == (folder / "breakeven.json").read_text(encoding="utf-8")
    assert answer.err.startswith(f"kept in {folder.relative_to(tmp_path)} (")
    assert folder.name.startswith("breakeven-")
    assert shaped(json.loads(answer.out), Breakeven)
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        "breakeven.json",
        "figures/breakeven.csv",
        "figures/breakeven.png",
        "manifest.json",
        "scenario.yaml",
    ]


def test_odds_of_the_file_are_those_of_run(sim: Sim, hazard: Path) -> None:
    found = json.loads(sim("breakeven", hazard, *RISK, *LITTLE, "--json").out)
    run = json.loads(sim("run", hazard, "--quick", *LITTLE, "--json").out)
    assert found["own"] == {key: run["odds"][key] for key in ("p", "se", "interval")}


def test_odds_may_be_a_share_or_a_percentage(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    first = sim("breakeven", hazard, *RISK, *LITTLE, "--out", "o")
    again = sim("breakeven", hazard, "--path", "assumptions.risk", "--odds", "30 %", *LITTLE, "--out", "o")
    assert again.out == first.out
    assert again.err.startswith("asked before: answered from o/hazard/breakeven-")
    assert len(list((tmp_path / "o" / "hazard").iterdir())) == 1


def test_same_question_is_answered_from_the_folder(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sim("breakeven", hazard, *RISK, *LITTLE)

    def refuse(*_: object) -> None:
        raise AssertionError("it was played again")

    monkeypatch.setattr(command, "_play", refuse)
    again = sim("breakeven", hazard, *RISK, *LITTLE)
    assert (again.code, again.out) == (0, first.out)
    with pytest.raises(AssertionError, match="played again"):
        sim("breakeven", hazard, *RISK, *LITTLE, "--from", "0.1")


def test_people_get_sentences_and_programs_a_table(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list(csv.reader(sim("breakeven", hazard, *RISK, *LITTLE).out.splitlines(), delimiter="\t"))
    assert rows[0] == ["section", "value", "from", "to", "p", "se", "low", "high"]
    assert [row[0] for row in rows[1:5]] == ["target", "range", "file", "rises to target"]
    assert {row[0] for row in rows[5:]} == {"tried"}
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    found = json.loads(sim("breakeven", hazard, *RISK, *LITTLE, "--json").out)
    told = sim("breakeven", hazard, *RISK, *LITTLE)
    assert told.out == breaking_even.text(found, 80)
    assert max(map(len, told.out.splitlines())) <= 80


def test_no_crossing_is_an_answer(sim: Sim, hazard: Path) -> None:
    answer = sim("breakeven", hazard, "--path", "assumptions.risk", "--odds", "99 %", *LITTLE, "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["crossings"] == []


def test_quiet_says_nothing_but_the_answer(sim: Sim, hazard: Path) -> None:
    answer = sim("breakeven", hazard, *RISK, *LITTLE, "--quiet")
    assert (answer.code, answer.err) == (0, "")


def test_failed_runs_are_no_success(sim: Sim, tmp_path: Path) -> None:
    file = written(tmp_path, "failing", FAILING)
    path = ("--path", "crises.outbreak.rate.odds", "--odds", "0.4", "--from", "0.2", "--to", "0.6")
    answer = sim("breakeven", file, *path, *LITTLE, "--json")
    assert answer.code == 3
    runs = json.loads(answer.out)["design"]["runs"]
    assert answer.err.endswith(f" of {runs} runs failed and are in no estimate\n")


ODDS = "odds lie between 0 and 1, both excluded; write them like 0.5 or 50 %"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (
            (*RISK, "--worlds", "19"),
            2,
            "--worlds 19: at least 20 are needed to tell odds from a target",
        ),
        (
            ("--path", "title", "--odds", "0.5"),
            1,
            "--path title: no run reads it, so the odds cannot depend on it",
        ),
        (("--odds", "0.5"), 2, "--path is missing, which says what to change: write one like --path tension.start"),
        (
            ("--path", "assumptions.risk"),
            2,
            "--odds is missing, which says what odds to reach: write them like 0.5 or 50 %",
        ),
        (("--path", "assumptions.risk", "--odds", "50"), 2, f"--odds 50: {ODDS}"),
        (("--path", "assumptions.risk", "--odds", "1"), 2, f"--odds 1: {ODDS}"),
        (("--path", "assumptions.risk", "--odds", "even"), 2, f"--odds even: {ODDS}"),
        (
            (*RISK, "--from", "low"),
            2,
            "--from: `low` is no number and no date; write one like 0.4, 40 % or 2021-09-10",
        ),
        (
            (*RISK, "--from", "0.4", "--to", "0.2"),
            2,
            "--from and --to of assumptions.risk: nothing lies between; write the lower one first",
        ),
        (
            ("--path", "crises.outbreak.rate.within", "--odds", "0.5"),
            1,
            "--path crises.outbreak.rate.within: it has no range of its own; say where to look with --from and --to",
        ),
        (
            ("--path", "assumptions.rsk", "--odds", "0.5"),
            1,
            "--path assumptions.rsk: it is no uncertain value of this file; did you mean `assumptions.risk`?",
        ),
        (
            ("--path", "crises.outbreak.rate.within", "--odds", "0.5", "--from", "-10", "--to", "10"),
            1,
            "--path cannot be at `crises.outbreak.rate.within=-10`:\n"
            "--path:1:29  SC203 error: `crises.outbreak.rate.within`: -10 is outside what it can be; a number of days "
            "cannot be negative\n"
            "    1 | crises.outbreak.rate.within=-10\n"
            "      |                             ^ expected days like `30` or `20 to 60`\n"
            "1 error; nothing was run.",
        ),
    ],
)
def test_wrong_uses_name_the_remedy(
    sim: Sim, hazard: Path, tmp_path: Path, arguments: tuple[object, ...], code: int, told: str
) -> None:
    answer = sim("breakeven", hazard, *arguments, "--out", "o")
    assert (answer.code, answer.out, answer.err) == (code, "", told + "\n")
    assert not (tmp_path / "o").exists()
