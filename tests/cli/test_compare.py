"""`sim compare`: what is compared, what it prints and keeps, and what it says to wrong uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.cli import console
from sim.cli.contenders import split_settings
from tests.cli.conftest import FAILING, HAZARD, Sim, written

LITTLE = ("--quick", "--worlds", 64, "--replays", 2)
FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"


def record(sim: Sim, *arguments: object) -> dict[str, Any]:
    answer = sim("compare", *arguments, *LITTLE, "--json", "--quiet")
    assert answer.code == 0, answer.err
    assert answer.err == ""
    found: dict[str, Any] = json.loads(answer.out)
    return found


def test_file_alone_is_compared_with_its_variants(sim: Sim, hazard: Path) -> None:
    made = record(sim, hazard)
    assert [part["name"] for part in made["scenarios"]] == ["hazard", "safe"]
    (difference,) = made["differences"]
    assert {key: difference[key] for key in ("from", "to")} == {"from": "hazard", "to": "safe"}
    assert difference["difference"] < 0.0
    low, high = difference["interval"]
    assert low < difference["difference"] < high
    assert difference["flips"]["to_crisis"] == 0
    assert difference["flips"]["to_calm"] == -round(difference["difference"] * difference["runs"])
    assert difference["changes"] == [{"path": "assumptions.risk", "before": "0.1 to 0.5", "after": "0.01"}]


def test_scenario_with_itself_differs_by_exactly_nothing(sim: Sim, hazard: Path) -> None:
    made = record(sim, hazard, "--variant", "same: assumptions.risk={value: 0.1 to 0.5, unit: share}")
    (difference,) = made["differences"]
    assert (difference["difference"], difference["flips"]) == (0.0, {"to_crisis": 0, "to_calm": 0})
    assert difference["changes"] == []
    assert made["stories"] == []
    assert made["scenarios"][0]["odds"] == made["scenarios"][1]["odds"]


def test_odds_are_those_of_run(sim: Sim, hazard: Path) -> None:
    made = record(sim, hazard)
    alone = json.loads(sim("run", hazard, *LITTLE, "--json").out)
    safe = json.loads(sim("run", hazard, *LITTLE, "--json", "--variant", "safe").out)
    for part, result in zip(made["scenarios"], (alone, safe), strict=True):
        assert {key: part[key] for key in ("odds", "kinds", "months", "cumulative", "counts")} == {
            key: result[key] for key in ("odds", "kinds", "months", "cumulative", "counts")
        }


def test_variants_may_be_written_on_the_command_line(sim: Sim, hazard: Path) -> None:
    made = record(
        sim, hazard, "--variant", "worse: assumptions.risk=0.6, crises.outbreak.lasts=10", "--variant", "safe"
    )
    assert [part["name"] for part in made["scenarios"]] == ["hazard", "worse", "safe"]
    assert [change["path"] for change in made["differences"][0]["changes"]] == [
        "assumptions.risk",
        "crises.outbreak.lasts",
    ]
    assert made["differences"][0]["difference"] > 0.0


def test_files_are_compared_with_the_first(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    other = written(tmp_path, "other", HAZARD.replace("0.1 to 0.5", "0.5 to 0.9"))
    made = record(sim, hazard, other)
    assert [(part["from"], part["to"]) for part in made["differences"]] == [("hazard", "other")]
    turned = record(sim, other, hazard)
    assert turned["differences"][0]["difference"] == -made["differences"][0]["difference"]
    assert turned["differences"][0]["flips"] == {
        "to_crisis": made["differences"][0]["flips"]["to_calm"],
        "to_calm": made["differences"][0]["flips"]["to_crisis"],
    }


def test_settings_hold_for_all(sim: Sim, hazard: Path) -> None:
    made = record(sim, hazard, "--set", "crises.outbreak.lasts=5")
    assert [change["path"] for change in made["differences"][0]["changes"]] == ["assumptions.risk"]


def test_flip_is_told_twice(sim: Sim, hazard: Path) -> None:
    made = record(sim, hazard)
    (story,) = made["stories"]
    assert (story["from"], story["to"], story["direction"]) == ("hazard", "safe", "to_calm")
    assert {line["side"] for line in story["lines"]} == {"both", "from"}
    assert story["endings"][0].startswith("Crisis: outbreak begins")
    assert story["endings"][1].startswith("No crisis")


def test_asked_again_it_is_answered_from_the_folder(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sim("compare", hazard, *LITTLE, "--json")

    def refuse(*_: object) -> None:
        raise AssertionError("it was played again")

    monkeypatch.setattr("sim.experiment.together.play_together", refuse)
    second = sim("compare", hazard, *LITTLE, "--json")
    assert second.out == first.out
    assert second.err.startswith("asked before: answered from ")


def test_same_answer_on_either_engine_and_any_workers(sim: Sim, hazard: Path) -> None:
    answers = {
        sim("compare", hazard, *LITTLE, "--json", "--out", number, *options).out
        for number, options in enumerate([(), ("--engine", "simpy"), ("--workers", 1), ("--workers", 3)])
    }
    assert len(answers) == 1


def test_folder_has_the_record_the_scenarios_and_the_figures(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    answer = sim("compare", hazard, "--worlds", 64, "--replays", 2, "--out", "o", "--json")
    (folder,) = (tmp_path / "o" / "hazard").glob("compare-*")
    assert (folder / "comparison.json").read_text(encoding="utf-8") == answer.out
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"manifest.json", "scenarios/01.yaml", "scenarios/02.yaml"} <= names
    for figure in ("compared_odds", "onset_curves", "differences"):
        assert {f"figures/{figure}.png", f"figures/{figure}.csv"} <= names
    replayed = sim("run", folder / "scenarios" / "02.yaml", *LITTLE, "--json")
    assert json.loads(replayed.out)["odds"] == json.loads(answer.out)["scenarios"][1]["odds"]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_terminal_gets_lines_that_fit(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    answer = sim("compare", hazard, *LITTLE)
    lines = answer.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert "Against hazard, run by run with the same luck:" in answer.out
    assert "What was changed" in answer.out
    assert any(line.split() == ["assumptions.risk", "0.1", "to", "0.5", "→", "0.01"] for line in lines)


def test_pipe_gets_columns(sim: Sim, hazard: Path) -> None:
    lines = sim("compare", hazard, *LITTLE).out.splitlines()
    assert lines[0] == "section\tscenario\titem\tvalue\tse"
    assert all(line.count("\t") == 4 for line in lines)


def test_failed_runs_are_told_and_the_command_fails(sim: Sim, tmp_path: Path) -> None:
    failing = written(tmp_path, "failing", FAILING)
    answer = sim("compare", failing, *LITTLE, "--variant", "fine: assumptions.columns=2", "--json")
    assert answer.code == 3
    made = json.loads(answer.out)
    failed = made["scenarios"][0]["counts"]["failed"]
    assert failed > 0
    assert answer.err.endswith(f"runs failed and are in no estimate: {failed} of failing; `sim run` tells why\n")
    assert made["differences"][0]["runs"] == 128 - failed


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (
            ("plain.yaml",),
            1,
            'plain.yaml has no variants to be compared with: name a second file, or write --variant "',
        ),
        (("hazard.yaml", "--variant", "sfae"), 1, "hazard.yaml: there is no variant `sfae`; did you mean `safe`?"),
        (
            ("hazard.yaml", "--variant", "a=1"),
            2,
            '--variant a=1: write "name: PATH=VALUE, …", or the name of a variant',
        ),
        (("hazard.yaml", "--variant", "x: assumptions.risk"), 2, "--variant x: `assumptions.risk` is no PATH=VALUE"),
        (("hazard.yaml", "--variant", "x: assumptions.rsk=0.2"), 1, "did you mean `assumptions.risk`?"),
        (("hazard.yaml", "--variant", "safe", "--variant", "safe"), 2, "safe stands 2 times in this comparison"),
        (
            ("hazard.yaml", "--variant", "safe: assumptions.risk=0.2"),
            2,
            "--variant safe: the file has a variant of this",
        ),
        (("hazard.yaml", "hazard.yaml"), 2, "hazard.yaml is named twice: a file is compared with another one, or with"),
        (
            ("hazard.yaml", "--variant", "x: assumptions.rsk=0.2"),
            1,
            "--variant x, 1:1:1  SC308 error: `assumptions.rsk` is an",
        ),
        (
            ("hazard.yaml", "--set", "assumptions.rsk=1", "--variant", "safe"),
            1,
            "--set 1:1:1  SC308 error: `assumptions.rsk` is an",
        ),
        (("hazard.yaml", "nowhere.yaml"), 1, "nowhere.yaml"),
        (("hazard.yaml", "--story", "worse"), 2, "--story worse: compared are safe"),
        (("hazard.yaml", "--worlds", "0"), 2, "--worlds 0: at least 1 is played"),
        (("hazard.yaml", "--workers", "0"), 2, "--workers 0: at least 1 plays"),
        ((), 2, "Missing argument"),
    ],
)
def test_wrong_uses(sim: Sim, hazard: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, text: str) -> None:
    written(tmp_path, "plain", HAZARD.rsplit("variants", 1)[0])
    answer = sim("compare", *arguments)
    assert answer.code == code
    assert text in answer.err
    assert answer.out == ""
    assert not Path("outputs").exists(), "nothing is left behind"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a=1, b=2", ["a=1", " b=2"]),
        ("a=[1, 2], b={c: 1, d: 2}", ["a=[1, 2]", " b={c: 1, d: 2}"]),
        ("a=\"= max(1, 2)\", b='x, y'", ['a="= max(1, 2)"', " b='x, y'"]),
        ("a== max(1, 2)", ["a== max(1, 2)"]),
    ],
)
def test_settings_are_split_at_commas_outside_brackets(text: str, parts: list[str]) -> None:
    assert split_settings(text) == parts


def test_scenarios_of_which_no_run_finished_in_both_cannot_be_compared(
    sim: Sim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hazard = written(tmp_path, "hazard", HAZARD)
    monkeypatch.setattr("sim.experiment.together._Lean.add", lambda *_: None)
    answer = sim("compare", hazard, *LITTLE)
    assert answer.code == 3
    assert answer.err.endswith("no run finished in both hazard and safe, so they cannot be compared\n")


@pytest.mark.parametrize("text", ["{}", '{"schema": 1, "scenarios": []}'])
def test_damaged_record_is_played_again(sim: Sim, hazard: Path, tmp_path: Path, text: str) -> None:
    first = sim("compare", hazard, *LITTLE, "--json", "--out", "o")
    (kept,) = (tmp_path / "o").rglob("comparison.json")
    kept.write_text(text, encoding="utf-8")
    again = sim("compare", hazard, *LITTLE, "--json", "--out", "o")
    assert again.out == first.out
    assert again.err.startswith("kept in ")
