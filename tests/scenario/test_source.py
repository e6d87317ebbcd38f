"""Scenario text as a tree: every message word by word, places, limits, and fuzz against YAML's own loaders."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import SimError
from sim.scenario import composer
from sim.scenario.diagnostics import incomplete, render
from sim.scenario.document import marks
from sim.scenario.source import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    Document,
    Mapping,
    Mark,
    Node,
    Scalar,
    Sequence,
    UnreadableFileError,
    compose,
    compose_value,
    decode,
    plain,
    read,
    split_lines,
)

SAMPLE = """\
schema: 1
title: Does the strait crisis return before winter?   # a comment: with a colon
about: >
  Two lines of prose,
  folded into one.
clock: {starts: 2021-04-22}
assumptions:
  surge: &surge {value: 45000 to 75000, unit: troops, source: "field notes, page 3"}
  echo: *surge
forces:
  south: {side: 'north''s foe', garrison: 30_000, surge: = 0.4 * surge, quiet: no}
  été: {side: on, garrison: 0x10, heavy: 1e-3, 中文: ~}
reviews: [2021-07-31, 2021-09-15, [a.b, c.d, -0.4], ]
tension:
  start: &start 3
  baseline:
  half_life: max(20, 60)
list:
- one
- {k: "v", l: [x, y]}
variants:
  calm: {tension.start: null}
