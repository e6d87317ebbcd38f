"""What the sections say: known answers worked out by hand from the samples, and what is left out where unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.report.page import run_page
from sim.report.page.sections import glossary, odds
from sim.report.page.texts import texts
from tests.report import sample
from tests.report.page import pages
from tests.report.page.reading import section, table


def anchors(name: str) -> list[str]:
    return [part.anchor for part in pages.page(name).sections]


@pytest.fixture(scope="module")
def full() -> str:
    return pages.html("full")


def test_the_order_of_the_page() -> None:
    told = [
        "odds",
        "question",
        "beside",
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
    compared = ["differences", "odds", "timing", "changes", "flips", "question", "design", "glossary"]
    assert anchors("variants") == compared
    assert anchors("alike") == [name for name in compared if name != "flips"]


def test_the_answer_keeps_three_uncertainties_apart(full: str) -> None:
    """p = 0.3019 ± 0.0047 and V : W = 0.0243 : 0.1865, so luck is 88.5 % ± 0.8 of the whole."""
    part = section(full, "odds")
    answer = part.classed("answer")[0]
    assert [line.words for line in answer.all("p")] == [
        "30.2 %",
        "ICD 203: unlikely",
        "In this share of 16,384 runs of this scenario, a counted crisis begins in the window, 1 Jul to 31 Dec 2021.",
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
    rows = table(section(full, "beside"), "The odds and the base rates")
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
    assert [line.attributes.get("class", "") for line in told[0].all("li")] == ["", "edge", "onset"]


def test_a_story_tells_how_it_ends_before_it_begins(full: str) -> None:
    words = section(full, "stories").classed("told")[0].words
    assert words.index("So.") < words.index("a pullback is announced")
    html = pages.html("two")
    told = section(html, "flips").classed("told")[0].words
    assert told.index("No crisis.") < told.index("a pullback is announced")


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


def test_quiet_is_called_evidence_only_where_worlds_differ() -> None:
    result = sample.result()
    assert "Quiet is evidence, too" in section(run_page.html(pages.run(result)), "timing").words
    result["odds"]["V"] = 0.0004
    result["odds"]["V_se"] = 0.0005
    words = section(run_page.html(pages.run(result)), "timing").words
    assert "Quiet until a date" in words
    assert "Quiet is evidence, too" not in words


def test_what_counts_if_a_crisis_that_is_on_counted_too_is_said(full: str) -> None:
    rows = table(section(full, "timing"), "Before the opening")
    assert f"the odds would be {rows[-1][1]} and not 30.2 %" in section(full, "timing").words


def test_the_only_kind_has_no_line_of_its_own() -> None:
    result = sample.result()
    facts = replace(pages.run(result), by_kind={"clash": sample.by_kind()["clash"]})
    part = section(run_page.html(facts), "timing")
    assert part.classed("legend") == []
    assert "come first" not in part.words


def test_roads_begin_with_the_likeliest(full: str) -> None:
    """All pathways of build-ups from orders, of the odds of any crisis."""
    result = sample.result()
    ways = [part for part in result["pathways"] if (part["kind"], part["root"]) == ("build_up", "build_ups.main")]
    share = 100 * sum(part["p"] for part in ways) / result["odds"]["p"]
    told = f"The likeliest road is build up from an order: {share:.0f} of 100 runs that have a crisis"
    assert told in section(full, "roads").words


def test_what_a_file_quotes_is_set_as_code() -> None:
    facts = replace(pages.run(), about="Not outside `evidence` and <b>`it`</b>.")
    part = section(run_page.html(facts), "question")
    assert [code.words for code in part.all("code")] == ["evidence", "it"]
    assert part.all("b") == []
    assert "a ` alone" in section(run_page.html(replace(facts, about="a ` alone")), "question").words


def test_a_figure_stays_on_the_line_of_its_sign(full: str) -> None:
    assert "95\N{NO-BREAK SPACE}%" in section(full, "odds").text
    assert "95 %" not in section(full, "odds").text


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
