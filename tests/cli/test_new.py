"""`sim new`: a scenario to start from that runs as it is, and never at the cost of another file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import STARTER, Sim

NEXT = """\
A made-up crisis to start from. Next:
  sim check {path}            what every number and every clock means
  sim check {path} --preview  troops and tension over time, as a picture
  sim run {path} --quick      the odds, in a few seconds
  sim trace {path}            the story of one run
"""


@pytest.mark.parametrize(
    ("arguments", "path"), [([], "crisis.yaml"), (["islands"], "islands.yaml"), (["deep/a.yml"], "deep/a.yml")]
)
def test_file_is_written_and_next_steps_are_named(sim: Sim, tmp_path: Path, arguments: list[str], path: str) -> None:
    (tmp_path / "deep").mkdir()
    answer = sim("new", *arguments)
    assert (answer.code, answer.out, answer.err) == (0, f"{path}\n", NEXT.format(path=path))
    assert (tmp_path / path).read_bytes() == STARTER.read_bytes()


def test_file_that_is_there_is_left_alone(sim: Sim, tmp_path: Path) -> None:
    (tmp_path / "crisis.yaml").write_text("mine", encoding="utf-8")
    answer = sim("new")
    assert (answer.code, answer.out) == (1, "")
    assert (tmp_path / "crisis.yaml").read_text(encoding="utf-8") == "mine"


def test_starter_is_fine_as_it_is(sim: Sim) -> None:
    sim("new")
    checked = sim("check", "crisis.yaml", "--json")
    assert (checked.code, checked.err) == (0, "crisis.yaml: fine\n")
    assert json.loads(checked.out)["warnings"] == []
    played = sim("run", "crisis.yaml", "--quick", "--worlds", 60, "--replays", 2, "--json", "--out", "o", "--quiet")
    assert (played.code, played.err) == (0, "")
    odds = json.loads(played.out)["odds"]
    # an example that is nearly certain either way would teach nothing
    assert 0.05 < odds["p"] < 0.6


def test_variants_of_the_starter_work(sim: Sim) -> None:
    sim("new")
    for variant in yaml.safe_load(STARTER.read_text(encoding="utf-8"))["variants"]:
        assert sim("check", "crisis.yaml", "--variant", variant).code == 0


def test_starter_shows_the_blocks_and_explains_them() -> None:
    text = STARTER.read_text(encoding="utf-8")
    blocks = yaml.load(text, yaml.BaseLoader)
    assert {
        "forces",
        "tension",
        "pullbacks",
        "exercises",
        "sanctions",
        "incidents",
        "intent",
        "build_ups",
        "crises",
        "outside_view",
    } <= set(blocks)
    lines = text.splitlines()
    assert 60 <= len(lines) <= 85
    assert max(map(len, lines)) <= 120
    assert sum("#" in line for line in lines) >= 20
