"""Load over HTTP/1.1: keep-alive connections of our own, as many requests as they carry or at a fixed rate.

`wrk` presses where one request is repeated and it is installed; where each request differs, and everywhere without it,
these connections do. Either way both sides of a ratio are pressed by the same tool.
"""

import asyncio
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, cast

import httptools

from tests.bench.table import percentile

_WAIT_S = 30.0


@dataclass(slots=True)
class Pressed:
    """What came of pressing.

    Attributes:
        seconds: the window that counts.
        answered: good answers within it.
        sent: good answers at all, those of the warm-up included.
        statuses: bad answers by status.
        took_ms: time of each good answer within the window.
    """

    seconds: float
    answered: int = 0
    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    took_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return self.answered / self.seconds

    def ms(self, part: float) -> float:
        """Return the time below which `part` of the answers came."""
        return percentile(self.took_ms, part)

    def must_be_good(self, what: str) -> None:
        """Refuse to measure errors: a refusal is quicker than an answer."""
        if self.statuses or not self.answered:
            raise RuntimeError(f"{what}: answers with status {dict(self.statuses)} beside {self.sent} good ones")


class Line(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None
        self._body: list[bytes] = []
        self.body = b""
        """Body of the last answer."""

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect to this machine."""
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        self.body = b"".join(self._body)
        self._body.clear()
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

    async def ask(self, request: bytes) -> int:
        """Send a request and return the status of its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.close()


def request(method: str, target: str, *, token: str | None = None, body: bytes | None = None, **headers: str) -> bytes:
    """Return a request as bytes; underscores in names of headers become hyphens."""
    lines = [f"{method} {target} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"authorization: Bearer {token}"] if token else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


async def press(
    port: int, make: Callable[[int, int], bytes], *, connections: int, warm_s: float, window_s: float, good: int = 200
) -> Pressed:
    """Keep `connections` busy; `make(connection, turn)` gives each request."""
    pressed = Pressed(window_s)
    begins = time.perf_counter() + warm_s
    ends = begins + window_s

    async def busy(number: int) -> None:
        line = await Line.open(port)
        turn = 0
        try:
            while (asked := time.perf_counter()) < ends:
                status = await line.ask(make(number, turn))
                turn += 1
                now = time.perf_counter()
                if status != good:
                    pressed.statuses[status] += 1
                    continue
                pressed.sent += 1
                if begins <= now <= ends:
                    pressed.answered += 1
                    pressed.took_ms.append((now - asked) * 1000)
        finally:
            line.close()

    async with asyncio.timeout(warm_s + window_s + _WAIT_S), asyncio.TaskGroup() as group:
        for number in range(connections):
            group.create_task(busy(number))
    return pressed


async def pace(
    port: int,
    make: Callable[[int], bytes],
    *,
    rate: float,
    seconds: float,
    good: int = 200,
    connections: int = 16,
    on_sent: Callable[[int, float], None] | None = None,
) -> Pressed:
    """Send at a fixed rate, whatever the answers take; a late answer counts from when its request was due."""
    pressed = Pressed(seconds)
    free: asyncio.Queue[Line] = asyncio.Queue()
    lines = [await Line.open(port) for _ in range(connections)]
    for line in lines:
        free.put_nowait(line)
    began = time.perf_counter() + 0.05

    async def one(number: int, due: float) -> None:
        line = await free.get()
        try:
            status = await line.ask(make(number))
        finally:
            free.put_nowait(line)
        if status != good:
            pressed.statuses[status] += 1
            return
        pressed.sent += 1
        pressed.answered += 1
        pressed.took_ms.append((time.perf_counter() - due) * 1000)

    async with asyncio.timeout(seconds + _WAIT_S), asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if on_sent is not None:
                on_sent(number, time.time())
            group.create_task(one(number, due))
    for line in lines:
        line.close()
    return pressed


async def press_reads(
    port: int, target: str, token: str | None, *, connections: int, warm_s: float, window_s: float
) -> Pressed:
    """Press one GET as hard as it goes, with wrk if it is installed."""
    if shutil.which("wrk") is None:
        raw = request("GET", target, token=token)
        return await press(port, lambda _c, _t: raw, connections=connections, warm_s=warm_s, window_s=window_s)
    warm = await _wrk(port, target, token, connections, warm_s)
    pressed = await _wrk(port, target, token, connections, window_s)
    pressed.sent += warm.sent
    return pressed


async def _wrk(port: int, target: str, token: str | None, connections: int, seconds: float) -> Pressed:
    # wrk takes whole seconds alone.
    whole = max(1, round(seconds))
    words = ["wrk", "-t1", f"-c{connections}", f"-d{whole}s", "--latency"]
    words += ["-H", f"Authorization: Bearer {token}"] if token else []
    running = await asyncio.create_subprocess_exec(
        *words, f"http://127.0.0.1:{port}{target}", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, fault = await running.communicate()
    text = out.decode()
    counted = re.search(r"(\d+) requests in ([\d.]+)(m?s|m)", text)
    if running.returncode != 0 or counted is None:
        raise RuntimeError(f"wrk failed: {fault.decode() or text}")
    took = float(counted[2]) * {"s": 1.0, "ms": 0.001, "m": 60.0}[counted[3]]
    pressed = Pressed(took, answered=int(counted[1]), sent=int(counted[1]))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: (.+)", text)
    if bad or broken:
        pressed.statuses[0] += int(bad[1]) if bad else 1
    return pressed
