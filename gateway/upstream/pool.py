"""Connections to the services: kept alive, bounded per service, so that one slow service cannot take them all."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog
from yarl import URL

from shared.telemetry import counter, gauge

_log = structlog.stdlib.get_logger(__name__)
_CONNECT_S = 1.0
_IDLE_S = 3.0  # shorter than the services keep a connection: none is taken that its service just closed
_BUDGET_CAP = 10.0
_BUDGET_SHARE = 0.1
_PAUSES_S = (0.05, 0.2)

CALLS = counter("upstream_calls_total", "Calls to a service by outcome: status class or fault", ("service", "outcome"))
RETRIES = counter("upstream_retries_total", "Calls to a service that were tried again", ("service",))
IN_FLIGHT = gauge("upstream_in_flight", "Calls to a service that are under way", ("service",))


class UpstreamDownError(Exception):
    """The service cannot be reached, or it left before it answered."""


class UpstreamSlowError(Exception):
    """The service did not answer in time."""


class UpstreamBusyError(Exception):
    """As many calls to the service are under way as are allowed."""


@dataclass(slots=True)
class RetryBudget:
    """At most one retry per ten calls: a service that struggles must not be asked more than it was before."""

    left: float = _BUDGET_CAP

    def earn(self) -> None:
        """Count a call."""
        self.left = min(_BUDGET_CAP, self.left + _BUDGET_SHARE)

    def spend(self) -> bool:
        """Take one retry if there is one left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Upstream:
    """One service as the gateway sees it."""

    def __init__(self, name: str, url: str, session: aiohttp.ClientSession, *, in_flight: int) -> None:
        """Name the parts.

        Args:
            name: of the service.
            url: its address, `http://host:port`.
            session: connections to it alone.
            in_flight: calls that may be under way.
        """
        self.name = name
        self._url = url.rstrip("/")
        self._session = session
        self._free = in_flight
        self._budget = RetryBudget()

    @asynccontextmanager
    async def call(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | AsyncIterator[bytes] | None = None,
        deadline_s: float,
        may_retry: bool,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Call the service; the answer's body is still to be read.

        Args:
            method: HTTP method.
            target: path and query, encoded.
            headers: as they go out.
            body: whole, or piece by piece (then it is never sent twice).
            deadline_s: until the answer begins, retries included; afterwards between two pieces of it.
            may_retry: whether sending it twice has one effect: a read, or a write under an idempotency key.

        Raises:
            UpstreamBusyError: too many calls are under way.
            UpstreamDownError: it cannot be reached or left without an answer.
            UpstreamSlowError: it did not answer in time.
        """
        if self._free <= 0:
            CALLS.labels(self.name, "busy").inc()
            raise UpstreamBusyError(self.name)
        self._free -= 1
        IN_FLIGHT.labels(self.name).inc()
        try:
            tries = len(_PAUSES_S) if may_retry and not isinstance(body, AsyncIterator) else 0
            try:
                async with asyncio.timeout(deadline_s):
                    response = await self._send(method, target, headers=headers, body=body, tries=tries)
            except TimeoutError:
                CALLS.labels(self.name, "slow").inc()
                raise UpstreamSlowError(self.name) from None
            async with response:
                CALLS.labels(self.name, f"{response.status // 100}xx").inc()
                yield response
        finally:
            self._free += 1
            IN_FLIGHT.labels(self.name).dec()

    async def _send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | AsyncIterator[bytes] | None,
        tries: int,
    ) -> aiohttp.ClientResponse:
        self._budget.earn()
        address = URL(self._url + target, encoded=True)
        for pause in (*_PAUSES_S[:tries], None):
            try:
                return await self._session.request(method, address, headers=headers, data=body, allow_redirects=False)
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionError) as fault:
                if pause is None or not self._budget.spend():
                    CALLS.labels(self.name, "down").inc()
                    _log.warning("upstream_down", upstream=self.name, reason=repr(fault))
                    raise UpstreamDownError(self.name) from fault
                RETRIES.labels(self.name).inc()
                await asyncio.sleep(pause)
        raise UpstreamDownError(self.name)


@asynccontextmanager
async def open_upstreams(urls: Mapping[str, str], *, in_flight: int) -> AsyncIterator[dict[str, Upstream]]:
    """Open the connections to all services and close them at the end."""
    sessions: list[aiohttp.ClientSession] = []
    upstreams: dict[str, Upstream] = {}
    try:
        for name, url in urls.items():
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S, enable_cleanup_closed=False),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                trust_env=False,
            )
            session._retry_connection = False  # noqa: SLF001  # its own retries would not know our budget
            sessions.append(session)
            upstreams[name] = Upstream(name, url, session, in_flight=in_flight)
        yield upstreams
    finally:
        for session in sessions:
            await session.close()
