"""The connection to a service, against peers that speak each their own HTTP: cut, interim, without a length, twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.upstream.pool import Answer, Upstream, UpstreamDownError, UpstreamSlowError

WHOLE = b'HTTP/1.1 200 OK\r\ncontent-length: 2\r\netag: "v1"\r\n\r\nok'
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\n\r\nto the end"
Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Peer:
    """A service that says what a test wants."""

    upstream: Upstream
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def ask(self, method: bytes = b"GET", **more: object) -> tuple[int, bytes]:
        words = {"headers": {}, "deadline_s": 5.0, "may_retry": False, **more}
        with await self.upstream.call(method, b"/v1/x", **words) as answer:  # type: ignore[arg-type]
            return answer.status, await read(answer)


async def read(answer: Answer) -> bytes:
    whole = answer.whole
    return whole if whole is not None else b"".join([piece async for piece in answer.pieces()])


@asynccontextmanager
async def peer_that(speak: Speak) -> AsyncIterator[Peer]:
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer.connections += 1
        serving.add(asyncio.current_task())  # type: ignore[arg-type]
        try:
            while not writer.is_closing():
                peer.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await speak(reader, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    peer = Peer(Upstream("finance", f"http://127.0.0.1:{port}", in_flight=8))
    try:
        yield peer
    finally:
        peer.upstream.close()
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def saying(*pieces: bytes, then_close: bool = False) -> Speak:
    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if then_close:
            writer.close()

    return speak


@pytest.mark.parametrize(("said", "body"), [(WHOLE, b"ok"), (CHUNKED, b"abcde")])
async def test_a_connection_carries_one_call_after_the_other(said: bytes, body: bytes) -> None:
    async with peer_that(saying(said)) as peer:
        for _ in range(3):
            assert await peer.ask() == (200, body)
        assert peer.connections == 1


async def test_a_body_without_a_length_ends_with_its_connection() -> None:
    async with peer_that(saying(UNTIL_CLOSED, then_close=True)) as peer:
        assert await peer.ask() == (200, b"to the end")
        assert await peer.ask() == (200, b"to the end")
        assert peer.connections == 2


async def test_interim_answers_are_passed_over() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    async with peer_that(saying(interim, WHOLE)) as peer:
        with await peer.upstream.call(b"GET", b"/", headers={}, deadline_s=60, may_retry=False) as answer:
            assert (answer.status, [name for name, _ in answer.headers]) == (200, [b"content-length", b"etag"])


async def test_the_answer_to_head_has_no_body_whatever_length_it_tells() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 4711\r\n\r\n"
    async with peer_that(saying(head)) as peer:
        assert await peer.ask(b"HEAD") == (200, b"")
        assert await peer.ask(b"HEAD") == (200, b"")


@pytest.mark.parametrize("cut", [1, 12, 30, len(WHOLE) - 1])
async def test_an_answer_that_is_cut_is_never_taken_for_a_whole_one(cut: int) -> None:
    async with peer_that(saying(WHOLE[:cut], then_close=True)) as peer:
        with pytest.raises(UpstreamDownError):
            await peer.ask()


async def test_a_second_answer_to_one_request_never_reaches_the_next_caller() -> None:
    forged = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"
    async with peer_that(saying(WHOLE + forged)) as peer:
        for _ in range(3):
            assert await peer.ask() == (200, b"ok")
        assert peer.connections == 3
    async with peer_that(saying(WHOLE, forged)) as peer:
        for _ in range(3):
            assert (await peer.ask())[1] == b"ok"
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "rubbish", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 101 X\r\nupgrade: a\r\n\r\n"]
)
async def test_what_is_no_http_is_a_service_that_is_down(rubbish: bytes) -> None:
    async with peer_that(saying(rubbish)) as peer:
        with pytest.raises((UpstreamDownError, UpstreamSlowError)):
            await peer.ask(deadline_s=1.0)


async def test_a_head_without_end_is_cut() -> None:
    lines = [b"HTTP/1.1 200 OK\r\n", *(b"x-%d: " % number + b"y" * 4_000 + b"\r\n" for number in range(40))]
    async with peer_that(saying(*lines)) as peer:
        with pytest.raises(UpstreamDownError):
            await peer.ask()


async def test_a_service_that_falls_silent_in_the_middle_is_slow() -> None:
    async with peer_that(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc")) as peer:
        with pytest.raises(UpstreamSlowError):
            await peer.ask(deadline_s=0.3)


async def test_a_service_waits_for_a_caller_that_reads_slowly() -> None:
    sent = 0

    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50000000\r\n\r\n")
        for _ in range(500):
            writer.write(b"z" * 100_000)
            await writer.drain()
            sent += 100_000

    async with peer_that(pour) as peer:
        with await peer.upstream.call(b"GET", b"/", headers={}, deadline_s=300, may_retry=False) as answer:
            pieces = answer.pieces()
            size = len(await anext(pieces))
            before = -1
            while before != sent:  # until nothing more is taken: the rest waits at the service
                before = sent
                await asyncio.sleep(0.2)
            assert sent < 25_000_000
            async for piece in pieces:
                size += len(piece)
        assert size == 50_000_000


async def test_a_service_is_free_again_while_a_slow_caller_still_reads_the_end() -> None:
    body = b"z" * 200_000
    pieces = [body[start : start + 10_000] for start in range(0, len(body), 10_000)]
    async with peer_that(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n", *pieces)) as peer:
        with await peer.upstream.call(b"GET", b"/", headers={}, deadline_s=60, may_retry=False) as answer:
            taken = [await anext(reading := answer.pieces())]
            async with asyncio.timeout(60):
                while not answer._connection.all_here:  # noqa: ASYNC110  # a connection offers no event
                    await asyncio.sleep(0.01)
            taken.append(await anext(reading))
            assert (peer.upstream._free, len(peer.upstream._idle)) == (8, 1)
            assert await peer.ask() == (200, body)
            taken += [piece async for piece in reading]
        assert b"".join(taken) == body
        assert (peer.upstream._free, len(peer.upstream._idle)) == (8, 1)


async def test_an_upload_of_unknown_length_goes_out_in_chunks() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"ab", b"", b"cde"):
            yield piece

    taken: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(await reader.readuntil(b"0\r\n\r\n"))
        writer.write(WHOLE)

    async with peer_that(take) as peer:
        assert await peer.ask(b"POST", body=pieces()) == (200, b"ok")
    assert b"transfer-encoding: chunked" in peer.heads[0]
    assert taken == [b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"]


async def test_an_answer_before_the_upload_has_ended_counts_and_the_connection_does_not_stay() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1_000
            await asyncio.sleep(0.001)

    refused = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n"
    async with peer_that(saying(refused)) as peer:
        assert await peer.ask(b"POST", body=endless()) == (413, b"")
        assert not peer.upstream._idle


async def test_a_caller_that_leaves_gives_place_and_closes_the_connection() -> None:
    async with peer_that(saying(b"")) as peer:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await peer.ask(deadline_s=60.0)
        assert (peer.upstream._free, peer.upstream._idle) == (8, [])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_however_the_bytes_arrive_the_answer_is_the_same(data: st.DataObject) -> None:
    body = data.draw(st.binary(max_size=300))
    as_chunks = data.draw(st.booleans())
    if as_chunks:
        said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        said += (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    else:
        said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(said) - 1), max_size=8)))
    pieces = [said[start:end] for start, end in zip([0, *cuts], [*cuts, len(said)], strict=True)]
    async with peer_that(saying(*pieces)) as peer:
        assert await peer.ask() == (200, body)
        assert await peer.ask() == (200, body)
        assert peer.connections == 1
