"""The compiled engine: the kernels of this room, of the flows and of the quantiles, as machine code made by numba.

The one door through which numba enters. What is compiled is kept in a cache folder that is named by a hash of every
source that goes into it, because numba itself does not notice that a function in another file has changed.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")  # its logarithms are not those of `math`

import numba
from llvmlite import ir
from numba.extending import intrinsic, overload, register_jitable

from sim.chance import streams
from sim.engines.kernels import loop, memory, primitives, tables
from sim.engines.kernels.amounts import draw, varied_amount
from sim.engines.kernels.reading import look
from sim.engines.kernels.telling import read_story
from sim.kernel import KERNELS
from sim.records.outcomes import FINISHED, Floats, Outcomes, RunResult, addresses
from sim.records.story import Story
from sim.rules import program as p
from sim.rules.program import Program

CACHE_VARIABLE = "SIM_CACHE_DIR"
LOG_ROWS = 1024
_KEPT_VERSIONS = 8
_CODE_BYTES = 2_000_000
_HERE = Path(__file__).resolve().parent
_CACHE_NAME = re.compile("[0-9a-f]{16}")
_OPTIONS: dict[str, Any] = {"error_model": "numpy"}


# --- what a compiler does in a few instructions ---


@intrinsic
def _high_product(_: Any, a: Any, b: Any) -> Any:
    """The upper 64 bits of the 128-bit product of two unsigned words."""
    if not (a == numba.types.uint64 and b == numba.types.uint64):
        return None

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        x, y = (builder.zext(argument, wide) for argument in arguments)
        return builder.trunc(builder.lshr(builder.mul(x, y), ir.Constant(wide, 64)), ir.IntType(64))

    return numba.types.uint64(numba.types.uint64, numba.types.uint64), generate


@intrinsic
def _trailing_zeros(_: Any, bits: Any) -> Any:
    """How many bits below the lowest that is set."""
    if bits != numba.types.int64:
        return None

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return numba.types.int64(numba.types.int64), generate


_M0, _M1 = np.uint64(streams._M0), np.uint64(streams._M1)
_W0, _W1 = np.uint64(streams._W0), np.uint64(streams._W1)
_ROUNDS = streams._ROUNDS
_SHIFT, _HALF = np.uint64(12), np.uint64(32)
_UNIT = streams.UNIT


@register_jitable(**_OPTIONS)
def _uniform(seed: int, world: int, replay: int, stream: int, occurrence: int, j: int) -> float:
    """`streams.uniform` on machine words."""
    c0 = (np.uint64(world) << _HALF) + np.uint64(replay)
    c1, c2, c3 = np.uint64(stream), np.uint64(occurrence), np.uint64(j)
    k0, k1 = np.uint64(seed), np.uint64(0)
    for _ in range(_ROUNDS):
        high0, low0 = _high_product(_M0, c0), _M0 * c0
        high1, low1 = _high_product(_M1, c2), _M1 * c2
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0 += _W0
        k1 += _W1
    return (np.float64(c0 >> _SHIFT) + 0.5) * _UNIT


@overload(primitives.uniform_at, jit_options=_OPTIONS, strict=False)
def _compiled_uniform(*_: Any) -> Callable[..., float]:
    def draw(seed: int, world: int, replay: int, stream: int, occurrence: int, j: int) -> float:
        drawn: float = _uniform(seed, world, replay, stream, occurrence, j)
        return drawn

    return draw


@overload(primitives.lowest, jit_options={**_OPTIONS, "forceinline": True})
def _compiled_lowest(bits: Any) -> Any:  # noqa: ARG001 - numba matches it by name
    def find(bits: Any) -> Any:
        return _trailing_zeros(bits)

    return find


@intrinsic
def _addresses(_: Any, arrays: Any) -> Any:
    """A named tuple of arrays as the same named tuple of pointers to their first items."""
    pointers = numba.types.NamedTuple([numba.types.CPointer(array.dtype) for array in arrays], arrays.instance_class)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        firsts = []
        for place, array in enumerate(signature.args[0]):
            whole = context.make_array(array)(context, builder, builder.extract_value(arguments[0], place))
            firsts.append(whole.data)
        return context.make_tuple(builder, signature.return_type, firsts)

    return pointers(arrays), generate


@overload(primitives.bare, jit_options={**_OPTIONS, "forceinline": True})
def _compiled_bare(tables: Any) -> Any:  # noqa: ARG001 - numba matches it by name
    def strip(tables: Any) -> Any:
        return _addresses(tables)

    return strip


@overload(primitives.with_length, jit_options=_OPTIONS)
def _compiled_with_length(addresses: Any, length: Any) -> Any:  # noqa: ARG001 - numba matches them by name
    def dress(addresses: Any, length: Any) -> Any:
        return numba.carray(addresses, (length,))

    return dress


# --- compiling, once an installation ---


def _sources() -> list[str]:
    """Every module whose functions are compiled, and those that hold their constants."""
    modules = {function.__module__ for function in KERNELS}
    return sorted({*modules, __name__, *(m.__name__ for m in (streams, primitives, tables, memory, p))})


def source_hash() -> str:
    """Names the cache: what is compiled, by what, for which Python, and where it is installed.

    numba keeps the code of each installation apart, so one must not be taken for that of another.
    """
    made_by = f"{numba.__version__} {np.__version__} {sys.version} {platform.machine()} {_HERE}"
    mark = hashlib.sha256(made_by.encode("utf-8", "surrogateescape"))
    for name in _sources():
        mark.update(Path(str(sys.modules[name].__file__)).read_bytes())
    return mark.hexdigest()[:16]


def cache_folder() -> Path:
    """Where this version keeps its machine code; `SIM_CACHE_DIR` moves it."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        root = Path(given)
    elif sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "crisis-odds"
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches" / "crisis-odds"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "crisis-odds"
    return root / source_hash()


