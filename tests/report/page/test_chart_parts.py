"""What charts are made of: widths of text, scales, labels that keep apart, elements, and the colours of their style."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.report.figures import measure
from sim.report.page import svg
from sim.report.page.charts import dates, layout, text
from sim.report.page.charts.layout import Scale

TEMPLATES = files("sim.report.page") / "templates"
CSS = (TEMPLATES / "charts.css").read_text(encoding="utf-8")
SCRIPT = (TEMPLATES / "charts.js").read_text(encoding="utf-8")
COLOURS = ["ink", "muted", "rule", "shade", "heat", "up", "down", *(f"c{slot}" for slot in range(layout.SLOTS))]
many = settings(max_examples=100, deadline=None, derandomize=True)

SAMPLES = (
    "Any counted kind",
    "34.4 %",
    "−6.1 points (−7.4 to −4.8)",
    "base rate: interstate crises that recur within a year, all dyads",
    "incident at sea",
    "ILL-MATCHED WORDS & FIGURES 0123456789",
    "Überraschung für Łódź",
    "0.02 → 0.31 per month; “quoted” × 5…",
)


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("words", SAMPLES)
def test_the_estimate_of_widths_agrees_with_the_font(words: str, bold: bool) -> None:
    """Matplotlib measures the same font from its outlines, and adds 1 %; bold is estimated from the regular widths."""
    ratio = text.width(words, 72.0, bold) / (72.0 * measure.width(words, 72.0, bold) / 1.01)
    # Regular: kerning, and letters that are not in the table. A table with one letter in ten wrong by half would fail.
    least, most = (0.95, 1.06) if bold else (0.985, 1.02)
    assert least <= ratio <= most
    assert not least <= 0.9 * ratio <= most


def test_other_alphabets_are_not_underestimated() -> None:
    for words in ("Крим та вторгнення", "Учения Запад", "Ελλάδα και Τουρκία"):
        assert text.width(words, 72.0) >= 72.0 * measure.width(words, 72.0) / 1.01
    assert text.width("危機", 10.0) == 20.0
    assert text.width("e\N{COMBINING ACUTE ACCENT}", 10.0) == text.width("e", 10.0)


@many
@given(st.text(max_size=80), st.floats(12.0, 400.0), st.integers(1, 4))
def test_wrapped_words_fit_and_keep_their_order(words: str, room: float, lines: int) -> None:
    broken = text.wrap(words, room, 13.0, lines)
    assert len(broken) <= lines
    # Not even an ellipsis is narrower than 13 pixels.
    assert all(text.width(line, 13.0) <= max(room, 13.0) for line in broken)
    if not any("…" in line for line in broken):
        assert " ".join(broken).split() == words.split()


def test_words_are_cut_only_where_they_must_be() -> None:
    assert text.wrap("one two three", 60.0, 13.0, 3) == ["one two", "three"]
    assert text.wrap("one two three", 60.0, 13.0, 1) == ["one tw…"]
    assert text.wrap("", 60.0, 13.0, 2) == []
    assert text.fit("exactly", text.width("exactly", 13.0), 13.0) == "exactly"


def test_labels_that_want_the_same_place_share_the_distance() -> None:
    """Known answers: two of length 4 about 10 begin at 6 and 10; one alone keeps its place; the edge pushes back."""
    assert layout.spread([10.0, 10.0], [4.0, 4.0], 0.0, 100.0) == [6.0, 10.0]
    assert layout.spread([10.0, 50.0], [4.0, 8.0], 0.0, 100.0) == [8.0, 46.0]
    assert layout.spread([50.0, 10.0], [8.0, 4.0], 0.0, 100.0) == [46.0, 8.0]
    assert layout.spread([99.0, 98.0], [10.0, 10.0], 0.0, 100.0) == [90.0, 80.0]
    assert layout.spread([], [], 0.0, 1.0) == []


@many
@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(1.0, 20.0)), min_size=1, max_size=8))
def test_labels_never_overlap_and_stay_inside_where_there_is_room(wished: list[tuple[float, float]]) -> None:
    wanted, lengths = zip(*wished, strict=True)
    starts = layout.spread(wanted, lengths, 0.0, 200.0)
    taken = sorted(zip(starts, lengths, strict=True))
    assert all(start + length <= after + 1e-9 for (start, length), (after, _) in pairwise(taken))
    assert taken[0][0] >= 0.0
    assert max(start + length for start, length in taken) <= 200.0 + 1e-9


def test_a_scale_and_its_ticks() -> None:
    scale = Scale(0.0, 0.6, 100.0, 400.0)
    assert [scale.at(value) for value in (-1.0, 0.0, 0.3, 0.6, 2.0)] == pytest.approx(
        [100.0, 100.0, 250.0, 400.0, 400.0]
    )
    assert scale.ticks(7) == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert scale.ticks(5) == pytest.approx([0.0, 0.2, 0.4, 0.6])
    assert Scale(-0.08, 0.1, 0.0, 1.0).ticks(5) == pytest.approx([-0.05, 0.0, 0.05, 0.1])


@many
@given(st.lists(st.floats(-1.0, 1.0), max_size=6))
def test_a_domain_holds_every_value_and_little_more(values: list[float]) -> None:
    low, high = layout.domain(values, 5)
    known = [0.0, *values]
    assert low <= min(known) + 1e-12
    assert high >= max(known) - 1e-12
    # A fifth of a step, and steps are up to 2.5 fifths of the range, on either side.
    assert high - low <= max(1.25 * (max(known) - min(known)), 0.01 + 1e-12)
    assert layout.domain([0.97], 5, ceiling=1.0)[1] <= 1.0


@pytest.mark.parametrize(
    ("value", "percent", "signed", "words"),
    [
        (0.2, True, False, "20 %"),
        (0.0005, True, False, "0.05 %"),
        (0.1 + 0.2, True, False, "30 %"),
        (-0.05, True, True, "−5"),
        (0.05, True, True, "+5"),
        (0.0, True, True, "0"),
        (84_000.0, False, False, "84,000"),
        (-2.5, False, False, "−2.5"),
    ],
)
def test_words_of_ticks(value: float, percent: bool, signed: bool, words: str) -> None:
    assert layout.tick_words(value, percent=percent, signed=signed) == words


def test_ticks_of_dates_name_months_once_and_years_where_they_begin() -> None:
    shown = dates.view(["2021-11-10", "2022-02-20"], None)
    drawn = dates.axis(shown, shown.scale(0.0, 600.0), 0.0, 12.0)
    assert re.findall(r">([^<]+)</text>", drawn) == ["Dec", "2021", "Jan", "2022", "Feb"]
    short = dates.view(["2021-07-01"], ("2021-07-01", "2021-07-14"))
    drawn = dates.axis(short, short.scale(0.0, 600.0), 0.0, 12.0)
    assert re.findall(r">([^<]+)</text>", drawn)[:4] == ["1 Jul", "2021", "3 Jul", "5 Jul"]


def test_numbers_are_short_and_finite() -> None:
    assert [svg.number(value) for value in (12.0, 0.5, -3.254, -0.001, 1e6)] == ["12", "0.5", "-3.25", "0", "1000000"]
    with pytest.raises(ValueError, match=r"nan cannot be drawn: a finite number is needed"):
        svg.number(float("nan"))


def test_elements_are_written_in_one_way() -> None:
    assert svg.element("g", series='a"b', tip="one\ntwo <b>", stroke_width=1.5, rx=None) == (
        '<g data-series="a&quot;b" data-tip="one&#10;two &lt;b&gt;" stroke-width="1.5"/>'
    )
    assert svg.text(1.0, 2.5, "a & b", 12.0, anchor="end", colour="muted", bold=True) == (
        '<text x="1" y="2.5" font-size="12" text-anchor="end" fill="var(--muted)" font-weight="600">a &amp; b</text>'
    )
    assert svg.rect(10.0, 0.0, -4.0, 2.0, "c0") == '<rect x="6" y="0" width="4" height="2" fill="var(--c0)"/>'


def palettes() -> dict[str, dict[str, str]]:
    """The colours of every block of the style sheet that sets them, by its selector."""
    found = {}
    for selector, body in re.findall(r"(:root[^{]*)\{([^}]*)\}", CSS):
        found[selector.strip()] = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", body))
    return found


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def over(colour: str, ground: str, share: float) -> str:
    """A colour of so much opacity on a ground."""
    mixed = (
        round(share * int(colour[place : place + 2], 16) + (1 - share) * int(ground[place : place + 2], 16))
        for place in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def test_contrast_is_that_of_the_standard() -> None:
    """Known answers: black on white 21, equal colours 1, #767676 on white 4.54 (the lightest grey for text)."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#123456", "#123456") == 1.0
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def test_every_colour_is_set_for_light_and_for_dark_once() -> None:
    light, system, chosen = palettes().values()
    assert set(light) == set(system) == set(chosen) == {*COLOURS, "paper"}
    assert system == chosen
    assert (light["paper"], chosen["paper"]) == ("#ffffff", "#14171a")
    # Colours for dark screens must not reach a printer.
    assert re.findall(r"@media ([^{]*)\{\s*:root", CSS) == ["screen and (prefers-color-scheme: dark) ", "screen "]


