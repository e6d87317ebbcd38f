"""How far each scenario is from the first: paired differences with their intervals, by month and by kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.records.comparison import Comparison, Difference, GapPart
from sim.report import style, wording
from sim.report.figures import compared, forest, gap_table, measure
from sim.report.figures.forest import Point, Row
from sim.report.figures.gap_table import GapTable
from sim.report.figures.sheet import Sheet, sheet
from sim.report.tables import Table

_MOST_KINDS = 8
# A month's head with its year takes this much of a column.
_MONTH = 0.36
_BETWEEN = 0.2


def draw(comparison: Comparison, by_size: bool = True) -> Figure:
    """A row a scenario around a line of no difference, and two tables that say when and in which kind they differ.

    From the lowest to the highest, or `by_size=False` as given; at most nineteen, those furthest from the first.
    """
    parts = _ordered(comparison, by_size)
    with style.house():
        rows = [_row(comparison, part) for part in parts]
        tables = [table for table in (_months(parts), _kinds(comparison, parts)) if table.heads]
        tall = forest.height(rows) + sum(table.height + _BETWEEN for table in tables)
        footer = compared.footer(comparison, *_meanings(comparison, parts, tables))
        page = sheet(_title(comparison), _subtitle(comparison), footer, max(tall, 0.5))
        if not parts:
            page.text(style.MARGIN, 0.25, "There is no other scenario to compare with.")
            return page.figure
        _draw_rows(page, comparison, parts, rows)
        down = forest.height(rows) + _BETWEEN
        for table, name in zip(tables, ("months", "kinds"), strict=False):
            gap_table.draw(page, table, down, name)
            down += table.height + _BETWEEN
    return page.figure


def table(comparison: Comparison) -> Table:
    """Every difference: in all with its interval, flips and sign test, then by kind and by month."""
    rows: list[tuple[object, ...]] = []
    for part in comparison["differences"]:
        ends = (part["from"], part["to"])
        flips = (part["flips"]["to_crisis"], part["flips"]["to_calm"])
        tests = (part["level"], *flips, part["runs"], part["sign_p"], part["variance_ratio"])
        rows.append(("odds", *ends, None, part["difference"], part["se"], *part["interval"], *tests))
        for series, gaps in (("kind", part["kinds"]), ("month", _by_month(part))):
            for item, gap in gaps.items():
                rows.append((series, *ends, item, gap["difference"], gap["se"], *[None] * 8))
    columns = ("series", "from", "to", "item", "difference", "se", "low", "high", "level", "to_crisis", "to_calm")
    return Table((*columns, "runs", "sign_p", "variance_ratio"), tuple(rows))


def _ordered(comparison: Comparison, by_size: bool) -> list[Difference]:
    parts = comparison["differences"]
    order = sorted(range(len(parts)), key=lambda place: -abs(parts[place]["difference"]))[: compared.MOST - 1]
    kept = [parts[place] for place in sorted(order)]
    return sorted(kept, key=lambda part: part["difference"]) if by_size else kept


def _title(comparison: Comparison) -> str:
    parts = comparison["differences"]
    first = compared.brief(compared.base(comparison)["name"])
    if not parts:
        return f"{wording.capital(first)} is compared with nothing"
    if not any(part["flips"]["to_crisis"] or part["flips"]["to_calm"] for part in parts):
        where = compared.brief(parts[0]["to"]) if len(parts) == 1 else f"any of {len(parts)} scenarios"
        return f"No run comes out differently in {where} than in {first}"
    told = [part for part in parts if compared.told(part)]
    if len(parts) == 1:
        other = compared.brief(parts[0]["to"])
        if told:
            return f"Odds {compared.beside(parts[0])} in {other} than in {first}"
        return f"The odds in {other} cannot be told from those in {first}"
    ends = [part for part in (_lowest(told), _highest(told)) if part]
    if not ends:
        return f"None of {len(parts)} scenarios can be told from {first}"
    rest = len(parts) - len(told)
    tail = f"; {rest} of {len(parts)} cannot be told from it" if rest else ""
    if len(told) == 1:
        return f"Odds {compared.beside(told[0])} in {compared.brief(told[0]['to'])} than in {first}{tail}"
    said = [f"{_end(part)} in {compared.brief(part['to'])} ({compared.points(part)})" for part in ends]
    return f"Against {first}, odds are {' and '.join(said)}{tail}"


def _end(part: Difference) -> str:
    return "lowest" if part["difference"] < 0.0 else "highest"


def _lowest(parts: Sequence[Difference]) -> Difference | None:
    lower = [part for part in parts if part["difference"] < 0.0]
    return min(lower, key=lambda part: part["difference"], default=None)


def _highest(parts: Sequence[Difference]) -> Difference | None:
    higher = [part for part in parts if part["difference"] > 0.0]
    return max(higher, key=lambda part: part["difference"], default=None)


def _subtitle(comparison: Comparison) -> str:
    return (
        "Differences of odds in percentage points, run by run with the same luck. Filled: told from no difference; "
        f"open: not. {compared.asked(comparison)}"
    )


def _meanings(comparison: Comparison, parts: Sequence[Difference], tables: Sequence[GapTable]) -> Iterator[str]:
    levels = sorted({100 * part["level"] for part in parts})
    if levels:
        yield f"whiskers: {' or '.join(f'{level:g} %' for level in levels)} simulation error, each row by itself"
        yield "to crisis, to calm: runs that end otherwise than in the first"
    if tables:
        yield "white cells: within 1.96 errors of no difference"
    if left := len(comparison["differences"]) - len(parts):
        yield f"{left} more in the table"


def _row(comparison: Comparison, part: Difference) -> Row:
    about = {entry["name"]: entry["about"] for entry in comparison["scenarios"]}
    low, high = part["interval"]
    name = compared.shown(part["to"])
    if part["from"] != compared.base(comparison)["name"]:
        name = f"{name} against {compared.shown(part['from'])}"
    flips = f"to crisis {part['flips']['to_crisis']:,} · to calm {part['flips']['to_calm']:,}"
    lines = [flips] if measure.width(flips, style.SMALL_SIZE) <= forest.VALUES else flips.split(" · ")
    told = compared.told(part)
    return Row(
        name=name,
        details=forest.details(wording.plain(about.get(part["to"], ""))),
        value=compared.points(part),
        value_details=(wording.gap_range(low, high, part["se"]), *lines),
        points=(Point(part["difference"], low, high, "plain" if told else "open"),),
    )


def _draw_rows(page: Sheet, comparison: Comparison, parts: Sequence[Difference], rows: Sequence[Row]) -> None:
    tall = sum(row.height for row in rows)
    left = style.MARGIN + forest.NAMES
    axes = page.axes(left, forest.WORDS, forest.AXIS, tall, label="differences")
    axes.set_ylim(tall, 0.0)
    low, high = _limits(parts)
    _dress(axes, low, high)
    _say_sides(page, left + forest.AXIS * (0.0 - low) / (high - low), left, comparison)
    down = 0.0
    for row in rows:
        forest.write(page, row, forest.WORDS + down)
        forest.mark(axes, row, down)
        down += row.height


def _limits(parts: Sequence[Difference]) -> tuple[float, float]:
    """Both ends of the axis: all intervals and 0, with a margin."""
    low = min(0.0, *(part["interval"][0] for part in parts), *(part["difference"] for part in parts))
    high = max(0.0, *(part["interval"][1] for part in parts), *(part["difference"] for part in parts))
    margin = 0.06 * (high - low) if high > low else 0.01
    return low - margin, high + margin


def _dress(axes: Axes, low: float, high: float) -> None:
    axes.set_xlim(low, high)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    places = compared.ticks(low, high, 8)
    axes.set_xticks([place for place, _ in places])
    axes.set_xticklabels([words for _, words in places])
    axes.set_xlabel("percentage points", fontsize=style.SMALL_SIZE, color=style.MUTED, labelpad=1)
    axes.grid(axis="x", color=style.RULE, linewidth=0.6)
    axes.axvline(0.0, color=style.INK, linewidth=1.1, zorder=1)


def _say_sides(page: Sheet, zero: float, left: float, comparison: Comparison) -> None:
    """What the line of no difference is, and which side of it is which."""
    name = compared.shown(compared.base(comparison)["name"])
    size = style.SMALL_SIZE
    text = measure.fit(f"as in {name}", forest.AXIS - 0.1, size)
    half = measure.width(text, size) / 2
    centre = min(max(zero, left + half), left + forest.AXIS - half)
    page.text(centre, forest.WORDS - 0.26, text, size=size, ha="center")
    for words, side, place in (("← lower odds", "right", zero - 0.1), ("higher odds →", "left", zero + 0.1)):
        page.text(place, forest.WORDS - 0.09, words, size=size, ha=side, color=style.MUTED)


def _by_month(part: Difference) -> dict[str, GapPart]:
    return {month["month"]: {"difference": month["difference"], "se": month["se"]} for month in part["months"]}


def _months(parts: Sequence[Difference]) -> GapTable:
    """When: differences in the odds that the first onset falls into each month, for the same windows."""
    columns = [(part, _by_month(part)) for part in parts if part["months"]]
    names = sorted({month for _, cells in columns for month in cells})
    rows = [(compared.shown(part["to"]), cells) for part, cells in columns]
    heading = "When: difference in the odds that it begins in the month, in points"
    return GapTable(heading, _month_heads(names), rows)


def _month_heads(names: Sequence[str]) -> dict[str, str]:
    """Words above the months, every second, third, … where columns are narrow; the year where it is new."""
    room = GapTable("", dict.fromkeys(names, ""), ()).column
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60) if step * room >= _MONTH), 120)
    heads, year = {}, ""
    for name in names:
        number = 12 * int(name[:4]) + int(name[5:7]) - 1
        shown = number % step == 0
        told = name[:4] if shown and name[:4] != year else " "
        year = name[:4] if shown else year
        heads[name] = f"{wording.month_name(name, year=False) if shown else ' '}\n{told}"
    return heads


def _kinds(comparison: Comparison, parts: Sequence[Difference]) -> GapTable:
    """In which kind: differences in the odds that each kind comes first; the kinds that differ most."""
    counted = {kind for entry in comparison["scenarios"] for kind in entry["question"]["kinds"]}
    sizes: dict[str, float] = {}
    for part in parts:
        for kind, gap in part["kinds"].items():
            if kind in counted:
                sizes[kind] = max(sizes.get(kind, 0.0), abs(gap["difference"]))
    kept = set(sorted(sizes, key=lambda kind: -sizes[kind])[:_MOST_KINDS])
    heads = {kind: wording.capital(wording.human(kind)) for kind in sizes if kind in kept}
    rows = [(compared.shown(part["to"]), part["kinds"]) for part in parts if part["kinds"]]
    heading = "How: difference in the odds that the kind comes first, in points"
    if left := len(sizes) - len(kept):
        heading += f" (the {len(kept)} kinds that differ most; {left} more in the table)"
    return GapTable(heading, heads, rows)
