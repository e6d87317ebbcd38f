"""Where the odds cross a target: every value that was tried, and the stretches in which they cannot be told apart."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.sweeping import Breakeven, CrossingPart, OddsPart, TriedPart
from sim.report import inputs, style, swept, wording
from sim.report.figures import measure, percents, played, scales
from sim.report.figures.sheet import sheet
from sim.report.figures.sparse import sparse
from sim.report.tables import Table

_LEFT = 0.95
_RIGHT = 1.75
_WIDTH = style.WIDTH - _LEFT - _RIGHT
_HEIGHT = 3.8
_AXIS = 0.75
_LINE = measure.line_height(style.SMALL_SIZE)
_GAP = 0.12
_MOST_TOLD = 3
_MOST_NAMED = 8


def draw(result: Breakeven) -> Figure:
    """The curve of what was tried with its band, the target, and each crossing with its interval."""
    with style.house():
        one = scales.scale(result["axis"], [*(point["at"] for point in result["tried"]), *result["range"]])
        head = 0.2 + 2 * _LINE if result["crossings"] else 0.2
        page = sheet(_title(result, one), _subtitle(result), _footer(result), head + _HEIGHT + _AXIS)
        axes = page.axes(_LEFT, head, _WIDTH, _HEIGHT, label="breakeven")
        largest = max([result["odds"], result["own"]["p"], *(point["interval"][1] for point in result["tried"])])
        percents.dress(axes, min(largest, 1.0), ticks=6)
        scales.dress(axes, one, _WIDTH)
        _draw_own_range(axes, one)
        _draw_curve(axes, result)
        _draw_levels(axes, result)
        _draw_crossings(axes, one, result["crossings"])
    return page.figure


def table(result: Breakeven) -> Table:
    """The target, each crossing with its interval, and everything that was tried; a date is its ordinal."""
    own = result["own"]
    rows: list[dict[str, object]] = [
        {"section": "target", "p": result["odds"]},
        {"section": "file", **_odds_cells(own), "note": scales.own_words(result["axis"])},
    ]
    for crossing in result["crossings"]:
        low, high = crossing["interval"]
        way = ("rising" if crossing["rising"] else "falling") + (" jump" if crossing["jump"] else "")
        places = {"at": crossing["value"], "from": low, "to": high}
        rows.append({"section": "crossing", **places, "p": result["odds"], "note": way})
    rows += [{"section": "tried", "at": point["at"], **_odds_cells(point)} for point in result["tried"]]
    return sparse(("section", "at", "from", "to", "p", "se", "low", "high", "note"), rows)


def _odds_cells(odds: OddsPart | TriedPart) -> dict[str, object]:
    low, high = odds["interval"]
    return {"p": odds["p"], "se": odds["se"], "low": low, "high": high}


def _percent(odds: float) -> str:
    """A target as it was asked for."""
    return f"{round(100.0 * odds, 6):g} %"


def _title(result: Breakeven, one: scales.Scale) -> str:
    name, target = inputs.label(result["axis"]["path"]), _percent(result["odds"])
    crossings = result["crossings"]
    if not crossings:
        first, last = (scales.in_words(one, place) for place in result["range"])
        low, high = (wording.spoken(played.odds(end)) for end in (result["lowest"], result["highest"]))
        if all(part["interval"][0] <= result["odds"] <= part["interval"][1] for part in result["tried"]):
            return f"The odds cannot be told from {target} at any {name} within {first} to {last}"
        stay = f"stay between {low} and {high}" if low != high else f"stay at {low}"
        return f"No {name} within {first} to {last} brings the odds to {target}: they {stay}"
    if len(crossings) == 1:
        crossing = crossings[0]
        if crossing["jump"]:
            ends = " to ".join(wording.spoken(played.odds(part)) for part in swept.sides(result, crossing))
            return f"The odds jump over {target}, from {ends}, where {name} is {_value(one, crossing)}"
        way = "rise to" if crossing["rising"] else "fall to"
        span = _span(one, crossing)
        return f"The odds {way} {target} where {name} is {_value(one, crossing)}{f' ({span})' if span else ''}"
    # among several the later of two days stands for both
    places = [
        scales.in_words(one, crossing["value"]) if one.kind == "date" else _value(one, crossing)
        for crossing in crossings[:_MOST_TOLD]
    ]
    more = len(crossings) - len(places)
    told = f"{', '.join(places)} and {more} more" if more else f"{', '.join(places[:-1])} and {places[-1]}"
    times = "twice" if len(crossings) == 2 else f"{len(crossings)} times"
    return f"The odds cross {target} {times} as {name} changes: at {told}"


def _error(crossing: CrossingPart) -> float:
    """About one standard error of a crossing: a quarter of its interval, or half of the side that is known."""
    low, high = crossing["interval"]
    if low is not None and high is not None:
        return (high - low) / 4.0
    known = low if low is not None else high
    return 0.0 if known is None else abs(crossing["value"] - known) / 2.0


def _value(one: scales.Scale, crossing: CrossingPart) -> str:
    if crossing["jump"]:
        return swept.jump_at(one.axis, crossing, dated=one.kind == "date")
    return scales.in_words(one, crossing["value"], _error(crossing))


def _span(one: scales.Scale, crossing: CrossingPart) -> str:
    """The interval of a crossing; an open end is said to be open, and a jump has none."""
    if crossing["jump"]:
        return ""
    error = _error(crossing)
    low, high = (None if end is None else scales.in_words(one, end, error) for end in crossing["interval"])
    if low is None and high is None:
        return "the whole range, within the error"
    if low is None:
        return f"up to {high}"
    if high is None:
        return f"{low} or {'later' if one.kind == 'date' else 'more'}"
    return f"{low} to {high}" if low != high else ""


def _subtitle(result: Breakeven) -> str:
    headline = wording.spoken(played.odds(result["own"]))
    said = f"In the file it is {scales.own_words(result['axis'])}"
    return f"{said}, with odds of {headline}. All else stays as uncertain as it is there."


def _footer(result: Breakeven) -> str:
    design = result["design"]
    name = wording.shortened(wording.plain(result["scenario"]["name"]), 48)
    worlds, replays = wording.count(design["worlds"], "world"), wording.count(design["replays"], "replay")
    many = f"{wording.count(len(result['tried']), 'value')} tried, up to {worlds} × {replays} each"
    meanings = ["band: 95 % simulation error, by worlds"]
    if not all(crossing["jump"] for crossing in result["crossings"]):
        meanings.append("hatched: not to be told from the target")
    if _own_range(scales.scale(result["axis"], [point["at"] for point in result["tried"]])) is not None:
        meanings.append("grey: the file's 5–95 %")
    return wording.footer(None, name, many, f"seed {design['seed']}, same luck", *meanings)


def _own_range(one: scales.Scale) -> tuple[float, float] | None:
    """The 5th and 95th percentile of the file where it is uncertain, as far as they are in the picture."""
    left, right = one.limits
    low, high = (one.place(one.axis[end]) for end in ("p5", "p95"))
    if low is None or high is None:
        return None
    low, high = max(low, left), min(high, right)
    return (low, high) if low < high else None


def _draw_own_range(axes: Axes, one: scales.Scale) -> None:
    """What the file itself says of the input, as a grey span."""
    span = _own_range(one)
    if span is not None:
        axes.axvspan(*span, color=style.SHADE, linewidth=0, zorder=0)


def _draw_curve(axes: Axes, result: Breakeven) -> None:
    tried = sorted(result["tried"], key=lambda point: point["at"])
    places, odds = [point["at"] for point in tried], [point["p"] for point in tried]
    low, high = ([point["interval"][side] for point in tried] for side in (0, 1))
    axes.fill_between(places, low, high, color=style.SKY, alpha=0.45, linewidth=0, zorder=2)
    size = 4.5 if len(tried) <= 30 else 3.0
    axes.plot(places, odds, "o-", color=style.BLUE, linewidth=1.6, markersize=size, clip_on=False, zorder=4)


def _draw_levels(axes: Axes, result: Breakeven) -> None:
    """The target and the file's own odds as lines, named right of the picture."""
    own, target = result["own"], result["odds"]
    left, right = axes.get_xlim()
    inch = (right - left) / _WIDTH
    top = axes.get_ylim()[1]
    axes.axhline(target, color=style.VERMILLION, linewidth=1.6, zorder=3)
    axes.axhline(own["p"], color=style.INK, linewidth=1.1, linestyle=(0, (5, 3)), zorder=3)
    names = [f"target: {_percent(target)}", f"the file: {played.odds(own)}"]
    wanted = [target / top * _HEIGHT, own["p"] / top * _HEIGHT]
    places = measure.spread(wanted, 0.18, 0.06, _HEIGHT)
    for level, wish, place, name in zip((target, own["p"]), wanted, places, names, strict=True):
        ends = [right, right + 0.1 * inch]
        if abs(wish - place) > 0.01:
            axes.plot(ends, [level, place / _HEIGHT * top], color=style.FAINT, linewidth=0.6, clip_on=False, zorder=1)
        words = measure.fit(name, _RIGHT - style.MARGIN - 0.13, style.SMALL_SIZE + 0.5, bold=True)
        look: dict[str, Any] = {"va": "center", "fontsize": style.SMALL_SIZE + 0.5, "fontweight": "bold"}
        axes.text(right + 0.13 * inch, place / _HEIGHT * top, words, **look)


