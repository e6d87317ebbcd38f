"""Every form of the grammar is read as what it means, by the field in which it stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from sim.chance.parameters import plain
from sim.chance.quantiles import family_quantile
from sim.chance.uncertain import Draw, Evaluator, Value, references
from sim.world.reading import Reading
from sim.world.scalars import FieldError

NORMAL_95 = 1.6448536269514722


def value(kind: str, raw: object) -> Value:
    read = Reading(kind)(raw)
    assert isinstance(read, Value)
    return read


def quantiles(kind: str, raw: object, *u: float) -> list[float]:
    spread = value(kind, raw).distribution
    assert spread is not None
    return [spread.quantile(x) for x in u]


def drawn(kind: str, raw: object, *u: float) -> list[float]:
    draw = Reading(kind, each=True)(raw)
    assert isinstance(draw, Draw)
    parameters = [plain(parameter) or 0.0 for parameter in draw.parameters]
    return [family_quantile(draw.family, x, parameters, draw.table) for x in u]


@pytest.mark.parametrize(
    ("kind", "raw", "number"),
    [
        ("share", "0.4", 0.4),
        ("share", "30 %", 0.3),
        ("share", "30%", 0.3),
        ("positive", "45000", 45000.0),
        ("positive", ".5", 0.5),
        ("positive", "1e-3", 0.001),
        ("real", "-0.5", -0.5),
        ("real", "+2", 2.0),
        ("whole", "4", 4.0),
        ("days", {"value": "2", "unit": "weeks"}, 14.0),
        ("days", {"value": "1", "unit": "month"}, 365.25 / 12),
        ("days", {"value": "0.5", "unit": "years"}, 182.625),
        ("positive", {"value": "40", "unit": "thousand troops"}, 40000.0),
        ("real", {"value": "-2", "unit": "million"}, -2e6),
        ("positive", {"value": "40", "unit": "troops"}, 40.0),
        ("days", {"value": "9", "within": ["1", "20"]}, 9.0),
    ],
)
def test_certain_numbers(kind: str, raw: object, number: float) -> None:
    assert value(kind, raw).fixed == pytest.approx(number)


def test_a_range_is_the_5th_to_the_95th_percentile() -> None:
    assert quantiles("share", "0.03 to 0.60", 0.05, 0.95) == pytest.approx([0.03, 0.6])
    assert quantiles("share", "3 % to 60 %", 0.05, 0.95) == pytest.approx([0.03, 0.6])
    # logit-normal, lognormal, normal: the middle is that of the log-odds, of the logarithms, of the numbers
    logit = (math.log(0.03 / 0.97) + math.log(0.6 / 0.4)) / 2
    assert quantiles("share", "0.03 to 0.60", 0.5) == pytest.approx([1 / (1 + math.exp(-logit))])
    for kind in ("positive", "days", "multiplier", "whole"):
        assert quantiles(kind, "4 to 16", 0.05, 0.5, 0.95) == pytest.approx([4, 8, 16])
    assert quantiles("real", "-1 to 2", 0.05, 0.5, 0.95) == pytest.approx([-1, 0.5, 2])


def test_units_scale_ranges_bounds_and_families_alike() -> None:
    weeks = {"unit": "weeks", "within": ["1", "10"]}
    plain_days = {"within": ["7", "70"]}
    for raw, days in (
        ({"value": "2 to 6"}, {"value": "14 to 42"}),
        ({"p5": "2", "p50": "3", "p95": "6"}, {"p5": "14", "p50": "21", "p95": "42"}),
        ({"lognormal": {"median": "2", "sigma": "0.5"}}, {"lognormal": {"median": "14", "sigma": "0.5"}}),
        ({"weibull": {"shape": "2", "median": "3"}}, {"weibull": {"shape": "2", "median": "21"}}),
    ):
        probes = (0.001, 0.3, 0.999)
        assert quantiles("days", {**raw, **weeks}, *probes) == pytest.approx(
            quantiles("days", {**days, **plain_days}, *probes)
        )
    assert drawn("days", {"value": "each 1 to 2", "unit": "weeks"}, 0.05, 0.95) == pytest.approx([7, 14])
    assert drawn("days", {"each": {"exponential": {"mean": "1"}}, "unit": "weeks"}, 0.5) == pytest.approx(
        [7 * math.log(2)]
    )


def test_dates_and_ranges_of_dates_are_whole_days() -> None:
    one = value("date", "2021-09-10")
    assert one.fixed == 738043.0
    assert quantiles("date", "2021-09-05 to 2021-09-15", 0.0001, 0.9999) == [738038.0, 738048.0]
    assert quantiles("date", {"value": "2021-09-05 to 2021-09-15", "about": "?"}, 0.5) == [738043.0]
    cut = {"value": "2021-09-05 to 2021-09-15", "within": ["2021-09-07", "2021-09-08"]}
    assert quantiles("date", cut, 0.01, 0.99) == [738040.0, 738041.0]


def test_percentiles_are_met() -> None:
    assert quantiles("days", {"p5": "3", "p50": "10", "p95": "40"}, 0.05, 0.5, 0.95) == pytest.approx([3, 10, 40])
    assert quantiles("days", {"value": {"p5": "3", "p95": "40"}, "unit": "days"}, 0.05, 0.95) == pytest.approx([3, 40])
    # the support of a share ends at 0 and 1
    low, high = quantiles("share", {"p5": "10 %", "p95": "80 %"}, 1e-12, 1 - 1e-12)
    assert 0.0 < low < 0.1
    assert 0.8 < high < 1.0


def test_bounds_cut_the_tails_and_nothing_else() -> None:
    low, high = quantiles("days", {"value": "4 to 16", "within": ["3", "20"]}, 1e-9, 1 - 1e-9)
    assert (low, high) == pytest.approx((3, 20), rel=1e-6)
    uncut = value("days", "4 to 16").distribution
    cut = value("days", {"value": "4 to 16", "within": ["3", "20"]}).distribution
    assert uncut is not None
    assert cut is not None
    share = (uncut.cdf(8.0) - uncut.cdf(3.0)) / (uncut.cdf(20.0) - uncut.cdf(3.0))
    assert cut.cdf(8.0) == pytest.approx(share)
    assert drawn("days", {"each": "4 to 16", "within": ["3", "20"]}, 1e-9, 1 - 1e-9) == pytest.approx([3, 20], rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "raw", "u", "expected"),
    [
        ("share", {"beta": {"a": "2", "b": "5"}}, 0.5, 0.26444998),
        ("real", {"normal": {"mean": "1", "sd": "2"}}, 0.95, 1 + 2 * NORMAL_95),
        ("positive", {"lognormal": {"median": "3", "p95": "9"}}, 0.95, 9.0),
        ("positive", {"uniform": {"low": "2", "high": "6"}}, 0.25, 3.0),
        ("positive", {"triangular": {"low": "0", "mode": "0", "high": "2"}}, 0.75, 1.0),
        ("positive", {"choice": {"3": "0.5", "1": "0.5"}}, 0.75, 3.0),
        ("share", {"choice": {"0.2": "30 %", "0.9": "70 %"}}, 0.5, 0.9),
    ],
)
def test_families(kind: str, raw: object, u: float, expected: float) -> None:
    assert quantiles(kind, raw, u) == pytest.approx([expected], rel=1e-6)


def test_a_choice_of_states_keeps_their_names() -> None:
    chosen = value("state", {"choice": {"restrain": "0.45", "coerce": "55 %"}})
    assert chosen.states == ("coerce", "restrain")
    assert quantiles("state", {"choice": {"restrain": "0.45", "coerce": "55 %"}}, 0.54, 0.56) == [0.0, 1.0]
    assert value("state", "coerce").states == ("coerce",)


def test_formulas_read_names_and_paths() -> None:
    formula = value("positive", "= 0.4 * surge + forces.south.garrison").formula
    assert formula is not None
    assert list(references(formula)) == ["assumptions.surge", "forces.south.garrison"]
    values = {"assumptions.surge": np.array([10.0]), "forces.south.garrison": np.array([3.0])}
    assert Evaluator(1, values)(formula)[0] == 7.0


def test_prose_stands_beside_every_form() -> None:
    prose = {"unit": "days", "about": "a guess", "source": "news"}
    for raw in (
        {"value": "9"},
        {"value": "2 to 9"},
        {"value": "= x"},
        {"p5": "2", "p95": "9"},
        {"uniform": {"low": "2", "high": "9"}},
    ):
        read = value("days", {**raw, **prose})
        assert (read.unit, read.about, read.source) == ("days", "a guess", "news")
    draw = Reading("days", each=True)({"each": "2 to 9", **prose})
    assert (draw.unit, draw.about, draw.source) == ("days", "a guess", "news")


def test_each_is_luck_of_the_family_of_its_field() -> None:
    assert drawn("days", "each 5 to 20", 0.05, 0.5, 0.95) == pytest.approx([5, 10, 20])
    assert drawn("real", "each -1 to 2", 0.05, 0.5, 0.95) == pytest.approx([-1, 0.5, 2])
    assert drawn("positive", {"each": {"pareto": {"minimum": "1", "alpha": "2"}}}, 0.75) == pytest.approx([2])
    assert drawn("days", {"each": {"p5": "3", "p50": "10", "p95": "40"}}, 0.05, 0.5, 0.95) == pytest.approx([3, 10, 40])
    assert drawn("days", {"each": {"value": "5 to 20", "about": "?"}}, 0.5) == pytest.approx([10])
    assert drawn("positive", {"each": {"choice": {"30": "1"}}}, 0.1, 0.9) == [30, 30]


def test_the_parameters_of_luck_may_be_formulas() -> None:
    draw = Reading("days", each=True)({"each": {"lognormal": {"median": "= pace", "sigma": "0.5"}}, "unit": "weeks"})
    assert isinstance(draw, Draw)
    assert list(references(draw.parameters[0])) == ["assumptions.pace"]
    median = Evaluator(1, {"assumptions.pace": np.array([2.0])})(draw.parameters[0])[0]
    assert math.exp(median) == pytest.approx(14.0)


def test_every_place_has_a_value_of_its_own() -> None:
    one, other = value("share", "0.2 to 0.6"), value("share", "0.2 to 0.6")
    one.path = "a"
    assert other.path == ""
    assert one.distribution == other.distribution


REFUSED: list[tuple[str, Any]] = [
    ("share", "1.2"),
    ("share", "-0.1"),
    ("share", "0 to 0.5"),
    ("positive", "-1"),
    ("positive", "nan"),
    ("positive", "inf"),
    ("positive", "1e999"),
    ("positive", "٣"),
    ("positive", "0x10"),
    ("days", "each 5 to 20"),
    ("days", {"normal": {"mean": "3", "sd": "9"}}),
    ("multiplier", "0"),
    ("whole", "0"),
    ("whole", "2.5"),
    ("date", "2021-02-30"),
    ("date", "30"),
    ("date", {"p5": "2021-01-01", "p95": "2021-02-01"}),
    ("date", {"normal": {"mean": "738000", "sd": "3"}}),
    ("state", {"normal": {"mean": "0", "sd": "1"}}),
    ("state", "= 1"),
    ("positive", {"choice": {"a": "0.5", "b": "0.5"}}),
    ("positive", {"value": "3", "p50": "3"}),
    ("positive", {"value": "3", "untis": "troops"}),
    ("positive", {"about": "nothing else"}),
    ("positive", ["3"]),
    ("positive", None),
    ("days", {"value": "= x", "unit": "weeks"}),
    ("days", {"value": "= x", "within": ["1", "2"]}),
]


@pytest.mark.parametrize(("kind", "raw"), REFUSED)
def test_refusals(kind: str, raw: object) -> None:
    with pytest.raises(FieldError) as refused:
        Reading(kind)(raw)
    assert str(refused.value)
    assert refused.value.hint or ";" in str(refused.value)


def test_a_refusal_knows_the_key_below_its_field() -> None:
    raw: Mapping[str, object] = {"value": "3", "untis": "troops"}
    with pytest.raises(FieldError) as refused:
        Reading("positive")(raw)
    assert refused.value.where == ("untis",)
    assert refused.value.at_key
