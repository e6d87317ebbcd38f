"""Where crises concentrate: the limits of the box that was found, and beside it the boxes of the peeling."""

from __future__ import annotations

import datetime as dt
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.records.drivers import BoxPart, DriverPart, Drivers, LimitPart
from sim.report import inputs, style, wording
from sim.report.figures import measure, percents, played
from sim.report.figures.sheet import Sheet, sheet
from sim.report.figures.sparse import sparse
from sim.report.tables import Table

MOST = 10
_NAMES = 5.5
_RIGHT = style.MARGIN + _NAMES + 0.75
_WIDTH = style.WIDTH - style.MARGIN - _RIGHT
_HEAD = 0.34
_PATH = 2.9
_NAME_LINE = measure.line_height(style.LABEL_SIZE)
_LINE = measure.line_height(style.SMALL_SIZE)
_ROW = 0.92
_TRACK = 0.6
_SURE = 0.05
_BEYOND = 0.12
_COLUMNS = (
    *("section", "path", "low", "high", "states", "density", "density_se", "base", "coverage", "mass", "held_out"),
    *("limits", "p_value", "found_again", "note"),
)


def draw(result: Drivers) -> Figure:
    """Left the limits of the box within what the file deems possible, right coverage against density."""
    box = result["box"]
    with style.house():
        rows = min(len(box["limits"]), MOST) if box is not None else 0
        more = box is not None and len(box["limits"]) > MOST
        body = max(_HEAD + rows * _ROW + (0.2 if more else 0.0), _HEAD + _PATH + 0.55) if box is not None else 0.5
        page = sheet(_title(result), _subtitle(result), _footer(result), body)
        if box is None:
            page.text(style.MARGIN, 0.2, "There is no box to draw.")
            return page.figure
        _draw_limits(page, result, box)
        _draw_path(page, box)
    return page.figure


def table(result: Drivers) -> Table:
    """The box, its limits and the steps on the way to it; without a box, the reason why."""
    box = result["box"]
    if box is None:
        return sparse(_COLUMNS, [{"section": "none", "note": result["box_reason"]}])
    own = {name: value for name, value in box.items() if name in _COLUMNS}
    rows: list[dict[str, object]] = [{"section": "box", **own, "limits": len(box["limits"])}]
    for limit in box["limits"]:
        known = {name: value for name, value in limit.items() if name in _COLUMNS}
        words = inputs.within(limit)
        rows.append({"section": "limit", **known, "states": " ".join(limit["states"]) or None, "note": words})
    rows += [{"section": "step", **step} for step in box["steps"]]
    return sparse(_COLUMNS, rows)


def _title(result: Drivers) -> str:
    box = result["box"]
    if box is None:
        return "No corner of the assumptions in which crises concentrate was found"
    odds = wording.chance(box["density"], box["density_se"])
    base = wording.chance(box["base"], result["odds"]["se"])
    numbers = f"{odds} against {base} everywhere"
    if box["p_value"] > _SURE:
        return f"No more than an accident, it may be: odds of {numbers} in a corner of the assumptions"
    # The surest limits are told, as many as there is room for.
    surest = sorted(box["limits"], key=lambda limit: -limit["found_again"])
    parts = [f"{inputs.label(limit['path'])} is {inputs.within(limit)}{_weak(limit)}" for limit in surest]
    room = style.WIDTH - 2 * style.MARGIN
    for told in range(len(parts), 0, -1):
        more = len(parts) - told
        rest = [f"{wording.count(more, 'more limit')} hold{'s' if more == 1 else ''}"] if more else []
        title = f"Crises concentrate where {' and '.join([*parts[:told], *rest])}: odds of {numbers}"
        if len(measure.wrap(title, room, style.TITLE_SIZE, lines=3, bold=True)) <= 2:
            return title
    return f"Crises concentrate in a corner of {wording.count(len(parts), 'assumption')}: odds of {numbers}"


def _subtitle(result: Drivers) -> str:
    box = result["box"]
    if box is None:
        return wording.capital(wording.plain(result["box_reason"] or "the search was not made")) + "."
    covered, mass = wording.in_hundred(box["coverage"]), wording.in_hundred(box["mass"])
    held = wording.chance(box["held_out"], box["density_se"])
    return (
        f"It holds {mass} of 100 worlds and {covered} of 100 crises. Searched for in one half of the worlds and "
        f"measured in the other, such boxes have odds of {held}."
    )


