"""Break-even values against closed forms: where they lie, how far off they may be, and when there is none."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest

from sim.analysis.breakeven import PLACES, Range, breakeven, read_range
from sim.errors import FailedRunsError, ScenarioError, SimError
from sim.estimates.odds import headline
from sim.experiment.axes import End, read_end
from sim.experiment.inputs import Source
from sim.experiment.plan import Design
from sim.experiment.run import play
from sim.records.sweeping import Breakeven
from tests.analysis.test_sweep import DAY, DAYS, FAILING, HAZARD, onset, source

WORLDS, REPLAYS = 10_000, 2
# Where the wrong answer must not lie: a window that is 10 % longer.
WRONG = 1.1
# Each incident brings on more of them, hardly ever without end; were the gain at its 99th percentile, sometimes so.
FEEDING = """\
schema: 1
title: Incidents that bring on more of them
clock: {starts: 2021-01-01}
question: {text: Does it come?, opens: 2021-01-01, closes: 2021-03-31, kinds: [clash]}
tension: {start: 0, baseline: 0, half_life: 20 to 60}
incidents:
  border:
    rate: {count: 2 to 5, within: 30}
    per_tension: 0.1 to 0.4
    tension_gain: 0.02 to 0.08
    severity: {each: {pareto: {minimum: 1, alpha: 1.6}}}
    clash_at: 20
crises: {clash: {when: incidents.border.clash, lasts: 5}}
"""


def found(
    file: Source, path: str, target: float, low: str = "", high: str = "", worlds: int = 100, replays: int = 2
) -> Breakeven:
    own = file.own()
    ends = (read_end(text, "--from") if text else None for text in (low, high))
    span = read_range(file, own.scenario, path, *ends)
    return breakeven(file, own, span, target, Design(worlds, replays, 1), 1)


def rate_of(odds: float, days: float = DAYS) -> float:
    return -math.log1p(-odds) / days


@pytest.mark.parametrize("target", [0.2, 0.5, 0.7])
def test_constant_rate_breaks_even_where_the_logarithm_says(tmp_path: Path, target: float) -> None:
    """x* = −ln(1 − p*)/T, within 4 SE(p)/|P'|; a truth that is 10 % off lies far beyond that."""
    result = found(
        source(tmp_path, HAZARD), "assumptions.risk", target, "0.0005", "0.02", worlds=WORLDS, replays=REPLAYS
    )
    (crossing,) = result["crossings"]
    # worlds are alike once the only thing that is not known is given, so runs are independent
    error = math.sqrt(target * (1.0 - target) / (WORLDS * REPLAYS)) / (DAYS * (1.0 - target))
    assert abs(crossing["value"] - rate_of(target)) < 4.0 * error
    low, high = crossing["interval"]
    assert low is not None
    assert high is not None
    # two-sided 95 %: about 3.92 standard errors wide, the curve being nearly straight over it
    assert high - low == pytest.approx(3.92 * error, rel=0.1)
    # a 95 % interval may miss; how often it does is tested in tests/estimates/test_crossing.py
    assert low < rate_of(target) < high
    assert not low < rate_of(target, WRONG * DAYS) < high
    assert abs(crossing["value"] - rate_of(target, WRONG * DAYS)) > 4.0 * error
    assert crossing["rising"]


def test_odds_are_the_target_at_the_value_that_is_given(tmp_path: Path) -> None:
    file = source(tmp_path, HAZARD)
    (crossing,) = found(file, "assumptions.risk", 0.4, worlds=4_000)["crossings"]
    there = Source(file.file, (f"assumptions.risk={crossing['value']!r}",)).own()
    p = headline(play(there.scenario, Design(4_000, 2, 1), 1).tally.pairs()).p
    assert p == pytest.approx(0.4, abs=0.002)


def test_event_counts_from_the_opening_to_the_closing(tmp_path: Path) -> None:
    """A hump with two cliffs: the odds are the chance, 0.4 or so, on each day of the window and 0 on all others."""
    result = found(source(tmp_path, DAY), "events.day.at", 0.2, "2021-01-10", "2021-04-20", worlds=300)
    rise, fall = result["crossings"]
    opens, closes = (dt.date(2021, 2, 1).toordinal(), dt.date(2021, 3, 31).toordinal())
    assert (rise["rising"], fall["rising"]) == (True, False)
    assert rise["interval"] == [opens - 1.0, float(opens)]
    assert fall["interval"] == [float(closes), closes + 1.0]
    assert rise["value"] in rise["interval"]
    assert fall["value"] in fall["interval"]


