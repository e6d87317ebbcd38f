"""Scenarios beside each other: the question that all answer, and the odds of each."""

from __future__ import annotations

from collections.abc import Iterator

from sim.records.comparison import Comparison
from sim.report import wording
from sim.report.page.blocks import Block, Cell, Chart, Column, Grid, Section, Text
from sim.report.page.charts.curves import Series, curves
from sim.report.page.charts.embed import Toggle, embed
from sim.report.page.charts.rows import Row, rows
from sim.report.page.facts import ComparisonFacts
from sim.report.page.sections.odds import reach, simulation_error
from sim.report.page.sections.question import definitions_grid, resolves
from sim.report.wording import plain

# As many lines as there are colours.
_MOST_CURVES = 7


def question(facts: ComparisonFacts) -> Section:
    """The question of the first scenario, and what the scenarios are."""
    return Section("question", "The question, and what is compared", "Question", list(_asked(facts)))


def odds(facts: ComparisonFacts) -> Section:
    """The odds of all scenarios, and how they build up over the window."""
    comparison = facts.comparison
    first = plain(comparison["scenarios"][0]["name"])
    lead = Text(
        f"Each scenario has odds and a belief interval of its own. How far it lies from {first} is told below, run by "
        "run: that is known better than the odds themselves, because all scenarios are played with the same draws and "
        "the same luck."
    )
    blocks: list[Block] = [lead, _odds(comparison)]
    if any(part["cumulative"] for part in comparison["scenarios"]):
        blocks.append(_curves(comparison))
    return Section("odds", "The odds, scenario by scenario", "Odds", blocks)


def _asked(facts: ComparisonFacts) -> Iterator[Block]:
    comparison = facts.comparison
    asked = comparison["scenarios"][0]["question"]
    if asked["text"]:
        yield Text(plain(asked["text"]), "lead")
    yield Text(resolves(asked))
    if facts.definitions:
        yield definitions_grid(facts.definitions, asked["kinds"])
    columns = (Column("Scenario"), Column("What it is", wide=True), Column("File", wide=True))
    made = [
        (
            Cell(plain(part["name"]), mark="" if place else "compared with"),
            Cell(
                plain(part["about"])
                or ("the scenario as it stands" if not place else _changed(comparison, part["name"]))
            ),
            Cell(plain(part["source"])),
        )
        for place, part in enumerate(comparison["scenarios"])
    ]
    yield Grid("Scenarios", columns, made, reflows=True)


def _changed(comparison: Comparison, name: str) -> str:
    """What a scenario is that says nothing of itself: what was changed for it."""
    part = next((part for part in comparison["differences"] if part["to"] == name), None)
    if part is None or not part["changes"]:
        return "no input differs"
    paths = [change["path"] for change in part["changes"]]
    more = len(paths) - 2
    shown = " and ".join(plain(path) for path in paths[:2]) if more <= 0 else ", ".join(map(plain, paths[:2]))
    return f"changes {shown}" + (f" and {more} more" if more > 0 else "")


def _odds(comparison: Comparison) -> Chart:
    parts = comparison["scenarios"]
    base = parts[0]["odds"]
    items = []
    for place, part in enumerate(parts):
        told = part["odds"]
        low, high = told["interval"]
        outer_low, outer_high = told["belief_interval"] or (None, None)
        figure = wording.headline(told)
        items.append(Row(plain(part["name"]), told["p"], figure, low, high, outer_low, outer_high, strong=place == 0))
    title = "Odds of each scenario"
    desc = f"{plain(parts[0]['name'])} has {wording.headline(base)}; the others are held against it."

    def draw(width: int) -> str:
        return rows(items, width=width, title=title, desc=desc, guide=base["p"])

    columns = (
        Column("Scenario"),
        Column("Odds", number=True),
        Column("Simulation error"),
        Column("Belief interval"),
        Column("ICD 203"),
    )
    made = []
    for part in parts:
        told = part["odds"]
        belief = told["belief_interval"]
        made.append(
            (
                Cell(plain(part["name"])),
                Cell(wording.headline(told), told["p"]),
                Cell(simulation_error(told)),
                Cell("not told" if belief is None else wording.between(*belief)),
                Cell(told["words"]),
            )
        )
    caption = (
        "The dark whisker is the simulation error, the light bar the belief interval: what we do not know. Dashed: "
        f"{plain(parts[0]['name'])}."
    )
    return Chart(embed(draw), title, caption, Grid(title, columns, made))


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
            )
        )
    asked = parts[0]["question"]
    title = "Odds of an onset by a date"

    def draw(width: int) -> str:
        desc = "How the odds of the scenarios build up over the window."
        return curves(series, width=width, title=title, desc=desc, window=(asked["opens"], asked["closes"]))

    left = len(parts) - len(shown)
    caption = f"The {len(shown)} that differ most; {left} more in the table." if left else ""
    toggles = [Toggle(item.series, item.name, item.slot) for item in series]
    return Chart(embed(draw, toggles if len(toggles) > 1 else ()), title, caption, _curves_grid(comparison))


def _curves_grid(comparison: Comparison) -> Grid:
    parts = comparison["scenarios"]
    dates = sorted({point["date"] for part in parts for point in part["cumulative"]})
    known = [{point["date"]: point for point in part["cumulative"]} for part in parts]
    columns = (Column("By the end of"), *(Column(plain(part["name"]), number=True) for part in parts))
    made = []
    for date in dates:
        row = [Cell(wording.day(date, year=True))]
        for points in known:
            point = points.get(date)
            row.append(Cell("–") if point is None else Cell(wording.tally(point["p"], point["se"]), point["p"]))
        made.append(row)
    return Grid("Odds of an onset by a date", columns, made)
