"""The comparison of two engines: what is equal passes, and each single thing that is not is found and named."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis import differences, verify
from sim.analysis.differences import Found, Played, Row, find, mark, rebuilt
from sim.analysis.verify import Verdict, check_runs, probe_days
from sim.engines.reference import Reference
from sim.errors import UsageError
from sim.experiment.run import world_values
from sim.records.outcomes import Outcomes, RunResult
from sim.records.story import Applied, Due, Hold, Story
from sim.scenario.load import Scenario, load
from tests.analysis.engines_with_faults import TWO, Altered, BatchFault, Fault, Slow, nothing
from tests.cli.conftest import FAILING, STARTER
from tests.engines.test_parity import FAULTS, World, oracle


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scenarios")


@pytest.fixture(scope="module")
def two(folder: Path) -> Scenario:
    (folder / "two.yaml").write_text(TWO, encoding="utf-8")
    return load(folder / "two.yaml").scenario


@pytest.fixture(scope="module")
def starter() -> Scenario:
    return load(STARTER).scenario


def compared(
    scenario: Scenario, fault: Fault = nothing, runs: int = 12, replays: int = 4, **more: Callable[..., object]
) -> Verdict:
    """Runs on SimPy, and on SimPy once more with a fault."""
    engines = Reference(scenario.program, 1), Altered(scenario.program, 1, fault, **more)  # type: ignore[arg-type]
    return verify.verify(scenario, engines, 1, runs, replays)


def warm(story: Story) -> Due:
    """The due on day 2 that changes a quantity and a tension and arms a rule."""
    return next(due for due in story.dues if len(due.effects) == 3)


def up(number: float) -> float:
    return math.nextafter(number, math.inf)


# --- what is equal ---


def test_equal_engines_have_no_difference(two: Scenario) -> None:
    verdict = compared(two, runs=50)
    assert (verdict.engines, verdict.runs, verdict.differing, verdict.first) == (("simpy", "compiled"), 50, 0, None)
    assert verdict.tallies[0] == verdict.tallies[1]
    assert (verdict.probed, verdict.batched) == (1, 50)


def test_tally_counts_what_the_runs_hold(two: Scenario) -> None:
    """Counted once more from stories that are played here; the scenario's dated events are known by hand."""
    tally = compared(two, runs=20, replays=8).tallies[0]
    engine, stories = Reference(two.program, 1), []
    _, numbers = world_values(two, 1, np.arange(3))
    for run in range(20):
        stories.append(Story())
        engine.play(numbers[run // 8].tolist(), run // 8, run % 8, story=stories[-1])
    assert tally.dues == sum(len(story.dues) for story in stories)
    assert tally.effects == sum(len(due.effects) for story in stories for due in story.dues)
    counts = tally.outcomes
    # in every run: `warm` and `again` fire, `plea` is refused, `talks` comes off or not; the alarm holds 3 days, then 5
    assert counts["start", "fired"] + counts["start", "otherwise"] == 60
    assert 0 < counts["start", "otherwise"] < 20
    assert counts["start", "guard"] == counts["armed", "fired"] == counts["watch", "fired"] == tally.holds == 20
    assert counts["clock", "fired"] == tally.dues - 120


def test_oracle_is_equal(two: Scenario, starter: Scenario) -> None:
    for scenario, runs in ((two, 40), (starter, 24)):
        engines = Slow(scenario.program, 7), Altered(scenario.program, 7)
        verdict = verify.verify(scenario, engines, 7, runs, 8)
        assert (verdict.first, verdict.differing) == (None, 0)
        assert verdict.tallies[0].dues > 10 * runs


@pytest.mark.parametrize("name", ["settle", "arm", "look", "fire"])
def test_engine_that_breaks_the_semantics_is_found(
    name: str, starter: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control with real faults: the oracle, wrong in one rule, against SimPy."""
    monkeypatch.setattr(World if name == "settle" else oracle._Run, name, FAULTS[name])
    engines = Slow(starter.program, 1), Altered(starter.program, 1)
    assert verify.verify(starter, engines, 1, 24, 8).first is not None


def test_runs_are_those_of_their_addresses(two: Scenario) -> None:
    """World k // replays, replay k % replays: a fault of one run is found at its number, and in no other."""
    for world, replay in ((0, 0), (1, 3), (2, 4)):
        verdict = compared(
            two,
            lambda result, _: setattr(result, "dues", -1),
            runs=17,
            replays=6,
            only=lambda w, r, at=(world, replay): (w, r) == at,
        )
        assert verdict.first is not None
        assert (verdict.first.run, verdict.first.world, verdict.first.replay) == (world * 6 + replay, world, replay)
        assert verdict.differing == 1


@settings(max_examples=200)
@given(st.integers(1, 5000), st.integers(1, 3000))
def test_blocks_are_the_runs_in_their_order(runs: int, replays: int) -> None:
    parts = list(verify._parts(runs, replays))
    numbers = [w * replays + r for worlds, of_each in parts for w in worlds for r in of_each]
    assert numbers == list(range(runs))
    assert max(len(worlds) * len(of_each) for worlds, of_each in parts) <= 1024


def test_progress_counts_worlds(two: Scenario) -> None:
    seen: list[tuple[int, int | None]] = []
    engines = Reference(two.program, 1), Altered(two.program, 1)
    verify.verify(two, engines, 1, 7, 3, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("horizon", [0.5, 1.0, 3.0, 253.0, 254.7])
def test_probed_days_ascend_inside_the_run(horizon: float) -> None:
    days = probe_days(horizon)
    assert days == sorted(set(days))
    assert days[0] == 0.0
    assert days[-1] == math.nextafter(horizon, 0.0) < horizon


# --- each single difference ---


def set_row(name: str, value: object) -> Fault:
    return lambda result, _: setattr(result, name, value)


def in_list(name: str, value: object) -> Fault:
    return lambda result, _: getattr(result, name).__setitem__(0, value)


def probed(result: RunResult, _: Story) -> None:
    if result.probed is not None:
        result.probed[2, 1] = up(float(result.probed[2, 1]))


SINGLE: dict[str, tuple[Fault, str, str]] = {
    "a later time": (lambda _, story: setattr(warm(story), "time", up(warm(story).time)), "event", "time"),
    "another rule": (lambda _, story: setattr(warm(story), "rank", 0), "event", "rule"),
    "a rule that is none": (lambda _, story: setattr(warm(story), "rank", 99), "event", "rule"),
    "another instance": (lambda _, story: setattr(warm(story), "instance", 0), "event", "instance"),
    "another outcome": (lambda _, story: setattr(warm(story), "outcome", "chance"), "event", "outcome"),
    "another hold": (lambda _, story: setattr(warm(story), "since", 0.0), "event", "since"),
    "another load": (lambda _, story: setattr(warm(story), "load", -0.0), "event", "load"),
    "another effect": (lambda _, story: setattr(warm(story).effects[0], "operation", 2), "event", "effect 1"),
    "another target": (lambda _, story: setattr(warm(story).effects[0], "target", 0), "event", "effect 1"),
    "another before": (
        lambda _, story: setattr(warm(story).effects[1], "before", up(warm(story).effects[1].before)),
        "event",
        "effect 2 before",
    ),
    "another arming": (lambda _, story: setattr(warm(story).effects[2], "after", 6.0), "event", "effect 3 after"),
    "no effect": (lambda _, story: warm(story).effects.pop(), "event", "effect 3, effect 3 before, effect 3 after"),
    "one effect more": (
        lambda _, story: warm(story).effects.append(Applied(11, 0, 0.0, 0.0)),
        "event",
        "effect 4",
    ),
    "a note with a value": (
        lambda _, story: warm(story).effects.append(Applied(11, 0, 0.0, 5e-324)),
        "event",
        "effect 4, effect 4 after",
    ),
    "one event less": (
        lambda _, story: story.dues.pop(),
        "event",
        "rule, time, outcome, instance, since, load, effect 1, effect 1 before, effect 1 after",
    ),
    "one event more": (
        lambda _, story: story.dues.append(Due(29.0, 0, -1, "fired", 29.0, 0.0)),
        "event",
        "rule, time, outcome, instance, since, load",
    ),
    "a hold that began later": (lambda _, story: setattr(story.holds[0], "begins", 2.5), "hold", "met from"),
    "a hold that ended later": (lambda _, story: setattr(story.holds[0], "ends", 5.5), "hold", "broken at"),
    "a hold of another rule": (lambda _, story: setattr(story.holds[0], "rank", 7), "hold", "condition of"),
    "a hold that is missing": (lambda _, story: story.holds.clear(), "hold", "condition of, met from, broken at"),
    "a hold too many": (
        lambda _, story: story.holds.append(Hold(6, 20.0, 21.0)),
        "hold",
        "condition of, met from, broken at",
    ),
    "a failure": (set_row("status", 3), "row", "ended"),
    "an unknown status": (set_row("status", 77), "row", "ended"),
    "another time of failure": (set_row("failed_at", 1.0), "row", "failed at"),
    "another first onset": (set_row("first", 13.0), "row", "first counted onset"),
    "another kind": (set_row("kind", -1), "row", "its kind"),
    "another root": (set_row("root", 0), "row", "its root"),
    "a flag that is none": (set_row("flags", 1 << 40), "row", "flags on at its root"),
    "another onset": (in_list("onset", math.inf), "row", "alarm: onset in the window"),
    "an onset before": (in_list("early", 3.0), "row", "alarm: onset before it"),
    "in progress": (in_list("running", True), "row", "alarm: on at the opening"),
    "another number of dues": (set_row("dues", 3), "row", "events"),
    "another state": (probed, "probe", "quantities.heat"),
    "a probe that is missing": (set_row("probed", np.empty((0, 3))), "probe", "probed days"),
}


@pytest.mark.parametrize("name", SINGLE)
def test_single_difference_is_found_and_named(name: str, two: Scenario) -> None:
    fault, what, rows = SINGLE[name]
    verdict = compared(two, fault, runs=1)
    assert verdict.first is not None
    found = verdict.first.found
    unequal = [item.name for item in found.rows if item.differs]
    assert (found.what, ", ".join(unequal)) == (what, rows)


BATCHES: dict[str, tuple[BatchFault, str]] = {
    "a value": (lambda rows: replace(rows, first=rows.first - 1.0), "first counted onset"),
    "a flag": (lambda rows: replace(rows, running=~rows.running), "alarm: on at the opening"),
    "an address": (lambda rows: replace(rows, replay=rows.replay[::-1]), "replay"),
    "a row too few": (lambda rows: Outcomes(*(getattr(rows, n)[:-1] for n in Outcomes.__slots__)), "rows of the batch"),
    "a row too many": (
        lambda rows: Outcomes(*(np.repeat(getattr(rows, n), 2, axis=0) for n in Outcomes.__slots__)),
        "rows of the batch",
    ),
}


@pytest.mark.parametrize("name", BATCHES)
def test_difference_of_the_batch_is_found(name: str, two: Scenario) -> None:
    fault, row = BATCHES[name]
    verdict = compared(two, runs=4, in_batch=fault)
    assert verdict.first is not None
    assert verdict.first.sides == ("compiled alone", "compiled in a batch")
    assert verdict.first.found.what == "batch"
    assert [item.name for item in verdict.first.found.rows if item.differs] == [row]


def test_batches_hold_all_runs(two: Scenario) -> None:
    engine = Altered(two.program, 1)
    verify.verify(two, (Reference(two.program, 1), engine), 1, 11, 4)
    assert engine.batches == [(range(2), range(4)), (range(2, 3), range(3))]


def test_earlier_hold_comes_before_a_later_event(two: Scenario) -> None:
    def fault(_: RunResult, story: Story) -> None:
        story.dues[-1].time = up(story.dues[-1].time)
        story.holds[0].begins = 2.5

    first = compared(two, fault, runs=1).first
    assert first is not None
    assert (first.found.what, first.found.time) == ("hold", 5.0)


def test_first_event_is_told_with_what_came_before(two: Scenario) -> None:
    def fault(result: RunResult, story: Story) -> None:
        due = next(due for due in story.dues if due.time == 9.0 and due.outcome == "guard")
        due.time = up(due.time)
        if result.probed is not None:
            result.probed[-1, 2] = 0.0

    first = compared(two, fault, runs=1).first
    assert first is not None
    rules = [rule for _, rule, _ in first.agreed]
    assert rules[-1] == "events.again"
    assert len(rules) == 3
    # `cool` left 5 on day 5, and `again`, which adds 9 on day 9, is not looked at yet a moment before
    heat, tension = (next(row for row in first.before if row.name == name) for name in ("quantities.heat", "tension"))
    assert first.before_read
    assert (heat.values, heat.differs) == ((5.0, 5.0), False)
    assert tension.differs
    assert tension.values[1] == 0.0


@pytest.mark.parametrize("world", range(6))
def test_rebuilt_state_is_the_state_of_the_engine(starter: Scenario, world: int) -> None:
    """Where no engine can be read, the events that both agree on say the same to the last bit."""
    _, numbers = world_values(starter, 1, np.arange(world, world + 1))
    row, engine, days = numbers[0].tolist(), Reference(starter.program, 1), probe_days(starter.program.horizon)
    story = Story()
    result = engine.play(row, world, 0, story=story, probes=days)
    assert result.probed is not None
    for day, seen in zip(days, result.probed.tolist(), strict=True):
        state = rebuilt(engine.plan, row, [due for due in story.dues if due.time <= day], day)
        assert state is not None
        assert struct.pack(f"{len(seen)}d", *state) == struct.pack(f"{len(seen)}d", *seen)


def test_state_of_a_run_that_fails_is_rebuilt(folder: Path) -> None:
    (folder / "failing.yaml").write_text(FAILING, encoding="utf-8")
    scenario = load(folder / "failing.yaml", ["assumptions.columns=4000"]).scenario
    verdict = compared(scenario, lambda _, story: setattr(story.dues[-1], "time", 4.5), runs=1)
    assert verdict.tallies[0].failed == {"pending: too many pending instances": 1}
    assert verdict.first is not None
    assert not verdict.first.before_read
    assert [row.differs for row in verdict.first.before] == [False] * len(verdict.first.before)
    assert verdict.first.before


def test_failures_that_are_equal_are_no_difference(folder: Path) -> None:
    (folder / "failing.yaml").write_text(FAILING, encoding="utf-8")
    scenario = load(folder / "failing.yaml").scenario
    verdict = compared(scenario, runs=60)
    assert verdict.first is None
    assert 0 < verdict.tallies[0].failed.total() < 60
    assert compared(scenario, lambda result, _: setattr(result, "failed_at", up(result.failed_at)), runs=60).differing


def test_what_has_no_name_is_told_too(two: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "find", lambda *_: None)
    first = compared(two, set_row("dues", 3), runs=1).first
    assert first is not None
    assert [row.differs for row in first.found.rows] == [True]


# --- laws ---


def nan(payload: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000 | payload))[0])


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        (1.0, 1.0, False),
        (0.0, -0.0, True),
        (1.0, up(1.0), True),
        (nan(0), nan(0), False),
        (nan(0), nan(1), True),
        (math.inf, math.inf, False),
        (math.inf, None, True),
        ("a", "a", False),
        ("a", "b", True),
    ],
)
def test_facts_are_compared_by_their_bits(
    one: differences.Value, other: differences.Value, differs: bool, two: Scenario
) -> None:
    assert Row("x", "number", (one, other)).differs is differs
    if isinstance(one, float) and isinstance(other, float):
        due = [Played(empty(), Story([Due(number, 0, -1, "fired", 0.0, 0.0)])) for number in (one, other)]
        assert (mark(due[0]) != mark(due[1])) is differs
        assert (find(two.program, *due) is not None) is differs


