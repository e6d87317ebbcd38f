"""What the odds rest on, against closed forms; and that nothing but the question decides the answer."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from sim.analysis.drivers import drivers, first_order_drivers
from sim.analysis.forecast import forecast
from sim.errors import SimError, TooLittleError
from sim.experiment import executors
from sim.experiment.archive import to_json
from sim.experiment.kept import read_record
from sim.experiment.plan import Design
from sim.experiment.swapping import play_swaps, swapped_design
from sim.experiment.worldwise import MOST_COUNTED_WORLDS, Worldwise, play_worldwise
from sim.records import drivers as d
from sim.records.result import Result
from sim.scenario.load import Case, load
from tests.cli.conftest import FAILING, HAZARD, written
from tests.experiment.test_swapping import CORRELATED, PRODUCT

SPRING = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"
# Five standard errors: over the few comparisons here, one in 50 000 seeds would fail.
Z = 5.0
LITTLE = Design(160, 2, 3)
A, B, IDLE, ELSEWHERE = (f"assumptions.{name}" for name in ("a", "b", "idle", "elsewhere"))

HEADER = """\
schema: 1
title: A test
clock: {starts: 2021-01-01}
question: {text: Does it come?, opens: 2021-01-01, closes: 2021-02-28, kinds: [early, late]}
assumptions:
  a: {value: {uniform: {low: 0, high: 1}}}
  b: {value: {uniform: {low: 0, high: 1}}}
crises: {early: {when: events.early, lasts: 5}, late: {when: events.late, lasts: 5}}
"""
# P(January) = a, P(February) = (1 − a)·b: Var(a) = 1/12, and in February 1/48 each.
MONTHS = (
    HEADER
    + """\
events:
  early: {at: 2021-01-15, chance: = a, do: [{note: it comes}]}
  late: {at: 2021-02-15, chance: = b, do: [{note: it comes}]}
