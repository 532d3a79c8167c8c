"""The outermost layer when a client leaves before it was answered."""

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from shared.web.middleware import EdgeMiddleware


async def _left(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ClientDisconnect


async def test_a_client_that_left_is_no_fault_and_is_sent_nothing() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    layer = EdgeMiddleware(_left, service="finance", max_body_bytes=1_000, max_upload_bytes=1_000)
    scope: Scope = {"type": "http", "method": "GET", "path": "/v1/loans", "headers": [], "query_string": b""}
    with structlog.testing.capture_logs() as logs:
        await layer(scope, receive, send)
    assert sent == []
    assert [line for line in logs if line["log_level"] == "error"] == []
