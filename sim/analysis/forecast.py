"""The answer to the question: odds with errors, by kind, by month, by pathway, beside the outside views.

Everything follows from the tally of the runs, never from the runs themselves.
"""

from __future__ import annotations

from sim.chance.uncertain import Value
from sim.estimates.base_rates import jeffreys
from sim.estimates.nested import spread
from sim.estimates.odds import LEVEL, Totals, headline
from sim.estimates.words import words
from sim.experiment.fold import EARLY, IN_PROGRESS, IN_WINDOW_OR_IN_PROGRESS, calendar
from sim.experiment.plan import Design
from sim.experiment.run import Played
from sim.experiment.tally import Tally
from sim.records import result as r
from sim.records.outcomes import FAILURES
from sim.rules.program import Program
from sim.scenario.load import Case, Scenario
from sim.scenario.units import inner_unit
from sim.timeline import date_at


def _estimate(sums: Totals) -> r.Estimate:
    """A share of runs with its error by worlds."""
    return {"p": sums.share, "se": sums.error}


def forecast(case: Case, played: Played, design: Design) -> r.Result:
    """Everything that `result.json` holds; there must be a finished run (see `any_finished`)."""
    scenario, tally = case.scenario, played.tally
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
        "odds": _odds(played),
        "kinds": _kinds(tally, scenario.program),
        "months": _months(tally, scenario),
        "cumulative": _cumulative(tally, scenario),
        "given_quiet": _given_quiet(tally, scenario),
        "before": _before(tally),
        "pathways": _pathways(tally, scenario.program),
        "assumptions": _assumptions(tally, scenario),
        "states": _states(tally, scenario),
        "ladder": _ladder(tally, scenario),
        "outside_view": _outside_view(case),
        "design": {
            "worlds": played.worlds,
            "replays": design.replays,
            "runs": tally.runs,
            "seed": design.seed,
            "stopped_by": played.stopped_by,
        },
        "counts": _counts(played),
        "warnings": _warnings(case, tally),
    }


def any_finished(played: Played) -> bool:
    """Whether there is a run to make odds of."""
    return played.tally.finished.plays > 0


def failure_reasons(played: Played) -> dict[str, int]:
    """What failed runs died of, and how many of each."""
    return {FAILURES[code]: runs for code, runs in sorted(played.tally.failures.items())}


def _odds(played: Played) -> r.Odds:
    pairs = played.tally.pairs()
    head, split = headline(pairs, LEVEL), spread(pairs)
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


def _kinds(tally: Tally, program: Program) -> dict[str, r.KindPart]:
    first, began = tally.shares("first"), tally.shares("began")
    return {
        name: {
            "first": _estimate(first[place]),
            "any": _estimate(began[place]),
            "counted": bool(program.kind_counted[place]),
        }
        for place, name in enumerate(program.kinds)
        if not program.kind_passive[place]
    }


def _months(tally: Tally, scenario: Scenario) -> list[r.MonthPart]:
    return [
        {"month": label, "p": sums.share, "se": sums.error}
        for (label, _), sums in zip(calendar(scenario).months, tally.shares("months"), strict=True)
    ]


def _cumulative(tally: Tally, scenario: Scenario) -> list[r.CumulativePart]:
    return [
        {"date": date.isoformat(), "p": sums.share, "se": sums.error}
        for date, sums in zip(calendar(scenario).dates, tally.shares("dates"), strict=True)
    ]


def cumulative_by_kind(scenario: Scenario, played: Played) -> dict[str, tuple[list[str], list[float]]]:
    """For each counted kind: dates, and P(first counted onset by the end of the date, and of this kind)."""
    program = scenario.program
    labels = [date.isoformat() for date in calendar(scenario).dates]
    return {
        name: (labels, [sums.share for sums in played.tally.dates_of(name)])
        for place, name in enumerate(program.kinds)
        if program.kind_counted[place]
    }


