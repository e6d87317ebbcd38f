"""Truth of the closed forms between events: against quadrature, against 50 digits, and against published inverses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from random import Random

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import wrightomega

from sim.rules.flows import (
    clamp,
    cumulative_hazard,
    integral_after,
    level_after,
    multiplier,
    reaches,
    relaxation,
    stays_below,
    waiting_time,
)

FOREVER = 1e9


@dataclass(frozen=True, slots=True)
class Hazard:
    """constant + sum of gain x tension, each tension on its way from a level to a baseline."""

    constant: float
    gain: tuple[float, ...] = ()
    level: tuple[float, ...] = ()
    baseline: tuple[float, ...] = ()
    decay: tuple[float, ...] = ()

    def terms(self) -> Iterator[tuple[float, float, float, float]]:
        return zip(self.gain, self.level, self.baseline, self.decay, strict=True)

    def rate(self, t: float) -> float:
        """The textbook formula, not the kernel."""
        return self.constant + sum(g * (b + (x - b) * math.exp(-k * t)) for g, x, b, k in self.terms())

    def total(self, t: float) -> float:
        return cumulative_hazard(t, self.constant, len(self.gain), self.gain, self.level, self.baseline, self.decay)

    def wait(self, target: float, horizon: float = FOREVER) -> float:
        return waiting_time(
            target, horizon, self.constant, len(self.gain), self.gain, self.level, self.baseline, self.decay
        )

    def parts(self, t: float) -> float:
        """The integral's parts without their signs: what rounding is relative to."""
        return self.constant * t + sum(g * (b * t - abs(x - b) * math.expm1(-k * t) / k) for g, x, b, k in self.terms())

    def total_in_decimal(self, t: float) -> Decimal:
        """The same integral with 50 digits."""
        with localcontext() as context:
            context.prec = 50
            s = Decimal(t)
            total = Decimal(self.constant) * s
            for gain, level, baseline, decay in self.terms():
                g, x, b, k = map(Decimal, (gain, level, baseline, decay))
                total += g * (b * s + (x - b) * (1 - (-k * s).exp()) / k)
            return total


def hazards(count: int, seed: int, constants: tuple[float, ...] = (0.01, 0.3, 2.0)) -> list[Hazard]:
    """Random hazards of one to four tensions: above their baselines, below them, and both at once."""
    random = Random(seed)
    made = []
    for _ in range(count):
        n = random.randint(1, 4)
        made.append(
            Hazard(
                random.choice(constants),
                tuple(random.choice((0.02, 0.3, 1.0, random.uniform(0.0, 3.0) + 1e-3)) for _ in range(n)),
                tuple(random.choice((0.0, 0.2, 4.0, random.uniform(0.0, 5.0))) for _ in range(n)),
                tuple(random.choice((0.0, 0.5, 1.0, random.uniform(0.0, 2.0))) for _ in range(n)),
                tuple(math.log(2.0) / random.choice((0.5, 3.0, 20.0, 200.0)) for _ in range(n)),
            )
        )
    return made


def targets(count: int, seed: int) -> list[float]:
    """Exp(1) numbers, with more than their share of very small and large ones."""
    random = Random(seed)
    return [random.expovariate(1.0) * random.choice((1e-6, 1e-2, 1.0, 1.0, 1.0, 30.0)) for _ in range(count)]


def mixed(hazard: Hazard) -> bool:
    above = [x > b for _, x, b, _ in hazard.terms()]
    return any(above) and not all(above)


# --- the integral ---


def quadrature(hazard: Hazard, t: float) -> float:
    return quad(hazard.rate, 0.0, t, epsabs=0.0, epsrel=1e-12, limit=200)[0]  # type: ignore[no-any-return]


def test_the_integral_is_that_of_the_rate() -> None:
    cases = [(hazard, t) for hazard in hazards(100, 1, (0.0, 0.01, 2.0)) for t in (0.01, 1.0, 40.0)]
    assert [hazard.total(t) for hazard, t in cases] == pytest.approx([quadrature(*case) for case in cases], rel=1e-10)


@pytest.mark.parametrize("name", ["gain", "level", "baseline", "decay"])
def test_an_integral_ten_per_cent_wrong_is_seen(name: str) -> None:
    """Negative control."""
    hazard = Hazard(0.1, (0.5,), (3.0,), (1.0,), (0.2,))
    wrong = replace(hazard, **{name: tuple(1.1 * x for x in getattr(hazard, name))})
    assert wrong.total(5.0) != pytest.approx(quadrature(hazard, 5.0), rel=1e-3)


