"""Figures of a comparison: every text in its place, every finding as the numbers have it, and not a word more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.records.comparison import Comparison
from sim.records.outcomes import Floats
from sim.records.paths import Fan
from sim.report import style
from sim.report.figures import (
    compared,
    compared_forces,
    compared_odds,
    differences,
    onset_curves,
)
from sim.report.render import as_png
from tests.report import boxes, comparisons, sample, strategies

few = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

PAIR = ("spring-2021", "honest_full_pullback")
COMPARISONS: dict[str, Callable[[], Comparison]] = {
    "seven": comparisons.comparison,
    "a pair": lambda: comparisons.comparison(PAIR),
    "one alone": lambda: comparisons.comparison(PAIR[:1]),
    "twelve with long names": comparisons.many,
    "twenty-five": lambda: comparisons.many(25, "variant"),
    "alike": comparisons.alike,
    "never and always": lambda: comparisons.certain(False, True),
    "never": lambda: comparisons.certain(False, False),
    "always": lambda: comparisons.certain(True, True, True),
    "another window": comparisons.other_window,
    "two years": lambda: comparisons.years(24),
    "twelve years": lambda: comparisons.years(150),
    "ten kinds that count": comparisons.many_kinds,
}
DRAWINGS: dict[str, Callable[[Comparison], Figure]] = {
    "compared_odds": compared_odds.draw,
    "onset_curves": onset_curves.draw,
    "differences": differences.draw,
    "compared_forces": lambda comparison: compared_forces.draw(_fans(comparison), comparison, sample.marks()),
}


def _fans(comparison: Comparison) -> list[tuple[str, Fan]]:
    names = [part["name"] for part in comparison["scenarios"]]
    return comparisons.fans(names, [1.0 + 0.04 * (place % 9) for place in range(len(names))])


def xs(line: Line2D) -> Floats:
    return np.asarray(line.get_xdata(), dtype=float)


def ys(line: Line2D) -> Floats:
    return np.asarray(line.get_ydata(), dtype=float)


@pytest.mark.parametrize("of", COMPARISONS)
@pytest.mark.parametrize("name", DRAWINGS)
def test_no_text_overlaps_another_or_leaves_the_picture(name: str, of: str) -> None:
    figure = DRAWINGS[name](COMPARISONS[of]())
    assert boxes.outside(figure) == []
    assert boxes.overlaps(figure) == []


@st.composite
def any_comparison(draw: st.DrawFn) -> Comparison:
    """Scenarios of any odds over one window, with names and reasons as people may write them."""
    results = draw(st.lists(strategies.results(), min_size=1, max_size=10))
    for number, result in enumerate(results):
        result["scenario"]["name"] += f"_{number}"
        result["question"] |= {key: results[0]["question"][key] for key in ("opens", "closes")}  # type: ignore[typeddict-item]
        result["months"], dates = results[0]["months"], [part["date"] for part in results[0]["cumulative"]]
        result["cumulative"] = [{"date": date, **draw(strategies.estimates())} for date in dates]
    return comparisons.compared([comparisons.part(result, draw(strategies.texts)) for result in results])


@few
@given(any_comparison())
def test_any_comparison_is_drawn(comparison: Comparison) -> None:
    for draw in (compared_odds.draw, onset_curves.draw, differences.draw):
        figure = draw(comparison)
        assert boxes.outside(figure) == []
        assert boxes.overlaps(figure) == []


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_same_comparison_gives_the_same_bytes(name: str) -> None:
    first, second = (as_png(DRAWINGS[name](comparisons.comparison(PAIR))) for _ in range(2))
    assert first == second


TITLES = {
    # By hand from VARIANTS: 11.80 + 5.21 + 2.80 + 1.22 = 21.03; 20.43 + 5.18 + 3.37 + 1.21 = 30.19;
    # 21.41 + 5.36 + 3.51 + 1.21 = 31.49; their differences −9.16 and +1.30.
    ("compared_odds", "seven"): (
        "Odds of a new crisis from 21.0 % (honest full pullback) to 31.5 % (summit fails); spring-2021 itself 30.2 %"
    ),
    ("compared_odds", "a pair"): "Odds of a new crisis: 21.0 % in honest full pullback, 30.2 % in spring-2021",
    ("compared_odds", "one alone"): "Odds of a new crisis: 30.2 % in spring-2021",
    ("compared_odds", "alike"): "Odds of a new crisis: 30.2 % in copy 0, and the 2 others cannot be told from it",
    ("compared_odds", "never"): "No new crisis in any run of both scenarios",
    ("compared_odds", "always"): "A new crisis in every run of all 3 scenarios",
    ("compared_odds", "never and always"): ("Odds of a new crisis: below 0.15 % in never 0, above 99.85 % in always 1"),
    # Half of the onsets have come by 27 Sep, as in the figure of one run: the curves differ by a factor.
    (
        "onset_curves",
        "a pair",
    ): "Honest full pullback ends 9.2 points lower than spring-2021, half of it by 27 Sep 2021",
    ("onset_curves", "seven"): (
        "Of 6 scenarios honest full pullback ends furthest from spring-2021: 9.2 points lower, "
        "half of it by 27 Sep 2021"
    ),
    ("onset_curves", "alike"): (
        "By 31 Dec 2021 the odds of a new crisis are 30.2 % in copy 0, and no other scenario can be told from it"
    ),
    ("onset_curves", "one alone"): "By 31 Dec 2021 the odds of a new crisis are 30.2 % in spring-2021",
    ("onset_curves", "never"): "No new crisis by 31 Dec 2021 in any run of any scenario",
    ("onset_curves", "another window"): "No zapad ends 9.0 points lower than spring-2021, over other dates",
    ("differences", "a pair"): "Odds 9.2 points lower in honest full pullback than in spring-2021",
    ("differences", "seven"): (
        "Against spring-2021, odds are lowest in honest full pullback (−9.2 points) and highest in summit fails "
        "(+1.3 points)"
    ),
    ("differences", "alike"): "No run comes out differently in any of 2 scenarios than in copy 0",
    ("differences", "never"): "No run comes out differently in never 1 than in never 0",
    ("differences", "one alone"): "Spring-2021 is compared with nothing",
}


@pytest.mark.parametrize(("name", "of"), TITLES)
def test_titles_state_the_finding(name: str, of: str) -> None:
    assert DRAWINGS[name](COMPARISONS[of]()).get_label() == TITLES[name, of]


def blurred(comparison: Comparison, *names: str) -> Comparison:
    """The same with errors so large that these scenarios cannot be told from the first."""
    for part in comparison["differences"]:
        if part["to"] in names:
            by = part["difference"]
            part["se"], part["interval"] = abs(by), [by - 2 * abs(by), by + 2 * abs(by)]
    return comparison


def test_a_difference_within_its_error_is_never_told_as_one() -> None:
    alone = blurred(comparisons.comparison(PAIR), PAIR[1])
    assert (
        differences.draw(alone).get_label()
        == "The odds in honest full pullback cannot be told from those in spring-2021"
    )
    assert compared_odds.draw(alone).get_label().endswith("in spring-2021, and the other cannot be told from it")
    assert (
        onset_curves.draw(alone).get_label().endswith("in spring-2021, and the other scenario cannot be told from it")
    )
    # Of six, the furthest is hidden: the next one stands in the title, and one is counted as untold.
    title = differences.draw(blurred(comparisons.comparison(), PAIR[1])).get_label()
    assert title == (
        "Against spring-2021, odds are lowest in equipment taken home (−3.5 points) and highest in summit fails "
        "(+1.3 points); 1 of 6 cannot be told from it"
    )
    every = blurred(comparisons.comparison(), *comparisons.VARIANTS)
    assert differences.draw(every).get_label() == "None of 6 scenarios can be told from spring-2021"
    rest = [name for name in comparisons.VARIANTS if name != "no_zapad"]
    one = differences.draw(blurred(comparisons.comparison(), *rest)).get_label()
    assert one == "Odds 2.0 points lower in no zapad than in spring-2021; 5 of 6 cannot be told from it"


def test_open_and_filled_markers_tell_which_differences_are_told() -> None:
    figure = differences.draw(blurred(comparisons.comparison(), PAIR[1]), by_size=False)
    markers = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    faces = [line.get_markerfacecolor() for line in markers]
    assert faces == [style.PAPER, *[style.BLUE] * 5]
    places = [float(xs(line)[0]) for line in markers]
    assert places == pytest.approx([part["difference"] for part in comparisons.comparison()["differences"]])


def test_the_dashed_line_stands_at_the_odds_of_the_first() -> None:
    figure = compared_odds.draw(comparisons.comparison())
    guides = [line for line in figure.axes[0].lines if line.get_linestyle() == "--" and len(ys(line)) == 2]
    assert [float(xs(line)[0]) for line in guides] == pytest.approx([0.3019])
    alone = compared_odds.draw(comparisons.comparison(PAIR[:1]))
    assert not [line for line in alone.axes[0].lines if line.get_linestyle() == "--"]


def test_compared_odds_give_digits_words_and_both_intervals() -> None:
    found = boxes.texts_of(compared_odds.draw(comparisons.comparison(PAIR)))
    assert {"30.2 %", "unlikely", "simulation: 29.3–31.1 %", "beliefs: 9–54 %"} <= set(found)
    assert {"21.0 %", "simulation: 20.2–21.8 %", "beliefs: 6–38 %", "compared with the one below"} <= set(found)


def test_at_most_twenty_rows_are_drawn_and_the_rest_is_said_to_be_in_the_table() -> None:
    comparison = comparisons.many(25, "variant")
    found = boxes.texts_of(compared_odds.draw(comparison))
    assert "variant 19" in found
    assert "variant 20" not in found
    assert "5 more in the table" in " ".join(found)
    assert len(compared_odds.table(comparison).rows) == 25
    # The nineteen that are furthest from the first: the nearest ones are left out.
    found = boxes.texts_of(differences.draw(comparison))
    assert "variant 24" in found
    assert "variant 5" not in found
    assert "5 more in the table" in " ".join(found)


def test_differences_give_points_interval_and_flips() -> None:
    found = boxes.texts_of(differences.draw(comparisons.comparison(PAIR)))
    # Of 16 384 runs 9.16 % net: 1.15 and 0.15 times that flip each way.
    assert {"−9.2 points", "−9.7 to −8.6", "to crisis 225 · to calm 1,726"} <= set(found)
    assert {"as in spring-2021", "← lower odds", "higher odds →"} <= set(found)
    assert "no run differs" in boxes.texts_of(differences.draw(comparisons.alike()))


def test_differences_are_sorted_by_size_or_left_as_given() -> None:
    def down(figure: Figure) -> list[str]:
        names = {compared.shown(name) for name in comparisons.VARIANTS}
        rows = [(box.y0, text) for text, box in boxes.boxes(figure) if text in names]
        return [text for _, text in sorted(rows, reverse=True)][:6]

    given_order = [compared.shown(name) for name in list(comparisons.VARIANTS)[1:]]
    assert down(differences.draw(comparisons.comparison(), by_size=False)) == given_order
    by_size = ["honest full pullback", "equipment taken home", "sanctions bite", "no zapad", "no sanctions"]
    assert down(differences.draw(comparisons.comparison())) == [*by_size, "summit fails"]


def test_flips_too_many_for_one_line_take_two() -> None:
    comparison = comparisons.comparison(PAIR)
    comparison["differences"][0]["flips"] = {"to_crisis": 1_234_567, "to_calm": 7_654_321}
    assert {"to crisis 1,234,567", "to calm 7,654,321"} <= set(boxes.texts_of(differences.draw(comparison)))


def test_every_line_of_few_is_named_with_its_odds_and_its_difference() -> None:
    found = boxes.texts_of(onset_curves.draw(comparisons.comparison()))
    assert {compared.shown(name) for name in comparisons.VARIANTS} <= set(found)
    assert {"30.2 %", "21.0 %", "31.5 %", "−9.2", "+1.3"} <= set(found)
    assert not any(text.startswith("in grey") for text in found)


def test_of_many_lines_seven_and_the_first_are_named_and_none_is_lost() -> None:
    comparison = comparisons.many(12, "variant")
    figure = onset_curves.draw(comparison)
    found = boxes.texts_of(figure)
    # The odds rise by 5 % of the base from one to the next: the last seven are furthest from the first.
    assert {"variant 0", *(f"variant {number}" for number in range(5, 12))} <= set(found)
    assert "variant 4" not in found
    assert "in grey: 4 others, see the table" in found
    drawn = [ys(line)[-1] for line in figure.axes[0].lines if len(xs(line)) > 2]
    assert sorted(drawn) == pytest.approx(sorted(part["odds"]["p"] for part in comparison["scenarios"]))


def test_lower_panel_shows_the_paired_differences_or_is_left_out() -> None:
    figure = onset_curves.draw(comparisons.comparison(PAIR))
    upper, lower = figure.axes
    gaps = next(line for line in lower.lines if line.get_color() != style.INK and len(xs(line)) > 2)
    lines = [ys(line) for line in upper.lines if len(xs(line)) > 2]
    assert ys(gaps) == pytest.approx(lines[1] - lines[0])
    assert len(onset_curves.draw(comparisons.alike()).axes) == 1
    assert len(onset_curves.draw(comparisons.other_window()).axes) == 1


def test_a_scenario_over_other_dates_begins_at_its_own_opening() -> None:
    figure = onset_curves.draw(comparisons.other_window())
    starts = [float(xs(line)[0]) for line in figure.axes[0].lines if len(xs(line)) > 2]
    assert starts == [dt.date(2021, 7, 1).toordinal(), dt.date(2021, 9, 1).toordinal()]
    assert "1 scenario with another window than the first (white)" in " ".join(boxes.texts_of(figure))


def test_only_the_kinds_that_differ_most_are_shown_and_the_rest_is_counted() -> None:
    comparison = comparisons.many_kinds()
    found = " ".join(boxes.texts_of(differences.draw(comparison)))
    assert "(the 8 kinds that differ most; 2 more in the table)" in found
    kinds = {row[3] for row in differences.table(comparison).rows if row[0] == "kind"}
    assert len(kinds) == 12


def test_months_of_long_windows_are_named_at_equal_steps_with_their_years() -> None:
    found = boxes.texts_of(differences.draw(comparisons.years(150)))
    assert {"Jan", "2022", "2033"} <= set(found)
    assert "Jul" not in found


def test_tables_hold_every_number_that_is_drawn() -> None:
    comparison = comparisons.comparison(PAIR)
    first, second = comparison["scenarios"]
    odds = compared_odds.table(comparison)
    assert odds.columns[:6] == ("scenario", "source", "p", "se", "low", "high")
    assert [row[2] for row in odds.rows] == [first["odds"]["p"], second["odds"]["p"]]
    onsets = onset_curves.table(comparison)
    assert len(onsets.rows) == 2 * 184
    assert onsets.rows[0][4:] == (None, None)
    last = dict(zip(onsets.columns, onsets.rows[-1], strict=True))
    assert last["scenario"] == "honest_full_pullback"
    assert last["difference"] == pytest.approx(second["odds"]["p"] - first["odds"]["p"])
    gaps = differences.table(comparison)
    assert [row[0] for row in gaps.rows] == ["odds", *["kind"] * 4, *["month"] * 6]
    whole = dict(zip(gaps.columns, gaps.rows[0], strict=True))
    assert (whole["to_crisis"], whole["to_calm"], whole["runs"]) == (225, 1726, 16384)
    months = [row[4] for row in gaps.rows if row[0] == "month"]
    assert sum(months) == pytest.approx(whole["difference"])


def test_footer_says_how_much_was_played_of_each_and_that_luck_is_shared() -> None:
    found = " ".join(boxes.texts_of(differences.draw(comparisons.comparison())))
    assert "spring-2021 and 6 others" in found
    assert "16,384 runs (2,048 worlds × 8 replays)" in found
    assert "the same luck in each" in found
    comparison = comparisons.comparison()
    comparison["scenarios"][2]["counts"]["finished"] = 16000
    assert "16,000 runs finished (2,048 worlds × 8 replays)" in " ".join(boxes.texts_of(compared_odds.draw(comparison)))
