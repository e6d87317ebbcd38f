"""`sim schema`: the JSON Schema of scenario files."""

from __future__ import annotations

import difflib
import json
from typing import Annotated

import typer

from sim.cli import console
from sim.errors import UsageError

NAME = "schema"


def main(
    block: Annotated[
        str | None, typer.Argument(metavar="BLOCK", help="One block of a scenario, like `pullbacks`.")
    ] = None,
) -> None:
    """Print the JSON Schema of scenario files.

    Editors that know it complete and check a scenario while you type.
    """
    from sim.scenario.schema import json_schema

    schema = json_schema()
    if block is not None:
        known = schema["properties"]
        if block not in known:
            close = difflib.get_close_matches(block, known, n=1)
            meant = f" did you mean `{close[0]}`?" if close else ""
            raise UsageError(f"there is no block `{block}`;{meant} Blocks are {', '.join(known)}")
        schema = {"$defs": schema["$defs"], **known[block]}
    console.out(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
