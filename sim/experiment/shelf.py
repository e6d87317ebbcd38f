"""Where analyses are kept: `outputs/<scenario>/<kind>-<id>/`, whole or not at all, and found again when asked again."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import SimError
from sim.experiment.durable import sync_folder, sync_tree
from sim.experiment.kept import misfits

_DRAFT = ".draft"
_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder of one question."""

    path: Path

    def known(self, name: str, shape: Any = None) -> dict[str, Any] | None:
        """The JSON object of this name that was kept here, if the analysis was finished.

        What does not fit the `TypedDict` that is its `shape` was damaged, and is not known.
        """
        try:
            found = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(found, dict) or (shape is not None and any(True for _ in misfits(found, shape, ""))):
            return None
        return found

    def insist(self) -> None:
        """Raise `SimError` where it can be seen beforehand that nothing can be kept here; nothing is touched."""
        above = next(folder for folder in self.path.parents if folder.exists())
        if not above.is_dir():
            raise _unwritable(self.path.parent, NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)))
        if not os.access(above, os.W_OK | os.X_OK):
            raise _unwritable(self.path.parent, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """A folder to write into; it takes its place in one step when the block ends without an error, else it goes.

        Raises `SimError` where it cannot be written.
        """
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}{_DRAFT}")
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            self._tidy()
        except OSError as problem:
            raise _unwritable(self.path.parent, problem) from None
        try:
            yield draft
            sync_tree(draft)
            # two that were asked the same at once wrote the same: the later one wins
            shutil.rmtree(self.path, ignore_errors=True)
            draft.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as problem:
            raise _unwritable(self.path.parent, problem) from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _tidy(self) -> None:
        """Remove drafts of this question that a killed process left behind; a day is longer than any lives."""
        for left in self.path.parent.glob(f".{self.path.name}.*{_DRAFT}"):
            # somebody else may tidy at the same moment
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > _A_DAY:
                    shutil.rmtree(left, ignore_errors=True)


def shelf_for(out: Path, scenario: str, kind: str, parts: Sequence[str]) -> Shelf:
    """The folder of a question under `out`; `parts` are texts that together determine every number of the answer."""
    text = json.dumps(list(parts), ensure_ascii=False)
    name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return Shelf(out / scenario / f"{kind}-{name}")


def _unwritable(folder: Path, problem: OSError) -> SimError:
    return SimError(f"cannot write to {folder}: {problem.strerror or problem}; choose another folder with --out")
