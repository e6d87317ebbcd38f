"""Charts to try everything on: plain ones, crowded ones, and ones with nothing in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sim.report.page.charts.bars import Bar, bars
from sim.report.page.charts.columns import Column, columns
from sim.report.page.charts.curves import Mark, Series, curves
from sim.report.page.charts.heat import Cell, heat
from sim.report.page.charts.rows import Row, rows
from sim.report.page.charts.strip import strip
from sim.report.wording import MONTHS

LONG = "incidents at sea and in the air between forces of both sides, with or without loss of life " * 2
WINDOW = ("2021-07-01", "2021-12-31")
Drawing = Callable[[int], str]


def dates(first: str = "2021-07-03", count: int = 61, step: int = 3) -> list[str]:
    begin = dt.date.fromisoformat(first)
    return [(begin + dt.timedelta(days=number * step)).isoformat() for number in range(count)]


def growth(last: float, count: int = 61) -> list[float]:
    return [last * (number + 1) / count for number in range(count)]


def odds_rows() -> list[Row]:
    return [
        Row("Any counted kind", 0.344, "34.4 %", 0.331, 0.357, 0.08, 0.58, strong=True, note="light bar: beliefs"),
        Row("To be held against: any counted kind", heading=True),
        Row("base rate: build-ups", 0.25, "2 of 8", 0.06, 0.6, note="2 of 8 cases", slot=4),
        Row("Which kind comes first", heading=True),
        Row("Build-up", 0.2, "20 %", 0.19, 0.21, series="build_up", slot=1),
        Row("Invasion", 0.0, "in no run", series="invasion", slot=2),
    ]


def crowded_rows() -> list[Row]:
    return [
        Row(LONG, number / 11, f"between {number} % and {9 * number} %", 0.0, 1.0, note=LONG, heading=number % 4 == 1)
        for number in range(12)
    ]


def differences() -> list[Row]:
    return [
        Row("No exercise", -0.061, "−6.1 points (−7.4 to −4.8)", -0.074, -0.048, note="flips 812 to calm"),
        Row("Talks break down", 0.083, "+8.3 points", 0.07, 0.096),
    ]


def five_series() -> list[Series]:
    every = growth(0.344)
    band = [value - 0.01 for value in every], [value + 0.01 for value in every]
    kinds = [("build-up", 0.19), ("incident", 0.058), ("invasion", 0.052), ("cyber attack", 0.044)]
    return [
        Series("all counted", dates(), every, *band, text="34.4 %"),
        *(
            Series(name, dates(), growth(last), text=f"{100 * last:g} %", slot=slot)
            for slot, (name, last) in enumerate(kinds, start=1)
        ),
    ]


def many_marks() -> list[Mark]:
    days = ("06-16", "07-01", "09-10", "09-10", "09-16", "10-18", "12-07", "12-25", "12-30", "12-31")
    return [Mark(f"2021-{day}", f"event number {number}, scheduled") for number, day in enumerate(days)]


def quiet() -> list[Series]:
    return [Series("odds for the rest", dates(), [0.344 - value for value in growth(0.344)], text="<0.1 %", step=True)]


def bar_items() -> list[Bar]:
    return [
        Bar("main.rate", 0.21, 0.52, "21 %", "52 %", "0.02 per month", "0.31 per month", 0.01, 0.012, 0.0212, "0.0212"),
        Bar("zapad.size", 0.4, 0.29, "40 %", "29 %", "60,000 men", "200,000 men", 0.008, 0.01, 0.004, "0.0040"),
        Bar("talks", 0.36, 0.38, "36 %", "38 %", "−0.2", "0.4", 0.01, 0.01, 0.0011, "0.0011", note="with two others"),
    ]


def crowded_bars() -> list[Bar]:
    odds = [number / 20 for number in range(21)]
    return [Bar(LONG, 0.3, high, LONG, LONG, LONG, LONG, None, 0.3, 0.1, LONG, note=LONG) for high in odds]


def months(count: int, first: int = 0) -> list[Column]:
    names = [f"{MONTHS[(first + number) % 12]} {2021 + number // 12}" for number in range(count)]
    odds = [0.01 + 0.002 * number for number in range(count)]
    return [Column(name, p, p / 2, 1.2 * p, f"{100 * p:.1f} %") for name, p in zip(names, odds, strict=True)]


def grid(rows_: int, columns_: int, words: str = "34 %") -> tuple[list[str], list[str], list[list[Cell]]]:
    cells = [[Cell((i + j) / (rows_ + columns_), words) for j in range(columns_)] for i in range(rows_)]
    return [f"{i} per month" for i in range(rows_)], [f"{j}0,000" for j in range(columns_)], cells


TEXTS = {"title": "A title", "desc": "What it shows."}
DRAWINGS: dict[str, Drawing] = {
    "rows": lambda width: rows(odds_rows(), width=width, guide=0.344, **TEXTS),
    "rows, crowded": lambda width: rows(crowded_rows(), width=width, **TEXTS),
    "rows, differences": lambda width: rows(differences(), width=width, zero=True, **TEXTS),
    "rows, amounts": lambda width: rows([Row("forces", 84_300.0, "84,300")], width=width, percent=False, **TEXTS),
    "rows, none": lambda width: rows([], width=width, **TEXTS),
    "rows, no run": lambda width: rows([Row("any", 0.0, "in no run")], width=width, **TEXTS),
    "curves": lambda width: curves(five_series(), width=width, window=WINDOW, marks=many_marks(), **TEXTS),
    "curves, same ends": lambda width: curves(
        [Series(LONG, dates(), growth(0.3), text=LONG, slot=n) for n in range(9)], width=width, window=None, **TEXTS
    ),
    "curves, falling": lambda width: curves(quiet(), width=width, window=("2021-08-01", "2021-11-30"), **TEXTS),
    "curves, one day": lambda width: curves(
        [Series("any", ["2021-07-01"], [0.1])], width=width, window=("2021-07-01", "2021-07-01"), **TEXTS
    ),
    "curves, a fortnight": lambda width: curves(
        [Series("any", dates(count=14, step=1), growth(0.1, 14))], width=width, window=None, **TEXTS
    ),
    "curves, six years": lambda width: curves(
        [Series("any", dates(count=60, step=37), growth(1.0, 60))], width=width, window=None, **TEXTS
    ),
    "curves, a century": lambda width: curves(
        [Series("any", dates("1950-01-01", 100, 365), growth(1.0, 100))], width=width, window=None, **TEXTS
    ),
    "curves, amounts": lambda width: curves(
        [Series("soldiers", dates(), growth(184_000.0), text="184,000")],
        width=width,
        window=WINDOW,
        percent=False,
        **TEXTS,
    ),
    "curves, none": lambda width: curves([], width=width, window=WINDOW, **TEXTS),
    "columns": lambda width: columns(months(6, 6), width=width, **TEXTS),
    "columns, three years": lambda width: columns(months(36), width=width, **TEXTS),
    "columns, one": lambda width: columns([Column("July", 0.0, text="no run")], width=width, **TEXTS),
    "columns, none": lambda width: columns([], width=width, **TEXTS),
    "bars": lambda width: bars(bar_items(), base=0.344, width=width, **TEXTS),
    "bars, crowded": lambda width: bars(crowded_bars(), base=0.344, width=width, **TEXTS),
    "bars, no gain": lambda width: bars([Bar("rate", 0.3, 0.3, "30 %", "30 %")], base=0.3, width=width, **TEXTS),
    "bars, none": lambda width: bars([], base=0.3, width=width, **TEXTS),
    "strip": lambda width: strip([("Can be known", 0.03, "13 %"), ("Luck", 0.2, "87 %")], width=width, **TEXTS),
    "strip, crowded": lambda width: strip([(LONG, 1.0, "12 %")] * 8, width=width, **TEXTS),
    "strip, nothing": lambda width: strip([("Can be known", 0.0, "none")], width=width, **TEXTS),
    "heat": lambda width: heat(*grid(5, 6), width=width, row_title="rate", column_title="size", **TEXTS),
    "heat, broad": lambda width: heat(*grid(3, 14), width=width, row_title=LONG, column_title=LONG, **TEXTS),
    "heat, huge": lambda width: heat(*grid(40, 40, "between 30 and 40 %"), width=width, **TEXTS),
    "heat, none": lambda width: heat([], [], [], width=width, **TEXTS),
}
