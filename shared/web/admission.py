"""Who may begin: calls wait before the pool of connections, not inside it, and not for long.

A call that would wait too long is refused at once: it holds nothing while it waits, and its client knows when to come
again. Some connections are kept for reads, so that a rush of changes closes no page.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.kernel.errors import Refusal
from shared.kernel.refusals import UNAVAILABLE
from shared.telemetry import counter

TURNED_AWAY = counter(
    "calls_turned_away_total",
    "Calls refused because too many others wait, by kind: read or change",
    ("service", "kind"),
)
WAITING_PER_SLOT = 16
"""Calls of one kind that may wait for each that may run."""
LONGEST_WAIT_S = 1.0
"""A call is not let into a line in which it would wait longer, at the pace of the last calls."""
_PATIENCE_S = 3.0
_WEIGHT = 0.1
_FIRST_GUESS_S = 0.01


class Admission:
    """The line before one process's connections.

    Args:
        service: named by the metric.
        slots: calls that may run at once: the connections that the pool keeps.
    """

    def __init__(self, service: str, *, slots: int) -> None:
        """Nobody runs and nobody waits."""
        self._service = service
        self._slots = slots
        self._for_changes = max(1, slots - max(1, slots // 4))
        self._running = {True: 0, False: 0}
        self._lines: dict[bool, deque[tuple[int, asyncio.Future[None]]]] = {True: deque(), False: deque()}
        self._number = 0
        self._pace_s = _FIRST_GUESS_S

    @asynccontextmanager
    async def admitted(self, *, reads: bool) -> AsyncIterator[None]:
        """Wait for a place and hold it while the block runs.

        Args:
            reads: whether the call changes nothing.

        Raises:
            Refusal: `unavailable`: too many wait already, or the wait was too long.
        """
        await self._enter(reads=reads)
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            yield
        finally:
            self._pace_s += _WEIGHT * (clock() - began - self._pace_s)
            self._leave(reads=reads)

    async def _enter(self, *, reads: bool) -> None:
        line = self._lines[reads]
        if not line and self._may_begin(reads=reads):
            self._running[reads] += 1
            return
        places = self._slots if reads else self._for_changes
        if len(line) >= WAITING_PER_SLOT * places or len(line) * self._pace_s / places > LONGEST_WAIT_S:
            self._turn_away(reads=reads)
        self._number += 1
        turn = asyncio.get_running_loop().create_future()
        place = (self._number, turn)
        line.append(place)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await turn
        except BaseException as fault:
            if turn.done() and not turn.cancelled():
                self._leave(reads=reads)  # the turn came while the caller went
            else:
                line.remove(place)
            if isinstance(fault, TimeoutError):
                self._turn_away(reads=reads)
            raise

    def _may_begin(self, *, reads: bool) -> bool:
        if sum(self._running.values()) >= self._slots:
            return False
        return reads or self._running[False] < self._for_changes

    def _leave(self, *, reads: bool) -> None:
        self._running[reads] -= 1
        while True:
            # Whoever came first of those that may begin.
            heads = [(line[0], kind) for kind, line in self._lines.items() if line and self._may_begin(reads=kind)]
            if not heads:
                return
            (_, turn), kind = min(heads, key=lambda head: head[0][0])
            self._lines[kind].popleft()
            self._running[kind] += 1
            turn.set_result(None)

    def _turn_away(self, *, reads: bool) -> None:
        TURNED_AWAY.labels(self._service, "read" if reads else "change").inc()
        raise Refusal(UNAVAILABLE)
