"""What the compiled engine computes with, function by function: draws, flows and quantiles, compiled and as written.

Runs that agree (`test_parity`) reach only the numbers that scenarios have; here are the others.
"""

from __future__ import annotations

import inspect
import math
import struct
from collections.abc import Callable, Sequence
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.chance import quantiles, streams
from sim.engines import compiled
from sim.engines.compiled import numba  # loaded by its one door, which sets it up before
from sim.engines.kernels import primitives
from sim.kernel import KERNELS
from sim.rules import flows

# where nothing is compiled, there is nothing to compare
pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")

U64 = 2**64 - 1
WORDS = st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**63 + 1, U64]) | st.integers(0, U64)
SMALL_WORDS = {
    "world": st.sampled_from([0, 1, 2**31 - 1]) | st.integers(0, 2**31 - 1),
    "replay": st.sampled_from([0, 1, 2**31, 2**32 - 2]) | st.integers(0, 2**32 - 2),
    "occurrence": st.sampled_from([0, 1, 100_000]) | st.integers(0, 100_000),
    "step": st.sampled_from([0, 1, 4096]) | st.integers(0, 4096),
}
# Random123, tests/kat_vectors, commit 9545ff6: word 0 of Philox4x64-10 for counter 0 and key 0. The other two vectors
# have a second key word, and an address has none.
KNOWN_WORD = 0x16554D9ECA36314C


def signed(word: int) -> int:
    """The signed number with the same 64 bits."""
    return word - 2**64 if word >= 2**63 else word


def as_uniform(word: int) -> float:
    """The uniform that an output word stands for, with exact integers up to the last step."""
    return (2 * (word >> 12) + 1) / 2**53


