"""Record pay-outs and repayments: the hot routes, one read and one statement each."""

from uuid import UUID

from services.finance.evaluation.rules import credit_line as line_rules
from services.finance.lending.rules import application_refusal as refusals
from services.finance.lending.rules import drawdown as rules
from services.finance.lending.rules import loan_application as application_rules
from services.finance.lending.rules.drawdown import DrawdownStatus, DrawdownTerms, RepaymentTerms
from services.finance.lending.store import drawdown as drawdowns
from services.finance.lending.store.drawdown import PaidBack, PaidOut
from services.finance.lending.usecases.cover import release_cover
from services.finance.lending.usecases.loan import state_of
from services.finance.lending.usecases.loan_application import CITY_UNIT
from shared.db.transaction import Transaction
from shared.events.finance import LoanDrawn, LoanRepaid
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.fold import reference_key
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook


async def draw_loan(
    tx: Transaction, loan_id: UUID, terms: DrawdownTerms, book: RuleBook, *, drawdown_id: UUID
) -> PaidOut:
    """Record a pay-out of the calling bank; the firm's reporting unit of the day is frozen with it.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `bank_ref_already_used`; and all of `rules.draw`.
    """
    tx.actor.party_as(Role.BANK)
    note_key = reference_key(terms.note_no)
    seen = await drawdowns.read_loan(tx, loan_id, note_key=note_key)
    if seen is None:
        raise Refusal(NOT_FOUND, noun="loan")
    loan = seen.loan
    disbursement = rules.draw(
        terms,
        book.pick(application_rules.POLICY, loan.signed_on),
        principal_fen=loan.principal_fen,
        state=state_of(loan),
        signed_on=loan.signed_on,
        draw_until_on=loan.draw_until_on,
        loan_ends_on=loan.ends_on,
        today=tx.today,
    )
    if seen.is_note_used:
        raise Refusal(refusals.BANK_REF_ALREADY_USED, pointer="/note_no")
    drawdown = PaidOut(
        id=drawdown_id,
        loan_id=loan_id,
        enterprise_uscc=loan.enterprise_uscc,
        bank_uscc=loan.bank_uscc,
        unit_id=rules.unit_of_payout(seen.unit_id or CITY_UNIT, terms.starts_on),
        note_no=terms.note_no,
        note_key=note_key,
        amount_fen=terms.amount_fen,
        starts_on=terms.starts_on,
        matures_on=terms.matures_on,
        outstanding_fen=terms.amount_fen,
        status=DrawdownStatus.DISBURSED,
        created_at=tx.now,
    )
    after = drawdowns.draw(tx, seen, drawdown, disbursement.movement, loan_drawn_fen=disbursement.loan_drawn_fen)
    tx.audit("loan.draw", subject=f"drawdown/{drawdown_id}", uscc=loan.enterprise_uscc)
    tx.emit(LoanDrawn.of(drawdown, drawdown_id=drawdown_id), line_rules.limit_changed(after))
    return drawdown


async def repay_drawdown(
    tx: Transaction, drawdown_id: UUID, terms: RepaymentTerms, book: RuleBook, *, repayment_id: UUID
) -> PaidBack:
    """Record repaid principal of the calling bank's note; line and cover follow it down.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `bank_ref_already_used`; and all of `rules.repay`.
    """
    tx.actor.party_as(Role.BANK)
    ref_key = reference_key(terms.bank_ref)
    note = await drawdowns.read_note(tx, drawdown_id, ref_key=ref_key)
    if note is None:
        raise Refusal(NOT_FOUND, noun="drawdown")
    loan = note.loan
    decision = rules.repay(
        terms,
        outstanding_fen=note.outstanding_fen,
        starts_on=note.starts_on,
        principal_fen=loan.principal_fen,
        state=state_of(loan),
        today=tx.today,
    )
    if note.is_ref_used:
        raise Refusal(refusals.BANK_REF_ALREADY_USED, pointer="/bank_ref")
    repayment = PaidBack(
        id=repayment_id,
        drawdown_id=drawdown_id,
        bank_uscc=loan.bank_uscc,
        bank_ref=terms.bank_ref,
        ref_key=ref_key,
        amount_fen=terms.amount_fen,
        value_on=terms.value_on,
        outstanding_after_fen=decision.outstanding_fen,
        created_at=tx.now,
    )
    release = release_cover(tx, note, book, outstanding_fen=decision.outstanding_fen)
    after = drawdowns.repay(tx, note, repayment, decision, release)
    tx.audit("loan.repay", subject=f"drawdown/{drawdown_id}", uscc=loan.enterprise_uscc)
    tx.emit(
        LoanRepaid.of(
            terms,
            drawdown_id=drawdown_id,
            outstanding_fen=decision.outstanding_fen,
            loan_id=loan.id,
            enterprise_uscc=loan.enterprise_uscc,
            bank_uscc=loan.bank_uscc,
        ),
        line_rules.limit_changed(after),
    )
    return repayment
