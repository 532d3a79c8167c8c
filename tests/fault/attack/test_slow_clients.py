"""D5: clients that send half a request, drip a body, or come in great number; the others are served meanwhile."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import uvicorn

from shared.web.client_connection import client_protocol
from shared.web.connection_table import ConnectionLimits
from tests.fault.attack.routes import ABSENT_ID
from tests.service.finance.world import World

pytestmark = pytest.mark.timeout(180)
LIMITS = ConnectionLimits(head_s=4.0, body_s=3.0, body_bytes_per_s=1_000, write_s=5.0, per_address=600, connections=600)
HOSTILE, HONEST = 1_021, 95
HALF = b"GET /v1/banks HTTP/1.1\r\nHost: x\r\nX-Half: "
DRIP = (
    b"POST /v1/loan-applications HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\n"
    b"Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n{"
)


@contextlib.asynccontextmanager
async def served(world: World) -> AsyncIterator[int]:
    """Serve finance on a free port, behind the connections that every service has."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        protocol = client_protocol(LIMITS)
        config = uvicorn.Config(
            world.service.app, lifespan="off", log_config=None, access_log=False, http=protocol, backlog=2_048
        )
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listening]))
            while not server.started:  # noqa: ASYNC110  # uvicorn offers no event
                await asyncio.sleep(0.01)
            yield listening.getsockname()[1]
            server.should_exit = True


async def until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.read(4_096):
            pass
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def honest_calls(world: World, port: int) -> list[int]:
    """Return the status of each call of a bank, all on connections of their own."""
    authorization = world.bank().headers["authorization"]
    statuses = []
    for _ in range(HONEST):
        async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
            answer = await http.get(
                f"http://127.0.0.1:{port}/v1/loans/{ABSENT_ID}", headers={"authorization": authorization}
            )
            statuses.append(answer.status_code)
    return statuses


@pytest.mark.fault("D5")
@pytest.mark.parametrize("begun", [HALF, DRIP], ids=["half-a-head", "a-body-that-drips"])
async def test_a_thousand_unfinished_requests_shut_nobody_out_and_end_in_time(
    world: World, begun: bytes, record_property: Callable[[str, object], None]
) -> None:
    begun = begun.replace(b"%b", world.bank().headers["authorization"].encode())
    async with served(world) as port:
        hostile = []
        for _ in range(HOSTILE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begun)
            hostile.append((reader, writer))
        began = time.monotonic()
        statuses = await honest_calls(world, port)
        served_s = time.monotonic() - began
        async with asyncio.timeout(60):
            await asyncio.gather(*(until_closed(*one) for one in hostile))
        record_property("noted", f"{len(statuses)} of others served in {served_s:.1f} s beside {len(hostile)}")
    assert set(statuses) == {404}
