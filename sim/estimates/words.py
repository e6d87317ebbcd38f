"""Words for probabilities: the yardstick of US Intelligence Community Directive 203 (2 January 2015)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A band [low, high) of probabilities and its two accepted wordings."""

    low: float
    high: float
    likelihood: str
    probability: str


ICD_203 = (
    Term(0.01, 0.05, "almost no chance", "remote"),
    Term(0.05, 0.20, "very unlikely", "highly improbable"),
    Term(0.20, 0.45, "unlikely", "improbable"),
    Term(0.45, 0.55, "roughly even chance", "roughly even odds"),
    Term(0.55, 0.80, "likely", "probable"),
    Term(0.80, 0.95, "very likely", "highly probable"),
    Term(0.95, 0.99, "almost certain", "nearly certain"),
)
BELOW = "below 1 %"
ABOVE = "above 99 %"


def word(p: float) -> str:
    """The term for an unrounded probability; a boundary belongs to the band above it.

    The directive has no term below 1 % or above 99 %: those are said in figures (exactly 99 % still has its term).
    """
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"a probability lies between 0 and 1: {p}")
    if p < ICD_203[0].low:
        return BELOW
    if p > ICD_203[-1].high:
        return ABOVE
    return next((term.likelihood for term in ICD_203 if p < term.high), ICD_203[-1].likelihood)


def words(p: float, interval: tuple[float, float] | None = None) -> str:
    """The term for p, or the range of terms that p and its interval span ("very unlikely to unlikely").

    Never put the answer into one sentence with a level of confidence: the directive forbids it.
    """
    low, high = interval if interval is not None else (p, p)
    first, last = word(min(p, low)), word(max(p, high))
    return first if first == last else f"{first} to {last}"
