"""The shape of a problem on the screen, the closing count, the order, and the nearest right word."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.scenario.diagnostics import (
    CODES,
    Mark,
    Problem,
    closing_line,
    did_you_mean,
    dotted,
    excerpt,
    incomplete,
    nearest,
    ordered,
    raise_if_errors,
    render,
    visible,
)

FILE = "scenarios/x.yaml"


def error(text: str = "t", mark: Mark | None = None, hint: str | None = None, code: str = "SC201") -> Problem:
    return Problem(code, "error", text, mark, hint)


def warning(text: str = "w", mark: Mark | None = None) -> Problem:
    return Problem("SC301", "warning", text, mark)


def on_line(line: str, column: int, hint: str | None = "here") -> list[str]:
    """What is shown, below the head, for a problem on the only line of a file."""
    return render(error(mark=Mark("x", 1, column), hint=hint), {"x": [line]}).split("\n")[1:]


def test_a_problem_shows_its_place_the_line_before_the_line_and_a_caret_with_the_hint() -> None:
    lines = [""] * 39 + ["  april:", "    honoured_share: 1.4"]
    text = "`pullbacks.april.honoured_share` is 1.4; a share lies between 0 and 1"
    problem = Problem("SC104", "error", text, Mark(FILE, 41, 21), "did you mean 0.4?")
    assert (
        render(problem, {FILE: lines})
        == """\
scenarios/x.yaml:41:21  SC104 error: `pullbacks.april.honoured_share` is 1.4; a share lies between 0 and 1
   40 |   april:
   41 |     honoured_share: 1.4
      |                     ^ did you mean 0.4?"""
    )


def test_the_first_line_has_none_before_it_and_no_hint_leaves_a_bare_caret() -> None:
    problem = warning("`a` is odd", Mark("x", 1, 4))
    assert render(problem, {"x": ["a: 1"]}) == "x:1:4  SC301 warning: `a` is odd\n    1 | a: 1\n      |    ^"


def test_a_blank_line_before_leaves_no_blanks_at_its_end() -> None:
    assert render(error(mark=Mark("x", 2, 1)), {"x": ["  ", "a"]}).split("\n")[1] == "    1 |"


def test_line_numbers_may_be_long() -> None:
    shown = render(error(mark=Mark("x", 100_001, 1)), {"x": ["a"] * 100_001}).split("\n")
    assert shown[1:] == ["100000 | a", "100001 | a", "       | ^"]


def test_without_a_place_the_first_source_is_named() -> None:
    assert render(error("`question` is missing"), {FILE: []}) == "scenarios/x.yaml  SC201 error: `question` is missing"
    assert render(error("t", hint="h"), {FILE: [], "b": []}) == "scenarios/x.yaml  SC201 error: t\n      | h"
    assert render(error("t", hint="h"), {}) == "SC201 error: t\n      | h"


@pytest.mark.parametrize("lines", [{}, {"x": []}, {"y": ["a"]}])
def test_a_line_that_is_not_there_is_not_shown(lines: dict[str, list[str]]) -> None:
    assert render(error(mark=Mark("x", 7, 2), hint="h"), lines) == "x:7:2  SC201 error: t\n      | h"
    assert render(error(mark=Mark("x", 7, 2)), lines) == "x:7:2  SC201 error: t"


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("\ta: 1", 5, ["    1 |     a: 1", "      |        ^ here"]),
        ("中文: x", 5, ["    1 | 中文: x", "      |       ^ here"]),
        ("cafe\u0301: x", 8, ["    1 | cafe\u0301: x", "      |       ^ here"]),
        ("a\x1b[31m: x", 9, ["    1 | a\ufffd[31m: x", "      |         ^ here"]),
        ("a\u202eb: x", 6, ["    1 | a\ufffdb: x", "      |      ^ here"]),
        ("\ud800: x", 4, ["    1 | \ufffd: x", "      |    ^ here"]),
        ("a: 1", 5, ["    1 | a: 1", "      |     ^ here"]),
        ("a: 1", 99, ["    1 | a: 1", "      |     ^ here"]),
        ("", 1, ["    1 |", "      | ^ here"]),
    ],
)
def test_the_caret_stands_under_its_column_whatever_is_before_it(line: str, column: int, expected: list[str]) -> None:
    assert on_line(line, column) == expected


def test_long_lines_are_cut_around_the_column() -> None:
    line = "".join(f"<{number:03d}>" for number in range(60))
    assert on_line(line, 6) == [f"    1 | {line[:110]}…", "      |      ^ here"]
    assert on_line(line, 151) == [f"    1 | …{line[80:190]}…", f"      | {' ' * 71}^ here"]
    assert on_line(line, 296) == [f"    1 | …{line[225:]}", f"      | {' ' * 71}^ here"]
    assert on_line(line[:110], 106) == [f"    1 | {line[:110]}", f"      | {' ' * 105}^ here"]
    before = render(error(mark=Mark("x", 2, 6)), {"x": [line, "short: line"]}).split("\n")[1]
    assert before == f"    1 | {line[:110]}…"


def cells(text: str) -> int:
    """Width on a terminal, told independently of the module: wide characters take two cells, combining ones none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
        for char in text
    )


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    st.text("ab -中가é\t\u0301\x1b\u202e\U0001f600", max_size=200),
    st.text("ab -中\u0301\t", max_size=200),
)
@example("", "")
def test_the_caret_is_aligned_in_any_line(before: str, after: str) -> None:
    line, caret = on_line(f"{before}X{after}", len(before) + 1)
    assert caret.endswith("^ here")
    assert cells(line[: line.index("X")]) == cells(caret[: caret.index("^")])
    assert cells(line) <= 8 + 110 + 4


