"""Loan applications: a firm sees its own, a bank those made to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.finance import party
from services.finance.lending.models.loan_application import LoanApplication
from services.finance.lending.rules.loan_application import OPEN_STATUSES, ApplicationStatus, LoanApplicationTerms
from services.finance.partner.rules.consent import HeldConsent
from services.finance.partner.store.consent import held_beside, held_in
from services.finance.scope import visible
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.fold import reference_key
from shared.kernel.sort import Sort


def _visible_rows(tx: Transaction) -> Select[LoanApplication]:
    return visible(
        select(LoanApplication),
        tx.actor,
        enterprise=col(LoanApplication.enterprise_uscc),
        bank=col(LoanApplication.bank_uscc),
    )


async def find(tx: Transaction, application_id: UUID) -> LoanApplication | None:
    """Return an application that the caller may see."""
    query = _visible_rows(tx)
    return (await tx.session.execute(query.where(col(LoanApplication.id) == application_id))).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class ApplicationPage:
    """An application as its page tells it.

    Attributes:
        application: its row.
        consents: all that the firm ever gave to the bank, newest first.
        names: of the firm and the bank.
    """

    application: LoanApplication
    consents: list[HeldConsent]
    names: Mapping[str, str | None]


async def find_page(tx: Transaction, application_id: UUID) -> ApplicationPage | None:
    """Return an application that the caller may see, with what stands beside it on its page."""
    query = _visible_rows(tx).add_columns(held_beside("loan_application"), *party.labelled("loan_application"))
    row = (await tx.session.execute(query.where(col(LoanApplication.id) == application_id))).one_or_none()
    return (
        None if row is None else ApplicationPage(row[0], held_in(row[1]), dict(zip(party.NAMES, row[2:], strict=True)))
    )


async def lock(tx: Transaction, application_id: UUID) -> LoanApplication | None:
    """Return an application of the calling firm or bank and hold it; after the firm's line, never before it."""
    query = visible(
        select(LoanApplication),
        tx.actor,
        enterprise=col(LoanApplication.enterprise_uscc),
        bank=col(LoanApplication.bank_uscc),
        sees_all=(),
    )
    query = query.where(col(LoanApplication.id) == application_id).with_for_update()
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def open_twin(tx: Transaction, enterprise_uscc: str, terms: LoanApplicationTerms) -> LoanApplication | None:
    """Return an open application of the firm that says the very same; the line's lock makes the answer last."""
    query = select(LoanApplication).where(
        col(LoanApplication.enterprise_uscc) == enterprise_uscc,
        col(LoanApplication.bank_uscc) == terms.bank_uscc,
        col(LoanApplication.amount_fen) == terms.amount_fen,
        col(LoanApplication.term_months) == terms.term_months,
        col(LoanApplication.purpose) == terms.purpose,
        col(LoanApplication.status).in_(OPEN_STATUSES),
    )
    return (await tx.session.execute(query)).scalars().first()


async def bank_ref_used(tx: Transaction, bank_uscc: str, bank_ref: str) -> bool:
    """Whether the bank ever used this reference for an approval."""
    query = select(col(LoanApplication.id)).where(
        col(LoanApplication.bank_uscc) == bank_uscc, col(LoanApplication.ref_key) == reference_key(bank_ref)
    )
    return (await tx.session.execute(query)).first() is not None


async def lock_open_of_firm(tx: Transaction, enterprise_uscc: str) -> Sequence[LoanApplication]:
    """Return the open applications of a firm and hold them, in the order of their ids."""
    query = select(LoanApplication).where(
        col(LoanApplication.enterprise_uscc) == enterprise_uscc,
        col(LoanApplication.status).in_(OPEN_STATUSES),
    )
    query = query.order_by(col(LoanApplication.id)).with_for_update()
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalars().all()


async def lock_overdue_approvals(tx: Transaction, today: date, limit: int) -> Sequence[LoanApplication]:
    """Return approvals whose last day is over and hold them; rows that someone holds wait for the next run."""
    query = (
        select(LoanApplication)
        .where(col(LoanApplication.status) == ApplicationStatus.APPROVED, col(LoanApplication.valid_until_on) < today)
        .order_by(col(LoanApplication.valid_until_on))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await tx.session.execute(query)).scalars().all()


LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(LoanApplication.created_at), col(LoanApplication.id)),
        Sort.DUE: ascending(col(LoanApplication.answer_due_on), col(LoanApplication.id)),
        Sort.LARGEST: descending(col(LoanApplication.amount_fen), col(LoanApplication.id)),
    },
    same={
        "enterprise_uscc": col(LoanApplication.enterprise_uscc),
        "bank_uscc": col(LoanApplication.bank_uscc),
        "case_no": col(LoanApplication.case_no),
        "bank_ref": col(LoanApplication.ref_key),
    },
    among={"status": col(LoanApplication.status)},
    days={
        "submitted": col(LoanApplication.submitted_at),
        "answer_due": col(LoanApplication.answer_due_on),
        "valid_until": col(LoanApplication.valid_until_on),
    },
    beside=party.both_named("loan_application"),
)
"""What applications may be narrowed and sorted by."""
