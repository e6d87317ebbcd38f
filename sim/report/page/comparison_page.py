"""The page of a comparison: the same question under several scenarios, and how far apart the answers are."""

from __future__ import annotations

from collections.abc import Iterator

from sim.records.result import WarningPart
from sim.report import wording
from sim.report.page import render
from sim.report.page.blocks import Page, Section
from sim.report.page.facts import ComparisonFacts
from sim.report.page.sections import changes, compared, courses, flips, gaps, glossary, provenance
from sim.report.page.texts import texts
from sim.report.wording import plain


def html(facts: ComparisonFacts) -> str:
    """The page as one HTML document."""
    return render.html(page(facts))


def page(facts: ComparisonFacts) -> Page:
    """The page as plain data, section by section."""
    comparison = facts.comparison
    first = comparison["scenarios"][0]
    made = [
        provenance.alerts([(part["name"], part["counts"]) for part in comparison["scenarios"]], list(_warnings(facts))),
        gaps.section(facts),
        compared.odds(facts),
        courses.section(facts),
        changes.section(facts),
        flips.section(facts),
        compared.question(facts),
        provenance.comparison_section(facts),
    ]
    sections: list[Section] = [item for item in made if item is not None]
    sections.append(glossary.section(text for item in sections for text in texts(item)))
    asked = first["question"]
    others = wording.count(len(comparison["scenarios"]), "scenario")
    return Page(
        kicker=f"Crisis odds · {plain(first['scenario'])} · {facts.name}",
        title=plain(first["title"] or first["name"]),
        subtitle=f"{others} compared · {wording.span(asked['opens'], asked['closes'])}",
        sections=sections,
        data=comparison,
        saved_as=f"{plain(first['scenario'])}-{facts.name}.json",
        foot=_foot(facts),
    )


def _warnings(facts: ComparisonFacts) -> Iterator[WarningPart]:
    """The warnings of the comparison, then those of its scenarios: each once, with the names of those that have it."""
    comparison = facts.comparison
    yield from comparison["warnings"]
    names: dict[tuple[str, str, str], list[str]] = {}
    first: dict[tuple[str, str, str], WarningPart] = {}
    for part in comparison["scenarios"]:
        for warning in part["warnings"]:
            key = (warning["code"], warning["path"], warning["text"])
            names.setdefault(key, []).append(plain(part["name"]))
            first.setdefault(key, warning)
    common = {(warning["code"], warning["path"], warning["text"]) for warning in comparison["warnings"]}
    for key, warning in first.items():
        if key not in common:
            whose = "" if len(names[key]) == len(comparison["scenarios"]) else f"{', '.join(names[key])}: "
            yield {**warning, "text": f"{whose}{warning['text']}"}


def _foot(facts: ComparisonFacts) -> list[str]:
    design = facts.comparison["design"]
    version = "" if facts.manifest is None else f" {facts.manifest.get('version', '')}"
    return [
        f"Made by crisis-odds{version} from {wording.count(design['runs'], 'run')}, seed {design['seed']}.",
        "Odds under the assumptions of scenario files. This page needs no other file and fetches nothing.",
    ]
