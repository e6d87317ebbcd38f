"""What `--over` and the ends of a range may be written like, and what is refused, word for word."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import UsageError
from sim.experiment.axes import End, read_axes, read_axis, read_end, text_of

HOW = "write PATH=FROM:TO:POINTS, like tension.start=0.5:1.5:5, or PATH=VALUE,VALUE,…"


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("x.y=0.1:0.5:5", ("0.1", "0.2", "0.3", "0.4", "0.5")),
        (" x.y = 5 : 1 : 3 ", ("5", "3", "1")),
        ("x.y=10 %:30%:3", ("10 %", "20 %", "30 %")),
        ("x.y=-1e3:1e3:3", ("-1000", "0", "1000")),
        ("x.y=2021-09-05:2021-10-05:4", ("2021-09-05", "2021-09-15", "2021-09-25", "2021-10-05")),
        # 7.5 days a step: whole days, the ends kept
        ("x.y=2021-09-01:2021-09-16:3", ("2021-09-01", "2021-09-09", "2021-09-16")),
        ("x.y=coerce,restrain", ("coerce", "restrain")),
        ("x.y=0.3, 20 %, 0.1 to 0.4", ("0.3", "20 %", "0.1 to 0.4")),
    ],
)
def test_what_is_written_is_read(written: str, texts: tuple[str, ...]) -> None:
    axis = read_axis(written)
    assert (axis.path, axis.texts) == ("x.y", texts)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(2, 400))
def test_steps_are_equal_and_keep_their_ends(low: float, high: float, many: int) -> None:
    if abs(high - low) < 1e-3:
        return
    numbers = [float(text) for text in read_axis(f"x={low!r}:{high!r}:{many}").texts]
    assert len(numbers) == many
    assert (numbers[0], numbers[-1]) == (pytest.approx(low, rel=1e-11), pytest.approx(high, rel=1e-11))
    step = (high - low) / (many - 1)
    # numbers up to a million keep twelve digits
    assert all(abs(two - one - step) < 3e-6 for one, two in pairwise(numbers))


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ("x", HOW),
        ("=1:2:3", HOW),
        ("x=", HOW),
        ("x=1:2", HOW),
        ("x=1:2:3:4", HOW),
        ("x=1:2:0.5", "`0.5` is no number of points; write a whole number from 2 to 400"),
        ("x=1:2:1", "`1` is no number of points; write a whole number from 2 to 400"),
        ("x=1:1.0:3", "it ends where it begins; write two different values"),
        ("x=a:2:3", "`a` is no number and no date; write one like 0.4, 40 % or 2021-09-10"),
        ("x=1:inf:3", "`inf` is no number and no date; write one like 0.4, 40 % or 2021-09-10"),
        ("x=1:20 %:3", "`1` and `20 %` are of two sorts; write both as numbers, shares or dates"),
        ("x=1:2021-09-01:3", "`1` and `2021-09-01` are of two sorts; write both as numbers, shares or dates"),
        ("x=2021-09-31:2021-10-05:2", "`2021-09-31` is not a date of the calendar (day is out of range for month)"),
        ("x=2021-09-01:2021-09-03:4", "there are 3 days from 2021-09-01 to 2021-09-03; ask for fewer points"),
        ("x=1:1.00000000001:9", "the values are too close; ask for fewer points"),
        ("x=a", "one value is no sweep; write at least two, or use --set"),
        ("x=a,,b", f"a value of the list is empty; {HOW}"),
        ("x=a,b,a", "`a` is there twice; write each value once"),
        ("x=[a],[b]", "a list holds single values; blocks and lists are compared by `sim compare`"),
    ],
)
def test_what_makes_no_axis_is_refused(written: str, refusal: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_axis(written)
    assert str(caught.value) == f"--over {written}: {refusal}"


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ([], f"--over is missing, which says what to sweep: {HOW}"),
        (["x=1:2:2", "y=1:2:2", "z=1:2:2"], "--over is there 3 times: one input or two can be swept at once"),
        (["x=1:2:2", "x=3,4"], "--over x is there twice: sweep two different inputs, or write one list"),
        (["x=1:2:20", "y=1:2:21"], "--over asks for 20 × 21 = 420 points: at most 400 are played"),
        (["x=1:2:401"], "--over asks for 401 points: at most 400 are played"),
    ],
)
def test_axes_that_do_not_go_together_are_refused(written: list[str], refusal: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_axes(written)
    assert str(caught.value) == refusal


def test_four_hundred_points_are_played() -> None:
    assert [len(axis.texts) for axis in read_axes(["x=1:2:20", "y=1:2:20"])] == [20, 20]


def test_ends_of_a_range() -> None:
    assert read_end(" 0.4 ", "--from") == End(0.4, "number")
    assert read_end("40 %", "--from") == End(0.4, "percent")
    assert read_end("2021-09-10", "--from") == End(float(dt.date(2021, 9, 10).toordinal()), "date")
    with pytest.raises(UsageError, match=r"^--to: `soon` is no number and no date; write one like 0\.4, 40 % or 2021"):
        read_end("soon", "--to")


def test_numbers_are_written_without_the_digits_of_rounding() -> None:
    assert [text_of(x) for x in (0.1 + 0.2, 3.0, 1e20, -0.0, 1 / 3)] == ["0.3", "3", "1e+20", "0", "0.333333333333"]
    assert text_of(float(dt.date(2021, 9, 10).toordinal()), date=True) == "2021-09-10"
