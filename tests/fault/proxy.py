"""A TCP proxy of our own between two programs: it delays, cuts and swallows, and every choice comes from one seed."""

import asyncio
import contextlib
import random
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

_PIECE = 65_536
_LINGER_OFF = struct.pack("ii", 1, 0)
_SO_LINGER, _SOL_SOCKET = 13, 1


@dataclass
class Weather:
    """What the line does to what passes, both ways; may be changed while it runs.

    Attributes:
        delay_ms: least and most that one piece waits, in milliseconds.
        bytes_per_second: bandwidth; None is unlimited.
        cut_share: chance that a piece is the last one of its connection, which is then reset.
        black_hole: whether pieces vanish: the connection stands and nothing comes.
        refuse: whether new connections are reset at once.
    """

    delay_ms: tuple[float, float] = (0.0, 0.0)
    bytes_per_second: int | None = None
    cut_share: float = 0.0
    black_hole: bool = False
    refuse: bool = False


@dataclass
class Proxy:
    """A line from `port` to `target` on the loopback address."""

    target: int
    seed: int
    weather: Weather = field(default_factory=Weather)
    port: int = 0
    connections: int = 0
    cuts: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None

    def __post_init__(self) -> None:
        """Make the source of every choice."""
        self._random = random.Random(self.seed)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        """Listen until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._loop = asyncio.get_running_loop()
        try:
            yield self
        finally:
            server.close()
            self._cut_all()

    def cut_all(self) -> None:
        """Reset every connection that stands, from whichever thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._cut_all)

    def _cut_all(self) -> None:
        for writer in tuple(self._writers):
            self._reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.weather.refuse:
            self._reset(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            self._reset(writer)
            return
        self._writers |= {writer, far_writer}
        try:
            await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        except (ConnectionError, OSError):
            pass
        finally:
            for one in (writer, far_writer):
                self._writers.discard(one)
                one.close()
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            weather = self.weather
            if weather.black_hole:
                continue
            least, most = weather.delay_ms
            wait = self._random.uniform(least, most) / 1000
            if weather.bytes_per_second is not None:
                wait += len(piece) / weather.bytes_per_second
            if wait:
                await asyncio.sleep(wait)
            if self._random.random() < weather.cut_share:
                self.cuts += 1
                self._reset(writer)
                raise ConnectionResetError
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        """Close at once with a reset, not in order."""
        sock = writer.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(_SOL_SOCKET, _SO_LINGER, _LINGER_OFF)
        writer.transport.abort()
        self._writers.discard(writer)


@contextmanager
def proxy_thread(target: int, *, seed: int, port: int = 0) -> Iterator[Proxy]:
    """Run a proxy in a thread of its own, for a launched suite's tests that block."""
    proxy, ready, stop = Proxy(target, seed, port=port), Event(), []

    async def serve() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        end: Callable[[], object] = lambda: loop.call_soon_threadsafe(over.set)  # noqa: E731  # one word for the other thread
        stop.append(end)
        async with proxy.running():
            ready.set()
            await over.wait()

    thread = Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10), "the proxy does not listen"
    try:
        yield proxy
    finally:
        stop[0]()
        thread.join(10)
