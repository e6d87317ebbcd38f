"""The finished parts of a run on disk: each whole or not there, each with what is needed to go on without playing it.

A part is a table of its worlds, a table of its runs (of small designs), and a record: the counts of its runs, the
checksums of its tables and one over itself. The record is written last; without it the tables count for nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sim.errors import SimError
from sim.experiment.durable import sync_folder, write_whole
from sim.experiment.plan import STRETCH_WORLDS, Design, Part, cut, parts
from sim.experiment.tables import join_tables, piece, run_table, table_file, world_counts, world_table
from sim.records.outcomes import Floats, Ints, Outcomes, concatenate
from sim.scenario.load import Scenario

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

WORLDS, RUNS = "worlds.parquet", "runs.parquet"
ROW_GROUP = 65_536


class Parts:
    """The parts of one question in a folder. `done` maps the first world of each whole part to its worlds."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        """Nothing is looked at before `survey`."""
        self.folder = folder
        self.done: dict[int, range] = {}
        self._scenario = scenario

    @property
    def worlds(self) -> int:
        """How many worlds are played and kept."""
        return sum(len(worlds) for worlds in self.done.values())

    def survey(self, design: Design) -> int:
        """Find the parts that are whole and delete all else; returns how many parts were damaged.

        A part that a reached precision has cut short is not taken: it is played again, and stops at the same world.
        """
        expected: dict[str, Part] = {}
        if any(self.folder.iterdir()):
            expected = {_stem(part.worlds.start): part for part in parts(design)}
        damaged = set()
        for path in sorted(self.folder.iterdir()):
            part = expected.get(path.name.split(".")[0])
            if part is not None and part.worlds.start not in self.done and self._whole(part):
                self.done[part.worlds.start] = part.worlds
            if part is None or part.worlds.start not in self.done or path.name not in _names(part):
                path.unlink()
                # a table without a record is what a kill leaves, and no damage
                damaged.update([path.name.split(".")[0]] if path.name.endswith(".json") else [])
        return len(damaged)

    def state(self, start: int) -> Any:
        """The counts of a part's runs, as `Tally.restore` reads them."""
        record = _read_record(self._path(start, "json"))
        if record is None:
            raise SimError(f"{self._path(start, 'json')} was damaged meanwhile; ask again, and it is played again")
        return record["tally"]

    def counts(self, start: int) -> tuple[Ints, Ints]:
        """Hits and finished replays of each world of a part."""
        return world_counts(self._path(start, WORLDS))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A failed write inside becomes a `SimError` that says what is kept and how to go on."""
        try:
            yield
        except OSError as problem:
            told = f"cannot write to {self.folder}: {problem.strerror or problem}; make room there or let it be written"
            if self.done:
                told += f", then go on with --resume: {self.worlds:,} worlds are kept"
            raise SimError(told) from None

    def begin(self, part: Part) -> PartWriter:
        """A part to be written while it is played."""
        return PartWriter(self, part, self._scenario)

    def join(self, folder: Path, *, rows: bool) -> None:
        """The tables of the whole run, from those of its parts; runs only where every part has its rows."""
        starts = sorted(self.done)
        join_tables([self._path(start, WORLDS) for start in starts], folder / WORLDS)
        if rows:
            join_tables([self._path(start, RUNS) for start in starts], folder / RUNS)

    def record(self, worlds: range, names: Iterable[str], state: Mapping[str, Any]) -> None:
        """Write a part's record: from now on it is done."""
        files = {name: _digest(self._path(worlds.start, name)) for name in names}
        part = {"worlds": [worlds.start, worlds.stop], "files": files, "tally": dict(state)}
        write_whole(self._path(worlds.start, "json"), _record_text(part))
        sync_folder(self.folder)
        self.done[worlds.start] = worlds

    def path_of(self, part: Part, name: str) -> Path:
        """Where a table of a part stands."""
        return self._path(part.worlds.start, name)

    def _path(self, start: int, name: str) -> Path:
        return self.folder / f"{_stem(start)}.{name}"

    def _whole(self, part: Part) -> bool:
        start = part.worlds.start
        record = _read_record(self._path(start, "json"))
        if record is None or record["worlds"] != [start, part.worlds.stop]:
            return False
        if set(record["files"]) != ({WORLDS, RUNS} if part.rows else {WORLDS}):
            return False
        try:
            return all(_digest(self._path(start, name)) == digest for name, digest in record["files"].items())
        except OSError:
            return False


