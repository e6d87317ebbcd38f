"""How the cost of playing grows: `python -m benchmarks.growth [--out PNG] [--engine compiled|simpy]`.

With runs and with events a run it must grow in step: slopes of 1 in a log-log plot, within a tenth. With clocks, with
rules and with threads it is shown. One small panel each in one figure, the measured numbers in a table beside it.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import exp, log
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullFormatter

from benchmarks.agreement import FLAGSHIP, Engine, flagship, median_row
from benchmarks.programs import clocks_program, dated_program, only_row
from benchmarks.timing import judged, print_table, undisturbed
from sim.engines.reference import Reference
from sim.records.outcomes import Floats
from sim.report import style
from sim.rules.program import Program

OUT = FLAGSHIP.parents[1] / "outputs" / "benchmarks" / "growth.png"
SEED = 1
STEEPEST, FLATTEST = 1.1, 0.9
LEAST_SECONDS, MOST_TIMES = 0.1, 4096
ROUNDS = 5
BATCH = 4096

MakeEngine = Callable[[Program], Engine]


@dataclass(frozen=True)
class Curve:
    """Seconds by size. `slope` is fitted to the logarithms; a `linear` one must have 1, within a tenth."""

    title: str
    of: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    linear: bool = False

    @property
    def slope(self) -> float:
        """The power of its size that the cost grows with: least squares over the logarithms."""
        x, y = np.log(self.sizes), np.log(self.seconds)
        return float(np.polyfit(x, y, 1)[0])

    @property
    def last_step(self) -> float:
        """The slope between the last two points: where it is much above the fitted one, worse is to come."""
        (x, y), (further, more) = zip(np.log(self.sizes[-2:]), np.log(self.seconds[-2:]), strict=True)
        return float((more - y) / (further - x))

    @property
    def reached(self) -> bool:
        """Whether it is as steep as it must be."""
        return not self.linear or FLATTEST <= self.slope <= STEEPEST


@dataclass(frozen=True)
class Case:
    """What is played to measure one point: so many worlds of the same numbers, one replay each."""

    engine: Engine
    numbers: Floats

    def play(self, first: int = 0) -> int:
        """Play all worlds; says how many events there were."""
        worlds = range(first, first + len(self.numbers))
        return int(self.engine.play_batch(worlds, range(1), self.numbers).dues.sum())


def main() -> int:
    """Measure, draw, print; 1 where the cost is not linear in what it must be linear in."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="where the figure goes; a .csv goes beside it")
    parser.add_argument("--engine", choices=("compiled", "simpy"), default="compiled")
    options = parser.parse_args()
    curves = measured(maker(options.engine), quick=options.engine == "simpy")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_table(curves, options.out.with_suffix(".csv"))
    draw(curves, options.engine, options.out)
    rows = [("time grows with", "from", "to", "slope", "last step", "")]
    for curve in curves:
        target = judged(curve.reached) if curve.linear else ""
        rows.append(
            (
                curve.title,
                f"{curve.sizes[0]:,}",
                f"{curve.sizes[-1]:,}",
                f"{curve.slope:.3f}",
                f"{curve.last_step:.3f}",
                target,
            )
        )
    print_table(rows)
    print(f"\n{options.out}")
    return 0 if all(curve.reached for curve in curves) else 1


def maker(name: str) -> MakeEngine:
    """How an engine of this name is made."""
    if name == "simpy":
        return lambda program: Reference(program, SEED)
    from sim.engines.compiled import Compiled  # slow to load, and not needed for the other engine

    return lambda program: Compiled(program, SEED)


# ------------------------------------------------------------------------------------------------ what is measured


def measured(make: MakeEngine, *, quick: bool) -> list[Curve]:
    """All curves; quick ones, for an engine a thousand times as slow, end earlier."""
    top = 3 if quick else 6
    runs = tuple(10**power for power in range(top - 3, top + 1))
    events = (30, 100, 300, 1000, 3000, *(() if quick else (10_000, 30_000)))
    clocks = (1, 2, 4, 8, 16, 32, 64)
    rules = (1, 4, 16, 64, 256, *(() if quick else (1024,)))
    return [
        Curve("runs", "flagship, median world", runs, by_runs(make, runs), linear=True),
        Curve("events a run", "1 clock", events, by_program(make, [clocks_program(1, n) for n in events]), linear=True),
        Curve(
            "clocks, apart", "1000 events in all", clocks, by_program(make, [clocks_program(n, 1000.0) for n in clocks])
        ),
        Curve(
            "clocks, coupled",
            "1000 events, each re-times all",
            clocks,
            by_program(make, [clocks_program(n, 1000.0, coupled=True) for n in clocks]),
        ),
        Curve("rules", "each due once", rules, by_program(make, [dated_program(n) for n in rules])),
        Curve("threads", "flagship, wall clock", (1, 2), by_threads(make, 400 if quick else 65_536)),
    ]


