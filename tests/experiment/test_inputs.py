"""What is said of an input beside the values it is given, and how a point that cannot be is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.experiment.inputs import Source, axis_part, number_at
from sim.scenario.load import load

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"


@pytest.mark.parametrize(
    ("path", "unit", "form", "p5", "p95"),
    [
        ("pullbacks.april.honoured_share", "share", "p5 0.05, p50 0.33, p95 0.8 (logit-metalog)", 0.05, 0.8),
        ("sanctions.eo_14024.pressure", "packages", "lognormal (p5 0.6, p95 1.6)", 0.6, 1.6),
        ("assumptions.surge", "troops", "45000 to 75000 (lognormal)", 45_000.0, 75_000.0),
        ("pullbacks.april.convoys", None, "4", 4.0, 4.0),
        ("exercises.sea_breeze.starts", "date", "2021-06-21 to 2021-07-05 (dates)", "2021-06-21", "2021-07-05"),
        ("exercises.rapid_trident.starts", "date", "2021-09-20", "2021-09-20", "2021-09-20"),
        ("forces.south.surge", None, "= 0.4 * surge", None, None),
        ("intent.start", None, "coerce 50 %, prepare 15 %, restrain 35 %", None, None),
        ("question.kinds", None, "[build_up, clash, ultimatum, other]", None, None),
        ("crises.clash.pause", None, "not in the file", None, None),
    ],
)
def test_what_the_file_itself_says(
    path: str, unit: str | None, form: str, p5: float | str | None, p95: float | str | None
) -> None:
    part = axis_part(load(FLAGSHIP).scenario, path, [1.0])
    assert (part["path"], part["values"], part["unit"], part["form"]) == (path, [1.0], unit, form)
    numeric = isinstance(p5, float)
    assert part["p5"] == (pytest.approx(p5, rel=1e-6) if numeric else p5)
    assert part["p95"] == (pytest.approx(p95, rel=1e-6) if numeric else p95)


def test_numbers_are_in_the_unit_of_the_scenario() -> None:
    source = Source(FLAGSHIP)
    path = "pullbacks.april.takes"
    assert number_at(source.at([(path, "{value: 3, unit: weeks}")], "--over"), path) == 21.0
    assert number_at(source.at([(path, "20 to 40")], "--over"), path) is None
    assert number_at(source.own(), "exercises.rapid_trident.starts") is None
    assert number_at(source.own(), "question.kinds") is None


def test_a_problem_of_the_point_is_placed_in_its_option_and_one_of_a_setting_in_that() -> None:
    wrong = Source(FLAGSHIP, ("tension.cap=high",))
    with pytest.raises(ScenarioError) as caught:
        wrong.at([("tension.start", "-1"), ("tension.half_life", "x")], "--over")
    assert str(caught.value).startswith(
        "--over cannot be at `tension.start=-1` and `tension.half_life=x`:\n--set 1:1:13  SC203 error: `tension.cap`"
    )
    assert [text.split(" ")[0] for text in str(caught.value).split("\n") if "SC203" in text] == [
        "--set",
        "--over:1:15",
        "--over:1:19",
    ]
