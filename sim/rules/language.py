"""The rule language: what blocks of a scenario bring to a world, by symbolic name.

Nothing here is an index yet. `sim.rules.link` resolves the names and makes a `Program`. The exact meaning of every
trigger, condition and effect is in `docs/semantics.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.chance.uncertain import Chancy, Draw, Number

STAGES = (
    "forces",
    "pullbacks",
    "exercises",
    "sanctions",
    "diplomacy",
    "intent",
    "incidents",
    "build_ups",
    "events",
    "crises",
)
LOAD = "load"
INFINITY = float("inf")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A stored number that jumps and stays. Flags live in [0, 1] and can be part of a pathway."""

    name: str
    start: Number
    floor: Number = 0.0
    ceiling: Number = INFINITY
    flag: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Tension:
    """A number that relaxes exponentially to `baseline` and jumps at events; never below 0, never above `cap`."""

    name: str
    start: Number
    baseline: Number
    half_life: Number
    cap: Number = INFINITY


@dataclass(frozen=True, slots=True)
class Sum:
    """A derived quantity: constant + sum of coefficient x quantity. Other blocks may add members."""

    name: str
    constant: Number = 0.0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One term of a `Sum`."""

    sum: str
    quantity: str
    coefficient: Number = 1.0


@dataclass(frozen=True, slots=True)
class Low:
    """A derived quantity: the smallest value of `of` since the clock's start or since a rule reset it."""

    name: str
    of: str


@dataclass(frozen=True, slots=True)
class Rise:
    """A derived quantity: how far `of` stands above its `low`."""

    name: str
    of: str
    low: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Closed bounds on a quantity; None leaves a side open."""

    quantity: str
    at_least: Number | None = None
    at_most: Number | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Pending from the clock's start, due on day `at`."""

    at: Number


@dataclass(frozen=True, slots=True)
class Clock:
    """A hazard: base * exp(sum of effects) * (constant + sum of inside) + sum of outside; it repeats.

    `exponent` holds (quantity, log multiplier per unit), `inside` and `outside` (tension, gain). `hears` are the topics
    on which `Influence`s of other blocks multiply the rate. Where a condition of `only` fails the rate is 0.
    """

    base: Number
    constant: Number = 1.0
    exponent: tuple[tuple[str, Number], ...] = ()
    inside: tuple[tuple[str, Number], ...] = ()
    outside: tuple[tuple[str, Number], ...] = ()
    only: tuple[Condition, ...] = ()
    hears: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """Conditions that must hold for `hold` days without a break."""

    conditions: tuple[Condition, ...]
    hold: Number = 0.0


@dataclass(frozen=True, slots=True)
class Armed:
    """Fires only when another rule, or a hook, arms it."""


Trigger = Start | Clock | Watch | Armed


@dataclass(frozen=True, slots=True)
class Amount:
    """(base + slope * z) * times, where z is the quantity `of`, or the load that the firing carries."""

    base: Chancy = 0.0
    slope: Chancy = 0.0
    of: str | None = None
    times: Chancy = 1.0


@dataclass(frozen=True, slots=True)
class If:
    """An effect's own condition: a draw of this firing is at least a level."""

    draw: Draw
    at_least: Number


@dataclass(frozen=True, slots=True)
class Change:
    """`add`, `scale` or `set` a stored quantity or a tension."""

    operation: str
    target: str
    amount: Amount
    when: If | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """Marks a low: it becomes its quantity's value when the firing settles."""

    low: str
    when: If | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """Arms `rule` after a delay, carrying `load`; with `steps`, in that many equal steps over `over` days.

    With `own_ticket` a drawn delay belongs to the armed rule and takes the ticket that this arming gets.
    """

    rule: str
    after: Amount = Amount()
    steps: Number | None = None
    over: Amount = Amount()
    load: Amount | None = None
    when: If | None = None
    own_ticket: bool = False


@dataclass(frozen=True, slots=True)
class Disarm:
    """Removes every pending instance of `rule`."""

    rule: str
    when: If | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """A crisis of this kind begins, unless it is already on."""

    kind: str
    when: If | None = None


@dataclass(frozen=True, slots=True)
class End:
    """A crisis of this kind ends, if it is on."""

    kind: str
    when: If | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the story of a run."""

    text: str
    when: If | None = None


Effect = Change | Reset | Arm | Disarm | Begin | End | Note


@dataclass(frozen=True, slots=True)
class Reaction:
    """This rule is armed, after `delay`, whenever the rule behind a hook fires; `path` is where the file says so."""

    hook: str
    delay: Chancy = 0.0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: trigger, guard, chance, effects. `block` is dotted (`pullbacks.april`), `name` is its own last part."""

    stage: str
    block: str
    name: str
    trigger: Trigger
    effects: tuple[Effect, ...] = ()
    guard: tuple[Condition, ...] = ()
    chance: Number | None = None
    otherwise: tuple[Effect, ...] = ()
    reacts: Reaction | None = None
    story: str = ""

    @property
    def full_name(self) -> str:
        """The rule's name everywhere, and the root of its streams' names."""
        return f"{self.block}.{self.name}"


@dataclass(frozen=True, slots=True)
class Hook:
    """A name that other rules may react to, and the rule behind it."""

    name: str
    rule: str


@dataclass(frozen=True, slots=True)
class Influence:
    """Multiplies the rate of every clock that hears `topic` by exp(log_multiplier * (quantity - reference))."""

    topic: str
    quantity: str
    log_multiplier: Number
    reference: Number = 0.0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of crisis. Passive kinds are recorded only: nothing reacts to them and nothing they do is felt."""

    name: str
    definition: str
    passive: bool = False
    running: Number = 0.0


@dataclass(slots=True)
class Brings:
    """Everything that one block brings. Names are resolved only when all blocks are together."""

    quantities: list[Quantity] = field(default_factory=list)
    tensions: list[Tension] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    lows: list[Low] = field(default_factory=list)
    rises: list[Rise] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    influences: list[Influence] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)

    def extend(self, other: Brings) -> None:
        """Add everything that another block brings."""
        for name in self.__slots__:
            getattr(self, name).extend(getattr(other, name))
