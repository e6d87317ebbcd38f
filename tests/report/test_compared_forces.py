"""Troops of several scenarios: which lines are coloured, what the title says, and what is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from sim.records.comparison import Comparison
from sim.records.paths import Fan
from sim.report import wording
from sim.report.figures import compared_forces
from tests.report import boxes, comparisons, sample, strategies

few = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

PAIR = ("spring-2021", "honest_full_pullback")


def forces_of(fans: list[tuple[str, Fan]], comparison: Comparison) -> Figure:
    return compared_forces.draw(fans, comparison, [])


@few
@given(st.lists(strategies.fans().filter(lambda fan: 0.5 in fan.levels), min_size=1, max_size=10), st.data())
def test_any_fans_are_drawn_beside_each_other(fans: list[Fan], data: st.DataObject) -> None:
    marks = data.draw(st.lists(strategies.marks(sample.OPENS), max_size=8))
    comparison = comparisons.many(len(fans), data.draw(strategies.keys))
    named = [(part["name"], fan) for part, fan in zip(comparison["scenarios"], fans, strict=True)]
    figure = compared_forces.draw(named, comparison, marks)
    assert boxes.outside(figure) == []
    assert boxes.overlaps(figure) == []


def test_forces_colour_only_scenarios_whose_median_differs() -> None:
    comparison = comparisons.comparison()
    fans = comparisons.fans(list(comparisons.VARIANTS), [1.0, 0.8, 1.0, 1.001, 0.93, 1.0, 1.1])
    found = boxes.texts_of(compared_forces.draw(fans, comparison, sample.marks()))
    assert {"spring-2021", "honest full pullback", "sanctions bite", "summit fails"} <= set(found)
    assert "no zapad" not in found
    assert "in grey: 3 others, same median" in found
    assert wording.amount(float(fans[1][1].values[2, -1])) in found
    found = boxes.texts_of(compared_forces.draw(fans[:3], comparison, []))
    assert "in grey: equipment taken home, same median" in found
    crowd = comparisons.fans([part["name"] for part in comparisons.many()["scenarios"]], [1.0, *[0.9, 1.0] * 5, 0.7])
    assert any(
        text.startswith("in grey: 5 others, same") for text in boxes.texts_of(forces_of(crowd, comparisons.many()))
    )
    far = [(name, sample.fan(scale=1.0 + 0.05 * number)) for number, (name, _) in enumerate(crowd)]
    assert "in grey: 4 others, see the table" in boxes.texts_of(forces_of(far, comparisons.many()))
    far[1] = (far[1][0], sample.fan())
    assert "in grey: 4 others, 1 with the same median" in boxes.texts_of(forces_of(far, comparisons.many()))


def test_a_scenario_without_troops_does_not_move_the_looks_of_the_others() -> None:
    comparison = comparisons.comparison()
    fans = comparisons.fans(list(comparisons.VARIANTS), [1.0, 0.8, 0.9, 0.95, 0.93, 0.85, 1.1])
    whole, part = forces_of(fans, comparison), forces_of([fans[0], *fans[3:]], comparison)

    def colours(figure: Figure) -> list[object]:
        return [line.get_color() for line in figure.axes[0].lines if len(np.asarray(line.get_xdata())) > 2]

    assert colours(part) == [colours(whole)[0], *colours(whole)[3:]]


def test_forces_say_where_the_medians_are_furthest_apart() -> None:
    first, second, third = list(comparisons.VARIANTS)[:3]
    fan = sample.fan()
    # By hand: 12 000 fewer on 1 Oct 2021 and 5 000 fewer on every other day.
    column = (dt.date(2021, 10, 1) - sample.CLOCK_START).days
    less = np.full(fan.values.shape, 5_000.0)
    less[:, column] = 12_000.0
    other = replace(fan, values=fan.values - less)
    figure = forces_of([(first, fan), (second, other)], comparisons.comparison())
    here, there = (wording.amount(float(one.values[2, column])) for one in (fan, other))
    assert figure.get_label() == f"Medians on 1 Oct 2021: {there} troops in honest full pullback, {here} in spring-2021"
    last = f"{wording.amount(fan.values[2, -1])} troops on 31 Dec 2021"
    same = forces_of([(first, fan), (second, fan), (third, fan)], comparisons.comparison())
    assert same.get_label() == f"The same median in all 3 scenarios: {last}"
    assert forces_of([(first, fan)], comparisons.comparison()).get_label() == f"Median in spring-2021: {last}"


def test_forces_band_the_middle_half_of_the_first() -> None:
    fan = sample.fan()
    figure = forces_of([(PAIR[0], fan), (PAIR[1], sample.fan(scale=0.5))], comparisons.comparison(PAIR))
    (band,) = figure.axes[0].collections
    heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
    assert (heights.min(), heights.max()) == (fan.values[1].min(), fan.values[3].max())
    bare = replace(fan, levels=(0.1, 0.2, 0.5, 0.8, 0.9))
    assert not forces_of([(PAIR[0], bare)], comparisons.comparison(PAIR)).axes[0].collections


def test_forces_refuse_what_cannot_be_compared() -> None:
    comparison = comparisons.comparison(PAIR)
    fan = sample.fan()
    for missing in ([], [(PAIR[1], fan)]):
        with pytest.raises(ValueError, match="the first fan must be that of `spring-2021`"):
            forces_of(missing, comparison)
    with pytest.raises(ValueError, match="`stranger` is not one of the scenarios that are compared"):
        forces_of([(PAIR[0], fan), ("stranger", fan)], comparison)
    without = replace(fan, levels=(0.05, 0.25, 0.4, 0.75, 0.95))
    with pytest.raises(ValueError, match="fan `troops` has no median: levels"):
        forces_of([(PAIR[0], fan), (PAIR[1], without)], comparison)
    with pytest.raises(ValueError, match="fan `troops`: values"):
        forces_of([(PAIR[0], replace(fan, levels=(0.5,)))], comparison)


def test_the_table_of_forces_names_the_scenario_of_every_row() -> None:
    fans = comparisons.fans(["a", "b"], [1.0, 0.5])
    table = compared_forces.table(fans)
    assert table.columns[:4] == ("scenario", "quantity", "unit", "date")
    assert [row[0] for row in table.rows] == ["a"] * 254 + ["b"] * 254
    middle = table.columns.index("q50")
    assert table.rows[254][middle] == pytest.approx(0.5 * float(str(table.rows[0][middle])))
