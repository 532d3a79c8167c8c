"""Requests that no application sees, no HTTP or over a limit: each is answered, counted and logged."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.telemetry import configure_logging
from shared.web.answered import REQUESTS
from tests.support.limited_server import LIMITS, Server, SomeByShortcut, answered, closed, connected, counted, serving

LONG_ADDRESS = (
    b"GET /v1/loans?q=" + b"a" * LIMITS.address_bytes + b" HTTP/1.1\r\nAccept-Language: en\r\nHost: x\r\n\r\n"
)
LONG_LINE = b"GET /v1/loans HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * LIMITS.head_bytes + b"\r\n\r\n"
MANY_LINES = b"GET /v1/loans HTTP/1.1\r\nHost: x\r\n" + b"X-A: aaaaaaaaaaaaaaa\r\n" * 450 + b"\r\n"
NO_END = b"GET /v1/loans HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 20_000
RUBBISH = b"GET / HTTP/1.1\r\nHost: x\r\nX A: a\r\n\r\n"
KINDS = [
    pytest.param(LONG_ADDRESS, 414, "address_too_long", id="an address too long"),
    pytest.param(LONG_LINE, 431, "head_too_large", id="one line too long"),
    pytest.param(MANY_LINES, 431, "head_too_large", id="too many lines"),
    pytest.param(NO_END, 431, "head_too_large", id="a head without end"),
    pytest.param(RUBBISH, 400, "request_unreadable", id="no HTTP"),
]


@pytest.fixture(params=[None, SomeByShortcut()], ids=["application", "shortcut"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with serving(request.param) as running:
        yield running


async def refused(server: Server, request: bytes, *, piece: int | None = None) -> tuple[bytes, Any]:
    """Send a request, whole or in pieces; return head and problem of the answer."""
    async with connected(server) as (reader, writer):
        for start in range(0, len(request), piece or len(request)):
            with contextlib.suppress(ConnectionError):
                writer.write(request[start : start + (piece or len(request))])
                await writer.drain()
            await asyncio.sleep(0)
        head, _, body = (await closed(reader)).partition(b"\r\n\r\n")
    return head, json.loads(body)


@pytest.mark.parametrize("piece", [None, 7, 997])
@pytest.mark.parametrize(("request_bytes", "status", "code"), KINDS)
async def test_what_no_application_sees_is_answered_however_it_was_cut(
    server: Server, request_bytes: bytes, status: int, code: str, piece: int | None
) -> None:
    head, problem = await refused(server, request_bytes, piece=piece)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert (problem["code"], problem["status"], problem["source"]) == (code, status, "sample")
    assert problem["request_id"].encode() in head


@pytest.mark.parametrize("piece", [None, 5])
async def test_address_and_head_within_their_limits_are_served_however_they_were_cut(
    server: Server, piece: int | None
) -> None:
    address = b"GET /" + b"a" * (LIMITS.address_bytes - 1) + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    line = b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * (LIMITS.head_bytes - 60) + b"\r\n\r\n"
    for request in (address, line):
        async with connected(server) as (reader, writer):
            for start in range(0, len(request), piece or len(request)):
                writer.write(request[start : start + (piece or len(request))])
                await writer.drain()
                await asyncio.sleep(0)
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")


async def test_the_refusal_names_the_limit_in_both_languages(server: Server) -> None:
    _, english = await refused(server, LONG_ADDRESS.replace(b"en", b"en", 1))
    _, chinese = await refused(server, LONG_LINE)
    assert english["details"] == {"limit_bytes": LIMITS.address_bytes}
    assert chinese["details"] == {"limit_bytes": LIMITS.head_bytes}
    assert str(LIMITS.address_bytes) in english["title"]
    assert chinese["title"] == f"请求头超过 {LIMITS.head_bytes} 字节"


async def test_who_goes_on_sending_can_read_why_it_was_refused(server: Server) -> None:
    async with connected(server) as (reader, writer):
        for _ in range(40):
            writer.write(b"GET / HTTP/1.1\r\nX-A: " + b"a" * 10_000)
            await asyncio.sleep(0.01)
        await writer.drain()
        said = await closed(reader)
    assert said.startswith(b"HTTP/1.1 431 ")
    assert said.count(b"HTTP/1.1 ") == 1


async def test_a_second_request_over_the_limit_follows_the_answer_to_the_first(server: Server) -> None:
    for second in (MANY_LINES, LONG_ADDRESS):
        async with connected(server) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readexactly(1)
            writer.write(second)
            assert (await closed(reader)).startswith(b"HTTP/1.1 4")


async def test_a_refused_connection_ends_by_itself_and_the_server_goes_on(server: Server) -> None:
    async with connected(server) as (reader, writer), asyncio.timeout(20):
        writer.write(NO_END)
        assert (await closed(reader)).startswith(b"HTTP/1.1 431 ")
        with contextlib.suppress(ConnectionError):
            while True:  # the server takes nothing any more once it has closed
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
    assert await answered(server) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize(("request_bytes", "status", "code"), KINDS)
async def test_each_is_counted_and_logged_in_one_line_that_tells_nothing_of_what_was_sent(
    server: Server, capfd: pytest.CaptureFixture[str], request_bytes: bytes, status: int, code: str
) -> None:
    configure_logging("sample")
    before = answers(status)
    private = request_bytes.replace(b"Host: x", b"Host: 91500107MADEMQX01Y").replace(b"loans", b"zhang")
    _, problem = await refused(server, private)
    assert answers(status) == before + 1
    lines = [json.loads(one) for one in capfd.readouterr().err.splitlines() if one.startswith("{")]
    (line,) = [one for one in lines if one.get("logger") != "asyncio"]
    assert (line["event"], line["status"], line["code"]) == ("request", status, code)
    assert line["request_id"] == problem["request_id"]
    told = json.dumps(line)
    assert [part for part in ("91500107MADEMQX01Y", "zhang", "127.0.0.1", "aaaa") if part in told] == []
    assert "path" not in line


async def test_a_head_over_its_limit_is_counted_by_its_limit(server: Server) -> None:
    before = counted("head_bytes"), counted("address_bytes")
    await refused(server, NO_END)
    await refused(server, LONG_ADDRESS)
    assert (counted("head_bytes"), counted("address_bytes")) == (before[0] + 1, before[1] + 1)


def answers(status: int) -> float:
    """Return how many requests were answered with a status before any application."""
    return float(REQUESTS.labels("sample", "other", "none", str(status))._value.get())
