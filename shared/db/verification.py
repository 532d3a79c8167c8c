"""What must find nothing in a database: each check is one question that names what does not agree.

Nothing here trusts a stored sum to find a sum. A service adds the questions of its own ledgers: statements, and walks
where only its rules can count anew.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from shared.db.transaction import Transaction
from shared.events.event import Event

_NAMED = 5
_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Check:
    """One question.

    Attributes:
        zh: what must agree, in Chinese.
        en: the same in English.
        query: returns one text for each case that does not; a case is named by its number, never by a person.
    """

    zh: str
    en: str
    query: str


@dataclass(frozen=True, slots=True)
class Walk:
    """One question that the rules of a service answer, by counting anew what they counted once.

    Attributes:
        zh: what must agree, in Chinese.
        en: the same in English.
        cases: yields one text for each case that does not, named by its number, never by a person.
    """

    zh: str
    en: str
    cases: Callable[[Transaction], AsyncIterator[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found.

    Attributes:
        check: the question.
        count: how many cases do not agree; 0 is good.
        named: the first of them.
    """

    check: Check | Walk
    count: int
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiscardedEvent:
    """An event of the stream that an operator took out of the record.

    Attributes:
        event_id: of it.
        discarded_at: when.
        discarded_by: the operator's name in the audit; None where the audit of that time is gone.
        reason: as he gave it.
    """

    event_id: UUID
    discarded_at: datetime
    discarded_by: str | None
    reason: str


# A number that was set aside after a restoration, or discarded as foreign, is no hole.
RECORD_CHECKS = (
    Check(
        "已发布事件的版本号连续",
        "versions of events have no hole",
        """
        SELECT aggregate || ' ' || aggregate_id FROM (
            SELECT aggregate, aggregate_id, version FROM outbox_event
            UNION SELECT aggregate, aggregate_id, version FROM discarded_event
        ) AS taken GROUP BY aggregate, aggregate_id
        HAVING count(*) FILTER (WHERE version < 4611686018427387904)
            < max(version) FILTER (WHERE version < 4611686018427387904)
        """,
    ),
    Check(
        "每类事件的序号连续",
        "sequences of each event have no hole",
        """
        SELECT subject || ' ' || aggregate_id FROM outbox_event GROUP BY subject, aggregate, aggregate_id
        HAVING count(*) <> max(sequence) OR count(DISTINCT sequence) <> count(*) OR min(sequence) <> 1
        """,
    ),
    Check(
        "事件计数器与记录一致",
        "counters of events agree with the record",
        """
        SELECT coalesce(nullif(counter.subject, ''), counter.aggregate) || ' ' || counter.aggregate_id
        FROM event_counter AS counter LEFT JOIN (
            SELECT aggregate, aggregate_id, '' AS subject, max(version) AS value FROM outbox_event GROUP BY 1, 2
            UNION ALL SELECT aggregate, aggregate_id, subject, max(sequence) FROM outbox_event GROUP BY 1, 2, 3
        ) AS told USING (aggregate, aggregate_id, subject)
        WHERE counter.value < coalesce(told.value, 0)
        """,
    ),
    Check(
        "没有超过一分钟仍未发布的事件",
        "no event waits for its publication for more than a minute",
        """
        SELECT subject || ' ' || aggregate_id FROM outbox_waiting JOIN outbox_event USING (position)
        WHERE outbox_waiting.occurred_at < now() - interval '1 minute' ORDER BY position
        """,
    ),
    Check(
        "每条事件或待发布，或已发布",
        "each event waits or was published",
        """
        SELECT subject || ' ' || aggregate_id FROM outbox_event AS event
        WHERE NOT EXISTS (SELECT FROM outbox_waiting WHERE position = event.position)
          AND NOT EXISTS (SELECT FROM outbox_published WHERE position = event.position AND published_at IS NOT NULL)
        ORDER BY event.position
        """,
    ),
    Check(
        "没有待处理的死信",
        "no dead letter waits",
        """
        SELECT '#' || id || ' ' || handler FROM dead_letter
        WHERE replayed_at IS NULL AND discarded_at IS NULL ORDER BY id
        """,
    ),
    Check(
        "没有待确认的历史中断",
        "no break of the history waits for an operator",
        "SELECT '#' || id FROM history_break WHERE accepted_at IS NULL",
    ),
)

