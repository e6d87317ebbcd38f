"""How a crisis begins: the likeliest roads, each a kind, where it started, and what was on at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.result import PathwayPart, Result
from sim.report import style, wording
from sim.report.figures import measure
from sim.report.figures.sheet import Sheet, sheet
from sim.report.tables import Table

_NAMES = 3.6
_AXIS = 4.5
_MOST = 9
_GAP = 0.16
_BAR = 0.2
_NAME_LINE = measure.line_height(style.LABEL_SIZE)
_LINE = measure.line_height(style.SMALL_SIZE)
# Below this, the rest is rounding of a sum and not a road.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class _Bar:
    """One road: its words, its odds, and the number of its kind for colour and hatch (None for the lumped rest).

    `digits` is the error that decides how many digits are written; `se` is the error that is drawn.
    """

    names: tuple[str, ...]
    details: tuple[str, ...]
    p: float
    se: float | None
    digits: float | None
    number: int | None

    @property
    def height(self) -> float:
        return _NAME_LINE * len(self.names) + _LINE * len(self.details) + _GAP


def draw(result: Result) -> Figure:
    """Horizontal bars, the likeliest road on top; with all other roads they sum to the odds."""
    with style.house():
        bars = _bars(result)
        tall = sum(bar.height for bar in bars) + _GAP / 2
        footer = wording.footer(wording.origin(result), "whiskers: 95 % simulation error, by worlds")
        page = sheet(_title(result), _subtitle(result), footer, max(tall, 0.5))
        if not bars:
            page.text(style.MARGIN, 0.25, "No run reached a crisis that counts, so there is no road to draw.")
            return page.figure
        axes = page.axes(style.MARGIN + _NAMES, 0.0, _AXIS, tall, label="roads")
        _dress(axes, bars, tall)
        down = _GAP / 2
        for bar in bars:
            _draw_bar(page, axes, bar, down, result["odds"]["p"])
            down += bar.height
    return page.figure


def table(result: Result) -> Table:
    """Every road of the result, the likeliest first, and what remains of the odds."""
    ranked = _ranked(result)
    rows: list[tuple[object, ...]] = [
        (part["kind"], part["root"], " ".join(part["flags"]), part["p"], part["se"]) for part in ranked
    ]
    rest = _rest(result, ranked)
    if rest > 0.0:
        rows.append(("any", "all other roads", "", rest, None))
    return Table(("kind", "root", "flags", "p", "se"), tuple(rows))


def _ranked(result: Result) -> list[PathwayPart]:
    roads = [part for part in result["pathways"] if part["p"] > 0.0]
    return sorted(roads, key=lambda part: (-part["p"], part["kind"], part["root"], part["flags"]))


def _rest(result: Result, shown: Sequence[PathwayPart]) -> float:
    rest = result["odds"]["p"] - sum(part["p"] for part in shown)
    return rest if rest > _NOTHING else 0.0


def _title(result: Result) -> str:
    ranked = _ranked(result)
    if not ranked:
        return "No road to a crisis was taken in any run"
    first = ranked[0]
    road = f"{wording.human(first['kind'])} from {wording.human(first['root'])}"
    odds = wording.spoken(wording.headline(result["odds"]))
    return f"Likeliest road: {road}, {wording.tally(first['p'], first['se'])} out of {odds}"


def _subtitle(result: Result) -> str:
    question = result["question"]
    when = wording.span(question["opens"], question["closes"])
    return f"Odds that the first crisis comes by each road, {when}; together they make the headline odds."


def _bars(result: Result) -> list[_Bar]:
    order = {kind: number for number, kind in enumerate(result["kinds"])}
    ranked = _ranked(result)
    shown = ranked if len(ranked) <= _MOST else ranked[: _MOST - 1]
    room = _NAMES - 0.2
    bars = []
    for part in shown:
        name = f"{wording.capital(wording.human(part['kind']))} from {wording.human(part['root'])}"
        while_on = "while " + ", ".join(wording.flag(flag) for flag in part["flags"]) if part["flags"] else ""
        names = tuple(measure.wrap(name, room, style.LABEL_SIZE, lines=2))
        details = tuple(measure.wrap(while_on, room, style.SMALL_SIZE, lines=2))
        bars.append(_Bar(names, details, part["p"], part["se"], part["se"], order.get(part["kind"], len(order))))
    rest = _rest(result, shown)
    if rest > 0.0:
        bars.append(_Bar(("All other roads",), (), rest, None, result["odds"]["se"], None))
    return bars


def _dress(axes: Axes, bars: Sequence[_Bar], tall: float) -> None:
    largest = max(min(bar.p + style.Z95 * (bar.se or 0.0), 1.0) for bar in bars)
    axes.set_xlim(0.0, largest)
    axes.set_ylim(tall, 0.0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)


def _draw_bar(page: Sheet, axes: Axes, bar: _Bar, down: float, total: float) -> None:
    for number, line in enumerate(bar.names):
        page.text(style.MARGIN, down + _NAME_LINE * (number + 0.5), line)
    start = down + _NAME_LINE * len(bar.names)
    for number, line in enumerate(bar.details):
        height = start + _LINE * (number + 0.5)
        page.text(style.MARGIN, height, line, size=style.SMALL_SIZE, color=style.MUTED)
    middle = down + (bar.height - _GAP) / 2
    colour = style.RULE if bar.number is None else style.tint(bar.number)
    hatch = "" if bar.number is None else style.hatch(bar.number)
    axes.barh(middle, bar.p, height=_BAR, color=colour, hatch=hatch, edgecolor=style.PAPER, linewidth=0.0)
    reach = style.Z95 * (bar.se or 0.0)
    low, high = max(bar.p - reach, 0.0), min(bar.p + reach, 1.0)
    if reach > 0.0:
        axes.plot([low, high], [middle, middle], color=style.INK, linewidth=1.0, solid_capstyle="butt", clip_on=False)
        axes.plot([low, high], [middle, middle], "|", markersize=5, color=style.INK, clip_on=False)
    inch = axes.get_xlim()[1] / _AXIS
    share = round(100 * bar.p / total)
    words = wording.tally(bar.p, bar.digits)
    place = (high if reach > 0.0 else bar.p) + 0.08 * inch
    axes.text(place, middle, words, va="center", fontsize=style.LABEL_SIZE)
    beside = f"{share} in 100 crises" if share else "fewer than 1 in 200 crises"
    place += (measure.width(words, style.LABEL_SIZE) + 0.12) * inch
    axes.text(place, middle, beside, va="center", fontsize=style.SMALL_SIZE, color=style.MUTED)
