"""Evaluations, the facts that they are made from, and the queue of firms that wait for a new one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlmodel import col

from services.finance import party
from services.finance.evaluation.models.credit_line import CreditLine
from services.finance.evaluation.models.enterprise import Enterprise
from services.finance.evaluation.models.filing import Filing
from services.finance.evaluation.models.kv_evaluation import KvEvaluation, NeedsEvaluation
from services.finance.evaluation.models.portfolio import Portfolio
from services.finance.evaluation.models.qualification import Qualification
from services.finance.evaluation.rules.kv_fact import (
    EnterpriseView,
    FilingView,
    FirmView,
    PortfolioView,
    QualificationView,
)
from services.finance.scope import visible
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort

# One statement for a whole batch: a statement per cause would cost a batch its point. Firms without a credit line are
# queued too: a first evaluation that is not committed yet has read its facts before this change, and nobody else would
# ever tell it. Settling passes over them until they have a line, and forgets those that never get one.
# A row that is there already is written again, so that it is held until this commit: an evaluation that took it off the
# queue meanwhile would read the facts as they were before, and nothing would be left that tells of the change.
_MARK = text("""
INSERT INTO needs_evaluation (uscc, causation_id, changed_at)
SELECT changed.uscc, changed.causation_id, CAST(:now AS timestamptz)
FROM unnest(CAST(:usccs AS text[]), CAST(:causes AS uuid[])) AS changed (uscc, causation_id)
ORDER BY changed.uscc
ON CONFLICT (uscc) DO UPDATE SET changed_at = needs_evaluation.changed_at
""")
_CLAIM = text("""
DELETE FROM needs_evaluation WHERE uscc = :uscc RETURNING causation_id
""")


_FORGET = text("""
DELETE FROM needs_evaluation WHERE uscc IN (
    SELECT uscc FROM needs_evaluation AS waiting
    WHERE changed_at < :before AND NOT EXISTS (SELECT FROM credit_line WHERE credit_line.uscc = waiting.uscc)
    ORDER BY uscc FOR UPDATE SKIP LOCKED
)
""")


async def firm_view(tx: Transaction, uscc: str) -> FirmView:
    """Read all that finance holds of one firm."""
    session = tx.session
    enterprise = (await session.execute(select(Enterprise).where(col(Enterprise.uscc) == uscc))).scalar_one_or_none()
    filings = (await session.execute(select(Filing).where(col(Filing.uscc) == uscc))).scalars()
    titles = (await session.execute(select(Qualification).where(col(Qualification.uscc) == uscc))).scalars()
    portfolio = (await session.execute(select(Portfolio).where(col(Portfolio.uscc) == uscc))).scalar_one_or_none()
    return FirmView(
        uscc=uscc,
        enterprise=None if enterprise is None else _enterprise_view(enterprise),
        filings={one.year: _filing_view(one) for one in filings},
        qualifications={one.kind: _qualification_view(one) for one in titles},
        portfolio=None if portfolio is None else _portfolio_view(portfolio),
    )


def _enterprise_view(row: Enterprise) -> EnterpriseView:
    return EnterpriseView(row.version, row.serious_dishonesty, row.abnormal_operations)


def _filing_view(row: Filing) -> FilingView:
    return FilingView(
        version=row.version,
        year=row.year,
        staff=row.staff,
        rd_staff=row.rd_staff,
        revenue_fen=row.revenue_fen,
        rd_expense_fen=row.rd_expense_fen,
        super_deduction_fen=row.super_deduction_fen,
        innovative_products=row.innovative_products,
    )


def _qualification_view(row: Qualification) -> QualificationView:
    return QualificationView(row.version, row.status, row.valid_from_on, row.valid_until_on)


def _portfolio_view(row: Portfolio) -> PortfolioView:
    return PortfolioView(
        version=row.version,
        as_of_on=row.as_of_on,
        high_value_count=row.high_value_count,
        blemished_count=row.blemished_count,
        kinds={one["kind"]: (one["count"], one["weighted_milli"]) for one in row.kinds},
        rule_set_sha256=row.rule_set_sha256,
    )


def _visible_rows(tx: Transaction) -> Select[KvEvaluation]:
    return visible(select(KvEvaluation), tx.actor, enterprise=col(KvEvaluation.uscc))


async def find(tx: Transaction, evaluation_id: UUID) -> KvEvaluation | None:
    """Return an evaluation that the caller may see: the firm its own, the city all, banks none here."""
    query = _visible_rows(tx)
    return (await tx.session.execute(query.where(col(KvEvaluation.id) == evaluation_id))).scalar_one_or_none()


async def get(tx: Transaction, evaluation_id: UUID) -> KvEvaluation:
    """Return an evaluation that a row of ours points to, whoever asks."""
    return (await tx.session.execute(select(KvEvaluation).where(col(KvEvaluation.id) == evaluation_id))).scalar_one()


async def current_of(tx: Transaction, uscc: str) -> KvEvaluation | None:
    """Return the evaluation in force of a firm: the one that its credit line points to."""
    query = select(KvEvaluation).join(CreditLine, col(CreditLine.evaluation_id) == col(KvEvaluation.id))
    return (await tx.session.execute(query.where(col(CreditLine.uscc) == uscc))).scalar_one_or_none()


async def mark(tx: Transaction, causes: Mapping[str, UUID]) -> None:
    """Queue firms, each with its cause; the first cause within the window is kept."""
    if causes:
        values = {"usccs": list(causes), "causes": list(causes.values()), "now": tx.now}
        await tx.session.execute(_MARK, values)


async def waiting(tx: Transaction, *, until: datetime, limit: int) -> Sequence[NeedsEvaluation]:
    """Return queued firms that have a credit line and whose first change is not after `until`, oldest first."""
    query = select(NeedsEvaluation).join(CreditLine, col(CreditLine.uscc) == col(NeedsEvaluation.uscc))
    query = query.where(col(NeedsEvaluation.changed_at) <= until)
    return (await tx.session.execute(query.order_by(col(NeedsEvaluation.changed_at)).limit(limit))).scalars().all()


async def forget_unevaluated(tx: Transaction, *, before: datetime) -> None:
    """Forget queued firms without a credit line; `before` lies further back than any transaction lasts."""
    await tx.session.execute(_FORGET, {"before": before})


async def claim(tx: Transaction, uscc: str) -> bool:
    """Take a firm off the queue; False if someone else did."""
    return (await tx.session.execute(_CLAIM, {"uscc": uscc})).first() is not None


LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(KvEvaluation.created_at), col(KvEvaluation.id)),
        Sort.DUE: ascending(col(KvEvaluation.valid_until_on), col(KvEvaluation.id)),
        Sort.LARGEST: descending(col(KvEvaluation.limit_fen), col(KvEvaluation.id)),
    },
    same={"uscc": col(KvEvaluation.uscc)},
    among={"grade": col(KvEvaluation.grade)},
    states="grade",
    days={"as_of": col(KvEvaluation.as_of_on), "valid_until": col(KvEvaluation.valid_until_on)},
    beside={"enterprise_name": party.named("kv_evaluation.uscc")},
    unread=("record", "uplift_record"),
)
"""What evaluations may be narrowed and sorted by."""
