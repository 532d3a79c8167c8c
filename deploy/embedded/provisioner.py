"""The provisioner of a launched suite: it answers the supervisor on a socket of its own while it watches.

`python -m deploy.embedded.provisioner DESCRIPTOR`
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.bus.provision import main

_ALIVE = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"


@asynccontextmanager
async def answering(pulse: socket.socket) -> AsyncIterator[None]:
    """Say on `pulse`, while the block lasts, that this process does not stand still."""

    async def answer(_asked: asyncio.StreamReader, told: asyncio.StreamWriter) -> None:
        told.write(_ALIVE)
        told.close()

    async with await asyncio.start_server(answer, sock=pulse):
        yield


if __name__ == "__main__":
    sys.exit(main(answering(socket.socket(fileno=int(sys.argv[1])))))
