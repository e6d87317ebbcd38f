"""Pages in a real browser: no error, nothing fetched, nothing wider than the window, and every button works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.report.page import pages

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WIDTHS = [400, 1000, 1600]
SEEN = ["full", "hostile", "variants", "hostile comparison"]

# A window has a least width, a frame has none: each width is a frame, and what the frames say becomes the title.
FRAMES = """<!DOCTYPE html><html><head><title>none</title></head><body>
<script>
var found = {}, left = WIDTHS.length;
addEventListener("message", function (event) {
  found[event.data.width] = event.data.found;
  left -= 1;
  if (left === 0) { document.title = JSON.stringify(found); }
});
WIDTHS.forEach(function (width) {
  var frame = document.createElement("iframe");
  frame.style.width = width + "px";
  frame.style.height = "800px";
  frame.src = "page.html";
  document.body.appendChild(frame);
});
</script></body></html>"""

# Runs after the page's own scripts, inside a frame.
PROBE = """
var found = {};
var all = function (selector) { return Array.from(document.querySelectorAll(selector)); };
var root = document.documentElement;
found.overflow = root.scrollWidth - root.clientWidth;
found.columns = getComputedStyle(document.body).display === "grid";
found.tools = all(".tools, .search").filter(function (part) { return part.hidden; }).length;
found.paper = [getComputedStyle(document.body).backgroundColor];
var theme = document.getElementById("theme");
found.pressed = [theme.getAttribute("aria-pressed")];
theme.click();
found.paper.push(getComputedStyle(document.body).backgroundColor);
found.pressed.push(theme.getAttribute("aria-pressed"));
theme.click();
found.paper.push(getComputedStyle(document.body).backgroundColor);
var box = document.querySelector(".searchable");
if (box) {
  var rows = function () { return Array.from(box.querySelectorAll("tbody tr")); };
  var shown = function () { return rows().filter(function (row) { return row.offsetHeight > 0; }).length; };
  var input = box.querySelector("input");
  var search = function (words) { input.value = words; input.dispatchEvent(new Event("input")); };
  found.rows = shown();
  search("KAVKAZ zapad");
  found.searched = [shown(), box.querySelector(".found").textContent];
  search("nothing is called so");
  found.nothing = [shown(), box.querySelector(".found").textContent];
  search("");
  found.all = [shown(), box.querySelector(".found").textContent];
  var head = box.querySelectorAll("thead button")[3];
  var medians = function () { return rows().map(function (row) { return row.cells[3].textContent.trim(); }); };
  head.click();
  found.rising = [medians(), head.closest("th").getAttribute("aria-sort")];
  head.click();
  found.falling = [medians(), head.closest("th").getAttribute("aria-sort")];
  box.querySelectorAll("thead button")[0].click();
  found.sorts = all("[aria-sort]").length;
}
document.querySelectorAll("details").forEach(function (part) { part.open = true; });
dispatchEvent(new Event("resize"));
var wider = function (part) { return part.scrollWidth > part.clientWidth + 1; };
var named = function (part) { return part.tabIndex === 0 && part.getAttribute("aria-label").length > 0; };
found.scrolled = all(".scroll").filter(wider).length;
found.reached = all('.scroll[role="region"]').filter(named).length;
document.querySelectorAll("details").forEach(function (part, number) { part.open = number === 0; });
found.folded = all("details:not([open])").length;
dispatchEvent(new Event("beforeprint"));
found.printed = all("details:not([open])").length;
found.printedOverflow = root.scrollWidth - root.clientWidth;
dispatchEvent(new Event("afterprint"));
found.after = all("details:not([open])").length;
document.querySelector(".skip").focus();
found.skip = document.activeElement.getBoundingClientRect().left >= 0;
found.alerts = typeof window.hit;
var kept = null;
var made = URL.createObjectURL;
URL.createObjectURL = function (blob) { kept = blob; return made.call(URL, blob); };
HTMLAnchorElement.prototype.click = function () { found.link = [this.download, this.href.slice(0, 5)]; };
document.getElementById("save").click();
kept.text().then(function (text) {
  var record = JSON.parse(document.getElementById("data").textContent);
  found.saved = [kept.type, JSON.parse(text).schema, text.length];
  found.same = JSON.stringify(JSON.parse(text)) === JSON.stringify(record);
  parent.postMessage({ width: innerWidth, found: found }, "*");
});
"""


class Browser:
    """What a browser said and did with a page in frames of all widths."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        result = pages.html(name)
        page = folder / "page.html"
        page.write_text(result.replace("</body>", f"<script>{PROBE}</script></body>"), encoding="utf-8")
        frames = folder / "frames.html"
        frames.write_text(FRAMES.replace("WIDTHS", json.dumps(WIDTHS)), encoding="utf-8")
        log = folder / "net.json"
        logging = ["--enable-logging=stderr", "--v=0", f"--log-net-log={log}"]
        profile = [f"--user-data-dir={folder / 'profile'}", "--allow-file-access-from-files"]
        window = ["--window-size=1700,900", "--virtual-time-budget=20000", "--dump-dom"]
        arguments = [str(CHROMIUM), *FLAGS, *profile, *logging, *window, frames.as_uri()]
        done = subprocess.run(arguments, capture_output=True, timeout=180, check=True)
        self.errors = re.findall(r"CONSOLE.*", done.stderr.decode(errors="replace"))
        self.addresses = _fetched(log)
        (title,) = re.findall(r"<title>(.*?)</title>", done.stdout.decode(), re.DOTALL)
        assert title != "none", done.stderr.decode(errors="replace")
        self.found: dict[str, Any] = json.loads(unescape(title))


