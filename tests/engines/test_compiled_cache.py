"""The cache of machine code: never stale, never in the way, and never a reason to fail.

Compiling takes longer than everything else here, so one fixture alone does it. The other tests work on copies of what
this process has compiled or read, and see that nothing is compiled.
"""

from __future__ import annotations

import errno
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import sim
from sim.engines import compiled
from sim.engines.compiled import Compiled
from sim.engines.reference import Reference
from sim.rules.language import Begin, Clock, Quantity
from tests.engines.test_parity import bits
from tests.engines.writing import SEED, ask, event

ROOT = Path(sim.__file__).parents[1]


def answer(engine: type[Compiled] | type[Reference]) -> str:
    """When a clock rings whose rate is a tenth of exp(2): a number that depends on `flows.multiplier` and its limit."""
    rule = event("a", Clock(0.1, exponent=(("z", 2.0),)), Begin("k"))
    question = ask(rule, days=100.0, quantities=[Quantity("z", 1.0)])
    program = question.program()
    outcomes = engine(program, SEED).play_batch(range(2), range(3), np.array(question.numbers(program)))
    return repr(bits(outcomes.first.tolist()))


ANSWER = answer(Reference)


@pytest.fixture(scope="module")
def warm() -> Path:
    """The folder in which numba keeps the machine code of this process."""
    if compiled.numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    assert answer(Compiled) == ANSWER
    kept = compiled._machine_code(kept=True).stats.cache_path  # type: ignore[attr-defined]
    if kept is None:
        pytest.skip("this machine keeps no machine code")
    return Path(kept)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is not there yet, in which this process now keeps its machine code."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(compiled.CACHE_VARIABLE, str(folder))
    # a setting of numba's own, which is changed whenever a kernel is made
    monkeypatch.setattr(compiled.numba.config, "CACHE_DIR", compiled.numba.config.CACHE_DIR)
    return folder


# --- the right version: a copy of the package, before and after a change ---

SCRIPT = """
import json, sys
from sim.engines import compiled
if sys.argv[2:]:
    compiled.source_hash = lambda: sys.argv[2]
kernel = compiled._machine_code(kept=True)
told = {"before": compiled.needs_compiling(), "hash": compiled.source_hash(), "kept": kernel.stats.cache_path}
if sys.argv[1] == "play":
    from sim.engines.reference import Reference
    from tests.engines.test_compiled_cache import answer
    told["answer"], told["right"] = answer(compiled.Compiled), answer(Reference)
    told["compiled"] = sum(kernel.stats.cache_misses.values())
    told["after"] = compiled.needs_compiling()
print(json.dumps(told))
"""


class Copy:
    """The package in a folder of its own, with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "sim", folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))

    def run(self, *what: str) -> dict[str, Any]:
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
        surroundings["SIM_CACHE_DIR"] = str(self.folder / "cache")
        surroundings["PYTHONPATH"] = os.pathsep.join([str(self.folder), str(ROOT)])
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT, *what],
            env=surroundings, cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told


@pytest.fixture(scope="module")
def versions(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What a copy says that finds code kept, and what it says after a change of one constant. This one compiles."""
    copy = Copy(tmp_path_factory.mktemp("versions"))
    said = {"empty": copy.run("look")}
    shutil.copytree(warm, said["empty"]["kept"], dirs_exist_ok=True)
    said["equal"] = copy.run("play")
    flows = copy.folder / "sim" / "rules" / "flows.py"
    text = flows.read_text("utf-8")
    assert text.count("LARGEST_EXPONENT = 700.0") == 1
    flows.write_text(text.replace("LARGEST_EXPONENT = 700.0", "LARGEST_EXPONENT = 1.5"), "utf-8")
    said["stale"] = copy.run("play", said["equal"]["hash"])
    said["changed"] = copy.run("play")
    said["again"] = copy.run("play")
    return said


def test_an_equal_package_finds_what_is_kept(versions: dict[str, dict[str, Any]]) -> None:
    empty, equal = versions["empty"], versions["equal"]
    assert (empty["before"], equal["before"], equal["after"]) == (True, False, False)
    assert equal["hash"] == empty["hash"]
    assert (equal["compiled"], equal["answer"], equal["right"]) == (0, ANSWER, ANSWER)


def test_a_changed_constant_is_another_version(versions: dict[str, dict[str, Any]]) -> None:
    """The constant stands in another file than the function that is kept: numba alone would not notice."""
    equal, changed = versions["equal"], versions["changed"]
    assert changed["hash"] != equal["hash"]
    assert Path(changed["kept"]).parts[:-1] != Path(equal["kept"]).parts[:-1]
    assert (changed["before"], changed["compiled"], changed["after"]) == (True, 1, False)
    assert changed["answer"] == changed["right"] != ANSWER


def test_a_changed_package_is_compiled_once(versions: dict[str, dict[str, Any]]) -> None:
    again = versions["again"]
    assert (again["before"], again["compiled"], again["answer"]) == (False, 0, versions["changed"]["answer"])


