"""Which inputs differ: values whole, blocks looked into, prose passed over."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.changes import Change, changes, flow
from sim.scenario.load import load

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"


def of_variant(name: str) -> list[Change]:
    return changes(load(FLAGSHIP).scenario.resolved, load(FLAGSHIP, (), name).scenario.resolved)


def test_variant_differs_in_what_it_sets_and_nothing_else() -> None:
    assert of_variant("summit_fails") == [
        Change("diplomacy.summit.held", "0.35 to 0.8", "1"),
        Change("diplomacy.summit.success", "0.15 to 0.6", "0"),
    ]


def test_block_that_is_taken_out_is_whole() -> None:
    (change,) = of_variant("no_zapad")
    assert change.path == "exercises.zapad"
    assert change.after is None
    assert change.before is not None
    assert "takes_home: {of: voronezh, chance: 0.2 to 0.8, heavy: times 0.3}" in change.before


def test_block_that_is_new_is_whole() -> None:
    assert changes({"events": {}}, {"events": {"day": {"at": "2021-01-05", "about": "a day"}}}) == [
        Change("events.day", None, "{at: 2021-01-05}")
    ]


def test_value_with_prose_is_its_value() -> None:
    before = {"tension": {"start": {"value": "1 to 2", "unit": "level", "source": "one"}}}
    assert changes(before, {"tension": {"start": {"value": "1 to 2", "source": "another"}}}) == []
    assert changes(before, {"tension": {"start": "1 to 2"}}) == []
    assert changes(before, {"tension": {"start": "1 to 3"}}) == [Change("tension.start", "1 to 2", "1 to 3")]


def test_what_no_run_reads_is_passed_over() -> None:
    aside = {"title": "A", "variants": {"x": {"a": "1"}}, "evidence": {"y": {}}, "resolution": {"z": {}}}
    assert changes(aside, {"title": "B"}) == []


def test_one_value_for_a_family_is_a_change_of_the_whole_value() -> None:
    assert changes({"a": {"b": {"p5": "1", "p95": "3"}}}, {"a": {"b": {"p5": "1", "p95": "4"}}}) == [
        Change("a.b", "{p5: 1, p95: 3}", "{p5: 1, p95: 4}")
    ]


def test_flow_is_written_as_yaml_may_be() -> None:
    assert flow({"choice": {"a": "0.4"}, "list": ["1", None]}) == "{choice: {a: 0.4}, list: [1, null]}"


TREES = st.recursive(
    st.text("ab1", max_size=2),
    lambda below: (
        st.dictionaries(st.sampled_from(["x", "y", "p5", "value", "about"]), below, max_size=3)
        | st.lists(below, max_size=2)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["x", "y"]), TREES), st.dictionaries(st.sampled_from(["x", "y"]), TREES))
def test_changes_turn_round(before: dict[str, object], after: dict[str, object]) -> None:
    assert changes(before, before) == []
    there = {(change.path, change.before, change.after) for change in changes(before, after)}
    back = {(change.path, change.after, change.before) for change in changes(after, before)}
    assert there == back
