"""Total effects by play: against closed forms, and that nothing but the swapped value can show in a flip."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from sim.estimates.sensitivity import total_effect
from sim.experiment import executors, swapping
from sim.experiment.plan import Design
from sim.experiment.run import play_rows
from sim.experiment.swapping import FAR, Swaps, play_swaps, swap_units, swapped_design
from sim.records.outcomes import FINISHED, Floats
from sim.scenario.load import Scenario, load
from tests.cli.conftest import FAILING, written

SPRING = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"
SEED = 4
DESIGN = Design(40_960, 16, SEED)
# Five standard errors: over the few comparisons here, one in 100 000 seeds would fail.
Z = 5.0

# p = a · b, both uniform: V = 7/144, of which a alone explains 1/48; VT of a is E[b²]·Var(a) = 1/36.
PRODUCT = """\
schema: 1
title: A product of two chances
clock: {starts: 2021-01-01}
question: {text: Does it come?, opens: 2021-01-01, closes: 2021-01-31, kinds: [crisis]}
assumptions:
  a: {value: {uniform: {low: 0, high: 1}}}
  b: {value: {uniform: {low: 0, high: 1}}}
  idle: {value: {uniform: {low: 0, high: 1}}}
  elsewhere: {value: {uniform: {low: 0, high: 1}}}
events:
  day: {at: 2021-01-15, chance: = a * b, do: [{note: it comes}]}
  later: {at: 2021-01-20, chance: = elsewhere, do: [{note: nobody counts this}]}
