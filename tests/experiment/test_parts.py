"""How a design is cut, and that what is kept of a part is either whole or not taken."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engines.reference import Reference
from sim.errors import SimError, UsageError
from sim.estimates.sequences import looks
from sim.experiment import durable, executors, plan
from sim.experiment.executors import Batch, Threads
from sim.experiment.parts import Parts
from sim.experiment.plan import Design, batches, parts
from sim.experiment.run import Played, play
from sim.records.outcomes import Floats, Outcomes, RunResult, tabulate
from sim.scenario.load import Scenario, load

TEACHING = Path(__file__).parents[2] / "scenarios" / "teaching"
DESIGN = Design(50, 2, 3)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load(TEACHING / "unknown_chance.yaml").scenario


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 20 worlds with 2 replays, so that 50 worlds are three parts, the last of them shorter."""
    monkeypatch.setattr(plan, "SMALL_PART_RUNS", 40)


def played(scenario: Scenario, folder: Path, design: Design = DESIGN, workers: int = 1) -> Played:
    kept = Parts(folder, scenario)
    folder.mkdir(exist_ok=True)
    kept.survey(design)
    return play(scenario, design, workers, engine="simpy", kept=kept)


def on_disk(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# ------------------------------------------------------------------------------------------------ cutting


@given(st.integers(1, 5000), st.integers(1, 100), st.integers(1, 3000))
def test_parts_are_the_worlds_in_order_and_about_as_large_as_asked(worlds: int, replays: int, runs: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(plan, "SMALL_PART_RUNS", runs)
        found = list(parts(Design(worlds, replays)))
    assert list(chain(*(part.worlds for part in found))) == list(range(worlds))
    for part in found:
        assert list(chain(*part.stretches)) == list(part.worlds)
        assert len(part.worlds) == 1 or len(part.worlds) * replays <= runs


@given(st.integers(1, 6000), st.integers(1, 100), st.integers(1, 70_000))
def test_with_a_precision_every_stretch_ends_at_a_look(worlds: int, replays: int, runs: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(plan, "SMALL_PART_RUNS", runs)
        found = list(parts(Design(worlds, replays, precision=0.01)))
    assert [stretch.stop for part in found for stretch in part.stretches] == list(looks(worlds))
    assert list(chain(*(part.worlds for part in found))) == list(range(worlds))


@given(st.integers(0, 40), st.integers(1, 60), st.integers(1, 50), st.integers(1, 70))
def test_batches_have_every_run_once_in_order(first: int, worlds: int, replays: int, runs: int) -> None:
    found = list(batches(range(first, first + worlds), replays, runs))
    assert all(len(some) * len(of_each) <= runs for some, of_each in found)
    every = [(world, replay) for some, of_each in found for world in some for replay in of_each]
    assert every == [(world, replay) for world in range(first, first + worlds) for replay in range(replays)]


def test_first_parts_are_small_so_that_slow_engines_keep_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SMALL_PART_RUNS", 16_384)
    lengths = [len(part.worlds) for part in parts(Design(8192, 8))]
    assert lengths == [128, 256, 512, 1024, 2048, 2048, 2048, 128]
    assert [len(part.worlds) for part in parts(Design(5, 5000))] == [1, 2, 2]
    assert max(len(part.worlds) for part in parts(Design(10_000_000, 1))) == 65_536


def test_rows_are_kept_of_a_million_runs_and_not_of_more() -> None:
    assert all(part.rows for part in parts(Design(500_000, 2)))
    assert not any(part.rows for part in parts(Design(500_001, 2)))
    by_precision = [part for part in parts(Design(10_000, 1000, precision=0.01)) if part.rows]
    assert [part.worlds.start for part in by_precision if part.worlds.start >= 1000] == []
    assert by_precision[0].worlds.start == 0


def test_no_limit_but_that_of_the_addresses_and_ten_to_the_eight() -> None:
    assert Design(100_000_000, 1).worlds == 10**8
    assert Design(1, 100_000_000).replays == 10**8
    with pytest.raises(UsageError, match="at most 100000000 are played"):
        Design(100_000_001, 1)


# ------------------------------------------------------------------------------------------------ kept and found again


def test_parts_that_are_found_are_not_played_again(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = played(scenario, tmp_path / "parts")
    before = on_disk(tmp_path / "parts")
    assert sorted(before) == [
        f"{n:010d}.{end}" for n in (0, 20, 40) for end in ("json", "runs.parquet", "worlds.parquet")
    ]

    def refuse(*_: object) -> None:
        raise AssertionError("it was played again")

    monkeypatch.setattr(Reference, "play_batch", refuse)
    again = played(scenario, tmp_path / "parts")
    assert again.tally.state() == first.tally.state()
    assert on_disk(tmp_path / "parts") == before


def flipped(path: Path) -> None:
    text = bytearray(path.read_bytes())
    text[len(text) // 2] ^= 1
    path.write_bytes(bytes(text))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "flipped": flipped,
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
    "more": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
}


@pytest.mark.parametrize("name", ["json", "runs.parquet", "worlds.parquet"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_part_is_played_again(scenario: Scenario, tmp_path: Path, name: str, damage: str) -> None:
    whole = played(scenario, tmp_path)
    before = on_disk(tmp_path)
    DAMAGE[damage](tmp_path / f"0000000020.{name}")
    kept = Parts(tmp_path, scenario)
    told = kept.survey(DESIGN)
    assert sorted(kept.done) == [0, 40]
    # without its record a part is one that was never finished, not one that was damaged
    assert told == (0 if (name, damage) == ("json", "missing") else 1)
    assert not any(path.name.startswith("0000000020.") for path in tmp_path.iterdir())
    assert play(scenario, DESIGN, 1, engine="simpy", kept=kept).tally.state() == whole.tally.state()
    assert on_disk(tmp_path) == before


def test_every_byte_of_a_record_counts(scenario: Scenario, tmp_path: Path) -> None:
    played(scenario, tmp_path)
    record = tmp_path / "0000000040.json"
    text = record.read_bytes()
    taken = []
    for place in range(0, len(text), 17):
        changed = bytearray(text)
        changed[place] ^= 1
        record.write_bytes(bytes(changed))
        kept = Parts(tmp_path, scenario)
        # the survey would delete what is damaged, and then there is nothing left to test
        taken += [place] if kept._whole(list(parts(DESIGN))[2]) else []
    assert taken == []
    record.write_bytes(text)
    assert kept._whole(list(parts(DESIGN))[2])


def test_strange_files_and_parts_of_another_cut_go(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(scenario, tmp_path)
    (tmp_path / "0000000020.runs.parquet.tmp").write_bytes(b"half")
    (tmp_path / "notes").write_bytes(b"")
    kept = Parts(tmp_path, scenario)
    assert kept.survey(DESIGN) == 0
    assert (len(kept.done), len(on_disk(tmp_path))) == (3, 9)
    monkeypatch.setattr(plan, "SMALL_PART_RUNS", 60)
    kept = Parts(tmp_path, scenario)
    kept.survey(DESIGN)
    assert (kept.done, on_disk(tmp_path)) == ({}, {})


@pytest.mark.parametrize(("workers", "runs"), [(1, 1), (1, 7), (1, 4096), (3, 5)])
def test_batches_and_workers_change_no_byte_of_a_part(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, runs: int
) -> None:
    played(scenario, tmp_path / "one")
    monkeypatch.setattr(executors, "PROCESS_RUNS", runs)
    monkeypatch.setattr(executors, "THREAD_RUNS", runs)
    kept = Parts(tmp_path / "two", scenario)
    kept.folder.mkdir()
    play(scenario, DESIGN, workers, engine="compiled", kept=kept)
    assert on_disk(tmp_path / "two") == on_disk(tmp_path / "one")


def test_groups_of_rows_are_cut_by_number_and_joined_as_they_are(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A single world is one part, however many replays it has; its rows are written as they come."""
    monkeypatch.setattr("sim.experiment.parts.ROW_GROUP", 30)
    bytes_of = []
    for runs in (7, 64):
        monkeypatch.setattr(executors, "PROCESS_RUNS", runs)
        folder = tmp_path / f"by{runs}"
        folder.mkdir()
        kept = Parts(folder, scenario)
        play(scenario, Design(1, 100, 3), 1, engine="simpy", kept=kept)
        (tmp_path / f"joined{runs}").mkdir()
        kept.join(tmp_path / f"joined{runs}", rows=True)
        bytes_of.append(on_disk(tmp_path / f"joined{runs}"))
        file = pq.ParquetFile(tmp_path / f"joined{runs}" / "runs.parquet")
        assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [30, 30, 30, 10]
        assert file.read()["replay"].to_pylist() == list(range(100))
    assert bytes_of[0] == bytes_of[1]


def test_failed_write_says_where_and_what_is_kept(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Iterator[int] = iter(range(100))
    real = durable.os.fsync

    def full(handle: int) -> None:
        if next(calls) == 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(SimError) as told:
        played(scenario, tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(plan, "SMALL_PART_RUNS", 40)
    assert str(told.value) == (
        f"cannot write to {tmp_path}: No space left on device; make room there or let it be written, then go on with "
        "--resume: 20 worlds are kept"
    )
    kept = Parts(tmp_path, scenario)
    assert (kept.survey(DESIGN), sorted(kept.done)) == (0, [0])


# ------------------------------------------------------------------------------------------------ memory


class Counting:
    """An engine that finishes at once, and a supply that notices how many batches are out and not yet taken."""

    name = "counting"

    def __init__(self) -> None:
        self.out = self.most = 0

    def play(self, *_: object, **__: object) -> RunResult:
        raise NotImplementedError

    def play_batch(self, worlds: range, replays: range, numbers: Floats) -> Outcomes:
        never = float("inf")
        row = RunResult(0, never, never, -1, -1, 0, [never], [never], [False], 0)
        return tabulate(worlds, range(1), [row] * len(worlds), 1)

    def supply(self, batches: int) -> Iterator[Batch]:
        for number in range(batches):
            self.out += 1
            self.most = max(self.most, self.out)
            yield Batch(range(number, number + 1), range(1), np.zeros((1, 1)))


@pytest.mark.parametrize("batches", [50, 2000])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_few_batches_are_in_memory_however_many_there_are(batches: int, workers: int) -> None:
    engine = Counting()
    with Threads(engine, workers) as executor:
        for number, (batch, outcomes) in enumerate(executor.play(engine.supply(batches))):
            assert batch.worlds.start == number == outcomes.world[0]
            engine.out -= 1
    assert engine.out == 0
    assert 0 < engine.most <= executors.AHEAD * workers + 1


def test_a_supply_taken_at_once_would_be_seen() -> None:
    engine = Counting()
    list(engine.supply(50))
    assert engine.most == 50
