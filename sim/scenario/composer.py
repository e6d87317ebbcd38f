"""YAML text composed into a tree in which every key and value knows its place; no scalar is interpreted."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from sim.scenario.diagnostics import Mark, Problem, dotted, excerpt, syntax_problem

MAX_BYTES = 2_000_000
MAX_NODES = 20_000
MAX_DEPTH = 40

# The compiled loader is ten times faster; an installation without it reads the same trees.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LINE_BREAK = re.compile(r"\r\n|\r|\n")
# What YAML calls not printable, and the line separators on which editors and YAML disagree about line numbers.
_BARRED = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_DIRECTIVE = re.compile(r"(?:\A|(?<=[\n\r]))%")
_GAP = re.compile(r"(?:[ \t\r\n]|(?<=[ \t\r\n])#[^\r\n]*)*")
_PROPERTIES = re.compile(rf"(?:[&!][^ \t\r\n]*{_GAP.pattern})+")
_KEY_LIKE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_PROSE_KEYS = frozenset({"about", "source", "text", "title", "unit"})
_NULLS = frozenset({"", "~", "null"})
_CORE_TAG = "tag:yaml.org,2002:"
_MOST_BARRED = 20


@dataclass(frozen=True)
class Scalar:
    """One text exactly as written; None for an empty plain scalar, `~` and `null`. `plain` is false in quotes."""

    text: str | None
    mark: Mark
    plain: bool


@dataclass(frozen=True)
class Entry:
    """A value in a mapping, with the place of its key."""

    key_mark: Mark
    node: Node


@dataclass(frozen=True)
class Mapping:
    """Keys and their values in the order of the text."""

    items: dict[str, Entry]
    mark: Mark


@dataclass(frozen=True)
class Sequence:
    """Values in a row."""

    items: list[Node]
    mark: Mark


Node: TypeAlias = Scalar | Mapping | Sequence


@dataclass(frozen=True)
class Fragment:
    """A piece of YAML whose top may be of any kind; the node is None when the text is empty or unreadable."""

    node: Node | None
    lines: tuple[str, ...]
    problems: list[Problem]


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a text without their ends, a byte order mark in front left out; CRLF, CR and LF end a line."""
    lines = LINE_BREAK.split(text.removeprefix("\ufeff"))
    return tuple(lines[:-1] if len(lines) > 1 and not lines[-1] else lines)


