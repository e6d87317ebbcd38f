"""What can be said of a file that has parts which cannot be read: healthy stand-ins take their places.

A file with one wrong number should not hide what is wrong elsewhere. So what cannot be read is replaced by a number
that its field can read, or left out, and the rest is looked at; nothing is said about what was replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from sim.scenario.anatomy import model_at, reading_at
from sim.scenario.document import Trail
from sim.scenario.explain import Item, trail_of
from sim.scenario.schema import ScenarioFile
from sim.world.rates import Rate

_ROUNDS = 12
_NUMBERS = {
    "share": "0.5",
    "positive": "1",
    "days": "10",
    "whole": "1",
    "real": "1",
    "multiplier": "1",
    "date": "9000-01-01",
}
_NEEDED: dict[str, Any] = {
    "schema": "1",
    "title": "-",
    "clock": {"starts": "0001-01-01"},
    "question": {"text": "-", "opens": "0001-01-02", "closes": "0001-01-03", "kinds": []},
    "crises": {"unreadable": {"rate": {"per_year": "1"}, "lasts": "1"}},
}


@dataclass(slots=True)
class Salvage:
    """A file with stand-ins, the paths where they stand, and errors that showed only once they stood there.

    `file` is None where nothing could be saved.
    """

    file: ScenarioFile | None = None
    gone: set[Trail] = field(default_factory=set)
    later: list[Item] = field(default_factory=list)

    def in_doubt(self, path: Sequence[str | int]) -> bool:
        """Whether something at a path, above or below it has a stand-in, so that nothing can be said of it."""
        return any(all(a == b for a, b in zip(lost[:2], path[:2], strict=False)) for lost in self.gone)

    @property
    def whole(self) -> bool:
        """Whether nothing had to be replaced."""
        return not self.gone


def salvage(plain: Any, error: ValidationError) -> Salvage:
    """The file without what cannot be read, as far as it goes. `plain` is not changed."""
    plain = _copied(plain)
    saved = Salvage()
    dropped: set[Trail] = set()
    for attempt in range(_ROUNDS):
        items = error.errors(include_url=False, include_input=True)
        if attempt:
            # what is said of a block because a part of it was left out is our doing
            saved.later += [item for item in items if not _follows(trail_of(item), dropped)]
        for item in items:
            _replace(plain, trail_of(item), item["type"], saved.gone, dropped)
        try:
            saved.file = ScenarioFile.model_validate(plain)
            return saved
        except ValidationError as again:
            error = again
    return saved


def _copied(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {key: _copied(item) for key, item in plain.items()}
    return [_copied(item) for item in plain] if isinstance(plain, list) else plain


def _follows(trail: Trail, dropped: set[Trail]) -> bool:
    return any(lost[: len(trail)] == trail or lost[:-1] == trail[: len(lost) - 1] for lost in dropped)


def _replace(plain: Any, trail: Trail, kind: str, gone: set[Trail], dropped: set[Trail]) -> None:
    # a list is taken or left as a whole, so that the places of its other items stay what they are
    first = next((place for place, part in enumerate(trail) if isinstance(part, int)), len(trail))
    trail = trail[:first]
    stand_in = None if kind == "extra_forbidden" else _stand_in(trail)
    if kind == "missing" and stand_in is None:
        trail = trail[:-1]
    if not trail:
        return
    gone.add(trail)
    here = plain
    for part in trail[:-1]:
        if not isinstance(here, dict) or not isinstance(here.get(part), dict):
            return
        here = here[part]
    if not isinstance(here, dict):
        return
    if stand_in is not None and here.get(trail[-1]) != stand_in:
        here[trail[-1]] = _copied(stand_in)
    else:
        here.pop(trail[-1], None)
        dropped.add(trail)


def _stand_in(trail: Trail) -> Any:
    needed: Any = _NEEDED
    for part in trail:
        needed = needed.get(part) if isinstance(needed, dict) else None
    if needed is not None:
        return needed
    reading = reading_at(trail)
    if reading is not None:
        return "each 1 to 2" if reading.each else _NUMBERS.get(reading.kind)
    if trail[0] == "assumptions" and len(trail) == 2:
        return "1"
    if model_at(trail) is Rate:
        return {"per_year": "1"}
    return None
