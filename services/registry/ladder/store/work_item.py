"""Waiting cases: a district and a firm see what waits for them, the city and the auditor all."""

from typing import Any

from sqlalchemy import Select, false, select

from services.registry.ladder.models.work_item import ITEMS, WorkItem
from shared.db.selection import Selection, by_time, due_first
from shared.db.transaction import Transaction
from shared.db.work_item import due_filter
from shared.kernel.actor import Role
from shared.kernel.sort import Sort
from shared.kernel.work_item import WorkKind

SCOPES = {
    WorkKind.REGISTER_APPLICATION: "registry.enterprise:read",
    WorkKind.ANNUAL_FILING: "registry.enterprise:read",
}
"""Kind → scope that reads its cases: who lacks it does not see them here either."""
_SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.SYSTEM})


def _visible_rows(tx: Transaction) -> Select[Any]:
    actor = tx.actor
    kinds = [kind for kind, scope in SCOPES.items() if scope in actor.scopes]
    rows = select(WorkItem).where(ITEMS.c.kind.in_(kinds))
    if actor.role in _SEES_ALL:
        return rows
    own = rows.where(ITEMS.c.waits_for == actor.role.value)
    if actor.role is Role.DISTRICT and actor.unit_id is not None:
        return own.where(ITEMS.c.unit_id == actor.unit_id)
    if actor.role is Role.ENTERPRISE and actor.party is not None:
        return own.where(ITEMS.c.enterprise_uscc == actor.party)
    return rows.where(false())


LIST = Selection(
    rows=_visible_rows,
    sorts={
        Sort.DUE: due_first(ITEMS.c.due_on, ITEMS.c.id),
        **by_time(ITEMS.c.since_at, ITEMS.c.id),
    },
    same={
        "case_no": ITEMS.c.case_no,
        "enterprise_uscc": ITEMS.c.enterprise_uscc,
        "unit_id": ITEMS.c.unit_id,
    },
    among={"kind": ITEMS.c.kind},
    days={"due": ITEMS.c.due_on},
    asked={"due_status": due_filter(ITEMS.c.due_on)},
    states="kind",
    counted=tuple(SCOPES),
)
"""What waiting cases may be narrowed and sorted by."""
