"""Tables hold exactly what was drawn, and CSV keeps every digit."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.records.result import Result
from sim.report.figures import forces, odds, pathways, preview, timing
from sim.report.tables import Table
from tests.report import sample, strategies

quick = settings(max_examples=30, deadline=None, derandomize=True)


def column(table: Table, name: str, **where: object) -> list[object]:
    """One column of the rows whose named columns hold the given values."""
    place = table.columns.index(name)
    tests = [(table.columns.index(key), value) for key, value in where.items()]
    return [row[place] for row in table.rows if all(row[at] == value for at, value in tests)]


def test_csv_of_one_table_is_exact() -> None:
    table = Table(
        ("name", "p", "counted", "se"), (("a, b", np.float64(0.1), True, None), ('say "hi"', 1e-9, np.False_, 3))
    )
    assert table.to_csv() == 'name,p,counted,se\n"a, b",0.1,true,\n"say ""hi""",1e-09,false,3\n'


def test_tsv_of_one_table_is_exact() -> None:
    assert Table(("a", "b"), (("x\ty\nz", 0.25),)).to_tsv() == "a\tb\nx y z\t0.25\n"


def test_ragged_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="row 2 has 1 values for 2 columns"):
        Table(("a", "b"), ((1, 2), (3,)))


@quick
@given(st.lists(st.tuples(strategies.texts.map(lambda text: text.replace("\r", "")), st.floats()), max_size=6))
def test_csv_reads_back_to_the_same_texts_and_bits(rows: list[tuple[str, float]]) -> None:
    text = Table(("text", "value"), tuple(rows)).to_csv()
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [(name, repr(float(value))) for name, value in read] == [(name, repr(value)) for name, value in rows]


@quick
@given(strategies.results())
def test_odds_table_agrees_with_the_result(result: Result) -> None:
    table = odds.table(result)
    assert column(table, "p", section="odds") == [result["odds"]["p"]]
    assert [column(table, name, section="odds") for name in ("low", "high")] == [
        [x] for x in result["odds"]["interval"]
    ]
    belief = result["odds"]["belief_interval"] or [None, None]
    assert [column(table, name, section="belief") for name in ("low", "high")] == [[x] for x in belief]
    for name, part in result["kinds"].items():
        assert column(table, "p", section="first", item=name) == [part["first"]["p"]]
        assert column(table, "se", section="any", item=name) == [part["any"]["se"]]
    assert column(table, "high", section="base rate") == [base["interval"][1] for base in result["outside_view"]]
    assert column(table, "p", section="definition") == [step["p"] for step in result["ladder"]]
    states = [state["p"] for part in result["states"].values() for state in part.values()]
    assert column(table, "p", section="state") == states


def test_timing_table_agrees_with_the_result() -> None:
    result, by_kind = sample.result(), sample.by_kind()
    table = timing.table(result, by_kind)
    assert column(table, "p", series="cumulative", kind="all") == [part["p"] for part in result["cumulative"]]
    assert column(table, "p", series="cumulative", kind="clash") == by_kind["clash"][1]
    assert column(table, "date", series="month") == [part["month"] for part in result["months"]]
    assert column(table, "p", series="if quiet until") == [part["p_rest"] for part in result["given_quiet"]]
    assert column(table, "runs", series="if quiet until") == [part["n"] for part in result["given_quiet"]]
    # Kinds add up to the total, at every date: 184 of them.
    total = np.array(column(table, "p", series="cumulative", kind="all"), dtype=float)
    kinds = [np.array(column(table, "p", series="cumulative", kind=kind), dtype=float) for kind in by_kind]
    np.testing.assert_allclose(np.sum(kinds, axis=0), total, rtol=1e-12)
    assert len(total) == 184


@quick
@given(strategies.results())
def test_pathways_table_sums_to_the_odds(result: Result) -> None:
    table = pathways.table(result)
    odds_in_table = [float(str(p)) for p in column(table, "p")]
    assert sum(odds_in_table) == pytest.approx(result["odds"]["p"], abs=1e-8)
    roads = odds_in_table[:-1] if column(table, "root")[-1:] == ["all other roads"] else odds_in_table
    assert roads == sorted(roads, reverse=True)


def test_fan_tables_hold_every_quantile_by_its_date() -> None:
    fan = sample.fan()
    table = forces.table(fan)
    assert table.columns == ("quantity", "unit", "date", "day", "q5", "q25", "q50", "q75", "q95", "mean")
    assert column(table, "q95") == fan.values[4].tolist()
    assert column(table, "mean") == fan.mean.tolist()
    # 22 April and 253 days: 31 December.
    assert (column(table, "date")[0], column(table, "date")[-1]) == ("2021-04-22", "2021-12-31")


def test_fans_with_other_levels_share_a_table() -> None:
    fan = sample.fan()
    narrow = strategies.Fan("narrow", "", "", fan.start, fan.days[:2], (0.5,), fan.values[2:3, :2], fan.mean[:2], 9)
    table = preview.table([fan, narrow])
    assert column(table, "q95", quantity="narrow") == [None, None]
    assert column(table, "q50", quantity="narrow") == fan.values[2, :2].tolist()
