"""Sign loans on the credit line that all banks share, and end their drawing period."""

from dataclasses import dataclass
from uuid import UUID

from services.finance.evaluation.rules import credit_line as line_rules
from services.finance.evaluation.store import credit_line as lines
from services.finance.lending.models.loan import Loan
from services.finance.lending.rules import application_refusal as refusals
from services.finance.lending.rules import loan as rules
from services.finance.lending.rules import loan_application as application_rules
from services.finance.lending.rules.loan import LoanState, LoanStatus, LoanTerms
from services.finance.lending.rules.lpr import DayRate
from services.finance.lending.store import loan as loans
from services.finance.lending.store import loan_application as applications
from services.finance.lending.store import lpr_publication as publications
from services.finance.lending.store.loan import SeenLoan
from services.finance.lending.usecases.loan_application import tell_decided
from shared.db.holiday_notice import work_calendar
from shared.db.transaction import Transaction
from shared.events.finance import LoanLapsed, LoanSigned
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.fold import reference_key
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook


@dataclass(frozen=True, slots=True)
class SignedLoan:
    """A loan with the rate of its day, so that whoever answers it need not look that up again."""

    loan: Loan
    rate: DayRate


async def sign_loan(
    tx: Transaction, application_id: UUID, terms: LoanTerms, book: RuleBook, *, loan_id: UUID
) -> SignedLoan:
    """Sign an approved application of the calling bank: the principal is reserved over all banks at once.

    Locks the firm's line first, then the application.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `application_state_conflict`; `approval_lapsed`;
            `bank_ref_already_used`; `credit_line_exceeded`; and all of `rules.sign`.
    """
    bank_uscc = tx.actor.party_as(Role.BANK)
    seen = await applications.find(tx, application_id)
    if seen is None:
        raise Refusal(NOT_FOUND, noun="loan_application")
    line = await lines.lock(tx, seen.enterprise_uscc)
    application = await applications.lock(tx, application_id)
    if line is None or application is None:
        raise Refusal(NOT_FOUND, noun="loan_application")
    status = application_rules.signable(application.status, application.valid_until_on, tx.today)
    # An open application keeps the limit it was made on, whether the line's limit fell or rose since.
    own_limit_fen = application.snapshot_limit_fen
    signature = rules.sign(
        terms,
        book,
        approved_fen=application.approved_fen or 0,
        approved_months=application.approved_term_months or 0,
        approved_on=application.approved_on or tx.today,
        available_fen=line_rules.available(own_limit_fen, line.reserved_fen, line.drawn_fen),
        today=tx.today,
        calendar=await work_calendar(tx),
        publications=await publications.in_force(tx, terms.signed_on),
    )
    if await loans.contract_no_used(tx, bank_uscc, terms.contract_no):
        raise Refusal(refusals.BANK_REF_ALREADY_USED, pointer="/contract_no")
    after = await lines.reserve(tx, line.uscc, signature.movement, own_limit_fen=own_limit_fen, loan_id=loan_id)
    application.status = status
    loan = Loan.model_validate(
        {
            **terms.model_dump(),
            "id": loan_id,
            "application_id": application_id,
            "case_no": application.case_no,
            "enterprise_uscc": application.enterprise_uscc,
            "bank_uscc": bank_uscc,
            "contract_key": reference_key(terms.contract_no),
            "status": LoanStatus.SIGNED,
            **dict.fromkeys(("drawn_fen", "repaid_fen", "released_fen"), 0),
            "draw_until_on": signature.draw_until_on,
            "ends_on": signature.ends_on,
            "lpr_status": signature.lpr_status,
            "version": 1,
            "created_at": tx.now,
        }
    )
    tx.session.add(loan)
    tell_decided(tx, application)
    tx.emit(_signed(loan), line_rules.limit_changed(after))
    return SignedLoan(loan, signature.lpr)


def _signed(loan: Loan) -> LoanSigned:
    return LoanSigned.of(loan, loan_id=loan.id)


def state_of(loan: Loan | SeenLoan) -> LoanState:
    """Return the balances of a loan as rules take them."""
    return LoanState(
        enterprise_uscc=loan.enterprise_uscc,
        bank_uscc=loan.bank_uscc,
        drawn_fen=loan.drawn_fen,
        repaid_fen=loan.repaid_fen,
        released_fen=loan.released_fen,
    )


async def lapse_loans(tx: Transaction, limit: int) -> int:
    """Release what was signed and not drawn in time; returns how many loans were looked at."""
    overdue = await loans.lock_undrawn(tx, tx.today, limit)
    for loan in sorted(overdue, key=lambda one: one.enterprise_uscc):
        lapse = rules.lapse(loan.principal_fen, state_of(loan), draw_until_on=loan.draw_until_on, today=tx.today)
        if lapse is None:
            continue
        after = await lines.release(tx, loan.enterprise_uscc, lapse.movement, loan_id=loan.id)
        loan.released_fen += lapse.movement.amount_fen
        loan.status = lapse.status
        loan.version += 1
        tx.audit("loan.lapse", subject=f"loan/{loan.id}", uscc=loan.enterprise_uscc)
        tx.emit(
            LoanLapsed.of(loan, loan_id=loan.id, released_fen=lapse.movement.amount_fen),
            line_rules.limit_changed(after),
        )
    return len(overdue)
