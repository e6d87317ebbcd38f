"""How scenarios differ: in all, by kind and by month, with the runs that flip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.records.comparison import Comparison, Difference, GapPart
from sim.report import wording
from sim.report.page.blocks import Block, Chart, Column, Grid, Section, Text
from sim.report.page.blocks import Cell as Shown
from sim.report.page.charts.embed import embed
from sim.report.page.charts.heat import Cell, heat
from sim.report.page.charts.rows import Row, rows
from sim.report.page.facts import ComparisonFacts
from sim.report.wording import capital, human, plain


def section(facts: ComparisonFacts) -> Section | None:
    """Differences to the first scenario; none where nothing is compared with it."""
    comparison = facts.comparison
    if not comparison["differences"]:
        return None
    return Section("differences", "How far apart they are", "Differences", list(_blocks(comparison)))


def _blocks(comparison: Comparison) -> Iterator[Block]:
    for sentence in _sentences(comparison):
        yield Text(sentence)
    yield _differences(comparison)
    told = comparison["differences"]
    kinds = list(dict.fromkeys(kind for part in told for kind in part["kinds"]))
    if len(kinds) > 1:
        cells = [[part["kinds"].get(kind) for kind in kinds] for part in told]
        yield _table("By the kind that comes first", told, [capital(human(kind)) for kind in kinds], cells)
    dated = [part for part in told if part["months"]]
    months = [point["month"] for point in dated[0]["months"]] if dated else []
    if len(months) > 1:
        names = [wording.month_name(month, year=len({name[:4] for name in months}) > 1) for month in months]
        cells = [[_of(part, month) for month in months] for part in dated]
        yield _table("By the month that it begins in", dated, names, cells)


def _of(part: Difference, month: str) -> GapPart | None:
    found = next((point for point in part["months"] if point["month"] == month), None)
    return None if found is None else {"difference": found["difference"], "se": found["se"]}


def _sentences(comparison: Comparison) -> Iterator[str]:
    first = plain(comparison["scenarios"][0]["name"])
    told = comparison["differences"]
    odds = {part["name"]: part["odds"] for part in comparison["scenarios"]}
    clear = [part for part in told if clearly(part)]
    if clear:
        most = max(clear, key=lambda part: abs(part["difference"]))
        yield (
            f"Farthest from {first} is {plain(most['to'])}: {wording.headline(odds[most['to']])} against "
            f"{wording.headline(odds[most['from']])}, a difference of {points(most['difference'], most['se'])} "
            f"(95 %: {_interval(most)})."
        )
    same = [plain(part["to"]) for part in told if not any(part["flips"].values())]
    if same:
        yield f"Not one run comes out differently: {', '.join(same)}."
    unclear = [plain(part["to"]) for part in told if any(part["flips"].values()) and not clearly(part)]
    if unclear:
        yield f"Cannot be told from no difference with so many runs: {', '.join(unclear)}."


def clearly(part: Difference) -> bool:
    """Whether the interval of a difference leaves out 0."""
    low, high = part["interval"]
    return low > 0.0 or high < 0.0


def points(difference: float, se: float | None) -> str:
    """A difference with its noun: `+3.2 points`."""
    text = wording.gap(difference, se)
    return f"{text} {'point' if text[1:] == '1' else 'points'}"


def _interval(part: Difference) -> str:
    low, high = part["interval"]
    return wording.gap_range(low, high, part["se"])


def _flips(part: Difference) -> str:
    flips = part["flips"]
    if not any(flips.values()):
        return "no run differs"
    return f"flips: {flips['to_crisis']:,} to crisis, {flips['to_calm']:,} to calm"


def _differences(comparison: Comparison) -> Chart:
    told = comparison["differences"]
    first = plain(comparison["scenarios"][0]["name"])
    items = [
        Row(
            plain(part["to"]),
            part["difference"],
            points(part["difference"], part["se"]),
            part["interval"][0],
            part["interval"][1],
            note=_flips(part),
            slot=4 if part["difference"] > 0.0 else 0,
        )
        for part in told
    ]
    title = f"Difference to {first}, in points"

    def draw(width: int) -> str:
        return rows(items, width=width, title=title, desc=f"Paired with {first} run by run.", zero=True)

    caption = (
        f"The odds of a scenario less those of {first}, with the 95 % interval of paired runs. A run flips to "
        f"crisis if it has one here and none in {first}, and to calm the other way round."
    )
    return Chart(embed(draw), title, caption, _grid(told, title))


def _grid(told: Sequence[Difference], title: str) -> Grid:
    columns = (
        Column("Scenario"),
        Column("Points", number=True),
        Column("95 % interval"),
        Column("Flips to crisis", number=True),
        Column("Flips to calm", number=True),
        Column("Of runs", number=True),
        Column("Sign test, p", number=True),
        Column("Variance without shared luck", number=True),
    )
    made = [
        (
            Shown(plain(part["to"])),
            Shown(wording.gap(part["difference"], part["se"]), part["difference"]),
            Shown(_interval(part)),
            Shown(f"{part['flips']['to_crisis']:,}", float(part["flips"]["to_crisis"])),
            Shown(f"{part['flips']['to_calm']:,}", float(part["flips"]["to_calm"])),
            Shown(f"{part['runs']:,}", float(part["runs"])),
            Shown(_small(part["sign_p"]), part["sign_p"]),
            Shown(
                "–" if part["variance_ratio"] is None else f"{part['variance_ratio']:.1f} times", part["variance_ratio"]
            ),
        )
        for part in told
    ]
    remark = "Sign test: exact, over worlds; a small p says that the direction is no accident of the draws."
    return Grid(title, columns, made, remark=remark)


def _small(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def _table(
    title: str, told: Sequence[Difference], names: Sequence[str], cells: Sequence[Sequence[GapPart | None]]
) -> Chart:
    """Differences by something, as a shaded table: the darker, the larger, whichever way."""
    largest = max((abs(cell["difference"]) for row in cells for cell in row if cell is not None), default=0.0)
    labels = [plain(part["to"]) for part in told]
    shaded = [[_shade(cell, largest) for cell in row] for row in cells]

    def draw(width: int) -> str:
        desc = "Differences in points; plus is more likely than in the first scenario."
        return heat(labels, names, shaded, width=width, title=title, desc=desc)

    columns = (Column("Scenario"), *(Column(name, number=True) for name in names))
    made = [
        (Shown(label), *(Shown("–") if cell is None else Shown(_told(cell), cell["difference"]) for cell in row))
        for label, row in zip(labels, cells, strict=True)
    ]
    caption = "Differences in points, plus or minus; the darker, the larger."
    return Chart(embed(draw), title, caption, Grid(f"{title}, in points", columns, made))


def _told(cell: GapPart) -> str:
    return wording.gap(cell["difference"], cell["se"])


def _shade(cell: GapPart | None, largest: float) -> Cell:
    if cell is None:
        return Cell(0.0, "–")
    return Cell(abs(cell["difference"]) / largest if largest > 0.0 else 0.0, _told(cell))
