"""Which pictures a command draws, and of what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from sim.analysis.forecast import cumulative_by_kind
from sim.errors import FailedRunsError
from sim.experiment.engines import SIMPY
from sim.experiment.plan import Design
from sim.experiment.probing import fan, probe, weekly
from sim.experiment.run import Played
from sim.records.comparison import Comparison
from sim.records.result import Result
from sim.scenario.load import Case, Scenario
from sim.scenario.schedule import marks

FAN_WORLDS = 512
COMPARED_WORLDS = 256
PREVIEW_WORLDS = 64
SAMPLES = 6


def drawn(path: Path, *, quick: bool, svg: bool) -> bool:
    """Whether a run's folder has the pictures that are asked for."""
    wanted = ["odds"] if quick else ["odds", "timing", "pathways"]
    forms = ("png", "svg") if svg else ("png",)
    return all((path / "figures" / f"{name}.{form}").exists() for name in wanted for form in forms)


def draw_run(
    folder: Path, case: Case, played: Played, design: Design, result: Result, engine: str, *, quick: bool, svg: bool
) -> None:
    """The figures of a run, each with its table: odds alone when quick, else timing, forces and pathways too.

    Runs that were played by an engine are played again by it where their paths are wanted.
    """
    from sim.report.figures import odds, pathways, timing
    from sim.report.render import save

    folder.mkdir(parents=True, exist_ok=True)
    save(odds.draw(result), odds.table(result), folder, "odds", svg)
    if quick:
        return
    scheduled = marks(case.scenario.file)
    by_kind = cumulative_by_kind(case.scenario, played)
    save(timing.draw(result, scheduled, by_kind), timing.table(result, by_kind), folder, "timing", svg)
    save(pathways.draw(result), pathways.table(result), folder, "pathways", svg)
    sides = troop_sums(case.scenario)
    if sides:
        _draw_forces(folder, case.scenario, design, result, engine, sides[0], svg=svg)


def troop_sums(scenario: Scenario) -> list[str]:
    """Troops forward by side, the sides of the crises' definitions first."""
    defined = [f"sides.{crisis.of}.troops" for crisis in scenario.file.crises.values() if crisis.of is not None]
    every = [name for name in scenario.program.quantities if name.startswith("sides.") and name.endswith(".troops")]
    return list(dict.fromkeys([*defined, *every]))


def _draw_forces(
    folder: Path, scenario: Scenario, design: Design, result: Result, engine: str, name: str, *, svg: bool
) -> None:
    from sim.report.figures import forces
    from sim.report.render import save
    from sim.report.wording import origin

    days = weekly(scenario)
    paths = probe(scenario, engine, design.seed, min(FAN_WORLDS, result["design"]["worlds"]), days, [name])[0]
    if not len(paths):
        return
    side = name.split(".")[1].replace("_", " ")
    made = fan(scenario, name, f"{side.capitalize()}: troops forward", "troops", days, paths)
    question = scenario.file.question
    figure = forces.draw(
        made,
        marks(scenario.file),
        question.opens,
        question.closes,
        _level(scenario, name),
        samples=paths[:SAMPLES],
        source=origin(result),
    )
    save(figure, forces.table(made), folder, "forces", svg)


def draw_comparison(
    folder: Path,
    scenarios: Sequence[Scenario],
    comparison: Comparison,
    design: Design,
    engine: str,
    *,
    quick: bool,
    svg: bool,
) -> None:
    """The figures of a comparison, each with its table: the odds alone when quick."""
    from sim.report.figures import compared_odds
    from sim.report.render import save

    folder.mkdir(parents=True, exist_ok=True)
    save(compared_odds.draw(comparison), compared_odds.table(comparison), folder, "compared_odds", svg)
    if quick:
        return
    from sim.report.figures import differences, onset_curves

    save(onset_curves.draw(comparison), onset_curves.table(comparison), folder, "onset_curves", svg)
    if comparison["differences"]:
        save(differences.draw(comparison), differences.table(comparison), folder, "differences", svg)
    _draw_compared_forces(folder, scenarios, comparison, design, engine, svg=svg)


