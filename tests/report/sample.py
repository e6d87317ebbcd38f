"""One realistic result with its marks and fans; every number is invented but hangs together."""

from __future__ import annotations

import copy
import datetime as dt
import math

import numpy as np

from sim.records.outcomes import Floats
from sim.records.paths import Fan, Mark
from sim.records.result import Estimate, MonthPart, QuietPart, Result

WORLDS = 2048
CLOCK_START = dt.date(2021, 4, 22)
OPENS = dt.date(2021, 7, 1)
CLOSES = dt.date(2021, 12, 31)
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)

FIRST = {"build_up": 0.2043, "clash": 0.0518, "ultimatum": 0.0337, "other": 0.0121}
ANY = {"build_up": 0.2381, "clash": 0.0702, "ultimatum": 0.0614, "other": 0.0139}
MONTHS = {
    "2021-07": 0.0391,
    "2021-08": 0.0502,
    "2021-09": 0.0704,
    "2021-10": 0.0612,
    "2021-11": 0.0453,
    "2021-12": 0.0357,
}


def estimate(p: float) -> Estimate:
    """A probability with a plausible error by worlds."""
    return {"p": p, "se": math.sqrt(p * (1.0 - p) / (WORLDS * 5.0))}


def growth() -> tuple[list[str], list[float]]:
    """Shares of the final odds reached by the end of each day, 0 to 1, following the months."""
    edges = [dt.date(2021, month, 1) for month in range(7, 13)] + [CLOSES + dt.timedelta(days=1)]
    reached = np.concatenate([[0.0], np.cumsum(list(MONTHS.values()))]) / sum(MONTHS.values())
    dates = [OPENS + dt.timedelta(days=day) for day in range(184)]
    ends = [date.toordinal() + 1 for date in dates]
    shares = np.interp(ends, [edge.toordinal() for edge in edges], reached)
    return [date.isoformat() for date in dates], [float(share) for share in shares]


def by_kind() -> dict[str, tuple[list[str], list[float]]]:
    """Cumulative odds of the first counted onset, kind by kind."""
    dates, shares = growth()
    return {kind: (dates, [p * share for share in shares]) for kind, p in FIRST.items()}


def _months() -> list[MonthPart]:
    return [{"month": month, **estimate(p)} for month, p in MONTHS.items()]


def _given_quiet() -> list[QuietPart]:
    total = sum(MONTHS.values())
    passed = 0.0
    parts: list[QuietPart] = []
    for month, p in MONTHS.items():
        quiet = 1.0 - passed
        parts.append({"until": f"{month}-01", "p_rest": (total - passed) / quiet, "n": round(16384 * quiet)})
        passed += p
    return parts


