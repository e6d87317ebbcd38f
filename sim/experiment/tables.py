"""The Parquet tables of a run: a row a world with its values and counts, and a row a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.experiment.durable import whole_file
from sim.records.outcomes import Floats, Ints, Outcomes
from sim.rules.program import Program
from sim.scenario.load import Scenario

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


def world_table(scenario: Scenario, worlds: range, values: Mapping[str, Floats], hits: Ints, plays: Ints) -> pa.Table:
    """A row a world: every uncertain value, hits, and replays that finished (all arrays have an entry a world)."""
    # pyarrow is not needed by commands that keep nothing
    import pyarrow as pa

    columns: dict[str, Any] = {"world": np.arange(worlds.start, worlds.stop, dtype=np.int64)}
    for name, value in scenario.values.items():
        if value.distribution is not None:
            drawn = values[name]
            columns[name] = _named(value.states, drawn.astype(np.int64)) if value.states else drawn
    return pa.table({**columns, "hits": hits, "replays": plays})


def run_table(program: Program, outcomes: Outcomes) -> pa.Table:
    """A row a run, in the order of `outcomes`."""
    # pyarrow is not needed by commands that keep nothing
    import pyarrow as pa

    columns: dict[str, Any] = {
        "world": outcomes.world,
        "replay": outcomes.replay,
        "status": outcomes.status.astype(np.int8),
        "failed_at": outcomes.failed_at,
        "first_onset": outcomes.first,
        "kind": _named(program.kinds, outcomes.kind),
        "root": _named(program.blocks, outcomes.root),
        "flags": outcomes.flags,
        "dues": outcomes.dues,
    }
    for place, kind in enumerate(program.kinds):
        columns[f"onset_{kind}"] = np.ascontiguousarray(outcomes.onset[:, place])
        columns[f"early_{kind}"] = np.ascontiguousarray(outcomes.early[:, place])
        columns[f"running_{kind}"] = np.ascontiguousarray(outcomes.running[:, place])
    return pa.table(columns)


def piece(outcomes: Outcomes, rows: range) -> Outcomes:
    """Some consecutive rows of a table."""
    columns: dict[str, Any] = {
        field.name: getattr(outcomes, field.name)[rows.start : rows.stop] for field in fields(Outcomes)
    }
    return Outcomes(**columns)


def _named(names: Sequence[str], places: Ints) -> pa.Array:
    """Texts instead of their places, nothing for a place of −1; a text column also where nothing has a name."""
    import pyarrow as pa  # see above

    return pa.array(np.array([*names, None], dtype=object)[places], type=pa.string())


@contextmanager
def table_file(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet file to be written table by table; it appears when it is whole."""
    # pyarrow is not needed by commands that keep nothing
    import pyarrow.parquet as pq

    with whole_file(path) as file, pq.ParquetWriter(file, schema) as writer:
        yield writer


def join_tables(sources: Sequence[Path], target: Path) -> None:
    """One Parquet file of several with the same columns, row group by row group: never more than one in memory."""
    # pyarrow is not needed by commands that keep nothing
    import pyarrow.parquet as pq

    with table_file(target, pq.read_schema(sources[0])) as writer:
        for source in sources:
            with pq.ParquetFile(source) as file:
                for group in range(file.num_row_groups):
                    writer.write_table(file.read_row_group(group))


def world_counts(path: Path) -> tuple[Ints, Ints]:
    """Hits and finished replays of each world in a world table."""
    # pyarrow is not needed by commands that keep nothing
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["hits", "replays"])
    return table["hits"].to_numpy(), table["replays"].to_numpy()
