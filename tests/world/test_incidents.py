"""Incidents feed tension and are fed by it, cluster, and are clashes when severe."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.world.playing import built, play, relaxed, vectors

TENSION = "tension: {start: 2, baseline: 2, half_life: 30}\n"


def test_each_incident_adds_its_gain(tmp_path: Path) -> None:
    run = play(tmp_path, TENSION + "incidents: {border: {rate: {per_day: 0.02}, tension_gain: 0.5}}\n", 364.0)
    times = run.fired("incidents.border.happens")
    assert len(times) >= 2
    level, before = 2.0, 0.0
    for time in times:
        level, before = relaxed(level, 2.0, 30.0, time - before) + 0.5, time
    assert run.at("tension", 364.0) == pytest.approx(relaxed(level, 2.0, 30.0, 364.0 - before))


@pytest.mark.parametrize(
    ("per_tension", "factor"),
    [
        ("per_tension: 0.5", 1 + 0.5 * 2),
        ("per_tension: 0.5, tension_reference: 2", 1.0),
        ("per_tension: 0.5, tension_reference: 1", (1 + 0.5 * 2) / (1 + 0.5 * 1)),
    ],
)
def test_tension_multiplies_the_rate_and_its_reference_centres_it(
    tmp_path: Path, per_tension: str, factor: float
) -> None:
    alone = play(tmp_path, "incidents: {border: {rate: {per_day: 0.02}}}\n").fired("incidents.border.happens")
    # the tension stays at its baseline of 2, so the factor is the same at all times
    fed = play(tmp_path, TENSION + f"incidents: {{border: {{rate: {{per_day: 0.02}}, {per_tension}}}}}\n")
    assert fed.fired("incidents.border.happens")[0] == pytest.approx(alone[0] / factor, rel=1e-9)


def test_an_incident_brings_as_many_others_as_its_branching_says(tmp_path: Path) -> None:
    text = "incidents: {{border: {{rate: {{per_day: 0.05}}, clustering: {{branching: {ratio}, half_life: 5}}}}}}\n"
    alone = with_others = 0
    for replay in range(60):
        alone += len(play(tmp_path, text.format(ratio=0), replay=replay).fired("incidents.border.happens"))
        with_others += len(play(tmp_path, text.format(ratio=0.5), replay=replay).fired("incidents.border.happens"))
    # a cluster has 1 / (1 - 0.5) incidents; counts of a Hawkes process have a variance of mean / (1 - ratio)^2
    mean = 60 * 0.05 * 365
    assert abs(alone - mean) < 4.0 * math.sqrt(mean)
    # clusters that reach beyond the end lose less than 2 half-lives of a rate of 0.1
    assert abs(with_others - 2.0 * mean) < 4.0 * math.sqrt(2.0 * mean) / 0.5 + 60 * 1.0


def test_the_gain_of_a_cluster_integrates_to_its_branching(tmp_path: Path) -> None:
    text = "incidents: {border: {rate: {per_day: 0.05}, clustering: {branching: 0.3, half_life: 7}}}\n"
    scenario = built(tmp_path, text)
    program, numbers = scenario.program, vectors(scenario, 1)[0]
    rank = program.rules.index("incidents.border.happens")
    place = program.gain_pointer[rank]
    assert program.tensions[program.gain_tension[place]] == "incidents.border.memory"
    decay = numbers[program.tension_decay[program.gain_tension[place]]]
    assert decay == pytest.approx(math.log(2.0) / 7.0)
    assert numbers[program.gain_outside[place]] / decay == pytest.approx(0.3)


CLASH = """\
incidents:
  border:
    rate: {{per_day: 0.02}}
    severity: {{each: {{choice: {{{severity}: 1}}}}}}
    clash_at: 25
crises: {{never: {{when: incidents.border.clash, lasts: 1}}}}
"""


@pytest.mark.parametrize(("severity", "clashes"), [(24.9, False), (25, True), (100, True)])
def test_an_incident_is_a_clash_from_its_severity_on(tmp_path: Path, severity: float, clashes: bool) -> None:
    run = play(tmp_path, CLASH.format(severity=severity))
    incidents = run.fired("incidents.border.happens")
    assert run.fired("incidents.border.clash") == (incidents if clashes else [])
    assert (run.onset("never") == incidents[0]) is clashes


def test_severities_are_drawn_each_time(tmp_path: Path) -> None:
    text = CLASH.format(severity=1).replace("{choice: {1: 1}}", "{choice: {1: 0.7, 30: 0.3}}").replace("0.02", "1")
    run = play(tmp_path, text)
    incidents, clashes = run.fired("incidents.border.happens"), run.fired("incidents.border.clash")
    share = len(clashes) / len(incidents)
    assert abs(share - 0.3) < 4.0 * math.sqrt(0.3 * 0.7 / len(incidents))


def test_incidents_wait_for_their_condition(tmp_path: Path) -> None:
    text = """\
quantities: {truce: {start: 1, flag: true}}
events: {broken: {at: 2021-07-01, do: [{set: quantities.truce, by: 0}]}}
incidents: {border: {rate: {per_day: 1}, only: [quantities.truce is off]}}
"""
    times = play(tmp_path, text).fired("incidents.border.happens")
    assert times
    assert min(times) > 181.0


def test_an_incident_can_be_waited_for(tmp_path: Path) -> None:
    text = """\
incidents: {border: {rate: {per_day: 0.01}}}
events: {outcry: {when: incidents.border, delay: 2, do: [{note: an outcry}]}}
"""
    run = play(tmp_path, text)
    expected = [time + 2.0 for time in run.fired("incidents.border.happens") if time + 2.0 < 365.0]
    assert run.fired("events.outcry") == expected