def result() -> Result:
    """The flagship question, answered with odds of 30 %; a fresh copy at every call."""
    dates, shares = growth()
    total = sum(FIRST.values())
    return {
        "schema": 1,
        "scenario": {
            "name": "spring-2021",
            "title": "Does the Russia-Ukraine crisis return in the second half of 2021?",
            "sha256": "8d5f" * 16,
        },
        "question": {
            "text": "Does a new crisis of a counted kind begin in the second half of 2021?",
            "opens": OPENS.isoformat(),
            "closes": CLOSES.isoformat(),
            "kinds": list(FIRST),
        },
        "odds": {
            "p": total,
            "se": 0.00471,
            "interval": [total - 0.00923, total + 0.00923],
            "level": 0.95,
            "method": "worlds",
            "belief_interval": [0.0814, 0.5786],
            "belief_reason": None,
            "V": 0.0243,
            "V_se": 0.0016,
            "W": 0.1865,
            "words": "unlikely",
        },
        "kinds": {
            kind: {"first": estimate(FIRST[kind]), "any": estimate(ANY[kind]), "counted": True} for kind in FIRST
        },
        "months": _months(),
        "cumulative": [{"date": date, **estimate(total * share)} for date, share in zip(dates, shares, strict=True)],
        "given_quiet": _given_quiet(),
        "before": {
            "in_progress_at_opening": estimate(0.0312),
            "onset_before_opening": estimate(0.0581),
            "in_window_or_in_progress": estimate(0.3198),
        },
        "pathways": [
            {"kind": "build_up", "root": "build_ups.main", "flags": [], **estimate(0.0921)},
            {"kind": "build_up", "root": "build_ups.main", "flags": ["exercises.zapad.on"], **estimate(0.0617)},
            {"kind": "clash", "root": "incidents.donbas", "flags": [], **estimate(0.0402)},
            {
                "kind": "build_up",
                "root": "build_ups.main",
                "flags": ["exercises.zapad.on", "intent.prepare"],
                **estimate(0.0288),
            },
            {"kind": "ultimatum", "root": "crises.ultimatum", "flags": ["intent.prepare"], **estimate(0.0264)},
            {"kind": "other", "root": "crises.other", "flags": [], **estimate(0.0121)},
            {"kind": "clash", "root": "incidents.donbas", "flags": ["exercises.sea_breeze.on"], **estimate(0.0077)},
            {"kind": "ultimatum", "root": "crises.ultimatum", "flags": [], **estimate(0.0059)},
        ],
        "assumptions": [
            {
                "path": "pullbacks.april.honoured_share",
                "form": "logit-normal",
                "unit": None,
                "p5": 0.03,
                "p50": 0.1768,
                "p95": 0.6,
                "source": "flagship 1.3",
                "clamped": 0.0,
            },
        ],
        "states": {
            "intent": {
                "restrain": {**estimate(0.1532), "share": 0.451},
                "coerce": {**estimate(0.3719), "share": 0.4502},
                "prepare": {**estimate(0.6541), "share": 0.0988},
            }
        },
        "ladder": [
            {"kind": "rise_15k", "definition": "rise of 15,000 troops or more for 7 days", **estimate(0.3811)},
            {"kind": "rise_50k", "definition": "rise of 50,000 troops or more for 7 days", **estimate(0.1243)},
            {"kind": "rise_30k_30d", "definition": "rise of 30,000 troops or more for 30 days", **estimate(0.1702)},
        ],
        "outside_view": [
            {
                "name": "build_up_again",
                "p": 42.5 / 121.0,
                "interval": [0.2815, 0.4239],
                "k": 42.0,
                "n": 120.0,
                "source": "Militarized disputes, incident level, 1993-2014, definition D2",
                "matches": "build_up",
            },
            {
                "name": "icb_crisis",
                "p": 57.5 / 675.0,
                "interval": [0.0683, 0.1037],
                "k": 57.0,
                "n": 674.0,
                "source": "International Crisis Behavior v15, 1946-2019",
                "matches": "all",
            },
        ],
        "design": {"worlds": WORLDS, "replays": 8, "runs": 16384, "seed": 1, "stopped_by": "design"},
        "counts": {"finished": 16384, "failed": 0, "reasons": {}},
        "warnings": [],
    }


def certain(answer: bool) -> Result:
    """The extremes: no run or every run is a hit, no belief interval, no outside view, one kind."""
    odds = 1.0 if answer else 0.0
    changed = copy.deepcopy(result())
    changed["odds"] |= {
        "p": odds,
        "se": None,
        "interval": [0.99854, 1.0] if answer else [0.0, 0.00146],
        "method": "bound",
        "belief_interval": None,
        "belief_reason": "every run of every world gave the same answer, so the spread between worlds cannot be told",
        "V": None,
        "V_se": None,
        "W": None,
        "words": "almost certain" if answer else "almost no chance",
    }
    alone: Estimate = {"p": odds, "se": None}
    changed["kinds"] = {"build_up": {"first": alone, "any": alone, "counted": True}}
    changed["question"]["kinds"] = ["build_up"]
    changed["months"] = [{"month": month, "p": odds if month == "2021-07" else 0.0, "se": None} for month in MONTHS]
    changed["cumulative"] = [{"date": part["date"], "p": odds, "se": None} for part in changed["cumulative"]]
    changed["given_quiet"] = [
        {"until": f"{month}-01", "p_rest": None if answer and month > "2021-07" else odds, "n": 0 if answer else 16384}
        for month in MONTHS
    ]
    changed["pathways"] = (
        [{"kind": "build_up", "root": "build_ups.main", "flags": [], "p": 1.0, "se": None}] if answer else []
    )
    changed["before"] = {
        "in_progress_at_opening": {"p": 0.0, "se": None},
        "onset_before_opening": {"p": 0.0, "se": None},
        "in_window_or_in_progress": alone,
    }
    changed["states"], changed["ladder"], changed["outside_view"] = {}, [], []
    return changed


