"""Statistical truth of the reference engine: closed forms within 4 standard errors, and 10 % beside them is seen.

Seeds are fixed, so a test that passes always passes; the limits say that the seed was not chosen.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy.integrate import solve_ivp
from scipy.special import wrightomega
from scipy.stats import kstest, poisson

from sim.chance.streams import stream_hash, uniform
from sim.engines.reference import Reference
from sim.records.outcomes import RunResult
from sim.records.story import Story
from sim.rules.language import Amount, Arm, Armed, Begin, Clock, Condition, Start, Tension, Watch
from tests.engines.programs import Question
from tests.engines.writing import ask, change, each, event

SEED = 1914
LIMIT = 4.0
Numbers = npt.NDArray[np.float64]


def play(asked: Question, runs: int) -> list[RunResult]:
    program = asked.program()
    numbers = asked.numbers(program)[0]
    engine = Reference(program, SEED)
    results = [engine.play(numbers, 0, replay) for replay in range(runs)]
    assert {result.status for result in results} == {0}
    return results


def z(sample: Numbers, expected: float) -> float:
    """Standard errors between a sample's mean and what it should be."""
    return float((sample.mean() - expected) / (sample.std(ddof=1) / math.sqrt(len(sample))))


def z_share(hits: int, of: int, expected: float) -> float:
    return (hits / of - expected) / math.sqrt(expected * (1.0 - expected) / of)


def agrees_with(hits: int, of: int, expected: float) -> bool:
    """The share is the expected one, and neither 10 % less nor (where there is such a share) 10 % more of it."""
    wrong = [abs(z_share(hits, of, share)) for share in (0.9 * expected, 1.1 * expected) if share < 1.0]
    return abs(z_share(hits, of, expected)) < LIMIT < min(wrong)


def hits(results: list[RunResult]) -> int:
    return sum(result.first < math.inf for result in results)


# --- constant hazards ---


def test_counts_of_a_constant_hazard_are_poisson() -> None:
    rate, days = 0.3, 20.0
    counts = np.array([float(r.dues) for r in play(ask(event("c", Clock(rate)), days=days), 3000)])
    mean = rate * days
    assert abs(z(counts, mean)) < LIMIT < min(abs(z(counts, 0.9 * mean)), abs(z(counts, 1.1 * mean)))
    # for a Poisson variable the squared distance has mean m and variance m + 2 m^2
    assert abs(z((counts - mean) ** 2, mean)) < LIMIT < abs(z((counts - mean) ** 2, 1.2 * mean))
    cells = np.arange(0, 13)
    observed = np.array([np.sum(counts == k) for k in cells])
    expected = poisson.pmf(cells, mean) * len(counts)
    assert float(((observed - expected) ** 2 / expected).sum()) < 13 + LIMIT * math.sqrt(2 * 13)


def test_competing_risks_share_the_odds() -> None:
    one, two, days, runs = 0.02, 0.01, 50.0, 8000
    rules = (event("a", Clock(one), Begin("k")), event("b", Clock(two), Begin("l")))
    results = play(ask(*rules, days=days), runs)
    both = -math.expm1(-(one + two) * days)
    firsts = {kind: sum(result.kind == kind for result in results) for kind in (-1, 0, 1)}
    assert agrees_with(firsts[0], runs, one / (one + two) * both)
    assert agrees_with(firsts[1], runs, two / (one + two) * both)
    assert agrees_with(firsts[-1], runs, 1.0 - both)
    # as if the other risk were not there: the usual mistake, biased upwards
    assert not agrees_with(firsts[0], runs, -math.expm1(-one * days))
    alone = sum(result.onset[0] < math.inf for result in results)
    assert agrees_with(alone, runs, -math.expm1(-one * days))


# --- tensions ---


def test_a_relaxing_tension_gives_the_odds_of_its_integral() -> None:
    base, gain, level, half_life, days, runs = 0.009, 0.5, 4.0, 20.0, 60.0, 3000
    kappa = math.log(2.0) / half_life
    total = base * (days + gain * level * -math.expm1(-kappa * days) / kappa)
    clock = event("c", Clock(base, inside=(("t", gain),)), Begin("k"))
    results = play(ask(clock, days=days, tensions=[Tension("t", level, 0.0, half_life)]), runs)
    assert agrees_with(hits(results), runs, -math.expm1(-total))
    # without the tension, and as if it did not relax
    assert not agrees_with(hits(results), runs, -math.expm1(-base * days))
    assert not agrees_with(hits(results), runs, -math.expm1(-base * days * (1.0 + gain * level)))


