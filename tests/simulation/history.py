"""One history: faults for a while, then healing, then nothing may be missing, doubled or out of order."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.util import await_only

from shared.bus import publish
from shared.db.engine import Database
from tests.simulation.bus import FakeBus, Stream
from tests.simulation.checker import OTHER, violations
from tests.simulation.events import FirmChanged
from tests.simulation.schedule import Schedule
from tests.simulation.world import World
from tests.support.event_keys import signed

_MOST_ROUNDS = 20
_STEPS = 140
_CLEAN = (
    "outbox_event", "outbox_waiting", "outbox_published", "event_counter", "relay_mark", "inbox_entry",
    "inbox_cursor", "dead_letter", "enterprise_name", "simulated_effect", "simulated_owner",
)  # fmt: skip
_WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND datname = ANY($1::text[])
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a history came to."""

    seed: int
    problems: list[str]
    history: list[str]
    met: Counter[str] = field(default_factory=Counter)


async def run(seed: int, databases: dict[str, Database]) -> Verdict:
    """Play the history of `seed` on two empty databases and check it."""
    names = [database.url.rsplit("/", 1)[1] for database in databases.values()]
    async with contextlib.AsyncExitStack() as stack:
        watches = [await stack.enter_async_context(_watching(database)) for database in databases.values()]
        for watch in watches:
            await watch.execute("; ".join(f"DELETE FROM {name}" for name in _CLEAN))

        async def waits_for_lock() -> int:
            return int(await watches[0].fetchval(_WAITING, names))

        schedule = Schedule(seed, waits_for_lock)
        world = World(schedule, FakeBus(schedule), databases)
        world.bus.knows_batches = schedule.chance.random() < 0.8
        with _one_at_a_time(schedule, databases.values()), _short_patience():
            return await _play(world, seed)


