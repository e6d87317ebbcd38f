"""The measured tables of `docs/model.md`: what each block and each variant of a scenario does to its odds.

Run it from the project's root: `python docs/measure_model.py` prints the tables; with `--write` they also go into the
page, between the marks that bear their names, and the prose around them wants another look. It plays 1 024 worlds x 4
replays with seed 1 in one process, so the same version of the scenario and of the code prints the same bytes. Every
comparison is paired: run (world, replay) of one configuration against the same run of the other.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.estimates.odds import proportion
from sim.estimates.paired import paired_difference
from sim.experiment.engines import AUTO
from sim.experiment.plan import Design
from sim.experiment.probing import probe
from sim.experiment.run import Rows, play_rows
from sim.records.outcomes import FINISHED, Bools
from sim.scenario.load import Case, load

DESIGN = Design(1024, 4, 1)
FLAGSHIP = Path("scenarios/spring-2021.yaml")
PAGE = Path("docs/model.md")
NEUTRAL = "neutral"
# What is given back to the neutral class, one block after the other: prefixes of the paths that `neutral` sets.
LADDER = (
    ("+ what is left", ("build_ups.main.left",)),
    ("+ sanctions", ("sanctions",)),
    ("+ exercises", ("exercises", "assumptions.foreign_drill")),
    ("+ diplomacy", ("diplomacy",)),
    ("+ intent", ("intent",)),
    ("+ tension", ("build_ups.main.per_tension",)),
)
# The step of exercises taken apart, each part alone on top of the steps before it.
PARTS = (
    ("drills of the other side", "assumptions.foreign_drill"),
    ("Zapad's cover for orders", "exercises.zapad.orders"),
    ("Zapad's troops", "exercises.zapad.brings"),
)
KIND = "build_up"
# Quantities that multiply orders, and the path of the level at which they multiply by 1.
CENTRES = (
    ("build_ups.main.left", "build_ups.main.left.reference"),
    ("pressure", "sanctions_effect.reference"),
    ("tension", "build_ups.main.tension_reference"),
)
UNSANCTIONED, SANCTIONS_EFFECT = "no_sanctions", "sanctions_effect.orders_per_pressure"


class Configuration:
    """A scenario and its runs. `hit` has a row a run: a counted kind began inside the window."""

    def __init__(self, case: Case) -> None:
        """Play it. Raises `RuntimeError` where a run fails: the tables are about complete sets of runs only."""
        self.case = case
        self.played: Rows = play_rows(case.scenario, DESIGN)
        outcomes = self.played.outcomes
        if np.any(outcomes.status != FINISHED):
            raise RuntimeError(f"{case.scenario.name}: some runs failed")
        self.world = outcomes.world
        self.hit: Bools = np.isfinite(outcomes.first)

    def began(self, kind: str) -> Bools:
        """Whether a crisis of this kind began inside the window."""
        place = self.case.scenario.program.kinds.index(kind)
        return np.isfinite(self.played.outcomes.onset[:, place])

    def began_early(self, kind: str) -> Bools:
        """Whether a crisis of this kind began before the window."""
        place = self.case.scenario.program.kinds.index(kind)
        return np.isfinite(self.played.outcomes.early[:, place])


def points(hit: Bools, configuration: Configuration) -> str:
    """A share of runs in points, with its standard error by worlds."""
    share = proportion(hit, configuration.world)
    return f"{100 * share.p:.1f} ± {100 * (share.se or 0.0):.1f}"


def change(after: Bools, before: Bools, configuration: Configuration) -> str:
    """A paired difference in points, with its standard error by worlds."""
    pair = paired_difference(after, before, configuration.world)
    error = "no run differs" if pair.flips_up + pair.flips_down == 0 else f"± {100 * (pair.se or 0.0):.1f}"
    return f"{100 * pair.difference:+.1f} {error}"


def flips(after: Configuration, before: Configuration) -> str:
    """How many runs turn to a crisis, and how many from one."""
    pair = paired_difference(after.hit, before.hit, after.world)
    return f"{pair.flips_up} / {pair.flips_down}"


TABLES: dict[str, str] = {}


def table(name: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One Markdown table on standard output, kept under its name."""
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    TABLES[name] = "\n".join(lines)
    sys.stdout.write(f"\n{name}\n\n{TABLES[name]}\n")
    sys.stdout.flush()


