"""The branching ratio against the spectral radius of a matrix that is worked out by hand."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from sim.chance.worlds import parameter_vectors
from sim.records.outcomes import Floats
from sim.rules.branching import branching_ratios, worst_loop
from sim.rules.language import Amount, Arm, Armed, Brings, Change, Clock, Kind, Quantity, Rule, Tension
from sim.rules.link import Span, link
from sim.rules.program import Program

HALF_LIFE = 5.0
DECAY = log(2.0) / HALF_LIFE


def adds(target: str, amount: float) -> Change:
    return Change("add", target, Amount(base=amount))


def rule(name: str, trigger: Clock | Armed, *effects: Change | Arm, chance: float | None = None) -> Rule:
    return Rule("incidents", "incidents.x", name, trigger, effects, chance=chance)


def ratio(rules: list[Rule], *quantities: Quantity) -> tuple[float, Program, Floats]:
    tensions = [Tension(name, 0.0, 0.0, HALF_LIFE) for name in ("hot", "sore")]
    brings = Brings(tensions=tensions, rules=rules, quantities=list(quantities), kinds=[Kind("k", "k")])
    program, problems = link(brings, Span(100.0, 0.0, 100.0), ["k"])
    assert program is not None, problems
    numbers = parameter_vectors(program.expressions, {}, 1)
    return float(branching_ratios(program, numbers)[0]), program, numbers


def test_one_clock_that_excites_itself() -> None:
    """Gain h on a memory to which each firing adds a: ratio h a / decay."""
    found, _, _ = ratio([rule("happens", Clock(0.1, outside=(("hot", 0.02),)), adds("hot", 3.0))])
    assert found == pytest.approx(0.02 * 3.0 / DECAY, rel=1e-12)


def test_two_clocks_that_excite_each_other() -> None:
    """No loop of its own, two steps around: the spectral radius is the root of the product."""
    one = rule("one", Clock(0.1, outside=(("hot", 0.05),)), adds("sore", 2.0))
    two = rule("two", Clock(0.1, outside=(("sore", 0.03),)), adds("hot", 4.0))
    found, _, _ = ratio([one, two])
    assert found == pytest.approx(sqrt(0.05 * 2.0 * 0.03 * 4.0) / DECAY, rel=1e-12)


def test_a_full_matrix() -> None:
    one = rule("one", Clock(0.1, outside=(("hot", 0.05), ("sore", 0.02))), adds("hot", 1.0), adds("sore", 0.5))
    two = rule("two", Clock(0.2, inside=(("sore", 0.1),)), adds("hot", 0.3))
    by_hand = np.array([[0.05 * 1.0, 0.05 * 0.5], [0.02 * 1.0 + 0.2 * 0.1 * 0.3, 0.02 * 0.5]]) / DECAY
    found, program, numbers = ratio([one, two])
    assert found == pytest.approx(max(abs(np.linalg.eigvals(by_hand))), rel=1e-12)
    assert worst_loop(program, numbers[0]) == "incidents.x.one"


def test_what_is_armed_counts_with_its_chance() -> None:
    happens = rule("happens", Clock(0.1, outside=(("hot", 0.02),)), Arm("incidents.x.echo"))
    found, _, _ = ratio([happens, rule("echo", Armed(), adds("hot", 3.0), chance=0.25)])
    assert found == pytest.approx(0.25 * 0.02 * 3.0 / DECAY, rel=1e-12)


@pytest.mark.parametrize("flag", [True, False], ids=["a flag", "a switch that is no flag"])
def test_switches_count_at_their_worst(flag: bool) -> None:
    """A multiplier of 5 on something that is off at the start still counts; one that lowers the rate does not."""
    switches = [Quantity(name, 0.0, 0.0, 1.0, flag=flag) for name in ("cover", "calm")]
    clock = Clock(0.1, inside=(("hot", 0.2),), exponent=(("calm", log(0.1)), ("cover", log(5.0))))
    found, _, _ = ratio([rule("happens", clock, adds("hot", 1.0))], *switches)
    assert found == pytest.approx(5.0 * 0.1 * 0.2 / DECAY, rel=1e-12)


def test_without_a_loop_the_ratio_is_zero() -> None:
    found, _, _ = ratio([rule("happens", Clock(0.1, outside=(("hot", 0.02),)), adds("sore", 3.0))])
    assert found == pytest.approx(0.0, abs=1e-12)
