"""A run that is killed at any moment leaves nothing, something to go on with, or the finished run, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Plays three small parts, killed by SIGKILL just before its n-th step on disk, for every n there is; then asks again.
# It forks, so that what is slow to load is loaded once; nothing in it starts a thread.
KILLING = """
import json, os, shutil, signal, sys
from pathlib import Path

import pyarrow.parquet, scipy.optimize, scipy.special, scipy.stats
import sim.analysis.forecast, sim.cli.app, sim.cli.pictures, sim.experiment.run, sim.report.summary
from sim.experiment import plan, unfinished

SCENARIO, WHERE, EXTRA = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
plan.SMALL_PART_RUNS = 16

def light(folder, *_, **__):
    folder.mkdir(parents=True)
    (folder / "odds.png").write_bytes(b"a picture")

sim.cli.pictures.draw_run = light

def ask(out, kill_at=None):
    counted = WHERE / "counted"
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return status, int(counted.read_text()) if counted.exists() and kill_at is None else None
    steps = 0

    def step(real):
        def call(*arguments, **options):
            nonlocal steps
            if steps == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            steps += 1
            return real(*arguments, **options)
        return call

    for name in ("fsync", "rename", "replace", "rmdir", "unlink", "mkdir"):
        setattr(os, name, step(getattr(os, name)))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    code = 99
    try:
        code = sim.cli.app.main(
            ["run", SCENARIO, "--engine", "simpy", "--workers", "1", "--quick", "--out", str(out), *EXTRA]
        )
        counted.write_text(str(steps))
    finally:
        os._exit(code)

def kept(out):
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }

code, steps = ask(WHERE / "whole")
whole = kept(WHERE / "whole")
found = []
for kill_at in range(steps):
    out = WHERE / f"killed{kill_at}"
    died, _ = ask(out, kill_at)
    folders = sorted(path.name for path in out.glob("*/*") if path.is_dir())
    # a folder without a dot is a finished run: it must be all there
    finished = {name: text for name, text in (kept(out) if out.exists() else {}).items() if "/." not in name}
    finished.pop(next((name for name in finished if name.endswith("/latest")), ""), None)
    expected = {name: text for name, text in whole.items() if not name.endswith("/latest")}
    parts = len(list(out.glob("*/.*.partial/parts/*.json")))
    again, _ = ask(out)
    about = [json.loads(path.read_text()) for path in out.glob("*/*/manifest.json")]
    found.append({
        "died": died, "half": bool(finished) and finished != expected, "done": bool(finished), "parts": parts,
        "again": again, "same": kept(out) == whole, "left": [p.name for p in out.glob("*/.*")],
        "taken": about[0]["parts_found"] if about else None, "of": about[0]["parts"] if about else None,
    })
    shutil.rmtree(out)
print(json.dumps({"code": code, "files": sorted(whole), "found": found}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
def test_killed_at_every_step_and_asked_again(tmp_path: Path) -> None:
    program = tmp_path / "killing.py"
    program.write_text(KILLING, encoding="utf-8")
    scenario = ROOT / "scenarios" / "teaching" / "unknown_chance.yaml"
    told = subprocess.run(
        [sys.executable, str(program), str(scenario), str(tmp_path), "--worlds", "20", "--replays", "2"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    report = json.loads(told.stdout)
    assert report["code"] == 0
    assert [Path(file).name for file in report["files"]] == [
        "odds.png", "result.json", "runs.parquet", "scenario.yaml", "worlds.parquet", "latest",
    ]  # fmt: skip
    found = report["found"]
    assert len(found) > 15, "hardly any step was counted"
    for place, case in enumerate(found):
        assert case["died"] == -9, place
        assert not case["half"], place
        assert (case["again"], case["same"], case["left"]) == (0, True, []), place
        if not case["done"]:
            # what was finished before the kill was not played again
            assert case["taken"] == case["parts"], place
    assert {case["of"] for case in found} == {3}
    assert {case["parts"] for case in found if not case["done"]} == {0, 1, 2, 3}, "a moment was missed"
    assert any(case["done"] for case in found)