def compose_value(text: str, label: str) -> Fragment:
    """Any YAML text as a tree, with every problem that can be found in one reading. Nothing is raised."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        words = f"the text is larger than {MAX_BYTES // 1_000_000} MB"
        problem = Problem("SC109", "error", words, Mark(label, 1, 1), "check that this is a scenario file")
        return Fragment(None, (), [problem])
    cleaned, problems = _cleaned(text.removeprefix("\ufeff"), label)
    composer = _Composer(cleaned, label)
    composer.run()
    problems = sorted(problems + composer.problems, key=place_of)
    return Fragment(composer.root, split_lines(text), problems)


def place_of(problem: Problem) -> tuple[int, int]:
    """Line and column of a problem, to sort by."""
    return (0, 0) if problem.mark is None else (problem.mark.line, problem.mark.column)


def _cleaned(text: str, label: str) -> tuple[str, list[Problem]]:
    """The text with what YAML stumbles over blanked out, place by place, so that the rest can still be read."""
    problems: list[Problem] = []
    if _BARRED.search(text):
        for number, line in enumerate(LINE_BREAK.split(text), start=1):
            found = _BARRED.search(line)
            if found is not None and len(problems) < _MOST_BARRED:
                problems.append(_barred(found.group(), Mark(label, number, found.start() + 1)))
        text = _BARRED.sub("\ufffd", text)
    directive = _DIRECTIVE.search(text)
    if directive is not None:
        # Many directives take YAML quadratic time, so they become comments.
        line = len(LINE_BREAK.findall(text, 0, directive.start())) + 1
        words = "a line that starts with `%` is a YAML directive, which scenario files do not use"
        problems.append(Problem("SC116", "error", words, Mark(label, line, 1), "delete this line"))
        text = _DIRECTIVE.sub("#", text)
    return text, problems


def _barred(char: str, mark: Mark) -> Problem:
    name = unicodedata.name(char, "half a character" if "\ud800" <= char <= "\udfff" else "a control character")
    words = f"U+{ord(char):04X} ({name.lower()}) is not allowed in a scenario file"
    return Problem("SC103", "error", words, mark, "delete it")


class _ReadingEndsError(Exception):
    """Nothing more can be read; the problem is already noted."""


@dataclass(frozen=True)
class _Piece:
    """A finished node on its way into the tree.

    `size` counts its nodes with aliases written out, `height` its levels; `raw` is a scalar's text as written, `end`
    the index behind it; `absent` says that it is the value of a key in braces that has not even a colon.
    """

    node: Node
    mark: Mark
    size: int = 1
    height: int = 0
    raw: str | None = None
    end: int = 0
    absent: bool = False


@dataclass
class _Frame:
    """A mapping or sequence that is being read.

    `key` waits for its value; `last` is where the last value went, `unclosed` the parentheses still open in it, and
    `cut` the pieces of values that unquoted commas broke.
    """

    node: Mapping | Sequence
    flow: bool
    anchor: str | None
    size: int = 1
    height: int = 1
    key: _Piece | None = None
    last: str | int | None = None
    unclosed: int = 0
    cut: dict[str | int, list[str]] = field(default_factory=dict)


class _Composer:
    """Builds the tree from YAML's flat events: no recursion, so that no text can exhaust the stack."""

    def __init__(self, text: str, label: str) -> None:
        self.text = text
        self.label = label
        self.lines = split_lines(text)
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.frames: list[_Frame] = []
        self.anchors: dict[str, _Piece | None] = {}
        self.size = 0
        self.documents = 0

    def run(self) -> None:
        """Read all events, or up to the first thing that cannot be passed over."""
        try:
            for event in yaml.parse(self.text, Loader=_LOADER):
                self._take(event)
        except _ReadingEndsError:
            pass
        except yaml.YAMLError as error:
            self.problems.append(syntax_problem(error, self.lines, self.label))
        while self.frames:
            self._close()

    def _note(self, code: str, text: str, mark: Mark, hint: str | None = None) -> None:
        self.problems.append(Problem(code, "error", text, mark, hint))

    def _path(self, *more: str | int) -> str:
        """The dotted path of the value that is being read, cut to a length that fits a message."""
        parts: list[str | int] = []
        for frame in self.frames:
            if isinstance(frame.node, Sequence):
                parts.append(len(frame.node.items))
            elif frame.key is not None:
                parts.append(frame.key.raw or "?")
        return excerpt(dotted([*parts, *more]), 90)

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                words = "a second document begins here; a scenario file holds one"
                self._note("SC110", words, self._mark(event), "delete the `---`, or put the rest in a file of its own")
                raise _ReadingEndsError
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.NodeEvent):
            self._check_size(1, 0, event)
            tag = getattr(event, "tag", None)
            if tag is not None:
                words = f"`{excerpt(tag.replace(_CORE_TAG, '!!', 1))}` is a YAML tag, which scenario files do not use"
                self._note("SC106", words, self._mark(event), "delete it, or put the text in quotes")
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            else:
                self._open(event)

    def _mark(self, event: yaml.Event) -> Mark:
        line, column, _ = _position(event.start_mark)
        return Mark(self.label, line + 1, column + 1)

    def _check_size(self, size: int, height: int, event: yaml.Event) -> None:
        """Stop before the tree is too large or too deep, with aliases counted as if written out."""
        self.size += size
        if self.size > MAX_NODES:
            words = f"more than {MAX_NODES} keys and values up to here, with aliases written out"
            self._note("SC109", words, self._mark(event), "use fewer aliases or a smaller file")
            raise _ReadingEndsError
        if len(self.frames) + height > MAX_DEPTH:
            words = f"more than {MAX_DEPTH} levels of mappings and lists inside each other"
            self._note("SC109", words, self._mark(event), "use fewer levels")
            raise _ReadingEndsError

    def _alias(self, event: yaml.AliasEvent) -> None:
        name, mark = event.anchor or "", self._mark(event)
        piece = self.anchors.get(name)
        if piece is not None:
            self._check_size(piece.size, piece.height, event)
            self._place(_Piece(piece.node, mark, piece.size, piece.height))
            return
        if name in self.anchors:
            words = f"the alias `*{excerpt(name)}` stands inside its own anchor `&{excerpt(name)}`"
        else:
            words = f"the alias `*{excerpt(name)}` has no anchor `&{excerpt(name)}` above it"
        self._note("SC108", words, mark, f'if it is text, put it in quotes: "*{excerpt(name)}"')
        self._place(_Piece(Scalar(f"*{name}", mark, plain=True), mark))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        mark, is_plain, end = self._mark(event), not event.style, _position(event.end_mark)[2]
        if event.value and (event.anchor is not None or event.tag is not None):
            mark = self._behind_properties(mark, _position(event.start_mark)[2])
        text = None if is_plain and event.value in _NULLS else event.value
        absent = is_plain and end == _position(event.start_mark)[2] and self._lacks_colon()
        piece = _Piece(Scalar(text, mark, is_plain), mark, 1, 0, event.value, end, absent)
        if event.anchor is not None:
            self.anchors[event.anchor] = piece
        self._place(piece)

    def _behind_properties(self, mark: Mark, index: int) -> Mark:
        """The place of a scalar itself, where YAML gives that of the anchor or tag before it."""
        found = _PROPERTIES.match(self.text, index)
        passed = LINE_BREAK.split("" if found is None else found.group())
        column = mark.column if len(passed) == 1 else 1
        return Mark(self.label, mark.line + len(passed) - 1, column + len(passed[-1]))

    def _lacks_colon(self) -> bool:
        """Whether an empty value belongs to a key in braces that is followed by no colon."""
        frame = self.frames[-1] if self.frames else None
        if frame is None or not frame.flow or frame.key is None or frame.key.raw is None:
            return False
        gap = _GAP.match(self.text, frame.key.end)
        return gap is not None and not self.text.startswith(":", gap.end())

    def _open(self, event: yaml.NodeEvent) -> None:
        mark = self._mark(event)
        self._check_size(0, 1, event)
        node = Mapping({}, mark) if isinstance(event, yaml.MappingStartEvent) else Sequence([], mark)
        self.frames.append(_Frame(node, bool(getattr(event, "flow_style", False)), event.anchor))
        if event.anchor is not None:
            self.anchors[event.anchor] = None

    def _close(self) -> None:
        frame = self.frames.pop()
        for place, parts in frame.cut.items():
            self._mend(frame.node, place, ", ".join(parts))
        piece = _Piece(frame.node, frame.node.mark, frame.size, frame.height)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = piece
        self._place(piece)

    def _place(self, piece: _Piece) -> None:
        """Put a finished node where it belongs: the top, a list, a key, or the value of the waiting key."""
        if not self.frames:
            self.root = piece.node
            return
        frame = self.frames[-1]
        frame.size += piece.size
        frame.height = max(frame.height, piece.height + 1)
        if isinstance(frame.node, Sequence):
            self._append(frame, frame.node, piece)
        elif frame.key is None:
            frame.key = piece
        else:
            if piece.absent:
                self._carry_on(frame, frame.node, frame.key)
            else:
                self._enter(frame, frame.node, frame.key, piece)
            frame.key = None

    def _append(self, frame: _Frame, node: Sequence, piece: _Piece) -> None:
        is_plain = isinstance(piece.node, Scalar) and piece.node.plain and piece.raw is not None
        if is_plain and frame.flow and frame.unclosed > 0 and frame.last is not None:
            self._join(frame, frame.last, node.items[-1], piece.raw or "")
            return
        node.items.append(piece.node)
        frame.last = len(node.items) - 1
        raw = piece.raw or ""
        frame.unclosed = _unclosed(raw) if is_plain and raw.startswith("=") else 0

    def _enter(self, frame: _Frame, node: Mapping, key: _Piece, piece: _Piece) -> None:
        frame.last = None
        mark = key.mark
        if not isinstance(key.node, Scalar) or key.raw is None:
            self._note("SC105", "a key is one plain text, never a list, a mapping or an alias", mark, "write a name")
        elif key.node.text is None:
            words = f"the key is `{key.raw}`, which means nothing" if key.raw else "a key is missing here"
            self._note("SC105", words, mark, "write a name before the colon")
        elif key.raw == "<<" and key.node.plain:
            words = "`<<` is a YAML merge key, which scenario files do not use"
            self._note("SC107", words, mark, "use `extends`, or repeat the keys")
        elif key.raw in node.items:
            first = node.items[key.raw].key_mark.line
            self._note(
                "SC104", f"`{self._path()}` is given twice; first on line {first}", mark, "delete one of the two"
            )
        else:
            node.items[key.raw] = Entry(mark, piece.node)
            frame.last = key.raw
            is_plain = isinstance(piece.node, Scalar) and piece.node.plain
            frame.unclosed = _unclosed(piece.raw or "") if is_plain else 0

    def _carry_on(self, frame: _Frame, node: Mapping, key: _Piece) -> None:
        """A key in braces with neither colon nor value: most often the rest of a text that a comma cut."""
        raw = key.raw or ""
        if isinstance(frame.last, str):
            before = node.items[frame.last].node
            cuttable = isinstance(before, Scalar) and before.plain and before.text is not None
            likely = frame.unclosed > 0 or frame.last in _PROSE_KEYS or not _KEY_LIKE.fullmatch(raw)
            if cuttable and likely:
                self._join(frame, frame.last, before, raw)
                return
        frame.last = None
        words = f"`{self._path()}` has neither colon nor value"
        self._note("SC115", words, key.mark, f"write `{excerpt(raw)}: …`; `{excerpt(raw)}: null` deletes")

    def _join(self, frame: _Frame, place: str | int, before: Node, raw: str) -> None:
        if place not in frame.cut:
            frame.cut[place] = [before.text or ""] if isinstance(before, Scalar) else []
        frame.cut[place].append(raw)
        frame.unclosed += _unclosed(raw)

    def _mend(self, node: Mapping | Sequence, place: str | int, text: str) -> None:
        """Report a value that commas cut and put it together, so that nothing else is said about the pieces."""
        if isinstance(node, Mapping) and isinstance(place, str):
            entry = node.items[place]
            mark = entry.node.mark
            node.items[place] = Entry(entry.key_mark, Scalar(text, mark, plain=True))
        elif isinstance(node, Sequence) and isinstance(place, int):
            mark = node.items[place].mark
            node.items[place] = Scalar(text, mark, plain=True)
        else:
            return
        quote = "'" if '"' in text else '"'
        code, what = ("SC113", "formula") if text.startswith("=") else ("SC114", "text")
        within = "{…}" if isinstance(node, Mapping) else "[…]"
        words = f"the {what} of `{self._path(place)}` is cut at its comma, because it stands in {within} without quotes"
        self._note(code, words, mark, f"write {quote}{excerpt(text)}{quote}")


def _position(mark: Any) -> tuple[int, int, int]:
    """Line, column and index of a YAML mark, all from 0; its two implementations share no type."""
    return mark.line, mark.column, mark.index


def _unclosed(text: str) -> int:
    return text.count("(") - text.count(")")
