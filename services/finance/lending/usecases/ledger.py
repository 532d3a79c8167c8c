"""Applications, loans, drawdowns and covers are decided anew, by the rules on record and by what was known then."""

from collections.abc import AsyncIterator, Sequence
from functools import partial

from services.finance.evaluation.store import kv_evaluation as evaluations
from services.finance.fund.rules import fund_account as fund_rules
from services.finance.fund.rules.fund_account import FundBalances
from services.finance.lending.models.cover import Cover
from services.finance.lending.models.drawdown import Drawdown
from services.finance.lending.models.loan import Loan
from services.finance.lending.models.loan_application import LoanApplication
from services.finance.lending.rules import cover as cover_rules
from services.finance.lending.rules import drawdown as drawdown_rules
from services.finance.lending.rules import loan as loan_rules
from services.finance.lending.rules import loan_application as rules
from services.finance.lending.rules.cover import CoverStatus, CoverVerdict
from services.finance.lending.rules.drawdown import DrawdownStatus, DrawdownTerms
from services.finance.lending.rules.loan import LoanState, LoanTerms
from services.finance.lending.rules.loan_application import (
    ApplicationStatus,
    ApprovalTerms,
    EvaluationInForce,
    LoanApplicationTerms,
)
from services.finance.lending.rules.lpr import Publication
from services.finance.lending.store import ledger as store
from services.finance.lending.store import lpr_publication as publications
from services.finance.settings import POLICIES
from shared.db.act import every_row, is_decided_alike, last_acts
from shared.db.holiday_notice import calendars
from shared.db.transaction import Transaction
from shared.db.verification import Walk
from shared.kernel.clock import shanghai_date
from shared.kernel.workday import WorkCalendar
from shared.policy.book import RuleBook


async def applications_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each application that its rules would not have taken, approved or rejected as it stands."""
    book = RuleBook.from_folder(POLICIES)
    acts = {name: await last_acts(tx, f"loan_application.{name}") for name in ("submit", "approved", "rejected")}
    calendar_at = await calendars(tx)
    async for one in every_row(tx, LoanApplication):
        subject = f"loan_application/{one.id}"
        seen = await evaluations.get(tx, one.evaluation_id)
        evaluation = EvaluationInForce(
            seen.id, seen.grade, seen.limit_fen, seen.valid_until_on, on_city_register=seen.on_city_register
        )
        submitted = partial(_submits, one, evaluation, calendar_at(one.submitted_at))
        if not is_decided_alike(acts["submit"].get(subject), book, submitted):
            yield f"{one.case_no} (submit)"
        if one.approved_on is not None and not is_decided_alike(
            acts["approved"].get(subject), book, partial(_approves, one)
        ):
            yield f"{one.case_no} (approve)"
        if one.status is ApplicationStatus.REJECTED and not is_decided_alike(
            acts["rejected"].get(subject), book, partial(_rejects, one)
        ):
            yield f"{one.case_no} (reject)"


def _submits(one: LoanApplication, evaluation: EvaluationInForce, calendar: WorkCalendar, book: RuleBook) -> bool:
    on = shanghai_date(one.submitted_at)
    again = rules.submit(
        LoanApplicationTerms.of_row(one),
        book.pick(rules.POLICY, on),
        evaluation=evaluation,
        available_fen=one.amount_fen,  # what was left of the line is held by the ledger of its movements
        today=on,
        calendar=calendar,
    )
    kept = (one.snapshot_limit_fen, one.snapshot_grade, one.answer_due_on, one.answer_due_assumed)
    return (again.snapshot_limit_fen, again.snapshot_grade, again.answer_due.on, again.answer_due.assumed) == kept


def _approves(one: LoanApplication, book: RuleBook) -> bool:
    if one.approved_on is None or one.approved_fen is None or one.approved_term_months is None or one.bank_ref is None:
        return False
    again = rules.approve(
        ApplicationStatus.BANK_REVIEW,
        book.pick(rules.POLICY, one.approved_on),
        terms=ApprovalTerms(
            amount_fen=one.approved_fen,
            term_months=one.approved_term_months,
            valid_until_on=one.valid_until_on,
            conditions=one.conditions,
            bank_ref=one.bank_ref,
        ),
        applied_fen=one.amount_fen,
        snapshot_limit_fen=one.snapshot_limit_fen,
        open_flag=None,
        today=one.approved_on,
    )
    return again.valid_until_on == one.valid_until_on


def _rejects(one: LoanApplication, book: RuleBook) -> bool:
    on = shanghai_date(one.answered_at or one.submitted_at)
    rules.reject(ApplicationStatus.BANK_REVIEW, one.reason_code or "", book.pick(rules.POLICY, on))
    return True


async def loans_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each loan that its rules would not have signed as it stands: rate, periods, amount, state of the LPR."""
    book, acts = RuleBook.from_folder(POLICIES), await last_acts(tx, "loan_application.signed")
    approved = {one.id: one async for one in every_row(tx, LoanApplication)}
    calendar_at = await calendars(tx)
    async for one in every_row(tx, Loan):
        known = await publications.in_force(tx, one.signed_on, known_at=one.created_at)
        again = partial(_signs, one, approved[one.application_id], calendar_at(one.created_at), known)
        if not is_decided_alike(acts.get(f"loan_application/{one.application_id}"), book, again):
            yield one.case_no


