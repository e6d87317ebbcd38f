"""What `sim breakeven` prints: the value at which the odds reach a target, honestly; text for people, or a table."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from itertools import groupby

from sim.records.sweeping import AxisPart, Breakeven, CrossingPart
from sim.report import inputs, swept, wording
from sim.report.columns import aligned, paragraph
from sim.report.sweeping import NARROWEST, interval, odds, own_words, question, warnings
from sim.report.tables import Table
from sim.report.wording import capital, plain


def text(result: Breakeven, width: int) -> str:
    """The break-even as text with no line longer than `width` characters (but at least sixty)."""
    width = max(width, NARROWEST)
    blocks = [
        question(result["scenario"], result["question"], width),
        [line for sentence in _sentences(result) for line in paragraph(sentence, width)],
        _tried(result, width),
        paragraph(_played(result), width),
        warnings(result["warnings"], width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def tsv(result: Breakeven) -> str:
    """A row a fact, with all digits: section, value, its interval, odds, standard error and interval; dates as such."""
    own, axis = result["own"], result["axis"]
    rows: list[tuple[object, ...]] = [
        ("target", None, None, None, result["odds"], None, None, None),
        ("range", None, *(_cell(axis, end) for end in result["range"]), None, None, None, None),
        ("file", None, None, None, own["p"], own["se"], *own["interval"]),
    ]
    for crossing in result["crossings"]:
        section = _way(crossing)
        ends = (_cell(axis, end) for end in crossing["interval"])
        rows.append((section, _cell(axis, crossing["value"]), *ends, result["odds"], None, None, None))
    for part in result["tried"]:
        at = _cell(axis, part["at"])
        rows.append(("tried", at, None, None, part["p"], part["se"], *part["interval"]))
    columns = ("section", "value", "from", "to", "p", "se", "low", "high")
    return Table(columns, tuple(rows)).to_tsv()


def _cell(axis: AxisPart, at: float | None) -> float | str | None:
    return dt.date.fromordinal(round(at)).isoformat() if at is not None and _dated(axis) else at


def _percent(target: float) -> str:
    """A target as it was asked for: `50 %`, `0.1 %`."""
    return f"{round(100.0 * target, 6):g} %"


def _sentences(result: Breakeven) -> Iterator[str]:
    axis, target = result["axis"], _percent(result["odds"])
    name = capital(inputs.label(axis["path"]))
    own = f"In the file it is {own_words(axis)}, with odds of {odds(result['own'])}."
    crossings = result["crossings"]
    if not crossings:
        yield f"{name}: {_nowhere(result)}"
        yield own
        return
    if len(crossings) > 1:
        yield f"{name}: the odds cross {target} {len(crossings)} times."
    for crossing in crossings:
        head = f"{name}: the odds" if len(crossings) == 1 else "They"
        if crossing["jump"]:
            yield f"{head} jump over {target}, {_jump(result, crossing)}. No value brings them near it."
            continue
        way = "rise to" if crossing["rising"] else "fall to"
        yield f"{head} {way} {target} at {_value(result, crossing)}."
    yield own
    if all(crossing["jump"] for crossing in crossings):
        return
    yield (
        "The 95 % interval is where so many runs cannot tell the odds from the target: more runs narrow it. It says "
        "nothing of which value is the likely one."
    )


def _way(crossing: CrossingPart) -> str:
    if crossing["jump"]:
        return "jumps up over target" if crossing["rising"] else "jumps down over target"
    return "rises to target" if crossing["rising"] else "falls to target"


def _jump(result: Breakeven, crossing: CrossingPart) -> str:
    """From which odds to which they jump, and where: both sides were tried."""
    axis, dated = result["axis"], _dated(result["axis"])
    below, above = swept.sides(result, crossing)
    told = f"from {odds(below)} to {odds(above)}"
    place = swept.jump_at(axis, crossing, dated=dated)
    if dated:
        return f"{told}, {place}"
    wide = 2.0 * (above["at"] - below["at"])
    low, high = (_told(axis, part["at"], wide) for part in (below, above))
    return f"{told}, at {place} (between {low} and {high})"


def _value(result: Breakeven, crossing: CrossingPart) -> str:
    """The value with the digits that its interval earns, and the interval."""
    axis = result["axis"]
    low, high = crossing["interval"]
    known = [end for end in (low, high) if end is not None]
    first, last = (_told(axis, end, None) for end in result["range"])
    if not known:
        value = _told(axis, crossing["value"], None)
        return f"about {value} (not to be told from any value from {first} to {last})"
    wide = 2.0 * max(abs(crossing["value"] - end) for end in known)
    value = _told(axis, crossing["value"], wide)
    ends = [None if end is None else _told(axis, end, wide) for end in (low, high)]
    if ends[0] is None:
        return f"{value} (Monte-Carlo 95 %: up to {ends[1]}; it begins outside {first} to {last})"
    if ends[1] is None:
        return f"{value} (Monte-Carlo 95 %: from {ends[0]}; it ends outside {first} to {last})"
    return f"{value} (Monte-Carlo 95 %: {ends[0]} to {ends[1]})"


def _nowhere(result: Breakeven) -> str:
    """That nothing crosses, what the odds do instead, and whether they come near."""
    axis, target = result["axis"], _percent(result["odds"])
    first, last = result["tried"][0], result["tried"][-1]
    ends = [_told(axis, part["at"], None) for part in (first, last)]
    told = f"{target} is not within {ends[0]} to {ends[1]}: the odds go from {odds(first)} to {odds(last)}"
    outer = [part for part in (result["lowest"], result["highest"]) if part["at"] not in (first["at"], last["at"])]
    for part in outer:
        which = "lowest" if part["at"] == result["lowest"]["at"] else "highest"
        told += f", {which} at {_told(axis, part['at'], None)} with {odds(part)}"
    near = _near(result)
    if near == [(first["at"], last["at"])]:
        anywhere = f"so many runs cannot tell the odds from {target} anywhere from {ends[0]} to {ends[1]}"
        low, high = odds(result["lowest"]), odds(result["highest"])
        return f"{anywhere}: they {f'lie between {low} and {high}' if low != high else f'stay at about {low}'}."
    if near:
        told += f"; {' and '.join(_stretch(axis, *ends) for ends in near)} so many runs cannot tell them from it"
    return f"{told}."


def _near(result: Breakeven) -> list[tuple[float, float]]:
    """The first and the last value of each stretch of values tried at which the odds cannot be told from the target."""
    target = result["odds"]
    groups = groupby(result["tried"], key=lambda part: part["interval"][0] <= target <= part["interval"][1])
    stretches = [[part["at"] for part in group] for held, group in groups if held]
    return [(places[0], places[-1]) for places in stretches]


def _stretch(axis: AxisPart, first: float, last: float) -> str:
    """One value, or a stretch of them: `at 10 %`, `from 10 % to 20 %`."""
    low, high = (_told(axis, end, None) for end in (first, last))
    return f"at {low}" if first == last else f"from {low} to {high}"


def _told(axis: AxisPart, at: float, wide: float | None) -> str:
    """A value with its unit: three digits, or those that an interval so wide earns."""
    unit = axis["unit"]
    if _dated(axis):
        return inputs.value(at, "date")
    if wide is None or not wide > 0.0:
        return inputs.value(at, unit)
    share = (unit or "").split(" ")[0] == "share"
    scale = 100.0 if share else 1.0
    # as for percentages: the last digit stands at the leading digit of two standard errors, a quarter of the width each
    places = -math.floor(math.log10(scale * wide / 2.0) + 1e-9)
    number = f"{round(scale * at, places):,.{max(places, 0)}f}"
    if share or unit == "×":
        return f"{number} %" if share else f"×{number}"
    return number if unit is None else f"{number} {plain(unit)}"


def _dated(axis: AxisPart) -> bool:
    return axis["unit"] == "date" or all(map(inputs.is_date, axis["values"]))


def _tried(result: Breakeven, width: int) -> list[str]:
    """What was tried, with as many digits as tell neighbours apart."""
    axis, tried = result["axis"], result["tried"]
    labels = [_told(axis, part["at"], None) for part in tried]
    rows = [("tried", "odds", "95 %")]
    for place, part in enumerate(tried):
        beside = [tried[other]["at"] for other in (place - 1, place + 1) if 0 <= other < len(tried)]
        alike = [at for at in beside if _told(axis, at, None) == labels[place]]
        near = min((abs(at - part["at"]) for at in alike), default=None)
        rows.append((_told(axis, part["at"], near), odds(part), interval(part)))
    return aligned(rows, width, indent=0, right=(0, 1))


def _played(result: Breakeven) -> str:
    design = result["design"]
    worlds, replays = wording.count(design["worlds"], "world"), wording.count(design["replays"], "replay")
    return (
        f"Played: {wording.count(design['runs'], 'run')} at {wording.count(len(result['tried']), 'value')}, all with "
        f"the same luck, up to {worlds} × {replays} each, seed {design['seed']}. What the odds do between two of these "
        "values is not seen."
    )
