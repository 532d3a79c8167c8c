"""What must hold after each history, whatever the faults were; each check returns what it found, a good run nothing."""

from collections import defaultdict
from itertools import pairwise

from sqlalchemy import text

from shared.bus.subscription import Mode, Subscription
from shared.db.engine import Database
from shared.events.event import EventKind
from tests.simulation.world import World

OTHER = {"registry": "finance", "finance": "registry"}


async def violations(world: World) -> list[str]:
    """Return everything that is wrong, in words."""
    found: list[str] = []
    for publisher, listener in OTHER.items():
        source, target = world.databases[publisher], world.databases[listener]
        found += await _counters(source)
        for subscription in world.subscriptions(listener):
            found += await _effects(source, target, subscription)
    found += await _projection(world.databases["registry"], "label", world.databases["finance"])
    found += await _projection(world.databases["finance"], "times::text", world.databases["registry"])
    for service in OTHER:
        found += await _letters(world, service)
    return found


async def _rows(database: Database, sql: str, **words: object) -> list[tuple[object, ...]]:
    async with database.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(sql), words)]


async def _counters(source: Database) -> list[str]:
    """Versions and sequences run from 1 without holes, and everything was published."""
    found = []
    for what, columns in (("version", "aggregate_id"), ("sequence", "aggregate_id, subject")):
        numbered = await _rows(
            source, f"SELECT array_agg({what} ORDER BY position), {columns} FROM outbox_event GROUP BY {columns}"
        )
        found += [
            f"{source.service}: the {what}s of {key} are {numbers}"
            for numbers, *key in numbered
            if numbers != list(range(1, len(numbers) + 1))  # type: ignore[arg-type]  # a column of arrays
        ]
    ((waiting,),) = await _rows(source, "SELECT count(*) FROM outbox_waiting")
    return [*found, *([f"{source.service}: {waiting} events were never published"] if waiting else [])]


async def _effects(source: Database, target: Database, subscription: Subscription) -> list[str]:
    """Each event has one effect and each aggregate's effects are in order; a state may be overtaken by a newer one."""
    name, event = subscription.handler_name, subscription.event
    emitted = await _rows(
        source, "SELECT aggregate_id, version, id FROM outbox_event WHERE subject = :subject", subject=event.subject
    )
    effects = await _rows(
        target,
        "SELECT aggregate_id, version, event_id FROM simulated_effect WHERE handler = :name ORDER BY position",
        name=name,
    )
    found, by_aggregate = [], defaultdict[object, list[int]](list)
    for aggregate_id, version, _ in effects:
        assert isinstance(version, int)
        by_aggregate[aggregate_id].append(version)
    twice = len(effects) - len(set(effects))
    if twice:
        found.append(f"{name}: {twice} events took effect more than once")
    if set(effects) - set(emitted):
        found.append(f"{name}: an effect of what was never committed")
    missing = set(emitted) - set(effects)
    overtaken = event.ordering is EventKind.STATE and subscription.mode is Mode.SINGLE
    if overtaken:
        newest = {key: max(versions) for key, versions in by_aggregate.items()}
        missing = {one for one in missing if int(str(one[1])) > newest.get(one[0], 0)}
    if missing:
        found.append(f"{name}: no effect of {sorted((str(one[0]), str(one[1])) for one in missing)}")
    if subscription.mode is Mode.SINGLE or event.ordering is EventKind.HAPPENING:
        found += [
            f"{name}: effects on {key} in the order {versions}"
            for key, versions in by_aggregate.items()
            if any(later <= earlier for earlier, later in pairwise(versions))
        ]
    return found


async def _projection(owner: Database, word: str, holder: Database) -> list[str]:
    """The projection holds what its owner has."""
    own = dict(await _rows(owner, f"SELECT firm, {word} FROM simulated_owner"))
    held = dict(await _rows(holder, "SELECT uscc, name FROM enterprise_name"))
    return [] if own == held else [f"{holder.service} holds {held}, its owner {owner.service} has {own}"]


async def _letters(world: World, service: str) -> list[str]:
    """Only what nobody can read is still parked."""
    waiting = await _rows(
        world.databases[service], "SELECT handler, payload, reason FROM dead_letter WHERE replayed_at IS NULL"
    )
    return [
        f"{handler} still keeps a letter: {reason}"
        for handler, payload, reason in waiting
        if bytes(payload) not in world.rubbish  # type: ignore[call-overload]  # a column of bytes
    ]
