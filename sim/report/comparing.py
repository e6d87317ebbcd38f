"""What a comparison prints: odds side by side, differences with their errors, what was changed, and one flip told."""

from __future__ import annotations

from collections.abc import Iterator

from sim.records.comparison import Comparison, Difference, FlipStory
from sim.report import twins, wording
from sim.report.columns import aligned, paragraph
from sim.report.tables import Table
from sim.report.wording import capital, gap, human, plain

_NARROWEST = 60
_MOST_MONTHS = 8
_LONGEST_VALUE = 60
_ACCIDENT = 0.05


def comparing(comparison: Comparison, width: int, story: str | None = None) -> str:
    """The comparison as text with no line longer than `width` characters (but at least sixty).

    `story` names the scenario of which a flip is told; None for the one that differs most.
    """
    width = max(width, _NARROWEST)
    blocks = [
        _head(comparison, width),
        _odds(comparison, width),
        _differences(comparison, width),
        _sentences(comparison, width),
        _by_kind(comparison, width),
        _by_month(comparison, width),
        _changes(comparison, width),
        _story(comparison, width, story),
        _played(comparison, width),
        _warnings(comparison, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def comparing_tsv(comparison: Comparison) -> str:
    """The numbers, a row each, with all their digits: section, scenario, item, value, standard error."""
    return Table(("section", "scenario", "item", "value", "se"), tuple(_tsv_rows(comparison))).to_tsv()


def _head(comparison: Comparison, width: int) -> list[str]:
    first = comparison["scenarios"][0]
    question = first["question"]
    title = plain(first["title"] or first["name"])
    lines = paragraph(title, width)
    if question["text"] and plain(question["text"]) != title:
        lines += paragraph(plain(question["text"]), width)
    counted = ", ".join(human(kind) for kind in question["kinds"])
    return lines + paragraph(f"{wording.span(question['opens'], question['closes'])}. Counted: {counted}.", width)


def _odds(comparison: Comparison, width: int) -> list[str]:
    rows = [("", "odds", "95 %", "belief 5–95 %", "in the words of ICD 203")]
    for part in comparison["scenarios"]:
        odds = part["odds"]
        belief = odds["belief_interval"]
        rows.append(
            (
                plain(part["name"]),
                wording.headline(odds),
                wording.between(odds["interval"][0], odds["interval"][1], odds["se"]),
                "" if belief is None else wording.between(belief[0], belief[1]),
                odds["words"],
            )
        )
    return aligned(rows, width, indent=0, right=(1,))


def _differences(comparison: Comparison, width: int) -> list[str]:
    if not comparison["differences"]:
        return []
    first = plain(comparison["scenarios"][0]["name"])
    rows = [
        (
            plain(part["to"]),
            gap(part["difference"], part["se"]),
            wording.gap_range(part["interval"][0], part["interval"][1], part["se"]),
            f"{part['flips']['to_crisis']:,}",
            f"{part['flips']['to_calm']:,}",
        )
        for part in comparison["differences"]
    ]
    rows.insert(0, ("", "points", "95 %", "flips to crisis", "to calm"))
    heading = paragraph(f"Against {first}, run by run with the same luck:", width)
    return [*heading, *aligned(rows, width, indent=0, right=(1, 3, 4))]


def _sentences(comparison: Comparison, width: int) -> list[str]:
    """What can be told from chance, and how much pairing gained."""
    unclear = [plain(part["to"]) for part in comparison["differences"] if _unclear(part)]
    same = [plain(part["to"]) for part in comparison["differences"] if not any(part["flips"].values())]
    lines: list[str] = []
    if same:
        lines += paragraph(f"Not one run comes out differently: {', '.join(same)}.", width)
    if unclear:
        told = f"Their difference cannot be told from none with so many runs: {', '.join(unclear)}."
        lines += paragraph(told, width)
    ratios = [part["variance_ratio"] for part in comparison["differences"] if part["variance_ratio"] is not None]
    if ratios:
        low, high = min(ratios), max(ratios)
        times = f"{low:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"
        lines += paragraph(
            f"Played with luck of their own, these differences would have {times} times the variance. Odds and "
            "differences are rounded each by itself.",
            width,
        )
    return lines


def _unclear(part: Difference) -> bool:
    """Whether luck may have made the difference: by its interval, or by the exact sign test where few worlds lean."""
    low, high = part["interval"]
    return any(part["flips"].values()) and (low <= 0.0 <= high or part["sign_p"] > _ACCIDENT)


def _by_kind(comparison: Comparison, width: int) -> list[str]:
    kinds = list(dict.fromkeys(kind for part in comparison["differences"] for kind in part["kinds"]))
    if len(kinds) < 2:
        return []
    rows = [("points, by the kind that comes first", *(human(kind) for kind in kinds))]
    for part in comparison["differences"]:
        cells = [part["kinds"].get(kind) for kind in kinds]
        rows.append((f"  {plain(part['to'])}", *("" if c is None else gap(c["difference"], c["se"]) for c in cells)))
    rows[0] = (capital(rows[0][0]), *rows[0][1:])
    return aligned(rows, width, indent=0, right=tuple(range(1, len(kinds) + 1)))


def _by_month(comparison: Comparison, width: int) -> list[str]:
    """Months side by side where they fit, the dates by whose end they have come where they are many."""
    told = [part for part in comparison["differences"] if part["months"]]
    if not told or not 1 < len(told[0]["months"]) <= _MOST_MONTHS:
        return []
    months = [part["month"] for part in told[0]["months"]]
    years = len({month[:4] for month in months}) > 1
    rows = [("Points, by the month it begins in", *(wording.month_name(month, year=years) for month in months))]
    for part in told:
        cells = (gap(month["difference"], month["se"]) for month in part["months"])
        rows.append((f"  {plain(part['to'])}", *cells))
    return aligned(rows, width, indent=0, right=tuple(range(1, len(months) + 1)))


def _changes(comparison: Comparison, width: int) -> list[str]:
    lines: list[str] = []
    abouts = {part["name"]: part["about"] for part in comparison["scenarios"]}
    for part in comparison["differences"]:
        about = plain(abouts.get(part["to"], ""))
        lines += paragraph(plain(part["to"]) + (f": {about}" if about else ""), width, indent=2)
        if not part["changes"]:
            lines.append("    no input differs")
        rows = [(change["path"], _turned(change["before"], change["after"])) for change in part["changes"]]
        lines += aligned(rows, width, indent=4)
    return ["What was changed", *lines] if lines else []


def _turned(before: str | None, after: str | None) -> str:
    if after is None:
        return "taken out"
    shown = wording.shortened(plain(after), _LONGEST_VALUE)
    return f"new: {shown}" if before is None else f"{wording.shortened(plain(before), _LONGEST_VALUE)} → {shown}"


def chosen_story(comparison: Comparison, asked: str | None) -> FlipStory | None:
    """The story to tell: of the scenario that was asked for, else of the one that differs most."""
    size = {part["to"]: abs(part["difference"]) for part in comparison["differences"]}
    told = [story for story in comparison["stories"] if asked in (None, story["to"])]
    return max(told, key=lambda story: size[story["to"]], default=None)


def _story(comparison: Comparison, width: int, asked: str | None) -> list[str]:
    story = chosen_story(comparison, asked)
    if story is not None:
        return twins.text(story, width).rstrip("\n").split("\n")
    return [] if asked is None else [f"No run flips between {comparison['scenarios'][0]['name']} and {asked}."]


def _played(comparison: Comparison, width: int) -> list[str]:
    design = comparison["design"]
    worlds, replays = wording.count(design["worlds"], "world"), wording.count(design["replays"], "replay")
    scenarios = wording.count(len(comparison["scenarios"]), "scenario")
    told = (
        f"Played: {wording.count(design['runs'], 'run')} ({scenarios} × {worlds} × {replays}), seed {design['seed']}."
    )
    lines = paragraph(told, width)
    for part in comparison["scenarios"]:
        failed = part["counts"]["failed"]
        if failed:
            lines += paragraph(f"FAILED: {wording.count(failed, 'run')} of {plain(part['name'])}; left out.", width)
    return lines


def _warnings(comparison: Comparison, width: int) -> list[str]:
    """Warnings of the comparison, and those of its runs; those of the files were told when they were read."""
    lines: list[str] = []
    for warning in comparison["warnings"]:
        lines += paragraph(f"Warning {plain(warning['code'])}: {plain(warning['text'])}", width)
    return lines


def _tsv_rows(comparison: Comparison) -> Iterator[tuple[object, ...]]:
    for part in comparison["scenarios"]:
        odds, name = part["odds"], part["name"]
        yield "odds", name, "p", odds["p"], odds["se"]
        yield "odds", name, "interval low", odds["interval"][0], None
        yield "odds", name, "interval high", odds["interval"][1], None
        low, high = odds["belief_interval"] or (None, None)
        yield "odds", name, "belief low", low, None
        yield "odds", name, "belief high", high, None
        yield "odds", name, "words", odds["words"], None
        yield "runs", name, "finished", part["counts"]["finished"], None
        yield "runs", name, "failed", part["counts"]["failed"], None
    for difference in comparison["differences"]:
        yield from _tsv_difference(difference)
    design = comparison["design"]
    for item in ("worlds", "replays", "seed"):
        yield "design", "", item, design[item], None
    for warning in comparison["warnings"]:
        yield "warning", warning["path"], warning["code"], warning["text"], None


def _tsv_difference(part: Difference) -> Iterator[tuple[object, ...]]:
    name = part["to"]
    yield "difference", name, f"from {part['from']}", part["difference"], part["se"]
    yield "difference", name, "interval low", part["interval"][0], None
    yield "difference", name, "interval high", part["interval"][1], None
    yield "flips", name, "to crisis", part["flips"]["to_crisis"], None
    yield "flips", name, "to calm", part["flips"]["to_calm"], None
    yield "flips", name, "sign test p", part["sign_p"], None
    yield "difference", name, "variance ratio", part["variance_ratio"], None
    for kind, cell in part["kinds"].items():
        yield "difference by kind", name, kind, cell["difference"], cell["se"]
    for month in part["months"]:
        yield "difference by month", name, month["month"], month["difference"], month["se"]
    for date in part["cumulative"]:
        yield "difference by date", name, date["date"], date["difference"], date["se"]
    for change in part["changes"]:
        yield "change", name, change["path"], _turned(change["before"], change["after"]), None
