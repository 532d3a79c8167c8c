"""What others hold of a service that lost it with a restored backup: every kind has a name, and a way to its end."""

from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import MetaData

from shared.bus.subscription import Subscription
from shared.command.lost_case import kinds_of
from shared.db.migrate import metadata_of
from shared.events.asyncapi import envelope_example
from shared.events.catalogue import CATALOGUE
from shared.events.event import Event, HeldState
from shared.events.listeners import HEARD_BY
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service
from tests.support.source import SERVICES


def told_example(event: type[Event], **changes: Any) -> Event:
    """Return the made-up event of the catalogue."""
    schema = event.model_json_schema()
    data = envelope_example(event, {event.__name__: schema, **schema.get("$defs", {})})["data"]
    return event.model_validate({**data, **changes}, strict=False)


def subscriptions(service: str) -> tuple[Subscription, ...]:
    """Return what a service listens to."""
    found: tuple[Subscription, ...] = import_module(f"services.{service}.app").SUBSCRIPTIONS
    return found


def projections(metadata: MetaData) -> set[str]:
    """Return the tables that hold facts of others: each says when its owner told them."""
    return {name for name, table in metadata.tables.items() if "source_time" in table.columns}


@pytest.mark.parametrize("subject", sorted(HEARD_BY))
def test_every_event_that_others_hear_is_of_a_kind_that_its_owner_can_name_and_end(subject: str) -> None:
    event = CATALOGUE[subject]
    kinds = [one for one in kinds_of(event.publisher()) if one.aggregate == event.aggregate]
    assert len(kinds) == 1, f"{event.publisher()} names no kind of lost cases for {event.aggregate}"
    (kind,) = kinds
    assert kind.ending is not None or "kechuang " in kind.remedy, (
        f"a lost {event.aggregate} is neither ended nor mended"
    )
    table = metadata_of(event.publisher()).tables[kind.table]
    assert set(kind.key.values()) <= set(table.columns.keys())
    assert {*kind.key, kind.number} <= set(event.model_fields)
    assert issubclass(event, HeldState) or event.ordering.value == "happening", "who holds a state is told to forget it"


async def held(service: RunningService) -> dict[str, int]:
    """Return how many facts of others each table holds."""
    tables = projections(metadata_of(service.name))
    return {name: (await service.rows(f'SELECT count(*) AS n FROM "{name}"'))[0]["n"] for name in sorted(tables)}


@pytest.mark.parametrize("name", SERVICES)
async def test_whoever_holds_a_state_forgets_it_when_its_owner_withdraws_it(
    name: str, postgres: DatabaseServer
) -> None:
    states = [one.event for one in subscriptions(name) if issubclass(one.event, HeldState)]
    others = [one.event for one in subscriptions(name) if not issubclass(one.event, HeldState)]
    async with running_service(name, postgres) as service:
        for event in others:
            await service.deliver(told_example(event))
        kept = await held(service)
        for event in states:
            known, gone = told_example(event), told_example(event, withdrawn=True)
            await service.deliver(known, version=1)
            after = await held(service)
            assert sum(after.values()) == sum(kept.values()) + 1, f"{event.subject} is held nowhere"
            await service.deliver(gone, version=3)
            assert await held(service) == kept, f"{event.subject} is not forgotten"
            await service.deliver(known, version=2)
            assert await held(service) == kept, f"an older {event.subject} came back"
            await service.deliver(known, version=4)
            assert await held(service) == after, f"{event.subject} is not held again"
            kept = after
        unseen = {table for table, count in kept.items() if not count}
        assert not unseen, f"no event fills {unseen}: nothing tells who would empty it"
