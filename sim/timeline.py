"""Dates and days: day 0.0 is 00:00 of the date on which the clock starts."""

from __future__ import annotations

import datetime as dt
import math
import re

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_date(text: str) -> dt.date:
    """Read an ISO date, `2021-09-10`.

    Raises `ValueError` with a message for the user when the text is no date of the calendar.
    """
    if not _ISO.fullmatch(text):
        raise ValueError(f"`{text}` is not a date; write year-month-day, like 2021-09-10")
    try:
        return dt.date.fromisoformat(text)
    except ValueError as problem:
        raise ValueError(f"`{text}` is not a date of the calendar ({problem})") from None


def days_between(start: dt.date, date: dt.date) -> float:
    """Days from 00:00 of `start` to 00:00 of `date`; negative before the start."""
    return float((date - start).days)


def date_at(start: dt.date, day: float) -> dt.date:
    """The date that holds an instant, `day` days after 00:00 of `start`."""
    return start + dt.timedelta(days=math.floor(day))


def moment_at(start: dt.date, day: float) -> str:
    """An instant as text to the minute, `2021-09-10 06:30`."""
    moment = dt.datetime.combine(start, dt.time()) + dt.timedelta(days=day)
    return moment.strftime("%Y-%m-%d %H:%M")


def month_edges(opens: dt.date, end: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """Calendar months that a window [opens, end) meets: label `2021-07`, first date, end date."""
    edges = []
    first = opens
    while first < end:
        following = dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)
        last = min(following, end)
        edges.append((f"{first.year:04d}-{first.month:02d}", first, last))
        first = last
    return edges
