"""One run told in two scenarios: what both tell stands once, and from where they part, what each tells alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

from sim.analysis.tales import Tale
from sim.records.comparison import FlipStory, TwinLine
from sim.report.columns import paragraph
from sim.report.story import Told, dated, ending, told, who_width
from sim.report.wording import capital, human, plain
from sim.scenario.load import Scenario

MARKS = {"both": "=", "from": "A", "to": "B"}
_NARROWEST = 60
_AROUND = 2
_LEAST_LEFT_OUT = 3
_MARGIN = 3


def twin_story(
    from_name: str,
    to_name: str,
    scenario_from: Scenario,
    scenario_to: Scenario,
    tale_from: Tale,
    tale_to: Tale,
    *,
    run: int,
    direction: str,
    why: str,
) -> FlipStory:
    """One run as `from` and as `to` tell it, laid side by side in time.

    A line is of `both` only where date, actor and text are the same to the last printed figure. No line of either tale
    reaches over one of their `borders`, so that what repeats is not called different from its beginning on.
    Raises `ValueError` where the two tales are not of the same world and replay: their luck would have nothing in
    common.
    """
    if (tale_from.world, tale_from.replay) != (tale_to.world, tale_to.replay):
        raise ValueError(
            f"twins are one run, but these are world {tale_from.world}, replay {tale_from.replay} and "
            f"world {tale_to.world}, replay {tale_to.replay}"
        )
    cuts = borders(told(scenario_from, tale_from, shared=False), told(scenario_to, tale_to, shared=False))
    merged = _merged(told(scenario_from, tale_from, cuts=cuts), told(scenario_to, tale_to, cuts=cuts))
    lines: list[TwinLine] = [
        {"date": line.date, "who": line.who, "text": line.text, "side": side} for side, line in merged
    ]
    return {
        "from": from_name,
        "to": to_name,
        "direction": direction,
        "world": tale_from.world,
        "replay": tale_from.replay,
        "run": run,
        "why": why,
        "states": _states(from_name, to_name, tale_from, tale_to),
        "parted": next((line["date"] for line in lines if line["side"] != "both"), None),
        "lines": lines,
        "endings": (ending(scenario_from, tale_from.outcome), ending(scenario_to, tale_to.outcome)),
    }


def borders(these: Sequence[Told], those: Sequence[Told]) -> list[float]:
    """The days on which two tales part or come together again, from their lines of which none is shared."""
    found, alike = [], True
    for side, line in _merged(these, those):
        if (side == "both") is not alike:
            alike = not alike
            found.append(line.time)
    return found


def _key(line: Told) -> tuple[str, str, str]:
    return line.date, line.who, line.text


def _date(line: Told) -> str:
    return line.date


def _merged(these: Sequence[Told], those: Sequence[Told]) -> Iterator[tuple[str, Told]]:
    """Both tales in the order of time, each line with its side; they are matched within each date, in their order."""
    mine = {date: list(lines) for date, lines in groupby(these, _date)}
    theirs = {date: list(lines) for date, lines in groupby(those, _date)}
    for date in sorted(mine.keys() | theirs.keys()):
        yield from _matched(mine.get(date, []), theirs.get(date, []))


def _matched(these: Sequence[Told], those: Sequence[Told]) -> Iterator[tuple[str, Told]]:
    matcher = SequenceMatcher(None, [_key(line) for line in these], [_key(line) for line in those], autojunk=False)
    for same, begin, end, other_begin, other_end in matcher.get_opcodes():
        if same == "equal":
            yield from (("both", line) for line in these[begin:end])
        else:
            yield from (("from", line) for line in these[begin:end])
            yield from (("to", line) for line in those[other_begin:other_end])


def _states(from_name: str, to_name: str, tale_from: Tale, tale_to: Tale) -> list[tuple[str, str]]:
    """The states that the world starts in; where they differ, the text says which scenario starts in which."""
    mine, theirs = dict(tale_from.states), dict(tale_to.states)
    found = []
    for path in [*mine, *(path for path in theirs if path not in mine)]:
        if mine.get(path) == theirs.get(path):
            found.append((path, mine[path]))
            continue
        ways = [(mine.get(path), from_name), (theirs.get(path), to_name)]
        found.append((path, ", ".join(f"{state} in {name}" for state, name in ways if state is not None)))
    return found


def text(story: FlipStory, width: int, *, everything: bool = False) -> str:
    """The story with no line longer than `width` characters (but at least sixty).

    Of a long stretch that both tell alike, only the lines next to a difference and the edges of the window are shown,
    unless `everything` is wanted.
    """
    width = max(width, _NARROWEST)
    blocks = [_head(story, width), _body(story, width, everything=everything), _endings(story, width)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(story: FlipStory, width: int) -> list[str]:
    parted = "They never part" if story["parted"] is None else f"They part at {story['parted']}"
    sentences = [
        f"One run told twice: {MARKS['from']} only in {plain(story['from'])}, {MARKS['to']} only in "
        f"{plain(story['to'])}, {MARKS['both']} in both.",
        f"Run {story['run']}: world {story['world']}, replay {story['replay']}. {parted}.",
        f"{capital(plain(story['why']))}.",
        *(f"Starts with {human(path.split('.')[0])}: {plain(state)}." for path, state in story["states"]),
    ]
    return [line for sentence in sentences for line in paragraph(sentence, width)]


def _body(story: FlipStory, width: int, *, everything: bool) -> list[str]:
    lines = story["lines"]
    column = who_width(line["who"] for line in lines)
    rows: list[str] = []
    for left_out, stretch in groupby(zip(_left_out(lines, everything=everything), lines, strict=True), lambda p: p[0]):
        members = [line for _, line in stretch]
        if left_out:
            rows.append(" " * _MARGIN + f"… {len(members)} lines alike …")
        else:
            rows += [row for line in members for row in _row(line, column, width)]
    return rows


def _row(line: TwinLine, column: int, width: int) -> list[str]:
    """One line, marked on each of its rows, so that what one side tells can be seen from the margin."""
    mark = f"{MARKS[line['side']]:<{_MARGIN}}"
    return [mark + row for row in dated(line["date"], line["who"], line["text"], column, width - _MARGIN)]


def _left_out(lines: Sequence[TwinLine], *, everything: bool) -> list[bool]:
    """For every line, whether it is left out: alike, no edge, not beside a difference, and not one of very few."""
    differs = [line["side"] != "both" for line in lines]
    far = [
        not everything and bool(line["who"]) and not any(differs[max(place - _AROUND, 0) : place + _AROUND + 1])
        for place, line in enumerate(lines)
    ]
    hidden: list[bool] = []
    for away, stretch in groupby(far):
        number = len(list(stretch))
        hidden += [away and number >= _LEAST_LEFT_OUT] * number
    return hidden


def _endings(story: FlipStory, width: int) -> list[str]:
    ways = zip((MARKS["from"], MARKS["to"]), story["endings"], strict=True)
    return [line for mark, end in ways for line in paragraph(f"{mark}: {end}", width)]
