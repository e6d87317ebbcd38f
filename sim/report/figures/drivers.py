"""What the odds rest on, as a tornado: the odds at both ends of every assumption, and what knowing it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.drivers import DriverPart, Drivers
from sim.report import inputs, style, wording
from sim.report.figures import knowable, measure, percents, played
from sim.report.figures.sheet import Sheet, sheet
from sim.report.figures.sparse import sparse
from sim.report.tables import Table

MOST = 12
_NAMES = 2.75
_AXIS = 4.75
_LEFT = style.MARGIN + _NAMES
# Column of gains: its bars, and where its digits and the total effects begin.
_GAINS = _LEFT + _AXIS + 0.2
_GAIN_BAR = 0.75
_GAIN_WORDS = _GAINS + _GAIN_BAR + 0.12
_TOTALS = style.WIDTH - style.MARGIN
_HEAD = 0.6
_FOOT = 0.36
_END_WORDS = 1.15
_NAME_LINE = measure.line_height(style.LABEL_SIZE)
_LINE = measure.line_height(style.SMALL_SIZE)
_BAR = 0.2
# Lines that the names of correlated assumptions may take.
_COMPANY = 3
_NUMBERS = ("swing", "swing_se", "V", "V_se", "above_noise", "first", "total", "total_se")
_DOT = 4.5
# Face and edge of the part of a bar towards an end, its hatch, and the marker at the end.
_LOW = (style.SKY, style.PAPER, "", "v")
_HIGH = (style.ORANGE, style.PAPER, "////", "^")


def _company(paths: Sequence[str], room: float, size: float) -> list[str]:
    """What an assumption is correlated with, by name where there is room, else how many there are."""
    if not paths:
        return []
    words = f"together with {', '.join(inputs.label(path) for path in paths)}"
    named = measure.wrap(words, room, size, lines=_COMPANY)
    if not any(line.endswith("…") for line in named):
        return named
    return measure.wrap(f"correlated with {wording.count(len(paths), 'other')}", room, size, lines=1)


@dataclass(frozen=True)
class _Row:
    """One assumption with its words."""

    driver: DriverPart

    @cached_property
    def names(self) -> list[str]:
        """Its name, broken so that it fits the column."""
        words = wording.capital(inputs.label(self.driver["path"]))
        return measure.wrap(words, _NAMES - 0.15, style.LABEL_SIZE, lines=2)

    @cached_property
    def details(self) -> list[str]:
        """Small print: the path that a command would name, and what it cannot be told apart from."""
        room, size = _NAMES - 0.15, style.SMALL_SIZE - 0.5
        # The end of a path says most: it is cut at its beginning.
        lines = [measure.fit(wording.plain(self.driver["path"])[::-1], room, size)[::-1]]
        return [*lines, *_company(self.driver["together_with"], room, size)]

    @property
    def height(self) -> float:
        """Inches that the row takes; names of states stand under the bar."""
        words = _NAME_LINE * len(self.names) + _LINE * len(self.details)
        return max(words + 0.14, 0.62 if self.driver["states"] else 0.4)

    @property
    def reach(self) -> tuple[float, float]:
        """The least and the largest odds that are drawn."""
        ends = [self.driver["low"], self.driver["high"], *self.driver["states"]]
        reaches = [style.Z95 * (end["se"] or 0.0) for end in ends]
        low = min(end["p"] - reach for end, reach in zip(ends, reaches, strict=True))
        high = max(end["p"] + reach for end, reach in zip(ends, reaches, strict=True))
        return max(low, 0.0), min(high, 1.0)

    @property
    def end_words(self) -> tuple[str, str]:
        """The values at the left and at the right end."""
        low, high = self.driver["low"], self.driver["high"]
        first, last = (low, high) if low["p"] <= high["p"] else (high, low)
        return _end_words(first["at"], self.driver["unit"]), _end_words(last["at"], self.driver["unit"])


def draw(result: Drivers) -> Figure:
    """Assumptions above the noise floor, the most telling on top, and below them what luck leaves to know."""
    with style.house():
        rows = [_Row(driver) for driver in _shown(result)]
        tall = sum(row.height for row in rows)
        upper = _HEAD + tall + _FOOT if rows else 0.0
        rest = _rest(result)
        after = upper + (0.3 if rest else 0.0)
        page = sheet(_title(result), _subtitle(result), _footer(result), after + knowable.HEIGHT)
        if rows:
            axes = page.axes(_LEFT, _HEAD, _AXIS, tall, label="tornado")
            _dress(axes, result, rows, tall)
            gains = page.axes(_GAINS, _HEAD, _GAIN_BAR, tall, label="gains", sharey=axes)
            _dress_gains(page, gains, result, rows, tall)
            _head(page, result)
            down = 0.0
            for row in rows:
                _write(page, row, down)
                _draw_row(axes, row, down + row.height / 2, result["odds"]["p"])
                _draw_gain(page, gains, row, down, result)
                down += row.height
        if rest:
            page.text(style.MARGIN, upper + 0.12, rest, size=style.SMALL_SIZE + 0.5, color=style.MUTED)
        knowable.draw(page, after, result)
    return page.figure


def table(result: Drivers) -> Table:
    """A row an assumption and one for each place where the odds were taken, all of them, drawn or not.

    `V` of the headline is that of all assumptions; `luck` carries W there, `noise` the floor.
    """
    odds, known, noise = result["odds"], result["knowable"], result["noise"]
    floor = {"swing": noise["swing"], "V": noise["V"], "total": noise["total"]}
    rows: list[dict[str, object]] = [
        {"section": "headline", "p": odds["p"], "se": odds["se"], "V": known["V"], "V_se": known["V_se"]},
        {"section": "luck", "V": known["W"], "note": "V is W here"},
        {"section": "noise", **floor, "note": f"97.5th percentile over {noise['dummies']} dummies"},
    ]
    for driver in result["drivers"]:
        who = {"path": driver["path"], "unit": driver["unit"]}
        numbers = {name: value for name, value in driver.items() if name in _NUMBERS}
        others = " ".join(driver["together_with"])
        rows.append({"section": "assumption", **who, **numbers, "together_with": others, "note": driver["source"]})
        ends = [("low", driver["low"]), ("high", driver["high"]), *(("state", state) for state in driver["states"])]
        rows += [{"section": section, **who, **end} for section, end in ends]
    columns = ("section", "path", "unit", "at", "p", "se", *_NUMBERS, "together_with", "note")
    return sparse(columns, rows)


def _shown(result: Drivers) -> list[DriverPart]:
    return inputs.telling(result)[:MOST]


def _title(result: Drivers) -> str:
    shown = _shown(result)
    headline = wording.spoken(wording.headline(result["odds"]))
    if not result["drivers"]:
        return f"Nothing in this file is uncertain: the odds of {headline} rest on no assumption"
    if not shown:
        many = len(result["drivers"])
        which = "The one assumption does no more" if many == 1 else f"None of {many} assumptions does more"
        return f"{which} to the odds of {headline} than noise would"
    first = shown[0]
    unit = first["unit"]
    # What lowers the odds is said last: the reader begins with the danger.
    worst, best = sorted((first["high"], first["low"]), key=lambda end: -end["p"])
    parts = [f"{wording.chance(end['p'], end['se'])} if it is {inputs.value(end['at'], unit)}" for end in (worst, best)]
    return f"The odds rest most on {inputs.label(first['path'])}: {parts[0]}, {parts[1]}"


def _subtitle(result: Drivers) -> str:
    if not _shown(result):
        return "An assumption that touches nothing would seem to do as much; more worlds would lower that floor."
    states = any(driver["states"] for driver in _shown(result))
    words = (
        "Each bar: the odds with one assumption at its 5 % and at its 95 % value, all others as uncertain as they are"
    )
    return f"{words} (for states: in the least and in the most dangerous one)." if states else f"{words}."


def _footer(result: Drivers) -> str:
    source = played.origin(result["scenario"], result["design"])
    noise = f"noise: 97.5th percentile over {result['noise']['dummies']:,} made-up assumptions that touch nothing"
    return wording.footer(source, "whiskers: 95 % simulation error, by worlds", noise)


def _rest(result: Drivers) -> str:
    """What is not drawn, in a line."""
    drivers = result["drivers"]
    telling, shown = inputs.telling(result), _shown(result)
    over, under = len(telling) - len(shown), sum(not driver["above_noise"] for driver in drivers)
    idle = len(drivers) - len(telling) - under
    words = _not_drawn(over, under) if shown and over + under else ""
    if not idle:
        return words
    verb = "changes" if idle == 1 else "change"
    return f"{words} {wording.count(idle, 'other')} {verb} no run when exchanged.".strip()


def _not_drawn(over: int, under: int) -> str:
    """How many are above the noise floor and left out, and how many below it."""
    many = wording.count(over + under, "other")
    if not over:
        verb, seem = ("is", "it seems") if under == 1 else ("are", "they seem")
        return f"{many} {verb} below the noise floor: what {seem} to do may be chance."
    if not under:
        return f"{many} above the noise floor, each worth less than those drawn."
    return f"{many}: {over} above the noise floor, each worth less than those drawn, and {under} below it."


def _end_words(at: float | str, unit: str | None) -> str:
    """The value at an end of a bar, without its unit where that would be cut."""
    room, size = _END_WORDS - 0.1, style.SMALL_SIZE
    whole = inputs.value(at, unit)
    return whole if measure.width(whole, size) <= room else measure.fit(inputs.bare(at, unit), room, size)


def _head(page: Sheet, result: Drivers) -> None:
    """What the signs and the columns mean, above them."""
    small = style.SMALL_SIZE
    axes = page.axes(_LEFT, 0.0, _AXIS, _HEAD - 0.2, label="key")
    axes.set_xlim(0.0, _AXIS)
    axes.set_ylim(_HEAD - 0.2, 0.0)
    axes.axis("off")
    place = 0.05
    for words, look in (("at its low value", _LOW), ("at its high value", _HIGH)):
        face, edge, hatch, marker = look
        axes.barh(0.1, 0.3, left=place, height=0.13, facecolor=face, edgecolor=edge, hatch=hatch, linewidth=0.0)
        axes.plot([place + 0.3], [0.1], marker, markersize=_DOT, color=style.INK, clip_on=False)
        axes.text(place + 0.42, 0.1, words, va="center", fontsize=small)
        place += 0.42 + measure.width(words, small) + 0.25
    axes.barh(0.1, 0.2, left=place, height=0.15, color=style.RULE, linewidth=0.0)
    axes.text(place + 0.28, 0.1, "noise", va="center", fontsize=small)
    quiet: dict[str, Any] = {"size": small, "color": style.MUTED}
    page.text(_GAINS, 0.1, "Worth of knowing it:", **quiet)
    page.text(_GAINS, 0.1 + _LINE, "of the Brier score", **quiet)
    if _has_totals(result):
        page.text(_TOTALS, 0.1, "Has a hand in:", ha="right", **quiet)
        page.text(_TOTALS, 0.1 + _LINE, "of the variance", ha="right", **quiet)


def _has_totals(result: Drivers) -> bool:
    return any(driver["total"] is not None for driver in _shown(result))


def _dress(axes: Axes, result: Drivers, rows: Sequence[_Row], tall: float) -> None:
    """Limits that leave room for the words at the ends, ticks, the headline and the band of noise."""
    p, swing = result["odds"]["p"], result["noise"]["swing"]
    band = max(p - swing / 2, 0.0), min(p + swing / 2, 1.0)
    low = min(band[0], *(row.reach[0] for row in rows), p)
    high = max(band[1], *(row.reach[1] for row in rows), p)
    wide = max(high - low, 1e-4)
    # The inner part is never narrower than with the longest words on both sides: what fits there fits.
    inch = wide / (_AXIS - 2 * _END_WORDS)
    left, right = 0.1, 0.1
    for row in rows:
        first, last = (measure.width(words, style.SMALL_SIZE) + 0.2 for words in row.end_words)
        left = max(left, first - (min(row.reach[0], p) - low) / inch)
        right = max(right, last - (high - max(row.reach[1], p)) / inch)
    inch = wide / (_AXIS - left - right)
    axes.set_xlim(low - left * inch, high + right * inch)
    axes.set_ylim(tall, 0.0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    percents.across(axes, max(low, 0.0), min(high, 1.0), ticks=6)
    axes.axvspan(*band, color=style.RULE, alpha=0.7, linewidth=0, zorder=1)
    axes.axvline(p, color=style.INK, linewidth=1.3, zorder=3)
    words = f"headline {wording.headline(result['odds'])}"
    axes.text(p, -0.08, words, ha="center", va="center", fontsize=style.SMALL_SIZE)


def _write(page: Sheet, row: _Row, down: float) -> None:
    """Name and small print, left of the bar."""
    words = _NAME_LINE * len(row.names) + _LINE * len(row.details)
    place = _HEAD + down + (row.height - words) / 2
    for name in row.names:
        page.text(style.MARGIN, place + _NAME_LINE / 2, name)
        place += _NAME_LINE
    for detail in row.details:
        page.text(style.MARGIN, place + _LINE / 2, detail, size=style.SMALL_SIZE - 0.5, color=style.MUTED)
        place += _LINE
    page.rule(style.MARGIN, page.width - style.MARGIN, _HEAD + down, width=0.5)


def _draw_row(axes: Axes, row: _Row, middle: float, p: float) -> None:
    """Both parts of a bar, the longer behind the shorter, with whiskers, signs and words at the ends."""
    driver = row.driver
    ends = [(driver["low"], _LOW), (driver["high"], _HIGH)]
    for end, (face, edge, hatch, _) in sorted(ends, key=lambda item: -abs(item[0]["p"] - p)):
        look: dict[str, Any] = {"facecolor": face, "edgecolor": edge, "hatch": hatch, "linewidth": 0.4, "zorder": 2}
        axes.barh(middle, end["p"] - p, left=p, height=_BAR, **look)
    for end, (_, _, _, marker) in ends:
        reach = style.Z95 * (end["se"] or 0.0)
        whisker = [max(end["p"] - reach, 0.0), min(end["p"] + reach, 1.0)]
        axes.plot(whisker, [middle, middle], color=style.INK, linewidth=1.0, solid_capstyle="butt", zorder=4)
        axes.plot(whisker, [middle, middle], "|", markersize=6, color=style.INK, zorder=4)
        axes.plot([end["p"]], [middle], marker, markersize=_DOT, color=style.INK, clip_on=False, zorder=5)
    left, right = axes.get_xlim()
    inch = (right - left) / _AXIS
    first, last = row.end_words
    low, high = min(row.reach[0], p), max(row.reach[1], p)
    axes.text(low - 0.08 * inch, middle, first, ha="right", va="center", fontsize=style.SMALL_SIZE, zorder=6)
    axes.text(high + 0.08 * inch, middle, last, ha="left", va="center", fontsize=style.SMALL_SIZE, zorder=6)
    _draw_states(axes, driver, middle, inch)


def _draw_states(axes: Axes, driver: DriverPart, middle: float, inch: float) -> None:
    """States between the ends as dots, named under the bar where there is room."""
    ends = (driver["low"]["at"], driver["high"]["at"])
    between = sorted((state for state in driver["states"] if state["at"] not in ends), key=lambda state: state["p"])
    free = -1e9
    for state in between:
        axes.plot([state["p"]], [middle], "o", markersize=_DOT, color=style.PAPER, markeredgecolor=style.INK, zorder=5)
        words = measure.fit(inputs.value(state["at"], driver["unit"]), _END_WORDS, style.SMALL_SIZE - 0.5)
        half = measure.width(words, style.SMALL_SIZE - 0.5) / 2 * inch
        if state["p"] - half > free:
            look: dict[str, Any] = {
                "ha": "center",
                "va": "center",
                "fontsize": style.SMALL_SIZE - 0.5,
                "color": style.MUTED,
            }
            axes.text(state["p"], middle + _BAR / 2 + 0.1, words, zorder=6, **look)
            free = state["p"] + half + 0.08 * inch


def _dress_gains(page: Sheet, axes: Axes, result: Drivers, rows: Sequence[_Row], tall: float) -> None:
    noise = max(result["noise"]["V"], 0.0)
    largest = max(noise, *(row.driver["V"] for row in rows), 1e-12)
    axes.set_xlim(0.0, 1.05 * largest)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(True)
    axes.tick_params(left=False, labelleft=False)
    axes.axvline(noise, color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)), zorder=4)
    # The floor is a rough thing: one digit.
    words = f"dashed: noise, {inputs.gain(noise, noise / 2.0, result['odds']['p'])}"
    page.text(_GAINS, _HEAD + tall + 0.13, words, size=style.SMALL_SIZE, color=style.MUTED)


def _draw_gain(page: Sheet, axes: Axes, row: _Row, down: float, result: Drivers) -> None:
    driver, middle = row.driver, down + row.height / 2
    axes.barh(middle, max(driver["V"], 0.0), height=_BAR, color=style.BLUE, linewidth=0, zorder=2)
    size, p = style.SMALL_SIZE + 0.5, result["odds"]["p"]
    page.text(_GAIN_WORDS, _HEAD + middle, inputs.gain(driver["V"], driver["V_se"], p), size=size)
    if driver["total"] is not None:
        words = wording.tally(min(max(driver["total"], 0.0), 1.0), driver["total_se"])
        words = "none" if driver["total"] <= 0.0 else "all" if driver["total"] >= 1.0 else words
        page.text(_TOTALS, _HEAD + middle, words, size=size, ha="right")
