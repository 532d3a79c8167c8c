"""A clock that is wrong for one process of an armed suite, and can be set right while it runs."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from shared.kernel.clock import SystemClock

SETTING = "FAULT_CLOCKS"
"""Folder with a file for each process whose clock is wrong: how many seconds it is ahead."""


def go_by_the_wrong_clock(name: str) -> None:
    """Let this process tell the time of its own file; without a folder, or without a file, it tells the true one."""
    folder = os.environ.get(SETTING)
    if folder is None:
        return
    plain, path = SystemClock.now, Path(folder) / name

    def now(self: SystemClock) -> datetime:
        try:
            ahead = float(path.read_text() or 0)
        except FileNotFoundError:
            ahead = 0.0
        return plain(self) + timedelta(seconds=ahead)

    SystemClock.now = now  # type: ignore[method-assign]
