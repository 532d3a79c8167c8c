"""A crowd: more clients than a service can serve. Whoever is refused sends the same call again when it was told to."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.load import Line
from tests.bench.table import percentile

REFUSED = frozenset({429, 503})
_PATIENCE_S = 60.0
_SPREAD = 0.5
"""Clients that were refused at one instant do not come back at one instant: each waits up to so much longer."""


class CrowdLine(Line):
    """A connection that hears when to come again."""

    retry_after: float | None = None
    """Seconds that the last answer told to wait; None if it told nothing."""

    def on_message_begin(self) -> None:
        self.retry_after = None

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self.retry_after = float(value)


@dataclass(slots=True)
class Crowd:
    """What came of a crowd.

    Attributes:
        seconds: the window that counts.
        answered: good answers within it.
        sent: good answers at all.
        refused: refusals within it, by status.
        untold: of these, those that did not tell when to come again.
        other: answers that are neither good nor a refusal, by status.
        refused_ms: how long each refusal within it took.
    """

    seconds: float
    answered: int = 0
    sent: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    untold: int = 0
    other: Counter[int] = field(default_factory=Counter)
    refused_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return self.answered / self.seconds

    @property
    def refused_share(self) -> float:
        """Refusals in a hundred answers of the window."""
        refused = self.refused.total()
        return 100 * refused / max(1, refused + self.answered)

    @property
    def told_share(self) -> float:
        """Refusals in a hundred that told when to come again; 100 where nobody was refused."""
        return 100 * (1 - self.untold / max(1, self.refused.total()))

    def refusal_ms(self, part: float) -> float:
        """Return the time below which `part` of the refusals came; 0 where nobody was refused."""
        return percentile(self.refused_ms, part) if self.refused_ms else 0.0

    def must_be_known(self, what: str) -> None:
        """Refuse to measure where a call failed otherwise than by a refusal."""
        if self.other or not self.sent:
            raise RuntimeError(f"{what}: answers with status {dict(self.other)} beside {self.sent} good ones")


async def crowd(
    port: int,
    make: Callable[[int], bytes],
    *,
    clients: int,
    warm_s: float,
    window_s: float,
    good: int = 201,
    once: bool = False,
) -> Crowd:
    """Let `clients` call as often as they are answered; `make(client)` gives each call.

    Args:
        port: on this machine.
        make: returns a new call of the client with that number.
        clients: how many there are; each has one call under way.
        warm_s: load before the window that counts, seconds.
        window_s: the window, seconds.
        good: status of a good answer.
        once: each client has one call alone and stays until it is done, however long the window is.
    """
    found = Crowd(window_s)
    begins = time.perf_counter() + warm_s
    ends = begins + window_s
    chance = random.Random(clients)

    async def called(line: CrowdLine, raw: bytes) -> bool:
        """Send one call; tell whether it is over, or wait as long as the refusal says."""
        asked = time.perf_counter()
        status = await line.ask(raw)
        now = time.perf_counter()
        counts = once or begins <= now <= ends
        if status in REFUSED:
            if counts:
                found.refused[status] += 1
                found.untold += line.retry_after is None
                found.refused_ms.append((now - asked) * 1000)
            wait = (line.retry_after or 0.0) * (1 + _SPREAD * chance.random())
            line.close()  # it may be longer than the server keeps a connection
            await asyncio.sleep(wait if once else min(wait, max(0.0, ends - now)))
            return False
        if status == good:
            found.sent += 1
            found.answered += counts
        else:
            found.other[status] += 1
        return True

    async def busy(number: int) -> None:
        line = await CrowdLine.open(port)
        raw = make(number)
        try:
            while once or time.perf_counter() < ends:
                if await called(line, raw):
                    if once:
                        return
                    raw = make(number)
                else:
                    line = await CrowdLine.open(port)
        finally:
            line.close()

    async with asyncio.timeout(warm_s + window_s + _PATIENCE_S), asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(busy(number))
    return found
