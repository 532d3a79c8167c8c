"""Drawdowns and their repayments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Boolean, Select, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from services.finance import party
from services.finance.evaluation.rules.credit_line import CreditLineTerms, Movement
from services.finance.evaluation.store.credit_line import LOCK_OF_LOAN, STEP_PARTS, SeenLine, step_values
from services.finance.evaluation.store.credit_line import READ_COLUMNS as LINE_COLUMNS
from services.finance.evaluation.store.credit_line import READ_WIDTH as LINE_WIDTH
from services.finance.fund.store.fund_account import POSTING_PARTS, SeenAccount
from services.finance.fund.store.fund_account import READ_COLUMNS as ACCOUNT_COLUMNS
from services.finance.fund.store.fund_account import READ_WIDTH as ACCOUNT_WIDTH
from services.finance.lending.models.drawdown import Drawdown, Repayment
from services.finance.lending.models.loan import Loan
from services.finance.lending.rules.drawdown import DrawdownStatus
from services.finance.lending.rules.drawdown import Repayment as Decided
from services.finance.lending.store.cover import READ_COLUMNS as COVER_COLUMNS
from services.finance.lending.store.cover import READ_WIDTH as COVER_WIDTH
from services.finance.lending.store.cover import RELEASE_PARTS, SeenCover
from services.finance.lending.store.loan import SEEN_COLUMNS, SeenLoan
from services.finance.scope import SEES_COVER, own_bank, visible
from shared.db.holiday_notice import KNOWN, calendar_in
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.db.versioned import Held, VersionedRead, VersionedWrite
from shared.kernel.sort import Sort
from shared.kernel.workday import WorkCalendar

Rows = TypeVar("Rows", bound=Select[*tuple[Any, ...]])
_LOAN_WIDTH = len(fields(SeenLoan))
_NOTE_WIDTH = 6
_LOCK_LOAN = "SELECT FROM loan WHERE id = :loan_id AND bank_uscc = :bank_uscc FOR NO KEY UPDATE"
# Everybody holds a loan before its drawdowns and these before the line.
_LOAN = VersionedRead(
    f"""
    SELECT {SEEN_COLUMNS}, {LINE_COLUMNS}, enterprise.unit_id,
           EXISTS (SELECT FROM drawdown WHERE bank_uscc = :bank_uscc AND note_key = :note_key) AS is_note_used
    FROM loan JOIN credit_line AS line ON line.uscc = loan.enterprise_uscc
    LEFT JOIN enterprise ON enterprise.uscc = loan.enterprise_uscc
    WHERE loan.id = :loan_id AND loan.bank_uscc = :bank_uscc
    """,  # noqa: S608  # constant text
    locks=(_LOCK_LOAN, LOCK_OF_LOAN.format(loan_id=":loan_id")),
)
_DRAW = VersionedWrite(
    Held(
        "loan JOIN credit_line AS line ON line.uscc = loan.enterprise_uscc",
        "loan.id = :loan_id AND loan.version = :loan_version AND line.version = :line_version",
        "loan, line",
    ),
    f"""
    note AS (
        INSERT INTO drawdown (id, loan_id, enterprise_uscc, bank_uscc, unit_id, note_no, note_key, amount_fen,
                              starts_on, matures_on, outstanding_fen, status, version, created_at)
        SELECT :id, :loan_id, :enterprise_uscc, :bank_uscc, :unit_id, :note_no, :note_key, :amount_fen, :starts_on,
               :matures_on, :outstanding_fen, :status, 1, :created_at
        FROM claim
    ), loan_step AS (
        UPDATE loan SET drawn_fen = :loan_drawn, version = version + 1
        WHERE id = :loan_id AND EXISTS (SELECT FROM claim)
    ),
    {STEP_PARTS}""",  # noqa: S608  # constant text
)
_LOCK_NOTE = """
SELECT FROM drawdown JOIN loan ON loan.id = drawdown.loan_id
WHERE drawdown.id = :drawdown_id AND drawdown.bank_uscc = :bank_uscc FOR NO KEY UPDATE OF loan, drawdown
"""
_LOAN_OF_NOTE = "(SELECT loan_id FROM drawdown WHERE id = :drawdown_id)"
_LOCK_ACCOUNT = """
SELECT FROM fund_account WHERE unit_id = (SELECT unit_id FROM cover WHERE drawdown_id = :drawdown_id)
FOR NO KEY UPDATE
"""
_NOTE = VersionedRead(
    f"""
    SELECT drawdown.id AS drawdown_id, drawdown.unit_id, drawdown.starts_on, drawdown.outstanding_fen, drawdown.status,
           drawdown.version AS note_version, {SEEN_COLUMNS}, {LINE_COLUMNS}, {COVER_COLUMNS}, {ACCOUNT_COLUMNS},
           EXISTS (SELECT FROM repayment WHERE bank_uscc = :bank_uscc AND ref_key = :ref_key) AS is_ref_used
    FROM drawdown JOIN loan ON loan.id = drawdown.loan_id JOIN credit_line AS line ON line.uscc = loan.enterprise_uscc
    LEFT JOIN cover ON cover.drawdown_id = drawdown.id
    LEFT JOIN fund_account AS account ON account.unit_id = cover.unit_id
    WHERE drawdown.id = :drawdown_id AND drawdown.bank_uscc = :bank_uscc
    """,  # noqa: S608  # constant text
    locks=(_LOCK_NOTE, LOCK_OF_LOAN.format(loan_id=_LOAN_OF_NOTE), _LOCK_ACCOUNT),
)
_STANDS = """
drawdown.id = :drawdown_id AND drawdown.version = :note_version AND loan.version = :loan_version
AND line.version = :line_version
"""
_STOOD_ON = """
loan JOIN drawdown ON drawdown.loan_id = loan.id JOIN credit_line AS line ON line.uscc = loan.enterprise_uscc
"""
_REPAY_PARTS = """
receipt AS (
    INSERT INTO repayment (id, drawdown_id, bank_uscc, bank_ref, ref_key, amount_fen, value_on,
                           outstanding_after_fen, created_at)
    SELECT :id, :drawdown_id, :bank_uscc, :bank_ref, :ref_key, :amount_fen, :value_on, :outstanding_after_fen,
           :created_at
    FROM claim
), note AS (
    UPDATE drawdown SET outstanding_fen = :outstanding_after_fen, status = :status, version = version + 1
    WHERE id = :drawdown_id AND EXISTS (SELECT FROM claim)
), loan_step AS (
    UPDATE loan SET repaid_fen = :loan_repaid, status = :loan_status, version = version + 1
    WHERE id = :loan_id AND EXISTS (SELECT FROM claim)
),"""
_REPAY = VersionedWrite(Held(_STOOD_ON, _STANDS, "loan, drawdown, line"), _REPAY_PARTS + STEP_PARTS)
_REPAY_COVERED = VersionedWrite(
    Held(
        _STOOD_ON + "JOIN fund_account AS account ON account.unit_id = :posting_unit",
        _STANDS + "AND account.version = :account_version",
        "loan, drawdown, line, account",
    ),
    ", ".join((_REPAY_PARTS.rstrip(","), STEP_PARTS, RELEASE_PARTS, POSTING_PARTS)),
)


def _of_visible(tx: Transaction, rows: Rows) -> Rows:
    """Keep what hangs on drawdowns that the caller may see."""
    enterprise, bank = col(Drawdown.enterprise_uscc), col(Drawdown.bank_uscc)
    return visible(rows, tx.actor, enterprise=enterprise, bank=bank, sees_all=SEES_COVER)


_PAGE = (
    select(
        Drawdown,
        Repayment,
        *party.labelled("drawdown"),
        col(Loan.contract_no),
        col(Loan.case_no),
        literal_column("EXISTS (SELECT FROM cover WHERE cover.drawdown_id = drawdown.id)", Boolean),
        literal_column(KNOWN, JSONB),
    )
    .join(Loan, col(Loan.id) == col(Drawdown.loan_id))
    .outerjoin(Repayment, col(Repayment.drawdown_id) == col(Drawdown.id))
)


@dataclass(frozen=True, slots=True)
class DrawdownPage:
    """A drawdown as its page tells it.

    Attributes:
        drawdown: its row.
        repayments: of it, in their order.
        beside: names of its firm and its bank, numbers of its contract and its case.
        is_filed: whether cover was ever filed for it.
        calendar: working days as they are known now.
    """

    drawdown: Drawdown
    repayments: Sequence[Repayment]
    beside: Mapping[str, str | None]
    is_filed: bool
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A pay-out as it is recorded; amounts in fen."""

    id: UUID
    loan_id: UUID
    enterprise_uscc: str
    bank_uscc: str
    unit_id: str
    note_no: str
    note_key: str
    amount_fen: int
    starts_on: date
    matures_on: date
    outstanding_fen: int
    status: DrawdownStatus
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PaidBack:
    """A repayment as it is recorded; amounts in fen."""

    id: UUID
    drawdown_id: UUID
    bank_uscc: str
    bank_ref: str
    ref_key: str
    amount_fen: int
    value_on: date
    outstanding_after_fen: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LoanToDraw:
    """What a pay-out is decided on.

    Attributes:
        loan: the loan of the calling bank.
        line: the line of its firm.
        unit_id: the firm's reporting unit of today.
        is_note_used: whether the bank used this loan note number before.
    """

    loan: SeenLoan
    line: SeenLine
    unit_id: str | None
    is_note_used: bool