@cache
def machine(function: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel as machine code, compiled when it is first called, with the options of the engine."""
    compiled._translate()
    jitted: Callable[..., Any] = numba.njit(**compiled._OPTIONS)(function)
    return jitted


def draw(seed: int, world: int, replay: int, stream: int, occurrence: int, j: int) -> float:
    return primitives.uniform_at(seed, world, replay, stream, occurrence, j)


# --- draws ---


def test_a_compiled_draw_is_the_published_word() -> None:
    assert machine(draw)(0, 0, 0, 0, 0, 0) == as_uniform(KNOWN_WORD)


@settings(max_examples=1000)
@given(WORDS, SMALL_WORDS["world"], SMALL_WORDS["replay"], WORDS, SMALL_WORDS["occurrence"], SMALL_WORDS["step"])
def test_a_compiled_draw_is_the_draw(seed: int, world: int, replay: int, stream: int, occurrence: int, j: int) -> None:
    found = machine(draw)(signed(seed), world, replay, signed(stream), occurrence, j)
    assert found == streams.uniform(seed, world, replay, stream, occurrence, j)


@settings(max_examples=200)
@given(WORDS, SMALL_WORDS["world"], SMALL_WORDS["replay"], WORDS, SMALL_WORDS["occurrence"], SMALL_WORDS["step"])
def test_a_compiled_draw_is_numpys(seed: int, world: int, replay: int, stream: int, occurrence: int, j: int) -> None:
    """Against another implementation. NumPy increments its counter before it draws."""
    counter = (world << 32) + replay + (stream << 64) + (occurrence << 128) + (j << 192)
    word = int(np.random.Philox(counter=(counter - 1) % 2**256, key=seed).random_raw())
    assert machine(draw)(signed(seed), world, replay, signed(stream), occurrence, j) == as_uniform(word)


@pytest.mark.parametrize(
    ("constant", "wrong"), [("_ROUNDS", 9), ("_W0", np.uint64(streams._W0 ^ 1)), ("_SHIFT", np.uint64(11))]
)
def test_a_wrong_draw_shows(constant: str, wrong: Any) -> None:
    """Negative control: a generator with one constant changed is none of these."""
    code = compiled._uniform.__code__
    right = machine(FunctionType(code, dict(vars(compiled))))
    changed = machine(FunctionType(code, {**vars(compiled), constant: wrong}))
    assert right(0, 0, 0, 0, 0, 0) == as_uniform(KNOWN_WORD)
    assert changed(0, 0, 0, 0, 0, 0) != as_uniform(KNOWN_WORD)


# --- sets of bits ---


def least(bits: int) -> int:
    return primitives.lowest(bits)


@given(st.integers(1, 2**63 - 1))
def test_the_lowest_bit_is_the_lowest(bits: int) -> None:
    assert machine(least)(bits) == next(place for place in range(63) if bits >> place & 1)


# --- flows and quantiles ---

EDGES = (0.0, -0.0, 5e-324, 1e-300, 1e-9, 0.5, 1.0, 2.0, 700.0, 709.0, 710.0, 1e9, 2.0**53, 1e300, math.inf, math.nan)
ANY = st.sampled_from([*EDGES, *(-edge for edge in EDGES)]) | st.floats(-50.0, 50.0) | st.floats()
FROM_0 = st.sampled_from(EDGES[:1] + EDGES[2:-1]) | st.floats(0.0, 50.0) | st.floats(0.0)
FINITE_FROM_0 = FROM_0.filter(lambda number: number < math.inf)
POSITIVE = FINITE_FROM_0.filter(lambda number: number > 0.0)
SHARE = st.sampled_from([0.0, 5e-324, 1e-300, 2.0**-53, 0.075, 0.5, 0.925, 1.0 - 2.0**-53, 1.0]) | st.floats(0.0, 1.0)
SHARES = SHARE | ANY

# What the callers keep off a function need not be answered by it, and plain Python may raise there.
RANGES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "relaxation": {"decay": POSITIVE, "elapsed": FROM_0},
    "integral_after": {"decay": POSITIVE, "elapsed": FROM_0},
    "cumulative_hazard": {"elapsed": FROM_0},
    "_expansion": {"here": FROM_0},
    "_improved": {"rate": POSITIVE},
    "_settled": {"rate": POSITIVE},
    "waiting_time": {"target": FROM_0, "horizon": FROM_0},
    "_normal_tail": {"r": st.floats(0.0, 40.0)},
    "normal_quantile": {"u": SHARES},
    "family_quantile": {"u": SHARES},
    "_choice_quantile": {"u": SHARE},
    "_dates_quantile": {"u": SHARE},
    "_triangular_quantile": {"u": SHARE},
    "plain_quantile": {"u": SHARE},
    "from_exponential": {"e": FROM_0},
}
FUNCTIONS = {f.__name__: f for f in KERNELS if f.__module__ in (flows.__name__, quantiles.__name__)}


@st.composite
def hazards(draw: st.DrawFn) -> dict[str, Any]:
    """The tensions of a clock: level, baseline and gain from 0, decay above; now and then a level that is no number."""
    count = draw(st.integers(0, 4))
    numbers = {name: draw(st.lists(FROM_0, min_size=count, max_size=count)) for name in ("gain", "level", "baseline")}
    decay = draw(st.lists(POSITIVE, min_size=count, max_size=count))
    if count and draw(st.integers(0, 9)) == 0:
        numbers["level"][-1] = math.nan
    return {"constant": draw(FROM_0), "count": count, **numbers, "decay": decay}


@st.composite
def families(draw: st.DrawFn) -> dict[str, Any]:
    """Parameters of a family, sensible or not, with a table that holds its choices, or does not."""
    own = draw(st.lists(st.floats(-3.0, 3.0) | ANY, min_size=6, max_size=6))
    cut = draw(st.sampled_from([(0.0, 1.0), (0.0, 1.0), (0.1, 0.9), (-1.0, 2.0), (math.nan, 1.0)]))
    if draw(st.booleans()):
        own[:2] = [float(draw(st.integers(0, 4))), float(draw(st.integers(0, 4)))]
    table = draw(st.lists(st.floats(-1.0, 2.0), max_size=9))
    return {"family": draw(st.integers(-1, 16)), "p": [*own, *cut], "table": table}


@st.composite
def arguments(draw: st.DrawFn, name: str) -> list[Any]:
    names = list(inspect.signature(FUNCTIONS[name]).parameters)
    together = draw(hazards() if "gain" in names else families())
    return [together[each] if each in together else draw(RANGES.get(name, {}).get(each, ANY)) for each in names]


def same(one: Any, other: Any) -> bool:
    """Equal to the last bit; the sign and the payload of what is no number mean nothing."""
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if math.isnan(one):
        return math.isnan(other)
    return struct.pack("<d", one) == struct.pack("<d", other)


def as_arrays(given: Sequence[Any]) -> list[Any]:
    return [np.array(item, dtype=np.float64) if isinstance(item, list) else item for item in given]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_kernel_is_the_same_compiled(name: str) -> None:
    """The same bits from the function as it stands, on lists and on arrays, and from its machine code."""
    function, jitted = FUNCTIONS[name], machine(FUNCTIONS[name])

    @settings(max_examples=200)
    @given(arguments(name))
    def compare(given: list[Any]) -> None:
        expected = function(*given)
        assert same(expected, jitted(*as_arrays(given)))
        # numbers out of an array are NumPy's own, which warn where those of Python are silently infinite
        with np.errstate(all="ignore"):
            assert same(expected, function(*as_arrays(given)))

    compare()


def test_all_shared_functions_are_compared() -> None:
    assert len(FUNCTIONS) >= 26
    assert RANGES.keys() <= FUNCTIONS.keys()
    for name, ranges in RANGES.items():
        assert ranges.keys() <= inspect.signature(FUNCTIONS[name]).parameters.keys(), name


def slightly_wrong(here: float, over: float, rate: float, slope: float, bend: float) -> float:
    """`flows._improved` with one product associated differently."""
    newton = -over / rate
    second = slope / (2.0 * rate) * newton
    below = 1.0 + 2.0 * second + bend / (6.0 * rate) * (newton * newton)
    if not below > 0.0:
        return here + newton
    return here + newton * (1.0 + second) / below


def test_a_last_bit_shows() -> None:
    """Negative control: a function that only rounds differently is told apart on ordinary numbers."""
    wrong, right = machine(slightly_wrong), flows._improved
    grid = [(1.0 + i / 7, 0.3 + i / 11, 0.7 + i / 13, 0.2 + i / 17, 0.9 + i / 19) for i in range(200)]
    assert not all(same(right(*numbers), wrong(*numbers)) for numbers in grid)
    assert all(same(right(*numbers), machine(right)(*numbers)) for numbers in grid)
