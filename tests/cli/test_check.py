"""`sim check`: the numbers against closed forms, and that every value of a file is told once."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from sim.analysis.expectations import ClockLine, Expectations, NumberLine, expectations
from sim.cli import console
from sim.report import checking
from sim.scenario.load import Case, load
from tests.cli.conftest import HAZARD, ROOT, STARTER, TEACHING, Sim, written

FLAGSHIP = ROOT / "scenarios" / "spring-2021.yaml"
Z95 = NormalDist().inv_cdf(0.95)


def told(path: Path, *settings: str) -> Expectations:
    return expectations(load(path, settings))


def only_clock(path: Path, *settings: str) -> ClockLine:
    (clock,) = told(path, *settings).clocks
    return clock


def line(lines: tuple[NumberLine, ...], path: str) -> NumberLine:
    (found,) = (item for item in lines if item.path == path)
    return found


def exactly(value: float) -> object:
    """The recipe of an integrated hazard has a dozen roundings, so a relative 1e-12 is generous and 10 % far off."""
    return pytest.approx(value, rel=1e-12)


# ------------------------------------------------------------------------------------------------ clocks, closed forms


def test_constant_hazard() -> None:
    clock = only_clock(TEACHING / "one_hazard.yaml")
    assert clock.expected == exactly(-math.log(0.7))
    assert clock.once == exactly(0.3)
    assert (clock.needs, clock.echoes, clock.while_on) == ((), False, clock.expected)


def relaxing(opens: float, closes: float, rate: float = 0.003) -> float:
    """Rate x (1 + tension / 2), with a tension of 4 that relaxes to 0 with a half-life of 20 days."""
    k = math.log(2.0) / 20.0
    return rate * (closes - opens + 0.5 * 4.0 * (math.exp(-k * opens) - math.exp(-k * closes)) / k)


@pytest.mark.parametrize("opens", [0, 25])
def test_relaxing_hazard_is_integrated_over_the_window_alone(opens: int) -> None:
    date = f"question.opens=2021-01-{1 + opens:02d}"
    clock = only_clock(TEACHING / "relaxing_tension.yaml", date)
    assert clock.expected == exactly(relaxing(opens, 60.0))
    assert clock.once == exactly(1.0 - math.exp(-relaxing(opens, 60.0)))
    assert clock.expected != pytest.approx(relaxing(opens, 60.0, rate=0.0033), rel=1e-3), "10 % off would be seen"


def test_hazard_that_feeds_itself_says_so() -> None:
    clock = only_clock(TEACHING / "self_exciting.yaml")
    # the path without events: the memory is empty, so 0.02 a day over 300 days
    assert clock.expected == exactly(6.0)
    assert clock.echoes


SWITCHED = """\
schema: 1
title: Switched
clock: {starts: 2021-01-01}
question: {text: Is it alarm?, opens: 2021-01-01, closes: 2021-04-10, kinds: [alarm]}
assumptions: {factor: 0.5 to 2}
intent:
  states: [calm, eager]
  start: {choice: {calm: 0.7, eager: 0.3}}
  switches: {calm: {eager: {per_day: 0.01}}, eager: {calm: {per_day: 0.02}}}
