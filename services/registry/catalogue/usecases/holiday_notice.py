"""Record the State Council's holiday notice of a year; every service is told."""

from uuid import UUID

from services.registry.catalogue.rules import holiday_notice as rules
from services.registry.catalogue.rules.holiday_notice import HolidayNoticeTerms
from shared.db.holiday_notice import RecordedNotice, in_force, keep_notice
from shared.db.lock import lock_transaction
from shared.db.transaction import Transaction
from shared.events.registry import HolidayNoticeRecorded
from shared.kernel.actor import Role

RECORDERS = frozenset({Role.CITY, Role.SYSTEM})


async def record_notice(tx: Transaction, terms: HolidayNoticeTerms, *, notice_id: UUID) -> RecordedNotice:
    """Record what was published; the city's officer does. What was counted before stays as it was counted.

    Raises:
        Refusal: `forbidden_role`; and all of `rules.holiday_notice.record`.
    """
    tx.actor.must_be(RECORDERS)
    await lock_transaction(tx.session, "holiday_notice")
    held = await in_force(tx, terms.year)
    rules.record(
        terms,
        held_id=None if held is None else held.id,
        held_number="" if held is None else held.number,
        today=tx.today,
    )
    made = RecordedNotice(
        id=notice_id,
        year=terms.year,
        number=terms.number,
        issued_on=terms.issued_on,
        source=terms.source,
        off_days=[on.isoformat() for on in sorted(set(terms.off_days))],
        work_days=[on.isoformat() for on in sorted(set(terms.work_days))],
        replaces_id=terms.replaces_id,
        recorded_by=tx.actor.client_id,
        recorded_at=tx.now,
    )
    await keep_notice(tx, made)
    tx.emit(HolidayNoticeRecorded.of(made, notice_id=made.id))
    tx.audit(
        "holiday_notice.record",
        subject=f"holiday_notice/{notice_id}",
        detail={"year": terms.year, "number": terms.number, "source": terms.source},
    )
    return made
