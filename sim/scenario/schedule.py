"""What is scheduled in a scenario, as marks over the calendar."""

from __future__ import annotations

import datetime as dt

from sim.chance.uncertain import Value
from sim.records.paths import Mark
from sim.scenario.schema import ScenarioFile


def marks(file: ScenarioFile) -> list[Mark]:
    """Every dated thing of a file, by date; uncertain dates with their 5-95 % range, spans with their median end."""
    found: list[Mark | None] = []
    for name, pullback in file.pullbacks.items():
        found.append(_mark(f"{name} pullback", "pullback", pullback.announced, pullback.takes))
    for name, exercise in file.exercises.items():
        found.append(_mark(name, "exercise", exercise.starts, exercise.lasts))
    for name, sanction in file.sanctions.items():
        if sanction.imposed is not None:
            found.append(_mark(name, "sanction", sanction.imposed))
        found.extend(_mark(f"{name} review", "sanction", date) for date in sanction.reviews)
    for name, talks in file.diplomacy.items():
        if talks.date is not None:
            found.append(_mark(name, "diplomacy", talks.date))
    for name, event in file.events.items():
        if event.at is not None:
            found.append(_mark(name, "event", event.at))
    return sorted((mark for mark in found if mark is not None), key=lambda mark: (mark.date, mark.label))


def _mark(label: str, family: str, date: Value, lasts: Value | None = None) -> Mark | None:
    if date.fixed is None and date.distribution is None:
        return None
    earliest, middle, latest = (_at(date, u) for u in (0.05, 0.5, 0.95))
    until = None
    days = None if lasts is None else _middle(lasts)
    if days is not None:
        until = middle + dt.timedelta(days=round(days))
    return Mark(label.replace("_", " "), family, middle, earliest, latest, until)


def _at(date: Value, u: float) -> dt.date:
    if date.distribution is not None:
        return dt.date.fromordinal(int(date.distribution.quantile(u)))
    return dt.date.fromordinal(int(date.fixed or 1))


def _middle(value: Value) -> float | None:
    return value.distribution.quantile(0.5) if value.distribution is not None else value.fixed
