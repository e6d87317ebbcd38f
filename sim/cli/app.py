"""The `sim` command: its list of commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

import sim
from sim.cli.commands import check, new, run, schema, trace
from sim.errors import SimError

app = typer.Typer(
    name="sim",
    help="Odds that a crisis returns, from a scenario file: simulated, with honest errors.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (check, run, trace, new, schema):
    app.command(command.NAME)(command.main)

INTERRUPTED = 130


def _version(asked: bool) -> None:
    if asked:
        print(f"sim {sim.__version__}")  # noqa: T201 - the command line talks
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Odds that a crisis returns, from a scenario file: simulated, with honest errors."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns its exit code. Users never see a traceback for what they can mend."""
    try:
        code = app(args=arguments, standalone_mode=False)
    except SimError as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return problem.exit_code
    except KeyboardInterrupt:
        print("interrupted; nothing was kept", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except BrokenPipeError:
        # the reader has gone (`sim … | head`): close quietly, also for the interpreter's own flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as problem:  # a usage error of typer knows its own code and text; anything else is ours to see
        show = getattr(problem, "show", None)
        if show is None:
            raise
        show()
        return int(getattr(problem, "exit_code", 2))
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
