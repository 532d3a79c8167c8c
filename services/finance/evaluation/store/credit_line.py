"""The credit line: locked first of all rows, moved only by a guarded UPDATE that writes the ledger with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, select, text
from sqlmodel import col

from services.finance.evaluation.models.credit_line import CreditLine
from services.finance.evaluation.models.kv_evaluation import KvEvaluation
from services.finance.evaluation.rules.credit_line import CREDIT_LINE_EXCEEDED, CreditLineTerms, Movement, available
from services.finance.scope import visible
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id

# The UPDATE itself refuses what the rule would refuse, so that no order of calls and no second process can pass it.
_MOVE_TEXT = """
WITH line AS (
    UPDATE credit_line
    SET reserved_fen = reserved_fen + :reserved_delta, drawn_fen = drawn_fen + :drawn_delta,
        version = version + 1, updated_at = :now
    WHERE uscc = :uscc
      AND (CAST(:own_limit AS bigint) IS NULL OR CAST(:own_limit AS bigint) - reserved_fen - drawn_fen >= :moved)
    RETURNING uscc, limit_fen, reserved_fen, drawn_fen, version
), step AS (
    INSERT INTO credit_movement (id, uscc, version, kind, amount_fen, limit_in_force_fen, reserved_after_fen,
                                 drawn_after_fen, loan_id, created_at)
    SELECT :movement_id, uscc, version, :kind, :moved, coalesce(CAST(:own_limit AS bigint), limit_fen), reserved_fen,
           drawn_fen, :loan_id, :now
    FROM line
)
SELECT uscc, limit_fen, reserved_fen, drawn_fen FROM line
"""


READ_COLUMNS = """
line.limit_fen AS line_limit_fen, line.reserved_fen AS line_reserved_fen, line.drawn_fen AS line_drawn_fen,
line.version AS line_version
"""
"""Columns that `SeenLine.of` takes, of a table `line`."""
READ_WIDTH = 4
LOCK_OF_LOAN = """
SELECT FROM credit_line WHERE uscc = (SELECT enterprise_uscc FROM loan WHERE id = {loan_id}) FOR NO KEY UPDATE
"""
"""Holds the line of a loan's firm; after the loan."""
STEP_PARTS = """
line AS (
    UPDATE credit_line
    SET reserved_fen = :reserved_after, drawn_fen = :drawn_after, version = version + 1, updated_at = :now
    WHERE uscc = :uscc AND EXISTS (SELECT FROM claim)
), movement AS (
    INSERT INTO credit_movement (id, uscc, version, kind, amount_fen, limit_in_force_fen, reserved_after_fen,
                                 drawn_after_fen, loan_id, drawdown_id, created_at)
    SELECT :movement_id, :uscc, CAST(:line_version AS bigint) + 1, :kind, :moved, :limit, :reserved_after,
           :drawn_after, :step_loan_id, :step_drawdown_id, :now
    FROM claim
)"""
"""Parts of a change in one statement that holds the line: move it and write its ledger."""


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A line as it was read, and the version by which a change tells that it still stands so."""

    terms: CreditLineTerms
    version: int

    @classmethod
    def of(cls, uscc: str, columns: Sequence[int]) -> "SeenLine":
        """Return the line of `READ_COLUMNS`."""
        limit_fen, reserved_fen, drawn_fen, version = columns
        return cls(
            CreditLineTerms(uscc=uscc, limit_fen=limit_fen, reserved_fen=reserved_fen, drawn_fen=drawn_fen), version
        )


def step_values(
    tx: Transaction, line: SeenLine, movement: Movement, *, loan_id: UUID, drawdown_id: UUID
) -> tuple[CreditLineTerms, dict[str, Any]]:
    """Return the line after a movement, and the values that `STEP_PARTS` needs to make it so."""
    after = movement.applied(line.terms)
    return after, {
        "movement_id": new_id(),
        "uscc": after.uscc,
        "line_version": line.version,
        "kind": movement.kind.value,
        "moved": movement.amount_fen,
        "limit": after.limit_fen,
        "reserved_after": after.reserved_fen,
        "drawn_after": after.drawn_fen,
        "step_loan_id": loan_id,
        "step_drawdown_id": drawdown_id,
        "now": tx.now,
    }


def _move_values(
    tx: Transaction, uscc: str, movement: Movement, *, loan_id: UUID, own_limit_fen: int | None = None
) -> dict[str, Any]:
    """Return the values of `_MOVE`; `own_limit_fen` guards a reservation."""
    return {
        "movement_id": new_id(),
        "uscc": uscc,
        "kind": movement.kind.value,
        "moved": movement.amount_fen,
        "own_limit": own_limit_fen,
        "reserved_delta": movement.reserved_delta_fen,
        "drawn_delta": movement.drawn_delta_fen,
        "loan_id": loan_id,
        "now": tx.now,
    }


_MOVE = text(_MOVE_TEXT)
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


_LINE: Table = CreditLine.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_EVALUATION: Table = KvEvaluation.__table__  # type: ignore[attr-defined]  # 〃
LineRow = Row[*tuple[Any, ...]]
"""The columns of a line, and those of the result behind it."""
_RECORDS = {"record", "uplift_record"}
_PAGE = select(*_LINE.c, *(one for one in _EVALUATION.c if one.name not in {*_RECORDS, *_LINE.c.keys()})).join_from(
    _LINE, _EVALUATION, _EVALUATION.c.id == _LINE.c.evaluation_id
)


async def find_page(tx: Transaction, uscc: str) -> LineRow | None:
    """Return the line of a firm that the caller may see with the result behind it: the firm its own, the city all.

    The columns of both but for the records; what both have is the line's.
    """
    query = visible(_PAGE, tx.actor, enterprise=col(CreditLine.uscc))
    return (await tx.session.execute(query.where(_LINE.c.uscc == uscc))).one_or_none()


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
    values = _move_values(tx, uscc, movement, own_limit_fen=own_limit_fen, loan_id=loan_id)
    row = (await tx.session.execute(_MOVE, values)).mappings().one_or_none()
    if row is None:
        line = await find(tx, uscc)
        left = 0 if line is None else available(own_limit_fen, line.reserved_fen, line.drawn_fen)
        raise Refusal(CREDIT_LINE_EXCEEDED, pointer="/principal_fen", available_fen=left)
    return CreditLineTerms.model_validate(dict(row))


async def release(tx: Transaction, uscc: str, movement: Movement, *, loan_id: UUID) -> CreditLineTerms:
    """Free what a lapsed loan held; return the balances after it."""
    values = _move_values(tx, uscc, movement, loan_id=loan_id)
    return CreditLineTerms.model_validate(dict((await tx.session.execute(_MOVE, values)).mappings().one()))


async def set_limit(
    tx: Transaction, uscc: str, *, evaluation_id: UUID, limit_fen: int, now: datetime
) -> CreditLineTerms:
    """Let a new evaluation set the limit; what is reserved or drawn stays as it is, even above the limit."""
    values = {"id": new_id(), "uscc": uscc, "evaluation_id": evaluation_id, "limit": limit_fen, "now": now}
    return CreditLineTerms.model_validate(dict((await tx.session.execute(_SET_LIMIT, values)).mappings().one()))
