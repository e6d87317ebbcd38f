"""What `sim verify` prints: how much was equal, or the first thing that is not, on both engines side by side."""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from sim.analysis.differences import OUTCOMES, Row, Value
from sim.analysis.verify import TRIGGERS, Difference, Tally, Verdict
from sim.report.columns import aligned, paragraph
from sim.report.tables import Table
from sim.report.wording import count, plain
from sim.scenario.load import Scenario
from sim.timeline import moment_at

_NARROWEST = 60
# so many numbers that are equal are still listed
_FEW = 12
_BY = {"start": "by a date", "clock": "by a clock", "watch": "by a condition", "armed": "by another rule"}
_UNEQUAL = "≠"
_EQUAL_SO_FAR = {
    "row": "; all its events are equal",
    "batch": "; played alone it is equal on both",
    "probe": "; all its events and its result are equal",
}
_SIZES = ("dues", "effects", "holds")


def text(scenario: Scenario, verdict: Verdict, file: str, further: str, width: int) -> str:
    """The verdict as text with no line longer than `width` characters (but at least sixty, and what cannot break).

    `further` is the command that tells the run of the first difference.
    """
    width = max(width, _NARROWEST)
    if verdict.first is None:
        blocks = [_equal(verdict, file, width), _events(verdict, width)]
    else:
        blocks = [_unequal(verdict, file, width), *_first(scenario, verdict, verdict.first, width), [further]]
    blocks.append(_failed(verdict, width))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def tsv(scenario: Scenario, verdict: Verdict) -> str:
    """The same for programs: a row a count, and a row each fact of the first difference, with all digits."""
    return Table(("section", "name", *verdict.engines), tuple(_table_rows(scenario, verdict))).to_tsv()


def document(scenario: Scenario, verdict: Verdict) -> dict[str, Any]:
    """The same as one JSON object. Floats stand beside their hexadecimal texts; what is not finite is null."""
    mine, theirs = verdict.tallies
    return {
        "schema": 1,
        "scenario": {"name": scenario.name, "title": scenario.file.title, "sha256": scenario.sha256},
        "engines": list(verdict.engines),
        "seed": verdict.seed,
        "runs": verdict.runs,
        "replays": verdict.replays,
        "dues": mine.dues,
        "effects": mine.effects,
        "holds": mine.holds,
        "failed": mine.failed.total(),
        "probed": verdict.probed,
        "differences": verdict.differing,
        "counts": {name: _counts(tally) for name, tally in zip(verdict.engines, (mine, theirs), strict=True)},
        "first": None if verdict.first is None else _as_json(scenario, verdict.first),
    }


def _counts(tally: Tally) -> dict[str, Any]:
    return {
        **{size: getattr(tally, size) for size in _SIZES},
        "outcomes": {trigger: {o: tally.outcomes[trigger, o] for o in OUTCOMES} for trigger in TRIGGERS.values()},
        "failed": dict(sorted(tally.failed.items())),
    }


# --- all is equal ---


def _equal(verdict: Verdict, file: str, width: int) -> list[str]:
    tally = verdict.tallies[0]
    sizes = f"{count(tally.dues, 'event')}, {count(tally.effects, 'effect')}, {count(tally.holds, 'broken hold')}"
    return [
        *paragraph(
            f"{count(verdict.runs, 'run')} of {plain(file)} on both engines, {_and(verdict.engines)}: {sizes}, "
            "0 differences; every time, rule and effect is equal to the last bit.",
            width,
        ),
        *paragraph(
            f"So are {count(verdict.batched, 'row')} of a batch on {verdict.engines[1]}, and all quantities and "
            f"tensions in {count(verdict.probed, 'probed run')}.",
            width,
        ),
    ]


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)


