"""The values of an input along an axis: numbers and dates at their distance, names side by side."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim.records.sweeping import AxisPart
from sim.report import inputs, style, wording
from sim.report.figures import calendar, measure

# Share of the axis that stays free beyond the outermost values.
_MARGIN = 0.03
_SIZE = style.SMALL_SIZE + 0.5


@dataclass(frozen=True, slots=True)
class Scale:
    """The places of the values of `axis` on a horizontal axis; `kind` is number, date or name."""

    axis: AxisPart
    kind: str
    places: tuple[float, ...]

    def place(self, value: float | str | None) -> float | None:
        """Where any value lies, None for what has no place here, such as a state that was not swept."""
        if value is None:
            return None
        if self.kind == "name":
            names = [str(item) for item in self.axis["values"]]
            return float(names.index(str(value))) if str(value) in names else None
        if isinstance(value, str):
            return float(dt.date.fromisoformat(value).toordinal()) if inputs.is_date(value) else None
        return value

    @property
    def limits(self) -> tuple[float, float]:
        """Left and right end of an axis that holds all values."""
        low, high = min(self.places), max(self.places)
        if self.kind == "name":
            return low - 0.5, high + 0.5
        wide = (high - low) or max(abs(high), 1.0)
        return low - _MARGIN * wide, high + _MARGIN * wide


def scale(axis: AxisPart, places: Sequence[float] | None = None) -> Scale:
    """The scale of an axis. `places` are those that were played where they are not the axis' own values.

    Dates among `places` are ordinals.
    """
    values = axis["values"]
    dated = axis["unit"] == "date" or (len(values) > 0 and all(inputs.is_date(value) for value in values))
    if places is not None:
        return Scale(axis, "date" if dated else "number", tuple(places))
    if dated:
        return Scale(axis, "date", tuple(float(dt.date.fromisoformat(str(value)).toordinal()) for value in values))
    if any(isinstance(value, str) for value in values):
        return Scale(axis, "name", tuple(float(number) for number in range(len(values))))
    return Scale(axis, "number", tuple(float(value) for value in values))


def dress(axes: Axes, one: Scale, width: float) -> None:
    """Limits, ticks and their words on axes of `width` inches; the input's name and unit beneath."""
    low, high = one.limits
    axes.set_xlim(low, high)
    if one.kind == "date":
        view = calendar.View(dt.date.fromordinal(math.floor(low)), dt.date.fromordinal(math.ceil(high)))
        calendar.dress(axes, view)
    elif one.kind == "name":
        room = width / len(one.places) - 0.1
        axes.set_xticks(one.places)
        names = [measure.fit(inputs.bare(str(value), None), room, _SIZE) for value in one.axis["values"]]
        axes.set_xticklabels(names)
        axes.tick_params(axis="x", length=0)
    else:
        ticks = MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        inside = [float(tick) for tick in ticks if low <= tick <= high]
        words = [inputs.bare(0.0 if abs(tick) < 1e-12 * (high - low) else tick, one.axis["unit"]) for tick in inside]
        axes.set_xticks(inside)
        axes.set_xticklabels(words)
    axes.set_xlabel(measure.fit(title(one.axis), width, _SIZE), fontsize=_SIZE, color=style.MUTED, labelpad=3)


def title(axis: AxisPart) -> str:
    """Name of an input with its unit, where its values do not show it."""
    unit = axis["unit"]
    name = wording.capital(inputs.label(axis["path"]))
    silent = unit is None or unit in ("date", "×") or unit.startswith("share")
    return name if silent else f"{name}, {wording.plain(str(unit))}"


def in_words(one: Scale, place: float, error: float = 0.0) -> str:
    """The value at a place, in words with its unit; a number has the digits that its error earns."""
    if one.kind == "date":
        return inputs.value(place, "date")
    if one.kind == "name":
        return inputs.bare(str(one.axis["values"][round(place)]), None)
    return inputs.value(inputs.earned(place, one.axis["unit"], error), one.axis["unit"])


def own_words(axis: AxisPart) -> str:
    """What the file itself says of an input: its 5th to 95th percentile, its one value, or its form."""
    low, high, unit = axis["p5"], axis["p95"], axis["unit"]
    if low is None or high is None:
        return wording.plain(axis["form"])
    return inputs.value(low, unit) if low == high else f"{inputs.together(low, high, unit)} (5–95 %)"
