"""What a page is made of: sections of blocks. Plain data; how a block looks is the templates' business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. `look` is "" (running text), "lead" (larger) or "small" (a remark)."""

    shape: ClassVar[str] = "text"
    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that must not be overlooked. `look` is "failed" or "warning"."""

    shape: ClassVar[str] = "alert"
    heading: str
    texts: Sequence[str]
    look: str = "warning"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `number` aligns it right and sorts it by value; `wide` lets its text wrap first."""

    name: str
    number: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what is read, what it is sorted by where that is something else, small print, and a mark.

    `path` says that the text is a path of the scenario file, which may be broken after its dots; so may `under`.
    """

    text: str
    order: float | None = None
    mark: str = ""
    under: str = ""
    path: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first cell of a row is its heading.

    `reflows` turns rows into cards on narrow screens, instead of scrolling inside a box. `tools` are the words of the
    search field; with them the table can be searched, and its columns can be sorted. Raises `ValueError` where a row is
    longer or shorter than the columns.
    """

    shape: ClassVar[str] = "grid"
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    reflows: bool = False
    tools: str = ""
    remark: str = ""

    def __post_init__(self) -> None:
        """Refuse ragged rows: a browser would silently shift them."""
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells for {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as finished HTML of `sim.report.page.charts`, its title, how to read it, and the table behind it."""

    shape: ClassVar[str] = "chart"
    picture: str
    title: str
    caption: str
    table: Grid


@dataclass(frozen=True, slots=True)
class Card:
    """One of a few numbers that stand side by side: a name, a figure, what it means."""

    name: str
    figure: str
    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """Numbers side by side."""

    shape: ClassVar[str] = "cards"
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Answer:
    """The odds, large: figure, words, and a sentence."""

    shape: ClassVar[str] = "answer"
    figure: str
    words: str
    text: str


@dataclass(frozen=True, slots=True)
class Term:
    """A word and what it means."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """A list of words or names, each with a text."""

    shape: ClassVar[str] = "terms"
    terms: Sequence[Term]
    look: str = ""


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines to be typed."""

    shape: ClassVar[str] = "commands"
    name: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story: when, who, what. `side` says whose it is where two are told; an `edge` is no event."""

    _ONSET: ClassVar[str] = "CRISIS begins"

    date: str
    who: str
    text: str
    side: str = "both"
    edge: bool = False

    @property
    def onset(self) -> bool:
        """Whether a crisis begins here, in the words of `sim.world.crises`."""
        return self.text.startswith(self._ONSET)


@dataclass(frozen=True, slots=True)
class Story:
    """The story of one run, folded up unless `open`. `ending` tells in sentences how it ends, and is told first."""

    shape: ClassVar[str] = "story"
    heading: str
    about: Sequence[str]
    lines: Sequence[Line]
    ending: Sequence[str]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Twins:
    """One run told in two scenarios: names and endings of both, and rows of one line or of one of each side."""

    shape: ClassVar[str] = "twins"
    heading: str
    about: Sequence[str]
    names: tuple[str, str]
    rows: Sequence[Sequence[Line]]
    endings: tuple[str, str]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks under a heading of their own, inside a section; folded up where it is long."""

    shape: ClassVar[str] = "part"
    heading: str
    blocks: Sequence[Block]
    folded: bool = False


Block: TypeAlias = Text | Alert | Grid | Chart | Cards | Answer | Terms | Commands | Story | Twins | Part


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a page: its anchor, its heading, its name in the table of contents, and what stands in it."""

    anchor: str
    heading: str
    short: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page. `kicker` stands above the title, `data` is the record behind the page, `saved_as` its file name."""

    kicker: str
    title: str
    subtitle: str
    sections: Sequence[Section]
    data: object
    saved_as: str
    foot: Sequence[str] = field(default_factory=tuple)
