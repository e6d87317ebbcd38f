"""One bar cut into shares of a whole."""

from __future__ import annotations

from collections.abc import Sequence

from sim.report.page import svg
from sim.report.page.charts import layout, text
from sim.report.wording import plain

_BAR = 34.0
_SWATCH = 12.0


def strip(parts: Sequence[tuple[str, float, str]], *, width: int, title: str, desc: str) -> str:
    """One bar cut into parts of (name, size, size in words); sizes are shares of their sum, none below 0.

    Every second part is hatched as well as coloured. Names and sizes stand under the bar, a line or two for each part.
    ValueError where a size is negative.
    """
    size = layout.sizes(width)
    if any(share < 0.0 for _, share, _ in parts):
        raise ValueError("a part of a whole cannot be negative")
    total = sum(share for _, share, _ in parts) or 1.0
    pieces, left, down = [_hatches(len(parts))], 0.0, _BAR + 14.0
    step = text.line_height(size.base)
    names = _SWATCH + 8.0 + text.widest([plain(words) for _, _, words in parts], size.base, True) + 10.0
    for slot, (name, share, words) in enumerate(parts):
        wide = share / total * width
        fill = _fill(slot)
        drawn = [svg.rect(left, 0.0, wide, _BAR, fill, stroke="paper", stroke_width=1.5)] if wide > 0.0 else []
        drawn.append(svg.rect(0.0, down + 2.0, _SWATCH, _SWATCH, fill))
        drawn.append(svg.text(names - 10.0, down + 13.0, plain(words), size.base, anchor="end", bold=True))
        lines = text.wrap(plain(name), width - names, size.base, 3)
        drawn += [svg.text(names, down + 13.0 + n * step, line, size.base) for n, line in enumerate(lines)]
        pieces.append(svg.element("g", *drawn, class_="item", tip=f"{name}: {words}"))
        left += wide
        down += step * max(len(lines), 1) + 6.0
    return svg.document("".join(pieces), width=width, height=down, title=title, desc=desc)


def _fill(slot: int) -> str:
    return layout.slot_colour(slot) if slot % 2 == 0 else f"url(#{svg.own(f'hatch{slot}')})"


def _hatches(count: int) -> str:
    """Patterns of every second part: its colour under slanted strokes of paper."""
    patterns = []
    for slot in range(1, count, 2):
        ground = svg.rect(0.0, 0.0, 6.0, 6.0, layout.slot_colour(slot))
        stroke = svg.line(0.0, 0.0, 0.0, 6.0, "paper", stroke_width=2.5)
        patterns.append(
            svg.element(
                "pattern",
                ground + stroke,
                id=svg.own(f"hatch{slot}"),
                width=6.0,
                height=6.0,
                patternUnits="userSpaceOnUse",
                patternTransform="rotate(45)",
            )
        )
    return svg.element("defs", *patterns) if patterns else ""
