"""Results of `drivers`, `sweep` and `breakeven`, from plain to extreme; every number is invented but hangs together."""

from __future__ import annotations

import copy
import datetime as dt
import math
from collections.abc import Sequence

from sim.records.drivers import BoxPart, DriverPart, Drivers, EndPart, LimitPart
from sim.records.result import DesignPart
from sim.records.sweeping import AxisPart, Breakeven, OddsPart, PointPart, Sweep, TriedPart
from sim.report import style
from tests.report import sample

MONTHS = list(sample.MONTHS)
P = 0.344
DESIGN: DesignPart = {"worlds": 2048, "replays": 8, "runs": 16384, "seed": 1, "stopped_by": "design"}
SE = 0.0051


def end(at: float | str, p: float, se: float | None = SE) -> EndPart:
    return {"at": at, "p": p, "se": se}


def driver(
    path: str, unit: str | None, low: EndPart, high: EndPart, states: Sequence[EndPart] = (), months: Sequence[str] = ()
) -> DriverPart:
    """An assumption that acts linearly: V is the variance of a uniform between its ends, floor 0.0004."""
    swing = high["p"] - low["p"]
    v = swing**2 / 12.0 / 0.81
    shares = {month: v * (1.0 - abs(place - 2) / 6.0) / 10.0 for place, month in enumerate(months or MONTHS)}
    return {
        "path": path,
        "form": "logit-normal",
        "unit": unit,
        "source": None,
        "low": low,
        "high": high,
        "states": list(states),
        "swing": swing,
        "swing_se": 0.007,
        "V": v,
        "V_se": 0.1 * v + 0.0002,
        "above_noise": v > 0.0004,
        "first": v / 0.0243,
        "total": None,
        "total_se": None,
        "together_with": [],
        "months": [{"month": month, "V": part, "above_noise": part > 0.00004} for month, part in shares.items()],
    }


def several() -> list[DriverPart]:
    states = [end("restrain", 0.153), end("coerce", 0.372), end("prepare", 0.654)]
    found = [
        driver("intent.start", None, states[0], states[2], states),
        driver("pullbacks.april.honoured_share", "share", end(0.05, 0.471), end(0.8, 0.196)),
        driver("build_ups.main.orders.odds", "share", end(0.12, 0.262), end(0.42, 0.439)),
        driver("assumptions.order_size", "troops", end(18_000.0, 0.281), end(50_000.0, 0.402)),
        driver("diplomacy.summit.date", "date", end("2021-06-16", 0.322), end("2021-08-06", 0.398)),
        driver("exercises.zapad.orders", "×", end(0.9, 0.318), end(2.2, 0.389)),
        driver("tension.half_life", "days", end(14.8, 0.339), end(74.4, 0.351)),
        driver("incidents.donbas.rate.per_day", None, end(0.0299, 0.341), end(0.0953, 0.347)),
    ]
    found[2]["together_with"] = ["assumptions.order_size"]
    found[3]["together_with"] = ["build_ups.main.orders.odds"]
    return sorted(found, key=lambda part: -part["V"])


def limit(
    path: str,
    unit: str | None,
    low: float | str | None = None,
    high: float | str | None = None,
    states: Sequence[str] = (),
) -> LimitPart:
    return {
        "path": path,
        "unit": unit,
        "low": low,
        "high": high,
        "states": list(states),
        "p_value": 0.0021,
        "found_again": 0.93,
    }


def box() -> BoxPart:
    """Two limits: odds of 61 % in 22 % of the worlds, which hold 39 % of the crises."""
    masses = [1.0, 0.8, 0.64, 0.5, 0.4, 0.3, 0.22, 0.15, 0.1]
    densities = [P, 0.39, 0.43, 0.47, 0.51, 0.56, 0.61, 0.64, 0.65]
    limits = [0, 1, 1, 1, 2, 2, 2, 3, 4]
    return {
        "limits": [
            limit("pullbacks.april.honoured_share", "share", None, 0.31),
            limit("intent.start", None, states=["coerce", "prepare"]),
        ],
        "base": P,
        "density": 0.61,
        "density_se": 0.012,
        "coverage": 0.22 * 0.61 / P,
        "mass": 0.22,
        "held_out": 0.58,
        "p_value": 0.01,
        "resamples": 100,
        "steps": [
            {"mass": mass, "coverage": mass * density / P, "density": density, "limits": count}
            for mass, density, count in zip(masses, densities, limits, strict=True)
        ],
    }


