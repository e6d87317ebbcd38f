"""Reads a page back as a browser would: elements, their attributes and texts, and faults of structure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "wbr", "img", "link", "hr"}
_ADDRESS = re.compile(r"url\(\s*['\"]?(?!#)|@import|@font-face")


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """This element and all inside it, in the order of the text."""
        yield self
        for part in self.inside:
            if isinstance(part, Element):
                yield from part.walk()

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.walk() if element.tag in tags]

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.inside)

    @property
    def words(self) -> str:
        """The text with its white space as a reader sees it."""
        return " ".join(self.text.split())

    def classed(self, name: str) -> list[Element]:
        return [element for element in self.walk() if name in element.attributes.get("class", "").split()]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        if len(element.attributes) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag != tag:
            self.faults.append(f"</{tag}> ends <{self.open[-1].tag}>")
        if any(element.tag == tag for element in self.open):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(html: str) -> tuple[Element, list[str]]:
    """The document and the faults of its nesting."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.faults += [f"<{element.tag}> is never ended" for element in reader.open[1:]]
    return reader.open[0], reader.faults


def section(html: str, anchor: str) -> Element:
    """The section of a page with this anchor."""
    (found,) = [part for part in read(html)[0].all("section") if part.attributes["id"] == anchor]
    return found


def table(part: Element, caption: str) -> list[list[str]]:
    """The words of the cells of the table with this caption, its head first."""
    (found,) = [one for one in part.all("table") if one.all("caption")[0].words == caption]
    return [[cell.words for cell in row.all("th", "td")] for row in found.all("tr")]


def faults(html: str) -> list[str]:
    """Everything that is wrong with a page for readers of all kinds; nothing for a good page."""
    document, found = read(html)
    return [
        *found,
        *_headings(document),
        *_names(document),
        *_addresses(document),
        *_tables(document),
        *_landmarks(document),
    ]


def _headings(document: Element) -> Iterator[str]:
    levels = [int(element.tag[1]) for element in document.all("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} first headings"
    for before, after in zip([0, *levels], levels, strict=False):
        if after > before + 1:
            yield f"h{after} after h{before}"


def _names(document: Element) -> Iterator[str]:
    ids = Counter(element.attributes["id"] for element in document.walk() if "id" in element.attributes)
    yield from (f"id {name} stands {times} times" for name, times in ids.items() if times > 1)
    for element in document.walk():
        for key in ("aria-labelledby", "aria-describedby", "for"):
            for name in element.attributes.get(key, "").split():
                if name not in ids:
                    yield f"{key} {name} leads nowhere"
        target = element.attributes.get("href", "")
        if target.startswith("#") and target[1:] not in ids:
            yield f"link to {target} leads nowhere"
        if element.tag == "svg" and element.attributes.get("role") == "img" and len(element.all("title", "desc")) != 2:
            yield "a chart without a title or a description"
        if element.attributes.get("role") == "region" and not element.attributes.get("aria-label"):
            yield "a region without a name"


def _addresses(document: Element) -> Iterator[str]:
    for element in document.walk():
        for key in ("src", "href", "xlink:href", "action", "data", "poster", "srcset", "background"):
            value = element.attributes.get(key, "#")
            if not value.startswith("#"):
                yield f"{element.tag} {key}={value}"
        for key, value in element.attributes.items():
            if key.startswith("on"):
                yield f"{element.tag} has {key}"
            if _ADDRESS.search(value):
                yield f"{element.tag} {key}={value}"
        if element.tag in ("link", "iframe", "object", "embed", "base", "form", "img"):
            yield f"<{element.tag}>"
        if element.tag == "style" and _ADDRESS.search(element.text):
            yield "a style with an address"


def _tables(document: Element) -> Iterator[str]:
    for table in document.all("table"):
        if not [part.words for part in table.all("caption") if part.words]:
            yield "a table without a caption"
        yield from (
            "a th without scope" for head in table.all("th") if head.attributes.get("scope") not in ("col", "row")
        )
        wide = len(table.all("thead")[0].all("th"))
        for row in table.all("tbody")[0].all("tr"):
            if len(row.all("th", "td")) != wide:
                yield f"a row of {len(row.all('th', 'td'))} in a table of {wide}"


def _landmarks(document: Element) -> Iterator[str]:
    for tag in ("header", "main", "footer", "nav", "title"):
        times = len([element for element in document.all(tag) if tag != "title" or not _in_chart(document, element)])
        if times != 1:
            yield f"{times} <{tag}>"
    if [element.attributes.get("lang") for element in document.all("html")] != ["en"]:
        yield "no language"


def _in_chart(document: Element, title: Element) -> bool:
    return any(title in svg.walk() for svg in document.all("svg"))
