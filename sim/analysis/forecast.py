"""The answer to the question: odds with errors, by kind, by month, by pathway, beside the outside views."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from sim.chance.uncertain import Value
from sim.estimates import timing
from sim.estimates.base_rates import jeffreys
from sim.estimates.nested import spread
from sim.estimates.odds import LEVEL, Proportion, by_world, headline, proportion
from sim.estimates.words import words
from sim.experiment.plan import Design
from sim.experiment.run import Played
from sim.records import result as r
from sim.records.outcomes import FAILURES, FINISHED, Bools, Floats, Ints, Outcomes
from sim.rules.program import Program
from sim.scenario.load import Case, Scenario
from sim.scenario.numeric_checks import clamped_shares
from sim.scenario.units import inner_unit
from sim.timeline import date_at, month_edges

CUMULATIVE_STEP = 7


class Rows:
    """The finished runs of a batch, as estimates want them."""

    def __init__(self, outcomes: Outcomes) -> None:
        """Leave out failed runs: they are counted beside, and in no estimate."""
        done = outcomes.status == FINISHED
        self.world: Ints = outcomes.world[done]
        self.first: Floats = outcomes.first[done]
        self.kind: Ints = outcomes.kind[done]
        self.root: Ints = outcomes.root[done]
        self.flags = outcomes.flags[done]
        self.onset: Floats = outcomes.onset[done]
        self.early: Floats = outcomes.early[done]
        self.running: Bools = outcomes.running[done]
        self.hit: Bools = np.isfinite(self.first)

    def share(self, which: Bools) -> r.Estimate:
        """A share of runs with its error by worlds."""
        return _estimate(proportion(which, self.world))


def _estimate(share: Proportion) -> r.Estimate:
    return {"p": share.p, "se": share.se}


def forecast(case: Case, played: Played, design: Design) -> r.Result:
    """Everything that `result.json` holds; there must be a finished run (see `any_finished`)."""
    scenario, rows = case.scenario, Rows(played.outcomes)
    question = scenario.file.question
    return {
        "schema": r.SCHEMA,
        "scenario": {"name": scenario.name, "title": scenario.file.title, "sha256": scenario.sha256},
        "question": {
            "text": question.text,
            "opens": question.opens.isoformat(),
            "closes": question.closes.isoformat(),
            "kinds": list(question.kinds),
        },
        "odds": _odds(rows, played),
        "kinds": _kinds(rows, scenario.program),
        "months": _months(rows, scenario),
        "cumulative": _cumulative(rows, scenario),
        "given_quiet": _given_quiet(rows, scenario),
        "before": _before(rows, scenario.program),
        "pathways": _pathways(rows, scenario.program),
        "assumptions": _assumptions(scenario, played),
        "states": _states(rows, scenario, played),
        "ladder": _ladder(rows, scenario),
        "outside_view": _outside_view(case),
        "design": {
            "worlds": played.worlds,
            "replays": design.replays,
            "runs": len(played.outcomes),
            "seed": design.seed,
            "stopped_by": played.stopped_by,
        },
        "counts": _counts(played.outcomes),
        "warnings": _warnings(case, played.outcomes),
    }


def any_finished(played: Played) -> bool:
    """Whether there is a run to make odds of."""
    return bool(np.any(played.outcomes.status == FINISHED))


def _odds(rows: Rows, played: Played) -> r.Odds:
    hits, plays = by_world(rows.hit, rows.world)
    head, split = headline(hits, plays, LEVEL), spread(hits, plays)
    interval, method = head.interval, str(head.method)
    if played.sequence is not None:
        interval, method = played.sequence, "sequence"
    return {
        "p": head.p,
        "se": head.se,
        "interval": list(interval),
        "level": head.level,
        "method": method,
        "belief_interval": None if split.belief_interval is None else list(split.belief_interval),
        "belief_reason": split.belief_reason,
        "V": split.V,
        "V_se": split.V_se,
        "W": split.W,
        "words": words(head.p, interval),
    }


def _kinds(rows: Rows, program: Program) -> dict[str, r.KindPart]:
    return {
        name: {
            "first": rows.share(rows.hit & (rows.kind == place)),
            "any": rows.share(np.isfinite(rows.onset[:, place])),
            "counted": bool(program.kind_counted[place]),
        }
        for place, name in enumerate(program.kinds)
        if not program.kind_passive[place]
    }


def _days(scenario: Scenario, dates: Sequence[dt.date]) -> Floats:
    start = scenario.file.clock.starts
    return np.array([float((date - start).days) for date in dates])


def _edges(scenario: Scenario) -> list[tuple[str, dt.date, dt.date]]:
    question = scenario.file.question
    return month_edges(question.opens, question.closes + dt.timedelta(days=1))


def _months(rows: Rows, scenario: Scenario) -> list[r.MonthPart]:
    edges = _edges(scenario)
    days = _days(scenario, [edges[0][1], *(last for _, _, last in edges)])
    shares = timing.within(rows.first, rows.world, days)
    return [{"month": label, "p": s.p, "se": s.se} for (label, _, _), s in zip(edges, shares, strict=True)]


def cumulative_dates(scenario: Scenario) -> list[dt.date]:
    """Every seventh day of the window, and its last day."""
    question = scenario.file.question
    length = (question.closes - question.opens).days
    dates = [question.opens + dt.timedelta(days=day) for day in range(0, length, CUMULATIVE_STEP)]
    return [*dates, question.closes]


def _cumulative(rows: Rows, scenario: Scenario) -> list[r.CumulativePart]:
    dates = cumulative_dates(scenario)
    shares = timing.cumulative(rows.first, rows.world, _days(scenario, dates) + 1.0)
    return [{"date": date.isoformat(), "p": s.p, "se": s.se} for date, s in zip(dates, shares, strict=True)]


def cumulative_by_kind(scenario: Scenario, played: Played) -> dict[str, tuple[list[str], list[float]]]:
    """For each counted kind: dates, and P(first counted onset by the end of the date, and of this kind)."""
    rows, dates = Rows(played.outcomes), cumulative_dates(scenario)
    program = scenario.program
    p, _ = timing.cumulative_by_kind(
        rows.first, rows.kind, rows.world, _days(scenario, dates) + 1.0, len(program.kinds)
    )
    labels = [date.isoformat() for date in dates]
    return {
        name: (labels, p[place].tolist()) for place, name in enumerate(program.kinds) if program.kind_counted[place]
    }


def _given_quiet(rows: Rows, scenario: Scenario) -> list[r.QuietPart]:
    dates = [first for _, first, _ in _edges(scenario)]
    answers = timing.given_quiet(rows.first, rows.world, _days(scenario, dates))
    return [
        {"until": date.isoformat(), "p_rest": None if share is None else share.p, "n": n}
        for date, (share, n) in zip(dates, answers, strict=True)
    ]


def _before(rows: Rows, program: Program) -> r.BeforePart:
    counted = program.kind_counted.astype(bool)
    running: Bools = np.any(rows.running[:, counted], axis=1)
    early: Bools = np.any(np.isfinite(rows.early[:, counted]), axis=1)
    return {
        "in_progress_at_opening": rows.share(running),
        "onset_before_opening": rows.share(early),
        "in_window_or_in_progress": rows.share(running | rows.hit),
    }


def flag_names(program: Program, bits: int) -> list[str]:
    """The flags that a pathway's bits say were on."""
    return [program.quantities[q] for place, q in enumerate(program.flags.tolist()) if bits >> place & 1]


