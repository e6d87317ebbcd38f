"""The laws of `docs/semantics.md`, section 5, on the flagship: what must not change a single bit, and what may."""

from __future__ import annotations

import random
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from sim.engines.reference import Reference
from sim.experiment.engines import make_engine
from sim.experiment.executors import Alone, Batch, hire
from sim.experiment.plan import Design, cut
from sim.experiment.run import play_rows, world_values
from sim.records.outcomes import Outcomes, concatenate
from sim.records.story import Story
from sim.scenario.load import Scenario, load

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"
WORLDS, REPLAYS, SEED = 20, 2, 5


def same(one: Outcomes, other: Outcomes) -> bool:
    """Every column agrees in every bit."""
    return all(getattr(one, f.name).tobytes() == getattr(other, f.name).tobytes() for f in fields(Outcomes))


def rows(outcomes: Outcomes, keep: np.ndarray) -> Outcomes:
    return Outcomes(**{f.name: getattr(outcomes, f.name)[keep] for f in fields(Outcomes)})


def scenario(path: Path = FLAGSHIP, *settings: str) -> Scenario:
    return load(path, settings).scenario


def outcomes(of: Scenario, worlds: int = WORLDS, replays: int = REPLAYS) -> Outcomes:
    return play_rows(of, Design(worlds, replays, SEED)).outcomes


def story(of: Scenario, world: int, replay: int) -> list[tuple[float, str, str]]:
    """Every due of one run: time, rule, what became of it."""
    _, numbers = world_values(of, SEED, np.array([world]))
    told = Story()
    Reference(of.program, SEED).play(numbers[0].tolist(), world, replay, story=told)
    return [(due.time, of.program.rules[due.rank], due.outcome) for due in told.dues]


@pytest.fixture(scope="module")
def flagship() -> Scenario:
    return scenario()


@pytest.fixture(scope="module")
def played(flagship: Scenario) -> Outcomes:
    return outcomes(flagship)


def test_the_same_question_gives_the_same_bytes(flagship: Scenario, played: Outcomes) -> None:
    assert same(outcomes(flagship), played)


def test_another_seed_gives_other_runs(flagship: Scenario, played: Outcomes) -> None:
    other = play_rows(flagship, Design(WORLDS, REPLAYS, SEED + 1)).outcomes
    assert not same(other, played)


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_workers_batches_and_engines_change_nothing(flagship: Scenario, played: Outcomes, engine: str) -> None:
    _, numbers = world_values(flagship, SEED, np.arange(WORLDS))
    for size in (1, 7):
        alone = Alone(make_engine(engine, flagship.program, SEED))
        pieces = [Batch(w, range(REPLAYS), numbers[w.start : w.stop]) for w in cut(range(WORLDS), size)]
        assert same(concatenate([outcomes for _, outcomes in alone.play(pieces)]), played)
    with hire(engine, flagship.program, SEED, 2, 10**6) as workers:
        assert not isinstance(workers, Alone)
        halves = [Batch(w, range(REPLAYS), numbers[w.start : w.stop]) for w in cut(range(WORLDS), 10)]
        assert same(concatenate([outcomes for _, outcomes in workers.play(halves)]), played)


def test_the_order_of_blocks_and_keys_changes_nothing(tmp_path: Path, flagship: Scenario, played: Outcomes) -> None:
    from sim.scenario.write import to_yaml

    shuffle = random.Random(7)

    def shuffled(item: object) -> object:
        if isinstance(item, dict):
            keys = list(item)
            shuffle.shuffle(keys)
            return {key: shuffled(item[key]) for key in keys}
        return [shuffled(part) for part in item] if isinstance(item, list) else item

    path = tmp_path / "spring-2021.yaml"
    mixed = shuffled(flagship.resolved)
    assert isinstance(mixed, dict)
    path.write_text(to_yaml(mixed), encoding="utf-8")
    again = scenario(path)
    assert again.sha256 == flagship.sha256
    assert again.program.digest() == flagship.program.digest()
    assert same(outcomes(again), played)


