"""The question, and what has to happen for it to resolve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.records.result import QuestionPart
from sim.report import wording
from sim.report.page.blocks import Block, Cell, Column, Grid, Section, Text
from sim.report.page.facts import Definition, RunFacts
from sim.report.wording import capital, human, plain


def section(facts: RunFacts) -> Section:
    """Question, window, what counts as a crisis, and what the file says of itself."""
    return Section("question", "The question, and how it resolves", "Question", list(_blocks(facts)))


def resolves(question: QuestionPart) -> str:
    """When the answer is yes, in a sentence or two."""
    counted = [human(kind) for kind in question["kinds"]]
    kinds = counted[0] if len(counted) == 1 else f"{', '.join(counted[:-1])} or {counted[-1]}"
    return (
        f"It resolves yes if at least one crisis of a counted kind ({kinds}) begins in the window: "
        f"{wording.span(question['opens'], question['closes'])}, both days whole. It begins at the instant at which "
        "its definition is met. A crisis that began before the window does not count, even if it is still on."
    )


def _blocks(facts: RunFacts) -> Iterator[Block]:
    question = facts.result["question"]
    yield Text(resolves(question))
    if facts.definitions:
        yield definitions_grid(facts.definitions, question["kinds"])
    if facts.about:
        yield Text(f"The file says of itself: {plain(facts.about)}", "small")


def definitions_grid(definitions: Sequence[Definition], counted: Sequence[str]) -> Grid:
    """The kinds that count, in the question's order, then those that are only played; no rungs of the ladder."""
    order = {kind: place for place, kind in enumerate(counted)}
    shown = sorted(
        (item for item in definitions if not item.passive),
        key=lambda item: (order.get(item.kind, len(order)), item.kind),
    )
    told = any(item.about for item in shown)
    columns = [Column("Kind"), Column("Counts"), Column("As the file writes it", wide=True)]
    if told:
        columns.insert(2, Column("What it is", wide=True))
    rows = [
        (
            Cell(capital(human(item.kind))),
            Cell("yes" if item.kind in order else "no"),
            *([Cell(plain(item.about))] if told else []),
            Cell(plain(item.tested)),
        )
        for item in shown
    ]
    return Grid("Kinds of crisis", columns, rows, reflows=True)
