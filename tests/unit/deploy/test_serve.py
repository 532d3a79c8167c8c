"""The server process of every service, and how it ends."""

import asyncio
import gc
import json
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.embedded.suite import Suite
from tests.bench.serving import python_server
from tests.unit.deploy.test_launch import on_free_ports, settings_for

Message = MutableMapping[str, Any]


def counting_app() -> Callable[..., Awaitable[None]]:
    """Return an application that answers, after the seconds of its query, how many objects no collection looks at."""

    async def app(scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[..., Any]) -> None:
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{kind}"
                await send({"type": f"lifespan.{kind}.complete"})
            return
        await asyncio.sleep(float(scope["query_string"] or 0))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(gc.get_freeze_count()).encode()})

    return app


def test_what_stands_after_the_start_is_never_walked_by_a_collection_again() -> None:
    with python_server(["deploy.embedded.serve", f"{__name__}:counting_app"]) as (port, _):
        # Its socket listens already: the request waits until the server has started.
        frozen = int(httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=30).text)
    assert frozen > 10_000


def asked(port: int, seconds: float) -> socket.socket:
    """Return a connection with a request under way that takes so many seconds."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(b"GET /?%a HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\n\r\n" % seconds)
    return connection


def ask_again(connection: socket.socket) -> None:
    """Send another request on a connection that was answered."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """Let a process stand still, as one does that gets no processor."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def next_answer(connection: socket.socket) -> bytes:
    """Return the next answer, of a connection that may go on."""
    said = b""
    while not said.endswith(b"0\r\n\r\n") and (piece := connection.recv(65_536)):
        said += piece
    return said


def answer_of(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return head and body of the answer, read until the server closes."""
    said = b""
    while piece := connection.recv(65_536):
        said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    return head, body


def test_a_stop_answers_what_was_accepted_and_the_requests_that_cross_it() -> None:
    with (
        python_server(["deploy.embedded.serve", f"{__name__}:counting_app"]) as (port, pid),
        asked(port, 0) as busy,
        asked(port, 0.8) as slow,
    ):
        assert next_answer(busy).startswith(b"HTTP/1.1 200")
        with standing_still(pid):
            os.kill(pid, signal.SIGTERM)
            ask_again(busy)
            late = asked(port, 0)
        with late:
            answers = [answer_of(one) for one in (busy, late, slow)]
        assert [head.partition(b"\r\n")[0] for head, _ in answers] == [b"HTTP/1.1 200 OK"] * 3
        assert b"connection: close" in answers[-1][0]  # it was under way, so it was told in time
        assert all(b"\r\n" in body for _, body in answers)


@pytest.mark.parametrize("after_s", [0.02, 0.2])
def test_a_stop_during_which_the_process_stands_still_answers_what_came_meanwhile(after_s: float) -> None:
    with python_server(["deploy.embedded.serve", f"{__name__}:counting_app"]) as (port, pid), asked(port, 0) as busy:
        assert next_answer(busy).startswith(b"HTTP/1.1 200")
        os.kill(pid, signal.SIGTERM)
        time.sleep(after_s)  # its stop is under way: it takes in whom the kernel let in, or waits for who is idle
        with standing_still(pid):
            ask_again(busy)
            time.sleep(0.5)  # longer than it would have waited
        head, _ = answer_of(busy)
    assert head.startswith(b"HTTP/1.1 200")


def test_who_cannot_be_answered_before_the_end_is_told_to_ask_again() -> None:
    with python_server(["deploy.embedded.serve", f"{__name__}:counting_app"]) as (port, pid):
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=30)
        with asked(port, 60) as endless:
            time.sleep(0.1)
            os.kill(pid, signal.SIGTERM)
            head, body = answer_of(endless)  # with all the time that it asked for it would be 200
    assert head.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 2" in head
    problem = json.loads(body)
    assert problem["code"] == "unavailable"
    assert problem["retryable"]


def test_who_comes_while_the_suite_stops_is_refused_and_does_not_wait(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, **on_free_ports())
    suite = Suite(settings)
    suite.listen()
    try:
        port = settings.ports["gateway"]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        suite.refuse_connections("gateway")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
    finally:
        suite.close()
