"""The server process of every service."""

import gc
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx

from tests.support.postgres import REPOSITORY
from tests.support.suite import wait_until

Message = MutableMapping[str, Any]


def counting_app() -> Callable[..., Awaitable[None]]:
    """Return an application that answers how many objects no collection looks at."""

    async def app(scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[..., Any]) -> None:
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{kind}"
                await send({"type": f"lifespan.{kind}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(gc.get_freeze_count()).encode()})

    return app


def test_what_stands_after_the_start_is_never_walked_by_a_collection_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        descriptor, port = listening.fileno(), listening.getsockname()[1]
        command = [sys.executable, "-m", "deploy.embedded.serve", f"{__name__}:counting_app", str(descriptor)]
        server = subprocess.Popen(command, pass_fds=[descriptor], cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": "."})
        try:
            frozen: list[int] = []

            def answers() -> bool:
                try:
                    frozen.append(int(httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=5).text))
                except httpx.TransportError:
                    return False
                return True

            wait_until(answers, 30, "the server does not answer")
        finally:
            server.terminate()
            server.wait(10)
    assert frozen[0] > 10_000
