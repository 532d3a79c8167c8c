"""Replaying dead letters: `python -m shared.bus.dead_letter replay ipr`, after the reason has been mended."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import structlog

from shared.bus.apply import GAP_REASON, apply_batch
from shared.bus.subscription import Subscription
from shared.db.dead_letter import DeadLetter, mark_replayed, waiting
from shared.db.engine import Database
from shared.db.migrate import package_of
from shared.db.transaction import Reactions
from shared.events.catalogue import PUBLISHERS
from shared.events.envelope import EnvelopeInvalid, from_wire
from shared.kernel.actor import system_actor
from shared.kernel.clock import Clock, SystemClock

_log = structlog.stdlib.get_logger(__name__)


def subscriptions_of(service: str) -> list[Subscription]:
    """Return everything that `service` listens to, as its app.py names it."""
    return list(getattr(import_module(f"{package_of(service)}.app"), "SUBSCRIPTIONS", ()))


def reactions_of(service: str) -> Reactions:
    """Return what follows from the events of `service` within its transactions, as its app.py names it."""
    return dict(getattr(import_module(f"{package_of(service)}.app"), "REACTIONS", {}))


async def replay(
    database: Database, clock: Clock, subscriptions: Sequence[Subscription], *, only_gaps: bool = False
) -> tuple[int, list[str]]:
    """Give every waiting letter to its handler again, oldest first, until none of them gets any further.

    Args:
        database: of the service.
        clock: tells the time.
        subscriptions: what the service listens to.
        only_gaps: leave those alone whose handler failed; nobody has mended it.

    Returns:
        How many took effect (or had done so before), and for each that failed again a line that says why.
    """
    by_name = {one.handler_name: one for one in subscriptions}
    actor = system_actor(database.service)
    done = 0
    while True:
        async with database.transaction(actor=actor, clock=clock, read_only=True) as tx:
            letters = await waiting(tx, reason=GAP_REASON if only_gaps else "")
        before, failures = done, []
        for letter in letters:
            subscription = by_name.get(letter.handler)
            if subscription is None:
                failures.append(f"#{letter.id} {letter.handler}: no such handler")
                continue
            reason = await _replay_one(database, clock, subscription, letter)
            if reason is not None:
                failures.append(f"#{letter.id} {letter.handler}: {reason}")
                continue
            async with database.transaction(actor=actor, clock=clock) as tx:
                await mark_replayed(tx, letter.id)
            done += 1
        # One that was mended may be what another waited for.
        if done == before or not failures:
            return done, failures


async def _replay_one(database: Database, clock: Clock, subscription: Subscription, letter: DeadLetter) -> str | None:
    """Return why the letter failed again, or None."""
    try:
        envelope = from_wire(letter.payload, subscription.event)
        gaps = await apply_batch(database, clock, subscription, [envelope])
    except EnvelopeInvalid as fault:
        return f"unreadable: {fault}"
    except Exception as fault:  # noqa: BLE001  # one letter's failure must not stop the others; it is reported
        _log.warning("replay_failed", handler=letter.handler, letter=letter.id, fault=repr(fault))
        return f"{type(fault).__name__}: {fault}"
    return gaps[0].reason if gaps else None


async def _main(service: str, url: str) -> int:
    database = Database(url, service=service, pool_size=2, reactions=reactions_of(service))
    try:
        done, failures = await replay(database, SystemClock(), subscriptions_of(service))
    finally:
        await database.close()
    sys.stdout.write(f"{service}: {done} replayed 已重放, {len(failures)} failed 失败\n")
    for line in failures:
        sys.stdout.write(f"  {line}\n")
    return 1 if failures else 0


def main(arguments: list[str]) -> int:
    """Run the command line; the address comes from `<SERVICE>_DATABASE_URL`."""
    parser = argparse.ArgumentParser(prog="python -m shared.bus.dead_letter", description=__doc__)
    parser.add_argument("verb", choices=("replay",))
    parser.add_argument("service", choices=PUBLISHERS)
    given = parser.parse_args(arguments)
    url = os.environ.get(f"{given.service.upper()}_DATABASE_URL")
    if url is None:
        parser.error(f"set {given.service.upper()}_DATABASE_URL")
    return asyncio.run(_main(given.service, url))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
