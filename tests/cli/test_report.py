"""`sim report`: pages of runs and comparisons, from what is kept in their folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sim.cli import pages
from sim.errors import SimError
from tests.cli.conftest import FAILING, Sim, written
from tests.report.page.reading import Element, faults, read

LITTLE = ("--quick", "--worlds", 60, "--replays", 2, "--out", "o", "--quiet")


def kept(name: str = "hazard") -> Path:
    """The folder of the last run."""
    return Path("o") / name / (Path("o") / name / "latest").read_text(encoding="utf-8").strip()


def section(page: Path, anchor: str) -> Element:
    document = read(page.read_text(encoding="utf-8"))[0]
    (found,) = [part for part in document.all("section") if part.attributes["id"] == anchor]
    return found


@pytest.fixture
def run(sim: Sim, hazard: Path) -> Path:
    """The folder of a small finished run, without a page."""
    sim("run", hazard, *LITTLE)
    (kept() / "report.html").unlink(missing_ok=True)
    return kept()


def test_the_page_of_a_run_stands_in_its_folder(sim: Sim, run: Path) -> None:
    answer = sim("report", run)
    page = run / "report.html"
    assert (answer.code, answer.out) == (0, f"{page}\n")
    assert answer.err == f"{page.stat().st_size / 1000:,.0f} kB; open it in a browser\n"
    text = page.read_text(encoding="utf-8")
    assert faults(text) == []
    assert read(text)[0].all("h1")[0].words == "One hazard"
    assert "rate {odds: = risk, within: 100}" in section(page, "question").words


def test_everything_on_the_page_is_what_the_run_kept(sim: Sim, run: Path) -> None:
    sim("report", run)
    (script,) = [
        part for part in read((run / "report.html").read_text(encoding="utf-8"))[0].all("script") if part.attributes
    ]
    assert json.loads(script.text) == json.loads((run / "result.json").read_text(encoding="utf-8"))


def test_the_last_run_of_a_scenario_needs_no_id(sim: Sim, run: Path) -> None:
    assert sim("report", "o/hazard", "--quiet") == sim("report", run, "--quiet")
    assert sim("report", "o/hazard", "--quiet").out == f"{run / 'report.html'}\n"
    assert sim("report", "o/hazard", "--quiet").err == ""


def test_several_folders_are_told_in_order(sim: Sim, hazard: Path, run: Path) -> None:
    sim("run", hazard, *LITTLE, "--seed", 2)
    answer = sim("report", run, kept(), "--quiet")
    assert answer.out == f"{run / 'report.html'}\n{kept() / 'report.html'}\n"
    assert run != kept()


def test_the_same_run_has_the_same_page(sim: Sim, run: Path) -> None:
    sim("report", run)
    first = (run / "report.html").read_bytes()
    (run / "report.html").unlink()
    sim("report", run)
    assert (run / "report.html").read_bytes() == first
    assert [path.name for path in run.iterdir() if path.name.startswith("report")] == ["report.html"]


def test_stories_are_those_of_trace(sim: Sim, hazard: Path, run: Path) -> None:
    sim("report", run)
    told = section(run / "report.html", "stories").classed("told")
    trace = sim("trace", hazard, "--typical", "crisis", "--replays", 2, "--json")
    story = json.loads(trace.out)
    assert f"run {story['run']['number']:,} (world {story['run']['world']:,}, replay 0)" in told[0].all("h3")[0].words
    moments = [event["date"] for event in story["events"]]
    assert [
        line.all("time")[0].words for line in told[0].all("li") if "edge" not in line.attributes.get("class", "")
    ] == moments


def test_drivers_come_from_the_worlds_that_were_played(sim: Sim, hazard: Path) -> None:
    sim("run", hazard, "--worlds", 2000, "--replays", 4, "--quick", "--out", "o", "--quiet")
    sim("report", "o/hazard")
    part = section(kept() / "report.html", "drivers")
    assert "Most is to be gained from risk" in part.words


def test_a_scenario_changed_later_is_not_passed_off_as_the_one_played(sim: Sim, run: Path) -> None:
    path = run / "scenario.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("0.1 to 0.5", "0.1 to 0.6"), encoding="utf-8")
    assert sim("report", run).code == 0
    page = run / "report.html"
    assert "because scenario.yaml was changed after it was played" in section(page, "design").words
    assert "rate {odds" not in section(page, "question").words


@pytest.mark.parametrize("name", ["scenario.yaml", "worlds.parquet", "manifest.json", "figures"])
def test_what_is_lost_is_left_out(sim: Sim, run: Path, name: str) -> None:
    lost = run / name
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    assert sim("report", run).code == 0
    assert faults((run / "report.html").read_text(encoding="utf-8")) == []


def test_a_damaged_table_of_worlds_is_said(sim: Sim, run: Path) -> None:
    (run / "worlds.parquet").write_text("no table", encoding="utf-8")
    assert sim("report", run).code == 0
    assert "worlds.parquet is not there or cannot be read" in section(run / "report.html", "design").words


def test_failed_runs_stand_before_everything(sim: Sim, tmp_path: Path) -> None:
    sim("run", written(tmp_path, "failing", FAILING), *LITTLE)
    answer = sim("report", "o/failing")
    assert answer.code == 0
    document = read((kept("failing") / "report.html").read_text(encoding="utf-8"))[0]
    assert document.all("section")[0].attributes["id"] == "warnings"
    assert "runs FAILED" in document.all("section")[0].words


def test_the_page_of_a_comparison(sim: Sim, hazard: Path) -> None:
    sim("compare", hazard, "--worlds", 60, "--replays", 2, "--quick", "--out", "o", "--quiet")
    (folder,) = Path("o/hazard").glob("compare-*")
    (folder / "report.html").unlink(missing_ok=True)
    answer = sim("report", folder, "--quiet")
    assert (answer.code, answer.out) == (0, f"{folder / 'report.html'}\n")
    assert faults((folder / "report.html").read_text(encoding="utf-8")) == []
    (row,) = section(folder / "report.html", "changes").all("tbody")[0].all("tr")
    assert [cell.words for cell in row.all("th", "td")] == ["assumptions.risk", "0.1 to 0.5", "0.01"]
    assert "sim compare scenarios/01.yaml scenarios/02.yaml" in section(folder / "report.html", "design").words
    assert "rate {odds: = risk, within: 100}" in section(folder / "report.html", "question").words


def test_no_folder(sim: Sim) -> None:
    answer = sim("report", "o/nowhere")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "o/nowhere does not exist: name the folder of a run, like outputs/SCENARIO/RUN_ID\n"


def test_a_file_is_no_folder(sim: Sim, hazard: Path) -> None:
    answer = sim("report", hazard)
    assert answer.code == 1
    assert answer.err == f"{hazard} is a file: name the folder of a run, like outputs/SCENARIO/RUN_ID\n"


def test_no_finished_run(sim: Sim, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = sim("report", "empty")
    assert answer.code == 1
    assert answer.err == (
        "empty holds no finished run and no comparison: there is no result.json, no comparison.json and no latest\n"
    )


def test_a_pointer_to_nothing(sim: Sim, run: Path) -> None:
    shutil.rmtree(run)
    answer = sim("report", "o/hazard")
    assert answer.code == 1
    assert answer.err == (
        f"o/hazard/latest names {run.name}, which holds no finished run: name another run in o/hazard\n"
    )


@pytest.mark.parametrize("pointer", ["", "..", "../hazard", "\x00", "x" * 5000])
def test_a_pointer_that_is_no_name(sim: Sim, run: Path, pointer: str) -> None:
    Path("o/hazard/latest").write_text(pointer, encoding="utf-8")
    answer = sim("report", "o/hazard")
    assert answer.code == 1
    assert answer.err.startswith("o/hazard/latest names ")
    assert answer.err.endswith("which holds no finished run: name another run in o/hazard\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"schema": 1, "sce', "is damaged: it is no JSON; play the question again into another folder"),
        ('{"schema": 7}', "has schema 7, and this version reads 1: play it again"),
        ('{"schema": 1}', "is damaged: scenario is missing; play the question again into another folder"),
    ],
)
def test_a_damaged_result(sim: Sim, run: Path, text: str, says: str) -> None:
    (run / "result.json").write_text(text, encoding="utf-8")
    answer = sim("report", run)
    assert (answer.code, answer.out, answer.err) == (1, "", f"{run / 'result.json'} {says}\n")
    assert not (run / "report.html").exists()


def test_a_place_that_cannot_be_written(sim: Sim, run: Path) -> None:
    (run / "report.html").mkdir()
    answer = sim("report", run)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == f"{run / 'report.html'} cannot be written: Is a directory\n"
    assert [path.name for path in run.iterdir() if path.name.startswith("report")] == ["report.html"]


def test_one_wrong_folder_spoils_none_before_it_is_told(sim: Sim, run: Path) -> None:
    answer = sim("report", run, "o/nowhere")
    assert (answer.code, answer.out) == (1, "")
    assert not (run / "report.html").exists()


@pytest.mark.parametrize("study", ["drivers", "sweep", "breakeven"])
def test_study_without_a_page_is_named(sim: Sim, tmp_path: Path, study: str) -> None:
    (tmp_path / f"{study}.json").write_text("{}", encoding="utf-8")
    answer = sim("report", tmp_path)
    assert answer.code == 1
    told = f"{tmp_path} holds the answer of `sim {study}`: only runs and comparisons have a page"
    assert answer.err == told + chr(10)


def test_comparisons_of_a_scenario_are_named(sim: Sim, tmp_path: Path) -> None:
    (tmp_path / "compare-1").mkdir()
    (tmp_path / "compare-2").mkdir()
    answer = sim("report", tmp_path)
    assert answer.code == 1
    told = f"{tmp_path} holds comparisons, but no run: name one of them, like {tmp_path / 'compare-2'}"
    assert answer.err == told + chr(10)


def test_no_folder_at_all_is_a_wrong_use(sim: Sim) -> None:
    answer = sim("report")
    assert answer.code == 2
    assert "Missing argument" in answer.err


def test_the_function_for_others_names_a_run_that_has_no_folder_yet(sim: Sim, run: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    shutil.copytree(run, draft)
    page = pages.write_report(draft, run.name)
    assert f"run {run.name}" in read(page.read_text(encoding="utf-8"))[0].classed("kicker")[0].words
    with pytest.raises(SimError, match="holds no finished run and no comparison"):
        pages.write_report(tmp_path)


def test_page_and_answer_say_what_was_changed_on_the_command_line(
    sim: Sim, hazard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = ("--worlds", 20, "--replays", 2)
    sim("run", hazard, *size, "--out", "own")
    monkeypatch.setattr("sim.cli.console.on_terminal", lambda: True)
    told = sim("run", hazard, *size, "--variant", "safe", "--set", "crises.outbreak.lasts=9", "--out", "changed")
    assert "Not the file as it is, but with variant safe; crises.outbreak.lasts=9." in told.out
    own, changed = (next((tmp_path / out).rglob("report.html")).read_text("utf-8") for out in ("own", "changed"))
    assert "not the file as it is, but with variant safe; crises.outbreak.lasts=9" in changed
    assert "not the file as it is" not in own
