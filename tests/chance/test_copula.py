"""Correlated values: conversions, simulated rank correlations, impossible matrices, and what must not change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.chance.copula import (
    Copula,
    Group,
    ImpossibleCorrelationsError,
    cholesky,
    correlate,
    nearest_correlation,
    pearson_to_spearman,
    spearman_to_pearson,
)
from sim.chance.quantiles import normal_quantile
from sim.chance.streams import WORLD_REPLAY, stream_hash, uniforms
from sim.records.outcomes import Floats

WORLDS = 20_000
BATCHES = 20
Z = 4.5


def luck(paths: tuple[str, ...], worlds: int = WORLDS) -> Floats:
    return np.array([uniforms(3, np.arange(worlds), WORLD_REPLAY, stream_hash(f"param/{path}")) for path in paths])


def z_of_spearman(first: Floats, second: Floats, rho: float) -> float:
    """Rank correlations of batches of 1000 worlds; their bias, of order 1 / 1000, is far below their error."""
    found = [
        float(stats.spearmanr(x, y).statistic)
        for x, y in zip(np.split(first, BATCHES), np.split(second, BATCHES), strict=True)
    ]
    return float((np.mean(found) - rho) / (np.std(found, ddof=1) / math.sqrt(BATCHES)))


def test_conversions_known_answer() -> None:
    """r = .6 is Spearman .5819201; Spearman .6 is r = .6180340, the golden ratio's inverse."""
    assert pearson_to_spearman(0.6) == pytest.approx(0.5819201, abs=5e-8)
    assert spearman_to_pearson(0.6) == pytest.approx(0.6180340, abs=5e-8)
    assert spearman_to_pearson(0.6) == pytest.approx((math.sqrt(5.0) - 1.0) / 2.0, rel=1e-15)
    assert [spearman_to_pearson(rho) for rho in (-1.0, 0.0, 1.0)] == pytest.approx([-1.0, 0.0, 1.0], abs=1e-15)


@given(st.floats(-1.0, 1.0))
def test_conversions_undo_each_other(rho: float) -> None:
    assert pearson_to_spearman(spearman_to_pearson(rho)) == pytest.approx(rho, abs=1e-14)


def test_draws_have_the_rank_correlations_that_were_asked_for() -> None:
    pairs = [("a", "b", 0.6), ("b", "c", -0.4), ("c", "d", 0.25)]
    (group,) = Copula.build(pairs)
    drawn = dict(zip(group.paths, correlate(group, luck(group.paths)), strict=True))
    for first, second, rho in [*pairs, ("a", "c", 0.0), ("a", "d", 0.0), ("b", "d", 0.0)]:
        assert abs(z_of_spearman(drawn[first], drawn[second], rho)) < Z


def test_wrong_rank_correlation_is_seen() -> None:
    """Negative controls: 10 % too little, and Spearman taken for Pearson without conversion."""
    (group,) = Copula.build([("a", "b", 0.6)])
    drawn = correlate(group, luck(group.paths))
    assert abs(z_of_spearman(drawn[0], drawn[1], 0.54)) > Z
    for r in (0.54, spearman_to_pearson(0.66)):
        wrong = Group(group.paths, np.array([[1.0, r], [r, 1.0]]), np.array([[1.0, 0.0], [r, math.sqrt(1.0 - r * r)]]))
        drawn = correlate(wrong, luck(group.paths))
        assert abs(z_of_spearman(drawn[0], drawn[1], 0.6)) > Z


def test_both_above_their_medians_known_answer() -> None:
    """P(both > median) = 1/4 + asin(r) / 2 pi: .3524164 for r = .6, and Kendall's tau is .4096655."""
    rho = pearson_to_spearman(0.6)
    (group,) = Copula.build([("a", "b", rho)])
    first, second = correlate(group, luck(group.paths))
    share = float(np.mean((first > 0.5) & (second > 0.5)))
    error = math.sqrt(0.3524164 * (1.0 - 0.3524164) / WORLDS)
    assert abs(share - 0.3524164) < Z * error
    assert abs(share - 0.9 * 0.3524164) > Z * error
    tau = float(stats.kendalltau(first, second).statistic)
    # with ties out of the question the standard error of tau is below 1 / sqrt(n)
    assert abs(tau - 0.4096655) < Z / math.sqrt(WORLDS)
    assert abs(tau - 0.9 * 0.4096655) > Z / math.sqrt(WORLDS)


