"""Single runs that flip: the same world and the same luck, told in both scenarios."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from sim.records.comparison import FlipStory, TwinLine
from sim.report.page.blocks import Block, Line, Section, Text, Twins
from sim.report.page.facts import ComparisonFacts
from sim.report.wording import capital, human, plain

# The same deed on another day is told beside it, if the days are as near as this.
_MOST_DAYS = 3.0
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
        "stands once; what the same one does at another time stands side by side. A story shows one way in which a "
        "change can work; the differences above tell how often it does."
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
    """Lines of both alone, and what the same one does in each scenario side by side, each with its own date.

    On either side the order of time is kept; lines stand side by side only within a stretch in which no line is common.
    """
    rows: list[tuple[Line, ...]] = []
    for told in lines:
        line = Line(plain(told["date"]), plain(told["who"]), plain(told["text"]), told["side"], edge=not told["who"])
        place = None if line.side == "both" else _partner(rows, line)
        if place is None:
            rows.append((line,))
        else:
            rows[place] = (*rows[place], line) if line.side == "to" else (line, *rows[place])
    return rows


def _partner(rows: Sequence[tuple[Line, ...]], line: Line) -> int | None:
    """The earliest row that tells of the same on the other side alone, with nothing of this side after it."""
    found = None
    for place in range(len(rows) - 1, -1, -1):
        row = rows[place]
        if any(told.side in ("both", line.side) for told in row):
            break
        if _alike(row[0], line):
            found = place
    return found


def _alike(one: Line, other: Line) -> bool:
    """Whether two lines tell of the same: at the same instant, or the same deed within days."""
    if one.who != other.who:
        return False
    return one.date == other.date or (_deed(one) == _deed(other) and _days(one, other) <= _MOST_DAYS)


def _deed(line: Line) -> str:
    """What happens, without how often it does and what it changes."""
    return line.text.split(";")[0].split(" (")[0]


def _days(one: Line, other: Line) -> float:
    """How far apart two lines are; endlessly where a date is none."""
    try:
        apart = dt.datetime.fromisoformat(other.date) - dt.datetime.fromisoformat(one.date)
    except ValueError:
        return math.inf
    return abs(apart / dt.timedelta(days=1))
