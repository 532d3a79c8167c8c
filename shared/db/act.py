"""Acts as the audit record keeps them, and what was decided decided anew by the rule sets that the record names."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import inspect as sql_inspect
from sqlalchemy import select, text
from sqlalchemy.orm import defer
from sqlmodel import SQLModel, col

from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.personal import PersonalColumn
from shared.policy.book import RuleBook

Row = TypeVar("Row", bound=SQLModel)
_AT_ONCE = 500
_FIRST = UUID(int=0)
_ACTS = text("""
SELECT DISTINCT ON (subject) subject, at, detail -> 'rule_sets' AS rule_sets FROM audit_entry
WHERE action = :action AND outcome = 'done' ORDER BY subject, position DESC
""")


@dataclass(frozen=True, slots=True)
class Act:
    """The last time that something was done to a case.

    Attributes:
        at: when, UTC.
        rule_sets: names of the rule sets that decided; none where an act is older than the record of them.
    """

    at: datetime
    rule_sets: tuple[str, ...]


async def last_acts(tx: Transaction, action: str) -> dict[str, Act]:
    """Return the last time that `action` was done, by its subject (`<noun>/<id>`)."""
    rows = await tx.session.execute(_ACTS, {"action": action})
    return {row.subject: Act(row.at, tuple(row.rule_sets or ())) for row in rows}


def is_decided_alike(act: Act | None, book: RuleBook, again: Callable[[RuleBook], bool]) -> bool:
    """Return whether deciding anew, by the rule sets that the act names, ends as it was kept.

    Args:
        act: the act; where it is not on record, the rule sets of the day decide.
        book: every version that the service holds.
        again: decides anew and compares; a refusal is another end.
    """
    try:
        return again(book.naming(act.rule_sets if act is not None else ()))
    except (LookupError, Refusal):
        return False


async def every_row(tx: Transaction, table: type[Row]) -> AsyncIterator[Row]:
    """Yield the rows of a table in order of their ids, some hundred read at once; personal data stay unread."""
    last, key = _FIRST, col(table.id)  # type: ignore[attr-defined]  # every table of cases has an id
    personal = [one.key for one in sql_inspect(table).columns if isinstance(one.type, PersonalColumn)]
    unread = [defer(getattr(table, name), raiseload=True) for name in personal]
    query = select(table).options(*unread).order_by(key).limit(_AT_ONCE)
    while rows := (await tx.session.execute(query.where(key > last))).scalars().all():
        for row in rows:
            yield row
        last = rows[-1].id  # type: ignore[attr-defined]
        tx.session.expunge_all()
