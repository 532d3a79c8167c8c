"""Holiday notices recorded since the product was made: the registry records them, every service holds them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.transaction import Transaction
from shared.kernel.workday import PUBLISHED, HolidayNotice, WorkCalendar


@dataclass(frozen=True, slots=True)
class RecordedNotice:
    """One record: the notice, what it corrects, who recorded it and from when to when it decided."""

    id: UUID
    year: int
    number: str
    issued_on: date
    source: str
    off_days: list[str]
    work_days: list[str]
    replaces_id: UUID | None
    recorded_by: str
    recorded_at: datetime
    replaced_at: datetime | None = None

    def decided(self, at: datetime) -> bool:
        """Tell whether the year was counted by this record at an instant."""
        return self.recorded_at <= at and (self.replaced_at is None or self.replaced_at > at)

    def notice(self) -> HolidayNotice:
        """Return the notice as working days are counted by it."""
        off, work = (frozenset(map(date.fromisoformat, days)) for days in (self.off_days, self.work_days))
        return HolidayNotice(self.year, self.number, self.issued_on, self.source, off, work)


_ADD = text("""
INSERT INTO holiday_notice
    (id, year, number, issued_on, source, off_days, work_days, replaces_id, recorded_by, recorded_at)
VALUES (:id, :year, :number, :issued_on, :source, :off_days, :work_days, :replaces_id, :recorded_by, :recorded_at)
ON CONFLICT (id) DO NOTHING
""").bindparams(bindparam("off_days", type_=JSONB), bindparam("work_days", type_=JSONB))
# Whatever decided the year until now stops, named or not: a registry that lost a record records the year anew.
_REPLACE = text("""
UPDATE holiday_notice SET replaced_at = :at
WHERE year = :year AND replaced_at IS NULL AND NOT EXISTS (SELECT FROM holiday_notice AS known WHERE known.id = :id)
""")
_IN_FORCE = text("""
SELECT * FROM holiday_notice
WHERE recorded_at <= :at AND (replaced_at IS NULL OR replaced_at > :at) ORDER BY year
""")
KNOWN = "coalesce((SELECT jsonb_agg(to_jsonb(holiday_notice) ORDER BY year) FROM holiday_notice), '[]')"
"""Every record as a part of another statement, corrected ones included: read it with `calendar_in`."""
_EVERY = text("SELECT * FROM holiday_notice ORDER BY year DESC, recorded_at DESC, id")


async def work_calendar(tx: Transaction, known_at: datetime | None = None) -> WorkCalendar:
    """Return the working days as they are known now, or as they were known at `known_at`."""
    return _calendar(await _select(tx, at=known_at or tx.now))


def calendar_in(records: Iterable[Mapping[str, Any]], at: datetime) -> WorkCalendar:
    """Return the working days as they were known at an instant by the records that `KNOWN` gave."""
    return _calendar([one for one in map(_record, records) if one.decided(at)])


async def calendars(tx: Transaction) -> Callable[[datetime], WorkCalendar]:
    """Return what tells the working days as they were known at an instant; the records are read once for all."""
    every = sorted(await every_notice(tx), key=lambda one: one.year)

    def known_at(at: datetime) -> WorkCalendar:
        return _calendar([one for one in every if one.decided(at)])

    return known_at


async def in_force(tx: Transaction, year: int) -> RecordedNotice | None:
    """Return the record by which a year is counted, or None."""
    return next((one for one in await _select(tx, at=tx.now) if one.year == year), None)


async def every_notice(tx: Transaction) -> list[RecordedNotice]:
    """Return every record, newest year first, corrected ones included."""
    return [RecordedNotice(**row) for row in (await tx.session.execute(_EVERY)).mappings()]


async def keep_notice(tx: Transaction, new: RecordedNotice) -> None:
    """Keep a record; the one that it corrects stays and stops deciding. The same record again changes nothing."""
    await tx.session.execute(_REPLACE, {"at": new.recorded_at, "year": new.year, "id": new.id})
    values: dict[str, Any] = {name: getattr(new, name) for name in RecordedNotice.__dataclass_fields__}
    await tx.session.execute(_ADD, values)


def _calendar(records: Sequence[RecordedNotice]) -> WorkCalendar:
    return PUBLISHED.with_notices(one.notice() for one in records) if records else PUBLISHED


def _record(told: Mapping[str, Any]) -> RecordedNotice:
    replaced_at = told["replaced_at"]
    return RecordedNotice(
        **{
            **told,
            "id": UUID(told["id"]),
            "issued_on": date.fromisoformat(told["issued_on"]),
            "recorded_at": datetime.fromisoformat(told["recorded_at"]),
            "replaced_at": None if replaced_at is None else datetime.fromisoformat(replaced_at),
        }
    )


async def _select(tx: Transaction, *, at: datetime) -> Sequence[RecordedNotice]:
    return [RecordedNotice(**row) for row in (await tx.session.execute(_IN_FORCE, {"at": at})).mappings()]
