"""When and how scenarios differ: onsets by date, differences by month and by kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.records.comparison import Comparison, Difference, GapPart
from sim.report import wording
from sim.report.page.blocks import Block, Chart, Column, Grid, Section
from sim.report.page.blocks import Cell as Shown
from sim.report.page.charts.curves import Series, curves
from sim.report.page.charts.embed import Toggle, embed
from sim.report.page.charts.heat import Cell, heat
from sim.report.page.facts import ComparisonFacts
from sim.report.page.sections.odds import known_errors, reach
from sim.report.style import Z95
from sim.report.wording import capital, human, plain

# As many lines as there are colours.
_MOST_CURVES = 7


def section(facts: ComparisonFacts) -> Section | None:
    """Curves and tables of differences; none where there is nothing to draw."""
    blocks = list(_blocks(facts.comparison))
    return Section("timing", "When and how they differ", "When and how", blocks) if blocks else None


def _blocks(comparison: Comparison) -> Iterator[Block]:
    if any(part["cumulative"] for part in comparison["scenarios"]):
        yield _curves(comparison)
    told = comparison["differences"]
    dated = [part for part in told if part["months"]]
    months = [point["month"] for point in dated[0]["months"]] if dated else []
    if len(months) > 1:
        names = [wording.month_name(month, year=len({name[:4] for name in months}) > 1) for month in months]
        cells = [[_of(part, month) for month in months] for part in dated]
        yield _table("By the month that it begins in", dated, names, cells)
    kinds = list(dict.fromkeys(kind for part in told for kind in part["kinds"]))
    if len(kinds) > 1:
        cells = [[part["kinds"].get(kind) for kind in kinds] for part in told]
        yield _table("By the kind that comes first", told, [capital(human(kind)) for kind in kinds], cells)


def _of(part: Difference, month: str) -> GapPart | None:
    found = next((point for point in part["months"] if point["month"] == month), None)
    return None if found is None else {"difference": found["difference"], "se": found["se"]}


def _curves(comparison: Comparison) -> Chart:
    parts = comparison["scenarios"]
    far = {part["to"]: abs(part["difference"]) for part in comparison["differences"]}
    others = sorted(parts[1:], key=lambda part: -far.get(part["name"], 0.0))[: _MOST_CURVES - 1]
    kept = {part["name"] for part in (parts[0], *others)}
    shown = [part for part in parts if part["name"] in kept and part["cumulative"]]
    series = []
    for slot, part in enumerate(shown):
        spans = [reach({"p": point["p"], "se": point["se"]}) for point in part["cumulative"]]
        banded = slot == 0 and all(low is not None for low, _ in spans)
        series.append(
            Series(
                plain(part["name"]),
                [point["date"] for point in part["cumulative"]],
                [point["p"] for point in part["cumulative"]],
                [low or 0.0 for low, _ in spans] if banded else None,
                [high or 0.0 for _, high in spans] if banded else None,
                wording.headline(part["odds"]),
                slot,
                part["name"],
                errors=known_errors(point["se"] for point in part["cumulative"]),
            )
        )
    asked = parts[0]["question"]
    title = "Odds of an onset by a date"

    def draw(width: int) -> str:
        desc = "How the odds of the scenarios build up over the window."
        return curves(series, width=width, title=title, desc=desc, window=(asked["opens"], asked["closes"]))

    left = len(parts) - len(shown)
    caption = ""
    if left:
        others_drawn = f"the {len(shown) - 1} that differ most from it"
        caption = f"Drawn are {plain(parts[0]['name'])} and {others_drawn}; {left} more in the table."
    toggles = [Toggle(item.series, item.name, item.slot) for item in series]
    return Chart(embed(draw, toggles if len(toggles) > 1 else ()), title, caption, _curves_grid(comparison))


def _curves_grid(comparison: Comparison) -> Grid:
    parts = comparison["scenarios"]
    dates = sorted({point["date"] for part in parts for point in part["cumulative"]})
    known = [{point["date"]: point for point in part["cumulative"]} for part in parts]
    columns = (Column("By the end of"), *(Column(plain(part["name"]), number=True) for part in parts))
    made = []
    for date in dates:
        row = [Shown(wording.day(date, year=True))]
        for points in known:
            point = points.get(date)
            row.append(Shown("–") if point is None else Shown(wording.tally(point["p"], point["se"]), point["p"]))
        made.append(row)
    return Grid("Odds of an onset by a date", columns, made)


def _table(
    title: str, told: Sequence[Difference], names: Sequence[str], cells: Sequence[Sequence[GapPart | None]]
) -> Chart:
    """Differences by something, as a table: the stronger the shade, the larger, whichever way."""
    largest = max((abs(cell["difference"]) for row in cells for cell in row if cell is not None), default=0.0)
    labels = [plain(part["to"]) for part in told]
    shaded = [[shade(cell, largest) for cell in row] for row in cells]

    def draw(width: int) -> str:
        desc = "Differences in points; plus is more likely than in the first scenario."
        return heat(labels, names, shaded, width=width, title=title, desc=desc)

    columns = (Column("Scenario"), *(Column(name, number=True) for name in names))
    made = [
        (Shown(label), *(Shown("–") if cell is None else Shown(_told(cell), cell["difference"]) for cell in row))
        for label, row in zip(labels, cells, strict=True)
    ]
    caption = (
        "Differences in points; the stronger the shade, the larger. Without shade: cannot be told from no difference."
    )
    return Chart(embed(draw), title, caption, Grid(f"{title}, in points", columns, made))


def _told(cell: GapPart) -> str:
    return wording.gap(cell["difference"], cell["se"])


def shade(cell: GapPart | None, largest: float) -> Cell:
    """A cell as dark as its difference is large; without shade where it cannot be told from none (95 %)."""
    if cell is None:
        return Cell(0.0, "–")
    clear = cell["se"] is not None and abs(cell["difference"]) > Z95 * cell["se"]
    return Cell(abs(cell["difference"]) / largest if clear and largest > 0.0 else 0.0, _told(cell))
