"""A listener in a process of its own: the real bus with one handler, which notes when each event's commit stood.

Nobody of the suite hears a drawdown, and nobody may hear what is not listed; so it comes as finance's own user, by the
consumer under that name which finance itself uses only after the broker began. Its database is another.

Arguments: database, broker, list of public keys. Prints `ready` when it listens; at the end of its input it prints, in
JSON, the instant of each effect by event id and by request id.
"""

import asyncio
import gc
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import uvloop
from sqlalchemy import text

from shared.bus.runner import Bus
from shared.bus.subscription import Subscription
from shared.db.engine import Database
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.finance import LoanDrawn
from shared.events.trust import EventKeys, Trust
from shared.kernel.clock import SystemClock
from shared.telemetry import configure_logging
from tests.support.event_keys import event_keys

SERVICE = "finance"


class Stopwatch:
    """Notes the instant after the commit of each event's effect."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}

    async def handle(self, tx: Transaction, event: Envelope[Any]) -> None:
        """Write an effect, and note when it stands."""
        await tx.session.execute(text("INSERT INTO effect VALUES (:id, 1)"), {"id": str(event.id)})
        tx.after_commit(lambda: self._note(event))

    def _note(self, event: Envelope[Any]) -> None:
        self.at[event.request_id or str(event.id)] = time.time()


async def _listen(database_url: str, broker_url: str, public_keys: str) -> None:
    configure_logging(SERVICE, "WARNING")
    database = Database(database_url, service=SERVICE, pool_size=2)
    watch = Stopwatch()
    subscription = Subscription("finance.bench", LoanDrawn, watch.handle)
    keys = EventKeys(event_keys(SERVICE).signer, Trust(Path(public_keys)))
    bus = Bus(database, SystemClock(), url=broker_url, subscriptions=[subscription], keys=keys)
    running = asyncio.ensure_future(bus.run_forever(relay=False, consumers=True))
    gc.collect()  # as every service does when it has started
    gc.freeze()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    sys.stdout.buffer.write(orjson.dumps(watch.at) + b"\n")
    sys.stdout.flush()
    await database.close()


if __name__ == "__main__":
    uvloop.run(_listen(*sys.argv[1:]))