@pytest.mark.parametrize("theme", [0, 2])
def test_colours_can_be_told_from_their_ground(theme: int) -> None:
    """Text 4.5:1, marks 3:1 (WCAG 2.2, 1.4.3 and 1.4.11); on the ground of a row that is pointed at as well."""
    colours = list(palettes().values())[theme]
    for ground in (colours["paper"], colours["shade"]):
        assert contrast(colours["ink"], ground) >= 7.0
        assert contrast(colours["muted"], ground) >= 4.5
    for name in ("up", "down", *(f"c{slot}" for slot in range(layout.SLOTS))):
        assert contrast(colours[name], colours["paper"]) >= 3.0
    for step in range(101):
        cell = over(colours["heat"], colours["paper"], 0.06 + 0.94 * step / 100)
        assert contrast(colours["ink"], cell) >= 4.5


def test_okabe_and_itos_pale_colours_would_fail_on_white() -> None:
    """The control: their orange and yellow as they are, which is why the page darkens them."""
    assert contrast("#e69f00", "#ffffff") < 3.0
    assert contrast("#f0e442", "#ffffff") < 3.0


def test_the_script_is_small_and_reaches_nothing_outside_the_page() -> None:
    assert len(SCRIPT.splitlines()) <= 150
    for word in ("</", "http", "eval(", "innerHTML", "fetch(", "import(", "XMLHttpRequest"):
        assert (word in SCRIPT, word in CSS and word != "http") == (
            word == "http" and "http://www.w3.org" in SCRIPT,
            False,
        )
    assert "url(" not in CSS
