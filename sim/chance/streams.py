"""Addressed luck: Philox4x64-10, asked at an address and never advanced.

A draw is found by seed, world, replay, stream (a hashed name), occurrence and step, so no draw depends on how many were
made before it (`docs/semantics.md`, section 4). Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as
1, 2, 3" (SC 2011); constants and rounds as in their Random123 library.
"""

from __future__ import annotations

import hashlib
import math
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from sim.records.outcomes import Floats, Ints

WORLD_REPLAY = 2**32 - 1
WORLD_LIMIT = 2**31
UNIT = 2.0**-52

_MASK = 0xFFFFFFFFFFFFFFFF
_M0 = 0xD2E7470EE14C6C93
_M1 = 0xCA5A826395121157
_W0 = 0x9E3779B97F4A7C15
_W1 = 0xBB67AE8584CAA73B
_ROUNDS = 10

_Words = npt.NDArray[np.uint64]


@cache
def stream_hash(name: str) -> int:
    """The number of a stream: the first 8 of the 64 bytes of BLAKE2b over the name in UTF-8, little endian."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8")).digest()[:8], "little")


def check_design(seed: int, worlds: int, replays: int) -> None:
    """Refuse a seed, a number of worlds or a number of replays that has no addresses.

    Raises `ValueError` with a message for the user. The draws themselves test less, because they are asked so often.
    """
    if not 0 <= seed <= _MASK:
        raise ValueError(f"the seed is {seed}; it must be a whole number from 0 to 2^64 - 1")
    if not 0 <= worlds <= WORLD_LIMIT:
        raise ValueError(f"{worlds} worlds asked for; there are addresses for at most 2^31")
    if not 0 <= replays <= WORLD_REPLAY:
        raise ValueError(f"{replays} replays asked for; there are addresses for at most 2^32 - 1 in a world")


def philox4x64(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """The four output words of Philox4x64-10 for a counter and a key of 64-bit words."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        p = _M0 * c0
        q = _M1 * c2
        c0, c1, c2, c3 = q >> 64 ^ c1 ^ k0, q & _MASK, p >> 64 ^ c3 ^ k1, p & _MASK
        k0 = k0 + _W0 & _MASK
        k1 = k1 + _W1 & _MASK
    return c0, c1, c2, c3


@lru_cache(maxsize=64)
def _key_schedule(seed: int) -> tuple[int, ...]:
    if not 0 <= seed <= _MASK:
        raise ValueError(f"the seed is {seed}; it must be a whole number from 0 to 2^64 - 1")
    return tuple(seed + i * _W0 & _MASK for i in range(_ROUNDS))


def word(seed: int, world: int, replay: int, stream: int, occurrence: int = 0, j: int = 0) -> int:
    """Output word 0 at an address: key (seed, 0), counter (world * 2^32 + replay, stream, occurrence, j).

    Raises `ValueError` for an address outside its range: seed, stream, occurrence and j below 2^64, world below 2^31;
    replay below 2^32 - 1, where 2^32 - 1 itself is the address of a world's values. Nothing is negative.
    """
    # The ten rounds of `philox4x64` written out: this is the hot path of every simulation in plain Python, and two
    # fifths of the loop's time went to looking up. The second key word starts at 0, so its schedule is constant; the
    # last two rounds compute only what word 0 needs.
    k0, k1, k2, k3, k4, k5, k6, k7, _, k9 = _key_schedule(seed)
    head = (world << 32) + replay
    # one test for all ranges: a negative number or one that is too large leaves a bit above the 64th
    if (head << 1 | stream | occurrence | j | replay << 32) >> 64:
        raise ValueError(f"no such address: world {world}, replay {replay}, stream {stream}, {occurrence}, {j}")
    p, q = 0xD2E7470EE14C6C93 * head, 0xCA5A826395121157 * occurrence
    c0, c2 = q >> 64 ^ stream ^ k0, p >> 64 ^ j
    c1, c3 = q & 0xFFFFFFFFFFFFFFFF, p & 0xFFFFFFFFFFFFFFFF
    p, q = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
    c0, c2 = q >> 64 ^ c1 ^ k1, p >> 64 ^ c3 ^ 0xBB67AE8584CAA73B
    c1, c3 = q & 0xFFFFFFFFFFFFFFFF, p & 0xFFFFFFFFFFFFFFFF
    p, q = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
    c0, c2 = q >> 64 ^ c1 ^ k2, p >> 64 ^ c3 ^ 0x76CF5D0B09954E76
    c1, c3 = q & 0xFFFFFFFFFFFFFFFF, p & 0xFFFFFFFFFFFFFFFF
    p, q = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
    c0, c2 = q >> 64 ^ c1 ^ k3, p >> 64 ^ c3 ^ 0x32370B908E5FF5B1
    c1, c3 = q & 0xFFFFFFFFFFFFFFFF, p & 0xFFFFFFFFFFFFFFFF
    p, q = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
    c0, c2 = q >> 64 ^ c1 ^ k4, p >> 64 ^ c3 ^ 0xED9EBA16132A9CEC
    c1, c3 = q & 0xFFFFFFFFFFFFFFFF, p & 0xFFFFFFFFFFFFFFFF
    p, q = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
    c0, c2 = q >> 64 ^ c1 ^ k5, p >> 64 ^ c3 ^ 0xA906689B97F54427
    c1, c3 = q & 0xFFFFFFFFFFFFFFFF, p & 0xFFFFFFFFFFFFFFFF
    p, q = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
    c0, c2 = q >> 64 ^ c1 ^ k6, p >> 64 ^ c3 ^ 0x646E17211CBFEB62
    c1, c3 = q & 0xFFFFFFFFFFFFFFFF, p & 0xFFFFFFFFFFFFFFFF
    p, q = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
    c0, c2 = q >> 64 ^ c1 ^ k7, p >> 64 ^ c3 ^ 0x1FD5C5A6A18A929D
    c3 = p & 0xFFFFFFFFFFFFFFFF
    q = 0xCA5A826395121157 * c2
    c2 = 0xD2E7470EE14C6C93 * c0 >> 64 ^ c3 ^ 0xDB3D742C265539D8
    return 0xCA5A826395121157 * c2 >> 64 ^ q & 0xFFFFFFFFFFFFFFFF ^ k9