def _fetched(log: Path) -> list[str]:
    """Every address that was asked for on behalf of a page; the browser's own errands have no origin."""
    found = set()
    for line in log.read_text(encoding="utf-8").splitlines():
        address = re.search(r'"url":"((?:https?|wss?|ftp):[^"]*)"', line)
        origin = re.search(r'"initiator":"([^"]*)"', line)
        if address and origin and origin[1] != "not an origin":
            found.add(address[1])
    return sorted(found)


@pytest.fixture(scope="module", params=SEEN)
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """A browser that has seen one of the pages."""
    if CHROMIUM is None:
        if os.environ.get("SIM_REQUIRE_ALL"):
            pytest.fail("no Chromium on the path, and SIM_REQUIRE_ALL asks for everything")
        pytest.skip("no Chromium on the path")
    return Browser(tmp_path_factory.mktemp("browser"), request.param)


def test_nothing_is_complained_about(browser: Browser) -> None:
    assert browser.errors == []


def test_nothing_is_fetched(browser: Browser) -> None:
    assert browser.addresses == []


def test_nothing_is_wider_than_the_window(browser: Browser) -> None:
    assert sorted(map(int, browser.found)) == WIDTHS
    assert {width: max(told["overflow"], 0) for width, told in browser.found.items()} == dict.fromkeys(browser.found, 0)
    assert max(told["printedOverflow"] for told in browser.found.values()) <= 0


def test_the_contents_stand_beside_the_page_where_it_is_wide(browser: Browser) -> None:
    assert {width: told["columns"] for width, told in browser.found.items()} == {
        "400": False,
        "1000": False,
        "1600": True,
    }


def test_the_theme_can_be_turned(browser: Browser) -> None:
    for told in browser.found.values():
        assert told["paper"] == ["rgb(255, 255, 255)", "rgb(20, 23, 26)", "rgb(255, 255, 255)"]
        assert told["pressed"] == ["false", "true"]
        assert told["tools"] == 0


def test_paper_is_unfolded_and_the_screen_folded_again(browser: Browser) -> None:
    for told in browser.found.values():
        assert told["folded"] == told["after"] > 5
        assert told["printed"] == 0


def test_tables_wider_than_their_box_can_be_reached_by_keyboard(browser: Browser) -> None:
    for told in browser.found.values():
        assert told["scrolled"] == told["reached"]
    assert browser.found["400"]["scrolled"] > browser.found["1600"]["scrolled"]


def test_the_skip_link_shows_when_it_has_the_focus(browser: Browser) -> None:
    assert [told["skip"] for told in browser.found.values()] == [True] * len(WIDTHS)


def test_the_numbers_can_be_saved_as_a_file(browser: Browser) -> None:
    expected = pages.page(browser.name)
    for told in browser.found.values():
        assert told["link"] == [expected.saved_as, "blob:"]
        assert told["saved"][:2] == ["application/json", 1]
        assert told["saved"][2] > 1000
        assert told["same"] is True


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """A browser that has seen a table with several assumptions."""
    if CHROMIUM is None:
        if os.environ.get("SIM_REQUIRE_ALL"):
            pytest.fail("no Chromium on the path, and SIM_REQUIRE_ALL asks for everything")
        pytest.skip("no Chromium on the path")
    return Browser(tmp_path_factory.mktemp("browser"), "listed")


def test_assumptions_can_be_searched(listed: Browser) -> None:
    for told in listed.found.values():
        assert told["rows"] == 4
        assert told["searched"] == [1, "1 of 4"]
        assert told["nothing"] == [0, "0 of 4"]
        assert told["all"] == [4, ""]


def test_assumptions_are_sorted_by_number_and_not_by_text(listed: Browser) -> None:
    for told in listed.found.values():
        assert told["rising"] == [["9", "25", "300", "30,000"], "ascending"]
        assert told["falling"] == [["30,000", "300", "25", "9"], "descending"]
        assert told["sorts"] == 1


def test_a_request_would_be_seen(tmp_path: Path) -> None:
    """The control of the reader of the network log."""
    log = tmp_path / "net.json"
    asked = [("null", "https://example.org/x"), ("not an origin", "https://example.org/y"), ("null", "file:///z")]
    lines = [json.dumps({"params": {"initiator": origin, "url": url}}, separators=(",", ":")) for origin, url in asked]
    log.write_text(",\n".join(lines), encoding="utf-8")
    assert _fetched(log) == ["https://example.org/x"]


def test_an_error_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that asks for something, breaks, and is too wide, in the same browser."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    spoilt = (
        '<div style="width: 3000px">wide</div><script>console.error("broken")</script>'
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css"></body>'
    )
    bare = pages.html("full")
    without_policy = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", bare)
    monkeypatch.setattr(pages, "html", lambda _: without_policy.replace("</body>", spoilt, 1))
    seen = Browser(tmp_path, "full")
    assert any("broken" in line for line in seen.errors)
    assert any("127.0.0.1:9" in address for address in seen.addresses)
    assert all(told["overflow"] > 0 for told in seen.found.values())
