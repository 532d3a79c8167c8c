"""Connections to the services: kept alive, bounded per service, so that one slow service cannot take them all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import structlog

from gateway.upstream.connection import Body, Connection, ConnectionBrokeError, Headers
from gateway.upstream.deadline import Deadlines
from shared.telemetry import counter, gauge

_log = structlog.stdlib.get_logger(__name__)
_CONNECT_S = 1.0
_IDLE_S = 3.0  # shorter than the services keep a connection: none is taken that its service just closed
_BUDGET_CAP = 10.0
_BUDGET_SHARE = 0.1
_PAUSES_S = (0.05, 0.2)

_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"host"})

CALLS = counter("upstream_calls_total", "Calls to a service by outcome: status class or fault", ("service", "outcome"))
RETRIES = counter("upstream_retries_total", "Calls to a service that were tried again", ("service",))
IN_FLIGHT = gauge("upstream_in_flight", "Calls to a service that are under way", ("service",))


class UpstreamDownError(Exception):
    """The service cannot be reached, or it left before it answered."""


class UpstreamSlowError(Exception):
    """The service did not answer in time."""


class UpstreamBusyError(Exception):
    """As many calls to the service are under way as are allowed."""


class CallerBusyError(Exception):
    """As many calls of one caller to the service are under way as it may have: the others keep their share."""


class _ConnectTimeoutError(Exception):
    """No connection came about in time: an outage like a refused one, and not the deadline of the call."""


@dataclass(slots=True)
class RetryBudget:
    """At most one retry per ten calls: a service that struggles must not be asked more than it was before."""

    left: float = _BUDGET_CAP

    def earn(self) -> None:
        """Count a call."""
        self.left = min(_BUDGET_CAP, self.left + _BUDGET_SHARE)

    def spend(self) -> bool:
        """Take one retry if there is one left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Answer:
    """What a service answers: status, headers, and a body that is still to be read. Leaving it gives the place back.

    Attributes:
        status: HTTP status.
        headers: names in lower case.
    """

    __slots__ = ("_caller", "_connection", "_left", "_patience_s", "_upstream", "headers", "status")

    def __init__(self, upstream: "Upstream", connection: Connection, patience_s: float, caller: str) -> None:
        """Take over a connection whose answer has begun."""
        self._left = False
        self._caller = caller
        self.status = connection.status
        self.headers: Headers = connection.headers
        self._upstream = upstream
        self._connection = connection
        self._patience_s = patience_s

    def __enter__(self) -> Self:
        """Return the answer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the connection and the place back."""
        self._leave()

    def _leave(self) -> None:
        if not self._left:
            self._left = True
            self._upstream.take_back(self._connection, self._caller)

    @property
    def whole(self) -> bytes | None:
        """The body, if all of it is here already; it is told once."""
        return self._connection.whole

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes.

        Raises:
            UpstreamDownError: the service left in the middle.
            UpstreamSlowError: it fell silent in the middle.
        """
        try:
            async for piece in self._connection.pieces(patience_s=self._patience_s):
                if self._connection.all_here:  # the rest waits for a slow caller alone: the service is free again
                    rest = self._connection.whole or b""
                    self._leave()
                    yield piece + rest
                    return
                yield piece
        except TimeoutError:
            self._upstream.count("slow")
            raise UpstreamSlowError(self._upstream.name) from None
        except ConnectionBrokeError as fault:
            self._upstream.count("down")
            raise UpstreamDownError(self._upstream.name) from fault


@dataclass(slots=True, eq=False)
class _AtOnce:
    """A call that was sent at once, until its answer begins."""

    upstream: "Upstream"
    connection: Connection
    deadline_s: float
    caller: str
    tell: Callable[[Answer | BaseException], None]

    def hear(self, fault: BaseException | None) -> None:
        """Hear from the connection."""
        self.upstream.heard(self, fault)

    def is_late(self) -> None:
        """End the call: its deadline has passed."""
        self.upstream.heard(self, TimeoutError())


class Upstream:
    """One service as the gateway sees it."""

    def __init__(self, name: str, url: str, *, in_flight: int, of_one_caller: int | None = None) -> None:
        """Name the parts.

        Args:
            name: of the service.
            url: its address, `http://host:port`.
            in_flight: calls that may be under way.
            of_one_caller: how many of them may be one caller's; None: all.
        """
        parts = urlsplit(url)
        self.name = name
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._prefix = parts.path.rstrip("/").encode("latin-1")
        self._host_line = b" HTTP/1.1\r\nhost: " + parts.netloc.encode("latin-1")
        self._free = in_flight
        self._of_one_caller = in_flight if of_one_caller is None else of_one_caller
        self._by_caller: dict[str, int] = {}
        self._idle: list[Connection] = []
        self._budget = RetryBudget()
        self._due: Deadlines[_AtOnce] = Deadlines(_AtOnce.is_late)
        self._in_flight = in_flight
        IN_FLIGHT.labels(name).set_function(lambda: self._in_flight - self._free)  # counted when somebody looks
        self._counts = {f"{hundred}xx": CALLS.labels(name, f"{hundred}xx") for hundred in range(2, 6)}

    def count(self, outcome: str) -> None:
        """Count a call by its outcome."""
        (self._counts.get(outcome) or CALLS.labels(self.name, outcome)).inc()

    async def call(
        self,
        method: bytes,
        target: bytes,
        *,
        headers: Mapping[bytes, bytes],
        body: Body = None,
        deadline_s: float,
        may_retry: bool,
        caller: str = "",
        broken: BaseException | None = None,
    ) -> Answer:
        """Call the service and return its answer as soon as it begins; the answer is to be left (`with`).

        Args:
            method: HTTP method.
            target: path and query, encoded.
            headers: as they go out; names in lower case.
            body: whole, or piece by piece (then it is never sent twice).
            deadline_s: until the answer begins, retries included; afterwards between two pieces of it.
            may_retry: whether sending it twice has one effect: a read, or a write under an idempotency key.
            caller: who asks; empty: nobody's share is counted.
            broken: what a first try, made at once, ended with.

        Raises:
            CallerBusyError: too many calls of this caller are under way.
            UpstreamBusyError: too many calls are under way.
            UpstreamDownError: it cannot be reached or left without an answer.
            UpstreamSlowError: it did not answer in time.
        """
        if isinstance(broken, TimeoutError):
            self.count("slow")
            raise UpstreamSlowError(self.name)
        self._take_place(caller)
        try:
            head, chunked = self._head(method, target, headers, body)
            tries = len(_PAUSES_S) if may_retry and not isinstance(body, AsyncIterator) else 0
            async with asyncio.timeout(deadline_s):
                connection = await self._send(
                    head, body, chunked=chunked, is_head=method == b"HEAD", tries=tries, broken=broken
                )
        except BaseException as fault:
            self._give_place(caller)
            if isinstance(fault, TimeoutError):
                self.count("slow")
                raise UpstreamSlowError(self.name) from None
            raise
        self.count(f"{connection.status // 100}xx")
        return Answer(self, connection, deadline_s, caller)

    def call_at_once(
        self,
        method: bytes,
        target: bytes,
        *,
        headers: Mapping[bytes, bytes],
        body: bytes | None,
        deadline_s: float,
        caller: str,
        tell: Callable[[Answer | BaseException], None],
    ) -> bool:
        """Call the service on a connection that waits, and go on; False: nothing was done, `call` is to be asked.

        Args:
            method: HTTP method; not HEAD.
            target: path and query, encoded.
            headers: as they go out; names in lower case.
            body: whole; None: there is none.
            deadline_s: until the answer begins, afterwards between two pieces of it.
            caller: who asks.
            tell: is told the answer, which is to be left, or what broke the call (`TimeoutError`: its deadline).
        """
        if self._free <= 0 or self._by_caller.get(caller, 0) >= self._of_one_caller:
            return False
        connection = self._waiting()
        if connection is None:
            return False
        head, _ = self._head(method, target, headers, body)
        one = _AtOnce(self, connection, deadline_s, caller, tell)
        try:
            connection.ask_at_once(head + body if body else head, one.hear)
        except ConnectionBrokeError:
            return False
        self._take_place(caller)
        self._budget.earn()
        self._due.put(one, deadline_s)
        return True

    def heard(self, one: "_AtOnce", fault: BaseException | None) -> None:
        """Tell who made a call at once what became of it."""
        self._due.take(one)
        if fault is None:
            self.count(f"{one.connection.status // 100}xx")
            one.tell(Answer(self, one.connection, one.deadline_s, one.caller))
            return
        one.connection.release()
        self._give_place(one.caller)
        one.tell(fault)

    def take_back(self, connection: Connection, caller: str) -> None:
        """Keep the connection of an answer that was left, if it can carry another call."""
        if connection.release():
            self._idle.append(connection)
        self._give_place(caller)

    def close(self) -> None:
        """Close the connections that wait."""
        while self._idle:
            self._idle.pop().close()

    def _take_place(self, caller: str) -> None:
        under_way = self._by_caller.get(caller, 0)
        if caller and under_way >= self._of_one_caller:
            self.count("busy")
            raise CallerBusyError(self.name)
        if self._free <= 0:
            self.count("busy")
            raise UpstreamBusyError(self.name)
        self._free -= 1
        self._by_caller[caller] = under_way + 1

    def _give_place(self, caller: str) -> None:
        self._free += 1
        if self._by_caller[caller] == 1:
            del self._by_caller[caller]
        else:
            self._by_caller[caller] -= 1

    def _head(
        self,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        body: Body,
    ) -> tuple[bytes, bool]:
        """Return request line and headers, and whether the body goes out in chunks."""
        lines = [method + b" " + self._prefix + target + self._host_line]
        lines += [name + b": " + value for name, value in headers.items() if name not in _FRAMING]
        chunked = False
        if isinstance(body, bytes):
            lines.append(b"content-length: %d" % len(body))
        elif body is not None and b"content-length" in headers:
            lines.append(b"content-length: " + headers[b"content-length"])
        elif body is not None:
            lines.append(b"transfer-encoding: chunked")
            chunked = True
        return b"\r\n".join((*lines, b"\r\n")), chunked

    async def _send(
        self, head: bytes, body: Body, *, chunked: bool, is_head: bool, tries: int, broken: BaseException | None
    ) -> Connection:
        if broken is None:
            self._budget.earn()
        for pause in (*_PAUSES_S[:tries], None):
            connection = None
            try:
                connection = await self._ready(broken)
                await connection.ask(head, body, chunked=chunked, is_head=is_head)
            except (OSError, _ConnectTimeoutError) as fault:
                if connection is not None:
                    connection.release()
                if pause is None or not self._budget.spend():
                    self.count("down")
                    _log.warning("upstream_down", upstream=self.name, reason=fault)
                    raise UpstreamDownError(self.name) from fault
                broken = None
                RETRIES.labels(self.name).inc()
                await asyncio.sleep(pause)
            except BaseException:
                if connection is not None:
                    connection.release()
                raise
            else:
                return connection
        raise UpstreamDownError(self.name)

    async def _ready(self, broken: BaseException | None) -> Connection:
        """Return a connection for one try; the first has ended already where it broke."""
        if broken is not None:
            raise broken
        return self._waiting() or await self._connect()

    def _waiting(self) -> Connection | None:
        """Return the connection that was used last, while its service surely still keeps it."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fresh(_IDLE_S):
                return connection
            connection.close()
        return None

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(_CONNECT_S):
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(Connection, self._host, self._port)
        except TimeoutError:
            raise _ConnectTimeoutError(f"no connection within {_CONNECT_S} s") from None
        return connection


@asynccontextmanager
async def open_upstreams(
    urls: Mapping[str, str], *, in_flight: int, of_one_caller: int | None = None
) -> AsyncIterator[dict[str, Upstream]]:
    """Make the services callable, and close the connections to them at the end."""
    upstreams = {
        name: Upstream(name, url, in_flight=in_flight, of_one_caller=of_one_caller) for name, url in urls.items()
    }
    try:
        yield upstreams
    finally:
        for upstream in upstreams.values():
            upstream.close()
