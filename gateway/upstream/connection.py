"""One kept-alive HTTP/1.1 connection to a service: a protocol of asyncio over llhttp, the parser of our own server."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import cast

import httptools

Headers = list[tuple[bytes, bytes]]
Body = bytes | AsyncIterator[bytes] | None
"""Of a request: whole, piece by piece, or none."""
Tell = Callable[[BaseException | None], None]
"""Is told once that an answer has begun (None), or what broke the call before."""
_READ_AHEAD = 262_144  # bytes of an answer that wait for a slow caller before the service is made to wait
_MAX_HEAD = 65_536
_FIRST_FINAL = 200
_NO_BODY = frozenset({204, 304})


class ConnectionBrokeError(ConnectionError):
    """The service closed the connection, or what it sent is no HTTP."""


class Connection(asyncio.Protocol):
    """A connection that carries one call at a time.

    Attributes:
        status: of the answer under way.
        headers: of the answer under way; names in lower case.
        idle_since: when its last answer ended, on the loop's clock in seconds.
    """

    def __init__(self) -> None:
        """Make a connection that is not yet made."""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._fault: BaseException | None = None
        self._writable: asyncio.Future[None] | None = None
        self._upload: asyncio.Task[None] | None = None
        self.idle_since = 0.0
        self._asleep()

    def _asleep(self) -> None:
        """Forget the last call."""
        self.status = 0
        self.headers: Headers = []
        self._awaited: asyncio.Future[None] | None = None
        self._tell: Tell | None = None
        self._pieces: deque[bytes] = deque()
        self._held = self._head_bytes = 0
        self._under_way = self._begun = self._ended = self._held_back = False
        self._without_body = self._framed = False
        self._keep = True

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the answer, where the end of the connection is its end; break the call otherwise."""
        self._transport = None
        self._keep = False
        if self._begun and not self._framed and not self._ended and exc is None:
            self._end()
        else:
            self._break(exc or ConnectionBrokeError("the service closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Parse what came; bytes that nobody asked for make the connection worthless."""
        if not self._under_way or self._ended:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as fault:
            self._break(ConnectionBrokeError(f"no HTTP: {fault}"))
        if self._tell is not None and self._begun:
            self._told(None)

    def pause_writing(self) -> None:
        """Make the upload wait: the service takes no more for now."""
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """Let the upload go on."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # What the parser tells.

    def on_message_begin(self) -> None:
        """Refuse a second answer to one request: the next caller would take it for its own."""
        if self._ended:
            raise ConnectionBrokeError("two answers to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, as far as a head may reach."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > _MAX_HEAD:
            raise ConnectionBrokeError("the head of the answer has no end")
        name = name.lower()
        if name in {b"content-length", b"transfer-encoding"}:
            self._framed = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Wake the caller, unless the head is only an interim one (1xx)."""
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL:
            return
        self.status, self._begun = status, True
        self._keep = self._keep and self._parser.should_keep_alive()
        if self._without_body:  # the parser does not know what was asked, so it would wait for a body
            self._keep = False
            self._ended = True
        self._framed = self._framed or status in _NO_BODY
        self._wake()

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body, and hold the service back where the caller is slow."""
        self._pieces.append(body)
        self._held += len(body)
        if self._held > _READ_AHEAD and not self._held_back and self._transport is not None:
            self._held_back = True
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        """End the answer; after an interim head the real one follows."""
        if self._begun:
            self._end()
        else:
            self.headers, self._framed = [], False

    # What a caller does.

    @property
    def usable(self) -> bool:
        """Whether another call can be sent."""
        return self._transport is not None and not self._transport.is_closing() and self._fault is None

    def is_fresh(self, seconds: float) -> bool:
        """Tell whether another call can be sent, and the last answer ended less than `seconds` ago."""
        return self.usable and self._loop.time() - self.idle_since < seconds

    @property
    def all_here(self) -> bool:
        """Whether the whole answer has arrived, also what was not yet taken."""
        return self._ended

    @property
    def whole(self) -> bytes | None:
        """The body, if all of it is here already."""
        if not self._ended:
            return None
        body = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        self._read_on()
        return body

    async def ask(
        self, head: bytes, body: bytes | AsyncIterator[bytes] | None, *, chunked: bool, is_head: bool
    ) -> None:
        """Send a request and wait until its answer begins.

        Args:
            head: request line and headers, with the empty line behind them.
            body: whole, or piece by piece.
            chunked: whether the pieces are sent in chunks, since nobody knows their length.
            is_head: whether the answer has no body whatever its headers say.

        Raises:
            ConnectionBrokeError: the service left, or it answered no HTTP.
        """
        self._begin(is_head=is_head)
        if body is None or isinstance(body, bytes):
            self._write(head + body if body else head)
        else:
            self._write(head)
            self._upload = self._loop.create_task(self._send(body, chunked=chunked))
        while not self._begun:
            self._raise_fault()
            await self._wait()

    def ask_at_once(self, request: bytes, tell: Tell) -> None:
        """Send a whole request that is no HEAD, and have `tell` called, perhaps in the midst of what is read.

        Raises:
            ConnectionBrokeError: the service left; `tell` is not called.
        """
        self._begin(is_head=False)
        self._tell = tell
        self._write(request)

    def _begin(self, *, is_head: bool) -> None:
        self._asleep()
        if self._transport is None:
            raise ConnectionBrokeError("the connection was closed while it waited")
        self._under_way, self._without_body = True, is_head

    def _told(self, fault: BaseException | None) -> None:
        tell, self._tell = self._tell, None
        if tell is not None:
            tell(fault)

    async def pieces(self, *, patience_s: float) -> AsyncIterator[bytes]:
        """Yield the body as it comes.

        Args:
            patience_s: how long the service may be silent between two pieces.

        Raises:
            ConnectionBrokeError: the service left in the middle.
            TimeoutError: it fell silent.
        """
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                self._held -= len(piece)
                self._read_on()
                yield piece
            if self._ended:
                return
            self._raise_fault()
            async with asyncio.timeout(patience_s):
                await self._wait()

    def _read_on(self) -> None:
        if self._held_back and self._held <= _READ_AHEAD // 2 and self._transport is not None:
            self._held_back = False
            self._transport.resume_reading()

    def release(self) -> bool:
        """End the call; tell whether the connection can carry another one. If not, it is closed."""
        self._tell = None
        upload, self._upload = self._upload, None
        sent = upload is None or upload.done()
        if upload is not None and not sent:
            upload.cancel()
        whole = self._under_way and self._ended and not self._held_back
        self._under_way = False
        if whole and sent and self._keep and self.usable:
            self.idle_since = self._loop.time()
            return True
        self.close()
        return False

    def close(self) -> None:
        """Close the connection at once."""
        self._keep = False
        if self._transport is not None:
            self._transport.abort()

    async def _send(self, body: AsyncIterator[bytes], *, chunked: bool) -> None:
        try:
            async for piece in body:
                if not piece:
                    continue
                self._write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                if self._writable is not None:
                    await self._writable
            if chunked:
                self._write(b"0\r\n\r\n")
        except Exception as fault:  # noqa: BLE001  # whatever ended the caller's body ends the call, which tells it
            self._break(fault)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _end(self) -> None:
        self._ended = True
        self._wake()

    def _break(self, fault: BaseException) -> None:
        self.close()
        if self._ended:
            return
        self._fault = self._fault or fault
        self._wake()
        self._told(ConnectionBrokeError(str(fault)))

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise ConnectionBrokeError(str(self._fault)) from self._fault

    async def _wait(self) -> None:
        self._awaited = self._loop.create_future()
        try:
            await self._awaited
        finally:
            self._awaited = None

    def _wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)
