"""A broker that lost the end of its stream and was given fresh events before anybody looked."""

import pytest
from sqlalchemy import text

from shared.events.envelope import to_wire
from tests.fault.bus.herd import TWICE, UNPUBLISHED, chance_of, comes_to, number, recorded, relays, seeded, workers
from tests.support.event_keys import signed
from tests.support.pair import Pair, marked, named

HELD = "SELECT count(*) FROM enterprise_name"


@pytest.mark.fault("A8")
@seeded
async def test_a_loss_that_as_many_fresh_events_cover_is_noticed_and_healed(pair: Pair, seed: int) -> None:
    chance = chance_of(seed)
    before = chance.randint(10, 40)
    async with relays(pair, 2), workers(pair, 2):
        await pair.emit(*(named(f"firm-{place}", "before") for place in range(before)), marked("firm-1"))
        await comes_to(pair.listener, HELD, before)
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 1)
        await comes_to(pair.publisher, UNPUBLISHED, 0)
    # The listener forgets, so that only a second publication can bring it back.
    async with pair.listener.engine.begin() as connection:
        await connection.execute(text("DELETE FROM enterprise_name"))
        await connection.execute(text("DELETE FROM inbox_entry WHERE handler = 'finance.enterprise'"))
    after = before + 1 + chance.randint(0, 5)
    await pair.emit(*(named(f"late-{place}", "after") for place in range(after)))
    waiting = await recorded(pair)
    async with pair.client() as client:
        js = client.jetstream()
        await pair.lose_stream(anew=True)
        # A relay that died between the acknowledgement and its mark: the numbers look whole.
        for event in waiting:
            payload = to_wire(event)
            headers = {"Nats-Msg-Id": str(event.id), **signed("registry", event.subject, payload)}
            await js.publish(event.subject, payload, headers=headers)
    async with relays(pair, 2), workers(pair, 2):
        await comes_to(pair.listener, HELD, before + after)
        await comes_to(pair.publisher, UNPUBLISHED, 0)
    assert await number(pair, TWICE) == 0
