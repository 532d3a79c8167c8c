"""Drawdowns and their repayments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.finance.evaluation.rules.credit_line import CreditLineTerms, Movement
from services.finance.evaluation.store.credit_line import move_parts, move_values
from services.finance.lending.models.drawdown import Drawdown, Repayment
from services.finance.lending.models.loan import Loan
from services.finance.lending.rules.drawdown import DrawdownStatus
from services.finance.lending.rules.drawdown import Repayment as Decided
from services.finance.lending.store.loan import HELD_COLUMNS, HeldLoan
from services.finance.scope import SEES_COVER, own_bank, visible
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time
from shared.db.statement import Statement
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort

Row = TypeVar("Row", Drawdown, Repayment)
_DRAW_PARTS = """
WITH note AS (
    INSERT INTO drawdown (id, loan_id, enterprise_uscc, bank_uscc, unit_id, note_no, note_key, amount_fen, starts_on,
                          matures_on, outstanding_fen, status, created_at)
    VALUES (:id, :loan_id, :enterprise_uscc, :bank_uscc, :unit_id, :note_no, :note_key, :amount_fen, :starts_on,
            :matures_on, :outstanding_fen, :status, :created_at)
    ON CONFLICT ON CONSTRAINT uq_drawdown_bank_note_key DO NOTHING
    RETURNING id
), loan_step AS (
    UPDATE loan SET drawn_fen = :loan_drawn, version = version + 1
    WHERE id = :loan_id AND EXISTS (SELECT FROM note)
), """
_REPAY_PARTS = """
WITH receipt AS (
    INSERT INTO repayment (id, drawdown_id, bank_uscc, bank_ref, ref_key, amount_fen, value_on,
                           outstanding_after_fen, created_at)
    VALUES (:id, :drawdown_id, :bank_uscc, :bank_ref, :ref_key, :amount_fen, :value_on, :outstanding_after_fen,
            :created_at)
    ON CONFLICT ON CONSTRAINT uq_repayment_bank_ref_key DO NOTHING
    RETURNING id
), note AS (
    UPDATE drawdown SET outstanding_fen = :outstanding_after_fen, status = :status
    WHERE id = :drawdown_id AND EXISTS (SELECT FROM receipt)
), loan_step AS (
    UPDATE loan SET repaid_fen = :loan_repaid, status = :loan_status, version = version + 1
    WHERE id = :loan_id AND EXISTS (SELECT FROM receipt)
), """
_DRAW = Statement(_DRAW_PARTS + move_parts(after="note"))
_REPAY = Statement(_REPAY_PARTS + move_parts(after="receipt"))


def _of_visible(tx: Transaction, rows: Select[Row]) -> Select[Row]:
    """Keep what hangs on drawdowns that the caller may see."""
    enterprise, bank = col(Drawdown.enterprise_uscc), col(Drawdown.bank_uscc)
    return visible(rows, tx.actor, enterprise=enterprise, bank=bank, sees_all=SEES_COVER)


async def find(tx: Transaction, drawdown_id: UUID) -> Drawdown | None:
    """Return a drawdown that the caller may see."""
    query = _of_visible(tx, select(Drawdown))
    return (await tx.session.execute(query.where(col(Drawdown.id) == drawdown_id))).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class HeldDrawdown:
    """A drawdown that is held with its loan until the end of the transaction, and its cover; amounts in fen."""

    id: UUID
    unit_id: str
    starts_on: date
    outstanding_fen: int
    status: DrawdownStatus
    cover_id: UUID | None
    loan: HeldLoan


_LOCK_OWN = """
SELECT drawdown.id, drawdown.unit_id, drawdown.starts_on, drawdown.outstanding_fen, drawdown.status,
       cover.id AS cover_id, {held}
