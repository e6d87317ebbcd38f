"""Figures are drawn for every plausible input, with no text over another and none over the edge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.records.result import Result
from sim.report import wording
from sim.report.figures import forces, odds, pathways, preview, timing
from sim.report.figures.sheet import sheet
from sim.report.roads import roads
from tests.report import boxes, sample, strategies

# A drawing takes tenths of a second: few examples, no deadline, and no shrinking, which would take minutes.
few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def with_window(result: Result, opens: dt.date, days: int) -> Result:
    """The same result over another window: one month a month, and quiet dates at their firsts."""
    closes = opens + dt.timedelta(days=days - 1)
    result["question"] |= {"opens": opens.isoformat(), "closes": closes.isoformat()}
    firsts = [opens + dt.timedelta(days=round(share * (days - 1))) for share in np.linspace(0.0, 1.0, 12)]
    names = sorted({first.isoformat()[:7] for first in firsts})
    result["months"] = [{"month": name, **sample.estimate(0.02)} for name in names]
    untils = sorted({first.isoformat() for first in firsts})
    result["given_quiet"] = [{"until": until, "p_rest": 0.2, "n": 9000} for until in untils]
    result["cumulative"] = [
        {"date": first, **sample.estimate(0.3 * (place + 1) / len(untils))} for place, first in enumerate(untils)
    ]
    return result


def every_kind() -> dict[str, tuple[list[str], list[float]]]:
    dates, shares = sample.growth()
    kinds = sample.crowded()["kinds"]
    return {kind: (dates, [part["first"]["p"] * share for share in shares]) for kind, part in kinds.items()}


DRAWINGS: dict[str, Callable[[], Figure]] = {
    "odds": lambda: odds.draw(sample.result()),
    "odds, no run": lambda: odds.draw(sample.certain(False)),
    "odds, every run": lambda: odds.draw(sample.certain(True)),
    "odds, crowded": lambda: odds.draw(sample.crowded()),
    "timing": lambda: timing.draw(sample.result(), sample.marks(), sample.by_kind()),
    "timing, bare": lambda: timing.draw(sample.result(), [], None),
    "timing, no run": lambda: timing.draw(sample.certain(False), sample.marks(), None),
    "timing, every run": lambda: timing.draw(sample.certain(True), [], {"build_up": (["2021-12-31"], [1.0])}),
    "timing, crowded": lambda: timing.draw(sample.crowded(), sample.many_marks(), every_kind()),
    "timing, one day": lambda: timing.draw(with_window(sample.result(), dt.date(2021, 12, 31), 1), [], None),
    "timing, a week": lambda: timing.draw(with_window(sample.result(), dt.date(2021, 12, 28), 7), [], None),
    "timing, two months": lambda: timing.draw(
        with_window(sample.result(), dt.date(2021, 6, 25), 62), sample.marks(), None
    ),
    "timing, six years": lambda: timing.draw(
        with_window(sample.result(), dt.date(2019, 5, 17), 2200), sample.many_marks(), None
    ),
    "timing, a century": lambda: timing.draw(with_window(sample.result(), dt.date(1950, 1, 1), 36525), [], None),
    "forces": lambda: forces.draw(
        sample.fan(),
        sample.marks(),
        sample.OPENS,
        sample.CLOSES,
        (118_000.0, "a rise of 30,000 above the low counts"),
        sample.paths()[1][:8],
        wording.origin(sample.result()),
    ),
    "forces, crowded": lambda: forces.draw(
        sample.fan(), sample.many_marks(), sample.OPENS, sample.CLOSES, (150_000.0, "definition " * 40)
    ),
    "forces, nobody": lambda: forces.draw(sample.fan(scale=0.0), [], sample.OPENS, sample.CLOSES, None),
    "pathways": lambda: pathways.draw(sample.result()),
    "pathways, none": lambda: pathways.draw(sample.certain(False)),
    "pathways, one": lambda: pathways.draw(sample.certain(True)),
    "pathways, crowded": lambda: pathways.draw(sample.crowded()),
    "preview": lambda: preview.draw(sample.preview_fans(), sample.marks(), (sample.OPENS, sample.CLOSES)),
    "preview, one": lambda: preview.draw(sample.preview_fans()[:1], []),
    "preview, crowded": lambda: preview.draw([*sample.preview_fans(), *sample.preview_fans()], sample.many_marks()),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_text_overlaps_another_or_leaves_the_picture(name: str) -> None:
    figure = DRAWINGS[name]()
    assert boxes.outside(figure) == []
    assert boxes.overlaps(figure) == []


def test_the_overlap_check_sees_texts_that_meet_or_leave() -> None:
    page = sheet("A title", "", "", 2.0)
    page.text(1.0, 1.0, "one thing")
    page.text(1.3, 1.05, "another thing")
    page.text(10.3, 1.8, "over the edge")
    assert boxes.overlaps(page.figure) == [("one thing", "another thing")]
    assert boxes.outside(page.figure) == ["over the edge"]


@few
@given(strategies.results())
def test_odds_and_pathways_are_drawn_for_any_result(result: Result) -> None:
    for figure in (odds.draw(result), pathways.draw(result)):
        assert boxes.outside(figure) == []
        assert boxes.overlaps(figure) == []


@few
@given(strategies.results(), st.data())
def test_timing_is_drawn_for_any_result_and_schedule(result: Result, data: st.DataObject) -> None:
    opens = dt.date.fromisoformat(result["question"]["opens"])
    marks = data.draw(st.lists(strategies.marks(opens), max_size=15))
    dates = [part["date"] for part in result["cumulative"]]
    by_kind = {
        kind: (dates, [part["first"]["p"] * (place + 1) / len(dates) for place in range(len(dates))])
        for kind, part in result["kinds"].items()
        if part["counted"]
    }
    figure = timing.draw(result, marks, data.draw(st.sampled_from([None, by_kind])))
    assert boxes.outside(figure) == []
    assert boxes.overlaps(figure) == []


@few
@given(strategies.fans(), st.data())
def test_fans_are_drawn_whatever_they_hold(fan: strategies.Fan, data: st.DataObject) -> None:
    opens = fan.start + dt.timedelta(days=data.draw(st.integers(0, 100)))
    closes = opens + dt.timedelta(days=data.draw(st.integers(0, 100)))
    marks = data.draw(st.lists(strategies.marks(opens), max_size=15))
    threshold = data.draw(st.sampled_from([None, (float(fan.values.max()), "counts as a crisis")]))
    for figure in (forces.draw(fan, marks, opens, closes, threshold), preview.draw([fan, fan], marks)):
        assert boxes.outside(figure) == []
        assert boxes.overlaps(figure) == []


def texts_of(figure: Figure) -> list[str]:
    return [text for text, _ in boxes.boxes(figure)]


def test_odds_say_the_answer_its_two_intervals_and_the_base_rates() -> None:
    found = texts_of(odds.draw(sample.result()))
    assert "30.2 % odds of a new crisis between 1 Jul and 31 Dec 2021" in found
    assert {"simulation: 29.3–31.1 %", "beliefs: 8–58 %"} <= set(found)
    assert {"20.4 % first, 23.8 % ever", "35 %", "28–42 %"} <= set(found)
    assert any(text.startswith("42 of 120: Militarized disputes") for text in found)


def test_a_base_rate_stands_beneath_what_it_matches_and_beneath_nothing_else() -> None:
    places = {text: box.y0 for text, box in boxes.boxes(odds.draw(sample.result()))}
    down = sorted(places, key=lambda text: -places[text])
    names = ["Any counted kind", "Base rate: icb crisis", "Build up", "Base rate: build up again", "Clash"]
    assert [text for text in down if text in names] == names
    lost = sample.result()
    lost["outside_view"][0]["matches"] = "something_else"
    assert "Base rates of definitions that were not played" in texts_of(odds.draw(lost))


def test_a_missing_belief_interval_gives_its_reason() -> None:
    found = " ".join(texts_of(odds.draw(sample.certain(False))))
    assert "no belief interval: every run of every world gave the same answer" in found
    assert "odds below 0.15 %" in found
    assert "beliefs:" not in found


def test_timing_names_every_kind_with_its_odds_and_says_what_the_edge_is() -> None:
    found = texts_of(timing.draw(sample.result(), sample.marks(), sample.by_kind()))
    assert {"20.4 %  build up", "5.2 %  clash", "3.4 %  ultimatum", "1.2 %  other", "30.2 %  all counted"} <= set(found)
    assert {"Zapad, 10 Sep – 16 Sep", "Bond ban, 14 Jun"} <= set(found)
    # The median of the cumulative curve, by hand: 15.1 % lies 6.2 of 7.0 points into September.
    assert "By 31 Dec 2021 the odds of a new crisis are 30.2 %, half of that by 27 Sep" in found


def test_timing_lumps_the_least_likely_kinds_and_loses_nothing() -> None:
    dates = ["2021-07-01", "2021-12-31"]
    by_kind = {f"kind_{number}": (dates, [0.0, 0.02 + 0.001 * number]) for number in range(12)}
    found = texts_of(timing.draw(sample.result(), [], by_kind))
    # Twelve kinds: the seven likeliest by name, five lumped: 0.020 + 0.021 + 0.022 + 0.023 + 0.024 = 11.0 %.
    assert "11.0 %  5 other kinds" in found
    assert sum("  kind " in text for text in found) == 7


def test_timing_refuses_dates_that_do_not_match_their_odds() -> None:
    with pytest.raises(ValueError, match="`clash` has 2 dates and 1 odds"):
        timing.draw(sample.result(), [], {"clash": (["2021-07-01", "2021-08-01"], [0.1])})


def test_the_window_keeps_most_of_the_picture_however_old_a_mark_is() -> None:
    figure = timing.draw(sample.result(), sample.many_marks(), None)
    left, right = figure.axes[0].get_xlim()
    assert (right - left) < 2.0 * 184
    assert "2 marks outside these dates" in " ".join(texts_of(figure))


def test_forces_mark_median_quantiles_and_the_level_that_counts() -> None:
    fan = sample.fan()
    found = texts_of(forces.draw(fan, [], sample.OPENS, sample.CLOSES, (118_000.0, "counts as a build-up")))
    assert "118,000: counts as a build-up" in found
    assert {"median", "5 %", "95 %", wording.amount(float(fan.values[2, -1]))} <= set(found)


def test_forces_refuse_shapes_that_do_not_belong_together() -> None:
    fan = sample.fan()
    with pytest.raises(ValueError, match="samples"):
        forces.draw(fan, [], sample.OPENS, sample.CLOSES, None, samples=np.zeros((3, 7)))
    broken = strategies.Fan("x", "x", "", fan.start, fan.days, (0.5,), fan.values, fan.mean, 1)
    with pytest.raises(ValueError, match="fan `x`: values"):
        forces.draw(broken, [], sample.OPENS, sample.CLOSES, None)


def test_a_preview_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no quantity"):
        preview.draw([], [])


def test_pathways_bars_sum_to_the_odds() -> None:
    result = sample.crowded()
    figure = pathways.draw(result)
    bars = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    thick = [bar.get_width() for bar in bars if bar.get_height() > 0.1]
    assert sum(thick) == pytest.approx(result["odds"]["p"], abs=1e-12)
    # Of 0.1826 by build-ups, three ways of which the first three are drawn: all of them.
    thin = [bar.get_width() for bar in bars if bar.get_height() < 0.1]
    assert sum(thin[:3]) == pytest.approx(thick[0], abs=1e-12)
    assert thick[0] == pytest.approx(0.0921 + 0.0617 + 0.0288)
    assert "All other roads" in texts_of(figure)


def test_a_road_of_splinters_says_what_was_usually_on_instead() -> None:
    result = sample.result()
    # Eight ways of one road: single flags and pairs. a is on in 0.01 + 0.02 of 0.10, b in 0.02 + 0.05, c in none.
    shares = {"quantities.a": 0.01, "quantities.a quantities.b": 0.02, "exercises.b.on": 0.03, "quantities.b": 0.04}
    ways = [("build_up", flags.split(), p) for flags, p in shares.items()]
    result["pathways"] = [
        {"kind": kind, "root": "build_ups.main", "flags": flags, "p": p / 4, "se": None}
        for kind, flags, p in ways
        for _ in range(4)
    ]
    assert roads(result)[0].usual == [
        ("quantities.b", pytest.approx(0.6)),
        ("exercises.b.on", pytest.approx(0.3)),
        ("quantities.a", pytest.approx(0.3)),
    ]
    found = " ".join(texts_of(pathways.draw(result)))
    assert "of 100 of these: b in 60, b on in 30, a in 30" in found
    assert "with " not in found


def test_pathways_without_a_remainder_show_no_other_roads() -> None:
    result = sample.result()
    result["odds"]["p"] = sum(part["p"] for part in result["pathways"])
    assert "All other roads" not in texts_of(pathways.draw(result))


def test_dollar_signs_are_dollar_signs() -> None:
    result = sample.result()
    result["question"]["text"] = "Will $5bn or $10bn_{x} be enough?"
    assert any("$5bn or $10bn_{x}" in text for text in texts_of(odds.draw(result)))