@contextlib.asynccontextmanager
async def _watching(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection of the driver itself, for what the histories are not made of."""
    async with database.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert isinstance(raw, asyncpg.Connection)
        yield raw


@contextlib.contextmanager
def _one_at_a_time(schedule: Schedule, databases: Iterable[Database]) -> Iterator[None]:
    """Let whoever is not the mover wait before each statement and each end of a transaction."""
    heard = [
        (database.engine.sync_engine, name) for database in databases for name in ("before_cursor_execute", "commit")
    ]

    def wait(*_: object) -> None:
        await_only(schedule.statement())

    for engine, name in heard:
        event.listen(engine, name, wait)
    try:
        yield
    finally:
        for engine, name in heard:
            event.remove(engine, name, wait)


@contextlib.contextmanager
def _short_patience() -> Iterator[None]:
    """An answer of the double comes at once or never: the relay need not wait long for it."""
    patience, publish._TIMEOUT_SECONDS = publish._TIMEOUT_SECONDS, 0.02
    try:
        yield
    finally:
        publish._TIMEOUT_SECONDS = patience


async def _play(world: World, seed: int) -> Verdict:
    schedule = world.schedule
    try:
        await _trouble(world, events=schedule.chance.randint(4, 9))
        problems = await _heal(world)
    finally:
        await schedule.end()
    return Verdict(seed, schedule.crashes + problems, schedule.history, schedule.met)


async def _trouble(world: World, *, events: int) -> None:
    """Let everything happen at once; each step is drawn."""
    schedule = world.schedule
    for _ in range(_STEPS):
        step = schedule.chance.choices(
            ("go on", "change", "relay", "work", "tend", "time", "disaster"), (18, 3, 1.5, 5, 0.4, 1.5, 0.7)
        )[0]
        service = schedule.chance.choice(("registry", "finance"))
        number = schedule.chance.randint(1, 2)
        if step == "go on":
            await schedule.go_on()
        elif step == "change" and world.emitted < events and not schedule.is_busy(f"clerk {world.emitted - 1}"):
            await _start(schedule, f"clerk {world.emitted + 1}", world.change)
        elif step == "relay":
            await _start(schedule, f"relay {number} of {service}", partial(world.relay, service))
        elif step == "work":
            await _start(schedule, f"worker {number} of {service}", partial(world.work, service, OTHER[service]))
        elif step == "tend":
            await _start(schedule, f"tender of {service}", partial(world.tend, service))
        elif step == "time":
            schedule.pass_time(schedule.chance.choice((0.2, 2.0, 7.0, 7.0, 130.0)))
        elif step == "disaster":
            _disaster(world)
    while world.emitted < events:
        await _start(schedule, f"clerk {world.emitted + 1}", world.change)


async def _start(schedule: Schedule, name: str, work: object) -> None:
    if not schedule.is_busy(name):
        await schedule.start(name, work)  # type: ignore[arg-type]


def _disaster(world: World) -> None:
    """Let the server lose something, or somebody speak who has nothing to say."""
    schedule, chance = world.schedule, world.schedule.chance
    if not world.bus.streams:
        return
    name = chance.choice(sorted(world.bus.streams))
    stream = world.bus.streams[name]
    what = chance.choice(("store lost", "tail lost", "tail lost", "record lost", "durable lost", "rubbish", "rubbish"))
    if (what != "rubbish" and not stream.records) or not schedule.happens(what, 1):
        return
    schedule.note(f"{what}: {name}")
    if what == "store lost":
        del world.bus.streams[name]
    elif what == "tail lost":
        stream.cut(max(0, stream.last - chance.randint(1, 4)))
    elif what == "record lost":
        del stream.records[chance.choice(sorted(stream.records))]
    elif what == "durable lost":
        stream.durables.clear()
    else:
        _speak_rubbish(world, stream)
        return
    for relay in world.relays:
        relay.check_again()  # the server was away: every connection to it is a new one


def _speak_rubbish(world: World, stream: Stream) -> None:
    payload = f"rubbish {len(world.rubbish)}".encode()
    world.rubbish.add(payload)
    stream.store(
        None, FirmChanged.subject, payload, world.schedule.clock.now(), signed("registry", FirmChanged.subject, payload)
    )


async def _heal(world: World) -> list[str]:
    """End the faults, let everything run until nothing moves any more, mend what failed, and check."""
    schedule = world.schedule
    schedule.faults_on = False
    schedule.note("the faults are over")
    if not await _run_dry(world):
        return ["nothing settles: messages go round for ever", *await violations(world)]
    found = await _wrongly_parked(world)
    world.poison.clear()
    schedule.note("the handlers are mended")
    for service in OTHER:
        await schedule.start(f"operator of {service}", partial(world.tend, service, only_gaps=False))
        await _everybody(schedule)
    await _run_dry(world)
    return found + await violations(world)


async def _run_dry(world: World) -> bool:
    """Work in rounds until a whole round leaves nothing to do; tell whether that came."""
    schedule = world.schedule
    for _ in range(_MOST_ROUNDS):
        for service in OTHER:
            await schedule.start(f"relay of {service}", partial(world.relay, service))
        await _everybody(schedule)
        for _ in range(_MOST_ROUNDS * 10):
            for service in OTHER:
                for number in (1, 2):
                    work = partial(world.work, service, OTHER[service])
                    await schedule.start(f"worker {number} of {service}.", work)
            await _everybody(schedule)
            due = world.bus.next_due()
            schedule.clock.at = max(schedule.clock.at, due or schedule.clock.at)
            if world.bus.is_drained:
                break
        for service in OTHER:
            await schedule.start(f"tender of {service}.", partial(world.tend, service))
        await _everybody(schedule)
        if await _unpublished(world) == 0 and world.bus.is_drained:
            return True
    return False


async def _everybody(schedule: Schedule) -> None:
    while await schedule.go_on():
        pass


async def _unpublished(world: World) -> int:
    count = 0
    for database in world.databases.values():
        async with database.engine.connect() as connection:
            found = await connection.execute(text("SELECT count(*) FROM outbox_waiting"))
            count += int(found.scalar_one())
    return count


async def _wrongly_parked(world: World) -> list[str]:
    """Return the letters that wait for an event before them although that one took effect."""
    found: list[str] = []
    for service, database in world.databases.items():
        async with database.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT handler, convert_from(payload, 'UTF8')::jsonb AS event FROM dead_letter "
                     "WHERE replayed_at IS NULL AND reason LIKE 'gap:%'")
            )  # fmt: skip
            for handler, event in rows.all():
                before = await connection.execute(
                    text("SELECT value FROM inbox_cursor WHERE (handler, aggregate_id) = (:handler, :id)"),
                    {"handler": handler, "id": event["aggregateid"]},
                )
                if (before.scalar_one_or_none() or 0) >= event["sequence"] - 1:
                    found.append(f"{service}: {handler} keeps a letter whose turn has come: {event['sequence']}")
    return found
