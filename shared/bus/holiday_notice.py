"""What every service hears of holiday notices: it keeps the registry's records, to count working days by them."""

from shared.bus.subscription import Subscription
from shared.db.holiday_notice import RecordedNotice, keep_notice
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import HolidayNoticeRecorded


async def on_notice_recorded(tx: Transaction, event: Envelope[HolidayNoticeRecorded]) -> None:
    """Keep one record; it decides here from the instant at which the registry recorded it."""
    said = event.data
    await keep_notice(
        tx,
        RecordedNotice(
            id=said.notice_id,
            year=said.year,
            number=said.number,
            issued_on=said.issued_on,
            source=said.source,
            off_days=[on.isoformat() for on in said.off_days],
            work_days=[on.isoformat() for on in said.work_days],
            replaces_id=said.replaces_id,
            recorded_by=said.recorded_by,
            recorded_at=said.recorded_at,
        ),
    )


def holiday_notices_of(service: str) -> Subscription:
    """Return the subscription of a service to the registry's holiday notices."""
    return Subscription(f"{service}.holiday_notice", HolidayNoticeRecorded, on_notice_recorded)