def test_only_whole_days_are_tried(tmp_path: Path) -> None:
    result = found(source(tmp_path, DAY), "events.day.at", 0.2, "2021-01-10", "2021-04-20", worlds=20)
    days = [part["at"] for part in result["tried"]]
    assert all(day == round(day) for day in days)
    assert result["axis"]["values"] == [dt.date.fromordinal(int(day)).isoformat() for day in days]
    assert result["axis"]["unit"] == "date"
    assert result["range"] == [dt.date(2021, 1, 10).toordinal(), dt.date(2021, 4, 20).toordinal()]


def test_nothing_crosses(tmp_path: Path) -> None:
    result = found(source(tmp_path, HAZARD), "assumptions.risk", 0.9)
    assert result["crossings"] == []
    assert len(result["tried"]) == PLACES
    assert result["lowest"] == result["tried"][0]
    assert result["highest"] == result["tried"][-1]
    assert result["highest"]["p"] < 0.9


def test_usual_range_is_from_the_first_to_the_last_percentile_but_one(tmp_path: Path) -> None:
    file = source(tmp_path, HAZARD)
    scenario = file.own().scenario
    distribution = scenario.values["assumptions.risk"].distribution
    assert distribution is not None
    span = read_range(file, scenario, "assumptions.risk", None, None)
    assert (span.low, span.high) == (
        pytest.approx(distribution.quantile(0.01), rel=0.005),
        pytest.approx(distribution.quantile(0.99), rel=0.005),
    )
    half = read_range(file, scenario, "assumptions.risk", End(0.004, "number"), None)
    assert (half.low, half.high) == (0.004, span.high)


def test_the_file_itself_has_the_odds_of_a_run(tmp_path: Path) -> None:
    file = source(tmp_path, HAZARD)
    result = found(file, "assumptions.risk", 0.4, worlds=500, replays=4)
    head = headline(play(file.own().scenario, Design(500, 4, 1), 1).tally.pairs())
    assert result["own"] == {"p": head.p, "se": head.se, "interval": list(head.interval)}


def test_workers_and_engines_change_nothing(tmp_path: Path) -> None:
    file = source(tmp_path, HAZARD)
    own = file.own()
    span = read_range(file, own.scenario, "assumptions.risk", None, None)
    design = Design(40, 2, 1)
    first = breakeven(file, own, span, 0.4, design, 1, engine="compiled")
    assert breakeven(file, own, span, 0.4, design, 2, engine="compiled") == first
    assert breakeven(file, own, span, 0.4, design, 1, engine="simpy") == first


