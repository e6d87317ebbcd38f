"""The terminal summary: exact once, then laws that hold for any result."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from sim.records.result import Result
from sim.report.summary import summary, summary_tsv
from tests.report import sample, strategies

GOLDEN = Path(__file__).with_name("summary_80.txt")

quick = settings(max_examples=60, deadline=None, derandomize=True)


def test_the_summary_of_one_result_is_exact() -> None:
    assert summary(sample.result(), 80) == GOLDEN.read_text(encoding="utf-8")


def flat(result: Result) -> str:
    """The summary with its lines joined."""
    return " ".join(summary(result, 100).split())


@quick
@given(strategies.results())
def test_no_line_is_wider_than_the_terminal(result: Result) -> None:
    for width in (80, 120):
        lines = summary(result, width).split("\n")
        assert max(map(len, lines)) <= width
        assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_hardest_result_fits(width: int) -> None:
    assert max(map(len, summary(sample.crowded(), width).split("\n"))) <= width


def test_a_wide_terminal_breaks_no_table() -> None:
    text = summary(sample.result(), 120)
    assert "  icb crisis       9 %  7–10 %    57 of 674  30.2 % any counted kind\n" in text


def test_the_word_stands_in_a_sentence_without_any_level() -> None:
    sentences = flat(sample.result()).split(". ")
    assert [text for text in sentences if "unlikely" in text] == ["In the words of ICD 203: unlikely"]


def test_ignorance_is_the_share_that_knowledge_would_remove() -> None:
    # 0.0243 of 0.0243 + 0.1865 is 11.5 %, with an error of 0.0016 of 0.2108, 0.8 points: 12 %.
    assert "would remove 12 % of the uncertainty about the outcome (V 0.024); the other 88 % is luck" in flat(
        sample.result()
    )


def test_a_spread_that_is_not_above_luck_is_said_so() -> None:
    result = sample.result()
    result["odds"]["V"] = -0.001
    assert "the spread between worlds cannot be told from luck" in flat(result)
    assert "would remove" not in flat(result)


def test_no_hits_are_a_bound_and_a_reason() -> None:
    text = flat(sample.certain(False))
    assert "Odds <0.15 % (Monte-Carlo 95 % bound: none of 16,384 runs was a hit)." in text
    assert "No belief interval: every run of every world gave the same answer" in text
    assert "Given what we do not know" not in text
    assert " 0 %" not in text


def test_all_hits_are_a_bound() -> None:
    assert "Odds >99.85 % (Monte-Carlo 95 % bound: every one of 16,384 runs was a hit)." in flat(sample.certain(True))


def test_failed_runs_are_counted_as_misses_and_as_hits() -> None:
    # 0.3019 · 16,201 = 4,891.1 hits of 16,384: 29.85 %; 183 more: 30.97 %.
    text = flat(sample.crowded())
    assert "FAILED: 183 runs of 16,384 did not finish and are left out." in text
    assert "Had all of them been misses the odds would be 29.9 %; had all been hits, 31.0 %." in text
    assert "budget: more than the allowed number of dues 180" in text
    assert "FAILED" not in flat(sample.result())


def test_a_base_rate_is_set_beside_what_it_matches_only() -> None:
    text = flat(sample.crowded())
    assert "build up again 35 % 28–42 % 42 of 120 36.0 % build up" in text
    assert "of another question 35 % 28–42 % 42 of 120 something not played was not played" in text


def test_warnings_come_last() -> None:
    text = summary(sample.crowded(), 80)
    assert text.index("Warning W203 incidents.donbas.tension_gain:") > text.index("Played:")


def test_empty_parts_leave_no_headings() -> None:
    text = summary(sample.certain(True), 80)
    assert not any(heading in text for heading in ("Outside view", "Other definitions", "at the start", "Warning"))


@quick
@given(strategies.results())
def test_tab_separated_values_keep_every_digit(result: Result) -> None:
    lines = summary_tsv(result).split("\n")
    assert lines[0].split("\t") == ["section", "item", "value", "se"]
    assert lines[-1] == ""
    rows = [line.split("\t") for line in lines[1:-1]]
    assert {len(row) for row in rows} == {4}
    values = {(section, item): value for section, item, value, _ in rows}
    assert float(values["odds", "p"]) == result["odds"]["p"]
    for kind, part in result["kinds"].items():
        assert float(values["first", kind]) == part["first"]["p"]
    for month in result["months"]:
        assert float(values["month", month["month"]]) == month["p"]
    assert values["runs", "failed"] == str(result["counts"]["failed"])


def test_months_add_up_by_their_ends() -> None:
    # 3.91, + 5.02 = 8.93, + 7.04 = 15.97, … 30.19.
    assert "Jul 2021 3.9 % 3.9 % Aug 2021 5.0 % 8.9 % Sep 2021 7.0 % 16.0 %" in flat(sample.result())


def test_roads_are_gathered_by_kind_and_root() -> None:
    # 9.21 + 6.17 + 2.88 = 18.26; zapad was on in 9.05 of them, 49.6 %; prepare in 2.88, 15.8 %.
    assert "build up from an order 18.3 % zapad on in 50, intent prepare in 16" in flat(sample.result())
