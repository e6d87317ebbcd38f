"""What the commands that study a scenario have alike: who plays, where the answer is kept, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.cli import console
from sim.cli.signals import PATIENCE, stoppable
from sim.errors import FailedRunsError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from sim.experiment.plan import Design
    from sim.experiment.run import Progress
    from sim.experiment.shelf import Shelf
    from sim.records.result import WarningPart
    from sim.scenario.load import Scenario


@dataclass(frozen=True, slots=True)
class Study:
    """A study, and how it is to be answered.

    `record` is the file of the answer and `shape` its `TypedDict`, `figures` are the names of its figures, and `played`
    has each scenario by the file that it is kept in.
    """

    record: str
    shape: type
    figures: tuple[str, ...]
    played: Mapping[str, Scenario]
    shelf: Shelf
    design: Design
    engine: str
    workers: int
    svg: bool
    json: bool
    quiet: bool

    def kept(self) -> dict[str, Any] | None:
        """The answer, if it is kept, with its figures or without."""
        return self.shelf.known(self.record, self.shape)

    def known(self) -> dict[str, Any] | None:
        """The answer, if it is kept with its figures in every form that is asked for."""
        folder = self.shelf.path / "figures"
        forms = ("png", "svg") if self.svg else ("png",)
        drawn = all((folder / f"{name}.{form}").exists() for name in self.figures for form in forms)
        return self.kept() if drawn else None

    @contextmanager
    def playing(self) -> Iterator[Progress]:
        """Inside, the engine is ready, its progress is shown to people, and the first Ctrl-C stops it."""
        from sim.experiment import engines

        # long play must not end at a folder that cannot be written
        self.shelf.insist()
        with stoppable() as stop:
            note = engines.compiling_note(self.engine)
            if note is not None:
                self.tell(note)
                with stop.patiently("" if self.quiet else PATIENCE):
                    engines.get_ready(self.engine, next(iter(self.played.values())).program, self.design.seed)
            with console.Bar(quiet=self.quiet) as bar:

                def progress(done: int, total: int | None) -> None:
                    stop.check()
                    bar(done, total)

                yield progress

    @contextmanager
    def keeping(self, result: Mapping[str, Any]) -> Iterator[Path]:
        """Inside, the folder of the answer, for what is drawn; it appears when the block ends without an error."""
        import sim
        from sim.experiment.archive import MANIFEST, made_how, to_json
        from sim.scenario.write import to_yaml

        with self.shelf.draft() as folder:
            texts = {
                self.record: to_json(result),
                MANIFEST: to_json(made_how(self.design, self.engine, sim.__version__)),
                **{name: to_yaml(scenario.resolved) for name, scenario in self.played.items()},
            }
            for name, text in texts.items():
                path = folder / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            yield folder

    def answer(
        self,
        result: Mapping[str, Any],
        text: Callable[[int], str],
        tsv: Callable[[], str],
        remark: str,
        failed: Sequence[str],
    ) -> None:
        """Print the answer, then fail if runs `failed`: the odds are told, but the command is no success."""
        from sim.experiment.archive import to_json

        if self.json:
            console.out(to_json(result))
        else:
            console.out(text(console.width()) if console.on_terminal() else tsv())
        self.tell(remark)
        if failed:
            raise FailedRunsError("; ".join(failed))

    def tell(self, remark: str) -> None:
        """A message, unless nobody wants any."""
        if not self.quiet:
            console.tell(remark)


def players(workers: int | None) -> int:
    """How many play: as many as were asked for, else one a processor. Raises `UsageError`."""
    from sim.experiment.executors import available_workers

    if workers is not None and workers < 1:
        raise UsageError(f"--workers {workers}: at least 1 plays")
    return workers or available_workers()


def design_of(worlds: int | None, replays: int | None, seed: int, usual: int, *, quick: bool = False) -> Design:
    """The design that options ask for; `usual` is how many worlds are played where nobody says how many."""
    from sim.experiment import plan

    return plan.Design(
        worlds if worlds is not None else plan.QUICK_WORLDS if quick else usual,
        replays if replays is not None else plan.QUICK_REPLAYS if quick else plan.DEFAULT_REPLAYS,
        seed,
    )


def failed_runs(warnings: Sequence[WarningPart], *codes: str) -> list[str]:
    """What the warnings of these codes say: that runs failed."""
    return [warning["text"] for warning in warnings if warning["code"] in codes]


def shelf_of(out: Path, command: str, scenario: Scenario, design: Design, *written: str) -> Shelf:
    """Where the answer to a command is kept, which asks about a scenario what is written here."""
    import sim
    from sim.experiment.archive import run_id
    from sim.experiment.shelf import shelf_for

    return shelf_for(out, scenario.name, command, [run_id(scenario, design, sim.__version__), *written])
