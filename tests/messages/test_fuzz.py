"""Damaged scenarios never break the loader: it gives a case, or raises an error for the user, and soon."""

from __future__ import annotations

import random
import re
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
from tests.messages.catalogue import HERE, SMALL

FLAGSHIP = HERE.parents[1] / "scenarios" / "spring-2021.yaml"
TEXTS = [
    SMALL,
    SMALL,
    (HERE / "base.yaml").read_text(encoding="utf-8"),
    # each variant is a further scenario to check; those of the other file are enough
    re.sub(r"(?m)^variants:\n(?: .*\n|\n)*", "", FLAGSHIP.read_text(encoding="utf-8")),
]
# Far above what a load takes, even on a busy machine: only a hang takes as long.
LONGEST = 5.0
# One value a line; what a line cannot hold, or what an eye cannot see, follows here.
NASTY = (HERE / "nasty.txt").read_text(encoding="utf-8").splitlines()
NASTY += [
    "",
    "\t",
    "x" * 300,
    "1" * 400,
    "nonbreaking\u00a0space",
    "\u202e",
    "\u0663",
    "\uff12\uff10\uff12\uff11-09-10",
]
# The compiled loader and dumper are ten times faster.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
KEYS = [
    "value",
    "each",
    "within",
    "about",
    "held",
    "when",
    "rate",
    "orders",
    "x",
    "X y",
    "p5",
    "choice",
    "<<",
    "1",
    "null",
    "~",
]

PATHS = ["tension.start", "forces.south", "crises", "question.kinds", "build_ups.main.size", "a..b", "", "variants.x"]

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
    end = min(
        (text.find(stop, start) for stop in (",", "}", "]", "\n") if text.find(stop, start) >= 0), default=len(text)
    )
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
        tree: Any = yaml.load(text, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError, UnicodeError):
        return text
    places = list(_places(tree))
    if len(places) < 2:
        return text
    (home, key), (other, name) = luck.choice(places), luck.choice(places)
    kind = luck.randrange(4)
    if kind == 0:
        del home[key]
    elif kind == 1:
        home[key] = luck.choice(
            [luck.choice(NASTY), [], {}, None, [luck.choice(NASTY)], {luck.choice(KEYS): luck.choice(NASTY)}]
        )
    elif kind == 2:
        home[key], other[name] = other[name], home[key]
    else:
        home[key] = other[name]
    try:
        return yaml.dump(tree, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=200)
    except (yaml.YAMLError, RecursionError, UnicodeError):
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
    for _ in range(luck.choice([1, 1, 1, 1, 2, 3])):
        text = luck.choice(MUTATIONS)(text, luck) or text
    return text


def settings_of(luck: random.Random) -> list[str]:
    """No `--set` argument, or some, sane and nasty."""
    paths = [
        "tension.start",
        "forces.south",
        "crises",
        "question.kinds",
        "build_ups.main.size",
        "a..b",
        "",
        "title",
        "variants.x",
    ]
    return [f"{luck.choice(paths)}={luck.choice(NASTY)}" for _ in range(luck.choice([0, 0, 0, 1, 2]))]


def survives(text: str, arguments: list[str], folder: Path) -> None:
    path = folder / "damaged.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    started = time.perf_counter()
    try:
        said = load(path, arguments).scenario.name
    except SimError as error:
        said = str(error)
    assert said.strip()
    assert time.perf_counter() - started < LONGEST


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(autouse=True)
def few_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same checks on fewer worlds: what could break does not depend on how many there are."""
    monkeypatch.setattr(numeric_checks, "WORLDS", 64)


@settings(max_examples=1900, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**64 - 1))
def test_no_damage_breaks_the_loader(seed: int, folder: Path) -> None:
    luck = random.Random(seed)
    survives(mutated(luck), settings_of(luck), folder)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400))
def test_no_bytes_break_the_loader(data: bytes, folder: Path) -> None:
    path = folder / "bytes.yaml"
    path.write_bytes(data)
    with pytest.raises(SimError):
        load(path)