def _given_quiet(tally: Tally, scenario: Scenario) -> list[r.QuietPart]:
    return [
        {"until": date.isoformat(), "p_rest": sums.share if sums.plays else None, "n": sums.plays}
        for (_, date), sums in zip(calendar(scenario).months, tally.quiet, strict=True)
    ]


def _before(tally: Tally) -> r.BeforePart:
    before = tally.shares("before")
    return {
        "in_progress_at_opening": _estimate(before[IN_PROGRESS]),
        "onset_before_opening": _estimate(before[EARLY]),
        "in_window_or_in_progress": _estimate(before[IN_WINDOW_OR_IN_PROGRESS]),
    }


def flag_names(program: Program, bits: int) -> list[str]:
    """The flags that a pathway's bits say were on."""
    return [program.quantities[q] for place, q in enumerate(program.flags.tolist()) if bits >> place & 1]


def _pathways(tally: Tally, program: Program) -> list[r.PathwayPart]:
    found: list[r.PathwayPart] = [
        {
            "kind": program.kinds[kind],
            "root": program.blocks[root],
            "flags": flag_names(program, bits),
            "p": sums.share,
            "se": sums.error,
        }
        for (kind, root, bits), sums in tally.roads().items()
    ]
    return sorted(found, key=lambda road: (-road["p"], road["kind"], road["root"], road["flags"]))


def value_form(value: Value) -> str:
    """How a value is uncertain, for people."""
    return value.text if value.distribution is None else f"{value.text} ({value.distribution.family.replace('_', '-')})"


def _assumptions(tally: Tally, scenario: Scenario) -> list[r.AssumptionPart]:
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
                "clamped": tally.clamped[path] / tally.worlds,
            }
        )
    return found


def _states(tally: Tally, scenario: Scenario) -> dict[str, dict[str, r.StatePart]]:
    found: dict[str, dict[str, r.StatePart]] = {}
    for path, parts in tally.states.items():
        block = path.rsplit(".", 1)[0]
        found[block] = {
            state: {
                "p": sums.share if sums.plays else None,
                "se": sums.error if sums.plays else None,
                "share": worlds / tally.worlds,
            }
            for state, (worlds, sums) in zip(scenario.values[path].states, parts, strict=True)
        }
    return found


def _ladder(tally: Tally, scenario: Scenario) -> list[r.LadderPart]:
    program, crises = scenario.program, scenario.file.crises
    if not program.kind_passive.any():
        return []
    began = tally.shares("began")
    rungs: list[r.LadderPart] = []
    for place, name in enumerate(program.kinds):
        if program.kind_passive[place] or crises[name].rise is not None or crises[name].level is not None:
            sums, definition = began[place], program.kind_definition[place]
            rungs.append({"kind": name, "definition": definition, "p": sums.share, "se": sums.error})
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


def _counts(played: Played) -> r.CountsPart:
    tally = played.tally
    return {"finished": tally.finished.plays, "failed": tally.failed, "reasons": failure_reasons(played)}


def _warnings(case: Case, tally: Tally) -> list[r.WarningPart]:
    found: list[r.WarningPart] = []
    for warning in case.warnings:
        place = warning.text.split("`")
        path = place[1] if len(place) > 1 else ""
        found.append({"code": warning.code, "path": path, "text": warning.text})
    failed, runs = tally.failed, tally.runs
    if failed:
        low, high = tally.finished.hits / runs, (tally.finished.hits + failed) / runs
        when = date_at(case.scenario.file.clock.starts, tally.failed_at)
        text = (
            f"{failed} of {runs} runs failed (the first on {when}) and are in no estimate; "
            f"counted as misses the odds are {low:.4f}, counted as hits {high:.4f}"
        )
        found.append({"code": "RUN1", "path": "", "text": text})
    unknown = sum(value.distribution is not None for value in case.scenario.values.values())
    if tally.worlds == 1 and unknown:
        text = (
            f"one world was played: one draw of what is not known (uncertain values: {unknown}); the interval counts "
            "its replays and says nothing about other worlds"
        )
        found.append({"code": "RUN2", "path": "", "text": text})
    return found
