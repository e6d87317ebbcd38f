"""The sense of a scenario as a whole, as far as it can be told without drawing a world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.chance.copula import Copula, Group
from sim.chance.uncertain import Draw, Value, references
from sim.rules.link import LinkProblem
from sim.rules.program import Program
from sim.scenario.build import used_paths
from sim.scenario.diagnostics import Problem, did_you_mean
from sim.scenario.document import Marks, Trail, closest_mark
from sim.scenario.schema import ScenarioFile
from sim.scenario.source import Mapping as Tree
from sim.scenario.source import Node, Scalar
from sim.scenario.source import Sequence as Items
from sim.world.fields import World


def trail(path: str) -> Trail:
    """A dotted path as the keys that lead there."""
    return tuple(int(part) if part.isdigit() else part for part in path.split("."))


def problem(code: str, path: str, text: str, places: Marks, hint: str | None = None) -> Problem:
    """An error about the value at a path; `text` goes on after the path's name."""
    return Problem(code, "error", f"`{path}` {text}", closest_mark(places, trail(path)), hint)


def meaning(file: ScenarioFile, world: World, places: Marks) -> list[Problem]:
    """The window, the kinds that count, and what outside views match."""
    found: list[Problem] = []
    question, start = file.question, file.clock.starts
    if question.opens < start:
        found.append(problem("SC301", "question.opens", f"is {question.opens}, before the clock starts ({start})", places))
    if question.closes < question.opens:
        text = f"is {question.closes}, before the window opens ({question.opens})"
        found.append(problem("SC301", "question.closes", text, places))
    if file.clock.ends is not None and world.horizon > world.closes - 1.0 and file.clock.ends <= question.closes:
        text = f"is {file.clock.ends}, not later than the window's last day ({question.closes}); leave it out"
        found.append(problem("SC301", "clock.ends", text, places))
    if not question.kinds:
        found.append(problem("SC302", "question.kinds", "counts no kind of crisis", places))
    for place, kind in enumerate(question.kinds):
        path = f"question.kinds.{place}"
        if kind not in file.crises:
            text = f"counts `{kind}`, which is no kind under `crises`"
            found.append(problem("SC302", path, text, places, did_you_mean(kind, file.crises)))
        elif file.crises[kind].passive:
            found.append(problem("SC302", path, f"counts `{kind}`, which is passive: recorded only", places))
        if question.kinds.index(kind) < place:
            found.append(problem("SC302", path, f"counts `{kind}` twice", places))
    for name, view in file.outside_view.items():
        if view.matches != "all" and view.matches not in file.crises:
            text = f"matches `{view.matches}`, which is no kind under `crises` (nor `all`)"
            found.append(
                problem("SC302", f"outside_view.{name}.matches", text, places, did_you_mean(view.matches, file.crises))
            )
    for kind in file.resolution:
        if kind not in file.crises:
            text = f"resolves `{kind}`, which is no kind under `crises`"
            found.append(problem("SC302", f"resolution.{kind}", text, places, did_you_mean(kind, file.crises)))
    return found


def formulas(values: Mapping[str, Value], draws: Mapping[str, Draw], places: Marks) -> list[Problem]:
    """Formulas that refer to nothing, to luck, or to each other in a circle."""
    found: list[Problem] = []
    reads: dict[str, list[str]] = {}
    for path, item in (*values.items(), *draws.items()):
        parts = item.parameters if isinstance(item, Draw) else (() if item.formula is None else (item.formula,))
        reads[path] = [name for part in parts for name in references(part)]
        for name in reads[path]:
            if name in draws:
                text = f"reads `{name}`, which is luck drawn at each firing; a formula reads numbers of a world"
                found.append(problem("SC303", path, text, places))
            elif name not in values:
                shown = name.removeprefix("assumptions.")
                text = f"reads `{shown}`, and there is no value of this name"
                hint = did_you_mean(name, values) or did_you_mean(shown, [p.removeprefix("assumptions.") for p in values])
                found.append(problem("SC303", path, text, places, hint))
    if not found:
        found += _circles(reads, places)
    return found


