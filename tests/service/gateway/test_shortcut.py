"""The short way of the pass-through: it says what the long way says, and whatever is not plain goes the long way."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from gateway.upstream.pool import RETRIES
from shared.telemetry import configure_logging
from shared.web.answered import REQUESTS
from shared.web.client_connection import client_protocol
from shared.web.connection_table import ConnectionLimits
from shared.web.whole_call import SHORTCUT, WholeCall
from tests.service.gateway.conftest import GatewayWithEcho
from tests.service.gateway.test_connection import peer_that, saying

IDS = {"x-request-id": "req-7", "traceparent": f"00-{'a1' * 16}-{'b2' * 8}-01"}
PLAIN: dict[str, tuple[str, str, dict[str, str], bytes | None]] = {
    "read": ("GET", "/v1/loans/1", {"accept-language": "en"}, None),
    "read with a query": ("GET", "/v1/loans?name=%E9%87%8D&limit=2", {}, None),
    "empty query": ("GET", "/v1/loans?", {}, None),
    "list of tags on two lines": ("GET", "/v1/loans/1", {"if-none-match": '"v1"'}, None),
    "keyed change": ("POST", "/v1/loans/1/drawdowns", {"idempotency-key": "k", "if-match": '"v1"'}, b'{"a":1}'),
    "change without a key": ("PUT", "/v1/consents/1", {"content-type": "application/json"}, b"{}"),
    "empty body": ("POST", "/v1/loans", {"idempotency-key": "k"}, b""),
    "what its service refuses": ("DELETE", "/v1/consents/2", {}, None),
}
NOT_PLAIN: dict[str, tuple[str, str, dict[str, str], bytes | None]] = {
    "page of another origin": ("GET", "/v1/loans", {"origin": "https://portal.example"}, None),
    "head": ("HEAD", "/v1/loans", {}, None),
    "options": ("OPTIONS", "/v1/loans", {}, None),
    "method that is not taken": ("TRACE", "/v1/loans", {}, None),
    "escaped address": ("GET", "/v1/loans/%E9%87%8D", {}, None),
    "address that reads two ways": ("GET", "/v1/loans/../metrics", {}, None),
    "query that is no UTF-8": ("GET", "/v1/loans?name=%ff", {}, None),
    "nobody's address": ("GET", "/v1/unknown", {}, None),
    "address of the gateway itself": ("GET", "/v1/rule-sets", {}, None),
    "no token": ("GET", "/v1/loans", {"authorization": ""}, None),
    "false token": ("GET", "/v1/loans", {"authorization": "Bearer a.b.c"}, None),
    "other scheme": ("GET", "/v1/loans", {"authorization": "Basic eA=="}, None),
    "file": ("POST", "/v1/imports/filings", {"content-type": "multipart/form-data; boundary=x"}, b"--x--\r\n"),
    "large body": ("POST", "/v1/loans", {"idempotency-key": "k"}, b"x" * 65_537),
    "malformed trace": ("GET", "/v1/loans", {"traceparent": "00-x-y-z"}, None),
    "old protocol": ("GET 1.0", "/v1/loans", {}, None),
    "last on its connection": ("GET", "/v1/loans", {"connection": "close"}, None),
}


@dataclass
class Entrance:
    """A gateway that listens, and which calls went the short way."""

    gateway: GatewayWithEcho
    port: int = 0
    short: list[bytes] = field(default_factory=list)
    is_open: bool = True
    token: str = ""

    def take(self, call: WholeCall) -> bool:
        taken = self.is_open and self.gateway.service.app.state.shortcut.take(call)
        if taken:
            self.short.append(call.url)
        return taken

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            scope["state"][SHORTCUT] = self
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        await self.gateway.service.app(scope, receive, send)


@asynccontextmanager
async def entrance_of(gateway: GatewayWithEcho) -> AsyncIterator[Entrance]:
    entrance = Entrance(gateway)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        entrance.port = listening.getsockname()[1]
        protocol = client_protocol(ConnectionLimits(), "gateway")
        config = uvicorn.Config(
            entrance.application,
            interface="asgi3",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            http=protocol,
        )
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listening]))
            while not server.started:  # noqa: ASYNC110  # uvicorn offers no event
                await asyncio.sleep(0.01)
            yield entrance
            server.should_exit = True


@pytest.fixture
async def entrance(gateway: GatewayWithEcho) -> AsyncIterator[Entrance]:
    async with entrance_of(gateway) as running:
        yield running


@dataclass
class Client:
    """One connection of a caller with a token."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    token: str

    def send(self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> None:
        method, _, version = method.partition(" ")
        told = {"host": "x", "authorization": f"Bearer {self.token}", **(headers or {})}
        if body is not None:
            told["content-length"] = str(len(body))
        lines = [f"{method} {target} HTTP/{version or '1.1'}", *(f"{name}: {value}" for name, value in told.items())]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    async def hear(self, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(20):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = b""
            if method != "HEAD" and "content-length" in headers:
                body = await self.reader.readexactly(int(headers["content-length"]))
            while method != "HEAD" and headers.get("transfer-encoding") == "chunked":
                size = int(await self.reader.readline(), 16)
                body += (await self.reader.readexactly(size + 2))[:-2]
                if not size:
                    break
        return int(head[0].split()[1]), headers, body

    async def ask(self, method: str, target: str, *more: Any) -> tuple[int, dict[str, str], bytes]:
        self.send(method, target, *more)
        return await self.hear(method)


@asynccontextmanager
async def client_of(entrance: Entrance) -> AsyncIterator[Client]:
    """A caller whose token is known and whose service's connection waits: both are so from its second call on."""
    token = entrance.token = entrance.token or await entrance.gateway.token("bank-a")
    reader, writer = await asyncio.open_connection("127.0.0.1", entrance.port)
    client = Client(reader, writer, token)
    try:
        assert (await client.ask("GET", "/v1/banks"))[0] == 200
        entrance.short.clear()
        entrance.gateway.echo.seen.clear()
        yield client
    finally:
        writer.transport.abort()


def told(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, dict[str, str], Any]:
    """Return an answer without what differs from call to call: the day, the ids, and whether it came in chunks."""
    status, headers, body = answer
    kept = {name: value for name, value in headers.items() if name not in {"date", "x-request-id"}}
    said = json.loads(body) if "json" in headers.get("content-type", "") and body else body
    if isinstance(said, dict):
        said.pop("request_id", None)
        if isinstance(said.get("headers"), list):
            said["headers"] = sorted(one for one in said["headers"] if one[0] not in {"x-request-id", "traceparent"})
    return status, kept, said


def lines_of(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(one) for one in capfd.readouterr().err.splitlines() if one.startswith("{")]
    return [one for one in lines if one["event"] == "request"]


@pytest.mark.parametrize("kind", PLAIN)
async def test_a_plain_call_is_answered_as_the_long_way_answers_it_and_leaves_the_same_line(
    entrance: Entrance, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    method, target, headers, body = PLAIN[kind]
    answers, lines = [], []
    async with client_of(entrance) as client:
        configure_logging("gateway")
        for is_open in (True, False):
            entrance.is_open = is_open
            capfd.readouterr()
            counted = REQUESTS.labels("gateway", method, "/v1/{path}", "201" if method == "POST" else "200")
            before = counted._value.get()
            answers.append(await client.ask(method, target, {**IDS, **headers}, body))
            await asyncio.sleep(0)
            lines += lines_of(capfd)
            assert counted._value.get() == before + 1
    assert entrance.short == [target.encode()]
    assert told(answers[0]) == told(answers[1])
    assert [answer[1]["x-request-id"] for answer in answers] == ["req-7", "req-7"]
    first, second = lines
    assert first.keys() == second.keys()
    assert {name: first[name] for name in first if name not in {"ms", "at", "span_id"}} == {
        name: second[name] for name in second if name not in {"ms", "at", "span_id"}
    }
    parents = [request.headers["traceparent"] for request in entrance.gateway.echo.seen]
    assert [one.split("-")[2] for one in parents] == [first["span_id"], second["span_id"]]
    assert {one.split("-")[1] for one in parents} == {"a1" * 16} == {first["trace_id"]}


@pytest.mark.parametrize("kind", NOT_PLAIN)
async def test_what_is_not_plain_goes_the_long_way(entrance: Entrance, kind: str) -> None:
    method, target, headers, body = NOT_PLAIN[kind]
    answers = []
    for is_open in (True, False):
        async with client_of(entrance) as client:
            entrance.is_open = is_open
            answers.append(told(await client.ask(method, target, headers, body)))
            assert entrance.short == []
    assert answers[0] == answers[1]


async def test_a_header_twice_is_judged_the_long_way(entrance: Entrance) -> None:
    async with client_of(entrance) as client:
        status, _, body = await client.ask("GET", "/v1/loans", {"prefer": "a", "Prefer": "b"})
    assert (status, json.loads(body)["code"], entrance.short) == (400, "request_unreadable", [])


async def test_a_suspended_key_or_an_expired_token_is_not_believed_because_it_was_known(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = entrance.gateway.service.app.state.verifier
    async with client_of(entrance) as client:
        authorization = f"Bearer {client.token}"
        assert verifier.known(authorization) is not None
        with monkeypatch.context() as patch:
            patch.setattr(verifier._keys, "generation", verifier._keys.generation + 1)
            assert verifier.known(authorization) is None
        known = verifier._known[client.token]
        monkeypatch.setitem(verifier._known, client.token, type(known)(known.actor, 0.0, known.generation))
        assert verifier.known(authorization) is None
        assert (await client.ask("GET", "/v1/banks"))[0] == 200
    assert entrance.short == []


async def test_calls_in_one_packet_are_answered_in_order(entrance: Entrance) -> None:
    async with client_of(entrance) as client:
        for number in range(3):
            client.send("GET", f"/v1/loans/{number}")
        said = [json.loads((await client.hear())[2])["path"] for _ in range(3)]
    assert said == [f"/v1/loans/{number}" for number in range(3)]
    assert entrance.short == [b"/v1/loans/0"]  # the others wait for it, as the server has them wait


@pytest.mark.parametrize("cut", [1, 30, 200])
async def test_a_call_that_comes_in_pieces_is_answered(entrance: Entrance, cut: int) -> None:
    async with client_of(entrance) as client:
        whole = (
            f"POST /v1/loans HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {client.token}\r\n"
            "idempotency-key: k\r\ncontent-length: 40\r\n\r\n"
        ).encode() + b"y" * 40
        for piece in (whole[:-cut], whole[-cut:]):
            client.writer.write(piece)
            await client.writer.drain()
            await asyncio.sleep(0.05)
        status, _, body = await client.hear()
    assert (status, json.loads(body)["size"]) == (201, 40)


async def test_a_large_answer_is_handed_over_and_arrives_whole(entrance: Entrance) -> None:
    async with client_of(entrance) as client:
        status, headers, body = await client.ask("GET", "/v1/loans/big")
        assert (status, len(body)) == (200, 3_000_000)
        assert "server" not in headers
        assert (await client.ask("GET", "/v1/loans"))[0] == 200
    assert entrance.short == [b"/v1/loans/big", b"/v1/loans"]
    assert entrance.gateway.service.app.state.upstreams["finance"]._by_caller == {}


async def test_a_keyed_call_whose_connection_broke_is_sent_again_under_its_ids_and_an_unkeyed_one_never(
    entrance: Entrance,
) -> None:
    echo = entrance.gateway.echo
    retried = RETRIES.labels("finance")._value
    async with client_of(entrance) as client:
        before, echo.drop = retried.get(), 1
        keyed = await client.ask("POST", "/v1/loans", {"idempotency-key": "again"}, b"{}")
        seen = [(one.headers["x-request-id"], one.headers["traceparent"].split("-")[1]) for one in echo.seen]
        assert (keyed[0], len(seen), len(set(seen)), retried.get()) == (201, 2, 1, before + 1)
        assert keyed[1]["x-request-id"] == seen[0][0]
        assert (await client.ask("GET", "/v1/banks"))[0] == 200  # so that a connection waits
        echo.reset()
        echo.drop = 1
        status, _, body = await client.ask("POST", "/v1/loans", {}, b"{}")
    assert (status, json.loads(body)["source"], len(echo.seen)) == (503, "finance", 1)
    assert entrance.short == [b"/v1/loans", b"/v1/banks", b"/v1/loans"]


async def test_a_service_that_is_slow_is_answered_for_in_time_and_asked_once(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = entrance.gateway.service.app.state
    entrance.gateway.echo.pause_s = 2.0
    monkeypatch.setitem(state._state, "settings", state.settings.model_copy(update={"upstream_deadline_ms": 200}))
    async with client_of_slow(entrance) as client:
        began = asyncio.get_running_loop().time()
        status, _, body = await client.ask("GET", "/v1/loans")
        took_s = asyncio.get_running_loop().time() - began
    assert (status, json.loads(body)["code"], json.loads(body)["source"]) == (504, "deadline_exceeded", "finance")
    assert entrance.short == [b"/v1/loans"]
    assert len(entrance.gateway.echo.seen) == 1
    assert took_s < 1.5
    assert state.upstreams["finance"]._by_caller == {}


@asynccontextmanager
async def client_of_slow(entrance: Entrance) -> AsyncIterator[Client]:
    pause_s, entrance.gateway.echo.pause_s = entrance.gateway.echo.pause_s, 0.0
    async with client_of(entrance) as client:
        entrance.gateway.echo.pause_s = pause_s
        yield client


async def test_a_service_that_falls_silent_in_the_middle_ends_the_connection(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = entrance.gateway.service.app.state
    whole = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    async with peer_that(saying(whole)) as good, peer_that(saying(whole[:-1])) as silent:
        monkeypatch.setitem(state.upstreams, "finance", good.upstream)
        async with client_of(entrance) as client:
            connection = await silent.upstream._connect()
            connection.idle_since = asyncio.get_running_loop().time()
            silent.upstream._idle.append(connection)
            monkeypatch.setitem(state.upstreams, "finance", silent.upstream)
            monkeypatch.setitem(
                state._state, "settings", state.settings.model_copy(update={"upstream_deadline_ms": 200})
            )
            client.send("GET", "/v1/loans")
            async with asyncio.timeout(10):
                said = await client.reader.read()
    assert said.endswith(b"\r\n\r\no")
    assert entrance.short == [b"/v1/loans"]
    assert silent.upstream._by_caller == {}


async def test_a_caller_that_leaves_costs_no_place_and_the_next_one_gets_no_answer_of_its(entrance: Entrance) -> None:
    go = asyncio.Event()
    upstream = entrance.gateway.service.app.state.upstreams["finance"]
    free = upstream._free
    async with client_of(entrance) as client:
        entrance.gateway.echo.awaits = go.wait
        client.send("GET", "/v1/loans/left")
        while not entrance.gateway.echo.seen:  # noqa: ASYNC110  # the echo offers no event
            await asyncio.sleep(0.01)
        assert upstream._free == free - 1
        client.writer.transport.abort()
        await asyncio.sleep(0.05)
        go.set()
        while upstream._free < free:  # noqa: ASYNC110  # the pool offers no event
            await asyncio.sleep(0.01)
    async with client_of(entrance) as client:
        assert json.loads((await client.ask("GET", "/v1/loans/next"))[2])["path"] == "/v1/loans/next"
    assert upstream._by_caller == {}


async def test_a_whole_call_before_rubbish_keeps_its_own_answer(entrance: Entrance) -> None:
    async with client_of(entrance) as client:
        client.send("GET", "/v1/loans")
        client.writer.write(b"\x01rubbish")
        status, headers, _ = await client.hear()
        assert (status, headers["connection"]) == (200, "close")
        assert await client.reader.read() == b""
    assert entrance.short == [b"/v1/loans"]


async def test_a_full_service_and_a_full_share_are_refused_the_long_way(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = entrance.gateway.service.app.state.upstreams["finance"]
    async with client_of(entrance) as client:
        for name, code in (("_free", "unavailable"), ("_of_one_caller", "client_busy")):
            with monkeypatch.context() as patch:
                patch.setattr(upstream, name, 0)
                body = (await client.ask("GET", "/v1/loans"))[2]
            assert json.loads(body)["code"] == code
    assert entrance.short == []
