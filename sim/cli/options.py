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


File = Annotated[Path, typer.Argument(help="A scenario file (YAML).", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one value; may be repeated.", show_default=False),
]
Variant = Annotated[str | None, typer.Option("--variant", help="Take a variant of the file.", show_default=False)]
Seed = Annotated[int, typer.Option("--seed", help="Addresses every draw: same seed, same runs.")]
Worlds = Annotated[int | None, typer.Option("--worlds", help="Draws of what is not known.", show_default="2048")]
Replays = Annotated[int | None, typer.Option("--replays", help="Plays of each world.", show_default="8")]
Engine = Annotated[EngineChoice, typer.Option("--engine", help="auto and simpy play on SimPy.")]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes that play.", show_default="one a processor")
]
Out = Annotated[Path, typer.Option("--out", help="Where results are kept.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and only JSON, to standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no messages, only the answer.")]


def require_engine(engine: EngineChoice) -> None:
    """Refuse an engine that this version does not have."""
    if engine is EngineChoice.compiled:
        raise UsageError("--engine compiled: this version has no compiled engine; leave --engine out, or write simpy")