def _pathways(rows: Rows, program: Program) -> list[r.PathwayPart]:
    keys = np.stack([rows.kind[rows.hit], rows.root[rows.hit]], axis=1).astype(np.int64)
    flags = rows.flags[rows.hit]
    roads = sorted(set(zip(keys[:, 0].tolist(), keys[:, 1].tolist(), flags.tolist(), strict=True)))
    found: list[r.PathwayPart] = []
    for kind, root, bits in roads:
        share = rows.share(rows.hit & (rows.kind == kind) & (rows.root == root) & (rows.flags == np.uint64(bits)))
        found.append(
            {
                "kind": program.kinds[kind],
                "root": program.blocks[root],
                "flags": flag_names(program, bits),
                "p": share["p"],
                "se": share["se"],
            }
        )
    return sorted(found, key=lambda road: (-road["p"], road["kind"], road["root"], road["flags"]))


def value_form(value: Value) -> str:
    """How a value is uncertain, for people."""
    return value.text if value.distribution is None else f"{value.text} ({value.distribution.family.replace('_', '-')})"


def _assumptions(scenario: Scenario, played: Played) -> list[r.AssumptionPart]:
    shares = clamped_shares(scenario.world, _with_formulas(scenario, played), played.worlds)
    found: list[r.AssumptionPart] = []
    for path, value in scenario.values.items():
        if value.distribution is None:
            continue
        offset = float(scenario.file.clock.starts.toordinal()) if value.kind == "date" else 0.0
        low, middle, high = (value.distribution.quantile(u) - offset for u in (0.05, 0.5, 0.95))
        found.append(
            {
                "path": path,
                "form": value_form(value),
                "unit": f"days after {scenario.file.clock.starts}" if value.kind == "date" else inner_unit(value),
                "p5": low,
                "p50": middle,
                "p95": high,
                "source": value.source,
                "clamped": shares.get(path, 0.0),
            }
        )
    return found


