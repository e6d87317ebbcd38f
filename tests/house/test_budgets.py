"""Budgets of size, names and addresses, each with a check that an overdraft is seen."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "sim").rglob("*.py"))
SOURCE_NAMES = [path.relative_to(ROOT).as_posix() for path in SOURCES]

FILE_LINES, FILE_LINES_WITH_REASON, FUNCTION_LINES = 400, 450, 60
# File -> why it may have up to 450 lines.
LONG_FILES: dict[str, str] = {}
# "file:function" -> why it may be longer than 60 lines; docstrings do not count.
LONG_FUNCTIONS: dict[str, str] = {}

# Names under which anything can be put, so that nothing can be found.
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "shared"}

# Modules that a function may load when it is called -> why not at the top (seconds measured warm, Python 3.11).
LOADED_LATE = {
    "scipy": "0.1 s (special) to 0.6 s (stats)",
    "matplotlib": "0.3 s",
    "pyarrow": "0.05 s",
    "jinja2": "0.06 s, needed only for pages",
    "multiprocessing": "needed only with several workers",
    "concurrent.futures": "needed only with several workers",
    "sim.report.figures": "loads matplotlib",
    "sim.engines.compiled": "loads numba, 0.5 s",
}

# Put together here, so that this file does not hold what it forbids.
REGISTRY_HOSTS = ["pypi" + ".org", "python" + "hosted.org", "conda" + ".anaconda.org", "registry" + ".npmjs.org"]
MACHINE_ROOTS = ["work", "root", "home", "Users", "opt/wheels", "opt/pypi", "tmp/venv"]
FORBIDDEN = re.compile(
    "|".join(
        [re.escape(host) for host in REGISTRY_HOSTS] + [rf"(?<![\w.~-])/{root}(?![\w.-])" for root in MACHINE_ROOTS]
    )
)


def source(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the last statement, without the docstring: words are not counted against anybody."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        words = function.body[0]
        lines -= (words.end_lineno or words.lineno) - words.lineno + 1
    return lines


def late_imports(tree: ast.Module) -> Iterator[str]:
    """Modules loaded inside functions, a name for every import."""
    inside = {id(node): node for function in functions(tree) for node in ast.walk(function)}
    for node in inside.values():
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or '.'}.{alias.name}" for alias in node.names)


def unexcused(imports: Iterator[str]) -> list[str]:
    return [name for name in imports if not any(f"{name}.".startswith(f"{late}.") for late in LOADED_LATE)]


def relative_imports(tree: ast.Module) -> list[int]:
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level > 0]


def repository_files(*options: str) -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    # A checkout owned by somebody else (a container's mount) is read all the same.
    call = ["git", "-c", "safe.directory=*", "ls-files", "-z", *options]
    listing = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listing.split("\0") if name]


def locked() -> dict[str, list[str]]:
    """Versions in the lock by canonical name; a line that is no pin, hash or remark is an error."""
    versions: dict[str, list[str]] = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if pin := re.fullmatch(r"([\w.-]+)==([\w.]+)( ; [^\\]+)? \\", line):
            versions.setdefault(canonicalize_name(pin[1]), []).append(pin[2])
        else:
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?|\s+#( via| +)[\w ().-]*", line), line
    return versions


@pytest.mark.parametrize("name", SOURCE_NAMES)
def test_file_fits(name: str) -> None:
    lines = len(source(name).splitlines())
    assert lines <= (FILE_LINES_WITH_REASON if name in LONG_FILES else FILE_LINES)


@pytest.mark.parametrize("name", SOURCE_NAMES)
def test_functions_fit(name: str) -> None:
    lengths = [(f"{name}:{f.name}", lines_of(f)) for f in functions(ast.parse(source(name)))]
    assert [(place, n) for place, n in lengths if n > FUNCTION_LINES and place not in LONG_FUNCTIONS] == []


def test_no_exception_is_stale() -> None:
    """A file or function that became short again leaves the list."""
    long_files = {name for name in SOURCE_NAMES if len(source(name).splitlines()) > FILE_LINES}
    trees = {name: ast.parse(source(name)) for name in SOURCE_NAMES}
    long_functions = {
        f"{name}:{f.name}" for name, tree in trees.items() for f in functions(tree) if lines_of(f) > FUNCTION_LINES
    }
    assert set(LONG_FILES) <= long_files
    assert set(LONG_FUNCTIONS) <= long_functions


def test_length_counts_code_and_not_words() -> None:
    code = "\n".join(f"    x{i} = {i}" for i in range(FUNCTION_LINES))
    (bare,) = functions(ast.parse(f"def f():\n{code}\n"))
    (with_words,) = functions(ast.parse(f'def f():\n    """One.\n\n    Two.\n    """\n{code}\n'))
    assert lines_of(bare) == lines_of(with_words) == FUNCTION_LINES + 1


@pytest.mark.parametrize("path", SOURCES, ids=SOURCE_NAMES)
def test_name_says_what_is_inside(path: Path) -> None:
    assert not VAGUE_NAMES & {part.removesuffix(".py").strip("_") for part in path.relative_to(ROOT).parts}


@pytest.mark.parametrize("name", SOURCE_NAMES)
def test_imports_are_absolute(name: str) -> None:
    assert relative_imports(ast.parse(source(name))) == []


def test_relative_import_is_seen() -> None:
    assert relative_imports(ast.parse("import sim\nfrom . import x\ndef f():\n    from ..y import z\n")) == [2, 4]


@pytest.mark.parametrize("name", [name for name in SOURCE_NAMES if not name.startswith("sim/cli/")])
def test_functions_load_only_what_is_slow(name: str) -> None:
    assert unexcused(late_imports(ast.parse(source(name)))) == []


def test_late_import_is_seen() -> None:
    inner = "def g():\n        from sim.rules import link"
    text = f"import json\ndef f():\n    import scipyx\n    {inner}\n    from scipy import stats\n"
    assert unexcused(late_imports(ast.parse(text))) == ["scipyx", "sim.rules.link"]


def test_no_address_in_the_repository() -> None:
    found = []
    for name in repository_files("--cached", "--others", "--exclude-standard"):
        path = ROOT / name
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{name}:{text.count(chr(10), 0, hit.start()) + 1} {hit[0]}" for hit in FORBIDDEN.finditer(text)]
    assert found == []


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_registry_host_is_seen(host: str) -> None:
    assert FORBIDDEN.search(f"--index-url https://{host}/simple")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("see {}work/main", True),
        ('"{}home/me/x.yaml"', True),
        ("file://{}root/x", True),
        ("outputs{}work/main", False),
        ("a{}home/b", False),
        ("{}workers", False),
    ],
)
def test_machine_path_is_seen(text: str, seen: bool) -> None:
    assert bool(FORBIDDEN.search(text.format("/"))) is seen


def test_no_lock_with_addresses_is_tracked() -> None:
    tracked = repository_files("--cached")
    assert [name for name in tracked if Path(name).name == "uv.lock"] == []


def test_results_are_not_tracked() -> None:
    tracked = repository_files("--cached")
    assert [name for name in tracked if name.startswith("outputs/") and name != "outputs/.gitkeep"] == []


def test_lock_covers_what_the_project_asks_for() -> None:
    """Every requirement of pyproject.toml has a version in the lock, and that version satisfies it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"], *settings["build-system"]["requires"]]
    versions = locked()
    unmet = []
    for requirement in map(Requirement, asked):
        pins = versions.get(canonicalize_name(requirement.name), [])
        if not pins or not all(requirement.specifier.contains(pin) for pin in pins):
            unmet.append((str(requirement), pins))
    assert unmet == []
