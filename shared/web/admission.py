"""Who may begin: calls wait before the pool of connections, not inside it, and not for long.

A call that would wait too long is refused at once: it holds nothing while it waits, and its client knows when to come
again. Some connections are kept for reads, so that a rush of changes closes no page. All calls of a process share one
processor: more changes at once than keep it busy would be no quicker, and only stand in the way of each page.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shared.kernel.errors import Refusal
from shared.kernel.refusals import UNAVAILABLE
from shared.telemetry import counter

TURNED_AWAY = counter(
    "calls_turned_away_total",
    "Calls refused because too many others wait, by kind: read or change",
    ("service", "kind"),
)
WAITING_PER_SLOT = 32
"""Calls of one kind that may wait for each that may run."""
LONGEST_WAIT_S = 1.0
"""A call is not let into a line in which it would wait longer, at the pace of the last calls."""
TURNED_BACK_S = 2.0
"""Whoever came last leaves a line in which it would by now wait longer: better told at once than at the end."""
AT_ONCE = (3, 8)
"""Of the slots, as many changes use the processor at once: so many keep it busy while the others wait for the disk."""
YOUNG_S = 0.05
"""A change that runs for longer waits for something else than the processor, such as a lock: another may begin."""
_PATIENCE_S = 3.0
_WEIGHT = 0.1
_FIRST_GUESS_S = 0.01
_SURPRISE = 4.0
"""One slow call says so much at most about the next ones: many slow calls soon say it all."""


@dataclass(slots=True)
class _Kind:
    """Reads, or changes.

    Attributes:
        name: as the metric has it.
        places: how many may run.
        begun: number of each that runs → when it began, the oldest first.
        line: who waits, the longest first: number and turn, which says whether it may begin.
        pace_s: how long the last ones took, seconds.
    """

    name: str
    places: int
    begun: dict[int, float] = field(default_factory=dict)
    line: deque[tuple[int, asyncio.Future[bool]]] = field(default_factory=deque)
    pace_s: float = _FIRST_GUESS_S

    def is_full(self) -> bool:
        """Tell whether nobody more may wait."""
        return len(self.line) >= WAITING_PER_SLOT * self.places or self.wait_s() > LONGEST_WAIT_S

    def wait_s(self) -> float:
        """Return how long the line is, in seconds."""
        return len(self.line) * self.pace_s / self.places

    def note(self, took_s: float) -> None:
        """Count a call that has ended."""
        self.pace_s += _WEIGHT * (min(took_s, _SURPRISE * self.pace_s) - self.pace_s)

    def young(self, now: float) -> int:
        """Return how many of those that run began a moment ago."""
        return sum(now - at < YOUNG_S for at in self.begun.values())


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
        share, of = AT_ONCE
        self._at_once = max(1, slots * share // of)
        self._reads = _Kind("read", slots)
        self._changes = _Kind("change", max(1, slots - max(1, slots // 4)))
        self._number = 0
        self._looking_again: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def admitted(self, *, reads: bool) -> AsyncIterator[None]:
        """Wait for a place and hold it while the block runs.

        Args:
            reads: whether the call changes nothing.

        Raises:
            Refusal: `unavailable`: too many wait already, or the wait was too long.
        """
        kind = self._reads if reads else self._changes
        number = await self._enter(kind)
        try:
            yield
        finally:
            kind.note(self._now() - kind.begun[number])
            self._turn_back(kind)
            self._leave(kind, number)

    async def _enter(self, kind: _Kind) -> int:
        """Return the number under which the call runs."""
        self._number += 1
        number = self._number
        if not kind.line and self._may_begin(kind):
            kind.begun[number] = self._now()
            return number
        if kind.is_full():
            self._turn_away(kind)
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        place = (number, turn)
        kind.line.append(place)
        self._let_in()  # who began long ago is in nobody's way any more
        try:
            async with asyncio.timeout(_PATIENCE_S):
                begins = await turn
        except BaseException as fault:
            if number in kind.begun:
                self._leave(kind, number)  # the turn came while the caller went
            elif place in kind.line:
                kind.line.remove(place)
            if isinstance(fault, TimeoutError):
                self._turn_away(kind)
            raise
        if not begins:
            self._turn_away(kind)
        return number

    def _may_begin(self, kind: _Kind) -> bool:
        if len(self._reads.begun) + len(self._changes.begun) >= self._slots:
            return False
        if kind is self._reads:
            return True
        if len(self._changes.begun) >= self._changes.places:
            return False
        return self._changes.young(self._now()) < self._at_once

    def _leave(self, kind: _Kind, number: int) -> None:
        del kind.begun[number]
        self._let_in()

    def _let_in(self) -> None:
        """Let in whoever came first of those that may begin."""
        kinds = (self._reads, self._changes)
        while heads := [(kind.line[0], kind) for kind in kinds if kind.line and self._may_begin(kind)]:
            (number, turn), kind = min(heads, key=lambda head: head[0][0])
            kind.line.popleft()
            if not turn.done():  # else it has gone, and not yet left the line
                kind.begun[number] = self._now()
                turn.set_result(True)
        if self._changes.line and self._looking_again is None:
            self._looking_again = asyncio.get_running_loop().call_later(YOUNG_S, self._look_again)

    def _look_again(self) -> None:
        self._looking_again = None
        self._let_in()

    @staticmethod
    def _turn_back(kind: _Kind) -> None:
        """Turn those away who came last, where the pace has become slower than it was when they came."""
        while kind.line and kind.wait_s() > TURNED_BACK_S:
            _, turn = kind.line.pop()
            if not turn.done():
                turn.set_result(False)

    def _turn_away(self, kind: _Kind) -> None:
        TURNED_AWAY.labels(self._service, kind.name).inc()
        raise Refusal(UNAVAILABLE)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