def crowded() -> Result:
    """Twelve kinds with long names, five base rates, six states, failures and warnings."""
    changed = copy.deepcopy(result())
    kinds = [
        *FIRST,
        "naval_confrontation_in_the_closure_zones_of_the_black_sea",
        "cyber_attack_on_infrastructure",
        "annexation",
        "air_space_violation_with_loss_of_an_aircraft_or_of_its_crew",
        "energy_cut_off",
        "border_closure",
        "partial_mobilisation",
        "withdrawal_from_the_ceasefire",
    ]
    weights = np.array([0.30, 0.12, 0.10, 0.08, 0.02, 0.05, 0.001, 0.04, 0.06, 0.03, 0.02, 0.0])
    changed["question"]["kinds"] = kinds[:10]
    changed["kinds"] = {
        kind: {
            "first": estimate(float(weight) if index < 10 else 0.0),
            "any": estimate(float(weight) * 1.2),
            "counted": index < 10,
        }
        for index, (kind, weight) in enumerate(zip(kinds, weights, strict=True))
    }
    changed["scenario"]["name"] = "spring-2021-with-every-option-that-anyone-has-asked-for-so-far-version-12"
    changed["scenario"]["title"] = (
        "Does the crisis between Russia and Ukraine, after the announced partial pullback of spring 2021, return in "
        "any of twelve forms before the end of the year, and if so by which road?"
    )
    changed["question"]["text"] = changed["scenario"]["title"] + " Only dated public reporting counts as an onset."
    base = changed["outside_view"][0]
    changed["outside_view"] += [
        {**base, "name": "deadly_clash_after_a_negotiated_ceasefire_between_contiguous_rivals", "matches": "clash"},
        {
            **base,
            "name": "nothing_ever",
            "p": 0.5 / 27.0,
            "k": 0.0,
            "n": 26.0,
            "interval": [0.0, 0.071],
            "matches": "other",
        },
        {
            **base,
            "name": "always",
            "p": 12.5 / 13.0,
            "k": 12.0,
            "n": 12.0,
            "interval": [0.85, 1.0],
            "matches": "ultimatum",
        },
        {**base, "name": "of_another_question", "matches": "something_not_played"},
    ]
    intent = changed["states"]["intent"]
    changed["states"] = {
        "intent": {**intent, "undecided_between_the_two": {"p": None, "se": None, "share": 0.0}},
        "leadership_of_the_western_military_district": {"old": {**estimate(0.29), "share": 0.5}},
    }
    changed["pathways"] += [
        {
            "kind": kinds[index],
            "root": "events.something_long_that_an_analyst_wrote_by_hand_in_a_hurry",
            "flags": [
                "exercises.zapad.on",
                "sanctions.reaction.in_force",
                "intent.prepare",
                "diplomacy.summit_held_in_geneva",
            ],
            **estimate(0.002),
        }
        for index in range(4, 10)
    ]
    changed["counts"] = {
        "finished": 16201,
        "failed": 183,
        "reasons": {"budget: more than the allowed number of dues": 180, "not finite: an amount or a value": 3},
    }
    changed["warnings"] = [
        {
            "code": "W203",
            "path": "incidents.donbas.tension_gain",
            "text": "the branching ratio reaches 0.93 in 1.2 % of the worlds; above 1 the scenario would be refused",
        }
    ]
    return changed


