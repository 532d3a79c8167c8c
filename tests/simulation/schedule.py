"""One seed decides everything: who goes on, who dies, what the bus loses, when the time passes."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

from tests.support.lab import clock

_PATIENCE_SECONDS = 0.003
_LONGEST_WAIT_SECONDS = 30


class Death(BaseException):
    """A process ends here; nothing in it may catch this, as nothing catches `kill -9`."""


class Schedule:
    """Lets one actor move at a time; each choice comes from the seed and is written into the history.

    An actor is a task that stops at `pause`. It may also be stopped by a row that another, paused actor has locked:
    `waits_for_lock` counts those.
    """

    def __init__(self, seed: int, waits_for_lock: Callable[[], Awaitable[int]]) -> None:
        """Begin the history of `seed`."""
        self.chance = random.Random(seed)  # repeatable on purpose
        self.clock = clock()
        self.history: list[str] = []
        self.met: Counter[str] = Counter()
        """How often each kind of fault happened."""
        self.crashes: list[str] = []
        """What actors raised that no actor may raise."""
        self.faults_on = True
        self._waits_for_lock = waits_for_lock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._paused: dict[str, asyncio.Future[None]] = {}
        self._mover = ""
        self._moved = asyncio.Event()
        self._began = self.clock.now()

    def note(self, what: str) -> None:
        """Add a line to the history."""
        passed = (self.clock.now() - self._began).total_seconds()
        self.history.append(f"{passed:8.1f} s  {what}")

    def happens(self, fault: str, probability: float) -> bool:
        """Decide whether a fault strikes now; never once the faults are over."""
        strikes = self.faults_on and self.chance.random() < probability
        if strikes:
            self.met[fault] += 1
        return strikes

    @property
    def actor(self) -> str:
        """Name of the actor that moves now."""
        task = asyncio.current_task()
        return task.get_name() if task is not None else "nobody"

    async def pause(self, where: str) -> None:
        """Let others go first; the actor may die here."""
        name = self.actor
        if name not in self._tasks:
            return
        await self._wait_for_turn(name)
        if self.happens("death", 0.03):
            self.note(f"{name} dies {where}")
            raise Death

    async def statement(self) -> None:
        """Let an actor that a lock had held up wait for its turn before it does the next thing.

        Two actors that move at once would make the history differ from run to run.
        """
        name = self.actor
        if name in self._tasks and name != self._mover:
            await self._wait_for_turn(name)

    async def _wait_for_turn(self, name: str) -> None:
        future = asyncio.get_running_loop().create_future()
        self._paused[name] = future
        self._moved.set()
        await future

    def is_busy(self, name: str) -> bool:
        """Tell whether an actor of this name is under way."""
        return name in self._tasks

    @property
    def idle(self) -> bool:
        """Whether nobody is under way."""
        return not self._tasks

    async def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Let a new actor run to its first pause."""

        async def live() -> None:
            try:
                await work()
            except Death:
                pass
            except Exception as fault:  # noqa: BLE001  # an actor that fails is a finding like any other
                self.crashes.append(f"{name} failed: {type(fault).__name__}: {fault.__cause__ or fault}")
            finally:
                self._moved.set()

        self._mover = name
        self._tasks[name] = asyncio.ensure_future(live())
        self._tasks[name].set_name(name)
        await self._settle()

    async def go_on(self) -> bool:
        """Let one paused actor move to its next pause; False if nobody is paused."""
        if not self._paused:
            return False
        name = self._mover = self.chance.choice(sorted(self._paused))
        self._paused.pop(name).set_result(None)
        await self._settle()
        return True

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.clock.advance(timedelta(seconds=seconds))

    async def end(self) -> None:
        """Take down whatever is still under way; for a history that failed."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _settle(self) -> None:
        """Wait until everybody is paused, done or held up by a lock of somebody who is paused."""
        async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
            while True:
                for name in [name for name, task in self._tasks.items() if task.done()]:
                    self._tasks.pop(name)
                moving = len(self._tasks) - len(self._paused)
                if moving == 0:
                    return
                self._moved.clear()
                try:
                    async with asyncio.timeout(_PATIENCE_SECONDS):
                        await self._moved.wait()
                except TimeoutError:
                    if self._paused and await self._waits_for_lock() >= moving:
                        return
