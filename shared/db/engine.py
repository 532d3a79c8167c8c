"""The engine of one database: the only place that opens, commits and rolls back a transaction."""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from shared.db.bookkeeping import PendingAnswer
from shared.db.driver import DriverConnection
from shared.db.reading import BY_STATEMENT, READ_ONLY, guard_reads
from shared.db.role import KEEPALIVES, TIMEOUTS
from shared.db.single import SingleWrite
from shared.db.transaction import Reactions, Transaction
from shared.failpoint import reached
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.policy.basis import noting

# A line that goes silent resets nothing, and the server's limit on a statement never reaches us: so we wait a little
# longer than the server would.
_SILENCE_SECONDS = 12.0
_LOST = (
    asyncpg.exceptions.PostgresConnectionError,
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CrashShutdownError,
    asyncpg.exceptions.CannotConnectNowError,
    asyncpg.exceptions.TooManyConnectionsError,
    asyncpg.exceptions.InterfaceError,
    asyncpg.exceptions.InternalClientError,
    ConnectionError,
    OSError,
    TimeoutError,
)
# Connections, shutdowns, a server without room (on its disk, in its memory, for another connection), a database that is
# taken away or kept closed while it is restored.
_DISK_FULL = "53100"
DISK_FULL_SECONDS = 60.0
"""So long after the last refusal of a full disk people are told of it."""
_LOST_STATES = ("08", "57P", "53", "3D000", "55000")


_THIS_MACHINE = frozenset({"", "localhost", "127.0.0.1", "::1"})
# The name of a statement must be new in whichever session the pooler gives; it lives for one transaction.
_UNPREPARED: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: f"s{new_id().hex}",
}


class DatabaseUnavailable(Exception):  # noqa: N818  # a state of the world, answered by 503 with Retry-After
    """The database cannot be reached just now; the caller may try again."""


class Busy(Exception):  # noqa: N818  # a state of the world, answered by 503 with Retry-After
    """A lock or a statement took too long, or two transactions stood in each other's way; try again."""


def _to_json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _codecs_in_one_session(engine: AsyncEngine) -> None:
    """Ask for the types of a new connection within a transaction: between two messages a pooler changes the session."""
    dialect: Any = engine.dialect
    for name in ("setup_asyncpg_json_codec", "setup_asyncpg_jsonb_codec"):
        setattr(dialect, name, _in_one_session(getattr(dialect, name)))


