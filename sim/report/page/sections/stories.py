"""Single runs, told day by day: numbers say how often, a story says how."""

from __future__ import annotations

from sim.report.page.blocks import Block, Section, Story, Text
from sim.report.page.facts import RunFacts, ToldRun
from sim.report.wording import capital, plain

_NAMES = {"crisis": "A representative crisis", "calm": "A calm run"}


def section(facts: RunFacts) -> Section | None:
    """The stories, the first of them unfolded; none where none could be told."""
    if not facts.stories:
        return None
    lead = Text(
        "Runs chosen by a rule and not by hand. Each is one of many: what is particular about it is not what makes a "
        "crisis likely."
    )
    told: list[Block] = [_story(run, place == 0) for place, run in enumerate(facts.stories)]
    return Section(
        "stories", "Two runs, day by day" if len(told) == 2 else "A run, day by day", "Stories", [lead, *told]
    )


def _story(run: ToldRun, unfolded: bool) -> Story:
    name = _NAMES.get(run.typical, capital(plain(run.typical)))
    heading = f"{name}: run {run.number:,} (world {run.world:,}, replay {run.replay})"
    about = [f"{capital(run.why)}.", *(plain(text) for text in run.particulars)]
    return Story(heading, about, run.lines, [plain(text) for text in run.ending], unfolded)
