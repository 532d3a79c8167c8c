"""The short way of the pass-through: a whole, plain call goes from the client's connection straight to the service's.

Neither a task nor the application has a part in it, which would cost more than the whole passing on. Whatever is not
plain is left to the application, which judges it as if there were no short way: no refusal has its words here.
"""

import time

from starlette.datastructures import State

from gateway.api.caller import onward_headers
from gateway.api.passthrough import BEGUN, ROUTE, WHOLE_BYTES, Addresses, Begun, back_headers
from gateway.rules.route import is_plain
from gateway.upstream.pool import Answer, Upstream
from shared.failpoint import reached
from shared.kernel.errors import Refusal
from shared.telemetry import traceparent_below
from shared.web.answered import Answered, answer_headers, request_id_of
from shared.web.middleware import is_readable
from shared.web.whole_call import WholeCall

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_IDS = frozenset({b"x-request-id", b"traceparent"})


def _is_plain(call: WholeCall, path: bytes) -> bool:
    url = call.url
    return (
        call.method in _METHODS
        and path.isascii()
        and b"%" not in path
        and b"#" not in url
        and is_readable(url)
        and is_plain(path.decode("ascii"))
    )


class _Passing:
    """One call on its short way."""

    __slots__ = ("answered", "call", "client_id", "deadline_s", "path", "request_id", "traceparent")

    def __init__(
        self,
        call: WholeCall,
        path: str,
        client_id: str,
        ids: tuple[str, str],
        *,
        deadline_s: float,
        answered: Answered,
    ) -> None:
        self.answered = answered
        self.call = call
        self.path = path
        self.client_id = client_id
        self.request_id, self.traceparent = ids
        self.deadline_s = deadline_s

    def _hand_over(self, begun: Begun) -> None:
        """Let the application go on, under the ids that the service has seen."""
        call = self.call
        headers = [one for one in call.headers if one[0] not in _IDS]
        headers += [(b"x-request-id", self.request_id.encode()), (b"traceparent", self.traceparent.encode())]
        call.hand_over(headers, {BEGUN: begun, "began": call.began, "edge_client": self.client_id})

    def hear(self, told: Answer | BaseException) -> None:
        """Answer as the service did, or let the application go on."""
        call = self.call
        if isinstance(told, BaseException):
            left_s = self.deadline_s - (time.perf_counter() - call.began)
            self._hand_over(Begun(fault=told, left_s=max(left_s, 0.0)))
            return
        body = told.whole
        if body is None:
            self._hand_over(Begun(answer=told))
            return
        with told:
            reached("gateway", "after_upstream_before_answer")
        call.answer(told.status, answer_headers(back_headers(told), self.request_id), body)
        self.answered.record(
            method=call.method,
            route=ROUTE,
            path=self.path,
            status=told.status,
            seconds=time.perf_counter() - call.began,
            request_id=self.request_id,
            client_id=self.client_id,
            traceparent=self.traceparent,
        )


class PassingShortcut:
    """Passes whole, plain calls of known callers on; anything else is the application's."""

    def __init__(self, service: str, state: State, addresses: Addresses) -> None:
        """Pass on for the gateway.

        Args:
            service: its name, for metrics and lines.
            state: of its application, which has started.
            addresses: that pass.
        """
        self._service = service
        self._state = state
        self._addresses = addresses
        self._answered = Answered(service)

    def take(self, call: WholeCall) -> bool:
        """Pass a call on, if it is plain and the service's connection waits; False: nothing was done."""
        raw_path, _, query = call.url.partition(b"?")
        if not _is_plain(call, raw_path):
            return False
        path = raw_path.decode("ascii")
        owner = self._addresses.owner(path)
        given = dict(call.headers)
        traceparent = traceparent_below(self._service, given.get(b"traceparent", b""))
        actor = self._state.verifier.known(given.get(b"authorization", b"").decode("latin-1"))
        if owner is None or traceparent is None or actor is None or not self._may_carry(given, len(call.body)):
            return False
        request_id = request_id_of(given.get(b"x-request-id", b""))
        try:
            headers = onward_headers(call.headers, request_id, traceparent)
        except Refusal:
            return False
        reached("gateway", "before_upstream")
        deadline_s = self._state.settings.upstream_deadline_ms / 1000
        passing = _Passing(
            call, path, actor.client_id, (request_id, traceparent), deadline_s=deadline_s, answered=self._answered
        )
        upstream: Upstream = self._state.upstreams[owner]
        return upstream.call_at_once(
            call.method.encode(),
            call.url if query else raw_path,
            headers=headers,
            body=call.body if b"content-length" in given else None,
            deadline_s=deadline_s,
            caller=actor.client_id,
            tell=passing.hear,
        )

    def _may_carry(self, given: dict[bytes, bytes], size: int) -> bool:
        """Tell whether headers and size of a body ask for nothing that the application alone knows."""
        return (
            b"origin" not in given  # a page of another origin
            and b"transfer-encoding" not in given
            and not given.get(b"content-type", b"").startswith(b"multipart/")  # has a deadline of its own
            and size <= min(WHOLE_BYTES, self._state.settings.max_body_bytes)
        )
