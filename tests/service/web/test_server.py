"""The same application behind the real server: bytes that no client library would send."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from shared.kernel.actor import Role
from tests.support.sample_service import READ, WRITE
from tests.support.service import RunningService, mint


@contextlib.asynccontextmanager
async def listening(sample: RunningService) -> AsyncIterator[int]:
    """Serve the sample on a free port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(sample.app, lifespan="off", log_config=None, access_log=False, http="httptools")
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listening]))
            while not server.started:  # noqa: ASYNC110  # uvicorn offers no event
                await asyncio.sleep(0.01)
            yield listening.getsockname()[1]
            server.should_exit = True


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    try:
        async with asyncio.timeout(60):
            answer = await reader.readuntil(b"\r\n")
    except asyncio.IncompleteReadError as closed:
        answer = closed.partial
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answer


REQUESTS: dict[str, bytes] = {
    "bytes above ASCII in the path": b"GET /v1/notes/\xe9\x87\x8d HTTP/1.1\r\nHost: x\r\n",
    "broken escapes": b"GET /v1/notes/%zz%8 HTTP/1.1\r\nHost: x\r\n",
    "NUL in the query": b"GET /v1/notes?q=%00 HTTP/1.1\r\nHost: x\r\n",
    "bytes above ASCII in a header": b"GET /v1/notes HTTP/1.1\r\nHost: x\r\nAccept-Language: \xff\xfe\r\n",
    "60 kB of one header": b"GET /v1/notes HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 60_000 + b"\r\n",
    "300 headers": b"GET /v1/notes HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 300,
    "no host": b"GET /v1/notes HTTP/1.1\r\n",
    "a host that is none": b"GET /v1/notes HTTP/1.1\r\nHost: \xff:99999\r\n",
    "two lengths": b"POST /v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n",
    "length and chunks": b"POST /v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    "an unknown method": b"BREW /v1/notes HTTP/1.1\r\nHost: x\r\n",
    "an absolute address": b"GET http://other/v1/notes HTTP/1.1\r\nHost: x\r\n",
    "an address that is none": b"GET http://[::1/v1 HTTP/1.1\r\nHost: x\r\n",
    "no request at all": b"\x16\x03\x01\x02\x00\x01",
    "an old protocol": b"GET /v1/notes HTTP/1.0\r\n",
    "an upgrade": b"GET /v1/notes HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_no_bytes_on_the_wire_give_a_500_or_end_the_server(sample: RunningService) -> None:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    token = mint(sample.clock, role=Role.CITY, scopes=[READ, WRITE]).encode()
    authorization = b"Authorization: Bearer " + token + b"\r\n"
    async with listening(sample) as port:
        for name, request in REQUESTS.items():
            for headers in (b"", authorization):
                answer = await ask(port, request + headers + b"Connection: close\r\n\r\n")
                assert b" 500" not in answer[:15], (name, answer)
        good = await ask(port, b"GET /v1/notes HTTP/1.1\r\nHost: x\r\n" + authorization + b"Connection: close\r\n\r\n")
    assert good.startswith(b"HTTP/1.1 200")