quantities: {heat: {start: 2, incidents: {border: 1.5}}}
incidents: {border: {rate: {per_day: = 0.05 * factor}}}
events: {talk: {rate: {per_day: 0.03}, chance: 0.25, only: [intent.eager is on], do: [{note: they talk}]}}
crises: {alarm: {when: incidents.border, chance: 0.1, lasts: 5}}
"""


def test_multipliers_chances_and_switches_of_the_median_world(tmp_path: Path) -> None:
    path = written(tmp_path, "switched", SWITCHED)
    clocks = {clock.rule: clock for clock in told(path).clocks}
    # the lognormal 0.5 to 2 has median 1; heat is 2, so the rate is x 1.5 twice
    assert clocks["incidents.border.happens"].expected == exactly(0.05 * 1.5**2 * 100)
    assert clocks["intent.calm_to_eager"].expected == exactly(0.01 * 100)
    off = clocks["events.talk"]
    assert (off.expected, off.once) == (0.0, 0.0)
    # a chance thins a clock
    assert off.while_on == exactly(0.03 * 0.25 * 100)
    (need,) = off.needs
    assert (need.quantity, need.at_least, need.at_most) == ("intent.eager", 0.5, None)
    assert told(path).median_states == (("intent.start", "calm"),)
    other = {c.rule: c for c in told(path, "intent.start={choice: {calm: 0.3, eager: 0.7}}").clocks}
    assert other["events.talk"].expected == exactly(0.03 * 0.25 * 100)


def test_clock_that_cannot_be_told_is_null_in_json(sim: Sim, tmp_path: Path) -> None:
    path = written(tmp_path, "steep", SWITCHED.replace("start: 2,", "start: 1e6,"))
    answer = sim("check", path, "--json", "--quiet")
    clocks = {clock["rule"]: clock for clock in json.loads(answer.out)["clocks"]}
    assert clocks["incidents.border.happens"]["expected"] is None
    assert clocks["intent.calm_to_eager"]["expected"] == exactly(1.0)


# ------------------------------------------------------------------------------------------ values, draws and formulas

VALUES = """\
schema: 1
title: Values of every kind
clock: {starts: 2021-01-01}
question: {text: Does it come?, opens: 2021-01-01, closes: 2021-12-31, kinds: [crisis]}
assumptions:
  surge: {value: 45000 to 75000, unit: troops, source: made up}
  columns: {value: 2 to 8, unit: thousand troops}
  pause: {value: 2 to 4, unit: weeks}
  shift: {normal: {mean: 1, sd: 2}}
  drift: {normal: {mean: -1, sd: 1}}
  part: {p5: 0.05, p50: 0.2, p95: 0.6, unit: share}
  third: = surge / 3
  both: = shift + drift
  fixed: 7
  sum: = 2 * fixed
events:
  day: {at: 2021-03-01 to 2021-03-10, do: [{note: a day}]}
  rest: {at: 2021-04-01, do: [{arm: events.later, after: each 5 to 20}]}
  later: {armed: true, do: [{note: later}]}
  wait: {rate: {per_day: {value: 0.01 to 0.1, within: [0.005, 0.2]}}, do: [{note: it waits}]}
  size:
    at: 2021-05-01
    let: {big: {each: {lognormal: {median: = surge, sigma: 0.5}}}}
    do: [{note: "a big one", if: big >= 60000}]
