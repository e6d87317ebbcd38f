"""The folder of a run that is not finished, `outputs/<scenario>/.<run id>.partial/`: its lock, its question, its parts.

Whatever ends a process leaves here what the next one needs. The finished run leaves in one step, and the folder goes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from sim.errors import FailedRunsError, SimError, TooLittleError, UsageError
from sim.experiment.archive import Folder
from sim.experiment.durable import DRAFT, sync_folder, sync_tree, write_whole
from sim.experiment.parts import Parts, worlds_kept
from sim.experiment.plan import Design
from sim.scenario.load import Scenario

if sys.platform != "win32":
    import fcntl

ENDING = ".partial"
_LOCK, _QUESTION, _PARTS, _DRAFT, _REPLACED = "lock", "design.json", "parts", "draft", "replaced"
_MOST_VALUES = 3


def question(scenario: Scenario, design: Design, tool_version: str, made_with: Mapping[str, str]) -> dict[str, Any]:
    """What `design.json` says: the question as asked, and what its parts are made with."""
    return {
        "scenario": scenario.name,
        "scenario_sha256": scenario.sha256,
        "program_sha256": scenario.program.digest(),
        "worlds": design.worlds,
        "replays": design.replays,
        "seed": design.seed,
        "precision": design.precision,
        "version": tool_version,
        "made_with": dict(made_with),
        "resolved": scenario.resolved,
    }


class Unfinished:
    """An unfinished run in this process's hands: nobody else plays the same question meanwhile.

    `found` is how many parts were there already, `remarks` what the user should know of them. `draft` is where the
    finished run is put together.
    """

    def __init__(self, folder: Folder, scenario: Scenario, design: Design, asked: Mapping[str, Any]) -> None:
        """Nothing is touched before the block is entered; `asked` is the `question`."""
        self.path = _path_of(folder)
        self.draft = self.path / _DRAFT
        self.parts = Parts(self.path / _PARTS, scenario)
        self.remarks: list[str] = []
        self.found = 0
        self._final, self._design, self._asked = folder, design, json.loads(json.dumps(asked))
        self._made: list[Path] = []
        self._handle = -1
        self._finished = False

    def __enter__(self) -> Unfinished:
        """Lock the folder, and find what is in it. Raises `SimError` where it cannot be had or written."""
        parent = self.path.parent
        self._made = [folder for folder in self.path.parents if not folder.exists()]
        try:
            self._handle = _lock(self.path)
            self._tidy()
            self._recognise()
            self.found = len(self.parts.done)
        except OSError as problem:
            self._leave(keep=any(self.parts.folder.glob("*.json")))
            raise SimError(f"cannot write to {parent}: {problem.strerror}; choose another folder with --out") from None
        except BaseException:
            self._leave(keep=any(self.parts.folder.glob("*.json")))
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep the parts for another time, unless the run is finished, cannot be answered, or has none."""
        hopeless = isinstance(error, TooLittleError | FailedRunsError)
        self._leave(keep=bool(self.parts.done) and not self._finished and not hopeless)

    def standing(self, worlds: int | None = None) -> str:
        """How far the run is: `8,192 of 16,384 worlds`; with a precision nobody knows of how many."""
        here = self.parts.worlds if worlds is None else worlds
        return _standing(here, self._asked)

    def publish(self) -> None:
        """Put the draft in its place in one step, and point `latest` at it."""
        sync_tree(self.draft)
        if self._final.path.exists():
            self._final.path.rename(self.path / _REPLACED)
        self.draft.rename(self._final.path)
        self._finished = True
        sync_folder(self.path.parent)
        self._final.point()

    def _tidy(self) -> None:
        """Clear away what a killed process had begun to put together."""
        for name in (_DRAFT, _REPLACED):
            if (self.path / name).exists():
                shutil.rmtree(self.path / name)
        (self.path / (_QUESTION + DRAFT)).unlink(missing_ok=True)
        self.parts.folder.mkdir(exist_ok=True)
        self.draft.mkdir()

    def _recognise(self) -> None:
        """Take the parts that are there, if this program would have made the same ones."""
        there = _read_question(self.path)
        changes = [] if there is None else _changes(there.get("made_with", {}), self._asked["made_with"])
        if there is None or changes:
            if changes and any(self.parts.folder.iterdir()):
                self.remarks.append(
                    f"an unfinished run of this question is there, but made with {', '.join(changes)}: "
                    "it is played again from the start"
                )
            shutil.rmtree(self.parts.folder)
            self.parts.folder.mkdir()
            write_whole(self.path / _QUESTION, json.dumps(self._asked, indent=1) + "\n")
            sync_folder(self.path)
        damaged = self.parts.survey(self._design)
        if self.parts.done or damaged:
            again = f" ({damaged} damaged {'part is' if damaged == 1 else 'parts are'} played again)"
            self.remarks.append(f"continuing an unfinished run: {self.standing()} are here{again if damaged else ''}")

    def _leave(self, *, keep: bool) -> None:
        """Unlock; unless it is to be kept the folder goes, and with it folders that were made for it."""
        if self._handle >= 0:
            if keep:
                shutil.rmtree(self.draft, ignore_errors=True)
            else:
                shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._handle)
            self._handle = -1
        for folder in self._made:
            try:
                folder.rmdir()
            except OSError:
                return


