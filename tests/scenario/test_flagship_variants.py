"""The scenarios beside the flagship: what each of them changes, nothing else, and the way in which that must count."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.estimates.paired import PairedDifference, paired_difference
from sim.experiment.plan import Design
from sim.experiment.run import play_rows
from sim.records.outcomes import FINISHED, Outcomes
from sim.scenario.load import Case, load

FOLDER = Path(__file__).parents[2] / "scenarios"
FLAGSHIP = "spring-2021"
DESIGN = Design(1200, 4, 1)
PROSE = ("about", "source", "title", "unit")

HONOURED = {f"pullbacks.april.honoured_share.{key}": None for key in ("p5", "p50", "p95")}
UNCORRELATED = {f"correlations.{pair}.{place}": None for pair in (0, 1) for place in (0, 1, 2)}
# Every leaf that is not as in the flagship, with its text there; None where it is gone.
CHANGES: dict[str, dict[str, str | None]] = {
    "pullback-at-its-word": {
        "pullbacks.april.takes": "9",
        **HONOURED,
        "pullbacks.april.honoured_share": "1",
        "pullbacks.april.equipment_stays.south": "0.25",
        "exercises.zapad.takes_home.chance": "1",
        **UNCORRELATED,
    },
    "nothing-withdrawn": {
        **HONOURED,
        "pullbacks.april.honoured_share": "0",
        "pullbacks.april.equipment_stays.voronezh": "1",
        "pullbacks.april.equipment_stays.south": "1",
        **UNCORRELATED,
    },
    "sanctions-doubled": {
        "sanctions.second_package.imposed": "2021-06-14",
        "sanctions.second_package.pressure": "= sanctions.eo_14024.pressure",
    },
    "sanctions-eased": {
        "sanctions.nord_stream.chance": "1",
        "sanctions.eu_renewal.chance": "1",
        "sanctions.bond_ban.imposed": None,
        "sanctions.bond_ban.pressure": None,
        "sanctions.more.rate.per_year": None,
        "sanctions.more.pressure.each.lognormal.p5": None,
        "sanctions.more.pressure.each.lognormal.p95": None,
        "sanctions.more.tension": None,
    },
    "zapad-cancelled": {"exercises.zapad.held": "0"},
    "reading-bluff": {
        "intent.start.choice.restrain": "0.5",
        "intent.start.choice.coerce": "0.48",
        "intent.start.choice.prepare": "0.02",
        "intent.switches.coerce.prepare.per_year": "0.0125 to 0.15",
    },
    "reading-rehearsal": {
        "intent.start.choice.restrain": "0.1",
        "intent.start.choice.coerce": "0.3",
        "intent.start.choice.prepare": "0.6",
    },
}


@cache
def case(name: str) -> Case:
    return load(FOLDER / f"{name}.yaml")


@cache
def outcomes(name: str) -> Outcomes:
    played = play_rows(case(name).scenario, DESIGN).outcomes
    assert np.all(played.status == FINISHED)
    return played


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a resolved file but its prose; `{value: X, source: …}` is X."""
    if isinstance(tree, dict | list):
        for key, inner in tree.items() if isinstance(tree, dict) else enumerate(tree):
            if key not in PROSE:
                yield from leaves(inner, path if key == "value" else f"{path}.{key}".lstrip("."))
    else:
        yield path, tree