def uniform(seed: int, world: int, replay: int, stream: int, occurrence: int = 0, j: int = 0) -> float:
    """The uniform at an address, ((word >> 12) + 0.5) / 2^52: from 2^-53 to 1 - 2^-53, never 0 or 1."""
    return ((word(seed, world, replay, stream, occurrence, j) >> 12) + 0.5) * UNIT


def exponential(seed: int, world: int, replay: int, stream: int, occurrence: int = 0, j: int = 0) -> float:
    """The Exp(1) waiting time at an address, -log(uniform): positive and finite."""
    return -math.log(((word(seed, world, replay, stream, occurrence, j) >> 12) + 0.5) * UNIT)


def _wide_product(factor: int, x: _Words) -> tuple[_Words, _Words]:
    # the 128-bit product from four 32-bit halves, as (high, low) words
    half = np.uint64(32)
    low = np.uint64(0xFFFFFFFF)
    f0 = np.uint64(factor & 0xFFFFFFFF)
    f1 = np.uint64(factor >> 32)
    x0 = x & low
    x1 = x >> half
    cross = f1 * x0
    middle = (f0 * x0 >> half) + (cross & low) + f0 * x1
    return f1 * x1 + (cross >> half) + (middle >> half), np.uint64(factor) * x


def words(seed: int, worlds: Ints, replay: int, stream: int, occurrence: int = 0, j: int = 0) -> _Words:
    """Output word 0 for many worlds at once, the same bits as `word`; shape: worlds.

    Raises `ValueError` for an address outside its range.
    """
    keys = _key_schedule(seed)
    if worlds.size and (int(worlds.min()) < 0 or int(worlds.max()) >= WORLD_LIMIT):
        raise ValueError("world numbers must be whole, from 0 to 2^31 - 1")
    if not (0 <= replay <= WORLD_REPLAY and 0 <= stream <= _MASK and 0 <= occurrence <= _MASK and 0 <= j <= _MASK):
        raise ValueError(f"no such address: replay {replay}, stream {stream}, {occurrence}, {j}")
    c0 = (worlds.astype(np.uint64) << np.uint64(32)) + np.uint64(replay)
    c1, c2, c3 = (np.full(c0.shape, number, dtype=np.uint64) for number in (stream, occurrence, j))
    for i, key in enumerate(keys):
        high0, low0 = _wide_product(_M0, c0)
        high1, low1 = _wide_product(_M1, c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ np.uint64(key), low1, high0 ^ c3 ^ np.uint64(i * _W1 & _MASK), low0
    return c0


def uniforms(seed: int, worlds: Ints, replay: int, stream: int, occurrence: int = 0, j: int = 0) -> Floats:
    """The uniforms of many worlds at once, the same bits as `uniform`; shape: worlds."""
    drawn = words(seed, worlds, replay, stream, occurrence, j) >> np.uint64(12)
    # exact: the shifted word has 52 bits, with the half 53
    return (drawn.astype(np.float64) + 0.5) * UNIT