def test_draws_stay_uniform() -> None:
    (group,) = Copula.build([("a", "b", 0.9), ("b", "c", 0.8), ("a", "c", 0.7)])
    for row in correlate(group, luck(group.paths)):
        counts = np.bincount((row * 50).astype(int), minlength=50)
        chi_square = float(((counts - WORLDS / 50) ** 2 / (WORLDS / 50)).sum())
        # 49 degrees of freedom: mean 49, standard deviation 9.9
        assert chi_square < 49.0 + 5.0 * math.sqrt(98.0)


def test_results_never_reach_0_or_1() -> None:
    (group,) = Copula.build([("a", "b", 0.99)])
    least, greatest = 2.0**-53, 1.0 - 2.0**-53
    ends = np.array([[least, greatest, least, greatest], [least, greatest, greatest, least]])
    drawn = correlate(group, ends)
    assert np.all((drawn > 0.0) & (drawn < 1.0))
    # Phi(-9.3) is far below the least uniform
    assert drawn[1, :2].tolist() == [least, greatest]


# --- laws ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 199), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_bits_do_not_depend_on_the_batch(worlds: list[int]) -> None:
    (group,) = Copula.build([("a", "b", 0.5), ("b", "c", 0.5), ("c", "d", -0.3)])
    everyone = luck(group.paths, 200)
    whole = correlate(group, everyone)
    assert correlate(group, everyone[:, worlds]).tolist() == whole[:, worlds].tolist()


def by_path(pairs: list[tuple[str, str, float]], paths: tuple[str, ...]) -> dict[str, list[float]]:
    drawn = dict(zip(paths, luck(paths, 100), strict=True))
    for group in Copula.build(pairs):
        together = correlate(group, np.array([drawn[path] for path in group.paths]))
        drawn.update(zip(group.paths, together, strict=True))
    return {path: row.tolist() for path, row in drawn.items()}


def test_an_unrelated_path_changes_no_bit() -> None:
    pairs = [("b.x", "d.x", 0.6), ("d.x", "f.x", 0.3)]
    before = by_path(pairs, ("b.x", "d.x", "f.x"))
    after = by_path(
        [("c.x", "a.x", -0.5), ("f.x", "d.x", 0.3), ("d.x", "b.x", 0.6), ("e.x", "b.x", 0.0)],
        ("a.x", "b.x", "c.x", "d.x", "e.x", "f.x", "g.x"),
    )
    assert {path: after[path] for path in before} == before
    untouched = luck(("e.x", "g.x", "a.x", "b.x"), 100).tolist()
    # alone, paired with 0 only, or first of its group
    assert [after[path] for path in ("e.x", "g.x", "a.x", "b.x")] == untouched
    assert after["c.x"] != luck(("c.x",), 100)[0].tolist()


def test_groups_are_what_pairs_connect() -> None:
    groups = Copula.build([("z", "y", 0.1), ("c", "a", 0.1), ("y", "x", 0.1), ("p", "q", 0.0)])
    assert [group.paths for group in groups] == [("a", "c"), ("x", "y", "z")]
    assert groups[1].correlation[0, 2] == 0.0
    assert groups[1].factor @ groups[1].factor.T == pytest.approx(groups[1].correlation, abs=1e-15)
    assert Copula.build([]) == []


# --- impossible matrices ---------------------------------------------------------------------------------------------


def test_nearest_correlation_known_answer() -> None:
    """Higham 2002: [[1,1,0],[1,1,1],[0,1,1]] has the nearest off-diagonals .7607, .1573, .7607."""
    found = nearest_correlation(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]))
    assert [found[0, 1], found[0, 2], found[1, 2]] == pytest.approx([0.7607, 0.1573, 0.7607], abs=5e-5)
    assert np.diag(found).tolist() == [1.0, 1.0, 1.0]
    assert np.array_equal(found, found.T)
    assert float(np.linalg.eigvalsh(found).min()) > -1e-9


