"""What one thread of the compiled engine writes to: the numbers of its world, the state of its run, its log.

Everything is allocated once a batch. The state stands in two arrays, `floats` and `ints`, of which the other fields are
parts: a run begins by copying the state on day 0, which is made once a world.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.engines.kernels.tables import CONDITION, EFFECT, GAINS, TERM, Tables, words
from sim.records.outcomes import Floats, Ints
from sim.rules.program import Program

# statuses of a run: 0, or the reason of its failure (`sim.records.outcomes.FAILURES`)
BUDGET, PENDING, NOT_FINITE, DELAY, RATE, STEPS = range(1, 7)
IDLE, HOLDING, SPENT = range(3)
# places in `State.counts`; `WATCH` is the watch whose hold ends first, the two before it say what is to be found anew
(
    WORLD_STATUS,
    DUES,
    ARMINGS,
    SERIAL,
    STARTED,
    WAITING,
    QUEUED,
    FREED,
    USED,
    FLAGS,
    FIRST_KIND,
    FIRST_RANK,
    FIRST_ROOT,
    FIRST_FLAGS,
    RESETS,
    STIRRED,
    PROBED,
    LOGGED,
    CLOCKS_CHANGED,
    WATCHES_CHANGED,
    WATCH,
) = range(21)
COUNTS = 24
# places in `State.times`
NOW, FIRST, CLOCK_FLOOR, WATCH_FLOOR = range(4)
TIMES = 8
# columns of `State.tension` and, as far as `DECAY`, of `State.gain`, in rows of `ROW`
ROW = 8
LEVEL, INTEGRAL, BASELINE, DECAY, VALUE, ANCHOR, ANCHORED, SEEN = range(ROW)
SLOPE, INSIDE, OUTSIDE = range(4, 7)
# columns of `State.clock`, `State.mark` and `State.watch`
TIME, RESIDUAL, COEFFICIENT, HIGHEST, CONSTANT, FACTOR = range(6)
ACTIVE, SOLVED, FRESH, SIMPLE, COUNT = range(5)
W_STATE, W_COUNT, W_BLOCK, W_FLAGS = range(4)
# kinds of log rows
LOG_DUE, LOG_EFFECT, LOG_HOLD = range(3)
LOG_WIDTH = 4
# places in `Log.room`
LOG_ROWS, LOG_DAYS = range(2)


class Sizes(NamedTuple):
    """How many there are of each thing, and the limits of a run."""

    rules: int
    quantities: int
    stored: int
    derived: int
    tensions: int
    clocks: int
    gains: int
    watches: int
    starts: int
    kinds: int
    conditions: int
    terms: int
    exponents: int
    effects: int
    amounts: int
    draws: int
    parameters: int
    table: int
    floats: int
    ints: int
    words: int
    derived_words: int
    clock_words: int
    watch_words: int
    budget: int
    room: int
    horizon: float
    opens: float
    closes: float


class World(NamedTuple):
    """The numbers of one world, and what follows from them once for all its replays.

    `bounds` are those of conditions with their slack, lower and upper in turn, `coefficients` and `powers` the factors
    of sums and of exponents. `known` are the amounts of effects that are one number a world (else NaN), `fixed` the
    amounts that need neither a draw nor a quantity (where `simple` is 1). `moved` are the clocks that a write of a
    tension moves, `order` and `dates` the dated rules as they come due (`turns`: their places among the dated rules),
    `floats` and `ints` the state on day 0.
    """

    numbers: Floats
    floor: Floats
    ceiling: Floats
    bounds: Floats
    coefficients: Floats
    powers: Floats
    known: Floats
    fixed: Floats
    simple: Ints
    moved: Ints
    turns: Ints
    order: Ints
    dates: Floats
    floats: Floats
    ints: Ints


class State(NamedTuple):
    """The state of a run. Names begin with what they belong to: clock, watch, kind, draw, rule.

    What is read together stands together, in rows: `tension`, `gain`, `clock` and `watch`, and in `mark` the
    whole numbers of a clock. Rows also hold those numbers of their world that are read with them.

    `changed` holds what depends on quantities that changed, as the sets `stale`, `clocks` and `watches`; `moved` the
    clocks whose tensions changed, `reset` the lows that are to begin anew.
    """

    floats: Floats
    ints: Ints
    times: Floats
    counts: Ints
    quantity: Floats
    tension: Floats
    gain: Floats
    clock: Floats
    c_bound: Floats
    w_due: Floats
    w_since: Floats
    k_begun: Floats
    k_onset: Floats
    k_early: Floats
    d_value: Floats
    mark: Ints
    watch: Ints
    k_on: Ints
    k_running: Ints
    r_ticket: Ints
    r_pending: Ints
    d_count: Ints
    reset: Ints
    moved: Ints
    changed: Ints
    stale: Ints
    clocks: Ints
    watches: Ints


class Queue(NamedTuple):
    """Armed instances: a binary heap by (time, key), and a slot for each with what it carries."""

    time: Floats
    key: Ints
    slot: Ints
    free: Ints
    instance: Ints
    ticket: Ints
    step: Ints
    steps: Ints
    serial: Ints
    block: Ints
    flags: Ints
    load: Floats
    since: Floats
    after: Floats
    over: Floats


class Scratch(NamedTuple):
    """Room for the hazard that is being solved, for the effects that are about to apply, and for a draw."""

    gain: Floats
    level: Floats
    baseline: Floats
    decay: Floats
    effect: Ints
    amount: Floats
    after: Floats
    over: Floats
    parameters: Floats


class Log(NamedTuple):
    """Rows of the story, and the probes; `room` says how many of each, 0 where nothing is told or read."""

    room: Ints
    ints: Ints
    floats: Floats
    days: Floats
    probed: Floats


def sizes_of(program: Program, tables: Tables, budget: int, room: int) -> Sizes:
    """Counts, as the kernels read them. Those of the state's arrays follow from the rest."""
    triggers = np.bincount(program.trigger, minlength=4).tolist()
    sizes = Sizes(
        rules=len(program.rules),
        quantities=len(program.quantities),
        stored=program.stored,
        derived=len(program.derived_kind),
        tensions=len(program.tensions),
        clocks=triggers[1],
        gains=len(tables.gains) // GAINS,
        watches=triggers[2],
        starts=triggers[0],
        kinds=len(program.kinds),
        conditions=len(tables.conditions) // CONDITION,
        terms=len(tables.terms) // TERM,
        exponents=len(tables.exponents) // TERM,
        effects=len(tables.effects) // EFFECT,
        amounts=len(program.amounts),
        draws=len(program.draws),
        parameters=len(program.expressions),
        table=len(tables.table) - 1,
        floats=0,
        ints=0,
        words=words(len(program.derived_kind)) + words(triggers[1]) + words(triggers[2]),
        derived_words=words(len(program.derived_kind)),
        clock_words=words(triggers[1]),
        watch_words=words(triggers[2]),
        budget=budget,
        room=room,
        horizon=float(program.horizon),
        opens=float(program.opens),
        closes=float(program.closes),
    )
    state = make_state(sizes)
    return sizes._replace(floats=len(state.floats), ints=len(state.ints))