def _events(verdict: Verdict, width: int) -> list[str]:
    counts = verdict.tallies[0].outcomes
    rows: list[tuple[str, ...]] = [("events", "fired", "guard refused", "chance failed", "else ran")]
    for trigger, words in _BY.items():
        numbers = [counts[trigger, outcome] for outcome in OUTCOMES]
        if any(numbers):
            rows.append((words, *(f"{number:,}" for number in numbers)))
    return aligned(rows, width, indent=0, right=(1, 2, 3, 4)) if len(rows) > 1 else []


def _failed(verdict: Verdict, width: int) -> list[str]:
    failed = verdict.tallies[0].failed
    if not failed:
        return []
    # where the engines differ, each has failures of its own
    which = "on both alike" if verdict.first is None else f"on {verdict.engines[0]}"
    lines = paragraph(f"{count(failed.total(), 'run')} failed {which}:", width)
    rows = [(plain(reason), f"{number:,}") for reason, number in sorted(failed.items())]
    return lines + aligned(rows, width, right=(1,))


# --- something is not ---


def _unequal(verdict: Verdict, file: str, width: int) -> list[str]:
    return paragraph(
        f"{_and(verdict.engines)} DIFFER in {verdict.differing:,} of {count(verdict.runs, 'run')} of {plain(file)}.",
        width,
    )


def _first(scenario: Scenario, verdict: Verdict, it: Difference, width: int) -> Iterator[list[str]]:
    start, found = scenario.file.clock.starts, it.found
    address = f"run {it.run} of seed {verdict.seed} (world {it.world}, replay {it.replay} of {verdict.replays} a world)"
    where = {
        "event": f"event {found.number} of the run",
        "hold": f"broken hold {found.number} of the run",
        "row": "the result of the run",
        "batch": "the result of the run",
        "probe": f"probe {found.number} of the run",
    }[found.what]
    when = "" if math.isnan(found.time) else f", at {_moment(start, found.time)}"
    lines = paragraph(f"The first difference: {address}, {where}{when}{_EQUAL_SO_FAR.get(found.what, '')}.", width)
    if it.events[0] != it.events[1]:
        those = zip(verdict.engines, it.events, strict=True)
        lines += paragraph(", ".join(f"{name} has {count(n, 'event')}" for name, n in those) + ".", width)
    yield lines
    rows = _chosen(found.rows) if found.what == "probe" else found.rows
    yield _side_by_side(start, it.sides, rows, width)
    if it.before:
        yield _before(start, it, width)
    if it.agreed:
        yield _agreed(start, it, width)


def _before(start: dt.date, it: Difference, width: int) -> list[str]:
    number, unequal = len(it.before), sum(row.differs for row in it.before)
    what = f"{number} quantities and tensions"
    if not it.before_read:
        told = f"Just before it, by the events that both agree on ({what}; neither engine can be read there):"
    elif unequal:
        told = f"A moment before that instant {unequal} of {what} {'differs' if unequal == 1 else 'differ'}:"
    else:
        told = f"A moment before that instant all {what} are equal" + (":" if _chosen(it.before) else ".")
    rows = _chosen(it.before)
    return [*paragraph(told, width), *(_side_by_side(start, it.sides, rows, width) if rows else [])]


def _chosen(rows: Sequence[Row]) -> list[Row]:
    """Rows that differ first, then the rest if they are few."""
    unequal, equal = ([row for row in rows if row.differs is differs] for differs in (True, False))
    return unequal + (equal if len(equal) <= _FEW else [])


def _agreed(start: dt.date, it: Difference, width: int) -> list[str]:
    last = "event" if len(it.agreed) == 1 else f"{len(it.agreed)} events"
    rows = [
        (_moment(start, time), rule, OUTCOMES.get(outcome, outcome), repr(time)) for time, rule, outcome in it.agreed
    ]
    return [*paragraph(f"The last {last} before it, equal on both:", width), *aligned(rows, width)]


