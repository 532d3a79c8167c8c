"""Advisory locks: names instead of numbers, so that two uses never share one by accident."""

from collections.abc import Iterable
from hashlib import blake2b

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.db.statement import Statement

_TRY_LOCK = Statement("SELECT pg_try_advisory_xact_lock(:number)")
_LOCK = Statement("SELECT pg_advisory_xact_lock(:number)")
_LOCK_EACH = Statement("SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) AS number")


def lock_number(*words: str) -> int:
    """Return the signed 64-bit number of the lock that `words` name."""
    digest = blake2b("\x1f".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


async def try_lock_transaction(session: AsyncSession, *words: str) -> bool:
    """Take the lock until the transaction ends; return False at once if another holds it."""
    found = await _TRY_LOCK.execute(session, {"number": lock_number(*words)})
    return bool(found.scalar_one())


async def lock_transaction(session: AsyncSession, *words: str) -> None:
    """Wait for the lock and hold it until the transaction ends."""
    await _LOCK.execute(session, {"number": lock_number(*words)})


async def lock_transaction_each(session: AsyncSession, kind: str, names: Iterable[str]) -> None:
    """Wait for the locks (`kind`, name) of every name and hold them until the transaction ends.

    They are taken in one order, so that two who take several never wait for one another.
    """
    numbers = sorted({lock_number(kind, name) for name in names})
    if numbers:
        await _LOCK_EACH.execute(session, {"numbers": numbers})


async def lock_transaction_of(connection: AsyncConnection, *words: str) -> None:
    """Wait for the lock and hold it until the connection's transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock_number(*words)})
