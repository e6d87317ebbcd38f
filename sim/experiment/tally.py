"""All that is kept of the runs: whole-number sums, as large for ten runs as for a hundred million.

Whole numbers add up to the same in any order and any portions, so neither workers nor batches nor an interruption can
show in an answer.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

import numpy as np

from sim.estimates.odds import NOTHING, Pairs, Sums, Totals, pairs, totals
from sim.experiment.fold import Fold, Road, by_kind
from sim.records.outcomes import Floats
from sim.scenario.load import Scenario
from sim.scenario.numeric_checks import clamped_shares


class Tally:
    """Sums over worlds, part by part.

    `worlds` counts the worlds whose part was taken, `finished` has the sums of their hits and plays, `failures` the
    failed runs by reason and `failed_at` the day of the earliest failure (infinite without one). `quiet` has an entry
    a month, `states` the number of worlds and the sums of their runs for each state of a path, and `clamped` the
    number of worlds in which an uncertain date was moved.
    """

    def __init__(self, scenario: Scenario) -> None:
        """Nothing was played."""
        nothing = Fold(scenario, range(0))
        self._scenario = scenario
        self.worlds = 0
        self.finished = NOTHING
        self.failures: Counter[int] = Counter()
        self.failed_at = math.inf
        self.quiet: list[Totals] = nothing.quiet()
        self.states: dict[str, list[tuple[int, Totals]]] = {
            path: [(0, NOTHING)] * len(value.states)
            for path, value in scenario.values.items()
            if value.kind == "state" and value.formula is None
        }
        self.clamped: Counter[str] = Counter()
        self._shares: dict[str, Sums] = nothing.shares()
        self._pairs: Counter[tuple[int, int]] = Counter()
        self._roads: dict[Road, tuple[int, int, int]] = {}

    @property
    def failed(self) -> int:
        """The number of failed runs."""
        return self.failures.total()

    @property
    def runs(self) -> int:
        """The number of runs, failed ones included."""
        return self.finished.plays + self.failed

    def pairs(self) -> Pairs:
        """The distinct hits and plays of worlds, and how many worlds have them."""
        rows = np.array(sorted((*pair, worlds) for pair, worlds in self._pairs.items()), dtype=np.int64).reshape(-1, 3)
        return Pairs(rows[:, 0], rows[:, 1], rows[:, 2])

    def shares(self, name: str) -> list[Totals]:
        """Sums for the shares of all finished runs that have this name in `Fold.shares`."""
        return self._shares[name].totals(self.finished)

    def dates_of(self, kind: str) -> list[Totals]:
        """Sums for first onsets of one counted kind, an entry a date."""
        return self.shares(by_kind(kind))

    def roads(self) -> dict[Road, Totals]:
        """Sums for each road to a first onset that some run went, in the order of the roads."""
        worlds, plays, squared = self.finished.worlds, self.finished.plays, self.finished.plays_squared
        return {road: Totals(worlds, x, plays, xx, xn, squared) for road, (x, xx, xn) in sorted(self._roads.items())}

    def take(self, fold: Fold, values: Mapping[str, Floats]) -> None:
        """Add a finished part; `values` has one number a world of it for each path that is no formula."""
        part = Tally(self._scenario)
        part.worlds = len(fold.worlds)
        part.finished = totals(fold.hits, fold.plays)
        part.failures, part.failed_at = Counter(fold.failures), fold.failed_at
        part.quiet, part._shares, part._roads = fold.quiet(), fold.shares(), fold.roads()
        part._pairs = _counted(pairs(fold.hits, fold.plays))
        part.states = {path: _by_state(values[path], len(states), fold) for path, states in self.states.items()}
        part.clamped = _clamped(self._scenario, values, len(fold.worlds))
        self.merge(part)

    def merge(self, other: Tally) -> None:
        """Add the worlds of another tally of this scenario; no world may stand in both."""
        self.worlds += other.worlds
        self.finished += other.finished
        self.failures.update(other.failures)
        self.failed_at = min(self.failed_at, other.failed_at)
        self.quiet = [mine + new for mine, new in zip(self.quiet, other.quiet, strict=True)]
        self.states = {
            path: [
                (mine + new, sums + more) for (mine, sums), (new, more) in zip(states, other.states[path], strict=True)
            ]
            for path, states in self.states.items()
        }
        self.clamped.update(other.clamped)
        self._shares = {name: sums + other._shares[name] for name, sums in self._shares.items()}
        self._pairs.update(other._pairs)
        for road, new in other._roads.items():
            x, xx, xn = self._roads.get(road, (0, 0, 0))
            self._roads[road] = (x + new[0], xx + new[1], xn + new[2])

    def state(self) -> dict[str, Any]:
        """Everything as lists, texts and whole numbers, in an order that depends on nothing but what was played."""
        return {
            "worlds": self.worlds,
            "finished": list(astuple(self.finished)),
            "failures": sorted([code, runs] for code, runs in self.failures.items()),
            "failed_at": self.failed_at if self.failed else None,
            "pairs": sorted([*pair, worlds] for pair, worlds in self._pairs.items()),
            "shares": {
                name: [sums.hits.tolist(), sums.hits_squared.tolist(), sums.hits_plays.tolist()]
                for name, sums in self._shares.items()
            },
            "quiet": [list(astuple(sums)) for sums in self.quiet],
            "roads": sorted([*road, *sums] for road, sums in self._roads.items()),
            "states": {
                path: [[worlds, *astuple(sums)] for worlds, sums in states] for path, states in self.states.items()
            },
            "clamped": {path: self.clamped[path] for path in sorted(self.clamped)},
        }

    @classmethod
    def restore(cls, scenario: Scenario, state: Mapping[str, Any]) -> Tally:
        """The tally that gave this state. `ValueError` where it was one of another scenario."""
        tally = cls(scenario)
        _same_shape(tally.state(), state)
        tally.worlds = state["worlds"]
        tally.finished = Totals(*state["finished"])
        tally.failures.update(dict(state["failures"]))
        tally.failed_at = math.inf if state["failed_at"] is None else state["failed_at"]
        tally._pairs.update({(hits, plays): worlds for hits, plays, worlds in state["pairs"]})
        tally._shares = {
            name: Sums(*(np.array(column, dtype=object) for column in state["shares"][name])) for name in tally._shares
        }
        tally.quiet = [Totals(*sums) for sums in state["quiet"]]
        tally._roads = {(kind, root, flags): (x, xx, xn) for kind, root, flags, x, xx, xn in state["roads"]}
        tally.states = {
            path: [(worlds, Totals(*sums)) for worlds, *sums in state["states"][path]] for path in tally.states
        }
        tally.clamped.update(state["clamped"])
        return tally


def _counted(worlds: Pairs) -> Counter[tuple[int, int]]:
    rows = zip(worlds.hits.tolist(), worlds.plays.tolist(), worlds.worlds.tolist(), strict=True)
    return Counter({(hits, plays): many for hits, plays, many in rows})


def _clamped(scenario: Scenario, values: Mapping[str, Floats], worlds: int) -> Counter[str]:
    """The number of worlds in which an uncertain date was moved, by path."""
    if worlds == 0:
        return Counter()
    drawn = {path: values[path] if value.formula is None else value.formula for path, value in scenario.values.items()}
    shares = clamped_shares(scenario.world, drawn, worlds)
    # a share is the quotient of two whole numbers below 2^31, so this gives back the first of them exactly
    return Counter({path: round(share * worlds) for path, share in shares.items()})


def _by_state(drawn: Floats, states: int, fold: Fold) -> list[tuple[int, Totals]]:
    """Worlds and runs by the state that the worlds start in."""
    if len(drawn) != len(fold.worlds):
        raise ValueError(f"values of {len(drawn)} worlds for a part of {len(fold.worlds)}")
    found = []
    for place in range(states):
        here = np.flatnonzero(drawn == place)
        found.append((len(here), totals(fold.hits[here], fold.plays[here])))
    return found


def _same_shape(mine: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Refuse a state whose tables have other names or lengths: it is about another question."""
    for name in ("shares", "states", "quiet"):
        if _shape(mine[name]) != _shape(other.get(name)):
            raise ValueError(f"a tally of another scenario: its {name} differ")


def _shape(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {name: _shape(item) for name, item in part.items()}
    return [_shape(item) for item in part] if isinstance(part, Sequence) else None
