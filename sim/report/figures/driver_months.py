"""Which assumption matters when: for every month, what knowing each assumption is worth, and its rank."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.records.drivers import DriverPart, Drivers, MonthDriverPart
from sim.report import inputs, style, wording
from sim.report.figures import measure, percents, played
from sim.report.figures.sheet import Sheet, sheet
from sim.report.tables import Table

MOST = 12
# Light to dark in one hue: the order is the same in grey.
SHADES = LinearSegmentedColormap.from_list("shades", ["#f4f9fc", "#9ccae6", "#3d8fc4", "#0b4f80"])
_NAMES = 3.1
_LEFT = style.MARGIN + _NAMES
_WIDTH = style.WIDTH - style.MARGIN - _LEFT
_WIDEST = 0.95
_ODDS_HEAD = 0.3
_ODDS = 0.62
_MONTHS = 0.42
_CELL = 0.34
_KEY = 0.5


def draw(result: Drivers) -> Figure:
    """A table of shades, a row an assumption and a column a month, under the odds of each month."""
    with style.house():
        shown, months = _shown(result), result["months"]
        tall = _CELL * len(shown)
        body = _ODDS_HEAD + _ODDS + _MONTHS + tall + _KEY if shown and months else 0.5
        page = sheet(_title(result), _subtitle(result), _footer(result), body)
        if not shown or not months:
            page.text(style.MARGIN, 0.2, "In no month does any assumption rise above the noise floor.")
            return page.figure
        width = min(_WIDTH, _WIDEST * len(months))
        _draw_odds(page, result, width)
        axes = page.axes(_LEFT, _ODDS_HEAD + _ODDS + _MONTHS, width, tall, label="months")
        axes.set_xlim(0.0, float(len(months)))
        axes.set_ylim(float(len(shown)), 0.0)
        axes.axis("off")
        most = _most(result)
        ranks = _ranks(result)
        for row, driver in enumerate(shown):
            name = wording.capital(inputs.label(driver["path"]))
            down = _ODDS_HEAD + _ODDS + _MONTHS + _CELL * (row + 0.5)
            page.text(style.MARGIN, down, measure.fit(name, _NAMES - 0.15, style.LABEL_SIZE))
            cells = _cells(driver)
            for column, month in enumerate(months):
                rank = ranks.get((month["month"], driver["path"]))
                _draw_cell(axes, row, column, cells.get(month["month"]), rank, most)
        _key(page, _ODDS_HEAD + _ODDS + _MONTHS + tall, result)
    return page.figure


def table(result: Drivers) -> Table:
    """A row an assumption and month, ranks among those above the noise floor; first the months themselves."""
    rows: list[tuple[object, ...]] = [
        ("month", part["month"], None, part["p"], part["V"], part["W"], part["noise"], None, None)
        for part in result["months"]
    ]
    ranks = _ranks(result)
    for driver in result["drivers"]:
        for part in driver["months"]:
            rank = ranks.get((part["month"], driver["path"]))
            rows.append(
                ("assumption", part["month"], driver["path"], None, part["V"], None, None, part["above_noise"], rank)
            )
    return Table(("section", "month", "path", "p", "V", "W", "noise", "above_noise", "rank"), tuple(rows))


def _cells(driver: DriverPart) -> dict[str, MonthDriverPart]:
    return {part["month"]: part for part in driver["months"]}


def _ranks(result: Drivers) -> dict[tuple[str, str], int]:
    """Rank of an assumption in a month, 1 for the largest V, where it is above the noise floor."""
    known: dict[str, list[tuple[float, str]]] = {}
    for driver in result["drivers"]:
        for part in driver["months"]:
            if part["above_noise"]:
                known.setdefault(part["month"], []).append((-part["V"], driver["path"]))
    return {
        (month, path): rank for month, parts in known.items() for rank, (_, path) in enumerate(sorted(parts), start=1)
    }


def _shown(result: Drivers) -> list[DriverPart]:
    """Assumptions above the noise floor in some month, those with the most V in such months first."""
    seen = [driver for driver in result["drivers"] if any(part["above_noise"] for part in driver["months"])]
    return sorted(seen, key=lambda driver: -sum(part["V"] for part in driver["months"] if part["above_noise"]))[:MOST]


def _most(result: Drivers) -> float:
    return max((part["V"] for driver in result["drivers"] for part in driver["months"]), default=0.0)


def _leaders(result: Drivers) -> list[tuple[str, str | None]]:
    """Each month with the path that ranks first in it."""
    first = {month: path for (month, path), rank in _ranks(result).items() if rank == 1}
    return [(part["month"], first.get(part["month"])) for part in result["months"]]


def _title(result: Drivers) -> str:
    leaders = _leaders(result)
    stretches = [(path, [month for month, _ in group]) for path, group in groupby(leaders, key=lambda item: item[1])]
    named = [path for _, path in leaders if path is not None]
    if not named:
        return "In no month does one assumption stand out from noise"
    if len(stretches) == 1 and len(leaders) == 1:
        return f"In {wording.month_name(leaders[0][0])} {inputs.label(named[0])} matters most"
    if len(stretches) == 1:
        return f"In every month {inputs.label(named[0])} matters most"
    if len(stretches) == 2 and len(set(named)) == 2:
        (before, _), (after, months) = stretches
        return (
            f"What matters most changes in {wording.month_name(months[0])}: "
            f"{inputs.label(str(before))} before, {inputs.label(str(after))} from then on"
        )
    path = max(dict.fromkeys(named), key=named.count)
    if len(set(named)) > 1 and 2 * named.count(path) <= len(leaders):
        return f"What matters most changes from month to month; most often it is {inputs.label(path)}"
    title = f"{wording.capital(inputs.label(path))} matters most in {named.count(path)} of {len(leaders)} months"
    return f"{title}; nothing stands out in the others" if len(set(named)) == 1 else title


def _subtitle(result: Drivers) -> str:
    words = "Shade: worth of knowing an assumption for the odds of each month."
    if _shown(result):
        words += " Numbers: rank in the month; dots: no more than noise."
    return words


def _footer(result: Drivers) -> str:
    noise = f"noise: 97.5th percentile over {result['noise']['dummies']:,} made-up assumptions that touch nothing"
    return wording.footer(played.origin(result["scenario"], result["design"]), noise)


def _draw_odds(page: Sheet, result: Drivers, width: float) -> None:
    """Odds of each month as bars above its column, with the names of the months between."""
    months = result["months"]
    small = style.SMALL_SIZE
    page.text(style.MARGIN, _ODDS_HEAD + _ODDS / 2, "Odds that it begins in the month", fontweight="bold")
    axes = page.axes(_LEFT, _ODDS_HEAD, width, _ODDS, label="odds")
    axes.set_xlim(0.0, float(len(months)))
    percents.dress(axes, max(part["p"] for part in months), ticks=2)
    axes.grid(visible=False)
    axes.set_yticks([])
    axes.set_xticks([])
    cell = width / len(months)
    top = axes.get_ylim()[1]
    year = ""
    peak = max(range(len(months)), key=lambda column: months[column]["p"])
    peak = peak if len(months) * 0.55 > width else -1
    for column, part in enumerate(months):
        axes.bar(column + 0.5, part["p"], width=0.86, color=style.SKY, edgecolor=style.BLUE, linewidth=0.7)
        words = wording.tally(part["p"], played.error(part["p"], result["design"]))
        # Where nothing fits, the peak at least is told.
        if measure.width(words, small) < cell - 0.03 or column == peak:
            axes.text(column + 0.5, part["p"] + 0.06 * top, words, ha="center", va="bottom", fontsize=small)
        middle = _LEFT + cell * (column + 0.5)
        name = measure.fit(wording.month_name(part["month"], year=False), cell, small)
        page.text(middle, _ODDS_HEAD + _ODDS + 0.13, name, size=small, ha="center")
        if part["month"][:4] != year:
            year = part["month"][:4]
            page.text(middle, _ODDS_HEAD + _ODDS + 0.28, year, size=small - 1.0, ha="center", color=style.MUTED)


def _draw_cell(axes: Axes, row: int, column: int, part: MonthDriverPart | None, rank: int | None, most: float) -> None:
    share = max(part["V"], 0.0) / most if part is not None and most > 0.0 and rank is not None else 0.0
    face = SHADES(share) if rank is not None else style.PAPER
    axes.add_patch(Rectangle((column, row), 1.0, 1.0, facecolor=face, edgecolor=style.PAPER, linewidth=1.5))
    ink = style.PAPER if share > 0.5 else style.INK
    words = "·" if rank is None else str(rank)
    weight = "bold" if rank == 1 else "normal"
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": style.SMALL_SIZE + 0.5, "fontweight": weight}
    axes.text(column + 0.5, row + 0.52, words, color=ink, **look)


def _key(page: Sheet, down: float, result: Drivers) -> None:
    """The shades with what they mean at both ends, and how many assumptions are not drawn."""
    small, wide, steps = style.SMALL_SIZE, 1.2, 24
    axes = page.axes(_LEFT, down + 0.16, wide, 0.14, label="key")
    axes.set_xlim(0.0, 1.0)
    axes.axis("off")
    for step in range(steps):
        axes.barh(0.5, 1.0 / steps, left=step / steps, height=1.0, color=SHADES((step + 0.5) / steps), linewidth=0)
    words = f"V from 0 to {_most(result):.2g} (gain in Brier score)"
    page.text(_LEFT + wide + 0.12, down + 0.23, words, size=small, color=style.MUTED)
    left_out = len(result["drivers"]) - len(_shown(result))
    if left_out:
        words = f"{wording.count(left_out, 'other')} not drawn"
        page.text(style.MARGIN, down + 0.23, words, size=small, color=style.MUTED)