def drivers() -> Drivers:
    """The flagship with eight assumptions, two of them below the noise floor, and a box; a fresh copy every time."""
    result = sample.result()
    odds = {**result["odds"], "p": P, "se": SE, "interval": [P - style.Z95 * SE, P + style.Z95 * SE]}
    return {
        "schema": 1,
        "scenario": result["scenario"],
        "question": result["question"],
        "odds": odds,  # type: ignore[typeddict-item]
        "knowable": {"V": 0.0243, "V_se": 0.0016, "W": P * (1.0 - P) - 0.0243},
        "noise": {"dummies": 200, "V": 0.0004, "swing": 0.021, "total": None},
        "drivers": several(),
        "months": [
            {"month": month, "p": p, "V": p / 40.0, "W": p * (1.0 - p), "noise": 0.00004}
            for month, p in sample.MONTHS.items()
        ],
        "box": box(),
        "box_reason": None,
        "design": DESIGN.copy(),
        "swaps": None,
        "warnings": [],
    }


def played_totals() -> Drivers:
    """The same with total effects."""
    changed = drivers()
    for part in changed["drivers"]:
        part["total"], part["total_se"] = min(part["first"] * 1.2, 1.0), 0.021
    changed["swaps"] = {"worlds": 512, "replays": 2, "runs": 12288}
    return changed


def crowded() -> Drivers:
    """Forty assumptions with long paths, two years of months, many states, a box of six limits."""
    changed = drivers()
    months = [f"{2021 + number // 12}-{number % 12 + 1:02}" for number in range(6, 30)]
    long = "a_very_long_name_that_an_analyst_wrote_by_hand_in_a_hurry_before_the_meeting"
    states = [end(f"state_{letter}_of_the_leadership", 0.1 + 0.08 * place) for place, letter in enumerate("abcdefgh")]
    found = [driver("intent.start", None, states[0], states[-1], states, months)]
    for number in range(39):
        swing = (-1) ** number * 0.4 * 0.88**number
        low, high = end(1.0 + number, P - swing / 2), end(123_456_789.0 * (1 + number), P + swing / 2)
        found.append(driver(f"incidents.{long}.{number}", "artillery rounds a day", low, high, months=months))
    changed["drivers"] = sorted(found, key=lambda part: -part["V"])
    changed["drivers"][1]["together_with"] = [part["path"] for part in found[2:6]]
    for part in changed["drivers"]:
        part["total"], part["total_se"] = min(part["first"], 1.0), None
    changed["months"] = [
        {"month": month, "p": 0.001 + 0.0017 * place, "V": None, "W": None, "noise": 0.00004}
        for place, month in enumerate(months)
    ]
    changed["scenario"]["name"] = "spring-2021-with-every-option-that-anyone-has-asked-for-so-far-version-12"
    crowd = box()
    crowd["limits"] = [
        *(limit(f"incidents.{long}.{number}", "artillery rounds a day", 10.0 + number, 1e6) for number in range(5)),
        limit("intent.start", None, states=[str(state["at"]) for state in states[3:]]),
    ]
    changed["box"] = crowd
    return changed


def alone(p: float = P, se: float | None = SE) -> Drivers:
    """One assumption, one month, no box; with p = 0 nothing happened in any run and nothing has an error."""
    changed = drivers()
    fixed = p in (0.0, 1.0)
    changed["odds"] |= {"p": p, "se": None if fixed else se}
    if fixed:
        changed["odds"]["interval"] = [0.0, 0.0015] if p == 0.0 else [0.9985, 1.0]
        changed["knowable"] = {"V": None, "V_se": None, "W": None}
    low, high = (end(0.05, p, None), end(0.8, p, None)) if fixed else (end(0.05, 0.47, None), end(0.8, 0.2, None))
    changed["drivers"] = [driver("pullbacks.april.honoured_share", "share", low, high, months=["2021-07"])]
    for part in changed["drivers"]:
        part["V_se"] = part["swing_se"] = None
    changed["months"] = [{"month": "2021-07", "p": p, "V": None, "W": None, "noise": 0.0}]
    changed["box"] = None
    changed["box_reason"] = "no box holds crises more densely than the same search finds in shuffled data"
    return changed