def test_without_the_hash_the_answer_would_be_stale(versions: dict[str, dict[str, Any]]) -> None:
    """Negative control: the changed package under the old name answers as before the change."""
    stale = versions["stale"]
    assert (stale["compiled"], stale["answer"]) == (0, ANSWER)
    assert stale["right"] == versions["changed"]["right"] != ANSWER


def test_every_source_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A change of any file that holds a kernel, or a constant of one, changes the name; it is the same without one."""
    names = compiled._sources()
    holders = ["rules.flows", "rules.program", "chance.quantiles", "chance.streams", "engines.compiled"]
    kernels = [f"engines.kernels.{path.stem}" for path in (ROOT / "sim" / "engines" / "kernels").glob("[a-z]*.py")]
    assert {f"sim.{name}" for name in holders + kernels} <= set(names)
    before = compiled.source_hash()
    for name in names:
        source = Path(str(sys.modules[name].__file__))
        other = tmp_path / f"{name}.py"
        other.write_bytes(source.read_bytes())
        with monkeypatch.context() as patch:
            patch.setattr(sys.modules[name], "__file__", str(other))
            assert compiled.source_hash() == before, name
            other.write_bytes(source.read_bytes() + b"#")
            assert compiled.source_hash() != before, name


# --- where nothing can be kept ---


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("in the way")
    return folder / "file" / "cache"


def is_a_file(folder: Path) -> Path:
    (folder / "file").write_text("in the way")
    return folder / "file"


def too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


@pytest.mark.parametrize("place", [below_a_file, is_a_file, too_long])
def test_a_folder_that_cannot_be_made_costs_a_compilation(
    place: Any, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(compiled.CACHE_VARIABLE, str(place(tmp_path)))
    assert_nothing_kept(tmp_path)


@pytest.mark.parametrize("name", ["mkdir", "exists"])
def test_a_folder_that_is_forbidden_costs_a_compilation(
    name: str, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, name, refuse(PermissionError("not yours")))
    assert_nothing_kept(tmp_path)


def test_a_folder_that_may_only_be_read_costs_a_compilation(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled.cache_folder().mkdir(parents=True)
    monkeypatch.setattr(compiled.tempfile, "TemporaryFile", refuse(PermissionError("not yours")))
    assert_nothing_kept(tmp_path)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folder is found another way there")
def test_somebody_without_a_home_can_play(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(compiled.CACHE_VARIABLE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", refuse(RuntimeError("Could not determine home directory.")))
    assert_nothing_kept(tmp_path)


def refuse(error: Exception) -> Any:
    def refused(*_: object, **__: object) -> None:
        raise error

    return refused


def assert_nothing_kept(folder: Path) -> None:
    """No cache is opened, the kernel that is made keeps nothing, and nothing is written."""
    before = sorted(folder.rglob("*"))
    assert not compiled.keeps_code()
    kernel = compiled._machine_code.__wrapped__(kept=True)
    if not compiled.numba.config.DISABLE_JIT:
        assert compiled.needs_compiling()
        assert kernel.stats.cache_path is None
    assert sorted(folder.rglob("*")) == before


# --- what cannot be read ---


class WouldCompileError(Exception):
    """Instead of waiting for the compiler."""


def spoilt(kept: bytes) -> dict[str, bytes]:
    """What a crash, a full disk or somebody else may leave in place of a file."""
    random = Random(7)
    noise = {f"noise {i}": random.randbytes(random.randrange(1, 400)) for i in range(60)}
    cut = {f"cut {share}": kept[: int(share * len(kept))] for share in (0.0, 0.001, 0.5, 0.999)}
    # what pickle reads without complaint, and numba does not expect
    version = pickle.dumps(compiled.numba.__version__)
    strange = {
        repr(thing): pickle.dumps(thing) for thing in (None, 7, "0.1", (), (1, 2), (1, 2, 3), {"a": 1}, [None] * 9)
    }
    after = {f"version, {name}": version + rest for name, rest in strange.items()}
    text = {"text": b"<html>404</html>", "zeros": bytes(len(kept)), "one byte less": kept[:-1], "version": version}
    return {**noise, **cut, **strange, **after, **text}


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_spoilt_cache_is_no_reason_to_fail(
    suffix: str, warm: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is compiled anew, into the same place where that can be read and else into memory: never a traceback."""
    good = compiled._machine_code(kept=True)
    place = Path(compiled._machine_code.__wrapped__(kept=True).stats.cache_path)
    shutil.copytree(warm, place, dirs_exist_ok=True)
    (file,) = place.glob(f"*{suffix}")
    whole = file.read_bytes()
    seen = {True: 0, False: 0}
    for name, content in spoilt(whole).items():
        # a cache that could not be read has been removed
        shutil.copytree(warm, place, dirs_exist_ok=True)
        file.write_bytes(content)
        kernel = compiled._machine_code.__wrapped__(kept=True)
        monkeypatch.setattr(kernel._compiler, "compile", refuse(WouldCompileError()))

        def either(*, kept: bool, kernel: Any = kernel) -> Any:
            seen[kept] += 1
            return kernel if kept else good

        with monkeypatch.context() as patch:
            patch.setattr(compiled, "_machine_code", either)
            try:
                found = answer(Compiled)
            except WouldCompileError:
                continue
        assert found == ANSWER, name
    assert seen[False] > 20
    shutil.copytree(warm, place, dirs_exist_ok=True)
    kernel = compiled._machine_code.__wrapped__(kept=True)
    monkeypatch.setattr(kernel._compiler, "compile", refuse(WouldCompileError()))
    monkeypatch.setattr(compiled, "_machine_code", lambda *, kept: kernel)
    assert answer(Compiled) == ANSWER
    assert sum(kernel.stats.cache_hits.values()) == 1


