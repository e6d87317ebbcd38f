"""How far scenarios lie apart, with the errors of the differences and the runs that flip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.records.comparison import Comparison, Difference
from sim.report import wording
from sim.report.page.blocks import Block, Chart, Column, Grid, Section, Text
from sim.report.page.blocks import Cell as Shown
from sim.report.page.charts.embed import embed
from sim.report.page.charts.rows import Row, rows
from sim.report.page.facts import ComparisonFacts
from sim.report.wording import plain


def section(facts: ComparisonFacts) -> Section | None:
    """Differences to the first scenario; none where nothing is compared with it."""
    comparison = facts.comparison
    if not comparison["differences"]:
        return None
    return Section("differences", "How far apart they are", "Differences", list(_blocks(comparison)))


def _blocks(comparison: Comparison) -> Iterator[Block]:
    asked = comparison["scenarios"][0]["question"]
    if asked["text"]:
        yield Text(plain(asked["text"]), "lead")
    for sentence in _sentences(comparison):
        yield Text(sentence)
    yield _differences(comparison)


def _sentences(comparison: Comparison) -> Iterator[str]:
    told = comparison["differences"]
    clear = [part for part in told if clearly(part)]
    if clear:
        yield _most(comparison, max(clear, key=lambda part: abs(part["difference"])))
    if len(clear) > 1:
        yield " ".join(_sides(clear))
    same = [plain(part["to"]) for part in told if not any(part["flips"].values())]
    if same:
        yield f"Not one run comes out differently: {', '.join(same)}."
    unclear = [
        f"{plain(part['to'])} (95 %: {_interval(part)})"
        for part in told
        if any(part["flips"].values()) and not clearly(part)
    ]
    if unclear:
        yield f"Cannot be told from no difference with so many runs: {', '.join(unclear)}."


def _most(comparison: Comparison, most: Difference) -> str:
    """The largest difference, with the odds on both sides; where there is only one, that one."""
    odds = {part["name"]: part["odds"] for part in comparison["scenarios"]}
    first, name = plain(most["from"]), plain(most["to"])
    figure, other = wording.headline(odds[most["to"]]), wording.headline(odds[most["from"]])
    gap = f"a difference of {points(most['difference'], most['se'])} (95 %: {_interval(most)})"
    if len(comparison["differences"]) == 1:
        return f"{name} has odds of {figure}, {first} of {other}: {gap}."
    return f"Farthest from {first} is {name}: {figure} against {other}, {gap}."


def _sides(clear: Sequence[Difference]) -> Iterator[str]:
    """Which scenarios lower the odds and which raise them, the strongest first."""
    ranked = sorted(clear, key=lambda part: -abs(part["difference"]))
    for word, sign in (("lower", -1.0), ("higher", 1.0)):
        side = [part for part in ranked if part["difference"] * sign > 0.0]
        if side:
            names = ", ".join(f"{plain(part['to'])} ({wording.gap(part['difference'], part['se'])})" for part in side)
            yield f"The odds are {word} in {names}."


def clearly(part: Difference) -> bool:
    """Whether the interval of a difference leaves out 0."""
    low, high = part["interval"]
    return low > 0.0 or high < 0.0


def points(difference: float, se: float | None) -> str:
    """A difference with its noun: `+3.2 points`."""
    text = wording.gap(difference, se)
    return f"{text} {'point' if text[1:] == '1' else 'points'}"


def _interval(part: Difference) -> str:
    low, high = part["interval"]
    return wording.gap_range(low, high, part["se"])


def _flips(part: Difference) -> str:
    flips = part["flips"]
    if not any(flips.values()):
        return "no run differs"
    return f"{wording.count(flips['to_crisis'], 'flip')} to crisis, {flips['to_calm']:,} to calm"


def _differences(comparison: Comparison) -> Chart:
    told = comparison["differences"]
    first = plain(comparison["scenarios"][0]["name"])
    items = [
        Row(
            plain(part["to"]),
            part["difference"],
            f"{wording.gap(part['difference'], part['se'])} ({_interval(part)})",
            part["interval"][0],
            part["interval"][1],
            note=_flips(part),
            slot=4 if part["difference"] > 0.0 else 0,
        )
        for part in told
    ]
    title = f"Difference to {first}, in points"

    def draw(width: int) -> str:
        return rows(items, width=width, title=title, desc=f"Paired with {first} run by run.", zero=True)

    caption = (
        f"The odds of a scenario less those of {first}; in brackets and as whiskers, the 95 % interval of paired runs. "
        f"A run flips to crisis if it has one here and none in {first}, and to calm the other way round."
    )
    return Chart(embed(draw), title, caption, _grid(told, title))


def _grid(told: Sequence[Difference], title: str) -> Grid:
    columns = (
        Column("Scenario"),
        Column("Points", number=True),
        Column("95 % interval", number=True),
        Column("Flips to crisis", number=True),
        Column("Flips to calm", number=True),
        Column("Of runs", number=True),
        Column("Sign test, p", number=True),
        Column("Variance without shared luck", number=True),
    )
    made = [
        (
            Shown(plain(part["to"])),
            Shown(wording.gap(part["difference"], part["se"]), part["difference"]),
            Shown(_interval(part)),
            Shown(f"{part['flips']['to_crisis']:,}", float(part["flips"]["to_crisis"])),
            Shown(f"{part['flips']['to_calm']:,}", float(part["flips"]["to_calm"])),
            Shown(f"{part['runs']:,}", float(part["runs"])),
            Shown(_small(part["sign_p"]), part["sign_p"]),
            Shown(
                "–" if part["variance_ratio"] is None else f"{part['variance_ratio']:.1f} times", part["variance_ratio"]
            ),
        )
        for part in told
    ]
    remark = "Sign test: exact, over worlds; a small p says that the direction is no accident of the draws."
    return Grid(title, columns, made, remark=remark)


def _small(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"