"""


TAG = "is a YAML tag, which scenario files do not use | delete it, or put the text in quotes"
NO_KEY = "a key is one plain text, never a list, a mapping or an alias | write a name"
DIRECTIVE = "a line that starts with `%` is a YAML directive, which scenario files do not use | delete this line"
BRACES = "is cut at its comma, because it stands in {…} without quotes"
BRACKETS = "is cut at its comma, because it stands in […] without quotes"
ONE_TEXT = "the file is one piece of text; a scenario is made of keys with values"
MESSAGES = {
    "a:\n b: 1\n c: 2\n b: 3\n": "SC104 4:2 `a.b` is given twice; first on line 2 | delete one of the two",
    "a: {b: = max(a, min(b, 2)), c: d}": f'SC113 1:8 the formula of `a.b` {BRACES} | write "= max(a, min(b, 2))"',
    "a: [1, = max(a,b), 3]": f'SC113 1:8 the formula of `a[1]` {BRACKETS} | write "= max(a, b)"',
    "a: {b: 1, about: at peace, no war}": f'SC114 1:18 the text of `a.about` {BRACES} | write "at peace, no war"',
    "a: {about: tense, quiet}": f'SC114 1:12 the text of `a.about` {BRACES} | write "tense, quiet"',
    """a: {about: a 9" gun, a mill}""": f"SC114 1:12 the text of `a.about` {BRACES} | write 'a 9\" gun, a mill'",
    "a: {value: max(1, 2)}": f'SC114 1:12 the text of `a.value` {BRACES} | write "max(1, 2)"',
    "a: {b: 1, c}": "SC115 1:11 `a.c` has neither colon nor value | write `c: …`; `c: null` deletes",
    "? [a, b]\n: c\n": f"SC105 1:3 {NO_KEY}",
    "a: &x b\n*x : 2\n": f"SC105 2:1 {NO_KEY}",
    "null: 1": "SC105 1:1 the key is `null`, which means nothing | write a name before the colon",
    "? \n: 1\n": "SC105 1:2 a key is missing here | write a name before the colon",
    "a: !!str 1": f"SC106 1:4 `!!str` {TAG}",
    "a: !boom {b: 1}": f"SC106 1:4 `!boom` {TAG}",
    "a: &a {b: 1}\nc:\n  <<: *a\n": "SC107 3:3 `<<` is a YAML merge key, which scenario files do not use"
    " | use `extends`, or repeat the keys",
    "a: *b": 'SC108 1:4 the alias `*b` has no anchor `&b` above it | if it is text, put it in quotes: "*b"',
    "a: &x\n  b: *x\n": "SC108 2:6 the alias `*x` stands inside its own anchor `&x`"
    ' | if it is text, put it in quotes: "*x"',
    "a: 1\n---\nb: 2\n": "SC110 2:1 a second document begins here; a scenario file holds one"
    " | delete the `---`, or put the rest in a file of its own",
    "# all\n- a\n": "SC111 2:1 the file is a list; a scenario is made of keys with values | write `key: value`",
    "schema:1": f"SC111 1:1 {ONE_TEXT} | write `key: value`, with a space after the colon",
    "": "SC112 1:1 the file is empty | begin with `schema: 1`",
    "# a comment": "SC112 1:1 the file is empty | begin with `schema: 1`",
    "%YAML 1.1\n---\na: 1\n": f"SC116 1:1 {DIRECTIVE}",
    "a: 1\nb: x\x00y\n": "SC103 2:5 U+0000 (a control character) is not allowed in a scenario file | delete it",
    "a: \u2028b": "SC103 1:4 U+2028 (line separator) is not allowed in a scenario file | delete it",
    "a: \ud800": "SC103 1:4 U+D800 (half a character) is not allowed in a scenario file | delete it",
    "a:\n\tb: 1": "SC102 2:1 a tab in the indentation, where YAML takes only spaces | indent with spaces",
    "a: |\n  \n \tx\n": "SC102 3:2 a tab in the indentation, where YAML takes only spaces | indent with spaces",
    "a:\n b:\xa01\n c: 1": "SC101 3:3 a colon where no key can end"
    " | line 2 holds a non-breaking space (U+00A0); type it anew",
    "a: b: c": "SC101 1:5 a second colon in one line | put the text in quotes",
    "a:\n b: 1\n  c: 2": "SC101 3:4 a colon where no key can end"
    " | check the indentation of this line and the one above",
    "a:\n  b: 1\n c: 2\n": "SC101 3:2 a line that fits no block above it | check the indentation of this line",
    "a: 'it's here'\n": "SC101 1:8 text behind a closing quote or bracket | put all of the text in quotes",
    "a: {b: 1\n": "SC101 1:4 the `{` that stands here is never closed | add the `}`",
    "a: [1, 2": "SC101 1:4 the `[` that stands here is never closed | add the `]`",
    "a: [1, 2}\n": "SC101 1:9 `,` or `]` should stand here | the `[` of line 1 is still open",
    "a: {b: 1\nc: 2}\n": "SC101 2:2 `,` or `}` should stand here | the `{` of line 1 is still open",
    "a: 'x\nb: 1\n": "SC101 1:4 the quoted text that begins here is never closed | close the quotes",
    'a: "x\n--- \n': "SC101 1:4 the quoted text that begins here is never closed | close the quotes",
    "a: @x\n": "SC101 1:4 a text cannot start with `@` | put the text in quotes",
    "a: %x\n": "SC101 1:4 a text cannot start with `%` | put the text in quotes",
    "a: * 2\n": "SC101 1:4 a text cannot start with `*` | put the text in quotes",
    "a: ? b\n": "SC101 1:4 a text cannot start with `?` | put the text in quotes",
    "a: > 5\n": "SC101 1:4 a text cannot start with `>` | put the text in quotes",
    "a: |0\n  b\n": "SC101 1:4 a text cannot start with `|` | put the text in quotes",
    "a: !e!x 1\n": "SC101 1:4 a text cannot start with `!` | put the text in quotes",
    "a: !<x 1\n": "SC101 1:4 a text cannot start with `!` | put the text in quotes",
    "a: }\n": "SC101 1:4 a value should stand here, not `}` | check quotes, brackets and indentation",
    "a: b\nc\nd: e\n": "SC101 2:1 a key without a colon | write `key: value`",
    "{a:, b: 1}\n": "SC101 1:3 a colon here without a space behind it | write `key: value`",
    "a:\n  - b\n  c: 1\n": "SC101 3:3 a line that does not fit the list above it | check the indentation",
    "a: - b\n": "SC101 1:4 a list cannot begin here | use a new line, or write [a, b]",
    'a: "\\q"\n': "SC101 1:5 this backslash means nothing in double quotes | use single quotes",
    'a: "\\xzz"\n': "SC101 1:7 this backslash means nothing in double quotes | use single quotes",
    'a: "\\ud800"\n': "SC101 1:7 this backslash means nothing in double quotes | use single quotes",
    "a: 1\n...\nb: 2\n": "SC101 3:1 this does not belong to what stands above it"
    " | check quotes, brackets and indentation",
}


