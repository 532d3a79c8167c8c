"""What a failpoint does: the hook of a launched process, and the file by which a running suite is told where to fail.

An order reads `finance.after_commit_before_publish:kill9@3`: the third time one process of finance comes there, it is
killed. `kill9=postgres` kills that program of the suite instead. `stop` lets it stand still, as a stopped process does,
until somebody ends it. Each order is carried out once by one process.
"""

import json
import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from shared import failpoint

SETTING = "FAILPOINT"
FOLDER_SETTING = "FAILPOINT_FOLDER"
_ORDER = re.compile(
    r"(?P<instant>[a-z]+\.[a-z_]+):(?P<deed>kill9|stop)(=(?P<victim>[a-z0-9-]+))?(@(?P<nth>[1-9][0-9]*))?"
)
_SIGNALS = {"kill9": signal.SIGKILL, "stop": signal.SIGSTOP}
_FILE = "orders"


@dataclass(frozen=True)
class Order:
    """What becomes of whom when an instant was reached how often."""

    text: str
    instant: str
    signal: signal.Signals
    victim: str | None
    nth: int


def read_order(text: str) -> Order:
    """Read one order.

    Raises:
        ValueError: it is none.
    """
    found = _ORDER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no order such as finance.before_commit:kill9@3")
    return Order(text, found["instant"], _SIGNALS[found["deed"]], found["victim"], int(found["nth"] or 1))


class Hook:
    """Counts the instants of one process and carries out what was ordered."""

    def __init__(self, folder: Path, state: Path) -> None:
        """Read orders from `folder`; `state` is the suite's state folder, which names its processes."""
        self._folder = folder
        self._state = state
        self._seen: dict[str, int] = {}
        self._stamp = -1
        self._orders: list[Order] = []

    def __call__(self, instant: str) -> None:
        """Hear that this process came to an instant."""
        self._read()
        for order in self._orders:
            if order.instant != instant:
                continue
            self._seen[order.text] = self._seen.get(order.text, 0) + 1
            if self._seen[order.text] >= order.nth and self._is_first(order):
                self._signal(order)

    def _read(self) -> None:
        path = self._folder / _FILE
        try:
            stamp = path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if stamp != self._stamp:
            self._stamp, self._seen = stamp, {}
            self._orders = [read_order(line) for line in path.read_text().splitlines()]

    def _is_first(self, order: Order) -> bool:
        """Whether no process has carried the order out yet; two that come at once are told apart by the kernel."""
        try:
            os.close(os.open(self._folder / f"done {order.text}", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        return True

    def _signal(self, order: Order) -> None:
        if order.victim is None:
            os.kill(os.getpid(), order.signal)
            return
        pid = json.loads((self._state / "processes.json").read_text())[order.victim]
        os.killpg(pid, order.signal)


def arm_from_environment() -> None:
    """Arm this process as the environment of a launched suite says."""
    folder = Path(os.environ[FOLDER_SETTING])
    failpoint.arm(Hook(folder, Path(os.environ["KECHUANG_HOME"])))


class Orders:
    """The harness's side: give orders to a running suite and see them carried out."""

    def __init__(self, folder: Path) -> None:
        """Keep the orders in `folder`; what `FAILPOINT` names stands from the start."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        first = os.environ.get(SETTING)
        if first:
            self.give(*first.split(","))

    def give(self, *texts: str) -> None:
        """Replace the orders that stand by these."""
        for text in texts:
            read_order(text)
        for done in self.folder.glob("done *"):
            done.unlink()
        draft = self.folder / "draft"
        draft.write_text("\n".join(texts))
        os.utime(draft, ns=(time.time_ns(), time.time_ns()))
        draft.rename(self.folder / _FILE)

    def withdraw(self) -> None:
        """Let nothing be ordered."""
        self.give()

    def is_done(self, text: str) -> bool:
        """Whether a process has carried the order out."""
        return (self.folder / f"done {text}").exists()
