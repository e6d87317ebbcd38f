"""Addressed luck against published vectors, another implementation, and its own vectorised twin."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.chance import streams
from sim.chance.streams import (
    UNIT,
    WORLD_REPLAY,
    check_design,
    exponential,
    philox4x64,
    stream_hash,
    uniform,
    uniforms,
    word,
    words,
)

U64 = 2**64 - 1
words64 = st.integers(0, U64)
Counter = tuple[int, int, int, int]


def hexadecimal(text: str) -> tuple[int, ...]:
    return tuple(int(part, 16) for part in text.split())


# Random123, tests/kat_vectors, commit 9545ff6: counter, key, output.
KNOWN_ANSWERS = [
    ("0 0 0 0", "0 0", "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
    (
        " ".join(["ffffffffffffffff"] * 4),
        " ".join(["ffffffffffffffff"] * 2),
        "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0",
    ),
    (
        "243f6a8885a308d3 13198a2e03707344 a4093822299f31d0 082efa98ec4e6c89",
        "452821e638d01377 be5466cf34e90c6c",
        "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6",
    ),
]


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN_ANSWERS)
def test_philox_gives_the_published_words(counter: str, key: str, output: str) -> None:
    found = philox4x64(hexadecimal(counter), hexadecimal(key))  # type: ignore[arg-type]
    assert found == hexadecimal(output)


def test_philox_is_what_numpy_gives_one_counter_earlier() -> None:
    """NumPy increments before it draws: its counter 0 is ours 1, its last one is ours 0."""
    ours = philox4x64((1, 0, 0, 0), (0, 0))
    assert ours == hexadecimal("02f4ba6408e4d89b 3dd62b0b9ca8c5b2 1c8667a55d902e79 907d7a052fd5b4dc")
    assert ours == tuple(np.random.Philox(counter=0, key=0).random_raw(4).tolist())
    assert philox4x64((0, 0, 0, 0), (0, 0)) == tuple(np.random.Philox(counter=2**256 - 1, key=0).random_raw(4).tolist())


@given(st.tuples(words64, words64, words64, words64), st.tuples(words64, words64))
@settings(max_examples=300, deadline=None)
def test_philox_agrees_with_numpy_everywhere(counter: Counter, key: tuple[int, int]) -> None:
    number = sum(part << 64 * i for i, part in enumerate(counter))
    numpys = np.random.Philox(counter=(number - 1) % 2**256, key=key[0] + (key[1] << 64))
    assert philox4x64(counter, key) == tuple(numpys.random_raw(4).tolist())


@given(words64, st.integers(0, 2**31 - 1), st.integers(0, 2**32 - 1), words64, words64, words64)
@settings(max_examples=500, deadline=None)
def test_word_is_word_0_at_the_address(
    seed: int, world: int, replay: int, stream: int, occurrence: int, j: int
) -> None:
    written_out = word(seed, world, replay, stream, occurrence, j)
    assert written_out == philox4x64((world * 2**32 + replay, stream, occurrence, j), (seed, 0))[0]
    many = words(seed, np.array([world, 0, world]), replay, stream, occurrence, j)
    assert many.tolist() == [written_out, word(seed, 0, replay, stream, occurrence, j), written_out]


def test_every_part_of_the_address_matters() -> None:
    base = (1, 2, 3, 4, 5, 6)
    neighbours = [tuple(x + (i == k) for i, x in enumerate(base)) for k in range(6)]
    assert len({word(*address) for address in [base, *neighbours]}) == 7  # type: ignore[arg-type]


@given(st.integers(0, 100), st.integers(1, 50), words64)
@settings(max_examples=50, deadline=None)
def test_more_worlds_change_nothing(first: int, count: int, stream: int) -> None:
    alone = [uniform(7, world, WORLD_REPLAY, stream) for world in range(first, first + count)]
    together = uniforms(7, np.arange(first + count + 5), WORLD_REPLAY, stream)
    assert together.tolist()[first : first + count] == alone


def test_no_worlds_no_draws() -> None:
    assert uniforms(1, np.array([], dtype=np.int64), 0, 0).shape == (0,)


def test_stream_hash_is_blake2b() -> None:
    name = "build_ups.main.order/chance"
    assert stream_hash(name) == int.from_bytes(hashlib.blake2b(name.encode(), digest_size=64).digest()[:8], "little")
    # RFC 7693, appendix A: BLAKE2b-512("abc") = ba 80 a5 3f 98 1c 4d 0d ...
    assert stream_hash("abc") == 0x0D4D1C983FA580BA
    assert stream_hash("é") == int.from_bytes(hashlib.blake2b(b"\xc3\xa9").digest()[:8], "little")


@pytest.mark.parametrize(("drawn", "expected"), [(0, 2.0**-53), (U64, 1.0 - 2.0**-53), (1 << 63, 0.5 + 2.0**-53)])
def test_uniform_never_reaches_0_or_1(monkeypatch: pytest.MonkeyPatch, drawn: int, expected: float) -> None:
    monkeypatch.setattr(streams, "word", lambda *_: drawn)
    monkeypatch.setattr(streams, "words", lambda *_: np.array([drawn], dtype=np.uint64))
    assert uniform(0, 0, 0, 0) == expected
    assert uniforms(0, np.array([0]), 0, 0).tolist() == [expected]
    assert 0.0 < exponential(0, 0, 0, 0) == -math.log(expected) < 37.0
    assert 0.0 < expected < 1.0


def test_53_bits_would_reach_1() -> None:
    """Why 52 bits: the half is rounded away (or up) with 53."""
    assert ((U64 >> 11) + 0.5) * 2.0**-53 == 1.0
    assert ((U64 >> 12) + 0.5) * UNIT < 1.0


def chi_square(draws: np.ndarray, cells: int) -> float:
    counts = np.bincount((draws * cells).astype(int), minlength=cells)
    return float(((counts - len(draws) / cells) ** 2 / (len(draws) / cells)).sum())


def test_uniforms_are_uniform_over_worlds_and_occurrences() -> None:
    # 99 degrees of freedom: mean 99, standard deviation 14.1; 99 + 5 * 14.1 = 169.4 is passed by chance in 1 of 1e5
    limit = 99.0 + 5.0 * math.sqrt(2.0 * 99.0)
    over_worlds = uniforms(1, np.arange(20_000), WORLD_REPLAY, stream_hash("param/a"))
    over_occurrences = np.array([uniform(1, 0, 0, stream_hash("r/wait"), k) for k in range(20_000)])
    assert chi_square(over_worlds, 100) < limit
    assert chi_square(over_occurrences, 100) < limit
    assert chi_square(over_worlds**1.1, 100) > limit


def test_names_and_seeds_are_independent() -> None:
    worlds = np.arange(20_000)
    first = uniforms(1, worlds, WORLD_REPLAY, stream_hash("param/a"))
    for other in (
        uniforms(1, worlds, WORLD_REPLAY, stream_hash("param/b")),
        uniforms(2, worlds, WORLD_REPLAY, stream_hash("param/a")),
        uniforms(1, worlds, 0, stream_hash("param/a")),
    ):
        # a correlation of independent pairs has standard error 1 / sqrt(n)
        assert abs(np.corrcoef(first, other)[0, 1]) < 4.5 / math.sqrt(20_000)
    mixed = 0.9 * first + 0.1 * uniforms(3, worlds, 0, 0)
    assert abs(np.corrcoef(first, mixed)[0, 1]) > 4.5 / math.sqrt(20_000)


def test_exponential_has_mean_1() -> None:
    draws = [exponential(1, 0, 0, stream_hash("r/wait"), k) for k in range(20_000)]
    z = (np.mean(draws) - 1.0) * math.sqrt(20_000)
    assert abs(z) < 4.5
    assert abs((np.mean(draws) * 1.1 - 1.0) * math.sqrt(20_000)) > 4.5


@pytest.mark.parametrize(
    "address",
    [
        (1, 2**31, 0, 0, 0, 0),
        (1, -1, 0, 0, 0, 0),
        (1, 1, 2**32, 0, 0, 0),
        (1, 1, -1, 0, 0, 0),
        (1, 1, 0, 2**64, 0, 0),
        (1, 1, 0, 0, -1, 0),
        (1, 1, 0, 0, 0, 2**64),
        (2**64, 0, 0, 0, 0, 0),
        (-1, 0, 0, 0, 0, 0),
    ],
)
def test_address_outside_its_range_is_refused(address: tuple[int, ...]) -> None:
    seed, world, *rest = address
    with pytest.raises(ValueError, match=r"no such address|the seed is"):
        word(*address)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"no such address|the seed is|world numbers"):
        uniforms(seed, np.array([world]), *rest)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_design(-1, 1, 1), "the seed is -1; it must be a whole number from 0 to 2^64 - 1"),
        (lambda: check_design(2**64, 1, 1), f"the seed is {2**64}; it must be a whole number from 0 to 2^64 - 1"),
        (lambda: check_design(0, 2**31 + 1, 1), "2147483649 worlds asked for; there are addresses for at most 2^31"),
        (
            lambda: check_design(0, 1, 2**32),
            "4294967296 replays asked for; there are addresses for at most 2^32 - 1 in a world",
        ),
    ],
)
def test_design_without_addresses_is_refused(call: Callable[[], None], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole text is compared
        call()
    assert str(refusal.value) == message


def test_largest_design_has_addresses() -> None:
    check_design(U64, 2**31, 2**32 - 1)
    assert 0 <= word(U64, 2**31 - 1, 2**32 - 2, U64, U64, U64) <= U64