def test_all_that_is_played_is_counted_and_told(tmp_path: Path) -> None:
    file = source(tmp_path, HAZARD)
    own, told = file.own(), []
    span = read_range(file, own.scenario, "assumptions.risk", None, None)
    result = breakeven(file, own, span, 0.4, Design(50, 3, 1), 1, lambda done, total: told.append((done, total)))
    # a design no larger than the rough one is played once at each value, and once in the file itself
    assert result["design"]["runs"] == (len(result["tried"]) + 1) * 50 * 3
    assert told[-1] == (result["design"]["runs"] // 3, None)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_failed_runs_are_told(tmp_path: Path) -> None:
    result = found(source(tmp_path, FAILING), "crises.outbreak.rate.odds", 0.4, "0.2", "0.6")
    (warning,) = [part for part in result["warnings"] if part["code"] == "RUN1"]
    assert warning["text"].endswith(f" of {result['design']['runs']} runs failed and are in no estimate")


def test_a_value_where_every_run_fails_has_no_odds(tmp_path: Path) -> None:
    with pytest.raises(FailedRunsError, match=r"^assumptions\.columns=3999: every run failed, so there are no odds"):
        found(source(tmp_path, FAILING), "assumptions.columns", 0.4, "3999", "4000")


def test_equal_steps_have_no_whole_number_twice() -> None:
    assert Range("x", 3.0, 7.0, date=False, whole=True).places == [3.0, 4.0, 5.0, 6.0, 7.0]
    assert Range("x", 0.0, 0.4, date=False, whole=False).places == [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4]


@pytest.mark.parametrize(
    ("path", "low", "high", "refusal"),
    [
        (
            "intent.start",
            "",
            "",
            "--path intent.start: it is one of some states, and nothing lies between them; use `sim sweep`",
        ),
        (
            "crises.crisis.lasts",
            "",
            "9",
            "--path crises.crisis.lasts: it has no range of its own; say where to look with --from and --to",
        ),
        (
            "events.day.chanse",
            "",
            "",
            "--path events.day.chanse: it is no uncertain value of this file; did you mean `events.day.chance`?",
        ),
        (
            "events.dya.at",
            "",
            "",
            "--path events.dya.at: it is no uncertain value of this file; did you mean `events.day.at`?",
        ),
        (
            "zzz",
            "",
            "",
            "--path zzz: it is no uncertain value of this file; say where to look with --from and --to, or name "
            "another path",
        ),
        (
            "events.day.chance",
            "0.5",
            "0.5",
            "--from and --to of events.day.chance: nothing lies between; write the lower one first",
        ),
        ("events.day.at", "1", "9", "--from: events.day.at is a date; write one like 2021-09-10"),
        ("events.day.chance", "0.1", "2021-01-01", "--to: events.day.chance is a number, not a date"),
        ("crises.crisis.lasts", "10 %", "9", "--from: crises.crisis.lasts is no share; write a number without %"),
    ],
)
def test_where_nothing_can_be_looked_for_is_told(tmp_path: Path, path: str, low: str, high: str, refusal: str) -> None:
    with pytest.raises(SimError) as caught:
        found(source(tmp_path, DAY), path, 0.5, low, high)
    assert str(caught.value) == refusal


def test_an_end_that_cannot_be_is_told_before_anything_is_played(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"^--path cannot be at `events\.day\.chance=1\.5`:\n--path:1:19  SC203 "):
        found(source(tmp_path, DAY), "events.day.chance", 0.5, "0.5", "1.5")


def test_a_usual_end_that_cannot_be_is_said_to_be_the_usual_one(tmp_path: Path) -> None:
    file = source(tmp_path, FEEDING)
    file.own()
    with pytest.raises(ScenarioError) as caught:
        found(file, "incidents.border.tension_gain", 0.5)
    first, second, *_ = str(caught.value).split("\n")
    assert first.startswith(
        "--path incidents.border.tension_gain: by default the range goes from the 1st to the 99th percentile of the "
        "value, and the file cannot be at one of these, 0.107"
    )
    assert first.endswith("; say where to look with --from and --to")
    assert second.startswith("--path cannot be at `incidents.border.tension_gain=")
    # an end that somebody wrote is not called the usual one
    with pytest.raises(ScenarioError, match=r"^--path cannot be at `incidents\.border\.tension_gain=0\.9`"):
        found(file, "incidents.border.tension_gain", 0.5, "0.01", "0.9")


def test_a_jump_is_told_as_one(tmp_path: Path) -> None:
    """The event counts on 31 March and not on 1 April: the odds are about 0.4, then those of the clash alone."""
    result = found(source(tmp_path, DAY), "events.day.at", 0.2, "2021-01-10", "2021-04-20", worlds=300)
    assert [crossing["jump"] for crossing in result["crossings"]] == [True, True]
    steady = found(source(tmp_path, HAZARD), "assumptions.risk", 0.4)
    assert [crossing["jump"] for crossing in steady["crossings"]] == [False]


def test_changing_the_question_is_told(tmp_path: Path) -> None:
    result = found(source(tmp_path, HAZARD), "question.closes", 0.3, "2021-02-01", "2021-04-10")
    assert [warning["code"] for warning in result["warnings"]] == ["SWP1"]
    assert found(source(tmp_path, HAZARD), "assumptions.risk", 0.4)["warnings"] == []


def test_percent_and_fraction_are_the_same_share(tmp_path: Path) -> None:
    file = source(tmp_path, DAY)
    assert found(file, "events.day.chance", 0.5, "10 %", "90 %") == found(file, "events.day.chance", 0.5, "0.1", "0.9")


def test_closed_form_of_these_tests_is_itself_right() -> None:
    assert onset(rate_of(0.3)) == pytest.approx(0.3)
