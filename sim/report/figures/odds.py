"""The odds as a forest plot: the answer, its kinds, the base rates they may be held against, states and definitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matplotlib.figure import Figure

from sim.estimates.base_rates import LEVEL
from sim.records.result import Estimate, KindPart, OutsidePart, Result
from sim.report import style, wording
from sim.report.figures import forest
from sim.report.figures.forest import Point, Row
from sim.report.figures.sheet import sheet
from sim.report.tables import Table


def draw(result: Result) -> Figure:
    """The odds on an axis from 0 to 100 %, each base rate beneath the definition that it matches and no other."""
    with style.house():
        rows = _rows(result)
        footer = wording.footer(wording.origin(result), *_meanings(result))
        page = sheet(_title(result), _subtitle(result), footer, forest.height(rows))
        forest.draw(page, rows)
    return page.figure


def table(result: Result) -> Table:
    """Every number of the plot, a row each; `interval_of` says what `low` and `high` are."""
    odds = result["odds"]
    level = f"simulation, level {odds['level']!r}, by {odds['method']}"
    rows: list[tuple[object, ...]] = [
        ("odds", "any counted kind", odds["p"], odds["se"], *odds["interval"], level, odds["words"])
    ]
    belief = odds["belief_interval"] or (None, None)
    rows.append(("belief", "any counted kind", None, None, *belief, "0.05 to 0.95 over worlds", odds["belief_reason"]))
    for kind, part in result["kinds"].items():
        counted = "counted" if part["counted"] else "not counted"
        rows += [
            ("first", kind, part["first"]["p"], part["first"]["se"], None, None, None, counted),
            ("any", kind, part["any"]["p"], part["any"]["se"], None, None, None, counted),
        ]
    for base in result["outside_view"]:
        words = f"{base['k']:g} of {base['n']:g}; {base['source']}; matches {base['matches']}"
        rows.append(("base rate", base["name"], base["p"], None, *base["interval"], "base rate", words))
    for variable, states in result["states"].items():
        for name, state in states.items():
            words = f"share of worlds {state['share']!r}"
            rows.append(("state", f"{variable}={name}", state["p"], state["se"], None, None, None, words))
    for step in result["ladder"]:
        rows.append(("definition", step["kind"], step["p"], step["se"], None, None, None, step["definition"]))
    return Table(("section", "item", "p", "se", "low", "high", "interval_of", "note"), tuple(rows))


def _title(result: Result) -> str:
    when = wording.span(result["question"]["opens"], result["question"]["closes"])
    odds = result["odds"]
    figure = wording.spoken(wording.headline(odds))
    runs = wording.count(result["counts"]["finished"], "run")
    if odds["p"] <= 0.0:
        return f"No new crisis in any of {runs}: odds {figure}, {when}"
    if odds["p"] >= 1.0:
        return f"A new crisis in every one of {runs}: odds {figure}, {when}"
    begin, end = when.split(" to ")
    return f"{wording.capital(figure)} odds of a new crisis between {begin} and {end}"


def _subtitle(result: Result) -> str:
    asked = wording.plain(result["question"]["text"] or result["scenario"]["title"])
    return f"{wording.capital(result['odds']['words'])}, in the words of ICD 203. {asked}"


def _meanings(result: Result) -> Iterator[str]:
    yield f"whiskers: {100 * result['odds']['level']:g} % simulation error, by worlds"
    if result["outside_view"]:
        yield f"base rates: k of n with their {100 * LEVEL:g} % interval"
    yield "bands: ICD 203"


def _rows(result: Result) -> list[Row]:
    base_rates = result["outside_view"]
    rows = [_answer_row(result), *_base_rows(base_rates, "all")]
    key = "By kind:   ● comes first   ○ at any time in the window" + ("   ◇ base rate" if base_rates else "")
    rows.append(Row(key, heading=True))
    for kind, part in wording.kinds_shown(result):
        rows += [_kind_row(kind, part), *_base_rows(base_rates, kind)]
    strangers = [base for base in base_rates if base["matches"] != "all" and base["matches"] not in result["kinds"]]
    if strangers:
        rows.append(Row("Base rates of definitions that were not played", heading=True))
        rows += [_base_row(base) for base in strangers]
    for variable, states in result["states"].items():
        rows.append(Row(f"By {wording.human(variable)} at the start", heading=True))
        for name, state in states.items():
            row = _plain_row(wording.human(name), (), state["p"], state["se"])
            share = f"{row.value} ({100 * state['share']:.0f} % of worlds)"
            rows.append(replace(row, value=share))
    if result["ladder"]:
        rows.append(Row("Other definitions of a crisis, side by side", heading=True))
    for step in result["ladder"]:
        meant = forest.details(wording.plain(step["definition"]))
        rows.append(_plain_row(wording.human(step["kind"]), meant, step["p"], step["se"]))
    return rows


def _answer_row(result: Result) -> Row:
    odds = result["odds"]
    low, high = odds["interval"]
    counted = ", ".join(wording.human(kind) for kind in result["question"]["kinds"])
    belief = odds["belief_interval"]
    beside = [f"simulation: {wording.between(low, high, odds['se'])}"]
    under = f"no belief interval: {odds['belief_reason'] or 'not estimated'}"
    if belief is not None:
        beside.append(f"beliefs: {wording.between(*belief)}")
        under = "light bar: 5–95 % over worlds, given what we do not know"
    return Row(
        name="Any counted kind",
        details=forest.details(wording.capital(counted)),
        value=wording.headline(odds),
        value_details=tuple(beside),
        points=(Point(odds["p"], low, high, "answer"),),
        belief=(belief[0], belief[1]) if belief is not None else None,
        note=forest.note(wording.plain(under)),
        strong=True,
    )


def _base_rows(base_rates: list[OutsidePart], matches: str) -> list[Row]:
    return [_base_row(base) for base in base_rates if base["matches"] == matches]


def _base_row(base: OutsidePart) -> Row:
    low, high = base["interval"]
    cases = f"{wording.whole(base['k'])} of {wording.whole(base['n'])}: {wording.plain(base['source'])}"
    return Row(
        name="Base rate: " + wording.human(base["name"]),
        details=forest.details(cases, indented=True),
        value=wording.rate(base),
        value_details=(wording.rate_interval(base),),
        points=(Point(base["p"], low, high, "base"),),
        indented=True,
    )


def _kind_row(kind: str, part: KindPart) -> Row:
    name = wording.capital(wording.human(kind))
    ever = _point(part["any"], "any")
    if not part["counted"]:
        words = wording.chance(part["any"]["p"], part["any"]["se"])
        return Row(f"{name} (not counted)", value=words, points=(ever,))
    first = wording.chance(part["first"]["p"], part["first"]["se"])
    later = wording.chance(part["any"]["p"], part["any"]["se"])
    beside = f"{first} first, {later} ever"
    return Row(name, value=beside if first != later else first, points=(_point(part["first"], "first"), ever))


def _plain_row(name: str, details: tuple[str, ...], p: float | None, se: float | None) -> Row:
    points = () if p is None else (_point({"p": p, "se": se}, "plain"),)
    return Row(wording.capital(name), details=details, value=wording.chance(p, se), points=points)


def _point(estimate: Estimate, look: str) -> Point:
    reach = style.Z95 * (estimate["se"] or 0.0)
    p = estimate["p"]
    return Point(p, max(p - reach, 0.0), min(p + reach, 1.0), look)
