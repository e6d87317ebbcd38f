"""A mark for functions that every engine runs from the same source.

A kernel is a pure function on scalars and flat sequences that uses only `math`. The reference engine calls it as it
stands; a compiling engine walks `KERNELS` and compiles each one. Nothing here imports a compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar


class Row(Protocol):
    """Numbers in a row: a tuple, a list, or an array of a compiling engine."""

    def __getitem__(self, place: int, /) -> float:
        """The number at a place."""

    def __len__(self) -> int:
        """How many there are."""


_F = TypeVar("_F", bound=Callable[..., Any])

KERNELS: list[Callable[..., Any]] = []


def kernel(function: _F) -> _F:
    """Record a function as shared by the engines; returns it unchanged."""
    KERNELS.append(function)
    return function
