"""Data to standard output, messages and progress to standard error; quiet where nobody looks."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

WIDEST = 120


def out(text: str) -> None:
    """Data, for people or programs."""
    sys.stdout.write(text)
    sys.stdout.flush()


def out_json(document: Mapping[str, Any]) -> None:
    """Data for programs: one JSON object, its numbers in their shortest exact form."""
    out(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def tell(text: str) -> None:
    """A message."""
    print(text, file=sys.stderr)  # noqa: T201


def width() -> int:
    """Columns of the terminal."""
    return min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)


def on_terminal() -> bool:
    """Whether people read standard output."""
    return sys.stdout.isatty()


class Bar:
    """A progress bar on standard error, shown only to people."""

    def __init__(self, *, quiet: bool) -> None:
        """Say nothing when quiet, or when standard error is no terminal."""
        self._silent = quiet or not sys.stderr.isatty()
        self._stop: Callable[[], None] | None = None
        self._update: Callable[[int, int | None], None] | None = None

    def __call__(self, done: int, total: int | None) -> None:
        """Worlds done, of how many (None: nobody knows yet)."""
        if self._silent:
            return
        if self._update is None:
            self._open(total)
        if self._update is not None:
            self._update(done, total)

    def _open(self, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("worlds"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        task = progress.add_task("worlds", total=total)
        progress.start()
        self._stop = progress.stop
        self._update = lambda done, total: progress.update(task, completed=done, total=total)

    def __enter__(self) -> Bar:
        """Nothing is shown before the first world is done."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no trace on the screen."""
        if self._stop is not None:
            self._stop()
