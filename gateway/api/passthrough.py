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
WHOLE_BYTES = 65_536
"""A body up to this size is sent on as a whole, so that it can be sent twice."""
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


BEGUN = "passing_on"
"""Name in a request's scope of what came of it before the application was asked: a `Begun`."""
ROUTE = "/v1/{path}"
"""Stands for the route in metrics and spans: one name for all that passes."""


@dataclass(frozen=True, slots=True)
class _Passed:
    path_format: str = ROUTE


_PASSED = _Passed()


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that was sent on at once, and is handed over.

    Attributes:
        answer: has begun, and its body is still coming; it is to be left.
        fault: what broke the call instead (`TimeoutError`: its deadline).
        left_s: seconds that its deadline leaves.
    """

    answer: Answer | None = None
    fault: BaseException | None = None
    left_s: float = 0.0


class Addresses:
    """Which addresses pass, and to whom; the others are the gateway's own, or nobody's."""

    def __init__(self, own: Iterable[BaseRoute] = ()) -> None:
        """Leave out `own`: the routes that the gateway answers itself."""
        self._own: dict[str, list[Pattern[str]]] = defaultdict(list)
        for route in own:
            if isinstance(route, Route):
                self._own[noun_of(route.path)].append(route.path_regex)

    def owner(self, path: str) -> str | None:
        """Return the service that `path` is passed on to; None: the application answers it."""
        owner = owner_of(path)
        if owner is None or any(one.match(path) for one in self._own.get(noun_of(path), ())):
            return None
        return owner


_NOTHING = Begun()


def back_headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer that go back to the caller."""
    return [one for one in answer.headers if one[0] in _BACK]


class PassThrough:
    """In front of the gateway's own application: what a service answers goes past routing and its layers.

    They would cost more than the whole passing on.
    """

    def __init__(self, app: ASGIApp, *, state: State, addresses: Addresses) -> None:
        """Wrap `app`.

        Args:
            app: answers what does not pass.
            state: of the application: verifier, upstreams and settings, once it has started.
            addresses: that pass.
        """
        self._app = app
        self._state = state
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or let the application answer it."""
        owner = self._addresses.owner(scope.get("path", "")) if scope["type"] == "http" else None
        if owner is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = _PASSED
        begun: Begun = scope.get(BEGUN, _NOTHING)
        try:
            if begun.answer is not None:
                await _send_on(begun.answer, send)
            else:
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
        begun: Begun = scope.get(BEGUN, _NOTHING)
        incoming = _Incoming(scope, receive)
        started = False
        try:
            body = await incoming.body(headers)
            reached("gateway", "before_upstream")
            answer = await upstream.call(
                method.encode(),
                target,
                headers=headers,
                body=body,
                deadline_s=deadline_ms / 1000 if begun.fault is None else begun.left_s,
                # A service keeps keys of POST alone: a DELETE that is sent twice is refused the second time.
                may_retry=method in _READS or (method == "POST" and b"idempotency-key" in headers),
                caller=scope.get("edge_client", ""),
                broken=begun.fault,
            )
            started = True
            await _send_on(answer, send)
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


async def _send_on(answer: Answer, send: Send) -> None:
    """Send an answer on and leave it: its body at once where it is here, else piece by piece as the caller takes it."""
    with answer:
        reached("gateway", "after_upstream_before_answer")
        await send({"type": "http.response.start", "status": answer.status, "headers": back_headers(answer)})
        await _send_body(answer, send)


async def _send_body(answer: Answer, send: Send) -> None:
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
        if length is not None and int(length) <= WHOLE_BYTES:
            return await Request(self._scope, self._receive).body()
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in Request(self._scope, self._receive).stream():
                yield piece
        except Refusal as refusal:
            self.refusal = refusal
            raise
