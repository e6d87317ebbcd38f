"""A linked scenario: integers and names. One Program serves every world.

Every number that a Program uses is an index into a world's *parameter vector*, whose entries are defined by
`expressions`. Arrays are flat, so that a compiled engine can read them as they are. Where a rule has a list, the list
of rule r is `items[pointer[r]:pointer[r + 1]]`. An index of -1 means "none".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from sim.chance.uncertain import Expr
from sim.records.outcomes import Floats, Ints

START, CLOCK, WATCH, ARMED = range(4)
SUM, LOW, RISE = range(3)
ADD_QUANTITY, SCALE_QUANTITY, SET_QUANTITY, ADD_TENSION, SCALE_TENSION, SET_TENSION = range(6)
RESET, ARM, DISARM, BEGIN, END, NOTE = range(6, 12)
PARAMETER, DRAW = range(2)
NO_Z, QUANTITY_Z, LOAD_Z = range(3)

Streams = npt.NDArray[np.uint64]
PENDING_CAPACITY = 4096
DUE_BUDGET = 100_000


@dataclass(frozen=True, slots=True)
class Conditions:
    """Closed bounds on quantities, a list a rule."""

    pointer: Ints
    quantity: Ints
    lower: Ints
    upper: Ints


@dataclass(frozen=True, slots=True)
class Effects:
    """A row an effect, a list a rule.

    `target` is a quantity, tension, derived quantity, rule, kind or note, by `operation`. `amount`, `after`, `over` and
    `load` are rows of `Program.amounts`. `condition` is a draw that must be at least the parameter `level`.
    `steps` is -1 for a plain arming. `own_ticket` is 1 where the delay belongs to the armed rule and is drawn with the
    ticket that the arming gets.
    """

    pointer: Ints
    operation: Ints
    target: Ints
    amount: Ints
    condition: Ints
    level: Ints
    after: Ints
    steps: Ints
    over: Ints
    load: Ints
    own_ticket: Ints


@dataclass(frozen=True, slots=True)
class Program:
    """All rules of a scenario as arrays; see `docs/semantics.md` for what they mean."""

    horizon: float
    opens: float
    closes: float
    expressions: tuple[Expr, ...]

    quantities: tuple[str, ...]
    stored: int
    quantity_start: Ints
    quantity_floor: Ints
    quantity_ceiling: Ints
    derived_kind: Ints
    derived_constant: Ints
    derived_pointer: Ints
    derived_quantity: Ints
    derived_coefficient: Ints
    flags: Ints

    tensions: tuple[str, ...]
    tension_start: Ints
    tension_baseline: Ints
    tension_decay: Ints
    tension_cap: Ints

    kinds: tuple[str, ...]
    kind_definition: tuple[str, ...]
    kind_running: Ints
    kind_passive: Ints
    kind_counted: Ints

    rules: tuple[str, ...]
    stories: tuple[str, ...]
    blocks: tuple[str, ...]
    rule_block: Ints
    trigger: Ints
    start_at: Ints
    hold: Ints
    chance: Ints
    chance_stream: Streams
    wait_stream: Streams
    guard: Conditions
    watched: Conditions
    only: Conditions
    clock_base: Ints
    clock_constant: Ints
    exponent_pointer: Ints
    exponent_quantity: Ints
    exponent_effect: Ints
    gain_pointer: Ints
    gain_tension: Ints
    gain_inside: Ints
    gain_outside: Ints
    effects: Effects
    otherwise: Effects
    notes: tuple[str, ...]

    draws: tuple[str, ...]
    draw_stream: Streams
    draw_family: Ints
    draw_parameters: Ints
    table: Floats
    amounts: Ints

    def quantity(self, name: str) -> int:
        """Index of a quantity. Raises `ValueError` when there is none of this name."""
        return self.quantities.index(name)

    def digest(self) -> str:
        """A hash of everything that determines what the rules do, given a parameter vector."""
        mark = hashlib.sha256()
        _absorb(mark, self)
        return mark.hexdigest()


def _absorb(mark: hashlib._Hash, item: object) -> None:
    if isinstance(item, np.ndarray):
        mark.update(str(item.dtype).encode() + repr(item.shape).encode() + item.tobytes())
    elif isinstance(item, Program | Conditions | Effects):
        for field in fields(item):
            mark.update(field.name.encode())
            _absorb(mark, getattr(item, field.name))
    else:
        mark.update(repr(item).encode())
