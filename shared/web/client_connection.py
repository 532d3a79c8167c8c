"""Connections of clients: bounded in number, in what one address holds, and in the time a request may take to arrive.

The server below knows one limit of time, that between two requests. A client that sends half a head, drips a body or
does not read its answer would hold its connection for good; a thousand of them would shut everybody else out.
"""

import asyncio
import resource
from collections import Counter as Tally
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.telemetry import counter, gauge
from shared.web.corked_transport import CorkedTransport
from shared.web.farewell import EarlyRequest, address_too_long, head_too_large, unreadable

_log = structlog.get_logger(__name__)
_SWEEP_S = 1.0
_LINGER_S = 0.3
_DRAIN_S = 1.0
_LINE_BYTES = 4  # colon, space and the end of a line, which a parser does not hand on
_FILES_WANTED = 65_536
_FILES_SHARE = 0.75  # the rest is for the database, the broker, the services and the logs

OPEN = gauge("client_connections", "Connections of clients that are open")
CLOSED = counter("client_connections_closed_total", "Connections that were closed for a limit, by limit", ("limit",))


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a client may take.

    Attributes:
        head_s: seconds for the head of a request, from its first byte or the connection's beginning.
        head_bytes: size of a head, its address included.
        address_bytes: length of an address with its query.
        body_s: seconds of grace for a body; after them it must have come at `body_bytes_per_s` on average.
        body_bytes_per_s: slowest body, bytes per second.
        write_s: seconds in which a client that has an answer to read must take some of it.
        per_address: connections of one address.
        connections: connections at all.
    """

    head_s: float = 10.0
    head_bytes: int = 65_536
    address_bytes: int = 16_384
    body_s: float = 20.0
    body_bytes_per_s: int = 1_024
    write_s: float = 30.0
    per_address: int = 2_048
    connections: int = 8_192


class _Phase(Enum):
    """What a connection is at, as far as its request goes."""

    IDLE = 0
    HEAD = 1
    BODY = 2
    DONE = 3


class _OverLimit(Exception):  # noqa: N818  # ends the parser's reading; the answer says what it is
    """Address or head are over their limit."""


@dataclass(slots=True)
class ConnectionTable:
    """The connections of one process, and which of them wait for their client.

    Attributes:
        limits: what a client may take.
    """

    limits: ConnectionLimits
    _all: set["ClientConnection"] = field(default_factory=set)
    _by_address: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _waiting: OrderedDict["ClientConnection", None] = field(default_factory=OrderedDict)
    _uploading: OrderedDict["ClientConnection", None] = field(default_factory=OrderedDict)
    _closed: Tally[tuple[str, str]] = field(default_factory=Tally)
    _sweeping: asyncio.TimerHandle | None = None

    def enter(self, one: "ClientConnection") -> bool:
        """Admit a connection; where there are too many, the one that has waited longest for its client makes room."""
        self._all.add(one)
        self._by_address[one.address] += 1
        OPEN.set(len(self._all))
        if self._sweeping is None:
            self._sweeping = one.loop.call_later(_SWEEP_S, self._sweep, one.loop)
        if self._by_address[one.address] > self.limits.per_address:
            return self._make_room("connections_of_an_address", one, lambda other: other.address == one.address)
        if len(self._all) > self.limits.connections:
            return self._make_room("connections", one, lambda _other: True)
        return True

    def leave(self, one: "ClientConnection") -> None:
        """Forget a connection."""
        self.work(one)
        if one in self._all:
            self._all.discard(one)
            self._by_address[one.address] -= 1
            if not self._by_address[one.address]:
                del self._by_address[one.address]
        OPEN.set(len(self._all))

    def wait(self, one: "ClientConnection") -> None:
        """Note that a connection waits for a request of its client from now on."""
        self._uploading.pop(one, None)
        self._waiting[one] = None

    def upload(self, one: "ClientConnection") -> None:
        """Note that a connection waits for the rest of a request from now on."""
        self._waiting.pop(one, None)
        self._uploading[one] = None

    def work(self, one: "ClientConnection") -> None:
        """Note that a connection waits for its client no longer."""
        self._waiting.pop(one, None)
        self._uploading.pop(one, None)

    def close(self, one: "ClientConnection", limit: str) -> None:
        """Close a connection for a limit, and count it."""
        self._closed[limit, one.address] += 1
        CLOSED.labels(limit).inc()
        self.leave(one)
        one.transport.abort()

    def _make_room(
        self, limit: str, newcomer: "ClientConnection", may_go: Callable[["ClientConnection"], bool]
    ) -> bool:
        candidates = (other for held in (self._waiting, self._uploading) for other in held)
        oldest = next((other for other in candidates if other is not newcomer and may_go(other)), None)
        self.close(oldest or newcomer, limit)
        return oldest is not None

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what is over its time, and tell in one line what was closed since the last time."""
        now = loop.time()
        for one in list(self._all):
            if (limit := one.over_time(now, self.limits, _SWEEP_S)) is not None:
                self.close(one, limit)
        if self._closed:
            for (limit, address), count in self._closed.most_common(5):
                _log.warning("client_connections_closed", limit=limit, address=address, count=count)
            self._closed.clear()
        self._sweeping = loop.call_later(_SWEEP_S, self._sweep, loop) if self._all else None