@dataclass(frozen=True, slots=True)
class NoteToRepay:
    """What a repayment is decided on; amounts in fen.

    Attributes:
        id: the drawdown of the calling bank.
        unit_id: reporting unit that was frozen with it.
        starts_on: day of the pay-out.
        outstanding_fen: principal that is owed.
        status: where it stands.
        version: of the drawdown and of its cover.
        loan: its loan.
        line: the line of the firm.
        cover: its cover, if any was filed.
        account: the account that carries the cover, if there is one.
        is_ref_used: whether the bank used this booking number before.
    """

    id: UUID
    unit_id: str
    starts_on: date
    outstanding_fen: int
    status: DrawdownStatus
    version: int
    loan: SeenLoan
    line: SeenLine
    cover: SeenCover | None
    account: SeenAccount | None
    is_ref_used: bool


async def read_loan(tx: Transaction, loan_id: UUID, *, note_key: str) -> LoanToDraw | None:
    """Return a loan of the calling bank and all that a pay-out under a loan note is decided on; one statement."""
    values = {"loan_id": loan_id, "bank_uscc": own_bank(tx.actor), "note_key": note_key}
    row = await tx.read_versions(_LOAN, values)
    if row is None:
        return None
    loan, rest = SeenLoan(*row[:_LOAN_WIDTH]), row[_LOAN_WIDTH:]
    *line, unit_id, is_used = rest
    return LoanToDraw(loan, SeenLine.of(loan.enterprise_uscc, line), unit_id, is_used)


