"""A transport that puts together what is written in one turn of the loop."""

import asyncio
from typing import Any

_CORK_BYTES = 65_536


class CorkedTransport:
    """A transport that sends what is written in one turn of the loop together: head and body in one packet."""

    __slots__ = ("_held", "_loop", "_size", "_transport", "written")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Write to `transport`."""
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = self.written = 0

    def write(self, data: bytes) -> None:
        """Hold a piece until the turn ends, or until there is much of it."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)
        self._size += len(data)
        self.written += len(data)
        if self._size > _CORK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._size = 0
            self._transport.write(data)

    def close(self) -> None:
        """Send what is held, and close."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Tell whether the transport is closed or about to be."""
        return self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # all else is the transport's own
        """Return what else the transport has."""
        return getattr(self._transport, name)
