"""The odds over two inputs as a map of cells, with the lines along which they are even or as in the file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from sim.records.outcomes import Floats
from sim.records.sweeping import AxisPart, PointPart, Sweep
from sim.report import inputs, style, wording
from sim.report.figures import measure, played, scales
from sim.report.figures.sheet import Sheet

# Light to dark in one hue: the order is the same in grey.
SHADES = LinearSegmentedColormap.from_list("odds", ["#fdf6e9", "#f4c983", "#d9822b", "#7a3305"])
_LEFT = 2.0
_RIGHT = 1.75
_WIDTH = style.WIDTH - _LEFT - _RIGHT
_HEAD = 0.52
_FOOT = 0.6
_LEAST_SPAN = 0.02
_EVEN = 0.5


def height(result: Sweep) -> float:
    """Inches that the map takes with its key and its axis."""
    return _HEAD + _tall(result) + _FOOT


def draw(page: Sheet, result: Sweep) -> None:
    """Cells with the first axis across and the second upwards, each with its odds where they fit."""
    across, up = result["axes"]
    tall = _tall(result)
    odds = grid(result)
    axes = page.axes(_LEFT, _HEAD, _WIDTH, tall, label="heat")
    columns, rows = odds.shape
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(-0.5, rows - 0.5)
    axes.spines[:].set_visible(False)
    low, span = _shades(odds)
    errors = {tuple(point["place"]): point["se"] for point in result["points"]}
    for i, j in np.ndindex(columns, rows):
        share = (odds[i, j] - low) / span
        axes.add_patch(Rectangle((i - 0.5, j - 0.5), 1.0, 1.0, facecolor=SHADES(share), edgecolor="none", zorder=1))
    drawn = _draw_lines(axes, result, odds)
    _write_cells(axes, odds, errors, (_WIDTH / columns, tall / rows), (low, span))
    _ticks(axes, across, up, tall)
    small = style.SMALL_SIZE + 0.5
    name = measure.fit(f"↑ {scales.title(up)}", _WIDTH + _RIGHT - style.MARGIN, small)
    page.text(_LEFT, _HEAD - 0.14, name, size=small, color=style.MUTED)
    marked = _mark_own(axes, result)
    _key(page, result, drawn, marked)
    _draw_bar(page, tall, low, span)


def grid(result: Sweep) -> Floats:
    """The odds as an array: first axis x second axis; what was not played is not a number."""
    first, second = (len(axis["values"]) for axis in result["axes"])
    odds = np.full((first, second), np.nan)
    for point in result["points"]:
        i, j = point["place"]
        odds[i, j] = point["p"]
    return odds


def name_points(axes: Axes, places: Sequence[float], points: Sequence[PointPart], width: float) -> None:
    """Odds above the points of a curve, as many as stand clear of each other; the first and the last come first."""
    left, right = axes.get_xlim()
    inch = (right - left) / width
    top = axes.get_ylim()[1]
    taken: list[tuple[float, float]] = []
    order = sorted(range(len(points)), key=lambda number: (number not in (0, len(points) - 1), number))
    for number in order:
        point = points[number]
        words = wording.tally(point["p"], point["se"])
        half = (measure.width(words, style.SMALL_SIZE) / 2 + 0.06) * inch
        place = places[number]
        if any(place - half < end and start < place + half for start, end in taken):
            continue
        taken.append((place - half, place + half))
        halo = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 1.0, "pad": 0.5}
        look: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": style.SMALL_SIZE, "bbox": halo, "zorder": 6}
        axes.text(place, min(point["interval"][1] + 0.025 * top, 0.96 * top), words, **look)


def _tall(result: Sweep) -> float:
    return min(max(0.42 * len(result["axes"][1]["values"]), 1.4), 4.6)


def _shades(odds: Floats) -> tuple[float, float]:
    """The odds of the lightest shade, and how far the darkest is from it: differences of luck are not dramatised."""
    low, high = float(np.nanmin(odds)), float(np.nanmax(odds))
    return (low, high - low) if high - low >= _LEAST_SPAN else (max(low - _LEAST_SPAN / 2, 0.0), _LEAST_SPAN)


def _write_cells(
    axes: Axes,
    odds: Floats,
    errors: dict[tuple[int, ...], float | None],
    cell: tuple[float, float],
    shades: tuple[float, float],
) -> None:
    """Odds in the cells, all or none: a map with gaps would be read as one with missing points."""
    size = style.SMALL_SIZE
    words = {
        (i, j): wording.tally(float(odds[i, j]), errors.get((i, j)))
        for i, j in np.ndindex(*odds.shape)
        if not np.isnan(odds[i, j])
    }
    widest = max(measure.width(text, size) for text in words.values())
    if widest + 0.06 > cell[0] or measure.line_height(size) > cell[1]:
        return
    for (i, j), text in words.items():
        share = (odds[i, j] - shades[0]) / shades[1]
        ink = style.PAPER if share > 0.6 else style.INK
        # A line through a cell breaks off at its number.
        halo = [withStroke(linewidth=3.5, foreground=SHADES(share))]
        axes.text(i, j, text, ha="center", va="center", fontsize=size, color=ink, zorder=4, path_effects=halo)


def _draw_lines(axes: Axes, result: Sweep, odds: Floats) -> list[str]:
    """Lines of even odds and of the file's own where the map crosses them; gives which were drawn."""
    names = any(scales.scale(axis).kind == "name" for axis in result["axes"])
    if names or min(odds.shape) < 2 or np.isnan(odds).any():
        return []
    drawn = []
    for level, style_of, name in ((_EVEN, "solid", "even"), (result["own"]["p"], "dashed", "own")):
        if float(odds.min()) < level < float(odds.max()):
            axes.contour(odds.T, levels=[level], colors=[style.PAPER], linewidths=3.6, zorder=2)
            axes.contour(odds.T, levels=[level], colors=[style.INK], linewidths=1.5, linestyles=style_of, zorder=3)
            drawn.append(name)
    return drawn