def _side_by_side(start: dt.date, sides: Sequence[str], rows: Sequence[Row], width: int) -> list[str]:
    cells = [("", "", *sides)]
    for row in rows:
        sign = _UNEQUAL if row.differs else ""
        for number, pair in enumerate(zip(*(_lines(start, row, value) for value in row.values), strict=True)):
            cells.append((sign, row.name, *pair) if number == 0 else ("", "", *pair))
    # a column without any sign is left out; the others stay where they are
    return aligned(cells, width, indent=0 if any(row.differs for row in rows) else 3)


def _lines(start: dt.date, row: Row, value: Value) -> list[str]:
    """A value on as many lines as its row needs: the date of a time, the shortest decimals, bits where they differ."""
    if not any(isinstance(item, float) for item in row.values):
        return ["—" if value is None else plain(str(value))]
    size = (row.kind == "time") + 1 + row.differs
    if not isinstance(value, float):
        return ["—" if value is None else plain(value), *[""] * (size - 1)]
    shown = [_moment(start, value)] if row.kind == "time" else []
    shown += [] if shown == ["never"] and not row.differs else [repr(value)]
    return [*shown, _bits(value)] if row.differs else shown


def _moment(start: dt.date, day: float) -> str:
    if math.isnan(day):
        return "no date"
    if day == math.inf:
        return "never"
    try:
        return moment_at(start, day)
    except (OverflowError, ValueError):
        return "no date"


def _bits(number: float) -> str:
    """The float exactly; a NaN by its bits."""
    return number.hex() if not math.isnan(number) else f"bits {struct.pack('>d', number).hex()}"


# --- for programs ---


def _table_rows(scenario: Scenario, verdict: Verdict) -> Iterator[tuple[object, ...]]:
    tallies = verdict.tallies
    yield "count", "runs", verdict.runs, verdict.runs
    for size in _SIZES:
        yield "count", size, *(getattr(tally, size) for tally in tallies)
    for trigger in TRIGGERS.values():
        for outcome in OUTCOMES:
            yield "count", f"{trigger} {outcome}", *(tally.outcomes[trigger, outcome] for tally in tallies)
    for reason in sorted({*tallies[0].failed, *tallies[1].failed}):
        yield "failed", reason, *(tally.failed[reason] for tally in tallies)
    yield "count", "differences", verdict.differing, verdict.differing
    it = verdict.first
    if it is None:
        return
    yield "first", "run", it.run, it.run
    yield "first", "compared", *it.sides
    yield "first", "what", it.found.what, it.found.what
    yield "first", "number", it.found.number, it.found.number
    yield "first", "events", *it.events
    for section, rows in (("difference", it.found.rows), ("before", it.before)):
        for row in rows:
            yield section, row.name, *row.values
            if row.differs and any(isinstance(value, float) for value in row.values):
                yield section, f"{row.name} (bits)", *(_hex(value) for value in row.values)
    for time, rule, outcome in it.agreed:
        yield "agreed", f"{_moment(scenario.file.clock.starts, time)} {rule} {outcome}", time, time


def _hex(value: Value) -> str | None:
    return _bits(value) if isinstance(value, float) else None


def _as_json(scenario: Scenario, it: Difference) -> dict[str, Any]:
    start, found = scenario.file.clock.starts, it.found
    time = found.time if math.isfinite(found.time) else None
    return {
        "run": it.run,
        "world": it.world,
        "replay": it.replay,
        "what": found.what,
        "number": found.number,
        "time": time,
        "date": None if time is None else _moment(start, time),
        "sides": list(it.sides),
        "events": list(it.events),
        "rows": [_row_as_json(row) for row in found.rows],
        "before": [_row_as_json(row) for row in it.before],
        "before_is": "read" if it.before_read else "rebuilt" if it.before else None,
        "agreed": [
            {"time": time, "date": _moment(start, time), "rule": rule, "outcome": outcome}
            for time, rule, outcome in it.agreed
        ],
    }


def _row_as_json(row: Row) -> dict[str, Any]:
    values = [None if isinstance(value, float) and not math.isfinite(value) else value for value in row.values]
    return {"name": row.name, "differs": row.differs, "values": values, "bits": [_hex(value) for value in row.values]}
