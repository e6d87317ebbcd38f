"""`sim run`: what it prints, what it keeps, and that nothing but the question decides either."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pyarrow.parquet as pq
import pytest

from sim.cli import console
from sim.cli.commands import run as command
from sim.errors import FailedRunsError
from sim.experiment import executors
from sim.records.result import Result
from tests.cli.conftest import FAILING, STARTER, TEACHING, Sim, written

# these two tell how long it took
TIMED = ("manifest.json", "report.html")
LITTLE = ("--quick", "--worlds", 12, "--replays", 2)


def kept(out: Path, name: str = "hazard") -> Path:
    """The folder of the latest run."""
    return out / name / (out / name / "latest").read_text(encoding="utf-8").strip()


def files(folder: Path, *suffixes: str) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.suffix in suffixes}


def test_json_prints_the_result_and_nothing_else(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    answer = sim("run", hazard, *LITTLE, "--json", "--out", "o")
    folder = kept(tmp_path / "o")
    assert answer.code == 0
    assert answer.out == (folder / "result.json").read_text(encoding="utf-8")
    assert json.loads(answer.out)["design"] == {
        "worlds": 12,
        "replays": 2,
        "runs": 24,
        "seed": 1,
        "stopped_by": "design",
    }
    assert answer.err.startswith(f"kept in {folder.relative_to(tmp_path)} (")
    assert answer.err.count("\n") == 1


def test_same_question_is_answered_from_the_folder(
    sim: Sim, hazard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sim("run", hazard, *LITTLE, "--json", "--out", "o")
    folder = kept(tmp_path / "o")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    def refuse(*_: object) -> None:
        raise AssertionError("it was played again")

    monkeypatch.setattr("sim.experiment.run.play", refuse)
    again = sim("run", hazard, *LITTLE, "--json", "--out", "o")
    assert (again.code, again.out) == (0, first.out)
    assert again.err == f"asked before: answered from {folder.relative_to(tmp_path)}\n"
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert sim("run", hazard, *LITTLE, "--out", "o", "--quiet").err == ""


@pytest.mark.parametrize("damage", ["result.json", "figures/odds.png"])
def test_damaged_folder_is_made_again(sim: Sim, hazard: Path, tmp_path: Path, damage: str) -> None:
    first = sim("run", hazard, *LITTLE, "--json", "--out", "o")
    folder = kept(tmp_path / "o")
    whole = files(folder, ".json", ".png", ".csv", ".yaml")
    if damage.endswith("json"):
        (folder / damage).write_text('{"schema": 1, "sce', encoding="utf-8")
    else:
        (folder / damage).unlink()
    again = sim("run", hazard, *LITTLE, "--json", "--out", "o")
    assert again.out == first.out
    assert again.err.startswith("kept in ")
    mended = files(folder, ".json", ".png", ".csv", ".yaml")
    assert {name: mended[name] for name in whole if name not in TIMED} == {
        name: whole[name] for name in whole if name not in TIMED
    }


def test_other_seed_other_folder(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    first = sim("run", hazard, *LITTLE, "--json", "--out", "o")
    one = kept(tmp_path / "o")
    second = sim("run", hazard, *LITTLE, "--json", "--out", "o", "--seed", 2)
    two = kept(tmp_path / "o")
    assert one != two
    assert one.exists()
    assert first.out != second.out
    assert json.loads(second.out)["design"]["seed"] == 2


def test_variant_and_set_ask_the_same_question(sim: Sim, hazard: Path) -> None:
    plain = sim("run", hazard, *LITTLE, "--json", "--out", "o")
    variant = sim("run", hazard, *LITTLE, "--json", "--out", "o", "--variant", "safe")
    assert plain.out != variant.out
    safe = "assumptions.risk={value: 0.01, unit: share}"
    set_by_hand = sim("run", hazard, *LITTLE, "--json", "--out", "o", "--set", safe)
    assert set_by_hand.out == variant.out
    assert set_by_hand.err.startswith("asked before: ")


def test_resolved_scenario_asks_the_same_question(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    first = json.loads(sim("run", hazard, *LITTLE, "--json", "--out", "o", "--variant", "safe").out)
    resolved = kept(tmp_path / "o") / "scenario.yaml"
    again = json.loads(sim("run", resolved, *LITTLE, "--json", "--out", "p").out)
    assert again["scenario"]["sha256"] == first["scenario"]["sha256"]
    assert again["odds"] == first["odds"]


def test_workers_and_engines_change_no_byte(
    sim: Sim, hazard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "WORTH_WORKERS", 1)
    answers, folders = [], []
    for engine, workers in (("simpy", 1), ("simpy", 2), ("compiled", 1), ("compiled", 3)):
        out = tmp_path / f"{engine}{workers}"
        size = ("--worlds", 70, "--replays", 2, "--svg")
        options = ("--json", "--out", out, "--workers", workers, "--engine", engine)
        answers.append(sim("run", hazard, *size, *options).out)
        folders.append(files(kept(out), ".json", ".csv", ".png", ".svg", ".yaml", ".parquet"))
    assert answers == [answers[0]] * 4
    played_by = [json.loads(told.pop("manifest.json"))["engine"] for told in folders]
    assert played_by == ["simpy", "simpy", "compiled", "compiled"]
    figures = [f"figures/{name}.{form}" for name in ("odds", "pathways", "timing") for form in ("csv", "png", "svg")]
    assert sorted(folders[0]) == [*figures, "result.json", "runs.parquet", "scenario.yaml", "worlds.parquet"]
    assert folders == [folders[0]] * 4


def test_workers_really_work_elsewhere(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The test above would prove nothing if both runs were played alone."""
    hired = []
    real = executors.Processes

    def watched(*arguments: Any) -> executors.Processes:
        hired.append(arguments[2])
        return real(*arguments)

    monkeypatch.setattr(executors, "WORTH_WORKERS", 1)
    monkeypatch.setattr(executors, "Processes", watched)
    assert sim("run", hazard, *LITTLE, "--engine", "simpy", "--workers", 2, "--out", "o").code == 0
    assert hired == [2]


