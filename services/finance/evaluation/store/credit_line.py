"""The credit line: locked first of all rows, moved only by a guarded UPDATE that writes the ledger with it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from services.finance.evaluation.models.credit_line import CreditLine
from services.finance.evaluation.rules.credit_line import CREDIT_LINE_EXCEEDED, CreditLineTerms, Movement, available
from services.finance.scope import visible
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id

# The UPDATE itself refuses what the rule would refuse, so that no order of calls and no second process can pass it.
# Hot routes put these parts into their own statement: a round trip costs more than the rows.
_MOVE_PARTS = """
line AS (
    UPDATE credit_line
    SET reserved_fen = reserved_fen + :reserved_delta, drawn_fen = drawn_fen + :drawn_delta,
        version = version + 1, updated_at = :now
    WHERE uscc = :uscc AND {condition}
      AND (CAST(:own_limit AS bigint) IS NULL OR CAST(:own_limit AS bigint) - reserved_fen - drawn_fen >= :moved)
    RETURNING uscc, limit_fen, reserved_fen, drawn_fen, version
), step AS (
    INSERT INTO credit_movement (id, uscc, version, kind, amount_fen, limit_in_force_fen, reserved_after_fen,
                                 drawn_after_fen, loan_id, drawdown_id, created_at)
    SELECT :movement_id, uscc, version, :kind, :moved, coalesce(CAST(:own_limit AS bigint), limit_fen), reserved_fen,
           drawn_fen, :loan_id, :drawdown_id, :now
    FROM line
)
SELECT uscc, limit_fen, reserved_fen, drawn_fen FROM line
"""


def move_parts(*, after: str) -> str:
    """Return the last parts of a WITH statement: move the line and write its ledger, if part `after` gave a row."""
    return _MOVE_PARTS.format(condition=f"EXISTS (SELECT FROM {after})")


def move_values(
    tx: Transaction,
    uscc: str,
    movement: Movement,
    *,
    loan_id: UUID,
    drawdown_id: UUID | None = None,
    own_limit_fen: int | None = None,
) -> dict[str, Any]:
    """Return the values that `move_parts` needs; `own_limit_fen` guards a reservation."""
    return {
        "movement_id": new_id(),
        "uscc": uscc,
        "kind": movement.kind.value,
        "moved": movement.amount_fen,
        "own_limit": own_limit_fen,
        "reserved_delta": movement.reserved_delta_fen,
        "drawn_delta": movement.drawn_delta_fen,
        "loan_id": loan_id,
        "drawdown_id": drawdown_id,
        "now": tx.now,
    }


_MOVE = text("WITH " + _MOVE_PARTS.format(condition="TRUE"))
_SET_LIMIT = text("""
WITH line AS (
    INSERT INTO credit_line AS held (uscc, evaluation_id, limit_fen, reserved_fen, drawn_fen, version, updated_at)
    VALUES (:uscc, :evaluation_id, :limit, 0, 0, 1, :now)
    ON CONFLICT (uscc) DO UPDATE
    SET evaluation_id = excluded.evaluation_id, limit_fen = excluded.limit_fen, version = held.version + 1,
        updated_at = excluded.updated_at
    RETURNING uscc, limit_fen, reserved_fen, drawn_fen, version
), step AS (
    INSERT INTO credit_movement (id, uscc, version, kind, amount_fen, limit_in_force_fen, reserved_after_fen,
                                 drawn_after_fen, created_at)
    SELECT :id, uscc, version, 'LIMIT', 0, limit_fen, reserved_fen, drawn_fen, :now FROM line
)
SELECT uscc, limit_fen, reserved_fen, drawn_fen FROM line
""")
_LOCK_FIRM = text("SELECT pg_advisory_xact_lock(hashtextextended('credit_line/' || CAST(:uscc AS text), 0))")


async def lock_firm(tx: Transaction, uscc: str) -> None:
    """Serialise what evaluates or applies for one firm, also before its line exists."""
    await tx.session.execute(_LOCK_FIRM, {"uscc": uscc})


async def find(tx: Transaction, uscc: str) -> CreditLine | None:
    """Return the line of a firm without a lock."""
    return (await tx.session.execute(select(CreditLine).where(col(CreditLine.uscc) == uscc))).scalar_one_or_none()


async def find_visible(tx: Transaction, uscc: str) -> CreditLine | None:
    """Return the line of a firm that the caller may see: the firm its own, the city all."""
    query = visible(select(CreditLine), tx.actor, enterprise=col(CreditLine.uscc))
    return (await tx.session.execute(query.where(col(CreditLine.uscc) == uscc))).scalar_one_or_none()


async def lock(tx: Transaction, uscc: str) -> CreditLine | None:
    """Return the line of a firm and hold it until the end of the transaction; taken before applications."""
    query = select(CreditLine).where(col(CreditLine.uscc) == uscc).with_for_update()
    found = await tx.session.execute(query.execution_options(populate_existing=True))
    return found.scalar_one_or_none()


async def reserve(
    tx: Transaction, uscc: str, movement: Movement, *, own_limit_fen: int, loan_id: UUID
) -> CreditLineTerms:
    """Reserve for a signature against the limit that its application was made on; return the balances after it.

    Raises:
        Refusal: `credit_line_exceeded` if it no longer fits.
    """
    values = move_values(tx, uscc, movement, own_limit_fen=own_limit_fen, loan_id=loan_id)
    row = (await tx.session.execute(_MOVE, values)).mappings().one_or_none()
    if row is None:
        line = await find(tx, uscc)
        left = 0 if line is None else available(own_limit_fen, line.reserved_fen, line.drawn_fen)
        raise Refusal(CREDIT_LINE_EXCEEDED, pointer="/principal_fen", available_fen=left)
    return CreditLineTerms.model_validate(dict(row))


async def release(tx: Transaction, uscc: str, movement: Movement, *, loan_id: UUID) -> CreditLineTerms:
    """Free what a lapsed loan held; return the balances after it."""
    values = move_values(tx, uscc, movement, loan_id=loan_id)
    return CreditLineTerms.model_validate(dict((await tx.session.execute(_MOVE, values)).mappings().one()))


async def set_limit(
    tx: Transaction, uscc: str, *, evaluation_id: UUID, limit_fen: int, now: datetime
) -> CreditLineTerms:
    """Let a new evaluation set the limit; what is reserved or drawn stays as it is, even above the limit."""
    values = {"id": new_id(), "uscc": uscc, "evaluation_id": evaluation_id, "limit": limit_fen, "now": now}
    return CreditLineTerms.model_validate(dict((await tx.session.execute(_SET_LIMIT, values)).mappings().one()))
