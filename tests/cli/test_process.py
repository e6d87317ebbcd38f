"""The command as a process of its own: real pipes, real signals, and what it loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim import __version__
from tests.cli.conftest import ROOT, TEACHING

ONE = TEACHING / "one_hazard.yaml"
LITTLE = ["--quick", "--worlds", "8", "--replays", "2"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", **more}


def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env=environment(**more), capture_output=True, text=True, check=False
    )


def test_version() -> None:
    told = call("-m", "sim", "--version")
    assert (told.returncode, told.stdout, told.stderr) == (0, f"sim {__version__}\n", "")


def test_run_piped_prints_a_table_and_then_answers_from_the_folder() -> None:
    told = call("-m", "sim", "run", str(ONE), *LITTLE, "--out", "o")
    assert told.returncode == 0
    assert told.stdout.splitlines()[0] == "section\titem\tvalue\tse"
    assert told.stderr.startswith("kept in o/one_hazard/")
    again = call("-m", "sim", "run", str(ONE), *LITTLE, "--out", "o")
    assert again.stdout == told.stdout
    assert again.stderr.startswith("asked before: answered from o/one_hazard/")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no file that is always full")
def test_answer_that_cannot_be_written_is_a_message() -> None:
    with Path("/dev/full").open("w") as full:
        told = subprocess.run(
            [sys.executable, "-m", "sim", "check", str(ONE), "--quiet"],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (told.returncode, told.stderr) == (1, "the answer cannot be written or read: No space left on device\n")


def test_json_can_be_read_by_a_program() -> None:
    told = call("-m", "sim", "check", str(ONE), "--json", "--quiet")
    assert (told.returncode, told.stderr) == (0, "")
    assert json.loads(told.stdout)["scenario"]["name"] == "one_hazard"


def test_error_is_a_message_and_an_exit_code() -> None:
    told = call("-m", "sim", "run", "nothing.yaml")
    assert (told.returncode, told.stdout, told.stderr) == (
        1,
        "",
        "there is no file `nothing.yaml`; the folder holds no scenario files\n",
    )


@pytest.mark.parametrize("command", ["check", "trace"])
def test_reader_that_has_gone_is_no_error(command: str) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        told = subprocess.run(
            [sys.executable, "-m", "sim", command, str(ONE), "--quiet"],
            env=environment(),
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(write)
    assert (told.returncode, told.stderr) == (0, "")


# Plays with two workers, in parts of 16 runs, and gets signals, each from its first moment on: its own progress, or the
# look at what is kept. A whole group of processes gets them, as from a terminal.
INTERRUPTED = """
import os, signal, sys
from sim.cli import console
from sim.experiment import executors, plan, run

NUMBER, FIRST, AGAIN = signal.Signals[sys.argv[1]], int(sys.argv[2]), sys.argv[3] == "again"
sent = []

def stop(self, done, total):
    if done >= FIRST and not sent:
        sent.append(done)
        os.killpg(0, NUMBER)

def look(*arguments):
    os.killpg(0, NUMBER)
    raise ZeroDivisionError("still here")

if __name__ == "__main__":
    from sim.cli.app import main

    # a background job of a shell is started deaf to Ctrl-C; this one is to hear it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    executors.WORTH_WORKERS = 1
    plan.SMALL_PART_RUNS = 16
    console.Bar.__call__ = stop
    if AGAIN:
        run.interrupted = look
    sys.exit(main(sys.argv[4:]))
"""


def interrupt(
    folder: Path, number: str, first: int, *more: str, again: str = "once"
) -> subprocess.CompletedProcess[str]:
    """Runs `sim run` on 2 000 worlds, with signals."""
    program = folder / "interrupted.py"
    program.write_text(INTERRUPTED, encoding="utf-8")
    design = ["--worlds", "2000", "--replays", "2", "--workers", "2", "--json", "--out", "o", *more]
    return subprocess.run(
        [sys.executable, str(program), number, str(first), again, "run", str(ONE), *design],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_interruption_before_anything_is_done_is_quiet_and_leaves_nothing(tmp_path: Path, engine: str) -> None:
    told = interrupt(tmp_path, "SIGINT", 1, "--engine", engine)
    assert (told.returncode, told.stdout, told.stderr) == (130, "", "interrupted; nothing was kept\n")
    assert [path.name for path in tmp_path.iterdir()] == ["interrupted.py"]


@pytest.mark.parametrize(("number", "engine"), [("SIGINT", "compiled"), ("SIGTERM", "compiled"), ("SIGINT", "simpy")])
def test_interruption_tells_the_odds_so_far_and_can_be_gone_on_with(tmp_path: Path, number: str, engine: str) -> None:
    told = interrupt(tmp_path, number, 100, "--engine", engine)
    worlds = json.loads(told.stdout)["design"]["worlds"]
    # the part in hand when the signal came is not finished
    assert worlds == 96
    how = "they are kept, and --resume goes on from there"
    assert (told.returncode, told.stderr) == (130, f"interrupted: stopped after 96 of 2,000 worlds; {how}\n")
    more = interrupt(tmp_path, number, 200, "--engine", engine, "--resume")
    assert more.stderr.splitlines()[0] == "continuing an unfinished run: 96 of 2,000 worlds are here"
    assert more.stderr.splitlines()[1].startswith("interrupted: stopped after 192 of 2,000 worlds")


def test_second_interruption_leaves_at_once(tmp_path: Path) -> None:
    told = interrupt(tmp_path, "SIGINT", 100, "--engine", "simpy", again="again")
    assert (told.returncode, told.stdout, told.stderr) == (130, "", "")
    more = interrupt(tmp_path, "SIGINT", 200, "--engine", "simpy", "--resume")
    assert more.stderr.startswith("continuing an unfinished run: 96 of 2,000 worlds are here\n")


# Plays with workers that die at their first batch, as if the system had killed them.
KILLED = """
import os, sys
from sim.experiment import executors

def die(batch):
    os._exit(9)

if __name__ == "__main__":
    from sim.cli.app import main

    executors.WORTH_WORKERS = 1
    executors._work = die
    sys.exit(main(sys.argv[1:]))
"""


def test_killed_worker_is_a_message(tmp_path: Path) -> None:
    program = tmp_path / "killed.py"
    program.write_text(KILLED, encoding="utf-8")
    told = call(str(program), "run", str(ONE), "--engine", "simpy", "--worlds", "40", "--workers", "2", "--out", "o")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "a worker process was killed, perhaps for want of memory; try --workers 1\n"
    assert [path.name for path in tmp_path.iterdir()] == [program.name]


def test_terminal_without_arrows_gets_something_else() -> None:
    told = call("-m", "sim", "trace", str(TEACHING / "relaxing_tension.yaml"), "--quiet", PYTHONIOENCODING="ascii")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.isascii()


HEAVY = ["matplotlib", "multiprocessing", "numba", "numpy", "pyarrow", "rich", "scipy", "simpy", "yaml"]


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--help"], []),
        (["run", "--help"], []),
        (["--version"], []),
        (["new"], []),
        (["check", str(ONE)], ["numpy", "yaml"]),
        (["trace", str(ONE), "--run", "3"], ["numpy", "simpy", "yaml"]),
    ],
    ids=lambda part: " ".join(Path(word).name for word in part),
)
def test_command_loads_only_what_it_needs(arguments: list[str], allowed: list[str]) -> None:
    """A quick command stays quick: nothing slow is loaded that it does not use."""
    look = f"""
import sys
from sim.cli.app import main
main({arguments!r})
print("loaded:", *[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    told = call("-c", look)
    assert told.stderr.splitlines()[-1].split()[1:] == allowed
