"""Signed loans: a firm sees its own, a bank those it signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.finance import party
from services.finance.lending.models.loan import Loan
from services.finance.lending.rules.loan import LoanStatus
from services.finance.lending.store.lpr_publication import KnownDays, known_beside, known_in
from services.finance.scope import SEES_COVER, visible
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.fold import reference_key
from shared.kernel.sort import Sort


def _visible_rows(tx: Transaction) -> Select[Loan]:
    return visible(
        select(Loan), tx.actor, enterprise=col(Loan.enterprise_uscc), bank=col(Loan.bank_uscc), sees_all=SEES_COVER
    )


@dataclass(frozen=True, slots=True)
class LoanPage:
    """A loan as its page tells it, the names of its firm and its bank, and what the rate of its day follows from."""

    loan: Loan
    names: Mapping[str, str | None]
    known: KnownDays


async def find_page(tx: Transaction, loan_id: UUID) -> LoanPage | None:
    """Return a loan that the caller may see, with what stands beside it on its page."""
    query = _visible_rows(tx).add_columns(*party.labelled("loan"), *known_beside("loan.signed_on"))
    row = (await tx.session.execute(query.where(col(Loan.id) == loan_id))).one_or_none()
    if row is None:
        return None
    first, names, known = row[0], row[1 : 1 + len(party.NAMES)], row[1 + len(party.NAMES) :]
    return LoanPage(first, dict(zip(party.NAMES, names, strict=True)), known_in(tx, *known))


@dataclass(frozen=True, slots=True)
class SeenLoan:
    """What a movement of money needs of a loan, and the version by which it tells that the loan still stands so.

    Amounts are in fen.
    """

    id: UUID
    enterprise_uscc: str
    bank_uscc: str
    principal_fen: int
    drawn_fen: int
    repaid_fen: int
    released_fen: int
    signed_on: date
    draw_until_on: date
    ends_on: date
    version: int


SEEN_COLUMNS = ", ".join(f"loan.{one.name} AS loan_{one.name}" for one in fields(SeenLoan))
"""Columns that a `SeenLoan` is made of, in their order."""


async def contract_no_used(tx: Transaction, bank_uscc: str, contract_no: str) -> bool:
    """Whether the bank ever used this contract number."""
    query = select(col(Loan.id)).where(
        col(Loan.bank_uscc) == bank_uscc, col(Loan.contract_key) == reference_key(contract_no)
    )
    return (await tx.session.execute(query)).first() is not None


async def lock_undrawn(tx: Transaction, today: date, limit: int) -> Sequence[Loan]:
    """Return loans whose drawing period is over with money undrawn, and hold them."""
    query = (
        select(Loan)
        .where(
            col(Loan.status) == LoanStatus.SIGNED,
            col(Loan.draw_until_on) < today,
            col(Loan.drawn_fen) + col(Loan.released_fen) < col(Loan.principal_fen),
        )
        .order_by(col(Loan.draw_until_on))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await tx.session.execute(query)).scalars().all()


LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(Loan.created_at), col(Loan.id)),
        Sort.DUE: ascending(col(Loan.ends_on), col(Loan.id)),
        Sort.LARGEST: descending(col(Loan.principal_fen), col(Loan.id)),
    },
    same={
        "enterprise_uscc": col(Loan.enterprise_uscc),
        "bank_uscc": col(Loan.bank_uscc),
        "contract_no": col(Loan.contract_key),
        "case_no": col(Loan.case_no),
    },
    among={"status": col(Loan.status)},
    days={"signed": col(Loan.signed_on), "draw_until": col(Loan.draw_until_on), "ends": col(Loan.ends_on)},
    beside=party.both_named("loan"),
)
"""What loans may be narrowed and sorted by."""