def test_the_integral_is_right_to_the_last_digits() -> None:
    # with a constant part of at least 0.3 the cancellation in (s - (1 - exp(-k s)) / k) cannot show
    for hazard in hazards(300, 2, (0.3, 2.0)):
        for t in (1e-3, 2.0, 100.0):
            exact = hazard.total_in_decimal(t)
            assert abs(Decimal(hazard.total(t)) / exact - 1) < Decimal("4e-15")


# --- its inverse ---


def test_the_wait_uses_up_exactly_what_was_asked_for() -> None:
    """20 000 cases, a quarter of them neither concave nor convex: relative residual at most 4e-15.

    Where the integral is a small difference of large parts, it cannot be had better than to the last bits of the parts.
    """
    cases = list(zip(hazards(20_000, 3), targets(20_000, 4), strict=True))
    waits = [hazard.wait(target) for hazard, target in cases]
    residuals = [hazard.total(wait) / target - 1.0 for (hazard, target), wait in zip(cases, waits, strict=True)]
    lost = [hazard.parts(wait) / target for (hazard, target), wait in zip(cases, waits, strict=True)]
    assert (np.abs(residuals) <= 4e-15 * np.array(lost)).all()
    assert np.median(lost) < 1.5
    assert sum(mixed(hazard) for hazard, _ in cases) > 5_000


def test_a_wait_ten_per_cent_wrong_is_seen() -> None:
    """Negative control: the residual of a wait for 10 % more lies 13 orders above the limit."""
    hazard = hazards(1, 5)[0]
    assert abs(hazard.total(hazard.wait(1.1)) / 1.0 - 1.0) > 0.09


def test_pure_memory_clocks_wait_for_ever_or_exactly() -> None:
    seen = {True: 0, False: 0}
    for hazard, target in zip(hazards(4_000, 6, (0.0,)), targets(4_000, 7), strict=True):
        # without a baseline the whole integral is finite, and a target beyond it is never reached
        bare = replace(hazard, baseline=(0.0,) * len(hazard.gain))
        reach = sum(g * x / k for g, x, _, k in bare.terms())
        if abs(target / reach - 1.0) < 1e-9 if reach > 0.0 else False:
            continue
        wait = bare.wait(target)
        seen[target < reach] += 1
        assert (wait < math.inf) == (target < reach)
        if target < reach:
            # where nearly all is used up, the rate is next to nothing and the last bit of the wait counts for little
            assert bare.total(wait) == pytest.approx(target, rel=1e-14)
    assert min(seen.values()) > 500


def test_a_memory_that_only_grows_is_inverted_too() -> None:
    """From level 0 up to a baseline: the integral begins as s squared, the bracket has no lower rate."""
    for target in (1e-8, 1e-3, 1.0, 50.0):
        hazard = Hazard(0.0, (0.7,), (0.0,), (2.0,), (0.1,))
        wait = hazard.wait(target)
        # the sum cancels to about 2 eps / (k s), which is what can be asked for
        assert hazard.total_in_decimal(wait) == pytest.approx(
            Decimal(target), rel=Decimal(1e-15 / min(1.0, 0.1 * wait) * 10)
        )


@pytest.mark.parametrize(
    ("target", "wait"), [(0.05, 0.86352800961403), (0.5, 13.267246652422), (2.0, 150.000015295093)]
)
def test_the_wait_is_that_of_the_wright_omega_function(target: float, wait: float) -> None:
    """t = (p + w(ln q - p)) / k, for h0 = 0.01, A = 0.05, k = 0.1."""
    hazard = Hazard(0.01, (0.05,), (1.0,), (0.0,), (0.1,))
    assert hazard.wait(target) == pytest.approx(wait, rel=5e-12)
    assert abs(hazard.total_in_decimal(hazard.wait(target)) / Decimal(target) - 1) < Decimal("1e-15")


def test_one_ember_is_inverted_as_by_wright_omega() -> None:
    random = Random(8)
    for _ in range(500):
        h0, a, k, e = (random.uniform(0.01, 2.0) for _ in range(4))
        c = a / k
        p, log_q = k * (e - c) / h0, math.log(k * c / h0)
        expected = (p + float(wrightomega(log_q - p))) / k
        assert Hazard(h0, (a,), (1.0,), (0.0,), (k,)).wait(e) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_no_tension_is_a_division() -> None:
    assert Hazard(0.3).wait(0.7) == 0.7 / 0.3
    assert Hazard(0.0).wait(0.7) == math.inf


def test_the_horizon_only_says_never() -> None:
    """The answer before the horizon does not depend on it, to the last bit."""
    for hazard, target in zip(hazards(300, 9, (0.0, 0.3)), targets(300, 10), strict=True):
        wait = hazard.wait(target)
        for horizon in (0.5 * wait, 0.999 * wait, 1.001 * wait, 3.0 * wait):
            if wait < math.inf:
                assert hazard.wait(target, horizon) == (math.inf if horizon < wait else wait)


