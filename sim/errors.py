"""Errors that users can meet, each with the exit code that the command line gives it."""

from __future__ import annotations

from collections.abc import Sequence


class SimError(Exception):
    """Something the user can mend. The message says what is wrong, where, and the remedy."""

    exit_code = 1


class UsageError(SimError):
    """The command line itself is off: an unknown option value, options that exclude each other."""

    exit_code = 2


class ScenarioError(SimError):
    """A scenario file that cannot be used, with every problem found in it.

    `problems` are already worded, one text per problem, in the order of the file.
    """

    def __init__(self, problems: Sequence[str], summary: str) -> None:
        """Keep the worded problems and a closing line that counts them."""
        super().__init__("\n".join([*problems, summary]))
        self.problems = tuple(problems)
        self.summary = summary


class FailedRunsError(SimError):
    """Runs failed (`docs/semantics.md`, S12): the odds are printed, but the command is not a success."""

    exit_code = 3


class TooLittleError(SimError):
    """Too little evidence or precision to answer the question as asked."""

    exit_code = 4
