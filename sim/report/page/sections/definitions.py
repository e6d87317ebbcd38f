"""Other definitions: how much the odds depend on what is called a crisis."""

from __future__ import annotations

from sim.records.result import Result
from sim.report import wording
from sim.report.page.blocks import Cell, Chart, Column, Grid, Section, Text
from sim.report.page.charts.embed import embed
from sim.report.page.charts.rows import Row, rows
from sim.report.page.facts import RunFacts
from sim.report.page.sections.odds import reach
from sim.report.wording import capital, chance, human, plain


def section(facts: RunFacts) -> Section | None:
    """The ladder of definitions; none where the file has none."""
    result = facts.result
    if not result["ladder"]:
        return None
    told = Text(
        "The definition decides much of the answer. Each line is met in the window with these odds, whatever came "
        "before; only the kinds that the question counts enter the headline."
    )
    return Section("definitions", "Other definitions", "Definitions", [told, _ladder(result)])


def _ladder(result: Result) -> Chart:
    rungs = result["ladder"]
    counted = {kind for kind, part in result["kinds"].items() if part["counted"]}
    items = [
        Row(
            capital(human(rung["kind"])),
            rung["p"],
            chance(rung["p"], rung["se"]),
            *reach({"p": rung["p"], "se": rung["se"]}),
            note=plain(rung["definition"]),
            strong=rung["kind"] in counted,
        )
        for rung in rungs
    ]
    title = "Odds by definition"

    def draw(width: int) -> str:
        desc = "Odds that each definition is met in the window."
        return rows(items, width=width, title=title, desc=desc, guide=result["odds"]["p"])

    columns = (Column("Kind"), Column("Odds", number=True), Column("Counts"), Column("Definition", wide=True))
    made = [
        (
            Cell(capital(human(rung["kind"]))),
            Cell(chance(rung["p"], rung["se"]), rung["p"]),
            Cell("yes" if rung["kind"] in counted else "no"),
            Cell(plain(rung["definition"])),
        )
        for rung in rungs
    ]
    figure = wording.headline(result["odds"])
    caption = f"Dashed: the odds of any counted kind, {figure}; bold: a kind that the question counts."
    return Chart(embed(draw), title, caption, Grid(title, columns, made))