@given(st.lists(st.floats(-1.0, 1.0), min_size=6, max_size=6))
@settings(max_examples=60, deadline=None)
def test_nearest_correlation_is_nearer_than_its_neighbours(entries: list[float]) -> None:
    """A projection onto a convex set: the angle to every other correlation matrix is at least a right one."""
    matrix = np.eye(4)
    matrix[np.tril_indices(4, -1)] = entries
    matrix = np.tril(matrix) + np.tril(matrix, -1).T
    found = nearest_correlation(matrix)
    assert float(np.linalg.eigvalsh(found).min()) > -1e-7
    for other in (np.eye(4), np.ones((4, 4)), 0.5 * np.eye(4) + 0.5):
        assert float(((matrix - found) * (other - found)).sum()) < 1e-6


def test_possible_matrix_is_its_own_nearest() -> None:
    matrix = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, -0.3], [0.2, -0.3, 1.0]])
    assert nearest_correlation(matrix) == pytest.approx(matrix, abs=1e-12)


def test_cholesky_agrees_with_numpy() -> None:
    matrix = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, -0.3], [0.2, -0.3, 1.0]])
    assert cholesky(matrix) == pytest.approx(np.linalg.cholesky(matrix), abs=1e-15)
    assert cholesky(np.array([[1.0, 1.0], [1.0, 1.0]])) is None


def test_impossible_correlations_are_refused_with_the_nearest() -> None:
    with pytest.raises(ImpossibleCorrelationsError) as refusal:
        Copula.build([("a.x", "b.x", 0.9), ("c.x", "b.x", 0.9)])
    problem = refusal.value
    assert str(problem) == (
        "these correlations cannot hold together; the nearest that can: `a.x` and `b.x` 0.72 (given 0.9), `a.x` and "
        "`c.x` 0.10 (not given, so 0), `b.x` and `c.x` 0.72 (given 0.9)"
    )
    assert problem.paths == ("a.x", "b.x", "c.x")
    r = spearman_to_pearson(0.9)
    higham = nearest_correlation(np.array([[1.0, r, 0.0], [r, 1.0, r], [0.0, r, 1.0]]))
    assert problem.nearest[0, 1] == pytest.approx(pearson_to_spearman(higham[0, 1]), rel=1e-12)
    moved = math.sqrt(4.0 * (r - higham[0, 1]) ** 2 + 2.0 * higham[0, 2] ** 2)
    assert problem.moved == pytest.approx(moved, rel=1e-12)
    assert isinstance(problem, ValueError)
    # what the message proposes is accepted
    (group,) = Copula.build([("a.x", "b.x", 0.72), ("a.x", "c.x", 0.10), ("b.x", "c.x", 0.72)])
    assert len(group.paths) == 3


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a", "a", 0.5)], "`a` is correlated with itself; name two different values"),
        (
            [("a", "b", 0.5), ("b", "a", 0.5)],
            "the correlation of `a` and `b` is given twice; keep one of them",
        ),
        (
            [("b", "a", 1.0)],
            "the correlation of `a` and `b` is 1; it must lie between -1 and 1, ends left out (values that move as one "
            "are one value and a formula)",
        ),
        (
            [("a", "b", math.nan)],
            "the correlation of `a` and `b` is nan; it must lie between -1 and 1, ends left out (values that move as "
            "one are one value and a formula)",
        ),
    ],
)
def test_pairs_refused(pairs: list[tuple[str, str, float]], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole text is compared
        Copula.build(pairs)
    assert str(refusal.value) == message


def test_correlated_normals_are_the_factor_times_independent_ones() -> None:
    (group,) = Copula.build([("a", "b", 0.6), ("b", "c", 0.3)])
    independent = luck(group.paths, 50)
    normals = np.array([[normal_quantile(u) for u in row] for row in independent.tolist()])
    expected = stats.norm.cdf(group.factor @ normals)
    assert correlate(group, independent) == pytest.approx(expected, rel=1e-12)
