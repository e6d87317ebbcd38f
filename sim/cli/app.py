"""The `sim` command: its list of commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from typing import Annotated

import typer

import sim
from sim.cli.commands import breakeven, check, compare, drivers, new, report, run, schema, sweep, trace, verify
from sim.errors import SimError

NAME = "sim"
INTERRUPTED = 130
# no plugin of pydantic reads scenario files, and looking for one takes longer than reading a file
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

app = typer.Typer(
    name=NAME,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (new, check, run, compare, drivers, sweep, breakeven, trace, report, verify, schema):
    app.command(command.NAME)(command.main)


def _version(asked: bool) -> None:
    if asked:
        print(f"{NAME} {sim.__version__}")  # noqa: T201 - the command line talks
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Odds that a crisis returns, from a scenario file: simulated, with honest errors.

    Start with `sim new crisis.yaml`, then `sim check crisis.yaml`, then `sim run crisis.yaml`.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns its exit code. Users never see a traceback for what they can mend."""
    _any_terminal()
    # commands are short: looking for cycles after every 700 objects costs a twentieth of them
    gc.set_threshold(100_000)
    try:
        return _invoke(sys.argv[1:] if arguments is None else arguments)
    except SimError as problem:
        _tell(str(problem))
        return problem.exit_code
    except KeyboardInterrupt:
        _tell("interrupted; nothing was kept")
        return INTERRUPTED
    except OSError as problem:
        if problem.errno != errno.EPIPE:
            _tell(f"{problem.filename or 'the answer'} cannot be written or read: {problem.strerror or problem}")
        _close_quietly()
        return 0 if problem.errno == errno.EPIPE else SimError.exit_code


def _invoke(arguments: list[str]) -> int:
    """What typer does in its own `main`, without its answers to Ctrl-C and to a reader that has gone."""
    command = typer.main.get_command(app)
    try:
        with command.make_context(NAME, list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as leaving:
        return int(leaving.exit_code)
    except Exception as problem:  # a usage error knows its own code and text; anything else is ours to see
        show = getattr(problem, "show", None)
        if show is None:
            raise
        show()
        return int(getattr(problem, "exit_code", 2))
    return 0


def _any_terminal() -> None:
    """Where a terminal cannot show a sign (an arrow in ASCII), something else stands in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _tell(text: str) -> None:
    try:
        print(text, file=sys.stderr)  # noqa: T201
    except BrokenPipeError:
        _close_quietly()


def _close_quietly() -> None:
    """The reader has gone (`sim … | head`): close without a word, also for the interpreter's own flush."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):  # not a real stream, or closed
            continue


if __name__ == "__main__":
    sys.exit(main())
