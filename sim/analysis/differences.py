"""The first thing in which two plays of one run differ, by the bits of every float, in the words of the scenario."""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

from sim.analysis.ledger import Ledger, flags_on
from sim.engines.plan import Plan
from sim.engines.state import RunFailedError
from sim.records.outcomes import FAILURES, FINISHED, Floats, RunResult
from sim.records.story import Applied, Due, Hold, Story
from sim.rules import program as p
from sim.rules.program import Program

Value = float | str | None
_T = TypeVar("_T")

OUTCOMES = {
    "fired": "fired",
    "guard": "refused by its guard",
    "chance": "its chance failed",
    "otherwise": "its chance failed, else ran",
}
_OPERATIONS = {
    p.ADD_QUANTITY: "add to",
    p.SCALE_QUANTITY: "scale",
    p.SET_QUANTITY: "set",
    p.ADD_TENSION: "add to",
    p.SCALE_TENSION: "scale",
    p.SET_TENSION: "set",
    p.RESET: "reset",
    p.ARM: "arm",
    p.DISARM: "disarm",
    p.BEGIN: "begin",
    p.END: "end",
    p.NOTE: "note",
}


def _bits(number: float) -> bytes:
    return struct.pack("<d", number)


@dataclass(frozen=True, slots=True)
class Row:
    """One fact as two engines have it. `kind` is time (days), number or text; None where an engine lacks it."""

    name: str
    kind: str
    values: tuple[Value, Value]

    @property
    def differs(self) -> bool:
        """Floats are compared by their bits: 0.0 is not -0.0, and a NaN is itself."""
        mine, theirs = self.values
        if isinstance(mine, float) and isinstance(theirs, float):
            return _bits(mine) != _bits(theirs)
        return mine != theirs


@dataclass(frozen=True, slots=True)
class Played:
    """One run as one engine played it."""

    result: RunResult
    story: Story


@dataclass(frozen=True, slots=True)
class Found:
    """Where two plays part, and everything that is known of that place.

    `what` is event, hold, row (the result of the run), probe or batch (the result alone and in a batch). `number`
    counts events, holds and probed days from 1. `time` is the earlier one of two events or holds, or the probed day, in
    days (NaN for a result).
    """

    what: str
    number: int
    time: float
    rows: tuple[Row, ...]


def mark(played: Played) -> tuple[list[object], bytes]:
    """Everything of a run that must be equal, ready to be compared in one step."""
    words: list[object] = []
    floats: list[float] = []
    for due in played.story.dues:
        _add_due(due, words, floats)
    for hold in played.story.holds:
        _add_hold(hold, words, floats)
    result = played.result
    words += [len(played.story.dues), result.status, result.kind, result.root, result.flags, result.dues]
    words += [*result.running, len(result.onset), len(result.early)]
    floats += [result.failed_at, result.first, *result.onset, *result.early]
    if result.probed is not None:
        words.append(result.probed.shape)
        floats += result.probed.ravel().tolist()
    return words, array("d", floats).tobytes()


def _add_due(due: Due, words: list[object], floats: list[float]) -> None:
    words += (due.rank, due.instance, due.outcome, len(due.effects))
    floats += (due.time, due.since, due.load)
    for effect in due.effects:
        words += (effect.operation, effect.target)
        floats += (effect.before, effect.after)


def _add_hold(hold: Hold, words: list[object], floats: list[float]) -> None:
    words.append(hold.rank)
    floats += (hold.begins, hold.ends)


def find(program: Program, one: Played, other: Played, probes: Sequence[float] = ()) -> Found | None:
    """The first difference of two plays: events in their order, then the result, then probed days; None if equal."""
    due = _parting(one.story.dues, other.story.dues, _add_due)
    hold = _parting(one.story.holds, other.story.holds, _add_hold)
    dues = [] if due is None else [played.story.dues[due : due + 1] for played in (one, other)]
    holds = [] if hold is None else [played.story.holds[hold : hold + 1] for played in (one, other)]
    due_time = _earliest(item.time for items in dues for item in items)
    hold_time = _earliest(item.ends for items in holds for item in items)
    if hold is not None and (due is None or hold_time < due_time):
        return Found("hold", hold + 1, hold_time, _paired(*(_hold_facts(program, items) for items in holds)))
    if due is not None:
        return Found("event", due + 1, due_time, _paired(*(_due_facts(program, items) for items in dues)))
    return find_in_results(program, one.result, other.result, probes)


def _earliest(times: Iterable[float]) -> float:
    """What `min` makes of a NaN depends on the order."""
    return min((time for time in times if not math.isnan(time)), default=math.inf)


def find_in_results(program: Program, one: RunResult, other: RunResult, probes: Sequence[float] = ()) -> Found | None:
    """The first difference of the results of two plays."""
    rows = _paired(_result_facts(program, one), _result_facts(program, other))
    if any(row.differs for row in rows):
        return Found("row", 0, math.nan, rows)
    return _probed(program, one.probed, other.probed, probes)


def _parting(
    one: Sequence[_T], other: Sequence[_T], add: Callable[[_T, list[object], list[float]], None]
) -> int | None:
    """The place of the first item that is not the same in both."""

    def marked(item: _T | None) -> tuple[list[object], bytes] | None:
        if item is None:
            return None
        words: list[object] = []
        floats: list[float] = []
        add(item, words, floats)
        return words, array("d", floats).tobytes()

    pairs = zip_longest(one, other)
    return next((place for place, pair in enumerate(pairs) if marked(pair[0]) != marked(pair[1])), None)


