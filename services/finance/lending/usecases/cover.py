"""File cover for a drawdown, decide it, and let it follow repayment down."""

from uuid import UUID

from services.finance.fund.rules import fund_account as fund_rules
from services.finance.fund.rules.fund_account import PostingKind
from services.finance.fund.store import fund_account as accounts
from services.finance.fund.usecases.fund_account import balances_of, post_exposure
from services.finance.lending.models.cover import Cover
from services.finance.lending.rules import cover as rules
from services.finance.lending.rules.cover import CoverBalances, CoverStatus, CoverVerdict
from services.finance.lending.store import cover as covers
from services.finance.lending.store import drawdown as drawdowns
from services.finance.lending.store.drawdown import HeldDrawdown
from shared.db.holiday_notice import work_calendar
from shared.db.transaction import Transaction
from shared.events.finance import CoverChanged
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook


def _tell(tx: Transaction, cover: Cover) -> None:
    tx.emit(CoverChanged.of(cover, cover_id=cover.id))


async def file_cover(tx: Transaction, drawdown_id: UUID, book: RuleBook, *, cover_id: UUID) -> Cover:
    """File cover for a drawdown of the calling bank, in time.

    Raises:
        Refusal: `forbidden_role`; `not_found`; and all of `rules.file`.
    """
    tx.actor.party_as(Role.BANK)
    drawdown = await drawdowns.lock_own(tx, drawdown_id)
    if drawdown is None:
        raise Refusal(NOT_FOUND, noun="drawdown")
    due = rules.file(
        book.pick(fund_rules.POLICY, drawdown.starts_on),
        starts_on=drawdown.starts_on,
        status=drawdown.status,
        filed_before=drawdown.cover_id is not None,
        today=tx.today,
        calendar=await work_calendar(tx),
    )
    cover = Cover(
        id=cover_id,
        drawdown_id=drawdown_id,
        loan_id=drawdown.loan.id,
        enterprise_uscc=drawdown.loan.enterprise_uscc,
        bank_uscc=drawdown.loan.bank_uscc,
        unit_id=drawdown.unit_id,
        status=CoverStatus.FILED,
        covered_fen=0,
        exposure_fen=0,
        filed_on=tx.today,
        filing_due_on=due.on,
        created_at=tx.now,
    )
    tx.session.add(cover)
    tx.audit("cover.file", subject=f"cover/{cover_id}", uscc=cover.enterprise_uscc)
    _tell(tx, cover)
    return cover


async def decide_cover(
    tx: Transaction, cover_id: UUID, book: RuleBook, *, verdict: CoverVerdict, reason_code: str | None
) -> Cover:
    """Cover or refuse as the fund manager; locks loan, drawdown, cover, then the unit's account.

    Raises:
        Refusal: `forbidden_role`; `not_found`; and all of `rules.decide`.
    """
    tx.actor.must_be((Role.FUND_MANAGER,))
    held = await covers.lock_with_drawdown(tx, cover_id)
    if held is None:
        raise Refusal(NOT_FOUND, noun="cover")
    cover, drawdown = held
    policy = book.pick(fund_rules.POLICY, drawdown.starts_on)
    account = await accounts.lock(tx, cover.unit_id)
    decision = rules.decide(
        cover.status,
        policy,
        verdict=verdict,
        reason_code=reason_code,
        outstanding_fen=drawdown.outstanding_fen,
        balances=balances_of(account),
    )
    cover.status = decision.status
    cover.covered_fen = decision.covered_fen
    cover.exposure_fen = decision.exposure_fen
    cover.reason_code = reason_code
    cover.decided_at = tx.now
    cover.decided_by = tx.actor.client_id
    if decision.status is CoverStatus.COVERED:
        await post_exposure(
            tx, account, policy, kind=PostingKind.EXPOSURE, amount_fen=decision.exposure_fen, cover_id=cover_id
        )
    tx.audit("cover.decide", subject=f"cover/{cover_id}", uscc=cover.enterprise_uscc, detail={"verdict": verdict.value})
    _tell(tx, cover)
    return cover


async def release_cover(tx: Transaction, drawdown: HeldDrawdown, book: RuleBook, *, outstanding_fen: int) -> None:
    """Let cover of a drawdown, which is held, follow its outstanding principal down."""
    cover = await covers.lock_of_drawdown(tx, drawdown.id)
    if cover is None or cover.status is not CoverStatus.COVERED:
        return
    policy = book.pick(fund_rules.POLICY, drawdown.starts_on)
    held = CoverBalances(
        covered_fen=cover.covered_fen, released_fen=cover.released_fen, exposure_fen=cover.exposure_fen
    )
    release = rules.release(held, policy, outstanding_fen=outstanding_fen)
    cover.status = release.status
    cover.released_fen = release.released_fen
    cover.exposure_fen = release.exposure_fen
    if release.released_exposure_fen > 0:
        account = await accounts.lock(tx, cover.unit_id)
        await post_exposure(
            tx,
            account,
            policy,
            kind=PostingKind.EXPOSURE_RELEASE,
            amount_fen=release.released_exposure_fen,
            cover_id=cover.id,
        )
    _tell(tx, cover)
