"""How the odds answer to one input, as a curve, or to two, as a map; the file's own value is marked."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.sweeping import PointPart, Sweep
from sim.report import inputs, style, swept, wording
from sim.report.figures import heat, percents, played, scales
from sim.report.figures.sheet import sheet
from sim.report.tables import Table

_LEFT = 0.95
_RIGHT = 1.75
_WIDTH = style.WIDTH - _LEFT - _RIGHT
_HEIGHT = 3.8
_AXIS = 0.75
_HEAD = 0.3


def draw(result: Sweep) -> Figure:
    """A curve with its band for one axis, a map for two. Raises `ValueError` for none or more than two."""
    if len(result["axes"]) not in (1, 2):
        raise ValueError(f"a sweep has one axis or two, not {len(result['axes'])}")
    with style.house():
        body = heat.height(result) if len(result["axes"]) == 2 else _HEAD + _HEIGHT + _AXIS
        page = sheet(_title(result), _subtitle(result), _footer(result), body)
        if len(result["axes"]) == 2:
            heat.draw(page, result)
            return page.figure
        one = scales.scale(result["axes"][0])
        axes = page.axes(_LEFT, _HEAD, _WIDTH, _HEIGHT, label="sweep")
        largest = max(result["own"]["p"], *(point["interval"][1] for point in result["points"]))
        percents.dress(axes, min(largest, 1.0), ticks=6)
        scales.dress(axes, one, _WIDTH)
        _draw_own(axes, one, result)
        _draw_curve(axes, one, result)
    return page.figure


def table(result: Sweep) -> Table:
    """A row a point with the values of the axes, and first the file itself."""
    names = tuple(axis["path"] for axis in result["axes"])
    own = result["own"]
    spans = [scales.own_words(axis) for axis in result["axes"]]
    rows: list[tuple[object, ...]] = [("file", *spans, own["p"], own["se"], *own["interval"], 0.0, None, None)]
    for point in result["points"]:
        values = [axis["values"][place] for axis, place in zip(result["axes"], point["place"], strict=True)]
        gap = (point["difference"], point["difference_se"])
        rows.append(("point", *values, point["p"], point["se"], *point["interval"], *gap, point["failed"]))
    columns = ("section", *names, "p", "se", "low", "high", "difference", "difference_se", "failed")
    return Table(columns, tuple(rows))


def _title(result: Sweep) -> str:
    lowest, highest = swept.extremes(result)
    names = " and ".join(inputs.label(axis["path"]) for axis in result["axes"])
    low, high = (wording.chance(point["p"], point["se"]) for point in (lowest, highest))
    if highest["p"] <= 0.0 or lowest["p"] >= 1.0:
        which = "No run" if highest["p"] <= 0.0 else "Every run"
        return f"{which} comes to a crisis, whatever the {names}"
    if not swept.differ(lowest, highest):
        return f"The odds hardly answer to {names}: {low if low == high else f'{low} to {high}'} throughout"
    if len(result["axes"]) == 1:
        return f"{wording.capital(names)}: {_course(result, lowest, highest)}"
    return f"{wording.capital(names)} together move the odds between {low} and {high}"


def _course(result: Sweep, lowest: PointPart, highest: PointPart) -> str:
    """The course of a curve in words, from the lowest odds to the highest unless it falls all the way."""
    way = swept.one_way(result, lowest, highest)
    first, last = (highest, lowest) if way == "fall" else (lowest, highest)
    told = (f"{wording.chance(point['p'], point['se'])} at {_at(result, point)}" for point in (first, last))
    return f"the odds {way or 'go'} from {' to '.join(told)}"


def _at(result: Sweep, point: PointPart) -> str:
    """The values of a point; with two axes each has its name."""
    words = []
    for axis, place in zip(result["axes"], point["place"], strict=True):
        value = inputs.value(axis["values"][place], axis["unit"])
        words.append(value if len(result["axes"]) == 1 else f"{inputs.label(axis['path'])} {value}")
    return " and ".join(words)


def _subtitle(result: Sweep) -> str:
    headline = wording.spoken(played.odds(result["own"]))
    if len(result["axes"]) == 1:
        said = f"In the file it is {scales.own_words(result['axes'][0])}"
        return f"{said}, with odds of {headline}. All else stays as uncertain as it is there."
    said = " and ".join(f"{inputs.label(axis['path'])} is {scales.own_words(axis)}" for axis in result["axes"])
    lowest, highest = swept.extremes(result)
    ends = f"Lowest: {_at(result, lowest)}. Highest: {_at(result, highest)}. " if swept.differ(lowest, highest) else ""
    return f"{ends}In the file {said}, with odds of {headline}."


def _footer(result: Sweep) -> str:
    source = played.origin(result["scenario"], result["design"])
    points = len(result["points"])
    meanings = [f"at each of {points} points" if points > 1 else "at one point", "the same luck at all of them"]
    if len(result["axes"]) == 1:
        sign = "whiskers" if scales.scale(result["axes"][0]).kind == "name" else "band"
        meanings.append(f"{sign}: 95 % simulation error, by worlds")
    failed = sum(point["failed"] for point in result["points"])
    if failed:
        meanings.append(f"{wording.count(failed, 'run')} failed")
    return wording.footer(source, *meanings)


def _draw_own(axes: Axes, one: scales.Scale, result: Sweep) -> None:
    """The file's own odds as a line, and its own values as a grey span with its median."""
    own, axis = result["own"], result["axes"][0]
    left, right = axes.get_xlim()
    inch = (right - left) / _WIDTH
    axes.axhline(own["p"], color=style.INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=3)
    words = f"the file: {played.odds(own)}"
    axes.text(right + 0.1 * inch, own["p"], words, va="center", fontsize=style.SMALL_SIZE + 0.5, fontweight="bold")
    low, middle, high = (one.place(axis[key]) for key in ("p5", "p50", "p95"))
    if low is None or high is None or middle is None:
        return
    if one.kind != "name" and high > low:
        axes.axvspan(max(low, left), min(high, right), color=style.SHADE, linewidth=0, zorder=0)
    if not left <= middle <= right:
        return
    axes.axvline(middle, color=style.FAINT, linewidth=1.0, zorder=1)
    name = "the file's value" if high == low else "the file's median; grey: its 5–95 %"
    side = "left" if middle < (left + right) / 2 else "right"
    top = axes.get_ylim()[1]
    look: dict[str, Any] = {"fontsize": style.SMALL_SIZE, "color": style.MUTED, "va": "bottom"}
    axes.text(middle, 1.015 * top, name, ha=side, **look)


def _draw_curve(axes: Axes, one: scales.Scale, result: Sweep) -> None:
    """Points with a band, or with whiskers where they are names; numbers where there is room for them."""
    points = sorted(result["points"], key=lambda point: one.places[point["place"][0]])
    places = [one.places[point["place"][0]] for point in points]
    odds = [point["p"] for point in points]
    if one.kind == "name":
        for place, point in zip(places, points, strict=True):
            axes.plot([place, place], point["interval"], color=style.INK, linewidth=1.4, clip_on=False, zorder=4)
    else:
        low, high = ([point["interval"][side] for point in points] for side in (0, 1))
        axes.fill_between(places, low, high, color=style.SKY, alpha=0.45, linewidth=0, zorder=2)
        axes.plot(places, odds, color=style.BLUE, linewidth=1.8, zorder=4)
    axes.plot(places, odds, "o", color=style.BLUE, markersize=5, clip_on=False, zorder=5)
    heat.name_points(axes, places, points, _WIDTH)
