"""Correlated values of a world: a Gaussian copula over each group of values that pairs connect.

People give Spearman correlations; the copula needs Pearson correlations of the normals, r = 2 sin(pi rho / 6)
(Pearson 1907, as in Kruskal, "Ordinal measures of association", JASA 53 (1958), 814-861).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.chance.quantiles import normal_cdf, normal_quantile
from sim.records.outcomes import Floats

# The least and greatest value that `sim.chance.streams.uniform` can take.
_LEAST, _GREATEST = 2.0**-53, 1.0 - 2.0**-53
_SMALLEST_PIVOT = 1e-9
_Pair = tuple[str, str]


class ImpossibleCorrelationsError(ValueError):
    """Correlations that cannot hold together.

    `paths` are the values of the group, sorted; `nearest` is the nearest possible correlation matrix (Higham 2002), as
    Spearman correlations, and `moved` how far the given one is from it (Frobenius norm, Pearson correlations of the
    normals). The message lists a matrix next to it whose two decimals can be typed in.
    """

    def __init__(self, message: str, paths: tuple[str, ...], nearest: Floats, moved: float) -> None:
        """Keep the message for the user and the matrix behind it."""
        super().__init__(message)
        self.paths = paths
        self.nearest = nearest
        self.moved = moved


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Values that pairs connect, sorted by path.

    `correlation` holds the Pearson correlations of the normals, `factor` its lower Cholesky factor; shapes: k x k.
    """

    paths: tuple[str, ...]
    correlation: Floats
    factor: Floats


class Copula:
    """Where groups of correlated values come from."""

    @staticmethod
    def build(pairs: Sequence[tuple[str, str, float]]) -> list[Group]:
        """Groups from pairs (path, path, Spearman correlation), in order of their first path.

        A pair of one group that is not given has correlation 0; a pair given as 0 connects nothing. Raises `ValueError`
        for a pair given twice, a value with itself, a correlation not inside (-1, 1), and
        `ImpossibleCorrelationsError` for pairs that cannot hold together.
        """
        given = _checked(pairs)
        return [_group(paths, given) for paths in _connected(given)]


def spearman_to_pearson(rho: float) -> float:
    """Pearson correlation of two normals whose Spearman correlation is rho."""
    return 2.0 * math.sin(math.pi * rho / 6.0)


def pearson_to_spearman(r: float) -> float:
    """Spearman correlation of two normals whose Pearson correlation is r."""
    return 6.0 / math.pi * math.asin(r / 2.0)


def correlate(group: Group, uniforms: Floats) -> Floats:
    """Uniforms with the correlations of a group from independent ones; shape: paths x worlds, inside (0, 1).

    The bits of a world do not depend on the other worlds. The first path of a group keeps its uniforms as they are.
    """
    normals = np.array([[normal_quantile(u) for u in row] for row in uniforms.tolist()])
    together = uniforms.copy()
    for i in range(1, len(group.paths)):
        # in a fixed order, not by a matrix product: a linear algebra library may sum in another one in larger batches
        mixed = group.factor[i, 0] * normals[0]
        for j in range(1, i + 1):
            mixed = mixed + group.factor[i, j] * normals[j]
        together[i] = [min(max(normal_cdf(z), _LEAST), _GREATEST) for z in mixed.tolist()]
    return together


def nearest_correlation(matrix: Floats) -> Floats:
    """The nearest correlation matrix in the Frobenius norm: symmetric, unit diagonal, no negative eigenvalue.

    Alternating projections with Dykstra's correction: Higham, "Computing the nearest correlation matrix - a problem
    from finance", IMA Journal of Numerical Analysis 22 (2002), 329-343, algorithm 3.3. Shape: k x k.
    """
    found = matrix.copy()
    correction = np.zeros_like(matrix)
    for _ in range(2000):
        shifted = found - correction
        values, vectors = np.linalg.eigh(shifted)
        semidefinite = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = semidefinite - shifted
        following = semidefinite.copy()
        np.fill_diagonal(following, 1.0)
        step = float(np.abs(following - found).max())
        found = (following + following.T) / 2.0
        if step < 1e-12:
            break
    return found


