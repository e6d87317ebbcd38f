"""What `sim drivers` prints: what the odds rest on, and what to find out first; text for people, or a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.records.drivers import BoxPart, DriverPart, Drivers, EndPart, LimitPart
from sim.report import inputs, wording
from sim.report.columns import aligned, paragraph
from sim.report.tables import Table
from sim.report.wording import capital, chance, human, plain

_NARROWEST = 60
_FIRST = 5
_A_MONTH = 3
# A total effect is told from luck where it exceeds its error so many times: of sixty, none is by accident.
_CLEAR = 3.0
_WIDEST_FORM = 72


def text(result: Drivers, width: int) -> str:
    """The drivers as text with no line longer than `width` characters (but at least sixty)."""
    width = max(width, _NARROWEST)
    blocks = [
        _question(result, width),
        [line for sentence in _sentences(result) for line in paragraph(sentence, width)],
        _table(result, width),
        [line for sentence in _others(result) for line in paragraph(sentence, width)],
        _first(result, width),
        _months(result, width),
        _box(result, width),
        paragraph(_played(result), width),
        _warnings(result, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def tsv(result: Drivers) -> str:
    """The numbers, a row each, with all their digits: section, path, at, value, standard error."""
    return Table(("section", "path", "at", "value", "se"), tuple(_tsv_rows(result))).to_tsv()


def _question(result: Drivers, width: int) -> list[str]:
    question = result["question"]
    title = plain(result["scenario"]["title"] or result["scenario"]["name"])
    counted = ", ".join(human(kind) for kind in question["kinds"])
    window = f"{wording.span(question['opens'], question['closes'])}. Counted: {counted}."
    return [*paragraph(title, width), *paragraph(window, width)]


def _sentences(result: Drivers) -> Iterator[str]:
    """The headline, and how much of it is ignorance and how much luck."""
    odds, known = result["odds"], result["knowable"]
    low, high = odds["interval"]
    interval = wording.between(low, high, odds["se"])
    yield f"Odds {wording.headline(odds)} (Monte-Carlo {100 * odds['level']:g} %: {interval})."
    ignorance, luck = known["V"], known["W"]
    if ignorance is None or luck is None:
        yield f"What knowing all assumptions would be worth cannot be told: {plain(odds['belief_reason'] or '')}."
        return
    if ignorance <= 0.0:
        yield "The spread between worlds cannot be told from luck: knowing the assumptions would gain nothing visible."
        return
    share = ignorance / (ignorance + luck)
    error = known["V_se"] / (ignorance + luck) if known["V_se"] else None
    removed, left = wording.tally(share, error), wording.tally(1.0 - share, error)
    yield (
        f"Knowing every listed assumption exactly would remove {removed} of the uncertainty about the outcome "
        f"(V {ignorance:.3f} of a Brier score of {ignorance + luck:.3f}); the other {left} is luck (W {luck:.3f}), "
        "which no knowledge removes."
    )


def _above(result: Drivers) -> list[DriverPart]:
    return [driver for driver in result["drivers"] if driver["above_noise"]]


def _table(result: Drivers, width: int) -> list[str]:
    """A row an assumption that is above the noise, the one that is most worth knowing first."""
    shown = _above(result)
    if not shown:
        return []
    totals = any(driver["total"] is not None for driver in shown)
    rows = [("What the odds rest on", "at its 5 %", "at its 95 %", "points", "gain", "total" if totals else "")]
    for driver in shown:
        mark = " *" if driver["together_with"] else ""
        rows.append(
            (
                f"  {inputs.label(driver['path'])}{mark}",
                # the unit is said once, at the end of the range
                _end(inputs.bare(driver["low"]["at"], driver["unit"]), driver["low"]),
                _end(inputs.value(driver["high"]["at"], driver["unit"]), driver["high"]),
                wording.gap(driver["swing"], driver["swing_se"]),
                _gain(driver, result),
                _total(driver),
            )
        )
        rows += [
            (f"    {_end(inputs.value(state['at'], None), state)}", "", "", "", "", "") for state in _between(driver)
        ]
    lines = aligned(rows, width, indent=0, right=(3, 4, 5))
    meanings = "gain: the share of the uncertainty (of the Brier score) that knowing it alone takes away"
    if totals:
        meanings += "; total: its share of all that is knowable, alone and with others (these shares overlap)"
    lines += paragraph(f"{capital(meanings)}. All other assumptions stay as uncertain as they are.", width)
    if any(driver["total"] is not None and driver["total"] <= 0.0 for driver in shown):
        noise = "A gain beside a total of none may be noise: of those that touch nothing, one in twenty seems to gain."
        lines += paragraph(noise, width)
    if any(driver["states"] for driver in shown):
        lines += paragraph("States stand in order of danger: the least and the most dangerous are the two ends.", width)
    return lines


def _end(at: str, end: EndPart) -> str:
    """The odds at a value: `18,000 troops: 22 %`."""
    return f"{at}: {chance(end['p'], end['se'])}"


def _between(driver: DriverPart) -> list[EndPart]:
    """States other than the two ends, the least dangerous first."""
    ends = (driver["low"]["at"], driver["high"]["at"])
    return sorted((state for state in driver["states"] if state["at"] not in ends), key=lambda state: state["p"])


def _gain(driver: DriverPart, result: Drivers) -> str:
    return inputs.gain(driver["V"], driver["V_se"], result["odds"]["p"])


def _total(driver: DriverPart) -> str:
    if driver["total"] is None:
        return ""
    share = min(driver["total"], 1.0)
    return "none" if share <= 0.0 else "all" if share >= 1.0 else wording.tally(share, driver["total_se"])


def _others(result: Drivers) -> Iterator[str]:
    """Those below the noise floor, those that matter only with others, and what is correlated."""
    noise, drivers = result["noise"], result["drivers"]
    few = [driver for driver in drivers if not driver["above_noise"]]
    if few:
        many = wording.count(len(few), "other") if len(few) < len(drivers) else "Each assumption of this file"
        floor = inputs.gain(noise["V"], noise["V"] / 2, result["odds"]["p"])
        yield (
            f"{many} cannot be told from an assumption that touches nothing (95 of 100 such gain less than {floor} "
            f"and swing the odds by less than {wording.gap(noise['swing'], noise['swing'] / 10).lstrip('+')} points)."
        )
    told = {driver["path"] for driver in drivers if driver["above_noise"]}
    # the total of a correlated one is that of its whole group, and may be all that of a member that is told
    alone = [driver for driver in few if told.isdisjoint(driver["together_with"])]
    hidden = [driver for driver in alone if (driver["total"] or 0.0) > _CLEAR * (driver["total_se"] or 0.0)]
    if hidden:
        # a group is named once
        groups = {tuple(sorted((driver["path"], *driver["together_with"]))): _total(driver) for driver in hidden}
        names = ", ".join(f"{' with '.join(map(inputs.label, group))} ({total})" for group, total in groups.items())
        yield f"Of these some do have a hand in it, most of it together with others (total): {names}."
    for group in dict.fromkeys(tuple(sorted((d["path"], *d["together_with"]))) for d in drivers if d["together_with"]):
        names = ", ".join(inputs.label(path) for path in group)
        total = " Their total is that of all." if any(d["total"] is not None for d in drivers) else ""
        yield f"* Correlated, so that a part of what one does may be the others': {names}.{total}"


def _first(result: Drivers, width: int) -> list[str]:
    """The assumptions that are most worth knowing: what is assumed now, and on whose word."""
    lines = paragraph("What to find out first", width)
    for place, driver in enumerate(inputs.telling(result)[:_FIRST], 1):
        first, *later = paragraph(f"{place}. {_worth_finding(driver, result)}", width - 5)
        lines += [f"  {first}", *(f"     {line}" for line in later)]
    return lines if len(lines) > 1 else []


def _worth_finding(driver: DriverPart, result: Drivers) -> str:
    """What knowing it gains, how sure its place is, what is assumed now, and on whose word."""
    said = f"{driver['path']}: knowing it removes {_gain(driver, result)} of the uncertainty"
    if driver["first"] > 0.0:
        said += f" (the largest gain in {wording.in_hundred(driver['first'])} % of resamples)"
    names = [str(state["at"]) for state in driver["states"]]
    form = f"a choice of {', '.join(map(human, names))}" if names else plain(driver["form"])
    source = plain(driver["source"] or "").rstrip(".")
    said += f". Now {wording.shortened(form, _WIDEST_FORM)}."
    return f"{said} Source: {source}." if source else f"{said} No source is given."


def _months(result: Drivers, width: int) -> list[str]:
    """For each month of the window, the assumptions that its odds rest on most."""
    if not result["months"]:
        return []
    rows = [("By month", "begins in it", "rests most on")]
    for place, month in enumerate(result["months"]):
        found = [
            (driver["months"][place]["V"], driver["path"])
            for driver in result["drivers"]
            if driver["months"] and driver["months"][place]["above_noise"]
        ]
        ranked = [inputs.label(path) for _, path in sorted(found, key=lambda pair: (-pair[0], pair[1]))[:_A_MONTH]]
        odds = chance(month["p"], result["odds"]["se"])
        rows.append((f"  {wording.month_name(month['month'])}", odds, "; ".join(ranked) or "nothing above the noise"))
    return aligned(rows, width, indent=0, right=(1,))


def _box(result: Drivers, width: int) -> list[str]:
    box = result["box"]
    if box is None:
        return paragraph(f"No box: {plain(result['box_reason'] or 'none was looked for')}.", width)
    lines = paragraph(_where(box), width)
    lines += paragraph(_tested(box), width)
    rows = [
        (f"  {inputs.label(limit['path'])}", inputs.within(limit), _again(limit, box["resamples"]))
        for limit in box["limits"]
    ]
    heading = ("The limits of the box", "", "found again")
    lines += aligned([heading, *rows], width, indent=0)
    if any(map(inputs.weak, box["limits"])):
        weak = "Weak: fewer than half of the resamples limit it on this side; something else may say the same."
        lines += paragraph(weak, width)
    return lines


def _where(box: BoxPart) -> str:
    """Where crises concentrate, in one sentence."""
    limits = " and ".join(
        f"{inputs.label(limit['path'])} is {inputs.within(limit)}{' (weak)' if inputs.weak(limit) else ''}"
        for limit in box["limits"]
    )
    inside, everywhere = chance(box["density"], box["density_se"]), chance(box["base"], box["density_se"])
    crises, worlds = wording.in_hundred(box["coverage"]), wording.in_hundred(box["mass"])
    return (
        f"Crises concentrate where {limits}: odds {inside} there against {everywhere} everywhere; {crises} % of all "
        f"crises in {worlds} % of worlds."
    )


def _tested(box: BoxPart) -> str:
    """Whether the box is more than the luck of these worlds."""
    held = chance(box["held_out"], box["density_se"])
    return (
        f"Such a box, looked for in one half of the worlds and measured in the other, has odds of {held}. Shuffled "
        f"worlds hold one as telling with p = {box['p_value']:.2g}."
    )


def _again(limit: LimitPart, resamples: int) -> str:
    said = f"in {round(limit['found_again'] * resamples)} of {resamples} resamples"
    return f"{said}: weak" if inputs.weak(limit) else said


def _played(result: Drivers) -> str:
    design, swaps = result["design"], result["swaps"]
    worlds, replays = wording.count(design["worlds"], "world"), wording.count(design["replays"], "replay")
    said = f"Played: {wording.count(design['runs'], 'run')} ({worlds} × {replays}), seed {design['seed']}"
    if swaps is None:
        why = " (they need two replays of a world)" if design["replays"] == 1 else ""
        return f"{said}; total effects were not played{why}."
    again = f"{wording.count(swaps['worlds'], 'world')} × {wording.count(swaps['replays'], 'replay')} an assumption"
    return f"{said}; for total effects {swaps['runs']:,} more ({again})."


def _warnings(result: Drivers, width: int) -> list[str]:
    lines: list[str] = []
    for warning in result["warnings"]:
        where = f" {plain(warning['path'])}" if warning["path"] else ""
        lines += paragraph(f"Warning {plain(warning['code'])}{where}: {plain(warning['text'])}", width)
    return lines


def _tsv_rows(result: Drivers) -> Iterator[tuple[object, ...]]:
    odds, known, noise, box = result["odds"], result["knowable"], result["noise"], result["box"]
    yield "odds", "", None, odds["p"], odds["se"]
    yield "knowable V", "", None, known["V"], known["V_se"]
    yield "luck W", "", None, known["W"], None
    yield "noise V", "", None, noise["V"], None
    yield "noise swing", "", None, noise["swing"], None
    for driver in result["drivers"]:
        yield from _driver_rows(driver)
    for month in result["months"]:
        yield f"month {month['month']} odds", "", None, month["p"], None
        yield f"month {month['month']} V", "", None, month["V"], None
        yield f"month {month['month']} noise V", "", None, month["noise"], None
    if box is not None:
        yield from _box_rows(box)
    yield "worlds", "", None, result["design"]["worlds"], None
    yield "replays", "", None, result["design"]["replays"], None
    yield "seed", "", None, result["design"]["seed"], None
    for warning in result["warnings"]:
        yield "warning", f"{warning['code']} {warning['path']}", None, warning["text"], None


def _driver_rows(driver: DriverPart) -> Iterator[tuple[object, ...]]:
    path = driver["path"]
    yield "gain V", path, None, driver["V"], driver["V_se"]
    yield "above noise", path, None, driver["above_noise"], None
    yield "low", path, driver["low"]["at"], driver["low"]["p"], driver["low"]["se"]
    yield "high", path, driver["high"]["at"], driver["high"]["p"], driver["high"]["se"]
    yield "swing", path, None, driver["swing"], driver["swing_se"]
    for state in driver["states"]:
        yield "state", path, state["at"], state["p"], state["se"]
    yield "first", path, None, driver["first"], None
    if driver["total"] is not None:
        yield "total", path, None, driver["total"], driver["total_se"]
    for other in driver["together_with"]:
        yield "together with", path, other, None, None
    for month in driver["months"]:
        yield f"month {month['month']} V", path, None, month["V"], None


def _box_rows(box: BoxPart) -> Iterator[tuple[object, ...]]:
    for limit in box["limits"]:
        sides: Sequence[tuple[str, object]] = (("box low", limit["low"]), ("box high", limit["high"]))
        for side, at in sides:
            if at is not None:
                yield side, limit["path"], at, limit["p_value"], None
        for state in limit["states"]:
            yield "box state", limit["path"], state, limit["p_value"], None
    yield "box density", "", None, box["density"], box["density_se"]
    yield "box coverage", "", None, box["coverage"], None
    yield "box mass", "", None, box["mass"], None
    yield "box held out", "", None, box["held_out"], None
    yield "box p-value", "", None, box["p_value"], None
