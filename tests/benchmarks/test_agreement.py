"""The engine and the plain SimPy model, which share numbers and no code, agree on the flagship's median world."""

from __future__ import annotations

import pytest

from benchmarks.agreement import HIT, Compared, compare, flagship, scenario_with

RUNS = 500
# A hundred means are compared: luck alone takes one of them beyond this once in 200 such tests.
Z_LIMIT = 4.2


@pytest.fixture(scope="module")
def compared() -> list[Compared]:
    return compare(flagship(), RUNS)


def test_both_models_agree_on_all_that_happens(compared: list[Compared]) -> None:
    assert len(compared) > 60
    assert [item for item in compared if abs(item.z) > Z_LIMIT] == []


def test_the_answer_and_every_kind_are_compared(compared: list[Compared]) -> None:
    names = {item.name for item in compared}
    assert {HIT, "onset of build_up", "onset of clash", "onset of ultimatum", "onset of other"} <= names
    assert {rule for rule in flagship().program.rules if rule.endswith((".ordered", ".happens", ".begun"))} <= names


def test_a_model_of_other_numbers_is_seen() -> None:
    """The plain model on the file's numbers, the engine on a world with a third more incidents and half the orders."""
    other = scenario_with("incidents.donbas.rate.per_day=0.075", "build_ups.main.reaching=0.9")
    apart = {item.name for item in compare(other, 300, plain=flagship()) if abs(item.z) > Z_LIMIT}
    assert {"incidents.donbas.happens", "build_ups.main.ordered"} <= apart
