"""The daily-tick model: what a tick of a day must give, and that it is the flagship but for that tick."""

from __future__ import annotations

from math import exp, sqrt

import pytest

from benchmarks.agreement import (
    HIT,
    Compared,
    Means,
    daily_allowance,
    differences,
    engine_means,
    flagship,
    median_row,
    model_means,
    scenario_with,
)
from benchmarks.daily_tick import DailyTheatre, play
from benchmarks.plain_numbers import median_numbers
from benchmarks.plain_rates import YEAR, Rates
from sim.engines.reference import Reference

RUNS = 500
# Ninety means are compared: luck alone takes one of them beyond this once in 400 such tests.
Z_LIMIT = 4.2
DAYS = 254


@pytest.fixture(scope="module")
def exact() -> Means:
    scenario = flagship()
    return engine_means(Reference(scenario.program, 1), scenario.program, median_row(scenario), RUNS)


def daily(*settings: str, runs: int, tick: float = 1.0) -> Means:
    rates = Rates(median_numbers(scenario_with(*settings)))
    return model_means(lambda seed: DailyTheatre(rates, seed, tick), range(runs))


def beyond(found: list[Compared]) -> set[str]:
    return {item.name for item in found if abs(item.z) > Z_LIMIT}


def test_it_agrees_with_the_exact_engine_up_to_the_tick(exact: Means) -> None:
    found = differences(exact, daily(runs=RUNS), daily_allowance)
    assert len(found) > 60
    assert beyond(found) == set()
    assert {HIT, "onset of build_up", "onset of clash", "onset of ultimatum", "onset of other"} <= {
        item.name for item in found
    }


def test_other_numbers_are_noticed(exact: Means) -> None:
    """Half the orders and a quarter of the incidents less are no matter of a tick."""
    other = daily("incidents.donbas.rate.per_day=0.04", "build_ups.main.reaching=0.8", runs=RUNS)
    assert {"incidents.donbas.happens", "build_ups.main.ordered"} <= beyond(differences(exact, other, daily_allowance))


@pytest.mark.parametrize("tick", [1.0, 0.25])
def test_a_hazard_strikes_once_a_tick_at_most(tick: float) -> None:
    """A rate r strikes n ticks with chance 1 - exp(-r tick): so many times on average, and not r times the days."""
    runs, rate = 60, 100.0 / YEAR
    means = daily("sanctions.more.rate.per_year=100", runs=runs, tick=tick)
    mean, _ = means.of("sanctions.more.imposed")
    chance = 1.0 - exp(-rate * tick)
    ticks = DAYS / tick
    error = sqrt(ticks * chance * (1.0 - chance) / runs)
    assert abs(mean - ticks * chance) < Z_LIMIT * error
    if tick == 1.0:
        assert abs(mean - rate * DAYS) > 2.0 * Z_LIMIT * error


def test_dated_things_happen_once_in_each_run() -> None:
    means = daily(runs=5)
    for event in ("pullbacks.april.announced", "pullbacks.april.complete", "events.sea_opens", "diplomacy.summit.held"):
        assert means.of(event) == (1.0, 0.0)
    assert means.of("pullbacks.april.convoy") == (4.0, 0.0)


def test_a_certain_order_moves_what_was_ordered() -> None:
    """With no way to cancel, every order's convoys arrive: 2 forces, 2 readinesses, 5 convoys, as far as time goes."""
    rates = Rates(median_numbers(scenario_with("build_ups.main.cancel.per_year=0")))
    for seed in range(20):
        theatre = DailyTheatre(rates, seed)
        before = sum(theatre.troops.values())
        theatre.run()
        assert theatre.events["build_ups.main.cancelled"] == 0
        arrived = theatre.events["build_ups.main.arrives_south"]
        assert arrived <= 10 * theatre.events["build_ups.main.ordered"]
        assert arrived >= 10 * theatre.events["build_ups.main.assembles"]
        assert theatre.events["build_ups.main.over"] <= theatre.events["build_ups.main.withdraws"]
        assert 0.0 < sum(theatre.troops.values()) < before + 2e5


def test_the_same_seed_is_the_same_run() -> None:
    rates = Rates(median_numbers(flagship()))
    assert play(rates, 3) == play(rates, 3)
    assert len({play(rates, seed) for seed in range(8)}) > 3
