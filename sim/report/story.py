"""The story of one run in plain dated lines: what happened, what it changed, and how the run came out."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sim.analysis.ledger import Approach, Event, Moved
from sim.analysis.tales import FarOut, Outcome, Tale
from sim.analysis.trace import SAMPLE, Choice
from sim.estimates.digits import percent
from sim.report import wording
from sim.report.columns import aligned, paragraph
from sim.report.wording import amount, capital, human, plain
from sim.scenario.load import Scenario
from sim.timeline import moment_at

_NARROWEST = 60
_WIDE = 96
_WHO = 16
_SNAKE = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")


@dataclass(frozen=True, slots=True)
class Told:
    """One dated line of a story: its first instant as days and to the minute, who acts, and what happened.

    `who` is empty where the line is an edge of the question's window.
    """

    time: float
    date: str
    who: str
    text: str


@dataclass(slots=True)
class _Line:
    """One line of the story: the events that it stands for, from `time` to `until`."""

    time: float
    until: float
    block: str
    who: str
    told: list[str] = field(default_factory=list)
    moved: dict[str, Moved] = field(default_factory=dict)
    extras: list[str] = field(default_factory=list)
    repeats: str = ""
    times: int = 1


def text(scenario: Scenario, tale: Tale, address: str, choice: Choice | None, width: int, *, everything: bool) -> str:
    """The whole tale as text with no line longer than `width` characters (but at least sixty).

    `address` says which run it is. With `everything`, also what changed nothing, what is only recorded, and every
    number that moved.
    """
    width = max(width, _NARROWEST)
    blocks = [
        _head(scenario, address, choice, width),
        _world(scenario, tale, width),
        _story(told(scenario, tale, everything=everything), width),
        _closing(scenario, tale.outcome, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def document(
    scenario: Scenario, tale: Tale, run: dict[str, Any], choice: Choice | None, *, everything: bool
) -> dict[str, Any]:
    """The same as one JSON object: days and dates for every event; a time that never comes is null."""
    start = scenario.file.clock.starts
    events = [event for event in tale.events if everything or not _hidden(event)]
    return {
        "schema": 1,
        "scenario": {"name": scenario.name, "title": scenario.file.title, "sha256": scenario.sha256},
        "run": run,
        "chosen": None if choice is None else {"why": choice.why, "fits": choice.found, "finished": choice.of},
        "states": dict(tale.states),
        "far_out": [asdict(item) | {"value": _value(item)} for item in tale.far_out],
        "events": [{"date": moment_at(start, event.time), **asdict(event)} for event in events],
        "outcome": _finite(asdict(tale.outcome)),
    }


def _finite(made: Any) -> Any:
    if isinstance(made, dict):
        return {name: _finite(item) for name, item in made.items()}
    if isinstance(made, list | tuple):
        return [_finite(item) for item in made]
    return None if isinstance(made, float) and not math.isfinite(made) else made


def _head(scenario: Scenario, address: str, choice: Choice | None, width: int) -> list[str]:
    lines = paragraph(plain(scenario.file.title), width) + paragraph(address, width)
    if choice is not None:
        lines += paragraph(f"{capital(choice.why)}.", width)
        among = f"{SAMPLE} runs" if choice.of == SAMPLE else f"the {choice.of} of {SAMPLE} runs that finished"
        told = f"It is one of {choice.found} such runs among {among} (replay 0 of worlds 0 to {SAMPLE - 1})."
        lines += paragraph(told, width)
    return lines


def _world(scenario: Scenario, tale: Tale, width: int) -> list[str]:
    """What is particular about this world."""
    lines = [f"Starts with {human(path.split('.')[0])}: {human(state)}." for path, state in tale.states]
    if not any(value.uncertain and value.kind != "state" for value in scenario.values.values()):
        return lines
    if not tale.far_out:
        return [*lines, "No assumption lies below its 10th or above its 90th percentile in this world."]
    rows = [
        ("  " + item.path, value_text(item), rank(item.percentile), plain(item.says) if width >= _WIDE else "")
        for item in tale.far_out
    ]
    heading = "In this world below the 10th or above the 90th percentile:"
    return [*lines, heading, *aligned(rows, width, indent=0, right=(1, 2))]


def _value(item: FarOut) -> float | str:
    return dt.date.fromordinal(int(item.value)).isoformat() if item.kind == "date" else item.value


def value_text(item: FarOut) -> str:
    """The value of an assumption that lies far out: a number, or a date."""
    value = _value(item)
    return value if isinstance(value, str) else amount(value)


def rank(percentile: float) -> str:
    """A percentile as a short text: `p97`, `below p1`."""
    per_cent = 100.0 * percentile
    if 1.0 <= per_cent <= 99.0:
        return f"p{per_cent:.0f}"
    return "below p1" if per_cent < 1.0 else "above p99"


def _story(lines: Sequence[Told], width: int) -> list[str]:
    column = who_width(line.who for line in lines)
    return [row for line in lines for row in dated(line.date, line.who, line.text, column, width)]


def told(
    scenario: Scenario, tale: Tale, *, everything: bool = False, shared: bool = True, cuts: Sequence[float] = ()
) -> list[Told]:
    """The dated lines of a tale in the order of time, the edges of the window among them.

    What repeats, and what one block does at one instant, shares a line where `shared` allows it; no line reaches over
    an edge of the window or over one of the `cuts` (days). With `everything`, also what is hidden otherwise, and
    nothing is shared.
    """
    start, question = scenario.file.clock.starts, scenario.file.question
    edges = [
        (float((question.opens - start).days), "the window of the question opens"),
        (float((question.closes - start).days + 1), "the window closes"),
    ]
    borders = [*(day for day, _ in edges), *cuts]
    rows: list[Told] = []
    for line in _lines(tale.events, start, borders, everything=everything, shared=shared and not everything):
        while edges and line.time >= edges[0][0]:
            rows.append(_edge(start, *edges.pop(0)))
        rows.append(Told(line.time, moment_at(start, line.time), line.who, _said(start, line)))
    ended = tale.outcome.failed_at if tale.outcome.failed else scenario.program.horizon
    return rows + [_edge(start, *edge) for edge in edges if edge[0] <= ended]


def _edge(start: dt.date, day: float, what: str) -> Told:
    return Told(day, moment_at(start, day), "", what)


def _said(start: dt.date, line: _Line) -> str:
    said = "; ".join(line.told)
    if line.times > 1:
        said = _together(line.told)
        if line.until > line.time:
            said += f" ({line.times} times, until {moment_at(start, line.until)})"
    moves = ", ".join([*_moves(list(line.moved.values())), *line.extras])
    return f"{said}; {moves}" if moves else said


def who_width(names: Iterable[str]) -> int:
    """Width of the column that says who: that of the longest name, up to a limit."""
    return min(max(map(len, names), default=0), _WHO)


def dated(date: str, who: str, said: str, column: int, width: int) -> list[str]:
    """One dated line, broken at `width`; `column` is how wide `who` is, and an edge of the window has no `who`."""
    if not who:
        return [f"{date}  -- {said} --"]
    lead = f"{date}  {wording.shortened(who, column):<{column}}  "
    body = paragraph(said, width - len(lead))
    return [(lead + body[0]).rstrip(), *(" " * len(lead) + more for more in body[1:])]


def _together(told: Sequence[str]) -> str:
    """`troops arrive: north` and `troops arrive: south` are `troops arrive: north, south`."""
    heads = list(dict.fromkeys(item.partition(": ")[0] for item in told))
    tails = list(dict.fromkeys(tail for item in told if (tail := item.partition(": ")[2])))
    return "; ".join(heads) + (f": {', '.join(tails)}" if tails else "")


def _hidden(event: Event) -> bool:
    return event.empty or event.passive or not (event.story or event.notes or event.begun or event.ended)


def _lines(
    events: Sequence[Event], start: dt.date, edges: Sequence[float], *, everything: bool, shared: bool
) -> list[_Line]:
    """Lines for the events that are told; where `shared`, what repeats, and one block's dues at one instant, share one.

    No line reaches over an edge.
    """
    lines: list[_Line] = []
    for event in events:
        if not everything and _hidden(event):
            continue
        moved = [item for item in event.moved if _of_interest(item)]
        repeats = _repeats(event, moved) if shared else ""
        last = lines[-1] if lines else None
        if last is not None and last.block == event.block and shared:
            crosses = any(last.time < edge <= event.time for edge in edges)
            if repeats and last.repeats == repeats and not crosses:
                last.times += 1
                _add(last, event, moved)
                continue
            if last.time == event.time and not repeats and not last.repeats:
                _add(last, event, moved)
                continue
        line = _Line(event.time, event.time, event.block, _who(event), repeats=repeats)
        _add(line, event, moved)
        if everything:
            line.extras += _small_print(event, start)
        lines.append(line)
    return lines


def _add(line: _Line, event: Event, moved: Sequence[Moved]) -> None:
    line.until = event.time
    line.told.append(_what(event))
    for item in moved:
        known = line.moved.get(item.name)
        line.moved[item.name] = item if known is None else Moved(item.name, item.kind, known.before, item.after)


def _repeats(event: Event, moved: Sequence[Moved]) -> str:
    """What an event may be told together with: other convoys, or others of its own kind that move tensions only."""
    if event.outcome != "fired" or any((event.armed, event.begun, event.ended, event.notes)):
        return ""
    if event.instance >= 0 and moved and all(item.name.startswith(("forces.", "sides.")) for item in moved):
        return "convoys"
    return event.rule if all(item.kind == "tension" for item in moved) and event.instance < 0 else ""


def _who(event: Event) -> str:
    return "event" if event.block == "events" else human(event.block.rpartition(".")[2])


def _what(event: Event) -> str:
    """What happened, in words: also what was refused, and what did not come off."""
    story = _SNAKE.sub(lambda word: word[0].replace("_", " "), plain(event.story or event.rule))
    notes = "; ".join(plain(note) for note in event.notes)
    if event.outcome == "broken":
        return f"not yet: its definition held for {_of_days(event.time - event.since, event.needed)}, then broke"
    if event.outcome == "guard":
        return f"{story}? No: {_refusal(event)}"
    if event.outcome in ("chance", "otherwise"):
        odds = "" if event.chance is None else f" of {percent(event.chance, 0.005) if event.chance > 0.0 else '0 %'}"
        return f"{story}? No, the chance{odds} failed" + (f"; {notes}" if notes else "")
    if event.begun and event.bounds:
        levels = ", ".join(f"{human(b.quantity.rpartition('.')[2])} {amount(b.value)}" for b in event.bounds)
        held = f" for {_days(event.time - event.since)}" if event.since < event.time else ""
        story += f"; its definition has held{held} ({levels})"
    return f"{story}; {notes}" if notes else story


def _refusal(event: Event) -> str:
    if event.rule.endswith(".begun"):
        return "it is on already"
    return (
        " and ".join(f"{human(bound.quantity)} is {amount(bound.value)}" for bound in event.bounds)
        or "its guard refuses"
    )


def _days(days: float) -> str:
    return "1 day" if days == 1.0 else f"{_tenths(days)} days"


def _of_days(held: float, needed: float) -> str:
    return f"{_tenths(held)} of {_days(needed)}"


def _tenths(days: float) -> str:
    return f"{days:.1f}".removesuffix(".0")


def _of_interest(item: Moved) -> bool:
    """Numbers that a reader follows: troops, equipment, pressure, tensions of the file, intent, free quantities."""
    parts = item.name.split(".")
    if item.kind == "derived":
        return parts[0] == "sides" and parts[-1] == "troops"
    if item.kind == "tension":
        return parts[0] in ("tension", "tensions")
    return parts[0] in ("forces", "pressure", "quantities")


def _moves(moved: Sequence[Moved]) -> Iterator[str]:
    """What moved, in words; the sum of a side last."""
    for item in sorted(moved, key=lambda item: (item.kind == "derived", item.name)):
        parts = item.name.split(".")
        if parts[0] == "forces" and parts[-1] == "troops":
            yield f"{human(parts[1])} {_signed(item.after - item.before)} → {item.after:,.0f}"
        elif parts[0] == "sides" and parts[-1] == "troops":
            yield f"{human(parts[1])} {item.after:,.0f} in all"
        elif parts[0] == "forces":
            yield f"{human(parts[1])} equipment {100 * item.before:.0f} → {100 * item.after:.0f} %"
        elif item.kind == "flag":
            yield f"{wording.flag(item.name)} {'on' if item.after >= 0.5 else 'off'}"
        else:
            yield f"{human(parts[-1])} {_level(item.before)} → {_level(item.after)}"


def _signed(number: float) -> str:
    return f"{'−' if number < 0.0 else '+'}{abs(number):,.0f}"


def _level(number: float) -> str:
    return f"{number:.2f}" if 0.095 <= abs(number) < 100.0 else amount(number)


def _small_print(event: Event, start: dt.date) -> Iterator[str]:
    """For `--all`: the other numbers that moved, what will come due or not any more, and the rule's own name."""
    for item in event.moved:
        if not _of_interest(item):
            yield f"{item.name} {_level(item.before)} → {_level(item.after)}"
    for armed in event.armed:
        until = "" if armed.last == armed.first else f" to {moment_at(start, armed.last)}"
        yield f"{armed.rule} due {moment_at(start, armed.first)}{until}"
    for rule, number in event.disarmed:
        yield f"{number} pending of {rule} called off"
    if event.empty:
        yield "nothing changed"
    yield f"[{event.rule}]"


