"""Deadlines of many calls on one timer: each call would else set a timer and take it back."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Call = TypeVar("Call")


class Deadlines(Generic[Call]):
    """Calls that have until an instant, on the clock of the loop that they are put in from."""

    def __init__(self, is_late: Callable[[Call], None]) -> None:
        """Have `is_late` called, once, for each call that is still here at its instant."""
        self._is_late = is_late
        self._due: dict[Call, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def put(self, call: Call, seconds: float) -> None:
        """Give a call `seconds` from now."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        self._due[call] = at
        if self._timer is None or self._timer.when() > at:
            self._set(loop, at)

    def take(self, call: Call) -> None:
        """Forget a call, if it is here; the timer stays, and finds nothing to do."""
        self._due.pop(call, None)

    def _set(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(at, self._look)

    def _look(self) -> None:
        """End the calls whose instant has come; the timer is set for the next one, if there is one."""
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        for call in [one for one, at in self._due.items() if at <= now]:
            if self._due.pop(call, None) is not None:
                self._is_late(call)
        if self._due and self._timer is None:
            self._set(loop, min(self._due.values()))
