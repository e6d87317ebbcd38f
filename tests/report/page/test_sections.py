"""What the sections say: known answers worked out by hand from the samples, and what is left out where unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.report.page import comparison_page, run_page
from sim.report.page.sections import glossary, odds
from sim.report.page.texts import texts
from tests.report import comparisons, sample
from tests.report.page import pages
from tests.report.page.reading import Element, read


def section(html: str, anchor: str) -> Element:
    (found,) = [part for part in read(html)[0].all("section") if part.attributes["id"] == anchor]
    return found


def anchors(name: str) -> list[str]:
    return [part.anchor for part in pages.page(name).sections]


def table(part: Element, caption: str) -> list[list[str]]:
    (found,) = [one for one in part.all("table") if one.all("caption")[0].words == caption]
    return [[cell.words for cell in row.all("th", "td")] for row in found.all("tr")]


@pytest.fixture(scope="module")
def full() -> str:
    return pages.html("full")


def test_the_order_of_the_page() -> None:
    told = [
        "question",
        "odds",
        "timing",
        "roads",
        "definitions",
        "drivers",
        "assumptions",
        "stories",
        "design",
        "glossary",
    ]
    assert anchors("full") == told
    assert anchors("failing") == ["warnings", *told]
    assert anchors("bare") == [name for name in told if name not in ("drivers", "stories")]
    compared = ["question", "odds", "differences", "changes", "flips", "design", "glossary"]
    assert anchors("variants") == compared
    assert anchors("alike") == [name for name in compared if name != "flips"]


def test_the_answer_keeps_three_uncertainties_apart(full: str) -> None:
    """p = 0.3019 ± 0.0047 and V : W = 0.0243 : 0.1865, so luck is 88.5 % ± 0.8 of the whole."""
    part = section(full, "odds")
    answer = part.classed("answer")[0]
    assert [line.words for line in answer.all("p")] == [
        "30.2 %",
        "ICD 203: unlikely",
        "Of the 16,384 runs of this scenario, this share has a counted crisis beginning in the window, "
        "1 Jul to 31 Dec 2021.",
    ]
    cards = [[line.words for line in card.all("dt", "dd")] for card in part.classed("cards")[0].all("div")]
    assert [card[:2] for card in cards] == [
        ["Simulation error", "29.3–31.1 %"],
        ["What we do not know", "8–58 %"],
        ["Luck", "88 %"],
    ]
    assert "95 %" in cards[0][2]
    assert "W 0.186" in cards[2][2]


def test_a_merged_error_would_be_seen(full: str) -> None:
    """The control: odds of another width have another card."""
    wider = sample.result()
    wider["odds"] |= {"interval": [0.25, 0.35], "se": 0.02}
    assert odds.uncertainties(wider["odds"])[0].figure == "25–35 %"
    assert "25–35 %" not in section(full, "odds").text


def test_likelihood_and_confidence_are_never_in_one_sentence(full: str) -> None:
    """Intelligence Community Directive 203 forbids it."""
    for paragraph in section(full, "odds").all("p", "dd", "figcaption"):
        if "unlikely" in paragraph.words:
            assert "95 %" not in paragraph.words
            assert "interval" not in paragraph.words


def test_what_the_odds_rest_on_is_counted() -> None:
    result = sample.result()
    first = result["assumptions"][0]
    texts_ = ["F1.2: a count", "judgement", "Judgement: railing took a month", None, "  "]
    result["assumptions"] = [{**first, "source": text} for text in texts_]
    assert odds.sources(result["assumptions"]) == (1, 2, 2)
    assert "5 uncertain values, of which 1 names a source, 2 are said to be judgement, 2 say nothing" in odds.rests_on(
        result
    )
    result["assumptions"] = []
    assert odds.rests_on(result).endswith("Every value in it is taken as certain.")


@pytest.mark.parametrize(
    ("changes", "name", "figure", "says"),
    [
        (
            {"belief_interval": None, "belief_reason": "too few worlds"},
            "belief",
            "not told",
            "No belief interval: too few",
        ),
        ({"V": None, "W": None}, "luck", "not told", "not played often enough"),
        ({"V": -0.001, "W": 0.2}, "luck", "all, as far as can be told", "cannot be told from luck"),
    ],
)
def test_what_is_not_known_is_said(changes: dict[str, object], name: str, figure: str, says: str) -> None:
    result = sample.result()
    result["odds"].update(changes)  # type: ignore[typeddict-item]
    (card,) = [card for card in odds.uncertainties(result["odds"]) if card.look == name]
    assert card.figure == figure
    assert says in card.text


@pytest.mark.parametrize(
    ("name", "figure", "says"),
    [
        ("no hit", "<0.15 %", "Not one of the 16,384 runs"),
        ("every run a hit", ">99.85 %", "Every one of the 16,384 runs"),
    ],
)
def test_no_page_claims_certainty(name: str, figure: str, says: str) -> None:
    answer = section(pages.html(name), "odds").classed("answer")[0]
    assert answer.classed("figure")[0].words == figure
    assert answer.classed("meaning")[0].words.startswith(says)


def test_the_question_says_when_it_resolves(full: str) -> None:
    part = section(full, "question")
    assert (
        "(build up, clash, ultimatum or other) begins in the window: 1 Jul to 31 Dec 2021, both days whole"
        in part.words
    )
    assert table(part, "Kinds of crisis")[1:] == [
        ["Build up", "yes", "30 000 above the low", "rise 30000, of russia, hold 14"],
        ["Clash", "yes", "one incident with 25 deaths or more", "when incidents.donbas.clash"],
    ]


def test_months_add_up_to_the_odds(full: str) -> None:
    rows = table(section(full, "timing"), "Odds that it begins in the month")
    assert rows[1][:2] == ["Jul 2021", "3.9 %"]
    assert rows[-1] == ["Dec 2021", "3.6 %", "30.2 %"]
    assert "half of that by 27 Sep 2021" in section(full, "timing").words


def test_base_rates_stand_beside_what_they_match(full: str) -> None:
    rows = table(section(full, "odds"), "The odds and the base rates")
    assert [row[0] for row in rows[1:]] == ["These odds", "Build up again", "Icb crisis"]
    assert rows[2][2].endswith("(42 of 120)")
    assert rows[3][3] == "all"


def test_assumptions_are_told_in_their_units() -> None:
    result = sample.result()
    first = result["assumptions"][0]
    dated = {**first, "path": "exercises.zapad.starts", "unit": "days after 2021-04-22", "p5": 137.0, "p50": 141.0}
    state = {**first, "path": "intent.start", "form": "choice (choice)", "p5": 0.0, "p50": 1.0, "p95": 2.0}
    result["assumptions"] = [
        {**dated, "p95": 145.0},  # type: ignore[typeddict-item]
        {**first, "unit": "share", "clamped": 0.001, "source": None},
        {**first, "unit": "troops", "p5": 18000.0, "p50": 30000.0, "p95": 50000.0},
        state,  # type: ignore[list-item]
    ]

    rows = table(section(run_page.html(pages.run(result)), "assumptions"), "Uncertain values")[1:]
    assert rows[0][2:5] == ["2021-09-06", "2021-09-10", "2021-09-14"]
    assert rows[1][0].endswith("clamped in <1 of 100 worlds pullbacks.april.honoured_share")
    assert rows[1][2:] == ["3 %", "17.7 %", "60 %", "not given"]
    assert rows[2][1].endswith("in troops")
    assert rows[2][2:5] == ["18,000", "30,000", "50,000"]
    assert rows[3][1].endswith("restrain in 45 %, coerce in 45 %, prepare in 10 % of worlds")
    assert rows[3][2:5] == ["–", "–", "–"]


def test_drivers_are_ranked_and_the_rest_is_counted(full: str) -> None:
    part = section(full, "drivers")
    assert "Most is to be gained from intent at the start" in part.words
    rows = table(part, "Every assumption, by what learning it would gain")
    told = [row for row in rows[1:] if row[-1] == "yes"]
    assert f"{len(rows) - 1 - len(told)} others cannot be told from an assumption that touches nothing" in part.words
    assert [float(row[-2]) for row in rows[1:]] == sorted((float(row[-2]) for row in rows[1:]), reverse=True)


def test_the_first_story_is_unfolded(full: str) -> None:
    told = section(full, "stories").classed("told")
    assert ["open" in story.attributes for story in told] == [True, False]
    assert told[0].all("h3")[0].words == "A representative crisis: run 1,424 (world 178, replay 0)"
    assert [line.attributes.get("class", "") for line in told[0].all("li")] == ["", "edge", ""]


def test_failures_come_first_and_are_loud() -> None:
    part = section(pages.html("failing"), "warnings")
    assert part.classed("failed")[0].classed("alert-heading")[0].words == "4 of 16,384 runs FAILED"
    assert "too many pending steps: 4 runs" in part.words
    assert "RUN1 events.moves: 4 of 16384 runs failed" in part.words


def test_how_to_make_it_again(full: str) -> None:
    lines = section(full, "design").all("pre")[0].text.splitlines()
    assert lines[0] == "sim run scenario.yaml --worlds 2048 --replays 8 --seed 1"
    assert "stories, because there are none" in section(pages.html("bare"), "design").words
    assert "numpy 2.4.6" in section(full, "design").words
    assert "numba" not in section(full, "design").words


def test_a_run_to_a_precision_is_made_again_with_it() -> None:

    facts = replace(pages.run(), manifest={**pages.MANIFEST, "precision": 0.01, "worlds": 1000000})
    lines = section(run_page.html(facts), "design").all("pre")[0].text.splitlines()
    assert lines[0] == "sim run scenario.yaml --precision 0.01 --worlds 1000000 --replays 8 --seed 1"


def test_a_comparison_is_made_again_from_the_files_beside_it() -> None:
    html = pages.html("two")
    expected = "sim compare scenarios/01.yaml scenarios/02.yaml --worlds 2048 --replays 8 --seed 1"
    assert section(html, "design").all("pre")[0].text == expected


def test_differences_have_a_sign_an_interval_and_flips() -> None:
    found = comparisons.comparison(("spring-2021", "no_zapad"))
    found["differences"][0] |= {  # type: ignore[typeddict-item]
        "difference": -0.0891,
        "se": 0.0036,
        "interval": [-0.0961, -0.0820],
        "flips": {"to_crisis": 744, "to_calm": 2203},
        "sign_p": 4e-113,
        "variance_ratio": 3.22,
    }

    part = section(comparison_page.html(pages.compared(found)), "differences")
    rows = table(part, "Difference to spring-2021, in points")
    assert rows[1] == ["no_zapad", "−8.9", "−9.6 to −8.2", "744", "2,203", "16,384", "below 0.001", "3.2 times"]
    assert "a difference of −8.9 points (95 %: −9.6 to −8.2)" in part.words


def test_what_cannot_be_told_apart_is_said() -> None:
    assert "Not one run comes out differently: copy_1, copy_2." in section(pages.html("alike"), "differences").words
    found = comparisons.comparison(("spring-2021", "no_zapad"))
    found["differences"][0] |= {"interval": [-0.01, 0.01]}  # type: ignore[typeddict-item]

    words = section(comparison_page.html(pages.compared(found)), "differences").words
    assert "Cannot be told from no difference with so many runs: no_zapad." in words


def test_two_stories_stand_side_by_side_and_none_of_their_lines_is_lost() -> None:
    told = section(pages.html("two"), "flips").classed("told")[0]
    rows = told.all("li")
    assert [row.attributes["class"] for row in rows] == ["both", "parted", "parted", "edge", "parted"]
    assert [part.attributes["class"] for part in rows[1].all("div")] == ["from", "to"]
    assert [part.attributes["class"] for part in rows[2].all("div")] == ["from"]
    tags = [tag.words for tag in told.classed("tag")]
    assert tags == ["spring-2021", "no_zapad", "spring-2021", "no_zapad"]
    for line in pages.flip()["lines"]:
        assert told.words.count(line["text"]) == 1
    assert "spring-2021: Crisis: build up begins." in told.words


def test_changed_inputs_are_told_as_written() -> None:
    found = comparisons.comparison(("spring-2021", "no_zapad"))
    found["differences"][0]["changes"] = [
        {"path": "exercises.zapad", "before": "{lasts: 7}", "after": None},
        {"path": "tension.cap", "before": None, "after": "3"},
    ]

    part = section(comparison_page.html(pages.compared(found)), "changes")
    assert table(part, "Changes in no_zapad")[1:] == [
        ["exercises.zapad", "{lasts: 7}", "not there"],
        ["tension.cap", "not there", "3"],
    ]


def test_only_words_that_are_used_are_explained() -> None:
    assert [term.name for term in glossary.used("The seed of a run.")] == ["Run", "Seed"]
    assert [term.name for term in glossary.used("V 0.023")] == ["V and W"]
    assert glossary.used("v 0.023 runner worldly") == []
    words = {
        part.all("dt")[0].words for part in section(pages.html("full"), "glossary").classed("glossary")[0].all("div")
    }
    assert {"Base rate", "Belief interval", "Brier score", "Luck", "Onset", "World"} <= words
    assert "Flip" not in words


def test_texts_finds_every_word_of_a_section() -> None:
    found = list(texts(pages.page("two").sections[4]))
    assert "A run that flips, told twice" in found
    assert "what really left is seen" in found