def _draw_compared_forces(
    folder: Path, scenarios: Sequence[Scenario], comparison: Comparison, design: Design, engine: str, *, svg: bool
) -> None:
    """Troops over time in all scenarios that have the side that the first one is about."""
    from sim.report.figures import compared_forces
    from sim.report.render import save

    sides = troop_sums(scenarios[0])
    if not sides:
        return
    days, fans = weekly(scenarios[0]), []
    for part, scenario in zip(comparison["scenarios"], scenarios, strict=True):
        if sides[0] not in troop_sums(scenario) or scenario.file.clock.starts != scenarios[0].file.clock.starts:
            continue
        played = min(COMPARED_WORLDS, design.worlds)
        paths = probe(scenario, engine, design.seed, played, days[days < scenario.program.horizon], [sides[0]])[0]
        if len(paths):
            here = days[: paths.shape[1]]
            fans.append((part["name"], fan(scenario, sides[0], _label(sides[0]), "troops", here, paths)))
    # without the first scenario there is nothing to compare with: all of its runs failed
    if fans and fans[0][0] == comparison["scenarios"][0]["name"]:
        figure = compared_forces.draw(fans, comparison, marks(scenarios[0].file))
        save(figure, compared_forces.table(fans), folder, "compared_forces", svg)


def _level(scenario: Scenario, name: str) -> tuple[float, str] | None:
    """The level of a counted definition, where it is one fixed number of troops (a rise has no fixed level)."""
    for kind in scenario.file.question.kinds:
        crisis = scenario.file.crises[kind]
        if crisis.level is not None and crisis.level.fixed is not None and f"sides.{crisis.of}.troops" == name:
            return crisis.level.fixed, f"{kind.replace('_', ' ')}: level of the definition"
    return None


def draw_preview(folder: Path, scenario: Scenario, seed: int) -> list[Path]:
    """Troops, tension, pressure and the like over time, before anyone sees odds."""
    from sim.report.figures import preview
    from sim.report.render import save

    program = scenario.program
    names = troop_sums(scenario)[:2]
    names += [name for name in program.tensions if not name.startswith(("build_ups.", "incidents."))][:2]
    names += [name for name in ("pressure",) if name in program.quantities]
    names += [name for name in program.tensions if name.startswith("incidents.")][:1]
    if not names:
        names = [*program.quantities, *program.tensions][:4]
    days = weekly(scenario)
    # so few runs are played sooner than the compiled engine is loaded
    paths = probe(scenario, SIMPY, seed, PREVIEW_WORLDS, days, names)
    if not paths.shape[1]:
        raise FailedRunsError(f"each of the {PREVIEW_WORLDS} runs of the preview failed: `sim trace` tells how")
    every = [fan(scenario, name, _label(name), _unit(name), days, paths[place]) for place, name in enumerate(names)]
    folder.mkdir(parents=True, exist_ok=True)
    return save(
        preview.draw(every, marks(scenario.file), window(scenario)), preview.table(every), folder, "preview", svg=False
    )


def _label(name: str) -> str:
    parts = name.split(".")
    if parts[0] == "sides":
        return f"{parts[1].replace('_', ' ').capitalize()}: troops forward"
    if parts[0] == "incidents":
        return f"{parts[1].replace('_', ' ').capitalize()} incidents: recent activity"
    return " ".join(parts[-1:]).replace("_", " ").capitalize()


def _unit(name: str) -> str:
    return {"sides": "troops", "pressure": "packages"}.get(name.split(".")[0], "level")


def window(scenario: Scenario) -> tuple[dt.date, dt.date]:
    """Opening and closing dates of the question."""
    return scenario.file.question.opens, scenario.file.question.closes
