from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.estimates.digits import decimals, percent, percent_range


@pytest.mark.parametrize(
    ("se", "places"),
    [
        (0.06, 0),
        (0.01, 0),
        (0.005, 0),
        (0.00499, 1),
        (0.003, 1),
        (0.0005, 1),
        (0.0004, 2),
        (0.00005, 2),
        (None, 0),
        (0.0, 0),
    ],
)
def test_decimals_are_earned_by_the_error(se, places):
    assert decimals(se) == places


@given(st.floats(1e-9, 0.5))
def test_two_errors_are_1_to_10_units_of_the_last_digit(se):
    units = 200 * se * 10 ** decimals(se)
    assert units >= 1 - 1e-6
    assert units < 10 + 1e-6 or decimals(se) == 0


@pytest.mark.parametrize(
    ("p", "se", "text"),
    [
        (0.2734, 0.003, "27.3 %"),
        (0.2734, 0.005, "27 %"),
        (0.2734, None, "27 %"),
        (0.285, 0.004, "28.5 %"),
        (0.3, 0.0004, "30.00 %"),
        (0.0004, 0.0003, "0.04 %"),
        (0.002, None, "<1 %"),
        (0.0, 0.0, "<1 %"),
        (0.0, None, "<1 %"),
        (1.0, None, ">99 %"),
        (0.998, None, ">99 %"),
        (0.0004, 0.006, "<2 %"),
        (0.9996, 0.006, ">98 %"),
        (0.0001, 0.0044, "<0.9 %"),
    ],
)
def test_percentages(p, se, text):
    assert percent(p, se) == text


@pytest.mark.parametrize(
    ("p", "bound", "text"),
    [
        (0.0, 0.001462, "<0.15 %"),
        (1.0, 1 - 0.001462, ">99.85 %"),
        (0.0, 0.0495, "<5 %"),
        (0.0, 0.95, "<95 %"),
        (1.0, 0.05, ">5 %"),
        (0.0, 0.1104, "<12 %"),
        (0.3, 0.5, "30 %"),
    ],
)
def test_known_bound_is_printed_and_never_tightened(p, bound, text):
    assert percent(p, None, bound=bound) == text


@given(st.floats(0, 1), st.none() | st.floats(0, 0.5))
def test_certainty_is_never_printed(p, se):
    figure = percent(p, se).removesuffix(" %")
    if figure[0] in "<>":
        # what is claimed holds for the estimate
        assert p * 100 < float(figure[1:]) + 1e-9 if figure[0] == "<" else p * 100 > float(figure[1:]) - 1e-9
    else:
        assert 0 < float(figure) < 100
        assert float(figure) == pytest.approx(100 * p, abs=0.5 * 10 ** -decimals(se) + 1e-9)


@pytest.mark.parametrize(
    ("low", "high", "se", "text"),
    [
        (0.0901, 0.4098, None, "9–41 %"),
        (0.2674, 0.2794, 0.003, "26.7–27.9 %"),
        (0.2674, 0.2794, None, "26.7–27.9 %"),
        (0.0, 0.001462, None, "up to 0.15 %"),
        (0.0, 0.001412, None, "up to 0.15 %"),
        (0.0004, 0.0304, None, "up to 3.1 %"),
        (0.001, 0.0304, None, "0.1–3.0 %"),
        (0.9713, 1.0, None, "at least 97.1 %"),
        (0.0, 1.0, None, "0–100 %"),
        (0.3, 0.3, None, "30 %"),
        (0.301, 0.302, 0.02, "30 %"),
    ],
)
def test_ranges(low, high, se, text):
    assert percent_range(low, high, se) == text


def test_floats_are_rounded_by_their_text():
    # control: the plain product is 28.499999999999996 and would print as 28.4 or 28
    assert 0.285 * 100 < 28.5
    assert percent(0.285, 0.0004) == "28.50 %"
    assert percent(math.nextafter(0.285, 1), 0.02) == "29 %"
