"""Clients that are slow on purpose, or many: each loses its own connection, and the others are served."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator

import pytest

from tests.support.limited_server import LIMITS, Server, SomeByShortcut, answered, closed, connected, counted, serving


@pytest.fixture(params=[None, SomeByShortcut()], ids=["application", "shortcut"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with serving(request.param) as running:
        yield running


async def test_half_a_head_is_closed_after_its_time_and_counted(server: Server) -> None:
    before = counted("head_time")
    async with connected(server) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ")
        assert await closed(reader) == b""
    assert counted("head_time") == before + 1


async def test_dripping_does_not_lengthen_the_time_of_a_head(server: Server) -> None:
    async with connected(server) as (reader, writer), asyncio.TaskGroup() as group:

        async def drip() -> None:
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(b"\r\n")  # blank lines before a request, which a parser passes over
                    await asyncio.sleep(0.1)

        group.create_task(drip())
        assert await closed(reader) == b""


async def test_a_body_that_drips_is_closed_and_one_that_flows_is_taken(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    before = counted("body_time")
    async with connected(server) as (reader, writer), asyncio.TaskGroup() as group:

        async def drip() -> None:
            writer.write(head)
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(b"x")
                    await asyncio.sleep(0.1)

        group.create_task(drip())
        assert await closed(reader) == b""
    assert counted("body_time") == before + 1
    async with connected(server) as (reader, writer):
        writer.write(head)
        for _ in range(20):
            writer.write(b"x" * 5_000)
            await asyncio.sleep(0.15)
        assert (await reader.readuntil(b"100000")).startswith(b"HTTP/1.1 200")


async def test_who_does_not_read_the_answer_loses_the_connection(server: Server) -> None:
    before = counted("answer_unread")
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        lazy.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(lazy, ("127.0.0.1", server.port))
        await loop.sock_sendall(lazy, b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(30):
            while counted("answer_unread") == before:  # noqa: ASYNC110  # a counter offers no event
                await asyncio.sleep(0.1)


async def test_a_slow_answer_of_ours_is_no_fault_of_the_client(server: Server) -> None:
    async with connected(server) as (reader, writer):
        writer.write(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(4)
        server.hold.set()
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")


async def test_half_sent_requests_in_number_shut_nobody_out(server: Server) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(60):
            _, writer = await stack.enter_async_context(connected(server))
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        statuses = [await answered(server) for _ in range(30)]
    assert set(statuses) == {b"HTTP/1.1 200 OK"}


async def test_a_connection_at_work_never_makes_room_for_a_new_one(server: Server) -> None:
    async with contextlib.AsyncExitStack() as stack:
        held = [await stack.enter_async_context(connected(server)) for _ in range(LIMITS.per_address)]
        for _, writer in held:
            writer.write(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.3)
        reader, _ = await stack.enter_async_context(connected(server))
        assert await closed(reader) == b""
        server.hold.set()
        for reader, _ in held:
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")


async def test_requests_in_one_packet_are_answered_in_order_each_once(server: Server) -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"
    async with connected(server) as (reader, writer):
        writer.write(b"".join(post % (size, b"x" * size) for size in (3, 11, 200)))
        for size in (3, 11, 200):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(str(size))) == str(size).encode()


async def test_a_large_answer_arrives_whole(server: Server) -> None:
    async with connected(server) as (reader, writer):
        writer.write(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        size = 0
        while piece := await reader.read(4_000_000):
            size += len(piece)
            await asyncio.sleep(0.25)  # slowly, but it goes on: for longer than the limit of who takes nothing
    assert size == 40_000_000


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\x01b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX A: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\r\n folded\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"G\xe9T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"FROB / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http:///\x7f HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"rubbish\r\n\r\n",
    ],
)
async def test_what_is_no_http_gets_a_problem_document_and_the_connection_ends(
    server: Server, request_bytes: bytes
) -> None:
    async with connected(server) as (reader, writer):
        writer.write(request_bytes)
        head, _, body = (await closed(reader)).partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert (problem["code"], problem["title"], problem["source"]) == ("request_unreadable", "请求无法读取", "sample")
    assert problem["request_id"].encode() in head


async def test_what_is_no_http_is_answered_in_the_language_that_was_read_of_it(server: Server) -> None:
    async with connected(server) as (reader, writer):
        writer.write(b"GET /v1/loans?x=1 HTTP/1.1\r\nAccept-Language: en\r\nHost: x\r\nX-A: a\x01\r\n\r\n")
        problem = json.loads((await closed(reader)).partition(b"\r\n\r\n")[2])
    assert (problem["title"], problem["instance"]) == ("The request cannot be read", "/v1/loans")


async def test_a_whole_request_before_rubbish_keeps_its_own_answer(server: Server) -> None:
    async with connected(server) as (reader, writer):
        writer.write(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n\x01rubbish")
        await asyncio.sleep(0.2)
        server.hold.set()
        said = await closed(reader)
    assert (said.count(b"HTTP/1.1 "), said.startswith(b"HTTP/1.1 200")) == (1, True)
