"""What the odds rest on: each assumption alone, with others and by month, beside what luck alone would seem to do.

First-order effects come from worlds that were played anyway; total effects need worlds with one value swapped
(`sim.experiment.swapping`). The names of the effects are those of Saltelli et al. 2010 (Computer Physics Communications
181: 259–270); how luck is kept out of them is said in `sim.estimates.sensitivity`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.chance.uncertain import Value
from sim.errors import SimError, TooLittleError
from sim.estimates import prim
from sim.estimates.columns import Column
from sim.estimates.nested import spread
from sim.estimates.odds import pairs
from sim.estimates.sensitivity import End, Floor, dummy_floor, ends, first_order, first_share, total_effect
from sim.experiment.fold import calendar
from sim.experiment.swapping import Swap, Swaps
from sim.experiment.worldwise import Worldwise
from sim.records import drivers as d
from sim.records.outcomes import Ints
from sim.records.result import Result, WarningPart
from sim.scenario.load import Scenario
from sim.scenario.units import inner_unit

FEWEST_WORLDS = prim.FEWEST_WORLDS
"""Fewer worlds than this have next to nothing to say about single assumptions."""

FAILED_SWAPS = "DRV1"
"""Code of the warning that runs with an assumption exchanged failed."""

DUMMIES = 200
RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class _Worlds:
    """Worlds that were played: hits and plays of each, the uncertain values by path, and their columns."""

    hits: Ints
    plays: Ints
    values: Mapping[str, Value]
    columns: Mapping[str, Column]


def drivers(scenario: Scenario, result: Result, worldwise: Worldwise, swaps: Swaps | None) -> d.Drivers:
    """Everything that `drivers.json` holds; `result` is the forecast from the same runs.

    Random columns and resamples are addressed by the question, so that the same question has the same answer to the
    last bit. Raises `SimError` where nothing is uncertain, and `TooLittleError` where no run, or every run, was a hit
    or too few worlds finished.
    """
    worlds = _looked_at(scenario, worldwise.values, worldwise.hits, worldwise.plays)
    floors = [
        dummy_floor(hits, worlds.plays, DUMMIES, _luck(result, f"month {place}")).V
        for place, hits in enumerate(worldwise.months)
    ]
    labels = [label for label, _ in calendar(scenario).months]
    found, noise = _first_order(scenario, result, worlds)
    for part in found:
        column = worlds.columns[part["path"]]
        part["months"] = [
            _month_of(label, column, hits, worlds.plays, floor)
            for label, hits, floor in zip(labels, worldwise.months, floors, strict=True)
        ]
        if swaps is not None:
            _add_total(part, swaps.of(part["path"]), result)
    box, reason = _box(scenario, result, worlds)
    return {
        "schema": d.SCHEMA,
        "scenario": result["scenario"],
        "question": result["question"],
        "odds": result["odds"],
        "knowable": {"V": result["odds"]["V"], "V_se": result["odds"]["V_se"], "W": result["odds"]["W"]},
        "noise": noise,
        "drivers": found,
        "months": [
            _month(label, hits, worlds.plays, floor)
            for label, hits, floor in zip(labels, worldwise.months, floors, strict=True)
        ],
        "box": box,
        "box_reason": reason,
        "design": result["design"],
        "swaps": None if swaps is None else {"worlds": swaps.worlds, "replays": swaps.replays, "runs": swaps.runs},
        "warnings": [*result["warnings"], *_warnings(swaps)],
    }


def first_order_drivers(
    scenario: Scenario, result: Result, values: Mapping[str, npt.NDArray[Any]], hits: Ints, plays: Ints
) -> tuple[list[d.DriverPart], d.NoisePart]:
    """Only what follows from worlds that were played, without total effects, months and box: as in `worlds.parquet`.

    `values` has one entry a world for each uncertain path; states may be codes or names. Same errors as `drivers`.
    """
    return _first_order(scenario, result, _looked_at(scenario, values, hits, plays))


def insist_on_assumptions(scenario: Scenario) -> None:
    """Raise `SimError` where nothing is uncertain: before anything is played for it."""
    if not any(value.uncertain for value in scenario.values.values()):
        raise SimError(
            f"{scenario.name}: nothing in this file is uncertain, so the odds rest on no assumption; write a range, "
            "like `0.2 to 0.5`, where a number is not known"
        )


def insist_on_contrast(hits: Ints, plays: Ints) -> None:
    """Raise `TooLittleError` where too few worlds finished, or no run, or every run, was a hit."""
    finished = int(np.count_nonzero(plays))
    if finished < FEWEST_WORLDS:
        raise TooLittleError(
            f"{finished} worlds have a finished run; at least {FEWEST_WORLDS} are needed to tell assumptions apart"
        )
    if not hits.any() or np.array_equal(hits, plays):
        which = "no run" if not hits.any() else "every run"
        raise TooLittleError(
            f"{which} of {int(plays.sum())} was a hit, so nothing tells what the odds rest on; play more worlds, or "
            "ask about something that happens in some runs and not in others"
        )


def _looked_at(scenario: Scenario, values: Mapping[str, npt.NDArray[Any]], hits: Ints, plays: Ints) -> _Worlds:
    insist_on_assumptions(scenario)
    insist_on_contrast(hits, plays)
    uncertain = {path: value for path, value in scenario.values.items() if value.uncertain}
    return _Worlds(hits, plays, uncertain, {path: _column(value, values[path]) for path, value in uncertain.items()})


def _column(value: Value, numbers: npt.NDArray[Any]) -> Column:
    if value.kind != "state":
        return Column(np.asarray(numbers, dtype=np.float64))
    if numbers.dtype.kind not in "fi":
        codes = {state: code for code, state in enumerate(value.states)}
        numbers = np.array([codes[state] for state in numbers.tolist()])
    return Column(np.asarray(numbers, dtype=np.float64), categories=True)


def _luck(result: Result, purpose: str) -> np.random.Generator:
    """Random numbers that belong to a question and a purpose, and to nothing else."""
    design = result["design"]
    asked = (result["scenario"]["sha256"], design["worlds"], design["replays"], design["seed"], purpose)
    words = hashlib.blake2b(repr(asked).encode("utf-8"), digest_size=32).digest()
    return np.random.Generator(np.random.Philox(int.from_bytes(words, "little") % 2**128))


# --- each assumption -------------------------------------------------------------------------------------------------


def _first_order(scenario: Scenario, result: Result, worlds: _Worlds) -> tuple[list[d.DriverPart], d.NoisePart]:
    """Every assumption, the largest V first, and the noise floor."""
    floor = dummy_floor(worlds.hits, worlds.plays, DUMMIES, _luck(result, "dummies"))
    firsts = first_share(worlds.columns, worlds.hits, worlds.plays, RESAMPLES, _luck(result, "resamples"))
    grouped = {path: group.paths for group in scenario.groups for path in group.paths}
    forms = {assumption["path"]: assumption["form"] for assumption in result["assumptions"]}
    found = []
    for path, value in worlds.values.items():
        part = _driver(path, value, forms[path], worlds, floor)
        part["first"] = firsts[path]
        part["together_with"] = [p for p in grouped.get(path, ()) if p in worlds.values and p != path]
        found.append(part)
    noise: d.NoisePart = {"dummies": DUMMIES, "V": floor.V, "swing": floor.swing, "total": None}
    return sorted(found, key=lambda part: (-part["V"], part["path"])), noise


def _driver(path: str, value: Value, form: str, worlds: _Worlds, floor: Floor) -> d.DriverPart:
    """What an assumption does alone; `first`, `together_with` and what was not asked for are left as nothing."""
    column = worlds.columns[path]
    alone = first_order(column.values, worlds.hits, worlds.plays, categories=column.categories)
    gain = alone.V
    reach = ends(column.values, worlds.hits, worlds.plays, categories=column.categories, at=_percentiles(value))
    return {
        "path": path,
        "form": form,
        "unit": inner_unit(value),
        "source": value.source,
        "low": _end(value, reach.low),
        "high": _end(value, reach.high),
        "states": [_end(value, state) for state in reach.states],
        "swing": reach.swing,
        "swing_se": reach.swing_se,
        "V": gain,
        "V_se": alone.se,
        # two looks at the same worlds: V sees any shape but sees it dimly, the swing sees slopes; states swing by luck
        "above_noise": gain > floor.V or (not reach.states and abs(reach.swing) > floor.swing),
        "first": 0.0,
        "total": None,
        "total_se": None,
        "together_with": [],
        "months": [],
    }


def _percentiles(value: Value) -> tuple[float, float] | None:
    """The 5th and 95th percentile of the distribution itself, not of the worlds drawn from it; None for states."""
    if value.kind == "state" or value.distribution is None:
        return None
    return value.distribution.quantile(0.05), value.distribution.quantile(0.95)


def _end(value: Value, end: End) -> d.EndPart:
    return {"at": _told(value, end.at), "p": end.p, "se": end.se}


def _told(value: Value, number: float) -> float | str:
    """A value as results carry it: a number, a date as ISO text, or the name of a state."""
    if value.kind == "state":
        return value.states[int(number)]
    # uncertain dates are whole days, counted like ordinals
    return dt.date.fromordinal(round(number)).isoformat() if value.kind == "date" else number


# --- total effects, months, box --------------------------------------------------------------------------------------


def _add_total(part: d.DriverPart, swap: Swap, result: Result) -> None:
    """The total effect as a share of V, where V can be told from luck; exactly 0 where the swap changes nothing.

    A dummy would have a total of exactly 0 by construction, so what tells a small total from none is its own error.
    """
    if not swap.played:
        part["total"], part["total_se"] = 0.0, 0.0
        return
    known, error = result["odds"]["V"], result["odds"]["V_se"]
    told_twice = swap.done.sum(axis=1) >= 2
    if known is None or error is None or known <= 2.0 * error or not told_twice.any():
        return
    effect = total_effect(swap.flips.astype(np.int64), swap.done)
    share = effect.V / known
    part["total"] = share
    # of a quotient, by the delta method; the errors of both are taken as independent, which errs on the safe side
    part["total_se"] = float(np.hypot(effect.se or 0.0, share * error)) / known


def _month_of(label: str, column: Column, hits: Ints, plays: Ints, floor: float) -> d.MonthDriverPart:
    ignorance = first_order(column.values, hits, plays, categories=column.categories).V
    return {"month": label, "V": ignorance, "above_noise": ignorance > floor}


def _month(label: str, hits: Ints, plays: Ints, floor: float) -> d.MonthPart:
    split = spread(pairs(hits, plays))
    return {"month": label, "p": float(hits.sum() / plays.sum()), "V": split.V, "W": split.W, "noise": floor}


def _box(scenario: Scenario, result: Result, worlds: _Worlds) -> tuple[d.BoxPart | None, str | None]:
    found = prim.find_box(worlds.columns, worlds.hits, worlds.plays, _luck(result, "box"))
    box = found.box
    if box is None:
        return None, found.reason
    part: d.BoxPart = {
        "limits": [_limit(scenario.values[limit.path], limit) for limit in box.limits],
        "base": box.base,
        "density": box.density,
        "density_se": box.density_se,
        "coverage": box.coverage,
        "mass": box.mass,
        "held_out": box.held_out,
        "p_value": box.p_value,
        "resamples": box.resamples,
        "steps": [
            {"mass": step.mass, "coverage": step.coverage, "density": step.density, "limits": step.limits}
            for step in box.steps
        ],
    }
    return part, None


def _limit(value: Value, limit: prim.Limit) -> d.LimitPart:
    return {
        "path": limit.path,
        "unit": inner_unit(value),
        "low": None if limit.low is None else _told(value, limit.low),
        "high": None if limit.high is None else _told(value, limit.high),
        "states": [value.states[code] for code in limit.states],
        "p_value": limit.p_value,
        "found_again": limit.found_again,
    }


def _warnings(swaps: Swaps | None) -> list[WarningPart]:
    if swaps is None or not swaps.failed:
        return []
    text = f"{swaps.failed} of {swaps.runs} runs for total effects failed; they and their partners are in no total"
    return [{"code": FAILED_SWAPS, "path": "", "text": text}]
