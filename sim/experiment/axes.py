"""The values that an input is given one after the other, as they are written on the command line."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sim.errors import SimError, UsageError
from sim.scenario.changes import ASIDE, PROSE
from sim.timeline import parse_date

MOST_POINTS = 400
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_DATE_LIKE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_BRACKETS = frozenset("[]{}")
_HOW = "write PATH=FROM:TO:POINTS, like tension.start=0.5:1.5:5, or PATH=VALUE,VALUE,…"
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Axis:
    """An input and the values it is given, each as `--set` takes it."""

    path: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """One end of a range. A date is its ordinal, a percentage the fraction of 1."""

    number: float
    kind: str
    """`number`, `percent` or `date`."""


def read_axes(written: Sequence[str]) -> list[Axis]:
    """The axes of a sweep, from the texts of `--over`. Raises `UsageError`."""
    if not written:
        raise UsageError(f"--over is missing, which says what to sweep: {_HOW}")
    if len(written) > 2:
        raise UsageError(f"--over is there {len(written)} times: one input or two can be swept at once")
    axes = [read_axis(text) for text in written]
    for axis in axes:
        insist_on_input(axis.path, "--over")
    if len(axes) == 2 and axes[0].path == axes[1].path:
        raise UsageError(f"--over {axes[0].path} is there twice: sweep two different inputs, or write one list")
    points = math.prod(len(axis.texts) for axis in axes)
    if points > MOST_POINTS:
        product = " × ".join(str(len(axis.texts)) for axis in axes)
        many = f"{product} = {points}" if len(axes) == 2 else f"{points}"
        raise UsageError(f"--over asks for {many} points: at most {MOST_POINTS} are played")
    return axes


def insist_on_input(path: str, option: str) -> None:
    """Raise `SimError` where a path leads to what no run reads: a title, a source, evidence and the like."""
    keys = path.split(".")
    if keys[0] in ASIDE or keys[-1] in PROSE:
        raise SimError(f"{option} {path}: no run reads it, so the odds cannot depend on it")


def read_axis(written: str) -> Axis:
    """One `--over`: equal steps from one value to another, ends included, or a list. Raises `UsageError`."""
    path, equals, rest = (part.strip() for part in written.partition("="))
    if not equals or not path or not rest:
        raise UsageError(f"--over {written}: {_HOW}")
    parts = [part.strip() for part in rest.split(":")]
    if len(parts) == 1:
        return Axis(path, _listed(written, rest))
    if len(parts) != 3:
        raise UsageError(f"--over {written}: {_HOW}")
    return Axis(path, _stepped(written, *parts))


def read_end(text: str, option: str) -> End:
    """A number, a percentage or a date, as the end of a range; `option` is named in a refusal."""
    text = text.strip()
    if _DATE_LIKE.fullmatch(text):
        try:
            return End(float(parse_date(text).toordinal()), "date")
        except ValueError as problem:
            raise UsageError(f"{option}: {problem}") from None
    digits = text.removesuffix("%").strip()
    number = float(digits) if _NUMBER.fullmatch(digits) else math.nan
    if not math.isfinite(number):
        raise UsageError(f"{option}: `{text}` is no number and no date; write one like 0.4, 40 % or 2021-09-10")
    return End(number / 100.0, "percent") if text.endswith("%") else End(number, "number")


def steps(low: float, high: float, many: int) -> list[float]:
    """So many numbers at equal distances, the ends as they are; what only rounding keeps from 0 is 0."""
    numbers = [(low * (many - 1 - place) + high * place) / (many - 1) for place in range(many)]
    return [low, *(0.0 if abs(x) < 1e-12 * abs(high - low) else x for x in numbers[1:-1]), high]


def text_of(number: float, *, date: bool = False) -> str:
    """A number as `--set` takes it, without digits that only rounding made; a date from its ordinal."""
    if date:
        return dt.date.fromordinal(round(number)).isoformat()
    short = float(f"{number:.{_DIGITS}g}")
    return str(int(short)) if short == int(short) and abs(short) < 1e15 else repr(short)


def _listed(written: str, rest: str) -> tuple[str, ...]:
    if _BRACKETS & set(rest):
        raise UsageError(
            f"--over {written}: a list holds single values; blocks and lists are compared by `sim compare`"
        )
    texts = tuple(text.strip() for text in rest.split(","))
    if not all(texts):
        raise UsageError(f"--over {written}: a value of the list is empty; {_HOW}")
    if len(texts) < 2:
        raise UsageError(f"--over {written}: one value is no sweep; write at least two, or use --set")
    for text in texts:
        if texts.count(text) > 1:
            raise UsageError(f"--over {written}: `{text}` is there twice; write each value once")
    return texts


def _stepped(written: str, first: str, last: str, points: str) -> tuple[str, ...]:
    option = f"--over {written}"
    many = int(points) if points.isascii() and points.isdigit() else 0
    if many < 2:
        raise UsageError(f"{option}: `{points}` is no number of points; write a whole number from 2 to {MOST_POINTS}")
    if many > MOST_POINTS:
        raise UsageError(f"--over asks for {many} points: at most {MOST_POINTS} are played")
    low, high = read_end(first, option), read_end(last, option)
    if low.kind != high.kind:
        raise UsageError(f"{option}: `{first}` and `{last}` are of two sorts; write both as numbers, shares or dates")
    if low.number == high.number:
        raise UsageError(f"{option}: it ends where it begins; write two different values")
    numbers = steps(low.number, high.number, many)
    if low.kind == "percent":
        return tuple(f"{text_of(100.0 * number)} %" for number in numbers)
    texts = tuple(text_of(number, date=low.kind == "date") for number in numbers)
    if len(set(texts)) < many:
        days = abs(round(high.number - low.number)) + 1
        what = f"there are {days} days from {first} to {last}" if low.kind == "date" else "the values are too close"
        raise UsageError(f"{option}: {what}; ask for fewer points")
    return texts
