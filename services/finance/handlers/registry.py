"""What finance hears from the registry: enterprises, filings and titles, as projections in batches."""

from typing import Any

from services.finance.store import enterprise, filing, kv_evaluation, qualification
from shared.bus.subscription import Mode, Subscription
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import EnterpriseChanged, FilingAccepted, QualificationChanged


def _stamped(event: Envelope[Any], fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "version": event.version, "source_time": event.time}


async def mark_changed(tx: Transaction, events: list[Envelope[Any]], changed: list[str]) -> None:
    """Queue the firms that changed, each under the causation id of the last event that changed it."""
    moved = set(changed)
    causes = {event.data.uscc: event.causation_id for event in events if event.data.uscc in moved}
    for causation_id in sorted(set(causes.values())):
        usccs = sorted(uscc for uscc, cause in causes.items() if cause == causation_id)
        await kv_evaluation.mark(tx, usccs, causation_id)


async def on_enterprises_changed(tx: Transaction, events: list[Envelope[EnterpriseChanged]]) -> None:
    """Hold the newest state of each enterprise."""
    rows = [
        _stamped(event, event.data.model_dump(mode="json", exclude={"integrity"}) | event.data.integrity.model_dump())
        for event in events
    ]
    await mark_changed(tx, events, await enterprise.upsert(tx, rows))


async def on_filings_accepted(tx: Transaction, events: list[Envelope[FilingAccepted]]) -> None:
    """Hold the newest filing of each enterprise and year."""
    unused = {"science_staff", "senior_title_staff", "cost_expense_fen", "assets_fen"}
    rows = [_stamped(event, event.data.model_dump(mode="json", exclude=unused)) for event in events]
    await mark_changed(tx, events, await filing.upsert(tx, rows))


async def on_qualifications_changed(tx: Transaction, events: list[Envelope[QualificationChanged]]) -> None:
    """Hold the newest state of each title."""
    rows = [_stamped(event, event.data.model_dump(mode="json")) for event in events]
    await mark_changed(tx, events, await qualification.upsert(tx, rows))


SUBSCRIPTIONS = [
    Subscription("finance-enterprise", EnterpriseChanged, on_enterprises_changed, Mode.BATCH),
    Subscription("finance-filing", FilingAccepted, on_filings_accepted, Mode.BATCH),
    Subscription("finance-qualification", QualificationChanged, on_qualifications_changed, Mode.BATCH),
]