def _with_formulas(scenario: Scenario, played: Played) -> dict[str, object]:
    return {
        path: played.values[path] if value.formula is None else value.formula for path, value in scenario.values.items()
    }


def _states(rows: Rows, scenario: Scenario, played: Played) -> dict[str, dict[str, r.StatePart]]:
    found: dict[str, dict[str, r.StatePart]] = {}
    for path, value in scenario.values.items():
        if value.kind != "state" or path not in played.values:
            continue
        drawn = played.values[path]
        block = path.rsplit(".", 1)[0]
        found[block] = {}
        for place, state in enumerate(value.states):
            here = drawn[rows.world] == place
            share = float(np.count_nonzero(drawn == place)) / len(drawn)
            odds = proportion(rows.hit[here], rows.world[here]) if here.any() else None
            found[block][state] = {
                "p": None if odds is None else odds.p,
                "se": None if odds is None else odds.se,
                "share": share,
            }
    return found


def _ladder(rows: Rows, scenario: Scenario) -> list[r.LadderPart]:
    program, crises = scenario.program, scenario.file.crises
    if not program.kind_passive.any():
        return []
    rungs: list[r.LadderPart] = []
    for place, name in enumerate(program.kinds):
        if program.kind_passive[place] or crises[name].rise is not None or crises[name].level is not None:
            share = rows.share(np.isfinite(rows.onset[:, place]))
            definition = program.kind_definition[place]
            rungs.append({"kind": name, "definition": definition, "p": share["p"], "se": share["se"]})
    return sorted(rungs, key=lambda rung: (-rung["p"], rung["kind"]))


def _outside_view(case: Case) -> list[r.OutsidePart]:
    found: list[r.OutsidePart] = []
    for name, view in sorted(case.outside_view.items()):
        _, interval = jeffreys(view.hits, view.of)
        if view.interval is not None:
            low, high = (end.fixed for end in view.interval)
            interval = (low or 0.0, 1.0 if high is None else high)
        found.append(
            {
                "name": name,
                "p": view.hits / view.of,
                "interval": list(interval),
                "k": view.hits,
                "n": view.of,
                "source": view.source or "",
                "matches": view.matches,
            }
        )
    return found


def _counts(outcomes: Outcomes) -> r.CountsPart:
    reasons = {
        FAILURES[code]: int(np.count_nonzero(outcomes.status == code))
        for code in sorted(set(outcomes.status.tolist()) - {FINISHED})
    }
    failed = sum(reasons.values())
    return {"finished": len(outcomes) - failed, "failed": failed, "reasons": reasons}


def _warnings(case: Case, outcomes: Outcomes) -> list[r.WarningPart]:
    found: list[r.WarningPart] = []
    for warning in case.warnings:
        place = warning.text.split("`")
        path = place[1] if len(place) > 1 else ""
        found.append({"code": warning.code, "path": path, "text": warning.text})
    failed = int(np.count_nonzero(outcomes.status != FINISHED))
    if failed:
        hits = int(np.count_nonzero(np.isfinite(outcomes.first) & (outcomes.status == FINISHED)))
        low, high = hits / len(outcomes), (hits + failed) / len(outcomes)
        start = case.scenario.file.clock.starts
        when = date_at(start, float(np.min(outcomes.failed_at[outcomes.status != FINISHED])))
        text = (
            f"{failed} of {len(outcomes)} runs failed (the first on {when}) and are in no estimate; "
            f"counted as misses the odds are {low:.4f}, counted as hits {high:.4f}"
        )
        found.append({"code": "RUN1", "path": "", "text": text})
    return found
