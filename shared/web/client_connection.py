"""Connections of clients: bounded in number, in what one address holds, and in the time a request may take to arrive.

The server below knows one limit of time, that between two requests. A client that sends half a head, drips a body or
does not read its answer would hold its connection for good; a thousand of them would shut everybody else out.
"""

import asyncio
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from shared.web.connection_table import CLOSED, ConnectionLimits, ConnectionTable
from shared.web.corked_transport import CorkedTransport
from shared.web.farewell import EarlyRequest, address_too_long, head_too_large, unreadable
from shared.web.whole_call import SHORTCUT, Shortcut, WholeCall

_LINGER_S = 0.3
_LOOK_S = 0.01
_DRAIN_S = 1.0
_LINE_BYTES = 4  # colon, space and the end of a line, which a parser does not hand on


class _Phase(Enum):
    """What a connection is at, as far as its request goes."""

    IDLE = 0
    HEAD = 1
    BODY = 2
    DONE = 3


class _OverLimit(Exception):  # noqa: N818  # ends the parser's reading; the answer says what it is
    """Address or head are over their limit."""


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
    _shortcut: Shortcut | None = None
    _whole: list[bytes] | None = None
    """Body of a request that may be here as a whole before the bytes that came are read to their end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admit the connection, or close it at once."""
        super().connection_made(transport)
        self._out = CorkedTransport(transport, self.loop)
        self.transport = cast("asyncio.Transport", self._out)
        self.address = self.client[0] if self.client else "local"
        self._shortcut = self.app_state.get(SHORTCUT)
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
            self._phase, self._since, self._taken = _Phase.HEAD, self.loop.time(), 0  # it waits for its client already
        self._taken += len(data)
        super().data_received(data)
        if self._whole is not None and not self._is_refused:  # the rest is still to come
            self._to_application()
        if self._phase is _Phase.HEAD and self._taken > self.table.limits.head_bytes and not self._is_refused:
            self._over = "head_bytes"
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Begin a request; the head of a second one in a row has its own time."""
        if self._phase is not _Phase.HEAD:
            self._enter(_Phase.HEAD)
        self._head = 0
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address.

        Raises:
            _OverLimit: it is too long.
        """
        self.url += url
        if len(self.url) > self.table.limits.address_bytes:
            self._over = "address_bytes"
            raise _OverLimit
        self._grow(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a line of the head, however the whole was cut into pieces on its way.

        Raises:
            _OverLimit: the head is too large.
        """
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        self._grow(len(name) + len(value) + _LINE_BYTES)

    def _grow(self, size: int) -> None:
        self._head += size
        if self._head > self.table.limits.head_bytes:
            self._over = "head_bytes"
            raise _OverLimit

    def on_headers_complete(self) -> None:
        """Begin the body; the application is not asked before it is clear that it is needed."""
        if self._shortcut is not None and self._may_be_whole():
            self._whole = []
        else:
            self._to_application()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if self._whole is not None:
            self._whole.append(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request: it is our turn."""
        if self._whole is not None:
            if self._is_taken(b"".join(self._whole)):
                self._whole = None
                self._enter(_Phase.DONE)
                return
            self._to_application()
        self._enter(_Phase.DONE)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """End the answer: it is the client's turn, or that of the next request which it sent already.

        How long it may take is seen by the sweep of all connections: no timer is set and taken back for each answer.
        """
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                cycle, app = self.pipeline.pop()
                self._start_asgi_task(cycle, app)
        if self._phase is _Phase.DONE:
            self._enter(_Phase.IDLE)

    def _may_be_whole(self) -> bool:
        """Tell whether nothing about a request asks for more than its bytes."""
        return (
            self._is_idle()
            and not self._is_last
            and not self.expect_100_continue
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
        )

    def _is_taken(self, body: bytes) -> bool:
        before, call = (
            self.cycle,
            WholeCall(self, self.parser.get_method().decode("ascii"), self.url, self.headers, body),
        )
        self.cycle = cast("RequestResponseCycle", call)
        taken = self._shortcut is not None and self._shortcut.take(call)
        if not taken:
            self.cycle = before
        return taken

    def _to_application(self) -> None:
        """Let the application answer the request, of which the head is here and perhaps some of the body."""
        pieces, self._whole = self._whole or (), None
        self.scope = cast("Any", self.scope_of("", b"", b"", self.headers))  # the server adds the address
        self._enter(_Phase.BODY)
        super().on_headers_complete()
        if self._is_last and self.cycle is not None:
            self.cycle.keep_alive = False
        for piece in pieces:
            super().on_body(piece)

    def scope_of(self, method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
        """Return a request as an application is told of it."""
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": headers,
            "state": self.app_state.copy(),
            "method": method,
            "path": path.decode("ascii"),
            "raw_path": path,
            "query_string": query,
        }

    def hand_over(self, call: WholeCall, scope: Mapping[str, Any]) -> None:
        """Let the application answer a call that was taken; its request is here as a whole."""
        cycle = RequestResponseCycle(
            scope=cast("Any", scope),
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=call.keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.body += call.body
        cycle.more_body, cycle.disconnected = False, call.disconnected
        cycle.message_event.set()
        if self.cycle is cast("Any", call):  # else the client sent the next request already, and that one waits
            self.cycle = cycle
        self._start_asgi_task(cycle, self.app)

    def shutdown(self) -> None:
        """Answer what is under way as the last; a request that the client has sent meanwhile is under way too."""
        self._is_last = True
        if self._is_idle():
            self.loop.call_later(_LINGER_S, self._look_again)
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
        early = EarlyRequest(self.source) if self.headers is None else EarlyRequest(self.source, self.url, self.headers)
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

    def _look_again(self) -> None:
        # The process may have stood still for all that time: before it closes, the loop reads what has come meanwhile.
        self.loop.call_later(_LOOK_S, self._close_idle)

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

    def is_unused(self, now: float) -> bool:
        """Tell whether no request has come for as long as a connection is kept."""
        return self._phase is _Phase.IDLE and now - self._since > self.timeout_keep_alive

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
