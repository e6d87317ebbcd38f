"""The sense of a scenario as a whole, as far as it can be told without drawing a world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sim.chance.copula import Copula, Group
from sim.chance.uncertain import Draw, Expr, Value, references
from sim.rules.language import Condition
from sim.rules.program import Program
from sim.scenario.build import used_paths
from sim.scenario.diagnostics import Problem, did_you_mean, excerpt
from sim.scenario.document import Trail
from sim.scenario.places import Places, trail
from sim.scenario.schema import ScenarioFile
from sim.world.events import EffectBlock, read_if
from sim.world.fields import World

LONGEST_RUN = 100
SUM_TOLERANCE = 1e-9
_CRISES, _EVENTS = ("watch", "only"), ("only", "watch", "guard")
_NO_SUCH = "write the name of a value, like `surge` for `assumptions.surge`, or a path like `forces.south.garrison`"


def window(file: ScenarioFile, places: Places) -> list[Problem]:
    """Whether the window lies inside the clock."""
    found: list[Problem] = []
    question, start, ends = file.question, file.clock.starts, file.clock.ends
    if question.opens < start:
        text = f"is {question.opens}, before the clock starts ({start})"
        found.append(places.about("SC301", "question.opens", text, "start the clock earlier, or open the window later"))
    if question.closes < question.opens:
        text = f"is {question.closes}, before the window opens ({question.opens})"
        found.append(places.about("SC301", "question.closes", text, "exchange the dates"))
    if ends is not None and ends <= question.closes:
        text = f"is {ends}, but the window closes after the whole of {question.closes}"
        hint = "leave it out, or write a later date"
        found.append(places.about("SC301", "clock.ends", text, hint))
    for path, date in (("question.closes", question.closes), ("clock.ends", ends)):
        if date is not None and date.year - start.year > LONGEST_RUN:
            text = f"is {date}, more than {LONGEST_RUN} years after the clock starts ({start})"
            found.append(places.about("SC301", path, text, "check the year"))
    return found


def kinds(file: ScenarioFile, places: Places) -> list[Problem]:
    """The kinds of crisis that the question counts, and those that outside views and resolutions speak of."""
    found: list[Problem] = []
    counted = file.question.kinds
    crises = places.below(("crises",))
    listed = f"kinds are {', '.join(crises)}"
    if not counted and not places.below(("question", "kinds")) and ("question", "kinds") in places.marks:
        found.append(places.about("SC302", "question.kinds", "counts no kind of crisis", listed))
    for place, kind in enumerate(counted):
        where = ("question", "kinds", place)
        if kind not in crises:
            text = f"counts `{kind}`, which is no kind under `crises`"
            found.append(places.about("SC302", where, text, did_you_mean(kind, crises) or listed))
        elif kind in file.crises and file.crises[kind].passive:
            hint = "delete it here, or delete `passive` there"
            found.append(places.about("SC302", where, f"counts `{kind}`, which is passive: only recorded", hint))
        if kind in counted[:place]:
            found.append(places.about("SC302", where, f"counts `{kind}` twice", "delete one of the two"))
    for name, view in file.outside_view.items():
        if view.matches != "all" and view.matches not in crises:
            text = f"is `{view.matches}`, which is no kind under `crises`"
            hint = did_you_mean(view.matches, [*crises, "all"]) or f"{listed}, and `all`"
            found.append(places.about("SC302", ("outside_view", name, "matches"), text, hint))
    for kind in file.resolution:
        if kind not in crises:
            text = "resolves what is no kind under `crises`"
            hint = did_you_mean(kind, crises) or listed
            found.append(places.about("SC302", ("resolution", kind), text, hint, on_key=True))
    return found


def conditions(file: ScenarioFile) -> Iterator[tuple[Trail, Condition]]:
    """Every condition on quantities in a file, with its path."""
    listed: list[tuple[Trail, Sequence[Condition]]] = []
    listed += [(("incidents", name, "only"), block.only) for name, block in file.incidents.items()]
    listed += [(("crises", name, key), getattr(block, key)) for name, block in file.crises.items() for key in _CRISES]
    listed += [(("events", name, key), getattr(block, key)) for name, block in file.events.items() for key in _EVENTS]
    for path, group in listed:
        for place, condition in enumerate(group):
            yield (*path, place), condition


def _bounds(file: ScenarioFile) -> Iterator[tuple[Trail, Expr]]:
    """Numbers that stand inside conditions, where they are no values of their own."""
    for path, condition in conditions(file):
        for bound in (condition.at_least, condition.at_most):
            if isinstance(bound, Expr):
                yield path, bound
    for name, event in file.events.items():
        for key, effects in (("do", event.do), ("else", event.otherwise)):
            yield from _levels(effects, ("events", name, key))


def _levels(effects: Sequence[EffectBlock], path: Trail) -> Iterator[tuple[Trail, Expr]]:
    for place, effect in enumerate(effects):
        if effect.when is not None:
            yield (*path, place, "if"), read_if(effect.when)[1]


def formulas(
    file: ScenarioFile, values: Mapping[str, Value], draws: Mapping[str, Draw], places: Places
) -> list[Problem]:
    """Formulas that refer to nothing, to luck, to states, or to each other in a circle."""
    found: list[Problem] = []
    reads: dict[str, list[str]] = {}
    parts: list[tuple[Trail, Expr]] = list(_bounds(file))
    for path, value in values.items():
        if value.formula is not None:
            parts.append((trail(path), value.formula))
            reads[path] = list(references(value.formula))
    for path, draw in draws.items():
        parts += [(trail(path), parameter) for parameter in draw.parameters]
    for where, expression in parts:
        for name in dict.fromkeys(references(expression)):
            problem = _misread(where, name, values, draws, places)
            if problem is not None:
                found.append(problem)
    return found or _circles(reads, places)


def _misread(
    where: Trail, name: str, values: Mapping[str, Value], draws: Mapping[str, Draw], places: Places
) -> Problem | None:
    shown = name.removeprefix("assumptions.")
    if name in draws:
        text = f"reads `{excerpt(shown)}`, which is luck drawn at each firing"
        return places.about(
            "SC303", where, text, "a formula reads numbers of a world: leave `each` out there", part=shown
        )
    if name not in values and trail(name) not in places.marks:
        known = [path.removeprefix("assumptions.") for path in values]
        hint = did_you_mean(shown, known) or _NO_SUCH
        return places.about("SC303", where, f"reads `{excerpt(shown)}`, and there is no such value", hint, part=shown)
    if name in values and values[name].kind == "state":
        hint = "use the multipliers of `intent` instead"
        return places.about(
            "SC303", where, f"reads `{excerpt(shown)}`, which is a state and no number", hint, part=shown
        )
    return None


def _circles(reads: Mapping[str, Sequence[str]], places: Places) -> list[Problem]:
    done: set[str] = set()
    for start in reads:
        stack = [(start, iter(reads[start]))]
        chain = [start]
        while stack and start not in done:
            path, rest = stack[-1]
            step = next((name for name in rest if name not in done), None)
            if step is None:
                done.add(path)
                stack.pop()
                chain.pop()
            elif step in chain:
                circle = " -> ".join([*chain[chain.index(step) :], step])
                text = f"depends on itself: {excerpt(circle, 200)}"
                return [places.about("SC304", step, text, "give one of them a number")]
            else:
                stack.append((step, iter(reads.get(step, ()))))
                chain.append(step)
    return []


def correlations(
    file: ScenarioFile,
    values: Mapping[str, Value],
    draws: Mapping[str, Draw],
    places: Places,
    overridden: Sequence[str] = (),
    in_doubt: Callable[[Trail], bool] = lambda _: False,
) -> tuple[list[Group], list[Problem]]:
    """The copula's groups, and correlations between what is not an uncertain value of a world.

    A pair of which one is certain or gone only because its path was set from outside stays: the other keeps the luck
    that it has in the file. One of which nothing can be said (`in_doubt`) is left out without a word.
    """
    found: list[Problem] = []
    pairs = []
    for place, pair in enumerate(file.correlations):
        problems = [
            problem
            for side, path in enumerate(pair[:2])
            if not in_doubt(trail(path))
            for problem in _uncorrelated(path, ("correlations", place, side), values, draws, places)
        ]
        outside = any(path == here or path.startswith(f"{here}.") for here in overridden for path in pair[:2])
        if not outside:
            found += problems
        known = all(path in values and values[path].uncertain for path in pair[:2])
        if known or (outside and not any(in_doubt(trail(path)) for path in pair[:2])):
            pairs.append(pair)
    try:
        return Copula.build(pairs), found
    except ValueError as refusal:
        said, _, remedy = str(refusal).partition("; ")
        named = [
            place for place, (*pair, _) in enumerate(file.correlations) if all(f"`{path}`" in said for path in pair)
        ]
        where: Trail = ("correlations", named[-1]) if named else ("correlations",)
        return [], [*found, places.about("SC305", where, f": {said}", remedy or None, on_key=True)]


def _uncorrelated(
    path: str, where: Trail, values: Mapping[str, Value], draws: Mapping[str, Draw], places: Places
) -> Iterator[Problem]:
    """Why a path cannot be correlated."""
    shown = excerpt(path)
    hint = "only uncertain values of a world are correlated: delete the line, or write a range there"
    if path in draws:
        yield places.about("SC305", where, f"names `{shown}`, which is luck drawn at each firing", hint)
    elif path not in values:
        # what is there but could not be read has its own problem
        if trail(path) not in places.marks or places.is_block(trail(path)):
            known = [other for other, value in values.items() if value.uncertain]
            hint = did_you_mean(path, known) or "write the path of an uncertain value"
            yield places.about("SC305", where, f"names `{shown}`, and there is no such value", hint)
    elif values[path].kind == "state":
        yield places.about("SC305", where, f"names `{shown}`, whose states have no order", hint)
    elif not values[path].uncertain:
        how = "computed" if values[path].formula is not None else "certain"
        text = f"names `{shown}`, which is {how}, `{excerpt(values[path].text)}`"
        yield places.about("SC305", where, text, hint)


def mixes(world: World, places: Places) -> list[Problem]:
    """Shares that are certain and do not add up to 1."""
    found = []
    for mix in world.mixes:
        known = [share.fixed for share in mix.shares if share.fixed is not None]
        if len(known) == len(mix.shares) and abs(sum(known) - 1.0) > SUM_TOLERANCE:
            text = f"adds up to {sum(known):.4g}"
            found.append(places.about("SC315", mix.path, text, "change them so that they add up to 1", on_key=True))
    return found


def refusals(world: World, places: Places) -> list[Problem]:
    """What blocks refused while they were built."""
    return [
        places.about("SC306", refused.path, refused.text, refused.hint, on_key=places.is_block(trail(refused.path)))
        for refused in world.refusals
    ]


def unused(program: Program, values: dict[str, Value], places: Places, overridden: Sequence[str] = ()) -> list[Problem]:
    """Shared assumptions that no rule reads, directly or through a formula.

    In a file that is a warning. Of a file with overrides only what they set is looked at, and that is an error: it was
    meant to change something and changes nothing, mostly because its name is misspelt.
    """
    used = used_paths(program, values)
    idle = [path for path in values if path.startswith("assumptions.") and path not in used]
    text = "is an assumption that nothing uses"
    if overridden:
        known = [path for path in values if path in used]
        return [
            places.about("SC308", path, text, did_you_mean(path, known) or "set one that a formula reads", on_key=True)
            for path in idle
            if path in overridden
        ]
    remedy = "write it in a formula, like `= {}`, or delete it"
    return [
        places.about("SC308", path, text, remedy.format(path.split(".", 1)[1]), on_key=True, warning=True)
        for path in idle
    ]