def _ticks(axes: Axes, across: AxisPart, up: AxisPart, tall: float) -> None:
    """Names of the values, as many as fit, under the columns and left of the rows."""
    size = style.SMALL_SIZE + 0.5
    for axis, is_across in ((across, True), (up, False)):
        room = _WIDTH if is_across else _LEFT - style.MARGIN - 0.15
        texts = [inputs.bare(value, axis["unit"]) for value in axis["values"]]
        longest = max(measure.width(text, size) for text in texts) + 0.15 if is_across else measure.line_height(size)
        most = max(int((_WIDTH if is_across else tall) / longest), 1)
        step = math.ceil(len(texts) / most)
        places = list(range(0, len(texts), step))
        words = [measure.fit(texts[place], room, size) for place in places]
        if is_across:
            axes.set_xticks(places, words)
        else:
            axes.set_yticks(places, words)
    axes.tick_params(length=0, pad=4, labelsize=size)
    name = measure.fit(f"{scales.title(across)} →", _WIDTH, size)
    axes.set_xlabel(name, fontsize=size, color=style.MUTED, labelpad=3)


def _index(axis: AxisPart, value: float | str | None) -> float | None:
    """Where a value lies among those of an axis, counted from 0; None outside."""
    one = scales.scale(axis)
    place = one.place(value)
    if place is None:
        return None
    order = sorted(range(len(one.places)), key=lambda number: one.places[number])
    known = [one.places[number] for number in order]
    if not known[0] <= place <= known[-1]:
        return None
    return float(np.interp(place, known, [float(number) for number in order]))


def _mark_own(axes: Axes, result: Sweep) -> bool:
    """The file's medians as a cross; gives whether they lie on the map."""
    i, j = (_index(axis, axis["p50"]) for axis in result["axes"])
    if i is None or j is None:
        return False
    look: dict[str, Any] = {"markersize": 15, "markeredgecolor": style.PAPER, "markeredgewidth": 1.4, "clip_on": False}
    axes.plot([i], [j], "*", color=style.BLUE, zorder=5, alpha=0.9, **look)
    return True


def _key(page: Sheet, result: Sweep, drawn: Sequence[str], marked: bool) -> None:
    """What the lines and the star mean, above the map."""
    own = result["own"]
    small = style.SMALL_SIZE
    parts = []
    if "even" in drawn:
        parts.append(("-", "odds of 50 %"))
    if "own" in drawn:
        parts.append(("--", f"odds as in the file, {played.odds(own)}"))
    uncertain = any(axis["p5"] != axis["p95"] for axis in result["axes"])
    if marked:
        parts.append(("*", "the file's medians" if uncertain else "the file's values"))
    axes = page.axes(_LEFT, 0.0, _WIDTH, 0.24, label="key")
    axes.set_xlim(0.0, _WIDTH)
    axes.set_ylim(0.24, 0.0)
    axes.axis("off")
    place = 0.0
    for sign, words in parts:
        if sign == "*":
            axes.plot([place + 0.17], [0.1], "*", color=style.BLUE, markersize=11)
        else:
            axes.plot([place, place + 0.34], [0.1, 0.1], color=style.INK, linewidth=1.5, linestyle=sign)
        axes.text(place + 0.42, 0.1, words, va="center", fontsize=small)
        place += 0.42 + measure.width(words, small) + 0.3


def _draw_bar(page: Sheet, tall: float, low: float, span: float) -> None:
    """The shades with their odds, right of the map."""
    bar = page.axes(_LEFT + _WIDTH + 0.35, _HEAD, 0.2, tall, label="shades")
    bar.set_xlim(0.0, 1.0)
    bar.set_ylim(low, low + span)
    steps = 40
    for step in range(steps):
        share = (step + 0.5) / steps
        bar.barh(low + span * share, 1.0, height=span / steps * 1.05, color=SHADES(share), linewidth=0)
    bar.set_xticks([])
    bar.yaxis.tick_right()
    ticks = [float(tick) for tick in MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(low, low + span)]
    ticks = [tick for tick in ticks if low <= tick <= low + span]
    bar.set_yticks(ticks)
    bar.set_yticklabels([f"{round(100 * tick, 6):g} %" for tick in ticks])
    bar.tick_params(length=0)
    bar.spines[:].set_visible(False)
