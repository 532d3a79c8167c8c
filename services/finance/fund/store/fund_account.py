"""Accounts of the risk-compensation fund: locked last, moved with a posting in the same transaction."""

from sqlalchemy import Select, false, select, text
from sqlmodel import col

from services.finance.fund.models.fund_account import FundAccount, FundPosting
from services.finance.scope import SEES_COVER
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.fold import reference_key
from shared.kernel.sort import Sort

READS_POSTINGS = SEES_COVER | {Role.DISTRICT}
"""Who reads postings; a district those of its own unit."""
_ENSURE = text("""
INSERT INTO fund_account (unit_id, paid_in_city_fen, paid_in_district_fen, exposure_fen, version, updated_at)
VALUES (:unit_id, 0, 0, 0, 0, :now) ON CONFLICT (unit_id) DO NOTHING
""")


async def lock(tx: Transaction, unit_id: str) -> FundAccount:
    """Return the account of a unit and hold it; an account starts empty."""
    await tx.session.execute(_ENSURE, {"unit_id": unit_id, "now": tx.now})
    query = select(FundAccount).where(col(FundAccount.unit_id) == unit_id).with_for_update()
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalar_one()


async def receipt_posted(tx: Transaction, receipt_no: str) -> bool:
    """Whether money was ever posted by this receipt."""
    query = select(col(FundPosting.id)).where(col(FundPosting.receipt_key) == reference_key(receipt_no))
    return (await tx.session.execute(query)).first() is not None


def may_read_postings(actor: Actor, unit_id: str) -> bool:
    """Tell whether `actor` may read a unit's postings: they name each bank's covers, so no bank and no firm may."""
    return actor.role in READS_POSTINGS and (actor.role is not Role.DISTRICT or actor.unit_id == unit_id)


def _visible_postings(tx: Transaction) -> Select[FundPosting]:
    rows = select(FundPosting)
    if tx.actor.role in SEES_COVER:
        return rows
    if tx.actor.role is Role.DISTRICT and tx.actor.unit_id is not None:
        return rows.where(col(FundPosting.unit_id) == tx.actor.unit_id)
    return rows.where(false())


LIST = Selection(
    rows=lambda _tx: select(FundAccount),  # every caller with the scope may see what each unit can carry
    sorts={
        Sort.CODE: ascending(col(FundAccount.unit_id)),
        Sort.LARGEST: descending(col(FundAccount.exposure_fen), col(FundAccount.unit_id)),
    },
    same={"unit_id": col(FundAccount.unit_id)},
)
"""What accounts may be narrowed and sorted by."""
POSTING_LIST = Selection(
    rows=_visible_postings,
    sorts=by_time(col(FundPosting.created_at), col(FundPosting.id)),
    same={
        "unit_id": col(FundPosting.unit_id),
        "receipt_no": col(FundPosting.receipt_key),
        "cover_id": col(FundPosting.cover_id),
    },
    among={"kind": col(FundPosting.kind), "contributor": col(FundPosting.contributor)},
    states="kind",
    days={"created": col(FundPosting.created_at), "value": col(FundPosting.value_on)},
)
"""What postings may be narrowed and sorted by."""
