"""When: the odds by date, by month, if nothing has happened by a date, and before the window."""

from __future__ import annotations

from collections.abc import Iterator

from sim.records.result import Result
from sim.report import wording
from sim.report.page.blocks import Block, Cell, Chart, Grid, Section, Text
from sim.report.page.blocks import Column as Heading
from sim.report.page.charts.columns import Column, columns
from sim.report.page.charts.curves import Series, curves
from sim.report.page.charts.embed import Toggle, embed
from sim.report.page.charts.schedule import Mark
from sim.report.page.facts import ByKind, RunFacts
from sim.report.page.sections.odds import known_errors, reach, slot, spread_told
from sim.report.wording import capital, chance, human

_ALL = "all counted"


def section(facts: RunFacts) -> Section:
    """The odds over time."""
    return Section("timing", "When", "When", list(_blocks(facts)))


def _blocks(facts: RunFacts) -> Iterator[Block]:
    result = facts.result
    if result["cumulative"]:
        yield Text(_halfway(result))
        yield _cumulative(facts)
    if result["months"]:
        yield _months(result)
    if result["given_quiet"]:
        yield _quiet(result)
    yield from _before(result)


def _halfway(result: Result) -> str:
    odds = result["odds"]
    half = next((part["date"] for part in result["cumulative"] if part["p"] >= odds["p"] / 2), None)
    closes = wording.day(result["question"]["closes"], year=True)
    if odds["p"] <= 0.0 or half is None:
        return f"No run has a counted onset by {closes}."
    return f"By {closes} the odds reach {wording.headline(odds)}; half of that by {wording.day(half, year=True)}."


def _cumulative(facts: RunFacts) -> Chart:
    result = facts.result
    parts, question = result["cumulative"], result["question"]
    dates = [part["date"] for part in parts]
    spans = [reach({"p": part["p"], "se": part["se"]}) for part in parts]
    told = all(low is not None for low, _ in spans)
    every = Series(
        _ALL,
        dates,
        [part["p"] for part in parts],
        [low or 0.0 for low, _ in spans] if told else None,
        [high or 0.0 for _, high in spans] if told else None,
        wording.headline(result["odds"]),
        series=_ALL,
        errors=known_errors(part["se"] for part in parts),
    )
    kinds = _kinds(result, facts.by_kind)
    # the only kind is all kinds
    shown = [every, *(kinds if len(kinds) > 1 else [])]
    marks = [Mark(mark.date.isoformat(), mark.label) for mark in facts.marks]
    title = "Odds of an onset by a date"

    def draw(width: int) -> str:
        window = (question["opens"], question["closes"])
        return curves(shown, width=width, title=title, desc=_halfway(result), window=window, marks=marks)

    toggles = [Toggle(item.series, capital(item.name), item.slot) for item in shown] if len(shown) > 1 else []
    caption = "From the opening of the window."
    if len(shown) > 1:
        caption += " The kinds are those that come first; they add up to all."
    return Chart(embed(draw, toggles), title, caption, _cumulative_grid(result, facts.by_kind))


def _kinds(result: Result, by_kind: ByKind | None) -> list[Series]:
    """The counted kinds that begin in some run; their colours are those of their place among the kinds."""
    return [
        Series(
            human(kind),
            dates,
            odds,
            text=wording.tally(odds[-1], result["odds"]["se"]),
            slot=slot(result, kind),
            series=kind,
            errors=known_errors([result["odds"]["se"]] * len(odds)),
        )
        for kind, (dates, odds) in (by_kind or {}).items()
        if odds and odds[-1] > 0.0
    ]


def _cumulative_grid(result: Result, by_kind: ByKind | None) -> Grid:
    kinds = list(by_kind or {})
    known = {kind: dict(zip(*series, strict=True)) for kind, series in (by_kind or {}).items()}
    heads = [Heading("By the end of"), Heading("All counted", number=True)]
    heads += [Heading(capital(human(kind)), number=True) for kind in kinds]
    rows = []
    for part in result["cumulative"]:
        row = [Cell(wording.day(part["date"], year=True)), Cell(wording.tally(part["p"], part["se"]), part["p"])]
        for kind in kinds:
            p = known[kind].get(part["date"])
            row.append(Cell("–" if p is None else wording.tally(p, result["odds"]["se"]), p))
        rows.append(row)
    return Grid("Odds of an onset by a date", heads, rows)


def _months(result: Result) -> Chart:
    months = result["months"]
    items = []
    for part in months:
        low, high = reach({"p": part["p"], "se": part["se"]})
        name = wording.month_name(part["month"], year=len(months) > 12)
        items.append(Column(name, part["p"], low, high, wording.tally(part["p"], part["se"])))
    title = "Odds that it begins in the month"
    likeliest = max(months, key=lambda part: part["p"])
    desc = f"The likeliest month is {wording.month_name(likeliest['month'])}."

    def draw(width: int) -> str:
        return columns(items, width=width, title=title, desc=desc)

    reached, rows = 0.0, []
    for part in months:
        reached = min(reached + part["p"], 1.0)
        rows.append(
            (
                Cell(wording.month_name(part["month"])),
                Cell(chance(part["p"], part["se"]), part["p"]),
                Cell(chance(reached, result["odds"]["se"]), reached),
            )
        )
    heads = (Heading("Month"), Heading("Begins in it", number=True), Heading("By its end", number=True))
    caption = "Whiskers: 95 % simulation error. Months add up to the odds."
    return Chart(embed(draw), title, caption, Grid(title, heads, rows))


def _quiet(result: Result) -> Grid:
    rows = []
    for part in result["given_quiet"]:
        p, n = part["p_rest"], part["n"]
        # the error of a share of n runs, taken as independent: the least it can be, for digits only
        error = (p * (1.0 - p) / n) ** 0.5 if p is not None and n else None
        told = "no such run" if p is None else chance(p, error)
        rows.append((Cell(wording.day(part["until"], year=True)), Cell(told, p), Cell(f"{n:,}", float(n))))
    heads = (Heading("If quiet until"), Heading("Odds for the rest", number=True), Heading("From runs", number=True))
    remark = "Quiet until a date: no counted crisis began in the window before it."
    if spread_told(result["odds"]):
        remark += (
            " Quiet is evidence, too: among the runs that are quiet so far, worlds in which a crisis is unlikely are "
            "more common than among all."
        )
    return Grid("If nothing has begun by a date: odds for the rest of the window", heads, rows, remark=remark)


def _before(result: Result) -> Iterator[Block]:
    before = result["before"]
    told = (
        ("A crisis of a counted kind was on at the opening", before["in_progress_at_opening"]),
        ("One had begun before the opening, on or over by then", before["onset_before_opening"]),
        ("One begins in the window, or was on at the opening", before["in_window_or_in_progress"]),
    )
    if before["onset_before_opening"]["p"] <= 0.0 and before["in_progress_at_opening"]["p"] <= 0.0:
        return
    rows = [(Cell(name), Cell(chance(part["p"], part["se"]), part["p"])) for name, part in told]
    either = before["in_window_or_in_progress"]
    wider, odds = chance(either["p"], either["se"]), wording.headline(result["odds"])
    remark = (
        "A crisis that began before the window is no answer to the question. If one that is still on at the opening "
        f"counted too, the odds would be {wider} and not {odds}."
    )
    yield Grid("Before the opening", (Heading("What"), Heading("Odds", number=True)), rows, remark=remark)
