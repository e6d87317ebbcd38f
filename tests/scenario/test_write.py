"""A resolved scenario written back is the same scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.source import compose, plain
from sim.scenario.write import to_yaml

FOLDER = Path(__file__).parents[2] / "scenarios"
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co")), max_size=30)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
ODD = ("0.4", "2021-09-10", "null", "~", "no", "= a, b", "a: b", "#", "- x")
TREES = st.recursive(
    st.one_of(st.none(), TEXTS, st.sampled_from(ODD)),
    lambda inner: st.one_of(st.dictionaries(NAMES, inner, min_size=1, max_size=4), st.lists(inner, max_size=3)),
    max_leaves=12,
)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_scenarios_come_back(path: Path) -> None:
    first = plain(compose(path.read_text(encoding="utf-8"), "x").root)
    again = compose(to_yaml(first), "x")  # type: ignore[arg-type]
    assert again.problems == []
    assert plain(again.root) == first


@given(st.dictionaries(NAMES, TREES, min_size=1, max_size=4))
def test_any_tree_comes_back(tree: dict[str, object]) -> None:
    again = compose(to_yaml(tree), "x")
    assert [problem.text for problem in again.problems] == []
    assert plain(again.root) == tree


def test_numbers_and_dates_need_no_quotes() -> None:
    written = to_yaml({"a": "0.4", "b": "2021-09-10", "c": None, "d": "null"})
    assert written == 'a: 0.4\nb: 2021-09-10\nc: null\nd: "null"\n'
