"""A client as a good partner writes it: one idempotency key per act, patience, and a journal."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared.kernel.ids import new_id
from tests.fault.journal import Entry, Journal
from tests.support.suite import LaunchedSuite

_TOKEN_SECONDS = 120
_PATIENCE_SECONDS = 40
_PAUSE_SECONDS = 0.1
_AGAIN = frozenset({429, 502, 503, 504})


@dataclass
class Client:
    """One body at the gateway, used by several threads at once.

    Attributes:
        suite: the running suite.
        client_id: whose token it takes.
        secret: of that client.
        journal: where answers are written down; replaced for each scenario.
    """

    suite: LaunchedSuite
    client_id: str
    secret: str
    journal: Journal = field(default_factory=Journal)

    def __post_init__(self) -> None:
        """Open the connections."""
        limits = httpx.Limits(max_connections=128, max_keepalive_connections=32)
        self._http = httpx.Client(base_url=self.suite.gateway_url, timeout=15, trust_env=False, limits=limits)
        self.suite.closing.enter_context(self._http)
        self._token, self._token_at = "", -float(_TOKEN_SECONDS)
        self._lock = threading.Lock()

    def token(self, *, fresh: bool = False) -> str:
        """Return an access token, taken anew when it grows old or `fresh` is asked for.

        Raises:
            AssertionError: the gateway gives none within the client's patience.
        """
        with self._lock:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while fresh or time.monotonic() - self._token_at > _TOKEN_SECONDS:
                assert time.monotonic() < deadline, f"no token for {self.client_id}"
                answer = self._once(
                    "POST",
                    "/oauth2/token",
                    "/oauth2/token",
                    data={"grant_type": "client_credentials"},
                    auth=(self.client_id, self.secret),
                )
                if answer is not None and answer.status_code == httpx.codes.OK:
                    self._token, self._token_at, fresh = answer.json()["access_token"], time.monotonic(), False
                else:
                    time.sleep(_PAUSE_SECONDS)
            return self._token

    def act(
        self,
        entry: Entry,
        path: str,
        template: str,
        body: Any = None,
        *,
        method: str = "POST",
        done: str = "",
        key: str | None = None,
    ) -> Any:
        """Send one change until it is answered for good, under one key; return its body if it was done, else None.

        Args:
            entry: where it is written down.
            path: that is asked.
            template: of the path, as the contract names it.
            body: to be sent.
            method: of HTTP.
            done: code of the refusal that says of a repeated call that the first one was carried out.
            key: under which it was sent before; a new one unless given.
        """
        key, deadline = key or str(new_id()), time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            entry.tries += 1
            headers = {
                "authorization": f"Bearer {self.token()}",
                **({"idempotency-key": key} if method == "POST" else {}),
            }
            answer = self._once(method, path, template, json=body, headers=headers)
            if answer is None or answer.status_code in _AGAIN or answer.is_server_error:
                entry.state = "unknown"
            elif answer.is_success:
                entry.state = "ok"
                return answer.json()
            elif _is_running(answer):
                entry.state = "unknown"
            else:
                entry.code = answer.json().get("code", "")
                entry.state = "ok" if entry.tries > 1 and entry.code == done else "refused"
                return None
            time.sleep(_PAUSE_SECONDS)
        return None

    def get(self, path: str, template: str) -> httpx.Response | None:
        """Read once; None where the line broke."""
        return self._once("GET", path, template, headers={"authorization": f"Bearer {self.token()}"})

    def _once(self, method: str, path: str, template: str, **options: Any) -> httpx.Response | None:
        began = time.monotonic()
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError:
            self.journal.saw(method, template, 0, "", began)
            return None
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        self.journal.saw(method, template, answer.status_code, media_type, began)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" not in answer.headers:
            self.journal.faults.append(f"{method} {template} answered 503 and not when to come again")
        return answer


def _is_running(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.CONFLICT and answer.json().get("code") == "idempotency_key_running"
