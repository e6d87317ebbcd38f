"""Problems in scenario text: their codes, their one shape on the screen, and the nearest right word."""

from __future__ import annotations

import difflib
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

from sim.errors import ScenarioError

CODES: dict[str, str] = {
    "SC101": "the text is not YAML",
    "SC102": "a tab in the indentation",
    "SC103": "a character that scenario files do not hold",
    "SC104": "a key is given twice",
    "SC105": "a key is not plain text",
    "SC106": "a YAML tag",
    "SC107": "a YAML merge key",
    "SC108": "an alias without an anchor, or inside its own anchor",
    "SC109": "too large, too many nodes or too deep",
    "SC110": "more than one document in a file",
    "SC111": "the top level is not a mapping",
    "SC112": "the file is empty",
    "SC113": "an unquoted formula is cut at its comma",
    "SC114": "an unquoted text is cut at its comma",
    "SC115": "a key in braces has neither colon nor value",
    "SC116": "a YAML directive",
    "SC121": "`extends` does not name one file",
    "SC122": "the file that `extends` names cannot be read",
    "SC123": "`extends` runs in a circle or too far",
    "SC124": "a deletion of what is not there",
    "SC125": "a text that is no dotted path",
    "SC126": "a path whose parent does not exist",
    "SC127": "a path through something that is not a block",
    "SC128": "a `--set` that is not PATH=VALUE",
    "SC201": "an unknown or misplaced key",
    "SC202": "a key is missing",
    "SC203": "a value that its field cannot take",
    "SC204": "the wrong shape: a block, a list or a text belongs here",
    "SC205": "a key that is no name",
    "SC206": "a key without a value",
    "SC301": "the window and the clock do not fit",
    "SC302": "a kind of crisis that does not exist or does not count",
    "SC303": "a formula refers to nothing",
    "SC304": "formulas refer to each other in a circle",
    "SC305": "a correlation that cannot be",
    "SC306": "a block that contradicts itself",
    "SC307": "a name that leads nowhere",
    "SC308": "an assumption that nothing uses",
    "SC309": "dates that are moved in too many worlds",
    "SC310": "incidents that feed on themselves without end",
    "SC311": "a number that is not finite in some worlds",
    "SC312": "an infinite mean",
    "SC313": "something that cannot happen before the run ends",
    "SC314": "a rate or half-life with a tail that asks for bounds",
    "SC315": "shares that do not add up to 1",
    "SC316": "a formula whose result its field cannot take",
}
"""Code to one-line meaning: SC1xx the text and the files, SC2xx the schema, SC3xx the sense of the whole."""

_QUOTE_IT = "put the text in quotes"
_LOOK_AROUND = "check quotes, brackets and indentation"
_NO_START = "a text cannot start with `{char}`"
_OPEN_QUOTE = "the quoted text that begins here is never closed"
_BACKSLASH = "this backslash means nothing in double quotes"
# What the YAML library says (its beginning), whether the place is where the construct began, our words, the remedy.
_SYNTAX: tuple[tuple[str, bool, str, str], ...] = (
    ("found unexpected end of stream", True, _OPEN_QUOTE, "close the quotes"),
    ("found unexpected document indicator", True, _OPEN_QUOTE, "close the quotes"),
    ("found character that cannot start any token", False, _NO_START, _QUOTE_IT),
    ("mapping keys are not allowed", False, _NO_START, _QUOTE_IT),
    ("did not find expected alphabetic or numeric", True, _NO_START, _QUOTE_IT),
    ("did not find expected comment or line break", True, _NO_START, _QUOTE_IT),
    ("found an indentation indicator", True, _NO_START, _QUOTE_IT),
    ("found undefined tag handle", True, _NO_START, _QUOTE_IT),
    ("did not find the expected '>'", True, _NO_START, _QUOTE_IT),
    ("did not find expected tag URI", True, _NO_START, _QUOTE_IT),
    ("did not find expected node content", False, "a value should stand here, not `{char}`", _LOOK_AROUND),
    ("could not find expected ':'", True, "a key without a colon", "write `key: value`"),
    ("found unexpected ':'", False, "a colon here without a space behind it", "write `key: value`"),
    ("did not find expected '-'", False, "a line that does not fit the list above it", "check the indentation"),
    ("block sequence entries", False, "a list cannot begin here", "use a new line, or write [a, b]"),
    ("found unknown escape", False, _BACKSLASH, "use single quotes"),
    ("did not find expected hexdecimal", False, _BACKSLASH, "use single quotes"),
    ("found invalid Unicode", False, _BACKSLASH, "use single quotes"),
    ("did not find expected <document start>", False, "this does not belong to what stands above it", _LOOK_AROUND),
)
_HARD_SPACE = re.compile("(^|:)[ \t]*\u00a0")
_INCOMPLETE = frozenset({"SC101", "SC102", "SC109", "SC110", "SC111", "SC112", "SC121", "SC122", "SC123"})
_WIDEST = 110
_BEFORE_CARET = 70
_TAB = "    "
_CUTOFF = 0.6
_LONGEST_WORD = 120
_MOST_CANDIDATES = 5_000


