"""Routes of the rights that wait (待办事项)."""

from collections.abc import Sequence
from typing import Any

from services.ipr.right.api.right import OwnerRead, offered, owners_in
from services.ipr.right.rules.right_kind import display_number
from services.ipr.right.rules.work_item import ASKS
from services.ipr.right.store import enterprise as enterprises
from services.ipr.right.store import right as rights
from services.ipr.right.store import work_item as items
from shared.db.holiday_notice import work_calendar
from shared.db.transaction import Transaction
from shared.kernel.work_item import due_status
from shared.policy.book import RuleBook
from shared.web.work_item import WorkItemRead, work_item_router


def _whose(tx: Transaction, owners: Sequence[OwnerRead]) -> OwnerRead:
    """Return the owner whose name a line bears: the reader's own firm, else the one with the largest share."""
    return next((one for one in owners if one.uscc == tx.actor.party), owners[0])


async def _shown(tx: Transaction, rows: Sequence[Any], _book: RuleBook) -> list[WorkItemRead]:
    held = {right.id: right for right in await rights.pages_of(tx, {row.id for row in rows})} if rows else {}
    owners = {one.id: _whose(tx, owners_in(one.owners)) for one in held.values()}
    units = await enterprises.units(tx, {one.uscc for one in owners.values()}) if owners else {}
    calendar = await work_calendar(tx) if any(row.due_on for row in rows) else None
    shown = []
    for row in rows:
        right, whose, (zh, en) = held[row.id], owners[row.id], ASKS[row.kind]
        due_on = None if row.due_on is None or calendar is None else calendar.next_working_day(row.due_on).on
        shown.append(
            WorkItemRead.of(
                row,
                case_no=display_number(right.kind, right.right_no),
                enterprise_uscc=whose.uscc,
                enterprise_name=whose.name,
                unit_id=units.get(whose.uscc),
                asked_zh=zh,
                asked_en=en,
                due_on=due_on,
                due_status=due_status(due_on, tx.today),
                actions=offered(tx, right),
            )
        )
    return shown


router = work_item_router("ipr", items.LIST, _shown)
