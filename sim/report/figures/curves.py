"""Lines of several scenarios over one calendar: told apart by colour and by dash, and named at their right ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from sim.records.outcomes import Floats
from sim.report import style
from sim.report.figures import calendar, measure

# More lines than this, the first among them, cannot be told apart by anyone.
MOST = 8
# Room for the names, right of the picture.
RIGHT = 3.3
_SIZE = style.SMALL_SIZE + 0.5
_LINE = measure.line_height(_SIZE)
_SAMPLE = 0.34
_START = 0.2
_TEXT = _START + _SAMPLE + 0.08
_APART = 0.03

Dash = tuple[float, tuple[float, ...]] | str


@dataclass(frozen=True, slots=True)
class Look:
    """How a line is drawn."""

    colour: str
    dash: Dash
    width: float


FIRST = Look(style.INK, "-", 2.3)
GREY = Look(style.FAINT, "-", 0.7)
# Dashes differ, and neighbours differ in lightness: without colour the lines stay apart.
_OTHERS = (
    Look(style.BLUE, (0, (5, 1.6)), 1.8),
    Look(style.ORANGE, "-", 1.8),
    Look(style.GREEN, (0, (1.2, 1.2)), 2.0),
    Look(style.VERMILLION, (0, (6, 1.5, 1.2, 1.5)), 1.8),
    Look(style.SKY, (0, (10, 2)), 2.0),
    Look(style.PURPLE, (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)), 1.8),
    Look(style.MUTED, (0, (2.5, 2.5)), 1.5),
)


@dataclass(frozen=True, slots=True)
class Curve:
    """A line at places on the calendar, its name, and what its right end says; GREY ones are not named."""

    name: str
    value: str
    places: Floats
    heights: Floats
    look: Look


def looks(sizes: Sequence[float]) -> list[Look]:
    """A look for each scenario: the first one's, then those of the others by how much they differ from it.

    `sizes` has one entry a scenario (that of the first is not read). A line is grey where its size is 0 and where there
    are more than can be told apart. The first eight, as far as they are not grey, have the same look in every figure.
    """
    others = range(1, len(sizes))
    ranked = sorted((place for place in others if sizes[place] > 0.0), key=lambda place: -sizes[place])
    chosen = sorted(ranked[: MOST - 1])
    own = {place: _OTHERS[place - 1] for place in chosen if place < MOST}
    free = (look for look in _OTHERS if look not in own.values())
    for place in chosen:
        if place not in own:
            own[place] = next(free)
    return [FIRST, *(own.get(place, GREY) for place in others)]


def in_grey(curves: Sequence[Curve], why: str = "") -> str:
    """What to say of grey lines: the name of a single one, how many there are of more, and why; empty without any."""
    grey = [curve for curve in curves if curve.look == GREY]
    if not grey:
        return ""
    if len(grey) == 1:
        return f"in grey: {grey[0].name}" + (f", {why}" if why else "")
    return f"in grey: {len(grey)} others, {why or 'see the table'}"


def draw(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw the lines: grey ones behind, the first one on top of all."""
    for number, curve in enumerate(curves):
        level = 3.0 if curve.look == GREY else 6.0 if number == 0 else 5.0
        axes.plot(curve.places, curve.heights, clip_on=False, zorder=level, **_line(curve.look))


def label_ends(
    axes: Axes, curves: Sequence[Curve], view: calendar.View, width: float, height: float, note: str = ""
) -> None:
    """Name the lines right of the picture, each with a sample of its look, tied to its end where it had to move.

    `width` and `height` are those of the axes in inches. Grey lines are not named; `note` is what to say of them.
    """
    named = [curve for curve in curves if curve.look != GREY]
    indent = max(measure.width(curve.value, _SIZE, bold=True) for curve in named) + 0.1
    room = RIGHT - style.MARGIN - _TEXT - indent
    floor = 1.7 * _LINE if note else 0.0
    names = _names(named, room, (height - floor) / max(len(named) - 1, 1))
    bottom, top = axes.get_ylim()
    inch = (top - bottom) / height
    wanted = [(float(curve.heights[-1]) - bottom) / inch for curve in named]
    tallest = max(len(lines) for lines in names)
    half = _LINE * (tallest - 1) / 2
    places = measure.spread(wanted, _LINE * tallest + _APART, floor + half, height - half)
    day = view.days / width
    right = view.limits[1]
    for curve, lines, wish, place in zip(named, names, wanted, places, strict=True):
        _tie(axes, curve, (right, day), [bottom + inches * inch for inches in (wish, place)])
        strong = "bold" if curve.look == FIRST else "normal"
        for number, line in enumerate(lines):
            level = bottom + (place + _LINE * ((len(lines) - 1) / 2 - number)) * inch
            words: dict[str, Any] = {"va": "center", "fontsize": _SIZE, "fontweight": strong}
            if number == 0:
                axes.text(right + _TEXT * day, level, curve.value, **words)
            axes.text(right + (_TEXT + indent) * day, level, line, **words)
    if note:
        words = {"va": "center", "fontsize": style.SMALL_SIZE, "color": style.MUTED}
        fitted = measure.squeeze(note, RIGHT - style.MARGIN - _START, style.SMALL_SIZE)
        axes.text(right + _START * day, bottom + 0.5 * _LINE * inch, fitted, **words)


def _names(named: Sequence[Curve], room: float, share: float) -> list[list[str]]:
    """Names broken into two lines where each label's share of the height has room for that, else cut."""
    lines = 2 if share >= 2 * _LINE + _APART else 1
    return [measure.wrap_name(curve.name, room, _SIZE, lines, curve.look == FIRST) or [""] for curve in named]


def _tie(axes: Axes, curve: Curve, edge: tuple[float, float], heights: list[float]) -> None:
    """The thread from the end of a line to its label, and the sample of the line there."""
    right, day = edge
    ends = [float(curve.places[-1]) + 0.03 * day, right + (_START - 0.03) * day]
    axes.plot(ends, heights, color=style.FAINT, linewidth=0.6, clip_on=False, zorder=1)
    sample = [right + _START * day, right + (_START + _SAMPLE) * day]
    axes.plot(sample, [heights[1]] * 2, clip_on=False, zorder=4, **_line(curve.look))


def _line(look: Look) -> dict[str, Any]:
    dash: dict[str, Any] = {"linestyle": look.dash, "linewidth": look.width, "color": look.colour}
    # Butt ends keep short dashes apart.
    return {**dash, "dash_capstyle": "butt", "solid_capstyle": "butt"}
