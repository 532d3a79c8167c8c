"""Waiting cases: a bank, a firm and the fund see what waits for them, the city and the auditor all."""

from typing import Any

from sqlalchemy import Select, select

from services.finance import party
from services.finance.lending.models.work_item import ITEMS, WorkItem
from services.finance.partner.store.consent import held_beside
from services.finance.scope import SEES_ALL, visible
from shared.db.selection import Selection, by_time, due_first
from shared.db.transaction import Transaction
from shared.db.work_item import due_filter
from shared.kernel.actor import Role
from shared.kernel.sort import Sort
from shared.kernel.work_item import WorkKind

SCOPES = {WorkKind.LOAN_APPLICATION: "credit.application:read", WorkKind.COVER: "fund.cover:read"}
"""Kind → scope that reads its cases: who lacks it does not see them here either."""


def _visible_rows(tx: Transaction) -> Select[Any]:
    rows = visible(
        select(WorkItem),
        tx.actor,
        enterprise=ITEMS.c.enterprise_uscc,  # type: ignore[arg-type]  # a column of the union
        bank=ITEMS.c.bank_uscc,  # type: ignore[arg-type]  # the same
        sees_all=SEES_ALL | {Role.FUND_MANAGER},
    )
    kinds = [kind for kind, scope in SCOPES.items() if scope in tx.actor.scopes]
    rows = rows.where(ITEMS.c.kind.in_(kinds))
    return rows if tx.actor.role in SEES_ALL else rows.where(ITEMS.c.waits_for == tx.actor.role.value)


LIST = Selection(
    rows=_visible_rows,
    sorts={
        Sort.DUE: due_first(ITEMS.c.due_on, ITEMS.c.id),
        **by_time(ITEMS.c.since_at, ITEMS.c.id),
    },
    same={
        "case_no": ITEMS.c.case_no,
        "enterprise_uscc": ITEMS.c.enterprise_uscc,
        "bank_uscc": ITEMS.c.bank_uscc,
        "unit_id": ITEMS.c.unit_id,
    },
    among={"kind": ITEMS.c.kind},
    days={"due": ITEMS.c.due_on},
    asked={"due_status": due_filter(ITEMS.c.due_on)},
    states="kind",
    counted=tuple(SCOPES),
    beside={
        "enterprise_name": party.named("work_item.enterprise_uscc"),
        "consents": held_beside("work_item"),
    },
)
"""What waiting cases may be narrowed and sorted by."""