def needs_compiling() -> bool:
    """Whether the first batch has to wait for the compiler: nothing is kept yet, or nothing can be."""
    try:
        return not numba.config.DISABLE_JIT and not _has_code(cache_folder())
    except (OSError, RuntimeError):
        return True


def _has_code(folder: Path) -> bool:
    """An index and the code that it names."""
    return all(any(folder.rglob(f"*.{ending}")) for ending in ("nbi", "nbc"))


def keeps_code() -> bool:
    """Whether what is compiled can be kept for the next time."""
    return _open_cache() is not None


def _open_cache() -> Path | None:
    """The cache folder, made where it is missing; None where nothing can be kept.

    Of a folder with code that cannot be written a copy is used, because numba reads only where it can write.
    """
    try:
        folder = cache_folder()
        if not folder.exists():
            folder.mkdir(parents=True)
            _forget_old(folder)
        with tempfile.TemporaryFile(dir=folder) as room:
            if not _has_code(folder):
                room.write(bytes(_CODE_BYTES))
                room.flush()
            # the age of a folder is how long it was not used: reading what is in it does not say so
            folder.touch()
            return folder
    except (OSError, RuntimeError):
        return _copied()


@cache
def _copied() -> Path | None:
    """A copy of a cache that can only be read, which goes with this process."""
    try:
        folder = cache_folder()
        if not _has_code(folder):
            return None
        copy = tempfile.mkdtemp(prefix="crisis-odds-")
        atexit.register(shutil.rmtree, copy, ignore_errors=True)
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        return Path(copy)
    except (OSError, RuntimeError):
        return None


def _forget_old(folder: Path) -> None:
    """Versions that were not used for longest make room."""
    others = [other for other in folder.parent.iterdir() if _CACHE_NAME.fullmatch(other.name)]
    for old in sorted(others, key=lambda other: other.stat().st_mtime)[:-_KEPT_VERSIONS]:
        shutil.rmtree(old, ignore_errors=True)


@cache
def _translate() -> None:
    """Tell numba that the kernels may be compiled wherever they are called."""
    for function in KERNELS:
        # kernels that take whole tables are not called: handing over their hundred words would cost more than what
        # they do
        inlined = function.__module__.startswith("sim.engines") and function not in (draw, varied_amount, look)
        register_jitable(**_OPTIONS, forceinline=inlined)(function)


@cache
def _machine_code(*, kept: bool) -> Callable[..., None]:
    """The batch kernel: compiled when it is first called, or read from the cache."""
    _translate()
    folder = _open_cache() if kept else None
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    compiled: Callable[..., None] = numba.njit(nogil=True, cache=folder is not None, **_OPTIONS)(loop.play_batch)
    return compiled


def _call(*arguments: object) -> None:
    """Run the batch kernel. A cache that cannot be read or written costs a compilation and nothing else."""
    # where nothing is compiled, infinities are computed by numpy, which would warn of them
    with np.errstate(all="ignore"):
        try:
            _machine_code(kept=True)(*arguments)
        except Exception:  # a kernel raises nothing, and a file that is no cache is read with any error there is
            # the next process begins with a cache that can be read
            shutil.rmtree(cache_folder(), ignore_errors=True)
            _machine_code(kept=False)(*arguments)


