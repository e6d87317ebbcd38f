"""One scenario file with one of its inputs, or two, at other values: the points of a sweep and of a break-even."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.chance.distributions import KernelDistribution
from sim.chance.uncertain import Value
from sim.errors import ScenarioError
from sim.records.sweeping import AxisPart
from sim.scenario.changes import flow
from sim.scenario.load import Case, Scenario, load
from sim.scenario.units import inner_unit

ABSENT = "not in the file"
_PERCENTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it is asked about: with a variant, and with settings that hold at every point."""

    file: Path
    settings: tuple[str, ...] = ()
    variant: str | None = None

    def own(self) -> Case:
        """The file itself."""
        return load(self.file, self.settings, self.variant)

    def at(self, values: Sequence[tuple[str, str]], option: str) -> Case:
        """The file with `--set PATH=VALUE` for some paths; `option` is what asked for it.

        Raises what `load` raises, headed by the point.
        """
        settings = [f"{path}={text}" for path, text in values]
        try:
            return load(self.file, (*self.settings, *settings), self.variant)
        except ScenarioError as problem:
            head = f"{option} cannot be at {' and '.join(f'`{setting}`' for setting in settings)}:"
            told = [self._renamed(text, option) for text in problem.problems]
            raise ScenarioError([f"{head}\n{told[0]}", *told[1:]], problem.summary) from None

    def _renamed(self, text: str, option: str) -> str:
        """The place of a problem by the option that the user wrote, not by the `--set` that it stands for."""
        for number in range(len(self.settings) + 1, len(self.settings) + 3):
            text = text.replace(f"--set {number}:", f"{option}:")
        return text


def axis_part(scenario: Scenario, path: str, values: list[float] | list[str]) -> AxisPart:
    """What the file itself says of an input, beside the values it is given."""
    value = scenario.values.get(path)
    low, middle, high = (None, None, None) if value is None else _percentiles(value)
    return {
        "path": path,
        "unit": None if value is None else inner_unit(value),
        "values": values,
        "form": _form(scenario, path),
        "p5": low,
        "p50": middle,
        "p95": high,
    }


def number_at(case: Case, path: str) -> float | None:
    """The certain number that an input has; None where it has none, such as a date, a state or a range."""
    value = case.scenario.values.get(path)
    return None if value is None or value.kind in ("date", "state") else value.fixed


def _form(scenario: Scenario, path: str) -> str:
    value = scenario.values.get(path)
    if value is None:
        found = _written(scenario.resolved, path)
        return ABSENT if found is None else flow(found)
    if value.distribution is None:
        return value.text
    if value.kind == "state" and isinstance(value.distribution, KernelDistribution):
        shares = zip(value.states, value.distribution.shares(), strict=True)
        return ", ".join(f"{state} {100.0 * share:g} %" for state, (_, share) in shares)
    family = value.distribution.family.replace("_", "-")
    return value.text if value.text.startswith(family) else f"{value.text} ({family})"


def _written(resolved: Mapping[str, Any], path: str) -> Any:
    """What stands in the file at a path, None where nothing does."""
    found: Any = resolved
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _percentiles(value: Value) -> tuple[float | str | None, ...]:
    """The 5th, 50th and 95th percentile: equal where the value is certain, None where it is no number and no date."""
    if value.kind == "state" or value.formula is not None:
        return (None, None, None)
    if value.distribution is not None:
        found = [value.distribution.quantile(u) for u in _PERCENTILES]
    else:
        found = [value.fixed or 0.0] * len(_PERCENTILES)
    if value.kind == "date":
        return tuple(dt.date.fromordinal(int(number)).isoformat() for number in found)
    return tuple(found)
