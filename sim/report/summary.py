"""What a run prints: the odds in sentences, then tables; plain text, or tab-separated values for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.records.result import Estimate, LadderPart, MonthPart, Result
from sim.report import wording
from sim.report.columns import aligned, paragraph
from sim.report.roads import rest, roads
from sim.report.tables import Table
from sim.report.wording import capital, chance, human, plain

_TOP_ROADS = 5
_TOP_FLAGS = 3
_NARROWEST = 60


def summary(result: Result, width: int, changed: Sequence[str] = ()) -> str:
    """The result as text with no line longer than `width` characters (but at least sixty).

    `changed` is what the command line made of the file: a variant, and settings.
    """
    width = max(width, _NARROWEST)
    blocks = [
        _question(result, changed, width),
        [line for sentence in _sentences(result) for line in paragraph(sentence, width)],
        _outside_view(result, width),
        _kinds(result, width),
        _months(result, width),
        _quiet(result, width),
        _before(result, width),
        _roads(result, width),
        *_states(result, width),
        _ladder(result, width),
        _played(result, width),
        _warnings(result, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def summary_tsv(result: Result, changed: Sequence[str] = ()) -> str:
    """The numbers of the summary, a row each, with all their digits: section, item, value, standard error."""
    rows = [("changed", item, None, None) for item in changed]
    return Table(("section", "item", "value", "se"), (*rows, *_tsv_rows(result))).to_tsv()


def _question(result: Result, changed: Sequence[str], width: int) -> list[str]:
    question = result["question"]
    title = plain(result["scenario"]["title"] or result["scenario"]["name"])
    lines = paragraph(title, width)
    if question["text"] and plain(question["text"]) != title:
        lines += paragraph(plain(question["text"]), width)
    if changed:
        lines += paragraph(f"Not the file as it is, but with {'; '.join(plain(item) for item in changed)}.", width)
    counted = ", ".join(human(kind) for kind in question["kinds"])
    lines += paragraph(f"{wording.span(question['opens'], question['closes'])}. Counted: {counted}.", width)
    return lines


def _sentences(result: Result) -> Iterator[str]:
    """The answer. What it is in words stands in a sentence of its own, away from any level."""
    odds = result["odds"]
    low, high = odds["interval"]
    level = f"{100 * odds['level']:g} %"
    runs = wording.count(result["counts"]["finished"], "run")
    if odds["p"] <= 0.0 or odds["p"] >= 1.0:
        which = "none" if odds["p"] <= 0.0 else "every one"
        yield f"Odds {wording.headline(odds)} (Monte-Carlo {level} bound: {which} of {runs} was a hit)."
    else:
        lasting = ", valid at any stop" if odds["method"] == "sequence" else ""
        interval = wording.between(low, high, odds["se"])
        yield f"Odds {wording.headline(odds)} (Monte-Carlo {level}: {interval}{lasting})."
    yield f"In the words of ICD 203: {odds['words']}."
    belief = odds["belief_interval"]
    if belief is None:
        yield f"No belief interval: {plain(odds['belief_reason'] or 'not estimated')}."
    else:
        yield f"Given what we do not know, {wording.spread(*belief)} (5–95 % over worlds)."
    yield from _ignorance(result)


def _ignorance(result: Result) -> Iterator[str]:
    odds = result["odds"]
    ignorance, luck = odds["V"], odds["W"]
    if ignorance is None or luck is None or ignorance + luck <= 0.0:
        return
    if ignorance <= 0.0:
        yield "Ignorance and luck: the spread between worlds cannot be told from luck (V is not above 0)."
        return
    share = ignorance / (ignorance + luck)
    error = odds["V_se"] / (ignorance + luck) if odds["V_se"] else None
    removed, left = wording.tally(share, error), wording.tally(1.0 - share, error)
    yield (
        f"Ignorance and luck: knowing every listed assumption exactly would remove {removed} of the uncertainty "
        f"about the outcome (V {ignorance:.3f}); the other {left} is luck (W {luck:.3f})."
    )


def _outside_view(result: Result, width: int) -> list[str]:
    if not result["outside_view"]:
        return []
    lines = paragraph("Outside view: what happened in comparable cases, and the same definition here", width)
    rows = [("base rate", "", "interval", "k of n", "here")]
    for base in result["outside_view"]:
        tally = f"{wording.whole(base['k'])} of {wording.whole(base['n'])}"
        rows.append(
            (
                human(base["name"]),
                wording.rate(base),
                wording.rate_interval(base),
                tally,
                _matched(result, base["matches"]),
            )
        )
    lines += aligned(rows, width, right=(1,))
    sources = dict.fromkeys((human(base["name"]), plain(base["source"])) for base in result["outside_view"])
    for name, source in sources:
        lines += paragraph(f"{name}: {source}", width, indent=2)
    return lines


def _matched(result: Result, matches: str) -> str:
    """What a base rate may be compared with: the odds of the kind that it matches, whatever came before."""
    if matches == "all":
        return f"{wording.headline(result['odds'])} any counted kind"
    part = result["kinds"].get(matches)
    if part is None:
        rung = next((rung for rung in result["ladder"] if rung["kind"] == matches), None)
        return f"{human(matches)} was not played" if rung is None else f"{_told(rung)} {human(matches)}"
    return f"{_told(part['any'])} {human(matches)}"


def _kinds(result: Result, width: int) -> list[str]:
    rows = [("by kind", "comes first", "at any time", "")]
    for kind, part in wording.kinds_shown(result):
        first = _told(part["first"]) if part["counted"] else ""
        rows.append((human(kind), first, _told(part["any"]), "" if part["counted"] else "not counted"))
    return _table(rows, width, right=(1, 2))


def _months(result: Result, width: int) -> list[str]:
    """Each month's odds, and what they add up to by its end: an onset is counted once, so months add up."""
    rows = [("by month", "begins in it", "by its end")]
    reached = 0.0
    for part in result["months"]:
        reached = min(reached + part["p"], 1.0)
        rows.append((wording.month_name(part["month"]), _told(part), chance(reached, result["odds"]["se"])))
    return _table(rows, width, right=(1, 2))


