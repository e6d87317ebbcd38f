"""What was changed in the input, scenario by scenario: as written before, and after."""

from __future__ import annotations

from sim.records.comparison import Difference
from sim.report.page.blocks import Block, Cell, Column, Grid, Part, Section, Text
from sim.report.page.facts import ComparisonFacts
from sim.report.wording import plain


def section(facts: ComparisonFacts) -> Section | None:
    """The inputs that differ; none where nothing is compared."""
    told = facts.comparison["differences"]
    if not told:
        return None
    first = plain(facts.comparison["scenarios"][0]["name"])
    abouts = {part["name"]: plain(part["about"]) for part in facts.comparison["scenarios"]}
    lead = Text(f"Every input that is not the same as in {first}. Paths are those that --set takes.")
    parts: list[Block] = [Part(plain(part["to"]), _blocks(part, abouts.get(part["to"], ""), first)) for part in told]
    return Section("changes", "What was changed", "Changes", [lead, *parts])


def _blocks(part: Difference, about: str, first: str) -> list[Block]:
    blocks: list[Block] = [Text(about)] if about else []
    if not part["changes"]:
        return [*blocks, Text("No input differs.")]
    name = plain(part["to"])
    columns = (Column("Input"), Column(f"In {first}", wide=True), Column(f"In {name}", wide=True))
    rows = [
        (Cell(plain(change["path"]), path=True), Cell(_written(change["before"])), Cell(_written(change["after"])))
        for change in part["changes"]
    ]
    return [*blocks, Grid(f"Changes in {name}", columns, rows, reflows=True)]


def _written(text: str | None) -> str:
    return "not there" if text is None else plain(text)
