"""A vertical axis of probabilities: a round top, few ticks, grid lines that stay behind."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from sim.report import style

_STEPS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)


def dress(axes: Axes, largest: float, ticks: int, headroom: float = 1.1) -> None:
    """Set an axis from 0 that holds `largest` with headroom, and at most `ticks` steps with their per cent signs."""
    top = largest * headroom if largest > 0.0 else 0.01
    step = next((step for step in _STEPS if top / step <= ticks), 1.0)
    places = [number * step for number in range(int(top / step + 1e-9) + 1) if number * step <= 1.0 + 1e-9]
    axes.set_ylim(0.0, top)
    axes.set_yticks(places)
    axes.set_yticklabels([f"{round(100 * place, 6):g} %" for place in places])
    axes.tick_params(axis="y", length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=style.RULE, linewidth=0.6)


def across(axes: Axes, low: float, high: float, ticks: int) -> None:
    """Tick a horizontal axis between two probabilities, at most so many steps, with grid lines; limits stay."""
    step = next((step for step in _STEPS if (high - low) / step <= ticks), 1.0)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    places = [number * step for number in range(first, last + 1)]
    axes.set_xticks(places)
    axes.set_xticklabels([f"{round(100 * place, 6):g} %" for place in places])
    axes.tick_params(axis="x", length=0, pad=4)
    axes.grid(axis="x", color=style.RULE, linewidth=0.6)