def told(document: Document) -> list[str]:
    """Code, place, sentence and hint of every problem."""
    return [
        f"{problem.code} {problem.mark.line}:{problem.mark.column} {problem.text} | {problem.hint}"
        for problem in document.problems
        if problem.mark is not None
    ]


@pytest.mark.parametrize("text", MESSAGES)
def test_each_mistake_has_its_message(text: str) -> None:
    assert told(compose(text, "x")) == [MESSAGES[text]]


def test_many_mistakes_are_found_in_one_reading() -> None:
    text = "a: 1\na: 2\nb: !t 3\nc: {d: = max(1, 2), e}\nf: *g\n<<: 1\nh: \x07\n? [x]\n: y\n"
    found = [problem.split(":")[0] for problem in told(compose(text, "x"))]
    assert found == ["SC104 2", "SC106 3", "SC113 4", "SC115 4", "SC108 5", "SC107 6", "SC103 7", "SC105 8"]


def test_a_cut_formula_is_mended_so_that_nothing_else_is_said_about_it() -> None:
    document = compose("a: {value: = max(a, min(b, 2)), unit: d}\nb: [= f(x,y), 3]\n", "x")
    assert plain(document.root) == {"a": {"value": "= max(a, min(b, 2))", "unit": "d"}, "b": ["= f(x, y)", "3"]}


def test_a_formula_outside_brackets_or_in_quotes_may_hold_commas() -> None:
    document = compose('a: = max(a, b)\nb: {value: "= max(a, b)"}\nc: [a (b, c) d]\n', "x")
    assert document.problems == []
    assert plain(document.root) == {"a": "= max(a, b)", "b": {"value": "= max(a, b)"}, "c": ["a (b", "c) d"]}


def test_empty_values_with_a_colon_are_no_mistake_in_braces() -> None:
    document = compose("a: {b: , c :\n # note\n , 'd': , e: null}\n", "x")
    assert document.problems == []
    assert plain(document.root) == {"a": dict.fromkeys("bcde")}


def test_only_null_tilde_and_nothing_are_null_and_all_else_stays_text() -> None:
    text = "a: null\nb: ~\nc:\nd: 'null'\ne: \"\"\nf: Null\ng: no\nh: on\ni: 1e-3\nj: 2021-04-22\nk: 0x1F\nl: 1_000\n"
    assert plain(compose(text, "x").root) == {
        "a": None, "b": None, "c": None, "d": "null", "e": "", "f": "Null", "g": "no", "h": "on", "i": "1e-3",
        "j": "2021-04-22", "k": "0x1F", "l": "1_000",
    }  # fmt: skip


def test_scalars_know_whether_they_are_plain() -> None:
    items = compose("a: b\nc: 'd'\ne: |\n  f\n", "x").root.items
    nodes = [entry.node for entry in items.values()]
    assert [isinstance(node, Scalar) and node.plain for node in nodes] == [True, False, False]


