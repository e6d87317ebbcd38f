"""`sim trace`: the run that it tells is the run of the batch, chosen by its rule, and told as it was."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.analysis import ledger, trace
from sim.analysis.tales import tell
from sim.analysis.trace import Typical, pick, pick_any
from sim.engines.reference import Reference
from sim.errors import FailedRunsError, TooLittleError
from sim.experiment.executors import Alone, Batch
from sim.experiment.run import world_values
from sim.records.outcomes import FINISHED, Floats, Outcomes
from sim.records.story import Story
from sim.report import story
from sim.scenario.load import Scenario, load
from tests.cli.conftest import FAILING, STARTER, TEACHING, Sim, written


@pytest.fixture(scope="module")
def starter() -> Scenario:
    return load(STARTER).scenario


def first_replays(scenario: Scenario, numbers: Floats) -> Outcomes:
    """Replay 0 of the first 512 worlds."""
    batch = Batch(range(512), range(1), numbers)
    ((_, outcomes),) = Alone(Reference(scenario.program, 1)).play([batch])
    return outcomes


@pytest.fixture(scope="module")
def batch(starter: Scenario) -> Outcomes:
    """Replay 0 of the first 512 worlds, played by the batch player and not by the tracer."""
    _, numbers = world_values(starter, 1, np.arange(512))
    return first_replays(starter, numbers)


# ------------------------------------------------------------------------------------------------- the run of the batch


def test_run_is_the_row_of_the_batch(sim: Sim, starter: Scenario, tmp_path: Path) -> None:
    size = ("--worlds", 9, "--replays", 3, "--seed", 4, "--quick", "--quiet")
    assert sim("run", STARTER, *size, "--out", "o").code == 0
    folder = tmp_path / "o" / "starter"
    rows = pq.read_table(folder / (folder / "latest").read_text().strip() / "runs.parquet").to_pylist()
    assert len(rows) == 27
    program = starter.program
    for number, row in enumerate(rows):
        out = tell(starter, 4, number // 3, number % 3).outcome
        assert (number // 3, number % 3) == (row["world"], row["replay"])
        # bit for bit
        assert (out.first, out.kind, out.root, out.dues) == (row["first_onset"], row["kind"], row["root"], row["dues"])
        assert out.flags == tuple(
            program.quantities[q] for place, q in enumerate(program.flags) if row["flags"] >> place & 1
        )
    hits = [number for number, row in enumerate(rows) if row["kind"]]
    assert hits, "no onset was compared"
    for number in (hits[0], 26):
        told = json.loads(sim("trace", STARTER, "--run", number, "--replays", 3, "--seed", 4, "--json").out)
        assert told["run"] == {"number": number, "world": number // 3, "replay": number % 3, "replays": 3, "seed": 4}
        first = rows[number]["first_onset"]
        assert told["outcome"]["first"] == (first if math.isfinite(first) else None)
        assert told["outcome"]["dues"] == rows[number]["dues"]
    assert tell(starter, 5, 0, 0).outcome.dues != rows[0]["dues"], "another seed is another run"


def test_onset_in_the_story_is_the_onset_of_the_run(starter: Scenario, batch: Outcomes) -> None:
    hits = np.flatnonzero(np.isfinite(batch.first))[:12]
    for world in hits.tolist():
        tale = tell(starter, 1, world, 0)
        begun = [e.time for e in tale.events if tale.outcome.kind in e.begun and e.time >= starter.program.opens]
        assert begun[0] == batch.first[world] == tale.outcome.first


def test_ledger_follows_the_engine(starter: Scenario) -> None:
    """Read again from its story, a run ends in the state that the engine itself shows to a probe."""
    _, numbers = world_values(starter, 1, np.arange(6))
    engine = Reference(starter.program, 1)
    day = starter.program.horizon - 1e-6
    for world, row in enumerate(numbers.tolist()):
        log = Story()
        result = engine.play(row, world, 0, story=log, probes=[day])
        assert result.probed is not None
        book = ledger.Ledger(engine.plan, row)
        start = list(book.state.quantity)
        for due in log.dues:
            book.follow(due)
        assert book.state.quantity == result.probed[0][: len(book.state.quantity)].tolist()
        assert book.state.quantity != start


def test_far_out_assumptions(starter: Scenario) -> None:
    values, _ = world_values(starter, 1, np.arange(40))
    found = 0
    for world in range(40):
        far = {item.path: item for item in tell(starter, 1, world, 0).far_out}
        found += len(far)
        for path, value in starter.values.items():
            if value.distribution is None or value.kind == "state":
                assert path not in far
                continue
            share = value.distribution.cdf(float(values[path][world]))
            assert (path in far) == (share < 0.1 or share > 0.9)
            if path in far:
                assert (far[path].value, far[path].percentile) == (values[path][world], share)
    # one in five values lies out there: 40 worlds x all uncertain values, five standard deviations
    n = 40 * sum(value.uncertain and value.kind != "state" for value in starter.values.values())
    assert abs(found - 0.2 * n) < 5 * math.sqrt(n * 0.2 * 0.8)


# ------------------------------------------------------------------------------------------------------ typical runs


def test_typical_crisis_is_the_median_of_the_most_common_pathway(starter: Scenario, batch: Outcomes) -> None:
    hits = np.flatnonzero(np.isfinite(batch.first)).tolist()
    roads = {world: (int(batch.kind[world]), int(batch.root[world]), int(batch.flags[world])) for world in hits}
    ((road, often),) = Counter(roads.values()).most_common(1)
    those = sorted((float(batch.first[world]), world) for world in hits if roads[world] == road)
    choice = pick(starter, 1, Typical.crisis)
    assert (choice.world, choice.replay) == (those[(often - 1) // 2][1], 0)
    assert (choice.found, choice.of) == (often, 512)
    below = sum(first < batch.first[choice.world] for first, _ in those)
    assert below <= often / 2 <= below + 1
    assert pick_any(starter, 1) == choice


def test_typical_calm_is_as_busy_as_the_median(starter: Scenario, batch: Outcomes) -> None:
    calm = np.flatnonzero(~np.isfinite(batch.first))
    middle = np.median(batch.dues[calm])
    nearest = np.abs(batch.dues[calm] - middle)
    assert pick(starter, 1, Typical.calm).world == calm[np.flatnonzero(nearest == nearest.min())[0]]


def test_near_miss_held_longest(starter: Scenario, batch: Outcomes) -> None:
    rank = starter.program.rules.index("crises.build_up.begun")
    opens, closes = starter.program.opens, starter.program.closes
    _, numbers = world_values(starter, 1, np.arange(512))
    engine, held = Reference(starter.program, 1), {}
    for world in np.flatnonzero(~np.isfinite(batch.first)).tolist():
        log = Story()
        engine.play(numbers[world].tolist(), world, 0, story=log)
        spans = [h.ends - h.begins for h in log.holds if h.rank == rank and h.ends > opens and h.begins < closes]
        held[world] = max(spans, default=0.0)
    choice = pick(starter, 1, Typical.near_miss)
    closest = tell(starter, 1, choice.world, 0).outcome.closest
    assert closest is not None
    assert closest.held >= max(held.values()) > 0.0
    # longer than any broken hold only if it was still unbroken at the end
    assert closest.held == held[choice.world] or closest.until == starter.program.horizon


def test_no_hit_no_typical_crisis(sim: Sim) -> None:
    safe = ("--set", "crises.outbreak.rate.odds=0.000001", "--quiet")
    answer = sim("trace", TEACHING / "one_hazard.yaml", "--typical", "crisis", *safe)
    assert (answer.code, answer.out) == (4, "")
    assert answer.err == (
        "none of the first 512 runs has a counted onset in the window, so there is no typical crisis; "
        "try --typical calm or --typical near-miss\n"
    )
    told = sim("trace", TEACHING / "one_hazard.yaml", *safe).out
    assert "\nTypical calm: a run without a counted onset" in told


def test_all_hits_no_calm_run(sim: Sim) -> None:
    answer = sim(
        "trace", TEACHING / "one_hazard.yaml", "--typical", "calm", "--set", "crises.outbreak.rate={per_day: 0.5}"
    )
    assert answer.code == 4
    assert answer.err == (
        "each of the first 512 runs has a counted onset in the window, so there is no calm run; try --typical crisis\n"
    )


# --------------------------------------------------------------------------------------------------- near, to the day

NEAR = """\
schema: 1
title: Near
clock: {starts: 2021-01-01}
question: {text: Is it alarm?, opens: 2021-01-05, closes: 2021-01-31, kinds: [alarm]}
quantities: {heat: {start: START}}
events:
  up: {at: 2021-01-DAY, do: [{add: quantities.heat, by: BY}]}
  down: {at: 2021-01-END, do: [{add: quantities.heat, by: -90}]}