def insist(folder: Folder, asked: Mapping[str, Any]) -> None:
    """Raise `UsageError` unless an unfinished run of exactly this question is there to be continued.

    The message says of each unfinished run of the same scenario how its question differs.
    """
    parent, mine = folder.path.parent, _path_of(folder)
    there = _read_question(mine)
    if there is not None:
        changes = _changes(there.get("made_with", {}), asked["made_with"])
        if not changes:
            return
        raise UsageError(
            f"--resume: the unfinished run of this question in {parent} was made with {', '.join(changes)}; "
            "leave --resume out to play it again from the start"
        )
    lines = [f"--resume: {parent} has no unfinished run of this question; leave --resume out to play it"]
    for path in sorted(parent.glob(f".*{ENDING}")):
        other = _read_question(path)
        if other is not None:
            apart = ", ".join(_differences(other, json.loads(json.dumps(asked))))
            lines.append(f"  {path.name} has {_standing(worlds_kept(path / _PARTS), other)} of another: {apart}")
    raise UsageError("\n".join(lines))


def clear_leftovers(folder: Folder) -> None:
    """A process that was killed just after its run was finished left its folder behind: it goes."""
    path = _path_of(folder)
    if path.exists():
        try:
            handle = _lock(path)
        except (SimError, OSError):
            return
        shutil.rmtree(path, ignore_errors=True)
        os.close(handle)


def _path_of(folder: Folder) -> Path:
    return folder.path.with_name(f".{folder.path.name}{ENDING}")


def _lock(path: Path) -> int:
    """An open lock file. The kernel lets go of it when its process ends, however it ends."""
    while True:
        path.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # whoever had it removed the folder just now
            continue
        try:
            if sys.platform != "win32":
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise SimError(
                f"another process is playing this question in {path.parent}; wait until it is done, or choose another "
                "folder with --out"
            ) from None
        except OSError:  # a file system without locks
            pass
        # a lock on a file that was removed meanwhile keeps nobody out
        try:
            if os.path.samestat(os.fstat(handle), os.stat(path / _LOCK)):  # noqa: PTH116 - beside fstat
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)


def _read_question(path: Path) -> Any:
    try:
        there = json.loads((path / _QUESTION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return there if isinstance(there, dict) else None


def _standing(here: int, asked: Mapping[str, Any]) -> str:
    if asked.get("precision") is not None or "worlds" not in asked:
        return f"{here:,} worlds"
    return f"{here:,} of {asked['worlds']:,} worlds"


def _changes(there: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Where two lists of what parts are made with differ: `numpy 2.3.1, not 2.4.6`."""
    names = dict.fromkeys([*there, *now])
    return [
        f"{name} {there.get(name, 'unknown')}, not {now.get(name, 'unknown')}"
        for name in names
        if there.get(name) != now.get(name)
    ]


def _differences(there: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """In what another question differs from the one that is asked."""
    told = [
        f"--{option} {_plain(there.get(option))}, not {_plain(asked[option])}"
        for option in ("worlds", "replays", "seed", "precision")
        if there.get(option) != asked[option]
    ]
    here, now = (dict(_leaves(question.get("resolved"))) for question in (there, asked))
    paths = [path for path in dict.fromkeys([*here, *now]) if here.get(path) != now.get(path)]
    told += [f"{path} {_plain(here.get(path))}, not {_plain(now.get(path))}" for path in paths[:_MOST_VALUES]]
    if len(paths) > _MOST_VALUES:
        told.append(f"and {len(paths) - _MOST_VALUES} more values of the scenario")
    if there.get("version") != asked["version"]:
        told.append(f"version {there.get('version')}, not {asked['version']}")
    return told or ["other rules"]


def _plain(value: object) -> str:
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value)


def _leaves(tree: object, path: str = "") -> Iterator[tuple[str, object]]:
    if not isinstance(tree, Mapping):
        yield path, tree
        return
    for key, item in tree.items():
        yield from _leaves(item, f"{path}.{key}" if path else str(key))