def misshapen(shape: Any, value: Any, place: str = "result") -> list[str]:
    """Where a JSON value is not of a type's shape: a key too many or too few, or something of another type."""
    origin, parts = get_origin(shape), get_args(shape)
    if is_typeddict(shape):
        hints = get_type_hints(shape)
        if not isinstance(value, dict) or list(value) != list(hints):
            return [f"{place}: {sorted(value) if isinstance(value, dict) else value}"]
        return [wrong for key, inner in hints.items() for wrong in misshapen(inner, value[key], f"{place}.{key}")]
    if origin is UnionType:
        return [] if any(not misshapen(part, value, place) for part in parts) else [f"{place}: {value!r}"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{place}: {value!r}"]
        return [wrong for n, item in enumerate(value) for wrong in misshapen(parts[0], item, f"{place}[{n}]")]
    if origin is dict:
        if not isinstance(value, Mapping):
            return [f"{place}: {value!r}"]
        return [wrong for key, item in value.items() for wrong in misshapen(parts[1], item, f"{place}.{key}")]
    if shape is float:
        return [] if type(value) in (int, float) and math.isfinite(value) else [f"{place}: {value!r}"]
    return [] if type(value) is (NoneType if shape is None else shape) else [f"{place}: {value!r}"]


def test_result_has_the_shape_that_is_promised(sim: Sim) -> None:
    answer = sim("run", STARTER, "--quick", "--worlds", 60, "--replays", 3, "--json", "--out", "o", "--quiet")
    result = json.loads(answer.out)
    assert (answer.code, answer.err) == (0, "")
    assert misshapen(Result, result) == []
    for part in ("kinds", "months", "cumulative", "given_quiet", "pathways", "assumptions", "states", "outside_view"):
        assert result[part], f"nothing to check in {part}"


def test_wrong_shape_is_seen(sim: Sim, hazard: Path) -> None:
    result = json.loads(sim("run", hazard, *LITTLE, "--json", "--out", "o").out)
    assert misshapen(Result, result) == []
    for wrong in (
        result | {"more": 1},
        {key: item for key, item in result.items() if key != "odds"},
        result | {"odds": result["odds"] | {"se": "small"}},
        result | {"months": [result["months"][0] | {"p": None}]},
        result | {"kinds": {"outbreak": {}}},
        result | {"schema": 1.0},
        dict(reversed(result.items())),
    ):
        assert misshapen(Result, wrong) != []


def test_piped_output_is_tab_separated(sim: Sim, hazard: Path) -> None:
    result = json.loads(sim("run", hazard, *LITTLE, "--json", "--out", "o").out)
    rows = [line.split("\t") for line in sim("run", hazard, *LITTLE, "--out", "o").out.splitlines()]
    assert rows[0] == ["section", "item", "value", "se"]
    assert {len(row) for row in rows} == {4}
    assert [float(cell) for cell in rows[1][2:]] == [result["odds"]["p"], result["odds"]["se"]]


@pytest.mark.parametrize("width", ["80", "120"])
def test_people_get_sentences(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", width)
    told = sim("run", hazard, *LITTLE, "--out", "o").out.splitlines()
    assert told[:2] == ["One hazard", "Does it break out?"]
    assert any(line.startswith("Odds ") for line in told)
    assert max(map(len, told)) <= int(width)


def test_precision_stops_by_itself(sim: Sim, hazard: Path) -> None:
    size = ("--precision", 0.1, "--worlds", 4096, "--replays", 1, "--quick")
    answer = sim("run", hazard, *size, "--json", "--out", "o")
    assert (answer.code, answer.out) == (2, "")  # --quick and --precision exclude each other
    answer = sim("run", hazard, *size[:-1], "--json", "--out", "o")
    result = json.loads(answer.out)
    assert (result["design"]["stopped_by"], result["odds"]["method"]) == ("precision", "sequence")
    low, high = result["odds"]["interval"]
    assert high - low <= 0.2


def test_precision_out_of_reach_is_exit_four(sim: Sim, hazard: Path, tmp_path: Path) -> None:
    answer = sim("run", hazard, "--precision", 0.001, "--worlds", 1024, "--replays", 1, "--json", "--out", "o")
    assert (answer.code, answer.out) == (4, "")
    assert answer.err.startswith("the odds are not known to ± 0.001 after 1024 worlds (95 % sequence 0.")
    assert answer.err.endswith("); ask for less precision or more worlds\n")
    assert not (tmp_path / "o").exists()


def test_some_runs_fail(sim: Sim, tmp_path: Path) -> None:
    failing = written(tmp_path, "failing", FAILING)
    answer = sim("run", failing, *LITTLE, "--json", "--out", "o")
    result = json.loads(answer.out)
    failed = result["counts"]["failed"]
    assert answer.code == FailedRunsError.exit_code == 3
    assert 0 < failed < 24
    assert result["counts"] == {
        "finished": 24 - failed,
        "failed": failed,
        "reasons": {"pending: too many pending instances": failed},
    }
    assert 0.0 < result["odds"]["p"] < 1.0
    assert answer.err.splitlines()[-1] == f"{failed} of 24 runs failed; see the warnings"
    assert [warning["code"] for warning in result["warnings"]] == ["RUN1"]
    runs = pq.read_table(kept(tmp_path / "o", "failing") / "runs.parquet").to_pydict()
    assert sum(status == 2 for status in runs["status"]) == failed
    columns = pq.read_table(kept(tmp_path / "o", "failing") / "worlds.parquet").to_pydict()
    assert {int(c) for c, plays in zip(columns["assumptions.columns"], columns["replays"], strict=True) if plays} == {2}
    again = sim("run", failing, *LITTLE, "--json", "--out", "o")
    assert (again.code, again.out) == (3, answer.out)


def test_every_run_fails(sim: Sim, tmp_path: Path) -> None:
    failing = written(tmp_path, "failing", FAILING)
    answer = sim("run", failing, *LITTLE, "--set", "assumptions.columns=4000", "--out", "o")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == ("every run failed, so there are no odds: pending: too many pending instances (24 runs)\n")
    assert not (tmp_path / "o").exists()


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_interruption_before_anything_is_done_leaves_nothing(
    sim: Sim, hazard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.experiment.run.play", interrupt)
    answer = sim("run", hazard, *LITTLE, "--out", "o/deep")
    assert (answer.code, answer.out, answer.err) == (130, "", "interrupted; nothing was kept\n")
    assert [path.name for path in tmp_path.iterdir()] == [hazard.name]


@pytest.mark.parametrize("moment", ["sim.cli.pictures.draw_run", "sim.experiment.archive.write_run"])
def test_interruption_near_the_end_leaves_nothing_that_looks_finished(
    sim: Sim, hazard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    sim("run", hazard, *LITTLE, "--seed", 2, "--out", "o")
    before = files(tmp_path / "o", ".json", ".png")
    with monkeypatch.context() as patched:
        patched.setattr(moment, interrupt)
        answer = sim("run", hazard, *LITTLE, "--json", "--out", "o")
    stopped = "stopped after 12 of 12 worlds"
    assert (answer.code, answer.err) == (
        130,
        f"interrupted: {stopped}; they are kept, and --resume goes on from there\n",
    )
    assert json.loads(answer.out)["design"]["stopped_by"] == "interrupt"
    assert {name: text for name, text in files(tmp_path / "o", ".json", ".png").items() if name in before} == before
    shown = [path.name for path in (tmp_path / "o" / "hazard").iterdir() if not path.name.startswith(".")]
    assert sorted(shown) == sorted([kept(tmp_path / "o").name, "latest"])
    again = sim("run", hazard, *LITTLE, "--json", "--out", "o", "--resume")
    assert again.err.startswith("continuing an unfinished run: 12 of 12 worlds are here\nkept in ")
    odds = json.loads(answer.out)
    odds["design"]["stopped_by"] = "design"
    assert json.loads(again.out) == odds


def test_whole_folder_appears_at_once(sim: Sim, hazard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks while it is written sees no half-finished run."""
    from sim.experiment import archive

    seen: list[list[str]] = []
    real = archive.write_run

    def look(*arguments: Any) -> None:
        seen.append([path.name for path in (tmp_path / "o" / "hazard").iterdir() if not path.name.startswith(".")])
        real(*arguments)

    monkeypatch.setattr(archive, "write_run", look)
    sim("run", hazard, *LITTLE, "--out", "o")
    assert seen == [[]]
    shutil.rmtree(tmp_path / "o")


def test_warnings_go_to_standard_error(sim: Sim, hazard: Path) -> None:
    text = hazard.read_text(encoding="utf-8").replace("{risk:", "{unused: 3, risk:")
    hazard.write_text(text, encoding="utf-8")
    answer = sim("run", hazard, *LITTLE, "--json", "--out", "o")
    assert "SC308 warning: `assumptions.unused` is an assumption that nothing uses" in answer.err
    assert [warning["code"] for warning in json.loads(answer.out)["warnings"]] == ["SC308"]
    assert sim("run", hazard, *LITTLE, "--json", "--out", "o", "--quiet").err == ""


def test_unexpected_errors_are_not_hidden(sim: Sim, hazard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a user can mend becomes a message; a defect keeps its traceback."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(command, "_design", broken)
    with pytest.raises(ZeroDivisionError, match="a defect"):
        sim("run", hazard)


def test_one_world_speaks_of_itself_alone(sim: Sim, tmp_path: Path) -> None:
    """Where something is not known; where nothing is, one world is all there is."""

    def codes(name: str, worlds: int) -> list[str]:
        answer = sim(
            "run", TEACHING / name, "--worlds", worlds, "--replays", 20, "--json", "--quiet", "--out", tmp_path
        )
        return [warning["code"] for warning in json.loads(answer.out)["warnings"]]

    assert codes("unknown_chance.yaml", 1) == ["RUN2"]
    assert codes("unknown_chance.yaml", 2) == []
    assert codes("one_hazard.yaml", 1) == []
