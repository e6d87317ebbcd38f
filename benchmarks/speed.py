"""How fast: `python -m benchmarks.speed`, from the project's root.

First the reference engine and the plain SimPy model must agree on the flagship's median world; then both are timed side
by side, the commands are timed from outside, and runs are timed as they get more events and more clocks. On a machine
that others use too, only the ratios of one run of this script mean something.
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

from benchmarks.agreement import FLAGSHIP, HIT, compare, flagship, median_row
from benchmarks.plain_numbers import median_numbers
from benchmarks.plain_rates import Rates
from benchmarks.plain_simpy import play
from sim.engines.reference import Reference
from sim.rules.language import Amount, Brings, Change, Clock, Influence, Quantity, Rule
from sim.rules.link import Span, link
from sim.scenario.load import Scenario

ROOT = FLAGSHIP.parents[1]
AGREEMENT_RUNS, Z_LIMIT = 4000, 4.0
BLOCKS, BLOCK_RUNS = 9, 150
MOST_TIMES_PLAIN = 3.0
EVENTS_APART = 0.10
HORIZON = 1000.0

Row = tuple[str, str, str, str]


def main() -> int:
    """Assert, time, print; 1 where a target is missed."""
    scenario = flagship()
    rows, missed = [], 0
    for part in (agreement_rows, engine_rows, growth_rows):
        for row in part(scenario):
            rows.append(row)
            print(".", end="", file=sys.stderr, flush=True)
    rows += command_rows()
    print(file=sys.stderr)
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        missed += row[3].startswith("MISSED")
    return 1 if missed else 0


def judged(value: float, limit: float) -> str:
    """Whether a target is met."""
    return "met" if value <= limit else "MISSED"


# ------------------------------------------------------------------------------------------- engine and plain model


def agreement_rows(scenario: Scenario) -> Iterator[Row]:
    """Raises `AssertionError` where the two models differ: times of different models cannot be compared."""
    found = compare(scenario, AGREEMENT_RUNS)
    worst = found[0]
    if abs(worst.z) >= Z_LIMIT:
        raise AssertionError(f"{worst.name}: engine {worst.engine:.4f}, plain model {worst.plain:.4f}, z {worst.z:.1f}")
    answer = next(item for item in found if item.name == HIT)
    told = f"{100 * answer.engine:.1f} % and {100 * answer.plain:.1f} %, z {answer.z:+.1f}"
    yield "median world, odds by engine and plain model", told, f"|z| < {Z_LIMIT:g}", "met"
    yield f"worst of {len(found)} compared means", f"{worst.name}, z {worst.z:+.1f}", f"|z| < {Z_LIMIT:g}", "met"


def engine_rows(scenario: Scenario) -> Iterator[Row]:
    """Both models in turn, in small blocks, so that whatever else the machine does slows both."""
    engine, row = Reference(scenario.program, 1), median_row(scenario)
    rates = Rates(median_numbers(scenario))
    times: dict[str, list[float]] = {"engine": [], "plain": []}
    events = {"engine": 0, "plain": 0}
    for block in range(BLOCKS):
        runs = range(block * BLOCK_RUNS, (block + 1) * BLOCK_RUNS)
        started = time.process_time()
        events["engine"] += sum(engine.play(row, 0, replay).dues for replay in runs)
        between = time.process_time()
        events["plain"] += sum(play(rates, seed)[1] for seed in runs)
        times["engine"].append((between - started) / BLOCK_RUNS)
        times["plain"].append((time.process_time() - between) / BLOCK_RUNS)
    per_run = {model: statistics.median(blocks) for model, blocks in times.items()}
    each = {model: number / (BLOCKS * BLOCK_RUNS) for model, number in events.items()}
    for model, name in (("engine", "reference engine"), ("plain", "plain SimPy model")):
        told = f"{1e6 * per_run[model]:.0f} µs a run, {1e6 * per_run[model] / each[model]:.1f} µs an event"
        yield name, told, f"{each[model]:.1f} events a run", ""
    apart = abs(each["engine"] / each["plain"] - 1.0)
    yield "events, apart", f"{100 * apart:.1f} %", f"≤ {100 * EVENTS_APART:.0f} %", judged(apart, EVENTS_APART)
    ratio = statistics.median(a / b for a, b in zip(times["engine"], times["plain"], strict=True))
    yield "engine / plain, time a run", f"{ratio:.2f}", f"≤ {MOST_TIMES_PLAIN:g}", judged(ratio, MOST_TIMES_PLAIN)


# ------------------------------------------------------------------------------------------------ growth


def growth_rows(_: Scenario) -> Iterator[Row]:
    """Time a run as events or clocks double: the first should grow in step, the second only through what is coupled."""
    few = timed_clocks(1, 100.0)
    for events in (200.0, 400.0, 800.0):
        seconds = timed_clocks(1, events)
        yield (
            f"{events:.0f} events instead of 100, 1 clock",
            f"{seconds / few:.2f} × the time",
            f"{events / 100:g} ×",
            "",
        )
    alone = timed_clocks(1, 400.0)
    for clocks in (4, 16, 64):
        for coupled in (False, True):
            seconds = timed_clocks(clocks, 400.0, coupled=coupled)
            name = f"{clocks} clocks instead of 1, 400 events, {'each re-timed at each event' if coupled else 'apart'}"
            yield name, f"{seconds / alone:.2f} × the time", f"{clocks} ×" if coupled else "1 ×", ""


def timed_clocks(clocks: int, events: float, *, coupled: bool = False) -> float:
    """Seconds a run with this many clocks and this many events in all; coupled ones listen to a quantity all move."""
    brings = Brings(quantities=[Quantity("moved", 0.0)])
    rate = events / clocks / HORIZON
    for place in range(clocks):
        clock = Clock(rate, hears=("all",) if coupled else ())
        step = Change("add", "moved", Amount(base=1.0))
        brings.rules.append(Rule("events", "events", f"clock_{place:03d}", clock, (step,)))
    if coupled:
        # so weak that the number of events stays what it is, and not 0, so that each clock is re-timed
        brings.influences.append(Influence("all", "moved", 1e-9))
    program, problems = link(brings, Span(HORIZON, 0.0, HORIZON), ())
    if program is None:
        raise AssertionError(problems)
    numbers = [float(expression.number) for expression in program.expressions]  # type: ignore[attr-defined]
    engine = Reference(program, 1)
    blocks = []
    for block in range(5):
        started = time.process_time()
        for replay in range(4):
            engine.play(numbers, block, replay)
        blocks.append((time.process_time() - started) / 4)
    return statistics.median(blocks)


# ------------------------------------------------------------------------------------------------ commands


def command_rows() -> Iterator[Row]:
    """Medians of whole commands in fresh processes, their byte code cached as it is for users."""
    flag = str(FLAGSHIP)
    yield command("sim --help", ["--help"], 0.3, 9)
    yield command("sim check FLAGSHIP", ["check", flag], 0.5, 7)
    with tempfile.TemporaryDirectory() as out:
        number = iter(range(1, 100))
        quick: Callable[[], Sequence[str]] = lambda: ["run", flag, "--quick", "--out", f"{out}/{next(number)}"]  # noqa: E731
        yield command("sim run FLAGSHIP --quick", quick, 20.0, 3)


def command(name: str, arguments: Sequence[str] | Callable[[], Sequence[str]], target: float, times: int) -> Row:
    """Run a command several times, once more before to warm its caches. Raises `CalledProcessError` where it fails.

    The target is held against processor time: on a machine of one's own that is the time one waits.
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
    seconds = statistics.median(used[1:])
    told = f"{seconds:.2f} s of processor time, {statistics.median(waited[1:]):.2f} s waited"
    return name, told, f"< {target:g} s", judged(seconds, target)


if __name__ == "__main__":
    sys.exit(main())
