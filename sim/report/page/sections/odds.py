"""The odds: the answer in figures and words, the three uncertainties apart, base rates beside it, and the kinds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from sim.records.result import AssumptionPart, Estimate, Odds, OutsidePart, Result
from sim.report import wording
from sim.report.page.blocks import Answer, Block, Card, Cards, Cell, Chart, Column, Grid, Section, Text
from sim.report.page.charts.embed import embed
from sim.report.page.charts.rows import Row, rows
from sim.report.page.facts import RunFacts
from sim.report.style import Z95
from sim.report.wording import capital, chance, human, plain

_BASE_SLOT = 4


def section(facts: RunFacts) -> Section:
    """The answer, first of all: question, odds, their three uncertainties, and what they rest on."""
    return Section("odds", "The odds", "Odds", list(_blocks(facts.result)))


def beside(facts: RunFacts) -> Section | None:
    """What the odds are held against and what they are made of, base rates and kinds; none where there is neither."""
    result = facts.result
    blocks: dict[str, Block] = {}
    if result["outside_view"]:
        blocks["beside base rates"] = _beside(result)
    if len(result["kinds"]) > 1:
        blocks["by kind"] = _kinds(result)
    if not blocks:
        return None
    short = "Base rates" if result["outside_view"] else "Kinds"
    return Section("beside", f"The odds {' and '.join(blocks)}", short, list(blocks.values()))


def _blocks(result: Result) -> Iterator[Block]:
    odds = result["odds"]
    if result["question"]["text"]:
        yield Text(plain(result["question"]["text"]), "lead")
    yield Answer(wording.headline(odds), f"ICD 203: {odds['words']}", _meaning(result))
    yield Cards(uncertainties(odds))
    yield Text(rests_on(result))


def _meaning(result: Result) -> str:
    question, counts = result["question"], result["counts"]
    finished = "finished run" if counts["failed"] else "run"
    runs = f"{wording.count(counts['finished'], finished)} of this scenario"
    window = wording.span(question["opens"], question["closes"])
    p = result["odds"]["p"]
    if p <= 0.0 or p >= 1.0:
        which = "Not one" if p <= 0.0 else "Every one"
        return f"{which} of the {runs} has a counted crisis beginning in the window, {window}; the figure is a bound."
    return f"In this share of {runs}, a counted crisis begins in the window, {window}."


def uncertainties(odds: Odds) -> list[Card]:
    """What the odds are uncertain by, three numbers that must not be merged: simulation, ignorance, luck."""
    level = f"{100 * odds['level']:g} %"
    lasting = " It holds at any stop." if odds["method"] == "sequence" else ""
    simulation = Card(
        "Simulation error",
        simulation_error(odds),
        f"Monte-Carlo interval, {level}: how far the finite number of runs can have led the estimate astray.{lasting} "
        "More runs narrow it. It says nothing about whether the scenario is right.",
        "simulation",
    )
    return [simulation, _belief(odds), _luck(odds)]


def simulation_error(odds: Odds) -> str:
    """The Monte-Carlo interval in words."""
    low, high = odds["interval"]
    return wording.between(low, high, odds["se"])


def _belief(odds: Odds) -> Card:
    belief = odds["belief_interval"]
    if belief is None:
        reason = plain(odds["belief_reason"] or "not estimated")
        return Card("What we do not know", "not told", f"No belief interval: {reason}.", "belief")
    text = (
        "Belief interval: what the odds would be if we knew every assumption, 5th to 95th percentile over worlds. "
        "Knowledge narrows it, more runs do not."
    )
    return Card("What we do not know", wording.between(*belief), text, "belief")


def _luck(odds: Odds) -> Card:
    ignorance, luck = odds["V"], odds["W"]
    if ignorance is None or luck is None or ignorance + luck <= 0.0:
        return Card("Luck", "not told", "Worlds were not played often enough to tell luck from ignorance.", "luck")
    if not spread_told(odds):
        text = "The spread between worlds cannot be told from luck: V, what knowledge could remove, may be 0."
        return Card("Luck", "all, as far as can be told", text, "luck")
    error = odds["V_se"] / (ignorance + luck) if odds["V_se"] else None
    share = luck / (ignorance + luck)
    text = (
        "of the uncertainty about the outcome would stay if every listed assumption were known exactly "
        f"(W {luck:.3f}, beside V {ignorance:.3f} that knowledge could remove). Nothing narrows it."
    )
    return Card("Luck", wording.tally(share, error), text, "luck")


def spread_told(odds: Odds) -> bool:
    """Whether V, what knowledge could remove, can be told from 0."""
    return odds["V"] is not None and odds["V"] > Z95 * (odds["V_se"] or 0.0)


def rests_on(result: Result) -> str:
    """What the odds rest on: the file, how many of its values are uncertain, and where these come from."""
    listed = result["assumptions"]
    told = "These are odds under the assumptions of one scenario file, not a measurement of the world."
    if not listed:
        return f"{told} Every value in it is taken as certain."
    named, judged, bare = sources(listed)
    parts = [f"{named} name a source" if named > 1 else "1 names a source" if named else "none names a source"]
    parts += [f"{judged} {'are' if judged != 1 else 'is'} said to be judgement"] if judged else []
    nothing = f"{bare} say nothing of where they come from" if bare != 1 else "1 says nothing of where it comes from"
    parts += [nothing] if bare else []
    outside = " Base rates stand beside the odds and do not enter them." if result["outside_view"] else ""
    return (
        f"{told} What they rest on: the definition of a crisis below, the rules of the model, every fixed number of "
        f"the file, and {wording.count(len(listed), 'uncertain value')}, of which {', '.join(parts)}.{outside}"
    )


def sources(listed: Sequence[AssumptionPart]) -> tuple[int, int, int]:
    """How many assumptions name a source, how many are said to be judgement, and how many say nothing."""
    texts = [plain(part["source"] or "").lower() for part in listed]
    judged = sum(text.startswith("judgement") for text in texts)
    bare = sum(not text for text in texts)
    return len(texts) - judged - bare, judged, bare


def reach(estimate: Estimate) -> tuple[float | None, float | None]:
    """The 95 % interval of an estimate by its error, inside 0 and 1."""
    p, se = estimate["p"], estimate["se"]
    return (None, None) if se is None else (max(p - Z95 * se, 0.0), min(p + Z95 * se, 1.0))


def known_errors(errors: Iterable[float | None]) -> list[float] | None:
    """The errors, if all of them are known."""
    listed = list(errors)
    told = [error for error in listed if error is not None]
    return told if len(told) == len(listed) else None


def slot(result: Result, kind: str) -> int:
    """The colour of a kind, the same in every chart of a page; 0 is that of all kinds together."""
    order = list(result["kinds"])
    return 1 + (order.index(kind) if kind in order else len(order))


def _beside(result: Result) -> Chart:
    odds = result["odds"]
    low, high = odds["interval"]
    belief_low, belief_high = odds["belief_interval"] or (None, None)
    answer = Row("Any counted kind", odds["p"], wording.headline(odds), low, high, belief_low, belief_high, strong=True)
    items = [answer]
    for matches, bases in groupby(sorted(result["outside_view"], key=lambda base: base["matches"]), _matched):
        items.append(Row(f"To be held against: {_named(matches)}", heading=True))
        here = _here(result, matches)
        if here is not None:
            items.append(Row("here, by simulation", here["p"], chance(here["p"], here["se"]), *reach(here)))
        items += [_base_row(base) for base in bases]
    title = "The odds beside base rates" if result["outside_view"] else "The odds"
    desc = f"{wording.headline(odds)}, Monte-Carlo interval {simulation_error(odds)}."

    def draw(width: int) -> str:
        return rows(items, width=width, title=title, desc=desc)

    caption = "The dark whisker is the simulation error, the light bar what we do not know."
    if result["outside_view"]:
        caption += " Base rates are what happened in comparable cases, with intervals of their own."
    return Chart(embed(draw), title, caption, _beside_grid(result))


def _matched(base: OutsidePart) -> str:
    return base["matches"]


def _named(matches: str) -> str:
    return "any counted kind" if matches == "all" else f"{human(matches)}, whatever came before"


def _here(result: Result, matches: str) -> Estimate | None:
    """The odds that a base rate may be held against; those of all kinds stand above already."""
    part = result["kinds"].get(matches)
    if part is not None:
        return part["any"]
    rung = next((rung for rung in result["ladder"] if rung["kind"] == matches), None)
    return None if rung is None else {"p": rung["p"], "se": rung["se"]}


def _base_row(base: OutsidePart) -> Row:
    low, high = base["interval"]
    cases = f"{wording.whole(base['k'])} of {wording.whole(base['n'])} cases"
    return Row(
        f"base rate: {human(base['name'])}", base["p"], wording.rate(base), low, high, note=cases, slot=_BASE_SLOT
    )


def _beside_grid(result: Result) -> Grid:
    odds = result["odds"]
    columns = (
        Column("What"),
        Column("Odds", number=True),
        Column("Interval"),
        Column("Matches"),
        Column("Source", wide=True),
    )
    interval = f"{simulation_error(odds)} (simulation)"
    made: list[tuple[Cell, ...]] = [
        (Cell("These odds"), Cell(wording.headline(odds), odds["p"]), Cell(interval), Cell("all"), Cell("this run"))
    ]
    for base in result["outside_view"]:
        cases = f"{wording.whole(base['k'])} of {wording.whole(base['n'])}"
        made.append(
            (
                Cell(capital(human(base["name"]))),
                Cell(wording.rate(base), base["p"]),
                Cell(f"{wording.rate_interval(base)} ({cases})"),
                Cell(human(base["matches"])),
                Cell(plain(base["source"])),
            )
        )
    return Grid("The odds and the base rates", columns, made)


def _kinds(result: Result) -> Chart:
    shown = sorted(wording.kinds_shown(result), key=lambda item: (not item[1]["counted"], -item[1]["first"]["p"]))
    items = [
        Row(
            capital(human(kind)),
            part["first"]["p"] if part["counted"] else part["any"]["p"],
            chance(part["first"]["p"], part["first"]["se"]) if part["counted"] else "not counted",
            *reach(part["first"] if part["counted"] else part["any"]),
            note=f"at any time {wording.tally(part['any']['p'], part['any']['se'])}",
            slot=slot(result, kind),
        )
        for kind, part in shown
    ]
    columns = (Column("Kind"), Column("Comes first", number=True), Column("At any time", number=True), Column("Counts"))
    made = [
        (
            Cell(capital(human(kind))),
            Cell(chance(part["first"]["p"], part["first"]["se"]) if part["counted"] else "–", part["first"]["p"]),
            Cell(chance(part["any"]["p"], part["any"]["se"]), part["any"]["p"]),
            Cell("yes" if part["counted"] else "no"),
        )
        for kind, part in shown
    ]
    title = "Which kind comes first"

    def draw(width: int) -> str:
        return rows(items, width=width, title=title, desc="Odds that the first counted crisis is of this kind.")

    caption = "The kinds add up to the odds; several may happen, so those “at any time” do not."
    return Chart(embed(draw), title, caption, Grid("Odds by kind", columns, made))
