"""What pictures over the calendar are made of: bands of a quantity, and dated marks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sim.records.outcomes import Floats


@dataclass(frozen=True, slots=True)
class Fan:
    """Quantiles of one quantity over time, over runs.

    `days` has one entry a probe date (days since `start`), `levels` are probabilities in (0, 1), `values` is
    levels x days, `mean` has one entry a probe date, `runs` is how many runs stand behind it.
    """

    name: str
    label: str
    unit: str
    start: dt.date
    days: Floats
    levels: tuple[float, ...]
    values: Floats
    mean: Floats
    runs: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Something scheduled, to be drawn over the calendar.

    `earliest`..`latest` is the 5-95 % range of its date (equal when certain); `until` is the median end of something
    that lasts, else None. `family` is one of pullback, exercise, sanction, diplomacy, event.
    """

    label: str
    family: str
    date: dt.date
    earliest: dt.date
    latest: dt.date
    until: dt.date | None
