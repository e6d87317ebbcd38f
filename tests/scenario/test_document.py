"""Inheritance and overrides: what wins, what is deleted, what is refused in which words, and the laws of merging."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sim.errors import SimError
from sim.scenario.diagnostics import Problem, render
from sim.scenario.document import (
    MAX_PARENTS,
    Setting,
    block_paths,
    closest_mark,
    is_value,
    marks,
    merge,
    override,
    parse_set,
    resolve_extends,
    vain_deletions,
)
from sim.scenario.source import (
    MAX_DEPTH,
    Document,
    Mapping,
    Mark,
    Node,
    Scalar,
    Sequence,
    UnreadableFileError,
    compose,
    compose_value,
    plain,
    split_lines,
)

HERE = Mark("--set 1", 1, 1)
FUZZ = settings(
    derandomize=True,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def tree(text: str, label: str = "x") -> Mapping:
    document = compose(text, label)
    assert document.problems == []
    return document.root


def value(text: str) -> Node:
    node = compose_value(text, "v").node
    assert node is not None
    return node


def merged(parent: str, child: str) -> Any:
    return plain(merge(tree(parent, "parent"), tree(child, "child")))


def told(problem: object) -> str:
    assert isinstance(problem, Problem)
    assert problem.mark is not None
    mark = problem.mark
    return f"{problem.code} {mark.source}:{mark.line}:{mark.column} {problem.text} | {problem.hint}"


# ---- merging ----


def test_blocks_merge_key_by_key_and_the_child_wins() -> None:
    parent = "title: old\nforces: {south: {side: russia, garrison: 3}, north: {side: nato}}\n"
    child = "forces: {south: {garrison: 5, surge: 7}, east: {side: x}}\ntitle: new\n"
    assert merged(parent, child) == {
        "title": "new",
        "forces": {
            "south": {"side": "russia", "garrison": "5", "surge": "7"},
            "north": {"side": "nato"},
            "east": {"side": "x"},
        },
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.4", "0.5"),
        ("[1, 2]", "[3]"),
        ("{value: 1, about: old}", "{value: 2}"),
        ("{p5: 3, p50: 10, p95: 40}", "{p10: 4, p90: 30, unit: days}"),
        ("{odds: 0.2, within: 184, source: s}", "{count: 2 to 6, within: 30}"),
        ("{beta: {mean: 0.2, p95: 0.6}, within: [0, 1]}", "{beta: {mean: 0.3}}"),
        ("{each: {pareto: {low: 1}}}", "{each: {pareto: {high: 2}}}"),
        ("{odds: 0.1, between: [70, 253]}", "{per_year: 2}"),
        ("{value: 1}", "{a: {b: 1}}"),
        ("{a: {b: 1}}", "{value: 1}"),
        ("{value: 1, about: x}", "{about: y}"),
        ("{a: 1}", "[1]"),
        ("1", "{a: 1}"),
    ],
)
def test_values_are_replaced_whole(old: str, new: str) -> None:
    assert merged(f"top: {{x: {old}}}", f"top: {{x: {new}}}") == {"top": {"x": plain(value(new))}}


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        ("{side: russia}", "{about: words}", {"side": "russia", "about": "words"}),
        ("{value: 1, states: 2}", "{value: 3}", {"value": "3"}),
        ("{a: 1}", "{}", {"a": "1"}),
        ("{about: x}", "{about: y, source: z}", {"about": "y", "source": "z"}),
    ],
)
def test_prose_alone_and_nothing_at_all_are_no_values(old: str, new: str, both: dict[str, str]) -> None:
    assert merged(f"top: {{x: {old}}}", f"top: {{x: {new}}}") == {"top": {"x": both}}


def test_at_the_top_names_that_look_like_value_keys_are_names() -> None:
    assert merged("assumptions: {beta: 1, count: 2}", "assumptions: {beta: 3}") == {
        "assumptions": {"beta": "3", "count": "2"}
    }


def test_what_is_a_value() -> None:
    for text in (
        "1",
        "~",
        "[a]",
        "{value: 1}",
        "{p5: 1, p95: 2, unit: x}",
        "{choice: {a: 1}}",
        "{lognormal: {}, about: x}",
    ):
        assert is_value(value(text)), text
    for text in ("{}", "{about: x}", "{within: 3}", "{value: 1, other: 2}", "{p: 1}", "{p5x: 1}"):
        assert not is_value(value(text)), text


def test_null_deletes_at_any_depth() -> None:
    parent = "a: {b: {c: 1, d: 2}, e: 3}\nf: 4\n"
    assert merged(parent, "a: {b: {c: ~}}\nf:\n") == {"a": {"b": {"d": "2"}, "e": "3"}}
    assert merged(parent, "a: {b: null}\n") == {"a": {"e": "3"}, "f": "4"}
    assert merged(parent, "a: {b: 'null'}\n") == {"a": {"b": "null", "e": "3"}, "f": "4"}


def test_a_variant_is_replaced_whole_and_keeps_its_nulls() -> None:
    parent = "variants: {calm: {a.b: 1, a.c: 2}, war: {a.b: 9}}"
    assert merged(parent, "variants: {calm: {a.d: null}, war: null}") == {"variants": {"calm": {"a.d": None}}}
    assert vain_deletions(tree("a: 1"), tree("variants: {calm: {a.d: null}}")) == []


def test_merging_changes_neither_tree_and_keeps_the_places() -> None:
    parent, child = tree("a:\n  b: 1\n  c: 2\n", "parent"), tree("a:\n  c: 3\n", "child")
    before = (compose("a:\n  b: 1\n  c: 2\n", "parent").root, compose("a:\n  c: 3\n", "child").root)
    places = marks(merge(parent, child))
    assert (parent, child) == before
    assert places[("a", "b")] == (Mark("parent", 2, 3), Mark("parent", 2, 6))
    assert places[("a", "c")] == (Mark("child", 2, 3), Mark("child", 2, 6))
    assert places[("a",)] == (Mark("child", 1, 1), Mark("child", 2, 3))


def test_deleting_what_the_parent_lacks_is_told_with_the_nearest() -> None:
    parent = tree("exercises: {zapad: {side: x}, sea: {side: y}}\n", "parent")
    child = tree("exercises:\n  zapd: null\n  sea: {side: ~, orders: ~}\nnew: {sub: {leaf: ~}}\n", "child")
    without = "is deleted here, but the file named by `extends` has no such key"
    assert [told(problem) for problem in vain_deletions(parent, child)] == [
        f"SC124 child:2:3 `exercises.zapd` {without} | did you mean `exercises.zapad`?",
        f"SC124 child:3:18 `exercises.sea.orders` {without} | None",
        f"SC124 child:4:13 `new.sub.leaf` {without} | None",
    ]
    assert plain(merge(parent, child)) == {"exercises": {"zapad": {"side": "x"}, "sea": {}}, "new": {"sub": {}}}


# Trees of one shape: a path is a value in all of them or a block in all of them.
LEAVES = st.sampled_from(["1", "2", ["a"], {"value": "3"}, {"value": "4", "about": "w"}, {"p5": "1", "p95": "2"}])


def block(*inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={f"k{number}": part for number, part in enumerate(inner)})


BLOCKS = block(
    st.sampled_from(["1", ["a"]]), block(LEAVES, LEAVES, block(LEAVES, LEAVES)), block(block(LEAVES), LEAVES)
)


def written(content: Any) -> Mapping:
    node = compose_value(yaml.safe_dump(content), "x").node
    assert isinstance(node, Mapping)
    return node


@FUZZ
@given(BLOCKS)
def test_merging_with_nothing_changes_nothing(content: dict[str, Any]) -> None:
    root, nothing = written(content), tree("{}", "nothing")
    assert merge(root, nothing) == root
    assert plain(merge(nothing, root)) == content
    assert merge(root, root) == root


@FUZZ
@given(BLOCKS, BLOCKS, BLOCKS)
def test_merging_is_associative(one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]) -> None:
    a, b, c = written(one), written(two), written(three)
    assert plain(merge(merge(a, b), c)) == plain(merge(a, merge(b, c)))


@FUZZ
@given(BLOCKS, BLOCKS)
def test_every_value_of_a_merge_is_the_childs_or_else_the_parents(one: dict[str, Any], two: dict[str, Any]) -> None:
    def values(node: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
        if not isinstance(node, dict) or {"value", "p5"} & node.keys():
            return {path: node}
        return {key: found for name, part in node.items() for key, found in values(part, (*path, name)).items()}

    assert values(plain(merge(written(one), written(two)))) == values(one) | values(two)


# ---- extends ----


def library(files: dict[str, str]) -> Callable[[Path], Document]:
    def read(path: Path) -> Document:
        if path.as_posix() not in files:
            raise UnreadableFileError(f"there is no file `{path.as_posix()}`", "did you mean `base.yaml`?")
        return compose(files[path.as_posix()], path.as_posix())

    return read


def resolved(files: dict[str, str], name: str) -> tuple[Mapping, dict[str, tuple[str, ...]], list[Problem]]:
    read = library(files)
    return resolve_extends(read(Path(name)), Path(name), read)


def test_a_file_that_extends_nothing_is_itself() -> None:
    root, sources, problems = resolved({"a.yaml": "x: 1\ny:\n"}, "a.yaml")
    assert (plain(root), sources, problems) == ({"x": "1", "y": None}, {"a.yaml": ("x: 1", "y:")}, [])


def test_a_chain_is_laid_over_from_the_oldest_and_paths_are_relative_to_who_says_them() -> None:
    files = {
        "s/child.yaml": "extends: base/mid.yaml\nx: {c: 3}\n",
        "s/base/mid.yaml": "x: {b: 2, c: 2}\nextends: old.yaml\n",
        "s/base/old.yaml": "x: {a: 1, b: 1, c: 1}\n",
    }
    root, sources, problems = resolved(files, "s/child.yaml")
    assert plain(root) == {"x": {"a": "1", "b": "2", "c": "3"}}
    assert list(sources) == ["s/child.yaml", "s/base/mid.yaml", "s/base/old.yaml"]
    assert sources["s/base/old.yaml"] == ("x: {a: 1, b: 1, c: 1}",)
    assert problems == []
    assert root.mark.source == "s/child.yaml"


def test_real_files_are_read_by_default(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("x: {a: 1}\n", encoding="utf-8")
    document = compose("extends: base.yaml\nx: {b: 2}\n", "child")
    root, sources, problems = resolve_extends(document, tmp_path / "child.yaml")
    assert plain(root) == {"x": {"a": "1", "b": "2"}}
    assert list(sources) == ["child", str(tmp_path / "base.yaml")]
    assert problems == []
    near, _, problems = resolve_extends(compose("extends: bas.yaml\n", "child"), tmp_path / "child.yaml")
    text = f"SC122 child:1:10 `extends`: there is no file `{tmp_path / 'bas.yaml'}` | did you mean `base.yaml`?"
    assert [told(problem) for problem in problems] == [text]
    assert plain(near) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("extends: no.yaml", "SC122 a.yaml:1:10 `extends`: there is no file `no.yaml` | did you mean `base.yaml`?"),
        ("extends: a.yaml", "SC123 a.yaml:1:10 `extends` runs in a circle: a.yaml → a.yaml | delete this `extends`"),
        ("extends: [b.yaml]", "SC121 a.yaml:1:10 `extends` names one other scenario file | write `extends: base.yaml`"),
        ("extends:", "SC121 a.yaml:1:9 `extends` names one other scenario file | write `extends: base.yaml`"),
        ("extends: ' '", "SC121 a.yaml:1:10 `extends` names one other scenario file | write `extends: base.yaml`"),
    ],
)
def test_an_extends_that_leads_nowhere_is_told(text: str, expected: str) -> None:
    root, _, problems = resolved({"a.yaml": f"{text}\nx: 1\n"}, "a.yaml")
    assert [told(problem) for problem in problems] == [expected]
    assert plain(root) == {"x": "1"}


def test_a_circle_is_shown_whole_at_the_place_that_closes_it() -> None:
    files = {"s/a.yaml": "extends: b.yaml\n", "s/b.yaml": "x: 1\nextends: ../s/a.yaml\n"}
    _, _, problems = resolved(files, "s/a.yaml")
    chain = "s/a.yaml → s/b.yaml → s/../s/a.yaml"
    expected = f"SC123 s/b.yaml:2:10 `extends` runs in a circle: {chain} | delete this `extends`"
    assert [told(problem) for problem in problems] == [expected]


def test_a_chain_has_a_longest_length() -> None:
    def chain(parents: int) -> list[Problem]:
        files = {f"{n}.yaml": f"extends: {n + 1}.yaml\nk{n}: 1\n" for n in range(parents)} | {
            f"{parents}.yaml": "z: 1\n"
        }
        return resolved(files, "0.yaml")[2]

    assert chain(MAX_PARENTS) == []
    problems = chain(MAX_PARENTS + 1)
    shown = " → ".join(f"{n}.yaml" for n in range(MAX_PARENTS + 2))
    expected = f"SC123 10.yaml:1:10 `extends` reaches over more than 10 files: {shown} | join some of them"
    assert [told(problem) for problem in problems] == [expected]


def test_problems_of_all_files_come_together_with_the_lines_to_show_them() -> None:
    files = {"a.yaml": "extends: b.yaml\nx: 1\nx: 2\nz: ~\n", "b.yaml": "y: 1\ny: 2\n"}
    _, sources, problems = resolved(files, "a.yaml")
    assert [told(problem).split(" `")[0] for problem in problems] == [
        "SC104 a.yaml:3:1",
        "SC104 b.yaml:2:1",
        "SC124 a.yaml:4:1",
    ]
    assert render(problems[1], sources).endswith("    1 | y: 1\n    2 | y: 2\n      | ^ delete one of the two")


def test_nothing_is_said_to_be_missing_from_a_parent_that_was_not_read_to_its_end() -> None:
    files = {"a.yaml": "extends: b.yaml\nz: ~\n", "b.yaml": "y: 1\nq: 'open\nz: 1\n"}
    assert [problem.code for problem in resolved(files, "a.yaml")[2]] == ["SC101"]


@FUZZ
@given(st.text())
def test_no_file_name_breaks_extends(name: str) -> None:
    quoted = yaml.safe_dump({"extends": name}, allow_unicode=True)
    _, _, problems = resolve_extends(compose(quoted, "x"), Path("nowhere/x.yaml"))
    assert {problem.code for problem in problems} <= {"SC103", "SC121", "SC122", "SC123"}
    assert problems


# ---- overrides ----

BASE = "pullbacks:\n  april: {honoured_share: 0.03 to 0.60, convoys: 4}\nreviews: [1, 2]\ntension: {start: 3}\n"


def overridden(path: str, text: str) -> Any:
    changed = override(tree(BASE), path, value(text), HERE)
    assert isinstance(changed, Mapping)
    return plain(changed)


def test_an_override_replaces_adds_and_deletes() -> None:
    base = plain(tree(BASE))
    assert isinstance(base, dict)
    april = {"honoured_share": "0.03 to 0.60", "convoys": "4"}
    assert overridden("pullbacks.april.honoured_share", "{value: 0.4, about: x}") == base | {
        "pullbacks": {"april": april | {"honoured_share": {"value": "0.4", "about": "x"}}}
    }
    assert overridden("pullbacks.april.relief", "0.5") == base | {"pullbacks": {"april": april | {"relief": "0.5"}}}
    assert overridden("pullbacks.april.convoys", "null") == base | {
        "pullbacks": {"april": {"honoured_share": "0.03 to 0.60"}}
    }
    assert overridden("pullbacks.april", "{value: 1}") == base | {"pullbacks": {"april": {"value": "1"}}}
    assert overridden("title", "new") == base | {"title": "new"}
    assert overridden("tension", "~") == {key: part for key, part in base.items() if key != "tension"}


def test_an_override_changes_no_tree_and_keeps_the_other_places() -> None:
    root = tree(BASE)
    changed = override(root, "pullbacks.april.convoys", value("7"), HERE)
    assert root == tree(BASE)
    assert isinstance(changed, Mapping)
    old, new = marks(root), marks(changed)
    assert new.pop(("pullbacks", "april", "convoys")) == (HERE, Mark("v", 1, 1))
    old.pop(("pullbacks", "april", "convoys"))
    assert new == old


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "pullbacks.apirl.honoured_share",
            "1",
            "SC126 --set 1:1:1 `pullbacks.apirl.honoured_share` cannot be set: there is no `pullbacks.apirl`"
            " | did you mean `pullbacks.april.honoured_share`?",
        ),
        (
            "pullback.april.new",
            "1",
            "SC126 --set 1:1:1 `pullback.april.new` cannot be set: there is no `pullback` | did you mean `pullbacks`?",
        ),
        ("zzz.qqq", "1", "SC126 --set 1:1:1 `zzz.qqq` cannot be set: there is no `zzz` | None"),
        (
            "tension.start.value",
            "1",
            "SC127 --set 1:1:1 `tension.start.value` cannot be set: `tension.start` is a single value"
            " | set `tension.start` as a whole",
        ),
        (
            "reviews.0",
            "1",
            "SC127 --set 1:1:1 `reviews.0` cannot be set: `reviews` is a list | set `reviews` as a whole",
        ),
        (
            "pullbacks.april.convoy",
            "~",
            "SC124 --set 1:1:1 `pullbacks.april.convoy` cannot be deleted: it does not exist"
            " | did you mean `pullbacks.april.convoys`?",
        ),
    ]
    + [
        (
            path,
            "1",
            f"SC125 --set 1:1:1 `{path}` is no dotted path"
            " | write keys joined by single dots, like `tension.half_life`",
        )
        for path in ("", ".", "a..b", ".a", "a.", "a b", "reviews[0]")
    ],
)
def test_a_path_that_leads_nowhere_is_told_with_the_nearest(path: str, text: str, expected: str) -> None:
    assert told(override(tree(BASE), path, value(text), HERE)) == expected


def test_overrides_cannot_nest_deeper_than_text_can() -> None:
    deep = value("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))
    assert isinstance(override(tree(BASE), "new", deep, HERE), Mapping)
    expected = "SC109 --set 1:1:1 `tension.start` would nest more than 40 levels | use fewer levels"
    assert told(override(tree(BASE), "tension.start", deep, HERE)) == expected


@FUZZ
@given(BLOCKS, st.data(), LEAVES)
def test_what_is_set_is_read_back_and_nothing_else_changes(
    content: dict[str, Any], data: st.DataObject, new: Any
) -> None:
    root = written(content)
    paths = block_paths(root)
    assume(paths)
    path = data.draw(st.sampled_from(paths))
    node = value(yaml.safe_dump(new))
    changed = override(root, path, node, HERE)
    assert isinstance(changed, Mapping)
    keys = tuple(path.split("."))
    expected: Any = plain(root)
    place = expected
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = new
    assert plain(changed) == expected
    assert marks(changed)[keys] == (HERE, node.mark)
    gone = override(changed, path, value("~"), HERE)
    assert isinstance(gone, Mapping)
    assert keys not in marks(gone)
    assert override(gone, path, node, HERE) is not None


# ---- --set ----


def test_a_set_argument_is_a_path_and_a_value_in_yaml() -> None:
    argument = "pullbacks.april.honoured_share={value: 0.4, about: x}"
    setting = parse_set(argument, 3)
    assert isinstance(setting, Setting)
    path, node, mark, lines = setting
    assert (path, plain(node), mark) == (
        "pullbacks.april.honoured_share",
        {"value": "0.4", "about": "x"},
        Mark("--set 3", 1, 1),
    )
    assert lines == (argument,)
    place = marks(node)[("about",)][1]
    assert argument[place.column - 1 :] == "x}"


@pytest.mark.parametrize(
    ("argument", "path", "expected"),
    [
        ("a.b=0.4", "a.b", "0.4"),
        (" a.b = 0.4 ", "a.b", "0.4"),
        ("a=0.03 to 0.6", "a", "0.03 to 0.6"),
        ("a== max(x, y)", "a", "= max(x, y)"),
        ("a=b=c", "a", "b=c"),
        ("a=null", "a", None),
        ("a=~", "a", None),
        ("a=[1, 2]", "a", ["1", "2"]),
        ("a=''", "a", ""),
        ("a=30 %", "a", "30 %"),
    ],
)
def test_set_arguments_of_all_kinds(argument: str, path: str, expected: Any) -> None:
    setting = parse_set(argument, 1)
    assert isinstance(setting, Setting)
    assert (setting.path, plain(setting.value)) == (path, expected)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("a.b", "SC128 --set 2:1:1 `a.b` has no `=` | write PATH=VALUE, like `tension.start=3`"),
        ("a.b=", "SC128 --set 2:1:5 `a.b` gets no value | write `a.b=null` to delete it"),
        ("a.b= # x", "SC128 --set 2:1:5 `a.b` gets no value | write `a.b=null` to delete it"),
        ("=3", "SC125 --set 2:1:1 `` is no dotted path | write PATH=VALUE, like `tension.start=3`"),
        ("  a b=3", "SC125 --set 2:1:3 `a b` is no dotted path | write PATH=VALUE, like `tension.start=3`"),
        ("a=[1, 2", "SC101 --set 2:1:3 the `[` that stands here is never closed | add the `]`"),
        (
            "a=*b",
            'SC108 --set 2:1:3 the alias `*b` has no anchor `&b` above it | if it is text, put it in quotes: "*b"',
        ),
        ("abc=b: c: d", "SC101 --set 2:1:9 a second colon in one line | put the text in quotes"),
    ],
)
def test_a_set_argument_that_cannot_be_read_is_told(argument: str, expected: str) -> None:
    assert told(parse_set(argument, 2)) == expected


def test_a_problem_inside_a_set_argument_is_shown_under_the_whole_argument() -> None:
    argument = "tension.start={value: 3, value: 4}"
    problem = parse_set(argument, 1)
    assert isinstance(problem, Problem)
    assert render(problem, {"--set 1": split_lines(argument)}) == (
        "--set 1:1:26  SC104 error: `value` is given twice; first on line 1\n"
        "    1 | tension.start={value: 3, value: 4}\n"
        "      |                          ^ delete one of the two"
    )


@FUZZ
@given(st.text(), st.text())
def test_no_argument_breaks_set(path: str, text: str) -> None:
    setting = parse_set(f"{path}={text}", 1)
    if isinstance(setting, Setting):
        result = override(tree(BASE), setting.path, setting.value, setting.mark)
        assert isinstance(result, Mapping | Problem)
    else:
        assert setting.severity == "error"


# ---- places ----


def test_marks_give_key_and_value_of_every_path_and_the_closest_stands_in_for_what_is_missing() -> None:
    places = marks(tree("a:\n  b: [x, {c: 1}]\nd: 2\n"))
    assert closest_mark(places, ("a", "b", 1, "c")) == Mark("x", 2, 14)
    assert closest_mark(places, ("a", "b", 1, "c"), on_key=True) == Mark("x", 2, 11)
    assert closest_mark(places, ("a", "b", 0), on_key=True) == Mark("x", 2, 7)
    assert closest_mark(places, ("a", "b", 1, "missing")) == Mark("x", 2, 10)
    assert closest_mark(places, ("a", "missing", "deeper")) == Mark("x", 1, 1)
    assert closest_mark(places, ("d", "missing")) == Mark("x", 3, 1)
    assert closest_mark(places, ("missing",)) == Mark("x", 1, 1)
    assert closest_mark(places, ()) == Mark("x", 1, 1)


def test_block_paths_leave_lists_out() -> None:
    assert block_paths(tree(BASE)) == [
        "pullbacks",
        "pullbacks.april",
        "pullbacks.april.honoured_share",
        "pullbacks.april.convoys",
        "reviews",
        "tension",
        "tension.start",
    ]


def test_a_reader_that_fails_for_another_reason_is_not_silenced() -> None:
    def read(_: Path) -> Document:
        raise SimError("the disk is on fire")

    with pytest.raises(SimError, match="the disk is on fire"):
        resolve_extends(compose("extends: b.yaml", "a"), Path("a"), read)


def test_nodes_set_by_hand_merge_like_read_ones() -> None:
    mark = Mark("x", 1, 1)
    changed = override(tree(BASE), "reviews", Sequence([Scalar("9", mark, plain=True)], mark), mark)
    assert isinstance(changed, Mapping)
    whole = plain(merge(changed, tree("tension: {start: 4}")))
    assert isinstance(whole, dict)
    assert (whole["reviews"], whole["tension"]) == (["9"], {"start": "4"})
