"""Comparisons of scenarios; every number is invented but hangs together, the extremes included."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

from sim.records.comparison import ComparedPart, Comparison, Difference, GapPart
from sim.records.paths import Fan
from sim.records.result import Result
from tests.report import sample

RUNS = 16384
LONG = "pullback_in_full_with_all_of_the_equipment_of_the_41st_army_and_no_exercise_in_september_or_later"

# Odds of each kind in each scenario: a full pullback, no exercise, and others.
VARIANTS: dict[str, tuple[str, tuple[float, float, float, float]]] = {
    "spring-2021": ("", (0.2043, 0.0518, 0.0337, 0.0121)),
    "honest_full_pullback": ("all of the surge goes home, and its equipment", (0.1180, 0.0521, 0.0280, 0.0122)),
    "equipment_taken_home": ("the order as it is, but the equipment goes home", (0.1721, 0.0511, 0.0316, 0.0121)),
    "no_zapad": ("", (0.1851, 0.0515, 0.0331, 0.0121)),
    "sanctions_bite": ("", (0.1858, 0.0520, 0.0301, 0.0120)),
    "no_sanctions": ("", (0.2047, 0.0517, 0.0338, 0.0121)),
    "summit_fails": ("the meeting is held and settles nothing", (0.2141, 0.0536, 0.0351, 0.0121)),
}


def shifted(name: str, odds: Sequence[float], days: int = 0) -> Result:
    """The sample's result with these odds by kind, its onsets some days later."""
    result = sample.result()
    total = sum(odds)
    result["scenario"]["name"] = name
    result["odds"] |= {"p": total, "se": sample.estimate(total)["se"]}
    reach = 1.96 * (result["odds"]["se"] or 0.0)
    result["odds"] |= {"interval": [total - reach, total + reach]}
    result["odds"] |= {"belief_interval": [0.3 * total, min(1.8 * total, 0.99)]}
    result["kinds"] = {
        kind: {"first": sample.estimate(p), "any": sample.estimate(1.2 * p), "counted": True}
        for kind, p in zip(sample.FIRST, odds, strict=True)
    }
    shares = sample.growth()[1]
    later = [0.0] * days + shares[: len(shares) - days]
    curve = [share * total / later[-1] for share in later]
    dates = [part["date"] for part in result["cumulative"]]
    result["cumulative"] = [{"date": date, **sample.estimate(p)} for date, p in zip(dates, curve, strict=True)]
    ends = {date[:7]: p for date, p in zip(dates, curve, strict=True)}
    starts = [0.0, *list(ends.values())[:-1]]
    result["months"] = [
        {"month": month, **sample.estimate(end - start)}
        for (month, end), start in zip(ends.items(), starts, strict=True)
    ]
    return result


def part(result: Result, about: str = "") -> ComparedPart:
    """A scenario of a comparison, from its own result."""
    return {
        "name": result["scenario"]["name"],
        "about": about,
        "scenario": "spring-2021",
        "source": "scenarios/spring-2021.yaml",
        "title": result["scenario"]["title"],
        "sha256": result["scenario"]["sha256"],
        "question": result["question"],
        "odds": result["odds"],
        "kinds": result["kinds"],
        "months": result["months"],
        "cumulative": result["cumulative"],
        "counts": result["counts"],
        "warnings": [],
    }


def gap(difference: float) -> GapPart:
    """A difference with a plausible paired error: that of the runs that flip."""
    return {"difference": difference, "se": math.sqrt(1.3 * abs(difference) / RUNS) if difference else None}


def difference(first: ComparedPart, other: ComparedPart) -> Difference:
    """How the other differs from the first; windows that differ leave months and dates empty."""
    by = other["odds"]["p"] - first["odds"]["p"]
    extreme = abs(by) in (0.0, 1.0)
    most, least = (RUNS * abs(by), 0.0) if extreme else (1.15 * RUNS * abs(by), 0.15 * RUNS * abs(by))
    up, down = (least, most) if by < 0.0 else (most, least)
    told = gap(by)
    reach = 1.96 * (told["se"] or 0.0) or 0.00146
    same = first["question"]["opens"] == other["question"]["opens"]
    return {
        "from": first["name"],
        "to": other["name"],
        **told,
        "interval": [max(by - reach, -1.0), min(by + reach, 1.0)],
        "level": 0.95,
        "flips": {"to_crisis": round(up), "to_calm": round(down)},
        "runs": RUNS,
        "sign_p": 1.0 if not by else 0.001,
        "variance_ratio": 6.4 if by else None,
        "kinds": {
            kind: gap(other["kinds"][kind]["first"]["p"] - mine["first"]["p"])
            for kind, mine in first["kinds"].items()
            if kind in other["kinds"]
        },
        "months": [
            {"month": mine["month"], **gap(theirs["p"] - mine["p"])}
            for mine, theirs in zip(first["months"], other["months"], strict=same)
        ]
        if same
        else [],
        "cumulative": [
            {"date": mine["date"], **gap(theirs["p"] - mine["p"])}
            for mine, theirs in zip(first["cumulative"], other["cumulative"], strict=same)
        ]
        if same
        else [],
        "changes": [{"path": "pullbacks.april.honoured_share", "before": "0.03 to 0.60", "after": "1"}],
    }