def make_state(sizes: Sizes) -> State:
    """An empty state: two arrays, and their parts by name."""
    floats = {
        "times": TIMES,
        "quantity": sizes.quantities,
        "tension": ROW * sizes.tensions,
        "gain": ROW * sizes.gains,
        "clock": ROW * sizes.clocks,
        "c_bound": sizes.clocks,
        **dict.fromkeys(("w_due", "w_since"), sizes.watches),
        **dict.fromkeys(("k_begun", "k_onset", "k_early"), sizes.kinds),
        "d_value": sizes.draws,
    }
    ints = {
        "counts": COUNTS,
        "mark": ROW * sizes.clocks,
        "watch": ROW * sizes.watches,
        **dict.fromkeys(("k_on", "k_running"), sizes.kinds),
        **dict.fromkeys(("r_ticket", "r_pending"), sizes.rules),
        "d_count": sizes.draws,
        "reset": sizes.derived_words,
        "moved": sizes.clock_words,
        "changed": sizes.words,
    }
    real, real_parts = _parts(floats, np.float64)
    whole, whole_parts = _parts(ints, np.int64)
    first, second = sizes.derived_words, sizes.derived_words + sizes.clock_words
    changed = whole_parts["changed"]
    sets = {"stale": changed[:first], "clocks": changed[first:second], "watches": changed[second:]}
    return State(floats=real, ints=whole, **real_parts, **whole_parts, **sets)


def _parts(lengths: dict[str, int], kind: type) -> tuple[Any, dict[str, Any]]:
    whole: Any = np.zeros(sum(lengths.values()), dtype=kind)
    parts, first = {}, 0
    for name, length in lengths.items():
        parts[name] = whole[first : first + length]
        first += length
    return whole, parts


def make_world(sizes: Sizes) -> World:
    """Room for one world."""
    return World(
        # a table without rows is filled up by one that points to the first number
        numbers=np.zeros(max(1, sizes.parameters)),
        floor=np.zeros(sizes.stored),
        ceiling=np.zeros(sizes.stored),
        bounds=np.zeros(2 * sizes.conditions),
        coefficients=np.zeros(sizes.terms),
        powers=np.zeros(sizes.exponents),
        known=np.zeros(sizes.effects),
        fixed=np.zeros(max(1, sizes.amounts)),
        simple=np.zeros(max(1, sizes.amounts), dtype=np.int64),
        moved=np.zeros(max(1, sizes.tensions) * sizes.clock_words, dtype=np.int64),
        turns=np.arange(sizes.starts + 1, dtype=np.int64),
        order=np.zeros(sizes.starts + 1, dtype=np.int64),
        dates=np.zeros(sizes.starts + 1),
        floats=np.zeros(sizes.floats),
        ints=np.zeros(sizes.ints, dtype=np.int64),
    )


def make_queue(sizes: Sizes) -> Queue:
    """Room for as many armed instances as a run may have."""
    whole: dict[str, Any] = {name: np.zeros(sizes.room + 1, dtype=np.int64) for name in Queue._fields}
    real: dict[str, Any] = {name: np.zeros(sizes.room + 1) for name in ("time", "load", "since", "after", "over")}
    return Queue(**{**whole, **real})


def make_scratch(sizes: Sizes, tables: Tables) -> Scratch:
    """Room for the longest list of effects."""
    tensions, effects = max(1, sizes.tensions), len(tables.effects) // EFFECT
    return Scratch(
        gain=np.zeros(tensions),
        level=np.zeros(tensions),
        baseline=np.zeros(tensions),
        decay=np.zeros(tensions),
        effect=np.zeros(effects, dtype=np.int64),
        amount=np.zeros(effects),
        after=np.zeros(effects),
        over=np.zeros(effects),
        parameters=np.zeros(8),
    )


def make_log(rows: int, days: Floats, columns: int) -> Log:
    """Room for so many rows of story and so many probes."""
    return Log(
        room=np.array([rows, len(days)], dtype=np.int64),
        ints=np.zeros(rows * LOG_WIDTH, dtype=np.int64),
        floats=np.zeros(rows * LOG_WIDTH),
        days=days,
        probed=np.zeros(len(days) * columns),
    )
