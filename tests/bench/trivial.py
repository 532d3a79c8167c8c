"""An HTTP server that does nothing but answer: the upstream behind which a pass-through is all there is to measure."""

import asyncio
import json
import socket
import sys
from typing import cast

import uvloop

_BODY = json.dumps({"items": [{"id": number, "name": "示例", "amount_fen": number} for number in range(12)]}).encode()
_ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
    + str(len(_BODY)).encode()
    + b"\r\n\r\n"
    + _BODY
)


class _Answering(asyncio.Protocol):
    """Answers every request without a body with the same bytes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(_ANSWER * data.count(b"\r\n\r\n"))


async def _serve(descriptor: int) -> None:
    opened = socket.socket(fileno=descriptor)
    server = await asyncio.get_running_loop().create_server(_Answering, sock=opened)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
