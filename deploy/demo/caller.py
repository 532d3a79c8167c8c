"""Clients that call the gateway as partners do: a token, an idempotency key, and patience."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx

from deploy.demo.journal import Journal
from deploy.embedded.clients import read_clients
from deploy.embedded.launch_settings import LaunchSettings
from deploy.embedded.patience import Patience
from shared.kernel.ids import new_id

_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 1.0
_AGAIN = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class RefusedError(Exception):
    """The suite refused a step of the demonstration; carries the problem document."""

    def __init__(self, step: str, status: int, problem: dict[str, Any]) -> None:
        """Name the step and the refusal."""
        self.status = status
        self.problem = problem
        super().__init__(f"{step}: {status} {problem.get('code')} {problem.get('detail')} {problem.get('errors', '')}")


class Caller:
    """Calls in the name of any demo client; each step is asked until it is answered, always with the same key."""

    def __init__(self, settings: LaunchSettings, journal: Journal) -> None:
        """Open the connection pool."""
        self.journal = journal
        self._secrets = {client["client_id"]: client["secret"] for client in read_clients(settings)}
        self._tokens: dict[str, str] = {}
        self._http = httpx.Client(base_url=settings.url, timeout=30, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def post(
        self,
        step: str,
        client: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        not_yet: frozenset[str] = frozenset(),
    ) -> Any:  # noqa: ANN401  # JSON
        """Do `step` once, however often it must be asked; return its answer, or the recorded one.

        Args:
            step: its name in the journal.
            client: in whose name.
            path: where.
            body: what is sent.
            not_yet: refusal codes that only mean that an event is still on its way.
        """
        patience = Patience(_PATIENCE_SECONDS)
        while True:
            try:
                return self._step(step, client, "POST", path, body)
            except RefusedError as refused:
                if refused.problem.get("code") not in not_yet or patience.is_over():
                    raise
                time.sleep(0.1)

    def post_refused(self, step: str, client: str, path: str, body: dict[str, Any], code: str) -> Any:  # noqa: ANN401
        """Try what must be refused with `code`; keep and return the problem document.

        Raises:
            AssertionError: it was done, or refused for another reason.
        """
        if step in self.journal:
            return self.journal.answer(step)
        response = self._ask(client, "POST", path, body, str(new_id()))
        problem = response.json()
        if problem.get("code") != code:
            raise AssertionError(f"{step}: expected {code}, was answered {response.status_code} {problem}")
        self.journal.record(step, client=client, method="POST", path=path, status=response.status_code, answer=problem)
        return problem

    def put(self, step: str, client: str, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401  # JSON
        """Write `body` to `path` once."""
        return self._step(step, client, "PUT", path, body)

    def get(self, step: str, client: str, path: str) -> Any:  # noqa: ANN401  # JSON
        """Read `path` once and keep what it said."""
        return self._step(step, client, "GET", path, None)

    def await_(
        self, step: str, client: str, path: str, holds: Callable[[Any], bool], seconds: float = _PATIENCE_SECONDS
    ) -> Any:  # noqa: ANN401  # JSON
        """Read `path` until `holds` is true of the answer, and keep that answer.

        Raises:
            TimeoutError: it never was.
        """
        if step in self.journal:
            return self.journal.answer(step)
        patience = Patience(seconds)
        while True:
            answer = self.read(client, path)
            if answer is not None and holds(answer):
                self.journal.record(step, client=client, method="GET", path=path, answer=answer)
                return answer
            if patience.is_over():
                raise TimeoutError(f"{step}: {path} did not come to what was expected within {seconds:.0f} s: {answer}")
            time.sleep(0.1)

    def read(self, client: str, path: str) -> Any:  # noqa: ANN401  # JSON
        """Read `path` now, without keeping it; None if it does not exist."""
        response = self._ask(client, "GET", path, None, None)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        return _answer_of(path, response)

    def _step(self, step: str, client: str, method: str, path: str, body: dict[str, Any] | None) -> Any:  # noqa: ANN401
        if step in self.journal:
            return self.journal.answer(step)
        asked = self.journal.asked(step)
        if asked is None:
            asked = {"client": client, "method": method, "path": path, "body": body}
            asked["key"] = str(new_id()) if method == "POST" else None
            self.journal.record(step, **asked, answer=None)
        response = self._ask(asked["client"], asked["method"], asked["path"], asked["body"], asked["key"])
        answer = _answer_of(step, response)
        parts = {name: value for name, value in asked.items() if name not in {"step", "answer"}}
        self.journal.record(step, **parts, status=response.status_code, answer=answer)
        return answer

    def _ask(self, client: str, method: str, path: str, body: dict[str, Any] | None, key: str | None) -> httpx.Response:
        patience = Patience(_PATIENCE_SECONDS)
        pause = _PAUSE_SECONDS
        while True:
            response = self._try(client, method, path, body, key)
            if response is not None and response.status_code not in _AGAIN and not _is_running(response):
                return response
            if patience.is_over():
                raise TimeoutError(f"{method} {path} was not answered within {_PATIENCE_SECONDS:.0f} s")
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _try(
        self, client: str, method: str, path: str, body: dict[str, Any] | None, key: str | None
    ) -> httpx.Response | None:
        """Ask once; None where nobody answered, which says nothing about whether it was done."""
        try:
            token = self._tokens.get(client) or self._fetch_token(client)
            if token is None:
                return None
            headers = {"Authorization": f"Bearer {token}", "Accept-Language": "zh-CN"}
            if key is not None:
                headers["Idempotency-Key"] = key
            response = self._http.request(method, path, json=body, headers=headers)
        except httpx.TransportError:
            return None
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            self._tokens.pop(client, None)
            return None
        return response

    def _fetch_token(self, client: str) -> str | None:
        response = self._http.post(
            "/oauth2/token", data={"grant_type": "client_credentials"}, auth=(client, self._secrets[client])
        )
        if response.status_code in _AGAIN:
            return None
        if response.status_code != HTTPStatus.OK:
            raise RefusedError(f"token of {client}", response.status_code, response.json())
        token: str = response.json()["access_token"]
        self._tokens[client] = token
        return token


def _is_running(response: httpx.Response) -> bool:
    """Tell whether the same key is still being worked on."""
    return response.status_code == HTTPStatus.CONFLICT and "retry-after" in response.headers


def _answer_of(step: str, response: httpx.Response) -> Any:  # noqa: ANN401  # JSON
    if response.is_success:
        return response.json() if response.content else {}
    try:
        problem = response.json()
    except ValueError:
        problem = {"detail": response.text}
    raise RefusedError(step, response.status_code, problem)