def changes(one: Any, other: Any) -> dict[str, str | None]:
    before, after = dict(leaves(one)), dict(leaves(other))
    return {path: after.get(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def effect(name: str, beside: str = FLAGSHIP) -> PairedDifference:
    """What a scenario adds to the odds of another, run by run with the same luck."""
    hits, others = np.isfinite(outcomes(name).first), np.isfinite(outcomes(beside).first)
    return paired_difference(hits, others, outcomes(name).world)


# -------------------------------------------------------------------------------------------------------- the files


def test_every_file_beside_the_flagship_is_known() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {FLAGSHIP, *CHANGES}


@pytest.mark.parametrize("name", CHANGES)
def test_it_changes_what_it_says_and_nothing_else(name: str) -> None:
    """The whole file: inputs, the question, evidence and what came of it are those of the flagship but for these."""
    assert changes(case(FLAGSHIP).scenario.resolved, case(name).scenario.resolved) == CHANGES[name]


def test_a_change_more_is_seen() -> None:
    other = load(FOLDER / "zapad-cancelled.yaml", ["build_ups.main.reaching=0.44"]).scenario.resolved
    assert changes(case(FLAGSHIP).scenario.resolved, other) == {
        **CHANGES["zapad-cancelled"],
        "build_ups.main.reaching": "0.44",
    }


@pytest.mark.parametrize("name", CHANGES)
def test_it_warns_of_nothing_that_the_flagship_is_silent_about(name: str) -> None:
    known = {(problem.code, problem.text) for problem in case(FLAGSHIP).warnings}
    assert {(problem.code, problem.text) for problem in case(name).warnings} <= known


@pytest.mark.parametrize("name", CHANGES)
def test_it_asks_a_question_of_its_own_in_the_same_words(name: str) -> None:
    flagship, other = case(FLAGSHIP).scenario.file, case(name).scenario.file
    assert other.question == flagship.question
    assert other.title.startswith(flagship.title.removesuffix("?"))
    assert other.title != flagship.title
    assert other.about
    assert other.about != flagship.about


@pytest.mark.parametrize("name", CHANGES)
def test_every_variant_of_the_flagship_is_still_one(name: str) -> None:
    for variant in case(FLAGSHIP).scenario.file.variants:
        if (name, variant) != ("zapad-cancelled", "neutral"):
            load(FOLDER / f"{name}.yaml", (), variant)


def test_no_sanctions_takes_the_second_package_too() -> None:
    left = load(FOLDER / "sanctions-doubled.yaml", (), "no_sanctions").scenario.file.sanctions
    assert set(left) == {"eu_renewal", "reaction"}


# ------------------------------------------------------------------------------------------------ which way they count


def test_nothing_withdrawn_flagship_at_its_word() -> None:
    """What is left near the border makes orders likelier and quicker to carry out, so these three are in order."""
    assert effect("nothing-withdrawn").interval[0] > 0.0
    assert effect("pullback-at-its-word").interval[1] < 0.0


def test_bluff_flagship_rehearsal() -> None:
    """Who prepares orders more often than who coerces, and who restrains himself less often."""
    assert effect("reading-rehearsal").interval[0] > 0.0
    assert effect("reading-bluff").interval[1] < 0.0


def test_without_zapad_the_odds_are_no_higher() -> None:
    """It brings troops and covers orders, and its end takes equipment home at best from what is left anyway."""
    assert effect("zapad-cancelled").difference <= 0.0
    assert effect("zapad-cancelled").flips_up < effect("zapad-cancelled").flips_down


def test_sanctions_act_weakly_either_way() -> None:
    """The multiplier of a package is close to 1 and its sign open: less than intent and troops do."""
    reading = effect("reading-rehearsal").difference
    assert all(abs(effect(name).difference) < reading / 2.0 for name in ("sanctions-doubled", "sanctions-eased"))
    assert effect("sanctions-doubled").difference < effect("sanctions-eased").difference


def test_cancelled_is_what_the_variant_without_zapad_plays() -> None:
    """A cancelled exercise and none at all are one world, run by run."""
    without = play_rows(load(FOLDER / f"{FLAGSHIP}.yaml", (), "no_zapad").scenario, DESIGN).outcomes
    assert without.first.tobytes() == outcomes("zapad-cancelled").first.tobytes()


def test_scenarios_of_their_own_share_their_luck() -> None:
    """Nothing changes before 14 June in the doubled sanctions, so runs that had their onset by then are the same."""
    first, doubled = (outcomes(name).early.min(axis=1) for name in (FLAGSHIP, "sanctions-doubled"))
    before = first < 53.0  # days from 22 April to 14 June
    assert before.any()
    assert np.array_equal(first[before], doubled[before])