def empty() -> RunResult:
    return RunResult(0, math.inf, math.inf, -1, -1, 0, [math.inf], [math.inf], [False], 1)


floats = st.floats(allow_nan=True, width=64)
effects = st.builds(Applied, st.integers(0, 11), st.integers(0, 1), floats, floats)
dues = st.builds(
    Due,
    floats,
    st.integers(0, 7),
    st.integers(-1, 5),
    st.sampled_from(sorted(differences.OUTCOMES)),
    floats,
    floats,
    st.lists(effects, max_size=3),
)
holds = st.builds(Hold, st.integers(6, 7), floats, floats)
results = st.builds(
    RunResult,
    st.integers(0, 6),
    floats,
    floats,
    st.integers(-1, 0),
    st.integers(-1, 1),
    st.integers(0, 2**64 - 1),
    st.lists(floats, min_size=1, max_size=1),
    st.lists(floats, min_size=1, max_size=1),
    st.lists(st.booleans(), min_size=1, max_size=1),
    st.integers(0, 10**6),
)
plays = st.builds(Played, results, st.builds(Story, st.lists(dues, max_size=4), st.lists(holds, max_size=2)))


Finds = Callable[[Played, Played], Found | None]


@pytest.fixture(scope="module")
def finds(two: Scenario) -> Finds:
    """The search with a program that hypothesis need not print."""
    return lambda one, other: find(two.program, one, other)


