"""Intent is drawn once a world, switches by luck, and multiplies rates by factors that are 1 on average."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest

from sim.rules import program as p
from tests.world.playing import built, play, vectors

STATES = "intent:\n  states: [restrain, coerce, prepare]\n"
START = "  start: {choice: {restrain: 0.5, coerce: 0.3, prepare: 0.2}}\n"
CRISIS = "crises: {never: {rate: {per_day: 0.02}, lasts: 1}}\n"
NAMES = ("restrain", "coerce", "prepare")


def test_a_certain_start(tmp_path: Path) -> None:
    run = play(tmp_path, STATES + "  start: prepare\n", 0.0)
    assert [run.at(f"intent.{state}", 0.0) for state in NAMES] == [0.0, 0.0, 1.0]


def test_each_world_has_one_state_and_their_shares_are_those_of_the_choice(tmp_path: Path) -> None:
    scenario = built(tmp_path, STATES + START)
    worlds = 4000
    starts = vectors(scenario, worlds)[:, scenario.program.quantity_start]
    columns = [scenario.program.quantity(f"intent.{state}") for state in NAMES]
    flags = starts[:, columns]
    assert (flags.sum(axis=1) == 1.0).all()
    for share, found in zip((0.5, 0.3, 0.2), flags.mean(axis=0).tolist(), strict=True):
        # four standard errors of a share
        assert abs(found - share) < 4.0 * math.sqrt(share * (1.0 - share) / worlds)


def test_the_start_of_a_world_does_not_change_with_its_replays(tmp_path: Path) -> None:
    states = Counter()
    for replay in range(4):
        run = play(tmp_path, STATES + START, 0.0, world=2, replay=replay)
        states[tuple(run.at(f"intent.{state}", 0.0) for state in NAMES)] += 1
    assert list(states.values()) == [4]


def test_a_switch_turns_one_flag_off_and_another_on(tmp_path: Path) -> None:
    switches = "  start: coerce\n  switches: {coerce: {prepare: {per_day: 0.05}}}\n"
    watch = "events: {alarm: {when: intent.prepare, do: [{note: alarm}]}}\n"
    run = play(tmp_path, STATES + switches + watch, 0.0, 300.0)
    (when,) = run.fired("intent.coerce_to_prepare")
    assert 0.0 < when < 300.0
    assert run.at("intent.coerce", 0.0) == 1.0
    assert [run.at(f"intent.{state}", 300.0) for state in NAMES] == [0.0, 0.0, 1.0]
    # whoever waits for a state hears of a switch as well as of talks
    assert run.fired("events.alarm") == [when]


def test_a_switch_needs_its_state(tmp_path: Path) -> None:
    switches = "  start: restrain\n  switches: {coerce: {prepare: {per_day: 1}}}\n"
    assert play(tmp_path, STATES + switches).fired("intent.coerce_to_prepare") == []


def test_a_multiplier_without_a_reference_stands_as_it_is(tmp_path: Path) -> None:
    alone = play(tmp_path, CRISIS)
    intent = STATES + "  start: prepare\n  crises: {never: {prepare: 2}}\n"
    assert play(tmp_path, CRISIS + intent).onset("never") == pytest.approx(alone.onset("never") / 2.0, rel=1e-12)


def test_multipliers_are_1_on_average_over_the_reference_mix(tmp_path: Path) -> None:
    intent = (
        STATES
        + START
        + "  reference: {restrain: 0.5, coerce: 0.4, prepare: 0.1}\n"
        + "  crises: {never: {restrain: 0.3, prepare: 2.5 to 5}}\n"
    )
    scenario = built(tmp_path, CRISIS + intent)
    program = scenario.program
    rank = program.rules.index("crises.never.begun")
    assert program.trigger[rank] == p.CLOCK
    numbers = vectors(scenario, 50)
    mix = {"restrain": 0.5, "coerce": 0.4, "prepare": 0.1}
    mean = 0.0
    for place in range(program.exponent_pointer[rank], program.exponent_pointer[rank + 1]):
        state = program.quantities[program.exponent_quantity[place]].removeprefix("intent.")
        mean = mean + mix[state] * [math.exp(effect) for effect in numbers[:, program.exponent_effect[place]]][7]
    assert mean == pytest.approx(1.0, abs=1e-12)


def test_the_centred_factor_of_one_state(tmp_path: Path) -> None:
    alone = play(tmp_path, CRISIS)
    intent = (
        STATES
        + "  start: restrain\n  reference: {restrain: 0.5, coerce: 0.4, prepare: 0.1}\n"
        + "  crises: {never: {restrain: 0.4, coerce: 1, prepare: 4}}\n"
    )
    # the mix has 0.5 x 0.4 + 0.4 x 1 + 0.1 x 4 = 1, so restrain keeps its 0.4
    run = play(tmp_path, CRISIS.replace("0.02", "0.05") + intent)
    assert run.onset("never") == pytest.approx(alone.onset("never"), rel=1e-12)
    doubled = intent.replace("restrain: 0.4, coerce: 1, prepare: 4", "restrain: 0.8, coerce: 2, prepare: 8")
    # only ratios count: twice every factor is the same
    again = play(tmp_path, CRISIS.replace("0.02", "0.05") + doubled)
    assert again.onset("never") == pytest.approx(alone.onset("never"), rel=1e-12)
