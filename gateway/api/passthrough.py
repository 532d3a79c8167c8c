"""The pass-through: a request of `/v1/…` streams to the service that owns its noun, and the answer streams back."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from re import Pattern

import structlog
from starlette.datastructures import State
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.caller import onward_headers
from gateway.rules.route import CLIENT_BUSY, is_plain, noun_of, owner_of
from gateway.settings import GatewaySettings
from gateway.upstream.pool import (
    Answer,
    CallerBusyError,
    Upstream,
    UpstreamBusyError,
    UpstreamDownError,
    UpstreamSlowError,
)
from shared.failpoint import reached
from shared.kernel.errors import Refusal
from shared.kernel.refusals import DEADLINE_EXCEEDED, METHOD_NOT_ALLOWED, REQUEST_UNREADABLE, UNAVAILABLE
from shared.web.failures import answer_refusal
from shared.web.problem import problem_response

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_TAKEN = frozenset(METHODS)
_READS = frozenset({"GET", "HEAD"})
_WHOLE_BYTES = 65_536
_BACK = frozenset(
    {
        b"allow",
        b"content-type",
        b"content-length",
        b"content-disposition",
        b"content-language",
        b"cache-control",
        b"etag",
        b"idempotency-replayed",
        b"last-modified",
        b"link",
        b"location",
        b"retry-after",
        b"vary",
        b"www-authenticate",
    }
)
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Passed:
    """Stands for the route in metrics and spans: one name for all that passes."""

    path_format: str = "/v1/{path}"


_PASSED = _Passed()


class PassThrough:
    """In front of the gateway's own application: what a service answers goes past routing and its layers.

    They would cost more than the whole passing on.
    """

    def __init__(self, app: ASGIApp, *, state: State, own: Iterable[BaseRoute] = ()) -> None:
        """Wrap `app`.

        Args:
            app: answers what does not pass.
            state: of the application: verifier, upstreams and settings, once it has started.
            own: the routes that the gateway answers itself.
        """
        self._app = app
        self._state = state
        self._own: dict[str, list[Pattern[str]]] = defaultdict(list)
        for route in own:
            if isinstance(route, Route):
                self._own[noun_of(route.path)].append(route.path_regex)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or let the application answer it."""
        path = scope.get("path", "")
        owner = owner_of(path) if scope["type"] == "http" else None
        if owner is None or any(one.match(path) for one in self._own.get(noun_of(path), ())):
            await self._app(scope, receive, send)
            return
        scope["route"] = _PASSED
        try:
            await self._pass(owner, scope, receive, send)
        except Refusal as refusal:
            request = Request(scope, receive)
            allow = {"allow": ", ".join(METHODS)} if refusal.code is METHOD_NOT_ALLOWED else {}
            await answer_refusal(request, refusal, headers=allow)(scope, receive, send)

    async def _pass(self, owner: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge a request and pass it on.

        Raises:
            Refusal: `method_not_allowed`, `request_unreadable`, `token_missing`, `token_invalid`,
                `client_busy`.
        """
        raw_path = bytes(scope.get("raw_path") or scope["path"].encode())
        method = scope.get("asked_method", scope["method"])
        if method not in _TAKEN:
            raise Refusal(METHOD_NOT_ALLOWED)
        if not is_plain(raw_path.decode("latin-1")):
            raise Refusal(REQUEST_UNREADABLE)
        headers = onward_headers(scope["headers"], scope["request_id"])
        if method != "OPTIONS":  # which methods an address takes is no secret, and a browser asks without a token
            token = headers.get(b"authorization")
            actor = await self._state.verifier.verify(None if token is None else token.decode("latin-1"))
            scope["edge_client"] = actor.client_id
        query = scope.get("query_string", b"")
        target = raw_path + b"?" + query if query else raw_path
        await self._forward(self._state.upstreams[owner], method, target, headers, (scope, receive, send))

    async def _forward(
        self,
        upstream: Upstream,
        method: str,
        target: bytes,
        headers: dict[bytes, bytes],
        call: tuple[Scope, Receive, Send],
    ) -> None:
        scope, receive, send = call
        settings: GatewaySettings = self._state.settings
        uploads = headers.get(b"content-type", b"").startswith(b"multipart/")
        deadline_ms = settings.upload_deadline_ms if uploads else settings.upstream_deadline_ms
        incoming = _Incoming(scope, receive)
        started = False
        try:
            body = await incoming.body(headers)
            reached("gateway", "before_upstream")
            with await upstream.call(
                method.encode(),
                target,
                headers=headers,
                body=body,
                deadline_s=deadline_ms / 1000,
                # A service keeps keys of POST alone: a DELETE that is sent twice is refused the second time.
                may_retry=method in _READS or (method == "POST" and b"idempotency-key" in headers),
                caller=scope.get("edge_client", ""),
            ) as answer:
                reached("gateway", "after_upstream_before_answer")
                kept = [one for one in answer.headers if one[0] in _BACK]
                await send({"type": "http.response.start", "status": answer.status, "headers": kept})
                started = True
                await _send_body(answer, send)
        except CallerBusyError:
            raise Refusal(CLIENT_BUSY, limit=settings.upstream_in_flight_of_one_client) from None
        except (UpstreamDownError, UpstreamBusyError, UpstreamSlowError) as fault:
            if incoming.refusal is not None:
                raise incoming.refusal from fault
            if started:
                raise
            answer_code = DEADLINE_EXCEEDED if isinstance(fault, UpstreamSlowError) else UNAVAILABLE
            request = Request(scope, receive)
            retry = {"retry-after": "2"}
            response = problem_response(answer_code, request=request, headers=retry, source=upstream.name)
            await response(scope, receive, send)


async def _send_body(answer: Answer, send: Send) -> None:
    """Send the body on: at once where it is here as a whole, else piece by piece as the caller takes it."""
    if (body := answer.whole) is not None:
        await send({"type": "http.response.body", "body": body})
        return
    async for piece in answer.pieces():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


class _Incoming:
    """The body of a request on its way to a service.

    Attributes:
        refusal: why its reading ended, if it was too large: seen from the service's side the connection just broke.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self.refusal: Refusal | None = None

    async def body(self, headers: dict[bytes, bytes]) -> bytes | AsyncIterator[bytes] | None:
        """Return a small body whole, so that it can be sent twice; stream a large one; None where there is none."""
        length = headers.get(b"content-length")
        if length is None and not any(name == b"transfer-encoding" for name, _ in self._scope["headers"]):
            return None
        if length is not None and int(length) <= _WHOLE_BYTES:
            return await Request(self._scope, self._receive).body()
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in Request(self._scope, self._receive).stream():
                yield piece
        except Refusal as refusal:
            self.refusal = refusal
            raise
