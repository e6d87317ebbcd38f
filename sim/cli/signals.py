"""Ctrl-C: the first asks for a clean stop, the second leaves at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
PATIENCE = "stopping when it is compiled; Ctrl-C again leaves at once"


class Stop:
    """Whether somebody asked for a stop."""

    def __init__(self) -> None:
        """Nobody did."""
        self.asked = False
        self._patient = False
        self._remark = ""

    @contextmanager
    def patiently(self, remark: str) -> Iterator[None]:
        """Inside, the first signal waits for the end: for code that nothing can interrupt, such as a compiler.

        Whoever sends it is told the `remark`, if there is one.
        """
        self._patient, self._remark = True, remark
        try:
            yield
        finally:
            self._patient = False
        self.check()

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if so: the first one may have got lost in a place that eats errors."""
        if self.asked:
            raise KeyboardInterrupt

    def hear(self, number: int, frame: FrameType | None) -> None:
        """A signal came."""
        del number, frame
        if self.asked:
            # not `sys.exit`: whatever still works in other threads is not waited for
            os._exit(INTERRUPTED)
        self.asked = True
        if not self._patient:
            raise KeyboardInterrupt
        if self._remark:
            # not `print`: a signal may come while somebody else writes
            os.write(2, f"{self._remark}\n".encode())


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Inside, SIGINT and SIGTERM raise `KeyboardInterrupt` once, and end the process the second time."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may change what a signal does
        return
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in former.items():
        # what is ignored stays ignored: a shell's background job does not hear Ctrl-C, nohup is left alone
        if handler is not signal.SIG_IGN:
            signal.signal(number, stop.hear)
    try:
        yield stop
    finally:
        for number, handler in former.items():
            # None: it was not set from Python, and cannot be set back from it
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