def _draw_crossings(axes: Axes, one: scales.Scale, crossings: list[CrossingPart]) -> None:
    """Each crossing as a line in its hatched interval, with its value above the picture."""
    left, right = axes.get_xlim()
    inch = (right - left) / _WIDTH
    top = axes.get_ylim()[1]
    for crossing in crossings:
        low, high = crossing["interval"]
        low, high = left if low is None else low, right if high is None else high
        look: dict[str, Any] = {
            "facecolor": style.SHADE,
            "edgecolor": style.RULE,
            "hatch": "////",
            "linewidth": 0.0,
            "zorder": 0,
        }
        if not crossing["jump"]:
            axes.axvspan(low, high, **look)
        axes.axvline(crossing["value"], color=style.VERMILLION, linewidth=1.2, linestyle=(0, (2, 2)), zorder=3)
    named = crossings[:_MOST_NAMED]
    texts = _labels(one, named)
    half = max((measure.width(line, style.SMALL_SIZE, bold=True) for text in texts for line in text), default=0.0) / 2
    wanted = [(crossing["value"] - left) / inch for crossing in named]
    places = measure.spread(wanted, 2 * half + _GAP, half, _WIDTH - half)
    for wish, place, lines in zip(wanted, places, texts, strict=True):
        ends = [left + wish * inch, left + place * inch]
        axes.plot(ends, [top, 1.02 * top], color=style.FAINT, linewidth=0.6, clip_on=False)
        for number, line in enumerate(reversed(lines)):
            height = top * (1.0 + (0.14 + _LINE * number) / _HEIGHT)
            weight = "bold" if number == len(lines) - 1 else "normal"
            words: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": style.SMALL_SIZE, "fontweight": weight}
            axes.text(left + place * inch, height, line, **words)


def _labels(one: scales.Scale, crossings: list[CrossingPart]) -> list[list[str]]:
    """Value and interval of each crossing; the intervals are left to the table where they do not all fit."""
    room = _WIDTH / max(len(crossings), 1) - 2 * _GAP
    spans = [_span(one, crossing) for crossing in crossings]
    fitting = all(measure.width(span, style.SMALL_SIZE) <= room for span in spans)
    values = [measure.fit(_value(one, crossing), room, style.SMALL_SIZE, bold=True) for crossing in crossings]
    return [[value, span] if fitting and span else [value] for value, span in zip(values, spans, strict=True)]
