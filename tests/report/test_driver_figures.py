"""What the odds rest on, drawn: for every input, with the right places, ranks and words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.records.drivers import Drivers
from sim.report import inputs
from sim.report.figures import box, driver_months, drivers
from sim.report.figures.sparse import sparse
from tests.report import boxes, strategies, studies

few = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

RESULTS: dict[str, Callable[[], Drivers]] = {
    "plain": studies.drivers,
    "with total effects": studies.played_totals,
    "crowded": studies.crowded,
    "alone": studies.alone,
    "in no run": lambda: studies.alone(0.0),
    "in every run": lambda: studies.alone(1.0),
    "nothing uncertain": lambda: {**studies.alone(), "drivers": [], "months": []},
}
DRAWINGS: dict[str, Callable[[Drivers], Figure]] = {
    "drivers": drivers.draw,
    "driver_months": driver_months.draw,
    "box": box.draw,
}


def texts_of(figure: Figure) -> list[str]:
    return [text for text, _ in boxes.boxes(figure)]


def title_of(figure: Figure) -> str:
    return str(figure.get_label())


def axes_of(figure: Figure, label: str) -> Any:
    return next(axes for axes in figure.axes if axes.get_label() == label)


def bars_at(axes: Any, height: float) -> list[Rectangle]:
    """Thick bars of a row, from left to right."""
    found = [
        patch for patch in axes.patches if isinstance(patch, Rectangle) and abs(patch.get_height() - height) < 1e-9
    ]
    return sorted(found, key=lambda bar: bar.get_x())


@pytest.mark.parametrize("drawing", DRAWINGS)
@pytest.mark.parametrize("name", RESULTS)
def test_no_text_overlaps_another_or_leaves_the_picture(name: str, drawing: str) -> None:
    figure = DRAWINGS[drawing](RESULTS[name]())
    assert boxes.outside(figure) == []
    assert boxes.overlaps(figure) == []


@st.composite
def any_drivers(draw: Any) -> Drivers:
    """Ends anywhere, on one side of the headline too, errors or none, free texts as names of states."""
    result = studies.alone(draw(st.sampled_from([0.0, 1e-6, 0.344, 1.0 - 1e-6, 1.0])))
    months = [f"20{20 + number // 12}-{number % 12 + 1:02}" for number in range(draw(st.integers(1, 24)))]
    found = []
    for number in range(draw(st.integers(0, 15))):
        unit = draw(st.sampled_from([None, "share", "×", "days", "date", "troops"]))
        low, high = (draw(st.floats(1.0, 1e6)) for _ in range(2))
        ends = [studies.end(at, draw(strategies.shares), draw(strategies.errors)) for at in (low, high)]
        names = draw(st.lists(strategies.keys, max_size=5, unique=True))
        states = [studies.end(name, draw(strategies.shares), draw(strategies.errors)) for name in names]
        if len(states) > 1:
            ends = [states[0], states[-1]]
        path = f"{draw(strategies.keys)}.{draw(strategies.keys)}.{number}"
        part = studies.driver(path, unit, ends[0], ends[1], states if len(states) > 1 else (), months)
        part["V"] = draw(st.floats(-0.01, 0.25))
        part["above_noise"] = draw(st.booleans())
        part["total"] = draw(st.one_of(st.none(), st.floats(-0.1, 1.1)))
        found.append(part)
    result["drivers"] = found
    result["knowable"] = {"V": draw(st.one_of(st.none(), st.floats(-0.01, 0.3))), "V_se": 0.001, "W": 0.2}
    result["noise"]["swing"] = draw(st.floats(0.0, 0.5))
    result["months"] = [{"month": month, "p": draw(strategies.shares), "V": 0, "W": 0, "noise": 0} for month in months]
    return result


@few
@given(any_drivers())
def test_they_are_drawn_for_any_drivers(result: Drivers) -> None:
    for figure in (drivers.draw(result), driver_months.draw(result)):
        assert boxes.outside(figure) == []
        assert boxes.overlaps(figure) == []


def test_the_bars_run_from_the_headline_to_both_ends() -> None:
    result = studies.drivers()
    axes = axes_of(drivers.draw(result), "tornado")
    shown = [part for part in result["drivers"] if part["above_noise"]]
    bars = bars_at(axes, 0.2)
    assert len(bars) == 2 * len(shown) == 12
    # The rows follow each other downwards, in the order of V; a bar of negative width runs to the left.
    rows = sorted({round(bar.get_y(), 6) for bar in bars})
    for place, part in zip(rows, shown, strict=True):
        own = [bar for bar in bars if round(bar.get_y(), 6) == place]
        found = sorted(bar.get_x() + bar.get_width() for bar in own)
        assert [bar.get_x() for bar in own] == [studies.P, studies.P]
        assert found == pytest.approx(sorted([part["low"]["p"], part["high"]["p"]]), abs=1e-12)


def test_the_low_and_the_high_value_differ_in_colour_hatch_and_sign() -> None:
    axes = axes_of(drivers.draw(studies.alone()), "tornado")
    left, right = sorted(bars_at(axes, 0.2), key=lambda bar: bar.get_width())
    # Here the high value is the one with the lower odds.
    assert left.get_hatch()
    assert not right.get_hatch()
    assert left.get_facecolor() != right.get_facecolor()
    signs = {line.get_marker(): float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() in ("v", "^")}
    assert signs == {"v": 0.47, "^": 0.2}


def test_the_title_names_what_the_odds_rest_on() -> None:
    figure = drivers.draw(studies.drivers())
    assert (
        title_of(figure) == "The odds rest most on intent at the start: 65 % if it is prepare, 15 % if it is restrain"
    )
    words = "The odds rest most on honoured share (pullback april): 47 % if it is 5 %, 20 % if it is 80 %"
    assert title_of(drivers.draw(studies.alone())) == words
    quiet = drivers.draw(studies.alone(0.0))
    assert title_of(quiet) == "The one assumption does no more to the odds of below 0.15 % than noise would"
    several = studies.drivers()
    for part in several["drivers"]:
        part["above_noise"] = False
    assert title_of(drivers.draw(several)) == "None of 8 assumptions does more to the odds of 34 % than noise would"


def test_states_between_the_ends_are_dots_with_their_names() -> None:
    figure = drivers.draw(studies.drivers())
    dots = [line for line in axes_of(figure, "tornado").lines if line.get_marker() == "o"]
    assert [float(dot.get_xdata()[0]) for dot in dots] == [0.372]
    assert {"restrain", "coerce", "prepare"} <= set(texts_of(figure))


def test_gains_are_shares_of_the_brier_score() -> None:
    # V = 0.0338 of p(1 − p) = 0.2257 is 15 %; its error of 0.0036, 1.6 %, earns no decimal. A tenth more is 16 %.
    assert inputs.gain(0.0338, 0.0036, 0.344) == "15 %"
    assert inputs.gain(0.0338 * 1.1, 0.0036, 0.344) == "16 %"
    assert inputs.gain(-0.001, 0.001, 0.344) == "none"
    assert inputs.gain(0.1, 0.1, 1.0) == "nothing"
    result = studies.drivers()
    result["drivers"][0] |= {"V": 0.0338, "V_se": 0.0036}
    assert "15 %" in texts_of(drivers.draw(result))


def test_total_effects_have_a_column_only_where_they_were_played() -> None:
    assert "Has a hand in:" in texts_of(drivers.draw(studies.played_totals()))
    assert "Has a hand in:" not in texts_of(drivers.draw(studies.drivers()))


def test_what_is_not_drawn_is_counted() -> None:
    plain, crowd = (" ".join(texts_of(drivers.draw(result()))) for result in (studies.drivers, studies.crowded))
    assert "2 others are below the noise floor: what they seem to do may be chance." in plain
    above = sum(part["above_noise"] for part in studies.crowded()["drivers"])
    assert above > drivers.MOST
    words = (
        f"28 others: {above - 12} above the noise floor, each worth less than those drawn, and {40 - above} below it."
    )
    assert words in crowd
    one = studies.drivers()
    one["drivers"] = one["drivers"][:-1]
    assert "1 other is below the noise floor: what it seems to do may be chance." in texts_of(drivers.draw(one))


def test_what_changes_no_run_is_not_drawn_but_counted() -> None:
    result = studies.played_totals()
    first, second = result["drivers"][:2]
    first["total"] = first["total_se"] = 0.0
    figure = drivers.draw(result)
    assert title_of(figure).startswith(f"The odds rest most on {inputs.label(second['path'])}: ")
    assert "chance. 1 other changes no run when exchanged." in " ".join(texts_of(figure))
    assert len(bars_at(axes_of(figure, "tornado"), 0.2)) == 2 * 5
    assert boxes.outside(figure) == []
    assert drivers.table(result).rows[3][1] == first["path"]
    for part in result["drivers"]:
        part["total"] = 0.0
    alone = texts_of(drivers.draw(result))
    assert "6 others change no run when exchanged." in alone


def test_correlated_ones_are_named_or_counted_but_never_cut() -> None:
    result = studies.drivers()
    part = result["drivers"][0]
    part["together_with"] = [f"pullbacks.spring.equipment_stays.{side}" for side in ("north", "south")]
    words = " ".join(texts_of(drivers.draw(result)))
    assert "equipment stays north (pullback spring)" in words
    assert "equipment stays south (pullback spring)" in words
    part["together_with"] = [f"pullbacks.spring.equipment_stays.{side}" for side in "abcdefgh"]
    words = texts_of(drivers.draw(result))
    assert "correlated with 8 others" in words
    assert not any("together with equipment" in text for text in words)
    names = dict(zip(drivers.table(result).columns, drivers.table(result).rows[3], strict=True))["together_with"]
    assert names == " ".join(part["together_with"])


def test_the_bar_of_what_can_be_known_is_v_over_brier() -> None:
    figure = drivers.draw(studies.drivers())
    known, luck = bars_at(axes_of(figure, "knowable"), 1.0)
    # 0.0243 / (0.344 × 0.656) = 0.10768; the rest is luck.
    assert known.get_width() == pytest.approx(0.0243 / 0.225664, abs=1e-9)
    assert known.get_width() + luck.get_width() == pytest.approx(1.0)
    found = texts_of(figure)
    assert "Knowing every listed assumption would save 11 % of the Brier score of 0.226" in found
    assert "luck, which stays: 89 %" in found
    unknown = studies.drivers()
    unknown["knowable"]["V"] = None
    assert "What knowing the assumptions would be worth cannot be told from luck." in texts_of(drivers.draw(unknown))


def test_the_band_of_noise_is_as_wide_as_the_swing_of_dummies() -> None:
    axes = axes_of(drivers.draw(studies.drivers()), "tornado")
    band = min(axes.patches, key=lambda patch: patch.get_zorder())
    assert band.get_window_extent().width > 0.0
    edges = band.get_x(), band.get_x() + band.get_width()
    assert edges == pytest.approx((studies.P - 0.0105, studies.P + 0.0105))


def test_the_table_holds_every_assumption_drawn_or_not() -> None:
    result = studies.crowded()
    table = drivers.table(result)
    column = {name: place for place, name in enumerate(table.columns)}
    rows = [row for row in table.rows if row[column["section"]] == "assumption"]
    assert [row[column["path"]] for row in rows] == [part["path"] for part in result["drivers"]]
    assert [row[column["V"]] for row in rows] == [part["V"] for part in result["drivers"]]
    states = [row[column["at"]] for row in table.rows if row[column["section"]] == "state"]
    assert len(states) == 8


def test_ranks_of_a_month_count_what_is_above_the_noise() -> None:
    result = studies.drivers()
    intent, share = result["drivers"][:2]
    # In August the second assumption overtakes the first; in September the first is lost in the noise.
    share["months"][1]["V"] = 2 * intent["months"][1]["V"]
    intent["months"][2]["above_noise"] = False
    table = driver_months.table(result)
    column = {name: place for place, name in enumerate(table.columns)}
    ranks = {(row[column["month"]], row[column["path"]]): row[column["rank"]] for row in table.rows}
    assert ranks["2021-07", intent["path"]] == 1
    assert ranks["2021-08", intent["path"]] == 2
    assert ranks["2021-08", share["path"]] == 1
    assert ranks["2021-09", intent["path"]] is None
    assert ranks["2021-09", share["path"]] == 1


def test_the_title_of_the_months_tells_what_changes() -> None:
    result = studies.drivers()
    assert title_of(driver_months.draw(result)) == "In every month intent at the start matters most"
    for place in range(3, 6):
        result["drivers"][0]["months"][place]["above_noise"] = False
    words = "What matters most changes in Oct 2021: intent at the start before, "
    words += "honoured share (pullback april) from then on"
    assert title_of(driver_months.draw(result)) == words
    result["drivers"][0]["months"][4]["above_noise"] = True
    assert title_of(driver_months.draw(result)) == "Intent at the start matters most in 4 of 6 months"
    result["drivers"][0]["months"][0]["above_noise"] = False
    words = "What matters most changes from month to month; most often it is honoured share (pullback april)"
    assert title_of(driver_months.draw(result)) == words
    for part in result["drivers"]:
        for month in part["months"]:
            month["above_noise"] = False
    assert title_of(driver_months.draw(result)) == "In no month does one assumption stand out from noise"


def test_darker_cells_are_worth_more_also_in_grey() -> None:
    shades = [driver_months.SHADES(share / 10) for share in range(11)]
    # Rec. 709 luma, as a grey print has it.
    luma = [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue, _ in shades]
    assert luma == sorted(luma, reverse=True)
    assert luma[0] - luma[-1] > 0.5


def test_the_box_is_told_in_words_and_drawn_within_its_range() -> None:
    figure = box.draw(studies.drivers())
    words = (
        "Crises concentrate where honoured share (pullback april) is up to 31 % and intent at the start is coerce or "
        "prepare: odds of 61 % against 34 % everywhere"
    )
    assert title_of(figure) == words
    assert {"Up to 31 %", "Coerce or prepare", "5 %", "80 %"} <= set(texts_of(figure))
    track, part = axes_of(figure, "pullbacks.april.honoured_share").patches
    assert (track.get_x(), track.get_width()) == (0.0, 1.0)
    # From the 5 % value, 0.05, to the 95 % value, 0.8: 0.31 lies at 0.26/0.75.
    assert (part.get_x(), part.get_width()) == pytest.approx((0.0, 0.26 / 0.75))
    filled = [patch.get_height() > 0.3 for patch in axes_of(figure, "intent.start").patches]
    assert filled == [False, True, True]


def test_the_chosen_box_is_marked_on_its_way() -> None:
    axes = axes_of(box.draw(studies.drivers()), "path")
    marks = {line.get_marker(): (line.get_xdata()[-1], line.get_ydata()[-1]) for line in axes.lines}
    assert marks["D"] == pytest.approx((0.22 * 0.61 / 0.344, 0.61))
    assert marks["x"] == pytest.approx((0.22 * 0.61 / 0.344, 0.58))


def test_a_title_without_room_tells_the_surest_limits() -> None:
    result = studies.drivers()
    assert result["box"] is not None
    more = [studies.limit(f"incidents.somewhere_else.{name}", "days", 3.0) for name in ("rate", "half_life", "gain")]
    for limit in more:
        limit["found_again"] = 0.2
    result["box"]["limits"] = [*more, *result["box"]["limits"]]
    words = "Crises concentrate where honoured share (pullback april) is up to 31 % and 4 more limits hold: "
    assert title_of(box.draw(result)) == words + "odds of 61 % against 34 % everywhere"


def test_a_box_that_may_be_an_accident_is_not_sold_as_a_finding() -> None:
    result = studies.drivers()
    assert result["box"] is not None
    result["box"]["p_value"] = 0.2
    words = "No more than an accident, it may be: odds of 61 % against 34 % everywhere in a corner of the assumptions"
    assert title_of(box.draw(result)) == words


def test_a_box_beyond_the_range_is_seen() -> None:
    """The 95 % value, 0.8, lies within; what lies behind the limit is drawn, an eighth of the range."""
    result = studies.drivers()
    assert result["box"] is not None
    result["box"]["limits"] = [studies.limit("pullbacks.april.honoured_share", "share", 0.85, None)]
    figure = box.draw(result)
    axes = axes_of(figure, "pullbacks.april.honoured_share")
    _, part = axes.patches
    end = 0.85 + 0.12 * 0.80
    assert (part.get_x(), part.get_width()) == pytest.approx((0.80 / (end - 0.05), 0.12 * 0.80 / (end - 0.05)))
    (tick,) = axes.lines
    assert tick.get_xdata()[0] == pytest.approx(0.75 / (end - 0.05))
    places = {text.get_text(): text.get_position()[0] for text in axes.texts}
    assert places == {"5 %": 0.0, "80 %": pytest.approx(0.75 / (end - 0.05))}
    assert boxes.overlaps(figure) == []


def test_a_weak_limit_is_drawn_as_weak() -> None:
    result = studies.drivers()
    assert result["box"] is not None
    assert not any("weak" in text for text in texts_of(box.draw(result)))
    result["box"]["limits"][0]["found_again"] = 0.35
    texts = texts_of(box.draw(result))
    assert "limited on the same side in 35 of 100 resamples (weak)" in texts
    assert "honoured share (pullback april) is up to 31 % (weak)" in title_of(box.draw(result))


def test_scores_have_a_true_minus_and_no_sign_at_nothing() -> None:
    assert [inputs.score(v) for v in (0.01312, -0.00041, -0.00004, 0.0)] == ["0.0131", "−0.0004", "0.0000", "0.0000"]


def test_without_a_box_the_reason_is_given() -> None:
    found = texts_of(box.draw(studies.alone()))
    assert "No corner of the assumptions in which crises concentrate was found" in found
    assert "No box holds crises more densely than the same search finds in shuffled data." in found
    assert box.table(studies.alone()).rows[0][-1] == studies.alone()["box_reason"]


LIMITS = {
    "up to 31 %": studies.limit("x.y", "share", None, 0.31),
    "at least 20 days": studies.limit("x.y", "days", 20.0, None),
    "10 to 20 days": studies.limit("x.y", "days", 10.0, 20.0),
    "by 5 Sep 2021": studies.limit("x.y", "date", None, "2021-09-05"),
    "from 5 Sep 2021": studies.limit("x.y", "date", "2021-09-05", None),
    "at least ×1.3": studies.limit("x.y", "×", 1.3, None),
    "a, b or c d": studies.limit("x.y", None, states=["a", "b", "c_d"]),
    "any value": studies.limit("x.y", None),
}


@pytest.mark.parametrize("words", LIMITS)
def test_limits_are_told_in_words(words: str) -> None:
    assert inputs.within(LIMITS[words]) == words


PATHS = {
    "pullbacks.april.honoured_share": "honoured share (pullback april)",
    "build_ups.main.orders.odds": "orders odds (build-up)",
    "intent.start": "intent at the start",
    "intent.orders.prepare": "orders prepare (intent)",
    "assumptions.order_size": "order size",
    "incidents.donbas.rate.per_day": "rate per day (incidents donbas)",
    "sanctions_effect.reference": "reference (sanctions)",
    "seed": "seed",
}


@pytest.mark.parametrize("path", PATHS)
def test_paths_are_told_in_words(path: str) -> None:
    assert inputs.label(path) == PATHS[path]


@pytest.mark.parametrize(
    ("at", "unit", "words"),
    [
        (0.05, "share", "5 %"),
        (0.1768, "share of the force", "17.7 %"),
        (2.2, "×", "×2.2"),
        (18_000.0, "troops", "18,000 troops"),
        (1.0, "days", "1 day"),
        (0.03, None, "0.03"),
        (float(dt.date(2021, 8, 6).toordinal()), "date", "6 Aug 2021"),
        ("2021-08-06", "date", "6 Aug 2021"),
        ("wait_and_see", None, "wait and see"),
    ],
)
def test_values_are_told_in_their_unit(at: float | str, unit: str | None, words: str) -> None:
    assert inputs.value(at, unit) == words


def test_a_sparse_table_refuses_what_it_would_lose() -> None:
    assert sparse(("a", "b"), [{"b": 1}]).rows == ((None, 1),)
    with pytest.raises(ValueError, match="row 1 has c, which is no column"):
        sparse(("a", "b"), [{"c": 1}])
