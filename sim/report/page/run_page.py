"""The page of a run: what was asked, the odds, and everything that they rest on."""

from __future__ import annotations

from sim.report import wording
from sim.report.page import render
from sim.report.page.blocks import Page, Section
from sim.report.page.facts import RunFacts
from sim.report.page.sections import (
    assumptions,
    definitions,
    drivers,
    glossary,
    odds,
    provenance,
    question,
    roads,
    stories,
    timing,
)
from sim.report.page.texts import texts
from sim.report.wording import plain


def html(facts: RunFacts) -> str:
    """The page as one HTML document."""
    return render.html(page(facts))


def page(facts: RunFacts) -> Page:
    """The page as plain data, section by section."""
    result = facts.result
    made = [
        provenance.alerts([("", result["counts"])], result["warnings"]),
        odds.section(facts),
        question.section(facts),
        odds.beside(facts),
        timing.section(facts),
        roads.section(facts),
        definitions.section(facts),
        drivers.section(facts),
        assumptions.section(facts),
        stories.section(facts),
        provenance.run_section(facts),
    ]
    sections: list[Section] = [item for item in made if item is not None]
    sections.append(glossary.section(text for item in sections for text in texts(item)))
    name = plain(result["scenario"]["name"])
    asked = result["question"]
    return Page(
        kicker=f"Crisis odds · {name} · run {facts.name}",
        title=plain(result["scenario"]["title"] or result["scenario"]["name"]),
        subtitle=wording.span(asked["opens"], asked["closes"]) + _changed(facts),
        sections=sections,
        data=result,
        saved_as=f"{name}-{facts.name}.json",
        foot=_foot(facts),
    )


def _changed(facts: RunFacts) -> str:
    """What the command line made of the file: nobody is to take these odds for the file's own."""
    changed = (facts.manifest or {}).get("changed")
    if not isinstance(changed, list) or not changed:
        return ""
    return f" · not the file as it is, but with {'; '.join(plain(str(item)) for item in changed)}"


def _foot(facts: RunFacts) -> list[str]:
    version = "" if facts.manifest is None else f" {facts.manifest.get('version', '')}"
    return [
        f"Made by crisis-odds{version} from {wording.footer(wording.origin(facts.result))}.",
        "Odds under the assumptions of one scenario file. This page needs no other file and fetches nothing.",
    ]
