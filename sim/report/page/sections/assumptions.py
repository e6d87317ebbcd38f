"""Every uncertain value with its range and where it comes from."""

from __future__ import annotations

import datetime as dt
import re

from sim.records.result import AssumptionPart, Result
from sim.report import inputs, wording
from sim.report.inputs import label
from sim.report.page.blocks import Block, Cell, Column, Grid, Section, Text
from sim.report.page.facts import RunFacts
from sim.report.wording import capital, human, plain

_DATED = re.compile(r"days after (\d{4}-\d{2}-\d{2})")
_COLUMNS = (
    Column("Assumption"),
    Column("The file says", wide=True),
    Column("5 %", number=True),
    Column("50 %", number=True),
    Column("95 %", number=True),
    Column("Source", wide=True),
)


def section(facts: RunFacts) -> Section:
    """The table of assumptions."""
    listed = facts.result["assumptions"]
    blocks: list[Block] = [Text(_about(len(listed)))]
    if listed:
        blocks.append(_grid(facts.result))
    return Section("assumptions", "Assumptions and their sources", "Assumptions", blocks)


def _about(number: int) -> str:
    if not number:
        return "The file is certain of every value: nothing differs between worlds but luck."
    are, them = ("is", "it") if number == 1 else ("are", "every one of them")
    return (
        f"{wording.count(number, 'value')} of the file {are} uncertain. Each world draws {them} once; in half of the "
        "worlds a value lies below its 50 % column, in 90 % between the 5 % and the 95 % columns. Paths are those that "
        "--set takes."
    )


def _grid(result: Result) -> Grid:
    rows = [_row(result, part) for part in result["assumptions"]]
    remark = ""
    if any(part["clamped"] > 0.0 for part in result["assumptions"]):
        remark = "Clamped: how often a date had to be moved, to the clock's start or to what must come before it."
    return Grid("Uncertain values", _COLUMNS, rows, reflows=True, tools="Search the assumptions:", remark=remark)


def _row(result: Result, part: AssumptionPart) -> tuple[Cell, ...]:
    clamped = f"clamped in {wording.in_hundred(part['clamped'])} of 100 worlds" if part["clamped"] > 0.0 else ""
    numbers, remark = _numbers(result, part)
    path = plain(part["path"])
    return (
        Cell(capital(label(path)), mark=clamped, under=path),
        Cell(plain(part["form"]), under=remark),
        *numbers,
        Cell(plain(part["source"] or "not given")),
    )


def _numbers(result: Result, part: AssumptionPart) -> tuple[list[Cell], str]:
    """The three percentiles, and a remark: the unit, or the shares of worlds that start in each state."""
    values, unit = (part["p5"], part["p50"], part["p95"]), part["unit"]
    if dated := _DATED.fullmatch(unit or ""):
        start = dt.date.fromisoformat(dated[1])
        return [Cell(_date(start, value), value) for value in values], ""
    block, _, last = part["path"].rpartition(".")
    if last == "start" and block in result["states"]:
        states = result["states"][block].items()
        shares = [f"{human(name)} in {100 * state['share']:.0f} %" for name, state in states]
        return [Cell("–")] * len(values), f"{', '.join(shares)} of worlds"
    shown = [Cell(inputs.bare(value, unit), value) for value in values]
    return shown, "" if unit is None or unit == "×" or unit.split(" ")[0] == "share" else f"in {plain(unit)}"


def _date(start: dt.date, days: float) -> str:
    try:
        return (start + dt.timedelta(days=int(days // 1))).isoformat()
    except OverflowError:
        return wording.amount(days)
