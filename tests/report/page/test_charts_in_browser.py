"""Charts in a real browser: widths of real text, tooltips, the keyboard, and buttons that hide series."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from sim.report.page.charts.curves import curves
from sim.report.page.charts.embed import Toggle, embed
from tests.report.page import drawings
from tests.report.page.drawings import DRAWINGS, TEXTS, WINDOW

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
TEMPLATES = files("sim.report.page") / "templates"

# Run after the charts' own script; what it finds becomes the title of the page.
PROBE = """
var found = {};
var all = function (selector, inside) { return Array.from((inside || document).querySelectorAll(selector)); };
var bubble = document.querySelector(".tooltip");
var drawing = document.querySelector(".drawing");
var plot = all(".plot", drawing).filter(function (one) { return one.clientWidth > 0; })[0];
found.shown = all(".drawing").map(function (one) {
  return all(".wide, .narrow", one).filter(function (box) { return box.offsetWidth > 0; }).map(function (box) {
    return box.className;
  });
});
found.outside = [];
found.meeting = [];
all(".plot").filter(function (one) { return one.clientWidth > 0; }).forEach(function (one) {
  var size = one.viewBox.baseVal;
  var texts = all("text", one).map(function (text) { return [text.textContent, text.getBBox()]; });
  texts.forEach(function (first, number) {
    var box = first[1];
    if (box.x < -1 || box.x + box.width > size.width + 1) { found.outside.push(first[0]); }
    texts.slice(number + 1).forEach(function (second) {
      var other = second[1];
      var wide = Math.min(box.x + box.width, other.x + other.width) - Math.max(box.x, other.x);
      var high = Math.min(box.y + box.height, other.y + other.height) - Math.max(box.y, other.y);
      if (wide > 1 && high > 0.4 * Math.min(box.height, other.height)) { found.meeting.push([first[0], second[0]]); }
    });
  });
});
var marks = all("[data-tip]", plot);
var press = function (key) {
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: key, bubbles: true, cancelable: true }));
};
found.role = plot.getAttribute("role");
found.stops = all('[tabindex="0"]', plot).length;
found.named = plot.getAttribute("aria-labelledby").split(" ").map(function (id) {
  return document.getElementById(id).textContent;
});
marks[0].focus();
found.focused = [bubble.hidden, bubble.textContent];
press("ArrowRight");
found.next = [document.activeElement === marks[1], bubble.textContent === marks[1].dataset.tip];
press("End");
found.last = document.activeElement === marks[marks.length - 1];
press("Escape");
found.escaped = bubble.hidden;
marks[2].dispatchEvent(new PointerEvent("pointerover", { bubbles: true, clientX: 5, clientY: 5 }));
found.pointed = [bubble.hidden, bubble.textContent === marks[2].dataset.tip];
var at = bubble.getBoundingClientRect();
found.inside = at.left >= 0 && at.top >= 0 && at.right <= innerWidth && at.bottom <= innerHeight;
document.body.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
found.left = bubble.hidden;
var button = drawing.querySelector("button");
var visible = function () {
  return all("[data-series]", plot).filter(function (part) {
    return part.getAttribute("data-series") === button.dataset.toggle && getComputedStyle(part).display !== "none";
  }).length;
};
found.before = visible();
button.click();
found.hidden = [visible(), button.getAttribute("aria-pressed")];
button.click();
found.again = [visible(), button.getAttribute("aria-pressed")];
found.overflow = document.documentElement.scrollWidth > innerWidth;
document.title = JSON.stringify(found);
"""


@pytest.fixture(scope="module", params=[1000, 600])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a browser says of a page of charts in a window so many pixels wide."""
    if CHROMIUM is None:
        if os.environ.get("SIM_REQUIRE_ALL"):
            pytest.fail("no Chromium on the path, and SIM_REQUIRE_ALL asks for everything")
        pytest.skip("no Chromium on the path")
    folder = tmp_path_factory.mktemp("browser")
    page = folder / "charts.html"
    page.write_text(_page(), encoding="utf-8")
    said = _dump(page, folder / "profile", request.param)
    (title,) = re.findall(r"<title>(\{.*?\})</title>", said, re.DOTALL)
    told: dict[str, Any] = json.loads(unescape(title))
    return told | {"width": request.param}


def _page() -> str:
    series = drawings.five_series()
    toggles = [Toggle(one.known_as, one.name, one.slot) for one in series]
    charts = [embed(lambda width: curves(series, width=width, window=WINDOW, **TEXTS), toggles)]
    charts += [embed(draw) for draw in DRAWINGS.values()]
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("charts.css", "charts.js"))
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>none</title><style>{style}</style></head>"
        f"<body>{''.join(charts)}<script>{script}</script><script>{PROBE}</script></body></html>"
    )


def _dump(page: Path, profile: Path, width: int) -> str:
    arguments = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},900", "--dump-dom"]
    done = subprocess.run([*arguments, page.as_uri()], capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


def test_the_chart_that_fits_is_shown(found: dict[str, Any]) -> None:
    expected = "wide" if found["width"] >= 760 else "narrow"
    assert found["shown"] == [[expected]] * (len(DRAWINGS) + 1)
    assert found["overflow"] is False


def test_real_text_neither_overlaps_nor_leaves_the_picture(found: dict[str, Any]) -> None:
    assert found["outside"] == []
    assert found["meeting"] == []


def test_a_chart_is_one_tab_stop_with_marks_to_walk(found: dict[str, Any]) -> None:
    assert (found["role"], found["stops"], found["named"]) == ("group", 1, ["A title", "What it shows."])


def test_the_keyboard_shows_tooltips_and_escape_hides_them(found: dict[str, Any]) -> None:
    hidden, told = found["focused"]
    assert not hidden
    assert told.startswith("3 Jul 2021\nall counted: ")
    assert found["next"] == [True, True]
    assert found["last"] is True
    assert found["escaped"] is True


def test_a_pointer_shows_a_tooltip_inside_the_window_until_it_leaves(found: dict[str, Any]) -> None:
    assert found["pointed"] == [False, True]
    assert found["inside"] is True
    assert found["left"] is True


def test_buttons_hide_and_show_their_series(found: dict[str, Any]) -> None:
    assert found["before"] > 2
    assert found["hidden"] == [0, "false"]
    assert found["again"] == [found["before"], "true"]
