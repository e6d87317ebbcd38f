"""The answers of the teaching scenarios, worked out without simulating: from the numbers that each file states.

`wrong` multiplies the rate (or the chance) of a scenario: at 1.1 the truth is 10 % off, and a test that still passes
tests nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp, expm1, log, sqrt

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm

Distribution = Callable[[float], float]


@dataclass(frozen=True)
class Truth:
    """P(within t days of the opening) by kind: that it comes first, and that it comes at all.

    `clustered` is the correlation of two runs of one world: 0 where all worlds are alike.
    """

    first: Mapping[str, Distribution]
    any: Mapping[str, Distribution]
    clustered: float = 0.0

    def within(self, days: float) -> float:
        """P(some counted kind within `days`)."""
        return float(np.sum([part(days) for part in self.first.values()]))


def _single(kind: str, distribution: Distribution, clustered: float = 0.0) -> Truth:
    return Truth({kind: distribution}, {kind: distribution}, clustered)


def one_hazard(wrong: float = 1.0) -> Truth:
    """Odds of 0.3 in 100 days, as a constant rate."""
    rate = -log(1.0 - 0.3) / 100.0 * wrong
    return _single("outbreak", lambda t: -expm1(-rate * t))


def two_competing(wrong: float = 1.0) -> Truth:
    """Two constant rates: each comes first in proportion to its rate."""
    rates = {"clash": 0.004 * wrong, "ultimatum": 0.002 * wrong}
    both = rates["clash"] + rates["ultimatum"]
    first = {kind: lambda t, r=rate: -r / both * expm1(-both * t) for kind, rate in rates.items()}
    alone = {kind: lambda t, r=rate: -expm1(-r * t) for kind, rate in rates.items()}
    return Truth(first, alone)


def relaxing_tension(wrong: float = 1.0) -> Truth:
    """A rate of 0.003 (1 + x / 2), x from 4 to 0 with a half-life of 20 days."""
    decay = log(2.0) / 20.0

    def within(t: float) -> float:
        return -expm1(-0.003 * wrong * (t - 0.5 * 4.0 * expm1(-decay * t) / decay))

    return _single("outbreak", within)


def chain_of_delays(wrong: float = 1.0) -> Truth:
    """The sum of two exponential delays of mean 20: Erlang."""
    rate = wrong / 20.0
    return _single("attack", lambda t: 1.0 - (1.0 + rate * t) * exp(-rate * t))


def unknown_chance(wrong: float = 1.0) -> Truth:
    """One day, 14 days after the opening, with a chance of Beta(2, 5), which all runs of a world share."""
    mean, variance = 2.0 / 7.0, 10.0 / 392.0
    return _single("crisis", lambda t: mean * wrong if t > 14.0 else 0.0, variance / (mean * (1.0 - mean)))


def waning_quiet(wrong: float = 1.0) -> Truth:
    """The a/t law, from an age of 60 days on, with even odds in 180 days."""
    strength = log(2.0) / log((180.0 + 60.0) / 60.0) * wrong
    return _single("build_up", lambda t: 1.0 - (60.0 / (60.0 + t)) ** strength)


@dataclass(frozen=True)
class Hawkes:
    """Incidents at a rate `base`, each with `branching` others on average over a memory with this half-life."""

    base: float = 0.02
    branching: float = 0.5
    half_life: float = 5.0

    @property
    def decay(self) -> float:
        return log(2.0) / self.half_life

    def first_marked(self, share: float, horizon: float) -> Distribution:
        """P(within t) of the first incident that is marked, where a `share` of incidents is, independently.

        Clusters: an immigrant and its descendants of the next s days hold no marked incident with probability
        F(s) = z exp(-n y(s)), where z = 1 - share, y' = decay (1 - F - y) and y(0) = 0, by the branching property
        (Hawkes & Oakes 1974). Immigrants are Poisson, so P(none until t) = exp(-base * integral of 1 - F).
        """
        z = 1.0 - share

        def slope(_: float, state: np.ndarray) -> list[float]:
            unmarked = z * exp(-self.branching * state[0])
            return [self.decay * (1.0 - unmarked - state[0]), 1.0 - unmarked]

        path = solve_ivp(slope, (0.0, horizon), [0.0, 0.0], method="DOP853", rtol=1e-10, atol=1e-12, dense_output=True)
        return lambda t: -expm1(-self.base * float(path.sol(t)[1]))

    def count(self, days: float) -> tuple[float, float]:
        """Mean and variance of the number of incidents within `days`.

        The moments (1, E l, E l^2, E N, E N l, E N^2) of the rate l and the count N obey a linear system, because l
        relaxes to `base` at `decay`, and jumps by branching * decay when N grows by 1.
        """
        mu, k, jump = self.base, self.decay, self.branching * self.decay
        system = np.zeros((6, 6))
        system[1, :2] = k * mu, jump - k
        system[2, 1:3] = 2.0 * k * mu + jump * jump, 2.0 * (jump - k)
        system[3, 1] = 1.0
        system[4, 1:5] = jump, 1.0, k * mu, jump - k
        system[5, 1], system[5, 4] = 1.0, 2.0
        moments = expm(system * days) @ np.array([1.0, mu, mu * mu, 0.0, 0.0, 0.0])
        return float(moments[3]), float(moments[5] - moments[3] ** 2)


def self_exciting(wrong: float = 1.0) -> Truth:
    """A clash is an incident of severity 10 or more, Pareto with exponent 2 from 1 on: one in a hundred."""
    return _single("clash", Hawkes(0.02 * wrong).first_marked(10.0**-2, 300.0))


TRUTHS: dict[str, Callable[[float], Truth]] = {
    truth.__name__: truth
    for truth in (
        one_hazard,
        two_competing,
        relaxing_tension,
        chain_of_delays,
        unknown_chance,
        self_exciting,
        waning_quiet,
    )
}


def standard_error(p: float, runs: int, clustered: float = 0.0, replays: int = 1) -> float:
    """Of a share of runs whose expectation is `p`; runs of one world are correlated by `clustered`."""
    return sqrt(p * (1.0 - p) / runs * (1.0 + (replays - 1) * clustered))
