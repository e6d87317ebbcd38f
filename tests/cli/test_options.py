"""What is said to a command line that cannot be carried out: every text exactly, and its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import HAZARD, Sim, written

TRY = "Usage: sim {command} [OPTIONS] {{FILE}}\nTry 'sim {command} -h' for help.\n\nError: "
SIM = "Usage: sim [OPTIONS] COMMAND [ARGS]...\nTry 'sim -h' for help.\n\nError: "
RUN, TRACE, CHECK = (TRY.format(command=name) for name in ("run", "trace", "check"))

# Arguments (FILE is a good scenario), exit code, and everything on standard error.
REFUSALS: list[tuple[str, int, str]] = [
    ("rum", 2, f"{SIM}No such command 'rum'. Did you mean 'run'?\n"),
    ("--worlds 3", 2, f"{SIM}No such option: --worlds\n"),
    ("run", 2, f"{RUN}Missing argument 'FILE'.\n"),
    ("trace", 2, f"{TRACE}Missing argument 'FILE'.\n"),
    ("check", 2, f"{CHECK}Missing argument 'FILE'.\n"),
    ("run FILE more", 2, f"{RUN}Got unexpected extra argument(s) (more)\n"),
    ("run FILE --wrlds 3", 2, f"{RUN}No such option: --wrlds (Possible options: --replays, --workers, --worlds)\n"),
    ("run FILE --worlds 0", 2, "--worlds 0: at least 1 is played\n"),
    ("run FILE --worlds -4", 2, "--worlds -4: at least 1 is played\n"),
    ("run FILE --worlds two", 2, "--worlds two: write a whole number\n"),
    ("run FILE --worlds 100000001", 2, "--worlds 100000001: at most 100000000 are played\n"),
    ("run FILE --replays 0", 2, "--replays 0: at least 1 is played\n"),
    ("run FILE --replays 2.5", 2, "--replays 2.5: write a whole number\n"),
    ("run FILE --precision 7", 2, "--precision 7: write a half-width between 0 and 0.5, like 0.01\n"),
    ("run FILE --precision 0", 2, "--precision 0: write a half-width between 0 and 0.5, like 0.01\n"),
    ("run FILE --precision nan", 2, "--precision nan: write a half-width between 0 and 0.5, like 0.01\n"),
    ("run FILE --precision little", 2, "--precision little: write a number, like 0.01\n"),
    (
        "run FILE --quick --precision 0.01",
        2,
        "--quick and --precision exclude each other: one plays little, the other as much as it takes\n",
    ),
    ("run FILE --seed -1", 2, "the seed is -1; it must be a whole number from 0 to 2^64 - 1\n"),
    ("run FILE --seed x", 2, "--seed x: write a whole number\n"),
    ("run FILE --engine fast", 2, "--engine fast: write one of auto, compiled, simpy\n"),
    ("run FILE --workers 0", 2, "--workers 0: at least 1 plays\n"),
    (
        "run FILE --set risk",
        1,
        "--set 1:1:1  SC128 error: `risk` has no `=`\n"
        "    1 | risk\n      | ^ write PATH=VALUE, like `tension.start=3`\n"
        "1 error; nothing was run.\n",
    ),
    (
        "run FILE --set crises.outbreak.last=3",
        1,
        "--set 1:1:1  SC201 error: `crises.outbreak.last` is an unknown key\n"
        "    1 | crises.outbreak.last=3\n      | ^ did you mean `lasts`?\n"
        "1 error; nothing was run.\n",
    ),
    (
        "run FILE --resume",
        2,
        "--resume: outputs/hazard has no unfinished run of this question; leave --resume out to play it\n",
    ),
    ("run FILE --variant saef", 1, "FILE: there is no variant `saef`; did you mean `safe`?\n"),
    ("run hazerd.yaml", 1, "there is no file `hazerd.yaml`; did you mean `hazard.yaml`?\n"),
    ("run nowhere/hazard.yaml", 1, "there is no folder `nowhere`; check the path\n"),
    ("run .", 1, "`.` is a folder; name a file in it, like `hazard.yaml`\n"),
    (
        "run FILE --quick --out FILE",
        1,
        "cannot write to FILE/hazard: Not a directory; choose another folder with --out\n",
    ),
    (
        "check FILE --quiet --preview --out FILE",
        1,
        "cannot write to FILE/hazard/preview: Not a directory; choose another folder with --out\n",
    ),
    ("trace FILE --run -1", 2, "--run -1: with 8 replays a world, runs have the numbers 0 to 799999999\n"),
    (
        "trace FILE --run 200000000 --replays 2",
        2,
        "--run 200000000: with 2 replays a world, runs have the numbers 0 to 199999999\n",
    ),
    ("trace FILE --run 1.5", 2, "--run 1.5: write a whole number\n"),
    ("trace FILE --run 1 --replays 0", 2, "--replays 0: at least 1 is played\n"),
    (
        "trace FILE --run 1 --typical calm",
        2,
        "--run and --typical exclude each other: one names a run, the other looks for one\n",
    ),
    ("trace FILE --typical odd", 2, "--typical odd: write one of crisis, calm, near-miss\n"),
    (
        "trace FILE --typical near-miss",
        4,
        "no counted kind is defined by a level, a rise or a condition that must hold, so nothing can nearly happen; "
        "try --typical calm\n",
    ),
    ("new FILE", 1, "FILE is there already and was left as it is; choose another name\n"),
    ("new nowhere/new.yaml", 1, "cannot write nowhere/new.yaml: No such file or directory\n"),
]


@pytest.mark.parametrize(("arguments", "code", "told"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusal(sim: Sim, hazard: Path, tmp_path: Path, arguments: str, code: int, told: str) -> None:
    answer = sim(*arguments.replace("FILE", hazard.name).split())
    assert answer.err.replace(hazard.name, "FILE") == told.replace(hazard.name, "FILE")
    assert answer.code == code
    assert sorted(path.name for path in tmp_path.iterdir()) == [hazard.name], "something was left behind"


def test_block_that_schema_does_not_know(sim: Sim) -> None:
    answer = sim("schema", "pullback")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("there is no block `pullback`; did you mean `pullbacks`? Blocks are schema, title,")


def test_broken_file_names_every_problem(sim: Sim, tmp_path: Path) -> None:
    broken = written(tmp_path, "broken", HAZARD.replace("0.1 to 0.5", "0.5 to 0.1").replace("lasts: 30", "lats: 30"))
    answer = sim("check", broken.name)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.count("broken.yaml:") >= 2
    assert answer.err.splitlines()[-1].endswith("nothing was run.")


def test_same_file_is_accepted(sim: Sim, hazard: Path) -> None:
    """The refusals above are not refusals of the file."""
    assert sim("check", hazard.name).code == 0
