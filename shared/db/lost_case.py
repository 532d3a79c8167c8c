"""Cases that others hold and this service no longer knows: told once, lost with a restored backup, named one by one.

Which they are is read from the record: whoever accepts a restoration takes the lost events into it, and the case that
they speak of stands in no table. Nothing else is kept, so a case that was entered again is no longer lost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import TextClause, text

from shared.db.transaction import Transaction
from shared.events.event import Event, HeldState
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
        key: fields of its events that name a case → columns of the table.
        number: field of its events that people call it by.
        where: which rows of the table are cases that others hold; empty for all.
        is_ended: whether an event, by its subject and data, ended it: an ended case harms nobody.
        ending: makes the event that ends it with others, of its last data; None where only `remedy` helps.
        remedy: what the operator does in place of ending it.
    """

    aggregate: str
    zh: str
    en: str
    table: str
    key: Mapping[str, str]
    number: str
    where: str = ""
    is_ended: Callable[[str, Told], bool] = lambda _subject, _told: False
    ending: Callable[[Transaction, Told], Event] | None = None
    remedy: str = "补录后自动恢复一致 mended by entering it again"


def kind_of_state(
    event: type[HeldState], *, zh: str, en: str, table: str, number: str, where: str = "", column: str | None = None
) -> CaseKind:
    """Return the kind of case whose whole state others hold: whoever holds a lost one is told to forget it.

    Args:
        event: that tells the state.
        zh: what it is, in Chinese.
        en: the same in English.
        table: where the service keeps it.
        number: field of the event that people call it by.
        where: which rows of the table others hold; empty for all.
        column: of the table, where the event names the one field of its key otherwise.
    """

    def withdrawn(_tx: Transaction, told: Told) -> Event:
        return event.model_validate_json(orjson.dumps({**told, "withdrawn": True}))

    return CaseKind(
        aggregate=event.aggregate,
        zh=zh,
        en=en,
        table=table,
        key={name: column or name for name in event.key},
        number=number,
        where=where,
        is_ended=lambda _subject, told: told.get("withdrawn") is True,
        ending=withdrawn,
    )


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


# What others do not hear says nothing of what they hold.
_LOST = """
SELECT last.aggregate_id, last.subject, last.data AS told, heard.since, heard.subjects FROM (
    SELECT DISTINCT ON (aggregate_id) aggregate_id, subject, data FROM outbox_event
    WHERE aggregate = :aggregate AND subject = ANY(CAST(:heard AS text[]))
      AND (CAST(:id AS text) IS NULL OR aggregate_id = :id)
    ORDER BY aggregate_id, version DESC
) AS last
CROSS JOIN LATERAL (
    SELECT min(occurred_at) AS since, array_agg(DISTINCT subject) AS subjects FROM outbox_event AS one
    WHERE (one.aggregate, one.aggregate_id) = (:aggregate, last.aggregate_id)
      AND one.subject = ANY(CAST(:heard AS text[]))
) AS heard
WHERE NOT EXISTS (SELECT FROM {table} AS kept WHERE {same}{where})
ORDER BY heard.since, last.aggregate_id
"""


class UnknownCase(Exception):  # noqa: N818  # says what is the case
    """No such case is lost, or it has ended already."""


async def lost_cases(tx: Transaction, kinds: Sequence[CaseKind], id_: str | None = None) -> list[LostCase]:
    """Return the cases that others hold, that have not ended, and that no table of this service has.

    Args:
        tx: the transaction.
        kinds: of cases that are looked for.
        id_: of the one case that is looked for; None looks for all.
    """
    found = []
    for kind in kinds:
        words = {"aggregate": kind.aggregate, "heard": list(HEARD_BY), "id": id_}
        for row in await tx.session.execute(_query(kind), words):
            if not kind.is_ended(row.subject, row.told):
                held_by = tuple(sorted({name for subject in row.subjects for name in HEARD_BY[subject]}))
                number = str(row.told.get(kind.number) or row.aggregate_id)
                found.append(LostCase(kind, row.aggregate_id, number, row.since, held_by, row.told))
    return found


def _query(kind: CaseKind) -> TextClause:
    """Return the question for the lost cases of a kind; tables, columns and fields are words of the program."""
    same = " AND ".join(f"CAST(kept.{column} AS text) = last.data ->> '{name}'" for name, column in kind.key.items())
    return text(_LOST.format(table=kind.table, same=same, where=f" AND kept.{kind.where}" if kind.where else ""))


async def end_case(tx: Transaction, kinds: Sequence[CaseKind], *, aggregate: str, id_: str, reason: str) -> LostCase:
    """Tell everybody that a lost case has ended, for a reason that the audit keeps.

    Raises:
        UnknownCase: it is not lost, has ended, or is of a kind that is mended by entering it anew.
    """
    found = next(iter(await lost_cases(tx, [one for one in kinds if one.aggregate == aggregate], id_)), None)
    if found is None or found.kind.ending is None:
        raise UnknownCase
    tx.emit(found.kind.ending(tx, found.told))
    detail = {"number": found.number, "held_by": list(found.held_by), "reason": reason}
    tx.audit("lost_case.ended", subject=f"{aggregate}/{id_}", detail=detail)
    return found
