"""One uvicorn process on a listening socket that the supervisor opened and may share between several processes.

`uvicorn --fd` takes the socket for a Unix one and so loses TCP_NODELAY and the caller's address; here it stays TCP.
"""

import gc
import socket
import sys

import uvicorn

from shared.web.client_connection import client_protocol, limits_of_this_machine

_GRACEFUL_SECONDS = 2


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what stands then stays for good, and no collection walks it again while requests wait."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()


def main(application: str, *descriptors: int) -> None:
    """Serve the application factory `application` (`package.module:function`) on inherited sockets.

    The first is for clients, perhaps shared with other processes; a second is this process's own, for the supervisor.
    """
    config = uvicorn.Config(
        application,
        factory=True,
        loop="uvloop",
        http=client_protocol(limits_of_this_machine()),
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        timeout_keep_alive=75,
    )
    _Server(config).run(sockets=[socket.socket(fileno=descriptor) for descriptor in descriptors])


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