def by_runs(make: MakeEngine, sizes: Sequence[int]) -> tuple[float, ...]:
    """Seconds for so many runs of the flagship's median world, in batches as `sim run` plays them."""
    scenario = flagship()
    engine, numbers = make(scenario.program), np.tile(np.array(median_row(scenario)), (BATCH, 1))

    def play(runs: int) -> None:
        for first in range(0, runs, BATCH):
            Case(engine, numbers[: runs - first]).play(first)

    play(1)
    rounds = [ROUNDS] * (len(sizes) - 1) + [1]
    return tuple(
        min(processor_seconds(partial(play, size)) for _ in range(times))
        for size, times in zip(sizes, rounds, strict=True)
    )


def by_program(make: MakeEngine, programs: Sequence[Program]) -> tuple[float, ...]:
    """Seconds a run of each of these Programs, in turn; the least of several rounds, since others only add to it."""
    cases = [sized(make(program), only_row(program)) for program in programs]
    rounds = [[processor_seconds(case.play) / len(case.numbers) for case in cases] for _ in range(ROUNDS)]
    return tuple(min(times) for times in zip(*rounds, strict=True))


def by_threads(make: MakeEngine, runs: int) -> tuple[float, ...]:
    """Seconds for the same runs in 1 and in 2 threads."""
    scenario = flagship()
    cases = [Case(make(scenario.program), np.tile(np.array(median_row(scenario)), (runs // 8, 1)))] * 8
    cases[0].play()
    best = []
    for threads in (1, 2):
        with ThreadPoolExecutor(threads) as pool:
            times = []
            for _ in range(ROUNDS):
                with undisturbed():
                    started = time.perf_counter()
                    list(pool.map(Case.play, cases))
                    times.append(time.perf_counter() - started)
            best.append(min(times))
    return tuple(best)


def sized(engine: Engine, row: Floats) -> Case:
    """As many worlds as take a tenth of a second."""
    Case(engine, row).play()
    worlds = 1
    while worlds < MOST_TIMES and processor_seconds(Case(engine, np.repeat(row, worlds, axis=0)).play) < LEAST_SECONDS:
        worlds *= 2
    return Case(engine, np.repeat(row, worlds, axis=0))


def processor_seconds(play: Callable[[], object]) -> float:
    """What a call costs this process."""
    with undisturbed():
        started = time.process_time()
        play()
        return time.process_time() - started


# ------------------------------------------------------------------------------------------------ what is shown


def write_table(curves: Sequence[Curve], path: Path) -> None:
    """One line a point."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("curve", "of", "size", "seconds", "slope"))
        for curve in curves:
            for size, seconds in zip(curve.sizes, curve.seconds, strict=True):
                writer.writerow((curve.title, curve.of, size, f"{seconds:.6g}", f"{curve.slope:.4f}"))


def draw(curves: Sequence[Curve], engine: str, path: Path) -> None:
    """A small panel a curve: the points, and the line that was fitted to them."""
    names = {"compiled": "compiled engine", "simpy": "SimPy engine"}
    with style.house():
        figure = Figure(figsize=(style.WIDTH, 6.4), layout="constrained")
        figure.suptitle(
            f"How the time of the {names[engine]} grows", x=0.01, ha="left", fontsize=style.TITLE_SIZE, weight="bold"
        )
        for axes, curve in zip(figure.subplots(2, 3).flat, curves, strict=True):
            _panel(axes, curve)
        figure.savefig(path, dpi=style.DPI)


def _panel(axes: Axes, curve: Curve) -> None:
    sizes = np.array(curve.sizes, dtype=np.float64)
    middle = exp(sum(log(second) for second in curve.seconds) / len(curve.seconds))
    fitted = middle * (sizes / exp(float(np.mean(np.log(sizes))))) ** curve.slope
    axes.set_xscale("log")
    axes.set_yscale("log")
    # tick labels in plain text: the house style does not typeset mathematics
    axes.yaxis.set_major_formatter(EngFormatter("s", places=0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}".replace(",", " ")))
    axes.xaxis.set_major_locator(LogLocator(numticks=5))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.plot(sizes, fitted, color=style.FAINT, linewidth=1.0)
    axes.plot(sizes, curve.seconds, "o", color=style.BLUE, markersize=4.5)
    low, high = min(curve.seconds), max(curve.seconds)
    # flat curves get two decades, or noise would fill the panel
    room, centre = max(30.0, high / low) ** 0.5 * 1.6, (low * high) ** 0.5
    axes.set_ylim(centre / room, centre * room)
    axes.set_title(f"{curve.title} ({curve.of})", loc="left", fontsize=style.LABEL_SIZE)
    if len(curve.sizes) == 2:
        axes.set_xticks(curve.sizes)
        axes.tick_params(axis="x", which="minor", length=0)
        note = f"{curve.seconds[0] / curve.seconds[1]:.2f} × as fast"
    else:
        note = f"slope {curve.slope:.2f}, last step {curve.last_step:.2f}"
    axes.text(0.04, 0.93, note, transform=axes.transAxes, va="top", color=style.MUTED, fontsize=style.LABEL_SIZE)
    axes.set_ylabel("seconds" if curve.title in ("runs", "threads") else "seconds a run", fontsize=style.SMALL_SIZE)


if __name__ == "__main__":
    sys.exit(main())
