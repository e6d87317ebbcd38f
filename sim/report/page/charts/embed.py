"""A chart in the page: its picture for wide and for narrow screens, and the buttons that hide and show its series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.report.page import svg
from sim.report.page.charts import layout

WIDE = 860
NARROW = 360


@dataclass(frozen=True, slots=True)
class Toggle:
    """A button: the `series` that it hides and shows, its name, and the slot of its colour."""

    series: str
    name: str
    slot: int = 0


def embed(draw: Callable[[int], str], toggles: Sequence[Toggle] = ()) -> str:
    """HTML of a chart: `draw` gives its SVG for a width in pixels, and the style sheet shows the one that fits.

    The one that is not shown is hidden from screen readers as well.
    """
    pictures = svg.element("div", draw(WIDE), class_="wide") + svg.element("div", draw(NARROW), class_="narrow")
    return svg.element("div", legend(toggles), pictures, class_="drawing")


def legend(toggles: Sequence[Toggle]) -> str:
    """Buttons outside the picture; without JavaScript they are a plain legend. Nothing where there are no toggles."""
    buttons = [
        svg.element(
            "button",
            _swatch(toggle.slot) + svg.clean(toggle.name),
            type="button",
            data_toggle=toggle.series,
            aria_pressed="true",
        )
        for toggle in toggles
    ]
    return svg.element("div", *buttons, class_="legend", role="group", aria_label="Show or hide") if buttons else ""


def _swatch(slot: int) -> str:
    """A piece of the line with its marker."""
    stroke = svg.line(0.0, 6.0, 22.0, 6.0, layout.slot_colour(slot), stroke_width=2.5)
    drawn = stroke + layout.marker(slot, 11.0, 6.0, 4.0)
    return svg.element("svg", drawn, viewBox="0 0 22 12", width=22.0, height=12.0, aria_hidden="true")