def _quiet(result: Result, width: int) -> list[str]:
    rows = [("if quiet until", "odds for the rest", "from runs")]
    for part in result["given_quiet"]:
        told = (
            "no such run" if part["p_rest"] is None else chance(part["p_rest"], _share_error(part["p_rest"], part["n"]))
        )
        rows.append((wording.day(part["until"], year=True), told, f"{part['n']:,}"))
    return _table(rows, width, right=(1, 2))


def _share_error(p: float, n: int) -> float | None:
    """Standard error of a share of n runs, taken as independent: the least it can be, for digits only."""
    return (p * (1.0 - p) / n) ** 0.5 if n else None


def _before(result: Result, width: int) -> list[str]:
    before = result["before"]
    rows = [
        ("before the opening", ""),
        ("a counted kind was on at the opening", _told(before["in_progress_at_opening"])),
        ("one began before the opening", _told(before["onset_before_opening"])),
        ("one begins in the window or was already on", _told(before["in_window_or_in_progress"])),
    ]
    return _table(rows, width, right=(1,))


def _roads(result: Result, width: int) -> list[str]:
    found = roads(result)
    digits = result["odds"]["se"]
    rows = [("likeliest roads", "odds", "of 100 of these" if any(road.usual for road in found[:_TOP_ROADS]) else "")]
    for road in found[:_TOP_ROADS]:
        usual = [f"{wording.flag(flag)} in {wording.in_hundred(share)}" for flag, share in road.usual[:_TOP_FLAGS]]
        name = f"{human(road.kind)} from {wording.root(road.root)}"
        rows.append((name, chance(road.p, road.se or digits), ", ".join(usual)))
    left = rest(result, sum(road.p for road in found[:_TOP_ROADS]))
    if found and left > 0.0:
        rows.append(("all other roads", chance(left, digits), ""))
    return _table(rows, width, right=(1,))


def _states(result: Result, width: int) -> Iterator[list[str]]:
    for variable, states in result["states"].items():
        rows = [(f"by {human(variable)} at the start", "odds", "share of worlds")]
        for name, state in states.items():
            rows.append((human(name), chance(state["p"], state["se"]), f"{100 * state['share']:.0f} %"))
        yield _table(rows, width, right=(1, 2))


def _ladder(result: Result, width: int) -> list[str]:
    rows = [("other definitions", "odds", "")]
    rows += [(human(step["kind"]), _told(step), plain(step["definition"])) for step in result["ladder"]]
    return _table(rows, width, right=(1,))


