"""What every record of a study says of the question: which file, what was asked, how much was played, what to know."""

from __future__ import annotations

from collections.abc import Sequence

from sim.errors import FailedRunsError
from sim.estimates.odds import LEVEL, Headline, headline
from sim.experiment.tally import Tally
from sim.records.result import DesignPart, QuestionPart, ScenarioPart, WarningPart
from sim.records.sweeping import OddsPart
from sim.scenario.load import Case, Scenario

FAILED = "RUN1"
"""Code of the warning that runs failed."""

QUESTION = "SWP1"
"""Code of the warning that the question itself is changed."""

FEWEST_WORLDS = 20
"""Below this the spread between worlds, and so every error, is known too badly to lean on."""

_DEFINING = frozenset({"rise", "level", "hold", "of", "when", "watch", "passive"})
"""Keys of a crisis that say what it is; others say how often it comes and what follows."""


def odds_of(tally: Tally, what: str) -> Headline:
    """The odds of what was played; `FailedRunsError`, in which `what` names it, where no run finished."""
    if not tally.finished.plays:
        raise FailedRunsError(f"{what}: every run failed, so there are no odds; `sim run` with that value tells why")
    return headline(tally.pairs(), LEVEL)


def odds_part(odds: Headline) -> OddsPart:
    """Odds with their error and interval."""
    return {"p": odds.p, "se": odds.se, "interval": list(odds.interval)}


def scenario_part(scenario: Scenario) -> ScenarioPart:
    """Which file was asked."""
    return {"name": scenario.name, "title": scenario.file.title, "sha256": scenario.sha256}


def question_part(scenario: Scenario) -> QuestionPart:
    """What was asked of it."""
    question = scenario.file.question
    return {
        "text": question.text,
        "opens": question.opens.isoformat(),
        "closes": question.closes.isoformat(),
        "kinds": list(question.kinds),
    }


def design_part(worlds: int, replays: int, runs: int, seed: int) -> DesignPart:
    """How much was played; `runs` in all."""
    return {"worlds": worlds, "replays": replays, "runs": runs, "seed": seed, "stopped_by": "design"}


def warning_parts(cases: Sequence[Case]) -> list[WarningPart]:
    """The warnings of some files, each once."""
    found: dict[tuple[str, str], WarningPart] = {}
    for case in cases:
        for warning in case.warnings:
            place = warning.text.split("`")
            path = place[1] if len(place) > 1 else ""
            found.setdefault((warning.code, warning.text), {"code": warning.code, "path": path, "text": warning.text})
    return list(found.values())


def question_part_warning(paths: Sequence[str]) -> list[WarningPart]:
    """A warning for each changed input that is a part of the question: its odds answer another one at each value."""
    found: list[WarningPart] = []
    for path in paths:
        keys = path.split(".")
        if keys[0] == "question" or (keys[0] == "crises" and keys[-1] in _DEFINING):
            text = f"`{path}` is a part of the question: at each value the odds answer another one"
            found.append({"code": QUESTION, "path": path, "text": text})
    return found


def few_worlds_part(worlds: int, code: str) -> list[WarningPart]:
    """A warning where so few worlds were played that not even their errors can be trusted."""
    if worlds >= FEWEST_WORLDS:
        return []
    many = f"{worlds} world{'' if worlds == 1 else 's'}"
    text = f"{many} can hardly tell what the assumptions do: play at least {FEWEST_WORLDS}"
    return [{"code": code, "path": "", "text": text}]


def failed_part(failed: int, runs: int) -> list[WarningPart]:
    """A warning where runs failed."""
    if not failed:
        return []
    return [{"code": FAILED, "path": "", "text": f"{failed} of {runs} runs failed and are in no estimate"}]