crises: {crisis: {when: events.day, lasts: 5}}
"""
# Probability a, b or the chance of both: correlated by pairs, and one value that stands alone.
CORRELATED = PRODUCT + "correlations: [[assumptions.a, assumptions.b, 0.5], [assumptions.b, assumptions.idle, -0.3]]\n"
A, B, IDLE, ELSEWHERE = (f"assumptions.{name}" for name in ("a", "b", "idle", "elsewhere"))


def scenario(folder: Path, text: str = PRODUCT) -> Scenario:
    return load(written(folder, "swapped", text)).scenario


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Swaps:
    return play_swaps(scenario(tmp_path_factory.mktemp("product")), DESIGN, 1)


# ------------------------------------------------------------------------------------------------ truth


@pytest.mark.parametrize("path", [A, B])
def test_total_effect_of_a_factor_of_a_product(product: Swaps, path: str) -> None:
    found = total_effect(product.of(path).flips)
    assert found.se is not None
    assert abs(found.V - 1 / 36) < Z * found.se
    # and it could not be a tenth more or less, nor its first-order part, nor what Jansen's formula makes of shared luck
    for wrong in (0.9 / 36, 1.1 / 36, 1 / 48, 1 / 12):
        assert abs(found.V - wrong) > Z * found.se


def test_the_square_of_flips_is_another_quantity(product: Swaps) -> None:
    """Jansen's formula on single runs: E|p − p'|/2 = 1/12, not 1/36 (one flip, squared, carries its own luck)."""
    flips = product.of(A).flips
    assert 0.5 * float((flips.astype(np.float64) ** 2).mean()) == pytest.approx(1 / 12, abs=0.01)


def test_flips_are_as_many_up_as_down_on_average(product: Swaps) -> None:
    """A swapped world is as good a world as any: the mean flip is 0."""
    means = product.of(A).flips.mean(axis=1)
    assert abs(means.mean()) < Z * means.std() / math.sqrt(len(means))


def test_value_that_touches_nothing_is_not_played(product: Swaps) -> None:
    swap = product.of(IDLE)
    assert not swap.played
    assert not swap.flips.any()
    assert swap.done.all()
    assert product.runs == 4 * 40_960 * 16  # the worlds as they are, a, b and what nobody counts


def test_value_that_the_question_does_not_see_flips_no_run(product: Swaps) -> None:
    """Its parameter differs, so it is played; with luck of its own, 2·p·(1 − p) = 37 % of runs would flip."""
    swap = product.of(ELSEWHERE)
    assert swap.played
    assert not swap.flips.any()


def test_other_luck_would_be_seen(tmp_path: Path) -> None:
    """The control of the test above: runs of other worlds, with the values of these."""
    one, two = (play_rows(scenario(tmp_path), Design(512, 2, seed), "simpy").outcomes for seed in (SEED, SEED + 1))
    assert np.count_nonzero(np.isfinite(one.first) != np.isfinite(two.first)) > 100


# ------------------------------------------------------------------------------------------------ what is swapped


def test_flips_are_own_runs_less_those_with_the_value_of_the_far_world(tmp_path: Path) -> None:
    """Played by hand for one world: the same address, and `a` of world 2·10⁸ + w."""
    case = scenario(tmp_path)
    swaps = play_swaps(case, Design(40, 3, SEED), 1, engine="simpy")
    own = play_rows(case, Design(40, 3, SEED), "simpy")
    assert FAR == 2 * 10**8
    far = swapping.draw_worlds(case.values, case.groups, SEED, np.arange(40) + FAR)
    for world in (0, 7, 39):
        (a,) = np.asarray(far[A])[[world]].tolist()
        changed = load(written(tmp_path, "changed", PRODUCT), [f"{A}={a!r}"]).scenario
        rows = play_rows(changed, Design(40, 3, SEED), "simpy").outcomes
        hits = [np.isfinite(o.first[o.world == world]).astype(int) for o in (own.outcomes, rows)]
        assert swaps.of(A).flips[world].tolist() == (hits[0] - hits[1]).tolist()


def test_correlated_values_change_places_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = scenario(tmp_path, CORRELATED)
    assert swap_units(case) == [(A, B, IDLE), (ELSEWHERE,)]
    seen: list[Floats] = []
    real = swapping.parameter_vectors

    def watched(expressions: object, drawn: dict[str, Floats], worlds: int) -> Floats:
        seen.append(np.array([drawn[path] for path in (A, B, IDLE, ELSEWHERE)]))
        return real(expressions, drawn, worlds)  # type: ignore[arg-type]

    monkeypatch.setattr(swapping, "parameter_vectors", watched)
    swaps = play_swaps(case, Design(30, 2, SEED), 1, engine="simpy")
    own, together, alone = seen
    assert (together[:3] != own[:3]).all()
    assert (together[3] == own[3]).all()
    assert (alone[:3] == own[:3]).all()
    assert (alone[3] != own[3]).all()
    assert swaps.of(A) is swaps.of(B) is swaps.of(IDLE)
    # whoever swapped a alone would break the correlation: the group as drawn keeps it, in both worlds
    both = np.corrcoef(np.hstack([own[:2], together[:2]]))[0, 1]
    assert both > 0.2


def test_value_that_has_become_certain_leaves_its_group(tmp_path: Path) -> None:
    case = load(written(tmp_path, "fixed", CORRELATED), [f"{B}=0.5"]).scenario
    assert swap_units(case) == [(A, IDLE), (ELSEWHERE,)]
    with pytest.raises(KeyError, match=re.escape(B)):
        play_swaps(case, Design(10, 2, SEED), 1, engine="simpy").of(B)


def test_formulas_follow_the_swapped_value(tmp_path: Path) -> None:
    text = PRODUCT.replace("chance: = a * b", "chance: = twice").replace(
        "assumptions:\n", "assumptions:\n  twice: {value: = a * b}\n"
    )
    direct, through = (
        play_swaps(scenario(tmp_path, t), Design(200, 2, SEED), 1, engine="simpy") for t in (PRODUCT, text)
    )
    assert through.of(A).flips.any()
    assert (through.of(A).flips == direct.of(A).flips).all()


# ------------------------------------------------------------------------------------------------ who plays, failures


def test_workers_engines_and_batches_change_no_flip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "WORTH_WORKERS", 1)
    case, design = scenario(tmp_path, CORRELATED), Design(150, 3, SEED)
    every = [play_swaps(case, design, workers, engine=engine) for engine in ("simpy", "compiled") for workers in (1, 2)]
    monkeypatch.setattr(executors, "THREAD_RUNS", 2)
    every.append(play_swaps(case, design, 2, engine="compiled"))
    assert every[0].swaps[0].flips.any()
    for other in every[1:]:
        assert other.runs == every[0].runs
        for one, two in zip(every[0].swaps, other.swaps, strict=True):
            assert (one.paths, one.played) == (two.paths, two.played)
            assert (one.flips == two.flips).all()


def test_runs_that_fail_on_either_side_are_in_no_flip(tmp_path: Path) -> None:
    """Worlds with columns of 4 000 fail, so a swap is done where both worlds have few: 0.36 of them."""
    case = load(written(tmp_path, "failing", FAILING)).scenario
    design = Design(300, 2, SEED)
    swaps = play_swaps(case, design, 1, engine="simpy")
    (swap,) = swaps.swaps
    outcomes = play_rows(case, design, "simpy").outcomes
    finished = (outcomes.status == FINISHED).reshape(300, 2)
    assert not (swap.done & ~finished).any()
    assert 0.2 < swap.done.mean() < 0.5
    assert not swap.flips[~swap.done].any()
    assert swaps.failed == np.count_nonzero(~finished) + np.count_nonzero(~_swapped_finished(case, design))


def _swapped_finished(case: Scenario, design: Design) -> np.ndarray:
    """Whether each run with the far world's value finishes: it does where that value is small."""
    far = swapping.draw_worlds(case.values, case.groups, design.seed, np.arange(design.worlds) + FAR)
    return np.repeat(np.asarray(far["assumptions.columns"]) < 4000, design.replays)


def test_progress_counts_worlds_of_all_swaps_and_ends_whole(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    play_swaps(scenario(tmp_path), Design(600, 2, SEED), 1, lambda done, of: told.append((done, of)), engine="simpy")
    assert {of for _, of in told} == {5 * 600}
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (3000, 3000)
    assert len(told) > 5


def test_whoever_interrupts_is_heard_at_once(tmp_path: Path) -> None:
    heard = []

    def progress(done: int, total: int | None) -> None:
        heard.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play_swaps(scenario(tmp_path), Design(600, 2, SEED), 1, progress, engine="simpy")
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("worlds", "replays", "expected"),
    [(8192, 8, (2048, 8)), (256, 4, (256, 4)), (100_000, 100, (2048, 8)), (3000, 1, (2048, 2))],
)
def test_a_part_of_the_design_is_swapped(worlds: int, replays: int, expected: tuple[int, int]) -> None:
    made = swapped_design(Design(worlds, replays, 9))
    assert (made.worlds, made.replays) == expected
    assert made.seed == 9


def test_flagship_has_a_swap_for_every_uncertain_value() -> None:
    case = load(SPRING).scenario
    uncertain = {path for path, value in case.values.items() if value.distribution is not None}
    units = swap_units(case)
    assert {path for unit in units for path in unit} == uncertain
    assert sum(map(len, units)) == len(uncertain)
    assert [unit for unit in units if len(unit) > 1] == [group.paths for group in case.groups]
