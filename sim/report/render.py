"""Writing figures and their tables to disk, the same bytes for the same input."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from sim.report.style import DPI, house
from sim.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def as_png(figure: Figure) -> bytes:
    """The figure as PNG, without the date and the version that would make the bytes differ."""
    return _bytes(figure, "png", {"Title": str(figure.get_label()), "Software": None})


def as_svg(figure: Figure) -> bytes:
    """The figure as SVG, its text as outlines, without date and version."""
    return _bytes(figure, "svg", {"Title": str(figure.get_label()), "Date": None, "Creator": None})


def save(figure: Figure, table: Table, folder: Path, name: str, svg: bool) -> list[Path]:
    """Write `name.png`, `name.svg` if asked for, and `name.csv` into a folder, which is made if it is missing.

    Returns the files written, in that order.
    """
    contents = {"png": as_png(figure)}
    if svg:
        contents["svg"] = as_svg(figure)
    contents["csv"] = table.to_csv().encode()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for suffix, content in contents.items():
        path = folder / f"{name}.{suffix}"
        path.write_bytes(content)
        written.append(path)
    return written


def _bytes(figure: Figure, form: str, metadata: dict[str, str | None]) -> bytes:
    buffer = io.BytesIO()
    # Tick labels and hatches are made while drawing, so the settings have to hold here too.
    with house():
        figure.savefig(buffer, format=form, dpi=DPI, metadata=metadata)
    return buffer.getvalue()
