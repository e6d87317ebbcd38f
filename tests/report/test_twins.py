"""One run told twice: both tales are there in full and in order, and they part where the scenarios do."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from sim.analysis.tales import Tale, tell
from sim.records.comparison import FlipStory
from sim.report import twins
from sim.report.story import ending, told
from sim.report.twins import twin_story
from sim.scenario.load import Scenario, load

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FLAGSHIP = SCENARIOS / "spring-2021.yaml"
WORLDS = range(8)
PAIRS = [
    (None, "honest_full_pullback"),
    (None, "no_zapad"),
    ("honest_full_pullback", "the_article"),
    (None, "neutral"),
]

SMALL = """\
schema: 1
title: Told twice
clock: {starts: 2021-01-01}
question: {text: Does it come back?, opens: 2021-01-15, closes: 2021-02-28, kinds: [build_up]}
forces: {east: {side: red, garrison: 1000, surge: 4000}}
tension: {start: 1, baseline: 1, half_life: 30}
pullbacks:
  home:
    announced: 2021-01-03
    takes: 4
    convoys: 2
    forces: [east]
    claimed_share: 0.5
    honoured_share: 1
    relief: 0.25
sanctions: {package: {imposed: 2021-02-20, pressure: 0.5}}
diplomacy: {summit: {date: 2021-01-28, success: 0, tension: times 0.5, failure: plus 0.5}}
exercises:
  drill: {side: red, starts: 2021-02-01, lasts: 10, held: 1, brings: {to: east, troops: 3000, stays_share: 0.9}}
events:
  plea: {about: they plead for peace, at: 2021-01-22, do: [{note: nobody hears it}]}
  feast: {about: a feast, at: 2021-01-23, do: [{note: they dance}]}
  fast: {about: a fast, at: 2021-01-24, do: [{note: they pray}]}
  speech: {about: a speech, at: 2021-01-25, do: [{note: they listen}]}
crises:
  build_up: {rise: 2500, of: red, hold: 7, lasts: until fallen, tension: plus 1}
"""

SIDE_BY_SIDE = """\
One run told twice: A only in drilled, B only in quiet, = in both.
Run 3: world 0, replay 3. They part at 2021-02-01 00:00.
Typical flip.

   … 4 lines alike …
=  2021-01-15 00:00  -- the window of the question opens --
   … 3 lines alike …
=  2021-01-25 00:00  event     a speech; they listen
=  2021-01-28 00:00  summit    talks are held; the talks succeed? No, the chance
=                              of 0 % failed; the talks fail; tension 0.86 →
=                              1.36
A  2021-02-01 00:00  drill     the exercise is prepared; the exercise begins;
A                              east +3,000 → 6,000, red 6,000 in all
B  2021-02-01 00:00  drill     the exercise is prepared? No, the chance of 0 %
B                              failed; the exercise is cancelled
A  2021-02-08 00:00  build up  CRISIS begins: build up; its definition has held
A                              for 7 days (rise 3,000); tension 1.28 → 2.28
A  2021-02-11 00:00  drill     the exercise ends; its cover is over; east −300 →
A                              5,700, red 5,700 in all
=  2021-02-20 00:00  package   sanctions are imposed; pressure 0 → 0.50
=  2021-03-01 00:00  -- the window closes --

A: Crisis: build up begins at 2021-02-08 00:00, in the window (15 Jan to 28 Feb
2021).
B: No crisis: no build up begins in the window (15 Jan to 28 Feb 2021).
"""

INCIDENTS = """\
schema: 1
title: Incidents
clock: {starts: 2021-01-01}
question: {text: Is there a clash?, opens: 2021-01-15, closes: 2021-03-31, kinds: [clash]}
tension: {start: 1, baseline: 1, half_life: 30}
incidents:
  border: {rate: {per_day: 0.5}, tension_gain: 0.01, severity: {each: {uniform: {low: 1, high: 9}}}, clash_at: 20}
crises: {clash: {when: incidents.border.clash, lasts: each 5 to 20}}
events:
  word: {about: a word is said, at: 2021-02-14, do: [{note: it is heard}]}
