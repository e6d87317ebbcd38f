"""How a crisis begins: the likeliest roads, each a kind and where it started, and what was on at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.result import Result
from sim.report import style, wording
from sim.report.figures import measure
from sim.report.figures.sheet import Sheet, sheet
from sim.report.roads import Road, ranked_ways, rest, roads
from sim.report.tables import Table

_NAMES = 3.6
_AXIS = 4.5
_INDENT = 0.18
_MOST_ROADS = 7
_MOST_WAYS = 3
_MOST_FLAGS = 3
# Ways are worth drawing for a road that carries this share of the odds, if the few drawn are this share of the road.
_WORTH_WAYS = 0.1
_TELLING_WAYS = 0.5
_NAME_LINE = measure.line_height(style.LABEL_SIZE)
_LINE = measure.line_height(style.SMALL_SIZE)


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar and its words. `number` is the place of its kind, for colour and hatch; None for the lumped rest.

    `digits` is the error that decides how many digits are written; `se` is the error that is drawn.
    """

    names: tuple[str, ...]
    details: tuple[str, ...]
    p: float
    se: float | None
    digits: float | None
    number: int | None
    way: bool = False

    @property
    def gap(self) -> float:
        """Inches above the bar's words."""
        return 0.05 if self.way else 0.16

    @property
    def height(self) -> float:
        """Inches that the bar takes with its words and its gap."""
        name_line = _LINE if self.way else _NAME_LINE
        return self.gap + name_line * len(self.names) + _LINE * len(self.details)


def draw(result: Result) -> Figure:
    """Horizontal bars, the likeliest road on top; with all other roads they sum to the odds.

    A road's main ways are thinner bars beneath it: the same road with this and that on when it began.
    """
    with style.house():
        bars = _bars(result)
        tall = sum(bar.height for bar in bars) + 0.1
        footer = wording.footer(wording.origin(result), "whiskers, where known: 95 % simulation error, by worlds")
        page = sheet(_title(result), _subtitle(result), footer, max(tall, 0.5))
        if not bars:
            page.text(style.MARGIN, 0.25, "No run reached a crisis that counts, so there is no road to draw.")
            return page.figure
        axes = page.axes(style.MARGIN + _NAMES, 0.0, _AXIS, tall, label="roads")
        _dress(axes, bars, tall)
        down = 0.0
        for bar in bars:
            _write(page, bar, down + bar.gap)
            _draw_bar(axes, bar, down + bar.gap, result["odds"]["p"])
            down += bar.height
    return page.figure


def table(result: Result) -> Table:
    """Every pathway of the result, the likeliest first, and what remains of the odds."""
    ways = ranked_ways(result)
    rows: list[tuple[object, ...]] = [
        (way["kind"], way["root"], " ".join(way["flags"]), way["p"], way["se"]) for way in ways
    ]
    left = rest(result, sum(way["p"] for way in ways))
    if left > 0.0:
        rows.append(("any", "all other roads", "", left, None))
    return Table(("kind", "root", "flags", "p", "se"), tuple(rows))


def _title(result: Result) -> str:
    found = roads(result)
    if not found:
        return "No road to a crisis was taken in any run"
    first = found[0]
    odds = wording.spoken(wording.headline(result["odds"]))
    share = wording.tally(first.p, first.se or result["odds"]["se"])
    return f"Likeliest road: {_name(first)}, {share} out of {odds}"


def _subtitle(result: Result) -> str:
    question = result["question"]
    when = wording.span(question["opens"], question["closes"])
    return f"Odds that the first crisis comes by each road, {when}; together they make the headline odds."


def _name(road: Road) -> str:
    return f"{wording.human(road.kind)} from {wording.root(road.root)}"


def _bars(result: Result) -> list[_Bar]:
    order = {kind: number for number, kind in enumerate(result["kinds"])}
    found = roads(result)
    shown = found if len(found) <= _MOST_ROADS else found[: _MOST_ROADS - 1]
    digits = result["odds"]["se"]
    bars = []
    for road in shown:
        number = order.get(road.kind, len(order))
        names = measure.wrap(wording.capital(_name(road)), _NAMES - 0.2, style.LABEL_SIZE, lines=2)
        ways = _ways(road, number, result["odds"]["p"])
        details = [] if ways else measure.wrap(_usual(road), _NAMES - 0.2, style.SMALL_SIZE, lines=2)
        bars.append(_Bar(tuple(names), tuple(details), road.p, road.se, road.se or digits, number))
        bars += ways
    left = rest(result, sum(road.p for road in shown))
    if left > 0.0:
        bars.append(_Bar(("All other roads",), (), left, None, digits, None))
    return bars