def cholesky(matrix: Floats) -> Floats | None:
    """Lower factor L with L L' = matrix, or None where the matrix is not positive definite; shape: k x k.

    Written out, so that the bits do not depend on a linear algebra library.
    """
    size = len(matrix)
    factor = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = float(matrix[i, j])
            for k in range(j):
                rest -= factor[i][k] * factor[j][k]
            if i > j:
                factor[i][j] = rest / factor[j][j]
            elif rest > _SMALLEST_PIVOT:
                factor[i][i] = math.sqrt(rest)
            else:
                return None
    return np.array(factor)


def _checked(pairs: Sequence[tuple[str, str, float]]) -> dict[_Pair, float]:
    given: dict[_Pair, float] = {}
    for first, second, rho in pairs:
        if first == second:
            raise ValueError(f"`{first}` is correlated with itself; name two different values")
        pair = (min(first, second), max(first, second))
        if pair in given:
            raise ValueError(f"the correlation of `{pair[0]}` and `{pair[1]}` is given twice; keep one of them")
        if not -1.0 < rho < 1.0:
            raise ValueError(
                f"the correlation of `{pair[0]}` and `{pair[1]}` is {rho:.10g}; it must lie between -1 and 1, "
                "ends left out (values that move as one are one value and a formula)"
            )
        given[pair] = rho
    return given


def _connected(given: Mapping[_Pair, float]) -> list[tuple[str, ...]]:
    neighbours: dict[str, set[str]] = {}
    for (first, second), rho in given.items():
        if rho != 0.0:
            neighbours.setdefault(first, set()).add(second)
            neighbours.setdefault(second, set()).add(first)
    groups = []
    seen: set[str] = set()
    for start in sorted(neighbours):
        if start not in seen:
            reached, waiting = {start}, [start]
            while waiting:
                new = neighbours[waiting.pop()] - reached
                reached |= new
                waiting.extend(new)
            seen |= reached
            groups.append(tuple(sorted(reached)))
    return groups


def _group(paths: tuple[str, ...], given: Mapping[_Pair, float]) -> Group:
    matrix = np.eye(len(paths))
    for i, j in _below_diagonal(len(paths)):
        matrix[i, j] = matrix[j, i] = spearman_to_pearson(given.get((paths[j], paths[i]), 0.0))
    factor = cholesky(matrix)
    if factor is None:
        raise _impossible(paths, given, matrix)
    return Group(paths, matrix, factor)


def _below_diagonal(size: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(size) for j in range(i))


def _impossible(paths: tuple[str, ...], given: Mapping[_Pair, float], matrix: Floats) -> ImpossibleCorrelationsError:
    nearest = nearest_correlation(matrix)
    lines = []
    for (first, second), rho in _typeable(paths, nearest).items():
        if (first, second) in given:
            lines.append(f"`{first}` and `{second}` {rho:.2f} (given {given[first, second]:.10g})")
        elif rho != 0.0:
            lines.append(f"`{first}` and `{second}` {rho:.2f} (not given, so 0)")
    spearman = np.eye(len(paths))
    for i, j in _below_diagonal(len(paths)):
        spearman[i, j] = spearman[j, i] = pearson_to_spearman(min(1.0, max(-1.0, float(nearest[i, j]))))
    message = f"these correlations cannot hold together; the nearest that can: {', '.join(lines)}"
    return ImpossibleCorrelationsError(message, paths, spearman, float(np.linalg.norm(nearest - matrix)))


def _typeable(paths: tuple[str, ...], nearest: Floats) -> dict[_Pair, float]:
    # the nearest matrix lies on the border of the possible: its rounded numbers may be impossible again, so they are
    # drawn towards 0 until they are not
    percent = 100
    while True:
        rounded = {}
        matrix = np.eye(len(paths))
        for i, j in _below_diagonal(len(paths)):
            rho = round(pearson_to_spearman(float(nearest[i, j]) * percent / 100.0), 2)
            rounded[paths[j], paths[i]] = rho
            matrix[i, j] = matrix[j, i] = spearman_to_pearson(rho)
        if cholesky(matrix) is not None:
            return dict(sorted(rounded.items()))
        percent -= 1
