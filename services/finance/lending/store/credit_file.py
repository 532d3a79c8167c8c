"""A credit file in one statement: an application, and all that finance holds of the firm behind it.

It is read before the firm's consents are judged, since they are read with it; what no consent opens goes no further
than the use case.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, literal_column, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.finance.evaluation.models.credit_line import CreditLine
from services.finance.evaluation.models.enterprise import Enterprise
from services.finance.evaluation.models.kv_evaluation import KvEvaluation
from services.finance.evaluation.models.portfolio import Portfolio
from services.finance.lending.models.loan_application import LoanApplication
from services.finance.partner.rules.consent import HeldConsent
from services.finance.partner.store.consent import held_beside, held_in
from services.finance.partner.store.consent_use import READ
from services.finance.scope import visible
from shared.db.transaction import Transaction

_SNAPSHOT, _CURRENT = aliased(KvEvaluation), aliased(KvEvaluation)
_LAST_READ = f"""(
    SELECT max(at) FROM audit_entry
    WHERE audit_entry.uscc = loan_application.enterprise_uscc AND audit_entry.party = loan_application.bank_uscc
    AND action = '{READ}' AND outcome = 'done' AND subject = 'loan_application/' || loan_application.id)"""  # noqa: S608  # constant text
_FILE = (
    select(
        LoanApplication,
        held_beside("loan_application").label("consents"),
        _SNAPSHOT,
        _CURRENT,
        CreditLine,
        Enterprise,
        Portfolio,
        literal_column(_LAST_READ, DateTime(timezone=True)),
    )
    .join(_SNAPSHOT, col(_SNAPSHOT.id) == col(LoanApplication.evaluation_id))
    .outerjoin(CreditLine, col(CreditLine.uscc) == col(LoanApplication.enterprise_uscc))
    .outerjoin(_CURRENT, col(_CURRENT.id) == col(CreditLine.evaluation_id))
    .outerjoin(Enterprise, col(Enterprise.uscc) == col(LoanApplication.enterprise_uscc))
    .outerjoin(Portfolio, col(Portfolio.uscc) == col(LoanApplication.enterprise_uscc))
)


@dataclass(frozen=True, slots=True)
class FileParts:
    """What a credit file is made of, consented or not.

    Attributes:
        application: the application.
        consents: all that the firm ever gave to this bank, newest first.
        snapshot: the evaluation that the application was made on.
        current: the evaluation in force, None where the firm has no line.
        line: the firm's line over all banks.
        enterprise: what registry told of the firm.
        portfolio: what ipr told of its rights.
        last_read_at: when the bank read the file before.
    """

    application: LoanApplication
    consents: list[HeldConsent]
    snapshot: KvEvaluation
    current: KvEvaluation | None
    line: CreditLine | None
    enterprise: Enterprise | None
    portfolio: Portfolio | None
    last_read_at: datetime | None


async def find(tx: Transaction, application_id: UUID) -> FileParts | None:
    """Return the parts of the file of an application that the caller may see."""
    query = visible(
        _FILE, tx.actor, enterprise=col(LoanApplication.enterprise_uscc), bank=col(LoanApplication.bank_uscc)
    )
    found = await tx.session.execute(query.where(col(LoanApplication.id) == application_id))
    row = found.one_or_none()
    if row is None:
        return None
    application, consents, *parts = row
    return FileParts(application, held_in(consents), *parts)
