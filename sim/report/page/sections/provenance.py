"""How the numbers were made: warnings and failures, design, versions and hashes, and how to make them again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.records.result import CountsPart, DesignPart, Result, WarningPart
from sim.report import wording
from sim.report.page.blocks import Alert, Block, Commands, Part, Section, Term, Terms, Text
from sim.report.page.facts import ComparisonFacts, RunFacts
from sim.report.wording import plain

# Manifest key -> how it is called; the order is that of the page.
_NAMES = {
    "version": "Version",
    "engine": "Engine",
    "scenario_sha256": "Hash of the scenario",
    "program_sha256": "Hash of the rules",
    "python": "Python",
    "libraries": "Libraries",
    "host": "Host",
    "elapsed_seconds": "Time taken",
    "resumed": "Resumed",
    "parts": "Parts",
}

# Why no more runs were played.
_STOPPED = {
    "design": "as many as were asked for",
    "precision": "stopped at the precision that was asked for",
    "interrupt": "interrupted before its end",
}


def alerts(counts: Sequence[tuple[str, CountsPart]], warnings: Sequence[WarningPart]) -> Section | None:
    """Failed runs and warnings, to stand before everything else; none where there are none. `counts` are by name."""
    blocks: list[Block] = [_failed(name, part) for name, part in counts if part["failed"]]
    if warnings:
        blocks.append(Alert(wording.count(len(warnings), "warning"), [_warning(part) for part in warnings]))
    return Section("warnings", "Before you read on", "Warnings", blocks) if blocks else None


def _failed(name: str, counts: CountsPart) -> Alert:
    total = counts["finished"] + counts["failed"]
    of = f"{plain(name)}: " if name else ""
    heading = f"{of}{counts['failed']:,} of {total:,} runs FAILED"
    reasons = [f"{plain(reason)}: {wording.count(number, 'run')}" for reason, number in counts["reasons"].items()]
    return Alert(
        heading, ["They are in no estimate. If failing and a crisis go together, the odds are off.", *reasons], "failed"
    )


def _warning(part: WarningPart) -> str:
    where = f" {plain(part['path'])}" if part["path"] else ""
    return f"{plain(part['code'])}{where}: {plain(part['text'])}"


def run_section(facts: RunFacts) -> Section:
    """Design and provenance of a run, and the commands that make it again."""
    blocks: list[Block] = [Text(_played(facts.result["design"], facts.result["counts"]))]
    if facts.result["counts"]["failed"]:
        blocks.append(_failed("", facts.result["counts"]))
    blocks += [Text(f"Not on this page: {plain(text)}", "small") for text in facts.missing]
    blocks.append(provenance(facts.result["scenario"]["sha256"], facts.manifest))
    blocks += _again(facts.result, facts.manifest)
    return Section("design", "How it was made, and how to make it again", "Design", blocks)


def _played(design: DesignPart, counts: CountsPart) -> str:
    worlds, replays = wording.count(design["worlds"], "world"), wording.count(design["replays"], "replay")
    return (
        f"Played: {worlds} (draws of what is not known) × {replays} (plays of each, by luck) = "
        f"{wording.count(design['runs'], 'run')}, of which {counts['finished']:,} finished. Seed {design['seed']}; "
        f"{_STOPPED.get(design['stopped_by'], plain(design['stopped_by']))}."
    )


def provenance(sha256: str, manifest: Mapping[str, Any] | None) -> Terms:
    """What made the numbers, from the manifest; without one, the scenario's hash alone."""
    facts = {"scenario_sha256": sha256} if manifest is None else {"scenario_sha256": sha256, **manifest}
    return Terms(_terms(facts), "facts")


def _terms(facts: Mapping[str, Any]) -> list[Term]:
    return [Term(name, _fact(key, facts[key])) for key, name in _NAMES.items() if facts.get(key) is not None]


def _fact(key: str, value: Any) -> str:
    if key == "elapsed_seconds":
        return f"{value} s"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {part}" for name, part in value.items() if part is not None)
    return plain(str(value))


def _again(result: Result, manifest: Mapping[str, Any] | None) -> Iterator[Block]:
    """Commands for the resolved scenario that is kept beside the page: after `extends`, variants and settings."""
    design = result["design"]
    precision = None if manifest is None else manifest.get("precision")
    if precision is None:
        played = f"--worlds {design['worlds']} --replays {design['replays']}"
    else:
        played = f"--precision {precision} --worlds {(manifest or {}).get('worlds')} --replays {design['replays']}"
    yield Text(
        "The folder of this page holds scenario.yaml, the scenario as it was played. The same version plays the same "
        "runs from it, to the last digit, on either engine and any number of processors. Typed in that folder:"
    )
    seed = f"--seed {design['seed']}"
    lines = [
        f"sim run scenario.yaml {played} {seed}",
        f"sim trace scenario.yaml --typical crisis --replays {design['replays']} {seed}",
        f"sim trace scenario.yaml --typical calm --replays {design['replays']} {seed}",
        "sim check scenario.yaml",
    ]
    yield Commands("Commands that make this page's numbers again", lines)


def comparison_section(facts: ComparisonFacts) -> Section:
    """Design and provenance of a comparison, and the command that makes it again."""
    comparison, design = facts.comparison, facts.comparison["design"]
    scenarios = wording.count(len(comparison["scenarios"]), "scenario")
    worlds, replays = wording.count(design["worlds"], "world"), wording.count(design["replays"], "replay")
    played = (
        f"Played: {scenarios} × {worlds} (draws of what is not known) × {replays} (plays of each, by luck) = "
        f"{wording.count(design['runs'], 'run')}, all scenarios with the same draws and the same luck. Seed "
        f"{design['seed']}."
    )
    hashes = [Term(plain(part["name"]), plain(part["sha256"])) for part in comparison["scenarios"]]
    blocks: list[Block] = [
        Text(played),
        Terms(_terms(facts.manifest or {}), "facts"),
        Part("Hashes of the scenarios", [Terms(hashes, "facts")], folded=True),
    ]
    if facts.files:
        options = f"--worlds {design['worlds']} --replays {design['replays']} --seed {design['seed']}"
        files = " ".join(shlex.quote(f"scenarios/{name}") for name in facts.files)
        blocks += [
            Text(
                "The folder of this page holds the scenarios as they were played, in the order of this page. The same "
                "version plays the same runs from them. Typed in that folder:"
            ),
            Commands("The command that makes this page's numbers again", [f"sim compare {files} {options}"]),
        ]
    return Section("design", "How it was made, and how to make it again", "Design", blocks)
