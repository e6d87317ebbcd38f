"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sim.errors import UsageError


class EngineChoice(StrEnum):
    """Which engine plays."""

    auto = "auto"
    compiled = "compiled"
    simpy = "simpy"


class TypicalChoice(StrEnum):
    """Which run is told."""

    crisis = "crisis"
    calm = "calm"
    near_miss = "near-miss"


File = Annotated[Path, typer.Argument(metavar="FILE", help="A scenario file (YAML).", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one value; may be repeated.", show_default=False),
]
Variant = Annotated[
    str | None, typer.Option("--variant", metavar="NAME", help="Take a variant of the file.", show_default=False)
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Addresses every draw: same seed, same runs.")]
Worlds = Annotated[
    int | None,
    typer.Option("--worlds", metavar="N", help="Draws of what is not known.  [default: 2048]", show_default=False),
]
Replays = Annotated[
    int | None,
    typer.Option("--replays", metavar="N", help="Plays of each world, by luck.  [default: 8]", show_default=False),
]
Engine = Annotated[
    EngineChoice,
    typer.Option("--engine", metavar="NAME", help="auto or simpy; both play on SimPy."),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", help="Processes that play.  [default: one a processor]", show_default=False),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where results are kept.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else to standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no messages, only the answer.")]


def require_engine(engine: EngineChoice) -> None:
    """Refuse an engine that this version does not have."""
    if engine is EngineChoice.compiled:
        raise UsageError("--engine compiled: this version has no compiled engine; leave --engine out, or write simpy")
