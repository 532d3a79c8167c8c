"""Waiting listings: reviewers see what they may review, posters what came back, the city and the auditor all."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, false, or_, select
from sqlmodel import col

from services.techtransfer.listing.models.listing import ListingColumns
from services.techtransfer.listing.models.work_item import ITEMS, WorkItem
from services.techtransfer.listing.rules.vocabulary import ListingStatus
from services.techtransfer.listing.store.listing import SEES_ALL
from shared.db.selection import Selection, by_time, due_first
from shared.db.transaction import Transaction
from shared.db.work_item import due_filter
from shared.kernel.actor import Role
from shared.kernel.sort import Sort
from shared.kernel.work_item import WorkKind

SCOPE = "transfer.listing:read"
"""Reads listings: who lacks it does not see them here either."""
_REVIEW = "transfer.listing:review"


def _visible_rows(tx: Transaction) -> Select[Any]:
    actor, rows, row = tx.actor, select(WorkItem), ITEMS.c
    if SCOPE not in actor.scopes:
        return rows.where(false())
    if actor.role in SEES_ALL:
        return rows
    if actor.role is Role.DISTRICT:
        # A district that may review does so for its own unit, beside the city.
        may_review = _REVIEW in actor.scopes
        return rows.where(row.unit_id == actor.unit_id, row.waits_for == Role.CITY.value) if may_review else _none(rows)
    if actor.role not in {Role.ENTERPRISE, Role.AGENCY}:
        return _none(rows)
    own = [row.posted_by == actor.client_id]
    if actor.party is not None:
        own += [row.enterprise_uscc == actor.party, row.poster_party == actor.party]
    return rows.where(and_(row.status == ListingStatus.RETURNED, or_(*own)))


def _none(rows: Select[Any]) -> Select[Any]:
    return rows.where(false())


async def of_ids(
    tx: Transaction, table: type[ListingColumns], listing_ids: Collection[UUID]
) -> Sequence[ListingColumns]:
    """Return the listings of rows whose scope was asked before."""
    if not listing_ids:
        return []
    return (await tx.session.execute(select(table).where(col(table.id).in_(listing_ids)))).scalars().all()


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
    counted=(WorkKind.ACHIEVEMENT, WorkKind.NEED),
)
"""What waiting listings may be narrowed and sorted by."""
