"""The look of every figure: colours, hatches, sizes, and the settings that matplotlib is given while it draws.

Colours are Okabe and Ito's (2008), which people with the common colour blindnesses can tell apart. No meaning rests on
colour alone: kinds differ in hatch and are labelled where they are drawn, so that a grey print says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

FONT = "DejaVu Sans"
DPI = 160

WIDTH = 10.6
MARGIN = 0.3

TITLE_SIZE = 15.0
SUBTITLE_SIZE = 10.0
LABEL_SIZE = 9.5
SMALL_SIZE = 8.0
FOOTER_SIZE = 7.5

INK = "#1a1a1a"
MUTED = "#555555"
FAINT = "#8c8c8c"
RULE = "#cfcfcf"
SHADE = "#f1f1f1"
PAPER = "#ffffff"

BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
SKY = "#56B4E9"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"

# Neighbours in this order differ in lightness as well as in hue: they stay apart in grey.
PALETTE = (BLUE, ORANGE, GREEN, SKY, VERMILLION, PURPLE, YELLOW)
HATCHES = ("", "////", "---", "....", "\\\\\\\\", "xxx", "|||", "ooo", "+++", "//..")

# Two-sided 95 % of a normal distribution.
Z95 = 1.959963984540054

_SETTINGS: dict[str, Any] = {
    "font.family": [FONT],
    "font.size": LABEL_SIZE,
    "text.color": INK,
    # Names come from scenario files: a dollar sign is a dollar sign.
    "text.parse_math": False,
    "text.usetex": False,
    # Without hinting, text is as wide as its outlines say, and layout can be measured before drawing.
    "text.hinting": "none",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL_SIZE + 0.5,
    "ytick.labelsize": SMALL_SIZE + 0.5,
    "hatch.linewidth": 0.6,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "figure.dpi": DPI,
    # Names inside an SVG are hashed with this instead of a random number: the same figure, the same bytes.
    "svg.hashsalt": "crisis-odds",
    "svg.fonttype": "path",
}


@contextmanager
def house() -> Iterator[None]:
    """Matplotlib with our settings on top of its defaults; the caller's own settings are back afterwards."""
    import matplotlib as mpl  # slow to load; a terminal summary does without

    with mpl.rc_context():
        mpl.rcdefaults()
        # Newer stubs name every key; a plain dict of texts does not match them.
        cast(Any, mpl.rcParams).update(_SETTINGS)
        yield


def colour(index: int) -> str:
    """The colour of the kind at this place in the question's order."""
    return PALETTE[index % len(PALETTE)]


def tint(index: int) -> str:
    """The colour of that kind, a little lighter, for areas and bars: large and dark would drown what lies on them."""
    channels = (int(colour(index)[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(0.78 * channel + 0.22 * 255):02x}" for channel in channels)


def hatch(index: int) -> str:
    """The hatch of the kind at this place; with the colour it repeats only after seventy kinds."""
    return HATCHES[index % len(HATCHES)]