def test_keys_and_values_know_their_places() -> None:
    document = compose("schema: 1\nforces:\n  été:   {side: x, 中文: [a,  b]}\n  c: &n  \n    'd'\n", "f")
    places = {
        path: (key and (key.line, key.column), (value.line, value.column))
        for path, (key, value) in marks(document.root).items()
    }
    assert places == {
        (): (None, (1, 1)),
        ("schema",): ((1, 1), (1, 9)),
        ("forces",): ((2, 1), (3, 3)),
        ("forces", "été"): ((3, 3), (3, 10)),
        ("forces", "été", "side"): ((3, 11), (3, 17)),
        ("forces", "été", "中文"): ((3, 20), (3, 24)),
        ("forces", "été", "中文", 0): (None, (3, 25)),
        ("forces", "été", "中文", 1): (None, (3, 29)),
        ("forces", "c"): ((4, 3), (5, 5)),
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("front", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_move_nothing(end: str, front: str) -> None:
    document = compose(front + SAMPLE.replace("\n", end), "x")
    assert document == compose(SAMPLE, "x")
    assert document.problems == []


def test_lines_are_counted_as_editors_count_them() -> None:
    assert split_lines("\ufeffa\r\nb\rc\n\nd") == ("a", "b", "c", "", "d")
    assert split_lines("a\n") == ("a",)
    assert split_lines("") == ("",)


def test_aliases_repeat_what_stands_at_the_anchor_with_its_place() -> None:
    root = compose("a: &x {b: 1}\nc: *x\n", "x").root
    assert root.items["c"].node == root.items["a"].node
    assert root.items["c"].key_mark == Mark("x", 2, 1)


def test_depth_has_a_limit_that_aliases_cannot_pass() -> None:
    def nested(levels: int) -> str:
        return "a: " + "[" * (levels - 1) + "]" * (levels - 1)

    assert compose(nested(MAX_DEPTH), "x").problems == []
    problem = compose(nested(MAX_DEPTH + 1), "x").problems[0]
    assert problem.code == "SC109"
    assert problem.text == "more than 40 levels of mappings and lists inside each other"
    through_alias = "a: &x [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[[[[[*x]]]]]]]]]]]]]]]]]]]]\n"
    assert [problem.code for problem in compose(through_alias, "x").problems] == ["SC109"]


def test_nodes_have_a_limit_that_aliases_cannot_pass() -> None:
    # The top, the key `a` and the list are three nodes.
    assert compose("a: [" + "1," * (MAX_NODES - 3) + "]", "x").problems == []
    problem = compose("a: [" + "1," * (MAX_NODES - 2) + "]", "x").problems[0]
    assert problem.code == "SC109"
    assert problem.text == "more than 20000 keys and values up to here, with aliases written out"
    bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
    bomb += "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    assert [problem.code for problem in compose(bomb, "x").problems] == ["SC109"]


@pytest.mark.parametrize("piece", ["[", "{", "- ", "? ", "a:\n ", "{a: ", "&a [", "!t {? "])
def test_very_deep_nesting_is_refused_before_it_can_hurt(piece: str) -> None:
    assert any(incomplete([problem]) for problem in compose(piece * 200_000, "x").problems)


def test_thousands_of_directives_take_no_time() -> None:
    # Handed to YAML they take quadratic time: half a minute for this text.
    for end in "\n\r":
        text = "".join(f"%TAG !a{number}! b{end}" for number in range(100_000))
        assert [problem.code for problem in compose(text, "x").problems] == ["SC116", "SC112"]


def test_a_text_beyond_the_size_limit_is_not_read() -> None:
    assert compose("#" * MAX_BYTES, "x").problems[0].code == "SC112"
    refused = compose("é" * (MAX_BYTES // 2 + 1), "x")
    assert told(refused) == ["SC109 1:1 the text is larger than 2 MB | check that this is a scenario file"]


def test_a_fragment_may_have_any_top() -> None:
    assert compose_value(" 0.03 to 0.6", "--set 1").node == Scalar("0.03 to 0.6", Mark("--set 1", 1, 2), plain=True)
    assert isinstance(compose_value("[a]", "x").node, Sequence)
    assert compose_value("# nothing", "x").node is None


# ---- files ----


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableFileError) as caught:
        read(path)
    assert isinstance(caught.value, SimError)
    return str(caught.value).replace(str(path.parent), "DIR")


def test_a_file_is_read_with_its_path_or_its_label(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\r\nb: 2\r\n")
    assert plain(read(path).root) == {"a": "é", "b": "2"}
    assert read(path).lines == ("a: é", "b: 2")
    assert read(path).root.mark == Mark(str(path), 1, 1)
    assert read(path, "mine").root.mark == Mark("mine", 1, 1)


def test_a_missing_file_brings_the_nearest_name(tmp_path: Path) -> None:
    assert refusal(tmp_path / "x.yaml") == "there is no file `DIR/x.yaml`; the folder holds no scenario files"
    for name in ("ukraine.yaml", "strait.yml", "notes.txt"):
        (tmp_path / name).touch()
    assert refusal(tmp_path / "ukrane.yaml") == "there is no file `DIR/ukrane.yaml`; did you mean `ukraine.yaml`?"
    assert refusal(tmp_path / "qqq") == "there is no file `DIR/qqq`; the folder holds `strait.yml`, `ukraine.yaml`"
    assert refusal(tmp_path / "no" / "x.yaml") == "there is no folder `DIR`; check the path"


def test_folders_and_odd_files_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    assert refusal(folder) == "`DIR/all` is a folder; name a scenario file"
    (folder / "b.yaml").touch()
    assert refusal(folder) == "`DIR/all` is a folder; name a file in it, like `DIR/all/b.yaml`"
    if hasattr(os, "mkfifo"):
        # Opening a pipe that nobody writes to would wait for ever.
        os.mkfifo(tmp_path / "pipe")
        assert refusal(tmp_path / "pipe") == "`DIR/pipe` is not a regular file; name a file with a scenario in it"
    assert refusal(tmp_path / "a\0b") == "`DIR/a\ufffdb` cannot be read: embedded null byte; check the path"
    assert refusal(folder / "b.yaml" / "c.yaml").endswith("; check the path")


def test_a_file_without_the_right_to_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.touch()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refusal(path) == "`DIR/x.yaml` may not be read: permission denied; check its rights"


def test_bytes_that_are_not_utf8_are_named_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("a: é\r\nb: ü".encode() + b"\xe9!")
    assert refusal(path) == "`DIR/x.yaml` is not UTF-8 text: byte 0xE9 at line 2, column 5; save it as UTF-8"
    path.write_bytes("a: 1".encode("utf-16"))
    assert refusal(path) == "`DIR/x.yaml` is UTF-16 text; save it as UTF-8"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert refusal(path) == "`DIR/x.yaml` is larger than 2 MB; check that this is a scenario file"


# ---- laws and fuzz ----

FUZZ = settings(derandomize=True, deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
SHARDS = [
    "\t", "{", "}", "[", "]", ",", ":", ": ", "- ", "? ", "&a ", "*a", "!t ", "|", ">", "%", "@", '"', "'", "\n", "\r",
    "\r\n", "\ufeff", "\x00", "\x85", "\u2028", "\ud800", "é", "中", "= max(a, b)", "<<: ", "---\n", "...\n", "null",
    "~", " #", "\\", "\xa0", "{a, b}", "\x1b[31m", "e\u0301", "\n%YAML 1.1\n", "  ", "a: ",
]  # fmt: skip


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A stretch of the sample with a few shards thrown in, pieces cut out and pieces repeated."""
    lines = SAMPLE.splitlines(keepends=True)
    first = draw(st.integers(0, len(lines) - 1))
    text = "".join(lines[first : first + draw(st.integers(1, len(lines)))])
    for _ in range(draw(st.integers(1, 6))):
        here, there = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        act = draw(st.sampled_from(["insert", "insert", "insert", "cut", "repeat"]))
        if act == "insert":
            text = text[:here] + draw(st.sampled_from(SHARDS)) + text[here:]
        elif act == "cut":
            text = text[:here] + text[min(there, here + 12) :]
        else:
            text = text[:there] + text[here : here + 30] + text[there:]
    return text


def nulls_joined(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: nulls_joined(item) for key, item in value.items()}
    if isinstance(value, list):
        return [nulls_joined(item) for item in value]
    return None if value in {None, "", "~", "null"} else value


def check_reading(text: str) -> None:
    """Whatever the text: places inside it, problems in order, and agreement with YAML when nothing is wrong."""
    document = compose(text, "x")
    for problem in document.problems:
        assert problem.mark is not None
        assert 1 <= problem.mark.line <= len(document.lines)
        assert 1 <= problem.mark.column <= len(document.lines[problem.mark.line - 1]) + 1
        screen = render(problem, {"x": document.lines})
        assert len(screen.split("\n")) in {3, 4}
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", screen)
    places = [(problem.mark.line, problem.mark.column) for problem in document.problems if problem.mark is not None]
    assert places == sorted(places)
    if not document.problems:
        theirs = yaml.load(text.removeprefix("\ufeff"), Loader=yaml.CBaseLoader)  # an independent reading
        assert nulls_joined(plain(document.root)) == nulls_joined(theirs)
        check_marks(document)


def check_marks(document: Document) -> None:
    for path, (_, mark) in marks(document.root).items():
        node = at(document.root, path)
        if isinstance(node, Scalar) and node.plain and node.text:
            rest = document.lines[mark.line - 1][mark.column - 1 :]
            assert rest.startswith(node.text.split("\n")[0].split(" ")[0])


def at(node: Node, path: tuple[str | int, ...]) -> Node:
    for part in path:
        if isinstance(node, Mapping):
            node = node.items[str(part)].node
        elif isinstance(node, Sequence):
            node = node.items[int(part)]
    return node


@FUZZ
@given(mutations())
def test_no_mutation_of_a_scenario_breaks_reading(text: str) -> None:
    check_reading(text)


@FUZZ
@given(st.one_of(st.text(), st.lists(st.sampled_from(SHARDS), max_size=30).map("".join)))
def test_no_text_breaks_reading(text: str) -> None:
    check_reading(text)


@FUZZ
@given(st.binary(max_size=60))
def test_no_bytes_break_reading(data: bytes) -> None:
    try:
        text = decode(data, "x")
    except UnreadableFileError:
        return
    check_reading(text)


WORDS = st.text("aZ07é中\U0001f600 \u00a0:#-{}[],&*!|>'\"%@`~=?<_.\t\n", min_size=1, max_size=8)
TREES = st.recursive(WORDS, lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner), max_leaves=8)


@FUZZ
@given(st.dictionaries(WORDS, TREES, min_size=1, max_size=4), st.sampled_from([None, True, False]))
def test_what_yaml_writes_is_read_back(tree: dict[str, Any], flow: bool | None) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow, width=60)
    document = compose(text, "x")
    assert document.problems == []
    assert nulls_joined(plain(document.root)) == nulls_joined(tree)
    check_marks(document)


def test_the_sample_agrees_with_two_independent_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    document = compose(SAMPLE, "x")
    assert document.problems == []
    assert nulls_joined(plain(document.root)) == nulls_joined(yaml.load(SAMPLE, Loader=yaml.BaseLoader))
    monkeypatch.setattr(composer, "_LOADER", yaml.SafeLoader)  # an installation without the compiled loader
    assert compose(SAMPLE, "x") == document


def test_plain_refuses_a_tree_that_no_text_gives() -> None:
    mark = Mark("x", 1, 1)
    node: Node = Scalar("deep", mark, plain=True)
    for _ in range(MAX_DEPTH + 1):
        node = Sequence([node], mark)
    with pytest.raises(SimError, match="more than 40 levels of mappings and lists inside each other; use fewer levels"):
        plain(node)
