"""Writes the generated parts of `scenario-reference.md` from the classes that read scenario files.

The page holds hand-written chapters and, between `<!-- begin NAME -->` and `<!-- end NAME -->`, parts that this script
writes. `python docs/make_reference.py` renews them; with `--check` it only says whether they are up to date. Keys,
kinds, defaults and names come from the code; only the meaning of a key, in words, stands here, and a key without words
or words without a key are an error.
"""

from __future__ import annotations

import re
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.chance.beta import BETA_TAKES
from sim.chance.elicitation import EACH_FAMILIES, WORLD_FAMILIES, from_range
from sim.chance.families import KERNEL_FAMILIES
from sim.chance.uncertain import Value
from sim.records.outcomes import FAILURES
from sim.rules.language import Armed, Rule
from sim.scenario.diagnostics import CODES
from sim.scenario.load import Scenario, load
from sim.scenario.schema import Clock, Question, ScenarioFile
from sim.world.fields import Block, FixedDate, NumberField, PlainDate, ShiftField, Truth
from sim.world.rates import Conditions, Rate
from sim.world.reading import Reading
from sim.world.scalars import LIMITS, expected

PAGE = Path(__file__).resolve().parent / "scenario-reference.md"

# Class.key -> what it means. Keys that every block takes (`about`, `source`) are told once, in the page.
MEANINGS = {
    "ScenarioFile.schema": "the version of the file format: 1",
    "ScenarioFile.title": "one line: the question in short",
    "ScenarioFile.extends": "another file that this one changes; the path is relative to this file",
    "ScenarioFile.clock": "when the world starts",
    "ScenarioFile.question": "what is asked",
    "ScenarioFile.assumptions": "shared numbers, read by formulas as `= NAME`",
    "ScenarioFile.forces": "what stands where",
    "ScenarioFile.tension": "the main tension: a number that relaxes and jumps",
    "ScenarioFile.tensions": "further tensions",
    "ScenarioFile.quantities": "free numbers and flags",
    "ScenarioFile.pullbacks": "orders to go home",
    "ScenarioFile.exercises": "scheduled exercises",
    "ScenarioFile.sanctions": "packages, reviews, easing",
    "ScenarioFile.sanctions_effect": "what pressure does to orders",
    "ScenarioFile.incidents": "incidents that cluster and feed tension",
    "ScenarioFile.diplomacy": "meetings",
    "ScenarioFile.intent": "what a side is after",
    "ScenarioFile.build_ups": "how a side builds up again",
    "ScenarioFile.crises": "kinds of crisis; at least one",
    "ScenarioFile.events": "rules of one's own",
    "ScenarioFile.outside_view": "base rates, printed beside the odds",
    "ScenarioFile.evidence": "dated reports; read and checked, but they do not enter the odds",
    "ScenarioFile.correlations": "rank correlations between uncertain values",
    "ScenarioFile.variants": "named lists of changes to this file",
    "ScenarioFile.resolution": "what really happened; the model cannot see it",
    "Clock.starts": "day 0, at 00:00: the state that the file describes is the state of this moment",
    "Clock.ends": "play until 00:00 of this date, if that is later than the window's end",
    "Question.text": "the question in one sentence",
    "Question.opens": "the first day on which an onset counts",
    "Question.closes": "the last day on which an onset counts; all of it",
    "Question.kinds": "which kinds of `crises` count",
    "Force.side": "whose they are; sides are only names",
    "Force.garrison": "troops that stay whatever happens",
    "Force.surge": "troops that came on top and may go home",
    "Force.heavy_share": "share of its heavy equipment that is forward at the start",
    "TensionBlock.start": "its level on day 0",
    "TensionBlock.baseline": "the level to which it relaxes",
    "TensionBlock.half_life": "days in which half of the distance to the baseline is gone",
    "TensionBlock.cap": "it never rises above this",
    "QuantityBlock.start": "its value on day 0",
    "QuantityBlock.floor": "it never falls below this (0 unless said)",
    "QuantityBlock.ceiling": "it never rises above this (1 for a flag, no limit otherwise)",
    "QuantityBlock.flag": "it is a switch between 0 and 1 and may be named in a pathway",
    "QuantityBlock.reference": "the value at which its multipliers are 1",
    "Multiplies.orders": "on the rate at which build-ups are ordered",
    "Multiplies.incidents": "on the rates of kinds of incident, by name",
    "Multiplies.crises": "on the rates of kinds of crisis that have a `rate`, by name",
    "Multiplies.cancels": "on the rate at which a build-up in preparation is called off",
    "Pullback.announced": "the day of the announcement",
    "Pullback.takes": "days from the announcement to the last convoy",
    "Pullback.convoys": "in how many equal steps it goes",
    "Pullback.forces": "the forces that go",
    "Pullback.claimed_share": "share of the surge that goes home according to the announcement",
    "Pullback.honoured_share": "share of the claim that is kept: claimed x honoured of the surge really goes",
    "Pullback.equipment_stays": "share of the heavy equipment of a force that stays forward (all of it where not said)",
    "Pullback.relief": "by how much tension falls at the announcement",
    "Pullback.seen": "when it is seen what really went",
    "Seen.after": "days from the last convoy",
    "Seen.disappointment": "tension then rises by this x claimed x (1 - honoured)",
    "Exercise.side": "whose it is",
    "Exercise.starts": "its first day",
    "Exercise.lasts": "its length",
    "Exercise.held": "chance that it takes place, decided when its cover would begin",
    "Exercise.reference": "share of the time that cases of the reference class were under such a cover",
    "Exercise.cover_before": "the multipliers act from so many days before it",
    "Exercise.cover_after": "and to so many days after it",
    "Exercise.tension": "what it does to tension when it begins",
    "Exercise.brings": "troops that it brings",
    "Exercise.takes_home": "equipment that may go home after it",
    "Brought.to": "the force that they join",
    "Brought.troops": "how many",
    "Brought.stays_share": "share of them that does not leave at the end",
    "TakesHome.of": "the force whose equipment it is",
    "TakesHome.chance": "chance that it goes",
    "TakesHome.heavy": "what becomes of the share forward, like `times 0.3`",
    "Sanction.imposed": "a day; before the clock's start: in force already",
    "Sanction.when": "an event to which it reacts",
    "Sanction.rate": "how often such sanctions come",
    "Sanction.reviews": "days on which it may change",
    "Sanction.delay": "days after the event of `when`",
    "Sanction.chance": "chance that it comes, at each date or event",
    "Sanction.pressure": "what it adds to the pressure; negative for easing",
    "Sanction.tension": "what it does to tension",
    "SanctionsEffect.orders_per_pressure": "on the rate of build-up orders, for each unit above the reference",
    "SanctionsEffect.reference": "the pressure at which the multiplier is 1",
    "Incident.rate": "how often, clusters left out",
    "Incident.per_tension": "the rate is multiplied by 1 + this x tension",
    "Incident.tension_reference": "the tension at which that factor counts as 1",
    "Incident.clustering": "how incidents bring further ones",
    "Incident.tension_gain": "what each incident adds to tension",
    "Incident.severity": "how grave each one is, drawn every time",
    "Incident.clash_at": "from this severity on it is a clash",
    "Incident.only": "conditions outside which there are none",
    "Clustering.branching": "further incidents that one brings on average; below 1",
    "Clustering.half_life": "half of them come within so many days",
    "Talks.date": "a day",
    "Talks.when": "an event to which they react",
    "Talks.rate": "how often such talks come",
    "Talks.delay": "days after the event of `when`",
    "Talks.held": "chance that they take place",
    "Talks.success": "chance that they succeed, if held",
    "Talks.tension": "what a success does to tension",
    "Talks.failure": "what a failure does to tension",
    "Talks.softens": "a success may change intent",
    "Talks.reference": "share of the time that cases of the reference class stood under such a success",
    "Softens.to": "the state to which intent turns",
    "Softens.of": "only from this state (from any where not said)",
    "Softens.chance": "chance of it, at a success",
    "Intent.states": "the states that there are",
    "Intent.start": "the state on day 0: its name, or a choice with shares",
    "Intent.reference": "the mix of states in the reference class; multipliers are divided by their mean over it",
    "Intent.orders": "on the rate of build-up orders, by state (1 where not said)",
    "Intent.cancels": "on the rate of calling a build-up off, by state",
    "Intent.incidents": "on the rates of kinds of incident: kind, then state",
    "Intent.crises": "on the rates of kinds of crisis: kind, then state",
    "Intent.switches": "rates of turning: from a state, to a state",
    "BuildUp.side": "whose",
    "BuildUp.orders": "how often one is ordered; with `between`, a rate that wanes with quiet time",
    "BuildUp.already_quiet": "days of quiet behind day 0 (waning orders only)",
    "BuildUp.embers_after": "how far the waning starts anew after a build-up is over: 1 as after 30 days of quiet",
    "BuildUp.reaching": "share of orders, at the reference, that meet the base rate's definition; it divides the rate",
    "BuildUp.per_tension": "the rate is multiplied by 1 + this x tension",
    "BuildUp.tension_reference": "the tension at which that factor counts as 1",
    "BuildUp.left": "what troops and equipment left near the border do to the rate",
    "BuildUp.to": "share of the troops that each force receives; they add up to 1",
    "BuildUp.size": "troops, drawn at each order",
    "BuildUp.lead_time": "from order to first arrival",
    "BuildUp.convoys": "in how many equal steps they come",
    "BuildUp.arrives_over": "days from first to last arrival",
    "BuildUp.stays": "days from complete to the order to leave",
    "BuildUp.leaves_over": "days in which they leave",
    "BuildUp.cancel": "how often one is called off while less than half of it is there",
    "BuildUp.meanwhile": "multipliers while a build-up is under way",
    "Left.orders": "multiplier of everything left against nothing left",
    "Left.reference": "the share left at which the multiplier is 1",
    "Left.troops_weight": "weight of troops in what is left; equipment has the rest",
    "LeadTime.equipped": "for the share of a force whose heavy equipment is forward",
    "LeadTime.unequipped": "for the rest",
    "Crisis.rise": "definition: troops of a side stand so far above their low for `hold` days",
    "Crisis.level": "definition: troops of a side stand at this level for `hold` days",
    "Crisis.of": "the side",
    "Crisis.above": "from where a rise is counted: the running low since the clock's start or the last such crisis",
    "Crisis.hold": "days without a break; the crisis begins when they are full",
    "Crisis.watch": "definition: conditions that hold for `hold` days",
    "Crisis.when": "definition: an event",
    "Crisis.chance": "chance that the definition, once met, is a crisis",
    "Crisis.delay": "days after the event of `when`",
    "Crisis.rate": "definition: it comes at a rate",
    "Crisis.per_tension": "the rate is multiplied by 1 + this x tension",
    "Crisis.tension_reference": "the tension at which that factor counts as 1",
    "Crisis.only": "conditions outside which the rate is 0",
    "Crisis.lasts": "days, or `until fallen`",
    "Crisis.fallen_to": "it is over when the rise (or level) is back at this share of its definition (half)",
    "Crisis.tension": "what its beginning does to tension",
    "Crisis.passive": "recorded only: nothing reacts to it; such kinds make the ladder of definitions",
    "Crisis.running": "it is on at the clock's start, so its beginning is no onset",
    "Event.at": "trigger: a day",
    "Event.rate": "trigger: a rate",
    "Event.per_tension": "the rate is multiplied by 1 + this x tension",
    "Event.per": "the same for further tensions, by name: gain x level is added inside the factor",
    "Event.only": "conditions outside which the rate is 0",
    "Event.watch": "trigger: conditions that hold for `hold` days",
    "Event.hold": "days without a break",
    "Event.when": "trigger: an event",
    "Event.delay": "days after the event of `when`",
    "Event.armed": "trigger: only when an effect `arm` names this event",
    "Event.guard": "conditions at that moment; where one fails nothing happens",
    "Event.chance": "chance that `do` happens",
    "Event.let": "draws, once for each firing, that effects use by `local`",
    "Event.do": "effects, in this order",
    "Event.else": "effects when the chance fails",
    "EffectBlock.add": "a number or tension to which the amount is added",
    "EffectBlock.scale": "a number or tension that is multiplied by the amount",
    "EffectBlock.set": "a number or tension that is set to the amount",
    "EffectBlock.arm": "a rule that becomes due",
    "EffectBlock.disarm": "a rule of which everything pending is dropped",
    "EffectBlock.begin": "a kind of crisis that begins",
    "EffectBlock.end": "a kind of crisis that ends",
    "EffectBlock.reset": "a running low that starts anew from now",
    "EffectBlock.note": "a line for `sim trace`",
    "EffectBlock.by": "the amount",
    "EffectBlock.local": "a draw of `let` by which the amount is multiplied",
    "EffectBlock.per": "an amount for each unit of `of`",
    "EffectBlock.of": "the number that `per` counts, or `load`: what the armed rule was given",
    "EffectBlock.after": "with `arm`: days from now",
    "EffectBlock.times": "with `arm`: in so many equal steps",
    "EffectBlock.over": "with `arm` and `times`: spread over so many days",
    "EffectBlock.if": "only where a draw is large enough: `LOCAL >= NUMBER`",
    "Rate.odds": "odds of at least one, with `within` or `between`",
    "Rate.count": "how many on average, with `within`",
    "Rate.per_day": "how many a day",
    "Rate.per_month": "how many a month (30.4375 days)",
    "Rate.per_year": "how many a year (365.25 days)",
    "Rate.within": "days to which `odds` or `count` refer",
    "Rate.between": "two ages in days: the odds are for this stretch of a rate that wanes (build-up orders only)",
    "OutsideView.hits": "cases in which it happened",
    "OutsideView.of": "all cases",
    "OutsideView.matches": "the kind of crisis that the cases count, or `all`",
    "OutsideView.interval": "the source's own 90 % interval of the rate, `[LOW, HIGH]`; without it Jeffreys' interval, "
    "as if cases were independent",
    "Evidence.date": "when it was known",
    "Evidence.quantity": "what a report is about",
    "Evidence.reported": "what it says",
    "Evidence.error": "its random error, as a share",
    "Evidence.bias": "its bias, as a share",
    "Evidence.reliability": "chance that the report means anything",
    "Evidence.fact": "a fact instead of a number",
    "Resolution.onset": "the day on which it began",
    "Resolution.happened": "whether it did",
}

