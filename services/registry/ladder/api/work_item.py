"""Routes of the cases of the registry that wait (待办事项)."""

from collections.abc import Sequence

from services.registry.enterprise.rules import filing_act
from services.registry.enterprise.rules.filing import FilingStatus
from services.registry.enterprise.rules.filing_act import FilingStanding
from services.registry.enterprise.usecases import filing as filings
from services.registry.ladder.models.work_item import WorkItem
from services.registry.ladder.rules import register_application_act
from services.registry.ladder.rules.register_application import RegisterStatus
from services.registry.ladder.rules.register_application_act import RegisterStanding
from services.registry.ladder.rules.work_item import APPLICATION_ASKS, FILING_ASKS
from services.registry.ladder.store import work_item as items
from shared.db.transaction import Transaction
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role
from shared.kernel.work_item import WorkKind, due_status
from shared.policy.book import RuleBook
from shared.web.work_item import WorkItemRead, work_item_router


def _asked(row: WorkItem) -> tuple[str, str]:
    return FILING_ASKS if row.kind is WorkKind.ANNUAL_FILING else APPLICATION_ASKS[RegisterStatus(row.status)]


def _actions(tx: Transaction, row: WorkItem, book: RuleBook) -> list[ActionRead]:
    bodies = {Role.ENTERPRISE: row.enterprise_uscc, Role.DISTRICT: row.unit_id, Role.CITY: None}
    if row.kind is WorkKind.ANNUAL_FILING:
        filing = FilingStanding(
            status=FilingStatus(row.status),
            year=row.year or 0,
            founded_on=row.founded_on,
            today=tx.today,
            rule_set=book.find(filings.POLICY, tx.today),
        )
        return actions(filing_act.ACTS, filing, tx.actor, bodies)
    application = RegisterStanding(RegisterStatus(row.status), row.check_due_on or tx.today)
    return actions(register_application_act.ACTS, application, tx.actor, bodies)


async def _shown(tx: Transaction, rows: Sequence[WorkItem], book: RuleBook) -> list[WorkItemRead]:
    shown = []
    for row in rows:
        zh, en = _asked(row)
        own = {"asked_zh": zh, "asked_en": en, "due_status": due_status(row.due_on, tx.today)}
        shown.append(WorkItemRead.of(row, **own, actions=_actions(tx, row, book)))
    return shown


router = work_item_router("registry", items.LIST, _shown)