def _usual(road: Road) -> str:
    """What was usually on when the road began."""
    usual = road.usual[:_MOST_FLAGS]
    if not usual:
        return ""
    words = [f"{wording.flag(flag)} in {wording.in_hundred(share)}" for flag, share in usual]
    return "of 100 of these: " + ", ".join(words)


def _ways(road: Road, number: int, total: float) -> list[_Bar]:
    """The main ways of a road, and the rest of it, as thinner bars; none where they would be splinters."""
    main = road.ways[:_MOST_WAYS]
    carried = sum(way["p"] for way in main)
    if len(road.ways) == 1 or road.p < _WORTH_WAYS * total or carried < _TELLING_WAYS * road.p:
        return []
    room = _NAMES - 0.2 - _INDENT
    bars = []
    for way in main:
        words = (
            "with " + ", ".join(wording.flag(flag) for flag in way["flags"]) if way["flags"] else "with nothing else on"
        )
        names = tuple(measure.wrap(words, room, style.SMALL_SIZE, lines=2))
        bars.append(_Bar(names, (), way["p"], way["se"], way["se"], number, way=True))
    if len(road.ways) > len(main):
        bars.append(_Bar(("in other ways",), (), road.p - carried, None, road.se, number, way=True))
    return bars


def _dress(axes: Axes, bars: Sequence[_Bar], tall: float) -> None:
    largest = max(min(bar.p + style.Z95 * (bar.se or 0.0), 1.0) for bar in bars)
    axes.set_xlim(0.0, largest)
    axes.set_ylim(tall, 0.0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)


def _write(page: Sheet, bar: _Bar, down: float) -> None:
    """The words of a bar, left of it."""
    left = style.MARGIN + (_INDENT if bar.way else 0.0)
    size, line, colour = (
        (style.SMALL_SIZE, _LINE, style.MUTED) if bar.way else (style.LABEL_SIZE, _NAME_LINE, style.INK)
    )
    for number, name in enumerate(bar.names):
        page.text(left, down + line * (number + 0.5), name, size=size, color=colour)
    start = down + line * len(bar.names)
    for number, detail in enumerate(bar.details):
        page.text(left, start + _LINE * (number + 0.5), detail, size=style.SMALL_SIZE, color=style.MUTED)


def _draw_bar(axes: Axes, bar: _Bar, down: float, total: float) -> None:
    """The bar with its whisker, its odds, and for a road how many crises in a hundred come by it."""
    # The bar stands beside its name, not beside the small print under it.
    middle = down + (_LINE if bar.way else _NAME_LINE) * len(bar.names) / 2
    colour = style.RULE if bar.number is None else style.tint(bar.number)
    hatch = "" if bar.number is None else style.hatch(bar.number)
    axes.barh(middle, bar.p, height=0.08 if bar.way else 0.2, color=colour, hatch=hatch, edgecolor=style.PAPER, lw=0.0)
    reach = style.Z95 * (bar.se or 0.0)
    low, high = max(bar.p - reach, 0.0), min(bar.p + reach, 1.0)
    if reach > 0.0:
        axes.plot([low, high], [middle, middle], color=style.INK, linewidth=1.0, solid_capstyle="butt", clip_on=False)
        axes.plot([low, high], [middle, middle], "|", markersize=5, color=style.INK, clip_on=False)
    inch = axes.get_xlim()[1] / _AXIS
    place = (high if reach > 0.0 else bar.p) + 0.08 * inch
    words = wording.tally(bar.p, bar.digits)
    if bar.way:
        axes.text(place, middle, words, va="center", fontsize=style.SMALL_SIZE, color=style.MUTED)
        return
    axes.text(place, middle, words, va="center", fontsize=style.LABEL_SIZE)
    place += (measure.width(words, style.LABEL_SIZE) + 0.12) * inch
    beside = f"{wording.in_hundred(bar.p / total)} in 100 crises"
    axes.text(place, middle, beside, va="center", fontsize=style.SMALL_SIZE, color=style.MUTED)
