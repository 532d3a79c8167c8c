"""The connection to NATS: it never gives up, and it says what the server refused."""

import contextlib
from collections.abc import AsyncIterator, Callable

import nats
import structlog
from nats.aio.client import Client

from shared.bus.cancellation import end_if_cancelled

_log = structlog.stdlib.get_logger(__name__)


@contextlib.asynccontextmanager
async def connected(url: str, *, service: str, on_reconnect: Callable[[], None] | None = None) -> AsyncIterator[Client]:
    """Connect as `service` and close at the end.

    The inbox prefix is the service's own: its user may subscribe to nothing else.

    Args:
        url: `nats://user:password@host:port`.
        service: name of the service, also of its user.
        on_reconnect: called each time the connection came back.
    """

    async def told_error(fault: Exception) -> None:
        # A refused publish shows only here: the publisher itself just sees a time-out.
        _log.warning("bus_error", fault=fault)

    async def told_reconnect() -> None:
        _log.info("bus_reconnected")
        if on_reconnect is not None:
            on_reconnect()

    is_ending = False

    async def told_disconnect() -> None:
        if not is_ending:  # a connection that we close ourselves is no news
            _log.warning("bus_disconnected")

    client = await nats.connect(
        url,
        name=service,
        inbox_prefix=f"_INBOX_{service}".encode(),
        connect_timeout=2,
        reconnect_time_wait=0.2,
        max_reconnect_attempts=-1,
        ping_interval=5,
        max_outstanding_pings=2,
        allow_reconnect=True,
        error_cb=told_error,
        reconnected_cb=told_reconnect,
        disconnected_cb=told_disconnect,
    )
    try:
        # Connecting may have swallowed a cancellation: whoever goes on to wait for its children would wait for ever.
        end_if_cancelled()
        yield client
    finally:
        is_ending = True
        with contextlib.suppress(Exception):  # closing a connection that is already gone is no news
            await client.close()