FROM drawdown JOIN loan ON loan.id = drawdown.loan_id LEFT JOIN cover ON cover.drawdown_id = drawdown.id
WHERE drawdown.id = :drawdown_id AND drawdown.bank_uscc = :bank_uscc FOR UPDATE OF loan, drawdown
"""
_LOCK = Statement(_LOCK_OWN.format(held=HELD_COLUMNS))


async def lock_own(tx: Transaction, drawdown_id: UUID) -> HeldDrawdown | None:
    """Return a drawdown of the calling bank with its loan and the id of its cover; holds loan and drawdown.

    Nobody locks a drawdown without its loan, so both are taken in one statement.
    """
    found = await _LOCK.execute(tx.session, {"drawdown_id": drawdown_id, "bank_uscc": own_bank(tx.actor)})
    row: Any = found.one_or_none()
    if row is None:
        return None
    own_id, unit_id, starts_on, outstanding_fen, status, cover_id, *loan = row
    return HeldDrawdown(own_id, unit_id, starts_on, outstanding_fen, DrawdownStatus(status), cover_id, HeldLoan(*loan))


async def draw(
    tx: Transaction, drawdown: Drawdown, movement: Movement, *, loan_drawn_fen: int
) -> CreditLineTerms | None:
    """Write a pay-out in one statement: drawdown, loan, line and ledger; the loan is held.

    Returns:
        The line after it, or None if the bank used this loan note number before (then nothing was written).
    """
    values = {
        **drawdown.model_dump(),
        **move_values(tx, drawdown.enterprise_uscc, movement, loan_id=drawdown.loan_id, drawdown_id=drawdown.id),
        "loan_drawn": loan_drawn_fen,
    }
    row = (await _DRAW.execute(tx.session, values)).mappings().one_or_none()
    return None if row is None else CreditLineTerms.model_validate(dict(row))


async def repay(tx: Transaction, loan: HeldLoan, repayment: Repayment, decision: Decided) -> CreditLineTerms | None:
    """Write a repayment in one statement: receipt, drawdown, loan, line and ledger; loan and drawdown are held.

    Returns:
        The line after it, or None if the bank used this booking number before (then nothing was written).
    """
    values = {
        **repayment.model_dump(),
        **move_values(tx, loan.enterprise_uscc, decision.movement, loan_id=loan.id, drawdown_id=repayment.drawdown_id),
        "status": decision.status.value,
        "loan_repaid": decision.loan_repaid_fen,
        "loan_status": decision.loan_status.value,
    }
    row = (await _REPAY.execute(tx.session, values)).mappings().one_or_none()
    return None if row is None else CreditLineTerms.model_validate(dict(row))


async def of_loan(tx: Transaction, loan_id: UUID) -> Sequence[Drawdown]:
    """Return the drawdowns of a loan in their order."""
    query = select(Drawdown).where(col(Drawdown.loan_id) == loan_id).order_by(col(Drawdown.id))
    return (await tx.session.execute(query)).scalars().all()


async def repayments(tx: Transaction, drawdown_id: UUID) -> Sequence[Repayment]:
    """Return the repayments of a drawdown in their order."""
    query = select(Repayment).where(col(Repayment.drawdown_id) == drawdown_id).order_by(col(Repayment.id))
    return (await tx.session.execute(query)).scalars().all()


async def notes(tx: Transaction, drawdown_ids: Collection[UUID]) -> dict[UUID, Drawdown]:
    """Return drawdowns by their ids, for lists of what hangs on them."""
    query = select(Drawdown).where(col(Drawdown.id).in_(set(drawdown_ids)))
    return {one.id: one for one in (await tx.session.execute(query)).scalars()}


def _visible_rows(tx: Transaction) -> Select[Drawdown]:
    return _of_visible(tx, select(Drawdown).join(Loan, col(Loan.id) == col(Drawdown.loan_id)))


def _visible_repayments(tx: Transaction) -> Select[Repayment]:
    rows = select(Repayment).join(Drawdown, col(Drawdown.id) == col(Repayment.drawdown_id))
    return _of_visible(tx, rows.join(Loan, col(Loan.id) == col(Drawdown.loan_id)))


_OF_LOAN = {
    "enterprise_uscc": col(Drawdown.enterprise_uscc),
    "bank_uscc": col(Drawdown.bank_uscc),
    "unit_id": col(Drawdown.unit_id),
    "note_no": col(Drawdown.note_key),
    "contract_no": col(Loan.contract_key),
    "case_no": col(Loan.case_no),
}
LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(Drawdown.created_at), col(Drawdown.id)),
        Sort.DUE: ascending(col(Drawdown.matures_on), col(Drawdown.id)),
        Sort.LARGEST: descending(col(Drawdown.amount_fen), col(Drawdown.id)),
    },
    same={**_OF_LOAN, "loan_id": col(Drawdown.loan_id)},
    among={"status": col(Drawdown.status)},
    days={"starts": col(Drawdown.starts_on), "matures": col(Drawdown.matures_on)},
)
"""What drawdowns may be narrowed and sorted by."""
REPAYMENT_LIST = Selection(
    rows=_visible_repayments,
    sorts={
        **by_time(col(Repayment.created_at), col(Repayment.id)),
        Sort.LARGEST: descending(col(Repayment.amount_fen), col(Repayment.id)),
    },
    same={**_OF_LOAN, "bank_ref": col(Repayment.ref_key), "drawdown_id": col(Repayment.drawdown_id)},
    days={"value": col(Repayment.value_on)},
)
"""What repayments may be narrowed and sorted by."""