crises: {alarm: {watch: [quantities.heat >= 10], hold: 5, lasts: until fallen}}
"""


@pytest.mark.parametrize(
    ("start", "day", "by", "end", "held", "level"),
    [
        (0, "10", 12, "13", 3.0, 1.0),  # held 3 of 5 days, then broke
        (0, "10", 7, "13", 0.0, 0.7),  # never reached its level
        (0, "29", 12, "31", 2.0, 1.0),
        (0, "29", 12, "29", 3.0, 1.0),  # at one instant `down` comes before `up`: it stays up to the end
        (0, "03", 12, "04", 0.0, 0.0),  # over before the window
        (0, "03", 12, "06", 3.0, 1.0),  # reaches into it
        (12, "10", 1, "13", 0.0, 0.0),  # on from the start, so it is no approach
        (0, "30", 12, "31", 1.0, 1.0),
    ],
)
def test_approach(tmp_path: Path, start: int, day: str, by: int, end: str, held: float, level: float) -> None:
    text = NEAR.replace("START", str(start)).replace("DAY", day).replace("BY", str(by)).replace("END", end)
    scenario = load(written(tmp_path, "near", text)).scenario
    closest = tell(scenario, 1, 0, 0).outcome.closest
    assert closest is not None
    assert (closest.held, closest.needed) == (held, 5.0)
    assert closest.level_share == level


def test_hold_that_the_end_cuts_off_counts(tmp_path: Path) -> None:
    text = NEAR.replace("START", "0").replace("DAY", "29").replace("BY", "12").replace("2021-01-END", "2021-02-09")
    scenario = load(written(tmp_path, "near", text.replace("-90", "0"))).scenario
    closest = tell(scenario, 1, 0, 0).outcome.closest
    assert closest is not None
    assert (closest.held, closest.until) == (3.0, scenario.program.horizon)


def test_nothing_near_is_exit_four(sim: Sim, tmp_path: Path) -> None:
    text = NEAR.replace("START", "0").replace("DAY", "03").replace("BY", "1").replace("END", "04")
    answer = sim("trace", written(tmp_path, "near", text), "--typical", "near-miss", "--quiet")
    assert (answer.code, answer.out) == (4, "")
    assert answer.err == (
        "in none of the 512 calm runs among the first 512 did anything come near a counted definition; "
        "try --typical calm\n"
    )


def test_level_decides_where_nothing_held(tmp_path: Path) -> None:
    text = (
        NEAR.replace("START", "0")
        .replace("DAY", "10")
        .replace("END", "13")
        .replace("BY", "{uniform: {low: 0, high: 9}}")
    )
    scenario = load(written(tmp_path, "near", text)).scenario
    values, _ = world_values(scenario, 1, np.arange(512))
    choice = pick(scenario, 1, Typical.near_miss)
    assert choice.world == int(np.argmax(values["events.up.do.0.by"]))


# ------------------------------------------------------------------------------------------------------------ the text

STORY = """\
schema: 1
title: A made-up story
clock: {starts: 2021-01-01}
question: {text: Does it come back?, opens: 2021-01-15, closes: 2021-02-28, kinds: [build_up]}
forces: {east: {side: red, garrison: 1000, surge: 4000, heavy_share: 0.5}}
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
exercises:
  drill: {side: red, starts: 2021-02-01, lasts: 10, brings: {to: east, troops: 3000, stays_share: 0.9}}
