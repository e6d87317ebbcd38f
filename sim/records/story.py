"""The log of one run: every due, what became of it, and every effect with its value before and after."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Applied:
    """One effect as it was applied.

    `operation` and `target` are those of `sim.rules.program.Effects`. For changes `before` and `after` are the values
    of the target; for an arming they are the first and the last due time; for `begin` and `end`, 1 and 0 of being on.
    """

    operation: int
    target: int
    before: float
    after: float


@dataclass(slots=True)
class Due:
    """One due: when, which rule (by rank), which instance (-1 without one), what became of it.

    `outcome` is fired, guard (refused), chance (failed, nothing else to do) or otherwise (failed, `else` effects ran).
    `since` is where the hold of a watch began, else the time itself.
    """

    time: float
    rank: int
    instance: int
    outcome: str
    since: float
    load: float
    effects: list[Applied] = field(default_factory=list)


@dataclass(slots=True)
class Hold:
    """A watched condition that was met from `begins` to `ends` without holding long enough to fire."""

    rank: int
    begins: float
    ends: float


@dataclass(slots=True)
class Story:
    """Everything that happened in one run, in order."""

    dues: list[Due] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
