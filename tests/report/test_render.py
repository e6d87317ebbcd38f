"""Files: the same input gives the same bytes, in this process and in another, whatever matplotlib was told before."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

from sim.report import style
from sim.report.figures import odds, timing
from sim.report.render import as_png, as_svg, save
from tests.report import sample

ROOT = Path(__file__).parents[2]
ELSEWHERE = """
import hashlib, sys
from sim.report.figures import timing
from sim.report.render import as_png, as_svg
from tests.report import sample
figure = timing.draw(sample.result(), sample.many_marks(), sample.by_kind())
print(hashlib.sha256(as_png(figure)).hexdigest(), hashlib.sha256(as_svg(figure)).hexdigest())
assert "matplotlib.pyplot" not in sys.modules
"""


def digests() -> list[str]:
    figure = timing.draw(sample.result(), sample.many_marks(), sample.by_kind())
    return [hashlib.sha256(content).hexdigest() for content in (as_png(figure), as_svg(figure))]


def run(code: str, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def test_the_same_figure_has_the_same_bytes_twice_and_in_another_process() -> None:
    here = digests()
    assert digests() == here
    assert run(ELSEWHERE, hash_seed="12345").split() == here


def test_another_result_has_other_bytes() -> None:
    assert as_png(odds.draw(sample.result())) != as_png(odds.draw(sample.certain(True)))


def test_settings_of_the_caller_neither_change_a_figure_nor_are_changed() -> None:
    expected = as_png(odds.draw(sample.result()))
    with mpl.rc_context({"font.size": 23.0, "axes.facecolor": "red", "svg.hashsalt": None, "figure.autolayout": True}):
        before = dict(mpl.rcParams)
        assert as_png(odds.draw(sample.result())) == expected
        assert dict(mpl.rcParams) == before


def test_files_carry_no_date_and_no_version() -> None:
    figure = odds.draw(sample.result())
    assert b"Software" not in as_png(figure)
    vector = as_svg(figure)
    assert b"<dc:date>" not in vector
    assert mpl.__version__.encode() not in vector
    assert b"30.2 % odds of a new crisis" in vector


@pytest.mark.parametrize("svg", [False, True])
def test_save_writes_picture_and_table_side_by_side(tmp_path: Path, svg: bool) -> None:
    result = sample.result()
    folder = tmp_path / "run" / "figures"
    written = save(odds.draw(result), odds.table(result), folder, "odds", svg)
    names = ["odds.png", "odds.svg", "odds.csv"] if svg else ["odds.png", "odds.csv"]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert (folder / "odds.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "odds.csv").read_text() == odds.table(result).to_csv()


def test_the_terminal_summary_loads_no_drawing_library() -> None:
    code = "import sys, sim.report.summary, sim.report.render; print(sorted({'matplotlib'} & set(sys.modules)))"
    assert run(code, hash_seed="0").strip() == "[]"


def luminance(colour: str) -> float:
    """Relative luminance of sRGB (WCAG 2.1), 0 black to 1 white."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_luminance_of_known_colours() -> None:
    assert luminance("#ffffff") == pytest.approx(1.0)
    assert luminance("#ff0000") == pytest.approx(0.2126)
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


def test_kinds_stay_apart_without_colour() -> None:
    looks = [(style.colour(number), style.hatch(number)) for number in range(70)]
    assert len(set(looks)) == 70
    for number in range(11):
        hatches = style.hatch(number), style.hatch(number + 1)
        assert hatches[0] != hatches[1]


@pytest.mark.parametrize("ground", [style.PAPER, style.SHADE])
@pytest.mark.parametrize("ink", [style.INK, style.MUTED])
def test_text_has_the_contrast_that_accessibility_asks_for(ink: str, ground: str) -> None:
    # WCAG 2.1, 1.4.3: at least 4.5 for normal text.
    assert contrast(ink, ground) > 4.5