def _in_one_session(ask: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    async def asked(connection: Any) -> None:  # noqa: ANN401  # SQLAlchemy's adapter around asyncpg's
        driver = connection.driver_connection
        await driver.execute("BEGIN")
        await ask(connection)
        await driver.execute("COMMIT")

    return asked


def driver_url(url: str) -> str:
    """Return `postgresql://…` as SQLAlchemy wants it for asyncpg."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+asyncpg"}:
        raise ValueError("a database URL begins with postgresql://")
    return f"postgresql+asyncpg://{rest}"


def _without_tls(url: str) -> dict[str, Any]:
    """Return what spares a line that never leaves the machine the question for TLS, unless the address asks for it."""
    parsed = make_url(driver_url(url))
    host = parsed.host or str(parsed.query.get("host", ""))
    is_here = host in _THIS_MACHINE or host.startswith("/")
    return {"ssl": False} if is_here and "ssl" not in parsed.query else {}


class Guarded(Protocol):
    """What must still hold when a transaction is committed, such as a lease."""

    async def check(self, session: AsyncSession) -> None:
        """Hold it until the transaction ends, or raise `Busy`."""


class Database:
    """The connection pool of one service.

    Args:
        url: `postgresql://user:password@host:port/database`.
        service: shown to PostgreSQL as the application's name.
        pool_size: connections for calls; as many again for what runs beside them. They are opened when needed and kept.
        silence_seconds: how long a statement is waited for on a line that has gone silent.
        reactions: what follows from an event in the transaction that emits it.
        is_pooled: whether the address is that of a pooler which gives each transaction another session, such as
            PgBouncer in transaction mode: nothing is set for a session then, and no statement is prepared beyond one.
    """

    def __init__(
        self,
        url: str,
        *,
        service: str,
        pool_size: int = 8,
        silence_seconds: float = _SILENCE_SECONDS,
        reactions: Reactions | None = None,
        is_pooled: bool = False,
    ) -> None:
        """Make the pool; nothing is connected yet."""
        self.service = service
        self._full_at = -math.inf
        self.is_pooled = is_pooled
        self.reactions = reactions
        self.url = url
        self.on_events: Callable[[], None] | None = None
        """Called after each commit that left events in the outbox; the relay sets it."""
        self.engine: AsyncEngine = create_async_engine(
            driver_url(url),
            hide_parameters=True,  # a fault that is logged names the statement, never the data
            pool_size=2 * pool_size,
            max_overflow=0,  # what is opened stays open: making a connection costs more than a hundred statements
            pool_timeout=5,
            pool_use_lifo=True,
            json_serializer=_to_json,
            json_deserializer=orjson.loads,
            connect_args={
                **_without_tls(url),
                "timeout": 5,
                "command_timeout": silence_seconds,
                "server_settings": {
                    "application_name": service,
                    "timezone": "UTC",
                    **({} if is_pooled else {**TIMEOUTS, **KEEPALIVES}),  # a pooler refuses them; the role has them too
                },
                **(_UNPREPARED if is_pooled else {}),
            },
        )
        guard_reads(self.engine.sync_engine)
        if is_pooled:
            _codecs_in_one_session(self.engine)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def ping(self) -> None:
        """Ask the server for nothing.

        Raises:
            DatabaseUnavailable: it does not answer.
        """
        with self.guard():
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

    def guard(self) -> "_Guard":
        """Return a context that turns lost connections into `DatabaseUnavailable` and lock trouble into `Busy`."""
        return _Guard(self)

    def note_full(self) -> None:
        """Note that the server refused something since its disk is full."""
        self._full_at = time.monotonic()

    def seconds_since_full(self) -> float:
        """Return how long ago the server last refused something since its disk is full; endless if it never did."""
        return time.monotonic() - self._full_at

    @asynccontextmanager
    async def transaction(
        self,
        *,
        actor: Actor,
        clock: Clock,
        request_id: str | None = None,
        causation_id: UUID | None = None,
        read_only: bool = False,
        by_statement: bool = False,
        fence: Guarded | None = None,
    ) -> AsyncIterator[Transaction]:
        """Open one transaction; commit it when the block ends, roll it back when the block raises.

        Events, audit rows and the idempotency answer are written in one statement before the commit. Callbacks given
        to `Transaction.after_commit` run after it.

        Args:
            actor: who acts.
            clock: gives the instant of the transaction.
            request_id: id of the request, None in a job.
            causation_id: id of the first cause; a new one if None.
            read_only: whether nothing may be written; it ends without a commit.
            by_statement: whether each statement of a read stands alone; behind a pooler they share a transaction all
                the same, for their session changes with it.
            fence: what must still hold at the commit.

        Raises:
            DatabaseUnavailable: no connection. If it was lost during the commit, the caller's key tells the effect.
            Busy: a lock or statement took longer than its limit, a deadlock was broken, or `fence` is no longer held.
        """
        with self.guard(), noting():
            session = AsyncSession(self.engine, expire_on_commit=False, autoflush=True)
            try:
                if read_only:
                    await session.connection(execution_options=self._reading(by_statement=by_statement))
                transaction = Transaction(
                    session,
                    actor=actor,
                    now=clock.now(),
                    request_id=request_id,
                    causation_id=causation_id or new_id(),
                    reactions=self.reactions,
                )
                yield transaction
                if read_only:
                    await session.rollback()
                else:
                    await transaction.flush()
                    if fence is not None:
                        await fence.check(session)
                    reached(self.service, "before_commit")
                    await session.commit()
            except BaseException as fault:
                await _abandon(session, broken=_is_lost(fault))
                raise
            else:
                await session.close()
        if not read_only:
            self._committed(transaction)

    @asynccontextmanager
    async def single(
        self, pending: PendingAnswer, *, actor: Actor, clock: Clock, request_id: str | None, causation_id: UUID
    ) -> AsyncIterator[SingleWrite]:
        """Give the hands of a call that is one read and one statement; the statement is sent when the block ends.

        Raises:
            DatabaseUnavailable: as for a transaction; what was sent may or may not stand.
            Busy: a lock or statement took longer than its limit.
            Overtaken: what was read has changed since; nothing was written.
        """
        connection = DriverConnection(self.engine)
        with self.guard(), noting():
            try:
                hands = SingleWrite(
                    connection,
                    pending,
                    actor=actor,
                    now=clock.now(),
                    request_id=request_id,
                    causation_id=causation_id,
                    reactions=self.reactions,
                )
                yield hands
                reached(self.service, "before_commit")
                await hands.flush()
            finally:
                await connection.give_back()
        self._committed(hands)

    def _committed(self, transaction: Transaction) -> None:
        if transaction.has_events:
            reached(self.service, "after_commit_before_publish")
        if transaction.has_events and self.on_events is not None:
            transaction.after_commit(self.on_events)
        transaction.run_after_commit()

    def _reading(self, *, by_statement: bool) -> dict[str, Any]:
        return BY_STATEMENT if by_statement and not self.is_pooled else READ_ONLY


class _Guard:
    """Translates what the driver raises; see `Database.guard`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        if fault is None:
            return
        if _sqlstate(fault) == _DISK_FULL:
            self._database.note_full()
        if _is_lost(fault):
            raise DatabaseUnavailable(*_pooler_words(fault, self._database.service)) from fault
        if _sqlstate(fault) in {"55P03", "57014", "40001", "40P01", "25P03"}:
            raise Busy from fault


def is_refused_by_pooler(fault: BaseException) -> bool:
    """Tell whether a connection was refused by a pooler, which takes none of our start-up parameters."""
    return "unsupported startup parameter" in str(fault)


def _pooler_words(fault: BaseException, service: str) -> tuple[str, ...]:
    """Say what to set where the address turns out to be that of a pooler."""
    if not is_refused_by_pooler(fault):
        return ()
    setting = f"{service.upper()}_DATABASE_POOLER=transaction"
    return (f"the database address is that of a pooler: set {setting} 数据库地址为连接池，请设置 {setting}",)


async def _abandon(session: AsyncSession, *, broken: bool) -> None:
    """Roll back, or throw the connection away where it is broken."""
    try:
        if broken:
            await session.invalidate()
        else:
            await session.rollback()
    except Exception:  # noqa: BLE001  # the first fault is the one to report; a broken connection cannot be rolled back
        await session.invalidate()
    finally:
        await session.close()


def _sqlstate(fault: BaseException) -> str:
    origin = fault.orig if isinstance(fault, DBAPIError) else fault
    return str(getattr(origin, "sqlstate", None) or "")


def _is_lost(fault: BaseException) -> bool:
    if isinstance(fault, PoolTimeout | DatabaseUnavailable):
        return True
    if isinstance(fault, DBAPIError):
        cause = fault.orig.__cause__ if fault.orig is not None else None
        return (
            fault.connection_invalidated
            or isinstance(fault, InterfaceError)
            or _sqlstate(fault).startswith(_LOST_STATES)
            or isinstance(cause, _LOST)
        )
    # Raised while a connection is made, by the driver or by what SQLAlchemy puts before it: not wrapped as the rest is.
    if isinstance(fault, asyncpg.PostgresError | EmulatedDBAPIException):
        return _sqlstate(fault).startswith(_LOST_STATES) or isinstance(fault.__cause__, _LOST)
    # An OSError of our own code inside the block is not the database's; only the driver's own are. What the driver
    # says of a value (a `ValueError`) is a mistake of ours.
    return isinstance(fault, _LOST) and not isinstance(fault, ValueError) and _from_driver(fault)


def _from_driver(fault: BaseException) -> bool:
    trace = fault.__traceback__
    while trace is not None:
        if "asyncpg" in trace.tb_frame.f_code.co_filename:
            return True
        trace = trace.tb_next
    return False