crises: {crisis: {when: events.day, lasts: 5}}
"""


@pytest.fixture
def values(tmp_path: Path) -> Expectations:
    return told(written(tmp_path, "values", VALUES))


def test_range_is_its_percentiles_and_the_lognormal_mean(values: Expectations) -> None:
    surge = line(values.numbers, "assumptions.surge")
    sigma = math.log(75 / 45) / (2.0 * Z95)
    assert (surge.low, surge.high) == (exactly(45000.0), exactly(75000.0))
    assert surge.middle == pytest.approx(math.sqrt(45000.0 * 75000.0), rel=1e-9)
    assert surge.mean == pytest.approx(surge.middle * math.exp(sigma**2 / 2.0), rel=1e-9)
    assert (surge.form, surge.unit, surge.says) == ("lognormal", "troops", "45000 to 75000")


def test_units_are_those_of_the_numbers(values: Expectations) -> None:
    columns, pause = line(values.numbers, "assumptions.columns"), line(values.numbers, "assumptions.pause")
    assert (columns.low, columns.high, columns.unit) == (exactly(2000.0), exactly(8000.0), "troops")
    assert (pause.low, pause.high, pause.unit) == (exactly(14.0), exactly(28.0), "days")


def test_formula_of_one_value_has_its_percentiles(values: Expectations) -> None:
    third, surge = line(values.numbers, "assumptions.third"), line(values.numbers, "assumptions.surge")
    # a thousand slices, and a straight line between two of them: 1e-5 of the value in the middle of a lognormal
    for mine, its in zip((third.low, third.middle, third.high), (surge.low, surge.middle, surge.high), strict=True):
        assert mine == pytest.approx(its / 3.0, rel=1e-4)
    assert third.mean == pytest.approx(surge.mean / 3.0, rel=1e-3)
    assert (third.form, third.uncertain, third.says) == ("formula", True, "= surge / 3")


def test_formula_of_two_values_is_their_sum(values: Expectations) -> None:
    both = line(values.numbers, "assumptions.both")
    sd = math.sqrt(2.0**2 + 1.0**2)
    # of 1 000 stratified pairs: standard error of a 5th percentile at most sqrt(p q / n) / density = 0.033 sd x 2
    assert both.mean == pytest.approx(0.0, abs=1e-3)
    assert both.middle == pytest.approx(0.0, abs=4 * 0.040 * sd)
    assert (both.low, both.high) == (
        pytest.approx(-Z95 * sd, abs=4 * 0.067 * sd),
        pytest.approx(Z95 * sd, abs=4 * 0.067 * sd),
    )


def test_correlation_is_kept(tmp_path: Path) -> None:
    spread = []
    for rho in (-0.9, 0.0, 0.9):
        pairs = "" if rho == 0.0 else f"correlations: [[assumptions.shift, assumptions.drift, {rho}]]\n"
        both = line(told(written(tmp_path, "pairs", VALUES + pairs)).numbers, "assumptions.both")
        r = 2.0 * math.sin(math.pi * rho / 6.0)  # of a Gaussian copula with this Spearman correlation
        spread.append((both.high - both.low) / (2.0 * Z95 * math.sqrt(4.0 + 1.0 + 4.0 * r)))
    assert np.allclose(spread, 1.0, atol=0.12)
    assert not np.allclose([share * wrong for share, wrong in zip(spread, (1, 1, 0.6), strict=True)], 1.0, atol=0.12)


def test_fixed_formula_is_fixed(values: Expectations) -> None:
    total = line(values.numbers, "assumptions.sum")
    assert (total.low, total.middle, total.high, total.mean) == (14.0, 14.0, 14.0, 14.0)
    assert not total.uncertain


def test_dates(values: Expectations) -> None:
    day = line(values.numbers, "events.day.at")
    first = 737850  # 2021-03-01
    assert (day.low, day.middle, day.high) == (first, first + 5, first + 9)
    assert (day.mean, day.form, day.unit) == (first + 4.5, "dates", "date")


def test_luck_is_that_of_the_median_world(values: Expectations) -> None:
    big = line(values.luck, "events.size.let.big")
    median = line(values.numbers, "assumptions.surge").middle
    assert big.middle == exactly(median)
    assert big.high == pytest.approx(median * math.exp(0.5 * Z95), rel=1e-9)
    assert big.mean == pytest.approx(median * math.exp(0.125), rel=1e-9)
    assert big.says == "each lognormal (median = surge, sigma 0.5)"
    after = line(values.luck, "events.rest.do.0.after")
    assert (after.low, after.high, after.unit) == (exactly(5.0), exactly(20.0), "days")


def test_cut_value_says_where_it_is_cut(values: Expectations) -> None:
    rate = line(values.numbers, "events.wait.rate.per_day")
    assert rate.says == "0.01 to 0.1, within 0.005 to 0.2"
    assert 0.01 < rate.low < rate.high < 0.1


def test_default_is_told_as_one(values: Expectations) -> None:
    starter = told(STARTER)
    assert not line(starter.numbers, "build_ups.main.convoys").written
    assert line(starter.numbers, "build_ups.main.leaves_over").says == "14"
    assert line(starter.numbers, "pullbacks.spring.takes").written
    assert all(item.written for item in values.numbers)


# ------------------------------------------------------------------------------------------------------ the three texts

FILES = [STARTER, FLAGSHIP, *sorted(TEACHING.glob("*.yaml"))]


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def checked(request: pytest.FixtureRequest) -> tuple[Case, Expectations]:
    case = load(request.param)
    return case, expectations(case)


def test_every_value_and_draw_is_a_row(checked: tuple[Case, Expectations]) -> None:
    case, found = checked
    rows = [row.split("\t") for row in checking.tsv(case, found).splitlines()]
    assert {len(row) for row in rows} == {9}
    paths = [row[1] for row in rows if row[0] in ("uncertain", "fixed", "luck")]
    assert sorted(paths) == sorted([*case.scenario.values, *case.scenario.draws])


@pytest.mark.parametrize("width", [60, 80, 103, 104, 120, 200])
def test_text_fits_and_tells_every_value(checked: tuple[Case, Expectations], width: int) -> None:
    case, found = checked
    text = checking.text(case, found, width)
    assert max(map(len, text.splitlines())) <= width
    for item in (*found.numbers, *found.luck):
        assert item.path.split(".")[-1] in text
    for clock in found.clocks:
        assert clock.rule in text


def test_text_of_one_hazard(sim: Sim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    answer = sim("check", TEACHING / "relaxing_tension.yaml")
    assert (
        answer.out
        == """\
