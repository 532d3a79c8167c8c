"""Calls the platform's own API as any client does: same addresses, same token check, same answers, without a socket.

A page can therefore do nothing that the API cannot, and sees what its reader may see.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from starlette.types import ASGIApp, Message

from shared.telemetry import current_traceparent

_LARGEST_ANSWER = 16 << 20


class OwnApiDownError(Exception):
    """The application answered nothing that a page could show."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the API answered.

    Attributes:
        status: HTTP status.
        headers: names in lower case.
        content: the bytes of the body.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def is_good(self) -> bool:
        """Whether it is an answer and no refusal."""
        return self.status < 400  # noqa: PLR2004  # RFC 9110, 15

    @property
    def body(self) -> Any:  # noqa: ANN401  # JSON
        """The JSON of the body, None without one."""
        if not self.content or "json" not in self.headers.get("content-type", ""):
            return None
        return orjson.loads(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request.

    Attributes:
        method: such as GET.
        path: address with its values, escaped.
        query: query parameters; a list gives the parameter several times.
        headers: names in lower case.
        content: the bytes of the body.
        client: address of the person's browser, for the log.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    client: tuple[str, int] | None = None


@dataclass(slots=True)
class Waiting:
    """How long a page waited for the API; parts asked for beside each other count once.

    Attributes:
        seconds: so far.
    """

    seconds: float = 0.0
    _open: int = 0
    _since: float = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what is waited for inside."""
        if not self._open:
            self._since = time.perf_counter()
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self.seconds += time.perf_counter() - self._since


def address(template: str, values: Mapping[str, object]) -> str:
    """Return an address with its values put in, each escaped: none can lead to another address."""
    path = template
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    return path


class OwnApi:
    """The application as its own client."""

    def __init__(self, app: ASGIApp, *, deadline_s: float) -> None:
        """Remember whom to ask.

        Args:
            app: the whole application, its outermost layer included.
            deadline_s: how long an answer may take.
        """
        self._app = app
        self._deadline_s = deadline_s

    async def ask(self, asked: Asked) -> Said:
        """Return what the API answers.

        Raises:
            OwnApiDownError: it answered nothing in time, or more than any page shows.
        """
        exchange = _Exchange(asked)
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._app(exchange.scope(), exchange.receive, exchange.send)
        except TimeoutError:
            raise OwnApiDownError(asked.path) from None
        return exchange.said()


class _Exchange:
    """One request and its answer, in the words of ASGI."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._sent = False
        self._status = 0
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []
        self._size = 0
        self._left = asyncio.Event()

    def scope(self) -> dict[str, Any]:
        """Return the scope of the request."""
        asked = self._asked
        headers = {**asked.headers, "host": "console", "content-length": str(len(asked.content))}
        traceparent = current_traceparent()
        if traceparent is not None:
            headers["traceparent"] = traceparent
        path, query = asked.path, urlencode(asked.query, doseq=True)
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "http",
            "path": path if "%" not in path else _unquoted(path),
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "root_path": "",
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            "client": asked.client,
            "server": ("console", 0),
        }

    async def receive(self) -> Message:
        """Give the body, then wait: the page stays until it is answered."""
        if self._sent:
            await self._left.wait()
            return {"type": "http.disconnect"}
        self._sent = True
        return {"type": "http.request", "body": self._asked.content, "more_body": False}

    async def send(self, message: Message) -> None:
        """Take a piece of the answer."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]
            }
            return
        piece = message.get("body", b"")
        self._size += len(piece)
        if self._size > _LARGEST_ANSWER:
            raise OwnApiDownError(self._asked.path)
        self._pieces.append(piece)

    def said(self) -> Said:
        """Return the whole answer.

        Raises:
            OwnApiDownError: there was none.
        """
        if not self._status:
            raise OwnApiDownError(self._asked.path)
        return Said(self._status, self._headers, b"".join(self._pieces))


def _unquoted(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path)
