"""`sim new`: a scenario to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import console
from sim.errors import SimError

NAME = "new"
STARTER = Path(__file__).resolve().parent.parent / "starter.yaml"


def main(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file to write.")] = Path("crisis.yaml"),
) -> None:
    """Write a scenario to start from.

    A made-up crisis with every block explained, that runs as it is. A file that is there already is left as it is.
    """
    target = path if path.suffix else path.with_suffix(".yaml")
    text = STARTER.read_text(encoding="utf-8")
    try:
        # `x` creates: a file that is there already is never overwritten
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise SimError(f"{target} is there already and was left as it is; choose another name") from None
    except OSError as problem:
        raise SimError(f"cannot write {target}: {problem.strerror}") from None
    console.out(f"{target}\n")
    console.tell(_next(target))


def _next(target: Path) -> str:
    return (
        "A made-up crisis to start from. Next:\n"
        f"  sim check {target}            what every number and every clock means\n"
        f"  sim check {target} --preview  troops and tension over time, as a picture\n"
        f"  sim run {target} --quick      the odds, in a few seconds\n"
        f"  sim trace {target}            the story of one run"
    )