def compared(parts: Sequence[ComparedPart]) -> Comparison:
    """A comparison of scenarios, each with the first."""
    return {
        "schema": 1,
        "scenarios": list(parts),
        "differences": [difference(parts[0], other) for other in parts[1:]],
        "stories": [],
        "design": {"worlds": 2048, "replays": 8, "runs": RUNS * len(parts), "seed": 1, "stopped_by": "design"},
        "warnings": [],
    }


def comparison(names: Sequence[str] = tuple(VARIANTS)) -> Comparison:
    """The variants of the flagship, or some of them, the first as the one compared with."""
    days = {"no_zapad": 12, "summit_fails": 0}
    chosen: Mapping[str, tuple[str, tuple[float, float, float, float]]] = {name: VARIANTS[name] for name in names}
    return compared([part(shifted(name, odds, days.get(name, 0)), about) for name, (about, odds) in chosen.items()])


def many(count: int = 12, name: str = LONG) -> Comparison:
    """A crowd with long names and long reasons."""
    parts = []
    for number in range(count):
        odds = [p * (1.0 + 0.05 * (number - count / 3)) for p in sample.FIRST.values()]
        about = "why this was tried is told here at some length, with the order that it takes at its word " * 2
        parts.append(part(shifted(f"{name}_{number}", odds, 3 * number), about if number % 2 else ""))
    return compared(parts)


def alike(count: int = 3) -> Comparison:
    """Scenarios in which no run comes out differently: differences of 0 with a bound, and no error."""
    return compared([part(shifted(f"copy_{number}", list(sample.FIRST.values()))) for number in range(count)])


def certain(*answers: bool) -> Comparison:
    """Scenarios in which every run or no run is a hit."""
    parts = []
    for number, answer in enumerate(answers):
        result = sample.certain(answer)
        result["scenario"]["name"] = f"{'always' if answer else 'never'}_{number}"
        parts.append(part(result))
    return compared(parts)


def other_window() -> Comparison:
    """A second scenario that asks about other dates."""
    found = comparison(("spring-2021", "no_zapad"))
    later = found["scenarios"][1]
    later["question"] = {**later["question"], "opens": "2021-09-01", "closes": "2022-03-31"}
    days = [dt.date(2021, 9, 1) + dt.timedelta(days=number) for number in range(0, 212)]
    later["cumulative"] = [{"date": day.isoformat(), **sample.estimate(0.001 * n)} for n, day in enumerate(days, 1)]
    later["odds"] |= {"p": 0.212}
    return compared(found["scenarios"])


def years(months: int) -> Comparison:
    """Two scenarios over a window of many months."""
    found = comparison(("spring-2021", "honest_full_pullback", "summit_fails"))
    names = [f"{2021 + number // 12}-{number % 12 + 1:02d}" for number in range(6, 6 + months)]
    for number, entry in enumerate(found["scenarios"]):
        entry["question"] = {**entry["question"], "opens": f"{names[0]}-01", "closes": f"{names[-1]}-28"}
        total = entry["odds"]["p"]
        entry["months"] = [{"month": name, **sample.estimate(total / months)} for name in names]
        entry["cumulative"] = [
            {"date": f"{name}-28", **sample.estimate(total * ((place + 1) / months) ** (1.0 + number))}
            for place, name in enumerate(names)
        ]
    return compared(found["scenarios"])


def fans(names: Sequence[str], scales: Sequence[float]) -> list[tuple[str, Fan]]:
    """The sample's fan for each name, its values times a scale."""
    return [(name, sample.fan(scale=scale)) for name, scale in zip(names, scales, strict=True)]


def many_kinds() -> Comparison:
    """Twelve kinds with long names, ten of them counted; the second scenario has twice the odds of half of them."""
    first, second = sample.crowded(), sample.crowded()
    first["scenario"]["name"], second["scenario"]["name"] = "crowded", "more_crowded"
    for number, kind in enumerate(second["kinds"]):
        second["kinds"][kind]["first"]["p"] *= 2.0 if number % 2 else 1.0
    return compared([part(first), part(second)])
