"""What `sim sweep` prints: the odds at each value of an input, or of two; text for people, or a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.records.result import DesignPart, QuestionPart, ScenarioPart, WarningPart
from sim.records.sweeping import AxisPart, OddsPart, PointPart, Sweep, TriedPart
from sim.report import inputs, swept, wording
from sim.report.columns import GAP, aligned, paragraph
from sim.report.style import Z95
from sim.report.tables import Table
from sim.report.wording import capital, chance, human, plain

NARROWEST = 60
_SHORTEST_BAR, _LONGEST_BAR = 10, 40
_MOST_DIGITS = 12


def text(result: Sweep, width: int) -> str:
    """The sweep as text with no line longer than `width` characters (but at least sixty)."""
    width = max(width, NARROWEST)
    table = _curve(result, width) if len(result["axes"]) == 1 else _grid(result, width)
    blocks = [
        question(result["scenario"], result["question"], width),
        [line for sentence in _sentences(result) for line in paragraph(sentence, width)],
        table,
        paragraph(_played(result["design"], len(result["points"])), width),
        warnings(result["warnings"], width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def tsv(result: Sweep) -> str:
    """A row a point, with all digits; the first row is the file itself and has no values."""
    names = tuple(axis["path"] for axis in result["axes"])
    own = result["own"]
    head = (*(None for _ in names), own["p"], own["se"], *own["interval"], None, None, None, None)
    points = ((*_values(result, point), *_numbers(point)) for point in result["points"])
    columns = (*names, "p", "se", "low", "high", "words", "difference", "difference_se", "failed")
    return Table(columns, (head, *points)).to_tsv()


def _numbers(point: PointPart) -> tuple[object, ...]:
    odds_part = (point["p"], point["se"], *point["interval"], point["words"])
    return (*odds_part, point["difference"], point["difference_se"], point["failed"])


# --- what a sweep and a break-even say alike ---


def question(scenario: ScenarioPart, asked: QuestionPart, width: int) -> list[str]:
    """Title, dates, and what is counted."""
    title = plain(scenario["title"] or scenario["name"])
    counted = ", ".join(human(kind) for kind in asked["kinds"])
    dates = f"{wording.span(asked['opens'], asked['closes'])}. Counted: {counted}."
    return [*paragraph(title, width), *paragraph(dates, width)]


def own_words(axis: AxisPart) -> str:
    """What the file itself says of an input: one value, its 5th to 95th percentile, or its text."""
    low, high = axis["p5"], axis["p95"]
    if low is None or high is None:
        return plain(axis["form"])
    return inputs.value(low, axis["unit"]) if low == high else inputs.together(low, high, axis["unit"])


def labels(axis: AxisPart, values: Sequence[float | str]) -> list[str]:
    """Values as people read them, with as many digits as it takes to tell them apart."""
    texts = [inputs.bare(value, axis["unit"]) for value in values]
    numbers = [value for value in values if not isinstance(value, str)]
    if len(set(texts)) == len(set(values)) or len(numbers) < len(values):
        return texts
    share = (axis["unit"] or "").split(" ")[0] == "share"
    for digits in range(4, _MOST_DIGITS + 1):
        scaled = [float(f"{100.0 * value if share else value:.{digits}g}") for value in numbers]
        if len(set(scaled)) == len(set(values)):
            break
    sign = "×" if axis["unit"] == "×" else ""
    return [f"{sign}{number:,.{_MOST_DIGITS}g}" + (" %" if share else "") for number in scaled]


def odds(part: OddsPart | PointPart | TriedPart) -> str:
    """The odds; none or all of the runs are said to be that."""
    return chance(part["p"], part["se"])


def interval(part: OddsPart | PointPart | TriedPart) -> str:
    """The 95 % interval of odds."""
    return wording.between(part["interval"][0], part["interval"][1], part["se"])


def warnings(parts: Sequence[WarningPart], width: int) -> list[str]:
    """Each warning as a paragraph."""
    lines: list[str] = []
    for part in parts:
        where = f" {plain(part['path'])}" if part["path"] else ""
        lines += paragraph(f"Warning {plain(part['code'])}{where}: {plain(part['text'])}", width)
    return lines


# --- sentences ---


def _sentences(result: Sweep) -> Iterator[str]:
    names = " and ".join(inputs.label(axis["path"]) for axis in result["axes"])
    own = f"in the file it is {_own(result)}, with odds of {odds(result['own'])}"
    if all(point["difference"] == 0.0 and point["difference_se"] is None for point in result["points"]):
        yield f"{capital(names)}: not one run comes out differently at any value; {own}."
        return
    yield f"{capital(names)}: {_course(result)}; {own}."
    yield "Everything else stays as uncertain as it is in the file, and every point has the same luck."


def _own(result: Sweep) -> str:
    return " and ".join(own_words(axis) for axis in result["axes"])


def _course(result: Sweep) -> str:
    """How the odds go: up, down, up and down, or nowhere that can be told from luck."""
    lowest, highest = swept.extremes(result)
    if not swept.differ(lowest, highest):
        return f"the odds stay at about {odds(result['own'])}, as far as so many runs can tell"
    way = swept.one_way(result, lowest, highest)
    if way is not None:
        first, last = (lowest, highest) if way == "rise" else (highest, lowest)
        ends = f"from {_at(result, first)} to {_at(result, last)}"
        return f"{ends} the odds {way} from {odds(first)} to {odds(last)}"
    return f"the odds go from {odds(lowest)}, {_with(result, lowest)}, to {odds(highest)}, {_with(result, highest)}"


def _values(result: Sweep, point: PointPart) -> list[float | str]:
    return [axis["values"][place] for axis, place in zip(result["axes"], point["place"], strict=True)]


def _at(result: Sweep, point: PointPart) -> str:
    """The value of a point of one axis."""
    axis = result["axes"][0]
    return labels(axis, axis["values"])[point["place"][0]]


def _with(result: Sweep, point: PointPart) -> str:
    """The values of a point; with two axes each has its name."""
    if len(result["axes"]) == 1:
        return f"at {_at(result, point)}"
    pairs = zip(result["axes"], point["place"], strict=True)
    told = (f"{inputs.label(axis['path'])} {labels(axis, axis['values'])[place]}" for axis, place in pairs)
    return f"with {' and '.join(told)}"


def _played(design: DesignPart, points: int) -> str:
    worlds, replays = wording.count(design["worlds"], "world"), wording.count(design["replays"], "replay")
    return (
        f"Played: {wording.count(design['runs'], 'run')} (the file and {wording.count(points, 'point')} × {worlds} × "
        f"{replays}), seed {design['seed']}. Intervals are Monte-Carlo 95 %, by worlds."
    )


# --- one axis ---


def _curve(result: Sweep, width: int) -> list[str]:
    """A row a point, with a bar where there is room for one."""
    axis, own = result["axes"][0], result["own"]
    rows: list[tuple[str, ...]] = [
        (_heading(axis), "odds", "95 %", "points", "95 %", "in the words of ICD 203"),
        ("the file", odds(own), interval(own), "", "", ""),
    ]
    for label, point in zip(labels(axis, axis["values"]), result["points"], strict=True):
        rows.append((label, odds(point), interval(point), *_difference(point), point["words"]))
    wide = sum(max(len(row[column]) for row in rows) + GAP for column in range(len(rows[0])))
    room = min(width - wide, _LONGEST_BAR)
    if room >= _SHORTEST_BAR:
        heights = [own["p"], *(point["p"] for point in result["points"])]
        top = max(heights) or 1.0
        bars = ["", *("█" * round(room * height / top) for height in heights)]
        rows = [(*row, bar) for row, bar in zip(rows, bars, strict=True)]
    right = (0, 1, 3) if not isinstance(axis["values"][0], str) else (1, 3)
    return [
        *aligned(rows, width, indent=0, right=right),
        *paragraph("Points: percentage points more or less than the file, run by run.", width),
    ]


def _heading(axis: AxisPart) -> str:
    unit = axis["unit"]
    silent = unit is None or unit in ("date", "×") or unit.startswith("share")
    return "at" if silent else plain(str(unit))


def _difference(point: PointPart) -> tuple[str, str]:
    """The difference to the file in percentage points, and its interval."""
    difference, se = point["difference"], point["difference_se"]
    if se is None:
        return wording.gap(difference, se), ""
    low, high = max(difference - Z95 * se, -1.0), min(difference + Z95 * se, 1.0)
    return wording.gap(difference, se), wording.gap_range(low, high, se)


# --- two axes ---


def _grid(result: Sweep, width: int) -> list[str]:
    """The odds in rows and columns, in as many blocks of columns as the width asks for."""
    down, across = result["axes"]
    names, heads = labels(down, down["values"]), labels(across, across["values"])
    cells = {tuple(point["place"]): odds(point) for point in result["points"]}
    lines = paragraph(
        f"Rows: {_axis_title(down)}. Columns: {_axis_title(across)}.",
        width,
    )
    first = max(map(len, names))
    sizes = [
        max(len(head), *(len(cells[row, column]) for row in range(len(names)))) for column, head in enumerate(heads)
    ]
    for start, stop in _blocks(sizes, width - first):
        rows = [("", *heads[start:stop])]
        rows += [(name, *(cells[row, column] for column in range(start, stop))) for row, name in enumerate(names)]
        lines += ["", *aligned(rows, width, indent=0, right=tuple(range(0, stop - start + 1)))]
    return lines


def _axis_title(axis: AxisPart) -> str:
    heading = _heading(axis)
    return inputs.label(axis["path"]) + ("" if heading == "at" else f", {heading}")


def _blocks(sizes: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """Columns of these sizes cut into blocks that fit into the room, at least one column each."""
    start, used = 0, 0
    for column, size in enumerate(sizes):
        if column > start and used + size + GAP > room:
            yield start, column
            start, used = column, 0
        used += size + GAP
    yield start, len(sizes)