# Pattern of a published name -> what it is. Events take their words from the rule behind them.
NAMES = {
    "forces.NAME.troops": "troops of a force",
    "forces.NAME.heavy": "share of its heavy equipment that is forward",
    "sides.SIDE.troops": "troops of a side",
    "sides.SIDE.surge_left": "share of the surge of a side that is still there",
    "sides.SIDE.heavy_left": "share of its heavy equipment forward, weighted by surge",
    "tension": "the main tension",
    "tensions.NAME": "a further tension",
    "quantities.NAME": "a free number or flag",
    "exercises.NAME.on": "the exercise is under way",
    "exercises.NAME.cover": "its multipliers act",
    "pressure": "what sanctions add up to",
    "incidents.NAME.memory": "recent incidents, which bring further ones",
    "diplomacy.NAME.succeeded": "a success is in force",
    "intent.STATE": "intent is in this state",
    "build_ups.NAME.preparing": "ordered, and less than half of it is there",
    "build_ups.NAME.size": "troops that were ordered",
    "build_ups.NAME.arrived_name": "troops that have come to the force of this name",
    "build_ups.NAME.missing": "troops still to come until half of the order is there",
    "build_ups.NAME.active": "under way, from order to return",
    "build_ups.NAME.left": "troops and equipment left, by weight",
    "build_ups.NAME.ember_short": "the quick part of the waning rate",
    "build_ups.NAME.ember_long": "the slow part of the waning rate",
    "crises.NAME.on": "a crisis of this kind is on",
    "crises.NAME.low": "lowest level of the troops since the clock's start or the last such crisis",
    "crises.NAME.rise": "how far the troops stand above that",
}

