"""A sheet: a figure with a title that states the finding, a line under it, and a footer; measured in inches.

Everything between is placed by its distance from the left and from the top, so that long names make a figure higher
instead of making its texts overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from sim.report import style
from sim.report.figures import measure


@dataclass(frozen=True, slots=True)
class Sheet:
    """A figure of `width` x `height` inches whose body begins `top` inches below the upper edge."""

    figure: Figure
    width: float
    height: float
    top: float

    def axes(self, left: float, down: float, width: float, height: float, **options: Any) -> Axes:
        """A new plotting area: `left` inches from the left edge, `down` inches below the top of the body."""
        bottom = self.height - self.top - down - height
        box = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        axes: Axes = self.figure.add_axes(box, **options)
        return axes

    def text(self, left: float, down: float, text: str, size: float = style.LABEL_SIZE, **options: Any) -> Text:
        """Text on the body; by default its left end is at `left` and its middle is `down` inches below the top."""
        options = {"va": "center", "ha": "left", "color": style.INK, **options}
        place = (left / self.width, 1.0 - (self.top + down) / self.height)
        return self.figure.text(*place, text, fontsize=size, **options)

    def rule(self, left: float, right: float, down: float, colour: str = style.RULE, width: float = 0.8) -> None:
        """A thin horizontal line across the body."""
        height = 1.0 - (self.top + down) / self.height
        ends = ([left / self.width, right / self.width], [height, height])
        self.figure.add_artist(Line2D(*ends, color=colour, linewidth=width, transform=self.figure.transFigure))


def sheet(title: str, subtitle: str, footer: str, body: float, width: float = style.WIDTH) -> Sheet:
    """A new sheet whose body is `body` inches high; title, subtitle and footer are wrapped to the width."""
    room = width - 2 * style.MARGIN
    titles = measure.wrap(title, room, style.TITLE_SIZE, lines=2, bold=True)
    subtitles = measure.wrap(subtitle, room, style.SUBTITLE_SIZE, lines=3)
    footers = measure.wrap(footer, room, style.FOOTER_SIZE, lines=2)
    down = 0.22
    placed: list[tuple[float, str, dict[str, Any]]] = []
    for line in titles:
        placed.append((down, line, {"fontsize": style.TITLE_SIZE, "fontweight": "bold"}))
        down += measure.line_height(style.TITLE_SIZE)
    down += 0.06
    for line in subtitles:
        placed.append((down, line, {"fontsize": style.SUBTITLE_SIZE, "color": style.MUTED}))
        down += measure.line_height(style.SUBTITLE_SIZE)
    top = down + 0.12
    foot = 0.36 + measure.line_height(style.FOOTER_SIZE) * len(footers)
    height = top + body + foot
    for index, line in enumerate(footers):
        place = height - 0.12 - measure.line_height(style.FOOTER_SIZE) * (len(footers) - index)
        placed.append((place, line, {"fontsize": style.FOOTER_SIZE, "color": style.MUTED}))
    figure = Figure(figsize=(width, height))
    # A canvas of its own lets callers measure and save without a display.
    FigureCanvasAgg(figure)
    figure.set_label(title)
    for place, line, options in placed:
        figure.text(style.MARGIN / width, 1.0 - place / height, line, va="top", ha="left", **options)
    return Sheet(figure, width, height, top)