def test_a_block_that_touches_nothing_changes_no_time_of_any_other_rule(flagship: Scenario) -> None:
    idle = scenario(
        FLAGSHIP,
        "exercises.idle={side: nobody, starts: 2021-08-01, lasts: 9, orders: 1, incidents: {donbas: 1}}",
        "incidents.elsewhere={rate: {per_month: 3}}",
        "quantities.unrelated={start: 3 to 5}",
    )
    ours = set(flagship.program.rules)
    extra = 0
    for world in range(6):
        told = story(idle, world, 1)
        extra += sum(rule not in ours for _, rule, _ in told)
        assert [entry for entry in told if entry[1] in ours] == story(flagship, world, 1)
    assert extra > 0


def test_a_block_that_touches_something_is_felt(flagship: Scenario) -> None:
    """The control: the same exercise with a multiplier changes times."""
    felt = scenario(FLAGSHIP, "exercises.idle={side: nobody, starts: 2021-05-01, lasts: 99, orders: 9}")
    assert any(
        [entry for entry in story(felt, world, 1) if not entry[1].startswith("exercises.idle")]
        != story(flagship, world, 1)
        for world in range(6)
    )


def test_a_run_alone_is_the_run_in_its_batch(flagship: Scenario, played: Outcomes) -> None:
    for row in (0, 7, 2 * WORLDS - 1):
        world, replay = int(played.world[row]), int(played.replay[row])
        _, numbers = world_values(flagship, SEED, np.array([world]))
        alone = Reference(flagship.program, SEED).play(numbers[0].tolist(), world, replay)
        assert (alone.first, alone.kind, alone.dues) == (played.first[row], played.kind[row], played.dues[row])


def test_more_worlds_or_replays_leave_a_prefix_unchanged(flagship: Scenario, played: Outcomes) -> None:
    wider = outcomes(flagship, WORLDS + 5)
    assert same(rows(wider, wider.world < WORLDS), played)
    deeper = outcomes(flagship, WORLDS, REPLAYS + 2)
    assert same(rows(deeper, deeper.replay < REPLAYS), played)


def test_ending_later_leaves_everything_before_unchanged(flagship: Scenario) -> None:
    longer = scenario(FLAGSHIP, "clock.ends=2022-06-30")
    end = flagship.program.horizon
    for world in range(5):
        told = story(longer, world, 0)
        assert [entry for entry in told if entry[0] < end] == story(flagship, world, 0)
        assert told[-1][0] > end


def test_evidence_outside_views_and_resolution_are_not_seen(flagship: Scenario) -> None:
    blind = scenario(FLAGSHIP, "resolution=null", "evidence=null", "outside_view=null")
    assert blind.program.digest() == flagship.program.digest()


def test_the_same_name_has_the_same_luck_in_a_variant(flagship: Scenario) -> None:
    """Common random numbers: without Zapad every incident before its preparation happens at the same instant."""
    without = load(FLAGSHIP, variant="no_zapad").scenario
    for world in range(4):
        early = [entry for entry in story(flagship, world, 0) if entry[0] < 85.0]
        assert [entry for entry in story(without, world, 0) if entry[0] < 85.0] == early


def test_a_value_keeps_its_luck_when_what_it_is_correlated_with_becomes_certain(flagship: Scenario) -> None:
    """A variant that fixes the equipment leaves the honoured share of every world as it was."""
    path = "pullbacks.april.honoured_share"
    worlds = np.arange(50)

    def drawn(of: Scenario) -> bytes:
        return world_values(of, SEED, worlds)[0][path].tobytes()

    assert drawn(load(FLAGSHIP, variant="equipment_taken_home").scenario) == drawn(flagship)
    assert drawn(scenario(FLAGSHIP, "correlations=null")) != drawn(flagship)


def test_every_uncertain_value_of_the_flagship_names_its_source(flagship: Scenario) -> None:
    nameless = [path for path, value in flagship.values.items() if value.distribution is not None and not value.source]
    assert nameless == []
