"""A quantity over the calendar as a fan: bands between paired quantiles, the median, and a few single runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim.records.outcomes import Floats
from sim.records.paths import Fan
from sim.report import style
from sim.report.figures import calendar, measure
from sim.report.tables import Table
from sim.report.wording import amount

# From the widest band inwards; they stay apart in grey.
_BANDS = ("#cfe3f1", "#92c1e0", "#5a9fcd")
_MOST_SAMPLES = 8


def fan_view(fans: Sequence[Fan], opens: dt.date | None = None, closes: dt.date | None = None) -> calendar.View:
    """The dates of the fans and of the window, whichever reach further."""
    first = min(fan.start + dt.timedelta(days=int(np.floor(fan.days[0]))) for fan in fans)
    end = max(fan.start + dt.timedelta(days=int(np.ceil(fan.days[-1]))) for fan in fans)
    if opens is not None:
        first = min(first, opens)
    if closes is not None:
        end = max(end, closes + dt.timedelta(days=1))
    return calendar.View(first, max(end, first + dt.timedelta(days=1)))


def check(fan: Fan) -> None:
    """Raise `ValueError` where a fan's days, levels and values do not belong together."""
    if fan.values.shape != (len(fan.levels), len(fan.days)) or not len(fan.days):
        raise ValueError(f"fan `{fan.name}`: values {fan.values.shape}, {len(fan.levels)} levels, {len(fan.days)} days")
    if list(fan.levels) != sorted(set(fan.levels)):
        raise ValueError(f"fan `{fan.name}`: levels must rise: {fan.levels}")


def draw(axes: Axes, fan: Fan, samples: Floats | None = None, reference: float | None = None, ticks: int = 5) -> None:
    """Draw bands, median and sample runs (runs x days), and set a vertical axis that holds them all."""
    places = fan.start.toordinal() + fan.days
    count = len(fan.levels)
    for number in range(count // 2):
        low, high = fan.values[number], fan.values[count - 1 - number]
        axes.fill_between(places, low, high, color=_BANDS[min(number, len(_BANDS) - 1)], linewidth=0, zorder=2)
    shown = samples[:_MOST_SAMPLES] if samples is not None else np.empty((0, len(places)))
    for path in shown:
        axes.plot(places, path, color=style.INK, linewidth=0.6, alpha=0.5, zorder=3)
    if count % 2:
        axes.plot(places, fan.values[count // 2], color=style.BLUE, linewidth=2.0, zorder=4)
    extent = [fan.values.min(), fan.values.max(), 0.0 if reference is None else reference]
    extent += [shown.min(), shown.max()] if shown.size else []
    value_axis(axes, min(0.0, *extent), max(extent), ticks)


def label_levels(
    axes: Axes, fan: Fan, height: float, width: float, view: calendar.View, levels: Sequence[float]
) -> None:
    """Name the given quantiles at the right of the fan, with their last values, on axes of these inches."""
    bottom, top = axes.get_ylim()
    day = view.days / width
    right = view.limits[1]
    end = float(fan.start.toordinal() + fan.days[-1])
    chosen = [(level, float(row[-1])) for level, row in zip(fan.levels, fan.values, strict=True) if level in levels]
    wanted = [(value - bottom) / (top - bottom) * height for _, value in chosen]
    places = measure.spread(wanted, 0.165, 0.0, height)
    for (level, value), wish, place in zip(chosen, wanted, places, strict=True):
        heights = [bottom + inches / height * (top - bottom) for inches in (wish, place)]
        ends = [end + 0.03 * day, right + 0.2 * day]
        axes.plot(ends, heights, color=style.FAINT, linewidth=0.6, clip_on=False, zorder=1)
        name = "median" if level == 0.5 else f"{round(100 * level, 6):g} %"
        weight = "bold" if level == 0.5 else "normal"
        size = style.SMALL_SIZE + 0.5
        axes.text(right + 0.25 * day, heights[1], name, va="center", fontsize=size, fontweight=weight)
        axes.text(right + 0.87 * day, heights[1], amount(value), va="center", fontsize=size, fontweight=weight)


def table(fans: Sequence[Fan]) -> Table:
    """The quantiles and the mean of every fan, a row a date."""
    levels = sorted({level for fan in fans for level in fan.levels})
    rows: list[tuple[object, ...]] = []
    for fan in fans:
        place = {level: number for number, level in enumerate(fan.levels)}
        for column, offset in enumerate(fan.days):
            moment = fan.start + dt.timedelta(days=int(np.floor(offset)))
            values = [float(fan.values[place[level], column]) if level in place else None for level in levels]
            rows.append((fan.name, fan.unit, moment.isoformat(), float(offset), *values, float(fan.mean[column])))
    names = [f"q{round(100 * level, 6):g}" for level in levels]
    return Table(("quantity", "unit", "date", "day", *names, "mean"), tuple(rows))


def value_axis(axes: Axes, low: float, high: float, ticks: int) -> None:
    """Set a vertical axis that holds `low` to `high`, with about so many ticks in round amounts."""
    top = high + 0.06 * (high - low) if high > low else low + 1.0
    places = [float(place) for place in MaxNLocator(nbins=ticks, steps=[1, 2, 2.5, 5, 10]).tick_values(low, top)]
    places = [place for place in places if low <= place <= top]
    axes.set_ylim(low, top)
    axes.set_yticks(places)
    axes.set_yticklabels([amount(place) for place in places])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=style.RULE, linewidth=0.6)
