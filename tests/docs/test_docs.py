"""The documentation keeps its word: links lead somewhere, commands run, files load, and no key goes unexplained."""

from __future__ import annotations

import importlib.util
import math
import re
import shlex
import shutil
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from scipy.integrate import solve_ivp
from scipy.stats import beta

from sim.cli import console
from sim.cli.app import app, main
from sim.records.result import Result
from sim.scenario.diagnostics import CODES
from sim.scenario.load import load

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PAGE_NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
COMMAND_PAGES = ["README.md", "docs/tutorial.md"]
COLUMNS = 100
MARKERS = ("output", "fails", "run")

_FENCE = re.compile(r"^(?:<!-- test: (\w+) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# --- links ---------------------------------------------------------------------------------------------------------


def prose(text: str) -> str:
    """A page without its fenced blocks and inline code, where brackets mean something else."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(text: str) -> set[str]:
    """The anchors that headings get: lower case, marks dropped, spaces as hyphens."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path, text: str) -> Iterator[str]:
    for target in _LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = (page.parent / name).resolve()
        missing = bool(name) and not goal.exists()
        if missing or (anchor and anchor not in anchors(goal.read_text(encoding="utf-8") if name else text)):
            yield target


@pytest.mark.parametrize("name", PAGE_NAMES)
def test_links_lead_somewhere(name: str) -> None:
    assert list(broken_links(ROOT / name, text_of(name))) == []


def test_broken_link_is_seen() -> None:
    text = "# A b: c\n[x](nowhere.md) [y](README.md#no-such) [z](#a-b-c) [w](#b) `[v](gone.md)`\n"
    assert list(broken_links(ROOT / "README.md", text)) == ["nowhere.md", "README.md#no-such", "#b"]


# --- commands ------------------------------------------------------------------------------------------------------


def fences(name: str) -> list[tuple[str, str, str]]:
    """Marker, language and text of every fenced block of a page."""
    return [(found[1] or "", found[2], found[3]) for found in _FENCE.finditer(text_of(name))]


def dialogue(block: str) -> Iterator[tuple[str, list[str]]]:
    """Every `$ command` of a block with the lines shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, [line.strip() for line in shown if line.strip() not in ("", "…")]


def missing_lines(shown: list[str], told: str) -> list[str]:
    """Lines of the page that a command did not print; `…` inside a line stands for anything."""
    real = [" ".join(line.split()) for line in told.splitlines()]
    patterns = [re.escape(" ".join(line.split())).replace("…", ".*") for line in shown]
    return [
        line for line, pattern in zip(shown, patterns, strict=True) if not any(re.fullmatch(pattern, x) for x in real)
    ]


def tiny(arguments: list[str]) -> list[str]:
    """A command that plays so little, and with one picture, that only its working is tested."""
    return [*arguments, *_TINY.get(arguments[0], ())]


_TINY = {
    "run": ("--quick", "--worlds", "6", "--replays", "2"),
    "compare": ("--quick", "--worlds", "40", "--replays", "2"),
    "drivers": ("--quick", "--worlds", "120", "--replays", "2"),
    "sweep": ("--worlds", "40", "--replays", "2"),
    "breakeven": ("--worlds", "200", "--replays", "2"),
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the scenarios in it, and a terminal of fixed width."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    monkeypatch.setattr(console, "width", lambda: COLUMNS)
    return tmp_path


@pytest.mark.parametrize("name", COMMAND_PAGES)
def test_commands_do_what_the_page_shows(name: str, desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`output` and `fails` compare what is printed, `run` plays a few runs only, `file` writes and `python` reads."""
    for marker, language, block in fences(name):
        if marker == "python":
            exec(compile(block, name, "exec"), {"__name__": "__main__"})
            shown = [line[2:] for line in block.splitlines() if line.startswith("# ")]
            assert missing_lines(shown, capsys.readouterr().out) == []
        if marker == "file":
            (desk / block.split()[1]).write_text(block, encoding="utf-8")
        if language != "console" or marker not in MARKERS:
            continue
        for command, shown in dialogue(block):
            program, *arguments = shlex.split(command)
            assert program == "sim", f"{name}: `{command}` is no sim command"
            code = main(tiny(arguments) if marker == "run" else arguments)
            told = capsys.readouterr()
            assert code == (1 if marker == "fails" else 0), f"{name}: `{command}` ends with {code}: {told.err}"
            if marker != "run":
                assert missing_lines(shown, told.out + told.err) == [], f"{name}: `{command}`"


@pytest.mark.parametrize("name", COMMAND_PAGES)
def test_every_sim_command_is_tested(name: str) -> None:
    shown = [(marker, block) for marker, _, block in fences(name) if re.search(r"^\$ sim ", block, re.MULTILINE)]
    assert shown
    assert [block for marker, block in shown if marker not in MARKERS] == []


def test_readme_lists_the_commands_there_are() -> None:
    listed = re.findall(r"^\| `sim (\w+)", text_of("README.md"), re.MULTILINE)
    assert listed == [command.name for command in app.registered_commands]


def test_a_line_that_was_not_printed_is_seen() -> None:
    told = "Odds 31 % (Monte-Carlo 95 %: 28–35 %).\nkept in outputs/x/12ab (3.1 s)\n"
    shown = ["Odds 31 % (Monte-Carlo 95 %: 28–35 %).", "kept in outputs/x/… (… s)", "Odds 32 %", "Odds 3"]
    assert missing_lines(shown, told) == ["Odds 32 %", "Odds 3"]


def test_commands_of_the_readme_are_those_of_the_checks() -> None:
    install = (
        "python3 -m venv .venv && .venv/bin/python -m pip install -q --require-hashes -r requirements.lock && "
        ".venv/bin/python -m pip install -q --no-deps --no-build-isolation -e . && "
    )
    lines = text_of("README.md").splitlines()
    assert install + ".venv/bin/sim run scenarios/spring-2021.yaml" in lines
    assert install + ".venv/bin/python -m pytest -n auto" in lines
    assert text_of(".ci/run").splitlines()[-1] in lines


# --- scenarios in pages --------------------------------------------------------------------------------------------

WHOLE_SCENARIOS = [
    (name, number, block)
    for name in PAGE_NAMES
    for number, (_, language, block) in enumerate(fences(name))
    if language == "yaml" and re.search(r"^schema: 1$", block, re.MULTILINE)
]


def test_pages_show_whole_scenarios() -> None:
    assert len(WHOLE_SCENARIOS) >= 2


@pytest.mark.parametrize(("name", "number", "block"), WHOLE_SCENARIOS, ids=lambda value: str(value)[:40])
def test_scenarios_of_pages_load(name: str, number: int, block: str, tmp_path: Path) -> None:
    file = tmp_path / "shown.yaml"
    file.write_text(block, encoding="utf-8")
    case = load(file)
    assert case.warnings == ()


# --- the reference and the code ------------------------------------------------------------------------------------


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_is_what_the_code_says() -> None:
    """When this fails: `python docs/make_reference.py`, and look at what changed."""
    text = text_of("docs/scenario-reference.md")
    assert generator().page(text) == text


def test_stale_reference_is_seen() -> None:
    text = text_of("docs/scenario-reference.md")
    assert generator().page(text.replace("| `honoured_share` |", "| `honored_share` |")) == text
    with pytest.raises(ValueError, match="needs one"):
        generator().page(text.replace("<!-- end codes -->", ""))


@pytest.mark.parametrize("key", ["Pullback.takes", "crises.NAME.on"])
def test_a_key_without_words_is_seen(key: str) -> None:
    module = generator()
    words = module.MEANINGS if key in module.MEANINGS else module.NAMES
    del words[key]
    with pytest.raises(ValueError, match=re.escape(key)):
        module.page(text_of("docs/scenario-reference.md"))


def test_words_without_a_key_are_seen() -> None:
    module = generator()
    module.MEANINGS["Pullback.colour"] = "no such key"
    with pytest.raises(ValueError, match=r"Pullback\.colour"):
        module.page(text_of("docs/scenario-reference.md"))


def test_every_code_is_listed() -> None:
    reference = text_of("docs/scenario-reference.md")
    assert [code for code in CODES if f"| `{code}` |" not in reference] == []


# --- statistics ----------------------------------------------------------------------------------------------------


def keys_below(shape: object, path: str) -> Iterator[tuple[str, str]]:
    """Every (top key, last key) of a TypedDict, through lists and dictionaries."""
    if typing.is_typeddict(shape):
        for key, inner in typing.get_type_hints(shape).items():
            deeper = list(keys_below(inner, path or key))
            # an estimate is always p and se, which the page says once
            if not deeper or {last for _, last in deeper} == {"p", "se"}:
                yield path or key, key
            else:
                yield from deeper
        return
    for part in typing.get_args(shape):
        yield from keys_below(part, path)


def unexplained(page: str) -> list[tuple[str, str]]:
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return [
        (top, last)
        for top, last in keys_below(Result, "")
        if not any(re.search(rf"`{top}\b", row) and re.search(rf"[.`]{last}`", row) for row in rows)
    ]


def test_every_key_of_the_result_is_explained() -> None:
    assert len(list(keys_below(Result, ""))) > 50
    assert unexplained(text_of("docs/statistics.md")) == []


def test_an_unexplained_key_is_seen() -> None:
    page = text_of("docs/statistics.md").replace("`odds.V_se`, ", "").replace("`.clamped`", "")
    assert unexplained(page) == [("odds", "V_se"), ("assumptions", "clamped")]


def hawkes(mu: float, branching: float, half_life: float, days: float, z: float) -> tuple[float, float, float]:
    """Mean and variance of the number of incidents, and E[z^N], by the equations of the page."""
    decay = math.log(2.0) / half_life
    jump = branching * decay
    kappa = decay - jump
    limit = mu * decay / kappa

    def mean(t: float) -> float:
        return limit + (mu - limit) * math.exp(-kappa * t)

    def moments(t: float, y: list[float]) -> list[float]:
        a, c, _, b, _ = y
        return [
            jump * jump * mean(t) - 2.0 * kappa * a,
            -kappa * c + a + jump * mean(t),
            2.0 * c + mean(t),
            1.0 - decay * b - z * math.exp(-jump * b),
            decay * mu * b,
        ]

    end = solve_ivp(moments, (0.0, days), [0.0] * 5, rtol=1e-11, atol=1e-13).y[:, -1]
    count = limit * days + (mu - limit) * (1.0 - math.exp(-kappa * days)) / kappa
    return count, float(end[2]), math.exp(-end[4] - mu * end[3])


def test_hawkes_equations_have_their_limits() -> None:
    """Two limits with closed forms: no offspring, and no incident at all."""
    count, variance, quiet = hawkes(0.02, 0.0, 5.0, 300.0, 0.0)
    # without offspring it is a Poisson process
    assert count == pytest.approx(6.0, rel=1e-12)
    assert variance == pytest.approx(6.0, rel=1e-9)
    assert quiet == pytest.approx(math.exp(-6.0), rel=1e-8)
    _, _, quiet = hawkes(0.02, 0.5, 5.0, 300.0, 0.0)
    # nothing excites before the first incident
    assert quiet == pytest.approx(math.exp(-6.0), rel=1e-8)


def test_known_answers_are_right() -> None:
    """Each closed form of the page, worked out again."""
    kappa = math.log(2.0) / 20.0
    both = 1.0 - math.exp(-0.006 * 200.0)
    count, variance, no_clash = hawkes(0.02, 0.5, 5.0, 300.0, 0.99)
    low, high = beta.ppf([0.05, 0.95], 2, 5)
    shown = [
        f"clash {200 / 3 * both:.2f} %",
        f"ultimatum {100 / 3 * both:.2f} %",
        f"together {100 * both:.2f} %",
        f"clash {100 * (1 - math.exp(-0.8)):.2f} %, ultimatum {100 * (1 - math.exp(-0.4)):.2f} %",
        f"{100 * (1 - math.exp(-0.003 * (60 + 0.5 * 4 * (1 - math.exp(-kappa * 60)) / kappa))):.2f} %",
        f"{100 * (1 - (1 + 50 / 20) * math.exp(-50 / 20)):.2f} %",
        f"{200 / 7:.2f} %, V {10 / 392:.4f}, W {10 / 49 - 10 / 392:.4f}, {100 * low:.1f} % to {100 * high:.1f} %",
        f"E N = {count:.4f} and Var N = {variance:.3f}",
        f"odds of a clash are {100 * (1 - no_clash):.3f} %",
        f"would give {100 * (1 - math.exp(-0.01 * count)):.2f} %",
    ]
    page = " ".join(text_of("docs/statistics.md").split())
    assert [answer for answer in shown if answer not in page] == []
