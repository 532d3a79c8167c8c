"""Reads at a fixed rate in a process of their own: a crowd that is pressed beside them must not delay their clock.

The process takes orders line by line (port, request, rate, seconds) and answers each with the times and the statuses.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
import uvloop

from tests.bench.load import Pressed, pace
from tests.support.postgres import REPOSITORY


@dataclass(slots=True)
class Reader:
    """The process, once it waits for orders."""

    child: asyncio.subprocess.Process

    async def read(self, port: int, raw: bytes, *, rate: float, seconds: float) -> Pressed:
        """Send one GET at a fixed rate for some seconds; return what came of it."""
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        order = {"port": port, "raw": raw.decode("latin-1"), "rate": rate, "seconds": seconds}
        self.child.stdin.write(orjson.dumps(order) + b"\n")
        told = orjson.loads(await self.child.stdout.readline())
        statuses = Counter({int(status): count for status, count in told["statuses"].items()})
        good = len(told["took_ms"])
        return Pressed(seconds, good, good, statuses, told["took_ms"])


@asynccontextmanager
async def reader() -> AsyncIterator[Reader]:
    """Run the process until the block ends."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.reader"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        cwd=REPOSITORY,
        limit=1 << 26,
    )
    assert child.stdout is not None
    try:
        if await child.stdout.readline() != b"ready\n":
            raise RuntimeError("the reading process did not start")
        yield Reader(child)
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _order(line: bytes) -> bytes:
    given = orjson.loads(line)
    raw = given["raw"].encode("latin-1")
    pressed = await pace(given["port"], lambda _: raw, rate=given["rate"], seconds=given["seconds"])
    statuses = {str(status): count for status, count in pressed.statuses.items()}
    return orjson.dumps({"took_ms": pressed.took_ms, "statuses": statuses}) + b"\n"


def main() -> None:
    """Say that it waits, and carry orders out until there are no more."""
    answers = sys.stdout.buffer
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        answers.write(uvloop.run(_order(line)))
        answers.flush()


if __name__ == "__main__":
    main()
