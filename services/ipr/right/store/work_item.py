"""Waiting rights: the IP centre sees what it enters, a firm the fees of its patents, city and auditor the rest."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, or_, select
from sqlmodel import col

from services.ipr.right.models.enterprise import Enterprise
from services.ipr.right.models.right import RightOwner
from services.ipr.right.models.work_item import ITEMS, WorkItem
from services.ipr.right.rules.annuity import anniversaries_due
from services.ipr.right.rules.right_kind import numbers_kept
from services.ipr.right.rules.work_item import OF_ALL, WAITS_FOR
from shared.db.selection import Asked, Selection, by_time, due_first
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.sort import Sort
from shared.kernel.types import CodeText, LooseUscc, UnitId
from shared.kernel.work_item import DueStatus, ahead_days, last_day_soon
from shared.kernel.workday import PUBLISHED

SCOPE = "ipr.right:read"
"""Reads rights: who lacks it does not see them here either."""
_SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.SYSTEM})


def _owned(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    owners = select(col(RightOwner.right_id)).where(col(RightOwner.right_id) == ITEMS.c.id, condition)
    return exists(owners.outerjoin(Enterprise, col(Enterprise.uscc) == col(RightOwner.uscc)))


def _visible_rows(tx: Transaction) -> Select[Any]:
    actor, rows = tx.actor, select(WorkItem)
    if SCOPE not in actor.scopes:
        return rows.where(false())
    if actor.role in _SEES_ALL:
        return rows.where(ITEMS.c.kind.in_(OF_ALL))
    mine = rows.where(ITEMS.c.waits_for == actor.role.value)
    if actor.role is Role.IP_CENTRE:
        return mine
    if actor.role is not Role.ENTERPRISE or actor.party is None:
        return rows.where(false())
    until = tx.today + timedelta(days=ahead_days())
    # A condition of a list is made without asking the database, so it knows the notices of the product alone.
    days = anniversaries_due(tx.today, until, PUBLISHED)
    return mine.where(ITEMS.c.enterprise_uscc == actor.party, ITEMS.c.due_on.between(*days))


def _due(tx: Transaction, wanted: Sequence[DueStatus]) -> ColumnElement[bool]:
    """Return the condition of the days that are asked for; an overdue fee may have been paid and waits no more."""
    _, soon = anniversaries_due(tx.today, last_day_soon(tx.today), PUBLISHED)
    conditions = {
        DueStatus.OVERDUE: false(),
        DueStatus.SOON: ITEMS.c.due_on <= soon,
        DueStatus.LATER: ITEMS.c.due_on > soon,
        DueStatus.NONE: ITEMS.c.due_on.is_(None),
    }
    return or_(*(conditions[one] for one in wanted))


LIST = Selection(
    rows=_visible_rows,
    sorts={
        Sort.DUE: due_first(ITEMS.c.due_on, ITEMS.c.id),
        **by_time(ITEMS.c.since_at, ITEMS.c.id),
    },
    among={"kind": ITEMS.c.kind},
    asked={
        "case_no": Asked(CodeText, lambda _, number: ITEMS.c.case_no.in_(numbers_kept(number))),
        "enterprise_uscc": Asked(LooseUscc, lambda _, uscc: _owned(col(RightOwner.uscc) == uscc)),
        "unit_id": Asked(UnitId, lambda _, unit_id: _owned(col(Enterprise.unit_id) == unit_id)),
        "due_status": Asked(DueStatus, _due, several=True),
    },
    states="kind",
    counted=tuple(WAITS_FOR),
)
"""What waiting rights may be narrowed and sorted by."""
