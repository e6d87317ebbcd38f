"""How long one waits for commands: `python -m benchmarks.speed`, from the project's root.

Each command runs several times in fresh processes, with byte code and machine code cached as they are for users. The
engines are timed by `benchmarks.engine`, and how their cost grows by `benchmarks.growth`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.agreement import FLAGSHIP
from benchmarks.timing import judged, print_table

ROOT = FLAGSHIP.parents[1]
SWEPT = "0.05:0.95:10"

Row = tuple[str, str, str, str]


def main() -> int:
    """Time, print; 1 where a target is missed."""
    rows = []
    for row in command_rows():
        rows.append(row)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print_table([("command", "measured", "target", ""), *rows])
    return 1 if any(row[-1].startswith("MISSED") for row in rows) else 0


def command_rows() -> Iterator[Row]:
    """Medians of whole commands in fresh processes, their byte code cached as it is for users."""
    flag = str(FLAGSHIP)
    yield command("sim --help", ["--help"], 0.3, 9)
    yield command("sim check FLAGSHIP", ["check", flag], 0.5, 7)
    with tempfile.TemporaryDirectory() as out:
        number = iter(range(1, 100))

        def apart(*arguments: str) -> Callable[[], Sequence[str]]:
            # another folder each time: the same question would be answered from there
            return lambda: [*arguments, "--out", f"{out}/{next(number)}"]

        yield command("sim run FLAGSHIP --quick", apart("run", flag, "--quick"), 20.0, 3)
        swept = f"pullbacks.april.honoured_share={SWEPT}"
        for name, target, arguments in (
            ("sim compare FLAGSHIP", 10.0, ("compare", flag)),
            ("sim drivers FLAGSHIP", 20.0, ("drivers", flag)),
            (f"sim sweep FLAGSHIP --over …={SWEPT}", 10.0, ("sweep", flag, "--over", swept)),
        ):
            yield command(name, apart(*arguments), target, 3, threads=True)


def command(
    name: str,
    arguments: Sequence[str] | Callable[[], Sequence[str]],
    target: float,
    times: int,
    *,
    threads: bool = False,
) -> Row:
    """Run a command several times, once more before to warm its caches. Raises `CalledProcessError` where it fails.

    The target is held against processor time: on a machine of one's own that is the time one waits. For a command
    that plays on several `threads` it is held against the time waited.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(ROOT)
    waited, used = [], []
    for _ in range(times + 1):
        asked = arguments() if callable(arguments) else arguments
        call = [sys.executable, "-m", "sim", *asked]
        before, started = os.times(), time.perf_counter()
        subprocess.run(call, env=environment, cwd=Path(tempfile.gettempdir()), capture_output=True, check=True)
        waited.append(time.perf_counter() - started)
        after = os.times()
        used.append(after.children_user - before.children_user + after.children_system - before.children_system)
    processor, seconds = statistics.median(used[1:]), statistics.median(waited[1:])
    told = f"{processor:.2f} s of processor time, {seconds:.2f} s waited"
    seconds = seconds if threads else processor
    return name, told, f"< {target:g} s", judged(seconds < target)


if __name__ == "__main__":
    sys.exit(main())
