"""Record pay-outs and repayments: the hot routes, so each takes few statements."""

from uuid import UUID

from services.finance.evaluation.rules import credit_line as line_rules
from services.finance.lending.models.drawdown import Drawdown, Repayment
from services.finance.lending.rules import application_refusal as refusals
from services.finance.lending.rules import drawdown as rules
from services.finance.lending.rules import loan_application as application_rules
from services.finance.lending.rules.drawdown import DrawdownStatus, DrawdownTerms, RepaymentTerms
from services.finance.lending.store import drawdown as drawdowns
from services.finance.lending.store import loan as loans
from services.finance.lending.store.loan import HeldLoan
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
) -> Drawdown:
    """Record a pay-out of the calling bank; the firm's reporting unit of the day is frozen with it.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `bank_ref_already_used`; and all of `rules.draw`.
    """
    tx.actor.party_as(Role.BANK)
    held = await loans.lock_own(tx, loan_id)
    if held is None:
        raise Refusal(NOT_FOUND, noun="loan")
    loan, unit_id = held
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
    drawdown = Drawdown.model_validate(
        {
            **terms.model_dump(),
            "id": drawdown_id,
            "loan_id": loan_id,
            "enterprise_uscc": loan.enterprise_uscc,
            "bank_uscc": loan.bank_uscc,
            "unit_id": rules.unit_of_payout(unit_id or CITY_UNIT, terms.starts_on),
            "note_key": reference_key(terms.note_no),
            "outstanding_fen": terms.amount_fen,
            "status": DrawdownStatus.DISBURSED,
            "created_at": tx.now,
        }
    )
    after = await drawdowns.draw(tx, drawdown, disbursement.movement, loan_drawn_fen=disbursement.loan_drawn_fen)
    if after is None:
        raise Refusal(refusals.BANK_REF_ALREADY_USED, pointer="/note_no")
    tx.audit("loan.draw", subject=f"drawdown/{drawdown_id}", uscc=loan.enterprise_uscc)
    tx.emit(_drawn(loan, drawdown), line_rules.limit_changed(after))
    return drawdown


def _drawn(loan: HeldLoan, drawdown: Drawdown) -> LoanDrawn:
    return LoanDrawn.of(
        drawdown,
        drawdown_id=drawdown.id,
        loan_id=loan.id,
        enterprise_uscc=loan.enterprise_uscc,
        bank_uscc=loan.bank_uscc,
    )


async def repay_drawdown(
    tx: Transaction, drawdown_id: UUID, terms: RepaymentTerms, book: RuleBook, *, repayment_id: UUID
) -> Repayment:
    """Record repaid principal of the calling bank's note; line and cover follow it down.

    Raises:
        Refusal: `forbidden_role`; `not_found`; `bank_ref_already_used`; and all of `rules.repay`.
    """
    tx.actor.party_as(Role.BANK)
    drawdown = await drawdowns.lock_own(tx, drawdown_id)
    if drawdown is None:
        raise Refusal(NOT_FOUND, noun="drawdown")
    loan = drawdown.loan
    decision = rules.repay(
        terms,
        outstanding_fen=drawdown.outstanding_fen,
        starts_on=drawdown.starts_on,
        principal_fen=loan.principal_fen,
        state=state_of(loan),
        today=tx.today,
    )
    repayment = Repayment.model_validate(
        {
            **terms.model_dump(),
            "id": repayment_id,
            "drawdown_id": drawdown_id,
            "bank_uscc": loan.bank_uscc,
            "ref_key": reference_key(terms.bank_ref),
            "outstanding_after_fen": decision.outstanding_fen,
            "created_at": tx.now,
        }
    )
    after = await drawdowns.repay(tx, loan, repayment, decision)
    if after is None:
        raise Refusal(refusals.BANK_REF_ALREADY_USED, pointer="/bank_ref")
    if drawdown.cover_id is not None:
        await release_cover(tx, drawdown, book, outstanding_fen=decision.outstanding_fen)
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