@settings(max_examples=300)
@given(plays, plays)
def test_unequal_is_found_and_equal_is_not(finds: Finds, one: Played, other: Played) -> None:
    """The quick comparison and the one that finds names agree, in both directions, and on a run with itself."""
    found = finds(one, other)
    assert (mark(one) == mark(other)) is (found is None)
    assert finds(one, one) is None
    back = finds(other, one)
    assert (found is None) is (back is None)
    if found is not None and back is not None:
        assert any(row.differs for row in found.rows)
        assert (found.what, found.number) == (back.what, back.number)


@settings(max_examples=200)
@given(plays, st.integers(0, 3), st.data())
def test_events_before_the_first_difference_are_equal(
    finds: Finds, one: Played, keep: int, data: st.DataObject
) -> None:
    tail = data.draw(st.lists(dues, min_size=1, max_size=3))
    other = Played(one.result, Story([*one.story.dues[:keep], *tail], one.story.holds))
    found: Found | None = finds(one, other)
    if found is not None:
        assert found.number > min(keep, len(one.story.dues))


# --- what is refused ---


@pytest.mark.parametrize(
    ("runs", "replays", "seed", "told"),
    [
        (0, 8, 1, "--runs 0: at least 1 is compared"),
        (1_000_001, 8, 1, "--runs 1000001: at most 1000000 are compared"),
        (10, 0, 1, "--replays 0: at least 1 is played"),
    ],
)
def test_what_cannot_be_compared_is_refused(runs: int, replays: int, seed: int, told: str) -> None:
    with pytest.raises(UsageError) as refusal:
        check_runs(runs, replays, seed)
    assert str(refusal.value) == told
    check_runs(1_000_000, 8, 1)