sanctions:
  easing: {reviews: [2021-01-20], chance: 0, pressure: -1}
  package: {imposed: 2021-01-25, pressure: 0.5}
diplomacy: {summit: {date: 2021-01-28, success: 0, tension: times 0.5, failure: plus 0.5}}
events:
  plea: {about: they plead for peace, at: 2021-01-22, guard: [pressure >= 3], do: [{note: nobody hears it}]}
  idle: {about: a speech that changes nothing, at: 2021-01-23, do: [{add: pressure, by: 0}]}
  flare:
    about: troops rush in
    at: 2021-01-17
    do: [{add: forces.east.troops, by: 2600}, {arm: events.calm, after: 2}]
  calm: {about: they are called back, armed: true, do: [{add: forces.east.troops, by: -2600}]}
crises:
  build_up: {rise: 2500, of: red, hold: 7, lasts: until fallen, tension: plus 1}
  any_rise: {rise: 100, of: red, hold: 1, passive: true}
"""

TOLD = """\
A made-up story
Run 3 of seed 1: world 0, replay 3 (of 8 a world).

2021-01-03 00:00  home      a pullback is announced; tension 1.00 → 0.75
2021-01-05 00:00  home      a convoy goes home; east −1,000 → 4,000, red 4,000
                            in all
2021-01-07 00:00  home      the pullback ends; the pullback is over, as far as
                            it goes