def written(page: str) -> str:
    """The page with every table put between its marks. Raises `ValueError` where a mark is missing."""
    for name, text in TABLES.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"{PAGE} needs one `{begin}` and one `{end}`")
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{text}\n{end}{after}"
    return page


def flow(value: Any) -> str:
    """A value of a file as `--set` reads it."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    return str(value)


def settings_of(variant: Mapping[str, Any], given_back: Sequence[str]) -> list[str]:
    """A variant's overrides without those whose path begins with one of some prefixes."""
    return [
        f"{path}={flow(value)}"
        for path, value in variant.items()
        if path not in ("about", "source") and not any(f"{path}.".startswith(f"{prefix}") for prefix in given_back)
    ]


def ladder(path: Path, full: Configuration) -> None:
    """From the neutral reference class to the file as it is, one block after the other."""
    variant = full.case.scenario.file.variants[NEUTRAL]
    before = Configuration(load(path, (), NEUTRAL))
    rows = [["neutral", points(before.hit, before), "", points(before.began(KIND), before), ""]]
    prefixes: list[str] = []
    rest: list[str] = []
    for name, group in LADDER:
        prefixes.extend(group)
        rest = settings_of(variant, prefixes)
        now = Configuration(load(path, rest)) if rest else full
        rows.append(
            [
                name + ("" if rest else ", which is the file"),
                points(now.hit, now),
                change(now.hit, before.hit, now),
                points(now.began(KIND), now),
                change(now.began(KIND), before.began(KIND), now),
            ]
        )
        before = now
    if before is not full:
        raise RuntimeError(f"the variant `{NEUTRAL}` sets something that no step of the ladder gives back: {rest}")
    head = ["configuration", "odds, %", "step, points", f"{KIND} in the window, %", "step, points"]
    table("ladder", head, rows)


def exercises(path: Path, full: Configuration) -> None:
    """What each part of the exercises adds by itself."""
    variant = full.case.scenario.file.variants[NEUTRAL]
    earlier = [prefix for _, group in LADDER[:2] for prefix in group]
    before = Configuration(load(path, settings_of(variant, earlier)))
    rows = []
    for name, prefix in PARTS:
        now = Configuration(load(path, settings_of(variant, [*earlier, prefix])))
        rows.append([name, change(now.hit, before.hit, now), change(now.began(KIND), before.began(KIND), now)])
    table("exercises", ["part", "odds, points", f"{KIND} in the window, points"], rows)


def law(path: Path) -> None:
    """The neutral file beside the base rate that it is given."""
    neutral = Configuration(load(path, (), NEUTRAL))
    given = neutral.played.values["build_ups.main.orders.odds"]
    began, early = neutral.began(KIND), neutral.began_early(KIND)
    rows = [
        ["base rate given to the file, mean over worlds", f"{100 * float(given.mean()):.1f}"],
        [f"{KIND} in the window", points(began, neutral)],
        [f"{KIND} before the window", points(early, neutral)],
        [f"{KIND} in the window, of the runs without one before it", _share(began, ~early, neutral)],
    ]
    table("law", ["", "%"], rows)


def _share(hit: Bools, among: Bools, configuration: Configuration) -> str:
    share = proportion(hit[among], configuration.world[among])
    return f"{100 * share.p:.1f} ± {100 * (share.se or 0.0):.1f}"