@dataclass(frozen=True)
class Mark:
    """A place in a source: its label (a file, or `--set 1`), line and column, both from 1, columns in characters."""

    source: str
    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a scenario: code, severity, one sentence, the place, and what to do about it."""

    code: str
    severity: Literal["error", "warning"]
    text: str
    mark: Mark | None
    hint: str | None = None


def incomplete(problems: Iterable[Problem]) -> bool:
    """Whether a source was not read to its end, so that a key that seems to be missing may well be there."""
    return any(problem.code in _INCOMPLETE for problem in problems)


def dotted(path: Sequence[str | int]) -> str:
    """A path as users write it: keys joined by dots, places in a list in brackets from 0, `correlations[0][2]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def _shown(char: str) -> tuple[str, int]:
    """What stands on the screen for a character, and how many cells it takes.

    Controls, half characters and invisible format characters (which can reorder a line) become U+FFFD.
    """
    if char == "\t":
        return _TAB, len(_TAB)
    category = unicodedata.category(char)
    if category in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return "\ufffd", 1
    if category in {"Mn", "Me"}:
        return char, 0
    return char, 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _cells(text: str) -> int:
    return sum(_shown(char)[1] for char in text)


def visible(text: str) -> str:
    """The text on one line and without characters that a terminal would act on."""
    return "".join(" " if char in "\t\n\r" else _shown(char)[0] for char in text)


def excerpt(text: str, limit: int = 60) -> str:
    """The text made visible and, beyond `limit` characters, cut with an ellipsis: for quoting it in a message."""
    return visible(text if len(text) <= limit else text[: limit - 1] + "…")


def _window(line: str, column: int) -> int:
    """The index from which a line is shown so that a column from 1 is in sight."""
    if len(line) <= _WIDEST and _cells(line) <= _WIDEST:
        return 0
    start = min(column - 1, len(line))
    cells = 0
    while start > 0 and cells < _BEFORE_CARET:
        start -= 1
        cells += max(1, _shown(line[start])[1])
    return start


def _part(line: str, start: int) -> str:
    """A line from an index on, as far as there is room; ellipses stand for what is left out."""
    stop = start
    cells = 0
    while stop < len(line) and cells < _WIDEST:
        cells += max(1, _shown(line[stop])[1])
        stop += 1
    shown = "".join(_shown(char)[0] for char in line[start:stop])
    return ("…" if start and line else "") + shown + ("…" if stop < len(line) else "")


def render(problem: Problem, lines_by_source: Mapping[str, Sequence[str]]) -> str:
    """The problem in words with its place, the line before, the line, and a caret that carries the hint.

    A problem without a place is put to the first source. Lines longer than about 110 cells are cut around the column.
    """
    words = f"{problem.code} {problem.severity}: {visible(problem.text)}"
    hint = "" if problem.hint is None else visible(problem.hint)
    mark = problem.mark
    if mark is None:
        label = next(iter(lines_by_source), None)
        head = words if label is None else f"{visible(label)}  {words}"
        return f"{head}\n      | {hint}" if hint else head
    head = f"{visible(mark.source)}:{mark.line}:{mark.column}  {words}"
    lines = lines_by_source.get(mark.source, ())
    if not 1 <= mark.line <= len(lines):
        return f"{head}\n      | {hint}" if hint else head
    line = lines[mark.line - 1]
    start = _window(line, mark.column)
    margin = max(5, len(str(mark.line)))
    shown = [head]
    if mark.line > 1:
        shown.append(f"{mark.line - 1:>{margin}} | {_part(lines[mark.line - 2], start)}")
    shown.append(f"{mark.line:>{margin}} | {_part(line, start)}")
    indent = (1 if start else 0) + _cells(line[start : mark.column - 1])
    shown.append(f"{'':>{margin}} | {'':>{indent}}^ {hint}")
    return "\n".join(text.rstrip() for text in shown)


def closing_line(problems: Sequence[Problem]) -> str:
    """The count that ends a list of problems, as in `2 errors, 1 warning; nothing was run.`, as one sentence."""
    errors = sum(problem.severity == "error" for problem in problems)
    named = ((errors, "error"), (len(problems) - errors, "warning"))
    counts = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in named if count]
    if not counts:
        return "no problems."
    return ", ".join(counts) + ("; nothing was run." if errors else ".")


def ordered(problems: Iterable[Problem], lines_by_source: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Problems in the order of the sources, then of line and column; those without a place come first."""
    places = {label: place for place, label in enumerate(lines_by_source)}

    def key(problem: Problem) -> tuple[int, int, int]:
        mark = problem.mark
        return (-1, 0, 0) if mark is None else (places.get(mark.source, len(places)), mark.line, mark.column)

    return sorted(problems, key=key)


def raise_if_errors(problems: Sequence[Problem], lines_by_source: Mapping[str, Sequence[str]]) -> None:
    """Raise `ScenarioError` with every problem rendered, warnings too, when at least one is an error."""
    if any(problem.severity == "error" for problem in problems):
        rendered = [render(problem, lines_by_source) for problem in ordered(problems, lines_by_source)]
        raise ScenarioError(problems=rendered, summary=closing_line(problems))


def _swapped(one: str, other: str) -> bool:
    """Whether two words differ by one swap of neighbours, which difflib scores low in short words."""
    apart = [place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right]
    return (
        len(one) == len(other)
        and len(apart) == 2
        and apart[1] == apart[0] + 1
        and (one[apart[0]], one[apart[1]]) == (other[apart[1]], other[apart[0]])
    )


def _likeness(word: str, candidate: str) -> float:
    if word == candidate:
        return 1.0
    if _swapped(word, candidate):
        return 0.95
    matcher = difflib.SequenceMatcher(None, word, candidate, autojunk=False)
    score = matcher.ratio() if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= _CUTOFF else 0.0
    short, long = sorted((word, candidate), key=len)
    if len(short) >= 3 and long.startswith(short):
        # An abbreviation is a likely guess however long the rest is; the longer the rest, the less so.
        score = max(score, 0.7 + 0.2 * len(short) / len(long))
    return score


def _path_likeness(word: str, candidate: str) -> float:
    """Paths are compared part by part, so that a shared beginning does not make them alike, and by their last part."""
    left, right = word.split("."), candidate.split(".")
    last = _likeness(left[-1], right[-1])
    if len(left) != len(right):
        return 0.9 * last
    parts = [*map(_likeness, left[:-1], right[:-1]), last]
    return max(0.9 * last, sum(parts) / len(parts) if min(parts) >= _CUTOFF else 0.0)


def nearest(word: str, candidates: Iterable[str], n: int = 1) -> list[str]:
    """The up to `n` candidates most like a word, best first; none when nothing is like it.

    Case, hyphens and blanks do not count; swapped neighbours and abbreviations do well; dotted paths are compared
    part by part, and by the last part alone. Only the first 5 000 candidates are looked at, and no word of more than
    120 characters.
    """

    def folded(text: str) -> str:
        return text.casefold().replace("-", "_").replace(" ", "_")

    if len(word) > _LONGEST_WORD:
        return []
    scores = {
        candidate: _path_likeness(folded(word), folded(candidate))
        for candidate in itertools.islice(candidates, _MOST_CANDIDATES)
        if len(candidate) <= _LONGEST_WORD and candidate != word
    }
    likely = [candidate for candidate, score in scores.items() if score >= _CUTOFF]
    return sorted(likely, key=lambda candidate: -scores[candidate])[:n]


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The hint ``did you mean `honoured_share`?``, or None when no candidate is like the word."""
    found = nearest(word, candidates)
    return f"did you mean `{excerpt(found[0])}`?" if found else None


def syntax_problem(error: yaml.YAMLError, lines: Sequence[str], label: str) -> Problem:
    """What the YAML library found, in words for people, at the place where it can be mended."""
    at = getattr(error, "problem_mark", None)
    began = getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or error)
    if at is None:
        return Problem("SC101", "error", f"this is not YAML: {excerpt(said)}", Mark(label, 1, 1), _LOOK_AROUND)
    line = lines[at.line] if at.line < len(lines) else ""
    margin = line[: len(line) - len(line.lstrip(" \t"))]
    if "\t" in margin and at.column <= len(margin):
        words = "a tab in the indentation, where YAML takes only spaces"
        return Problem("SC102", "error", words, Mark(label, at.line + 1, margin.index("\t") + 1), "indent with spaces")
    words, hint, from_start = _worded(said, line, at, began, lines)
    place = began if from_start and began is not None else at
    if place.line >= len(lines):
        mark = Mark(label, max(1, len(lines)), len(lines[-1]) + 1 if lines else 1)
    else:
        mark = Mark(label, place.line + 1, place.column + 1)
    for number in (at.line, at.line + 1):
        if _HARD_SPACE.search("".join(lines[number - 1 : number])):
            hint = f"line {number} holds a non-breaking space (U+00A0); type it anew"
    return Problem("SC101", "error", words.replace("{char}", _char_at(lines, mark)), mark, hint)


def _char_at(lines: Sequence[str], mark: Mark) -> str:
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    return visible(line[mark.column - 1 : mark.column]) or "the end of the line"


def _worded(
    said: str, line: str, at: yaml.Mark, began: yaml.Mark | None, lines: Sequence[str]
) -> tuple[str, str, bool]:
    """Words, remedy, and whether the place is where the construct began."""
    if said.startswith("did not find expected ','") and began is not None:
        opener = lines[began.line][began.column : began.column + 1]
        closer = "}" if opener == "{" else "]"
        if not any(rest.strip() for rest in (line[at.column :], *lines[at.line + 1 :])):
            return f"the `{opener}` that stands here is never closed", f"add the `{closer}`", True
        return f"`,` or `{closer}` should stand here", f"the `{opener}` of line {began.line + 1} is still open", False
    starts_line = not line[: at.column].strip()
    if said.startswith("mapping values are not allowed"):
        again = ": " in line[: at.column]
        words = "a second colon in one line" if again else "a colon where no key can end"
        return words, _QUOTE_IT if again else "check the indentation of this line and the one above", False
    if said.startswith("did not find expected key"):
        if starts_line:
            return "a line that fits no block above it", "check the indentation of this line", False
        return "text behind a closing quote or bracket", "put all of the text in quotes", False
    for beginning, from_start, words, hint in _SYNTAX:
        if said.startswith(beginning):
            return words, hint, from_start
    return f"this is not YAML: {excerpt(said)}", _LOOK_AROUND, False
