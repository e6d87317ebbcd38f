"""Single runs that flip: the same world and the same luck, told in both scenarios."""

from __future__ import annotations

from collections.abc import Sequence

from sim.records.comparison import FlipStory, TwinLine
from sim.report.page.blocks import Block, Line, Section, Text, Twins
from sim.report.page.facts import ComparisonFacts
from sim.report.wording import capital, human, plain

_DIRECTIONS = {"to_crisis": "from calm to crisis", "to_calm": "from crisis to calm"}


def section(facts: ComparisonFacts) -> Section | None:
    """A typical flip of each scenario, that of the largest difference unfolded; none where no run flips."""
    comparison = facts.comparison
    if not comparison["stories"]:
        return None
    size = {part["to"]: abs(part["difference"]) for part in comparison["differences"]}
    largest = max(comparison["stories"], key=lambda story: size.get(story["to"], 0.0))
    lead = Text(
        "One run each, chosen by a rule: the same world and the same luck, told in both scenarios. What is alike "
        "stands once. A story shows one way in which a change can work; the differences above tell how often it does."
    )
    told: list[Block] = [_twins(story, story is largest) for story in comparison["stories"]]
    return Section("flips", "A run that flips, told twice", "Flips", [lead, *told])


def _twins(story: FlipStory, unfolded: bool) -> Twins:
    names = (plain(story["from"]), plain(story["to"]))
    direction = _DIRECTIONS.get(story["direction"], human(story["direction"]))
    about = [
        f"Run {story['run']:,}: world {story['world']:,}, replay {story['replay']}. {capital(plain(story['why']))}.",
        *(f"Starts with {human(path.split('.')[0])}: {human(state)}." for path, state in story["states"]),
    ]
    if story["parted"] is not None:
        about.append(f"Alike until {plain(story['parted'])}.")
    endings = (plain(story["endings"][0]), plain(story["endings"][1]))
    return Twins(f"{names[1]}: {direction}", about, names, _rows(story["lines"]), endings, unfolded)


def _rows(lines: Sequence[TwinLine]) -> list[tuple[Line, ...]]:
    """Lines of both alone, and what the same one does at the same instant in each scenario side by side."""
    rows: list[tuple[Line, ...]] = []
    for told in lines:
        line = Line(plain(told["date"]), plain(told["who"]), plain(told["text"]), told["side"], edge=not told["who"])
        place = _partner(rows, line) if line.side == "to" else None
        if place is None:
            rows.append((line,))
        else:
            rows[place] = (*rows[place], line)
    return rows


def _partner(rows: Sequence[tuple[Line, ...]], line: Line) -> int | None:
    """The earliest row that still lacks the other side of a line."""
    found = None
    for place in range(len(rows) - 1, -1, -1):
        row = rows[place]
        if row[0].date != line.date or row[0].side == "both":
            break
        if len(row) == 1 and row[0].side == "from" and row[0].who == line.who:
            found = place
    return found
