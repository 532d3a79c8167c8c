"""Whether a process still answers, asked on a socket of its own without ever waiting for it.

Processes of one service share the socket that clients use, so a call there says nothing of any one of them. Each has a
second one, which only the supervisor asks. A server that is one process is asked where its clients are: PostgreSQL
whether it speaks TLS, which it answers before anybody has logged in, while NATS speaks first. A process that lives but
stands still (a lock that is never given back, a stopped process, a loop without end) is found by its silence.
"""

import contextlib
import errno
import socket
from collections.abc import Callable

from deploy.embedded.patience import Patience

PROBES = 3
"""So many questions in a row without an answer are a hang."""

LIVE = b"GET /health/live HTTP/1.1\r\nHost: pulse\r\nConnection: close\r\n\r\n"
"""What a process of ours is asked."""
SPEAKS_TLS = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""PostgreSQL's SSLRequest: eight bytes, answered by one."""
SPEAKS_FIRST = b""
"""What a server is asked that greets whoever comes."""

_STATUS_BYTES = 16
_UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EAGAIN, errno.EINTR})


def open_pulse_socket() -> socket.socket:
    """Open the listening socket of one process, on a port that the kernel picks."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.bind(("127.0.0.1", 0))
    opened.listen(PROBES + 1)
    return opened


class Pulse:
    """Asks one process again and again; each look takes no time."""

    def __init__(
        self,
        port: int,
        *,
        seconds: float,
        start_seconds: float,
        question: bytes = LIVE,
        patience: Callable[[float], Patience] = Patience,
    ) -> None:
        """Begin to ask.

        Args:
            port: of the process's socket on the loopback address.
            seconds: how long it may be silent on a machine that has nothing else to do; 0 allows it for ever.
            start_seconds: how long the first answer may take: what starts has imports to do and a database to wait for.
            question: what it is asked.
            patience: makes a time limit.
        """
        self._port = port
        self._question = question
        self._seconds = seconds
        self._start_seconds = start_seconds
        self._patience = patience
        self._silent = 0
        self._asked: socket.socket | None = None
        self.begin_again()

    def close(self) -> None:
        """Ask no longer."""
        if self._asked is not None:
            with contextlib.suppress(OSError):
                self._asked.close()
        self._asked = None

    def begin_again(self) -> None:
        """Forget what was: the process is a new one."""
        self.close()
        self._has_answered = False
        self._silent = 0
        self._limit = self._patience(self._start_seconds)
        self._pause: Patience | None = None

    def hangs(self) -> bool:
        """Look for an answer, ask again when it is time, and tell whether the process has been silent for too long."""
        if self._seconds == 0:
            return False
        if self._asked is None:
            if self._pause is None or self._pause.is_over():
                self._ask()
            return False
        if self._is_answered():
            self.close()
            self._has_answered, self._silent = True, 0
            self._pause = self._patience(self._seconds / PROBES)
            return False
        if not self._limit.is_over():
            return False
        self.close()
        self._silent += 1
        return self._silent >= PROBES or not self._has_answered

    def _ask(self) -> None:
        """Send a question; the kernel takes it even for a process that stands."""
        self._asked = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._asked.setblocking(False)  # the name of the standard library
        if self._has_answered:
            self._limit = self._patience(self._seconds / PROBES)
        code = self._asked.connect_ex(("127.0.0.1", self._port))
        self._unsent = self._question
        if code not in {0, *_UNDER_WAY}:
            self.close()

    def _is_answered(self) -> bool:
        """Tell whether anything came: also a closed connection is the doing of a process that runs."""
        if self._asked is None:
            return False
        try:
            if self._unsent:
                self._unsent = self._unsent[self._asked.send(self._unsent) :]
            self._asked.recv(_STATUS_BYTES)
        except OSError as fault:
            return fault.errno not in {*_UNDER_WAY, errno.ENOTCONN, errno.EPIPE}
        return True