def test_a_firing_comes_when_the_wright_omega_function_says() -> None:
    """t = (p + w(ln q - p)) / k for the rate h0 + A exp(-k t): the engine's own Exp(1), inverted by another road."""
    h0, a, k = 0.01, 0.05, 0.1
    clock = event("c", Clock(h0, outside=(("t", 1.0),)))
    asked = ask(clock, days=2000.0, tensions=[Tension("t", a, 0.0, math.log(2.0) / k)])
    program = asked.program()
    engine, numbers = Reference(program, SEED), asked.numbers(program)[0]
    for replay in range(40):
        story = Story()
        engine.play(numbers, 0, replay, story=story)
        e = -math.log(uniform(SEED, 0, replay, stream_hash("e.c/wait")))
        right, wrong = (
            (p + float(wrightomega(math.log(height / h0) - p))) / k
            for height in (a, 1.1 * a)
            for p in [k * (e - height / k) / h0]
        )
        assert story.dues[0].time == pytest.approx(right, rel=1e-9)
        assert story.dues[0].time != pytest.approx(wrong, rel=1e-3)


# --- self-excitation ---


def hawkes(mu: float, alpha: float, beta: float, start: float, days: float) -> tuple[float, float, float]:
    """Mean and variance of the count, and the odds of none, for the intensity mu + (start - mu) exp(-beta t) + ..."""
    kappa, limit = beta - alpha, mu * beta / (beta - alpha)

    def change_of(t: float, state: Numbers) -> list[float]:
        variance, covariance, _ = state
        intensity = limit + (start - limit) * math.exp(-kappa * t)
        return [
            alpha * alpha * intensity - 2.0 * kappa * variance,
            -kappa * covariance + variance + alpha * intensity,
            2.0 * covariance + intensity,
        ]

    moments = solve_ivp(change_of, (0.0, days), [0.0, 0.0, 0.0], rtol=1e-10, atol=1e-12)
    mean = limit * days + (start - limit) * -math.expm1(-kappa * days) / kappa
    none = math.exp(-mu * days + (start - mu) * math.expm1(-beta * days) / beta)
    return mean, float(moments.y[2, -1]), none


KNOWN = (0.3, 0.6, 1.2, 0.9, 10.0)


def test_the_hawkes_moments_are_the_known_ones() -> None:
    assert hawkes(*KNOWN) == pytest.approx((6.49876062, 22.4764457, 0.030197476), rel=1e-8)
    assert hawkes(1.0, 0.5, 1.0, 1.0, 5.0) == pytest.approx((8.16416999, 21.4475699, 0.006737947), rel=1e-7)
    # without excitation it is Poisson
    assert hawkes(2.0, 0.0, 1.0, 2.0, 3.0) == pytest.approx((6.0, 6.0, math.exp(-6.0)), rel=1e-9)


@pytest.fixture(scope="module")
def hawkes_counts() -> Numbers:
    mu, alpha, beta, start, days = KNOWN
    clock = event("c", Clock(mu, outside=(("t", 1.0),)), change("add", "t", alpha))
    tension = Tension("t", start - mu, 0.0, math.log(2.0) / beta)
    return np.array([float(r.dues) for r in play(ask(clock, days=days, tensions=[tension]), 12_000)])


def test_incidents_that_bring_incidents_have_the_moments_of_hawkes(hawkes_counts: Numbers) -> None:
    mean, variance, none = hawkes(*KNOWN)
    assert abs(z(hawkes_counts, mean)) < LIMIT
    squares = (hawkes_counts - mean) ** 2
    assert abs(z(squares, variance)) < LIMIT
    runs = len(hawkes_counts)
    assert abs(z_share(int(np.sum(hawkes_counts == 0.0)), runs, none)) < LIMIT


@pytest.mark.parametrize(
    ("place", "factor"), [(0, 1.1), (1, 1.1), (2, 1.1), (3, 1.2)], ids=["mu", "alpha", "beta", "start"]
)
def test_a_hawkes_process_ten_per_cent_wrong_is_seen(hawkes_counts: Numbers, place: int, factor: float) -> None:
    """Negative control: each parameter alone; a wrong start fades, so it takes 20 % to be seen."""
    wrong = list(KNOWN)
    wrong[place] *= factor
    mean, variance, none = hawkes(*wrong)
    silent = int(np.sum(hawkes_counts == 0.0))
    squares = (hawkes_counts - hawkes_counts.mean()) ** 2
    seen = (z(hawkes_counts, mean), z(squares, variance), z_share(silent, len(hawkes_counts), none))
    assert max(map(abs, seen)) > LIMIT


def test_the_start_in_a_crisis_counts(hawkes_counts: Numbers) -> None:
    """Negative control: as if the intensity began at its base, the odds of silence would be 5 %, not 3 %."""
    mu, alpha, beta, _, days = KNOWN
    silent = int(np.sum(hawkes_counts == 0.0))
    assert abs(z_share(silent, len(hawkes_counts), hawkes(mu, alpha, beta, mu, days)[2])) > LIMIT


