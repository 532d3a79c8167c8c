"""Accounts of the risk-compensation fund: held last, moved with a posting in the same statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, false, select
from sqlmodel import col

from services.finance.fund.models.fund_account import FundAccount, FundPosting
from services.finance.fund.rules.fund_account import Contributor, FundBalances, PostingKind
from services.finance.scope import SEES_COVER
from shared.db.document import Cited, HeldDocument, ScanVerdict, held_beside
from shared.db.keyset import ascending, descending
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.db.versioned import NOTHING_HELD, Held, VersionedRead, VersionedWrite
from shared.kernel.actor import Actor, Role
from shared.kernel.fold import reference_key
from shared.kernel.sort import Sort

READS_POSTINGS = SEES_COVER | {Role.DISTRICT}
"""Who reads postings; a district those of its own unit."""
READ_COLUMNS = """
account.unit_id AS account_unit_id, account.paid_in_city_fen, account.paid_in_district_fen,
account.exposure_fen AS account_exposure_fen, account.version AS account_version
"""
"""Columns that `SeenAccount.of` takes, of a table `account` that may have no row."""
READ_WIDTH = 5
# Everything under the number that follows: two who read the same number never both post, whatever else they hold.
POSTING_PARTS = """
account_step AS (
    INSERT INTO fund_account (unit_id, paid_in_city_fen, paid_in_district_fen, exposure_fen, version, updated_at)
    SELECT :posting_unit, :city_after, :district_after, :exposure_after, CAST(:account_version AS bigint) + 1, :now
    FROM claim WHERE CAST(:posted AS bigint) > 0
    ON CONFLICT (unit_id) DO UPDATE
    SET paid_in_city_fen = excluded.paid_in_city_fen, paid_in_district_fen = excluded.paid_in_district_fen,
        exposure_fen = excluded.exposure_fen, version = excluded.version, updated_at = excluded.updated_at
), posting AS (
    INSERT INTO fund_posting (id, unit_id, version, kind, amount_fen, contributor, receipt_no, receipt_key, value_on,
                              evidence, cover_id, paid_in_city_after_fen, paid_in_district_after_fen,
                              exposure_after_fen, capacity_fen, created_at, created_by)
    SELECT :posting_id, :posting_unit, CAST(:account_version AS bigint) + 1, :posting_kind, :posted, :contributor,
           :receipt_no, :receipt_key, :posting_value_on, :evidence, :posting_cover, :city_after, :district_after,
           :exposure_after, :capacity, :now, :posted_by
    FROM claim WHERE CAST(:posted AS bigint) > 0
)"""
"""Parts of a change in one statement: move an account that was read, and post it; nothing where nothing is posted."""
_ACCOUNT = VersionedRead(
    f"""
    SELECT :unit_id AS unit_id, {READ_COLUMNS},
           EXISTS (SELECT FROM fund_posting WHERE receipt_key = :receipt_key) AS is_posted, document.id, document.scan
    FROM (VALUES (TRUE)) AS one (unit)
    LEFT JOIN fund_account AS account ON account.unit_id = :unit_id
    LEFT JOIN document ON document.sha256 = :digest AND document.client_id = :entered_by
    """,  # noqa: S608  # constant text
    locks=("SELECT FROM fund_account WHERE unit_id = :unit_id FOR NO KEY UPDATE",),
)
_POST = VersionedWrite(
    Held(
        "fund_account AS account",
        "account.unit_id = :posting_unit AND account.version = :account_version",
        "account",
    ),
    POSTING_PARTS,
)
_POST_FIRST = VersionedWrite(NOTHING_HELD, POSTING_PARTS)


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """An account as it was read; version 0 has no row yet."""

    unit_id: str
    balances: FundBalances
    version: int

    @classmethod
    def of(cls, columns: Sequence[Any]) -> "SeenAccount | None":
        """Return the account of `READ_COLUMNS`, None where it has no row."""
        unit_id, city_fen, district_fen, exposure_fen, version = columns
        return None if unit_id is None else cls(unit_id, _balances(city_fen, district_fen, exposure_fen), version)


@dataclass(frozen=True, slots=True)
class Posted:
    """A posting as it is recorded, with the balances after it; amounts in fen."""

    id: UUID
    unit_id: str
    version: int
    kind: PostingKind
    amount_fen: int
    paid_in_city_after_fen: int
    paid_in_district_after_fen: int
    exposure_after_fen: int
    capacity_fen: int
    created_at: datetime
    created_by: str
    contributor: Contributor | None = None
    receipt_no: str | None = None
    value_on: date | None = None
    evidence: dict[str, Any] | None = None
    cover_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AccountToPost:
    """What a contribution is decided on.

    Attributes:
        account: the account; empty where the unit has none yet.
        is_posted: whether money was ever posted by this receipt.
        documents: the document that the evidence names, if it was uploaded.
    """

    account: SeenAccount
    is_posted: bool
    documents: Mapping[Cited, HeldDocument]


def _balances(city_fen: int, district_fen: int, exposure_fen: int) -> FundBalances:
    return FundBalances(paid_in_city_fen=city_fen, paid_in_district_fen=district_fen, exposure_fen=exposure_fen)


def empty(unit_id: str) -> SeenAccount:
    """Return the account of a unit that has none yet: it starts empty."""
    return SeenAccount(unit_id, _balances(0, 0, 0), 0)


async def read_account(tx: Transaction, unit_id: str, *, receipt_no: str, cited: Cited | None) -> AccountToPost:
    """Return an account and all that a contribution to it is decided on; one statement.

    Args:
        tx: the transaction.
        unit_id: whose account.
        receipt_no: receipt of the money.
        cited: digest and client of the document that the evidence names.
    """
    digest, entered_by = cited or (None, None)
    values = {
        "unit_id": unit_id,
        "receipt_key": reference_key(receipt_no),
        "digest": digest,
        "entered_by": entered_by,
    }
    row = await tx.read_versions(_ACCOUNT, values)
    if row is None:
        raise RuntimeError("this read has one row in any case")
    _, *account, is_posted, document_id, scan = row
    held = {} if document_id is None or cited is None else {cited: HeldDocument(document_id, ScanVerdict(scan))}
    return AccountToPost(SeenAccount.of(account) or empty(unit_id), is_posted, held)


def posting_values(posting: Posted, balances: FundBalances) -> dict[str, Any]:
    """Return the values that `POSTING_PARTS` needs for a posting and the balances after it."""
    receipt_no = posting.receipt_no
    return {
        "posting_id": posting.id,
        "posting_unit": posting.unit_id,
        "account_version": posting.version - 1,
        "posting_kind": posting.kind.value,
        "posted": posting.amount_fen,
        "contributor": posting.contributor,
        "receipt_no": receipt_no,
        "receipt_key": None if receipt_no is None else reference_key(receipt_no),
        "posting_value_on": posting.value_on,
        "evidence": None if posting.evidence is None else orjson.dumps(posting.evidence).decode(),
        "posting_cover": posting.cover_id,
        "city_after": balances.paid_in_city_fen,
        "district_after": balances.paid_in_district_fen,
        "exposure_after": balances.exposure_fen,
        "capacity": posting.capacity_fen,
        "posted_by": posting.created_by,
        "now": posting.created_at,
    }


def post(tx: Transaction, seen: SeenAccount, posting: Posted, balances: FundBalances) -> None:
    """Make a posting and the balances after it the change of this call."""
    tx.change(_POST if seen.version else _POST_FIRST, posting_values(posting, balances))


def may_read_postings(actor: Actor, unit_id: str) -> bool:
    """Tell whether `actor` may read a unit's postings: they name each bank's covers, so no bank and no firm may."""
    return actor.role in READS_POSTINGS and (actor.role is not Role.DISTRICT or actor.unit_id == unit_id)


def _visible_postings(tx: Transaction) -> Select[FundPosting]:
    rows = select(FundPosting)
    if tx.actor.role in SEES_COVER:
        return rows
    if tx.actor.role is Role.DISTRICT and tx.actor.unit_id is not None:
        return rows.where(col(FundPosting.unit_id) == tx.actor.unit_id)
    return rows.where(false())


async def find(tx: Transaction, unit_id: str) -> FundAccount | None:
    """Return the account of a unit; None where nothing was ever posted to it."""
    return (
        await tx.session.execute(select(FundAccount).where(col(FundAccount.unit_id) == unit_id))
    ).scalar_one_or_none()


LIST = Selection(
    rows=lambda _tx: select(FundAccount),  # every caller with the scope may see what each unit can carry
    sorts={
        Sort.CODE: ascending(col(FundAccount.unit_id)),
        Sort.LARGEST: descending(col(FundAccount.exposure_fen), col(FundAccount.unit_id)),
    },
    same={"unit_id": col(FundAccount.unit_id)},
)
"""What accounts may be narrowed and sorted by."""
POSTING_LIST = Selection(
    rows=_visible_postings,
    sorts=by_time(col(FundPosting.created_at), col(FundPosting.id)),
    same={
        "unit_id": col(FundPosting.unit_id),
        "receipt_no": col(FundPosting.receipt_key),
        "cover_id": col(FundPosting.cover_id),
    },
    among={"kind": col(FundPosting.kind), "contributor": col(FundPosting.contributor)},
    states="kind",
    days={"created": col(FundPosting.created_at), "value": col(FundPosting.value_on)},
    beside={"documents": held_beside("fund_posting", ("evidence",), entered_by="created_by")},
)
"""What postings may be narrowed and sorted by."""
