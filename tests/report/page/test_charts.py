"""Charts tell the numbers they are given, at every width, with no text over another and none over the edge."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.report.page.charts import layout
from sim.report.page.charts.bars import Bar, bars
from sim.report.page.charts.columns import Column, columns
from sim.report.page.charts.curves import Mark, Series, curves
from sim.report.page.charts.embed import NARROW, WIDE, Toggle, embed, legend
from sim.report.page.charts.heat import Cell, heat
from sim.report.page.charts.rows import Row, rows
from sim.report.page.charts.strip import strip
from tests.report.page import drawings, picture
from tests.report.page.drawings import DRAWINGS, TEXTS

WIDTHS = (NARROW, WIDE)
few = settings(max_examples=40, deadline=None, derandomize=True)
words = st.text(max_size=60)
shares = st.floats(0.0, 1.0)


@pytest.mark.parametrize("width", [*WIDTHS, 320, 600, 1200])
@pytest.mark.parametrize("name", DRAWINGS)
def test_no_text_overlaps_another_or_leaves_the_picture(name: str, width: int) -> None:
    drawn = DRAWINGS[name](width)
    assert picture.outside(drawn) == []
    assert picture.overlaps(drawn) == []


def test_the_overlap_check_sees_texts_that_meet_or_leave() -> None:
    drawn = (
        '<svg viewBox="0 0 100 40"><text x="0" y="20" font-size="12">one thing</text>'
        '<text x="20" y="24" font-size="12">other</text><text x="90" y="38" font-size="12">over</text></svg>'
    )
    assert picture.overlaps(drawn) == [("one thing", "other")]
    assert picture.outside(drawn) == ["over"]


@few
@given(st.lists(st.builds(Row, words, shares, words, shares, shares, note=words, heading=st.booleans()), max_size=6))
def test_rows_are_drawn_for_any_words_and_odds(items: list[Row]) -> None:
    for width in WIDTHS:
        drawn = rows(items, width=width, **TEXTS)
        assert picture.outside(drawn) == []
        assert picture.overlaps(drawn) == []


@few
@given(
    st.lists(st.tuples(words, shares, words), max_size=7),
    st.lists(st.builds(Mark, st.dates().map(str), words), max_size=8),
)
def test_curves_are_drawn_for_any_words_odds_and_marks(lines: list[tuple[str, float, str]], marks: list[Mark]) -> None:
    series = [Series(name, drawings.dates(), drawings.growth(last), text=text) for name, last, text in lines]
    inside = [Mark(f"2021-{mark.date[5:]}", mark.label) for mark in marks if mark.date[5:] != "02-29"]
    for width in WIDTHS:
        drawn = curves(series, width=width, window=drawings.WINDOW, marks=inside, **TEXTS)
        assert picture.outside(drawn) == []
        assert picture.overlaps(drawn) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", DRAWINGS)
def test_a_chart_is_a_named_image_with_the_same_bytes_every_time(name: str, width: int) -> None:
    drawn = DRAWINGS[name](width)
    assert drawn == DRAWINGS[name](width)
    root = picture.parse(drawn)
    ids = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    named, told = (root.get("aria-labelledby") or "").split()
    assert (root.get("role"), ids[named], ids[told]) == ("img", "A title", "What it shows.")
    for reference in re.findall(r"url\(#([^)]+)\)", drawn):
        assert reference in ids


def test_ids_differ_between_charts_and_are_unique_within_one() -> None:
    found = [re.findall(r'id="([^"]+)"', draw(width)) for draw in DRAWINGS.values() for width in WIDTHS]
    every = [one for ids in found for one in ids]
    assert len(set(every)) == len(every) > 2 * len(DRAWINGS)


@pytest.mark.parametrize("name", DRAWINGS)
def test_text_is_large_enough_where_a_page_shrinks_a_chart(name: str) -> None:
    """Wide charts are shown from 740 of 860 pixels, narrow ones from 330 of 360: 11 px on screen."""
    for width, shown in ((WIDE, 740), (NARROW, 330)):
        sizes = [float(text.get("font-size", "0")) for text in picture.parse(DRAWINGS[name](width)).iter("text")]
        assert all(size * shown / width >= 11.0 for size in sizes)


@pytest.mark.parametrize("name", DRAWINGS)
def test_colours_are_custom_properties_only(name: str) -> None:
    drawn = DRAWINGS[name](WIDE)
    for paint in re.findall(r'(?:fill|stroke)="([^"]*)"', drawn):
        named = re.fullmatch(r"var\(--(ink|paper|muted|rule|shade|heat|up|down|c[0-6])\)", paint)
        assert named or paint == "none" or re.fullmatch(r"url\(#p\w+-hatch\d\)", paint)
    assert "style=" not in drawn


HOSTILE = '<script>alert(1)</script> & "quoted" \x00\x1b[31m\ud800 line\nbreak'


@pytest.mark.parametrize("width", WIDTHS)
def test_words_of_a_scenario_are_escaped_wherever_they_stand(width: int) -> None:
    texts = {"title": HOSTILE, "desc": HOSTILE}
    series = Series(HOSTILE, ["2021-07-01"], [0.1], text=HOSTILE)
    drawn = [
        rows([Row(HOSTILE, 0.1, HOSTILE, tip=HOSTILE, note=HOSTILE)], width=width, **texts),
        curves([series], width=width, window=None, marks=[Mark("2021-07-01", HOSTILE)], **texts),
        columns([Column(HOSTILE, 0.1, text=HOSTILE, tip=HOSTILE)], width=width, **texts),
        bars([Bar(HOSTILE, 0.1, 0.2, HOSTILE, HOSTILE, HOSTILE, HOSTILE, gain=1.0, gain_text=HOSTILE)], base=0.1,
             width=width, **texts),
        strip([(HOSTILE, 1.0, HOSTILE)], width=width, **texts),
        heat([HOSTILE], [HOSTILE], [[Cell(0.5, HOSTILE, HOSTILE)]], width=width, **texts),
    ]  # fmt: skip
    for one in drawn:
        assert "<script" not in one
        root = picture.parse(one)
        assert (root.findtext("title") or "").startswith('<script>alert(1)</script> & "quoted" [31m')


def test_a_point_stands_where_the_axis_says() -> None:
    """Known answer: 20 % stands on the line of 20 %; a tenth more, 22 %, would stand 14 px further right."""
    for width, off in ((WIDE, 10.0), (NARROW, 5.0)):
        items = [Row("a", 0.2, "x", 0.1, 0.3), Row("b", 0.22, "y"), Row("c", 0.6, "z")]
        root = picture.parse(rows(items, width=width, **TEXTS))
        exact, wrong, last = (float(circle.get("cx", "nan")) for circle in root.iter("circle"))
        lines = next(path for path in root.iter("path") if path.get("stroke") == "var(--rule)")
        ticks = [float(x) for x in re.findall(r"M([\d.]+)", lines.get("d", ""))]
        step = (ticks[-1] - ticks[0]) / 0.6
        assert exact == pytest.approx(ticks[0] + 0.2 * step, abs=0.02)
        assert wrong - exact > off
        assert last == pytest.approx(ticks[-1], abs=0.02)


def test_rows_tell_label_and_value_and_keep_what_toggles_hide() -> None:
    drawn = rows(drawings.odds_rows(), width=WIDE, **TEXTS)
    assert picture.tips(drawn)[0] == "Any counted kind: 34.4 %"
    assert [g.get("data-series") for g in picture.parse(drawn).iter("g") if g.get("data-series")] == [
        "build_up",
        "invasion",
    ]
    assert rows([Row("a", 0.1, "10 %", tip="first\nsecond")], width=WIDE, **TEXTS).count("first&#10;second") == 1


def test_differences_are_told_in_points_about_a_line_of_none() -> None:
    drawn = rows(drawings.differences(), width=WIDE, zero=True, **TEXTS)
    ticks = [word for word in picture.texts(drawn) if re.match(r"[+−]?\d+( points)?$", word)]
    assert ticks == ["−5", "0", "+5", "+10 points"]
    root = picture.parse(drawn)
    zero = next(path for path in root.iter("path") if path.get("stroke") == "var(--ink)")
    (x,) = re.findall(r"M([\d.]+)", zero.get("d", ""))
    less, more = (float(circle.get("cx", "nan")) for circle in root.iter("circle"))
    assert (float(x) - less) / (more - float(x)) == pytest.approx(0.061 / 0.083, rel=0.01)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_line_goes_through_its_values(width: int) -> None:
    """Known answer: 0 at the axis, 30 % three times as high as 10 %, evenly spaced dates evenly spaced."""
    series = Series("any", ["2021-07-10", "2021-07-20", "2021-07-30"], [0.0, 0.1, 0.3])
    ((first, second, third),) = picture.strokes(curves([series], width=width, window=drawings.WINDOW, **TEXTS), "c0")
    assert second[0] - first[0] == pytest.approx(third[0] - second[0], abs=0.02)
    assert first[1] - third[1] == pytest.approx(3 * (first[1] - second[1]), abs=0.05)
    stepped = curves([Series("any", series.dates, series.values, step=True)], width=width, window=None, **TEXTS)
    ((a, b, c, d, e),) = picture.strokes(stepped, "c0")
    assert (a[1], b[0], c[1]) == (b[1], c[0], d[1])
    assert d[0] == e[0]


def test_the_end_of_a_day_is_the_beginning_of_the_next() -> None:
    """What holds by the end of 31 July stands on the tick of 1 August, and marks of 1 August stand there too."""
    series = Series("any", ["2021-07-31", "2021-12-31"], [0.1, 0.2])
    drawn = curves([series], width=WIDE, window=drawings.WINDOW, marks=[Mark("2021-08-01", "talks")], **TEXTS)
    (((x, _), (end, _)),) = picture.strokes(drawn, "c0")
    assert picture.place(drawn, "Aug").left == pytest.approx(x + 2.0, abs=0.02)
    assert picture.place(drawn, "talks").left == pytest.approx(x + 5.0, abs=0.02)
    assert end == max(float(line.get("x2", "nan")) for line in picture.parse(drawn).iter("line"))


def test_hovering_over_a_date_tells_every_line_with_earned_digits() -> None:
    """A band of ± 1.96 × 0.5 % earns whole per cents, one of ± 1.96 × 0.05 % earns a decimal; so do errors alone."""
    dates = ["2021-07-10", "2021-07-20"]
    wide, narrow = 1.96 * 0.005, 1.96 * 0.0005
    series = [
        Series("coarse", dates, [0.1, 0.2537], [0.1 - wide, 0.2537 - wide], [0.1 + wide, 0.2537 + wide]),
        Series("fine", dates, [0.1, 0.2537], [0.1 - narrow, 0.2537 - narrow], [0.1 + narrow, 0.2537 + narrow]),
        Series("bandless", dates, [0.1, 0.2537], errors=[0.005, 0.0005]),
        Series("short", dates[:1], [0.0]),
    ]
    told = picture.tips(curves(series, width=WIDE, window=drawings.WINDOW, **TEXTS))
    assert told == [
        "10 Jul 2021\ncoarse: 10 %\nfine: 10.0 %\nbandless: 10 %\nshort: in no run",
        "20 Jul 2021\ncoarse: 25 %\nfine: 25.4 %\nbandless: 25.4 %",
    ]


def test_many_lines_are_named_on_one_line_each_or_by_their_marks() -> None:
    dates = ["2021-07-10", "2021-07-20"]
    names = ["one", "two", "three", "four", "five"]
    series = [Series(name, dates, [0.1, 0.2], text=f"2{slot}.5 %", slot=slot) for slot, name in enumerate(names)]
    few = picture.texts(curves(series[:4], width=WIDE, window=None, **TEXTS))
    assert {"one", "20.5 %"} <= set(few)
    many = picture.texts(curves(series, width=WIDE, window=None, **TEXTS))
    assert {"one 20.5 %", "five 24.5 %"} <= set(many)
    narrow = picture.texts(curves(series, width=NARROW, window=None, **TEXTS))
    assert {"20.5 %", "24.5 %"} <= set(narrow)
    assert not {"one", "one 20.5 %"} & set(narrow)


def test_days_outside_the_window_are_shaded() -> None:
    inside = curves(drawings.quiet(), width=WIDE, window=("2021-06-01", "2021-12-31"), **TEXTS)
    across = curves(drawings.quiet(), width=WIDE, window=("2021-08-01", "2021-11-30"), **TEXTS)
    assert len(picture.painted(inside, "shade")) == 0
    before, after = (picture.numbers(area, "width")[0] for area in picture.painted(across, "shade"))
    # 3 to 31 July are 29 days, 1 to 30 December 30
    assert before / after == pytest.approx(29 / 30, rel=0.01)


@pytest.mark.parametrize("width", WIDTHS)
def test_columns_are_as_long_as_their_odds(width: int) -> None:
    standing = columns([Column("Jul", 0.1, text="10 %"), Column("Aug", 0.04, text="4 %")], width=width, **TEXTS)
    (tall, low) = (picture.numbers(bar, "height")[0] for bar in picture.painted(standing, "c0"))
    assert tall / low == pytest.approx(2.5, rel=0.001)
    lying = columns(drawings.months(36), width=width, **TEXTS)
    long = [picture.numbers(bar, "width")[0] for bar in picture.painted(lying, "c0")]
    # 8 % beside 1 %
    assert long[-1] / long[0] == pytest.approx(8.0, rel=0.01)


@pytest.mark.parametrize("width", WIDTHS)
def test_bars_reach_from_the_base_to_the_odds_at_each_end(width: int) -> None:
    items = [Bar("a", 0.2, 0.5, "20 %", "50 %"), Bar("b", 0.35, 0.4, "35 %", "40 %")]
    drawn = bars(items, base=0.3, width=width, **TEXTS)
    (down,) = picture.painted(drawn, "down")
    up = picture.painted(drawn, "up")
    below = picture.numbers(down, "width")[0]
    assert [picture.numbers(bar, "width")[0] / below for bar in up] == pytest.approx([2.0, 0.5, 1.0], rel=0.002)
    # Both ends of b are above the base: one half of the bar each, so that neither hides the other.
    (_, (y, height), (next_y, _)) = (picture.numbers(bar, "y", "height") for bar in up)
    assert next_y == pytest.approx(y + height)


def test_the_high_end_of_an_assumption_is_solid_and_the_low_end_pale() -> None:
    drawn = bars([Bar("a", 0.4, 0.2, "40 %", "20 %", "few", "many")], base=0.3, width=WIDE, **TEXTS)
    (down,), (up,) = picture.painted(drawn, "down"), picture.painted(drawn, "up")
    assert (down.get("fill-opacity"), up.get("fill-opacity")) == (None, "0.25")
    assert picture.tips(drawn) == ["a\n20 % at many\n40 % at few"]
    assert picture.place(drawn, "at many").right < picture.place(drawn, "at few").left


def test_gains_are_as_long_as_they_are_large() -> None:
    drawn = bars(drawings.bar_items(), base=0.344, width=WIDE, **TEXTS)
    gains = [bar for bar in picture.painted(drawn, "muted") if bar.get("height") == "10"]
    first, second, _ = (picture.numbers(bar, "width")[0] for bar in gains)
    assert second / first == pytest.approx(0.004 / 0.0212, rel=0.01)
    assert "Brier gain" in picture.texts(drawn)
    assert "Brier gain: 0.0212" in picture.texts(bars(drawings.bar_items(), base=0.344, width=NARROW, **TEXTS))


def test_a_strip_is_cut_in_proportion_and_fills_the_width() -> None:
    drawn = strip([("known", 0.03, "13 %"), ("luck", 0.2, "87 %")], width=WIDE, **TEXTS)
    pieces = [rect for rect in picture.parse(drawn).iter("rect") if rect.get("height") == "34"]
    known, luck = (picture.numbers(piece, "width")[0] for piece in pieces)
    assert known + luck == pytest.approx(WIDE, abs=0.02)
    assert known / luck == pytest.approx(0.15, rel=0.001)
    assert [piece.get("fill", "")[:4] for piece in pieces] == ["var(", "url("]


def test_a_heat_cell_is_as_dark_as_its_shade() -> None:
    drawn = heat(["a"], ["x", "y", "z"], [[Cell(0.0, "0"), Cell(0.5, "5"), Cell(7.0, "9")]], width=WIDE, **TEXTS)
    opacities = [float(cell.get("fill-opacity", "nan")) for cell in picture.painted(drawn, "heat")]
    assert opacities == [0.06, 0.53, 1.0]
    assert picture.tips(drawn) == ["a, x: 0", "a, y: 5", "a, z: 9"]


def test_a_broad_grid_keeps_its_words_on_a_narrow_screen_by_changing_places() -> None:
    cells = [[Cell(0.1, f"{row}–{column} %") for column in range(14)] for row in range(3)]
    drawn = heat(list("abc"), [f"col{n}" for n in range(14)], cells, width=NARROW, **TEXTS)
    written = picture.texts(drawn)
    assert {cell.text for row in cells for cell in row} <= set(written)
    assert written.index("a") < written.index("col0")
    assert "b, col3: 1–3 %" not in picture.tips(drawn)
    assert "col3, b: 1–3 %" in picture.tips(drawn)


def test_neighbouring_slots_differ_in_shape_as_well_as_in_colour() -> None:
    shapes = [re.sub(r'fill="[^"]*"', "", layout.marker(slot, 10.0, 10.0, 5.0)) for slot in range(layout.SLOTS + 1)]
    assert all(one != other for one, other in pairwise(shapes))


def test_a_chart_stands_in_the_page_twice_with_buttons_for_its_series() -> None:
    toggles = [Toggle(one.known_as, one.name, one.slot) for one in drawings.five_series()]
    page = embed(lambda width: curves(drawings.five_series(), width=width, window=None, **TEXTS), toggles)
    assert re.findall(r'viewBox="0 0 (\d{3})', page) == [str(WIDE), str(NARROW)]
    pressed = re.findall(r'<button type="button" data-toggle="([^"]+)" aria-pressed="true">', page)
    assert pressed == [toggle.series for toggle in toggles]
    for series in pressed:
        # line and end at both widths, and a point at every date that can be hovered over
        assert page.count(f'data-series="{series}"') > 4
    assert legend([]) == ""


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: rows([Row("a", float("nan"))], width=WIDE, **TEXTS), "a chart needs finite numbers"),
        (lambda: columns([Column("a", float("inf"))], width=WIDE, **TEXTS), "a chart needs finite numbers"),
        (lambda: curves([], width=WIDE, window=None, **TEXTS), "a chart over time needs a date"),
        (lambda: Series("a", ["2021-07-01"], []), "`a` needs as many values, and ends of a band if any, as dates"),
        (lambda: Series("a", ["2021-07-01"], [0.1], [0.0]), "`a` needs as many values, and ends of a band if any"),
        (lambda: strip([("a", -1.0, "")], width=WIDE, **TEXTS), "a part of a whole cannot be negative"),
        (lambda: heat(["a"], ["b"], [[]], width=WIDE, **TEXTS), "a grid needs a row of cells for each row label"),
        (lambda: bars([Bar("a", float("nan"), 0.1)], base=0.1, width=WIDE, **TEXTS), "finite number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw: drawings.Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()
