"""A process that lives and stands still is found by its silence, and one that is merely slow to start is not."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from deploy.embedded.patience import Patience
from deploy.embedded.process import Program
from deploy.embedded.pulse import PROBES, Pulse, open_pulse_socket
from deploy.embedded.supervisor import Slot

SERVER = """
import os, signal, socket, sys, time
listening = socket.socket(fileno=int(sys.argv[1]))
answers = int(sys.argv[2])
while True:
    for _ in range(answers):
        one, _ = listening.accept()
        one.recv(1000)
        one.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
        one.close()
    os.kill(os.getpid(), signal.SIGSTOP)
"""


def hurried(seconds: float) -> Patience:
    return Patience(seconds, crowd=lambda: 1.0)


@contextmanager
def asked_by(*, seconds: float, start_seconds: float) -> Iterator[tuple[socket.socket, Pulse]]:
    """Yield the socket of a process that answers nothing by itself, and who asks it."""
    with open_pulse_socket() as opened:
        opened.settimeout(5)
        port = opened.getsockname()[1]
        with closing(Pulse(port, seconds=seconds, start_seconds=start_seconds, patience=hurried)) as pulse:
            yield opened, pulse


def until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.005)
    return False


def test_a_stopped_process_is_ended_and_started_again_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_pulse_socket() as opened:
        program = Program(
            name="ipr",
            argv=(sys.executable, "-S", "-c", SERVER, str(opened.fileno()), "3"),
            log=tmp_path / "log",
            pass_fds=(opened.fileno(),),
            pulse_port=opened.getsockname()[1],
        )
        slot = Slot(program, hang_seconds=0.3)
        first = slot.child.pid

        def tended() -> bool:
            slot.tend()
            return slot.child.pid != first

        try:
            assert until(tended)
            assert slot.child.exit_code() is None
        finally:
            slot.ask_no_longer()
            slot.child.kill()
    said = capsys.readouterr().out
    assert f"ipr answers nothing (process {first}); ending it 进程无响应" in said
    assert "killed by SIGKILL" in said


def test_a_process_that_starts_slowly_is_given_its_time_and_one_that_never_answers_is_not() -> None:
    with asked_by(seconds=0.03, start_seconds=0.5) as (_, pulse):
        began = time.monotonic()
        assert until(pulse.hangs)
        assert time.monotonic() - began >= 0.5


def test_one_answer_too_late_is_no_hang() -> None:
    now = [0.0]  # the time of the test itself: a machine that is busy for half a second is no silence

    def by_the_clock(seconds: float) -> Patience:
        return Patience(seconds, clock=lambda: now[0], crowd=lambda: 1.0)

    def hangs_within(pulse: Pulse, seconds: float) -> bool:
        for _ in range(round(seconds / 0.05)):
            now[0] += 0.05
            if pulse.hangs():
                return True
        return False

    with open_pulse_socket() as opened:
        opened.settimeout(60)
        port = opened.getsockname()[1]
        with closing(Pulse(port, seconds=1.5, start_seconds=20, patience=by_the_clock)) as pulse:
            for silent in (0, PROBES - 1, PROBES - 1):
                for _ in range(silent):
                    assert not pulse.hangs()
                    asked, _ = opened.accept()
                    with asked:
                        assert not hangs_within(pulse, 0.65)
                assert not pulse.hangs()
                asked, _ = opened.accept()
                with asked:
                    asked.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    assert until(lambda: not pulse.hangs() and pulse._asked is None, 60)
                assert not hangs_within(pulse, 0.6)
            asked, _ = opened.accept()
            with asked:
                assert hangs_within(pulse, 2), "silence that goes on is a hang"


def test_whoever_debugs_may_switch_it_off() -> None:
    with asked_by(seconds=0, start_seconds=0) as (opened, pulse):
        assert not until(pulse.hangs, 0.1)
        opened.settimeout(0.05)
        with pytest.raises(socket.timeout):
            opened.accept()
