"""One uvicorn process on a listening socket that the supervisor opened and may share between several processes.

`uvicorn --fd` takes the socket for a Unix one and so loses TCP_NODELAY and the caller's address; here it stays TCP.
"""

import asyncio
import gc
import socket
import sys

import uvicorn

from deploy.embedded.launch_settings import GRACE_SECONDS
from shared.web.client_connection import ClientConnection, client_protocol
from shared.web.connection_table import limits_of_this_machine
from shared.web.farewell import farewell

_LAST_WORD_SECONDS = 0.3
_QUEUE_SECONDS = 0.05
_LOOKS = 5


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, source: str) -> None:
        """Serve for the service `source`."""
        super().__init__(config)
        self._source = source

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what stands then stays for good, and no collection walks it again while requests wait."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in whom the kernel has let in already, answer all who have asked, then close.

        Who cannot be answered in time is told so: a call that is broken off says nothing of what became of it.
        """
        for opened in sockets or []:
            opened.listen(0)  # the queue of those let in grows no more
        # On a crowded machine all of the time may pass at once: between two waits the loop looks at its sockets.
        for _ in range(_LOOKS):
            await asyncio.sleep(_QUEUE_SECONDS / _LOOKS)
        asyncio.get_running_loop().call_later(GRACE_SECONDS - _LAST_WORD_SECONDS, self._tell_the_rest)
        await super().shutdown(sockets)

    def _tell_the_rest(self) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, ClientConnection):
                connection.give_up(lambda scope: farewell(scope, self._source))


def main(application: str, *descriptors: int) -> None:
    """Serve the application factory `application` (`package.module:function`) on inherited sockets.

    The first is for clients, perhaps shared with other processes; a second is this process's own, for the supervisor.
    """
    source = application.partition(".app")[0].rpartition(".")[2]
    config = uvicorn.Config(
        application,
        factory=True,
        loop="uvloop",
        http=client_protocol(limits_of_this_machine(), source),
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
    )
    _Server(config, source).run(sockets=[socket.socket(fileno=descriptor) for descriptor in descriptors])


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
