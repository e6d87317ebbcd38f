"""Two engines play the same addressed runs, and everything that happens in them is compared bit for bit.

That they agree shows that loop, queue and settling agree. It shows nothing about what engines share from one source:
flows, draws and clamps (`docs/semantics.md`, section 4).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sim.analysis.differences import Found, Played, Row, find, find_in_results, mark, number_rows, rebuilt
from sim.engines.plan import Plan, make_plan
from sim.errors import UsageError
from sim.experiment.engines import Engine
from sim.experiment.plan import Design
from sim.experiment.run import world_values
from sim.records.outcomes import FAILURES, FINISHED, Outcomes, RunResult
from sim.records.story import Story
from sim.rules import program as p
from sim.rules.program import Program
from sim.scenario.load import Scenario

RUNS = 1_000
MOST_RUNS = 1_000_000
PROBED_EACH = 50
AGREED = 3
TRIGGERS = {p.START: "start", p.CLOCK: "clock", p.WATCH: "watch", p.ARMED: "armed"}
# what is unequal is told even where no fact names it
_UNNAMED = Found("row", 0, math.nan, (Row("a fact without a name", "text", ("one way", "another way")),))
# runs whose batch rows are held at a time
_TOGETHER = 1024
Progress = Callable[[int, int | None], None]


@dataclass(slots=True)
class Tally:
    """What happened in the runs of one engine; `outcomes` counts events by trigger and outcome."""

    dues: int = 0
    effects: int = 0
    holds: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def add(self, program: Program, played: Played) -> None:
        """Count one run."""
        self.dues += len(played.story.dues)
        self.holds += len(played.story.holds)
        for due in played.story.dues:
            self.effects += len(due.effects)
            trigger = int(program.trigger[due.rank]) if 0 <= due.rank < len(program.rules) else -1
            self.outcomes[TRIGGERS.get(trigger, "unknown"), due.outcome] += 1
        status = played.result.status
        if status != FINISHED:
            self.failed[FAILURES.get(status, f"status {status}")] += 1


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference of all: where it is, what both have there, and what both agree on before it.

    `sides` are what is compared: two engines, or one engine alone and in a batch. `events` says how many events either
    has in this run. `before` are the quantities and tensions a moment before (on day `before_day`), read from the
    engines themselves or else, where they cannot be read (`before_read` is false), as the events agreed on leave them.
    `agreed` are the last events that are equal: day, rule, outcome.
    """

    run: int
    world: int
    replay: int
    found: Found
    sides: tuple[str, str]
    events: tuple[int, int]
    before: tuple[Row, ...] = ()
    before_day: float = math.nan
    before_read: bool = False
    agreed: tuple[tuple[float, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the comparison. `differing` is the number of runs in which anything at all differs."""

    engines: tuple[str, str]
    seed: int
    runs: int
    replays: int
    tallies: tuple[Tally, Tally]
    probed: int
    batched: int
    differing: int
    first: Difference | None


def check_runs(runs: int, replays: int, seed: int) -> None:
    """Refuse what cannot be compared. Raises `UsageError`."""
    if runs < 1:
        raise UsageError(f"--runs {runs}: at least 1 is compared")
    if runs > MOST_RUNS:
        raise UsageError(f"--runs {runs}: at most {MOST_RUNS} are compared")
    Design(1, replays, seed)


def verify(
    scenario: Scenario,
    engines: tuple[Engine, Engine],
    seed: int,
    runs: int,
    replays: int,
    progress: Progress | None = None,
) -> Verdict:
    """Runs 0 to `runs` - 1 (world k // replays, replay k % replays) on both engines, every fact of them compared.

    Each 50th run is read on some days, too, and the second engine's batches are compared with its single runs.
    `progress` is told the worlds done, and how many there are.
    """
    match = _Match(scenario, engines, seed, replays)
    worlds = -(-runs // replays)
    for part, of_each in _parts(runs, replays):
        _, numbers = world_values(scenario, seed, np.arange(part.start, part.stop, dtype=np.int64))
        addresses = [(world, replay) for world in part for replay in of_each]
        batch = engines[1].play_batch(part, of_each, numbers)
        for place, (world, replay) in enumerate(addresses):
            row = _row(batch, place) if len(batch) == len(addresses) else None
            match.compare(numbers[world - part.start].tolist(), world, replay, row)
            if progress is not None and replay == of_each[-1]:
                progress(world + 1, worlds)
    return match.verdict(runs)


def _parts(runs: int, replays: int) -> Iterator[tuple[range, range]]:
    """All runs in their order, as blocks of worlds x replays of limited size."""
    together = max(1, _TOGETHER // replays)
    whole, rest = divmod(runs, replays)
    for first in range(0, whole, together):
        yield from _cut(range(first, min(first + together, whole)), range(replays))
    if rest:
        yield from _cut(range(whole, whole + 1), range(rest))


def _cut(worlds: range, replays: range) -> Iterator[tuple[range, range]]:
    """A world with very many replays comes in several blocks."""
    for first in range(0, len(replays), _TOGETHER):
        yield worlds, replays[first : first + _TOGETHER]


def probe_days(horizon: float) -> list[float]:
    """Whole days, on which most that is dated falls, and the last moment of a run."""
    days = {float(math.floor(horizon * share)) for share in (0.0, 0.25, 0.5, 0.75)}
    return [*sorted(days), math.nextafter(horizon, 0.0)]


@dataclass(frozen=True, slots=True)
class _BatchRow:
    """A row of a batch, read as the result of the run that it says it is."""

    address: tuple[int, int]
    result: RunResult


class _Match:
    """The comparison in its course."""

    def __init__(self, scenario: Scenario, engines: tuple[Engine, Engine], seed: int, replays: int) -> None:
        self.program, self.engines, self.seed, self.replays = scenario.program, engines, seed, replays
        self.plan: Plan = make_plan(scenario.program)
        self.probes = probe_days(scenario.program.horizon)
        self.tallies = Tally(), Tally()
        self.probed = self.batched = self.differing = 0
        self.first: Difference | None = None

    def verdict(self, runs: int) -> Verdict:
        names = self.engines[0].name, self.engines[1].name
        return Verdict(
            names, self.seed, runs, self.replays, self.tallies, self.probed, self.batched, self.differing, self.first
        )

    def compare(self, numbers: list[float], world: int, replay: int, row: _BatchRow | None) -> None:
        run = world * self.replays + replay
        probes = self.probes if run % PROBED_EACH == 0 else []
        one, other = (_play(engine, numbers, world, replay, probes) for engine in self.engines)
        for tally, played in zip(self.tallies, (one, other), strict=True):
            tally.add(self.program, played)
        self.probed += bool(probes)
        self.batched += 1
        sides = self.engines[0].name, self.engines[1].name
        found = None
        if mark(one) != mark(other):
            found = find(self.program, one, other, probes) or _UNNAMED
        if found is None:
            found = self._in_batch(other.result, (world, replay), row)
            sides = f"{sides[1]} alone", f"{sides[1]} in a batch"
        if found is None:
            return
        self.differing += 1
        if self.first is None:
            events = len(one.story.dues), len(other.story.dues)
            difference = Difference(run, world, replay, found, sides, events)
            self.first = self._with_history(difference, numbers, one)

    def _in_batch(self, alone: RunResult, address: tuple[int, int], row: _BatchRow | None) -> Found | None:
        if row is None:
            facts = Row("rows of the batch", "text", ("one for each run", "more or fewer"))
            return Found("batch", 0, math.nan, (facts,))
        if row.address != address:
            pairs = zip(("world", "replay"), address, row.address, strict=True)
            rows = tuple(Row(name, "text", (str(mine), str(theirs))) for name, mine, theirs in pairs)
            return Found("batch", 0, math.nan, rows)
        found = find_in_results(self.program, replace(alone, probed=None), row.result)
        return None if found is None else replace(found, what="batch")

    def _with_history(self, it: Difference, numbers: list[float], one: Played) -> Difference:
        """The same with the state just before, and the last events that both agree on."""
        if it.found.what not in ("event", "hold") or not math.isfinite(it.found.time):
            return it
        time, rules, is_hold = it.found.time, self.program.rules, it.found.what == "hold"
        equal = one.story.dues[: it.found.number - 1] if not is_hold else one.story.dues
        dues = [due for due in equal if not is_hold or due.time < time]
        agreed = tuple((due.time, rules[due.rank], due.outcome) for due in dues[-AGREED:])
        day = math.nextafter(time, 0.0)
        if time > 0.0:
            tables = [_play(engine, numbers, it.world, it.replay, [day]).result.probed for engine in self.engines]
            if tables[0] is not None and tables[1] is not None:
                rows = number_rows(self.program, tables[0][0].tolist(), tables[1][0].tolist())
                return replace(it, before=rows, before_day=day, before_read=True, agreed=agreed)
        state = rebuilt(self.plan, numbers, dues, time)
        rows = () if state is None else number_rows(self.program, state, state)
        return replace(it, before=rows, before_day=time, agreed=agreed)


def _play(engine: Engine, numbers: Sequence[float], world: int, replay: int, probes: Sequence[float]) -> Played:
    story = Story()
    return Played(engine.play(numbers, world, replay, story=story, probes=probes), story)


def _row(batch: Outcomes, place: int) -> _BatchRow:
    result = RunResult(
        status=int(batch.status[place]),
        failed_at=float(batch.failed_at[place]),
        first=float(batch.first[place]),
        kind=int(batch.kind[place]),
        root=int(batch.root[place]),
        flags=int(batch.flags[place]),
        onset=batch.onset[place].tolist(),
        early=batch.early[place].tolist(),
        running=batch.running[place].tolist(),
        dues=int(batch.dues[place]),
    )
    return _BatchRow((int(batch.world[place]), int(batch.replay[place])), result)
