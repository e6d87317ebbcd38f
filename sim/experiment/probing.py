"""Addressed runs played again with probes: the same runs as in the batch, read on some dates."""

from __future__ import annotations

import numpy as np

from sim.experiment.engines import make_engine
from sim.experiment.run import world_values
from sim.records.outcomes import FINISHED, Floats
from sim.records.paths import Fan
from sim.scenario.load import Scenario

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def probe(scenario: Scenario, engine: str, seed: int, worlds: int, days: Floats, names: list[str]) -> Floats:
    """Quantities and tensions on some days in replay 0 of the first worlds (shape: names x runs x days)."""
    program = scenario.program
    every = [*program.quantities, *program.tensions]
    columns = [every.index(name) for name in names]
    _, numbers = world_values(scenario, seed, np.arange(worlds))
    player = make_engine(engine, program, seed)
    tables = []
    for world, row in enumerate(numbers.tolist()):
        result = player.play(row, world, 0, probes=days.tolist())
        if result.status == FINISHED and result.probed is not None:
            tables.append(result.probed[:, columns].T)
    if not tables:
        return np.empty((len(names), 0, len(days)))
    return np.stack(tables, axis=1)


def fan(scenario: Scenario, name: str, label: str, unit: str, days: Floats, paths: Floats) -> Fan:
    """Quantiles over runs of one quantity (paths: runs x days)."""
    return Fan(
        name=name,
        label=label,
        unit=unit,
        start=scenario.file.clock.starts,
        days=days,
        levels=LEVELS,
        values=np.quantile(paths, LEVELS, axis=0),
        mean=paths.mean(axis=0),
        runs=len(paths),
    )


def weekly(scenario: Scenario, step: float = 3.0) -> Floats:
    """Probe days over the whole run, both ends included (the last just before the run ends)."""
    horizon = scenario.program.horizon
    days = np.arange(0.0, horizon - 1e-9, step)
    return np.append(days, horizon - 1e-6) if horizon - days[-1] > step / 4 else days