class ClientConnection(HttpToolsProtocol):
    """One connection of a client.

    Attributes:
        table: the connections of this process.
        address: the client's.
        source: name of the service, for the answers that no application gives.
    """

    table: ConnectionTable
    source: str = "server"
    address: str = "unknown"
    _phase = _Phase.HEAD
    _since = 0.0
    _taken = 0
    _sent = 0
    _out: CorkedTransport
    _stuck_s = 0.0
    _is_last = False
    _head = 0
    _over: str | None = None
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admit the connection, or close it at once."""
        super().connection_made(transport)
        self._out = CorkedTransport(transport, self.loop)
        self.transport = cast("asyncio.Transport", self._out)
        self.address = self.client[0] if self.client else "local"
        if self.table.enter(self):
            self._enter(_Phase.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.table.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head may not go on for ever. What comes behind a refusal is let go."""
        if self._is_refused:
            return
        if self._phase is _Phase.IDLE:  # also where it is only blank lines, which the parser passes over
            self._enter(_Phase.HEAD)
        self._taken += len(data)
        super().data_received(data)
        if self._phase is _Phase.HEAD and self._taken > self.table.limits.head_bytes and not self._is_refused:
            self._over = "head_bytes"
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Begin a request; the head of a second one in a row has its own time."""
        if self._phase is not _Phase.HEAD:
            self._enter(_Phase.HEAD)
        self._head = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address.

        Raises:
            _OverLimit: it is too long.
        """
        super().on_url(url)
        if len(self.url) > self.table.limits.address_bytes:
            self._over = "address_bytes"
            raise _OverLimit
        self._grow(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a line of the head, however the whole was cut into pieces on its way.

        Raises:
            _OverLimit: the head is too large.
        """
        super().on_header(name, value)
        self._grow(len(name) + len(value) + _LINE_BYTES)

    def _grow(self, size: int) -> None:
        self._head += size
        if self._head > self.table.limits.head_bytes:
            self._over = "head_bytes"
            raise _OverLimit

    def on_headers_complete(self) -> None:
        """Begin the body."""
        self._enter(_Phase.BODY)
        super().on_headers_complete()
        if self._is_last and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """End the request: it is our turn."""
        self._enter(_Phase.DONE)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """End the answer: it is the client's turn."""
        super().on_response_complete()
        if self._phase is _Phase.DONE:
            self._enter(_Phase.IDLE)

    def shutdown(self) -> None:
        """Answer what is under way as the last; a request that the client has sent meanwhile is under way too."""
        self._is_last = True
        if self._is_idle():
            self.loop.call_later(_LINGER_S, self._close_idle)
        elif self.cycle is not None:
            self.cycle.keep_alive = False

    def give_up(self, answer: Callable[[dict[str, Any]], bytes]) -> None:
        """Say that the request under way will not be answered, unless an answer has begun.

        Args:
            answer: returns head and body for a request's scope.
        """
        if self.cycle is None or self.cycle.response_started or self._is_refused or self.transport.is_closing():
            return
        self.transport.write(answer(cast("dict[str, Any]", self.cycle.scope)))
        self.cycle.disconnected = True  # what the application still says goes nowhere
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or over its limit, with a problem document; `msg` is the server's own, plain text.

        A whole request before it is answered first, and nothing after it; an answer that has begun is broken off.
        """
        del msg
        self._is_refused = True
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                self._is_last, cycle.keep_alive = True, False
                return
            cycle.disconnected = True  # what the application still says goes nowhere
            cycle.message_event.set()
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(self._early_answer())
        self._part()

    def _early_answer(self) -> bytes:
        early = EarlyRequest(self.source) if self.scope is None else EarlyRequest(self.source, self.url, self.headers)
        if self._over is None:
            return unreadable(early)
        CLOSED.labels(self._over).inc()
        if self._over == "address_bytes":
            return address_too_long(early, self.table.limits.address_bytes)
        return head_too_large(early, self.table.limits.head_bytes)

    def _part(self) -> None:
        """End the connection behind an answer, and let the client go on sending until it has read it.

        Closed at once, what it still sends would be answered by a reset, which takes the answer from it.
        """
        self._enter(_Phase.DONE)
        self.table.upload(self)  # where room is wanted, this one goes first
        self._out.flush()
        self._out.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(_DRAIN_S, self.transport.close)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_idle(self) -> None:
        if self._is_idle() and not self.transport.is_closing():
            self.transport.close()

    def over_time(self, now: float, limits: ConnectionLimits, passed_s: float) -> str | None:
        """Return the limit that the client is over, or None.

        Args:
            now: the loop's time, seconds.
            limits: what a client may take.
            passed_s: seconds since this was asked last.
        """
        if self._does_not_read(passed_s, limits.write_s):
            return "answer_unread"
        took = now - self._since
        if self._phase is _Phase.HEAD and took > limits.head_s:
            return "head_time"
        if self._phase is _Phase.BODY:
            if self.flow.read_paused:  # it is we who do not take it
                self._since += passed_s
            elif self._taken < (took - limits.body_s) * limits.body_bytes_per_s:
                return "body_time"
        return None

    def _does_not_read(self, passed_s: float, limit_s: float) -> bool:
        unsent = self.transport.get_write_buffer_size()
        sent = self._out.written - unsent  # a full buffer says nothing: it is filled again as fast as it is read
        self._stuck_s = self._stuck_s + passed_s if unsent and sent == self._sent else 0.0
        self._sent = sent
        return self._stuck_s > limit_s

    def _enter(self, phase: _Phase) -> None:
        self._phase = phase
        self._since = self.loop.time()
        self._taken = 0
        if phase is _Phase.DONE:
            self.table.work(self)
        elif phase is _Phase.BODY:
            self.table.upload(self)
        else:
            self.table.wait(self)


def client_protocol(limits: ConnectionLimits, source: str = "server") -> type[ClientConnection]:
    """Return the protocol class for one server, named `source`: its connections share a table."""
    return type("LimitedConnection", (ClientConnection,), {"table": ConnectionTable(limits), "source": source})


def raise_file_limit() -> int:
    """Let this process open as many files as it may, within reason; return how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, _FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return wanted if soft == resource.RLIM_INFINITY else soft


def limits_of_this_machine() -> ConnectionLimits:
    """Return the limits, with as many connections as there are files for them."""
    room = int(raise_file_limit() * _FILES_SHARE)
    usual = ConnectionLimits()
    return ConnectionLimits(connections=min(usual.connections, room), per_address=min(usual.per_address, room // 2))
