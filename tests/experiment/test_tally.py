"""A tally is what its runs add up to, however they are cut, ordered, merged, put on disk and taken up again."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.chance.worlds import draw_worlds
from sim.estimates import odds
from sim.experiment import fold as folding
from sim.experiment.fold import Census, Fold, calendar
from sim.experiment.tally import Tally
from sim.records.outcomes import FINISHED, Floats, Outcomes
from sim.scenario.load import Scenario, load
from sim.timeline import date_at

# It has everything that is tallied: kinds that are counted and others, states, flags, and dates that may be moved.
FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"
STATE, DATE = "intent.start", "exercises.sea_breeze.starts"
FIRST_WORLD = 40
INF = float("inf")


@cache
def scenario() -> Scenario:
    return load(FLAGSHIP).scenario


@cache
def drawn() -> dict[str, Floats]:
    values = draw_worlds(scenario().values, scenario().groups, 1, np.arange(64))
    return {path: item for path, item in values.items() if isinstance(item, np.ndarray)}


@dataclass(frozen=True)
class Runs:
    """Invented runs of consecutive worlds, and the values of these worlds."""

    worlds: range
    outcomes: Outcomes
    values: dict[str, Floats]


def invented(seed: int, worlds: int, replays: int, failing: float = 0.2, missing: float = 0.1) -> Runs:
    """Runs with onsets everywhere in the window, often at an edge of a day; worlds have unequal numbers of them."""
    rng, program = np.random.default_rng(seed), scenario().program
    kinds, n = len(program.kinds), worlds * replays
    failed = rng.random(n) < failing
    day = rng.uniform(program.opens, program.closes, n)
    day = np.where(rng.random(n) < 0.5, np.floor(day), day)
    hit = (rng.random(n) < 0.6) & ~failed
    columns: dict[str, Any] = {
        "world": np.repeat(np.arange(FIRST_WORLD, FIRST_WORLD + worlds), replays),
        "replay": np.tile(np.arange(replays), worlds),
        "status": np.where(failed, rng.integers(1, 7, n), FINISHED),
        "failed_at": np.where(failed, rng.integers(0, 200, n) / 8.0, INF),
        "first": np.where(hit, day, INF),
        "kind": np.where(hit, rng.choice(np.flatnonzero(program.kind_counted), n), -1),
        "root": np.where(hit, rng.integers(0, 3, n), -1),
        # the highest flag there can be: it does not fit into a signed number
        "flags": np.where(hit, rng.choice(np.array([0, 5, 2**63], dtype=np.uint64), n), np.uint64(0)),
        "onset": np.where((rng.random((n, kinds)) < 0.4) & ~failed[:, None], day[:, None], INF),
        "early": np.where((rng.random((n, kinds)) < 0.2) & ~failed[:, None], 3.0, INF),
        "running": (rng.random((n, kinds)) < 0.1) & ~failed[:, None],
        "dues": np.ones(n, dtype=np.int64),
    }
    keep = rng.random(n) >= missing
    values = {path: np.resize(numbers, worlds) for path, numbers in drawn().items()}
    values[STATE] = rng.integers(0, 3, worlds).astype(np.float64)
    values[DATE] = scenario().file.clock.starts.toordinal() + rng.integers(-2, 3, worlds).astype(np.float64)
    outcomes = Outcomes(**{name: column[keep] for name, column in columns.items()})
    return Runs(range(FIRST_WORLD, FIRST_WORLD + worlds), outcomes, values)


def rows(outcomes: Outcomes, keep: Any) -> Outcomes:
    return Outcomes(**{field.name: getattr(outcomes, field.name)[keep] for field in fields(Outcomes)})


def part(runs: Runs, worlds: range, order: Random | None = None, batches: int = 1) -> tuple[Fold, dict[str, Floats]]:
    """The fold of some worlds, whose rows are given in any order and several batches."""
    places = np.flatnonzero((runs.outcomes.world >= worlds.start) & (runs.outcomes.world < worlds.stop)).tolist()
    if order is not None:
        order.shuffle(places)
    fold = Fold(scenario(), worlds)
    for batch in np.array_split(np.array(places, dtype=np.int64), batches):
        fold.add(rows(runs.outcomes, batch))
    first = worlds.start - runs.worlds.start
    return fold, {path: numbers[first : first + len(worlds)] for path, numbers in runs.values.items()}


def tallied(runs: Runs) -> Tally:
    """All worlds in one part, all rows at once."""
    tally = Tally(scenario())
    tally.take(*part(runs, runs.worlds))
    return tally


# ------------------------------------------------------------------------------------------------ by hand, run by run

Run = dict[str, Any]


def finished(runs: Runs) -> list[Run]:
    names = [field.name for field in fields(Outcomes)]
    table = [getattr(runs.outcomes, name).tolist() for name in names]
    every = [dict(zip(names, row, strict=True)) for row in zip(*table, strict=True)]
    done = [run for run in every if run["status"] == FINISHED]
    for run in done:
        run["hit"] = run["first"] < INF
        run["date"] = date_at(scenario().file.clock.starts, run["first"]) if run["hit"] else None
    return done


def sums(runs: list[Run], counts: Callable[[Run], bool]) -> list[int]:
    """Worlds, Σx, Σn, Σx², Σxn, Σn² of a share of some runs."""
    x, n = Counter(run["world"] for run in runs if counts(run)), Counter(run["world"] for run in runs)
    return [
        len(n),
        sum(x.values()),
        sum(n.values()),
        sum(x[world] ** 2 for world in n),
        sum(x[world] * n[world] for world in n),
        sum(n[world] ** 2 for world in n),
    ]


def window() -> list[dt.date]:
    question = scenario().file.question
    return [question.opens + dt.timedelta(days=day) for day in range((question.closes - question.opens).days + 1)]


def by_hand(runs: Runs) -> dict[str, Any]:
    """Every share of the forecast, counted in plain Python from the rows and their calendar dates."""
    done, program, days = finished(runs), scenario().program, window()
    dates = [*days[:-1:7], days[-1]]
    months = sorted({(day.year, day.month) for day in days})
    starts = [min(day for day in days if (day.year, day.month) == month) for month in months]
    counted = np.flatnonzero(program.kind_counted).tolist()

    def running(run: Run) -> bool:
        return any(run["running"][kind] for kind in counted)

    def early(run: Run) -> bool:
        return any(run["early"][kind] < INF for kind in counted)

    def by(date: dt.date, *kinds: int) -> Callable[[Run], bool]:
        return lambda run: run["hit"] and run["date"] <= date and (not kinds or run["kind"] in kinds)

    shares: dict[str, list[Callable[[Run], bool]]] = {
        "first": [lambda run, kind=kind: run["kind"] == kind for kind in range(len(program.kinds))],
        "began": [lambda run, kind=kind: run["onset"][kind] < INF for kind in range(len(program.kinds))],
        "before": [running, early, lambda run: running(run) or run["hit"]],
        "months": [lambda run, m=m: run["hit"] and (run["date"].year, run["date"].month) == m for m in months],
        "dates": [by(date) for date in dates],
        **{f"dates {program.kinds[kind]}": [by(date, kind) for date in dates] for kind in counted},
    }
    roads = {(run["kind"], run["root"], run["flags"]) for run in done if run["hit"]}
    quiet = [[run for run in done if not run["hit"] or run["date"] >= start] for start in starts]
    hits, plays = Counter(run["world"] for run in done if run["hit"]), Counter(run["world"] for run in done)
    state = dict(zip(runs.worlds, runs.values[STATE].tolist(), strict=True))
    began = scenario().file.clock.starts.toordinal()
    failed = runs.outcomes.status != FINISHED
    return {
        "worlds": len(runs.worlds),
        "finished": sums(done, lambda run: run["hit"]),
        "failures": Counter(runs.outcomes.status[failed].tolist()),
        "failed_at": min(runs.outcomes.failed_at[failed].tolist(), default=INF),
        "pairs": Counter((hits[world], plays[world]) for world in plays),
        "shares": {name: [sums(done, each) for each in several] for name, several in shares.items()},
        "quiet": [sums(still, lambda run: run["hit"]) for still in quiet],
        "roads": {
            road: sums(done, lambda run, road=road: (run["kind"], run["root"], run["flags"]) == road) for road in roads
        },
        "states": [
            [
                sum(start == place for start in state.values()),
                *sums([run for run in done if state[run["world"]] == place], lambda run: run["hit"]),
            ]
            for place in range(3)
        ],
        "moved": sum(date < began for date in runs.values[DATE].tolist()),
    }


def as_lists(several: Sequence[odds.Totals]) -> list[list[int]]:
    return [[t.worlds, t.hits, t.plays, t.hits_squared, t.hits_plays, t.plays_squared] for t in several]


def told(tally: Tally) -> dict[str, Any]:
    """What a tally says, in the words of `by_hand`."""
    pairs, program = tally.pairs(), scenario().program
    names = ["first", "began", "before", "months", "dates"]
    counted = [kind for kind, yes in zip(program.kinds, program.kind_counted, strict=True) if yes]
    columns = (pairs.hits.tolist(), pairs.plays.tolist(), pairs.worlds.tolist())
    return {
        "worlds": tally.worlds,
        "finished": as_lists([tally.finished])[0],
        "failures": tally.failures,
        "failed_at": tally.failed_at,
        "pairs": Counter({(x, n): worlds for x, n, worlds in zip(*columns, strict=True)}),
        "shares": {name: as_lists(tally.shares(name)) for name in names}
        | {f"dates {kind}": as_lists(tally.dates_of(kind)) for kind in counted},
        "quiet": as_lists(tally.quiet),
        "roads": {road: as_lists([found])[0] for road, found in tally.roads().items()},
        "states": [[worlds, *as_lists([found])[0]] for worlds, found in tally.states[STATE]],
        "moved": tally.clamped[DATE],
    }


# ------------------------------------------------------------------------------------------------ truth

SHAPES = [(1, 1), (1, 9), (9, 1), (6, 4)]
seeds = st.integers(0, 10**6)
shapes = st.tuples(st.integers(1, 6), st.integers(1, 5))


@given(seeds, shapes)
def test_a_tally_is_what_its_runs_add_up_to(seed: int, shape: tuple[int, int]) -> None:
    runs = invented(seed, *shape)
    assert told(tallied(runs)) == by_hand(runs)


@pytest.mark.parametrize("shape", SHAPES)
def test_failed_runs_alone_and_no_failed_run(shape: tuple[int, int]) -> None:
    for failing in (0.0, 1.0):
        runs = invented(3, *shape, failing=failing, missing=0.0)
        tally = tallied(runs)
        assert told(tally) == by_hand(runs)
        assert tally.runs == len(runs.outcomes)
        assert tally.failed == failing * len(runs.outcomes)


def test_one_run_moved_is_seen() -> None:
    """The control: a day, a kind, a road or a world that is another makes the tally another."""
    runs = invented(5, 6, 4, failing=0.0)
    place = int(np.flatnonzero(np.isfinite(runs.outcomes.first))[0])
    program = scenario().program
    others = {
        "first": program.opens + (runs.outcomes.first[place] - program.opens + 31.0) % 180.0,
        "kind": program.kinds.index("other" if program.kinds[runs.outcomes.kind[place]] == "clash" else "clash"),
        "root": 7,
        "flags": 1,
        "world": runs.worlds.stop - 1,
        "status": 3,
    }
    for name, other in others.items():
        columns = {field.name: getattr(runs.outcomes, field.name).copy() for field in fields(Outcomes)}
        columns[name][place] = other
        changed = Runs(runs.worlds, Outcomes(**columns), runs.values)
        assert tallied(changed).state() != tallied(runs).state(), name
        assert told(tallied(changed)) != by_hand(runs), name


def test_squares_of_runs_taken_for_worlds_are_seen() -> None:
    """The control of errors by worlds: with each run in a world of its own the shares stay and the squares do not."""
    runs = invented(6, 4, 5, failing=0.0, missing=0.0)
    alone = rows(runs.outcomes, np.arange(20))
    alone.world[:] = np.arange(FIRST_WORLD, FIRST_WORLD + 20)
    values = {path: np.repeat(numbers, 5) for path, numbers in runs.values.items()}
    apart = tallied(Runs(range(FIRST_WORLD, FIRST_WORLD + 20), alone, values)).shares("dates")
    together = tallied(runs).shares("dates")
    assert [total.share for total in apart] == [total.share for total in together]
    assert apart[-1].hits_squared < together[-1].hits_squared


# ------------------------------------------------------------------------------------------------ laws


def cut(runs: Runs, random: Random) -> list[range]:
    """The worlds in portions of any size, in any order."""
    start, stop = runs.worlds.start, runs.worlds.stop
    places = [start, *sorted(random.choices(range(start, stop + 1), k=random.randint(0, 3))), stop]
    portions = [range(*ends) for ends in pairwise(places)]
    random.shuffle(portions)
    return portions


@given(seeds, shapes, st.randoms(use_true_random=False))
def test_cutting_order_merging_and_continuing_change_nothing(seed: int, shape: tuple[int, int], random: Random) -> None:
    runs = invented(seed, *shape)
    tallies = [Tally(scenario()), Tally(scenario())]
    for worlds in cut(runs, random):
        chosen = random.randrange(2)
        tallies[chosen].take(*part(runs, worlds, random, random.randint(1, 4)))
        # as after a kill: all that is left is the text
        text = json.dumps(tallies[chosen].state())
        tallies[chosen] = Tally.restore(scenario(), json.loads(text))
        assert json.dumps(tallies[chosen].state()) == text
    tallies[1].merge(tallies[0])
    assert json.dumps(tallies[1].state()) == json.dumps(tallied(runs).state())


def test_merging_leaves_the_other_tally_alone() -> None:
    one, other = tallied(invented(1, 3, 3)), tallied(invented(2, 3, 3))
    before = json.dumps(other.state())
    one.merge(other)
    one.merge(other)
    assert json.dumps(other.state()) == before


@given(st.lists(st.lists(st.integers(0, 30), max_size=40), max_size=12))
def test_a_census_counts_whatever_waits(portions: list[list[int]]) -> None:
    expected = sorted(Counter(key for keys in portions for key in keys).items())
    with pytest.MonkeyPatch.context() as patch:
        for waiting in (0, 20, 10**6):
            patch.setattr(folding, "MERGED_AT", waiting)
            census = Census()
            for keys in portions:
                census.add(np.array(keys, dtype=np.int64))
            keys, times = census.seen()
            assert list(zip(keys.tolist(), times.tolist(), strict=True)) == expected


@pytest.mark.parametrize("keys", [[], [3], list(range(50))])
def test_little_waits_in_a_census_however_much_was_added(keys: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "MERGED_AT", 1000)
    census, most = Census(), 0
    for _ in range(300):
        census.add(np.array(keys, dtype=np.int64))
        most = max(most, len(census._waiting))
    assert 1 < most <= 1000 // folding.BATCH_COSTS
    assert census.seen()[1].tolist() == [300] * len(keys)


def test_hits_and_plays_are_those_of_the_worlds() -> None:
    runs = invented(4, 5, 6)
    done = runs.outcomes.status == FINISHED
    fold, _ = part(runs, runs.worlds, Random(1), 3)
    hit = np.isfinite(runs.outcomes.first)
    for place, world in enumerate(runs.worlds):
        here = done & (runs.outcomes.world == world)
        assert (fold.hits[place], fold.plays[place]) == (np.count_nonzero(here & hit), np.count_nonzero(here))


@pytest.mark.parametrize("worlds", [range(FIRST_WORLD + 1, FIRST_WORLD + 6), range(FIRST_WORLD, FIRST_WORLD + 4)])
def test_runs_of_other_worlds_are_refused(worlds: range) -> None:
    with pytest.raises(ValueError, match="runs of worlds outside"):
        Fold(scenario(), worlds).add(invented(4, 5, 6, missing=0.0).outcomes)


def test_values_of_other_worlds_are_refused() -> None:
    runs = invented(4, 5, 6)
    fold, values = part(runs, runs.worlds)
    with pytest.raises(ValueError, match="values of 4 worlds for a part of 5"):
        Tally(scenario()).take(fold, {path: numbers[:4] for path, numbers in values.items()})


def test_a_state_of_another_scenario_is_refused() -> None:
    teaching = load(FLAGSHIP.parent / "teaching" / "one_hazard.yaml").scenario
    with pytest.raises(ValueError, match="a tally of another scenario: its shares differ"):
        Tally.restore(scenario(), Tally(teaching).state())
    with pytest.raises(ValueError, match="a tally of another scenario: its quiet differ"):
        Tally.restore(scenario(), tallied(invented(1, 2, 2)).state() | {"quiet": []})


# ------------------------------------------------------------------------------------------------ memory


def numbers_in(state: Any) -> int:
    if isinstance(state, dict):
        return sum(numbers_in(item) for item in state.values())
    return sum(numbers_in(item) for item in state) if isinstance(state, list) else 1


@pytest.mark.parametrize(("few", "many"), [((400, 2), (40_000, 2)), ((2, 400), (2, 40_000)), ((400, 1), (80_000, 1))])
def test_a_tally_of_a_hundred_times_the_runs_is_as_large(few: tuple[int, int], many: tuple[int, int]) -> None:
    """Once every road was gone and every pair of hits and plays was seen, only digits are added."""
    small, large = (tallied(invented(8, *shape)).state() for shape in (few, many))
    assert numbers_in(large) == numbers_in(small)
    assert len(json.dumps(large)) < 3 * len(json.dumps(small))
    assert large["finished"][2] > 50 * small["finished"][2]


def test_a_fold_of_one_world_does_not_grow_with_its_replays() -> None:
    fold, seen = Fold(scenario(), range(FIRST_WORLD, FIRST_WORLD + 1)), []
    for seed in range(12):
        fold.add(invented(seed, 1, 4000).outcomes)
        seen.append(sum(len(census.seen()[0]) for census in (fold._onsets, fold._by_road)))
    # 4 kinds that are counted between the edges of the calendar, and the 36 roads that were invented
    asked = calendar(scenario())
    assert seen[-1] <= 4 * (len(asked.dates) + len(asked.months)) + 36
    assert seen[-1] == seen[4]
    assert int(fold.plays[0]) > 30_000


# ------------------------------------------------------------------------------------------------ very many replays


def test_whole_numbers_beyond_64_bits_are_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tallied(invented(9, 6, 5)).state()
    monkeypatch.setattr(odds, "MOST_RUNS_IN_64_BITS", 0)
    exact = tallied(invented(9, 6, 5))
    assert exact.state() == plain
    assert all(type(number) is int for number in [*exact.state()["shares"]["dates"][1], *exact.state()["quiet"][0]])