def odds_part(p: float, se: float | None = SE) -> OddsPart:
    reach = style.Z95 * (se or 0.0)
    return {"p": p, "se": se, "interval": [max(p - reach, 0.0), min(p + reach, 1.0)]}


def point(place: Sequence[int], p: float, se: float | None = SE) -> PointPart:
    return {
        "place": list(place),
        **odds_part(p, se),  # type: ignore[typeddict-item]
        "words": "unlikely",
        "difference": p - P,
        "difference_se": 0.004,
        "failed": 0,
    }


def share_axis(values: Sequence[float] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)) -> AxisPart:
    return {
        "path": "pullbacks.april.honoured_share",
        "unit": "share",
        "values": list(values),
        "form": "logit-normal",
        "p5": 0.05,
        "p50": 0.29,
        "p95": 0.8,
    }


def date_axis(count: int = 7) -> AxisPart:
    starts = dt.date(2021, 5, 1)
    return {
        "path": "diplomacy.summit.date",
        "unit": "date",
        "values": [(starts + dt.timedelta(days=21 * number)).isoformat() for number in range(count)],
        "form": "dates",
        "p5": "2021-06-16",
        "p50": "2021-07-10",
        "p95": "2021-08-06",
    }


def state_axis() -> AxisPart:
    return {
        "path": "intent.start",
        "unit": None,
        "values": ["restrain", "coerce", "prepare"],
        "form": "states",
        "p5": None,
        "p50": None,
        "p95": None,
    }


def falling(share: float) -> float:
    """Odds of 48 % where nothing is honoured, 18 % where everything is."""
    return 0.18 + 0.30 * (1.0 - share) ** 1.5


def sweep(axis: AxisPart, odds: Sequence[float], se: float | None = SE) -> Sweep:
    """A sweep of one axis with these odds."""
    result = sample.result()
    return {
        "schema": 1,
        "scenario": result["scenario"],
        "question": result["question"],
        "axes": [axis],
        "own": odds_part(P),
        "points": [point([place], p, se) for place, p in enumerate(odds)],
        "design": DESIGN.copy(),
        "warnings": [],
    }


def one_axis() -> Sweep:
    axis = share_axis()
    return sweep(axis, [falling(float(value)) for value in axis["values"]])


def by_date() -> Sweep:
    return sweep(date_axis(), [0.30, 0.32, 0.35, 0.40, 0.41, 0.38, 0.33])


def by_state() -> Sweep:
    return sweep(state_axis(), [0.153, 0.372, 0.654])


def never() -> Sweep:
    """No run of any point hit, and the file is certain of its value."""
    axis = share_axis((0.2, 0.4))
    axis["p5"] = axis["p50"] = axis["p95"] = 0.3
    changed = sweep(axis, [0.0, 0.0], None)
    changed["own"] = {"p": 0.0, "se": None, "interval": [0.0, 0.0015]}
    for part in changed["points"]:
        part["interval"], part["difference"], part["difference_se"] = [0.0, 0.0015], 0.0, None
    return changed