"""
)
# A crisis comes on the day of the order, which counts from 11 January on: six days of twelve.
DATED = """\
schema: 1
title: A day
clock: {starts: 2021-01-01}
question: {text: Does it come?, opens: 2021-01-11, closes: 2021-02-28, kinds: [crisis]}
events: {order: {at: 2021-01-05 to 2021-01-16, do: [{note: it comes}]}}
crises: {crisis: {when: events.order, lasts: 5}}
"""
# Odds of 80 % where a is above 0.6 and b below 0.4, else 10 %: 16 % of the worlds.
PLANTED = PRODUCT.replace(
    "chance: = a * b", 'chance: "= 0.1 + 0.7 * min(1, max(0, 9999 * (a - 0.6))) * min(1, max(0, 9999 * (0.4 - b)))"'
)


def played(case: Case, design: Design, workers: int = 1, engine: str = "compiled") -> tuple[Result, Worldwise]:
    worldwise = play_worldwise(case.scenario, design, workers, engine=engine)
    return forecast(case, worldwise.played, design), worldwise


def found(case: Case, design: Design, workers: int = 1, engine: str = "compiled", *, swap: bool = True) -> d.Drivers:
    result, worldwise = played(case, design, workers, engine)
    swaps = play_swaps(case.scenario, swapped_design(design), workers, engine=engine) if swap else None
    return drivers(case.scenario, result, worldwise, swaps)


def of(record: d.Drivers, path: str) -> d.DriverPart:
    (part,) = [part for part in record["drivers"] if part["path"] == path]
    return part


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> d.Drivers:
    case = load(written(tmp_path_factory.mktemp("product"), "product", PRODUCT))
    return found(case, Design(16_384, 8, 5))


# ------------------------------------------------------------------------------------------------ truth


@pytest.mark.parametrize("path", [A, B])
def test_v_of_a_factor_of_a_product(product: d.Drivers, path: str) -> None:
    part = of(product, path)
    assert part["V_se"] is not None
    assert abs(part["V"] - 1 / 48) < Z * part["V_se"]
    # and it could not be a sixth more or less, nor the total effect
    for wrong in (5 / 6 / 48, 7 / 6 / 48, 1 / 36):
        assert abs(part["V"] - wrong) > Z * part["V_se"]
    assert part["above_noise"]


@pytest.mark.parametrize("path", [A, B])
def test_total_of_a_factor_is_four_sevenths(product: d.Drivers, path: str) -> None:
    part = of(product, path)
    assert part["total"] is not None
    assert part["total_se"] is not None
    assert abs(part["total"] - 4 / 7) < Z * part["total_se"]
    assert Z * part["total_se"] < 0.35


def test_totals_are_sharp_with_more_worlds(tmp_path: Path) -> None:
    """The share is that of V, and not the first-order part, 3/7, nor VT itself."""
    case = load(written(tmp_path, "product", PRODUCT))
    result, worldwise = played(case, Design(40_960, 8, 5))
    swaps = play_swaps(case.scenario, Design(40_960, 16, 5), 1)
    part = of(drivers(case.scenario, result, worldwise, swaps), A)
    assert part["total"] is not None
    assert part["total_se"] is not None
    assert abs(part["total"] - 4 / 7) < Z * part["total_se"]
    for wrong in (3 / 7, 1 / 36, 0.85 * 4 / 7):
        assert abs(part["total"] - wrong) > Z * part["total_se"]


def test_ends_of_a_factor(product: d.Drivers) -> None:
    """At its 5th percentile a is 0.05, and E[a·b] = 0.025; at its 95th 0.475."""
    for path in (A, B):
        part = of(product, path)
        for end, at in ((part["low"], 0.05), (part["high"], 0.95)):
            assert end["at"] == pytest.approx(at, abs=1e-12)
            assert end["se"] is not None
            assert abs(end["p"] - at / 2) < Z * end["se"]
        assert part["swing"] == part["high"]["p"] - part["low"]["p"]
        assert abs(part["swing"] - 0.45) < Z * (part["swing_se"] or 0.0)
        assert abs(part["swing"] - 0.8 * 0.45) > Z * (part["swing_se"] or 0.0)


def test_knowable_beside_luck(product: d.Drivers) -> None:
    known = product["knowable"]
    assert known["V"] is not None
    assert known["W"] is not None
    assert abs(known["V"] - 7 / 144) < Z * (known["V_se"] or 0.0)
    p = product["odds"]["p"]
    assert known["V"] + known["W"] == pytest.approx(p * (1 - p), abs=1e-4)


@pytest.mark.parametrize("path", [IDLE, ELSEWHERE])
def test_assumption_that_touches_nothing_is_below_the_floor(product: d.Drivers, path: str) -> None:
    part = of(product, path)
    assert not part["above_noise"]
    assert part["V"] < product["noise"]["V"]
    assert abs(part["swing"]) < 2 * product["noise"]["swing"]
    assert part["first"] == 0.0


def test_totals_of_what_touches_nothing_are_exactly_nothing(product: d.Drivers) -> None:
    """Not even played for the one that nothing reads; without a flip for the one whose event nobody counts."""
    assert [(of(product, path)["total"], of(product, path)["total_se"]) for path in (IDLE,)] == [(0.0, 0.0)]
    assert of(product, ELSEWHERE)["total"] == 0.0
    assert product["swaps"] == {"worlds": 2048, "replays": 8, "runs": 4 * 2048 * 8}


def test_drivers_are_ordered_by_v_and_first_shares_add_up(product: d.Drivers) -> None:
    gains = [part["V"] for part in product["drivers"]]
    assert gains == sorted(gains, reverse=True)
    assert sum(part["first"] for part in product["drivers"]) == pytest.approx(1.0)
    assert of(product, A)["first"] + of(product, B)["first"] == pytest.approx(1.0)


def test_months_have_drivers_of_their_own(tmp_path: Path) -> None:
    case = load(written(tmp_path, "months", MONTHS))
    record = found(case, Design(8192, 8, 5), swap=False)
    assert [month["month"] for month in record["months"]] == ["2021-01", "2021-02"]
    for month, p, v in zip(record["months"], (1 / 2, 1 / 4), (1 / 12, 7 / 144), strict=True):
        assert month["p"] == pytest.approx(p, abs=0.02)
        assert month["V"] == pytest.approx(v, rel=0.1)
    by_month = {path: of(record, path)["months"] for path in (A, B)}
    assert [part["V"] for part in by_month[A]] == pytest.approx([1 / 12, 1 / 48], rel=0.15)
    assert by_month[B][1]["V"] == pytest.approx(1 / 48, rel=0.15)
    assert abs(by_month[B][0]["V"]) < 1 / 480
    assert [[part["above_noise"] for part in by_month[path]] for path in (A, B)] == [[True, True], [False, True]]


def test_planted_box_is_found(tmp_path: Path) -> None:
    case = load(written(tmp_path, "planted", PLANTED))
    box = found(case, Design(4096, 4, 5), swap=False)["box"]
    assert box is not None
    assert sorted(limit["path"] for limit in box["limits"]) == [A, B]
    limits = {limit["path"]: limit for limit in box["limits"]}
    assert limits[A]["low"] == pytest.approx(0.6, abs=0.03)
    assert limits[B]["high"] == pytest.approx(0.4, abs=0.03)
    assert limits[A]["high"] is None
    assert limits[B]["low"] is None
    assert box["mass"] == pytest.approx(0.16, abs=0.02)
    assert box["density"] == pytest.approx(0.8, abs=0.05)
    assert box["held_out"] == pytest.approx(0.8, abs=0.08)
    assert box["coverage"] == pytest.approx(0.16 * 0.8 / (0.16 * 0.8 + 0.84 * 0.1), abs=0.05)


# ------------------------------------------------------------------------------------------------ dates, states, groups


def test_dates_are_told_as_dates(tmp_path: Path) -> None:
    record = found(load(written(tmp_path, "dated", DATED)), Design(2000, 2, 5))
    (part,) = record["drivers"]
    assert (part["low"]["at"], part["low"]["p"]) == ("2021-01-05", 0.0)
    assert (part["high"]["at"], part["high"]["p"]) == ("2021-01-16", 1.0)
    assert part["unit"] == "date"
    assert part["V"] == pytest.approx(1 / 4, rel=0.02)
    # nothing is luck here: all that varies is the date
    assert part["total"] == pytest.approx(1.0, abs=0.1)
    assert record["knowable"]["W"] == 0.0
    assert record["box"] is not None
    assert [limit["low"] for limit in record["box"]["limits"]] == ["2021-01-11"]


def test_states_are_told_by_name_and_flagship_is_whole(tmp_path: Path) -> None:
    case = load(SPRING)
    record = found(case, LITTLE)
    uncertain = {path for path, value in case.scenario.values.items() if value.uncertain}
    assert {part["path"] for part in record["drivers"]} == uncertain
    intent = of(record, "intent.start")
    names = {"restrain", "coerce", "prepare"}
    assert {state["at"] for state in intent["states"]} == names
    assert {intent["low"]["at"], intent["high"]["at"]} < names
    assert intent["low"]["p"] == min(state["p"] for state in intent["states"])
    assert intent["high"]["p"] == max(state["p"] for state in intent["states"])
    zapad = of(record, "exercises.zapad.starts")["low"]["at"]
    assert isinstance(zapad, str)
    assert dt.date.fromisoformat(zapad) == dt.date(2021, 9, 6)
    assert len(record["months"]) == 6
    (tmp_path / "drivers.json").write_text(to_json(record), encoding="utf-8")
    assert read_record(tmp_path / "drivers.json", d.Drivers, d.SCHEMA) == record


def test_correlated_assumptions_share_their_total(tmp_path: Path) -> None:
    record = found(load(written(tmp_path, "correlated", CORRELATED)), Design(1024, 4, 5))
    assert {path: of(record, path)["together_with"] for path in (A, B, IDLE, ELSEWHERE)} == {
        A: [B, IDLE],
        B: [A, IDLE],
        IDLE: [A, B],
        ELSEWHERE: [],
    }
    shared = {(of(record, path)["total"], of(record, path)["total_se"]) for path in (A, B, IDLE)}
    assert len(shared) == 1
    # the group is all there is to know
    ((total, error),) = shared
    assert total is not None
    assert error is not None
    assert abs(total - 1.0) < Z * error
    assert of(record, ELSEWHERE)["total"] == 0.0


# ------------------------------------------------------------------------------------------------ same question


def test_workers_and_engines_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "WORTH_WORKERS", 1)
    case = load(written(tmp_path, "correlated", CORRELATED))
    every = {
        to_json(found(case, LITTLE, *how)) for how in ((1, "simpy"), (2, "simpy"), (1, "compiled"), (2, "compiled"))
    }
    assert len(every) == 1


def test_noise_belongs_to_the_question(tmp_path: Path) -> None:
    case = load(written(tmp_path, "product", PRODUCT))
    one, same, other = (found(case, Design(160, 2, seed), swap=False) for seed in (1, 1, 2))
    assert one == same
    assert one["noise"] != other["noise"]


def test_first_order_part_needs_only_the_worlds(tmp_path: Path) -> None:
    """As a table of worlds has them: uncertain values only, states by name."""
    case = load(SPRING)
    result, worldwise = played(case, LITTLE)
    whole = drivers(case.scenario, result, worldwise, None)
    table = {part["path"]: worldwise.values[part["path"]] for part in whole["drivers"]}
    states = case.scenario.values["intent.start"].states
    table["intent.start"] = np.array(states, dtype=object)[worldwise.values["intent.start"].astype(int)]
    found_again, noise = first_order_drivers(case.scenario, result, table, worldwise.hits, worldwise.plays)
    assert noise == whole["noise"]
    assert found_again == [{**part, "months": []} for part in whole["drivers"]]


# ------------------------------------------------------------------------------------------------ what cannot be told


def test_one_replay_tells_no_v_of_all_but_that_of_each(tmp_path: Path) -> None:
    record = found(load(written(tmp_path, "product", PRODUCT)), Design(4096, 1, 5))
    assert record["knowable"]["V"] is None
    assert record["odds"]["belief_reason"] is not None
    part = of(record, A)
    assert abs(part["V"] - 1 / 48) < Z * (part["V_se"] or 0.0)
    assert part["total"] is None
    assert of(record, IDLE)["total"] == 0.0


def test_nothing_uncertain_is_said_before_anything_else(tmp_path: Path) -> None:
    case = load(written(tmp_path, "certain", HAZARD), ["assumptions.risk=0.3"])
    with pytest.raises(SimError, match="certain: nothing in this file is uncertain, so the odds rest on no assumption"):
        found(case, LITTLE)


@pytest.mark.parametrize(("closes", "which"), [("2021-01-12", "no run"), ("2021-02-28", "every run")])
def test_no_hit_or_nothing_else_tells_nothing(tmp_path: Path, closes: str, which: str) -> None:
    day = "2021-01-14 to 2021-01-16"
    text = DATED.replace("2021-01-05 to 2021-01-16", day).replace("closes: 2021-02-28", f"closes: {closes}")
    with pytest.raises(TooLittleError, match=f"{which} of 320 was a hit, so nothing tells what the odds rest on"):
        found(load(written(tmp_path, "dated", text)), LITTLE)


def test_failed_runs_are_left_out_and_told(tmp_path: Path) -> None:
    record = found(load(written(tmp_path, "failing", FAILING)), Design(400, 2, 5))
    codes = [warning["code"] for warning in record["warnings"]]
    assert codes[-2:] == ["RUN1", "DRV1"]
    text = record["warnings"][-1]["text"]
    assert text.endswith("of 1600 runs for total effects failed; they and their partners are in no total")
    assert 400 < int(text.split()[0]) < 900
    # what is left has one value of the assumption: it does not vary, and says so by nothing at all
    (part,) = record["drivers"]
    assert (part["V"], part["swing"], part["above_noise"]) == (0.0, 0.0, False)


def test_too_few_finished_worlds(tmp_path: Path) -> None:
    with pytest.raises(TooLittleError, match="worlds have a finished run; at least 100 are needed"):
        found(load(written(tmp_path, "failing", FAILING)), Design(120, 2, 5), swap=False)


def test_worldwise_counts_what_the_tally_counts(tmp_path: Path) -> None:
    case = load(written(tmp_path, "months", MONTHS))
    result, worldwise = played(case, Design(300, 5, 5), engine="simpy")
    assert (worldwise.months.sum(axis=0) == worldwise.hits).all()
    assert [month["p"] for month in result["months"]] == (worldwise.months.sum(axis=1) / 1500).tolist()
    assert set(worldwise.values) >= {A, B}


def test_more_worlds_than_fit_are_refused(tmp_path: Path) -> None:
    case = load(written(tmp_path, "product", PRODUCT))
    with pytest.raises(SimError, match=f"--worlds {MOST_COUNTED_WORLDS + 1}: at most 131072 are looked at one by one"):
        play_worldwise(case.scenario, Design(MOST_COUNTED_WORLDS + 1, 1, 1), 1)
