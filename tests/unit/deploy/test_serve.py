"""The server process of every service."""

import gc
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx

from tests.bench.serving import python_server

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
    with python_server(["deploy.embedded.serve", f"{__name__}:counting_app"]) as (port, _):
        # Its socket listens already: the request waits until the server has started.
        frozen = int(httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=30).text)
    assert frozen > 10_000