# Events whose rule tells a name of the file in its words.
EVENTS = {
    "sanctions.NAME.review_1": "the first review changes them; `review_2` and so on for the others",
    "intent.STATE": "intent turns to this state",
    "events.NAME": "an event of one's own",
    "crises.NAME.begun": "a crisis of this kind begins",
    "crises.NAME.over": "it is over",
}

# Fields whose type does not tell what a file writes there.
TAKES = {
    "ScenarioFile.schema": "`1`",
    "ScenarioFile.extends": "a path",
    "ScenarioFile.assumptions": "`{NAME: value}`",
    "ScenarioFile.correlations": "list of `[PATH, PATH, RHO]`",
    "ScenarioFile.variants": "`{NAME: {PATH: value}}`",
    "Crisis.lasts": "[days](#numbers), also `each`, or `until fallen`",
    "EffectBlock.note": "text",
    "EffectBlock.if": "`LOCAL >= NUMBER`",
    "Event.armed": "`true`",
    "OutsideView.hits": "whole number",
    "OutsideView.of": "whole number",
    "Question.text": "text",
    "ScenarioFile.title": "text",
    "Evidence.fact": "text",
    "Evidence.reported": "text",
}

# One of everything, so that every name that a block can publish is published once.
SPECIMEN = """
schema: 1
title: specimen
clock: {starts: 2021-01-01}
question: {text: "?", opens: 2021-02-01, closes: 2021-12-31, kinds: [name]}
forces: {name: {side: side, surge: 1000}}
tension: {start: 1, baseline: 0, half_life: 30}
tensions: {name: {start: 1, baseline: 0, half_life: 30}}
quantities: {name: {start: 0, flag: true, orders: 1.1}}
pullbacks:
  name: {announced: 2021-01-05, takes: 9, forces: [name], claimed_share: 0.5, honoured_share: 0.5,
    seen: {after: 3, disappointment: 0.1}}
exercises:
  name: {side: side, starts: 2021-05-01, lasts: 9, takes_home: {of: name, chance: 0.5, heavy: times 0.5}}
sanctions:
  name: {imposed: 2021-03-01, pressure: 1}
  other: {reviews: [2021-04-01], pressure: -1}
sanctions_effect: {orders_per_pressure: 0.9}
incidents:
  name: {rate: {per_year: 2}, clustering: {branching: 0.2, half_life: 9}, severity: each 1 to 9, clash_at: 9}
diplomacy:
  name: {date: 2021-06-01, success: 0.5, softens: {to: state, chance: 0.5}}
intent:
  states: [state, other]
  start: state
  switches: {state: {other: {per_year: 1}}}
build_ups:
  name:
    side: side
    orders: {odds: 0.2, between: [70, 253]}
    left: {orders: 1.5, reference: 0.5}
    to: {name: 1}
    size: each 100 to 900
    lead_time: {equipped: 9, unequipped: 30}
    arrives_over: 9
    stays: 90
    cancel: {per_year: 1}
crises:
  name: {rise: 500, of: side, hold: 7}
events:
  name: {armed: true, do: [{note: x}]}
  other: {at: 2021-03-01, do: [{arm: events.name}]}
"""
_PLACEHOLDERS = ("name", "side", "state")