def ending(scenario: Scenario, outcome: Outcome) -> str:
    """How a run came out, in one line: the crisis and when it begins, or that there is none, or that the run failed."""
    return next(sentences(scenario, outcome))


def _closing(scenario: Scenario, outcome: Outcome, width: int) -> list[str]:
    return [line for sentence in sentences(scenario, outcome) for line in paragraph(sentence, width)]


def sentences(scenario: Scenario, outcome: Outcome) -> Iterator[str]:
    """How a run came out: the crisis, its road and what was on; or that there is none, and what came closest."""
    start, question = scenario.file.clock.starts, scenario.file.question
    window = wording.span(question.opens, question.closes)
    if outcome.failed:
        yield f"The run FAILED at {moment_at(start, outcome.failed_at)}: {outcome.failed}. It is in no estimate."
        return
    if outcome.kind is not None:
        yield f"Crisis: {human(outcome.kind)} begins at {moment_at(start, outcome.first)}, in the window ({window})."
        yield f"Its road: {human(outcome.kind)} from {wording.root(outcome.root or '')}{_while_on(outcome.flags)}."
        others = [flag for flag in outcome.on_at_onset if flag != f"crises.{outcome.kind}.on"]
        yield f"On at its onset: {_flag_list(others)}."
    else:
        counted = ", ".join(human(kind) for kind in question.kinds)
        none = "no" if len(question.kinds) == 1 else "none of"
        yield f"No crisis: {none} {counted} begins in the window ({window})."
    for kind, day in outcome.early:
        yield f"Before the window: {human(kind)} begins at {moment_at(start, day)}."
    for kind in outcome.running:
        yield f"At the opening {human(kind)} was on already."
    if outcome.closest is not None:
        yield from _closest(start, outcome.closest)


def _while_on(flags: Sequence[str]) -> str:
    return f", set off while this was on: {_flag_list(flags)}" if flags else ", set off while nothing was on"


def _flag_list(flags: Sequence[str]) -> str:
    return ", ".join(wording.flag(flag) for flag in flags) or "nothing"


def _closest(start: dt.date, closest: Approach) -> Iterator[str]:
    if closest.held > 0.0:
        yield (
            f"Closest: the definition of {human(closest.kind)} held for {_of_days(closest.held, closest.needed)}, "
            f"until {moment_at(start, closest.until)}."
        )
    elif 0.0 < closest.level_share < 1.0:
        yield f"Closest: {100 * closest.level_share:.0f} % of the level of {human(closest.kind)}."
