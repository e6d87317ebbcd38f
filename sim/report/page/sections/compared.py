"""Scenarios beside each other: the question that all answer, and the odds of each."""

from __future__ import annotations

from collections.abc import Iterator

from sim.records.comparison import Comparison
from sim.report import wording
from sim.report.page.blocks import Block, Cell, Chart, Column, Grid, Section, Text
from sim.report.page.charts.embed import embed
from sim.report.page.charts.rows import Row, rows
from sim.report.page.facts import ComparisonFacts
from sim.report.page.sections.odds import simulation_error
from sim.report.page.sections.question import definitions_grid, resolves
from sim.report.wording import plain


def question(facts: ComparisonFacts) -> Section:
    """The question of the first scenario, and what the scenarios are."""
    return Section("question", "The question and the scenarios", "Question", list(_asked(facts)))


def odds(facts: ComparisonFacts) -> Section:
    """The odds of all scenarios, each with its own uncertainties."""
    comparison = facts.comparison
    first = plain(comparison["scenarios"][0]["name"])
    lead = Text(
        f"Each scenario has odds and a belief interval of its own. How far it lies from {first} is told above, run by "
        "run: that is known better than the odds themselves, because all scenarios are played with the same draws and "
        "the same luck."
    )
    return Section("odds", "The odds, scenario by scenario", "Odds", [lead, _odds(comparison)])


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
            Cell(plain(part["name"]), mark="" if place else "the base"),
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
