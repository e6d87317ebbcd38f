"""Rates are the constant hazard that their words mean."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from sim.chance.parameters import plain
from sim.world.rates import Rate, inside_tension, read_condition


def per_day(raw: dict[str, Any]) -> float | None:
    return plain(Rate.model_validate(raw).per_day_rate())


@pytest.mark.parametrize(
    ("raw", "rate"),
    [
        ({"odds": "0.3", "within": "100"}, -math.log(0.7) / 100),
        ({"odds": "30 %", "within": {"value": "2", "unit": "weeks"}}, -math.log(0.7) / 14),
        ({"count": "6", "within": "30"}, 0.2),
        ({"count": "6", "within": {"value": "1", "unit": "year"}}, 6 / 365.25),
        ({"per_day": "0.25"}, 0.25),
        ({"per_month": "2"}, 24 / 365.25),
        ({"per_year": "0.5"}, 0.5 / 365.25),
        ({"odds": "0", "within": "10"}, 0.0),
    ],
)
def test_each_way_to_write_a_rate(raw: dict[str, Any], rate: float) -> None:
    assert per_day(raw) == pytest.approx(rate, rel=1e-12)


def test_odds_come_true_over_their_days() -> None:
    rate = per_day({"odds": "0.3", "within": "100"})
    assert rate is not None
    assert 1.0 - math.exp(-rate * 100.0) == pytest.approx(0.3)
    # a tenth more would be seen
    assert 1.0 - math.exp(-1.1 * rate * 100.0) != pytest.approx(0.3, abs=0.01)


def test_the_strength_of_a_waning_rate_gives_its_odds_back() -> None:
    waning = Rate.model_validate({"odds": "0.42", "between": ["70", "253"]})
    strength = plain(waning.waning_strength(30.0))
    assert strength is not None
    # the hazard a / t integrates to a log((253 + 30) / (70 + 30))
    assert 1.0 - math.exp(-strength * math.log(283.0 / 100.0)) == pytest.approx(0.42)
    assert waning.waning


def test_the_factor_of_tension_is_1_at_its_reference() -> None:
    constant, ((name, gain),) = inside_tension(0.5, 2.0)
    assert name == "tension"
    assert isinstance(constant, float)
    assert isinstance(gain, float)
    assert constant + gain * 2.0 == pytest.approx(1.0)
    assert (constant + gain * 6.0) / (constant + gain * 2.0) == pytest.approx((1 + 0.5 * 6) / (1 + 0.5 * 2))
    assert inside_tension(None, None) == (1.0, ())


@pytest.mark.parametrize(
    ("text", "quantity", "low", "high"),
    [
        ("pressure >= 0.5", "pressure", 0.5, None),
        ("pressure<=2e3", "pressure", None, 2000.0),
        ("sides.east.troops >= 0.5 * 90000", "sides.east.troops", 45000.0, None),
        ("intent.prepare is on", "intent.prepare", 0.5, None),
        ("  intent.prepare  is  off ", "intent.prepare", None, 0.5),
    ],
)
def test_conditions(text: str, quantity: str, low: float | None, high: float | None) -> None:
    condition = read_condition(text)
    assert condition.quantity == quantity
    found = [None if bound is None else plain(bound) for bound in (condition.at_least, condition.at_most)]
    assert found == [low, high]


def test_a_rate_is_written_one_way() -> None:
    with pytest.raises(ValidationError, match="stand together"):
        Rate.model_validate({"per_day": "1", "per_year": "1"})
