"""The arithmetic floor: published and independent draws, and sums that are known in expectation."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import floor
from benchmarks.agreement import flagship
from sim.chance import streams
from sim.records.outcomes import Floats

WORDS = st.integers(0, 2**64 - 1)
EVENTS = 200_000
Z_LIMIT = 4.5
TEN = floor.mean_waits(10)


def drawn(*numbers: int) -> int:
    return int(floor.philox_word(*(np.uint64(number) for number in numbers)))


def test_the_published_vector() -> None:
    """Random123 (Salmon et al. 2011), known answers of philox4x64-10: key and counter 0."""
    assert drawn(0, 0, 0, 0, 0) == 0x16554D9ECA36314C


@given(WORDS, st.tuples(st.integers(1, 2**64 - 1), WORDS, WORDS, WORDS))
def test_draws_are_those_of_numpy(key: int, counter: tuple[int, int, int, int]) -> None:
    """NumPy's Philox is the same generator; it adds 1 to the counter before it draws."""
    before = [counter[0] - 1, *counter[1:]]
    generator = np.random.Philox(counter=np.array(before, dtype=np.uint64), key=np.array([key, 0], dtype=np.uint64))
    assert drawn(key, *counter) == int(generator.random_raw())


@pytest.mark.parametrize("clocks", [1, 10, 64])
def test_draws_and_sums_are_those_of_plain_python(clocks: int) -> None:
    floor.verify(floor.mean_waits(clocks), 300)


def test_a_wrong_draw_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floor, "word", lambda *address: streams.word(*address) ^ 1)
    with pytest.raises(AssertionError, match="the floor's draw at"):
        floor.verify(TEN, 10)


@pytest.mark.parametrize("name", ["race", "rain"])
def test_a_wrong_sum_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part in a million too much in one of the sums."""
    plain: Callable[[int, int, Floats], tuple[float, float]] = getattr(floor, f"plain_{name}")

    def wrong(seed: int, events: int, days: Floats) -> tuple[float, float]:
        one, other = plain(seed, events, days)
        return one, other * (1.0 + 1e-6)

    monkeypatch.setattr(floor, f"plain_{name}", wrong)
    with pytest.raises(AssertionError, match=f"{name}: "):
        floor.verify(TEN, 100)


def race_in_errors(days: Floats, meant: Floats) -> tuple[float, float]:
    """How many standard errors the time and the mean tension of a race lie from what other waits would give.

    Waits add up to n / rate with a variation of 1 / sqrt(n); the tension is a shot noise whose average over n shots
    varies as much again, twice at most since it is read at shots.
    """
    now, total = floor.race(5, EVENTS, days)
    rate = float(np.sum(1.0 / meant))
    time_error = (now * rate / EVENTS - 1.0) * sqrt(EVENTS)
    level_error = (total / EVENTS * floor.DECAY / rate - 1.0) * sqrt(EVENTS / 2.0)
    return time_error, level_error


def test_a_race_takes_as_long_as_its_clocks_say() -> None:
    time_error, level_error = race_in_errors(TEN, TEN)
    assert abs(time_error) < Z_LIMIT
    assert abs(level_error) < Z_LIMIT


def test_clocks_a_tenth_too_slow_are_noticed() -> None:
    time_error, level_error = race_in_errors(1.1 * TEN, TEN)
    assert time_error > 2.0 * Z_LIMIT
    assert level_error < -2.0 * Z_LIMIT


def test_unconnected_events_have_their_means() -> None:
    """An Exp(1) load has mean and deviation 1, its exp(-load) is uniform with deviation 1 / sqrt(12)."""
    total, faded = floor.rain(5, EVENTS, TEN)
    assert abs(total / EVENTS / 10.0 - 1.0) * sqrt(EVENTS) < Z_LIMIT
    assert abs(faded / EVENTS + 0.5) * sqrt(12.0 * EVENTS) < Z_LIMIT


def test_the_flagship_has_as_many_clocks_as_its_hazards() -> None:
    program = flagship().program
    waits = [name for name in program.rules if name.endswith((".ordered", ".happens", ".cancelled"))]
    assert floor.clocks_of(program) >= len(waits) + 3
