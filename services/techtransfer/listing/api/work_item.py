"""Routes of the listings that wait (待办事项)."""

from collections.abc import Sequence

from services.techtransfer.listing.api.listing import actions_of
from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.models.listing import ListingColumns
from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.models.work_item import WorkItem
from services.techtransfer.listing.rules.listing_act import ASKS
from services.techtransfer.listing.store import work_item as items
from shared.db.transaction import Transaction
from shared.kernel.work_item import WorkKind, due_status
from shared.policy.book import RuleBook
from shared.web.work_item import WorkItemRead, work_item_router

_TABLES: dict[WorkKind, type[ListingColumns]] = {WorkKind.ACHIEVEMENT: Achievement, WorkKind.NEED: Need}


async def _shown(tx: Transaction, rows: Sequence[WorkItem], _book: RuleBook) -> list[WorkItemRead]:
    held: dict[object, ListingColumns] = {}
    for kind, table in _TABLES.items():
        found = await items.of_ids(tx, table, {row.id for row in rows if row.kind is kind})
        held |= {listing.id: listing for listing in found}
    shown = []
    for row in rows:
        zh, en = ASKS[row.status]
        own = {"asked_zh": zh, "asked_en": en, "due_status": due_status(row.due_on, tx.today)}
        shown.append(WorkItemRead.of(row, **own, actions=actions_of(held[row.id], tx.actor)))
    return shown


router = work_item_router("techtransfer", items.LIST, _shown)