def _played(result: Result, width: int) -> list[str]:
    design, counts = result["design"], result["counts"]
    worlds, replays = wording.count(design["worlds"], "world"), wording.count(design["replays"], "replay")
    lines = paragraph(
        f"Played: {wording.count(design['runs'], 'run')} ({worlds} × {replays}), seed {design['seed']}, stopped by "
        f"{plain(design['stopped_by'])}.",
        width,
    )
    if not counts["failed"]:
        return lines
    lines += paragraph(_failed(result), width)
    rows = [(plain(reason), f"{number:,}") for reason, number in counts["reasons"].items()]
    return lines + aligned(rows, width, right=(1,))


def _failed(result: Result) -> str:
    """How many runs failed, and what the odds would be had they all been misses, or hits."""
    counts, odds = result["counts"], result["odds"]
    total = counts["finished"] + counts["failed"]
    hits = odds["p"] * counts["finished"]
    # No less than a tenth of the gap is worth a digit, whatever the error: the two figures must differ.
    error = min(odds["se"] or 1.0, counts["failed"] / total)
    low, high = (wording.tally(share / total, error) for share in (hits, hits + counts["failed"]))
    return (
        f"FAILED: {wording.count(counts['failed'], 'run')} of {total:,} did not finish and are left out. Had all of "
        f"them been misses the odds would be {low}; had all been hits, {high}."
    )


def _warnings(result: Result, width: int) -> list[str]:
    lines: list[str] = []
    for warning in result["warnings"]:
        where = f" {plain(warning['path'])}" if warning["path"] else ""
        lines += paragraph(f"Warning {plain(warning['code'])}{where}: {plain(warning['text'])}", width)
    return lines


def _told(estimate: Estimate | MonthPart | LadderPart) -> str:
    return chance(estimate["p"], estimate["se"])


def _table(rows: Sequence[tuple[str, ...]], width: int, right: tuple[int, ...]) -> list[str]:
    """A heading row and its rows; nothing where there are none."""
    if len(rows) < 2:
        return []
    heading = (capital(rows[0][0]), *rows[0][1:])
    indented = [heading, *((f"  {row[0]}", *row[1:]) for row in rows[1:])]
    return aligned(indented, width, indent=0, right=right)


def _tsv_rows(result: Result) -> Iterator[tuple[object, ...]]:
    odds = result["odds"]
    yield "odds", "p", odds["p"], odds["se"]
    yield "odds", "interval low", odds["interval"][0], None
    yield "odds", "interval high", odds["interval"][1], None
    low, high = odds["belief_interval"] or (None, None)
    yield "odds", "belief low", low, None
    yield "odds", "belief high", high, None
    yield "odds", "V", odds["V"], odds["V_se"]
    yield "odds", "W", odds["W"], None
    yield "odds", "words", odds["words"], None
    for base in result["outside_view"]:
        yield f"outside view of {base['matches']}", base["name"], base["p"], None
    for kind, part in result["kinds"].items():
        yield "first", kind, part["first"]["p"], part["first"]["se"]
        yield "any", kind, part["any"]["p"], part["any"]["se"]
    for month in result["months"]:
        yield "month", month["month"], month["p"], month["se"]
    for quiet in result["given_quiet"]:
        yield "if quiet until", quiet["until"], quiet["p_rest"], None
    before = result["before"]
    yield (
        "before",
        "in progress at opening",
        before["in_progress_at_opening"]["p"],
        before["in_progress_at_opening"]["se"],
    )
    yield "before", "onset before opening", before["onset_before_opening"]["p"], before["onset_before_opening"]["se"]
    either = before["in_window_or_in_progress"]
    yield "before", "in window or in progress", either["p"], either["se"]
    for road in result["pathways"]:
        item = " ".join((road["kind"], "<-", road["root"], *(f"+{flag}" for flag in road["flags"])))
        yield "road", item, road["p"], road["se"]
    for variable, states in result["states"].items():
        for name, state in states.items():
            yield "state", f"{variable}={name}", state["p"], state["se"]
    for step in result["ladder"]:
        yield "definition", step["kind"], step["p"], step["se"]
    design, counts = result["design"], result["counts"]
    yield "design", "worlds", design["worlds"], None
    yield "design", "replays", design["replays"], None
    yield "design", "seed", design["seed"], None
    yield "runs", "finished", counts["finished"], None
    yield "runs", "failed", counts["failed"], None
    for warning in result["warnings"]:
        yield "warning", f"{warning['code']} {warning['path']}", warning["text"], None
