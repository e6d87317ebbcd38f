"""Facts for pages, from full to bare to hostile; numbers are those of the samples."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

from sim.records.comparison import Comparison, FlipStory
from sim.records.result import Result
from sim.report.page import comparison_page, run_page
from sim.report.page.blocks import Line, Page
from sim.report.page.facts import ComparisonFacts, Definition, RunFacts, ToldRun
from tests.report import comparisons, sample, studies

# Ends a script, opens a tag, closes an attribute, and begins a comment.
HOSTILE = "</script><script>alert(1)</script><!-- \" ' & <img src=x onerror=alert(2)> {{ 7 * 7 }}"

MANIFEST = {
    "scenario_sha256": "8d5f" * 16,
    "program_sha256": "ab12" * 16,
    "seed": 1,
    "worlds": 2048,
    "replays": 8,
    "precision": None,
    "engine": "compiled",
    "version": "0.1.0",
    "python": "3.11.7",
    "libraries": {"numpy": "2.4.6", "numba": None},
    "host": {"system": "Linux", "machine": "x86_64", "node": "desk"},
    "elapsed_seconds": 6.48,
    "resumed": False,
    "parts": 8,
}


def story(typical: str) -> ToldRun:
    """A short story over the edge of the window."""
    lines = [
        Line("2021-04-22 00:00", "april", "a pullback is announced; tension 0.85 → 0.75"),
        Line("2021-07-01 00:00", "", "the window of the question opens", edge=True),
        Line("2021-10-10 19:54", "build up", "CRISIS begins: build up"),
    ]
    return ToldRun(
        typical, 1424, 178, 0, f"typical {typical}: a rule", ["Starts with intent: prepare."], lines, ["So."]
    )


def run(result: Result | None = None) -> RunFacts:
    """Everything that a page of a run can show."""
    found = sample.result() if result is None else result
    studied = studies.drivers()
    return RunFacts(
        name="cea0bf3faf89",
        result=found,
        manifest=MANIFEST,
        about="Written as of 1 May 2021.",
        definitions=[
            Definition("clash", "one incident with 25 deaths or more", "when incidents.donbas.clash", False),
            Definition("build_up", "30 000 above the low", "rise 30000, of russia, hold 14", False),
            Definition("rise_15k", "a rung of the ladder", "rise 15000, of russia", True),
        ],
        marks=sample.marks(),
        by_kind=sample.by_kind(),
        drivers=studied["drivers"],
        noise=studied["noise"],
        stories=[story("crisis"), story("calm")],
    )


def bare(result: Result | None = None) -> RunFacts:
    """A result and nothing else."""
    return RunFacts("bare", sample.result() if result is None else result, missing=["stories, because there are none"])


def failing() -> RunFacts:
    """Failed runs and a warning, and dates that were moved."""
    result = sample.result()
    result["counts"] = {"finished": 16380, "failed": 4, "reasons": {"too many pending steps": 4}}
    result["warnings"] = [{"code": "RUN1", "path": "events.moves", "text": "4 of 16384 runs failed"}]
    result["assumptions"][0]["clamped"] = 0.12
    return run(result)


def hostile() -> RunFacts:
    """Markup wherever a scenario file has a say."""
    result = sample.result()
    result["scenario"]["title"] = result["question"]["text"] = result["scenario"]["name"] = HOSTILE
    result["assumptions"][0] |= {"path": HOSTILE, "form": HOSTILE, "unit": HOSTILE, "source": HOSTILE}
    result["outside_view"][0] |= {"name": HOSTILE, "source": f"https://example.org/{HOSTILE}"}
    result["ladder"][0] |= {"kind": HOSTILE, "definition": HOSTILE}
    result["pathways"][0] |= {"kind": HOSTILE, "root": HOSTILE, "flags": [HOSTILE]}
    result["states"] = {HOSTILE: {HOSTILE: result["states"]["intent"]["coerce"]}}
    result["counts"] = {"finished": 16380, "failed": 4, "reasons": {HOSTILE: 4}}
    result["warnings"] = [{"code": HOSTILE, "path": HOSTILE, "text": HOSTILE}]
    result["kinds"] = {HOSTILE: result["kinds"]["build_up"], "clash": result["kinds"]["clash"]}
    result["question"]["kinds"] = [HOSTILE, "clash"]
    whole = run(result)
    told = replace(story("crisis"), why=HOSTILE, particulars=[HOSTILE], ending=[HOSTILE])
    told = replace(told, lines=[Line("2021-07-02 00:00", HOSTILE, HOSTILE)])
    drivers = copy.deepcopy(list(whole.drivers))
    drivers[0]["path"] = HOSTILE
    dates, odds = sample.by_kind()["clash"]
    return replace(
        whole,
        name=HOSTILE,
        about=HOSTILE,
        definitions=[Definition(HOSTILE, HOSTILE, HOSTILE, False)],
        marks=[replace(sample.marks()[0], label=HOSTILE, date=sample.marks()[3].date)],
        by_kind={HOSTILE: (dates, odds)},
        drivers=drivers,
        stories=[told],
        manifest={**MANIFEST, "host": {"node": HOSTILE}, "version": HOSTILE},
        missing=[HOSTILE],
    )


def listed() -> RunFacts:
    """Four assumptions whose medians sort otherwise as texts."""
    result = sample.result()
    first = result["assumptions"][0]
    rows = [
        ("a.x", 300.0, "judgement"),
        ("a.y", 9.0, "Kavkaz and Zapad"),
        ("a.z", 30_000.0, "Zapad"),
        ("a.w", 25.0, ""),
    ]
    result["assumptions"] = [
        {**first, "path": path, "unit": "days", "p50": middle, "source": source} for path, middle, source in rows
    ]
    return run(result)


def flip(first: str = "spring-2021", second: str = "no_zapad") -> FlipStory:
    """A run that is alike, then parts, and ends differently."""
    return {
        "from": first,
        "to": second,
        "direction": "to_calm",
        "world": 1971,
        "replay": 5,
        "run": 15773,
        "why": "typical flip: the one in the middle",
        "states": [("intent.start", "restrain")],
        "parted": "2021-05-05 22:08",
        "lines": [
            {"date": "2021-04-22 00:00", "who": "april", "text": "a pullback is announced", "side": "both"},
            {"date": "2021-05-05 22:08", "who": "april", "text": "a convoy goes home; 46,763", "side": "from"},
            {"date": "2021-05-05 22:08", "who": "april", "text": "a convoy goes home; 44,053", "side": "to"},
            {"date": "2021-06-26 16:33", "who": "april", "text": "what really left is seen", "side": "from"},
            {"date": "2021-07-01 00:00", "who": "", "text": "the window of the question opens", "side": "both"},
            {"date": "2021-07-05 06:29", "who": "donbas", "text": "an incident", "side": "to"},
        ],
        "endings": ("Crisis: build up begins.", "No crisis."),
    }


def compared(comparison: Comparison | None = None, *, told: bool = True) -> ComparisonFacts:
    """Everything that a page of a comparison can show."""
    found = comparisons.comparison() if comparison is None else comparison
    if told and len(found["scenarios"]) > 1:
        names = [part["name"] for part in found["scenarios"]]
        found["stories"] = [flip(names[0], name) for name in names[1:3]]
    files = [f"{number:02d}.yaml" for number, _ in enumerate(found["scenarios"], 1)]
    return ComparisonFacts("compare-ac04e69bc1a7", found, MANIFEST, files, run().definitions)


def hostile_comparison() -> ComparisonFacts:
    """Markup in names, reasons, inputs and stories."""
    found = comparisons.comparison(("spring-2021", "no_zapad"))
    for number, part in enumerate(found["scenarios"]):
        part["name"] = f"{number} {HOSTILE}"
        part["about"] = part["source"] = part["title"] = HOSTILE
    found["differences"][0] |= {"from": f"0 {HOSTILE}", "to": f"1 {HOSTILE}"}  # type: ignore[typeddict-item]
    found["differences"][0]["changes"] = [{"path": HOSTILE, "before": HOSTILE, "after": None}]
    told = flip(f"0 {HOSTILE}", f"1 {HOSTILE}")
    told |= {"why": HOSTILE, "endings": (HOSTILE, HOSTILE)}  # type: ignore[typeddict-item]
    told["lines"][1] |= {"who": HOSTILE, "text": HOSTILE}
    found["stories"] = [told]
    return ComparisonFacts(HOSTILE, found, MANIFEST, [HOSTILE])


RUNS: dict[str, Callable[[], RunFacts]] = {
    "full": run,
    "bare": bare,
    "failing": failing,
    "no hit": lambda: bare(sample.certain(False)),
    "every run a hit": lambda: bare(sample.certain(True)),
    "crowded": lambda: run(sample.crowded()),
    "listed": listed,
    "hostile": hostile,
}
COMPARISONS: dict[str, Callable[[], ComparisonFacts]] = {
    "variants": compared,
    "two": lambda: compared(comparisons.comparison(("spring-2021", "no_zapad"))),
    "many": lambda: compared(comparisons.many()),
    "alike": lambda: compared(comparisons.alike(), told=False),
    "certain": lambda: compared(comparisons.certain(False, True), told=False),
    "other window": lambda: compared(comparisons.other_window()),
    "years": lambda: compared(comparisons.years(30)),
    "many kinds": lambda: compared(comparisons.many_kinds()),
    "hostile comparison": hostile_comparison,
}
NAMES = [*RUNS, *COMPARISONS]


def page(name: str) -> Page:
    """A page by its name, as plain data."""
    if name in RUNS:
        return run_page.page(RUNS[name]())
    return comparison_page.page(COMPARISONS[name]())


def html(name: str) -> str:
    """A page by its name, as a document."""
    return run_page.html(RUNS[name]()) if name in RUNS else comparison_page.html(COMPARISONS[name]())
