from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.estimates.words import ICD_203, word, words

LADDER = [
    (0.0, "below 1 %"),
    (0.01, "almost no chance"),
    (0.05, "very unlikely"),
    (0.20, "unlikely"),
    (0.45, "roughly even chance"),
    (0.55, "likely"),
    (0.80, "very likely"),
    (0.95, "almost certain"),
    (math.nextafter(0.99, 1), "above 99 %"),
]


@pytest.mark.parametrize(("p", "text"), LADDER)
def test_boundary_belongs_to_the_band_above(p, text):
    assert word(p) == text


@pytest.mark.parametrize(("below", "above"), list(pairwise(LADDER)))
def test_just_under_a_boundary_is_the_band_below(below, above):
    assert word(math.nextafter(above[0], 0)) == below[1]


def test_99_per_cent_still_has_its_term():
    assert word(0.99) == "almost certain"


def test_words_follow_the_unrounded_value():
    # 54.6 % prints as 55 % and is still "roughly even"
    assert word(0.546) == "roughly even chance"


def test_table_has_no_gap():
    assert all(left.high == right.low for left, right in pairwise(ICD_203))
    assert (ICD_203[0].low, ICD_203[-1].high) == (0.01, 0.99)


@pytest.mark.parametrize(
    ("p", "interval", "text"),
    [
        (0.23, (0.09, 0.41), "very unlikely to unlikely"),
        (0.30, (0.25, 0.35), "unlikely"),
        (0.30, None, "unlikely"),
        (0.004, (0.0, 0.03), "below 1 % to almost no chance"),
        (0.50, (0.01, 0.999), "almost no chance to above 99 %"),
        (0.50, (0.2, 0.4), "unlikely to roughly even chance"),
    ],
)
def test_range_of_terms(p, interval, text):
    assert words(p, interval) == text


@given(st.floats(0, 1), st.floats(0, 1))
def test_terms_follow_the_order_of_probabilities(p, q):
    order = [text for _, text in LADDER]
    assert order.index(word(min(p, q))) <= order.index(word(max(p, q)))


@pytest.mark.parametrize("p", [-0.01, 1.01, math.nan])
def test_what_is_no_probability_has_no_word(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        word(p)