_TOLD = text("""
SELECT position, id, aggregate_id, version FROM outbox_event JOIN outbox_published USING (position)
WHERE subject = :subject AND position > :after AND published_at < now() - interval '1 minute'
ORDER BY position LIMIT :chunk
""")
_UNHEARD = text("""
SELECT told.aggregate_id || ' v' || told.version FROM unnest(
    CAST(:ids AS uuid[]), CAST(:aggregate_ids AS text[]), CAST(:versions AS bigint[])
) AS told (id, aggregate_id, version)
WHERE NOT EXISTS (SELECT FROM inbox_entry WHERE handler = :handler AND event_id = told.id)
  AND NOT EXISTS (
    SELECT FROM inbox_cursor AS held WHERE CAST(:may_skip AS boolean)
    AND (held.handler, held.subject, held.aggregate_id) = (:handler, :subject, told.aggregate_id)
    AND held.value >= told.version)
  AND NOT EXISTS (
    SELECT FROM dead_letter WHERE handler = :handler AND event_id = told.id AND replayed_at IS NULL)
""")
_HEARD = text("""
SELECT event_id FROM inbox_entry WHERE handler = :handler AND event_id > :after ORDER BY event_id LIMIT :chunk
""")
_STRANGERS = text("""
SELECT CAST(heard.id AS text) FROM unnest(CAST(:ids AS uuid[])) AS heard (id)
WHERE NOT EXISTS (SELECT FROM outbox_event WHERE id = heard.id)
  AND NOT EXISTS (SELECT FROM discarded_event WHERE event_id = heard.id)
""")
_DISCARDED = text("""
SELECT gone.event_id, gone.discarded_at, gone.reason, accepted.client_id
FROM discarded_event AS gone LEFT JOIN LATERAL (
    SELECT client_id FROM audit_entry
    WHERE action = 'history.accept_restore' AND subject = 'history_break/' || gone.break_id
    ORDER BY position DESC LIMIT 1
) AS accepted ON true
WHERE gone.subject = :subject ORDER BY gone.discarded_at, gone.event_id
""")
_AMONG = text("SELECT event_id FROM inbox_entry WHERE handler = :handler AND event_id = ANY(CAST(:ids AS uuid[]))")
_UNLIMITED = text("SET LOCAL statement_timeout = 0")
_FIRST = UUID(int=0)


async def asked(tx: Transaction, checks: Sequence[Check | Walk]) -> list[Found]:
    """Ask each question of a database."""
    await tx.session.execute(_UNLIMITED)
    found = []
    for check in checks:
        rows = [case async for case in _cases(tx, check)]
        found.append(Found(check, len(rows), tuple(rows[:_NAMED])))
    return found


async def _cases(tx: Transaction, check: Check | Walk) -> AsyncIterator[str]:
    if isinstance(check, Walk):
        async for case in check.cases(tx):
            yield case
        return
    for row in await tx.session.execute(text(check.query)):
        yield str(row[0])


