"""File cover for a drawdown, decide it, and let it follow repayment down."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.finance.fund.rules import fund_account as fund_rules
from services.finance.fund.rules.fund_account import PostingKind
from services.finance.fund.usecases.fund_account import exposure_values
from services.finance.lending.models.cover import Cover
from services.finance.lending.rules import cover as rules
from services.finance.lending.rules.cover import CoverBalances, CoverStatus, CoverVerdict
from services.finance.lending.store import cover as covers
from services.finance.lending.store.cover import CoverRow
from services.finance.lending.store.drawdown import NoteToRepay
from shared.db.transaction import Transaction
from shared.events.finance import CoverChanged
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook


@dataclass(frozen=True, slots=True)
class ToldCover:
    """Cover as it is now, with the day of its pay-out, by whose rules it is told, and what is owed, in fen."""

    cover: CoverRow | Cover
    starts_on: date
    outstanding_fen: int


def _tell(tx: Transaction, cover: CoverRow) -> None:
    tx.emit(CoverChanged.of(cover, cover_id=cover.id))


async def file_cover(tx: Transaction, drawdown_id: UUID, book: RuleBook, *, cover_id: UUID) -> ToldCover:
    """File cover for a drawdown of the calling bank, in time.

    Raises:
        Refusal: `forbidden_role`; `not_found`; and all of `rules.file`.
    """
    tx.actor.party_as(Role.BANK)
    drawdown = await covers.read_drawdown(tx, drawdown_id)
    if drawdown is None:
        raise Refusal(NOT_FOUND, noun="drawdown")
    due = rules.file(
        book.pick(fund_rules.POLICY, drawdown.starts_on),
        starts_on=drawdown.starts_on,
        status=drawdown.status,
        filed_before=drawdown.cover_id is not None,
        today=tx.today,
        calendar=drawdown.calendar,
    )
    cover = CoverRow(
        id=cover_id,
        drawdown_id=drawdown_id,
        loan_id=drawdown.loan_id,
        enterprise_uscc=drawdown.enterprise_uscc,
        bank_uscc=drawdown.bank_uscc,
        unit_id=drawdown.unit_id,
        status=CoverStatus.FILED,
        filed_on=tx.today,
        filing_due_on=due.on,
        created_at=tx.now,
    )
    covers.add(tx, cover, drawdown_version=drawdown.version)
    tx.audit("cover.file", subject=f"cover/{cover_id}", uscc=cover.enterprise_uscc)
    _tell(tx, cover)
    return ToldCover(cover, drawdown.starts_on, drawdown.outstanding_fen)


async def decide_cover(
    tx: Transaction, cover_id: UUID, book: RuleBook, *, verdict: CoverVerdict, reason_code: str | None
) -> ToldCover:
    """Cover or refuse as the fund manager; holds the drawdown, then the unit's account.

    Raises:
        Refusal: `forbidden_role`; `not_found`; and all of `rules.decide`.
    """
    tx.actor.must_be((Role.FUND_MANAGER,))
    seen = await covers.read_cover(tx, cover_id)
    if seen is None:
        raise Refusal(NOT_FOUND, noun="cover")
    was = seen.cover
    policy = book.pick(fund_rules.POLICY, seen.starts_on)
    decision = rules.decide(
        was.status,
        policy,
        verdict=verdict,
        reason_code=reason_code,
        outstanding_fen=seen.outstanding_fen,
        balances=seen.account.balances,
    )
    cover = CoverRow(
        id=cover_id,
        drawdown_id=seen.drawdown_id,
        loan_id=seen.loan_id,
        enterprise_uscc=seen.enterprise_uscc,
        bank_uscc=seen.bank_uscc,
        unit_id=was.unit_id,
        status=decision.status,
        filed_on=was.filed_on,
        filing_due_on=was.filing_due_on,
        created_at=was.created_at,
        covered_fen=decision.covered_fen,
        released_fen=was.released_fen,
        exposure_fen=decision.exposure_fen,
        reason_code=reason_code,
        decided_at=tx.now,
        decided_by=tx.actor.client_id,
    )
    posting = None
    if decision.status is CoverStatus.COVERED:
        posting = exposure_values(
            tx,
            seen.account,
            policy,
            kind=PostingKind.EXPOSURE,
            amount_fen=decision.exposure_fen,
            cover_id=cover_id,
        )
    covers.decide(tx, cover, posting, drawdown_version=seen.drawdown_version)
    tx.audit("cover.decide", subject=f"cover/{cover_id}", uscc=cover.enterprise_uscc, detail={"verdict": verdict.value})
    _tell(tx, cover)
    return ToldCover(cover, seen.starts_on, seen.outstanding_fen)


def release_cover(tx: Transaction, note: NoteToRepay, book: RuleBook, *, outstanding_fen: int) -> dict[str, Any] | None:
    """Let cover of a drawdown follow its outstanding principal down.

    Returns:
        The values of the release and of its posting, for the statement of the repayment; None where nothing is covered.
    """
    cover, account = note.cover, note.account
    if cover is None or account is None or cover.status is not CoverStatus.COVERED:
        return None
    policy = book.pick(fund_rules.POLICY, note.starts_on)
    held = CoverBalances(
        covered_fen=cover.covered_fen, released_fen=cover.released_fen, exposure_fen=cover.exposure_fen
    )
    release = rules.release(held, policy, outstanding_fen=outstanding_fen)
    tx.emit(
        CoverChanged(
            cover_id=cover.id,
            drawdown_id=note.id,
            loan_id=note.loan.id,
            enterprise_uscc=note.loan.enterprise_uscc,
            bank_uscc=note.loan.bank_uscc,
            unit_id=cover.unit_id,
            status=release.status,
            covered_fen=cover.covered_fen,
            released_fen=release.released_fen,
            reason_code=None,
        )
    )
    return {
        "cover_id": cover.id,
        "cover_status": release.status.value,
        "cover_released": release.released_fen,
        "cover_exposure": release.exposure_fen,
        **exposure_values(
            tx,
            account,
            policy,
            kind=PostingKind.EXPOSURE_RELEASE,
            amount_fen=release.released_exposure_fen,
            cover_id=cover.id,
        ),
    }
