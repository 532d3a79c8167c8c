"""Time limits that count what the machine had for us: a start is given up because it stands, not for a busy machine."""

import os
import time
from collections.abc import Callable
from pathlib import Path

_LOAD = Path("/proc/loadavg")


def crowd() -> float:
    """Return how many programs share one processor, at least 1: of those that run now, or ran in the last minute."""
    try:
        minute, _, _, running, *_ = _LOAD.read_text(encoding="ascii").split()
        wanting = max(float(minute), float(running.partition("/")[0]))
    except (OSError, ValueError):
        wanting = os.getloadavg()[0]
    return max(1.0, wanting / (os.cpu_count() or 1))


class Patience:
    """A time limit that runs slower the busier the machine is.

    What is waited for must end the wait by itself when it happens, or when it cannot happen any more; this is for a
    program that lives and stands still.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        crowd: Callable[[], float] = crowd,
    ) -> None:
        """Begin to count.

        Args:
            seconds: the limit, on a machine that has nothing else to do.
            clock: tells the seconds.
            crowd: tells how many programs share a processor.
        """
        self.seconds = seconds
        self._clock, self._crowd = clock, crowd
        self._left = seconds
        self._seen = clock()

    def is_over(self) -> bool:
        """Tell whether the machine has had that much time for us; to be asked again and again."""
        now = self._clock()
        self._left -= (now - self._seen) / self._crowd()
        self._seen = now
        return self._left <= 0
