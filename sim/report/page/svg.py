"""SVG as text: elements, escaping, numbers as few signs, and ids that depend on nothing but what is drawn.

Lengths are CSS pixels at the width that a chart is made for. Colours are given by name (`ink`, `c0`) and written as
custom properties, which `templates/charts.css` sets for light and dark.
"""

from __future__ import annotations

import hashlib
import math
import re
from html import escape

from sim.report.wording import plain

# What stands where a document's id will be known: the id is made of the rest of the document.
_ID = "\ue000"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def number(value: float) -> str:
    """A length or a share of 1 with at most two decimals: `12`, `0.5`, `-3.25`. ValueError unless it is finite."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be drawn: a finite number is needed")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def clean(words: str) -> str:
    """Words safe between tags: on one line, without control characters, signs of markup escaped."""
    return escape(plain(words).replace(_ID, ""))


def lines(words: str) -> str:
    """Words for an attribute: line ends are kept as character references, all else is as in `clean`."""
    return "&#10;".join(clean(line) for line in words.split("\n"))


def paint(colour: str) -> str:
    """A colour's name as CSS: `ink` is `var(--ink)`; `none`, and references such as `url(#…)`, stay as they are."""
    return colour if colour == "none" or colour.startswith("url(") else f"var(--{colour})"


def element(tag: str, *inside: str, **attributes: str | float | None) -> str:
    """An element with finished markup inside; numbers are shortened, `None` is left out.

    `stroke_width` is written `stroke-width`, `class_` is `class`; `fill` and `stroke` are names of colours; `tip` is
    the text that hovering shows.
    """
    written = [f"<{tag}"]
    for name, value in attributes.items():
        if value is None:
            continue
        key = {"class_": "class", "tip": "data-tip", "series": "data-series"}.get(name, name.replace("_", "-"))
        written.append(f' {key}="{_attribute(name, value)}"')
    body = "".join(inside)
    return "".join(written) + (f">{body}</{tag}>" if body else "/>")


def _attribute(name: str, value: str | float) -> str:
    if not isinstance(value, str):
        return number(value)
    if name in ("fill", "stroke"):
        return escape(paint(value))
    # Ids are ours, and hold the sign that the document's own takes the place of.
    if name in ("id", "aria_labelledby"):
        return escape(value)
    return lines(value) if name == "tip" else clean(value)


def text(
    x: float, y: float, words: str, size: float, *, anchor: str = "start", colour: str = "ink", bold: bool = False
) -> str:
    """One line of words whose baseline begins (`start`), is centred (`middle`) or ends (`end`) at x, y."""
    return element(
        "text",
        clean(words),
        x=x,
        y=y,
        font_size=size,
        text_anchor=None if anchor == "start" else anchor,
        fill=None if colour == "ink" else colour,
        font_weight="600" if bold else None,
    )


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, **attributes: str | float | None) -> str:
    """A straight stroke."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, **attributes)


def rect(x: float, y: float, width: float, height: float, fill: str, **attributes: str | float | None) -> str:
    """A rectangle; one of negative width lies left of x."""
    left, wide = (x, width) if width >= 0.0 else (x + width, -width)
    return element("rect", x=left, y=y, width=wide, height=max(height, 0.0), fill=fill, **attributes)


def path(places: list[tuple[float, float]], **attributes: str | float | None) -> str:
    """A line through places; `fill` is `none` unless it is given."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in places)
    return element("path", d="M" + steps, **({"fill": "none"} | attributes))


def own(name: str) -> str:
    """The id of a part inside a chart, to be written where the id stands and where it is meant: `url(#{own("x")})`."""
    return f"{_ID}-{name}"


def document(body: str, *, width: float, height: float, title: str, desc: str) -> str:
    """A whole `<svg>`: its title and description are its accessible name, and its ids are a hash of its content.

    The same content gives the same bytes. Two charts on a page share ids only where they are the same chart.
    """
    box = f"0 0 {number(width)} {number(math.ceil(height))}"
    content = (
        element("title", clean(title) or " ", id=f"{_ID}-title")
        + element("desc", clean(desc) or " ", id=f"{_ID}-desc")
        + body
    )
    whole = element(
        "svg",
        content,
        role="img",
        aria_labelledby=f"{_ID}-title {_ID}-desc",
        viewBox=box,
        width=width,
        height=float(math.ceil(height)),
        class_="plot",
        fill="ink",
    )
    return whole.replace(_ID, "p" + hashlib.sha256(whole.encode()).hexdigest()[:10])