def test_messages_hold_nothing_that_a_terminal_acts_on() -> None:
    assert visible("a\x1b[0m\n\tb\u202ec") == "a\ufffd[0m  b\ufffdc"
    problem = error("evil\x1b[2J", Mark("x\x07", 1, 1), "more\r\n\x1b")
    assert (
        render(problem, {"x\x07": ["k"]})
        == "x\ufffd:1:1  SC201 error: evil\ufffd[2J\n    1 | k\n      | ^ more  \ufffd"
    )
    assert excerpt("x" * 61) == "x" * 59 + "…"
    assert excerpt("x" * 60) == "x" * 60
    assert excerpt("abc\ndef", 5) == "abc …"


@pytest.mark.parametrize(
    ("problems", "line"),
    [
        ([error(), warning(), error()], "2 errors, 1 warning; nothing was run."),
        ([error()], "1 error; nothing was run."),
        ([error(), warning(), warning()], "1 error, 2 warnings; nothing was run."),
        ([warning()], "1 warning."),
        ([warning(), warning()], "2 warnings."),
        ([], "no problems."),
    ],
)
def test_the_closing_line_counts(problems: list[Problem], line: str) -> None:
    assert closing_line(problems) == line


def test_problems_are_put_in_the_order_of_sources_and_places() -> None:
    places = [("b", 1, 1), ("?", 1, 1), ("a", 2, 1), ("a", 1, 9), ("a", 1, 2)]
    problems = [error(str(place), Mark(*place)) for place in places] + [error("whole")]
    expected = ["whole", "('a', 1, 2)", "('a', 1, 9)", "('a', 2, 1)", "('b', 1, 1)", "('?', 1, 1)"]
    assert [problem.text for problem in ordered(problems, {"a": [], "b": []})] == expected


def test_errors_are_raised_with_all_problems_rendered_and_counted() -> None:
    problems = [error("late", Mark("x", 2, 1)), warning("early", Mark("x", 1, 1))]
    with pytest.raises(ScenarioError) as caught:
        raise_if_errors(problems, {"x": ["a", "b"]})
    assert caught.value.problems == (
        "x:1:1  SC301 warning: early\n    1 | a\n      | ^",
        "x:2:1  SC201 error: late\n    1 | a\n    2 | b\n      | ^",
    )
    assert caught.value.summary == "1 error, 1 warning; nothing was run."
    assert str(caught.value) == "\n".join([*caught.value.problems, caught.value.summary])


@pytest.mark.parametrize("problems", [[], [warning()]])
def test_warnings_alone_raise_nothing(problems: list[Problem]) -> None:
    raise_if_errors(problems, {})
    assert closing_line(problems) in {"no problems.", "1 warning."}


KEYS = ["honoured_share", "claimed_share", "announced", "takes", "convoys", "relief", "from", "half_life", "seen"]
PATHS = ["pullbacks.april", "pullbacks.april.honoured_share", "forces.south.heavy_share", "tension.half_life"]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("honored_share", "honoured_share"),
        ("honoured", "honoured_share"),
        ("Half-Life", "half_life"),
        ("half life", "half_life"),
        ("fro", "from"),
        ("form", "from"),
        ("tkaes", "takes"),
        ("convoy", "convoys"),
        ("annonuced", "announced"),
        ("zebra", None),
        ("", None),
        ("h" * 1_000_000, None),
    ],
)
def test_the_nearest_key_is_found(word: str, found: str | None) -> None:
    assert nearest(word, KEYS) == ([] if found is None else [found])
    assert did_you_mean(word, KEYS) == (None if found is None else f"did you mean `{found}`?")


def test_short_words_with_swapped_letters_are_near() -> None:
    assert nearest("fo", ["to", "of"]) == ["of"]
    assert nearest("ab", ["ba"]) == ["ba"]
    assert nearest("ab", ["bc"]) == []


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("pullback.april.honoured_share", "pullbacks.april.honoured_share"),
        ("honoured_share", "pullbacks.april.honoured_share"),
        ("exercises.zapad.heavy_share", "forces.south.heavy_share"),
        ("half_lief", "tension.half_life"),
        ("pullbacks.apirl", "pullbacks.april"),
    ],
)
def test_paths_are_also_compared_by_their_last_part(word: str, found: str) -> None:
    assert nearest(word, PATHS) == [found]


def test_several_near_words_come_best_first_and_never_the_word_itself() -> None:
    near = nearest("share", ["share", "sharp", "shares", "zebra", "shared_by"], n=5)
    assert near == ["shares", "shared_by", "sharp"]
    assert nearest("ac", ["ab", "ac"]) == []


def test_paths_are_written_with_dots_and_brackets() -> None:
    assert dotted(("correlations", 0, 2)) == "correlations[0][2]"
    assert dotted(("a", "b", 1, "c")) == "a.b[1].c"
    assert dotted(()) == ""


def test_codes_are_listed_and_say_when_reading_was_cut_short() -> None:
    assert all(re.fullmatch(r"SC[1-3]\d\d", code) and meaning for code, meaning in CODES.items())
    assert list(CODES) == sorted(CODES)
    assert incomplete([error(code="SC101")])
    assert not incomplete([error(code="SC104"), warning()])
