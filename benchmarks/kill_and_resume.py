"""Killed and gone on with: `python -m benchmarks.kill_and_resume [--kills N] [--seed N]`, from the project's root.

Plays a question once in one go, then again and again killed by SIGKILL at random moments, uniform over the time that
the first took, and asked again with --resume. All files must be equal byte for byte, but for `manifest.json` and
`report.html`, which tell times.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = ROOT / "scenarios" / "teaching" / "unknown_chance.yaml"
WORLDS, REPLAYS = 240_000, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, go on, compare, print a row a kill; 1 where a byte differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--scenario", type=Path, default=SCENARIO)
    asked = parser.parse_args(arguments)
    design = [str(asked.scenario), "--worlds", str(asked.worlds), "--replays", str(REPLAYS), "--quiet"]
    moments = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        finish(design, folder / "warm")  # the engine may have to be compiled
        started = time.perf_counter()
        finish(design, folder / "whole")
        seconds = time.perf_counter() - started
        whole = files(folder / "whole")
        print(f"{asked.worlds} worlds x {REPLAYS} in one go: {seconds:.1f} s, {len(whole)} files")
        print(f"{'killed after':>12}  {'left behind':<28}  {'gone on in':>10}  files")
        wrong = killed = late = 0
        while killed < asked.kills:
            out = folder / f"killed{killed}"
            moment = moments.uniform(0.0, seconds)
            if not kill(design, out, moment):
                late += 1
                shutil.rmtree(out)
                continue
            killed += 1
            left = state(out)
            started = time.perf_counter()
            # where the killed process had not even begun there is nothing that --resume could insist on
            finish([*design, *(["--resume"] if any(out.glob("*/.*/design.json")) else [])], out)
            again = time.perf_counter() - started
            different = differing(whole, files(out))
            wrong += bool(different)
            verdict = "equal" if not different else f"DIFFERENT: {', '.join(different)}"
            print(f"{moment:>10.2f} s  {left:<28}  {again:>8.2f} s  {verdict}", flush=True)
            shutil.rmtree(out)
    print(f"{killed} kills, {wrong} with a difference; {late} more came after the end and do not count")
    return 1 if wrong else 0


def command(design: Sequence[str], out: Path) -> list[str]:
    """The command line of a run."""
    return [sys.executable, "-m", "sim", "run", *design, "--out", str(out)]


def environment() -> dict[str, str]:
    """This project's `sim`, whatever else is installed."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}


def finish(design: Sequence[str], out: Path) -> None:
    """Ask and wait for the answer. Raises `CalledProcessError` where there is none."""
    subprocess.run(command(design, out), env=environment(), stdout=subprocess.DEVNULL, check=True)


def kill(design: Sequence[str], out: Path, moment: float) -> bool:
    """Ask, and kill the process after so many seconds; False if it was done by then."""
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen(command(design, out), env=environment(), stdout=nowhere, stderr=nowhere)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL
    return False


def state(out: Path) -> str:
    """What a killed process left."""
    if any(path.name == "result.json" and "/." not in str(path.relative_to(out)) for path in out.rglob("*")):
        return "the finished run"
    parts = len(list(out.glob("*/.*/parts/*.json")))
    drafted = " and a draft" if any(out.glob("*/.*/draft/*")) else ""
    return f"{parts} parts{drafted}" if any(out.glob("*/.*")) else "nothing"


def files(out: Path) -> dict[str, bytes]:
    """Everything in a folder, hidden files too, but the manifest and the page: they have times in them."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in ("manifest.json", "report.html")
    }


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names of files that are not in both, or not the same."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


if __name__ == "__main__":
    sys.exit(main())
