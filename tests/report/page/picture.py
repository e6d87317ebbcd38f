"""Reading a chart back: its texts with their boxes, which of them meet or leave the picture, and its shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree as ET

from sim.report.page.charts import text

# Lines of one label stand close: their boxes hold room for accents and descenders that may touch.
SLACK = 1.0


@dataclass(frozen=True, slots=True)
class Box:
    words: str
    left: float
    top: float
    right: float
    bottom: float


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def boxes(svg: str) -> list[Box]:
    """Every text with the box that it takes by the estimate of widths."""
    found = []
    for element in parse(svg).iter("text"):
        words, size = element.text or "", float(element.get("font-size", "0"))
        wide = text.width(words, size, element.get("font-weight") is not None)
        share = {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor", "start")]
        left, baseline = float(element.get("x", "nan")) - share * wide, float(element.get("y", "nan"))
        found.append(Box(words, left, baseline - 0.76 * size, left + wide, baseline + 0.22 * size))
    return found


def outside(svg: str) -> list[str]:
    """Texts that reach over the edge of the picture."""
    _, _, width, height = map(float, parse(svg).get("viewBox", "").split())
    return [
        box.words
        for box in boxes(svg)
        if box.left < -SLACK or box.right > width + SLACK or box.top < -SLACK or box.bottom > height + SLACK
    ]


def overlaps(svg: str) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes meet by more than the slack."""
    return [
        (one.words, other.words)
        for one, other in combinations(boxes(svg), 2)
        if min(one.right, other.right) - max(one.left, other.left) > SLACK
        and min(one.bottom, other.bottom) - max(one.top, other.top) > SLACK
    ]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parse(svg).iter("text")]


def place(svg: str, words: str) -> Box:
    """The one text that reads so."""
    (found,) = [box for box in boxes(svg) if box.words == words]
    return found


def tips(svg: str) -> list[str]:
    return [element.get("data-tip", "") for element in parse(svg).iter() if element.get("data-tip") is not None]


def numbers(element: ET.Element, *names: str) -> tuple[float, ...]:
    return tuple(float(element.get(name, "nan")) for name in names)


def painted(svg: str, fill: str) -> list[ET.Element]:
    """Rectangles of a colour."""
    return [element for element in parse(svg).iter("rect") if element.get("fill") == f"var(--{fill})"]


def strokes(svg: str, colour: str) -> list[list[tuple[float, float]]]:
    """Places of every line of a colour that is a path of straight pieces, the wide ones only."""
    found = []
    for element in parse(svg).iter("path"):
        if element.get("stroke") == f"var(--{colour})" and element.get("stroke-width") == "2.5":
            pairs = re.findall(r"(-?[\d.]+) (-?[\d.]+)", element.get("d", ""))
            found.append([(float(x), float(y)) for x, y in pairs])
    return found
