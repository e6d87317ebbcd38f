"""What the odds rest on most: assumption by assumption, and what can be known beside what is luck."""

from __future__ import annotations

from collections.abc import Iterator

from sim.records.drivers import DriverPart, EndPart, NoisePart
from sim.records.result import Odds
from sim.report import inputs, wording
from sim.report.inputs import label
from sim.report.page.blocks import Block, Cell, Chart, Column, Grid, Section, Text
from sim.report.page.charts.bars import Bar, bars
from sim.report.page.charts.embed import embed
from sim.report.page.charts.strip import strip
from sim.report.page.facts import RunFacts
from sim.report.page.sections.odds import spread_told
from sim.report.wording import capital, chance, plain

_MOST_DRAWN = 12


def section(facts: RunFacts) -> Section | None:
    """Drivers; none where they were not worked out."""
    if not facts.drivers:
        return None
    return Section("drivers", "What the odds rest on most", "Drivers", list(_blocks(facts)))


def _blocks(facts: RunFacts) -> Iterator[Block]:
    odds = facts.result["odds"]
    yield from _knowable(odds)
    told = [part for part in facts.drivers if part["above_noise"]]
    yield Text(_lead(odds, told, facts.noise, len(facts.drivers)))
    if told:
        yield _bars(odds, told, facts)
    else:
        yield _grid(facts)


def _knowable(odds: Odds) -> Iterator[Block]:
    """V beside W, as one bar cut in two."""
    known, luck = odds["V"], odds["W"]
    if known is None or luck is None or luck < 0.0 or not spread_told(odds):
        return
    share = known / (known + luck)
    error = odds["V_se"] / (known + luck) if odds["V_se"] else None
    removed, left = wording.tally(share, error), wording.tally(1.0 - share, error)
    parts = (("Can be known", known, removed), ("Luck", luck, left))
    title = "What can be known beside luck"

    def draw(width: int) -> str:
        return strip(parts, width=width, title=title, desc=f"Can be known {removed}, luck {left}.")

    columns = (Column("Part"), Column("Brier score", number=True), Column("Share", number=True))
    rows = [
        (Cell("Can be known (V)"), Cell(inputs.score(known), known), Cell(removed, share)),
        (Cell("Luck (W)"), Cell(inputs.score(luck), luck), Cell(left, 1.0 - share)),
    ]
    caption = (
        f"The expected Brier score of saying the odds every time is {known + luck:.3f}; knowing every "
        f"assumption exactly would remove {removed} of it, and the rest is luck."
    )
    yield Chart(embed(draw), title, caption, Grid(title, columns, rows))


def _lead(odds: Odds, told: list[DriverPart], noise: NoisePart | None, listed: int) -> str:
    floor = f" ({noise['dummies']} dummies give the noise floor)" if noise is not None else ""
    if not told:
        which = f"Not one of the {listed} assumptions can" if listed > 1 else "The one assumption cannot"
        return f"{which} be told from one that touches nothing{floor}."
    first = told[0]
    lead = (
        f"Most is to be gained from {label(first['path'])}: learning it exactly would take {_gain(first, odds)} off "
        "the expected Brier score of the odds."
    )
    others = listed - len(told)
    if others:
        rest = f"{others} others" if others > 1 else "1 other"
        lead += f" {rest} cannot be told from an assumption that touches nothing{floor}."
    return lead


def _gain(part: DriverPart, odds: Odds) -> str:
    """What learning it exactly would take off the Brier score of the odds, as a share of that score."""
    return inputs.gain(part["V"], part["V_se"], odds["p"])


def _bars(odds: Odds, told: list[DriverPart], facts: RunFacts) -> Chart:
    items = [
        Bar(
            capital(label(part["path"])),
            part["low"]["p"],
            part["high"]["p"],
            chance(part["low"]["p"], part["low"]["se"]),
            chance(part["high"]["p"], part["high"]["se"]),
            _at(part["low"], part),
            _at(part["high"], part),
            part["low"]["se"],
            part["high"]["se"],
            part["V"],
            _gain(part, odds),
        )
        for part in told[:_MOST_DRAWN]
    ]
    title = "How far each assumption moves the odds"
    first = told[0]
    desc = f"The largest gain is from {label(first['path'])}: from {items[0].low_text} to {items[0].high_text}."

    def draw(width: int) -> str:
        return bars(items, base=odds["p"], base_text=wording.headline(odds), width=width, title=title, desc=desc)

    caption = (
        "The odds where it is at its 5th and at its 95th percentile (states: the least and the most dangerous "
        "one), all others as uncertain as they are. Brier gain: the share of the expected Brier score that "
        "learning it exactly would take off; gains of several do not add up."
    )
    if len(told) > len(items):
        caption += f" Drawn are the {len(items)} largest of {len(told)}."
    return Chart(embed(draw), title, caption, _grid(facts))


def _at(end: EndPart, part: DriverPart) -> str:
    return inputs.value(end["at"], part["unit"])


def _grid(facts: RunFacts) -> Grid:
    columns = (
        Column("Assumption"),
        Column("At its 5 %"),
        Column("Odds there", number=True),
        Column("At its 95 %"),
        Column("Odds there", number=True),
        Column("Brier gain", number=True),
        Column("V", number=True),
        Column("Above noise"),
    )
    odds = facts.result["odds"]
    rows = [
        (
            Cell(capital(label(part["path"])), under=plain(part["path"])),
            Cell(_at(part["low"], part)),
            Cell(chance(part["low"]["p"], part["low"]["se"]), part["low"]["p"]),
            Cell(_at(part["high"], part)),
            Cell(chance(part["high"]["p"], part["high"]["se"]), part["high"]["p"]),
            Cell(_gain(part, odds), part["V"]),
            Cell(inputs.score(part["V"]), part["V"]),
            Cell("yes" if part["above_noise"] else "no"),
        )
        for part in facts.drivers
    ]
    return Grid("Every assumption, by what learning it would gain", columns, rows)
