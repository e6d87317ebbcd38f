"""How wide text will be, and where to break it so that it fits; in inches, without drawing anything."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from sim.report.style import FONT

POINTS_PER_INCH = 72.0
LINE_SPACING = 1.28
# Outlines are measured; what is drawn ends on a whole pixel.
_ROUNDING = 1.01


@lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line of text in inches at a font size in points."""
    font = FontProperties(family=[FONT], size=size, weight="bold" if bold else "normal")
    points, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(points) / POINTS_PER_INCH * _ROUNDING


def line_height(size: float) -> float:
    """Height of one line in inches, its spacing included."""
    return size * LINE_SPACING / POINTS_PER_INCH


def fit(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than `room` inches."""
    if width(text, size, bold) <= room:
        return text
    shortest, longest = 0, len(text)
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if width(text[:middle].rstrip() + "…", size, bold) <= room:
            shortest = middle
        else:
            longest = middle - 1
    return text[:shortest].rstrip() + "…"


def squeeze(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, its middle cut out where it is wider than `room` inches: names often differ at their ends."""
    if width(text, size, bold) <= room:
        return text
    kept = len(text) - 1
    while kept > 1 and width(_gutted(text, kept), size, bold) > room:
        kept -= 1
    return _gutted(text, kept)


def _gutted(text: str, kept: int) -> str:
    """So many characters of the text, two thirds of them from its beginning, with an ellipsis between."""
    tail = kept // 3
    return f"{text[: kept - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"


def wrap(text: str, room: float, size: float, lines: int, bold: bool = False) -> list[str]:
    """The text broken at spaces into at most `lines` lines of `room` inches; what is left over ends in an ellipsis."""
    broken: list[str] = []
    words = _words(text)
    while words and len(broken) < lines - 1:
        taken = 1
        while taken < len(words) and width(" ".join(words[: taken + 1]), size, bold) <= room:
            taken += 1
        broken.append(fit(" ".join(words[:taken]), room, size, bold))
        words = words[taken:]
    if words:
        broken.append(fit(" ".join(words), room, size, bold))
    return broken


def wrap_name(text: str, room: float, size: float, lines: int, bold: bool = False) -> list[str]:
    """The text broken as by `wrap`; what the last line cannot hold is cut from its middle."""
    broken = wrap(text, room, size, lines, bold)
    if broken and broken[-1].endswith("…"):
        kept = sum(len(line.split()) for line in broken[:-1])
        broken[-1] = squeeze(" ".join(text.split()[kept:]), room, size, bold)
    return broken


def _words(text: str) -> list[str]:
    """Words at whose ends a line may be broken; a figure keeps its per cent sign."""
    words: list[str] = []
    for word in text.split():
        if words and word.startswith("%"):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places as near as can be to the wanted ones, at least `gap` apart and inside [low, high]; order is kept.

    The gap shrinks when there is no room for it. Places that push each other share the distance (pool adjacent
    violators on the wanted places less their due gaps).
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        pools.append((wanted[index] - rank * gap, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (first, many), (second, more) = pools[-2], pools[-1]
            pools[-2:] = [((first * many + second * more) / (many + more), many + more)]
    shifted = [value for value, many in pools for _ in range(many)]
    top = high - gap * (len(wanted) - 1)
    placed = [0.0] * len(wanted)
    for rank, index in enumerate(order):
        placed[index] = min(max(shifted[rank], low), top) + rank * gap
    return placed
