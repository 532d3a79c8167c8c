"""Cover of drawdowns."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.finance.lending.models.cover import Cover
from services.finance.lending.models.drawdown import Drawdown
from services.finance.lending.models.loan import Loan
from services.finance.scope import SEES_COVER, visible
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort


def _visible(tx: Transaction) -> Select[Cover]:
    enterprise, bank = col(Cover.enterprise_uscc), col(Cover.bank_uscc)
    return visible(select(Cover), tx.actor, enterprise=enterprise, bank=bank, sees_all=SEES_COVER)


async def find(tx: Transaction, cover_id: UUID) -> Cover | None:
    """Return cover that the caller may see."""
    query = _visible(tx)
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


def _visible_rows(tx: Transaction) -> Select[Cover]:
    return _visible(tx).join(Loan, col(Loan.id) == col(Cover.loan_id))


LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(Cover.created_at), col(Cover.id)),
        Sort.DUE: ascending(col(Cover.filing_due_on), col(Cover.id)),
        Sort.LARGEST: descending(col(Cover.covered_fen), col(Cover.id)),
    },
    same={
        "enterprise_uscc": col(Cover.enterprise_uscc),
        "bank_uscc": col(Cover.bank_uscc),
        "unit_id": col(Cover.unit_id),
        "contract_no": col(Loan.contract_key),
        "case_no": col(Loan.case_no),
        "drawdown_id": col(Cover.drawdown_id),
    },
    among={"status": col(Cover.status)},
    days={"filed": col(Cover.filed_on), "filing_due": col(Cover.filing_due_on)},
)
"""What cover may be narrowed and sorted by."""
