"""What a compiler does in a few instructions of its own: draws, sets of bits, and tables as bare addresses.

As they stand here they serve the kernels where nothing is compiled; the compiled engine puts its own in their place.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sim.chance.streams import uniform

_WORD = 0xFFFFFFFFFFFFFFFF
_T = TypeVar("_T")


def uniform_at(seed: int, world: int, replay: int, stream: int, occurrence: int, j: int) -> float:
    """The uniform at an address; `seed` and `stream` are signed numbers with the bits of the unsigned ones."""
    return uniform(int(seed) & _WORD, int(world), int(replay), int(stream) & _WORD, int(occurrence), int(j))


def lowest(bits: int) -> int:
    """The place of the lowest bit that is set; there must be one."""
    return (int(bits) & -int(bits)).bit_length() - 1


def bare(tables: _T) -> _T:
    """The same arrays as bare addresses: handing an array over costs seven words and a count, an address costs one."""
    return tables


def with_length(addresses: Any, length: int) -> Any:  # noqa: ARG001 - an array knows its length, an address does not
    """An array again, for those who ask for its length."""
    return addresses