async def read_note(tx: Transaction, drawdown_id: UUID, *, ref_key: str) -> NoteToRepay | None:
    """Return a drawdown of the calling bank and all that a repayment is decided on; one statement."""
    values = {"drawdown_id": drawdown_id, "bank_uscc": own_bank(tx.actor), "ref_key": ref_key}
    row = await tx.read_versions(_NOTE, values)
    if row is None:
        return None
    columns = iter(row)
    own_id, unit_id, starts_on, outstanding_fen, status, version = islice(columns, _NOTE_WIDTH)
    loan = SeenLoan(*islice(columns, _LOAN_WIDTH))
    return NoteToRepay(
        own_id,
        unit_id,
        starts_on,
        outstanding_fen,
        DrawdownStatus(status),
        version,
        loan,
        SeenLine.of(loan.enterprise_uscc, tuple(islice(columns, LINE_WIDTH))),
        SeenCover.of(tuple(islice(columns, COVER_WIDTH))),
        SeenAccount.of(tuple(islice(columns, ACCOUNT_WIDTH))),
        is_ref_used=next(columns),
    )


def draw(
    tx: Transaction, seen: LoanToDraw, drawdown: PaidOut, movement: Movement, *, loan_drawn_fen: int
) -> CreditLineTerms:
    """Make a pay-out the change of this call: drawdown, loan, line and ledger; return the line after it."""
    after, step = step_values(tx, seen.line, movement, loan_id=seen.loan.id, drawdown_id=drawdown.id)
    own = {name: getattr(drawdown, name) for name in PaidOut.__dataclass_fields__}
    tx.change(_DRAW, {**own, **step, "loan_version": seen.loan.version, "loan_drawn": loan_drawn_fen})
    return after