class PartWriter:
    """One part in the making: rows as they come, worlds stretch by stretch, and at the end its record."""

    def __init__(self, parts: Parts, part: Part, scenario: Scenario) -> None:
        """Nothing is written before there are rows."""
        self._parts, self._part, self._scenario = parts, part, scenario
        self._open = ExitStack()
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._runs: list[Outcomes] = []
        self._worlds: list[pa.Table] = []

    def __enter__(self) -> PartWriter:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """After an error the tables do not take their places."""
        with self._parts.writing():
            self._open.__exit__(kind, error, trace)

    def rows(self, outcomes: Outcomes) -> None:
        """Rows of the next runs, in order."""
        if not self._part.rows:
            return
        self._runs.append(outcomes)
        if sum(map(len, self._runs)) >= ROW_GROUP:
            joined = concatenate(self._runs)
            whole = len(joined) - len(joined) % ROW_GROUP
            # groups of rows are cut by their number alone: how runs came in batches must not show
            for rows in cut(range(whole), ROW_GROUP):
                self._write(RUNS, run_table(self._scenario.program, piece(joined, rows)))
            self._runs = [piece(joined, range(whole, len(joined)))]

    def stretch(self, worlds: range, values: Mapping[str, Floats], hits: Ints, plays: Ints) -> None:
        """Rows of the next worlds, all of whose runs have been played."""
        self._worlds.append(world_table(self._scenario, worlds, values, hits, plays))
        if sum(table.num_rows for table in self._worlds) >= STRETCH_WORLDS:
            self._flush_worlds()

    def finish(self, worlds: range, state: Mapping[str, Any]) -> None:
        """The part is done, with these worlds and the counts of all their runs."""
        if self._worlds:
            self._flush_worlds()
        if sum(map(len, self._runs)):
            self._write(RUNS, run_table(self._scenario.program, concatenate(self._runs)))
        with self._parts.writing():
            self._open.close()
            self._parts.record(worlds, self._writers, state)

    def _flush_worlds(self) -> None:
        # pyarrow is not needed by commands that keep nothing
        import pyarrow as pa

        self._write(WORLDS, pa.concat_tables(self._worlds).combine_chunks())
        self._worlds.clear()

    def _write(self, name: str, table: pa.Table) -> None:
        with self._parts.writing():
            if name not in self._writers:
                place = self._parts.path_of(self._part, name)
                self._writers[name] = self._open.enter_context(table_file(place, table.schema))
            self._writers[name].write_table(table)


def worlds_kept(folder: Path) -> int:
    """How many worlds the records in a folder speak of; their tables are not looked at."""
    records = [_read_record(path) for path in sorted(folder.glob("*.json"))]
    return sum(record["worlds"][1] - record["worlds"][0] for record in records if record is not None)


def _names(part: Part) -> set[str]:
    names = ["json", WORLDS, *([RUNS] if part.rows else [])]
    return {f"{_stem(part.worlds.start)}.{name}" for name in names}


def _stem(start: int) -> str:
    return f"{start:010d}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compact(item: object) -> str:
    return json.dumps(item, separators=(",", ":"))


def _record_text(part: Mapping[str, Any]) -> str:
    text = _compact(part)
    return _compact({"sha256": hashlib.sha256(text.encode()).hexdigest(), "part": part})


def _read_record(path: Path) -> Any:
    """What a record says, or None where a single byte is not as it was written."""
    try:
        text = path.read_text(encoding="utf-8")
        part = json.loads(text)["part"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return part if _record_text(part) == text else None
