"""Where the numbers of a study come from, for the line under its figures."""

from __future__ import annotations

from sim.estimates.digits import percent
from sim.records.result import DesignPart, ScenarioPart
from sim.records.sweeping import OddsPart, TriedPart
from sim.report import wording


def origin(scenario: ScenarioPart, design: DesignPart) -> wording.Origin:
    """The origin of a study in which every scenario was played with the same worlds and replays."""
    worlds, replays = design["worlds"], design["replays"]
    return wording.Origin(wording.plain(scenario["name"]), worlds * replays, worlds, replays, design["seed"])


def odds(own: OddsPart | TriedPart) -> str:
    """Odds as a figure; the bound instead, where none or all of the runs were hits."""
    low, high = own["interval"]
    return percent(own["p"], own["se"], bound=high if own["p"] <= 0.0 else low if own["p"] >= 1.0 else None)


def error(p: float, design: DesignPart) -> float:
    """The largest standard error that odds can have with so many worlds, for digits where none is recorded."""
    variance: float = p * (1.0 - p) / max(design["worlds"], 1)
    return float(variance**0.5)