def test_more_hazard_waits_less() -> None:
    for hazard, target in zip(hazards(300, 11), targets(300, 12), strict=True):
        assert replace(hazard, constant=hazard.constant * 1.5).wait(target) < hazard.wait(target)
        assert hazard.wait(target) < hazard.wait(target * 1.001)


# --- tensions ---


def test_a_tension_in_two_steps_is_the_same_tension() -> None:
    random = Random(13)
    for _ in range(300):
        x, b, k, s, t = (random.uniform(0.01, 4.0) for _ in range(5))
        middle = level_after(x, b, relaxation(k, s))
        assert level_after(x, b, relaxation(k, s + t)) == pytest.approx(level_after(middle, b, relaxation(k, t)))
        whole = integral_after(x, b, k, s + t, relaxation(k, s + t))
        first, second = integral_after(x, b, k, s, relaxation(k, s)), integral_after(middle, b, k, t, relaxation(k, t))
        assert whole == pytest.approx(first + second)


def test_a_half_life_halves_and_no_time_changes_nothing() -> None:
    k = math.log(2.0) / 20.0
    assert level_after(4.0, 0.0, relaxation(k, 20.0)) == pytest.approx(2.0, rel=1e-15)
    assert level_after(3.3, 1.1, relaxation(k, 0.0)) == 3.3
    assert integral_after(3.3, 1.1, k, 0.0, relaxation(k, 0.0)) == 0.0
    assert level_after(4.0, 0.7, relaxation(k, 1e6)) == pytest.approx(0.7, rel=1e-15)


# --- waning ---

EMBERS = ((0.07444, 13.27), (0.02052, 65.62))


def worst_gap(hazard_at: Callable[[float, float], float], shares: tuple[float, ...]) -> float:
    """Largest difference of a cumulative probability from the a/t law, between days 30 and 365."""
    days = np.arange(31.0, 366.0)
    return max(
        float(np.abs(np.exp(-a * np.log(days / 30.0)) - np.exp([-hazard_at(a, t - 30.0) for t in days])).max())
        for a in shares
    )


@pytest.mark.parametrize(("wrong", "fits"), [(1.0, True), (1.1, False)])
def test_a_constant_and_two_embers_wane_as_one_over_the_age(wrong: float, fits: bool) -> None:
    """`docs/semantics.md`, section 3: within 0.04 points of cumulative probability for any `a` that history knows.

    The gap grows with `a` (0.046 points at 0.5, 0.10 at 2); the base rates of renewed crises give 0.1 to 0.3.
    """

    def embers(a: float, days: float) -> float:
        gains = tuple(a * wrong * height for height, _ in EMBERS)
        ages = tuple(2.0 ** (-30.0 / half_life) for _, half_life in EMBERS)
        decays = tuple(math.log(2.0) / half_life for _, half_life in EMBERS)
        return Hazard(a * 0.002479, gains, ages, (0.0, 0.0), decays).total(days)

    gap = worst_gap(embers, (0.05, 0.1, 0.14, 0.2, 0.28))
    assert (gap < 0.00045) is fits


# --- small print ---


@pytest.mark.parametrize(("x", "kept"), [(-1.0, 0.0), (0.0, 0.0), (0.5, 0.5), (2.0, 2.0), (3.0, 2.0), (math.inf, 2.0)])
def test_clamp_keeps_a_number_inside(x: float, kept: float) -> None:
    assert clamp(x, 0.0, 2.0) == kept


def test_clamp_lets_a_nan_through() -> None:
    assert math.isnan(clamp(math.nan, 0.0, 1.0))


@pytest.mark.parametrize("bound", [1.0, -2.0, 1e9, 1e-9])
def test_bounds_forgive_a_billionth_of_themselves(bound: float) -> None:
    near, far = 0.9e-9 * abs(bound), 1.1e-9 * abs(bound)
    assert reaches(bound - near, bound)
    assert not reaches(bound - far, bound)
    assert stays_below(bound + near, bound)
    assert not stays_below(bound + far, bound)


def test_bounds_at_zero_are_exact() -> None:
    assert reaches(0.0, 0.0)
    assert stays_below(0.0, 0.0)
    assert not reaches(-5e-324, 0.0)
    assert not stays_below(5e-324, 0.0)
    assert not reaches(math.nan, 0.0)
    assert not stays_below(math.nan, 0.0)


def test_a_multiplier_has_edges() -> None:
    assert [multiplier(x) for x in (0.0, 1.0, -700.0, 700.0)] == [math.exp(x) for x in (0.0, 1.0, -700.0, 700.0)]
    assert all(math.isnan(multiplier(x)) for x in (700.0000001, -701.0, math.inf, math.nan))