def _footer(result: Drivers) -> str:
    source = played.origin(result["scenario"], result["design"])
    box = result["box"]
    if box is None:
        return wording.footer(source)
    shuffled = f"shuffled data hold a box as telling with {_p_value(box['p_value'])}"
    return wording.footer(source, "bars: from the 5 % to the 95 % value", shuffled)


def _p_value(p: float) -> str:
    """The p-value of a test, two digits, never 0."""
    return f"p = {p:.2g}" if p >= 0.001 else "p < 0.001"


def _weak(limit: LimitPart) -> str:
    return " (weak)" if inputs.weak(limit) else ""


def _draw_limits(page: Sheet, result: Drivers, box: BoxPart) -> None:
    """A row a limit: its name, its words, and the box's part of the range that the file deems possible."""
    small = style.SMALL_SIZE + 0.5
    page.text(style.MARGIN, 0.12, "The box", size=small, fontweight="bold", color=style.MUTED)
    known = {driver["path"]: driver for driver in result["drivers"]}
    for number, limit in enumerate(box["limits"][:MOST]):
        down = _HEAD + number * _ROW
        words = wording.capital(inputs.within(limit))
        half = measure.fit(words, _NAMES * 0.5, style.LABEL_SIZE, bold=True)
        room = _NAMES - measure.width(half, style.LABEL_SIZE, bold=True) - 0.2
        name = wording.capital(inputs.label(limit["path"]))
        page.text(style.MARGIN, down + 0.1, measure.fit(name, room, style.LABEL_SIZE))
        page.text(style.MARGIN + _NAMES, down + 0.1, half, ha="right", fontweight="bold")
        again = f"{round(limit['found_again'] * box['resamples'])} of {wording.count(box['resamples'], 'resample')}"
        sure = f"limited on the same side in {again}{_weak(limit)}"
        page.text(style.MARGIN, down + 0.1 + _NAME_LINE, sure, size=style.SMALL_SIZE, color=style.MUTED)
        axes = page.axes(style.MARGIN, down + 0.36, _NAMES, _TRACK - 0.18, label=limit["path"])
        _draw_track(axes, limit, known.get(limit["path"]))
    if len(box["limits"]) > MOST:
        words = f"and {wording.count(len(box['limits']) - MOST, 'more limit')}"
        page.text(style.MARGIN, _HEAD + MOST * _ROW + 0.06, words, size=style.SMALL_SIZE, color=style.MUTED)


