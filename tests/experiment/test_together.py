"""Scenarios played with the same luck: the gap of a pair is what their runs say, and far less noisy than without."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sim.estimates.odds import headline
from sim.estimates.paired import paired_difference
from sim.experiment.plan import Design
from sim.experiment.run import play, play_rows
from sim.experiment.together import Gaps, Together, play_together
from sim.scenario.load import Scenario, load
from sim.timeline import date_at

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "spring-2021.yaml"
SMALL = Design(512, 4, 1)
# A coin with a known chance: it is thrown on one day, and heads begin a crisis.
COIN = """\
schema: 1
title: A coin
clock: {{starts: 2021-01-01}}
question: {{text: Heads?, opens: 2021-01-01, closes: 2021-01-31, kinds: [heads]}}
events: {{throw: {{at: 2021-01-10, chance: {chance}, do: [{{note: it falls}}]}}}}
crises: {{heads: {{when: events.throw, lasts: 5}}}}
"""


def coin(folder: Path, chance: float) -> Scenario:
    path = folder / f"coin{chance}.yaml"
    path.write_text(COIN.format(chance=chance), encoding="utf-8")
    return load(path).scenario


def flagship(*settings: str, variant: str | None = None) -> Scenario:
    return load(FLAGSHIP, settings, variant).scenario


def pair(base: Scenario, other: Scenario, design: Design = SMALL, workers: int = 1) -> tuple[Together, Gaps]:
    made = play_together([base, other], design, workers)
    return made, made.gaps[0]


def test_coins_that_share_their_luck_differ_with_the_variance_of_one_uniform(tmp_path: Path) -> None:
    """p = 0.3 and 0.25 on one uniform: Var D = 0.05 − 0.05² = 0.0475; without sharing it is 0.3975."""
    design = Design(20_000, 1, 3)
    _, gaps = pair(coin(tmp_path, 0.3), coin(tmp_path, 0.25), design)
    told = gaps.paired()
    assert told.se is not None
    # the estimated variance of D has a relative standard error of about sqrt((1 − 0.05)/(0.05 · 20 000)) = 0.031
    variance = told.se**2 * design.worlds
    assert variance == pytest.approx(0.0475, rel=4 * 0.031)
    assert told.difference == pytest.approx(-0.05, abs=4 * math.sqrt(0.0475 / design.worlds))
    # whoever throws both lower throws the other lower too: no run flips to a crisis
    assert told.flips_up == 0
    assert told.flips_down > 800
    apart = play(coin(tmp_path, 0.25), Design(20_000, 1, 4), 1).tally
    shared = play(coin(tmp_path, 0.3), design, 1).tally
    independent = sum(headline(tally.pairs()).p * (1.0 - headline(tally.pairs()).p) for tally in (apart, shared))
    assert independent == pytest.approx(0.3975, rel=0.05)
    assert independent != pytest.approx(0.0475, rel=0.5), "the control: independent luck is told apart"


def test_each_tally_is_that_of_the_scenario_alone() -> None:
    base, other = flagship(), flagship(variant="no_zapad")
    made, _ = pair(base, other)
    assert [tally.state() for tally in made.tallies] == [play(s, SMALL, 1).tally.state() for s in (base, other)]


def test_gap_is_the_paired_difference_of_the_rows() -> None:
    base, other = flagship(), flagship(variant="honest_full_pullback")
    _, gaps = pair(base, other)
    rows = [play_rows(scenario, SMALL).outcomes for scenario in (other, base)]
    hits = [np.isfinite(outcomes.first) for outcomes in rows]
    assert gaps.paired() == paired_difference(hits[0], hits[1], rows[0].world)


def test_parts_of_a_gap_add_up_to_it() -> None:
    """Each first onset has one kind, one month, and one date by whose end it has come."""
    _, gaps = pair(flagship(), flagship("sanctions_effect.orders_per_pressure=0.6"))
    assert gaps.total.hits != 0
    assert sum(part.hits for part in gaps.kinds.values()) == gaps.total.hits
    assert sum(part.hits for part in gaps.months) == gaps.total.hits
    assert gaps.dates[-1].hits == gaps.total.hits
    assert gaps.flips_up - gaps.flips_down == gaps.total.hits


def test_months_of_a_gap_are_those_of_the_tallies() -> None:
    made, gaps = pair(flagship(), flagship(variant="no_zapad"))
    for name, parts in (("months", gaps.months), ("dates", gaps.dates)):
        before, after = (tally.shares(name) for tally in made.tallies)
        assert [part.share for part in parts] == [b.share - a.share for a, b in zip(before, after, strict=True)]


def test_scenario_beside_itself_differs_by_exactly_nothing() -> None:
    made, gaps = pair(flagship(), flagship())
    told = gaps.paired()
    assert made.tallies[0].state() == made.tallies[1].state()
    assert (told.difference, told.flips_up, told.flips_down, told.sign_p) == (0.0, 0, 0, 1.0)
    assert all(part.hits == 0 == part.hits_squared for part in [*gaps.months, *gaps.dates, *gaps.kinds.values()])


def test_neither_workers_nor_pieces_show(monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = flagship(), flagship(variant="no_zapad")
    whole = pair(*scenarios)[1]
    assert pair(*scenarios, workers=2)[1] == whole
    monkeypatch.setattr("sim.experiment.together.STRETCH_WORLDS", 100)
    monkeypatch.setattr("sim.experiment.together.PIECE_RUNS", 64)
    assert pair(*scenarios)[1] == whole
    monkeypatch.setattr("sim.experiment.together.PIECE_RUNS", 3)
    assert pair(*scenarios)[1] == whole


def test_flips_are_remembered_by_their_address() -> None:
    base, other = flagship(), flagship(variant="honest_full_pullback")
    _, gaps = pair(base, other)
    rows = [play_rows(scenario, SMALL).outcomes for scenario in (base, other)]
    for flips, hit, miss in ((gaps.up, rows[1], rows[0]), (gaps.down, rows[0], rows[1])):
        places = np.flatnonzero(np.isfinite(hit.first) & ~np.isfinite(miss.first))
        assert flips == [(hit.first[i], hit.world[i], hit.replay[i]) for i in places]
    day, world, replay = gaps.down[0]
    assert date_at(base.file.clock.starts, day) >= base.file.question.opens
    assert 0 <= world < SMALL.worlds
    assert 0 <= replay < SMALL.replays


def test_windows_that_differ_have_no_months_to_compare(tmp_path: Path) -> None:
    shorter = flagship("question.closes=2021-10-31")
    _, gaps = pair(flagship(), shorter)
    assert gaps.months == gaps.dates == []
    assert gaps.flips_up == 0, "what happens in the shorter window happens in the longer one"
    assert gaps.flips_down > 0


def test_failed_runs_are_in_no_gap(tmp_path: Path) -> None:
    text = COIN.format(chance=0.5).replace(
        "events: {",
        "events: {order: {at: 2021-01-05, do: [{arm: events.moves, times: 100, over: 10}, "
        "{arm: events.moves, times: = columns, over: 10}]}, moves: {armed: true, do: [{note: they move}]}, ",
    )
    text += "assumptions: {columns: {choice: {2: 0.6, 4000: 0.4}}}\n"
    path = tmp_path / "failing.yaml"
    path.write_text(text, encoding="utf-8")
    failing, fine = load(path).scenario, load(path, ["assumptions.columns=2"]).scenario
    made, gaps = pair(fine, failing)
    assert made.tallies[0].failed == 0
    assert made.tallies[1].failed > 0
    assert gaps.total.plays == made.tallies[1].finished.plays
    assert (gaps.flips_up, gaps.flips_down) == (0, 0), "what finished in both has the same luck"


def test_progress_counts_the_worlds_of_all() -> None:
    told: list[tuple[int, int | None]] = []
    play_together([flagship(), flagship()], Design(300, 2, 1), 1, lambda done, total: told.append((done, total)))
    assert told[-1] == (600, 600)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
