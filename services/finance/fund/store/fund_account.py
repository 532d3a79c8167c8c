"""Accounts of the risk-compensation fund: locked last, moved with a posting in the same transaction."""

from sqlalchemy import select, text
from sqlmodel import col

from services.finance.fund.models.fund_account import FundAccount, FundPosting
from services.finance.scope import SEES_COVER
from shared.db.keyset import Page, PageWanted, ascending, descending
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role

_BY_UNIT = ascending(col(FundAccount.unit_id))
_NEWEST_POSTING = descending(col(FundPosting.version))
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
    query = select(col(FundPosting.id)).where(col(FundPosting.receipt_no) == receipt_no)
    return (await tx.session.execute(query)).first() is not None


async def page(tx: Transaction, wanted: PageWanted) -> Page[FundAccount]:
    """Return one page of accounts, by unit."""
    return await _BY_UNIT.page(tx, select(FundAccount), wanted)


def may_read_postings(actor: Actor, unit_id: str) -> bool:
    """Tell whether `actor` may read a unit's postings: they name each bank's covers, so no bank and no firm may."""
    return actor.role in SEES_COVER or (actor.role is Role.DISTRICT and actor.unit_id == unit_id)


async def postings(tx: Transaction, unit_id: str, wanted: PageWanted) -> Page[FundPosting]:
    """Return one page of the postings of a unit, newest first."""
    query = select(FundPosting).where(col(FundPosting.unit_id) == unit_id)
    return await _NEWEST_POSTING.page(tx, query, wanted)
