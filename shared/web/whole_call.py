"""A call that has come as a whole, and may be answered from within its connection: by no task and no application.

To the connection it is what the server's own cycle of request and answer is: one of the two is under way at a time.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

SHORTCUT = "shortcut"
"""Under this name an application's lifespan hands a `Shortcut` to the connections."""
_BODILESS = frozenset({204, 304})
_UNHEARD = asyncio.Event()
"""What the server sets when a client leaves: whoever answers from within a connection waits for nothing."""


class Carrier(Protocol):
    """The connection that a call came on.

    Attributes:
        transport: to the client.
        server_state: of the server; it has the headers of every answer.
    """

    transport: asyncio.Transport
    server_state: ServerState

    def scope_of(self, method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
        """Return a request as an application is told of it."""
        ...

    def on_response_complete(self) -> None:
        """End the answer."""
        ...

    def hand_over(self, call: "WholeCall", scope: Mapping[str, Any]) -> None:
        """Let the application answer a call."""
        ...


class WholeCall:
    """A request that is here as a whole, and the way back to its client.

    Attributes:
        method: of the request.
        url: address as it was sent, with its query.
        headers: names in lower case.
        body: empty where there is none.
        began: when it was here, on `time.perf_counter`, seconds.
        keep_alive: whether the connection stays behind the answer.
        disconnected: whether nobody is left to hear an answer.
        response_started: whether an answer has begun.
        response_complete: whether it is answered.
        more_body: never; the server asks.
        message_event: set by the server when the client leaves.
    """

    __slots__ = (
        "_connection", "began", "body", "disconnected", "headers", "keep_alive", "method", "response_complete",
        "response_started", "url",
    )  # fmt: skip
    more_body = False
    message_event = _UNHEARD

    def __init__(
        self, connection: Carrier, method: str, url: bytes, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> None:
        """Stand for a request of `connection`."""
        self._connection = connection
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.began = time.perf_counter()
        self.keep_alive = True
        self.disconnected = self.response_started = self.response_complete = False

    @property
    def scope(self) -> dict[str, Any]:
        """The request as an application is told of it."""
        path, _, query = self.url.partition(b"?")
        return self._connection.scope_of(self.method, path, query, self.headers)

    def answer(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Answer as a whole; nothing is sent where nobody hears it.

        Args:
            status: HTTP status, 200 to 599.
            headers: as they go out, without framing but for `content-length`.
            body: empty for a status that has none.
        """
        self.response_started = self.response_complete = True
        if self.disconnected:
            return
        connection = self._connection
        lines = [STATUS_LINE[status]]
        sized = status in _BODILESS
        for name, value in (*connection.server_state.default_headers, *headers):
            lines += (name, b": ", value, b"\r\n")
            sized = sized or name == b"content-length"
        if not sized:
            lines.append(b"content-length: %d\r\n" % len(body))
        lines += (b"\r\n", body) if self.keep_alive else (b"connection: close\r\n\r\n", body)
        connection.transport.write(b"".join(lines))
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()

    def hand_over(self, headers: list[tuple[bytes, bytes]], extras: Mapping[str, Any]) -> None:
        """Let the application answer it after all.

        Args:
            headers: of the request, as the application is to see them.
            extras: more for its scope.
        """
        self.headers = headers
        self._connection.hand_over(self, {**self.scope, **extras})


class Shortcut(Protocol):
    """Answers calls from within their connection, as far as it can."""

    def take(self, call: WholeCall) -> bool:
        """Take a call, and answer it or hand it over later; False: it is the application's, and nothing was done."""
        ...
