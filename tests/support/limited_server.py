"""A server with tight limits for its clients, and raw connections to it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from shared.web.client_connection import ClientConnection, client_protocol
from shared.web.connection_table import CLOSED, ConnectionLimits
from shared.web.whole_call import SHORTCUT, Shortcut, WholeCall

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LIMITS = ConnectionLimits(
    head_s=1.5,
    head_bytes=8_192,
    address_bytes=4_096,
    body_s=1.0,
    body_bytes_per_s=1_000,
    write_s=2.0,
    per_address=20,
    connections=40,
)


class SomeByShortcut:
    """Answers what the application would in the same words, but `/held` and `/big`, which it hands over."""

    def take(self, call: WholeCall) -> bool:
        """Take a call, unless it is for an address that only the application knows."""
        loop = asyncio.get_running_loop()
        if call.url in {b"/held", b"/big"}:
            loop.call_soon(call.hand_over, call.headers, {})
        elif call.url == b"/":
            size = str(len(call.body)).encode()
            loop.call_soon(call.answer, 200, [(b"content-length", str(len(size)).encode())], size)
        else:
            return False
        return True


@dataclass
class Server:
    """A server with tight limits; `/big` answers 40 MB, a POST tells the size of its body."""

    port: int = 0
    protocol: type[ClientConnection] = ClientConnection
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    shortcut: Shortcut | None = None

    async def live(self, scope: Any, receive: Any, send: Any) -> None:
        """Start with the shortcut, and end."""
        scope["state"][SHORTCUT] = self.shortcut
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.live(scope, receive, send)
            return
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size, more = size + len(message["body"]), message["more_body"]
        if scope["path"] == "/held":
            await self.hold.wait()
        body = b"z" * 40_000_000 if scope["path"] == "/big" else str(size).encode()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        for start in range(0, len(body), 100_000):
            await send({"type": "http.response.body", "body": body[start : start + 100_000], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@contextlib.asynccontextmanager
async def serving(shortcut: Shortcut | None = None) -> AsyncIterator[Server]:
    """Run the server while the block is entered; `shortcut` answers before its application."""
    running = Server(shortcut=shortcut)
    running.protocol = client_protocol(LIMITS, "sample")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        running.port = listening.getsockname()[1]
        config = uvicorn.Config(running.app, interface="asgi3", lifespan="on", log_config=None, http=running.protocol)
        served = uvicorn.Server(config)
        async with asyncio.TaskGroup() as group:
            group.create_task(served.serve(sockets=[listening]))
            while not served.started:  # noqa: ASYNC110  # uvicorn offers no event
                await asyncio.sleep(0.01)
            yield running
            running.hold.set()
            served.should_exit = True


@contextlib.asynccontextmanager
async def connected(server: Server) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect, and break the connection off behind the block."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def answered(server: Server, request: bytes = GET) -> bytes:
    """Return the first line of the answer to a request."""
    async with connected(server) as (reader, writer):
        writer.write(request)
        return (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0]


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Wait until the server closes; return what it said before."""
    said = b""
    async with asyncio.timeout(30):
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65_536):
                said += piece
    return said


def counted(limit: str) -> float:
    """Return how many connections were closed for a limit."""
    return float(CLOSED.labels(limit)._value.get())