A hazard that relaxes
Does the crisis break out within 60 days?
1 Jan to 1 Mar 2021. Counted: outbreak. Clock starts 1 Jan 2021.

Fixed values (6)
  crises.outbreak  lasts 30 days; per_tension 0.5; rate.per_day 0.003
  tension          baseline 0; half_life 20 days; start 4

Clocks (1), 1 Jan to 1 Mar 2021, in the median world (every value at its median)
as long as nothing happens in it
  crises.outbreak.begun  0.33 in the window, at least one with probability 0.28

In the file  1 kind of crisis
Values       0 uncertain, 0 computed, 6 fixed, 0 drawn at each firing
The model    2 rules (1 clock, 1 armed), 1 quantity, 1 tension, 1 kind of crisis
"""
    )
    assert answer.err == f"{TEACHING / 'relaxing_tension.yaml'}: fine\n"


def test_values_as_people_see_them(sim: Sim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    lines = sim("check", written(tmp_path, "values", VALUES)).out.splitlines()
    surge = next(row for row in lines if row.startswith("  surge "))
    assert " ".join(surge.split()) == "surge 45000 to 75000 45,000 58,100 75,000 58,800 troops lognormal"
    date = next(row for row in lines if "2021-03-01 to" in row)
    assert date.split()[-5:] == ["2021-03-01", "2021-03-06", "2021-03-10", "2021-03-05", "dates"]


def test_json_is_one_object_with_everything(sim: Sim) -> None:
    answer = sim("check", STARTER, "--json")
    found = json.loads(answer.out)
    assert list(found) == [
        "schema",
        "scenario",
        "question",
        "values",
        "luck",
        "clocks",
        "median_states",
        "contents",
        "rules",
        "sizes",
        "warnings",
    ]
    case = load(STARTER)
    assert sorted(item["path"] for item in found["values"]) == sorted(case.scenario.values)
    assert found["contents"]["forces"] == 2
    assert sum(found["rules"].values()) == len(case.scenario.program.rules)
    starts = next(item for item in found["values"] if item["path"] == "exercises.autumn_shield.starts")
    assert (starts["p5"], starts["p95"]) == ("2030-09-10", "2030-09-20")


def test_warnings_are_told_in_every_form(sim: Sim, tmp_path: Path) -> None:
    path = written(tmp_path, "unused", HAZARD.replace("{risk:", "{idle: 3, risk:"))
    text = "`assumptions.idle` is an assumption that nothing uses"
    answer = sim("check", path)
    assert answer.code == 0
    assert answer.out.splitlines()[-1].split("\t")[:3] == ["warning", "SC308", text]
    assert f"SC308 warning: {text}" in answer.err
    assert "fine" not in answer.err
    assert json.loads(sim("check", path, "--json").out)["warnings"] == [{"code": "SC308", "text": text}]
    assert sim("check", path, "--quiet").err == ""


def test_preview_says_where_it_is(sim: Sim, tmp_path: Path) -> None:
    answer = sim("check", STARTER, "--preview", "--out", "o")
    folder = Path("o") / "starter" / "preview"
    assert answer.err.splitlines()[0] == f"drawn: {folder / 'preview.png'}, {folder / 'preview.csv'}"
    assert (tmp_path / folder / "preview.png").read_bytes().startswith(b"\x89PNG")


def test_preview_of_a_world_that_fails(sim: Sim, tmp_path: Path) -> None:
    from tests.cli.conftest import FAILING

    path = written(tmp_path, "failing", FAILING)
    answer = sim("check", path, "--set", "assumptions.columns=4000", "--preview", "--out", "o")
    assert answer.code == 3
    assert answer.err == "each of the 64 runs of the preview failed: `sim trace` tells how\n"
    assert not (tmp_path / "o").exists()


def test_median_world_that_cannot_begin_is_said(sim: Sim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = load(TEACHING / "one_hazard.yaml")
    found = expectations(case)
    broken = Expectations(
        **{name: getattr(found, name) for name in found.__slots__} | {"clocks": (), "no_clocks": "a reason"}
    )
    assert "Clocks: the median world cannot be played: a reason." in checking.text(case, broken, 80)
