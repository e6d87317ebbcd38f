"""How wide text will be on the reader's screen, and where to break it so that it fits; in CSS pixels.

A page uses the system's font, which differs from reader to reader. Widths here are those of DejaVu Sans 2.37 (its
`hmtx` table), the widest of the common ones: what fits in it fits in Segoe UI, Roboto, Helvetica and San Francisco.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

LINE_SPACING = 1.3
# Advance widths in thousandths of the font size, and the signs that have them.
_ADVANCES = {
    275: "'",
    278: "ijl",
    295: "IJ",
    318: " ,.·’\N{NO-BREAK SPACE}",
    337: "/:;\\|",
    352: "f",
    361: "-",
    390: "()[]",
    392: "t",
    401: "!",
    411: "r",
    460: '"',
    500: "*_`–°",
    518: "“”",
    521: "s",
    525: "z",
    531: "?",
    550: "c",
    557: "L",
    575: "F",
    579: "k",
    592: "vxy",
    603: "P",
    611: "TY",
    612: "o",
    613: "a",
    615: "e",
    632: "E",
    634: "hnu",
    635: "Sbdgpq",
    636: "$0123456789{}",
    656: "K",
    684: "AV",
    685: "XZ",
    686: "B",
    695: "R",
    698: "C",
    732: "U",
    748: "N",
    752: "H",
    770: "D",
    775: "G",
    780: "&",
    787: "OQ",
    818: "w",
    838: "#+<=>^~×−±≥≤→",
    863: "M",
    950: "%",
    974: "m",
    989: "W",
    1000: "@…—",
}
_WIDTHS = {sign: advance for advance, signs in _ADVANCES.items() for sign in signs}
# Bold is wider by 14 % on average; letters such as `i` by more, which long words even out.
_BOLD = 1.14
# Other alphabets: as wide as a capital of Cyrillic; signs of East Asia fill a square, pictures a little more.
_OTHER = 750
_SQUARE = 1000
_PICTURE = 1400


@lru_cache(maxsize=4096)
def width(words: str, size: float, bold: bool = False) -> float:
    """Width of one line of words at a font size, an upper estimate."""
    return sum(_advance(sign) for sign in words) / 1000.0 * size * (_BOLD if bold else 1.0)


def _advance(sign: str) -> int:
    known = _WIDTHS.get(sign)
    if known is not None:
        return known
    # An accent that stands apart takes no room, one that does not leaves its letter as wide as it was.
    if unicodedata.combining(sign):
        return 0
    letter = unicodedata.normalize("NFD", sign)[0]
    if letter in _WIDTHS:
        return _WIDTHS[letter]
    if unicodedata.category(sign) == "So":
        return _PICTURE
    return _SQUARE if unicodedata.east_asian_width(sign) in ("W", "F") else _OTHER


def line_height(size: float) -> float:
    """Height of one line, its spacing included."""
    return size * LINE_SPACING


def fit(words: str, room: float, size: float, bold: bool = False) -> str:
    """The words, cut with an ellipsis where they are wider than the room."""
    if width(words, size, bold) <= room:
        return words
    shortest, longest = 0, len(words)
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if width(words[:middle].rstrip() + "…", size, bold) <= room:
            shortest = middle
        else:
            longest = middle - 1
    return words[:shortest].rstrip() + "…"


def wrap(words: str, room: float, size: float, lines: int, bold: bool = False) -> list[str]:
    """The words broken at spaces into at most so many lines; what is left over ends in an ellipsis."""
    left = words.split()
    broken: list[str] = []
    while left and len(broken) < lines - 1:
        taken = 1
        while taken < len(left) and width(" ".join(left[: taken + 1]), size, bold) <= room:
            taken += 1
        broken.append(fit(" ".join(left[:taken]), room, size, bold))
        left = left[taken:]
    if left:
        broken.append(fit(" ".join(left), room, size, bold))
    return broken


def widest(texts: list[str], size: float, bold: bool = False) -> float:
    """The width of the widest of some lines; 0 where there are none."""
    return max((width(words, size, bold) for words in texts), default=0.0)
