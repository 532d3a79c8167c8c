"""Cases that others hold and this service no longer knows: told once, lost with a restored backup, named one by one.

Which they are is read from the record: whoever accepts a restoration takes the lost events into it, and the case that
they speak of stands in no table. Nothing else is kept, so a case that was entered again is no longer lost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.db.transaction import Transaction
from shared.events.event import Event
from shared.events.listeners import HEARD_BY

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseKind:
    """A kind of case that others hold.

    Attributes:
        aggregate: its noun in events.
        zh: what it is, in Chinese.
        en: the same in English.
        table: where the service keeps it.
        key: column by which events name it.
        number: field of its events that people call it by.
        is_ended: whether an event, by its subject and data, ended it: an ended case harms nobody.
        ending: makes the event that ends it with others, of its last data; None where entering it anew mends it.
    """

    aggregate: str
    zh: str
    en: str
    table: str
    key: str
    number: str
    is_ended: Callable[[str, Told], bool] = lambda _subject, _told: False
    ending: Callable[[Transaction, Told], Event] | None = None


@dataclass(frozen=True, slots=True)
class LostCase:
    """One case that others hold.

    Attributes:
        kind: of case.
        id: by which events name it.
        number: that people call it by.
        since: when it was first told.
        held_by: services that heard of it.
        told: data of its last event.
    """

    kind: CaseKind
    id: str
    number: str
    since: datetime
    held_by: tuple[str, ...]
    told: Told


_LOST = """
SELECT aggregate_id, min(occurred_at) AS since, array_agg(DISTINCT subject) AS subjects,
       (array_agg(subject ORDER BY version DESC))[1] AS last_subject,
       (array_agg(data ORDER BY version DESC))[1] AS told
FROM outbox_event AS told
WHERE aggregate = :aggregate
  AND NOT EXISTS (SELECT FROM {table} AS kept WHERE CAST(kept.{key} AS text) = told.aggregate_id)
GROUP BY aggregate_id ORDER BY 2, 1
"""


class UnknownCase(Exception):  # noqa: N818  # says what is the case
    """No such case is lost, or it has ended already."""


async def lost_cases(tx: Transaction, kinds: Sequence[CaseKind]) -> list[LostCase]:
    """Return the cases that others hold, that have not ended, and that no table of this service has."""
    found = []
    for kind in kinds:
        query = text(_LOST.format(table=kind.table, key=kind.key))  # both are words of the program
        for row in await tx.session.execute(query, {"aggregate": kind.aggregate}):
            held_by = tuple(sorted({name for subject in row.subjects for name in HEARD_BY.get(subject, ())}))
            if held_by and not kind.is_ended(row.last_subject, row.told):
                number = str(row.told.get(kind.number) or row.aggregate_id)
                found.append(LostCase(kind, row.aggregate_id, number, row.since, held_by, row.told))
    return found


async def end_case(tx: Transaction, kinds: Sequence[CaseKind], *, aggregate: str, id_: str, reason: str) -> LostCase:
    """Tell everybody that a lost case has ended, for a reason that the audit keeps.

    Raises:
        UnknownCase: it is not lost, has ended, or is of a kind that is mended by entering it anew.
    """
    found = next((one for one in await lost_cases(tx, kinds) if (one.kind.aggregate, one.id) == (aggregate, id_)), None)
    if found is None or found.kind.ending is None:
        raise UnknownCase
    tx.emit(found.kind.ending(tx, found.told))
    detail = {"number": found.number, "held_by": list(found.held_by), "reason": reason}
    tx.audit("lost_case.ended", subject=f"{aggregate}/{id_}", detail=detail)
    return found
