"""Pages as HTML: one file that needs no other, fetches nothing, and has the same bytes for the same facts.

Everything that comes from a scenario file is escaped by the templates. Only two things are not: the charts, which
escape their own texts, and the style and script of this package.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from sim.report.page.blocks import Page

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
_STYLES = ("charts.css", "page.css")
_SCRIPTS = ("charts.js", "page.js")


def html(page: Page) -> str:
    """The page as a whole HTML document."""
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(page=page, policy=POLICY, style=_joined(_STYLES), script=_joined(_SCRIPTS), data=embedded(page.data))
    )


def embedded(data: object) -> str:
    """JSON that may stand inside a `<script>`: no text in it can end the element or begin a comment.

    The rules are those of the HTML standard (§4.12.1.3, restrictions for contents of script elements). Raises
    `ValueError` for numbers that JSON cannot tell.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _environment() -> Environment:
    # only pages need it
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("sim.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_tied,
    )


def _tied(value: object) -> object:
    """A text whose figures stay on one line with their signs of per cent; anything else as it is, markup too."""
    return value.replace(" %", "\N{NO-BREAK SPACE}%") if type(value) is str else value


def _joined(names: tuple[str, ...]) -> str:
    """Style or script of this package; none of it may end the element that it stands in."""
    folder = files("sim.report.page") / "templates"
    text = "\n".join((folder / name).read_text(encoding="utf-8").strip() for name in names)
    if "</" in text:
        raise ValueError(f"{', '.join(names)}: `</` would end the element")
    return text
