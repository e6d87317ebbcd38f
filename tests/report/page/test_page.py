"""Whole pages: their structure, that nothing is fetched, that nothing from a file becomes markup, and their size."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable

import jinja2
import pytest

from sim.report.page import render, run_page
from sim.report.page.blocks import Cell, Column, Grid
from tests.report.page import pages
from tests.report.page.pages import HOSTILE, NAMES
from tests.report.page.reading import Element, faults, read

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
HOSTILE_PAGES = ["hostile", "hostile comparison"]


def document(html: str) -> Element:
    return read(html)[0]


@pytest.fixture(scope="module")
def made() -> Callable[[str], str]:
    """Pages by name, each made once."""
    known: dict[str, str] = {}

    def page(name: str) -> str:
        if name not in known:
            known[name] = pages.html(name)
        return known[name]

    return page


@pytest.mark.parametrize("name", NAMES)
def test_structure_is_sound(made: Callable[[str], str], name: str) -> None:
    assert faults(made(name)) == []


def good() -> str:
    return (
        "<!DOCTYPE html><html lang='en'><head><title>t</title></head><body><header><h1>a</h1></header><nav></nav><main>"
        "<h2 id='x'>b</h2></main><footer></footer></body></html>"
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<h2 id='x'>b</h2>", "<h3>b</h3>", "h3 after h1"),
        ("<h1>a</h1>", "", "0 first headings"),
        ("<nav>", "<nav id='x'>", "id x stands 2 times"),
        ("<nav>", "<nav aria-labelledby='y'>", "aria-labelledby y leads nowhere"),
        ("<nav>", "<nav><a href='#y'>z</a>", "link to #y leads nowhere"),
        ("<nav>", "<nav><a href='https://example.org'>z</a>", "a href=https://example.org"),
        ("<nav>", "<nav style='background: url(https://x)'>", "nav style=background: url(https://x)"),
        ("<nav>", "<nav onclick='x()'>", "nav has onclick"),
        ("</title>", "</title><style>@import 'x';</style>", "a style with an address"),
        ("</h2>", "</h3>", "</h3> ends <h2>"),
        ("<main>", "<main><table><thead></thead><tbody></tbody></table>", "a table without a caption"),
        ("<footer>", "<footer></footer><footer>", "2 <footer>"),
        ("<main>", "<main><svg role='img'><title>t</title></svg>", "a chart without a title or a description"),
    ],
)
def test_a_fault_is_seen(old: str, new: str, fault: str) -> None:
    assert faults(good()) == []
    assert fault in faults(good().replace(old, new, 1))


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_forbids_to_fetch_and_comes_before_all_content(made: Callable[[str], str], name: str) -> None:
    head = document(made(name)).all("head")[0]
    metas = [(meta.attributes.get("http-equiv"), meta.attributes.get("content")) for meta in head.all("meta")]
    assert metas[1] == ("Content-Security-Policy", POLICY)
    assert [part.tag for part in head.walk()][1:4] == ["meta", "meta", "meta"]


@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_markup_from_files_stays_text(made: Callable[[str], str], name: str) -> None:
    page = document(made(name))
    assert len(page.all("script")) == 2
    assert page.all("img") == []
    assert [element.tag for element in page.walk() if any(key.startswith("on") for key in element.attributes)] == []
    assert page.all("main")[0].text.count(HOSTILE) >= 10
    assert page.all("h1")[0].words == page.all("title")[0].words == HOSTILE
    assert "49" not in page.all("h1")[0].text


def test_without_escaping_the_same_markup_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    made = render._environment

    def careless() -> jinja2.Environment:
        environment = made()
        environment.autoescape = False
        return environment

    monkeypatch.setattr(render, "_environment", careless)
    page = document(run_page.html(pages.hostile()))
    assert len(page.all("script")) > 2


@pytest.mark.parametrize("name", NAMES)
def test_the_record_behind_the_page_can_be_read_back(made: Callable[[str], str], name: str) -> None:
    (script,) = [part for part in document(made(name)).all("script") if part.attributes.get("type")]
    expected = pages.RUNS[name]().result if name in pages.RUNS else pages.COMPARISONS[name]().comparison
    assert json.loads(script.text) == json.loads(json.dumps(expected))


def test_no_text_ends_the_element_that_holds_the_record() -> None:
    text = render.embedded({"x": f"{HOSTILE}\u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"x": f"{HOSTILE}\u2028"}
    assert "</script>" in json.dumps({"x": HOSTILE})


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render.embedded({"p": float("nan")})


@pytest.mark.parametrize("name", ["full", "crowded", "variants", "hostile"])
def test_the_same_facts_give_the_same_bytes(made: Callable[[str], str], name: str) -> None:
    assert pages.html(name) == made(name)


@pytest.mark.parametrize(("name", "most"), [("full", 500_000), ("crowded", 900_000), ("variants", 700_000)])
def test_pages_are_small_enough_to_be_sent(made: Callable[[str], str], name: str, most: int) -> None:
    assert len(made(name).encode()) < most


@pytest.mark.parametrize("name", NAMES)
def test_the_contents_list_every_section_in_order(made: Callable[[str], str], name: str) -> None:
    page = document(made(name))
    targets = [link.attributes["href"][1:] for link in page.all("nav")[0].all("a")]
    assert targets == [section.attributes["id"] for section in page.all("section")]
    assert targets[-1] == "glossary"


def test_every_chart_has_the_table_behind_it(made: Callable[[str], str]) -> None:
    figures = document(made("full")).all("figure")
    assert len(figures) == 9
    for figure in figures:
        assert len([part for part in figure.all("svg") if part.attributes.get("role") == "img"]) == 2
        (details,) = figure.all("details")
        assert "open" not in details.attributes
        assert details.all("table")[0].all("td") != []


def test_tools_that_need_a_script_are_hidden_without_one(made: Callable[[str], str]) -> None:
    page = document(made("full"))
    assert ["hidden" in part.attributes for part in (*page.classed("tools"), *page.classed("search"))] == [True, True]
    assert page.all("table") != [] == [head for head in page.all("th") if head.all("button")]


def test_print_and_motion_and_dark_are_in_the_style(made: Callable[[str], str]) -> None:
    style = document(made("full")).all("style")[0].text
    for rule in (
        "@media print",
        "prefers-reduced-motion",
        "prefers-color-scheme: dark",
        "details-content",
        "break-before",
    ):
        assert rule in style


def test_a_style_that_ends_its_element_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "_STYLES", ("page.html.jinja",))
    with pytest.raises(ValueError, match=re.escape("page.html.jinja: `</` would end the element")):
        run_page.html(pages.bare())


def test_rows_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="row 2 has 2 cells for 1 columns"):
        Grid("x", [Column("a")], [[Cell("1")], [Cell("1"), Cell("2")]])


@pytest.mark.parametrize("name", NAMES)
def test_no_empty_text_and_no_python_shows_through(name: str) -> None:
    page = document(pages.html(name))
    for element in page.all("main")[0].all("p", "figcaption", "h2", "h3", "caption", "dt", "dd"):
        if "hidden" not in element.attributes and element.attributes.get("class") != "search":
            assert element.words or element.attributes.get("class") == "found"
    text = page.all("main")[0].text
    assert re.findall(r"\bNone\b|\bnan\b|\bTrue\b|\bFalse\b|<sim\.|\{'", text) == []


def test_pages_are_plain_data_until_they_are_rendered() -> None:
    page = pages.page("full")
    assert dataclasses.is_dataclass(page)
    assert page == pages.page("full")
