"""What every chart shares: font sizes, scales and their ticks, markers, labels that keep apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.report.page import svg
from sim.report.wording import amount

# Two-sided 95 % of a normal distribution.
Z95 = 1.959963984540054
SLOTS = 7
_WIDE = 600
_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Font sizes in pixels: `base` for what is named, `small` for axes and remarks, `large` for what stands out."""

    wide: bool
    base: float
    small: float
    large: float


def sizes(width: float) -> Sizes:
    """Sizes that are 11 px or more on screen, though a page may show a chart at 85 % of its width."""
    return Sizes(True, 14.0, 13.0, 16.0) if width >= _WIDE else Sizes(False, 13.0, 12.0, 15.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map of values from `low` to `high` onto pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies; values outside lie at the nearer end."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, most: int) -> list[float]:
        """At most so many round values within the scale, two where that is possible."""
        step = _step((self.high - self.low) / max(most - 1, 1))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def _step(least: float) -> float:
    """The smallest of 1, 2, 5 × a power of ten that is not less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - 1e-9))


def domain(values: Iterable[float], ticks: int, *, ceiling: float = math.inf) -> tuple[float, float]:
    """From 0, or below where values are, to a round value above them all; never empty, never beyond the ceiling.

    ValueError where a value is not a finite number.
    """
    known = [0.0, *values]
    if not all(map(math.isfinite, known)):
        raise ValueError("a chart needs finite numbers")
    low, high = min(known), max(known)
    # No number of runs resolves less than this, and ticks could not be told apart.
    if high - low < 1e-12:
        return 0.0, min(0.01, ceiling)
    step = _step((high - low) / ticks)
    # A fifth of a step is room enough: half a picture of nothing is not a rounder picture.
    bottom, top = (math.ceil(end / step * 5 - 1e-9) / 5 * step for end in (-low, high))
    return -bottom if bottom > 0.0 else 0.0, min(top, ceiling)


def tick_words(value: float, *, percent: bool, signed: bool = False) -> str:
    """A tick's label: `20 %`; `+5` where differences are told in points; an amount as it is."""
    if not percent:
        return amount(value).replace("-", "−")
    figure = f"{round(100 * abs(value), 6):g}"
    if not signed:
        return f"{figure} %"
    return figure if figure == "0" else ("+" if value > 0 else "−") + figure


def slot_colour(slot: int) -> str:
    """The name of a slot's colour; after the last one they begin again."""
    return f"c{slot % SLOTS}"


def marker(slot: int, x: float, y: float, radius: float, **attributes: str | float | None) -> str:
    """The mark of a slot: neighbours differ in shape as well as in colour, so that a grey print tells them apart."""
    look: dict[str, str | float | None] = {"fill": slot_colour(slot), "stroke": "paper", "stroke_width": 1.5}
    look |= attributes
    shape = slot % SLOTS % 4
    if shape == 0:
        return svg.element("circle", cx=x, cy=y, r=radius, **look)
    if shape == 2:
        side = 1.7 * radius
        return svg.element("rect", x=x - side / 2, y=y - side / 2, width=side, height=side, **look)
    reach = 1.25 * radius
    ends = [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
    if shape == 3:
        ends = [(x, y - reach), (x + 1.1 * radius, y + 0.85 * radius), (x - 1.1 * radius, y + 0.85 * radius)]
    return svg.element("path", d="M" + "L".join(f"{svg.number(a)} {svg.number(b)}" for a, b in ends) + "Z", **look)


def grid(places: Iterable[float], top: float, bottom: float, colour: str = "rule") -> str:
    """Upright hair lines at some places, as one element; nothing where there are none."""
    strokes = "".join(f"M{svg.number(x)} {svg.number(top)}V{svg.number(bottom)}" for x in places)
    return svg.element("path", d=strokes, stroke=colour, stroke_width=1.0) if strokes else ""


def hit(x: float, y: float, width: float, height: float) -> str:
    """An invisible area that a pointer can rest on; the style sheet tints it while it does."""
    return svg.rect(x, y, width, height, "none", pointer_events="all", class_="hit")


def spread(wanted: Sequence[float], lengths: Sequence[float], low: float, high: float) -> list[float]:
    """Starts of stretches of these lengths, centred as near as can be to the wanted places, without overlap.

    All lie within [low, high] if there is room, else from `low` on. Order is kept; stretches that push each other share
    the distance (pool adjacent violators on the wanted starts less what comes before them).
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    before, offsets = 0.0, []
    pools: list[tuple[float, int]] = []
    for index in order:
        offsets.append(before)
        pools.append((wanted[index] - lengths[index] / 2 - before, 1))
        before += lengths[index]
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (first, many), (second, more) = pools[-2:]
            pools[-2:] = [((first * many + second * more) / (many + more), many + more)]
    shifted = [value for value, many in pools for _ in range(many)]
    placed = [0.0] * len(order)
    for index, shift, offset in zip(order, shifted, offsets, strict=True):
        placed[index] = max(min(shift, high - before), low) + offset
    return placed
