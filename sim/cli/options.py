"""Options that several commands share, declared once, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

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


_C = TypeVar("_C", bound=StrEnum)


def whole(option: str) -> Callable[[str | int], int]:
    """Reads a whole number; the refusal names the option, as all others do."""

    def read(text: str | int) -> int:
        try:
            return int(text)
        except ValueError:
            raise UsageError(f"{option} {text}: write a whole number") from None

    return read


def number(option: str) -> Callable[[str | float], float]:
    """Reads a number."""

    def read(text: str | float) -> float:
        try:
            return float(text)
        except ValueError:
            raise UsageError(f"{option} {text}: write a number, like 0.01") from None

    return read


def one_of(option: str, choices: type[_C]) -> Callable[[str], _C]:
    """Reads one of some words."""

    def read(text: str) -> _C:
        try:
            return choices(text)
        except ValueError:
            raise UsageError(f"{option} {text}: write one of {', '.join(choices)}") from None

    return read


File = Annotated[Path, typer.Argument(metavar="FILE", help="A scenario file (YAML).", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one value; may be repeated.", show_default=False),
]
Variant = Annotated[
    str | None, typer.Option("--variant", metavar="NAME", help="Take a variant of the file.", show_default=False)
]
Seed = Annotated[
    int,
    typer.Option("--seed", metavar="N", parser=whole("--seed"), help="Addresses every draw: same seed, same runs."),
]


def _worlds(help_text: str) -> typer.models.OptionInfo:
    made: typer.models.OptionInfo = typer.Option(
        "--worlds", metavar="N", parser=whole("--worlds"), help=help_text, show_default=False
    )
    return made


Worlds = Annotated[int | None, _worlds("Draws of what is not known.  [default: 8192]")]
ComparedWorlds = Annotated[int | None, _worlds("Draws of what is not known.  [default: 4096]")]
SweptWorlds = Annotated[int | None, _worlds("Draws of what is not known, at each point.  [default: 2048]")]
Replays = Annotated[
    int | None,
    typer.Option(
        "--replays",
        metavar="N",
        parser=whole("--replays"),
        help="Plays of each world, by luck.  [default: 8]",
        show_default=False,
    ),
]
Precision = Annotated[
    float | None,
    typer.Option(
        "--precision",
        metavar="X",
        parser=number("--precision"),
        help="Play until the odds are known to ± X (0.01 is one point).",
        show_default=False,
    ),
]
Engine = Annotated[
    EngineChoice,
    typer.Option(
        "--engine",
        metavar="NAME",
        parser=one_of("--engine", EngineChoice),
        help="compiled or simpy: the same answer.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        parser=whole("--workers"),
        help="Threads (on SimPy: processes).  [default: one a processor]",
        show_default=False,
    ),
]
Run = Annotated[
    int | None,
    typer.Option(
        "--run",
        metavar="K",
        parser=whole("--run"),
        help="Tell run K of `sim run`: world K // replays, replay K % replays.",
        show_default=False,
    ),
]
Typical = Annotated[
    TypicalChoice | None,
    typer.Option(
        "--typical",
        metavar="KIND",
        parser=one_of("--typical", TypicalChoice),
        help="Tell a typical crisis, calm or near-miss run.  [default: crisis, else calm]",
        show_default=False,
    ),
]
ReplaysOfRun = Annotated[
    int,
    typer.Option("--replays", metavar="N", parser=whole("--replays"), help="Replays of each world in that `sim run`."),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where results are kept.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run; refuse to start a new one.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else to standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no messages, only the answer.")]
Quick = Annotated[bool, typer.Option("--quick", help="256 worlds x 4 replays, one figure, no page.")]
Svg = Annotated[bool, typer.Option("--svg", help="Draw the figures as SVG too.")]
