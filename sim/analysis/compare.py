"""Scenarios beside each other: the odds of each, and how each differs from the first, run by run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.estimates.odds import LEVEL, Totals
from sim.experiment.asked import few_worlds_part
from sim.experiment.fold import calendar
from sim.experiment.plan import Design
from sim.experiment.together import Gaps, Together, same_window
from sim.records import comparison as c
from sim.records.result import Result, WarningPart
from sim.scenario.changes import changes
from sim.scenario.load import Scenario

TOO_FEW = "CMP4"
"""Code of the warning that too few worlds were played."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One scenario of a comparison: its name there, what it is about, where it is written, and its forecast."""

    name: str
    about: str
    source: str
    scenario: Scenario
    result: Result


def compare(compared: Sequence[Compared], together: Together, design: Design) -> c.Comparison:
    """Everything that `comparison.json` holds but the stories; every scenario has a finished run.

    Raises `ValueError` where no run finished both in the first scenario and in another.
    """
    first = compared[0]
    return {
        "schema": c.SCHEMA,
        "scenarios": [_part(entry) for entry in compared],
        "differences": [
            _difference(first, entry, gaps) for entry, gaps in zip(compared[1:], together.gaps, strict=True)
        ],
        "stories": [],
        "design": {
            "worlds": design.worlds,
            "replays": design.replays,
            "runs": design.worlds * design.replays * len(compared),
            "seed": design.seed,
            "stopped_by": "design",
        },
        "warnings": [*_warnings(compared), *few_worlds_part(design.worlds, TOO_FEW)],
    }


def _part(entry: Compared) -> c.ComparedPart:
    result = entry.result
    return {
        "name": entry.name,
        "about": entry.about,
        "scenario": entry.scenario.name,
        "source": entry.source,
        "title": result["scenario"]["title"],
        "sha256": result["scenario"]["sha256"],
        "question": result["question"],
        "odds": result["odds"],
        "kinds": result["kinds"],
        "months": result["months"],
        "cumulative": result["cumulative"],
        "counts": result["counts"],
        "warnings": result["warnings"],
    }


def _difference(base: Compared, other: Compared, gaps: Gaps) -> c.Difference:
    paired = gaps.paired(LEVEL)
    months: list[str] = []
    dates: list[str] = []
    if same_window(base.scenario, other.scenario):
        asked = calendar(base.scenario)
        months, dates = [label for label, _ in asked.months], [date.isoformat() for date in asked.dates]
    changed = changes(base.scenario.resolved, other.scenario.resolved)
    return {
        "from": base.name,
        "to": other.name,
        "difference": paired.difference,
        "se": paired.se,
        # the same question has the same answer, however little is played
        "interval": list(paired.interval) if changed else [0.0, 0.0],
        "level": LEVEL,
        "flips": {"to_crisis": paired.flips_up, "to_calm": paired.flips_down},
        "runs": paired.runs,
        "sign_p": paired.sign_p,
        "variance_ratio": _variance_ratio(base.result, other.result, paired.se),
        "kinds": {name: _gap(sums) for name, sums in gaps.kinds.items()},
        "months": [
            {"month": label, "difference": sums.share, "se": _error(sums)}
            for label, sums in zip(months, gaps.months, strict=True)
        ],
        "cumulative": [
            {"date": label, "difference": sums.share, "se": _error(sums)}
            for label, sums in zip(dates, gaps.dates, strict=True)
        ],
        "changes": [{"path": change.path, "before": change.before, "after": change.after} for change in changed],
    }


def _gap(sums: Totals) -> c.GapPart:
    return {"difference": sums.share, "se": _error(sums)}


def _error(sums: Totals) -> float | None:
    """The standard error by worlds; None where all worlds differ alike, which does not make it 0."""
    return None if sums.scatter == 0 else sums.error


def _variance_ratio(base: Result, other: Result, se: float | None) -> float | None:
    """Variance of the difference, had each scenario had worlds and luck of its own, over that of the paired one.

    Independent estimates add their variances: (se₁² + se₂²)/se² (methods of common random numbers; Glasserman & Yao
    1992, Management Science 38: 884–908).
    """
    one, two = base["odds"]["se"], other["odds"]["se"]
    return None if not se or one is None or two is None else (one * one + two * two) / (se * se)


def _warnings(compared: Sequence[Compared]) -> list[WarningPart]:
    """Warnings of the comparison itself, not of a scenario."""
    base, found = compared[0], []
    for other in compared[1:]:
        if not same_window(base.scenario, other.scenario):
            text = f"{other.name} asks about other dates than {base.name}: months and dates are not compared"
            found.append(WarningPart(code="CMP1", path=other.name, text=text))
        if other.result["question"]["kinds"] != base.result["question"]["kinds"]:
            text = f"{other.name} counts other kinds than {base.name}: the difference is also one of definition"
            found.append(WarningPart(code="CMP2", path=other.name, text=text))
        if base.scenario.file.clock.starts != other.scenario.file.clock.starts:
            text = f"{other.name} starts its clock on another day than {base.name}: luck is shared by day of the clock"
            found.append(WarningPart(code="CMP3", path=other.name, text=text))
    return found
