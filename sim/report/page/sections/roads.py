"""How it comes about: the roads to the first onset, and the odds by the state that the world starts in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.records.result import Result, StatePart
from sim.report import wording
from sim.report.page.blocks import Block, Cell, Chart, Column, Grid, Section, Text
from sim.report.page.charts.embed import embed
from sim.report.page.charts.rows import Row, rows
from sim.report.page.facts import RunFacts
from sim.report.page.sections.odds import reach, slot
from sim.report.roads import Road, rest, roads
from sim.report.wording import capital, chance, human

_MOST_DRAWN = 8
_MOST_FLAGS = 3


def section(facts: RunFacts) -> Section:
    """Roads, and odds by state."""
    return Section("roads", "How it comes about", "Roads", list(_blocks(facts.result)))


def _blocks(result: Result) -> Iterator[Block]:
    found = roads(result)
    if found:
        yield Text(_lead(result, found))
        yield Text(
            "A road is the kind of crisis together with what set off the chain that led to it. Small print: what was "
            "on when it was set off, in so many of 100 crises of that road; it tells what happened, not what caused it."
        )
        yield _roads(result, found)
    else:
        yield Text("No run has a counted onset, so there is no road to one.")
    for variable, states in result["states"].items():
        yield _states(result, variable, states)


def _roads(result: Result, found: list[Road]) -> Chart:
    digits = result["odds"]["se"]
    drawn = [
        Row(
            _name(road),
            road.p,
            chance(road.p, road.se or digits),
            *reach({"p": road.p, "se": road.se}),
            note=_usual(road, _MOST_FLAGS),
            slot=slot(result, road.kind),
        )
        for road in found[:_MOST_DRAWN]
    ]
    left = rest(result, sum(road.p for road in found[:_MOST_DRAWN]))
    title = "The likeliest roads"
    desc = f"The likeliest is {_lower(_name(found[0]))}, {chance(found[0].p, found[0].se or digits)}."

    def draw(width: int) -> str:
        return rows(drawn, width=width, title=title, desc=desc)

    others = f" All other roads together: {chance(left, digits)}." if left > 0.0 else ""
    return Chart(
        embed(draw), title, f"Roads to the first counted onset add up to the odds.{others}", _grid(result, found)
    )


def _lead(result: Result, found: list[Road]) -> str:
    """How many crises come by the likeliest road."""
    road = found[0]
    if len(found) == 1:
        return f"There is one road: {_lower(_name(road))}."
    of = wording.in_hundred(road.p / result["odds"]["p"])
    return f"The likeliest road is {_lower(_name(road))}: {of} of 100 runs that have a crisis come to it this way."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _name(road: Road) -> str:
    return f"{capital(human(road.kind))} from {wording.root(road.root)}"


def _usual(road: Road, most: int | None = None) -> str:
    usual = [f"{wording.flag(flag)} in {wording.in_hundred(share)}" for flag, share in road.usual[:most]]
    return ", ".join(usual)


def _grid(result: Result, found: list[Road]) -> Grid:
    columns = (
        Column("Road"),
        Column("Odds", number=True),
        Column("On when it was set off, of 100 of these", wide=True),
    )
    made = [
        (
            Cell(_name(road)),
            Cell(chance(road.p, road.se or result["odds"]["se"]), road.p),
            Cell(_usual(road) or "nothing"),
        )
        for road in found
    ]
    return Grid("Roads to the first counted onset", columns, made)


def _states(result: Result, variable: str, states: Mapping[str, StatePart]) -> Chart:
    title = f"By {human(variable)} at the start"
    items = []
    for name, state in sorted(states.items(), key=lambda item: -(item[1]["p"] or 0.0)):
        p = state["p"]
        if p is None:
            continue
        told = chance(p, state["se"])
        share = f"in {100 * state['share']:.0f} % of worlds"
        items.append(Row(capital(human(name)), p, told, *reach({"p": p, "se": state["se"]}), note=share))
    desc = "Odds in the worlds that start in each state, beside the odds over all worlds."

    def draw(width: int) -> str:
        return rows(items, width=width, title=title, desc=desc, guide=result["odds"]["p"])

    columns = (Column("State"), Column("Odds", number=True), Column("Share of worlds", number=True))
    made = [
        (
            Cell(capital(human(name))),
            Cell(chance(state["p"], state["se"]), state["p"]),
            Cell(f"{100 * state['share']:.0f} %", state["share"]),
        )
        for name, state in states.items()
    ]
    return Chart(embed(draw), title, "Dashed: the odds over all worlds.", Grid(title, columns, made))