def _draw_track(axes: Axes, limit: LimitPart, driver: DriverPart | None) -> None:
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(1.0, 0.0)
    axes.axis("off")
    if limit["states"]:
        _draw_state_track(axes, limit, driver)
        return
    ends = [driver["low"]["at"], driver["high"]["at"]] if driver is not None else []
    known = [_number(value) for value in (*ends, limit["low"], limit["high"]) if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    # a limit at or beyond an end has something of the box behind it
    beyond = _BEYOND * (high - low)
    if limit["low"] is not None and _number(limit["low"]) == high:
        high += beyond
    if limit["high"] is not None and _number(limit["high"]) == low:
        low -= beyond
    wide = high - low or 1.0

    def place(value: float | str | None, otherwise: float) -> float:
        return otherwise if value is None else (_number(value) - low) / wide

    inside = place(limit["low"], 0.0), place(limit["high"], 1.0)
    axes.add_patch(Rectangle((0.0, 0.16), 1.0, 0.22, facecolor=style.SHADE, edgecolor=style.FAINT, linewidth=0.7))
    look: dict[str, Any] = {"facecolor": style.BLUE, "edgecolor": style.BLUE, "linewidth": 0.7}
    axes.add_patch(Rectangle((inside[0], 0.08), inside[1] - inside[0], 0.38, **look))
    if driver is None:
        return
    for value, side in zip(ends, ("left", "right"), strict=True):
        words = measure.fit(inputs.value(value, limit["unit"]), _NAMES / 2 - 0.1, style.SMALL_SIZE)
        at = place(value, 0.0)
        if 0.0 < at < 1.0:
            axes.plot([at, at], [0.1, 0.44], color=style.INK, linewidth=0.8)
        # at its own mark, but on its own half
        half = measure.width(words, style.SMALL_SIZE) / _NAMES
        spot = max(at, 0.5 + half) if side == "right" else min(at, 0.5 - half)
        axes.text(spot, 0.76, words, ha=side, va="center", fontsize=style.SMALL_SIZE)


def _draw_state_track(axes: Axes, limit: LimitPart, driver: DriverPart | None) -> None:
    """States side by side from the least to the most dangerous; those inside the box are filled."""
    states = sorted(driver["states"], key=lambda state: state["p"]) if driver is not None else []
    names = [str(state["at"]) for state in states]
    names += [state for state in limit["states"] if state not in names]
    wide = 1.0 / len(names)
    for number, name in enumerate(names):
        inside = name in limit["states"]
        face, edge = (style.BLUE, style.PAPER) if inside else (style.SHADE, style.FAINT)
        top, tall = (0.08, 0.38) if inside else (0.16, 0.22)
        axes.add_patch(Rectangle((number * wide, top), wide, tall, facecolor=face, edgecolor=edge, linewidth=0.7))
        words = measure.fit(wording.human(name), wide * _NAMES - 0.08, style.SMALL_SIZE)
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": style.SMALL_SIZE}
        axes.text((number + 0.5) * wide, 0.76, words, fontweight="bold" if inside else "normal", **look)


def _number(value: float | str) -> float:
    """A number or a date on one scale; a date's is its ordinal."""
    return float(dt.date.fromisoformat(value).toordinal()) if isinstance(value, str) else value


def _draw_path(page: Sheet, box: BoxPart) -> None:
    """Coverage against density: every box of the peeling, the chosen one marked, and the odds everywhere."""
    small = style.SMALL_SIZE
    head = "Odds inside against the share of crises inside"
    page.text(_RIGHT - 0.45, 0.12, head, size=small + 0.5, fontweight="bold", color=style.MUTED)
    axes = page.axes(_RIGHT, _HEAD, _WIDTH, _PATH, label="path")
    axes.set_xlim(0.0, 1.0)
    steps = box["steps"]
    reach = style.Z95 * (box["density_se"] or 0.0)
    largest = max([box["density"] + reach, box["base"], box["held_out"], *(step["density"] for step in steps)])
    percents.dress(axes, min(largest, 1.0), ticks=5, headroom=1.16)
    # The upright axis says 0 % at the same corner.
    percents.across(axes, 0.1, 1.0, ticks=5)
    axes.grid(axis="x", visible=False)
    axes.set_xlabel("share of all crises inside the box", fontsize=small, color=style.MUTED, labelpad=2)
    axes.axhline(box["base"], color=style.INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=2)
    top = axes.get_ylim()[1]
    axes.text(0.02, box["base"] - 0.035 * top, "everywhere", va="center", fontsize=small, color=style.MUTED)
    across, up = [step["coverage"] for step in steps], [step["density"] for step in steps]
    axes.plot(across, up, "o-", color=style.BLUE, markersize=3.5, linewidth=1.0, clip_on=False, zorder=3)
    x, y = box["coverage"], box["density"]
    axes.plot([x, x], [max(y - reach, 0.0), min(y + reach, 1.0)], color=style.INK, linewidth=1.2, zorder=4)
    look: dict[str, Any] = {
        "markersize": 9,
        "markerfacecolor": style.PAPER,
        "markeredgecolor": style.INK,
        "markeredgewidth": 1.6,
    }
    axes.plot([x], [y], "D", clip_on=False, zorder=5, **look)
    axes.plot([x], [box["held_out"]], "x", markersize=7, color=style.VERMILLION, markeredgewidth=1.8, zorder=6)
    _name_box(axes, box)


def _name_box(axes: Axes, box: BoxPart) -> None:
    """The odds of the box beside its mark, on the side with more room, and a key beneath."""
    top = axes.get_ylim()[1]
    right = box["coverage"] < 0.6
    words = f"this box: {wording.chance(box['density'], box['density_se'])}"
    place = box["coverage"] + (0.04 if right else -0.04)
    height = min(box["density"] + 0.06 * top, 0.96 * top)
    halo = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.8}
    look: dict[str, Any] = {
        "va": "center",
        "fontsize": style.LABEL_SIZE,
        "fontweight": "bold",
        "bbox": halo,
        "zorder": 7,
    }
    axes.text(place, height, words, ha="left" if right else "right", **look)
    key = "◇ this box    × its odds in worlds that did not find it"
    axes.text(0.5, 0.04 * top, key, ha="center", va="center", fontsize=style.SMALL_SIZE - 0.5, color=style.MUTED)
