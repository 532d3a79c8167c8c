"""Cover of drawdowns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, literal_column, select
from sqlmodel import col

from services.finance import party
from services.finance.fund.store.fund_account import POSTING_PARTS, SeenAccount, empty
from services.finance.fund.store.fund_account import READ_COLUMNS as ACCOUNT_COLUMNS
from services.finance.fund.store.fund_account import READ_WIDTH as ACCOUNT_WIDTH
from services.finance.lending.models.cover import Cover
from services.finance.lending.models.drawdown import Drawdown
from services.finance.lending.models.loan import Loan
from services.finance.lending.rules.cover import CoverStatus
from services.finance.lending.rules.drawdown import DrawdownStatus
from services.finance.scope import SEES_COVER, own_bank, visible
from shared.db.holiday_notice import KNOWN, calendar_in
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.db.versioned import Held, VersionedRead, VersionedWrite
from shared.kernel.sort import Sort
from shared.kernel.workday import WorkCalendar


def _visible(tx: Transaction) -> Select[Cover]:
    enterprise, bank = col(Cover.enterprise_uscc), col(Cover.bank_uscc)
    return visible(select(Cover), tx.actor, enterprise=enterprise, bank=bank, sees_all=SEES_COVER)


@dataclass(frozen=True, slots=True)
class CoverPage:
    """Cover as its page tells it.

    Attributes:
        cover: its row.
        starts_on: day of the pay-out.
        outstanding_fen: what is owed of the drawdown, in fen.
        beside: names of its firm and its bank, numbers of its note, its contract and its case.
    """

    cover: Cover
    starts_on: date
    outstanding_fen: int
    beside: Mapping[str, str | None]


_BESIDE = (*party.labelled("cover"), col(Drawdown.note_no), col(Loan.contract_no), col(Loan.case_no))


async def find_page(tx: Transaction, cover_id: UUID) -> CoverPage | None:
    """Return cover that the caller may see, with what stands beside it on its page."""
    query = _visible(tx).add_columns(col(Drawdown.starts_on), col(Drawdown.outstanding_fen), *_BESIDE)
    query = query.join(Drawdown, col(Drawdown.id) == col(Cover.drawdown_id)).join(
        Loan, col(Loan.id) == col(Cover.loan_id)
    )
    row = (await tx.session.execute(query.where(col(Cover.id) == cover_id))).one_or_none()
    if row is None:
        return None
    cover, starts_on, outstanding_fen, *beside = row
    names = (*party.NAMES, "note_no", "contract_no", "case_no")
    return CoverPage(cover, starts_on, outstanding_fen, dict(zip(names, beside, strict=True)))


READ_COLUMNS = """
cover.id AS cover_id, cover.unit_id AS cover_unit_id, cover.status AS cover_status, cover.covered_fen,
cover.released_fen, cover.exposure_fen AS cover_exposure_fen, cover.filed_on, cover.filing_due_on,
cover.created_at AS cover_created_at
"""
"""Columns that `SeenCover.of` takes, of a table `cover` that may have no row."""
READ_WIDTH = 9
RELEASE_PARTS = """
release AS (
    UPDATE cover SET status = :cover_status, released_fen = :cover_released, exposure_fen = :cover_exposure
    WHERE id = :cover_id AND EXISTS (SELECT FROM claim)
)"""
"""Part of a change in one statement that holds the drawdown: let its cover follow it down."""
_DRAWDOWN = VersionedRead(
    f"""
    SELECT drawdown.id, drawdown.loan_id, drawdown.enterprise_uscc, drawdown.bank_uscc, drawdown.unit_id,
           drawdown.starts_on, drawdown.outstanding_fen, drawdown.status, drawdown.version, cover.id AS cover_id,
           {KNOWN} AS notices
    FROM drawdown LEFT JOIN cover ON cover.drawdown_id = drawdown.id
    WHERE drawdown.id = :drawdown_id AND drawdown.bank_uscc = :bank_uscc
    """,  # noqa: S608  # constant text
    locks=("SELECT FROM drawdown WHERE id = :drawdown_id AND bank_uscc = :bank_uscc FOR NO KEY UPDATE",),
)
_FILE = VersionedWrite(
    Held("drawdown", "id = :drawdown_id AND version = :drawdown_version", "drawdown"),
    """
    filed AS (
        INSERT INTO cover (id, drawdown_id, loan_id, enterprise_uscc, bank_uscc, unit_id, status, covered_fen,
                           released_fen, exposure_fen, filed_on, filing_due_on, created_at)
        SELECT :id, :drawdown_id, :loan_id, :enterprise_uscc, :bank_uscc, :unit_id, :status, :covered_fen,
               :released_fen, :exposure_fen, :filed_on, :filing_due_on, :created_at
        FROM claim
    ), note AS (
        UPDATE drawdown SET version = version + 1 WHERE id = :drawdown_id AND EXISTS (SELECT FROM claim)
    )""",
)
_COVER = VersionedRead(
    f"""
    SELECT {READ_COLUMNS}, drawdown.id, drawdown.loan_id, drawdown.enterprise_uscc, drawdown.bank_uscc,
           drawdown.starts_on, drawdown.outstanding_fen, drawdown.version, {ACCOUNT_COLUMNS}
    FROM cover JOIN drawdown ON drawdown.id = cover.drawdown_id
    LEFT JOIN fund_account AS account ON account.unit_id = cover.unit_id
    WHERE cover.id = :cover_id
    """,  # noqa: S608  # constant text
    locks=(
        "SELECT FROM drawdown WHERE id = (SELECT drawdown_id FROM cover WHERE id = :cover_id) FOR NO KEY UPDATE",
        "SELECT FROM fund_account WHERE unit_id = (SELECT unit_id FROM cover WHERE id = :cover_id) FOR NO KEY UPDATE",
    ),
)
_DECISION_PARTS = """
decided AS (
    UPDATE cover SET status = :status, covered_fen = :covered_fen, exposure_fen = :exposure_fen,
        reason_code = :reason_code, decided_at = :decided_at, decided_by = :decided_by
    WHERE id = :id AND EXISTS (SELECT FROM claim)
), note AS (
    UPDATE drawdown SET version = version + 1 WHERE id = :drawdown_id AND EXISTS (SELECT FROM claim)
)"""
_REFUSE = VersionedWrite(
    Held("drawdown", "id = :drawdown_id AND version = :drawdown_version", "drawdown"), _DECISION_PARTS
)
_GRANT = VersionedWrite(
    Held(
        "drawdown JOIN fund_account AS account ON account.unit_id = :posting_unit",
        "drawdown.id = :drawdown_id AND drawdown.version = :drawdown_version AND account.version = :account_version",
        "drawdown, account",
    ),
    f"{_DECISION_PARTS}, {POSTING_PARTS}",
)


@dataclass(frozen=True, slots=True)
class SeenCover:
    """Cover as it was read; its drawdown's version tells that it still stands so. Amounts in fen."""

    id: UUID
    unit_id: str
    status: CoverStatus
    covered_fen: int
    released_fen: int
    exposure_fen: int
    filed_on: date
    filing_due_on: date
    created_at: datetime

    @classmethod
    def of(cls, columns: Sequence[Any]) -> "SeenCover | None":
        """Return the cover of `READ_COLUMNS`, None where it has no row."""
        own_id, unit_id, status, *rest = columns
        return None if own_id is None else cls(own_id, unit_id, CoverStatus(status), *rest)


