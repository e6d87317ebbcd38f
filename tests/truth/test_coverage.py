"""Intervals keep their promise: over 1 000 repetitions they cover the closed form as often as their level says."""

from __future__ import annotations

from functools import cache
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta

from sim.estimates.nested import spread
from sim.estimates.odds import Headline, by_world, headline, pairs
from sim.experiment.engines import make_engine
from sim.experiment.executors import Alone, Batch
from sim.experiment.plan import Design
from sim.experiment.run import play_rows, world_values
from sim.records.outcomes import Ints
from sim.scenario.load import load
from tests.truth import closed_forms
from tests.truth.closed_forms import Hawkes

TEACHING = Path(__file__).parents[2] / "scenarios" / "teaching"
REPETITIONS = 1000
LEVEL = 0.95
# A thousand intervals cover 95 ± 0.7 %: these bounds are almost three standard errors off.
LOWEST, HIGHEST = 0.93, 0.97
# Settings that make a run short (and, for clashes, common enough), worlds, replays, and the closed form.
QUESTIONS = {
    "one_hazard": ((), 40, 2, closed_forms.one_hazard().within(100.0)),
    "two_competing": (("question.closes=2021-04-10",), 40, 2, closed_forms.two_competing().within(100.0)),
    "relaxing_tension": ((), 40, 2, closed_forms.relaxing_tension().within(60.0)),
    "self_exciting": (
        ("question.closes=2021-03-01", "incidents.border.clash_at=2"),
        40,
        2,
        Hawkes().first_marked(2.0**-2, 60.0)(60.0),
    ),
    "unknown_chance": ((), 32, 6, 2.0 / 7.0),
}


@cache
def headlines(name: str) -> list[tuple[Headline, int]]:
    """The headline of each repetition (seeds 1, 2, ...) and the number of runs behind it."""
    settings, worlds, replays, _ = QUESTIONS[name]
    scenario = load(TEACHING / f"{name}.yaml", settings).scenario
    found = []
    for seed in range(1, REPETITIONS + 1):
        _, numbers = world_values(scenario, seed, np.arange(worlds))
        executor = Alone(make_engine("auto", scenario.program, seed))
        ((_, outcomes),) = executor.play([Batch(range(worlds), range(replays), numbers)])
        hits, plays = by_world(np.isfinite(outcomes.first), outcomes.world)
        found.append((headline(pairs(hits, plays), LEVEL), len(outcomes)))
    return found


@pytest.mark.parametrize("name", QUESTIONS)
def test_headline_covers_the_truth(name: str) -> None:
    truth = QUESTIONS[name][3]
    covered = sum(head.interval[0] <= truth <= head.interval[1] for head, _ in headlines(name))
    assert LOWEST <= covered / REPETITIONS <= HIGHEST


@pytest.mark.parametrize("name", QUESTIONS)
def test_errors_are_as_large_as_the_scatter(name: str) -> None:
    """The mean squared standard error is the variance of the odds over repetitions, and the odds are unbiased."""
    truth = QUESTIONS[name][3]
    odds = np.array([head.p for head, _ in headlines(name)])
    squares = np.array([head.se**2 for head, _ in headlines(name) if head.se is not None])
    scatter = float(np.mean((odds - truth) ** 2))
    assert len(squares) > 0.99 * REPETITIONS
    assert abs(odds.mean() - truth) < 4.0 * sqrt(scatter / REPETITIONS)
    # the variance of a thousand normal numbers is known to 1 part in 22
    assert float(squares.mean()) == pytest.approx(scatter, rel=4.0 / 22.0)


def test_an_interval_that_takes_replays_for_worlds_covers_too_little() -> None:
    """Six runs of one world share its unknown chance, so they are worth less than six worlds."""
    truth = QUESTIONS["unknown_chance"][3]
    covered = 0
    for head, runs in headlines("unknown_chance"):
        half = 1.96 * sqrt(head.p * (1.0 - head.p) / runs)
        covered += head.p - half <= truth <= head.p + half
    assert covered / REPETITIONS < 0.90


# ---------------------------------------------------------------------------------------- what is not known: Beta(2, 5)

# Standard errors of the ends of the interval and of V, from 400 sets of 8 192 x 8 drawn from Beta(2, 5) itself.
ENDS_SCATTER, V_SCATTER = (0.0026, 0.0059), 0.00078


@pytest.fixture(scope="module")
def hits_and_plays() -> tuple[Ints, Ints]:
    case, design = load(TEACHING / "unknown_chance.yaml"), Design()
    outcomes = play_rows(case.scenario, design).outcomes
    assert (design.worlds, design.replays) == (8192, 8)
    return by_world(np.isfinite(outcomes.first), outcomes.world)


def off(interval: tuple[float, float]) -> list[bool]:
    """Whether each end lies more than three standard errors from the 5th and 95th percentile of Beta(2, 5)."""
    truth = beta.ppf([0.05, 0.95], 2.0, 5.0)
    return [abs(end - at) > 3.0 * se for end, at, se in zip(interval, truth, ENDS_SCATTER, strict=True)]


def test_belief_interval_recovers_the_unknown_chance(hits_and_plays: tuple[Ints, Ints]) -> None:
    found = spread(pairs(*hits_and_plays))
    assert beta.ppf([0.05, 0.95], 2.0, 5.0) == pytest.approx([0.06285, 0.58180], abs=5e-6)
    assert found.belief_interval is not None
    assert off(found.belief_interval) == [False, False]
    ignorance, error, luck = found.V, found.V_se, found.W
    assert ignorance == pytest.approx(10.0 / 392.0, abs=3.0 * V_SCATTER)
    assert error == pytest.approx(V_SCATTER, rel=0.15)
    assert luck == pytest.approx(10.0 / 49.0 - 10.0 / 392.0, abs=0.005)


def test_shares_of_replays_are_not_the_unknown_chance(hits_and_plays: tuple[Ints, Ints]) -> None:
    """The plain spread of world means is ignorance and luck together: both ends are far off, and so is its variance."""
    hits, plays = hits_and_plays
    shares = hits / plays
    low, high = np.quantile(shares, [0.05, 0.95])
    assert off((float(low), float(high))) == [True, True]
    assert float(shares.var()) > 1.5 * 10.0 / 392.0
