"""The words of the page, explained; only those that it uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.report.page.blocks import Section, Term, Terms


@dataclass(frozen=True, slots=True)
class _Entry:
    """A word, what it means, and the pattern by which its use is seen."""

    name: str
    text: str
    used: str


_ENTRIES = (
    _Entry("Assumption", "A value that the file says it does not know, with its range.", r"assumption"),
    _Entry(
        "Base rate",
        "How often something happened in comparable cases. It stands beside the odds and does not enter them.",
        r"base rate",
    ),
    _Entry(
        "Belief interval",
        "The 5th to 95th percentile of the odds over worlds, replay luck taken out: what the odds would be if we knew "
        "what we do not.",
        r"belief interval|what we do not know",
    ),
    _Entry(
        "Brier score",
        "The squared distance between a forecast and what happened (0 or 1); smaller is better.",
        r"brier",
    ),
    _Entry("Flip", "A run that has a crisis in one scenario and none in the other, with the same luck.", r"\bflips?\b"),
    _Entry(
        "ICD 203",
        "US Intelligence Community Directive 203 (2 January 2015). Its words: almost no chance 1 to 5 %, "
        "very unlikely to 20 %, unlikely to 45 %, roughly even chance to 55 %, likely to 80 %, very likely to 95 %, "
        "almost certain to 99 %.",
        r"icd 203",
    ),
    _Entry("Kind", "A sort of crisis with a definition of its own.", r"\bkinds?\b"),
    _Entry("Luck", "What differs between replays of one world. No knowledge of today removes it.", r"\bluck\b"),
    _Entry(
        "Monte-Carlo interval",
        "How far the odds may lie from those of endlessly many runs. More runs narrow it; it says nothing about "
        "whether the scenario is right.",
        r"monte-carlo|simulation error",
    ),
    _Entry("Onset", "The instant at which the definition of a crisis is met.", r"\bonsets?\b"),
    _Entry("Odds", "Here: the probability that a counted crisis begins in the window.", r"\bodds\b"),
    _Entry("Paired", "Two scenarios played with the same draws and the same luck, run by run.", r"paired|same luck"),
    _Entry("Replay", "One play of a world.", r"\breplays?\b"),
    _Entry("Road", "The kind of a crisis together with what set off the chain that led to it.", r"\broads?\b"),
    _Entry("Run", "One replay of one world.", r"\bruns?\b"),
    _Entry("Scenario", "A file that says what the world is like and what is not known of it.", r"\bscenarios?\b"),
    _Entry("Seed", "The number that addresses every draw: the same seed, the same runs.", r"\bseed\b"),
    _Entry(
        "V and W",
        "The variance of the outcome in two parts: V is what knowing every assumption could remove, W is luck. "
        "V + W = p (1 − p).",
        r"\bV [0-9]|\(V\)",
    ),
    _Entry("Window", "The dates of the question, first and last day included.", r"\bwindow\b"),
    _Entry("World", "One draw of everything that is not known.", r"\bworlds?\b"),
)


def section(texts: Iterable[str]) -> Section:
    """The words that occur in `texts`, by the alphabet."""
    whole = " ".join(texts)
    return Section("glossary", "Words", "Words", [Terms(used(whole), "glossary")])


def used(text: str) -> Sequence[Term]:
    """The entries whose word occurs in a text."""
    found = [entry for entry in _ENTRIES if re.search(entry.used, text, _flags(entry))]
    return [Term(entry.name, entry.text) for entry in sorted(found, key=lambda entry: entry.name.lower())]


def _flags(entry: _Entry) -> int:
    # a capital in a pattern is meant: V is a name, v is a letter
    return 0 if entry.used != entry.used.lower() else re.IGNORECASE