@dataclass(frozen=True, slots=True)
class CoverRow:
    """Cover as it is after a change; amounts in fen."""

    id: UUID
    drawdown_id: UUID
    loan_id: UUID
    enterprise_uscc: str
    bank_uscc: str
    unit_id: str
    status: CoverStatus
    filed_on: date
    filing_due_on: date
    created_at: datetime
    covered_fen: int = 0
    released_fen: int = 0
    exposure_fen: int = 0
    reason_code: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class DrawdownToCover:
    """What a filing is decided on: a drawdown of the calling bank, its cover, and the working days known now."""

    id: UUID
    loan_id: UUID
    enterprise_uscc: str
    bank_uscc: str
    unit_id: str
    starts_on: date
    outstanding_fen: int
    status: DrawdownStatus
    version: int
    cover_id: UUID | None
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class CoverToDecide:
    """What a decision is decided on: cover, its drawdown, and the account of the unit."""

    cover: SeenCover
    drawdown_id: UUID
    loan_id: UUID
    enterprise_uscc: str
    bank_uscc: str
    starts_on: date
    outstanding_fen: int
    drawdown_version: int
    account: SeenAccount


async def read_drawdown(tx: Transaction, drawdown_id: UUID) -> DrawdownToCover | None:
    """Return a drawdown of the calling bank and all that its filing is decided on; one statement."""
    values = {"drawdown_id": drawdown_id, "bank_uscc": own_bank(tx.actor)}
    row = await tx.read_versions(_DRAWDOWN, values)
    if row is None:
        return None
    own_id, loan_id, enterprise, bank, unit_id, starts_on, outstanding_fen, status, version, cover_id, notices = row
    return DrawdownToCover(
        id=own_id,
        loan_id=loan_id,
        enterprise_uscc=enterprise,
        bank_uscc=bank,
        unit_id=unit_id,
        starts_on=starts_on,
        outstanding_fen=outstanding_fen,
        status=DrawdownStatus(status),
        version=version,
        cover_id=cover_id,
        calendar=calendar_in(notices, tx.now),
    )


