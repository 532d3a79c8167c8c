"""Cover of drawdowns."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from services.finance.lending.models.cover import Cover
from services.finance.lending.models.drawdown import Drawdown
from services.finance.lending.models.loan import Loan
from services.finance.lending.rules.cover import CoverStatus
from services.finance.scope import SEES_COVER, visible
from shared.db.keyset import Page, PageWanted, descending
from shared.db.transaction import Transaction

_NEWEST = descending(col(Cover.created_at), col(Cover.id))


async def find(tx: Transaction, cover_id: UUID) -> Cover | None:
    """Return cover that the caller may see."""
    query = visible(
        select(Cover), tx.actor, enterprise=col(Cover.enterprise_uscc), bank=col(Cover.bank_uscc), sees_all=SEES_COVER
    )
    return (await tx.session.execute(query.where(col(Cover.id) == cover_id))).scalar_one_or_none()


async def lock_with_drawdown(tx: Transaction, cover_id: UUID) -> tuple[Cover, Drawdown] | None:
    """Return cover and its drawdown and hold them after their loan, in the order that repayments use too."""
    loan_query = select(col(Loan.id)).join(Cover, col(Cover.loan_id) == col(Loan.id)).where(col(Cover.id) == cover_id)
    if (await tx.session.execute(loan_query.with_for_update(of=Loan))).first() is None:
        return None
    query = (
        select(Drawdown)
        .join(Cover, col(Cover.drawdown_id) == col(Drawdown.id))
        .where(col(Cover.id) == cover_id)
        .with_for_update(of=Drawdown)
        .execution_options(populate_existing=True)
    )
    drawdown = (await tx.session.execute(query)).scalar_one()
    cover = (
        await tx.session.execute(
            select(Cover).where(col(Cover.id) == cover_id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one()
    return cover, drawdown


async def lock_of_drawdown(tx: Transaction, drawdown_id: UUID) -> Cover | None:
    """Return the cover of a drawdown and hold it; the drawdown is held already."""
    query = select(Cover).where(col(Cover.drawdown_id) == drawdown_id).with_for_update()
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def page(tx: Transaction, *, status: CoverStatus | None, wanted: PageWanted) -> Page[Cover]:
    """Return one page of cover that the caller may see, newest first."""
    query = visible(
        select(Cover), tx.actor, enterprise=col(Cover.enterprise_uscc), bank=col(Cover.bank_uscc), sees_all=SEES_COVER
    )
    if status is not None:
        query = query.where(col(Cover.status) == status)
    return await _NEWEST.page(tx, query, wanted)