def page(text: str) -> str:
    """The page with every generated part renewed. Raises `ValueError` where a part has no place or words are stale."""
    _check_words()
    for name, part in parts().items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if len(pattern.findall(text)) != 1:
            raise ValueError(f"the page needs one `<!-- begin {name} -->` with its end")
        text = pattern.sub(lambda found, part=part: f"{found[1]}\n{part}\n\n{found[2]}", text)  # type: ignore[misc]
    return text


def parts() -> dict[str, str]:
    """Every generated part by name."""
    return {
        "kinds": _kinds(),
        "families": _families(),
        "rates": _model_table(Rate),
        "top": _model_table(ScenarioFile),
        "blocks": _blocks(),
        "multiplies": _model_table(_multiplies()),
        "names": _names(),
        "codes": _table(("code", "what is wrong"), [(f"`{code}`", text) for code, text in CODES.items()]),
        "failures": _table(("status", "reason"), [(str(code), text) for code, text in FAILURES.items()]),
    }


def _multiplies() -> type[BaseModel]:
    return next(base for base in _model_of(ScenarioFile, "exercises").__mro__ if base.__name__ == "Multiplies")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# --- numbers and families ------------------------------------------------------------------------------------------


def _kinds() -> str:
    rows = []
    for kind in ("share", "positive", "whole", "days", "date", "real", "multiplier", "state"):
        family = "uniform over whole days" if kind == "date" else "-"
        if kind not in ("date", "state"):
            measured = "count" if kind == "whole" else kind
            family = from_range(0.2, 0.6, measured).family.replace("_", "-")
        *_, rule = LIMITS.get(kind, ("-",))
        rows.append((kind, rule, expected(kind).replace("|", "/"), family))
    return _table(("kind", "limits", "write", "`a to b` is"), rows)


