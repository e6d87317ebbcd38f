"""How fast the compiled engine is, and against what: `python -m benchmarks.engine`, from the project's root.

Everybody plays the flagship's median world, and times mean something only if the answers agree. So that comes first:
SimPy engine and compiled engine bit for bit, the models written by hand within Monte-Carlo error (and what a tick of a
day costs), the floor against plain Python. Then all are timed in turn, round after round, on one thread. On a machine
that others use too, only the ratios mean something; their quartiles say how much.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks import daily_tick, floor, plain_simpy
from benchmarks.agreement import (
    FLAGSHIP,
    HIT,
    Compared,
    Engine,
    daily_allowance,
    differences,
    engine_means,
    flagship,
    median_row,
    model_means,
    unequal_columns,
)
from benchmarks.plain_numbers import median_numbers
from benchmarks.plain_rates import Rates
from benchmarks.timing import Contender, Play, Ratio, Timed, judged, paired, print_table, side_by_side, undisturbed
from sim.engines.compiled import Compiled
from sim.engines.reference import Reference
from sim.experiment.run import world_values
from sim.records.outcomes import Floats
from sim.scenario.load import Scenario, load

SEED = 1
EQUAL_WORLDS, EQUAL_REPLAYS = 100, 3
AGREEMENT_RUNS, ENGINE_RUNS = 4000, 20_000
# A hundred means are compared: luck alone takes one of them beyond this once in 160 such comparisons.
Z_LIMIT = 4.0
ROUNDS, SECONDS = 9, 0.25
TEACHING_ROUNDS, TEACHING_SECONDS = 5, 0.1
THREAD_RUNS, THREAD_FLOOR_EVENTS = 16_384, 8_000_000
MOST_WORLDS = 8192

EVENT_DRIVEN, DAILY, FLOOR, THREADS = 500.0, 150.0, 4.0, 1.8
MOST_TIMES_PLAIN, EVENTS_APART = 3.0, 0.10

COMPILED, REFERENCE, PLAIN, TICK = "compiled", "(a) SimPy engine", "(b) plain SimPy", "(c) daily tick"
RACE, RAIN = "(d) floor", "(d) floor, events unconnected"

Row = tuple[str, str, str, str]


def main() -> int:
    """Assert, time, print; 1 where a target is missed."""
    scenario = flagship()
    compiled, reference = Compiled(scenario.program, SEED), Reference(scenario.program, SEED)
    print("The flagship's median world: do all say the same?\n")
    print_table([("", "engine", "other", ""), *agreement_rows(scenario, compiled, reference)])
    print("\nTimes on one thread, in turn\n")
    timed = {item.name: item for item in side_by_side(contenders(scenario, compiled, reference), ROUNDS, SECONDS)}
    print_table([("", "runs/s", "µs a run", "events a run", "ns an event", ""), *time_rows(timed.values())])
    judgements = [*target_rows(timed), threads_row(scenario, compiled)]
    print("\nRatios, medians and quartiles over rounds\n")
    print_table([("", "measured", "target", ""), *judgements])
    print("\nTeaching scenarios, drawn worlds, 1 replay; equal to the bit first\n")
    head = ("", "events a run", "compiled, ns an event", "µs a run", "SimPy engine / compiled")
    print_table([head, *teaching_rows(FLAGSHIP.parent / "teaching")])
    return 1 if any(row[-1].startswith("MISSED") for row in judgements) else 0


# ------------------------------------------------------------------------------------------------ agreement


def agreement_rows(scenario: Scenario, compiled: Engine, reference: Engine) -> Iterator[Row]:
    """Raises `AssertionError` where two models differ: times of different models cannot be compared."""
    row = median_row(scenario)
    runs = 0
    for numbers in (rows_of(row, EQUAL_WORLDS), drawn_rows(scenario, EQUAL_WORLDS)):
        runs += insist_equal(compiled, reference, numbers, EQUAL_REPLAYS)
    yield "compiled and SimPy engine", f"{runs} runs", "half in drawn worlds", "equal to the bit"
    rates, seeds = Rates(median_numbers(scenario)), range(AGREEMENT_RUNS)
    ours = engine_means(compiled, scenario.program, row, ENGINE_RUNS)
    plain = differences(ours, model_means(lambda seed: plain_simpy.Theatre(rates, seed), seeds))
    yield from compared_rows(PLAIN, plain)
    theirs = model_means(lambda seed: daily_tick.DailyTheatre(rates, seed), seeds)
    yield from compared_rows(TICK, differences(ours, theirs, daily_allowance))
    clocks = floor.clocks_of(scenario.program)
    floor.verify(floor.mean_waits(clocks))
    yield f"{RACE}, {clocks} clocks", "", "", "draws equal to the bit, sums to 1e-12"


def compared_rows(name: str, found: Sequence[Compared]) -> Iterator[Row]:
    """The answer, and the mean that is furthest off. Raises `AssertionError` if that is too far."""
    worst = found[0]
    answer = next(item for item in found if item.name == HIT)
    for label, item in (("odds", answer), (f"worst of {len(found)} means, {worst.name}", worst)):
        allowed = f", {item.allowed:.2g} allowed" if item.allowed else ""
        told = f"{item.plain - item.engine:+.3f}{allowed}, z {item.z:+.1f}"
        yield f"{name}: {label}", f"{item.engine:.4f}", f"{item.plain:.4f}", told
    if abs(worst.z) >= Z_LIMIT:
        raise AssertionError(f"{name}, {worst.name}: {worst.engine:.4f} and {worst.plain:.4f}, z {worst.z:.1f}")


def insist_equal(one: Engine, other: Engine, numbers: Floats, replays: int) -> int:
    """How many runs were equal in every bit of their rows. Raises `AssertionError` if one was not."""
    asked = (range(len(numbers)), range(replays), numbers)
    unequal = unequal_columns(one.play_batch(*asked), other.play_batch(*asked))
    if unequal:
        raise AssertionError(f"the engines differ in {', '.join(unequal)}")
    return len(numbers) * replays


def rows_of(row: Sequence[float], worlds: int) -> Floats:
    """The same world, so many times."""
    return np.tile(np.array(row, dtype=np.float64), (worlds, 1))


def drawn_rows(scenario: Scenario, worlds: int) -> Floats:
    """The first worlds of the scenario as it is."""
    return world_values(scenario, SEED, np.arange(worlds, dtype=np.int64))[1]


# ------------------------------------------------------------------------------------------------ times


def contenders(scenario: Scenario, compiled: Engine, reference: Engine) -> list[Contender]:
    """Everybody, the compiled engine in four forms."""
    row = median_row(scenario)
    rates = Rates(median_numbers(scenario))
    days = floor.mean_waits(floor.clocks_of(scenario.program))
    median, drawn = rows_of(row, MOST_WORLDS), drawn_rows(scenario, MOST_WORLDS)

    def plain(first: int, runs: int) -> int:
        return sum(plain_simpy.play(rates, seed)[1] for seed in range(first, first + runs))

    def daily(first: int, runs: int) -> int:
        return sum(daily_tick.play(rates, seed)[1] for seed in range(first, first + runs))

    def race(first: int, events: int) -> int:
        floor.race(first, events, days)
        return events

    def rain(first: int, events: int) -> int:
        floor.rain(first, events, days)
        return events

    return [
        Contender(COMPILED, batches(compiled, median, 1)),
        Contender(REFERENCE, batches(reference, median, 1)),
        Contender(PLAIN, plain),
        Contender(TICK, daily),
        Contender(RACE, race),
        Contender(RAIN, rain),
        Contender("compiled, 8 replays a world", batches(compiled, median, 8)),
        Contender("compiled, drawn worlds", batches(compiled, drawn, 1)),
        Contender("compiled, drawn worlds, 8 replays", batches(compiled, drawn, 8)),
    ]


def batches(engine: Engine, numbers: Floats, replays: int) -> Play:
    """Plays runs in as many worlds as they need; what is left of the last world is played too, and shared out."""

    def play(first: int, runs: int) -> int:
        events, left = 0, -(-runs // replays)
        world = first // replays
        while left:
            worlds = min(left, len(numbers))
            outcomes = engine.play_batch(range(world, world + worlds), range(replays), numbers[:worlds])
            events += int(outcomes.dues.sum())
            world, left = world + worlds, left - worlds
        return round(events * runs / (-(-runs // replays) * replays))

    return play


def time_rows(timed: Iterable[Timed]) -> Iterator[tuple[str, ...]]:
    """One row a contender. The floor has events only."""
    for item in timed:
        nanoseconds = f"{1e9 * item.per_event:,.0f}"
        if item.name in (RACE, RAIN):
            yield item.name, "", "", "", nanoseconds, ""
            continue
        yield (
            item.name,
            f"{1.0 / item.per_run:,.0f}",
            f"{1e6 * item.per_run:,.1f}",
            f"{item.events:.1f}",
            nanoseconds,
            "",
        )


def target_rows(timed: dict[str, Timed]) -> Iterator[Row]:
    """Ratios of one run of this script, and whether they are what was promised."""
    compiled = timed[COMPILED]
    # what no engine can beat: as many events, each at the cost of the floor
    least = compiled.events * timed[RACE].per_event
    for name, target in ((REFERENCE, EVENT_DRIVEN), (PLAIN, EVENT_DRIVEN), (TICK, DAILY)):
        ratio = paired(timed[name].seconds, compiled.seconds)
        told = f"{judged(ratio.median >= target)}; {timed[name].per_run / least:.0f} × at the floor itself"
        yield f"{name} / compiled, a run", str(ratio), f"≥ {target:g} ×", told
    for name in (RACE, RAIN):
        ratio = paired(compiled.by_event(), timed[name].by_event())
        yield f"compiled / {name}, an event", str(ratio), f"≤ {FLOOR:g} ×", judged(ratio.median <= FLOOR)
    ratio = paired(timed[REFERENCE].seconds, timed[PLAIN].seconds)
    reached = ratio.median <= MOST_TIMES_PLAIN
    yield f"{REFERENCE} / {PLAIN}, a run", str(ratio), f"≤ {MOST_TIMES_PLAIN:g} ×", judged(reached)
    apart = abs(timed[REFERENCE].events / timed[PLAIN].events - 1.0)
    told = f"{100.0 * apart:.1f} %"
    yield f"{REFERENCE}, {PLAIN}: events apart", told, f"≤ {100.0 * EVENTS_APART:g} %", judged(apart <= EVENTS_APART)


def threads_row(scenario: Scenario, compiled: Engine) -> Row:
    """Two threads on one engine, by the clock on the wall, and beside it what two threads of the floor are given.

    The floor shares nothing between threads: where it is not twice as fast either, somebody else has a processor.
    """
    numbers, replays = drawn_rows(scenario, MOST_WORLDS), range(THREAD_RUNS // MOST_WORLDS)
    days = floor.mean_waits(floor.clocks_of(scenario.program))

    def engine(place: int) -> None:
        compiled.play_batch(range(place * MOST_WORLDS, (place + 1) * MOST_WORLDS), replays, numbers)

    def bare(place: int) -> None:
        floor.race(place, THREAD_FLOOR_EVENTS, days)

    ours, free = two_threads([engine, bare])
    told = f"{judged(ours.median >= THREADS)}; the floor at the same time {free}"
    return "one thread / two threads, wall clock", str(ours), f"≥ {THREADS:g} ×", told


def two_threads(plays: Sequence[Callable[[int], None]]) -> list[Ratio]:
    """How many times as fast two threads do parts 0 and 1 of each task as one thread does; tasks take turns."""
    alone: list[list[float]] = [[] for _ in plays]
    together: list[list[float]] = [[] for _ in plays]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(ROUNDS):
            for play, single, double in zip(plays, alone, together, strict=True):
                with undisturbed():
                    started = time.perf_counter()
                    for place in (0, 1):
                        play(place)
                    between = time.perf_counter()
                    list(pool.map(play, (0, 1)))
                    single.append(between - started)
                    double.append(time.perf_counter() - between)
    return [paired(single, double) for single, double in zip(alone, together, strict=True)]


# ------------------------------------------------------------------------------------------------ small scenarios


def teaching_rows(folder: Path) -> Iterator[tuple[str, ...]]:
    """The two engines on scenarios of a few rules: what is left is the cost of a run itself."""
    for path in sorted(folder.glob("*.yaml")):
        scenario = load(path).scenario
        compiled, reference = Compiled(scenario.program, SEED), Reference(scenario.program, SEED)
        numbers = drawn_rows(scenario, MOST_WORLDS)
        insist_equal(compiled, reference, numbers[:EQUAL_WORLDS], EQUAL_REPLAYS)
        pair = [
            Contender(COMPILED, batches(compiled, numbers, 1)),
            Contender(REFERENCE, batches(reference, numbers, 1)),
        ]
        ours, theirs = side_by_side(pair, TEACHING_ROUNDS, TEACHING_SECONDS)
        each = f"{1e9 * ours.per_event:,.0f}" if ours.events else ""
        ratio = paired(theirs.seconds, ours.seconds)
        yield path.stem, f"{ours.events:.2f}", each, f"{1e6 * ours.per_run:,.2f}", str(ratio)


if __name__ == "__main__":
    sys.exit(main())