def _signs(
    one: Loan, approved: LoanApplication, calendar: WorkCalendar, known: Sequence[Publication], book: RuleBook
) -> bool:
    again = loan_rules.sign(
        LoanTerms.of_row(one),
        book,
        approved_fen=approved.approved_fen or 0,
        approved_months=approved.approved_term_months or 0,
        approved_on=approved.approved_on or one.signed_on,
        available_fen=one.principal_fen,  # what was left of the line is held by the ledger of its movements
        today=shanghai_date(one.created_at),
        calendar=calendar,
        publications=known,
    )
    return (again.draw_until_on, again.ends_on, again.lpr_status) == (one.draw_until_on, one.ends_on, one.lpr_status)


async def drawdowns_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each drawdown that its rules would not have let out of its loan."""
    book, acts = RuleBook.from_folder(POLICIES), await last_acts(tx, "loan.draw")
    loans = {one.id: one async for one in every_row(tx, Loan)}
    async for one in every_row(tx, Drawdown):
        if not is_decided_alike(acts.get(f"drawdown/{one.id}"), book, partial(_draws, one, loans[one.loan_id])):
            yield one.note_no


def _draws(one: Drawdown, loan: Loan, book: RuleBook) -> bool:
    undrawn = LoanState(
        enterprise_uscc=loan.enterprise_uscc, bank_uscc=loan.bank_uscc, drawn_fen=0, repaid_fen=0, released_fen=0
    )
    again = drawdown_rules.draw(
        DrawdownTerms.of_row(one),
        book.pick(rules.POLICY, loan.signed_on),
        principal_fen=loan.principal_fen,
        state=undrawn,  # what had been drawn before is held by the ledger of the loan
        signed_on=loan.signed_on,
        draw_until_on=loan.draw_until_on,
        loan_ends_on=loan.ends_on,
        today=shanghai_date(one.created_at),
    )
    return again.loan_drawn_fen == one.amount_fen


async def covers_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each cover that its rules would not have taken, covered or refused as it stands."""
    book = RuleBook.from_folder(POLICIES)
    filed, decided = await last_acts(tx, "cover.file"), await last_acts(tx, "cover.decide")
    exposed, calendar_at = await store.exposed(tx), await calendars(tx)
    notes = {one.id: one async for one in every_row(tx, Drawdown)}
    async for one in every_row(tx, Cover):
        subject, note = f"cover/{one.id}", notes[one.drawdown_id]
        if not is_decided_alike(filed.get(subject), book, partial(_files, one, note, calendar_at(one.created_at))):
            yield f"{note.note_no} (file)"
        if one.decided_at is not None and not is_decided_alike(
            decided.get(subject), book, partial(_decides, one, note, exposed.get(one.id, 0))
        ):
            yield f"{note.note_no} (decide)"


def _files(one: Cover, note: Drawdown, calendar: WorkCalendar, book: RuleBook) -> bool:
    due = cover_rules.file(
        book.pick(fund_rules.POLICY, note.starts_on),
        starts_on=note.starts_on,
        status=DrawdownStatus.DISBURSED,
        filed_before=False,
        today=one.filed_on,
        calendar=calendar,
    )
    return due.on == one.filing_due_on


def _decides(one: Cover, note: Drawdown, exposure_fen: int, book: RuleBook) -> bool:
    policy = book.pick(fund_rules.POLICY, note.starts_on)
    if one.status is CoverStatus.REFUSED:
        nothing = FundBalances(paid_in_city_fen=0, paid_in_district_fen=0, exposure_fen=0)
        cover_rules.decide(
            CoverStatus.FILED,
            policy,
            verdict=CoverVerdict.REFUSED,
            reason_code=one.reason_code,
            outstanding_fen=0,
            balances=nothing,
        )
        return exposure_fen == 0
    return 0 < one.covered_fen <= note.amount_fen and fund_rules.exposure_of(one.covered_fen, policy) == exposure_fen


LEDGERS = (
    Walk("每份申请等于按其规则重新办理", "each application is what its rules decide anew", applications_that_differ),
    Walk("每份合同等于按其规则重新签订", "each loan is what its rules sign anew", loans_that_differ),
    Walk("每笔放款等于按其规则重新登记", "each drawdown is what its rules let out anew", drawdowns_that_differ),
    Walk("每份风险补偿备案等于按其规则重新办理", "each cover is what its rules decide anew", covers_that_differ),
)
"""What must find nothing."""
