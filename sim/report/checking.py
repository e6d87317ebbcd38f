"""What `sim check` prints: every number of a file, what its clocks do in the median world, and what there is."""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from sim.analysis.expectations import ClockLine, Expectations, Need, NumberLine
from sim.report import wording
from sim.report.columns import aligned, paragraph
from sim.report.tables import Table
from sim.report.wording import amount, human, plain
from sim.scenario.load import Case

_NARROWEST = 60
_ONE_LINE = 104
_ALONE = ("assumptions", "tension", "intent", "sanctions_effect")
_SINGULAR = {
    "dated": "dated",
    "armed": "armed",
    "watches": "watch",
    "kinds of crisis": "kind of crisis",
    "forces": "force",
    "quantities": "quantity",
    "diplomacy": "meeting",
    "crises": "kind of crisis",
    "outside_view": "base rate",
    "evidence": "piece of evidence",
    "resolution": "resolution",
}
_PLURAL = {
    "diplomacy": "meetings",
    "crises": "kinds of crisis",
    "outside_view": "base rates",
    "evidence": "pieces of evidence",
    "resolution": "resolutions",
}
_GAP = 2
_SAYS_LEAST = 22
_NUMBERS_HEADING = ("p5", "p50", "p95", "mean")


def text(case: Case, told: Expectations, width: int) -> str:
    """The check as text with no line longer than `width` characters (but at least sixty)."""
    width = max(width, _NARROWEST)
    uncertain = [line for line in told.numbers if line.uncertain and line.kind != "date"]
    dates = [line for line in told.numbers if line.uncertain and line.kind == "date"]
    fixed = [line for line in told.numbers if not line.uncertain]
    blocks = [
        _question(case, width),
        _numbers(f"Uncertain values ({len(uncertain)})", uncertain, width),
        _numbers(f"Uncertain dates ({len(dates)})", dates, width),
        _numbers(f"Luck, drawn at each firing ({len(told.luck)}), in the median world", told.luck, width),
        _fixed(fixed, width),
        *_clocks(case, told, width),
        _contents(told, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def tsv(case: Case, told: Expectations) -> str:
    """The same for programs: a row a value, a draw, a clock, a count and a warning, with all digits."""
    columns = ("section", "path", "says", *_NUMBERS_HEADING, "form", "unit")
    return Table(columns, tuple(_rows(case, told))).to_tsv()


def document(case: Case, told: Expectations) -> dict[str, Any]:
    """The same as one JSON object; what is not finite is null, dates are ISO texts."""
    question = case.scenario.file.question
    return {
        "schema": 1,
        "scenario": {"name": case.scenario.name, "title": case.scenario.file.title, "sha256": case.scenario.sha256},
        "question": {
            "text": question.text,
            "opens": question.opens.isoformat(),
            "closes": question.closes.isoformat(),
            "kinds": list(question.kinds),
        },
        "values": [_as_json(line) for line in told.numbers],
        "luck": [_as_json(line) for line in told.luck],
        "clocks": [_clock_as_json(line) for line in told.clocks],
        "median_states": dict(told.median_states),
        "contents": dict(told.contents),
        "rules": dict(told.rules),
        "sizes": dict(told.sizes),
        "warnings": [{"code": problem.code, "text": problem.text} for problem in case.warnings],
    }


def _question(case: Case, width: int) -> list[str]:
    file = case.scenario.file
    kinds = ", ".join(human(kind) for kind in file.question.kinds)
    window = wording.span(file.question.opens, file.question.closes)
    lines = paragraph(plain(file.title), width)
    if plain(file.question.text) != plain(file.title):
        lines += paragraph(plain(file.question.text), width)
    return lines + paragraph(f"{window}. Counted: {kinds}. Clock starts {wording.day(file.clock.starts, True)}.", width)


def _block(path: str) -> tuple[str, str]:
    """Block of a path and the path inside it."""
    parts = path.split(".")
    depth = 1 if parts[0] in _ALONE else 2
    return ".".join(parts[:depth]), ".".join(parts[depth:])


def _numbers(heading: str, lines: Sequence[NumberLine], width: int) -> list[str]:
    """A table grouped by block. Where the screen is narrow, what the file says stands below, if it adds anything."""
    if not lines:
        return []
    wide = width >= _ONE_LINE
    figures = [_figures(line) for line in lines]
    columns = [max(len(name), *map(len, texts)) for name, *texts in zip(_NUMBERS_HEADING, *figures, strict=True)]
    units = max(len(_unit(line)) for line in lines)
    tails = [f"{_unit(line):<{units + _GAP}}{line.form}" if wide and units else line.form for line in lines]
    names = [_name(line, wide) for line in lines]
    room = width - sum(columns) - _GAP * (len(columns) + 1) - max(map(len, tails))
    name_room = min(max(map(len, names)), room - _GAP - _SAYS_LEAST if wide else room)
    says_room = room - name_room - _GAP if wide else 0
    told = " " * name_room + (" " * _GAP + "the file says".ljust(says_room) if wide else "")
    rows = [heading, told + _joined(_NUMBERS_HEADING, columns)]
    block = ""
    for line, name, cells, tail in zip(lines, names, figures, tails, strict=True):
        if _block(line.path)[0] != block:
            block = _block(line.path)[0]
            rows.append(block)
        says = plain(line.says) + ("" if line.written else " (default)")
        first, *others = textwrap.wrap(says, says_room) or [""] if wide else ["", *_below(line, says, width)]
        if len(name) > name_room:
            rows.append(name)
            name = ""
        front = name.ljust(name_room) + (" " * _GAP + first.ljust(says_room) if wide else "")
        rows.append((front + _joined(cells, columns) + " " * _GAP + tail).rstrip())
        rows += [" " * (name_room + _GAP if wide else 4) + other for other in others]
    return rows


def _unit(line: NumberLine) -> str:
    return "" if line.unit is None or line.kind == "date" else line.unit


def _name(line: NumberLine, wide: bool) -> str:
    """The path inside its block; on a narrow screen the unit stands behind it."""
    return f"  {_block(line.path)[1]}" + (f" ({_unit(line)})" if _unit(line) and not wide else "")


def _joined(cells: Sequence[str], columns: Sequence[int]) -> str:
    return "".join(" " * _GAP + cell.rjust(size) for cell, size in zip(cells, columns, strict=True))


def _below(line: NumberLine, says: str, width: int) -> list[str]:
    """What the file says, unless the numbers say it too: a plain range is its 5th and 95th percentile."""
    if " to " in line.says and "within" not in line.says and line.form not in ("formula", "dates"):
        return []
    return textwrap.wrap(says, width - 4)


def _figures(line: NumberLine) -> tuple[str, ...]:
    if line.states:
        return ("",) * len(_NUMBERS_HEADING)
    return tuple(_figure(line, x) for x in (line.low, line.middle, line.high, line.mean))


def _figure(line: NumberLine, number: float) -> str:
    if math.isnan(number):
        return "–"
    return _date(number) if line.kind == "date" else amount(number)


def _date(ordinal: float) -> str:
    return dt.date.fromordinal(max(1, math.floor(ordinal))).isoformat()


def _fixed(lines: Sequence[NumberLine], width: int) -> list[str]:
    """Fixed numbers, a paragraph a block: they need no quantiles."""
    if not lines:
        return []
    told = [f"Fixed values ({len(lines)}); * is a default, not in the file"]
    if all(line.written for line in lines):
        told = [f"Fixed values ({len(lines)})"]
    rows = []
    for block, group in groupby(lines, lambda line: _block(line.path)[0]):
        items = [_item(line) for line in group]
        rows.append((f"  {block}", "; ".join(items)))
    return told + aligned(rows, width, indent=0)


def _item(line: NumberLine) -> str:
    inner = _block(line.path)[1] or "value"
    unit = f" {line.unit}" if line.unit and line.unit not in ("share", "date", "×") else ""
    says = plain(line.says)
    if line.form == "formula":
        says += f" ({_figure(line, line.middle)})"
    return f"{inner} {'× ' if line.unit == '×' else ''}{says}{unit}{'' if line.written else '*'}"


def _clocks(case: Case, told: Expectations, width: int) -> Iterator[list[str]]:
    if told.no_clocks:
        yield paragraph(f"Clocks: the median world cannot be played: {told.no_clocks}.", width)
        return
    if not told.clocks:
        return
    question = case.scenario.file.question
    states = "".join(f", {human(path.split('.')[0])} {human(state)}" for path, state in told.median_states)
    heading = (
        f"Clocks ({len(told.clocks)}), {wording.span(question.opens, question.closes)}, in the median world (every "
        f"value at its median{states}) as long as nothing happens in it"
    )
    column = max(len(line.rule) for line in told.clocks) + _GAP
    lines = paragraph(heading, width)
    for line in told.clocks:
        expected = _expected(line)
        if 2 + column + len(expected) <= width:
            lines.append(f"  {line.rule:<{column}}{expected}")
        else:
            lines += [f"  {line.rule}", *paragraph(expected, width, indent=4)]
    yield lines


def _expected(line: ClockLine) -> str:
    if line.needs:
        needs = " and ".join(_need(need) for need in line.needs)
        return (
            f"off at the start: needs {needs}; if on throughout, {_often(line.while_on, -math.expm1(-line.while_on))}"
        )
    return _often(line.expected, line.once) + ("; each one raises the rate" if line.echoes else "")


def _often(expected: float, once: float) -> str:
    if not math.isfinite(expected):
        return "a rate that is not finite"
    return f"{_two_digits(expected)} in the window, at least one with probability {_probability(once)}"


def _two_digits(number: float) -> str:
    if number <= 0.0:
        return "0"
    places = max(0, 1 - math.floor(math.log10(number)))
    return f"{number:,.{min(places, 6)}f}"


def _probability(p: float) -> str:
    if p > 0.995:
        return "above 0.99"
    return f"{p:.2f}" if p >= 0.095 or p == 0.0 else _two_digits(p) if p >= 1e-4 else "below 0.0001"


def _need(need: Need) -> str:
    name = need.quantity
    if need.at_least == 0.5 and need.at_most is None:
        return f"{name} on"
    if need.at_most == 0.5 and need.at_least is None:
        return f"{name} off"
    bounds = [f">= {amount(need.at_least)}"] if need.at_least is not None else []
    bounds += [f"<= {amount(need.at_most)}"] if need.at_most is not None else []
    return f"{name} {' and '.join(bounds)}"


def _contents(told: Expectations, width: int) -> list[str]:
    uncertain = sum(line.uncertain and line.form != "formula" for line in told.numbers)
    formulas = sum(line.form == "formula" for line in told.numbers)
    fixed = len(told.numbers) - uncertain - formulas
    listed = ", ".join(_counted(name, number) for name, number in told.contents)
    values = f"{uncertain} uncertain, {formulas} computed, {fixed} fixed, {len(told.luck)} drawn at each firing"
    rules = ", ".join(_counted(name, number) for name, number in told.rules if number)
    sizes = ", ".join(_counted(name, number) for name, number in told.sizes if number)
    total = sum(number for _, number in told.rules)
    rows = [("In the file", listed), ("Values", values), ("The model", f"{total} rules ({rules}), {sizes}")]
    return aligned(rows, width, indent=0)


def _counted(name: str, number: int) -> str:
    if number == 1:
        return f"1 {_SINGULAR.get(name, human(name).removesuffix('s'))}"
    return f"{number} {_PLURAL.get(name, human(name))}"


def _rows(case: Case, told: Expectations) -> Iterator[tuple[object, ...]]:
    for line in sorted(told.numbers, key=lambda line: not line.uncertain):
        yield ("uncertain" if line.uncertain else "fixed", *_row(line))
        for state, share in line.states:
            yield "state", f"{line.path}={state}", None, None, None, None, share, "choice", "share"
    for line in told.luck:
        yield ("luck", *_row(line))
    for clock in told.clocks:
        needs = " and ".join(_need(need) for need in clock.needs)
        says = f"off at the start: needs {needs}" if needs else clock.story
        yield "clock", clock.rule, says, None, None, None, clock.expected, "expected in the window", None
        yield "clock", clock.rule, says, None, None, None, clock.once, "at least one in the window", "share"
    for name, number in (*told.contents, *told.rules, *told.sizes):
        yield "count", name, None, None, None, None, number, None, None
    for problem in case.warnings:
        yield "warning", problem.code, problem.text, None, None, None, None, None, None


def _row(line: NumberLine) -> tuple[object, ...]:
    numbers = (line.low, line.middle, line.high, line.mean)
    shown = [None if math.isnan(x) else _date(x) if line.kind == "date" else x for x in numbers]
    return line.path, line.says, *shown, line.form if line.written else f"{line.form} (default)", line.unit


def _as_json(line: NumberLine) -> Mapping[str, Any]:
    numbers = {
        name: None if not math.isfinite(x) else _date(x) if line.kind == "date" else x
        for name, x in zip(_NUMBERS_HEADING, (line.low, line.middle, line.high, line.mean), strict=True)
    }
    return {
        "path": line.path,
        "says": line.says,
        "form": line.form,
        "unit": line.unit,
        **numbers,
        "uncertain": line.uncertain,
        "written": line.written,
        "states": dict(line.states),
    }


def _clock_as_json(line: ClockLine) -> Mapping[str, Any]:
    made = asdict(line)
    for name in ("expected", "once", "while_on"):
        made[name] = made[name] if math.isfinite(made[name]) else None
    return made