2021-01-07 00:00  home      a convoy goes home; east −1,000 → 3,000, red 3,000
                            in all
2021-01-15 00:00  -- the window of the question opens --
2021-01-17 00:00  event     troops rush in; east +2,600 → 5,600, red 5,600 in
                            all
2021-01-19 00:00  event     they are called back; east −2,600 → 3,000, red 3,000
                            in all
2021-01-19 00:00  build up  not yet: its definition held for 2 of 7 days, then
                            broke
2021-01-20 00:00  easing    sanctions change? No, the chance of 0 % failed
2021-01-22 00:00  event     they plead for peace? No: pressure is 0
2021-01-25 00:00  package   sanctions are imposed; pressure 0 → 0.50
2021-01-28 00:00  summit    talks are held; the talks succeed? No, the chance of
                            0 % failed; the talks fail; tension 0.86 → 1.36
2021-02-01 00:00  drill     the exercise is prepared; the exercise begins; east
                            +3,000 → 6,000, red 6,000 in all
2021-02-08 00:00  build up  CRISIS begins: build up; its definition has held for
                            7 days (rise 3,000); tension 1.28 → 2.28
2021-02-11 00:00  drill     the exercise ends; its cover is over; east −300 →
                            5,700, red 5,700 in all
2021-03-01 00:00  -- the window closes --

