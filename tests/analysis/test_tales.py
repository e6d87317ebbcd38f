"""Which flip is told: the one in the middle, found without a choice of anybody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.tales import FLIP_RULE, FLIP_TIES, typical_flip, why_this_flip

FLIPS = st.lists(
    st.tuples(st.integers(0, 9).map(float), st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=30, unique=True
)


@pytest.mark.parametrize(
    ("flips", "told"),
    [
        ([(80.0, 4, 1)], (4, 1)),
        ([(90.0, 1, 0), (70.0, 2, 0), (80.0, 3, 0)], (3, 0)),
        # of an even number, the earlier of the two in the middle
        ([(90.0, 1, 0), (70.0, 2, 0), (80.0, 3, 0), (85.0, 4, 0)], (3, 0)),
        # one instant, the lowest world, then the lowest replay
        ([(80.0, 5, 0), (80.0, 3, 2), (80.0, 3, 1), (70.0, 0, 0)], (3, 1)),
        # the median may not be where the tie begins
        ([(70.0, 9, 0), (80.0, 2, 0), (80.0, 1, 0), (80.0, 0, 7)], (0, 7)),
    ],
)
def test_typical_flip(flips: list[tuple[float, int, int]], told: tuple[int, int]) -> None:
    assert typical_flip(flips) == told


@given(FLIPS)
def test_typical_flip_is_a_median_in_whatever_order(flips: list[tuple[float, int, int]]) -> None:
    world, replay = typical_flip(flips)
    shuffled = sorted(flips, key=lambda flip: (flip[2], -flip[1], flip[0]))
    assert typical_flip(shuffled) == (world, replay)
    onsets = [first for first, *address in flips if tuple(address) == (world, replay)]
    earlier = [sum(first < onset for first, *_ in flips) for onset in onsets]
    later = [sum(first > onset for first, *_ in flips) for onset in onsets]
    assert any(e <= (len(flips) - 1) // 2 and lt <= len(flips) // 2 for e, lt in zip(earlier, later, strict=True))


def test_no_flip_no_story() -> None:
    with pytest.raises(ValueError, match="without a flip none is typical"):
        typical_flip([])


def test_why_says_the_rule_and_the_numbers() -> None:
    assert why_this_flip(1812, 303) == f"typical flip: {FLIP_RULE} (1,812 of them, 303 in the other); {FLIP_TIES}"