"""


@cache
def flagship(variant: str | None) -> Scenario:
    return load(FLAGSHIP, (), variant).scenario


@cache
def flagship_tale(variant: str | None, world: int) -> Tale:
    return tell(flagship(variant), 1, world, 0)


def small(folder: Path, text: str = SMALL, *settings: str) -> Scenario:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, settings).scenario


def twice(one: Scenario, other: Scenario, world: int = 0, replay: int = 3) -> FlipStory:
    tales = tell(one, 1, world, replay), tell(other, 1, world, replay)
    number = 8 * world + replay
    return twin_story("drilled", "quiet", one, other, *tales, run=number, direction="to_calm", why="typical flip")


def told_by(story: FlipStory, side: str) -> list[tuple[str, str, str]]:
    return [(line["date"], line["who"], line["text"]) for line in story["lines"] if line["side"] in ("both", side)]


def is_whole(story: FlipStory, mine: tuple[Scenario, Tale], theirs: tuple[Scenario, Tale]) -> bool:
    """Without the lines of one side, those of the other tale are left, all of them, in their order."""
    cuts = twins.borders(told(*mine, shared=False), told(*theirs, shared=False))
    return all(
        told_by(story, side) == [(line.date, line.who, line.text) for line in told(*tale, cuts=cuts)]
        for side, tale in (("from", mine), ("to", theirs))
    )


# ---------------------------------------------------------------------------------------------------------- the laws


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("world", WORLDS)
def test_both_tales_are_there_in_full_and_in_order(pair: tuple[str | None, str | None], world: int) -> None:
    one, other = ((flagship(variant), flagship_tale(variant, world)) for variant in pair)
    story = twin_story("a", "b", one[0], other[0], one[1], other[1], run=0, direction="to_calm", why="")
    assert is_whole(story, one, other)
    dates = [line["date"] for line in story["lines"]]
    assert dates == sorted(dates)
    assert story["endings"] == (ending(one[0], one[1].outcome), ending(other[0], other[1].outcome))


def test_a_line_that_is_lost_or_moved_is_seen() -> None:
    one, other = ((flagship(variant), flagship_tale(variant, 5)) for variant in PAIRS[0])
    story = twin_story("a", "b", one[0], other[0], one[1], other[1], run=0, direction="to_calm", why="")
    lines = story["lines"]
    for wrong in (lines[1:], [lines[1], lines[0], *lines[2:]], [*lines[:-1], {**lines[-1], "side": "to"}]):
        assert not is_whole({**story, "lines": wrong}, one, other)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_what_both_tell_at_one_time_is_never_told_apart(pair: tuple[str | None, str | None]) -> None:
    for world in WORLDS:
        one, other = (flagship_tale(variant, world) for variant in pair)
        story = twin_story("a", "b", *map(flagship, pair), one, other, run=0, direction="to_calm", why="")
        alone = {side: {tuple(x.values())[:3] for x in story["lines"] if x["side"] == side} for side in ("from", "to")}
        assert alone["from"].isdisjoint(alone["to"])
        first = next((line for line in story["lines"] if line["side"] != "both"), None)
        assert story["parted"] == (None if first is None else first["date"])


@pytest.mark.parametrize("world", WORLDS)
def test_equal_scenarios_never_part(world: int) -> None:
    tale = flagship_tale(None, world)
    story = twin_story("a", "b", flagship(None), flagship(None), tale, tale, run=0, direction="to_calm", why="")
    assert {line["side"] for line in story["lines"]} == {"both"}
    assert story["parted"] is None
    assert told_by(story, "from") == [(line.date, line.who, line.text) for line in told(flagship(None), tale)]
    assert "They never part." in twins.text(story, 100)


def test_twins_play_alike_until_the_scenarios_differ() -> None:
    """Without Zapad nothing is different before its cover, 45 days before 6 September at the earliest."""
    parted = []
    for world in WORLDS:
        tales = flagship_tale(None, world), flagship_tale("no_zapad", world)
        story = twin_story("a", "b", flagship(None), flagship("no_zapad"), *tales, run=0, direction="to_calm", why="")
        parted.append(story["parted"] or "")
    assert min(parted) >= "2021-07-23"


# ---------------------------------------------------------------------------------------------------- where they part


def test_one_word_more_is_the_only_difference(tmp_path: Path) -> None:
    """Incidents that both tell share lines up to that word and after it, though one tale is interrupted there."""
    one, other = small(tmp_path, INCIDENTS, "events.word=null"), small(tmp_path, INCIDENTS)
    story = twice(one, other)
    apart = [line for line in story["lines"] if line["side"] != "both"]
    assert apart == [{"date": "2021-02-14 00:00", "who": "event", "text": "a word is said; it is heard", "side": "to"}]
    assert story["parted"] == "2021-02-14 00:00"
    # without the cut, a line of incidents would reach over the word in one tale and stop at it in the other
    assert any(line.date < "2021-02-14" < line.text.partition("until ")[2] for line in told(one, tell(one, 1, 0, 3)))
    shared = [line["text"] for line in story["lines"] if "times, until" in line["text"]]
    assert len(shared) >= 3


def test_another_number_is_a_difference(tmp_path: Path) -> None:
    story = twice(small(tmp_path), small(tmp_path, SMALL, "sanctions.package.pressure=0.6"))
    apart = [(line["side"], line["text"]) for line in story["lines"] if line["side"] != "both"]
    assert apart == [
        ("from", "sanctions are imposed; pressure 0 → 0.50"),
        ("to", "sanctions are imposed; pressure 0 → 0.60"),
    ]
    assert story["parted"] == "2021-02-20 00:00"


def test_another_number_that_no_line_prints_is_none(tmp_path: Path) -> None:
    assert twice(small(tmp_path), small(tmp_path, SMALL, "sanctions.package.pressure=0.50001"))["parted"] is None


def test_windows_of_their_own(tmp_path: Path) -> None:
    story = twice(small(tmp_path), small(tmp_path, SMALL, "question.opens=2021-01-16"))
    apart = [
        (line["side"], line["date"], line["who"], line["text"]) for line in story["lines"] if line["side"] != "both"
    ]
    assert apart == [
        ("from", "2021-01-15 00:00", "", "the window of the question opens"),
        ("to", "2021-01-16 00:00", "", "the window of the question opens"),
    ]


def test_other_runs_are_no_twins() -> None:
    one, other = flagship_tale(None, 1), flagship_tale(None, 2)
    message = "twins are one run, but these are world 1, replay 0 and world 2, replay 0"
    with pytest.raises(ValueError, match=message):
        twin_story("a", "b", flagship(None), flagship(None), one, other, run=0, direction="to_calm", why="")


def test_states_that_differ_are_told_of_both() -> None:
    tale = flagship_tale(None, 5)
    other = replace(tale, states=(("intent.start", "prepare"), ("mood.start", "grim")))
    assert tale.states == (("intent.start", "coerce"),)
    story = twin_story("a", "b", flagship(None), flagship(None), tale, other, run=0, direction="to_calm", why="")
    assert story["states"] == [("intent.start", "coerce in a, prepare in b"), ("mood.start", "grim in b")]
    assert "\nStarts with intent: coerce in a, prepare in b.\n" in twins.text(story, 80)


# ------------------------------------------------------------------------------------------------------------ the text


def test_side_by_side_word_for_word(tmp_path: Path) -> None:
    story = twice(small(tmp_path), small(tmp_path, SMALL, "exercises.drill.held=0"))
    assert twins.text(story, 80) == SIDE_BY_SIDE


def test_everything_leaves_nothing_out(tmp_path: Path) -> None:
    story = twice(small(tmp_path), small(tmp_path, SMALL, "exercises.drill.held=0"))
    text = twins.text(story, 200, everything=True)
    assert "alike" not in text
    rows = [row for row in text.splitlines() if row[:3] in ("=  ", "A  ", "B  ")]
    assert [row[0] for row in rows] == [{"both": "=", "from": "A", "to": "B"}[x["side"]] for x in story["lines"]]
    for line, row in zip(story["lines"], rows, strict=True):
        assert row[3:19] == line["date"]
        assert line["text"] in row


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_left_out_is_counted(everything: bool) -> None:
    for world in WORLDS:
        tales = flagship_tale(None, world), flagship_tale("no_zapad", world)
        story = twin_story("a", "b", flagship(None), flagship("no_zapad"), *tales, run=0, direction="to_calm", why="")
        text = twins.text(story, 400, everything=everything)
        rows = [row for row in text.splitlines() if row[:3] in ("=  ", "A  ", "B  ")]
        left_out = [int(row.split()[1]) for row in text.splitlines() if row.endswith(" lines alike …")]
        assert len(rows) + sum(left_out) == len(story["lines"])
        assert bool(left_out) is not everything
        # whatever is different, and both edges of the window, always stand
        assert sum(row[0] != "=" for row in rows) == sum(line["side"] != "both" for line in story["lines"])
        assert sum(" -- the window" in row for row in rows) == 2


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("width", [10, 60, 80, 120])
def test_no_line_is_too_long(width: int, everything: bool) -> None:
    names = "spring-2021-with-every-option-that-anyone-has-asked-for-so-far-version-12", "b\x1b[2J of two\nlines"
    for world in WORLDS:
        tales = flagship_tale(None, world), flagship_tale("honest_full_pullback", world)
        story = twin_story(
            *names, flagship(None), flagship("honest_full_pullback"), *tales, run=0, direction="to_calm", why="x"
        )
        text = twins.text(story, width, everything=everything)
        assert max(map(len, text.splitlines())) <= max(width, 60)
        assert "\x1b" not in text