def two_axes(columns: AxisPart | None = None, rows: AxisPart | None = None) -> Sweep:
    """Honoured share against the odds that orders are given; the first axis is the row of the table."""
    first = columns or share_axis((0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
    second = rows or {
        "path": "build_ups.main.orders.odds",
        "unit": "share",
        "values": [0.1, 0.2, 0.3, 0.4, 0.5],
        "form": "logit-normal",
        "p5": 0.12,
        "p50": 0.24,
        "p95": 0.42,
    }
    changed = sweep(first, [])
    changed["axes"] = [first, second]
    wide, high = len(first["values"]), len(second["values"])
    changed["points"] = [
        point([i, j], min(falling(i / max(wide - 1, 1)) * (0.5 + 1.3 * j / max(high - 1, 1)), 1.0))
        for i in range(wide)
        for j in range(high)
    ]
    return changed


def tried(at: float, p: float, se: float | None = SE) -> TriedPart:
    return {"at": at, **odds_part(p, se)}  # type: ignore[typeddict-item]


def breakeven() -> Breakeven:
    """Odds fall to 25 % where 61 % is honoured: falling(0.6155) = 0.25."""
    result = sample.result()
    axis = share_axis()
    points = [tried(share, falling(share)) for share in (0.0, 0.25, 0.5, 0.58, 0.61, 0.625, 0.75, 1.0)]
    where = 1.0 - ((0.25 - 0.18) / 0.30) ** (1.0 / 1.5)
    return {
        "schema": 1,
        "scenario": result["scenario"],
        "question": result["question"],
        "axis": axis,
        "odds": 0.25,
        "range": [0.0, 1.0],
        "crossings": [{"value": where, "interval": [where - 0.04, where + 0.045], "rising": False, "jump": False}],
        "own": odds_part(P),
        "tried": points,
        "lowest": points[-1],
        "highest": points[0],
        "design": DESIGN.copy(),
        "warnings": [],
    }


def no_crossing() -> Breakeven:
    changed = breakeven()
    changed["odds"], changed["crossings"] = 0.6, []
    return changed


def several_crossings(count: int = 3) -> Breakeven:
    """A wave around 30 %, crossed so many times, the last crossing open to the right."""
    changed = breakeven()
    changed["odds"] = 0.3
    wave = [tried(x / 40.0, 0.3 + 0.1 * math.sin(math.pi * count * x / 40.0 + 0.6)) for x in range(41)]
    changed["tried"] = wave
    places = [(number - 0.6 / math.pi) / count for number in range(1, count + 1)]
    changed["crossings"] = [
        {"value": place, "interval": [place - 0.02, place + 0.02], "rising": number % 2 == 1, "jump": False}
        for number, place in enumerate(places)
    ]
    changed["crossings"][-1]["interval"][1] = None
    changed["lowest"] = min(wave, key=lambda part: part["p"])
    changed["highest"] = max(wave, key=lambda part: part["p"])
    return changed


def date_crossing() -> Breakeven:
    """Odds rise to 36 % the later the summit is."""
    changed = copy.deepcopy(breakeven())
    changed["axis"] = date_axis()
    first = dt.date(2021, 5, 1).toordinal()
    changed["tried"] = [tried(float(first + 10 * step), 0.30 + 0.01 * step) for step in range(14)]
    changed["odds"], changed["range"] = 0.36, [float(first), float(first + 130)]
    changed["crossings"] = [
        {"value": first + 60.0, "interval": [first + 50.0, first + 71.0], "rising": True, "jump": False}
    ]
    changed["lowest"], changed["highest"] = changed["tried"][0], changed["tried"][-1]
    return changed


def jump() -> Breakeven:
    """Odds of 22.8 % up to 9,999.8 and of 85 % from 10,000.3 on: they are never 50 %."""
    changed = breakeven()
    axis = changed["axis"]
    axis["path"], axis["unit"] = "exercises.autumn_shield.brings.troops", None
    axis["p5"], axis["p50"], axis["p95"] = 3_000.0, 5_200.0, 9_000.0
    places = [2_390.0, 7_960.0, 9_990.0, 9_999.8, 10_000.3, 10_010.0, 11_300.0]
    changed["tried"] = [tried(at, 0.228 if at < 10_000.0 else 0.85) for at in places]
    axis["values"] = places
    changed["odds"], changed["range"] = 0.5, [places[0], places[-1]]
    changed["crossings"] = [{"value": 10_000.0, "interval": [9_999.8, 10_000.3], "rising": True, "jump": True}]
    changed["lowest"], changed["highest"] = changed["tried"][0], changed["tried"][-1]
    return changed


def date_jump() -> Breakeven:
    """Odds that fall from 36 % to 20 % from one day to the next."""
    changed = date_crossing()
    later = dt.date(2021, 6, 25).toordinal()
    days = [later - 30, later - 1, later, later + 30]
    changed["tried"] = [tried(float(at), 0.36 if at < later else 0.20) for at in days]
    changed["odds"], changed["range"] = 0.3, [float(days[0]), float(days[-1])]
    changed["crossings"] = [
        {"value": float(later), "interval": [later - 1.0, float(later)], "rising": False, "jump": True}
    ]
    changed["lowest"], changed["highest"] = changed["tried"][-1], changed["tried"][0]
    return changed
