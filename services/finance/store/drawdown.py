"""Drawdowns and their repayments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.finance.models.drawdown import Drawdown, Repayment
from services.finance.models.loan import Loan
from services.finance.store.actor_scope import SEES_COVER, visible
from shared.db.transaction import Transaction

NOTE_NO = "uq_drawdown_bank_note_no"
BANK_REF = "uq_repayment_bank_ref"


async def find(tx: Transaction, drawdown_id: UUID) -> Drawdown | None:
    """Return a drawdown that the caller may see."""
    query = visible(
        select(Drawdown),
        tx.actor,
        enterprise=col(Drawdown.enterprise_uscc),
        bank=col(Drawdown.bank_uscc),
        sees_all=SEES_COVER,
    )
    return (await tx.session.execute(query.where(col(Drawdown.id) == drawdown_id))).scalar_one_or_none()


async def lock_own(tx: Transaction, drawdown_id: UUID) -> tuple[Loan, Drawdown] | None:
    """Return a drawdown of the calling bank with its loan and hold both, the loan first."""
    found = await tx.session.execute(
        visible(
            select(Loan).join(Drawdown, col(Drawdown.loan_id) == col(Loan.id)),
            tx.actor,
            bank=col(Drawdown.bank_uscc),
            sees_all=(),
        )
        .where(col(Drawdown.id) == drawdown_id)
        .with_for_update(of=Loan)
        .execution_options(populate_existing=True)
    )
    loan = found.scalar_one_or_none()
    if loan is None:
        return None
    query = select(Drawdown).where(col(Drawdown.id) == drawdown_id).with_for_update()
    drawdown = (await tx.session.execute(query.execution_options(populate_existing=True))).scalar_one()
    return loan, drawdown


async def add(tx: Transaction, drawdown: Drawdown) -> bool:
    """Insert a drawdown; False if the bank used its loan note number before (waits for an open transaction)."""
    insertion = insert(Drawdown).values(**drawdown.model_dump()).on_conflict_do_nothing(constraint=NOTE_NO)
    return (await tx.session.execute(insertion.returning(col(Drawdown.id)))).first() is not None


async def add_repayment(tx: Transaction, repayment: Repayment) -> bool:
    """Insert a repayment; False if the bank used its booking number before (waits for an open transaction)."""
    insertion = insert(Repayment).values(**repayment.model_dump()).on_conflict_do_nothing(constraint=BANK_REF)
    return (await tx.session.execute(insertion.returning(col(Repayment.id)))).first() is not None


async def of_loan(tx: Transaction, loan_id: UUID) -> Sequence[Drawdown]:
    """Return the drawdowns of a loan in their order."""
    query = select(Drawdown).where(col(Drawdown.loan_id) == loan_id).order_by(col(Drawdown.id))
    return (await tx.session.execute(query)).scalars().all()


async def repayments(tx: Transaction, drawdown_id: UUID) -> Sequence[Repayment]:
    """Return the repayments of a drawdown in their order."""
    query = select(Repayment).where(col(Repayment.drawdown_id) == drawdown_id).order_by(col(Repayment.id))
    return (await tx.session.execute(query)).scalars().all()