async def read_cover(tx: Transaction, cover_id: UUID) -> CoverToDecide | None:
    """Return cover and all that its decision is decided on; one statement."""
    row = await tx.read_versions(_COVER, {"cover_id": cover_id})
    if row is None:
        return None
    cover = SeenCover.of(row[:READ_WIDTH])
    if cover is None:
        raise RuntimeError("the row of a cover is its own")
    account = SeenAccount.of(row[-ACCOUNT_WIDTH:]) or empty(cover.unit_id)
    drawdown_id, loan_id, enterprise, bank, starts_on, outstanding_fen, version = row[READ_WIDTH:-ACCOUNT_WIDTH]
    return CoverToDecide(
        cover=cover,
        drawdown_id=drawdown_id,
        loan_id=loan_id,
        enterprise_uscc=enterprise,
        bank_uscc=bank,
        starts_on=starts_on,
        outstanding_fen=outstanding_fen,
        drawdown_version=version,
        account=account,
    )


def add(tx: Transaction, cover: CoverRow, *, drawdown_version: int) -> None:
    """Make a filing the change of this call."""
    tx.change(_FILE, {**_values(cover), "drawdown_version": drawdown_version})


def decide(tx: Transaction, cover: CoverRow, posting: Mapping[str, Any] | None, *, drawdown_version: int) -> None:
    """Make a decision the change of this call, with the posting of its exposure where cover is given."""
    values = {**_values(cover), "drawdown_version": drawdown_version}
    tx.change(_REFUSE if posting is None else _GRANT, {**values, **(posting or {})})


def _values(cover: CoverRow) -> dict[str, Any]:
    return {name: getattr(cover, name) for name in CoverRow.__dataclass_fields__}


def _visible_rows(tx: Transaction) -> Select[Cover]:
    return _visible(tx).join(Loan, col(Loan.id) == col(Cover.loan_id))


LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(Cover.created_at), col(Cover.id)),
        Sort.DUE: ascending(col(Cover.filing_due_on), col(Cover.id)),
        Sort.LARGEST: descending(col(Cover.covered_fen), col(Cover.id)),
    },
    same={
        "enterprise_uscc": col(Cover.enterprise_uscc),
        "bank_uscc": col(Cover.bank_uscc),
        "unit_id": col(Cover.unit_id),
        "contract_no": col(Loan.contract_key),
        "case_no": col(Loan.case_no),
        "drawdown_id": col(Cover.drawdown_id),
    },
    among={"status": col(Cover.status)},
    days={
        "filed": col(Cover.filed_on),
        "filing_due": col(Cover.filing_due_on),
        "decided": col(Cover.decided_at),
    },
    beside={
        **party.both_named("cover"),
        "note_no": literal_column("(SELECT note_no FROM drawdown WHERE drawdown.id = cover.drawdown_id)", String),
        "contract_no": col(Loan.contract_no),
        "case_no": col(Loan.case_no),
    },
)
"""What cover may be narrowed and sorted by."""
