"""A stop that waits for what cannot be interrupted."""

from __future__ import annotations

import signal

import pytest

from sim.cli.signals import Stop


@pytest.mark.parametrize(("remark", "told"), [("in a moment", "in a moment\n"), ("", "")])
def test_patient_stop_comes_at_the_end(capfd: pytest.CaptureFixture[str], remark: str, told: str) -> None:
    stop, reached = Stop(), []

    def compiling() -> None:
        with stop.patiently(remark):
            stop.hear(signal.SIGINT, None)
            reached.append("the end")

    with pytest.raises(KeyboardInterrupt):
        compiling()
    assert (reached, stop.asked, capfd.readouterr().err) == (["the end"], True, told)


def test_nobody_asked() -> None:
    stop = Stop()
    with stop.patiently("never told"):
        pass
    stop.check()
    assert not stop.asked


def test_impatient_stop_comes_at_once() -> None:
    stop = Stop()
    with pytest.raises(KeyboardInterrupt):
        stop.hear(signal.SIGTERM, None)
    with pytest.raises(KeyboardInterrupt):
        stop.check()