def told_as_it_stands(
    event: type[Event], *, zh: str, en: str, table: str, key: str, same: Mapping[str, str], where: str = "true"
) -> Check:
    """Return the question whether what was told last of each row is what stands; who was told otherwise goes on by it.

    Args:
        event: that tells the state of a row.
        zh: what must agree, in Chinese.
        en: the same in English.
        table: where the state stands; `kept` in what follows.
        key: the id by which the event names a row, as SQL.
        same: field of the event → what stands, as SQL. A field that an older version did not tell is passed over.
        where: which rows are told at all, as SQL.
    """
    differs = " OR ".join(
        f"last.data -> '{name}' IS NOT NULL AND last.data -> '{name}' <> coalesce(to_jsonb({stands}), 'null')"
        for name, stands in same.items()
    )
    return Check(
        zh,
        en,
        f"""
        SELECT {key} FROM {table} AS kept LEFT JOIN LATERAL (
            SELECT data FROM outbox_event WHERE subject = '{event.subject}'
            AND (aggregate, aggregate_id) = ('{event.aggregate}', {key}) ORDER BY version DESC LIMIT 1
        ) AS last ON true
        WHERE ({where}) AND (last.data IS NULL OR last.data -> 'withdrawn' = 'true' OR {differs})
        """,  # noqa: S608  # names come from the program
    )


def numbers_are_counted(*tables: str) -> Check:
    """Return the question whether each counter of case numbers stands at or above every number that was given."""
    given = " UNION ALL ".join(f"SELECT case_no FROM {table}" for table in tables)  # noqa: S608  # names of the program
    return Check(
        "案件编号计数不低于已发编号",
        "counters of case numbers stand above every number that was given",
        f"""
        SELECT taken.prefix FROM (
            SELECT substring(case_no from '^(.*)-') AS prefix,
                max(CAST(substring(case_no from '-[0-9]([0-9]+)$') AS bigint)) AS highest
            FROM ({given} UNION ALL SELECT data ->> 'case_no' FROM outbox_event) AS given
            WHERE case_no ~ '^KC-[0-9]{{4}}-[0-9]{{6}}-[0-9]{{6,}}$' GROUP BY 1
        ) AS taken LEFT JOIN case_number AS counter USING (prefix) WHERE coalesce(counter.value, 0) < taken.highest
        """,  # noqa: S608  # names come from the program
    )


async def unheard(
    publisher: Transaction, listener: Transaction, *, subject: str, handler: str, may_skip: bool
) -> AsyncIterator[str]:
    """Yield each event that its listener should have heard a minute ago and neither applied nor parked.

    Args:
        publisher: a transaction of the database whose outbox has the event.
        listener: one of the database that hears it.
        subject: of the event.
        handler: name under which the listener notes it.
        may_skip: whether a state that is older than what is held is skipped and not noted.
    """
    after = 0
    while rows := list(await publisher.session.execute(_TOLD, {"subject": subject, "after": after, "chunk": _CHUNK})):
        after = rows[-1].position
        words = {
            "ids": [row.id for row in rows],
            "aggregate_ids": [row.aggregate_id for row in rows],
            "versions": [row.version for row in rows],
            "handler": handler,
            "subject": subject,
            "may_skip": may_skip,
        }
        for row in await listener.session.execute(_UNHEARD, words):
            yield str(row[0])


async def strangers(publisher: Transaction, listener: Transaction, *, handler: str) -> AsyncIterator[str]:
    """Yield the id of each event that took effect with a listener and that its publisher does not know.

    It knows what is in its record, and what an operator discarded: that was judged, see `discarded`.
    """
    after = _FIRST
    while rows := list(await listener.session.execute(_HEARD, {"handler": handler, "after": after, "chunk": _CHUNK})):
        after = rows[-1].event_id
        for row in await publisher.session.execute(_STRANGERS, {"ids": [one.event_id for one in rows]}):
            yield str(row[0])


async def discarded(
    publisher: Transaction, listener: Transaction, *, subject: str, handler: str
) -> Sequence[DiscardedEvent]:
    """Return the events that an operator of the publisher discarded after they had taken effect with a listener."""
    gone = [
        DiscardedEvent(row.event_id, row.discarded_at, row.client_id, row.reason)
        for row in await publisher.session.execute(_DISCARDED, {"subject": subject})
    ]
    words = {"handler": handler, "ids": [one.event_id for one in gone]}
    heard = set((await listener.session.execute(_AMONG, words)).scalars()) if gone else set()
    return [one for one in gone if one.event_id in heard]
