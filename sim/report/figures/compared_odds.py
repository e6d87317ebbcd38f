"""Scenarios beside each other: the odds of each as a forest plot, and a line through those of the first."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure

from sim.records.comparison import ComparedPart, Comparison
from sim.report import style, wording
from sim.report.figures import compared, forest, measure
from sim.report.figures.forest import Point, Row
from sim.report.figures.sheet import sheet
from sim.report.tables import Table

# Up to so many rows, both intervals are written beside the odds, then that of beliefs alone, then none: more rows are
# taken in better when they are short.
_SPACIOUS = 5
_ROOMY = 12


def draw(comparison: Comparison) -> Figure:
    """A row a scenario on an axis from 0 to 100 %, at most twenty; a dashed line marks the odds of the first."""
    parts = comparison["scenarios"][: compared.MOST]
    with style.house():
        rows = [_row(part, number, len(parts)) for number, part in enumerate(parts)]
        footer = compared.footer(comparison, *_meanings(comparison))
        page = sheet(_title(comparison), _subtitle(comparison), footer, forest.height(rows))
        axes = forest.draw(page, rows)
        if len(parts) > 1:
            axes.axvline(parts[0]["odds"]["p"], color=style.INK, linewidth=0.9, linestyle=(0, (5, 3)), zorder=1)
    return page.figure


def table(comparison: Comparison) -> Table:
    """The odds of every scenario with both intervals, a row each."""
    rows: list[tuple[object, ...]] = []
    for part in comparison["scenarios"]:
        odds = part["odds"]
        belief = odds["belief_interval"] or (None, None)
        interval = (*odds["interval"], odds["level"], odds["method"])
        counts = (part["counts"]["finished"], part["counts"]["failed"])
        words = (odds["belief_reason"], odds["words"])
        rows.append((part["name"], part["source"], odds["p"], odds["se"], *interval, *belief, *words, *counts))
    columns = ("scenario", "source", "p", "se", "low", "high", "level", "method", "belief_low", "belief_high")
    return Table((*columns, "belief_reason", "words", "finished", "failed"), tuple(rows))


def _title(comparison: Comparison) -> str:
    parts = comparison["scenarios"]
    first = parts[0]
    if len(parts) == 1:
        return f"Odds of a new crisis: {_figure(first)} in {compared.brief(first['name'])}"
    many = "both scenarios" if len(parts) == 2 else f"all {len(parts)} scenarios"
    if all(part["odds"]["p"] <= 0.0 for part in parts):
        return f"No new crisis in any run of {many}"
    if all(part["odds"]["p"] >= 1.0 for part in parts):
        return f"A new crisis in every run of {many}"
    if compared.largest(comparison["differences"]) is None:
        where = "the other" if len(parts) == 2 else f"the {len(parts) - 1} others"
        name = compared.brief(first["name"])
        return f"Odds of a new crisis: {_figure(first)} in {name}, and {where} cannot be told from it"
    ranked = sorted(parts, key=lambda part: part["odds"]["p"])
    low, high = ranked[0], ranked[-1]
    if len(parts) == 2:
        names = [compared.brief(part["name"]) for part in ranked]
        return f"Odds of a new crisis: {_figure(low)} in {names[0]}, {_figure(high)} in {names[1]}"
    # The first one stands in the sentence already where it is itself an end.
    middle = "" if first is low or first is high else f"; {compared.brief(first['name'])} itself {_figure(first)}"
    return f"Odds of a new crisis from {_named(low)} to {_named(high)}{middle}"


def _figure(part: ComparedPart) -> str:
    return wording.spoken(wording.headline(part["odds"]))


def _named(part: ComparedPart) -> str:
    return f"{_figure(part)} ({compared.brief(part['name'])})"


def _subtitle(comparison: Comparison) -> str:
    question = compared.base(comparison)["question"]
    when = wording.span(question["opens"], question["closes"])
    asked = {(part["question"]["opens"], part["question"]["closes"]) for part in comparison["scenarios"]}
    note = " Not every scenario asks about these dates." if len(asked) > 1 else ""
    line = " Dashed line: the first scenario, with which the others are compared." if _others(comparison) else ""
    return f"{wording.capital(when)}. {compared.asked(comparison)}{line}{note}"


def _others(comparison: Comparison) -> int:
    return len(comparison["scenarios"]) - 1


def _meanings(comparison: Comparison) -> Iterator[str]:
    parts = comparison["scenarios"]
    if any(part["odds"]["belief_interval"] is not None for part in parts):
        yield "light bars: 5–95 % over worlds, given what we do not know"
    levels = sorted({part["odds"]["level"] for part in parts})
    yield f"whiskers: {' or '.join(f'{100 * level:g} %' for level in levels)} simulation error, by worlds"
    if len(parts) > compared.MOST:
        yield f"{len(parts) - compared.MOST} more in the table"


def _row(part: ComparedPart, number: int, rows: int) -> Row:
    odds = part["odds"]
    low, high = odds["interval"]
    belief = odds["belief_interval"]
    about = wording.plain(part["about"])
    if number == 0 and not about and rows > 1:
        about = "compared with all below" if rows > 2 else "compared with the one below"
    beside = measure.wrap(odds["words"], forest.VALUES, style.SMALL_SIZE, lines=2)
    if rows <= _SPACIOUS:
        beside.append(f"simulation: {wording.between(low, high, odds['se'])}")
    if rows <= _ROOMY and belief is not None:
        beside.append(f"beliefs: {wording.between(*belief)}")
    return Row(
        name=compared.shown(part["name"]),
        details=forest.details(about, lines=2 if rows <= _ROOMY else 1),
        value=wording.headline(odds),
        value_details=tuple(beside),
        points=(Point(odds["p"], low, high, "compared"),),
        belief=(belief[0], belief[1]) if belief is not None else None,
        strong=number == 0,
    )