def _families() -> str:
    rows = []
    for name in WORLD_FAMILIES:
        takes = KERNEL_FAMILIES[name].takes if name in KERNEL_FAMILIES else _OTHER_FAMILIES[name]
        rows.append((f"`{name}`", takes, "yes" if name in EACH_FAMILIES else "no"))
    return _table(("family", "takes one of", "also for `each`"), rows)


_OTHER_FAMILIES = {
    "beta": BETA_TAKES,
    "choice": "options and their probabilities, which add up to 1",
}


# --- blocks --------------------------------------------------------------------------------------------------------


def _blocks() -> str:
    chapters: list[str] = []
    seen: dict[type[BaseModel], str] = {Rate: "", _multiplies(): ""}
    for key, field in ScenarioFile.model_fields.items():
        if model := _inner(field.annotation):
            named = get_origin(_bare(field.annotation)) is dict
            chapters += [f"### `{key}`", *_chapter(model, f"{key}.NAME" if named else key, seen)]
    return "\n\n".join(chapters)


def _chapter(model: type[BaseModel], path: str, seen: dict[type[BaseModel], str]) -> Iterator[str]:
    """The table of a model and of every model below it; a model that was told before is not told again."""
    if model in seen:
        yield f"`{path}`: the same keys as `{seen[model]}`."
        return
    seen[model] = path
    yield f"`{path}`: {_words(model)}"
    yield _model_table(model)
    if _multiplies() in model.__mro__[1:]:
        yield "It also takes [multipliers](#multipliers)."
    for name, field in _own_fields(model):
        below = _inner(field.annotation)
        if below is not None and seen.get(below) != "":
            yield from _chapter(below, f"{path}.{name}", seen)


