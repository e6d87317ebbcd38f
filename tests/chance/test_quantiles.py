"""Quantile kernels against SciPy and closed forms, and what a compiler will demand of them."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from sim.chance import quantiles as q
from sim.chance.streams import uniforms
from sim.kernel import KERNELS
from sim.records.outcomes import Floats

CHOICE_TABLE = (9.0, -1.0, 2.0, 7.0, 0.25, 0.25, 1.0)
LEVELS = [1e-12, 1e-6, 0.001, 0.05, 0.2, 0.37, 0.5, 0.63, 0.8, 0.95, 0.999, 1.0 - 1e-6, 1.0 - 1e-12]


def full(*own: float, cut: tuple[float, float] = (0.0, 1.0)) -> tuple[float, ...]:
    return (*own, *[0.0] * (6 - len(own)), *cut)


CONTINUOUS: dict[str, tuple[int, tuple[float, ...], Callable[[Floats], Floats]]] = {
    "uniform": (q.UNIFORM, full(-2.0, 5.0), stats.uniform(-2.0, 7.0).ppf),
    "triangular": (q.TRIANGULAR, full(1.0, 2.0, 9.0), stats.triang(0.125, 1.0, 8.0).ppf),
    "triangular, mode at the end": (q.TRIANGULAR, full(1.0, 9.0, 9.0), stats.triang(1.0, 1.0, 8.0).ppf),
    "exponential": (q.EXPONENTIAL, full(3.0), stats.expon(scale=3.0).ppf),
    "weibull": (q.WEIBULL, full(1.7, 20.0), stats.weibull_min(1.7, scale=20.0).ppf),
    "weibull, heavy": (q.WEIBULL, full(0.4, 20.0), stats.weibull_min(0.4, scale=20.0).ppf),
    "pareto": (q.PARETO, full(5.0, 1.3), stats.pareto(1.3, scale=5.0).ppf),
    "normal": (q.NORMAL, full(-1.0, 4.0), stats.norm(-1.0, 4.0).ppf),
    "lognormal": (q.LOGNORMAL, full(2.0, 0.8), stats.lognorm(0.8, scale=math.exp(2.0)).ppf),
    "logit_normal": (
        q.LOGIT_NORMAL,
        full(-1.0, 1.5, 2.0, 6.0),
        lambda u: 2.0 + 4.0 * special.expit(-1.0 + 1.5 * special.ndtri(u)),
    ),
    "log_logistic": (q.LOG_LOGISTIC, full(12.0, 2.5), lambda u: 12.0 * (u / (1.0 - u)) ** 0.4),
    "metalog": (
        q.METALOG,
        full(100.0, 20.0, 17.0, -4.0),
        lambda u: 100.0 + (20.0 + 17.0 * (u - 0.5)) * special.logit(u) - 4.0 * (u - 0.5),
    ),
    "log_metalog": (
        q.LOG_METALOG,
        full(1.0, 0.5, 0.1, 0.2, -3.0),
        lambda u: -3.0 + np.exp(1.0 + (0.5 + 0.1 * (u - 0.5)) * special.logit(u) + 0.2 * (u - 0.5)),
    ),
    "logit_metalog": (
        q.LOGIT_METALOG,
        full(0.3, 0.9, -0.2, 0.1, 10.0, 30.0),
        lambda u: 10.0 + 20.0 * special.expit(0.3 + (0.9 - 0.2 * (u - 0.5)) * special.logit(u) + 0.1 * (u - 0.5)),
    ),
}


# --- the normal quantile ---------------------------------------------------------------------------------------------


def test_normal_quantile_agrees_with_scipy() -> None:
    """Both claim about 1e-16; where they part, 2e-15 of the value covers the two roundings."""
    grid = np.concatenate([np.linspace(0.0001, 0.9999, 9999), 10.0 ** -np.linspace(4.0, 300.0, 2000)])
    ours = np.array([q.normal_quantile(u) for u in grid.tolist()])
    theirs = special.ndtri(grid)
    assert np.all(np.abs(ours - theirs) <= 2e-15 * np.abs(theirs))
    wrong_last_digits = ours * (1.0 + 1e-14)
    assert not np.all(np.abs(wrong_last_digits - theirs) <= 2e-15 * np.abs(theirs))


def test_normal_quantile_of_the_upper_tail_is_the_lower_one_mirrored() -> None:
    for u in (0.5 + 2.0**-30, 0.75, 0.9375, 1.0 - 2.0**-20, 1.0 - 2.0**-53):
        assert q.normal_quantile(u) == -q.normal_quantile(1.0 - u)


def test_normal_quantile_at_the_published_points() -> None:
    """Wichura 1988, table: PPND16 at p = 0.25, 0.001 and 1e-20."""
    assert q.normal_quantile(0.25) == pytest.approx(-0.6744897501960817, rel=1e-15)
    assert q.normal_quantile(0.001) == pytest.approx(-3.090232306167814, rel=1e-15)
    assert q.normal_quantile(1e-20) == pytest.approx(-9.262340089798408, rel=1e-15)


def test_normal_quantile_at_and_beyond_the_ends() -> None:
    assert [q.normal_quantile(u) for u in (0.0, 0.5, 1.0)] == [-math.inf, 0.0, math.inf]
    assert all(math.isnan(q.normal_quantile(u)) for u in (-1e-300, 1.0 + 1e-15, math.inf, -math.inf, math.nan))


def test_normal_quantile_inverts_the_distribution_function() -> None:
    for z in np.linspace(-37.0, 8.0, 200).tolist():
        # the inverse multiplies a relative error of the tail by 1 / z^2, an absolute one near 1 by 1 / density
        allowed = 1e-14 * max(1.0, abs(z)) + 2e-16 / max(math.exp(-z * z / 2.0), 1e-300) * (z > 0.0)
        assert abs(q.normal_quantile(q.normal_cdf(z)) - z) <= allowed


# --- every family ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTINUOUS)
def test_family_quantile_agrees_with_another_implementation(name: str) -> None:
    code, p, reference = CONTINUOUS[name]
    ours = [q.family_quantile(code, u, p, ()) for u in LEVELS]
    theirs = reference(np.array(LEVELS))
    assert ours == pytest.approx(theirs.tolist(), rel=1e-12, abs=1e-12)
    assert ours != pytest.approx((theirs * 1.1).tolist(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_cdf_undoes_quantile(name: str) -> None:
    code, p, _ = CONTINUOUS[name]
    for u in LEVELS:
        assert q.family_cdf(code, q.family_quantile(code, u, p, ()), p) == pytest.approx(u, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantile_undoes_cdf_between_cuts(name: str) -> None:
    code, p, _ = CONTINUOUS[name]
    cut = (*p[:6], 0.1, 0.7)
    for u in (0.0, 0.01, 0.3, 0.5, 0.9, 1.0):
        x = q.family_quantile(code, u, cut, ())
        assert x == q.family_quantile(code, 0.1 + u * (0.7 - 0.1), p, ())
        assert q.family_cdf(code, x, cut) == pytest.approx(u, abs=1e-12)


@pytest.mark.parametrize("name", CONTINUOUS)
@given(u=st.floats(0.0, 1.0), v=st.floats(0.0, 1.0))
@settings(max_examples=60, deadline=None)
def test_quantile_rises(name: str, u: float, v: float) -> None:
    code, p, _ = CONTINUOUS[name]
    low, high = sorted([u, v])
    below, above = q.family_quantile(code, low, p, ()), q.family_quantile(code, high, p, ())
    # two formulas meet inside some families, so neighbours may be exchanged by rounding
    assert below <= above + 1e-12 * abs(above) or high - low < 1e-12


@pytest.mark.parametrize("name", CONTINUOUS)
def test_cdf_beyond_the_support(name: str) -> None:
    code, p, _ = CONTINUOUS[name]
    low, high = q.family_quantile(code, 0.0, p, ()), q.family_quantile(code, 1.0, p, ())
    assert q.family_cdf(code, low - 1.0, p) == q.family_cdf(code, -math.inf, p) == 0.0
    assert q.family_cdf(code, high + 1.0, p) == q.family_cdf(code, math.inf, p) == 1.0


def test_metalog_known_answer() -> None:
    """Quantiles (70, 100, 160) at 10, 50 and 90 %: a = (100, 20.4803826, 17.0669855), M(.25) = 82.1875."""
    p = full(100.0, 20.4803826, 17.0669855)
    levels = (0.1, 0.25, 0.5, 0.75, 0.9)
    values = [q.family_quantile(q.METALOG, u, p, ()) for u in levels]
    assert values == pytest.approx([70.0, 82.1875, 100.0, 127.1875, 160.0], abs=2e-6)


def test_metalog_at_its_ends_is_infinite() -> None:
    p = full(1.0, 0.5)
    assert [q.family_quantile(q.METALOG, u, p, ()) for u in (0.0, 1.0)] == [-math.inf, math.inf]
    bounded = full(1.0, 0.5, 0.0, 0.0, 2.0, 3.0)
    assert [q.family_quantile(q.LOGIT_METALOG, u, bounded, ()) for u in (0.0, 1.0)] == [2.0, 3.0]
    assert [q.family_quantile(q.LOG_METALOG, u, bounded, ()) for u in (0.0, 1.0)] == [2.0, math.inf]


# --- discrete families -----------------------------------------------------------------------------------------------


def test_choice_picks_by_cumulative_probability() -> None:
    p = full(1.0, 3.0)
    picked = {u: q.family_quantile(q.CHOICE, u, p, CHOICE_TABLE) for u in (0.0, 0.2499, 0.25, 0.9999, 1.0)}
    # the second option has probability 0
    assert picked == {0.0: -1.0, 0.2499: -1.0, 0.25: 7.0, 0.9999: 7.0, 1.0: 7.0}
    assert [q.family_cdf(q.CHOICE, x, p, CHOICE_TABLE) for x in (-2.0, -1.0, 1.9, 7.0)] == [0.0, 0.25, 0.25, 1.0]


@pytest.mark.parametrize("bad", [(1.0, 4.0), (-1.0, 2.0), (0.0, 0.0), (math.nan, 1.0), (0.0, math.inf)])
def test_choice_outside_its_table_is_nan(bad: tuple[float, float]) -> None:
    assert math.isnan(q.family_quantile(q.CHOICE, 0.5, full(*bad), CHOICE_TABLE))


def test_dates_are_whole_days_ends_included() -> None:
    p = full(10.0, 12.0)
    days = [q.family_quantile(q.DATES, u, p, ()) for u in (0.0, 0.3333, 0.3334, 0.6666, 0.6667, 1.0 - 2.0**-53, 1.0)]
    assert days == [10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 12.0]
    assert [q.family_cdf(q.DATES, x, p) for x in (9.9, 10.0, 11.5, 12.0)] == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0])
    assert q.family_quantile(q.DATES, 0.7, full(5.0, 5.0), ()) == 5.0
    assert math.isnan(q.family_quantile(q.DATES, 0.7, full(5.0, 4.0), ()))


def test_dates_are_equally_likely() -> None:
    draws = uniforms(1, np.arange(30_000), 0, 0).tolist()
    counts = np.bincount([int(q.family_quantile(q.DATES, u, full(0.0, 9.0), ())) for u in draws], minlength=10)
    # 10 binomial counts, mean 3000, standard deviation 52; 4.5 of them
    assert np.all(np.abs(counts - 3000.0) < 4.5 * math.sqrt(30_000 * 0.1 * 0.9))
    assert len(counts) == 10


def test_point_is_its_value() -> None:
    assert [q.family_quantile(q.POINT, u, full(4.5), ()) for u in (0.0, 0.3, 1.0)] == [4.5] * 3
    assert [q.family_cdf(q.POINT, x, full(4.5)) for x in (4.4, 4.5)] == [0.0, 1.0]


# --- what compiled engines need --------------------------------------------------------------------------------------

any_float = st.floats(allow_nan=True, allow_infinity=True)
extreme = st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1.8e308, -1.8e308, math.inf, -math.inf, math.nan])


@given(
    st.integers(-2, 17),
    any_float | extreme,
    st.lists(any_float | extreme, min_size=8, max_size=8),
    st.lists(any_float | extreme, max_size=6),
)
@settings(max_examples=800, deadline=None)
def test_kernels_never_raise(family: int, u: float, p: list[float], table: list[float]) -> None:
    assert isinstance(q.family_quantile(family, u, p, table), float)
    uncut = [*p[:6], 0.0, 1.0]
    assert isinstance(q.family_quantile(family, u, uncut, table), float)
    for kernel in (q.from_exponential, q.from_normal, q.from_logistic):
        assert isinstance(kernel(family, u, p), float)


@pytest.mark.parametrize("u", [-0.1, 1.1, math.nan, math.inf])
def test_probability_outside_0_to_1_is_nan(u: float) -> None:
    assert all(math.isnan(q.family_quantile(code, u, p, ())) for code, p, _ in CONTINUOUS.values())


def test_unknown_family_is_nan() -> None:
    assert math.isnan(q.family_quantile(99, 0.5, full(1.0, 1.0), ()))
    assert math.isnan(q.family_quantile(-1, 0.5, full(1.0, 1.0), ()))


ALLOWED_CALLS = {"int", "float", "len", "range", "kernel"}


def offences(source: str, shared: set[str]) -> Iterator[str]:
    """What a compiler or a second engine could read differently, in the functions of a module marked as kernels."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef) or not any(
            isinstance(mark, ast.Name) and mark.id == "kernel" for mark in function.decorator_list
        ):
            continue
        if function.args.kwonlyargs:
            yield f"{function.name}: keyword-only"
        for node in ast.walk(function):
            if isinstance(node, ast.Pow | ast.Mod | ast.FloorDiv | ast.Try | ast.Raise | ast.ListComp | ast.Assert):
                yield f"{function.name}: {type(node).__name__}"
            if isinstance(node, ast.Call):
                call = node.func
                from_math = (
                    isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id == "math"
                )
                if not from_math and not (isinstance(call, ast.Name) and call.id in ALLOWED_CALLS | shared):
                    yield f"{function.name}: call of {ast.unparse(call)}"


def test_kernels_use_only_what_compiles() -> None:
    shared = {kernel.__name__ for kernel in KERNELS}
    assert list(offences(inspect.getsource(q), shared)) == []
    assert {"normal_quantile", "family_quantile"} <= shared


def test_offences_are_seen() -> None:
    body = "    try:\n        return max(x ** 2, x % 3, x // 2, np.exp(x))\n    except E:\n        pass\n"
    wrong = f"@kernel\ndef f(x, *, y):\n{body}"
    assert {text.removeprefix("f: ") for text in offences(wrong, set())} == {
        "keyword-only", "Try", "Pow", "Mod", "FloorDiv", "call of max", "call of np.exp",
    }  # fmt: skip


def test_family_names_match_codes() -> None:
    codes: Sequence[int] = [getattr(q, name.upper()) for name in q.FAMILY_NAMES]
    assert codes == list(range(15))
