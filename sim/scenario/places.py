"""Where things stand in the text: every path of a resolved file with its marks, down to a part of a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.scenario.diagnostics import Mark, Problem, dotted
from sim.scenario.document import Marks, Trail, closest_mark


def trail(path: str) -> Trail:
    """A dotted path as the keys that lead there."""
    return tuple(int(part) if part.isdecimal() else part for part in path.split(".")) if path else ()


@dataclass(frozen=True, slots=True)
class Places:
    """The marks of a file's paths, and the lines that they point into."""

    marks: Marks
    lines: Mapping[str, Sequence[str]]

    def find(self, path: Trail, *, on_key: bool = False, part: str | None = None, offset: int = 0) -> Mark:
        """The place of a value (of its key with `on_key`), or of a part of its text, which begins at `offset` or later.

        Where the path does not exist, the place is the key of its nearest ancestor.
        """
        mark = closest_mark(self.marks, path, on_key)
        if on_key or part is None or path not in self.marks:
            return mark
        lines = self.lines.get(mark.source, ())
        if not 1 <= mark.line <= len(lines):
            return mark
        text = lines[mark.line - 1][mark.column - 1 :]
        start = offset + (1 if text[:1] in ("'", '"') else 0)
        found = text.find(part, start)
        if found < 0 or (not part and start > len(text)):
            return mark
        return Mark(mark.source, mark.line, mark.column + found)

    def below(self, path: Trail) -> list[str]:
        """The keys of the block at a path, as they are written, whether or not they could be read."""
        return [str(other[-1]) for other in self.marks if other[:-1] == path and len(other) > len(path)]

    def is_block(self, path: Trail) -> bool:
        """Whether other paths lie below this one."""
        return any(other[: len(path)] == path and len(other) > len(path) for other in self.marks)

    def about(
        self,
        code: str,
        path: str | Trail,
        text: str,
        hint: str | None = None,
        *,
        on_key: bool = False,
        part: str | None = None,
        warning: bool = False,
    ) -> Problem:
        """A problem of the value at a path; `text` goes on after the path's name."""
        keys = trail(path) if isinstance(path, str) else path
        glue = "" if text.startswith(":") else " "
        words = f"`{dotted(keys)}`{glue}{text}" if keys else text
        mark = self.find(keys, on_key=on_key, part=part)
        return Problem(code, "warning" if warning else "error", words, mark, hint)