def centres(full: Configuration) -> None:
    """What the file has of each quantity while orders can be given, beside what the reference class had.

    Replay 0 of each world; on each day the runs in which no build-up is under way.
    """
    scenario = full.case.scenario
    opens, closes = scenario.program.opens, scenario.program.closes
    days = np.array([0.0, opens, (opens + closes) / 2.0])
    names = [name for name, _ in CENTRES]
    *paths, active = probe(scenario, AUTO, DESIGN.seed, DESIGN.worlds, days, [*names, "build_ups.main.active"])
    quiet = active < 0.5
    rows = []
    for place, (name, reference) in enumerate(CENTRES):
        means = [f"{mean:.2f}" for mean in np.average(paths[place], axis=0, weights=quiet).tolist()]
        rows.append([f"`{name}`", f"{scenario.values[reference].fixed:g}", *means])
    head = ["quantity", "reference", "mean at the start", "at the opening", "in the middle of the window"]
    table("centres", head, rows)


def counterfactuals(path: Path, full: Configuration) -> None:
    """Every variant of the file against the file."""
    rows = []
    split: list[list[str]] = []
    for name in full.case.scenario.file.variants:
        other = Configuration(load(path, (), name))
        rows.append([f"`{name}`", points(other.hit, other), change(other.hit, full.hit, other), flips(other, full)])
        if name == UNSANCTIONED:
            split = by_sign(other, full)
    table("variants", ["variant", "odds, %", "against the file, points", "runs to / from a crisis"], rows)
    table("sanctions", ["worlds", "share, %", "with - without, points"], split)


def by_sign(without: Configuration, full: Configuration) -> list[list[str]]:
    """The effect of all sanctions, in worlds where pressure holds back and in worlds where it provokes."""
    multiplier = full.played.values[SANCTIONS_EFFECT]
    rows = []
    for name, chosen in (("pressure holds back", multiplier < 1.0), ("pressure provokes", multiplier >= 1.0)):
        here = chosen[full.world]
        pair = paired_difference(full.hit[here], without.hit[here], full.world[here])
        effect = f"{100 * pair.difference:+.1f} ± {100 * (pair.se or 0.0):.1f}"
        rows.append([name, f"{100 * float(chosen.mean()):.0f}", effect])
    return rows


def by_state(full: Configuration) -> None:
    """Odds by the state of intent that a world starts with."""
    path = "intent.start"
    states = full.case.scenario.values[path].states
    drawn = full.played.values[path][full.world]
    rows = []
    for place, state in enumerate(states):
        here = drawn == place
        share = f"{100 * float(np.mean(full.played.values[path] == place)):.0f}"
        odds, of_kind = _share(full.hit, here, full), _share(full.began(KIND), here, full)
        rows.append([state, share, odds, of_kind])
    table("intent", ["state", "worlds, %", "odds, %", f"{KIND}, %"], rows)


def by_definition(full: Configuration) -> None:
    """Each kind by itself: how often it begins in the window, and how often before."""
    program = full.case.scenario.program
    rows = []
    for kind, definition, passive in zip(
        program.kinds, program.kind_definition, program.kind_passive.tolist(), strict=True
    ):
        counted = "" if passive else "counted" if kind in full.case.scenario.file.question.kinds else "no"
        rows.append(
            [
                f"`{kind}`",
                definition,
                counted,
                points(full.began(kind), full),
                points(full.began_early(kind), full),
                points(full.began(kind) | full.began_early(kind), full),
            ]
        )
    head = ["kind", "definition", "", "in the window, %", "before it, %", "one of the two, %"]
    table("definition", head, rows)


def main() -> None:
    """All tables of the flagship, on standard output and, with `--write`, in the page."""
    full = Configuration(load(FLAGSHIP))
    sys.stdout.write(
        f"{FLAGSHIP}: {DESIGN.worlds} worlds x {DESIGN.replays} replays, seed {DESIGN.seed}; "
        f"± is one standard error by worlds. The file: {points(full.hit, full)} %\n"
    )
    ladder(FLAGSHIP, full)
    exercises(FLAGSHIP, full)
    law(FLAGSHIP)
    centres(full)
    counterfactuals(FLAGSHIP, full)
    by_state(full)
    by_definition(full)
    if "--write" in sys.argv[1:]:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
