"""Files that are there whole or not at all, also after a kill or a loss of power."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

DRAFT = ".tmp"


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to be written beside its place; it takes its place, on the disk, when the block ends without an error.

    Call `sync_folder` afterwards: only then does the name survive a loss of power too.
    """
    draft = path.with_name(path.name + DRAFT)
    with draft.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_whole(path: Path, text: str) -> None:
    """A whole text file, UTF-8."""
    with whole_file(path) as file:
        file.write(text.encode("utf-8"))


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(path: Path) -> None:
    """Bring all files in a folder and below to the disk, and their names."""
    for folder, _, names in os.walk(path):
        for name in names:
            with (Path(folder) / name).open("rb+") as file:
                os.fsync(file.fileno())
        sync_folder(Path(folder))
