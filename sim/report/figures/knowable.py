"""What can be known beside what is luck: one bar that is the Brier score of the headline odds."""

from __future__ import annotations

from typing import Any

from sim.records.drivers import Drivers
from sim.report import inputs, style, wording
from sim.report.figures import measure
from sim.report.figures.sheet import Sheet

HEIGHT = 0.86
_WIDTH = style.WIDTH - 2 * style.MARGIN
_BAR_TOP = 0.3
_BAR = 0.22
_WORDS = _BAR_TOP + _BAR + 0.14


def draw(page: Sheet, down: float, result: Drivers) -> None:
    """The bar across the sheet, `down` inches below the top of its body, with its two parts named beneath."""
    known, p = result["knowable"], result["odds"]["p"]
    brier = p * (1.0 - p)
    page.rule(style.MARGIN, page.width - style.MARGIN, down)
    heading = "What can be known, and what is luck"
    small = style.SMALL_SIZE + 0.5
    page.text(style.MARGIN, down + 0.16, heading, size=small, fontweight="bold", color=style.MUTED)
    if brier <= 0.0:
        words = "Every run ended alike: there is nothing left to know here, as far as these runs can tell."
        page.text(style.MARGIN, down + 0.42, words, size=small)
        return
    v = known["V"]
    share = min(max(v / brier, 0.0), 1.0) if v is not None else 0.0
    axes = page.axes(style.MARGIN, down + _BAR_TOP, _WIDTH, _BAR, label="knowable")
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    axes.axis("off")
    axes.barh(0.5, share, height=1.0, color=style.BLUE, linewidth=0)
    look: dict[str, Any] = {"facecolor": style.SHADE, "edgecolor": style.FAINT, "hatch": "....", "linewidth": 0.0}
    axes.barh(0.5, 1.0 - share, left=share, height=1.0, **look)
    if v is None or v <= 0.0:
        words = "What knowing the assumptions would be worth cannot be told from luck."
        page.text(style.MARGIN, down + _WORDS, words, size=small)
        return
    error = known["V_se"]
    left = f"Knowing every listed assumption would save {inputs.gain(v, error, p)} of the Brier score of {brier:.3f}"
    remainder = wording.tally(1.0 - share, error / brier if error else None)
    right = f"luck, which stays: {remainder}" if share < 1.0 else "no luck"
    room = _WIDTH - measure.width(right, small) - 0.3
    page.text(style.MARGIN, down + _WORDS, measure.fit(left, room, small), size=small)
    page.text(page.width - style.MARGIN, down + _WORDS, right, size=small, ha="right")