def marks() -> list[Mark]:
    """What was announced and scheduled in spring 2021."""

    def mark(label: str, family: str, date: str, until: str | None = None, spread: int = 0) -> Mark:
        middle = dt.date.fromisoformat(date)
        width = dt.timedelta(days=spread)
        end = dt.date.fromisoformat(until) if until else None
        return Mark(label, family, middle, middle - width, middle + width, end)

    return [
        mark("Pullback announced", "pullback", "2021-04-22", "2021-05-01"),
        mark("Defender Europe", "exercise", "2021-05-04", "2021-06-15"),
        mark("Sea Breeze", "exercise", "2021-06-30", "2021-07-14", spread=5),
        mark("Zapad", "exercise", "2021-09-10", "2021-09-16", spread=5),
        mark("Summit", "diplomacy", "2021-07-01", spread=30),
        mark("Bond ban", "sanction", "2021-06-14"),
        mark("EU review", "sanction", "2021-07-31"),
        mark("EU list review", "sanction", "2021-09-15"),
        mark("Closure zones end", "event", "2021-10-31"),
    ]


def many_marks() -> list[Mark]:
    """Fifteen marks, several at once, some with long labels, some outside any window."""
    more = [
        Mark(
            f"Unscheduled inspection of readiness number {index} in the southern district",
            "exercise",
            dt.date(2021, 9, 1 + index),
            dt.date(2021, 9, 1),
            dt.date(2021, 9, 20),
            dt.date(2021, 10, 5 + index),
        )
        for index in range(3)
    ]
    far = Mark("Invasion anniversary", "event", dt.date(2024, 2, 24), dt.date(2024, 2, 24), dt.date(2024, 2, 24), None)
    old = Mark("Minsk agreement", "diplomacy", dt.date(2015, 2, 12), dt.date(2015, 2, 12), dt.date(2015, 2, 12), None)
    late = Mark("Year-end address", "event", dt.date(2021, 12, 30), dt.date(2021, 12, 20), dt.date(2021, 12, 31), None)
    return [*marks(), *more, far, old, late]


def paths(runs: int = 400, seed: int = 7) -> tuple[Floats, Floats]:
    """Days and made-up troop paths, runs x days: a pullback, then build-ups in some runs."""
    rng = np.random.default_rng(seed)
    days = np.arange(0.0, 254.0)
    low = 98_000.0 - 60_000.0 * rng.beta(1.5, 3.0, size=(runs, 1)) * np.clip(days / 9.0, 0.0, 1.0)
    begins = rng.uniform(70.0, 420.0, size=(runs, 1))
    rise = rng.uniform(20_000.0, 80_000.0, size=(runs, 1)) * np.clip((days - begins) / 30.0, 0.0, 1.0)
    return days, np.round(low + rise, -2)


def fan(name: str = "troops", label: str = "Troops forward, Russia", unit: str = "troops", scale: float = 1.0) -> Fan:
    """Quantiles of the made-up troop paths."""
    days, values = paths()
    scaled = values * scale
    return Fan(
        name=name,
        label=label,
        unit=unit,
        start=CLOCK_START,
        days=days,
        levels=LEVELS,
        values=np.quantile(scaled, LEVELS, axis=0),
        mean=scaled.mean(axis=0),
        runs=values.shape[0],
    )


def preview_fans() -> list[Fan]:
    """Troops, incidents, pressure and tension."""
    return [
        fan(),
        fan("incidents", "Incidents so far", "incidents", 0.0004),
        fan("pressure", "Sanctions pressure", "", 0.00002),
        fan("tension", "Tension", "", 0.00005),
    ]
