"""What finance hears from the registry: enterprises, filings and titles, as projections in batches."""

from functools import cache
from typing import Any

from sqlmodel import SQLModel

from services.finance.evaluation.models.enterprise import Enterprise
from services.finance.evaluation.models.filing import Filing
from services.finance.evaluation.models.qualification import Qualification
from services.finance.evaluation.store import enterprise, filing, kv_evaluation, qualification
from shared.bus.holiday_notice import holiday_notices_of
from shared.bus.subscription import Mode, Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import EnterpriseChanged, FilingAccepted, QualificationChanged


def held_fields(event: Envelope[Any], table: type[SQLModel], fields: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a projection: the fields it holds, as the owner tells them; an owner may tell more."""
    names = _names(table)
    kept = {name: value for name, value in fields.items() if name in names}
    told = {"version": event.version, "source_time": event.time, "withdrawn": event.data.withdrawn}
    return {**kept, **told}


@cache
def _names(table: type[SQLModel]) -> frozenset[str]:
    # Asked of the class for each field of each event, it cost as much as all the rest of a batch.
    return frozenset(table.model_fields)


async def mark_changed(tx: Transaction, events: list[Envelope[Any]], changed: list[str]) -> None:
    """Queue the firms that changed, each under the causation id of the last event that changed it."""
    moved = set(changed)
    await kv_evaluation.mark(tx, {event.data.uscc: event.causation_id for event in events if event.data.uscc in moved})


async def on_enterprises_changed(tx: Transaction, events: list[Envelope[EnterpriseChanged]]) -> None:
    """Hold the newest state of each enterprise, its integrity marks beside the other fields."""
    rows = [
        held_fields(event, Enterprise, event.data.model_dump(mode="json") | event.data.integrity.model_dump())
        for event in events
    ]
    await mark_changed(tx, events, await enterprise.upsert(tx, rows))


async def on_filings_accepted(tx: Transaction, events: list[Envelope[FilingAccepted]]) -> None:
    """Hold the newest filing of each enterprise and year."""
    rows = [held_fields(event, Filing, event.data.model_dump(mode="json")) for event in events]
    await mark_changed(tx, events, await filing.upsert(tx, rows))


async def on_qualifications_changed(tx: Transaction, events: list[Envelope[QualificationChanged]]) -> None:
    """Hold the newest state of each title."""
    rows = [held_fields(event, Qualification, event.data.model_dump(mode="json")) for event in events]
    await mark_changed(tx, events, await qualification.upsert(tx, rows))


SUBSCRIPTIONS = [
    Subscription("finance.enterprise", EnterpriseChanged, on_enterprises_changed, Mode.BATCH),
    Subscription("finance.filing", FilingAccepted, on_filings_accepted, Mode.BATCH),
    Subscription("finance.qualification", QualificationChanged, on_qualifications_changed, Mode.BATCH),
    holiday_notices_of("finance"),
]