def repay(
    tx: Transaction, seen: NoteToRepay, repayment: PaidBack, decision: Decided, release: Mapping[str, Any] | None
) -> CreditLineTerms:
    """Make a repayment the change of this call: receipt, drawdown, loan, line, ledger; return the line after it.

    Args:
        tx: the transaction.
        seen: what was decided on.
        repayment: the receipt.
        decision: what follows for drawdown, loan and line.
        release: values of the release of the cover and of the posting that follows it, where there is cover.
    """
    after, step = step_values(tx, seen.line, decision.movement, loan_id=seen.loan.id, drawdown_id=seen.id)
    values = {
        **{name: getattr(repayment, name) for name in PaidBack.__dataclass_fields__},
        **step,
        "note_version": seen.version,
        "loan_id": seen.loan.id,
        "loan_version": seen.loan.version,
        "status": decision.status.value,
        "loan_repaid": decision.loan_repaid_fen,
        "loan_status": decision.loan_status.value,
    }
    if release is None:
        tx.change(_REPAY, values)
    else:
        tx.change(_REPAY_COVERED, {**values, **release})
    return after


async def of_loan(tx: Transaction, loan_id: UUID) -> Sequence[Drawdown] | None:
    """Return the drawdowns of a loan that the caller may see in their order; None where there is no such loan."""
    query = (
        select(col(Loan.id), Drawdown)
        .outerjoin(Drawdown, col(Drawdown.loan_id) == col(Loan.id))
        .where(col(Loan.id) == loan_id)
        .order_by(col(Drawdown.id))
    )
    enterprise, bank = col(Loan.enterprise_uscc), col(Loan.bank_uscc)
    query = visible(query, tx.actor, enterprise=enterprise, bank=bank, sees_all=SEES_COVER)
    rows = (await tx.session.execute(query)).all()
    return [drawdown for _, drawdown in rows if drawdown is not None] if rows else None


async def find_page(tx: Transaction, drawdown_id: UUID) -> DrawdownPage | None:
    """Return a drawdown that the caller may see, with what stands beside it on its page."""
    query = _of_visible(tx, _PAGE).where(col(Drawdown.id) == drawdown_id).order_by(col(Repayment.id))
    rows = (await tx.session.execute(query)).all()
    if not rows:
        return None
    drawdown, _, *beside, is_filed, notices = rows[0]
    names = dict(zip((*party.NAMES, "contract_no", "case_no"), beside, strict=True))
    repaid = [row[1] for row in rows if row[1] is not None]
    return DrawdownPage(drawdown, repaid, names, is_filed, calendar_in(notices, tx.now))


def _visible_rows(tx: Transaction) -> Select[Drawdown]:
    return _of_visible(tx, select(Drawdown).join(Loan, col(Loan.id) == col(Drawdown.loan_id)))


def _visible_repayments(tx: Transaction) -> Select[Repayment]:
    rows = select(Repayment).join(Drawdown, col(Drawdown.id) == col(Repayment.drawdown_id))
    return _of_visible(tx, rows.join(Loan, col(Loan.id) == col(Drawdown.loan_id)))


_OF_LOAN = {
    "enterprise_uscc": col(Drawdown.enterprise_uscc),
    "bank_uscc": col(Drawdown.bank_uscc),
    "unit_id": col(Drawdown.unit_id),
    "note_no": col(Drawdown.note_key),
    "contract_no": col(Loan.contract_key),
    "case_no": col(Loan.case_no),
}
_BESIDE = {**party.both_named("drawdown"), "contract_no": col(Loan.contract_no), "case_no": col(Loan.case_no)}
LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(Drawdown.created_at), col(Drawdown.id)),
        Sort.DUE: ascending(col(Drawdown.matures_on), col(Drawdown.id)),
        Sort.LARGEST: descending(col(Drawdown.amount_fen), col(Drawdown.id)),
    },
    same={**_OF_LOAN, "loan_id": col(Drawdown.loan_id)},
    among={"status": col(Drawdown.status)},
    days={"starts": col(Drawdown.starts_on), "matures": col(Drawdown.matures_on)},
    beside=_BESIDE,
)
"""What drawdowns may be narrowed and sorted by."""
REPAYMENT_LIST = Selection(
    rows=_visible_repayments,
    sorts={
        **by_time(col(Repayment.created_at), col(Repayment.id)),
        Sort.LARGEST: descending(col(Repayment.amount_fen), col(Repayment.id)),
    },
    same={**_OF_LOAN, "bank_ref": col(Repayment.ref_key), "drawdown_id": col(Repayment.drawdown_id)},
    days={"value": col(Repayment.value_on)},
    beside={
        **_BESIDE,
        "enterprise_uscc": col(Drawdown.enterprise_uscc),
        "note_no": col(Drawdown.note_no),
    },
)
"""What repayments may be narrowed and sorted by."""
