"""The pass-through: a request of `/v1/…` streams to the service that owns its noun, and the answer streams back."""

from collections.abc import AsyncIterator

import structlog
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from gateway.api.caller import onward_headers
from gateway.rules.route import is_plain, owner_of
from gateway.settings import GatewaySettings
from gateway.upstream.pool import Upstream, UpstreamBusyError, UpstreamDownError, UpstreamSlowError
from shared.failpoint import reached
from shared.kernel.errors import Refusal
from shared.kernel.refusals import DEADLINE_EXCEEDED, REQUEST_UNREADABLE, ROUTE_UNKNOWN, UNAVAILABLE
from shared.web.problem import problem_response

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_READS = frozenset({"GET", "HEAD"})
_WHOLE_BYTES = 65_536
_BACK = frozenset(
    {
        "allow",
        "content-type",
        "content-length",
        "content-disposition",
        "content-language",
        "cache-control",
        "etag",
        "idempotency-replayed",
        "last-modified",
        "link",
        "location",
        "retry-after",
        "vary",
        "www-authenticate",
    }
)
_log = structlog.stdlib.get_logger(__name__)


class PassThrough:
    """The application behind every address that the gateway does not answer itself."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request.

        Raises:
            Refusal: `route_unknown`, `request_unreadable`, `token_missing`, `token_invalid`.
        """
        request = Request(scope, receive)
        raw_path = bytes(scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        owner = owner_of(scope["path"])
        if owner is None or not is_plain(raw_path):
            raise Refusal(ROUTE_UNKNOWN if owner is None else REQUEST_UNREADABLE)
        headers = onward_headers(scope["headers"], scope["request_id"])
        if (
            request.method != "OPTIONS"
        ):  # which methods an address takes is no secret, and a browser asks without a token
            actor = await request.app.state.verifier.verify(headers.get("authorization"))
            scope["edge_client"] = actor.client_id
        await self._forward(request, request.app.state.upstreams[owner], raw_path, headers, send)

    async def _forward(
        self, request: Request, upstream: Upstream, path: str, headers: dict[str, str], send: Send
    ) -> None:
        settings: GatewaySettings = request.app.state.settings
        query = request.scope.get("query_string", b"").decode("latin-1")
        uploads = headers.get("content-type", "").startswith("multipart/")
        deadline_ms = settings.upload_deadline_ms if uploads else settings.upstream_deadline_ms
        started = False
        method = request.scope.get("asked_method", request.method)
        incoming = _Incoming(request)
        try:
            body = await incoming.body(headers)
            reached("gateway", "before_upstream")
            async with upstream.call(
                method,
                f"{path}?{query}" if query else path,
                headers=headers,
                body=body,
                deadline_s=deadline_ms / 1000,
                may_retry=method in _READS or "idempotency-key" in headers,
            ) as answer:
                reached("gateway", "after_upstream_before_answer")
                kept = [
                    (name.lower().encode("latin-1"), value.encode("latin-1"))
                    for name, value in answer.headers.items()
                    if name.lower() in _BACK
                ]
                await send({"type": "http.response.start", "status": answer.status, "headers": kept})
                started = True
                async for chunk in answer.content.iter_any():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (UpstreamDownError, UpstreamBusyError, UpstreamSlowError) as fault:
            if incoming.refusal is not None:
                raise incoming.refusal from fault
            if started:
                raise
            slow = isinstance(fault, UpstreamSlowError)
            answer_code = DEADLINE_EXCEEDED if slow else UNAVAILABLE
            response = problem_response(
                answer_code, request=request, headers={"retry-after": "2"}, source=upstream.name
            )
            await response(request.scope, request.receive, send)


class _Incoming:
    """The body of a request on its way to a service.

    Attributes:
        refusal: why its reading ended, if it was too large: seen from the service's side the connection just broke.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self.refusal: Refusal | None = None

    async def body(self, headers: dict[str, str]) -> bytes | AsyncIterator[bytes] | None:
        """Return a small body whole, so that it can be sent twice; stream a large one; None where there is none."""
        length = headers.get("content-length")
        if length is None and self._request.headers.get("transfer-encoding") is None:
            return None
        if length is not None and int(length) <= _WHOLE_BYTES:
            return await self._request.body()
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._request.stream():
                yield piece
        except Refusal as refusal:
            self.refusal = refusal
            raise
