"""What must run once over all processes holds a lease: a row with its holder, a fencing number and an end.

Nothing hangs on a session, so it holds behind a pooler that gives every transaction another one. A holder that stands
still past its end loses the lease to the next one, whose number is higher; what it then still writes is refused, since
each guarded write asks for its number in the same statement or holds the row until its commit.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.db.engine import Busy, Database, DatabaseUnavailable
from shared.kernel.ids import new_id

SECONDS = 6.0
"""How long a lease lasts without being renewed: so long nobody does the work of a process that was killed."""
_RENEWALS = 4
_log = structlog.stdlib.get_logger(__name__)

# A lease that a crash of the server takes back was given to nobody else: no guarded write is older than it on the disk.
_QUICK = "WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"
_TAKE = text(f"""
{_QUICK}
INSERT INTO lease AS held (name, holder, fence, expires_at)
SELECT CAST(:name AS text), CAST(:holder AS uuid), 1, clock_timestamp() + CAST(:seconds AS float8) * interval '1 second'
FROM quick
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = held.fence + 1, expires_at = excluded.expires_at
WHERE held.expires_at < clock_timestamp()
RETURNING fence
""")  # noqa: S608  # constant text
_RENEW = text(f"""
{_QUICK}
UPDATE lease SET expires_at = clock_timestamp() + CAST(:seconds AS float8) * interval '1 second'
FROM quick WHERE name = :name AND holder = CAST(:holder AS uuid) AND fence = :fence
RETURNING fence
""")  # noqa: S608  # constant text
_RELEASE = text(f"""
{_QUICK}
UPDATE lease SET expires_at = '-infinity' FROM quick
WHERE name = :name AND holder = CAST(:holder AS uuid) AND fence = :fence
""")  # noqa: S608  # constant text
# The share lock makes whoever would take the lease over wait for the commit of what it guards.
GUARD = """
    SELECT FROM lease WHERE name = CAST(:lease AS text) AND holder = CAST(:holder AS uuid)
    AND fence = CAST(:fence AS bigint) FOR SHARE
"""
"""The rows of a lease that is still held, for the statement that it guards."""
_HELD = text(f"SELECT count(*) FROM ({GUARD}) AS held")  # noqa: S608  # constant text


class LeaseLost(Busy):
    """Another process has taken the work over; what was under way is rolled back."""


@dataclass(frozen=True, slots=True)
class Fence:
    """What a guarded write asks for.

    Attributes:
        lease: name of the lease.
        holder: who took it; unique to one taking.
        number: grows with every taking.
    """

    lease: str
    holder: str
    number: int

    def words(self) -> dict[str, object]:
        """Return the values of `GUARD`."""
        return {"lease": self.lease, "holder": self.holder, "fence": self.number}

    async def check(self, session: AsyncSession | AsyncConnection) -> None:
        """Hold the lease until the transaction ends.

        Raises:
            LeaseLost: another has it.
        """
        if not (await session.execute(_HELD, self.words())).scalar_one():
            raise LeaseLost


class Lease:
    """One lease, as one process wants it."""

    def __init__(self, database: Database, name: str, *, seconds: float = SECONDS) -> None:
        """Name it; it is not taken yet.

        Args:
            database: of the service.
            name: what runs once.
            seconds: how long it lasts without being renewed.
        """
        self._database = database
        self._name = name
        self._seconds = seconds
        self.fence: Fence | None = None
        """What guarded writes ask for while it is held."""
        self.is_lost = False
        """Whether another was seen to have taken it."""

    async def take(self) -> bool:
        """Take the lease unless another holds it; tell whether it is held.

        Raises:
            DatabaseUnavailable, Busy: nobody can tell just now.
        """
        holder = str(new_id())
        words = {"name": self._name, "holder": holder, "seconds": self._seconds}
        async with self._connection() as connection:
            number = (await connection.execute(_TAKE, words)).scalar_one_or_none()
        self.fence = None if number is None else Fence(self._name, holder, int(number))
        return self.fence is not None

    async def renew(self) -> bool:
        """Put the end off; tell whether the lease is still held."""
        if self.fence is None:
            return False
        async with self._connection() as connection:
            kept = await connection.execute(_RENEW, {**self._words(self.fence), "seconds": self._seconds})
            return kept.scalar_one_or_none() is not None

    async def release(self) -> None:
        """Give the lease back, so that the next one need not wait for its end; where that fails, it ends by itself."""
        fence, self.fence = self.fence, None
        if fence is None:
            return
        with contextlib.suppress(DatabaseUnavailable, Busy):
            async with self._connection() as connection:
                await connection.execute(_RELEASE, self._words(fence))

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew the lease while the block runs and release it afterwards."""
        renewing = asyncio.create_task(self._renew_forever(), name=f"lease {self._name}")  # noqa: TID251  # ended below
        try:
            yield
        finally:
            renewing.cancel()
            try:
                # Not awaited itself: whoever ends this task meanwhile must be heard.
                await asyncio.wait((renewing,))
            finally:
                await self.release()

    async def _renew_forever(self) -> None:
        self.is_lost = False
        while not self.is_lost:
            await asyncio.sleep(self._seconds / _RENEWALS)
            try:
                self.is_lost = not await self.renew()
            except (DatabaseUnavailable, Busy) as fault:
                _log.warning("lease_not_renewed", lease=self._name, fault=fault.__cause__ or fault)
        _log.warning("lease_lost", lease=self._name)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        with self._database.guard():
            async with self._database.engine.begin() as connection:
                yield connection

    @staticmethod
    def _words(fence: Fence) -> dict[str, object]:
        return {"name": fence.lease, "holder": fence.holder, "fence": fence.number}
