"""Damaged scenarios never break the loader: it gives a case, or raises an error for the user, and soon."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import SimError
from sim.scenario import numeric_checks
from sim.scenario.load import load
from tests.messages.catalogue import HERE

FLAGSHIP = HERE.parents[1] / "scenarios" / "spring-2021.yaml"
TEXTS = [path.read_text(encoding="utf-8") for path in (HERE / "base.yaml", FLAGSHIP)]
# Far above what a load takes, even on a busy machine: only a hang takes as long.
LONGEST = 5.0
NASTY = [
    "", "~", "null", "0", "-0", "1", "-1", "2", "0.5", "1e308", "-1e308", "1e-320", "1e999", ".nan", ".inf", "0x10", "1_000",
    "0 to 1", "1 to 0", "0.2 to 0.6", "5 to 5", "1e-300 to 1e300", "-5 to 5", "0.5 to", "to 5", "30 %", "130 %", "20 to 60 %",
    "2021-02-30", "0001-01-01", "9999-12-31", "2021-09-15 to 2021-09-05", "2021-09-10", "2021-09-05 to 2021-09-15",
    "each 5 to 20", "each -5 to 20", "each 3", "each", "each each 5 to 20", "= 1 / 0", "= log(0)", "= exp(1000)", "= surge",
    "= = 2", "=", "= (((", "= 1e308 * 1e308", "= -surge", "= surge - surge", "= crises.clash.lasts", "= intent.start",
    "{p5: 3, p50: 10, p95: 40}", "{p5: 3}", "{p50: 1, p50: 2}", "{p5: 10, p50: 9, p95: 11}", "{value: {value: {value: 3}}}",
    "{beta: {mean: 0.25, p95: 0.6}}", "{beta: {a: 1e-9, b: 1e9}}", "{choice: {a: 0.5, b: 0.5}}", "{choice: {}}",
    "{choice: {1: 0.5, 2: 0.5}}", "{each: {pareto: {minimum: 1, alpha: 0.5}}}", "{each: {normal: {mean: 0, sd: 1e300}}}",
    "{normal: {mean: 0, sd: 1}}", "{uniform: {low: 2, high: 1}}", "{lognormal: {median: 1, p95: 1}}",
    "{value: 5 to 10, within: [6, 7]}", "{value: 5, within: [6, 7]}", "{value: 5 to 10, within: [1e-300, 1e300]}",
    "{odds: 0.5, within: 10}", "{odds: 1, within: 0}", "{count: 1e300, within: 1e-300}", "{per_day: 1e300}",
    "{odds: 0.5, between: [10, 5]}", "plus 1", "minus each 1 to 2", "times 0", "times -1", "until fallen", "true", "yes", "off",
    "[]", "{}", "[[]]", "[~]", "[1, 2]", "{a: {b: {c: d}}}", "'", '"', "&a x", "*a", "!!int 3", "<<", "%", "@", "`", "\t", "🛰",
    "pressure >= 0.5", "[pressure >= 0.5]", "[pressure is on]", "[tension >= 1]", "{intent: prepare}", "crises.clash.begun",
    "clash", "south", "east", "x" * 300, "1" * 400, "a.b.c.d", "٣", "２０２１-09-10", "nonbreaking\u00a0space", "\u202e",
]  # fmt: skip
KEYS = ["value", "each", "within", "about", "held", "when", "rate", "orders", "x", "X y", "p5", "choice", "<<", "1", "null", "~"]

Mutation = Callable[[str, random.Random], str]


def _lines(text: str, luck: random.Random) -> str:
    """Lines deleted, doubled, exchanged, indented anew or cut."""
    lines = text.split("\n")
    here = luck.randrange(len(lines))
    there = luck.randrange(len(lines))
    kind = luck.randrange(6)
    if kind == 0:
        del lines[here]
    elif kind == 1:
        lines.insert(there, lines[here])
    elif kind == 2:
        lines[here], lines[there] = lines[there], lines[here]
    elif kind == 3:
        lines[here] = " " * luck.randrange(9) + lines[here].lstrip()
    elif kind == 4:
        lines[here] = lines[here][: luck.randrange(len(lines[here]) + 1)]
    else:
        del lines[min(here, there) : max(here, there)]
    return "\n".join(lines)


def _characters(text: str, luck: random.Random) -> str:
    """A character deleted, doubled or replaced."""
    here = luck.randrange(len(text))
    new = luck.choice(["", text[here] * 2, luck.choice(":{}[],'\"#&*!|>%@`-?=~ \t\n0a.\u00a0\u0000\ud800")])
    return text[:here] + new + text[here + 1 :]


def _scalar(text: str, luck: random.Random) -> str:
    """What stands behind a colon, or after a comma in a list, replaced by something nasty."""
    places = [place + 2 for place in range(len(text) - 2) if text[place : place + 2] in (": ", ", ")]
    start = luck.choice(places)
    end = min((text.find(stop, start) for stop in (",", "}", "]", "\n") if text.find(stop, start) >= 0), default=len(text))
    return text[:start] + luck.choice(NASTY) + text[end:]


def _key(text: str, luck: random.Random) -> str:
    """A key renamed."""
    places = [place for place in range(1, len(text)) if text[place] == ":" and text[place - 1].isalnum()]
    end = luck.choice(places)
    start = end
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_."):
        start -= 1
    word = text[start:end]
    new = luck.choice([*KEYS, word[:-1], word + "s", word.upper(), word[::-1], f"{word}.{word}"])
    return text[:start] + new + text[end:]


def _tree(text: str, luck: random.Random) -> str:
    """Subtrees deleted, exchanged, copied elsewhere, or replaced; written back as YAML."""
    try:
        tree: Any = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError):
        return text
    places = list(_places(tree))
    if len(places) < 2:
        return text
    (home, key), (other, name) = luck.choice(places), luck.choice(places)
    kind = luck.randrange(4)
    if kind == 0:
        del home[key]
    elif kind == 1:
        home[key] = luck.choice([luck.choice(NASTY), [], {}, None, [luck.choice(NASTY)], {luck.choice(KEYS): luck.choice(NASTY)}])
    elif kind == 2:
        home[key], other[name] = other[name], home[key]
    else:
        home[key] = other[name]
    try:
        return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=200)
    except (yaml.YAMLError, RecursionError):
        return text


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found = []
    waiting, seen = [tree], set()
    while waiting:
        here = waiting.pop()
        if id(here) in seen or not isinstance(here, dict | list):
            continue
        seen.add(id(here))
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        for key in keys:
            found.append((here, key))
            waiting.append(here[key])
    return found


MUTATIONS: list[Mutation] = [_lines, _characters, _scalar, _scalar, _scalar, _key, _tree, _tree]


def mutated(luck: random.Random) -> str:
    """A scenario with one to four damages."""
    text = luck.choice(TEXTS)
    for _ in range(luck.choice([1, 1, 1, 2, 3, 4])):
        text = luck.choice(MUTATIONS)(text, luck) or text
    return text


def settings_of(luck: random.Random) -> list[str]:
    """No `--set` argument, or some, sane and nasty."""
    paths = ["tension.start", "forces.south", "crises", "question.kinds", "build_ups.main.size", "a..b", "", "title", "variants.x"]
    return [f"{luck.choice(paths)}={luck.choice(NASTY)}" for _ in range(luck.choice([0, 0, 0, 1, 2]))]


def survives(text: str, arguments: list[str], folder: Path) -> None:
    path = folder / "damaged.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    started = time.perf_counter()
    try:
        case = load(path, arguments)
    except SimError as error:
        assert str(error).strip()
    else:
        assert case.scenario.program.horizon > 0.0
        assert math.isfinite(case.scenario.program.horizon)
    assert time.perf_counter() - started < LONGEST


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(autouse=True)
def few_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same checks on fewer worlds: what could break does not depend on how many there are."""
    monkeypatch.setattr(numeric_checks, "WORLDS", 64)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(luck=st.randoms(use_true_random=False))
def test_no_damage_breaks_the_loader(luck: random.Random, folder: Path) -> None:
    survives(mutated(luck), settings_of(luck), folder)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400))
def test_no_bytes_break_the_loader(data: bytes, folder: Path) -> None:
    path = folder / "bytes.yaml"
    path.write_bytes(data)
    with pytest.raises(SimError):
        load(path)
