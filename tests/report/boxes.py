"""Where the texts of a figure stand, in pixels, and which of them meet or leave the picture."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

# Boxes are a little larger than the ink: they hold the descenders of letters that have none.
SLACK = 1.5


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every visible text with its box."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    return [
        (text.get_text(), text.get_window_extent(renderer))
        for text in texts
        if text.get_visible() and text.get_text().strip()
    ]


def texts_of(figure: Figure) -> list[str]:
    """Every visible text."""
    return [text for text, _ in boxes(figure)]


def outside(figure: Figure) -> list[str]:
    """Texts that reach over the edge of the figure."""
    page = figure.bbox
    return [
        text
        for text, box in boxes(figure)
        if box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1
    ]


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes meet by more than the slack."""
    return list(_meeting(boxes(figure)))


def _meeting(found: list[tuple[str, Bbox]]) -> Iterator[tuple[str, str]]:
    for (one, first), (other, second) in combinations(found, 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        if wide > SLACK and high > SLACK:
            yield one, other