class Compiled:
    """Plays runs of one Program: one by one with a story, or whole batches, which any number of threads may do."""

    name = "compiled"

    def __init__(self, program: Program, seed: int, *, budget: int | None = None, room: int | None = None) -> None:
        """Unpack the Program once; `seed` addresses every draw. The limits of a run are those of the Program's room."""
        self.program = program
        self.seed = seed - (1 << 64) if seed >> 63 else seed
        self.tables = tables.make_tables(program)
        self.sizes = memory.sizes_of(
            program,
            self.tables,
            p.DUE_BUDGET if budget is None else budget,
            p.PENDING_CAPACITY if room is None else room,
        )

    def play_batch(self, worlds: range, replays: range, numbers: Floats) -> Outcomes:
        """Runs of consecutive worlds, worlds in order, replays inside worlds; `numbers` has a row a world.

        The interpreter's lock is released meanwhile.
        """
        outcomes, _, _ = self._play(worlds, replays, numbers, memory.make_log(0, np.empty(0), 0))
        return outcomes

    def play(
        self,
        numbers: Sequence[float],
        world: int,
        replay: int,
        *,
        story: Story | None = None,
        probes: Sequence[float] = (),
    ) -> RunResult:
        """One run of world `world`, whose parameter vector is `numbers`.

        A `story` is filled with everything that happens. `probes` are days, ascending, on which all quantities and then
        all tensions are read, after everything due at that instant.
        """
        row = np.array([numbers], dtype=np.float64)
        days = np.array(probes, dtype=np.float64)
        rows = LOG_ROWS if story is not None else 0
        while True:
            log = memory.make_log(rows, days, self.sizes.quantities + self.sizes.tensions)
            outcomes, told, probed = self._play(range(world, world + 1), range(replay, replay + 1), row, log)
            if told <= rows:
                break
            rows = told
        if story is not None:
            read_story(log, told, story)
        result = _single(outcomes)
        if probes and result.status == FINISHED:
            result.probed = log.probed.reshape(len(days), -1)[:probed]
        return result

    def _play(self, worlds: range, replays: range, numbers: Floats, log: memory.Log) -> tuple[Outcomes, int, int]:
        """A batch; also how many rows of story and how many probes the last run had."""
        expected = len(worlds), self.sizes.parameters
        if numbers.shape != expected:
            # a kernel does not look where an array ends
            raise ValueError(f"numbers have the shape {numbers.shape}, not {expected}: a row a world, all parameters")
        state = memory.make_state(self.sizes)
        outcomes = _empty(worlds, replays, self.sizes.kinds)
        _call(
            self.tables,
            self.sizes,
            memory.make_world(self.sizes),
            state,
            memory.make_queue(self.sizes),
            memory.make_scratch(self.sizes, self.tables),
            log,
            self.seed,
            worlds.start,
            replays.start,
            len(replays),
            np.ascontiguousarray(numbers, dtype=np.float64),
            outcomes.status,
            outcomes.failed_at,
            outcomes.first,
            outcomes.kind,
            outcomes.root,
            outcomes.flags.view(np.int64),
            outcomes.onset,
            outcomes.early,
            outcomes.running,
            outcomes.dues,
        )
        return outcomes, int(state.counts[memory.LOGGED]), int(state.counts[memory.PROBED])


def _empty(worlds: range, replays: range, kinds: int) -> Outcomes:
    runs = len(worlds) * len(replays)
    whole = {name: np.zeros(runs, dtype=np.int64) for name in ("status", "kind", "root", "dues")}
    world, replay = addresses(worlds, replays)
    return Outcomes(
        world=world,
        replay=replay,
        failed_at=np.zeros(runs),
        first=np.zeros(runs),
        flags=np.zeros(runs, dtype=np.uint64),
        onset=np.zeros((runs, kinds)),
        early=np.zeros((runs, kinds)),
        running=np.zeros((runs, kinds), dtype=np.bool_),
        **whole,
    )


def _single(outcomes: Outcomes) -> RunResult:
    return RunResult(
        status=int(outcomes.status[0]),
        failed_at=float(outcomes.failed_at[0]),
        first=float(outcomes.first[0]),
        kind=int(outcomes.kind[0]),
        root=int(outcomes.root[0]),
        flags=int(outcomes.flags[0]),
        onset=outcomes.onset[0].tolist(),
        early=outcomes.early[0].tolist(),
        running=outcomes.running[0].tolist(),
        dues=int(outcomes.dues[0]),
    )