Facts = dict[str, tuple[str, Value]]


def _paired(one: Facts, other: Facts) -> tuple[Row, ...]:
    """Facts of two engines side by side, in the order of the engine that has more of them."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    names = [*longer, *(name for name in shorter if name not in longer)]
    nothing: tuple[str, Value] = ("text", None)
    return tuple(
        Row(name, (longer.get(name) or shorter[name])[0], (one.get(name, nothing)[1], other.get(name, nothing)[1]))
        for name in names
    )


def _name(names: Sequence[str], index: int) -> str:
    """A wrong engine may give an index that names nothing."""
    return names[index] if 0 <= index < len(names) else "none" if index == -1 else f"number {index}"


def _due_facts(program: Program, dues: Sequence[Due]) -> Facts:
    facts: Facts = {}
    for due in dues:
        facts["rule"] = "text", _name(program.rules, due.rank)
        facts["time"] = "time", due.time
        facts["outcome"] = "text", OUTCOMES.get(due.outcome, due.outcome)
        facts["instance"] = "text", _instance(due.instance)
        facts["since"] = "time", due.since
        facts["load"] = "number", due.load
        for number, effect in enumerate(due.effects, start=1):
            facts[f"effect {number}"] = "text", _effect(program, effect)
            kind = "time" if effect.operation == p.ARM else "number"
            for which, value in (("before", effect.before), ("after", effect.after)):
                # notes and resets leave no values; where an engine tells one nevertheless, it stands alone
                if effect.operation not in (p.NOTE, p.RESET) or _bits(value) != _bits(0.0):
                    facts[f"effect {number} {which}"] = kind, value
    return facts


def _instance(number: int) -> str:
    return "none" if number == -1 else str(number)


def _effect(program: Program, effect: Applied) -> str:
    operation, target = effect.operation, effect.target
    names = program.quantities
    for first, named in (
        (p.ADD_TENSION, program.tensions),
        (p.RESET, program.quantities),
        (p.ARM, program.rules),
        (p.BEGIN, program.kinds),
        (p.NOTE, program.notes),
    ):
        names = named if operation >= first else names
    return f"{_OPERATIONS.get(operation, f'operation {operation}')} {_name(names, target)}"


def _hold_facts(program: Program, holds: Sequence[Hold]) -> Facts:
    facts: Facts = {}
    for hold in holds:
        facts["condition of"] = "text", _name(program.rules, hold.rank)
        facts["met from"] = "time", hold.begins
        facts["broken at"] = "time", hold.ends
    return facts


def _result_facts(program: Program, result: RunResult) -> Facts:
    flags = " ".join(flags_on(program, result.flags)) or "none"
    ended = "finished" if result.status == FINISHED else FAILURES.get(result.status, f"status {result.status}")
    facts: Facts = {
        "ended": ("text", ended),
        "failed at": ("time", result.failed_at),
        "first counted onset": ("time", result.first),
        "its kind": ("text", _name(program.kinds, result.kind)),
        "its root": ("text", _name(program.blocks, result.root)),
        # the bits, too: a wrong engine may set one that stands for no flag
        "flags on at its root": ("text", f"{flags} ({result.flags:#x})"),
        "events": ("text", str(result.dues)),
    }
    for what, times in (("onset in the window", result.onset), ("onset before it", result.early)):
        for kind, time in enumerate(times):
            facts[f"{_name(program.kinds, kind)}: {what}"] = "time", time
    for kind, on in enumerate(result.running):
        facts[f"{_name(program.kinds, kind)}: on at the opening"] = "text", "yes" if on else "no"
    return facts


def _probed(program: Program, one: Floats | None, other: Floats | None, probes: Sequence[float]) -> Found | None:
    """The first probed day on which any number differs, with all numbers of that day."""
    days = [0 if table is None else len(table) for table in (one, other)]
    if one is None or other is None or one.shape != other.shape:
        if one is other:
            return None
        row = Row("probed days", "text", (str(days[0]), str(days[1])))
        return Found("probe", 1, probes[0] if probes else math.nan, (row,)) if row.differs else None
    for number, lines in enumerate(zip(one.tolist(), other.tolist(), strict=True), start=1):
        rows = number_rows(program, *lines)
        if any(row.differs for row in rows):
            return Found("probe", number, probes[number - 1], rows)
    return None


def number_rows(program: Program, one: Sequence[float], other: Sequence[float]) -> tuple[Row, ...]:
    """All quantities and tensions of two states, side by side."""
    names = [*program.quantities, *program.tensions]
    pairs = zip(one, other, strict=True)
    return tuple(Row(name, "number", pair) for name, pair in zip(names, pairs, strict=True))


def rebuilt(plan: Plan, numbers: Sequence[float], dues: Sequence[Due], day: float) -> list[float] | None:
    """Quantities and tensions on a day as these events, applied from the start, leave them; None if they cannot be."""
    try:
        ledger = Ledger(plan, numbers)
        state = ledger.state
        for due in dues:
            ledger.follow(due)
            for effect in _on_tensions(due):
                state.tensions.write(effect.target, effect.after, due.time)
        return [*state.quantity, *(state.tensions.level(place, day) for place in range(len(plan.program.tensions)))]
    except RunFailedError:
        return None


def _on_tensions(due: Due) -> Iterator[Applied]:
    return (effect for effect in due.effects if p.ADD_TENSION <= effect.operation <= p.SET_TENSION)
