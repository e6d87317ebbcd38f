"""Sweeps against closed forms, with differences that common luck makes small, and an input that touches nothing."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sim.analysis import sweep as module
from sim.analysis.sweep import places, read_points, sweep
from sim.errors import FailedRunsError, ScenarioError, UsageError
from sim.estimates.odds import headline
from sim.experiment.axes import read_axes
from sim.experiment.inputs import Source
from sim.experiment.plan import Design
from sim.experiment.run import play
from sim.records.sweeping import Sweep

DAYS = 100.0
WORLDS, REPLAYS = 4_000, 2
RATES = (0.001, 0.002, 0.004, 0.008, 0.016)
HAZARD = """\
schema: 1
title: One hazard
clock: {starts: 2021-01-01}
question: {text: Does it break out?, opens: 2021-01-01, closes: 2021-04-10, kinds: [outbreak]}
assumptions: {risk: 0.002 to 0.008}
crises: {outbreak: {rate: {per_day: = risk}, lasts: 30}}
"""
# A rehearsal and a state that the crisis does not read, and the day of an event that it follows.
DAY = """\
schema: 1
title: One day
clock: {starts: 2021-01-01, ends: 2021-06-30}
question: {text: Does it come?, opens: 2021-02-01, closes: 2021-03-31, kinds: [crisis]}
intent: {states: [calm, angry], start: {choice: {calm: 0.5, angry: 0.5}}, crises: {clash: {angry: 4}}}
events: {day: {at: 2021-02-15, chance: {value: 0.2 to 0.6}, do: [{note: it comes}]}}
crises:
  crisis: {when: events.day, lasts: 5}
  clash: {rate: {per_day: 0.01}, lasts: 3}
"""
FAILING = """\
schema: 1
title: Some runs fail
clock: {starts: 2021-01-01}
question: {text: Does it come?, opens: 2021-01-01, closes: 2021-03-31, kinds: [outbreak]}
assumptions: {columns: {choice: {2: 0.6, 4000: 0.4}}}
events:
  order:
    at: 2021-01-05
    do: [{arm: events.moves, times: 100, over: 10}, {arm: events.moves, times: = columns, over: 10}]
  moves: {armed: true, do: [{note: they move}]}
