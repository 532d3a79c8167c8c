"""Slow clients of the fault world: requests that drip, answers that are hardly read, bodies that are left half sent."""

import asyncio
import contextlib
import json
import random
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.kernel.ids import new_id
from tests.support import journey

if TYPE_CHECKING:
    from tests.fault.world import World

_ADDRESS = "/v1/enterprises"
_PIECES, _DRIP_SECONDS = 6, 0.5
_BYTE_SECONDS, _READ_SECONDS, _AGAIN_SECONDS = 0.4, 0.2, 0.1
_HALVES, _DRIPS, _READERS = 60, 20, 20
CONNECTIONS = _HALVES + _DRIPS + _READERS
_READ_BYTES = 64
_SMALL_BUFFER = 4_096
_LONG = 900_000


def drip(world: "World", choice: random.Random) -> None:
    """Register a firm by a request that comes in pieces; what became of it is asked for with the same key."""
    uscc, key = journey.made_up_code(f"{world.serial()}"), str(new_id())
    entry, body = world.journal.begin("register", uscc), journey.registration(uscc, f"示例{uscc[-8:]}有限公司")
    entry.tries = 1
    raw = _request(world, key, _text(body))
    cuts = sorted(choice.sample(range(1, len(raw)), _PIECES - 1))
    with contextlib.suppress(OSError), _line(world) as line:
        for begin, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
            line.sendall(raw[begin:end])
            time.sleep(_DRIP_SECONDS / _PIECES)
        line.recv(_SMALL_BUFFER)
    world.client("city").act(entry, _ADDRESS, _ADDRESS, body, key=key)


def leave(world: "World", choice: random.Random) -> None:
    """Send a registration but for its last blank, and leave: it was never asked for, so nothing of it may stand."""
    uscc = journey.made_up_code(f"{world.serial()}")
    entry, body = world.journal.begin("register", uscc), journey.registration(uscc, f"示例{uscc[-8:]}有限公司")
    entry.state, entry.code = "refused", "left by the client"
    raw = _request(world, str(new_id()), _text(body) + b" ")
    with contextlib.suppress(OSError), _line(world) as line:
        line.sendall(raw[:-1])
        time.sleep(choice.uniform(0.0, 0.2))


def _text(body: dict[str, Any]) -> bytes:
    """Return a body as the other clients write it: a key stands for the same bytes."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _request(world: "World", key: str, body: bytes) -> bytes:
    head = (
        f"POST {_ADDRESS} HTTP/1.1\r\nHost: slow\r\nAuthorization: Bearer {world.client('city').token()}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _line(world: "World") -> socket.socket:
    return socket.create_connection(("127.0.0.1", world.suite.ports["gateway"]), timeout=5)


@dataclass
class SlowClients:
    """A hundred connections that take as long as they may; each that is closed is opened again.

    Attributes:
        port: of the gateway.
        token: returns an access token.
        opened: connections that were opened so far.
    """

    port: int
    token: Callable[[], str]
    opened: int = 0

    async def stay(self) -> None:
        """Hold all connections until cancelled."""
        kinds = ((self._half_a_head, _HALVES), (self._dripping_body, _DRIPS), (self._hardly_read, _READERS))
        async with asyncio.TaskGroup() as group:
            for kind, count in kinds:
                for _ in range(count):
                    group.create_task(self._again(kind))

    async def _again(self, kind: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
        while True:
            with contextlib.suppress(OSError):
                line = socket.socket()
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
                line.setblocking(False)
                await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", self.port))
                reader, writer = await asyncio.open_connection(sock=line, limit=_SMALL_BUFFER)
                self.opened += 1
                try:
                    await kind(reader, writer)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _half_a_head(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /v1/banks HTTP/1.1\r\nHost: slow\r\nX-Half: ")
        await _byte_by_byte(reader, writer)

    async def _dripping_body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            f"POST {_ADDRESS} HTTP/1.1\r\nHost: slow\r\nAuthorization: Bearer {self.token()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {_LONG}\r\n\r\n".encode()
        )
        await _byte_by_byte(reader, writer)

    async def _hardly_read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            f"GET {_ADDRESS}?limit=100 HTTP/1.1\r\nHost: slow\r\nAuthorization: Bearer {self.token()}\r\n\r\n".encode()
        )
        while await reader.read(_READ_BYTES):  # noqa: ASYNC110  # it dawdles
            await asyncio.sleep(_READ_SECONDS)


async def _byte_by_byte(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then until the other side has had enough."""
    closed = asyncio.ensure_future(reader.read(1))
    try:
        while not closed.done():
            writer.write(b"x")
            await asyncio.wait((closed,), timeout=_BYTE_SECONDS)
    finally:
        closed.cancel()


@contextmanager
def slow_clients(world: "World") -> Iterator[SlowClients]:
    """Let slow clients stay at the gateway until the block ends."""
    tokens = world.client("auditor")
    clients = SlowClients(world.suite.ports["gateway"], tokens.token)
    begun: list[Callable[[], object]] = []
    ready = threading.Event()

    async def run() -> None:
        loop, staying = asyncio.get_running_loop(), asyncio.ensure_future(clients.stay())
        begun.append(lambda: loop.call_soon_threadsafe(staying.cancel))
        ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            await staying

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(10), "the slow clients do not come"
    try:
        yield clients
    finally:
        begun[0]()
        thread.join(10)
