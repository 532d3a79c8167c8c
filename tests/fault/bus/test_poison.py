"""Poison of every kind: kept with its reason after five deliveries, while the next messages flow."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from shared.bus.dead_letter import replay
from shared.events.registry import EnterpriseChanged, IntegrityChanged
from tests.fault.bus.herd import WAITING, chance_of, comes_to, consumer_of, drained, number, relays, seeded, workers
from tests.support.bus import on_wire
from tests.support.event_keys import signed, trust
from tests.support.lab import scalar
from tests.support.pair import CLOCK, Pair, marked, named

FLOWS_WITHIN_SECONDS = 5.0


def wire(**changed: Any) -> bytes:
    """Return the document of a sound event with some fields changed; a field that is None is left out."""
    document = {**orjson.loads(on_wire(named("poisoned", "x"))), **changed}
    return orjson.dumps({name: value for name, value in document.items() if value is not None})


RUBBISH: dict[str, tuple[Callable[[], bytes], str]] = {
    "no JSON": (lambda: b"not json", "not JSON"),
    "nothing": (lambda: b"", "not JSON"),
    "half a document": (lambda: wire()[:-20], "not JSON"),
    "no UTF-8": (lambda: b'{"specversion": "1.0", "id": "\xff\xfe"}', "not JSON"),
    "a bare null": (lambda: b"null", "not a CloudEvents"),
    "ten thousand brackets": (lambda: b"[" * 10_000 + b"]" * 10_000, ""),
    "an unknown type": (lambda: wire(type="registry.unheard_of.v1"), "unheard_of"),
    "version 99": (lambda: wire(type="registry.enterprise.changed.v99"), "v99"),
    "another's source": (lambda: wire(source="/kechuang/finance"), "not the owner"),
    "no sequence": (lambda: wire(sequence=None), "sequence"),
    "sequence zero": (lambda: wire(sequence=0), "sequence"),
    "a number too large for the database": (lambda: wire(version=2**63), ""),
    "data of another shape": (lambda: wire(data={"uscc": 1}), "name"),
    "a NUL in a text": (lambda: wire(data={**named("nul", "a\x00b").model_dump(mode="json")}, aggregateid="nul"), ""),
    "a megabyte": (lambda: b"x" * 1_000_000, "not JSON"),
    "a megabyte of JSON": (lambda: wire(specversion="1" * 990_000), "CloudEvents"),
}


@pytest.mark.fault("B5")
@seeded
async def test_poison_of_every_kind_is_parked_with_its_reason_and_the_next_messages_flow(pair: Pair, seed: int) -> None:
    chance = chance_of(seed)
    kinds = list(RUBBISH.items())
    chance.shuffle(kinds)
    pair.handlers.fail_on = {"poisoned name", "poisoned firm"}
    async with relays(pair, 1), workers(pair, 3):
        await pair.emit(named("first", "fine"))
        await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name", 1)
        async with pair.client() as client:
            for place, (_, (made, _)) in enumerate(kinds):
                payload = made()
                await client.publish(
                    EnterpriseChanged.subject, payload, headers=signed("registry", EnterpriseChanged.subject, payload)
                )
                await client.flush()
                await pair.emit(named(f"firm-{place}", "fine"), marked(f"firm-{place}"))
        beside = [named(f"beside-{place}", "fine") for place in range(50)]
        beside.insert(chance.randrange(50), named("p", "poisoned name"))
        await pair.emit(*beside, marked("poisoned firm"), marked("last"))
        await comes_to(pair.listener, "SELECT count(*) FROM effect", len(kinds) + 1)
        await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name", len(kinds) + 51)
        await comes_to(pair.listener, WAITING, len(kinds) + 2)
        await drained(pair)
        held = await consumer_of(pair)
    reasons = {
        bytes(payload): reason
        for payload, reason in await _rows(pair, "SELECT payload, reason FROM dead_letter WHERE deliveries >= 5")
    }
    assert len(reasons) == len(kinds) + 2
    told = "\n".join(reason[:200] for reason in reasons.values())
    for name, (_, word) in kinds:
        assert word in told, f"no reason names {name}:\n{told}"
    assert held.delivered is not None
    good = 2 * len(kinds) + 52
    # Five deliveries of each, and of what came beside them in a batch none.
    assert held.delivered.consumer_seq <= good + 5 * (len(kinds) + 2) + 10
    assert await _slowest(pair) < FLOWS_WITHIN_SECONDS
    pair.handlers.fail_on = set()
    done, failures = await replay(pair.listener, CLOCK, pair.handlers.subscriptions(), trust())
    assert (done, len(failures)) == (2, len(kinds))


@pytest.mark.fault("B5")
@seeded
async def test_an_event_that_no_retry_mends_keeps_nobody_waiting_but_its_own_successors(pair: Pair, seed: int) -> None:
    chance = chance_of(seed)
    pair.handlers.fail_on = {"sick"}
    firms = ["sick", *(f"firm-{place}" for place in range(5))] * 4
    chance.shuffle(firms)
    async with relays(pair, 1), workers(pair, 3):
        for firm in firms:
            await pair.emit(marked(firm))
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 20)
        await comes_to(pair.listener, WAITING, 4)
        await drained(pair)
        pair.handlers.fail_on = set()
        await asyncio.sleep(1)
        # The first was given up on by its handler: only people replay it; the rest waits for it in the open.
        assert await number(pair, WAITING) == 4
        _, failures = await replay(pair.listener, CLOCK, pair.handlers.subscriptions(), trust())
        assert failures == []
        # The rest may have been replayed by the worker that looks after what waits.
        await comes_to(pair.listener, WAITING, 0)
    assert [sequence for name, sequence in pair.handlers.happened if name == "sick"] == [1, 2, 3, 4]
    assert IntegrityChanged.subject in str(await scalar(pair.listener, "SELECT min(subject) FROM dead_letter"))


async def _rows(pair: Pair, sql: str) -> list[tuple[Any, ...]]:
    async with pair.listener.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


async def _slowest(pair: Pair) -> float:
    """Return the longest time from a publication to its effect, by the one clock of the database server."""
    async with pair.publisher.engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT id, extract(epoch FROM published_at) FROM outbox_event JOIN outbox_published USING (position)")
        )
        published = {event_id: float(at) for event_id, at in rows}
    received = await _rows(pair, "SELECT event_id, extract(epoch FROM received_at) FROM inbox_entry")
    return max(float(at) - published[event_id] for event_id, at in received)