def _circles(reads: Mapping[str, Sequence[str]], places: Marks) -> list[Problem]:
    done: set[str] = set()
    found: list[Problem] = []
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
                found.append(problem("SC304", step, f"depends on itself: {circle}", places))
                return found
            else:
                stack.append((step, iter(reads[step])))
                chain.append(step)
    return found


def correlations(
    file: ScenarioFile, values: Mapping[str, Value], draws: Mapping[str, Draw], places: Marks
) -> tuple[list[Group], list[Problem]]:
    """The copula's groups, and correlations between what is not an uncertain value of a world."""
    found: list[Problem] = []
    for place, (*paths, _) in enumerate(file.correlations):
        where = f"correlations.{place}"
        for path in paths:
            if path in draws:
                text = f"names `{path}`, which is luck; only values of a world are correlated"
                found.append(problem("SC305", where, text, places))
            elif path not in values:
                hint = did_you_mean(str(path), [known for known in values if values[known].uncertain])
                found.append(problem("SC305", where, f"names `{path}`, and there is no such value", places, hint))
            elif not values[str(path)].uncertain:
                text = f"names `{path}`, which is {values[str(path)].text}: only uncertain values can be correlated"
                found.append(problem("SC305", where, text, places))
    if found or not file.correlations:
        return [], found
    try:
        return Copula.build(file.correlations), []
    except ValueError as refusal:
        return [], [Problem("SC305", "error", f"`correlations`: {refusal}", closest_mark(places, ("correlations",)))]


def refusals(world: World, places: Marks) -> list[Problem]:
    """What blocks refused while they were built."""
    return [problem("SC306", path, text, places) for path, text in world.refusals]


def linking(problems: Sequence[LinkProblem], tree: Tree, places: Marks) -> list[Problem]:
    """Names that lead nowhere, each at the place in its block that says it."""
    found: list[Problem] = []
    seen: set[tuple[str, str]] = set()
    for item in problems:
        if (item.block, item.missing) in seen:
            continue
        seen.add((item.block, item.missing))
        here = trail(item.block) if item.block else ()
        mark = closest_mark(places, _mention(tree, here, item.missing.split("."), places) or here)
        hint = did_you_mean(item.missing, item.candidates) if item.candidates else None
        found.append(Problem("SC307", "warning" if item.warning else "error", item.text, mark, hint))
    return found


def _mention(tree: Tree, block: Trail, parts: Sequence[str], places: Marks) -> Trail | None:
    """Where inside a block one of the words of a name stands, as a key or as a text."""
    for path in places:
        if path[: len(block)] != block or len(path) == len(block):
            continue
        node = _node(tree, path)
        words = (path[-1], node.text.strip() if isinstance(node, Scalar) and node.text else None)
        if any(word in parts[1:] or word == ".".join(parts) for word in words if word is not None):
            return path
    return None


def _node(tree: Tree, path: Trail) -> Node | None:
    here: Node | None = tree
    for part in path:
        if isinstance(here, Tree) and isinstance(part, str) and part in here.items:
            here = here.items[part].node
        elif isinstance(here, Items) and isinstance(part, int) and part < len(here.items):
            here = here.items[part]
        else:
            return None
    return here


def unused(program: Program, values: Mapping[str, Value], places: Marks) -> list[Problem]:
    """Shared assumptions that no rule reads, directly or through a formula."""
    used = used_paths(program, dict(values))
    return [
        Problem(
            "SC308",
            "warning",
            f"`{path}` is an assumption that nothing uses",
            closest_mark(places, trail(path), True),
            "write it in a formula, like `= " + path.removeprefix("assumptions.") + "`, or delete it",
        )
        for path in values
        if path.startswith("assumptions.") and path not in used
    ]