crises: {outbreak: {rate: {odds: 0.5, within: 90}, lasts: 30}}
"""


def onset(rate: float, days: float = DAYS) -> float:
    return -math.expm1(-rate * days)


def source(folder: Path, text: str) -> Source:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return Source(path)


def swept(source: Source, *over: str, worlds: int = 60, replays: int = 2) -> Sweep:
    axes = read_axes(over)
    return sweep(source.own(), axes, read_points(source, axes), Design(worlds, replays, 1), 1)


@pytest.fixture(scope="module")
def hazard(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    file = source(tmp_path_factory.mktemp("hazard"), HAZARD)
    over = "assumptions.risk=" + ",".join(map(str, RATES))
    return swept(file, over, worlds=WORLDS, replays=REPLAYS)


def scores(found: Sweep, days: float) -> list[float]:
    """How many standard errors each point lies off; all worlds are alike at a point, so runs are independent."""
    expected = [onset(rate, days) for rate in RATES]
    runs = WORLDS * REPLAYS
    return [
        (point["p"] - p) / math.sqrt(p * (1.0 - p) / runs) for point, p in zip(found["points"], expected, strict=True)
    ]


def test_odds_follow_the_closed_form_at_every_point(hazard: Sweep) -> None:
    assert max(map(abs, scores(hazard, DAYS))) < 4.0


def test_a_window_that_is_ten_percent_off_is_seen(hazard: Sweep) -> None:
    """At a rate of 0.008 it moves the odds by 3.5 points, six standard errors."""
    assert max(map(abs, scores(hazard, 1.1 * DAYS))) > 4.0


def test_differences_are_those_of_the_odds_and_much_less_noisy(hazard: Sweep) -> None:
    """Two rates near each other share their luck: independent runs would have several times the variance."""
    own = hazard["own"]
    assert own["se"] is not None
    for point in hazard["points"]:
        assert point["difference"] == pytest.approx(point["p"] - own["p"], abs=1e-12)
        assert point["difference_se"] is not None
        assert point["se"] is not None
        assert point["difference_se"] ** 2 < point["se"] ** 2 + own["se"] ** 2
    near = hazard["points"][2]
    assert near["difference_se"] is not None
    assert near["se"] is not None
    assert 3.0 * near["difference_se"] ** 2 < near["se"] ** 2 + own["se"] ** 2


def test_the_axis_says_what_is_swept_and_what_the_file_has(hazard: Sweep) -> None:
    (axis,) = hazard["axes"]
    assert axis["values"] == list(RATES)
    assert (axis["path"], axis["unit"], axis["form"]) == ("assumptions.risk", None, "0.002 to 0.008 (lognormal)")
    assert (axis["p5"], axis["p95"]) == (pytest.approx(0.002), pytest.approx(0.008))
    assert [point["place"] for point in hazard["points"]] == [[0], [1], [2], [3], [4]]
    assert hazard["design"]["runs"] == 6 * WORLDS * REPLAYS


def test_the_file_itself_has_the_odds_of_a_run(tmp_path: Path) -> None:
    file = source(tmp_path, HAZARD)
    found = swept(file, "assumptions.risk=0.001,0.002", worlds=500, replays=4)
    head = headline(play(file.own().scenario, Design(500, 4, 1), 1).tally.pairs())
    assert found["own"] == {"p": head.p, "se": head.se, "interval": list(head.interval)}


def test_a_point_is_the_file_with_that_setting(tmp_path: Path) -> None:
    file = source(tmp_path, HAZARD)
    found = swept(file, "assumptions.risk=0.001,0.002", worlds=500)
    other = Source(file.file, ("assumptions.risk=0.002",)).own()
    assert found["points"][1]["p"] == headline(play(other.scenario, Design(500, 2, 1), 1).tally.pairs()).p


def test_what_touches_nothing_changes_nothing(tmp_path: Path) -> None:
    """The first onset does not feel how long a crisis lasts, nor the intent; not one run differs."""
    for over in ("crises.crisis.lasts=1:9:3", "intent.start=calm,angry"):
        points = swept(source(tmp_path, DAY), over)["points"]
        assert [(point["difference"], point["difference_se"]) for point in points] == [(0.0, None)] * len(points)


def test_what_touches_something_does(tmp_path: Path) -> None:
    points = swept(source(tmp_path, DAY), "events.day.chance=10 %:90 %:3")["points"]
    assert points[0]["p"] < points[1]["p"] < points[2]["p"]
    assert all(point["difference"] != 0.0 for point in points)


def test_dates_and_states_stay_texts_and_shares_become_numbers(tmp_path: Path) -> None:
    file = source(tmp_path, DAY)
    found = swept(file, "events.day.at=2021-01-15:2021-04-15:4", "events.day.chance=0 %:100 %:3")
    dates, shares = found["axes"]
    assert dates["values"] == ["2021-01-15", "2021-02-14", "2021-03-16", "2021-04-15"]
    assert (dates["unit"], dates["p5"], dates["p95"]) == ("date", "2021-02-15", "2021-02-15")
    assert shares["values"] == [0.0, 0.5, 1.0]
    (states,) = swept(file, "intent.start=calm,angry")["axes"]
    assert (states["values"], states["p50"], states["form"]) == (["calm", "angry"], None, "angry 50 %, calm 50 %")


def test_two_axes_are_a_grid_whose_last_axis_runs_fastest(tmp_path: Path) -> None:
    """An event outside the window never counts; inside it does with its chance, which 0 and 1 make sure of."""
    found = swept(source(tmp_path, DAY), "events.day.at=2021-01-15,2021-02-15", "events.day.chance=0,1")
    assert {tuple(point["place"]): point["p"] for point in found["points"]} == {
        (0, 0): 0.0,
        (0, 1): 0.0,
        (1, 0): 0.0,
        (1, 1): 1.0,
    }
    assert [point["place"] for point in found["points"]] == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_groups_that_are_played_together_cannot_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, told = source(tmp_path, HAZARD), []
    over = "assumptions.risk=0.001:0.009:5"
    whole = swept(file, over)
    monkeypatch.setattr(module, "TOGETHER", 2)
    axes = read_axes([over])
    cases = read_points(file, axes)
    design = Design(60, 2, 1)
    assert sweep(file.own(), axes, cases, design, 1, lambda done, total: told.append((done, total))) == whole
    # five points in three groups, each beside the file itself
    assert told[-1] == (8 * 60, 8 * 60)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_engines_agree(tmp_path: Path) -> None:
    file = source(tmp_path, HAZARD)
    axes = read_axes(["assumptions.risk=0.001,0.009"])
    cases, design = read_points(file, axes), Design(30, 2, 1)
    one, two = (sweep(file.own(), axes, cases, design, 1, engine=engine) for engine in ("simpy", "compiled"))
    assert one == two


def test_a_point_that_cannot_be_is_told_before_anything_is_played(tmp_path: Path) -> None:
    file = source(tmp_path, DAY)
    with pytest.raises(ScenarioError) as caught:
        read_points(file, read_axes(["events.day.chance=0.5:1.5:3"]))
    assert str(caught.value) == (
        "--over cannot be at `events.day.chance=1.5`:\n"
        "--over:1:19  SC203 error: `events.day.chance`: 1.5 is outside what it can be; a share lies between 0 and 1\n"
        "    1 | events.day.chance=1.5\n"
        "      |                   ^ expected a share like `0.4`, `30 %` or `0.2 to 0.6`\n"
        "1 error; nothing was run."
    )


def test_two_values_that_are_one_number_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        swept(source(tmp_path, DAY), "events.day.chance=0.1,10 %,0.2")
    assert str(caught.value) == (
        "--over events.day.chance=0.1, 10 %, 0.2: two of these are the same number; write each once"
    )


def test_failed_runs_are_counted_and_told(tmp_path: Path) -> None:
    found = swept(source(tmp_path, FAILING), "crises.outbreak.rate.odds=0.2,0.5")
    assert all(0 < point["failed"] < 120 for point in found["points"])
    failed = 3 * found["points"][0]["failed"]
    assert found["warnings"] == [
        {"code": "RUN1", "path": "", "text": f"{failed} of 360 runs failed and are in no estimate"}
    ]


def test_a_point_where_every_run_fails_has_no_odds(tmp_path: Path) -> None:
    with pytest.raises(FailedRunsError) as caught:
        swept(source(tmp_path, FAILING), "assumptions.columns=2,4000")
    assert str(caught.value) == (
        "assumptions.columns=4000: every run failed, so there are no odds; `sim run` with that value tells why"
    )


def test_places_run_through_all_pairs() -> None:
    assert places(read_axes(["x=1:2:2", "y=1:3:3"])) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