Crisis: build up begins at 2021-02-08 00:00, in the window (15 Jan to 28 Feb
2021).
Its road: build up from the exercise drill, set off while nothing was on.
On at its onset: drill on.
"""


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    return written(tmp_path, "made_up", STORY)


def test_story_word_for_word(sim: Sim, made_up: Path) -> None:
    answer = sim("trace", made_up, "--run", 3)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == TOLD
    # by hand: 0.75 on day 2 relaxes towards 1 with a half-life of 30 days, jumps by 0.5 on day 27, relaxes to day 38
    before = 1.0 - 0.25 * 2.0 ** (-25 / 30)
    assert f"tension {before:.2f} → {before + 0.5:.2f}" in TOLD
    assert f"{1.0 + (before - 0.5) * 2.0 ** (-11 / 30):.2f} → 2.28" in TOLD


def test_all_tells_what_is_hidden_otherwise(sim: Sim, made_up: Path) -> None:
    short, long = sim("trace", made_up, "--run", 3).out, sim("trace", made_up, "--run", 3, "--all").out
    for hidden in ("a speech that changes nothing", "any rise", "[events.idle]", "sides.red.surge_left", "due 2021-"):
        assert hidden not in short
        assert hidden in long
    assert "a speech that changes nothing; nothing changed, [events.idle]" in " ".join(long.split())
    assert long.endswith(short.rpartition("\n\n")[2])


@pytest.mark.parametrize("width", [60, 80, 120])
def test_story_fits(sim: Sim, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = sim("trace", STARTER, "--run", 16).out.splitlines()
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("width", [60, 90, 120])
def test_every_story_fits(starter: Scenario, width: int, everything: bool) -> None:
    for world in range(12):
        text = story.text(starter, tell(starter, 1, world, 0), "Run.", None, width, everything=everything)
        assert max(map(len, text.splitlines())) <= width


def test_time_runs_forward_and_repeats_share_a_line(starter: Scenario) -> None:
    for world in range(12):
        tale = tell(starter, 1, world, 0)
        lines = story.text(starter, tale, "Run.", None, 120, everything=False).splitlines()
        dates = [line[:16] for line in lines if line[:2] == "20" and line[4] == "-"]
        assert dates == sorted(dates)
        incidents = [line for line in lines if "  an incident" in line]
        times = [int(line.split("(")[1].split(" times")[0]) if "times," in line else 1 for line in incidents]
        assert sum(times) == sum(event.story == "an incident" for event in tale.events)


def test_json_has_every_due_with_all(sim: Sim, made_up: Path) -> None:
    every = json.loads(sim("trace", made_up, "--run", 3, "--json", "--all").out)
    some = json.loads(sim("trace", made_up, "--run", 3, "--json").out)
    assert sum(event["outcome"] != "broken" for event in every["events"]) == every["outcome"]["dues"]
    assert {event["rule"] for event in every["events"]} - {event["rule"] for event in some["events"]} >= {"events.idle"}
    refused = next(event for event in some["events"] if event["outcome"] == "guard")
    assert refused["bounds"] == [{"quantity": "pressure", "at_least": 3.0, "at_most": None, "value": 0.0}]
    begun = next(event for event in some["events"] if event["begun"])
    assert (begun["date"], begun["time"] - begun["since"]) == ("2021-02-08 00:00", 7.0)


def test_rule_is_printed(sim: Sim) -> None:
    told = " ".join(sim("trace", TEACHING / "one_hazard.yaml").out.split())
    for words in (trace.RULES[Typical.crisis], "ties: the lowest run number", "(replay 0 of worlds 0 to 511)"):
        assert words in told


def test_run_that_fails_is_told_and_is_exit_three(sim: Sim, tmp_path: Path) -> None:
    failing = written(tmp_path, "failing", FAILING)
    answer = sim("trace", failing, "--run", 8, "--set", "assumptions.columns=4000")
    assert answer.code == 3
    assert answer.err == "run 8 failed: pending: too many pending instances\n"
    assert answer.out.endswith(
        "The run FAILED at 2021-01-05 00:00: pending: too many pending instances. It is\nin no estimate.\n"
    )
    assert "the window closes" not in answer.out


def test_only_failed_runs(sim: Sim, tmp_path: Path) -> None:
    failing = written(tmp_path, "failing", FAILING)
    answer = sim("trace", failing, "--set", "assumptions.columns=4000", "--quiet")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == (
        "all of the first 512 runs failed, so none is typical: pending: too many pending instances (512 runs); "
        "--run 0 tells one\n"
    )


def test_failed_runs_are_never_typical(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, "failing", FAILING)).scenario
    _, numbers = world_values(scenario, 1, np.arange(512))
    outcomes = first_replays(scenario, numbers)
    for kind in (Typical.crisis, Typical.calm):
        choice = pick(scenario, 1, kind)
        assert outcomes.status[choice.world] == FINISHED
        assert choice.of == np.count_nonzero(outcomes.status == FINISHED) < 512


def test_errors_are_those_of_the_house() -> None:
    assert (TooLittleError.exit_code, FailedRunsError.exit_code) == (4, 3)
