"""Events out of order and events that never come: applied in order, or parked in the open, never over a gap."""

import pytest
from sqlalchemy import text

from shared.bus.subscription import Mode, Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import EnterpriseChanged, IntegrityChanged
from tests.fault.bus.herd import (
    FIRMS,
    TWICE,
    UNPUBLISHED,
    WAITING,
    chance_of,
    comes_to,
    drained,
    number,
    publish_raw,
    recorded,
    relays,
    seeded,
    workers,
)
from tests.support.outbox_marks import published_unsent, waiting_again
from tests.support.pair import Pair, marked, named


class Journal:
    """Handlers of every kind beside the pair's own: what they were given, in the order of the commits."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self.states: list[tuple[str, int]] = []

    async def state(self, _tx: Transaction, event: Envelope[EnterpriseChanged]) -> None:
        """Keep a state that is handled singly, under the row lock of its cursor."""
        self.states.append((event.aggregate_id, event.version))

    async def gather(self, tx: Transaction, events: list[Envelope[IntegrityChanged]]) -> None:
        """Write happenings of a batch down in the database."""
        for event in events:
            await tx.session.execute(text("INSERT INTO effect VALUES (:id, 1)"), {"id": f"batch {event.id}"})

    def subscriptions(self) -> list[Subscription]:
        """Return all handlers."""
        return [
            *self._pair.handlers.subscriptions(),
            Subscription("finance.state", EnterpriseChanged, self.state),
            Subscription("finance.batch", IntegrityChanged, self.gather, Mode.BATCH),
        ]


@pytest.mark.fault("B3")
@seeded
async def test_events_in_any_order_have_the_effect_of_the_right_one(pair: Pair, seed: int) -> None:
    chance = chance_of(seed)
    journal = Journal(pair)
    for round_ in range(6):
        await pair.emit(*(event for firm in FIRMS for event in (named(firm, f"{round_}"), marked(firm))))
    events = await recorded(pair)
    chance.shuffle(events)
    await publish_raw(pair, events)
    async with workers(pair, 3, journal.subscriptions()):
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 48)
        await drained(pair)
        await comes_to(pair.listener, WAITING, 0)
    assert await number(pair, TWICE) == 0
    for firm in FIRMS:
        assert [sequence for name, sequence in pair.handlers.happened if name == firm] == [1, 2, 3, 4, 5, 6]
        versions = [version for name, version in journal.states if name == firm]
        assert versions == sorted(set(versions))
        assert versions[-1] == 11
    assert await number(pair, "SELECT count(*) FROM enterprise_name WHERE name = '5' AND version = 11") == 4


@pytest.mark.fault("B4")
@seeded
async def test_what_comes_after_an_event_that_never_came_is_parked_and_the_rest_flows(pair: Pair, seed: int) -> None:
    chance = chance_of(seed)
    for _ in range(7):
        await pair.emit(marked("gap"), marked("whole"))
    missing = chance.randint(2, 6)
    events = [one for one in await recorded(pair) if (one.aggregate_id, one.sequence) != ("gap", missing)]
    async with pair.publisher.engine.begin() as connection:
        await connection.execute(text(published_unsent()))
    await publish_raw(pair, events)
    async with workers(pair, 3):
        await comes_to(pair.listener, f"{WAITING} AND reason LIKE 'gap:%'", 7 - missing)
        await drained(pair)
        assert sorted(pair.handlers.happened) == sorted(
            [("gap", place) for place in range(1, missing)] + [("whole", place) for place in range(1, 8)]
        )
        async with pair.publisher.engine.begin() as connection:
            await connection.execute(text(waiting_again(f"aggregate_id = 'gap' AND sequence = {missing}")))
        async with relays(pair, 1):
            # Nobody has to do anything: the letters are replayed once the one before them has come.
            await comes_to(pair.listener, WAITING, 0)
            await comes_to(pair.publisher, UNPUBLISHED, 0)
    assert [place for name, place in pair.handlers.happened if name == "gap"] == list(range(1, 8))
    assert await number(pair, TWICE) == 0