@pytest.fixture
def uncopied() -> Iterator[None]:
    """No copy of a cache is known, before and after."""
    compiled._copied.cache_clear()
    yield
    compiled._copied.cache_clear()


def test_code_that_can_only_be_read_is_read(
    warm: Path, root: Path, uncopied: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a copy, and without the compiler."""
    shutil.copytree(warm, compiled.cache_folder() / warm.name)
    before = sorted(root.rglob("*"))
    assert compiled._open_cache() == compiled.cache_folder()

    writable = compiled.tempfile.TemporaryFile

    def read_only(**where: Any) -> Any:
        if root in Path(where["dir"]).parents:
            raise OSError(errno.EROFS, "Read-only file system")
        return writable(**where)

    monkeypatch.setattr(compiled.tempfile, "TemporaryFile", read_only)
    opened = compiled._open_cache()
    assert opened is not None
    assert root not in opened.parents
    assert not compiled.needs_compiling()
    kernel = compiled._machine_code.__wrapped__(kept=True)
    monkeypatch.setattr(kernel._compiler, "compile", refuse(WouldCompileError()))
    monkeypatch.setattr(compiled, "_machine_code", lambda *, kept: kernel)
    assert answer(Compiled) == ANSWER
    assert sum(kernel.stats.cache_hits.values()) == 1
    assert sorted(root.rglob("*")) == before


def test_a_disk_without_room_keeps_nothing(root: Path, uncopied: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    assert compiled.keeps_code()
    monkeypatch.setattr(compiled.tempfile, "TemporaryFile", lambda **_: Full())
    assert not compiled.keeps_code()


def test_an_index_without_its_code_is_none(warm: Path, root: Path) -> None:
    """What a disk leaves that was full when the code was to follow."""
    place = compiled.cache_folder() / warm.name
    shutil.copytree(warm, place)
    assert not compiled.needs_compiling()
    for code in place.glob("*.nbc"):
        code.unlink()
    assert compiled.needs_compiling()


# --- what is kept, and how long ---


def test_it_waits_for_the_compiler_until_code_is_kept(warm: Path, root: Path) -> None:
    assert compiled.needs_compiling()
    assert compiled.keeps_code()
    assert compiled.needs_compiling()
    assert root.is_dir()
    shutil.copytree(warm, compiled.cache_folder() / warm.name)
    assert not compiled.needs_compiling()


def test_versions_that_were_not_used_for_longest_make_room(root: Path) -> None:
    """Eight stay, the new one among them; what is not a version is nobody's business here."""
    strangers = [root / name for name in ("mine", "0123456789ABCDEF", "0123456789abcdef0", "0123456789abcde")]
    versions = [root / f"{i:016x}" for i in range(12)]
    for age, folder in enumerate([*reversed(versions), *strangers]):
        folder.mkdir(parents=True)
        (folder / "code.nbi").write_bytes(b"code")
        os.utime(folder, (1e9 - age, 1e9 - age))
    file = root / "notes.txt"
    file.write_text("mine")
    assert compiled._open_cache() == compiled.cache_folder()
    assert sorted(root.iterdir()) == sorted([compiled.cache_folder(), *versions[5:], *strangers, file])
    assert all((stranger / "code.nbi").read_bytes() == b"code" for stranger in strangers)


def test_a_version_in_use_is_not_old(root: Path) -> None:
    own = compiled._open_cache()
    assert own is not None
    os.utime(own, (1e9, 1e9))
    assert compiled._open_cache() == own
    newer = root / f"{1:016x}"
    newer.mkdir()
    os.utime(newer, (1e9 + 1, 1e9 + 1))
    assert own.stat().st_mtime > newer.stat().st_mtime


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folder is found another way there")
def test_the_folder_is_where_caches_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = compiled.source_hash()
    monkeypatch.setenv(compiled.CACHE_VARIABLE, str(tmp_path))
    assert compiled.cache_folder() == tmp_path / name
    monkeypatch.delenv(compiled.CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert compiled.cache_folder() == tmp_path / "xdg" / "crisis-odds" / name
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert compiled.cache_folder() == tmp_path / ".cache" / "crisis-odds" / name
