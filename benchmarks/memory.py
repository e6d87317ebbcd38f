"""Memory against runs: `python -m benchmarks.memory [--most 7]`, from the project's root.

Peak resident memory of whole `sim run` processes at 10^5, 10^6 and 10^7 runs, in three shapes: many worlds played
once, a tenth as many played ten times, and one world played over and over. It must not grow with the runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = ROOT / "scenarios" / "teaching" / "one_hazard.yaml"
MOST_GROWTH = 1.15
"""Peak memory may differ by so much between runs of one shape: allocators do not give back all they get."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, measure, print a row a run; 1 where memory grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=7, help="power of ten of the largest number of runs")
    parser.add_argument("--scenario", type=Path, default=SCENARIO)
    asked = parser.parse_args(arguments)
    measured(asked.scenario, 1, 1)  # the engine may have to be compiled
    shapes = {"n worlds x 1": 1, "n/10 worlds x 10": 10, "1 world x n": 0}
    missed = 0
    print(f"{'shape':<18}{'runs':>12}{'seconds':>10}{'peak MB':>10}")
    for shape, replays in shapes.items():
        peaks = []
        for power in range(5, asked.most + 1):
            runs = 10**power
            worlds, of_each = (runs // replays, replays) if replays else (1, runs)
            seconds, peak = measured(asked.scenario, worlds, of_each)
            peaks.append(peak)
            print(f"{shape:<18}{runs:>12,}{seconds:>10.1f}{peak:>10.0f}", flush=True)
        growth = max(peaks) / peaks[0]
        missed += growth > MOST_GROWTH
        print(
            f"{shape:<18}largest / first {growth:.2f}, {'MISSED' if growth > MOST_GROWTH else 'met'} (≤ {MOST_GROWTH})"
        )
    return 1 if missed else 0


def measured(scenario: Path, worlds: int, replays: int) -> tuple[float, float]:
    """Seconds and peak resident megabytes of one run in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    with tempfile.TemporaryDirectory() as out:
        design = ["--worlds", str(worlds), "--replays", str(replays), "--quick", "--quiet", "--out", out]
        started = time.perf_counter()
        call = [sys.executable, "-m", "sim", "run", str(scenario), *design]
        process = subprocess.Popen(call, env=environment, stdout=subprocess.DEVNULL)
        # the peak of this child alone, where `getrusage` has that of the largest so far
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, call)
    return seconds, usage.ru_maxrss / 1024 / (1024 if sys.platform == "darwin" else 1)


if __name__ == "__main__":
    sys.exit(main())