def _words(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _own_fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Keys of a model but those that every block takes, and those of a base that has a table of its own."""
    inherited = set(Block.model_fields)
    if _multiplies() in model.__mro__[1:]:
        inherited |= set(_multiplies().model_fields)
    for name, field in model.model_fields.items():
        if name not in inherited:
            yield field.alias or name, field


def _model_table(model: type[BaseModel]) -> str:
    rows = []
    for name, field in _own_fields(model):
        path = f"{model.__name__}.{name}"
        rows.append((f"`{name}`", TAKES.get(path) or _takes(field), _default(field), MEANINGS[path]))
    return _table(("key", "takes", "unless given", "meaning"), rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Value):
        return value.text
    if value is None or value in ({}, [], ()):
        return ""
    return str(value).lower() if isinstance(value, bool) else f"`{value}`"


def _bare(annotation: Any) -> Any:
    """An annotation without `None`; and without Annotated where that adds nothing to read."""
    if get_origin(annotation) in (Union, types.UnionType):
        parts_but_none = [part for part in get_args(annotation) if part is not type(None)]
        if len(parts_but_none) != 1:
            return annotation
        (annotation,) = parts_but_none
    if get_origin(annotation) is Annotated and not _marks(annotation):
        return _bare(get_args(annotation)[0])
    return annotation


def _marks(annotation: Any) -> list[Any]:
    readers = (NumberField, ShiftField)
    return [mark for mark in annotation.__metadata__ if isinstance(mark, readers) or mark in (PlainDate, Truth)]


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The model that stands in a field, directly, by name or in a list."""
    bare = _bare(annotation)
    if get_origin(bare) in (dict, list):
        return _inner(get_args(bare)[-1])
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def _model_of(model: type[BaseModel], key: str) -> type[BaseModel]:
    found = _inner(model.model_fields[key].annotation)
    if found is None:
        raise ValueError(f"`{key}` is no block")
    return found


def _takes(field: FieldInfo) -> str:
    """What a file writes in a field, in words with links."""
    if _is_conditions(field.annotation):
        return "[conditions](#conditions)"
    for mark in field.metadata:
        if isinstance(mark, NumberField | ShiftField) or mark in (PlainDate, Truth):
            return _marked(mark)
    return _type(field.annotation)


def _is_conditions(annotation: Any) -> bool:
    return _bare(annotation) == _bare(Conditions)


def _type(annotation: Any) -> str:
    bare = _bare(annotation)
    if get_origin(bare) is Annotated:
        return _marked(_marks(bare)[0])
    if get_origin(bare) is dict:
        inner = _type(get_args(bare)[1])
        return "blocks by name" if inner == "block" else f"`{{NAME: …}}` of {inner}"
    if get_origin(bare) is list:
        inner = _type(get_args(bare)[0])
        return "list of blocks" if inner == "block" else f"list of {inner}"
    if get_origin(bare) is Literal:
        return " or ".join(f"`{option}`" for option in get_args(bare))
    if bare is Rate:
        return "[rate](#rates)"
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return "[multipliers](#multipliers)" if bare is _multiplies() else "block"
    return {str: "name", FixedDate: "date"}.get(bare, str(getattr(bare, "__name__", bare)))


def _marked(mark: Any) -> str:
    if mark is PlainDate:
        return "one certain date"
    if mark is Truth:
        return "`true` or `false`"
    if isinstance(mark, ShiftField):
        return "[change](#changes)"
    reading: Reading = mark.reading
    return f"[{reading.kind}](#numbers)" + (", also `each`" if reading.each else "")


def _check_words() -> None:
    every = {f"{model.__name__}.{name}" for model in _every_model() for name, _ in _own_fields(model)}
    if missing := sorted(every - MEANINGS.keys()):
        raise ValueError(f"keys without words in MEANINGS: {', '.join(missing)}")
    if stale := sorted((MEANINGS.keys() | TAKES.keys()) - every):
        raise ValueError(f"words for keys that are no more: {', '.join(stale)}")


def _every_model() -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = {ScenarioFile, Clock, Question, _multiplies()}
    waiting = [ScenarioFile]
    while waiting:
        for field in waiting.pop().model_fields.values():
            model = _inner(field.annotation)
            if model is not None and model not in found:
                found.add(model)
                waiting.append(model)  # type: ignore[arg-type]
    return found


# --- names that blocks publish -------------------------------------------------------------------------------------


def _names() -> str:
    scenario = _specimen()
    brings = scenario.brings
    rows: dict[str, tuple[str, ...]] = {}
    for quantity in brings.quantities:
        rows[_pattern(quantity.name)] = ("flag" if quantity.flag else "number", "read, write")
    for derived in (*brings.sums, *brings.rises, *brings.lows):
        rows[_pattern(derived.name)] = ("number", "read")
    for tension in brings.tensions:
        rows[_pattern(tension.name)] = ("tension", "write")
    if missing := sorted(rows.keys() - NAMES.keys()):
        raise ValueError(f"names without words in NAMES: {', '.join(missing)}")
    if stale := sorted(NAMES.keys() - rows.keys()):
        raise ValueError(f"words for names that are no more: {', '.join(stale)}")
    numbers = [(f"`{name}`", what, use, NAMES[name]) for name, (what, use) in rows.items()]
    rules = {rule.full_name: rule for rule in brings.rules}
    hooks = {_pattern(hook.name): rules[hook.rule] for hook in brings.hooks}
    events = [(f"`{name}`", _armable(rule), EVENTS.get(name, rule.story)) for name, rule in hooks.items()]
    return (
        _table(("number", "is a", "files may", "meaning"), numbers)
        + "\n\n"
        + _table(("event for `when`", "may be armed", "meaning"), events)
    )


def _armable(rule: Rule) -> str:
    return f"`{_pattern(rule.full_name)}`" if isinstance(rule.trigger, Armed) else ""


def _pattern(name: str) -> str:
    parts = [part.upper() if part in _PLACEHOLDERS else part for part in name.split(".")]
    return ".".join(parts).replace(".other", ".NAME" if parts[0] != "intent" else ".STATE")


def _specimen() -> Scenario:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "specimen.yaml"
        file.write_text(SPECIMEN, encoding="utf-8")
        return load(file).scenario


def main(arguments: list[str]) -> int:
    """Renew the page, or with `--check` say whether it is up to date (exit code 1 if not)."""
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if "--check" in arguments:
        return int(old != new)
    PAGE.write_text(new, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
