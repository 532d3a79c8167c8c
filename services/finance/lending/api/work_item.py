"""Routes of the cases of lending that wait (待办事项)."""

from collections.abc import Sequence
from typing import Any

from services.finance.lending.models.work_item import WorkItem
from services.finance.lending.rules import application_act, cover_act
from services.finance.lending.rules.application_act import ApplicationStanding
from services.finance.lending.rules.cover import CoverStatus
from services.finance.lending.rules.cover_act import CoverStanding
from services.finance.lending.rules.loan_application import ApplicationFlag, ApplicationStatus
from services.finance.lending.rules.work_item import APPLICATION_ASKS, COVER_ASKS
from services.finance.lending.store import work_item as items
from services.finance.partner.store.consent import held_in
from shared.db.transaction import Transaction
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role
from shared.kernel.work_item import WorkKind, due_status
from shared.policy.book import RuleBook
from shared.web.work_item import WorkItemRead, work_item_router


def _asked(row: WorkItem) -> tuple[str, str]:
    if row.kind is WorkKind.COVER:
        return COVER_ASKS[CoverStatus(row.status)]
    return APPLICATION_ASKS[ApplicationStatus(row.status)]


def _actions(tx: Transaction, row: Any) -> list[ActionRead]:  # noqa: ANN401  # a case, consents beside
    bodies = {Role.ENTERPRISE: row.enterprise_uscc, Role.BANK: row.bank_uscc}
    if row.kind is WorkKind.COVER:
        cover = CoverStanding(CoverStatus(row.status), row.outstanding_fen or 0)
        return actions(cover_act.ACTS, cover, tx.actor, {**bodies, Role.FUND_MANAGER: None})
    application = ApplicationStanding(
        status=ApplicationStatus(row.status),
        flag=None if row.flag is None else ApplicationFlag(row.flag),
        is_acknowledged=row.flag_acknowledged_at is not None,
        answer_due_on=row.answer_due_on or tx.today,
        valid_until_on=row.valid_until_on,
        today=tx.today,
        enterprise_uscc=row.enterprise_uscc,
        consents=tuple(held_in(row.consents)),
        now=tx.now,
    )
    return actions(application_act.ACTS, application, tx.actor, bodies)


async def _shown(tx: Transaction, rows: Sequence[Any], _book: RuleBook) -> list[WorkItemRead]:
    shown = []
    for row in rows:
        zh, en = _asked(row)
        own = {"asked_zh": zh, "asked_en": en, "due_status": due_status(row.due_on, tx.today)}
        shown.append(WorkItemRead.of(row, **own, actions=_actions(tx, row)))
    return shown


router = work_item_router("finance", items.LIST, _shown)