# --- delays, dates, holds ---


def test_a_chain_of_two_exponential_delays_is_erlang() -> None:
    mean, days, runs = 20.0, 50.0, 2500
    rules = (
        event("a", Start(0.0), Arm("e.b", Amount(base=each("e.a.delay", mean)))),
        event("b", Armed(), Arm("e.c", Amount(base=each("e.b.delay", mean)))),
        event("c", Armed(), Begin("k")),
    )
    results = play(ask(*rules, days=days), runs)
    assert agrees_with(hits(results), runs, 1.0 - (1.0 + days / mean) * math.exp(-days / mean))
    # as if the two delays were one
    assert not agrees_with(hits(results), runs, -math.expm1(-days / mean))


def test_a_flag_that_switches_a_hazard_at_a_date_bends_its_integral() -> None:
    base, factor, switch, days, runs = 0.01, 4.0, 20.0, 60.0, 2500
    rules = (
        event("a", Start(switch), change("set", "f", 1.0)),
        event("c", Clock(base, exponent=(("f", math.log(factor)),)), Begin("k")),
    )
    results = play(ask(*rules, days=days), runs)

    def integral(t: Numbers, rate: float = base) -> Numbers:
        return rate * (np.minimum(t, switch) + factor * np.maximum(0.0, t - switch))

    total = float(integral(np.array(days)))
    assert agrees_with(hits(results), runs, -math.expm1(-total))
    times = np.array([result.first for result in results if result.first < math.inf])
    for rate, fits in ((base, True), (1.5 * base, False)):
        share = -np.expm1(-integral(np.array(days), rate))
        found = kstest(times, lambda t, r=rate, s=share: -np.expm1(-integral(t, r)) / s)
        assert bool(found.pvalue > 1e-4) is fits


def test_a_hold_is_met_as_often_and_as_late_as_renewal_theory_says() -> None:
    """On at rate a, off at rate b, held for d: P = exp(-b d) an episode, and 1/(a P) + (1 - P)/(b P) days in all."""
    on, off, hold, runs = 1.0, 0.5, 1.0, 3000
    rules = (
        event("a", Clock(on, only=(Condition("f", at_most=0.5), Condition("y", at_most=0.5))), change("set", "f", 1.0)),
        event(
            "b", Clock(off, only=(Condition("f", at_least=0.5), Condition("y", at_most=0.5))), change("set", "f", 0.0)
        ),
        event("w", Watch((Condition("f", at_least=1.0),), hold), Begin("k"), change("set", "y", 1.0)),
    )
    results = play(ask(*rules, days=200.0), runs)
    share = math.exp(-off * hold)
    expected = 1.0 / (share * on) + (1.0 - share) / (share * off)
    times = np.array([result.first for result in results])
    assert abs(z(times, expected)) < LIMIT < min(abs(z(times, 0.9 * expected)), abs(z(times, 1.1 * expected)))
    # a run has an on and an off for each episode that failed, an on for the last, and the watch
    episodes = np.array([result.dues / 2.0 for result in results])
    assert sum(episodes == 1.0) > 0
    assert agrees_with(int(sum(episodes == 1.0)), runs, share)
    assert abs(z(episodes, 1.0 / share)) < LIMIT


def test_a_chance_thins_a_hazard() -> None:
    rate, chance, days, runs = 0.1, 0.3, 30.0, 2500
    results = play(ask(event("c", Clock(rate), Begin("k"), chance=chance), days=days), runs)
    assert agrees_with(hits(results), runs, -math.expm1(-rate * chance * days))


def test_a_guard_thins_and_a_while_stops() -> None:
    """Refused for the first ten days or stopped for them: by memorylessness the same odds, not the same runs."""
    rate, quiet, days, runs = 0.05, 10.0, 30.0, 2500
    opened = event("a", Start(quiet), change("set", "f", 1.0))
    open_now = (Condition("f", at_least=1.0),)
    guarded = play(ask(opened, event("c", Clock(rate), Begin("k"), guard=open_now), days=days), runs)
    stopped = play(ask(opened, event("c", Clock(rate, only=open_now), Begin("k")), days=days), runs)
    for results in (guarded, stopped):
        assert agrees_with(hits(results), runs, -math.expm1(-rate * (days - quiet)))
    assert [r.first for r in guarded] != [r.first for r in stopped]


def test_a_world_in_which_nothing_can_happen_stays_quiet() -> None:
    assert hits(play(ask(event("c", Clock(0.0), Begin("k"))), 50)) == 0
